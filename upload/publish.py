"""The publishing desk: pushes every converted open source under one namespace, and keeps one release record for each.

    python upload/publish.py CONVERSIONS --namespace NAMESPACE --revision TAG [--collection TITLE] [--dry-run]
    python upload/publish.py --check

CONVERSIONS is a folder whose sub-folders are finished conversions. The records in `upload/releases/` are to be committed.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from huggingface_hub import HfApi

from hf_medseg.cli.terminal import bars_of_the_hub
from hf_medseg.dataset.storage import json_text, write_text
from hf_medseg.errors import MedsegError, Refused
from hf_medseg.publishing import gate
from hf_medseg.publishing.gate import Held
from hf_medseg.publishing.push import Pushed, push
from hf_medseg.publishing.retry import ask, reason_of

RELEASES = Path(__file__).parent / "releases"


def name_of(held: Held) -> str:
    """Name of a dataset's repository, card and release record."""
    return "-".join(filter(None, (held.source.id, held.edition.name)))


def record_of(pushed: Pushed) -> dict[str, Any]:
    """What was published, so that it can be told from this repository: no time and no path, so that a second push changes nothing."""
    held = pushed.held
    rows: dict[str, dict[str, int]] = {}
    for identity, outcome in held.shards.values():
        splits = rows.setdefault(identity.config, {})
        splits[identity.split] = splits.get(identity.split, 0) + outcome.tally.rows
    license = held.license
    return {
        "source": held.source.id,
        "edition": held.edition.name or None,
        "repo": pushed.repo,
        "tag": pushed.tag,
        "commit": pushed.commit,
        "rows": rows,
        "shards": {name: pushed.files[name].sha256 for name in sorted(held.shards)},
        "license": {
            "id": license.id,
            "name": license.name,
            "url": license.url,
            "tier": license.tier,
            "conditions": list(license.conditions),
            "evidence": [{**asdict(one), "date": one.date and one.date.isoformat()} for one in license.evidence],
        },
    }


def publish(given: argparse.Namespace, api: HfApi) -> int:
    """Pushes every open conversion; returns the exit code."""
    try:
        folders = sorted(path for path in Path(given.conversions).iterdir() if path.is_dir())
        if not given.dry_run:
            RELEASES.mkdir(exist_ok=True)  # before anything is published that could not be recorded
    except OSError as error:
        print(f"{error.filename}: {error.strerror}. Nothing was published.", file=sys.stderr)
        return 2
    if not folders:
        print(f"{given.conversions} holds no folder. CONVERSIONS is one whose sub-folders are finished conversions.", file=sys.stderr)
        return 2
    published, wrong = [], 0
    for folder in folders:
        try:
            held = gate.inspect(folder)
            if held.license.tier != "open":
                print(f"{folder.name}: {held.label} stays here: tier {held.license.tier}")
                continue
            repo = f"{given.namespace}/{name_of(held)}"
            with bars_of_the_hub(quiet=False):
                pushed = push(folder, repo, tag=given.revision, dry_run=given.dry_run, api=api, say=tell)
        except MedsegError as error:
            print(f"{folder.name}: {error}", file=sys.stderr)
            wrong = 2 if isinstance(error, Refused) and not wrong else 1
            continue
        print("\n".join(f"{folder.name}: {line}" for line in pushed.lines))
        if not given.dry_run:
            published.append(repo)
            try:
                write_text(RELEASES / f"{name_of(held)}.json", json_text(record_of(pushed)))
            except OSError as error:
                print(f"{repo} is published and not recorded ({error}). Run the same command again.", file=sys.stderr)
                wrong = 1
    if published and given.collection:
        wrong = collect(given, api, published) or wrong
    return wrong


def collect(given: argparse.Namespace, api: HfApi, published: Sequence[str]) -> int:
    """Puts the published datasets into the collection, as many as go; returns the exit code. The datasets are published either way."""
    advice = "The datasets are published and recorded. Run the same command again: it only adds what is missing."
    make = partial(api.create_collection, given.collection, namespace=given.namespace, exists_ok=True)
    try:
        collection = ask("making the collection", make, tell)
    except Exception as error:  # the client's errors are many
        print(f"The collection {given.collection!r} was not made ({reason_of(error)}). {advice}", file=sys.stderr)
        return 1
    wrong = 0
    for repo in published:
        add = partial(api.add_collection_item, collection.slug, repo, "dataset", exists_ok=True)
        try:
            ask("adding to the collection", add, tell)
        except Exception as error:  # the others may go
            print(f"{repo} was not put into the collection ({reason_of(error)}). {advice}", file=sys.stderr)
            wrong = 1
    print(f"{api.endpoint}/collections/{collection.slug}")
    return wrong


def check(api: HfApi) -> int:
    """Compares every release record with the Hub; returns the exit code."""
    wrong = 0
    for path in sorted(RELEASES.glob("*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            repo, tag, commit, shards = record["repo"], record["tag"], record["commit"], record["shards"]
        except (ValueError, KeyError, TypeError) as error:
            print(f"{path.stem}: {path} is no release record ({error!r})")
            wrong = 1
            continue
        look = partial(api.dataset_info, repo, revision=tag, files_metadata=True)
        try:
            info = ask(f"looking at {repo}", look, tell, unanswered=True)
            there = {file.rfilename: file.lfs.sha256 for file in info.siblings or () if file.lfs}
            same = info.sha == commit and shards.items() <= there.items()
            found = "is as recorded" if same else f"is not as recorded at {tag}"
        except Exception as error:  # the client's errors are many
            same, found = False, f"cannot be read: {reason_of(error)}"
        wrong |= not same
        print(f"{path.stem}: {repo} {found}")
    return int(wrong)


def tell(text: str) -> None:
    """Shows progress."""
    print(text, file=sys.stderr)


def main(arguments: Sequence[str] | None = None, api: HfApi | None = None) -> int:
    """Runs the desk: 0 done, 1 something is wrong, 2 refused."""
    parser = argparse.ArgumentParser(description="Publish every converted open source, or check what was published.")
    parser.add_argument("conversions", nargs="?", metavar="CONVERSIONS", help="folder whose sub-folders are finished conversions")
    parser.add_argument("--namespace", help="user or organisation")
    parser.add_argument("--revision", metavar="TAG", help="tag of this release")
    parser.add_argument("--collection", metavar="TITLE", help="collection that groups the datasets")
    parser.add_argument("--dry-run", action="store_true", help="show what would happen and write nothing")
    parser.add_argument("--check", action="store_true", help="compare the release records with the Hub")
    given = parser.parse_args(arguments)
    api = api or HfApi()
    if given.check:
        return check(api)
    if not (given.conversions and given.namespace and given.revision):
        parser.error("CONVERSIONS, --namespace and --revision are needed, or --check")
    return publish(given, api)


if __name__ == "__main__":
    sys.exit(main())
