"""Medical Segmentation Decathlon: ten tasks of CT and MRI, an edition each."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, facts_of, source_of, volume_configs
from hf_medseg.dataset.columns import FLOAT64, PICTURE, Column
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw, union

# edition -> (folder, what a case is called)
TASKS = {
    "brain-tumour": ("Task01_BrainTumour", r"BRATS_\d{3}"),
    "heart": ("Task02_Heart", r"la_\d{3}"),
    "liver": ("Task03_Liver", r"liver_\d{1,3}"),
    "hippocampus": ("Task04_Hippocampus", r"hippocampus_\d{3}"),
    "prostate": ("Task05_Prostate", r"prostate_\d{2}"),
    "lung": ("Task06_Lung", r"lung_\d{3}"),
    "pancreas": ("Task07_Pancreas", r"pancreas_\d{3}"),
    "hepatic-vessel": ("Task08_HepaticVessel", r"hepaticvessel_\d{3}"),
    "spleen": ("Task09_Spleen", r"spleen_\d{1,2}"),
    "colon": ("Task10_Colon", r"colon_\d{3}"),
}

# What the channels of a file are called, in their order.
CHANNELS = {"brain-tumour": ("image", "image_t1", "image_t1gd", "image_t2"), "prostate": ("image", "image_adc")}

CLASSES = {edition.name: edition.classes for edition in facts_of(__file__).editions}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a volume: with its mask in training, without in test."""
    _, name = TASKS[raw.edition]
    images, labels, held = (raw.find(rf"{folder}/({name}){NIFTI}") for folder in ("imagesTr", "labelsTr", "imagesTs"))
    values = {value: value for value in range(len(CLASSES[raw.edition]) + 1)}
    columns = CHANNELS.get(raw.edition, ("image",))
    for case in union(images, labels):
        image, label = (found.need(case, f"{folder}/{case}.nii.gz") for found, folder in ((images, "imagesTr"), (labels, "labelsTr")))
        yield Case(case, {**_channels(image, columns), "mask": Values(NiftiVolume(label), values)}, patient_id=case)
    for case, image in held.items():
        yield Case(case, {**_channels(image, columns), "mask": None}, split="test", patient_id=case)


def _channels(image: RawFile, columns: tuple[str, ...]) -> dict[str, NiftiVolume]:
    """How the columns that a file's channels make are read."""
    if len(columns) == 1:
        return {columns[0]: NiftiVolume(image)}
    return {column: NiftiVolume(image, channel=(number, len(columns))) for number, column in enumerate(columns)}


def _reading(edition: str) -> Reading:
    """How one task is told."""
    more = [column.removeprefix("image_") for column in CHANNELS.get(edition, ())[1:]]
    own: dict[str, Column] = {
        **{f"image_{name}": PICTURE for name in more},
        **{f"rescale_{what}_{name}": FLOAT64 for name in more for what in ("slope", "intercept")},
    }
    return Reading(
        landmarks=(rf"imagesTr/{TASKS[edition][1]}{NIFTI}",),
        configs=volume_configs(own),
        not_used=((r"dataset\.json", "its facts stand on the card"),),
    )


SOURCE = source_of(
    __file__,
    {edition: _reading(edition) for edition in TASKS},
    cases,
    signature=tuple(rf"{folder}/(?:images|labels)T[rs]/{name}{NIFTI}" for folder, name in TASKS.values()),
    ids=(r"BRATS_\d{3}", r"hepaticvessel_\d{3}"),
)
