"""COVID-QU-Ex: <part>/<part>/<split>/<group>/{images,lung masks,infection masks}/<name>.png, masks of 0 and 255."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, disc, grey, save

VARIANTS: dict[str, str] = {
    "clean": "both parts as Kaggle packs them: the name of each twice",
    "zip": "the archive as downloaded",
    "lungs_alone": "the part for lungs alone",
    "missing_mask": "one radiograph has no lung mask",
    "soft": "one lung mask was saved with loss",
}

_FILES = [
    ("Train", "COVID-19", "covid_1579"),
    ("Train", "Non-COVID", "non_COVID (11905)"),
    ("Val", "Normal", "Normal (101)"),
    ("Test", "COVID-19", "covid_1"),
]
_SPLITS = {"Train": "train", "Val": "validation", "Test": "test"}


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "covidqu"
    phantom = Phantom(raw=raw, rows=[])
    infected: list[Row] = []
    for part in ("Lung Segmentation Data", "Infection Segmentation Data"):
        if part.startswith("Infection") and variant == "lungs_alone":
            continue
        for split, group, stem in _FILES:
            top, odd = raw / part / part / split / group, group == "Non-COVID" and part.startswith("Lung")
            image = grey(f"{part} {stem}", 32, 32)
            lung = disc(32, 32, 16, 9, 6) | disc(32, 32, 16, 22, 6)
            infection = disc(32, 32, 22, 22, 5) & (group == "COVID-19")
            save(top / "images" / f"{stem}.png", image)
            if odd and variant == "soft":
                save(top / "lung masks" / f"{stem}.png", np.where(lung, 251, 2).astype(np.uint8))
            elif not (odd and variant == "missing_mask"):
                save(top / "lung masks" / f"{stem}.png", lung.astype(np.uint8) * np.uint8(255))
            if part.startswith("Infection"):
                save(top / "infection masks" / f"{stem}.png", infection.astype(np.uint8) * np.uint8(255))
            if odd and variant in ("soft", "missing_mask"):
                phantom.rejected.append(f"lung masks/{stem}.png")
                continue
            image_id, source_file = f"{_SPLITS[split]}_{group}_{stem}", f"{part}/{split}/{group}/images/{stem}.png"
            truth = lung.astype(np.uint8)
            if part.startswith("Lung"):
                phantom.rows.append(Row(image_id, image, truth, source_file, _SPLITS[split], columns={"label": group}))
                continue
            columns = {"label": group, "mask_lung": truth.copy(), "mask_infection": infection.astype(np.uint8)}
            truth[infection] = 2
            infected.append(Row(image_id, image, truth, source_file, _SPLITS[split], columns=columns))
    if infected:
        phantom.configs = {"infection": infected}
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "archive.zip")
    return phantom
