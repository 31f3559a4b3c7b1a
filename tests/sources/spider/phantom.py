"""SPIDER: packed MetaImage of 16 bits in sagittal slices, masks that number vertebrae and discs, two tables with CRLF."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as Itk

from tests.support.kit import Array, Phantom, Row, as_zip, natural, rng, write
from tests.support.nifti import stored

VARIANTS: dict[str, str] = {
    "clean": "images/, masks/, both tables",
    "zips": "the owner's two zips beside the tables",
    "no_tables": "without the tables: all in train",
    "mask_missing": "a series without its mask",
    "value_26": "a mask holds 26, which is nothing",
    "mask_moved": "a mask 3 mm beside its image",
}

SHAPE, SPACING, ORIGIN = (5, 12, 10), (0.5, 0.6, 4.0), (-8.0, 20.0, 30.0)  # slices go from right to left, rows down, columns back
DIRECTION = (0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, -1.0, 0.0)  # of columns, rows and slices, as columns of the matrix
SERIES = (("1_t1", "training"), ("1_t2", "training"), ("10_t2_SPACE", "validation"))
FACTS: dict[str, Any] = {"1": ("F ", "", "7", "7", None, "female"), "10": ("M", "54.0", "7", "6", 54.0, "male")}


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes three series and says what must come out."""
    tree = folder / "raw"
    rows: list[Row] = []
    volumes: list[Row] = []
    promise = Phantom(tree, rows, {"volumes": volumes})
    tables = variant != "no_tables"
    lines = ["new_file_name,num_vertebrae,num_discs,sex,birth_date,subset,DeviceSerialNumber"]
    for number, (name, subset) in enumerate(SERIES):
        patient = name.partition("_")[0]
        sex, birth, vertebrae, discs, age, named = FACTS[patient]
        lines.append(f"{name},{vertebrae},{discs},{sex},{birth},{subset},12345")
        image = rng(f"spider {name}").integers(-50, 1500, SHAPE).astype(np.int16)
        numbers = _numbers()
        damaged = number == 0 and variant in ("mask_missing", "value_26", "mask_moved")
        _save(tree / f"images/{name}.mha", image)
        if not (damaged and variant == "mask_missing"):
            drawn = np.where(numbers == 2, 26, numbers) if damaged and variant == "value_26" else numbers
            origin = (ORIGIN[0], ORIGIN[1] + 3, ORIGIN[2]) if damaged and variant == "mask_moved" else ORIGIN
            _save(tree / f"masks/{name}.mha", drawn.astype(np.int16), origin)
        if damaged:
            promise.rejected.append(name)
            continue
        picture, intercept = stored(image)
        mask = np.select([numbers == 100, numbers >= 200, numbers > 0], [3, 2, 1], 0).astype(np.uint8)
        split = {"training": "train", "validation": "validation"}[subset] if tables else "train"
        graded = [{"disc": 1, "modic": 2, "pfirrmann": 4, "bulging": 0}, {"disc": 2, "modic": 0, "pfirrmann": 5, "bulging": 1}]
        columns: dict[str, Any] = {
            "sequence": name.partition("_")[2].lower(),
            "age": age if tables else None,
            "sex": named if tables else None,
            "num_discs": int(discs) if tables else None,
            "gradings": graded if tables and patient == "1" else None,
            "mask_origin": "corrected",
            "rescale_intercept": intercept,
        }
        path = f"images/{name}.mha"
        kept = numbers.astype(np.uint16)
        for k in range(SHAPE[0]):
            place = {
                "slice_index": k,
                "image_position": [ORIGIN[0] + 4.0 * k, ORIGIN[1], ORIGIN[2]],
                "pixel_spacing": [0.6, 0.5],
                "plane": "sagittal",
            }
            beside = {
                **columns,
                **place,
                "volume_id": name,
                "instances": kept[k][::-1],
                "image_orientation": [0.0, 1.0, 0.0, 0.0, 0.0, 1.0],
            }
            beside["image_position"] = [ORIGIN[0] + 4.0 * k, ORIGIN[1], ORIGIN[2] - 0.6 * 11]
            rows.append(Row(f"{name}_{k:04d}", picture[k][::-1], mask[k][::-1], path, split, patient, beside))
        turned = {**columns, "volume_id": name, "instances": kept[:, ::-1]}
        volumes.append(Row(name, picture[:, ::-1], mask[:, ::-1], path, split, patient, turned))
    if tables:
        write(tree / "overview.csv", "\r\n".join(lines) + "\r\n")
        head = (
            "Patient,IVD label,Modic,UP endplate,LOW endplate,Spondylolisthesis,Disc herniation,Disc narrowing,Disc bulging,Pfirrman grade"
        )
        write(tree / "radiological_gradings.csv", f"{head}\r\n1,1,2,0,0,0,0,0,0,4\r\n1,2,0,0,0,0,0,1,1,5\r\n")
    if variant == "zips":
        packed = folder / "packed"
        for part in ("images", "masks"):
            as_zip(tree, packed / f"{part}.zip", only=[f"{part}/"])
        for table in tree.glob("*.csv"):
            write(packed / table.name, table.read_bytes())
        promise.raw = packed
    rows.sort(key=lambda row: natural(row.image_id))
    return promise


def _numbers() -> Array:
    """Two vertebrae, a cut one, two discs and the canal."""
    numbers = np.zeros(SHAPE, np.uint8)
    for row, value in ((0, 103), (3, 2), (6, 1)):
        numbers[1:4, row : row + 2, 1:5] = value
    for row, value in ((2, 202), (5, 201)):
        numbers[1:4, row, 1:5] = value
    numbers[1:4, :, 7] = 100
    return numbers


def _save(path: Path, array: Array, origin: Any = ORIGIN) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Itk.GetImageFromArray(array)
    image.SetSpacing(SPACING)
    image.SetOrigin(origin)
    image.SetDirection(DIRECTION)
    Itk.WriteImage(image, str(path), True)
