"""Every variant of every phantom converts to exactly what it promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from hf_medseg.catalog.lookup import sources
from hf_medseg.errors import Refused
from tests.support.harness import PHANTOMS, check, run

EVERY = [(source, variant) for source, phantom in PHANTOMS.items() if source in sources() for variant in phantom.VARIANTS]


@pytest.mark.parametrize(("source", "variant"), EVERY, ids=[f"{source}-{variant}" for source, variant in EVERY])
def test_phantom(source: str, variant: str, tmp_path: Path) -> None:
    phantom = PHANTOMS[source].make(tmp_path / "probe", variant)
    if phantom.refused:
        with pytest.raises(Refused) as caught:
            run(source, variant, tmp_path)
        assert not (tmp_path / "out").exists() or not any((tmp_path / "out").iterdir())
        assert len(str(caught.value)) > 30
    else:
        check(run(source, variant, tmp_path))
