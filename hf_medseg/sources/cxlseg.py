"""CXLSeg: machine-made lung masks for the frontal radiographs of MIMIC-CXR-JPG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from hf_medseg.case import Case
from hf_medseg.columns import INT8, MASK_ORIGIN, PICTURE, TEXT, Label
from hf_medseg.errors import Refused
from hf_medseg.facts import Access, Config, Download, Edition, Part, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Native, Nearest, Threshold
from hf_medseg.pixels.picture import Picture
from hf_medseg.raw.cells import number
from hf_medseg.raw.tables import Table
from hf_medseg.raw.tree import Raw

FINDINGS = (
    "Atelectasis",
    "Cardiomegaly",
    "Consolidation",
    "Edema",
    "Enlarged Cardiomediastinum",
    "Fracture",
    "Lung Lesion",
    "Lung Opacity",
    "No Finding",
    "Pleural Effusion",
    "Pleural Other",
    "Pneumonia",
    "Pneumothorax",
    "Support Devices",
)
COLUMNS = {finding: finding.lower().replace(" ", "_") for finding in FINDINGS}
SPLITS = {"train": "train", "validate": "validation", "test": "test"}
KEYS = ("dicom_id", "subject_id", "study_id")
NATIVE = (224, 224)
# A folder with radiographs alone is told from CXLSeg, whose pictures have the same paths, by the name that PhysioNet gave it.
RADIOGRAPH = r"(?i:(?<=mimic[-_]cxr[-_]jpg/)|(?<=mimic[-_]cxr/)|(?<=mimic/)|(?<=2\.[01]\.0/))files/p\d\d/p\d+/s\d+/[0-9a-f-]+\.jpg"
CELLS = {"mask": "DicomPath", "split": "split", "metadata": "ViewPosition"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a radiograph that any of the four tables names; films of which neither file was downloaded are only counted."""
    cxlseg, mimic = raw.part("cxlseg"), raw.part("mimic-cxr-jpg")
    # A film has one line in each table; of the last three one cell is wanted.
    lines = {"segmented": _table(cxlseg, "segmented", "DicomPath", *FINDINGS).by(*KEYS)}
    lines |= {name: _table(cxlseg, name, column).by(*KEYS, value=column) for name, column in CELLS.items()}
    films = mimic.at(line["DicomPath"] for line in lines["segmented"].values())
    masks = cxlseg.at(lines["mask"].values())
    keys: dict[tuple[str, str, str], None] = {}
    conflicts: dict[tuple[str, str, str], str] = {}
    for table in lines.values():
        keys.update(dict.fromkeys(table))
        conflicts |= table.conflicts
    splits: dict[str, set[str]] = {}
    absent = 0
    for key in keys:
        film, subject, study = key
        # What becomes a case is taken out of the tables: never are both in memory.
        found = {name: table.pop(key, None) for name, table in lines.items()}
        segmented, split = found["segmented"], found["split"] or ""
        splits.setdefault(subject, set()).add(split)
        findings, undeclared = ({}, "") if segmented is None else _findings(segmented)
        missing = [f"CXLSeg-{name}.csv has no line of its {', '.join(KEYS)}." for name, line in found.items() if line is None]
        wrong = conflicts.get(key) or " ".join(missing) or undeclared
        wrong = wrong or ("" if split in SPLITS else f"its split is {split!r}; {', '.join(SPLITS)} expected.")
        path = f"{film}.jpg" if segmented is None else segmented["DicomPath"]
        mask_path = found["mask"] or f"{film}-mask.jpg"
        if not wrong and path not in films and mask_path not in masks:
            absent += 1
            continue
        mask = Threshold(Picture(masks.need(mask_path, f"cxlseg/{mask_path}"), size=NATIVE))
        yield Case(
            film,
            {
                "image": Picture(films.need(path, f"mimic-cxr-jpg/{path}")),
                "mask": Nearest(mask),
                "mask_native": Native(mask),
            },
            {"mask_origin": "automatic", "study_id": study, "view": found["metadata"] or None, **findings},
            split=SPLITS.get(split, "train"),
            patient_id=subject,
            wrong=wrong,
        )
    if absent:
        raw.note("cxlseg/CXLSeg-segmented.csv", f"of {absent} of its films neither radiograph nor mask is in the raw tree")
    if shared := sum(len(of_patient) > 1 for of_patient in splits.values()):
        raw.note("cxlseg/CXLSeg-split.csv", f"patients with radiographs in more than one split: {shared}")


