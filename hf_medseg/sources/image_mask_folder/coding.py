"""How the masks of a set are read: as the about file says, else as they agree."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from hf_medseg.case import Recipe
from hf_medseg.catalog.about import OwnData
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import ManyPictures, Refused, Rejected, of_own
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.agreement import VOID, Agreed, agree, by_index, meant_names, named_values
from hf_medseg.masks.cells import Cell, Instances, MaskList, Overlap
from hf_medseg.masks.coding import Alpha, Colour
from hf_medseg.masks.coding import Coding as Seen
from hf_medseg.masks.labels import Colours, Labels, OneValue, Painted, Shape, Values
from hf_medseg.masks.objects import AnyObject, ObjectNumbers
from hf_medseg.masks.palette import MaskColours, MaskValues, Unfit
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.sources.image_mask_folder.ways import KINDS, Item, Kind, Way

# What the classes of an about file may be called besides the user's own names, and the index that it means.
BACKGROUND, UNKNOWN, FOREGROUND = "background", "not annotated", "foreground"

MOST_COLUMNS = 8  # so many structures or raters have a column of their own

COLOUR = re.compile(r"#?([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutFile(OwnData):
    """What only the user knows of pictures and masks; the facts explain each key."""

    image: str = ""
    mask: tuple[str, ...] | str = ()
    mask_suffix: str = ""
    masks: Literal["", "stored", "upright"] = ""
    classes: Mapping[str, str] | None = None
    colours: Mapping[str, str] | None = None
    threshold: int | float | None = None
    labels: Literal["instances"] | None = None
    alpha: Alpha = ""
    missing_masks: Literal["null", "empty"] | None = None


@dataclass(frozen=True)
class Coding:
    """How the masks of a set are read.

    Attributes:
        names: what each value is called; of masks that are read as colours empty.
        colours: what each colour is called, where the about file says so.
        above: see `MaskValues`.
        alpha: likewise.
        objects: the values number objects.
        agreed: what the survey says of all masks together.
        kind: what the masks of one picture are.
        files: the names of structures or raters, in order.
    """

    names: Mapping[int, str]
    colours: Mapping[Colour, str] = field(default_factory=dict)
    above: float | None = None
    alpha: Alpha = ""
    objects: bool = False
    agreed: Agreed = field(default_factory=Agreed)
    kind: Kind = "one"
    files: tuple[str, ...] = ()

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """The structures, or the classes in the order of their lowest mask value, or of their colours; one at least."""
        if self.kind == "structure":
            return self.files
        words = list(self.colours.values()) or [name for _, name in sorted(self.names.items())]
        return tuple(dict.fromkeys(name for name in words if name not in (BACKGROUND, UNKNOWN))) or (FOREGROUND,)

    @property
    def uncertain(self) -> bool:
        """Whether masks may say that nobody looked."""
        return UNKNOWN in (*self.names.values(), *self.colours.values())

    @property
    def own_columns(self) -> tuple[str, ...]:
        """The columns of single structures, or of further raters, in the order of `files`."""
        if self.kind == "rater":
            return tuple(f"mask_{number}" for number in range(2, len(self.files) + 1))
        return tuple(f"mask_{slug(name)}" for name in self.files)

    def columns(self, item: Item, missing: str | None) -> dict[str, Recipe | None]:
        """How the columns that the masks of a picture make are read.

        Args:
            item: the picture with its masks.
            missing: what a mask that is missing means, as the about file says.
        """
        if not item.masks and missing != "empty":
            return {}
        if self.kind == "one":
            return dict(self._one(item.masks[0][1], item.picture)) if item.masks else {"mask": Painted(())}
        masks = dict(item.masks)
        if self.kind == "structure":
            return self._structures(masks, item.picture, missing)
        if self.kind == "instance":
            parts = tuple(self._binary(mask, item.picture) for mask in masks.values())
            return {"mask": Painted(parts), "instances": Instances(parts), "mask_overlap": Overlap(parts)}
        return self._raters(masks, item.picture)

    def further(self, item: Item) -> dict[str, Recipe | None]:
        """How the columns of further pictures are read: masks as the first one, all others as they are."""
        masks = masks_in(item.further)
        return {column: self._one(file, item.picture)["mask"] if file in masks else Picture(file) for column, file in item.further.items()}

    def _structures(self, masks: Mapping[str, RawFile], picture: RawFile, missing: str | None) -> dict[str, Recipe | None]:
        order = {name: number for number, name in enumerate(self.files, 1)}
        parts = {name: self._binary(mask, picture) for name, mask in masks.items()}
        looked_for = self.files if missing == "empty" else tuple(name for name in self.files if name in parts)
        painted = Painted(tuple(parts.values()), tuple(order[name] for name in parts))
        columns: dict[str, Recipe | None] = {
            "mask": painted,
            "mask_overlap": Overlap(tuple(parts.values())),
            "annotated_classes": Same(("background", *looked_for)),
        }
        if len(self.files) > MOST_COLUMNS:
            return {**columns, "masks": MaskList(tuple(parts.values())), "mask_names": Same(tuple(parts))}
        nothing = Painted(()) if missing == "empty" else None
        return {**columns, **{column: parts.get(name, nothing) for name, column in zip(self.files, self.own_columns, strict=True)}}

    def _raters(self, masks: Mapping[str, RawFile], picture: RawFile) -> dict[str, Recipe | None]:
        parts = {name: self._one(mask, picture)["mask"] for name, mask in masks.items()}
        columns: dict[str, Recipe | None] = {"mask": parts.get(self.files[0])}
        if len(self.files) > MOST_COLUMNS:
            return {
                **columns,
                "masks": MaskList(tuple(part for part in parts.values() if isinstance(part, Labels))),
                "mask_names": Same(tuple(parts)),
            }
        return {**columns, **{column: parts.get(name) for name, column in zip(self.files[1:], self.own_columns, strict=True)}}

    def _binary(self, mask: RawFile, picture: RawFile) -> Labels:
        """A mask that shows one thing, in white of any kind."""
        twin = picture if picture.size == mask.size else None
        return OneValue(MaskValues(mask, False, self.above, twin=twin, alpha=self.alpha), advice=ANY_VALUE)

    @cached_property
    def _index(self) -> dict[str, int]:
        """The class index of each name."""
        return {BACKGROUND: 0, UNKNOWN: NOT_ANNOTATED} | {name: number for number, name in enumerate(self.classes, 1)}

    @cached_property
    def _of_colours(self) -> dict[Colour, int]:
        """The class index of each colour; one table for all masks, as the others are."""
        return {colour: self._index[name] for colour, name in self.colours.items()}

    @cached_property
    def _of_values(self) -> dict[int, int]:
        """The class index of each value."""
        return {value: self._index[name] for value, name in self.names.items()}

    @cached_property
    def _special(self) -> dict[int, int]:
        """The class index of the values that are no object, where values number objects."""
        return {value: self._index[name] for value, name in self.names.items() if value and name in (BACKGROUND, UNKNOWN)}

    def _one(self, mask: RawFile, picture: RawFile) -> dict[str, Labels | Cell]:
        """How the columns that a mask makes are read from it."""
        if mask.listed in self.agreed.wrong:
            return {"mask": Unfit(mask, *self.agreed.wrong[mask.listed])}
        if self.colours:
            return {"mask": Colours(MaskColours(mask, self.alpha), self._of_colours, UNNAMED_COLOUR)}
        twin = picture if picture.size == mask.size else None
        pixels = MaskValues(mask, self.agreed.by_index, self.above, exact=self.objects, twin=twin, alpha=self.alpha)
        if self.objects:
            return {"mask": AnyObject(pixels, self._special), "instances": ObjectNumbers(pixels, self._special)}
        return {"mask": Values(pixels, self._of_values, UNNAMED)}


@dataclass(frozen=True, slots=True)
class Same(Cell):
    """A plain value that goes with the masks of a picture, and is null without them."""

    value: tuple[str, ...]

    def files(self) -> tuple[RawFile, ...]:
        """None."""
        return ()

    def values(self, reader: Reader, shape: Shape) -> list[list[str]]:
        """See `Cell.values`."""
        return [list(self.value)] * shape[0]


def masks_in(further: Mapping[str, RawFile]) -> list[RawFile]:
    """Those of further pictures that are masks, by what their columns are called."""
    return [file for column, file in further.items() if column.startswith("mask_")]


def slug(name: str) -> str:
    """A name as the end of a column's name."""
    return re.sub(r"\W+", "_", name.lower()).strip("_") or "unnamed"


