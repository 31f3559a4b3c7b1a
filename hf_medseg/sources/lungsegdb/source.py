"""LungSegDB: CT slices and lung masks as TIFF, in a raw and a preprocessed form of two versions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import FLOAT64, Label
from hf_medseg.formats.picture import Picture
from hf_medseg.formats.raw_grid import SignedPicture
from hf_medseg.masks.labels import UpperHalf
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

SOURCE = source_of(
    __file__,
    Reading(
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
    ),
    cases,
    signature=(rf"(?i:(?:raw|preprocessed)[ _]data/V[12]/CT_Masks)/{SLICE}",),
)
