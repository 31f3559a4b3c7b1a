"""How far the work is, on a terminal."""

from __future__ import annotations

import shutil
import sys
import time
from typing import Any

from hf_medseg.progress import Progress


class Bar:
    """Shows cases (or what `unit` says), bytes and time left on a terminal, and nothing elsewhere."""

    def __init__(self, unit: str = "cases") -> None:
        self._unit = unit
        self._shown = sys.stderr.isatty()
        self._bar: Any = None
        self._stage = ""
        self._told = 0.0

    def __call__(self, now: Progress) -> None:
        if not self._shown or (time.monotonic() - self._told < 0.1 and now.done < now.of and now.stage == self._stage):
            return
        self._told = time.monotonic()
        from tqdm import tqdm

        if self._bar is None or now.stage != self._stage:
            self.close()
            self._stage = now.stage
            size = shutil.get_terminal_size()  # some terminals do not know theirs; tqdm would show nothing there
            shape = {"ncols": size.columns - 1, "nrows": size.lines}
            self._bar = tqdm(total=now.of_bytes, unit="B", unit_scale=True, desc=now.stage, leave=False, **shape)
        self._bar.total = now.of_bytes
        self._bar.set_postfix_str(f"{now.done:,} of {now.of:,} {self._unit}", refresh=False)
        self._bar.update(now.read - self._bar.n)
        self._bar.refresh()

    def close(self) -> None:
        """Takes the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None
