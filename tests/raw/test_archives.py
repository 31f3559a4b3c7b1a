"""Archives as people have them: called anything, packed by anything, cut, linked, or no archives at all."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import shutil
import stat
import struct
import sys
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from hf_medseg import verify
from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused, Rejected
from hf_medseg.raw import packed_tars
from hf_medseg.raw.archives import archive_kind
from hf_medseg.raw.packed_tars import forget_copies, unpack_ahead
from hf_medseg.raw.tree import Raw, open_raw_tree
from tests.support import kit
from tests.support.harness import PHANTOMS

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

CONTENT = {"a/1.bin": b"one" * 50, "a/b/2.bin": b"two", "c.txt": b""}


def tar_of(content: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, data in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def zip_of(content: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return stream.getvalue()


def in_two(pack: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    """Packs in two streams one after the other, as parallel packers do."""
    return lambda data: pack(data[: len(data) // 2]) + pack(data[len(data) // 2 :])


PACKED: dict[str, Callable[[bytes], bytes]] = {
    "tar": bytes,
    "tar.gz": gzip.compress,
    "tar.bz2": bz2.compress,
    "tar.xz": lzma.compress,
    "tar.zst": zstd.compress,
    "tar.gz in two": in_two(gzip.compress),
    "tar.bz2 in two": in_two(bz2.compress),
    "tar.xz in two": in_two(lzma.compress),
    "tar.zst in two": in_two(zstd.compress),
}


def read(raw: Raw) -> dict[str, bytes]:
    return {file.listed: file.read() for file in raw.files}


def noted(raw: Raw) -> dict[str, str]:
    """What is not used of a tree that all readable files are used of, with the reason."""
    return {note.path: note.reason for note in raw.not_used([file for file in raw.files if file.there], ())}


# --- What a file is --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", [*PACKED, "zip"])
@pytest.mark.parametrize("name", ["x.tar.gz", "x.tgz", "x.tar", "x.zip", "x.tar.bz2", "x.tar.xz", "x.tar.zst", "x.gz", "X.TBZ2"])
def test_an_archive_is_what_its_first_bytes_say(form: str, name: str, tmp_path: Path) -> None:
    data = zip_of(CONTENT) if form == "zip" else PACKED[form](tar_of(CONTENT))
    kit.write(tmp_path / "raw" / "sub" / name, data)
    assert read(open_raw_tree(tmp_path / "raw", tmp_path / "work")) == {f"sub/{inner}": content for inner, content in CONTENT.items()}
    assert read(open_raw_tree(tmp_path / "raw" / "sub" / name, tmp_path / "work")) == CONTENT  # a second time, and alone


@pytest.mark.parametrize("name", ["download", "x.tar.gz.download", "dataset"])
@pytest.mark.parametrize("form", ["zip", "tar", "tar.gz", "tar.xz"])
def test_raw_itself_may_be_called_anything(form: str, name: str, tmp_path: Path) -> None:
    kit.write(tmp_path / name, zip_of(CONTENT) if form == "zip" else PACKED[form](tar_of(CONTENT)))
    assert read(open_raw_tree(tmp_path / name, tmp_path / "work")) == CONTENT


def test_compressed_files_that_are_no_tar_stay_files(tmp_path: Path) -> None:
    files = {"t.csv.gz": gzip.compress(b"a,b\n1,2\n" * 200), "v.nii.gz": gzip.compress(tar_of(CONTENT)), "w.xz": lzma.compress(b"x" * 600)}
    for name, data in files.items():
        kit.write(tmp_path / "raw" / name, data)
    assert read(open_raw_tree(tmp_path / "raw", tmp_path / "work")) == files


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("x.zip", b"<!DOCTYPE html><html>Please sign in</html>", "web page"),
        ("x.tar.gz", b"\n<html><body>404</body></html>", "web page"),
        ("x.tar", b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n", "git lfs pull"),
        ("x.zip", b"", "empty"),
        ("x.tar.xz", b"", "empty"),
        ("x.tar.gz", gzip.compress(gzip.compress(tar_of(CONTENT))), "no tar in it but a gz file"),
        ("x.tgz", gzip.compress(zip_of(CONTENT)), "no tar in it but a zip file"),
        ("x.tar.gz", b"7z\xbc\xaf\x27\x1c" + bytes(600), '7z x "x.tar.gz"'),
        ("x.zip", b"Rar!\x1a\x07\x01\x00" + bytes(600), 'unrar x "x.zip"'),
        ("x.zip", b"PK\7\x08PK\3\4" + bytes(600), "split archive"),
    ],
)
def test_what_is_called_an_archive_and_is_none_says_what_it_is(name: str, data: bytes, words: str, tmp_path: Path) -> None:
    kit.write(tmp_path / "raw" / name, data)
    with pytest.raises(Refused) as caught:
        open_raw_tree(tmp_path / "raw", tmp_path / "work")
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{name}: ")


# --- Cut and damaged -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", PACKED)
def test_a_tar_that_ends_at_a_members_end_is_cut(form: str, tmp_path: Path) -> None:
    """What a broken download leaves: whole members, and not the two blocks of zeros at the end."""
    whole = tar_of({f"{number}.bin": bytes([number]) * 700 for number in range(9)})
    with tarfile.open(fileobj=io.BytesIO(whole)) as archive:
        offset = archive.getmembers()[5].offset
    path = kit.write(tmp_path / f"x.{form.partition(' ')[0]}", PACKED[form](whole[:offset]))
    with pytest.raises(Refused, match="without its end mark"):
        open_raw_tree(path, tmp_path / "work")


@pytest.mark.parametrize("form", PACKED)
@pytest.mark.parametrize("how", ["header", "joined"])
def test_no_member_is_lost_behind_a_damaged_header_or_an_end_mark(form: str, how: str, tmp_path: Path) -> None:
    """tarfile and tar stop in silence at both."""
    data = bytearray(tar_of({f"{number}.bin": bytes([number]) * 700 for number in range(9)}))
    with tarfile.open(fileobj=io.BytesIO(bytes(data))) as archive:
        offset = archive.getmembers()[5].offset
    if how == "header":
        data[offset + 20] ^= 0xFF
    else:
        data += tar_of({"further.bin": b"x"})
    path = kit.write(tmp_path / f"x.{form.partition(' ')[0]}", PACKED[form](bytes(data)))
    with pytest.raises(Refused, match="no member begins at byte"):
        open_raw_tree(path, tmp_path / "work")


@pytest.mark.parametrize("form", [form for form in PACKED if form != "tar"])
def test_a_cut_compressed_tar_is_refused_and_leaves_nothing(form: str, tmp_path: Path) -> None:
    data = PACKED[form](tar_of({f"{number}.bin": kit.rng(str(number)).bytes(3000) for number in range(40)}))
    path = kit.write(tmp_path / f"x.{form.partition(' ')[0]}", data[: len(data) * 2 // 3])
    with pytest.raises(Refused, match="damaged or cut"):
        open_raw_tree(path, tmp_path / "work")
    assert list((tmp_path / "work").iterdir()) == []


def test_no_room_to_unpack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = kit.write(tmp_path / "x.tar.xz", lzma.compress(tar_of({"zeros.bin": bytes(50_000_000)})))
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage._replace(free=270 << 20))
    with pytest.raises(Refused, match=r'no room for it.*Set TMPDIR.*tar -xJf "x.tar.xz"'):
        open_raw_tree(path, tmp_path / "work")
    assert list((tmp_path / "work").iterdir()) == []


# --- What is no file -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", ["tar", "tar.gz", "tar.xz"])
def test_fifos_and_devices_in_a_tar_are_noted_by_name(form: str, tmp_path: Path) -> None:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, kind in (
            ("a/pipe.png", tarfile.FIFOTYPE),
            ("a/tape.png", tarfile.CHRTYPE),
            ("a/disk.png", tarfile.BLKTYPE),
            ("a/odd", b"V"),
        ):
            info = tarfile.TarInfo(name)
            info.type = kind
            archive.addfile(info)
        archive.addfile(tarfile.TarInfo("a/file.png"))
    raw = open_raw_tree(kit.write(tmp_path / f"x.{form}", PACKED[form](stream.getvalue())), tmp_path / "work")
    assert noted(raw) == {
        "a/pipe.png": "a FIFO, no file",
        "a/tape.png": "a device, no file",
        "a/disk.png": "a device, no file",
        "a/odd": "no file, folder or link",
    }
    with pytest.raises(Rejected, match=r"a/pipe\.png"):
        next(file for file in raw.files if file.listed == "a/pipe.png").read()


LINKS = {
    "a/before.bin": "z/1.bin",  # listed before what it leads to
    "chain.bin": "a/before.bin",
    "folder": "z",
    "z/circle": "../z",
    "around.bin": "around.bin",
    "outside.bin": "../../etc/passwd",
    "absent.bin": "z/nowhere.bin",
    "a/through.bin": "../folder/1.bin",
}
LINKS["a/before.bin"] = "../z/1.bin"


@pytest.mark.parametrize("form", ["zip", "tar", "tar.gz", "tar.zst"])
def test_links_are_followed_inside_an_archive_and_noted_where_they_lead_nowhere(form: str, tmp_path: Path) -> None:
    stream = io.BytesIO()
    if form == "zip":
        with zipfile.ZipFile(stream, "w") as packed:
            for name, target in LINKS.items():
                entry = zipfile.ZipInfo(name)
                entry.create_system, entry.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
                packed.writestr(entry, target)
            packed.writestr("z/1.bin", b"data")
    else:
        with tarfile.open(fileobj=stream, mode="w") as archive:
            for name, target in LINKS.items():
                info = tarfile.TarInfo(name)
                info.type, info.linkname = tarfile.SYMTYPE, target
                archive.addfile(info)
            info = tarfile.TarInfo("z/1.bin")
            info.size = 4
            archive.addfile(info, io.BytesIO(b"data"))
    data = stream.getvalue() if form == "zip" else PACKED[form](stream.getvalue())
    raw = open_raw_tree(kit.write(tmp_path / f"x.{form}", data), tmp_path / "work")
    found = {file.listed: file.read() for file in raw.files if file.there}
    assert found == dict.fromkeys(("z/1.bin", "a/before.bin", "chain.bin", "folder/1.bin", "a/through.bin"), b"data")
    assert noted(raw) == dict.fromkeys(("around.bin", "outside.bin", "absent.bin"), "a link to something that is not in the archive")


def linked_tar(links: dict[str, str], files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as archive:
        for name, target in links.items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def test_a_link_to_a_folder_inside_a_linked_folder_is_followed_too(tmp_path: Path) -> None:
    """The files behind it were missing below the first link; a link back to a folder on the way ends there."""
    links = {"a": "b", "b/c": "../d", "b/up": "..", "d/back": "../b", "b/nowhere": "../absent"}
    raw = open_raw_tree(kit.write(tmp_path / "x.tar", linked_tar(links, {"b/1.bin": b"1", "d/2.bin": b"2"})), tmp_path / "work")
    found = {file.listed: file.read() for file in raw.files if file.there}
    ones, twos = ("b/1.bin", "a/1.bin", "d/back/1.bin"), ("d/2.bin", "b/c/2.bin", "a/c/2.bin")
    assert found == dict.fromkeys(ones, b"1") | dict.fromkeys(twos, b"2")
    assert {"a/nowhere", "b/nowhere"} <= noted(raw).keys()


@pytest.mark.parametrize("form", ["tar", "tar.gz"])
def test_a_dangling_link_in_an_archive_is_called_one_when_it_is_read(form: str, tmp_path: Path) -> None:
    """It was called a missing file that the source promises, and its partner was blamed."""
    packed = PACKED[form](linked_tar({"x/1.bin": "nowhere.bin"}, {"x/2.bin": b"2"}))
    raw = open_raw_tree(kit.write(tmp_path / f"x.{form}", packed), tmp_path / "work")
    with pytest.raises(Rejected, match=r"^x/1.bin: is a link to something that is not in the archive\. Put the file itself there"):
        raw.files[0].read()


def test_a_zip_that_was_split_by_split_is_called_split() -> None:
    assert command_for("set.zip.aa") == 'cat "set.zip."* > "set.zip" && unzip "set.zip"  (all pieces in one folder)'


@pytest.mark.parametrize("how", ["disk", "offset"])
def test_the_last_piece_of_a_split_zip_without_the_others_is_called_that(how: str, tmp_path: Path) -> None:
    """Each of its files was rejected as one that cannot be read."""
    data = bytearray(zip_of({"a/1.bin": bytes(100), "a/2.bin": bytes(100)}))
    if how == "disk":
        data[data.index(b"PK\1\2") + 34] = 1
    else:
        del data[:40]
    with pytest.raises(Refused, match=r'x\.zip: the last piece of a split archive is not read in place\. Unpack it first: 7z x "x\.zip"'):
        open_raw_tree(kit.write(tmp_path / "x.zip", bytes(data)), tmp_path / "work")


def test_a_zip_that_lists_fewer_files_than_it_says_is_damaged(tmp_path: Path) -> None:
    """What its directory had lost was missing, and nobody said so."""
    data = zip_of(CONTENT)
    end, last = data.rindex(b"PK\5\6"), data.rindex(b"PK\1\2")
    (length,) = struct.unpack_from("<L", data, end + 12)
    cut = data[:last] + data[end : end + 12] + struct.pack("<L", length - (end - last)) + data[end + 16 :]
    with pytest.raises(Refused, match="it says that it holds 3 entries, and lists 2"):
        open_raw_tree(kit.write(tmp_path / "x.zip", cut), tmp_path / "work")


def test_a_packed_tar_that_was_changed_under_its_old_time_is_listed_anew(tmp_path: Path) -> None:
    """The index of the old one was taken, and files that moved were said to be damaged for ever."""
    archive = tmp_path / "x.tar.gz"
    for content in ({"a": b"1" * 600, "b": b"2"}, {"a": b"1", "b": b"2" * 600}):
        kit.write(archive, gzip.compress(tar_of(content), 0, mtime=0))
        os.utime(archive, ns=(10**18, 10**18))
        assert read(open_raw_tree(archive, tmp_path / "work")) == content


def with_comment(data: bytes, comment: bytes) -> bytes:
    """A zip without a comment, with one."""
    return data[:-2] + len(comment).to_bytes(2, "little") + comment


@pytest.mark.parametrize("comment", [b"PK\5\6", b"see PK\5\6 in the format" + bytes(40), b"PK\5\6" + bytes(18), b"of 2019"])
def test_what_looks_like_an_end_in_the_comment_of_a_zip_is_none(comment: bytes, tmp_path: Path) -> None:
    """A sound zip was called damaged, or one that holds no file; so was one with more bytes behind it."""
    for name, data in (("a.zip", with_comment(zip_of(CONTENT), comment)), ("b.zip", zip_of(CONTENT) + b"more" + comment + bytes(30))):
        assert read(open_raw_tree(kit.write(tmp_path / name, data), tmp_path / "work")) == CONTENT


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("a.zip", zip_of(CONTENT) + zip_of({"d.txt": b"last"}), "several zips stand in this file one after the other"),
        ("b.zip", with_comment(zip_of(CONTENT), b"part 1") + zip_of(CONTENT), "several zips stand in this file one after the other"),
        ("c.zip", with_comment(zip_of(CONTENT), zip_of({"d.txt": b"last"})), "its comment holds an archive of its own"),
    ],
)
def test_of_zips_in_one_file_the_last_is_not_taken_for_all(name: str, data: bytes, words: str, tmp_path: Path) -> None:
    """The files of the first one were missing, and nobody said so."""
    with pytest.raises(Refused, match=f"{name}: {words}"):
        open_raw_tree(kit.write(tmp_path / name, data), tmp_path / "work")


@pytest.mark.parametrize("form", ["zip", "tar", "tar.gz"])
def test_an_archive_that_holds_no_file_is_refused_or_noted(form: str, tmp_path: Path) -> None:
    """It was not mentioned, neither alone nor beside others."""
    empty = {"zip": b"PK\5\6" + bytes(18), "tar": bytes(10240), "tar.gz": gzip.compress(bytes(10240))}[form]
    kit.write(tmp_path / "raw" / "1.bin", b"1")
    path = kit.write(tmp_path / "raw" / f"x.{form}", empty)
    with pytest.raises(Refused, match="holds no file"):
        open_raw_tree(path, tmp_path / "work")
    assert noted(open_raw_tree(tmp_path / "raw", tmp_path / "work"))[f"x.{form}"] == "an archive that holds no file"


def command_for(name: str) -> str:
    with pytest.raises(Refused) as refused:
        archive_kind(name, name, alone=False)
    return str(refused.value).partition("Unpack it first: ")[2]


def test_files_with_holes_in_a_tar_are_refused(tmp_path: Path) -> None:
    """Their bytes do not lie in one piece."""
    info = tarfile.TarInfo("sparse.bin")
    info.type, info.size = tarfile.GNUTYPE_SPARSE, 0
    block = bytearray(info.tobuf(tarfile.GNU_FORMAT))
    block[483:495] = b"%011o\0" % 4096  # its real size
    block[148:156] = b"%06o\0 " % (256 + sum(block[:148]) + sum(block[156:]))
    path = kit.write(tmp_path / "x.tar", bytes(block) + bytes(1024))
    with pytest.raises(Refused, match=r"sparse.bin.*tar -xf"):
        open_raw_tree(path, tmp_path / "work")


# --- Whole runs ------------------------------------------------------------------------------------------------------------------------


def hashes(folder: Path) -> dict[str, str]:
    """The shards; the report names unused files with the folders above them."""
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in kit.files_of(folder / "data")}


@pytest.fixture(scope="module")
def chase(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, str]]:
    folder = tmp_path_factory.mktemp("chase")
    raw = PHANTOMS["chase-db1"].make(folder / "CHASEDB1").raw
    convert("chase-db1", raw, folder / "out", workers=1, max_shard_size=3_000)
    return raw, hashes(folder / "out")


@pytest.mark.parametrize("form", [form for form in PACKED if " " not in form])
def test_every_form_gives_the_same_bytes_and_leaves_nothing_unpacked(
    form: str, chase: tuple[Path, dict[str, str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw, reference = chase
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    content = {f"deep/down/{name}": path.read_bytes() for name, path in kit.files_of(raw)}
    archive = kit.write(tmp_path / f"x.{form}", PACKED[form](tar_of(content)))
    for _ in range(2):  # the second time with what the first one remembers
        convert("chase-db1", archive, tmp_path / "out", workers=2, max_shard_size=3_000)
        assert hashes(tmp_path / "out") == reference
        assert [path.name for path in tmp_path.rglob("*.tar") if path != archive] == []
        assert list((tmp_path / "temporary").iterdir()) == []


def test_a_packed_tar_is_unpacked_ahead_where_there_is_room_and_read_through_its_index_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    archive = kit.write(tmp_path / "x.tar.gz", gzip.compress(tar_of(CONTENT)))
    work = tmp_path / "work"
    raw = open_raw_tree(archive, work)
    with monkeypatch.context() as full:
        full.setattr(packed_tars, "LEFT_FREE", 1 << 60)
        unpack_ahead(raw.files)
    assert list(work.glob("*.tar")) == []
    unpack_ahead(raw.files)
    (copy,) = work.glob("*.tar")
    assert copy.read_bytes() == tar_of(CONTENT)
    with monkeypatch.context() as alone:
        alone.setattr(packed_tars, "open_decoder", None)
        assert {file.path: file.read() for file in raw.files} == CONTENT
        unpack_ahead(raw.files)  # it is there
    forget_copies(work)
    assert sorted(path.suffix for path in work.iterdir()) == [".gzidx", ".json"]
    assert {file.path: file.read() for file in raw.files} == CONTENT


@pytest.mark.parametrize("left", [0, -20])
def test_what_breaks_while_it_is_unpacked_ahead_leaves_nothing_and_is_said_by_reading(left: int, tmp_path: Path) -> None:
    archive = kit.write(tmp_path / "x.tar.gz", gzip.compress(tar_of(CONTENT)))
    raw = open_raw_tree(archive, tmp_path / "work")
    archive.write_bytes(archive.read_bytes()[:left])
    unpack_ahead(raw.files)
    assert list((tmp_path / "work").glob("*.tar")) == []
    with pytest.raises(Rejected, match="the archive is damaged here, or was changed since it was listed"):
        [file.read() for file in raw.files]


@pytest.mark.parametrize("form", ["folder", "zip", "tar"])
def test_a_backslash_in_a_name_divides_folders(form: str, chase: tuple[Path, dict[str, str]], tmp_path: Path) -> None:
    """Tools that unpack an archive from Windows on Linux leave such names; `convert` and `verify` agree on them."""
    raw, reference = chase
    content = {f"CHASEDB1\\{name}": path.read_bytes() for name, path in kit.files_of(raw)}
    for name, data in content.items():
        kit.write(tmp_path / "folder" / name, data)
    path = tmp_path / "folder"
    if form != "folder":
        path = kit.write(tmp_path / f"x.{form}", zip_of(content) if form == "zip" else tar_of(content))
    convert("chase-db1", path, tmp_path / "out", workers=1, max_shard_size=3_000)
    assert verify(tmp_path / "out").ok
    rows: list[dict[str, Any]] = [
        row for shard in (tmp_path / "out" / "data").glob("*.parquet") for row in pq.read_table(shard).to_pylist()
    ]
    assert rows
    assert not [row["source_file"] for row in rows if "\\" in row["source_file"] or "CHASEDB1" in row["source_file"]]
    assert hashes(tmp_path / "out") == reference
