"""Files that should be DICOM objects and cannot be told as such: each is a case that is rejected by name.

Files of the archives have names of their own (UIDs). Whatever else a file or folder is called may be somebody's name: where a source says
so, such a file is called by its UID, else by a hash of its name.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from hf_medseg.case import Case, Problem
from hf_medseg.errors import Rejected
from hf_medseg.formats.dicom import DicomPicture
from hf_medseg.formats.dicom_series import damaged
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw

# What the retriever of the archive calls files: numbers that it made up.
_MADE_UP = re.compile(r"\d{1,2}-\d{2,4}\.dcm")


def damaged_cases(raw: Raw, *, by_uid: bool = False) -> Iterator[Case]:
    """A rejected case of every file that claims to be DICOM, by its name or its neighbours, and is not, or has lost its ids.

    Args:
        raw: the raw tree with its survey.
        by_uid: call files by their UID, else by a hash of their name, never by their path.
    """
    taken: Counter[str] = Counter()
    for file, error in damaged(raw):
        if by_uid:
            file = _named(file, taken)
            raw.call(file)
        yield Case(file.path, {"image": DicomPicture.of(file)}, problem=Problem(error.expected, error.advice))


def _uid_of(file: RawFile) -> str:
    """The SOPInstanceUID that stands before the header proper; empty where there is none."""
    try:
        data = file.read(1024)
    except Rejected:
        return ""
    start = data.find(b"\x02\x00\x03\x00UI") if data[128:132] == b"DICM" else -1
    length = int.from_bytes(data[start + 6 : start + 8], "little") if start >= 0 else 0
    found = data[start + 8 : start + 8 + length].decode("latin-1").strip(" \0")
    whole = len(data) >= start + 8 + length
    return found if whole and 16 <= len(found) <= 64 and not re.search(r"[^0-9.]", found) else ""


def _named(file: RawFile, taken: Counter[str]) -> RawFile:
    """The file, called by its UID where its first bytes tell it, else by the hash of its name."""
    name = file.listed.rpartition("/")[2]
    if uid := _uid_of(file):
        called = f"{uid}.dcm"
    elif _MADE_UP.fullmatch(name):
        called = f"damaged/{name}"
    else:
        called = f"damaged/{hashlib.sha256(name.encode()).hexdigest()[:16]}.dcm"
    taken[called] += 1
    return replace(file, alias=called if taken[called] == 1 else f"{called} ({taken[called]})")
