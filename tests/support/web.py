"""Every host of the world on loopback: a test says what an address answers, and requests to it never leave this machine."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from hf_medseg.fetching import apart, wire

Act = Callable[["_Handler", bytes], None]
"""What a server does with one request, given the body it would send."""


@dataclass
class Page:
    """What an address answers: its body, after what it does with the first requests instead."""

    body: bytes
    acts: list[Act] = field(default_factory=list)
    kind: str = "application/octet-stream"
    ranges: bool = True
    tag: str | None = ""  # ETag; empty for one made of the body, None for none
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Asked:
    """One request that came in."""

    address: str  # host and path, without the query
    query: str
    headers: dict[str, str]
    body: bytes

    @property
    def range(self) -> str:
        """Its Range header."""
        return self.headers.get("range", "")


class Web:
    """The hosts: addresses such as `zenodo.org/api/records/1`, without `https://`."""

    def __init__(self) -> None:
        self.pages: dict[str, Page | Callable[[Asked], Page]] = {}
        self.asked: list[Asked] = []
        web = self

        class Handler(_Handler):
            world = web

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.base = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01})
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def serve(self, url: str, body: bytes, *acts: Act, **options: Any) -> Page:
        """Has an address answer with a body, after it did `acts` with the first requests."""
        page = Page(body, list(acts), **options)
        self.pages[url.partition("://")[2].partition("?")[0]] = page
        return page

    def ranges(self, url: str) -> list[str]:
        """The Range headers of every request to an address, in order."""
        return [one.range for one in self.asked if one.address == url.partition("://")[2].partition("?")[0]]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    world: Web

    def do_GET(self) -> None:
        length = int(self.headers.get("Content-Length", 0))
        path, _, query = self.path.lstrip("/").partition("?")
        asked = Asked(path, query, {name.lower(): value for name, value in self.headers.items()}, self.rfile.read(length))
        self.world.asked.append(asked)
        page = self.world.pages.get(path)
        if callable(page):
            page = page(asked)
        if page is None:
            self.answer(404, b"<html>no such page</html>")
        elif page.acts:
            page.acts.pop(0)(self, page.body)
        else:
            self.page(page)

    def do_POST(self) -> None:
        self.do_GET()

    def page(self, page: Page) -> None:
        tag = f'"{hashlib.sha256(page.body).hexdigest()[:16]}"' if page.tag == "" else page.tag
        headers = {"Content-Type": page.kind, **({"ETag": tag} if tag else {}), **page.headers}
        if page.ranges:
            headers["Accept-Ranges"] = "bytes"
        wanted = self.headers.get("Range", "")
        if page.ranges and wanted and self.headers.get("If-Range", tag) == tag:
            start, _, end = wanted.removeprefix("bytes=").partition("-")
            first, last = int(start), min(int(end or len(page.body) - 1), len(page.body) - 1)
            if first >= len(page.body):
                self.answer(416, b"", {"Content-Range": f"bytes */{len(page.body)}"})
                return
            headers["Content-Range"] = f"bytes {first}-{last}/{len(page.body)}"
            self.answer(206, page.body[first : last + 1], headers)
        else:
            self.answer(200, page.body, headers)

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None, *, send: int | None = None) -> None:
        """Sends an answer; with `send` only so many bytes of the body that the head announces."""
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body[:send])
        if send is not None:
            self.close_connection = True

    def log_message(self, *_: Any) -> None:
        """Nothing: the tests look at `Web.asked`."""


def cut(after: int) -> Act:
    """The connection breaks off after so many bytes."""

    def act(handler: _Handler, body: bytes) -> None:
        start = int(handler.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        tag = {"ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"'}
        if start:
            tag["Content-Range"] = f"bytes {start}-{len(body) - 1}/{len(body)}"
        handler.answer(206 if start else 200, body[start:], tag, send=after)

    return act


def status(code: int, **headers: str) -> Act:
    """An answer with that status."""
    return lambda handler, body: handler.answer(code, b"no", {name.replace("_", "-"): value for name, value in headers.items()})


def stall(until: threading.Event) -> Act:
    """No answer until the test says so."""

    def act(handler: _Handler, body: bytes) -> None:
        until.wait(10)
        handler.close_connection = True

    return act


def reroute(base: str, put: Callable[[Any, str, Any], None] = setattr) -> None:
    """Sends every request of requests to the server at `base`, whatever its host."""
    send = HTTPAdapter.send

    def there(adapter: HTTPAdapter, request: requests.PreparedRequest, **options: Any) -> requests.Response:
        assert request.url is not None
        real = request.url
        request.url = f"{base}/{real.partition('://')[2]}"
        try:
            response = send(adapter, request, **{**options, "proxies": {}})
        finally:
            request.url = real
        response.url = real
        return response

    put(HTTPAdapter, "send", there)
    put(wire, "leads_inside", lambda number: False)


_CHILD = "from tests.support.web import reroute; from hf_medseg.fetching.apart import answer; import sys; reroute(sys.argv[1]); answer()"


@pytest.fixture(name="web")
def all_hosts(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """The world on loopback, for this process and those that it starts; a request to anything else of it answers 404."""
    world = Web()
    reroute(world.base, monkeypatch.setattr)
    monkeypatch.setattr(apart, "COMMAND", (sys.executable, "-c", _CHILD, world.base))
    monkeypatch.setattr(apart, "LOOKS", 0.01)
    try:
        yield world
    finally:
        world.close()
