"""How far a long job is, as it tells whoever waits for it; in a terminal or a notebook, a bar shows it. And what runs its calls."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, NamedTuple


class Progress(NamedTuple):
    """How far a job is.

    Attributes:
        stage: what is being done, such as `survey`, `compare`, `convert`, `verify`, `derive` or `fetching`.
        done: cases, shards or files that are done.
        of: how many there are in all.
        read: bytes that are done, or what `measure` says.
        of_bytes: bytes, or what `measure` says, in all.
        measure: what these two count: `B` for bytes, `rows` or `cases`.
    """

    stage: str
    done: int
    of: int
    read: int
    of_bytes: int
    measure: str = "B"


Tell = Callable[[Progress], object]
"""Told how far a job is, now and then."""

Run = Callable[[Callable[..., Any], Sequence[tuple[Any, ...]]], Iterable[tuple[int, Any]]]
"""Runs calls, here or in other processes, and gives (number of the call, result) in any order: see `Executor.run`."""


@contextlib.contextmanager
def telling(progress: Tell | bool, unit: str) -> Iterator[Tell | None]:
    """Who is told how far a job is.

    Args:
        progress: whoever is told; True for a bar where somebody may watch one, and for nobody elsewhere; False for nobody.
        unit: what is counted: cases, shards or files.
    """
    if callable(progress):
        yield progress
    elif progress and (_in_notebook() or sys.stderr.isatty()):
        bar = _Bar(unit)
        try:
            yield bar
        finally:
            bar.close()
    else:
        yield None


def _in_notebook() -> bool:
    """Whether a Jupyter kernel runs this: its shell is one that IPython's own terminal has not."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return type(shell).__module__.startswith("ipykernel.")


class _Bar:
    """Shows what is done, bytes and time left."""

    def __init__(self, unit: str) -> None:
        self._unit = unit
        self._bar: Any = None
        self._stage = ""
        self._told = 0.0

    def __call__(self, now: Progress) -> None:
        if time.monotonic() - self._told < 0.1 and now.done < now.of and now.stage == self._stage:
            return
        self._told = time.monotonic()
        from tqdm.auto import tqdm

        if self._bar is None or now.stage != self._stage:
            self.close()
            self._stage = now.stage
            size = shutil.get_terminal_size()  # some terminals do not know theirs; tqdm would show nothing there
            shape = {} if _in_notebook() else {"ncols": size.columns - 1, "nrows": size.lines}
            unit = now.measure if now.measure == "B" else f" {now.measure}"
            self._bar = tqdm(total=now.of_bytes, unit=unit, unit_scale=True, desc=now.stage, leave=False, **shape)
        self._bar.total = now.of_bytes
        self._bar.set_postfix_str(f"{now.done:,} of {now.of:,} {self._unit}", refresh=False)
        self._bar.update(now.read - self._bar.n)
        self._bar.refresh()

    def close(self) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
