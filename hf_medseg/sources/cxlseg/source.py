"""CXLSeg: machine-made lung masks for the frontal radiographs of MIMIC-CXR-JPG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import INT8, MASK_ORIGIN, PICTURE, TEXT, Label
from hf_medseg.errors import Refused
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.cells import Native
from hf_medseg.masks.labels import Nearest, Threshold
from hf_medseg.raw.cells import number
from hf_medseg.raw.tables import Table
from hf_medseg.raw.tree import Raw

FINDINGS = (
    "Atelectasis",
    "Cardiomegaly",
    "Consolidation",
    "Edema",
    "Enlarged Cardiomediastinum",
    "Fracture",
    "Lung Lesion",
    "Lung Opacity",
    "No Finding",
    "Pleural Effusion",
    "Pleural Other",
    "Pneumonia",
    "Pneumothorax",
    "Support Devices",
)

COLUMNS = {finding: finding.lower().replace(" ", "_") for finding in FINDINGS}

SPLITS = {"train": "train", "validate": "validation", "test": "test"}

KEYS = ("dicom_id", "subject_id", "study_id")

NATIVE = (224, 224)

# A folder with radiographs alone is told from CXLSeg, whose pictures have the same paths, by the name that PhysioNet gave it.
RADIOGRAPH = r"(?i:(?<=mimic[-_]cxr[-_]jpg/)|(?<=mimic[-_]cxr/)|(?<=mimic/)|(?<=2\.[01]\.0/))files/p\d\d/p\d+/s\d+/[0-9a-f-]+\.jpg"

CELLS = {"mask": "DicomPath", "split": "split", "metadata": "ViewPosition"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a radiograph that any of the four tables names; films of which neither file was downloaded are only counted."""
    cxlseg, mimic = raw.part("cxlseg"), raw.part("mimic-cxr-jpg")
    # A film has one line in each table; of the last three one cell is wanted.
    lines = {"segmented": _table(cxlseg, "segmented", "DicomPath", *FINDINGS).by(*KEYS)}
    lines |= {name: _table(cxlseg, name, column).by(*KEYS, value=column) for name, column in CELLS.items()}
    films = mimic.at(line["DicomPath"] for line in lines["segmented"].values())
    masks = cxlseg.at(lines["mask"].values())
    keys: dict[tuple[str, str, str], None] = {}
    conflicts: dict[tuple[str, str, str], str] = {}
    for table in lines.values():
        keys.update(dict.fromkeys(table))
        conflicts |= table.conflicts
    splits: dict[str, set[str]] = {}
    absent = 0
    for key in keys:
        film, subject, study = key
        # What becomes a case is taken out of the tables: never are both in memory.
        found = {name: table.pop(key, None) for name, table in lines.items()}
        segmented, split = found["segmented"], found["split"] or ""
        splits.setdefault(subject, set()).add(split)
        findings, undeclared = ({}, "") if segmented is None else _findings(segmented)
        missing = [f"CXLSeg-{name}.csv has no line of its {', '.join(KEYS)}." for name, line in found.items() if line is None]
        wrong = conflicts.get(key) or " ".join(missing) or undeclared
        wrong = wrong or ("" if split in SPLITS else f"its split is {split!r}; {', '.join(SPLITS)} expected.")
        path = f"{film}.jpg" if segmented is None else segmented["DicomPath"]
        mask_path = found["mask"] or f"{film}-mask.jpg"
        if not wrong and path not in films and mask_path not in masks:
            absent += 1
            continue
        mask = Threshold(Picture(masks.need(mask_path, f"cxlseg/{mask_path}"), size=NATIVE))
        yield Case(
            film,
            {
                "image": Picture(films.need(path, f"mimic-cxr-jpg/{path}")),
                "mask": Nearest(mask),
                "mask_native": Native(mask),
            },
            {"mask_origin": "automatic", "study_id": study, "view": found["metadata"] or None, **findings},
            split=SPLITS.get(split, "train"),
            patient_id=subject,
            problem=Problem.of(wrong),
        )
    if absent:
        raw.note("cxlseg/CXLSeg-segmented.csv", f"of {absent} of its films neither radiograph nor mask is in the raw tree")
    if shared := sum(len(of_patient) > 1 for of_patient in splits.values()):
        raw.note("cxlseg/CXLSeg-split.csv", f"patients with radiographs in more than one split: {shared}")


def _table(cxlseg: Raw, name: str, *columns: str) -> Table:
    table = cxlseg.table(rf"CXLSeg-{name}\.csv", (*KEYS, *columns), only=True)  # its other columns hold whole reports
    if table is None:
        raise Refused(f"cxlseg: CXLSeg-{name}.csv is missing. It lies beside the other three tables at PhysioNet.")
    return table


def _findings(record: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """The findings that a report mentions, by column, and what is wrong with them."""
    found: dict[str, Any] = {}
    for finding, column in COLUMNS.items():
        if cell := record.get(finding):
            state = _state(cell)
            if state is None:
                return {}, f"{finding} is {cell!r}; 1, 0, -1 or nothing expected."
            found[column] = state
    return found, ""


@cache
def _state(cell: str) -> int | None:
    """What a cell says of a finding; None where it says something else."""
    value = number(cell)
    return int(value) if value in (1, 0, -1) else None


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"CXLSeg-(?:segmented|mask|metadata|split)\.csv",),
        configs=(
            Config(
                columns={
                    "mask_native": PICTURE,
                    "mask_origin": MASK_ORIGIN,
                    "study_id": TEXT,
                    "view": Label(("PA", "AP")),
                    **dict.fromkeys(COLUMNS.values(), INT8),
                }
            ),
        ),
        not_used=(
            (
                r"mimic-cxr-2\.\d\.0-(?:metadata|split|chexpert|negbio|test-set-labeled)\.csv(?:\.gz)?",
                "a table of MIMIC-CXR-JPG; CXLSeg has its own",
            ),
            (r"(?:LICENSE\.txt|SHA256SUMS\.txt|IMAGE_FILENAMES|README|index\.html)", "text about the data"),
            (r"files/p\d\d/p\d+/s\d+/[0-9a-f-]+-mask\.jpg", "a mask that no table of CXLSeg names"),
            (r"files/p\d\d/p\d+/s\d+/[0-9a-f-]+\.jpg", "CXLSeg's picture of the lungs alone, or a radiograph that has no mask"),
        ),
    ),
    cases,
    parts={
        "cxlseg": (r"CXLSeg-(?:segmented|mask|metadata|split)\.csv",),
        "mimic-cxr-jpg": (r"mimic-cxr-2\.\d\.0-(?:metadata|split|chexpert|negbio|test-set-labeled)\.csv(?:\.gz)?", RADIOGRAPH),
    },
    signature=(r"CXLSeg-(?:segmented|mask|metadata|split)\.csv",),
    ids=(r"[0-9a-f]{8}(?:-[0-9a-f]{8}){4}",),
    image_mode="L",
)
