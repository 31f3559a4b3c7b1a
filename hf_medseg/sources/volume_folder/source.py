"""Bring your own volumes: NIfTI, NRRD, MetaImage and FreeSurfer with their masks, laid out as nnU-Net, the Decathlon, BIDS or people do."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from hf_medseg.case import Case, Problem, Recipe
from hf_medseg.catalog.about import About, OwnData
from hf_medseg.catalog.own import Fit
from hf_medseg.catalog.source import Edition, SurveyPlan, source_of, volume_configs
from hf_medseg.catalog.source import Reading as SourceReading
from hf_medseg.dataset.columns import FLAG, FLOAT64, INT32, PICTURE, TEXT, VOLUME_COLUMNS, Column, ListOf, annotated
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import Refused, Rejected
from hf_medseg.formats.fitted import Fitted
from hf_medseg.formats.headed import HeadedVolume
from hf_medseg.formats.nrrd import Segment
from hf_medseg.formats.volume_file import ENDING, number_of_channels, stem_of, volume_of
from hf_medseg.formats.voxels import VoxelVolume
from hf_medseg.masks.agreement import named_values
from hf_medseg.masks.labels import Labels, OneValue, Threshold, Values
from hf_medseg.masks.structures import structures
from hf_medseg.masks.volume_values import MOST, look_at_volume, notes_of, refuse_unlike
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.splits import SPLIT_FOLDER
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.told import ToldCases
from hf_medseg.sources.volume_folder.layouts import (
    Entry,
    Reading,
    by_bids,
    by_datalist,
    by_dataset_json,
    by_folders,
    by_patterns,
    suggested,
)

WORDS = {
    "nnunet": "dataset.json, imagesTr/<case>_0000 and labelsTr/<case>, as nnU-Net has them",
    "decathlon": "dataset.json, imagesTr/<case> and labelsTr/<case>, as the Decathlon has them",
    "datalist": "a JSON file that lists images and labels, as MONAI reads it, or a CSV with a column for each",
    "bids": "subjects as BIDS has them, and their masks in derivatives/",
    "folders": "images and masks in folders of their own, or beside each other with words in their names",
    "patterns": "the patterns of the about file",
}

EXAMPLE = 'image = "{patient}/{channel}.nii.gz"; mask = "{patient}/seg.nii.gz"'

LABEL_MAP = "If each value is a class, name them in the about file: classes = { {values} }"
UNNAMED = "Name every value in the about file (classes), or mend the mask."


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutFile(OwnData):
    """What only the user knows of volumes and masks; the facts explain each key."""

    layout: Literal["", "nnunet", "decathlon", "datalist", "bids", "folders"] = ""
    image: str = ""
    mask: str = ""
    suffix: str = ""
    classes: Mapping[str, str] | None = None
    threshold: int | float | None = None
    structures: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    missing_masks: Literal["null"] | None = None


def fits(raw: Raw, about: About) -> Sequence[Fit]:
    """The layouts that a tree has."""
    said = AboutFile.of(about)
    if bool(said.image) != bool(said.mask):
        raise Refused(f'{said.path}: image and mask belong together: image = "images/{{stem}}.nii.gz", mask = "masks/{{stem}}.nii.gz".')
    if said.image:
        reading = by_patterns(raw, said.image, said.mask, said.path)
        return [_fit("patterns", reading, {"image": _toml(said.image), "mask": _toml(said.mask)})]
    if not raw.has(rf"[^/]+{ENDING}"):
        return []
    found = dict(by_dataset_json(raw))
    if not found and (listed := by_datalist(raw)) is not None:
        found["datalist"] = listed
    if not found:
        found["bids"] = by_bids(raw, said.suffix)
        if not found["bids"].entries:
            found = {"folders": by_folders(raw)}
    if said.layout:
        found = {said.layout: found.get(said.layout) or (by_bids(raw, said.suffix) if said.layout == "bids" else by_folders(raw))}
    found = {name: _as_label_maps(reading) if said.classes is not None else reading for name, reading in found.items()}
    return [_fit(name, reading, {"layout": _toml(name)}) for name, reading in found.items()]


def _as_label_maps(reading: Reading) -> Reading:
    """A tree of which no case has two masks, as one of label maps: the about file names their values."""
    if any(len(one.masks) > 1 for one in reading.entries):
        return reading
    return replace(
        reading, entries=tuple(replace(one, masks=dict(zip(("",), one.masks.values(), strict=False))) for one in reading.entries)
    )


def _fit(name: str, reading: Reading, about: Mapping[str, str]) -> Fit:
    lost = [one for one in reading.entries if one.wrong]
    missing = tuple(f"{next(iter((one.masks or one.images).values())).listed}: {one.wrong}" for one in lost[:3])
    example = suggested(reading) or EXAMPLE
    nothing = f"No mask belongs to an image ({WORDS[name]}). Say in the about file where they lie, such as: {example}"
    return Fit(
        layout=WORDS[name],
        images=reading.annotated,
        missing=missing or (() if reading.annotated else (nothing,)),
        about=about,
        reading=reading,
    )


def _toml(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def cases(raw: Raw) -> Iterator[Case]:
    """One case a volume, or one a frame of a film of volumes."""
    about, reading = AboutFile.of(raw.about), _reading(raw)
    tables, told = Tables.of(raw), ToldCases.beside(raw, VOLUME_COLUMNS)
    listed = {file.listed: file for file in raw.files}
    raw.use(*reading.tables, *told.tables)
    for note in reading.notes:
        raw.note("labels", note)
    if not reading.described:
        for note in notes_of(_values(raw, reading)):
            raw.note("labels", note)
    entries = [replace(one, split=told.split(one.split, _first(one), *_called(one))) for one in reading.entries]
    annotated_splits = {one.split for one in entries if one.masks}
    for entry in entries:
        try:
            for case in _cases_of(raw, entry, tables, listed, about, entry.split in annotated_splits):
                patient, columns = told.of(entry.split, *_called(entry))
                yield replace(case, columns={**columns, **case.columns}, patient_id=case.patient_id or patient)
        except Rejected as error:  # a header that says which files belong to it is damaged
            files = [*entry.images.values(), *entry.masks.values()]
            first = next((file for file in files if file.path == error.file), files[0])
            yield Case(entry.name, {"image": HeadedVolume(first)}, split=entry.split, problem=Problem.of(error.expected, error.advice))


def _first(entry: Entry) -> str:
    """The path of the first file of a case."""
    return next(iter((*entry.images.values(), *entry.masks.values()))).listed


def _called(entry: Entry) -> tuple[str, ...]:
    """What a table may call a case."""
    return entry.name, *(stem_of(image.name) or "" for image in entry.images.values())


def _cases_of(raw: Raw, entry: Entry, tables: Tables, listed: Mapping[str, RawFile], about: AboutFile, expected: bool) -> Iterator[Case]:
    """The cases of one entry: several where its file is a film."""
    frames = _frames(entry, tables, listed)
    problem = Problem.of(entry.wrong)
    if not entry.masks and expected:
        if about.missing_masks == "null":
            raw.note(next(iter(entry.images.values())), "no mask belongs to it: its mask is null, as the about file says")
        else:
            words = 'Add it; or, if nobody annotated the volume, say in the about file: missing_masks = "null"'
            problem = Problem.of(entry.lacking or "it has no mask.", words)
    for frame in range(frames or 1):
        channel = (frame, frames) if frames else None
        images: dict[str, Recipe | None] = {}
        for number, column in enumerate(tables.image_columns):
            word = tables.channels[number] if tables.channels else ""
            if word in entry.images:
                images[column] = volume_of(entry.images[word], listed, channel=channel)
            elif "" in entry.images:
                part = (number, len(tables.image_columns)) if tables.one_file else channel
                images[column] = volume_of(entry.images[""], listed, channel=part)
        if "image" not in images:
            images["image"] = volume_of(RawFile(f"the image of {entry.name}.nii.gz", 0, None), {})
        yield Case(
            f"{entry.name}_f{frame:03d}" if frames else entry.name,
            {**images, **tables.masks(entry, listed, channel)},
            {**entry.columns, **({"frame": frame} if frames else {}), **tables.said(entry)},
            entry.split,
            entry.patient,
            problem,
            together=entry.name if frames else "",
        )


def _frames(entry: Entry, tables: Tables, listed: Mapping[str, RawFile]) -> int:
    """How many frames the film of an entry has; 0 where it is one volume."""
    return number_of_channels(entry.images[""], listed) if tables.film and "" in entry.images else 0


@dataclass(frozen=True)
class Tables:
    """What all cases of a tree share.

    Attributes:
        names: what each value of a label map is called.
        structures: structures in files of their own, in the order in which they are painted.
        channels: what the channels are called, where there are several.
        film: whether the files hold frames.
        one_file: whether one file holds all channels.
        ignore: see `Reading`.
        partly: whether some cases lack structures that others have.
        columns: the names that paths say.
        threshold: above it is foreground, whatever else masks hold.
        segments: what the segments of 3D Slicer are called, where no two overlap.
    """

    names: Mapping[int, str]
    structures: tuple[str, ...]
    channels: tuple[str, ...]
    film: bool
    one_file: bool
    ignore: int | None
    partly: bool
    columns: tuple[str, ...]
    threshold: float | None
    segments: tuple[str, ...] = ()

    @classmethod
    def of(cls, raw: Raw) -> Tables:
        """Of a tree, an about file and a survey.

        Raises:
            Refused: nobody says what the values of the masks mean, or what is said does not fit.
        """
        about, reading = AboutFile.of(raw.about), _reading(raw)
        found = reading.structures
        if about.structures and set(about.structures) != set(found):
            there = ", ".join(found) or "none"
            raise Refused(f"{about.path}: structures must name each structure once, in the order in which they are painted: {there}.")
        channels = about.channels or reading.channels
        channels = channels if len(channels) > 1 else ()
        several = not any(name for one in reading.entries for name in one.images) and _several(raw, reading)
        drawn = [set(one.drawn) for one in reading.entries if one.masks]
        segments = () if found or about.classes is not None or about.threshold is not None else reading.segments
        return cls(
            {} if found or segments else _names(raw, about, reading),
            about.structures or found,
            channels,
            several and not channels,
            several and bool(channels),
            reading.ignore,
            bool(found or segments) and any(one != drawn[0] for one in drawn),
            tuple(dict.fromkeys(name for one in reading.entries for name in one.columns)),
            about.threshold,
            segments,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes in the order of their indices; one at least."""
        if self.structures:
            return tuple(map(_plain, self.structures))
        if self.segments:
            return self.segments
        words = (name for value, name in sorted(self.names.items()) if value and name not in ("background", "not annotated"))
        return tuple(dict.fromkeys(words)) or ("foreground",)

    @property
    def image_columns(self) -> tuple[str, ...]:
        """The columns of the channels."""
        return ("image", *(f"image_{_plain(name)}" for name in self.channels[1:]))

    @property
    def own(self) -> dict[str, Column]:
        """The source's own columns."""
        further = [name.removeprefix("image_") for name in self.image_columns[1:]]
        columns: dict[str, Column] = {
            **{f"image_{name}": PICTURE for name in further},
            **{f"rescale_{what}_{name}": FLOAT64 for name in further for what in ("slope", "intercept")},
            **dict.fromkeys(self.columns, TEXT),
        }
        if self.film:
            columns["frame"] = INT32
        if self.structures:
            columns |= {"masks": ListOf(PICTURE), "mask_names": ListOf(TEXT), "mask_overlap": FLAG}
        if self.partly:
            columns["annotated_classes"] = annotated(self.classes)
        return columns

    def masks(self, entry: Entry, listed: Mapping[str, RawFile], channel: tuple[int, int] | None) -> Mapping[str, Any]:
        """How the columns of an entry's masks are read."""
        if self.structures:
            layers = {one.name: one for one in entry.segments}
            parts: dict[int, Labels] = {
                number: (
                    _segment(
                        Fitted(volume_of(entry.masks[""], listed, channel=(layers[name].layer, layers[name].layers))), layers[name], entry
                    )
                    if name in layers
                    else self._structure(entry, volume_of(entry.masks[name], listed, channel=channel))
                )
                for number, name in enumerate(self.structures, 1)
                if name in entry.drawn
            }
            return dict(structures(parts).columns()) if parts else {}
        if "" not in entry.masks:
            return {}
        index = {"background": 0, "not annotated": NOT_ANNOTATED} | {name: number for number, name in enumerate(self.classes, 1)}
        values = {value: index[name] for value, name in self.names.items()}
        if self.segments:
            values = {0: 0, **{one.value: index[one.name] for one in entry.segments}}
        if self.ignore is not None:
            values[self.ignore] = NOT_ANNOTATED
        volume = volume_of(entry.masks[""], listed, channel=channel)
        if self.threshold is not None:
            return {"mask": Threshold(volume, self.threshold, drawn=False)}
        # 3D Slicer saves the part of the image's grid that the segments fill.
        return {"mask": Values(Fitted(volume) if entry.segments else volume, values, UNNAMED)}

    def _structure(self, entry: Entry, volume: VoxelVolume) -> Labels:
        """A structure in a file of its own; where that is the only one, it may be meant as a label map."""
        return OneValue(volume, advice=LABEL_MAP) if len(entry.masks) == 1 else OneValue(volume)

    def said(self, entry: Entry) -> dict[str, list[str]]:
        """What is said of an entry's structures."""
        if not entry.masks:
            return {}
        there = [_plain(name) for name in self.structures if name in entry.drawn] or [one for one in self.segments if one in entry.drawn]
        return {**({"mask_names": there} if self.structures else {}), **({"annotated_classes": there} if self.partly else {})}


