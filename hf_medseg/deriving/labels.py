"""One label space over several sources, and what of it each row was searched for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.catalog.facts import Concept
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.deriving.inputs import Input
from hf_medseg.deriving.recipe import Label, plain_name
from hf_medseg.errors import Refused


@dataclass(frozen=True, slots=True)
class Relabel:
    """How the masks of one take become masks of the label space; small and picklable.

    Attributes:
        target: for each class of the source, by index, its index in the label space; 0 where it is none of it.
        complete: the classes of the label space that a row was searched for whatever else it says: those that do not occur in the source.
        size: how many classes the label space has, without background.
    """

    target: tuple[int, ...]
    complete: frozenset[int]
    size: int

    def searched(self, annotated: Sequence[int] | None) -> frozenset[int]:
        """The classes of the label space that a row was searched for.

        Args:
            annotated: the classes of the source that it was searched for; None where every row was for all.
        """
        parts: dict[int, set[int]] = {}
        for index, target in enumerate(self.target):
            if target:
                parts.setdefault(target, set()).add(index)
        there = set(range(len(self.target))) if annotated is None else set(annotated)
        return self.complete | {target for target, sources in parts.items() if sources <= there}

    def table(self, annotated: Sequence[int] | None) -> NDArray[np.uint8]:
        """(256,) uint8: what each value of a mask becomes.

        Where a class of the label space was not searched for, a pixel that is none of the others may be of it: it is not annotated.
        """
        rest = 0 if len(self.searched(annotated)) == self.size else NOT_ANNOTATED
        found = np.full(256, NOT_ANNOTATED, np.uint8)
        found[: len(self.target)] = [target or rest for target in self.target]
        return found

    @property
    def left_out(self) -> tuple[int, ...]:
        """The classes of the source that are none of the label space."""
        return tuple(index for index, target in enumerate(self.target) if index and not target)


def label_space(label: Label, inputs: Sequence[Input]) -> tuple[tuple[str, ...], list[Relabel], dict[str, Concept]]:
    """The classes of the whole without background, how the masks of each take become masks of them, and their codes.

    Raises:
        Refused: the recipe names a class that is nowhere, a take has none of the classes, or there are too many.
    """
    _check_table(label, inputs)
    names = {one.number: _names(label, one, _unsided(inputs), inputs) for one in inputs}
    there = list(dict.fromkeys(name for found in names.values() for name in found.values() if name))
    if strange := [name for name in label.classes if name not in there]:
        raise Refused(f"label: no source has a class that becomes {strange[0]!r}; there are: {', '.join(there) or 'none'}.")
    classes = label.classes or tuple(there)
    if len(classes) >= NOT_ANNOTATED:
        raise Refused(f"label: {len(classes)} classes; a label map holds 254. Name those that are wanted in label.classes.")
    index = {name: number for number, name in enumerate(classes, 1)}
    found: list[Relabel] = []
    codes: dict[str, Concept] = {}
    for one in inputs:
        target = tuple(index.get(names[one.number].get(name, ""), 0) for name in one.classes)
        if len(one.classes) > 1 and not any(target):
            raise Refused(
                f"take {one.number + 1} ({one.origin.label}) has none of the classes {', '.join(classes)}; it has "
                f"{', '.join(one.classes[1:])}. Say in [label.table] which of them becomes which."
            )
        found.append(Relabel(target, _absent(label, one, index), len(classes)))
        for name, concept in one.codes.items():
            codes.setdefault(names[one.number].get(name, ""), concept)
    _check_absent(label, inputs, index)
    return classes, found, {name: codes[name] for name in classes if name in codes and label.by != "table" and name not in label.table}


def _names(label: Label, one: Input, unsided: set[str], inputs: Sequence[Input]) -> dict[str, str]:
    """For every class of a take the class of the label space that it becomes."""
    found = {}
    for name in one.classes[1:]:
        said = [to for to, parts in label.table.items() if name in parts or f"{one.origin.source}/{name}" in parts]
        if len(said) > 1:
            raise Refused(f"label.table: {one.origin.source}/{name} becomes {said[0]} and {said[1]}; one is possible.")
        if said:
            found[name] = said[0]
        elif label.by == "name":
            found[name] = _first_name(name, label, inputs)
        elif label.by == "code":
            found[name] = _by_code(name, one, unsided, inputs) if name in one.codes else _first_name(name, label, inputs)
    return found


def _same_name(one: str, other: str) -> bool:
    return plain_name(one) == plain_name(other)


def _first_name(name: str, label: Label, inputs: Sequence[Input]) -> str:
    """How the label space spells a name: as the recipe does, else as the first source that has it."""
    spelled = [*label.classes, *label.table, *(other for one in inputs for other in one.classes[1:])]
    return next(other for other in spelled if _same_name(other, name))


def _unsided(inputs: Sequence[Input]) -> set[str]:
    """Codes that some source marks without telling left from right: then nobody's sides can be told apart."""
    return {concept.code for one in inputs for concept in one.codes.values() if not concept.side}


def _by_code(name: str, one: Input, unsided: set[str], inputs: Sequence[Input]) -> str:
    """The first source's name of the class with the same code; where sides are not told apart, the name without a side if there is one."""
    mine = one.codes[name]
    alike = [
        (bool(concept.side), other)
        for given in inputs
        for other, concept in given.codes.items()
        if concept.code == mine.code and (mine.code in unsided or concept.side == mine.side)
    ]
    return min(alike, key=lambda pair: pair[0])[1]


def _absent(label: Label, one: Input, index: Mapping[str, int]) -> frozenset[int]:
    return frozenset(index[name] for name in label.absent.get(one.origin.source, ()) if name in index)


def _check_table(label: Label, inputs: Sequence[Input]) -> None:
    """What the recipe's table names is there: a slip of the pen must not change masks in silence."""
    every = {name for one in inputs for name in one.classes[1:]}
    each = {f"{one.origin.source}/{name}" for one in inputs for name in one.classes[1:]}
    for to, parts in label.table.items():
        if strange := [part for part in parts if part not in every and part not in each]:
            raise Refused(f"label.table: {to} is made of {strange[0]!r}, which no source has; there are: {', '.join(sorted(each))}.")


def _check_absent(label: Label, inputs: Sequence[Input], index: Mapping[str, int]) -> None:
    """See `_check_table`: of what the recipe says to be absent."""
    known = {one.origin.source for one in inputs}
    for source, names in label.absent.items():
        if source not in known:
            raise Refused(f"label.absent names {source!r}, of which nothing is taken; taken are: {', '.join(sorted(known))}.")
        if strange := [name for name in names if name not in index]:
            raise Refused(f"label.absent: {strange[0]!r} is no class of the label space: {', '.join(index)}.")


def annotated_of(row: Mapping[str, Any]) -> list[int] | None:
    """The classes of the source that a row was searched for; None where it does not say."""
    told: list[int] | None = row.get("annotated_classes")
    return told
