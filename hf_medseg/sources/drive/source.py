"""DRIVE: retinal vessels, a field of view for every picture, two observers where the test set has any."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import PICTURE
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Colours, Values
from hf_medseg.raw.tree import Raw, union

WHITE = {0: 0, 255: 1}

# The second observer's files have a palette of their own; re-saved ones are black and white.
PALETTE = {(4, 2, 4): 0, (252, 254, 252): 1, (0, 0, 0): 0, (255, 255, 255): 1}

NUMBERS = {"train": range(21, 41), "test": range(1, 21)}

FOLDER = r"(train|test)(?:ing)?/"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a photograph; the split is the folder."""
    photographs = raw.find(FOLDER + r"images/(\d{2})_(?:training|test)\.(?i:tif)")
    first = raw.find(FOLDER + r"1st_manual/(\d{2})_manual1\.(?i:gif)")
    second = raw.find(FOLDER + r"2nd_manual/(\d{2})_manual2\.(?i:gif)")
    views = raw.find(FOLDER + r"mask/(\d{2})_(?:training|test)_mask\.(?i:gif)")
    # Today's test set comes without manuals: none at all means not annotated, some mean that one is missing.
    has_first = {"train"} | {split for split, _ in first}
    has_second = {split for split, _ in second}
    for key in union(photographs, first, second, views):
        split, number = key
        stem = f"{number}_{'training' if split == 'train' else 'test'}"
        folder = next(found[key] for found in (photographs, first, second, views) if key in found).path.partition("/")[0]
        photograph = photographs.need(key, f"{folder}/images/{stem}.tif")
        yield Case(
            stem,
            {
                "image": Picture(photograph),
                "mask": Values(Picture(first.need(key, f"{folder}/1st_manual/{number}_manual1.gif")), WHITE)
                if split in has_first
                else None,
                "mask_2": Colours(Picture(second.need(key, f"{folder}/2nd_manual/{number}_manual2.gif")), PALETTE)
                if split in has_second
                else None,
                "fov_mask": Values(Picture(views.need(key, f"{folder}/mask/{stem}_mask.gif")), WHITE),
            },
            split=split,
            patient_id=number,
            problem=Problem.of(
                "" if int(number) in NUMBERS[split] else f"DRIVE has the numbers 21-40 for training and 01-20 for testing, not {number}."
            ),
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(
            r"(?:train|test)(?:ing)?/images/\d{2}_(?:training|test)\.(?i:tif)",
            r"(?:train|test)(?:ing)?/mask/\d{2}_(?:training|test)_mask\.(?i:gif)",
        ),
        configs=(Config(columns={"mask_2": PICTURE, "fov_mask": PICTURE}),),
        not_used=((r"(?:1st_manual|2nd_manual|mask|images)/[^/]+", "its name is none of the owner's, such as 21_manual1.gif"),),
    ),
    cases,
    signature=(r"\d{2}_(?:training|test)_mask\.(?i:gif)", r"[12]\w{2}_manual/\d{2}_manual[12]\.(?i:gif)"),
    # Of files, not of folders: a fold of somebody's own may be called so.
    ids=(r"(?:(?:2[1-9]|3\d|40)_training|(?:0[1-9]|1\d|20)_test|(?:0[1-9]|[1-3]\d|40)_manual[12])(?![^\n]*/)",),
    image_mode="RGB",
)
