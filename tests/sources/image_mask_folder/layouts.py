"""Everyday layouts of pictures and masks: each function writes one tree and gives what must come of it, by image id."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from tests.support.kit import Array, colour, save, write

SHAPE = (18, 24)


@dataclass
class Made:
    """What must come of a tree.

    Attributes:
        rows: mask by image id; None where it is null.
        splits: split by image id, where it is not train.
        columns: further values by image id.
        about: the about file that the tree needs, if any.
        source_files: path of the picture by image id, where it is told.
    """

    rows: dict[str, Array | None]
    splits: dict[str, str] = field(default_factory=dict)
    columns: dict[str, dict[str, Any]] = field(default_factory=dict)
    about: str = ""
    source_files: dict[str, str] = field(default_factory=dict)


def blob(name: str, classes: int = 1) -> Array:
    """A label map that differs with the name."""
    rng = np.random.default_rng(list(name.encode()))
    mask = np.zeros(SHAPE, np.uint8)
    for value in range(1, classes + 1):
        top, left = rng.integers(1, SHAPE[0] - 7), rng.integers(1, SHAPE[1] - 7)
        mask[top : top + 6, left : left + 6] = value
    return mask


def image(path: Path, name: str) -> None:
    save(path, colour(name, *SHAPE))


def pairs(folder: Path, picture: str, mask: str, names: str = "abc") -> dict[str, Array | None]:
    """Writes pictures and masks of 0 and 255 under names with `NAME` in them."""
    for name in names:
        image(folder / picture.replace("NAME", name), name)
        save(folder / mask.replace("NAME", name), blob(name) * np.uint8(255))
    return {name: blob(name) for name in names}


def split_pairs(folder: Path, picture: str, mask: str) -> Made:
    """The same with `SPLIT` in the names, for train, val and test."""
    rows: dict[str, Array | None] = {}
    splits = {}
    for split, known, names in (("train", "train", "ab"), ("val", "validation", "c"), ("test", "test", "d")):
        rows |= pairs(folder, picture.replace("SPLIT", split), mask.replace("SPLIT", split), names)
        splits |= dict.fromkeys(names, known)
    return Made(rows, splits)


LAYOUTS: dict[str, Callable[[Path], Made]] = {}


def layout(function: Callable[[Path], Made]) -> Callable[[Path], Made]:
    LAYOUTS[function.__name__] = function
    return function


def simple(name: str, picture: str, mask: str) -> None:
    LAYOUTS[name] = lambda folder: Made(pairs(folder, picture, mask))


def split(name: str, picture: str, mask: str) -> None:
    LAYOUTS[name] = lambda folder: split_pairs(folder, picture, mask)


simple("images_and_masks", "images/NAME.png", "masks/NAME.png")
simple("words_on_both_sides", "label_images/NAME.png", "label_masks/NAME.png")
LAYOUTS["words_in_folders_and_names"] = lambda folder: Made(
    {f"image_{name}": mask for name, mask in pairs(folder, "images/image_NAME.png", "masks/mask_NAME.png").items()}
)
simple("singular", "image/NAME.png", "mask/NAME.png")
LAYOUTS["img_and_mask"] = lambda folder: Made({f"{k}.jpg": v for k, v in pairs(folder, "img/NAME.jpg.png", "mask/NAME.jpg.png").items()})
simple("imgs_and_gt", "imgs/NAME.png", "GT/NAME.png")
simple("original_and_ground_truth", "CVC/Original/NAME.tif", "CVC/Ground Truth/NAME.tif")
simple("voc", "VOC/JPEGImages/NAME.png", "VOC/SegmentationClass/NAME.png")
simple("masks_with_an_ending", "images/NAME.png", "masks/NAME_segmentation.png")
simple("masks_with_a_beginning", "images/NAME.png", "masks/gt_NAME.png")
simple("beside_with_an_ending", "data/NAME.png", "data/NAME_mask.png")
simple("beside_with_a_beginning", "NAME.png", "mask_NAME.png")
simple("beside_in_a_flat_root", "NAME.tif", "NAME-label.tif")
split("images_train", "images/SPLIT/NAME.png", "masks/SPLIT/NAME.png")
split("train_images", "SPLIT/images/NAME.png", "SPLIT/masks/NAME.png")
split("train_image_and_label", "SPLIT/image/NAME.png", "SPLIT/label/NAME.png")
split("mmseg", "data/img_dir/SPLIT/NAME.png", "data/ann_dir/SPLIT/NAME.png")
split("carvana", "SPLIT/NAME.png", "SPLIT_masks/NAME_mask.gif")
split("split_images_split_masks", "SPLIT_images/NAME.png", "SPLIT_masks/NAME.png")
split("beside_in_splits", "SPLIT/NAME.png", "SPLIT/NAME_mask.png")


@layout
def ade(folder: Path) -> Made:
    """Folders called in full, masks of 150 numbers."""
    rows: dict[str, Array | None] = {}
    for split_name, name in (("training", "t"), ("validation", "v")):
        image(folder / f"ADE/images/{split_name}/{name}.png", name)
        mask = blob(name, 3)
        mask[mask == 0] = 7
        save(folder / f"ADE/annotations/{split_name}/{name}.png", mask)
        rows[name] = np.select([mask == 1, mask == 2, mask == 3, mask == 7], [1, 2, 3, 4]).astype(np.uint8)
    return Made(rows, {"v": "validation"})


@layout
def isic_like(folder: Path) -> Made:
    """Folders whose names differ but for the split."""
    rows = pairs(folder, "Task1_Training_Input/NAME.png", "Task1_Training_GroundTruth/NAME_segmentation.png", "ab")
    more = pairs(folder, "Task1_Test_Input/NAME.png", "Task1_Test_GroundTruth/NAME_segmentation.png", "c")
    return Made(rows | more, {"c": "test"})


@layout
def jpeg_and_png_of_one_name(folder: Path) -> Made:
    rows: dict[str, Array | None] = {}
    for name in "ab":
        path = folder / f"{name}.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(colour(name, *SHAPE)).save(path)
        save(folder / f"{name}.png", blob(name))
        rows[name] = blob(name)
    return Made(rows)


@layout
def a_folder_a_patient(folder: Path) -> Made:
    rows: dict[str, Array | None] = {}
    for patient in ("patient_01", "patient_02"):
        rows |= pairs(folder, f"{patient}/{patient}_NAME.tif", f"{patient}/{patient}_NAME_mask.tif", "12")
    rows = {f"{p}_{n}": blob(n) for p in ("patient_01", "patient_02") for n in "12"}
    return Made(rows, columns={name: {"patient_id": name[:10], "folder": None} for name in rows})


@layout
def a_folder_a_patient_in_splits(folder: Path) -> Made:
    rows: dict[str, Array | None] = {}
    for split_name, patient in (("train", "p1"), ("train", "p2"), ("test", "p3")):
        for name in "12":
            image(folder / split_name / patient / f"{name}.png", patient + name)
            save(folder / split_name / patient / f"{name}_mask.png", blob(patient + name))
            rows[f"{patient}_{split_name}_{name}"] = blob(patient + name)
    return Made(rows, {name: "test" for name in rows if "p3" in name}, {name: {"patient_id": name[:2]} for name in rows})


@layout
def image_and_mask_in_a_folder_each(folder: Path) -> Made:
    rows: dict[str, Array | None] = {}
    for case in ("case_a", "case_b", "case_c"):
        image(folder / case / "image.png", case)
        save(folder / case / "mask.png", blob(case))
        rows[f"{case}_image"] = blob(case)
    return Made(rows, columns={name: {"folder": name[:6]} for name in rows})


@layout
def numbered_images_and_masks(folder: Path) -> Made:
    rows: dict[str, Array | None] = {}
    for number in (1, 2, 10):
        image(folder / f"image_{number}.png", str(number))
        save(folder / f"mask_{number}.png", blob(str(number)))
        rows[f"image_{number}"] = blob(str(number))
    return Made(rows)


@layout
def a_folder_a_class(folder: Path) -> Made:
    rows: dict[str, Array | None] = {}
    for kind in ("benign", "malignant"):
        for name in "12":
            image(folder / kind / f"{kind}{name}.png", kind + name)
            save(folder / kind / f"{kind}{name}_mask.png", blob(kind + name) * np.uint8(255))
            rows[f"{kind}{name}"] = blob(kind + name)
    return Made(rows, columns={name: {"folder": name[:-1], "patient_id": None} for name in rows})


@layout
def a_folder_a_class_with_images_and_masks(folder: Path) -> Made:
    rows: dict[str, Array | None] = {}
    for kind in ("benign", "malignant"):
        image(folder / kind / "images/x.png", kind)
        save(folder / kind / "masks/x.png", blob(kind))
        rows[f"{kind}_x"] = blob(kind)
    return Made(rows, columns={name: {"folder": name[:-2]} for name in rows})


def structures(folder: Path, mask: str, about: str) -> Made:
    rows: dict[str, Array | None] = {}
    columns = {}
    for name in ("case_1", "case_2"):
        image(folder / "images" / f"{name}.png", name)
        liver, spleen = blob(name + "liver"), blob(name + "spleen")
        save(folder / mask.replace("NAME", name).replace("WHAT", "liver"), liver * np.uint8(255))
        save(folder / mask.replace("NAME", name).replace("WHAT", "spleen"), spleen * np.uint8(255))
        rows[name] = np.maximum(liver, spleen * 2)
        columns[name] = {"mask_liver": liver, "mask_spleen": spleen, "mask_overlap": bool((liver & spleen).any())}
    return Made(rows, columns=columns, about=about)


@layout
def an_ending_a_structure(folder: Path) -> Made:
    return structures(folder, "masks/NAME_WHAT.png", 'image = "images/{stem}.png"\nmask = "masks/{stem}_{structure}.png"\n')


@layout
def a_folder_a_structure(folder: Path) -> Made:
    return structures(folder, "masks/WHAT/NAME.png", 'image = "images/{stem}.png"\nmask = "masks/{structure}/{stem}.png"\n')


@layout
def structures_beside_the_picture(folder: Path) -> Made:
    return structures(folder, "images/NAME_WHAT.png", 'image = "{stem}.png"\nmask = "{stem}_{structure}.png"\n')


def raters(folder: Path, mask: str, words: tuple[str, str], about: str = "") -> Made:
    rows: dict[str, Array | None] = {}
    columns = {}
    for name in ("case_1", "case_2"):
        image(folder / "images" / f"{name}.png", name)
        first, second = blob(name + "1"), blob(name + "2")
        for word, drawn in zip(words, (first, second), strict=True):
            save(folder / mask.replace("NAME", name).replace("WHO", word), drawn * np.uint8(255))
        rows[name], columns[name] = first, {"mask_2": second, "raters": list(words)}
    return Made(rows, columns=columns, about=about)


@layout
def an_ending_a_rater(folder: Path) -> Made:
    return raters(folder, "masks/NAME_WHO.png", ("rater1", "rater2"))


@layout
def a_folder_a_rater(folder: Path) -> Made:
    return raters(folder, "masks/WHO/NAME.png", ("expert_1", "expert_2"))


@layout
def raters_by_name(folder: Path) -> Made:
    return raters(folder, "masks/NAME-WHO.png", ("anna", "bert"), 'image = "images/{stem}.png"\nmask = "masks/{stem}-{rater}.png"\n')


def nuclei(folder: Path, path: Callable[[str, int], str], picture: Callable[[str], str], about: str = "") -> Made:
    rows: dict[str, Array | None] = {}
    columns = {}
    for name, count in (("n1", 3), ("n2", 2), ("n3", 4)):
        image(folder / picture(name), name)
        union, objects = np.zeros(SHAPE, np.uint8), np.zeros(SHAPE, np.uint16)
        for number in range(1, count + 1):
            one = np.zeros(SHAPE, np.uint8)
            one[2:6, 5 * number - 3 : 5 * number] = 1
            save(folder / path(name, number), one * np.uint8(255))
            union |= one
            objects[one > 0] = number
        rows[name], columns[name] = union, {"instances": objects, "mask_overlap": False}
    return Made(rows, columns=columns, about=about)


@layout
def dsb_2018(folder: Path) -> Made:
    return nuclei(folder, lambda n, k: f"stage/{n}/masks/{k * 7919:05x}{n[::-1]}.png", lambda n: f"stage/{n}/images/{n}.png")


@layout
def a_folder_of_masks_a_picture(folder: Path) -> Made:
    about = 'image = "images/{stem}.png"\nmask = "masks/{stem}/{instance}.png"\n'
    return nuclei(folder, lambda n, k: f"masks/{n}/{k}.png", lambda n: f"images/{n}.png", about)


@layout
def imagefolder_with_metadata(folder: Path) -> Made:
    rows: dict[str, Array | None] = {}
    for split_name, names in (("train", "ab"), ("test", "c")):
        lines = ["file_name,mask_file_name,patient_id,site"]
        for name in names:
            image(folder / split_name / f"{name}.png", name)
            save(folder / split_name / "m" / f"{name}_x.png", blob(name))
            lines.append(f"{name}.png,m/{name}_x.png,P{name},north")
            rows[name] = blob(name)
        write(folder / split_name / "metadata.csv", "\n".join(lines))
    return Made(rows, {"c": "test"}, {name: {"patient_id": f"P{name}", "site": "north"} for name in rows})


@layout
def imagefolder_with_json_lines(folder: Path) -> Made:
    rows: dict[str, Array | None] = {}
    lines = []
    for name in "ab":
        image(folder / "pics" / f"{name}.png", name)
        save(folder / "segs" / f"{name}.png", blob(name))
        lines.append(json.dumps({"file_name": f"pics/{name}.png", "mask_file_name": f"segs/{name}.png"}))
        rows[name] = blob(name)
    write(folder / "metadata.jsonl", "\n".join(lines))
    return Made(rows)


@layout
def partly_annotated(folder: Path) -> Made:
    rows = pairs(folder, "images/NAME.png", "masks/NAME.png", "ab")
    image(folder / "images/c.png", "c")
    return Made({**rows, "c": None}, about='missing_masks = "null"\n')


@layout
def normal_pictures_without_a_mask(folder: Path) -> Made:
    rows = pairs(folder, "images/NAME.png", "masks/NAME.png", "ab")
    image(folder / "images/c.png", "c")
    return Made({**rows, "c": np.zeros(SHAPE, np.uint8)}, about='missing_masks = "empty"\n')


@layout
def patterns_with_names_of_ones_own(folder: Path) -> Made:
    rows: dict[str, Array | None] = {}
    for site, patient, name in (("north", "7", "x"), ("north", "8", "x"), ("south", "9", "x")):
        image(folder / f"{site}-{patient}/pic {name}.png", site + patient)
        save(folder / f"drawn/{patient}.{name}.png", blob(site + patient))
        rows[f"{site}_{patient}_{name}"] = blob(site + patient)
    about = 'image = "{site}-{patient}/pic {stem}.png"\nmask = "drawn/{patient}.{stem}.png"\n'
    return Made(rows, columns={name: {"site": name.split("_")[0], "patient_id": name.split("_")[1]} for name in rows}, about=about)


@layout
def a_split_in_the_name(folder: Path) -> Made:
    rows: dict[str, Array | None] = {}
    for split_name, name in (("train", "a"), ("val", "b"), ("external", "c")):
        image(folder / f"{split_name}_{name}.png", name)
        save(folder / f"{split_name}_{name}_m.png", blob(name))
        rows[name] = blob(name)
    about = 'image = "{split}_{stem}.png"\nmask = "{split}_{stem}_m.png"\n'
    return Made(rows, {"b": "validation", "c": "external"}, about=about)


@layout
def overlays_beside_the_masks(folder: Path) -> Made:
    rows = pairs(folder, "NAME.png", "NAME_mask.png")
    for name in "abc":
        image(folder / f"{name}_overlay.png", name + "o")
    return Made(rows)


@layout
def voc_with_lists_and_a_labelmap(folder: Path) -> Made:
    """Pascal VOC as CVAT writes it: colours named in labelmap.txt, objects beside classes, splits in lists."""
    rows: dict[str, Array | None] = {}
    colours = np.array([[0, 0, 0], [250, 50, 83], [51, 221, 255]], np.uint8)
    for name in "abc":
        image(folder / f"JPEGImages/{name}.png", name)
        rows[name] = mask = blob(name, 2)
        save(folder / f"SegmentationClass/{name}.png", colours[mask])
        save(folder / f"SegmentationObject/{name}.png", colours[(mask > 0).astype(int)])
    write(folder / "ImageSets/Segmentation/train.txt", "a\nb\n")
    write(folder / "ImageSets/Segmentation/val.txt", "c\n")
    write(folder / "labelmap.txt", "# label:color_rgb:parts:actions\nbackground:0,0,0::\ntool:51,221,255::\npolyp:250,50,83::\n")
    # Classes are in the order of the table.
    return Made({name: np.array([0, 2, 1], np.uint8)[mask] for name, mask in rows.items() if mask is not None}, {"c": "validation"})


@layout
def roboflow_masks(folder: Path) -> Made:
    """Masks beside pictures, and a table of their values."""
    rows: dict[str, Array | None] = {}
    for split_name, names in (("train", "ab"), ("valid", "c")):
        for name in names:
            image(folder / f"{split_name}/{name}.png", name)
            rows[name] = blob(name, 2)
            save(folder / f"{split_name}/{name}_mask.png", rows[name])
        write(folder / f"{split_name}/_classes.csv", "Pixel Value, Class\n0, background\n1, polyp\n2, tool\n")
    return Made(rows, {"c": "validation"})


@layout
def nnunet_pictures(folder: Path) -> Made:
    """nnU-Net 2D: colours in one file, an ignored label, the owner's validation in splits_final.json."""
    rows: dict[str, Array | None] = {}
    for name in "abc":
        end = "Ts" if name == "c" else "Tr"
        image(folder / f"D/images{end}/{name}_0000.png", name)
        mask = blob(name, 2)
        save(folder / f"D/labels{end}/{name}.png", mask)
        rows[name] = np.where(mask == 2, 255, mask).astype(np.uint8)
    said = {"channel_names": {"0": "red", "1": "green", "2": "blue"}, "labels": {"background": 0, "polyp": 1, "ignore": 2}}
    write(folder / "D/dataset.json", json.dumps({**said, "numTraining": 2, "file_ending": ".png"}))
    write(folder / "D/splits_final.json", json.dumps([{"train": ["a"], "val": ["b"]}]))
    return Made(rows, {"b": "validation", "c": "test"})


