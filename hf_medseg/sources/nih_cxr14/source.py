"""NIH ChestX-ray14: findings mined from reports, and boxes on some films, no masks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import FLOAT32, FLOAT64, INT32, SEX, Label, ListOf, boxes
from hf_medseg.errors import Refused
from hf_medseg.formats.picture import Picture
from hf_medseg.raw.cells import age_in, length_in, number_in, sex_in, whole_in
from hf_medseg.raw.tables import lines_of
from hf_medseg.raw.tree import Raw

SIDE = 1024

FINDINGS = (
    "atelectasis",
    "cardiomegaly",
    "consolidation",
    "edema",
    "effusion",
    "emphysema",
    "fibrosis",
    "hernia",
    "infiltration",
    "mass",
    "nodule",
    "pleural_thickening",
    "pneumonia",
    "pneumothorax",
    "no_finding",
)

BOXED = ("atelectasis", "cardiomegaly", "effusion", "infiltration", "mass", "nodule", "pneumonia", "pneumothorax")

RENAMED = {"infiltrate": "infiltration"}

# The headers have commas inside brackets, so a column's name is cut there.
BOX = {"x": "Bbox [x", "y": "y", "width": "w", "height": "h]"}

LISTS = {"train": r"train_val_list\.txt", "test": r"test_list\.txt"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a film that is there; the tables name all films, however few were downloaded."""
    films = raw.find(r"images(?:_\d+)?/(\d{8}_\d{3})\.png")
    table = raw.table(r"Data_Entry_2017[^/]*\.csv(?:\.gz)?", ("Image Index", "Finding Labels", "Patient ID"))
    names = {f"{stem}.png" for stem in films}
    records = table.by("Image Index", of=names) if table is not None else None
    marked = raw.table(r"BBox_List_2017[^/]*\.csv(?:\.gz)?", ("Image Index", "Finding Label", *BOX.values()))
    found: dict[str, list[dict[str, Any]]] = {}
    for record in marked or ():
        found.setdefault(record["Image Index"], []).append(_box(record))
    if marked is not None:
        raw.compare(marked.file, found, names)
    lists = {split: file for split, pattern in LISTS.items() if (file := raw.one(pattern)) is not None}
    raw.use(*lists.values())
    if len(lists) == 1:
        raise Refused(
            f"nih-cxr14: {next(iter(lists.values())).path} is there without the other list. train_val_list.txt and test_list.txt go together."
        )
    splits = {name: split for split, file in lists.items() for name in lines_of(file)}
    for split, file in lists.items():
        raw.compare(file, [name for name, of in splits.items() if of == split], names)
    if outside := sum(splits.get(name) == "train" for name in found):
        raw.note(lists["train"], f"{outside} films with boxes are in this list; readers say that all are in the test list")
    for stem, file in films.items():
        record = records.get(f"{stem}.png", {}) if records is not None else {}
        wrong = records.conflicts.get(f"{stem}.png", "") if records is not None else ""
        if not record:
            wrong = "the data table has no line for it."
        elif lists and f"{stem}.png" not in splits:
            wrong = "it is in neither of the owner's lists."
        elif any(box[side] is None for box in found.get(f"{stem}.png", []) for side in BOX):
            wrong = "the table of boxes gives it a box without four numbers."
        yield Case(
            stem,
            {"image": Picture(file, size=(SIDE, SIDE))},
            _columns(record) | {"boxes": found.get(f"{stem}.png", []) if marked is not None else None},
            split=splits.get(f"{stem}.png", "train"),
            patient_id=stem[:8],
            problem=Problem.of(wrong),
        )


def _columns(record: Mapping[str, str]) -> dict[str, Any]:
    spacing = [length_in(record, "OriginalImagePixelSpacing[x"), length_in(record, "y]")]
    return {
        "labels": [_name(label) for label in record.get("Finding Labels", "").split("|")],
        "follow_up": whole_in(record, "Follow-up #", least=0),
        "age": age_in(record, "Patient Age"),
        "sex": sex_in(record, "Patient Sex" if "Patient Sex" in record else "Patient Gender"),
        "view": record.get("View Position") or None,
        "original_width": whole_in(record, "OriginalImage[Width", least=1),
        "original_height": whole_in(record, "Height]", least=1),
        "original_pixel_spacing": spacing[::-1] if None not in spacing else None,
    }


def _name(label: str) -> str:
    name = label.strip().lower().replace(" ", "_")
    return RENAMED.get(name, name)


def _box(record: Mapping[str, str]) -> dict[str, Any]:
    return {side: number_in(record, column, least=0) for side, column in BOX.items()} | {"label": _name(record.get("Finding Label", ""))}


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"images(?:_\d+)?/\d{8}_\d{3}\.png", r"Data_Entry_2017[^/]*\.csv(?:\.gz)?"),
        configs=(
            Config(
                columns={
                    "labels": ListOf(Label(FINDINGS)),
                    "boxes": boxes(*BOXED),
                    "follow_up": INT32,
                    "age": FLOAT32,
                    "sex": SEX,
                    "view": Label(("PA", "AP")),
                    "original_width": INT32,
                    "original_height": INT32,
                    "original_pixel_spacing": ListOf(FLOAT64),
                }
            ),
        ),
        not_used=((r"[A-Z0-9_]*CHESTXRAY\.pdf", "text about the data"),),
    ),
    cases,
    signature=(r"Data_Entry_2017[^/]*\.csv(?:\.gz)?", r"images(?:_\d+)?/\d{8}_\d{3}\.png"),
    ids=(r"000[0-3]\d{4}[- _]\d{3}",),
    image_mode="L",
)
