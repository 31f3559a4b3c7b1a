"""Collections of DICOM images with SEG and RTSTRUCT masks: a declaration makes the cases.

`tcia` makes a `Collection` of the user's about file; the source of one collection declares it beside its facts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Reading, Source, SurveyPlan, facts_of, source_of, volume_configs
from hf_medseg.catalog.stated import Stated
from hf_medseg.dataset.columns import FLAG, FLOAT32, INT32, MASK_ORIGIN, PICTURE, SEX, TEXT, Column, ListOf, annotated
from hf_medseg.errors import Refused
from hf_medseg.formats import dicom_header, dicom_series
from hf_medseg.formats.dicom import DicomPicture, DicomSeries
from hf_medseg.formats.dicom_header import CONTOURS, HEAD, Header, Structure
from hf_medseg.formats.dicom_series import Instance, Series
from hf_medseg.masks.dicom_drawn import Drawn, DrawnMask, DrawnMasks, DrawnOverlap, DrawnWords, Outline
from hf_medseg.masks.dicom_match import Matcher
from hf_medseg.masks.dicom_rtstruct import RtStructure
from hf_medseg.masks.dicom_seg import DicomSegment
from hf_medseg.masks.dicom_select import Select
from hf_medseg.masks.labels import Labels
from hf_medseg.raw.cells import age_said
from hf_medseg.raw.tables import Table
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.dicom_damaged import damaged_cases

STACKS = ("CT", "MR", "PT", "NM")

PICTURES = ("CR", "DX", "MG", "US", "XA", "RF", "IO", "PX", "OP", "ES", "XC", "OT")

SERIES, LICENSE, DOI = "SeriesInstanceUID", "license_short_name", "source_DOI"
"""Columns of the index of the Imaging Data Commons, of which `download` lays the lines of what it fetched beside the files."""

OTHER_MASKS = r"[^/]+\.(?i:nii|nii\.gz|nrrd|mha|mhd)"

LANDMARKS = (r"(?:[^/]+\.(?i:dcm|dicom|ima)|\d+(?:\.\d+){4,})",)
"""What any download of DICOM files looks like, in whatever folders: which collection it is, its headers say."""

POLICY = (
    "TCIA Data Usage Policy https://www.cancerimagingarchive.net/data-usage-policies-and-restrictions/ : do not try to identify or contact "
    "participants, make no renderings of faces, cite the DOI of the data. Whoever passes the data on must bind the readers of the copy to it."
)

_WHO = (
    'If somebody removed it, say who in the about file (deidentified_by = "..."). Where the header says NO, ask the owner for clean files.'
)

_DENIED = "The header says NO: ask the owner for clean files."


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection:
    """What is known of a collection.

    A name in `names`, `exceptions` and `ignore` may be a pattern, `*` for any letters. A structure's name is looked up as it stands, then
    without regard to case, blanks, `_`, `-` and `.`; whole names go before patterns.

    Attributes:
        classes: names of the classes, in the order of their indices.
        names: name of a structure to name of its class.
        exceptions: `names` that hold for one patient alone, before those that hold for all; by PatientID.
        ignore: names of structures that have no class and are kept in `masks` alone without a word.
        paint: classes that are painted before all others, in this order, since others lie in them; then the rest by their indices.
        patients: what every PatientID of the collection looks like; other patients' files are not used. Empty for any.
        splits: what a PatientID looks like to the split of that patient; `train` where nothing fits.
        select: which masks are used.
        partial: what the SeriesDescription of a mask looks like that leaves some of its structures out, `*` for any letters: the row was not
            searched for their classes (`annotated_classes`).
        results: the analysis result of each series by its UID, where `select` asks for one.
        only_referenced: whether images that no mask refers to are left out.
        deidentified_by: who took out what identifies the patients, where headers do not say that it was done.
        closed: whether `names` and `ignore` hold all names that there are: what has another one rejects its images, since nobody knows its
            class; and objects of ignored structures alone are not used.
        by: who declares it, for messages.
    """

    classes: tuple[str, ...] = ()
    names: Mapping[str, str]
    exceptions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    paint: tuple[str, ...] = ()
    patients: str = ""
    splits: Mapping[str, str] = field(default_factory=dict)
    select: Select = field(default_factory=Select)
    partial: tuple[str, ...] = ()
    results: Mapping[str, str] = field(default_factory=dict)
    only_referenced: bool = False
    deidentified_by: str = ""
    closed: bool = False
    by: str = "the about file"

    def class_of(self, name: str, patient: str = "") -> str:
        """The class of a structure, empty where it has none."""
        return _found(self.exceptions.get(patient, {}), name) or _found(self.names, name)

    def ignores(self, name: str) -> bool:
        """Whether a structure is known to be of no class."""
        return bool(_found(dict.fromkeys(self.ignore, "ignored"), name))

    def rank_of(self, word: str) -> int:
        """When a class is painted: from 1 on, later over earlier."""
        return [*self.paint, *(one for one in self.classes if one not in self.paint)].index(word) + 1

    def split_of(self, patient: str) -> str:
        """The split of a patient."""
        return next((split for pattern, split in self.splits.items() if re.fullmatch(pattern, patient)), "train")

    @property
    def _advice(self) -> str:
        return _DENIED if self.deidentified_by else _WHO

    def cases(self, raw: Raw) -> Iterator[Case]:
        """One case an image series, with every structure of the selected SEG and RTSTRUCT that was drawn on it.

        Raises:
            Refused: no file is of the collection's patients, it lacks its images or masks altogether, or the masks are no DICOM.
        """
        self._know_patients(raw)
        _tables(raw)  # they are used
        drawn = [one for one in dicom_series.structures(raw) if self._ours(raw, one)]
        if not drawn and raw.has(OTHER_MASKS):
            raise Refused(
                "The masks of this collection are no DICOM SEG or RTSTRUCT but files such as "
                f"{next(iter(raw.find(OTHER_MASKS).values())).path}: they need a source of their own. Take them out to convert the images "
                "alone."
            )
        yield from damaged_cases(raw, by_uid=True)
        everything = dicom_series.images(raw)
        foreign = {uid for uid, series in everything.items() for one in series.instances if not self._ours(raw, one)}
        images = {uid: series for uid, series in everything.items() if uid not in foreign}
        if self.patients and not (images and drawn):
            lacking = "the images that its masks were drawn on" if drawn else "its SEG or RTSTRUCT objects"
            raise Refused(f"Below RAW are files of this collection, but not {lacking}: give the folder that holds both, or download them.")
        matcher = Matcher(images)
        on: dict[str, list[Instance]] = {}
        for instance in self._selected(raw, drawn):
            of = matcher.series_of(instance)
            if wrong := self._not_deidentified({instance.header.identity_removed}):
                yield Case(instance.header.sop_uid, {"image": DicomPicture.of(instance.file)}, problem=Problem(wrong, self._advice))
            elif not of:
                yield _unmatched(raw, instance, matcher)
            else:
                for name in instance.header.undrawn:
                    raw.note(name, "a structure without a closed contour: it encloses nothing, and is in no mask")
                if not instance.header.structures:
                    raw.skip(instance.file, "a SEG or RTSTRUCT that outlines nothing")
                for uid in of:
                    on.setdefault(uid, []).append(instance)
        for uid, series in images.items():
            mine = self._latest(raw, on.get(uid, []))
            if mine or not self.only_referenced:
                yield from self._cases_of(raw, uid, series, mine)
            else:
                for file in series.files:
                    raw.skip(file, "images that no mask refers to (only_referenced)")

    def licenses(self, raw: Raw) -> tuple[Stated, ...]:
        """What the archive's tables below RAW say of the licenses of the images and selected masks that are there."""
        there = {one.series_uid for one in raw.survey.values() if isinstance(one, Header) and self._is_of_use(one)}
        stated = {(row[SERIES], row[LICENSE], row[DOI]) for table in _tables(raw) for row in table if row[SERIES] in there}
        found = Counter(Stated.of(license, doi, 0) for _, license, doi in stated)
        return tuple(replace(one, series=number) for one, number in sorted(found.items()))

    def _is_of_use(self, header: Header) -> bool:
        if not self._may_be_ours(header):
            return False
        return not header.structures or (self.select.takes(header, self.results) and self.select.of_header(header) is not None)

    def _know_patients(self, raw: Raw) -> None:
        """Refuses a tree without a file of the collection's patients: folders of collections look alike, their headers do not."""
        headers = [one for one in raw.survey.values() if isinstance(one, Header)]
        if headers and not any(map(self._may_be_ours, headers)):
            raise Refused(
                f"No DICOM file below RAW is of this collection: {len(headers):,} were read, and none has a PatientID such as the owner gives. "
                "Any other collection is converted by tcia: hf-medseg info tcia"
            )

    def _may_be_ours(self, header: Header) -> bool:
        """Whether an object is of the collection's patients; one that says that its patient can be recognised is rejected later, unnamed."""
        return not self.patients or header.identity_removed == "NO" or re.fullmatch(self.patients, header.patient_id) is not None

    def _ours(self, raw: Raw, one: Instance) -> bool:
        if self._may_be_ours(one.header):
            return True
        raw.skip(one.file, "of no patient of this collection")
        return False

    def _selected(self, raw: Raw, drawn: list[Instance]) -> list[Instance]:
        """The objects that are selected; the others are listed as not used."""
        found = []
        for instance in drawn:
            taken = self.select.of(instance, self.results)
            if taken is None:
                raw.skip(instance.file, f"a mask that {self.by} leaves out (`select`)")
            elif self.closed and all(self._of_no_class(taken, structure) for structure in taken.header.structures):
                raw.skip(instance.file, f"a mask without a structure of which {self.by} has a class")
            else:
                found.append(taken)
        return found

    def _of_no_class(self, drawn: Instance, structure: Structure) -> bool:
        return not self.class_of(structure.name, drawn.header.patient_id) and self.ignores(structure.name)

    def _latest(self, raw: Raw, drawn: list[Instance]) -> list[Instance]:
        taken, older = self.select.latest(drawn)
        for one in older:
            raw.skip(one.file, f"an older mask of its images (`newest` in {self.by})")
        if self.select.newest and not older and len(taken) > 1:
            raw.note(taken[0].file, "`newest` is asked for, and the masks of its images do not say which of them is: all are kept")
        return taken

    def _cases_of(self, raw: Raw, uid: str, series: Series, drawn: list[Instance]) -> Iterator[Case]:
        """The cases of one series: a stack, or its pictures one by one."""
        header = series.header
        if header.modality not in STACKS + PICTURES:
            for file in series.files:
                raw.skip(file, "an object that is no image of a patient, such as a dose or a slide")
            return
        if header.modality in STACKS:
            series = _acquired(raw, series, drawn)
        groups = {uid: DicomSeries(series.files)} if header.modality in STACKS else {}
        if not groups:
            for one in series.instances:
                if one.header.frames == 1 and raw.config == "volumes":
                    raw.skip(one.file, "a single picture is no volume")
                else:
                    groups[one.header.sop_uid] = DicomPicture((one.file,)) if one.header.frames == 1 else DicomSeries((one.file,))
        for name, image in groups.items():
            mine = [one for one in drawn if len(groups) == 1 or name in (*one.header.refers_to, *one.header.images)]
            yield self._case(raw, name, image, series, mine)

    def _case(self, raw: Raw, name: str, image: DicomSeries, series: Series, objects: list[Instance]) -> Case:
        header = series.header
        found = [(one, structure) for one in objects for structure in one.header.structures]
        words = {structure.name: self.class_of(structure.name, header.patient_id) for _, structure in found}
        strange = [name for name, word in words.items() if not word and not self.ignores(name)]
        for one in strange if not self.closed else ():
            raw.note(one, f"a structure for which {self.by} has no class: it is in `masks` alone")
        drawn = Drawn(tuple(self._outline(one, structure, image, words[structure.name]) for one, structure in found))
        beside = any(one.sop not in drawn.first() for one in drawn.outlines)
        return Case(
            name,
            {
                "image": image,
                "mask": DrawnMask(drawn) if found else None,
                "mask_automatic": DrawnMask(drawn, first=False) if beside else None,
                "masks": DrawnMasks(drawn),
                "mask_overlap": DrawnOverlap(drawn) if found else None,
                "mask_names": DrawnWords(drawn, "names"),
                "mask_sources": DrawnWords(drawn, "sources"),
                "mask_origins": DrawnWords(drawn, "origins"),
                "mask_origin": DrawnWords(drawn, "origin"),
                "annotated_classes": DrawnWords(drawn, "classes"),
            },
            {
                "modality": header.modality,
                "study_uid": header.study_uid or None,
                "body_part": header.body_part.lower().replace(" ", "_") or None,
                "sex": {"F": "female", "M": "male"}.get(header.sex),
                "age": age_said(header.age, header.series_uid, raw.doubts),
            },
            self.split_of(header.patient_id),
            header.patient_id or None,
            self._problem(series, strange),
        )

    def _problem(self, series: Series, strange: list[str]) -> Problem | None:
        if wrong := self._not_deidentified(series.identity_removed):
            return Problem(wrong, self._advice)
        if len({one.header.patient_id for one in series.instances} - {""}) > 1:
            advice = "Ask the owner whose they are, or take those of other patients out of the raw tree."
            return Problem("its objects name several patients (PatientID), so nothing tells whose series it is.", advice)
        if strange and self.closed:
            known = ", ".join(self.names)
            return Problem(
                f"a structure drawn on it is called {', '.join(map(repr, strange))}; structures of this collection are called {known}.",
                "Tell the maintainers which class it is; `hf-medseg convert tcia` does not take this collection.",
            )
        return None

    def _outline(self, drawn: Instance, structure: Structure, image: DicomSeries, word: str) -> Outline:
        part: Labels = (
            RtStructure(drawn.file, structure.number, image, name=structure.name)
            if drawn.header.sop_class in CONTOURS
            else DicomSegment(drawn.file, structure.number, image)
        )
        to, rank = (self.classes.index(word) + 1, self.rank_of(word)) if word else (0, 0)
        partial = any(fnmatchcase(drawn.header.description.casefold(), pattern.casefold()) for pattern in self.partial)
        return Outline(part, structure.name, drawn.header.series_uid, drawn.header.sop_uid, structure.origin, to, rank, partial)

    def _not_deidentified(self, said: set[str]) -> str:
        """What is wrong with objects that do not say that nobody can be recognised by them; empty where all is well."""
        if said == {"YES"} or (self.deidentified_by and "NO" not in said):
            return ""
        return "its header does not say that what identifies the patient was removed (PatientIdentityRemoved = YES)."


