"""ISIC 2016: dermoscopic pictures of skin lesions, lesion masks, benign or malignant."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import Label
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tables import Keyed
from hf_medseg.raw.tree import Raw, union

SPLITS = {"Training": "train", "Test": "test"}
DIAGNOSES = {"benign": "benign", "0": "benign", "0.0": "benign", "malignant": "malignant", "1": "malignant", "1.0": "malignant"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture of Part 1; the table of Part 3, which speaks of the same pictures, is joined where it is there."""
    for token, split in SPLITS.items():
        data, truth = f"ISBI2016_ISIC_Part1_{token}_Data", f"ISBI2016_ISIC_Part1_{token}_GroundTruth"
        pictures = raw.find(rf"{data}/(ISIC_\d{{7}})\.(?i:jpe?g)")
        masks = raw.find(rf"{truth}/(ISIC_\d{{7}})(?i:_segmentation)?\.(?i:png)")
        if not (ids := union(pictures, masks)):
            continue
        table = raw.table(rf"ISBI2016_ISIC_Part3_{token}_GroundTruth\.csv", names=("image_id", "diagnosis"))
        lines = Keyed() if table is None else table.by("image_id", among=ids)
        for image_id in ids:
            said = lines[image_id]["diagnosis"].strip().lower() if image_id in lines else ""
            wrong = lines.conflicts.get(image_id, "")
            if table is not None and said not in DIAGNOSES:
                wrong = wrong or f"{table.file.path} says {said!r} of it; benign, malignant, 0 or 1 expected."
            yield Case(
                image_id,
                {
                    "image": Picture(pictures.need(image_id, f"{data}/{image_id}.jpg")),
                    "mask": Values(Picture(masks.need(image_id, f"{truth}/{image_id}_Segmentation.png")), {0: 0, 255: 1}),
                },
                {"diagnosis": DIAGNOSES.get(said)},
                split=split,
                problem=Problem.of(wrong),
            )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(
            r"ISBI2016_ISIC_Part1_(?:Training|Test)_Data/ISIC_\d{7}\.(?i:jpe?g)",
            r"ISBI2016_ISIC_Part1_(?:Training|Test)_GroundTruth/ISIC_\d{7}(?i:_segmentation)?\.(?i:png)",
        ),
        configs=(Config(columns={"diagnosis": Label(("benign", "malignant"))}),),
        not_used=(
            (r"ISBI2016_ISIC_Part3B?_(?:Training|Test)_Data/.+", "the pictures of Part 1 once more, for the other tasks"),
            (r"ISBI2016_ISIC_Part2B?_(?:Training|Test)_(?:Data|GroundTruth)/.+", "superpixels and dermoscopic features of Part 2"),
        ),
    ),
    cases,
    signature=(r"ISBI2016_ISIC_Part[123]B?_(?:Training|Test)_(?:Data|GroundTruth)(?:\.csv|/[^/]+)",),
)