def _segment(volume: Fitted, segment: Segment, entry: Entry) -> Labels:
    """One segment of a layer; the others that lie in it are left out, and a value that is none of them rejects the case."""
    here = {one.value: 0 for one in entry.segments if one.layer == segment.layer}
    return Values(volume, {0: 0, **here, segment.value: 1}, UNNAMED)


def _plain(name: str) -> str:
    """A name as a column or class has it."""
    return re.sub(r"\W+", "_", name).strip("_").lower() or "unnamed"


def _reading(raw: Raw) -> Reading:
    found: Reading = raw.fit.reading
    return found


def _several(raw: Raw, reading: Reading) -> bool:
    """Whether the files of a tree hold several volumes, by the first of them that can be read."""
    listed = {file.listed: file for file in raw.files}
    for entry in reading.entries:
        if "" in entry.images:
            try:
                return number_of_channels(entry.images[""], listed) > 1
            except Rejected:
                continue
    return False


def _names(raw: Raw, about: AboutFile, reading: Reading) -> dict[int, str]:
    """What the values of label maps are called: as the about file says, else the tree, else by their numbers.

    Raises:
        Refused: `classes` is no table of numbers and names; masks hold no few whole numbers.
    """
    if about.classes is not None:
        if not about.classes or not all(value.isdecimal() and name for value, name in about.classes.items()):
            raise about.wrong("classes")
        return named_values(about.classes)
    if about.threshold is not None:
        return {0: "background", 255: "foreground"}
    if reading.names:
        return {0: "background", **reading.names}
    values: set[int] = set()
    for seen in raw.survey.values():
        if isinstance(seen, tuple):
            values.update(seen)
        elif isinstance(seen, str):
            raise Refused(seen)
    values -= {0}
    if not reading.described:
        refuse_unlike({split: _values(raw, reading, split) for split in dict.fromkeys(one.split for one in reading.entries)})
    if len(values) > MOST:
        raise Refused(
            f"The masks hold {len(values):,} values; a label map holds {MOST} classes. Say in the about file which are classes (classes)."
        )
    if reading.described:
        return {0: "background", **{value: reading.described.get(value, f"value_{value}") for value in sorted(values)}}
    names = {value: f"value_{value}" for value in sorted(values)} if len(values) > 1 else dict.fromkeys(values, "foreground")
    return {0: "background", **names}


