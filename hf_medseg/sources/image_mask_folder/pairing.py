"""Picture files as their folders tell them, and how names pair masks with pictures."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hf_medseg.raw.files import RawFile
from hf_medseg.raw.splits import split_of
from hf_medseg.sources.image_mask_folder.ways import stem_of
from hf_medseg.sources.words import Role, said_by, without_role, without_roles


@dataclass(slots=True, eq=False)  # not frozen, as RawFile is not
class Seen:
    """A picture file, as the folders that it lies in tell it; never changed.

    Attributes:
        path: the folders that sort it, without the one that says its role, each with its `/`.
        role: what that one says.
        word: the word that it says it with.
        above: how many folders lie above it.
        below: the folders below it.
        whole: whether it says nothing else but a split.
    """

    file: RawFile
    path: str
    stem: str
    role: Role
    word: str
    above: int
    below: tuple[str, ...] = ()
    whole: bool = True


def seen(files: Iterable[RawFile]) -> list[Seen]:
    """Picture files of a tree."""
    found = []
    folders: dict[str, tuple[str, Role, str, int, tuple[str, ...], bool]] = {}
    for file in files:
        folder, _, name = file.listed.rpartition("/")
        if folder not in folders:
            folders[folder] = _told(folder.split("/") if folder else [])
        path, role, word, above, below, whole = folders[folder]
        found.append(Seen(file, path, stem_of(name), role, word, above, below, whole))
    sure = {one.role for one in found if one.whole}
    return [one if one.whole or one.role not in sure else _plain(one) for one in found]


def _plain(one: Seen) -> Seen:
    """A file in a folder of which others say their role more plainly."""
    folders = one.file.listed.split("/")[:-1]
    return Seen(one.file, "".join(f"{folder}/" for folder in folders), one.stem, "", "", len(folders))


def _told(folders: list[str]) -> tuple[str, Role, str, int, tuple[str, ...], bool]:
    says = [said_by(folder) for folder in folders]
    telling = [number for number, said in enumerate(says) if said.whole] or [number for number, said in enumerate(says) if said.role]
    if not telling:
        return "".join(f"{folder}/" for folder in folders), "", "", len(folders), (), True
    at = telling[-1]
    first = next(number for number in telling if says[number].role == says[at].role)  # images/images/ is one folder
    kept = [
        folder for folder, said in zip(folders[first + 1 :], says[first + 1 :], strict=True) if said.role != says[at].role or not said.whole
    ]
    rest = (says[at].rest,) if says[at].rest else ()
    return (
        "".join(f"{folder}/" for folder in (*folders[:first], *rest, *kept)),
        says[at].role,
        says[at].word,
        first,
        tuple(kept),
        says[at].whole,
    )


Pairing = dict[int, list[tuple[str, Seen]]]
"""(name, mask) of every mask of a picture, by the picture's place in the list."""


class Names(dict[tuple[str, str], int]):
    """The places of pictures by path and stem, with the lengths that stems have, so that few beginnings and ends are looked at."""

    def __init__(self, files: Iterable[tuple[tuple[str, str], int]]) -> None:
        super().__init__(files)
        lengths: dict[str, set[int]] = defaultdict(set)
        for path, stem in self:
            lengths[path].add(len(stem))
        self.lengths = {path: sorted(some, reverse=True) for path, some in lengths.items()}

    def longest(self, path: str, stem: str) -> tuple[int, str] | None:
        """The picture with the longest name that a name begins or ends with, and what the name adds: `{}` stands for it."""
        for length in self.lengths.get(path, ()):
            if length < len(stem):
                if (number := self.get((path, stem[:length]))) is not None:
                    return number, "{}" + stem[length:]
                if (number := self.get((path, stem[-length:]))) is not None:
                    return number, stem[:-length] + "{}"
        return None


def names_of(files: Iterable[Seen]) -> Names:
    """The places of files in their list, by path and stem."""
    return Names(((one.path, one.stem), number) for number, one in enumerate(files))


def exact(at: Mapping[tuple[str, str], int], masks: list[Seen]) -> Pairing:
    """Masks with the name of a picture, in folders that sort them alike."""
    found: Pairing = defaultdict(list)
    for mask in masks:
        if (number := at.get((mask.path, mask.stem))) is not None:
            found[number].append(("", mask))
    return found


