"""The main job: same bytes whatever the form, the workers and the interruptions; nothing lost, nothing half written."""

from __future__ import annotations

import errno
import gc
import hashlib
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from hf_medseg.conversion import executor, shard
from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from tests.support import kit
from tests.support.harness import PHANTOMS, pixels

CHASE = PHANTOMS["chase-db1"]
SMALL = {"max_shard_size": 3_000}


def hashes(out: Path) -> dict[str, str]:
    """SHA-256 of every file of an output folder."""
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in kit.files_of(out)}


def shards(out: Path) -> dict[str, str]:
    return {name: digest for name, digest in hashes(out).items() if name.startswith("data/")}


def tree(folder: Path) -> Path:
    return CHASE.make(folder).raw


@pytest.fixture
def reference(tmp_path: Path) -> dict[str, str]:
    convert("chase-db1", tree(tmp_path / "reference-raw"), tmp_path / "reference", workers=1, **SMALL)
    found = shards(tmp_path / "reference")
    assert len(found) > 3
    return found


FORMS: dict[str, Callable[[Path, Path], Path]] = {
    "deep": lambda raw, to: Path(shutil.copytree(raw, to / "a" / "b c" / "CHASEDB1")).parents[2],
    "zip": lambda raw, to: kit.as_zip(raw, to / "CHASEDB1.zip"),
    "zip-with-top": lambda raw, to: kit.as_zip(raw, to / "CHASEDB1.zip", top="CHASE/DB1/"),
    "folder-with-zip": lambda raw, to: kit.as_zip(raw, to / "downloads" / "CHASEDB1.zip").parents[1],
    "tar": lambda raw, to: kit.as_tar(raw, to / "chase.tar", top="./"),
    "tar.gz": lambda raw, to: kit.as_tar(raw, to / "chase.tar.gz", top="x/"),
    "tgz": lambda raw, to: kit.as_tar(raw, to / "chase.tgz"),
}


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_bytes(form: str, tmp_path: Path, reference: dict[str, str]) -> None:
    raw = tree(tmp_path / "raw")
    convert("chase-db1", FORMS[form](raw, tmp_path / "form"), tmp_path / "out", workers=1, **SMALL)
    assert shards(tmp_path / "out") == reference
    assert not (tmp_path / "out" / ".work").exists()


def test_litter_changes_nothing_but_the_report(tmp_path: Path, reference: dict[str, str]) -> None:
    raw = tree(tmp_path / "raw")
    kit.litter(raw)
    result = convert("chase-db1", raw, tmp_path / "out", workers=1, **SMALL)
    assert shards(tmp_path / "out") == reference
    reasons = {note["path"].rpartition("/")[2]: note["reason"] for note in result.report["configs"]["default"]["not_used"]}
    assert {"Thumbs.db", ".DS_Store"} <= set(reasons)
    assert sum(name.endswith(":Zone.Identifier") for name in reasons) == 1


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_workers_and_start_methods_change_nothing(method: str, tmp_path: Path, reference: dict[str, str]) -> None:
    import concurrent.futures

    with concurrent.futures.ProcessPoolExecutor(2, multiprocessing.get_context(method)) as pool:
        convert("chase-db1", tree(tmp_path / "raw"), tmp_path / "out", executor=pool, **SMALL)
    assert shards(tmp_path / "out") == reference


def test_two_local_workers(tmp_path: Path, reference: dict[str, str]) -> None:
    convert("chase-db1", tree(tmp_path / "raw"), tmp_path / "out", workers=2, **SMALL)
    assert shards(tmp_path / "out") == reference


def test_the_process_of_a_caller_stays_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    raw, opened = tree(tmp_path / "raw"), []
    frozen, running = gc.get_freeze_count(), gc.isenabled()
    monkeypatch.setattr(executor.ctypes, "CDLL", opened.append)
    for workers in (1, 2):
        convert("chase-db1", raw, tmp_path / f"out-{workers}", workers=workers, **SMALL)
    assert (gc.get_freeze_count(), gc.isenabled()) == (frozen, running), "what dies in a circle must still be found"
    assert not opened, "the memory of the C library is not ours to tune"


