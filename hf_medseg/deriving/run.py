"""From converted datasets and a recipe to a derived one, which is a dataset like any other."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import hashlib
import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hf_medseg import __version__
from hf_medseg.card import croissant
from hf_medseg.card import render as card
from hf_medseg.catalog.derived import DERIVED, OPTIONAL, derived_source
from hf_medseg.catalog.source import Edition, Source
from hf_medseg.catalog.tables import table_of
from hf_medseg.conversion.executor import Executor
from hf_medseg.conversion.report import repeated_images, split_section
from hf_medseg.dataset import lock
from hf_medseg.dataset.folder import CARD, CROISSANT, NAMES, REPORT, Output, check_apart, check_writable
from hf_medseg.dataset.identity import Identity, Outcome, read_shard, split_order, versions
from hf_medseg.dataset.storage import is_local, json_text, place, write_text
from hf_medseg.dataset.table import Tally
from hf_medseg.deriving import describe
from hf_medseg.deriving.inputs import Chosen, Input, chosen_rows, open_input
from hf_medseg.deriving.labels import Relabel, label_space
from hf_medseg.deriving.recipe import Recipe, Take, checked, read_recipe
from hf_medseg.deriving.rows import DeriveTask, From, Wanted, write_derived
from hf_medseg.deriving.splitting import Division, Groups, divide, weights
from hf_medseg.errors import Refused
from hf_medseg.preview import draw as preview
from hf_medseg.progress import Progress, Tell, telling
from hf_medseg.words import counted

_MIB = 1 << 20


@dataclass(repr=False)
class Derivation:
    """What deriving did, or with `dry_run` would do.

    Attributes:
        out: the folder of the derived dataset.
        recipe: what was asked for.
        source, edition: what came out, as the catalog would describe it.
        splits: how many rows come to each split, before any is rejected.
        division: where every group came to.
        shards: names of the shards, each with how many rows it is to have.
        report: the content of `report.json`; empty after a dry run.
        kept: shards that were there already.
    """

    out: Path
    recipe: Recipe
    source: Source
    edition: Edition
    splits: dict[str, int]
    division: Division
    shards: dict[str, int] = field(default_factory=dict)
    report: dict[str, Any] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        """What came out, in a few lines; `report` has the rest."""
        told = "derived" if self.report else "to be derived"
        lines = [f"{self.source.title}: {told} in {self.out}, {self.edition.license.name} (tier {self.edition.license.tier})"]
        lines += [f"  {split}: {counted(rows, 'row')}" for split, rows in self.splits.items()]
        lines.append(f"  classes: {', '.join(self.edition.classes) or 'none'}; rejected: {len(self.rejected):,}")
        return "\n".join(lines)

    @property
    def rejected(self) -> list[dict[str, str]]:
        """Every row that could not be made."""
        return [one for part in self.report.get("configs", {}).values() for one in part["rejected"]]

    @property
    def rows(self) -> int:
        """Rows that came out."""
        return sum(split["rows"] for part in self.report.get("configs", {}).values() for split in part["splits"].values())


def derive(
    recipe: Recipe | str | os.PathLike[str] | Mapping[str, Any],
    out: str | os.PathLike[str],
    *,
    workers: int | None = None,
    max_shard_size: int = 500_000_000,
    dry_run: bool = False,
    replace: bool = False,
    executor: concurrent.futures.Executor | None = None,
    progress: Tell | bool = True,
) -> Derivation:
    """Makes a dataset of rows of converted ones: placed on one grid, in one label space, divided by patients.

    Args:
        recipe: a recipe in TOML by its path, or its content as nested dictionaries; folders in these begin at the working directory.
        out: the folder to write; what is finished in it is kept if it is of the same recipe and inputs.
        workers: local processes, None for one a core.
        max_shard_size: bytes a shard, about.
        dry_run: plan only, write nothing.
        replace: the user says that another derived dataset in `out` may be replaced.
        executor: runs the work instead of local processes.
        progress: told how far the work is; True shows a bar in a terminal or a notebook, and nothing elsewhere; False never.

    Raises:
        Refused: nothing was written: the recipe, an input or the licenses do not allow it.
        MedsegError: a worker died; the finished shards are kept.
        OSError: the disk is full or not writable; the finished shards are kept.
    """
    asked = _recipe(recipe)
    if max_shard_size < 1 or (workers is not None and workers < 1):
        raise Refused("--max-shard-size and --workers take numbers from 1.")
    target = Output(place(out))
    for take in asked.take:
        check_apart(take.out, target.root)
    if not dry_run:
        check_writable(target.root)
    with contextlib.ExitStack() as held:
        tell = held.enter_context(telling(progress, "shards"))
        for take in {take.out: take for take in asked.take}.values():
            held.enter_context(lock.reading(Output(place(take.out))))
        plan = _Plan(asked, target, max_shard_size)
        target.check_usable(DERIVED, asked.name)
        if dry_run:
            return plan.derivation
        held.enter_context(lock.writing(target))
        target.check_usable(DERIVED, asked.name)  # again: now nobody else writes there
        before = target.report()
        if before and not replace and (before.get("recipe"), before.get("inputs")) != (plan.told["recipe"], plan.told["inputs"]):
            raise Refused(
                f"{target.root} holds a dataset of another recipe, or of other inputs. Give another folder, or say --replace to replace it."
            )
        outcomes = plan.write(held.enter_context(Executor(workers, executor)), tell)
        plan.finish(outcomes)
    return plan.derivation


def _recipe(given: Recipe | str | os.PathLike[str] | Mapping[str, Any]) -> Recipe:
    if isinstance(given, Recipe):
        return checked(given, "recipe")
    if isinstance(given, Mapping):
        from hf_medseg.catalog.decode import decode

        return checked(decode(Recipe, _listed(given), "recipe"), "recipe")
    return read_recipe(given)


def _listed(value: Any) -> Any:
    """Nested values as a reader of TOML gives them: paths as texts, tuples as lists."""
    if isinstance(value, Mapping):
        return {name: _listed(one) for name, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_listed(one) for one in value]
    return os.fspath(value) if isinstance(value, os.PathLike) else value


class _Plan:
    """What is to be written where, decided before a picture is read."""

    def __init__(self, recipe: Recipe, target: Output, max_shard_size: int) -> None:
        self.recipe, self.target = recipe, target
        self.inputs = [open_input(number, take) for number, take in enumerate(recipe.take)]
        classes, relabels, codes = label_space(recipe.label, self.inputs)
        rows = [row for one in self.inputs for row in chosen_rows(one)]
        _check_once(self.inputs, rows)
        if not rows:
            raise Refused("The recipe takes no row at all. Loosen what its `take` asks for.")
        groups = Groups(self.inputs, rows)
        self.by_group: dict[str, list[Chosen]] = {}
        for row in rows:
            self.by_group.setdefault(groups.of(row), []).append(row)
        self.division = divide(recipe.split, self.inputs, self.by_group)
        optional = [
            name for name, asked in zip(OPTIONAL, (recipe.split.folds, recipe.balance.weights, recipe.balance.cap), strict=True) if asked
        ]
        origins = sorted({one.origin for one in self.inputs if any(row.take == one.number for row in rows)})
        self.source, self.edition = derived_source(
            origins,
            classes,
            optional,
            name=recipe.name,
            title=recipe.title,
            splits=describe.splits(recipe, self.division),
            changes=describe.changes(recipe, self.inputs, relabels, classes),
            codes=codes,
            citations=[text for one in self.inputs for text in one.citations],
        )
        self.table = table_of(self.source, self.edition, self.edition.reading.configs[0])
        self.told: dict[str, Any] = {"recipe": describe.recipe_told(recipe, self.inputs), "inputs": describe.inputs_told(self.inputs, rows)}
        self.tasks = self._tasks(relabels, max_shard_size)
        counts = Counter(self.division.split[group] for group, members in self.by_group.items() for _ in members)
        self.derivation = Derivation(
            target.root,
            recipe,
            self.source,
            self.edition,
            {split: counts[split] for split in sorted(counts, key=split_order)},
            self.division,
            {task.target.rpartition("/data/")[2]: len(task.rows) for task in self.tasks},
        )

    def _tasks(self, relabels: Sequence[Relabel], max_shard_size: int) -> list[DeriveTask]:
        """The shards: of each split whole groups, sources mingled as in the whole, each read from beginning to end."""
        takes = tuple(
            From(one.origin, one.prefix, one.config, one.paths, tuple(identity.split for identity in one.identities), relabel)
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
                tasks.append(DeriveTask(str(path), unfinished, identity, self.table, self.recipe.place, takes, piece))
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
        number = 0
        for group in ordered:
            fold = self.division.fold.get(group)
            for row in self.by_group[group]:
                one = Wanted(row.take, row.shard, row.group, row.place, group, fold, weight[number], within[number])
                found.setdefault(group, []).append(one)
                number += 1
        return found

    def _bytes_a_row(self) -> float:
        """About how large a row is: as the recipe makes it, else as it is."""
        sides = self.recipe.place.sides
        if sides is not None:
            return sides[0] * sides[1] * 1.5
        size = sum(path.stat().st_size for one in self.inputs for path in one.paths)
        return size / max(1, sum(outcome.tally.rows for one in self.inputs for outcome in one.outcomes))

    def _fingerprint(self, takes: Sequence[From], rows: Sequence[Wanted]) -> str:
        """Changes whenever the rows of a shard could: with versions, recipe, label space, or what the inputs hold."""
        seals = [[outcome.seal for outcome in one.outcomes] for one in self.inputs]
        prints = [[identity.fingerprint for identity in one.identities] for one in self.inputs]
        relabels = [(take.prefix, take.config, take.relabel.target, sorted(take.relabel.complete)) for take in takes]
        told = (__version__, *versions().items(), self.table, self.recipe.place, relabels, seals, prints, rows)
        return hashlib.sha256(repr(told).encode()).hexdigest()

    def write(self, runner: Executor, tell: Tell | None) -> dict[str, Outcome]:
        """Writes every shard that is not there yet; returns what became of each by name."""
        target = self.target
        target.claim(DERIVED, self.recipe.name, {"default": {}})
        names = [_name(task) for task in self.tasks]
        outcomes: dict[str, Outcome] = {}
        for name, task in zip(names, self.tasks, strict=True):
            described = read_shard(task.target) if (target.root / name).exists() else None
            if described is not None and described[0] == task.identity and not described[1].rejected:
                outcomes[name] = described[1]
        self.derivation.kept = list(outcomes)
        left = [(name, task) for name, task in zip(names, self.tasks, strict=True) if name not in outcomes]
        if left:
            (target.root / CARD).unlink(missing_ok=True)
        for number, outcome in runner.run(write_derived, [(task,) for _, task in left]):
            outcomes[left[number][0]] = outcome
            if tell is not None:
                done = sum(one.tally.rows for one in outcomes.values())
                total = sum(len(task.rows) for task in self.tasks)
                tell(Progress("derive", len(outcomes), len(names), done, total))
        return {name: outcomes[name] for name in names}

    def finish(self, outcomes: Mapping[str, Outcome]) -> None:
        """Removes shards of other recipes, then writes report, names, preview, and last of all the card."""
        target, root = self.target, self.target.root
        filled = {task.identity.split for task in self.tasks if outcomes[_name(task)].tally.rows}
        staying = {_name(task) for task in self.tasks if task.identity.split in filled}
        for path in target.shards():
            if path.relative_to(root).as_posix() not in staying:
                path.unlink()
        report: dict[str, Any] = {
            "source": DERIVED,
            "edition": self.recipe.name or None,
            "license": self.edition.license.id,
            "tier": self.edition.license.tier,
            "converter": __version__,
            "packages": versions(),
            "configs": {"default": self._section(outcomes)},
            **self.told,
        }
        self.derivation.report = report
        write_text(root / NAMES, json_text(dict(enumerate(self.table.classes))))
        write_text(root / REPORT, json_text(report))
        if any(split["rows"] for split in report["configs"]["default"]["splits"].values()):
            preview.write_preview(target, report)
            write_text(root / CROISSANT, croissant.render(self.source, self.edition, report))
            text = card.render(self.source, self.edition, report, origins=describe.origins(self.recipe, self.inputs, report["inputs"]))
            write_text(root / CARD, text)
        else:
            for name in (CARD, CROISSANT):
                (root / name).unlink(missing_ok=True)
        target.release()

    def _section(self, outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
        tallies: dict[str, Tally] = {}
        shards: dict[str, list[str]] = {}
        for task in self.tasks:
            total = tallies.setdefault(task.identity.split, Tally())
            total += outcomes[_name(task)].tally
            shards.setdefault(task.identity.split, []).append(_name(task))
        classes, root = self.table.classes, self.target.root
        limit, cases = self.tasks[0].identity.limit, self.tasks[0].identity.cases
        rejected = [one for outcome in outcomes.values() for one in outcome.rejected]
        return {
            "folder": "data",
            "classes": list(classes),
            "options": {},
            "limited": {split: {"taken": limit, "cases": cases} for split in tallies} if limit else {},
            "splits": {split: split_section(tally, classes, shards[split], root) for split, tally in tallies.items()},
            "splits_without_rows": [split for split, tally in tallies.items() if not tally.rows],
            "published": [],
            "rejected": sorted(rejected, key=lambda one: (one["image_id"], one["file"])),
            "known": [],
            "notes": [],
            "duplicate": sorted(repeated_images(root / name for name, outcome in outcomes.items() if outcome.tally.rows)),
            "not_used": [],
            "moved": [{"from": before, "to": after, "rows": rows} for (before, after), rows in sorted(self.division.moved.items())],
            "shared_groups": self.division.shared,
        }


def _name(task: DeriveTask) -> str:
    return f"data/{task.target.rpartition('/data/')[2]}"


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


def one_line(out: str, **asked: Any) -> Recipe:
    """The recipe of the command's short form: everything of one converted dataset.

    Args:
        out: its folder.
        asked: `size`, `fit` and `parts`, as far as they are said.
    """
    recipe = Recipe(take=(Take(out=out),))
    placed = {name: asked[name] for name in ("size", "fit") if asked.get(name) is not None}
    split = dataclasses.replace(recipe.split, parts=asked["parts"]) if asked.get("parts") else recipe.split
    return checked(dataclasses.replace(recipe, place=dataclasses.replace(recipe.place, **placed), split=split), "hf-medseg derive")
