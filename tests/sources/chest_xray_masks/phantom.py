"""Chest X-ray masks: `Lung Segmentation/{CXR_png,masks,test,ClinicalReadings}` and all of it again below `data/`.

Also the owner's two originals: `MontgomerySet` with left and right masks, `ChinaSet_AllFiles` with or without the lung masks.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.support import kit
from tests.support.kit import Array, Phantom, Row

VARIANTS: dict[str, str] = {
    "clean": "the mix with both trees: two naming rules, palette, grey and RGB pictures, 3-channel mask, test/ as twins",
    "single-tree": "the mix after `data/` was deleted, without an outer folder",
    "montgomery": "the owner's Montgomery original: 1-bit left and right masks that overlap, consensus table, ReadMe",
    "shenzhen": "the owner's Shenzhen original: no lung masks, lesion annotations of another task",
    "shenzhen-masks": "the Shenzhen original with the lung masks' re-host mask/mask/",
    "owner-both": "both originals and the Shenzhen lung masks below one folder",
    "no-readings": "the mix without ClinicalReadings: age, sex and finding are null",
    "infants": "readings in months: parts of a year",
    "soft-mask": "a mask with values between 0 and 255: lung from 128 on",
    "mask-missing": "two pictures that should have a mask have none: rejected",
    "left-mask-missing": "Montgomery original with only the right mask of one picture: rejected",
    "colour-image": "an RGB picture whose channels differ: rejected",
    "sizes-differ": "a mask smaller than its picture: rejected",
    "twins-differ": "the file below data/ differs from its twin: rejected",
    "cut-image": "a picture cut short: rejected",
}


@dataclass(frozen=True)
class Film:
    """One radiograph: file stem, picture encoding, what the reading says."""

    stem: str
    height: int
    width: int
    kind: str
    reading: str
    age: float | None
    sex: str | None
    finding: str | None
    masked: bool = True


FILMS = (
    Film("CHNCXR_0001_0", 30, 36, "P", "male 45yrs\nnormal", 45.0, "male", "normal"),
    Film("CHNCXR_0025_0", 33, 28, "P", "Female, 33 yrs.\r\nnormal\r\n", 33.0, "female", "normal", False),
    Film("CHNCXR_0327_1", 29, 38, "RGB", "female  37yrs\r\nright PTB", 37.0, "female", "right PTB"),
    Film("CHNCXR_0336_1", 31, 27, "P", "male\r\nSTB", None, "male", None, False),
    Film("MCUCXR_0001_0", 34, 40, "L", "Patient's Sex: F\nPatient's Age: 027Y\nnormal\n", 27.0, "female", "normal"),
    Film(
        "MCUCXR_0251_1",
        40,
        34,
        "L",
        "Patient's Sex: M\r\nPatient's Age: 051Y\r\ncavitary infiltrate in RUL; apical view\r\n",
        51.0,
        "male",
        "cavitary infiltrate in RUL; apical view",
    ),
)
ORIGIN = {"CHNCXR": "shenzhen", "MCUCXR": "montgomery"}


def _picture(film: Film, path: Path, variant: str) -> Array:
    """Writes the picture in its true encoding and returns its grey pixels."""
    key = f"chest/{film.stem}"
    pixels = kit.grey(key, film.height, film.width)
    if film.kind == "P":
        grey_of = kit.rng(key + "/palette").permutation(256)  # indices are not the grey values
        kit.save_palette(path, pixels, [(int(g), int(g), int(g)) for g in grey_of])
        pixels = grey_of[pixels].astype(np.uint8)
    elif film.kind == "RGB":
        stack = np.stack([pixels] * 3, axis=-1)
        if variant == "colour-image":
            stack[5, 7, 2] ^= 0x40
        kit.save(path, stack)
    else:
        kit.save(path, pixels)
    if variant == "cut-image" and film.stem == "MCUCXR_0001_0":
        path.write_bytes(path.read_bytes()[:500])
    return pixels


def _lungs(film: Film) -> tuple[Array, Array]:
    """The lung at the left and at the right edge of the picture; one column belongs to both."""
    height, width = film.height, film.width
    left, right = np.zeros((height, width), bool), np.zeros((height, width), bool)
    middle = width // 2
    left[4 : height - 6, 3 : middle + 1] = True
    left[4:9, 3:6] = False
    right[7 : height - 3, middle : width - 5] = True
    right[height - 8 :, middle : middle + 4] = False
    return left, right


def _row(film: Film, image: Array, mask: Array | None, **columns: Any) -> Row:
    prefix, number, state = film.stem.split("_")
    return Row(
        image_id=film.stem,
        image=image,
        mask=mask,
        source_file=f"CXR_png/{film.stem}.png",
        patient_id=f"{prefix}_{number}",
        columns={
            "label": "tuberculosis" if state == "1" else "normal",
            "collection": ORIGIN[prefix],  # ASSUMED: name of the column
            "age": film.age,
            "sex": film.sex,
        }
        | ({"finding": film.finding} if film.finding else {})
        | columns,
    )


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the mix or the originals and returns what must come out."""
    owner = ("montgomery", "shenzhen", "shenzhen-masks", "owner-both", "left-mask-missing")
    return _owner(folder, variant) if variant in owner else _mix(folder, variant)


