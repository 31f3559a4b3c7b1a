"""Walking through a folder, a single file or a URL: everything that lies there, links followed, nothing opened."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator

from hf_medseg.errors import Refused
from hf_medseg.raw.access import stamp_of, stamp_of_info
from hf_medseg.raw.files import ANNEX_ADVICE

Entry = tuple[str, int, int | None, str, tuple[str, str] | None]
"""(path inside the tree, size, stamp, where it is, what keeps it from being read)."""

ABOVE = ("a link to a folder above it, which is listed there", "")
NO_FILE = "Put the file itself there, or take it out of the raw tree."
_KINDS = {
    stat.S_IFIFO: "a named pipe, no file",
    stat.S_IFSOCK: "a socket, no file",
    stat.S_IFCHR: "a device, no file",
    stat.S_IFBLK: "a device, no file",
}


def _odd_entry(entry: os.DirEntry[str], shown: str) -> Entry:
    """An entry of a folder that is neither a file nor a folder, with what it is instead. It is not opened: a pipe would wait for ever."""
    reason, advice, stamp = "nothing that can be read", NO_FILE, None
    try:
        state = entry.stat(follow_symlinks=False)
        stamp = stamp_of(state)
        reason = _KINDS.get(stat.S_IFMT(state.st_mode), reason)
        if entry.is_symlink():
            target = os.readlink(entry.path)
            reason = "a link to something that is not there"
            if "annex/objects/" in target.replace(os.sep, "/"):
                reason, advice = "a link of git-annex whose file was not fetched", ANNEX_ADVICE
            else:
                with contextlib.suppress(FileNotFoundError):
                    reason = f"a link to {_KINDS.get(stat.S_IFMT(os.stat(entry.path).st_mode), 'nothing that can be read')}"
    except OSError as error:
        reason = "a link that leads in a circle" if error.errno == errno.ELOOP else f"nothing that can be read ({error.strerror})"
    return shown, 0, stamp or 0, entry.path, (reason, advice)


def walk(root: str) -> Iterator[Entry]:
    """Everything in a tree but folders; links are followed, circles are not."""
    if "://" in root:
        yield from _walk_url(root)
        return
    if os.path.isfile(root):
        state = os.stat(root)
        yield os.path.basename(root), state.st_size, stamp_of(state), root, None
        return
    if not os.path.isdir(root):
        raise Refused(f"{root} is neither a file nor a folder. RAW is the folder or archive that you downloaded.")
    stack: list[tuple[str, str, tuple[str, ...]]] = [(root, "", (os.path.realpath(root),))]
    while stack:
        folder, prefix, above = stack.pop()
        try:
            entries = os.scandir(folder)
        except OSError as error:
            if not prefix:
                raise Refused(f"{root}: {error.strerror}. RAW is the folder or archive that you downloaded.") from error
            what = f"a folder that cannot be opened ({error.strerror}), and what it holds is not here"
            yield prefix, 0, 0, folder, (what, "Make it readable (`chmod -R u+rX`), or take it out of the raw tree.")
            continue
        with entries:
            for entry in entries:
                shown = prefix + entry.name
                try:
                    if entry.is_dir():
                        real = os.path.realpath(entry.path) if entry.is_symlink() else entry.path
                        if not (entry.is_symlink() and real in above):
                            stack.append((entry.path, shown + "/", (*above, real) if entry.is_symlink() else above))
                        else:
                            yield shown, 0, 0, entry.path, ABOVE
                        continue
                    found = entry.stat() if entry.is_file() else None
                except OSError:
                    found = None
                yield _odd_entry(entry, shown) if found is None else (shown, found.st_size, stamp_of(found), entry.path, None)


def _walk_url(root: str) -> Iterator[Entry]:
    import fsspec

    system, path = fsspec.core.url_to_fs(root)
    if system.isfile(path):
        info = system.info(path)
        yield path.rpartition("/")[2], info["size"], stamp_of_info(info), root, None
        return
    for full, info in system.find(path, detail=True).items():
        yield full[len(path) :].lstrip("/"), info["size"], stamp_of_info(info), system.unstrip_protocol(full), None
