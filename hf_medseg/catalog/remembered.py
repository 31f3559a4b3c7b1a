"""What is remembered between runs on this machine, and the facts of all sources as they were read last."""

from __future__ import annotations

import contextlib
import os
import pickle
import sys
import zlib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TypeVar

from hf_medseg.catalog.facts import CITATIONS, FACTS, Facts

T = TypeVar("T")


def memory() -> Path:
    """The folder, in the user's Hugging Face home, where this package remembers things between runs.

    It is where `huggingface_hub.constants.HF_HOME` is, without importing that.
    """
    cache = os.environ.get("XDG_CACHE_HOME", os.path.join(os.path.expanduser("~"), ".cache"))
    home = os.environ.get("HF_HOME", os.path.join(cache, "huggingface"))
    return Path(os.path.expandvars(os.path.expanduser(home))) / "hf_medseg"


def all_facts(folders: Mapping[str, Path]) -> dict[str, Facts]:
    """The facts of every source by id, from their folders.

    Reading a hundred files of TOML takes longer than everything else that `hf-medseg list` does. So what came of it is kept, and taken as
    long as none of these files, nor of this package's own that read them, has changed.

    Raises:
        Refused: see `read_facts`; then nothing is kept.
    """
    here = Path(__file__).parent
    state = (sys.version, *map(_state, here.glob("*.py")), *(_state(path) for one in folders.values() for path in _read_of(one)))

    def read() -> dict[str, Facts]:
        from hf_medseg.catalog.loader import read_facts

        return {id: read_facts(folder) for id, folder in folders.items()}

    return remembered("facts", state, read)


def remembered(name: str, state: object, make: Callable[[], T]) -> T:
    """What `make` gives, from an earlier time if it is kept; else it is kept now.

    Args:
        name: what it is kept as; each checkout of this package has a memory of its own.
        state: of what it is made from: what was kept with another one is made again.
        make: makes it.
    """
    store = memory() / f"{name}-{zlib.crc32(os.fsencode(Path(__file__).parent)):08x}.pickle"
    with contextlib.suppress(Exception):  # whatever there is that cannot be read: it is made again
        known, kept = pickle.loads(store.read_bytes())  # written by ourselves
        if known == state:
            found: T = kept
            return found
    made = make()
    with contextlib.suppress(OSError):  # a home that cannot be written to
        store.parent.mkdir(parents=True, exist_ok=True)
        unfinished = store.with_suffix(f".{os.getpid()}")
        unfinished.write_bytes(pickle.dumps((state, made)))
        os.replace(unfinished, store)
    return made


def _read_of(folder: Path) -> Iterable[Path]:
    """The files from which the facts of a source are read."""
    return folder / FACTS, folder / CITATIONS


def _state(path: Path) -> tuple[str, int, int, int]:
    """What of a file changes when it does, without reading it."""
    try:
        state = path.stat()
    except FileNotFoundError:
        return str(path), 0, 0, 0
    return str(path), state.st_size, state.st_mtime_ns, state.st_ctime_ns
