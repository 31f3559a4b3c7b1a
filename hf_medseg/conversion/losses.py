"""What a conversion would take away from a folder that already holds one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hf_medseg.catalog.tables import config_folder
from hf_medseg.conversion.plan import ConfigPlan, Plan
from hf_medseg.dataset.folder import Output
from hf_medseg.dataset.identity import read_shard
from hf_medseg.dataset.storage import parquet
from hf_medseg.words import counted

_WORDS = {"limit": "--limit", "max_shard_size": "--max-shard-size", "parts": "parts", "rename": "--rename"}


@dataclass
class Losses:
    """What a plan would take away.

    Attributes:
        refused: in words, what nobody loses unasked.
        gone: rows, by config, of raw files that are no longer there; few enough for an update.
    """

    refused: list[str] = field(default_factory=list)
    gone: dict[str, int] = field(default_factory=dict)


def losses(target: Output, plan: Plan) -> Losses:
    """Compares a plan with what the folder holds.

    The same options carry a conversion on, or bring it up to date with the raw data, unless most of its rows are no longer there. Other
    options replace it, and that is refused, unless nothing that was asked for is lost: a higher limit, a further part, the same cut.
    A conversion that was broken off counts as well, as far as it has finished shards.
    """
    found = Losses()
    begun, sections = target.begun(), target.report().get("configs", {})
    for config in plan.configs:
        name = config.config.name
        shards = target.shards(config_folder(config.config, plan.edition))
        if not shards or begun.get(name) == config.options:
            continue
        finished = sections[name].get("options") if name in sections else None
        held = finished or begun.get(name) or _told_by(shards)
        rows, lost = _rows_lost(shards, config)
        different = [key for key in _WORDS if key in held and held[key] != config.options.get(key)]
        if not different:
            if 2 * lost > rows:
                found.refused.append(
                    f"config {name}: {lost:,} of its {counted(rows, 'row')} come from files that this raw tree does not hold"
                )
            elif lost:
                found.gone[name] = lost
            continue
        if lost or not all(_is_harmless(key, held, config, shards, target.root) for key in different):
            what = "" if finished or name not in begun else " of a conversion that was broken off"
            told = "; ".join(_difference(key, held[key], config.options.get(key)) for key in different)
            text = (
                f"{lost:,} of the {counted(rows, 'row')} would be lost" if lost else f"{counted(len(shards), 'shard')} would be made anew"
            )
            found.refused.append(f"config {name}{what}: {text} ({told})")
    return found


def refusal(target: Output, lost: Losses) -> str:
    """Why a conversion is refused, and what to do."""
    lines = "\n".join(f"  {line}." for line in lost.refused)
    return (
        f"{target.root} holds a conversion that this one would replace:\n{lines}\n"
        "Give the same options and raw tree as before, another OUT, or say --replace (replace=True in Python)."
    )


def _told_by(shards: list[Path]) -> dict[str, Any]:
    """The options as far as the shards themselves tell, where no report does."""
    described = [found[0].limit for path in shards if (found := read_shard(str(path))) is not None]
    return {"limit": max(described, default=0) or None}


def _is_harmless(key: str, held: Mapping[str, Any], config: ConfigPlan, shards: list[Path], root: Path) -> bool:
    """Whether another value of an option takes nothing away, where no row is lost."""
    match key:
        case "limit":
            return True
        case "parts":
            return set(held[key]) <= set(config.options[key])
        case _:
            return {path.relative_to(root).as_posix() for path in shards} <= {shard.name for shard in config.shards}


def _difference(key: str, held: Any, given: Any) -> str:
    def told(value: Any) -> str:
        if isinstance(value, list):
            return ", ".join(value) or "none"
        if value is None:
            return "none"
        return "yes" if value is True else f"{value:,}"

    return f"{_WORDS[key]}: {told(held)} before, {told(given)} now"


def _rows_lost(shards: list[Path], config: ConfigPlan) -> tuple[int, int]:
    """(rows that are there, how many of them come from no case of the plan)."""
    planned = {case.image_id for shard in config.shards for case in shard.cases}
    planned.update(one["image_id"] for one in config.rejected)
    rows = lost = 0
    for image_id, volume_id in _ids(shards):
        rows += 1
        lost += not (image_id in planned or volume_id in planned or re.sub(r"_\d{4}\Z", "", image_id) in planned)
    return rows, lost


def _ids(shards: list[Path]) -> Iterator[tuple[str, str | None]]:
    for path in shards:
        if read_shard(str(path)) is None:
            continue  # damaged, or none of ours: it is made anew in any case
        with parquet(path) as file:
            names = [name for name in ("image_id", "volume_id") if name in file.schema_arrow.names]
            for batch in file.iter_batches(columns=names):
                for row in batch.to_pylist():
                    yield row["image_id"], row.get("volume_id")
