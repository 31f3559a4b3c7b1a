"""Converted datasets as inputs: what their shards say and hold, without the pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hf_medseg import __version__
from hf_medseg.catalog.conventions import OFFICIAL, Convention
from hf_medseg.catalog.derived import DERIVED, Origin
from hf_medseg.catalog.facts import Concept
from hf_medseg.catalog.lookup import known_divisions
from hf_medseg.dataset.columns import Column, Label, Value, VolumeColumn, holds_pictures
from hf_medseg.dataset.finished import classes_of, columns_of, finished
from hf_medseg.dataset.folder import CARD
from hf_medseg.dataset.identity import Identity, Outcome, Seal
from hf_medseg.dataset.storage import parquet, place
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.deriving.recipe import SLICES, Take
from hf_medseg.errors import Refused
from hf_medseg.formats.nifti import voxels_of
from hf_medseg.formats.packing import GZIP
from hf_medseg.formats.pixels import decode

CONVERT = "Convert the raw tree again."
_OF_KIND = {"string": (str,), "bool": (bool,)}  # what a recipe compares columns with; all others with numbers


class Chosen(NamedTuple):
    """A row that is taken, and where it lies: the number of its take and shard, its row group, its place in it.

    `split` is that of its source, or of the division that its take asks for; then it `stays` there.
    """

    take: int
    shard: int
    group: int
    place: int
    image_id: str
    kin: str
    sha256: str
    split: str
    classes: tuple[int, ...]
    stays: bool = False


@dataclass(frozen=True)
class Input:
    """One config of a converted dataset.

    Attributes:
        number: of its take.
        take: what the recipe says of it.
        origin: what its shards say of themselves.
        config: the config's name.
        paths: its shards.
        identities: what each of them says.
        columns: its columns.
        classes: the names of its classes, `background` first.
        codes: what classes are in SNOMED CT.
        division: how its rows are divided, where the recipe asks for a division by name.
        rejected: how many of its cases were rejected.
    """

    number: int
    take: Take
    origin: Origin
    config: str
    paths: tuple[Path, ...]
    identities: tuple[Identity, ...]
    outcomes: tuple[Outcome, ...]
    columns: dict[str, Column]
    classes: tuple[str, ...]
    codes: dict[str, Concept]
    division: Convention | None = None

    @property
    def prefix(self) -> str:
        """What the ids of its rows begin with."""
        return "-".join(filter(None, (self.origin.source, self.origin.edition, self.take.name)))

    @property
    def volumes(self) -> bool:
        """Whether its rows are whole volumes."""
        return isinstance(self.columns["image"], VolumeColumn)

    @property
    def left_out(self) -> tuple[str, ...]:
        """Columns of pictures beside `image` and `mask`: further images, masks of further annotators, instances."""
        return tuple(name for name, column in self.columns.items() if holds_pictures(column) and name not in ("image", "mask"))

    @property
    def citations(self) -> tuple[str, ...]:
        """What its card says is to be cited, where only its owner knows: in data of one's own."""
        source, _ = self.origin.known()
        if source.from_about is None:
            return ()
        text = (place(self.take.out) / CARD).read_text(encoding="utf-8").partition("\n## Citation\n")[2]
        return tuple(re.findall(r"```bibtex\n(.*?)\n```", text.partition("\n## ")[0], re.DOTALL))

    @property
    def rejected(self) -> int:
        """How many of its cases were rejected."""
        return sum(len(outcome.rejected) for outcome in self.outcomes)


def open_input(number: int, take: Take) -> Input:
    """Finds out what a converted dataset holds.

    Raises:
        Refused: it is no finished conversion, it is derived itself, or it has no such config.
    """
    opened = finished(take.out)
    shards = opened.config(take.config)
    where = f"take {number + 1} ({opened.target.root})"
    first = shards[0].identity
    origin, config = Origin(first.source, first.edition, first.license, first.tier), first.config
    if origin.source == DERIVED:
        raise Refused(f"{where} is derived itself. Take the converted datasets that it was made of.")
    source, _ = origin.known()
    if _numbers(first.version) > _numbers(__version__):
        raise Refused(
            f"{where} was converted by hf_medseg {first.version}, and this is {__version__}. Install that version or a later one."
        )
    columns = columns_of(shards[0].path)
    names = classes_of(columns)
    _check_take(take, where, columns, names, {shard.identity.split for shard in shards})
    _, paths, identities, outcomes = zip(*shards, strict=True)
    codes = {name: source.codes[name] for name in names if name in source.codes}
    division = _division(take, where, origin.source, {one.split for one in identities})
    return Input(number, take, origin, config, paths, identities, outcomes, columns, names, codes, division)


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


def _division(take: Take, where: str, source: str, splits: set[str]) -> Convention | None:
    if take.split == OFFICIAL and splits == {"train"}:
        raise Refused(f"{where} has no official split: all of its rows are in `train`. Say split.parts, or a division by name.")
    if take.split in ("", OFFICIAL):
        return None
    known = known_divisions(source)
    if take.split not in known:
        raise Refused(f"{where}: no division of {source} is called {take.split!r}; there are: {', '.join((OFFICIAL, *known))}.")
    return known[take.split]


