"""A way to read a tree: which masks belong to which picture, and what tells several masks of one picture apart."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from hf_medseg.catalog.own import Fit
from hf_medseg.formats.picture import DOTTED_ENDINGS
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.folders import Above, Sorting
from hf_medseg.raw.order import natural
from hf_medseg.raw.splits import split_of
from hf_medseg.raw.tree import Found, joined
from hf_medseg.sources.words import are_sides, is_patient

Kind = Literal["one", "structure", "rater", "instance"]
KINDS: dict[Kind, str] = {
    "one": "one mask a picture",
    "structure": "one mask a structure",
    "rater": "one mask a rater",
    "instance": "one mask an object",
}

_LABEL_STUDIO = re.compile(r"(?:\A|/)task-\d+-annotation-\d+")


@dataclass(slots=True)  # not frozen, as RawFile is not
class Item:
    """A picture with its masks; never changed.

    Attributes:
        path: the folders that sort it, as `Sorting` reads them: each with its `/`, a split last.
        picture: its file.
        stem: its name.
        masks: (name, file) of each mask; the name tells several of one picture apart.
        above: how many folders lie above the one that holds pictures.
        said: what the names in a pattern of paths say, or a table.
        further: the pictures of further columns, as a table names them.
    """

    path: str
    picture: RawFile
    stem: str
    masks: tuple[tuple[str, RawFile], ...] = ()
    above: int = 0
    said: Mapping[str, str] = field(default_factory=dict)
    further: Mapping[str, RawFile] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Way:
    """A way to read a tree.

    Attributes:
        layout: in words.
        kind: what the masks of one picture are.
        items: the pictures.
        orphans: masks that belong to no picture, each as a picture that is missing.
        skipped: files that are left alone, with the reason.
        elsewhere: masks that have the name of a picture in another folder, by the picture's listed path.
        marked: the paths, as those of items, below which there are masks at all.
        about: lines of an about file that say the same.
        columns: what the names in patterns, or a table, say further of each picture.
        pictures: the columns of further pictures, as a table names them.
        classes, colours: what values or colours of masks mean, as a file beside them says; an about file that says it counts more.
        tables: the files that say something of this way.
        notes: what is to be said of the classes.
        where: where a mask of a picture without one would have to be, as a path with `{stem}`.
    """

    layout: str
    kind: Kind
    items: tuple[Item, ...]
    orphans: tuple[Item, ...] = ()
    skipped: tuple[tuple[RawFile, str], ...] = ()
    elsewhere: Mapping[str, RawFile] = field(default_factory=dict)
    marked: frozenset[str] = frozenset()
    about: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    classes: Mapping[str, str] = field(default_factory=dict)
    colours: Mapping[str, str] = field(default_factory=dict)
    tables: tuple[RawFile, ...] = ()
    notes: tuple[str, ...] = ()
    where: str = "masks/{stem}.png"

    @property
    def names(self) -> tuple[str, ...]:
        """The names of structures or raters, in natural order; none of objects."""
        return (
            () if self.kind in ("one", "instance") else tuple(sorted({name for item in self.items for name, _ in item.masks}, key=natural))
        )

    @property
    def fit(self) -> Fit:
        """This way, among those of other sources."""
        annotated = sum(bool(item.masks) or item.picture.listed in self.elsewhere for item in self.items)
        names = f" ({', '.join(self.names[:6])}{', ...' if len(self.names) > 6 else ''})" if self.names else ""
        return Fit(
            layout=f"{self.layout}, {KINDS[self.kind]}{names}",
            images=annotated,
            missing=self._missing(annotated),
            about=self.about,
            reading=self,
        )

    def _missing(self, annotated: int) -> tuple[str, ...]:
        if not annotated:
            first = self.items[0].picture.listed if self.items else "no picture"
            mask = self.orphans[0].masks[0][1].listed if self.orphans else "no mask"
            if _LABEL_STUDIO.search(mask):
                return (f"{mask} is Label Studio's: its PNG export does not say whose mask a file is. Export as JSON, and convert that.",)
            line = 'image = "images/{stem}.png"; mask = "masks/{stem}_mask.png"'
            return (
                f"No mask belongs to a picture. Found: {first} and {mask}. Say in the about file how they are called, such as: {line}.",
            )
        alone = len(self.items) - annotated
        lines = [f"{alone:,} of {len(self.items):,} pictures have no mask"] if alone else []
        lines += [f"{len(self.orphans):,} masks have no picture, such as {self.orphans[0].masks[0][1].listed}"] if self.orphans else []
        return tuple(lines)


def stem_of(name: str) -> str:
    """A file's name without its extension."""
    return name[: name.rfind(".")]


def is_picture(path: str) -> bool:
    """Whether a file is called as pictures are."""
    return path.lower().endswith(DOTTED_ENDINGS) and not path.endswith("/")


@dataclass(frozen=True, slots=True)
class Belonging:
    """Where a picture belongs.

    Attributes:
        split: its split; None where nothing says it.
        folder: the folders that sort it otherwise than into splits.
        name: the folder of its split, as it is called.
    """

    split: str | None
    folder: str
    name: str


