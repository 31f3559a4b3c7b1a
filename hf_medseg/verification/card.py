"""The card and `croissant.json` against the shards and the facts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from hf_medseg.card import croissant
from hf_medseg.catalog.lookup import source_named
from hf_medseg.catalog.stated import Stated, under
from hf_medseg.dataset.columns import card_feature
from hf_medseg.dataset.folder import (
    CARD,
    CROISSANT,
    INCOMPLETE,
    PREVIEW,
    REPORT,
    Output,
)
from hf_medseg.dataset.folder import FILE as PREVIEW_FILE
from hf_medseg.verification.examined import Examined
from hf_medseg.verification.findings import Findings
from hf_medseg.verification.shard import ShardFacts

# A picture or file inside the text of the card.
_EMBEDDED = re.compile(r"data:\s*[\w.+-]+/|;\s*base64\s*,", re.IGNORECASE)


def check_card(findings: Findings, examined: Examined) -> None:
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


def check_croissant(findings: Findings, examined: Examined) -> None:
    """The Croissant description, where there is one, is what the facts and the report say, to the byte; hashes of shards may be added."""
    identity = next((shard.identity for shard in examined.shards if shard.identity is not None), None)
    told, report = examined.text(CROISSANT), examined.text(REPORT)
    if told is None or report is None or identity is None or (source := source_named(identity.source)) is None:
        return
    if source.from_about is not None:  # its facts come with the about file, which is not kept
        json.loads(told)
        return
    edition = next((one for one in source.editions if one.name == identity.edition), None)
    if edition is None:
        return
    told_of = json.loads(report)
    right = croissant.render(source, under(edition, Stated.from_report(told_of)), told_of)
    shards = {one.name: content for one in examined.shards if (content := examined.files.get(one.name)) is not None}
    hashed = croissant.with_hashes(right, {name: (content.size, content.sha256) for name, content in shards.items()})
    if told.decode("utf-8", "replace") not in (right, hashed):
        findings.wrong("croissant", CROISSANT, "is not what the facts and `report.json` say: somebody edited it.", "Convert again.")


def _card_name(shard: ShardFacts) -> str:
    return "default" if shard.folder == "data" else shard.config


def _check_listed(findings: Findings, target: Output, shards: Sequence[ShardFacts], listed: Mapping[str, Any]) -> None:
    """`configs` lists exactly the shards that exist, and says which config is the default one."""
    there: dict[tuple[str, str], set[str]] = {(_card_name(shard), shard.split): set() for shard in shards}
    for shard in shards:
        there[_card_name(shard), shard.split].add(shard.name)
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
            found[shard.split] = found.get(shard.split, 0) + shard.rows
        said = {split["name"]: split["num_examples"] for split in info["splits"]}
        if said != found and all(shard.whole for shard in some):
            findings.wrong("card", CARD, f"its `dataset_info` of {_card_name(some[0])!r} says {said} rows, the shards hold {found}.")
