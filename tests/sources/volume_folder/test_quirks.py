"""Volumes of one's own: what the phantoms' promises do not say, and real volumes in every format."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as Itk

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from tests.sources.volume_folder.phantom import labels, save
from tests.support.harness import PHANTOMS, Converted, pixels, run
from tests.support.kit import Phantom, write

REAL = Path(os.environ.get("HF_MEDSEG_REAL", Path(__file__).parents[4] / "shared/real"))


@pytest.mark.parametrize(
    ("variant", "words"),
    [
        ("moved", "it lies elsewhere in space than the image of its case (affines differ by 2)"),
        ("smaller", "it has 10 x 12 x 3 voxels, the image of its case 10 x 12 x 4"),
        ("undeclared", "mask values 7 where only 0, 1, 2 are declared. "),
        ("missing_mask", "it has no mask."),
        ("channel_missing", "it has the channels T1; dataset.json says T1, FLAIR."),
        ("missing_samples", "is missing"),
    ],
)
def test_what_is_wrong_is_said_by_name(variant: str, words: str, tmp_path: Path) -> None:
    (rejected, *_) = run("volume-folder", variant, tmp_path, configs=[]).conversion.rejected
    assert words in f"{rejected['expected']} "
    assert "Fetch" not in rejected["advice"]


@pytest.mark.parametrize(
    ("variant", "words"),
    [("bids_two", 'suffix = "T1w"'), ("fractions", "threshold = 0.5"), ("known_source", "hf-medseg convert msd")],
)
def test_a_refusal_gives_the_line_that_mends_it(variant: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=words.replace("(", r"\(")):
        run("volume-folder", variant, tmp_path)


def test_values_that_nobody_names_are_classes_by_their_numbers(tmp_path: Path) -> None:
    assert run("volume-folder", "no_about", tmp_path).names("classes") == ["background", "value_3", "value_9"]


def test_the_only_value_is_foreground(tmp_path: Path) -> None:
    for name in ("a", "b"):
        save(tmp_path / f"raw/images/{name}.mha", np.ones((2, 3, 4), np.int16))
        save(tmp_path / f"raw/masks/{name}.mha", np.full((2, 3, 4), 255, np.uint8))
    conversion = convert("volume-folder", tmp_path / "raw", tmp_path / "out", workers=1)
    converted = Converted("volume-folder", Phantom(tmp_path / "raw", []), conversion, tmp_path / "out")
    assert converted.names("classes") == ["background", "foreground"]


ODD = np.arange(24).reshape(2, 3, 4) % 2  # 0 and 1 in turn


@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        (
            ODD,
            ODD * 255,
            'Every mask holds one value besides 0, but not the same: 1, 255. .* classes = { 1 = "foreground", 255 = "foreground" }',
        ),
        (
            np.where(ODD, np.float32("nan"), np.float32(1)),
            ODD,
            "NaN or infinity in 12 voxels, which is no label. Save it with a whole number",
        ),
        (ODD + np.float32(1e-6), ODD, "mask values that are nearly whole numbers, such as .* Save it with whole numbers, rounded."),
    ],
    ids=["whites", "nan", "nearly"],
)
def test_label_maps_that_are_no_one_coding_are_refused_together(first: Any, second: Any, words: str, tmp_path: Path) -> None:
    """One class in two codings was two classes; the others were called probabilities, or rejected one by one."""
    for name, mask in (("a", first), ("b", second)):
        save(tmp_path / f"raw/images/{name}.mha", np.ones((2, 3, 4), np.int16))
        save(tmp_path / f"raw/masks/{name}.mha", mask.astype(np.float32 if mask.dtype.kind == "f" else np.uint8))
    with pytest.raises(Refused, match=words.replace("{", r"\{")):
        convert("volume-folder", tmp_path / "raw", tmp_path / "out", workers=1)


def test_255_beside_lower_values_is_told(tmp_path: Path) -> None:
    save(tmp_path / "raw/images/a.mha", np.ones((2, 3, 4), np.int16))
    save(tmp_path / "raw/masks/a.mha", np.where(ODD, 255, np.arange(24).reshape(2, 3, 4) % 3).astype(np.uint8))
    (note,) = convert("volume-folder", tmp_path / "raw", tmp_path / "out", workers=1).report["configs"]["slices"]["known"]
    assert "the value 255, in 1 mask, became a class; " in note["reason"]
    assert note["reason"].endswith('classes = { 1 = "class_1", 2 = "class_2", 255 = "not annotated" }')


def test_regions_are_named_and_explained(tmp_path: Path) -> None:
    converted = run("volume-folder", "regions", tmp_path)
    assert converted.names("classes") == ["background", "whole", "core"]
    assert any("the region 'whole' is made of the values 1, 2" in json.dumps(note) for note in converted.section()["known"])


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ('image = "images/{stem}.nii.gz"', "image and mask belong together"),
        ('image = "images/{stem}.nii.gz"\nmask = "labels/{name}.nii.gz"', "share no name"),
        ('classes = { liver = "1" }', "classes must map mask values to names"),
        ('structures = ["liver"]', "structures must name each structure once"),
        ('layout = "decathlong"', "layout must be"),
        ('threshold = 0.5\nclasses = { 1 = "x" }', "with a threshold masks hold 0 and 255"),
    ],
)
def test_an_about_file_that_cannot_be_meant_is_refused_by_its_key(said: str, words: str, tmp_path: Path) -> None:
    phantom = PHANTOMS["volume-folder"].make(tmp_path / "raw")
    with pytest.raises(Refused, match=words):
        convert("volume-folder", phantom.raw, tmp_path / "out", about=write(tmp_path / "said.toml", said), workers=1)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("[]", 'a record with "labels" expected'),
        ('{"labels": {"whole": [1, 2]}}', "regions_class_order must have a number for each of the 1 regions"),
        ('{"labels": {"x": "y"}}', "'x' must be a name with a number"),
    ],
)
def test_a_damaged_dataset_json_is_refused_by_name(said: str, words: str, tmp_path: Path) -> None:
    phantom = PHANTOMS["volume-folder"].make(tmp_path / "raw", "decathlon")
    write(next(phantom.raw.rglob("dataset.json")), said)
    with pytest.raises(Refused, match=words):
        convert("volume-folder", phantom.raw, tmp_path / "out", workers=1)


def test_masks_in_files_beside_their_headers_need_their_classes_said(tmp_path: Path) -> None:
    for path in ("raw/images/a.mhd", "raw/masks/a.mhd"):
        save(tmp_path / path, labels())
    with pytest.raises(Refused, match="its samples lie in other files"):
        convert("volume-folder", tmp_path / "raw", tmp_path / "out", workers=1)


@pytest.mark.skipif(not REAL.is_dir(), reason="the real files are not here")
@pytest.mark.parametrize("ending", ["nii.gz", "nrrd", "nhdr", "mha", "mhd"])
def test_a_real_volume_gives_the_same_rows_in_every_format(ending: str, tmp_path: Path) -> None:
    [image] = (REAL / "isles22").rglob("*_flair.nii.gz")
    read = Itk.ReadImage(str(image))[:64, :48, :]
    drawn = Itk.Cast(read > 100, Itk.sitkUInt8)
    for folder, one in (("images", read), ("labels", drawn)):
        (tmp_path / f"raw/{folder}").mkdir(parents=True)
        Itk.WriteImage(one, str(tmp_path / f"raw/{folder}/own.{ending}"), True)
    about = write(tmp_path / "about.toml", 'classes = { 1 = "bright" }\n')
    conversion = convert("volume-folder", tmp_path / "raw", tmp_path / "out", workers=1, configs=["volumes"], about=about)
    assert not conversion.rejected
    row = Converted("volume-folder", Phantom(tmp_path / "raw", []), conversion, tmp_path / "out").row("own", "volumes")
    lps = Itk.DICOMOrient(read, "LPS")
    physical = pixels(row["image"]) * row["rescale_slope"] + row["rescale_intercept"]
    assert np.array_equal(physical.astype(np.float32), Itk.GetArrayFromImage(lps))
    assert np.array_equal(pixels(row["mask"]), Itk.GetArrayFromImage(Itk.DICOMOrient(drawn, "LPS")))
    assert np.allclose(row["image_position"], lps.GetOrigin(), atol=1e-3)
    assert np.allclose([row["slice_spacing"], *row["pixel_spacing"]], lps.GetSpacing()[::-1], atol=1e-5)


def test_two_files_in_every_folder_are_suggested_as_patterns(tmp_path: Path) -> None:
    for name in ("s1", "s2"):
        (tmp_path / f"raw/{name}/mri").mkdir(parents=True)
        for file in ("orig.mgz", "aseg.mgz"):
            (tmp_path / f"raw/{name}/mri/{file}").write_bytes(b"x")
    with pytest.raises(Refused, match=r'such as: image = "\{patient\}/mri/orig.mgz"; mask = "\{patient\}/mri/aseg.mgz"'):
        convert("volume-folder", tmp_path / "raw", tmp_path / "out", workers=1)


def test_sequences_beside_one_mask_are_channels_once_the_line_of_the_refusal_says_so(tmp_path: Path) -> None:
    for patient in ("S1", "S2"):
        for name in ("t1", "t2", "flair"):
            save(tmp_path / f"raw/{patient}/{patient}_{name}.nii.gz", np.full((2, 5, 6), len(name), np.int16))
        save(tmp_path / f"raw/{patient}/{patient}_seg.nii.gz", labels((2, 5, 6)))
    rejected = convert("volume-folder", tmp_path / "raw", tmp_path / "out", workers=1, configs=["volumes"]).rejected
    assert {one["image_id"] for one in rejected} == {"S1_t1", "S1_t2", "S2_t1", "S2_t2"}
    lines = rejected[0]["expected"].partition("about file: ")[2].replace("; ", "\n")
    about = write(tmp_path / "about.toml", lines)
    conversion = convert("volume-folder", tmp_path / "raw", tmp_path / "again", about=about, workers=1, configs=["volumes"])
    assert not conversion.rejected
    found = Converted("volume-folder", Phantom(tmp_path / "raw", []), conversion, tmp_path / "again").rows("volumes")
    assert [row["patient_id"] for row in found] == ["S1", "S2"]
    assert {name for name in found[0] if name.startswith("image_t")} == {"image_t1", "image_t2"}


def test_a_number_right_behind_the_word_names_the_case(tmp_path: Path) -> None:
    for number in ("001", "002"):
        save(tmp_path / f"raw/imagesTr/img{number}.nii.gz", np.ones((2, 5, 6), np.int16))
        save(tmp_path / f"raw/labelsTr/label{number}.nii.gz", labels((2, 5, 6)))
    conversion = convert(None, tmp_path / "raw", tmp_path / "out", workers=1)
    assert (conversion.rows, conversion.rejected) == (4, [])


def test_a_bids_mask_of_two_values_is_rejected_with_the_line_that_names_them(tmp_path: Path) -> None:
    mask = np.zeros((3, 5, 6), np.uint8)
    mask[1, 1, 1], mask[1, 2, 2] = 1, 2
    save(tmp_path / "raw/sub-01/anat/sub-01_FLAIR.nii.gz", np.ones((3, 5, 6), np.int16))
    save(tmp_path / "raw/derivatives/drawn/sub-01/anat/sub-01_label-lesion_mask.nii.gz", mask)
    (rejected,) = convert("volume-folder", tmp_path / "raw", tmp_path / "none", workers=1, configs=["volumes"]).rejected
    line = rejected["advice"].partition("about file: ")[2]
    assert line == 'classes = { 1 = "value_1", 2 = "value_2" }'
    about = write(tmp_path / "about.toml", f"{line}\n")
    conversion = convert("volume-folder", tmp_path / "raw", tmp_path / "out", workers=1, about=about)
    rows = Converted("volume-folder", Phantom(tmp_path, []), conversion, tmp_path / "out").rows()
    assert sorted(np.unique(np.stack([pixels(row["mask"]) for row in rows]), return_counts=True)[1].tolist()) == [1, 1, 88]


def test_every_split_of_an_export_to_the_decathlon_comes_back(tmp_path: Path) -> None:
    for end in ("Tr", "_external", "Ts"):
        save(tmp_path / f"raw/images{end}/a{end}.nii.gz", np.ones((2, 5, 6), np.int16))
        save(tmp_path / f"raw/labels{end}/a{end}.nii.gz", labels((2, 5, 6)))
    write(tmp_path / "raw/dataset.json", json.dumps({"labels": {"0": "background", "1": "a", "2": "b"}, "modality": {"0": "CT"}}))
    report = convert(None, tmp_path / "raw", tmp_path / "out", workers=1, configs=["volumes"]).report
    assert {split: found["rows"] for split, found in report["configs"]["volumes"]["splits"].items()} == {
        "train": 1,
        "test": 1,
        "external": 1,
    }


@pytest.mark.parametrize(
    ("image", "mask", "lines"),
    [
        ("img/{}.nii.gz", "lab/{}.nii.gz", 'image = "img/{stem}.nii.gz"; mask = "lab/{stem}.nii.gz"'),
        ("images/mr/b{}.mha", "labels/liver/b{}.mha", 'image = "mr/b{stem}.mha"; mask = "liver/b{stem}.mha"'),
        (
            "p{0}/2020-0{0}/t2.nii.gz",
            "p{0}/2020-0{0}/lesion.nii.gz",
            'image = "{patient}/{session}/t2.nii.gz"; mask = "{patient}/{session}/lesion.nii.gz"',
        ),
        (
            "p{}/ct.nii.gz",
            "p{}/rater1.nii.gz p{}/rater2.nii.gz",
            'image = "{patient}/ct.nii.gz"; mask = "{patient}/rater{structure}.nii.gz"',
        ),
    ],
)
def test_volumes_that_no_word_tells_are_refused_with_the_lines_that_read_them(image: str, mask: str, lines: str, tmp_path: Path) -> None:
    for number in "12":
        save(tmp_path / "raw" / image.format(number), np.random.default_rng(int(number)).integers(0, 900, (2, 5, 6)).astype(np.int16))
        for one in mask.split():
            save(tmp_path / "raw" / one.format(number), labels((2, 5, 6)) % 2)
    with pytest.raises(Refused, match=re.escape(f"such as: {lines}")):
        convert("volume-folder", tmp_path / "raw", tmp_path / "none", workers=1)
    about = write(tmp_path / "about.toml", lines.replace("; ", "\n"))
    conversion = convert("volume-folder", tmp_path / "raw", tmp_path / "out", workers=1, about=about, configs=["volumes"])
    assert (conversion.rows, conversion.rejected) == (2, [])


def test_a_table_of_volumes_pairs_them(tmp_path: Path) -> None:
    for name in "abc":
        save(tmp_path / f"raw/scans/{name}1.nii.gz", np.ones((2, 5, 6), np.int16))
        save(tmp_path / f"raw/drawn/{name}2.nii.gz", labels((2, 5, 6)))
    lines = (
        f"/home/lab/scans/{name}1.nii.gz,drawn/{name}2.nii.gz,{split}" for name, split in (("a", "train"), ("b", "val"), ("c", "clinic"))
    )
    write(tmp_path / "raw/pairs.csv", "\n".join(("image,mask,split", *lines)))
    report = convert(None, tmp_path / "raw", tmp_path / "out", workers=1, configs=["volumes"]).report["configs"]["volumes"]
    assert {split: found["rows_with_mask"] for split, found in report["splits"].items()} == {"train": 1, "validation": 1, "clinic": 1}
    assert not report["not_used"] and not report["rejected"]
