"""What a dataset shows when one looks at it before training: plain numbers, for programs, pages and pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from hf_medseg.words import counted

GRID = 32
"""Cells on each side of the grid that positions are told on."""


@dataclass(frozen=True, slots=True)
class Spread:
    """How many numbers are spread; they are kept to four digits.

    Attributes:
        count: how many numbers there are.
        histogram: (value, how often), ascending, at most 64: where there are more, neighbours are told together by the least.
    """

    count: int
    mean: float
    least: float
    quarter: float
    median: float
    three_quarters: float
    most: float
    histogram: tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True)
class Intensities:
    """How samples of one channel are spread, in physical values where rows say how to get them (Hounsfield units for CT).

    Attributes:
        begin: where the first bin begins.
        width: of every bin; a power of two.
        counts: samples in each bin.
        mean: of all samples.
        deviation: their standard deviation.
    """

    begin: float
    width: float
    counts: tuple[int, ...]
    mean: float
    deviation: float


@dataclass(frozen=True, slots=True)
class ClassStatistics:
    """One class of the masks.

    Attributes:
        name: of the class.
        rows: rows with a mask in which it occurs.
        pixels: of all masks.
        fraction: of its row's pixels, over the rows in which it occurs; None where it never does.
        centroids: (GRID, GRID) rows by the cell in which the centre of its pixels lies, top row first; pictures are stretched to a square.
        coverage: (GRID, GRID) mean part of each cell that it covers, over the rows with a mask.
    """

    name: str
    rows: int
    pixels: int
    fraction: Spread | None
    centroids: tuple[tuple[int, ...], ...]
    coverage: tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True)
class SplitStatistics:
    """One split of one table of one converted dataset.

    Attributes:
        source: its id.
        edition: empty where there is only one.
        config: the table.
        split: the split.
        origin: of a derived dataset the source that these rows come from, with its edition; empty in all others.
        rows: how many there are.
        rows_with_mask: of these.
        rows_empty: rows whose mask shows no structure.
        patients: how many the rows name; 0 where they name none.
        volumes: how many the rows are cut from, or are.
        widths: pixels.
        heights: pixels.
        sizes: ((width, height), rows) of the commonest sizes, at most 12.
        spacings: mm, of `row`, `column` and `slice`, as far as rows say them.
        intensities: by image column, with its channel where it has several (`image red`).
        foreground: fraction of each row's pixels that show a structure, over the rows with a mask; None without masks.
        not_annotated: pixels of masks that nobody annotated.
        classes: in the order of their indices, `background` first.
        together: [i][j] rows in which the classes i and j both occur.
    """

    source: str
    edition: str
    config: str
    split: str
    origin: str
    rows: int
    rows_with_mask: int
    rows_empty: int
    patients: int
    volumes: int
    widths: Spread
    heights: Spread
    sizes: tuple[tuple[tuple[int, int], int], ...]
    spacings: Mapping[str, Spread]
    intensities: Mapping[str, Intensities]
    foreground: Spread | None
    not_annotated: int
    classes: tuple[ClassStatistics, ...]
    together: tuple[tuple[int, ...], ...]

    @property
    def name(self) -> str:
        """Source, edition and config, and where its rows come from if it is derived."""
        own = " ".join(filter(None, (self.source, self.edition, self.config if self.config != "default" else "")))
        return f"{own}: {self.origin}" if self.origin else own

    @property
    def part(self) -> str:
        """The split, and where its rows come from if it is derived."""
        return f"{self.split}, {self.origin}" if self.origin else self.split


@dataclass(frozen=True, slots=True, repr=False)
class Statistics:
    """What `stats` found; prints as a line for every split.

    Attributes:
        splits: every split of every table, in the order of the datasets given.
    """

    splits: tuple[SplitStatistics, ...]

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return asdict(self)

    def __repr__(self) -> str:
        """A line for every split."""
        return "\n".join(f"{one.name} / {one.split}: {counted(one.rows, 'row')}, {one.rows_with_mask:,} with mask" for one in self.splits)
