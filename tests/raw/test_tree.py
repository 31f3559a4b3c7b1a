"""Reading raw trees in place: every archive form, every dialect of a table, every trick of a hostile archive."""

from __future__ import annotations

import io
import os
import struct
import tarfile
import unicodedata
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hf_medseg.errors import Refused, Rejected
from hf_medseg.raw.cells import number, whole
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.order import natural
from hf_medseg.raw.places import Alone
from hf_medseg.raw.tables import Table, text_of
from hf_medseg.raw.tree import open_raw_tree, union
from tests.support import kit


def listed(path: Path, work: Path) -> dict[str, bytes]:
    return {file.listed: file.read() for file in open_raw_tree(path, work).files}


def zip_with(path: Path, members: dict[str, bytes], kind: int = zipfile.ZIP_DEFLATED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", kind) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


CONTENT = {"a/1.bin": b"one" * 50, "a/b/2.bin": b"two", "c.txt": b""}


@pytest.mark.parametrize("kind", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_zip_members_are_listed_where_the_archive_lies(kind: int, tmp_path: Path) -> None:
    zip_with(tmp_path / "raw" / "sub" / "x.zip", CONTENT, kind)
    assert listed(tmp_path / "raw", tmp_path) == {f"sub/{name}": data for name, data in CONTENT.items()}


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "tgz"])
def test_tar_forms(suffix: str, tmp_path: Path) -> None:
    for name, data in CONTENT.items():
        kit.write(tmp_path / "tree" / name, data)
    archive = kit.as_tar(tmp_path / "tree", tmp_path / f"x.{suffix}", top="./")
    assert listed(archive, tmp_path / "work") == CONTENT
    assert listed(archive, tmp_path / "work") == CONTENT  # now from the remembered listing


@pytest.mark.parametrize("suffix", ["", ".tar", ".tar.gz"])
def test_what_was_changed_after_it_was_listed_is_not_read(suffix: str, tmp_path: Path) -> None:
    """Of the same size: rows held half of the one state and half of the other."""
    path = tmp_path / f"raw{suffix}"

    def write(content: bytes) -> None:
        if not suffix:
            (path / "a.txt").parent.mkdir(exist_ok=True)
            (path / "a.txt").write_bytes(content)
            return
        with tarfile.open(path, "w" + suffix[4:].replace(".", ":")) as tar:
            entry = tarfile.TarInfo("a.txt")
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))

    write(b"before")
    os.utime(path if suffix else path / "a.txt", (0, 0))
    (file,) = open_raw_tree(path, tmp_path / "work").files
    assert file.read() == b"before"
    write(b"behind")
    with pytest.raises(Rejected, match="was changed after it was listed"):
        file.read()


def test_utf8_names_without_the_flag_and_nfd_names(tmp_path: Path) -> None:
    decomposed = unicodedata.normalize("NFD", "Übung.png")
    kit.write(tmp_path / "raw" / decomposed, b"x")
    assert list(listed(tmp_path / "raw", tmp_path)) == [unicodedata.normalize("NFC", "Übung.png")]


def named(path: Path, plain: bytes, beside: str, of: bytes) -> Path:
    """A zip whose one member has a name in some encoding, and one in Unicode beside it, which says whose it is by a checksum."""
    stand_in = zipfile.ZipInfo("x" * len(plain))
    body = struct.pack("<BL", 1, zlib.crc32(of)) + beside.encode()
    stand_in.extra = struct.pack("<HHB", 0x0001, 1, 0) + struct.pack("<HH", 0x7075, len(body)) + body
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(stand_in, b"1")
    path.write_bytes(path.read_bytes().replace(stand_in.filename.encode(), plain))
    return path


@pytest.mark.parametrize("encoding", ["shift-jis", "gbk", "utf-8", "utf-16-be"])
def test_a_name_in_unicode_beside_the_name_of_a_member_counts(encoding: str, tmp_path: Path) -> None:
    plain = "\u753b\u50cf/01.png".encode(encoding).replace(b"\0", b"_")
    archive = named(tmp_path / "x.zip", plain, "\u753b\u50cf/01.png", of=plain)
    assert listed(archive, tmp_path) == {"\u753b\u50cf/01.png": b"1"}