def _values(raw: Raw, reading: Reading, split: str = "") -> dict[str, tuple[int, ...]]:
    """The values of each label map that the survey saw, by its file; of one split, or of all."""
    files = [one.masks[""].listed for one in reading.entries if "" in one.masks and split in ("", one.split)]
    return {file: seen for file in files if isinstance(seen := raw.survey.get(file), tuple)}


def to_survey(raw: Raw) -> list[RawFile]:
    """The label maps, unless somebody says what they hold."""
    about, reading = AboutFile.of(raw.about), _reading(raw)
    if about.classes is not None or about.threshold is not None or reading.names or reading.structures or reading.segments:
        return []
    return [one.masks[""] for one in reading.entries if "" in one.masks]


def edition_from(raw: Raw) -> Edition:
    """The edition that the user's facts, the layout and the survey make."""
    said, tables = AboutFile.of(raw.about), Tables.of(raw)
    if len(tables.classes) > MOST:
        raise Refused(f"{len(tables.classes):,} classes; a label map holds {MOST}. Say in the about file which are classes (classes).")
    reading = SourceReading(
        landmarks=LANDMARKS,
        configs=volume_configs({**ToldCases.beside(raw, VOLUME_COLUMNS).columns, **tables.own}),
        uncertain=tables.ignore is not None or "not annotated" in tables.names.values(),
        not_used=((r"dataset\.json", "a table of another layout"),),
    )
    if said.threshold is not None and (tables.structures or not tables.names.keys() <= {0, 255}):
        raise Refused(f'{said.path}: with a threshold masks hold 0 and 255; name the class so: classes = {{ 255 = "lesion" }}.')
    return Edition(license=said.terms, citations=said.citations, classes=tables.classes, reading=reading)


LANDMARKS = (rf"[^/]+{ENDING}",)

SOURCE = source_of(
    __file__,
    SourceReading(landmarks=LANDMARKS, configs=volume_configs()),
    cases,
    survey=SurveyPlan(to_survey, look_at_volume),
    about_file=AboutFile,
    from_about=edition_from,
    fits=fits,
    begins=(rf"{SPLIT_FOLDER}(?:images?|labels?|masks?)/[^/]+\.(?i:nii(?:\.gz)?|nrrd|mha|mhd)",),
)
