"""Which rows of a dataset are shown: few that show much."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from hf_medseg.dataset.folder import Output
from hf_medseg.dataset.identity import split_order
from hf_medseg.dataset.storage import parquet
from hf_medseg.raw.order import natural

Some = TypeVar("Some")
# Row groups whose ids and classes are looked at for each split: enough to find every class, whatever the size of the dataset.
GROUPS_LOOKED_AT = 64
_DERIVED = ("source", "split_group")  # columns of derived datasets: of each source something, of what shows the same not both


@dataclass(frozen=True)
class Shown:
    """A row that was chosen to be shown, and where it lies; of a derived dataset also the source that it comes from."""

    table: int
    config: str
    split: str
    image_id: str
    classes: tuple[int, ...]
    kin: str
    path: Path
    group: int
    place: int
    origin: str = ""


def pick(target: Output, count: int) -> list[Shown]:
    """Picks rows that show much: in turn from every split of every config, those with classes and patients not shown yet.

    What is picked depends on nothing but the rows; the first of many are those that fewer would be.

    Args:
        target: an output folder with shards.
        count: how many rows, at most.
    """
    waiting: list[dict[tuple[str, tuple[int, ...]], list[Shown]]] = []
    for number, (config, split, paths) in enumerate(_tables(target)):
        # Rows of the same classes differ by their patient alone, so that only the first of each kind are weighed.
        kinds: dict[tuple[str, tuple[int, ...]], list[Shown]] = {}
        for row in sorted(_candidates(number, config, split, paths, max(GROUPS_LOOKED_AT, count)), key=_lot):
            kinds.setdefault((row.origin, row.classes), []).append(row)
        waiting.append(kinds)
    chosen: list[Shown] = []
    shown: set[tuple[str, int | str]] = set()  # what is new of a config, or of a source in it

    def table(row: Shown) -> str:
        return f"{row.config}/{row.origin}"

    def worth(row: Shown) -> tuple[int, bool, int, bytes]:
        structures = [value for value in row.classes if value]
        new = sum((table(row), value) not in shown for value in structures)
        return -new, (row.config, row.kin) in shown, -len(structures), _lot(row)

    while len(chosen) < count and any(waiting):
        for kinds in waiting:
            if kinds and len(chosen) < count:
                firsts = (next((row for row in rows if (row.config, row.kin) not in shown), rows[0]) for rows in kinds.values())
                best = min(firsts, key=worth)
                kinds[best.origin, best.classes].remove(best)
                if not kinds[best.origin, best.classes]:
                    del kinds[best.origin, best.classes]
                chosen.append(best)
                shown |= {(best.config, best.kin), *((table(best), value) for value in best.classes)}
    return chosen


def in_order(rows: Sequence[Shown]) -> list[Shown]:
    """Rows config by config, split by split, in natural order of their ids."""
    return sorted(rows, key=lambda row: (row.table, natural(row.image_id)))


def _lot(row: Shown) -> bytes:
    return hashlib.sha256(row.image_id.encode()).digest()


def _tables(target: Output) -> list[tuple[str, str, list[Path]]]:
    """(config, split, shards) of everything that was converted, configs in the order of the report."""
    found: dict[tuple[str, str], list[Path]] = {}
    for path, identity in target.identities().items():
        if identity is not None:
            found.setdefault((identity.config, identity.split), []).append(path)
    configs = list(target.report().get("configs", {}))

    def order(key: tuple[str, str]) -> tuple[Any, ...]:
        config, split = key
        return (configs.index(config) if config in configs else len(configs), config, split_order(split))

    return [(config, split, found[config, split]) for config, split in sorted(found, key=order)]


def _candidates(number: int, config: str, split: str, paths: Sequence[Path], groups: int) -> Iterator[Shown]:
    """Rows of a split, from row groups evenly spread over it; reads their ids and classes only."""
    places: list[tuple[Path, int]] = []
    for path in _spread(paths, groups):
        with parquet(path) as file:
            places.extend((path, group) for group in range(file.num_row_groups))
    for path, group in _spread(places, groups):
        with parquet(path) as file:
            told = ("image_id", "classes", "patient_id", "volume_id", *_DERIVED)
            wanted = [name for name in told if name in file.schema_arrow.names]
            found = file.read_row_group(group, columns=wanted).to_pylist()
        derived = {*_DERIVED} <= {*wanted}
        for row_number, row in enumerate(found):
            origin, together = (row.get(name) or "" for name in _DERIVED) if derived else ("", "")
            kin = together or row["patient_id"] or row.get("volume_id") or row["image_id"]
            yield Shown(number, config, split, row["image_id"], tuple(row["classes"]), kin, path, group, row_number, origin)


def _spread(items: Sequence[Some], count: int) -> list[Some]:
    """At most `count` of the items, evenly spread."""
    return list(items) if len(items) <= count else [items[k * len(items) // count] for k in range(count)]
