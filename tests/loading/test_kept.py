"""A raw tree is planned once: what is loaded again is looked up, unless anything changed that decides it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any

import pytest

import hf_medseg
from hf_medseg.conversion.plan import make_plan
from hf_medseg.errors import Refused
from hf_medseg.loading import builder
from tests.support import kit
from tests.support.harness import PHANTOMS


@pytest.fixture
def plans(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was planned, with a memory of the test's own."""
    made: list[str] = []

    def counted(source: Any, request: Any, *more: Any) -> Any:
        made.append(request.raw)
        return make_plan(source, request, *more)

    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(builder, "make_plan", counted)
    return made


def kept(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "home/hf_medseg/plans").glob("*.plan"))


def streamed(source: str, raw: Path, **more: Any) -> list[str]:
    stream = hf_medseg.load_dataset(source, raw, streaming=True, **more)
    return [row["image_id"] for split in stream for row in stream[split]]


def test_the_second_time_nothing_is_planned_and_the_rows_are_the_same(tmp_path: Path, plans: list[str]) -> None:
    raw = PHANTOMS["drive"].make(tmp_path / "raw").raw
    first = streamed("drive", raw)
    assert streamed("drive", raw) == first
    cache = str(tmp_path / "cache")
    loaded = [hf_medseg.load_dataset("drive", raw, cache_dir=cache) for _ in range(2)]
    assert [[row["image_id"] for split in one for row in one[split]] for one in loaded] == [first, first]
    assert loaded[0]["train"].info.features == hf_medseg.load_dataset("drive", raw, streaming=True)["train"].features
    assert len(plans) == 1
    assert not list((tmp_path / "home/hf_medseg/plans").glob("*.plan.*"))


def test_a_file_of_the_same_size_and_time_is_seen_where_it_changed(tmp_path: Path, plans: list[str]) -> None:
    raw = PHANTOMS["drive"].make(tmp_path / "raw").raw
    streamed("drive", raw)
    path = next(raw.rglob("*_manual1.gif"))
    state = path.stat()
    path.write_bytes(path.read_bytes())
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    streamed("drive", raw)
    assert len(plans) == 2


def test_a_file_that_came_or_went_and_another_about_file_are_seen(tmp_path: Path, plans: list[str]) -> None:
    raw = tmp_path / "raw"
    for name in ("a", "b"):
        kit.save(raw / f"images/{name}.png", kit.grey(name, 8, 8))
        kit.save(raw / f"masks/{name}.png", kit.disc(8, 8, 4, 4, 2).astype("uint8") * 255)
    about = tmp_path / "about.toml"
    about.write_text('classes = { 255 = "cell" }\n')
    assert sorted(streamed("image-mask-folder", raw, about=about)) == ["a", "b"]
    about.write_text('classes = { 255 = "nucleus" }\n')
    stream = hf_medseg.load_dataset("image-mask-folder", raw, about=about, streaming=True, split="train")
    assert stream.features["classes"].feature.names == ["background", "nucleus"]
    for path in raw.rglob("b.png"):
        path.unlink()
    assert streamed("image-mask-folder", raw, about=about) == ["a"]
    assert len(plans) == 3


@pytest.mark.parametrize("harm", ["cut", "other", "index"])
def test_a_plan_that_is_damaged_or_lacks_what_it_needs_is_made_anew(tmp_path: Path, plans: list[str], harm: str) -> None:
    folder = PHANTOMS["drive"].make(tmp_path / "drive").raw
    raw = Path(shutil.make_archive(str(tmp_path / "packed"), "gztar", folder))
    first = streamed("drive", raw)
    (plan,) = kept(tmp_path)
    if harm == "index":
        (index,) = (tmp_path / "home/hf_medseg/memory").glob("*.gzidx")
        index.unlink()
    else:
        plan.write_bytes(plan.read_bytes()[:-20] if harm == "cut" else b"something else")
    assert streamed("drive", raw) == first
    assert len(plans) == 2


def test_a_plan_that_is_taken_away_under_a_stream_is_said_in_words(tmp_path: Path, plans: list[str]) -> None:
    stream = hf_medseg.load_dataset("drive", PHANTOMS["drive"].make(tmp_path / "raw").raw, streaming=True, split="train")
    (plan,) = kept(tmp_path)
    plan.unlink()
    with pytest.raises(Refused, match=r"Load the dataset again\."):
        next(iter(stream))


def test_old_plans_are_deleted_and_a_home_that_cannot_be_written_to_is_no_matter(tmp_path: Path, plans: list[str]) -> None:
    old = tmp_path / "home/hf_medseg/plans/old.plan"
    kit.write(old, b"x")
    os.utime(old, (1, 1))
    raw = PHANTOMS["drive"].make(tmp_path / "raw").raw
    first = streamed("drive", raw)
    assert not old.exists()
    shutil.rmtree(old.parent)
    old.parent.write_text("a file, no folder")
    assert [streamed("drive", raw) for _ in range(2)] == [first, first]
    assert len(plans) == 3
