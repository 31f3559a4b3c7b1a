"""COVID-QU-Ex: lungs and infection on chest radiographs, in two parts that are kept apart."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Recipe
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import PICTURE, Label
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Painted, Values
from hf_medseg.raw.tree import Raw, union

SPLITS = {"Train": "train", "Val": "validation", "Test": "test"}
GROUPS = ("COVID-19", "Non-COVID", "Normal")
PARTS = {"lungs": "Lung Segmentation Data", "infection": "Infection Segmentation Data"}
INSIDE = {0: 0, 255: 1}


def _files(part: str, folder: str) -> str:
    return rf"{part}/({'|'.join(SPLITS)})/({'|'.join(GROUPS)})/{folder}/([^/]+)\.(?i:png)"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a radiograph of the part that the config asks for."""
    part = PARTS[raw.config]
    pictures, lungs = raw.find(_files(part, "images")), raw.find(_files(part, "lung masks"))
    infections = raw.find(_files(part, "infection masks"))
    for key in union(pictures, lungs, infections):
        split, group, stem = key
        folder = f"{part}/{split}/{group}"
        image = Picture(pictures.need(key, f"{folder}/images/{stem}.png"))
        lung = Values(Picture(lungs.need(key, f"{folder}/lung masks/{stem}.png"), "L"), INSIDE)
        pixels: dict[str, Recipe | None] = {"image": image, "mask": Painted((lung,), (1,))}
        if raw.config == "infection":
            infection = Values(Picture(infections.need(key, f"{folder}/infection masks/{stem}.png"), "L"), INSIDE)
            pixels = {"image": image, "mask": Painted((lung, infection), (1, 2)), "mask_lung": lung, "mask_infection": infection}
        yield Case(f"{SPLITS[split]}_{group}_{stem}", pixels, {"label": group}, split=SPLITS[split])


LABEL = {"label": Label(GROUPS)}
SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(_files("(?:Lung|Infection) Segmentation Data", "images"), _files("(?:Lung|Infection) Segmentation Data", "lung masks")),
        configs=(
            Config("lungs", LABEL, classes=("lung",), description="The part for lungs: 33,920 radiographs."),
            Config(
                "infection",
                {"mask_lung": PICTURE, "mask_infection": PICTURE, **LABEL},
                classes=("lung", "infection"),
                description="The part for infection, with lungs.",
            ),
        ),
    ),
    cases,
    signature=(_files("(?:Lung|Infection) Segmentation Data", "(?:lung|infection) masks"),),
    image_mode="L",
)
