"""Brain MRI of multiple sclerosis: T1, T2 and FLAIR of 60 patients, lesions outlined in each by itself."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.dataset.columns import Label
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

PATIENT = r"Patient-(\d+)/\1-"

SEQUENCES = ("T1", "T2", "Flair")

SEQUENCE = rf"({'|'.join(SEQUENCES)})"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a sequence of a patient: the three lie on grids of their own."""
    images, masks = (raw.find(rf"{PATIENT}{word}{SEQUENCE}{NIFTI}") for word in ("", "LesionSeg-"))
    for key in union(images, masks):
        patient, sequence = key
        image = images.need(key, f"Patient-{patient}/{patient}-{sequence}.nii")
        mask = masks.need(key, f"Patient-{patient}/{patient}-LesionSeg-{sequence}.nii")
        yield Case(
            f"{patient}-{sequence}",
            {"image": NiftiVolume(image), "mask": Values(NiftiVolume(mask), {0: 0, 1: 1})},
            {"sequence": sequence.lower()},
            patient_id=patient,
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{PATIENT}{SEQUENCE}{NIFTI}", rf"{PATIENT}LesionSeg-{SEQUENCE}{NIFTI}"),
        configs=volume_configs({"sequence": Label(tuple(one.lower() for one in SEQUENCES))}),
        not_used=((r"[^/]+\.(?:xlsx?|csv)", "facts of the patients; no column is made from it"),),
    ),
    cases,
    signature=(rf"{PATIENT}LesionSeg-{SEQUENCE}{NIFTI}",),
    begins=(rf"{PATIENT}[^/]+",),
)
