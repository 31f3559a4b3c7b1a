"""Bring your own: any folder of pictures with masks; what they mean stands in an about file or is found by a survey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.about import About, listed
from hf_medseg.catalog.own import Fit
from hf_medseg.catalog.source import Config, Edition, Reading, SurveyPlan, source_of
from hf_medseg.dataset.columns import FLAG, PICTURE, TEXT, VOLUME_COLUMNS, Column, ListOf, annotated, table_columns
from hf_medseg.errors import Refused
from hf_medseg.formats.picture import PICTURE_NAME, Picture
from hf_medseg.masks.agreement import MOST_CLASSES, OBJECTS, refuse_apart
from hf_medseg.masks.coding import HEAD as UP_TO_SAMPLES
from hf_medseg.masks.coding import Coding as Seen
from hf_medseg.masks.coding import look, look_at_alpha, look_at_palette, look_for_transparency, look_past_alpha
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.splits import SPLIT_FOLDER
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.image_mask_folder.beside import with_lists, with_meanings
from hf_medseg.sources.image_mask_folder.coding import MOST_COLUMNS, AboutFile, Coding, coding_of, masks_in
from hf_medseg.sources.image_mask_folder.known_ways import known_ways
from hf_medseg.sources.image_mask_folder.pattern_ways import metadata_way, way_by_patterns
from hf_medseg.sources.image_mask_folder.tree_ways import ways_of
from hf_medseg.sources.image_mask_folder.ways import Belonging, Item, Way, is_picture, patients, placed, stem_of
from hf_medseg.sources.suggested import suggested
from hf_medseg.sources.told import column_of, value_of, with_gaps

HEAD = 64  # bytes that tell whether a picture may have a palette

NO_MASK = 'Add it; or, if nobody annotated the picture, say in the about file: missing_masks = "null"'
NO_STRUCTURE = (
    'Add it; or say in the about file: missing_masks = "empty", if what has no file is not in the picture, or missing_masks = "null", '
    "if nobody looked for it"
)

TAKEN = (
    *table_columns((), {}, many_files=True),
    "folder",
    "instances",
    "raters",
    "masks",
    "mask_names",
    "mask_overlap",
    "annotated_classes",
)


def fits(raw: Raw, about: About) -> list[Fit]:
    """The ways in which a tree may be meant; the one that the about file says, if it says any."""
    said = AboutFile.of(about)
    masks = listed(said.mask)
    if said.image or masks:
        if not said.image or not masks:
            raise Refused(
                f'{said.path}: image and mask belong together: say both, such as image = "{{stem}}.png"; mask = "{{stem}}_mask.png".'
            )
        if said.mask_suffix:
            raise Refused(f"{said.path}: mask_suffix and mask say different things of the same names. Keep one of them.")
        found = [way_by_patterns(raw, said.image, masks, said.path, (*TAKEN, *VOLUME_COLUMNS))]
    else:
        found = metadata_way(raw, TAKEN) or known_ways(raw, TAKEN) or ways_of(raw, said.mask_suffix)
        if not any(way.fit.images for way in found) and (
            lines := suggested((file, stem_of(file.name), ".*") for file in raw.files if is_picture(file.listed))
        ):
            words = f"No word tells which pictures are masks. Say it in the about file, perhaps so: {lines}"
            return [Fit(layout="pictures of the same names in two folders", images=0, missing=(words,))]
        refuse_formats(found)
    return [with_lists(raw, with_meanings(raw, way) if way.kind == "one" and not way.classes else way).fit for way in found]


def refuse_formats(found: Sequence[Way]) -> None:
    """Refuses pictures that most are there in two formats, of which one cannot be the other's copy byte for byte.

    Raises:
        Refused: see above.
    """
    for way in found:
        several = [item for item in way.items if any(_ending(twin) != _ending(item.picture) for twin in item.picture.twins)]
        if len(several) * 2 > len(way.items):
            one = several[0].picture
            other = next(twin for twin in one.twins if _ending(twin) != _ending(one))
            folder = one.listed.rpartition("/")[0].rpartition("/")[2]
            mask = way.where.rpartition(".")[0]
            line = f'image = "{folder}{"/" * bool(folder)}{{stem}}.{_ending(one)}"; mask = "{mask}.*"'
            raise Refused(f"{one.listed} and {other.listed} are one picture in two formats. Say in the about file which is meant: {line}")


def _ending(file: RawFile) -> str:
    return file.name.rpartition(".")[2].lower()


def said_of(raw: Raw) -> AboutFile:
    """The about file, with what files in the tree say where it says nothing of values and colours."""
    said, way = AboutFile.of(raw.about), _way(raw)
    if said.classes is not None or said.colours is not None or said.threshold is not None or said.labels is not None:
        return said
    return replace(said, classes=way.classes or None, colours=way.colours or None)


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture, with its masks."""
    about, way = said_of(raw), _way(raw)
    coding = coding_of(about, raw.survey, way)
    found = placed(way)
    raw.use(*way.tables)
    for note in way.notes:
        raw.note("dataset.json", note)
    check_splits(raw, coding, found)
    by_patient = patients(place for _, place in found)
    if not by_patient:
        note_folders(raw, [place.folder for _, place in found])
    for file, reason in way.skipped:
        raw.skip(file, reason)
    for note in coding.agreed.notes:
        raw.note("masks/", note)
    marked = {place.split for item, place in found if item.picture.there and (item.masks or item.path in way.marked)}
    ids = _ids(way, found)
    gaps = with_gaps(zip(ids, (item.said for item, _ in found), strict=True)) if "slice_index" in way.columns else frozenset()
    if gaps:
        raw.note(
            way.tables[0], f"tells not all slices of {len(gaps)} volumes, or not in the order of their names: their slice_index is null"
        )
    unread = _unread(raw, way)
    same: dict[str | None, Mapping[str, Any]] = {}  # where the folder is all that is said of a picture, one record for all in it
    for (item, place), image_id in zip(found, ids, strict=True):
        problem = _problem(raw, about, way, coding.files, item, place, annotated=place.split in marked)
        if not item.picture.there and (called := unread.get(item.stem)) is not None:
            problem = Problem(f"the file called like its picture is {called.listed}, and no picture that is read.", "Save that as PNG.")
        folder = None if by_patient or place.folder.rpartition("/")[2] == item.stem else place.folder or None
        further = _columns(way, coding.files, item)
        if item.said.get("volume_id") in gaps:
            further["slice_index"] = None
        columns = {"folder": folder, **further} if further else same.setdefault(folder, {"folder": folder})
        yield Case(
            image_id,
            {"image": Picture(item.picture), **coding.columns(item, about.missing_masks), **coding.further(item)},
            columns,
            split=place.split or "train",
            patient_id=place.folder if by_patient else item.said.get("patient_id"),
            problem=problem,
            together=item.said.get("volume_id", ""),
        )