def test_the_command_line_settles_its_own_process(tmp_path: Path) -> None:
    code = "import gc, sys; from hf_medseg.cli import main; main(); sys.stdout.write(str(gc.get_freeze_count() > 0))"
    command = [sys.executable, "-c", code, "convert", "chase-db1", tree(tmp_path / "raw"), tmp_path / "out", "--workers", "1"]
    assert subprocess.run(command, capture_output=True, text=True, check=True).stdout.endswith("True")


def test_rerun_keeps_finished_shards(tmp_path: Path) -> None:
    raw = tree(tmp_path / "raw")
    first = convert("chase-db1", raw, tmp_path / "out", workers=1, **SMALL)
    before = hashes(tmp_path / "out")
    second = convert("chase-db1", raw, tmp_path / "out", workers=1, **SMALL)
    assert not second.made
    assert sorted(second.kept) == sorted(first.made)
    assert hashes(tmp_path / "out") == before


def test_rerun_makes_damaged_and_missing_shards_again(tmp_path: Path, reference: dict[str, str]) -> None:
    raw, out = tree(tmp_path / "raw"), tmp_path / "out"
    convert("chase-db1", raw, out, workers=1, **SMALL)
    first, second, *_ = sorted((out / "data").iterdir())
    first.write_bytes(first.read_bytes()[:-100])
    second.unlink()
    again = convert("chase-db1", raw, out, workers=1, **SMALL)
    assert sorted(again.made) == [f"data/{first.name}", f"data/{second.name}"]
    assert shards(out) == reference


def test_rerun_after_a_rejection_was_mended(tmp_path: Path, reference: dict[str, str]) -> None:
    raw, out = tree(tmp_path / "raw"), tmp_path / "out"
    good = (raw / "Image_02L.jpg").read_bytes()
    (raw / "Image_02L.jpg").write_bytes(good[:-1] + b"\x00")
    broken = convert("chase-db1", raw, out, workers=1, **SMALL)
    assert [one["file"] for one in broken.rejected] == ["Image_02L.jpg"]
    (raw / "Image_02L.jpg").write_bytes(good)
    mended = convert("chase-db1", raw, out, workers=1, **SMALL)
    assert len(mended.made) == 1
    assert not mended.rejected
    assert shards(out) == reference


def test_another_plan_leaves_no_stale_shards(tmp_path: Path) -> None:
    raw, out = tree(tmp_path / "raw"), tmp_path / "out"
    convert("chase-db1", raw, out, workers=1, **SMALL)
    result = convert("chase-db1", raw, out, workers=1, replace=True)
    assert sorted(shards(out)) == sorted(result.made) == ["data/train-00000-of-00001.parquet"]


