"""TCIA: any downloaded collection of The Cancer Imaging Archive, told by its DICOM headers alone; facts come from an about file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.about import About, OwnData, listed
from hf_medseg.catalog.facts import EditionFacts
from hf_medseg.catalog.source import Edition, Reading, SurveyPlan, facts_of, source_of, volume_configs
from hf_medseg.dataset.columns import FLAG, FLOAT32, INT32, MASK_ORIGIN, PICTURE, SEX, TEXT, Column, ListOf, annotated
from hf_medseg.errors import Refused
from hf_medseg.formats import dicom_header as dicom_headers
from hf_medseg.formats.dicom import DicomPicture, DicomSeries
from hf_medseg.formats.dicom_header import CONTOURS, HEAD, Header, Instance, Series, Structure
from hf_medseg.masks.dicom_drawn import Drawn, DrawnMask, DrawnMasks, DrawnOverlap, DrawnWords, Outline
from hf_medseg.masks.dicom_match import Matcher
from hf_medseg.masks.dicom_rtstruct import RtStructure
from hf_medseg.masks.dicom_seg import DicomSegment
from hf_medseg.masks.dicom_select import ALGORITHMS, KINDS, Select
from hf_medseg.masks.labels import Labels
from hf_medseg.raw.order import natural
from hf_medseg.raw.tree import Raw, Survey
from hf_medseg.sources.dicom_damaged import damaged_cases

STACKS = ("CT", "MR", "PT", "NM")

PICTURES = ("CR", "DX", "MG", "US", "XA", "RF", "IO", "PX", "OP", "ES", "XC", "OT")

OTHER_MASKS = r"[^/]+\.(?i:nii|nii\.gz|nrrd|mha|mhd)"

WHO = (
    'If somebody removed it, say who in the about file (deidentified_by = "..."). Where the header says NO, ask the owner for clean files.'
)

POLICY = (
    "TCIA Data Usage Policy https://www.cancerimagingarchive.net/data-usage-policies-and-restrictions/ : do not try to identify or contact "
    "participants, make no renderings of faces, cite the DOI of the data. Whoever passes the data on must bind the readers of the copy to it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Selecting:
    """What `select` in the about file says, see `Select`."""

    analysis_result: tuple[str, ...] | str = ()
    description: tuple[str, ...] | str = ()
    algorithm: tuple[str, ...] | str = ()
    object: str = ""
    newest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Collection(OwnData):
    """What only the user knows of a collection.

    Attributes:
        collection: its name.
        deidentified_by: who took out what identifies the patients.
        classes: name of a structure to name of its class, in the order of the classes.
        select: which masks are used.
        only_referenced: whether images that no mask refers to are left out.
    """

    collection: str = ""
    deidentified_by: str = ""
    classes: Mapping[str, str] | None = None
    select: Selecting = Selecting()
    only_referenced: bool = False

    @property
    def name(self) -> str:
        """The title, or the collection's name."""
        return self.title or self.collection


def cases(raw: Raw) -> Iterator[Case]:
    """One case an image series, with every structure of every SEG and RTSTRUCT that was drawn on it."""
    drawn = dicom_headers.structures(raw)
    if not drawn and raw.has(OTHER_MASKS):
        raise Refused(
            "The masks of this collection are no DICOM SEG or RTSTRUCT but files such as "
            f"{next(iter(raw.find(OTHER_MASKS).values())).path}: they need a source of their own. Take them out to convert the images alone."
        )
    yield from damaged_cases(raw, by_uid=True)
    images = dicom_headers.images(raw)
    matcher = Matcher(images)
    on: dict[str, list[Instance]] = {}
    for instance in _selected(raw, drawn):
        uid = matcher.series_of(instance)
        if wrong := _not_deidentified(Collection.of(raw.about), {instance.header.identity_removed}):
            yield Case(instance.header.sop_uid, {"image": DicomPicture.of(instance.file)}, problem=Problem(wrong, WHO))
        elif not uid:
            yield _unmatched(raw, instance, matcher)
        else:
            on.setdefault(uid, []).append(instance)
    only_referenced = Collection.of(raw.about).only_referenced
    for uid, series in images.items():
        mine = _latest(raw, on.get(uid, []))
        if mine or not only_referenced:
            yield from _cases_of(raw, uid, series, mine)
        else:
            for file in series.files:
                raw.skip(file, "images that no mask refers to (only_referenced)")


