"""What a derivation is to write where, decided before a row is made."""

from __future__ import annotations

import hashlib
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from hf_medseg import __version__
from hf_medseg.catalog.derived import DERIVED, OPTIONAL, derived_source, kept_columns
from hf_medseg.catalog.tables import table_of
from hf_medseg.conversion.executor import Executor
from hf_medseg.dataset.columns import Column, Label, ListOf
from hf_medseg.dataset.folder import Output
from hf_medseg.dataset.identity import Identity, split_order, versions
from hf_medseg.dataset.report import Report
from hf_medseg.dataset.storage import is_local
from hf_medseg.deriving import describe
from hf_medseg.deriving.inputs import Chosen, Input, chosen_rows, open_input, slices_beside
from hf_medseg.deriving.labels import Relabel, label_space
from hf_medseg.deriving.recipe import Place, Recipe
from hf_medseg.deriving.rows import DeriveTask, From, Wanted
from hf_medseg.deriving.splitting import Groups, divide, weights
from hf_medseg.deriving.structures import structures_of
from hf_medseg.deriving.twins import check_overlaps, divides, find_twins
from hf_medseg.errors import Refused
from hf_medseg.progress import Tell
from hf_medseg.words import counted

_MIB = 1 << 20


class Plan:
    """What is to be written where.

    Attributes:
        inputs: what is taken from.
        division: where every group comes to.
        source, edition: what comes out, as the catalog would describe it.
        table: what its rows look like.
        told: the recipe and the inputs, as `report.json` tells them.
        tasks: its shards.
        rows: how many rows come to each split, before any is rejected.
    """

    def __init__(self, recipe: Recipe, target: Output, max_shard_size: int, runner: Executor, tell: Tell | None) -> None:
        """Reads what the inputs say of their rows, and where these are divided, looks at their pictures.

        Raises:
            Refused: the recipe, an input or the licenses do not allow it.
            MedsegError: a picture cannot be decoded.
        """
        self.recipe, self.target = recipe, target
        self.inputs = [open_input(number, take) for number, take in enumerate(recipe.take)]
        self.place = recipe.place.of(3 if _all_volumes(self.inputs) else 2)
        _check_spacing(self.place, self.inputs)
        classes, relabels, codes = label_space(recipe.label, self.inputs)
        rows = [row for one in self.inputs for row in chosen_rows(one)]
        _check_once(self.inputs, rows)
        if not rows:
            raise Refused("The recipe takes no row at all. Loosen what its `take` asks for.")
        groups = Groups(self.inputs, rows)
        twins = find_twins(recipe.split, self.inputs, rows, groups, runner, tell) if divides(recipe.split, rows) else 0
        self.by_group: dict[str, list[Chosen]] = {}
        for row in rows:
            self.by_group.setdefault(groups.of(row), []).append(row)
        if recipe.split.folds > len(self.by_group):
            raise Refused(
                f"split.folds is {recipe.split.folds}, and there are no more than {counted(len(self.by_group), 'group')} to divide."
            )
        self.division = divide(recipe.split, self.inputs, self.by_group)
        self.division.twins = twins
        check_overlaps(recipe.split, self.inputs, self.by_group, self.division)
        stacked = recipe.place.stack > 1 and (recipe.place.stack != 3 or recipe.place.depth != 8)
        asked = (stacked, recipe.split.folds, recipe.balance.weights, recipe.balance.cap)
        optional = [name for name, wanted in zip(OPTIONAL, asked, strict=True) if wanted]
        self.kept = kept_columns(recipe.columns, {one.origin.label: one.columns for one in self.inputs})
        origins = sorted({one.origin for one in self.inputs if any(row.take == one.number for row in rows)})
        self.source, self.edition = derived_source(
            origins,
            classes,
            optional,
            name=recipe.name,
            title=recipe.title,
            splits=describe.splits(recipe, self.inputs, self.division),
            changes=describe.changes(replace(recipe, place=self.place), self.inputs, relabels, classes),
            codes=codes,
            citations=[text for one in self.inputs for text in one.citations],
            kept=self.kept,
            volumes=self.inputs[0].volumes,
        )
        self.table = table_of(self.source, self.edition, self.edition.reading.configs[0])
        self.told: Report = {"recipe": describe.recipe_told(recipe, self.inputs), "inputs": describe.inputs_told(recipe, self.inputs, rows)}
        self.tasks = self._tasks(relabels, max_shard_size)
        counts = Counter(self.division.split[group] for group, members in self.by_group.items() for _ in members)
        self.rows = {split: counts[split] for split in sorted(counts, key=split_order)}

    def _tasks(self, relabels: Sequence[Relabel], max_shard_size: int) -> list[DeriveTask]:
        """The shards: of each split whole groups, sources mingled as in the whole, each read from beginning to end."""
        takes = tuple(
            From(
                one.origin,
                one.prefix,
                one.config,
                one.paths,
                tuple(identity.split for identity in one.identities),
                relabel,
                _kept_of(one, self.kept),
                structures_of(one.classes, one.columns, relabel),
            )
            for one, relabel in zip(self.inputs, relabels, strict=True)
        )
        taken = Counter(row.take for members in self.by_group.values() for row in members)
        reached: Counter[int] = Counter()
        depth: dict[str, float] = {}
        for group, members in self.by_group.items():
            depth[group] = reached[members[0].take] / taken[members[0].take]
            reached.update(row.take for row in members)
        ordered = sorted(self.by_group, key=lambda group: (depth[group], group))
        wanted = self._wanted(ordered, relabels)
        limited = [identity for one in self.inputs for identity in {i.split: i for i in one.identities}.values() if identity.limit]
        tasks = []
        for split in sorted({*self.division.split.values()}, key=split_order):
            pieces = _cut([wanted[group] for group in ordered if self.division.split[group] == split], self._bytes_a_row(), max_shard_size)
            for number, piece in enumerate(pieces):
                name = f"data/{split}-{number:05d}-of-{len(pieces):05d}.parquet"
                identity = Identity(
                    DERIVED,
                    self.recipe.name,
                    "default",
                    split,
                    __version__,
                    self._fingerprint(takes, piece),
                    license=self.edition.license.id,
                    tier=self.edition.license.tier,
                    limit=sum(one.limit for one in limited),
                    cases=sum(one.cases for one in limited),
                )
                path = self.target.root / name
                unfinished = str(self.target.work / name.replace("/", "--")) if is_local(path) else ""
                tasks.append(DeriveTask(str(path), unfinished, identity, self.table, self.place, takes, piece, tuple(self.kept)))
        return tasks

    def _wanted(self, ordered: Sequence[str], relabels: Sequence[Relabel]) -> dict[str, list[Wanted]]:
        """The rows of every group, with their columns that planning decides."""
        flat = [
            (row, self.division.split[group], tuple({relabels[row.take].target[one] for one in row.classes}))
            for group in ordered
            for row in self.by_group[group]
        ]
        weight, within = weights(self.recipe.balance, self.inputs, flat)
        found: dict[str, list[Wanted]] = {}
        reach = self.recipe.place.stack // 2
        beside = {one.number: slices_beside(one, reach) for one in self.inputs} if reach else {}
        number = 0
        for group in ordered:
            fold = self.division.fold.get(group)
            for row in self.by_group[group]:
                near = beside[row.take][row.shard, row.group, row.place] if beside else ()
                one = Wanted(row.take, row.shard, row.group, row.place, group, fold, weight[number], within[number], near)
                found.setdefault(group, []).append(one)
                number += 1
        return found

    def _bytes_a_row(self) -> float:
        """About how large a row is: as the recipe makes it, else as it is."""
        if self.place.sides is not None:
            return math.prod(self.place.sides) * 1.5
        size = sum(path.stat().st_size for one in self.inputs for path in one.paths)
        return size / max(1, sum(outcome.tally.rows for one in self.inputs for outcome in one.outcomes))

    def _fingerprint(self, takes: Sequence[From], rows: Sequence[Wanted]) -> str:
        """Changes whenever the rows of a shard could: with versions, recipe, label space, or what the inputs hold."""
        seals = [[outcome.seal for outcome in one.outcomes] for one in self.inputs]
        prints = [[identity.fingerprint for identity in one.identities] for one in self.inputs]
        relabels = [(take.prefix, take.config, take.relabel.target, sorted(take.relabel.complete)) for take in takes]
        kept = [take.kept for take in takes]
        told = (__version__, *versions().items(), self.table, self.place, relabels, kept, seals, prints, rows)
        return hashlib.sha256(repr(told).encode()).hexdigest()


