"""A source: its facts, and how a raw tree of it is told and read."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hf_medseg.catalog.about import About
from hf_medseg.catalog.decode import keys
from hf_medseg.catalog.facts import EditionFacts, Facts, PartFacts
from hf_medseg.catalog.loader import read_facts
from hf_medseg.catalog.own import Fit
from hf_medseg.catalog.stated import Stated
from hf_medseg.dataset.columns import VOLUME_COLUMNS, WHOLE_VOLUME_COLUMNS, Column, of_volumes
from hf_medseg.errors import Refused

if TYPE_CHECKING:
    from hf_medseg.case import Case
    from hf_medseg.raw.files import RawFile
    from hf_medseg.raw.tree import Raw


@dataclass(frozen=True, slots=True)
class Config:
    """One table over the raw tree: its own columns, and its classes where they differ from the edition's."""

    name: str = "default"
    columns: Mapping[str, Column] = field(default_factory=dict)
    classes: tuple[str, ...] | None = None
    volumes: bool = False
    description: str = ""


def volume_configs(own: Mapping[str, Column] | None = None, *, only_slices: tuple[str, ...] = ()) -> tuple[Config, Config]:
    """The two configs of a source of volumes: `slices`, the default one, and `volumes`.

    Args:
        own: the source's own columns in `slices`; in `volumes` its pictures are whole volumes.
        only_slices: names of own columns that `volumes` does not have.
    """
    columns = dict(own or {})
    whole = {name: of_volumes(column) for name, column in columns.items() if name not in only_slices}
    without = f" Without {', '.join(f'`{name}`' for name in only_slices)}." if only_slices else ""
    return (
        Config("slices", {**VOLUME_COLUMNS, **columns}, description="One row a slice."),
        Config("volumes", {**WHOLE_VOLUME_COLUMNS, **whole}, volumes=True, description=f"One row a volume.{without}"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How a raw tree of one edition is told, and what its tables are.

    Attributes:
        landmarks: patterns that must all match a file of the raw tree for it to be this edition.
        not_landmarks: patterns of which none may match.
        configs: the tables, the default one first.
        not_used: (pattern, reason) for files that belong to the source and are left alone.
        uncertain: whether label maps of this edition may hold 255, not annotated.
        masks: where an orientation tag turns a picture when it is shown, whether its masks were drawn on that (`upright`) or on the
            stored samples; empty where nobody says.
    """

    landmarks: tuple[str, ...]
    not_landmarks: tuple[str, ...] = ()
    configs: tuple[Config, ...] = (Config(),)
    not_used: tuple[tuple[str, str], ...] = ()
    uncertain: bool = False
    masks: Literal["", "stored", "upright"] = ""

    def config(self, name: str) -> Config:
        """The config of that name; KeyError if there is none."""
        return {config.name: config for config in self.configs}[name]

    def edition(self, facts: EditionFacts) -> Edition:
        """The edition of these facts, read this way."""
        return Edition(**_said(facts), reading=self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition(EditionFacts):
    """An edition's facts, and how a raw tree of it is read.

    Raises:
        Refused: two of its classes have one name, which no reader of the dataset takes.
    """

    reading: Reading

    def __post_init__(self) -> None:
        """Checks the names of the classes, which may be those of files and of what the user wrote."""
        for names in {self.classes_of(config) for config in self.reading.configs}:
            if twice := next((name for k, name in enumerate(names) if name in ("background", *names[:k])), None):
                raise Refused(
                    f"Two classes are called {twice!r}{', as what is no class is' if twice == 'background' else ''}. "
                    "Call one of them otherwise, or take its masks out."
                )

    def classes_of(self, config: Config) -> tuple[str, ...]:
        """Names of the classes of a config's masks without `background`: its own, else the edition's."""
        return self.classes if config.classes is None else config.classes


@dataclass(frozen=True, slots=True, kw_only=True)
class Part(PartFacts):
    """A part's facts with how it is found.

    Attributes:
        landmarks: patterns (see `Raw.find`), of which the first that matches counts; the folder that a match begins in is the part's root.
    """

    landmarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SurveyPlan:
    """A pass over files before planning, run by the workers.

    Attributes:
        files: chooses the files to look at.
        look: looks at one file (its bytes and its path) and returns something small and picklable; runs in a worker.
        head: the first bytes that `look` is given, as a `hf_medseg.raw.files.Head`; it raises `Whole` to be given all. 0 gives all at once.
        mapped: whether `look` also takes a file that is mapped into memory (`mmap.mmap`), for very large ones.
    """

    files: Callable[[Raw], Iterable[RawFile]]
    look: Callable[[Any, str], object]
    head: int = 0
    mapped: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Source(Facts):
    """One upstream dataset: its facts with how it is read.

    Attributes:
        cases: lists the cases of `raw.config` in `raw.edition`; touches no pixels.
        signature: patterns specific enough that one match proves the tree to be this source, whatever the user calls it.
        ids: patterns of what the owner calls single pictures or volumes, specific enough that many names like them prove the source. They
            are looked for anywhere in a path, between anything but letters and digits, in any case; `_` stands for any joint, or none.
        begins: patterns of paths that begin with a folder which says something (a split), where no landmark begins with it: so that RAW
            may be that folder.
        image_mode: the mode that every image has, where the source declares one.
        survey: an optional pass before planning; where what to look at depends on the about file, what makes it from that.
        licenses: what a table of an archive beside the files says of their licenses, after the survey; the strictest decides.
        about_file: the record that the user's about file is read into; its keys are those that the facts explain.
        from_about: of own data: makes the edition of what only the tree knows: `raw.about`, `raw.survey`, `raw.fit`.
        fits: of own data: the ways in which it reads a raw tree by an about file. It opens no picture, and of other files no more than the
            beginning, so that a tree of 50,000 files is told at once. Where it is given, it decides in place of the landmarks.
    """

    editions: tuple[Edition, ...]
    parts: tuple[Part, ...] = ()
    cases: Callable[[Raw], Iterable[Case]]
    signature: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    image_mode: Literal["L", "RGB", ""] = ""
    survey: SurveyPlan | Callable[[About], SurveyPlan] | None = None
    licenses: Callable[[Raw], tuple[Stated, ...]] | None = None
    about_file: type[About] = About
    from_about: Callable[[Raw], Edition] | None = None
    fits: Callable[[Raw, About], Sequence[Fit]] | None = None

    def __repr__(self) -> str:
        """Id, title and tiers; its fields have the rest."""
        return f"{self.id}: {self.title} ({', '.join(self.tiers)})"

    @property
    def own(self) -> bool:
        """Whether its files are the user's own, and nobody else has them."""
        return self.from_about is not None and self.access.mode == "none"


@cache
def facts_of(file: str) -> Facts:
    """The facts that lie beside a source's `source.py`; `file` is its `__file__`."""
    return read_facts(Path(file).parent)


def source_of(
    file: str,
    reading: Reading | Mapping[str, Reading],
    cases: Callable[[Raw], Iterable[Case]],
    *,
    parts: Mapping[str, tuple[str, ...]] | None = None,
    about_file: type[About] = About,
    **told: Any,
) -> Source:
    """The source in the folder of `file`.

    Args:
        file: `__file__` of its `source.py`.
        reading: how its only edition is read, or each edition by name.
        cases: see `Source`.
        parts: the landmarks of each part by name, where there are several.
        about_file: see `Source`.
        told: what else `Source` has: `signature`, `ids`, `begins`, `image_mode`, `survey`, `licenses`, `from_about`, `fits`.

    Raises:
        Refused: the facts are wrong, patterns are no tuple, or editions, parts or keys of the about file are not those that the facts name.
    """
    facts = facts_of(file)
    readings = {"": reading} if isinstance(reading, Reading) else reading
    known = [field.name for field in dataclasses.fields(Source)]
    if strange := next((name for name in told if name not in known), ""):
        near = difflib.get_close_matches(strange, known, 1)
        hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known)}."
        raise Refused(f"{Path(file).parent.name}: source.py says {strange!r}, which no source has; {hint}")
    for one in readings.values():
        _listed(file, landmarks=one.landmarks, not_landmarks=one.not_landmarks)
    _listed(file, **(parts or {}), **{name: told[name] for name in ("signature", "ids", "begins") if name in told})
    if facts.own_data != ("from_about" in told):
        raise Refused(f"{Path(file).parent.name}: facts.toml says own_data = true if, and only if, source.py gives from_about.")
    _same(file, "editions", readings, [edition.name for edition in facts.editions])
    _same(file, "parts", parts or {}, [part.name for part in facts.parts])
    _same(file, "keys of the about file", keys(about_file), list(facts.about))
    return Source(
        **_said(facts, "editions", "parts"),
        editions=tuple(readings[one.name].edition(one) for one in facts.editions),
        parts=tuple(Part(**_said(one), landmarks=(parts or {})[one.name]) for one in facts.parts),
        cases=cases,
        about_file=about_file,
        **told,
    )


def _said(record: Any, *but: str) -> dict[str, Any]:
    return {field.name: getattr(record, field.name) for field in dataclasses.fields(record) if field.name not in but}


def _listed(file: str, **patterns: Any) -> None:
    """Refuses patterns that are no tuple: one text alone, for want of a comma, would be taken letter by letter."""
    for name, given in patterns.items():
        if not isinstance(given, tuple) or not all(isinstance(one, str) for one in given):
            raise Refused(f"{Path(file).parent.name}: source.py: {name} must be a tuple of texts, such as ({given!r},).")


def _same(file: str, what: str, read: Iterable[str], named: list[str]) -> None:
    if sorted(read) != sorted(named):
        here, there = (", ".join(name or "the only one" for name in names) or "none" for names in (read, named))
        raise Refused(f"{Path(file).parent.name}: source.py reads the {what} {here}; facts.toml names {there}.")
