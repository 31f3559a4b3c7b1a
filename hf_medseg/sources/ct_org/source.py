"""CT-ORG: six organs in CT."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.formats.nifti import NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

LABELS = r"labels-(\d{1,3})\.nii(?:\.gz)?"

# Volumes 0 to 20 are the owners' test set.
LAST_TEST = 20


def cases(raw: Raw) -> Iterator[Case]:
    """One case a volume."""
    images, labels = raw.find(r"volume-(\d{1,3})\.nii(?:\.gz)?"), raw.find(LABELS)
    for number in union(images, labels):
        image = images.need(number, f"volume-{number}.nii.gz")
        label = labels.need(number, f"labels-{number}.nii.gz")
        yield Case(
            f"volume-{number}",
            {"image": NiftiVolume(image), "mask": Values(NiftiVolume(label), {value: value for value in range(7)})},
            split="test" if int(number) <= LAST_TEST else "train",
            patient_id=f"volume-{number}",
        )


SOURCE = source_of(
    __file__,
    Reading(landmarks=(r"volume-\d{1,3}\.nii(?:\.gz)?", LABELS), configs=volume_configs()),
    cases,
    signature=(LABELS,),
)