def _kept_of(one: Input, kept: Mapping[str, Column]) -> dict[str, tuple[int, ...]]:
    """For every column that is kept and that a take has, what its labels become; nothing for other values."""
    found: dict[str, tuple[int, ...]] = {}
    for name, column in kept.items():
        if name in one.columns:
            mine, whole = (other.item if isinstance(other, ListOf) else other for other in (one.columns[name], column))
            labels = isinstance(mine, Label) and isinstance(whole, Label)
            found[name] = tuple(whole.names.index(text) for text in mine.names) if labels else ()  # type: ignore[union-attr]
    return found


def _all_volumes(inputs: Sequence[Input]) -> bool:
    """Whether rows are whole volumes.

    Raises:
        Refused: some are, and some are pictures.
    """
    kinds = {one.volumes: one for one in inputs}
    if len(kinds) > 1:
        raise Refused(
            f"take {kinds[True].number + 1} ({kinds[True].origin.label}) holds whole volumes and take {kinds[False].number + 1} "
            f'({kinds[False].origin.label}) pictures. One dataset holds one of them: take the slices of a volume by config = "slices".'
        )
    return True in kinds


def _check_spacing(place: Place, inputs: Sequence[Input]) -> None:
    """A spacing is asked for only of what says its own: all rows would be rejected."""
    needed = {"pixel_spacing", *(("slice_spacing",) if inputs[0].volumes else ())}
    for one in inputs if place.steps is not None else ():
        if missing := sorted(needed - one.columns.keys()):
            raise Refused(
                f"take {one.number + 1} ({one.origin.label}) has no column {missing[0]!r}: nothing says how far its pixels are apart. "
                "Leave place.spacing out, or the source."
            )


def _check_once(inputs: Sequence[Input], rows: Sequence[Chosen]) -> None:
    """No row is taken twice: its copies would be drawn as if they were two."""
    seen: set[tuple[str, str]] = set()
    for row in rows:
        key = (inputs[row.take].prefix, row.image_id)
        if key in seen:
            raise Refused(
                f"The recipe takes the row {'/'.join(key)} twice. Take each once; give data of your own with the same ids a `name` each."
            )
        seen.add(key)


def _cut(groups: Sequence[list[Wanted]], bytes_a_row: float, max_shard_size: int) -> list[tuple[Wanted, ...]]:
    """Whole groups in pieces of about the same number of rows."""
    rows = sum(map(len, groups))
    size = rows * bytes_a_row
    count = max(1, min(len(groups), max(math.ceil(size / max_shard_size), min(8, math.ceil(size / (32 * _MIB))))))
    pieces: list[list[Wanted]] = [[] for _ in range(count)]
    reached = 0
    for number, group in enumerate(groups):
        # Never so late that a later piece would be left without a group.
        pieces[max(min(count - 1, reached * count // rows), count - (len(groups) - number))].extend(group)
        reached += len(group)
    return [tuple(piece) for piece in pieces if piece]
