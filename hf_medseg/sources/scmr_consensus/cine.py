"""Cine series: several slices, each at several phases of a movement, told apart by their headers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np

from hf_medseg.formats.dicom_geometry import along_normal
from hf_medseg.formats.dicom_header import Header
from hf_medseg.formats.dicom_series import Instance
from hf_medseg.formats.volume import TOLERANCE
from hf_medseg.raw.order import natural

# Positions of one slice repeat in every phase; anything nearer than this (mm) is the same slice.
_SAME_SLICE = 0.01

COLUMNS = ("slice_index", "num_slices", "slice_spacing", "phase_index", "num_phases")


@dataclass(frozen=True, slots=True)
class CineFrame:
    """Where one frame belongs.

    Attributes:
        location: number of its slice among those that are there, from the lowest position.
        columns: the values of `COLUMNS`; null unless the cine is whole.
    """

    location: int
    columns: dict[str, Any]


def cine(instances: Iterable[Instance]) -> dict[str, CineFrame]:
    """The frames of a cine by SOPInstanceUID.

    Slices ascend along their normal, phases by TriggerTime, else InstanceNumber. Only where every slice has the same number of phases
    and the InstanceNumbers of each series run on do the numbers say something: parts of a cine have none.

    Args:
        instances: all that belong to it. Where their planes differ or do not say where they lie, every frame is a slice of its own.
    """
    headers = {one.header.sop_uid: one.header for one in instances}
    where = {uid: _position(header) for uid, header in headers.items()}
    first = next(iter(headers.values()), Header()).orientation
    placed = all(where[uid] is not None and _alike(header.orientation, first) for uid, header in headers.items())
    slices: list[list[str]] = []
    for uid in sorted(headers, key=lambda uid: (where[uid] or 0.0, natural(uid))):
        if placed and slices and (where[uid] or 0.0) - (where[slices[-1][0]] or 0.0) < _SAME_SLICE:
            slices[-1].append(uid)
        else:
            slices.append([uid])
    whole = placed and len({len(phases) for phases in slices}) == 1 and len(slices[0]) > 1 and _run_on(headers.values())
    steps = [(where[after[0]] or 0.0) - (where[before[0]] or 0.0) for before, after in pairwise(slices)]
    spacing = round(float(np.median(steps)), 6) if steps else None
    frames = {}
    for location, uids in enumerate(slices):
        for phase, uid in enumerate(sorted(uids, key=lambda uid: (_time(headers[uid]), natural(uid)))):
            values = (location, len(slices), spacing, phase, len(uids)) if whole else (None,) * len(COLUMNS)
            frames[uid] = CineFrame(location, dict(zip(COLUMNS, values, strict=True)))
    return frames


def _run_on(headers: Iterable[Header]) -> bool:
    """Whether no InstanceNumber is left out in any series."""
    numbers: dict[str, list[int | None]] = {}
    for header in headers:
        numbers.setdefault(header.series_uid, []).append(header.instance_number)
    for found in numbers.values():
        known = sorted(number for number in found if number is not None)
        if len(known) != len(found) or known != list(range(known[0], known[0] + len(known))):
            return False
    return True


def _position(header: Header) -> float | None:
    if header.position is not None and header.orientation is not None:
        return along_normal(header.position, header.orientation)
    return header.slice_location


def _time(header: Header) -> tuple[float, int]:
    return (header.trigger_time if header.trigger_time is not None else 0.0, header.instance_number or 0)


def _alike(one: tuple[float, ...] | None, other: tuple[float, ...] | None) -> bool:
    if one is None or other is None:
        return one is other
    return bool(np.allclose(one, other, rtol=0, atol=TOLERANCE))
