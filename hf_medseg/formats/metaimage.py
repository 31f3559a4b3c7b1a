"""Headers of MetaImage (`.mha`, `.mhd`; https://itk.org/Wiki/ITK/MetaIO/Documentation): space is always LPS, as ITK has it."""

from __future__ import annotations

import re

import numpy as np

from hf_medseg.formats.text_header import Fields, Layout, Matrix, numbered, placed

_LINE = re.compile(rb"\s*([A-Za-z]\w*)[ \t]*[=:][ \t]*([^\r\n]*?)[ \t]*\r?\n")
_START = re.compile(rb"\s*(?:ObjectType|Comment|NDims|ObjectSubType|Name|ID)[ \t]*[=:]", re.IGNORECASE)
_TYPES = {
    "char": "i1", "uchar": "u1", "ascii_char": "i1", "short": "i2", "ushort": "u2", "int": "i4", "uint": "u4", "long": "i4", "ulong": "u4",
    "long_long": "i8", "ulong_long": "u8", "float": "f4", "double": "f8",
}  # fmt: skip
# Further names of one field, in the order in which ITK prefers them.
_ALSO = {
    "transformmatrix": ("rotation", "orientation"),
    "offset": ("position", "origin"),
    "binarydatabyteordermsb": ("elementbyteordermsb",),
    "elementspacing": ("elementsize",),
}
_LONGEST_NAME = 4096  # bytes of a line of a list


def is_metaimage(head: bytes) -> bool:
    """Whether a file begins as a MetaImage does."""
    return _START.match(head) is not None


def metaimage(data: bytes, path: str) -> Layout:
    """What a header says.

    Args:
        data: the file, or as much of it as holds the header.
        path: the file, for messages.

    Raises:
        Rejected: it is damaged, or says what is not read.
    """
    said: dict[str, str] = {}
    place = 0
    while "elementdatafile" not in said and (line := _LINE.match(data, place)) is not None:
        said.setdefault(line[1].decode().lower(), line[2].decode("utf-8", "replace"))
        place = line.end()
    for name, others in _ALSO.items():
        for other in others:
            if name not in said and other in said:
                said[name] = said[other]
    fields = Fields(path, said)
    if said.get("objecttype", "image").lower() != "image":
        raise fields.wrong("objecttype", "Image")
    target = fields.need("elementdatafile", "LOCAL or the name of a file")
    dims = fields.whole("ndims")
    sizes = fields.wholes("dimsize", dims)
    channels = fields.whole("elementnumberofchannels", 1)
    kind = _TYPES.get(
        fields.need("elementtype", "MET_SHORT or another type of numbers").lower().removeprefix("met_").removesuffix("_array")
    )
    if kind is None:
        raise fields.wrong("elementtype", "MET_SHORT or another type of numbers")
    first = 1 if channels > 1 else 0
    packing = "gzip" if _true(fields, "compresseddata") else ""
    if not _true(fields, "binarydata", True):
        packing = "text"
    affine, spacing = _place(fields, dims)
    local, skip = target.upper() == "LOCAL", fields.whole("headersize", 0)
    if local and skip > 0:  # then it counts from the beginning of the file
        place, skip = skip, 0
    return Layout(
        (channels, *sizes) if first else sizes,
        tuple(range(first, first + min(dims, 3))),
        np.dtype(kind).newbyteorder(">" if _true(fields, "binarydatabyteordermsb") else "<"),
        packing,
        affine,
        spacing,
        float(fields.numbers("elementtointensityfunctionslope", 1)[0]) if "elementtointensityfunctionslope" in said else 1.0,
        float(fields.numbers("elementtointensityfunctionoffset", 1)[0]) if "elementtointensityfunctionoffset" in said else 0.0,
        channels == 3 and kind == "u1",
        place if local else None,
        () if local else _names(fields, target, data[place:]),
        skip_bytes=skip,
    )


def _true(fields: Fields, name: str, default: bool = False) -> bool:
    word = fields.get(name, "").lower()
    if word not in ("", "true", "t", "1", "false", "f", "0"):
        raise fields.wrong(name, "True or False")
    return word in ("true", "t", "1") if word else default


def _place(fields: Fields, dims: int) -> tuple[Matrix | None, tuple[float, ...]]:
    """The affine and the spacing; a header of two dimensions, or without place and direction, places nothing in space."""
    spacing = fields.numbers("elementspacing", dims)[:3] if "elementspacing" in fields else np.zeros(min(dims, 3))
    if (spacing < 0).any():
        raise fields.wrong("elementspacing", "sizes above 0")
    three = (*(float(one) for one in spacing), *[0.0] * (3 - len(spacing)))
    if fields.get("distanceunits", "").lower() not in ("", "?", "mm"):
        raise fields.wrong("distanceunits", "mm")
    if dims < 3 or not fields.keys() & {"transformmatrix", "offset"}:
        return None, three
    if "elementspacing" in fields and not spacing.all():
        raise fields.wrong("elementspacing", "sizes above 0")
    turn = fields.numbers("transformmatrix", dims * dims).reshape(dims, dims)[:3, :3] if "transformmatrix" in fields else np.eye(3)
    origin = fields.numbers("offset", dims)[:3] if "offset" in fields else np.zeros(3)
    return placed(turn * np.where(spacing > 0, spacing, 1.0)[:, np.newaxis], origin, fields.path), three


def _names(fields: Fields, target: str, rest: bytes) -> tuple[str, ...]:
    """The files with the samples: one, a list of them below the header, or the names that a pattern gives."""
    words = target.split()
    if words and words[0].upper() == "LIST":
        lines = [line.strip()[:_LONGEST_NAME].decode("utf-8", "replace") for line in rest.splitlines()]
        return tuple(line for line in lines if line)
    if len(words) in (3, 4) and "%" in words[0] and all(re.fullmatch(r"-?\d+", word) for word in words[1:]):
        first, last, *step = map(int, words[1:])
        return numbered(words[0], (first, last, step[0] if step else 1), fields, "elementdatafile")
    return (target,)
