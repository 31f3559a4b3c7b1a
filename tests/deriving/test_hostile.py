"""Recipes that cannot be carried out: refused in words before anything is written."""

from __future__ import annotations

import math
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

import hf_medseg
from hf_medseg.cli import main
from hf_medseg.dataset.identity import read_shard
from hf_medseg.errors import Refused
from tests.publishing.test_gate import write
from tests.support import harness


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("hostile")
    harness.run("chase-db1", "clean", home)
    return home / "out"


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        ({"plase": {}}, "'plase' is no key that is known here; did you mean 'place'"),
        ({"take": [{"annotaded": True}]}, "did you mean 'annotated'"),
        ({"take": [{"out": " "}]}, "take.out must be the folder"),
        ({"place": {"size": 0}}, "place.size must lie between"),
        ({"place": {"size": "512"}}, "place.size must be a whole number"),
        ({"place": {"fit": "stretch"}}, 'place.fit = "stretch" needs place.size'),
        ({"place": {"spacing": -1.0}}, "place.spacing must lie between"),
        ({"place": {"spacing": 1.0}}, r"take 1 \(chase-db1\) has no column 'pixel_spacing': nothing says how far"),
        ({"place": {"window": [5, 5]}}, "place.window must be two numbers"),
        ({"place": {"window": [-math.inf, math.inf]}}, "place.window must be two numbers"),
        ({"split": {"parts": {"train": 0, "test": 0}}}, "split.parts must make 1"),
        ({"split": {"parts": {"train": 1, "test": 0.2}}}, "split.parts must make 1"),
        ({"split": {"parts": {"train": 1.2, "test": -0.2}}}, "split.parts must not be negative"),
        ({"split": {"parts": {"train": 0.5, "Train": 0.5}}}, "differ in capitals alone"),
        ({"split": {"parts": {"all": 1}}}, "a word of `datasets`"),
        ({"split": {"parts": {"x" * 200: 1}}}, "split must name splits"),
        ({"split": {"folds": 1000}}, "split.folds is 1000, and there are no more than"),
        ({"split": {"official": ["tset"]}}, "split.official names 'tset', which no source has; there are: train"),
        ({"label": {"classes": ["vesel"]}}, "no source has a class that becomes 'vesel'"),
        ({"label": {"classes": ["vessel", "Vessel"]}}, "label.classes names a class twice"),
        ({"label": {"table": {"a": ["vessel"], "b": ["vessel"]}}}, "chase-db1/vessel becomes a and b"),
        ({"label": {"table": {"a": [255]}}}, "must be a text; it is 255"),
        ({"label": {"table": {"a": []}}}, "label.table makes a class of nothing"),
        ({"label": {"by": "table", "table": {"Background": ["vessel"]}}}, "background is what is left"),
        ({"label": {"by": "table", "table": {"a\nb": ["vessel"]}}}, "words of one line"),
        ({"take": [{"classes": ["vesel"]}]}, "has no class 'vesel'; it has: background, vessel"),
        ({"take": [{"equal": {"lateralty": "left"}}]}, "has no column 'lateralty' to compare"),
        ({"take": [{"equal": {"classes": 1}}]}, "has no column 'classes' to compare"),
        ({"take": [{"equal": {"width": "wide"}}]}, "width is of the type int32, and never 'wide'"),
        ({"take": [{"equal": {"width": 1}}]}, "takes no row at all"),
        ({"take": [{}, {}]}, "takes the row chase-db1/.* twice"),
        ({"columns": ["laterality", "laterality"]}, "columns names a column twice"),
        ({"title": "a\n---\nlicense: mit"}, "title must be one line"),
    ],
)
def test_a_recipe_that_cannot_be_carried_out_is_refused_in_words(recipe: dict[str, Any], said: str, out: Path, tmp_path: Path) -> None:
    takes = [{"out": str(out), **take} for take in recipe.get("take", [{}])]
    with pytest.raises(Refused, match=said):
        hf_medseg.derive({**recipe, "take": takes}, tmp_path / "new", workers=1, progress=False)
    assert not (tmp_path / "new").exists()


def test_an_address_that_leads_nowhere_is_told_in_words(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for address in ("hf://datasets/", "nowhere://a/b"):
        assert main(["derive", address, str(tmp_path / "new")]) == 2
        assert f"{address} cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "new").exists()


def test_a_dataset_of_a_later_version_is_not_guessed_at(out: Path, tmp_path: Path) -> None:
    harness.run("chase-db1", "clean", tmp_path)
    (shard,) = (tmp_path / "out" / "data").iterdir()
    described = read_shard(str(shard))
    assert described is not None
    write(shard, pq.read_table(shard), {"identity": asdict(replace(described[0], version="10.1.0")), **asdict(described[1])})
    with pytest.raises(Refused, match=r"was converted by hf_medseg 10\.1\.0, and this is"):
        hf_medseg.derive({"take": [{"out": str(tmp_path / "out")}]}, tmp_path / "new", workers=1, progress=False)