def test_names_of_which_nothing_says_the_letters_are_told(tmp_path: Path) -> None:
    plain = "\u753b\u50cf/01.png".encode("shift-jis")
    raw = open_raw_tree(named(tmp_path / "x.zip", plain, "other.png", of=b"other.png"), tmp_path)
    ((archive, words),) = raw.listing.known
    assert (archive, [file.listed for file in raw.files]) == ("x.zip", [plain.decode("cp437")])
    assert words.startswith(f"it does not say in which letters the name of 1 file is written, such as {plain.decode('cp437')}; they may be")
    assert "gbk (Chinese) or" in words and "cp932 (Japanese)" in words and '`unzip -O gbk "x.zip"`' in words


def test_half_a_letter_that_is_a_backslash_divides_no_folders(tmp_path: Path) -> None:
    """The second byte of a letter of Japan or China may be one: a folder came of it that is not there."""
    plain = "images/\u30bd.png".encode("cp932")
    assert b"\\" in plain
    raw = open_raw_tree(named(tmp_path / "x.zip", plain, "other.png", of=b"other.png"), tmp_path)
    assert [file.listed.count("/") for file in raw.files] == [1]
    assert "cp932 (Japanese)" in raw.listing.known[0][1]


def test_a_name_in_unicode_of_another_name_does_not_count(tmp_path: Path) -> None:
    """A program that does not know the field renamed the member and left it there."""
    assert list(listed(named(tmp_path / "x.zip", b"new/01.png", "old/01.png", of=b"old/01.png"), tmp_path)) == ["new/01.png"]


def test_a_name_in_unicode_that_climbs_out_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="climbs out"):
        open_raw_tree(named(tmp_path / "x.zip", b"01.png", "../01.png", of=b"01.png"), tmp_path)


def test_a_path_that_climbs_out_is_refused(tmp_path: Path) -> None:
    for bad in ("../evil.png", "a/../../evil.png", "/etc/passwd", "C:\\evil.png", "..\\evil.png"):
        archive = zip_with(tmp_path / "x.zip", {bad: b"x"})
        with pytest.raises(Refused, match="climbs out"):
            open_raw_tree(archive, tmp_path)


def test_a_tar_path_that_climbs_out_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        info = tarfile.TarInfo("../evil.png")
        info.size = 1
        archive.addfile(info, io.BytesIO(b"x"))
    with pytest.raises(Refused, match="climbs out"):
        open_raw_tree(tmp_path / "x.tar", tmp_path)


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("a.7z", '7z x "a.7z"'),
        ("a.7z.001", '7z x "a.7z.001"'),
        ("a.7z.002", '7z x "a.7z.001"'),
        ("a.zip.002", '7z x "a.zip.001"'),
        ("a.z01", '7z x "a.zip"'),
        ("a.rar", "unrar x"),
        ("a.tar.lz", 'tar --lzip -xf "a.tar.lz"'),
        ("a.tar.lz4", 'lz4 -dc "a.tar.lz4"'),
        ("a.tar.gz.aa", 'cat "a.tar.gz."* | tar -xzf -'),
        ("a.tgz.001", 'cat "a.tgz."* | tar -xzf -'),
        ("a.tar.00", 'cat "a.tar."* | tar -xf -'),
    ],
)
def test_what_is_not_read_in_place_names_the_command(name: str, command: str, tmp_path: Path) -> None:
    kit.write(tmp_path / "raw" / name, b"x")
    with pytest.raises(Refused) as caught:
        open_raw_tree(tmp_path / "raw", tmp_path)
    assert command in str(caught.value)


def test_nested_archives_are_refused_with_the_command(tmp_path: Path) -> None:
    inner = zip_with(tmp_path / "inner.zip", CONTENT).read_bytes()
    archive = zip_with(tmp_path / "outer.zip", {"inner.zip": inner})
    with pytest.raises(Refused, match=r'nested archive \(inner.zip\).*unzip "outer.zip"'):
        open_raw_tree(archive, tmp_path)


