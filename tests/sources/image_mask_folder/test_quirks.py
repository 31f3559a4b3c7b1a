"""Bring your own pictures: layouts, codings, about files, and what must not come in this way."""

from __future__ import annotations

import hashlib
import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageOps

from hf_medseg.catalog.lookup import sources
from hf_medseg.conversion import layout
from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from hf_medseg.masks.upright import turned
from hf_medseg.raw.splits import split_of
from hf_medseg.verification.verify import verify
from tests.support.harness import PHANTOMS, Converted, pixels, run
from tests.support.kit import Phantom, as_zip, colour, encode, save, save_jpeg, save_palette, write

MASK = np.array([[0, 1, 2], [2, 0, 1]], np.uint8)


def tree(folder: Path, *names: str, values: Any = MASK) -> Path:
    """Writes pictures and masks of 3 x 2 pixels under the given names."""
    for name in names:
        if "images/" in name.lower():
            save(folder / name, colour(name, 2, 3))
        else:
            save(folder / name, values)
    return folder


def converted(tmp_path: Path, about: str = "", **options: Any) -> Converted:
    """Converts `tmp_path/raw`."""
    path = write(tmp_path / "about.toml", about) if about else None
    conversion = convert("image-mask-folder", tmp_path / "raw", tmp_path / "out", workers=1, about=path, **options)
    return Converted("image-mask-folder", Phantom(tmp_path / "raw", []), conversion, tmp_path / "out")


def names(found: Converted) -> list[str]:
    return list(found.section()["classes"])


# Layouts


@pytest.mark.parametrize(("images", "masks"), [("Images", "MASKS"), ("images", "labels"), ("images", "Annotations")])
def test_folder_names_in_any_case_and_other_words_for_masks(images: str, masks: str, tmp_path: Path) -> None:
    tree(tmp_path / "raw", f"{images}/a.png", f"{masks}/a.png")
    row = converted(tmp_path).row("a")
    assert np.array_equal(pixels(row["mask"]), MASK)
    assert row["source_file"] == f"{images}/a.png"


