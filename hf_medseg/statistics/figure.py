"""The picture of statistics: one page that shows what is in datasets."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import MissingExtra
from hf_medseg.statistics.record import GRID, ClassStatistics, Intensities, SplitStatistics, Spread, Statistics
from hf_medseg.words import counted

_INK, _SOFT, _BED = "#191c21", "#646a73", "#eceef1"
_COLOURS = ("#0f7b8a", "#e0643c", "#6b5bb5", "#d9a21b", "#3a8f4d", "#c24a83", "#4a79c9", "#8a6d4b")
_CHANNELS = {"red": "#d6453d", "green": "#3a9a4d", "blue": "#3f6fd1"}
_CLASSES, _MAPS, _BARS, _FEW = 12, 8, 10, 3
_NAME = 24  # letters


def needed() -> None:
    """Makes sure that what draws is installed.

    Raises:
        MissingExtra: it is not.
    """
    try:
        import matplotlib.figure  # noqa: F401
    except ImportError as error:
        raise MissingExtra("matplotlib", "stats") from error


def draw(found: Statistics, path: str | os.PathLike[str]) -> None:
    """Draws statistics: rows, sizes, foreground, intensities, classes, which of them occur together, and where they lie.

    Args:
        found: what `stats` returned.
        path: the picture to write, a PNG.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    needed()
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        classes = _classes(found.splits)
        shown = [one for one in classes if one.rows][:_CLASSES]
        few = len(shown) <= _FEW
        by_few = (1.0, 0.95) if shown else (1.0,)
        heights = by_few if few else (1.05, 1.15, 0.85)
        figure = Figure(figsize=(16, 4.15 * len(heights) + 0.4), dpi=120, facecolor="white", layout="constrained")
        figure.suptitle(_title(found.splits), x=0.012, ha="left", fontsize=21, fontweight="bold", color=_INK)
        bands = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False, hspace=0.04).ravel()
        rows, sizes, foreground, intensities = bands[0].subplots(1, 4)
        _draw_rows(rows, found.splits)
        _draw_sizes(sizes, found.splits)
        _draw_foreground(foreground, found.splits)
        _draw_intensities(intensities, found.splits)
        if shown:
            numbers, maps = bands[1].subfigures(1, 2, width_ratios=(3, 1 + len(shown))) if few else bands[1:3]
            both = len(shown) > 1
            cells = numbers.subplots(1, 3 if both else 2)
            _draw_balance(cells[0], shown, sum(one.pixels for split in found.splits for one in split.classes))
            _draw_present(cells[1], shown, sum(split.rows_with_mask for split in found.splits))
            if both:
                _draw_together(cells[2], shown, _together(found.splits, [one.name for one in shown]))
            _draw_maps(maps, shown[:_MAPS])
        figure.savefig(path, format="png")


_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 10.5,
    "axes.titlesize": 13,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlecolor": _INK,
    "axes.titlepad": 10,
    "axes.labelcolor": _SOFT,
    "axes.edgecolor": "#c9cdd3",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "grid.color": _BED,
    "xtick.color": _SOFT,
    "ytick.color": _SOFT,
    "legend.frameon": False,
    "legend.labelcolor": _INK,
}


def _title(splits: Sequence[SplitStatistics]) -> str:
    names = list(dict.fromkeys(split.name for split in splits))
    told = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    return f"{told}: {counted(sum(split.rows for split in splits), 'row')}"


def _short(name: str) -> str:
    return name if len(name) <= _NAME else f"{name[: _NAME - 1]}…"


def _label(split: SplitStatistics, splits: Sequence[SplitStatistics]) -> str:
    several = len({one.name for one in splits}) > 1
    return _short(f"{split.name} {split.split}" if several else split.split)


def _classes(splits: Sequence[SplitStatistics]) -> list[ClassStatistics]:
    """Structures of all splits, of one name together; the commonest first."""
    by_name: dict[str, list[tuple[ClassStatistics, int]]] = {}
    for split in splits:
        for one in split.classes[1:]:
            by_name.setdefault(one.name, []).append((one, split.rows_with_mask))
    joined = [_joined(name, some) for name, some in by_name.items()]
    return sorted(joined, key=lambda one: (-one.rows, -one.pixels))


def _joined(name: str, some: Sequence[tuple[ClassStatistics, int]]) -> ClassStatistics:
    rows = max(1, sum(count for _, count in some))
    centroids = sum((np.array(one.centroids) for one, _ in some), np.zeros((GRID, GRID), int))
    coverage = sum((np.array(one.coverage) * count for one, count in some), np.zeros((GRID, GRID))) / rows
    return ClassStatistics(
        name,
        sum(one.rows for one, _ in some),
        sum(one.pixels for one, _ in some),
        None,
        tuple(map(tuple, centroids.tolist())),
        tuple(map(tuple, coverage.tolist())),
    )


