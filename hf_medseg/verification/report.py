"""`report.json` against the shards: it is their sum, and carries nothing else."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

from hf_medseg.dataset.folder import (
    REPORT,
    Output,
)
from hf_medseg.dataset.report import Report, Section, misfit
from hf_medseg.dataset.table import Tally
from hf_medseg.verification.examined import Examined
from hf_medseg.verification.findings import Findings
from hf_medseg.verification.shard import ShardFacts, differences

_LONGEST_TEXT = 4096  # characters: reasons, ids and paths are shorter, pictures as text are not


def check_report(findings: Findings, examined: Examined) -> None:
    """`report.json` is the sum of the shards."""
    target, shards = examined.target, examined.shards
    try:
        report: Report = json.loads(examined.text(REPORT) or b"{}")
    except ValueError:
        report = {}
    if not report:
        findings.wrong("report", REPORT, "is missing or not JSON.")
        return
    if wrong := misfit(report) or ("" if "configs" in report else "configs is missing"):
        findings.wrong("report", REPORT, f"is no report of a conversion: {wrong}.")
        return
    if _longest_text(report) > _LONGEST_TEXT or carries_more(examined.text(REPORT) or b"", report):
        findings.wrong("report", REPORT, "carries more than a report: long texts, names given twice, or space between them.")
    identity = next((shard.identity for shard in shards if shard.identity is not None), None)
    if identity is not None:
        for name in ("source", "edition", "license", "tier"):
            if (report.get(name) or "") != getattr(identity, name):
                findings.wrong("report", REPORT, f"says the {name} {report.get(name)!r}, the shards {getattr(identity, name)!r}.")
    sections = report["configs"]
    found: dict[str, list[ShardFacts]] = {}
    for shard in shards:
        if shard.identity is not None:
            found.setdefault(shard.identity.config, []).append(shard)
    if set(sections) != set(found):
        findings.wrong("report", REPORT, f"names the configs {', '.join(sections)}, the shards are of {', '.join(sorted(found))}.")
    for name in set(sections) & set(found):
        _check_section(findings, name, sections[name], found[name], target)


def _longest_text(value: Any) -> int:
    """Characters of the longest name or text inside a JSON value."""
    if isinstance(value, dict):
        return max((max(len(name), _longest_text(inner)) for name, inner in value.items()), default=0)
    if isinstance(value, list):
        return max(map(_longest_text, value), default=0)
    return len(value) if isinstance(value, str) else 0


def carries_more(text: bytes, value: Any) -> bool:
    """Whether a JSON text is far longer than its value needs however it is written: the rest is told to nobody who reads it as JSON."""
    return len(text) > len(json.dumps(value, indent=4)) + 64


def _check_section(findings: Findings, config: str, section: Section, shards: Sequence[ShardFacts], target: Output) -> None:
    def wrong(what: str, told: Any, found: Any) -> None:
        findings.wrong("report", REPORT, f"{config}: says {what} {told}, the shards give {found}.")

    if section["folder"] != shards[0].folder:
        wrong("folder", section["folder"], shards[0].folder)
    if section["classes"] != list(shards[0].classes):
        wrong("classes", section["classes"], list(shards[0].classes))
    lists: dict[str, Sequence[Any]] = {"rejected": section["rejected"], "known": section["known"], "notes": section.get("notes", ())}
    for name, told in lists.items():
        listed = {json.dumps(one, sort_keys=True) for one in told}
        for one in sorted({json.dumps(one, sort_keys=True) for shard in shards for one in getattr(shard.outcome, name)} - listed):
            wrong(f"nothing under {name!r} of", one, "it")
    limits = {shard.split: (mine.limit, mine.cases) for shard in shards if (mine := shard.identity) is not None and mine.limit}
    limited = {split: (told["taken"], told["cases"]) for split, told in section.get("limited", {}).items()}
    if any(limited.get(split) != limit for split, limit in limits.items()):
        wrong("cases taken of cases in all", limited, limits)
    by_split: dict[str, list[ShardFacts]] = {}
    for shard in shards:
        by_split.setdefault(shard.split, []).append(shard)
    told_splits = {split: told for split, told in section["splits"].items() if told["rows"]}
    if set(told_splits) != set(by_split):
        wrong("splits", sorted(told_splits), sorted(by_split))
    for split in sorted(set(told_splits) & set(by_split)):
        of_split, some = told_splits[split], by_split[split]
        names = [shard.name for shard in some]
        if of_split["shards"] != names:
            wrong(f"{split} shards", of_split["shards"], names)
        size = sum((target.root / name).stat().st_size for name in names)
        if of_split["bytes"] != size:
            wrong(f"{split} bytes", of_split["bytes"], size)
        if not all(shard.whole for shard in some):
            continue
        total = Tally()
        for shard in some:
            total += shard.tally
        expected = Tally(of_split["rows"], of_split["rows_with_mask"], of_split["pixels"], of_split["rows_per_class"], total.foreground)
        counted = all(shard.counted for shard in some)
        for name, said, seen in differences(expected, total, counted):
            wrong(f"{split} {name}", said, seen)
        mean = round(total.foreground / total.rows_with_mask, 6) if total.rows_with_mask else None
        if counted and of_split["foreground"] != mean and not math.isclose(of_split["foreground"] or 0, mean or 0, rel_tol=0, abs_tol=2e-6):
            wrong(f"{split} foreground", of_split["foreground"], mean)