def test_an_archive_of_archives_does_no_harm_beside_what_its_command_unpacked(tmp_path: Path) -> None:
    inner = zip_with(tmp_path / "raw/set/inner.zip", CONTENT).read_bytes()
    zip_with(tmp_path / "raw/outer.zip", {"set/inner.zip": inner})
    alone = zip_with(tmp_path / "alone/inner.zip", CONTENT)
    assert [file.name for file in open_raw_tree(tmp_path / "raw", tmp_path).files] == [
        file.name for file in open_raw_tree(alone.parent, tmp_path).files
    ]
    zip_with(tmp_path / "raw/outer.zip", {"set/inner.zip": inner + b"changed"})
    with pytest.raises(Refused, match="nested archive"):
        open_raw_tree(tmp_path / "raw", tmp_path)


def test_encrypted_zips_are_refused(tmp_path: Path) -> None:
    data = bytearray(zip_with(tmp_path / "x.zip", {"a.png": b"abc"}, zipfile.ZIP_STORED).read_bytes())
    for signature, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + flags] |= 1
    (tmp_path / "x.zip").write_bytes(bytes(data))
    with pytest.raises(Refused, match="encrypted"):
        open_raw_tree(tmp_path / "x.zip", tmp_path)


@pytest.mark.parametrize("suffix", ["zip", "tar.gz"])
def test_a_cut_archive_is_refused(suffix: str, tmp_path: Path) -> None:
    for name in range(40):
        kit.write(tmp_path / "tree" / f"{name}.bin", kit.rng(str(name)).bytes(3000))
    whole_archive = (kit.as_zip if suffix == "zip" else kit.as_tar)(tmp_path / "tree", tmp_path / f"x.{suffix}")
    whole_archive.write_bytes(whole_archive.read_bytes()[:60_000])
    with pytest.raises(Refused, match="damaged or cut"):
        open_raw_tree(whole_archive, tmp_path / "work")


def test_a_damaged_member_rejects_its_case_only(tmp_path: Path) -> None:
    archive = zip_with(tmp_path / "x.zip", {"a.bin": kit.rng("a").bytes(5000), "b.bin": b"fine" * 500})
    data = bytearray(archive.read_bytes())
    data[2000] ^= 0xFF
    archive.write_bytes(bytes(data))
    first, second = open_raw_tree(archive, tmp_path).files
    with pytest.raises(Rejected, match="Fetch the archive again"):
        first.read()
    assert second.read() == b"fine" * 500


def test_a_member_that_unpacks_to_more_than_it_says_stops_there(tmp_path: Path) -> None:
    archive = zip_with(tmp_path / "x.zip", {"bomb.bin": b"\0" * 50_000_000})
    file = open_raw_tree(archive, tmp_path).files[0]
    lying = RawFile(file.path, 100, file.place)
    with pytest.raises(Rejected, match="100 bytes expected"):
        lying.read()


def test_litter_is_no_data(tmp_path: Path) -> None:
    kit.write(tmp_path / "raw" / "images" / "a.png", b"x")
    kit.litter(tmp_path / "raw")
    raw = open_raw_tree(tmp_path / "raw", tmp_path)
    assert [file.listed for file in raw.files] == ["images/a.png"]
    assert len(raw.listing.litter) == 4


def test_links_are_followed_but_not_in_circles(tmp_path: Path) -> None:
    kit.write(tmp_path / "raw" / "a" / "1.bin", b"x")
    kit.write(tmp_path / "elsewhere" / "2.bin", b"y")
    (tmp_path / "raw" / "link").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "raw" / "a" / "circle").symlink_to(tmp_path / "raw")
    assert set(listed(tmp_path / "raw", tmp_path)) == {"a/1.bin", "link/2.bin"}


@pytest.mark.parametrize("suffix", ["tar", "tar.gz"])
def test_links_in_a_tar_are_the_member_they_name(suffix: str, tmp_path: Path) -> None:
    kit.write(tmp_path / "tree" / "a" / "1.bin", b"equal")
    (tmp_path / "tree" / "a" / "2.bin").hardlink_to(tmp_path / "tree" / "a" / "1.bin")
    (tmp_path / "tree" / "a" / "3.bin").symlink_to("1.bin")
    (tmp_path / "tree" / "a" / "4.bin").symlink_to("../../nowhere")
    with tarfile.open(tmp_path / f"x.{suffix}", "w:gz" if suffix == "tar.gz" else "w") as archive:
        for number in range(1, 5):
            archive.add(tmp_path / "tree" / "a" / f"{number}.bin", f"a/{number}.bin")
        assert archive.getmember("a/2.bin").islnk()
    raw = open_raw_tree(tmp_path / f"x.{suffix}", tmp_path / "work")
    found = {file.listed: file.read() for file in raw.files if file.there}
    assert found == dict.fromkeys(("a/1.bin", "a/2.bin", "a/3.bin"), b"equal")
    (note,) = raw.not_used([file for file in raw.files if file.listed in found], ())
    assert (note.path, note.reason) == ("a/4.bin", "a link to something that is not in the archive")