PAGES = (
    "Where each page of a TIFF is a picture, with its mask on the page of the same number, say in the about file, which array-stack reads: "
    'pages = "pictures"'
)
ANY_VALUE = "If whatever is not 0 is foreground, say so in the about file: threshold = 0"
UNNAMED_COLOUR = "Name every colour in the about file (colours), or mend the mask."
UNNAMED = "Name every value in the about file (classes), or mend the mask."


def coding_of(about: AboutFile, survey: Mapping[str, Any], way: Way) -> Coding:
    """How the masks of a tree are read.

    Raises:
        Refused: the about file contradicts itself or what there is, or it cannot be told how to read the masks.
    """
    _refuse_unreadable(survey)
    if way.kind == "one":
        return _coding(about, survey)
    if about.labels is not None or (about.colours is not None and way.kind != "rater"):
        key = "colours" if about.colours is not None else "labels"
        raise Refused(f"{about.path}: {key} is of trees with one mask a picture; here is {KINDS[way.kind]}. Take that line out.")
    if way.kind == "rater":
        return replace(_coding(about, survey), kind=way.kind, files=way.names)
    named = {*(about.classes or {}).values()} - {BACKGROUND}
    if way.kind == "structure" and named:
        raise Refused(
            f"{about.path}: classes names values; here every structure has a mask of its own, and is a class. Take that line out."
        )
    if len(named) > 1:
        raise Refused(f"{about.path}: with one mask an object all objects are of one class; classes names {len(named)}.")
    columns = [slug(name) for name in way.names]
    if twice := next((name for name in way.names if columns.count(slug(name)) > 1 and len(columns) <= MOST_COLUMNS), ""):
        raise Refused(f"Two structures would be the column mask_{slug(twice)}: their names differ in signs alone. Rename one of them.")
    _ = _coding(replace(about, classes=None), {}) if about.threshold is not None else None  # a threshold that is no number is refused
    names = {0: BACKGROUND, 255: next(iter(named), FOREGROUND)}
    return Coding(names, above=about.threshold, alpha=about.alpha, kind=way.kind, files=way.names)


