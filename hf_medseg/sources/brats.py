"""BraTS: four MRI sequences of adult glioma and three tumour regions, by year of the challenge."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import FLOAT32, FLOAT64, INT32, PICTURE, TEXT, Column, Label
from hf_medseg.errors import Refused
from hf_medseg.facts import Access, Download, Edition, Published, Source, volume_configs
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Values
from hf_medseg.pixels.nifti import NiftiVolume
from hf_medseg.raw.cells import age_in, known
from hf_medseg.raw.tables import Record, Table
from hf_medseg.raw.tree import Raw, union

CLASSES = ("necrotic_core", "oedema", "enhancing_tumour")
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
        end = rf"({name})[-_](?i:{words})\.nii(?:\.gz)?"
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
            wrong=next((table.conflicts[case] for table in tables if case in table.conflicts), ""),
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


def _edition(name: str, license: License, citations: tuple[str, ...], cases: dict[str, int], own: dict[str, Column]) -> Edition:
    """One edition: all have the same sequences, classes and slices."""
    case = NAMES[name]
    marks = {
        # TCIA alone adds the table of ids; without it, even cases sorted by collection prove nothing.
        "2021": ((rf"{case}_(?i:flair)\.nii(?:\.gz)?",), (CROSSWALK,)),
        "2021-tcia": ((rf"{case}_(?i:flair)\.nii(?:\.gz)?", CROSSWALK), ()),
        "2023": ((rf"{case}-t2f\.nii(?:\.gz)?",), ()),
    }
    landmarks, others = marks.get(name, ((rf"{case}_(?i:flair)\.nii(?:\.gz)?",), ()))
    rows = {split: count * 155 for split, count in cases.items()}
    return Edition(
        name=name,
        license=license,
        citations=citations,
        classes=CLASSES,
        landmarks=landmarks,
        not_landmarks=others,
        configs=volume_configs({**BESIDE, **own}),
        not_used=NOT_USED,
        published=Published(
            rows,
            {"train": rows["train"]},
            note="cases as published, 155 slices each",
            volumes={split: slices // 155 for split, slices in rows.items()},
            sizes=((240, 240),),
        ),
    )


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
MENZE = r"""@article{menze2015brats,
  title   = {The Multimodal Brain Tumor Image Segmentation Benchmark (BRATS)},
  author  = {Menze, Bjoern H. and Jakab, Andras and Bauer, Stefan and Kalpathy-Cramer, Jayashree and Farahani, Keyvan and Kirby, Justin and others},
  journal = {IEEE Transactions on Medical Imaging}, volume = {34}, number = {10}, pages = {1993--2024}, year = {2015},
  doi     = {10.1109/TMI.2014.2377694}
}"""
BAKAS_2017 = r"""@article{bakas2017advancing,
  title   = {Advancing The Cancer Genome Atlas glioma MRI collections with expert segmentation labels and radiomic features},
  author  = {Bakas, Spyridon and Akbari, Hamed and Sotiras, Aristeidis and Bilello, Michel and Rozycki, Martin and Kirby, Justin S. and Freymann, John B. and Farahani, Keyvan and Davatzikos, Christos},
  journal = {Scientific Data}, volume = {4}, pages = {170117}, year = {2017}, doi = {10.1038/sdata.2017.117}
}"""
BAKAS_2018 = r"""@article{bakas2018identifying,
  title   = {Identifying the Best Machine Learning Algorithms for Brain Tumor Segmentation, Progression Assessment, and Overall Survival Prediction in the BRATS Challenge},
  author  = {Bakas, Spyridon and Reyes, Mauricio and Jakab, Andras and Bauer, Stefan and Rempfler, Markus and Crimi, Alessandro and others},
  journal = {arXiv preprint arXiv:1811.02629}, year = {2018}
}"""
GBM_LABELS = r"""@misc{bakas2017gbm,
  title     = {Segmentation Labels and Radiomic Features for the Pre-operative Scans of the TCGA-GBM collection},
  author    = {Bakas, Spyridon and Akbari, Hamed and Sotiras, Aristeidis and Bilello, Michel and Rozycki, Martin and Kirby, Justin and Freymann, John and Farahani, Keyvan and Davatzikos, Christos},
  publisher = {The Cancer Imaging Archive}, year = {2017}, doi = {10.7937/K9/TCIA.2017.KLXWJJ1Q}
}"""
BAID = r"""@misc{baid2021rsna,
  title  = {The RSNA-ASNR-MICCAI BraTS 2021 Benchmark on Brain Tumor Segmentation and Radiogenomic Classification},
  author = {Baid, Ujjwal and Ghodasara, Satyam and Mohan, Suyash and Bilello, Michel and Calabrese, Evan and Colak, Errol and Farahani, Keyvan and others},
  year   = {2021}, eprint = {2107.02314}, archivePrefix = {arXiv}, primaryClass = {cs.CV}
}"""
TCIA_RECORD = r"""@misc{tcia_brats2021,
  title     = {RSNA-ASNR-MICCAI-BraTS-2021 (Version 1)},
  author    = {Baid, Ujjwal and others},
  publisher = {The Cancer Imaging Archive}, year = {2023}, doi = {10.7937/jc8x-9874}
}"""
CLARK = r"""@article{clark2013tcia,
  title   = {The Cancer Imaging Archive (TCIA): Maintaining and Operating a Public Information Repository},
  author  = {Clark, Kenneth and Vendt, Bruce and Smith, Kirk and others},
  journal = {Journal of Digital Imaging}, volume = {26}, number = {6}, pages = {1045--1057}, year = {2013},
  doi     = {10.1007/s10278-013-9622-7}
}"""
OLD_CITATIONS = (MENZE, BAKAS_2017, BAKAS_2018, GBM_LABELS)
OLD_TERMS = License(
    "other",
    "BraTS data usage agreement",
    "https://www.med.upenn.edu/cbica/brats2020/data.html",
    "restricted",
    (
        Evidence(
            "free for own research after registration, cite the papers; no grant to pass the data on",
            "https://www.med.upenn.edu/cbica/brats2020/data.html",
            "medium-high",
        ),
    ),
    ("Cite Menze et al. 2015, Bakas et al. 2017 and 2018.", "Use the data for your own research only."),
)
SYNAPSE_2021 = License(
    "unknown",
    "license unknown (challenge terms of Synapse, or a re-host)",
    "https://www.synapse.org/#!Synapse:syn25829067",
    "unknown",
    (
        Evidence(
            "the challenge terms were not seen; labels on re-hosts are not the owner's. The package of The Cancer Imaging Archive, which is "
            "CC BY 4.0, is the edition 2021-tcia",
            "https://www.synapse.org/#!Synapse:syn25829067",
            "unknown",
        ),
    ),
    ("Cite Baid et al. 2021, Menze et al. 2015 and Bakas et al. 2017.",),
)
SYNAPSE_2023 = License(
    "unknown",
    "license unknown (challenge terms of Synapse)",
    "https://www.synapse.org/#!Synapse:syn51514105",
    "unknown",
    (Evidence("the challenge terms were not seen", "https://www.synapse.org/#!Synapse:syn51514105", "unknown"),),
    ("Cite Baid et al. 2021, Menze et al. 2015 and Bakas et al. 2017.",),
)
TCIA = License(
    "cc-by-4.0",
    "Creative Commons Attribution 4.0 International",
    "https://creativecommons.org/licenses/by/4.0/",
    "open",
    (
        Evidence(
            "CC BY 4.0 on the challenge package and on the table of ids, version 1 of 2023-08-25, as quoted by three independent readers",
            "https://www.cancerimagingarchive.net/analysis-result/rsna-asnr-miccai-brats-2021/",
            "high",
            "2026-09-30",
        ),
        Evidence(
            "redistributes the package as CC BY 4.0 with the TCIA Data Usage Policy",
            "https://huggingface.co/datasets/medarc/brainmarks-smri",
            "high",
        ),
    ),
    (
        "Data: https://doi.org/10.7937/jc8x-9874 (RSNA-ASNR-MICCAI-BraTS-2021, version 1, The Cancer Imaging Archive), CC BY 4.0, "
        "https://creativecommons.org/licenses/by/4.0/.",
        "Cite Baid et al. 2021, Menze et al. 2015, Bakas et al. 2017 and Clark et al. 2013.",
        "TCIA Data Usage Policy (https://www.cancerimagingarchive.net/data-usage-policies-and-restrictions/): no attempt to identify anyone, "
        "no renderings of faces, cite the DOI, and ask whoever gets the data from you for the same.",
        "Only the skull-stripped NIfTI files are converted: the original DICOM of several source collections are under the NIH Controlled "
        "Data Access Policy.",
        "Say what was changed.",
    ),
)
YEARS = (
    _edition("2017", OLD_TERMS, OLD_CITATIONS, {"train": 285}, CLINICAL),
    _edition("2018", OLD_TERMS, OLD_CITATIONS, {"train": 285, "validation": 66}, CLINICAL),
    _edition("2019", OLD_TERMS, OLD_CITATIONS, {"train": 335}, CLINICAL),
    _edition("2020", OLD_TERMS, OLD_CITATIONS, {"train": 369, "validation": 125}, CLINICAL),
    _edition("2021", SYNAPSE_2021, (BAID, MENZE, BAKAS_2017), {"train": 1251, "validation": 219}, {}),
    _edition(
        "2021-tcia",
        TCIA,
        (BAID, TCIA_RECORD, MENZE, BAKAS_2017, CLARK),
        {"train": 1251, "validation": 219},
        {"collection": TEXT, "site_code": TEXT, "mgmt_code": TEXT},
    ),
    _edition("2023", SYNAPSE_2023, (BAID, MENZE, BAKAS_2017), {"train": 1251, "validation": 219}, {"time_point": INT32}),
)

SOURCE = Source(
    id="brats",
    title="BraTS: Multimodal Brain Tumor Segmentation Challenge (adult glioma)",
    homepage="https://www.synapse.org/#!Synapse:syn51514105",
    modality=("MRI: FLAIR, T1, contrast-enhanced T1, T2",),
    anatomy=("brain",),
    task="segmentation of glioma into necrotic core, oedema and enhancing tumour",
    summary="Four co-registered, skull-stripped MRI sequences of glioma patients on a 1 mm grid of 240 x 240 x 155, three tumour regions drawn by experts.",
    access=Access(
        "login",
        (
            "2023: make an account at https://www.synapse.org, accept the challenge terms, fetch file syn51514132 (training) and syn51514110 (validation).",
            "2021: the same with syn25829067.",
            "2021-tcia (the only edition that may be passed on): fetch the package 'BraTS 2021' with the IBM Aspera plug-in and "
            "BraTS2021_MappingToTCIA.xlsx from https://www.cancerimagingarchive.net/analysis-result/rsna-asnr-miccai-brats-2021/. "
            "Of the package only BraTS2021_TrainingSet and BraTS2021_ValidationSet are needed. Keep the folders of the collections.",
            "2017-2020: the registration at CBICA is closed; RAW is the download you have.",
        ),
        (
            Download(
                "syn51514132",
                client="synapse",
                name="ASNR-MICCAI-BraTS2023-GLI-Challenge-TrainingData.zip",
                size=13_172_616_844,
                checksum="sha256:e1f6b0ff1320dcf2fc1d472cdf823190446783701f2dd705ac3b4c14a2a97d3f",
                edition="2023",
                mode="terms",
            ),
            Download(
                "syn51514110",
                client="synapse",
                name="ASNR-MICCAI-BraTS2023-GLI-Challenge-ValidationData.zip",
                edition="2023",
                mode="terms",
            ),
            Download("https://www.synapse.org/Synapse:syn25829067", client="manual", edition="2021"),
            Download("doi:10.7937/jc8x-9874", client="manual", edition="2021-tcia", approximate=142_000_000_000),
        ),
    ),
    layout=(
        "2017-2019: HGG/Brats18_TCIA08_167_1/Brats18_TCIA08_167_1_{flair,t1,t1ce,t2,seg}.nii.gz  LGG/...  survival_data.csv\n"
        "2020: MICCAI_BraTS2020_TrainingData/BraTS20_Training_001/BraTS20_Training_001_{flair,t1,t1ce,t2,seg}.nii.gz  name_mapping.csv  "
        "survival_info.csv; MICCAI_BraTS2020_ValidationData/...\n"
        "2021: RSNA_ASNR_MICCAI_BraTS2021_TrainingData_16July2021/BraTS2021_00000/BraTS2021_00000_{flair,t1,t1ce,t2,seg}.nii.gz; "
        "..._ValidationData/...\n"
        "2021-tcia: BraTS2021_TrainingSet/UPENN-GBM/BraTS2021_00000/...; BraTS2021_ValidationSet/...; BraTS2021_MappingToTCIA.xlsx\n"
        "2023: ASNR-MICCAI-BraTS2023-GLI-Challenge-TrainingData/BraTS-GLI-00000-000/BraTS-GLI-00000-000-{t2f,t1n,t1c,t2w,seg}.nii.gz; "
        "...-ValidationData/..."
    ),
    splits="Official: the training cases are `train`; the validation cases, whose masks were never released, are `validation` with a null mask.",
    quirks=(
        "`image` is FLAIR; the other sequences are `image_t1`, `image_t1ce` and `image_t2` on the same grid.",
        "Every edition holds earlier cases under new names, and a case may be training in one and validation in another: never join editions.",
        "Enhancing tumour is stored as 3 in every edition; whole tumour = 1 + 2 + 3, tumour core = 1 + 3.",
        "Some cases lack a class: of the 285 of 2018 enhancing tumour is absent in 27 and oedema in 1.",
        "2023: some patients were scanned twice (`time_point`); split by `patient_id`.",
        "Intensities are the scanner's own and cannot be compared between cases; background is exactly 0.",
        "2020: two high-grade cases differ from their older annotations.",
        "The derived HDF5 slices of 2020 and other tasks of 2023 (meningioma, metastases, children, Africa) are not converted.",
    ),
    changes=("Label 4 (enhancing tumour; 3 in 2023) is stored as class 3.",),
    editions=YEARS,
    signature=tuple(
        rf"{NAMES[year]}[-_](?i:flair|t1ce|t2f|t1c|seg)\.nii(?:\.gz)?" for year in ("2017", "2018", "2019", "2020", "2021", "2023")
    ),
    begins=tuple(rf"{FOLDERS}(?:{name}/)?{name}[-_][a-z0-9]+\.nii(?:\.gz)?" for name in NAMES.values()),
    cases=cases,
)
