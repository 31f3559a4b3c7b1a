"""The license gate: whether a converted dataset may be published. Decided by the catalog and by what the shards hold, nothing else."""

from __future__ import annotations

import json
import os
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from hf_medseg.catalog.derived import DERIVED, OPTIONAL, ORIGIN_COLUMNS, Origin, derived_source
from hf_medseg.catalog.licenses import License, strictest
from hf_medseg.catalog.pictures import groups_to_look_at, picture_columns, recognise_looks
from hf_medseg.catalog.recognise import Ids, lawful_way
from hf_medseg.catalog.source import Edition, Source
from hf_medseg.catalog.tables import config_folder, table_of
from hf_medseg.dataset.arrays import arrow_type
from hf_medseg.dataset.columns import Column, VolumeColumn, column_of
from hf_medseg.dataset.content import Stamp, stamp_of
from hf_medseg.dataset.finished import finished
from hf_medseg.dataset.folder import CARD, CROISSANT, LOCAL, MOST_ROWS, NAMES, OVERVIEW, REPORT, SHARD, Output
from hf_medseg.dataset.folder import COLUMNS as PREVIEW_COLUMNS
from hf_medseg.dataset.folder import FILE as PREVIEW_FILE
from hf_medseg.dataset.identity import Identity, Outcome, Seal
from hf_medseg.dataset.report import Rejection
from hf_medseg.dataset.table import schema_of
from hf_medseg.errors import Refused
from hf_medseg.publishing.rows import EveryRow, Rows
from hf_medseg.raw.litter import is_litter

# Pictures of somebody's own data that are compared with those of known sets.
LOOKED_AT = 2000


@dataclass(frozen=True)
class Held:
    """What an output folder really holds.

    Attributes:
        source, edition: what every shard is.
        license: the terms that hold for it, with the tier that the gate decided.
        shards: what every shard says of itself, by its name inside the folder.
        files: every file that belongs to the dataset, by its name inside the folder.
        stamps: what the file system said of each before anything was read, so that another one under its name is told.
        origins: where its rows come from: several of a derived dataset.
        every_row: makes what gathers the rows of each shard for `check_rows`.
    """

    source: Source
    edition: Edition
    license: License
    shards: Mapping[str, tuple[Identity, Outcome]]
    files: tuple[str, ...]
    stamps: Mapping[str, Stamp] = field(default_factory=dict)
    origins: tuple[Origin, ...] = ()
    every_row: EveryRow = field(default_factory=lambda: EveryRow({}))

    @property
    def rejected(self) -> list[Rejection]:
        """Every case that the shards say was rejected."""
        return [one for _, outcome in self.shards.values() for one in outcome.rejected]

    @property
    def label(self) -> str:
        """The source and its edition, for people."""
        return f"{self.source.id} ({self.edition.name})" if self.edition.name else self.source.id


def check(out: str | os.PathLike[str], *, allow_noncommercial: bool = False) -> Held:
    """Lets a converted dataset through, or refuses it.

    Args:
        out: the folder of a finished conversion.
        allow_noncommercial: whether the user said by name that a non-commercial license is understood.

    Returns:
        What the folder holds; its tier is `open`, or `noncommercial` where that is allowed.

    Raises:
        Refused: the license does not allow it, or the folder holds something that is not of one conversion.
    """
    return allowed(inspect(out), out, allow_noncommercial)


def allowed(held: Held, out: str | os.PathLike[str], allow_noncommercial: bool) -> Held:
    """What may be published, as its license is.

    Raises:
        Refused: the license does not allow it.
    """
    if held.license.tier == "open" or (held.license.tier == "noncommercial" and allow_noncommercial):
        return held
    raise Refused(_refusal(held, os.fspath(out)))


def inspect(out: str | os.PathLike[str]) -> Held:
    """Finds out what an output folder holds, from the shards themselves: what they say, and what their rows tell.

    Raises:
        Refused: the folder is no finished conversion of one source and edition, or a shard is not what it says.
    """
    held = look(out)
    seen: set[str] = set()
    check_rows(held, [_rows(Path(out), name, *told, held, seen) for name, told in held.shards.items()])
    if PREVIEW_FILE in held.files:
        _check_preview(Path(out) / PREVIEW_FILE, seen)
    return held


