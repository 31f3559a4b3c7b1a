"""A converted dataset is read by everything that people read Parquet with, and by both worlds of `datasets`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from tests.support.harness import Converted, pixels, run

OLD_PYTHON = os.environ.get("HF_MEDSEG_OLD_PYTHON", "")
# Between them: several splits, null masks, lists of pictures, 16-bit pictures, boxes, several configs, volumes, 255.
SOURCES = ["drive", "segpc-2021", "kvasir-seg", "herlev", "brats", "sipakmed", "nih-cxr14"]

READ = """
import json, sys
import numpy as np
from datasets import load_dataset, get_dataset_config_names
out, cache, config = sys.argv[1:]
found = {"map": {}, "stream": {}, "configs": get_dataset_config_names(out)}
dataset = load_dataset(out, config, cache_dir=cache)
for split in dataset:
    found["map"][split] = [
        [row["image_id"], list(np.asarray(row["image"]).shape), None if row["mask"] is None else int(np.asarray(row["mask"]).sum()), row["classes"]]
        for row in dataset[split]
    ]
stream = load_dataset(out, config, streaming=True, cache_dir=cache)
for split in stream:
    found["stream"][split] = [row["image_id"] for row in stream[split]]
preview = load_dataset(out, "preview", split="train", cache_dir=cache)
found["preview"] = [row["preview"].size[0] for row in preview]
print(json.dumps(found))
"""


@pytest.fixture(scope="module")
def converted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Converted:
    return run(request.param, "clean", tmp_path_factory.mktemp("converted"))


@pytest.mark.parametrize("converted", SOURCES, indirect=True)
class TestReaders:
    """One converted phantom, many readers."""

    @pytest.mark.parametrize("python", [sys.executable, OLD_PYTHON or "none"], ids=["datasets-now", "datasets-3.6"])
    def test_datasets(self, converted: Converted, python: str, tmp_path: Path) -> None:
        if python == "none":
            pytest.skip("no environment with datasets 3.6: `make test` makes one and sets HF_MEDSEG_OLD_PYTHON")
        config = converted.conversion.plan.edition.reading.configs[0].name
        command = [python, "-c", READ, str(converted.out), str(tmp_path / "cache"), config]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "HF_HOME": str(tmp_path)})
        assert ended.returncode == 0, ended.stderr[-3000:]
        found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
        expected: dict[str, list[Any]] = {}
        for row in converted.rows():
            mask = None if row["mask"] is None else int(pixels(row["mask"]).sum())
            expected.setdefault(row["split"], []).append([row["image_id"], list(pixels(row["image"]).shape), mask, row["classes"]])
        assert found["map"] == expected
        assert found["stream"] == {split: [row[0] for row in rows] for split, rows in expected.items()}
        assert 0 < len(found["preview"]) <= 16
        assert "preview" in found["configs"]

    def test_pandas_polars_duckdb(self, converted: Converted) -> None:
        duckdb, pandas, polars = (pytest.importorskip(name) for name in ("duckdb", "pandas", "polars"))
        folder = converted.out / converted.section()["folder"]
        ids = [row["image_id"] for row in converted.rows()]
        files = sorted(folder.glob("*.parquet"))
        first = pandas.concat([pandas.read_parquet(path) for path in files])
        assert sorted(first["image_id"]) == sorted(ids)
        second = polars.read_parquet(str(folder / "*.parquet"))
        assert sorted(second["image_id"]) == sorted(ids)
        third = duckdb.sql(f"select image_id, octet_length(image.bytes) from '{folder}/*.parquet'").fetchall()
        assert sorted(row[0] for row in third) == sorted(ids)
        by_id = {row["image_id"]: row for row in converted.rows()}
        cell = second.row(0, named=True)
        assert np.array_equal(pixels(cell["image"]), pixels(by_id[cell["image_id"]]["image"]))

    def test_metadata_alone_touches_no_pixels(self, converted: Converted) -> None:
        """Scalars lie at the top level: a scan of ids and classes reads none of the picture columns."""
        folder = converted.out / converted.section()["folder"]
        for path in folder.glob("*.parquet"):
            columns = {pq.ParquetFile(path).metadata.row_group(0).column(i).path_in_schema for i in range(9)}
            assert {"image.bytes", "image_id"} <= columns
