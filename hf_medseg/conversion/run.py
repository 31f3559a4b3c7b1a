"""The main job: a raw tree in, a Hugging Face dataset out."""

from __future__ import annotations

import concurrent.futures
import contextlib
import dataclasses
import logging
import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hf_medseg.card import croissant
from hf_medseg.card import render as card
from hf_medseg.catalog.lookup import find_source
from hf_medseg.catalog.pictures import recognise_shards
from hf_medseg.catalog.recognise import lawful_way
from hf_medseg.catalog.tables import config_folder
from hf_medseg.conversion import kept
from hf_medseg.conversion.executor import Executor
from hf_medseg.conversion.losses import Losses, losses, refusal
from hf_medseg.conversion.names import names_of
from hf_medseg.conversion.own import source_of_tree
from hf_medseg.conversion.plan import ConfigPlan, Plan, Request, ShardPlan, make_plan
from hf_medseg.conversion.report import config_report, full_report, published, published_section
from hf_medseg.conversion.shard import ShardTask, fingerprint, write_shard
from hf_medseg.dataset import lock
from hf_medseg.dataset.folder import CARD, CROISSANT, NAMES, REPORT, Output, check_apart, check_writable
from hf_medseg.dataset.identity import Outcome, read_shard
from hf_medseg.dataset.report import Noted, Rejection, Report, Section
from hf_medseg.dataset.storage import is_local, json_text, place, write_text
from hf_medseg.dataset.temporary import temporary_folder
from hf_medseg.errors import Refused
from hf_medseg.preview import draw as preview
from hf_medseg.progress import Progress, Tell, telling
from hf_medseg.raw.packed_tars import forget_unpacked, unpack_ahead
from hf_medseg.words import counted

logger = logging.getLogger("hf_medseg")


@dataclass(repr=False)
class Conversion:
    """What a conversion did, or with `dry_run` would do.

    Attributes:
        out: the output folder.
        report: what is known of the conversion (empty after a dry run): `report.json`, and the names of files that were not used.
        plan: what was planned.
        made, kept: names of the shards that were written, or were there already.
        losses: what was in `out` before and is not, or would not be, any more.
        left: in words, what is wrong with configs in `out` that were not made now.
    """

    out: Path
    plan: Plan
    report: Report = field(default_factory=lambda: Report())
    made: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    losses: Losses = field(default_factory=Losses)
    left: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        """What came out, in a few lines; `report` has the rest."""
        lines = [
            f"{self.plan.source.id}, {counted(self.rows, 'row')} in {self.out}"
            if self.report
            else f"{self.plan.source.id}, planned for {self.out}"
        ]
        for config in self.plan.configs:
            for split, count in config.counts.items():
                lines.append(f"  {config.config.name} / {split}: {counted(count, 'case')}")
        lines.append(f"  shards: {len(self.made):,} made, {len(self.kept):,} kept; rejected: {len(self.rejected):,}")
        return "\n".join(lines)

    @property
    def rejected(self) -> list[Rejection]:
        """Every rejected case of the configs made now."""
        names = {config.config.name for config in self.plan.configs}
        return [one for name, part in self.report.get("configs", {}).items() if name in names for one in part["rejected"]]

    @property
    def rows(self) -> int:
        """Rows of the configs made now."""
        return sum(
            split["rows"]
            for config in self.plan.configs
            for split in self.report.get("configs", {}).get(config.config.name, {"splits": {}})["splits"].values()
        )


