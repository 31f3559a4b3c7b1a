"""What a user can get twice is fresh: rows in a cache, a survey and kept shards are those of the raw data as they are now."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import hf_medseg
from hf_medseg.executor import Executor
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import open_raw_tree
from hf_medseg.survey import take_survey
from tests.harness import PHANTOMS
from tests.phantoms import kit
from tests.phantoms.kit import Array

ROOT = Path(__file__).parents[1]
OLD_PYTHON = os.environ.get("HF_MEDSEG_OLD_PYTHON", "")
MASK = "Image_02L_1stHO.png"

FORMS: dict[str, Callable[[Path, Path], Path]] = {
    "folder": lambda raw, to: raw,
    "zip": lambda raw, to: kit.as_zip(raw, to / "CHASEDB1.zip"),
    "tar": lambda raw, to: kit.as_tar(raw, to / "CHASEDB1.tar"),
    "tar.gz": lambda raw, to: kit.as_tar(raw, to / "CHASEDB1.tar.gz"),
}


def chase(folder: Path) -> Path:
    """A tree with a mask that `correct` changes without changing its size."""
    raw: Path = PHANTOMS["chase-db1"].make(folder).raw
    draw(raw, 3)
    return raw


def draw(raw: Path, row: int) -> Array:
    """Writes the mask with one line of vessel, always in as many bytes, and sets its modification time back."""
    mask = np.zeros((40, 46), np.uint8)
    mask[row] = 255
    kit.save(raw / MASK, mask, compress_level=0)
    os.utime(raw / MASK, ns=(10**18, 10**18))
    return mask // 255


def loaded_mask(raw: Path, cache: Path) -> Array:
    dataset = hf_medseg.load_dataset("chase-db1", raw, split="train", cache_dir=str(cache))
    return next(np.asarray(row["mask"]) for row in dataset if row["image_id"] == "Image_02L")


@pytest.mark.parametrize("form", FORMS)
def test_a_mask_of_the_same_size_and_time_is_loaded_anew(form: str, tmp_path: Path) -> None:
    raw = chase(tmp_path / "raw")
    assert loaded_mask(FORMS[form](raw, tmp_path), tmp_path / "cache")[3].all()
    size = (raw / MASK).stat().st_size
    right = draw(raw, 30)
    assert (raw / MASK).stat().st_size == size
    assert np.array_equal(loaded_mask(FORMS[form](raw, tmp_path), tmp_path / "cache"), right)


def test_a_file_more_and_a_file_less_are_seen(tmp_path: Path) -> None:
    raw = chase(tmp_path / "raw")
    (raw / "Image_05L.jpg").write_bytes((raw / "Image_01L.jpg").read_bytes())
    for observer in ("1stHO", "2ndHO"):
        (raw / f"Image_05L_{observer}.png").write_bytes((raw / f"Image_01L_{observer}.png").read_bytes())
    counts = [hf_medseg.load_dataset("chase-db1", raw, split="train", cache_dir=str(tmp_path / "cache")).num_rows]
    for path in raw.glob("Image_05L*"):
        path.unlink()
    counts.append(hf_medseg.load_dataset("chase-db1", raw, split="train", cache_dir=str(tmp_path / "cache")).num_rows)
    assert counts == [8, 7]


def test_an_edited_about_file_is_seen(tmp_path: Path) -> None:
    phantom = PHANTOMS["image-mask-folder"].make(tmp_path / "raw", "clean")
    assert phantom.about is not None

    def names() -> list[str]:
        found = hf_medseg.load_dataset("image-mask-folder", phantom.raw, about=phantom.about, cache_dir=str(tmp_path / "cache"))
        told: list[str] = found["train"].features["classes"].feature.names
        return told

    assert names() == ["background", "nucleus", "cytoplasm"]
    phantom.about.write_text(phantom.about.read_text().replace("nucleus", "nuclei."))
    assert names() == ["background", "nuclei.", "cytoplasm"]


def test_an_edited_table_is_seen(tmp_path: Path) -> None:
    phantom = PHANTOMS["brats"].make(tmp_path / "raw", "clean")
    table = next(path for path in phantom.raw.rglob("*.csv") if path.name == "survival_info.csv")

    def ages() -> set[float]:
        found = hf_medseg.load_dataset("brats", phantom.raw, split="train", cache_dir=str(tmp_path / "cache"))
        return {round(row["age"], 3) for row in found.select_columns(["age"]) if row["age"] is not None}

    before = ages()
    lines = table.read_text().splitlines()
    cells = [line.split(",") for line in lines[1:]]
    place = lines[0].split(",").index("Age")
    for row in cells:
        row[place] = "41.125"
    table.write_text("\n".join([lines[0], *(",".join(row) for row in cells)]) + "\n")
    assert 41.125 not in before
    assert 41.125 in ages()


def test_a_changed_package_loads_anew_and_an_unchanged_one_does_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw = chase(tmp_path / "raw")

    def folders() -> set[str]:
        hf_medseg.load_dataset("chase-db1", raw, cache_dir=str(tmp_path / "cache"))
        return {path.parent.as_posix() for path in (tmp_path / "cache").rglob("dataset_info.json")}

    first = folders()
    assert len(first) == 1
    assert folders() == first, "nothing changed: the cache serves"
    monkeypatch.setattr("hf_medseg.loading.code", lambda: "another")
    assert len(folders()) == 2


def test_a_stream_that_begins_later_sees_what_changed(tmp_path: Path) -> None:
    raw = chase(tmp_path / "raw")
    for row in (3, 30):
        right = draw(raw, row)
        stream = hf_medseg.load_dataset("chase-db1", raw, split="train", streaming=True)
        assert np.array_equal(next(np.asarray(one["mask"]) for one in stream if one["image_id"] == "Image_02L"), right)


OLD_WORLD = """
import sys
import numpy
from datasets import load_dataset
path, raw, cache = sys.argv[1:]
dataset = load_dataset(path, data_dir=raw, split="train", trust_remote_code=True, cache_dir=cache)
print(int(numpy.asarray(next(row["mask"] for row in dataset if row["image_id"].startswith("21")))[0, 0]))
"""


@pytest.mark.skipif(not OLD_PYTHON, reason="no environment with datasets 3.6: `make test` makes one and sets HF_MEDSEG_OLD_PYTHON")
def test_the_old_world_sees_what_changed(tmp_path: Path) -> None:
    raw = PHANTOMS["drive"].make(tmp_path / "raw").raw
    manual = next(path for path in raw.rglob("21_manual1.gif"))
    shape = np.asarray(Image.open(manual)).shape
    found = []
    for value in (0, 255):
        kit.save(manual, np.full(shape, value, np.uint8))
        command = [OLD_PYTHON, "-c", OLD_WORLD, str(ROOT / "loading_scripts" / "drive.py"), str(raw), str(tmp_path / "cache")]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "HF_HOME": str(tmp_path / "home")})
        assert ended.returncode == 0, ended.stderr
        found.append(int(ended.stdout.splitlines()[-1]))
    assert found == [0, 1]


def _text(data: bytes, path: str) -> str:
    return data.decode()


def _survey(folder: Path, memory: Path) -> dict[str, Any]:
    return take_survey(open_raw_tree(folder, memory).files, _text, Executor(1), memory)


def test_a_survey_is_taken_again_where_a_file_of_the_same_size_changed(tmp_path: Path) -> None:
    kit.write(tmp_path / "raw" / "a.txt", "one")
    kit.write(tmp_path / "raw" / "b.txt", "two")
    assert _survey(tmp_path / "raw", tmp_path / "memory") == {"a.txt": "one", "b.txt": "two"}
    kit.write(tmp_path / "raw" / "a.txt", "ONE")
    assert _survey(tmp_path / "raw", tmp_path / "memory") == {"a.txt": "ONE", "b.txt": "two"}


def test_a_survey_is_remembered_and_a_cut_memory_is_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kit.write(tmp_path / "raw" / "a.txt", "one")
    first = _survey(tmp_path / "raw", tmp_path / "memory")
    read = RawFile.read
    monkeypatch.setattr(RawFile, "read", lambda file, head=None: pytest.fail("it was looked at before"))
    assert _survey(tmp_path / "raw", tmp_path / "memory") == first
    monkeypatch.setattr(RawFile, "read", read)
    (store,) = (tmp_path / "memory").iterdir()
    store.write_bytes(store.read_bytes()[:-3])
    assert _survey(tmp_path / "raw", tmp_path / "memory") == first
