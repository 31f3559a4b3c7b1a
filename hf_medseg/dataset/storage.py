"""Where output lies: a local folder, or any address that fsspec knows (`s3://`, `gs://`, ...); one set of calls for both."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pyarrow as pa
import pyarrow.parquet as pq

from hf_medseg.dataset.temporary import temporary_folder
from hf_medseg.errors import no_room


def place(path: str | os.PathLike[str]) -> Path:
    """The path of a file or folder; an address becomes a path with the same methods, which knows nothing of what was listed before."""
    text = str(path)
    if "://" not in text:
        return Path(path)
    from upath import UPath

    found: Any = UPath(text)
    # Workers, and others, write there too: what this process remembers of a folder may be a part of what lies in it.
    found.fs.invalidate_cache()
    return cast("Path", found)


def is_local(path: str | os.PathLike[str]) -> bool:
    """Whether a path lies on a file system of this machine."""
    return "://" not in str(path)


@contextlib.contextmanager
def whole_file(target: str | os.PathLike[str], unfinished: str = "") -> Iterator[str]:
    """A local file to write to, which gets its final name only when it is complete; without a trace if that fails.

    Args:
        target: the final path, local or not.
        unfinished: the local path to write to, on the file system of `target`; elsewhere a temporary file is used.

    Raises:
        OSError: the disk is full or the target not writable.
    """
    if is_local(target):
        here = unfinished or f"{os.fspath(target)}.unfinished"
        os.makedirs(os.path.dirname(here) or ".", exist_ok=True)
        os.makedirs(os.path.dirname(os.fspath(target)) or ".", exist_ok=True)
        try:
            yield here
            os.replace(here, target)
        except BaseException as error:
            with contextlib.suppress(FileNotFoundError):
                os.remove(here)
            if isinstance(error, OSError) and no_room(error) and error.filename is None:
                error.filename = os.fspath(target)  # Arrow does not say which
            raise
        return
    with temporary_folder() as folder:
        here = os.path.join(folder, "unfinished")
        yield here
        far: Any = place(target)
        # One upload: object stores show a file when all of it has arrived. The parent is made where the store has folders.
        far.fs.makedirs(far.parent.path, exist_ok=True)
        far.fs.put_file(here, far.path)


def write_text(path: Path, text: str) -> None:
    """Writes a small file so that it is whole or not there."""
    with whole_file(path) as here:
        Path(here).write_text(text, encoding="utf-8")


def json_text(value: Any) -> str:
    """A value as every JSON file of a dataset has it."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


@contextlib.contextmanager
def parquet(path: str | os.PathLike[str]) -> Iterator[pq.ParquetFile]:
    """A Parquet file, opened for reading."""
    if is_local(path):
        with pq.ParquetFile(path) as file:
            yield file
        return
    with place(path).open("rb") as stream, pq.ParquetFile(stream) as file:
        yield file


def read_group(path: str | os.PathLike[str], number: int, columns: Callable[[pa.Schema], list[str]]) -> pa.Table:
    """A row group of a Parquet file, in memory once: while the file is open, Arrow keeps what it read beside what it made of it.

    Args:
        path: the file.
        number: of the row group.
        columns: from the file's schema to the columns that are wanted.
    """
    with parquet(path) as file:
        return file.read_row_group(number, columns=columns(file.schema_arrow))


def delete_folder(path: Path) -> None:
    """Deletes a folder and what is in it; nothing happens where there is none."""
    if is_local(path):
        shutil.rmtree(path, ignore_errors=True)
        return
    far: Any = path
    with contextlib.suppress(FileNotFoundError):
        far.fs.rm(far.path, recursive=True)
