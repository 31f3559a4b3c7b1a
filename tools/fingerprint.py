"""`python -m tools.fingerprint SOURCE RAW` writes the difference hashes of a source's pictures beside it, for maintainers and contributors.

They let the license gate tell a re-packed copy by its pictures. No picture can be made from them.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from hf_medseg.catalog.fine_hash import fine_hashes
from hf_medseg.catalog.loader import PICTURES
from hf_medseg.catalog.lookup import find_source
from hf_medseg.catalog.picture_hash import dhash
from hf_medseg.conversion.executor import Executor
from hf_medseg.conversion.plan import Request, make_plan
from hf_medseg.dataset.temporary import temporary_folder
from hf_medseg.raw.order import natural

HEAD = (
    "# 64-bit difference hashes (as imagehash.dhash(image.convert('RGB'))) and the 264-bit hashes of hf_medseg/catalog/fine_hash.py; "
    "width x height, name; images only, no masks."
)
_FINELY = 100  # pictures that have finer hashes too, evenly spread: so many prove a copy, and every one takes time to compare with
HOME = Path(__file__).parents[1] / "hf_medseg" / "sources"


def lines(source: str, raw: str) -> Iterator[str]:
    """The lines of the image of every case in a raw tree, one for each of its hashes: hash, size, name."""
    with temporary_folder() as work, Executor(1) as executor:
        plan = make_plan(find_source(source), Request(raw), work, executor)
        cases = [case for config in plan.configs for cases in config.splits.values() for case in cases]
        for number, case in enumerate(sorted(cases, key=lambda case: natural(case.image_id))):
            recipe = case.pixels["image"]
            file = next(iter(recipe.files())) if recipe is not None else None
            if file is None:
                continue
            try:
                with Image.open(io.BytesIO(file.read())) as picture:
                    finer = fine_hashes(picture) if number % -(-len(cases) // _FINELY) == 0 else ()
                    hashes = (np.packbits(dhash(picture)).tobytes(), *finer)
                    yield from (f"{one.hex()} {picture.width}x{picture.height} {file.name}" for one in hashes)
            except OSError:
                continue  # no picture that Pillow opens, such as a volume


def write(source: str, raw: str, home: Path = HOME) -> Path:
    """Writes the file; returns its path."""
    path = home / source.replace("-", "_") / PICTURES
    path.write_text("\n".join([HEAD, *lines(source, raw)]) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    print(write(sys.argv[1], sys.argv[2]))
