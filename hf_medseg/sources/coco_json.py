"""COCO JSON: an index of it by picture, and the objects of one picture.

Format: https://cocodataset.org/#format-data (object detection, stuff and panoptic segmentation).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from mmap import mmap
from typing import Any

import numpy as np

from hf_medseg.errors import Refused, Rejected
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.areas import Area, Brush, CocoOutline, Runs, counts_of, outline_of
from hf_medseg.masks.drawing import Thing
from hf_medseg.raw.files import RawFile, Reader, whole_or_mapped
from hf_medseg.raw.long_json import elements
from hf_medseg.sources.annotated import Packed, Packer

_DECODER = json.JSONDecoder()
_NUMBERS = re.compile(r'"segmentation"[ \t\r\n]*:[ \t\r\n]*(\[[-+.,0-9eE \t\r\n\[\]]*\])')
_FIRST = 16  # numbers
MEND = "Mend this record, or export the file again."


@dataclass(frozen=True, slots=True)
class Index:
    """What a COCO file holds; the annotations of each picture stay text until the picture is converted.

    Attributes:
        names: what the categories are called, by id, ascending.
        images: (id, file name, width, height) of every picture that it lists; 0 where a size is not said.
        annotations: by the id of the picture.
        panoptic: the PNG of each picture, by id, where segments are colours in it.
        strangers: how many annotations belong to no picture that it lists.
    """

    names: Mapping[str, str]
    images: tuple[tuple[str, str, int, int], ...]
    annotations: Mapping[str, Packed]
    panoptic: Mapping[str, str] = field(default_factory=dict)
    strangers: int = 0


def index_of(data: bytes | mmap, path: str) -> Index | None:
    """Reads a COCO file; None of another JSON file, and of one without outlines, such as captions.

    Raises:
        Rejected: it is damaged, or has boxes alone.
    """
    names: dict[str, str] = {}
    images: dict[str, tuple[str, str, int, int]] = {}
    packer, panoptic, outlined, boxed, others = Packer(), {}, False, False, False
    belongs: dict[str, int] = {}
    for key, one, text in elements(data, path):
        if key == "categories":
            names[str(_of(one, "id", path, key))] = str(_of(one, "name", path, key))
        elif key == "images":
            id = str(_of(one, "id", path, key))
            name = str(_of(one, "file_name", path, key))
            if id in images:
                raise Rejected(path, f"two pictures, {images[id][1]} and {name}, have the id {id}.", MEND)
            images[id] = (id, name, _side(one.get("width"), path, name), _side(one.get("height"), path, name))
        elif key == "annotations":
            id = str(_of(one, "image_id", path, key))
            belongs[id] = belongs.get(id, 0) + 1
            if "segments_info" in one:
                panoptic[id] = str(_of(one, "file_name", path, key))
                outlined = True
            elif "segmentation" in one or "bbox" in one:
                outlined = outlined or bool(one.get("segmentation"))
                boxed = True
            else:
                others = True
                continue
            packer.add(id, text)
    if not images or not (outlined or (names and not boxed and not others)):
        if images and boxed:
            raise Rejected(path, "it holds boxes alone, and no outline to make a mask of.", "Take it out of the raw tree.")
        return None
    order = sorted(names, key=lambda id: (0, int(id), "") if id.lstrip("-").isdecimal() else (1, 0, id))
    strangers = sum(count for id, count in belongs.items() if id not in images)
    return Index({id: names[id] for id in order}, tuple(images.values()), packer.packed(), panoptic, strangers)


def planned(file: RawFile) -> Index:
    """The COCO file of a source, read while its cases are listed.

    Raises:
        Refused: it is damaged, or no COCO file with outlines.
    """
    try:
        index = index_of(whole_or_mapped(file), file.listed)
    except Rejected as error:
        raise Refused(str(error)) from error
    if index is None:
        raise Refused(f"{file.listed}: COCO JSON with pictures, categories and outlines expected. Fetch the owner's file again.")
    return index


def _of(record: Any, key: str, path: str, what: str) -> Any:
    if not isinstance(record, dict) or record.get(key) is None:
        raise Rejected(path, f"one of its {what} has no {key}.", MEND)
    return record[key]


def _side(value: Any, path: str, name: str) -> int:
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != value // 1 or not 0 <= value < 1 << 20:
        raise Rejected(path, f"the size of {name} has a side of {value!r}; pixels expected.", MEND)
    return int(value)


@dataclass(frozen=True, slots=True)
class _Picture:
    """What a COCO file says of one picture.

    Attributes:
        path: the COCO file.
        names: what the categories are called, by id.
        packed: the picture's annotations; None where it has none.
        width, height: as the file says; 0 where it does not.
    """

    path: str
    names: Mapping[str, str] = field(repr=False)
    packed: Packed | None
    width: int
    height: int

    def size(self, reader: Reader) -> tuple[int, int] | None:
        """See `Drawing.size`."""
        return (self.width, self.height) if self.width and self.height else None

    def annotations(self) -> list[tuple[dict[str, Any], str]]:
        """The annotations of the picture, each with its text."""
        text, at, found = self.packed.text if self.packed else "", 0, []
        while at < len(text):
            one, end = _DECODER.raw_decode(text, at)
            found.append((one, text[at:end]))
            at = end + 1  # past the comma
        return found

    def name(self, category: Any) -> str:
        """What a category is called."""
        if str(category) not in self.names:
            raise Rejected(self.path, f"an annotation has the category {category!r}, which the file does not list.", MEND)
        return self.names[str(category)]


@dataclass(frozen=True, slots=True)
class Objects(_Picture):
    """The outlined objects of one picture.

    Attributes:
        category: the key that holds the class of an annotation.
    """

    category: str = "category_id"

    def files(self) -> tuple[RawFile, ...]:
        """None: the file was read by the survey."""
        return ()

    def things(self, reader: Reader, width: int, height: int) -> list[Thing]:
        """See `Drawing.things`."""
        return [self._thing(number, *one) for number, one in enumerate(self.annotations(), 1)]

    def _thing(self, number: int, one: dict[str, Any], text: str) -> Thing:
        label = self.name(one.get(self.category))
        where = f"object {one.get('id', number)} ({label})"
        try:
            areas = _areas(one.get("segmentation"))
        except ValueError as error:
            raise Rejected(self.path, f"its {where} has {error}.", MEND) from error
        return Thing(label, areas, _outline_in(text, one["segmentation"]), attributes_of(one), bool(one.get("iscrowd")))


def _outline_in(text: str, segmentation: Any) -> str:
    """An outline as the text of its annotation has it, without blanks: writing thousands of numbers anew takes longer than reading them."""
    found = _NUMBERS.search(text)
    if found is None or text.count('"segmentation"') > 1:
        return json.dumps(segmentation, separators=(",", ":"))
    return "".join(found[1].split())


def attributes_of(one: Mapping[str, Any]) -> str:
    """What an annotation says besides its outline, as JSON: what the format knows, further categories, and `attributes`."""
    kept = {key: value for key, value in one.items() if key in ("id", "bbox", "area", "attributes") or key.startswith("category_id_")}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True)


def _areas(segmentation: Any) -> tuple[Area, ...]:
    if isinstance(segmentation, dict):
        return (_runs(segmentation),)
    if not isinstance(segmentation, list) or not segmentation:
        raise ValueError("no outline, perhaps a box alone")
    outlines = segmentation if isinstance(segmentation[0], (list, dict)) else [segmentation]
    found: list[Area] = []
    for one in outlines:
        if isinstance(one, dict):
            found.append(_runs(one))
        elif not _encloses_nothing(one):
            found.append(CocoOutline(outline_of(one)))
    return tuple(found)


def _encloses_nothing(numbers: Any) -> bool:
    """Whether an outline has fewer than three points, each a pair of numbers."""
    if isinstance(numbers, list) and {*map(type, numbers[:_FIRST])} <= {int, float} and len({*numbers[:_FIRST:2]}) > 2:
        return False  # as most begin; what is no number shows when it is painted
    flat = isinstance(numbers, list) and all(isinstance(one, (int, float)) for one in numbers)
    return flat and len(numbers) % 2 == 0 and len(set(zip(numbers[::2], numbers[1::2], strict=True))) < 3


def _runs(one: Mapping[str, Any]) -> Runs:
    size, counts = one.get("size"), one.get("counts")
    if not (isinstance(size, list) and len(size) == 2 and all(isinstance(side, int) and 0 < side < 1 << 20 for side in size)):
        raise ValueError("run lengths without a size")
    if isinstance(counts, str):
        return Runs(counts_of(counts), *size)
    try:
        found = np.array(counts)
    except ValueError:
        found = np.array("")
    if found.ndim != 1 or (found.size and found.dtype.kind not in "iu"):
        raise ValueError("run lengths that are no whole numbers")
    return Runs(found.astype(np.int64), *size)


@dataclass(frozen=True, slots=True)
class Segments(_Picture):
    """The segments of one picture, which are colours of a PNG: R + 256 G + 65536 B is the id of one, 0 none."""

    png: RawFile

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.png,)

    def things(self, reader: Reader, width: int, height: int) -> list[Thing]:
        """See `Drawing.things`."""
        colours = Picture(self.png).array(reader)[0]
        if colours.ndim != 3 or colours.dtype != np.uint8:
            raise Rejected(self.png.path, "a PNG with colours of 8 bits a channel expected.", "Export it again.")
        if colours.shape[:2] != (height, width):
            raise Rejected(self.png.path, f"it has {colours.shape[1]} x {colours.shape[0]} pixels, its picture {width} x {height}.")
        ids = colours.astype(np.uint32) @ np.array([1, 1 << 8, 1 << 16], np.uint32)
        segments = [one for record, _ in self.annotations() for one in record["segments_info"]]
        if strange := sorted({*np.unique(ids).tolist()} - {0, *(one.get("id") for one in segments)}):
            raise Rejected(self.png.path, f"it holds the segment {strange[0]}, which {self.path} does not list.", MEND)
        return [
            Thing(
                self.name(one.get("category_id")),
                (Brush(0, 0, ids == one["id"]),) if (ids == one["id"]).any() else (),
                json.dumps({"id": one["id"]}),
                attributes_of(one),
                bool(one.get("iscrowd")),
            )
            for one in segments
        ]
