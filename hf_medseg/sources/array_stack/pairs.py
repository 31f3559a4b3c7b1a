"""A stack of pictures with its stack of masks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from hf_medseg.errors import Refused
from hf_medseg.formats.stacks import AXES, Stack, StackPicture, arrays_in, whole_numbers
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw

LETTERS = {frozenset("hw"), frozenset("hwc"), frozenset("nhw"), frozenset("nhwc")}


@dataclass(frozen=True)
class Pair:
    """A stack of pictures with its stack of masks.

    Attributes:
        image, mask: the stacks; their axes are empty where nobody says them.
        count: how many pictures; 1 where each file holds one.
        split: the split that the names of the arrays say.
        word: what the ids of pictures begin with.
        ids: name of an array with an id for each picture.
    """

    image: Stack
    mask: Stack
    count: int
    split: str = ""
    word: str = ""
    ids: str = ""

    @classmethod
    def of(
        cls,
        image_file: RawFile,
        image: str,
        mask_file: RawFile,
        mask: str,
        image_shape: tuple[int, ...],
        mask_shape: tuple[int, ...],
        axes: tuple[str, str],
        **more: str,
    ) -> Pair:
        """The pair of two arrays; axes are those that are stated, or of a single picture those that its shape tells.

        Raises:
            Refused: the stated axes are none, or do not fit.
        """
        stated = axes[0] or {2: "hw", 3: "hwc" if image_shape[-1] == 3 and len(mask_shape) == 2 else ""}.get(len(image_shape), "")
        of_mask = axes[1] or stated.replace("c", "")
        words = f"{image or image_file.name} of {image_file.listed}"
        for letters, shape in ((stated, image_shape), (of_mask, mask_shape)):
            if letters and (frozenset(letters) not in LETTERS or len(set(letters)) < len(letters) or len(letters) != len(shape)):
                size = " x ".join(map(str, shape))
                raise Refused(f"{words}: the axes {letters!r} do not fit an array of {size}. {AXES}")
        counts = [shape[letters.index("n")] if "n" in letters else 1 for letters, shape in ((stated, image_shape), (of_mask, mask_shape))]
        if stated and counts[0] != counts[1]:
            raise Refused(f"{words}: {counts[0]} pictures and {counts[1]} masks. Each picture needs its mask, in the same order.")
        count = counts[0] if stated else image_shape[0]
        return cls(Stack(image_file, image, stated), Stack(mask_file, mask, of_mask if stated else ""), count, **more)

    @property
    def words(self) -> str:
        """What it is, for messages."""
        shape = " x ".join(map(str, arrays_in(self.image.file)[self.image.name].shape))
        return f"{self.image.name or self.image.file.name} ({shape}) of {self.image.file.listed}"

    def part(self, stack: Stack, number: int) -> StackPicture:
        """One picture or mask; its file counts with its share of the bytes."""
        file = stack.file
        share = RawFile(file.listed, max(file.size // max(2 * self.count, 1), 1), file.place, file.start, file.part, stamp=file.stamp)
        return StackPicture(share, stack, number)

    def names(self, raw: Raw) -> list[str]:
        """An id for each picture.

        Raises:
            Refused: the ids are not as many as the pictures, or not different.
        """
        stem = self.image.file.path.rpartition(".")[0].replace("/", "_")
        if self.ids:
            found: Any = np.asarray(arrays_in(self.image.file)[self.ids]).ravel().tolist()
            texts = [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in found]
            if len(texts) != self.count or len(set(texts)) != len(texts):
                raise Refused(f"{self.image.file.listed}: its {self.ids} must be {self.count} different ids; there are {len(set(texts))}.")
            return texts
        if "n" not in self.image.axes:
            return [stem]
        digits = max(len(str(self.count - 1)), 4)
        return [f"{stem}_{self.word}_{k:0{digits}}" if self.word else f"{stem}_{k:0{digits}}" for k in range(self.count)]


@lru_cache(maxsize=1)
def values_of(pairs: tuple[Pair, ...]) -> set[int]:
    """Every value that the masks hold, mask by mask.

    Raises:
        Rejected: masks hold fractions, or cannot be read.
    """
    found: set[int] = set()
    for pair in pairs:
        for number in range(pair.count):
            found.update(np.unique(whole_numbers(pair.mask.picture(number), pair.mask.file.path)).tolist())
            if len(found) > 1000:
                return found
    return found
