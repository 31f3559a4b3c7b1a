"""Bring your own: any folder of pictures with a folder of masks; what they mean stands in an about file or is found by a survey."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.about import About, OwnData
from hf_medseg.catalog.source import Config, Edition, Reading, SurveyPlan, source_of
from hf_medseg.dataset.columns import PICTURE, TEXT
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import Refused
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.agreement import MOST_CLASSES, OBJECTS, Agreed, agree, by_index, refuse_apart
from hf_medseg.masks.cells import Cell
from hf_medseg.masks.coding import Coding as Seen
from hf_medseg.masks.coding import Colour, look, look_at_palette
from hf_medseg.masks.labels import Colours, Labels, Values
from hf_medseg.masks.objects import AnyObject, ObjectNumbers
from hf_medseg.masks.palette import MaskColours, MaskValues, Unfit
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.folders import SPLIT_FOLDER, Sorting
from hf_medseg.raw.tree import Found, Raw, union

# Below a folder of pictures or masks; the key is the path above that folder, and the stem.
ABOVE = r"((?:[^/]+/)*?)"

FILE = r"([^/]+)\.(?i:png|jpe?g|bmp|gif|tiff?|webp|pgm|ppm|pnm|jp2)"

# What the classes of an about file may be called besides the user's own names, and the index that it means.
BACKGROUND, UNKNOWN, FOREGROUND = "background", "not annotated", "foreground"

COLOUR = re.compile(r"#?([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")

HEAD = 64  # bytes that tell whether a picture may have a palette

CONFIGS = (Config(columns={"folder": TEXT}),)

LANDMARKS = (rf"(?i:images)/{FILE}", rf"(?i:masks|labels|annotations)/{FILE}")

NO_MASK = 'Add it; or, if nobody annotated the picture, say in the about file: missing_masks = "null"'


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutFile(OwnData):
    """What only the user knows of pictures and masks; the facts explain each key."""

    mask_suffix: str = ""
    masks: Literal["", "stored", "upright"] = ""
    classes: Mapping[str, str] | None = None
    colours: Mapping[str, str] | None = None
    threshold: int | float | None = None
    labels: Literal["instances"] | None = None
    missing_masks: Literal["null"] | None = None


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture, with the mask of its name in the same split and folder."""
    about = AboutFile.of(raw.about)
    suffix = about.mask_suffix
    coding = coding_of(about, raw.survey)
    found = raw.find(rf"{ABOVE}(?i:images/)+{FILE}")
    sorting = Sorting.of(found)
    pictures, masks, annotated = sorting.keyed(found), Found(), set()
    for (folder, split, stem), file in sorting.keyed(find_masks(raw)).items():
        annotated.add(split)
        if stem.endswith(suffix):
            masks[folder, split, stem.removesuffix(suffix)] = file
        else:
            raw.skip(file, f"its name does not end in {suffix!r}, which the about file says of masks")
    elsewhere = masks_elsewhere(pictures, masks)
    check_pairs(pictures, masks, elsewhere, suffix)
    check_splits(raw, coding, masks)
    note_folders(raw, pictures)
    for note in coding.agreed.notes:
        raw.note("masks/", note)
    repeated = len({stem for _, _, stem in pictures}) < len(pictures)
    for key in union(pictures, masks):
        folder, split, stem = key
        if key not in pictures and masks[key] in elsewhere.values():
            continue  # said of its picture
        layout = "".join(f"{name}/" for name in (folder, split and called(pictures.get(key) or masks[key], folder)) if name)
        picture = pictures.need(key, f"{layout}images/{stem}.png")
        mask = masks.get(key) or elsewhere.get(key)
        wrong, advice = "", ""
        if key in elsewhere:
            wrong = f"the only mask of its name, {elsewhere[key].listed}, lies in another folder than it."
        elif mask is None and split in annotated and about.missing_masks == "null":
            raw.note(picture, "no mask belongs to it: its mask is null, as the about file says")
        elif mask is None and split in annotated:
            wrong, advice = f"it has no mask: {layout}masks/{stem}{suffix}.png is missing.", NO_MASK
        yield Case(
            f"{layout.replace('/', '_')}{stem}" if repeated else stem,
            {"image": Picture(picture), **({} if mask is None else coding.columns(mask, picture))},
            {"folder": folder or None},
            split=split or "train",
            problem=Problem.of(wrong, advice),
        )


