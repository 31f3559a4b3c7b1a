"""What a user can get twice is fresh: rows in a cache, a survey and kept shards are those of the raw data as they are now."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

import hf_medseg
from hf_medseg.convert import Conversion, convert
from hf_medseg.executor import Executor
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import open_raw_tree
from hf_medseg.survey import take_survey
from tests.harness import PHANTOMS, pixels, run
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


def converted_mask(raw: Path, out: Path, **options: Any) -> tuple[Array, Conversion]:
    """The stored mask, and what the conversion did."""
    done = convert("chase-db1", raw, out, workers=1, max_shard_size=3_000, **options)
    rows = [row for path in sorted((out / "data").iterdir()) for row in pq.read_table(path).to_pylist()]
    return next(pixels(row["mask"]) for row in rows if row["image_id"] == "Image_02L"), done


def contents(out: Path) -> dict[str, bytes]:
    """Every file of a conversion but what only this machine needs to know."""
    return {name: path.read_bytes() for name, path in kit.files_of(out) if not name.startswith(".local/")}


@pytest.mark.parametrize("memory", ["kept", "lost"])
@pytest.mark.parametrize("form", FORMS)
def test_a_mask_of_the_same_size_and_time_is_converted_anew(form: str, memory: str, tmp_path: Path) -> None:
    raw, out = chase(tmp_path / "raw"), tmp_path / "out"
    assert converted_mask(FORMS[form](raw, tmp_path), out)[0][3].all()
    right = draw(raw, 30)
    if memory == "lost":
        shutil.rmtree(out / ".local")
    mask, done = converted_mask(FORMS[form](raw, tmp_path), out)
    assert np.array_equal(mask, right)
    assert (len(done.made), len(done.kept)) == (1, 4)
    fresh = tmp_path / "fresh"
    converted_mask(raw, fresh)
    assert contents(out) == contents(fresh)


def test_files_that_were_exchanged_are_converted_anew(tmp_path: Path) -> None:
    """The same bytes are all there still, under each other's names."""
    raw, out = chase(tmp_path / "raw"), tmp_path / "out"
    one, other = raw / "Image_01L_1stHO.png", raw / "Image_01R_1stHO.png"
    kit.save(one, np.eye(40, 46, dtype=np.uint8) * 255, compress_level=0)
    kit.save(other, np.zeros((40, 46), np.uint8), compress_level=0)
    convert("chase-db1", raw, out, workers=1)
    shutil.rmtree(out / ".local")
    first, second = one.read_bytes(), other.read_bytes()
    assert len(first) == len(second)
    one.write_bytes(second)
    other.write_bytes(first)
    assert len(convert("chase-db1", raw, out, workers=1).made) == 1


@pytest.mark.parametrize("source", ["chase-db1", "drive", "brats", "lidc-idri", "tcia", "oasis", "herlev"])
def test_without_memory_the_hashes_in_the_rows_decide(source: str, tmp_path: Path) -> None:
    first = run(source, "clean", tmp_path)
    before = contents(first.out)
    shutil.rmtree(first.out / ".local")
    given = {"workers": 1, "parts": first.phantom.parts, "about": first.phantom.about}
    again = convert(source, first.phantom.raw, first.out, **given)
    default = again.plan.configs[0].config.name
    assert set(again.kept) >= {name for name in first.conversion.made if name.startswith((f"{default}/", "data/"))}
    assert contents(first.out) == before


def test_what_only_looks_newer_is_kept_and_not_read_a_third_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, out = chase(tmp_path / "raw"), tmp_path / "out"
    converted_mask(raw, out)
    before = contents(out)
    os.utime(raw / MASK)
    assert not converted_mask(raw, out)[1].made
    monkeypatch.setattr(RawFile, "read", lambda file, head=None: pytest.fail("nothing changed since it was compared"))
    assert not converted_mask(raw, out)[1].made
    assert contents(out) == before


def test_a_shard_of_another_folder_in_the_place_of_ours_is_made_anew(tmp_path: Path) -> None:
    raw, out = chase(tmp_path / "raw"), tmp_path / "out"
    converted_mask(raw, out)
    other = shutil.copytree(out, tmp_path / "other")
    right = draw(raw, 30)
    converted_mask(raw, out)
    for path in (other / "data").iterdir():
        shutil.copyfile(path, out / "data" / path.name)
    assert np.array_equal(converted_mask(raw, out)[0], right)


def test_a_changed_package_converts_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, out = chase(tmp_path / "raw"), tmp_path / "out"
    converted_mask(raw, out)
    monkeypatch.setattr("hf_medseg.shard.code", lambda: "another")
    assert not converted_mask(raw, out)[1].kept


def test_everything_is_the_same_after_kills_at_every_point(tmp_path: Path) -> None:
    """Killed when the n-th file gets its final name, for every n until the conversion ends; classes differ from shard to shard."""
    raw, out = PHANTOMS["herlev"].make(tmp_path / "raw").raw, tmp_path / "out"
    convert("herlev", raw, tmp_path / "whole", workers=1, max_shard_size=20_000)
    script = (
        "import os, sys\n"
        "from hf_medseg.convert import convert\n"
        "rename, left = os.replace, [int(sys.argv[1])]\n"
        "def replace(here, there):\n"
        "    left[0] -= 1\n"
        "    if left[0] == 0: os._exit(9)\n"
        "    rename(here, there)\n"
        "os.replace = replace\n"
        "convert('herlev', sys.argv[2], sys.argv[3], workers=1, max_shard_size=20_000)\n"
    )
    ended = [
        subprocess.run([sys.executable, "-c", script, str(n), str(raw), str(out)], check=False).returncode for n in (2, 3, 5, 8, 4, 5, 2, 3)
    ]
    assert set(ended) <= {0, 9}
    assert ended.count(9) >= 5
    convert("herlev", raw, out, workers=1, max_shard_size=20_000)
    assert contents(out) == contents(tmp_path / "whole")
    convert("herlev", raw, out, workers=1, max_shard_size=20_000)
    assert contents(out) == contents(tmp_path / "whole")
