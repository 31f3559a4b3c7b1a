"""`webdataset`: `<split>-000000.tar` and on, a sample a row: its picture as it is stored, `mask.png`, and what else is known as `json`.

`about.toml` and `metadata.csv` lead back: members of `train-000000.tar` are read as lying in `train/`.

Format: https://github.com/webdataset/webdataset. Rows stay rows: a slice is a sample of its own, a whole volume a NIfTI as it is stored.
"""

from __future__ import annotations

import io
import json
import tarfile
from typing import ClassVar

from hf_medseg.errors import Refused
from hf_medseg.exporting.case import Case, suffix_of
from hf_medseg.exporting.layout import Work, plain_of

_SIZE = 500_000_000  # bytes of a tar, about


class WebDataset:
    """See the module."""

    gathers: ClassVar[bool] = False

    def __init__(self, work: Work) -> None:
        self._work = work
        self._open: dict[str, tarfile.TarFile] = {}
        self._numbers: dict[str, int] = {}
        keys: dict[str, str] = {}
        for entry in work.plan.entries:
            if (other := keys.setdefault(f"{entry.split}/{_key(entry.stem)}", entry.id)) != entry.id:
                raise Refused(f"The cases {other!r} and {entry.id!r} would have the same key, {_key(entry.stem)!r}. Give them other ids.")
            if _key(entry.stem) != entry.stem:
                work.note("A key ends at the first dot: dots in ids became _; the id stands in the JSON")
        work.note_further(work.table.pictures)

    def add(self, case: Case) -> str:
        """See `Layout.add`."""
        key = _key(case.entry.stem)
        files = {}
        names = {}
        for column in self._work.table.pictures:
            if (data := self._work.file_of(case, column)) is not None:
                names[column] = f"{key}{'' if column == 'image' else f'.{column}'}{suffix_of(data)}"
                files[names[column]] = data
        told = plain_of(self._work.table, case, False)
        files[f"{key}.json"] = json.dumps(told, ensure_ascii=False).encode()
        tar = self._tar(case.entry.split)
        for name, data in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
        self._work.list_files(case, {column: f"{case.entry.split}/{name}" for column, name in names.items()})
        return ""

    def _tar(self, split: str) -> tarfile.TarFile:
        """The tar that takes the next sample of a split."""
        tar = self._open.get(split)
        if tar is not None and tar.offset > _SIZE:
            tar.close()
            tar = None
        if tar is None:
            number = self._numbers[split] = self._numbers.get(split, -1) + 1
            tar = self._open[split] = tarfile.open(self._work.here / f"{split}-{number:06d}.tar", "w")
        return tar

    def finish(self) -> None:
        """See `Layout.finish`."""
        for tar in self._open.values():
            tar.close()
        self._work.write_json("classes.json", dict(enumerate(self._work.table.classes)))
        self._work.write_about(*([] if self._work.table.whole_volumes else ['missing_masks = "null"']))


def _key(stem: str) -> str:
    """What a sample is called: its key ends at the first dot."""
    return stem.replace(".", "_")
