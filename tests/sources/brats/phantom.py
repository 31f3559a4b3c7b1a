"""BraTS by year: one folder per case with four sequences and, in training, `_seg`; names tell the edition.

2017 to 2019 have the grade as a folder, 2020 to 2023 have not; 2023 renames the sequences and calls the
enhancing tumour 3.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_tar, disc, litter, natural, rng, write
from tests.support.nifti import SECRETS, Scan, axial, stored, turned, write_nifti, write_packed, write_xlsx

# Which editions may be published, by whoever read their terms: the facts must agree.
TIERS = {"2021-tcia": "open"}

VARIANTS: dict[str, str] = {
    "clean": "2020 as the owner packs it: training and validation, the misnamed mask of case 355, both tables",
    "2020_kaggle": "2020 as Kaggle holds it: one more folder around each set, .nii, litter",
    "2020_cases_only": "2020, RAW is a folder of training cases",
    "2020_tables": "2020, the tables re-saved with semicolons, BOM and CRLF",
    "2020_no_tables": "2020 without tables: grade, age and survival are null",
    "2017": "2017: HGG and LGG, .nii.gz",
    "2018": "2018: HGG and LGG, .nii, sequence names in capitals in one case, the survival table",
    "2019": "2019: HGG and LGG, .nii.gz",
    "2021": "2021 from Synapse: gaps in the numbers, validation without masks",
    "2021_kaggle_tars": "2021 from Kaggle: three tars, two of them loose files that the large one holds too",
    "2021_tars_differ": "2021 from Kaggle, where a loose file differs from its twin",
    "2021_tcia": "2021 from TCIA: a folder per collection, the table of ids",
    "2023": "2023 glioma: other sequence names, two time points of one patient",
    "other_orientation": "2021 with cases stored in other orders of axes: same rows",
    "float_whole": "2021 where a copy holds whole numbers as 32-bit floats",
    "float": "2021 where a copy holds fractions",
    "negative": "2021 with voxels below zero",
    "seg_missing": "2021: a training case without mask",
    "sequence_missing": "2021: a case without T1ce",
    "value_3": "2021: a mask holds 3, which only 2023 knows",
    "value_4": "2023: a mask holds 4, which only other editions know",
    "grid_differs": "2021: T2 of one case has a row less",
    "affine_differs": "2021: the mask of one case lies 3 mm beside its images",
    "nan": "2021: a voxel of a float copy is not a number",
    "broken_affine": "2021: the matrix of one file is singular",
    "truncated": "2021: a .nii.gz cut short",
    "zero_byte": "2021: an empty file",
    "repeated_key": "2020: the survival table has one case twice with different ages",
    "missing_column": "2020: name_mapping.csv lacks Grade",
    "two_editions": "2018 and 2020 beside each other",
    "unnamed": "case folders and files with names of no edition",
    "sister_task": "2023 meningioma: another task under the same pattern",
    "hdf5": "the derived HDF5 slices of 2020",
}

SHAPE = (22, 26, 5)  # to the left, to the back, upwards
ORIGIN = (0.0, -25.0, 0.0)
OLD = {"flair": "flair", "t1": "t1", "t1ce": "t1ce", "t2": "t2"}
NEW = {"flair": "t2f", "t1": "t1n", "t1ce": "t1c", "t2": "t2w"}
MAPPING = [
    [
        "Grade",
        *(f"{name}_subject_ID" for name in ("BraTS_2017", "BraTS_2018", "TCGA_TCIA", "BraTS_2019", "BraTS_2020")),
    ],
    ["HGG", "Brats17_CBICA_AAB_1", "Brats18_CBICA_AAB_1", "NA", "BraTS19_CBICA_AAB_1", "BraTS20_Training_001"],
    ["LGG", "NA", "NA", "NA", "BraTS19_TCIA09_141_1", "BraTS20_Training_260"],
    ["HGG", "NA", "NA", "NA", "NA", "BraTS20_Training_355"],
]
SURVIVAL = [
    ["Brats20ID", "Age", "Survival_days", "Extent_of_Resection"],
    ["BraTS20_Training_001", "60.46301370", "289", "GTR"],
    ["BraTS20_Training_355", "51", "ALIVE (361 days later)", "NA"],
]


@dataclass
class Case:
    """One case on disk and the rows that it gives."""

    name: str
    folder: str  # of the case, inside the tree
    patient: str
    split: str = "train"
    names: dict[str, str] = field(default_factory=lambda: dict(OLD))
    suffix: str = ".nii.gz"
    seg: str | None = "seg"  # what stands after the case's name, or a whole file name
    enhancing: int = 4
    code: str = "LPS"
    kind: Any = np.int16
    columns: dict[str, Any] = field(default_factory=dict)
    classes: tuple[int, ...] = (1, 2, 3)

    def path(self, part: str) -> str:
        """A file of the case inside the tree."""
        if part == "seg":
            return f"{self.folder}/{self.seg}" if "." in str(self.seg) else self.path_of(str(self.seg))
        return self.path_of(self.names[part])

    def path_of(self, word: str) -> str:
        """A file with the case's name."""
        joint = "-" if self.name.startswith("BraTS-") else "_"
        return f"{self.folder}/{self.name}{joint}{word}{self.suffix}"

    def truth(self) -> Array:
        """The label map, slices first: 1 necrotic core, 2 oedema, 3 enhancing."""
        x, y, _ = SHAPE
        shift = sum(self.name.encode()) % 4
        truth = np.zeros((SHAPE[2], y, x), dtype=np.uint8)
        for index in range(1, 4):
            truth[index][disc(y, x, 9 + shift, 12, 6)] = 2
            truth[index][disc(y, x, 8 + shift, 13, 4)] = 3
            truth[index][6 + shift : 8 + shift, 12 : 14 + index] = 1
        return np.where(np.isin(truth, self.classes), truth, 0).astype(np.uint8)

    def voxels(self, part: str, low: int = 0) -> Array:
        """One sequence, slices first: noise in the brain, exactly 0 around it."""
        noise = rng(f"brats {self.name} {part}").integers(low, 3000, (SHAPE[2], SHAPE[1], SHAPE[0]))
        brain = disc(SHAPE[1], SHAPE[0], 12, 10, 9.5)
        return np.where(brain, noise, 0).astype(self.kind)

    def write(self, tree: Path, low: int = 0, fraction: bool = False) -> tuple[list[Row], Row]:
        """Writes the files; returns the rows of the slices and the row of the volume."""
        pictures = {}
        for part in OLD:
            voxels = self.voxels(part, low)
            if fraction:
                voxels = (voxels * np.float32(0.37)).astype(np.float32)
            pictures[part], intercept = stored(voxels)
            self._save(tree / self.path(part), voxels, part != "t2")
        # ASSUMED: floats that are whole numbers are stored as unsigned integers with slope 1 and intercept 0.
        if self.kind is np.float32 and not fraction:
            pictures = {part: array.astype(np.uint16) for part, array in pictures.items()}
        mask = None
        if self.seg is not None:
            mask = self.truth()
            raw = np.array([0, 1, 2, self.enhancing], dtype=np.uint8)[mask]
            self._save(tree / self.path("seg"), raw.astype(np.int16 if len(self.name) % 2 else np.uint8), False)
        extra = {f"image_{part}": pictures[part] for part in ("t1", "t1ce", "t2")}
        scan = Scan(pictures["flair"], 1.0, intercept, (1.0, 1.0, 1.0), ORIGIN, extra)
        promise: dict[str, Any] = {"split": self.split, "patient_id": self.patient}
        file = self.path("flair")
        slices = scan.slices(self.name, mask, file, columns=dict(self.columns), **promise)
        return slices, scan.volume(self.name, mask, file, columns=dict(self.columns), **promise)

    def _save(self, path: Path, array: Array, identities: bool) -> None:
        """Stores an array in the case's order of axes."""
        voxels, affine = turned(axial(array), (1.0, 1.0, 1.0), ORIGIN, self.code)
        write_nifti(path, voxels, affine, identities)


