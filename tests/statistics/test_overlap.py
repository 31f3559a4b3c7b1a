"""Overlap: planted copies are found, whatever was done to them; pictures that are merely alike are not."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageFilter

import hf_medseg
from hf_medseg.catalog.picture_hash import HashIndex, bits_apart
from hf_medseg.cli import main
from hf_medseg.statistics.alike import turned as turned_pictures
from hf_medseg.statistics.overlap import TURNED, Twin
from tests.support.kit import rng
from tests.support.made import FLAT, VOLUMES, Made, flat_row, picture, volume_rows

Shards = dict[str, list[dict[str, Any]]]


def scene(name: str) -> Image.Image:
    """A picture with broad and fine structure, like no other."""
    coarse = Image.fromarray(rng(name).integers(0, 256, (14, 16, 3)).astype(np.uint8))
    return coarse.resize((224, 180), Image.Resampling.BICUBIC)


def row(name: str, shown: Image.Image, **changed: Any) -> dict[str, Any]:
    """A row that shows a picture; a PNG unless its bytes are given."""
    cell = changed.pop("cell", None) or picture(np.asarray(shown))
    told = {"image_id": name, "patient_id": f"patient of {name}", "source_sha256": hashlib.sha256(name.encode()).hexdigest()}
    return {**flat_row(0, masked=False), "image": cell, "width": shown.width, "height": shown.height, **told, **changed}


def write(folder: Path, splits: Shards, source: Any = FLAT) -> Path:
    return Made(source, {("default", split): [rows] for split, rows in splits.items()}).write(folder)


def told(twins: tuple[Twin, ...]) -> list[tuple[str, str, str, bool]]:
    return [(twin.kind, *sorted((twin.one.image_id, twin.other.image_id)), twin.leak) for twin in twins]


def jpeg(shown: Image.Image, quality: int) -> Image.Image:
    packed = io.BytesIO()
    shown.save(packed, "JPEG", quality=quality)
    return Image.open(io.BytesIO(packed.getvalue())).convert("RGB")


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "jpeg": lambda shown: jpeg(shown, 40),
    "smaller": lambda shown: shown.resize((96, 96), Image.Resampling.LANCZOS),
    "larger": lambda shown: shown.resize((448, 360), Image.Resampling.BICUBIC),
    "grey": lambda shown: shown.convert("L").convert("RGB"),
    "darker": lambda shown: shown.point(lambda value: value * 0.8),
    "blurred": lambda shown: shown.filter(ImageFilter.GaussianBlur(1)),
}
TURNS = dict(zip(TURNED[1:], (0, 1, 3, 5, 4, 2, 6), strict=True))  # how Pillow calls them


@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_in_the_test_set_is_a_leak(copy: str, tmp_path: Path) -> None:
    strangers = [row(f"s{number}", scene(f"s{number}")) for number in range(4)]
    out = write(tmp_path / "out", {"train": [row("a", scene("a")), *strangers], "test": [row("b", COPIES[copy](scene("a")))]})
    found = hf_medseg.overlap(out)
    assert told(found.twins) == [("near", "a", "b", True)]
    assert found.leaks and found.rows == 6


@pytest.mark.parametrize("turn", TURNED[1:])
def test_a_copy_that_is_flipped_or_turned_is_found_and_the_way_is_told(turn: str, tmp_path: Path) -> None:
    turned = jpeg(scene("a"), 60).transpose(Image.Transpose(TURNS[turn]))
    out = write(tmp_path / "out", {"train": [row("a", scene("a"))], "test": [row("b", turned)]})
    (twin,) = hf_medseg.overlap(out).twins
    back = {
        "turned by 90 degrees clockwise": "turned by 90 degrees counterclockwise",
        "turned by 90 degrees counterclockwise": "turned by 90 degrees clockwise",
    }
    assert (twin.kind, twin.leak) == ("near", True)
    assert twin.turned == (turn if twin.one.image_id == "a" else back.get(turn, turn))


def test_small_pictures_are_turned_as_hashes_are() -> None:
    small = rng("small").integers(0, 256, (1, 24, 24)).astype(np.uint8)
    for way, name in enumerate(TURNED[1:], 1):
        assert np.array_equal(
            turned_pictures(small, way)[0], np.asarray(Image.fromarray(small[0]).transpose(Image.Transpose(TURNS[name])))
        ), name


def test_the_same_bytes_and_the_same_pixels_are_told_apart(tmp_path: Path) -> None:
    first, second = scene("a"), scene("b")
    tests = [
        row("a2", first, source_sha256=row("a", first)["source_sha256"]),
        row("b2", second, cell=picture(np.asarray(second), compress_level=1)),
    ]
    found = hf_medseg.overlap(write(tmp_path / "out", {"train": [row("a", first), row("b", second)], "test": tests}))
    assert told(found.twins) == [("bytes", "a", "a2", True), ("pixels", "b", "b2", True)]


def test_grey_stored_as_colours_has_the_same_pixels(tmp_path: Path) -> None:
    grey = scene("a").convert("L")
    out = write(tmp_path / "out", {"train": [row("a", grey)], "test": [row("b", grey.convert("RGB"))]})
    assert told(hf_medseg.overlap(out).twins) == [("pixels", "a", "b", True)]


def test_one_file_in_both_splits_is_a_leak_though_other_parts_of_it_are_shown(tmp_path: Path) -> None:
    digest = "0" * 64
    rows = {"train": [row("a", scene("a"), source_sha256=digest), row("c", scene("c"), source_sha256=digest)]}
    assert hf_medseg.overlap(write(tmp_path / "one", rows)).twins == (), "several rows of one file are no copies of each other"
    out = write(tmp_path / "two", {**rows, "test": [row("b", scene("b"), source_sha256=digest)]})
    assert {(kind, leak) for kind, _, _, leak in told(hf_medseg.overlap(out).twins)} == {("bytes", True)}


def test_pictures_that_share_light_and_dark_and_no_details_are_not_the_same(tmp_path: Path) -> None:
    """As two eyes, or two chests, whose hashes are hardly apart."""
    y, x = np.mgrid[:180, :224]
    bright = 120 + 90 * np.sin(x / 20) * np.cos(y / 17)
    rows = []
    for number in range(6):
        details = Image.fromarray(rng(f"{number}").integers(0, 60, (90, 112)).astype(np.uint8)).resize((224, 180), Image.Resampling.BICUBIC)
        veins = np.asarray(details.filter(ImageFilter.GaussianBlur(2)), float) * 2
        rows.append(row(f"r{number}", Image.fromarray(np.clip(bright + veins - 60, 0, 255).astype(np.uint8)).convert("RGB")))
    out = write(tmp_path / "out", {"train": rows[:3], "test": rows[3:]})
    found = hf_medseg.overlap(out)
    assert (found.twins, found.leaks) == ((), False)


def test_pictures_of_one_shade_are_no_copies_of_each_other(tmp_path: Path) -> None:
    black = Image.new("RGB", (64, 64))
    almost = Image.fromarray(np.full((64, 64, 3), 1, np.uint8))
    out = write(tmp_path / "out", {"train": [row("a", black)], "test": [row("b", black), row("c", almost)]})
    assert not hf_medseg.overlap(out).leaks


def test_copies_within_a_split_are_told_and_no_leak(tmp_path: Path) -> None:
    out = write(tmp_path / "out", {"train": [row("a", scene("a")), row("b", jpeg(scene("a"), 50))], "test": [row("c", scene("c"))]})
    found = hf_medseg.overlap(out)
    assert told(found.twins) == [("near", "a", "b", False)]
    assert not found.leaks


def test_copies_of_test_rows_in_another_datasets_training_set_are_leaks(tmp_path: Path) -> None:
    one = write(tmp_path / "one", {"train": [row("a", scene("a"))], "test": [row("b", scene("b"))]})
    other = write(tmp_path / "other", {"train": [row("z", jpeg(scene("b"), 50))]}, replace(FLAT, id="another"))
    assert not hf_medseg.overlap(one).leaks
    assert not hf_medseg.overlap(other).leaks
    found = hf_medseg.overlap(one, other)
    assert told(found.twins) == [("near", "b", "z", True)]
    assert {(place.out, place.source) for place in (found.twins[0].one, found.twins[0].other)} == {
        (str(one), "made-up"),
        (str(other), "another"),
    }


def test_many_rows_of_the_same_pixels_are_linked_once_each(tmp_path: Path) -> None:
    rows = [row(f"r{number}", scene("a")) for number in range(12)]
    found = hf_medseg.overlap(write(tmp_path / "out", {"train": rows[:8], "test": rows[8:]}))
    linked = {place.image_id for twin in found.twins if twin.leak for place in (twin.one, twin.other)}
    assert linked == {f"r{number}" for number in range(12)}


def test_a_patient_in_two_splits_is_a_leak_and_one_of_two_sources_is_nobody(tmp_path: Path) -> None:
    splits = {
        "train": [row("a", scene("a"), patient_id="1")],
        "test": [row("b", scene("b"), patient_id="1"), row("c", scene("c"), patient_id="2")],
    }
    one = write(tmp_path / "one", splits)
    (shared,) = hf_medseg.overlap(one).patients
    assert (shared.patient, [split for _, split in shared.sides], shared.leak) == ("1", ["test", "train"], True)
    other = write(tmp_path / "other", {"train": [row("z", scene("z"), patient_id="2")]}, replace(FLAT, id="another"))
    assert [one.patient for one in hf_medseg.overlap(one, other).patients] == ["1"]
    apart = write(tmp_path / "apart", {"validation": splits["test"][:1], "test": [row("d", scene("d"), patient_id="1")]})
    assert [one.leak for one in hf_medseg.overlap(apart).patients] == [False], "the training set has no part in it"


def test_slices_of_one_volume_are_not_compared_and_those_of_two_are(tmp_path: Path) -> None:
    def slices(volume: str, names: str) -> list[dict[str, Any]]:
        rows, _ = volume_rows(volume)
        cells = [picture(np.asarray(scene(name).convert("L"))) for name in names]
        return [{**one, "image": cell, "mask": None, "classes": []} for one, cell in zip(rows, cells, strict=True)]

    made = Made(VOLUMES, {("slices", "train"): [slices("v1", "aab")]})
    assert hf_medseg.overlap(made.write(tmp_path / "one")).twins == ()
    made = Made(VOLUMES, {("slices", "train"): [slices("v1", "abc")], ("slices", "test"): [slices("v2", "xyc")]})
    found = hf_medseg.overlap(made.write(tmp_path / "two"))
    assert told(found.twins) == [("pixels", "v1_0002", "v2_0002", True)]


def test_slices_and_whole_volumes_of_one_dataset_are_no_copies(tmp_path: Path) -> None:
    rows, whole = volume_rows("v1")
    out = Made(VOLUMES, {("slices", "train"): [rows], ("volumes", "train"): [[whole]]}).write(tmp_path / "out")
    assert hf_medseg.overlap(out).twins == ()


def test_the_command_ends_with_1_where_something_leaks_and_with_0_where_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    clean = write(tmp_path / "clean", {"train": [row("a", scene("a"))], "test": [row("b", scene("b"))]})
    assert main(["overlap", str(clean)]) == 0
    assert "0 that look the same" in capsys.readouterr().out
    leaking = write(tmp_path / "leaking", {"train": [row("z", jpeg(scene("b"), 70).rotate(90, expand=True))]}, replace(FLAT, id="another"))
    assert main(["overlap", str(clean), str(leaking), "--picture", str(tmp_path / "pairs.png")]) == 1
    said = capsys.readouterr()
    assert "leak: near, turned by 90 degrees" in said.out and "made-up / test b" in said.out and "another / train z" in said.out
    assert said.err == "A test set leaks into a training set.\n"
    with Image.open(tmp_path / "pairs.png") as drawn:
        assert drawn.mode == "RGB" and len(drawn.getcolors(1 << 20) or ()) > 500, "two pictures are on it"
    assert main(["overlap", str(clean), str(leaking), "--json"]) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["leaks"] and found["twins"][0]["other"]["image_id"] in ("b", "z")
    assert main(["overlap", str(tmp_path)]) == 2


def test_the_index_finds_all_near_hashes() -> None:
    numbers = rng("hashes").integers(0, 1 << 63, 400).astype(np.uint64)
    asked = numbers[:100] ^ np.uint64(0b1000000000000000000001000000000000001)
    apart = bits_apart(asked[:, None], numbers)
    for most in (0, 3, 7):
        found = {
            pair for mine, theirs, _ in HashIndex(numbers).near(asked, most) for pair in zip(mine.tolist(), theirs.tolist(), strict=True)
        }
        assert found == set(map(tuple, np.argwhere(apart <= most).tolist()))
