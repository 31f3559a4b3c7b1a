"""Archives: what kind of one a file is, told by its first bytes, and what it holds."""

from __future__ import annotations

import lzma
import re
import struct
import sys
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

from hf_medseg.errors import Refused
from hf_medseg.raw.access import open_raw
from hf_medseg.raw.archive_names import NAMED_LIKE_ARCHIVE, NAMED_LIKE_TAR, SPLIT, NotInPlace, kind_named, may_end_an_archive, refuse
from hf_medseg.raw.packed_tars import list_tar_gz, list_unpacked, unpacking
from hf_medseg.raw.places import Member
from hf_medseg.raw.tars import BLOCK, is_header, list_tar
from hf_medseg.raw.zips import list_zip

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

_FIRST_BYTES = {
    b"PK\3\4": "zip",
    b"PK\5\6": "zip",
    b"PK\7\x08": "split zip",
    b"\x1f\x8b": "gz",
    b"BZh": "bz2",
    b"\xfd7zXZ\0": "xz",
    b"\x28\xb5\x2f\xfd": "zst",
    b"7z\xbc\xaf\x27\x1c": "7z",
    b"Rar!\x1a\x07": "rar",
    b"LZIP": "lz",
    b"\x04\x22\x4d\x18": "lz4",
    b"\x1f\x9d": "Z",
    b"\x5d\0\0": "lzma",
}
_COMPRESSED = ("gz", "bz2", "xz", "zst")
_TROUBLE = (tarfile.TarError, zipfile.BadZipFile, EOFError, struct.error, zlib.error, lzma.LZMAError, zstd.ZstdError, UnicodeError)


def archive_kind(path: str, shown: str, *, alone: bool) -> str:
    """What archive a file is, told by its first bytes; its name alone decides where they tell nothing.

    Args:
        path: the file (local path or fsspec URL).
        shown: its path inside the raw tree.
        alone: whether it is the whole raw tree; otherwise only files that are called like an archive are looked at.

    Returns:
        `zip`, `tar`, `gz`, `bz2`, `xz` or `zst` (a tar that is compressed so); empty for a file that is no archive.

    Raises:
        Refused: an archive that is not read in place, or a file that is called one and is something else.
    """
    if not (alone or may_end_an_archive(shown[shown.rfind(".") :])):
        return ""
    if SPLIT.search(shown):
        raise refuse(shown, "", "a split archive")
    if shown.lower().endswith(".npz"):
        return ""  # a zip, and one file of arrays
    if not alone and not NAMED_LIKE_ARCHIVE.search(shown):
        return ""
    with open_raw(path) as file:
        head = file.read(BLOCK)
    kind = next((kind for start, kind in _FIRST_BYTES.items() if head.startswith(start)), "tar" if is_header(head) else "")
    if kind in _COMPRESSED:
        return _kind_inside(path, shown, kind)
    if kind in ("zip", "tar"):
        return kind
    if kind == "split zip":
        raise refuse(shown, "zip", "a split archive")
    if kind and (kind in ("7z", "rar") or NAMED_LIKE_TAR.search(shown)):
        raise refuse(shown, kind, "an archive of this kind")
    if not re.search(r"\.(zip|7z|rar)\Z", shown, re.IGNORECASE) and not NAMED_LIKE_TAR.search(shown):
        return ""
    return _kind_of_damaged(shown, head)


def _kind_of_damaged(shown: str, head: bytes) -> str:
    """What an archive should be whose first bytes do not tell.

    Raises:
        Refused: they tell what it is instead.
    """
    if not head:
        raise Refused(f"{shown}: the file is empty. Fetch it again.")
    if re.match(rb"\s*<(!doctype|html|\?xml)", head, re.IGNORECASE):
        raise Refused(
            f"{shown}: this is a web page and no archive: the download was answered with words. Read it, and fetch the file again."
        )
    if head.startswith(b"version https://git-lfs"):
        raise Refused(f"{shown}: this is a Git LFS pointer, not the file. Run `git lfs pull` in the repository it came from.")
    kind = kind_named(shown)
    if kind not in ("zip", "tar", *_COMPRESSED):
        raise refuse(shown, kind, "an archive of this kind")
    return kind


def _kind_inside(path: str, shown: str, kind: str) -> str:
    """The kind of a compressed file if it is a tar inside, else nothing.

    Raises:
        Refused: it is called a tar and is none inside.
    """
    named = NAMED_LIKE_TAR.search(shown) is not None
    try:
        with open_raw(path) as file, unpacking(file, kind) as stream:
            head = stream.read(BLOCK)
    except (*_TROUBLE, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        return kind if named else ""  # listing it says what is wrong
    if is_header(head) or (named and not head.strip(b"\0")):
        return kind
    if named:
        inner = next((f"a {found} file" for start, found in _FIRST_BYTES.items() if head.startswith(start)), "something else")
        command = {"gz": "gzip", "bz2": "bzip2", "xz": "xz", "zst": "zstd"}[kind]
        raise Refused(f'{shown}: there is no tar in it but {inner}. Unpack it once and look at what comes out: {command} -dk "{shown}"')
    return ""


def list_archive(path: str, shown: str, kind: str, work: Path) -> Iterator[Member]:
    """Lists the members of an archive.

    Args:
        path: the archive.
        shown: its path inside the raw tree, for messages.
        kind: what `archive_kind` said.
        work: folder for the seek index of a `.tar.gz`, and for what other compressed tars unpack to.

    Raises:
        Refused: the archive is damaged, cut or encrypted, or there is no room to unpack it.
    """
    try:
        if kind == "zip":
            yield from list_zip(path, shown)
        elif kind == "tar":
            yield from list_tar(path, path)
        elif kind == "gz":
            yield from list_tar_gz(path, work)
        else:
            yield from list_unpacked(path, shown, kind, work)
    except NotInPlace as error:
        raise refuse(shown, kind, str(error)) from error
    except (*_TROUBLE, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise Refused(f"{shown}: the archive is damaged or cut ({error}). Fetch it again.") from error
