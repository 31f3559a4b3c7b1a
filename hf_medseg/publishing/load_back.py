"""Reads the first rows of a published dataset as a stream, as a reader would: in a process and with a cache of its own.

A warm cache would answer for a Hub that does not, and a stream that is not read to its end can abort the interpreter when it exits.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from itertools import islice
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from hf_medseg.dataset.temporary import temporary_folder
from hf_medseg.errors import MedsegError
from hf_medseg.publishing.retry import backoff

if TYPE_CHECKING:
    from hf_medseg.publishing.repository import Repository, Wanted

ROWS = 3
_TRIES = 3
_CACHES = {"HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_DATASETS_CACHE", "HF_MODULES_CACHE", "HF_TOKEN_PATH", "HF_HUB_OFFLINE"}


def load_back(
    endpoint: str, token: str | None, repo: str, revision: str, splits: Mapping[str, list[str]]
) -> dict[str, dict[str, list[str]]]:
    """Streams a few rows of every split and decodes their pictures.

    Args:
        endpoint: address of the Hub.
        token: who asks; None for anybody.
        repo: the dataset, `namespace/name`.
        revision: the commit to read.
        splits: names of the splits of each config.

    Returns:
        The `image_id` of the first rows, by config and split.

    Raises:
        MedsegError: the dataset does not load.
    """
    asked = {"repo": repo, "revision": revision, "splits": splits}
    with temporary_folder() as home:
        environment = {name: value for name, value in os.environ.items() if name not in _CACHES}
        environment |= {"HF_HOME": str(home), "HF_ENDPOINT": endpoint, "HF_TOKEN": token or ""}
        done = subprocess.run(
            [sys.executable, "-m", "hf_medseg.publishing.load_back"],
            input=json.dumps(asked),
            env=environment,
            text=True,
            capture_output=True,
        )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise MedsegError(f"{repo} at {revision} does not load back: {reason}")
    found: dict[str, dict[str, list[str]]] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def check_loads(repository: Repository, wanted: Wanted, commit: str) -> None:
    """Streams the first rows of every split from the Hub and compares them with the local ones.

    Raises:
        MedsegError: they do not load, or are others.
    """
    from huggingface_hub import get_token

    expected = _first_rows(wanted)
    repository.say("loading the dataset back")
    token = repository.api.token if isinstance(repository.api.token, str) else get_token()
    splits = {config: list(rows) for config, rows in expected.items()}
    there: dict[str, dict[str, list[str]]] = {}
    for attempt in range(_TRIES):
        try:
            there = load_back(repository.api.endpoint, token, repository.repo, commit, splits)
            break
        except MedsegError:
            if attempt + 1 == _TRIES:
                raise
            time.sleep(backoff(attempt))
    if there != expected:
        raise MedsegError(f"{repository.repo} at {commit[:7]} loads other rows than the folder: {there} instead of {expected}. Push again.")


def _first_rows(wanted: Wanted) -> dict[str, dict[str, list[str]]]:
    first: dict[str, dict[str, list[str]]] = {}
    for name, (identity, _) in sorted(wanted.held.shards.items()):
        ids = first.setdefault(identity.config, {}).setdefault(identity.split, [])
        if len(ids) < ROWS:
            with pq.ParquetFile(wanted.files[name].path) as file:
                for batch in file.iter_batches(ROWS, columns=["image_id"]):
                    ids += batch["image_id"].to_pylist()[: ROWS - len(ids)]
                    if len(ids) == ROWS:
                        break
    return first


def main() -> None:
    """The process of its own: reads what is asked from its standard input, writes what it found to its standard output."""
    from datasets import load_dataset

    asked = json.load(sys.stdin)
    found: dict[str, dict[str, list[str]]] = {}
    for config, splits in asked["splits"].items():
        for split in splits:
            stream = load_dataset(asked["repo"], config, split=split, streaming=True, revision=asked["revision"])
            found.setdefault(config, {})[split] = [row["image_id"] for row in islice(stream, ROWS)]
    sys.stdout.write(json.dumps(found) + "\n")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main()