def affixed(at: Names, masks: list[Seen]) -> Pairing:
    """Masks whose names begin or end with the name of a picture in the same folder: the longest one."""
    found: Pairing = defaultdict(list)
    for mask in masks:
        if (hit := at.longest(mask.path, mask.stem)) is not None:
            found[hit[0]].append((hit[1], mask))
    return found


def worded(pictures: list[Seen], masks: list[Seen]) -> Pairing:
    """Names that are the same but for a word that says picture or mask."""
    keys: dict[tuple[str, tuple[str, ...]], list[int]] = defaultdict(list)
    for number, one in enumerate(pictures):
        keys[one.path, without_role(one.stem, "image")].append(number)
    found: Pairing = defaultdict(list)
    for mask in masks:
        numbers = keys.get((mask.path, without_role(mask.stem, "mask")), [])
        if len(numbers) == 1:
            found[numbers[0]].append(("", mask))
    return {number: some for number, some in found.items() if len(some) == 1}


def numbered(pictures: list[Seen], masks: list[Seen]) -> Pairing:
    """Names that are the same but for words that say picture or mask, for small and capital letters, and for zeros before numbers."""

    def by_key(files: list[Seen]) -> dict[tuple[str, ...], list[int]]:
        found: dict[tuple[str, ...], list[int]] = defaultdict(list)
        for number, one in enumerate(files):
            words = (word.lstrip("0") or "0" if word.isdecimal() else word for word in without_roles(one.stem))
            found[(one.path, *words)].append(number)
        return found

    of_pictures, of_masks = by_key(pictures), by_key(masks)
    both = ((of_pictures[key], of_masks[key]) for key in of_pictures.keys() & of_masks.keys())
    return {mine[0]: [("", masks[other[0]])] for mine, other in both if len(mine) == len(other) == 1}


def deeper(at: Mapping[tuple[str, str], int], masks: list[Seen]) -> Pairing:
    """Masks with the name of a picture in folders below, which tell them apart."""
    found: Pairing = defaultdict(list)
    for mask in masks:
        for depth in range(len(mask.below), 0, -1):
            path = mask.path[: len(mask.path) - sum(len(folder) + 1 for folder in mask.below[-depth:])]
            if (number := at.get((path, mask.stem))) is not None:
                found[number].append(("/".join(mask.below[-depth:]), mask))
                break
    return found


def in_own_folder(pictures: list[Seen], at: Mapping[tuple[str, str], int], masks: list[Seen]) -> Pairing:
    """Masks in a folder that is called like the picture, or that holds one picture alone."""
    alone: dict[str, list[int]] = defaultdict(list)
    for number, one in enumerate(pictures):
        alone[one.path].append(number)
    found: Pairing = defaultdict(list)
    for mask in masks:
        above, _, last = mask.path[:-1].rpartition("/")
        own = at.get((above and f"{above}/", last))
        here = alone.get(mask.path, [])
        if own is None and len(here) == 1 and (len(alone) > 1 or pictures[here[0]].stem == last):
            own = here[0]
        if own is not None:
            found[own].append((mask.stem, mask))
    return found


def by_split(pictures: list[Seen], masks: list[Seen]) -> Pairing:
    """Where the folders are called differently but for their split."""
    by_split: dict[tuple[str | None, str], list[int]] = defaultdict(list)
    for number, one in enumerate(pictures):
        by_split[_split(one), one.stem].append(number)
    single = Names((("", f"{split}/{stem}"), numbers[0]) for (split, stem), numbers in by_split.items() if len(numbers) == 1)
    found: Pairing = defaultdict(list)
    exact = Counter(single.get(("", f"{_split(mask)}/{mask.stem}")) for mask in masks)
    several = any(count > 1 for number, count in exact.items() if number is not None)  # folders tell masks of one name apart
    for mask in masks:
        name = f"{_split(mask)}/{mask.stem}"
        if ("", name) in single:
            found[single["", name]].append((mask.path[:-1].rpartition("/")[2] if several else "", mask))
        elif (hit := single.longest("", name)) is not None:
            found[hit[0]].append((hit[1], mask))
    return found


def _split(one: Seen) -> str | None:
    return next((split for folder in one.path.split("/") if (split := split_of(folder)) is not None), None)
