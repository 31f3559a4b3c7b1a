"""Many readers of one archive: processes however they are started, threads, and streams in turn never disturb each other."""

from __future__ import annotations

import hashlib
import io
import multiprocessing
import tarfile
import threading
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

import hf_medseg
from hf_medseg import verify
from hf_medseg.conversion.executor import Executor
from hf_medseg.conversion.run import convert
from hf_medseg.errors import Rejected
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import open_raw_tree
from tests.support import kit

PAIRS = 750  # of a picture and a mask: 1,500 members
FORMS = ("zip", "tar", "tar.gz")


def picture(number: int) -> kit.Array:
    """A picture that says which one it is."""
    found = np.full((8, 8), number % 251, np.uint8)
    found[0, :2] = number // 256, number % 256
    return found


def mask(number: int) -> kit.Array:
    found = np.zeros((8, 8), np.uint8)
    found[number % 7 + 1, number % 5 :] = 1
    return found


def png(array: kit.Array) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture(scope="module")
def members() -> dict[str, bytes]:
    """1,500 members by name, in natural order."""
    images = {f"images/{number:03d}.png": png(picture(number)) for number in range(PAIRS)}
    return images | {f"masks/{number:03d}.png": png(mask(number)) for number in range(PAIRS)}


def packed(path: Path, members: dict[str, bytes]) -> Path:
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in members.items():
                archive.writestr(name, data)
        return path
    with tarfile.open(path, "w:gz" if path.suffix == ".gz" else "w") as tar:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