def convert(
    source: str | None,
    raw: str | os.PathLike[str],
    out: str | os.PathLike[str],
    *,
    workers: int | None = None,
    limit: int | None = None,
    max_shard_size: int = 500_000_000,
    configs: Sequence[str] = (),
    edition: str = "",
    parts: Mapping[str, str | os.PathLike[str]] | None = None,
    about: str | os.PathLike[str] | None = None,
    dry_run: bool = False,
    replace: bool = False,
    rename: bool = False,
    executor: concurrent.futures.Executor | None = None,
    progress: Tell | bool = True,
) -> Conversion:
    """Converts a raw download into a folder that `datasets.load_dataset` reads.

    Args:
        source: id or alias of the source; None where the raw tree shall tell, which it does if exactly one source fits.
        raw: the raw tree: a folder, an archive, or a folder with archives in it.
        out: the folder to write; a broken-off conversion in it is carried on.
        workers: local processes, None for one a core.
        limit: only so many cases of each split.
        max_shard_size: raw bytes a shard, at most, before conversion.
        configs: names of the configs to make, `all` for every one; the default one if empty.
        edition: the edition, where the layout does not tell.
        parts: where parts of the raw tree lie that are not below `raw`.
        about: about file with the facts that only the user knows.
        dry_run: plan only, write nothing.
        replace: the user says that what `out` holds may be replaced by a conversion with other options, or of far fewer raw files.
        rename: give files, cases, patients and folders of somebody's own data new names, by a hash with a key that stays in `out/.local`
            with all that it stands for, and is never pushed; a second conversion into `out` gives the same names.
        executor: runs the work instead of local processes.
        progress: told how far the work is; True shows a bar in a terminal or a notebook, and nothing elsewhere; False never.

    Raises:
        Refused: nothing was written: the tree is not this source, or no one source for certain, or the call cannot be carried out.
        MedsegError: a worker died; the finished shards are kept.
        OSError: the disk is full or not writable; the finished shards are kept.
    """
    stated = None if source is None else find_source(source)
    target = Output(place(out))
    check_apart(os.fspath(raw), target.root)
    if not dry_run:
        check_writable(target.root)
    if (limit is not None and limit < 1) or max_shard_size < 1 or (workers is not None and workers < 1):
        raise Refused("--limit, --max-shard-size and --workers take numbers from 1.")
    request = Request(
        os.fspath(raw),
        tuple(configs),
        edition,
        {name: os.fspath(path) for name, path in (parts or {}).items()},
        None if about is None else os.fspath(about),
        limit,
        max_shard_size,
    )

    with contextlib.ExitStack() as held:
        tell = held.enter_context(telling(progress, "cases"))

        def surveyed(files: int, read: int) -> None:
            if tell is not None:
                tell(Progress("survey", files, files, read, read))

        # Before it is known what the tree is, nothing is made in a folder that is not ours yet.
        ours = lock.is_there(target)
        if ours:
            held.enter_context(lock.writing(target))
        with contextlib.ExitStack() as cleanup:
            # What planning remembers moves to OUT after.
            memory, scratch = target.local / "memory", ""
            if not (ours and memory.exists()):
                folder = cleanup.enter_context(temporary_folder())
                memory, scratch = folder / "memory", str(folder.parent)
            cleanup.callback(forget_unpacked, memory)
            runner = cleanup.enter_context(Executor(workers, executor, scratch))
            names = names_of(target) if rename else None
            request = dataclasses.replace(request, names=names)
            found = stated or source_of_tree(request.raw, request.about, memory)
            plan = make_plan(found, request, memory, runner, surveyed)
            logger.debug("%s", _planned(plan))
            target.check_usable(found.id, plan.edition.name)
            if dry_run:
                return Conversion(target.root, plan, losses=losses(target, plan))
            if not ours:
                held.enter_context(lock.writing(target))
                target.check_usable(found.id, plan.edition.name)  # again: now nobody else writes there
            lost = losses(target, plan)
            if lost.refused and not replace:
                raise Refused(refusal(target, lost))
            target.claim(found.id, plan.edition.name, {config.config.name: config.options for config in plan.configs})
            if names is not None:
                names.save(target)  # before the first row that has them
            if is_local(target.root) and memory != target.local / "memory" and memory.exists():
                shutil.copytree(memory, target.local / "memory", ignore=shutil.ignore_patterns("*.tar"), dirs_exist_ok=True)
            conversion = Conversion(target.root, plan, losses=lost)
            outcomes = _write(target, plan, conversion, runner, tell)
            _finish(target, plan, conversion, outcomes, runner)
    return conversion


