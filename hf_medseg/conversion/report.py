"""The report: the sum of the shards plus what planning found; whole on this machine, without names of unused files in `report.json`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from hf_medseg import __version__
from hf_medseg.catalog.facts import Published
from hf_medseg.catalog.lookup import known_files
from hf_medseg.catalog.tables import config_folder
from hf_medseg.conversion.plan import ConfigPlan, Plan
from hf_medseg.dataset.identity import Outcome, versions
from hf_medseg.dataset.report import Checksums, Compared, Noted, Report, Section, SeriesTerms, SplitSection
from hf_medseg.dataset.storage import parquet
from hf_medseg.dataset.table import Tally
from hf_medseg.masks.agreement import EMPTY, NO_GROUND
from hf_medseg.raw.order import natural


def config_report(plan: Plan, config: ConfigPlan, outcomes: Mapping[str, Outcome], out: Path) -> Section:
    """What became of one config.

    Args:
        plan: the whole plan.
        config: the config.
        outcomes: what became of every shard, by name.
        out: the output folder, where the shards are.
    """
    tallies: dict[str, Tally] = {}
    shards: dict[str, list[str]] = {}
    rejected = list(config.rejected)
    known = [Noted(path=note.path, reason=note.reason, files=note.files) for note in config.known]
    notes: list[Noted] = []
    duplicate: set[str] = set()
    for shard in config.shards:
        outcome = outcomes[shard.name]
        total = tallies.setdefault(shard.split, Tally())
        total += outcome.tally
        shards.setdefault(shard.split, []).append(shard.name)
        rejected.extend(outcome.rejected)
        duplicate.update(outcome.duplicate)
        known.extend(outcome.known)
        notes.extend(outcome.notes)
    duplicate.update(repeated_images(out / shard.name for shard in config.shards if outcomes[shard.name].tally.rows))
    named = {one["file"] for one in rejected} | {one["path"] for one in known}
    if plan.source.own and (told := _one_sided(tallies.values(), known)):
        known.append(Noted(path="masks", reason=told))
    splits = {name: split_section(tally, config.table.classes, shards[name], out) for name, tally in tallies.items()}
    section: Section = {
        "folder": config_folder(config.config, plan.edition),
        "classes": list(config.table.classes),
        "options": config.options,
        "limited": {split: {"taken": taken, "cases": cases} for split, (taken, cases) in config.limited.items()},
        "splits": splits,
        "splits_without_rows": [name for name, tally in tallies.items() if not tally.rows],
        "published": compare(plan.edition.published, splits, out) if config.config is plan.edition.reading.configs[0] else [],
        "checksums": checksums(known_files(plan.source), (out / shard.name for shard in config.shards if outcomes[shard.name].tally.rows)),
        "rejected": sorted(rejected, key=lambda one: (one["image_id"], one["file"])),
        "known": sorted(known, key=lambda one: (one["path"], one["reason"])),
        "notes": sorted(notes, key=lambda one: (one["path"], one["reason"])),
        "duplicate": sorted(duplicate),
        "not_used": [{"path": note.path, "reason": note.reason, "files": note.files} for note in config.not_used],
    }
    if called := {name: path for name, path in config.called.items() if name in named}:
        section["called"] = called
    return section


def _one_sided(tallies: Iterable[Tally], known: Iterable[Noted]) -> str:
    """What to say where all masks hold nothing but background, or none of it; empty where they hold both, there is none, or it is known."""
    pixels: Counter[str] = Counter()
    masks = 0
    for tally in tallies:
        pixels.update(tally.pixels)
        masks += tally.rows_with_mask
    ground = pixels.pop("background", 0)
    del pixels["not annotated"]
    kind = EMPTY if ground else NO_GROUND
    if not masks or (ground and pixels.total()) or any(one["reason"].startswith(kind) for one in known):
        return ""
    what = f"{kind}: nothing but background" if ground else kind
    return f"{what}, in {masks:,} {'mask' if masks == 1 else 'masks'}; if that is wrong, mend what the about file says of their values"


def split_section(tally: Tally, classes: Sequence[str], shards: Sequence[str], out: Path) -> SplitSection:
    """What is told of one split.

    Args:
        tally: what its rows hold.
        classes: the names of its classes, `background` first.
        shards: the names of its shards.
        out: the output folder, where the shards are.
    """
    return {
        "rows": tally.rows,
        "rows_with_mask": tally.rows_with_mask,
        "foreground": round(tally.foreground / tally.rows_with_mask, 6) if tally.rows_with_mask else None,
        "pixels": _by_class(tally.pixels, classes),
        "rows_per_class": _by_class(tally.rows_per_class, classes),
        "bytes": sum((out / shard).stat().st_size for shard in shards) if tally.rows else 0,
        "shards": list(shards) if tally.rows else [],
    }


def _by_class(counts: Mapping[str, int], classes: Iterable[str]) -> dict[str, int]:
    """Counts in the order of the classes, whichever was met first."""
    return {name: counts[name] for name in (*classes, "not annotated") if name in counts}


def repeated_images(shards: Iterable[Path]) -> list[str]:
    """`source_file` of every image that is, byte for byte, an earlier one (in natural order) under another name.

    The rows stay: two pictures that are the same one are the user's to judge. Only hashes are read, and kept as numbers.
    """
    paths = list(shards)
    hashes = [_hash_numbers(_read(path, ["source_sha256"])["source_sha256"].to_pylist()) for path in paths]
    numbers, counts = np.unique(np.concatenate(hashes) if hashes else np.empty(0, np.uint64), return_counts=True)
    repeated = numbers[counts > 1]
    names: dict[str, set[str]] = {}
    for path, found in zip(paths, hashes, strict=True):
        if (here := np.flatnonzero(np.isin(found, repeated))).size:
            rows = _read(path, ["source_file", "source_sha256"]).take(here).to_pylist()
            for row in rows:
                names.setdefault(row["source_sha256"], set()).add(row["source_file"])
    return [name for same in names.values() for name in sorted(same, key=natural)[1:]]


def _read(path: Path, columns: list[str]) -> pa.Table:
    """Some columns of a shard (`pyarrow.parquet.read_table` would import pandas first)."""
    with parquet(path) as file:
        return file.read(columns)


def checksums(known: Mapping[str, str], shards: Iterable[Path]) -> Checksums:
    """How many files of the rows have a published checksum, how many of them differ from it, and which: only hashes are read.

    Args:
        known: SHA-256 of published files by the end of their paths.
        shards: the shards with rows.
    """
    found: dict[str, str] = {}
    for shard in shards if known else ():
        table = _read(shard, ["source_file", "source_sha256"])
        found.update(zip(table["source_file"].to_pylist(), table["source_sha256"].to_pylist(), strict=True))
        with parquet(shard) as file:
            several = "files" in file.schema_arrow.names
        for files in _read(shard, ["files"])["files"].to_pylist() if several else ():
            found.update((one["path"], one["sha256"]) for one in files or ())
    compared: dict[str, bool] = {}
    for path, digest in found.items():
        steps = path.split("/")
        ends = ("/".join(steps[start:]) for start in range(len(steps)))
        if (name := next((end for end in ends if end in known), None)) is not None:
            compared[path] = digest == known[name]
    differing = sorted((path for path, same in compared.items() if not same), key=natural)
    return {"compared": len(compared), "differ": len(differing), "files": differing}


def _hash_numbers(hashes: Iterable[str]) -> NDArray[np.uint64]:
    return np.array([int(one[:16], 16) for one in hashes], np.uint64)


def compare(published: Published, splits: Mapping[str, SplitSection], out: Path) -> list[Compared]:
    """Published numbers beside the found ones.

    Args:
        published: the owner's numbers.
        splits: what is told of every split, see `split_section`.
        out: the output folder, where the shards are.
    """
    found: dict[str, tuple[Mapping[str, float], dict[str, float | None]]] = {
        "rows": (published.rows, {split: one["rows"] for split, one in splits.items()}),
        "rows with mask": (published.with_mask, {split: one["rows_with_mask"] for split, one in splits.items()}),
        "mean foreground fraction": (published.foreground, {split: one["foreground"] for split, one in splits.items()}),
        "volumes": (
            published.volumes,
            {split: _volumes(out / shard for shard in (splits[split]["shards"] if split in splits else ())) for split in published.volumes},
        ),
    }
    return [
        {"what": what, "split": split, "published": number, "found": here.get(split)}
        for what, (numbers, here) in found.items()
        for split, number in numbers.items()
    ]


def _volumes(shards: Iterable[Path]) -> int | None:
    """How many volumes the rows are of; None where a row names none."""
    found: set[str | None] = set()
    for shard in shards:
        table = _read(shard, ["volume_id"])
        if "volume_id" not in table.column_names:
            return None
        found.update(table["volume_id"].unique().to_pylist())
    return None if None in found else len(found)


# Reasons that go on with the name of a file; what is published ends there.
_NAMING = ("says the same as",)


def published(report: Report) -> Report:
    """What `report.json` says of a whole report: files that were not used by reason and number alone.

    Nobody has looked at what such files are called: their names, which may be those of persons, stay on this machine.
    """
    return {**report, "configs": {name: published_section(section) for name, section in report["configs"].items()}}


def published_section(section: Section) -> Section:
    """See `published`; a section that is published already stays as it is."""
    files: dict[str, int] = {}
    for note in section["not_used"]:
        reason = next((f"{words} another file" for words in _NAMING if note["reason"].startswith(words)), note["reason"])
        files[reason] = files.get(reason, 0) + note["files"]
    told = section.copy()
    told["not_used"] = [{"reason": reason, "files": files[reason]} for reason in sorted(files)]
    if "checksums" in section:
        told["checksums"] = {"compared": section["checksums"]["compared"], "differ": section["checksums"]["differ"]}
    told.pop("called", None)
    return told


def full_report(plan: Plan, configs: Mapping[str, Section]) -> Report:
    """Everything that is known of a conversion; `published` is what leaves this machine."""
    return {
        "source": plan.source.id,
        "edition": plan.edition.name or None,
        "license": plan.edition.license.id,
        "tier": plan.edition.license.tier,
        **(
            {"licenses": [SeriesTerms(license=one.license, doi=one.doi, series=one.series) for one in plan.licenses]}
            if plan.licenses
            else {}
        ),
        "converter": __version__,
        "packages": versions(),
        "configs": dict(configs),
    }
