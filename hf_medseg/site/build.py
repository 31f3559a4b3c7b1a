"""Writes the site: pages from templates, pictures from rows, and a list of what was written."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import hf_medseg
from hf_medseg.catalog import describe, lookup
from hf_medseg.catalog.licenses import License
from hf_medseg.dataset import lock
from hf_medseg.dataset.finished import finished
from hf_medseg.dataset.folder import Output
from hf_medseg.dataset.storage import is_local, place
from hf_medseg.dataset.temporary import temporary_folder
from hf_medseg.errors import MissingExtra, Refused
from hf_medseg.progress import Tell
from hf_medseg.publishing import gate
from hf_medseg.site.catalog import TIERS, choices, entries
from hf_medseg.site.dataset import Page, hex_colour, page_of
from hf_medseg.words import counted

MARK = "site.json"
"""The file by which a site is known as ours, with the SHA-256 of every other file of it."""

_PICTURES = "pictures"
_ROWS = 12


def site(
    dest: str | os.PathLike[str],
    outs: Iterable[str | os.PathLike[str]] = (),
    *,
    rows: int = _ROWS,
    public: bool = False,
    allow_noncommercial: bool = False,
    progress: Tell | bool = True,
) -> Path:
    """Writes a static web site: the catalog of all sources, and a page for each converted dataset.

    It needs no server and asks nothing of the net: open `index.html`, or put the folder on GitHub Pages or into a static Space.

    Args:
        dest: the folder to write: new, empty, or a site that was written before, whose files are replaced. Others in it are left alone.
        outs: output folders of conversions.
        rows: how many rows, or volumes, are shown of each.
        public: whether the site is for others. Then every dataset passes the license gate, and one that may not be published has a page
            without pictures and without the names of its rows and files.
        allow_noncommercial: whether pictures under a non-commercial license may be in a public site.
        progress: told how far the reading of each dataset is, in shards; True shows a bar in a terminal or a notebook.

    Returns:
        The path of `index.html`.

    Raises:
        Refused: `dest` holds something else, a dataset is none or is not as its conversion wrote it, or jinja2 is not installed.
    """
    folder = _usable(dest)
    targets = [Output(place(out)) for out in outs]
    if rows < 1:
        raise Refused("--rows takes numbers from 1.")
    if allow_noncommercial and not public:
        raise Refused("--allow-noncommercial goes with --public: a site that stays with you shows everything.")
    for target in targets:
        _apart(folder, target.root)
    environment = _environment()
    folder.parent.mkdir(parents=True, exist_ok=True)
    with temporary_folder(folder.parent) as new:
        pages: list[Page] = []
        for target in targets:
            with lock.reading(target):
                held = gate.inspect(target.root) if public else None
                shown = rows if held is None or _may_be_shown(held.license, allow_noncommercial) else 0
                name = _name(target, pages)
                pages.append(page_of(target, name, held.license if held else None, shown, new / _PICTURES / name, progress))
        _write(new, environment, pages, public)
        _put(new, folder)
    return folder / "index.html"


def _may_be_shown(license: License, allow_noncommercial: bool) -> bool:
    return license.tier == "open" or (license.tier == "noncommercial" and allow_noncommercial)


def _name(target: Output, pages: Sequence[Page]) -> str:
    """A name for a page: what is converted there, with a number where another page has it already."""
    identity = finished(target.root).shards[0].identity
    told = "-".join(filter(None, (identity.source, identity.edition)))
    name = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in told)
    taken = {page.name for page in pages}
    return next(one for one in (name, *(f"{name}-{k}" for k in range(2, len(pages) + 3))) if one not in taken)


# --- pages ------------------------------------------------------------------------------------------------------------------------------


def _environment() -> Any:
    try:
        import jinja2
    except ImportError as error:
        raise MissingExtra("jinja2", "site") from error
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("hf_medseg.site"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(colour=hex_colour, counted=counted, frame=lambda one: [one.name, one.images, one.masks])
    environment.tests["web_address"] = lambda text: str(text).lower().startswith(("https://", "http://"))
    environment.globals.update(version=hf_medseg.__version__, tiers=TIERS, modes=describe.MODES)
    return environment


def _write(folder: Path, environment: Any, pages: Sequence[Page], public: bool) -> None:
    """Writes every page, and the list of all files."""
    listed = entries(lookup.facts().values())
    index = environment.get_template("index.html")
    _text(folder / "index.html", index.render(entries=listed, choices=choices(listed), pages=pages, root=""))
    (folder / "datasets").mkdir()
    for page in pages:
        text = environment.get_template("dataset.html").render(page=page, root="../", pictures=_PICTURES)
        _text(folder / "datasets" / f"{page.name}.html", text)
    for name in ("site.css", "site.js"):
        _text(folder / name, (resources.files("hf_medseg.site") / "templates" / name).read_text(encoding="utf-8"))
    _text(folder / ".nojekyll", "")  # GitHub Pages are to take the files as they are
    files = {one.relative_to(folder).as_posix(): one for one in sorted(folder.rglob("*")) if one.is_file()}
    told = {"made_by": f"hf_medseg {hf_medseg.__version__}", "public": public}
    hashes = {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in files.items()}
    _text(folder / MARK, json.dumps({**told, "files": hashes}, indent=1) + "\n")


def _text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")


# --- the folder -------------------------------------------------------------------------------------------------------------------------


def _usable(dest: str | os.PathLike[str]) -> Path:
    """The folder to write, if nothing of anybody else's is replaced.

    Raises:
        Refused: it is.
    """
    if not is_local(dest):
        raise Refused(f"{dest}: a site is written to a folder of this machine. Copy it elsewhere afterwards.")
    folder = Path(os.path.abspath(dest))
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is a file. DEST is a folder that the command makes.")
    if folder.is_dir() and _files_of(folder) is None and (held := sorted(os.listdir(folder))):
        raise Refused(f"{folder} holds something else ({', '.join(held[:5])}). Give a new or empty folder as DEST.")
    return folder


def _apart(folder: Path, out: Path) -> None:
    if not is_local(out):
        return
    here, there = Path(os.path.realpath(folder)), Path(os.path.realpath(out))
    if here == there or here in there.parents or there in here.parents:
        raise Refused(f"One of DEST ({folder}) and OUT ({out}) lies inside the other. Give a DEST elsewhere.")


def _files_of(folder: Path) -> list[str] | None:
    """The files of a site that was written there, None where there is none."""
    try:
        told = json.loads((folder / MARK).read_text(encoding="utf-8"))
        files = [*told["files"], MARK]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    inside = (name for name in files if not name.startswith("/") and ".." not in name.split("/"))
    return [name for name in inside if isinstance(name, str)]


def _put(new: Path, folder: Path) -> None:
    """Puts a finished site in its place: the files of an older one go, whatever else is there stays."""
    folder.mkdir(exist_ok=True)
    old, made = _files_of(folder) or [], _files_of(new) or []
    # Broken off here, the next site still knows every file that this one may have left.
    _text(folder / MARK, json.dumps({"public": False, "files": dict.fromkeys({*old, *made} - {MARK}, "")}))
    for name in {*old} - {MARK}:
        (folder / name).unlink(missing_ok=True)
    for below, _, names in os.walk(new, topdown=False):
        for name in names:
            path = Path(below, name)
            if path != new / MARK:
                target = folder / path.relative_to(new)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.move(path, target)
    os.replace(new / MARK, folder / MARK)
    for below, _, _ in os.walk(folder / _PICTURES, topdown=False):
        if not os.listdir(below):
            os.rmdir(below)
