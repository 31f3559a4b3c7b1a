"""What the folders of a user's own tree say: the split, and whatever else they sort pictures by."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from hf_medseg.errors import Refused, Rejected
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.order import natural_key
from hf_medseg.raw.splits import refuse_unclear, split_of
from hf_medseg.raw.tree import Found, joined


@dataclass(frozen=True)
class Above:
    """The folders above one that holds pictures.

    Attributes:
        folders: their names, without the one that says the split.
        name: the lowest of them as it is called, if it says a split; else nothing.
        split: that split.
    """

    folders: tuple[str, ...]
    name: str = ""
    split: str | None = None

    @classmethod
    def of(cls, path: str) -> Above:
        """Reads the folders of a path that is empty or ends in `/`."""
        folders = tuple(path.split("/")[:-1])
        if folders and (split := split_of(folders[-1])) is not None:
            return cls(folders[:-1], folders[-1], split)
        return cls(folders)


@dataclass(frozen=True)
class Sorting:
    """How a tree sorts its pictures into folders.

    Attributes:
        apart: whether files of one name in several folders are different ones.
        common: how many folders lie above all of them, and say nothing.
    """

    apart: bool
    common: int

    @classmethod
    def of(cls, pictures: Found) -> Sorting:
        """Finds out how the pictures are sorted, which are named by the path above their folder and their stem.

        Raises:
            Refused: the split of some cannot be told.
        """
        above_of = {path: Above.of(path) for path in dict.fromkeys(path for path, _ in pictures)}
        tops = sorted({above.folders for above in above_of.values()}) or [()]
        common = next(depth for depth in itertools.count() if len({folders[: depth + 1] for folders in tops}) != 1 or len(tops[0]) <= depth)
        _check_splits(list(above_of.values()), common)
        return cls(len(tops) > 1 and not _are_copies(pictures), common)

    def folder(self, above: Above) -> tuple[str, ...]:
        """The folders that a picture is sorted by; none where they say nothing."""
        return above.folders[self.common :] if self.apart else ()

    def keyed(self, files: Found) -> Found:
        """Files by folder, split and stem, for which they are found by the path above and stem; their layout begins at that folder."""
        above_of = {path: Above.of(path) for path in dict.fromkeys(path for path, _ in files)}
        starts = {path: self._start(path, above) for path, above in above_of.items()}
        keys = {path: ("/".join(self.folder(above)), above.split) for path, above in above_of.items()}
        several: dict[tuple[str, str | None, str], list[RawFile]] = {}
        for (path, stem), first in files.items():
            for file in (first, *first.twins):
                several.setdefault((*keys[path], stem), []).append(
                    RawFile(file.listed, file.size, file.place, starts[path], file.part, stamp=file.stamp)
                )
        return Found((key, joined(several[key])) for key in sorted(several, key=natural_key))

    def _start(self, path: str, above: Above) -> int:
        if self.apart:
            return sum(len(folder) + 1 for folder in above.folders[: self.common])
        return len(path) - (len(above.name) + 1 if above.name else 0)


def _check_splits(every: Sequence[Above], common: int) -> None:
    """Refuses folders of which it cannot be told whether they are a split.

    Raises:
        Refused: see above.
    """
    refuse_unclear({folder for above in every for folder in above.folders[common:]})
    for above in every:
        further = {split_of(folder) for folder in above.folders[0 if above.split is None else common :]} - {None, above.split}
        if further - ({"train"} if above.split is None else set()):
            raise Refused(
                f"{_path(above)}: images/ lies deeper below a folder that is called like a split. "
                "Put images/ and masks/ directly into it, or rename it."
            )
    split = next((above for above in every if above.split), None)
    for above in every:
        if split and above.split is None and len(above.folders) > common:
            raise Refused(
                f"images/ lies in {_path(split)}, which is a split, and in {_path(above)}, which names none. "
                f"Rename {above.folders[-1]}/ to train/, validation/ or test/, or take it out of the raw tree."
            )


def _path(above: Above) -> str:
    return "".join(f"{folder}/" for folder in (*above.folders, above.name) if folder)


def _are_copies(pictures: Found) -> bool:
    """Whether several folders hold one set of pictures twice, as where an archive lies beside what was unpacked from it.

    Sizes and the first picture that occurs twice decide; if it is the same one, all the others are compared when they are read.
    """
    first: dict[tuple[str | None, str], RawFile] = {}
    splits = {path: Above.of(path).split for path in dict.fromkeys(path for path, _ in pictures)}
    pairs = [
        (other, file) for (path, stem), file in pictures.items() if (other := first.setdefault((splits[path], stem), file)) is not file
    ]
    if not pairs or any(one.size != other.size for one, other in pairs):
        return False
    try:
        return pairs[0][0].read() == pairs[0][1].read()
    except Rejected:
        return False
