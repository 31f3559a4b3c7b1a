"""Rows of different groups that show the same: they are kept together, or the derivation is refused, as the recipe says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hf_medseg.conversion.executor import Executor
from hf_medseg.deriving.inputs import Chosen, Input
from hf_medseg.deriving.recipe import Split
from hf_medseg.deriving.splitting import Division, Groups
from hf_medseg.errors import Refused
from hf_medseg.progress import Progress, Tell
from hf_medseg.statistics.alike import Alike
from hf_medseg.statistics.signature import Looks, look
from hf_medseg.words import counted

_NAMED = 3  # pairs that a refusal names


def divides(split: Split, rows: Sequence[Chosen]) -> bool:
    """Whether rows come to several splits or folds, so that it matters what stays together."""
    parts = [part for part in split.parts.values() if part]
    return bool(split.folds) or len(parts) > 1 or len({row.split for row in rows}) > 1


def find_twins(split: Split, inputs: Sequence[Input], rows: Sequence[Chosen], groups: Groups, runner: Executor, tell: Tell | None) -> int:
    """Joins groups whose pictures are encoded anew, scaled, flipped or turned copies of each other.

    Every picture is looked at once, shard by shard; about two kilobytes of each are kept meanwhile.

    Args:
        split: what the recipe says.
        inputs: what is taken from.
        rows: the rows that are taken.
        groups: what belongs together so far; more does afterwards.
        runner: where shards are looked at.
        tell: told how far the work is, in shards.

    Returns:
        how many groups were joined to others.

    Raises:
        Refused: there are such pictures, and the recipe asks to refuse them.
        MedsegError: a picture cannot be decoded.
    """
    if split.twins == "ignore":
        return 0
    seen = _looked_at(inputs, rows, runner, tell)
    numbers: dict[str, int] = {}
    kin = np.array([numbers.setdefault(groups.of(row), len(numbers)) for row in rows])
    at = [(inputs[row.take].paths[row.shard], row.group, row.place) for row in rows]
    where = [(seen[path], seen[path].places[group, place]) for path, group, place in at]
    telling = np.array([some.telling[number] for some, number in where])
    told, some_kin = np.flatnonzero(telling), kin[telling]
    if len(np.unique(some_kin)) < 2:
        return 0
    hashes, small = (np.stack([getattr(where[row][0], name)[where[row][1]] for row in told]) for name in ("hashes", "small"))
    alike = Alike(hashes, small, some_kin, joined=some_kin)
    found = [(rows[told[one]], rows[told[other]]) for one, other, _, _ in alike.pairs()]
    if found and split.twins == "refuse":
        named = "; ".join(" and ".join(f"{inputs[row.take].prefix}/{row.image_id}" for row in pair) for pair in found[:_NAMED])
        raise Refused(
            f"split: rows of different groups show the same picture: {named}{' and others' if len(found) > _NAMED else ''}. "
            'Say split.twins = "together" to keep such groups on one side, or leave one of the sources out.'
        )
    before = len(numbers)
    for one, other in found:
        groups.join(one, other)
    return before - len({groups.of(row) for row in rows})


def _looked_at(inputs: Sequence[Input], rows: Sequence[Chosen], runner: Executor, tell: Tell | None) -> dict[Path, Looks]:
    """What the rows of every shard that something is taken of look like."""
    paths = list(dict.fromkeys(inputs[row.take].paths[row.shard] for row in rows))
    found: dict[Path, Looks] = {}
    for number, looks in runner.run(look, [(str(path),) for path in paths]):
        found[paths[number]] = looks
        if tell is not None:
            done = sum(len(one.places) for one in found.values())
            tell(Progress("compare", len(found), len(paths), done, max(done, len(rows)), "rows"))
    return found


def check_overlaps(split: Split, inputs: Sequence[Input], rows: Mapping[str, Sequence[Chosen]], division: Division) -> None:
    """Makes sure that sources which share patients that nothing tells are not divided as if they did not.

    Args:
        split: what the recipe says.
        inputs: what was taken from.
        rows: by group.
        division: where every group came to.

    Raises:
        Refused: the catalog knows of an overlap that nothing in the rows tells, and they come to several splits.
    """
    if split.overlaps == "accept":
        return
    sides: dict[str, set[tuple[str, int | None]]] = {}
    for group, members in rows.items():
        for row in members:
            sides.setdefault(inputs[row.take].origin.source, set()).add((division.split[group], division.fold.get(group)))
    for one in inputs:
        for shared in one.origin.known()[0].overlaps:
            both = sides.get(one.origin.source, set()) | sides.get(shared.source, set())
            if shared.source not in sides or len(both) < 2 or (shared.seen and split.twins != "ignore"):
                continue
            hidden = "Nothing in the rows tells which ones" if not shared.seen else "The recipe says not to look which ones"
            raise Refused(
                f"{one.origin.source} and {shared.source} overlap: {shared.how}. {hidden}, so that a split would have the same on both "
                f'sides. Put both whole into one split (split.whole = {{ "{one.origin.source}" = "train", "{shared.source}" = "train" }}), '
                'leave one out, or say split.overlaps = "accept": the card will tell.'
            )


def told(split: Split, inputs: Sequence[Input], division: Division) -> str:
    """What the card tells of pictures that look the same, and of overlaps that were accepted."""
    parts = []
    if division.twins:
        joined = counted(division.twins, "group")
        parts.append(f"{joined} joined to another because pictures are copies of each other, encoded anew, scaled, flipped or turned.")
    if split.twins == "ignore":
        parts.append("The recipe asked not to look for pictures that are copies of each other: they may be on several sides.")
    if split.overlaps == "accept":
        taken = {one.origin.source for one in inputs}
        known = [(one.origin.source, shared) for one in inputs for shared in one.origin.known()[0].overlaps if shared.source in taken]
        unseen = {(min(source, one.source), max(source, one.source)) for source, one in known if not one.seen or split.twins == "ignore"}
        parts += [f"{one} and {other} overlap, and nothing tells in which rows: the recipe accepts that." for one, other in sorted(unseen)]
    return " ".join(parts)
