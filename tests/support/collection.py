"""Tiny downloads of DICOM collections: image series with a SEG or RTSTRUCT each, as the NBIA Data Retriever, IDC or tcia_utils lay them out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydicom import FileDataset, dcmread
from pydicom.uid import UID

from tests.sources.tcia.phantom import HEIGHT, WIDTH, box, write_rtstruct, write_seg
from tests.support.dicom import SECRETS, Series, ordered, uid, write_series
from tests.support.kit import Array, Phantom, grey

COUNT = 3
LAYOUTS = {
    "clean": "as the NBIA Data Retriever names folders",
    "idc": "<collection>/<PatientID>/<StudyInstanceUID>/<Modality>_<SeriesInstanceUID>/<uuid>.dcm",
    "tcia_utils": "<SeriesInstanceUID>/1-001.dcm: only the headers tell which collection it is",
}


@dataclass
class Volume:
    """An image series with what is drawn on it.

    Attributes:
        patient: PatientID.
        structures: names as published, with their classes (empty for none), each a box of pixels that the next one overlaps.
        split: the split of its patient.
        series: text that tells several series of a patient apart.
        others: masks of somebody else that lie beside it, by SeriesDescription.
        second: a second acquisition lies at the same places.
        places: boxes of structures that do not lie where the others do, as rows and columns from and to.
        description: SeriesDescription of its mask, where it is not that of the others.
        partial: its mask leaves out some of what there is.
    """

    patient: str
    structures: Mapping[str, str]
    split: str = "train"
    series: str = "1"
    others: Sequence[str] = ()
    second: bool = False
    places: dict[str, tuple[int, int, int, int]] = field(default_factory=dict)
    description: str = ""
    partial: bool = False


@dataclass
class Made:
    """How a collection is made.

    Attributes:
        names: the collection's folder as the NBIA Data Retriever and as IDC call it.
        classes: in the order of their indices.
        kind: `SEG` or `RTSTRUCT`.
        paint: classes that are painted first.
    """

    names: tuple[str, str]
    classes: tuple[str, ...]
    kind: str
    modality: str = "CT"
    description: str = "Segmentation"
    paint: tuple[str, ...] = ()

    def phantom(self, folder: Path, variant: str, volumes: Sequence[Volume]) -> Phantom:
        """Writes the volumes in the layout that the variant is called after (any other: the retriever's) and says what must come out."""
        promise = Phantom(folder / "raw", [], secrets=[*SECRETS, "Quittenbaum plan"])
        wholes = []
        for volume in volumes:
            series = self._write(promise, variant, volume)
            if not volume.structures:
                promise.not_used.append(f"{series.uid}/{series.sop_uids[0]}.dcm")
                continue
            masks = self._masks(volume)
            columns = {
                "modality": self.modality,
                "mask_names": list(masks),
                "annotated_classes": [one for one in self.classes if one in volume.structures.values() and not volume.partial],
            }
            label = self._painted(volume, masks)

            def of_slice(index: int, masks: dict[str, Array] = masks, columns: dict[str, Any] = columns) -> dict[str, Any]:
                return {**columns, "masks": [mask[index].astype(np.uint8) for mask in masks.values()]}

            rows = [*series.rows(label, columns=of_slice), series.volume(label, columns=columns)]
            for row in rows:
                row.split = volume.split
            promise.rows += rows[:-1]
            wholes.append(rows[-1])
        promise.rows, promise.configs = ordered(promise.rows), {"volumes": ordered(wholes)}
        return promise

    def _masks(self, volume: Volume) -> dict[str, Array]:
        found = {}
        for number, name in enumerate(volume.structures):
            mask = np.zeros((COUNT, HEIGHT, WIDTH), bool)
            mask[1] = box(*_place(volume, name, number))[0]
            found[name] = mask
        return found

    def _painted(self, volume: Volume, masks: dict[str, Array]) -> Array:
        label = np.zeros((COUNT, HEIGHT, WIDTH), np.uint8)
        for word in (*self.paint, *(one for one in self.classes if one not in self.paint)):
            for name, mask in masks.items():
                if volume.structures[name] == word:
                    label[mask] = self.classes.index(word) + 1
        return label

    def _write(self, promise: Phantom, variant: str, volume: Volume) -> Series:
        name = f"{self.names[0]} {volume.patient} {volume.series}"
        pixels = np.stack([grey(f"{name} {z}", HEIGHT, WIDTH, 900, np.int16) for z in range(COUNT)])
        namer: Callable[[int, str], str] = (lambda n, sop: f"{sop[-12:]}.dcm") if variant == "idc" else (lambda n, sop: f"1-{n:03d}.dcm")

        def place(what: str, modality: str) -> Path:
            study, series = uid(f"study {volume.patient}"), uid(f"series {what}")
            if variant == "tcia_utils":
                return promise.raw / series
            if variant == "idc":
                return promise.raw / self.names[1] / volume.patient / study / f"{modality}_{series}"
            top = promise.raw / "manifest-1600709154662" / self.names[0] / volume.patient
            return top / f"01-01-2000-NA-STUDY-{study[-5:]}" / f"2.000000-{modality}-{series[-5:]}"

        series = write_series(
            place(name, self.modality),
            pixels,
            name=name,
            patient_id=volume.patient,
            study=volume.patient,
            modality=self.modality,
            intercept=0.0 if self.modality == "CT" else None,
            file_name=namer,
            frame=name,
            edit=lambda header, _: setattr(header, "AcquisitionNumber", 1),
        )
        if volume.second:
            _second(series, promise)
        masks = self._masks(volume)
        where = place(f"{name} mask", self.kind) / namer(1, uid(f"sop {name} mask"))
        if masks and self.kind == "SEG":
            write_seg(where, series.headers, masks, name=f"{name} mask", description=volume.description or self.description)
        elif masks:
            outlines = {one: [(1, box(*_place(volume, one, number))[1])] for number, one in enumerate(masks)}
            write_rtstruct(where, series, outlines, name=f"{name} mask")
        for other in volume.others:
            file = place(f"{name} {other}", "SEG") / namer(1, uid(f"sop {name} {other}"))
            everything = {"Liver": np.ones((COUNT, HEIGHT, WIDTH), bool)}
            write_seg(file, series.headers, everything, name=f"{name} {other}", description=other, algorithm="AUTOMATIC")
            promise.not_used.append(uid(f"sop {name} {other}"))
        return series


def _place(volume: Volume, name: str, number: int) -> tuple[int, int, int, int]:
    """Rows and columns of a structure's box: each overlaps the one before."""
    top, left = 2 + 3 * (number % 7), 2 + 2 * (number % 8)
    return volume.places.get(name, (top, top + 5, left, left + 4))


def _second(series: Series, promise: Phantom) -> None:
    """A second acquisition of the same places, with other pixels."""
    for index, path in enumerate(series.paths):
        header: FileDataset = dcmread(path)
        sop = UID(uid(f"second {series.uid} {index}"))
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = sop
        header.AcquisitionNumber, header.PixelData = 2, bytes(reversed(header.PixelData))
        header.save_as(path.with_name(f"2-{index:03d}.dcm"), enforce_file_format=True)
        promise.not_used.append(sop)
