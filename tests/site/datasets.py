"""Converted datasets that the sites of the tests show, one of each kind that matters to a page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hf_medseg.conversion.run import convert
from tests.support.harness import run
from tests.support.kit import colour, save, write

HOSTILE = '<script>document.title="taken"</script>'
_TITLE = f'"><img src=x onerror=alert(1)>{HOSTILE}{{{{ 7 * 7 }}}}'


@dataclass(frozen=True)
class Datasets:
    """Output folders: open pictures with two annotators, volumes, a restricted set, a non-commercial one, and hostile data of one's own."""

    pictures: Path
    volumes: Path
    restricted: Path
    noncommercial: Path
    hostile: Path


def make(folder: Path) -> Datasets:
    """Converts all of them."""
    ids = ("chase-db1", "lidc-idri", "drive", "segpc-2021")
    outs = [run(id, "clean", folder / id).out for id in ids]
    return Datasets(*outs, hostile(folder / "own"))


def hostile(folder: Path) -> Path:
    """Data of one's own in which every name is an attack on a page."""
    raw = folder / "raw"
    for name in (f"<b onclick=x>{chr(39)}&amp;a", "b"):
        save(raw / "images" / f"{name}.png", colour(name, 12, 10))
        save(raw / "masks" / f"{name}.png", np.array([[0, 1], [2, 0]], np.uint8).repeat(6, 0).repeat(5, 1))
    write(raw / "images" / f"{HOSTILE.replace('/', '-')}.txt", "x")
    about = write(
        folder / "about.toml",
        f"title = '''{_TITLE}'''\nlicense = 'cc-by-4.0'\nlicense_url = 'https://example.org/\"><script>'\n"
        f"conditions = ['Name <b>the laboratory</b>.']\nhomepage = 'javascript:alert(1)'\ncitation = '''@misc{{x, title = {{</pre>{HOSTILE}}}}}'''\n"
        f"[classes]\n1 = '''{HOSTILE}'''\n2 = '''</span>\" onmouseover=\"alert(1)'''\n",
    )
    convert("image-mask-folder", raw, folder / "out", about=about, workers=1)
    return folder / "out"
