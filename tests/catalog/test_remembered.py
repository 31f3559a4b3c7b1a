"""Facts that were read once are taken again as long as no file changed that they come from."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from huggingface_hub import constants

from hf_medseg.catalog import loader
from hf_medseg.catalog.lookup import facts
from hf_medseg.catalog.remembered import all_facts, memory
from hf_medseg.errors import Refused

SOURCES = Path(loader.__file__).parents[1] / "sources"


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    facts()  # those of all sources are kept in another home
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    for id in ("hc18", "drive"):
        shutil.copytree(SOURCES / id, tmp_path / id)
    return {id: tmp_path / id for id in ("drive", "hc18")}


def store(folders: dict[str, Path]) -> Path:
    (file,) = (folders["hc18"].parent / "home/hf_medseg").iterdir()
    return file


def test_what_was_read_is_not_read_again_and_says_the_same(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    found = all_facts(folders)
    assert found == {id: facts()[id] for id in ("drive", "hc18")}
    monkeypatch.setattr(loader, "read_facts", None)
    assert all_facts(folders) == found
    assert list(all_facts(folders)) == ["drive", "hc18"]


@pytest.mark.parametrize("name", ["facts.toml", "citations.bib"])
def test_a_changed_file_is_seen_though_its_size_and_time_are_the_old_ones(folders: dict[str, Path], name: str) -> None:
    before = all_facts(folders)
    path = folders["hc18"] / name
    state = path.stat()
    path.write_text(path.read_text().replace("2018", "2081", 1))
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))
    after = all_facts(folders)
    assert after["drive"] == before["drive"]
    assert after["hc18"] != before["hc18"]


def test_another_source_is_seen_and_one_that_is_gone_too(folders: dict[str, Path]) -> None:
    all_facts(folders)
    assert list(all_facts({"hc18": folders["hc18"]})) == ["hc18"]
    assert list(all_facts(folders)) == ["drive", "hc18"]


@pytest.mark.parametrize("data", [b"", b"no pickle", b"\x80\x05K\x01."])
def test_a_damaged_memory_is_made_anew(folders: dict[str, Path], data: bytes) -> None:
    found = all_facts(folders)
    store(folders).write_bytes(data)
    assert all_facts(folders) == found
    assert store(folders).stat().st_size > 1000


def test_facts_that_are_refused_are_not_kept(folders: dict[str, Path]) -> None:
    (folders["hc18"] / "facts.toml").write_text("titel = 'x'\n")
    with pytest.raises(Refused, match="titel"):
        all_facts(folders)
    assert not (folders["hc18"].parent / "home").exists()


def test_a_home_that_cannot_be_written_to_is_no_matter(folders: dict[str, Path]) -> None:
    kept = folders["hc18"].parent / "home"
    kept.write_text("a file, no folder")
    assert all_facts(folders) == all_facts(folders)
    assert kept.read_text() == "a file, no folder"


def test_memory_is_in_the_home_of_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    assert memory() == Path(constants.HF_HOME) / "hf_medseg"
    monkeypatch.delenv("HF_HOME")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere")
    assert memory() == Path("/somewhere/huggingface/hf_medseg")
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert memory() == Path.home() / ".cache/huggingface/hf_medseg"
