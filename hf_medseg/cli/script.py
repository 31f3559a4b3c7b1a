"""`hf-medseg script`: a loading script."""

from __future__ import annotations

import argparse
from pathlib import Path

from hf_medseg.cli import arguments as taken
from hf_medseg.cli import terminal
from hf_medseg.cli.codes import DONE

EXAMPLES: tuple[str, ...] = ("hf-medseg script drive",)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    taken.source(parser)
    parser.add_argument("dest", nargs="?", default=".", metavar="DEST", help="folder or file (default: here)")


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from hf_medseg.card import script
    from hf_medseg.catalog.lookup import find_source

    source = find_source(given.source)
    target = Path(given.dest)
    if target.is_dir():
        target = target / script.file_name(source)
    target.write_text(script.render(source), encoding="utf-8")
    terminal.tell(str(target))
    return DONE