def look(out: str | os.PathLike[str]) -> Held:
    """Finds out what an output folder holds as far as its files and shards say it; what the rows tell is `check_rows`'s to judge.

    Raises:
        Refused: the folder is no finished conversion of one source and edition, or a shard is not what it says.
    """
    target = Output(Path(out))
    files = _files(target.root)
    stamps = {name: stamp_of(target.root / name) for name in files}
    opened = finished(out)
    shards = {name: (identity, outcome) for name, _, identity, outcome in opened.shards}
    first = opened.shards[0].identity
    source_id, edition_name, license_id, tier = first.source, first.edition, first.license, first.tier
    origins = _origins(target.root, shards) if source_id == DERIVED else [Origin(source_id, edition_name, license_id, tier)]
    if source_id == DERIVED:
        source, edition = _made_of(target.root, next(iter(shards)), origins, edition_name)
    else:
        source, edition = origins[0].known()
    _check_report(target, source, edition)
    folders = {config_folder(config, edition) for config in edition.reading.configs} if source.from_about is None else None
    _check_names(files, shards, folders or {name.partition("/")[0] for name in shards})
    for name, (identity, _) in shards.items():
        _check_table(target.root, name, identity, source, edition)
    pictures: dict[str, frozenset[int]] = {}
    if any(origin.known()[0].from_about is not None for origin in origins):
        names = {os.fspath(shard.path): shard.name for shard in opened.shards}
        pictures = {names[path]: groups for path, groups in groups_to_look_at(names, LOOKED_AT).items()}
    terms = _terms(source, edition, origins, license_id, tier)
    held = Held(source, edition, terms, shards, files, stamps, tuple(origins), EveryRow(pictures))
    _check_card(target.root / CARD, held)
    return held


def check_rows(held: Held, told: Sequence[Rows]) -> None:
    """The rows of all shards come from where the shards say.

    Args:
        held: what the shards say.
        told: what was gathered of the rows of every shard, whoever read them.

    Raises:
        Refused: they come from elsewhere, or look as if they do.
    """
    for one in told:
        one.end()
    if wrong := next((one.wrong for one in told if one.wrong), ""):
        raise Refused(wrong)
    if {one.name: one.identity for one in told} != {name: identity for name, (identity, _) in held.shards.items()}:
        raise Refused("The shards are not those that the license was decided for. Leave the folder alone and push again.")
    ids, origins = Ids(), set[Origin]()
    for one in told:
        ids += one.ids
        origins |= one.origins
    if held.source.id == DERIVED and origins != set(held.origins):
        raise Refused("The rows do not come from where the license was decided for. Leave the folder alone and push again.")
    named = {origin.source for origin in held.origins}
    if known := [one for one in ids.known() if one.id not in named]:
        raise Refused(f"The rows have the names that {known[0].id} gives its pictures. {lawful_way(known[0])}")
    if like := [one for one in recognise_looks(one for shard in told for one in shard.looks) if one.source.id not in named]:
        raise Refused(f"{like[0]}. {lawful_way(like[0].source)}")


def _terms(source: Source, edition: Edition, origins: Sequence[Origin], license_id: str, tier: str) -> License:
    """The strictest of what the catalog says now and what was true when the shards were made."""
    if source.id != DERIVED:
        return origins[0].terms()
    # What its rows come from decides; what its shards say of the whole can only be stricter.
    told = Origin("", "", license_id, tier)
    tiers = [edition.license.tier, told.stated_tier]
    if license_id != edition.license.id:
        tiers.append("unknown")
    return replace(edition.license, tier=strictest(tiers))


def _origins(root: Path, shards: Iterable[str]) -> list[Origin]:
    """Where the rows of a derived dataset say that they come from.

    Raises:
        Refused: they do not say it.
    """
    found: set[Origin] = set()
    for name in shards:
        try:
            with pq.ParquetFile(root / name) as file:
                for batch in file.iter_batches(columns=list(ORIGIN_COLUMNS)):
                    found.update(Origin(*(row[column] or "" for column in ORIGIN_COLUMNS)) for row in batch.to_pylist())
        except (OSError, pa.ArrowException, KeyError) as error:
            raise Refused(f"{name} does not say where its rows come from ({error}). Derive it again.") from error
    if not found:
        raise Refused(f"{root} holds no rows, so that nothing is known of its license.")
    return sorted(found)


