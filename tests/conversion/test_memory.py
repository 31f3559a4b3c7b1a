"""What a conversion of one very large picture takes: its samples and those of its mask, once, and what is stored of them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hf_medseg.formats import png

SIDE = 8400  # the samples take 71 MB: more than is read at once

CHILD = """
import resource, sys
import hf_medseg

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)

tiny, large, out = sys.argv[1:]
hf_medseg.convert("image-mask-folder", tiny, f"{out}/of-tiny", workers=1)
before = peak()
conversion = hf_medseg.convert("image-mask-folder", large, f"{out}/of-large", workers=1)
print(conversion.rows, peak() - before)
"""


def _tree(folder: Path, side: int) -> Path:
    """A grey picture with an opaque alpha channel, which has to be stored anew, and its mask."""
    for name in ("images", "masks"):
        (folder / name).mkdir(parents=True)
    lines = np.add.outer(np.arange(side) // 37, np.arange(side) // 53).astype(np.uint8)
    picture = Image.merge("LA", (Image.fromarray(lines), Image.new("L", (side, side), 255)))
    picture.save(folder / "images/a.png", compress_level=1)
    mask = np.zeros((side, side), np.uint8)
    mask[side // 4 : side // 2] = 255
    (folder / "masks/a.png").write_bytes(png.encode(mask, labels=True))
    return folder


def test_a_very_large_picture_is_in_memory_once_with_its_mask(tmp_path: Path) -> None:
    trees = [str(_tree(tmp_path / name, side)) for name, side in (("tiny", 64), ("large", SIDE))]
    (tmp_path / "child.py").write_text(CHILD, encoding="utf-8")
    done = subprocess.run([sys.executable, str(tmp_path / "child.py"), *trees, str(tmp_path)], capture_output=True, text=True, check=True)
    rows, more = map(int, done.stdout.split()[-2:])
    assert rows == 1
    assert more < 2.5 * SIDE * SIDE, f"{more:,} bytes for samples of {SIDE * SIDE:,} and a mask of as many"
    report = json.loads((tmp_path / "of-large/report.json").read_text(encoding="utf-8"))
    pixels = report["configs"]["default"]["splits"]["train"]["pixels"]
    assert pixels == {"background": SIDE * SIDE * 3 // 4, "foreground": SIDE * SIDE // 4}


def test_large_pixels_are_packed_where_they_lie_into_the_same_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    for shape, kind in (((50, 31), np.uint8), ((50, 31), np.uint16), ((7, 5, 3), np.uint8), ((1, 1), np.uint16)):
        pixels = np.random.default_rng(0).integers(0, 250, shape).astype(kind)
        expected = png.encode(pixels)
        monkeypatch.setattr(png, "MOST_UNPACKED", 0)
        assert png.encode(pixels.copy(), spent=True) == expected
        monkeypatch.undo()
