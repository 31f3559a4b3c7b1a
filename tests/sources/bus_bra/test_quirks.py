"""BUS-BRA's quirks, one by one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from hf_medseg.conversion.run import convert
from tests.support.harness import Converted, pixels, run


def test_masks_of_one_bit_hold_the_tumour_as_1(tmp_path: Path) -> None:
    converted = run("bus-bra", "clean", tmp_path)
    with Image.open(converted.phantom.raw / "Masks" / "mask_0001-l.png") as picture:
        assert picture.mode == "1"
        stored = np.asarray(picture)
    assert np.array_equal(pixels(converted.row("bus_0001-l")["mask"]), stored.astype(np.uint8))


def test_two_views_of_a_patient_share_its_id_and_its_fold(tmp_path: Path) -> None:
    converted = run("bus-bra", "clean", tmp_path)
    left, right = converted.row("bus_0001-l"), converted.row("bus_0001-r")
    assert left["patient_id"] == right["patient_id"] == "1"
    assert (left["fold_5"], left["fold_10"]) == (right["fold_5"], right["fold_10"]) == (3, 7)
    table = converted.phantom.raw / "bus_data.csv"
    kept = [line for line in table.read_text().splitlines() if not line.startswith("bus_0001-r,")]
    table.write_text("\n".join(kept).replace("bus_0001-l,1,", "bus_0001-l,1.0,"))
    convert("bus-bra", converted.phantom.raw, tmp_path / "again", workers=1)
    again = Converted("bus-bra", converted.phantom, converted.conversion, tmp_path / "again")
    assert again.row("bus_0001-l")["patient_id"] == again.row("bus_0001-r")["patient_id"] == "1"


def test_boxes_count_from_0_and_hold_their_last_pixel(tmp_path: Path) -> None:
    row = run("bus-bra", "clean", tmp_path).row("bus_0002-l")
    (box,) = row["boxes"]
    x, y, width, height = (int(box[side]) for side in ("x", "y", "width", "height"))
    mask = pixels(row["mask"])
    inside = mask[y : y + height, x : x + width]
    assert inside.sum() == mask.sum()
    assert inside.any(axis=0)[[0, -1]].all() and inside.any(axis=1)[[0, -1]].all()


def test_the_owners_cut_inside_a_fold_is_no_column(tmp_path: Path) -> None:
    assert not [name for name in run("bus-bra", "clean", tmp_path).row("bus_0001-l") if name.startswith("valid")]


def test_real_files(real: Callable[[str], Path], tmp_path: Path) -> None:
    raw, out = real("bus-bra"), tmp_path / "out"
    conversion = convert("bus-bra", raw, out, workers=1)
    assert not conversion.rejected and conversion.rows == 4
    for row in Converted("bus-bra", run("bus-bra", "clean", tmp_path / "p").phantom, conversion, out).rows():
        stem = row["image_id"].removeprefix("bus_")
        for column, path in (("image", f"Images/bus_{stem}.png"), ("mask", f"Masks/mask_{stem}.png")):
            with Image.open(raw / "BUSBRA" / path) as picture:
                assert np.array_equal(pixels(row[column]), np.asarray(picture).astype(np.uint8))
        (box,) = row["boxes"]
        rows, columns = np.nonzero(pixels(row["mask"]))
        assert (box["x"], box["y"]) == (columns.min(), rows.min())
        assert (box["width"], box["height"]) == (np.ptp(columns) + 1, np.ptp(rows) + 1)
