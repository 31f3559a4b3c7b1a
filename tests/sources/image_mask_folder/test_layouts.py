"""Layouts that people have: each is read exactly, or refused with the line that mends it."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from hf_medseg.conversion.own import own_fits
from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from hf_medseg.raw.tree import open_raw_tree
from tests.sources.image_mask_folder.layouts import LAYOUTS, SHAPE, Made, blob, image, pairs
from tests.support.harness import Converted, pixels, same
from tests.support.kit import Phantom, save, write


def converted(raw: Path, tmp_path: Path, about: str = "", out: str = "out") -> Converted:
    path = write(tmp_path / "about.toml", about) if about else None
    conversion = convert(None, raw, tmp_path / out, workers=1, about=path)
    return Converted("image-mask-folder", Phantom(raw, []), conversion, tmp_path / out)


def check(found: Converted, made: Made) -> None:
    assert not found.conversion.rejected
    rows = {row["image_id"]: row for row in found.rows()}
    assert rows.keys() == made.rows.keys()
    for name, mask in made.rows.items():
        row = rows[name]
        if mask is None:
            assert row["mask"] is None, name
        else:
            assert np.array_equal(pixels(row["mask"]), mask), name
        assert row["split"] == made.splits.get(name, "train"), name
        for column, value in made.columns.get(name, {}).items():
            same(row[column], value, f"{name} {column}")
        assert pixels(row["image"]).shape[:2] == SHAPE


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_that_people_have_is_read_exactly(name: str, tmp_path: Path) -> None:
    made = LAYOUTS[name](tmp_path / "raw")
    check(converted(tmp_path / "raw", tmp_path, made.about), made)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("an_ending_a_structure", "structure"),
        ("a_folder_a_structure", "structure"),
        ("structures_beside_the_picture", "structure"),
        ("raters_by_name", "rater"),
        ("a_folder_of_masks_a_picture", "instance"),
    ],
)
def test_names_that_may_mean_several_things_are_refused_with_the_lines_that_choose(name: str, kind: str, tmp_path: Path) -> None:
    made = LAYOUTS[name](tmp_path / "raw")
    with pytest.raises(Refused, match=r"equally well: .*one mask a structure.*one mask a rater.*Say in the about file which") as refused:
        converted(tmp_path / "raw", tmp_path)
    assert not (tmp_path / "out").exists()
    (found,) = own_fits(open_raw_tree(tmp_path / "raw", tmp_path))
    fit = next(fit for fit in found.fits if f"{{{kind}}}" in fit.about["mask"])
    lines = "\n".join(f"{key} = {value}" for key, value in fit.about.items())
    assert kind == "instance" or lines.replace("\n", "; ") in str(refused.value)
    check(converted(tmp_path / "raw", tmp_path, lines), made)


# What is not as it should be


def test_beside_a_and_a_1_a_mask_of_a_1_is_not_that_of_a(tmp_path: Path) -> None:
    rows = pairs(tmp_path / "raw", "NAME.png", "NAME_mask.png", "a") | {"a_1": blob("z")}
    image(tmp_path / "raw/a_1.png", "z")
    save(tmp_path / "raw/a_1_mask.png", blob("z") * np.uint8(255))
    check(converted(tmp_path / "raw", tmp_path), Made(rows))


def test_a_structure_without_a_file_is_rejected_unless_the_about_file_says_what_that_means(tmp_path: Path) -> None:
    lines = 'image = "i/{stem}.png"\nmask = "m/{stem}_{structure}.png"\n'
    for name in ("a", "b"):
        image(tmp_path / f"raw/i/{name}.png", name)
    liver, spleen = blob("l"), blob("s")
    for path, mask in (("a_liver", liver), ("a_spleen", spleen), ("b_liver", liver)):
        save(tmp_path / f"raw/m/{path}.png", mask)
    (rejected,) = converted(tmp_path / "raw", tmp_path, lines).conversion.rejected
    assert rejected["file"] == "i/b.png" and rejected["expected"] == "it has no mask of spleen, which others have."
    assert 'missing_masks = "empty"' in rejected["advice"] and 'missing_masks = "null"' in rejected["advice"]
    empty = converted(tmp_path / "raw", tmp_path, lines + 'missing_masks = "empty"', "empty").row("b")
    assert np.array_equal(pixels(empty["mask_spleen"]), spleen * 0) and empty["annotated_classes"] == [0, 1, 2]
    unseen = converted(tmp_path / "raw", tmp_path, lines + 'missing_masks = "null"', "null").row("b")
    assert unseen["mask_spleen"] is None and unseen["annotated_classes"] == [0, 1]
    assert np.array_equal(pixels(unseen["mask"]), liver)


def test_a_structure_called_background_is_refused(tmp_path: Path) -> None:
    """The dataset had two classes of that name, and `datasets` opens none such."""
    image(tmp_path / "raw/i/a.png", "a")
    for name in ("background", "liver"):
        save(tmp_path / f"raw/m/a_{name}.png", blob(name))
    with pytest.raises(Refused, match="Two classes are called 'background', as what is no class is"):
        converted(tmp_path / "raw", tmp_path, 'image = "i/{stem}.png"\nmask = "m/{stem}_{structure}.png"\n')


def test_what_a_rater_did_not_draw_is_null(tmp_path: Path) -> None:
    for name in ("a", "b"):
        image(tmp_path / f"raw/images/{name}.png", name)
    for path in ("a_rater1", "a_rater2", "b_rater2"):
        save(tmp_path / f"raw/masks/{path}.png", blob(path))
    row = converted(tmp_path / "raw", tmp_path).row("b")
    assert row["mask"] is None
    assert np.array_equal(pixels(row["mask_2"]), blob("b_rater2"))


def test_a_structure_mask_of_two_values_is_rejected_by_name(tmp_path: Path) -> None:
    image(tmp_path / "raw/i/a.png", "a")
    save(tmp_path / "raw/m/a_liver.png", blob("a", 2))
    (rejected,) = converted(tmp_path / "raw", tmp_path, 'image = "i/{stem}.png"\nmask = "m/{stem}_{structure}.png"\n').conversion.rejected
    assert rejected["file"] == "m/a_liver.png"
    assert "where 0 and one other value are declared" in rejected["expected"]


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ('image = "i/{stem}.png"', "image and mask belong together"),
        ('image = "i/{stem}.png"\nmask = "m/{structure}.png"', "no name in common"),
        ('image = "i/{stem}.png"\nmask = "m/{stem}_{place}.png"', "mask says {place}, which image does not say"),
        ('image = "i/{stem}.png"\nmask = "m/{stem}_{rater}_{structure}.png"', "told apart by one of them"),
        ('image = "i/{stem}_{rater}.png"\nmask = "m/{stem}.png"', "it belongs into mask"),
        ('image = "i/{classes}.png"\nmask = "m/{classes}.png"', "would be the column classes"),
        ('image = "i/{stem}.png"\nmask = "m/{stem}.png"\nmask_suffix = "_m"', "say different things of the same names"),
        ('image = "x/{stem}.png"\nmask = "m/{stem}.png"', "No mask belongs to a picture. Found: no picture and m/a.png"),
    ],
)
def test_patterns_that_do_not_fit_are_refused_in_words(about: str, words: str, tmp_path: Path) -> None:
    pairs(tmp_path / "raw", "i/NAME.png", "m/NAME.png")
    with pytest.raises(Refused, match=re.escape(words)):
        converted(tmp_path / "raw", tmp_path, about)
    assert not (tmp_path / "out").exists()


def test_what_no_word_tells_is_refused_with_the_lines_to_write(tmp_path: Path) -> None:
    pairs(tmp_path / "raw", "photographed/NAME.png", "drawn/NAME.png")
    with pytest.raises(Refused, match=r'image = "\{stem\}\.png", mask = "\{stem\}_mask\.png"'):
        converted(tmp_path / "raw", tmp_path)
    rows = {name: blob(name) for name in "abc"}
    lines = 'image = "photographed/{stem}.png"\nmask = "drawn/{stem}.png"\n'
    check(converted(tmp_path / "raw", tmp_path, lines), Made({**rows}))


def test_a_folder_that_names_no_split_beside_one_that_does_is_not_train(tmp_path: Path) -> None:
    pairs(tmp_path / "raw", "train/images/NAME.png", "train/masks/NAME.png")
    pairs(tmp_path / "raw", "fold2/images/NAME.png", "fold2/masks/NAME.png", "d")
    with pytest.raises(Refused, match="fold2/, which names none"):
        converted(tmp_path / "raw", tmp_path)


def test_an_overlay_is_listed_and_no_picture(tmp_path: Path) -> None:
    made = LAYOUTS["overlays_beside_the_masks"](tmp_path / "raw")
    found = converted(tmp_path / "raw", tmp_path)
    check(found, made)
    assert {note["path"] for note in found.section()["not_used"]} == {f"{name}_overlay.png" for name in "abc"}


def test_the_picture_is_not_decoded_to_tell_a_layout(tmp_path: Path) -> None:
    for name in ("a", "b"):
        write(tmp_path / f"raw/images/{name}.png", b"no picture")
        write(tmp_path / f"raw/masks/{name}.png", b"no picture")
    (found,) = own_fits(open_raw_tree(tmp_path / "raw", tmp_path))
    assert found.fit.images == 2


def test_a_folder_of_manual_segmentations_beside_one_of_masks_is_asked(tmp_path: Path) -> None:
    pairs(tmp_path / "raw", "training/images/NAME.png", "training/mask/NAME.png")
    pairs(tmp_path / "raw", "training/images/NAME.png", "training/1st_manual/NAME.png")
    with pytest.raises(Refused, match=r"training/mask/ and training/1st_manual/ may hold the masks.*mask = \"1st_manual/"):
        converted(tmp_path / "raw", tmp_path)


def test_what_no_list_of_a_split_names_is_left_and_what_two_name_is_refused(tmp_path: Path) -> None:
    pairs(tmp_path / "raw", "images/NAME.png", "masks/NAME.png")
    write(tmp_path / "raw/train.txt", "images/a.png masks/a.png\n")
    write(tmp_path / "raw/val.txt", "b\n")
    found = converted(tmp_path / "raw", tmp_path)
    assert {row["image_id"]: row["split"] for row in found.rows()} == {"a": "train", "b": "validation"}
    write(tmp_path / "raw/val.txt", "a\n")
    with pytest.raises(Refused, match=r"train.txt and val.txt both list a"):
        converted(tmp_path / "raw", tmp_path, out="again")


@pytest.mark.parametrize(
    ("image_path", "mask_path"),
    [
        ("data/SPLIT/x/NAME.png", "data/SPLIT/y/NAME.png"),
        ("X_SPLIT/NAME.png", "y_SPLIT/NAME.png"),
        ("SPLIT/img/img_NAME1.png", "SPLIT/lab/lab_NAME1.png"),
    ],
)
def test_folders_that_no_word_explains_are_refused_with_lines_that_read_them(image_path: str, mask_path: str, tmp_path: Path) -> None:
    rows = {}
    for split, names in (("train", "ab"), ("val", "cd")):
        rows |= pairs(tmp_path / "raw", image_path.replace("SPLIT", split), mask_path.replace("SPLIT", split), names)
    with pytest.raises(Refused, match="No word tells which pictures are masks") as refusal:
        convert(None, tmp_path / "raw", tmp_path / "out", workers=1)
    lines = str(refusal.value).partition("perhaps so: ")[2].partition(" `hf-medseg")[0].replace("; ", "\n")
    found = converted(tmp_path / "raw", tmp_path, lines)
    masks = {str(row["image_id"])[0]: (row["split"], pixels(row["mask"])) for row in found.rows()}
    assert {name: split for name, (split, _) in masks.items()} == {"a": "train", "b": "train", "c": "validation", "d": "validation"}
    assert all(np.array_equal(masks[name][1], mask) for name, mask in rows.items())


@pytest.mark.parametrize(
    "tables",
    [
        {"train.csv": "image,mask\nimages/a.png,masks/a.png\n", "val.csv": "image,mask\nimages/b.png,masks/b.png\n"},
        {"train.csv": "id,age\na,3\n", "valid.csv": "id,age\nb,4\n"},
        {"lists/training.csv": "a\n", "lists/val.csv": "b.png\n"},
        {"data.csv": "file,Split\na.png,train\nb.png,val\n"},
        {"splits.json": '{"train": ["images/a.png"], "val": ["images/b.png"]}'},
    ],
)
def test_splits_that_tables_say_are_those_of_the_rows(tables: dict[str, str], tmp_path: Path) -> None:
    pairs(tmp_path / "raw", "images/NAME.png", "masks/NAME.png", "ab")
    for name, text in tables.items():
        write(tmp_path / "raw" / name, text)
    found = converted(tmp_path / "raw", tmp_path)
    assert {row["image_id"]: row["split"] for row in found.rows()} == {"a": "train", "b": "validation"}
    assert not found.section()["not_used"]


@pytest.mark.parametrize(("name", "text"), [("train.csv", "id,diagnosis\na,benign\n"), ("scans.csv", "id,phase\na,arterial\nb,venous\n")])
def test_a_table_of_some_pictures_or_of_something_else_says_no_split(name: str, text: str, tmp_path: Path) -> None:
    pairs(tmp_path / "raw", "images/NAME.png", "masks/NAME.png", "ab")
    write(tmp_path / "raw" / name, text)
    found = converted(tmp_path / "raw", tmp_path)
    assert {row["image_id"]: row["split"] for row in found.rows()} == {"a": "train", "b": "train"}
    assert {note["path"] for note in found.section()["not_used"]} == {name}


def test_pictures_in_two_formats_are_refused_with_the_line_that_chooses(tmp_path: Path) -> None:
    made = pairs(tmp_path / "raw", "images/NAME.png", "masks/NAME.png", "ab")
    pairs(tmp_path / "raw", "images/NAME.bmp", "masks/NAME.png", "ab")
    with pytest.raises(Refused, match="are one picture in two formats") as refusal:
        converted(tmp_path / "raw", tmp_path)
    lines = str(refusal.value).partition("about file which is meant: ")[2]
    assert lines == 'image = "images/{stem}.bmp"; mask = "masks/{stem}.*"'
    check(converted(tmp_path / "raw", tmp_path, lines.replace("; ", "\n")), Made(made))
