"""Arrays made on buffers equal those that pyarrow makes itself."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_medseg.dataset.arrays import array_of, arrow_type
from hf_medseg.dataset.columns import FILES, FLAG, FLOAT32, INT8, INT32, LATERALITY, PICTURE, TEXT, Column, ListOf, boxes

PIXELS = st.fixed_dictionaries({"bytes": st.none() | st.binary(max_size=9), "path": st.none() | st.text(max_size=5)})
FILE = st.fixed_dictionaries({"column": st.text(max_size=4), "path": st.text(max_size=4), "sha256": st.none() | st.text(max_size=4)})
BOX = st.fixed_dictionaries({**dict.fromkeys(("x", "y", "width", "height"), st.floats(allow_nan=False)), "label": st.just(0)})
VALUES: list[tuple[Column, st.SearchStrategy[Any]]] = [
    (TEXT, st.text()),
    (FLAG, st.booleans()),
    (INT8, st.integers(-128, 127)),
    (INT32, st.integers(-(2**31), 2**31 - 1)),
    (FLOAT32, st.floats(width=32, allow_nan=False)),
    (LATERALITY, st.integers(0, 1)),
    (PICTURE, PIXELS),
    (ListOf(TEXT), st.lists(st.none() | st.text(max_size=4), max_size=4)),
    (ListOf(PICTURE), st.lists(PIXELS, max_size=3)),
    (ListOf(ListOf(INT32)), st.lists(st.lists(st.integers(0, 9), max_size=3), max_size=3)),
    (FILES, st.lists(FILE, max_size=3)),
    (boxes("polyp"), st.lists(BOX, max_size=2)),
]


@pytest.mark.parametrize(("column", "values"), VALUES, ids=[repr(column)[:40] for column, _ in VALUES])
@given(data=st.data())
def test_arrays_are_those_of_pyarrow(column: Column, values: st.SearchStrategy[Any], data: st.DataObject) -> None:
    rows = data.draw(st.lists(st.none() | values, max_size=20))
    made = array_of(column, rows)
    made.validate(full=True)
    assert made.equals(pa.array(rows, arrow_type(column)))


def test_pandas_is_not_imported() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from hf_medseg.dataset.arrays import array_of; from hf_medseg.dataset.columns import FILES, TEXT; "
        "array_of(FILES, [[{'column': 'a', 'path': 'b', 'sha256': 'c'}], None]); array_of(TEXT, ['x']); "
        "sys.exit('pandas' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
