"""HC18's quirks, one by one."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from hf_medseg.conversion.run import convert
from hf_medseg.sources.hc18.outline import fit
from tests.support.harness import Converted, pixels, run


def test_an_open_outline_is_filled_all_the_same(tmp_path: Path) -> None:
    converted = run("hc18", "clean", tmp_path)
    mask = pixels(converted.row("train_186_HC")["mask"])
    with Image.open(converted.phantom.raw / "training_set" / "186_HC_Annotation.png") as picture:
        line = np.asarray(picture) > 0
    assert line[0].any() and mask[0].any()
    assert mask.sum() > 5 * line.sum()


def test_numbers_of_the_test_set_collide_with_no_id(tmp_path: Path) -> None:
    rows = run("hc18", "clean", tmp_path).rows()
    assert {row["image_id"] for row in rows} >= {"train_000_HC", "test_000_HC"}
    assert len({row["patient_id"] for row in rows}) == 5  # 010_HC and 010_2HC are one examination


def test_points_on_no_ellipse_give_none() -> None:
    line = np.stack([np.arange(50.0), np.arange(50.0)], 1)
    assert fit(line) is None


def test_real_outlines_have_the_published_circumference(real: Callable[[str], Path], tmp_path: Path) -> None:
    raw, out = real("hc18"), tmp_path / "out"
    with open(raw / "training_set_pixel_size_and_HC.csv", newline="") as file:
        published = {line["filename"]: line for line in csv.DictReader(file)}
    for path in sorted((raw / "training_set").glob("*_Annotation.png")):
        with Image.open(path) as picture:
            ellipse = fit(np.argwhere(np.asarray(picture) > 0)[:, ::-1].astype(float))
        line = published[path.name.replace("_Annotation", "")]
        assert ellipse is not None
        assert abs(ellipse.circumference * float(line["pixel size(mm)"]) - float(line["head circumference (mm)"])) < 0.05
    conversion = convert("hc18", raw, out, workers=1)
    assert not conversion.rejected and conversion.rows == 5
    for row in Converted("hc18", run("hc18", "clean", tmp_path / "p").phantom, conversion, out).rows():
        stem = row["image_id"].removeprefix("train_")
        with Image.open(raw / "training_set" / f"{stem}.png") as picture:
            assert np.array_equal(pixels(row["image"]), np.asarray(picture))
        with Image.open(raw / "training_set" / f"{stem}_Annotation.png") as picture:
            line = np.asarray(picture) > 0
        inside = pixels(row["mask"]).astype(bool)
        assert np.count_nonzero(line & inside) and np.count_nonzero(line & ~inside)  # the edge runs in the middle of the line
