"""The findings of one film, as the owner's JSON lists them."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from hf_medseg.errors import Refused, Rejected
from hf_medseg.masks.areas import CocoOutline, outline_of
from hf_medseg.masks.drawing import Thing
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.tables import json_of
from hf_medseg.sources.annotated import Packed, Packer

MEND = "Fetch the owner's JSON again."
LISTS = ("syms", "boxes", "polygons")


@dataclass(frozen=True, slots=True)
class Findings:
    """A `Drawing` of the findings of one film.

    Attributes:
        path: the JSON file.
        film: what it calls the film.
        packed: the film's three lists, which run in parallel.
    """

    path: str
    film: str
    packed: Packed = field()

    def files(self) -> tuple[RawFile, ...]:
        """None: the file was read while the cases were listed."""
        return ()

    def size(self, reader: Reader) -> None:
        """The file does not say it."""
        return

    def things(self, reader: Reader, width: int, height: int) -> list[Thing]:
        """See `Drawing.things`."""
        syms, boxes, polygons = json.loads(self.packed.text)
        if not len(syms) == len(boxes) == len(polygons):
            words = f"{self.film} has {len(syms)} names, {len(boxes)} boxes and {len(polygons)} outlines; as many of each expected."
            raise Rejected(self.path, words, MEND)
        return [self._thing(*one) for one in zip(syms, boxes, polygons, strict=True)]

    def _thing(self, sym: Any, box: Any, polygon: Any) -> Thing:
        try:
            outline = CocoOutline(outline_of(polygon))
        except ValueError as error:
            raise Rejected(self.path, f"{self.film}: {sym} has {error}.", MEND) from error
        return Thing(class_of(sym), (outline,), json.dumps(polygon, separators=(",", ":")), json.dumps({"box": box}))

    def classes(self) -> set[str]:
        """The classes that the film has."""
        return set(map(class_of, json.loads(self.packed.text)[0]))


def class_of(sym: object) -> str:
    """The class that the owner's name of a finding is: `Pleural Thickening` is `pleural_thickening`."""
    return str(sym).lower().replace(" ", "_")


def films_of(file: RawFile) -> dict[str, Findings]:
    """The films that a JSON lists, by their stem.

    Raises:
        Refused: it is no such list, or names a film twice.
    """
    records = json_of(file)
    if not isinstance(records, list):
        raise Refused(f"{file.listed}: a list of films expected. {MEND}")
    packer, names = Packer(), dict[str, str]()
    for number, one in enumerate(records, 1):
        lists = [one.get(key) for key in LISTS] if isinstance(one, dict) and isinstance(one.get("file_name"), str) else [None]
        if not all(isinstance(each, list) for each in lists):
            raise Refused(f"{file.listed}: its record {number} should have a file_name and the lists {', '.join(LISTS)}. {MEND}")
        stem = one["file_name"].rpartition(".")[0]
        if stem in names:
            raise Refused(f"{file.listed} lists {one['file_name']} twice. {MEND}")
        names[stem] = one["file_name"]
        packer.add(stem, json.dumps(lists))
    return {stem: Findings(file.path, names[stem], packed) for stem, packed in packer.packed().items()}