def _cases_2020(variant: str) -> list[Case]:
    """Training and validation of 2020."""
    kaggle = variant == "2020_kaggle"
    train, valid = "MICCAI_BraTS2020_TrainingData", "MICCAI_BraTS2020_ValidationData"
    suffix = ".nii" if kaggle else ".nii.gz"
    tables: dict[str, dict[str, Any]] = {
        "BraTS20_Training_001": {"grade": "hgg", "age": float(np.float32(60.4630137)), "survival_days": "289"}
        | {"extent_of_resection": "GTR"},
        "BraTS20_Training_260": {"grade": "lgg", "age": None, "survival_days": None, "extent_of_resection": None},
        "BraTS20_Training_355": {"grade": "hgg", "age": 51.0, "survival_days": "ALIVE (361 days later)"} | {"extent_of_resection": None},
    }
    if variant == "2020_no_tables":
        empty = {"grade": None, "age": None, "survival_days": None, "extent_of_resection": None}
        tables = {name: dict(empty) for name in tables}
    cases = []
    for name, columns in tables.items():
        # ASSUMED: the wrongly named mask is not compressed in any copy.
        seg = "W39_1998.09.19_Segm.nii" if name.endswith("355") else "seg"
        classes = (1, 2) if name.endswith("260") else (1, 2, 3)
        cases.append(Case(name, f"{train}/{name}", name, suffix=suffix, seg=seg, columns=columns, classes=classes))
    if variant != "2020_cases_only":
        name = "BraTS20_Validation_001"
        cases.append(Case(name, f"{valid}/{name}", name, "validation", suffix=suffix, seg=None))
    return cases


