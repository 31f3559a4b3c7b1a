"""The picture of an overlap: twins side by side."""

from __future__ import annotations

from PIL import Image, ImageDraw, ImageFont

from hf_medseg.dataset.storage import parquet
from hf_medseg.preview.overlay import overlay, see
from hf_medseg.statistics.overlap import Overlap, RowAt, Twin, leaks_first

_CELL, _GAP, _MARGIN, _CAPTION, _TOP = 220, 6, 24, 64, 52
_MOST, _ACROSS = 18, 3
_INK, _SOFT, _RED, _PAPER, _BED = (25, 28, 33), (100, 106, 115), (190, 40, 40), (255, 255, 255), (236, 238, 241)


def draw_pairs(found: Overlap) -> Image.Image:
    """Twins side by side, leaks first, at most 18.

    Returns:
        an RGB image.
    """
    twins = leaks_first(found.twins, _MOST)
    across = max(1, min(_ACROSS, len(twins)))
    wide, high = 2 * _CELL + _GAP, _CELL + _CAPTION + 12
    width = max(760, 2 * _MARGIN + across * wide + (across - 1) * 4 * _GAP)
    sheet = Image.new("RGB", (width, _MARGIN + _TOP + -(-len(twins) // across) * high + _MARGIN), _PAPER)
    ImageDraw.Draw(sheet).text((_MARGIN, _MARGIN), repr(found).partition(";")[0], _INK, ImageFont.load_default(18))
    for number, twin in enumerate(twins):
        corner = (_MARGIN + number % across * (wide + 4 * _GAP), _MARGIN + _TOP + number // across * high)
        _draw_twin(sheet, corner, twin)
    return sheet


def _draw_twin(sheet: Image.Image, corner: tuple[int, int], twin: Twin) -> None:
    draw, (x, y) = ImageDraw.Draw(sheet), corner
    for left, place in ((x, twin.one), (x + _CELL + _GAP, twin.other)):
        picture = _thumbnail(place)
        draw.rectangle((left, y, left + _CELL - 1, y + _CELL - 1), _BED)
        sheet.paste(picture, (left + (_CELL - picture.width) // 2, y + (_CELL - picture.height) // 2))
        for line, text in enumerate((place.image_id, f"{place.source} / {place.split}")):
            below = _RED if twin.leak else _SOFT
            colour = below if line else _INK
            draw.text((left, y + _CELL + 4 + 18 * line), _shortened(text), colour, ImageFont.load_default(13))
    told = {"bytes": "the same file", "pixels": "the same pixels", "near": "nearly the same"}[twin.kind]
    draw.text((x, y + _CELL + 42), ", ".join(filter(None, (told, twin.turned))), _SOFT, ImageFont.load_default(13))


def _thumbnail(place: RowAt) -> Image.Image:
    with parquet(place.path) as file:
        image = file.read_row_group(place.group, columns=["image"]).column(0)[place.number].as_py()
    return overlay(see(image, None), _CELL)


def _shortened(text: str) -> str:
    """The text, cut in its middle: ids differ at their ends."""
    return text if len(text) <= 30 else f"{text[:14]}...{text[-13:]}"
