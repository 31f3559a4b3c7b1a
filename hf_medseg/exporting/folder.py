"""`folder`: `<split>/images/` and `<split>/masks/`, one file each of the same name, and `metadata.csv`.

Pictures are written as they are stored, JPEG byte for byte; volumes as NIfTI with physical values. Where nobody annotated there is no
mask.
"""

from __future__ import annotations

from typing import ClassVar

from hf_medseg.exporting.case import Case, suffix_of
from hf_medseg.exporting.layout import Work

_FOLDERS = {"image": "images", "mask": "masks"}


class Folder:
    """See the module."""

    gathers: ClassVar[bool] = True

    def __init__(self, work: Work) -> None:
        self._work = work
        work.note_further(work.table.pictures)

    def add(self, case: Case) -> str:
        """See `Layout.add`."""
        files = {column: data for column in self._work.table.pictures if (data := self._work.file_of(case, column)) is not None}
        names = {}
        for column, data in files.items():
            names[column] = f"{case.entry.split}/{_FOLDERS.get(column, column)}/{case.entry.stem}{suffix_of(data)}"
            self._work.write(names[column], data)
        self._work.list_files(case, names)
        return ""

    def finish(self) -> None:
        """See `Layout.finish`."""
        volumes = self._work.plan.gathered or self._work.table.whole_volumes
        self._work.write_about(*([] if volumes else ['missing_masks = "null"']))
