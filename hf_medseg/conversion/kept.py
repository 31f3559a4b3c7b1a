"""Which shards of an earlier run stay: those that come from the raw data as they are now.

What this machine knows about that lies in `OUT/.local`: no part of the dataset, never pushed. Where it is missing, as in a folder that
was copied from elsewhere or in an object store, the SHA-256 in the rows decide.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

from hf_medseg.case import Case
from hf_medseg.conversion.plan import Plan, ShardPlan
from hf_medseg.conversion.rows import files_of
from hf_medseg.dataset.folder import Output
from hf_medseg.dataset.storage import is_local, parquet, write_text
from hf_medseg.errors import Rejected
from hf_medseg.raw.access import stamp_of
from hf_medseg.raw.files import Reader
from hf_medseg.raw.fresh import code, state_of


def remember(target: Output, shard: ShardPlan) -> None:
    """Notes which raw files, in which state, a shard that was just written or compared comes from."""
    if is_local(target.root) and (known := _known(target, shard, shard.cases)) is not None:
        write_text(_note(target, shard.name), json.dumps(known))


def is_remembered(target: Output, shard: ShardPlan, cases: Iterable[Case]) -> bool:
    """Whether neither the shard nor a raw file of its cases can have changed since it was noted; nothing is read."""
    known = _known(target, shard, cases) if is_local(target.root) else None
    return known is not None and _noted(target, shard.name) == known


def is_of_other_code(target: Output, shard: ShardPlan) -> bool:
    """Whether a shard is known to be made by this package in another state under the same version: a checkout that somebody works on."""
    noted = _noted(target, shard.name) if is_local(target.root) else None
    return noted is not None and noted.get("code") != code()


_STATES = "configs.json"


def left_behind(target: Output, plan: Plan, finished: Collection[str]) -> list[str]:
    """What is to be said of the configs in a folder that are not made now, and which raw data those made now come from is noted.

    Args:
        target: the folder.
        plan: what was made.
        finished: the names of all configs that the folder's report tells of.
    """
    made = {config.config.name for config in plan.configs}
    told = [
        f"config {name} was broken off before it was finished, and is not on the card: --config {name} finishes it"
        for name in sorted(target.begun().keys() - made - {*finished})
    ]
    if is_local(target.root) and plan.state is not None:
        now = f"{plan.state} {hashlib.sha256(repr(plan.about.said).encode()).hexdigest()}"
        states = {name: state for name, state in _read(target.local / _STATES).items() if name in finished}
        told += [
            f"config {name} was made when the raw tree or the about file held something else: --config {name} brings it up to date"
            for name in sorted(states.keys() - made)
            if states[name] != now
        ]
        write_text(target.local / _STATES, json.dumps({**states, **dict.fromkeys(sorted(made), now)}))
    return told


def forget_others(target: Output) -> None:
    """Removes the notes on shards that are gone."""
    if is_local(target.root) and (folder := target.local / "shards").is_dir():
        there = {_note(target, path.relative_to(target.root).as_posix()) for path in target.shards()}
        for note in set(folder.iterdir()) - there:
            note.unlink()


def _note(target: Output, name: str) -> Path:
    return target.local / "shards" / f"{name.replace('/', '--')}.json"


def _noted(target: Output, name: str) -> dict[str, Any] | None:
    return _read(_note(target, name)) or None


def _read(path: Path) -> dict[str, Any]:
    """What was noted in a file; empty where there is none, or it is damaged."""
    try:
        noted = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return noted if isinstance(noted, dict) else {}


def _known(target: Output, shard: ShardPlan, cases: Iterable[Case]) -> dict[str, Any] | None:
    raw = state_of(file for case in cases for file in case.files())
    state = os.stat(target.root / shard.name)
    return None if raw is None else {"raw": raw, "size": state.st_size, "stamp": stamp_of(state), "code": code()}


def has_same_sources(path: str, cases: Collection[Case]) -> bool:
    """Whether the raw files of a shard still have the SHA-256 that its rows state; they are read, and not decoded.

    Args:
        path: the shard.
        cases: what it holds; a case without rows cannot be compared, so that the answer is no.
    """
    told: set[tuple[str, str, str]] = set()
    with parquet(path) as file:
        more = ["files"] if "files" in file.schema_arrow.names else []
        for batch in file.iter_batches(columns=["source_file", "source_sha256", *more]):
            for row in batch.to_pylist():
                told.add(("image", row["source_file"], row["source_sha256"]))
                told.update((one["column"], one["path"], one["sha256"]) for one in row.get("files") or ())
    return all(_is_told(case, told) for case in cases)


def _is_told(case: Case, told: set[tuple[str, str, str]]) -> bool:
    reader = Reader()
    try:
        for file in case.files():
            reader.read(file, keep=False)
    except Rejected:
        return False
    together = {(one["column"], one["path"]): one["sha256"] for one in files_of(case, reader)}
    for column, file in case.named_files():
        group = file.series or file.path
        alone = (column, file.path, reader.sha256[file.path])
        if alone not in told and (column, group, together.get((column, group), "")) not in told:
            return False
    return True
