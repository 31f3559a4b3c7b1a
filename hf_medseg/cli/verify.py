"""`hf-medseg verify`: every promise, by reading back."""

from __future__ import annotations

import argparse
import json

from hf_medseg.cli import arguments as taken
from hf_medseg.cli import terminal
from hf_medseg.cli.codes import DONE, WRONG
from hf_medseg.words import counted

EXAMPLES: tuple[str, ...] = (
    "hf-medseg verify OUT",
    "hf-medseg verify OUT --json",
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    taken.out(parser)
    taken.as_json(parser)


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from dataclasses import asdict

    from hf_medseg.verification.verify import verify

    result = verify(given.out, not given.quiet)
    if given.json:
        print(json.dumps(asdict(result), indent=2, ensure_ascii=False, default=str))
    else:
        for problem in result.problems:
            print(f"{terminal.coloured('wrong:', terminal.WRONG_COLOUR)} {terminal.one_line(str(problem))}")
        for warning in result.warnings:
            print(f"{terminal.coloured('warning:', terminal.NOTE_COLOUR)} {terminal.one_line(str(warning))}")
        terminal.tell(
            f"{counted(result.rows, 'row')} read: "
            + ("everything as promised." if result.ok else f"{counted(len(result.problems), 'problem')}.")
        )
    return DONE if result.ok else WRONG
