"""The pages of a TIFF as one array of pictures, of which one is read at a time."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import MissingExtra
from hf_medseg.formats.tiff import quiet

_LETTERS = {"Y": "h", "X": "w", "S": "c", "C": "c"}  # every other axis counts pictures
_PLAIN = (1, 2)  # grey of which 0 is black, and RGB


class Pages:
    """A TIFF whose pages are pictures of one size.

    Attributes:
        shape, dtype: of the array that they are together.
        axes: a letter for each axis: n pictures, h rows, w columns, c channels; `n` may be there several times.

    Raises:
        ValueError: its pages differ, or hold samples that are no grey values or colours as they stand.
        MissingExtra: a library is missing.
    """

    def __init__(self, source: str | bytes) -> None:
        try:
            import tifffile
        except ImportError as error:
            raise MissingExtra("tifffile", "tiff") from error
        with quiet():
            try:
                self._file = tifffile.TiffFile(source if isinstance(source, str) else io.BytesIO(source))
            except tifffile.TiffFileError as error:
                raise ValueError(str(error)) from error
            if len(self._file.series) != 1:
                raise ValueError(f"{len(self._file.series)} kinds of pictures in one file; pages of one size and type expected")
            page: Any = self._file.pages.first
            if int(page.photometric) not in _PLAIN or (274 in page.tags and page.tags[274].value != 1) or page.extrasamples:
                raise ValueError("pages that are palettes, inverted, turned or transparent; plain grey values or RGB expected")
            self._series = self._file.series[0]
        self.shape: tuple[int, ...] = tuple(self._series.shape)
        self.dtype = np.dtype(self._series.dtype)
        self.axes = "".join(_LETTERS.get(axis, "n") for axis in self._series.axes)
        self._whole: NDArray[Any] | None = None

    def __getitem__(self, index: tuple[Any, ...]) -> NDArray[Any]:
        """A part of the array; pages are read one by one where the first axis counts them."""
        number, pages = index[0], self._series.pages
        with quiet():
            if self._whole is None and isinstance(number, int) and len(pages) == self.shape[0]:
                page: Any = pages[number]
                if page is not None and page.shape == self.shape[1:]:
                    one: NDArray[Any] = page.asarray()[index[1:]]
                    return one
            if self._whole is None:
                self._whole = self._series.asarray()
        part: NDArray[Any] = self._whole[index]
        return part