def _tables(raw: Raw) -> list[Table]:
    """The tables below RAW in which an archive says under which license and DOI each series is."""
    return raw.tables(r"[^/]+\.csv", (SERIES, LICENSE, DOI))


def _found(names: Mapping[str, str], name: str) -> str:
    """What a name leads to, empty for nothing."""
    if name in names:
        return names[name]
    plain = _plain(name)
    patterns = sorted(names, key=lambda one: "*" in one)
    return next((names[one] for one in patterns if re.fullmatch(".*".join(map(re.escape, _plain(one).split("*"))), plain, re.DOTALL)), "")


def _plain(name: str) -> str:
    return re.sub(r"[\s_.-]+", "", name.casefold())


def _acquired(raw: Raw, series: Series, drawn: list[Instance]) -> Series:
    """Of a series in which several acquisitions lie at the same places, the one that the frames of its masks name."""

    def apart(some: list[Instance]) -> bool:
        return bool(some) and len({one.header.position for one in some}) == len(some)

    everything = list(series.instances)
    named = {sop for one in drawn for sop in one.header.frames_of}
    of_masks = [one.header for one in everything if one.header.sop_uid in named]
    if apart(everything) or not of_masks:
        return series
    numbers, places = {one.acquisition_number for one in of_masks}, {one.position for one in of_masks}
    ways = (
        [one for one in everything if one.header.acquisition_number in numbers],
        [one for one in everything if one.header.sop_uid in named or one.header.position not in places],
    )
    taken = next(filter(apart, ways), everything)  # what cannot be told apart is rejected when it is read
    for one in series.instances:
        if one not in taken:
            raw.skip(one.file, "another acquisition of its series, which no mask names")
    return replace(series, instances=tuple(taken))


