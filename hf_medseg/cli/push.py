"""`hf-medseg push`: a dataset on the Hub."""

from __future__ import annotations

import argparse

from hf_medseg.cli import arguments as taken
from hf_medseg.cli import terminal
from hf_medseg.cli.codes import DONE

HELP = "publish a converted dataset on the Hub, if its license allows it"
EXAMPLES: tuple[str, ...] = ("hf-medseg push OUT --repo my-lab/chase-db1 --dry-run",)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    taken.out(parser)
    parser.add_argument("--repo", required=True, metavar="NAMESPACE/NAME", help="the repository; it is made if it is not there")
    parser.add_argument("--private", action="store_true", help="keep the repository private; it is public otherwise")
    parser.add_argument("--gated", choices=("auto", "manual"), help="readers must ask for access")
    parser.add_argument("--revision", default="", metavar="TAG", help="name for this state, set last")
    parser.add_argument("--allow-noncommercial", action="store_true", help="push a dataset whose license forbids commercial use")
    parser.add_argument("--allow-rejected", action="store_true", help="push although some cases were rejected")
    parser.add_argument("--allow-incomplete", action="store_true", help="push although a limit left cases out, or some were rejected")
    parser.add_argument("--delete-others", action="store_true", help="also delete every other file of the repository")
    parser.add_argument("--replace-card", action="store_true", help="overwrite the card although somebody edited it on the Hub")
    parser.add_argument("--dry-run", action="store_true", help="show what would happen and write nothing")


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from hf_medseg.publishing.push import push

    pushed = push(
        given.out,
        given.repo,
        private=given.private,
        gated=given.gated,
        tag=given.revision,
        dry_run=given.dry_run,
        allow_noncommercial=given.allow_noncommercial,
        allow_rejected=given.allow_rejected,
        allow_incomplete=given.allow_incomplete,
        delete_others=given.delete_others,
        replace_card=given.replace_card,
        say=terminal.say,
    )
    print("\n".join(pushed.lines))
    print("Nothing was written." if given.dry_run else f"{pushed.url}\n{pushed.call}")
    return DONE
