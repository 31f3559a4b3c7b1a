"""FAR-POLYP-SEG: polyps in frames of colonoscopies, and frames without any."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import FLAG
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Painted, Threshold
from hf_medseg.raw.tree import Raw, union

PATIENT, FILE = r"(Patient[^/]*)", r"([^/]+)\.(?i:jpe?g)"
POLYPS, MASKS, NORMAL = rf"{PATIENT}/Polyp/{FILE}", rf"{PATIENT}/BinaryMask/{FILE}", rf"{PATIENT}/(?i:normal)[^/]*/{FILE}"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a frame; a normal one has an empty mask."""
    polyps, masks = raw.find(POLYPS), raw.find(MASKS)
    for patient, stem in union(polyps, masks):
        key = (patient, stem)
        yield Case(
            f"{patient}_Polyp_{stem}",
            {
                "image": Picture(polyps.need(key, f"{patient}/Polyp/{stem}.jpg")),
                "mask": Threshold(Picture(masks.need(key, f"{patient}/BinaryMask/{stem}.jpg"))),
            },
            {"has_polyp": True},
            patient_id=patient,
        )
    for (patient, stem), file in raw.find(NORMAL).items():
        yield Case(f"{patient}_Normal_{stem}", {"image": Picture(file), "mask": Painted(())}, {"has_polyp": False}, patient_id=patient)


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(POLYPS, MASKS),
        configs=(Config(columns={"has_polyp": FLAG}),),
        not_used=((rf"{PATIENT}/.+", "a folder whose meaning was never seen; frames without polyps are read from folders called Normal"),),
    ),
    cases,
    signature=(MASKS,),
    image_mode="RGB",
)
