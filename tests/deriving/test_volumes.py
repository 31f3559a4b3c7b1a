"""Whole volumes on one grid, and the way back: exact in three directions, in place in space, one volume at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from PIL import Image

import hf_medseg
from hf_medseg.deriving.depth import as_stored
from hf_medseg.deriving.placing import placed_image, placed_mask, restore, way_of
from hf_medseg.deriving.recipe import Place
from hf_medseg.errors import Refused
from hf_medseg.formats.nifti import affine_of, voxels_of
from hf_medseg.masks.labels import nearest_index
from tests.deriving.test_derive import rows, sound
from tests.deriving.test_placing import SAME, columns
from tests.support import harness

sides = some.integers(1, 9)
masks = some.tuples(sides, sides, sides).flatmap(lambda shape: arrays(np.uint8, shape, elements=some.sampled_from((0, 1, 2, 255))))
steps = some.floats(0.3, 4)
places = some.builds(
    Place,
    size=some.one_of(some.none(), some.tuples(sides, sides, sides)),
    fit=some.sampled_from(("pad", "crop")),
    spacing=some.one_of(some.none(), some.tuples(steps, steps, steps)),
) | some.builds(Place, size=some.tuples(sides, sides, sides), fit=some.just("stretch"))


@given(masks, places, some.tuples(steps, steps, steps))
def test_a_volume_has_the_size_that_was_asked_for_no_new_class_and_a_way_back(
    mask: np.ndarray, place: Place, spacing: tuple[float, float, float]
) -> None:
    depth, height, width = mask.shape
    way = way_of(place, width, height, mask, spacing, depth=depth)
    made = placed_mask(mask, way, 0, SAME)
    assert place.sides is None or made.shape == place.sides[::-1]
    assert placed_image(mask, way, place).shape == made.shape
    assert {*np.unique(made)} <= {0, *np.unique(mask)}
    back = restore(columns(way), made, fill=0)
    assert back.shape == mask.shape
    if all(new >= old for new, old in zip(way.scaled, way.cut, strict=True)):
        assert np.array_equal(back[way.taken], mask[way.taken])
    if place.fit == "crop" and place.spacing is None:
        assert np.count_nonzero(np.isin(mask[way.taken], (1, 2))) == np.count_nonzero(np.isin(mask, (1, 2)))


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("volumes")
    harness.run("acdc", "clean", home, configs=["volumes"])
    return home / "out"


def derived(out: Path, new: Path, **recipe: Any) -> dict[str, dict[str, Any]]:
    hf_medseg.derive({"take": [{"out": str(out), "config": "volumes"}], **recipe}, new, workers=1, progress=False)
    sound(new)
    return rows(new)


def before(out: Path, row: dict[str, Any]) -> dict[str, Any]:
    shards = (out / "volumes").glob("*.parquet")
    return next(one for path in shards for one in pq.read_table(path).to_pylist() if one["image_id"] == row["source_id"])


def test_volumes_that_nothing_is_asked_of_keep_their_bytes(out: Path, tmp_path: Path) -> None:
    for row in derived(out, tmp_path / "new", place={"depth": 16}).values():
        old = before(out, row)
        assert row["image"]["bytes"] == old["image"]["bytes"]
        assert (row["depth"], row["slice_spacing"]) == (old["depth"], old["slice_spacing"])
        assert (row["mask"] is None) == (old["mask"] is None)
        assert row["mask"] is None or np.array_equal(voxels_of(row["mask"]["bytes"]), voxels_of(old["mask"]["bytes"]))


def test_a_spacing_in_millimetres_resamples_in_three_directions_and_every_voxel_stays_where_it_is(out: Path, tmp_path: Path) -> None:
    size = (18, 14, 12)
    found = derived(out, tmp_path / "new", place={"spacing": [1.5, 1.5, 5], "size": size, "depth": 16}, split={"parts": {"train": 1}})
    assert found
    for row in found.values():
        old = before(out, row)
        stored, made = voxels_of(old["image"]["bytes"]), voxels_of(row["image"]["bytes"])
        assert (row["width"], row["height"], row["depth"]) == size == made.shape[::-1]
        spacing = (*old["pixel_spacing"], old["slice_spacing"])
        way = way_of(Place(size=size, spacing=(1.5, 1.5, 5.0)), old["width"], old["height"], None, spacing, depth=old["depth"])
        assert (row["original_size"], row["crop"], row["scaled"], row["pad"]) == tuple(columns(way).values())
        width, height, depth = way.scaled
        cut = stored[way.taken].astype(np.float32)
        wanted = np.stack([np.asarray(Image.fromarray(one).resize((width, height), Image.Resampling.BILINEAR)) for one in cut])
        flat = Image.fromarray(wanted.reshape(len(wanted), -1)).resize((wanted[0].size, depth), Image.Resampling.BILINEAR)
        assert np.array_equal(made[way.inside], as_stored(np.asarray(flat).reshape(way.scaled[::-1]), stored.dtype))
        if row["mask"] is not None:
            labels, mask = voxels_of(old["mask"]["bytes"])[way.taken], voxels_of(row["mask"]["bytes"])
            index = [nearest_index(length, new) for length, new in zip(labels.shape, way.scaled[::-1], strict=True)]
            assert np.array_equal(mask[way.inside], labels[np.ix_(*index)])
            assert hf_medseg.restore(row, mask).shape == stored.shape
        here, there = affine_of(row["image"]["bytes"]), affine_of(old["image"]["bytes"])
        assert here is not None and there is not None
        # The corners of what was cut out are the corners of what lies inside the frame.
        for corner in ((0, 0, 0), (1, 1, 1)):
            new = np.array([first + at * length - 0.5 for first, at, length in zip(way.pad[:3], corner, way.scaled, strict=True)])
            was = np.array([first + at * length - 0.5 for first, at, length in zip(way.crop[:3], corner, way.cut, strict=True)])
            assert np.allclose(here @ [*new, 1], there @ [*was, 1], atol=1e-3)
        assert np.allclose(np.linalg.norm(here[:3, :3], axis=0)[[1, 0, 2]], [*row["pixel_spacing"], row["slice_spacing"]], atol=1e-4)


def test_a_window_brings_volumes_to_8_bits_and_the_frame_has_its_value(out: Path, tmp_path: Path) -> None:
    for row in derived(out, tmp_path / "new", place={"size": 40, "window": [0, 300], "pad_image": 9, "pad_mask": 255}).values():
        old = before(out, row)
        made = voxels_of(row["image"]["bytes"])
        assert made.dtype == np.uint8 and made.shape == (40, 40, 40)
        frame = np.ones(made.shape, bool)
        left, top, first = row["pad"][:3]
        width, height, depth = row["scaled"]
        frame[first : first + depth, top : top + height, left : left + width] = False
        assert frame.any() and (made[frame] == 9).all()
        assert row["mask"] is None or (voxels_of(row["mask"]["bytes"])[frame] == 255).all()
        assert (row["rescale_slope"], row["rescale_intercept"]) == pytest.approx((300 / 255, 0.0)) or old["rescale_slope"] is None


@pytest.mark.parametrize(
    ("recipe", "said"),
    [
        (
            {"place": {"size": [10, 10]}},
            r"place.size has 2 numbers; volumes have width, height and slices\. Volumes are not cut into slices here",
        ),
        ({"place": {"spacing": [1.0, 1.0]}}, "place.spacing has 2 numbers; volumes"),
        ({"place": {"size": [10, 10, 10, 10]}}, "take one number, two, or, for volumes, three"),
        ({"place": {"stack": 3}}, "place.stack puts slices together, and a volume has all of them"),
        ({"place": {"colours": "RGB"}}, "place.colours is for pictures"),
    ],
)
def test_what_cannot_be_done_to_volumes_is_refused_before_anything_is_written(
    recipe: dict[str, Any], said: str, out: Path, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=said):
        derived(out, tmp_path / "new", **recipe)
    assert not (tmp_path / "new").exists()


def test_volumes_and_pictures_make_no_dataset_together(out: Path, tmp_path: Path) -> None:
    harness.run("chase-db1", "clean", tmp_path)
    takes = [{"out": str(tmp_path / "out")}, {"out": str(out), "config": "volumes"}]
    with pytest.raises(Refused, match=r'take 2 \(acdc\) holds whole volumes and take 1 \(chase-db1\) pictures.* config = "slices"'):
        hf_medseg.derive({"take": takes}, tmp_path / "new", progress=False)
    with pytest.raises(Refused, match=r"place\.size has 3 numbers; pictures have width and height"):
        hf_medseg.derive({"take": takes[:1], "place": {"size": [8, 8, 8]}}, tmp_path / "new", progress=False)
