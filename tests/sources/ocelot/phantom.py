"""OCELOT: images/<split>/tissue/<n>.jpg, annotations/<split>/tissue/<n>.png of 1, 2 and 255, metadata.json."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, colour, disc, save, save_jpeg, write

VARIANTS: dict[str, str] = {
    "clean": "tissue and cell patches, three splits, metadata",
    "zip": "ocelot2023_v1.0.1.zip",
    "other_metadata": "metadata of another form: noted",
    "missing_mask": "one patch has no mask",
    "zero": "one mask holds 0, which the owners do not use",
}

_PATCHES = [("train", "001", "TCGA-AA-0001-01Z-00-DX1"), ("train", "002", "TCGA-AA-0001-01Z-00-DX2"), ("val", "401", "TCGA-BB-7777-01Z")]
_ODD = "002"


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "ocelot2023_v1.0.1"
    phantom = Phantom(raw=raw, rows=[], not_used=["cell/001.csv"])
    pairs = {}
    for place, number, slide in _PATCHES:
        odd = number == _ODD
        image = save_jpeg(raw / f"images/{place}/tissue/{number}.jpg", colour(f"ocelot {number}", 30, 30))
        save_jpeg(raw / f"images/{place}/cell/{number}.jpg", colour(f"ocelot cell {number}", 30, 30))
        write(raw / f"annotations/{place}/cell/{number}.csv", "3,4,1\n")
        cancer, unknown = disc(30, 30, 12, 14, 7), disc(30, 30, 25, 25, 3)
        stored = np.where(cancer, 2, 1).astype(np.uint8)
        stored[unknown] = 255
        mask = cancer.astype(np.uint8)
        mask[unknown] = 255
        if odd and variant == "zero":
            stored[0, 0] = 0
        if not (odd and variant == "missing_mask"):
            save(raw / f"annotations/{place}/tissue/{number}.png", stored)
        pairs[number] = {"slide_name": slide, "organ": "kidney", "subset": place}
        if odd and variant in ("missing_mask", "zero"):
            phantom.rejected.append("002")
            continue
        known = variant != "other_metadata"
        columns = {"slide": slide if known else None, "organ": "kidney" if known else None}
        source_file, split = f"images/{place}/tissue/{number}.jpg", {"val": "validation"}.get(place, place)
        phantom.rows.append(Row(number, image, mask, source_file, split, patient_id=slide[:12] if known else None, columns=columns))
    write(raw / "metadata.json", json.dumps(list(pairs.values()) if variant == "other_metadata" else {"sample_pairs": pairs}))
    if variant == "other_metadata":
        phantom.known.append("metadata.json")
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "download" / "ocelot2023_v1.0.1.zip", top="ocelot2023_v1.0.1/")
    return phantom
