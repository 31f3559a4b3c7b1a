"""Which rows must stay together, and to which split, fold and weight they come."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from hf_medseg.deriving.inputs import Chosen, Input
from hf_medseg.deriving.recipe import Balance, Split
from hf_medseg.errors import Refused

Node = tuple[str, str]
"""The prefix of a take's ids, and what groups rows of it: a patient, a volume, or a picture."""


class Groups:
    """Groups of rows that share a patient, a volume or the bytes of a picture, in one source or across several.

    Args:
        inputs: what is taken from.
        rows: the rows that are taken.
    """

    def __init__(self, inputs: Sequence[Input], rows: Sequence[Chosen]) -> None:
        self._above: dict[Node, Node] = {}
        # The first source of the recipe names a group, so that a source that is added behind changes no name.
        self._order: dict[str, int] = {}
        for one in inputs:
            self._order.setdefault(one.prefix, len(self._order))
        self._prefix = [one.prefix for one in inputs]
        same: dict[tuple[str, str], Node] = {}
        for row in rows:
            node = (self._prefix[row.take], row.kin)
            self._above.setdefault(node, node)
            for key in (("bytes", row.sha256), ("name", row.kin)):
                self._join(node, same.setdefault(key, node))

    def of(self, row: Chosen) -> str:
        """The name of a row's group."""
        return "/".join(self._top((self._prefix[row.take], row.kin)))

    def _top(self, node: Node) -> Node:
        top = node
        while (above := self._above[top]) != top:
            top = above
        while self._above[node] != top:
            self._above[node], node = top, self._above[node]
        return top

    def _join(self, one: Node, other: Node) -> None:
        tops = sorted((self._top(one), self._top(other)), key=lambda node: (self._order[node[0]], node[1]))
        self._above[tops[1]] = tops[0]

    def join(self, one: Chosen, other: Chosen) -> None:
        """Makes the groups of two rows one."""
        self._join(*((self._prefix[row.take], row.kin) for row in (one, other)))


@dataclass
class Division:
    """Where every group came to.

    Attributes:
        split: by group.
        fold: by group; none for what is in an official split, and where no folds are wanted.
        moved: rows that left the split that their source has them in, by (from, to), because their group came to another one.
        shared: groups that hold rows of more than one source.
        twins: groups that were joined to others because pictures look the same.
    """

    split: dict[str, str] = field(default_factory=dict)
    fold: dict[str, int] = field(default_factory=dict)
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)
    shared: int = 0
    twins: int = 0


def divide(split: Split, inputs: Sequence[Input], rows: Mapping[str, Sequence[Chosen]]) -> Division:
    """Divides groups: an official split stays, all others go by a hash, so that what is added later moves nothing.

    Args:
        split: what the recipe says.
        inputs: what was taken from.
        rows: by group.

    Raises:
        Refused: the recipe names a source or an official split that is not there.
    """
    taken_of = {one.origin.source for one in inputs}
    if strange := [name for name in split.whole if name not in taken_of]:
        raise Refused(f"split.whole names {strange[0]!r}, of which nothing is taken; taken are: {', '.join(sorted(taken_of))}.")
    known = {identity.split for one in inputs for identity in one.identities} | {row.split for members in rows.values() for row in members}
    if (strange := [name for name in split.official if name not in known]) and split.official != Split().official:
        raise Refused(f"split.official names {strange[0]!r}, which no source has; there are: {', '.join(sorted(known))}.")
    found = Division()
    official_of: dict[str, set[str]] = defaultdict(set)
    for one in inputs:
        official_of[one.prefix] |= {identity.split for identity in one.identities if identity.split in split.official}
    for group, members in rows.items():
        prefixes = {inputs[row.take].prefix for row in members}
        found.shared += len(prefixes) > 1
        splits = {row.split for row in members}
        official = next((name for name in split.official if name in splits), None)
        stays = {row.split for row in members if row.stays}
        whole = {split.whole[name] for row in members if (name := inputs[row.take].origin.source) in split.whole}
        if whole:
            found.split[group] = min(whole, key=_strict_first)
        elif official is None and stays:
            found.split[group] = min(stays, key=_strict_first)
        elif not split.parts:
            found.split[group] = official or min(splits, key=_strict_first)
        elif official is not None:
            found.split[group] = official
        else:
            taken = {name for prefix in prefixes for name in official_of[prefix]}
            found.split[group] = _drawn(split.parts, taken, _lot(split.key, group))
        if split.folds and official is None:
            found.fold[group] = min(split.folds - 1, int(_lot(f"{split.key} fold", group) * split.folds))
        for row in members:
            kept = row.stays or not split.parts or official is not None
            if row.split != found.split[group] and kept and not whole:
                found.moved[row.split, found.split[group]] += 1
    return found


def _strict_first(split: str) -> tuple[int, str]:
    """What is for testing keeps a group before what is for training."""
    return {"test": 0, "validation": 1, "train": 3}.get(split, 2), split


def _lot(key: str, group: str) -> float:
    """A number from 0 up to 1 that depends on the key and the group alone."""
    return int.from_bytes(hashlib.sha256(f"{key}\0{group}".encode()).digest()[:7]) / (1 << 56)


def _drawn(parts: Mapping[str, float], official: set[str], lot: float) -> str:
    """The split that a lot falls on; a source that has an official one gets no second one of that name."""
    open_parts = {name: part for name, part in parts.items() if name not in official and part > 0} or dict(parts)
    reached, whole = 0.0, sum(open_parts.values())
    for name, part in open_parts.items():
        reached += part / whole
        if lot < reached:
            return name
    return next(name for name, part in reversed(open_parts.items()) if part > 0)


def weights(
    balance: Balance, inputs: Sequence[Input], rows: Sequence[tuple[Chosen, str, tuple[int, ...]]]
) -> tuple[list[float], list[bool]]:
    """For every row its weight, and whether it is among the first of its source and class in its split, as the cap says.

    Args:
        balance: what the recipe says.
        inputs: what was taken from.
        rows: each with its split, and the classes of the label space in its mask (0 alone, or none, where it has no foreground).
    """
    kinds = [[(split, inputs[row.take].prefix, one) for one in _marked(classes)] for row, split, classes in rows]
    keys = [
        [(split, inputs[row.take].prefix)] if balance.weights == "source" else [(split, str(one)) for one in _marked(classes)]
        for row, split, classes in rows
    ]
    counts = Counter(key for several in keys for key in several)
    in_split = Counter(split for _, split, _ in rows)
    kinds_in_split = Counter(split for split, _ in counts)
    weight = [max(in_split[key[0]] / (kinds_in_split[key[0]] * counts[key]) for key in several) for several in keys]
    within = [True] * len(rows)
    taken: Counter[tuple[str, str, int]] = Counter()
    for number in sorted(range(len(rows)), key=lambda one: _lot("cap", f"{inputs[rows[one][0].take].prefix}/{rows[one][0].image_id}")):
        within[number] = all(taken[kind] < balance.cap for kind in kinds[number])
        if within[number]:
            taken.update(kinds[number])
    return weight, within


def _marked(classes: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(one for one in classes if one) or (0,)
