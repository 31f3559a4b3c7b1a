"""What came, made a raw tree: archives that cannot be read in place are unpacked, and the pieces of a file joined."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path

from hf_medseg.errors import MedsegError
from hf_medseg.fetching.http import library
from hf_medseg.fetching.items import Item
from hf_medseg.raw.archive_names import unpack_command
from hf_medseg.raw.order import natural


def make_tree(dest: Path, items: Sequence[Item]) -> None:
    """Unpacks what cannot be read in place, and joins pieces."""
    once: Mapping[str, Item] = {item.name: item for item in items if item.download.then}
    for item in once.values():
        if item.download.then == "unpack" and (dest / item.name).is_file():
            _unpack(dest / item.name, dest / item.final)
    groups: dict[str, list[str]] = {}
    for item in once.values():
        if item.download.then == "join":
            groups.setdefault(item.final, []).append(item.name)
    for final, names in groups.items():
        if all((dest / name).is_file() for name in names) and not (dest / final).exists():
            _join([dest / name for name in sorted(names, key=natural)], dest / final)


def _unpack(archive: Path, folder: Path) -> None:
    """Unpacks a .7z archive into a folder, and removes it: archives of this kind cannot be read in place."""
    py7zr = library("py7zr", "download")
    part = folder.with_name(f"{folder.name}.part")
    if part.exists():
        shutil.rmtree(part)
    try:
        with py7zr.SevenZipFile(archive) as file:
            file.extractall(part)
    except (py7zr.exceptions.ArchiveError, EOFError, ValueError) as error:
        raise MedsegError(
            f"{archive} cannot be unpacked here ({error}). Unpack it and move the archive out of {archive.parent}: "
            f"{unpack_command(archive.name)}"
        ) from error
    part.replace(folder)
    archive.unlink()


def _join(pieces: Sequence[Path], whole: Path) -> None:
    """Joins the pieces of a split file, and removes them."""
    part = whole.with_name(f"{whole.name}.part")
    with part.open("wb") as target:
        for piece in pieces:
            with piece.open("rb") as file:
                shutil.copyfileobj(file, target, 1 << 20)
    part.replace(whole)
    for piece in pieces:
        piece.unlink()