def _ids(way: Way, found: list[tuple[Item, Belonging]]) -> list[str]:
    """An id for each picture: its stem; where stems repeat, with its folders and what is said of it; where those do too, with its split."""
    stems = [item.stem for item, _ in found]
    if len(set(stems)) == len(stems):
        return stems
    ids = []
    for item, place in found:
        folders = [part for name in (place.folder, place.name) if name for part in name.split("/")]
        further = [text for name, text in item.said.items() if name == "patient_id" or name in way.columns]
        ids.append("_".join([*folders, *further, item.stem]))
    if len(set(ids)) < len(ids):
        return [f"{item.said['split']}_{one}" if item.said.get("split") else one for (item, _), one in zip(found, ids, strict=True)]
    return ids


def _unread(raw: Raw, way: Way) -> dict[str, RawFile]:
    """Files that are called as a picture that is missing, but for their ending, by the stem of their mask."""
    missing = {item.stem for item in way.orphans}
    named = ((stem_of(file.name), file) for file in raw.files if missing and "." in file.name and not is_picture(file.name))
    return {stem: file for stem, file in named if stem in missing}


def _way(raw: Raw) -> Way:
    way: Way = raw.fit.reading
    return way


def _columns(way: Way, names: Sequence[str], item: Item) -> dict[str, Any]:
    """The plain columns of a picture: what the names in its path say, and who drew its masks; `names` are those of all raters."""
    where = way.tables[0].listed if way.tables else ""
    said: dict[str, Any] = {name: value_of(name, item.said.get(name), where) for name in way.columns}
    if way.kind == "rater":
        said["raters"] = list(names) if len(names) <= MOST_COLUMNS else [name for name, _ in item.masks]
    return said


def _problem(raw: Raw, about: AboutFile, way: Way, names: Sequence[str], item: Item, place: Belonging, annotated: bool) -> Problem | None:
    """What is wrong with the masks of a picture, as far as names tell it; `names` are those of all structures."""
    if (mask := way.elsewhere.get(item.picture.listed)) is not None:
        return Problem(f"the only mask of its name, {mask.listed}, lies in another folder than it.")
    lacking = [name for name in names if name not in dict(item.masks)] if way.kind == "structure" else []
    if lacking and not about.missing_masks and annotated and (item.masks or way.kind == "structure"):
        return Problem(f"it has no mask of {', '.join(lacking)}, which others have.", NO_STRUCTURE)
    if item.masks or not annotated:
        return None
    if about.missing_masks is not None:
        raw.note(item.picture, "no mask belongs to it: its mask is null, as the about file says")
        return None
    missing = "".join(f"{name}/" for name in (place.folder, place.name) if name) + way.where
    for name, text in {"stem": item.stem, **item.said}.items():
        missing = missing.replace(f"{{{name}}}", text)
    return Problem(f"it has no mask: {missing} is missing.", NO_MASK)


