"""VerSe 2019 and 2020: vertebrae in CT, with their centroids, as restructured by subject."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, facts_of, source_of, volume_configs
from hf_medseg.dataset.columns import FLOAT64, Label, ListOf, Record
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union
from hf_medseg.sources.verse.centroids import Centroids

CLASSES = facts_of(__file__).classes

# 26 and 27, sacrum and coccyx, do not occur; 28 is a thirteenth thoracic vertebra.
LABELS = {**{value: value for value in range(26)}, 28: 26}

TREE = r"[^/]*(training|validation|test)/"

SUBJECT = r"(sub-[a-z]+\d{3})/"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a scan; a subject can have several."""
    images = raw.find(rf"{TREE}rawdata/{SUBJECT}(\2[^/]*)_ct{NIFTI}")
    masks = raw.find(rf"{TREE}derivatives/{SUBJECT}(\2[^/]*)_seg-vert_msk{NIFTI}")
    centroids = raw.find(rf"{TREE}derivatives/{SUBJECT}(\2[^/]*)_seg-subreg_ctd\.json")
    for key in union(images, masks):
        split, subject, name = key
        image = images.need(key, f"rawdata/{subject}/{name}_ct.nii.gz")
        mask = masks.need(key, f"derivatives/{subject}/{name}_seg-vert_msk.nii.gz")
        found = centroids.get(key)
        yield Case(
            name,
            {
                "image": NiftiVolume(image),
                "mask": Values(NiftiVolume(mask), LABELS),
                "centroids": None
                if found is None
                else Centroids(found, {value: CLASSES[index - 1] for value, index in LABELS.items() if index}),
            },
            split="train" if split == "training" else split,
            patient_id=subject,
        )


CENTROIDS = ListOf(Record({"label": Label(CLASSES), **dict.fromkeys(("x", "y", "z"), FLOAT64)}))

SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{TREE}derivatives/{SUBJECT}[^/]+_seg-vert_msk{NIFTI}",),
        configs=volume_configs({"centroids": CENTROIDS}),
        not_used=((r"[^/]+_snp\.png", "a preview"), (r"[^/]+_ct\.json", "what the scanner was; no column is made from it")),
    ),
    cases,
    signature=(r"(?:rawdata|derivatives)/sub-(?:verse|gl)\d{3}/[^/]+_(?:ct|seg-vert_msk)\.nii(?:\.gz)?",),
    ids=(r"sub_verse\d{3}", r"sub_gl\d{3}"),
    begins=(rf"{TREE}(?:rawdata|derivatives)/{SUBJECT}[^/]+",),
)
