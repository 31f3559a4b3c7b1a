"""LGG segmentation (Buda): three MR sequences as the channels of a picture, a table of codes for each patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from hf_medseg.case import Case
from hf_medseg.columns import FLAG, FLOAT32, INT8, INT32, TEXT
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source, SurveyPlan
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Values
from hf_medseg.pixels.picture import Picture, equal_channels
from hf_medseg.raw.cells import age_in, whole_in
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tables import Keyed
from hf_medseg.raw.tree import Raw, union

TUMOUR = {0: 0, 255: 1}
SLICE = r"(TCGA_[A-Z]{2}_[0-9A-Z]{4}_\d{8})/\1_(\d+)"
PRE_IS_FLAIR, POST_IS_FLAIR = (0, 1), (1, 2)
# Column of data.csv -> our name. No code book comes with the data, so the codes stay codes.
CODES = {
    "RNASeqCluster": "rnaseq_cluster_code",
    "MethylationCluster": "methylation_cluster_code",
    "miRNACluster": "mirna_cluster_code",
    "CNCluster": "cn_cluster_code",
    "RPPACluster": "rppa_cluster_code",
    "OncosignCluster": "oncosign_cluster_code",
    "COCCluster": "coc_cluster_code",
    "histological_type": "histological_type_code",
    "neoplasm_histologic_grade": "neoplasm_histologic_grade_code",
    "tumor_tissue_site": "tumor_tissue_site_code",
    "laterality": "laterality_code",
    "tumor_location": "tumor_location_code",
    "gender": "gender_code",
    "race": "race_code",
    "ethnicity": "ethnicity_code",
    "death01": "death01_code",
}
AGE = "age_at_initial_pathologic"


def slices(raw: Raw) -> list[RawFile]:
    """The slices that a survey looks at: which of their channels are equal."""
    return list(raw.find(SLICE + r"\.(?i:tif)").values())


def cases(raw: Raw) -> Iterator[Case]:
    """One case a slice; a second copy of the tree is compared with the first."""
    pictures = raw.find(SLICE + r"\.(?i:tif)")
    masks = raw.find(SLICE + r"_mask\.(?i:tif)")
    table = raw.table(r"data\.csv", ("Patient", AGE, *CODES))
    keys = union(pictures, masks)
    counts = Counter(volume for volume, _ in keys)
    # A sequence is missing if its channel repeats FLAIR in every slice of the patient; single filled slices occur in complete cases.
    equal: dict[str, list[frozenset[tuple[int, int]]]] = {}
    for (volume, _), picture in pictures.items():
        if isinstance(seen := raw.survey.get(picture.listed), frozenset):
            equal.setdefault(volume, []).append(seen)
    people = {volume: "_".join(volume.split("_")[:3]) for volume in counts}
    patients = Keyed() if table is None else table.by("Patient", of=set(people.values()), each=True)
    facts = {patient: _facts(patients.get(patient, {})) for patient in people.values()}
    for volume, index in keys:
        stem, patient = f"{volume}_{index}", people[volume]
        yield Case(
            stem,
            {
                "image": Picture(pictures.need((volume, index), f"{volume}/{stem}.tif")),
                "mask": Values(Picture(masks.need((volume, index), f"{volume}/{stem}_mask.tif")), TUMOUR),
            },
            {
                "volume_id": volume,
                "slice_index": int(index) - 1,
                "num_slices": counts[volume],
                "pre_contrast_missing": all(PRE_IS_FLAIR in pairs for pairs in equal[volume]) if volume in equal else None,
                "post_contrast_missing": all(POST_IS_FLAIR in pairs for pairs in equal[volume]) if volume in equal else None,
                **facts[patient],
            },
            patient_id=patient,
            wrong=patients.conflicts.get(patient, ""),
        )


def _facts(row: Mapping[str, str]) -> dict[str, float | int | None]:
    return {"age": age_in(row, AGE), **{ours: whole_in(row, theirs) for theirs, ours in CODES.items()}}


SOURCE = Source(
    id="lgg-mri",
    title="LGG Segmentation Dataset (Buda et al.)",
    homepage="https://www.kaggle.com/datasets/mateuszbuda/lgg-mri-segmentation",
    modality=("MR",),
    anatomy=("brain",),
    task="lower-grade glioma segmentation",
    summary="3,929 MR slices of 110 patients of TCGA-LGG, FLAIR abnormality outlined; the channels are T1 before contrast, FLAIR, T1 after contrast.",
    access=Access(
        "request",
        ("Download mateuszbuda/lgg-mri-segmentation from Kaggle (lgg-mri-segmentation.zip or archive.zip, about 0.75 GB).",),
        (Download("mateuszbuda/lgg-mri-segmentation", client="kaggle", approximate=750_000_000),),
    ),
    layout=(
        "kaggle_3m/data.csv  kaggle_3m/TCGA_CS_4941_19960909/TCGA_CS_4941_19960909_1.tif  "
        "kaggle_3m/TCGA_CS_4941_19960909/TCGA_CS_4941_19960909_1_mask.tif  ... (110 folders)\n"
        "lgg-mri-segmentation/kaggle_3m/... (everything a second time)"
    ),
    splits="No official split: one split `train`. Split by `patient_id`.",
    quirks=(
        "The zip holds everything twice; the copies are compared and listed as duplicates.",
        "It is no colour picture: channel 0 is T1 before contrast, 1 is FLAIR, 2 is T1 after contrast.",
        "Missing sequences are filled with FLAIR: `pre_contrast_missing` and `post_contrast_missing` are true where a channel equals FLAIR "
        "in every slice of the patient (found: 6 and 10 patients; the owner's README says 9 cases without after-contrast and 6 without before-contrast).",
        "8 more patients have one or two single slices filled this way; they do not count as missing.",
        "65 % of the slices have empty masks; every patient has at least one slice with tumour.",
        "No code book ships with data.csv: columns ending in `_code` carry the published codes, untranslated. 18 patients lack RNASeqCluster, "
        "12 RPPACluster, 8 ethnicity, and TCGA_HT_A61B lacks everything.",
        "Slice numbers in the file names are not zero-padded; `slice_index` is that number less one.",
        "No spacing or orientation survives, so the volumes have no physical units.",
        "The slices are not skull-stripped: lower slices show eyes, nose and ears. No attempt may be made to identify anyone.",
        "The owner's README names 101 complete cases; 100 were counted.",
    ),
    changes=("Uncompressed TIFF slices are stored as PNG, TIFF masks as 8-bit label maps.",),
    editions=(
        Edition(
            license=License(
                "other",
                "unclear: the license field of the Kaggle page was not seen",
                "https://www.kaggle.com/datasets/mateuszbuda/lgg-mri-segmentation",
                "unknown",
                (
                    Evidence(
                        "a re-packaging carries cc-by-nc-sa-4.0",
                        "https://huggingface.co/datasets/Angelou0516/TCGA-LGG-Mask",
                        "medium",
                    ),
                    Evidence(
                        "another re-packaging says cc-by-4.0, without a source",
                        "https://huggingface.co/datasets/gymprathap/Brain-MRI-LGG-Segmentation",
                        "low",
                    ),
                    Evidence(
                        "the author's repository of code and weights, which links the data, is CC BY-NC-SA 4.0",
                        "https://github.com/mateuszbuda/brain-segmentation/blob/HEAD/LICENSE",
                        "high",
                    ),
                    Evidence(
                        "the head scans of TCGA-LGG that the slices come from are under controlled access today, because faces can be rebuilt",
                        "https://github.com/kirbyju/tcia_utils/blob/HEAD/MIGRATION.md",
                        "medium",
                    ),
                ),
                (
                    "Cite Buda et al. 2019 and Mazurowski et al. 2017; credit TCIA (collection TCGA-LGG) and TCGA (https://doi.org/10.1056/NEJMoa1402121).",
                    "Share alike and non-commercial, should the license prove to be CC BY-NC-SA 4.0.",
                    "No attempt may be made to identify participants.",
                    "Say what was changed.",
                ),
            ),
            citations=(
                r"""@article{buda2019association,
  title   = {Association of genomic subtypes of lower-grade gliomas with shape features automatically extracted by a deep learning algorithm},
  author  = {Buda, Mateusz and Saha, Ashirbani and Mazurowski, Maciej A.},
  journal = {Computers in Biology and Medicine},
  volume  = {109},
  year    = {2019},
  publisher = {Elsevier},
  doi     = {10.1016/j.compbiomed.2019.05.002}
}""",
                r"""@article{mazurowski2017radiogenomics,
  title   = {Radiogenomics of lower-grade glioma: algorithmically-assessed tumor shape is associated with tumor genomic subtypes and patient outcomes in a multi-institutional study with The Cancer Genome Atlas data},
  author  = {Mazurowski, Maciej A. and Clark, Kal and Czarnek, Nicholas M. and Shamsesfandabadi, Parisa and Peters, Katherine B. and Saha, Ashirbani},
  journal = {Journal of Neuro-Oncology},
  year    = {2017}
}""",
            ),
            classes=("tumor",),
            landmarks=(SLICE + r"\.(?i:tif)", SLICE + r"_mask\.(?i:tif)"),
            configs=(
                Config(
                    columns={
                        "volume_id": TEXT,
                        "slice_index": INT32,
                        "num_slices": INT32,
                        "pre_contrast_missing": FLAG,
                        "post_contrast_missing": FLAG,
                        "age": FLOAT32,
                        **dict.fromkeys(CODES.values(), INT8),
                    }
                ),
            ),
            not_used=((r"README\.md", "text"),),
            published=Published(
                {"train": 3929}, {"train": 3929}, {"train": 0.0103}, "counted on a complete public copy", sizes=((256, 256),)
            ),
        ),
    ),
    signature=(SLICE + r"_mask\.(?i:tif)",),
    cases=cases,
    image_mode="RGB",
    survey=SurveyPlan(slices, equal_channels),
)
