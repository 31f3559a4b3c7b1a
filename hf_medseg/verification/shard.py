"""Reads one shard back, row by row: what can be checked in a shard alone, without the other ones."""

from __future__ import annotations

import contextlib
import json
import math
import os
from array import array
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from pathlib import PurePosixPath
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from hf_medseg.catalog.lookup import source_named
from hf_medseg.catalog.tables import table_of
from hf_medseg.conversion.shard import LEAST_GROUP, MOST_GROUP
from hf_medseg.dataset.arrays import arrow_type
from hf_medseg.dataset.columns import Column, Label, ListOf, PictureColumn, VolumeColumn, column_of, table_columns
from hf_medseg.dataset.content import Content, HashedFile, stamp_of
from hf_medseg.dataset.folder import NAMES, SHARD
from hf_medseg.dataset.identity import METADATA_KEY, Identity, Outcome, Seal, told_by
from hf_medseg.dataset.storage import is_local, place
from hf_medseg.dataset.table import TableSpec, Tally
from hf_medseg.errors import how_to_install
from hf_medseg.verification.findings import REMAKE, Findings
from hf_medseg.verification.row import RowCheck, SliceOrder
from hf_medseg.words import counted

_MAGIC = b"PAR1"
_INDEX = 4096  # bytes of the page index of a column of a row group, and so many bytes of a file may have one more

Hashes = NDArray[np.uint64]
METADATA = {METADATA_KEY, b"huggingface", b"ARROW:schema"}  # what the metadata of a shard hold


class Witness(Protocol):
    """Sees every row of a shard while it is checked, for somebody else; it is made in a worker, and goes back from there."""

    def row(self, group: int, row: Mapping[str, Any]) -> None:
        """Sees a row, and the number of its row group."""


Witnesses = Callable[[str, Identity], Witness]
"""Makes the witness of a shard, by the shard's name and what it says of itself; picklable."""


@dataclass
class ShardFacts:
    """What reading one shard has shown, small enough to keep for every shard.

    Attributes:
        content: the file itself; None where it could not be read to its end.
        hashes: for `image_id`, group and patient of every row a 64-bit hash; what looks alike is compared as text later.
        whole: whether every row could be read.
        counted: whether every mask could be read too, so that the tally is complete.
        witness: who saw every row, where somebody sent one; None where the shard does not say what it is.
    """

    name: str
    findings: Findings = field(default_factory=Findings)
    identity: Identity | None = None
    outcome: Outcome = field(default_factory=Outcome)
    columns: dict[str, Column] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    rows: int = 0
    tally: Tally = field(default_factory=Tally)
    whole: bool = False
    counted: bool = True
    content: Content | None = None
    witness: Witness | None = None
    hashes: dict[str, Hashes] = field(default_factory=dict)

    @property
    def config(self) -> str:
        """The config that it says it is of; empty where it says nothing."""
        return self.identity.config if self.identity else ""

    @property
    def folder(self) -> str:
        """The folder that it lies in."""
        return self.name.rpartition("/")[0]

    @property
    def split(self) -> str:
        """The split that its name says; empty for another kind of name."""
        match = SHARD.search(self.name)
        return PurePosixPath(match["split"]).name if match else ""

    @property
    def names(self) -> str:
        """The file that names its classes."""
        return NAMES if self.folder == "data" else f"{self.folder}/{NAMES}"


def read_back(root: str, name: str, witnesses: Witnesses | None = None) -> ShardFacts:
    """Reads one shard to its end, once, and checks all that can be seen in it alone; runs in a worker."""
    facts = ShardFacts(name)
    facts.findings.guarded(name, partial(_check_shard, facts=facts, path=os.path.join(root, name), witnesses=witnesses))
    facts.findings.close()
    return facts


