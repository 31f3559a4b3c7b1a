"""What a user can get twice is fresh: rows in a cache, a survey and kept shards are those of the raw data as they are now."""

from __future__ import annotations

import json
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
from hf_medseg.cli import main
from hf_medseg.conversion.executor import Executor
from hf_medseg.conversion.run import Conversion, convert
from hf_medseg.conversion.survey import take_survey
from hf_medseg.dataset import lock
from hf_medseg.dataset.folder import Output
from hf_medseg.dataset.identity import read_shard
from hf_medseg.errors import Refused
from hf_medseg.preview.sheet import contact_sheet
from hf_medseg.progress import Progress
from hf_medseg.publishing.push import push
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import open_raw_tree
from hf_medseg.verification.verify import verify
from tests.support import kit
from tests.support.harness import PHANTOMS, pixels, run
from tests.support.kit import Array

ROOT = Path(__file__).parents[2]
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
    monkeypatch.setattr("hf_medseg.loading.kept.code", lambda: "another")
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
    monkeypatch.setattr("hf_medseg.conversion.kept.code", lambda: "another")
    assert not converted_mask(raw, out)[1].kept


def test_everything_is_the_same_after_kills_at_every_point(tmp_path: Path) -> None:
    """Killed when the n-th file gets its final name, for every n until the conversion ends; classes differ from shard to shard."""
    raw, out = PHANTOMS["herlev"].make(tmp_path / "raw").raw, tmp_path / "out"
    convert("herlev", raw, tmp_path / "whole", workers=1, max_shard_size=20_000)
    script = (
        "import os, sys\n"
        "from hf_medseg.conversion.run import convert\n"
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


def test_other_options_do_not_replace_a_finished_conversion_unasked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw, out = chase(tmp_path / "raw"), tmp_path / "out"
    converted_mask(raw, out)
    before = contents(out)
    with pytest.raises(Refused, match=r"5 of the 7 rows would be lost \(--limit: none before, 2 now\)"):
        convert("chase-db1", raw, out, workers=1, max_shard_size=3_000, limit=2)
    with pytest.raises(Refused, match=r"5 shards would be made anew \(--max-shard-size: 3,000 before, 500,000,000 now\)"):
        convert("chase-db1", raw, out, workers=1)
    command = ["convert", "chase-db1", str(raw), str(out), "--workers", "1", "--limit", "2"]
    assert main([*command, "--dry-run"]) == 0
    assert "refused without --replace: config default: 5 of the 7 rows would be lost" in capsys.readouterr().out
    assert main(command) == 2
    assert "--replace" in capsys.readouterr().err
    assert contents(out) == before
    assert main([*command, "--replace"]) == 0
    assert sum(pq.read_metadata(path).num_rows for path in (out / "data").iterdir()) == 2


def test_a_trial_is_carried_on_to_the_whole(tmp_path: Path) -> None:
    """A higher limit, or none, takes nothing away."""
    raw, out = chase(tmp_path / "raw"), tmp_path / "out"
    convert("chase-db1", raw, out, workers=1, limit=2)
    convert("chase-db1", raw, out, workers=1, limit=4)
    assert convert("chase-db1", raw, out, workers=1, limit=100).rows == 7
    whole = tmp_path / "whole"
    convert("chase-db1", raw, whole, workers=1)
    assert contents(out) == contents(whole), "a limit that leaves nothing out is none"


def test_a_raw_tree_that_lost_most_of_its_files_does_not_empty_a_finished_conversion(tmp_path: Path) -> None:
    raw, out = chase(tmp_path / "raw"), tmp_path / "out"
    converted_mask(raw, out)
    for path in raw.glob("Image_01*"):
        path.unlink()
    fewer = converted_mask(raw, out)[1]
    assert fewer.losses.gone == {"default": 2}
    assert fewer.rows == 5
    for path in (path for path in raw.iterdir() if path.name.startswith("Image_1") or "02R" in path.name):
        path.unlink()
    with pytest.raises(Refused, match="4 of its 5 rows come from files that this raw tree does not hold"):
        converted_mask(raw, out)
    assert converted_mask(raw, out, replace=True)[1].rows == 1


def test_another_users_tree_of_the_same_source_does_not_replace_ours(tmp_path: Path) -> None:
    """Pictures of one's own all come as one source: another project's are not an update."""
    mine, theirs = (PHANTOMS["image-mask-folder"].make(tmp_path / name, "zero_255") for name in ("mine", "theirs"))
    for path in sorted(theirs.raw.rglob("*.*")):
        path.rename(path.with_name(f"other-{path.name}"))
    convert("image-mask-folder", mine.raw, tmp_path / "out", workers=1)
    with pytest.raises(Refused, match="come from files that this raw tree does not hold"):
        convert("image-mask-folder", theirs.raw, tmp_path / "out", workers=1)


def test_another_config_is_added_without_asking(tmp_path: Path) -> None:
    first = run("brats", "clean", tmp_path, configs=[])
    second = convert("brats", first.phantom.raw, first.out, workers=1, configs=["volumes"])
    assert set(second.report["configs"]) == {"slices", "volumes"}


def test_a_config_that_was_made_of_other_raw_data_is_called_so_when_another_one_is_made(tmp_path: Path) -> None:
    """Only the configs that were asked for are brought up to date: the others stayed stale without a word."""
    first = run("brats", "clean", tmp_path, configs=[])
    assert convert("brats", first.phantom.raw, first.out, workers=1, configs=["volumes"]).left == []
    path = next(path for path in sorted(first.phantom.raw.rglob("*_seg.nii*")))
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))
    told = "config slices was made when the raw tree or the about file held something else: --config slices brings it up to date"
    assert convert("brats", first.phantom.raw, first.out, workers=1, configs=["volumes"]).left == [told]
    assert convert("brats", first.phantom.raw, first.out, workers=1, configs=["volumes", "slices"]).left == []


