"""Structures that a source keeps whole beside its mask, in which a later class is painted over an earlier one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.dataset.columns import Column, PictureColumn, VolumeColumn
from hf_medseg.deriving.inputs import opened
from hf_medseg.deriving.labels import Relabel
from hf_medseg.deriving.recipe import plain_name

_OTHER = re.compile(r"mask_(?:\d+|native|automatic)")  # masks of other annotators, on other grids, by machines


@dataclass(frozen=True)
class Structures:
    """Where classes that a recipe keeps are found whole; small and picklable.

    Attributes:
        gone: classes that the recipe leaves out: what they were painted over is seen again.
        of: for a column of its own the class that it shows.
        named: for a name in `mask_names` the class that its label map in `masks` shows.
    """

    gone: tuple[int, ...] = ()
    of: Mapping[str, int] = field(default_factory=dict)
    named: Mapping[str, int] = field(default_factory=dict)

    @property
    def columns(self) -> tuple[str, ...]:
        """Which columns are to be read."""
        return (*self.of, *(("masks", "mask_names") if self.named else ()))

    def uncovered(self, labels: NDArray[np.uint8], row: Mapping[str, Any], where: str) -> NDArray[np.uint8]:
        """The label map of a row with what classes hide that the recipe leaves out: a lung below a clavicle that nobody asks for.

        Raises:
            Rejected: a structure cannot be decoded.
        """
        covered = np.isin(labels, self.gone) if self.gone and self.columns else np.zeros((), bool)
        if not covered.any():
            return labels
        found = labels.copy()
        for index, cell in sorted(self._cells(row), key=lambda one: one[0]):
            part = opened(cell["bytes"], where)
            if part.shape == labels.shape:
                found[covered & (part == 1)] = index
        return found

    def _cells(self, row: Mapping[str, Any]) -> Iterator[tuple[int, Any]]:
        yield from ((index, row[name]) for name, index in self.of.items() if row.get(name) is not None)
        for name, cell in zip(row.get("mask_names") or (), row.get("masks") or (), strict=False):
            if cell is not None and plain_name(name) in self.named:
                yield self.named[plain_name(name)], cell


def structures_of(classes: Sequence[str], columns: Mapping[str, Column], relabel: Relabel) -> Structures:
    """Where a take keeps the classes whole that its masks may hide below others that the recipe leaves out."""
    kept = {name: index for index, name in enumerate(classes) if relabel.target[index]}
    pictures = {
        name for name, column in columns.items() if isinstance(column, (PictureColumn, VolumeColumn)) and not _OTHER.fullmatch(name)
    }
    of = {f"mask_{name}": index for name, index in kept.items() if f"mask_{name}" in pictures}
    named = {plain_name(name): index for name, index in kept.items()} if {"masks", "mask_names"} <= columns.keys() else {}
    return Structures(relabel.left_out, of, named) if relabel.left_out else Structures()
