"""`hf-medseg download`: raw data from their owner."""

from __future__ import annotations

import argparse

from hf_medseg.cli import arguments as taken
from hf_medseg.cli import terminal
from hf_medseg.cli.codes import DONE, WRONG

EXAMPLES: tuple[str, ...] = (
    "hf-medseg download chase-db1 RAW",
    "hf-medseg download nih-cxr14 RAW --choice kaggle --dry-run",
    "hf-medseg download nih-cxr14 RAW --only 'images_*.tar.gz' --jobs 2",
    "hf-medseg download ddsm RAW --edition cbis",
    "hf-medseg download kvasir-seg RAW --accept-terms",
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    taken.source(parser)
    parser.add_argument("dest", metavar="DEST", help="folder that becomes RAW")
    parser.add_argument("--accept-terms", action="store_true", help="the owner's terms are read and accepted, and the data wanted")
    taken.edition(parser)
    parser.add_argument("--choice", default="", metavar="NAME", help="which alternative, where there are several ways to get the data")
    parser.add_argument("--only", action="append", default=[], metavar="FILE", help="only these files; `*` allowed; may be repeated")
    parser.add_argument("--jobs", type=int, default=4, metavar="N", help="files side by side (default: 4)")
    taken.dry_run(parser, "what would be fetched")


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from hf_medseg.fetching.download import download

    result = download(
        given.source,
        given.dest,
        edition=given.edition,
        choice=given.choice,
        only=given.only,
        accept_terms=given.accept_terms,
        jobs=given.jobs,
        dry_run=given.dry_run,
        progress=not given.quiet,
    )
    for name in result.kept:
        terminal.tell(f"kept {name}")
    for name, got in result.fetched.items():
        size = f" ({got.size:,} bytes, {got.checksum})" if got else ""
        terminal.tell(f"would fetch {name}" if given.dry_run else f"fetched {name}{size}")
    if given.dry_run:
        terminal.tell("Nothing was written.")
        if result.asks:
            terminal.tell("Without --dry-run it shows the owner's terms first, and fetches with --accept-terms.")
    if result.missing:
        terminal.say(f"by hand: {', '.join(result.missing)}\n{result.steps}")
        return DONE if given.dry_run else WRONG
    if not given.dry_run:
        about = " --about FILE" if result.source.from_about else ""
        terminal.tell(f"Convert it with: hf-medseg convert {result.source.id} {result.dest} OUT{about}")
    return DONE
