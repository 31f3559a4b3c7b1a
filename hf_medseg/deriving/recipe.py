"""The recipe of a derived dataset: what is taken, how it is labelled, placed, divided and balanced."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from pathlib import Path
from typing import Any, Literal

import tomli

from hf_medseg.catalog.decode import decode
from hf_medseg.dataset.storage import is_local
from hf_medseg.errors import Refused

SLICES = 'Volumes are not cut into slices here: for these take config = "slices", which `hf-medseg convert --config slices` makes.'
Filter = Literal["nearest", "box", "bilinear", "hamming", "bicubic", "lanczos"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Take:
    """Rows of one converted dataset.

    Attributes:
        out: the folder that `convert` wrote; a relative path begins at the recipe's folder. Or the address of one, such as
            `hf://datasets/OWNER/NAME` on the Hub, of which only what is needed is read.
        name: sets apart data of one's own that came by the same source; part of the new ids.
        config: which config; the first one if empty.
        splits: only rows of these splits; of all if empty.
        annotated: only rows with a mask.
        classes: only rows whose mask has one of these classes.
        least_foreground: only rows with at least this part of the mask in the foreground (0 to 1).
        every: of each volume only every n-th slice, the first one included.
        equal: only rows whose columns have these values.
        split: how its rows are divided whatever `split` says of all: `official`, as the source is, or a division by its name, such as
            `colonsegnet` for Kvasir-SEG.
    """

    out: str
    name: str = ""
    config: str = ""
    splits: tuple[str, ...] = ()
    annotated: bool = False
    classes: tuple[str, ...] = ()
    least_foreground: float = 0.0
    every: int = 1
    equal: Mapping[str, str | int | float | bool] = field(default_factory=dict)
    split: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One label space over all that is taken.

    Attributes:
        by: what makes classes of several sources the same: their name, their SNOMED CT code, or the table alone.
        classes: the label space, in order; of all classes that there are if empty. What is none of them becomes background.
        table: for a class of the label space the classes that become it, each a name, or `source/name` for one source's only.
        absent: for a source the classes that nobody marked there because they do not occur: its background stays background for them.
    """

    by: Literal["name", "code", "table"] = "name"
    classes: tuple[str, ...] = ()
    table: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    absent: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The grid of every row.

    Attributes:
        size: pixels of a side, or width and height (and, for volumes, slices); every picture keeps its own where nothing is said.
        fit: `pad` keeps the proportions and fills the rest; `crop` cuts out the foreground first and does the same; `stretch` does not keep
            the proportions.
        filter: the filter of Pillow for pictures; masks are always mapped by nearest neighbour.
        reducing_gap: Pillow's: large pictures are made smaller by whole numbers first, so far that the filter makes them smaller by this
            factor still; faster, and nearly the same from 2 on. The filter does all of it where nothing is said.
        margin: with `crop`, what is left around the foreground, as a part of its longer side.
        pad_image, pad_mask: what the rest is filled with: a value of the picture, and 0 (background) or 255 (not annotated).
        depth: 8 turns deeper pictures into 8 bits by the window; 16 keeps their values.
        window: which physical values become 0 and 255; or `percentiles`: the 0.5th and 99.5th of every picture.
        colours: `keep`, or every picture as `L` or `RGB`.
        spacing: mm between pixels, for all directions or for rows and columns (and, for volumes, slices); pictures keep theirs where
            nothing is said. With a size too, what is larger is cut around its middle, and what is smaller is framed.
        stack: so many neighbouring slices, an odd number: as colours where there are three of 8 bits, else as the column `stack`.
        edges: what stands for slices beyond the ends of a volume: the last one again (`repeat`), or nothing but `pad_image` (`empty`).
    """

    size: int | tuple[int, ...] | None = None
    fit: Literal["pad", "crop", "stretch"] = "pad"
    filter: Filter = "bilinear"
    reducing_gap: float | None = None
    margin: float = 0.1
    pad_image: int = 0
    pad_mask: Literal[0, 255] = 0
    depth: Literal[8, 16] = 8
    window: tuple[float, float] | Literal["percentiles"] = "percentiles"
    colours: Literal["keep", "L", "RGB"] = "keep"
    spacing: float | tuple[float, ...] | None = None
    stack: int = 1
    edges: Literal["repeat", "empty"] = "repeat"

    @property
    def sides(self) -> tuple[int, ...] | None:
        """Width and height, of volumes slices too; None where every picture keeps its own."""
        return (self.size, self.size) if isinstance(self.size, int) else self.size

    @property
    def steps(self) -> tuple[float, ...] | None:
        """Millimetres between rows and between columns, of volumes between slices too; None where every picture keeps its own."""
        return (self.spacing, self.spacing) if isinstance(self.spacing, float) else self.spacing

    def of(self, axes: int) -> Place:
        """The same for pictures (2 axes) or volumes (3), with a number for each axis.

        Raises:
            Refused: it has numbers for others, or says what cannot be done to volumes.
        """
        size = (self.size,) * axes if isinstance(self.size, int) else self.size
        spacing = (self.spacing,) * axes if isinstance(self.spacing, float) else self.spacing
        what = "volumes have width, height and slices" if axes == 3 else "pictures have width and height"
        for name, numbers in (("size", size), ("spacing", spacing)):
            if numbers is not None and len(numbers) != axes:
                raise Refused(f"place.{name} has {len(numbers)} numbers; {what}.{f' {SLICES}' if axes == 3 else ''}")
        if axes == 3 and self.stack > 1:
            raise Refused(f"place.stack puts slices together, and a volume has all of them. {SLICES}")
        if axes == 3 and self.colours != "keep":
            raise Refused("place.colours is for pictures; volumes have none. Leave it out.")
        return replace(self, size=size, spacing=spacing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """How groups come to their split.

    Attributes:
        parts: the part of each split; the splits of the sources stay if there are none.
        key: another one divides the groups otherwise.
        official: splits of the sources that stay what they are.
        folds: so many folds over all rows that are in no official split.
        whole: for a source the split that all of its rows come to, with whatever shares a group with them.
        twins: what becomes of groups whose pictures are copies of each other, encoded anew, scaled, flipped or turned: they stay
            `together`, or the derivation is refused (`refuse`), or nobody looks (`ignore`).
        overlaps: whether sources that are known to share patients are divided where nothing tells which patients these are.
    """

    parts: Mapping[str, float] = field(default_factory=dict)
    key: str = "1"
    official: tuple[str, ...] = ("test",)
    folds: int = 0
    whole: Mapping[str, str] = field(default_factory=dict)
    twins: Literal["together", "refuse", "ignore"] = "together"
    overlaps: Literal["refuse", "accept"] = "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Columns to draw rows by; no row is copied or left out.

    Attributes:
        weights: a weight for every row, so that every source, or every class, weighs the same in a split.
        cap: marks at most so many rows of a source and class in a split.
    """

    weights: Literal["", "source", "class"] = ""
    cap: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A whole recipe.

    Attributes:
        take: what is taken.
        name: a short name, in small letters and hyphens.
        title: the title of the card.
        columns: columns of the sources that are kept, such as `age` and `sex`; of one type in all of them, and null where one lacks it.
            Masks too: `mask_2` and further annotators, `mask_automatic`, `mask_<class>`, `fov_mask`, `instances`.
    """

    take: tuple[Take, ...]
    name: str = ""
    title: str = ""
    columns: tuple[str, ...] = ()
    label: Label = Label()
    place: Place = Place()
    split: Split = Split()
    balance: Balance = Balance()


def read_recipe(path: str | os.PathLike[str]) -> Recipe:
    """Reads a recipe; folders in it that are no whole paths begin where it lies.

    Raises:
        Refused: it cannot be read, or says what no recipe can say.
    """
    where = os.fspath(path)
    try:
        told = tomli.loads(Path(where).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Refused(f"{where}: cannot be read as a recipe in TOML ({error}).") from error
    recipe = decode(Recipe, told, where)
    home = Path(where).absolute().parent
    takes = tuple(replace(take, out=os.path.normpath(home / take.out)) if is_local(take.out) else take for take in recipe.take)
    return checked(replace(recipe, take=takes), where)


def checked(recipe: Recipe, where: str) -> Recipe:
    """The same recipe, if its values can be carried out.

    Raises:
        Refused: one cannot.
    """
    place, split, parts = recipe.place, recipe.split, recipe.split.parts
    splits, named = {*parts, *split.whole.values()}, (*recipe.label.classes, *recipe.label.table)
    wrong = (
        (not recipe.take, "take must name at least one converted dataset."),
        (not re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", recipe.name), "name must be of small letters, digits and hyphens."),
        (
            any(not re.fullmatch(r"(?:[a-z0-9]+(?:-[a-z0-9]+)*)?", take.name) for take in recipe.take),
            "take.name must be of small letters, digits and hyphens.",
        ),
        (any(take.every < 1 for take in recipe.take), "take.every must be 1 or more."),
        (any(not 0 <= take.least_foreground <= 1 for take in recipe.take), "take.least_foreground must lie between 0 and 1."),
        (
            any(isinstance(numbers, tuple) and len(numbers) not in (2, 3) for numbers in (place.size, place.spacing)),
            "place.size and place.spacing take one number, two, or, for volumes, three.",
        ),
        (place.sides is not None and not all(1 <= side <= 16_384 for side in place.sides), "place.size must lie between 1 and 16384."),
        (
            place.steps is not None and not all(0.001 <= step <= 1000 for step in place.steps),
            "place.spacing must lie between 0.001 and 1000 mm.",
        ),
        (place.steps is not None and place.fit == "stretch", 'place.fit = "stretch" keeps no spacing; say pad or crop.'),
        (not (1 <= place.stack <= 63 and place.stack % 2), "place.stack must be an odd number of slices up to 63."),
        (place.stack > 1 and place.colours != "keep", "place.stack and place.colours do not go together: slices have no colours."),
        (place.reducing_gap is not None and not 1 <= place.reducing_gap <= 100, "place.reducing_gap must lie between 1 and 100."),
        (not 0 <= place.margin <= 10, "place.margin must lie between 0 and 10."),
        (not 0 <= place.pad_image <= (255 if place.depth == 8 else 65_535), "place.pad_image must be a value that pictures can have."),
        (
            place.window != "percentiles" and not -math.inf < place.window[0] < place.window[1] < math.inf,
            "place.window must be two numbers, the lower first.",
        ),
        (place.fit == "stretch" and place.size is None, 'place.fit = "stretch" needs place.size.'),
        (bool(parts) and not math.isclose(sum(parts.values()), 1, abs_tol=1e-6), "split.parts must make 1 together."),
        (any(part < 0 for part in parts.values()), "split.parts must not be negative."),
        (
            any(not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", name) or name.lower() == "all" for name in splits),
            'split must name splits by letters, digits and underscores, and none "all", which is a word of `datasets`.',
        ),
        (len({name.lower() for name in splits}) < len(splits), "split names two splits that differ in capitals alone."),
        (split.folds < 0 or split.folds == 1, "split.folds must be 2 or more."),
        (recipe.balance.cap < 0, "balance.cap must not be negative."),
        (len({*map(plain_name, recipe.label.classes)}) < len(recipe.label.classes), "label.classes names a class twice."),
        (len({*map(plain_name, recipe.label.table)}) < len(recipe.label.table), "label.table names a class twice."),
        ("background" in map(plain_name, named), "label: background is what is left, and is not named."),
        (any(not name.strip() or not name.isprintable() for name in named), "label must name classes by words of one line."),
        (not all(recipe.label.table.values()), "label.table makes a class of nothing."),
        (not recipe.title.isprintable(), "title must be one line."),
        (len({*recipe.columns}) < len(recipe.columns), "columns names a column twice."),
        (any(not take.out.strip() for take in recipe.take), "take.out must be the folder of a converted dataset."),
        (recipe.label.by == "table" and not recipe.label.table, 'label.by = "table" needs [label.table].'),
    )
    for found, text in wrong:
        if found:
            raise Refused(f"{where}: {text}")
    return recipe


def plain_name(name: str) -> str:
    """A name of a class without what does not tell it from others: case, and how words are joined."""
    return re.sub(r"[\s_-]+", " ", name).strip().casefold()


def text_of(recipe: Recipe) -> str:
    """The recipe as TOML, with everything that is not as it would be if nothing were said."""
    lines: list[str] = []
    _write(lines, "", recipe)
    return "\n".join(lines).strip() + "\n"


def _write(lines: list[str], header: str, record: Any) -> None:
    """Writes the keys of a record, then its tables."""
    tables: list[tuple[str, Any]] = []
    for one in fields(record):
        value = getattr(record, one.name)
        default = one.default_factory() if callable(one.default_factory) else one.default
        if value == default:
            continue
        if is_dataclass(value) or (isinstance(value, tuple) and value and is_dataclass(value[0])):
            tables.append((one.name, value))
        else:
            lines.append(f"{one.name} = {_toml(value)}")
    for name, value in tables:
        for inner in value if isinstance(value, tuple) else (value,):
            key = f"{header}.{name}".lstrip(".")
            lines += ["", f"[[{key}]]" if isinstance(value, tuple) else f"[{key}]"]
            _write(lines, key, inner)


def _toml(value: Any) -> str:
    """A plain value as TOML writes it."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items()) + " }"
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)
