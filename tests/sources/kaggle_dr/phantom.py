"""Kaggle Diabetic Retinopathy Detection (2015): train/ and test/ JPEGs named by patient and eye, two label tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.kit import Array, Phantom, Row, as_zip, colour, save, save_jpeg, write

VARIANTS: dict[str, str] = {
    "clean": "train, test, both tables; the black picture 492_right is kept and known",
    "zipped": "train.zip and test.zip joined but not unpacked, tables as .csv.zip",
    "train_only": "train/ and its table alone, as in the torrent",
    "no_solution": "no table for the test pictures: their label is null",
    "test_labels": "the solution circulates as testLabels.csv",
    "with_sample": "sample/ beside train/, with byte-identical copies of training pictures",
    "tables_dressed": "tables saved again by a spreadsheet: byte order mark, CRLF, semicolons",
    "quoted": "tables whose fields stand in quotes, columns in another order",
    "unreadable_known": "492_right is cut off: a known defect, no row",
    "missing_labels": "an incomplete copy of the labels without 10_right",
    "bad_tables": "a level nobody declared, a picture listed twice with different levels",
    "bad_images": "a cut picture, an empty one, one in printing colours (CMYK)",
    "missing_column": "trainLabels.csv without the column level",
    "split_zips": "train.zip.001 and .002 as downloaded: must be joined first",
    "resized": "a re-host with class folders 0 to 4 and PNG files",
    "mixed": "PNG copies among the JPEG files of train/",
    "aptos": "the challenge of 2019, which is another data set: train_images with PNG files and train.csv",
}
GRADES = ["no_dr", "mild", "moderate", "severe", "proliferative"]
# patient, eye, level; numbers are not zero padded and count as numbers.
TRAIN = [
    (10, "left", 0),
    (10, "right", 0),
    (15, "left", 1),
    (15, "right", 2),
    (492, "left", 0),
    (492, "right", 0),
    (10003, "left", 4),
    (10003, "right", 3),
]
TEST = [(1, "left", 0, "Private"), (1, "right", 0, "Private"), (9, "left", 2, "Public"), (9, "right", 1, "Public")]
SECRET = "Planted Photographer Ilse Quast"


def fundus(name: str, height: int, width: int, black: bool = False) -> Array:
    """A bright field on black, or a nearly black picture."""
    noise = colour(f"kaggle-dr/{name}", height, width)
    if black:
        return noise // 64
    y, x = np.mgrid[:height, :width]
    field = (y - height * 0.52) ** 2 + (x - width * 0.47) ** 2 < (height * 0.45) ** 2
    return np.where(field[..., None], noise // 2 + np.array([120, 60, 20], np.uint8), 2).astype(np.uint8)


def picture(top: Path, split: str, patient: int, eye: str) -> Row:
    """Writes one photograph and returns its row, without a label."""
    stem = f"{patient}_{eye}"
    height, width = (34, 48) if patient % 2 else (30, 44)
    options: dict[str, Any] = {}
    if stem == "10_left":
        exif = Image.Exif()
        exif[0x013B] = SECRET
        options["exif"] = exif
    pixels = fundus(stem, height, width, black=stem == "492_right")
    decoded = save_jpeg(top / split / f"{stem}.jpeg", pixels, **options)
    return Row(stem, decoded, None, f"{split}/{stem}.jpeg", split, str(patient), {"laterality": eye})


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below `folder`."""
    top = folder / "diabetic-retinopathy-detection"
    rows: list[Row] = []
    train = ["image,level\n"]
    for patient, eye, level in TRAIN:
        row = picture(top, "train", patient, eye)
        # ASSUMED: the grade is the column `label`, the lists of the challenge's scoring are the column `usage`.
        row.columns |= {"label": GRADES[level], "usage": None}
        rows.append(row)
        train.append(f"{row.image_id},{level}\n")
    solution = ["image,level,Usage\n"]
    for patient, eye, level, usage in TEST:
        if variant == "train_only":
            break
        row = picture(top, "test", patient, eye)
        known = variant != "no_solution"
        row.columns |= {"label": GRADES[level] if known else None, "usage": usage.lower() if known else None}
        rows.append(row)
        solution.append(f"{row.image_id},{level},{usage}\n")
    write(top / "trainLabels.csv", "".join(train[:1] + train[:0:-1]))  # in no useful order
    if variant != "train_only":
        empty = [line.split(",")[0] + ",0\n" for line in solution[1:]]
        write(top / "sampleSubmission.csv", "image,level\n" + "".join(empty))
        if variant != "no_solution":
            name = "testLabels.csv" if variant == "test_labels" else "retinopathy_solution.csv"
            write(top / name, "".join(solution))
    # ASSUMED: the pictures that several readers exclude are kept where they decode, and reported as known.
    promise = Phantom(folder, rows, known=["492_right.jpeg"], secrets=[SECRET])
    tables(promise, top, variant)
    pictures(promise, folder, top, variant)
    return promise