def test_a_config_that_was_broken_off_is_called_so_when_another_one_is_finished(tmp_path: Path) -> None:
    first = run("brats", "clean", tmp_path, configs=[])
    edition = json.loads((first.out / "report.json").read_text(encoding="utf-8"))["edition"] or ""
    Output(first.out).claim("brats", edition, {"volumes": {}})
    told = "config volumes was broken off before it was finished, and is not on the card: --config volumes finishes it"
    assert convert("brats", first.phantom.raw, first.out, workers=1).left == [told]


KILLED = """
import os, sys
from hf_medseg.conversion.run import convert
rename, left = os.replace, [4]
def replace(here, there):
    rename(here, there)
    left[0] -= str(there).endswith(".parquet")
    if left[0] == 0: os._exit(9)
os.replace = replace
convert("chase-db1", *sys.argv[1:], workers=1, max_shard_size=3_000)
"""


def test_a_broken_off_conversion_is_not_replaced_by_other_options_and_is_carried_on_by_its_own(tmp_path: Path) -> None:
    raw, out = chase(tmp_path / "raw"), tmp_path / "out"
    assert subprocess.run([sys.executable, "-c", KILLED, str(raw), str(out)], check=False).returncode == 9
    finished = {path.name for path in (out / "data").iterdir()}
    assert len(finished) == 4
    with pytest.raises(Refused, match="of a conversion that was broken off"):
        convert("chase-db1", raw, out, workers=1, max_shard_size=3_000, limit=1)
    assert {path.name for path in (out / "data").iterdir()} == finished
    assert len(converted_mask(raw, out)[1].kept) >= 3


RUNNING = """
import sys
from hf_medseg.conversion.run import convert
def wait(now):
    print("running", flush=True)
    sys.stdin.read()
convert("chase-db1", *sys.argv[1:], workers=2, max_shard_size=3_000, progress=wait)
"""