def _planned(plan: Plan) -> str:
    edition = f", edition {plan.edition.name}" * bool(plan.edition.name)
    shards = [shard for config in plan.configs for shard in config.shards]
    return f"{plan.source.id}{edition}: {counted(sum(len(shard.cases) for shard in shards), 'case')} in {counted(len(shards), 'shard')}"


def _write(target: Output, plan: Plan, conversion: Conversion, runner: Executor, progress: Tell | None) -> dict[str, Outcome]:
    """Writes every shard that is not there yet; returns what became of each by name."""
    shards = {shard.name: (config, shard) for config in plan.configs for shard in config.shards}
    sizes = {name: (len(shard.cases), shard.size) for name, (_, shard) in shards.items()}
    outcomes = _kept(target, shards, runner, progress)
    conversion.kept += outcomes
    for name in outcomes:
        logger.debug("%s: kept", name)
    names = [name for name in shards if name not in outcomes]
    tasks = [_task(target, *shards[name]) for name in names]
    if tasks:
        # The card says that the dataset is whole: it is not, until the new shards are there.
        (target.root / CARD).unlink(missing_ok=True)
    if plan.beside:
        unpack_ahead(file for task in tasks for case in task.cases for file in case.files())
    total = tuple(sum(size[i] for size in sizes.values()) for i in (0, 1))

    def tell() -> None:
        if progress is None:
            return
        done = [sizes[name] for name in outcomes]
        running = [_progress_of(task) for task, name in zip(tasks, names, strict=True) if name not in outcomes]
        cases, read = (sum(one[i] for one in (*done, *running)) for i in (0, 1))
        progress(Progress("convert", cases, total[0], read, total[1]))

    tell()
    for number, outcome in runner.run(run_task, [(task,) for task in tasks], tell):
        outcomes[names[number]] = outcome
        logger.debug("%s: %d rows, %d rejected", names[number], outcome.tally.rows, len(outcome.rejected))
        conversion.made.append(names[number])
        kept.remember(target, shards[names[number]][1])
        tell()
    return outcomes


def _kept(
    target: Output, shards: Mapping[str, tuple[ConfigPlan, ShardPlan]], runner: Executor, progress: Tell | None
) -> dict[str, Outcome]:
    """The shards of earlier runs that stay, with what became of their cases."""
    there: dict[str, Outcome] = {}
    doubtful = []
    for name, (config, shard) in shards.items():
        path = target.root / name
        described = read_shard(str(path)) if path.exists() else None
        if described is None or described[1].rejected or kept.is_of_other_code(target, shard):
            continue
        cases = tuple(shard.cases)
        if described[0] == dataclasses.replace(shard.identity, fingerprint=fingerprint(config.table, cases)):
            there[name] = described[1]
            if not kept.is_remembered(target, shard, cases):
                doubtful.append(name)
    total = sum(shards[name][1].size for name in doubtful)
    done = read = 0
    for number, same in runner.run(kept.has_same_sources, [(str(target.root / name), shards[name][1].cases) for name in doubtful]):
        name, shard = doubtful[number], shards[doubtful[number]][1]
        if same:
            kept.remember(target, shard)
        else:
            del there[name]
        done, read = done + 1, read + shard.size
        if progress is not None:
            progress(Progress("compare", done, len(doubtful), read, total))
    return there


def _task(target: Output, config: ConfigPlan, shard: ShardPlan) -> ShardTask:
    path = target.root / shard.name
    unfinished = str(target.work / shard.name.replace("/", "--")) if is_local(path) else ""
    return ShardTask(str(path), unfinished, shard.identity, config.table, shard.cases, shard.size, config.key, config.tables)


