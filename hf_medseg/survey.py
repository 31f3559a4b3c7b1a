"""The optional pass before planning: looks at files in the workers, and remembers what it saw."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from hf_medseg.errors import Rejected
from hf_medseg.executor import Executor
from hf_medseg.raw.files import RawFile

_BATCH = 256
Survey = dict[str, Any]
"""What the survey saw, by the file's listed path; a `Rejected` where a file could not be looked at."""


def look_at(files: Sequence[RawFile], look: Callable[[bytes, str], Any]) -> list[tuple[str, Any]]:
    """Looks at some files, in a worker."""
    seen: list[tuple[str, Any]] = []
    for file in files:
        try:
            seen.append((file.listed, look(file.read(), file.path)))
        except Rejected as error:
            seen.append((file.listed, error))
    return seen


def take_survey(
    files: Sequence[RawFile],
    look: Callable[[bytes, str], Any],
    executor: Executor,
    memory: Path,
    progress: Callable[[int, int], None] | None = None,
) -> Survey:
    """Looks at every file once, in parallel; results are kept and asked again only for files that changed.

    Args:
        files: the files.
        look: what to do with the bytes and the path of one.
        executor: where the work runs.
        memory: folder of what earlier runs saw.
        progress: told (files done, bytes read).
    """
    state = hashlib.sha256(repr([(f.listed, f.size) for f in files]).encode() + look.__qualname__.encode()).hexdigest()
    store = memory / f"survey-{state[:16]}.pickle"
    if store.exists():
        survey: Survey = pickle.loads(store.read_bytes())  # written by ourselves
        return survey
    batches = [files[start : start + _BATCH] for start in range(0, len(files), _BATCH)]
    survey = {}
    read = 0
    for batch, seen in executor.run(look_at, [(batch, look) for batch in batches]):
        survey.update(seen)
        read += sum(file.size for file in batches[batch])
        if progress is not None:
            progress(len(survey), read)
    survey = {file.listed: survey[file.listed] for file in files}
    memory.mkdir(parents=True, exist_ok=True)
    store.write_bytes(pickle.dumps(survey))
    return survey