def drop(promise: Phantom, *stems: str) -> None:
    """Takes rows out of the promise."""
    promise.rows = [row for row in promise.rows if row.image_id not in stems]


def tables(promise: Phantom, top: Path, variant: str) -> None:
    """Variants of the tables."""
    labels = top / "trainLabels.csv"
    if variant == "tables_dressed":
        for path in top.glob("*.csv"):
            path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b",", b";").replace(b"\n", b"\r\n"))
    elif variant == "quoted":
        lines = (line.split(",") for line in labels.read_text().splitlines())
        labels.write_text("".join(f'"{level}","{image}"\n' for image, level in lines))
    elif variant == "missing_labels":  # ASSUMED: a training picture without its label is rejected, with advice
        labels.write_text(labels.read_text().replace("10_right,0\n", ""))
        promise.rejected = ["10_right"]
        drop(promise, "10_right")
    elif variant == "bad_tables":
        labels.write_text(labels.read_text().replace("15_left,1", "15_left,7") + "10003_left,0\n10_left,0\n")
        promise.rejected = ["15_left", "10003_left"]  # 10_left is listed twice with the same level: harmless
        drop(promise, "15_left", "10003_left")
    elif variant == "missing_column":
        labels.write_text("".join(line.split(",")[0] + "\n" for line in labels.read_text().splitlines()))
        promise.rows, promise.known, promise.refused = [], [], True


def pictures(promise: Phantom, folder: Path, top: Path, variant: str) -> None:
    """Variants of the pictures and of their packing."""
    train = top / "train"
    if variant in ("zipped", "split_zips"):
        packed = folder / "download"
        for split in ["train", "test"]:
            as_zip(top, packed / f"{split}.zip", only=[f"{split}/"])
        for table in ["trainLabels.csv", "sampleSubmission.csv"]:
            as_zip(top, packed / f"{table}.zip", only=[table])
        write(packed / "retinopathy_solution.csv", (top / "retinopathy_solution.csv").read_bytes())
        promise.raw = packed
        if variant == "split_zips":
            for split in ["train", "test"]:
                data = (packed / f"{split}.zip").read_bytes()
                (packed / f"{split}.zip").unlink()
                write(packed / f"{split}.zip.001", data[: len(data) // 2])
                write(packed / f"{split}.zip.002", data[len(data) // 2 :])
            promise.rows, promise.known, promise.refused = [], [], True
    elif variant == "with_sample":
        for stem in ["10_left", "10_right", "15_left"]:
            write(top / "sample" / f"{stem}.jpeg", (train / f"{stem}.jpeg").read_bytes())
        promise.duplicate = [f"sample/{stem}.jpeg" for stem in ("10_left", "10_right", "15_left")]
    elif variant == "unreadable_known":  # ASSUMED: a file that readers exclude and that does not decode gives no row
        path = train / "492_right.jpeg"
        path.write_bytes(path.read_bytes()[:120])
        drop(promise, "492_right")
    elif variant == "bad_images":
        path = train / "10_right.jpeg"
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        write(train / "15_left.jpeg", b"")
        Image.fromarray(fundus("inks", 30, 44)).convert("CMYK").save(train / "10003_left.jpeg", "JPEG")
        promise.rejected = ["10_right.jpeg", "15_left.jpeg", "10003_left.jpeg"]
        drop(promise, "10_right", "15_left", "10003_left")
    elif variant == "resized":
        promise.raw = folder / "resized"
        for patient, eye, level in TRAIN:
            save(promise.raw / str(level) / f"{patient}_{eye}.png", fundus(f"{patient}_{eye}", 24, 24))
        write(promise.raw / "trainLabels.csv", (top / "trainLabels.csv").read_bytes())
        promise.rows, promise.known, promise.refused = [], [], True
    elif variant == "aptos":
        promise.raw = folder / "aptos2019-blindness-detection"
        names = [f"{number:012x}" for number in (0x24CFA151, 0x83038977, 0x2FCB03B0)]
        for name in names:
            save(promise.raw / "train_images" / f"{name}.png", fundus(name, 30, 40))
        write(promise.raw / "train.csv", "id_code,diagnosis\n" + "".join(f"{name},1\n" for name in names))
        promise.rows, promise.known, promise.refused = [], [], True
    elif variant == "mixed":
        for stem in ["15_left", "10003_right"]:
            (train / f"{stem}.jpeg").unlink()
            save(train / f"{stem}.png", fundus(stem, 24, 24))
        promise.rows, promise.known, promise.refused = [], [], True
