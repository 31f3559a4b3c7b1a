"""`coco`: `annotations/instances_<split>.json` beside `<split>/` with the pictures as they are stored, JPEG byte for byte.

Format: https://cocodataset.org/#format-data. Objects that `instances` numbers are annotations of their own; where nothing numbers them, all
of a class in a picture is one. Outlines run along the edges of pixels, so that pycocotools paints the mask exactly; what has holes is run
lengths. What nobody annotated is of the category `not annotated` and a crowd, which training passes over.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar

from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import Refused
from hf_medseg.exporting.case import Case, suffix_of
from hf_medseg.exporting.layout import IGNORED, NO_MASK, Work, plain_of
from hf_medseg.exporting.objects import Thing, corners, parts, run_lengths, things

_PARTS = ("images", "annotations")


class Coco:
    """See the module."""

    gathers: ClassVar[bool] = False

    def __init__(self, work: Work) -> None:
        check_pictures(work, "COCO")
        self._work = work
        self._counts: dict[str, list[int]] = {}
        self._ignored = False
        work.note_further(("image", "mask", "instances"))

    def add(self, case: Case) -> str:
        """See `Layout.add`."""
        if case.mask is None:
            return NO_MASK
        height, width = case.mask.shape
        split, data = case.entry.split, picture_of(case, self._work)
        found = [self._annotation(thing, height, width) for thing in things(case, case.mask, self._work.table)]
        counts = self._counts.setdefault(split, [0, 0])
        name = f"{case.entry.stem}{suffix_of(data)}"
        plain = plain_of(self._work.table, case, False)
        record = {**plain, "id": counts[0] + 1, "file_name": name, "width": width, "height": height, "license": 1}
        self._work.write(f"{split}/{name}", data)
        self._append(split, "images", [record])
        told = [{"id": counts[1] + k, "image_id": counts[0] + 1, **one} for k, one in enumerate(found, 1)]
        self._append(split, "annotations", told)
        counts[0] += 1
        counts[1] += len(told)
        self._work.list_case("cases.csv", case, {"case": case.entry.stem})
        return ""

    def _annotation(self, thing: Thing, height: int, width: int) -> dict[str, Any]:
        crowd = thing.rest or thing.label == NOT_ANNOTATED
        self._ignored |= thing.label == NOT_ANNOTATED
        pieces = [] if crowd or self._work.masks == "rle" else parts(thing)
        if any(piece.holes for piece in pieces):
            self._work.note("An object with holes is written as run lengths, since outlines of COCO have none")
            pieces = []
        outlines = [[number for point in corners(piece.outer) for number in point] for piece in pieces]
        return {
            "category_id": thing.label,
            "bbox": thing.box,
            "area": len(thing.rows),
            "iscrowd": int(crowd),
            "segmentation": outlines or run_lengths(thing, height, width),
        }

    def _append(self, split: str, part: str, records: list[dict[str, Any]]) -> None:
        """Adds to a list that is put into the JSON file at the end: no list is ever in memory as a whole."""
        with self._list(split, part).open("a", encoding="utf-8") as file:
            for record in records:
                file.write(json.dumps(record, ensure_ascii=False, separators=(",", ":")) + "\n")

    def _list(self, split: str, part: str) -> Path:
        return self._work.here / f".{part}-{split}"

    def finish(self) -> None:
        """See `Layout.finish`."""
        table, export = self._work.table, self._work.export
        classes = [*enumerate(table.classes)][1:] + ([(NOT_ANNOTATED, IGNORED)] if self._ignored else [])
        head = {
            "info": {"description": f"{table.identity.source} {table.identity.edition}".strip(), "contributor": "hf_medseg"},
            "licenses": [{"id": 1, "name": export.license or "unknown", "url": ""}],
            "categories": [{"id": index, "name": name} for index, name in classes],
        }
        (self._work.here / "annotations").mkdir(exist_ok=True)
        for split in self._counts:
            with (self._work.here / "annotations" / f"instances_{split}.json").open("w", encoding="utf-8") as file:
                file.write(json.dumps(head, ensure_ascii=False)[:-1])
                for part in _PARTS:
                    file.write(f', "{part}": [\n')
                    with self._list(split, part).open(encoding="utf-8") as lines:
                        file.writelines(f"{',' if number else ''}{line}" for number, line in enumerate(lines))
                    file.write("]")
                    self._list(split, part).unlink()
                file.write("}\n")


def check_pictures(work: Work, layout: str) -> None:
    """Makes sure that a table holds pictures and classes.

    Raises:
        Refused: it does not.
    """
    if work.table.whole_volumes:
        raise Refused(f"{layout} holds pictures, and the rows of the config {work.table.config} are volumes. Export the config of slices.")
    if len(work.table.classes) < 2:
        raise Refused(f"The dataset has no classes, and {layout} needs some.")
    if any(name.startswith("rescale_") for name in work.table.columns):
        work.note("Pictures hold stored values; physical = stored * rescale_slope + rescale_intercept")


def picture_of(case: Case, work: Work) -> bytes:
    """The picture as it is stored."""
    data = case.data()
    assert data is not None  # no row is without its image
    if suffix_of(data) == ".tif":
        work.note("Pictures of fractions are 32-bit TIFF, which few tools read; nnunet, folder and npz hold them as well")
    return data
