"""`nnunet`: a raw dataset of nnU-Net 2.

Format: https://github.com/MIC-DKFZ/nnUNet/blob/master/documentation/dataset_format.md.
Pictures become PNG (nnU-Net reads no JPEG), volumes NIfTI with physical values. Cases of `train` and `validation` lie in `imagesTr`, with
the owner's sides in `splits_final.json`; those of all other splits in `imagesTs` and `labelsTs`. What is not annotated is the label
`ignore`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, ClassVar

import numpy as np

from hf_medseg.catalog.lookup import sources
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import Refused, Rejected
from hf_medseg.exporting.case import Array, Case, channels, nifti, suffix_of
from hf_medseg.exporting.layout import NO_MASK, PICTURES_AS_VOLUMES, Work, uses_ignored
from hf_medseg.exporting.table import Entry, Table, modes
from hf_medseg.formats import png
from hf_medseg.raw.order import natural

_FOLDS = 5
_TRAINING = ("train", "validation")
_DEEP = {"I;16", "I;16B", "I;16L", "I"}  # 16 bits, as Pillow calls them


class NnUnet:
    """See the module."""

    gathers: ClassVar[bool] = True

    def __init__(self, work: Work) -> None:
        table = work.table
        self._work = work
        self._entries: list[Entry] = []
        self._channels: list[str] = []
        self._ignored = self._leaning = False
        self._modalities: set[str | None] = set()
        found = set() if work.plan.gathered else modes(table)
        self._colours = "RGB" in found
        self._ending = ".png" if found and found <= {"L", "RGB"} | _DEEP and _plain_values(table) else ".nii.gz"
        if self._colours and found & _DEEP:  # no PNG holds colours of 16 bits
            self._ending = ".nii.gz"
        if len(table.classes) < 2:
            raise Refused("The dataset has no classes, and nnU-Net needs labels.")
        if "ignore" in table.classes:
            raise Refused("A class is called 'ignore', which nnU-Net takes for what is not annotated. Give the class another name.")
        if found and self._ending == ".nii.gz":
            work.note(PICTURES_AS_VOLUMES)
        splits: dict[str, str] = {}
        for entry in work.plan.entries:
            if (other := splits.setdefault(entry.stem.casefold(), entry.split)) != entry.split:
                raise Refused(f"The case {entry.id!r} is in the splits {other} and {entry.split}; nnU-Net needs a name for each.")
        work.note_further((*table.images, "mask"))

    def add(self, case: Case) -> str:
        """See `Layout.add`."""
        training = case.entry.split in _TRAINING
        if case.mask is None and training:
            return NO_MASK
        where = "Tr" if training else "Ts"
        names, images = self._pictures(case) if self._ending == ".png" else self._volumes(case)
        if self._channels and names != self._channels:
            told = f"it has the channels {', '.join(names)}; cases before it have {', '.join(self._channels)}."
            raise Rejected(case.entry.id, told, "nnU-Net needs the same channels in all cases.")
        files = {f"images{where}/{case.entry.stem}_{k:04d}{self._ending}": data for k, data in enumerate(images)}
        if case.mask is not None:
            files[f"labels{where}/{case.entry.stem}{self._ending}"] = self._labels(case, case.mask)
        for name, data in files.items():
            self._work.write(name, data)
        self._channels = names
        self._modalities.add(self._work.table.told(case.row).get("modality"))
        self._entries += [case.entry] if training else []
        self._work.list_case("cases.csv", case, {"case": case.entry.stem})
        return ""

    def _pictures(self, case: Case) -> tuple[list[str], list[bytes]]:
        """(names of channels, PNG files) of a picture; one in colours gives three channels in one file."""
        names: list[str] = []
        files = []
        for column in self._work.table.images:
            pixels, data, name = case.samples(column), case.data(column), column.removeprefix("image_")
            if pixels is None or data is None:
                raise Rejected(case.entry.id, f"it has no {column}, and other cases have.", "nnU-Net needs the same channels in all cases.")
            if pixels.dtype == np.float32:
                raise Rejected(case.entry.id, "its values are fractions, which PNG cannot hold.", "Other cases are PNG, and must be.")
            if pixels.ndim == 2 and self._colours and pixels.dtype == np.uint8:
                pixels, data = np.stack([pixels] * 3, axis=-1), b""
                self._work.note("A grey picture is written as three equal channels, as others are in colours")
            colours = [f"{name}_red", f"{name}_green", f"{name}_blue"] if column != "image" else ["red", "green", "blue"]
            names += colours if pixels.ndim == 3 else [name]
            files.append(data if suffix_of(data) == ".png" else png.encode(pixels))
        return names, files

    def _volumes(self, case: Case) -> tuple[list[str], list[bytes]]:
        """(names of channels, NIfTI files) of a volume, or of a picture as a volume of one slice."""
        found = list(channels(case, self._work.table, self._colours))
        self._leaning |= _leans(case)
        return [name for name, _, _ in found], [nifti(array, case, scale) for _, array, scale in found]

    def _labels(self, case: Case, mask: Array) -> bytes:
        """Labels as nnU-Net has them: without gaps, the ignored one last."""
        if uses_ignored(mask):
            self._ignored = True
            mask = np.where(mask == NOT_ANNOTATED, np.uint8(len(self._work.table.classes)), mask)
        if self._ending == ".png":
            return png.encode(mask, labels=True)
        return nifti(mask if case.is_volume else mask[np.newaxis], case)

    def finish(self) -> None:
        """See `Layout.finish`."""
        table, identity = self._work.table, self._work.table.identity
        names = ["CT"] if self._channels == ["image"] and self._is_ct() else self._channels
        labels = {name: value for value, name in enumerate(table.classes)}
        description: dict[str, Any] = {
            "name": identity.source,
            "channel_names": {str(number): name for number, name in enumerate(names)},
            "labels": {**labels, "ignore": len(labels)} if self._ignored else labels,
            "numTraining": len(self._entries),
            "file_ending": self._ending,
            "license": self._work.export.license,
        }
        if self._leaning:
            description["overwrite_image_reader_writer"] = "NibabelIO"
            self._work.note("Axes of volumes are not at right angles, which SimpleITK does not read: nnU-Net takes nibabel")
        self._work.write_json("dataset.json", description)
        folds = list(self._folds(sorted(self._entries, key=lambda entry: natural(entry.stem))))
        if folds:
            self._work.write_json("splits_final.json", folds)
            self._work.note("Copy splits_final.json to nnUNet_preprocessed/DATASET after preprocessing, before training")

    def _is_ct(self) -> bool:
        """Whether all of it is CT, for whose values nnU-Net has a normalisation: as the rows say, else as the catalog does."""
        source = sources().get(self._work.table.identity.source)
        return self._modalities == {"CT"} or (self._modalities == {None} and source is not None and source.modality == ("CT",))

    def _folds(self, entries: Sequence[Entry]) -> Iterator[dict[str, list[str]]]:
        """The sides of every fold: the owner's where there are any, else by patients; never a patient on two sides."""
        if {entry.split for entry in entries} == set(_TRAINING):
            yield self._sides(entries, [entry for entry in entries if entry.split == "validation"])
            return
        owners = sorted({entry.fold for entry in entries if entry.fold is not None}, key=natural)
        if len(owners) > 1:
            for fold in owners:
                yield self._sides(entries, [entry for entry in entries if entry.fold == fold])
            return
        groups = sorted({entry.group for entry in entries}, key=lambda group: hashlib.sha256(group.encode()).digest())
        if len(groups) < 2:
            self._work.note("There is no splits_final.json: all cases to train with are of one patient")
            return
        self._work.note("splits_final.json has folds by patients, made here: the owner states none")
        for number in range(min(_FOLDS, len(groups))):
            mine = set(groups[number::_FOLDS])
            yield self._sides(entries, [entry for entry in entries if entry.group in mine])

    def _sides(self, entries: Iterable[Entry], validation: Sequence[Entry]) -> dict[str, list[str]]:
        mine, groups = {entry.stem for entry in validation}, {entry.group for entry in validation}
        train = [entry.stem for entry in entries if entry.stem not in mine and entry.group not in groups]
        if both := sum(entry.stem not in mine and entry.group in groups for entry in entries):
            self._work.note(
                "In splits_final.json a case is not trained with, as others of its patient are in the validation of its fold", both
            )
        return {"train": train, "val": [entry.stem for entry in validation]}


def _plain_values(table: Table) -> bool:
    """Whether stored values are what is meant, so that PNG holds them."""
    scales = [name for name in table.columns if name.startswith("rescale_")]
    return not scales or all(row[name] in (None, float("slope" in name)) for _, row in table.rows(scales) for name in scales)


def _leans(case: Case) -> bool:
    """Whether the axes of a volume are not at right angles."""
    if (affine := case.grid.affine) is None:
        return False
    axes = affine[:3, :3] / np.linalg.norm(affine[:3, :3], axis=0)
    return bool(np.abs(axes.T @ axes - np.eye(3)).max() > 1e-4)
