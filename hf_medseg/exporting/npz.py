"""`npz`: `<split>/<case>.npz`, with the arrays `image`, `mask` and those of further columns, as they are stored.

`scale` is slope and intercept (physical = image * slope + intercept), `affine` leads from (column, row, slice) to mm in LPS where that is
known. Where nobody annotated there is no `mask`. Arrays are (height, width[, 3]), or (slices, height, width).
"""

from __future__ import annotations

import io
from typing import ClassVar

import numpy as np

from hf_medseg.exporting.case import Array, Case
from hf_medseg.exporting.layout import Work


class Npz:
    """See the module."""

    gathers: ClassVar[bool] = True

    def __init__(self, work: Work) -> None:
        self._work = work
        self._axes = ""
        work.note_further(work.table.pictures)

    def add(self, case: Case) -> str:
        """See `Layout.add`."""
        arrays: dict[str, Array] = {}
        for column in self._work.table.pictures:
            samples = case.mask if column == "mask" else case.samples(column)
            if samples is not None:
                arrays[column] = samples
                if column in self._work.table.images:
                    arrays[f"scale{column.removeprefix('image')}"] = np.array(case.scale(column))
        if (affine := case.grid.affine) is not None:
            arrays["affine"] = affine
        if case.is_volume:
            self._axes = "nhwc" if arrays["image"].ndim == 4 else "nhw"
        buffer = io.BytesIO()
        np.savez_compressed(buffer, **arrays)  # type: ignore[arg-type]
        self._work.write(f"{case.entry.split}/{case.entry.stem}.npz", buffer.getvalue())
        self._work.list_case("cases.csv", case, {"case": case.entry.stem})
        return ""

    def finish(self) -> None:
        """See `Layout.finish`."""
        self._work.write_about(*([f'axes = "{self._axes}"'] if self._axes else []))
