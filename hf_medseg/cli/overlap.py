"""`hf-medseg overlap`: what is there twice, before one trains on one and tests on the other."""

from __future__ import annotations

import argparse
import json
from collections import Counter

from hf_medseg.cli import arguments as taken
from hf_medseg.cli import terminal
from hf_medseg.cli.codes import DONE, WRONG
from hf_medseg.words import counted

EXAMPLES: tuple[str, ...] = (
    "hf-medseg overlap OUT OTHER --picture pairs.png",
    "hf-medseg overlap OUT --workers 1 --json",
)
_LINES = 12  # of each kind


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    taken.outs(parser)
    taken.picture(parser)
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one a core)")
    taken.as_json(parser)


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from hf_medseg.statistics.overlap import overlap

    found = overlap(*given.outs, workers=given.workers, progress=not given.quiet)
    if given.picture:
        from hf_medseg.statistics.pairs import draw_pairs

        draw_pairs(found).save(given.picture, "PNG")
    if given.json:
        print(json.dumps(found.as_dict(), indent=2, ensure_ascii=False))
        return WRONG if found.leaks else DONE
    for twin in found.twins[:_LINES]:
        turned = f", {twin.turned}" if twin.turned else ""
        leak = terminal.coloured("leak: ", terminal.WRONG_COLOUR) if twin.leak else ""
        terminal.tell(f"{leak}{twin.kind}{turned}\n  {twin.one}\n  {twin.other}")
    if len(found.twins) > _LINES:
        terminal.tell(f"... and {counted(len(found.twins) - _LINES, 'pair')} more: see --json")
    for one in found.patients[:_LINES]:
        leak = terminal.coloured("leak: ", terminal.WRONG_COLOUR) if one.leak else ""
        terminal.tell(f"{leak}patient {one.patient} of {one.source} is in {', '.join(dict.fromkeys(split for _, split in one.sides))}")
    if len(found.patients) > _LINES:
        terminal.tell(f"... and {counted(len(found.patients) - _LINES, 'patient')} more: see --json")
    kinds = Counter(twin.kind for twin in found.twins)
    terminal.tell(
        f"{counted(found.rows, 'row')}: {counted(kinds['bytes'], 'pair')} of the same bytes, {kinds['pixels']:,} of the same pixels,\n"
        f"{kinds['near']:,} that look the same; {counted(len(found.patients), 'patient')} in several splits."
    )
    if found.leaks:
        terminal.say("A test set leaks into a training set.")
    return WRONG if found.leaks else DONE
