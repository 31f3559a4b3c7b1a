"""ISIC 2017: per split a data folder (JPEG pictures, superpixel PNGs, a metadata table) and the ground truth of Part 1.

Beside them lie the superpixel features of Part 2 (JSON folders) and the diagnoses of Part 3 (one table per split).
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, colour, disc, grey, natural, save, save_jpeg, write

# Which editions may be published, by whoever read their terms: the facts must agree.
TIERS = {"": "open"}

VARIANTS: dict[str, str] = {
    "clean": "all files of the owner's page, unpacked side by side; tables with CRLF line ends",
    "zips": "the zips and tables as downloaded, in one folder",
    "part1_only": "pictures and masks of the three splits, without Parts 2 and 3: no diagnosis",
    "training_only": "only the training split was downloaded",
    "doubled": "re-host: every folder repeated inside itself, the Part 3 table in the outer data folder",
    "renamed_masks": "re-host: masks called <id>.png",
    "capital_suffix": "masks called <id>_Segmentation.png, as the task page writes",
    "integer_labels": "Part 3 tables re-saved: 0 and 1 instead of 0.0 and 1.0, LF line ends",
    "excel_tables": "Part 3 and metadata tables re-saved with a byte order mark and semicolons",
    "table_row_numbers": "the training Part 3 table of a copy that put row numbers for the ids: refused, naming it",
    "table_missing_column": "the training Part 3 table lacks seborrheic_keratosis: refused, naming it",
    "table_repeated_id": "the training Part 3 table names one picture twice, with different labels",
    "both_labels": "the training Part 3 table calls one picture melanoma and seborrheic keratosis at once",
    "missing_mask": "one training picture has no mask",
    "undeclared_value": "one mask holds 128",
    "size_differs": "one mask is smaller than its picture",
    "truncated": "one JPEG is cut short",
}

_SPLITS = {"Training": "train", "Validation": "validation", "Test_v2": "test"}

# token: id, height, width, age, sex, melanoma, seborrheic keratosis; the ids of the splits interleave
_PICTURES: dict[str, list[tuple[str, int, int, str, str, int, int]]] = {
    "Training": [
        ("ISIC_0000000", 30, 40, "55", "female", 0, 0),
        ("ISIC_0000002", 27, 36, "unknown", "unknown", 1, 0),
        ("ISIC_0015295", 36, 25, "30", "male", 0, 1),
    ],
    "Validation": [
        ("ISIC_0001769", 24, 32, "75", "male", 1, 0),
        ("ISIC_0015627", 26, 39, "5", "unknown", 0, 0),
    ],
    "Test_v2": [
        ("ISIC_0012086", 33, 44, "unknown", "female", 0, 1),
        ("ISIC_0016072", 25, 37, "60", "male", 0, 0),
    ],
}
_FEATURES = '{"pigment_network": [0, 1], "negative_network": [0, 0], "milia_like_cyst": [1, 0], "streaks": [0, 0]}'
_ODD = "ISIC_0000002"  # the picture that the variants about one file change


def _superpixels(seed: str, height: int, width: int) -> Array:
    """A superpixel map: the integer label R + 256 G + 65536 B."""
    label = grey(seed, height, width, 700, np.int64)
    return np.stack([label % 256, label // 256, label // 65536], axis=2).astype(np.uint8)


def _lesion(height: int, width: int) -> Array:
    """A lesion off the middle, with a bay."""
    shape = disc(height, width, height * 0.55, width * 0.4, height * 0.3)
    return shape & ~disc(height, width, height * 0.35, width * 0.5, height * 0.15)


def _tables(variant: str, token: str) -> tuple[bytes, bytes]:
    """The metadata table and the Part 3 table of a split."""
    excel = variant == "excel_tables"
    end = "\n" if variant == "integer_labels" else "\r\n"
    one, zero = ("1", "0") if variant == "integer_labels" else ("1.0", "0.0")
    metadata = [["image_id", "age_approximate", "sex"]]
    part3 = [["image_id", "melanoma", "seborrheic_keratosis"]]
    for number, (image_id, _, _, age, sex, melanoma, keratosis) in enumerate(_PICTURES[token]):
        metadata.append([image_id, age, sex])
        both = variant == "both_labels" and image_id == _ODD
        key = str(number) if variant == "table_row_numbers" and token == "Training" else image_id
        part3.append([key, one if melanoma else zero, one if keratosis or both else zero])
        if variant == "table_repeated_id" and image_id == _ODD:
            part3.append([key, zero, one])
    if variant == "table_missing_column" and token == "Training":
        part3 = [row[:2] for row in part3]
    comma, mark = (";", b"\xef\xbb\xbf") if excel else (",", b"")
    texts = [mark + "".join(comma.join(row) + end for row in table).encode() for table in (metadata, part3)]
    return texts[0], texts[1]


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    tree = folder / ("unpacked" if variant == "zips" else "isic-2017")
    phantom = Phantom(raw=tree, rows=[])
    tokens = ["Training"] if variant == "training_only" else list(_SPLITS)
    table_bad = {"table_row_numbers", "table_missing_column"}
    part3_used = variant != "part1_only"
    for token in tokens:
        data, part1, part2 = (f"ISIC-2017_{token}_{end}" for end in ("Data", "Part1_GroundTruth", "Part2_GroundTruth"))
        place = {name: tree / name / name if variant == "doubled" else tree / name for name in (data, part1, part2)}
        metadata, part3 = _tables(variant, token)
        write(place[data] / f"{data}_metadata.csv", metadata)
        if part3_used:
            write((tree / data if variant == "doubled" else tree) / f"ISIC-2017_{token}_Part3_GroundTruth.csv", part3)
        for image_id, height, width, age, sex, melanoma, keratosis in _PICTURES[token]:
            odd, bad = image_id == _ODD, ""
            image = save_jpeg(place[data] / f"{image_id}.jpg", colour(f"isic {image_id}", height, width))
            save(place[data] / f"{image_id}_superpixels.png", _superpixels(f"isic {image_id} s", height, width))
            phantom.not_used.append(f"{image_id}_superpixels.png")
            if part3_used:
                write(place[part2] / f"{image_id}_features.json", _FEATURES)
                phantom.not_used.append(f"{image_id}_features.json")
            suffix = {"renamed_masks": "", "capital_suffix": "_Segmentation"}.get(variant, "_segmentation")
            mask_name = f"{image_id}{suffix}.png"
            lesion = _lesion(height, width)
            stored = lesion.astype(np.uint8) * np.uint8(255)
            if variant == "undeclared_value" and odd:
                stored[2:4, 3:7], bad = 128, mask_name
            elif variant == "size_differs" and odd:
                stored, bad = stored[:, :-1].copy(), mask_name
            if variant == "missing_mask" and odd:
                bad = f"{image_id}.jpg"
            else:
                save(place[part1] / mask_name, stored)
            if variant == "truncated" and odd:
                jpeg = place[data] / f"{image_id}.jpg"
                bad = jpeg.name
                write(jpeg, jpeg.read_bytes()[:-200])
            if variant in ("table_repeated_id", "both_labels") and odd:
                # ASSUMED: a contradictory label rejects the picture it belongs to.
                bad = f"{image_id}.jpg"
            if bad:
                phantom.rejected.append(bad)
                continue
            diagnosis = "melanoma" if melanoma else "seborrheic_keratosis" if keratosis else "nevus"
            columns = {
                "age": None if age == "unknown" else float(age),
                "sex": None if sex == "unknown" else sex,
                "diagnosis": diagnosis if part3_used else None,
            }
            source_file = f"{data}/{image_id}.jpg"
            mask = lesion.astype(np.uint8)
            phantom.rows.append(Row(image_id, image, mask, source_file, _SPLITS[token], columns=columns))
    if variant in table_bad:
        # ASSUMED: a table that cannot be joined at all refuses the conversion; it never gives empty labels.
        phantom.rows, phantom.not_used, phantom.refused = [], [], True
    order = list(_SPLITS.values())
    phantom.rows.sort(key=lambda row: (order.index(row.split), natural(row.image_id)))
    if variant == "zips":
        phantom.raw = folder / "isic-2017"
        for child in sorted(tree.iterdir()):
            if child.is_dir():
                as_zip(child, phantom.raw / f"{child.name}.zip", top=f"{child.name}/")
            else:
                write(phantom.raw / child.name, child.read_bytes())
        shutil.rmtree(tree)
    return phantom
