"""CirrMRI600+: cirrhotic livers in MRI, two sequences of mostly the same patients."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.dataset.columns import MASK_ORIGIN, Label
from hf_medseg.formats.nifti import NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

SPLITS = {"train": "train", "valid": "validation", "test": "test"}

FOLDER = r"Cirrhosis_(T1|T2)_3D/(train|valid|test)_"

FILE = r"/([^/]+)\.nii(?:\.gz)?"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a scan."""
    images, masks = (raw.find(rf"{FOLDER}{word}{FILE}") for word in ("images", "masks"))
    for key in union(images, masks):
        sequence, split, patient = key
        above = f"Cirrhosis_{sequence}_3D/{split}"
        image = images.need(key, f"{above}_images/{patient}.nii.gz")
        mask = masks.need(key, f"{above}_masks/{patient}.nii.gz")
        yield Case(
            f"{sequence}_{patient}",
            {"image": NiftiVolume(image), "mask": Values(NiftiVolume(mask), {0: 0, 1: 1})},
            {"sequence": sequence, "mask_origin": "corrected"},
            SPLITS[split],
            patient,
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{FOLDER}images{FILE}", rf"{FOLDER}masks{FILE}"),
        configs=volume_configs({"sequence": Label(("T1", "T2")), "mask_origin": MASK_ORIGIN}),
        not_used=(
            (r"T[12]_W_Healthy/.+", "a healthy subject"),
            (r"Cirrhosis_T2_2D/.+", "a slice of a volume"),
            (r"[^/]+_evaluation\.csv|Healthy_demographics\.csv", "facts of the patients; no column is made from it"),
            (r"LICENSE\.txt|labels\.txt", "text about the data"),
        ),
    ),
    cases,
    signature=(rf"{FOLDER}(?:images|masks){FILE}",),
    begins=(rf"{FOLDER}(?:images|masks){FILE}",),
)
