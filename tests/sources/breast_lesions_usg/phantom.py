"""Breast-Lesions-USG: case<n>.png (RGBA, partly transparent), case<n>_tumor.png and _other<k>.png (white on transparent), a workbook."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import openpyxl

from tests.support.kit import Array, Phantom, Row, as_zip, colour, disc, grey, save

VARIANTS: dict[str, str] = {
    "clean": "pictures and masks in their folder, the workbook beside it",
    "zip": "the zip as downloaded beside the workbook",
    "no_table": "a copy without the workbook",
    "missing_tumor": "a tumour that the table names is not there",
    "missing_other": "another finding that the table names is not there",
    "normal_with_tumor": "the table calls a picture normal that has a tumour",
    "numbers": "one mask saved anew with 1 for the tumour",
}

_HEADER = (
    *("CaseID", "Image_filename", "Mask_tumor_filename", "Mask_other_filename", "Pixel_size", "Age", "Tissue_composition", "Signs"),
    *("Symptoms", "Shape", "Margin", "Echogenicity", "Posterior_features", "Halo", "Calcifications", "Skin_thickening"),
    *("Interpretation", "BIRADS", "Verification", "Diagnosis", "Classification"),
)
_NAMES = {"signs": "Signs", "shape": "Shape", "birads": "BIRADS", "diagnosis": "Diagnosis", "verification": "Verification"}
# case, findings, cells of the table that differ from "no"
_CASES: list[tuple[str, tuple[str, ...], dict[str, Any]]] = [
    ("001", ("tumor",), {"Pixel_size": 0.0078125, "Age": 57, "BIRADS": 2, "Diagnosis": "not applicable", "Classification": "benign"}),
    ("022", ("tumor", "other1", "other2"), {"Pixel_size": 0.01, "Age": "not available", "BIRADS": "4b", "Classification": "malignant"}),
    ("045", (), {"Pixel_size": 0.005, "Age": 40, "BIRADS": 1, "Classification": "normal", "Shape": "not applicable"}),
]
_SHAPES = {"tumor": disc(40, 50, 20, 20, 9), "other1": disc(40, 50, 20, 21, 9), "other2": disc(40, 50, 30, 44, 3)}


def _white(shape: Array, half: bool) -> Array:
    """White on transparent black, one pixel of it half transparent."""
    stored = np.repeat(shape.astype(np.uint8)[..., None] * np.uint8(255), 4, axis=2)
    if half:
        stored[20, 20, 3] = 75
    return stored


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "Breast-Lesions-USG"
    top = raw / "BrEaST-Lesions_USG-images_and_masks"
    phantom = Phantom(raw=raw, rows=[])
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    sheet.title = "BrEaST-Lesions-USG clinical dat"
    sheet.append(_HEADER)
    for place, (number, findings, cells) in enumerate(_CASES):
        name, odd = f"case{number}", number == "022"
        image = colour(name, 40, 50)
        alpha = grey(f"{name} alpha", 40, 50) if odd else np.full((40, 50), 255, np.uint8)
        save(top / f"{name}.png", np.dstack([image, alpha]))
        for finding in findings:
            missing = {"missing_tumor": "tumor", "missing_other": "other2"}.get(variant)
            if odd and finding == missing:
                phantom.rejected.append(f"{name}_{finding}.png")
                continue
            stored = _white(_SHAPES[finding], half=place == 0)
            if odd and variant == "numbers" and finding == "tumor":
                stored = _SHAPES[finding].astype(np.uint8)
                phantom.rejected.append(f"{name}_tumor.png")
            save(top / f"{name}_{finding}.png", stored)
        if odd and variant == "normal_with_tumor":
            cells = {**cells, "Classification": "normal"}
            phantom.rejected.append(f"{name}")
        others = [finding for finding in findings if finding != "tumor"]
        line = {
            **dict.fromkeys(_HEADER, "no"),
            "CaseID": int(number),
            "Image_filename": f"{name}.png",
            "Mask_tumor_filename": f"{name}_tumor.png" if findings else None,
            "Mask_other_filename": "&".join(f"{name}_{other}.png" for other in others) or None,
            **cells,
        }
        sheet.append([line[column] for column in _HEADER])
        if phantom.rejected and odd:
            continue
        tabled = variant != "no_table"
        size, age = line["Pixel_size"] * 10, line["Age"]
        said = {column: None if line[key] == "not applicable" else str(line[key]) for column, key in _NAMES.items()}
        columns = {
            "masks": [_SHAPES[other].astype(np.uint8) for other in others],
            "mask_names": others,
            "label": line["Classification"] if tabled else None,
            "age": (None if age == "not available" else float(age)) if tabled else None,
            "pixel_spacing": [size, size] if tabled else None,
            **(said if tabled else dict.fromkeys(said)),
        }
        truth = _SHAPES["tumor"].astype(np.uint8) if findings else np.zeros((40, 50), np.uint8)
        source_file = f"{name}.png"
        phantom.rows.append(Row(name, image, truth, source_file, patient_id=name, columns=columns))
    book.create_sheet("Data Dictionary").append(("type", "description"))
    if variant != "no_table":
        book.save(raw / "BrEaST-Lesions-USG-clinical-data-Dec-15-2023.xlsx")
    if variant == "zip":
        as_zip(raw, folder / "zip" / "BrEaST-Lesions_USG-images_and_masks-Dec-15-2023.zip", only=["BrEaST-Lesions_USG"])
        (raw / "BrEaST-Lesions-USG-clinical-data-Dec-15-2023.xlsx").rename(
            folder / "zip" / "BrEaST-Lesions-USG-clinical-data-Dec-15-2023.xlsx"
        )
        phantom.raw = folder / "zip"
    return phantom
