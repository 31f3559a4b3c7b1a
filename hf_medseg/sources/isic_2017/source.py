"""ISIC 2017: dermoscopic pictures of skin lesions, lesion masks, diagnoses."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import FLOAT32, SEX, Label
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
from hf_medseg.raw.cells import age_in, sex_in, whole_in
from hf_medseg.raw.tables import Keyed
from hf_medseg.raw.tree import Raw, union

SPLITS = {"Training": "train", "Validation": "validation", "Test_v2": "test"}

LESION = {0: 0, 255: 1}

DIAGNOSES: dict[tuple[int | None, int | None], str] = {(0, 0): "nevus", (1, 0): "melanoma", (0, 1): "seborrheic_keratosis"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; the tables of Part 3 and of the data folders are joined where they are there."""
    for token, split in SPLITS.items():
        data, part1 = f"ISIC-2017_{token}_Data", f"ISIC-2017_{token}_Part1_GroundTruth"
        pictures = raw.find(rf"{data}/(ISIC_\d{{7}})\.(?i:jpe?g)")
        masks = raw.find(rf"{part1}/(ISIC_\d{{7}})(?:_[Ss]egmentation)?\.(?i:png)")
        if not (ids := union(pictures, masks)):
            continue
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
                problem=Problem.of(wrong),
            )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(
            r"ISIC-2017_(?:Training|Validation|Test_v2)_Data/ISIC_\d{7}\.(?i:jpe?g)",
            r"ISIC-2017_(?:Training|Validation|Test_v2)_Part1_GroundTruth/ISIC_\d{7}(?:_[Ss]egmentation)?\.(?i:png)",
        ),
        configs=(Config(columns={"diagnosis": Label(tuple(DIAGNOSES.values())), "age": FLOAT32, "sex": SEX}),),
        not_used=(
            (r"ISIC_\d{7}_superpixels\.(?i:png)", "a superpixel map of Part 2, not a mask"),
            (r"ISIC_\d{7}_features\.json", "superpixel labels of Part 2, not a segmentation"),
        ),
    ),
    cases,
    signature=(r"ISIC-2017_(?:Training|Validation|Test_v2)_(?:Data|Part[123]_GroundTruth)(?:_metadata)?(?:\.csv|/[^/]+)",),
    ids=(r"ISIC_00(?:0\d|1[0-6])\d{3}",),
)
