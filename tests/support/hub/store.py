"""Where the test Hub keeps large files: a folder of objects by SHA-256, and the directory that hf-xet uses as its store."""

from __future__ import annotations

import hashlib
import struct
import time
from pathlib import Path

_RECORD, _HEADER = 48, 48
_END = b"\xff" * 32
_VERIFIED, _WITH_SHA256 = 1 << 31, 1 << 30


class Store:
    """Large files by SHA-256, however they arrived."""

    def __init__(self, root: Path) -> None:
        self.objects = root / "objects"
        self.xet = root / "cas"
        self.objects.mkdir(parents=True)
        self.xet.mkdir()

    def path(self, sha256: str) -> Path:
        return self.objects / sha256

    def has(self, sha256: str) -> bool:
        """Whether the object is there; one that came through Xet is rebuilt from its chunks first."""
        if not self.path(sha256).exists() and (held := self._xet_files().get(sha256)) is not None:
            self._rebuild(sha256, *held)
        return self.path(sha256).exists()

    def put(self, sha256: str, data: bytes) -> bool:
        """Keeps an object if its bytes are what they are said to be."""
        if hashlib.sha256(data).hexdigest() != sha256:
            return False
        self.path(sha256).write_bytes(data)
        return True

    def chunk_bytes(self) -> int:
        """Bytes of everything that came through Xet."""
        return sum(path.stat().st_size for path in self.xet.rglob("default.*") if path.suffix != ".tagset")

    def _xet_files(self) -> dict[str, tuple[str, int]]:
        """SHA-256 -> (Xet hash, size) of every file in the Xet store."""
        found: dict[str, tuple[str, int]] = {}
        for path in self.xet.glob("xet/xorbs/shards/*.mdb"):
            data, at = path.read_bytes(), _HEADER
            while (name := data[at : at + 32]) != _END:
                flags, count = struct.unpack_from("<II", data, at + 32)
                sizes = [struct.unpack_from("<I", data, at + _RECORD * (1 + i) + 36)[0] for i in range(count)]
                at += _RECORD * (1 + count * (2 if flags & _VERIFIED else 1))
                if flags & _WITH_SHA256:
                    found[_hex(data[at : at + 32])] = (_hex(name), sum(sizes))
                    at += _RECORD
        return found

    def _rebuild(self, sha256: str, xet_hash: str, size: int) -> None:
        import hf_xet

        target = self.objects / f"{sha256}.rebuilt"
        endpoint = f"local://{self.xet}"
        with hf_xet.XetSession().new_file_download_group(
            endpoint=endpoint, token="x", token_expiry_unix_secs=int(time.time()) + 999
        ) as group:
            group.start_download_file(hf_xet.XetFileInfo(xet_hash, size), str(target))
        if hashlib.sha256(target.read_bytes()).hexdigest() == sha256:
            target.rename(self.path(sha256))
        else:
            target.unlink()


def _hex(raw: bytes) -> str:
    return b"".join(raw[i : i + 8][::-1] for i in range(0, 32, 8)).hex()
