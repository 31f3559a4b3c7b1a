"""report.json: the sum of the shards plus what planning found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from hf_medseg import __version__
from hf_medseg.facts import Published
from hf_medseg.plan import ConfigPlan, Plan, config_folder, versions
from hf_medseg.rows import Tally
from hf_medseg.shard import Outcome


def config_report(plan: Plan, config: ConfigPlan, outcomes: Mapping[str, Outcome]) -> dict[str, Any]:
    """What became of one config.

    Args:
        plan: the whole plan.
        config: the config.
        outcomes: what became of every shard, by name.
    """
    tallies: dict[str, Tally] = {}
    shards: dict[str, list[str]] = {}
    rejected = list(config.rejected)
    duplicate: set[str] = set()
    for shard in config.shards:
        outcome = outcomes[shard.name]
        total = tallies.setdefault(shard.split, Tally())
        total += outcome.tally
        shards.setdefault(shard.split, []).append(shard.name)
        rejected.extend(outcome.rejected)
        duplicate.update(outcome.duplicate)
    splits = {
        name: {
            "rows": tally.rows,
            "rows_with_mask": tally.rows_with_mask,
            "foreground": round(tally.foreground / tally.rows_with_mask, 6) if tally.rows_with_mask else None,
            "pixels": tally.pixels,
            "rows_per_class": tally.rows_per_class,
            "shards": shards[name] if tally.rows else [],
        }
        for name, tally in tallies.items()
    }
    return {
        "folder": config_folder(config.config, plan.edition),
        "classes": list(config.table.classes),
        "splits": splits,
        "splits_without_rows": [name for name, tally in tallies.items() if not tally.rows],
        "published": compare(plan.edition.published, splits) if config.config is plan.edition.configs[0] else [],
        "rejected": sorted(rejected, key=lambda one: (one["image_id"], one["file"])),
        "known": [asdict(note) for note in config.known],
        "duplicate": sorted(duplicate),
        "not_used": [asdict(note) for note in config.not_used],
    }


def compare(published: Published, splits: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Published numbers beside the found ones."""
    lines = []
    for what, numbers, key in (
        ("rows", published.rows, "rows"),
        ("rows with mask", published.with_mask, "rows_with_mask"),
        ("mean foreground fraction", published.foreground, "foreground"),
    ):
        for split, number in numbers.items():
            lines.append({"what": what, "split": split, "published": number, "found": splits.get(split, {}).get(key)})
    return lines


def full_report(plan: Plan, configs: Mapping[str, Any]) -> dict[str, Any]:
    """The whole of `report.json`."""
    return {
        "source": plan.source.id,
        "edition": plan.edition.name or None,
        "license": plan.edition.license.id,
        "tier": plan.edition.license.tier,
        "converter": __version__,
        "packages": versions(),
        "configs": dict(configs),
    }
