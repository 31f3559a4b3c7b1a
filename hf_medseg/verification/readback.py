"""Reads one shard back, row by row: what can be checked in a shard alone, without the other ones."""

from __future__ import annotations

import contextlib
import io
import json
import math
import os
import re
import unicodedata
import warnings
import zlib
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from hashlib import blake2b
from importlib.util import find_spec
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.catalog.lookup import sources
from hf_medseg.catalog.tables import table_of
from hf_medseg.conversion.rows import class_list
from hf_medseg.conversion.shard import LEAST_GROUP, MOST_GROUP
from hf_medseg.dataset.arrays import arrow_type
from hf_medseg.dataset.columns import Column, Label, ListOf, Picture, Record, Volume, column_of, table_columns
from hf_medseg.dataset.content import Content, large_file, stamp_of
from hf_medseg.dataset.identity import METADATA_KEY, Identity, Outcome, Seal, told_by
from hf_medseg.dataset.storage import is_local, open_bytes, place
from hf_medseg.dataset.table import NOT_ANNOTATED, TableSpec, Tally
from hf_medseg.errors import Rejected
from hf_medseg.formats import jpeg, png
from hf_medseg.formats.nifti import voxels_of
from hf_medseg.formats.picture import MAX_PIXELS

Row = Mapping[str, Any]
Array = NDArray[Any]
Hashes = NDArray[np.uint64]

REMAKE = "Delete this shard and run the same `hf-medseg convert` again: it makes what is missing."
CONVERT = "Run the same `hf-medseg convert` again: it writes this file anew and keeps finished shards."

METADATA = {METADATA_KEY, b"huggingface", b"ARROW:schema"}  # what the metadata of a shard hold
# A dataset that is wrong everywhere is told in a few lines, not in millions.
_FINDINGS_OF_A_KIND = 20
_SHA256 = re.compile(r"[0-9a-f]{64}")
_FLOAT_TIFF_TAGS = {256, 257, 258, 259, 262, 273, 277, 278, 279, 282, 283, 284, 296, 339}
_GZIP_TEXTS = 4 | 8 | 16  # flags of an extra field, a name, a comment
# By size of the header: where data_type, db_name, descrip, aux_file, intent_name and the flag of extensions lie.
_NIFTI_TEXTS = {348: ((4, 32), (148, 252), (328, 344), (348, 352)), 540: ((240, 344), (508, 524), (525, 544))}
_LENGTHS = {"pixel_spacing": 2, "image_position": 3, "image_orientation": 6}
_WORDS = {"plane": re.compile("axial|coronal|sagittal"), "orientation": re.compile("(?!.*([LR].*[LR]|[AP].*[AP]|[SI].*[SI]))[LRAPSI]{3}")}


@dataclass(frozen=True)
class Finding:
    """One promise that does not hold.

    Attributes:
        check: short name of the promise.
        where: file inside the output folder.
        row: `image_id` of the row, or its number where the id cannot be read; empty where it is about the file.
        expected: what was expected and what was found.
        advice: what to do now.
    """

    check: str
    where: str
    row: str
    expected: str
    advice: str

    def __str__(self) -> str:
        return f"{self.where}{f', row {self.row}' if self.row else ''}: {self.expected} {self.advice}".strip()


@dataclass
class Findings:
    """Collects findings; of each kind in each file the first ones, and the number of the others."""

    problems: list[Finding] = field(default_factory=list)
    warnings: list[Finding] = field(default_factory=list)
    _seen: Counter[tuple[str, str, bool]] = field(default_factory=Counter)

    def wrong(self, check: str, where: str, expected: str, advice: str = CONVERT, row: str = "") -> None:
        """Adds a promise that does not hold."""
        self._add(self.problems, Finding(check, where, row, expected, advice), False)

    def warn(self, check: str, where: str, expected: str, advice: str = "", row: str = "") -> None:
        """Adds something worth knowing."""
        self._add(self.warnings, Finding(check, where, row, expected, advice), True)

    def guarded(self, where: str, check: Callable[..., None], *given: Any) -> None:
        """Runs a check; one that breaks off on damaged content is a finding itself."""
        try:
            check(self, *given)
        except Exception as error:  # damage has many forms, and none may end the verification
            self.wrong("readable", where, f"cannot be checked ({type(error).__name__}: {error}).")

    def close(self) -> None:
        """Says how many findings of a kind were left off."""
        for (check, where, warning), count in self._seen.items():
            if count > _FINDINGS_OF_A_KIND:
                more = Finding(check, where, "", f"{count - _FINDINGS_OF_A_KIND:,} more findings of this kind ({check}) were left off.", "")
                (self.warnings if warning else self.problems).append(more)
        self._seen.clear()

    def _add(self, found: list[Finding], one: Finding, warning: bool) -> None:
        self._seen[one.check, one.where, warning] += 1
        if self._seen[one.check, one.where, warning] <= _FINDINGS_OF_A_KIND:
            found.append(one)