@layout
def cityscapes(folder: Path) -> Made:
    rows: dict[str, Array | None] = {}
    for split_name in ("train", "val"):
        for number in "12":
            name = f"site_{split_name[0]}{number}"
            image(folder / f"leftImg8bit/{split_name}/site/{name}_leftImg8bit.png", name)
            for kind in ("color", "instanceIds", "labelIds"):
                save(folder / f"gtFine/{split_name}/site/{name}_gtFine_{kind}.png", blob(name) if kind == "labelIds" else blob("other"))
            rows[name] = blob(name)
    return Made(rows, {name: "validation" for name in rows if "_v" in name})


split("camvid", "SPLIT/NAME.png", "SPLITannot/NAME.png")
simple("cellpose", "NAME_img.png", "NAME_masks.png")


@layout
def a_table_of_paths(folder: Path) -> Made:
    rows = pairs(folder, "a/NAME.png", "b/m_NAME.png", "ab")
    write(
        folder / "data.csv",
        "image,mask,split,age\n" + "".join(f"a/{k}.png,b/m_{k}.png,{s},7\n" for k, s in (("a", "train"), ("b", "test"))),
    )
    write(folder / "metadata.csv", "id,year\n1,2\n")
    return Made(rows, {"b": "test"}, {"a": {"age": "7"}})


