"""VISCERAL Anatomy: CT and MR volumes of the trunk, with one binary mask for each of up to 20 structures."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.dataset.columns import FLAG, MASK_ORIGIN, PICTURE, TEXT, Label, ListOf, annotated
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import OneValue
from hf_medseg.masks.structures import structures
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw

# RadLex id -> structure, in the order of the class indices. The ids go up to 40358 and are not in this order.
STRUCTURES = {
    "58": "liver",
    "86": "spleen",
    "170": "pancreas",
    "187": "gallbladder",
    "237": "urinary_bladder",
    "480": "aorta",
    "1247": "trachea",
    "1302": "right_lung",
    "1326": "left_lung",
    "2473": "sternum",
    "7578": "thyroid_gland",
    "29193": "first_lumbar_vertebra",
    "29662": "right_kidney",
    "29663": "left_kidney",
    "30324": "right_adrenal_gland",
    "30325": "left_adrenal_gland",
    "32248": "right_psoas_major",
    "32249": "left_psoas_major",
    "40357": "right_rectus_abdominis",
    "40358": "left_rectus_abdominis",
}

CLASSES = tuple(STRUCTURES.values())

SEQUENCES = ("CT", "CTce", "MRT1", "MRT1cefs", "MRT2")

REGIONS = ("wb", "ThAb", "Ab")

GROUP = rf"(?:{'|'.join(SEQUENCES)})_(?:{'|'.join(REGIONS)})"

FOLDERS = rf"(?:[^/]*Anatomy[^/]*/)?(?:(?i:volumes|segmentations)/)?(?:{GROUP}/)?"

STEM = rf"(\d{{5,8}}_\d+_{GROUP})"

VOLUME = rf"{FOLDERS}{STEM}{NIFTI}"

GOLD = rf"{FOLDERS}{STEM}_(\d+)_(\d+){NIFTI}"

SILVER = rf"{FOLDERS}{STEM}_(\d+)_(?:\d+_)?(SIMPLE|GWV|MV){NIFTI}"

# The fusion method that is used where a structure has several: the iterative one first, plain majority last.
METHODS = ("SIMPLE", "GWV", "MV")


def cases(raw: Raw) -> Iterator[Case]:
    """One case a volume, with the masks whose names begin with its name."""
    volumes = raw.find(VOLUME)
    masks: dict[str, dict[str, tuple[str, str, RawFile]]] = {}
    gold = [(key, "gold", file) for key, file in raw.find(GOLD).items()]  # ascending annotators: the lowest comes first
    silver = sorted(((key, "silver", file) for key, file in raw.find(SILVER).items()), key=lambda one: METHODS.index(one[0][2]))
    for (stem, structure, by), corpus, file in (*gold, *silver):
        chosen = masks.setdefault(stem, {})
        if stem not in volumes:
            _skip(raw, file, "the mask of a volume that is not in the raw tree")
        elif structure not in STRUCTURES:
            _skip(raw, file, "the mask of a structure that the owner does not name")
        elif structure in chosen or any(kind != corpus for kind, _, _ in chosen.values()):
            _skip(raw, file, "a further mask of a structure: manual ones, and of these the lowest annotator's, are used")
        else:
            chosen[structure] = corpus, by, file
    for stem, volume in volumes.items():
        patient, number, sequence, region = stem.split("_")
        found = [(name, *masks[stem][structure]) for structure, name in STRUCTURES.items() if structure in masks.get(stem, {})]
        names = [name for name, _, _, _ in found]
        parts = {CLASSES.index(name) + 1: OneValue(NiftiVolume(file)) for name, _, _, file in found}
        taken_from = found[0][1] if found else None
        yield Case(
            stem,
            {
                "image": NiftiVolume(volume),
                **(structures(parts).columns() if parts else {"mask": None}),
            },
            {
                "annotated_classes": names,
                "mask_names": names or None,
                "annotator_codes": [by for _, _, by, _ in found] or None,
                "mask_origin": {"gold": "manual", "silver": "automatic", None: None}[taken_from],
                "corpus": taken_from,
                "modality": "CT" if sequence.startswith("CT") else "MR",
                "sequence": sequence,
                "body_region": region,
                "volume_number": number,
            },
            patient_id=patient,
        )


def _skip(raw: Raw, file: RawFile, reason: str) -> None:
    for one in (file, *file.twins):
        raw.skip(one, reason)


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(VOLUME,),
        configs=volume_configs(
            {
                "masks": ListOf(PICTURE),
                "mask_names": ListOf(TEXT),
                "annotated_classes": annotated(CLASSES),
                "annotator_codes": ListOf(TEXT),
                "mask_overlap": FLAG,
                "mask_origin": MASK_ORIGIN,
                "corpus": Label(("gold", "silver")),
                "modality": TEXT,
                "sequence": Label(SEQUENCES),
                "body_region": Label(REGIONS),
                "volume_number": TEXT,
            }
        ),
        not_used=(
            (rf"{STEM}_(?:landmarks|lesions)_\d+\.fcsv", "points, no mask"),
            (r"[^/]+\.fcsv", "points, no mask"),
            (rf"{STEM}_.+{NIFTI}", "no name of a gold or silver mask: a derived file"),
        ),
    ),
    cases,
    signature=(VOLUME, GOLD),
    ids=(STEM,),
)
