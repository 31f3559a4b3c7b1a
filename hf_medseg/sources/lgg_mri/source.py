"""LGG segmentation (Buda): three MR sequences as the channels of a picture, a table of codes for each patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, SurveyPlan, source_of
from hf_medseg.dataset.columns import FLAG, FLOAT32, INT8, INT32, TEXT
from hf_medseg.formats.picture import Picture
from hf_medseg.formats.pixels import equal_channels
from hf_medseg.masks.labels import Values
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
            problem=Problem.of(patients.conflicts.get(patient, "")),
        )


def _facts(row: Mapping[str, str]) -> dict[str, float | int | None]:
    return {"age": age_in(row, AGE), **{ours: whole_in(row, theirs) for theirs, ours in CODES.items()}}


SOURCE = source_of(
    __file__,
    Reading(
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
    ),
    cases,
    signature=(SLICE + r"_mask\.(?i:tif)",),
    ids=(r"TCGA_(?:CS|DU|EZ|FG|HT)_[0-9A-Z]{4}_(?:19|20)\d{6}",),
    image_mode="RGB",
    survey=SurveyPlan(slices, equal_channels),
)