def test_kill_at_random_moments_and_run_again(tmp_path: Path, reference: dict[str, str]) -> None:
    raw, out = tree(tmp_path / "raw"), tmp_path / "out"
    command = [sys.executable, "-m", "hf_medseg", "convert", "chase-db1", str(raw), str(out), "--workers", "2", "--max-shard-size", "3kB"]
    for moment in (0.3, 0.6, 0.9, 1.1, 1.3, 1.6):
        process = subprocess.Popen(command, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        with pytest.MonkeyPatch.context():
            deadline = time.monotonic() + moment
            while process.poll() is None and time.monotonic() < deadline:
                os.sched_yield()
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for name, digest in shards(out).items() if out.exists() else ():
            assert digest == reference[name], "a shard under its final name is complete"
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    assert shards(out) == reference
    assert not (out / ".work").exists()


def test_ctrl_c_keeps_what_is_finished(tmp_path: Path) -> None:
    raw, out = tree(tmp_path / "raw"), tmp_path / "out"
    process = subprocess.Popen(
        [sys.executable, "-m", "hf_medseg", "convert", "chase-db1", str(raw), str(out), "--workers", "1", "--max-shard-size", "3kB"],
        stderr=subprocess.PIPE,
        text=True,
    )
    while not (out / "data").exists() and process.poll() is None:
        os.sched_yield()
    process.send_signal(signal.SIGINT)
    message = process.communicate()[1]
    assert process.returncode in (130, 0)
    if process.returncode == 130:
        assert "same command carries on" in message
        assert "Traceback" not in message


def test_a_full_disk_says_so(tmp_path: Path) -> None:
    raw, out = tree(tmp_path / "raw"), tmp_path / "out"
    script = (
        "import resource, signal, sys\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))\n"
        "from hf_medseg.cli import main\n"
        f"sys.exit(main(['convert', 'chase-db1', {str(raw)!r}, {str(out)!r}, '--workers', '1']))\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "No file may grow that large here" in ended.stderr
    assert str(out / "data" / "train-00000-of-00001.parquet") in ended.stderr  # Arrow does not say it
    assert "Raise that limit, and run the same command again.\n" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not list(out.glob("data/*.parquet"))
    assert not (out / "README.md").exists()


def test_a_write_that_fails_in_the_middle_of_a_shard_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shard, "LEAST_GROUP", 1)
    monkeypatch.setattr(shard, "MOST_GROUP", 2)
    write, groups = pq.ParquetWriter.write_table, []

    def full(writer: pq.ParquetWriter, table: Any, **options: Any) -> None:
        groups.append(table)
        if len(groups) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(writer, table, **options)

    monkeypatch.setattr(pq.ParquetWriter, "write_table", full)
    with pytest.raises(OSError, match="No space left"):
        convert("chase-db1", tree(tmp_path / "raw"), tmp_path / "out", workers=1)
    assert len(groups) == 3
    assert not [path for path in (tmp_path / "out").rglob("*") if "parquet" in path.name]


def test_limit_takes_cases_of_each_split(tmp_path: Path) -> None:
    raw = PHANTOMS["drive"].make(tmp_path / "raw").raw
    result = convert("drive", raw, tmp_path / "out", workers=1, limit=2)
    assert {name: split["rows"] for name, split in result.report["configs"]["default"]["splits"].items()} == {"train": 2, "test": 2}


def test_dry_run_writes_nothing(tmp_path: Path) -> None:
    raw = tree(tmp_path / "raw")
    result = convert("chase-db1", raw, tmp_path / "out", dry_run=True)
    assert not (tmp_path / "out").exists()
    assert sum(len(shard.cases) for shard in result.plan.configs[0].shards) == 7


def test_raw_tree_is_never_written_to(tmp_path: Path) -> None:
    raw = tree(tmp_path / "raw")
    before = {name: path.stat().st_mtime_ns for name, path in kit.files_of(raw)}
    convert("chase-db1", raw, tmp_path / "out", workers=1)
    assert {name: path.stat().st_mtime_ns for name, path in kit.files_of(raw)} == before


def test_out_inside_raw_and_raw_inside_out_are_refused(tmp_path: Path) -> None:
    raw = tree(tmp_path / "raw")
    for out in (raw, raw / "out", tmp_path):
        with pytest.raises(Refused, match=r"inside"):
            convert("chase-db1", raw, out)


def test_an_out_that_holds_something_else_is_refused(tmp_path: Path) -> None:
    raw, out = tree(tmp_path / "raw"), tmp_path / "out"
    kit.write(out / "thesis.tex", "years of work")
    with pytest.raises(Refused, match=r"holds something else \(thesis.tex\)"):
        convert("chase-db1", raw, out)
    assert [name for name, _ in kit.files_of(out)] == ["thesis.tex"]


def test_an_out_of_another_source_is_refused(tmp_path: Path) -> None:
    convert("drive", PHANTOMS["drive"].make(tmp_path / "drive").raw, tmp_path / "out", workers=1)
    with pytest.raises(Refused, match="already holds drive"):
        convert("chase-db1", tree(tmp_path / "raw"), tmp_path / "out")


def test_a_folder_that_is_another_source_is_refused_by_name(tmp_path: Path) -> None:
    raw = tree(tmp_path / "raw")
    with pytest.raises(Refused, match="It looks like chase-db1") as caught:
        convert("drive", raw, tmp_path / "out")
    assert "Looked for" in str(caught.value)
    assert "Image_01L.jpg" in str(caught.value)
    assert not (tmp_path / "out").exists()


def test_byte_identical_twins_are_listed_and_differing_ones_rejected(tmp_path: Path) -> None:
    raw = tree(tmp_path / "raw")
    (raw / "copy").mkdir()
    for name in ("Image_01L.jpg", "Image_01R.jpg"):
        shutil.copy(raw / name, raw / "copy" / name)
    same = convert("chase-db1", raw, tmp_path / "same", workers=1)
    assert same.report["configs"]["default"]["duplicate"] == ["copy/Image_01L.jpg", "copy/Image_01R.jpg"]
    assert not same.rejected
    kit.save_jpeg(raw / "copy" / "Image_01L.jpg", kit.colour("other", 40, 46))
    differing = convert("chase-db1", raw, tmp_path / "differing", workers=1)
    assert [one["image_id"] for one in differing.rejected] == ["Image_01L"]
    assert "copy/Image_01L.jpg" in differing.rejected[0]["expected"]


def test_no_row_at_all_gives_no_card(tmp_path: Path) -> None:
    raw = tree(tmp_path / "raw")
    for path in raw.glob("*.jpg"):
        path.write_bytes(b"")
    result = convert("chase-db1", raw, tmp_path / "out", workers=1)
    assert result.rows == 0
    assert not (tmp_path / "out" / "README.md").exists()
    assert len(result.rejected) == 7
    assert all("empty" in one["expected"] for one in result.rejected)


def test_shard_layout(tmp_path: Path) -> None:
    """Plain uncompressed pictures, small row groups with a page index, the features that `datasets` reads."""
    convert("chase-db1", tree(tmp_path / "raw"), tmp_path / "out", workers=1)
    file = pq.ParquetFile(tmp_path / "out" / "data" / "train-00000-of-00001.parquet")
    group = file.metadata.row_group(0)
    for index in range(group.num_columns):
        column = group.column(index)
        if column.path_in_schema.endswith(".bytes"):
            assert column.compression == "UNCOMPRESSED"
            assert "DICTIONARY" not in " ".join(column.encodings)
        else:
            assert column.compression == "ZSTD"
        assert column.has_offset_index
        # Statistics of pictures took six copies of a row group, and nobody asks for them.
        assert column.is_stats_set is not column.path_in_schema.endswith(".bytes")
    features = json.loads(file.schema_arrow.metadata[b"huggingface"])["info"]["features"]
    assert list(features)[:9] == [
        "image",
        "mask",
        "image_id",
        "patient_id",
        "classes",
        "width",
        "height",
        "source_file",
        "source_sha256",
    ]
    assert features["classes"] == {"feature": {"names": ["background", "vessel"], "_type": "ClassLabel"}, "length": -1, "_type": "Sequence"}


def test_pictures_pass_through_byte_for_byte(tmp_path: Path) -> None:
    raw = tree(tmp_path / "raw")
    convert("chase-db1", raw, tmp_path / "out", workers=1)
    table = pq.read_table(tmp_path / "out" / "data" / "train-00000-of-00001.parquet").to_pylist()
    for row in table:
        file = (raw / row["source_file"]).read_bytes()
        assert row["image"]["bytes"] == file
        assert row["source_sha256"] == hashlib.sha256(file).hexdigest()
        assert {one["column"]: one["sha256"] for one in row["files"]}["mask"] == hashlib.sha256(
            (raw / f"{row['image_id']}_1stHO.png").read_bytes()
        ).hexdigest()


def test_real_chase_db1(real: Callable[[str], Path], tmp_path: Path) -> None:
    raw = real("chase-db1") / "CHASEDB1"
    result = convert("chase-db1", raw, tmp_path / "out")
    assert not result.rejected
    rows = [row for shard in sorted((tmp_path / "out" / "data").iterdir()) for row in pq.read_table(shard).to_pylist()]
    assert len(rows) == len(list(raw.glob("*.jpg")))
    for row in rows:
        assert np.array_equal(pixels(row["image"]), np.asarray(Image.open(raw / row["source_file"])))
        for column, observer in (("mask", "1st"), ("mask_2", "2nd")):
            truth = np.asarray(Image.open(raw / f"{row['image_id']}_{observer}HO.png"))
            assert truth.dtype == bool
            assert np.array_equal(pixels(row[column]), truth.astype(np.uint8))
    forms = {}
    for form in ("zip", "tar.gz"):
        for workers in (1, 2):
            out = tmp_path / f"{form}-{workers}"
            convert("chase-db1", FORMS[form](raw, tmp_path / "form"), out, workers=workers)
            forms[form, workers] = shards(out)
    assert all(one == shards(tmp_path / "out") for one in forms.values())
