"""I2CVB prostate: T2-weighted MRI of two scanners with gland, zones and cancer; and Site C of the SAML re-host, gland only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from hf_medseg.about import About
from hf_medseg.case import Case
from hf_medseg.columns import FLAG, PICTURE, Column, Label
from hf_medseg.errors import Refused
from hf_medseg.facts import Access, Download, Edition, Published, Source, SurveyPlan, volume_configs
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.dicom import DicomSeries
from hf_medseg.pixels.dicom_headers import HEAD, files, images, look, unreadable
from hf_medseg.pixels.dicom_masks import IsTurned, Order, Placed, Turned
from hf_medseg.pixels.masks import Painted, Threshold
from hf_medseg.pixels.nifti import NiftiVolume
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw, natural, union

STRUCTURES = ("prostate", "pz", "cg", "cap")
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


def cases(raw: Raw) -> Iterator[Case]:
    """One case a patient: the T2-weighted series, with the ground truth that there is."""
    order = _order(raw.about)
    if raw.edition == "saml":
        if order:
            raise Refused(f"{raw.about.path}: gt_order is for the original DICOM files; the masks of SAML lie on their images already.")
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


def _order(about: About) -> Order:
    """In which order the ground truth of this copy runs, empty where the user does not say.

    Raises:
        Refused: the about file says something else.
    """
    said = about.values.get("gt_order", "")
    if said not in ("", "stored", "reversed"):
        raise Refused(f'{about.path}: gt_order must be "stored" (as the headers of the ground truth place it) or "reversed".')
    return "stored" if said == "stored" else "reversed" if said == "reversed" else ""


def _saml(raw: Raw) -> Iterator[Case]:
    pictures, masks = raw.find(SAML_IMAGE), raw.find(SAML_MASK)
    for case in union(pictures, masks):
        image = NiftiVolume(pictures.need(case, f"I2CVB/{case}.nii.gz"))
        mask = Threshold(NiftiVolume(masks.need(case, f"I2CVB/{case}_segmentation.nii.gz")), above=0)
        yield Case(case, {"image": image, "mask": mask, "mask_prostate": mask}, patient_id=case)


TERMS = License(
    "unknown",
    "license unknown",
    "https://zenodo.org/record/162231",
    "unknown",
    (
        Evidence(
            "the site calls the data open, links to Zenodo and states no license; the record's own license field was not read",
            "https://i2cvb.github.io/",
            "low",
        ),
    ),
    ("Cite Lemaitre et al. 2015 and the Zenodo record.",),
)
SAML_TERMS = License(
    "unknown",
    "license unknown",
    "https://liuquande.github.io/SAML/",
    "unknown",
    (
        Evidence(
            "the page offers the files and states no license; labels on further copies are not the owners'",
            "https://liuquande.github.io/SAML/",
            "low",
        ),
    ),
    ("Cite Liu et al. 2020 and Lemaitre et al. 2015.",),
)
LEMAITRE = r"""@article{lemaitre2015cad,
  title   = {Computer-Aided Detection and diagnosis for prostate cancer based on mono and multi-parametric MRI: A review},
  author  = {Lema{\^i}tre, Guillaume and Mart{\'i}, Robert and Freixenet, Jordi and Vilanova, Joan C. and Walker, Paul M. and Meriaudeau, Fabrice},
  journal = {Computers in Biology and Medicine}, volume = {60}, pages = {8--31}, year = {2015},
  doi     = {10.1016/j.compbiomed.2015.02.009}
}"""
RECORD = r"""@misc{i2cvb_prostate,
  title     = {I2CVB prostate: multi-parametric MRI (Zenodo record 162231)},
  publisher = {Zenodo}, year = {2016}, doi = {10.5281/zenodo.162231}
}"""
LIU_2020 = r"""@inproceedings{liu2020shape,
  title     = {Shape-aware Meta-learning for Generalizing Prostate MRI Segmentation to Unseen Domains},
  author    = {Liu, Quande and Dou, Qi and Heng, Pheng-Ann},
  booktitle = {MICCAI}, year = {2020}
}"""
LIU_2021 = r"""@inproceedings{liu2021feddg,
  title     = {FedDG: Federated Domain Generalization on Medical Image Segmentation via Episodic Learning in Continuous Frequency Space},
  author    = {Liu, Quande and Chen, Cheng and Qin, Jing and Dou, Qi and Heng, Pheng-Ann},
  booktitle = {CVPR}, pages = {1013--1023}, year = {2021}
}"""
GLAND: dict[str, Column] = {"mask_prostate": PICTURE}

SOURCE = Source(
    id="i2cvb-prostate",
    title="I2CVB prostate: multi-parametric MRI, GE 1.5 T and Siemens 3 T",
    homepage="https://i2cvb.github.io/",
    modality=("T2-weighted MRI",),
    anatomy=("prostate",),
    task="segmentation of the prostate, its peripheral zone and central gland, and cancer (overlapping)",
    summary="T2-weighted MRI of about 40 patients of two scanners, with gland, peripheral zone, central gland and cancer drawn by one radiologist; or the 19 cases of Site C in the SAML multi-site set, gland only.",
    access=Access(
        "request",
        (
            "original: fetch all files of Zenodo record 162231, then join and unpack them: "
            "cat ge-1-5t* | tar -xzf -  and  cat siemens-3t* | tar -xzf -",
            "saml: fetch Processed_data_nii.zip from https://liuquande.github.io/SAML/ (its other sites are other data sets and are not used).",
        ),
        (
            Download("doi:10.5281/zenodo.162231", client="doi", edition="original", then="join"),
            Download("1TtrjnlnJ1yqr5m4LUGMelKTQXtvZaru-", client="gdown", name="Processed_data_nii.zip", edition="saml"),
        ),
    ),
    layout=(
        "original: Siemens/Patient 383/T2W/*  Siemens/Patient 383/GT/{prostate,pz,cg,cap}/*  GE/Patient 33540/...  (DICOM; DCE, DWI, ADC "
        "and MRSI lie beside)\n"
        "saml: I2CVB/Case00.nii.gz  I2CVB/Case00_segmentation.nii.gz"
    ),
    splits="No official split: one split `train`, one volume a patient.",
    quirks=(
        "The structures overlap: the gland holds both zones, cancer lies inside. `mask` shows the highest class (cancer, central gland, "
        "peripheral zone, rest of the gland); `mask_prostate`, `mask_pz`, `mask_cg` and `mask_cap` hold each by itself, null where the "
        "owners give none: a patient without cancer has no `mask_cap`.",
        "Ground truth is put on the slices of the image by its own positions. The authors' scripts turn it round along the slices before "
        "use, others do not. Where its outline lies on clear and stronger edges of the image (1.1 times) in one order than in the other, that order "
        "is taken for all structures of the patient, and `gt_flipped` says whether it was turned. On most anatomy both orders fit alike: then "
        "nothing tells, the order stays that of its headers, and `gt_flipped` is null: such masks may be mirrored along the slices. Look at some "
        'of them and decide: an about file with gt_order = "stored" or gt_order = "reversed" settles it for all patients.',
        "Ground truth is binary, in any value: everything but 0 is the structure.",
        "Patient 737 (Siemens) has no ground truth: its masks are null. Patient 428260 (GE) lacks one slice of it: null in `slices`, 255 in `volumes`.",
        "`cancer_zone` comes from the owners' lists, which name 20 Siemens and 22 GE patients; 19 and 21 folders were released.",
        "DCE, DWI, ADC and MRSI have grids of their own and are not in this table; several DCE time points share a folder, one series each.",
        "Siemens slices are oblique axial planes: `image_orientation`.",
        "saml: images and masks were cropped and resized by the authors of the re-host; values above 1 in a mask mean gland too. Masks are "
        "named `_segmentation` at some sites and `_Segmentation` at others; a copy that mistakes masks for images is public.",
    ),
    editions=(
        Edition(
            name="original",
            license=TERMS,
            citations=(LEMAITRE, RECORD),
            classes=STRUCTURES,
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
            published=Published(note="19 Siemens and 21 GE folders; ground truth of 19 of 20 Siemens patients and of all GE patients"),
            uncertain=True,
        ),
        Edition(
            name="saml",
            license=SAML_TERMS,
            citations=(LIU_2020, LIU_2021, LEMAITRE),
            classes=STRUCTURES[:1],
            landmarks=(SAML_IMAGE,),
            configs=volume_configs(GLAND),
            not_used=(
                (
                    r"(?:RUNMC|BMC|UCL|BIDMC|HK|ISBI(?:_1\.5)?)/[^/]+\.nii(?:\.gz)?",
                    "another site of the re-host, which is another data set",
                ),
            ),
            published=Published(note="19 cases", volumes={"train": 19}),
        ),
    ),
    signature=(rf"{PATIENT}/(?:T2W|GT/(?:{'|'.join(STRUCTURES)}))/[^/]+", SAML_IMAGE),
    aliases=("i2cvb",),
    survey=SurveyPlan(files, look, HEAD),
    about_keys={
        "gt_order": "how the slices of the ground truth run, where you have looked: stored (as its headers place them) or reversed"
    },
    cases=cases,
)
