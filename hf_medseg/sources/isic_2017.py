"""ISIC 2017: dermoscopic pictures of skin lesions, lesion masks, diagnoses."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import FLOAT32, SEX, Label
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Values
from hf_medseg.pixels.picture import Picture
from hf_medseg.raw.cells import age_in, sex_in, whole_in
from hf_medseg.raw.tables import Keyed
from hf_medseg.raw.tree import Raw, union

SPLITS = {"Training": "train", "Validation": "validation", "Test_v2": "test"}
LESION = {0: 0, 255: 1}
DIAGNOSES: dict[tuple[int | None, int | None], str] = {(0, 0): "nevus", (1, 0): "melanoma", (0, 1): "seborrheic_keratosis"}
BASE = "https://isic-archive.s3.amazonaws.com/challenges/2017/"
OLD_BASES = ("https://isic-challenge-data.s3.amazonaws.com/2017/", "https://isic-challenge-data.s3.us-east-1.amazonaws.com/2017/")


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; the tables of Part 3 and of the data folders are joined where they are there."""
    for token, split in SPLITS.items():
        data, part1 = f"ISIC-2017_{token}_Data", f"ISIC-2017_{token}_Part1_GroundTruth"
        pictures = raw.find(rf"{data}/(ISIC_\d{{7}})\.(?i:jpe?g)")
        masks = raw.find(rf"{part1}/(ISIC_\d{{7}})(?:_[Ss]egmentation)?\.(?i:png)")
        ids = union(pictures, masks)
        people = raw.table(rf"{data}_metadata\.csv", ("image_id", "age_approximate", "sex"))
        labels = raw.table(rf"ISIC-2017_{token}_Part3_GroundTruth\.csv", ("image_id", "melanoma", "seborrheic_keratosis"))
        person = Keyed() if people is None else people.by("image_id", among=ids)
        label = Keyed() if labels is None else labels.by("image_id", among=ids)
        for image_id in ids:
            wrong = person.conflicts.get(image_id) or label.conflicts.get(image_id) or ""
            about, diagnosed = person.get(image_id, {}), label.get(image_id, {})
            finding = (whole_in(diagnosed, "melanoma"), whole_in(diagnosed, "seborrheic_keratosis"))
            if labels is not None and finding not in DIAGNOSES:
                wrong = wrong or f"{labels.file.path} gives no diagnosis: melanoma, seborrheic_keratosis = {finding}."
            if people is not None and not about:
                wrong = wrong or f"{people.file.path} does not name it."
            yield Case(
                image_id,
                {
                    "image": Picture(pictures.need(image_id, f"{data}/{image_id}.jpg")),
                    "mask": Values(Picture(masks.need(image_id, f"{part1}/{image_id}_segmentation.png")), LESION),
                },
                {
                    "diagnosis": DIAGNOSES.get(finding),
                    "age": age_in(about, "age_approximate"),
                    "sex": sex_in(about, "sex"),
                },
                split=split,
                wrong=wrong,
            )


def _download(name: str, approximate: int, checksum: str = "") -> Download:
    mirrors = tuple(base + name for base in OLD_BASES)
    return Download(BASE + name, name=name, checksum=checksum and f"md5:{checksum}", mirrors=mirrors, approximate=approximate)