def note_folders(raw: Raw, folders: list[str]) -> None:
    """Says that folders which name no split are a column."""
    named = [folder for folder in dict.fromkeys(folders) if folder]
    if named:
        raw.note(f"{named[0]}/", f"pictures lie in {len(named)} folders that name no split; the folder of each is in the column `folder`")


def check_splits(raw: Raw, coding: Coding, found: list[tuple[Item, Belonging]]) -> None:
    """Refuses splits whose masks have no value in common, where nobody says what the values mean.

    Raises:
        Refused: see above.
    """
    if len(coding.agreed.values) < 2:
        return
    kinds: dict[str, set[int]] = {}
    for item, place in found:
        for _, file in item.masks:
            seen = raw.survey.get(file.listed)
            if isinstance(seen, Seen) and file.listed not in coding.agreed.wrong:
                values = seen.values if coding.agreed.by_index or seen.greys is None else seen.greys
                kinds.setdefault(place.split or "train", set()).update(values.keys() - {0})
    refuse_apart({split: kinds[split] for split in ("train", "validation", "test") if split in kinds})


def to_survey(raw: Raw) -> list[RawFile]:
    """The masks, unless it is known how to read whatever they hold."""
    about, way = said_of(raw), _way(raw)
    if way.kind in ("structure", "instance") or (about.alpha and (about.colours is not None or about.threshold is not None)):
        return []
    every = (mask for item in (*way.items, *way.orphans) for mask in (*(mask for _, mask in item.masks), *masks_in(item.further)))
    return [file for mask in every for file in (mask, *mask.twins)]


def survey_of(about: About) -> SurveyPlan:
    """All of the masks is looked at; where the about file says what they hold, only what could deceive: palettes, or what is transparent."""
    said = AboutFile.of(about)
    if said.alpha:
        return SurveyPlan(to_survey, look_at_alpha if said.alpha == "labels" else look_past_alpha)
    if said.colours is not None or said.threshold is not None:
        return SurveyPlan(to_survey, look_for_transparency, UP_TO_SAMPLES)
    if said.classes is not None or said.labels is not None:
        return SurveyPlan(to_survey, look_at_palette, HEAD)
    return SurveyPlan(to_survey, look)


def edition_from(raw: Raw) -> Edition:
    """The edition that the user's facts and the survey make.

    Raises:
        Refused: see `coding_of`; or there are more classes than a label map holds.
    """
    said, way = said_of(raw), _way(raw)
    coding = coding_of(said, raw.survey, way)
    if len(coding.classes) > MOST_CLASSES:
        raise Refused(
            f"{len(coding.classes):,} classes; a label map holds 254. Say in the about file which values are which classes (classes), "
            f"or, if every value is the number of an object: {OBJECTS}"
        )
    reading = replace(READING, configs=(Config(columns=columns_of(way, coding)),), uncertain=coding.uncertain, masks=said.masks)
    return Edition(license=said.terms, citations=said.citations, classes=coding.classes, reading=reading)


def columns_of(way: Way, coding: Coding) -> Mapping[str, Column]:
    """The columns beside those of every dataset."""
    columns: dict[str, Column] = {"folder": TEXT, **{name: column_of(name) for name in way.columns}, **dict.fromkeys(way.pictures, PICTURE)}
    if coding.objects or way.kind == "instance":
        columns["instances"] = PICTURE
    if way.kind == "instance":
        columns["mask_overlap"] = FLAG
    if way.kind in ("structure", "rater"):
        several = len(way.names) > MOST_COLUMNS
        named = {"masks": ListOf(PICTURE), "mask_names": ListOf(TEXT)} if several else dict.fromkeys(coding.own_columns, PICTURE)
        columns |= named
        columns |= (
            {"raters": ListOf(TEXT)} if way.kind == "rater" else {"mask_overlap": FLAG, "annotated_classes": annotated(coding.classes)}
        )
    return columns


READING = Reading(
    landmarks=(PICTURE_NAME,),
    configs=(Config(columns={"folder": TEXT}),),
)

SOURCE = source_of(
    __file__,
    READING,
    cases,
    begins=(rf"{SPLIT_FOLDER}(?i:images?|imgs?|pictures?)/+{PICTURE_NAME}",),
    survey=survey_of,
    about_file=AboutFile,
    from_about=edition_from,
    fits=fits,
)
