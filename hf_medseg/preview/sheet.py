"""The contact sheet: rows side by side, with their ids and a legend of the classes."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from hf_medseg.dataset import lock
from hf_medseg.dataset.finished import listed, no_rows
from hf_medseg.dataset.folder import Output
from hf_medseg.dataset.storage import parquet, place
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import Refused
from hf_medseg.preview.choose import Shown, in_order, pick
from hf_medseg.preview.overlay import Seen, colour_of, overlay, read_shown
from hf_medseg.words import counted

Array = NDArray[Any]
Size = tuple[int, int]
OVERVIEW_ROWS = 6
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
    with lock.reading(Output(place(out))):
        target, _ = listed(out)
        tiles = [tile_of(row, seen) for row, seen in read_shown(in_order(pick(target, rows)))]
        if not tiles:
            raise no_rows(out)
        return sheet_of(target, tiles)


def sheet_of(target: Output, tiles: Sequence[Tile]) -> Image.Image:
    """Lays drawn rows out under the title of their dataset and a legend of their classes."""
    across = min(3 if len(tiles) <= OVERVIEW_ROWS else 4, len(tiles))  # of many, about as wide as a slide
    width = 2 * _MARGIN + across * (2 * _CELL + _GAP) + (across - 1) * 3 * _GAP
    legend = _legend(tiles, width - 2 * _MARGIN)
    top = _MARGIN + 36 + legend.height + 10
    down = -(-len(tiles) // across)
    sheet = Image.new("RGB", (width, top + down * (_CELL + _CAPTION + 2 * _GAP) + _MARGIN - 2 * _GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((_MARGIN, _MARGIN), shortened(_title(target), font_of(22), width - 2 * _MARGIN), _INK, font_of(22))
    sheet.paste(legend, (_MARGIN, _MARGIN + 36))
    several = len({tile.row.config for tile in tiles}) > 1
    for number, tile in enumerate(tiles):
        x = _MARGIN + number % across * (2 * _CELL + 4 * _GAP)
        y = top + number // across * (_CELL + _CAPTION + 2 * _GAP)
        _draw_tile(sheet, (x, y), tile, several=several)
    return sheet


@dataclass(frozen=True)
class Tile:
    """What is drawn for one row; `coloured` is None for a row without a mask, `holes` tells of pixels that are not annotated."""

    row: Shown
    plain: Image.Image
    coloured: Image.Image | None
    holes: bool


def _pictures(seen: Seen) -> tuple[Image.Image, Image.Image | None]:
    plain = overlay(Seen(seen.pixels, None), _CELL)
    if seen.pixels is None:
        return plain, plain
    return plain, None if seen.labels is None else overlay(seen, _CELL)


def tile_of(row: Shown, seen: Seen) -> Tile:
    """Draws one row, twice: as it is, and with its mask."""
    return Tile(row, *_pictures(seen), holes=_has_holes(seen))


def _has_holes(seen: Seen) -> bool:
    return seen.labels is not None and bool((seen.labels == NOT_ANNOTATED).any())


def _draw_tile(sheet: Image.Image, corner: Size, tile: Tile, *, several: bool) -> None:
    draw = ImageDraw.Draw(sheet)
    x, y = corner
    for left, picture in ((x, tile.plain), (x + _CELL + _GAP, tile.coloured)):
        draw.rectangle((left, y, left + _CELL - 1, y + _CELL - 1), _BED)
        if picture is None:
            draw.text((left + _CELL // 2, y + _CELL // 2), "no mask", _SOFT, font_of(15), "mm")
        else:
            sheet.paste(picture, (left + (_CELL - picture.width) // 2, y + (_CELL - picture.height) // 2))
    told = [tile.row.split, *([tile.row.config] if several else [])]
    if tile.coloured is not None and not any(tile.row.classes):
        told.append("mask without foreground")
    room = 2 * _CELL + _GAP
    draw.text((x, y + _CELL + 4), shortened(tile.row.image_id, font_of(16), room), _INK, font_of(16))
    draw.text((x, y + _CELL + 24), shortened(", ".join(told), font_of(14), room), _SOFT, font_of(14))


def _title(target: Output) -> str:
    identity = next(one for one in target.identities().values() if one is not None)
    counts = [split["rows"] for part in target.report().get("configs", {}).values() for split in part["splits"].values()]
    return " ".join(filter(None, (identity.source, identity.edition))) + (f", {counted(sum(counts), 'row')}" if counts else "")


def _legend(tiles: Sequence[Tile], width: int) -> Image.Image:
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
            fitting = shortened(text, font_of(15), width - 2 * _SWATCH)
            needed = round(font_of(15).getlength(fitting)) + (_SWATCH + 7 if index is not None else 0)
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
    draw.text((x, y), text, _INK, font_of(15))


def class_names(path: Path) -> tuple[str, ...]:
    """The names of a shard's mask classes, `background` first."""
    with parquet(path) as file:
        features = json.loads(file.schema_arrow.metadata[b"huggingface"])["info"]["features"]
    return tuple(features["classes"]["feature"]["names"])


@cache  # to make one anew takes as long as to draw a word
def font_of(size: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """Pillow's own font, which is the same on every machine; `size` in pixels."""
    return ImageFont.load_default(size)


def shortened(text: str, font: ImageFont.ImageFont | ImageFont.FreeTypeFont, width: int) -> str:
    """The text, cut in its middle to fit a width: ids differ at their ends."""
    kept, shortened = len(text), text
    while kept > 4 and font.getlength(shortened) > width:
        kept -= 2
        shortened = f"{text[: kept // 2]}...{text[len(text) - kept // 2 :]}"
    return shortened
