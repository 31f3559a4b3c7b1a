"""SCR masks of lungs, heart and clavicles on the chest radiographs of JSRT."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, facts_of, source_of
from hf_medseg.dataset.columns import FLOAT32, FLOAT64, INT32, PICTURE, SEX, TEXT, Label, ListOf
from hf_medseg.formats.picture import Picture
from hf_medseg.formats.raw_grid import RawGrid
from hf_medseg.masks.cells import Native
from hf_medseg.masks.labels import Nearest, Painted, Threshold
from hf_medseg.raw.cells import age_in, length_in, sex_in, whole_in
from hf_medseg.raw.tables import lines_of
from hf_medseg.raw.tree import Raw

STRUCTURES = facts_of(__file__).classes

FOLDERS = "|".join(name.replace("_", " ") for name in STRUCTURES)

FULL, NATIVE, SPACING, WHITE = 2048, 1024, 0.175, 4095

NODULE = ("file", "subtlety", "size", "age", "sex", "x", "y", "malignancy", "place", "place_2", "diagnosis", "diagnosis_2")

OUTLIER = "JPCLN016"

FILM = r"(JPC[LN]N\d{3})"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a radiograph that is there, with its five masks."""
    films = raw.part("jsrt").find(rf"(?:[^/]+/)?{FILM}\.(?i:img)")
    masks = raw.part("scr").find(rf"(?:fold[12]/)?(?i:masks)/({FOLDERS})/{FILM}\.(?i:gif)")
    records, conflicts = _records(raw)
    for stem, file in films.items():
        parts = []
        for name in STRUCTURES:
            folder = name.replace("_", " ")
            gif = masks.need((folder, stem), f"fold{_fold(stem)}/masks/{folder}/{stem}.gif")
            parts.append(Picture(gif, size=(NATIVE, NATIVE)))
        painted = Painted(tuple(Threshold(part, 0, index) for index, part in enumerate(parts, 1)))
        if stem == OUTLIER:
            raw.note(file, "a public set of landmarks leaves this film out as an outlier of annotation; it is kept")
        record = records.get(stem[:5], {}).get(stem)
        wrong = conflicts.get(stem, "")
        if not wrong and stem[:5] in records and record is None:
            wrong = "the clinical table has no whole line for it."
        yield Case(
            stem,
            {
                "image": RawGrid(file, FULL, FULL, ">u2", highest=WHITE, inverted=True, pixel_spacing=(SPACING, SPACING)),
                "mask": Nearest(painted),
                **{f"mask_{name}": Nearest(Threshold(part, 0)) for name, part in zip(STRUCTURES, parts, strict=True)},
                "mask_native": Native(painted),
            },
            {"fold": _fold(stem), **(record or {})},
            patient_id=stem,
            problem=Problem.of(wrong),
        )


def _fold(stem: str) -> int:
    return 1 if int(stem[5:]) % 2 else 2


def _records(raw: Raw) -> tuple[dict[str, dict[str, dict[str, Any]]], dict[str, str]]:
    """Columns by film for each of the two tables that is there, and the films that a table contradicts itself on."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    conflicts: dict[str, str] = {}
    for where in (raw.part("jsrt"), raw):
        nodules = None if "JPCLN" in found else where.table(r"(?i:CLNDAT_EN?\.txt)", names=NODULE, delimiter="\t")
        if nodules is not None:
            keyed = nodules.by("file")
            conflicts |= {key[:8]: words for key, words in keyed.conflicts.items()}
            found["JPCLN"] = {key[:8]: _nodule(record) for key, record in keyed.items() if record["diagnosis"]}
        healthy = None if "JPCNN" in found else where.one(r"(?i:CNNDAT_EN?\.txt)")
        if healthy is not None:
            where.use(healthy)
            found["JPCNN"] = {}
            for line in map(str.split, lines_of(healthy)):
                said = where.said(healthy.path, dict(zip(("name", "age", "sex"), line, strict=False)))
                record = {"age": age_in(said, "age"), "sex": sex_in(said, "sex")} if len(line) > 2 else None
                if record is not None and found["JPCNN"].setdefault(line[0][:8], record) != record:
                    conflicts[line[0][:8]] = f"{healthy.path} lists it twice with different values."
    return found, conflicts


def _nodule(record: Mapping[str, str]) -> dict[str, Any]:
    return {
        "subtlety": whole_in(record, "subtlety"),
        "nodule_size_mm": length_in(record, "size"),
        "age": age_in(record, "age"),
        "sex": sex_in(record, "sex"),
        "nodule_x": whole_in(record, "x", least=0),
        "nodule_y": whole_in(record, "y", least=0),
        "malignancy": record["malignancy"].lower() or None,
        "location": _joined(record["place"], record["place_2"], record["place"] in ("l.upper", "r.upper", "l.lower", "r.lower")),
        "diagnosis": _joined(
            record["diagnosis"],
            record.get("diagnosis_2", ""),
            record["diagnosis"] == "inflammatory" or len(record["diagnosis"]) < 12,
        ),
    }


def _joined(first: str, second: str, blank: bool) -> str | None:
    """Two fields that were one text, cut at a fixed width; `blank` where the cut fell between words."""
    return f"{first}{' ' if blank and second else ''}{second}" or None


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{FILM}\.(?i:img|gif)",),
        configs=(
            Config(
                columns={
                    **{f"mask_{name}": PICTURE for name in STRUCTURES},
                    "mask_native": PICTURE,
                    "fold": INT32,
                    "pixel_spacing": ListOf(FLOAT64),
                    "rescale_slope": FLOAT64,
                    "rescale_intercept": FLOAT64,
                    "subtlety": INT32,
                    "nodule_size_mm": FLOAT32,
                    "age": FLOAT32,
                    "sex": SEX,
                    "nodule_x": INT32,
                    "nodule_y": INT32,
                    "malignancy": Label(("benign", "malignant")),
                    "location": TEXT,
                    "diagnosis": TEXT,
                }
            ),
        ),
        not_used=(
            (rf"(?i:masks)/(?:{FOLDERS})/{FILM}\.(?i:gif)", "its radiograph is not in the raw tree"),
            (r"[^/]+\.pfs", "contours as text"),
            (r"landmarks/.+", "landmarks as text"),
        ),
    ),
    cases,
    parts={"jsrt": (rf"(?:[^/]+/)?{FILM}\.(?i:img)",), "scr": (rf"(?:fold[12]/)?(?i:masks)/(?:{FOLDERS})/{FILM}\.(?i:gif)",)},
    signature=(rf"{FILM}\.(?i:img|gif)",),
    ids=(r"JPC[LN]N\d{3}",),
)
