"""Names that somebody else gave to files, made safe to write on every system."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from hf_medseg.errors import MedsegError

_LONGEST = 180  # bytes of one name: leaves room for `.part.json` and `.mismatch-12` in the 255 that most disks take
_RESERVED = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9\u00b9\u00b2\u00b3]|lpt[0-9\u00b9\u00b2\u00b3])\s*(?:\.|\Z)", re.IGNORECASE
)
_OURS = re.compile(r"\.(?:part(?:\.json)?|mismatch(?:-\d+)?)\Z", re.IGNORECASE)  # what is not complete, or not as published
_FORBIDDEN = re.compile(r'[<>:"|?*]')


def clean(names: Iterable[str], where: str) -> dict[str, str]:
    """A safe name for each name: relative, parted by `/`, and no two of them one file on a disk that knows no case.

    Args:
        names: as a record, a folder or a server tells them; backslashes part folders as slashes do.
        where: what told them, for messages.

    Raises:
        MedsegError: a name leads out of the folder that it is meant for.
    """
    safe: dict[str, str] = {}
    files: set[str] = set()
    folders: set[str] = set()
    for name in sorted(set(names)):  # the same names get the same numbers, whatever their order
        *above, last = _parts(name, where)
        outer = inner = 1
        while True:
            folder = (_numbered(above[0], outer), *above[1:]) if above else ()
            made = PurePosixPath(*folder, _numbered(last, inner))
            key, inside = _key(made), {_key(folder) for folder in made.parents}
            if inside & files:  # where a folder would be is a file
                outer += 1
            elif key in files | folders:
                inner += 1
            else:
                break
        files.add(key)
        folders |= inside
        safe[name] = made.as_posix()
    return safe


def clean_tree(folder: Path, where: str) -> None:
    """Gives the files of a folder that somebody else filled safe names.

    Raises:
        MedsegError: a file is a link to somewhere else.
    """
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_symlink() or path.is_file()}
    for name, path in files.items():
        if path.is_symlink() and folder.resolve() not in path.resolve().parents:
            raise MedsegError(f"{where}: {name!r} is a link to somewhere else. Do not use it.")
    for name, safe in clean(files, where).items():
        if safe != name:
            (folder / safe).parent.mkdir(parents=True, exist_ok=True)
            files[name].rename(folder / safe)


def _key(path: PurePosixPath) -> str:
    return unicodedata.normalize("NFC", path.as_posix()).casefold()


def _parts(name: str, where: str) -> list[str]:
    plain = name.replace("\\", "/")
    if plain.startswith("/") or re.match(r"[A-Za-z]:", plain) or ".." in [part.strip() for part in plain.split("/")]:
        raise MedsegError(f"{where}: its file {name!r} would be written outside of DEST. Do not use this record.")
    return [_clean(part) for part in plain.split("/") if part.strip() not in ("", ".")] or ["unnamed"]


def _clean(part: str) -> str:
    """One name without what some system does not take, or what would be taken for a file of ours."""
    kept = "".join("_" if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Zl", "Zp") else letter for letter in part)
    kept = _FORBIDDEN.sub("_", unicodedata.normalize("NFC", kept)).lstrip().rstrip(". ") or "unnamed"
    if _RESERVED.match(kept):
        kept = f"_{kept}"
    if _OURS.search(kept):
        kept += "_"
    if len(kept.encode()) > _LONGEST:
        suffix = "".join(PurePosixPath(kept).suffixes[-2:])
        suffix = suffix if len(suffix.encode()) <= 20 else ""
        told = hashlib.sha256(part.encode(errors="replace")).hexdigest()[:8]
        kept = kept.encode()[: _LONGEST - len(suffix.encode()) - 9].decode(errors="ignore") + f"-{told}{suffix}"
    return kept


def _numbered(name: str, number: int) -> str:
    """The name where `number` is 1, else the name with that number before its suffixes."""
    stem, dot, suffix = (name, "", "") if name.startswith(".") else name.partition(".")
    return name if number == 1 else f"{stem}-{number}{dot}{suffix}"
