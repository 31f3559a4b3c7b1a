"""`hf-medseg push`: a dataset on the Hub."""

from __future__ import annotations

import argparse
import json
from typing import TYPE_CHECKING, Any

from hf_medseg.cli import arguments as taken
from hf_medseg.cli import terminal
from hf_medseg.cli.codes import DONE

if TYPE_CHECKING:
    from hf_medseg.publishing.push import Pushed

EXAMPLES: tuple[str, ...] = (
    "hf-medseg push OUT --repo my-lab/chase-db1 --dry-run --json",
    "hf-medseg push OUT --repo my-lab/chase-db1 --private --revision v1",
    "hf-medseg push OUT --repo my-lab/dentex --allow-noncommercial --gated auto",
    "hf-medseg push OUT --repo my-lab/mine --allow-rejected --allow-incomplete",
    "hf-medseg push OUT --repo my-lab/mine --replace-card --delete-others",
)


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
    taken.dry_run(parser, "what would happen")
    taken.as_json(parser)


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from hf_medseg.publishing.push import push

    with terminal.bars_of_the_hub(given.quiet):
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
            say=terminal.LOG.info,
        )
    if given.json:
        print(json.dumps(_as_dict(pushed), indent=2, ensure_ascii=False))
    else:
        tell = print if given.dry_run else terminal.tell
        tell("\n".join(pushed.lines))
        tell("Nothing was written." if given.dry_run else f"{pushed.url}\n{pushed.call}")
    return DONE


def _as_dict(pushed: Pushed) -> dict[str, Any]:
    """What a push did, or would do: with a commit it did."""
    held, change = pushed.held, pushed.change
    return {
        "repo": pushed.repo,
        "url": pushed.url,
        "commit": pushed.commit or None,
        "tag": pushed.tag or None,
        "source": held.source.id,
        "edition": held.edition.name or None,
        "license": held.license.id,
        "tier": held.license.tier,
        "adds": list(change.adds),
        "deletes": list(change.deletes),
        "left_alone": list(change.others),
        "call": pushed.call,
    }
