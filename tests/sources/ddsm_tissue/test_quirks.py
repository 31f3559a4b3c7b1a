"""DDSM breast tissue: a test for every quirk."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hf_medseg.conversion.run import Conversion, convert
from tests.support.harness import PHANTOMS, Converted, pixels, run


def test_no_density_is_read_from_the_first_letter(tmp_path: Path) -> None:
    row = run("ddsm-tissue", "clean", tmp_path).row("D_4597_1.RIGHT_MLO")
    assert row["patient_id"] == "D_4597"
    assert not [name for name in row if "density" in name or "acr" in name]


def test_64_is_background_and_128_and_192_are_two_classes(tmp_path: Path) -> None:
    converted = run("ddsm-tissue", "clean", tmp_path)
    assert converted.names("classes") == ["background", "adipose", "fibroglandular", "pectoral_muscle"]
    for row in converted.rows():
        assert row["classes"] == [0, 1, 2, 3]
    assert not {0, 64, 128, 192, 255} <= set(np.unique(pixels(row["mask"])))


def _columns_of_muscle(converted: Converted, image_id: str) -> NDArray[np.intp]:
    return np.argwhere(pixels(converted.row(image_id)["mask"]) == 3)[:, 1]


def test_orientation_is_not_normalised(tmp_path: Path) -> None:
    converted = run("ddsm-tissue", "clean", tmp_path)
    assert _columns_of_muscle(converted, "A_0002_1.RIGHT_MLO").min() == 0
    for flipped in ("B_3602_1.RIGHT_MLO", "D_4597_1.RIGHT_MLO"):
        assert _columns_of_muscle(converted, flipped).max() == pixels(converted.row(flipped)["mask"]).shape[1] - 1
        assert converted.names("laterality")[converted.row(flipped)["laterality"]] == "right"


def test_a_zero_is_no_class(tmp_path: Path) -> None:
    (rejected,) = run("ddsm-tissue", "undeclared-zero", tmp_path).section()["rejected"]
    assert "64, 128, 192, 255" in rejected["expected"]


def _with_folds(folder: Path, lists: dict[str, str]) -> Conversion:
    phantom = PHANTOMS["ddsm-tissue"].make(folder / "raw", "clean")
    for name, text in lists.items():
        (phantom.raw / name).write_text(text)
    return convert("ddsm-tissue", phantom.raw, folder / "out", workers=1)


def test_folds_come_from_lists_that_the_user_adds(tmp_path: Path) -> None:
    import pyarrow.parquet as pq

    lists = {"fold_1.txt": "A_0002_1.RIGHT_MLO\r\nB_3602_1.RIGHT_MLO.png\r\n", "fold_2.txt": "D_4597_1.RIGHT_MLO\nA_9999_1.RIGHT_MLO\n"}
    found = _with_folds(tmp_path, lists)
    known = {note["path"]: note["reason"] for note in found.report["configs"]["default"]["known"]}
    assert "A_9999_1.RIGHT_MLO" in known.pop("fold_2.txt")
    # Pictures for training that no list names: their fold was null without a word. The test set is in no fold.
    unnamed = "no list of the folds names it, so its fold is null"
    assert known == {"train_valid/fgt_seg/A_0014_1.RIGHT_MLO.png": unnamed}
    rows = [row for path in sorted((tmp_path / "out" / "data").glob("*.parquet")) for row in pq.read_table(path).to_pylist()]
    folds = {row["image_id"]: row["fold"] for row in rows}
    assert folds["A_0002_1.RIGHT_MLO"] == folds["B_3602_1.RIGHT_MLO"] == 1
    assert folds["D_4597_1.RIGHT_MLO"] == 2
    assert folds["A_0014_1.RIGHT_MLO"] is None
    assert folds["A_0040_1.RIGHT_MLO"] is None


def test_a_picture_in_two_folds_is_rejected(tmp_path: Path) -> None:
    found = _with_folds(tmp_path, {"fold_1.txt": "A_0002_1.RIGHT_MLO\n", "fold_2.txt": "A_0002_1.RIGHT_MLO\n"})
    (rejected,) = found.report["configs"]["default"]["rejected"]
    assert rejected["image_id"] == "A_0002_1.RIGHT_MLO"