def _check_shard(findings: Findings, facts: ShardFacts, path: str, witnesses: Witnesses | None) -> None:
    name = facts.name
    with contextlib.ExitStack() as stack:
        try:
            stream = stack.enter_context(place(path).open("rb"))
            hashed = HashedFile(place(path), stream, stamp_of(stream.fileno()) if is_local(path) else ())
            file = stack.enter_context(pq.ParquetFile(hashed))
            hashed.begin()
        except (OSError, pa.ArrowException) as error:
            findings.wrong("readable", name, f"not a complete Parquet file ({error}).", REMAKE)
            return
        described = told_by(file)
        if described is None:
            findings.wrong("metadata", name, "does not say of itself which source, edition and config it is.", REMAKE)
        else:
            facts.identity, facts.outcome = described
            facts.witness = witnesses(name, facts.identity) if witnesses else None
        _check_layout(findings, name, file)
        strange = sorted({*(file.metadata.metadata or {}), *(file.schema_arrow.metadata or {})} - METADATA)
        if strange:
            findings.wrong("metadata", name, f"carries metadata that no conversion writes: {b', '.join(strange)!r}.", REMAKE)
        if _check_columns(findings, facts, file.schema_arrow):
            _check_rows(findings, facts, file)
        facts.content = hashed.content()
        if not _is_all(file.metadata, facts.content.size):
            findings.wrong("layout", name, "holds bytes that belong to no row.", REMAKE)


