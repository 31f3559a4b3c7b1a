"""BCSS: images/<slide>_xmin.._ymin.._MPP-0.2500.png and masks of the same names holding the owner's codes; meta/ beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, colour, disc, save, save_palette, write

TIERS = {"": "open"}
VARIANTS: dict[str, str] = {
    "clean": "as the owner's script makes it, with the tables",
    "zip": "the same, packed",
    "drive": "the folder of normalised colours, without tables",
    "both": "plain and normalised pictures beside each other",
    "missing_mask": "one picture has no mask",
    "unknown_code": "one mask holds a code that the owner has not",
    "other_codes": "a table of codes of something else",
}

_NAMES = [
    "TCGA-A1-A0SK-DX1_xmin45749_ymin25055_MPP-0.2500",
    "TCGA-A2-A04P-DX1_xmin104246_ymin48517_MPP-0.2500",
    "TCGA-OL-A5D6-DX1_xmin115108_ymin40554_MPP-0.2500",
]
_LABELS = (
    *("outside_roi", "tumor", "stroma", "lymphocytic_infiltrate", "necrosis_or_debris", "glandular_secretions", "blood", "exclude"),
    *("metaplasia_NOS", "fat", "plasma_cells", "other_immune_infiltrate", "mucoid_material", "normal_acinus_or_duct", "lymphatics"),
    *("undetermined", "nerve", "skin_adnexa", "blood_vessel", "angioinvasion", "dcis", "other"),
)


def _codes(place: int) -> Array:
    """Stored codes: all 22 in rows, with a disc of nobody looked at."""
    codes = np.repeat(np.arange(22, dtype=np.uint8), 2)[:, None] * np.ones((1, 50), np.uint8)
    codes[disc(44, 50, 22, 10 + 9 * place, 6)] = 0
    return codes


def _truth(codes: Array) -> Array:
    truth = np.where(codes > 7, codes - 1, codes)
    truth[(codes == 0) | (codes == 7)] = 255
    return truth.astype(np.uint8)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "BCSS"
    phantom = Phantom(raw=raw, rows=[], refused=variant == "other_codes")
    for place, name in enumerate(_NAMES):
        image, codes, odd = colour(name, 44, 50), _codes(place), place == 1
        normalized = variant == "drive"
        where = "rgbs_colorNormalized" if normalized else "images"
        save(raw / where / f"{name}.png", image)
        if variant == "both":
            save(raw / "rgbs_colorNormalized" / f"{name}.png", colour(f"other {name}", 44, 50))
            phantom.not_used.append(f"rgbs_colorNormalized/{name}.png")
        if odd and variant == "unknown_code":
            codes[3, 3] = 22
        if place == 2:  # as palettes keep codes
            save_palette(raw / "masks" / f"{name}.png", codes, [(11 * k, 255 - 7 * k, k) for k in range(22)])
        elif not (odd and variant == "missing_mask"):
            save(raw / "masks" / f"{name}.png", codes)
        if odd and variant in ("missing_mask", "unknown_code"):
            phantom.rejected.append(f"masks/{name}.png")
            continue
        slide, left, top, _ = name.split("_")
        columns = {
            "slide": slide,
            "x_min": int(left[4:]),
            "y_min": int(top[4:]),
            "microns_per_pixel": 0.25,
            "colour_normalized": normalized,
        }
        phantom.rows.append(Row(name, image, _truth(codes), f"{where}/{name}.png", patient_id=slide[:12], columns=columns))
    if variant != "drive":
        labels = _LABELS[::-1] if variant == "other_codes" else _LABELS
        write(raw / "meta/gtruth_codes.tsv", "label\tGT_code\n" + "".join(f"{label}\t{code}\n" for code, label in enumerate(labels)))
        write(raw / "meta/roiBounds.csv", ",xmin,ymin,xmax,ymax,mask_link\n")
        write(raw / "logs/run.log", "done\n")
        phantom.not_used += ["meta/roiBounds.csv", "logs/run.log"]
    if phantom.refused:
        phantom.rows = []
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "BCSS.zip", top="BCSS/")
    return phantom
