"""What every phantom shares: the promise it makes, picture writers, and the forms in which people keep a download.

Nothing here imports the package under test: a phantom must not share the code's assumptions.
"""

from __future__ import annotations

import io
import re
import tarfile
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Array = NDArray[Any]


@dataclass
class Row:
    """One row that a conversion of the phantom must give.

    `image` and `mask` are exact pixels: (height, width) or (height, width, 3), in stored values. `mask` is the label map
    (0 background, 1.. classes, 255 not annotated), or None where the source has no annotation for this image.
    `columns` holds every further column worth checking; arrays stand for image columns, lists of arrays for lists of images.
    """

    image_id: str
    image: Array
    mask: Array | None
    source_file: str
    split: str = "train"
    patient_id: str | None = None
    columns: dict[str, Any] = field(default_factory=dict)


@dataclass
class Phantom:
    """A raw tree and what must come out of it."""

    raw: Path
    rows: list[Row]
    configs: dict[str, list[Row]] = field(default_factory=dict)  # rows of the configs beside the default one
    edition: str | None = None  # the edition that the layout must be recognised as
    parts: dict[str, Path] = field(default_factory=dict)  # for --part NAME=PATH; empty when all parts lie under raw
    about: Path | None = None  # for --about FILE
    rejected: list[str] = field(default_factory=list)  # file names (any part of the path) that must be named as rejected
    known: list[str] = field(default_factory=list)  # file names reported under `known`
    notes: list[str] = field(default_factory=list)  # words that the report must have under `notes`
    duplicate: list[str] = field(default_factory=list)  # file names reported under `duplicate`
    not_used: list[str] = field(default_factory=list)  # file names reported as not used
    secrets: list[str] = field(default_factory=list)  # strings planted in headers that no output byte may contain
    refused: bool = False  # the conversion must end with exit code 2 and write nothing; `rows` is then empty


def rng(seed: str) -> np.random.Generator:
    """A generator that depends on the seed text alone."""
    return np.random.default_rng(list(seed.encode()))


def grey(seed: str, height: int, width: int, high: int = 256, dtype: Any = np.uint8) -> Array:
    """Noise, (height, width), values 0..high-1."""
    return rng(seed).integers(0, high, (height, width)).astype(dtype)


def colour(seed: str, height: int, width: int) -> Array:
    """RGB noise, (height, width, 3), uint8."""
    return rng(seed).integers(0, 256, (height, width, 3)).astype(np.uint8)


def disc(height: int, width: int, cy: float, cx: float, radius: float) -> Array:
    """A filled disc as a bool array."""
    y, x = np.mgrid[:height, :width]
    return np.asarray((y - cy) ** 2 + (x - cx) ** 2 <= radius**2)


def save(path: Path, array: Array, mode: str | None = None, **options: Any) -> Path:
    """Writes an array with Pillow in the format of the file's suffix; bool arrays become 1-bit pictures."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(array)
    if mode is not None and picture.mode != mode:
        picture = picture.convert(mode)
    picture.save(path, **options)
    return path


def save_jpeg(path: Path, array: Array, quality: int = 90, **options: Any) -> Array:
    """Writes a JPEG and returns the pixels that a decoder finds in it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(array).save(path, "JPEG", quality=quality, **options)
    return np.asarray(Image.open(path))


def save_palette(path: Path, indices: Array, palette: list[tuple[int, int, int]], **options: Any) -> Path:
    """Writes indices with a palette (PNG, GIF, BMP by suffix)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    picture = Image.fromarray(indices.astype(np.uint8), mode="P")
    picture.putpalette([value for entry in palette for value in entry])
    picture.save(path, **options)
    return path


def write(path: Path, content: str | bytes) -> Path:
    """Writes text (UTF-8, line ends untouched) or bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def files_of(folder: Path) -> list[tuple[str, Path]]:
    """Every file below a folder as (POSIX path inside it, path), sorted."""
    return sorted((p.relative_to(folder).as_posix(), p) for p in folder.rglob("*") if p.is_file())


def as_zip(folder: Path, target: Path, top: str = "", only: Iterable[str] | None = None) -> Path:
    """Packs a folder's files into a zip, optionally below a top folder, or only the named sub-folders."""
    target.parent.mkdir(parents=True, exist_ok=True)
    wanted = tuple(only) if only is not None else ("",)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in files_of(folder):
            if name.startswith(wanted):
                archive.write(path, top + name)
    return target


def as_tar(folder: Path, target: Path, top: str = "") -> Path:
    """Packs a folder's files into a tar; `.tar.gz` and `.tgz` are compressed."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(target, "w:gz" if target.name.endswith(("gz",)) else "w") as archive:
        for name, path in files_of(folder):
            archive.add(path, top + name)
    return target


def litter(folder: Path) -> None:
    """Adds what macOS and Windows leave in downloads."""
    first = next(path for _, path in files_of(folder))
    write(folder / "__MACOSX" / first.parent.name / f"._{first.name}", b"\x00\x05\x16\x07")
    write(first.parent / ".DS_Store", b"\x00\x00\x00\x01Bud1")
    write(first.parent / "Thumbs.db", b"\xd0\xcf\x11\xe0")
    write(first.parent / f"{first.name}:Zone.Identifier", "[ZoneTransfer]\r\nZoneId=3\r\n")


def encode(array: Array, kind: str = "PNG", **options: Any) -> bytes:
    """Bytes of a picture made with Pillow."""
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, kind, **options)
    return buffer.getvalue()


def natural(text: str) -> list[tuple[int, int, str]]:
    """Sort key of natural order: numbers compared as numbers."""
    return [(0, int(t), "") if t.isdigit() else (1, 0, t) for t in re.findall(r"[0-9]+|[^0-9]+", text)]
