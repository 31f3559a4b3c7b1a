"""The picture of statistics: one page that shows what is in datasets."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import MissingExtra
from hf_medseg.statistics.record import GRID, ClassStatistics, Intensities, SplitStatistics, Spread, Statistics
from hf_medseg.words import counted

_INK, _SOFT, _BED, _PLAIN = "#191c21", "#565c65", "#eceef1", "#5b6b7f"
# Told apart by people who see few colours too (Okabe and Ito), the palest last.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#4d4d4d", "#56b4e9", "#8a6d00", "#e69f00")
_LINES = ("-", (0, (5, 2)), (0, (1, 1.2)), (0, (6, 2, 1, 2)))
_CHANNELS = {"red": "#d55e00", "green": "#009e73", "blue": "#0072b2"}
_KINDS = (("foreground", 1.0), ("empty mask", 0.5), ("no mask", 0.2))
"""What rows show, and how strongly their bar is drawn."""
_CLASSES, _MAPS, _BARS, _FEW = 10, 7, 8, 3
_NAME = 22  # letters
_SLIDE = (16.0, 9.0)  # inches, at 120 pixels each


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
        classes = [one for one in _classes(found.splits) if one.rows]
        shown = classes[:_CLASSES]
        few = len(shown) <= _FEW
        heights = (0.2, 1.0) if not shown else (0.17, 1.0, 1.0) if few else (0.22, 1.0, 1.0, 0.95)
        figure = Figure(figsize=_SLIDE if shown else (_SLIDE[0], 5.0), dpi=120, facecolor="white", layout="constrained")
        header, first, *more = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False, hspace=0.03).ravel()
        _draw_header(header, found.splits)
        drawers = (_draw_rows, _draw_sizes, *((_draw_foreground,) if shown else ()), _draw_intensities)
        for axes, drawer in zip(first.subplots(1, len(drawers)), drawers, strict=True):
            drawer(axes, found.splits)
        if shown:
            _draw_classes(more, found.splits, shown, len(classes))
        figure.savefig(path, format="png")


def _draw_classes(bands: list[Any], splits: Sequence[SplitStatistics], shown: Sequence[ClassStatistics], there: int) -> None:
    """How much there is of each class, with which others, and where; side by side if there are few."""
    few, both = len(shown) <= _FEW, len(shown) > 1
    numbers, maps = bands[0].subfigures(1, 2, width_ratios=(3 if both else 2, len(shown))) if few else bands
    cells = numbers.subplots(1, 3 if both else 2)
    some = f" ({len(shown)} of {there} classes)" if there > len(shown) else ""
    _draw_balance(cells[0], splits, shown, some)
    _draw_present(cells[1], splits, shown)
    if both:
        _draw_together(cells[2], shown, _together(splits, [one.name for one in shown]))
        # Names once, and numbers in what stands beside them.
        cells[0].set_yticks(range(len(shown)), [f"{_short(one.name)}  {number}" for number, one in enumerate(shown, 1)])
        for axes in cells[1:]:
            axes.set_yticks(range(len(shown)), range(1, len(shown) + 1))
        cells[2].set_xticks(range(len(shown)), range(1, len(shown) + 1))
    _draw_maps(maps, shown[:_MAPS])


_STYLE: Any = {
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "axes.titlesize": 15,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlecolor": _INK,
    "axes.titlepad": 10,
    "figure.constrained_layout.w_pad": 0.1,  # inches: no letter at the edge
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


def _draw_header(band: Any, splits: Sequence[SplitStatistics]) -> None:
    """What this is, and which colour is which dataset or source."""
    from matplotlib.patches import Patch

    band.text(0.012, 0.5, _title(splits), va="center", fontsize=22, fontweight="bold", color=_INK)
    names = _by_name(splits)
    if len(names) > 1:
        handles = [Patch(color=colour, label=_short(name)) for name, colour in zip(names, _COLOURS, strict=False)]
        across = len(names) if len(names) <= 3 else -(-len(names) // 2)
        band.legend(handles=handles, loc="center right", ncols=across, handlelength=1, handleheight=1, columnspacing=1.2)


def _title(splits: Sequence[SplitStatistics]) -> str:
    names = list(dict.fromkeys(" ".join(filter(None, (split.source, split.edition))) for split in splits))
    origins = {split.origin for split in splits if split.origin}
    made = f" of {len(origins)} sources" if len(origins) > 1 else ""
    told = _short(names[0], 60 if len(_by_name(splits)) == 1 else 26) if len(names) == 1 else f"{len(names)} datasets"
    return f"{told}: {counted(sum(split.rows for split in splits), 'row')}{made}"


def _short(name: str, most: int = _NAME) -> str:
    """A name that fits, cut in its middle: names differ at their ends."""
    return name if len(name) <= most else f"{name[: most - most // 3 - 1]}…{name[-(most // 3) :]}"


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
    """A bar for every split, in the colours of the datasets or sources that its rows come from."""
    bars = list(dict.fromkeys(split.split for split in splits))
    axes.set_title("Rows" + (f" ({_BARS} of {len(bars)} splits)" if len(bars) > _BARS else ""))
    left = dict.fromkeys(bars[:_BARS], 0)
    drawn = set()
    for (_, some), colour in zip(_by_name(splits).items(), _COLOURS, strict=False):
        for split in (one for one in some if one.split in left):
            counts = (split.rows_with_mask - split.rows_empty, split.rows_empty, split.rows - split.rows_with_mask)
            for count, (kind, strength) in zip(counts, _KINDS, strict=True):
                if count:
                    axes.barh(bars.index(split.split), count, left=left[split.split], color=colour, alpha=strength, height=0.62)
                    drawn.add(kind)
                left[split.split] += count
    for number, (_, count) in enumerate(left.items()):
        axes.text(count, number, f" {count:,}", va="center", color=_INK)
    axes.set_yticks(range(len(left)), [_short(name) for name in left])
    axes.set_ylim(max(len(left), 3) - 0.4, -0.6)
    axes.margins(x=0.2)
    _thousands(axes)
    axes.grid(visible=False, axis="y")
    if drawn - {"foreground"}:
        paler = {"empty mask": "pale: empty mask", "no mask": "palest: no mask"}
        axes.set_xlabel(", ".join(text for kind, text in paler.items() if kind in drawn))


def _thousands(axes: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")


def _by_name(splits: Sequence[SplitStatistics]) -> dict[str, list[SplitStatistics]]:
    """The splits of every dataset, of a derived one those of every source; as many as there are colours."""
    found: dict[str, list[SplitStatistics]] = {}
    derived = len({split.name.partition(":")[0] for split in splits}) == 1
    for split in splits:
        found.setdefault(split.origin if derived and split.origin else split.name, []).append(split)
    return dict(list(found.items())[: len(_COLOURS)])


def _draw_sizes(axes: Any, splits: Sequence[SplitStatistics]) -> None:
    axes.set_title("Sizes, pixels")
    sizes = {size for split in splits for size, _ in split.sizes}
    if len(sizes) == 1:
        _draw_size(axes, *sizes.pop())
    else:
        for (_, some), colour in zip(_by_name(splits).items(), _COLOURS, strict=False):
            told = [size for split in some for size in split.sizes]
            most = max(count for _, count in told)
            area = [40 + 360 * count / most for _, count in told]
            axes.scatter(*zip(*(size for size, _ in told), strict=True), s=area, color=colour, alpha=0.65, lw=0)
        axes.axline((0, 0), slope=1, color="#c9cdd3", lw=1, ls=(0, (4, 4)), zorder=0)
        edge = max(axes.get_xlim()[1], axes.get_ylim()[1], 2.0) * 1.1
        axes.set(xlim=(0, edge), ylim=(0, edge), ylabel="height")
    axes.set_xlabel("width" + _spacing(splits))


def _draw_size(axes: Any, width: int, height: int) -> None:
    """The one size that all have, drawn to scale."""
    from matplotlib.patches import Rectangle

    edge = max(width, height) * 1.25
    axes.add_patch(Rectangle((0, 0), width, height, facecolor=_COLOURS[0], alpha=0.18, edgecolor=_COLOURS[0], lw=1.5))
    axes.text(width / 2, height / 2, f"all {width} × {height}", ha="center", va="center", fontsize=15, color=_INK)
    axes.set(xlim=(0, edge), ylim=(0, edge), ylabel="height")
    axes.locator_params(nbins=5)


def _spacing(splits: Sequence[SplitStatistics]) -> str:
    """How far pixels of a row are apart, where rows say so."""
    told = [split.spacings["column"] for split in splits if "column" in split.spacings]
    if not told:
        return ""
    least, most = min(one.least for one in told), max(one.most for one in told)
    return f"; {least:.3g} mm a pixel" if least == most else f"; {least:.3g} to {most:.3g} mm a pixel"


def _draw_foreground(axes: Any, splits: Sequence[SplitStatistics]) -> None:
    axes.set_title("Foreground of a row")
    top = max((split.foreground.most for split in splits if split.foreground), default=1.0)
    edges = np.linspace(0, 1, 31) * (min(1.0, top * 1.05) or 1.0)
    names = _by_name(splits)
    for (_, some), colour in zip(names.items(), _COLOURS, strict=False):
        spreads = [split.foreground for split in some if split.foreground]
        if not spreads:
            continue
        counts = _binned(spreads, edges)
        axes.stairs(counts / counts.sum(), edges, color=colour, fill=True, alpha=0.5 if len(names) == 1 else 0.25)
        axes.stairs(counts / counts.sum(), edges, color=colour, lw=1.6)
    axes.set_ylim(bottom=0)
    axes.xaxis.set_major_formatter(_percent)
    axes.yaxis.set_major_formatter(_percent)
    axes.locator_params(nbins=5)
    axes.set(xlabel="of its pixels", ylabel="of rows with a mask")


def _percent(share: float, _: Any = None) -> str:
    return f"{100 * share:.3g} %"


def _binned(spreads: Sequence[Spread], edges: NDArray[np.float64]) -> NDArray[np.float64]:
    values, counts = zip(*(pair for spread in spreads for pair in spread.histogram), strict=True)
    return np.histogram(values, edges, weights=counts)[0] + 0.0


def _draw_intensities(axes: Any, splits: Sequence[SplitStatistics]) -> None:
    axes.set_title("Intensities")
    names = _by_name(splits)
    alone = len(names) == 1  # else one curve each, of all channels
    for (_, some), colour in zip(names.items(), _COLOURS, strict=False):
        by_channel: dict[str, list[Intensities]] = {}
        for channel, told in ((channel, told) for split in some for channel, told in split.intensities.items()):
            by_channel.setdefault(channel if alone else "", []).append(told)
        for number, (channel, several) in enumerate(list(by_channel.items())[: len(_COLOURS)]):
            centres, share = _curve(several)
            shade = _CHANNELS.get(channel.rpartition(" ")[2], _COLOURS[number]) if alone else colour
            axes.plot(centres, share, color=shade, lw=1.8, ls=_LINES[number % len(_LINES)], label=channel)
            axes.fill_between(centres, share, color=shade, alpha=0.1, lw=0)
    # Frames and black ground stand far above all else: what they hide is what one looks for.
    heights = sorted(float(value) for line in axes.lines for value in sorted(line.get_ydata())[:-3])
    highest = max((float(max(line.get_ydata())) for line in axes.lines), default=1.0)
    axes.set_ylim(0, min(1.05 * highest, 1.3 * heights[-1] if heights and heights[-1] else 2 * highest))
    axes.set_yticks([])
    axes.set_xlabel("value of a sample")
    if alone and len(axes.lines) > 1:
        axes.legend(fontsize=10.5, handlelength=2)


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


def _draw_balance(axes: Any, splits: Sequence[SplitStatistics], classes: Sequence[ClassStatistics], some: str) -> None:
    from matplotlib.ticker import LogLocator

    def share(one: ClassStatistics, among: Sequence[SplitStatistics]) -> float:
        return one.pixels / max(1, sum(other.pixels for split in among for other in split.classes))

    shares = _bars(axes, splits, classes, share)
    axes.set_title(f"Part of pixels{some}")
    if len(shares) > 1 and min(shares) > 0 and max(shares) / min(shares) > 30:
        axes.set_xscale("log")
        axes.set_xlim(right=max(shares) * 20)
        axes.xaxis.set_major_locator(LogLocator(numticks=4))
        axes.minorticks_off()
        axes.xaxis.set_major_formatter(_percent)
        axes.tick_params(axis="x", labelsize=10)


def _draw_present(axes: Any, splits: Sequence[SplitStatistics], classes: Sequence[ClassStatistics]) -> None:
    def share(one: ClassStatistics, among: Sequence[SplitStatistics]) -> float:
        return one.rows / max(1, sum(split.rows_with_mask for split in among))

    _bars(axes, splits, classes, share)
    axes.set_title("Part of rows")
    axes.set_xlim(0, 1.3)
    axes.set_xticks((0, 0.5, 1))


def _bars(
    axes: Any,
    splits: Sequence[SplitStatistics],
    classes: Sequence[ClassStatistics],
    share: Callable[[ClassStatistics, Sequence[SplitStatistics]], float],
) -> list[float]:
    """A bar for every class, or of the only one for every split; returns the shares that are drawn."""
    by_split: dict[str, list[SplitStatistics]] = {}
    for split in splits:
        by_split.setdefault(split.split, []).append(split)
    if not 1 < len(by_split) <= _BARS or len(classes) > 1:
        by_split = {"": list(splits)}
    bars = []
    for one in classes:
        for name, some in by_split.items():
            mine = next((found for found in _classes(some) if found.name == one.name), None)
            bars.append((name or _short(one.name), share(mine, some) if mine else 0.0))
    for number, (_, part) in enumerate(bars):
        axes.barh(number, part, color=_PLAIN, height=0.62)
        axes.text(part, number, f" {_percent(part)}", va="center", color=_INK, fontsize=11)
    axes.set_yticks(range(len(bars)), [label for label, _ in bars])
    axes.set_ylim(max(len(bars), 3) - 0.4, -0.6)
    axes.margins(x=0.3)
    axes.xaxis.set_major_formatter(_percent)
    axes.locator_params(axis="x", nbins=3)
    axes.grid(visible=False, axis="y")
    return [part for _, part in bars]


def _draw_together(axes: Any, classes: Sequence[ClassStatistics], together: NDArray[np.int64]) -> None:
    axes.set_title("Together, %")
    share = together / np.maximum(1, together.diagonal())[:, None]
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.grid(visible=False)
    for i, j in np.ndindex(share.shape):
        axes.text(j, i, f"{100 * share[i, j]:.0f}", ha="center", va="center", fontsize=10, color="white" if share[i, j] > 0.6 else _INK)


def _draw_maps(band: Any, classes: Sequence[ClassStatistics]) -> None:
    cells = np.atleast_1d(band.subplots(1, len(classes)))
    for axes, one in zip(cells, classes, strict=False):
        coverage, centroids = np.array(one.coverage), np.array(one.centroids)
        axes.imshow(coverage, cmap="magma", vmin=0, vmax=coverage.max() or 1, interpolation="bilinear", extent=(0, GRID, GRID, 0))
        down, across = np.nonzero(centroids)
        weight = centroids[down, across] / centroids.max()
        axes.scatter(across + 0.5, down + 0.5, s=6 + 40 * weight, color="#4de1ff", alpha=0.8, lw=0)
        axes.set(xticks=[], yticks=[], xlim=(0, GRID), ylim=(GRID, 0))
        room = 20 if len(classes) <= _FEW else 15  # letters above a map
        title = f"Where: {one.name}"
        axes.set_title(title if len(title) <= room and len(classes) <= _FEW else _short(one.name, room), fontsize=13)
        axes.set_xlabel(f"up to {_percent(coverage.max())}, blue: centres", fontsize=10)
        axes.grid(visible=False)
