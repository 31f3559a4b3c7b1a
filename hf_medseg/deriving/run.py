"""From converted datasets and a recipe to a derived one, which is a dataset like any other."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hf_medseg.catalog.derived import DERIVED
from hf_medseg.catalog.source import Edition, Source
from hf_medseg.conversion.executor import Executor
from hf_medseg.dataset import lock
from hf_medseg.dataset.finished import reached
from hf_medseg.dataset.folder import CARD, Output, check_apart, check_writable
from hf_medseg.dataset.identity import Outcome, read_shard
from hf_medseg.dataset.report import Rejection, Report
from hf_medseg.dataset.storage import place
from hf_medseg.deriving.finish import finish
from hf_medseg.deriving.plan import Plan
from hf_medseg.deriving.recipe import Recipe, Take, checked, read_recipe
from hf_medseg.deriving.rows import write_derived
from hf_medseg.deriving.splitting import Division
from hf_medseg.errors import Refused
from hf_medseg.progress import Progress, Tell, telling
from hf_medseg.words import counted


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
    report: Report = field(default_factory=lambda: Report())
    kept: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        """What came out, in a few lines; `report` has the rest."""
        told = "derived" if self.report else "to be derived"
        lines = [f"{self.source.title}: {told} in {self.out}, {self.edition.license.name} (tier {self.edition.license.tier})"]
        lines += [f"  {split}: {counted(rows, 'row')}" for split, rows in self.splits.items()]
        lines.append(f"  classes: {', '.join(self.edition.classes) or 'none'}; rejected: {len(self.rejected):,}")
        return "\n".join(lines)

    @property
    def rejected(self) -> list[Rejection]:
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
            with reached(take.out):
                held.enter_context(lock.reading(Output(place(take.out))))
        runner = held.enter_context(Executor(workers, executor))
        plan = Plan(asked, target, max_shard_size, runner, tell)
        derivation = Derivation(target.root, asked, plan.source, plan.edition, plan.rows, plan.division)
        derivation.shards = {task.name.removeprefix("data/"): len(task.rows) for task in plan.tasks}
        target.check_usable(DERIVED, asked.name)
        if dry_run:
            return derivation
        held.enter_context(lock.writing(target))
        target.check_usable(DERIVED, asked.name)  # again: now nobody else writes there
        before = target.report()
        if before and not replace and (before.get("recipe"), before.get("inputs")) != (plan.told["recipe"], plan.told["inputs"]):
            raise Refused(
                f"{target.root} holds a dataset of another recipe, or of other inputs. Give another folder, or say --replace to replace it."
            )
        outcomes, derivation.kept = _write(plan, runner, tell)
        derivation.report = finish(plan, outcomes, runner)
    return derivation


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


def _write(plan: Plan, runner: Executor, tell: Tell | None) -> tuple[dict[str, Outcome], list[str]]:
    """Writes every shard that is not there yet; returns what became of each by name, and the names of those that were there."""
    target = plan.target
    target.claim(DERIVED, plan.recipe.name, {"default": {}})
    names = [task.name for task in plan.tasks]
    outcomes: dict[str, Outcome] = {}
    for name, task in zip(names, plan.tasks, strict=True):
        described = read_shard(task.target) if (target.root / name).exists() else None
        if described is not None and described[0] == task.identity and not described[1].rejected:
            outcomes[name] = described[1]
    kept = list(outcomes)
    left = [(name, task) for name, task in zip(names, plan.tasks, strict=True) if name not in outcomes]
    if left:
        (target.root / CARD).unlink(missing_ok=True)
    for number, outcome in runner.run(write_derived, [(task,) for _, task in left]):
        outcomes[left[number][0]] = outcome
        if tell is not None:
            done = sum(one.tally.rows for one in outcomes.values())
            total = sum(len(task.rows) for task in plan.tasks)
            tell(Progress("derive", len(outcomes), len(names), done, total, "rows"))
    return {name: outcomes[name] for name in names}, kept


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