def _cases_graded(year: int) -> list[Case]:
    """Training of 2017, 2018 or 2019: the grade is a folder."""
    # ASSUMED: the name of the 2019 folder follows that of 2018.
    top = {
        2017: "Brats17TrainingData",
        2018: "MICCAI_BraTS_2018_Data_Training",
        2019: "MICCAI_BraTS_2019_Data_Training",
    }[year]
    stem = {2017: "Brats17", 2018: "Brats18", 2019: "BraTS19"}[year]
    # ASSUMED: the number at the end counts the scans of a patient, so `patient_id` is the name without it.
    patients = [
        ("HGG", "2013_2"),
        ("HGG", "CBICA_AAB"),
        ("LGG", "2013_0"),
        ("LGG", "TCIA10_109" if year < 2019 else "TCIA09_141"),
    ]
    cases = []
    for grade, patient in patients:
        name = f"{stem}_{patient}_1"
        found = Case(name, f"{top}/{grade}/{name}", f"{stem}_{patient}", columns={"grade": grade.lower()})
        found.suffix = ".nii" if year == 2018 else ".nii.gz"
        found.classes = (1, 2) if patient == "2013_0" else (1, 2, 3)
        if year == 2018 and patient == "CBICA_AAB":
            found.names, found.seg = {part: word.upper() for part, word in OLD.items()}, "SEG"
            found.columns |= {"age": 60.5, "survival_days": "289", "extent_of_resection": "GTR"}
        cases.append(found)
    return cases


def _cases_2021(variant: str) -> list[Case]:
    """Training and validation of 2021."""
    train, valid = "RSNA_ASNR_MICCAI_BraTS2021_TrainingData_16July2021", "RSNA_ASNR_MICCAI_BraTS2021_ValidationData"
    places = {"00000": train, "00495": train, "00621": train, "00001": valid}
    if variant == "2021_tcia":
        train, valid = "BraTS2021_TrainingSet", "BraTS2021_ValidationSet"
        sites = {"00000": "UCSF-PDGM", "00495": "TCGA-GBM", "00621": "new-not-previously-in-TCIA", "00001": "UPENN-GBM"}
        places = {number: f"{valid if number == '00001' else train}/{site}" for number, site in sites.items()}
    cases = []
    for number, place in places.items():
        name = f"BraTS2021_{number}"
        held = number == "00001"
        case = Case(name, f"{place}/{name}", name, "validation" if held else "train", seg=None if held else "seg")
        if variant == "other_orientation":
            case.code = {"00000": "RAS", "00495": "PSR", "00621": "LAS", "00001": "LPI"}[number]
        if variant in ("float", "float_whole", "nan") and number == "00495":
            case.kind = np.float32
        cases.append(case)
    return cases


