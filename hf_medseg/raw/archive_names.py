"""What the name of an archive says of its kind, and the command that unpacks one which is not read in place."""

from __future__ import annotations

import re
from functools import lru_cache

from hf_medseg.errors import Refused

# What an archive may be called; its first bytes decide what it is. Masses of compressed volumes are not looked at.
NAMED_LIKE_ARCHIVE = re.compile(
    r"(?<!\.nii)\.(zip|7z|rar|tar|(tar\.)?(gz|bz2?|xz|lzma|zst|zstd|lz|lz4|z)|tgz|taz|tbz2?|tb2|txz|tlz|tzst)\Z", re.IGNORECASE
)
NAMED_LIKE_TAR = re.compile(r"\.(tar(\.(gz|bz2?|xz|lzma|zst|zstd|lz|lz4|z))?|tgz|taz|tbz2?|tb2|txz|tlz|tzst)\Z", re.IGNORECASE)
SPLIT = re.compile(r"\.(7z\.\d+|zip\.\d+|zip\.a[a-z]|z\d\d|r\d\d|(tar|tar\.(gz|bz2|xz|zst)|tgz|tbz2|txz)\.(a[a-z]|\d+))\Z", re.IGNORECASE)
# What every one of these ends in, so that most files are told by their ending alone.
_LAST = re.compile(
    r"\.(zip|7z|rar|tar|gz|bz2?|xz|lzma|zst|zstd|lz|lz4|z|tgz|taz|tbz2?|tb2|txz|tlz|tzst|\d+|a[a-z]|[zr]\d\d)\Z", re.IGNORECASE
)


@lru_cache(maxsize=1024)
def may_end_an_archive(ending: str) -> bool:
    """Whether an archive, or a piece of one, may be called so: by what stands in its name from the last dot on."""
    return _LAST.match(ending) is not None


# Members whose names say that they are archives themselves.
NESTED = re.compile(rf"\.(zip|7z|rar)\Z|{NAMED_LIKE_TAR.pattern}|{SPLIT.pattern}", re.IGNORECASE)

_SHORT_NAMES = "tgz:gz taz:Z z:Z tbz:bz2 tbz2:bz2 tb2:bz2 bz:bz2 txz:xz tlz:lzma tzst:zst zstd:zst"
_OTHER_NAMES = dict(pair.split(":") for pair in _SHORT_NAMES.split())
COMMANDS = {
    "zip": "unzip {}",
    "7z": "7z x {}",
    "rar": "unrar x {}",
    "gz": "tar -xzf {}",
    "tar": "tar -xf {}",
    "bz2": "tar -xjf {}",
    "xz": "tar -xJf {}",
    "zst": "tar --zstd -xf {}",
    "lz": "tar --lzip -xf {}",
    "lzma": "tar --lzma -xf {}",
    "lz4": "lz4 -dc {} | tar -xf -",
    "Z": "tar -xZf {}",
}


class NotInPlace(Exception):
    """What in an archive is not read in place."""


def unpack_command(name: str, kind: str = "") -> str:
    """The shell command that unpacks an archive, of which the file may be one piece."""
    pieces = name.rpartition(".")[0]
    if not SPLIT.search(name):
        return COMMANDS.get(kind or kind_named(name), "7z x {}").format(f'"{name}"')
    if re.search(r"\.(7z|zip)\.\d+\Z", name, re.IGNORECASE):
        return f'7z x "{pieces}.001"  (all pieces in one folder)'
    if re.search(r"\.z\d\d\Z", name, re.IGNORECASE):
        return f'7z x "{pieces}.zip"  (all pieces in one folder)'
    if re.search(r"\.r\d\d\Z", name, re.IGNORECASE):
        return f'unrar x "{pieces}.rar"  (all pieces in one folder)'
    if re.search(r"\.zip\.a[a-z]\Z", name, re.IGNORECASE):
        return f'cat "{pieces}."* > "{pieces}" && unzip "{pieces}"  (all pieces in one folder)'
    option = {"gz": "-xzf", "bz2": "-xjf", "xz": "-xJf", "zst": "--zstd -xf", "tar": "-xf"}[kind_named(pieces)]
    return f'cat "{pieces}."* | tar {option} -  (all pieces in one folder)'


def refuse(name: str, kind: str, what: str) -> Refused:
    """The refusal of an archive of some kind, with the command that unpacks it."""
    return Refused(f"{name}: {what} is not read in place. Unpack it first: {unpack_command(name, kind)}")


def kind_named(name: str) -> str:
    """The kind that the last suffix of a name says."""
    suffix = name.lower().rpartition(".")[2]
    return _OTHER_NAMES.get(suffix, suffix)


def stem(name: str) -> str:
    """The name of an archive without the suffixes that call it one."""
    return NESTED.sub("", name)