def test_names_that_are_no_utf8_are_listed_all_the_same(tmp_path: Path) -> None:
    """Each had the same sign for every byte, so that two became one; in a tar they ended in a traceback."""
    names = {b"a.bin": "a.bin", b"\xe4.bin": "\xe4.bin", b"\xf6.bin": "\xf6.bin", b"\x89\xe6\x91\x9c.bin": "\xeb\xb5\xe6\xa3.bin"}
    for name in names:
        path = tmp_path / "raw" / "\u753b" / os.fsdecode(name)
        kit.write(path, name)
    packed = tmp_path / "x.tar.gz"
    with tarfile.open(packed, "w:gz", format=tarfile.GNU_FORMAT) as archive:
        archive.add(tmp_path / "raw" / "\u753b", "\u753b")
    for place in (tmp_path / "raw", packed):
        assert listed(place, tmp_path / "work") == {f"\u753b/{text}": name for name, text in names.items()}
        ((_, words),) = open_raw_tree(place, tmp_path / "work").listing.known
        assert "the names of 3 files are " in words


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no such file or folder"):
        open_raw_tree(tmp_path / "nowhere", tmp_path)
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refused, match="empty"):
        open_raw_tree(tmp_path / "empty", tmp_path)


def test_find_keys_order_and_twins(tmp_path: Path) -> None:
    for name in ("images/10.png", "images/9.png", "copy/images/9.png", "masks/9.png", "masks/11.png"):
        kit.write(tmp_path / "raw" / "Top" / name, name[-6:].encode())
    raw = open_raw_tree(tmp_path / "raw", tmp_path)
    images, masks = raw.find(r"images/(\d+)\.png"), raw.find(r"masks/(\d+)\.png")
    assert list(images) == ["9", "10"]
    assert images["9"].path == "images/9.png"
    assert [twin.listed for twin in images["9"].twins] == ["Top/copy/images/9.png"]
    assert union(images, masks) == ["9", "10", "11"]
    with pytest.raises(Rejected, match="missing"):
        images.need("11", "images/11.png").read()


def test_lfs_pointers_are_named(tmp_path: Path) -> None:
    path = kit.write(tmp_path / "a.jpg", "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n")
    with pytest.raises(Rejected, match="git lfs pull"):
        Reader().read(RawFile("a.jpg", path.stat().st_size, Alone(str(path))))


def table(data: bytes, folder: Path, *columns: str) -> Table:
    path = kit.write(folder / "t.csv", data)
    return Table(RawFile("t.csv", len(data), Alone(str(path))), columns)


ROWS = [{"id": "a", "note": "x, y"}, {"id": "b", "note": "Grösse"}]


@pytest.mark.parametrize(
    "data",
    [
        'id,note\na,"x, y"\nb,Grösse\n'.encode(),
        'id,note\r\na,"x, y"\r\nb,Grösse'.encode(),
        'id,note\ra,"x, y"\rb,Grösse\r'.encode(),
        'id;note\na;"x, y"\nb;Grösse\n'.encode(),
        'id\tnote\na\t"x, y"\nb\tGrösse\n'.encode(),
        b"\xef\xbb\xbf" + 'id,note\na,"x, y"\n\nb,Grösse\n'.encode(),
        'id,note\na,"x, y"\nb,Grösse\n'.encode("latin-1"),
        'id,note\na,"x, y"\nb,Grösse\n'.encode("utf-16"),
        'id , note \n a ,"x, y"\nb, Grösse\n'.encode(),
    ],
    ids=["lf", "crlf", "bare-cr", "semicolon", "tab", "bom", "latin-1", "utf-16", "blanks"],
)
def test_every_dialect_reads_the_same(data: bytes, tmp_path: Path) -> None:
    assert list(table(data, tmp_path, "id", "note")) == ROWS


