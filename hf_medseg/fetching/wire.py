"""The connections of one transfer: none leads into this machine or its network, and all can be hung up on from another thread."""

from __future__ import annotations

import contextlib
import socket
import threading
from typing import Any

from requests.adapters import HTTPAdapter
from requests.utils import select_proxy

from hf_medseg.fetching.addresses import leads_inside


class Inside(Exception):
    """A name leads to this machine or its network."""


class Wire(HTTPAdapter):
    """How one session of requests connects.

    Args:
        inside: hosts of this machine or its network are meant.
    """

    def __init__(self, *, inside: bool = False) -> None:
        super().__init__()
        self._inside = inside
        self._open: list[socket.socket] = []
        self._lock = threading.Lock()
        self._over = False

    def get_connection_with_tls_context(self, request: Any, verify: Any, proxies: Any = None, cert: Any = None) -> Any:
        """The pool of a host, whose connections are judged before anything is asked of them."""
        pool: Any = super().get_connection_with_tls_context(request, verify, proxies, cert)
        if not isinstance(pool.ConnectionCls, _Judged):
            proxied = select_proxy(request.url or "", proxies) is not None  # then the address is the proxy's, which the user chose
            pool.ConnectionCls = _Judged(pool.ConnectionCls, self, self._inside or proxied)
        return pool

    def judge(self, connected: socket.socket, *, inside: bool) -> None:
        """Keeps hold of a connection.

        Raises:
            Inside: it leads to where it may not.
            OSError: it comes too late.
        """
        with self._lock:
            if self._over or (not inside and leads_inside(connected.getpeername()[0])):
                connected.close()
                raise OSError("hung up") if self._over else Inside
            self._open.append(connected.dup())  # TLS takes the socket itself away

    def hang_up(self) -> None:
        """Ends every connection, whatever it waits for, and allows no other."""
        with self._lock:
            self._over = True
            for one in self._open:
                with contextlib.suppress(OSError):  # it ended meanwhile
                    one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Lets everything go."""
        self.hang_up()
        for one in self._open:
            one.close()
        super().close()


class _Judged:
    """Makes connections of a kind of urllib3's, whose sockets are judged as soon as they are there."""

    def __init__(self, kind: Any, wire: Wire, inside: bool) -> None:
        self._kind, self._wire, self._inside = kind, wire, inside

    def __call__(self, *given: Any, **named: Any) -> Any:
        made = self._kind(*given, **named)
        connect = made._new_conn

        def judged() -> socket.socket:
            connected: socket.socket = connect()
            self._wire.judge(connected, inside=self._inside)
            return connected

        made._new_conn = judged
        return made

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kind, name)
