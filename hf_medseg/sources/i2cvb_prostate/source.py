"""I2CVB prostate: T2-weighted MRI of two scanners with gland, zones and cancer; and Site C of the SAML re-host, gland only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from hf_medseg.case import Case
from hf_medseg.catalog.about import About
from hf_medseg.catalog.source import Reading, SurveyPlan, facts_of, source_of, volume_configs
from hf_medseg.dataset.columns import FLAG, PICTURE, Column, Label
from hf_medseg.errors import Refused
from hf_medseg.formats.dicom import DicomSeries
from hf_medseg.formats.dicom_header import HEAD, look_unnamed
from hf_medseg.formats.dicom_series import files, images, unreadable
from hf_medseg.formats.nifti import NiftiVolume
from hf_medseg.masks.dicom_stacks import IsTurned, Order, Placed, Turned
from hf_medseg.masks.labels import Painted, Threshold
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.order import natural
from hf_medseg.raw.tree import Raw, union

STRUCTURES = facts_of(__file__).classes

SCANNERS = {"GE": "ge_1_5t", "Siemens": "siemens_3t"}

PATIENT = r"(?:GE|Siemens)/Patient[ _]\d+"

# scanner, patient, sequence or structure
PLACE = re.compile(r"(?:\A|/)(GE|Siemens)/Patient[ _](\d+)/((?:GT/)?[^/]+)/.")

NOT_THE_TABLE = {
    "DCE": "a dynamic series on a grid of its own",
    "DWI": "a diffusion series on a grid of its own",
    "ADC": "a diffusion map on a grid of its own",
    "MRSI": "spectra, no image",
    "GT_inv": "somebody's copy of the ground truth, turned round",
}

# The lists on the owners' site: https://github.com/I2Cvb/I2Cvb.github.io/tree/master/datasets
CANCER = {
    "none": "384 531 70168 185708 428260 779031",
    "pz": "383 416 430 634 737 778 782 784 799 804 996 1036 1041 33540 59355 72679 144531 183699 203662 228550 616760 1304875 "
    "1374223 1786687 2201807 2213046 2950797 3053998",
    "cg": "387 513 870",
    "pz_and_cg": "410 836 136144 1527375 2107294",
}

WHERE = {patient: zone for zone, patients in CANCER.items() for patient in patients.split()}

SLICE_MISSING = {"428260": "one slice of its ground truth is missing: the mask of that slice is null"}

SAML_IMAGE = r"I2CVB/(Case\d+)\.nii(?:\.gz)?"

SAML_MASK = r"I2CVB/(Case\d+)_(?i:segmentation)\.nii(?:\.gz)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutFile(About):
    """What the user has looked up."""

    gt_order: Order = ""


def cases(raw: Raw) -> Iterator[Case]:
    """One case a patient: the T2-weighted series, with the ground truth that there is."""
    about = AboutFile.of(raw.about)
    order = about.gt_order
    if raw.edition == "saml":
        if order:
            raise Refused(f"{about.path}: gt_order is for the original DICOM files; the masks of SAML lie on their images already.")
        yield from _saml(raw)
        return
    found: dict[tuple[str, str], dict[str, list[RawFile]]] = {}
    instances = [(one.file, one.origin) for series in images(raw).values() for one in series.instances]
    for file, origin in (*instances, *((file, file.listed) for file in unreadable(raw))):
        place = PLACE.search(origin)
        if place is None:
            raw.skip(file, "in no patient's folder")
        elif place[3] == "T2W" or place[3].removeprefix("GT/") in STRUCTURES:
            found.setdefault((place[1], place[2]), {}).setdefault(place[3].removeprefix("GT/"), []).append(file)
        else:
            raw.skip(file, NOT_THE_TABLE.get(place[3], "no part of this table"))
    for vendor, number in sorted(found, key=lambda one: natural(one[1])):
        series = found[vendor, number]
        folder = f"{vendor}/Patient {number}"
        slices = series.get("T2W") or [RawFile(f"{folder}/T2W", 0, None)]
        image = DicomSeries(tuple(slices))
        sparse = number in SLICE_MISSING
        if sparse and any(len(series[name]) < len(slices) for name in STRUCTURES if name in series):
            raw.note(f"{folder}/GT", SLICE_MISSING[number])
        placed = {name: Placed(tuple(series[name]), image, sparse) for name in STRUCTURES if name in series}
        outline = Painted(tuple(placed.values()))
        masks = {name: Turned(part, outline, image, order) for name, part in placed.items()}
        pixels: dict[str, Any] = {"image": image}
        if masks:
            pixels["mask"] = Painted(tuple(masks.values()), tuple(STRUCTURES.index(name) + 1 for name in masks))
            pixels["gt_flipped"] = IsTurned(outline, image, order)
        yield Case(
            number,
            {**pixels, **{f"mask_{name}": part for name, part in masks.items()}},
            {"scanner": SCANNERS[vendor], "cancer_zone": WHERE.get(number)},
            patient_id=number,
        )


def _saml(raw: Raw) -> Iterator[Case]:
    pictures, masks = raw.find(SAML_IMAGE), raw.find(SAML_MASK)
    for case in union(pictures, masks):
        image = NiftiVolume(pictures.need(case, f"I2CVB/{case}.nii.gz"))
        mask = Threshold(NiftiVolume(masks.need(case, f"I2CVB/{case}_segmentation.nii.gz")), above=0)
        yield Case(case, {"image": image, "mask": mask, "mask_prostate": mask}, patient_id=case)


GLAND: dict[str, Column] = {"mask_prostate": PICTURE}

SOURCE = source_of(
    __file__,
    {
        "original": Reading(
            landmarks=(rf"{PATIENT}/(?:T2W|GT/(?:{'|'.join(STRUCTURES)}))/[^/]+",),
            configs=volume_configs(
                {
                    **{f"mask_{name}": PICTURE for name in STRUCTURES},
                    "scanner": Label(tuple(SCANNERS.values())),
                    "cancer_zone": Label(tuple(CANCER)),
                    "gt_flipped": FLAG,
                }
            ),
            not_used=((r".*\.(?i:rda)", NOT_THE_TABLE["MRSI"]),),
            uncertain=True,
        ),
        "saml": Reading(
            landmarks=(SAML_IMAGE,),
            configs=volume_configs(GLAND),
            not_used=(
                (
                    r"(?:RUNMC|BMC|UCL|BIDMC|HK|ISBI(?:_1\.5)?)/[^/]+\.nii(?:\.gz)?",
                    "another site of the re-host, which is another data set",
                ),
            ),
        ),
    },
    cases,
    about_file=AboutFile,
    signature=(rf"{PATIENT}/(?:T2W|GT/(?:{'|'.join(STRUCTURES)}))/[^/]+", SAML_IMAGE),
    ids=(r"I2CVB_(?:Patient|Case)_\d+",),
    survey=SurveyPlan(files, look_unnamed, HEAD),
)