def _cases_2023() -> list[Case]:
    """Training and validation of 2023."""
    top = "ASNR-MICCAI-BraTS2023-GLI-Challenge"
    cases = []
    for patient, visit in (("00000", "000"), ("00008", "000"), ("00008", "001"), ("00001", "000")):
        name = f"BraTS-GLI-{patient}-{visit}"
        held = patient == "00001"
        folder = f"{top}-{'Validation' if held else 'Training'}Data/{name}"
        case = Case(name, folder, f"BraTS-GLI-{patient}", "validation" if held else "train", dict(NEW), enhancing=3)
        case.seg = None if held else "seg"
        cases.append(case)
    return cases


def _promise(raw: Path, found: list[tuple[list[Row], Row]], edition: str | None) -> Phantom:
    """Rows in order: by split, by volume, by slice."""
    order = ["train", "validation"]
    rows = sorted((row for rows, _ in found for row in rows), key=lambda row: (order.index(row.split), natural(row.image_id)))
    volumes = sorted((row for _, row in found), key=lambda row: (order.index(row.split), natural(row.image_id)))
    return Phantom(raw, rows, {"volumes": volumes}, edition, secrets=list(SECRETS))


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree of a variant and says what must come out of it."""
    tree = folder / "raw"
    if variant in ("two_editions", "unnamed", "sister_task", "hdf5"):
        return _refused(tree, variant)
    if variant in ("2017", "2018", "2019"):
        found = [case.write(tree) for case in _cases_graded(int(variant))]
        top = next(path for path in tree.iterdir())
        if variant == "2018":
            write(top / "survival_data.csv", "Brats18ID,Age,Survival,ResectionStatus\nBrats18_CBICA_AAB_1,60.5,289,GTR\n")
        return _promise(tree, found, variant)
    if variant in ("2023", "value_4"):
        return _spoil(tree, "value_4" if variant == "value_4" else "", _cases_2023(), "2023")
    if variant == "clean" or variant.startswith("2020") or variant in ("repeated_key", "missing_column"):
        return _make_2020(folder, variant)
    if variant == "2021_tcia":
        return _tcia(tree)
    if variant.startswith("2021_"):
        return _tars(folder, variant)
    return _spoil(tree, variant, _cases_2021(variant), "2021")


def _make_2020(folder: Path, variant: str) -> Phantom:
    """The variants of 2020."""
    tree = folder / "raw"
    cases = _cases_2020(variant)
    phantom = _promise(tree, [case.write(tree) for case in cases], "2020")
    # ASSUMED: the wrong name is reported as a known defect; the mask is used.
    phantom.known = ["W39_1998.09.19_Segm.nii"]
    train = tree / "MICCAI_BraTS2020_TrainingData"
    mapping, survival = [list(row) for row in MAPPING], [list(row) for row in SURVIVAL]
    if variant == "repeated_key":
        survival.append(["BraTS20_Training_001", "61.5", "290", "STR"])
    if variant == "missing_column":
        mapping = [row[1:] for row in mapping]
    if variant != "2020_no_tables":
        for name, rows in (("name_mapping.csv", mapping), ("survival_info.csv", survival)):
            if variant == "2020_tables":
                write(train / name, b"\xef\xbb\xbf" + "".join(";".join(row) + "\r\n" for row in rows).encode())
            else:
                write(train / name, "".join(",".join(row) + "\n" for row in rows))
    if variant == "missing_column":
        return Phantom(tree, [], refused=True, secrets=list(SECRETS))
    if variant == "repeated_key":
        phantom.rejected.append("BraTS20_Training_001")
        _drop(phantom, "BraTS20_Training_001")
    valid = tree / "MICCAI_BraTS2020_ValidationData"
    if variant == "2020_cases_only":
        phantom.raw = train  # the paths begin where the layout does: as if the folder above had been given
    else:
        write(
            valid / "name_mapping_validation_data.csv",
            "BraTS_2019_subject_ID,BraTS_2020_subject_ID\nNA,BraTS20_Validation_001\n",
        )
        write(valid / "survival_evaluation.csv", "BraTS20ID,Age,ResectionStatus\nBraTS20_Validation_001,53.5,GTR\n")
    if variant == "2020_kaggle":
        for source, outer in ((train, "BraTS2020_TrainingData"), (valid, "BraTS2020_ValidationData")):
            (tree / outer).mkdir()
            source.rename(tree / outer / source.name)
        litter(tree)
    return phantom


def _tcia(tree: Path) -> Phantom:
    """2021 as TCIA packs it: `source_file` begins below the package's folder."""
    package = tree / "RSNA-ASNR-MICCAI-BraTS-2021"
    phantom = _promise(tree, [case.write(package) for case in _cases_2021("2021_tcia")], "2021-tcia")
    # ASSUMED: the names of the columns on site, patient and methylation.
    head = ["Data Collection (as on TCIA+additional)", "Site No", "TCIA PatientID", "BraTS2021 ID"]
    head += ["Segmentation (Task 1) Cohort", "Classification (Task 2) Cohort", "MGMT value"]
    rows: list[list[Any]] = [
        ["UCSF-PDGM", 2, 57, "BraTS2021_00000", "Training", "Training", 1],
        ["TCGA-GBM", 8, "TCGA-02-0006", "BraTS2021_00495", "Training", "Training", 0],
        ["UPENN-GBM_Additional", 1, None, "BraTS2021_00001", "Validation", "N/A", None],
        ["UPENN-GBM", 1, "UPENN-GBM-00011_11", "00169", "N/A", "Training", 1],
    ]
    for row in [*phantom.rows, *phantom.configs["volumes"]]:
        line = next((one for one in rows if row.source_file.split("/")[2] == one[3]), None)
        row.columns |= {
            "collection": None if line is None else line[0],
            "site_code": None if line is None else str(line[1]),
            "mgmt_code": None if line is None or line[6] is None else str(line[6]),
        }
    write_xlsx(tree / "BraTS2021_MappingToTCIA.xlsx", [head, *rows])
    return phantom


