"""`hf-medseg info`: what is known of a source."""

from __future__ import annotations

import argparse
import json

from hf_medseg.cli import arguments as taken
from hf_medseg.cli.codes import DONE

HELP = "show what is known about a source"
EXAMPLES: tuple[str, ...] = ("hf-medseg info chase-db1",)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    taken.source(parser)
    taken.as_json(parser)


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from hf_medseg.catalog import describe as info
    from hf_medseg.catalog.lookup import find_facts, find_source

    if given.json:
        print(json.dumps(info.as_dict(find_source(given.source)), indent=2, ensure_ascii=False))
    else:
        print(info.as_text(find_facts(given.source)))
    return DONE
