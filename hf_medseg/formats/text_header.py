"""What a text header of voxels says, whichever format it is: NRRD and MetaImage differ in words alone."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Rejected

Matrix = NDArray[np.float64]
_SAVE_AGAIN = "Save the file again with a header that says it."
# Far more files than slices of any volume.
_MOST_FILES = 1 << 16


@dataclass(frozen=True)
class Layout:
    """Where the samples of a file lie and what they are.

    Attributes:
        sizes: of all axes, fastest first.
        spatial: which axes are axes of space, in stored order, at most three.
        dtype: of a sample, with its byte order.
        packing: `gzip` (or zlib), `bzip2`, `text`, `hex` or nothing.
        affine: (spatial axes) to LPS, 4 x 4, mm; None where nothing says.
        spacing: of three axes, mm; 0 where nothing says.
        slope, intercept: physical = stored * slope + intercept.
        colours: whether the axis that is not spatial is said to hold red, green and blue.
        begins: first byte of the samples in the header's own file; None where they lie in others.
        names: those others, in order, relative to the header's folder.
        skip_lines, skip_bytes: what stands before the samples in each file; -1 bytes: they are the last of it.
    """

    sizes: tuple[int, ...]
    spatial: tuple[int, ...]
    dtype: np.dtype[Any]
    packing: str = ""
    affine: Matrix | None = None
    spacing: tuple[float, ...] = (0.0, 0.0, 0.0)
    slope: float = 1.0
    intercept: float = 0.0
    colours: bool = False
    begins: int | None = None
    names: tuple[str, ...] = ()
    skip_lines: int = 0
    skip_bytes: int = 0

    @property
    def channels(self) -> int:
        """How many volumes the samples are."""
        return math.prod(size for axis, size in enumerate(self.sizes) if axis not in self.spatial)


class Fields(dict[str, str]):
    """The fields of a header by their name in small letters; what is wrong with one is said of the file by the field's name.

    Attributes:
        path: the file.
    """

    def __init__(self, path: str, fields: Mapping[str, str]) -> None:
        super().__init__(fields)
        self.path = path

    def wrong(self, name: str, expected: str) -> Rejected:
        """The answer to a field that is missing or says something else."""
        found = self.get(name)
        says = "is missing" if found is None else f"says {found[:60]!r}"
        return Rejected(
            self.path, f"its header is damaged, or of a kind that is not read: {name} {says}; {expected} expected.", _SAVE_AGAIN
        )

    def need(self, name: str, expected: str) -> str:
        """What a field says.

        Raises:
            Rejected: it is missing.
        """
        if name not in self:
            raise self.wrong(name, expected)
        return self[name]

    def whole(self, name: str, default: int | None = None) -> int:
        """The whole number of a field.

        Raises:
            Rejected: it says none.
        """
        if name not in self and default is not None:
            return default
        return self.wholes(name, 1)[0]

    def wholes(self, name: str, count: int | None = None) -> tuple[int, ...]:
        """The whole numbers of a field.

        Raises:
            Rejected: it says none, or another number of them.
        """
        expected = "one whole number" if count == 1 else f"{count or 'some'} whole numbers"
        try:
            found = tuple(int(word) for word in self.need(name, expected).split())
        except ValueError:
            raise self.wrong(name, expected) from None
        if not found or (count is not None and len(found) != count):
            raise self.wrong(name, expected)
        return found

    def numbers(self, name: str, count: int) -> Matrix:
        """The numbers of a field.

        Raises:
            Rejected: it says none, or another number of them, or one that is not finite.
        """
        found = numbers_of(self.need(name, f"{count} numbers"))
        if found is None or len(found) != count or not np.isfinite(found).all():
            raise self.wrong(name, f"{count} numbers")
        return found


def numbers_of(text: str) -> Matrix | None:
    """The numbers of a text, divided by blanks; None where something else stands between them."""
    try:
        return np.array([float(word) for word in text.split()])
    except ValueError:
        return None


def placed(axes: Matrix, origin: Matrix, path: str) -> Matrix:
    """The affine of two or three axes (rows, mm) and an origin in LPS; a missing third axis is normal to the others.

    Raises:
        Rejected: the axes span no space.
    """
    if len(axes) == 2:
        normal = np.cross(axes[0], axes[1])
        axes = np.vstack([axes, normal / (np.linalg.norm(normal) or 1.0)])
    lengths = np.linalg.norm(axes, axis=1)
    if not np.isfinite(axes).all() or (lengths < 1e-6).any() or abs(np.linalg.det(axes / lengths[:, np.newaxis])) < 1e-3:
        raise Rejected(path, "the matrix that places it in space is singular or not finite.")
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = axes.T, origin
    return affine


def numbered(pattern: str, numbers: tuple[int, ...], fields: Fields, name: str) -> tuple[str, ...]:
    """The names that a pattern with one number (`slice%03d.raw`) gives.

    Args:
        pattern: the pattern.
        numbers: first, last, step.
        fields: the header, for messages.
        name: the field that says so.

    Raises:
        Rejected: it gives no names.
    """
    first, last, step = numbers
    if step and 0 <= (last - first) // step < _MOST_FILES:
        try:
            return tuple(pattern % number for number in range(first, last + (1 if step > 0 else -1), step))
        except (TypeError, ValueError):
            pass
    raise fields.wrong(name, "a file name with one number in it, the first and last of them and their step")