def test_masks_win_over_labels_and_annotations(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png")
    tree(tmp_path / "raw", "labels/a.png", "annotations/a.png", values=MASK * 9)
    found = converted(tmp_path)
    assert np.array_equal(pixels(found.row("a")["mask"]), MASK)
    assert {note["path"] for note in found.section()["not_used"]} == {"labels/a.png", "annotations/a.png"}


def test_labels_and_annotations_without_masks_are_ambiguous(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "labels/a.png", "annotations/a.png")
    with pytest.raises(Refused, match=r'which of them holds the masks: image = "images/\{stem\}.\*"; mask = "labels/\{stem\}.\*"'):
        converted(tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("folder", ["valid", "val", "validation", "Valid"])
def test_every_word_for_validation(folder: str, tmp_path: Path) -> None:
    tree(tmp_path / "raw", "train/images/a.png", "train/masks/a.png", f"{folder}/images/b.png", f"{folder}/masks/b.png")
    found = converted(tmp_path)
    assert {row["image_id"]: row["split"] for row in found.rows()} == {"a": "train", "b": "validation"}
    assert found.row("b")["source_file"] == f"{folder}/images/b.png"


def test_doubled_folders_keep_their_split(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "train/images/a.png", "train/masks/a.png", "test/images/images/b.png", "test/masks/masks/b.png")
    assert {row["image_id"]: row["split"] for row in converted(tmp_path).rows()} == {"a": "train", "b": "test"}


def test_a_split_that_cannot_be_told_is_refused(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "train/images/a.png", "train/masks/a.png", "test/site1/images/b.png", "test/site1/masks/b.png")
    with pytest.raises(Refused, match="directly into it"):
        converted(tmp_path)


def test_images_and_masks_unpacked_apart(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "part1/images/a.png", "part2/masks/a.png")
    assert not converted(tmp_path).conversion.rejected


def test_a_mask_from_another_of_several_folders_is_not_taken(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "one/images/a.png", "one/masks/a.png", "two/images/b.png", "one/masks/b.png")
    (rejected,) = converted(tmp_path).conversion.rejected
    assert rejected["image_id"] == "b"
    assert "one/masks/b.png, lies in another folder" in rejected["expected"]


def test_what_lies_deeper_is_listed(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png", "images/more/b.png")
    write(tmp_path / "raw" / "images" / "notes.txt", "x")
    notes = {note["path"]: note["reason"] for note in converted(tmp_path).section()["not_used"]}
    assert set(notes) == {"images/more/b.png", "images/notes.txt"}
    assert "folder below" in notes["images/more/b.png"]


def test_zip_and_folder_give_the_same_bytes(tmp_path: Path) -> None:
    phantom = PHANTOMS["image-mask-folder"].make(tmp_path / "raw", "no_about")
    as_zip(phantom.raw, tmp_path / "cells.zip", top="deep/er/")
    folder = convert("image-mask-folder", phantom.raw, tmp_path / "one", workers=1)
    packed = convert("image-mask-folder", tmp_path / "cells.zip", tmp_path / "two", workers=1)
    assert folder.made == packed.made
    for name in folder.made:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_tree_without_masks_is_refused(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png")
    with pytest.raises(Refused, match="This is not image-mask-folder"):
        converted(tmp_path)


def test_nothing_that_pairs_is_refused_with_the_way_out(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/m1.png")
    with pytest.raises(
        Refused, match=r"Found: images/a\.png and masks/m1\.png\. Say in the about file how they are called, such as: image ="
    ):
        converted(tmp_path)


def test_a_mask_named_after_the_whole_file_name(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png.png")
    assert converted(tmp_path, 'mask_suffix = ".png"').row("a")["mask"] is not None


def test_masks_without_the_stated_suffix_are_listed(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a_mask.png", "masks/a_overlay.png")
    (note,) = converted(tmp_path, 'mask_suffix = "_mask"').section()["not_used"]
    assert note["path"] == "masks/a_overlay.png"
    assert note["reason"] == "its name does not end in '_mask', which the about file says of masks"


def test_a_split_whose_masks_lack_the_suffix_is_rejected_not_taken_for_unannotated(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "train/images/a.png", "train/masks/a_mask.png", "test/images/b.png", "test/masks/b.png")
    (rejected,) = converted(tmp_path, 'mask_suffix = "_mask"').conversion.rejected
    assert rejected["file"] == "test/images/b.png"
    assert "test/masks/b_mask.png" in rejected["expected"]


# Codings


def test_palette_masks_are_their_indices(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png")
    save_palette(tmp_path / "raw" / "masks" / "a.png", MASK, [(0, 0, 0), (255, 0, 0), (0, 255, 0)])
    found = converted(tmp_path)
    assert np.array_equal(pixels(found.row("a")["mask"]), MASK)
    assert names(found) == ["background", "value_1", "value_2"]


def test_every_distinct_value_becomes_a_class_in_ascending_order(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png", values=MASK * 100)
    tree(tmp_path / "raw", "images/b.png", "masks/b.png", values=MASK.astype(np.uint16) * 300)
    found = converted(tmp_path)
    assert names(found) == ["background", "value_100", "value_200", "value_300", "value_600"]
    assert np.array_equal(pixels(found.row("b")["mask"]), np.array([0, 3, 4])[MASK])


@pytest.mark.parametrize("value", [1, 7, 255])
def test_binary_masks_are_foreground_whatever_their_value(value: int, tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png", values=(MASK > 0) * np.uint8(value))
    found = converted(tmp_path)
    assert names(found) == ["background", "foreground"]
    assert np.array_equal(pixels(found.row("a")["mask"]), MASK > 0)


def test_masks_that_are_all_empty(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png", values=MASK * 0)
    found = converted(tmp_path)
    assert names(found) == ["background", "foreground"]
    assert found.row("a")["classes"] == [0]


def test_254_values_are_the_most(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png")
    everything = np.arange(256, dtype=np.uint16).reshape(16, 16)
    save(tmp_path / "raw" / "images" / "b.png", colour("b", 16, 16))
    save(tmp_path / "raw" / "masks" / "b.png", np.minimum(everything, 254))
    assert len(names(converted(tmp_path))) == 255
    save(tmp_path / "raw" / "masks" / "b.png", everything)
    with pytest.raises(Refused, match=r"255 classes; a label map holds 254\. Say in the about file"):
        convert("image-mask-folder", tmp_path / "raw", tmp_path / "other", workers=1)


def test_a_jpeg_mask_under_another_name_is_thresholded_too(tmp_path: Path) -> None:
    blocks = np.kron(MASK > 0, np.ones((11, 11), np.uint8)) * np.uint8(255)
    save(tmp_path / "raw" / "images" / "a.png", colour("a", 22, 33))
    stored = save_jpeg(tmp_path / "raw" / "masks" / "a.png", blocks, quality=50)
    assert len(np.unique(stored)) > 2
    found = converted(tmp_path)
    assert np.array_equal(pixels(found.row("a")["mask"]), stored > 127)
    assert names(found) == ["background", "foreground"]


def test_coloured_masks_are_rejected_by_name(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png", "images/b.png")
    save(tmp_path / "raw" / "masks" / "b.png", colour("coloured", 2, 3))
    found = converted(tmp_path)
    assert [one["file"] for one in found.conversion.rejected] == ["masks/b.png"]
    assert names(found) == ["background", "value_1", "value_2"]


# About files


def test_classes_may_share_a_name_and_leave_pixels_out(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png", values=np.array([[0, 1, 2], [3, 255, 0]], np.uint8))
    found = converted(tmp_path, '[classes]\n1 = "cell"\n3 = "cell"\n2 = "debris"\n255 = "not annotated"\n')
    assert names(found) == ["background", "cell", "debris"]
    assert np.array_equal(pixels(found.row("a")["mask"]), [[0, 1, 2], [1, 255, 0]])
    assert found.row("a")["classes"] == [0, 1, 2]


def test_the_background_may_have_another_value(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png", values=(MASK > 0) * np.uint8(255))
    found = converted(tmp_path, '[classes]\n0 = "lesion"\n255 = "background"\n')
    assert np.array_equal(pixels(found.row("a")["mask"]), MASK == 0)


@pytest.mark.parametrize(
    "classes",
    ['classes = "nucleus"', "[classes]", '[classes]\nred = "cell"', "[classes]\n1 = 2", '[classes]\n1 = ""', '[classes]\n"-1" = "x"'],
)
def test_classes_that_are_no_class_map_are_refused(classes: str, tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png")
    with pytest.raises(Refused, match=r"about\.toml: classes must map mask values to names"):
        converted(tmp_path, classes)


@pytest.mark.parametrize(
    ("about", "identifier", "tier"),
    [
        ("", "unknown", "unknown"),
        ('license = "CC0"', "unknown", "unknown"),
        ('license_url = "https://example.org"', "unknown", "unknown"),
        ('license = "cc0"\nlicense_url = "https://example.org"', "cc0-1.0", "open"),
        ('license = "CC BY-NC 4.0"\nlicense_url = "https://example.org"', "cc-by-nc-4.0", "noncommercial"),
        ('license = "cc-by-nd-4.0"\nlicense_url = "https://example.org"', "other", "restricted"),
        ('license = "by agreement"\nlicense_url = "https://example.org"', "other", "restricted"),
    ],
)
def test_the_license_is_what_the_user_states_with_an_address(about: str, identifier: str, tier: str, tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png")
    report = converted(tmp_path, about).conversion.report
    assert (report["license"], report["tier"]) == (identifier, tier)


def test_conditions_are_a_text_or_a_list_of_texts(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png")
    stated = 'license = "cc-by-4.0"\nlicense_url = "https://example.org"\nconditions = '
    for given in ('"Cite us."', '["Cite us."]'):
        found = converted(tmp_path, stated + given)
        assert found.conversion.plan.edition.license.conditions == ("Cite us.",)
    with pytest.raises(Refused, match="conditions must be a list of texts"):
        converted(tmp_path, stated + "3")


def test_the_citation_is_the_users(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png")
    assert converted(tmp_path, 'citation = "@misc{a}"').conversion.plan.edition.citations == ("@misc{a}",)


def test_the_survey_runs_in_processes_too(tmp_path: Path) -> None:
    phantom = PHANTOMS["image-mask-folder"].make(tmp_path, "no_about")
    one, two = (convert("image-mask-folder", phantom.raw, tmp_path / str(workers), workers=workers) for workers in (1, 2))
    assert one.report == two.report


# What the catalog knows does not come in this way


@pytest.mark.parametrize(
    ("image", "mask", "known"),
    [
        ("Image_01L.jpg", "Image_01L_1stHO.png", "chase-db1"),
        ("149056321-149056343-001.bmp", "149056321-149056343-001-d.bmp", "herlev"),
        ("WBC-Malignant-Pro-011.jpg", "WBC-Malignant-Pro-011.jpg", "all-leukemia"),
    ],
)
def test_a_known_source_in_renamed_folders_is_refused_by_its_file_names(image: str, mask: str, known: str, tmp_path: Path) -> None:
    tree(tmp_path / "raw", f"nobody/knows/images/{image}", f"nobody/knows/masks/{mask}")
    with pytest.raises(Refused, match=f"is {known}, which the catalog knows"):
        converted(tmp_path, 'license = "cc0-1.0"\nlicense_url = "https://example.org"')
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("stem", "known"),
    [
        ("cju0qkwl35piu0993l0dewei2", "kvasir-seg"),
        ("21_training", "drive"),
        ("TCGA_CS_4941_19960909_2", "lgg-mri"),
        ("benign (1)", "breast-cancer"),
        ("polyp-CJU0QKWL35PIU0993L0DEWEI2-256", "kvasir-seg"),
    ],
)
def test_a_re_packed_known_source_is_refused_by_the_ids_of_its_pictures(stem: str, known: str, tmp_path: Path) -> None:
    tree(tmp_path / "raw", f"train/images/{stem}.png", f"train/masks/{stem}.png", "train/images/mine.png", "train/masks/mine.png")
    with pytest.raises(Refused, match=f"is {known}, which the catalog knows.*hf-medseg convert {known} RAW OUT"):
        converted(tmp_path, 'license = "cc0-1.0"\nlicense_url = "https://example.org"')
    assert not (tmp_path / "out").exists()


def test_a_known_source_is_refused_by_a_table_of_its_own(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png")
    write(tmp_path / "raw" / "ISIC-2017_Training_Part3_GroundTruth.csv", "image_id\n")
    with pytest.raises(Refused, match="is isic-2017"):
        converted(tmp_path)


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_a_known_source_under_other_names_is_refused_by_its_hashes(packed: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tree(tmp_path / "unpacked", "images/mine.png", "masks/mine.png", "images/more.png", "masks/more.png")
    data = (folder / "images" / "more.png").read_bytes()
    known = replace(sources()["chase-db1"], hashes=((len(data), hashlib.sha256(data).hexdigest()),))
    monkeypatch.setattr(layout, "facts", lambda: {**sources(), "chase-db1": known})
    raw = as_zip(folder, tmp_path / "mine.zip") if packed else folder
    with pytest.raises(Refused, match="is chase-db1"):
        convert("image-mask-folder", raw, tmp_path / "out", workers=1)


def test_a_size_alone_proves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tree(tmp_path / "raw", "images/a.png", "masks/a.png")
    known = replace(sources()["chase-db1"], hashes=(((folder / "images" / "a.png").stat().st_size, "0" * 64),))
    monkeypatch.setattr(layout, "facts", lambda: {**sources(), "chase-db1": known})
    assert converted(tmp_path).conversion.rows == 1


def test_a_damaged_file_of_a_known_size_is_rejected_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tree(tmp_path / "unpacked", "images/a.png", "masks/a.png", "images/b.png", "masks/b.png")
    data = (folder / "images" / "a.png").read_bytes()
    packed = as_zip(folder, tmp_path / "mine.zip")
    whole = bytearray(packed.read_bytes())
    at = whole.find(b"images/a.png") + len("images/a.png") + 20
    whole[at] ^= 0xFF
    packed.write_bytes(bytes(whole))
    known = replace(sources()["chase-db1"], hashes=((len(data), "0" * 64),))
    monkeypatch.setattr(layout, "facts", lambda: {**sources(), "chase-db1": known})
    found = convert("image-mask-folder", packed, tmp_path / "out", workers=1)
    assert [one["image_id"] for one in found.rejected] == ["a"]
    assert found.rows == 1


def test_real_files_under_other_names_are_refused(real: Callable[[str], Path], tmp_path: Path) -> None:
    folder = tree(tmp_path / "raw", "images/mine.png", "masks/mine.png")
    (size, digest), *_ = sources()["chase-db1"].hashes
    published = next(
        path
        for path in sorted(real("chase-db1").rglob("*"))
        if path.is_file() and path.stat().st_size == size and hashlib.sha256(path.read_bytes()).hexdigest() == digest
    )
    (folder / "images" / "renamed.jpg").write_bytes(published.read_bytes())
    with pytest.raises(Refused, match="is chase-db1"):
        converted(tmp_path)


def test_a_bare_images_and_masks_is_nobodys(tmp_path: Path) -> None:
    assert not run("image-mask-folder", "clean", tmp_path).conversion.rejected


# Folders above images/


@pytest.mark.parametrize(
    ("training", "testing"),
    [
        ("training", "testing"),
        ("trainset", "testset"),
        ("train_set", "test-data"),
        ("tr", "ts"),
        ("Training Data", "Test Split"),
        ("01_train", "02_test"),
        ("trn", "holdout"),
        ("TrainingSet", "TE"),
        ("train2017", "test_2017"),
    ],
)
def test_common_spellings_of_splits_are_understood(training: str, testing: str, tmp_path: Path) -> None:
    tree(tmp_path / "raw", f"{training}/images/a.png", f"{training}/masks/a.png", f"{testing}/images/b.png", f"{testing}/masks/b.png")
    found = converted(tmp_path)
    assert {row["image_id"]: (row["split"], row["folder"]) for row in found.rows()} == {"a": ("train", None), "b": ("test", None)}
    assert found.row("b")["source_file"] == f"{testing}/images/b.png"
    assert not found.conversion.rejected


@pytest.mark.parametrize("folder", ["dev", "devset", "VAL", "val_split", "valset", "development"])
def test_common_spellings_of_the_validation_set(folder: str, tmp_path: Path) -> None:
    tree(tmp_path / "raw", "tr/images/a.png", "tr/masks/a.png", f"{folder}/images/b.png", f"{folder}/masks/b.png")
    assert {row["image_id"]: row["split"] for row in converted(tmp_path).rows()} == {"a": "train", "b": "validation"}


@pytest.mark.parametrize(
    "folder", ["train20171", "trainee", "contest", "valve", "latest", "test2", "train_1", "best", "benign", "data", "parts", "latent"]
)
def test_what_is_no_spelling_of_a_split(folder: str) -> None:
    assert split_of(folder) is None


@pytest.mark.parametrize(("training", "testing"), [("train_1", "test_1"), ("train_v2", "test_v2"), ("test1", "test2")])
def test_a_split_with_more_in_its_name_never_becomes_train(training: str, testing: str, tmp_path: Path) -> None:
    tree(tmp_path / "raw", f"{training}/images/a.png", f"{training}/masks/a.png", f"{testing}/images/b.png", f"{testing}/masks/b.png")
    with pytest.raises(Refused, match=r"test_?v?\d/ is called like a split, with more in its name. Rename it to test/"):
        converted(tmp_path)


def test_folders_that_name_no_split_are_a_column_and_keep_their_pictures_apart(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "top/benign/images/a.png", "top/benign/masks/a.png", values=MASK)
    tree(tmp_path / "raw", "top/malignant/images/a.png", "top/malignant/masks/a.png", values=MASK[::-1])
    found = converted(tmp_path)
    rows = {row["image_id"]: (row["folder"], row["split"], row["source_file"]) for row in found.rows()}
    assert rows == {
        "benign_a": ("benign", "train", "benign/images/a.png"),
        "malignant_a": ("malignant", "train", "malignant/images/a.png"),
    }
    assert np.array_equal(pixels(found.row("malignant_a")["mask"]), MASK[::-1])
    assert any("2 folders that name no split" in note["reason"] for note in found.section()["known"])


def test_sites_with_splits_in_them(tmp_path: Path) -> None:
    for site in ("oslo", "kyiv"):
        for split in ("training", "test"):
            tree(tmp_path / "raw", f"{site}/{split}/images/{site}{split}.png", f"{site}/{split}/masks/{site}{split}.png")
    rows = {row["image_id"]: (row["folder"], row["split"]) for row in converted(tmp_path).rows()}
    assert rows == {f"{site}{split}": (site, split.replace("ing", "")) for site in ("oslo", "kyiv") for split in ("training", "test")}


def test_a_folder_beside_a_split_that_names_none_is_refused_and_never_train(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "test/images/a.png", "test/masks/a.png", "extra/images/b.png", "extra/masks/b.png")
    with pytest.raises(Refused, match=r"lies in test/, which is a split, and in extra/, which names none\. Rename extra/"):
        converted(tmp_path)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("place", ["testing/site1", "holdout/site1"])
def test_a_split_further_up_is_refused_in_every_spelling(place: str, tmp_path: Path) -> None:
    tree(tmp_path / "raw", "train/images/a.png", "train/masks/a.png", f"{place}/images/b.png", f"{place}/masks/b.png")
    with pytest.raises(Refused, match="directly into it"):
        converted(tmp_path)


def test_an_archive_beside_what_was_unpacked_from_it_gives_no_row_twice(tmp_path: Path) -> None:
    tree(tmp_path / "raw" / "unpacked", "images/a.png", "masks/a.png", "images/b.png", "masks/b.png")
    as_zip(tmp_path / "raw" / "unpacked", tmp_path / "raw" / "cells.zip")
    found = converted(tmp_path)
    assert sorted((row["image_id"], row["folder"]) for row in found.rows()) == [("a", None), ("b", None)]
    assert found.section()["duplicate"] == [f"unpacked/{kind}/{name}.png" for kind in ("images", "masks") for name in "ab"]


# Pictures that an orientation tag turns


UPRIGHT, STORED = 'masks = "upright"\n', 'masks = "stored"\n'


def turned_tree(folder: Path, orientation: int, drawn: str, height: int = 6, width: int = 9, suffix: str = "jpg") -> Any:
    """One picture with an orientation tag, its mask drawn on the stored or the upright grid; returns the mask on the stored grid."""
    mask = np.zeros((height, width), np.uint8)
    mask[0, 1:4], mask[2:, 0] = 1, 2
    exif = Image.Exif()
    exif[0x0112] = orientation
    forms: dict[str, tuple[str, dict[str, Any]]] = {
        "jpg": ("JPEG", {"exif": exif}),
        "png": ("PNG", {"exif": exif}),
        "webp": ("WEBP", {"exif": exif, "lossless": True}),
        "tif": ("TIFF", {"tiffinfo": {274: orientation}}),
    }
    form, options = forms[suffix]
    write(folder / f"images/a.{suffix}", encode(colour("turned", height, width), form, **options))
    save(folder / "masks/a.png", turned(mask, orientation) if drawn == "upright" else mask)
    return mask


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_turned_as_viewers_turn_it(orientation: int) -> None:
    samples = colour("turn", 4, 7)[:, :, 0]
    exif = Image.Exif()
    exif[0x0112] = orientation
    with Image.open(io.BytesIO(encode(samples, exif=exif))) as picture:
        assert np.array_equal(turned(samples, orientation), np.asarray(ImageOps.exif_transpose(picture)))


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp", "tif"])
@pytest.mark.parametrize("orientation", range(2, 9))
def test_masks_drawn_upright_are_turned_to_the_stored_grid(orientation: int, suffix: str, tmp_path: Path) -> None:
    for height, width in ((6, 9), (9, 9)):
        mask = turned_tree(tmp_path / f"{height}/raw", orientation, "upright", height, width, suffix)
        row = converted(tmp_path / str(height), UPRIGHT).row("a")
        assert np.array_equal(pixels(row["mask"]), mask)
        assert row["exif_orientation"] == orientation
        assert (row["height"], row["width"]) == (height, width)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_masks_drawn_on_stored_samples_stay_where_the_about_file_says_so(orientation: int, tmp_path: Path) -> None:
    mask = turned_tree(tmp_path / "raw", orientation, "stored")
    assert np.array_equal(pixels(converted(tmp_path, STORED).row("a")["mask"]), mask)


@pytest.mark.parametrize("drawn", ["upright", "stored"])
@pytest.mark.parametrize("orientation", [5, 6, 7, 8])
def test_sizes_prove_the_grid_of_a_mask_and_it_is_said(orientation: int, drawn: str, tmp_path: Path) -> None:
    mask = turned_tree(tmp_path / "raw", orientation, drawn)
    found = converted(tmp_path)
    assert np.array_equal(pixels(found.row("a")["mask"]), mask)
    (note,) = found.section()["notes"]
    assert note["path"] == "images/a.jpg" and "sizes prove" in note["reason"]
    (tmp_path / "raw/masks/a.png").unlink()
    tifffile.imwrite(tmp_path / "raw/masks/a.tif", (turned(mask, orientation) if drawn == "upright" else mask).astype(np.int64))
    shutil.rmtree(tmp_path / "out")
    assert np.array_equal(pixels(converted(tmp_path).row("a")["mask"]), mask), "Pillow does not open 64-bit labels"
    assert ("turned back" in note["reason"]) == (drawn == "upright")


@pytest.mark.parametrize(("orientation", "width"), [(2, 9), (3, 9), (4, 9), (5, 6), (6, 6), (7, 6), (8, 6)])
def test_a_turned_picture_is_not_guessed(orientation: int, width: int, tmp_path: Path) -> None:
    turned_tree(tmp_path / "raw", orientation, "upright", width=width)
    tree(tmp_path / "raw", "images/b.png", "masks/b.png")
    found = converted(tmp_path)
    (rejected,) = found.section()["rejected"]
    assert rejected["file"] == "images/a.jpg"
    assert f"orientation tag ({orientation})" in rejected["expected"] and "masks/a.png" in rejected["expected"]
    assert 'masks = "upright"' in rejected["advice"] and 'masks = "stored"' in rejected["advice"]
    assert [row["image_id"] for row in found.rows()] == ["b"]


def test_a_mask_that_carries_the_tag_of_its_picture_lies_on_the_stored_grid(tmp_path: Path) -> None:
    mask = turned_tree(tmp_path / "raw", 3, "stored")
    write(tmp_path / "raw/masks/a.png", encode(mask, exif=exif_of(3)))
    found = converted(tmp_path)
    assert np.array_equal(pixels(found.row("a")["mask"]), mask)
    assert not found.section()["notes"]


def test_a_mask_with_a_tag_of_its_own_is_not_guessed_and_turned_if_said(tmp_path: Path) -> None:
    mask = turned_tree(tmp_path / "raw", 1, "stored")
    write(tmp_path / "raw/masks/a.png", encode(turned(mask, 3), exif=exif_of(3)))
    assert "orientation tag (3, of masks/a.png)" in converted(tmp_path).section()["rejected"][0]["expected"]
    shutil.rmtree(tmp_path / "out")
    assert np.array_equal(pixels(converted(tmp_path, UPRIGHT).row("a")["mask"]), mask)


def exif_of(orientation: int) -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = orientation
    return exif


def test_a_turned_picture_without_a_mask_needs_no_word(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "train/images/b.png", "train/masks/b.png")
    turned_tree(tmp_path / "raw/test", 6, "stored")
    shutil.rmtree(tmp_path / "raw/test/masks")
    assert converted(tmp_path).row("a")["exif_orientation"] == 6


def test_orientation_in_xmp_counts_as_viewers_count_it(tmp_path: Path) -> None:
    mask = turned_tree(tmp_path / "raw", 1, "stored")
    xmp = b'<x:xmpmeta><rdf:Description tiff:Orientation="3"/></x:xmpmeta>'
    write(tmp_path / "raw/images/a.jpg", encode(colour("turned", 6, 9), "JPEG", xmp=xmp))
    save(tmp_path / "raw/masks/a.png", turned(mask, 3))
    row = converted(tmp_path, UPRIGHT).row("a")
    assert row["exif_orientation"] == 3
    assert np.array_equal(pixels(row["mask"]), mask)


def test_the_about_file_says_upright_or_stored(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png")
    with pytest.raises(Refused, match='masks must be "upright"'):
        converted(tmp_path, 'masks = "sideways"\n')


def test_names_in_the_letters_of_a_country_are_paired_and_told(tmp_path: Path) -> None:
    tree(tmp_path / "tree", "images/QQ1.png", "masks/QQ1.png")
    archive = as_zip(tmp_path / "tree", tmp_path / "raw" / "scans.zip")
    archive.write_bytes(archive.read_bytes().replace(b"QQ1.png", "画".encode("shift-jis") + b"1.png"))
    found = converted(tmp_path)
    (row,) = found.rows()
    assert np.array_equal(pixels(row["mask"]), MASK)
    (note,) = (one for one in found.section()["known"] if "letters" in one["reason"])
    assert note["path"] == "scans.zip"
    assert note["reason"].startswith("it does not say in which letters the names of 2 files are written, such as images/")


# Tables beside them


def test_a_column_that_every_dataset_has_is_of_its_type_or_refused_by_its_cell(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png")
    table = "file_name,mask_file_name,volume_id,slice_index,num_slices,pixel_spacing,rescale_slope\nimages/a.png,masks/a.png,v,0,1,{},2\n"
    write(tmp_path / "raw/metadata.csv", table.format("0.5 x 0.5"))
    with pytest.raises(Refused, match=r"metadata.csv: pixel_spacing says '0.5 x 0.5'; .*a list of 2 numbers, such as \[0.5, 0.5\]"):
        converted(tmp_path)
    write(tmp_path / "raw/metadata.csv", table.format('"[0.5, 0.25]"'))
    row = converted(tmp_path).row("a")
    assert (row["volume_id"], row["slice_index"], row["pixel_spacing"], row["rescale_slope"]) == ("v", 0, [0.5, 0.25], 2.0)


def test_slices_that_are_not_all_told_have_no_place_in_their_volume(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png", "images/b.png", "masks/b.png", "images/c.png", "masks/c.png")
    lines = ["file_name,mask_file_name,volume_id,slice_index,num_slices"]
    lines += [f"images/{name}.png,masks/{name}.png,{volume},{k},2" for name, volume, k in (("a", "v", 17), ("b", "w", 0), ("c", "w", 1))]
    write(tmp_path / "raw/metadata.csv", "\n".join(lines))
    found = converted(tmp_path)
    assert {row["image_id"]: row["slice_index"] for row in found.rows()} == {"a": None, "b": 0, "c": 1}
    assert verify(found.out).ok


def test_further_pictures_that_a_table_names_are_columns(tmp_path: Path) -> None:
    tree(tmp_path / "raw", "images/a.png", "masks/a.png")
    save(tmp_path / "raw/more/a.png", MASK[::-1])
    save(tmp_path / "raw/t2/a.png", MASK + 40)
    lines = "file_name,mask_file_name,mask_2_file_name,image_t2_file_name\nimages/a.png,masks/a.png,more/a.png,t2/a.png\n"
    write(tmp_path / "raw/metadata.csv", lines)
    row = converted(tmp_path).row("a")
    assert np.array_equal(pixels(row["mask_2"]), MASK[::-1]) and np.array_equal(pixels(row["image_t2"]), MASK + 40)


@pytest.mark.parametrize("spelling", ["{}", "./{}", "/home/me/data/{}", "C:\\\\data\\\\{}"])
def test_paths_of_a_table_are_found_however_they_were_written(spelling: str, tmp_path: Path) -> None:
    """A table with such paths was not used, in silence, and masks were paired by their names against its words."""
    tree(tmp_path / "raw", "images/a.png", "masks/a.png", values=MASK)
    tree(tmp_path / "raw", "images/b.png", "masks/b.png", values=MASK[::-1])
    lines = [f"{spelling.format(f'images/{one}.png')},{spelling.format(f'masks/{other}.png')},s{one}" for one, other in ("ab", "ba")]
    text = "\n".join(["file_name,mask_file_name,site", *lines]).replace("/", "\\" if "\\" in spelling else "/")
    write(tmp_path / "raw/metadata.csv", text.encode("utf-16"))
    found = converted(tmp_path)
    assert np.array_equal(pixels(found.row("a")["mask"]), MASK[::-1]) and found.row("b")["site"] == "sb"


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("images/a.png,masks/a.png,x,1\nimages/a.png,masks/a.png,x,2", "lists images/a.png twice with different values: age is 1 and 2."),
        ("images/a.png,masks/a.png,train,1\nimages/b.png,masks/b.png,,2", "names no split for 1 of its pictures, such as images/b.png."),
        ("images/a.png,masks/a.png,x,1,5", "has 5 cells, the first line 4."),
        ("images/a.png,labels/a.png,x,1", "names masks that are not in the raw tree, such as labels/a.png."),
    ],
    ids=["twice", "no-split", "decimal-comma", "elsewhere"],
)
def test_a_table_that_contradicts_itself_or_the_tree_is_refused(lines: str, words: str, tmp_path: Path) -> None:
    """It gave two rows of one picture, rows without a split in `train`, cut cells, or was not used at all."""
    tree(tmp_path / "raw", "images/a.png", "masks/a.png", "images/b.png", "masks/b.png")
    write(tmp_path / "raw/metadata.csv", f"file_name,mask_file_name,split,age\n{lines}\n")
    with pytest.raises(Refused) as refused:
        converted(tmp_path)
    assert words in str(refused.value)
