"""All shards together: their names, what they say of themselves, and the ids and groups of all their rows."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import numpy as np

from hf_medseg.catalog.derived import DERIVED
from hf_medseg.catalog.lookup import source_named
from hf_medseg.dataset.folder import (
    SHARD,
    Output,
)
from hf_medseg.dataset.storage import parquet
from hf_medseg.verification.examined import Examined
from hf_medseg.verification.findings import REMAKE, Findings
from hf_medseg.verification.report import carries_more
from hf_medseg.verification.shard import ShardFacts, hash_of

# What the Hub's viewer reads of a split before it gives up.
VIEWER_ROWS, VIEWER_BYTES = 100, 300_000_000


def check_names(findings: Findings, target: Output, shards: Sequence[ShardFacts]) -> None:
    """Shard names are complete, and say the config and split that the shards themselves say."""
    cuts: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for shard in shards:
        match = SHARD.search(shard.name)
        if match:
            cuts.setdefault((shard.folder, shard.split), []).append((int(match["number"]), int(match["count"])))
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
    folders = {shard.folder for shard in shards}
    for shard in shards:
        if shard.identity is None:
            continue
        if shard.identity.split != shard.split:
            text = f"it says that it is of the split {shard.identity.split!r}: somebody renamed it."
            findings.wrong("shards", shard.name, text, REMAKE)
        if shard.folder != shard.identity.config and (shard.folder != "data" or len(folders) > 1):
            text = f"it says that it is of the config {shard.identity.config!r}, which does not lie there."
            findings.wrong("shards", shard.name, text, REMAKE)


def check_identities(findings: Findings, shards: Sequence[ShardFacts]) -> None:
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
    strange = sorted(id for id in {identity.source for _, identity in known} - {DERIVED} if source_named(id) is None)
    if strange:
        findings.warn("catalog", "", f"the catalog of this version does not have {', '.join(strange)}: columns are not compared with it.")


def check_config(findings: Findings, examined: Examined, shards: Sequence[ShardFacts]) -> None:
    """What holds over all shards of one config."""
    target = examined.target
    config = shards[0].config
    if not config:
        return
    for shard in shards:
        if shard.columns != shards[0].columns:
            findings.wrong("features", shard.name, f"its columns differ from those of {shards[0].name}.", REMAKE)
    by_split: dict[str, list[ShardFacts]] = {}
    for shard in shards:
        by_split.setdefault(shard.split, []).append(shard)
    for split, some in by_split.items():
        if all(shard.whole for shard in some) and not sum(shard.rows for shard in some):
            findings.wrong("shards", some[0].name, f"no shard of {split!r} has rows; such a split has no shards, loading it fails.")
        _check_viewer(findings, target, f"{config} / {split}", some)
    _check_unique(findings, target, shards)
    _check_groups(findings, target, shards)
    where = shards[0].names
    expected = {str(index): name for index, name in enumerate(shards[0].classes)}
    if (text := examined.text(where)) is None:
        findings.wrong("names", where, "is missing.")
    elif json.loads(text) != expected or carries_more(text, expected):
        findings.wrong("names", where, f"differs from the class names of the shards, {', '.join(shards[0].classes)}.")


def _check_viewer(findings: Findings, target: Output, where: str, shards: Sequence[ShardFacts]) -> None:
    """The viewer refuses a split whose first 100 rows are too much to scan."""
    rows, size = 0, 0
    for shard in shards:
        with parquet(target.root / shard.name) as file:
            metadata = file.metadata
        for number in range(metadata.num_row_groups):
            if rows < VIEWER_ROWS:
                rows += metadata.row_group(number).num_rows
                size += metadata.row_group(number).total_byte_size
    if size > VIEWER_BYTES:
        text = f"its first {rows} rows are {size / 1e6:.0f} MB; the Hub's viewer scans at most {VIEWER_BYTES / 1e6:.0f} MB."
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
            splits = tuple(dict.fromkeys(shard.split for shard in places))
            if len(splits) > 1:
                shared.setdefault(splits, []).append(text)
            elif key == "group" and len(names := dict.fromkeys(shard.name for shard in places)) > 1:
                findings.wrong("groups", places[0].name, f"the group {text!r} lies in several shards: {', '.join(names)}.", REMAKE)
        for splits, texts in shared.items():
            told = f"{len(texts):,} ({', '.join(texts[:3])}{', ...' if len(texts) > 3 else ''})"
            advice = "If the owner's splits are so, mind it: results on one side know the other."
            findings.warn("groups", shards[0].config, f"{key}s in more than one of the splits {', '.join(splits)}: {told}.", advice)
