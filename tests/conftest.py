"""Fixtures that many tests share."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

REAL = Path(os.environ.get("HF_MEDSEG_REAL", Path(__file__).parents[1].parent / "shared" / "real"))


@pytest.fixture
def real() -> Callable[[str], Path]:
    """The folder with real files of a source; the test is skipped where there are none."""

    def find(source: str) -> Path:
        folder = REAL / source
        if not folder.is_dir():
            pytest.skip(f"no real files of {source}: set HF_MEDSEG_REAL to a folder that holds {source}/")
        return folder

    return find