def _selected(raw: Raw, drawn: list[Instance]) -> list[Instance]:
    """The objects that the about file selects; the others are listed as not used."""
    select = select_from(Collection.of(raw.about))
    results = _analysis_results(raw) if select.analysis_result else {}
    found = []
    for instance in drawn:
        if (taken := select.of(instance, results)) is not None:
            found.append(taken)
        else:
            raw.skip(instance.file, "a mask that `select` in the about file leaves out")
    return found


def _latest(raw: Raw, drawn: list[Instance]) -> list[Instance]:
    select = select_from(Collection.of(raw.about))
    taken, older = select.latest(drawn)
    for one in older:
        raw.skip(one.file, "an older mask of its images (`newest` in the about file)")
    if select.newest and not older and len(taken) > 1:
        raw.note(taken[0].file, "`newest` is asked for, and the masks of its images do not say which of them is: all are kept")
    return taken


def _analysis_results(raw: Raw) -> dict[str, str]:
    """The analysis result of every series, as a table beside the data has it.

    Raises:
        Refused: there is no such table.
    """
    columns = ("SeriesInstanceUID", "analysis_result_id")
    tables = raw.tables(r"[^/]+\.csv", columns)
    if not tables:
        raise Refused(
            f"{Collection.of(raw.about).path}: `select` asks for an analysis result, and no table below RAW says which masks are of which. Put one there "
            f"(CSV) with the columns {' and '.join(columns)}, such as a part of the index that idc-index has."
        )
    return {row[columns[0]]: row[columns[1]] for table in tables for row in table}


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
            f"it must refer to one image series below RAW, or lie on one alone; it refers to: {named}.",
            "Download the images that it was drawn on along with it.",
        ),
    )


def _cases_of(raw: Raw, uid: str, series: Series, drawn: list[Instance]) -> Iterator[Case]:
    """The cases of one series: a stack, or its pictures one by one."""
    header = series.header
    if header.modality not in STACKS + PICTURES:
        for file in series.files:
            raw.skip(file, "an object that is no image of a patient, such as a dose or a slide")
        return
    groups = {uid: DicomSeries(series.files)} if header.modality in STACKS else {}
    if not groups:
        for one in series.instances:
            if one.header.frames == 1 and raw.config == "volumes":
                raw.skip(one.file, "a single picture is no volume")
            else:
                groups[one.header.sop_uid] = DicomPicture((one.file,)) if one.header.frames == 1 else DicomSeries((one.file,))
    for name, image in groups.items():
        mine = [one for one in drawn if len(groups) == 1 or name in (*one.header.refers_to, *one.header.images)]
        yield _case(raw, name, image, series, mine)


def _case(raw: Raw, name: str, image: DicomSeries, series: Series, objects: list[Instance]) -> Case:
    header, index = series.header, indices(Collection.of(raw.about), raw.survey)
    found = [(one, structure) for one in objects for structure in one.header.structures]
    for structure in {structure.name: structure for _, structure in found}.values():
        if structure.name not in index:
            raw.note(structure.name, "a structure for which the about file has no class: it is in `masks` alone")
    drawn = Drawn(tuple(_outline(one, structure, image, index.get(structure.name, 0)) for one, structure in found))
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
            "age": header.age,
        },
        patient_id=header.patient_id or None,
        problem=Problem.of(_not_deidentified(Collection.of(raw.about), series.identity_removed), WHO),
    )


def _outline(drawn: Instance, structure: Structure, image: DicomSeries, to: int) -> Outline:
    part: Labels = (
        RtStructure(drawn.file, structure.number, image, name=structure.name)
        if drawn.header.sop_class in CONTOURS
        else DicomSegment(drawn.file, structure.number, image)
    )
    return Outline(part, structure.name, drawn.header.series_uid, drawn.header.sop_uid, structure.origin, to)


