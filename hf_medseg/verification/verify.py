"""Reads a converted dataset back, row by row, and checks every promise that was made about it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from hf_medseg.conversion.executor import Executor, available_cores
from hf_medseg.dataset import lock
from hf_medseg.dataset.content import Content, small_file
from hf_medseg.dataset.finished import listed
from hf_medseg.dataset.folder import (
    CARD,
    CROISSANT,
    LOCAL,
    OVERVIEW,
    REPORT,
    WORK,
    Output,
)
from hf_medseg.dataset.folder import FILE as PREVIEW_FILE
from hf_medseg.dataset.storage import place
from hf_medseg.errors import MedsegError, Refused
from hf_medseg.progress import Progress, Tell, telling
from hf_medseg.raw.litter import is_litter
from hf_medseg.verification.card import check_card, check_croissant
from hf_medseg.verification.examined import Examined, Verification
from hf_medseg.verification.findings import REMAKE, Findings
from hf_medseg.verification.preview import check_preview
from hf_medseg.verification.report import check_report
from hf_medseg.verification.shard import ShardFacts, Witnesses, read_back
from hf_medseg.verification.together import check_config, check_identities, check_names

SMALL = 8 << 20  # bytes; smaller datasets are checked sooner than processes start


def verify(out: str | os.PathLike[str], progress: Tell | bool = True) -> Verification:
    """Re-reads every row of a converted dataset and checks every promise about it.

    Shards are read in parallel, row group by row group; damaged files are reported, never raised.

    Args:
        out: the output folder of a conversion.
        progress: told how far the work is, in shards; True shows a bar in a terminal or a notebook, and nothing elsewhere; False never.

    Raises:
        Refused: a conversion is running there.
    """
    with lock.reading(Output(place(out))), telling(progress, "shards") as tell:
        return examine(out, tell).result


def examine(out: str | os.PathLike[str], progress: Tell | None = None, witnesses: Witnesses | None = None) -> Examined:
    """Does what `verify` does, and keeps what was read; whoever calls it sees to it that nobody converts there meanwhile.

    Args:
        out: the output folder of a conversion.
        progress: told how far the work is, in shards.
        witnesses: makes for every shard who sees its rows too, so that they are read once.
    """
    target = Output(place(out))
    findings = Findings()
    result = Verification(target.root, problems=findings.problems, warnings=findings.warnings)
    examined = Examined(target, result)
    try:
        _, paths = listed(out)
    except Refused as error:
        said, _, advice = f"{error}".rpartition(". ")
        findings.wrong("shards", f"{out}", f"{said.removeprefix(f'{out}').lstrip(': ')}.", advice)
        return examined
    sizes = {path: path.stat().st_size for path in paths}
    workers = 1 if sum(sizes.values()) < SMALL else min(available_cores(), len(paths))
    with Executor(workers) as runner:
        examined.shards = _read_all(target.root, sizes, progress, witnesses, runner)
        _compare(examined, findings, runner)
    return examined


def _compare(examined: Examined, findings: Findings, runner: Executor) -> None:
    """Checks what the shards, and all that lies beside them, say together."""
    target, result, shards = examined.target, examined.result, examined.shards
    for shard in shards:
        result.rows += shard.rows
        findings.problems.extend(shard.findings.problems)
        findings.warnings.extend(shard.findings.warnings)
    examined.files = _contents(target, shards)
    findings.guarded("", check_names, target, shards)
    findings.guarded("", check_identities, shards)
    for config in sorted({shard.config for shard in shards}):
        findings.guarded(config, check_config, examined, [shard for shard in shards if shard.config == config])
    findings.guarded(REPORT, check_report, examined)
    findings.guarded(CARD, check_card, examined)
    findings.guarded(CROISSANT, check_croissant, examined)
    findings.guarded(PREVIEW_FILE, check_preview, examined, runner.run_small)
    findings.guarded("", _check_leftovers, target, shards)
    for name, content in examined.files.items():
        if not content.unchanged:
            findings.wrong(
                "unchanged", name, "was changed or replaced while it was checked.", "Leave the folder alone, and verify it again."
            )
    findings.close()


def _contents(target: Output, shards: Sequence[ShardFacts]) -> dict[str, Content]:
    """Every file that belongs to the dataset, by name; the small ones are read here, once."""
    found = {shard.name: shard.content for shard in shards if shard.content is not None}
    for name in sorted({CARD, CROISSANT, REPORT, PREVIEW_FILE, OVERVIEW, *(shard.names for shard in shards)}):
        with contextlib.suppress(OSError):
            found[name] = small_file(target.root / name)
    return found


def _read_all(
    root: Path, paths: Mapping[Path, int], progress: Tell | None, witnesses: Witnesses | None, runner: Executor
) -> list[ShardFacts]:
    """Reads every shard, given with its size, in processes where that pays."""
    sizes = list(paths.values())
    calls = [(str(root), path.relative_to(root).as_posix(), witnesses) for path in paths]
    found: dict[int, ShardFacts] = {}
    try:
        for number, facts in runner.run(read_back, calls):
            found[number] = facts
            if progress is not None:
                progress(Progress("verify", len(found), len(paths), sum(sizes[one] for one in found), sum(sizes)))
    except MedsegError as error:
        for number, (_, name, _) in enumerate(calls):
            if number not in found:
                found[number] = ShardFacts(name)
                found[number].findings.wrong("readable", name, f"could not be read to its end ({error}).", REMAKE)
    return [found[number] for number in range(len(calls))]


def _check_leftovers(findings: Findings, target: Output, shards: Iterable[ShardFacts]) -> None:
    """Nothing else lies in the folder."""
    if target.work.exists():
        advice = "Run the same `hf-medseg convert` again: it carries on."
        findings.wrong("unfinished", WORK, "the conversion runs, or was broken off.", advice)
    ours = {CARD, CROISSANT, REPORT, PREVIEW_FILE, OVERVIEW, ".gitattributes"}
    for shard in shards:
        ours |= {shard.name, shard.names}
    for path in sorted(target.root.rglob("*")):
        name = path.relative_to(target.root).as_posix()
        if path.is_file() and name not in ours and not is_litter(name) and not name.startswith((f"{WORK}/", f"{LOCAL}/")):
            findings.warn("leftovers", name, "is no part of the dataset.", "Move it elsewhere: it would travel with a push.")