def test_a_missing_column_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"columns age are missing; found: id, note"):
        table(b"id,note\na,b\n", tmp_path, "id", "age")


def test_ids_in_other_letters_than_their_files_are_the_same_where_one_line_alone_can_be_meant(tmp_path: Path) -> None:
    """The line said nothing of its file, which had nulls."""
    lines = table(b"id,v\nP1,1\np2,2\nP2,3\nP3,4\np3,5\nP4,6\nP4,7\n", tmp_path).by("id", of=["p1", "p2", "Straße", "P3", "p4"])
    assert {key: row["v"] for key, row in lines.items()} == {"p1": "1", "p2": "2", "P2": "3", "P3": "4", "p3": "5", "p4": "6"}
    assert [*lines.conflicts] == ["p4"]
    twins = table(b"id,v\nAa,1\n", tmp_path).by("id", of=["aa", "AA"])
    assert [*twins] == ["Aa"]


def test_a_repeated_key_is_a_conflict_only_where_values_differ(tmp_path: Path) -> None:
    keyed = table(b"id,v\na,1\na,1\nb,1\nb,2\n", tmp_path).by("id")
    assert list(keyed.conflicts) == ["b"]


def test_a_table_about_something_else_is_refused(tmp_path: Path) -> None:
    assert list(table(b"id,v\na,1\n", tmp_path).by("id", among=["a", "b"])) == ["a"]
    assert list(table(b"id,v\n0,1\n", tmp_path).by("id")) == ["0"]
    with pytest.raises(Refused, match="no line belongs to a file of the raw tree: a and others expected under id, 0, 1 found"):
        table(b"id,v\n0,1\n1,1\n", tmp_path).by("id", among=["a", "b"])


@given(st.text(max_size=12))
def test_numbers_never_raise(text: str) -> None:
    assert number(text) is None or isinstance(number(text), float)
    assert whole(text) is None or isinstance(whole(text), int)