@dataclass
class ShardFacts:
    """What reading one shard has shown, small enough to keep for every shard.

    Attributes:
        content: the file itself; None where it could not be read to its end.
        hashes: for `image_id`, group and patient of every row a 64-bit hash; what looks alike is compared as text later.
        whole: whether every row could be read.
        counted: whether every mask could be read too, so that the tally is complete.
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
    hashes: dict[str, Hashes] = field(default_factory=dict)


# --- one shard -------------------------------------------------------------------------------------------------------------------------


def read_back(root: str, name: str) -> ShardFacts:
    """Reads one shard to its end and checks all that can be seen in it alone; runs in a worker."""
    facts = ShardFacts(name)
    facts.findings.guarded(name, partial(_check_shard, facts=facts, path=os.path.join(root, name)))
    facts.findings.close()
    return facts


def _check_shard(findings: Findings, facts: ShardFacts, path: str) -> None:
    name = facts.name
    with contextlib.ExitStack() as stack:
        try:
            stream = stack.enter_context(open_bytes(path))
            stamp = stamp_of(stream.fileno()) if is_local(path) else ()
            file = stack.enter_context(pq.ParquetFile(stream))
        except (OSError, pa.ArrowException) as error:
            findings.wrong("readable", name, f"not a complete Parquet file ({error}).", REMAKE)
            return
        described = told_by(file)
        if described is None:
            findings.wrong("metadata", name, "does not say of itself which source, edition and config it is.", REMAKE)
        else:
            facts.identity, facts.outcome = described
        _check_layout(findings, name, file)
        strange = sorted({*(file.metadata.metadata or {}), *(file.schema_arrow.metadata or {})} - METADATA)
        if strange:
            findings.wrong("metadata", name, f"carries metadata that no conversion writes: {b', '.join(strange)!r}.", REMAKE)
        if _check_columns(findings, facts, file.schema_arrow):
            _check_rows(findings, facts, file)
        facts.content = large_file(place(path), stream, stamp)


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
    image = facts.columns.get("image", Picture())
    promised = table_columns(names, {}, image=image if isinstance(image, Volume) else Picture(), many_files="files" in facts.columns)
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
    source = sources().get(identity.source) if identity else None
    if identity is None or source is None or source.from_about is not None:
        return None
    for edition in source.editions:
        for config in edition.configs:
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


def _check_rows(findings: Findings, facts: ShardFacts, file: pq.ParquetFile) -> None:
    """Reads all rows, one row group at a time."""
    check = _RowCheck(facts)
    if not check.readable:
        findings.warn("volumes", facts.name, "its volumes are not read: nibabel is not installed.", "Run: pip install 'hf-medseg[nifti]'")
    seal = None if facts.identity is None else Seal(facts.identity)
    slices = _SliceOrder()
    facts.whole = True
    keys: dict[str, array[int]] = {"image": array("Q"), "group": array("Q"), "patient": array("Q")}
    for number in range(file.metadata.num_row_groups):
        try:
            table = file.read_row_group(number)
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
            facts.rows += 1
            sizes.append(check.pixel_bytes)
            keys["image"].append(hash_of(row["image_id"]))
            keys["group"].append(hash_of(row.get("volume_id") or row["patient_id"] or row["image_id"]))
            keys["patient"].append(hash_of(row["patient_id"]))
        last = number == file.metadata.num_row_groups - 1
        if sum(sizes[:-1]) >= MOST_GROUP or (not last and sum(sizes) < LEAST_GROUP):
            text = f"its row group {number} holds {sum(sizes) / 1e6:.1f} MB in {len(sizes)} rows; 8 to 13 MB read best."
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


class _SliceOrder:
    """Follows the slices of volumes: complete, in order, each volume in one run."""

    def __init__(self) -> None:
        self._ended: set[str] = set()
        self._volume: str | None = None
        self._next, self._count = 0, 0

    def next(self, row: Row) -> Iterator[tuple[str, str]]:
        """Takes a row and yields what is wrong with its place."""
        volume, index = row.get("volume_id"), row.get("slice_index")
        if volume is None or index is None:
            return
        if volume != self._volume:
            yield from self.end()
            if volume in self._ended:
                yield "slices", f"its volume {volume} goes on after another one began."
            self._volume, self._next, self._count = volume, 0, row["num_slices"]
        if index != self._next:
            yield "slices", f"slice_index {self._next} of the volume {volume} was expected, {index} found."
        if row["num_slices"] != self._count:
            yield "slices", f"num_slices is {row['num_slices']}, {self._count} in the slices before."
        self._next = index + 1

    def end(self) -> Iterator[tuple[str, str]]:
        """Yields what is missing from the volume so far."""
        if self._volume is not None:
            self._ended.add(self._volume)
            if self._next != self._count:
                yield "slices", f"the volume {self._volume} ends before slice {self._next} of {self._count}."


# --- one row ---------------------------------------------------------------------------------------------------------------------------


class Wrong(Exception):
    """A picture or volume is not what was promised."""

    def __init__(self, check: str, text: str) -> None:
        super().__init__(text)
        self.check = check


@dataclass(frozen=True)
class Opened:
    """A decoded cell.

    Attributes:
        samples: (height, width[, 3]), or (slices, height, width) of a volume.
        kind: `JPEG`, `PNG`, `TIFF` or `NIfTI`.
        mode: of the decoded picture; empty for volumes.
    """

    samples: Array
    kind: str
    mode: str

    @property
    def grid(self) -> tuple[int, ...]:
        """(height, width), or (slices, height, width)."""
        return self.samples.shape if self.kind == "NIfTI" else self.samples.shape[:2]


class _RowCheck:
    """Checks the rows of one shard, and counts what is in their masks.

    Attributes:
        tally: of all rows so far.
        counted: whether every mask so far could be read.
        readable: whether the library is there that the pictures need.
        pixel_bytes: size of the encoded pictures of the last row.
    """

    def __init__(self, facts: ShardFacts) -> None:
        self._columns, self._classes = facts.columns, facts.classes
        declared = declared_table(facts.identity)
        # Where the facts came with the data, the shard itself counts pixels not annotated only if that was declared.
        self._holes = declared.uncertain if declared else "not annotated" in facts.outcome.tally.pixels
        self._mode = declared.image_mode if declared else ""
        self._volumes = isinstance(facts.columns["image"], Volume)
        self.readable = not self._volumes or find_spec("nibabel") is not None
        self.tally = Tally()
        self.counted = True
        self.pixel_bytes = 0

    def row(self, row: Row) -> list[tuple[str, str]]:
        """(check, what was expected and found) for everything that is wrong with a row."""
        return [*self._pixels(row), *self._plain(row)]

    def _pixels(self, row: Row) -> Iterator[tuple[str, str]]:
        self.pixel_bytes = 0
        image, found = self._open("image", row["image"])
        yield from found
        if row["image"] is None:
            yield "image", "`image` is null; a row has its image."
        elif image is not None:
            yield from self._image(row, image)
        grid = None if image is None else image.grid
        yield from self._mask(row, grid)
        for name, column in self._columns.items():
            if name in ("image", "mask") or row[name] is None:
                continue
            cells = [row[name]] if isinstance(column, (Picture, Volume)) else row[name] if _many_pictures(column) else []
            for cell in cells:
                opened, found = self._open(name, cell)
                yield from found
                if opened is not None:
                    yield from self._further(name, opened, grid)

    def _open(self, name: str, cell: Mapping[str, Any] | None) -> tuple[Opened | None, list[tuple[str, str]]]:
        """The decoded cell, or None with the reason; what is wrong but does not hinder decoding comes with it."""
        if cell is None:
            return None, []
        self.pixel_bytes += len(cell["bytes"] or b"")
        found = list(_check_path(name, cell["path"]))
        if not self.readable:
            return None, found
        try:
            return open_cell(cell["bytes"] or b""), found
        except Wrong as error:
            return None, [*found, (error.check, f"`{name}`: {error}")]

    def _image(self, row: Row, image: Opened) -> Iterator[tuple[str, str]]:
        height, width = image.grid[-2:]
        if (width, height) != (row["width"], row["height"]):
            yield "size", f"`width` x `height` say {row['width']} x {row['height']}, the image has {width} x {height}."
        slices = image.grid[0] if len(image.grid) == 3 else None
        for name in ("depth", "num_slices"):
            if slices is not None and row.get(name, slices) != slices:
                yield "size", f"`{name}` says {row[name]}, the volume has {slices} slices."
        if {self._mode, image.mode} == {"L", "RGB"}:
            yield "mode", f"`image` has the mode {image.mode}, the source declares {self._mode}."

    def _mask(self, row: Row, grid: tuple[int, ...] | None) -> Iterator[tuple[str, str]]:
        mask, found = self._open("mask", row["mask"])
        yield from found
        if row["mask"] is None:
            self.tally.add(None, self._classes)
            if row["classes"]:
                yield "classes", f"`mask` is null, `classes` says {row['classes']}; without a mask it is empty."
            return
        wrong = [] if mask is None else list(_not_labels("mask", mask))
        yield from wrong
        if mask is None or wrong:
            self.tally += Tally(rows=1, rows_with_mask=1)
            self.counted = False
            return
        if grid is not None and mask.grid != grid:
            yield "grid", f"`mask` has {_sides(mask.grid)} pixels, its image {_sides(grid)}."
        counts = np.bincount(mask.samples.reshape(-1), minlength=256)
        yield from self._values("mask", counts, len(self._classes), self._holes or self._volumes)
        if row["classes"] != class_list(counts):
            yield "classes", f"`classes` says {row['classes']}, the mask holds {class_list(counts)}."
        if counts[len(self._classes) : NOT_ANNOTATED].any():
            self.tally += Tally(rows=1, rows_with_mask=1)
            self.counted = False
        else:
            self.tally.add(counts, self._classes)

    def _further(self, name: str, opened: Opened, grid: tuple[int, ...] | None) -> Iterator[tuple[str, str]]:
        """A picture beside image and mask."""
        if grid is not None and opened.grid != grid and not name.endswith("_native"):
            yield "grid", f"`{name}` has {_sides(opened.grid)} pixels, the image {_sides(grid)}."
        if name.startswith("instances"):
            if opened.mode not in ("I;16", ""):
                yield "instances", f"`{name}` has the mode {opened.mode}; 16-bit grey expected."
        elif name in ("fov_mask", "mask", "masks") or name.startswith(("mask_", "masks_")):
            wrong = list(_not_labels(name, opened))
            yield from wrong
            if not wrong:
                # Single structures and fields of view are 0 outside, 1 inside, whatever the classes are.
                allowed = 2 if name == "fov_mask" else max(2, len(self._classes))
                cut = "volume_id" in self._columns  # slices that nobody read of an annotated volume
                yield from self._values(name, np.bincount(opened.samples.reshape(-1), minlength=256), allowed, self._holes or cut)

    def _values(self, name: str, counts: NDArray[np.int64], allowed: int, holes: bool) -> Iterator[tuple[str, str]]:
        """Values that no class stands for."""
        found = (int(value) for value in np.flatnonzero(counts))
        strange = [value for value in found if value >= allowed and not (holes and value == NOT_ANNOTATED)]
        if strange:
            also = " and 255" if holes else ""
            yield "values", f"`{name}` holds the values {', '.join(map(str, strange[:5]))}; 0..{allowed - 1}{also} are declared."

    def _plain(self, row: Row) -> Iterator[tuple[str, str]]:
        for name in ("image_id", "source_file", "source_sha256"):
            if not row[name]:
                yield "null", f"`{name}` is empty."
        yield from _check_file(row["source_file"] or "", row["source_sha256"] or "")
        for one in row.get("files") or ():
            yield from _check_file(one["path"] or "", one["sha256"] or "")
        for name, column in self._columns.items():
            if name != "classes":  # compared with the mask
                yield from _check_labels(name, column, row[name])
        if row.get("masks") is not None and "mask_names" in row and len(row["masks"]) != len(row["mask_names"] or ()):
            yield "masks", f"{len(row['masks'])} `masks` and {len(row['mask_names'] or ())} `mask_names`."
        for name, length in _LENGTHS.items():
            if row.get(name) is not None and len(row[name]) != length:
                yield "geometry", f"`{name}` has {len(row[name])} numbers, {length} expected."
        # The plane of a single picture is in the owner's words.
        for name, word in (_WORDS if row.get("volume_id") is not None else {}).items():
            if row.get(name) is not None and not word.fullmatch(row[name]):
                yield "geometry", f"`{name}` says {row[name]!r}."


def _many_pictures(column: Column) -> bool:
    return isinstance(column, ListOf) and isinstance(column.item, (Picture, Volume))


def _sides(grid: tuple[int, ...]) -> str:
    return " x ".join(map(str, reversed(grid)))


def _check_path(name: str, path: str | None) -> Iterator[tuple[str, str]]:
    """The name beside the bytes must tell nothing of the machine that wrote it."""
    if not path or "/" in path or "\\" in path:
        yield "path", f"`{name}` carries the path {path!r}; a file name without folders expected."


def _check_file(path: str, digest: str) -> Iterator[tuple[str, str]]:
    steps = path.split("/")
    if "\\" in path or path.startswith("/") or ".." in steps or re.match("[A-Za-z]:/", path) or unicodedata.normalize("NFC", path) != path:
        yield "source", f"{path!r} is no path inside a raw tree (POSIX, NFC)."
    if digest and not _SHA256.fullmatch(digest):
        yield "source", f"{digest!r} is no SHA-256 in 64 hexadecimal digits."


def _check_labels(name: str, column: Column, value: Any) -> Iterator[tuple[str, str]]:
    """Class indices that have no name."""
    match column:
        case Label(names) if value is not None and not 0 <= value < len(names):
            yield "labels", f"`{name}` holds {value}; it names 0..{len(names) - 1}."
        case ListOf(item) if value is not None and not isinstance(item, (Picture, Volume)):
            for one in value:
                yield from _check_labels(name, item, one)
        case Record(fields) if value is not None:
            for key, kind in fields.items():
                yield from _check_labels(f"{name}.{key}", kind, value[key])


def _not_labels(name: str, opened: Opened) -> Iterator[tuple[str, str]]:
    """Why something is no label map."""
    if opened.kind == "NIfTI":
        if opened.samples.dtype != np.uint8:
            yield "label map", f"`{name}` holds {opened.samples.dtype} voxels; 8-bit expected."
    elif (opened.kind, opened.mode) != ("PNG", "L"):
        yield "label map", f"`{name}` is a {opened.kind} of mode {opened.mode}; an 8-bit grey PNG expected."


def open_cell(data: bytes) -> Opened:
    """Decodes a picture or volume to its end.

    Raises:
        Wrong: it is damaged, of another format, or carries metadata.
    """
    if data.startswith(b"\x1f\x8b"):
        return _open_volume(data)
    try:
        if data.startswith(jpeg.START):
            kind, clean = "JPEG", jpeg.clean(data).data == data
        elif data.startswith(png.SIGNATURE):
            kind, clean = "PNG", png.clean(data)[0] == data
        elif data[:4] in (b"II*\0", b"MM\0*"):
            kind, clean = "TIFF", True
        else:
            raise Wrong("format", "no JPEG, PNG or float TIFF.")
    except png.Damaged as error:
        raise Wrong("decode", f"{error}.") from error
    if not clean:
        raise Wrong("identity", f"the {kind} carries EXIF, XMP, IPTC, comments, text, or bytes that do not shape the picture.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as picture:
                if picture.width * picture.height > MAX_PIXELS:
                    raise Wrong("decode", f"{picture.width} x {picture.height} pixels; at most {MAX_PIXELS} are read.")
                if kind == "TIFF" and (strange := sorted(set(getattr(picture, "tag_v2", {})) - _FLOAT_TIFF_TAGS)):
                    raise Wrong("identity", f"the TIFF carries the tags {strange}.")
                picture.load()
                opened = Opened(np.asarray(picture), kind, picture.mode)
    except Wrong:
        raise
    except Exception as error:  # whatever a decoder raises
        raise Wrong("decode", f"cannot be decoded ({error}).") from error
    if not _mode_allowed(opened, data):
        promised = "8-bit grey or RGB, 16-bit grey, or 32-bit float TIFF, all opaque, expected"
        raise Wrong("mode", f"a {kind} of mode {opened.mode}; {promised}.")
    return opened


def _mode_allowed(opened: Opened, data: bytes) -> bool:
    """Whether every reader gives the same samples."""
    if opened.kind == "PNG":
        depth, colour = data[24:26]
        return (depth, colour) in ((8, 0), (8, 2), (16, 0)) and b"tRNS" not in data[: data.find(b"IDAT")]
    return opened.mode in {"JPEG": ("L", "RGB"), "TIFF": ("F",)}[opened.kind]


def _open_volume(data: bytes) -> Opened:
    """See `open_cell`; the gzip header holds no name, and the NIfTI header no text."""
    if data[3] & _GZIP_TEXTS:
        raise Wrong("identity", "its gzip header carries a name or comment.")
    try:
        head = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, 1024)
        samples = voxels_of(data)
    except Exception as error:  # whatever a decoder raises
        reason = error.expected if isinstance(error, Rejected) else error
        raise Wrong("decode", f"cannot be decoded as NIfTI ({reason}).") from error
    size = min(int.from_bytes(head[:4], order) for order in ("little", "big"))
    if any(any(head[start:end]) for start, end in _NIFTI_TEXTS.get(size, ())):
        raise Wrong("identity", "its NIfTI header carries text or extensions.")
    return Opened(samples, "NIfTI", "")