SOURCE = Source(
    id="isic-2017",
    title="ISIC 2017 Challenge: Skin Lesion Analysis Toward Melanoma Detection",
    homepage="https://challenge.isic-archive.com/data/#2017",
    modality=("dermoscopy",),
    anatomy=("skin",),
    task="lesion segmentation and classification",
    summary="2,750 dermoscopic pictures of skin lesions in three official splits, each with a lesion mask, a diagnosis, age and sex.",
    access=Access(
        "free",
        (
            "From https://challenge.isic-archive.com/data/#2017 download the Data and Part1_GroundTruth archives of each split.",
            "For the diagnoses add the Part3_GroundTruth tables and put them beside the archives.",
        ),
        (
            _download("ISIC-2017_Training_Data.zip", 5_800_000_000, "a14a7e622c67a358797ae59abb8a0b0c"),
            _download("ISIC-2017_Training_Part1_GroundTruth.zip", 9_000_000, "77fdbeb6fbec4139937224416b250f4c"),
            _download("ISIC-2017_Training_Part3_GroundTruth.csv", 43_000),
            _download("ISIC-2017_Validation_Data.zip", 878_000_000, "8d6419d942112f709894c0d82f6c9038"),
            _download("ISIC-2017_Validation_Part1_GroundTruth.zip", 559_000, "64d3e68fa2deeb8a5e89aa8dec2efd44"),
            _download("ISIC-2017_Validation_Part3_GroundTruth.csv", 3_000),
            _download("ISIC-2017_Test_v2_Data.zip", 5_400_000_000, "5f6a0b5e1f2972bd1f5ea02680489f09"),
            _download("ISIC-2017_Test_v2_Part1_GroundTruth.zip", 18_000_000, "b1742de6bd257faca3b2b21a4aa3b781"),
            _download("ISIC-2017_Test_v2_Part3_GroundTruth.csv", 13_000),
        ),
    ),
    layout="""ISIC-2017_Training_Data/               ISIC_0000000.jpg  ISIC_0000000_superpixels.png  ISIC-2017_Training_Data_metadata.csv
ISIC-2017_Training_Part1_GroundTruth/  ISIC_0000000_segmentation.png
ISIC-2017_Training_Part3_GroundTruth.csv
... and the same with Validation and Test_v2""",
    splits="Official: folders named Training are `train`, Validation `validation`, Test_v2 `test`.",
    quirks=(
        "Part 1 is Task 1, the lesion masks; Part 2 labels superpixels and Part 3 gives the diagnoses.",
        "The data folders mix pictures, superpixel maps and a table; the superpixel PNGs are index maps of Part 2, not masks.",
        "`diagnosis` is nevus where Part 3 says neither melanoma nor seborrheic keratosis; it is null without the Part 3 tables.",
        "Age is rounded to five years; age or sex is null where the table says unknown.",
        "A published audit (Cassidy et al. 2022, doi 10.1016/j.media.2021.102305) found many duplicates within and between the yearly "
        "ISIC sets, also across train and test; most training pictures recur in ISIC 2016 and 2018.",
        "Masks were drawn by two processes, semi-automatic flood fill and manual polygons: boundaries are jagged or smooth.",
        "Dark corners, hair, rulers and coloured stickers are common in the pictures.",
        "Pictures are up to about 6,750 pixels wide; the JPEG data is passed through.",
        "No patients are published; there is one lesion a picture.",
        "Build from the challenge's archives only: in the ISIC Archive each picture has a license of its own.",
    ),
    editions=(
        Edition(
            license=License(
                "cc0-1.0",
                "CC0 1.0 Universal",
                "https://challenge.isic-archive.com/data/#2017",
                "open",
                (
                    Evidence(
                        "the license column of the owner's data page says CC-0 for the 2017 edition",
                        "https://github.com/ImageMarkup/stade/blob/cf20329/stade/core/templates/data/2017.html",
                        "high",
                        "2026-05-01",
                    ),
                    Evidence(
                        "the terms of use: pictures under the contributor's license, annotations CC0",
                        "https://github.com/ImageMarkup/stade/blob/cf20329/stade/core/templates/terms-of-use.html",
                        "high",
                        "2026-05-01",
                    ),
                ),
                (
                    "Cite Codella et al. 2017, as the owner's page asks.",
                    "Link the data page https://challenge.isic-archive.com/data/#2017.",
                ),
            ),
            citations=(
                r"""@article{codella2017skin,
  title   = {Skin Lesion Analysis Toward Melanoma Detection: A Challenge at the 2017 International Symposium on Biomedical Imaging (ISBI), Hosted by the International Skin Imaging Collaboration (ISIC)},
  author  = {Codella, Noel and Gutman, David and Celebi, M. Emre and Helba, Brian and Marchetti, Michael A. and Dusza, Stephen and Kalloo, Aadi and Liopyris, Konstantinos and Mishra, Nabin and Kittler, Harald and Halpern, Allan},
  journal = {arXiv preprint arXiv:1710.05006},
  year    = {2017},
  doi     = {10.48550/arXiv.1710.05006}
}""",
                r"""@inproceedings{codella2018isbi,
  title     = {Skin lesion analysis toward melanoma detection: A challenge at the 2017 International Symposium on Biomedical Imaging (ISBI), hosted by the International Skin Imaging Collaboration (ISIC)},
  author    = {Codella, Noel C. F. and Gutman, David and Celebi, M. Emre and others},
  booktitle = {IEEE 15th International Symposium on Biomedical Imaging (ISBI)},
  year      = {2018}
}""",
            ),
            classes=("lesion",),
            landmarks=(
                r"ISIC-2017_(?:Training|Validation|Test_v2)_Data/ISIC_\d{7}\.(?i:jpe?g)",
                r"ISIC-2017_(?:Training|Validation|Test_v2)_Part1_GroundTruth/ISIC_\d{7}(?:_[Ss]egmentation)?\.(?i:png)",
            ),
            configs=(Config(columns={"diagnosis": Label(tuple(DIAGNOSES.values())), "age": FLOAT32, "sex": SEX}),),
            not_used=(
                (r"ISIC_\d{7}_superpixels\.(?i:png)", "a superpixel map of Part 2, not a mask"),
                (r"ISIC_\d{7}_features\.json", "superpixel labels of Part 2, not a segmentation"),
            ),
            published=Published(
                {"train": 2000, "validation": 150, "test": 600},
                {"train": 2000, "validation": 150, "test": 600},
                note="the challenge's description, and counted on the Part 3 tables",
                least=(576, 1),
            ),
        ),
    ),
    signature=(r"ISIC-2017_(?:Training|Validation|Test_v2)_(?:Data|Part[123]_GroundTruth)(?:_metadata)?(?:\.csv|/[^/]+)",),
    cases=cases,
    aliases=("isic2017", "isic"),
)