def _mix(folder: Path, variant: str) -> Phantom:
    outer = folder / "archive"
    tree = outer / "Lung Segmentation"
    phantom = Phantom(raw=tree if variant == "single-tree" else outer, rows=[])
    for film in FILMS:
        name = f"{film.stem}.png"
        image = _picture(film, tree / "CXR_png" / name, variant)
        row = _row(film, image, None)
        reading = film.reading
        if variant == "infants" and film.stem == "CHNCXR_0001_0":
            reading, row.columns["age"] = "male 6months\nnormal", 0.5  # ASSUMED: months are twelfths of a year
        if variant == "no-readings":
            row.columns |= dict.fromkeys(("age", "sex", "finding"))
        else:
            kit.write(tree / "ClinicalReadings" / f"{film.stem}.txt", reading)
        rejected = ""
        if film.masked:
            rejected = _mix_mask(tree / "masks", film, row, variant)
        else:
            (tree / "test").mkdir(parents=True, exist_ok=True)
            shutil.copy(tree / "CXR_png" / name, tree / "test" / name)
            phantom.duplicate.append(f"test/{name}")
        if (variant, film.stem) in (
            ("colour-image", "CHNCXR_0327_1"),
            ("cut-image", "MCUCXR_0001_0"),
            ("twins-differ", "MCUCXR_0251_1"),
        ):
            rejected = name
        if rejected:
            phantom.rejected.append(rejected)
        else:
            phantom.rows.append(row)
    kit.write(tree / "NLM-MontgomeryCXRSet-ReadMe.pdf", b"%PDF-1.4\n%%EOF\n")
    kit.write(tree / "CXR_png" / "Thumbs.db", b"\xd0\xcf\x11\xe0")
    if variant in ("clean", "twins-differ"):
        twin = outer / "data" / "Lung Segmentation"
        shutil.copytree(tree, twin)
        different = ""
        if variant == "twins-differ":
            different = "CXR_png/MCUCXR_0251_1.png"
            kit.save(twin / different, kit.grey("chest/other", 40, 34))
        # The comparison ends at the first file that differs: what else belongs to a rejected case is not compared.
        inner = [n for n, _ in kit.files_of(twin) if n.endswith(".png") and not (different and Path(n).name == Path(different).name)]
        phantom.duplicate += [f"data/Lung Segmentation/{name}" for name in inner]
    return phantom


def _mix_mask(folder: Path, film: Film, row: Row, variant: str) -> str:
    """Writes the mask of one picture of the mix; returns the name that must be rejected, if any."""
    left, right = _lungs(film)
    truth = left | right
    file = folder / (f"{film.stem}_mask.png" if film.stem.startswith("CHN") else f"{film.stem}.png")
    pixels = truth.astype(np.uint8) * 255
    row.mask = truth.astype(np.uint8)
    if variant == "mask-missing" and film.stem in ("CHNCXR_0327_1", "MCUCXR_0001_0"):
        return film.stem
    if variant == "sizes-differ" and film.stem == "MCUCXR_0001_0":
        kit.save(file, pixels[:-1, :-1])
        return film.stem
    if variant == "soft-mask" and film.stem == "MCUCXR_0001_0":
        # ASSUMED: thresholded, not rejected
        pixels[2, 2:6] = (1, 127, 128, 254)
        row.mask[2, 2:6] = (0, 0, 1, 1)
    if film.kind == "RGB":
        pixels = np.stack([pixels] * 3, axis=-1)
    kit.save(file, pixels)
    return ""


def _owner(folder: Path, variant: str) -> Phantom:
    outer = folder / "Tuberculosis-Chest-X-ray-Datasets"
    phantom = Phantom(raw=outer, rows=[])
    for film in FILMS:
        montgomery = film.stem.startswith("MCU")
        if montgomery != (variant in ("montgomery", "left-mask-missing")) and variant != "owner-both":
            continue
        tree = outer / ("MontgomerySet" if montgomery else "ChinaSet_AllFiles")
        image = _picture(film, tree / "CXR_png" / f"{film.stem}.png", variant)
        kit.write(tree / "ClinicalReadings" / f"{film.stem}.txt", film.reading)
        left, right = _lungs(film)
        truth = (left | right).astype(np.uint8)
        row = _row(film, image, None)
        if montgomery:
            lacking = variant == "left-mask-missing" and film.stem == "MCUCXR_0251_1"
            if not lacking:
                kit.save(tree / "ManualMask" / "leftMask" / f"{film.stem}.png", left)
            kit.save(tree / "ManualMask" / "rightMask" / f"{film.stem}.png", right)
            row.mask = truth
            row.columns |= {
                "mask_image_left": left.astype(np.uint8),  # ASSUMED: names of the side columns
                "mask_image_right": right.astype(np.uint8),
            }
            if lacking:
                phantom.rejected.append(film.stem)
                continue
        elif variant in ("shenzhen-masks", "owner-both") and film.masked:
            kit.save(outer / "mask" / "mask" / f"{film.stem}_mask.png", truth * 255)
            row.mask = truth
        phantom.rows.append(row)
    if (outer / "MontgomerySet").exists():
        kit.write(outer / "MontgomerySet" / "montgomery_consensus_roi.csv", "filename,label\nMCUCXR_0001_0.png,0\n")
        kit.write(outer / "MontgomerySet" / "NLM-MontgomeryCXRSet-ReadMe.pdf", b"%PDF-1.4\n%%EOF\n")
        kit.write(outer / "MontgomerySet" / "CXR_png" / "Thumbs.db", b"\xd0\xcf\x11\xe0")
        phantom.not_used.append("montgomery_consensus_roi.csv")
    if variant == "shenzhen":
        lesion = outer / "ChinaSet_AllFiles" / "Annotations" / "CHNCXR_0327_1.png"
        kit.save(lesion, kit.disc(29, 38, 9, 12, 5))
        kit.write(outer / "ChinaSet_AllFiles" / "shenzhen_consensus_roi.csv", "filename,label\nCHNCXR_0327_1.png,1\n")
        phantom.not_used += ["Annotations/CHNCXR_0327_1.png", "shenzhen_consensus_roi.csv"]
    return phantom
