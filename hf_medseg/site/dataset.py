"""The page of one converted dataset: what it shows, and what it leaves out because the license asks for that."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hf_medseg.catalog import lookup
from hf_medseg.catalog.facts import Facts
from hf_medseg.catalog.licenses import License
from hf_medseg.catalog.stated import Stated, under
from hf_medseg.dataset.finished import finished
from hf_medseg.dataset.folder import CARD, Output
from hf_medseg.dataset.report import Section as ReportSection
from hf_medseg.dataset.report import SplitSection
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import MedsegError, Refused
from hf_medseg.preview.overlay import colour_of
from hf_medseg.progress import Tell
from hf_medseg.site.pictures import View, write_views
from hf_medseg.site.plots import Histogram, plots_of
from hf_medseg.statistics.collect import stats
from hf_medseg.statistics.record import SplitStatistics

_BIBTEX = re.compile(r"^```bibtex\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_TERMS = re.compile(r"^## License\n\n(.*?)(?=^## |\Z)", re.DOTALL | re.MULTILINE)
_SIZES = 12
_UNNAMED = "not annotated"


@dataclass(frozen=True)
class ClassShare:
    """How much of a class there is: its part of all pixels with a mask, and in how many rows it occurs."""

    index: int
    name: str
    share: float
    pixels: int
    rows: int


@dataclass(frozen=True)
class Split:
    """How large a split is."""

    name: str
    rows: int
    with_mask: int
    classes: tuple[ClassShare, ...]


@dataclass(frozen=True)
class Section:
    """A config of a dataset, as its part of the page tells it.

    Attributes:
        measured: what `stats` finds in each split; none where a picture cannot be decoded.
        told: its part of `report.json`.
    """

    name: str
    legend: tuple[tuple[int, str], ...]
    splits: tuple[Split, ...]
    whole: Split
    measured: tuple[SplitStatistics, ...]
    views: tuple[View, ...]
    told: ReportSection

    @property
    def plots(self) -> list[tuple[str, Histogram]]:
        """Spacings and intensities, split by split."""
        return [(one.part, plot) for one in self.measured for plot in plots_of(one)]

    @property
    def sizes(self) -> list[tuple[str, int]]:
        """The commonest sizes of all splits, `width x height`, and how many rows have them."""
        found: Counter[str] = Counter()
        for one in self.measured:
            found.update({f"{width} x {height}": rows for (width, height), rows in one.sizes})
        return found.most_common(_SIZES)

    @property
    def not_used(self) -> dict[str, int]:
        """Files that no row uses, by reason."""
        found: dict[str, int] = {}
        for one in self.told["not_used"]:
            found[one["reason"]] = found.get(one["reason"], 0) + one["files"]
        return found


@dataclass(frozen=True)
class Page:
    """A dataset, as its page tells it.

    Attributes:
        name: of its file and its folder of pictures.
        terms: of data whose facts come with them: what the card says of the license, with the conditions that its owner stated.
        fault: why its pictures could not be measured.
        pictures: whether its pictures, and the names of its rows and files, are on the page.
    """

    name: str
    title: str
    label: str
    facts: Facts | None
    license: License
    terms: str
    citations: tuple[str, ...]
    sections: tuple[Section, ...]
    fault: str
    pictures: bool

    @property
    def rows(self) -> int:
        """Rows of all configs."""
        return sum(section.whole.rows for section in self.sections)

    @property
    def thumb(self) -> str:
        """The file of a small overlay, empty where there is none."""
        return next((view.thumb for section in self.sections for view in section.views if view.thumb), "")


def page_of(target: Output, name: str, license: License | None, count: int, folder: Path, progress: Tell | bool) -> Page:
    """Reads a dataset for its page, and writes its pictures.

    Args:
        target: an output folder with shards.
        name: of its file and its folder of pictures.
        license: what the license gate found, where it was asked.
        count: how many rows or volumes are shown; 0 writes no pictures.
        folder: where the pictures go.
        progress: told how far the measuring is.

    Raises:
        Refused: it is no finished conversion.
    """
    report = target.report()
    first = finished(target.root).shards[0].identity
    facts = lookup.facts().get(first.source)
    facts = None if facts is not None and facts.own_data else facts
    edition = next((one for one in facts.editions if one.name == first.edition), None) if facts else None
    edition = under(edition, Stated.from_report(report)) if edition else None
    card = _card(target.root / CARD)
    views = list(write_views(target, count, folder)) if count else []
    measured, fault = _measured(target.root, progress)
    sections = [
        _section(
            config,
            told,
            tuple(one for one in measured if one.config == config),
            tuple(view for view in views if view.row.config == config),
        )
        for config, told in report["configs"].items()
    ]
    stated = License(first.license or "unknown", card.name or first.license, "", _tier(first.tier), ())
    return Page(
        name,
        card.title or (facts.title if facts else first.source),
        " ".join(filter(None, (first.source, first.edition))),
        facts,
        license or (edition.license if edition else stated),
        "" if edition else card.terms,
        edition.citations if edition else card.citations,
        tuple(sections),
        fault,
        bool(count),
    )


def _measured(out: Path, progress: Tell | bool) -> tuple[tuple[SplitStatistics, ...], str]:
    """What `stats` finds, and why not where a picture cannot be decoded: the rest of the page stands without."""
    try:
        return stats(out, progress=progress).splits, ""
    except Refused:
        raise
    except MedsegError as error:
        return (), str(error)


def _tier(told: str) -> Any:
    return told if told in ("open", "noncommercial", "restricted") else "unknown"


@dataclass(frozen=True)
class _Card:
    title: str = ""
    name: str = ""
    terms: str = ""
    citations: tuple[str, ...] = ()


def _card(path: Path) -> _Card:
    """What a dataset's card says that the catalog may not know: its title, its license with its conditions, and whom to cite."""
    from huggingface_hub import metadata_load

    try:
        text = path.read_text(encoding="utf-8")
        metadata = metadata_load(path) or {}
    except Exception:  # the parser's errors are many; the catalog and the shards say the rest
        return _Card()
    citations = tuple(one.strip() for one in _BIBTEX.findall(text))
    terms = "".join(_TERMS.findall(text)[:1]).strip()
    return _Card(str(metadata.get("pretty_name") or ""), str(metadata.get("license_name") or ""), terms, citations)


