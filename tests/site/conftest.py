"""The datasets of this folder's tests, converted once."""

from __future__ import annotations

import pytest

from tests.site.datasets import Datasets, make


@pytest.fixture(scope="session")
def datasets(tmp_path_factory: pytest.TempPathFactory) -> Datasets:
    return make(tmp_path_factory.mktemp("site"))