@dataclass(frozen=True)
class Coding:
    """How the masks of a set are read.

    Attributes:
        names: what each value is called; of masks that are read as colours empty.
        colours: what each colour is called, where the about file says so.
        above: see `MaskValues`.
        objects: the values number objects.
        agreed: what the survey says of all masks together.
    """

    names: Mapping[int, str]
    colours: Mapping[Colour, str] = field(default_factory=dict)
    above: float | None = None
    objects: bool = False
    agreed: Agreed = field(default_factory=Agreed)

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes in the order of their lowest mask value, or of their colours; one at least."""
        words = list(self.colours.values()) or [name for _, name in sorted(self.names.items())]
        return tuple(dict.fromkeys(name for name in words if name not in (BACKGROUND, UNKNOWN))) or (FOREGROUND,)

    @property
    def uncertain(self) -> bool:
        """Whether masks may say that nobody looked."""
        return UNKNOWN in (*self.names.values(), *self.colours.values())

    def columns(self, mask: RawFile, picture: RawFile) -> dict[str, Labels | Cell]:
        """How the columns that a mask makes are read from it."""
        index = {BACKGROUND: 0, UNKNOWN: NOT_ANNOTATED} | {name: number for number, name in enumerate(self.classes, 1)}
        if mask.listed in self.agreed.wrong:
            return {"mask": Unfit(mask, *self.agreed.wrong[mask.listed])}
        if self.colours:
            return {"mask": Colours(MaskColours(mask), {colour: index[name] for colour, name in self.colours.items()})}
        pixels = MaskValues(mask, self.agreed.by_index, self.above, exact=self.objects, twin=picture if picture.size == mask.size else None)
        if self.objects:
            special = {value: index[name] for value, name in self.names.items() if value and name in (BACKGROUND, UNKNOWN)}
            return {"mask": AnyObject(pixels, special), "instances": ObjectNumbers(pixels, special)}
        return {"mask": Values(pixels, {value: index[name] for value, name in self.names.items()}, UNNAMED)}


UNNAMED = "Name every value in the about file (classes), or mend the mask."


def coding_of(about: AboutFile, survey: Mapping[str, Any]) -> Coding:
    """How the masks are read: as the about file says, else as they agree.

    Raises:
        Refused: the about file contradicts itself, or it cannot be told how to read the masks.
    """
    stated, colours, above = names_of(about), colours_of(about), about.threshold
    objects = about.labels == "instances"
    if above is not None and not math.isfinite(above):
        raise about.wrong("threshold")
    said = [word for word, there in (("colours", colours), ("threshold", above is not None), ('labels = "instances"', objects)) if there]
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
    several = len(agreed.values) > 1
    return Coding({0: BACKGROUND} | {v: f"value_{v}" if several else FOREGROUND for v in agreed.values}, agreed=agreed)


def survey_values(survey: Mapping[str, Any]) -> set[int]:
    """Every number in the palettes of masks that number objects."""
    return {value for one in survey.values() if isinstance(one, Seen) for value in one.values}


def find_masks(raw: Raw) -> Found:
    """The masks by the path above their folder and name: of `masks/`, else of `labels/` or `annotations/`.

    Raises:
        Refused: it is not clear which folder holds the masks.
    """
    found = [raw.find(rf"{ABOVE}(?i:{word}/)+{FILE}") for word in ("masks", "labels", "annotations")]
    if not found[0] and found[1] and found[2]:
        raise Refused("Both labels/ and annotations/ hold pictures, and there is no masks/. Rename the folder with the masks to masks/.")
    return found[0] or found[1] or found[2]


def masks_elsewhere(pictures: Found, masks: Found) -> dict[Any, RawFile]:
    """For pictures that have no mask in their own folder, the mask of their name in another folder that is not another picture's."""
    left = {key[1:]: file for key, file in masks.items() if key not in pictures}
    return {key: left[key[1:]] for key in pictures if key not in masks and key[1:] in left}


