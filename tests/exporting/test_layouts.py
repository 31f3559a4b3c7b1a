"""What each layout holds, read by the tools that it is for where they are installed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
from pycocotools.coco import COCO

import hf_medseg
from hf_medseg.errors import MedsegError, Refused
from tests.exporting.test_round_trip import data_of, rows_of, same, unguarded
from tests.support import made
from tests.support.harness import pixels, run
from tests.support.kit import Array

__all__ = ["unguarded"]


def flat(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Path:
    """Five pictures in two splits; `changes` are columns of the first one."""
    made.know(monkeypatch, made.FLAT)
    dataset = made.flat()
    dataset.row().update({"instances": None, **changes})
    for shards in dataset.tables.values():
        for row in (row for shard in shards for row in shard if row["image_id"] != dataset.row()["image_id"]):
            row["instances"] = None
    return dataset.write(tmp_path / "out")


def mask_of(row: dict[str, Any]) -> Array:
    return pixels(row["mask"])


def painted(path: Path, split: str) -> dict[str, Array]:
    """The label maps of a COCO file as pycocotools paints them."""
    coco = COCO(path / "annotations" / f"instances_{split}.json")
    found = {}
    for record in coco.imgs.values():
        assert (path / split / record["file_name"]).is_file()
        mask = np.zeros((record["height"], record["width"]), np.uint8)
        for one in coco.imgToAnns[record["id"]]:
            area = coco.annToMask(one) > 0
            assert not mask[area].any() and one["area"] == area.sum()
            mask[area] = one["category_id"]
        found[record["image_id"]] = mask
    return found


@pytest.mark.parametrize("masks", ["polygons", "rle"])
def test_pycocotools_paints_the_masks_exactly(masks: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = flat(tmp_path, monkeypatch)
    hf_medseg.export(out, tmp_path / "coco", to="coco", masks=masks)
    for split in ("train", "test"):
        expected = {row["image_id"]: mask_of(row) for row in rows_of(out) if row["split"] == split and row["mask"]}
        found = painted(tmp_path / "coco", split)
        assert sorted(found) == sorted(expected)
        assert all(np.array_equal(found[id], mask) for id, mask in expected.items())


def test_objects_with_a_number_are_annotations_and_the_rest_of_a_class_is_a_crowd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mask, numbers = np.zeros((20, 31), np.uint8), np.zeros((20, 31), np.uint16)
    mask[2:5, 2:5], mask[2:5, 8:12], mask[10:12, 0:3] = 1, 1, 2
    numbers[2:5, 2:5], numbers[2:5, 8:12] = 300, 7
    out = flat(tmp_path, monkeypatch, mask=made.picture(mask), instances=made.picture(numbers), classes=[0, 1, 2])
    hf_medseg.export(out, tmp_path / "coco", to="coco")
    coco = COCO(tmp_path / "coco" / "annotations" / "instances_train.json")
    (image,) = (record["id"] for record in coco.imgs.values() if record["image_id"] == "cell_0")
    found = sorted((one["category_id"], one["iscrowd"], one["area"], one["bbox"]) for one in coco.imgToAnns[image])
    assert found == [(1, 0, 9, [2, 2, 3, 3]), (1, 0, 12, [8, 2, 4, 3]), (2, 1, 6, [0, 10, 3, 2])]
    assert [category["name"] for category in coco.cats.values()] == ["cell", "nucleus"]


def test_an_object_on_the_background_is_rejected_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    numbers = np.ones((20, 31), np.uint16)
    out = flat(tmp_path, monkeypatch, mask=made.picture(np.zeros((20, 31), np.uint8)), instances=made.picture(numbers), classes=[0])
    result = hf_medseg.export(out, tmp_path / "coco", to="coco")
    assert not result.ok
    assert ["620 pixels" in one["expected"] for one in result.rejected] == [True]
    assert sum(result.cases.values()) == 4


def test_what_nobody_annotated_is_a_crowd_in_coco_and_refused_by_yolo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = np.full((20, 31), 255, np.uint8)
    mask[3:6, 3:6] = 2
    out = flat(tmp_path, monkeypatch, mask=made.picture(mask), classes=[2])
    hf_medseg.export(out, tmp_path / "coco", to="coco")
    assert np.array_equal(painted(tmp_path / "coco", "train")["cell_0"], mask)
    coco = COCO(tmp_path / "coco" / "annotations" / "instances_train.json")
    assert [(one["iscrowd"], one["area"]) for one in coco.anns.values() if one["category_id"] == 255] == [(1, 20 * 31 - 9)]
    result = hf_medseg.export(out, tmp_path / "yolo", to="yolo-seg")
    assert [one["image_id"] for one in result.rejected] == ["cell_0"]
    assert not list((tmp_path / "yolo").glob("*/train/cell_0.*"))


def test_the_ignored_label_of_nnunet_is_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mask = np.full((20, 31), 255, np.uint8)
    mask[3:6, 3:6] = 2
    out = flat(tmp_path, monkeypatch, mask=made.picture(mask), classes=[2])
    hf_medseg.export(out, tmp_path / "nnunet", to="nnunet")
    described = json.loads((tmp_path / "nnunet" / "dataset.json").read_text())
    assert described["labels"] == {"background": 0, "cell": 1, "nucleus": 2, "ignore": 3}
    assert described["channel_names"] == {"0": "red", "1": "green", "2": "blue"}
    label = pixels({"bytes": (tmp_path / "nnunet" / "labelsTr" / "cell_0.png").read_bytes(), "path": ""})
    assert np.array_equal(label, np.where(mask == 255, 3, mask))


def test_no_patient_is_on_two_sides_of_a_fold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.know(monkeypatch, made.FLAT)
    dataset = made.flat()
    rows = [dict(made.flat_row(k), patient_id=f"p{k // 2}", instances=None) for k in range(12)]
    dataset.tables = {("default", "train"): [rows]}
    hf_medseg.export(dataset.write(tmp_path / "out"), tmp_path / "nnunet", to="nnunet")
    folds = json.loads((tmp_path / "nnunet" / "splits_final.json").read_text())
    patients = {row["image_id"]: row["patient_id"] for row in rows}
    assert len(folds) == 5
    assert sorted(id for fold in folds for id in fold["val"]) == sorted(patients)
    for fold in folds:
        assert sorted(fold["train"] + fold["val"]) == sorted(patients)
        assert not {patients[id] for id in fold["train"]} & {patients[id] for id in fold["val"]}


def test_the_owners_validation_is_the_fold_without_patients_that_are_trained_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.know(monkeypatch, made.FLAT)
    dataset = made.flat()
    rows = [dict(made.flat_row(k), patient_id=f"p{k % 3}", instances=None) for k in range(5)]  # p0 p1 p2 p0 p1
    dataset.tables = {("default", "train"): [rows[:4]], ("default", "validation"): [rows[4:]]}
    result = hf_medseg.export(dataset.write(tmp_path / "out"), tmp_path / "nnunet", to="nnunet")
    (fold,) = json.loads((tmp_path / "nnunet" / "splits_final.json").read_text())
    assert fold == {"train": ["cell_0", "cell_2", "cell_3"], "val": ["cell_4"]}
    assert any("others of its patient are in the validation" in note for note in result.notes)


def heads(monkeypatch: pytest.MonkeyPatch) -> made.Made:
    """Two heads, whose slices lie 3 mm apart, the first at 7."""
    made.know(monkeypatch, made.VOLUMES)
    dataset = made.volumes()
    for slices in dataset.tables["slices", "train"]:
        for row in slices:
            row["image_position"] = [0.0, 0.0, 7.0 + 3 * row["slice_index"]]
    return dataset


@pytest.mark.parametrize("config", ["slices", "volumes"])
def test_volumes_are_at_their_place_with_physical_values(config: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = heads(monkeypatch)
    hf_medseg.export(dataset.write(tmp_path / "out"), tmp_path / "nnunet", to="nnunet", config=config)
    for slices in dataset.tables["slices", "train"]:
        image = nibabel.load(next((tmp_path / "nnunet").glob(f"images*/{slices[0]['volume_id']}_0000.nii.gz")))
        expected = np.stack([pixels(row["image"]).astype(int) - 1024 for row in slices])
        assert image.get_data_dtype() == np.int32
        assert np.array_equal(np.asarray(image.dataobj).T, expected)
        affine = [[-0.5, 0, 0, 0], [0, -0.5, 0, 0], [0, 0, 3, 7], [0, 0, 0, 1]]
        assert np.allclose(image.affine, affine if config == "slices" else np.diag([-1.0, -1.0, 2.0, 1.0]))


def test_fractions_of_a_scale_stay_stored_numbers_with_the_scale_in_the_header(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = heads(monkeypatch)
    for row in (row for shard in dataset.tables["slices", "train"] for row in shard):
        row.update(rescale_slope=0.25, rescale_intercept=-8192.0)
    out = dataset.write(tmp_path / "out")
    hf_medseg.export(out, tmp_path / "there", to="folder", config="slices")
    for path in (tmp_path / "there").glob("*/images/*.nii.gz"):
        image = nibabel.load(path)
        assert (image.dataobj.slope, image.dataobj.inter) == (0.25, -8192.0)
        rows = [row for row in rows_of(out) if row["image_id"].startswith(f"{path.name[:-7]}_")]
        rows.sort(key=lambda row: row["slice_index"])
        assert np.array_equal(np.asarray(image.dataobj).T, np.stack([hf_medseg.physical(row) for row in rows]))


def missing(slices: list[dict[str, Any]]) -> None:
    del slices[1]


def uneven(slices: list[dict[str, Any]]) -> None:
    slices[1]["image_position"] = [0.0, 0.0, 8.0]


def in_one_place(slices: list[dict[str, Any]]) -> None:
    for row in slices:
        row["image_position"] = [0.0, 0.0, 7.0]


@pytest.mark.parametrize(
    ("spoil", "why"), [(missing, "head_1 has 2 of 3 slices"), (uneven, "uneven distances"), (in_one_place, "uneven distances")]
)
def test_slices_that_make_no_volume_stay_pictures_and_it_is_said(
    spoil: Any, why: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dataset = heads(monkeypatch)
    spoil(dataset.tables["slices", "train"][0])
    result = hf_medseg.export(dataset.write(tmp_path / "out"), tmp_path / "there", to="folder", config="slices")
    (note,) = (note for note in result.notes if "Slices are written as pictures" in note)
    assert why in note
    assert not list((tmp_path / "there").glob("**/*.nii.gz"))


@pytest.mark.parametrize("to", ["coco", "yolo-seg"])
def test_pictures_only_layouts_refuse_volumes(to: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.know(monkeypatch, made.VOLUMES)
    out = made.volumes().write(tmp_path / "out")
    with pytest.raises(Refused, match="Export the config of slices"):
        hf_medseg.export(out, tmp_path / "there", to=to, config="volumes")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_arrays_are_the_stored_samples(tmp_path: Path, unguarded: None) -> None:
    first = run("kvasir-seg", "clean", tmp_path, configs=())
    hf_medseg.export(first.out, tmp_path / "npz", to="npz")
    found = {path.stem: np.load(path) for path in (tmp_path / "npz").glob("train/*.npz")}
    expected = data_of(first.out)
    assert sorted(found) == sorted(id for _, id in expected)
    for (_, id), (image, mask) in expected.items():
        assert np.array_equal(found[id]["image"], image)
        assert (mask is None) == ("mask" not in found[id])
        assert mask is None or np.array_equal(found[id]["mask"], mask)


def test_webdataset_reads_the_pictures_byte_for_byte(tmp_path: Path) -> None:
    webdataset = pytest.importorskip("webdataset")
    first = run("kvasir-seg", "clean", tmp_path, configs=())
    hf_medseg.export(first.out, tmp_path / "there", to="webdataset")
    samples = {one["__key__"]: one for one in webdataset.WebDataset(str(tmp_path / "there" / "train-000000.tar"), shardshuffle=False)}
    rows = rows_of(first.out)
    assert sorted(samples) == sorted(row["image_id"] for row in rows)
    for row in rows:
        sample = samples[row["image_id"]]
        assert sample["jpg"] == row["image"]["bytes"]
        assert sample["mask.png"] == row["mask"]["bytes"]
        assert json.loads(sample["json"])["image_id"] == row["image_id"]


@pytest.mark.parametrize("source", ["chase-db1", "msd"])
def test_nnunet_finds_nothing_wrong(source: str, tmp_path: Path) -> None:
    check = pytest.importorskip("nnunetv2.experiment_planning.verify_dataset_integrity", reason="nnunetv2 is not installed")
    first = run(source, "clean", tmp_path, configs=())
    hf_medseg.export(first.out, tmp_path / "Dataset101_made", to="nnunet")
    check.verify_dataset_integrity(str(tmp_path / "Dataset101_made"), 1)


@pytest.mark.parametrize("source", ["chase-db1", "msd"])
def test_monai_lists_every_case_of_the_decathlon(source: str, tmp_path: Path) -> None:
    monai = pytest.importorskip("monai.data", reason="monai is not installed")
    first = run(source, "clean", tmp_path, configs=())
    result = hf_medseg.export(first.out, tmp_path / "there", to="decathlon")
    listed = monai.load_decathlon_datalist(str(tmp_path / "there" / "dataset.json"), True, "training")
    assert len(listed) == result.cases["train"]
    assert all(os.path.isfile(path) for one in listed for path in one.values())


def test_a_row_without_a_mask_is_left_out_where_it_would_be_called_empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = flat(tmp_path, monkeypatch, mask=None, classes=[])
    masked = sum(row["mask"] is not None for row in rows_of(out))
    for to in ("coco", "yolo-seg"):
        result = hf_medseg.export(out, tmp_path / to, to=to)
        assert sum(result.cases.values()) == masked
        assert sum(result.left_out.values()) == len(rows_of(out)) - masked
        assert result.ok


def test_nothing_is_written_where_no_case_comes_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made.know(monkeypatch, made.FLAT)
    dataset = made.flat()
    dataset.tables = {("default", "train"): [[dict(made.flat_row(1, masked=False), instances=None)]]}
    with pytest.raises(MedsegError, match="nobody annotated it"):
        hf_medseg.export(dataset.write(tmp_path / "out"), tmp_path / "there", to="coco")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_a_folder_of_pictures_comes_back_with_patients(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = flat(tmp_path, monkeypatch)
    hf_medseg.export(out, tmp_path / "there", to="folder")
    monkeypatch.undo()
    hf_medseg.convert("image-mask-folder", tmp_path / "there", tmp_path / "again", about=tmp_path / "there" / "about.toml", workers=1)
    same(data_of(tmp_path / "again"), data_of(out))
    patients = {row["image_id"]: row["patient_id"] for row in rows_of(out)}
    assert {row["image_id"]: row["patient_id"] for row in rows_of(tmp_path / "again")} == patients


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_grey_pictures_among_coloured_ones_have_three_equal_channels(
    order: tuple[int, int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made.know(monkeypatch, made.FLAT)
    dataset = made.flat()
    grey = np.arange(21 * 31, dtype=np.uint16).reshape(21, 31).astype(np.uint8)
    rows = [dict(made.flat_row(0), instances=None), dict(made.flat_row(1), instances=None, image=made.picture(grey))]
    dataset.tables = {("default", "train"): [[rows[k] for k in order]]}
    out = dataset.write(tmp_path / "out")
    for to in ("nnunet", "decathlon"):
        assert hf_medseg.export(out, tmp_path / to, to=to).cases == {"train": 2}
    png = pixels({"bytes": (tmp_path / "nnunet" / "imagesTr" / "cell_1_0000.png").read_bytes(), "path": ""})
    assert np.array_equal(png, np.stack([grey] * 3, axis=-1))
    volume = np.asarray(nibabel.load(tmp_path / "decathlon" / "imagesTr" / "cell_1.nii.gz").dataobj)
    assert np.array_equal(volume[:, :, 0].transpose(1, 0, 2), png)
