"""Pictures of a finished dataset: coloured overlays for a viewer, in which label maps look black, and a contact sheet."""

from __future__ import annotations

import colorsys
import hashlib
import io
import json
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hf_medseg.dataset import lock
from hf_medseg.dataset.arrays import array_of
from hf_medseg.dataset.folder import COLUMNS, FILE, MOST_ROWS, OVERVIEW, PREVIEW, Output
from hf_medseg.dataset.identity import METADATA_KEY, Identity, Outcome
from hf_medseg.dataset.storage import parquet, place, whole_file
from hf_medseg.dataset.table import NOT_ANNOTATED, schema_of
from hf_medseg.errors import MissingExtra, Refused
from hf_medseg.formats import png
from hf_medseg.formats.nifti import voxels_of
from hf_medseg.masks.labels import LabelMap
from hf_medseg.raw.tree import natural

Array = NDArray[Any]
Size = tuple[int, int]
Some = TypeVar("Some")

_OVERVIEW_ROWS = 6

_SIDE = 384  # longest side of an overlay in the `preview` config
# Row groups whose ids and classes are looked at for each split: enough to find every class, whatever the size of the dataset.
_GROUPS_LOOKED_AT = 64
_SPLITS = {"train": 0, "validation": 1, "test": 2}

# Colours that differ from each other, and from skin, fundus, tissue stains and grey.
_COLOURS = (
    (0, 229, 255),
    (255, 214, 0),
    (255, 64, 160),
    (0, 230, 118),
    (140, 90, 255),
    (255, 145, 0),
    (41, 121, 255),
    (255, 40, 40),
    (190, 240, 60),
    (255, 175, 205),
    (0, 150, 136),
    (200, 130, 70),
)
_FILL, _OUTLINE = 105, 235  # alpha of a structure and of its edge
_GREY = (150, 150, 150)


@dataclass(frozen=True)
class Shown:
    """A row that was chosen to be shown, and where it lies."""

    table: int
    config: str
    split: str
    image_id: str
    classes: tuple[int, ...]
    kin: str
    path: Path
    group: int
    place: int


@dataclass(frozen=True)
class Seen:
    """What a row shows: 8-bit grey or RGB pixels made for the eye (None if they cannot be decoded), and the label map on their grid."""

    pixels: Array | None
    labels: LabelMap | None


def write_preview(target: Output, report: Mapping[str, Any]) -> None:
    """Writes the config `preview`: at most 16 rows over splits, configs and classes.

    Args:
        target: an output folder with finished shards.
        report: the content of its `report.json`.
    """
    cells: dict[str, list[Any]] = {name: [] for name in COLUMNS}
    picked = pick(target, MOST_ROWS)
    tiles = []
    for row, seen in read_shown(in_order(picked)):
        data = png.encode(picture_of(seen))
        values = (row.image_id, row.split, row.config, {"bytes": data, "path": file_name(row.image_id)})
        for column, value in zip(cells.values(), values, strict=True):
            column.append(value)
        if row in picked[:_OVERVIEW_ROWS]:
            tiles.append(_tile(row, seen))
    schema = schema_of(COLUMNS)
    terms = {"license": report["license"], "tier": report["tier"]}
    identity = Identity(report["source"], report["edition"] or "", PREVIEW, "train", report["converter"], "", **terms)
    path = target.root / FILE
    with (
        whole_file(path) as here,
        pq.ParquetWriter(here, schema, compression="NONE", use_dictionary=False, write_page_index=True) as writer,
    ):
        if cells["image_id"]:
            writer.write_table(pa.Table.from_arrays([array_of(column, cells[name]) for name, column in COLUMNS.items()], schema=schema))
        described = {"identity": asdict(identity), **asdict(Outcome())}
        writer.add_key_value_metadata({METADATA_KEY: json.dumps(described, sort_keys=True).encode()})
    if cells["image_id"]:
        (target.root / OVERVIEW).write_bytes(png.encode(np.asarray(_sheet(target, tiles))))


def file_name(image_id: str) -> str:
    """What the picture of a row is called."""
    return f"{image_id.replace('/', '_')}.png"


def picture_of(seen: Seen) -> Array:
    """(height, width, 3) uint8: how the config `preview` shows a row."""
    return np.asarray(overlay(seen, _SIDE))


