"""CholecSeg8k: organs and tools in frames of laparoscopic cholecystectomies."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import INT32, TEXT
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

FRAME = r"(video\d{2})/(video\d{2}_\d{5})/frame_(\d+)_endo"
PICTURES, MASKS = rf"{FRAME}\.(?i:png)", rf"{FRAME}_watershed_mask\.(?i:png)"
# No class: the white frame around a picture, and single pixels of 0 that nobody explains.
NO_CLASS = (0, 255)
BACKGROUND = 50
# The owner's codes in the order of the classes.
CODES = {code: index for index, code in enumerate((11, 21, 13, 12, 31, 23, 24, 25, 32, 22, 33, 5), 1)}
VALUES = {BACKGROUND: 0, **dict.fromkeys(NO_CLASS, NOT_ANNOTATED), **CODES}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a frame."""
    pictures, masks = raw.find(PICTURES), raw.find(MASKS)
    for video, clip, frame in union(pictures, masks):
        key, stem = (video, clip, frame), f"{video}/{clip}/frame_{frame}_endo"
        yield Case(
            f"{clip}_frame_{frame}",
            {
                "image": Picture(pictures.need(key, f"{stem}.png")),
                "mask": Values(Picture(masks.need(key, f"{stem}_watershed_mask.png"), "L"), VALUES),
            },
            {"clip": clip, "frame": int(frame)},
            patient_id=video,
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(PICTURES, MASKS),
        configs=(Config(columns={"clip": TEXT, "frame": INT32}),),
        not_used=((rf"{FRAME}_(?:color_)?mask\.(?i:png)", "the same mask in the colours of a display or of the annotation tool"),),
        uncertain=True,
    ),
    cases,
    signature=(PICTURES, MASKS),
    ids=(r"video\d{2}_\d{5}_frame_\d+",),
    image_mode="RGB",
)
