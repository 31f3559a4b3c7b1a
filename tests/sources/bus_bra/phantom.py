"""BUS-BRA: Images/bus_0001-l.png, Masks/mask_0001-l.png (1 bit), bus_data.csv, 5-fold-cv.csv, 10-fold-cv.csv, LICENSE.txt."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, disc, grey, litter, save, write

VARIANTS: dict[str, str] = {
    "clean": "the archive, unpacked",
    "zip": "BUSBRA.zip as downloaded",
    "litter": "with what macOS and Windows leave behind",
    "no_tables": "pictures and masks alone: the columns of the tables are null",
    "missing_mask": "one picture has no mask",
    "grey_masks": "masks re-saved with 8 bits, 0 and 255",
    "soft_mask": "one mask shrunk and smoothed: values between",
    "unfit_line": "a line of the table names a picture that is not there",
    "repeated_line": "two lines of one picture contradict each other",
}

# stem, patient, histology, pathology, BI-RADS, device, (height, width), (row, column, radius), test folds of 5 and of 10
_PICTURES = [
    ("0001-l", 1, "invasive ductal carcinoma", "malignant", 4, "GE Logiq 7 @10-14MHz", (40, 30), (20, 14, 6), 3, 7),
    ("0001-r", 1, "invasive ductal carcinoma", "malignant", 4, "GE Logiq 7 @10-14MHz", (40, 31), (18, 10, 5), 3, 7),
    ("0002-l", 2, "fibroadenoma", "benign", 2, "Toshiba Aplio 300 @12-14 MHz", (36, 28), (12, 12, 8), 5, 1),
    ("0006-s", 6, "cyst", "benign", 2, "U-Systems @10-14MHz", (33, 45), (5, 40, 6), 1, 10),
]
_ODD = "0002-l"
_SIDES = {"l": "left", "r": "right", "s": "single"}


def _corners(truth: Array) -> tuple[int, int, int, int]:
    """Left, top, right, bottom of the tumour, counted from 0, the last pixel included."""
    rows, columns = np.nonzero(truth)
    return int(columns.min()), int(rows.min()), int(columns.max()), int(rows.max())


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "BUSBRA"
    phantom = Phantom(raw=raw, rows=[])
    data = ["ID,Case,Histology,Pathology,BIRADS,Device,Width,Height,Side,BBOX"]
    fold_lines: dict[int, list[str]] = {
        count: [f"ID,Pathology,kFold,{','.join(f'valid_{k}' for k in range(1, count + 1))}"] for count in (5, 10)
    }
    for stem, patient, histology, pathology, birads, device, (height, width), shape, fold_5, fold_10 in _PICTURES:
        odd = stem == _ODD
        image, truth = grey(f"bus-bra {stem}", height, width), disc(height, width, *shape)
        save(raw / "Images" / f"bus_{stem}.png", image)
        mask = raw / "Masks" / f"mask_{stem}.png"
        if variant == "soft_mask" and odd:
            soft = truth.astype(np.uint8) * np.uint8(255)
            soft[shape[0], shape[1] + int(shape[2])] = 96
            save(mask, soft)
        elif variant == "grey_masks":
            save(mask, truth.astype(np.uint8) * np.uint8(255))
        elif not (variant == "missing_mask" and odd):
            save(mask, truth)
        left, top, right, bottom = _corners(truth)
        box = f'"[{left + 1},{top + 1},{right - left},{bottom - top}]"'
        data.append(f"bus_{stem},{patient},{histology},{pathology},{birads},{device},{width},{height},{_SIDES[stem[-1]]},{box}")
        if variant == "repeated_line" and odd:
            data.append(data[-1].replace("benign", "malignant"))
        for count, fold in ((5, fold_5), (10, fold_10)):
            marks = ",".join("NaN" if k == fold else "1" for k in range(1, count + 1))
            fold_lines[count].append(f"bus_{stem},{pathology},{fold},{marks}")
        if odd and variant in ("missing_mask", "soft_mask", "repeated_line"):
            phantom.rejected.append({"missing_mask": f"mask_{stem}.png", "soft_mask": f"mask_{stem}.png"}.get(variant, f"bus_{stem}"))
            continue
        columns: dict[str, object] = {
            "label": pathology,
            "birads": birads,
            "histology": histology,
            "device": device,
            "side": _SIDES[stem[-1]],
            "boxes": [
                {
                    "x": float(left),
                    "y": float(top),
                    "width": float(right - left + 1),
                    "height": float(bottom - top + 1),
                    "label": "tumor",
                }
            ],
            "fold_5": fold_5,
            "fold_10": fold_10,
        }
        if variant == "no_tables":
            columns = {**dict.fromkeys(columns), "side": _SIDES[stem[-1]]}
        phantom.rows.append(
            Row(
                f"bus_{stem}",
                image,
                truth.astype(np.uint8),
                f"Images/bus_{stem}.png",
                patient_id=stem[:4] if variant == "no_tables" else str(patient),
                columns=columns,
            )
        )
    if variant == "unfit_line":
        data.append('bus_0999-l,999,cyst,benign,2,U-Systems @10-14MHz,30,30,left,"[1,1,3,3]"')
        phantom.known.append("bus_data.csv")
    if variant == "no_tables":
        phantom.known += ["bus_data.csv", "5-fold-cv.csv", "10-fold-cv.csv"]
    else:
        write(raw / "bus_data.csv", "\n".join(data) + "\n")
        for count, lines in fold_lines.items():
            write(raw / f"{count}-fold-cv.csv", "\n".join(lines) + "\n")
    write(raw / "LICENSE.txt", "Copyright (c) 2023\n")
    if variant == "litter":
        litter(raw)
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "download" / "BUSBRA.zip", top="BUSBRA/")
    return phantom
