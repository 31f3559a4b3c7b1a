"""The plane of a DICOM image: its normal, how far it lies along it, and the letters of its axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Vector = tuple[float, float, float]


def normal_of(orientation: Sequence[float]) -> Array:
    """The unit normal of an image plane, turned to the side of the LPS axis that is nearest to it."""
    normal = np.cross(orientation[:3], orientation[3:])
    length = float(np.linalg.norm(normal))
    normal = normal / (length or 1.0)
    return normal if normal[int(np.argmax(np.abs(normal)))] > 0 else -normal


# By how much directions may be off: headers round them to two digits.
_ROUNDED = 0.02


def is_plane(orientation: Sequence[float]) -> bool:
    """Whether ImageOrientationPatient holds two directions at right angles."""
    across, down = np.asarray(orientation[:3], float), np.asarray(orientation[3:], float)
    return bool(np.abs([np.linalg.norm(across) - 1, np.linalg.norm(down) - 1, across @ down]).max() <= _ROUNDED)


def along_normal(position: Sequence[float], orientation: Sequence[float]) -> float:
    """How far a position lies along the normal of its plane, mm."""
    return float(np.dot(np.asarray(position, float), normal_of(orientation)))


def letters_of(orientation: Sequence[float]) -> str:
    """Where column, row and slice index increase to, such as `LPS`."""
    return "".join(_letter(np.asarray(axis, float)) for axis in (orientation[:3], orientation[3:], normal_of(orientation)))


def _letter(axis: Array) -> str:
    index = int(np.argmax(np.abs(axis)))
    return ("LPS" if axis[index] > 0 else "RAI")[index]


PLANES = {"L": "sagittal", "P": "coronal", "S": "axial"}