def _tars(folder: Path, variant: str) -> Phantom:
    """2021 as Kaggle holds it: a tar of training cases, and two tars of loose files."""
    tree, downloads = folder / "unpacked", folder / "raw"
    cases = [case for case in _cases_2021(variant) if case.split == "train"]
    for case in cases:
        case.folder = case.name
    found = [case.write(tree) for case in cases]
    phantom = _promise(downloads, found, "2021")
    for name in ("BraTS2021_00495", "BraTS2021_00621"):
        # the twins are told by bytes: each loose file is the very file of the large tar
        loose = folder / "loose" / name
        loose.mkdir(parents=True)
        for path in sorted((tree / name).iterdir()):
            write(loose / path.name, path.read_bytes())
            phantom.duplicate.append(path.name)
    if variant == "2021_tars_differ":
        name = "BraTS2021_00621"
        other = Case(name, name, name)
        other.write(folder / "other", low=7)
        spoiled = f"{name}_t1.nii.gz"
        write(folder / "loose" / name / spoiled, (folder / "other" / name / spoiled).read_bytes())
        phantom.duplicate = [entry for entry in phantom.duplicate if not entry.startswith(name)]
        phantom.rejected.append(name)
        _drop(phantom, name)
    as_tar(tree, downloads / "BraTS2021_Training_Data.tar")
    for name in ("BraTS2021_00495", "BraTS2021_00621"):
        as_tar(folder / "loose" / name, downloads / f"{name}.tar")
    return phantom


