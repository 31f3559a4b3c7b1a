"""BraTS: four MRI sequences of adult glioma and three tumour regions, by year of the challenge."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Reading, facts_of, source_of, volume_configs
from hf_medseg.dataset.columns import FLOAT32, FLOAT64, INT32, PICTURE, TEXT, Column, Label
from hf_medseg.errors import Refused
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.cells import age_in, known
from hf_medseg.raw.tables import Record, Table
from hf_medseg.raw.tree import Raw, union

CLASSES = facts_of(__file__).classes

# The enhancing tumour is 4 in all editions but 2023; 3 meant something else before 2017, and 4 means something else after 2023.
LABELS = {0: 0, 1: 1, 2: 2, 4: 3}

LABELS_2023 = {0: 0, 1: 1, 2: 2, 3: 3}

SEQUENCES = {"image": "flair|t2f", "image_t1": "t1|t1n", "image_t1ce": "t1ce|t1gd|t1c", "image_t2": "t2|t2w"}

PARTS = {**SEQUENCES, "mask": "seg"}

NAMES = {
    "2017": r"Brats17_[A-Za-z0-9]+_[A-Za-z0-9]+_\d+",
    "2018": r"Brats18_[A-Za-z0-9]+_[A-Za-z0-9]+_\d+",
    "2019": r"BraTS19_[A-Za-z0-9]+_[A-Za-z0-9]+_\d+",
    "2020": r"BraTS20_(?:Training|Validation)_\d{3}",
    "2021": r"BraTS2021_\d{5}",
    "2021-tcia": r"BraTS2021_\d{5}",
    "2023": r"BraTS-GLI-\d{5}-0\d{2}",  # time points from 100 on are those of 2024, in another space and with a fourth class
}

CROSSWALK = r"BraTS2021_MappingToTCIA\.xlsx"

COLLECTIONS = "UPENN-GBM|UCSF-PDGM|TCGA-GBM|TCGA-LGG|CPTAC-GBM|IvyGAP|ACRIN-FMISO-Brain|new-not-previously-in-TCIA"

FOLDERS = rf"(?:[^/]*(?i:brats)[^/]*(?i:train|valid)[^/]*/)?(?:(?:HGG|LGG|{COLLECTIONS})/)?"

MISNAMED = r"BraTS20_Training_355/W39_1998\.09\.19_Segm\.nii(?:\.gz)?"

# edition -> tables: pattern, the column that names the case (empty: the one that holds names of cases), further columns that must be there
TABLES: dict[str, tuple[tuple[str, ...], ...]] = {
    "2017": ((r"survival_data\.csv", "Brats17ID"),),
    "2018": ((r"survival_data\.csv", "Brats18ID"),),
    "2019": ((r"survival_data\.csv", "BraTS19ID"), (r"name_mapping\.csv", "BraTS_2019_subject_ID", "Grade")),
    "2020": (
        (r"survival_info\.csv", "Brats20ID"),
        (r"survival_evaluation\.csv", "BraTS20ID"),
        (r"name_mapping\.csv", "BraTS_2020_subject_ID", "Grade"),
    ),
    "2021-tcia": ((CROSSWALK, ""),),
}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a folder of four sequences; its tumour regions in training."""
    name = NAMES[raw.edition]
    files = {}
    for column, words in PARTS.items():
        end = rf"({name})[-_](?i:{words}){NIFTI}"
        # Two tars of the 2021 re-host hold loose files that the large one has in their folders too.
        files[column] = raw.find(f"{FOLDERS}{name}/{end}").beside(raw.find(f"{FOLDERS}{end}"))
    if (misnamed := raw.one(FOLDERS + MISNAMED)) is not None and "BraTS20_Training_355" not in files["mask"]:
        files["mask"]["BraTS20_Training_355"] = misnamed
        raw.note(misnamed, "the mask of BraTS20_Training_355 under a wrong name; it is used")
    found_tables = [(raw.table(pattern, (*filter(None, [key]), *more)), key) for pattern, key, *more in TABLES.get(raw.edition, ())]
    there = union(*files.values())
    tables = [table.by(key or _column_of_cases(table, name), of=there) for table, key in found_tables if table is not None]
    last = -1 if raw.edition == "2023" else 0
    for case in there:
        path = next(found[case].path for found in files.values() if case in found)
        training = "valid" not in path.lower()
        joint, suffix = ("-" if last else "_"), (".nii.gz" if path.endswith(".gz") else ".nii")
        wanted = {column: f"{case}/{case}{joint}{words.split('|')[last]}{suffix}" for column, words in PARTS.items()}
        found = {column: files[column].need(case, path) for column, path in wanted.items() if training or column != "mask"}
        rows = [table[case] for table in tables if case in table]
        yield Case(
            case,
            {
                **{column: NiftiVolume(found[column]) for column in SEQUENCES},
                "mask": Values(NiftiVolume(found["mask"]), LABELS_2023 if raw.edition == "2023" else LABELS) if training else None,
            },
            _columns(raw.edition, case, path, rows),
            "train" if training else "validation",
            # Up to 2019 the last number counts the scans of a patient, in 2023 their time points.
            case if raw.edition in ("2020", "2021", "2021-tcia") else case.rpartition("-" if raw.edition == "2023" else "_")[0],
            problem=Problem.of(next((table.conflicts[case] for table in tables if case in table.conflicts), "")),
        )


