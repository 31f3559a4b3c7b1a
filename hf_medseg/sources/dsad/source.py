"""DSAD: frames of laparoscopic operations, a folder for each of eleven organs."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, facts_of, source_of
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

ORGANS = facts_of(__file__).classes
PICTURE, MASK = (rf"({'|'.join(ORGANS)})/(\d+)/{kind}(\d+)\.(?i:png)" for kind in ("image", "mask"))


def cases(raw: Raw) -> Iterator[Case]:
    """One case a frame of the config's organ; 0 is all that is not this organ."""
    pictures, masks = raw.find(PICTURE), raw.find(MASK)
    for key in union(pictures, masks):
        organ, patient, number = key
        if organ != raw.config:
            for found in (pictures, masks):
                if key in found:
                    raw.skip(found[key], f"belongs to the config {organ}")
            continue
        picture = Picture(pictures.need(key, f"{organ}/{patient}/image{number}.png"))
        mask = Picture(masks.need(key, f"{organ}/{patient}/mask{number}.png"), "L")
        yield Case(f"{organ}_{patient}_{number}", {"image": picture, "mask": Values(mask, {0: 0, 255: 1})}, patient_id=patient)


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(PICTURE, MASK),
        configs=tuple(Config(organ, classes=(organ,), description=f"{organ.replace('_', ' ').capitalize()}.") for organ in ORGANS),
        not_used=(
            (r"multilabel/.+", "several organs a frame, in a mask for each"),
            (r"[^/]+\.(?:csv|md|txt)", "a list or text beside the data"),
        ),
    ),
    cases,
    signature=(r"(?:abdominal_wall|inferior_mesenteric_artery|intestinal_veins|vesicular_glands)/\d{2}/mask\d+\.(?i:png)",),
)
