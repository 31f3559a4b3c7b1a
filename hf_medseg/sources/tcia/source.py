"""TCIA: any downloaded collection of The Cancer Imaging Archive, told by its DICOM headers alone; facts come from an about file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from fnmatch import translate

from hf_medseg.case import Case
from hf_medseg.catalog.about import About, OwnData, listed
from hf_medseg.catalog.facts import EditionFacts
from hf_medseg.catalog.source import Edition, SurveyPlan, facts_of, source_of
from hf_medseg.catalog.stated import Stated
from hf_medseg.errors import Refused
from hf_medseg.formats.dicom_header import Header
from hf_medseg.masks.dicom_select import ALGORITHMS, KINDS, Select
from hf_medseg.raw.order import natural
from hf_medseg.raw.tree import Raw, Survey
from hf_medseg.sources.collections import POLICY, Collection, reading_of, survey_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Selecting:
    """What `select` in the about file says, see `Select`."""

    analysis_result: tuple[str, ...] | str = ()
    description: tuple[str, ...] | str = ()
    algorithm: tuple[str, ...] | str = ()
    object: str = ""
    newest: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared(OwnData):
    """What only the user knows of a collection.

    Attributes:
        collection: its name.
        deidentified_by: who took out what identifies the patients.
        classes: name of a structure, or pattern of names, to name of its class, in the order of the classes.
        exceptions: the same for single patients, by PatientID.
        ignore: names, or patterns, of structures that are known to have no class.
        paint: classes that are painted before all others, in this order.
        splits: pattern of PatientIDs to the split of these patients.
        select: which masks are used.
        only_referenced: whether images that no mask refers to are left out.
    """

    collection: str = ""
    deidentified_by: str = ""
    classes: Mapping[str, str] | None = None
    exceptions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    ignore: tuple[str, ...] | str = ()
    paint: tuple[str, ...] | str = ()
    splits: Mapping[str, str] = field(default_factory=dict)
    select: Selecting = Selecting()
    only_referenced: bool = False

    @property
    def name(self) -> str:
        """The title, or the collection's name."""
        return self.title or self.collection


def cases(raw: Raw) -> Iterator[Case]:
    """One case an image series, with every structure of every selected SEG and RTSTRUCT that was drawn on it."""
    return collection_from(raw).cases(raw)


def collection_from(raw: Raw) -> Collection:
    """The collection as the about file declares it; what it does not say of classes, the survey tells.

    Raises:
        Refused: the about file contradicts itself.
    """
    about = Declared.of(raw.about)
    select, names = select_from(about), words_of(about, raw.survey)
    classes = tuple(dict.fromkeys((*names.values(), *(word for some in about.exceptions.values() for word in some.values()))))
    if wrong := [split for split in about.splits.values() if not re.fullmatch(r"\w+", split)]:
        raise Refused(f"{about.path}: splits gives {', '.join(wrong)}; a split is one word, such as train, validation or test.")
    if unknown := [word for word in listed(about.paint) if word not in classes]:
        raise Refused(f"{about.path}: paint names {', '.join(unknown)}; the classes are {', '.join(classes)}.")
    return Collection(
        classes=classes,
        names=names,
        exceptions=about.exceptions,
        ignore=listed(about.ignore),
        paint=listed(about.paint),
        splits={translate(pattern): split for pattern, split in about.splits.items()},
        select=select,
        results=_analysis_results(raw, about.path) if select.analysis_result else {},
        only_referenced=about.only_referenced,
        deidentified_by=about.deidentified_by,
    )


def _analysis_results(raw: Raw, path: str) -> dict[str, str]:
    """The analysis result of every series, as a table beside the data has it.

    Raises:
        Refused: there is no such table.
    """
    columns = ("SeriesInstanceUID", "analysis_result_id")
    tables = raw.tables(r"[^/]+\.csv", columns)
    if not tables:
        raise Refused(
            f"{path}: `select` asks for an analysis result, and no table below RAW says which masks are of which. Put one there "
            f"(CSV) with the columns {' and '.join(columns)}, such as a part of the index that idc-index has."
        )
    return {row[columns[0]]: row[columns[1]] for table in tables for row in table}


def survey_by(about: About) -> SurveyPlan:
    """The survey of headers, see `survey_of`."""
    return survey_of(Declared.of(about).deidentified_by)


def select_from(about: Declared) -> Select:
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


def words_of(about: Declared, survey: Survey) -> dict[str, str]:
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
    about, declared = Declared.of(raw.about), collection_from(raw)
    facts = EditionFacts(
        license=replace(about.terms, conditions=(POLICY, *about.terms.conditions)),
        citations=(*about.citations, *facts_of(__file__).editions[0].citations),
        classes=declared.classes,
    )
    return reading_of(declared.classes).edition(facts)


def licenses(raw: Raw) -> tuple[Stated, ...]:
    """See `Collection.licenses`."""
    return collection_from(raw).licenses(raw)


SOURCE = source_of(
    __file__,
    reading_of(()),
    cases,
    survey=survey_by,
    about_file=Declared,
    licenses=licenses,
    from_about=edition_from,
)
