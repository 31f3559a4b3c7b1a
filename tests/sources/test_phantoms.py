"""Every variant of every phantom converts to exactly what it promises, and what came of the clean ones holds all that OUT promises."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hf_medseg.catalog.lookup import sources
from hf_medseg.dataset.columns import table_columns
from hf_medseg.errors import Refused
from hf_medseg.verification.verify import verify
from tests.support.harness import PHANTOMS, Converted, check, converted

EVERY = [(source, variant) for source, phantom in PHANTOMS.items() if source in sources() for variant in phantom.VARIANTS]


@pytest.mark.parametrize(("source", "variant"), EVERY, ids=[f"{source}-{variant}" for source, variant in EVERY])
def test_phantom(source: str, variant: str, tmp_path: Path) -> None:
    phantom, out = PHANTOMS[source].make(tmp_path / "raw", variant), tmp_path / "out"
    if phantom.refused:
        with pytest.raises(Refused) as caught:
            converted(source, phantom, out)
        assert not out.exists() or not any(out.iterdir())
        assert len(str(caught.value)) > 30
        return
    found = converted(source, phantom, out)
    check(found)
    if variant == "clean":
        check_whole(found)


def test_every_source_has_a_clean_phantom() -> None:
    convertible = {source.id for source in sources().values() if source.convertible and source.id in PHANTOMS}
    assert convertible <= {source for source, variant in EVERY if variant == "clean"}


def check_whole(found: Converted) -> None:
    """The folder verifies, names no place of this machine, and has the columns of every table first."""
    result = verify(found.out)
    assert result.ok, result.problems
    text = (found.out / "report.json").read_text()
    assert json.loads(text)["source"] == found.source
    assert str(found.out.parent) not in text
    schemas = [pq.read_schema(path) for path in sorted(found.out.glob("*/*.parquet")) if path.parent.name != "preview"]
    for schema in schemas:
        assert [name for name in schema.names if name != "depth"][:9] == list(table_columns((), {}, many_files=False))
