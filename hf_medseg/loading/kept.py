"""The plan of a raw tree that is loaded, kept in pieces: next time nothing is planned, and a piece is read when its rows are wanted."""

from __future__ import annotations

import contextlib
import hashlib
import itertools
import os
import pickle
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hf_medseg.case import Case, Cases, unpacked
from hf_medseg.catalog.source import Edition
from hf_medseg.conversion.plan import Plan
from hf_medseg.dataset.identity import versions
from hf_medseg.dataset.storage import whole_file
from hf_medseg.dataset.table import TableSpec
from hf_medseg.errors import Refused
from hf_medseg.raw.fresh import code

# A plan that was not used for so long is deleted, in seconds.
_OLD = 30 * 24 * 3600


@dataclass(frozen=True, slots=True)
class Piece:
    """Some cases of a plan: held, or kept in a file.

    Attributes:
        path: the file.
        start, lengths: where in it, and how long each lot is.
        held: the cases where they are in no file.
    """

    path: str = ""
    start: int = 0
    lengths: tuple[int, ...] = ()
    held: Cases | None = None

    def cases(self) -> Iterator[Case]:
        """The cases; few of them are in memory at a time.

        Raises:
            Refused: the file is gone or damaged.
        """
        if self.held is not None:
            yield from self.held
        for start, length in zip(itertools.accumulate(self.lengths, initial=self.start), self.lengths, strict=False):
            try:
                with open(self.path, "rb") as file:
                    file.seek(start)
                    lot = unpacked(file.read(length))
            except (OSError, zlib.error) as error:
                raise Refused(f"{self.path}, the plan of this raw tree, was taken away ({error}). Load the dataset again.") from error
            yield from lot


@dataclass(frozen=True)
class Loadable:
    """What loading needs of a plan.

    Attributes:
        edition, table: what the rows are.
        splits: the pieces of each split, in the order of the rows.
    """

    edition: Edition
    table: TableSpec
    splits: Mapping[str, list[Piece]]


def key_of(state: str | None, *asked: object) -> str | None:
    """What names a plan: another one whenever a file, what is asked for, this package or what it stands on changed.

    Args:
        state: of the raw tree; see `state_of_tree`. None where nothing tells whether a file changed: then nothing is kept.
        asked: what is asked for.
    """
    if state is None:
        return None
    return hashlib.sha256(repr((state, asked, code(), sorted(versions().items()))).encode("utf-8", "surrogatepass")).hexdigest()


def loadable(key: str | None, folder: Path, plan: Callable[[], Plan]) -> Loadable:
    """The plan of that key, from an earlier time if it is kept, else made now and kept.

    Args:
        key: see `key_of`.
        folder: where plans are kept.
        plan: makes it.
    """
    store = folder / f"{key}.plan"
    if key is not None and (known := _known(store)) is not None:
        return known
    made = plan()
    config = made.configs[0]
    pieces: dict[str, list[Cases]] = {}
    for shard in config.shards:
        pieces.setdefault(shard.split, []).append(shard.cases)
    if key is not None:
        with contextlib.suppress(OSError):  # no room, or a home that cannot be written to
            _forget_old(folder)
            return _keep(store, made, pieces)
    return Loadable(made.edition, config.table, {split: [Piece(held=cases) for cases in some] for split, some in pieces.items()})


def _keep(store: Path, made: Plan, pieces: Mapping[str, list[Cases]]) -> Loadable:
    """Writes a plan: its pieces one behind the other, then where they are, then where that is."""
    splits: dict[str, list[Piece]] = {}
    with whole_file(store, f"{store}.{os.getpid()}") as here, open(here, "wb") as file:
        for split, some in pieces.items():
            for cases in some:
                splits.setdefault(split, []).append(Piece(str(store), file.tell(), tuple(map(len, cases.packed))))
                file.writelines(cases.packed)
        found = Loadable(made.edition, made.configs[0].table, splits)
        start = file.tell()
        file.write(pickle.dumps((made.beside, found)))
        file.write(start.to_bytes(8, "big"))
    return found


def _known(store: Path) -> Loadable | None:
    """The plan in a file; None where there is none, or it is damaged, or what it needs is not there any more."""
    found: Any
    try:
        with open(store, "rb") as file:
            file.seek(-8, os.SEEK_END)
            end = file.tell()
            file.seek(int.from_bytes(file.read(8), "big"))
            needed, found = pickle.loads(file.read(end - file.tell()))  # written by ourselves
        os.utime(store)
    except Exception:  # whatever a damaged pickle raises: it is planned again
        return None
    return found if all(map(os.path.exists, needed)) else None


def _forget_old(folder: Path) -> None:
    for path in folder.glob("*.plan*"):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > _OLD:
                path.unlink()
