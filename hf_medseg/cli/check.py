"""`hf-medseg check`: raw data against what is published."""

from __future__ import annotations

import argparse
import json

from hf_medseg.cli import arguments as taken
from hf_medseg.cli.codes import DONE, WRONG

EXAMPLES: tuple[str, ...] = (
    "hf-medseg check chase-db1 CHASEDB1.zip",
    "hf-medseg check brats BraTS2021.tar --edition 2021 --json",
    "hf-medseg check scr RAW --part jsrt=JSRT",
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    taken.source(parser)
    taken.raw(parser)
    taken.as_json(parser)


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from dataclasses import asdict

    from hf_medseg.fetching.compare import check

    result = check(given.source, given.raw, edition=given.edition, parts=dict(given.part))
    if given.json:
        print(json.dumps(asdict(result), indent=2, ensure_ascii=False))
    else:
        print("\n".join([f"{result.source}: {result.verdict}", *(f"  {line}" for line in result.lines)]))
    return DONE if result.verdict == "complete" else WRONG
