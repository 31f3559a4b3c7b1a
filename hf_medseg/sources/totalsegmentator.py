"""TotalSegmentator's data sets, of CT and of MRI: a folder a scan, with a binary mask for each structure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hf_medseg.case import Case, Problem
from hf_medseg.dataset.columns import FLAG, FLOAT32, MASK_ORIGIN, PICTURE, SEX, TEXT, Column, ListOf
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import OneValue
from hf_medseg.masks.structures import structures
from hf_medseg.raw.cells import age_in, known, number_in, sex_in
from hf_medseg.raw.tables import Keyed
from hf_medseg.raw.tree import Raw, union

SPLITS = {"train": "train", "val": "validation", "test": "test"}

TEXTS = ("institute", "study_type", "manufacturer", "scanner_model", "pathology", "pathology_location")


OWN: dict[str, Column] = {
    "masks": ListOf(PICTURE),
    "mask_overlap": FLAG,
    "mask_origin": MASK_ORIGIN,
    "age": FLOAT32,
    "sex": SEX,
    **dict.fromkeys(TEXTS, TEXT),
}


def image_of(word: str) -> str:
    """The pattern of the scans: `ct` or `mri`."""
    return rf"s\d{{4}}/{word}{NIFTI}"


def scans(raw: Raw, word: str, classes: tuple[str, ...], columns: tuple[str, ...] = ()) -> Iterator[Case]:
    """One case a scan.

    Args:
        raw: the raw tree.
        word: what the file of a scan is called: `ct` or `mri`.
        classes: the structures in the order of their numbers.
        columns: further columns of numbers, as meta.csv has them.
    """
    images = raw.find(rf"(s\d{{4}})/{word}{NIFTI}")
    drawn = raw.find(rf"(s\d{{4}})/segmentations/({'|'.join(classes)}){NIFTI}")
    names = union(images, {name: file for (name, _), file in drawn.items()})
    table = raw.table(r"meta\.csv", ("image_id", "split"))
    lines = Keyed() if table is None else table.by("image_id", of=names, each=True)
    for name in names:
        parts = {
            index: OneValue(NiftiVolume(drawn.need((name, structure), f"{name}/segmentations/{structure}.nii.gz")))
            for index, structure in enumerate(classes, 1)
        }
        line = lines.get(name, {})
        split = SPLITS.get(line.get("split", ""))
        lost = "" if split else f"meta.csv says no split of {name}: train, val or test is expected."
        yield Case(
            name,
            {"image": NiftiVolume(images.need(name, f"{name}/{word}.nii.gz")), **structures(parts).columns()},
            {"mask_origin": "corrected", **_said(line), **{column: number_in(line, column) for column in columns}},
            split or "train",
            name,
            problem=Problem.of(lines.conflicts.get(name, "") or lost),
        )


def _said(line: Mapping[str, str]) -> dict[str, object]:
    """What the owners' table says of a scan."""
    return {"age": age_in(line, "age"), "sex": sex_in(line, "gender"), **{name: known(line.get(name)) for name in TEXTS}}