@pytest.fixture(scope="module")
def archives(members: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("archives")
    return {form: packed(folder / f"x.{form}", members) for form in FORMS}


def digests(files: Sequence[RawFile]) -> list[tuple[str, str]]:
    """What a worker reads: (path, SHA-256), or why not."""
    found = []
    for file in files:
        try:
            found.append((file.listed, hashlib.sha256(file.read()).hexdigest()))
        except Rejected as error:
            found.append((file.listed, str(error)))
    return found


def spread(files: Sequence[RawFile], pieces: int = 16) -> list[tuple[list[RawFile]]]:
    """The files in pieces, each from all over the archive, as shards have them."""
    return [(list(files[start::pieces]),) for start in range(pieces)]


@pytest.fixture
def method(request: pytest.FixtureRequest) -> Iterator[str]:
    """How processes are started, for the time of a test."""
    before = multiprocessing.get_start_method(allow_none=True)
    multiprocessing.set_start_method(request.param, force=True)
    yield request.param
    multiprocessing.set_start_method(before, force=True)


@pytest.mark.parametrize(("method", "workers"), [("fork", 2), ("fork", 4), ("spawn", 2), ("forkserver", 4)], indirect=["method"])
def test_workers_read_every_member_after_the_parent_has_read(
    method: str, workers: int, archives: dict[str, Path], members: dict[str, bytes], tmp_path: Path
) -> None:
    expected = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    files = [file for path in archives.values() for file in open_raw_tree(path, tmp_path / "work").files]
    calls = spread(files)
    with Executor(workers) as runner:
        for start in range(0, len(files), PAIRS):
            files[start].read()  # planning reads tables, and a user may have read rows
        for _, found in runner.run(digests, calls):
            assert {name: digest for name, digest in found if digest != expected[name]} == {}


@pytest.mark.parametrize("form", FORMS)
def test_threads_and_streams_in_turn(form: str, archives: dict[str, Path], members: dict[str, bytes], tmp_path: Path) -> None:
    files = open_raw_tree(archives[form], tmp_path / "work").files
    expected = {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}
    for one, other in zip(files[:200], reversed(files[-200:]), strict=True):
        assert one.read() == members[one.listed]
        assert other.read() == members[other.listed]
    wrong: list[tuple[str, str]] = []

    def work(some: list[RawFile]) -> None:
        wrong.extend((name, digest) for name, digest in digests(some) if digest != expected[name])

    threads = [threading.Thread(target=work, args=call) for call in spread(files, 4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


# --- Whole runs ------------------------------------------------------------------------------------------------------------------------


def check_rows(rows: Sequence[dict[str, Any]], members: dict[str, bytes]) -> None:
    """Every row holds its own picture and mask, and the hash of its own file."""
    assert sorted(row["image_id"] for row in rows) == [f"{number:03d}" for number in range(PAIRS)]
    for row in rows:
        number = int(row["image_id"])
        assert np.array_equal(pixels_of(row["image"]), picture(number))
        assert np.array_equal(pixels_of(row["mask"]), mask(number))
        assert row["source_sha256"] == hashlib.sha256(members[row["source_file"]]).hexdigest()


def pixels_of(cell: Any) -> kit.Array:
    return np.asarray(Image.open(io.BytesIO(cell["bytes"])) if isinstance(cell, dict) else cell)


@pytest.mark.parametrize("form", FORMS)
def test_convert_with_two_workers_after_the_process_has_read(
    form: str, archives: dict[str, Path], members: dict[str, bytes], tmp_path: Path
) -> None:
    stream = hf_medseg.load_dataset("image-mask-folder", archives[form], split="train", streaming=True)
    assert next(iter(stream))["image_id"]
    conversion = convert("image-mask-folder", archives[form], tmp_path / "out", workers=2, max_shard_size=20_000)
    assert conversion.rejected == []
    assert len(conversion.made) > 4
    check_rows([row for shard in conversion.made for row in pq.read_table(tmp_path / "out" / shard).to_pylist()], members)
    assert verify(tmp_path / "out").ok


@pytest.mark.parametrize("form", FORMS)
def test_map_style_with_two_processes(form: str, archives: dict[str, Path], members: dict[str, bytes], tmp_path: Path) -> None:
    open_raw_tree(archives[form], tmp_path / "work").files[5].read()
    loaded = hf_medseg.load_dataset("image-mask-folder", archives[form], split="train", cache_dir=str(tmp_path / "cache"), num_proc=2)
    check_rows(loaded.with_format("arrow")[:].to_pylist(), members)


def as_it_is(row: Any) -> Any:
    return row


@pytest.mark.parametrize("form", FORMS)
def test_a_data_loader_with_two_workers_after_a_streamed_row(form: str, archives: dict[str, Path], members: dict[str, bytes]) -> None:
    torch = pytest.importorskip("torch")
    stream = hf_medseg.load_dataset("image-mask-folder", archives[form], split="train", streaming=True)
    reading = iter(stream)
    next(reading)
    loader = torch.utils.data.DataLoader(stream, batch_size=None, num_workers=2, collate_fn=as_it_is)
    rows = []
    for row in loader:
        rows.append(row)
        next(reading, None)  # this process goes on reading
    check_rows(rows, members)


@pytest.mark.parametrize("form", FORMS)
def test_two_streams_in_turn(form: str, archives: dict[str, Path], members: dict[str, bytes]) -> None:
    streams = [hf_medseg.load_dataset("image-mask-folder", archives[form], split="train", streaming=True) for _ in range(2)]
    rows = list(zip(streams[0], streams[1].shuffle(seed=1, buffer_size=50), strict=True))
    for side in (0, 1):
        check_rows([pair[side] for pair in rows], members)


# --- What proves a read ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("form", FORMS)
def test_an_archive_that_was_exchanged_after_planning_gives_no_rows(form: str, members: dict[str, bytes], tmp_path: Path) -> None:
    some = dict(list(members.items())[:20])
    path = packed(tmp_path / f"x.{form}", some)
    files = open_raw_tree(path, tmp_path / "work").files
    packed(path, {"images/another.png": png(picture(1)), **some})
    for file in files:
        with pytest.raises(Rejected, match="Fetch the archive again"):
            file.read()


def test_a_large_member_is_read_in_pieces(tmp_path: Path) -> None:
    """Above 8 MB a member is read piece by piece; the pieces are joined exactly."""
    data = kit.rng("large").bytes(9_000_000) + bytes(20_000_000)
    for name, kind in (("stored.zip", zipfile.ZIP_STORED), ("deflated.zip", zipfile.ZIP_DEFLATED)):
        with zipfile.ZipFile(tmp_path / name, "w", kind) as archive:
            archive.writestr("large.bin", data)
    packed(tmp_path / "x.tar", {"large.bin": data})
    packed(tmp_path / "x.tar.gz", {"large.bin": data})
    for name in ("stored.zip", "deflated.zip", "x.tar", "x.tar.gz"):
        (file,) = open_raw_tree(tmp_path / name, tmp_path / "work").files
        assert file.read() == data
        assert file.read(8_500_000) == data[:8_500_000]


@pytest.mark.parametrize("name", ["n" * 230, f"{'deep/' * 200}n"])
def test_a_zip_header_longer_than_the_first_request(name: str, tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo(name)
        info.extra = b"\xfe\xca" + (4000).to_bytes(2, "little") + bytes(4000)
        archive.writestr(info, b"some data" * 10, zipfile.ZIP_DEFLATED)
    (file,) = open_raw_tree(tmp_path / "x.zip", tmp_path / "work").files
    assert file.read() == b"some data" * 10
    assert file.read(4) == b"some"
