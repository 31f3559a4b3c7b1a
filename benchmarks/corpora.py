"""The raw trees that are measured: made by code from fixed random states, alike to what the catalog's sources publish.

Pictures are sums of noise of many scales (the spectrum of natural pictures), so that JPEG and PNG pack them as they pack photographs:
a JPEG of 1024 x 768 has about 125 kB, a 16-bit radiograph of 1024 x 1024 packs to 1.3 MB. Masks are 0 and 255 in smooth outlines. Volumes
are noise in a brain-shaped body with exact zeros around it, as skull-stripped ones are.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

ABOUT = 'classes = { 0 = "background", 255 = "structure" }\n'
# Different JPEG files beyond this number differ in one entry of their quantisation table, which is far cheaper than a new picture.
DISTINCT = 2000


def texture(chance: np.random.Generator, width: int, height: int, grain: float = 6.0) -> NDArray[np.float32]:
    """(height, width) noise whose power falls with its frequency, mean 128."""
    total = np.full((height, width), 128, np.float32)
    cells = 4
    while cells < min(width, height) // 2:
        small = chance.standard_normal((cells, cells * width // height + 1), np.float32)
        total += np.asarray(Image.fromarray(small).resize((width, height), Image.Resampling.BICUBIC)) * np.float32(60 / cells**0.5)
        cells *= 4
    return total + chance.standard_normal((height, width), np.float32) * np.float32(grain)


def blob(chance: np.random.Generator, width: int, height: int) -> Image.Image:
    """A mask of 0 and 255: one smooth outline."""
    angles = np.linspace(0, 2 * np.pi, 90, endpoint=False)
    radius = 1 + sum(chance.normal(0, 0.25 / k) * np.cos(k * angles + chance.uniform(0, 6)) for k in (2, 3, 5))
    side = min(width, height) * chance.uniform(0.15, 0.35)
    x, y = (
        width * chance.uniform(0.4, 0.6) + side * radius * np.cos(angles),
        height * chance.uniform(0.4, 0.6) + side * radius * np.sin(angles),
    )
    mask = Image.new("L", (width, height))
    ImageDraw.Draw(mask).polygon(list(zip(x.tolist(), y.tolist(), strict=True)), fill=255)
    return mask


def photograph(chance: np.random.Generator, width: int, height: int) -> Image.Image:
    """An RGB picture, reddish as endoscopy is."""
    base = texture(chance, width, height)
    glow = np.asarray(Image.fromarray(texture(chance, width // 8, height // 8, 0)).resize((width, height), Image.Resampling.BILINEAR))
    channels = (base * 0.7 + glow * 0.5, base * 0.5 + glow * 0.2, base * 0.45 + glow * 0.1)
    return Image.fromarray(np.stack([np.clip(one, 0, 255) for one in channels], axis=2).astype(np.uint8))


def as_jpeg(picture: Image.Image) -> bytes:
    """The picture as a camera saves it."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def varied(data: bytes, number: int) -> bytes:
    """Another valid JPEG: entries of the first quantisation table at the highest frequencies hold the number."""
    start = data.index(b"\xff\xdb") + 5
    table = bytearray(data[start : start + 64])
    for place in range(4):
        table[63 - place] = 20 + (number >> (6 * place) & 63)
    return data[:start] + bytes(table) + data[start + 64 :]


def pairs(folder: Path, count: int) -> None:
    """JPEG 1024 x 768 with a PNG mask of 0 and 255 each, as `image-mask-folder` reads them."""
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    (folder.parent / f"{folder.name}.toml").write_text(ABOUT)
    first = None if count <= DISTINCT else corpus(folder.parent, "pairs", DISTINCT)
    for number in range(count):
        name = f"p{number:06d}"
        if first is None:
            chance = np.random.default_rng([1, number])
            buffer = io.BytesIO()
            blob(chance, 1024, 768).save(buffer, "PNG")
            picture, mask = as_jpeg(photograph(chance, 1024, 768)), buffer.getvalue()
        else:
            like = f"p{number % DISTINCT:06d}"
            picture = varied((first / "images" / f"{like}.jpg").read_bytes(), number)
            mask = (first / "masks" / f"{like}.png").read_bytes()
        (folder / "images" / f"{name}.jpg").write_bytes(picture)
        (folder / "masks" / f"{name}.png").write_bytes(mask)


def polyps(folder: Path, count: int) -> None:
    """JPEG 624 x 544 with a PNG mask of 0 and 255 each: what Kvasir-SEG's thousand pictures have on average."""
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    (folder.parent / f"{folder.name}.toml").write_text(ABOUT)
    for number in range(count):
        chance = np.random.default_rng([5, number])
        (folder / "images" / f"p{number:05d}.jpg").write_bytes(as_jpeg(photograph(chance, 624, 544)))
        blob(chance, 624, 544).save(folder / "masks" / f"p{number:05d}.png")