def _check_take(take: Take, where: str, columns: dict[str, Column], classes: Sequence[str], splits: set[str]) -> None:
    if strange := [name for name in take.classes if name not in classes]:
        raise Refused(f"{where} has no class {strange[0]!r}; it has: {', '.join(classes)}.")
    if strange := [name for name in take.splits if name not in splits]:
        raise Refused(f"{where} has no split {strange[0]!r}; it has: {', '.join(sorted(splits))}.")
    plain = [name for name, column in columns.items() if isinstance(column, (Label, Value))]
    if strange := [name for name in take.equal if name not in plain]:
        raise Refused(f"{where} has no column {strange[0]!r} to compare; it has: {', '.join(plain)}.")
    for name, value in take.equal.items():
        column = columns[name]
        if isinstance(column, Label) and value not in column.names:
            raise Refused(f"{where}: {name} is never {value!r}; it is one of {', '.join(column.names)}.")
        if isinstance(column, Value) and type(value) not in _OF_KIND.get(column.dtype, (int, float)):
            raise Refused(f"{where}: {name} is of the type {column.dtype}, and never {value!r}.")
    if take.every > 1 and "slice_index" not in columns:
        raise Refused(
            f"{where} has no slices, so that not every {take.every}th can be taken. {SLICES if 'depth' in columns else ''}".rstrip()
        )


def chosen_rows(given: Input) -> Iterator[Chosen]:
    """The rows that a take takes, shard by shard; reads no picture, but the masks where it asks for foreground.

    Raises:
        Refused: what a shard says of itself does not belong to its rows.
    """
    take = given.take
    plain = ("image_id", "patient_id", "volume_id", "slice_index", "classes", "source_file", "source_sha256", *take.equal)
    names = [name for name in dict.fromkeys(plain) if name in given.columns]
    wanted = {given.classes.index(name) for name in take.classes}
    for number, path in enumerate(given.paths):
        seal = Seal(given.identities[number])
        split = given.identities[number].split
        with parquet(path) as file:
            for group in range(file.num_row_groups):
                rows = file.read_row_group(group, columns=[*names, "mask.path"]).to_pylist()
                masks = _masks(file.read_row_group(group, columns=["mask"])) if take.least_foreground else None
                for at, row in enumerate(rows):
                    seal.add(row)
                    if not _wanted(row, take, given.columns, wanted, split):
                        continue
                    if masks is not None and _foreground(masks, at, row["image_id"]) < take.least_foreground:
                        continue
                    kin = row["patient_id"] or row.get("volume_id") or row["image_id"]
                    name = given.division.split_of(split, row["image_id"], row["patient_id"]) if given.division else split
                    spot = (given.number, number, group, at, row["image_id"], kin, row["source_sha256"])
                    if name:
                        yield Chosen(*spot, name, tuple(row["classes"]), bool(take.split))
        if seal.value() != given.outcomes[number].seal:
            raise Refused(f"{path}: what it says of itself does not belong to its rows. Somebody rewrote it. {CONVERT}")


Spot = tuple[int, int, int]
"""Where a row lies: the number of its shard, its row group, its place in it."""


def slices_beside(given: Input, reach: int) -> dict[Spot, tuple[Spot | None, ...]]:
    """For every slice those before and after it in its volume, from the first to the last; None beyond an end, or where one is missing.

    Args:
        given: a config of slices.
        reach: how many on each side.

    Raises:
        Refused: it has no slices.
    """
    if not {"volume_id", "slice_index"} <= given.columns.keys():
        raise Refused(f"take {given.number + 1} ({given.origin.label}) has no slices, so that neighbours cannot be stacked.")
    spots: dict[tuple[str, int], Spot] = {}
    for number, path in enumerate(given.paths):
        with parquet(path) as file:
            for group in range(file.num_row_groups):
                rows = file.read_row_group(group, columns=["volume_id", "slice_index"]).to_pylist()
                spots.update({(row["volume_id"], row["slice_index"]): (number, group, at) for at, row in enumerate(rows)})
    steps = [step for step in range(-reach, reach + 1) if step]
    return {spot: tuple(spots.get((volume, index + step)) for step in steps) for (volume, index), spot in spots.items()}


def _wanted(row: dict[str, Any], take: Take, columns: dict[str, Column], classes: set[int], split: str) -> bool:
    if take.splits and split not in take.splits:
        return False
    if (take.annotated or take.least_foreground) and row["mask"] is None:
        return False
    if classes and not classes & set(row["classes"]):
        return False
    if take.every > 1 and (row["slice_index"] or 0) % take.every:
        return False
    return all(_same(columns[name], row[name], value) for name, value in take.equal.items())


def _same(column: Column, found: Any, wanted: Any) -> bool:
    if isinstance(column, Label):
        return found is not None and column.names[found] == wanted
    return bool(found == wanted)


def opened(data: bytes, where: str) -> NDArray[Any]:
    """The samples of a cell: (height, width[, 3]) of a picture, (slices, height, width) of a volume.

    Raises:
        Rejected: it cannot be decoded.
    """
    return voxels_of(data) if data.startswith(GZIP) else decode(data, where)


def _masks(table: pa.Table) -> list[Any]:
    return list(table.column("mask").to_pylist())


def _foreground(masks: list[Any], at: int, image_id: str) -> float:
    labels = opened(masks[at]["bytes"], image_id)
    return float(np.count_nonzero((labels > 0) & (labels < NOT_ANNOTATED)) / labels.size)
