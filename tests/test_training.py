"""From rows to batches: the numbers that reach a model, and what must not get lost on the way."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from datasets import Dataset, DatasetDict, load_dataset
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hf_medseg import Refused
from hf_medseg.training import IGNORE, Sample, arrays, class_weights, collate, piece, split_by_patient, window
from tests.support.harness import run
from tests.support.kit import Array

SIZES = st.tuples(st.integers(1, 9), st.integers(1, 9))


def ct(values: Any) -> dict[str, Any]:
    """A row with Hounsfield units as they are stored: signed samples shifted by 32768."""
    stored = (np.asarray(values, np.int64) + 32768).astype(np.uint16)
    return {"image": Image.fromarray(stored), "mask": None, "rescale_slope": 1.0, "rescale_intercept": -32768.0}


def loaded(out: Path, tmp_path: Path, config: str | None = None, **options: Any) -> Any:
    return load_dataset(str(out), config, split="train", cache_dir=str(tmp_path / "cache"), **options)


def same(one: Sample, other: Sample) -> None:
    np.testing.assert_array_equal(one.image, other.image)
    assert (one.mask is None) is (other.mask is None)
    np.testing.assert_array_equal(one.mask, other.mask)


def test_the_module_is_there_without_a_framework() -> None:
    code = "import sys; before = set(sys.modules); import hf_medseg.training; print(*{'torch', 'tensorflow', 'jax', 'datasets'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


def test_colours_are_0_to_1_and_a_second_annotator_is_a_mask_like_the_first(tmp_path: Path) -> None:
    converted = run("chase-db1", "clean", tmp_path)
    promised = {row.image_id: row for row in converted.phantom.rows}
    for row in loaded(converted.out, tmp_path):
        image, mask = arrays(row)
        expected = promised[row["image_id"]]
        assert image.dtype == np.float32
        assert mask is not None
        assert mask.dtype == np.uint8
        np.testing.assert_array_equal(image, (expected.image / 255).astype(np.float32))
        np.testing.assert_array_equal(mask, expected.mask)
        np.testing.assert_array_equal(arrays(row, mask="mask_2").mask, expected.columns["mask_2"])


def test_undecoded_decoded_and_numpy_rows_are_the_same_in_slices_and_volumes(tmp_path: Path) -> None:
    converted = run("brats", "clean", tmp_path)
    slices = loaded(converted.out, tmp_path)
    for one, bare, plain in zip(
        slices, loaded(converted.out, tmp_path, streaming=True).decode(False), slices.with_format("numpy"), strict=True
    ):
        same(arrays(one, "image_t1"), arrays(bare, "image_t1"))
        same(arrays(one, "image_t1"), arrays(plain, "image_t1"))
    volume = loaded(converted.out, tmp_path, "volumes")[0]
    undecoded = next(iter(loaded(converted.out, tmp_path, "volumes", streaming=True).decode(False)))
    same(arrays(volume), arrays(undecoded))
    parts = [arrays(row) for row in slices if row["volume_id"] == volume["volume_id"]]
    np.testing.assert_array_equal(arrays(volume).image, [part.image for part in parts])
    np.testing.assert_array_equal(arrays(volume).mask, [part.mask for part in parts])


def test_ct_is_in_hounsfield_units() -> None:
    image, mask = arrays(ct([[-1024, 0], [40, 3071]]))
    assert image.tolist() == [[-1024, 0], [40, 3071]]
    assert mask is None


def test_what_has_no_scale_is_0_to_1_of_its_type_and_floats_stay() -> None:
    def image(stored: Array) -> list[Any]:
        found: list[Any] = arrays({"image": stored, "mask": None, "rescale_slope": None, "rescale_intercept": np.nan}).image.tolist()
        return found

    assert image(np.array([[0, 255]], np.uint8)) == [[0, 1]]
    assert image(np.array([[0, 65535]], np.uint16)) == [[0, 1]]
    assert image(np.array([[-3.5, 1e5]])) == [[-3.5, 1e5]]
    with pytest.raises(Refused, match="int32"):
        image(np.array([[0, 70000]], np.int32))


def test_nobody_annotated_and_annotated_and_empty_stay_two_things() -> None:
    image = np.zeros((2, 2), np.uint8)
    assert arrays({"image": image, "mask": None}).mask is None
    empty = arrays({"image": image, "mask": np.zeros((2, 2), np.uint8)}).mask
    assert empty is not None
    assert not empty.any()


def test_what_is_no_sample_is_refused_by_the_names_of_its_columns() -> None:
    torch = pytest.importorskip("torch")
    image = np.zeros((2, 3), np.uint8)
    for row, told in (
        ({"image": image}, "no column 'mask'; it has image"),
        ({"image": None, "mask": None}, "image of the row '' is null"),
        ({"image": image, "mask": np.zeros((3, 2), np.uint8)}, "mask is of another size .3 x 2. than image .2 x 3."),
        ({"image": image, "mask": np.full((2, 3), 256, np.uint16)}, "mask holds uint16 up to 256"),
        ({"image": torch.zeros(1, 2, 3), "mask": None}, r"image is a tensor, .*with_format\(None\)"),
    ):
        with pytest.raises(Refused, match=told):
            arrays(row)


@given(st.lists(st.integers(-2000, 4000), min_size=1, max_size=20), st.floats(-500, 500), st.floats(1, 3000))
def test_a_window_is_a_ramp_between_two_plains(values: list[int], centre: float, width: float) -> None:
    found = window(ct([values]), centre, width)
    assert found.dtype == np.float32
    for value, shown in zip(values, found[0], strict=True):
        low = centre - width / 2
        assert shown == np.float32(min(max((value - low) / width, 0), 1)) or abs(shown - (value - low) / width) < 1e-6


def test_a_window_without_width_is_refused() -> None:
    for width in (0, -1, float("nan")):
        with pytest.raises(Refused, match="wider than 0"):
            window(ct([[0]]), 40, width)


def sample(size: tuple[int, ...], colours: int = 0, annotated: bool = True) -> Sample:
    chance = np.random.default_rng([*size, colours])
    image = chance.random((*size, *([colours] if colours else [])), np.float32)
    return Sample(image, chance.integers(0, 4, size).astype(np.uint8) if annotated else None)


@given(st.lists(st.tuples(SIZES, st.sampled_from([0, 3]), st.booleans()), min_size=1, max_size=5), st.sampled_from([1, 4, 16]))
def test_a_batch_holds_every_sample_and_says_where_nothing_is(wanted: list[Any], multiple_of: int) -> None:
    samples = [sample(*one) for one in wanted]
    batch = collate(samples, unannotated="ignore", multiple_of=multiple_of, fill=-1)
    image, mask = batch["image"], batch["mask"]
    assert image.shape[:-1] == mask.shape
    assert (image.dtype, mask.dtype) == (np.float32, np.uint8)
    for axis in (1, 2):
        largest = max(one.image.shape[axis - 1] for one in samples)
        assert largest <= mask.shape[axis] < largest + multiple_of
        assert mask.shape[axis] % multiple_of == 0
    for place, one in enumerate(samples):
        height, width = one.image.shape[:2]
        inside = np.zeros(mask.shape[1:], bool)
        inside[:height, :width] = True
        for channel in range(image.shape[-1]):
            grey = one.image if one.image.ndim == 2 else one.image[..., channel]
            np.testing.assert_array_equal(image[place, :height, :width, channel], grey)
        np.testing.assert_array_equal(mask[place, :height, :width], IGNORE if one.mask is None else one.mask)
        assert (mask[place][~inside] == IGNORE).all()
        assert (image[place][~inside] == -1).all()


@pytest.mark.parametrize(("shape", "space"), [((9, 7), 2), ((9, 7, 3), 2), ((6, 9, 7), 3)])
@pytest.mark.parametrize("annotated", [True, False])
def test_a_piece_is_the_same_of_image_and_mask_and_never_larger(shape: tuple[int, ...], space: int, annotated: bool) -> None:
    image = np.arange(np.prod(shape), dtype=np.float32).reshape(shape)
    labels = image.reshape(*shape[:space], -1)[..., 0].astype(np.uint8)
    sample, chance, places = (image, labels if annotated else None), np.random.default_rng(0), set()
    for _ in range(40):
        cut, drawn = piece(sample, 5, chance)
        assert cut.shape == (5,) * space + shape[space:]
        assert (drawn is not None) == annotated
        assert drawn is None or np.array_equal(drawn, cut.reshape(*drawn.shape, -1)[..., 0].astype(np.uint8))
        places.add(float(cut.flat[0]))
    assert len(places) > 5, "from another place each time"
    again = (piece(sample, 5, np.random.default_rng(1)).image for _ in range(2))
    assert np.array_equal(*again)
    assert piece(sample, 100, chance).image.shape == shape
    with pytest.raises(Refused, match="at least one pixel"):
        piece(sample, 0, chance)


@given(st.lists(st.tuples(SIZES, st.just(3)), min_size=1, max_size=3))
def test_tensors_are_the_arrays_with_channels_in_front(wanted: list[Any]) -> None:
    torch = pytest.importorskip("torch")
    samples = [sample(*one) for one in wanted]
    batch, tensors = collate(samples), collate(samples, tensors="torch")
    assert (tensors["image"].dtype, tensors["mask"].dtype) == (torch.float32, torch.int64)
    np.testing.assert_array_equal(tensors["image"].permute(0, 2, 3, 1).numpy(), batch["image"])
    np.testing.assert_array_equal(tensors["mask"].numpy(), batch["mask"])


def test_tensors_of_volumes_have_their_channels_before_the_slices() -> None:
    pytest.importorskip("torch")
    assert collate([sample((2, 5, 3)), sample((4, 3, 3))], tensors="torch")["image"].shape == (2, 1, 4, 5, 3)


def test_volumes_have_slices_before_height_and_sequences_are_channels() -> None:
    volumes = [sample((2, 5, 3)), sample((4, 3, 3))]
    assert collate(volumes)["image"].shape == (2, 4, 5, 3, 1)
    assert collate([sample((2, 5, 6), 4), sample((2, 5, 6), 4, annotated=False)], unannotated="ignore")["image"].shape == (2, 2, 5, 6, 4)
    assert collate([sample((5, 6), 3, annotated=False)], unannotated="ignore")["image"].shape == (1, 5, 6, 3)
    assert collate([sample((7, 5, 6), annotated=False)], unannotated="ignore")["image"].shape == (1, 7, 5, 6, 1)


def test_rows_without_a_mask_ask_for_a_choice() -> None:
    both = [sample((2, 2)), sample((3, 3), annotated=False)]
    with pytest.raises(Refused, match='unannotated="ignore"'):
        collate(both)
    assert (collate(both, unannotated="ignore")["mask"][1] == IGNORE).all()
    assert collate(both, unannotated="drop")["mask"].shape == (1, 3, 3), "the size of a batch does not depend on the choice"
    assert collate(both[1:], unannotated="drop")["image"].shape == (0, 3, 3, 1)


def test_what_no_batch_holds_is_refused() -> None:
    for batch, told in (
        ([], "nothing to batch"),
        ([sample((2, 2)), sample((2, 2, 2))], "Pictures and volumes"),
        ([sample((2, 2), 3), sample((2, 2), 2)], "2 and of 3 channels"),
    ):
        with pytest.raises(Refused, match=told):
            collate(batch)


def test_a_batch_of_rows_is_a_batch_of_their_arrays() -> None:
    rows = [ct([[1, 2]]) | {"mask": np.zeros((1, 2), np.uint8)}, ct([[3]]) | {"mask": np.ones((1, 1), np.uint8)}]
    batch = collate(rows)
    assert batch["image"][..., 0].tolist() == [[[1, 2]], [[3, 0]]]
    assert batch["mask"].tolist() == [[[0, 0]], [[1, 255]]]


def test_weights_are_by_pixels_of_the_report_without_those_nobody_annotated(tmp_path: Path) -> None:
    section = {
        "classes": ["background", "liver", "tumour", "never seen"],
        "splits": {"train": {"pixels": {"background": 900, "liver": 90, "tumour": 10, "not annotated": 5000}}, "test": {"pixels": {}}},
    }
    report = {"configs": {"slices": section}}
    weights = class_weights(report)
    assert weights.dtype == np.float32
    np.testing.assert_allclose(weights, [1000 / 2700, 1000 / 270, 1000 / 30, 0], rtol=1e-6)
    (tmp_path / "report.json").write_text(json.dumps(report))
    np.testing.assert_array_equal(class_weights(tmp_path / "report.json"), weights)
    two = {"configs": {"slices": section, "volumes": section}}
    np.testing.assert_array_equal(class_weights(two, config="volumes"), weights)
    for read, split, told in (
        (two, "train", "Which config.*slices, volumes"),
        (report, "validation", "no split 'validation'; it has train, test"),
        (report, "test", "nothing to weigh"),
    ):
        with pytest.raises(Refused, match=told):
            class_weights(read, split)


def test_weights_of_a_conversion_have_the_index_of_its_classes(tmp_path: Path) -> None:
    converted = run("herlev", "clean", tmp_path)
    weights = class_weights(converted.out / "report.json")
    masks = np.concatenate([arrays(row).mask.reshape(-1) for row in loaded(converted.out, tmp_path)])  # type: ignore[union-attr]
    pixels = np.bincount(masks[masks != IGNORE], minlength=len(weights))
    assert len(weights) == len(json.loads((converted.out / "id2label.json").read_text()))
    np.testing.assert_allclose(weights[pixels > 0] * pixels[pixels > 0], pixels.sum() / (pixels > 0).sum(), rtol=1e-5)


def people(patients: list[str | None]) -> Any:
    return Dataset.from_dict({"image_id": [f"image {n}" for n in range(len(patients))], "patient_id": patients})


@given(st.lists(st.sampled_from([None, *"abcdefghij"]), min_size=1, max_size=30), st.lists(st.sampled_from("abcxyz"), max_size=5))
def test_every_row_is_in_one_part_with_its_patient_and_stays_there(first: list[str | None], later: list[str | None]) -> None:
    parts = split_by_patient(people(first))
    assert list(parts) == ["train", "validation", "test"]
    found = {image: name for name, part in parts.items() for image in part["image_id"]}
    assert len(found) == sum(part.num_rows for part in parts.values()) == len(first)
    for patient in {*first} - {None}:
        assert len({found[f"image {n}"] for n, other in enumerate(first) if other == patient}) == 1
    more = split_by_patient(people([*first, *later]))
    assert {image: name for name, part in more.items() for image in part["image_id"]}.items() >= found.items()


def test_shares_are_met_on_average_and_another_seed_gives_other_parts() -> None:
    dataset = people([str(n) for n in range(4000)])
    parts = split_by_patient(dataset, {"train": 0.7, "test": 0.3})
    assert abs(parts["test"].num_rows / 4000 - 0.3) < 0.03
    other = split_by_patient(dataset, {"train": 0.7, "test": 0.3}, key=1)
    shared = len({*parts["test"]["image_id"]} & {*other["test"]["image_id"]})
    assert abs(shared / 4000 - 0.09) < 0.03


def test_a_stream_is_split_as_the_table_is_without_looking_at_a_picture(tmp_path: Path) -> None:
    converted = run("chase-db1", "clean", tmp_path)
    table = split_by_patient(loaded(converted.out, tmp_path), {"train": 0.5, "test": 0.5})
    stream = split_by_patient(loaded(converted.out, tmp_path, streaming=True).decode(False), {"train": 0.5, "test": 0.5})
    for name, part in table.items():
        assert part.num_rows
        rows = list(pickle.loads(pickle.dumps(stream[name])))  # as a worker gets it
        assert [row["image_id"] for row in rows] == part["image_id"][:]
        assert all(isinstance(row["image"], dict) for row in rows)


def test_volumes_of_one_patient_stay_together_and_slices_without_a_patient_by_volume() -> None:
    ids = {"image_id": [*"stuvwx"], "volume_id": [*"aabbcc"], "patient_id": ["p", "p", "p", "p", None, None]}
    for seed in range(20):
        parts = split_by_patient(Dataset.from_dict(ids), {"train": 0.5, "test": 0.5}, key=seed)
        assert {part.num_rows for part in parts.values()} <= {0, 2, 4, 6}
        assert all({*part["image_id"]} <= {*"stuv"} or "s" not in part["image_id"][:] for part in parts.values() if part.num_rows == 4)


def test_a_split_that_makes_no_sense_is_refused() -> None:
    dataset = people(["a"])
    for shares in ({}, {"train": 0.5}, {"train": 1.5, "test": -0.5}, {"train": 1.0, "test": 0.0}):
        with pytest.raises(Refused, match="make 1 together"):
            split_by_patient(dataset, shares)
    with pytest.raises(Refused, match="no column image_id"):
        split_by_patient(dataset.remove_columns("image_id"))
    with pytest.raises(Refused, match="train"):
        split_by_patient(DatasetDict(train=dataset))
