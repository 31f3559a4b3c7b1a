"""What every row of a shard is told by, so that rows that show the same are found without their pixels; runs in a worker."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.catalog.picture_hash import BITS, Numbers, cells_of, grey_of, hashes_of, turned_ways
from hf_medseg.dataset.arrays import rows_of
from hf_medseg.dataset.identity import Identity
from hf_medseg.dataset.storage import parquet
from hf_medseg.statistics.measure import Array, decoded

SIDE = 24
"""Cells on each side of the small picture of a row that confirms what its hash says."""
_LEAST_CONTRAST = 8  # grey levels between the darkest and the brightest cell; with less a picture looks like any other
_LEAST_BITS = 10  # of a hash that are set, and that are not
_TOLD = ("image_id", "patient_id", "volume_id", "slice_index", "source_sha256", "depth")


@dataclass
class Signatures:
    """What the rows of a shard are told by.

    Attributes:
        ids: their names.
        patients: who they are of; empty where nobody says, then the volume.
        volumes: what they are cut from; empty where they are cut from nothing.
        files: of each row the hash of its file and the slice of it that it shows.
        pixels: of each row a hash of its samples; empty where all of them are equal.
        places: (row group, row in it) of each.
        hashes: (rows, 8) difference hashes of each as it is, and flipped and turned.
        telling: whether its hash tells a picture from others.
        small: (rows, SIDE, SIDE) uint8, the picture in few greys.
    """

    ids: list[str] = field(default_factory=list)
    patients: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)
    files: list[tuple[str, int]] = field(default_factory=list)
    pixels: list[bytes] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    hashes: Numbers = field(default_factory=lambda: np.zeros((0, 8), np.uint64))
    telling: NDArray[np.bool_] = field(default_factory=lambda: np.zeros(0, bool))
    small: NDArray[np.uint8] = field(default_factory=lambda: np.zeros((0, SIDE, SIDE), np.uint8))


@dataclass
class Looks:
    """What the rows of a shard look like.

    Attributes:
        places: the number of each in what follows, by (row group, row in it).
        hashes, telling, small: see `Signatures`.
    """

    places: dict[tuple[int, int], int]
    hashes: Numbers
    telling: NDArray[np.bool_]
    small: NDArray[np.uint8]


def look(path: str | os.PathLike[str]) -> Looks:
    """Reads the pictures of a shard as far as it takes to see what they show: a JPEG as a smaller one.

    Raises:
        MedsegError: a picture cannot be decoded.
    """
    places: dict[tuple[int, int], int] = {}
    seen: list[tuple[Numbers, bool, NDArray[np.uint8]]] = []
    with parquet(path) as file:
        whole = "depth" in file.schema_arrow.names
        for group in range(file.num_row_groups):
            number = 0
            for batch in file.iter_batches(1 if whole else 16, row_groups=[group], columns=["image", "image_id"]):
                for row in rows_of(batch):
                    places[group, number] = len(places)
                    number += 1
                    samples = decoded(row["image"]["bytes"], f"{os.path.basename(path)}, {row['image_id']}", least=8 * SIDE)
                    seen.append(_look(samples[len(samples) // 2] if whole else samples))
    hashes, telling, small = zip(*seen, strict=True) if seen else ((), (), ())
    return Looks(
        places,
        np.stack(hashes) if seen else np.zeros((0, 8), np.uint64),
        np.array(telling, bool),
        np.stack(small) if seen else np.zeros((0, SIDE, SIDE), np.uint8),
    )


def sign(path: str | os.PathLike[str], identity: Identity) -> Signatures:
    """Reads every row of a shard.

    Raises:
        MedsegError: a picture cannot be decoded.
    """
    found = Signatures()
    hashes: list[Numbers] = []
    telling: list[bool] = []
    small: list[NDArray[np.uint8]] = []
    with parquet(path) as file:
        wanted = [name for name in ("image", *_TOLD) if name in file.schema_arrow.names]
        for group in range(file.num_row_groups):
            number = 0
            for batch in file.iter_batches(1 if "depth" in wanted else 16, row_groups=[group], columns=wanted):
                for row in rows_of(batch):
                    samples = decoded(row["image"]["bytes"], f"{os.path.basename(path)}, {row['image_id']}")
                    found.ids.append(row["image_id"])
                    volume = row.get("volume_id") or ""
                    found.patients.append(row["patient_id"] or volume)
                    found.volumes.append(volume)
                    step = row.get("slice_index")
                    found.files.append((row["source_sha256"] or "", -1 if step is None else step))
                    found.pixels.append(_digest(samples))
                    found.places.append((group, number))
                    number += 1
                    ways, tells, greys = _look(samples[len(samples) // 2] if "depth" in wanted else samples)
                    hashes.append(ways)
                    telling.append(tells)
                    small.append(greys)
    if hashes:
        found.hashes, found.telling, found.small = np.stack(hashes), np.array(telling), np.stack(small)
    return found


def _digest(samples: Array) -> bytes:
    """A hash of the samples; three channels that are equal are one."""
    if samples.ndim == 3 and samples.shape[-1] == 3 and (samples == samples[..., :1]).all():
        samples = samples[..., 0]
    if samples.size == 0 or (samples == samples.flat[0]).all():
        return b""
    return blake2b(f"{samples.shape} {samples.dtype}".encode() + np.ascontiguousarray(samples).tobytes(), digest_size=16).digest()


def _look(samples: Array) -> tuple[Numbers, bool, NDArray[np.uint8]]:
    finite = np.nan_to_num(samples) if samples.dtype.kind == "f" else samples
    grey = grey_of(Image.fromarray(finite if finite.dtype in (np.uint8, np.uint16) else finite.astype(np.float32)))
    cells = cells_of(grey, 9, 8)
    hashes = hashes_of(turned_ways(cells, cells_of(grey.transpose(Image.Transpose.TRANSPOSE), 9, 8)))
    enough = _LEAST_BITS <= int(hashes[0]).bit_count() <= BITS - _LEAST_BITS
    tells = enough and int(cells.max()) - int(cells.min()) >= _LEAST_CONTRAST
    return hashes, tells, cells_of(grey, SIDE, SIDE)
