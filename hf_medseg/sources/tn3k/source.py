"""TN3K: thyroid nodules in ultrasound, with five folds."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import INT32
from hf_medseg.errors import Refused
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Threshold
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tables import json_of
from hf_medseg.raw.tree import Raw, union

SPLITS = {"trainval": "train", "test": "test"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; numbers restart in the test folder, so ids begin with the owner's word for the split."""
    folds = _folds(raw)
    for folder, split in SPLITS.items():
        pictures = raw.find(rf"{folder}-image/(\d{{4}})\.(?i:jpe?g)")
        masks = raw.find(rf"{folder}-mask/(\d{{4}})\.(?i:jpe?g)")
        for number in union(pictures, masks):
            yield Case(
                f"{folder}_{number}",
                {
                    "image": Picture(pictures.need(number, f"{folder}-image/{number}.jpg")),
                    # JPEG left values up to 20 and from 235 on; the owner's own code keeps 255 alone, which makes nodules smaller.
                    "mask": Threshold(Picture(masks.need(number, f"{folder}-mask/{number}.jpg"), "L")),
                },
                {"fold": folds.get(int(number)) if split == "train" else None},
                split=split,
            )


def _folds(raw: Raw) -> dict[int, int]:
    """The fold in which a picture of `trainval` validates, by its number: places in the owner's sorted list of the files 0000 to 2878."""
    fold_of: dict[int, int] = {}
    for fold, file in raw.find(r"tn3k-trainval-fold([0-4])\.(?i:json)").items():
        raw.use(file)
        for place in _validating(file):
            if fold_of.setdefault(place, int(fold)) != int(fold):
                raise Refused(
                    f"{file.listed}: the picture {place:04} validates in fold {fold_of[place]} too. Fetch the owner's five lists."
                )
    return fold_of


def _validating(file: RawFile) -> list[int]:
    said = json_of(file)
    places = said.get("val") if isinstance(said, dict) else None
    if not isinstance(places, list) or not all(type(place) is int for place in places):
        raise Refused(f"{file.listed}: lists of numbers called `val` and `train` expected. Fetch the file again.")
    return places


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"(?:trainval|test)-image/\d{4}\.(?i:jpe?g)", r"(?:trainval|test)-mask/\d{4}\.(?i:jpe?g)"),
        configs=(Config(columns={"fold": INT32}),),
        not_used=(
            (r"label4(?:trainval|test)\.csv", "benign or malignant; its columns were never seen, so it is not read"),
            (r"tn3k-trainval\.(?i:json)", "the owner's first division; the five folds are read"),
            (r"(?:tg3k|DDTI)/.+", "another set that the archive holds, under terms of its own"),
        ),
    ),
    cases,
    signature=(r"(?:trainval|test)-mask/\d{4}\.(?i:jpe?g)", r"tn3k-trainval-fold[0-4]\.(?i:json)"),
)
