"""BUS-BRA: tumours in breast ultrasound, with pathology and two cross-validations."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import INT32, TEXT, Label, boxes
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
from hf_medseg.raw.cells import known, whole, whole_in
from hf_medseg.raw.tree import Raw, union

TUMOR = {0: 0, 255: 1}
STEM = r"(\d{4}-[lrs])"
FOLDS = (5, 10)


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture."""
    pictures = raw.find(rf"Images/bus_{STEM}\.(?i:png)")
    masks = raw.find(rf"Masks/mask_{STEM}\.(?i:png)")
    stems = union(pictures, masks)
    names = {f"bus_{stem}" for stem in stems}
    data = raw.table(r"bus_data\.csv", ("ID", "Case", "Pathology", "BBOX"))
    lines = data.by("ID", of=names, each=True) if data is not None else {}
    conflicts = data.by("ID").conflicts if data is not None else {}
    tables = {count: raw.table(rf"{count}-fold-cv\.csv", ("ID", "kFold")) for count in FOLDS}
    folds = {count: table.by("ID", of=names, each=True) for count, table in tables.items() if table is not None}
    for stem in stems:
        name = f"bus_{stem}"
        line = lines.get(name, {})
        yield Case(
            name,
            {
                "image": Picture(pictures.need(stem, f"Images/{name}.png")),
                "mask": Values(Picture(masks.need(stem, f"Masks/mask_{stem}.png")), TUMOR),
            },
            {
                **_columns(line, stem),
                **{f"fold_{count}": whole_in(table[name], "kFold", least=1, most=count) for count, table in folds.items() if name in table},
            },
            # Named as the table names the others, where it has no line of this one: views of a patient stay together.
            patient_id=stem[:4] if data is None else str(whole(line.get("Case")) or int(stem[:4])),
            problem=Problem.of(conflicts.get(name, "")),
        )


def _columns(line: Mapping[str, str], stem: str) -> dict[str, Any]:
    """What the owner's table says of a picture."""
    return {
        "label": known(line.get("Pathology")),
        "birads": whole_in(line, "BIRADS", least=0, most=6),
        "histology": known(line.get("Histology")),
        "device": known(line.get("Device")),
        "side": {"l": "left", "r": "right", "s": "single"}[stem[-1]],
        "boxes": _boxes(line.get("BBOX", "")),
    }


def _boxes(cell: str) -> list[dict[str, Any]] | None:
    """The owner's box: its corner counted from 1, its sides without their last pixel."""
    try:
        left, top, width, height = json.loads(cell)
    except (ValueError, TypeError):
        return None
    return [{"x": left - 1, "y": top - 1, "width": width + 1, "height": height + 1, "label": "tumor"}]


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"Images/bus_{STEM}\.(?i:png)", rf"Masks/mask_{STEM}\.(?i:png)"),
        configs=(
            Config(
                columns={
                    "label": Label(("benign", "malignant")),
                    "birads": INT32,
                    "histology": TEXT,
                    "device": TEXT,
                    "side": Label(("left", "right", "single")),
                    "boxes": boxes("tumor"),
                    **{f"fold_{count}": INT32 for count in FOLDS},
                }
            ),
        ),
        not_used=((r"LICENSE\.txt", "the owner's terms"),),
    ),
    cases,
    signature=(rf"bus_{STEM}\.(?i:png)",),
    image_mode="L",
)
