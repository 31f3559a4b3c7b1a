"""What a shard says of itself: what it holds, what became of its cases, and a seal that ties both to its rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hf_medseg.dataset.report import Noted, Rejection
from hf_medseg.dataset.storage import parquet
from hf_medseg.dataset.table import Tally

METADATA_KEY = b"hf_medseg"
_LISTS = ("rejected", "duplicate", "known", "notes")


@dataclass(frozen=True)
class Identity:
    """What a shard says of itself, so that a rerun, the license gate and a push can tell what it holds.

    `limit` is how many cases of its split were taken at most, where that left some of its `cases` out; 0 where all were.
    """

    source: str
    edition: str
    config: str
    split: str
    version: str
    fingerprint: str
    license: str = ""
    tier: str = ""
    limit: int = 0
    cases: int = 0


@cache
def versions() -> dict[str, str]:
    """Versions of the packages that the bytes of a shard depend on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for package in ("deflate", "nibabel", "numpy", "pillow", "pyarrow", "pydicom"):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


@dataclass
class Outcome:
    """What became of a shard's cases; kept in the shard.

    `seal` ties the identity to the rows: metadata of another shard does not fit them.
    """

    tally: Tally = field(default_factory=Tally)
    rejected: list[Rejection] = field(default_factory=list)
    duplicate: list[str] = field(default_factory=list)
    known: list[Noted] = field(default_factory=list)
    notes: list[Noted] = field(default_factory=list)
    seal: str = ""


class Seal:
    """A digest of an identity and of the rows under it, taken row by row."""

    columns = ("image_id", "source_file", "source_sha256")

    def __init__(self, identity: Identity) -> None:
        self._digest = hashlib.sha256(json.dumps(asdict(identity), sort_keys=True).encode())

    def add(self, row: Mapping[str, Any]) -> None:
        """Adds the next row."""
        self._digest.update(json.dumps([row[name] for name in self.columns]).encode())

    def value(self) -> str:
        """The seal of all rows so far."""
        return self._digest.hexdigest()


def split_order(split: str) -> tuple[int, str]:
    """By what splits are sorted wherever they are listed: train, validation, test, then others by name."""
    return {"train": 0, "validation": 1, "test": 2}.get(split, 3), split


def read_shard(path: str) -> tuple[Identity, Outcome] | None:
    """What a shard says of itself; None if it is not one of ours or is damaged."""
    try:
        with parquet(path) as file:
            return told_by(file)
    except (OSError, pa.ArrowException):
        return None


def told_by(file: pq.ParquetFile) -> tuple[Identity, Outcome] | None:
    """What an open shard says of itself; None if it is not one of ours, or says more than ours do."""
    try:
        described: dict[str, Any] = json.loads((file.metadata.metadata or {})[METADATA_KEY])
        if set(described) != {"identity", "tally", *_LISTS, "seal"}:
            return None
        told = {name: described[name] for name in (*_LISTS, "seal")}
        return Identity(**described["identity"]), Outcome(Tally(**described["tally"]), **told)
    except (KeyError, ValueError, TypeError):
        return None
