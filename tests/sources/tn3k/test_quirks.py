"""Quirks of TN3K, each under its name."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from hf_medseg.loading.builder import load_dataset
from tests.support.harness import PHANTOMS


def test_the_blurred_edge_of_real_masks_is_parted_in_the_middle(real: Callable[[str], Path], tmp_path: Path) -> None:
    masks = sorted((real("tn3k") / "tn3k" / "test-mask").iterdir())
    for mask in masks:
        for folder in ("test-image", "test-mask"):
            (tmp_path / "raw" / folder).mkdir(parents=True, exist_ok=True)
            (tmp_path / "raw" / folder / mask.name).write_bytes(mask.read_bytes())
    rows = {row["image_id"]: row for row in load_dataset("tn3k", tmp_path / "raw", split="test", streaming=True)}
    assert len(rows) == len(masks)
    for mask in masks:
        assert np.array_equal(np.asarray(rows[f"test_{mask.stem}"]["mask"]), np.asarray(Image.open(mask)) > 127)


@pytest.mark.parametrize(
    ("content", "said"),
    [(json.dumps({"val": [0], "train": []}), "the picture 0000 validates in fold 0 too"), ("[1, 2]", "lists of numbers called `val`")],
)
def test_a_fold_list_that_cannot_be_the_owners_is_refused(content: str, said: str, tmp_path: Path) -> None:
    phantom = PHANTOMS["tn3k"].make(tmp_path / "raw")
    (phantom.raw / "tn3k" / "tn3k-trainval-fold3.json").write_text(content)
    with pytest.raises(Refused, match=said):
        convert("tn3k", phantom.raw, tmp_path / "out", workers=1)