def _table(cxlseg: Raw, name: str, *columns: str) -> Table:
    table = cxlseg.table(rf"CXLSeg-{name}\.csv", (*KEYS, *columns), only=True)  # its other columns hold whole reports
    if table is None:
        raise Refused(f"cxlseg: CXLSeg-{name}.csv is missing. It lies beside the other three tables at PhysioNet.")
    return table


def _findings(record: Mapping[str, str]) -> tuple[dict[str, Any], str]:
    """The findings that a report mentions, by column, and what is wrong with them."""
    found: dict[str, Any] = {}
    for finding, column in COLUMNS.items():
        if cell := record.get(finding):
            state = _state(cell)
            if state is None:
                return {}, f"{finding} is {cell!r}; 1, 0, -1 or nothing expected."
            found[column] = state
    return found, ""


@cache
def _state(cell: str) -> int | None:
    """What a cell says of a finding; None where it says something else."""
    value = number(cell)
    return int(value) if value in (1, 0, -1) else None


STEPS = (
    "Become a credentialed user of PhysioNet (https://physionet.org/settings/credentialing/), which needs the CITI training.",
    "Sign the agreement of https://physionet.org/content/mimic-cxr-jpg/2.1.0/.",
    "Download it: wget -r -N -c -np --user NAME --ask-password https://physionet.org/files/mimic-cxr-jpg/2.1.0/ (version 2.0.0 fits too).",
)