def _made_of(root: Path, name: str, origins: Sequence[Origin], edition: str) -> tuple[Source, Edition]:
    """A derived dataset as its rows and the columns of a shard tell it; every other shard is compared with that."""
    features = _features(pq.read_schema(root / name)) or {}
    try:
        classes = tuple(features["classes"]["feature"]["names"][1:])
    except (KeyError, TypeError) as error:
        raise Refused(f"{name} does not name its classes. Derive it again.") from error
    optional = [column for column in OPTIONAL if column in features]
    volumes = isinstance(column_of(features["image"]), VolumeColumn)
    made = derived_source(origins, classes, optional, name=edition, volumes=volumes)
    common = table_of(*made, made[1].reading.configs[0]).columns
    kept = {column: column_of(described) for column, described in features.items() if column not in common}
    declared: set[str] = set()
    for origin in origins:
        source, of = origin.known()
        declared |= (
            {*kept}
            if source.from_about is not None
            else {column for config in of.reading.configs for column in table_of(source, of, config).columns}
        )
    if strange := [column for column in kept if column not in declared]:
        raise Refused(f"{name} has a column {strange[0]!r} that none of its sources has. Derive it again.")
    return derived_source(origins, classes, optional, name=edition, kept=kept, volumes=volumes)


# --- the folder -------------------------------------------------------------------------------------------------------------------------


def _files(root: Path) -> tuple[str, ...]:
    """Every file below the folder but what operating systems leave behind, by its POSIX path.

    Raises:
        Refused: a folder is a link to elsewhere.
    """
    found = []
    for folder, folders, names in os.walk(root):
        for name in folders:
            if os.path.islink(os.path.join(folder, name)):
                raise Refused(f"{os.path.join(folder, name)} is a link to another folder. A conversion makes none: remove it.")
        if Path(folder) == root and LOCAL in folders:
            folders.remove(LOCAL)
        for name in names:
            path = Path(folder, name).relative_to(root).as_posix()
            if not is_litter(path):
                found.append(path)
    return tuple(sorted(found))


def _check_names(files: tuple[str, ...], shards: Container[str], folders: set[str]) -> None:
    """Every file is one that a conversion writes."""
    for name in files:
        folder, _, last = name.rpartition("/")
        beside = (CARD, CROISSANT, REPORT, NAMES, PREVIEW_FILE, OVERVIEW)
        ours = name in beside or (folder in folders and (last == NAMES or name in shards))
        if not ours:
            raise Refused(f"{name} is not part of the conversion, and nothing else is pushed. Move it out of the folder.")


def _check_report(target: Output, source: Source, edition: Edition) -> None:
    """`report.json` decides nothing, but it must tell of the same dataset."""
    report = target.report()
    if (report.get("source"), report.get("edition") or "") != (source.id, edition.name):
        raise Refused(f"report.json tells of {report.get('source')!r}, the shards of {source.id!r}. Convert the raw tree again.")


def _check_card(path: Path, held: Held) -> None:
    """The card may be edited, but not its license."""
    from huggingface_hub import metadata_load

    try:
        metadata = metadata_load(path) or {}
    except Exception as error:  # the parser's errors are many
        raise Refused(f"{path}: its metadata cannot be read ({error}). Convert again, or repair it.") from error
    stated = metadata.get("license")
    stated = [stated] if isinstance(stated, str) else stated
    if stated != [held.license.id] and held.license.tier in ("open", "noncommercial"):
        raise Refused(f"{path} states the license {stated}, but {held.label} is under {held.license.id}. Put it back, or convert again.")


# --- the shards -------------------------------------------------------------------------------------------------------------------------


def _check_table(root: Path, name: str, identity: Identity, source: Source, edition: Edition) -> None:
    """A shard lies where its config and split say, and has exactly the columns of its source."""
    folder, _, last = name.rpartition("/")
    match = SHARD.fullmatch(last)
    if match is None or match["split"] != identity.split:
        raise Refused(f"{name} says that it is of the split {identity.split!r}. Somebody renamed it: convert the raw tree again.")
    try:
        found = pq.read_schema(root / name)
    except (OSError, pa.ArrowException) as error:
        raise Refused(f"{name} cannot be read ({error}). Convert the raw tree again.") from error
    if source.from_about is not None:
        return  # its columns come with the about file; what its rows hold is checked below
    config = next((config for config in edition.reading.configs if config.name == identity.config), None)
    if config is None or config_folder(config, edition) != folder:
        raise Refused(f"{name} says that it is of the config {identity.config!r} of {source.id}, which does not lie there.")
    expected = schema_of(table_of(source, edition, config).columns)
    if not found.equals(expected) or _features(found) != _features(expected):
        strange = sorted(set(found.names) ^ set(expected.names))
        what = f" They differ in: {', '.join(strange)}." if strange else ""
        raise Refused(f"{name} does not have the columns of {source.id}.{what} Convert the raw tree again with this version.")


