"""Single files that people keep packed with gzip."""

from __future__ import annotations

import zlib

from hf_medseg.errors import Rejected

_GZIP = b"\x1f\x8b"


def unpacked(data: bytes, limit: int, path: str) -> bytes:
    """The bytes of a file, out of its gzip file if it is one.

    Args:
        data: the file's bytes.
        limit: more bytes than the file can sensibly hold: a bomb stops there.
        path: its path, for messages.

    Raises:
        Rejected: the gzip file is damaged, breaks off, or holds more than the limit.
    """
    if not data.startswith(_GZIP):
        return data
    engine = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        found = engine.decompress(data, limit + 1)
    except zlib.error as error:
        raise Rejected(path, f"the gzip file is damaged ({error}).", "Fetch it again.") from error
    if len(found) > limit:
        raise Rejected(path, f"the gzip file holds more than {limit} bytes, more than such a file can.")
    if not engine.eof:
        raise Rejected(path, "the gzip file breaks off.", "Fetch it again.")
    return found