def _check_columns(findings: Findings, facts: ShardFacts, schema: pa.Schema) -> bool:
    """Whether the features say what the columns are, and the common columns come first; rows are only read if they do."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        facts.columns = {name: column_of(described) for name, described in features.items()}
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        findings.wrong("features", facts.name, f"its features cannot be read ({type(error).__name__}: {error}).", REMAKE)
        return False
    said = {name: arrow_type(column) for name, column in facts.columns.items()}
    there = {field.name: field.type for field in schema}
    if list(said.items()) != list(there.items()):
        different = [name for name in {**said, **there} if said.get(name) != there.get(name)]
        findings.wrong("features", facts.name, f"features and columns differ: {', '.join(different) or 'their order'}.", REMAKE)
        return False
    classes = facts.columns.get("classes")
    names = classes.item.names if isinstance(classes, ListOf) and isinstance(classes.item, Label) else ()
    image = facts.columns.get("image", PictureColumn())
    promised = table_columns(
        names, {}, image=image if isinstance(image, VolumeColumn) else PictureColumn(), many_files="files" in facts.columns
    )
    if list(promised.items()) != list(facts.columns.items())[: len(promised)]:
        findings.wrong("columns", facts.name, f"every table begins with the columns {', '.join(promised)}; this one does not.", REMAKE)
        return False
    if names[:1] != ("background",):
        findings.wrong("columns", facts.name, "the first class name is `background` in every table; here it is not.", REMAKE)
    facts.classes = names
    declared = declared_table(facts.identity)
    if declared is not None and list(declared.columns.items()) != list(facts.columns.items()):
        both = dict.fromkeys([*declared.columns, *facts.columns])
        strange = [name for name in both if declared.columns.get(name) != facts.columns.get(name)]
        findings.wrong("columns", facts.name, f"the catalog declares other columns: {', '.join(strange) or 'another order'}.", REMAKE)
    return True


def declared_table(identity: Identity | None) -> TableSpec | None:
    """The table that the catalog declares; None where the facts come with the data, or the catalog does not have the source."""
    source = source_named(identity.source) if identity else None
    if identity is None or source is None or source.from_about is not None:
        return None
    for edition in source.editions:
        for config in edition.reading.configs:
            if (edition.name, config.name) == (identity.edition, identity.config):
                return table_of(source, edition, config)
    return None


def _check_layout(findings: Findings, name: str, file: pq.ParquetFile) -> None:
    """Pictures plain, the rest compressed, a page index, and no row group without rows."""
    metadata = file.metadata
    wrong: set[str] = set()
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        if not group.num_rows:
            findings.wrong("layout", name, "a row group without rows; loading it fails.", REMAKE)
        for leaf in range(group.num_columns):
            chunk = group.column(leaf)
            pixels = chunk.path_in_schema.endswith(".bytes")
            if pixels and (chunk.compression != "UNCOMPRESSED" or chunk.has_dictionary_page):
                wrong.add(f"{chunk.path_in_schema} is compressed or has a dictionary; pictures are stored plain.")
            if not pixels and chunk.compression == "UNCOMPRESSED":
                wrong.add(f"{chunk.path_in_schema} is not compressed.")
            if not chunk.has_offset_index:
                wrong.add(f"{chunk.path_in_schema} has no page index.")
    for text in sorted(wrong):
        findings.wrong("layout", name, text, REMAKE)


def _is_all(metadata: pq.FileMetaData, size: int) -> bool:
    """Whether a file is its columns, page indices of a likely size, and its end: readers pass over what nothing points to."""
    groups = [metadata.row_group(number) for number in range(metadata.num_row_groups)]
    leaves = [group.column(leaf) for group in groups for leaf in range(group.num_columns)]
    begins = [leaf.dictionary_page_offset if leaf.has_dictionary_page else leaf.data_page_offset for leaf in leaves]
    end = len(_MAGIC)
    for begin, leaf in sorted(zip(begins, leaves, strict=True), key=lambda one: one[0]):
        if begin != end:
            return False
        end = begin + leaf.total_compressed_size
    rest: int = size - end - metadata.serialized_size - 4 - len(_MAGIC)
    return rest <= _INDEX * len(leaves) + size // _INDEX


def _check_rows(findings: Findings, facts: ShardFacts, file: pq.ParquetFile) -> None:
    """Reads all rows, one row group at a time."""
    declared = declared_table(facts.identity)
    # Where the facts came with the data, the shard itself counts pixels not annotated only if that was declared.
    holes = declared.uncertain if declared else "not annotated" in facts.outcome.tally.pixels
    check = RowCheck(facts.columns, facts.classes, declared, holes)
    if not check.readable:
        findings.warn("volumes", facts.name, "its volumes are not read: nibabel is not installed.", how_to_install("nibabel", "nifti"))
    seal = None if facts.identity is None else Seal(facts.identity)
    slices = SliceOrder()
    facts.whole = True
    keys: dict[str, array[int]] = {"image": array("Q"), "group": array("Q"), "patient": array("Q")}
    for number in range(file.metadata.num_row_groups):
        try:
            table = file.read_row_group(number, use_threads=False)  # columns one behind the other, as they are hashed
        except (OSError, pa.ArrowException) as error:
            findings.wrong("readable", facts.name, f"its row group {number} cannot be read ({error}).", REMAKE)
            facts.whole = False
            continue
        sizes: list[int] = []
        for number_in_group in range(table.num_rows):
            row = {name: table.column(name)[number_in_group].as_py() for name in table.column_names}
            label = str(row["image_id"] or f"number {facts.rows}")
            for promise, text in (*check.row(row), *slices.next(row)):
                findings.wrong(promise, facts.name, text, REMAKE, label)
            if seal is not None:
                seal.add(row)
            if facts.witness is not None:
                facts.witness.row(number, row)
            facts.rows += 1
            sizes.append(check.pixel_bytes)
            keys["image"].append(hash_of(row["image_id"]))
            keys["group"].append(hash_of(row.get("volume_id") or row["patient_id"] or row["image_id"]))
            keys["patient"].append(hash_of(row["patient_id"]))
        last = number == file.metadata.num_row_groups - 1
        if sum(sizes[:-1]) >= MOST_GROUP or (not last and sum(sizes) < LEAST_GROUP):
            text = f"its row group {number} holds {sum(sizes) / 1e6:.1f} MB in {counted(len(sizes), 'row')}; 8 to 13 MB read best."
            findings.warn("row groups", facts.name, text, REMAKE)
    for promise, text in slices.end():
        findings.wrong(promise, facts.name, text, REMAKE)
    facts.hashes = {key: np.frombuffer(values, np.uint64) if values else np.empty(0, np.uint64) for key, values in keys.items()}
    facts.tally, facts.counted = check.tally, check.counted
    if seal is not None and facts.whole:
        _check_tally(findings, facts)
        if seal.value() != facts.outcome.seal:
            findings.wrong("seal", facts.name, "what it says of itself does not belong to its rows: somebody rewrote it.", REMAKE)


def _check_tally(findings: Findings, facts: ShardFacts) -> None:
    for name, told, found in differences(facts.outcome.tally, facts.tally, facts.counted):
        findings.wrong("counts", facts.name, f"it says {name} {told}, its rows give {found}.", REMAKE)


def differences(told: Tally, found: Tally, counted: bool) -> Iterator[tuple[str, Any, Any]]:
    """(what, told, found) where two tallies differ; pixels only where every mask could be counted."""
    for name in ("rows", "rows_with_mask", *(("pixels", "rows_per_class") if counted else ())):
        if getattr(told, name) != getattr(found, name):
            yield name, getattr(told, name), getattr(found, name)
    if counted and not math.isclose(told.foreground, found.foreground, rel_tol=1e-9, abs_tol=1e-9):
        yield "foreground", told.foreground, found.foreground


def hash_of(text: str | None) -> int:
    """64 bits of a text; 0 for none."""
    return 0 if text is None else int.from_bytes(blake2b(text.encode(), digest_size=8).digest())
