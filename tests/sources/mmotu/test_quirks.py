"""MMOTU: a test for every quirk."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from hf_medseg.catalog.lookup import find_source
from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from tests.support.harness import PHANTOMS, pixels, run


def test_otu_3d_is_the_contrast_enhanced_subset(tmp_path: Path) -> None:
    converted = run("mmotu", "clean", tmp_path)
    assert {row["source_file"] for row in converted.rows("otu-ceus")} == {f"OTU_3d/images/{number}.JPG" for number in (2, 10, 90)}
    assert converted.section("otu-ceus")["folder"] == "otu-ceus"


def test_the_contrast_enhanced_subset_alone(tmp_path: Path) -> None:
    phantom = PHANTOMS["mmotu"].make(tmp_path / "raw", "clean")
    shutil.rmtree(phantom.raw / "OTU_2d")
    with pytest.raises(Refused, match="otu-ceus"):
        convert("mmotu", phantom.raw, tmp_path / "none", workers=1)
    assert not (tmp_path / "none").exists() or not any((tmp_path / "none").iterdir())
    found = convert("mmotu", phantom.raw, tmp_path / "out", workers=1, configs=["otu-ceus"])
    assert not found.report["configs"]["otu-ceus"]["rejected"]


def test_a_normal_ovary_has_a_mask_and_none_is_empty(tmp_path: Path) -> None:
    converted = run("mmotu", "clean", tmp_path)
    assert converted.names("label")[converted.row("2")["label"]] == "normal_ovary"
    assert all(len(row["classes"]) == 2 for row in converted.rows())


def test_binary_masks_are_left_alone(tmp_path: Path) -> None:
    notes = {note["path"].rpartition("/")[2]: note["reason"] for note in run("mmotu", "clean", tmp_path).section()["not_used"]}
    assert "colour mask" in notes["9_binary.PNG"]
    assert "leftover" in notes["9_binary_binary.PNG"]


def test_colours_are_exact(tmp_path: Path) -> None:
    (rejected,) = run("mmotu", "undeclared-colour", tmp_path).section()["rejected"]
    assert "(128, 0, 0)" in rejected["expected"]


def test_near_duplicates_stay_in_the_splits_of_the_owner(tmp_path: Path) -> None:
    converted = run("mmotu", "clean", tmp_path)
    assert (converted.row("82")["split"], converted.row("84")["split"]) == ("train", "validation")


def test_class_order_is_the_owners(tmp_path: Path) -> None:
    converted = run("mmotu", "clean", tmp_path)
    for row in converted.rows():
        assert np.unique(pixels(row["mask"])).tolist() == [0, row["label"] + 1]
    assert converted.names("label") == converted.names("classes")[1:]


def test_a_copy_repeats_the_pictures_by_class(tmp_path: Path) -> None:
    converted = run("mmotu", "github-copy", tmp_path)
    assert any("8_layers/Ovary_Normal/images/2.JPG" in path for path in converted.section()["duplicate"])
    assert len(converted.rows()) == 8


def test_published_counts_are_those_of_the_files() -> None:
    (edition,) = find_source("mmotu").editions
    assert edition.published.rows == {"train": 1000, "validation": 469}


def test_a_picture_in_neither_list_is_rejected(tmp_path: Path) -> None:
    phantom = PHANTOMS["mmotu"].make(tmp_path / "raw", "clean")
    lines = (phantom.raw / "OTU_2d" / "train.txt").read_text().split("\n")
    (phantom.raw / "OTU_2d" / "train.txt").write_text("\n".join(line for line in lines if line != "9"))
    found = convert("mmotu", phantom.raw, tmp_path / "out", workers=1)
    (rejected,) = found.report["configs"]["otu-2d"]["rejected"]
    assert (rejected["file"], rejected["image_id"]) == ("OTU_2d/images/9.JPG", "9")


@pytest.mark.parametrize("line", ["9.JPG  0", "9.JPG  8"])
def test_a_second_or_unknown_class_is_rejected(line: str, tmp_path: Path) -> None:
    phantom = PHANTOMS["mmotu"].make(tmp_path / "raw", "clean")
    with (phantom.raw / "OTU_2d" / "val_cls.txt").open("a") as file:
        file.write(f"\n{line}\n")
    found = convert("mmotu", phantom.raw, tmp_path / "out", workers=1)
    (rejected,) = found.report["configs"]["otu-2d"]["rejected"]
    assert rejected["image_id"] == "9"


def test_a_class_that_a_spreadsheet_wrote_with_a_decimal_place_is_read(tmp_path: Path) -> None:
    """`3.0` rejected its picture."""
    phantom = PHANTOMS["mmotu"].make(tmp_path / "raw", "clean")
    before = convert("mmotu", phantom.raw, tmp_path / "before", workers=1)
    for name in ("train_cls.txt", "val_cls.txt"):
        path = phantom.raw / "OTU_2d" / name
        path.write_text("".join(f"{line.rstrip()}.0\n" for line in path.read_text().splitlines() if line.strip()))
    after = convert("mmotu", phantom.raw, tmp_path / "after", workers=1)
    assert after.rejected == before.rejected == []
    assert after.report["configs"] == before.report["configs"]


CONVERT = """\
import sys
from pathlib import Path
from hf_medseg.conversion.run import convert
convert("mmotu", Path(sys.argv[1]), Path(sys.argv[2]), workers=1)
"""


def test_a_picture_in_both_lists_gives_the_same_shards_in_every_process(tmp_path: Path) -> None:
    raw = PHANTOMS["mmotu"].make(tmp_path / "raw", "listed-twice").raw
    for order in ("1", "3"):  # in which Python orders the words `train` and `validation` differently
        done = [sys.executable, "-c", CONVERT, str(raw), str(tmp_path / order)]
        subprocess.run(done, check=True, env={**os.environ, "PYTHONHASHSEED": order}, capture_output=True)
    shards = [path.relative_to(tmp_path / "1") for path in (tmp_path / "1").rglob("*.parquet")]
    assert shards
    for shard in shards:
        assert (tmp_path / "1" / shard).read_bytes() == (tmp_path / "3" / shard).read_bytes()
