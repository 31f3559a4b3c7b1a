"""Downloads: every fault that a server can have, every client, every source; all of it against hosts on loopback."""

from __future__ import annotations

import csv
import errno
import gzip
import hashlib
import io
import json
import shutil
import socket
import sys
import threading
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import datasets
import pydicom
import pytest

import hf_medseg
from hf_medseg.catalog.facts import Access, Download, Mode
from hf_medseg.catalog.lookup import find_source, sources
from hf_medseg.cli import main
from hf_medseg.errors import MedsegError, MissingExtra, Refused
from hf_medseg.fetching import apart
from hf_medseg.fetching.addresses import leads_inside
from hf_medseg.fetching.names import clean
from hf_medseg.progress import Progress
from tests.support.harness import PHANTOMS
from tests.support.kit import Phantom, as_tar, as_zip, files_of
from tests.support.web import Asked, Page, Web, all_hosts, cut, stall, status  # noqa: F401

module, items, transfer, facts, clients = (
    import_module(f"hf_medseg.fetching.{name}") for name in ("download", "items", "http", "wanted", "clients")
)
pytest.importorskip("pooch")


BODY = bytes(range(256)) * 400
URL, MIRROR = "https://owner.example/data/file.bin", "https://mirror.example/copy/file.bin"
PAGE = b"<!DOCTYPE html><html><body>Please sign in</body></html>"


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small pieces, and no waiting between tries."""
    monkeypatch.setattr(transfer, "CHUNK", 4096)
    monkeypatch.setattr(transfer, "WAITS", (0.0, 0.0))
    monkeypatch.setattr(transfer, "TIMEOUT", (5.0, 5.0))


Offer = Callable[..., str]


@pytest.fixture
def offer(monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Gives a source of the catalog other downloads."""

    def set_downloads(
        *downloads: Download, source: str = "chase-db1", mode: Mode = "free", steps: Sequence[str] = ("Write a letter.",)
    ) -> str:
        found = find_source(source)
        offered = replace(found, access=Access(mode, tuple(steps), downloads))
        monkeypatch.setattr(module, "find_source", lambda name: offered)
        return source

    return set_downloads


def names(folder: Path) -> list[str]:
    return [name for name, _ in files_of(folder)]


# --- One file over HTTP ------------------------------------------------------------------------------------------------------------------


def test_a_file_gets_its_name_when_it_is_complete(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY)
    told: list[Progress] = []
    result = hf_medseg.download(offer(Download(URL, checksum=sha256(BODY))), tmp_path / "raw", progress=told.append)
    assert (tmp_path / "raw" / "file.bin").read_bytes() == BODY
    assert names(tmp_path / "raw") == ["file.bin"]
    assert result.fetched["file.bin"].checksum == sha256(BODY)  # type: ignore[union-attr]
    assert told[-1] == Progress("fetching", done=1, of=1, read=len(BODY), of_bytes=len(BODY))
    assert all(now.read <= now.of_bytes for now in told)


def test_md5_is_compared_too(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY)
    checksum = f"md5:{hashlib.md5(BODY).hexdigest()}"
    assert hf_medseg.download(offer(Download(URL, checksum=checksum)), tmp_path).fetched["file.bin"].checksum == checksum  # type: ignore[union-attr]