def placed(way: Way) -> list[tuple[Item, Belonging]]:
    """The split and the folder of each picture, whose file begins where the layout does; orphans last.

    Raises:
        Refused: the split of some cannot be told.
    """
    every = (*way.items, *way.orphans)
    moved = _splits_last({item.path for item in every})
    found = Found()
    for item in way.items:
        key = (moved[item.path], item.stem)
        found[key] = joined([found[key], item.picture]) if key in found else item.picture
    sorting = Sorting.of(found)
    aboves = {path: Above.of(folders) for path, folders in moved.items()}
    places = {path: Belonging(above.split, "/".join(sorting.folder(above)), above.name) for path, above in aboves.items()}
    result = []
    for item in every:
        place = places[item.path]
        if (split := item.said.get("split")) is not None:
            place = replace(place, split=split_of(split) or re.sub(r"\W+", "_", split))
        start = _start(item, aboves[item.path], sorting)
        if not start:  # no path from a listing begins elsewhere
            result.append((item, place))
            continue
        masks = tuple([(name, beginning(file, _shared(file, item.picture, start))) for name, file in item.masks])
        further = {column: beginning(file, _shared(file, item.picture, start)) for column, file in item.further.items()}
        result.append((Item(item.path, beginning(item.picture, start), item.stem, masks, item.above, item.said, further), place))
    return [*_without_copies(result[: len(way.items)]), *result[len(way.items) :]]


def _shared(mask: RawFile, picture: RawFile, start: int) -> int:
    """Where the path of a mask begins: below the folders that lie above the layout, as far as they are the same for both."""
    if not start:
        return 0
    above = picture.listed[:start]
    while above and not mask.listed.startswith(above):
        above = above[: above.rfind("/", 0, -1) + 1]
    return len(above)


def _without_copies(found: list[tuple[Item, Belonging]]) -> Iterator[tuple[Item, Belonging]]:
    """Pictures that claim to be the same one, as where an archive lies beside what was unpacked from it, as one with twins."""
    if len({item.stem for item, _ in found}) == len(found):
        yield from found
        return
    same: dict[Any, list[tuple[Item, Belonging]]] = defaultdict(list)
    for item, place in found:
        same[place.folder, place.split, item.stem, tuple(item.said.items())].append((item, place))
    for several in same.values():
        first, place = several[0]
        if len(several) > 1:
            masks: dict[str, list[RawFile]] = defaultdict(list)
            for item, _ in several:
                for name, file in item.masks:
                    masks[name].append(file)
            picture = joined([item.picture for item, _ in several])
            first = replace(first, picture=picture, masks=tuple((name, joined(files)) for name, files in masks.items()))
        yield first, place


def beginning(file: RawFile, start: int) -> RawFile:
    """A file whose layout begins at that place of its path."""
    if start == file.start:
        return file
    return RawFile(file.listed, file.size, file.place, start, file.part, file.twins, stamp=file.stamp)


def _start(item: Item, above: Above, sorting: Sorting) -> int:
    if not item.above:
        return 0
    folders = item.picture.listed.split("/")[: item.above]
    if sorting.apart:
        folders = folders[: sorting.common]
    elif above.name and folders and above.name in folders:
        folders = folders[: folders.index(above.name)]
    return sum(len(folder) + 1 for folder in folders)


def _splits_last(paths: Iterable[str]) -> dict[str, str]:
    """The paths with the folder of the split last, where it stands at one and the same depth of all of them."""
    parts = {path: path.split("/")[:-1] for path in paths}
    depths = {tuple(number for number, folder in enumerate(folders) if split_of(folder)) for folders in parts.values()}
    if len(depths) == 1 and len({len(folders) for folders in parts.values()}) == 1 and len(depth := next(iter(depths))) == 1:
        at = depth[0]
        return {path: "".join(f"{folder}/" for folder in (*f[:at], *f[at + 1 :], f[at])) for path, f in parts.items()}
    return {path: path for path in parts}


def patients(places: Iterable[Belonging]) -> bool:
    """Whether the folders that sort pictures are called like patients."""
    folders = {place.folder for place in places}
    return bool(folders) and all(is_patient(folder.rpartition("/")[2]) for folder in folders)


def kinds_of(ways: Callable[[Kind], Way], names: Mapping[str, set[str]], raters: bool) -> list[Way]:
    """What several masks of a picture may be: every kind that the names do not rule out.

    Args:
        ways: makes the way of a kind.
        names: the pictures that each name occurs with.
        raters: the names say who drew them.
    """
    if raters:
        return [ways("rater")]
    if are_sides(names):
        return [ways("structure")]
    once = all(len(pictures) == 1 for pictures in names.values())
    if once and len(names) > 2:
        return [ways("instance")]  # such names, mostly random or numbered through, tell nothing but one object from another
    return [ways("structure"), ways("rater"), *([ways("instance")] if _numbers(names) else [])]


def _numbers(names: Iterable[str]) -> bool:
    return any(re.search(r"\d", name) for name in names)
