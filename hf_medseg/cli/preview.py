"""`hf-medseg preview`: a contact sheet."""

from __future__ import annotations

import argparse
from pathlib import Path

from hf_medseg.cli import arguments as taken
from hf_medseg.cli import terminal
from hf_medseg.cli.codes import DONE

EXAMPLES: tuple[str, ...] = ("hf-medseg preview OUT --rows 24 --to sheet.png",)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    taken.out(parser)
    parser.add_argument("--rows", type=int, default=12, metavar="N", help="how many (default: 12)")
    parser.add_argument("--to", metavar="FILE.png", help="default: OUT-preview.png beside OUT")


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from hf_medseg.preview.sheet import contact_sheet

    out = Path(given.out)
    target = Path(given.to) if given.to else out.with_name(f"{out.absolute().name}-preview.png")
    contact_sheet(out, given.rows).save(target)
    terminal.tell(str(target))
    return DONE
