"""`hf-medseg info`: what is known of a source, on one screen, or all of it."""

from __future__ import annotations

import argparse
import shutil
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hf_medseg.cli import arguments as taken
from hf_medseg.cli import terminal
from hf_medseg.cli.codes import DONE
from hf_medseg.errors import Refused

if TYPE_CHECKING:
    from hf_medseg.catalog.facts import EditionFacts, Facts
    from hf_medseg.catalog.licenses import License

EXAMPLES: tuple[str, ...] = (
    "hf-medseg info chase-db1",
    "hf-medseg info brats --edition 2021",
    "hf-medseg info drive --all",
    "hf-medseg info drive --json",
)

_WIDEST = 100
_FEW = 3  # so many lines of a fact that may be long are shown


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    taken.source(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--all", action="store_true", help="everything: evidence, citations, quirks, every address and checksum")
    how.add_argument("--edition", default="", metavar="NAME", help="all of one edition: its license, classes and citations")
    taken.as_json(parser)


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from hf_medseg.catalog import describe
    from hf_medseg.catalog.lookup import find_facts, find_source

    if given.json:
        import json

        told = describe.as_dict(find_source(given.source))
        if given.edition:
            _edition(find_facts(given.source), given.edition)
            told["editions"] = [one for one in told["editions"] if one["name"] == given.edition]
        print(json.dumps(told, indent=2, ensure_ascii=False))
        return DONE
    source = find_facts(given.source)
    if given.all:
        print(describe.as_text(source))
    elif given.edition:
        print("\n".join([f"{source.id}: {source.title}", *describe.edition_text(_edition(source, given.edition))]))
    else:
        print("\n".join(screen(source, min(shutil.get_terminal_size().columns, _WIDEST))))
    return DONE


def _edition(source: Facts, name: str) -> EditionFacts:
    editions = {one.name: one for one in source.editions}
    if name not in editions:
        known = ", ".join(filter(None, editions))
        raise Refused(f"{source.id} has no edition {name!r}" + (f"; it has: {known}." if known else "; it has only one."))
    return editions[name]


def screen(source: Facts, width: int) -> Iterator[str]:
    """What one needs to know of a source first, in lines of at most `width`; for one's own data the about file follows."""
    from hf_medseg.catalog import describe
    from hf_medseg.catalog.about_keys import template

    yield terminal.coloured(_fitted(f"{source.id}: {source.title}", width, 1)[0], terminal.HEAD)
    yield source.homepage
    yield ""
    yield from _fitted(source.summary, width, _FEW)
    yield _fitted(f"{', '.join(source.modality)}; {', '.join(source.anatomy)}; {source.task}", width, 1)[0]
    yield ""
    yield from _licenses(source)
    yield from _fitted(f"classes: {_classes(source)}", width, 2)
    yield from _fitted(f"splits: {source.splits}", width, 2)
    yield ""
    yield from _fitted(describe.MODES[source.access.mode], width, 1)
    if command := describe.command(source):
        yield f"  {command}"
    elif source.access.steps:
        yield from textwrap.indent("\n".join(_fitted(source.access.steps[0], width - 2, 2)), "  ").splitlines()
    layout = source.layout.splitlines()
    yield "raw tree:"
    yield from (f"  {line}" if len(line) <= width - 2 else f"  {line[: width - 6]} ..." for line in layout[:_FEW])
    if len(layout) > _FEW:
        yield "  ..."
    if source.convertible:
        yield f"convert it with: hf-medseg convert {source.id} RAW OUT" + " --about about.toml" * bool(source.about)
    yield f"all of it: hf-medseg info {source.id} --all" + " (or --edition NAME)" * (len(source.editions) > 1)
    if source.about:
        yield from ("", "about.toml, a template:", template(source.about))


def _licenses(source: Facts) -> Iterator[str]:
    """A line for each license, with the editions that are under it."""
    if source.about:
        yield "license: as the about file states it"
        return
    under: dict[License, list[str]] = {}
    for edition in source.editions:
        under.setdefault(edition.license, []).append(edition.name)
    for license, names in under.items():
        tier = terminal.coloured(license.tier, terminal.TIER_COLOURS[license.tier])
        of = f" of {', '.join(names)}" if any(names) else ""
        yield f"license{of}: {license.id}, tier {tier}" + ", with conditions" * bool(license.conditions)


def _classes(source: Facts) -> str:
    """The classes of every edition, each set once."""
    sets = dict.fromkeys(", ".join(edition.classes) for edition in source.editions)
    return "; or ".join(filter(None, sets)) or ("as the about file names them" if source.about else "no masks")


def _fitted(text: str, width: int, lines: int) -> list[str]:
    return textwrap.wrap(text, width, max_lines=lines, placeholder=" ...", break_on_hyphens=False) or [""]
