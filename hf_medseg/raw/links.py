"""Links inside an archive, followed to the files that they lead to."""

from __future__ import annotations

import bisect
import itertools
import posixpath
from collections.abc import Iterator, Mapping
from typing import TypeVar

F = TypeVar("F")

DANGLING = "a link to something that is not in the archive"


def target_of(name: str, link: str) -> str:
    """Where a symbolic link leads, inside the archive."""
    return posixpath.normpath(posixpath.join(posixpath.dirname(name), link))


def followed(files: Mapping[str, F], links: Mapping[str, str]) -> Iterator[tuple[str, F | None]]:
    """(name, what it leads to) of every link: a file, every file of a folder, or None where it leads nowhere.

    Links inside a folder that a link leads to are followed as well.

    Args:
        files: what is in the archive, by normalised path.
        links: where each link leads, both as normalised paths.
    """
    names, turns = sorted(files), sorted(links)

    def led(link: str, through: tuple[str, ...]) -> Iterator[tuple[str, F | None]]:
        """What lies behind a link, by what is added to its name; `through` are the folders on the way, to which nothing leads back."""
        target = _end_of(links[link], links)
        if target is None or target in files:
            yield "", files.get(target or "")
            return
        above = "" if target == "." else f"{target}/"
        inside, further = _below(names, above), _below(turns, above)
        if not inside and not further:
            yield "", None
        elif not any(f"{folder}/".startswith(above) for folder in through):
            for name in inside:
                yield f"/{name[len(above) :]}", files[name]
            for turn in further:
                for more, found in led(turn, (*through, posixpath.dirname(turn), target)):
                    yield f"/{turn[len(above) :]}{more}", found

    for link in links:
        for more, found in led(link, (posixpath.dirname(link) or ".",)):
            yield link + more, found


def _below(names: list[str], above: str) -> list[str]:
    """What of names in order begins with `above`."""
    first = bisect.bisect_left(names, above)
    return list(itertools.takewhile(lambda name: name.startswith(above), itertools.islice(names, first, None)))


def _end_of(path: str, links: Mapping[str, str]) -> str | None:
    """A path with every link in it followed; None for a circle."""
    for _ in range(len(links) + 1):
        steps = path.split("/")
        heads = ("/".join(steps[:depth]) for depth in range(1, len(steps) + 1))
        head = next((head for head in heads if head in links), None)
        if head is None:
            return path
        path = posixpath.normpath(links[head] + path[len(head) :])
    return None
