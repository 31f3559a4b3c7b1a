"""TRUSTED: kidneys in 3D ultrasound and in CT, by two readers and by their consensus."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.dataset.columns import MASK_ORIGIN, PICTURE, Label
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import OneValue, Threshold
from hf_medseg.raw.tree import Raw, union

IMAGE = rf"(US|CT)_DATA/\1_images/[^/]+_img\1{NIFTI}"

CONSENSUS = rf"(US|CT)_DATA/\1_masks/GT_estimated_masks\1/[^/]+_mask\1{NIFTI}"

JOINT = {"US": "", "CT": "_"}
"""What stands between the name of a case and the number of its reader."""


def cases(raw: Raw) -> Iterator[Case]:
    """One case an image: of ultrasound, then of CT."""
    for kind, joint in JOINT.items():
        images = raw.find(rf"{kind}_DATA/{kind}_images/([^/]+)_img{kind}{NIFTI}")
        masks = f"{kind}_DATA/{kind}_masks/"
        consensus = raw.find(rf"{masks}GT_estimated_masks{kind}/([^/]+)_mask{kind}{NIFTI}")
        readers = [raw.find(rf"{masks}Annotator{reader}/([^/]+){joint}{reader}_mask{kind}{NIFTI}") for reader in (1, 2)]
        for name in union(images, consensus, *readers):
            image = images.need(name, f"{kind}_DATA/{kind}_images/{name}_img{kind}.nii.gz")
            mask = consensus.need(name, f"{masks}GT_estimated_masks{kind}/{name}_mask{kind}.nii.gz")
            drawn = [None if name not in reader else OneValue(NiftiVolume(reader[name])) for reader in readers]
            number = re.match(r"\d+", name)
            yield Case(
                f"{name}_{kind}",
                {
                    "image": NiftiVolume(image),
                    "mask": Threshold(NiftiVolume(mask), above=0.5),
                    "mask_2": drawn[0],
                    "mask_3": drawn[1],
                },
                {"modality": kind, "mask_origin": "derived"},
                patient_id=number[0] if number else name,
                problem=Problem.of("" if number else f"{name} does not begin with the number of a patient."),
            )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(IMAGE, CONSENSUS),
        configs=volume_configs({"mask_2": PICTURE, "mask_3": PICTURE, "mask_origin": MASK_ORIGIN, "modality": Label(("US", "CT"))}),
    ),
    cases,
    signature=(CONSENSUS,),
    begins=(IMAGE, CONSENSUS),
)
