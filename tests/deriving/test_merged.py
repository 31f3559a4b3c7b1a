"""Merged sets are for training: a small model learns on one, every `datasets` loads it, and any two sources go together or are refused."""

from __future__ import annotations

import json
import os
import subprocess
from itertools import combinations
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import hf_medseg
from hf_medseg.catalog.lookup import sources
from hf_medseg.errors import Refused
from hf_medseg.training import IGNORE, collate
from tests.deriving.test_derive import rows, sound
from tests.support import harness
from tests.support.harness import pixels

OLD_PYTHON = os.environ.get("HF_MEDSEG_OLD_PYTHON", "")
LOADED = """
import json, sys
import numpy as np
from datasets import load_dataset
data = load_dataset(sys.argv[1], cache_dir=sys.argv[2])
print(json.dumps({split: [[row["image_id"], int(np.asarray(row["mask"]).sum())] for row in rows] for split, rows in data.items()}))
"""
# One of each kind, whose phantoms are small: photographs without patients; an official test set; two annotators; deep slices of several
# classes; rows without a mask under a closed license; grey pictures of many classes that overlap; slices of sequences.
SAMPLE = ("hyperkvasir", "isic-2017", "chase-db1", "acdc", "drive", "chestx-det", "camus")


@pytest.fixture(scope="module")
def outs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("sample")
    for source in SAMPLE:
        harness.run(source, "clean", home / f"made-{source}")
        (home / f"made-{source}" / "out").rename(home / source)
    return home


@pytest.fixture(scope="module")
def merged(outs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Polyps and lesions on one grid, each unknown where the other is marked."""
    new = tmp_path_factory.mktemp("merged") / "new"
    takes = [{"out": str(outs / source), "annotated": True} for source in ("hyperkvasir", "isic-2017")]
    hf_medseg.derive({"take": takes, "place": {"size": 32, "colours": "RGB", "pad_mask": 255}}, new, workers=1, progress=False)
    return new


def test_a_small_model_learns_on_a_merged_set(merged: Path, tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    from datasets import load_dataset

    data = load_dataset(str(merged), cache_dir=str(tmp_path), split="train")
    batch = collate([data[number] for number in range(len(data))], tensors="torch")
    assert set(batch["mask"].unique().tolist()) == {1, 2, IGNORE}, "what nobody marked is not background"
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3, padding=1), torch.nn.ReLU(), torch.nn.Conv2d(8, 3, 1))
    optimizer = torch.optim.Adam(model.parameters(), 0.05)
    losses = []
    for _ in range(12):
        loss = torch.nn.functional.cross_entropy(model(batch["image"]), batch["mask"], ignore_index=IGNORE)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0], losses


@pytest.mark.skipif(not OLD_PYTHON, reason="no environment with datasets 3.6: `make test` makes one and sets HF_MEDSEG_OLD_PYTHON")
def test_datasets_3_6_loads_the_same(merged: Path, tmp_path: Path) -> None:
    from datasets import load_dataset

    command = [OLD_PYTHON, "-c", LOADED, str(merged), str(tmp_path / "old")]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ, "HF_HUB_OFFLINE": "1"})
    old = json.loads(done.stdout.strip().splitlines()[-1])
    new = load_dataset(str(merged), cache_dir=str(tmp_path / "new"))
    assert old == {split: [[row["image_id"], int(np.asarray(row["mask"]).sum())] for row in some] for split, some in new.items()}


@pytest.mark.parametrize(("one", "other"), list(combinations(SAMPLE, 2)))
def test_two_sources_go_together_on_one_grid_with_every_label_theirs_or_are_refused(
    one: str, other: str, outs: Path, tmp_path: Path
) -> None:
    takes = [{"out": str(outs / source)} for source in (one, other)]
    recipe = {"take": takes, "place": {"size": 16, "colours": "L", "pad_mask": 255}, "split": {"parts": {"train": 0.5, "test": 0.5}}}
    try:
        derivation = hf_medseg.derive(recipe, tmp_path / "new", workers=1, progress=False)
    except Refused as refused:
        assert "license" in str(refused) or "overlap" in str(refused)
        return
    sound(tmp_path / "new")
    found = rows(tmp_path / "new")
    assert {row["source"] for row in found.values()} == {one, other}
    classes = ("background", *derivation.edition.classes)
    own = {source: {*sources()[source].classes} for source in (one, other)}
    sides: dict[str, set[str]] = {}
    for path in (tmp_path / "new" / "data").iterdir():
        for row in pq.read_table(path, columns=["split_group", "patient_id"]).to_pylist():
            for group in filter(None, row.values()):
                sides.setdefault(group, set()).add(path.name.split("-")[0])
    assert all(len(some) == 1 for some in sides.values()), "no group and no patient on two sides"
    for row in found.values():
        if row["mask"] is None:
            assert (row["classes"], row["annotated_classes"]) == ([], []), "nobody looked: no mask, and no background"
            continue
        values = {*np.unique(pixels(row["mask"])).tolist()}
        assert {classes[value] for value in values if 0 < value < 255} <= own[row["source"]], "no class of the other source"
        unknown = {*classes[1:]} - own[row["source"]]
        assert not (unknown and 0 in values), "background is what both were searched for"
