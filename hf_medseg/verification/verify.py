"""Reads a converted dataset back, row by row, and checks every promise that was made about it."""

from __future__ import annotations

import contextlib
import json
import math
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from hf_medseg.card import croissant
from hf_medseg.catalog.lookup import sources
from hf_medseg.conversion.executor import Executor, available_cores
from hf_medseg.dataset import lock
from hf_medseg.dataset.arrays import arrow_type
from hf_medseg.dataset.columns import card_feature
from hf_medseg.dataset.content import Content, small_file
from hf_medseg.dataset.folder import (
    CARD,
    CROISSANT,
    INCOMPLETE,
    LOCAL,
    MOST_ROWS,
    NAMES,
    OVERVIEW,
    PREVIEW,
    REPORT,
    SHARD,
    WORK,
    Output,
)
from hf_medseg.dataset.folder import COLUMNS as PREVIEW_COLUMNS
from hf_medseg.dataset.folder import FILE as PREVIEW_FILE
from hf_medseg.dataset.identity import Outcome, told_by
from hf_medseg.dataset.storage import parquet, place
from hf_medseg.dataset.table import Tally
from hf_medseg.errors import MedsegError, MissingExtra
from hf_medseg.preview.choose import Shown
from hf_medseg.preview.draw import file_name, picture_of
from hf_medseg.preview.overlay import read_shown
from hf_medseg.preview.sheet import overview
from hf_medseg.progress import Progress, Tell, telling
from hf_medseg.raw.tree import is_litter
from hf_medseg.verification.cell import Array, Wrong, open_cell
from hf_medseg.verification.findings import REMAKE, Finding, Findings
from hf_medseg.verification.shard import METADATA, ShardFacts, differences, hash_of, read_back

# What the Hub's viewer reads of a split before it gives up.
_VIEWER_ROWS, _VIEWER_BYTES = 100, 300_000_000
_ROUNDING = 2  # of 255
# A picture or file inside the text of the card.
_EMBEDDED = re.compile(r"data:\s*[\w.+-]+/|;\s*base64\s*,", re.IGNORECASE)
_LONGEST_TEXT = 4096  # characters: reasons, ids and paths are shorter, pictures as text are not
_SMALL = 64 << 20  # datasets that are checked sooner than processes start


