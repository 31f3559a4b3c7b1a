"""What an about file might say of a tree that no word explains: two folders whose pictures, or volumes, have the same names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence

from hf_medseg.raw.files import RawFile
from hf_medseg.raw.splits import split_of
from hf_medseg.sources.words import beginning, tokens

_MOST = 64  # folders that are compared


def suggested(files: Iterable[tuple[RawFile, str, str]]) -> str:
    """The lines of an about file for two folders that pair; empty where there are none.

    What is smaller is called the mask: labels pack better than pictures.

    Args:
        files: (file, stem, what a pattern says of the rest of its name) of every picture or volume.
    """
    folders: dict[str, list[tuple[RawFile, str, str]]] = defaultdict(list)
    for one in files:
        folders[one[0].listed.rpartition("/")[0]].append(one)
    told = [
        (folder, *_joined([stem for _, stem, _ in some]), some[0][2], [file for file, _, _ in some])
        for folder, some in folders.items()
        if len(some) > 1
    ][:_MOST]
    best: tuple[int, str] = (0, "")
    for number, (folder, before, behind, names, end, some) in enumerate(told):
        for other, other_before, other_behind, other_names, other_end, others in told[:number]:
            common = len(names & other_names)
            patterns = (
                _patterns(folder, f"{before}{{stem}}{behind}{end}"),
                _patterns(other, f"{other_before}{{stem}}{other_behind}{other_end}"),
            )
            if common * 2 >= len(names) and common > best[0] and patterns[0] != patterns[1]:
                smaller = sum(file.size for file in some) <= sum(file.size for file in others)
                image, mask = reversed(patterns) if smaller else patterns
                best = common, f'image = "{image}"; mask = "{mask}"'
    return best[1]


def _joined(stems: Sequence[str]) -> tuple[str, str, set[str]]:
    """(what all names begin with, what all end with, what is left of each); numbers are left whole."""
    before = re.sub(r"[0-9]+\Z", "", beginning(stems))
    ends = [stem[len(before) :][::-1] for stem in stems]
    behind = re.sub(r"\A[0-9]+", "", beginning(ends)[::-1])
    left = {stem[len(before) : len(stem) - len(behind)] for stem in stems}
    return (before, behind, left) if "" not in left else ("", "", {*stems})


def _patterns(folder: str, name: str) -> str:
    """The end of a path, a split in it in braces."""
    parts = folder.split("/")[-2:] if folder else []
    for k, part in enumerate(parts):
        split = next((word for word in tokens(part) if split_of(word) is not None), "")
        parts[k] = part.replace(split, "{split}", 1) if split else part
    if len(parts) == 2 and "{split}" not in parts[0]:
        parts = parts[1:]
    return "/".join([*parts, name])
