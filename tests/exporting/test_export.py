"""The folder that an export writes, what it refuses, and what lies beside the data."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import hf_medseg
from hf_medseg.cli import export as command
from hf_medseg.cli import main
from hf_medseg.dataset.passed_on import DO_NOT_PASS_ON
from hf_medseg.errors import Refused
from hf_medseg.exporting import run as exporting
from hf_medseg.publishing import gate
from tests.support import made
from tests.support.harness import run


def test_a_set_that_may_not_be_passed_on_is_marked_and_is_still_refused_by_sources_for_ones_own_data(tmp_path: Path) -> None:
    first = run("kvasir-seg", "clean", tmp_path, configs=())
    there = tmp_path / "there"
    result = hf_medseg.export(first.out, there, to="folder")
    assert result.gated
    for name in (DO_NOT_PASS_ON, "README.md", "LICENSE.md"):
        assert "may not be passed on" in (there / name).read_text(encoding="utf-8")
    with pytest.raises(Refused, match="kvasir-seg"):
        hf_medseg.convert("image-mask-folder", there, tmp_path / "again", about=there / "about.toml", workers=1)


@pytest.mark.parametrize(("id", "tier", "license"), [("hc18", "unknown", "unknown"), ("segpc-2021", "noncommercial", "cc-by-nc-sa-4.0")])
def test_what_an_export_says_of_its_license_holds_whatever_an_about_file_says(id: str, tier: str, license: str, tmp_path: Path) -> None:
    """Names and pictures of these tell nothing: exported and converted again they were anybody's."""
    first = run(id, "clean", tmp_path)
    there = tmp_path / "there"
    hf_medseg.export(first.out, there, to="folder")
    lie = 'license = "cc0-1.0"\nlicense_url = "https://creativecommons.org/publicdomain/zero/1.0/"\n'
    kept = [line for line in (there / "about.toml").read_text().splitlines() if not line.startswith("license")]
    (tmp_path / "about.toml").write_text(lie + "\n".join(kept))
    for name, raw in (("whole", there), ("inside", there / "train")):
        converted = hf_medseg.convert("image-mask-folder", raw, tmp_path / name, about=tmp_path / "about.toml", workers=1, progress=False)
        assert (converted.plan.edition.license.tier, converted.plan.edition.license.id) == (tier, license)
        with pytest.raises(Refused, match=f"tier {tier}"):
            gate.check(tmp_path / name)


def test_an_open_set_has_its_license_citation_and_card_beside_it(tmp_path: Path) -> None:
    first = run("chase-db1", "clean", tmp_path, configs=())
    there = tmp_path / "there"
    assert not hf_medseg.export(first.out, there, to="webdataset").gated
    assert not (there / DO_NOT_PASS_ON).exists()
    assert "cc-by-4.0" in (there / "LICENSE.md").read_text(encoding="utf-8")
    assert (there / "CITATION.bib").read_text(encoding="utf-8").startswith("@")
    readme = (there / "README.md").read_text(encoding="utf-8")
    assert "Not for clinical use" in readme and "layout `webdataset`" in readme
    assert "load_dataset" not in readme and not readme.startswith("---")


def test_what_the_catalog_has_come_to_forbid_is_marked_whatever_the_shards_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.know(monkeypatch, made.FLAT)
    out = made.flat().write(tmp_path / "out")
    forbidden = made.edition(made.FLAT, license=replace(made.LICENSE, tier="restricted"))
    monkeypatch.setattr(exporting, "sources", lambda: {forbidden.id: forbidden})
    assert hf_medseg.export(out, tmp_path / "there", to="npz").gated


def test_a_folder_that_holds_something_is_refused_and_left(tmp_path: Path) -> None:
    first = run("chase-db1", "clean", tmp_path, configs=())
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "mine.txt").write_text("mine")
    with pytest.raises(Refused, match="not an empty folder"):
        hf_medseg.export(first.out, tmp_path / "there", to="coco")
    assert [path.name for path in (tmp_path / "there").iterdir()] == ["mine.txt"]
    for dest in (first.out / "inside", tmp_path):
        with pytest.raises(Refused):
            hf_medseg.export(first.out, dest, to="coco")
    (tmp_path / "empty").mkdir()
    assert hf_medseg.export(first.out, tmp_path / "empty", to="coco").ok


def test_an_export_that_is_broken_off_leaves_nothing(tmp_path: Path) -> None:
    first = run("chase-db1", "clean", tmp_path, configs=())
    before = sorted(tmp_path.rglob("*"))

    def stop(_: Any) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        hf_medseg.export(first.out, tmp_path / "there", to="folder", progress=stop)
    assert sorted(tmp_path.rglob("*")) == before


def test_the_command_says_what_it_did_and_ends_as_every_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    first = run("chase-db1", "clean", tmp_path, configs=())
    assert main(["export", str(first.out), str(tmp_path / "there"), "--to", "yolo-seg"]) == 0
    assert "cases" in capsys.readouterr().out
    assert main(["export", str(first.out), str(tmp_path / "json"), "--to", "coco", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["source"], told["tier"], told["rejected"]) == ("chase-db1", "open", [])
    assert list(told["cases"]) == ["train"] and told["notes"]["The columns mask_2 are not in this layout"] == 1
    assert main(["export", str(first.out), str(tmp_path / "there"), "--to", "yolo-seg"]) == 2
    assert main(["export", str(tmp_path / "nothing"), str(tmp_path / "new"), "--to", "folder"]) == 2
    assert main(["export", str(first.out), str(tmp_path / "new"), "--to", "folder", "--config", "slices"]) == 2


def test_the_command_knows_every_layout() -> None:
    assert tuple(exporting.LAYOUTS) == tuple(dict.fromkeys(exporting.LAYOUTS)) and set(exporting.LAYOUTS) == set(command.LAYOUTS)


def test_one_damaged_picture_is_rejected_by_name_and_the_others_are_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.know(monkeypatch, made.FLAT)
    dataset = made.flat()
    dataset.row()["image"] = {"bytes": dataset.row()["image"]["bytes"][:60], "path": "x.png"}
    out = dataset.write(tmp_path / "out")
    result = hf_medseg.export(out, tmp_path / "there", to="npz")
    assert [one["image_id"] for one in result.rejected] == ["cell_0"]
    assert sum(result.cases.values()) == 5 and not result.ok
    assert "cell_0" in (tmp_path / "there" / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("id", ["../../evil", "a/b", "c:d", ".hidden", "x" * 40])
def test_names_of_files_stay_inside_the_folder(id: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.know(monkeypatch, made.FLAT)
    dataset = made.flat()
    dataset.tables = {("default", "train"): [[dict(made.flat_row(1), image_id=id, instances=None)]]}
    out = dataset.write(tmp_path / "out")
    before = set(tmp_path.rglob("*"))
    hf_medseg.export(out, tmp_path / "there", to="folder")
    assert all((tmp_path / "there") in (path, *path.parents) for path in set(tmp_path.rglob("*")) - before)
    assert len(list((tmp_path / "there" / "train" / "images").iterdir())) == 1


def test_a_folder_that_was_filled_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    """It was said that a directory is not empty, as if something had broken."""
    with pytest.raises(Refused, match="was empty when this began, and is not any more"), exporting.whole_folder(tmp_path / "d"):
        (tmp_path / "d").mkdir()
        (tmp_path / "d" / "mine.txt").touch()
    assert [path.name for path in tmp_path.rglob("*")] == ["d", "mine.txt"]
