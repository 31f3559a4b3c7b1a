"""Overlays and contact sheets: which rows are shown, and what is drawn."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

from hf_medseg.dataset.folder import FILE, Output
from hf_medseg.dataset.identity import read_shard
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import Refused
from hf_medseg.preview import choose, sheet
from hf_medseg.preview.choose import in_order, pick
from hf_medseg.preview.overlay import Seen, colour_of, for_display, overlay, read_shown, see
from hf_medseg.preview.sheet import contact_sheet
from tests.support.kit import Array, grey
from tests.support.made import FLAT, VOLUMES, Made, edition, flat, flat_row, know, labels, nifti, picture, volumes


@pytest.fixture(autouse=True)
def catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    know(monkeypatch, FLAT, VOLUMES)


def shown(out: Path) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = pq.read_table(out / FILE).to_pylist()
    return rows


def pixels_of(row: dict[str, Any]) -> Array:
    with Image.open(io.BytesIO(row["preview"]["bytes"])) as image:
        assert (image.mode, image.format) == ("RGB", "PNG")
        return np.asarray(image)


def many(count: int, split: str = "train") -> Made:
    """Rows of one class each, with a rare class in one of them."""
    rows = []
    for number in range(count):
        row = flat_row(number)
        mask = np.zeros((row["height"], row["width"]), np.uint8)
        mask[2:9, 2:9] = 2 if number == count - 2 else 1
        row.update(mask=picture(mask), classes=[0, int(mask.max())])
        rows.append(row)
    return Made(FLAT, {("default", split): [rows[: count // 2], rows[count // 2 :]]})


# --- which rows ------------------------------------------------------------------------------------------------------------------------


def test_the_preview_is_a_small_table_of_pictures(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    rows = shown(out)
    assert [(row["config"], row["split"], row["image_id"]) for row in rows] == [
        *(("default", "train", f"cell_{number}") for number in (0, 1, 2, 3)),
        *(("default", "test", f"cell_{number}") for number in (4, 5)),
    ]
    assert [row["preview"]["path"] for row in rows[:2]] == ["cell_0.png", "cell_1.png"]
    assert pixels_of(rows[0]).shape == (20 * 12, 31 * 12, 3)
    features = json.loads(pq.read_schema(out / FILE).metadata[b"huggingface"])["info"]["features"]
    assert features["preview"] == {"_type": "Image"}
    described = read_shard(str(out / FILE))
    assert described is not None
    assert (described[0].source, described[0].config, described[0].license, described[0].tier) == (
        "made-up",
        "preview",
        "cc-by-4.0",
        "open",
    )
    assert sorted(path.name for path in (out / "preview").iterdir()) == ["overview.png", "train-00000-of-00001.parquet"]


def test_the_same_rows_give_the_same_bytes(tmp_path: Path) -> None:
    first, second = (flat().write(tmp_path / name) for name in ("a", "b"))
    assert (first / FILE).read_bytes() == (second / FILE).read_bytes()


def test_at_most_sixteen_rows_and_the_rare_class_among_them(tmp_path: Path) -> None:
    rows = shown(many(40).write(tmp_path / "out"))
    assert len(rows) == 16
    assert "cell_38" in [row["image_id"] for row in rows]
    assert [row["image_id"] for row in rows] == sorted((row["image_id"] for row in rows), key=lambda text: int(text[5:]))


def test_every_split_of_every_config_is_shown(tmp_path: Path) -> None:
    made = many(30)
    made.tables["default", "test"] = [[{**flat_row(50)}]]
    rows = shown(made.write(tmp_path / "out"))
    assert [row["split"] for row in rows] == ["train"] * 15 + ["test"]
    rows = shown(volumes().write(tmp_path / "volumes"))
    assert [(row["config"], row["image_id"]) for row in rows] == [
        *(("slices", f"head_{volume}_000{k}") for volume in (1, 2) for k in (0, 1, 2)),
        ("volumes", "head_1"),
        ("volumes", "head_2"),
    ]


def test_other_patients_come_first(tmp_path: Path) -> None:
    made = many(12)
    for number, row in enumerate(row for shard in made.tables["default", "train"] for row in shard):
        row["patient_id"] = "one" if number < 9 else f"p{number}"
    made.tables = {("default", "train"): [[row for shard in made.tables["default", "train"] for row in shard]]}
    rows = in_order(pick(Output(made.write(tmp_path / "out")), 4))
    assert {row.kin for row in rows} == {"one", "p9", "p10", "p11"}


def test_only_some_row_groups_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = many(10)
    made.tables["default", "train"] = [[row] for shard in made.tables["default", "train"] for row in shard]
    out = made.write(tmp_path / "out")
    monkeypatch.setattr(choose, "GROUPS_LOOKED_AT", 1)
    read: list[str] = []
    whole = pq.ParquetFile.read_row_group
    monkeypatch.setattr(pq.ParquetFile, "read_row_group", lambda file, group, columns: read.append(columns) or whole(file, group, columns))
    rows = in_order(pick(Output(out), 3))
    assert [row.image_id for row in rows] == ["cell_0", "cell_3", "cell_6"]
    assert read == [["image_id", "classes", "patient_id"]] * 3
    list(read_shown(rows))
    assert read[3:] == [["image", "mask"]] * 3


def test_ids_with_folders_make_no_folders(tmp_path: Path) -> None:
    made = flat()
    made.row()["image_id"] = "a/b"
    assert shown(made.write(tmp_path / "out"))[0]["preview"]["path"] == "a_b.png"


# --- what is seen ----------------------------------------------------------------------------------------------------------------------


def test_eight_bits_are_shown_as_they_are() -> None:
    pixels = grey("x", 9, 11)
    assert for_display(pixels) is pixels


@pytest.mark.parametrize("dtype", [np.uint16, np.float32])
def test_other_samples_are_windowed_by_percentiles(dtype: Any) -> None:
    pixels = np.tile(np.arange(1000, dtype=dtype), (3, 1)) * 20 + 30000
    pixels[0, 0], pixels[0, 999] = 0, 65000  # outliers do not count
    found = for_display(pixels)
    assert found.dtype == np.uint8
    assert (found[1, :5] == 0).all() and (found[1, -5:] == 255).all()
    assert abs(int(found[1, 500]) - 128) <= 1
    assert (np.diff(found[1].astype(int)) >= 0).all()


def test_flat_rare_and_missing_samples_are_shown() -> None:
    assert (for_display(np.full((4, 5), 700, np.uint16)) == 0).all()
    rare = np.full((100, 100), 700, np.uint16)
    rare[50, 50] = 900
    assert for_display(rare)[50, 50] == 255 and for_display(rare)[0, 0] == 0
    holes = np.array([[np.nan, 0.0, 1.0]], np.float32)
    assert for_display(holes).tolist() == [[0, 0, 255]]
    assert for_display(np.full((2, 2), np.nan, np.float32)).tolist() == [[0, 0], [0, 0]]


def test_of_a_volume_the_slice_with_most_structure_is_seen() -> None:
    voxels = np.arange(5 * 6 * 8, dtype=np.uint8).reshape(5, 6, 8)
    mask = np.zeros((5, 6, 8), np.uint8)
    mask[3, 2:4, 2:5], mask[1, 0, 0], mask[4] = 1, 2, 255
    seen = see(nifti(voxels), nifti(mask))
    assert seen.pixels is not None and (seen.pixels == voxels[3]).all()
    assert seen.labels is not None and (seen.labels == mask[3]).all()
    for without in (None, nifti(np.zeros((5, 6, 8), np.uint8))):
        middle = see(nifti(voxels), without).pixels
        assert middle is not None and (middle == voxels[2]).all()


def test_what_cannot_be_decoded_is_said_in_the_picture(tmp_path: Path) -> None:
    whole = picture(grey("x", 20, 31))
    broken = {"bytes": whole["bytes"][:40], "path": "x.png"}
    for image, mask in (
        (broken, None),
        (whole, broken),
        (whole, picture(labels("x", 9, 9))),
        (whole, picture(grey("m", 20, 31, 9, np.uint16))),
    ):
        assert see(image, mask) == Seen(None, None)
    drawn = np.asarray(overlay(Seen(None, None), 100))
    assert drawn.shape == (100, 100, 3)
    assert drawn.min() < 100, "letters"
    made = flat()
    made.row()["image"] = broken
    out = made.write(tmp_path / "out")
    assert len(shown(out)) == 6
    contact_sheet(out)


# --- what is drawn ---------------------------------------------------------------------------------------------------------------------


def blend(under: int, colour: tuple[int, int, int], alpha: int) -> tuple[int, ...]:
    return tuple(round(under + (channel - under) * alpha / 255) for channel in colour)


def test_structures_are_filled_outlined_and_coloured_by_class() -> None:
    mask = np.zeros((40, 60), np.uint8)
    mask[10:30, 5:25], mask[10:30, 35:55] = 1, 2
    drawn = np.asarray(overlay(Seen(np.full((40, 60), 80, np.uint8), mask), 60)).astype(int)
    assert drawn.shape == (40, 60, 3)
    assert (drawn[0, 0] == 80).all() and (drawn[20, 30] == 80).all()
    for column, index in ((15, 1), (45, 2)):
        assert np.abs(drawn[20, column] - blend(80, colour_of(index), 105)).max() <= 1
        edge = drawn[20, 5 if index == 1 else 35]
        assert np.abs(edge - colour_of(index)).max() < 20
    assert (drawn[:, 4] == 80).all() and (drawn[:, 25] == 80).all(), "outlines lie inside"


def test_pixels_not_annotated_are_hatched_in_grey() -> None:
    mask = np.zeros((30, 30), np.uint8)
    mask[:, 10:] = NOT_ANNOTATED
    drawn = np.asarray(overlay(Seen(np.zeros((30, 30), np.uint8), mask), 30))
    assert (drawn[:, :10] == 0).all()
    holes = drawn[:, 10:].reshape(-1, 3)
    assert (holes == holes[:, :1]).all(), "no colour"
    assert len(np.unique(holes)) == 2, "stripes"


def test_without_a_mask_the_picture_is_left_alone() -> None:
    pixels = grey("x", 30, 30)
    assert (np.asarray(overlay(Seen(pixels, None), 30))[:, :, 1] == pixels).all()


def test_small_pictures_grow_by_whole_factors_and_large_ones_shrink() -> None:
    pixels = grey("x", 20, 31)
    grown = np.asarray(overlay(Seen(pixels, None), 100))[:, :, 0]
    assert (grown == np.repeat(np.repeat(pixels, 3, 0), 3, 1)).all()
    assert overlay(Seen(np.zeros((1000, 500, 3), np.uint8), None), 100).size == (50, 100)
    assert overlay(Seen(np.zeros((5000, 3), np.uint8), None), 100).size == (1, 100)


def test_a_thin_structure_is_still_seen_when_shrunk() -> None:
    mask = np.zeros((1000, 1000), np.uint8)
    mask[:, 503:506] = 1
    drawn = np.asarray(overlay(Seen(np.zeros((1000, 1000), np.uint8), mask), 100)).astype(int)
    assert (drawn[:, 50].max(axis=1) > 20).all()


def test_colours_of_classes_differ() -> None:
    colours = [colour_of(index) for index in range(1, 256)]
    assert len(set(colours)) == 255
    assert len(set(colours[-1])) == 1, "255 is grey"
    assert all(len(set(colour)) > 1 for colour in colours[:-1]), "no class is"


# --- contact sheet ---------------------------------------------------------------------------------------------------------------------


def has_colour(image: Image.Image, colour: tuple[int, int, int]) -> bool:
    return bool((np.asarray(image) == colour).all(axis=2).any())


def test_a_contact_sheet_shows_rows_and_classes(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    sheet = contact_sheet(out)
    assert sheet.mode == "RGB"
    assert sheet.width == contact_sheet(out, 3).width > contact_sheet(out, 2).width > contact_sheet(out, 1).width
    assert sheet.height > contact_sheet(out, 3).height
    for index in (1, 2):
        assert has_colour(sheet, colour_of(index)), "the legend's swatches"
    assert not has_colour(sheet, colour_of(3))
    assert not has_colour(sheet, colour_of(NOT_ANNOTATED)), "nothing here is not annotated"
    assert sheet.tobytes() == contact_sheet(out).tobytes()


def test_a_contact_sheet_explains_what_is_not_annotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = edition(FLAT, uncertain=True)
    know(monkeypatch, source)
    made = flat(source)
    mask = labels("x", 20, 31)
    mask[9:] = 255
    made.row()["mask"] = picture(mask)
    assert has_colour(contact_sheet(made.write(tmp_path / "out")), colour_of(NOT_ANNOTATED))


def test_texts_are_cut_in_their_middle() -> None:
    font = sheet.font_of(16)
    assert sheet.shortened("short", font, 200) == "short"
    cut = sheet.shortened("TCGA_CS_4941_19960909_slice_0017_of_0023", font, 200)
    assert cut.startswith("TCGA_CS") and cut.endswith("0023") and "..." in cut
    assert font.getlength(cut) <= 200


def test_a_legend_of_many_classes_keeps_to_those_in_sight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = edition(FLAT, classes=tuple(f"structure {index}" for index in range(1, 200)))
    know(monkeypatch, source)
    out = flat(source).write(tmp_path / "out")
    assert contact_sheet(out).height < contact_sheet(flat().write(tmp_path / "few")).height + 30


def test_a_contact_sheet_needs_no_report(tmp_path: Path) -> None:
    out = volumes().write(tmp_path / "out")
    with_report = contact_sheet(out)
    (out / "report.json").unlink()
    assert contact_sheet(out).size == with_report.size


def test_nothing_to_draw_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="holds no rows"):
        contact_sheet(tmp_path)
    with pytest.raises(Refused, match="--rows"):
        contact_sheet(tmp_path, 0)