@layout
def raters_beside_the_pictures(folder: Path) -> Made:
    """Folders that are called like people, and nothing that says mask."""
    rows = pairs(folder, "img/NAME.png", "annotator1/NAME.png")
    for name in rows:
        save(folder / f"annotator2/{name}.png", blob(f"{name}2") * np.uint8(255))
    return Made(rows, columns={name: {"mask_2": blob(f"{name}2"), "raters": ["annotator1", "annotator2"]} for name in rows})


@layout
def numbers_with_and_without_zeros(folder: Path) -> Made:
    for number in (8, 9, 10):
        image(folder / f"images/img_{number:04d}.png", f"img_{number:04d}")
        save(folder / f"masks/mask_{number}.png", blob(f"{number}") * np.uint8(255))
    return Made({f"img_{number:04d}": blob(f"{number}") for number in (8, 9, 10)})


@layout
def the_left_and_the_right_in_folders(folder: Path) -> Made:
    rows: dict[str, Array | None] = {}
    for name in "ab":
        image(folder / f"CXR/{name}.png", name)
        both = np.zeros(SHAPE, np.uint8)
        both[4:9, 3:8], both[5:12, 14:20] = 1, 2
        for value, side in ((1, "left"), (2, "right")):
            save(folder / f"ManualMask/{side}Mask/{name}.png", (both == value) * np.uint8(255))
        rows[name] = both
    return Made(rows)


@layout
def a_table_of_stems(folder: Path) -> Made:
    lines = ["img_name;mask_name;fold"]
    for name in "ab":
        image(folder / f"x/pic_{name}.png", f"pic_{name}")
        save(folder / f"y/{name}_drawn.png", blob(name) * np.uint8(255))
        lines.append(f"pic_{name};{name}_drawn.png;1")
    write(folder / "train.csv", "\n".join(lines))
    return Made({f"pic_{name}": blob(name) for name in "ab"}, columns={f"pic_{name}": {"fold": "1"} for name in "ab"})


@layout
def capital_and_small_letters(folder: Path) -> Made:
    for name in ("a1", "b2"):
        image(folder / f"Images/IMG_{name}.png", f"IMG_{name}")
        save(folder / f"Masks/img_{name.upper()}.png", blob(name) * np.uint8(255))
    return Made({f"IMG_{name}": blob(name) for name in ("a1", "b2")})
