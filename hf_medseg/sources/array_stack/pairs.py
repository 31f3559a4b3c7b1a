"""A stack of pictures with its stack of masks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from hf_medseg.errors import Refused
from hf_medseg.formats.stacks import AXES, Stack, StackPicture, arrays_in, whole_numbers
from hf_medseg.raw.files import RawFile

LETTERS = {frozenset("hw"), frozenset("hwc"), frozenset("nhw"), frozenset("nhwc")}

MASK_AXES = "Say in the about file what the axes of the masks are (n masks, h rows, w columns, c a channel for each class)"


def axes_of_mask(axes: str, image: tuple[int, ...], mask: tuple[int, ...]) -> str:
    """The axes of masks whose pictures have the stated ones: the same but for channels; nothing where that cannot be told."""
    base = axes.replace("c", "")
    if not axes or len(mask) != len(base) + 1:
        return base
    sizes = dict(zip(axes, image, strict=True))
    first = base.find("n") + 1
    at = axes.index("c") if "c" in axes else len(base)
    ways = dict.fromkeys(f"{base[:place]}c{base[place:]}" for place in (at, len(base), first))
    found = [way for way in ways if all(letter == "c" or sizes[letter] == size for letter, size in zip(way, mask, strict=True))]
    return found[0] if len(found) == 1 else ""


def _axes_of_one(file: RawFile, image: tuple[int, ...], mask: tuple[int, ...]) -> str:
    """The axes of a single picture, as its shape and that of its mask tell them; nothing where they do not."""
    step = -1 if arrays_in(file).reversed else 1
    image, mask = image[::step], mask[::step]
    return {2: "hw", 3: "hwc" if image[-1] == 3 or image[:2] == mask else ""}.get(len(image), "")[::step]


@dataclass(frozen=True)
class Pair:
    """A stack of pictures with its stack of masks.

    Attributes:
        image, mask: the stacks; their axes are empty where nobody says them. No mask where nobody annotated the pictures.
        count: how many pictures; 1 where each file holds one.
        split: the split that the names of the arrays say.
        word: what the ids of pictures begin with.
        ids: name of an array with an id for each picture.
        further: stacks of further columns, as `image_t1`, `mask_2` and `instances` beside `image` and `mask` are.
    """

    image: Stack
    mask: Stack | None
    count: int
    split: str = ""
    word: str = ""
    ids: str = ""
    further: tuple[tuple[str, Stack], ...] = ()

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
        **more: Any,
    ) -> Pair:
        """The pair of two arrays; axes are those that are stated, or of a single picture those that its shape tells.

        Raises:
            Refused: the stated axes are none, or do not fit.
        """
        stated = axes[0] or _axes_of_one(image_file, image_shape, mask_shape)
        words = f"{image or image_file.name} of {image_file.listed}"
        of_mask = axes[1] or (axes_of_mask(stated, image_shape, mask_shape) if len(stated) == len(image_shape) else stated)
        for letters, shape in ((stated, image_shape), (of_mask, mask_shape)):
            if letters and (frozenset(letters) not in LETTERS or len(set(letters)) < len(letters) or len(letters) != len(shape)):
                size = " x ".join(map(str, shape))
                raise Refused(f"{words}: the axes {letters!r} do not fit an array of {size}. {AXES}")
        if stated and not of_mask:
            size = " x ".join(map(str, mask_shape))
            example = f"{stated.replace('c', '')}c" if len(mask_shape) == len(stated.replace("c", "")) + 1 else stated.replace("c", "")
            raise Refused(f'{words}: its masks are an array of {size}. {MASK_AXES}, such as: mask_axes = "{example}"')
        counts = [shape[letters.index("n")] if "n" in letters else 1 for letters, shape in ((stated, image_shape), (of_mask, mask_shape))]
        if stated and counts[0] != counts[1]:
            raise Refused(f"{words}: {counts[0]} pictures and {counts[1]} masks. Each picture needs its mask, in the same order.")
        count = counts[0] if stated else image_shape[0]
        return cls(
            Stack(image_file, image, stated, more.pop("scale", "")), Stack(mask_file, mask, of_mask if stated else ""), count, **more
        )

    @classmethod
    def alone(cls, file: RawFile, image: str, shape: tuple[int, ...], axes: str, scale: str) -> Pair:
        """Pictures that nobody annotated."""
        stated = axes or _axes_of_one(file, shape, ())
        if stated and len(stated) != len(shape):
            raise Refused(f"{image} of {file.listed}: the axes {stated!r} do not fit an array of {' x '.join(map(str, shape))}. {AXES}")
        return cls(Stack(file, image, stated, scale), None, shape[stated.index("n")] if "n" in stated else 1)

    @property
    def sequences(self) -> int:
        """How many channels its pictures have that are no colours; 0 where that is one, or three."""
        sizes = self.image.shape() if "c" in self.image.axes else {}
        return 0 if sizes.get("c", 1) in (1, 3) else sizes["c"]

    @property
    def channels(self) -> int:
        """How many channels its masks have; 0 where each pixel holds the number of its class."""
        sizes = self.mask.shape() if self.mask is not None and "c" in self.mask.axes else {}
        return sizes["c"] if sizes.get("c", 1) > 1 else 0

    @property
    def words(self) -> str:
        """What it is, for messages."""
        shape = " x ".join(map(str, arrays_in(self.image.file)[self.image.name].shape))
        return f"{self.image.name or self.image.file.name} ({shape}) of {self.image.file.listed}"

    def part(self, stack: Stack, number: int, channel: int | None = None) -> StackPicture:
        """One picture or mask, or a channel of it; its file counts with its share of the bytes."""
        file = stack.file
        share = RawFile(file.listed, max(file.size // max(2 * self.count, 1), 1), file.place, file.start, file.part, stamp=file.stamp)
        return StackPicture(share, stack, number, channel)

    def position(self, number: int) -> list[float] | None:
        """Where a slice begins in mm, by the array `affine` that an export writes beside a volume; None where there is none."""
        arrays = arrays_in(self.image.file)
        if arrays.shapes().get("affine") != (4, 4):
            return None
        affine = np.asarray(arrays["affine"], np.float64)
        found: list[float] = (affine[:3, 3] + number * affine[:3, 2]).tolist()
        return found

    def names(self, whole: bool) -> list[str]:
        """An id for each picture.

        Args:
            whole: whether the folders of its file belong to it, as other files are called the same.

        Raises:
            Refused: the ids are not as many as the pictures, or not different.
        """
        path = self.image.file.path.rpartition(".")[0]
        alone = "n" in self.image.axes and not self.image.name  # images.npy says what it is, and not whose
        stem = path.replace("/", "_") if whole or alone else path.rpartition("/")[2]
        if self.ids:
            found: Any = np.asarray(arrays_in(self.image.file)[self.ids]).ravel().tolist()
            texts = [one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one) for one in found]
            if len(texts) != self.count or len(set(texts)) != len(texts):
                raise Refused(f"{self.image.file.listed}: its {self.ids} must be {self.count} different ids; there are {len(set(texts))}.")
            return texts
        if "n" not in self.image.axes:
            return [f"{stem}_{self.word}" if self.word else stem]
        digits = max(len(str(self.count - 1)), 4)
        return [f"{stem}_{self.word}_{k:0{digits}}" if self.word else f"{stem}_{k:0{digits}}" for k in range(self.count)]


def masks_of(pairs: Iterable[Pair]) -> Iterator[tuple[Stack, int]]:
    """The stacks of masks, and how many masks each holds."""
    return ((pair.mask, pair.count) for pair in pairs if pair.mask is not None)


@lru_cache(maxsize=1)
def values_of(pairs: tuple[Pair, ...]) -> dict[str, dict[str, tuple[int, ...]]]:
    """The values that each mask holds, ascending, by split and mask; of masks that hold more than 1,000 not all.

    Raises:
        Rejected: masks hold fractions, or cannot be read.
    """
    found: dict[str, dict[str, tuple[int, ...]]] = {}
    known: set[int] = set()
    for pair in pairs:
        for mask, count in masks_of((pair,)):
            for number in range(count):
                values = tuple(np.unique(whole_numbers(mask.picture(number), mask.file.path)).tolist())
                found.setdefault(pair.split, {})[f"{mask.file.listed} {mask.name} {number}"] = values
                known.update(values)
                if len(known) > 1000:
                    return found
    return found
