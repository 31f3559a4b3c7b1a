"""Jun Cheng's brain tumors: <n>.mat of MATLAB v7.3 (columns first) with cjdata/{label,PID,image,tumorBorder,tumorMask}, cvind.mat."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, disc, grey, write

VARIANTS: dict[str, str] = {
    "clean": "the parts unpacked, with folds",
    "zips": "the archives as downloaded, without folds",
    "no_mask": "one file has no tumorMask",
    "other_size": "one mask has another size",
    "label_4": "one file has a label that nobody declares",
    "no_pid": "one file has an empty PID",
    "value_2": "one mask holds 2",
    "old_matlab": "one file was saved as MATLAB 5",
    "cut": "one file is cut",
    "folds_missing": "cvind.mat has too few folds",
    "folds_old": "cvind.mat was saved as MATLAB 5",
}

_KINDS = {1: "meningioma", 2: "glioma", 3: "pituitary"}
_SLICES = [(1, "100360", 1), (2, "100360", 1), (3, "MR040240B", 2), (4, "112649", 3)]
_ODD, _HEIGHT, _WIDTH = 3, 20, 26
_MATLAB = b"MATLAB 7.3 MAT-file, Platform: PCWIN64".ljust(124) + b"\x00\x02IM"
_OLD = b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + bytes(64)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "raw"
    phantom = Phantom(raw=raw, rows=[])
    for number, patient, kind in _SLICES:
        odd = number == _ODD
        image = grey(f"cheng {number}", _HEIGHT, _WIDTH, 3000).astype(np.int16) - np.int16(40)
        mask = disc(_HEIGHT, _WIDTH, 8, 6 + 3 * number, 4).astype(np.uint8)
        part = "brainTumorDataPublic_1-766" if number < 4 else "brainTumorDataPublic_767-1532"
        fields = {"image": image, "tumorMask": mask, "label": np.array([[float(kind)]]), "PID": _text(patient)}
        if odd:
            changed: dict[str, dict[str, Array]] = {
                "other_size": {"tumorMask": mask[::2, ::2]},
                "label_4": {"label": np.array([[4.0]])},
                "no_pid": {"PID": np.zeros((1, 2), np.uint64)},
                "value_2": {"tumorMask": mask * np.uint8(2)},
            }
            fields |= changed.get(variant, {})
            if variant == "no_mask":
                del fields["tumorMask"]
        data = _mat({f"cjdata/{name}": array for name, array in fields.items()})
        if odd and variant in ("old_matlab", "cut"):
            data = _OLD if variant == "old_matlab" else data[:700]
        write(raw / part / f"{number}.mat", data)
        if (odd and variant in ("no_mask", "other_size", "label_4", "no_pid", "value_2", "old_matlab", "cut")) or (
            variant == "folds_missing" and number == 4
        ):
            phantom.rejected.append(f"{number}.mat")
            continue
        columns: dict[str, Any] = {
            "label": _KINDS[kind],
            "fold": None if variant in ("zips", "folds_old") else number % 5 + 1,
            "rescale_slope": 1.0,
            "rescale_intercept": -32768.0,
        }
        stored = (image.astype(np.int32) + 32768).astype(np.uint16)
        phantom.rows.append(Row(str(number), stored, mask, f"{number}.mat", patient_id=patient, columns=columns))
    if variant == "zips":
        phantom.raw = folder / "download"
        for part in ("brainTumorDataPublic_1-766", "brainTumorDataPublic_767-1532"):
            as_zip(raw / part, phantom.raw / f"{part}.zip")
        return phantom
    folds = np.array([[number % 5 + 1.0] for number, _, _ in _SLICES[: 3 if variant == "folds_missing" else 4]])
    write(raw / "cvind.mat", _OLD if variant == "folds_old" else _mat({"cvind": folds}))
    if variant == "folds_old":
        phantom.known = ["cvind.mat"]
    return phantom


def _text(text: str) -> Array:
    return np.array([[ord(letter) for letter in text]], np.uint16)


def _mat(arrays: dict[str, Array]) -> bytes:
    """A MATLAB v7.3 file: HDF5 behind 512 bytes of its own, columns first."""
    stream = io.BytesIO()
    with h5py.File(stream, "w", userblock_size=512) as book:
        for name, array in arrays.items():
            book.create_dataset(name, data=np.ascontiguousarray(array.T))
    return _MATLAB.ljust(512, b"\x00") + stream.getvalue()[512:]
