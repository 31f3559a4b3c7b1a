"""What a folder or archive is: known sources by what only they have, layouts for one's own data, and what is missing, in words."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hf_medseg.catalog.lookup import sources
from hf_medseg.cli import main
from hf_medseg.conversion.identify import identify
from hf_medseg.errors import Refused
from tests.support import kit
from tests.support.harness import PHANTOMS


@pytest.mark.parametrize("id", sorted(PHANTOMS))
def test_every_source_is_told_by_its_download_and_can_be_converted(id: str, tmp_path: Path) -> None:
    phantom = PHANTOMS[id].make(tmp_path / "raw")
    first = identify(phantom.raw).candidates[0]
    own = sources()[id].from_about is not None
    assert (first.source, first.proof) == (id, "own" if own else "names")
    assert own or not first.missing
    assert first.command.startswith(f"hf-medseg convert {id} ")
    if phantom.edition:
        assert phantom.edition in first.editions


def test_an_archive_and_a_folder_inside_the_layout_say_the_same(tmp_path: Path) -> None:
    drive = PHANTOMS["drive"].make(tmp_path / "DRIVE").raw
    packed = kit.as_zip(drive, tmp_path / "my download.zip", top="a/b/")
    assert identify(packed).candidates[0].source == "drive"
    assert f"hf-medseg convert drive '{packed}' OUT" in repr(identify(packed)), "a command that can be pasted"
    training = identify(drive / "training")
    assert training.candidates[0].source == "drive"


def test_the_license_is_that_of_the_edition_that_fits(tmp_path: Path) -> None:
    phantom = PHANTOMS["brats"].make(tmp_path / "raw")
    first = identify(phantom.raw).candidates[0]
    edition = next(one for one in sources()["brats"].editions if one.name == phantom.edition)
    assert (first.editions, first.license, first.tier) == ((phantom.edition,), edition.license.id, edition.license.tier)


def test_what_is_missing_is_said_in_words_and_no_command_is_given(tmp_path: Path) -> None:
    raw = PHANTOMS["chase-db1"].make(tmp_path / "raw").raw
    for mask in raw.glob("*HO.png"):
        mask.unlink()
    first = identify(raw).candidates[0]
    assert (first.source, first.missing, first.command) == ("chase-db1", ("no file such as Image_01L_1stHO.png",), "")
    assert "hf-medseg info chase-db1" in repr(identify(raw))


def test_a_part_that_lies_elsewhere_is_named_with_the_option_that_says_where(tmp_path: Path) -> None:
    phantom = PHANTOMS["scr"].make(tmp_path / "raw")
    for path in phantom.raw.rglob("*.IMG"):
        path.unlink()
    first = identify(phantom.raw).candidates[0]
    assert first.source == "scr"
    assert any(line.startswith("the part jsrt: no file such as ") and line.endswith("say --part jsrt=PATH") for line in first.missing)


def test_own_pictures_come_with_the_about_file_to_fill_in(tmp_path: Path) -> None:
    kit.save(tmp_path / "raw/images/one.png", kit.grey("a", 8, 8))
    kit.save(tmp_path / "raw/masks/one.png", kit.disc(8, 8, 4, 4, 2))
    first = identify(tmp_path / "raw").candidates[0]
    assert (first.source, first.proof, first.tier) == ("image-mask-folder", "own", "")
    assert "# license_url = " in first.about
    assert first.command.endswith("OUT --about about.toml")


def test_own_pictures_that_are_a_known_source_are_told_as_that_source(tmp_path: Path) -> None:
    for number in range(12):
        kit.save(tmp_path / f"mine/images/ISIC_{number:07}.png", kit.grey(str(number), 8, 8))
        kit.save(tmp_path / f"mine/masks/ISIC_{number:07}.png", kit.disc(8, 8, 4, 4, 2))
    found = identify(tmp_path / "mine")
    assert {one.proof for one in found.candidates} == {"names"}
    assert "isic-2017" in [one.source for one in found.candidates]
    assert "image-mask-folder" not in repr(found)


def test_two_sources_in_one_folder_are_both_told(tmp_path: Path) -> None:
    for id in ("drive", "chase-db1"):
        PHANTOMS[id].make(tmp_path / "raw" / id)
    assert {one.source for one in identify(tmp_path / "raw").candidates} >= {"drive", "chase-db1"}


def test_what_nobody_knows_is_refused_with_what_is_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kit.write(tmp_path / "raw/notes/a.docx", "x")
    kit.write(tmp_path / "raw/.DS_Store", "x")
    with pytest.raises(Refused, match=r"1 file \(1 x docx\) in: notes"):
        identify(tmp_path / "raw")
    (tmp_path / "raw/notes/a.docx").unlink()
    assert main(["identify", str(tmp_path / "raw")]) == 2
    assert "no file but what operating systems leave behind" in capsys.readouterr().err
    assert main(["identify", str(tmp_path / "nowhere")]) == 2


def test_for_programs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = PHANTOMS["hc18"].make(tmp_path / "raw").raw
    assert main(["identify", str(raw), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["candidates"][0]["source"] == "hc18"
    assert set(told["candidates"][0]) >= {"editions", "missing", "license", "tier", "command", "about"}
