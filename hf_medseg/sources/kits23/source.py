"""KiTS23: kidneys, tumors and cysts in CT, a folder a case."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

CASE = r"(case_\d{5})/"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a patient."""
    images, masks = (raw.find(rf"{CASE}{word}{NIFTI}") for word in ("imaging", "segmentation"))
    for name in union(images, masks):
        image = images.need(name, f"{name}/imaging.nii.gz")
        mask = masks.need(name, f"{name}/segmentation.nii.gz")
        yield Case(
            name,
            {"image": NiftiVolume(image), "mask": Values(NiftiVolume(mask), {value: value for value in range(4)})},
            patient_id=name,
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{CASE}segmentation{NIFTI}",),
        configs=volume_configs(),
        not_used=(
            (r"instances/(?:kidney|tumor|cyst)_instance-\d+_annotation-\d+\.nii(?:\.gz)?", "one annotator's outline of one object"),
            (r"kits\d*\.json", "facts of the patients; no column is made from it"),
        ),
    ),
    cases,
    signature=(r"case_\d{5}/(?:segmentation|imaging)\.nii(?:\.gz)?",),
    begins=(rf"{CASE}.+",),
)
