"""What lies in a folder and is no file that can be read: rejected with its case by name, else listed with its reason; nothing hangs."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hf_medseg import cli
from hf_medseg.conversion.run import Conversion, convert
from hf_medseg.errors import Refused, Rejected
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.litter import is_litter
from hf_medseg.raw.places import Alone
from hf_medseg.raw.tree import open_raw_tree
from tests.support.harness import PHANTOMS
from tests.support.kit import write

KEY = "MD5E-s51229--d41d8cd98f00b204e9800998ecf8427e.jpg"


def chase(folder: Path) -> Path:
    """A phantom of chase-db1; returns the folder with its pictures."""
    raw = PHANTOMS["chase-db1"].make(folder / "raw").raw
    return next(iter(raw.rglob("Image_01L.jpg"))).parent


def converted(folder: Path, pictures: Path, **options: int) -> Conversion:
    return convert("chase-db1", folder / "raw", folder / "out", **options)


def not_used(conversion: Conversion) -> dict[str, str]:
    """Reasons by the last element of the path."""
    return {note.path.rstrip("/").rpartition("/")[2]: note.reason for config in conversion.plan.configs for note in config.not_used}


def as_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        here = os.getcwd()
        os.chdir(path.parent)  # a socket's path may be short only
        try:
            made.bind(path.name)
        finally:
            os.chdir(here)


ODD: dict[str, tuple[Callable[[Path], object], str]] = {
    "dangling": (lambda path: path.symlink_to("nowhere.jpg"), "is a link to something that is not there."),
    "annex": (
        lambda path: path.symlink_to(f"../.git/annex/objects/k1/zM/{KEY}/{KEY}"),
        "is a link of git-annex whose file was not fetched.",
    ),
    "loop": (lambda path: path.symlink_to(path.name), "is a link that leads in a circle."),
    "pipe": (lambda path: os.mkfifo(path), "is a named pipe, no file."),
    "link to a pipe": (lambda path: (os.mkfifo(path.parent / "pipe"), path.symlink_to("pipe")), "is a link to a named pipe, no file."),
    "socket": (as_socket, "is a socket, no file."),
    "device": (lambda path: path.symlink_to("/dev/null"), "is a link to a device, no file."),
    "annex pointer": (lambda path: write(path, f"/annex/objects/{KEY}\n"), "this is a pointer of git-annex, not the file."),
    "lfs pointer": (
        lambda path: write(path, f"version https://git-lfs.github.com/spec/v1\noid sha256:{'0' * 64}\nsize 51229\n"),
        "this is a Git LFS pointer, not the file.",
    ),
    "icloud": (lambda path: write(path.with_name(f".{path.name}.icloud"), b"bplist00"), "is a placeholder of iCloud, not the file."),
    "nextcloud": (lambda path: write(path.with_name(f"{path.name}.nextcloud"), b" "), "is a placeholder of a cloud, not the file."),
    "dvc": (lambda path: write(path.with_name(f"{path.name}.dvc"), "outs:\n"), "is a pointer of DVC, not the file."),
    "unfinished": (lambda path: write(path.with_name(f"{path.name}.crdownload"), b"x"), "is a download that was not finished."),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_stands_in_the_place_of_a_picture_rejects_its_case_by_name(kind: str, tmp_path: Path) -> None:
    pictures = chase(tmp_path)
    rows = converted(tmp_path, pictures, workers=1, limit=100).rows
    (tmp_path / "out").rename(tmp_path / "before")
    make, said = ODD[kind]
    (pictures / "Image_01L.jpg").unlink()
    make(pictures / "Image_01L.jpg")
    conversion = converted(tmp_path, pictures, workers=2)
    (rejected,) = conversion.rejected
    assert (rejected["image_id"], rejected["file"].rpartition("/")[2]) == ("Image_01L", "Image_01L.jpg")
    assert rejected["expected"] == said and rejected["advice"]
    assert conversion.rows == rows - 1


@pytest.mark.parametrize("kind", [kind for kind in ODD if "pointer" not in kind])
def test_what_is_data_of_no_case_is_listed_with_its_reason(kind: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pictures = chase(tmp_path)
    make, said = ODD[kind]
    make(pictures / "notes.txt")
    assert cli.main(["convert", "chase-db1", str(tmp_path / "raw"), str(tmp_path / "out"), "--dry-run"]) == 0
    assert "files not used" in capsys.readouterr().out
    assert not_used(convert("chase-db1", tmp_path / "raw", tmp_path / "out", dry_run=True))["notes.txt"] == said[3:-1]


def test_a_link_to_a_folder_above_is_listed(tmp_path: Path) -> None:
    pictures = chase(tmp_path)
    (pictures / "again").symlink_to("..")
    found = not_used(convert("chase-db1", tmp_path / "raw", tmp_path / "out", dry_run=True))
    assert found["again"] == "a link to a folder above it, which is listed there"


@pytest.fixture
def closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    """Names of folders that cannot be opened, whoever runs the test."""
    names: set[str] = set()
    real = os.scandir

    def scandir(path: str | int) -> object:
        if isinstance(path, str) and os.path.basename(path) in names:
            raise PermissionError(13, "Permission denied", path)
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    yield names


def test_a_folder_that_cannot_be_opened_is_rejected_by_name(closed: set[str], tmp_path: Path) -> None:
    pictures = chase(tmp_path)
    (pictures / "more").mkdir()
    closed.add("more")
    conversion = converted(tmp_path, pictures, workers=1)
    (rejected,) = conversion.rejected
    assert rejected["file"].endswith("/more/") or rejected["file"] == "more/"
    assert rejected["expected"] == "is a folder that cannot be opened (Permission denied), and what it holds is not here."
    assert "chmod -R u+rX" in rejected["advice"]


def test_a_raw_folder_that_cannot_be_opened_is_refused(closed: set[str], tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    closed.add("raw")
    with pytest.raises(Refused, match="Permission denied"):
        open_raw_tree(tmp_path / "raw", tmp_path / "work")


def test_a_pipe_is_no_raw_tree(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "raw")
    with pytest.raises(Refused, match="neither a file nor a folder"):
        open_raw_tree(tmp_path / "raw", tmp_path / "work")


def test_a_table_that_is_a_pointer_is_refused_with_the_way_out(tmp_path: Path) -> None:
    phantom = PHANTOMS["lgg-mri"].make(tmp_path / "raw", "single")
    write(next(phantom.raw.rglob("data.csv")), "/annex/objects/MD5E-s5--d41d8cd98f00b204e9800998ecf8427e.csv\n")
    with pytest.raises(Refused, match=r"data\.csv: this is a pointer of git-annex, not the file\. Run `git annex get`"):
        convert("lgg-mri", phantom.raw, tmp_path / "out", workers=1)


def test_a_slice_that_was_not_fetched_is_named(tmp_path: Path) -> None:
    phantom = PHANTOMS["tcia"].make(tmp_path / "raw")
    slices = sorted(phantom.raw.rglob("*.dcm"))
    slices[1].unlink()
    slices[1].symlink_to(f"../../.git/annex/objects/k1/zM/{KEY}/{KEY}")
    conversion = convert("tcia", phantom.raw, tmp_path / "out", workers=1, about=phantom.about)
    assert any("a link of git-annex whose file was not fetched" in one["expected"] for one in conversion.rejected)


def test_a_text_that_only_begins_like_a_pointer_is_read(tmp_path: Path) -> None:
    path = write(tmp_path / "t", b"/annex/objects/" + bytes(1 << 15))
    assert len(RawFile("t", path.stat().st_size, Alone(str(path))).read()) == (1 << 15) + 15
    with pytest.raises(Rejected, match="git-annex"):
        RawFile("t", 20, Alone(str(write(tmp_path / "u", b"/annex/objects/12345")))).read(16)


@pytest.mark.parametrize(
    "path", ["lost+found/", "a/.Trash-1000/files/x.png", "$RECYCLE.BIN/x.png", "images/@eaDir/a.png/SYNOPHOTO_THUMB_M.jpg", ".Trashes/"]
)
def test_what_systems_keep_for_themselves_is_litter(path: str) -> None:
    assert is_litter(path)
    assert not is_litter("trash/x.png")