def _section(config: str, told: ReportSection, measured: tuple[SplitStatistics, ...], views: tuple[View, ...]) -> Section:
    names = told["classes"]
    legend = [(index, name) for index, name in enumerate(names) if index]
    if any(_UNNAMED in split["pixels"] for split in told["splits"].values()):
        legend.append((NOT_ANNOTATED, _UNNAMED))
    splits = [Split(name, one["rows"], one["rows_with_mask"], _shares(names, [one])) for name, one in told["splits"].items()]
    found = list(told["splits"].values())
    whole = Split("all", sum(one.rows for one in splits), sum(one.with_mask for one in splits), _shares(names, found))
    return Section(config, tuple(legend), tuple(splits), whole, measured, views, told)


def _shares(names: Sequence[str], splits: Sequence[SplitSection]) -> tuple[ClassShare, ...]:
    """Every class in order, those too that do not occur; what is not annotated last."""
    pixels = {name: sum(split["pixels"].get(name, 0) for split in splits) for name in (*names, _UNNAMED)}
    rows = {name: sum(split["rows_per_class"].get(name, 0) for split in splits) for name in (*names, _UNNAMED)}
    total = sum(pixels.values())
    shares = [ClassShare(k, name, pixels[name] / (total or 1), pixels[name], rows[name]) for k, name in enumerate(names)]
    if pixels[_UNNAMED]:
        shares.append(ClassShare(NOT_ANNOTATED, _UNNAMED, pixels[_UNNAMED] / total, pixels[_UNNAMED], rows[_UNNAMED]))
    return tuple(shares) if total else ()


def hex_colour(index: int) -> str:
    """The colour of a class as a style sheet writes it; the background has none."""
    return "#{:02x}{:02x}{:02x}".format(*colour_of(index)) if index else "transparent"
