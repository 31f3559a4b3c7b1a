"""Fixtures that many tests share."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# Caches and remembered terms of the tests are their own; the Hub's client reads the variable once, when it is imported.
_home = tempfile.TemporaryDirectory(prefix="hf-home-")
os.environ["HF_HOME"] = os.environ["HF_DATASETS_CACHE"] = _home.name

# Shared machines are slow at times, and a test that passed must pass again.
settings.register_profile("steady", deadline=None, derandomize=True)
settings.load_profile("steady")

from tests.sources.scr import phantom as scr  # noqa: E402  (after the caches have their place)

REAL = Path(os.environ.get("HF_MEDSEG_REAL", Path(__file__).parents[1].parent / "shared" / "real"))


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Real hosts are asked only when the command line says so."""
    if "network" not in config.getoption("markexpr"):
        for item in items:
            if "network" in item.keywords:
                item.add_marker(pytest.mark.skip(reason="asks real hosts: run with -m network"))


@pytest.fixture
def real() -> Callable[[str], Path]:
    """The folder with real files of a source; the test is skipped where there are none."""

    def find(source: str) -> Path:
        folder = REAL / source
        if not folder.is_dir():
            pytest.skip(f"no real files of {source}: set HF_MEDSEG_REAL to a folder that holds {source}/")
        return folder

    return find


@pytest.fixture(scope="session", autouse=True)
def small_films() -> Iterator[None]:
    """Films of SCR are small; one test makes them of the true size."""
    with scr.films_of(scr.FULL):
        yield
