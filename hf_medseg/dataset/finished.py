"""OUT as everybody opens it who reads one: a finished conversion of one source and edition, or refused, in one set of words."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from hf_medseg.dataset.columns import Column, Label, ListOf, column_of
from hf_medseg.dataset.folder import CARD, REPORT, Output
from hf_medseg.dataset.identity import Identity, Outcome, read_shard
from hf_medseg.dataset.storage import is_local, parquet, place
from hf_medseg.errors import MedsegError, Refused


class Shard(NamedTuple):
    """A shard, and what it says of itself; `name` is its POSIX path in the folder."""

    name: str
    path: Path
    identity: Identity
    outcome: Outcome


@dataclass(frozen=True)
class Finished:
    """A finished conversion; its shards in the order of their names."""

    target: Output
    shards: tuple[Shard, ...]

    @property
    def configs(self) -> tuple[str, ...]:
        """The configs that have shards, as the report lists them: the source's default one is the first."""
        there = {shard.identity.config for shard in self.shards}
        listed = [name for name in self.target.report().get("configs", {}) if name in there]
        return (*listed, *sorted(there.difference(listed)))

    def config(self, name: str = "") -> tuple[Shard, ...]:
        """The shards of a config; of the first one where nothing is said.

        Raises:
            Refused: there is no such config.
        """
        name = name or self.configs[0]
        if name not in self.configs:
            having = ", ".join(self.configs)
            raise Refused(f"{self.target.root} has no config {name!r}; it has: {having}. `hf-medseg convert --config {name}` makes it.")
        return tuple(shard for shard in self.shards if shard.identity.config == name)


def listed(out: str | os.PathLike[str]) -> tuple[Output, list[Path]]:
    """A folder and the shards in it, whatever they say of themselves.

    Raises:
        Refused: there is no such folder, or no shard in it.
    """
    target = Output(place(out))
    if not target.root.is_dir():
        raise Refused(f"{out}: no such folder. OUT is the folder that `hf-medseg convert` wrote.")
    paths = target.shards()
    if not paths:
        raise no_rows(out)
    return target, paths


def no_rows(out: str | os.PathLike[str]) -> Refused:
    """What is said of a folder in which there is nothing to read."""
    return Refused(f"{out} holds no rows: it is no finished conversion. Give the OUT folder of one; `hf-medseg convert` makes it.")


@contextlib.contextmanager
def reached(out: str | os.PathLike[str]) -> Iterator[None]:
    """Says in words what goes wrong on the way to a dataset elsewhere.

    Raises:
        Refused: the address is wrong, nothing is there, nobody answers, or not to this user.
    """
    try:
        yield
    except MedsegError:
        raise
    except Exception as error:  # whatever a file system of others raises
        if is_local(out):
            raise
        told = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise Refused(
            f"{out} cannot be read: {told.rstrip('. ')}. Look at the address, the network, and whether you may read it."
        ) from error


def finished(out: str | os.PathLike[str]) -> Finished:
    """Opens OUT: reads what its shards say of themselves, and none of their rows.

    Raises:
        Refused: it is no finished conversion of one source and edition, or cannot be reached.
    """
    with reached(out):
        return _finished(out)


def _finished(out: str | os.PathLike[str]) -> Finished:
    target = Output(place(out))
    if target.work.exists():
        raise Refused(f"{out} holds an unfinished conversion. Run the same `hf-medseg convert` again: it carries on.")
    target, paths = listed(out)
    shards = []
    for path in paths:
        name = path.relative_to(target.root).as_posix()
        described = read_shard(str(path))
        if described is None:
            raise Refused(
                f"{name} is not a shard of this package, or is damaged. `hf-medseg verify {out}` tells more; convert the raw tree again."
            )
        shards.append(Shard(name, path, *described))
    told = {(one.source, one.edition, one.license, one.tier) for _, _, one, _ in shards}
    if len(told) > 1:
        mixed = ", ".join(sorted(" ".join(filter(None, one)) for one in told))
        raise Refused(f"{out} mixes shards of different datasets or terms: {mixed}. One folder holds one source and edition.")
    if missing := [name for name in (CARD, REPORT) if not (target.root / name).is_file()]:
        why = "its conversion is not finished" if any(one.outcome.tally.rows for one in shards) else "none of its cases became a row"
        raise Refused(f"{out} has no {' and no '.join(missing)}: {why}. Run the same `hf-medseg convert` again.")
    return Finished(target, tuple(shards))


def columns_of(shard: Path) -> dict[str, Column]:
    """The columns of a shard, as its features tell them."""
    with parquet(shard) as file:
        features = json.loads((file.schema_arrow.metadata or {})[b"huggingface"])["info"]["features"]
    return {name: column_of(described) for name, described in features.items()}


def classes_of(columns: Mapping[str, Column]) -> tuple[str, ...]:
    """The names of a table's classes, `background` first."""
    classes = columns["classes"]
    return classes.item.names if isinstance(classes, ListOf) and isinstance(classes.item, Label) else ("background",)
