"""One file over HTTP: requests moves the bytes; here a broken connection is carried on, and what comes is judged while it comes."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import shutil
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from hf_medseg import __version__
from hf_medseg.errors import MedsegError, MissingExtra
from hf_medseg.fetching.addresses import is_inside
from hf_medseg.fetching.wanted import MEANING, Got, Mismatch, Stopped, Unavailable, Wanted, Watch, judge

if TYPE_CHECKING:
    from requests import Session

    from hf_medseg.fetching.wire import Wire

WAITS = (1.0, 4.0, 15.0)  # seconds before the next try where the last one brought nothing; after them the next mirror has its turn
TRIES = 100  # of one address, however much each of them brought
PATIENCE = 60.0  # seconds that a server may ask us to wait
TIMEOUT = (15.0, 60.0)  # seconds to connect, and between two pieces
CHUNK = 1 << 18
PACE = 300.0  # seconds in which an answer has to begin, and after that so many bytes have to come:
LEAST = 1 << 22  # a server that drips would hold us for ever
LONGEST = 7 * 86_400.0  # seconds of one transfer, whatever comes: what is missing then comes with the next run
SPARE = 1 << 30  # bytes that stay free on the disk where nobody says how large a file is
_HEAD = 1024  # bytes that show what a file is

_PASSING = {408, 425, 429, 500, 502, 503, 504}
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*|<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|script)\b", re.IGNORECASE | re.DOTALL
)
_BEGINNINGS = {
    ".zip": b"PK",
    ".xlsx": b"PK",
    ".gz": b"\x1f\x8b",
    ".tgz": b"\x1f\x8b",
    ".7z": b"7z\xbc\xaf\x27\x1c",
    ".bz2": b"BZh",
    ".xz": b"\xfd7zXZ\x00",
    ".zst": b"\x28\xb5\x2f\xfd",
    ".png": b"\x89PNG",
}
_GZIPPED = (".gz", ".tgz")  # files that some servers announce as a packed answer
_TEXTS = {"text/html": (b"<", (".html", ".htm", ".xhtml")), "application/json": (b"{", (".json",))}
_RANGE = re.compile(r"bytes (?:(\d+)-\d+|\*)/(\d+|\*)")


def library(name: str, extra: str) -> Any:
    """An optional library.

    Raises:
        MissingExtra: it is not installed.
    """
    try:
        return import_module(name)
    except ImportError as error:
        raise MissingExtra(name.partition(".")[0].replace("_", "-"), extra) from error


class _Again(Exception):
    """The same address may be asked once more."""

    def __init__(self, reason: str, after: float = 0.0) -> None:
        super().__init__(reason)
        self.after = after


class _Complete(Exception):
    """What was received before is the whole file."""


def fetch(url: str, wanted: Wanted, part: Path, watch: Watch) -> Got:
    """Fetches one file from one address into `part`; what `part` holds from a broken connection is carried on.

    Args:
        url: the address.
        wanted: what is known of the file.
        part: where the bytes go; the caller gives the file its name.
        watch: told how far it is; tells when to stop.

    Raises:
        Unavailable: the address does not give the file.
        Mismatch: the server announces another size than the published one.
        Stopped: the watch says so; `part` stays.
        MissingExtra: requests is not installed.
    """
    failures = 0
    for _ in range(TRIES):
        watch.check()
        before = _length(part)
        try:
            return Transfer(url, wanted, part, watch).run()
        except _Again as again:
            failures = 0 if _length(part) > before else failures + 1
            if failures > len(WAITS):
                raise Unavailable(str(again)) from again
            wait = max(WAITS[failures - 1] if failures else 0.0, min(again.after, PATIENCE))
            if wait and watch.stop.wait(wait):
                raise Stopped from again
    raise Unavailable(f"it broke off {TRIES} times")


def _length(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def forget(part: Path) -> None:
    """Removes what was received of a file, and what was remembered of it."""
    part.unlink(missing_ok=True)
    _memory(part).unlink(missing_ok=True)


def _memory(part: Path) -> Path:
    return part.with_name(f"{part.name}.json")


def check_way(before: str, after: str, *, proved: bool = False) -> None:
    """Whether one address may lead to another: to the same or a safer scheme, and never into this machine or its network.

    Args:
        before: where we were.
        after: where we are led; relative to it, or whole.
        proved: a checksum proves what comes, so that nobody on the way can change it.

    Raises:
        Unavailable: it may not.
    """
    here, there = urlsplit(before), urlsplit(urljoin(before, after))
    if there.scheme not in ("http", "https"):
        raise Unavailable(f"it leads to an address that is no web address ({there.scheme}:)")
    if here.scheme == "https" and there.scheme == "http" and not proved:
        raise Unavailable("it leads to an address without encryption, and no checksum is published that would prove what comes")
    if is_inside(there.hostname or "") and not is_inside(here.hostname or ""):
        raise Unavailable("it leads to an address inside of this machine or its network")


@contextlib.contextmanager
def connected(url: str) -> Iterator[tuple[Session, Wire]]:
    """A session for an address, and what its connections hang on.

    Raises:
        MissingExtra: requests is not installed.
    """
    requests = library("requests", "download")
    from hf_medseg.fetching.wire import Wire

    with requests.Session() as session:
        wire = Wire(inside=is_inside(urlsplit(url).hostname or ""))
        for scheme in ("https://", "http://"):
            session.mount(scheme, wire)
        yield session, wire


def take(url: str, most: int, **options: Any) -> Any:
    """The whole answer of an address that is not long; a page or a record.

    Raises:
        Unavailable: it is longer, takes longer than `PACE`, or leads to where it may not.
        requests.exceptions.RequestException: it does not answer.
    """
    from hf_medseg.fetching.wire import Inside

    with connected(url) as (session, wire):
        late = threading.Timer(PACE, wire.hang_up)
        late.daemon = True
        late.start()
        try:
            answer = session.get(url, **{**options, "stream": True, "hooks": {"response": _follow}})
            body = b""
            for data in answer.iter_content(CHUNK):
                body += data
                if len(body) > most:
                    raise Unavailable(f"its answer is longer than {most:,} bytes")
        except Inside as error:
            raise Unavailable(_INSIDE) from error
        finally:
            late.cancel()
        answer._content = body  # so that `text` and `json()` read it
        return answer


def _follow(answer: Any, **_: Any) -> None:
    if answer.is_redirect:
        check_way(answer.url, answer.headers["Location"])


_INSIDE = "its name leads to an address inside of this machine or its network"
_DRIPS = f"it sends fewer than {LEAST:,} bytes in {PACE:.0f} seconds"


class Transfer:
    """One try: asks for the rest of the file and takes what comes."""

    def __init__(self, url: str, wanted: Wanted, part: Path, watch: Watch) -> None:
        self.url, self.wanted, self.part, self.watch = url, wanted, part, watch
        self.have = 0  # bytes on the disk
        self.total: int | None = None  # bytes that the server announces
        self.hasher = hashlib.new(wanted.algorithm, usedforsecurity=False)
        self._file: IO[bytes] | None = None
        self._answer: Any = None
        self._head: bytes | None = b""  # the first bytes, until they were looked at
        self._most = wanted.most  # bytes that may come
        self._resumed, self._dripped = False, ""

    def run(self) -> Got:
        """The whole file, or an exception."""
        requests = library("requests", "download")
        from hf_medseg.fetching.wire import Inside

        errors = requests.exceptions
        headers = {"User-Agent": f"hf-medseg/{__version__}", "Accept-Encoding": "identity", **self._rest()}
        over = threading.Event()
        try:
            with connected(self.url) as (session, wire):
                pace = threading.Thread(target=self._keep_pace, args=(over, wire), name="hf-medseg-pace", daemon=True)
                pace.start()
                answer = session.get(self.url, stream=True, timeout=TIMEOUT, headers=headers, hooks={"response": self.hear})
                for data in answer.iter_content(CHUNK):
                    self.write(data)
                self._take_head()
        except Inside as error:
            raise Unavailable(_INSIDE) from error
        except _Complete:
            pass
        except errors.SSLError as error:
            raise Unavailable("its certificate does not prove that it is the owner's host (verification is never switched off)") from error
        except errors.ContentDecodingError as error:
            raise Unavailable("it says that its answer is packed in a way that it is not") from error
        except (errors.ConnectionError, errors.Timeout, errors.ChunkedEncodingError) as error:
            self._check_pace()
            if type(getattr(error.args[0] if error.args else None, "reason", None)).__name__ == "NameResolutionError":
                raise Unavailable("its host is not found") from error
            told = "the connection broke off" if self.have else "no connection, or no answer in time"
            raise _Again(told) from error
        except errors.RequestException as error:
            raise Unavailable(f"it cannot be asked ({type(error).__name__})") from error
        finally:
            over.set()
            self._close()
        self._check_pace()
        if self.total is not None and self.have != self.total:
            raise _Again("the connection broke off")
        if not self.have:
            raise Unavailable("it answers with nothing")
        got = Got(self.have, f"{self.wanted.algorithm}:{self.hasher.hexdigest()}")
        if self._resumed and judge(self.wanted, got):
            forget(self.part)
            raise _Again("the pieces that it sent do not make the published file")
        return got

    def _keep_pace(self, over: threading.Event, wire: Wire) -> None:
        """Hangs up on a server that sends next to nothing: a time-out sees only whether anything comes at all."""
        before, began = -LEAST, time.monotonic()
        while not over.wait(PACE):
            late = time.monotonic() - began > LONGEST
            if late or self._answer is None or self.have - before < LEAST:
                self._dripped = f"it is not done in {LONGEST / 3600:.0f} hours" if late else _DRIPS
                wire.hang_up()
                return
            before = self.have

    def _check_pace(self) -> None:
        if self._dripped and (self.total is None or self.have < self.total):
            raise Unavailable(self._dripped)

    def _close(self) -> None:
        if self._file is not None:
            self._file.close()
        if self._answer is not None:
            self._answer.close()

    def _rest(self) -> dict[str, str]:
        """The headers that ask for what is missing, if what is there is sure to be the beginning of the same file."""
        length = _length(self.part)
        try:
            known = json.loads(_memory(self.part).read_text(encoding="utf-8"))
            url, validator, total = known["url"], known["validator"], known["total"]
        except (OSError, ValueError, KeyError, TypeError):
            return {}
        most = self.wanted.most
        if not length or (total is not None and length > total) or (most is not None and length > most):
            return {}
        if url == self.url and validator:
            return {"Range": f"bytes={length}-", "If-Range": validator}
        return {"Range": f"bytes={length}-"} if self.wanted.checksum else {}  # the checksum will tell

    def hear(self, answer: Any, **_: Any) -> None:
        """Judges the head of an answer before its body comes."""
        if answer.is_redirect:
            check_way(answer.url, answer.headers["Location"], proved=bool(self.wanted.checksum))
            return
        self._answer = answer
        status, length = answer.status_code, _length(self.part)
        told = _RANGE.fullmatch(answer.headers.get("Content-Range", ""))
        if status == 416 and told and told[2] == str(length):
            self._begin(resume=True)
            raise _Complete
        if status == 416 or (status == 206 and not (told and told[1] == str(length))):
            forget(self.part)
            raise _Again("what was received before does not fit the file")
        if status in _PASSING:
            after = answer.headers.get("Retry-After", "")
            raise _Again(f"it answers {status} ({answer.reason})", float(after) if after.isdigit() else 0.0)
        if status not in (200, 206):
            raise Unavailable(f"it answers {status} ({answer.reason})")
        if answer.headers.get("Content-Encoding", "").lower() in ("gzip", "x-gzip") and self.wanted.name.lower().endswith(_GZIPPED):
            # It is the file that is packed, not the answer: unpacked it would be another file.
            del answer.headers["Content-Encoding"], answer.raw.headers["Content-Encoding"]
        plain = answer.headers.get("Content-Encoding", "identity") == "identity"
        announced = answer.headers.get("Content-Length", "")
        if status == 206 and told and told[2] != "*":
            self.total = int(told[2])
        elif plain and announced.isdigit():
            self.total = int(announced) + (length if status == 206 else 0)
        self._begin(resume=status == 206)
        self._check_room()
        tag = answer.headers.get("ETag", "")
        validator = tag if tag and not tag.startswith("W/") else answer.headers.get("Last-Modified", "")
        known = {"url": self.url, "validator": validator if plain else "", "total": self.total}
        _memory(self.part).write_text(json.dumps(known))

    def _begin(self, *, resume: bool) -> None:
        """Opens the part, behind what it holds or anew."""
        if resume and _length(self.part):
            self._resumed, self._head = True, None
            with self.part.open("rb") as file:
                while data := file.read(1 << 20):
                    self.hasher.update(data)
                    self.have += len(data)
        self.part.parent.mkdir(parents=True, exist_ok=True)
        self._file = self.part.open("ab" if resume else "wb")
        self.watch.at(self.wanted.name, self.have, self.total)

    def _check_room(self) -> None:
        if self._most is None and self.total is None:
            self._most = self.have + max(0, shutil.disk_usage(self.part.parent).free - SPARE)
        if self.total is not None and (free := shutil.disk_usage(self.part.parent).free) < self.total - self.have:
            raise MedsegError(
                f"{self.wanted.name}: {self.total - self.have:,} bytes are still to come and {free:,} are free where it goes. "
                "Make room and run the same command again."
            )

    def write(self, data: bytes) -> None:
        """Takes the next bytes; the first ones show whether they are the file at all."""
        self.watch.check()
        if self._head is None:
            self.take(data)
            return
        self._head += data
        if len(self._head) >= _HEAD:
            self._take_head()

    def _take_head(self) -> None:
        head, self._head = self._head, None
        if head:
            self._look_at(head)
            self.take(head)

    def take(self, data: bytes) -> None:
        assert self._file is not None, "the head of an answer comes before its body"
        if self._most is not None and self.have + len(data) > self._most:
            raise self._too_much()
        self._file.write(data)
        self._file.flush()
        self.hasher.update(data)
        self.have += len(data)
        self.watch.at(self.wanted.name, self.have)

    def _too_much(self) -> MedsegError:
        """Whatever comes so long is not the file: it is not kept."""
        forget(self.part)
        if self.wanted.most is None:
            return MedsegError(
                f"{self.wanted.name}: nobody says how large it is, and after {self.have:,} bytes only {SPARE:,} are free on the disk. "
                "It may be something else that never ends; what came is not kept. Make room, or fetch it in a browser."
            )
        return self.wanted.too_much(f"{self.url} sends more than {self.have:,} bytes and does not end")

    def _look_at(self, head: bytes) -> None:
        suffix = Path(self.wanted.name).suffix.lower()
        if _PAGE.match(head[:_HEAD]) and suffix not in (".html", ".htm"):
            raise Unavailable("it answers with a web page instead of the file (a login, a quota or a notice)")
        if not head.startswith(_BEGINNINGS.get(suffix, b"")):
            raise Unavailable(f"what it sends is no {suffix} file")
        kind = self._answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        mark, own = _TEXTS.get(kind, (b"", ()))
        if own and suffix not in own and head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(mark):
            raise Unavailable(f"it answers with a page or a message ({kind}) instead of the file")
        if self.total is not None and self.wanted.size is not None and self.total != self.wanted.size:
            raise Mismatch(f"{self.wanted.name}: {self.url} announces {self.total:,} bytes, published are {self.wanted.size:,}. {MEANING}")
        if self.total is not None and self._most is not None and self.total > self._most:
            raise self.wanted.too_much(f"{self.url} announces {self.total:,} bytes")
