"""Rows that show the same, within and across converted datasets, and patients who stand on both sides of a split."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from hf_medseg.dataset.identity import Identity
from hf_medseg.progress import Tell, telling
from hf_medseg.statistics.alike import Alike
from hf_medseg.statistics.collect import opened, read_shards, real
from hf_medseg.statistics.signature import Signatures, sign
from hf_medseg.words import counted

Kind = Literal["bytes", "pixels", "near"]
TRAIN = "train"

_WHOLE = 32  # of so many rows that look the same every pair is told; of more as many as show it

TURNED = (
    "",
    "mirrored left to right",
    "mirrored top to bottom",
    "turned by 180 degrees",
    "mirrored along its diagonal",
    "turned by 90 degrees clockwise",
    "turned by 90 degrees counterclockwise",
    "mirrored along its other diagonal",
)
"""The ways in which a picture is flipped or turned, in the order in which `picture_hash` makes them."""


@dataclass(frozen=True, slots=True)
class RowAt:
    """A row, and where it lies.

    Attributes:
        out: the folder that was given.
        source: its source.
        config: its table.
        split: its split.
        image_id: its name.
        path: its shard.
        group: its row group there.
        number: its number in the row group.
    """

    out: str
    source: str
    config: str
    split: str
    image_id: str
    path: Path
    group: int
    number: int

    @property
    def side(self) -> tuple[str, str]:
        """Dataset and split."""
        return self.out, self.split

    def __str__(self) -> str:
        return f"{self.source} / {self.split} {self.image_id}"


@dataclass(frozen=True, slots=True)
class Twin:
    """Two rows that show the same.

    Attributes:
        kind: `bytes` of their files are the same, `pixels` are, or they are `near`: encoded anew, scaled, flipped or turned.
        turned: how the first one is turned to be like the other; empty if it is not.
        one: the row that comes first.
        other: the row that is like it.
    """

    kind: Kind
    turned: str
    one: RowAt
    other: RowAt

    @property
    def leak(self) -> bool:
        """Whether the training set holds what it is to be tested on."""
        return (self.one.split == TRAIN) != (self.other.split == TRAIN)


@dataclass(frozen=True, slots=True)
class Shared:
    """A patient, or a volume where nobody says whose it is, with rows in several splits of a source.

    Attributes:
        source: whose names of patients these are.
        patient: the name.
        sides: (folder, split) of each.
    """

    source: str
    patient: str
    sides: tuple[tuple[str, str], ...]

    @property
    def leak(self) -> bool:
        """Whether one of the sides is the training set; there are others."""
        return TRAIN in (split for _, split in self.sides)


@dataclass(frozen=True, repr=False)
class Overlap:
    """What `overlap` found; prints as a few lines.

    Attributes:
        rows: how many were compared.
        twins: leaks first.
        patients: leaks first.
    """

    rows: int
    twins: tuple[Twin, ...]
    patients: tuple[Shared, ...]

    @property
    def leaks(self) -> bool:
        """Whether a test set leaks into a training set."""
        return any(twin.leak for twin in self.twins) or any(one.leak for one in self.patients)

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        twins = [asdict(twin) | {"leak": twin.leak} for twin in self.twins]
        for twin in twins:
            for side in ("one", "other"):
                twin[side] = {name: twin[side][name] for name in ("out", "source", "config", "split", "image_id")}
        return {
            "rows": self.rows,
            "leaks": self.leaks,
            "twins": twins,
            "patients": [asdict(one) | {"leak": one.leak} for one in self.patients],
        }

    def __repr__(self) -> str:
        """Counts."""
        leaks = sum(twin.leak for twin in self.twins)
        return (
            f"{counted(self.rows, 'row')} compared: {counted(len(self.twins), 'pair')} alike, {leaks:,} of them on both sides of a split; "
            f"{counted(len(self.patients), 'patient')} on both sides of a split"
        )


def overlap(*outs: str | os.PathLike[str], workers: int | None = None, progress: Tell | bool = True) -> Overlap:
    """Finds rows that show the same, within and across converted datasets and their splits.

    The same are files of the same bytes, the same pixels, and pictures that were encoded anew, scaled, flipped or turned. Slices of one
    volume are never compared with each other. Every picture is read once; a row takes about one kilobyte of memory after that.

    Args:
        *outs: output folders of conversions.
        workers: processes; None for one a core.
        progress: told how far the work is, in shards; True shows a bar in a terminal or a notebook, and nothing elsewhere; False never.

    Raises:
        Refused: a folder is no finished conversion, or one is running there.
        MedsegError: a picture cannot be decoded.
    """
    with opened(outs) as shards, telling(progress, "shards") as tell:
        given = list({real(out): str(out) for out in outs}.values())
        signed: dict[Path, Signatures] = {}
        for (_, path, _), found in read_shards(sign, shards, workers, tell, "overlap"):
            signed[path] = found
    rows = _Rows([(given[number], path, identity, signed[path]) for number, path, identity in shards])
    twins = sorted(rows.twins(), key=lambda twin: (not twin.leak, _KINDS[twin.kind], str(twin.one), str(twin.other)))
    patients = sorted(rows.shared(), key=lambda one: (not one.leak, one.source, one.patient))
    return Overlap(len(rows.places), tuple(twins), tuple(patients))


_KINDS: dict[Kind, int] = {"bytes": 0, "pixels": 1, "near": 2}


class _Rows:
    """All rows, each known by its number."""

    def __init__(self, shards: Sequence[tuple[str, Path, Identity, Signatures]]) -> None:
        self.places: list[RowAt] = []
        self._patients: list[str] = []
        self._files: list[tuple[str, int]] = []
        self._pixels: list[bytes] = []
        volumes: dict[tuple[str, ...], int] = {}
        kin: list[int] = []
        for out, path, who, some in shards:
            for image_id, volume, (group, number) in zip(some.ids, some.volumes, some.places, strict=True):
                self.places.append(RowAt(out, who.source, who.config, who.split, image_id, path, group, number))
                # Of one volume, or one picture that several tables of a split hold: one and the same.
                kin.append(volumes.setdefault((out, "volume", volume) if volume else (out, who.split, image_id), len(volumes)))
            self._patients += some.patients
            self._files += some.files
            self._pixels += some.pixels
        self._kin = np.array(kin)
        self._hashes = np.concatenate([one.hashes for _, _, _, one in shards])
        self._telling = np.flatnonzero(np.concatenate([one.telling for _, _, _, one in shards]))
        self._small = np.concatenate([one.small for _, _, _, one in shards])

    def twins(self) -> Iterator[Twin]:
        """Pairs that show the same."""
        found: dict[tuple[int, int], tuple[Kind, int]] = {pair: ("near", way) for pair, way in self._near().items()}
        for pair in self._linked(self._pixels):
            found[pair] = ("pixels", 0)
        for one, other in self._linked([file if file[0] else None for file in self._files]):
            if (one, other) in found or self.places[one].side != self.places[other].side:
                found[one, other] = ("bytes", 0)
        for (one, other), (kind, way) in found.items():
            same = kind != "near" and self._files[one][0] and self._files[one] == self._files[other]
            yield Twin("bytes" if same else kind, TURNED[way], self.places[one], self.places[other])

    def _linked(self, keys: Sequence[Any]) -> Iterator[tuple[int, int]]:
        """Pairs of rows with the same key: of many such rows each with the first one of every dataset and split, not each with each."""
        rows: dict[Any, list[int]] = {}
        for number, key in enumerate(keys):
            if key:
                rows.setdefault(key, []).append(number)
        for some in rows.values():
            firsts: dict[tuple[str, str], int] = {}
            for number in some if len(some) > 1 else ():
                firsts.setdefault(self.places[number].side, number)
            pairs = {(min(one, first), max(one, first)) for one in some for first in firsts.values()}
            yield from sorted(pair for pair in pairs if self._kin[pair[0]] != self._kin[pair[1]])

    def _near(self) -> dict[tuple[int, int], int]:
        """Pairs of rows whose pictures look the same, and how the first is turned."""
        numbers, best = self._telling, dict[tuple[int, int], tuple[float, int]]()
        if not len(numbers):
            return {}
        found = Alike(self._hashes[numbers], self._small[numbers], self._kin[numbers], whole=_WHOLE)
        for one, other, way, agreement in found.pairs():
            pair = (int(numbers[one]), int(numbers[other]))
            best[pair] = max(best.get(pair, (0.0, 0)), (round(agreement, 3), -way))
        return {pair: -way for pair, (_, way) in best.items()}

    def shared(self) -> Iterator[Shared]:
        """Patients with rows in several splits."""
        sides: dict[tuple[str, str], dict[tuple[str, str], None]] = {}
        for place, patient in zip(self.places, self._patients, strict=True):
            if patient:
                sides.setdefault((place.source, patient), {})[place.side] = None
        for (source, patient), some in sides.items():
            if len({split for _, split in some}) > 1:
                yield Shared(source, patient, tuple(some))


def leaks_first(twins: Iterable[Twin], most: int) -> list[Twin]:
    """Some twins to show: leaks first, of every kind in turn."""
    waiting: dict[tuple[bool, int], list[Twin]] = {}
    for twin in twins:
        waiting.setdefault((not twin.leak, _KINDS[twin.kind]), []).append(twin)
    found: list[Twin] = []
    for leak in (False, True):
        kinds = [some for (no_leak, _), some in sorted(waiting.items()) if no_leak == leak]
        while any(kinds):
            found += [some.pop(0) for some in kinds if some]
    return found[:most]
