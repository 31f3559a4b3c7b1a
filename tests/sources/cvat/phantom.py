"""Pictures with the XML of CVAT for images: every kind of shape, orders, attributes."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, colour, grey, save, write

VARIANTS: dict[str, str] = {
    "clean": "annotations.xml with images/, subsets of the task; about file with a license",
    "no_meta": "without the labels of the task, no about file: labels in alphabetical order",
    "lost": "a picture that is not there, a picture that is not listed: noted",
    "other_size": "one picture has another size than the XML says",
    "bad_mask": "a mask whose runs do not fill its box",
    "tracks": "a video: refused",
    "damaged": "the XML is cut: refused",
}

_LICENSE = 'title = "Cells"\nlicense = "cc-by-4.0"\nlicense_url = "https://creativecommons.org/licenses/by/4.0/"\n'
_H, _W = 24, 32
_LABELS = ("nucleus", "cell")  # the order of the task
_SHAPES = """
<box label="nucleus" source="manual" occluded="0" xtl="4.00" ytl="3.00" xbr="8.00" ybr="9.00" z_order="2"><attribute name="grade">2</attribute></box>
<polygon label="cell" source="manual" occluded="0" points="2.00,1.00;11.00,1.00;11.00,12.00;2.00,12.00" z_order="1"></polygon>
<ellipse label="cell" source="manual" occluded="1" cx="22.00" cy="12.00" rx="6.00" ry="6.00" z_order="0"></ellipse>
<mask label="cell" source="semi-auto" occluded="0" rle="2, 1, 2, 5, 2, 1, 2" left="1" top="20" width="5" height="3" z_order="0"></mask>
<box label="nucleus" source="manual" occluded="0" xtl="12.00" ytl="19.00" xbr="18.00" ybr="21.00" rotation="90.00" z_order="0"></box>
<polyline label="cell" source="manual" occluded="0" points="1.00,1.00;5.00,5.00" z_order="0"></polyline>
<tag label="cell" source="manual"></tag>
"""


def _truth(cell: int, nucleus: int) -> tuple[Array, Array]:
    """In the order of painting: ellipse, mask, turned box, line, polygon, box."""
    mask, numbers = np.zeros((_H, _W), np.uint8), np.zeros((_H, _W), np.uint16)
    circle = np.add.outer((np.arange(_H) + 0.5 - 12) ** 2, (np.arange(_W) + 0.5 - 22) ** 2) <= 36
    cross = np.zeros((_H, _W), bool)
    cross[21, 1:6] = cross[20:23, 3] = True
    nuclei = np.zeros((_H, _W), bool)
    nuclei[17:23, 14:16] = nuclei[3:9, 4:8] = True
    cells = circle | cross
    cells[1:12, 2:11] = True
    low, high = sorted(((cell, cells), (nucleus, nuclei)), key=lambda pair: pair[0])
    mask[low[1]], mask[high[1]] = low[0], high[0]
    mask = np.where(high[1], high[0], np.where(low[1], low[0], 0)).astype(np.uint8)
    numbers[circle], numbers[cross] = 1, 2
    numbers[17:23, 14:16] = 3
    numbers[1:12, 2:11] = 5
    numbers[3:9, 4:8] = 6
    return mask, numbers


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    about = None if variant == "no_meta" else write(folder / "about.toml", _LICENSE)
    phantom = Phantom(folder / "my_cells", [], about=about)
    raw = phantom.raw
    mask, numbers = _truth(*((2, 1) if variant != "no_meta" else (1, 2)))
    images = []
    for number, (name, subset, split) in enumerate((("a", "Train", "train"), ("b", "Validation", "validation"), ("c", "Train", "train"))):
        image = colour(f"cvat {name}", _H, _W)
        save(raw / f"images/{name}.png", image)
        height = _H + (variant == "other_size" and name == "c")
        shapes = "" if name == "b" else _SHAPES
        if variant == "bad_mask" and name == "c":
            shapes = shapes.replace('rle="2,', 'rle="3,')
        images.append(f'<image id="{number}" name="{name}.png" subset="{subset}" width="{_W}" height="{height}">{shapes}</image>')
        if variant in ("other_size", "bad_mask") and name == "c":
            phantom.rejected = ["annotations.xml"]
            continue
        empty = name == "b"
        columns = {"instances": numbers * np.uint16(not empty), "mask_overlap": not empty}
        if not empty:
            columns["objects"] = [{}] * 5 + [
                {"label": "nucleus", "instance": 6, "attributes": '{"grade": "2", "occluded": "0", "z_order": "2"}'}
            ]
        phantom.rows.append(Row(name, image, mask * np.uint8(not empty), f"images/{name}.png", split, columns=columns))
    if variant == "lost":
        save(raw / "images/stray.png", grey("cvat stray", 9, 9))
        images.append(f'<image id="9" name="gone.png" width="{_W}" height="{_H}"></image>')
        phantom.known, phantom.not_used = ["names gone.png, which is not in the raw tree"], ["stray.png"]
    if variant == "tracks":
        images = ['<track id="0" label="cell"><box frame="0" xtl="1" ytl="1" xbr="2" ybr="2"></box></track>']
    labels = "".join(f"<label><name>{name}</name><color>#fa32b7</color></label>" for name in _LABELS)
    meta = "" if variant == "no_meta" else f"<meta><task><owner><username>jdoe</username></owner><labels>{labels}</labels></task></meta>"
    text = f'<?xml version="1.0" encoding="utf-8"?>\n<annotations><version>1.1</version>{meta}{"".join(images)}</annotations>\n'
    write(raw / "annotations.xml", text[:-30] if variant == "damaged" else text)
    phantom.secrets, phantom.notes = ["jdoe"], ["enclose nothing"]
    if variant in ("tracks", "damaged"):
        phantom.rows, phantom.refused, phantom.notes = [], True, []
    return phantom
