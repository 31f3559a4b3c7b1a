"""Check: a raw tree against what is published of it."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import hf_medseg
from hf_medseg.catalog.facts import Download, Published
from hf_medseg.catalog.lookup import find_source, sources
from hf_medseg.cli import main
from hf_medseg.errors import Refused
from tests.support.harness import PHANTOMS
from tests.support.kit import as_zip, files_of

module = import_module("hf_medseg.fetching.compare")
Publish = Callable[..., None]


@pytest.fixture
def publish(monkeypatch: pytest.MonkeyPatch) -> Publish:
    """Gives chase-db1 other published facts, and other known files."""

    def set_facts(published: Published | None = None, known: dict[str, str] | None = None, downloads: tuple[Download, ...] = ()) -> None:
        found = find_source("chase-db1")
        (edition,) = found.editions
        offered = replace(
            found,
            access=replace(found.access, downloads=downloads),
            editions=(replace(edition, published=published or edition.published),),
        )
        monkeypatch.setattr(module, "find_source", lambda name: offered)
        if known is not None:
            monkeypatch.setattr(module, "known_files", lambda source: known)

    return set_facts


@pytest.fixture
def tree(tmp_path: Path) -> tuple[Path, dict[str, str], Published]:
    """A phantom of chase-db1, the checksums of its files, and what is published of it."""
    phantom = PHANTOMS["chase-db1"].make(tmp_path / "made", "clean")
    known = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for _, path in files_of(phantom.raw) if "Image" in path.name}
    height, width = phantom.rows[0].image.shape[:2]
    count = {"train": len(phantom.rows)}
    return phantom.raw, known, Published(count, count, sizes=((width, height),))


def resized(folder: Path, factor: float = 0.5, **options: Any) -> Path:
    """A copy of a tree whose pictures are scaled."""
    copy = folder.with_name(f"{folder.name}-resized")
    shutil.copytree(folder, copy)
    for path in copy.rglob("*"):
        if path.suffix in (".jpg", ".png"):
            with Image.open(path) as picture:
                scaled = picture.resize((max(1, round(picture.width * factor)), max(1, round(picture.height * factor))))
            scaled.save(path, **options)
    return copy


def test_complete(tree: tuple[Path, dict[str, str], Published], publish: Publish) -> None:
    raw, known, published = tree
    publish(published, known)
    result = hf_medseg.check("chase-db1", raw)
    assert (result.verdict, result.edition) == ("complete", None)
    assert any(f"{len(known)} of {len(known)} files" in line for line in result.lines)
    assert main(["check", "chase-db1", str(raw)]) == 0


@pytest.mark.parametrize("form", ["zip", "folder"])
def test_a_missing_picture_or_mask_is_partial(
    tree: tuple[Path, dict[str, str], Published], publish: Publish, tmp_path: Path, form: str
) -> None:
    raw, known, published = tree
    publish(published, known)
    next(raw.rglob("Image_02L_1stHO.png")).unlink()
    given = as_zip(raw, tmp_path / "raw.zip") if form == "zip" else raw
    result = hf_medseg.check("chase-db1", given)
    assert result.verdict == "partial"
    assert any("images with a mask, published are" in line for line in result.lines)
    next(raw.rglob("Image_01L.jpg")).unlink()
    assert any("images, published are" in line for line in hf_medseg.check("chase-db1", raw).lines)


def test_resized(tree: tuple[Path, dict[str, str], Published], publish: Publish, capsys: pytest.CaptureFixture[str]) -> None:
    raw, known, published = tree
    publish(published, {})
    result = hf_medseg.check("chase-db1", resized(raw))
    assert result.verdict == "altered"
    assert any(line.startswith("resized: the published pictures have") for line in result.lines)
    publish(published, known)
    assert main(["check", "chase-db1", str(raw.with_name(f"{raw.name}-resized")), "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["verdict"] == "altered"


def test_re_encoded_without_being_resized(tree: tuple[Path, dict[str, str], Published], publish: Publish) -> None:
    raw, known, published = tree
    publish(published, known)
    result = hf_medseg.check("chase-db1", resized(raw, 1.0))
    assert result.verdict == "altered"
    assert not any("resized: " in line for line in result.lines)


def test_sizes_that_vary_do_not_become_one(tree: tuple[Path, dict[str, str], Published], publish: Publish, monkeypatch: Any) -> None:
    raw, _, published = tree
    monkeypatch.setattr(module, "MANY", 2)
    publish(replace(published, sizes=(), least=(1, 1)), {})
    assert hf_medseg.check("chase-db1", raw).verdict == "altered"
    publish(replace(published, sizes=(), least=(10_000, 1)), {})
    assert any("at least 10000 x 1" in line for line in hf_medseg.check("chase-db1", raw).lines)


def test_more_pictures_than_published_are_not_the_owners(tree: tuple[Path, dict[str, str], Published], publish: Publish) -> None:
    raw, known, published = tree
    publish(replace(published, rows={"train": 1}), known)
    assert hf_medseg.check("chase-db1", raw).verdict == "altered"


def test_nothing_published_tells(tree: tuple[Path, dict[str, str], Published], publish: Publish) -> None:
    raw, _, _ = tree
    publish(Published(), {})
    assert hf_medseg.check("chase-db1", raw).verdict == "undecided"


def test_archives(tree: tuple[Path, dict[str, str], Published], publish: Publish, tmp_path: Path) -> None:
    raw, known, published = tree
    archive = as_zip(raw, tmp_path / "dl" / "CHASEDB1.zip")
    right = f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"
    publish(published, {}, (Download("https://owner.example/", name="CHASEDB1.zip", checksum=right),))
    for given in (archive, archive.parent):
        result = hf_medseg.check("chase-db1", given)
        assert (result.verdict, result.lines[0]) == ("complete", "CHASEDB1.zip: as published (sha256).")
    wrong = (Download("https://owner.example/", name="CHASEDB1.zip", checksum=f"sha256:{'0' * 64}"),)
    publish(published, {}, wrong)
    assert hf_medseg.check("chase-db1", archive).verdict == "altered"
    publish(published, known, wrong)  # packed anew, but every file in it is the owner's
    result = hf_medseg.check("chase-db1", archive)
    assert result.verdict == "complete"
    assert "packed the files anew" in result.lines[0]


def test_archives_that_are_not_read_in_place(publish: Publish, tmp_path: Path) -> None:
    body = b"7z\xbc\xaf\x27\x1cdata"
    (tmp_path / "one.7z").write_bytes(body)
    right = f"md5:{hashlib.md5(body).hexdigest()}"
    publish(downloads=(Download("https://owner.example/", name="one.7z", checksum=right),))
    result = hf_medseg.check("chase-db1", tmp_path)
    assert result.verdict == "complete"
    assert "7z x" in result.lines[-1]
    two = Download("https://owner.example/", name="two.7z", checksum=right)
    publish(downloads=(Download("https://owner.example/", name="one.7z", checksum=right), two))
    assert hf_medseg.check("chase-db1", tmp_path).verdict == "partial"
    publish()
    with pytest.raises(Refused, match="7z x"):
        hf_medseg.check("chase-db1", tmp_path)


def test_another_source(tree: tuple[Path, dict[str, str], Published], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "drive", str(tree[0])]) == 1
    assert capsys.readouterr().out == "drive: not this source\n  It looks like chase-db1.\n"


def test_something_else(tmp_path: Path) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    result = hf_medseg.check("drive", tmp_path)
    assert result.verdict == "not this source"
    assert "hf-medseg info drive" in result.lines[0]


def test_masks_alone_are_a_part(tree: tuple[Path, dict[str, str], Published]) -> None:
    for path in tree[0].rglob("*.jpg"):
        path.unlink()
    assert hf_medseg.check("chase-db1", tree[0]).verdict == "partial"


def test_a_missing_part_is_told(tmp_path: Path) -> None:
    phantom = PHANTOMS["scr"].make(tmp_path / "made", "clean")
    for path in phantom.raw.rglob("*"):
        if path.suffix.lower() == ".img":
            path.unlink()
    result = hf_medseg.check("scr", phantom.raw)
    assert result.verdict == "partial"


def test_slices_of_a_series_are_counted(tmp_path: Path) -> None:
    phantom = PHANTOMS["lidc-idri"].make(tmp_path / "made", "clean")
    result = hf_medseg.check("lidc-idri", phantom.raw, parts=phantom.parts)
    assert result.verdict == "partial"
    assert any("slices, published are 243,945" in line for line in result.lines)


def test_volumes_are_counted_where_slices_are_not_known_before(tmp_path: Path) -> None:
    phantom = PHANTOMS["i2cvb-prostate"].make(tmp_path / "made", "saml")
    result = hf_medseg.check("i2cvb-prostate", phantom.raw)
    assert (result.verdict, result.edition) == ("partial", "saml")
    assert any("volumes, published are 19" in line for line in result.lines)


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    for name in ("image-mask-folder", "tcia", "omnimedicalsearch"):
        with pytest.raises(Refused, match="nothing is published to compare with"):
            hf_medseg.check(name, tmp_path)
    with pytest.raises(Refused, match="no such file or folder"):
        hf_medseg.check("drive", tmp_path / "nothing")


@pytest.mark.parametrize("name", [name for name in sorted(sources()) if module.known_files(find_source(name))])
def test_known_files_are_files_of_their_source(name: str) -> None:
    known = module.known_files(find_source(name))
    assert all(len(digest) == 64 and not path.startswith("/") for path, digest in known.items())


@pytest.mark.parametrize(("name", "size"), [("chase-db1", 0.5), ("kvasir-seg", 0.5), ("nih-cxr14", 0.25)])
def test_real_files_are_told_from_a_resized_copy(real: Callable[[str], Path], tmp_path: Path, name: str, size: float) -> None:
    shutil.copytree(real(name), tmp_path / "raw")
    assert hf_medseg.check(name, tmp_path / "raw").verdict == "partial"  # unaltered; only some files are there
    assert hf_medseg.check(name, resized(tmp_path / "raw", size)).verdict == "altered"


@pytest.mark.parametrize("name", ["chase-db1", "kvasir-seg", "nih-cxr14"])
def test_a_resized_copy_of_real_files_shows_by_its_sizes_too(
    real: Callable[[str], Path], tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "known_files", lambda source: {})
    shutil.copytree(real(name), tmp_path / "raw")
    assert hf_medseg.check(name, tmp_path / "raw").verdict == "partial"
    assert hf_medseg.check(name, resized(tmp_path / "raw", 0.5)).verdict == "altered"


def test_real_files_that_were_only_re_encoded(real: Callable[[str], Path], tmp_path: Path) -> None:
    shutil.copytree(real("chase-db1"), tmp_path / "raw")
    assert hf_medseg.check("chase-db1", resized(tmp_path / "raw", 1.0)).verdict == "altered"


def many_cells(source: str, folder: Path, sizes: list[tuple[int, int]]) -> Path:
    """Pairs of a source whose first pair is copied, each in another size (height, width)."""
    phantom = PHANTOMS[source].make(folder)
    picture, mask = next((path, path.with_name(f"{path.stem}-d.bmp")) for path in sorted(phantom.raw.rglob("*.BMP")))
    whole = [(Image.open(path), path) for path in (picture, mask)]
    for number, (height, width) in enumerate(sizes):
        for image, path in whole:
            tail = "-d.bmp" if path == mask else ".BMP"
            image.resize((width, height), Image.Resampling.NEAREST).save(
                path.with_name(f"149056321-149056343-{number + 100:03d}{tail}"), "BMP"
            )
    for path in [path for path in phantom.raw.rglob("*") if path.suffix.lower() == ".bmp" and "149056321-149056343-1" not in path.name]:
        path.unlink()
    return phantom.raw


@pytest.mark.parametrize(
    ("sizes", "line"),
    [
        ([(40, 40)] * 25, "resized: the published pictures have many sizes, these have one."),
        ([(40, 30 + number) for number in range(25)], "resized: the published pictures have many widths and heights, these have one."),
    ],
)
def test_cells_of_one_size_are_a_shrunk_copy(sizes: list[tuple[int, int]], line: str, tmp_path: Path) -> None:
    result = hf_medseg.check("herlev", many_cells("herlev", tmp_path / "raw", sizes))
    assert result.verdict == "altered"
    assert line in result.lines


def test_cells_of_many_sizes_are_as_published(tmp_path: Path) -> None:
    raw = many_cells("herlev", tmp_path / "raw", [(60 + 7 * number % 31, 63 + number) for number in range(25)])
    assert not any("resized" in line for line in hf_medseg.check("herlev", raw).lines)


def test_masks_of_another_size_than_their_pictures_are_named(tmp_path: Path) -> None:
    raw = many_cells("herlev", tmp_path / "raw", [(60 + number, 63 + number) for number in range(3)])
    (mask,) = raw.rglob("*-101-d.bmp")
    with Image.open(mask) as picture:
        picture.resize((40, 40), Image.Resampling.NEAREST).save(mask)
    result = hf_medseg.check("herlev", raw)
    assert result.verdict == "altered"
    assert any("these masks have another size than their pictures" in line and mask.name in line for line in result.lines)


def test_volumes_on_another_grid_are_no_brats(tmp_path: Path) -> None:
    raw = PHANTOMS["brats"].make(tmp_path / "raw").raw  # small, so on another grid than the owner's
    result = hf_medseg.check("brats", raw)
    assert result.verdict == "altered"
    assert any(line.startswith("resized: the published pictures have 240 x 240 pixels") for line in result.lines)


def test_a_source_without_published_sizes_says_that_a_smaller_copy_does_not_show(tmp_path: Path) -> None:
    lines = hf_medseg.check("sipakmed", PHANTOMS["sipakmed"].make(tmp_path / "raw").raw).lines
    assert any("No published size to compare with" in line for line in lines)
