"""The unit of planning and of work: what one image, or one volume, needs to be read."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from hf_medseg.formats.volume import VolumeImage
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.sent import Sent


class Recipe(Protocol):
    """How a column is made from files: a picture, a volume, a label map, or anything else that parts of masks give."""

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        ...

    def values(self, reader: Reader, shape: tuple[int, int, int], /) -> list[Any]:
        """One value for each slice of the image's grid (slices, height, width).

        An array or a file's bytes for a picture column, a list of arrays for a list of pictures, else a plain value.

        Raises:
            Rejected: a file is damaged, or does not fit the image.
        """
        ...

    def whole(self, reader: Reader, shape: tuple[int, int, int], /) -> Any:
        """One value for all slices, where a row is a volume: see `values`, with three axes."""
        ...


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a case may come to no row, known before a pixel is read.

    Attributes:
        wrong: what planning found wrong with the case; it is rejected with these words. Empty where its files decide.
        advice: what the user can do then, where fetching the files again is not it.
        known: a defect that the source names in advance. Where the case cannot be read it is reported as known with these words, not as
            rejected; a sound copy of it gives its rows as any other.
    """

    wrong: str = ""
    advice: str = ""
    known: str = ""

    @classmethod
    def of(cls, wrong: str, advice: str = "", known: str = "") -> Problem | None:
        """The problem that these words tell; None where neither `wrong` nor `known` says anything."""
        return cls(wrong, advice, known) if wrong or known else None


_NO_COLUMNS: Mapping[str, Any] = {}  # one for all cases


@dataclass(slots=True, unsafe_hash=True)  # not frozen, as RawFile is not
class Case(Sent):
    """References to files and the values of plain columns; no pixels, no open handles.

    Attributes:
        image_id: unique and stable, from the raw file name; the rows of a volume append their slice index to it.
        pixels: for every column that is read from files, how. `image` is always there; a column that is absent or None is null.
        columns: values of the source's plain columns; what is absent is null.
        split: `train`, `validation`, `test`, or the owner's name of a further official set.
        patient_id: whatever groups images of one person, slide or animal.
        problem: what is known to be wrong with the case.
        together: what cases must stay beside each other that are read from one file, such as the frames of a film.
    """

    image_id: str
    pixels: Mapping[str, Recipe | None]
    columns: Mapping[str, Any] = field(default_factory=lambda: _NO_COLUMNS)
    split: str = "train"
    patient_id: str | None = None
    problem: Problem | None = None
    together: str = field(default="", repr=False)

    @property
    def volume_id(self) -> str | None:
        """The id of the volume that the case is, if it is one."""
        image = self.pixels["image"]
        return self.image_id if isinstance(image, VolumeImage) and not image.single else None

    @property
    def group(self) -> str:
        """What must stay together in one shard."""
        return self.together or self.volume_id or self.patient_id or self.image_id

    def named_files(self) -> Iterator[tuple[str, RawFile]]:
        """(column, file) for every file that the case reads, the image's first."""
        for column, recipe in self.pixels.items():
            if recipe is not None:
                for file in recipe.files():
                    yield column, file

    def files(self) -> list[RawFile]:
        """The files that the case reads, each once."""
        found: dict[str, RawFile] = {}
        for recipe in self.pixels.values():
            if recipe is not None:
                for file in recipe.files():
                    found[file.listed] = file
        return list(found.values())


_TOGETHER = 1000
"""So many cases are packed together: whoever goes through a million holds no more than these."""


class Cases(Collection[Case]):
    """Cases as they are sent to workers and kept between runs: in a thirtieth of their room, and made again whenever they are read.

    Attributes:
        packed: pickles of some of them each, deflated.
    """

    __slots__ = ("_count", "packed")

    def __init__(self, cases: Sequence[Case]) -> None:
        self._count = len(cases)
        lots = (tuple(cases[start : start + _TOGETHER]) for start in range(0, len(cases), _TOGETHER))
        self.packed = [zlib.compress(pickle.dumps(lot, pickle.HIGHEST_PROTOCOL), 1) for lot in lots]

    def __len__(self) -> int:
        return self._count

    def __iter__(self) -> Iterator[Case]:
        for lot in self.packed:
            yield from unpacked(lot)

    def __contains__(self, case: object) -> bool:
        return any(one == case for one in self)


def unpacked(lot: bytes) -> tuple[Case, ...]:
    """The cases in one of `Cases.packed`.

    Raises:
        zlib.error: it is damaged.
    """
    cases: tuple[Case, ...] = pickle.loads(zlib.decompress(lot))  # written by ourselves
    return cases
