"""Headers of NRRD (`.nrrd`, `.nhdr`; https://teem.sourceforge.net/nrrd/format.html), as teem and ITK understand them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.formats.text_header import Fields, Layout, Matrix, numbered, numbers_of, placed

MAGIC = b"NRRD000"
_SEGMENT = re.compile(rb"^Segment(\d+)_(Name|LabelValue|Layer):=([^\r\n]*)", re.MULTILINE)
_MITK = re.compile(rb"^org\.mitk\.multilabel\.segmentation\.labelgroups:=([^\r\n]*)", re.MULTILINE)
_TYPES = {
    "i1": "signed char|int8|int8_t",
    "u1": "uchar|unsigned char|uint8|uint8_t",
    "i2": "short|short int|signed short|signed short int|int16|int16_t",
    "u2": "ushort|unsigned short|unsigned short int|uint16|uint16_t",
    "i4": "int|signed int|int32|int32_t",
    "u4": "uint|unsigned int|uint32|uint32_t",
    "i8": "longlong|long long|long long int|signed long long|signed long long int|int64|int64_t",
    "u8": "ulonglong|unsigned long long|unsigned long long int|uint64|uint64_t",
    "f4": "float",
    "f8": "double",
}
_TYPE_OF = {word: kind for kind, words in _TYPES.items() for word in words.split("|")}
_PACKING = {
    "raw": "",
    "gzip": "gzip",
    "gz": "gzip",
    "bzip2": "bzip2",
    "bz2": "bzip2",
    "ascii": "text",
    "text": "text",
    "txt": "text",
    "hex": "hex",
}
# Space -> what turns its first two axes into left and posterior.
_SPACES = {"left-posterior-superior": (1, 1), "right-anterior-superior": (-1, -1), "left-anterior-superior": (1, -1)}
_SHORT = {"lps": "left-posterior-superior", "ras": "right-anterior-superior", "las": "left-anterior-superior"}
_OTHER_SPACES = ("scanner-xyz", "3d-right-handed", "3d-left-handed")  # three axes of space, of which nobody says where they point
_MILLIMETRES = {
    "mm": 1.0,
    "millimeter": 1.0,
    "millimetre": 1.0,
    "cm": 10.0,
    "m": 1000.0,
    "um": 1e-3,
    "µm": 1e-3,
    "micron": 1e-3,
    "nm": 1e-6,
}
_SPATIAL_KINDS = ("domain", "space", "none", "???", "")
_COLOUR_KINDS = ("rgb-color", "3-color")
_VECTOR = re.compile(r"none|\(([^)]*)\)", re.IGNORECASE)


def nrrd(data: bytes, path: str) -> Layout:
    """What a header says.

    Args:
        data: the file, or as much of it as holds the header.
        path: the file, for messages.

    Raises:
        Rejected: it is damaged, or says what is not read.
    """
    fields, lines, begins = _fields(data, path)
    dims = fields.whole("dimension")
    sizes = fields.wholes("sizes", dims)
    kind = _TYPE_OF.get(" ".join(fields.need("type", "short or another type of numbers").lower().split()))
    if kind is None:
        raise fields.wrong("type", "short or another type of numbers")
    packing = _PACKING.get(fields.get("encoding", "raw").lower())
    if packing is None:
        raise fields.wrong("encoding", "raw, gzip, bzip2, text or hex")
    dtype = np.dtype(kind)
    if dtype.itemsize > 1 and packing != "text":
        if (order := fields.get("endian", "").lower()) not in ("little", "big"):
            raise fields.wrong("endian", "little or big")
        dtype = dtype.newbyteorder("<" if order == "little" else ">")
    kinds = fields.get("kinds", "").lower().split() or [""] * dims
    if len(kinds) != dims:
        raise fields.wrong("kinds", f"{dims} words")
    spatial, affine, spacing = _place(fields, dims, kinds)
    other = next((axis for axis in range(dims) if axis not in spatial and sizes[axis] > 1), None)
    names = _names(fields, lines, dims)
    return Layout(
        sizes,
        spatial,
        dtype,
        packing,
        affine,
        spacing,
        colours=other is not None and sizes[other] == 3 and kind == "u1" and kinds[other] in (*_COLOUR_KINDS, "vector"),
        begins=None if names else begins,
        names=names,
        skip_lines=fields.whole("lineskip", 0),
        skip_bytes=fields.whole("byteskip", 0),
    )


@dataclass(frozen=True, slots=True)
class Segment:
    """One segment of a file of 3D Slicer (`.seg.nrrd`), or one label of a file of MITK.

    Attributes:
        name: what it is called.
        layer: in which of the volumes of the file it lies, from 0.
        value: which value it has there.
        layers: how many volumes the file holds.
    """

    name: str
    layer: int
    value: int
    layers: int


def segments(data: bytes, path: str) -> tuple[Segment, ...]:
    """The segments that a header of 3D Slicer or MITK names, in its order; none of any other file.

    Args:
        data: as much of the file as holds the header.
        path: the file, for messages.

    Raises:
        Rejected: the header is damaged, or two segments cannot be told apart.
    """
    header = data[: data.find(b"\n\n") + 1 or len(data)]
    if (groups := _MITK.search(header)) is not None:
        return _told_apart([*_labels_of(groups[1], nrrd(data, path).channels, path)], path, "MITK")
    said: dict[int, dict[str, str]] = {}
    for number, key, value in _SEGMENT.findall(header):
        said.setdefault(int(number), {})[key.decode()] = value.decode("utf-8", "replace").strip()
    if not said:
        return ()
    layers = nrrd(data, path).channels
    found = []
    for number, one in sorted(said.items()):
        # Files of older versions have a layer for each segment, and say neither layer nor value.
        layer, value = one.get("Layer", str(number if layers == len(said) else 0)), one.get("LabelValue", "1")
        if not (layer.isdecimal() and value.isdecimal() and int(layer) < layers and int(value)):
            raise Rejected(
                path, f"its segment {number} has the value {value!r} in layer {layer!r} of {layers}.", "Save it again in 3D Slicer."
            )
        found.append(Segment(one.get("Name") or f"Segment_{number + 1}", int(layer), int(value), layers))
    return _told_apart(found, path, "3D Slicer")


def _labels_of(groups: bytes, layers: int, path: str) -> Iterator[Segment]:
    """The labels of a file of MITK: a list of groups, one for each volume, with their labels.

    Raises:
        Rejected: it is no such list.
    """
    try:
        for layer, group in enumerate(json.loads(groups.replace(b"\\\\", b"\\"))):
            for label in group.get("labels") or ():
                name, value = str(label.get("name") or f"label {label['value']}"), int(label["value"])
                if layer >= layers or value < 1:
                    raise ValueError(f"label {value} in group {layer} of {layers}")
                yield Segment(name, layer, value, layers)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise Rejected(path, f"its labels cannot be read ({error}).", "Save it again in MITK.") from error


def _told_apart(found: list[Segment], path: str, tool: str) -> tuple[Segment, ...]:
    if len({one.name for one in found}) < len(found) or len({(one.layer, one.value) for one in found}) < len(found):
        raise Rejected(path, "two of its segments have the same name, or the same value.", f"Rename one of them in {tool}.")
    return tuple(found)


def _fields(data: bytes, path: str) -> tuple[Fields, list[str], int]:
    """The fields by their names without blanks; the lines that follow a `data file: LIST`; and where the samples begin."""
    said: dict[str, str] = {}
    place, listing, lines = data.find(b"\n") + 1 or len(data), False, []
    while place < len(data):
        end = data.find(b"\n", place)
        end = len(data) if end < 0 else end
        line, place = data[place:end].rstrip(b"\r").decode("utf-8", "replace"), end + 1
        if listing:
            lines.append(line.strip())
        elif not line:
            break  # the samples follow
        elif not line.startswith("#") and not (value := line.partition(":")[2]).startswith("="):  # `key:=value` is anybody's
            name = line.partition(":")[0].lower().replace(" ", "")
            said[name] = value.strip()
            listing = name == "datafile" and value.split()[:1] == ["LIST"]
    return Fields(path, said), [line for line in lines if line], place


def _place(fields: Fields, dims: int, kinds: list[str]) -> tuple[tuple[int, ...], Matrix | None, tuple[float, ...]]:
    """Which axes are spatial, the affine, and the spacing."""
    vectors = _vectors(fields, dims)
    if vectors is None:
        spatial = tuple(axis for axis in range(dims) if kinds[axis] in _SPATIAL_KINDS)[:3]
        steps = numbers_of(fields.get("spacings", "")) if "spacings" in fields else np.zeros(dims)
        if steps is None or len(steps) != dims:
            raise fields.wrong("spacings", f"{dims} numbers")
        units = _words(fields.get("units", "")) or [""] * dims
        sized = [abs(float(steps[axis])) * _unit(fields, "units", units[axis]) if axis < len(units) else 0.0 for axis in spatial]
        sized = [one if np.isfinite(one) else 0.0 for one in sized]
        return spatial, None, (*sized, *[0.0] * (3 - len(sized)))
    spatial = tuple(axis for axis, vector in enumerate(vectors) if vector is not None and vector[:3].any())[:3]
    axes = np.array([vector[:3] for axis, vector in enumerate(vectors) if vector is not None and axis in spatial])
    units = _words(fields.get("spaceunits", ""))
    axes = axes * [_unit(fields, "spaceunits", unit) for unit in (units or [""] * 3)[: axes.shape[1]]] if len(axes) else axes
    lengths = [float(np.linalg.norm(axis)) for axis in axes]
    spacing = (*lengths, *[0.0] * (3 - len(lengths)))
    space = fields.get("space", "").lower().removesuffix("-time")
    space = _SHORT.get(space, space)
    if space and space not in _SPACES and space not in _OTHER_SPACES:
        raise fields.wrong("space", "left-posterior-superior, right-anterior-superior or left-anterior-superior")
    if len(axes) < 2 or axes.shape[1] < 3 or space not in _SPACES:
        return spatial, None, spacing
    signs = np.array([*_SPACES[space], 1.0])
    origin = _vector(fields, fields["spaceorigin"]) if "spaceorigin" in fields else np.zeros(3)
    if origin is None or len(origin) < 3:
        raise fields.wrong("spaceorigin", "a place such as (0,0,0)")
    origin = origin[:3] * [_unit(fields, "spaceorigin", unit) for unit in (units or [""] * 3)[:3]]
    return spatial, placed(axes * signs, origin * signs, fields.path), spacing


def _vectors(fields: Fields, dims: int) -> list[Matrix | None] | None:
    """The direction of each axis, None for one that is not spatial; None where nothing says."""
    if "spacedirections" not in fields:
        return None
    found = [_vector(fields, hit[0]) for hit in _VECTOR.finditer(fields["spacedirections"])]
    if len(found) != dims or len({len(one) for one in found if one is not None}) > 1:
        raise fields.wrong("spacedirections", f"{dims} directions such as (1,0,0)")
    return found


def _vector(fields: Fields, text: str) -> Matrix | None:
    """A vector such as `(1,0,0)`; None for `none`, and for one of NaN, which older programs write for it."""
    if text.strip().lower() == "none":
        return None
    found = numbers_of(text.strip().removeprefix("(").removesuffix(")").replace(",", " "))
    if found is None:
        raise fields.wrong("spacedirections", "directions such as (1,0,0)")
    return None if np.isnan(found).all() else found


def _words(text: str) -> list[str]:
    """What stands in quotes, one after the other."""
    return re.findall(r'"([^"]*)"', text)


def _unit(fields: Fields, name: str, unit: str) -> float:
    """A unit of length in mm; most files that state none mean mm."""
    if unit.strip().lower() in ("", "???"):
        return 1.0
    found = _MILLIMETRES.get(unit.strip()) or _MILLIMETRES.get(unit.strip().lower())
    if found is None:
        raise fields.wrong(name, "a unit of length such as mm")
    return found


def _names(fields: Fields, lines: list[str], dims: int) -> tuple[str, ...]:
    """The files with the samples; none where they follow the header."""
    target = fields.get("datafile", "")
    words = target.split()
    if words[:1] == ["LIST"]:
        return tuple(lines)
    if len(words) in (4, 5) and "%" in words[0] and all(re.fullmatch(r"-?\d+", word) for word in words[1:]):
        first, last, step = map(int, words[1:4])
        return numbered(words[0], (first, last, step), fields, "datafile")
    return (target,) if target else ()