def _together(splits: Sequence[SplitStatistics], names: Sequence[str]) -> NDArray[np.int64]:
    found = np.zeros((len(names), len(names)), np.int64)
    for split in splits:
        places = [(names.index(one.name), number) for number, one in enumerate(split.classes) if one.name in names]
        for mine, here in places:
            for other, there in places:
                found[mine, other] += split.together[here][there]
    return found


def _draw_rows(axes: Any, splits: Sequence[SplitStatistics]) -> None:
    axes.set_title("Rows")
    shown = splits[:_BARS]
    for number, split in enumerate(shown):
        full = split.rows_with_mask - split.rows_empty
        left = 0
        for count, colour in ((full, _COLOURS[0]), (split.rows_empty, "#8fc3ca"), (split.rows - split.rows_with_mask, "#c9cdd3")):
            axes.barh(number, count, left=left, color=colour, height=0.62)
            left += count
        axes.text(split.rows, number, f" {split.rows:,}", va="center", color=_INK, fontsize=10)
    axes.set_yticks(range(len(shown)), [_label(split, splits) for split in shown])
    axes.set_ylim(max(len(shown), 3) - 0.4, -0.6)
    axes.margins(x=0.16)
    axes.grid(visible=False, axis="y")
    kinds = (("foreground", _COLOURS[0]), ("empty mask", "#8fc3ca"), ("no mask", "#c9cdd3"))
    _legend(axes, kinds, loc="lower center", bbox_to_anchor=(0.4, -0.32), ncols=3)


def _legend(axes: Any, entries: Sequence[tuple[str, str]], **where: Any) -> None:
    from matplotlib.patches import Patch

    options = {"fontsize": 9, "handlelength": 1, "handleheight": 1, "columnspacing": 1, **where}
    axes.legend(handles=[Patch(color=colour, label=name) for name, colour in entries], **options)


def _by_name(splits: Sequence[SplitStatistics]) -> dict[str, list[SplitStatistics]]:
    found: dict[str, list[SplitStatistics]] = {}
    for split in splits:
        found.setdefault(split.name, []).append(split)
    return dict(list(found.items())[: len(_COLOURS)])


def _draw_sizes(axes: Any, splits: Sequence[SplitStatistics]) -> None:
    axes.set_title("Sizes, pixels")
    for (name, some), colour in zip(_by_name(splits).items(), _COLOURS, strict=False):
        sizes = [size for split in some for size in split.sizes]
        most = max(count for _, count in sizes)
        area = [40 + 360 * count / most for _, count in sizes]
        axes.scatter(*zip(*(size for size, _ in sizes), strict=True), s=area, color=colour, alpha=0.65, lw=0, label=_short(name))
    low, high = axes.get_xlim()[0], max(axes.get_xlim()[1], axes.get_ylim()[1])
    axes.axline((0, 0), slope=1, color="#c9cdd3", lw=1, ls=(0, (4, 4)), zorder=0)
    edge = max(high, 2.0) * 1.1
    axes.set(xlim=(min(low, 0), edge), ylim=(0, edge), xlabel="width", ylabel="height")
    _named(axes, splits)


def _named(axes: Any, splits: Sequence[SplitStatistics]) -> None:
    names = _by_name(splits)
    if len(names) > 1:
        _legend(axes, [(_short(name), colour) for name, colour in zip(names, _COLOURS, strict=False)], loc="best")


def _draw_foreground(axes: Any, splits: Sequence[SplitStatistics]) -> None:
    axes.set_title("Foreground of a row")
    edges = np.linspace(0, 1, 41)
    top = max((split.foreground.most for split in splits if split.foreground), default=1.0)
    edges = edges * (min(1.0, top * 1.05) or 1.0)
    for (_, some), colour in zip(_by_name(splits).items(), _COLOURS, strict=False):
        spreads = [split.foreground for split in some if split.foreground]
        if not spreads:
            continue
        counts = _binned(spreads, edges)
        axes.stairs(counts / counts.sum(), edges, color=colour, fill=True, alpha=0.55)
        axes.stairs(counts / counts.sum(), edges, color=colour, lw=1.4)
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    axes.yaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    axes.set(xlabel="of its pixels", ylabel="of the rows with a mask")
    _named(axes, splits)