def _features(schema: pa.Schema) -> Any:
    try:
        return json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
    except (KeyError, ValueError, TypeError):
        return None


def _rows(root: Path, name: str, identity: Identity, outcome: Outcome, held: Held, seen: set[str]) -> Rows:
    """Gathers the rows of a shard, of pictures only those that are looked at, and gives `seen` their ids.

    Raises:
        Refused: what the shard says does not belong to its rows.
    """
    rows, seal, count = held.every_row(name, identity), Seal(identity), 0
    try:
        with pq.ParquetFile(root / name) as file:
            wanted = (*Seal.columns, "files", "patient_id", "source_id", *ORIGIN_COLUMNS)
            there = [column for column in wanted if column in file.schema_arrow.names]
            for group in range(file.num_row_groups):
                looked_at = picture_columns(file.schema_arrow) if group in rows.pictures else []
                for batch in file.iter_batches(16 if looked_at else 1 << 16, [group], columns=[*there, *looked_at]):
                    for row in batch.to_pylist():
                        seal.add(row)
                        count += 1
                        rows.row(group, row)
                        seen.add(row["image_id"])
    except (OSError, pa.ArrowException, KeyError, TypeError) as error:
        raise Refused(f"{name} cannot be read ({error}). Convert the raw tree again.") from error
    if seal.value() != outcome.seal or count != outcome.tally.rows:
        raise Refused(f"{name}: what it says of itself does not belong to its rows. Somebody rewrote it: convert the raw tree again.")
    return rows


# --- the preview and the answer ---------------------------------------------------------------------------------------------------------


def _check_preview(path: Path, image_ids: set[str]) -> None:
    """The preview shows a few rows of the shards and nothing else."""
    try:
        with pq.ParquetFile(path) as file:
            columns: dict[str, Column] = PREVIEW_COLUMNS
            plain = [(name, arrow_type(column)) for name, column in columns.items()]
            right = file.metadata.num_rows <= MOST_ROWS and [(f.name, f.type) for f in file.schema_arrow] == plain
            right = right and set(file.read(["image_id"])["image_id"].to_pylist()) <= image_ids
    except (OSError, pa.ArrowException) as error:
        raise Refused(f"{path} cannot be read ({error}). Convert the raw tree again.") from error
    if not right:
        raise Refused(f"{path} is not the preview that the conversion drew. Convert the raw tree again.")


def _refusal(held: Held, out: str) -> str:
    """Why not, on what evidence, and what to do instead."""
    license = held.license
    stated = f"{license.name} ({license.url})" if license.url else license.name
    lines = [f"{held.label} is not pushed: its license is {stated}, tier {license.tier}."]
    lines += [f"  evidence: {one.says} ({one.confidence}, {one.date}): {one.url}" for one in license.evidence]
    lines += [f"  the owner's terms: {condition}" for condition in license.conditions]
    if held.source.id == DERIVED and license.tier != "noncommercial":
        lines.append("No option changes that: what is made of data that may not be passed on may not be passed on either.")
        lines.append(f'Here it stays usable: datasets.load_dataset("{out}")')
        return "\n".join(lines)
    if license.tier == "noncommercial":
        lines.append("It may be shared for non-commercial use: if that is what you do, say so with --allow-noncommercial.")
        return "\n".join(lines)
    if held.source.from_about is not None:
        lines.append("The license is what the about file states, id and URL, or an export of a known source that lies beside the data.")
        lines.append("If that is wrong, correct the about file and convert again.")
    else:
        script = f"loading_scripts/{held.source.id.replace('-', '_')}.py"
        lines.append(f"No option changes that, nor a private repository. Others get the data from the owner and load it with {script}.")
    lines.append(f'Here it stays usable: datasets.load_dataset("{out}")')
    return "\n".join(lines)
