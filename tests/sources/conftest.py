"""What holds for the tests of every source."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.sources.scr import phantom as scr


@pytest.fixture(scope="session", autouse=True)
def small_films() -> Iterator[None]:
    """Films of SCR are small; one test makes them of the true size."""
    with scr.films_of(scr.FULL):
        yield
