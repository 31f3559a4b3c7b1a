"""A column that a source fills and no config has is an error by its name: it was lost without a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from hf_medseg.case import Case
from hf_medseg.catalog.lookup import find_source
from hf_medseg.conversion.executor import Executor
from hf_medseg.conversion.plan import Plan, Request, make_plan
from hf_medseg.dataset.columns import boxes, encoded
from hf_medseg.errors import Refused
from hf_medseg.raw.tree import Raw
from tests.support.harness import PHANTOMS


def plan(folder: Path, columns: Mapping[str, Any], pixels: Mapping[str, Any]) -> Plan:
    """Plans CHASE_DB1, the last of whose cases has further columns."""
    source = find_source("chase-db1")

    def cases(raw: Raw) -> Iterator[Case]:
        *others, last = source.cases(raw)
        yield from others
        yield replace(last, columns={**last.columns, **columns}, pixels={**last.pixels, **pixels})

    raw = PHANTOMS["chase-db1"].make(folder / "raw").raw
    with Executor(1) as executor:
        return make_plan(replace(source, cases=cases), Request(str(raw)), folder, executor)


@pytest.mark.parametrize(
    ("columns", "pixels", "told"),
    [
        ({"latrality": "left"}, {}, "fills the column 'latrality' of Image_14R, which no config has; did you mean 'laterality'?"),
        ({}, {"mask2": None}, "fills the column 'mask2' of Image_14R, which no config has; did you mean 'mask_2'?"),
        ({"zygosity": "twin"}, {}, "which no config has; declare it with the columns of the config default."),
    ],
)
def test_a_column_of_no_config_is_refused_by_name(columns: Any, pixels: Any, told: str, tmp_path: Path) -> None:
    with pytest.raises(Refused) as caught:
        plan(tmp_path, columns, pixels)
    assert told in str(caught.value) and str(caught.value).startswith("chase-db1: source.py ")


def test_a_common_column_may_be_filled(tmp_path: Path) -> None:
    assert plan(tmp_path, {"exif_orientation": 1, "laterality": "left"}, {}).configs[0].shards


def test_a_field_of_no_record_is_told_by_name() -> None:
    with pytest.raises(ValueError, match="'widht' is no field of its records, which have x, y, width, height, label"):
        encoded(boxes("cell"), [{"x": 1.0, "y": 2.0, "widht": 3.0, "height": 4.0, "label": "cell"}])
