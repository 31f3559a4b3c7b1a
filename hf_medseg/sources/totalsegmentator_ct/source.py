"""TotalSegmentator CT: a folder a scan, with a binary mask for each of 117 structures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Reading, facts_of, source_of, volume_configs
from hf_medseg.dataset.columns import FLAG, FLOAT32, MASK_ORIGIN, PICTURE, SEX, TEXT, Column, ListOf
from hf_medseg.formats.nifti import NiftiVolume
from hf_medseg.masks.labels import OneValue
from hf_medseg.masks.structures import structures
from hf_medseg.raw.cells import age_in, known, number_in, sex_in
from hf_medseg.raw.tables import Keyed
from hf_medseg.raw.tree import Raw, union

CLASSES = {edition.name: edition.classes for edition in facts_of(__file__).editions}

SPLITS = {"train": "train", "val": "validation", "test": "test"}

TEXTS = ("institute", "study_type", "manufacturer", "scanner_model", "pathology", "pathology_location")

NIFTI = r"\.nii(?:\.gz)?"

# What only one of the versions has.
TOLD_BY = {"v2": "vertebrae_S1", "v3": "vertebrae_L6"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a scan."""
    images = raw.find(rf"(s\d{{4}})/ct{NIFTI}")
    drawn = raw.find(rf"(s\d{{4}})/segmentations/({'|'.join(CLASSES[raw.edition])}){NIFTI}")
    names = union(images, {name: file for (name, _), file in drawn.items()})
    table = raw.table(r"meta\.csv", ("image_id", "split"))
    lines = Keyed() if table is None else table.by("image_id", of=names, each=True)
    for name in names:
        parts = {
            index: OneValue(NiftiVolume(drawn.need((name, structure), f"{name}/segmentations/{structure}.nii.gz")))
            for index, structure in enumerate(CLASSES[raw.edition], 1)
        }
        line = lines.get(name, {})
        split = SPLITS.get(line.get("split", ""))
        lost = "" if split else f"meta.csv says no split of {name}: train, val or test is expected."
        yield Case(
            name,
            {"image": NiftiVolume(images.need(name, f"{name}/ct.nii.gz")), **structures(parts).columns()},
            {"mask_origin": "corrected", **_said(line)},
            split or "train",
            name,
            problem=Problem.of(lines.conflicts.get(name, "") or lost),
        )


def _said(line: Mapping[str, str]) -> dict[str, object]:
    """What the owners' table says of a scan."""
    return {
        "age": age_in(line, "age"),
        "sex": sex_in(line, "gender"),
        "kvp": number_in(line, "kvp"),
        **{name: known(line.get(name)) for name in TEXTS},
    }


OWN: dict[str, Column] = {
    "masks": ListOf(PICTURE),
    "mask_overlap": FLAG,
    "mask_origin": MASK_ORIGIN,
    "age": FLOAT32,
    "sex": SEX,
    "kvp": FLOAT32,
    **dict.fromkeys(TEXTS, TEXT),
}

SOURCE = source_of(
    __file__,
    {
        edition: Reading(
            landmarks=(rf"s\d{{4}}/ct{NIFTI}", rf"s\d{{4}}/segmentations/{name}{NIFTI}", r"meta\.csv"),
            configs=volume_configs(OWN),
        )
        for edition, name in TOLD_BY.items()
    },
    cases,
    signature=(rf"s\d{{4}}/segmentations/costal_cartilages{NIFTI}",),
    begins=(rf"s\d{{4}}/(?:ct|segmentations/[^/]+){NIFTI}",),
)