def run_task(task: ShardTask) -> Outcome:
    """Writes one shard in a worker; how far it is stands in a small file beside it, where OUT is a local folder."""
    if not task.unfinished:
        return write_shard(task)
    note = task.unfinished + ".progress"

    def tell(cases: int, read: int) -> None:
        # Written over: some file systems bring a file to the disk that was emptied before, which takes as long as forty pictures.
        handle = os.open(note, os.O_WRONLY | os.O_CREAT, 0o666)
        try:
            os.write(handle, f"{cases:20} {read:20}".encode())
        finally:
            os.close(handle)

    try:
        return write_shard(task, tell)
    finally:
        with contextlib.suppress(OSError):
            os.remove(note)


def _progress_of(task: ShardTask) -> tuple[int, int]:
    if not task.unfinished:
        return 0, 0
    try:
        with open(task.unfinished + ".progress", encoding="ascii") as file:
            cases, read = file.read().split()
        return int(cases), int(read)
    except (OSError, ValueError):
        return 0, 0


def _finish(target: Output, plan: Plan, conversion: Conversion, outcomes: Mapping[str, Outcome], runner: Executor) -> None:
    """Removes shards of other plans, then writes report, names, preview, and last of all the card."""
    sections = _sections(target)
    for config in plan.configs:
        folder = config_folder(config.config, plan.edition)
        _remove_others(target, folder, config, outcomes)
        sections[config.config.name] = config_report(plan, config, outcomes, target.root)
        if plan.source.from_about is not None:
            sections[config.config.name]["known"] += _of_known_sets(target, config, runner)
        write_text(target.root / _names_path(config, plan), json_text(dict(enumerate(config.table.classes))))
    order = {config.name: number for number, config in enumerate(plan.edition.reading.configs)}
    conversion.report = full_report(plan, {name: sections[name] for name in sorted(sections, key=lambda name: order.get(name, 99))})
    told = published(conversion.report)
    if is_local(target.root):
        write_text(target.local / REPORT, json_text(conversion.report))
    write_text(target.root / REPORT, json_text(told))
    if any(split["rows"] for part in conversion.report["configs"].values() for split in part["splits"].values()):
        preview.write_preview(target, conversion.report, runner.run_small)
        write_text(target.root / CROISSANT, croissant.render(plan.source, plan.edition, told, plan.about))
        write_text(target.root / CARD, card.render(plan.source, plan.edition, told, plan.about))
    else:
        for name in (CARD, CROISSANT):
            (target.root / name).unlink(missing_ok=True)
    kept.forget_others(target)
    conversion.left = kept.left_behind(target, plan, sections.keys())
    target.release()


# So many pictures of somebody's own data are compared with those of known sets here; the license gate looks at more.
_LOOKED_AT = 250


def _of_known_sets(target: Output, config: ConfigPlan, runner: Executor) -> list[Noted]:
    """Says that pictures look like those of known sets, which a push will refuse."""
    paths = [path for shard in config.shards if (path := target.root / shard.name).exists()]
    like = recognise_shards(paths, _LOOKED_AT, runner.run)
    return [{"path": "image", "reason": f"{one}: a push refuses that. {lawful_way(one.source)}"} for one in like]


def _sections(target: Output) -> dict[str, Section]:
    """What earlier conversions said of each config, with the names of unused files where this machine knows them."""
    whole = target.whole_report().get("configs", {})
    found = {name: part for name, part in target.report().get("configs", {}).items() if (target.root / part["folder"]).is_dir()}
    return {name: whole[name] if name in whole and published_section(whole[name]) == part else part for name, part in found.items()}


def _names_path(config: ConfigPlan, plan: Plan) -> str:
    folder = config_folder(config.config, plan.edition)
    return NAMES if folder == "data" else f"{folder}/{NAMES}"


def _remove_others(target: Output, folder: str, config: ConfigPlan, outcomes: Mapping[str, Outcome]) -> None:
    """Shards of another plan, and those of a split without any row, must not be read beside the others."""
    filled = {shard.split for shard in config.shards if outcomes[shard.name].tally.rows}
    staying = {shard.name for shard in config.shards if shard.split in filled}
    for path in target.shards(folder):
        if path.relative_to(target.root).as_posix() not in staying:
            path.unlink()