def overview(target: Output) -> Array:
    """(height, width, 3) uint8: the sheet that `write_preview` draws from the shards as they are; nothing is written.

    Raises:
        MissingExtra: a library is not installed that reads its volumes.
    """
    picked = pick(target, MOST_ROWS)
    tiles = [_tile(row, seen) for row, seen in read_shown(in_order(picked[:_OVERVIEW_ROWS]))]
    return np.asarray(_sheet(target, tiles))


# --- which rows ------------------------------------------------------------------------------------------------------------------------


def pick(target: Output, count: int) -> list[Shown]:
    """Picks rows that show much: in turn from every split of every config, those with classes and patients not shown yet.

    What is picked depends on nothing but the rows; the first of many are those that fewer would be.

    Args:
        target: an output folder with shards.
        count: how many rows, at most.
    """
    waiting: list[dict[tuple[int, ...], list[Shown]]] = []
    for number, (config, split, paths) in enumerate(_tables(target)):
        # Rows of the same classes differ by their patient alone, so that only the first of each kind are weighed.
        kinds: dict[tuple[int, ...], list[Shown]] = {}
        for row in sorted(_candidates(number, config, split, paths, max(_GROUPS_LOOKED_AT, count)), key=_lot):
            kinds.setdefault(row.classes, []).append(row)
        waiting.append(kinds)
    chosen: list[Shown] = []
    shown: set[tuple[str, int | str]] = set()

    def worth(row: Shown) -> tuple[int, bool, int, bytes]:
        structures = [value for value in row.classes if value]
        new = sum((row.config, value) not in shown for value in structures)
        return -new, (row.config, row.kin) in shown, -len(structures), _lot(row)

    while len(chosen) < count and any(waiting):
        for kinds in waiting:
            if kinds and len(chosen) < count:
                firsts = (next((row for row in rows if (row.config, row.kin) not in shown), rows[0]) for rows in kinds.values())
                best = min(firsts, key=worth)
                kinds[best.classes].remove(best)
                if not kinds[best.classes]:
                    del kinds[best.classes]
                chosen.append(best)
                shown |= {(best.config, best.kin), *((best.config, value) for value in best.classes)}
    return chosen


def in_order(rows: Sequence[Shown]) -> list[Shown]:
    """Rows config by config, split by split, in natural order of their ids."""
    return sorted(rows, key=lambda row: (row.table, natural(row.image_id)))


def _lot(row: Shown) -> bytes:
    return hashlib.sha256(row.image_id.encode()).digest()


def _tables(target: Output) -> list[tuple[str, str, list[Path]]]:
    """(config, split, shards) of everything that was converted, configs in the order of the report."""
    found: dict[tuple[str, str], list[Path]] = {}
    for path, identity in target.identities().items():
        if identity is not None:
            found.setdefault((identity.config, identity.split), []).append(path)
    configs = list(target.report().get("configs", {}))

    def order(key: tuple[str, str]) -> tuple[Any, ...]:
        config, split = key
        return (configs.index(config) if config in configs else len(configs), config, _SPLITS.get(split, 3), split)

    return [(config, split, found[config, split]) for config, split in sorted(found, key=order)]


def _candidates(number: int, config: str, split: str, paths: Sequence[Path], groups: int) -> Iterator[Shown]:
    """Rows of a split, from row groups evenly spread over it; reads their ids and classes only."""
    places: list[tuple[Path, int]] = []
    for path in _spread(paths, groups):
        with parquet(path) as file:
            places.extend((path, group) for group in range(file.num_row_groups))
    for path, group in _spread(places, groups):
        with parquet(path) as file:
            wanted = [name for name in ("image_id", "classes", "patient_id", "volume_id") if name in file.schema_arrow.names]
            found = file.read_row_group(group, columns=wanted).to_pylist()
        for row_number, row in enumerate(found):
            kin = row["patient_id"] or row.get("volume_id") or row["image_id"]
            yield Shown(number, config, split, row["image_id"], tuple(row["classes"]), kin, path, group, row_number)


