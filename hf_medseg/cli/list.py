"""`hf-medseg list`: the catalog."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from hf_medseg.cli import arguments as taken
from hf_medseg.cli import terminal
from hf_medseg.cli.codes import DONE

if TYPE_CHECKING:
    from hf_medseg.catalog.facts import Facts

EXAMPLES: tuple[str, ...] = (
    "hf-medseg list --tier open --masks",
    "hf-medseg list --modality ct --anatomy lung",
    "hf-medseg list --task vessel --json",
    "hf-medseg list --search polyp",
)

_ORDER = ("id", "tier", "access", "masks", "modality", "task", "license", "title")  # what is needed first, first
_WIDEST = 32
_LEAST = 12
_GAP = "  "


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("--tier", choices=list(terminal.TIER_COLOURS), help="only sources with this tier: `open` may be published")
    parser.add_argument("--modality", metavar="WORD", help="such as ct, ultrasound or fundus")
    parser.add_argument("--anatomy", metavar="WORD", help="such as lung or retina")
    parser.add_argument("--task", metavar="WORD", help="such as vessel or tumour")
    parser.add_argument("--masks", action="store_true", help="only sources with masks")
    parser.add_argument("--search", metavar="WORD", help="anywhere in the id, title, summary and the others")
    taken.as_json(parser)


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from hf_medseg.catalog.lookup import facts

    lines = [summary(source) for source in facts().values() if _wanted(source, given)]
    if given.json:
        import json

        print(json.dumps(lines, indent=2, ensure_ascii=False))
        return DONE
    if not lines:
        terminal.say("No source is like this. `hf-medseg list` shows all of them.")
        return DONE
    shown = sys.stdout.isatty()
    for first, tier, *others in table(lines, shutil.get_terminal_size().columns if shown else None):
        print(_GAP.join((first, _coloured(tier), *others)).rstrip())
    return DONE


def summary(source: Facts) -> dict[str, Any]:
    """A source in one line of the catalog."""
    return {
        "id": source.id,
        "title": source.title,
        "modality": list(source.modality),
        "task": source.task,
        "license": list(dict.fromkeys(edition.license.id for edition in source.editions)),
        "tier": list(source.tiers),
        "access": source.access.mode,
        "masks": source.has_masks,
        "aliases": list(source.aliases),
    }


def _wanted(source: Facts, given: argparse.Namespace) -> bool:
    """Whether a source is what the options ask for; words are looked for as parts of the text, in capitals or not."""
    modality, anatomy = " ".join(source.modality), " ".join(source.anatomy)
    everything = " ".join((source.id, *source.aliases, source.title, source.summary, modality, anatomy, source.task))
    asked = ((given.modality, modality), (given.anatomy, anatomy), (given.task, source.task), (given.search, everything))
    return (
        (given.tier is None or given.tier in source.tiers)
        and (source.has_masks or not given.masks)
        and all(word is None or word.lower() in text.lower() for word, text in asked)
    )


def table(lines: list[dict[str, Any]], room: int | None) -> Iterator[list[str]]:
    """The cells of the table: with all columns, or with those that have room in a terminal; `--json` says everything."""
    rows = [_ORDER, *(tuple(_cell(line[name]) for name in _ORDER) for line in lines)]
    widths: list[int] = []
    for column in range(len(_ORDER)):
        width = max(len(row[column]) for row in rows)
        if room is not None:
            left = room - sum(widths) - len(_GAP) * len(widths)
            if left < min(width, _LEAST):
                break
            width = min(width, left)
        widths.append(width)
    for row in rows:
        yield [_cut(cell, width).ljust(width) for cell, width in zip(row, widths, strict=False)]


def _cell(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _cut(", ".join(value) if isinstance(value, list) else str(value), _WIDEST)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def _coloured(tier: str) -> str:
    """A cell with tiers in the colour of what the first of them allows."""
    code = terminal.TIER_COLOURS.get(tier.strip().partition(",")[0])
    return terminal.coloured(tier, code) if code else tier
