"""New names for somebody's own data: nothing that is published says an old one, and the same key gives the same names."""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

import hf_medseg
from hf_medseg.cli import main
from hf_medseg.conversion.run import Conversion, convert
from hf_medseg.errors import Refused
from hf_medseg.publishing import gate
from tests.support.harness import PHANTOMS, run
from tests.support.hub.desk import open_desk
from tests.support.kit import as_zip, disc, grey, save, write

PERSONS = ("Quittenbaum", "Zwiebelfisch", "Müller", "Weissensee", "Doktorowa", "Schwesterlein", "19310417")


def _tree(folder: Path) -> Path:
    """Names of persons in folders of patients, in files, in a file that is damaged, in one without a mask and in one that is not used."""
    decomposed = unicodedata.normalize("NFD", "Müller_Klinik")
    for patient, name in ((f"Weissensee/{decomposed}", "Quittenbaum_19310417"), ("Weissensee/patient_Doktorowa", "Zwiebelfisch")):
        for k in range(2):
            save(folder / patient / f"images/{name}_{k}.png", grey(f"{name}{k}", 20, 24))
            save(folder / patient / f"masks/{name}_{k}.png", (disc(20, 24, 9, 9 + k, 4) * 255).astype(np.uint8))
    write(folder / f"Weissensee/{decomposed}/images/Schwesterlein.png", b"\x89PNG damaged")
    save(folder / f"Weissensee/{decomposed}/masks/Schwesterlein.png", np.zeros((20, 24), np.uint8))
    save(folder / f"Weissensee/{decomposed}/images/Quittenbaum_alone.png", grey("alone", 20, 24))
    write(folder / "Weissensee/letter to Zwiebelfisch.docx", "Dear")
    return folder


def _published(out: Path) -> bytes:
    """Every name and byte that a push would send, Parquet unpacked."""
    found = []
    for path in sorted(out.rglob("*")):
        if path.is_file() and ".local" not in path.relative_to(out).parts:
            found += [path.relative_to(out).as_posix().encode(), path.read_bytes()]
            if path.suffix == ".parquet":
                with pq.ParquetFile(path) as file:
                    found.append(str(file.read().to_pylist()).encode())
    return b"\0".join(found)


def _rows(out: Path) -> list[dict[str, object]]:
    return [row for path in sorted(out.glob("data/*.parquet")) for row in pq.read_table(path).to_pylist()]


@pytest.fixture(scope="module")
def renamed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Conversion]:
    folder = tmp_path_factory.mktemp("renamed")
    about = write(folder / "about.toml", 'license = "cc-by-4.0"\nlicense_url = "https://creativecommons.org/licenses/by/4.0/"\n')
    conversion = convert("image-mask-folder", _tree(folder / "raw"), folder / "out", about=about, workers=1, rename=True, progress=False)
    return folder, conversion


def test_no_byte_that_is_published_holds_a_name(renamed: tuple[Path, Conversion]) -> None:
    folder, conversion = renamed
    held = _published(folder / "out")
    for name in PERSONS:
        for form in ("NFC", "NFD"):
            assert unicodedata.normalize(form, name).encode() not in held
    assert conversion.rows == 4
    assert len(conversion.rejected) == 2  # the damaged picture, and the one without a mask
    said = " ".join(" ".join(one.values()) for one in conversion.rejected)
    assert not [name for name in PERSONS if name in said]


def test_the_map_stays_on_this_machine_and_leads_back(renamed: tuple[Path, Conversion]) -> None:
    folder, _ = renamed
    path = folder / "out/.local/names.json"
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert path.stat().st_mode & 0o077 == 0
    rows = _rows(folder / "out")
    old = sorted(kept["names"][str(row["source_file"]).removesuffix(".png")] for row in rows)
    assert [name.rpartition("/")[2] for name in old] == [
        *(f"Quittenbaum_19310417_{k}.png" for k in range(2)),
        *(f"Zwiebelfisch_{k}.png" for k in range(2)),
    ]
    assert {row["image_id"] for row in rows} <= kept["names"].keys()


