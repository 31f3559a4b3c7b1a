"""ISIC 2018, Tasks 1 and 2: dermoscopic pictures of skin lesions, lesion masks, masks of five dermoscopic attributes."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import PICTURE
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

SPLITS = {"Training": "train", "Validation": "validation", "Test": "test"}
ATTRIBUTES = ("globules", "milia_like_cyst", "negative_network", "pigment_network", "streaks")
INSIDE = {0: 0, 255: 1}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; a picture that Task 2 speaks of needs the masks of all five attributes."""
    for token, split in SPLITS.items():
        data, truth = f"ISIC2018_Task1-2_{token}_Input", f"ISIC2018_Task1_{token}_GroundTruth"
        task2 = f"ISIC2018_Task2_{token}_GroundTruth" + ("_v3" if split == "train" else "")
        pictures = raw.find(rf"{data}/(ISIC_\d{{7}})\.(?i:jpe?g)")
        masks = raw.find(rf"{truth}/(ISIC_\d{{7}})(?i:_segmentation)?\.(?i:png)")
        attributes = raw.find(rf"ISIC2018_Task2_{token}_GroundTruth(?:_v\d)?/(ISIC_\d{{7}})_attribute_({'|'.join(ATTRIBUTES)})\.(?i:png)")
        looked_at = dict.fromkeys(image_id for image_id, _ in attributes)
        for image_id in union(pictures, masks, looked_at):
            drawn = {
                f"mask_{name}": Values(Picture(attributes.need((image_id, name), f"{task2}/{image_id}_attribute_{name}.png")), INSIDE)
                for name in ATTRIBUTES
                if image_id in looked_at
            }
            yield Case(
                image_id,
                {
                    "image": Picture(pictures.need(image_id, f"{data}/{image_id}.jpg")),
                    "mask": Values(Picture(masks.need(image_id, f"{truth}/{image_id}_segmentation.png")), INSIDE),
                    **drawn,
                },
                split=split,
            )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(
            r"ISIC2018_Task1-2_(?:Training|Validation|Test)_Input/ISIC_\d{7}\.(?i:jpe?g)",
            r"ISIC2018_Task1_(?:Training|Validation|Test)_GroundTruth/ISIC_\d{7}(?i:_segmentation)?\.(?i:png)",
        ),
        configs=(Config(columns={f"mask_{name}": PICTURE for name in ATTRIBUTES}),),
        not_used=((r"ISIC2018_Task3_.+", "Task 3, another collection under another license"), (r".*(?:LICENSE|ATTRIBUTION)\.txt", "terms")),
    ),
    cases,
    signature=(r"ISIC2018_Task(?:1-2|[12])_(?:Training|Validation|Test)_(?:Input|GroundTruth(?:_v\d)?)/[^/]+",),
)
