"""Known sets under other names, formats and folders are told by the ids of their pictures."""

from __future__ import annotations

import pytest

from hf_medseg.catalog.lookup import sources
from hf_medseg.catalog.recognise import with_ids_of

# What the owners call single pictures and volumes, and what re-hosts make of it.
RE_HOSTS = [
    ("kvasir-seg", "images/cju0qkwl35piu0993l0dewei2.png"),
    ("kvasir-seg", "train/images/polyp_CJU0QKWL35PIU0993L0DEWEI2_256.webp"),
    ("drive", "images/21_training.tif"),
    ("drive", "images/drive-21-training.png"),
    ("drive", "images/01_test.bmp"),
    ("drive", "masks/21_manual1.png"),
    ("lgg-mri", "images/TCGA_CS_4941_19960909_2.tif"),
    ("lgg-mri", "images/tcga-cs-4941-19960909-2_flair.png"),
    ("lgg-mri", "TCGA_CS_4941_19960909/images/2.png"),
    ("breast-cancer", "images/benign (1).png"),
    ("breast-cancer", "images/malignant_(12)_resized.jpg"),
    ("breast-cancer", "images/benign_1_.png"),
    ("breast-cancer", "normal_7_/image.png"),
    ("isic-2017", "images/ISIC_0000000.png"),
    ("isic-2017", "images/isic0015294_224.jpg"),
    ("chase-db1", "images/Image_01L.png"),
    ("chase-db1", "images/chase_image_14r.tif"),
    ("nih-cxr14", "images/00000001_000.jpg"),
    ("nih-cxr14", "images/nih_00030805-000_512.png"),
    ("all-leukemia", "images/wbc_malignant_pre_011.png"),
    ("scr", "images/JPCLN001.png"),
    ("scr", "images/jpcnn001_heart.png"),
    ("chest-xray-masks", "images/MCUCXR_0001_0.jpg"),
    ("chest-xray-masks", "images/chncxr_0327_1_mask.png"),
    ("lidc-idri", "images/LIDC-IDRI-0001_slice_12.png"),
    ("brats", "images/BraTS20_Training_001_77.png"),
    ("brats", "images/brats19_cbica_aab_1.nii.gz"),
    ("brats", "images/BraTS2021_00000.mha"),
    ("brats", "images/BraTS-GLI-00000-000.nrrd"),
    ("oasis", "images/OAS1_0001_MR1.nii.gz"),
    ("oasis", "images/oas2_0001_mr1_slice90.png"),
    ("adni", "images/002_S_0413.nii"),
    ("abide", "images/Caltech_0051456.nii.gz"),
    ("mura", "images/patient00001_study1_positive_image1.jpg"),
    ("medpix", "images/MPX1009_synpic46283.jpg"),
    ("ddsm", "images/Mass-Training_P_00001_LEFT_CC.png"),
    ("herlev", "images/149056321-149056343-001.png"),
    ("cxlseg", "images/02aa804e-bde0afdd-112c0b34-7bc16630-4e384014.png"),
    ("kaggle-dr", "images/10003_left.png"),
    ("scmr-consensus", "images/SC-HF-I-01_0020.png"),
    ("scmr-consensus", "images/SCD0000101.nii.gz"),
    ("visceral", "images/10000100_1_CTce_ThAb.nrrd"),
    ("brisc-2025", "images/BRISC2025-train-00001-gl-ax-t1.webp"),
]

# Names that people give their own pictures, or that other sets have.
OWN = [
    "images/1.png",
    "images/case_001.png",
    "images/image_001.jpg",
    "images/image_101L.jpg",
    "images/benign_1.png",
    "images/malignant12.png",
    "images/12_left.png",
    "fold_01_test/images/a.png",
    "fold_21_training/images/a.png",
    "test/images/0001.png",
    "images/20190101_001.png",
    "images/12345678_001.png",
    "images/ISIC_0024306.jpg",
    "images/TCGA-18-5592-01Z-00-DX1.tif",
    "images/3f1c7a52-9b1e-4f60-8d5f-0c2b5e1f7a11.jpg",
    "images/0a1b2c3d4e5f60718293a4b5c6d7e8f901234567.png",
    "images/clinic_patient_0042.nii.gz",
    "images/BraTS-GLI-00000-100.nii.gz",
    "images/sub-0001_T1w.nii.gz",
    "images/verse004_ct.nii.gz",
    "images/hippocampus_001.nii.gz",
    "images/bus_0001-l.png",
    "images/case001.png",
    "images/001_HC.png",
]


@pytest.mark.parametrize(("known", "name"), RE_HOSTS)
def test_the_ids_of_a_known_set_tell_it_in_any_format_case_or_folder(known: str, name: str) -> None:
    assert known in [source.id for source in with_ids_of([name])]


@pytest.mark.parametrize("name", OWN)
def test_what_people_call_their_own_pictures_is_no_known_set(name: str) -> None:
    assert not with_ids_of([name] * 50)


def test_a_tree_that_holds_a_known_set_among_more_is_that_set() -> None:
    known = [f"images/TCGA_CS_4941_19960909_{number}.png" for number in range(10)]
    others = [f"images/mine_{number}.png" for number in range(1000)]
    assert [source.id for source in with_ids_of([*others, *known])] == ["lgg-mri"]


def test_one_name_among_many_is_chance() -> None:
    assert not with_ids_of(["images/01_test.png", *(f"images/{number}.png" for number in range(40))])


def test_several_known_sets_in_one_tree_are_all_told() -> None:
    names = [f"{n:02d}_training.png" for n in range(21, 41)] + [f"Image_{n:02d}L.png" for n in range(1, 15)]
    assert [source.id for source in with_ids_of(names)] == ["drive", "chase-db1"]


def test_own_data_sources_have_no_ids() -> None:
    assert not [source.id for source in sources().values() if source.from_about is not None and source.ids]