def _drop(phantom: Phantom, volume: str) -> None:
    """Takes the rows of a volume out of the promise."""
    phantom.rows = [row for row in phantom.rows if row.columns["volume_id"] != volume]
    phantom.configs["volumes"] = [row for row in phantom.configs["volumes"] if row.image_id != volume]


def _spoil(tree: Path, variant: str, cases: list[Case], edition: str) -> Phantom:
    """Writes whole cases; the second one bears what the variant shows."""
    found = []
    for index, case in enumerate(cases):
        special = index == 1
        low = -40 if special and variant == "negative" else 0
        found.append(case.write(tree, low, fraction=special and variant in ("float", "nan")))
    phantom = _promise(tree, found, edition)
    case = cases[1]
    truth = np.array([0, 1, 2, case.enhancing], dtype=np.uint8)[case.truth()]
    flair, seg, t2 = tree / case.path("flair"), tree / case.path("seg"), tree / case.path("t2")
    voxels, affine = turned(axial(case.voxels("flair")), (1.0, 1.0, 1.0), ORIGIN, "LPS")
    if variant == "seg_missing":
        seg.unlink()
    elif variant == "sequence_missing":
        (tree / case.path("t1ce")).unlink()
    elif variant in ("value_3", "value_4"):
        truth[2, 3:5, 4:9] = int(variant[-1])
        write_nifti(seg, axial(truth), affine)
    elif variant == "grid_differs":
        write_nifti(t2, axial(case.voxels("t2"))[:, :-1], affine)
    elif variant == "affine_differs":
        affine[0, 3] += 3.0
        write_nifti(seg, axial(truth), affine)
    elif variant == "nan":
        holed = voxels * np.float32(0.37)
        holed[4, 7, 2] = np.nan
        write_nifti(flair, holed.astype(np.float32), affine)
    elif variant == "broken_affine":
        singular = affine.copy()
        singular[:3, 1] = 0.0
        write_nifti(flair, voxels, affine, identities=False)
        content = bytearray(gzip.decompress(flair.read_bytes()))
        content[252:256] = (0).to_bytes(2, "little") + (1).to_bytes(2, "little")  # qform off, sform on
        content[280:328] = singular[:3].astype("<f4").tobytes()
        write_packed(flair, bytes(content), identities=False)
    elif variant == "truncated":
        data = flair.read_bytes()
        flair.write_bytes(data[: len(data) // 2])
    elif variant == "zero_byte":
        flair.write_bytes(b"")
    else:
        return phantom
    phantom.rejected.append(case.name)
    _drop(phantom, case.name)
    return phantom


def _refused(tree: Path, variant: str) -> Phantom:
    """Trees that belong to no edition, or to more than one."""
    if variant == "two_editions":
        for case in [*_cases_graded(2018)[:2], *_cases_2020("clean")[:2]]:
            case.write(tree)
    elif variant == "unnamed":
        for number in ("001", "002"):
            name = f"case_{number}"
            Case(name, f"training/{name}", name).write(tree)
    elif variant == "sister_task":
        # ASSUMED: only the glioma task is an edition.
        for number in ("00004", "00008"):
            name = f"BraTS-MEN-{number}-000"
            folder = f"BraTS-MEN-Train/{name}"
            Case(name, folder, name, names=dict(NEW), enhancing=3).write(tree)
    else:
        top = tree / "BraTS2020_training_data/content/data"
        for index in range(3):
            content = rng(f"brats h5 {index}").integers(0, 256, 400).astype(np.uint8).tobytes()
            write(top / f"volume_1_slice_{index}.h5", b"\x89HDF\r\n\x1a\n" + content)
        write(top / "meta_data.csv", "slice_path,target,volume,slice\nvolume_1_slice_0.h5,0,1,0\n")
        write(
            top.parents[1] / "BraTS20 Training Metadata.csv",
            "slice_path,target,volume,slice\nvolume_1_slice_0.h5,0,1,0\n",
        )
    return Phantom(tree, [], refused=True, secrets=list(SECRETS))
