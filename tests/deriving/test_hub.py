"""Datasets on the Hub are derived where they lie: what is needed is read from their shards, and nothing is downloaded whole."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

import hf_medseg
from tests.deriving.test_derive import sound
from tests.support import harness
from tests.support.hub.desk import open_desk

SCRIPT = """
import json, hf_medseg
recipe = {{"take": [{{"out": "hf://datasets/{repo}"}}], "place": {{"size": 24}}, "split": {{"parts": {{"train": 0.5, "test": 0.5}}}}}}
found = hf_medseg.derive(recipe, {new!r}, workers=1, progress=False)
print(json.dumps([found.rows, len(found.rejected)]))
"""


def test_a_dataset_on_the_hub_gives_the_same_bytes_as_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    harness.run("chase-db1", "clean", tmp_path / "made")
    out = tmp_path / "made" / "out"
    recipe = {"take": [{"out": str(out)}], "place": {"size": 24}, "split": {"parts": {"train": 0.5, "test": 0.5}}}
    hf_medseg.derive(recipe, tmp_path / "local", workers=1, progress=False)
    for desk in open_desk("lfs", tmp_path, monkeypatch):
        desk.hold(out)
        before = len(desk.local.seen)
        assert desk.loaded(SCRIPT.format(repo=desk.repo_id, new=str(tmp_path / "far"))) == [7, 0]
        asked = desk.local.seen[before:]
    assert any("parquet" in path for _, path, _ in asked)
    sound(tmp_path / "far")

    def told(folder: Path) -> dict[str, str]:
        files = (path for path in folder.rglob("*") if path.is_file() and ".local" not in path.parts)
        return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    assert told(tmp_path / "far") == told(tmp_path / "local")
