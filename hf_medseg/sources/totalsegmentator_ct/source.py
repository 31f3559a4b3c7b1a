"""TotalSegmentator CT: a folder a scan, with a binary mask for each of 117 structures."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, facts_of, source_of, volume_configs
from hf_medseg.dataset.columns import FLOAT32
from hf_medseg.formats.nifti import NIFTI
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.totalsegmentator import OWN, image_of, scans

CLASSES = {edition.name: edition.classes for edition in facts_of(__file__).editions}

# What only one of the versions has.
TOLD_BY = {"v2": "vertebrae_S1", "v3": "vertebrae_L6"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a scan."""
    return scans(raw, "ct", CLASSES[raw.edition], ("kvp",))


SOURCE = source_of(
    __file__,
    {
        edition: Reading(
            landmarks=(image_of("ct"), rf"s\d{{4}}/segmentations/{name}{NIFTI}", r"meta\.csv"),
            not_landmarks=(image_of("mri"),),
            configs=volume_configs({**OWN, "kvp": FLOAT32}),
        )
        for edition, name in TOLD_BY.items()
    },
    cases,
    signature=(rf"s\d{{4}}/segmentations/costal_cartilages{NIFTI}",),
    begins=(rf"s\d{{4}}/(?:ct|segmentations/[^/]+){NIFTI}",),
)
