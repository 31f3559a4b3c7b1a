"""How it is told that something remembered is still true: what changed on disk is seen, what only looks newer may be read again."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import hf_medseg
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.walk import walk

_AT_ONCE = 4096  # files


@cache
def code() -> str:
    """A digest of this package's own files: a checkout that somebody works on changes while its version stays."""
    root = Path(hf_medseg.__file__).parent
    digest = hashlib.sha256()
    for path in sorted(path for path in root.rglob("*") if path.suffix in (".py", ".toml")):
        digest.update(f"{path.relative_to(root).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return digest.hexdigest()


def state_of(files: Iterable[RawFile]) -> str | None:
    """A digest of where files lie, their sizes and stamps, twins included: it changes whenever one of them may have changed.

    Nothing is read. None where the place of a file tells nothing of its versions, so that nothing remembered about it can be trusted.
    """
    digest = hashlib.sha256()
    every = iter(files)
    while some := list(itertools.islice(every, _AT_ONCE)):
        lines = []
        for file in some:
            for one in (file, *file.twins) if file.twins else (file,):
                if one.stamp is None and one.place is not None:
                    return None
                lines.append(f"{one.listed}\0{one.size}\0{one.stamp}\n")
        digest.update("".join(lines).encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def state_of_tree(path: str) -> str | None:
    """A digest of everything that lies in a raw tree, archives unopened: like `state_of`, without making a listing.

    It does not depend on the order in which a system lists a folder, and takes no memory. None where nothing is there, or nothing tells
    whether a file changed.
    """
    if "://" not in path and not os.path.exists(path):
        return None
    total = 0
    for shown, size, stamp, _, hindrance in walk(path):
        if stamp is None:
            return None
        entry = f"{shown}\0{size}\0{stamp}\0{hindrance}".encode("utf-8", "surrogatepass")
        total += int.from_bytes(hashlib.blake2b(entry, digest_size=16).digest(), "big")
    return f"{total:x}"