def look_where_said(data: bytes, path: str) -> Header | None:
    """The header of a file, with the PatientID only where it says that nobody can be recognised by it: the survey is remembered."""
    header = dicom_headers.look(data, path)
    return header if header is None or header.identity_removed == "YES" else replace(header, patient_id="")


def look_unless_denied(data: bytes, path: str) -> Header | None:
    """As `look_where_said` where the about file says who removed identities: only a header that denies it loses its PatientID."""
    header = dicom_headers.look(data, path)
    return header if header is None or header.identity_removed != "NO" else replace(header, patient_id="")


def survey_by(about: About) -> SurveyPlan:
    """The survey of headers; what it remembers of patients depends on whether the about file says who removed identities."""
    return SurveyPlan(dicom_headers.files, look_unless_denied if Collection.of(about).deidentified_by else look_where_said, HEAD)


def select_from(about: Collection) -> Select:
    """Which masks the about file selects.

    Raises:
        Refused: it names an algorithm or a kind of object that there is not.
    """
    said = about.select
    select = Select(
        analysis_result=listed(said.analysis_result),
        description=listed(said.description),
        algorithm=tuple(one.lower() for one in listed(said.algorithm)),
        kind=said.object.upper(),
        newest=said.newest,
    )
    if unknown := [one for one in select.algorithm if one not in ALGORITHMS]:
        raise Refused(f"{about.path}: algorithm in select knows {', '.join(ALGORITHMS)}, not {', '.join(unknown)}.")
    if select.kind not in ("", *KINDS):
        raise Refused(f"{about.path}: object in select is {' or '.join(KINDS)}, not {select.kind}.")
    return select


def _not_deidentified(about: Collection, said: set[str]) -> str:
    """What is wrong with objects that do not say that nobody can be recognised by them; empty where all is well."""
    if said == {"YES"} or (about.deidentified_by and "NO" not in said):
        return ""
    return "its header does not say that what identifies the patient was removed (PatientIdentityRemoved = YES)."


def indices(about: Collection, survey: Survey) -> dict[str, int]:
    """The class index of each structure's name: by the about file, else by the names that the survey found."""
    words = words_of(about, survey)
    order = {word: number for number, word in enumerate(dict.fromkeys(words.values()), 1)}
    return {name: order[word] for name, word in words.items()}


def words_of(about: Collection, survey: Survey) -> dict[str, str]:
    """The class of each structure's name, in the order of the classes.

    Raises:
        Refused: `classes` in the about file leaves a name empty.
    """
    stated = about.classes
    if stated is not None:
        if not all(stated.values()):
            raise about.wrong("classes")
        return {name.strip(): word for name, word in stated.items()}
    select = select_from(about)
    taken = [select.of_header(header) for header in survey.values() if isinstance(header, Header)]
    seen = {one.name: slug(one.name) for header in taken if header is not None for one in header.structures}
    return dict(sorted(seen.items(), key=lambda one: (natural(one[1]), natural(one[0]))))


def slug(name: str) -> str:
    """A name in lower snake case."""
    return re.sub(r"\W+", "_", name.lower()).strip("_") or "unnamed"


def edition_from(raw: Raw) -> Edition:
    """The edition that the user's facts and the survey make."""
    collection = Collection.of(raw.about)
    classes = tuple(dict.fromkeys(words_of(collection, raw.survey).values()))
    facts = EditionFacts(
        license=replace(collection.terms, conditions=(POLICY, *collection.terms.conditions)),
        citations=(*collection.citations, *facts_of(__file__).editions[0].citations),
        classes=classes,
    )
    return replace(READING, configs=volume_configs(columns_of(classes), only_slices=("sop_instance_uid", "instance_number"))).edition(facts)


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


READING = Reading(
    landmarks=(r"(?:[^/]+\.(?i:dcm|dicom|ima)|\d+(?:\.\d+){4,})",),
    configs=volume_configs(columns_of(())),
    not_used=(
        (r"[^/]+\.(?:csv|tsv|xlsx?|tcia|txt|json)|LICENSE", "a table or list beside the data"),
        (OTHER_MASKS, "no DICOM: it needs a source of its own"),
    ),
)

SOURCE = source_of(
    __file__,
    READING,
    cases,
    survey=survey_by,
    about_file=Collection,
    from_about=edition_from,
)
