"""VISCERAL Anatomy: CT and MR volumes of the trunk, with one binary mask for each of up to 20 structures."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import FLAG, MASK_ORIGIN, PICTURE, TEXT, Label, ListOf, annotated
from hf_medseg.facts import Access, Download, Edition, Published, Source, volume_configs
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import MaskList, OneValue, Overlap, Painted
from hf_medseg.pixels.nifti import NiftiVolume
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
VOLUME = rf"{FOLDERS}{STEM}\.nii(?:\.gz)?"
GOLD = rf"{FOLDERS}{STEM}_(\d+)_(\d+)\.nii(?:\.gz)?"
SILVER = rf"{FOLDERS}{STEM}_(\d+)_(?:\d+_)?(SIMPLE|GWV|MV)\.nii(?:\.gz)?"
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
        parts = tuple(OneValue(NiftiVolume(file)) for _, _, _, file in found)
        classes = tuple(CLASSES.index(name) + 1 for name in names)
        taken_from = found[0][1] if found else None
        yield Case(
            stem,
            {
                "image": NiftiVolume(volume),
                "mask": Painted(parts, classes) if parts else None,
                "masks": MaskList(parts) if parts else None,
                "mask_overlap": Overlap(parts) if parts else None,
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


SOURCE = Source(
    id="visceral",
    title="VISCERAL Anatomy benchmarks (gold and silver corpus)",
    homepage="http://www.visceral.eu/",
    modality=("CT", "contrast-enhanced CT", "T1-weighted MRI", "contrast-enhanced fat-saturated T1-weighted MRI"),
    anatomy=("trunk",),
    task="segmentation of 20 structures, one binary mask each",
    summary="CT and MR volumes of the whole body, thorax and abdomen with masks of up to 20 organs, vessels, bones and muscles: drawn by radiologists (gold) or fused from participants' results (silver).",
    access=Access(
        "terms",
        (
            "The benchmarks are closed; volumes and masks were handed to participants who had signed the participation agreement "
            "(http://www.visceral.eu/). Whether new users are served is not known: ask the organisers.",
            "RAW is the folder with the volumes and the masks, in any folders: the file names say what belongs together.",
        ),
        (Download("http://www.visceral.eu/", client="manual"),),
    ),
    layout=(
        "Anatomy3-trainingset/Volumes/10000100_1_CTce_ThAb.nii.gz  (patient, volume, sequence, body region)\n"
        "Anatomy3-trainingset/Segmentations/10000100_1_CTce_ThAb_58_6.nii.gz  (the same, RadLex id of the structure, annotator)\n"
        "or volumes/CTce_ThAb/... and segmentations/CTce_ThAb/...; silver masks end in the fusion method instead: ..._58_MV.nii.gz"
    ),
    splits="No split in the files: one split `train`. Split by `patient_id`; papers train on the silver and test on the gold corpus (`corpus`).",
    quirks=(
        "The number of masks differs from volume to volume. A structure without a mask is not annotated, which does not mean absent: "
        "`annotated_classes` says what a volume was annotated for.",
        "Where masks overlap, `mask` shows the higher class; `masks` holds every structure by itself, `mask_overlap` says where they do.",
        "The last number of a mask's name is the annotator, not a version: `annotator_codes`, in the order of `mask_names`. For silver "
        "masks it is the fusion method (MV majority vote, GWV globally weighted vote, SIMPLE).",
        "`CTce` is contrast-enhanced CT of other people than `CT`: `sequence` keeps the owner's word, `modality` the DICOM code.",
        "Masks are binary; a mask with several values is somebody's derived file and rejects its volume.",
        "A structure drawn by several annotators has the mask of the lowest annotator number, in the silver corpus that of SIMPLE, else "
        "GWV, else MV; the other masks are listed as not used.",
        "Masks whose volume is missing, and masks of a structure that the owner does not name, are listed as not used.",
        "Landmarks and lesions are points (.fcsv) and have no column.",
        "Orientation differs between the groups: every volume is brought to LPS by its header; whole-body MR is cut along its coarse "
        "coronal axis (`plane`).",
        "Patient numbers are not consecutive; ids of five digits occur beside those of eight.",
    ),
    editions=(
        Edition(
            license=License(
                "other",
                "VISCERAL participation agreement",
                "http://www.visceral.eu/",
                "restricted",
                (
                    Evidence(
                        "data were given to registered participants under a signed agreement; releasing gold and silver corpora was an aim "
                        "of the project, not a grant",
                        "https://visceral.eu/closed-benchmarks/",
                        "medium",
                    ),
                    Evidence("no license text found", "http://www.visceral.eu/", "low"),
                ),
                ("Use the data as your participation agreement allows; do not pass them on.",),
            ),
            citations=(
                r"""@article{jimenezdeltoro2016visceral,
  title   = {Cloud-Based Evaluation of Anatomical Structure Segmentation and Landmark Detection Algorithms: {VISCERAL} Anatomy Benchmarks},
  author  = {Jimenez-del-Toro, Oscar and M{\"u}ller, Henning and Krenn, Markus and Gruenberg, Katharina and Taha, Abdel Aziz and Winterstein, Marianne and others},
  journal = {IEEE Transactions on Medical Imaging}, year = {2016}
}""",
                r"""@inproceedings{visceral2014isbi,
  title     = {Overview of the {VISCERAL} Challenge at {ISBI} 2014},
  author    = {Jim{\'e}nez del Toro, Oscar Alfonso and Goksel, Orcun and Menze, Bjoern and M{\"u}ller, Henning and Langs, Georg and others},
  booktitle = {Proceedings of the VISCERAL Challenge at ISBI}, year = {2014}
}""",
            ),
            classes=CLASSES,
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
                (rf"{STEM}_.+\.nii(?:\.gz)?", "no name of a gold or silver mask: a derived file"),
            ),
            published=Published(note="80 gold volumes in four groups of 20, with 1,295 masks of structures and 1,760 landmarks"),
        ),
    ),
    signature=(VOLUME, GOLD),
    cases=cases,
)
