"""`hf-medseg site`: a web site of files."""

from __future__ import annotations

import argparse

from hf_medseg.cli import terminal
from hf_medseg.cli.codes import DONE

EXAMPLES: tuple[str, ...] = (
    "hf-medseg site SITE",
    "hf-medseg site SITE OUT OTHER-OUT --rows 24",
    "hf-medseg site SITE OUT --public --allow-noncommercial",
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("dest", metavar="DEST", help="folder to write: new, empty, or an older site, which is replaced")
    parser.add_argument("outs", metavar="OUT", nargs="*", help="folders that `convert` wrote")
    parser.add_argument("--rows", type=int, default=12, metavar="N", help="how many rows or volumes are shown of each OUT (default: 12)")
    parser.add_argument("--public", action="store_true", help="for others to see: only pictures whose license allows it")
    parser.add_argument(
        "--allow-noncommercial", action="store_true", help="with --public: pictures under a non-commercial license too; its terms are yours"
    )


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from hf_medseg.site.build import site

    options = {"public": given.public, "allow_noncommercial": given.allow_noncommercial, "progress": not given.quiet}
    index = site(given.dest, given.outs, rows=given.rows, **options)
    terminal.tell(str(index))
    return DONE
