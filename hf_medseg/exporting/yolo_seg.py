"""`yolo-seg`: `images/<split>/` as they are stored, `labels/<split>/`, `data.yaml`.

Format: https://docs.ultralytics.com/datasets/segment/. A line is one outline, along the edges of pixels: an object of several parts is
several lines, and where it has holes, its outline goes to each and back along one line. Nothing can say that a part was not annotated.
"""

from __future__ import annotations

from typing import ClassVar

import yaml

from hf_medseg.errors import Rejected
from hf_medseg.exporting.case import Case, suffix_of
from hf_medseg.exporting.coco import check_pictures, picture_of
from hf_medseg.exporting.layout import NO_MASK, Work, uses_ignored
from hf_medseg.exporting.objects import one_outline, parts, things


class YoloSeg:
    """See the module."""

    gathers: ClassVar[bool] = False

    def __init__(self, work: Work) -> None:
        check_pictures(work, "YOLO")
        self._work = work
        work.note_further(("image", "mask", "instances"))

    def add(self, case: Case) -> str:
        """See `Layout.add`."""
        mask = case.mask
        if mask is None:
            return NO_MASK
        if uses_ignored(mask):
            raise Rejected(
                case.entry.id, "a part of it was not annotated, which YOLO cannot say.", "Export it as coco, nnunet or folder, which can."
            )
        height, width = mask.shape
        data, lines, holes, further = picture_of(case, self._work), [], 0, 0
        for thing in things(case, mask, self._work.table):
            found = parts(thing)
            further += len(found) > 1
            for part in found:
                holes += bool(part.holes)
                numbers = [repr(number) for x, y in one_outline(part) for number in (x / width, y / height)]
                lines.append(" ".join([str(thing.label - 1), *numbers]))
        place = f"{case.entry.split}/{case.entry.stem}"
        self._work.write(f"images/{place}{suffix_of(data)}", data)
        self._work.write(f"labels/{place}.txt", "".join(f"{line}\n" for line in lines).encode())
        self._work.list_case("cases.csv", case, {"case": case.entry.stem})
        if holes:
            told = "YOLO has no holes: such an outline goes to each hole and back along one line, which tools that draw outlines show"
            self._work.note(told, holes)
        if further:
            self._work.note("An object, or class, of several parts is a line for each part", further)
        return ""

    def finish(self) -> None:
        """See `Layout.finish`."""
        names = dict(enumerate(self._work.table.classes[1:]))
        words = {"validation": "val"}
        splits = {words.get(split, split): f"images/{split}" for split in self._work.export.cases}
        splits.setdefault("val", splits.get("test", f"images/{next(iter(self._work.export.cases))}"))
        if "validation" not in self._work.export.cases:
            self._work.note(f"data.yaml needs a val: it names {splits['val']}, as the owner has no validation split")
        text = yaml.safe_dump({**splits, "names": names}, sort_keys=False, allow_unicode=True)
        self._work.write("data.yaml", text.encode())
