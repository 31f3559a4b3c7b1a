"""`python -m tools.attack FOLDER` tries to pass pictures of a known set as somebody's own, and prints what held; for maintainers."""

from __future__ import annotations

import io
import sys
import time
from collections.abc import Callable
from pathlib import Path

from PIL import Image

from hf_medseg.catalog.pictures import recognise
from hf_medseg.catalog.recognise import with_ids_of


def _jpeg(quality: int) -> Callable[[Image.Image], bytes]:
    return lambda picture: _saved(picture, "JPEG", quality)


def _square(side: int) -> Callable[[Image.Image], bytes]:
    return lambda picture: _saved(picture.resize((side, side)), "PNG")


def _cropped(part: float) -> Callable[[Image.Image], bytes]:
    def way(picture: Image.Image) -> bytes:
        x, y = int(picture.width * part), int(picture.height * part)
        return _saved(picture.crop((x, y, picture.width - x, picture.height - y)), "PNG")

    return way


def _saved(picture: Image.Image, form: str, quality: int = 95) -> bytes:
    data = io.BytesIO()
    picture.save(data, form, quality=quality)
    return data.getvalue()


WAYS: dict[str, Callable[[Image.Image], bytes]] = {
    "PNG": lambda picture: _saved(picture, "PNG"),
    **{f"JPEG {quality}": _jpeg(quality) for quality in (95, 75, 50)},
    **{f"{side} x {side}": _square(side) for side in (224, 256, 512)},
    "grey": lambda picture: _saved(picture.convert("L"), "PNG"),
    "green channel": lambda picture: _saved(picture.getchannel("G"), "PNG"),
    "mirrored": lambda picture: _saved(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT), "PNG"),
    "upside down": lambda picture: _saved(picture.transpose(Image.Transpose.ROTATE_180), "PNG"),
    "2 % cropped": _cropped(0.02),
    "5 % cropped": _cropped(0.05),
}


def table(folder: Path) -> list[str]:
    """One line an attempt: what was tried, what the gate says, how long it took."""
    paths = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".tif", ".bmp")]
    known = ", ".join(source.id for source in with_ids_of(path.name for path in paths))
    lines = [f"{'names kept':16} {known or 'PASSED'}"]
    for name, way in WAYS.items():
        begun = time.perf_counter()
        found = recognise([way(Image.open(path).convert("RGB")) for path in paths])
        lines.append(f"{name:16} {'; '.join(map(str, found)) or 'PASSED'} ({time.perf_counter() - begun:.1f} s)")
    return lines


if __name__ == "__main__":
    print("\n".join(table(Path(sys.argv[1]))))
