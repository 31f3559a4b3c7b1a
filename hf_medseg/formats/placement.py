"""How a NIfTI header places its voxels in space, and which of its statements is taken where they differ.

The rule of the reference readers (https://nifti.nimh.nih.gov/nifti-1, nibabel, ITK): the sform where its code is not 0, else the qform,
else nothing. A header states the sizes of its voxels twice, in pixdim and in the length of the sform's axes; ITK takes pixdim, nibabel
the axes. So both must agree, with one exception: axes of length 1 hold directions alone, and the sizes are those of pixdim.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Rejected

Matrix = NDArray[np.float64]

RAS_TO_LPS = np.diag([-1.0, -1.0, 1.0, 1.0])

# Notes for the report: which statement was taken.
SIZES_FROM_HEADER = "the axes of its sform have length 1: directions are the sform's, voxel sizes those of pixdim"
SFORM_TAKEN = "its sform and its qform, which have different codes, place it differently: it lies where the sform says"

_MILLIMETRES = {1: 1000.0, 2: 1.0, 3: 0.001}  # code of the unit of length -> mm; most files that state none mean mm
_CODES = range(6)  # of sform and qform: unknown, scanner, aligned, Talairach, MNI 152, other template
_ROUNDING = 2e-3  # of a voxel's size: headers repeat it with three decimals
_SAVE_AGAIN = "Ask the owner which is true, and save the file with a header that says one thing."


@dataclass(frozen=True)
class Placement:
    """Where voxels lie.

    Attributes:
        affine: (i, j, k) to LPS, mm; None where the header has no orientation.
        spacing: of i, j, k, mm; 0 where the header says nothing.
        note: what is to be said about the choice, or nothing.
    """

    affine: Matrix | None
    spacing: tuple[float, float, float]
    note: str = ""


def placement(info: Any, path: str) -> Placement:
    """Where the voxels of a file lie.

    Args:
        info: a header of nibabel, of NIfTI or Analyze; its qfac and voxel sizes are put in order.
        path: the file, for messages.

    Raises:
        Rejected: the header contradicts itself beyond rounding, or a matrix is singular or not finite.
    """
    unit = _MILLIMETRES.get(int(info["xyzt_units"]) % 8, 1.0) if "xyzt_units" in info else 1.0
    axes = min(int(info["dim"][0]), 3)
    stated = np.abs(np.asarray(info["pixdim"][1:4], np.float64)) * unit
    stated[axes:] = 0.0
    stated[~np.isfinite(stated)] = 0.0
    sform, qform = _matrices(info, stated, unit, axes, path)
    note = ""
    if sform is not None:
        sform, note = _sized(sform, stated, unit, path)
        if qform is not None and _apart(sform, qform, info):
            if note or int(info["sform_code"]) == int(info["qform_code"]):
                raise Rejected(path, "its sform and its qform claim the same space and place it differently.", _SAVE_AGAIN)
            note = SFORM_TAKEN
    taken = qform if sform is None else sform
    if taken is None:
        return Placement(None, _three(stated))
    spacing = np.linalg.norm(taken[:3, :3], axis=0)
    spacing[axes:] = 0.0
    return Placement(RAS_TO_LPS @ taken, _three(spacing), note)


def _matrices(info: Any, stated: Matrix, unit: float, axes: int, path: str) -> tuple[Matrix | None, Matrix | None]:
    """Sform and qform in mm, None where the code is 0 or the format has none; the third axis of a flat file is normal to its others."""
    if not hasattr(info, "get_sform"):
        return None, None
    for name in ("sform_code", "qform_code"):
        if int(info[name]) not in _CODES:
            raise Rejected(path, f"its header is damaged ({name} is {int(info[name])}; 0 to {_CODES[-1]} expected).", _SAVE_AGAIN)
    found: list[Matrix | None] = [None, None]
    if int(info["sform_code"]) > 0:
        found[0] = np.array(info.get_sform(), np.float64)
    if int(info["qform_code"]) > 0:
        # nifti1.h: any qfac that is not negative stands for 1
        info["pixdim"][:4] = [-1.0 if info["pixdim"][0] < 0 else 1.0, *(stated / unit)]
        found[1] = np.array(info.get_qform(), np.float64)
    for matrix in found:
        if matrix is not None:
            matrix[:3] *= unit
            if axes == 2:
                normal = np.cross(matrix[:3, 0], matrix[:3, 1])
                matrix[:3, 2] = normal / (np.linalg.norm(normal) or 1.0)
            _check_regular(matrix, path)
    return found[0], found[1]


def _check_regular(matrix: Matrix, path: str) -> None:
    lengths = np.linalg.norm(matrix[:3, :3], axis=0)
    if not np.isfinite(matrix).all() or (lengths < 1e-6).any() or abs(np.linalg.det(matrix[:3, :3] / lengths)) < 1e-3:
        raise Rejected(path, "the matrix that places it in space is singular or not finite.")


def _sized(sform: Matrix, stated: Matrix, unit: float, path: str) -> tuple[Matrix, str]:
    """The sform with axes as long as its voxels are, and the note if they were not."""
    lengths = np.linalg.norm(sform[:3, :3], axis=0)
    sizes = np.where(stated > 0, stated, lengths)
    if np.allclose(lengths, sizes, rtol=_ROUNDING, atol=1e-6):
        return sform, ""
    if np.allclose(lengths / unit, 1.0, rtol=0, atol=_ROUNDING):
        sized = sform.copy()
        sized[:3, :3] *= sizes / lengths
        return sized, SIZES_FROM_HEADER
    told = (" x ".join(f"{one:.6g}" for one in some) for some in (sizes, lengths))
    raise Rejected(path, "its voxels are {} mm by pixdim and {} mm by its sform.".format(*told), _SAVE_AGAIN)


def _apart(one: Matrix, other: Matrix, info: Any) -> bool:
    """Whether two matrices place some corner of the volume more than half a voxel apart."""
    last = [max(int(size), 1) - 1 for size in (*info.get_data_shape(), 1, 1, 1)[:3]]
    corners = np.array([[i, j, k, 1] for i in (0, last[0]) for j in (0, last[1]) for k in (0, last[2])], np.float64)
    distance = np.linalg.norm((corners @ (one - other).T)[:, :3], axis=1).max()
    return bool(distance > 0.5 * np.linalg.norm(one[:3, :3], axis=0).min())


def _three(values: Matrix) -> tuple[float, float, float]:
    return float(values[0]), float(values[1]), float(values[2])
