"""Ultrasound nerve: `train/<subject>_<img>.tif` with `_mask.tif` in the same folder, `test/<img>.tif`, `train_masks.csv` as RLE."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support import kit
from tests.support.kit import Array, Phantom, Row

VARIANTS: dict[str, str] = {
    "clean": "both folders and tables below a folder called imagemask; empty masks, near twins that contradict each other",
    "archives": "train.zip and test.zip with the tables loose beside them",
    "one-zip": "everything in ultrasound-nerve-segmentation.zip",
    "no-test": "the test pictures were not downloaded",
    "no-table": "train_masks.csv was not downloaded: the TIFF masks alone",
    "table-bom-crlf": "train_masks.csv with a byte order mark and CRLF",
    "table-semicolons": "train_masks.csv saved with semicolons",
    "table-bare-cr": "train_masks.csv with bare CR line ends",
    "table-missing-column": "train_masks.csv without its column pixels: refused",
    "repeated-key": "train_masks.csv names a picture twice with different masks: rejected",
    "rle-differs": "the RLE and the TIFF mask differ by one pixel: rejected",
    "rle-row-major": "the RLE runs along the rows: rejected",
    "rle-overruns": "a run goes beyond the last pixel: rejected",
    "rle-odd": "a start without its length: rejected",
    "mask-missing": "a picture without its TIFF mask: rejected",
    "mask-value": "a TIFF mask with a value other than 0 and 255: rejected",
    "sizes-differ": "a TIFF mask of another size: rejected",
    "two-pages": "a picture of two pages: rejected",
    "cut-image": "a picture cut short: rejected",
}

HEIGHT, WIDTH = 40, 60
TARGET = "10_1"
TRAIN = ("1_1", "1_2", "1_10", "1_11", "2_1", "10_1")
TEST = ("1", "2", "10")
BAD = (
    "repeated-key",
    "rle-differs",
    "rle-row-major",
    "rle-overruns",
    "rle-odd",
    "mask-missing",
    "mask-value",
    "sizes-differ",
    "two-pages",
    "cut-image",
)  # variants in which the target is rejected


def _frame(name: str) -> Array:
    """Blocks of clearly different grey with a little noise: no two frames look alike."""
    levels = kit.rng(f"nerve/{name}").choice(np.arange(14, 250, 28), (HEIGHT // 10, WIDTH // 10))
    frame = np.kron(levels, np.ones((10, 10), int)) + kit.rng(f"nerve/noise/{name}").integers(-5, 6, (HEIGHT, WIDTH))
    return frame.astype(np.uint8)


def _frames() -> dict[str, Array]:
    frames = {name: _frame(name) for name in TRAIN}
    frames["1_2"] = frames["1_1"].copy()
    frames["1_2"][17, 20:23] += 2  # nearly the same frame as 1_1, whose mask is not empty
    frames["1_11"] = frames["1_10"].copy()  # exactly the same frame, and nearly the same mask
    return frames


def _masks() -> dict[str, Array]:
    """Truth as bool: 1_2 and 2_1 are empty."""
    masks = {name: np.zeros((HEIGHT, WIDTH), bool) for name in TRAIN}
    masks["1_1"] = kit.disc(HEIGHT, WIDTH, 12, 40, 8)
    masks["1_1"][10:14, 22:36] = True
    masks["1_10"] = kit.disc(HEIGHT, WIDTH, 25, 18, 9)
    masks["1_10"][30:38, 10:16] = True
    masks["1_11"] = masks["1_10"].copy()
    masks["1_11"][26, 25:30] ^= True
    masks["10_1"] = kit.disc(HEIGHT, WIDTH, 30, 50, 12)  # reaches the last row and the last column
    masks["10_1"][5:20, 44:47] = True
    return masks


def _rle(mask: Array, order: str = "F") -> str:
    """Pairs of start and length, counted from 1, down the columns ("F") or along the rows ("C")."""
    flat = np.concatenate([[0], mask.flatten(order=order).astype(int), [0]])  # type: ignore[arg-type]
    change = np.diff(flat)
    starts, ends = np.flatnonzero(change == 1) + 1, np.flatnonzero(change == -1) + 1
    return " ".join(f"{a} {b - a}" for a, b in zip(starts, ends, strict=True))


def _table(variant: str, masks: dict[str, Array]) -> bytes:
    """The bytes of train_masks.csv."""
    runs = {name: _rle(mask) for name, mask in masks.items()}
    if variant == "rle-differs":
        other = masks[TARGET].copy()
        other[6, 47] = True
        runs[TARGET] = _rle(other)
    elif variant == "rle-row-major":
        runs[TARGET] = _rle(masks[TARGET], "C")
    elif variant == "rle-overruns":
        runs[TARGET] += f" {HEIGHT * WIDTH - 1} 9"
    elif variant == "rle-odd":
        runs[TARGET] += f" {HEIGHT * WIDTH}"
    lines = [["subject", "img", "pixels"]]
    for name in ("1_10", "1_1", "1_11", "1_2", "2_1", "10_1"):  # the table's order is not that of the rows
        lines.append([*name.split("_"), runs[name]])
    if variant == "repeated-key":
        lines.append([*TARGET.split("_"), runs["1_1"]])
    if variant == "table-missing-column":
        lines = [line[:2] for line in lines]
    separator = ";" if variant == "table-semicolons" else ","
    end = {"table-bom-crlf": "\r\n", "table-bare-cr": "\r"}.get(variant, "\n")
    text = "".join(separator.join(line) + end for line in lines)
    return (b"\xef\xbb\xbf" if variant == "table-bom-crlf" else b"") + text.encode()


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes folders and tables and returns what must come out."""
    top = folder / "imagemask"  # the parent's name holds the word mask
    phantom = Phantom(raw=top, rows=[])
    frames, masks = _frames(), _masks()
    for name in TRAIN:
        path, mask_path = top / "train" / f"{name}.tif", top / "train" / f"{name}_mask.tif"
        kit.save(path, frames[name])
        options = {"compression": "tiff_lzw"} if name == "2_1" else {}
        kit.save(mask_path, masks[name].astype(np.uint8) * 255, **options)
        if name == TARGET and _damaged(path, mask_path, masks[name], variant):
            phantom.rejected.append(name)
            continue
        phantom.rows.append(
            Row(
                image_id=name,
                image=frames[name],
                mask=masks[name].astype(np.uint8),
                source_file=f"train/{name}.tif",
                patient_id=name.partition("_")[0],
                columns={
                    "has_nerve": bool(masks[name].any()),
                    "contradictory": name in ("1_1", "1_2"),  # ASSUMED: name of the column
                },
            )
        )
    if variant != "no-test":
        for name in TEST:
            frame = _frame(f"test/{name}")
            kit.save(top / "test" / f"{name}.tif", frame)
            row = Row(name, frame, None, f"test/{name}.tif", split="test", columns={"has_nerve": None})
            phantom.rows.append(row)
    if variant != "no-table":
        kit.write(top / "train_masks.csv", _table(variant, masks))
    kit.write(top / "sample_submission.csv", "img,pixels\n" + "".join(f"{name},1 1\n" for name in TEST))
    if variant == "table-missing-column":
        phantom.rows, phantom.refused = [], True
    if variant == "archives":
        for part in ("train", "test"):
            kit.as_zip(top, top / f"{part}.zip", only=[f"{part}/"])
            shutil.rmtree(top / part)
    elif variant == "one-zip":
        phantom.raw = kit.as_zip(top, folder / "ultrasound-nerve-segmentation.zip")
        shutil.rmtree(top)
    return phantom


def _damaged(path: Path, mask_path: Path, mask: Array, variant: str) -> bool:
    """Changes the target's files as the variant says; True if the target must be rejected."""
    pixels = mask.astype(np.uint8) * 255
    if variant == "mask-missing":
        mask_path.unlink()  # ASSUMED: the RLE does not stand in for it
    elif variant == "mask-value":
        pixels[10, 44:47] = 100
        kit.save(mask_path, pixels)
    elif variant == "sizes-differ":
        kit.save(mask_path, pixels[:-2])
    elif variant == "two-pages":
        with Image.open(path) as picture:
            picture.load()
            picture.save(path, save_all=True, append_images=[picture.copy()])
    elif variant == "cut-image":
        path.write_bytes(path.read_bytes()[:900])
    return variant in BAD