SOURCE = Source(
    id="cxlseg",
    title="CXLSeg: Chest X-ray Dataset with Lung Segmentation (version 1.0.0)",
    homepage="https://physionet.org/content/chest-x-ray-segmentation/1.0.0/",
    modality=("X-ray",),
    anatomy=("lung",),
    task="lung segmentation",
    summary="Lung masks that a model drew on 243,324 frontal radiographs of MIMIC-CXR-JPG, with 14 findings mined from the reports.",
    access=Access(
        "credentialed",
        (
            *STEPS,
            "Sign the agreement of https://physionet.org/content/chest-x-ray-segmentation/1.0.0/ too and download it the same way: "
            "wget -r -N -c -np --user NAME --ask-password https://physionet.org/files/chest-x-ray-segmentation/1.0.0/",
        ),
        (
            Download("https://physionet.org/files/chest-x-ray-segmentation/1.0.0/", client="physionet", part="cxlseg"),
            Download("https://physionet.org/files/mimic-cxr-jpg/2.1.0/", client="physionet", part="mimic-cxr-jpg"),
        ),
    ),
    layout="""CXLSeg-segmented.csv  CXLSeg-mask.csv  CXLSeg-metadata.csv  CXLSeg-split.csv                     (part cxlseg)
files/p10/p10000032/s50414267/<dicom_id>-mask.jpg  <dicom_id>.jpg (lungs alone, not used)          (part cxlseg)
files/p10/p10000032/s50414267/<dicom_id>.jpg  mimic-cxr-2.0.0-metadata.csv.gz ... (the radiographs) (part mimic-cxr-jpg)""",
    splits="Official: CXLSeg-split.csv says `train`, `test`, and `validate`, which is `validation`. Whether it is by patient is not published: "
    "the report of a conversion says how many patients are in more than one split.",
    quirks=(
        "The pictures that come with the masks show the lungs alone, on black: they are no images to train on. The radiographs are those of "
        "MIMIC-CXR-JPG, which is needed too.",
        "Masks were drawn by a model (SA-UNet), not by hand: `mask_origin` is automatic. Empty and broken ones occur and stay.",
        "Masks are JPEG of 224 x 224 pixels; values above 127 are lung.",
        "The 224 x 224 grid is the radiograph squeezed, without keeping its proportions: masks are brought back with one factor for each direction.",
        "Both lungs are one class.",
        "A finding is 1 (present), 0 (absent), -1 (uncertain) or null (not mentioned).",
        "Only frontal radiographs (AP and PA) have masks; the lateral ones of MIMIC-CXR-JPG are not used.",
        "The reports in CXLSeg-metadata.csv are not taken over.",
        "PhysioNet forbids giving this data to third parties, online services of language models included.",
    ),
    changes=(
        "JPEG masks are thresholded at 127 and brought to the radiograph's size by nearest neighbour; `mask_native` keeps the original grid.",
    ),
    parts=(
        Part(
            "cxlseg",
            (r"CXLSeg-(?:segmented|mask|metadata|split)\.csv",),
            ("Download https://physionet.org/files/chest-x-ray-segmentation/1.0.0/ as a credentialed user.",),
        ),
        Part("mimic-cxr-jpg", (r"mimic-cxr-2\.\d\.0-(?:metadata|split|chexpert|negbio|test-set-labeled)\.csv(?:\.gz)?", RADIOGRAPH), STEPS),
    ),
    editions=(
        Edition(
            license=License(
                "other",
                "PhysioNet Credentialed Health Data License",
                "https://physionet.org/content/chest-x-ray-segmentation/1.0.0/",
                "restricted",
                (
                    Evidence(
                        "Database, Credentialed Access: only credentialed users who sign the agreement may use the files",
                        "https://physionet.org/content/chest-x-ray-segmentation/1.0.0/",
                        "high",
                    ),
                    Evidence(
                        "data under the credentialed agreement may not be shared with third parties",
                        "https://physionet.org/news/post/415",
                        "high",
                    ),
                ),
                (
                    "The data, and what is derived from it, may not be shared with third parties.",
                    "Cite Indeewara et al. 2023 and PhysioNet.",
                ),
            ),
            citations=(
                r"""@misc{indeewara2023cxlseg,
  title     = {Chest {X}-ray Dataset with Lung Segmentation (version 1.0.0)},
  author    = {Indeewara, Wimukthi and Hennayake, Mahela and Rathnayake, Kasun and Ambegoda, Thanuja and Meedeniya, Dulani},
  publisher = {PhysioNet},
  year      = {2023},
  doi       = {10.13026/9cy4-f535}
}""",
                r"""@article{goldberger2000physionet,
  title   = {{PhysioBank}, {PhysioToolkit}, and {PhysioNet}: Components of a new research resource for complex physiologic signals},
  author  = {Goldberger, Ary L. and Amaral, Luis A. N. and Glass, Leon and Hausdorff, Jeffrey M. and Ivanov, Plamen Ch. and Mark, Roger G. and Mietus, Joseph E. and Moody, George B. and Peng, Chung-Kang and Stanley, H. Eugene},
  journal = {Circulation},
  volume  = {101}, number = {23}, pages = {e215--e220}, year = {2000},
  doi     = {10.1161/01.CIR.101.23.e215}
}""",
            ),
            classes=("lung",),
            landmarks=(r"CXLSeg-(?:segmented|mask|metadata|split)\.csv",),
            configs=(
                Config(
                    columns={
                        "mask_native": PICTURE,
                        "mask_origin": MASK_ORIGIN,
                        "study_id": TEXT,
                        "view": Label(("PA", "AP")),
                        **dict.fromkeys(COLUMNS.values(), INT8),
                    }
                ),
            ),
            not_used=(
                (
                    r"mimic-cxr-2\.\d\.0-(?:metadata|split|chexpert|negbio|test-set-labeled)\.csv(?:\.gz)?",
                    "a table of MIMIC-CXR-JPG; CXLSeg has its own",
                ),
                (r"(?:LICENSE\.txt|SHA256SUMS\.txt|IMAGE_FILENAMES|README|index\.html)", "text about the data"),
                (r"files/p\d\d/p\d+/s\d+/[0-9a-f-]+-mask\.jpg", "a mask that no table of CXLSeg names"),
                (r"files/p\d\d/p\d+/s\d+/[0-9a-f-]+\.jpg", "CXLSeg's picture of the lungs alone, or a radiograph that has no mask"),
            ),
            published=Published(
                {"train": 194_660, "validation": 24_332, "test": 24_332},
                {"train": 194_660, "validation": 24_332, "test": 24_332},
                note="CXLSeg-split.csv as its authors count it",
            ),
        ),
    ),
    signature=(r"CXLSeg-(?:segmented|mask|metadata|split)\.csv",),
    cases=cases,
    annotators="machine-generated",
    image_mode="L",
)
