"""TotalSegmentator MRI: a folder a scan, with a binary mask for each of 50 structures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, facts_of, source_of, volume_configs
from hf_medseg.dataset.columns import annotated
from hf_medseg.formats.nifti import NIFTI
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.totalsegmentator import OWN, image_of, scans

CLASSES = facts_of(__file__).classes

# Scans of v2 of which every mask is empty, as users report: nobody says whether they were looked at.
EMPTY = {
    f"s{number:04d}"
    for number in (
        *(26, 48, 57, 69, 77, 78, 84, 86, 91, 94, 97, 98, 101, 102, 109, 111, 116, 122, 134, 136, 140, 141, 150, 152, 165, 196, 330, 374),
        *(376, 405, 431, 438, 449, 454, 458, 461, 480, 482, 486, 507, 510, 513, 522, 523, 524, 548, 553, 580, 604, 605),
    )
}

# The folder in the archive of each version; the versions hold files of the same names.
FOLDERS = {"v2": r"TotalsegmentatorMRI_dataset_v2\d\d/", "v3": r"Totalsegmentator(?:MRI)?_dataset_v3\d\d/"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a scan."""
    for case in scans(raw, "mri", CLASSES):
        searched = [] if raw.edition == "v2" and case.image_id in EMPTY else list(CLASSES)
        yield replace(case, columns={**case.columns, "annotated_classes": searched})


SOURCE = source_of(
    __file__,
    {
        edition: Reading(
            landmarks=(image_of("mri"), rf"s\d{{4}}/segmentations/portal_vein_and_splenic_vein{NIFTI}", r"meta\.csv"),
            not_landmarks=(image_of("ct"), *(folder + image_of("mri") for other, folder in FOLDERS.items() if other != edition)),
            configs=volume_configs({**OWN, "annotated_classes": annotated(CLASSES)}),
        )
        for edition in FOLDERS
    },
    cases,
    signature=(image_of("mri"),),
    begins=(rf"(?:{'|'.join(FOLDERS.values())})?s\d{{4}}/(?:mri|segmentations/[^/]+){NIFTI}",),
)