def _refuse_unreadable(survey: Mapping[str, Any]) -> None:
    """Refuses a set of which more than half of the masks cannot be read at all.

    Raises:
        Refused: see above.
    """
    wrong = [one for one in survey.values() if isinstance(one, Rejected)]
    pages = bool(wrong) and all(isinstance(one, ManyPictures) for one in wrong)
    if (len(wrong) > 1 or pages) and len(wrong) * 2 > len(survey):
        line = f" {PAGES}" if pages else ""
        raise Refused(f"{len(wrong):,} of {len(survey):,} masks cannot be read. For example {of_own(wrong[0])}{line}")


def _coding(about: AboutFile, survey: Mapping[str, Any]) -> Coding:
    """How masks are read, see `_by_what_is_said`; with what alpha means."""
    return replace(_by_what_is_said(about, survey), alpha=about.alpha)


def _by_what_is_said(about: AboutFile, survey: Mapping[str, Any]) -> Coding:
    """How masks are read of which each shows everything: as the about file says, else as they agree.

    Raises:
        Refused: the about file contradicts itself, or it cannot be told how to read the masks.
    """
    stated, colours, above = names_of(about), colours_of(about), about.threshold
    objects = about.labels == "instances"
    if above is not None and not math.isfinite(above):
        raise about.wrong("threshold")
    said = [word for word, there in (("colours", colours), ("threshold", above is not None), ('labels = "instances"', objects)) if there]
    if colours and about.alpha == "labels":
        raise Refused(f'{about.path}: alpha = "labels" and colours say different things of the same masks. Keep one of them.')
    if len(said) > 1 or (colours and stated):
        both = f"{said[0]} and {said[1] if len(said) > 1 else 'classes'}"
        raise Refused(f"{about.path}: {both} say different things of the same masks. Keep one of them.")
    if colours:
        return Coding({}, colours)
    if above is not None:
        if stated and not stated.keys() <= {0, 255}:
            raise Refused(f'{about.path}: with a threshold masks hold 0 and 255; name the class so: classes = {{ 255 = "lesion" }}.')
        return Coding(stated or {0: BACKGROUND, 255: FOREGROUND}, above=above)
    if objects:
        if len({*stated.values()} - {BACKGROUND, UNKNOWN}) > 1:
            raise Refused(f'{about.path}: with labels = "instances" all objects are of one class; classes names {len(stated) - 1}.')
        return Coding(stated or {0: BACKGROUND}, objects=True, agreed=Agreed(by_index=by_index(survey, survey_values(survey))))
    if stated:
        return Coding(stated, agreed=Agreed(by_index=by_index(survey, stated)))
    agreed = agree(survey)
    classes = [value for value in agreed.values if not (agreed.void and value == VOID)]
    names = {value: f"value_{value}" if len(classes) > 1 else FOREGROUND for value in classes}
    return Coding({0: BACKGROUND} | names | ({VOID: UNKNOWN} if agreed.void else {}), agreed=agreed)


def survey_values(survey: Mapping[str, Any]) -> set[int]:
    """Every number in the palettes of masks that number objects."""
    return {value for one in survey.values() if isinstance(one, Seen) for value in one.values}


def names_of(about: AboutFile) -> dict[int, str]:
    """What the about file calls each value; empty where it says nothing.

    Raises:
        Refused: `classes` is no table of whole numbers and names.
    """
    if about.classes is None:
        return {}
    if not about.classes or not all(value.isdecimal() and name for value, name in about.classes.items()):
        raise about.wrong("classes")
    return named_values(about.classes)


def colours_of(about: AboutFile) -> dict[Colour, str]:
    """What the about file calls each colour; empty where it says nothing.

    Raises:
        Refused: `colours` is no table of colours and names.
    """
    if about.colours is None:
        return {}
    found = {COLOUR.fullmatch(key): name for key, name in about.colours.items()}
    if not found or None in found or not all(found.values()):
        raise about.wrong("colours")
    names = meant_names(found)
    named = {(int(hit[1], 16), int(hit[2], 16), int(hit[3], 16)): name for hit, name in names.items() if hit is not None}
    return named if BACKGROUND in named.values() else {(0, 0, 0): BACKGROUND, **named}
