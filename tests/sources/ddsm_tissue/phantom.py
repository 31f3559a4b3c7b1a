"""DDSM breast tissue: `segmentation_data/{train_valid,test}/{fgt_seg,fgt_seg_labels}`, labels named `<stem>_LI.png`."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support import kit
from tests.support.kit import Array, Phantom, Row

VARIANTS: dict[str, str] = {
    "clean": "the repository as cloned; every label map holds exactly 64, 128, 192 and 255; pectoral muscle left or right",
    "data-folder": "only segmentation_data was kept and is what the user passes",
    "main-folder": "top folder of the owner's zip: Mammogram-segmentation-main",
    "rehost": "unpacked re-host: the original folders beside derived 512 x 512 JPEG folders, which are not used",
    "other-views": "stems that differ only after the first dot, left breast and second view",
    "label-missing": "an image without its label map: rejected",
    "undeclared-zero": "a label map with a 0: rejected",
    "smeared": "a label map with values beside the declared ones: rejected",
    "sizes-differ": "a label map turned on its side: rejected",
    "cut-label": "a label map cut short: rejected",
}

CASES = {
    "train_valid": ["A_0002_1.RIGHT_MLO", "A_0014_1.RIGHT_MLO", "B_3602_1.RIGHT_MLO", "D_4597_1.RIGHT_MLO"],
    "test": ["A_0040_1.RIGHT_MLO", "B_3627_1.RIGHT_MLO"],
}
MORE = ["A_0014_1.LEFT_MLO", "A_0014_1.RIGHT_CC"]
SPLITS = {"train_valid": "train", "test": "test"}
TARGET = "A_0014_1.RIGHT_MLO"
HEIGHT, WIDTH = 40, 20


def _truth(stem: str) -> Array:
    """Class indices: 0 background, 1 adipose, 2 fibroglandular, 3 pectoral."""
    shift = int(kit.rng(f"tissue/{stem}").integers(0, 4))
    truth = np.zeros((HEIGHT, WIDTH), np.uint8)
    truth[kit.disc(HEIGHT, WIDTH, 20 + shift, 4, 12)] = 1
    truth[kit.disc(HEIGHT, WIDTH, 23 + shift, 6, 5 + shift / 2)] = 2
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    truth[x + y / 2 < 5 + shift] = 3
    if stem.startswith(("B_", "D_4597")):
        truth = np.ascontiguousarray(truth[:, ::-1])
    return truth


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the repository and returns what must come out."""
    outer = folder / ("Mammogram-segmentation-main" if variant == "main-folder" else "Mammogram-segmentation")
    data = outer if variant == "rehost" else outer / "segmentation_data"
    phantom = Phantom(raw=data if variant == "data-folder" else outer, rows=[])
    for part, stems in CASES.items():
        if variant == "other-views" and part == "train_valid":
            stems = sorted(stems + MORE)
        for stem in stems:
            image = kit.grey(f"tissue/image/{stem}", HEIGHT, WIDTH)
            image[0, :2] = (0, 255)  # every picture spans the whole range
            kit.save(data / part / "fgt_seg" / f"{stem}.png", image)
            truth = _truth(stem)
            pixels = np.array([64, 128, 192, 255], np.uint8)[truth]
            label = data / part / "fgt_seg_labels" / f"{stem}_LI.png"
            rejected = stem == TARGET and _damaged(label, pixels, variant)
            if rejected:
                phantom.rejected.append(stem)
                continue
            kit.save(label, pixels)
            phantom.rows.append(
                Row(
                    image_id=stem,
                    image=image,
                    mask=truth,
                    source_file=f"{part}/fgt_seg/{stem}.png",
                    split=SPLITS[part],
                    patient_id=stem[:6],
                    columns={
                        "laterality": "left" if ".LEFT" in stem else "right",
                        "view": stem.rpartition("_")[2],
                    },
                )
            )
    kit.write(data / "readme.md", "# Segmentation data\n\n64 background, 128 adipose, 192 fibroglandular, 255 pectoral\n")
    if variant == "rehost":
        for stem in ("A_0002_1.RIGHT_MLO", "inverted_A_0002_1.RIGHT_MLO"):
            for part in ("images", "masks"):
                kit.save_jpeg(data / "train" / part / f"{stem}.jpg", kit.colour(f"tissue/{part}/{stem}", 32, 32))
                phantom.not_used.append(f"train/{part}/{stem}.jpg")
    elif variant != "data-folder":
        kit.write(outer / "README.md", "# Mammogram-segmentation\n")
        kit.write(outer / "data.py", "import os\n")
    return phantom


def _damaged(label: Path, pixels: Array, variant: str) -> bool:
    """Writes the target's label map as the variant has it; False if the variant leaves it alone."""
    if variant == "label-missing":
        return True
    changed = pixels.copy()
    if variant == "undeclared-zero":
        changed[3, 5:8] = 0
    elif variant == "smeared":
        changed[pixels == 128] = 127
    elif variant == "sizes-differ":
        changed = np.ascontiguousarray(pixels.T)
    elif variant != "cut-label":
        return False
    kit.save(label, changed)
    if variant == "cut-label":
        label.write_bytes(label.read_bytes()[:60])
    return True