def _spread(items: Sequence[Some], count: int) -> list[Some]:
    """At most `count` of the items, evenly spread."""
    return list(items) if len(items) <= count else [items[k * len(items) // count] for k in range(count)]


def read_shown(rows: Sequence[Shown]) -> Iterator[tuple[Shown, Seen]]:
    """Reads the pictures of chosen rows, in their order; holds one row group at a time."""
    path, group, table = Path(), -1, pa.schema([]).empty_table()
    for row in rows:
        if (row.path, row.group) != (path, group):
            path, group = row.path, row.group
            with parquet(path) as file:
                table = file.read_row_group(group, columns=["image", "mask"])
        image, mask = (table.column(name)[row.place].as_py() for name in ("image", "mask"))
        yield row, see(image, mask)


# --- what a row shows ------------------------------------------------------------------------------------------------------------------


def see(image: Mapping[str, Any], mask: Mapping[str, Any] | None) -> Seen:
    """Decodes the image and mask cells of a row; of a volume one slice: that with most structure, else the middle one."""
    try:
        pixels, labels = _samples(image["bytes"]), None if mask is None else _samples(mask["bytes"])
        if _is_volume(image["bytes"]):
            marked = np.zeros(len(pixels)) if labels is None else np.count_nonzero((labels > 0) & (labels < NOT_ANNOTATED), axis=(1, 2))
            k = int(marked.argmax()) if marked.any() else len(pixels) // 2
            pixels, labels = pixels[k], None if labels is None else labels[k]
        if labels is not None and (labels.dtype != np.uint8 or labels.shape != pixels.shape[:2]):
            return Seen(None, None)
        return Seen(for_display(pixels), labels)
    except MissingExtra:
        raise
    except Exception:  # whatever a decoder raises
        # Pixels that are passed through are not decoded by a conversion; `verify` names what cannot be.
        return Seen(None, None)


def _is_volume(data: bytes) -> bool:
    return data.startswith(b"\x1f\x8b")


def _samples(data: bytes) -> Array:
    if _is_volume(data):
        return voxels_of(data)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with Image.open(io.BytesIO(data)) as picture:
            return np.asarray(picture)


def for_display(pixels: Array) -> Array:
    """8-bit pixels for the eye: 8-bit ones as they are, all others windowed between their percentiles 0.5 and 99.5."""
    if pixels.dtype == np.uint8:
        return pixels
    finite = np.isfinite(pixels)
    if not finite.any():
        return np.zeros(pixels.shape, np.uint8)
    low, high = (float(value) for value in np.percentile(pixels[finite], (0.5, 99.5)))
    if low >= high:  # nearly all pixels are equal: then the few others are what there is to see
        low, high = float(pixels[finite].min()), float(pixels[finite].max())
    scaled = (np.where(finite, pixels, low).astype(np.float64) - low) / ((high - low) or 1.0)
    return np.rint(np.clip(scaled, 0, 1) * 255).astype(np.uint8)


def colour_of(index: int) -> tuple[int, int, int]:
    """The colour of a class; 255 is grey."""
    if index == NOT_ANNOTATED:
        return _GREY
    if index <= len(_COLOURS):
        return _COLOURS[index - 1]
    # Golden ratio steps around the colour circle keep neighbours apart.
    red, green, blue = colorsys.hsv_to_rgb(index * 0.618033988749895 % 1, 0.55 + 0.45 * (index % 2), 1.0)
    return round(red * 255), round(green * 255), round(blue * 255)


def overlay(seen: Seen, side: int) -> Image.Image:
    """The picture, with its mask in colours if it has one.

    Args:
        seen: the picture.
        side: longest side of the result; small pictures grow by whole factors.

    Returns:
        an RGB image: structures filled with half transparent colours and outlined, pixels not annotated hatched in grey.
    """
    if seen.pixels is None:
        return _undecodable(side)
    size = _fit(seen.pixels.shape[1], seen.pixels.shape[0], side)
    smooth = Image.Resampling.NEAREST if size[0] >= seen.pixels.shape[1] else Image.Resampling.LANCZOS
    picture = Image.fromarray(seen.pixels).convert("RGB").resize(size, smooth, reducing_gap=1.0)
    if seen.labels is None:
        return picture
    indices = Image.fromarray(seen.labels)
    labels = np.asarray(indices.resize(size, Image.Resampling.NEAREST))
    lines = _colours(_OUTLINE)[np.where(_edges(labels), labels, 0)]
    # Shrunk by areas, so that a thin vessel fades instead of falling through the raster.
    indices.putpalette(_colours(_FILL).tobytes(), "RGBA")
    layer = indices.convert("RGBA").resize(size, Image.Resampling.BOX)
    lines[labels == NOT_ANNOTATED] = (*_GREY, 90)
    y, x = np.indices(labels.shape)
    lines[(labels == NOT_ANNOTATED) & ((x + y) // 3 % 3 == 0)] = (*_GREY, 230)
    picture = Image.alpha_composite(picture.convert("RGBA"), layer)
    return Image.alpha_composite(picture, Image.fromarray(lines)).convert("RGB")


@cache
def _colours(alpha: int) -> Array:
    """(256, 4) uint8: RGBA of every class; background and 255 are clear."""
    found = np.zeros((256, 4), np.uint8)
    for index in range(1, NOT_ANNOTATED):
        found[index] = (*colour_of(index), alpha)
    return found


def _edges(labels: LabelMap) -> NDArray[np.bool_]:
    """Pixels of a structure that touch another value."""
    found = np.zeros(labels.shape, bool)
    for axis in (0, 1):
        step = np.diff(labels.astype(np.int16), axis=axis) != 0
        none = np.zeros_like(step, shape=[1 if k == axis else n for k, n in enumerate(labels.shape)])
        found |= np.concatenate((step, none), axis) | np.concatenate((none, step), axis)
    return found & (labels > 0) & (labels < NOT_ANNOTATED)


def _fit(width: int, height: int, side: int) -> Size:
    longest = max(width, height)
    if longest <= side:
        return width * (side // longest), height * (side // longest)
    return max(1, round(width * side / longest)), max(1, round(height * side / longest))


def _undecodable(side: int) -> Image.Image:
    picture = Image.new("RGB", (side, side), _GREY)
    ImageDraw.Draw(picture).text((side // 2, side // 2), "cannot be decoded", "black", ImageFont.load_default(side // 14), "mm")
    return picture


# --- contact sheet ---------------------------------------------------------------------------------------------------------------------

_CELL, _GAP, _MARGIN, _CAPTION = 232, 6, 24, 46
_LINE, _SWATCH = 26, 16
_INK, _SOFT, _PAPER, _BED = (25, 28, 33), (100, 106, 115), (255, 255, 255), (236, 238, 241)
_LEGEND_CLASSES = 40


def contact_sheet(out: str | os.PathLike[str], rows: int = 12) -> Image.Image:
    """Draws rows of a converted dataset: image, coloured mask, ids, splits and a legend of the classes.

    Args:
        out: the output folder of a conversion.
        rows: how many rows, at most.

    Returns:
        an RGB image.

    Raises:
        Refused: there is nothing to draw, or a conversion is running there.
    """
    if rows < 1:
        raise Refused("--rows takes numbers from 1.")
    target = Output(place(out))
    with lock.reading(target):
        tiles = [_tile(row, seen) for row, seen in read_shown(in_order(pick(target, rows)))]
        if not tiles:
            raise Refused(f"{out} holds no rows. Give the OUT folder of a conversion; `hf-medseg convert` makes one.")
        return _sheet(target, tiles)


def _sheet(target: Output, tiles: Sequence[_Tile]) -> Image.Image:
    across = min(3, len(tiles))
    width = 2 * _MARGIN + across * (2 * _CELL + _GAP) + (across - 1) * 3 * _GAP
    legend = _legend(tiles, width - 2 * _MARGIN)
    top = _MARGIN + 36 + legend.height + 10
    down = -(-len(tiles) // across)
    sheet = Image.new("RGB", (width, top + down * (_CELL + _CAPTION + 2 * _GAP) + _MARGIN - 2 * _GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((_MARGIN, _MARGIN), _shortened(_title(target), _font(22), width - 2 * _MARGIN), _INK, _font(22))
    sheet.paste(legend, (_MARGIN, _MARGIN + 36))
    several = len({tile.row.config for tile in tiles}) > 1
    for number, tile in enumerate(tiles):
        x = _MARGIN + number % across * (2 * _CELL + 4 * _GAP)
        y = top + number // across * (_CELL + _CAPTION + 2 * _GAP)
        _draw_tile(sheet, (x, y), tile, several=several)
    return sheet


@dataclass(frozen=True)
class _Tile:
    """What is drawn for one row; `coloured` is None for a row without a mask."""

    row: Shown
    plain: Image.Image
    coloured: Image.Image | None
    holes: bool


def _pictures(seen: Seen) -> tuple[Image.Image, Image.Image | None]:
    plain = overlay(Seen(seen.pixels, None), _CELL)
    return plain, plain if seen.pixels is None else None if seen.labels is None else overlay(seen, _CELL)


def _tile(row: Shown, seen: Seen) -> _Tile:
    return _Tile(row, *_pictures(seen), holes=_has_holes(seen))


def _has_holes(seen: Seen) -> bool:
    return seen.labels is not None and bool((seen.labels == NOT_ANNOTATED).any())


def _draw_tile(sheet: Image.Image, corner: Size, tile: _Tile, *, several: bool) -> None:
    draw = ImageDraw.Draw(sheet)
    x, y = corner
    for left, picture in ((x, tile.plain), (x + _CELL + _GAP, tile.coloured)):
        draw.rectangle((left, y, left + _CELL - 1, y + _CELL - 1), _BED)
        if picture is None:
            draw.text((left + _CELL // 2, y + _CELL // 2), "no mask", _SOFT, _font(15), "mm")
        else:
            sheet.paste(picture, (left + (_CELL - picture.width) // 2, y + (_CELL - picture.height) // 2))
    told = [tile.row.split, *([tile.row.config] if several else [])]
    if tile.coloured is not None and not any(tile.row.classes):
        told.append("mask without foreground")
    room = 2 * _CELL + _GAP
    draw.text((x, y + _CELL + 4), _shortened(tile.row.image_id, _font(16), room), _INK, _font(16))
    draw.text((x, y + _CELL + 24), _shortened(", ".join(told), _font(14), room), _SOFT, _font(14))


def _title(target: Output) -> str:
    identity = next(one for one in target.identities().values() if one is not None)
    counts = [split["rows"] for part in target.report().get("configs", {}).values() for split in part["splits"].values()]
    return " ".join(filter(None, (identity.source, identity.edition))) + (f", {sum(counts):,} rows" if counts else "")


def _legend(tiles: Sequence[_Tile], width: int) -> Image.Image:
    """Swatches with class names, a paragraph for every config that has names of its own."""
    configs: dict[tuple[str, ...], dict[str, None]] = {}
    for tile in tiles:
        configs.setdefault(class_names(tile.row.path), {})[tile.row.config] = None
    paragraphs = []
    for names, shared_by in configs.items():
        shown = {value for tile in tiles if tile.row.config in shared_by for value in tile.row.classes}
        wanted = [k for k in range(1, len(names)) if len(names) <= _LEGEND_CLASSES or k in shown]
        entries: list[tuple[int | None, str]] = [(k, f"{k} {names[k]}") for k in wanted]
        if len(configs) > 1:
            entries.insert(0, (None, f"{', '.join(shared_by)}:"))
        if missing := len(names) - 1 - len(wanted):
            entries.append((None, f"and {missing} more"))
        if any(tile.holes for tile in tiles if tile.row.config in shared_by):
            entries.append((NOT_ANNOTATED, "not annotated"))
        paragraphs.append(entries)
    placed = list(_broken(paragraphs, width))
    legend = Image.new("RGB", (width, max((y for _, y, _, _ in placed), default=-_LINE) + _LINE + 1), _PAPER)
    for x, y, index, text in placed:
        _draw_entry(legend, (x, y), index, text)
    return legend


def _broken(paragraphs: Sequence[Sequence[tuple[int | None, str]]], width: int) -> Iterator[tuple[int, int, int | None, str]]:
    """Places the entries of a legend: (x, y, class index or None for mere text, text)."""
    y = 0
    for entries in paragraphs:
        x = 0
        for index, text in entries:
            fitting = _shortened(text, _font(15), width - 2 * _SWATCH)
            needed = round(_font(15).getlength(fitting)) + (_SWATCH + 7 if index is not None else 0)
            if x and x + needed > width:
                x, y = 0, y + _LINE
            yield x, y, index, fitting
            x += needed + 20
        y += _LINE if entries else 0


def _draw_entry(legend: Image.Image, corner: Size, index: int | None, text: str) -> None:
    draw = ImageDraw.Draw(legend)
    x, y = corner
    if index is not None:
        draw.rectangle((x, y + 2, x + _SWATCH, y + 2 + _SWATCH), colour_of(index), (90, 90, 90))
        if index == NOT_ANNOTATED:
            for step in range(0, _SWATCH + 1, 5):
                draw.line((x, y + 2 + _SWATCH - step, x + _SWATCH - step, y + 2), _BED, 2)
        x += _SWATCH + 7
    draw.text((x, y), text, _INK, _font(15))


def class_names(path: Path) -> tuple[str, ...]:
    """The names of a shard's mask classes, `background` first."""
    with parquet(path) as file:
        features = json.loads(file.schema_arrow.metadata[b"huggingface"])["info"]["features"]
    return tuple(features["classes"]["feature"]["names"])


def _font(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    return ImageFont.load_default(size)


def _shortened(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, width: int) -> str:
    """The text, cut in its middle to fit a width: ids differ at their ends."""
    kept, shortened = len(text), text
    while kept > 4 and font.getlength(shortened) > width:
        kept -= 2
        shortened = f"{text[: kept // 2]}...{text[len(text) - kept // 2 :]}"
    return shortened