def _unmatched(raw: Raw, instance: Instance, matcher: Matcher) -> Case:
    """The rejected case of an object whose images cannot be told, with a note that names both."""
    named = ", ".join(instance.header.refers_to[:3]) or "none"
    possible = matcher.may_be_of(instance)
    if possible:
        few = ", ".join(possible[:5]) + (f" and {len(possible) - 5} more" if len(possible) > 5 else "")
        raw.note(instance.file, f"its images cannot be told, so it is in no mask; it may have been drawn on {few}")
    return Case(
        instance.header.sop_uid,
        {"image": DicomPicture.of(instance.file)},
        problem=Problem(
            f"it must refer to one image series below RAW, or lie on one alone, or say for each frame; it refers to: {named}.",
            "Download the images that it was drawn on along with it.",
        ),
    )


def look_where_said(data: bytes, path: str) -> Header | None:
    """The header of a file, with the PatientID only where it says that nobody can be recognised by it: the survey is remembered."""
    header = dicom_header.look(data, path)
    return header if header is None or header.identity_removed == "YES" else replace(header, patient_id="")


def look_unless_denied(data: bytes, path: str) -> Header | None:
    """As `look_where_said` where it is known who removed identities: only a header that denies it loses its PatientID."""
    header = dicom_header.look(data, path)
    return header if header is None or header.identity_removed != "NO" else replace(header, patient_id="")


