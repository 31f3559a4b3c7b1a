"""LungSegDB: CT slices and lung masks as TIFF, in a raw and a preprocessed form of two versions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import FLOAT64, Label
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import UpperHalf
from hf_medseg.pixels.picture import Picture
from hf_medseg.pixels.rawgrid import SignedPicture
from hf_medseg.raw.tree import Raw, union

ORIGIN = {"v1": "lidc_idri", "v2": "kaggle_chest_ct_cancer"}
SLICE = r"([^/]+)\.(?i:tiff?)"
PATIENT = re.compile(r"LIDC-IDRI-\d{4}")


def cases(raw: Raw) -> Iterator[Case]:
    """One case a slice of the config's form and version."""
    form, version = raw.config.split("_")
    folder = rf"(?i:{form}[ _]data/{version})/"
    slices = raw.find(rf"{folder}(?i:CT_Images)/{SLICE}")
    masks = raw.find(rf"{folder}(?i:CT_Masks)/{SLICE}")
    for stem in union(slices, masks):
        patient = PATIENT.match(stem)
        yield Case(
            stem,
            {
                "image": SignedPicture(slices.need(stem, f"{form} data/{version.upper()}/CT_Images/{stem}.TIF")),
                "mask": UpperHalf(Picture(masks.need(stem, f"{form} data/{version.upper()}/CT_Masks/{stem}.TIF"))),
            },
            {"version": version, "variant": form, "origin": ORIGIN[version]},
            patient_id=patient.group() if patient else None,
        )


CONFIGS = {
    "raw_v1": "Slices of LIDC-IDRI as they are.",
    "raw_v2": "Slices of a Kaggle chest CT set as they are.",
    "preprocessed_v1": "Slices of LIDC-IDRI, preprocessed by the authors.",
    "preprocessed_v2": "Slices of a Kaggle chest CT set, preprocessed by the authors.",
}

SOURCE = Source(
    id="lungsegdb",
    title="LungSegDB: Lung Segmentation Dataset",
    homepage="https://github.com/sadjadrz/Lung-segmentation-dataset",
    modality=("CT",),
    anatomy=("lung",),
    task="lung segmentation",
    summary="2,500 axial CT slices with lung masks: 1,800 of LIDC-IDRI (V1) and 700 of a Kaggle chest CT cancer set (V2), each raw and preprocessed.",
    access=Access(
        "request",
        (
            "Download the archive linked from https://github.com/sadjadrz/Lung-segmentation-dataset (Google Drive, no form).",
            "The dataset page names two forms, `raw data` and `preprocessed data`; either is enough.",
        ),
        (Download("1EjzpPq0GhpmlMoSUqnJIdukg_QQDJtgq", client="gdown", name="lungsegdb"),),
    ),
    layout="""raw data/V1/CT_Images/*.TIF           raw data/V1/CT_Masks/*.TIF
raw data/V2/...                       preprocessed data/V1/...  preprocessed data/V2/...
(underscores for blanks and any letter case are accepted; image and mask have the same stem)""",
    splits="No official split: one split `train`. Slices of one patient may be neighbours, and most stems name no patient: a random split leaks.",
    quirks=(
        "Every slice may occur twice, raw and preprocessed: never mix the configs of one version in training and test.",
        "What the preprocessing did is not published.",
        "A mask is foreground above half of its own highest value, as 1 and 255 both occur as white; both lungs are one class.",
        "`patient_id` is known only where a stem begins with a LIDC-IDRI id.",
        "Signed 16-bit slices are stored shifted by 32768; `rescale_intercept` tells (value = stored * slope + intercept).",
        "Who drew the masks, and how many annotators there were, is not published; experts are said to have reviewed them.",
        "File names, bit depth and sizes of the owner's files are not published: what a conversion finds stands in its report.",
    ),
    editions=(
        Edition(
            license=License(
                "unknown",
                "license of the images unknown",
                "https://github.com/sadjadrz/Lung-segmentation-dataset",
                "unknown",
                (
                    Evidence(
                        "LICENSE of the dataset repository is MIT; it can cover the masks, not the images, which come from third parties",
                        "https://github.com/sadjadrz/Lung-segmentation-dataset",
                        "medium",
                    ),
                    Evidence(
                        "names LIDC-IDRI as the origin of V1 and an unnamed Kaggle set as that of V2, whose license is unknown",
                        "https://github.com/sadjadrz/FusionLungNet",
                        "high",
                    ),
                ),
                ("For V1 also cite LIDC-IDRI (Armato et al. 2011): attribution is a condition of CC BY 3.0.",),
            ),
            citations=(
                r"""@article{rezvani2025fusionlungnet,
  title   = {{FusionLungNet}: Multi-scale Fusion Convolution with Refinement Network for Lung {CT} Image Segmentation},
  author  = {Rezvani, Sadjad and Fateh, Mansoor and Jalali, Yeganeh and Fateh, Amirreza},
  journal = {Biomedical Signal Processing and Control},
  year    = {2025},
  doi     = {10.1016/j.bspc.2025.107858},
  note    = {arXiv:2410.15812}
}""",
                r"""@article{armato2011lidc,
  title   = {The Lung Image Database Consortium ({LIDC}) and Image Database Resource Initiative ({IDRI}): a completed reference database of lung nodules on {CT} scans},
  author  = {Armato, Samuel G. and others},
  journal = {Medical Physics},
  volume  = {38}, number = {2}, pages = {915--931}, year = {2011},
  doi     = {10.1118/1.3528204}
}""",
            ),
            classes=("lung",),
            landmarks=(rf"(?i:(?:raw|preprocessed)[ _]data/V[12]/CT_Masks)/{SLICE}",),
            configs=tuple(
                Config(
                    name,
                    columns={
                        "version": Label(("v1", "v2")),
                        "variant": Label(("raw", "preprocessed")),
                        "origin": Label(tuple(ORIGIN.values())),
                        "rescale_slope": FLOAT64,
                        "rescale_intercept": FLOAT64,
                    },
                    description=description,
                )
                for name, description in CONFIGS.items()
            ),
            not_used=((rf"(?i:(?:raw|preprocessed)[ _]data/V[12]/CT_(?:Images|Masks))/{SLICE}", "belongs to another config"),),
            published=Published({"train": 1_800}, {"train": 1_800}, note="V1 in the paper (arXiv 2410.15812)"),
        ),
    ),
    signature=(rf"(?i:(?:raw|preprocessed)[ _]data/V[12]/CT_Masks)/{SLICE}",),
    cases=cases,
)