def test_a_second_run_gives_the_same_names_and_another_key_gives_others(renamed: tuple[Path, Conversion], tmp_path: Path) -> None:
    folder, _ = renamed
    about = folder / "about.toml"
    before = _published(folder / "out")
    again = convert("image-mask-folder", folder / "raw", folder / "out", about=about, workers=1, rename=True, progress=False)
    assert _published(folder / "out") == before and again.rows == 4
    packed = as_zip(folder / "raw", tmp_path / "raw.zip")
    convert("image-mask-folder", packed, tmp_path / "out", about=about, workers=1, rename=True, progress=False)
    held = _published(tmp_path / "out")
    assert not [name for name in PERSONS if unicodedata.normalize("NFC", name).encode() in held]
    assert not {str(row["image_id"]) for row in _rows(tmp_path / "out")} & {str(row["image_id"]) for row in _rows(folder / "out")}


def test_old_names_do_not_replace_new_ones_unasked(renamed: tuple[Path, Conversion]) -> None:
    folder, _ = renamed
    with pytest.raises(Refused, match="--rename: yes before, none now"):
        convert("image-mask-folder", folder / "raw", folder / "out", about=folder / "about.toml", workers=1, progress=False)
    names = folder / "out/.local/names.json"
    aside = names.rename(folder / "aside.json")
    with pytest.raises(Refused, match=r"names.json is gone, and with it the key"):
        convert("image-mask-folder", folder / "raw", folder / "out", workers=1, rename=True, progress=False)
    aside.rename(names)


def test_what_is_renamed_is_verified_exported_and_let_out(renamed: tuple[Path, Conversion], tmp_path: Path) -> None:
    folder, _ = renamed
    assert main(["verify", str(folder / "out")]) == 0
    assert main(["export", str(folder / "out"), str(tmp_path / "nnunet"), "--to", "nnunet"]) == 0
    assert not [path for path in (tmp_path / "nnunet").rglob("*") if any(name in str(path) for name in PERSONS)]
    assert gate.check(folder / "out").license.tier == "open"


def test_no_name_leaves_with_what_is_made_of_renamed_data(
    renamed: tuple[Path, Conversion], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Also not the folder on this machine in which the renamed data lie."""
    out = tmp_path / "Quittenbaum" / "Zwiebelfisch"
    shutil.copytree(renamed[0] / "out", out)
    hf_medseg.derive({"take": [{"out": str(out)}], "place": {"size": 16}}, tmp_path / "derived", workers=1)
    hf_medseg.export(out, tmp_path / "coco", to="coco")
    hf_medseg.site(tmp_path / "site", [out, tmp_path / "derived"])
    held = [_published(tmp_path / name) for name in ("derived", "coco", "site")]
    monkeypatch.setattr("hf_medseg.publishing.push.check_loads", lambda *_: None)
    for desk in open_desk("lfs", tmp_path, monkeypatch):
        held += ["\n".join(desk.push(tmp_path / "derived", allow_rejected=True).lines).encode(), str(desk.repo.commits).encode()]
    held.append("".join(capfd.readouterr()).encode())
    for place, text in enumerate(held):
        assert not [name for name in PERSONS if unicodedata.normalize("NFC", name).encode() in text], place


@pytest.mark.parametrize("variant", ["foreign_seg", "contour_off_grid"])
def test_no_uid_of_a_hospital_is_published(variant: str, tmp_path: Path) -> None:
    converted = run("tcia", variant, tmp_path, rename=True)
    held = _published(converted.out)
    assert not re.findall(rb"6279\.6001\.1\d{20}", held)  # the card's example of a path has another one
    assert converted.conversion.rows == 15 and len(converted.conversion.rejected) == 2


def test_the_names_of_a_known_source_stay(tmp_path: Path) -> None:
    phantom = PHANTOMS["chase-db1"].make(tmp_path / "raw", "clean")
    with pytest.raises(Refused, match="the names in chase-db1 are its owner's"):
        convert("chase-db1", phantom.raw, tmp_path / "out", rename=True, progress=False)
