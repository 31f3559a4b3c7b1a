"""`hf-medseg stats`: what is in datasets, before one trains on them."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hf_medseg.cli import arguments as taken
from hf_medseg.cli import terminal
from hf_medseg.cli.codes import DONE
from hf_medseg.words import counted

if TYPE_CHECKING:
    from hf_medseg.statistics.record import SplitStatistics, Spread

EXAMPLES: tuple[str, ...] = (
    "hf-medseg stats OUT --picture stats.png",
    "hf-medseg stats OUT OTHER --workers 1 --json",
)
_WIDTH = 80  # columns
_CLASSES = 20  # that are told for a split


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    taken.outs(parser)
    taken.picture(parser)
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one a core)")
    taken.as_json(parser)


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from hf_medseg.statistics.collect import stats

    if given.picture:
        from hf_medseg.statistics.figure import draw, needed

        needed()
    found = stats(*given.outs, workers=given.workers, progress=not given.quiet)
    if given.picture:
        draw(found, given.picture)
    if given.json:
        print(json.dumps(found.as_dict(), indent=2, ensure_ascii=False))
        return DONE
    for split in found.splits:
        for line in _told(split):
            terminal.tell(_cut(line))
    if given.picture:
        terminal.tell(given.picture)
    return DONE


def _told(split: SplitStatistics) -> Iterator[str]:
    yield f"{split.name} / {split.split}"
    rows = [counted(split.rows, "row"), f"{split.rows_with_mask:,} with mask", f"{split.rows_empty:,} of them without foreground"]
    yield f"  rows         {', '.join(rows)}"
    if split.patients or split.volumes:
        named = [counted(number, noun) for number, noun in ((split.patients, "patient"), (split.volumes, "volume")) if number]
        yield f"  groups       {', '.join(named)}"
    commonest = ", ".join(f"{width} x {height} ({count:,})" for (width, height), count in split.sizes[:3])
    yield f"  pixels       {_range(split.widths)} x {_range(split.heights)}; most often {commonest}"
    for axis, spacing in split.spacings.items():
        yield f"  spacing      {axis} {_range(spacing)} mm, median {spacing.median:g}"
    for channel, samples in split.intensities.items():
        end = samples.begin + samples.width * len(samples.counts) - (samples.width == 1)  # bins of whole numbers hold one each
        yield f"  {channel:<12} {samples.begin:g} to {end:g}, mean {samples.mean:.4g}, deviation {samples.deviation:.4g}"
    if split.foreground is None:
        return
    least, median, most = (_percent(part) for part in (split.foreground.least, split.foreground.median, split.foreground.most))
    yield f"  foreground   median {median}, from {least} to {most}"
    total = sum(one.pixels for one in split.classes) + split.not_annotated
    yield f"  {'class':<28} {'rows':>10} {'of rows':>9} {'of pixels':>10}  {'in its rows':>11}"
    for one in split.classes[:_CLASSES]:
        median = "" if one.fraction is None else _percent(one.fraction.median)
        share = _percent(one.rows / max(1, split.rows_with_mask))
        yield f"  {one.name[:28]:<28} {one.rows:>10,} {share:>9} {_percent(one.pixels / max(1, total)):>10}  {median:>11}"
    if (more := len(split.classes) - _CLASSES) > 0:
        yield f"  and {counted(more, 'class', 'classes')} more: see --json"
    if split.not_annotated:
        yield f"  {'not annotated':<28} {'':>10} {'':>9} {_percent(split.not_annotated / total):>10}"


def _range(one: Spread) -> str:
    return f"{one.least:g}" if one.least == one.most else f"{one.least:g} to {one.most:g}"


def _percent(part: float) -> str:
    return f"{100 * part:.3g} %"


def _cut(line: str) -> str:
    return line if len(line) <= _WIDTH else f"{line[: _WIDTH - 3]}..."
