"""Divisions by name, columns that are kept, spacing, and neighbouring slices."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import hf_medseg
from hf_medseg.catalog.derived import kept_columns
from hf_medseg.catalog.lookup import known_divisions, known_files, sources
from hf_medseg.dataset.columns import FLOAT32, SEX, TEXT, Label, ListOf
from hf_medseg.dataset.folder import Output
from hf_medseg.deriving.placing import way_of
from hf_medseg.deriving.recipe import Place
from hf_medseg.errors import Refused
from hf_medseg.preview.choose import pick
from tests.deriving.test_derive import before, outs, rows, sound  # noqa: F401
from tests.support import harness
from tests.support.harness import pixels


def derive(outs: Path, new: Path, source: str, take: dict[str, Any], **recipe: Any) -> dict[str, dict[str, Any]]:  # noqa: F811
    hf_medseg.derive({"take": [{"out": str(outs / f"{source}-out"), **take}], **recipe}, new, workers=1, progress=False)
    sound(new)
    return rows(new)


def split_of(new: Path) -> dict[str, str]:
    paths = sorted((new / "data").glob("*.parquet"))
    return {name: path.name.split("-")[0] for path in paths for name in pq.read_table(path, columns=["image_id"])["image_id"].to_pylist()}


def test_children_of_chase_are_divided_as_papers_divide_them_and_the_card_says_where_that_stands(outs: Path, tmp_path: Path) -> None:  # noqa: F811
    found = derive(outs, tmp_path / "new", "chase-db1", {"split": "first-20"}, split={"parts": {"train": 0.5, "validation": 0.5}})
    splits = split_of(tmp_path / "new")
    for name, row in found.items():
        assert splits[name] == ("train" if row["patient_id"].rpartition("/")[2] <= "10" else "test")
    assert {*splits.values()} == {"train", "test"}
    card = (tmp_path / "new" / "README.md").read_text()
    assert "is divided as `first-20`" in card
    assert "mmsegmentation/blob/5563185b" in card


def test_official_splits_stay_whatever_is_asked_of_others_and_unknown_divisions_are_refused(outs: Path, tmp_path: Path) -> None:  # noqa: F811
    found = derive(outs, tmp_path / "new", "isic-2017", {"split": "official"}, split={"parts": {"train": 0.5, "test": 0.5}})
    assert split_of(tmp_path / "new") == {name: row["source_split"] for name, row in found.items()}
    for source, asked, said in (
        ("chase-db1", "frist-20", r"no division of chase-db1 is called 'frist-20'; there are: official, first-20"),
        ("chase-db1", "official", "has no official split"),
    ):
        with pytest.raises(Refused, match=said):
            derive(outs, tmp_path / "no", source, {"split": asked})


def test_the_lists_are_whole_and_fit_the_published_counts() -> None:
    lists = {(source, name): one for source in sources() for name, one in known_divisions(source).items()}
    assert {*lists} == {
        ("acdc", "fifths"),
        ("acdc", "ssl4mis"),
        ("chase-db1", "first-20"),
        ("kvasir-seg", "colonsegnet"),
        ("kvasir-seg", "pranet"),
    }
    counts = {key: {split: len(names) for split, names in one.splits.items()} for key, one in lists.items()}
    assert counts["acdc", "ssl4mis"] == {"train": 70, "validation": 10, "test": 20}
    assert counts["acdc", "fifths"] == {"validation": 20}
    assert counts["chase-db1", "first-20"] == {"train": 10, "test": 4}
    assert counts["kvasir-seg", "colonsegnet"] == {"validation": 120}
    assert counts["kvasir-seg", "pranet"] == {"test": 100}
    owned = {path.rpartition("/")[2].partition(".")[0] for path in known_files(sources()["kvasir-seg"])}
    assert {*lists["kvasir-seg", "pranet"].splits["test"]} <= owned
    fifths = lists["acdc", "fifths"]
    given = {"patient005": "train", "patient006": "train", "patient105": "test"}
    assert [fifths.split_of(split, "", name) for name, split in given.items()] == ["validation", "train", "test"]
    assert lists["acdc", "ssl4mis"].split_of("test", "", "patient105") == "", "what no list names is not taken"


def test_columns_are_kept_with_the_labels_of_all_sources(outs: Path, tmp_path: Path) -> None:  # noqa: F811
    takes = [{"out": str(outs / f"{source}-out")} for source in ("chase-db1", "acdc")]
    recipe = {"take": takes, "label": {"classes": ["vessel", "myocardium"]}, "columns": ["laterality", "group", "height_cm"]}
    hf_medseg.derive(recipe, tmp_path / "new", workers=1, progress=False)
    sound(tmp_path / "new")
    for row in rows(tmp_path / "new").values():
        old = before(outs, row, "data" if row["source"] == "chase-db1" else "slices")
        for name in recipe["columns"]:
            assert row[name] == old.get(name), name
        assert (row["source_volume"], row["source_slice"]) == (old.get("volume_id"), old.get("slice_index"))


def test_columns_of_several_types_are_refused_in_words() -> None:
    of = {"a": {"sex": SEX, "age": FLOAT32, "view": TEXT}, "b": {"sex": Label(("male", "other")), "age": TEXT, "view": ListOf(TEXT)}}
    assert kept_columns(["sex"], of) == {"sex": Label(("female", "male", "other"))}
    for name, said in (
        ("age", "age is of several types (a: float32; b: string)"),
        ("view", "view is of several types (a: string; b: list of string)"),
        ("frame", "no source has 'frame'; there are: sex, age, view"),
    ):
        with pytest.raises(Refused) as refused:
            kept_columns([name], of)
        assert said in str(refused.value)
    with pytest.raises(Refused, match="mask cannot be kept"):
        kept_columns(["mask"], {"a": {"mask": TEXT}})


def test_slices_come_to_a_spacing_in_millimetres(outs: Path, tmp_path: Path) -> None:  # noqa: F811
    found = derive(outs, tmp_path / "new", "acdc", {}, place={"spacing": 0.5, "size": 24})
    assert found
    for row in found.values():
        old = before(outs, row, "slices")
        assert (row["width"], row["height"]) == (24, 24)
        assert row["pixel_spacing"] == pytest.approx([0.5, 0.5], rel=0.05)
        assert row["scaled"] == [24, 24]
        restored = hf_medseg.restore(row, pixels(row["mask"]), fill=99) if row["mask"] else None
        assert restored is None or restored.shape == pixels(old["mask"]).shape
    with pytest.raises(Refused, match="keeps no spacing"):
        derive(outs, tmp_path / "no", "acdc", {}, place={"spacing": 1, "fit": "stretch"})


def test_a_spacing_with_a_size_cuts_around_the_middle_or_frames() -> None:
    wide = way_of(Place(size=(10, 40), spacing=(1.0, 1.0)), 20, 10, None, (2.0, 2.0))
    assert (wide.crop, wide.scaled, wide.pad) == ((7, 0, 5, 10), (10, 20), (0, 10, 0, 10))
    free = way_of(Place(spacing=(1.0, 0.5)), 20, 10, None, (2.0, 2.0))
    assert (free.crop, free.scaled, free.pad) == ((0, 0, 20, 10), (80, 20), (0, 0, 0, 0))


@pytest.mark.parametrize("edges", ["repeat", "empty"])
def test_three_neighbouring_slices_are_colours(edges: str, outs: Path, tmp_path: Path) -> None:  # noqa: F811
    window = [0, 500]
    place = {"stack": 3, "edges": edges, "window": window, "pad_image": 7}
    found = derive(outs, tmp_path / "new", "acdc", {}, place=place)
    alone = derive(outs, tmp_path / "alone", "acdc", {}, place={"window": window})
    by_place = {(row["source_volume"], row["source_slice"]): pixels(row["image"]) for row in alone.values()}
    for row in found.values():
        volume, index = row["source_volume"], row["source_slice"]
        middle = by_place[volume, index]
        beyond = middle if edges == "repeat" else np.full_like(middle, 7)
        wanted = [by_place.get((volume, index + step), beyond) for step in (-1, 0, 1)]
        assert np.array_equal(pixels(row["image"]), np.stack(wanted, axis=2))


def test_more_slices_or_deeper_ones_are_a_column_beside_the_picture(outs: Path, tmp_path: Path) -> None:  # noqa: F811
    found = derive(outs, tmp_path / "new", "acdc", {}, place={"stack": 5, "depth": 16})
    for row in found.values():
        stack = [pixels(cell) for cell in row["stack"]]
        assert len(stack) == 5
        assert np.array_equal(stack[2], pixels(row["image"]))
        assert stack[0].dtype == np.uint16
    with pytest.raises(Refused, match="no slices"):
        derive(outs, tmp_path / "no", "chase-db1", {}, place={"stack": 3})


def test_masks_of_further_annotators_are_named_where_they_are_left_out(outs: Path, tmp_path: Path) -> None:  # noqa: F811
    takes = [{"out": str(outs / f"{source}-out")} for source in ("chase-db1", "acdc")]
    derivation = hf_medseg.derive({"take": takes}, tmp_path / "new", workers=1, progress=False)
    assert [one["left_out"] for one in derivation.report["inputs"]] == [["mask_2"], []]
    assert "chase-db1: left out were the pictures `mask_2`." in (tmp_path / "new" / "README.md").read_text()


@pytest.mark.parametrize("size", [[67, 41], None])
def test_masks_of_further_annotators_come_along_on_request_and_go_back_exactly(size: Any, outs: Path, tmp_path: Path) -> None:  # noqa: F811
    takes = [{"out": str(outs / f"{source}-out")} for source in ("chase-db1", "isic-2017")]
    recipe = {"take": takes, "label": {"classes": ["lesion", "vessel"]}, "place": {"size": size, "fit": "stretch"} if size else {}}
    made = hf_medseg.derive({**recipe, "columns": ["mask_2"]}, tmp_path / "new", workers=1, progress=False)
    sound(tmp_path / "new")
    assert made.report["inputs"][0]["left_out"] == []
    for row in rows(tmp_path / "new").values():
        if row["source"] != "chase-db1":
            assert row["mask_2"] is None
            continue
        old = pixels(before(outs, row)["mask_2"])
        wanted = np.where(old == 1, 2, 255)  # vessels are class 2 here, and nobody looked for lesions
        assert np.array_equal(hf_medseg.restore(row, pixels(row["mask_2"])), wanted), "made larger and back"


def test_numbers_of_instances_stay_what_they_are(tmp_path: Path) -> None:
    harness.run("dsb-2018", "clean", tmp_path)
    recipe = {"take": [{"out": str(tmp_path / "out")}], "columns": ["instances"], "place": {"size": 400}}
    hf_medseg.derive(recipe, tmp_path / "new", workers=1, progress=False)
    sound(tmp_path / "new")
    old = {row["image_id"]: row for row in rows(tmp_path / "out").values()}
    compared = 0
    for row in (row for row in rows(tmp_path / "new").values() if row["instances"]):
        there, made = pixels(old[row["source_id"]]["instances"]), pixels(row["instances"])
        assert made.shape == (400, 400) and made.dtype == np.uint16
        assert np.array_equal(hf_medseg.restore(row, made), there)
        compared += 1
    assert compared
    for name, said in (("masks", "there are: instances"), ("mask", "cannot be kept")):
        with pytest.raises(Refused, match=said):
            hf_medseg.derive({**recipe, "columns": [name]}, tmp_path / "no", workers=1, progress=False)


def test_further_masks_of_volumes_come_along(tmp_path: Path) -> None:
    harness.run("trusted", "clean", tmp_path)
    config = next(path.name for path in (tmp_path / "out").iterdir() if path.name == "volumes")
    recipe = {"take": [{"out": str(tmp_path / "out"), "config": config}], "columns": ["mask_2"], "place": {"size": [30, 30, 20]}}
    hf_medseg.derive(recipe, tmp_path / "new", workers=1, progress=False)
    sound(tmp_path / "new")
    old = {row["image_id"]: row for path in (tmp_path / "out" / config).glob("*.parquet") for row in pq.read_table(path).to_pylist()}
    found = [row for row in rows(tmp_path / "new").values() if row["mask_2"]]
    assert found
    for row in found:
        assert np.array_equal(hf_medseg.restore(row, pixels(row["mask_2"])), pixels(old[row["source_id"]]["mask_2"]))


def test_of_a_merged_set_every_source_is_measured_and_shown_by_itself(outs: Path, tmp_path: Path) -> None:  # noqa: F811
    takes = [{"out": str(outs / f"{source}-out")} for source in ("hyperkvasir", "kvasir-seg", "acdc")]
    hf_medseg.derive({"take": takes, "place": {"size": 16, "window": [0, 500]}}, tmp_path / "new", workers=1, progress=False)
    found = rows(tmp_path / "new").values()
    told = hf_medseg.stats(tmp_path / "new").splits
    counts = {(one.origin, one.split): one.rows for one in told}
    splits = split_of(tmp_path / "new")
    assert counts == Counter((row["source"], splits[row["image_id"]]) for row in found)
    assert told[0].name == "derived: acdc" and told[0].part == "train, acdc"
    ends = {one.origin: one.intensities["image"].begin + len(one.intensities["image"].counts) for one in told if one.origin == "acdc"}
    assert ends["acdc"] <= 256, "values as they are stored: a window of 500 is 8 bits now"
    group = {row["image_id"]: row["split_group"] for row in found}
    picked = pick(Output(tmp_path / "new"), 8)
    assert {one.origin for one in picked} == {"hyperkvasir", "kvasir-seg", "acdc"}
    photographs = [group[one.image_id] for one in picked if one.origin != "acdc"]
    assert len(photographs) == len({*photographs}), "of what is kept together one row"
