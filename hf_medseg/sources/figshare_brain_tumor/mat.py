"""What the survey reads of a MATLAB v7.3 file: the facts of a slice, or the folds of all."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from hf_medseg.errors import MissingExtra, Rejected

KINDS = {1: "meningioma", 2: "glioma", 3: "pituitary"}
IMAGE, MASK, PATIENT, KIND = (f"cjdata/{name}" for name in ("image", "tumorMask", "PID", "label"))
FETCH = "Fetch the owner's file again."


@dataclass(frozen=True)
class Slice:
    """What a file says of its slice."""

    patient: str
    kind: str


def look(data: bytes, path: str) -> Slice | tuple[int, ...]:
    """What is kept of a file: the facts of a slice; of cvind.mat the fold of each slice.

    Raises:
        Rejected: it is no MATLAB v7.3 file, or lacks what the owner's files have.
        MissingExtra: h5py is not installed.
    """
    try:
        import h5py
    except ImportError as error:
        raise MissingExtra("h5py", "hdf5") from error
    try:
        with h5py.File(io.BytesIO(data), "r") as book:
            if path.rpartition("/")[2].lower() == "cvind.mat":
                return tuple(int(fold) for fold in np.ravel(_array(book, "cvind", path)))
            image, mask = _array(book, IMAGE, path), _array(book, MASK, path)
            if image.ndim != 2 or image.shape != mask.shape:
                sizes = (" x ".join(map(str, one.shape)) for one in (image, mask))
                raise Rejected(path, "its image has {} samples, its tumorMask {}; one size of two axes expected.".format(*sizes), FETCH)
            return Slice(_patient(np.ravel(_array(book, PATIENT, path)), path), _kind(np.ravel(_array(book, KIND, path)), path))
    except (OSError, ValueError, TypeError, KeyError, RuntimeError) as error:
        raise Rejected(path, f"a file of MATLAB v7.3 (HDF5) expected ({error}).", FETCH) from error


def _array(book: Any, name: str, path: str) -> Any:
    import h5py

    found = book.get(name)
    if not isinstance(found, h5py.Dataset) or found.dtype.kind not in "iufb":
        raise Rejected(path, f"it has no array {name}.", FETCH)
    return found


def _patient(codes: Any, path: str) -> str:
    """Text, as MATLAB stores it: a number a character."""
    text = "".join(chr(int(code)) for code in codes if 0 < code < 128).strip()
    if len(text) > 40 or not re.fullmatch(r"\w[\w .-]*", text, re.ASCII):
        raise Rejected(path, "its PID is not a short text of letters and digits.", FETCH)
    return text


def _kind(values: Any, path: str) -> str:
    if len(values) != 1 or values[0] not in KINDS:
        few = ", ".join(f"{value:g}" for value in values[:3]) or "nothing"
        raise Rejected(path, f"its label is {few}; 1 (meningioma), 2 (glioma) or 3 (pituitary tumor) expected.", FETCH)
    return KINDS[int(values[0])]