def survey_of(deidentified_by: str) -> SurveyPlan:
    """The survey of headers; what it remembers of patients depends on whether it is known who removed identities."""
    return SurveyPlan(dicom_series.files, look_unless_denied if deidentified_by else look_where_said, HEAD)


def columns_of(classes: tuple[str, ...]) -> dict[str, Column]:
    """The columns beside those of every volume."""
    return {
        "modality": TEXT,
        "mask_automatic": PICTURE,
        "masks": ListOf(PICTURE),
        "mask_names": ListOf(TEXT),
        "mask_sources": ListOf(TEXT),
        "mask_origins": ListOf(TEXT),
        "mask_origin": MASK_ORIGIN,
        "mask_overlap": FLAG,
        "annotated_classes": annotated(classes),
        "study_uid": TEXT,
        "sop_instance_uid": TEXT,
        "instance_number": INT32,
        "body_part": TEXT,
        "sex": SEX,
        "age": FLOAT32,
    }


def reading_of(classes: tuple[str, ...]) -> Reading:
    """How a collection with these classes is read."""
    return Reading(
        landmarks=LANDMARKS,
        configs=volume_configs(columns_of(classes), only_slices=("sop_instance_uid", "instance_number")),
        not_used=(
            (r"[^/]+\.(?:csv|tsv|xlsx?|tcia|txt|json)|LICENSE", "a table or list beside the data"),
            (OTHER_MASKS, "no DICOM: it needs a source of its own"),
        ),
    )


def collection_of(file: str, declared: Collection, *, folders: tuple[str, ...] = ("",), ids: tuple[str, ...] = ()) -> Source:
    """The source of one collection of The Cancer Imaging Archive, which removes identities from all that it takes in.

    A tree is told by a patient's folder, in the folder that downloaders give the collection; else, where the user names the source, by the
    PatientIDs in its headers. Images that no selected mask refers to are not used.

    Args:
        file: `__file__` of its `source.py`.
        declared: what is known of it beside the facts.
        folders: what downloaders call the collection's folder, as patterns; one empty text where a patient's folder tells it by itself.
        ids: see `Source`.
    """
    classes, archive = facts_of(file).editions[0].classes, "The Cancer Imaging Archive"
    declared = replace(declared, classes=classes, only_referenced=True, deidentified_by=archive, closed=True, by="this source")
    return source_of(
        file,
        reading_of(classes),
        declared.cases,
        signature=tuple(f"{folder}{'/' * bool(folder)}(?:{declared.patients})/.+" for folder in folders),
        ids=ids,
        survey=survey_of(archive),
        licenses=declared.licenses,
    )