@dataclass
class Verification:
    """What reading a dataset back has shown.

    Attributes:
        out: the output folder.
        rows: rows that were read, of all configs.
        problems: promises that do not hold.
        warnings: what is worth knowing and breaks no promise.
    """

    out: Path
    rows: int = 0
    problems: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether every promise holds."""
        return not self.problems


@dataclass
class Examined:
    """A dataset that was read once, from one end to the other: what was found wrong, and what exactly was read.

    Attributes:
        target: the output folder.
        result: what is told of it.
        shards: what every shard has shown.
        files: every file of the dataset as it was read, by its POSIX path in the folder; of a shard that could be read to its end.
    """

    target: Output
    result: Verification
    shards: list[ShardFacts] = field(default_factory=list)
    files: dict[str, Content] = field(default_factory=dict)

    def text(self, name: str) -> bytes | None:
        """The bytes of a small file; None where there is none."""
        found = self.files.get(name)
        return found.data if found else None


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


def examine(out: str | os.PathLike[str], progress: Tell | None = None) -> Examined:
    """Does what `verify` does, and keeps what was read; whoever calls it sees to it that nobody converts there meanwhile."""
    target = Output(place(out))
    findings = Findings()
    result = Verification(target.root, problems=findings.problems, warnings=findings.warnings)
    examined = Examined(target, result)
    paths = target.shards() if target.root.is_dir() else []
    if not paths:
        advice = "Give the OUT folder of a conversion; `hf-medseg convert` makes one."
        findings.wrong("shards", str(out), "no shards are here.", advice)
        return examined
    shards = examined.shards = _read_all(target.root, paths, progress)
    for shard in shards:
        result.rows += shard.rows
        findings.problems.extend(shard.findings.problems)
        findings.warnings.extend(shard.findings.warnings)
    examined.files = _contents(target, shards)
    findings.guarded("", _check_names, target, shards)
    findings.guarded("", _check_identities, shards)
    for config in sorted({_config(shard) for shard in shards}):
        findings.guarded(config, _check_config, examined, [shard for shard in shards if _config(shard) == config])
    findings.guarded(REPORT, _check_report, examined)
    findings.guarded(CARD, _check_card, examined)
    findings.guarded(CROISSANT, _check_croissant, examined)
    findings.guarded(PREVIEW_FILE, _check_preview, examined)
    findings.guarded("", _check_leftovers, target, shards)
    for name, content in examined.files.items():
        if not content.unchanged:
            findings.wrong(
                "unchanged", name, "was changed or replaced while it was checked.", "Leave the folder alone, and verify it again."
            )
    findings.close()
    return examined


def _contents(target: Output, shards: Sequence[ShardFacts]) -> dict[str, Content]:
    """Every file that belongs to the dataset, by name; the small ones are read here, once."""
    found = {shard.name: shard.content for shard in shards if shard.content is not None}
    for name in sorted({CARD, CROISSANT, REPORT, PREVIEW_FILE, OVERVIEW, *map(_names_of, shards)}):
        with contextlib.suppress(OSError):
            found[name] = small_file(target.root / name)
    return found


def _names_of(shard: ShardFacts) -> str:
    """The file that names the classes of a shard."""
    return NAMES if _folder(shard) == "data" else f"{_folder(shard)}/{NAMES}"


def _read_all(root: Path, paths: Sequence[Path], progress: Tell | None) -> list[ShardFacts]:
    """Reads every shard, in processes where that pays."""
    sizes = [path.stat().st_size for path in paths]
    calls = [(str(root), path.relative_to(root).as_posix()) for path in paths]
    workers = 1 if sum(sizes) < _SMALL else min(available_cores(), len(paths))
    found: dict[int, ShardFacts] = {}
    try:
        with Executor(workers) as runner:
            for number, facts in runner.run(read_back, calls):
                found[number] = facts
                if progress is not None:
                    progress(Progress("verify", len(found), len(paths), sum(sizes[one] for one in found), sum(sizes)))
    except MedsegError as error:
        for number, (_, name) in enumerate(calls):
            if number not in found:
                found[number] = ShardFacts(name)
                found[number].findings.wrong("readable", name, f"could not be read to its end ({error}).", REMAKE)
    return [found[number] for number in range(len(calls))]


def _config(shard: ShardFacts) -> str:
    return shard.identity.config if shard.identity else ""


def _folder(shard: ShardFacts) -> str:
    return shard.name.rpartition("/")[0]


def _split(shard: ShardFacts) -> str:
    match = SHARD.search(shard.name)
    return PurePosixPath(match["split"]).name if match else ""


# --- all shards together ---------------------------------------------------------------------------------------------------------------


def _check_names(findings: Findings, target: Output, shards: Sequence[ShardFacts]) -> None:
    """Shard names are complete, and say the config and split that the shards themselves say."""
    cuts: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for shard in shards:
        match = SHARD.search(shard.name)
        if match:
            cuts.setdefault((_folder(shard), _split(shard)), []).append((int(match["number"]), int(match["count"])))
    for (folder, split), found in cuts.items():
        counts = {count for _, count in found}
        if len(counts) > 1:
            text = f"shards of {' and of '.join(map(str, sorted(counts)))} lie side by side; one cut expected."
            findings.wrong("shards", f"{folder}/{split}", text, "Delete the folder and convert again.")
            continue
        missing = sorted(set(range(max(counts))) - {number for number, _ in found})
        if missing:
            few = ", ".join(f"{number:05d}" for number in missing[:5])
            findings.wrong("shards", f"{folder}/{split}", f"of {max(counts)} shards {len(missing)} are missing: {few}.")
    folders = {_folder(shard) for shard in shards}
    for shard in shards:
        if shard.identity is None:
            continue
        if shard.identity.split != _split(shard):
            text = f"it says that it is of the split {shard.identity.split!r}: somebody renamed it."
            findings.wrong("shards", shard.name, text, REMAKE)
        if _folder(shard) != shard.identity.config and (_folder(shard) != "data" or len(folders) > 1):
            text = f"it says that it is of the config {shard.identity.config!r}, which does not lie there."
            findings.wrong("shards", shard.name, text, REMAKE)


def _check_identities(findings: Findings, shards: Sequence[ShardFacts]) -> None:
    """All shards are of one source and edition, under the same terms."""
    known = [(shard.name, shard.identity) for shard in shards if shard.identity is not None]
    for name in ("source", "edition", "license", "tier"):
        kinds = Counter(getattr(identity, name) for _, identity in known)
        for where, identity in known:
            if getattr(identity, name) != kinds.most_common(1)[0][0]:
                text = f"its {name} is {getattr(identity, name)!r}, {kinds.most_common(1)[0][0]!r} in the other shards."
                findings.wrong("identity of shards", where, text, "One folder holds one source and edition: take it out.")
    versions = sorted({identity.version for _, identity in known})
    if len(versions) > 1:
        findings.warn("versions", "", f"shards were made by the versions {', '.join(versions)}.", "Convert again to have them of one.")
    strange = sorted({identity.source for _, identity in known} - set(sources()))
    if strange:
        findings.warn("catalog", "", f"the catalog of this version does not have {', '.join(strange)}: columns are not compared with it.")


def _check_config(findings: Findings, examined: Examined, shards: Sequence[ShardFacts]) -> None:
    """What holds over all shards of one config."""
    target = examined.target
    config = _config(shards[0])
    if not config:
        return
    for shard in shards:
        if shard.columns != shards[0].columns:
            findings.wrong("features", shard.name, f"its columns differ from those of {shards[0].name}.", REMAKE)
    by_split: dict[str, list[ShardFacts]] = {}
    for shard in shards:
        by_split.setdefault(_split(shard), []).append(shard)
    for split, some in by_split.items():
        if all(shard.whole for shard in some) and not sum(shard.rows for shard in some):
            findings.wrong("shards", some[0].name, f"no shard of {split!r} has rows; such a split has no shards, loading it fails.")
        _check_viewer(findings, target, f"{config} / {split}", some)
    _check_unique(findings, target, shards)
    _check_groups(findings, target, shards)
    where = _names_of(shards[0])
    expected = {str(index): name for index, name in enumerate(shards[0].classes)}
    if (text := examined.text(where)) is None:
        findings.wrong("names", where, "is missing.")
    elif json.loads(text) != expected or _carries_more(text, expected):
        findings.wrong("names", where, f"differs from the class names of the shards, {', '.join(shards[0].classes)}.")


def _check_viewer(findings: Findings, target: Output, where: str, shards: Sequence[ShardFacts]) -> None:
    """The viewer refuses a split whose first 100 rows are too much to scan."""
    rows, size = 0, 0
    for shard in shards:
        with parquet(target.root / shard.name) as file:
            metadata = file.metadata
        for number in range(metadata.num_row_groups):
            if rows < _VIEWER_ROWS:
                rows += metadata.row_group(number).num_rows
                size += metadata.row_group(number).total_byte_size
    if size > _VIEWER_BYTES:
        text = f"its first {rows} rows are {size / 1e6:.0f} MB; the Hub's viewer scans at most {_VIEWER_BYTES / 1e6:.0f} MB."
        findings.warn("viewer", where, text, "Nothing to repair: the data load, the viewer may not show them.")


def _repeated(shards: Sequence[ShardFacts], key: str) -> tuple[set[int], set[int]]:
    """Hashes of a key that more than one row has, and those that more than one shard has."""
    hashes = [shard.hashes.get(key, np.empty(0, np.uint64)) for shard in shards]
    in_rows, counts = np.unique(np.concatenate(hashes), return_counts=True)
    in_shards, places = np.unique(np.concatenate([np.unique(one) for one in hashes]), return_counts=True)
    return set(in_rows[counts > 1].tolist()) - {0}, set(in_shards[places > 1].tolist()) - {0}


def _places(target: Output, shards: Sequence[ShardFacts], key: str, wanted: set[int]) -> dict[str, list[ShardFacts]]:
    """For every text whose hash is wanted, the shard of every row that has it."""
    found: dict[str, list[ShardFacts]] = {}
    for shard in shards:
        if not np.isin(shard.hashes.get(key, np.empty(0, np.uint64)), np.array(sorted(wanted), np.uint64)).any():
            continue
        with parquet(target.root / shard.name) as file:
            names = [name for name in ("image_id", "patient_id", "volume_id") if name in shard.columns]
            for batch in file.iter_batches(columns=names):
                for row in batch.to_pylist():
                    group = row.get("volume_id") or row["patient_id"] or row["image_id"]
                    text = {"image": row["image_id"], "group": group, "patient": row["patient_id"]}[key]
                    if hash_of(text) in wanted:
                        found.setdefault(text, []).append(shard)
    return found


def _check_unique(findings: Findings, target: Output, shards: Sequence[ShardFacts]) -> None:
    twice, _ = _repeated(shards, "image")
    for image_id, places in _places(target, shards, "image", twice).items() if twice else ():
        if len(places) > 1:
            also = ", ".join(dict.fromkeys(shard.name for shard in places[1:]))
            findings.wrong("ids", places[0].name, f"{len(places)} rows have this image_id, also in {also}.", REMAKE, image_id)


def _check_groups(findings: Findings, target: Output, shards: Sequence[ShardFacts]) -> None:
    """A group lies in one shard of a split; that a group or patient is in two splits is for the user to know."""
    for key in ("group", *(["patient"] if "volume_id" in shards[0].columns else [])):
        _, several = _repeated(shards, key)
        shared: dict[tuple[str, ...], list[str]] = {}
        for text, places in _places(target, shards, key, several).items() if several else ():
            splits = tuple(dict.fromkeys(_split(shard) for shard in places))
            if len(splits) > 1:
                shared.setdefault(splits, []).append(text)
            elif key == "group" and len(names := dict.fromkeys(shard.name for shard in places)) > 1:
                findings.wrong("groups", places[0].name, f"the group {text!r} lies in several shards: {', '.join(names)}.", REMAKE)
        for splits, texts in shared.items():
            told = f"{len(texts):,} ({', '.join(texts[:3])}{', ...' if len(texts) > 3 else ''})"
            advice = "If the owner's splits are so, mind it: results on one side know the other."
            findings.warn("groups", _config(shards[0]), f"{key}s in more than one of the splits {', '.join(splits)}: {told}.", advice)


def _check_report(findings: Findings, examined: Examined) -> None:
    """`report.json` is the sum of the shards."""
    target, shards = examined.target, examined.shards
    try:
        report = json.loads(examined.text(REPORT) or b"{}")
    except ValueError:
        report = {}
    if not report:
        findings.wrong("report", REPORT, "is missing or not JSON.")
        return
    if _longest_text(report) > _LONGEST_TEXT or _carries_more(examined.text(REPORT) or b"", report):
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


def _carries_more(text: bytes, value: Any) -> bool:
    """Whether a JSON text is far longer than its value needs however it is written: the rest is told to nobody who reads it as JSON."""
    return len(text) > len(json.dumps(value, indent=4)) + 64


def _check_section(findings: Findings, config: str, section: Mapping[str, Any], shards: Sequence[ShardFacts], target: Output) -> None:
    def wrong(what: str, told: Any, found: Any) -> None:
        findings.wrong("report", REPORT, f"{config}: says {what} {told}, the shards give {found}.")

    if section["folder"] != _folder(shards[0]):
        wrong("folder", section["folder"], _folder(shards[0]))
    if section["classes"] != list(shards[0].classes):
        wrong("classes", section["classes"], list(shards[0].classes))
    for name in ("rejected", "known", "notes"):
        told = [json.dumps(one, sort_keys=True) for one in section.get(name, [])]
        lost = sorted({json.dumps(one, sort_keys=True) for shard in shards for one in getattr(shard.outcome, name)} - set(told))
        for one in lost:
            wrong(f"nothing under {name!r} of", one, "it")
    limits = {_split(shard): (mine.limit, mine.cases) for shard in shards if (mine := shard.identity) is not None and mine.limit}
    said = {split: (told["taken"], told["cases"]) for split, told in section.get("limited", {}).items()}
    if any(said.get(split) != limit for split, limit in limits.items()):
        wrong("cases taken of cases in all", said, limits)
    by_split: dict[str, list[ShardFacts]] = {}
    for shard in shards:
        by_split.setdefault(_split(shard), []).append(shard)
    told_splits = {split: told for split, told in section["splits"].items() if told["rows"]}
    if set(told_splits) != set(by_split):
        wrong("splits", sorted(told_splits), sorted(by_split))
    for split in sorted(set(told_splits) & set(by_split)):
        told, some = told_splits[split], by_split[split]
        names = [shard.name for shard in some]
        if told["shards"] != names:
            wrong(f"{split} shards", told["shards"], names)
        size = sum((target.root / name).stat().st_size for name in names)
        if told["bytes"] != size:
            wrong(f"{split} bytes", told["bytes"], size)
        if not all(shard.whole for shard in some):
            continue
        total = Tally()
        for shard in some:
            total += shard.tally
        expected = Tally(told["rows"], told["rows_with_mask"], told["pixels"], told["rows_per_class"], total.foreground)
        counted = all(shard.counted for shard in some)
        for name, said, seen in differences(expected, total, counted):
            wrong(f"{split} {name}", said, seen)
        mean = round(total.foreground / total.rows_with_mask, 6) if total.rows_with_mask else None
        if counted and told["foreground"] != mean and not math.isclose(told["foreground"] or 0, mean or 0, rel_tol=0, abs_tol=2e-6):
            wrong(f"{split} foreground", told["foreground"], mean)


def _check_card(findings: Findings, examined: Examined) -> None:
    """The card is there, and its metadata lists exactly what is there."""
    target, shards = examined.target, examined.shards
    rows = sum(shard.rows for shard in shards)
    if (data := examined.text(CARD)) is None:
        findings.wrong("card", CARD, "is missing: the conversion was broken off." if rows else "is missing, since there are no rows.")
        return
    text = data.decode("utf-8").replace("\r\n", "\n")
    if _EMBEDDED.search(text):
        advice = "Take it out: only pictures that are drawn from the rows are published."
        findings.wrong("card", CARD, "holds a picture or file in its own text (`data:`), and nothing tells where that comes from.", advice)
    match = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    if match is None:
        findings.wrong("card", CARD, "does not begin with metadata between lines of `---`.")
        return
    try:
        front = yaml.safe_load(match[1])
    except yaml.YAMLError as error:
        findings.wrong("card", CARD, f"its metadata is no YAML ({' '.join(str(error).split())}).")
        return
    identity = next((shard.identity for shard in shards if shard.identity is not None), None)
    if identity is not None and front.get("license") != identity.license:
        findings.wrong("card", CARD, f"states the license {front.get('license')!r}, the shards {identity.license!r}.")
    whole = not any(shard.outcome.rejected or (shard.identity is not None and shard.identity.limit) for shard in shards)
    if not whole and INCOMPLETE not in text:
        findings.wrong("card", CARD, "does not say that the dataset is incomplete, as its shards do.")
    if "not for clinical use" not in text.lower():
        findings.wrong("card", CARD, "does not say `Not for clinical use`.")
    listed = {config["config_name"]: config for config in front.get("configs") or ()}
    _check_listed(findings, target, shards, listed)
    _check_described(findings, shards, front.get("dataset_info") or ())


def _check_croissant(findings: Findings, examined: Examined) -> None:
    """The Croissant description, where there is one, is what the facts and the report say, to the byte."""
    identity = next((shard.identity for shard in examined.shards if shard.identity is not None), None)
    told, report = examined.text(CROISSANT), examined.text(REPORT)
    if told is None or report is None or identity is None or (source := sources().get(identity.source)) is None:
        return
    if source.from_about is not None:  # its facts come with the about file, which is not kept
        json.loads(told)
        return
    edition = next((one for one in source.editions if one.name == identity.edition), None)
    if edition is not None and told.decode("utf-8", "replace") != croissant.render(source, edition, json.loads(report)):
        findings.wrong("croissant", CROISSANT, "is not what the facts and `report.json` say: somebody edited it.", "Convert again.")


def _card_name(shard: ShardFacts) -> str:
    return "default" if _folder(shard) == "data" else _config(shard)


def _check_listed(findings: Findings, target: Output, shards: Sequence[ShardFacts], listed: Mapping[str, Any]) -> None:
    """`configs` lists exactly the shards that exist, and says which config is the default one."""
    there: dict[tuple[str, str], set[str]] = {(_card_name(shard), _split(shard)): set() for shard in shards}
    for shard in shards:
        there[_card_name(shard), _split(shard)].add(shard.name)
    if (target.root / PREVIEW_FILE).is_file():
        there[PREVIEW, "train"] = {PREVIEW_FILE}
    files = [path.relative_to(target.root) for path in target.root.rglob("*") if path.is_file()]
    said: dict[tuple[str, str], set[str]] = {}
    for name, config in listed.items():
        for entry in config["data_files"]:
            patterns = [entry["path"]] if isinstance(entry["path"], str) else entry["path"]
            said[name, entry["split"]] = {path.as_posix() for path in files for pattern in patterns if path.match(pattern)}
    for key in sorted(there.keys() | said.keys()):
        config, split = key
        if key not in there:
            findings.wrong("card", CARD, f"lists the split {split!r} of the config {config!r}, which has no shards; loading it fails.")
        elif key not in said:
            findings.wrong("card", CARD, f"does not list the split {split!r} of the config {config!r}.")
        elif said[key] != there[key]:
            different = ", ".join(sorted(said[key] ^ there[key]))
            findings.wrong("card", CARD, f"its files of {config} / {split} are not the shards that exist: {different}.")
    default = [name for name, config in listed.items() if name == "default" or config.get("default")]
    if len(default) != 1:
        findings.wrong("card", CARD, f"has {len(default)} default configs; one expected.")


def _check_described(findings: Findings, shards: Sequence[ShardFacts], described: Any) -> None:
    """`dataset_info` gives the features and counts of the shards, and names no volumes."""
    if '"nifti"' in json.dumps(described):
        findings.wrong("card", CARD, "its `dataset_info` names nifti, which breaks every config under datasets 3.6.")
    for info in [described] if isinstance(described, dict) else described:
        some = [shard for shard in shards if _card_name(shard) == info.get("config_name", "default")]
        if not some:
            findings.wrong("card", CARD, f"its `dataset_info` describes {info.get('config_name')!r}, which has no shards.")
            continue
        if info["features"] != [card_feature(name, column) for name, column in some[0].columns.items()]:
            findings.wrong("card", CARD, f"its `dataset_info` of {_card_name(some[0])!r} has other features than the shards.")
        found: dict[str, int] = {}
        for shard in some:
            found[_split(shard)] = found.get(_split(shard), 0) + shard.rows
        said = {split["name"]: split["num_examples"] for split in info["splits"]}
        if said != found and all(shard.whole for shard in some):
            findings.wrong("card", CARD, f"its `dataset_info` of {_card_name(some[0])!r} says {said} rows, the shards hold {found}.")


def _check_preview(findings: Findings, examined: Examined) -> None:
    """A few rows of the shards as pictures, drawn from these rows, and nothing else."""
    sound = not findings.problems  # what is compared with wrong rows says nothing
    filled = any(shard.rows for shard in examined.shards)
    picture, table = examined.text(OVERVIEW), examined.text(PREVIEW_FILE)
    if picture is not None:
        try:
            opened = open_cell(picture)
            if sound and not _is_drawn(opened.samples, overview(examined.target)):
                findings.wrong("preview", OVERVIEW, "is not what is drawn from the rows.")
        except Wrong as error:
            findings.wrong("preview", OVERVIEW, f"{error}")
        except MissingExtra as error:
            findings.warn("volumes", OVERVIEW, "is not compared with the rows.", f"{error}")
    elif filled:
        findings.wrong("preview", OVERVIEW, "is missing.")
    if table is not None:
        _check_preview_rows(findings, examined, table, sound)
    elif filled:
        findings.wrong("preview", PREVIEW_FILE, "is missing.")


def _check_preview_rows(findings: Findings, examined: Examined, data: bytes, sound: bool) -> None:
    try:
        with pq.ParquetFile(pa.BufferReader(data)) as file:
            fields = [(field.name, field.type) for field in file.schema_arrow]
            rows = file.read().to_pylist() if file.metadata.num_rows <= MOST_ROWS else None
            strange = sorted({*(file.metadata.metadata or {}), *(file.schema_arrow.metadata or {})} - METADATA)
            described = told_by(file)
    except (OSError, pa.ArrowException) as error:
        findings.wrong("preview", PREVIEW_FILE, f"not a complete Parquet file ({error}).")
        return
    if fields != [(name, arrow_type(column)) for name, column in PREVIEW_COLUMNS.items()] or not rows:
        findings.wrong("preview", PREVIEW_FILE, f"1 to {MOST_ROWS} rows of {', '.join(PREVIEW_COLUMNS)} expected.")
        return
    if strange or (described is not None and described[1] != Outcome()):
        findings.wrong("preview", PREVIEW_FILE, "carries metadata that no conversion writes.")
    shown: list[tuple[Shown, dict[str, Any]]] = []
    for row in rows:
        there = _found(examined, row)
        if there is None:
            text = f"shows a row that {row['config']} / {row['split']} does not have."
            findings.wrong("preview", PREVIEW_FILE, text, row=row["image_id"])
        else:
            shown.append((there, row))
    if not sound:
        for _, row in shown:
            _check_picture(findings, row, None)
        return
    try:
        for (_, row), (_, seen) in zip(shown, read_shown([there for there, _ in shown]), strict=True):
            _check_picture(findings, row, picture_of(seen))
    except MissingExtra as error:
        findings.warn("volumes", PREVIEW_FILE, "is not compared with the rows.", f"{error}")


def _check_picture(findings: Findings, row: Mapping[str, Any], drawn: Array | None) -> None:
    """A picture of the preview can be read, and is the one that is drawn from its row; None where the row itself is in doubt."""
    try:
        opened = open_cell(row["preview"]["bytes"] or b"")
    except Wrong as error:
        findings.wrong("preview", PREVIEW_FILE, f"{error}", row=row["image_id"])
        return
    if row["preview"]["path"] != file_name(row["image_id"]):
        findings.wrong("preview", PREVIEW_FILE, "its picture is not named after its row.", row=row["image_id"])
    if drawn is not None and not _is_drawn(opened.samples, drawn):
        findings.wrong("preview", PREVIEW_FILE, "its picture is not what is drawn from this row.", row=row["image_id"])


def _is_drawn(found: Array, drawn: Array) -> bool:
    """Whether two pictures are the same; versions of the drawing library may round differently."""
    if (found.shape, found.dtype) != (drawn.shape, drawn.dtype):
        return False
    return int(np.abs(found.astype(np.int16) - drawn).max(initial=0)) <= _ROUNDING


def _found(examined: Examined, row: Mapping[str, Any]) -> Shown | None:
    """Where the row of that config, split and id lies; None if there is none."""
    wanted = np.uint64(hash_of(row["image_id"]))
    for shard in examined.shards:
        if (_config(shard), _split(shard)) != (row["config"], row["split"]):
            continue
        numbers = np.flatnonzero(shard.hashes.get("image", np.empty(0, np.uint64)) == wanted).tolist()
        path = examined.target.root / shard.name
        with parquet(path) as file:
            starts = np.cumsum([0, *(file.metadata.row_group(group).num_rows for group in range(file.num_row_groups))])
            for number in numbers:
                group = int(np.searchsorted(starts, number, "right")) - 1
                at = number - int(starts[group])
                if file.read_row_group(group, columns=["image_id"])["image_id"][at].as_py() == row["image_id"]:
                    return Shown(0, row["config"], row["split"], row["image_id"], (), "", path, group, at)
    return None


def _check_leftovers(findings: Findings, target: Output, shards: Iterable[ShardFacts]) -> None:
    """Nothing else lies in the folder."""
    if target.work.exists():
        advice = "Run the same `hf-medseg convert` again: it carries on."
        findings.wrong("unfinished", WORK, "the conversion runs, or was broken off.", advice)
    ours = {CARD, CROISSANT, REPORT, PREVIEW_FILE, OVERVIEW, ".gitattributes"}
    for shard in shards:
        ours |= {shard.name, _names_of(shard)}
    for path in sorted(target.root.rglob("*")):
        name = path.relative_to(target.root).as_posix()
        if path.is_file() and name not in ours and not is_litter(name) and not name.startswith((f"{WORK}/", f"{LOCAL}/")):
            findings.warn("leftovers", name, "is no part of the dataset.", "Move it elsewhere: it would travel with a push.")
