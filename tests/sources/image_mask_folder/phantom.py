"""The user's own pictures: images/ and masks/, also below train/, valid/ and test/, paired by stem or by a suffix.

What the mask values mean, and the license, stand in an about file; without one the values are found by a survey.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.kit import Array, Phantom, Row, colour, disc, encode, grey, natural, save, save_jpeg, write

VARIANTS: dict[str, str] = {
    "clean": "images/ + masks/ paired by stem, pictures of many kinds, classes and license from the about file",
    "no_about": "the same without an about file: classes found by a survey, license unknown",
    "no_license": "an about file with classes, without license id and URL",
    "no_classes": "an about file with a license, without classes",
    "outer_folders": "the two folders lie deeper in the raw tree",
    "suffix": "masks called <stem>_mask.png, the suffix stated in the about file",
    "splits": "train/, valid/ and test/ with images/ and masks/ each",
    "repeated_stems": "the same stems in train/, valid/ and test/: ids take the folder's name",
    "test_without_masks": "test/ holds images/ alone: no annotation there",
    "zero_one": "masks of 0 and 1, no about file",
    "zero_255": "masks of 0 and 255, no about file",
    "one_bit": "1-bit masks, no about file",
    "jpeg_masks": "JPEG masks, no about file: thresholded",
    "rgb_masks": "masks with three equal channels, no about file",
    "undeclared_value": "one mask holds a value that the about file does not name",
    "missing_mask": "one picture has no mask",
    "orphan_mask": "one mask has no picture",
    "size_differs": "one mask is smaller than its picture",
    "two_pictures_one_stem": "b.jpg beside b.png with other pixels",
    "transparent": "one picture with real transparency",
    "truncated": "one picture is cut short",
    "empty_file": "one mask of zero bytes",
    "too_many_values": "a mask with 256 values and no about file: more than 254 classes, refused",
    "broken_about": "the about file is not TOML: refused, naming it",
    "known_source": "the tree of a source of the catalog: refused, naming kvasir-seg",
}

_LICENSE = 'license = "CC-BY-4.0"\nlicense_url = "https://creativecommons.org/licenses/by/4.0/"\n'
_HEAD = """title = "Cells of the phantom laboratory"
doi = "10.1234/phantom.cells"
citation = "@misc{phantom2024, title = {Cells of the phantom laboratory}, author = {Doe, Jane}, year = {2024}}"
"""
_CLASSES = '\n[classes]\n128 = "nucleus"\n255 = "cytoplasm"\n'

_BINARY = {"zero_one": 1, "zero_255": 255, "one_bit": 255, "jpeg_masks": 255, "rgb_masks": 255}
_SPLITS = {"train": "train", "valid": "validation", "test": "test"}


def _labels(height: int, width: int, shift: float, classes: int = 2) -> Array:
    """A label map off the middle: 0, 1 and, with two classes, 2 around it."""
    inner = disc(height, width, height * 0.4 + shift, width * 0.35, height * 0.16)
    outer = disc(height, width, height * 0.45 + shift, width * 0.4, height * 0.3)
    if classes == 1:
        return outer.astype(np.uint8)
    return np.where(inner, 1, np.where(outer, 2, 0)).astype(np.uint8)


def _save_mask(path: Path, labels: Array, variant: str) -> str:
    """Writes a mask in the coding of the variant and returns the name of its file."""
    if variant not in _BINARY:
        save(path, np.array([0, 128, 255, 77], np.uint8)[labels])
    elif variant == "one_bit":
        save(path, labels > 0)
    elif variant == "jpeg_masks":
        path = path.with_suffix(".jpg")
        stored = save_jpeg(path, labels * np.uint8(255), quality=80)
        if not np.array_equal(stored > 127, labels > 0) or np.array_equal(stored > 0, labels > 0) == bool(labels.any()):
            raise ValueError(f"unsuited shape for {path.name}")
    elif variant == "rgb_masks":
        save(path, np.repeat((labels * np.uint8(255))[..., None], 3, axis=2))
    else:
        save(path, labels * np.uint8(_BINARY[variant]))
    return path.name


def _about(folder: Path, variant: str) -> Path | None:
    """The about file, outside the raw tree."""
    if variant in _BINARY or variant in ("no_about", "too_many_values"):
        return None
    text = _HEAD + ("" if variant == "no_license" else _LICENSE)
    if variant == "suffix":
        text += 'mask_suffix = "_mask"\n'
    if variant != "no_classes":
        text += _CLASSES
    if variant == "broken_about":
        text = text.replace('"nucleus"', "nucleus")
    return write(folder / "about.toml", text)


def _pictures(folder: Path) -> list[tuple[str, Array]]:
    """Writes one picture of each common kind and returns its file name and its expected pixels."""
    one_bit = grey("imf g", 21, 30, 2).astype(bool)
    opaque = np.dstack([colour("imf e", 26, 33), np.full((26, 33), 255, np.uint8)])
    entries: list[tuple[str, Array]] = [
        ("a.jpg", save_jpeg(folder / "a.jpg", colour("imf a", 30, 40))),
        ("b.png", colour("imf b", 25, 36)),
        ("c.tif", colour("imf c", 28, 22)),
        ("d.png", grey("imf d", 24, 35, 65536, np.uint16)),
        ("e.png", opaque),
        ("f_2.bmp", grey("imf f2", 23, 31)),
        ("f_10.png", grey("imf f10", 27, 34)),
        ("g.png", one_bit),
    ]
    for name, pixels in entries[1:]:
        save(folder / name, pixels)
    # Opaque alpha is dropped; 1-bit pixels become 0 and 255.
    entries[4] = ("e.png", opaque[..., :3])
    entries[7] = ("g.png", one_bit.astype(np.uint8) * np.uint8(255))
    return entries


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "my_cells"
    phantom = Phantom(raw=raw, rows=[], about=_about(folder, variant))
    if variant == "known_source":
        return _known_source(phantom)
    if variant in ("splits", "repeated_stems", "test_without_masks"):
        return _splits(phantom, variant)
    base = raw / "export" / "2024" if variant == "outer_folders" else raw
    for number, (name, image) in enumerate(_pictures(base / "images")):
        height, width = image.shape[:2]
        stem = name.rsplit(".", 1)[0]
        odd, bad = stem == "b", ""
        labels = _labels(height, width, number % 3, classes=1 if variant in _BINARY else 2)
        stored = labels.copy()
        if stem == "f_2":
            stored = labels = np.zeros_like(labels)  # annotated and empty
        if variant == "undeclared_value" and odd:
            stored[1:3, 2:6] = 3
        elif variant == "size_differs" and odd:
            stored = stored[:-1].copy()
        end = "_mask.png" if variant == "suffix" else ".png"
        mask_path = base / "masks" / f"{stem}{end}"
        if variant == "missing_mask" and odd:
            bad = name
        else:
            mask_name = _save_mask(mask_path, stored, variant)
            bad = mask_name if variant in ("undeclared_value", "size_differs", "empty_file") and odd else ""
        if odd:
            bad = _spoil(base, name, image, mask_path, variant) or bad
        if bad:
            phantom.rejected += [bad, "b.jpg"] if variant == "two_pictures_one_stem" else [bad]
            continue
        phantom.rows.append(Row(stem, image, labels, f"images/{name}"))
    if variant == "orphan_mask":
        _save_mask(base / "masks" / "z.png", _labels(24, 31, 0), variant)
        phantom.rejected.append("z.png")
    elif variant == "too_many_values":
        write(base / "masks" / "b.png", encode(np.arange(900).reshape(25, 36).astype(np.uint8)))
        phantom.rows, phantom.refused = [], True
    elif variant == "broken_about":
        phantom.rows, phantom.refused = [], True
    phantom.rows.sort(key=lambda row: natural(row.image_id))
    return phantom


def _spoil(base: Path, name: str, image: Array, mask: Path, variant: str) -> str:
    """Damages one picture or its mask as the variant says; returns what must be rejected."""
    path = base / "images" / name
    if variant == "two_pictures_one_stem":
        save_jpeg(path.with_suffix(".jpg"), 255 - image)
        return path.name
    if variant == "transparent":
        Image.fromarray(np.dstack([image, grey("imf alpha", *image.shape[:2])])).save(path)
        return name
    if variant == "truncated":
        write(path, path.read_bytes()[:-400])
        return name
    if variant == "empty_file":
        write(mask, b"")
    return ""


def _splits(phantom: Phantom, variant: str) -> Phantom:
    """The three folders of a split tree."""
    number = 0
    for place, split in _SPLITS.items():
        for count in range(2):
            number = count + 1 if variant == "repeated_stems" else number + 1
            stem = f"cell{number}"
            height, width = 24 + number, 30 + 2 * number
            image = colour(f"imf {place} {stem}", height, width)
            save(phantom.raw / place / "images" / f"{stem}.png", image)
            mask: Array | None = _labels(height, width, count)
            if variant == "test_without_masks" and place == "test":
                mask = None  # ASSUMED: a split without masks/ is not annotated, which is not the same as a missing mask
            else:
                _save_mask(phantom.raw / place / "masks" / f"{stem}.png", _labels(height, width, count), variant)
            image_id = f"{place}_{stem}" if variant == "repeated_stems" else stem
            phantom.rows.append(Row(image_id, image, mask, f"{place}/images/{stem}.png", split))
    return phantom


def _known_source(phantom: Phantom) -> Phantom:
    """A tree that the names of its files and its table give away."""
    stems = ["cju0qkwl35piu0993l0dewei2", "cju0qoxqj9q6s0835b43399p4"]
    for number, stem in enumerate(stems):
        save_jpeg(phantom.raw / "images" / f"{stem}.jpg", colour(f"imf {stem}", 30, 38 + number))
        save_jpeg(phantom.raw / "masks" / f"{stem}.jpg", _labels(30, 38 + number, 0, classes=1) * np.uint8(255))
    box = '{"label": "polyp", "xmin": 5, "ymin": 3, "xmax": 25, "ymax": 23}'
    records = [f'"{stem}": {{"height": 30, "width": {38 + n}, "bbox": [{box}]}}' for n, stem in enumerate(stems)]
    write(phantom.raw / "kavsir_bboxes.json", "{" + ", ".join(records) + "}")
    phantom.refused = True
    return phantom
