"""The optional pass before planning: looks at files in the workers, and remembers what it saw."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hf_medseg.conversion.executor import Executor
from hf_medseg.conversion.quiet import quiet
from hf_medseg.dataset.storage import whole_file
from hf_medseg.errors import Rejected
from hf_medseg.raw.files import Head, RawFile, Whole, whole_or_mapped
from hf_medseg.raw.fresh import code, state_of
from hf_medseg.raw.packed_tars import unpack_ahead
from hf_medseg.raw.tree import Survey

_BATCH = 256


@quiet()
def look_at(files: Sequence[RawFile], look: Callable[[Any, str], object], head: int = 0, mapped: bool = False) -> list[tuple[str, object]]:
    """Looks at some files, in a worker; with `head`, at their first bytes as far as that is enough."""
    seen: list[tuple[str, object]] = []
    for file in files:
        try:
            seen.append((file.listed, _look_at(file, look, head, mapped)))
        except Rejected as error:
            seen.append((file.listed, error))
    return seen


def _look_at(file: RawFile, look: Callable[[Any, str], object], head: int, mapped: bool) -> object:
    if 0 < head < file.size:
        try:
            return look(Head(file.read(head)), file.path)
        except Whole:
            pass
    return look(whole_or_mapped(file) if mapped else file.read(), file.path)


def take_survey(
    files: Sequence[RawFile],
    look: Callable[[Any, str], object],
    executor: Executor,
    memory: Path,
    progress: Callable[[int, int], None] | None = None,
    head: int = 0,
    mapped: bool = False,
) -> Survey:
    """Looks at every file once, in parallel; results are kept until a file, or this package, changes.

    Args:
        files: the files.
        look: what to do with the bytes and the path of one.
        executor: where the work runs.
        memory: folder of what earlier runs saw.
        progress: told (files done, bytes read).
        head: see `SurveyPlan`.
        mapped: likewise.
    """
    state = state_of(files)
    store = None
    if state is not None:
        key = hashlib.sha256(f"{state}{code()}{look.__module__}.{look.__qualname__}{head}".encode()).hexdigest()
        store = memory / f"survey-{key[:16]}.pickle"
        if (known := _remembered(store)) is not None:
            return known
    unpack_ahead(files)
    batches = [files[start : start + _BATCH] for start in range(0, len(files), _BATCH)]
    survey: dict[str, object] = {}
    read = 0
    for batch, seen in executor.run(look_at, [(batch, look, head, mapped) for batch in batches]):
        survey.update(seen)
        read += sum(min(file.size, head or file.size) for file in batches[batch])
        if progress is not None:
            progress(len(survey), read)
    survey = {file.listed: survey[file.listed] for file in files}
    if store is not None:
        with whole_file(store) as here:
            Path(here).write_bytes(pickle.dumps(survey))
    return survey


def _remembered(store: Path) -> Survey | None:
    """What an earlier run saw; None where there is nothing, or nothing that can be read."""
    try:
        survey: Survey = pickle.loads(store.read_bytes())  # written by ourselves
    except Exception:  # whatever a damaged pickle raises: the files are looked at again
        return None
    return survey
