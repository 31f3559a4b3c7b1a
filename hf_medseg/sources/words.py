"""What the names of folders and files say of what is in them: pictures or masks, and which split."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from hf_medseg.raw.splits import split_of

Role = Literal["", "image", "mask"]

_IMAGE = frozenset(
    [
        "image",
        "images",
        "img",
        "imgs",
        "pic",
        "pics",
        "picture",
        "pictures",
        "photo",
        "photos",
        "photograph",
        "photographs",
        "scan",
        "scans",
        "volume",
        "volumes",
        "frame",
        "frames",
        "input",
        "inputs",
        "original",
        "originals",
    ]
)
STRONG = frozenset(("mask", "masks", "msk", "msks", "bitmask", "bitmasks"))
_MASK = STRONG | frozenset(
    [
        "label",
        "labels",
        "lbls",
        "lbl",
        "annotation",
        "annotations",
        "annot",
        "annots",
        "ann",
        "anns",
        "gt",
        "gts",
        "groundtruth",
        "groundtruths",
        "truth",
        "truths",
        "seg",
        "segs",
        "segm",
        "segmentation",
        "segmentations",
        "segmented",
        "manual",
        "target",
        "targets",
    ]
)
_DERIVED = frozenset(
    [
        "overlay",
        "overlays",
        "overlaid",
        "blend",
        "blended",
        "contour",
        "contours",
        "outline",
        "outlines",
        "preview",
        "thumb",
        "thumbnail",
        "vis",
        "viz",
        "visualization",
    ]
)
# What stands beside these words and means nothing.
_FILLERS = frozenset(
    [
        "dir",
        "dirs",
        "folder",
        "folders",
        "file",
        "files",
        "png",
        "jpg",
        "jpeg",
        "tif",
        "tiff",
        "bmp",
        "ground",
        "class",
        "object",
        "all",
        "set",
        "sets",
        "data",
        "the",
        "and",
    ]
)
_TOKEN = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_A-Za-z]+")
_RATER = re.compile(
    r"(?:rater|reader|observer|obs|expert|annotator|annot|doctor|dr|radiologist|reviewer|grader|1st|2nd|3rd|first|second|third|ho)s?", re.I
)
_SPLIT_COLUMNS = ("split", "set", "subset", "partition", "phase", "usage")
_PATIENT = re.compile(r"(?:patients?|pat|pt|subjects?|subj|sub|person|animal|p)[-_ ]?\d\w*", re.IGNORECASE)


_JOINED = re.compile(r"(train|training|val|valid|validation|test)([a-z]+)")


def tokens(name: str) -> list[str]:
    """The words and numbers in a name: `train_masks2` has `train`, `masks` and `2`, `trainannot` has `train` and `annot`."""
    found = []
    for word in _TOKEN.findall(name):
        joined = _JOINED.fullmatch(word.lower())
        if joined and joined[2] in _MASK | _IMAGE:
            found += [word[: len(joined[1])], word[len(joined[1]) :]]
        else:
            found.append(word)
    return found


@dataclass(frozen=True)
class Said:
    """What the name of a folder says.

    Attributes:
        role: what is in it; empty where it does not say.
        word: the word that says so, in small letters.
        rest: what else it says: the split, or else any other words; empty where nothing.
        whole: whether nothing but the role and a split is said.
    """

    role: Role = ""
    word: str = ""
    rest: str = ""
    whole: bool = False


@lru_cache(maxsize=4096)
def said_by(folder: str) -> Said:
    """What the name of a folder says."""
    words = tokens(folder)
    small = [word.lower() for word in words]
    found = {role: [word for word in small if word in known] for role, known in (("image", _IMAGE), ("mask", _MASK))}
    if bool(found["image"]) == bool(found["mask"]):
        return Said()
    role: Role = "image" if found["image"] else "mask"
    rest = [word for word, low in zip(words, small, strict=True) if low not in found[role] and low not in _FILLERS]
    split = next((word for word in rest if split_of(word) is not None), "")
    return Said(role, min(found[role], key=lambda word: word not in STRONG), split or "_".join(rest), not rest or rest == [split])


def role_of(name: str) -> Role:
    """Whether a name without its extension says that the file is a mask, or a picture."""
    small = {word.lower() for word in tokens(name)}
    if small & _MASK:
        return "mask"
    return "image" if small & _IMAGE else ""


def is_derived(added: str) -> bool:
    """Whether what a name adds to that of a picture says that it is no picture of its own: an overlay, a preview."""
    return any(word.lower() in _DERIVED for word in tokens(added))


def without_role(name: str, role: Role) -> tuple[str, ...]:
    """The words and numbers of a name but those that say its role."""
    known = _MASK if role == "mask" else _IMAGE
    return tuple(word for word in tokens(name) if word.lower() not in known)


def beginning(texts: Sequence[str]) -> str:
    """What all texts begin with, letter by letter."""
    first, last = min(texts), max(texts)
    return first[: next((k for k, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), min(len(first), len(last)))]


def without_roles(name: str) -> tuple[str, ...]:
    """The words and numbers of a name but all that say what a file is."""
    return tuple(word.lower() for word in tokens(name) if word.lower() not in _MASK | _IMAGE | _FILLERS)


def are_raters(names: list[str]) -> bool:
    """Whether names say who drew something."""
    return len(names) > 1 and all(any(_RATER.fullmatch(word) for word in tokens(name)) for name in names)


def are_sides(names: Iterable[str]) -> bool:
    """Whether names say the left and the right of something."""
    sides = [{word.lower() for word in tokens(name)} & {"left", "right"} for name in names]
    return all(len(side) == 1 for side in sides) and len(set().union(*sides)) == 2


def split_column(header: Iterable[str], rows: Sequence[Mapping[str, str]]) -> str:
    """The column of a table that says the splits of its rows; empty where there is none."""
    return next((name for name in header if name.lower() in _SPLIT_COLUMNS and _says_splits(row[name] for row in rows)), "")


def _says_splits(cells: Iterable[str]) -> bool:
    """Whether the cells of a column are splits: none is empty, and one at least is called as splits are; `phase` may say `arterial`."""
    values = {cell.strip() for cell in cells}
    return "" not in values and any(split_of(value) is not None for value in values)


def split_said(cell: str) -> str:
    """The split that a cell says: one that is called in a known way, or else what stands there."""
    return split_of(cell) or cell.strip()


def is_patient(folder: str) -> bool:
    """Whether a folder is called like a patient: `patient_007`, `p12`, `sub-03`."""
    return _PATIENT.fullmatch(folder) is not None