def check_pairs(pictures: Found, masks: Found, elsewhere: Mapping[Any, RawFile], suffix: str) -> None:
    """Refuses a tree in which nothing can be paired.

    Raises:
        Refused: see above.
    """
    if not pictures.keys() & masks.keys() and not elsewhere:
        a_picture, a_mask = (next(iter(files.values())).path if files else "none" for files in (pictures, masks))
        ending = (
            f"and ends in {suffix!r}, as the about file says" if suffix else "or adds an ending that the about file states (mask_suffix)"
        )
        raise Refused(f"No mask belongs to a picture. A mask is called like its picture, {ending}. Found: {a_picture} and {a_mask}.")


def note_folders(raw: Raw, pictures: Found) -> None:
    """Says that folders which name no split are a column."""
    folders = [folder for folder in dict.fromkeys(folder for folder, _, _ in pictures) if folder]
    if folders:
        raw.note(
            f"{folders[0]}/",
            f"pictures lie in {len(folders)} folders that name no split; the folder of each is in the column `folder`",
        )


def called(file: RawFile, folder: str) -> str:
    """What the folder is called that says the split of a file which is sorted into `folder`."""
    return file.path.removeprefix(folder and f"{folder}/").partition("/")[0]


def check_splits(raw: Raw, coding: Coding, masks: Mapping[Any, RawFile]) -> None:
    """Refuses splits whose masks have no value in common, where nobody says what the values mean.

    Raises:
        Refused: see above.
    """
    if len(coding.agreed.values) < 2:
        return
    kinds: dict[str, set[int]] = {}
    for (_, split, _), file in masks.items():
        seen = raw.survey.get(file.listed)
        if isinstance(seen, Seen) and file.listed not in coding.agreed.wrong:
            values = seen.values if coding.agreed.by_index or seen.greys is None else seen.greys
            kinds.setdefault(split or "train", set()).update(values.keys() - {0})
    refuse_apart({split: kinds[split] for split in ("train", "validation", "test") if split in kinds})


def names_of(about: AboutFile) -> dict[int, str]:
    """What the about file calls each value; empty where it says nothing.

    Raises:
        Refused: `classes` is no table of whole numbers and names.
    """
    if about.classes is None:
        return {}
    if not about.classes or not all(value.isdecimal() and name for value, name in about.classes.items()):
        raise about.wrong("classes")
    return {0: BACKGROUND, **{int(value): name for value, name in about.classes.items()}}


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
    named = {(int(hit[1], 16), int(hit[2], 16), int(hit[3], 16)): name for hit, name in found.items() if hit is not None}
    return named if BACKGROUND in named.values() else {(0, 0, 0): BACKGROUND, **named}


def to_survey(raw: Raw) -> list[RawFile]:
    """The masks, unless the about file says how to read whatever they hold."""
    about = AboutFile.of(raw.about)
    told = about.colours is not None or about.threshold is not None
    return [] if told else list(find_masks(raw).values())


def survey_of(about: About) -> SurveyPlan:
    """All of the masks is looked at, or their palettes alone where the about file says what their values mean."""
    said = AboutFile.of(about)
    if said.classes is not None or said.labels is not None:
        return SurveyPlan(to_survey, look_at_palette, HEAD)
    return SurveyPlan(to_survey, look)


def edition_from(raw: Raw) -> Edition:
    """The edition that the user's facts and the survey make.

    Raises:
        Refused: see `coding_of`; or there are more classes than a label map holds.
    """
    said = AboutFile.of(raw.about)
    coding = coding_of(said, raw.survey)
    if len(coding.classes) > MOST_CLASSES:
        raise Refused(
            f"{len(coding.classes):,} classes; a label map holds 254. Say in the about file which values are which classes (classes), "
            f"or, if every value is the number of an object: {OBJECTS}"
        )
    reading = Reading(
        landmarks=LANDMARKS,
        configs=(Config(columns={"folder": TEXT, "instances": PICTURE}),) if coding.objects else CONFIGS,
        uncertain=coding.uncertain,
        masks=said.masks,
        not_used=(
            (r"(?i:images|masks|labels|annotations)/(?:[^/]+/)+[^/]+", "lies in a folder below images/ or masks/, which is not read"),
        ),
    )
    return Edition(license=said.terms, citations=said.citations, classes=coding.classes, reading=reading)


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=LANDMARKS,
        configs=CONFIGS,
    ),
    cases,
    begins=(rf"{SPLIT_FOLDER}(?i:images/)+{FILE}",),
    survey=survey_of,
    about_file=AboutFile,
    from_about=edition_from,
)