def _binned(spreads: Sequence[Spread], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    values, counts = zip(*(pair for spread in spreads for pair in spread.histogram), strict=True)
    return np.histogram(values, edges, weights=counts)[0] + 0.0


def _draw_intensities(axes: Any, splits: Sequence[SplitStatistics]) -> None:
    axes.set_title("Intensities")
    first = next(iter(splits[0].intensities), "")
    alone = len(_by_name(splits)) == 1
    for (_, some), colour in zip(_by_name(splits).items(), _COLOURS, strict=False):
        channels = dict.fromkeys(name for split in some for name in split.intensities)
        chosen = list(channels)[: len(_COLOURS)] if alone else list(channels)[:3]
        for number, channel in enumerate(chosen):
            told = [split.intensities[channel] for split in some if channel in split.intensities]
            centres, share = _curve(told)
            shade = _CHANNELS.get(channel.rpartition(" ")[2], _COLOURS[number]) if alone else colour
            axes.plot(centres, share, color=shade, lw=1.5, label=channel)
            axes.fill_between(centres, share, color=shade, alpha=0.12, lw=0)
    # Frames and black ground stand far above all else: what they hide is what one looks for.
    peaks = sorted(float(value) for line in axes.lines for value in line.get_ydata())
    axes.set_ylim(0, min(1.05 * peaks[-1], 2.5 * peaks[int(0.97 * (len(peaks) - 1))]) or 1)
    axes.set_yticks([])
    axes.set_xlabel("value of a sample")
    if alone and first:
        axes.legend(fontsize=9, handlelength=1)
    _named(axes, splits)


def _curve(told: Sequence[Intensities]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where bins lie and how dense samples are in them, on a root scale: else black ground hides the rest."""
    begin = min(one.begin for one in told)
    end = max(one.begin + one.width * len(one.counts) for one in told)
    edges = np.linspace(begin, end, min(129, max(9, round((end - begin) / max(one.width for one in told)) + 1)))
    total = np.zeros(len(edges) - 1)
    for one in told:
        places = one.begin + one.width * (np.arange(len(one.counts)) + 0.5)
        total += np.histogram(places, edges, weights=one.counts)[0]
    return (edges[1:] + edges[:-1]) / 2, np.sqrt(total / total.sum())


def _draw_balance(axes: Any, classes: Sequence[ClassStatistics], total: int) -> None:
    axes.set_title("Part of all pixels")
    shares = [one.pixels / max(1, total) for one in classes]
    _bars(axes, classes, shares)
    if len(shares) > 1 and min(shares) > 0 and max(shares) / min(shares) > 30:
        axes.set_xscale("log")


def _draw_present(axes: Any, classes: Sequence[ClassStatistics], rows: int) -> None:
    axes.set_title("Part of rows")
    _bars(axes, classes, [one.rows / max(1, rows) for one in classes])
    axes.set_xlim(0, 1.18)


def _bars(axes: Any, classes: Sequence[ClassStatistics], shares: Sequence[float]) -> None:
    for number, share in enumerate(shares):
        axes.barh(number, share, color=_COLOURS[number % len(_COLOURS)], height=0.62)
        axes.text(share, number, f" {100 * share:.3g} %", va="center", color=_INK, fontsize=10)
    axes.set_yticks(range(len(classes)), [_short(one.name) for one in classes])
    axes.set_ylim(max(len(classes), 4) - 0.4, -0.6)
    axes.margins(x=0.2)
    axes.xaxis.set_major_formatter(lambda value, _: f"{100 * value:g} %")
    axes.grid(visible=False, axis="y")


def _draw_together(axes: Any, classes: Sequence[ClassStatistics], together: NDArray[np.int64]) -> None:
    axes.set_title("Occur together, %")
    share = together / np.maximum(1, together.diagonal())[:, None]
    axes.imshow(share, cmap="GnBu", vmin=0, vmax=1, aspect="auto")
    names = [_short(one.name) for one in classes]
    axes.set_xticks(range(len(names)), names, rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(names)), names)
    axes.grid(visible=False)
    for i, j in np.ndindex(share.shape):
        axes.text(j, i, f"{100 * share[i, j]:.0f}", ha="center", va="center", fontsize=9, color="white" if share[i, j] > 0.6 else _INK)


def _draw_maps(band: Any, classes: Sequence[ClassStatistics]) -> None:
    cells = np.atleast_1d(band.subplots(1, len(classes)))
    for axes, one in zip(cells, classes, strict=False):
        coverage, centroids = np.array(one.coverage), np.array(one.centroids)
        axes.imshow(coverage, cmap="magma", vmin=0, vmax=coverage.max() or 1, interpolation="bilinear", extent=(0, GRID, GRID, 0))
        down, across = np.nonzero(centroids)
        weight = centroids[down, across] / centroids.max()
        axes.scatter(across + 0.5, down + 0.5, s=6 + 40 * weight, color="#4de1ff", alpha=0.8, lw=0)
        axes.set(xticks=[], yticks=[], xlim=(0, GRID), ylim=(GRID, 0))
        axes.set_title(f"Where: {_short(one.name)}", fontsize=12)
        axes.set_xlabel(f"covered in up to {100 * coverage.max():.3g} %, centres blue", fontsize=9)
        axes.grid(visible=False)
