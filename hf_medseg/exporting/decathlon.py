"""`decathlon`: `dataset.json` of the Medical Segmentation Decathlon, which MONAI reads, with `imagesTr`, `labelsTr` and `imagesTs`.

Format: http://medicaldecathlon.com. A NIfTI a case with physical values, sequences as channels in a fourth dimension; a picture is a volume
of one slice, in colours one of three channels. Other splits than `train` keep their names in `dataset.json` and lie in `images_<split>`.
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import Refused, Rejected
from hf_medseg.exporting.case import Case, channels, nifti
from hf_medseg.exporting.layout import IGNORED, NO_MASK, PICTURES_AS_VOLUMES, Work, uses_ignored
from hf_medseg.exporting.table import modes

_ENDS = {"train": "Tr", "validation": "Val", "test": "Ts"}


class Decathlon:
    """See the module."""

    gathers: ClassVar[bool] = True

    def __init__(self, work: Work) -> None:
        self._work = work
        self._listed: dict[str, list[Any]] = {"training": [], "validation": [], "test": []}
        self._channels: list[str] = []
        self._ignored = False
        self._colours = not work.plan.gathered and "RGB" in modes(work.table)
        if len(work.table.classes) < 2:
            raise Refused("The dataset has no classes, and the Decathlon's layout needs labels.")
        work.note_further((*work.table.images, "mask"))
        if not work.plan.gathered and not work.table.whole_volumes:
            work.note(PICTURES_AS_VOLUMES)

    def add(self, case: Case) -> str:
        """See `Layout.add`."""
        split, stem = case.entry.split, case.entry.stem
        if case.mask is None and split != "test":
            return NO_MASK
        found = list(channels(case, self._work.table, self._colours))
        names = [name for name, _, _ in found]
        if self._channels and names != self._channels:
            told = f"it has the channels {', '.join(names)}; cases before it have {', '.join(self._channels)}."
            raise Rejected(case.entry.id, told, "The Decathlon's layout has the same channels in all cases.")
        if len({(array.dtype, scale) for _, array, scale in found}) > 1:
            found = [(name, array * scale[0] + scale[1], (1.0, 0.0)) for name, array, scale in found]
        array, scale = (np.stack([array for _, array, _ in found]), found[0][2]) if len(found) > 1 else found[0][1:]
        end = _ENDS.get(split, f"_{split}")
        image, label = f"images{end}/{stem}.nii.gz", f"labels{end}/{stem}.nii.gz"
        record: Any = {"image": f"./{image}"}
        files = {image: nifti(array, case, scale)}
        if case.mask is not None:
            files[label] = nifti(case.mask if case.is_volume else case.mask[np.newaxis], case)
            record["label"] = f"./{label}"
            self._ignored |= uses_ignored(case.mask)
        for name, data in files.items():
            self._work.write(name, data)
        self._channels = names
        key = "training" if split == "train" else split
        self._listed.setdefault(key, []).append(record if "label" in record else record["image"])
        self._work.list_case("cases.csv", case, {"case": stem})
        return ""

    def finish(self) -> None:
        """See `Layout.finish`."""
        table, export = self._work.table, self._work.export
        labels = {str(index): name for index, name in enumerate(table.classes)}
        description: dict[str, Any] = {
            "name": table.identity.source,
            "description": "Exported with hf_medseg; README.md tells what it is.",
            "reference": "see CITATION.bib",
            "licence": export.license or "unknown",
            "tensorImageSize": "4D" if len(self._channels) > 1 else "3D",
            "modality": {str(number): name for number, name in enumerate(self._channels)},
            "labels": {**labels, str(NOT_ANNOTATED): IGNORED} if self._ignored else labels,
            "numTraining": len(self._listed["training"]),
            "numTest": len(self._listed["test"]),
            **{key: listed for key, listed in self._listed.items() if listed or key != "validation"},
        }
        self._work.write_json("dataset.json", description)
