"""The six panels of one picture, side by side, and the nuclei that the last one colours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.formats.picture import Encoded, Picture
from hf_medseg.formats.pixels import Array, decode, encode_pixels
from hf_medseg.masks.labels import LabelMap, OfPixels, Shape
from hf_medseg.raw.files import Reader

PANELS = ("ihc", "hematoxylin", "dapi", "lap2", "marker", "segmentation")
SIDE = 512
# Red 4, green 2, blue 1, each where it is above 127: black, blue, green, red.
MEANS = {0: 0, 1: 1, 4: 2, 2: 3}


@dataclass(frozen=True, slots=True)
class Panel(Picture):
    """One of the panels.

    Attributes:
        panel: its name.
    """

    panel: str = "ihc"

    def encoded(self, reader: Reader) -> Encoded:
        """See `Picture.encoded`."""
        return Encoded(encode_pixels(np.ascontiguousarray(self.array(reader)[0])), SIDE, SIDE)

    def _decoded(self, reader: Reader) -> Array:
        pixels: Array = reader.once((self.file, "panels"), lambda: decode(reader.read(self.file), self.file.path))
        if pixels.shape != (SIDE, SIDE * len(PANELS), 3):
            found = f"{pixels.shape[1]} x {pixels.shape[0]} pixels" + ("" if pixels.ndim == 3 else " of one channel")
            words = f"it has {found}; six RGB panels side by side, {SIDE * len(PANELS)} x {SIDE}, expected."
            raise Rejected(self.file.path, words, "Fetch the owner's file.")
        start = SIDE * PANELS.index(self.panel)
        return pixels[:, start : start + SIDE]


@dataclass(frozen=True, slots=True)
class Nuclei(OfPixels):
    """Blue is a negative nucleus, red a positive one, green a border; a channel counts above 127, as colours are not quite pure."""

    def labels(self, reader: Reader, shape: Shape) -> LabelMap:
        """See `Labels.labels`."""
        codes = (self.pixels.array(reader) > 127) @ np.array([4, 2, 1], np.uint8)
        if strange := int(np.count_nonzero(~np.isin(codes, list(MEANS)))):
            words = f"{strange} pixels of its sixth panel are neither black, blue, red nor green: it holds no segmentation."
            raise Rejected(self.pixels.files()[0].path, words, "Take pictures without a segmentation out of the raw tree.")
        table = np.zeros(8, np.uint8)
        table[list(MEANS)] = list(MEANS.values())
        return table[codes]