def test_a_second_conversion_is_refused_while_the_first_lives_and_not_after_it_was_killed(tmp_path: Path) -> None:
    raw, out = chase(tmp_path / "raw"), tmp_path / "out"
    first = subprocess.Popen([sys.executable, "-c", RUNNING, str(raw), str(out)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert first.stdout is not None
    assert first.stdout.readline() == b"running\n"
    for second in (lambda: convert("chase-db1", raw, out, workers=1), lambda: verify(out), lambda: contact_sheet(out)):
        with pytest.raises(Refused, match=r"running in|being read or written"):
            second()
    first.kill()
    first.wait()
    first.stdout.close()
    assert converted_mask(raw, out)[1].rows == 7
    assert verify(out).ok


def test_a_second_conversion_of_this_process_is_refused_too(tmp_path: Path) -> None:
    raw, out = chase(tmp_path / "raw"), tmp_path / "out"
    refused = []

    def second(now: Progress) -> None:
        if now.stage == "convert":
            with pytest.raises(Refused, match="A conversion is running") as caught:
                convert("chase-db1", raw, out, workers=1)
            refused.append(caught)

    convert("chase-db1", raw, out, workers=1, progress=second)
    assert refused


def test_readers_share_a_folder_and_keep_conversions_out(tmp_path: Path) -> None:
    raw, out = chase(tmp_path / "raw"), tmp_path / "out"
    converted_mask(raw, out)
    with lock.reading(Output(out)):
        assert verify(out).ok
        with pytest.raises(Refused, match="being read"):
            converted_mask(raw, out)
    assert not converted_mask(raw, out)[1].made


def test_a_limited_conversion_says_so_in_its_shards_and_first_on_its_card(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw, out = chase(tmp_path / "raw"), tmp_path / "out"
    assert main(["convert", "chase-db1", str(raw), str(out), "--workers", "1", "--limit", "3"]) == 0
    assert "incomplete: 3 of 7 cases of default / train" in capsys.readouterr().out
    (path,) = (out / "data").iterdir()
    described = read_shard(str(path))
    assert described is not None
    assert (described[0].limit, described[0].cases) == (3, 7)
    card = (out / "README.md").read_text()
    lines = [line for line in card.partition("\n---\n")[2].splitlines() if line]
    assert lines[1].startswith("> **Incomplete.**")
    assert "only 3 of 7 cases" in lines[2]
    assert verify(out).ok
    (out / "README.md").write_text(card.replace(lines[1], ""))
    assert [one.check for one in verify(out).problems] == ["card"]


def test_a_partial_conversion_is_pushed_only_when_the_user_says_so(tmp_path: Path) -> None:
    raw, out = chase(tmp_path / "raw"), tmp_path / "out"
    convert("chase-db1", raw, out, workers=1, limit=3)
    with pytest.raises(Refused, match=r"3 of 7 cases of default / train.*--allow-incomplete"):
        push(out, "ns/chase", allow_rejected=True)
    (raw / "Image_01L.jpg").write_bytes(b"")
    rejected = tmp_path / "rejected"
    convert("chase-db1", raw, rejected, workers=1)
    assert "rejected: 1 case." in (rejected / "README.md").read_text()
    with pytest.raises(Refused, match="Rejected: 1 case"):
        push(rejected, "ns/chase")
    for folder in (out, rejected):
        with pytest.raises(Refused, match="nobody to ask"):
            push(folder, "ns/chase", allow_incomplete=True, say=_stop)


def _stop(text: str) -> None:
    """Ends a push where it begins to read: everything that it refuses before is behind it."""
    raise Refused("nobody to ask")


def test_names_of_unused_files_stay_on_this_machine_and_files_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw, out = chase(tmp_path / "raw"), tmp_path / "out"
    for number in range(1_214):
        kit.write(raw / "scans of Jane Doe" / f"{number}.dcm", "x")
    command = ["convert", "chase-db1", str(raw), str(out), "--workers", "1"]
    assert main([*command, "--dry-run"]) == 0
    assert "  1,215 files not used" in capsys.readouterr().out
    assert main(command) == 0
    assert f"1,215 files not used: see {out / '.local' / 'report.json'}" in capsys.readouterr().out
    assert not [name for name, data in contents(out).items() if b"Jane Doe" in data or b"readme.txt" in data]
    section = json.loads((out / "report.json").read_text())["configs"]["default"]
    assert sum(one["files"] for one in section["not_used"]) == 1_215
    assert "| 1,215 |" in (out / "README.md").read_text() or "| 1,214 |" in (out / "README.md").read_text()
    assert "scans of Jane Doe" in (out / ".local" / "report.json").read_text()
