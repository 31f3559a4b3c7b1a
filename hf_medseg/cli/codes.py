"""What the exit code of a command says."""

from __future__ import annotations

DONE, WRONG, REFUSED, INTERRUPTED = 0, 1, 2, 130