@settings(max_examples=50)
@given(st.binary(max_size=200))
def test_any_bytes_are_text_of_some_kind(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    assume(not data.startswith((b"PK\3\4", b"/annex/objects/")))  # a workbook, or a pointer, which say so themselves
    path = tmp_path_factory.mktemp("t") / "t"
    path.write_bytes(data)
    try:
        text = text_of(RawFile("t", len(data), Alone(str(path))))
    except UnicodeDecodeError:
        assert data.startswith((b"\xff\xfe", b"\xfe\xff"))
        return
    assert "\r" not in text


@given(st.lists(st.integers(0, 10**6), max_size=20))
def test_natural_order_is_numeric(numbers: list[int]) -> None:
    names = [f"image {n}.png" for n in numbers]
    assert sorted(names, key=natural) == [f"image {n}.png" for n in sorted(numbers)]


def test_a_poorer_form_of_a_layout_gives_twins_and_never_paths(tmp_path: Path) -> None:
    for name in ("b/case_1/case_1_x.nii", "case_1_x.nii", "a/case_2_x.nii"):
        kit.write(tmp_path / "raw" / name, "x")
    raw = open_raw_tree(tmp_path / "raw", tmp_path / "work")
    both = raw.find(r"case_\d/(case_\d)_x\.nii").beside(raw.find(r"(case_\d)_x\.nii"))
    assert {key: (file.path, [twin.listed for twin in file.twins]) for key, file in both.items()} == {
        "case_1": ("case_1/case_1_x.nii", ["case_1_x.nii"]),
        "case_2": ("case_2_x.nii", []),
    }


def test_members_of_one_name_in_several_archives_are_told_apart(tmp_path: Path) -> None:
    """A client packs every series into an archive of its own, and calls the first file of each the same."""
    for name in ("a", "b"):
        (tmp_path / "raw").mkdir(exist_ok=True)
        with zipfile.ZipFile(tmp_path / "raw" / f"{name}.zip", "w") as archive:
            archive.writestr("1-001.dcm", name)
            archive.writestr(f"only-{name}.dcm", name)
    raw = open_raw_tree(tmp_path / "raw", tmp_path / "work")
    assert [file.listed for file in raw.files] == ["a/1-001.dcm", "a/only-a.dcm", "b/1-001.dcm", "b/only-b.dcm"]
    assert [file.read() for file in raw.files] == [b"a", b"a", b"b", b"b"]


def test_archives_that_repeat_a_readme_are_one_tree(tmp_path: Path) -> None:
    """`images.zip` and `masks.zip` each bring the license along; what lies in them belongs together all the same."""
    for name in ("images", "masks"):
        (tmp_path / "raw").mkdir(exist_ok=True)
        with zipfile.ZipFile(tmp_path / "raw" / f"{name}.zip", "w") as archive:
            archive.writestr(f"{name}/1.png", name)
            archive.writestr("LICENSE", name)
            archive.writestr("readme.txt", name)
    listed = [file.listed for file in open_raw_tree(tmp_path / "raw", tmp_path / "work").files]
    assert listed == ["images/1.png", "images/LICENSE", "images/readme.txt", "masks/1.png", "masks/LICENSE", "masks/readme.txt"]


@pytest.mark.parametrize("form", ["zip", "tar"])
def test_archives_that_are_called_like_a_split_keep_it(form: str, tmp_path: Path) -> None:
    """`train.zip` and `test.zip` came out as one heap: the word of the split stood in the archive's name alone."""
    for name in ("Train", "test_set", "extra"):
        for inner in ("images/1.png", f"masks/{name}.png"):
            kit.write(tmp_path / name / inner, name.encode())
        pack = kit.as_zip if form == "zip" else kit.as_tar
        pack(tmp_path / name, tmp_path / "raw" / "data" / f"{name}.{form}")
    raw = open_raw_tree(tmp_path / "raw", tmp_path / "work")
    assert [file.listed for file in raw.files] == [
        f"data/{name}/{inner}" for name in ("Train", "extra", "test_set") for inner in ("images/1.png", f"masks/{name}.png")
    ]
    assert [file.read().decode() for file in raw.files] == ["Train", "Train", "extra", "extra", "test_set", "test_set"]


def test_numbered_pieces_of_a_split_keep_it_and_what_two_of_them_call_alike_stays_two_files(tmp_path: Path) -> None:
    for name, inner in (("train-000000", "a.png"), ("train-000001", "a.png"), ("train-000001", "b.png"), ("val-00000-of-00001", "c.png")):
        kit.write(tmp_path / name / inner, f"{name} {inner}".encode())
    for name in ("train-000000", "train-000001", "val-00000-of-00001"):
        kit.as_tar(tmp_path / name, tmp_path / "raw" / f"{name}.tar")
    raw = open_raw_tree(tmp_path / "raw", tmp_path / "work")
    assert {file.listed: file.read().decode() for file in raw.files} == {
        "train-000000/train/a.png": "train-000000 a.png",
        "train-000001/train/a.png": "train-000001 a.png",
        "train/b.png": "train-000001 b.png",
        "val/c.png": "val-00000-of-00001 c.png",
    }


def test_archives_whose_folders_say_the_split_lie_as_they_were_packed(tmp_path: Path) -> None:
    for name, inner in (("train", "train/1.png"), ("test", "images/test/1.png"), ("masks", "masks/1.png")):
        kit.write(tmp_path / name / inner, b"x")
        kit.as_zip(tmp_path / name, tmp_path / "raw" / f"{name}.zip")
    raw = open_raw_tree(tmp_path / "raw", tmp_path / "work")
    assert [file.listed for file in raw.files] == ["images/test/1.png", "masks/1.png", "train/1.png"]


@pytest.mark.parametrize("form", ["folder", "zip", "tar", "tar.gz"])
def test_the_first_bytes_of_a_file(form: str, tmp_path: Path) -> None:
    data = kit.rng("head").bytes(50_000)
    kit.write(tmp_path / "folder" / "a" / "file.bin", data)
    raw = tmp_path / "folder"
    if form == "zip":
        raw = kit.as_zip(tmp_path / "folder", tmp_path / "raw.zip")
    elif form != "folder":
        raw = kit.as_tar(tmp_path / "folder", tmp_path / f"raw.{form}")
    (file,) = open_raw_tree(raw, tmp_path / "work").files
    assert file.read(1000) == data[:1000]
    assert file.read(60_000) == file.read() == data
