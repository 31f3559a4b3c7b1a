"""DENTEX: COCO-like JSON with three lists of categories; folders with hyphens in one archive, with underscores in the other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, grey, save, write

TIERS = {"": "noncommercial"}
VARIANTS: dict[str, str] = {
    "clean": "both archives unpacked, with a level that is not used",
    "zips": "the archives as downloaded",
    "train_only": "the validation pictures were not fetched: noted",
    "not_listed": "one picture is not listed",
    "missing_picture": "one picture is listed and not there",
    "strange_diagnosis": "the file calls a diagnosis otherwise",
    "resized": "one picture is smaller than the one that was drawn on",
}

CLASSES = ("impacted", "caries", "periapical_lesion", "deep_caries")
_NAMES = ["Impacted", "Caries", "Periapical Lesion", "Deep Caries"]
_H, _W = 40, 60
_Tooth = tuple[int, int, int, tuple[int, int, int, int]]  # quadrant, number, diagnosis, box
_PICTURES: dict[str, dict[str, list[_Tooth]]] = {
    "train": {"train_0": [(0, 7, 0, (2, 3, 12, 20))], "train_1": [(2, 5, 1, (5, 5, 15, 30)), (2, 5, 3, (5, 5, 15, 30))]},
    "validation": {"val_0": [(3, 0, 2, (20, 10, 33, 22))], "val_10": []},
}
_ODD = "train_1"


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "DENTEX"
    phantom = Phantom(raw=raw, rows=[], not_used=["train_quadrant.json"])
    for split, pictures in _PICTURES.items():
        coco: dict[str, Any] = {"images": [], "annotations": []}
        coco["categories_1"] = [{"id": k, "name": str(k + 1), "supercategory": str(k + 1)} for k in range(4)]
        coco["categories_2"] = [{"id": k, "name": str(k + 1), "supercategory": str(k + 1)} for k in range(8)]
        names = ["Impacted", "Decay", *_NAMES[2:]] if variant == "strange_diagnosis" and split == "train" else _NAMES
        coco["categories_3"] = [{"id": k, "name": name, "supercategory": name} for k, name in enumerate(names)]
        level = "quadrant-enumeration-disease" if split == "train" else "quadrant_enumeration_disease"
        top = "training_data" if split == "train" else "validation_data"
        for number, (stem, teeth) in enumerate(pictures.items(), 1):
            odd = stem == _ODD
            size = (_H // 2, _W // 2) if odd and variant == "resized" else (_H, _W)
            image = grey(f"dentex {stem}", *size)
            there = not (odd and variant == "missing_picture") and not (split == "validation" and variant == "train_only")
            if there:
                save(raw / top / level / f"xrays/{stem}.png", image)
            mask, instances = np.zeros((_H, _W), np.uint8), np.zeros((_H, _W), np.uint16)
            listed = not (odd and variant == "not_listed")
            if listed:
                coco["images"].append({"id": number, "width": _W, "height": _H, "file_name": f"{stem}.png"})
            for k, (quadrant, tooth, diagnosis, (x0, y0, x1, y1)) in enumerate(teeth, 1):
                ids = {"category_id_1": quadrant, "category_id_2": tooth, "category_id_3": diagnosis}
                outline = [[x0, y0, x1, y0, x1, y1, x0, y1]]
                one = {"id": len(coco["annotations"]) + 1, "image_id": number, "iscrowd": 0, "area": 1, "bbox": [x0, y0, x1 - x0, y1 - y0]}
                if listed:
                    coco["annotations"].append({**one, **ids, "segmentation": outline})
                np.maximum(mask[y0:y1, x0:x1], diagnosis + 1, out=mask[y0:y1, x0:x1])
                instances[y0:y1, x0:x1] = k
            if odd and variant in ("not_listed", "missing_picture", "strange_diagnosis", "resized"):
                phantom.rejected.append(stem if variant in ("not_listed", "missing_picture") else "train_quadrant_enumeration_disease.json")
            elif there:
                columns = {"instances": instances, "mask_overlap": len(teeth) > 1}
                phantom.rows.append(Row(stem, image, mask, f"{level}/xrays/{stem}.png", split, columns=columns))
        place = f"{top}/{level}/train_quadrant_enumeration_disease.json" if split == "train" else "validation_triple.json"
        write(raw / place, json.dumps(coco))
    write(raw / "training_data/quadrant/train_quadrant.json", "{}")
    if variant == "train_only":
        phantom.known.append("validation_triple.json")
    if variant == "zips":
        packed = folder / "download"
        for name in ("training_data", "validation_data"):
            as_zip(raw, packed / f"{name}.zip", only=[f"{name}/"])
        write(packed / "validation_triple.json", (raw / "validation_triple.json").read_bytes())
        phantom.raw = packed
    return phantom