def test_a_broken_connection_is_carried_on(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY, cut(20_000), cut(30_000))
    hf_medseg.download(offer(Download(URL)), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == BODY
    first, second, third = web.ranges(URL)
    assert first == ""
    assert 0 < int(second[6:-1]) < int(third[6:-1]) < len(BODY)


def test_the_next_run_carries_on(web: Web, offer: Offer, tmp_path: Path) -> None:
    page = web.serve(URL, BODY, cut(20_000), *[status(404)])
    source = offer(Download(URL, checksum=sha256(BODY)))
    with pytest.raises(MedsegError, match=r"404.*\n.*carries on"):
        hf_medseg.download(source, tmp_path)
    had = (tmp_path / "file.bin.part").stat().st_size
    assert 0 < had <= 20_000
    assert not page.acts
    hf_medseg.download(source, tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == BODY
    assert web.ranges(URL)[-1] == f"bytes={had}-"
    assert names(tmp_path) == ["file.bin"]


def test_a_file_that_changed_in_between_begins_anew(web: Web, offer: Offer, tmp_path: Path) -> None:
    page = web.serve(URL, BODY, cut(20_000), status(404))
    source = offer(Download(URL))
    with pytest.raises(MedsegError):
        hf_medseg.download(source, tmp_path)
    page.body = BODY[::-1]
    hf_medseg.download(source, tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == BODY[::-1]


def test_without_a_validator_or_checksum_nothing_is_pieced_together(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY, tag=None).acts.append(lambda handler, body: handler.answer(200, body, send=20_000))
    hf_medseg.download(offer(Download(URL)), tmp_path)
    assert web.ranges(URL) == ["", ""]


def test_a_server_without_ranges_sends_all_again(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY, cut(20_000), ranges=False)
    hf_medseg.download(offer(Download(URL)), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_everything_had_come_but_the_end_was_not_seen(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY)
    (tmp_path / "file.bin.part").write_bytes(BODY)
    (tmp_path / "file.bin.part.json").write_text(json.dumps({"url": MIRROR, "validator": "", "total": len(BODY)}))
    hf_medseg.download(offer(Download(URL, checksum=sha256(BODY))), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == BODY
    assert web.ranges(URL) == [f"bytes={len(BODY)}-"]


def test_a_part_that_does_not_fit_is_thrown_away(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY)
    (tmp_path / "file.bin.part").write_bytes(BODY * 2)
    (tmp_path / "file.bin.part.json").write_text(json.dumps({"url": URL, "validator": "", "total": None}))
    hf_medseg.download(offer(Download(URL, checksum=sha256(BODY))), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_a_mirror_carries_on_what_the_owner_began(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY, cut(20_000), status(403))
    web.serve(MIRROR, BODY)
    hf_medseg.download(offer(Download(URL, mirrors=(MIRROR,), checksum=sha256(BODY))), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == BODY
    assert web.ranges(MIRROR)[0] != ""


def test_a_mirror_of_a_file_without_checksum_begins_anew(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY, cut(20_000), status(403))
    web.serve(MIRROR, BODY)
    hf_medseg.download(offer(Download(URL, mirrors=(MIRROR,))), tmp_path)
    assert web.ranges(MIRROR) == [""]


@pytest.mark.parametrize("code", [403, 404, 410, 202])
def test_a_final_answer_leads_to_the_next_mirror(web: Web, offer: Offer, tmp_path: Path, code: int) -> None:
    web.serve(URL, BODY, *[status(code)] * 9)
    web.serve(MIRROR, BODY)
    hf_medseg.download(offer(Download(URL, mirrors=(MIRROR,))), tmp_path)
    assert len(web.ranges(URL)) == 1


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_passing_answer_is_asked_again(web: Web, offer: Offer, tmp_path: Path, code: int) -> None:
    web.serve(URL, BODY, status(code), status(code))
    hf_medseg.download(offer(Download(URL)), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_a_server_that_asks_for_patience_gets_it(web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "WAITS", (1.0, 2.0, 3.0))
    web.serve(URL, BODY, status(429, Retry_After="7"), status(429, Retry_After="100000"), status(503, Retry_After="soon"))
    watch = facts.Watch()
    waited: list[float] = []
    watch.stop = SimpleNamespace(is_set=lambda: False, wait=lambda seconds: waited.append(seconds))
    transfer.fetch(URL, facts.Wanted("file.bin"), tmp_path / "file.bin.part", watch)
    assert waited == [7.0, 60.0, 3.0]


def test_a_server_that_never_recovers_is_left(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY, *[status(500)] * 9)
    with pytest.raises(MedsegError, match="500"):
        hf_medseg.download(offer(Download(URL)), tmp_path)
    assert len(web.ranges(URL)) == 3


def test_a_slow_server_is_left_after_a_while(web: Web, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "TIMEOUT", (1.0, 0.05))
    patience = threading.Event()
    web.serve(URL, BODY, *[stall(patience)] * 9)
    web.serve(MIRROR, BODY)
    hf_medseg.download(offer(Download(URL, mirrors=(MIRROR,))), tmp_path)
    patience.set()
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_redirects_are_followed(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, b"", status(302, Location="https://store.example/x?signature=SECRET"))
    web.serve("https://store.example/x", BODY)
    hf_medseg.download(offer(Download(URL)), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_a_redirect_in_a_circle_ends(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, b"", *[status(302, Location=URL)] * 50)
    with pytest.raises(MedsegError, match="TooManyRedirects"):
        hf_medseg.download(offer(Download(URL)), tmp_path)


def test_signed_addresses_are_not_told(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, b"", *[status(302, Location="https://store.example/x?signature=SECRET")] * 9)
    with pytest.raises(MedsegError) as caught:
        hf_medseg.download(offer(Download(URL)), tmp_path)
    assert "SECRET" not in str(caught.value)
    assert not any("SECRET" in path.read_text() for path in tmp_path.iterdir())


@pytest.mark.parametrize("page", [PAGE, b"\n <html>", b"\xef\xbb\xbf<!-- x --><HTML lang='en'>", b'<?xml version="1.0"?>\n<!DOCTYPE html>'])
def test_a_login_page_is_not_the_file(web: Web, offer: Offer, tmp_path: Path, page: bytes) -> None:
    web.serve(URL, page, kind="application/zip")
    web.serve(MIRROR, BODY)
    hf_medseg.download(offer(Download(URL, mirrors=(MIRROR,))), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == BODY
    web.pages.pop("mirror.example/copy/file.bin")
    with pytest.raises(MedsegError, match="a web page instead of the file"):
        hf_medseg.download(offer(Download(URL, name="other.bin")), tmp_path)
    assert names(tmp_path) == ["file.bin", "other.bin.part", "other.bin.part.json"] or names(tmp_path) == ["file.bin"]


@pytest.mark.parametrize("name", ["a.zip", "a.tar.gz", "a.tgz", "a.7z", "a.xlsx"])
def test_what_is_no_archive_is_not_taken_for_one(web: Web, offer: Offer, tmp_path: Path, name: str) -> None:
    web.serve(URL, b'{"error": "quota"}')
    with pytest.raises(MedsegError, match=r"is no \.\w+ file"):
        hf_medseg.download(offer(Download(URL, name=name)), tmp_path)
    assert not (tmp_path / name).exists()


def test_an_empty_answer_is_no_file(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, b"")
    with pytest.raises(MedsegError, match="nothing"):
        hf_medseg.download(offer(Download(URL)), tmp_path)


def test_a_wrong_checksum_stops_everything_and_keeps_the_file_aside(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY)
    web.serve(MIRROR, BODY)
    later = "https://owner.example/data/later.bin"
    web.serve(later, BODY)
    source = offer(Download(URL, checksum=sha256(b"other"), mirrors=(MIRROR,)), Download(later))
    with pytest.raises(MedsegError) as caught:
        hf_medseg.download(source, tmp_path, jobs=1)
    text = str(caught.value)
    assert sha256(BODY)[7:] in text
    assert sha256(b"other")[7:] in text
    for meaning in ("file.bin.mismatch", "new release", "re-host", "cut"):
        assert meaning in text
    assert (tmp_path / "file.bin.mismatch").read_bytes() == BODY
    assert not (tmp_path / "file.bin").exists()
    assert web.ranges(MIRROR) == []
    assert not (tmp_path / "later.bin").exists()
    with pytest.raises(MedsegError, match=r"mismatch-2"):
        hf_medseg.download(source, tmp_path, jobs=1)
    assert names(tmp_path) == ["file.bin.mismatch", "file.bin.mismatch-2"]


def test_a_wrong_checksum_stops_the_files_beside(web: Web, offer: Offer, tmp_path: Path) -> None:
    """The other file stands still in the middle until the first one has failed."""
    failed = threading.Event()
    other = "https://owner.example/data/large.bin"

    def slowly(handler: Any, body: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body[:8192])
        failed.wait(10)
        handler.wfile.write(body[8192:])

    web.serve(other, BODY, slowly)
    web.serve(URL, BODY)
    set_event = threading.Event.set

    def heard(event: threading.Event) -> None:
        set_event(event)
        if event is not failed and (tmp_path / "file.bin.mismatch").exists():
            set_event(failed)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(threading.Event, "set", heard)
        with pytest.raises(MedsegError, match="published is"):
            hf_medseg.download(offer(Download(other), Download(URL, checksum=sha256(b"other"))), tmp_path, jobs=2)
    assert (tmp_path / "large.bin.part").stat().st_size < len(BODY)


def test_a_wrong_length_is_found_before_the_body(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY)
    with pytest.raises(MedsegError, match=rf"announces {len(BODY):,} bytes, published are 5"):
        hf_medseg.download(offer(Download(URL, size=5)), tmp_path)
    assert (tmp_path / "file.bin.part").stat().st_size == 0


def test_a_wrong_length_without_an_announcement_is_found_at_the_end(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY, lambda handler, body: handler.answer(200, body, {"Content-Length": "", "Connection": "close"}, send=None))

    def unannounced(handler: Any, body: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(body)
        handler.close_connection = True

    web.pages["owner.example/data/file.bin"].acts[:] = [unannounced]  # type: ignore[union-attr]
    with pytest.raises(MedsegError, match=rf"it has {len(BODY):,} bytes, published are 5"):
        hf_medseg.download(offer(Download(URL, size=5)), tmp_path)
    assert (tmp_path / "file.bin.mismatch").read_bytes() == BODY


def endless(handler: Any, body: bytes) -> None:
    """An answer in chunks that does not end by itself; it counts what the client took."""
    handler.send_response(200)
    handler.send_header("Transfer-Encoding", "chunked")
    handler.end_headers()
    for _ in range(600):
        handler.wfile.write(b"10000\r\n" + b"x" * 65_536 + b"\r\n")
    handler.wfile.write(b"0\r\n\r\n")


@pytest.mark.parametrize("known", [{"size": 100_000}, {"approximate": 25_000}, {"size": 100_000, "checksum": sha256(BODY)}])
def test_a_body_without_end_stops_a_little_behind_the_published_size(
    web: Web, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, known: dict[str, Any]
) -> None:
    written: list[int] = []
    take = transfer.Transfer.take

    def counted(self: Any, data: bytes) -> None:
        take(self, data)
        written.append(len(data))

    monkeypatch.setattr(transfer.Transfer, "take", counted)
    web.serve(URL, BODY, endless)
    with pytest.raises(MedsegError, match=r"does not end, published are (about 25,000|100,000)\."):
        hf_medseg.download(offer(Download(URL, **known)), tmp_path)
    assert 1_000_000 < sum(written) <= 100_000 + (1 << 20)
    assert names(tmp_path) == []


def test_a_body_of_unknown_size_leaves_room_on_the_disk(web: Web, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=(1 << 30) + 200_000))
    web.serve(URL, BODY, endless)
    with pytest.raises(MedsegError, match="nobody says how large it is"):
        hf_medseg.download(offer(Download(URL)), tmp_path)
    assert names(tmp_path) == []


def test_far_more_than_a_page_says_is_found_before_the_body(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, bytes(2_000_000))
    with pytest.raises(MedsegError, match="announces 2,000,000 bytes, published are about 1,000"):
        hf_medseg.download(offer(Download(URL, approximate=1000)), tmp_path)


def test_a_bomb_in_the_encoding_is_bounded_by_what_it_unpacks_to(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, gzip.compress(bytes(30_000_000)), headers={"Content-Encoding": "gzip"})
    with pytest.raises(MedsegError, match="does not end, published are 100,000"):
        hf_medseg.download(offer(Download(URL, size=100_000)), tmp_path)


def test_an_encoding_that_is_a_lie(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY, headers={"Content-Encoding": "gzip"})
    with pytest.raises(MedsegError, match="packed in a way that it is not"):
        hf_medseg.download(offer(Download(URL)), tmp_path)
    packed = gzip.compress(BODY, mtime=0)
    web.serve(f"{URL}.gz", packed, headers={"Content-Encoding": "x-gzip"})
    hf_medseg.download(offer(Download(f"{URL}.gz", checksum=sha256(packed))), tmp_path)
    assert (tmp_path / "file.bin.gz").read_bytes() == packed


def test_a_range_of_other_bytes_is_found_and_all_comes_again(web: Web, offer: Offer, tmp_path: Path) -> None:
    def lies(handler: Any, body: bytes) -> None:
        start = int(handler.headers["Range"][6:-1])
        handler.answer(206, body[: len(body) - start], {"Content-Range": f"bytes {start}-{len(body) - 1}/{len(body)}"})

    web.serve(URL, BODY, cut(20_000), lies)
    hf_medseg.download(offer(Download(URL, checksum=sha256(BODY))), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == BODY
    assert names(tmp_path) == ["file.bin"]


def test_a_server_that_drips_is_left(web: Web, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "PACE", 0.5)
    left = threading.Event()

    def drips(handler: Any, body: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        for number in range(len(body)):
            handler.wfile.write(body[number : number + 1])
            if left.wait(0.01):
                return

    web.serve(URL, BODY, drips)
    web.serve(MIRROR, BODY)
    hf_medseg.download(offer(Download(URL, mirrors=(MIRROR,))), tmp_path)
    left.set()
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_a_server_that_drips_its_head_is_left(web: Web, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "PACE", 0.5)
    left = threading.Event()

    def drips(handler: Any, body: bytes) -> None:
        for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"x" * 100_000:
            handler.wfile.write(bytes([letter]))
            if left.wait(0.01):
                return

    web.serve(URL, BODY, drips)
    web.serve(MIRROR, BODY)
    hf_medseg.download(offer(Download(URL, mirrors=(MIRROR,))), tmp_path)
    left.set()
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_a_transfer_that_takes_for_ever_is_left(web: Web, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer, "PACE", 0.1)
    monkeypatch.setattr(transfer, "LEAST", 1)
    monkeypatch.setattr(transfer, "LONGEST", 0.2)
    left = threading.Event()

    def slow(handler: Any, body: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while not left.wait(0.001):
            handler.wfile.write(b"2000\r\n" + bytes(0x2000) + b"\r\n")

    web.serve(URL, BODY, slow)
    with pytest.raises(MedsegError, match="it is not done in 0 hours"):
        hf_medseg.download(offer(Download(URL)), tmp_path)
    left.set()


@pytest.mark.parametrize("number", ["127.0.0.1", "10.0.0.7", "192.168.1.1", "169.254.169.254", "::1", "fd00::1", "::ffff:127.0.0.1"])
def test_a_name_that_leads_into_this_machine_is_not_asked(
    offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: str
) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        monkeypatch.setattr(socket.socket, "getpeername", lambda self: (number, 443))
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [(socket.AF_INET, socket.SOCK_STREAM, 6, "", server.getsockname())])
        with pytest.raises(MedsegError, match="its name leads to an address inside of this machine or its network"):
            hf_medseg.download(offer(Download(URL)), tmp_path)
        server.settimeout(5)
        asked, _ = server.accept()
        with asked:
            assert asked.recv(100) == b""  # nothing was said to it


def test_the_numbers_of_owners_and_of_proxies_on_this_machine_are_outside() -> None:
    assert not [number for number in ("188.184.103.118", "2001:1458:d00:61::100:31d", "198.18.0.5") if leads_inside(number)]


@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("file:///etc/hostname", "no web address"),
        ("ftp://owner.example/x", "no web address"),
        ("http://store.example/x", "without encryption"),
        *((f"https://{host}/x", "inside of this machine") for host in ("127.0.0.1", "localhost", "[::1]", "10.1.2.3", "169.254.169.254")),
        *((f"https://{host}/x", "inside of this machine") for host in ("0x7f000001", "2130706433", "127.1", "db.internal", "LOCALHOST.")),
    ],
)
def test_no_address_leads_into_this_machine_or_out_of_encryption(web: Web, offer: Offer, tmp_path: Path, location: str, words: str) -> None:
    web.serve(URL, b"", status(302, Location=location))
    with pytest.raises(MedsegError, match=words):
        hf_medseg.download(offer(Download(URL)), tmp_path / "raw")
    page = f"<a href='{location}#id=1&'>x</a>".encode()
    web.serve("https://owner.example/page", page, kind="text/html")
    with pytest.raises(MedsegError, match=words):
        hf_medseg.download(offer(Download("https://owner.example/page#id=1&", "page", "one.bin")), tmp_path / "raw")
    record(web, "10.5281/zenodo.7", {"one.bin": BODY}, at=location)
    with pytest.raises(MedsegError, match=words):
        hf_medseg.download(offer(Download("doi:10.5281/zenodo.7", "doi")), tmp_path / "raw")
    assert {one.address.partition("/")[0] for one in web.asked} == {"owner.example", "doi.org", "zenodo.org"}


def test_a_checksum_makes_an_address_without_encryption_safe(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, b"", status(302, Location="http://store.example/x"))
    web.serve("http://store.example/x", BODY)
    hf_medseg.download(offer(Download(URL, checksum=sha256(BODY))), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == BODY


@pytest.mark.parametrize(
    ("name", "kind", "body"),
    [
        ("a.tar", "text/html; charset=utf-8", b"<div>Log in</div>"),
        ("a.csv", "text/html", b"\n <meta charset='utf-8'>"),
        ("a.bin", "application/json", b'{"error": "quota"}'),
        ("a.tar.bz2", "text/plain", b"Not today."),
        ("a.tar.xz", "text/plain", b"Not today."),
    ],
)
def test_a_message_is_not_the_file(web: Web, offer: Offer, tmp_path: Path, name: str, kind: str, body: bytes) -> None:
    url = f"https://owner.example/{name}"
    web.serve(url, body, kind=kind)
    with pytest.raises(MedsegError, match=r"instead of the file|is no"):
        hf_medseg.download(offer(Download(url)), tmp_path)
    assert not (tmp_path / name).exists()


def test_a_page_in_tiny_pieces_is_a_page(web: Web, offer: Offer, tmp_path: Path) -> None:
    def pieces(handler: Any, body: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        for letter in body:
            handler.wfile.write(b"1\r\n" + bytes([letter]) + b"\r\n")
        handler.wfile.write(b"0\r\n\r\n")

    web.serve(URL, PAGE, pieces)
    with pytest.raises(MedsegError, match="a web page instead of the file"):
        hf_medseg.download(offer(Download(URL)), tmp_path)
    archive = b"PK\x03\x04" + bytes(100)
    web.serve("https://owner.example/a.zip", archive, pieces)
    hf_medseg.download(offer(Download("https://owner.example/a.zip")), tmp_path)
    assert (tmp_path / "a.zip").read_bytes() == archive


def test_a_certificate_that_fails_is_never_passed_over(web: Web, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    real = requests.Session.send

    def send(self: Any, request: Any, **options: Any) -> Any:
        assert options.get("verify", True) is not False
        if "owner" in request.url:
            raise requests.exceptions.SSLError("certificate verify failed")
        return real(self, request, **options)

    monkeypatch.setattr(requests.Session, "send", send)
    web.serve(MIRROR, BODY)
    hf_medseg.download(offer(Download(URL, mirrors=(MIRROR,))), tmp_path)
    with pytest.raises(MedsegError, match="certificate"):
        hf_medseg.download(offer(Download(URL, name="again.bin")), tmp_path)


def test_a_host_that_is_not_there(web: Web, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import requests

    def send(self: Any, request: Any, **options: Any) -> Any:
        raise requests.exceptions.ConnectionError("Failed to resolve")

    monkeypatch.setattr(requests.Session, "send", send)
    with pytest.raises(MedsegError, match="no connection"):
        hf_medseg.download(offer(Download(URL)), tmp_path)


def test_a_host_without_an_address_is_not_asked_again(offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket

    asked = []

    def unknown(host: str, *_: Any, **__: Any) -> Any:
        asked.append(host)
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(MedsegError, match="its host is not found"):
        hf_medseg.download(offer(Download(URL)), tmp_path)
    assert asked == ["owner.example"]


# --- Several files -----------------------------------------------------------------------------------------------------------------------


def test_files_come_side_by_side_with_a_bound(web: Web, offer: Offer, tmp_path: Path) -> None:
    """Three at a time: each waits until three are there; a fourth would break the barrier."""
    together, most, now = threading.Barrier(3), [0], [0]
    lock = threading.Lock()

    def act(handler: Any, body: bytes) -> None:
        with lock:
            now[0] += 1
            most[0] = max(most[0], now[0])
        together.wait(10)
        with lock:
            now[0] -= 1
        handler.answer(200, body)

    urls = [f"https://owner.example/{number}.bin" for number in range(9)]
    for url in urls:
        web.serve(url, BODY, act)
    hf_medseg.download(offer(*map(Download, urls)), tmp_path, jobs=3)
    assert most == [3]
    assert len(names(tmp_path)) == 9


def test_one_file_that_cannot_be_had_does_not_stop_the_others(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(MIRROR, BODY)
    with pytest.raises(MedsegError, match=r"gone\.bin: no place gives it"):
        hf_medseg.download(offer(Download("https://owner.example/gone.bin"), Download(MIRROR)), tmp_path)
    assert names(tmp_path) == ["file.bin"]


def test_what_is_there_is_compared_and_kept(web: Web, offer: Offer, tmp_path: Path) -> None:
    (tmp_path / "file.bin").write_bytes(BODY)
    result = hf_medseg.download(offer(Download(URL, checksum=sha256(BODY))), tmp_path)
    assert (result.kept, result.fetched, web.asked) == (["file.bin"], {}, [])
    with pytest.raises(MedsegError, match="left as it is"):
        hf_medseg.download(offer(Download(URL, checksum=sha256(b"other"))), tmp_path)
    assert (tmp_path / "file.bin").read_bytes() == BODY


def test_the_room_is_checked_before(web: Web, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    free = 10**6
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=free))
    web.serve(URL, BODY)
    for known in ({"size": 10**7}, {"approximate": 10**7}):
        with pytest.raises(Refused, match=r"10,000,000 bytes are needed and 1,000,000 are free"):
            hf_medseg.download(offer(Download(URL, **known)), tmp_path)  # type: ignore[arg-type]
    assert web.asked == []
    free = 10
    with pytest.raises(MedsegError, match=r"102,400 bytes are still to come and 10 are free"):
        hf_medseg.download(offer(Download(URL)), tmp_path)


@pytest.mark.parametrize(("number", "told"), [(errno.ENOSPC, "disk is full"), (errno.EDQUOT, "quota"), (errno.EFBIG, "grow that large")])
def test_a_disk_that_fills_up(number: int, told: str, web: Web, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    web.serve(URL, BODY)

    def full(self: Any, data: bytes) -> None:
        raise OSError(number, "no more")

    monkeypatch.setattr(transfer.Transfer, "write", full)
    with pytest.raises(MedsegError, match=rf"{told}.*{tmp_path.name}.*run the same command again"):
        hf_medseg.download(offer(Download(URL)), tmp_path)


def test_ctrl_c_keeps_what_came(web: Web, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    web.serve(URL, BODY)
    received = threading.Event()
    go_on = threading.Event()
    write = transfer.Transfer.write

    def slowly(self: Any, data: bytes) -> None:
        write(self, data)
        received.set()
        go_on.wait(10)

    def interrupted(*_: Any, **__: Any) -> None:
        received.wait(10)
        go_on.set()
        raise KeyboardInterrupt

    monkeypatch.setattr(transfer.Transfer, "write", slowly)
    monkeypatch.setattr(module, "wait", interrupted)
    source = offer(Download(URL, checksum=sha256(BODY)))
    assert main(["download", source, str(tmp_path)]) == 130
    monkeypatch.undo()
    assert (tmp_path / "file.bin.part").exists()


def test_pieces_are_joined(web: Web, offer: Offer, tmp_path: Path) -> None:
    urls = [f"https://owner.example/whole.zip.{number:03}" for number in (1, 2, 10)]
    for number, url in enumerate(urls):
        web.serve(url, BODY[number * 1000 : (number + 1) * 1000])
    source = offer(*(Download(url, then="join") for url in urls))
    hf_medseg.download(source, tmp_path, only=["*.001", "*.002"])
    assert names(tmp_path) == ["whole.zip.001", "whole.zip.002"]
    hf_medseg.download(source, tmp_path)
    assert names(tmp_path) == ["whole.zip"]
    assert (tmp_path / "whole.zip").read_bytes() == BODY[:3000]
    asked = len(web.asked)
    hf_medseg.download(source, tmp_path)
    assert len(web.asked) == asked


def test_7z_archives_are_unpacked(web: Web, offer: Offer, tmp_path: Path) -> None:
    py7zr = pytest.importorskip("py7zr")
    packed = io.BytesIO()
    with py7zr.SevenZipFile(packed, "w") as archive:
        archive.writestr(BODY, "folder/one.bin")
    web.serve("https://owner.example/im.7z", packed.getvalue())
    source = offer(Download("https://owner.example/im.7z", then="unpack"))
    hf_medseg.download(source, tmp_path)
    assert names(tmp_path) == ["im/folder/one.bin"]
    assert hf_medseg.download(source, tmp_path).kept == ["im.7z"]


def test_a_damaged_7z_archive(web: Web, offer: Offer, tmp_path: Path) -> None:
    pytest.importorskip("py7zr")
    web.serve("https://owner.example/im.7z", b"7z\xbc\xaf\x27\x1c" + BODY)
    with pytest.raises(MedsegError, match="7z x"):
        hf_medseg.download(offer(Download("https://owner.example/im.7z", then="unpack")), tmp_path)
    assert (tmp_path / "im.7z").exists()


# --- Every client: download, convert, load ---------------------------------------------------------------------------------------------------


def converts(source: str, raw: Path, out: Path, rows: int) -> None:
    """Converts what was downloaded with no further word, and loads it."""
    conversion = hf_medseg.convert(source, raw, out, workers=1)
    assert (conversion.rows, conversion.rejected) == (rows, [])
    assert sum(split.num_rows for split in datasets.load_dataset(str(out)).values()) == rows


def test_http(web: Web, offer: Offer, tmp_path: Path) -> None:
    phantom = PHANTOMS["chase-db1"].make(tmp_path / "made", "zip")
    (archive,) = list(phantom.raw.rglob("*.zip")) if phantom.raw.is_dir() else [phantom.raw]
    (known,) = find_source("chase-db1").access.downloads
    web.serve(known.mirrors[-1], archive.read_bytes())
    checksum = f"md5:{hashlib.md5(archive.read_bytes()).hexdigest()}"
    hf_medseg.download(offer(replace(known, checksum=checksum)), tmp_path / "raw")
    assert names(tmp_path / "raw") == ["CHASEDB1.zip"]
    converts("chase-db1", tmp_path / "raw", tmp_path / "out", len(phantom.rows))


def test_the_zip_of_a_commit(web: Web, tmp_path: Path) -> None:
    phantom = PHANTOMS["medpix"].make(tmp_path / "made", "clean")
    (known,) = find_source("medpix").access.downloads
    commit = known.url.rpartition("/")[2].removesuffix(".zip")
    web.serve(known.url, as_zip(phantom.raw, tmp_path / "made.zip", f"MedPix-2.0-{commit}/").read_bytes())
    hf_medseg.download("medpix", tmp_path / "raw", accept_terms=True)
    converts("medpix", tmp_path / "raw", tmp_path / "out", len(phantom.rows))


def record(web: Web, doi: str, files: dict[str, bytes], at: str = "", sizes: dict[str, int] | None = None) -> None:
    """A Zenodo record; its files lie `at` another address where one is given."""
    number = doi.rpartition(".")[2]
    web.serve(f"https://doi.org/{doi}", b"", *[status(302, Location=f"https://zenodo.org/records/{number}")] * 9)
    web.serve(f"https://zenodo.org/records/{number}", b"<html>the record</html>")
    listed = []
    for name, body in files.items():
        url = f"https://zenodo.org/api/records/{number}/files/{name}/content"
        web.serve(url, body)
        one = {"key": name, "checksum": f"md5:{hashlib.md5(body).hexdigest()}", "links": {"self": at or url}}
        listed.append({**one, **({"size": sizes[name]} if sizes else {})})
    web.serve(
        f"https://zenodo.org/api/records/{number}", json.dumps({"id": int(number), "files": listed}).encode(), kind="application/json"
    )


def test_doi_with_pieces_that_are_joined(web: Web, tmp_path: Path) -> None:
    phantom = PHANTOMS["i2cvb-prostate"].make(tmp_path / "made", "siemens_only")
    packed = as_tar(phantom.raw, tmp_path / "siemens-3t.tar.gz").read_bytes()
    third = len(packed) // 3
    pieces = {f"siemens-3t.tar.gz.a{letter}": packed[i * third : (i + 1) * third if i < 2 else None] for i, letter in enumerate("abc")}
    record(web, "10.5281/zenodo.162231", pieces)
    result = hf_medseg.download("i2cvb-prostate", tmp_path / "raw", edition="original", accept_terms=True)
    assert list(result.fetched) == list(pieces)
    assert names(tmp_path / "raw") == ["siemens-3t.tar.gz"]
    again = hf_medseg.download("i2cvb-prostate", tmp_path / "raw", edition="original", accept_terms=True)
    assert (again.fetched, again.kept) == ({}, list(pieces))
    rows = len(phantom.rows)
    converts("i2cvb-prostate", tmp_path / "raw", tmp_path / "out", rows)


def test_one_file_of_a_record_and_its_checksum(web: Web, offer: Offer, tmp_path: Path) -> None:
    record(web, "10.5281/zenodo.7", {"a.bin": BODY, "b.bin": BODY[::-1]})
    hf_medseg.download(offer(Download("doi:10.5281/zenodo.7", "doi", "a.bin")), tmp_path)
    assert names(tmp_path) == ["a.bin"]
    web.serve("https://zenodo.org/api/records/7/files/b.bin/content", b"changed")
    with pytest.raises(MedsegError, match="MD5"):
        hf_medseg.download(offer(Download("doi:10.5281/zenodo.7", "doi")), tmp_path)
    with pytest.raises(MedsegError, match=r"has no file c\.bin"):
        hf_medseg.download(offer(Download("doi:10.5281/zenodo.7", "doi", "c.bin")), tmp_path)


def test_a_record_as_a_mirror_and_a_mirror_of_a_record(web: Web, offer: Offer, tmp_path: Path) -> None:
    record(web, "10.5281/zenodo.7", {"file.bin": BODY})
    hf_medseg.download(offer(Download(URL, mirrors=("doi:10.5281/zenodo.7",))), tmp_path / "one")
    web.pages.pop("doi.org/10.5281/zenodo.7")
    web.serve(MIRROR, BODY)
    hf_medseg.download(offer(Download("doi:10.5281/zenodo.7", "doi", "file.bin", mirrors=(MIRROR,))), tmp_path / "two")
    assert names(tmp_path / "one") == names(tmp_path / "two") == ["file.bin"]
    with pytest.raises(MedsegError, match=r"https://doi\.org/10\.5281/zenodo\.7"):
        hf_medseg.download(offer(Download("doi:10.5281/zenodo.7", "doi")), tmp_path / "three")


def test_a_record_cannot_write_elsewhere(web: Web, offer: Offer, tmp_path: Path) -> None:
    record(web, "10.5281/zenodo.7", {"../evil.bin": BODY})
    with pytest.raises(MedsegError, match="outside of DEST"):
        hf_medseg.download(offer(Download("doi:10.5281/zenodo.7", "doi")), tmp_path / "raw")


def test_the_names_of_a_record_are_made_safe(web: Web, offer: Offer, tmp_path: Path) -> None:
    told = {"a.part": "a.part_", "b\\c.bin": "b/c.bin", "d\ne.bin": "d_e.bin", "NUL.txt": "_NUL.txt", "F.bin": "F.bin", "f.bin": "f-2.bin"}
    safe = clean(told, "a record")
    assert safe == told
    long = "\u00e9" * 300 + ".nii.gz"
    (short,) = clean([long], "a record").values()
    assert len(short.encode()) <= 180 and short.endswith(".nii.gz")
    assert clean(["", " ", ".", "x/../y", "/x"][:3], "a record") == {"": "unnamed", " ": "unnamed-2", ".": "unnamed-3"}
    assert clean(["a", "a/b"], "a record") == {"a": "a", "a/b": "a-2/b"}
    for name in ("../x", "..\\x", "/x", "\\\\host\\x", "C:\\x", "c:x", "a/../../x", "a/.. /x"):
        with pytest.raises(MedsegError, match="outside of DEST"):
            clean([name], "a record")
    record(web, "10.5281/zenodo.7", {"a.part": BODY, "con.bin": BODY})
    hf_medseg.download(offer(Download("doi:10.5281/zenodo.7", "doi")), tmp_path)
    assert names(tmp_path) == ["_con.bin", "a.part_"]
    assert hf_medseg.download(offer(Download("doi:10.5281/zenodo.7", "doi")), tmp_path).fetched == {}


def test_the_size_that_a_record_tells_bounds_its_file(web: Web, offer: Offer, tmp_path: Path) -> None:
    record(web, "10.5281/zenodo.7", {"a.bin": BODY}, sizes={"a.bin": 100_000})
    web.pages["zenodo.org/api/records/7/files/a.bin/content"].acts.append(endless)  # type: ignore[union-attr]
    with pytest.raises(MedsegError, match="does not end, published are 100,000"):
        hf_medseg.download(offer(Download("doi:10.5281/zenodo.7", "doi")), tmp_path)
    assert names(tmp_path) == []


def test_a_record_that_does_not_end_is_no_record(web: Web, offer: Offer, tmp_path: Path) -> None:
    record(web, "10.5281/zenodo.7", {"a.bin": BODY})
    web.pages["zenodo.org/api/records/7"].body = b'{"files": [' + b'"x", ' * 2_000_000  # type: ignore[union-attr]
    with pytest.raises(MedsegError, match="its answer is longer than 8,388,608 bytes"):
        hf_medseg.download(offer(Download("doi:10.5281/zenodo.7", "doi")), tmp_path)


@pytest.mark.parametrize("told", [b"[]", b"[[[[" * 100_000, b'{"files": 7}', b'{"files": [{"key": 1}]}', b"null", b"\xff"])
def test_a_record_that_is_none_is_said(web: Web, offer: Offer, tmp_path: Path, told: bytes) -> None:
    record(web, "10.5281/zenodo.7", {"a.bin": BODY})
    web.pages["zenodo.org/api/records/7"].body = told  # type: ignore[union-attr]
    with pytest.raises(MedsegError, match="Try again later; in a browser it is"):
        hf_medseg.download(offer(Download("doi:10.5281/zenodo.7", "doi")), tmp_path)


KAGGLE = "https://api.kaggle.com/v1/datasets.DatasetApiService"
COMPETITION = "https://api.kaggle.com/v1/competitions.CompetitionApiService/DownloadDataFile"


def test_kaggle(web: Web, tmp_path: Path) -> None:
    pytest.importorskip("kagglehub")
    phantom = PHANTOMS["lgg-mri"].make(tmp_path / "made", "clean")
    web.serve(f"{KAGGLE}/GetDataset", b'{"currentVersionNumber": 2}', kind="application/json")
    web.serve(f"{KAGGLE}/DownloadDataset", as_zip(phantom.raw, tmp_path / "made.zip").read_bytes(), cut(30_000))
    hf_medseg.download("lgg-mri", tmp_path / "raw", accept_terms=True)
    assert [path.name for path in (tmp_path / "raw").iterdir()] == ["lgg-mri-segmentation"]
    assert web.ranges(f"{KAGGLE}/DownloadDataset")[-1].startswith("bytes=")
    converts("lgg-mri", tmp_path / "raw", tmp_path / "out", len(phantom.rows))
    assert hf_medseg.download("lgg-mri", tmp_path / "raw").kept == ["lgg-mri-segmentation"]


def test_kaggle_as_a_mirror(web: Web, offer: Offer, tmp_path: Path) -> None:
    pytest.importorskip("kagglehub")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("folder/one.bin", BODY)
    web.serve(URL, BODY, cut(20_000), status(404))
    web.serve(f"{KAGGLE}/GetDataset", b'{"currentVersionNumber": 2}', kind="application/json")
    web.serve(f"{KAGGLE}/DownloadDataset", packed.getvalue())
    source = offer(Download(URL, mirrors=("kaggle:owner/slug",), checksum=sha256(BODY)))
    hf_medseg.download(source, tmp_path)
    assert names(tmp_path) == ["slug/folder/one.bin"]
    assert hf_medseg.download(source, tmp_path).kept == ["file.bin"]


def test_kaggle_refuses(web: Web, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("kagglehub")
    web.serve(f"{KAGGLE}/GetDataset", b"", *[status(403)] * 3)
    with pytest.raises(MedsegError, match=r"log in there and accept what https://www\.kaggle\.com/datasets/owner/slug asks"):
        hf_medseg.download(offer(Download("owner/slug", "kaggle")), tmp_path)
    for name in ("KAGGLE_USERNAME", "KAGGLE_KEY", "KAGGLE_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("KAGGLE_CONFIG_DIR", str(tmp_path))
    with pytest.raises(MedsegError, match="make an account and a token"):
        hf_medseg.download(offer(Download("contest", "kaggle-competition", "train.csv")), tmp_path)


def test_kaggle_competition_with_the_users_own_account(
    web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("kagglehub")
    monkeypatch.setenv("KAGGLE_USERNAME", "somebody")
    monkeypatch.setenv("KAGGLE_KEY", "the-secret-key")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10**15))
    phantom = PHANTOMS["kaggle-dr"].make(tmp_path / "made", "zipped")
    packed = {kind: next(phantom.raw.rglob(f"{kind}.zip")).read_bytes() for kind in ("train", "test")}

    def answer(asked: Asked) -> Page:
        name = json.loads(asked.body)["fileName"]
        if name == "trainLabels.csv.zip":
            return Page(next(phantom.raw.rglob(name)).read_bytes())
        kind, _, number = name.split(".")
        count = {"train": 5, "test": 7}[kind]
        step = -(-len(packed[kind]) // count)
        return Page(packed[kind][(int(number) - 1) * step : int(number) * step])

    web.pages[COMPETITION.partition("://")[2]] = answer
    hf_medseg.download("kaggle-dr", tmp_path / "raw", only=["t*"], accept_terms=True)
    assert names(tmp_path / "raw") == ["test.zip", "train.zip", "trainLabels.csv.zip"]
    converts("kaggle-dr", tmp_path / "raw", tmp_path / "out", len(phantom.rows))
    out, err = capfd.readouterr()
    assert "the-secret-key" not in out + err + caplog.text
    assert not any(b"the-secret-key" in path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())


def drive(web: Web, files: dict[str, tuple[str, bytes]]) -> None:
    """Google Drive files by id."""

    def answer(asked: Asked) -> Page:
        name, body = files[asked.query.partition("id=")[2].partition("&")[0]]
        return Page(body, headers={"Content-Disposition": f'attachment; filename="{name}"'})

    web.pages["drive.google.com/uc"] = answer


def test_google_drive(web: Web, tmp_path: Path) -> None:
    pytest.importorskip("gdown")
    phantom = PHANTOMS["mfsd"].make(tmp_path / "made", "clean")
    (known,) = find_source("mfsd").access.downloads
    drive(web, {known.url: ("MSFD (1).zip", as_zip(phantom.raw, tmp_path / "made.zip").read_bytes())})
    hf_medseg.download("mfsd", tmp_path / "raw", accept_terms=True)
    assert names(tmp_path / "raw") == ["MSFD.zip"]
    converts("mfsd", tmp_path / "raw", tmp_path / "out", len(phantom.rows))


def test_google_drive_file_without_a_known_name(web: Web, tmp_path: Path) -> None:
    pytest.importorskip("gdown")
    (known,) = find_source("lungsegdb").access.downloads
    drive(web, {known.url: ("whatever.zip", b"PK\x03\x04")})
    hf_medseg.download("lungsegdb", tmp_path, accept_terms=True)
    assert names(tmp_path) == ["lungsegdb/whatever.zip"]


def test_google_drive_folder(web: Web, tmp_path: Path) -> None:
    pytest.importorskip("gdown")
    phantom = PHANTOMS["mmotu"].make(tmp_path / "made", "otu-2d-only")
    (known,) = find_source("mmotu").access.downloads
    folders: dict[str, list[str]] = {known.url.rpartition("/")[2]: []}
    titles = {known.url.rpartition("/")[2]: "MMOTU"}
    files: dict[str, tuple[str, bytes]] = {}

    def identity(text: str) -> str:
        return hashlib.sha256(text.encode()).hexdigest()[:33]

    for name, path in files_of(phantom.raw):
        above = known.url.rpartition("/")[2]
        *outer, last = name.split("/")
        for depth in range(len(outer)):
            folder = identity("/".join(outer[: depth + 1]))
            if folder not in folders:
                folders[folder], titles[folder] = [], outer[depth]
                folders[above].append(f'<a href="https://drive.google.com/drive/folders/{folder}">{outer[depth]}</a>')
            above = folder
        files[identity(name)] = (last, path.read_bytes())
        folders[above].append(f'<a href="https://drive.google.com/file/d/{identity(name)}/view">{last}</a>')
    drive(web, files)

    def listing(asked: Asked) -> Page:
        folder = asked.query.partition("id=")[2].partition("&")[0]
        return Page(f"<html><title>{titles[folder]}</title>{''.join(folders[folder])}</html>".encode(), kind="text/html")

    web.pages["drive.google.com/embeddedfolderview"] = listing
    hf_medseg.download("mmotu", tmp_path / "raw", accept_terms=True)
    assert names(tmp_path / "raw" / "MMOTU") == [name for name, _ in files_of(phantom.raw)]
    converts("mmotu", tmp_path / "raw", tmp_path / "out", len(phantom.rows))


def test_google_drive_sends_more_than_is_published(web: Web, offer: Offer, tmp_path: Path) -> None:
    pytest.importorskip("gdown")
    drive(web, {"one": ("one.bin", bytes(3_000_000))})
    with pytest.raises(MedsegError, match=r"Google Drive sends [\d,]+ bytes, published are 1,000"):
        hf_medseg.download(offer(Download("one", "gdown", "one.bin", size=1000)), tmp_path)
    assert not (tmp_path / "one.bin").exists()


def test_a_kaggle_set_that_does_not_end(web: Web, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("kagglehub")
    ended = threading.Event()

    def slow(handler: Any, body: bytes) -> None:
        handler.send_response(200)
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        while not ended.wait(0.001):
            handler.wfile.write(b"100000\r\n" + bytes(1 << 20) + b"\r\n")

    web.serve(f"{KAGGLE}/GetDataset", b'{"currentVersionNumber": 2}', kind="application/json")
    web.serve(f"{KAGGLE}/DownloadDataset", b"", slow)
    try:
        with pytest.raises(MedsegError, match=r"bytes came and it does not end, published are about 1,000"):
            hf_medseg.download(offer(Download("owner/slug", "kaggle", approximate=1000)), tmp_path)
    finally:
        ended.set()
    assert names(tmp_path) == []


def test_a_client_that_brings_nothing_is_broken_off(web: Web, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("kagglehub")
    monkeypatch.setattr(clients, "IDLE", 1.0)
    left = threading.Event()
    web.serve(f"{KAGGLE}/GetDataset", b"", stall(left))
    with pytest.raises(MedsegError, match="nothing came for 0 minutes"):
        hf_medseg.download(offer(Download("owner/slug", "kaggle")), tmp_path)
    left.set()


def test_a_client_that_dies_is_said(offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "COMMAND", (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"))
    with pytest.raises(MedsegError, match="ended without a word"):
        hf_medseg.download(offer(Download("owner/slug", "kaggle")), tmp_path)


def test_google_drive_over_its_quota(web: Web, tmp_path: Path) -> None:
    pytest.importorskip("gdown")
    web.serve("https://drive.google.com/uc", b"<!DOCTYPE html><html><title>Quota exceeded</title></html>", kind="text/html")
    with pytest.raises(MedsegError, match="in a browser"):
        hf_medseg.download("mfsd", tmp_path, accept_terms=True)
    with pytest.raises(MedsegError, match="in a browser"):
        hf_medseg.download("mmotu", tmp_path, accept_terms=True)
    assert not (tmp_path / "MSFD.zip").exists()


TERMS = ("CC BY 3.0", "10.7937/k9tcia.2017.murs5cl")


def at_the_commons(web: Web, monkeypatch: pytest.MonkeyPatch, phantom: Phantom, collection: str) -> dict[str, bytes]:
    """The index and the bucket of a phantom in the layout of the Imaging Data Commons; the bucket, to take files out of."""
    index = pytest.importorskip("idc_index.index")
    monkeypatch.setattr(clients, "IN_THIS_PROCESS", {"idc"})  # its index is replaced in this process
    pandas = pytest.importorskip("pandas")
    series: dict[Path, list[Path]] = {}
    for path in phantom.raw.rglob("*.dcm"):
        series.setdefault(path.parent, []).append(path)
    lines, bucket = [], {}
    for number, (folder, paths) in enumerate(series.items()):
        uuid = f"00000000-0000-0000-0000-{number:012}"
        study, patient = folder.parent.name, folder.parent.parent.name
        modality, _, uid = folder.name.partition("_")
        size = sum(path.stat().st_size for path in paths)
        told = pydicom.dcmread(paths[0], stop_before_pixels=True).get("SeriesDescription", "")
        result = "bamf_aimi_annotations" if told.startswith("AIMI") else None
        lines.append(
            (collection, patient, study, uid, modality, len(paths), size / 1e6, uuid, f"s3://idc-open-data/{uuid}/*", result, *TERMS)
        )
        bucket.update({f"{uuid}/{path.name}": path.read_bytes() for path in paths})
    columns = "collection_id PatientID StudyInstanceUID SeriesInstanceUID Modality instanceCount series_size_MB crdc_series_uuid series_aws_url analysis_result_id license_short_name source_DOI"
    table = pandas.DataFrame(lines, columns=columns.split())
    table["aws_bucket"] = "idc-open-data"
    table["gcs_bucket"] = "idc-open-data"
    monkeypatch.setattr(index.pd, "read_parquet", lambda *_, **__: table)

    def listing(asked: Asked) -> Page:
        import urllib.parse

        prefix = urllib.parse.parse_qs(asked.query).get("prefix", [""])[0]
        found = "".join(
            f"<Contents><Key>{key}</Key><LastModified>2020-01-01T00:00:00.000Z</LastModified><Size>{len(body)}</Size></Contents>"
            for key, body in bucket.items()
            if key.startswith(prefix)
        )
        text = f'<?xml version="1.0"?><ListBucketResult><IsTruncated>false</IsTruncated>{found}</ListBucketResult>'
        return Page(text.encode(), kind="application/xml")

    web.pages["idc-open-data"] = listing
    for key, body in bucket.items():
        web.pages[f"idc-open-data/{key}"] = Page(body)
    monkeypatch.setattr(index, "aws_endpoint_url", web.base)
    return bucket


def test_imaging_data_commons(web: Web, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The real client and the real s5cmd, with a bucket on loopback."""
    phantom = PHANTOMS["ddsm"].make(tmp_path / "made", "idc")
    bucket = at_the_commons(web, monkeypatch, phantom, "cbis_ddsm")
    (tmp_path / "raw").mkdir()
    for path in phantom.raw.rglob("*.csv"):
        shutil.copy(path, tmp_path / "raw")
    hf_medseg.download(offer(Download("cbis_ddsm", "idc"), source="ddsm"), tmp_path / "raw")
    assert len(list((tmp_path / "raw").rglob("*.dcm"))) == len(bucket)
    converts("ddsm", tmp_path / "raw", tmp_path / "out", len(phantom.rows))
    del bucket[next(iter(bucket))]
    with pytest.raises(MedsegError, match=r"1 of \d+ files did not come"):
        hf_medseg.download(offer(Download("cbis_ddsm", "idc"), source="ddsm"), tmp_path / "again")
    with pytest.raises(MedsegError, match="no collection"):
        hf_medseg.download(offer(Download("nothing", "idc"), source="ddsm"), tmp_path / "again")


def test_masks_come_first_and_then_only_the_images_that_they_refer_to(
    web: Web, offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    phantom = PHANTOMS["prostatex"].make(tmp_path / "made", "idc")
    at_the_commons(web, monkeypatch, phantom, "prostatex")
    with caplog.at_level("INFO", "hf_medseg"):
        hf_medseg.download(offer(Download("prostatex#own", "idc"), source="prostatex"), tmp_path / "raw")
    came = [path.name.partition("_")[0] for path in (tmp_path / "raw/prostatex").rglob("*_*") if path.is_dir()]
    assert sorted(one for one in came if one in ("MR", "SEG")) == ["MR", "MR", "SEG", "SEG"]  # of three MR and three SEG series
    assert "2 masks refer to 2 of 3 series of images" in caplog.text
    with next((tmp_path / "raw/prostatex").rglob("idc_series.csv")).open() as file:
        told = {row["SeriesInstanceUID"]: row for row in csv.DictReader(file)}
    assert set(told) == {path.name.partition("_")[2] for path in (tmp_path / "raw/prostatex").rglob("*_*") if path.is_dir()} - {""}
    for path in (tmp_path / "raw/prostatex").rglob("*_1.*"):
        row = told[path.name.partition("_")[2]]
        assert (row["license_short_name"], row["source_DOI"]) == TERMS
        assert int(row["bytes"]) == sum(one.stat().st_size for one in path.iterdir())
    converts("prostatex", tmp_path / "raw", tmp_path / "out", len(phantom.rows))
    with pytest.raises(MedsegError, match="no masks of nobody"):
        hf_medseg.download(offer(Download("prostatex#nobody", "idc"), source="prostatex"), tmp_path / "again")


def fake(monkeypatch: pytest.MonkeyPatch, **modules: Any) -> None:
    """Puts stand-ins for libraries in place, and has no other process look for them."""
    monkeypatch.setattr(clients, "IN_THIS_PROCESS", set(clients.CLIENTS))
    for name, content in modules.items():
        dotted = name.replace("__", ".")
        stand_in = ModuleType(dotted)
        vars(stand_in).update(content)
        monkeypatch.setitem(sys.modules, dotted, stand_in)


def test_nilearn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    phantom = PHANTOMS["abide"].make(tmp_path / "made", "nilearn")

    def fetch_abide_pcp(data_dir: str, derivatives: list[str], **_: Any) -> None:
        assert derivatives == ["func_mean", "func_mask"]
        shutil.copytree(phantom.raw, data_dir, dirs_exist_ok=True)

    fake(monkeypatch, nilearn={}, nilearn__datasets={"fetch_abide_pcp": fetch_abide_pcp})
    hf_medseg.download("abide", tmp_path / "raw", edition="pcp", accept_terms=True)
    converts("abide", tmp_path / "raw", tmp_path / "out", len(phantom.rows))

    def breaks(**_: Any) -> None:
        raise OSError("the connection broke off")

    fake(monkeypatch, nilearn={}, nilearn__datasets={"fetch_abide_pcp": breaks})
    with pytest.raises(MedsegError, match="breaks off"):
        hf_medseg.download("abide", tmp_path / "other", edition="pcp", accept_terms=True)


def test_a_link_that_the_owner_renews(web: Web, offer: Offer, tmp_path: Path) -> None:
    links = '<a href="other">x</a> <a class="b" href="/share/download.php?id=98&amp;token=RENEWED&amp;download">images 1</a>'
    web.serve("https://owner.example/page/", f"<html>{links}</html>".encode(), kind="text/html")
    web.serve("https://owner.example/share/download.php", BODY)
    hf_medseg.download(offer(Download("https://owner.example/page/#share/download.php?id=98&", "page", "one.bin")), tmp_path)
    assert names(tmp_path) == ["one.bin"]
    assert web.asked[-1].query == "id=98&token=RENEWED&download"
    with pytest.raises(MedsegError, match="no such link any more"):
        hf_medseg.download(offer(Download("https://owner.example/page/#id=99&", "page", "two.bin")), tmp_path)
    with pytest.raises(MedsegError, match="the page does not answer"):
        hf_medseg.download(offer(Download("https://owner.example/gone/#id=99&", "page", "two.bin")), tmp_path)


def test_synapse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class SynapseError(Exception):
        pass

    class NoCredentials(SynapseError):
        pass

    answers: list[Any] = [NoCredentials(), SynapseError("accept first"), None, b"cut", b"cut"]

    class Session:
        def __init__(self, **_: Any) -> None: ...

        def login(self, **options: Any) -> None:
            assert "authToken" not in options
            if isinstance(answers[0], NoCredentials):
                raise answers.pop(0)

        def get(self, address: str, **options: Any) -> Any:
            answer = answers.pop(0)
            if isinstance(answer, Exception):
                raise answer
            if answer is None:
                return SimpleNamespace(path=None)
            path = Path(options["downloadLocation"], f"{address}.zip")
            path.write_bytes(answer)
            return SimpleNamespace(path=str(path))

    errors = {"SynapseError": SynapseError, "SynapseNoCredentialsError": NoCredentials, "SynapseAuthenticationError": NoCredentials}
    fake(monkeypatch, synapseclient={"Synapse": Session}, synapseclient__core={}, synapseclient__core__exceptions=errors)
    call: Callable[[], Any] = lambda: hf_medseg.download("brats", tmp_path, edition="2023", only=["*Training*"], accept_terms=True)  # noqa: E731
    for words in ("make an account and a token", "accept the terms of https://www.synapse.org/Synapse:syn51514132", "is no file"):
        monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10**12))
        with pytest.raises(MedsegError, match=words):
            call()
    with pytest.raises(MedsegError, match=r"published is e1f6b0ff.*published are 13,172,616,844"):
        call()
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["ASNR-MICCAI-BraTS2023-GLI-Challenge-TrainingData.zip.mismatch"]


@pytest.mark.parametrize(
    ("client", "library"),
    [
        ("http", "requests"),
        ("doi", "pooch"),
        ("kaggle", "kagglehub"),
        ("gdown", "gdown"),
        ("idc", "idc_index"),
        ("nilearn", "nilearn"),
        ("synapse", "synapseclient"),
    ],
)
def test_a_missing_library_is_named_with_the_packages_that_bring_it(
    offer: Offer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, client: Any, library: str
) -> None:
    monkeypatch.setattr(clients, "IN_THIS_PROCESS", set(clients.CLIENTS))
    for name in [name for name in sys.modules if name == library or name.startswith(f"{library}.")] + [library]:
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(MissingExtra, match=rf"Run: pip install .*{library.replace('_', '-')}\b"):
        hf_medseg.download(offer(Download("owner/slug", client, "name.zip")), tmp_path)


# --- What is asked first, and what is said ---------------------------------------------------------------------------------------------------


def test_free_data_needs_no_word(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY)
    assert main(["download", offer(Download(URL)), str(tmp_path / "raw")]) == 0


@pytest.mark.parametrize("mode", ["request", "terms"])
def test_everything_else_is_asked_first(web: Web, offer: Offer, tmp_path: Path, capsys: pytest.CaptureFixture[str], mode: Mode) -> None:
    web.serve(URL, BODY)
    source = offer(Download(URL), source="drive", mode=mode)
    assert main(["download", source, str(tmp_path / "raw")]) == 2
    told = capsys.readouterr().err
    license = find_source("drive").editions[0].license
    assert license.name in told
    assert license.url in told
    assert all(condition in told for condition in license.conditions)
    assert "--accept-terms" in told
    assert ("Write a letter." in told) == (mode == "terms")
    assert not (tmp_path / "raw").exists()
    assert web.asked == []
    assert main(["download", source, str(tmp_path / "raw"), "--accept-terms"]) == 0
    assert "Convert it with: hf-medseg convert drive" in capsys.readouterr().out


def test_a_download_may_be_freer_than_its_source(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY)
    hf_medseg.download(offer(Download(URL, mode="free"), mode="terms"), tmp_path)
    with pytest.raises(Refused):
        hf_medseg.download(offer(Download(MIRROR, name="x", mode="terms"), mode="free"), tmp_path)


def test_credentialed_data_are_never_automated(web: Web, offer: Offer, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"cannot be fetched by a program[\s\S]*1\. Write a letter\."):
        hf_medseg.download(offer(Download(URL), mode="credentialed"), tmp_path, accept_terms=True)
    assert web.asked == []


def test_what_a_person_has_to_get(web: Web, offer: Offer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by_hand = Download("https://owner.example/register", "manual", "training.zip", checksum=sha256(BODY))
    source = offer(by_hand, mode="terms")
    assert main(["download", source, str(tmp_path / "raw"), "--accept-terms"]) == 2
    assert "1. Write a letter." in capsys.readouterr().err
    assert not (tmp_path / "raw").exists()
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "training.zip").write_bytes(BODY)
    assert main(["download", source, str(tmp_path / "raw")]) == 0  # nothing is left to accept
    (tmp_path / "raw" / "training.zip").write_bytes(PAGE)
    assert main(["download", source, str(tmp_path / "raw")]) == 1


def test_what_can_be_fetched_is_fetched_and_the_rest_is_said(
    web: Web, offer: Offer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    web.serve(URL, BODY)
    source = offer(Download(URL), Download("https://owner.example/register", "manual", "training.zip"))
    assert main(["download", source, str(tmp_path)]) == 1
    out, err = capsys.readouterr()
    assert f"fetched file.bin ({len(BODY):,} bytes, {sha256(BODY)})" in out
    assert "by hand: training.zip" in err
    assert "1. Write a letter." in err


def test_dry_run(web: Web, offer: Offer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["download", offer(Download(URL), mode="terms"), str(tmp_path / "raw"), "--dry-run"]) == 0
    told = capsys.readouterr().out
    assert "would fetch file.bin" in told and "fetches with --accept-terms" in told
    assert main(["download", offer(Download(URL)), str(tmp_path / "raw"), "--dry-run"]) == 0
    assert "--accept-terms" not in capsys.readouterr().out
    assert not (tmp_path / "raw").exists()
    assert web.asked == []


def test_choices_and_editions(web: Web, offer: Offer, tmp_path: Path) -> None:
    web.serve(URL, BODY)
    web.serve(MIRROR, BODY[::-1])
    ways = (Download(URL, choice="owner"), Download(MIRROR, choice="copy", size=len(BODY)))
    hf_medseg.download(offer(*ways), tmp_path / "first")
    hf_medseg.download(offer(*ways), tmp_path / "second", choice="copy")
    assert [(tmp_path / folder / "file.bin").read_bytes() for folder in ("first", "second")] == [BODY, BODY[::-1]]
    with pytest.raises(Refused, match="it has: owner, copy"):
        hf_medseg.download(offer(*ways), tmp_path, choice="other")
    editions = (Download(URL, edition="pcp"), Download(MIRROR, "manual", "b", edition="raw", approximate=5))
    with pytest.raises(Refused, match=r"--edition NAME:\n  pcp: 1 file, size not published\n  raw: 1 file, 5 bytes \(by hand\)"):
        hf_medseg.download(offer(*editions, source="abide"), tmp_path)
    with pytest.raises(Refused, match="no edition 'other'"):
        hf_medseg.download(offer(*editions, source="abide"), tmp_path, edition="other")
    hf_medseg.download(offer(*editions, source="abide"), tmp_path / "third", edition="pcp")
    with pytest.raises(Refused, match="it is one download"):
        hf_medseg.download(offer(*ways), tmp_path, edition="other")
    with pytest.raises(Refused, match="there is one way"):
        hf_medseg.download(offer(Download(URL)), tmp_path, choice="other")


def test_an_edition_without_an_address(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="How to get it"):
        hf_medseg.download("brats", tmp_path, edition="2017")


def test_calls_that_do_not_fit(web: Web, offer: Offer, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="Did you mean kvasir-seg"):
        hf_medseg.download("kvasir-sex", tmp_path)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Refused, match="is a file"):
        hf_medseg.download(offer(Download(URL)), tmp_path / "file")
    with pytest.raises(Refused, match="--jobs"):
        hf_medseg.download(offer(Download(URL)), tmp_path, jobs=0)
    with pytest.raises(Refused, match=r"Nothing is called \*\.zip"):
        hf_medseg.download(offer(Download(URL)), tmp_path, only=["*.zip"])


# --- Every source ------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(sources()))
def test_every_source_answers_with_the_fetch_or_exact_steps(name: str, web: Web, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = find_source(name)
    monkeypatch.setattr(clients, "IN_THIS_PROCESS", set(clients.CLIENTS))
    for client in list(clients.CLIENTS):
        monkeypatch.setitem(clients.CLIENTS, client, _takes)
    names = [one.name for one in source.access.downloads if one.url.startswith("doi:") and one.name] or ["record.bin"]
    monkeypatch.setattr(items, "record", lambda doi: {name: (f"https://zenodo.org/{name}", "", None) for name in names})
    monkeypatch.setattr(module, "link_on", lambda address: address)
    monkeypatch.setattr(module, "fetch", _received)
    monkeypatch.setattr(module, "judge", lambda wanted, got: "")
    monkeypatch.setattr(module, "make_tree", lambda dest, items: None)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: SimpleNamespace(free=10**15))
    editions = list(dict.fromkeys(one.edition for one in source.access.downloads if one.edition)) or [""]
    for edition in editions:
        some = [one for one in source.access.downloads if one.edition in ("", edition)]
        for choice in list(dict.fromkeys(one.choice for one in some if one.choice)) or [""]:
            dest = tmp_path / f"{edition}-{choice}"
            by_hand = [one for one in some if one.choice in ("", choice) and one.by_hand]
            modes = {one.mode or source.access.mode for one in some if one.choice in ("", choice) and one not in by_hand}
            try:
                result = hf_medseg.download(name, dest, edition=edition, choice=choice)
            except Refused as refused:
                assert not dest.exists()
                assert all(step in str(refused) for step in source.access.steps) or modes == {"request"}
                if not modes or source.access.mode in ("none", "credentialed"):
                    continue
                assert modes & {"request", "terms"}
                result = hf_medseg.download(name, dest, edition=edition, choice=choice, accept_terms=True)
            assert result.fetched
            assert bool(result.missing) == bool(by_hand)
            assert all(step in result.steps for step in source.access.steps) == bool(by_hand)


def _takes(address: str, part: Path, name: str, watch: Any) -> Path:
    part.mkdir(parents=True)
    return part


def _received(url: str, wanted: Any, part: Path, watch: Any) -> Any:
    part.write_bytes(b"x")
    return facts.Got(1, "")


@pytest.mark.parametrize("name", sorted(sources()))
def test_access_facts_fit_together(name: str) -> None:
    source = find_source(name)
    assert source.access.steps
    seen = set()
    for one in source.access.downloads:
        item = items.item_of(one)
        assert item.name
        assert one.edition in ("", *(edition.name for edition in source.editions))
        assert one.part in ("", *(part.name for part in source.parts))
        assert (item.name, one.edition, one.choice) not in seen, f"{item.name} twice"
        seen.add((item.name, one.edition, one.choice))
        kind, _, digest = one.checksum.partition(":")
        assert not one.checksum or (kind, len(digest)) in (("sha256", 64), ("md5", 32))
        assert digest == digest.lower()
        assert one.size is None or one.approximate is None
        assert one.then != "unpack" or item.name.endswith(".7z")
        assert one.then != "join" or one.client == "doi" or items.PIECE.search(item.name)
        if one.client == "http":
            assert one.url.startswith(("https://", "http://"))
            assert all(mirror.startswith(("https://", "http://", "kaggle:", "gdown:", "doi:")) for mirror in one.mirrors)
        if one.client == "doi":
            assert one.url.startswith("doi:10.")
        if one.client == "page":
            assert one.url.startswith("https://")
            assert "#" in one.url
            assert one.name
        if one.client == "gdown":
            assert one.name
        if source.access.mode == "credentialed":
            assert one.by_hand


# --- Real hosts --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.network
@pytest.mark.parametrize("name", ["chase-db1", "hyperkvasir", "kvasir-seg", "herlev", "ddsm-tissue", "lgg-mri", "usc-sipi"])
def test_real_hosts(name: str, tmp_path: Path) -> None:
    assert hf_medseg.download(name, tmp_path / "raw", accept_terms=True).fetched
    assert hf_medseg.check(name, tmp_path / "raw").verdict == "complete"
