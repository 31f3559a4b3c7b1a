"""`hf-medseg identify`: what a folder or archive is."""

from __future__ import annotations

import argparse
import json

from hf_medseg.cli import arguments as taken
from hf_medseg.cli.codes import DONE

EXAMPLES: tuple[str, ...] = (
    "hf-medseg identify CHASEDB1.zip",
    "hf-medseg identify RAW --json",
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("raw", metavar="RAW", help="folder or archive as downloaded")
    taken.as_json(parser)


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from dataclasses import asdict

    from hf_medseg.conversion.identify import identify

    found = identify(given.raw)
    print(json.dumps(asdict(found), indent=2, ensure_ascii=False) if given.json else found)
    return DONE
