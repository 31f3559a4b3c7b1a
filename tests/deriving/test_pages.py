"""The recipes and the Python of docs/deriving.md, as they stand there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import hf_medseg
from hf_medseg.cli import main
from hf_medseg.masks.labels import nearest_index
from hf_medseg.verification.verify import verify
from tests.support import harness
from tests.support.harness import pixels
from tests.test_docs_run import block

PAGE = "docs/deriving.md"


def recipe(first: str, folder: Path, size: int) -> Path:
    """A recipe of the page beside converted phantoms; smaller, as they are."""
    path = folder / "recipe.toml"
    path.write_text(block(PAGE, f'name = "{first}"', "toml").replace("512", str(size)))
    return path


def put(source: str, variant: str, folder: Path) -> None:
    harness.run(source, variant, folder / f"made-{source}")
    (folder / f"made-{source}" / "out").rename(folder / source)


def test_the_recipe_of_polyps_and_the_way_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for source in ("kvasir-seg", "hyperkvasir"):
        put(source, "clean", tmp_path)
    assert main(["derive", str(recipe("polyps", tmp_path, 40)), str(tmp_path / "NEW"), "--workers", "1", "-q"]) == 0
    assert verify(tmp_path / "NEW", progress=False).problems == []
    monkeypatch.chdir(tmp_path)
    told: dict[str, Any] = {}
    exec(block(PAGE, "import hf_medseg\nfrom datasets"), told)
    assert np.asarray(told["row"]["mask"]).shape == (40, 40)
    assert [*told["whole"].shape] == told["row"]["original_size"][::-1]


def test_the_recipe_of_lungs(tmp_path: Path) -> None:
    for source, variant in (("chest-xray-masks", "clean"), ("cxlseg", "clean"), ("scr", "clean"), ("covid-qu-ex", "clean")):
        put(source, variant, tmp_path)
    assert main(["derive", str(recipe("lungs", tmp_path, 40)), str(tmp_path / "NEW"), "--workers", "1", "-q"]) == 0
    found = verify(tmp_path / "NEW", progress=False)
    rows = [row for path in (tmp_path / "NEW" / "data").iterdir() for row in pq.read_table(path).to_pylist()]
    assert found.problems == []
    assert found.rows == len(rows)
    assert {row["source"] for row in rows} == {"chest-xray-masks", "cxlseg", "scr", "covid-qu-ex"}
    marked = [row for row in rows if row["mask"] is not None]
    assert all(row["annotated_classes"] == [0, 1] for row in marked)
    assert {value for row in marked for value in np.unique(pixels(row["mask"]))} == {0, 1}
    scr = {row["image_id"]: row for path in (tmp_path / "scr" / "data").iterdir() for row in pq.read_table(path).to_pylist()}
    hidden = 0
    for row in (row for row in rows if row["source"] == "scr"):
        old = scr[row["source_id"]]
        lungs = pixels(old["mask_left_lung"]) | pixels(old["mask_right_lung"])
        near = nearest_index(len(lungs), 40)
        assert np.array_equal(pixels(row["mask"]), lungs[near][:, near]), "what the recipe leaves out hides no lung"
        hidden += int((lungs & (pixels(old["mask"]) > 2)).sum())
    assert hidden
    lung = {"classes": ["lung"], "table": {"lung": ["left_lung", "right_lung"]}}
    cut = {"take": [{"out": str(tmp_path / "scr")}], "label": lung, "place": {"fit": "crop", "margin": 0}}
    hf_medseg.derive(cut, tmp_path / "CUT", workers=1, progress=False)
    for row in (row for path in (tmp_path / "CUT" / "data").iterdir() for row in pq.read_table(path).to_pylist()):
        old = scr[row["source_id"]]
        down, across = np.nonzero(pixels(old["mask_left_lung"]) | pixels(old["mask_right_lung"]))
        assert row["crop"] == [across.min(), down.min(), np.ptp(across) + 1, np.ptp(down) + 1], "cut around lungs, not around clavicles"