def images(folder: Path, count: int) -> None:
    """The same JPEG files without masks, as `intel-cervical` keeps them; made from the corpus of pairs beside it (hard links)."""
    source = corpus(folder.parent, "pairs", count)
    for number, path in enumerate(sorted((source / "images").iterdir())):
        target = folder / "train" / f"Type_{number % 3 + 1}" / f"{number}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.hardlink_to(path)


def tiffs(folder: Path, count: int) -> None:
    """Uncompressed RGB TIFF 256 x 256 with masks, the form of LGG MRI."""
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    (folder.parent / f"{folder.name}.toml").write_text(ABOUT)
    for number in range(count):
        chance = np.random.default_rng([2, number])
        photograph(chance, 256, 256).save(folder / "images" / f"s{number:05d}.tif")
        blob(chance, 256, 256).save(folder / "masks" / f"s{number:05d}.tif")


def radiographs(folder: Path, count: int) -> None:
    """16-bit grey 1024 x 1024 as NumPy files: 12 significant bits with the noise of a detector."""
    folder.mkdir(parents=True)
    for number in range(count):
        chance = np.random.default_rng([3, number])
        pixels = np.clip(texture(chance, 1024, 1024, 1.2) * 16, 0, 4095).astype(np.uint16)
        np.save(folder / f"r{number:03d}.npy", pixels)


def volumes(folder: Path, count: int) -> None:
    """Cases of BraTS 2021: four sequences of 240 x 240 x 155 and labels, gzipped NIfTI."""
    import nibabel as nib

    depth, height, width = 155, 240, 240
    z, y, x = np.ogrid[:depth, :height, :width]
    brain = ((x - 120) / 75) ** 2 + ((y - 120) / 92) ** 2 + ((z - 75) / 68) ** 2 < 1
    for number in range(count):
        chance = np.random.default_rng([4, number])
        case = f"BraTS2021_{number + 2:05d}"
        (folder / case).mkdir(parents=True)
        distance = np.sqrt((x - 95 - number) ** 2 + (y - 130) ** 2 + (z - 80) ** 2)
        labels = np.where(distance < 10, 1, np.where(distance < 17, 4, np.where(distance < 30, 2, 0))).astype(np.uint8)
        for name in ("flair", "t1", "t1ce", "t2"):
            coarse = chance.standard_normal((20, 30, 30), np.float32)
            planes = [np.asarray(Image.fromarray(plane).resize((width, height), Image.Resampling.BICUBIC)) for plane in coarse]
            smooth = np.stack([planes[k * 20 // depth] for k in range(depth)])
            values = 600 + 150 * smooth + 25 * chance.standard_normal(brain.shape, np.float32) + 120 * (labels > 0)
            voxels = np.where(brain, np.clip(values, 1, 4000), 0).astype(np.int16)
            nib.save(nib.Nifti1Image(voxels.T, np.diag([-1.0, -1.0, 1.0, 1.0])), folder / case / f"{case}_{name}.nii.gz")
        nib.save(nib.Nifti1Image(labels.T, np.diag([-1.0, -1.0, 1.0, 1.0])), folder / case / f"{case}_seg.nii.gz")


def packed(folder: Path, count: int) -> None:
    """The TIFF pairs in one `.tar.gz`; made from the corpus beside it."""
    folder.mkdir(parents=True)
    (folder.parent / f"{folder.name}.toml").write_text(ABOUT)
    with tarfile.open(folder / "tiffs.tar.gz", "w:gz", compresslevel=6) as archive:
        archive.add(corpus(folder.parent, "tiffs", count), "tiffs")


def tiny(folder: Path, count: int) -> None:
    """Pairs of 8 x 8 pixels: of many files little more than their names."""
    (folder / "images").mkdir(parents=True)
    (folder / "masks").mkdir()
    (folder.parent / f"{folder.name}.toml").write_text(ABOUT)
    picture, mask = io.BytesIO(), io.BytesIO()
    Image.linear_gradient("L").resize((8, 8)).convert("RGB").save(picture, "PNG")
    Image.new("L", (8, 8), 255).save(mask, "PNG")
    for number in range(count):
        (folder / "images" / f"p{number:06d}.png").write_bytes(picture.getvalue())
        (folder / "masks" / f"p{number:06d}.png").write_bytes(mask.getvalue())


def cxlseg(folder: Path, count: int) -> None:
    """Radiographs with their tables, as names, sizes and folders alone."""
    from benchmarks.plan_cxlseg import write_tree

    write_tree(folder, count)


KINDS: dict[str, Callable[[Path, int], None]] = {
    "pairs": pairs,
    "images": images,
    "polyps": polyps,
    "tiffs": tiffs,
    "radiographs": radiographs,
    "volumes": volumes,
    "packed": packed,
    "tiny": tiny,
    "cxlseg": cxlseg,
}


def corpus(home: Path, kind: str, count: int) -> Path:
    """The folder of a corpus, made when it is not there; it is whole or not there."""
    folder = home / f"{kind}-{count}"
    mark = home / f"{kind}-{count}.complete"
    if not mark.exists():
        home.mkdir(parents=True, exist_ok=True)
        KINDS[kind](folder, count)
        mark.touch()
    return folder
