"""Masks that are DICOM series of their own: put on the image slice by slice, turned round where their outline says so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_medseg.errors import Rejected
from hf_medseg.formats.dicom import DicomSeries
from hf_medseg.masks.dicom_stacks import NOT_TOLD, IsTurned, Order, Placed, Turned, edge_strength
from hf_medseg.masks.labels import Labels, on_grid
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.places import Alone
from tests.support.dicom import write_series
from tests.support.kit import disc, rng

COUNT, HEIGHT, WIDTH = 5, 24, 30
OBLIQUE = (1.0, 0.0, 0.0, 0.0, 0.98480775, 0.17364818)
CONE = np.stack([disc(HEIGHT, WIDTH, 11, 13, 2.0 * z) if z else np.zeros((HEIGHT, WIDTH), bool) for z in range(COUNT)])


def write(folder: Path, name: str, pixels: Any, **options: Any) -> tuple[RawFile, ...]:
    settings: dict[str, Any] = {
        "modality": "MR",
        "orientation": OBLIQUE,
        "slice_spacing": 2.5,
        "pixel_spacing": (0.8, 0.9),
        "origin": (0.0, 0.0, 0.0),
    }
    settings |= options
    series = write_series(folder / name, pixels, name=name, patient_id="p", **settings)
    return tuple(RawFile(path.name, path.stat().st_size, Alone(str(path)), alias=f"{name}/{path.name}") for path in series.paths)


def image_of(folder: Path, inside: Any = CONE) -> DicomSeries:
    noise = rng("noise").integers(0, 60, inside.shape)
    return DicomSeries(write(folder, "image", (noise + 100 + 400 * inside).astype(np.uint16)))


def mask_of(folder: Path, inside: Any, value: int = 1000, **options: Any) -> tuple[RawFile, ...]:
    return write(folder, "mask", (inside * value).astype(np.int16), **options)


def labels(part: Labels, image: DicomSeries) -> Any:
    reader = Reader()
    return on_grid(part, reader, image.samples(reader).grid.shape)


@pytest.mark.parametrize("value", [1, -7, 255])
def test_slices_are_put_where_they_lie_whatever_the_order_of_the_files(value: int, tmp_path: Path) -> None:
    image = image_of(tmp_path)
    files = mask_of(tmp_path, CONE, value)
    assert np.array_equal(labels(Placed(files[::-1], image, to=3), image), CONE * 3)


def test_a_slice_that_nobody_read_is_not_annotated_where_that_is_known(tmp_path: Path) -> None:
    image = image_of(tmp_path)
    files = mask_of(tmp_path, CONE)
    found = labels(Placed((*files[:2], *files[3:]), image, sparse=True), image)
    assert (found[2] == 255).all()
    assert np.array_equal(np.delete(found, 2, axis=0), np.delete(CONE, 2, axis=0))


def test_a_slice_that_nobody_read_rejects_otherwise(tmp_path: Path) -> None:
    image = image_of(tmp_path)
    with pytest.raises(Rejected, match="5 slices of a mask expected, 4 found; slice 0 has none"):
        labels(Placed(mask_of(tmp_path, CONE)[1:], image), image)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"origin": (0.5, 0.0, 0.0)}, "elsewhere in space"),
        ({"origin": (0.0, 0.0, 1.25)}, "elsewhere in space"),
        ({"orientation": (1.0, 0.0, 0.0, 0.0, 1.0, 0.0)}, "elsewhere in space"),
        ({"pixel_spacing": (0.8, 0.8)}, "elsewhere in space"),
        ({"modality": "CR"}, "does not say where it lies"),
    ],
    ids=["shifted in plane", "between slices", "another plane", "another spacing", "no position"],
)
def test_a_mask_on_another_grid_is_rejected(change: dict[str, Any], message: str, tmp_path: Path) -> None:
    image = image_of(tmp_path)
    with pytest.raises(Rejected, match=message):
        labels(Placed(mask_of(tmp_path, CONE, **change), image), image)


def test_a_mask_of_another_size_is_rejected(tmp_path: Path) -> None:
    image = image_of(tmp_path)
    with pytest.raises(Rejected, match="30 x 22 x 1 voxels, the image of its case 30 x 24 x 1"):
        labels(Placed(mask_of(tmp_path, CONE[:, :-2]), image), image)


def test_two_slices_at_one_place_are_rejected(tmp_path: Path) -> None:
    image = image_of(tmp_path)
    files = mask_of(tmp_path, CONE)
    with pytest.raises(Rejected, match="it lies where mask/"):
        labels(Placed((*files, files[1]), image), image)


def test_a_stack_that_runs_backwards_is_turned_round(tmp_path: Path) -> None:
    image = image_of(tmp_path)
    part = Placed(mask_of(tmp_path, CONE[::-1]), image)
    assert np.array_equal(labels(Turned(part, part, image), image), CONE)
    assert IsTurned(part, image).values(Reader(), CONE.shape) == [True] * COUNT


def test_a_stack_that_runs_forwards_is_left_alone(tmp_path: Path) -> None:
    image = image_of(tmp_path)
    part = Placed(mask_of(tmp_path, CONE), image)
    assert np.array_equal(labels(Turned(part, part, image), image), CONE)
    assert IsTurned(part, image).values(Reader(), CONE.shape) == [False] * COUNT


@pytest.mark.parametrize("inside", [np.zeros_like(CONE), np.ones_like(CONE)], ids=["empty", "full"])
def test_headers_are_believed_where_an_outline_tells_nothing_and_nothing_is_claimed(inside: Any, tmp_path: Path) -> None:
    image = image_of(tmp_path)
    part = Placed(mask_of(tmp_path, inside), image)
    assert np.array_equal(labels(Turned(part, part, image), image), inside)
    reader = Reader()
    assert IsTurned(part, image).values(reader, CONE.shape) == [None] * COUNT
    assert reader.notes == [("mask", NOT_TOLD)]


@pytest.mark.parametrize("inside", [CONE, CONE[::-1]], ids=["forwards", "backwards"])
@pytest.mark.parametrize(("order", "step"), [("stored", 1), ("reversed", -1)])
def test_the_word_of_the_user_goes_before_what_the_image_tells(inside: Any, order: Order, step: int, tmp_path: Path) -> None:
    image = image_of(tmp_path)
    part = Placed(mask_of(tmp_path, inside), image)
    assert np.array_equal(labels(Turned(part, part, image, order), image), inside[::step])
    reader = Reader()
    assert IsTurned(part, image, order).values(reader, CONE.shape) == [step < 0] * COUNT
    assert not reader.notes


@pytest.mark.parametrize("seed", range(12))
def test_noise_turns_nothing(seed: int, tmp_path: Path) -> None:
    noise = rng(f"noise {seed}").integers(0, 900, CONE.shape).astype(np.uint16)
    image = DicomSeries(write(tmp_path, "image", noise))
    part = Placed(mask_of(tmp_path, CONE), image)
    assert IsTurned(part, image).values(Reader(), CONE.shape) == [None] * COUNT


def test_slices_that_nobody_read_turn_with_their_stack(tmp_path: Path) -> None:
    image = image_of(tmp_path)
    files = mask_of(tmp_path, CONE[::-1])
    part = Placed((*files[:1], *files[2:]), image, sparse=True)
    found = labels(Turned(part, part, image), image)
    assert (found[3] == 255).all()
    assert np.array_equal(found[:3], CONE[:3])


@given(st.integers(0, 2**32), st.floats(0.25, 40))
def test_edges_are_measured_in_units_of_each_slice(seed: int, factor: float) -> None:
    """Brightness and contrast of a slice do not count, an even slice counts nothing."""
    chance = np.random.default_rng(seed)
    image = chance.integers(0, 500, (2, 9, 11)).astype(np.float32)
    inside = chance.random((2, 9, 11)) < 0.4
    strength = edge_strength(image, inside)
    assert np.isclose(edge_strength(image * np.float32(factor) + np.float32(7), inside), strength, rtol=1e-3)
    assert edge_strength(np.zeros_like(image), inside) == 0
