"""Several downloads that together make a raw tree: where each of them lies in it."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence

from hf_medseg.raw.files import RawFile
from hf_medseg.raw.listing import Listing


def split_parts(whole: Listing, landmarks: Mapping[str, tuple[str, ...]]) -> dict[str, Listing]:
    """Cuts a raw tree into its parts: a part's root is the folder in which one of its landmarks begins.

    Where the root of one part lies inside another's, a file belongs to the deepest root above it; parts of one root share its files.
    """
    roots: list[tuple[str, str]] = []
    for name, patterns in landmarks.items():
        for pattern in patterns:
            if tops := whole.below(pattern):
                roots.extend((top, name) for top in tops)
                break
    # Files are listed in order, so that what lies below a root lies in one piece; deeper roots take their pieces last.
    owner = [""] * len(whole.files)
    pieces = {top: _piece(whole.files, top) for top, _ in sorted(roots, key=lambda root: len(root[0]))}
    for top, (start, end) in pieces.items():
        owner[start:end] = [top] * (end - start)
    parts: dict[str, list[RawFile]] = {name: [] for _, name in roots}
    for top, name in roots:
        start, end = pieces[top]
        parts[name].extend(file for file, own in zip(whole.files[start:end], owner[start:end], strict=True) if own == top)
    return {name: Listing(sorted(files, key=lambda file: file.listed), part=name) for name, files in parts.items()}


def _piece(files: Sequence[RawFile], top: str) -> tuple[int, int]:
    """Where the files below a folder begin and end in a list that is in order."""

    def above(file: RawFile) -> str:
        return file.listed[: len(top)]

    return bisect.bisect_left(files, top, key=above), bisect.bisect_right(files, top, key=above)