def _column_of_cases(table: Table, name: str) -> str:
    """The column of a table that holds names of cases.

    Raises:
        Refused: there is none.
    """
    for column in table.header:
        if any(re.fullmatch(name, row.get(column, "")) for row in table):
            return column
    raise Refused(f"{table.file.path}: no column holds names of cases, such as BraTS2021_00000. Use the table that the owner publishes.")


def _columns(edition: str, case: str, path: str, rows: list[Record]) -> dict[str, object]:
    """What the tables, the folders and the name say of a case."""
    if edition == "2023":
        return {"time_point": int(case.rpartition("-")[2])}
    facts = {column: known(cell) for row in rows for column, cell in row.items()}
    if edition == "2021-tcia":
        found = {
            word: next((cell for column, cell in facts.items() if word in column.lower()), None) for word in ("collection", "site", "mgmt")
        }
        return {"collection": found["collection"], "site_code": found["site"], "mgmt_code": found["mgmt"]}
    if edition == "2021":
        return {}
    grade = facts.get("Grade") or next((folder for folder in path.split("/") if folder in ("HGG", "LGG")), None)
    return {
        "grade": grade and grade.lower(),
        "age": next((age_in(row, "Age") for row in rows if "Age" in row), None),
        "survival_days": facts.get("Survival_days") or facts.get("Survival"),
        "extent_of_resection": facts.get("Extent_of_Resection") or facts.get("ResectionStatus"),
    }


def _reading(edition: str) -> Reading:
    """How one edition is told: all have the same sequences, classes and slices."""
    case = NAMES[edition]
    marks = {
        # TCIA alone adds the table of ids; without it, even cases sorted by collection prove nothing.
        "2021": ((rf"{case}_(?i:flair){NIFTI}",), (CROSSWALK,)),
        "2021-tcia": ((rf"{case}_(?i:flair){NIFTI}", CROSSWALK), ()),
        "2023": ((rf"{case}-t2f{NIFTI}",), ()),
    }
    landmarks, others = marks.get(edition, ((rf"{case}_(?i:flair){NIFTI}",), ()))
    configs = volume_configs({**BESIDE, **OWN[edition]})
    return Reading(landmarks=landmarks, not_landmarks=others, configs=configs, not_used=NOT_USED)


BESIDE: dict[str, Column] = {
    **dict.fromkeys(("image_t1", "image_t1ce", "image_t2"), PICTURE),
    **{f"rescale_{what}_{name}": FLOAT64 for name in ("t1", "t1ce", "t2") for what in ("slope", "intercept")},
}

CLINICAL: dict[str, Column] = {
    "grade": Label(("hgg", "lgg")),
    "age": FLOAT32,
    "survival_days": TEXT,
    "extent_of_resection": TEXT,
}

NOT_USED = (
    (r"name_mapping_validation_data\.csv", "ids in other editions; no column is made from it"),
    (r".*_dcm/.*", "re-encoded DICOM of the methylation task: no masks"),
    (r".*\.(?:tcia|sums)", "list of files of the package"),
    (r".*\.h5", "derived slices, scaled and cut by a third party"),
)

OWN: dict[str, dict[str, Column]] = {
    **dict.fromkeys(("2017", "2018", "2019", "2020"), CLINICAL),
    "2021": {},
    "2021-tcia": {"collection": TEXT, "site_code": TEXT, "mgmt_code": TEXT},
    "2023": {"time_point": INT32},
}

SOURCE = source_of(
    __file__,
    {edition: _reading(edition) for edition in NAMES},
    cases,
    signature=tuple(rf"{NAMES[year]}[-_](?i:flair|t1ce|t2f|t1c|seg){NIFTI}" for year in ("2017", "2018", "2019", "2020", "2021", "2023")),
    ids=(r"Brats1[789]_[a-z0-9]+_[a-z0-9]+_\d+", r"BraTS20_(?:Training|Validation)_\d{3}", r"BraTS2021_\d{5}", r"BraTS_GLI_\d{5}_0\d{2}"),
    begins=tuple(rf"{FOLDERS}(?:{name}/)?{name}[-_][a-z0-9]+{NIFTI}" for name in NAMES.values()),
)
