"""What differs from the files that the owner published is said on the terminal, the report and the card; what is the same is not."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from hf_medseg.catalog.facts import Download
from hf_medseg.catalog.lookup import find_source
from hf_medseg.cli import main
from hf_medseg.conversion import report as reporting
from hf_medseg.conversion import run as running
from tests.support.harness import PHANTOMS
from tests.support.kit import as_zip, files_of


@pytest.fixture
def raw(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A phantom of chase-db1 whose files are the published ones."""
    tree = PHANTOMS["chase-db1"].make(tmp_path / "made", "clean").raw
    known = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for _, path in files_of(tree) if "Image" in path.name}
    monkeypatch.setattr(reporting, "known_files", lambda source: known if source.id == "chase-db1" else {})
    return tree


def converted(raw: Path, out: Path, capsys: pytest.CaptureFixture[str]) -> tuple[str, dict[str, Any], str]:
    """(what the terminal said, the report, the card)."""
    assert main(["convert", "chase-db1", str(raw), str(out)]) == 0
    return capsys.readouterr().out, json.loads((out / "report.json").read_text()), (out / "README.md").read_text()


def save_again(path: Path) -> None:
    """The same picture in other bytes, as a re-host makes them."""
    with Image.open(path) as picture:
        picture.save(path, quality=60)


def test_files_as_published_are_not_spoken_of(raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said, report, card = converted(raw, tmp_path / "out", capsys)
    files = len([path for _, path in files_of(raw) if "Image" in path.name])
    assert report["configs"]["default"]["checksums"] == {"compared": files, "differ": 0}
    assert "published ones" not in said + card


def test_files_saved_again_are_counted(raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {path.name: path for _, path in files_of(raw) if "Image" in path.name}
    for name in ("Image_01L.jpg", "Image_01L_1stHO.png"):
        save_again(files[name])
    files["Image_01L_1stHO.png"].write_bytes(files["Image_01L_1stHO.png"].read_bytes() + b"\0")  # the same picture, a byte more
    for form, tree in (("folder", raw), ("zip", as_zip(raw, tmp_path / "CHASE.zip"))):
        out = tmp_path / form
        said, report, card = converted(tree, out, capsys)
        assert report["configs"]["default"]["checksums"] == {"compared": len(files), "differ": 2}, form
        assert f"note: 2 of {len(files)} files with a published checksum differ from the published ones" in said
        assert f"(of {len(files)} files with a published checksum)" in card
        assert "Image_01L" not in card.partition("## Noted")[2].partition("\n## ")[0]
        whole = json.loads((out / ".local" / "report.json").read_text())
        assert whole["configs"]["default"]["checksums"]["files"] == ["Image_01L.jpg", "Image_01L_1stHO.png"]
    # What was kept from an earlier run is counted like what was made.
    said, again, _ = converted(raw, tmp_path / "folder", capsys)
    assert again == report
    assert "2 of" in said


def test_an_archive_of_another_size_is_spoken_of(raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    archive = as_zip(raw, tmp_path / "CHASEDB1.zip")
    found = find_source("chase-db1")
    for size, told in ((archive.stat().st_size, False), (archive.stat().st_size + 1, True)):
        download = Download("https://example.org/CHASEDB1.zip", name="CHASEDB1.zip", size=size, checksum="md5:0")
        offered = replace(found, access=replace(found.access, downloads=(download,)))
        monkeypatch.setattr(running, "find_source", lambda name, offered=offered: offered)
        said, _, _ = converted(archive, tmp_path / "out", capsys)
        assert ("note: CHASEDB1.zip is not as published" in said) is told
        shutil.rmtree(tmp_path / "out")
