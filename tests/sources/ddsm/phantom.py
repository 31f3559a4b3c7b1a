"""DDSM in both editions: CBIS-DDSM (DICOM and four tables) and the original tree (LJPEG, .ics, .OVERLAY).

CBIS: `<table>.csv` beside `CBIS-DDSM/Mass-Training_P_00001_LEFT_CC[_<lesion>]/<StudyUID>/<SeriesUID>/00000n.dcm`.
Original: `cases/<category>/<volume>/case<nnnn>/C_0029_1.LEFT_CC.LJPEG`, `.OVERLAY` and `C-0029-1.ics`.
"""

from __future__ import annotations

import gzip
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from pydicom.dataset import FileDataset
from pydicom.uid import UID

from tests.support.dicom import SECRETS, Series, ordered, uid, write_series
from tests.support.kit import Array, Phantom, Row, disc, rng, save_jpeg, write

# Which editions may be published, by whoever read their terms: the facts must agree.
TIERS = {"cbis": "open"}
ALIASES = ("cbis-ddsm",)

VARIANTS: dict[str, str] = {
    "clean": "cbis, classic folders: several lesions, swapped and split crop and mask files, line breaks in quoted paths",
    "nbia": "cbis as the NBIA retriever names it: manifest folder, long folder names, 1-1.dcm",
    "idc": "cbis by PatientID, study and series, as the IDC client names them",
    "kaggle-jpeg": "cbis as 8-bit JPEG: csv/, dicom_info.csv, jpeg/<SeriesInstanceUID>/",
    "subset": "cbis: the four tables, but the test images alone",
    "unlisted": "cbis: a folder that no table names",
    "missing-mask": "cbis: the mask of a second lesion is missing",
    "mask-size": "cbis: a mask two columns narrower than its image",
    "mask-grey": "cbis: a mask with a value besides 0 and 255",
    "table-bom": "cbis: a table saved by a spreadsheet: BOM, semicolons, bare LF",
    "table-without-column": "cbis: the mass training table lacks the image view: refused",
    "table-repeated": "cbis: one lesion is listed twice with different pathologies",
    "original": "original: four categories, two lesions, a core, swapped JPEG sides, a chain that leaves the image by one pixel",
    "original-gzip": "original: the files of benign_01/case3102 are gzipped",
    "original-known": "original: the images that mirrors lack and the overlays that are known to be wrong",
    "original-missing-overlay": "original: the header announces an overlay that is not there",
    "original-bad-chain": "original: an overlay with a chain code 9, and one without its end mark",
    "original-far-chain": "original: a chain that runs far out of the image",
    "original-cut-image": "original: an LJPEG that breaks off",
    "original-no-header": "original: a case without its .ics",
}

PATHOLOGY = {"M": "MALIGNANT", "B": "BENIGN", "N": "BENIGN_WITHOUT_CALLBACK"}


# ---------------------------------------------------------------- CBIS-DDSM


@dataclass
class Lesion:
    """One table row. `files` says where crop and mask lie: "normal", "swapped" (the table names the crop) or "apart"."""

    mask: Array
    first: str  # mass shape, or calc type
    second: str  # mass margins, or calc distribution
    assessment: int
    pathology: str
    subtlety: int
    files: str = "normal"
    number: int = 0  # abnormality id; its place in the list where 0


@dataclass
class Film:
    """One full mammogram with its lesions."""

    kind: str  # Mass, Calc
    split: str  # Training, Test
    patient: str
    side: str
    view: str
    density: int
    size: tuple[int, int]
    lesions: list[Lesion] = field(default_factory=list)

    @property
    def name(self) -> str:
        """The folder's name, which is the PatientID of its files."""
        return f"{self.kind}-{self.split}_{self.patient}_{self.side}_{self.view}"


def _spot(size: tuple[int, int], cy: float, cx: float, radius: float) -> Array:
    """A disc with a bite, so that it has no symmetry."""
    shape = disc(*size, cy, cx, radius)
    shape[: int(cy), int(cx) + 1 :] = False
    return shape


def _films() -> list[Film]:
    one = Film("Mass", "Training", "P_00001", "LEFT", "CC", 3, (48, 31))
    one.lesions = [Lesion(_spot((48, 31), 20, 12, 8), "IRREGULAR-ARCHITECTURAL_DISTORTION", "SPICULATED", 4, PATHOLOGY["M"], 4)]
    two = Film("Mass", "Training", "P_00004", "RIGHT", "MLO", 1, (46, 33))
    two.lesions = [
        Lesion(_spot((46, 33), 14, 10, 7), "OVAL", "N/A", 0, PATHOLOGY["B"], 0, "swapped"),
        Lesion(_spot((46, 33), 18, 14, 6), "LYMPH_NODE", "CIRCUMSCRIBED", 2, PATHOLOGY["N"], 5),
    ]
    three = Film("Mass", "Training", "P_00059", "LEFT", "CC", 1, (40, 29))
    three.lesions = [Lesion(_spot((40, 29), 22, 15, 9), "OVAL", "OBSCURED", 3, PATHOLOGY["M"], 4, "apart")]
    four = Film("Mass", "Test", "P_00016", "LEFT", "MLO", 4, (44, 30))
    four.lesions = [Lesion(_spot((44, 30), 25, 11, 7), "IRREGULAR", "SPICULATED", 5, PATHOLOGY["M"], 5)]
    five = Film("Calc", "Training", "P_00005", "RIGHT", "CC", 3, (47, 32))
    five.lesions = [Lesion(_spot((47, 32), 17, 14, 8), "AMORPHOUS", "CLUSTERED", 3, PATHOLOGY["M"], 3)]
    six = Film("Calc", "Training", "P_00016", "RIGHT", "CC", 2, (43, 30))  # this patient's masses are in the test set
    six.lesions = [
        Lesion(_spot((43, 30), 12, 9, 6), "ROUND_AND_REGULAR-LUCENT_CENTER", "NA", 2, PATHOLOGY["N"], 5),
        Lesion(_spot((43, 30), 30, 18, 7), "PLEOMORPHIC-PLEOMORPHIC", "REGIONAL-REGIONAL", 4, PATHOLOGY["B"], 1, number=3),
    ]
    seven = Film("Calc", "Test", "P_00038", "LEFT", "CC", 0, (45, 28))
    seven.lesions = [Lesion(_spot((45, 28), 16, 13, 9), "PUNCTATE-PLEOMORPHIC", "CLUSTERED", 4, PATHOLOGY["B"], 2)]
    return [one, two, three, four, five, six, seven]


def uid9590(text: str) -> str:
    return uid(text, "1.3.6.1.4.1.9590.100.1.2")


def film_file(folder: Path, pixels: Array, patient: str, study: str, series: str, sop: str, text: str, name: str) -> Series:
    """One DICOM file with chosen UIDs, in the style of a secondary capture."""

    def edit(header: FileDataset, index: int) -> None:
        header.StudyInstanceUID, header.SeriesInstanceUID = study, series
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = UID(sop)
        header.SOPClassUID = header.file_meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.7")
        header.ConversionType = "WSD"
        header.PatientName = patient
        del header.PixelSpacing
        header.BodyPartExamined = "BREAST"
        header.PatientOrientation = patient.split("_")[4] if patient.count("_") >= 4 else ""

    written = write_series(
        folder,
        pixels[None],
        name=sop,
        patient_id=patient,
        modality="MG",
        description=text,
        removed="YES",
        file_name=lambda number, _: name,
        edit=edit,
    )
    written.uid, written.study_uid, written.sop_uids = series, study, [sop]
    return written


@dataclass
class Place:
    """Where a layout puts a file: folder and name for (folder's PatientID, study, series, number in series, what)."""

    raw: Path
    layout: str
    jpegs: list[tuple[str, str, str, str, tuple[int, ...]]] = field(default_factory=list)  # path, series, text, PatientID, shape
    crops: list[str] = field(default_factory=list)  # ASSUMED: crops are listed as not used

    def put(self, pixels: Array, owner: str, study: str, series: str, number: int, text: str, title: str = "") -> tuple[str, Array]:
        """Writes one picture, `title` naming its series' folder; gives source_file and the pixels that its reader finds."""
        sop = uid9590(f"sop {series} {number}")
        if self.layout == "kaggle-jpeg":
            small = (pixels >> 8).astype(np.uint8) if pixels.dtype == np.uint16 else pixels
            name = f"{number + 1}-{sum(map(ord, series)) % 900 + 100}.jpg"
            found = save_jpeg(self.raw / "jpeg" / series / name, small, quality=95)
            self.jpegs.append((f"CBIS-DDSM/jpeg/{series}/{name}", series, text, owner, pixels.shape))
            return f"jpeg/{series}/{name}", found
        homes = {
            "nbia": (
                f"manifest-ZkhPvrLo5216730872708713142/CBIS-DDSM/{owner}/08-29-2017-DDSM-NA-{study[-5:]}/"
                f"1.000000-{title or text}-{series[-5:]}",
                f"1-{number + 1}.dcm",
            ),
            "idc": (f"cbis_ddsm/{owner}/{study}/MG_{series}", f"{sop[-8:]}-5f1c-4a0e-9f3b-{sop[-12:]}.dcm"),
        }
        home, name = homes.get(self.layout, (f"CBIS-DDSM/{owner}/{study}/{series}", f"{number:06d}.dcm"))
        film_file(self.raw / home, pixels, owner, study, series, sop, text, name)
        return f"{series}/{sop}.dcm", pixels


FULL, CROP, ROI = "full mammogram images", "cropped images", "ROI mask images"
HEADS = {
    "Mass": ("breast_density", "mass shape", "mass margins"),
    "Calc": ("breast density", "calc type", "calc distribution"),
}


def _cbis_film(place: Place, film: Film, variant: str) -> tuple[Row, list[list[str]]]:
    """Writes one mammogram with crops and masks; gives its row and its table rows.

    ASSUMED: a row is one full mammogram, its id the folder's name; class ids are shared by both configs (1 mass,
    2 calcification); what is known of each lesion stands in lists in the order of `masks`, named as the tables name it;
    `view` is a ClassLabel.
    """
    pixels = rng(film.name).integers(2000, 65000, film.size).astype(np.uint16)
    study, series = uid9590(f"study {film.name}"), uid9590(f"series {film.name}")
    source, image = place.put(pixels, film.name, study, series, 0, FULL)
    label, names, word = (1, "mass", "mass") if film.kind == "Mass" else (2, "calcification", "calc")
    painted = np.zeros(film.size, np.uint8)
    full_path = f"{film.name}/{study}/{series}/000000.dcm"
    table: list[list[str]] = []
    for place_in_list, lesion in enumerate(film.lesions, 1):
        number = lesion.number or place_in_list
        owner = f"{film.name}_{number}"
        one, two = uid9590(f"series {owner}"), uid9590(f"series {owner} mask")
        inside = uid9590(f"study {owner}")
        crop = pixels[3:19, 2:17]
        mask = lesion.mask.astype(np.uint8) * 255
        if variant == "mask-size" and film.patient == "P_00001":
            mask = mask[:, :-2]
        if variant == "mask-grey" and film.patient == "P_00001":
            mask[0, :5] = 200
        gone = variant == "missing-mask" and film.patient == "P_00004" and number == 2
        if lesion.files == "apart":
            crop_path, mask_path = f"{one}/000000.dcm", f"{uid9590(f'study {owner} mask')}/{two}/000000.dcm"
            place.crops.append(place.put(crop, owner, inside, one, 0, CROP)[0])
            place.put(mask, owner, uid9590(f"study {owner} mask"), two, 0, ROI)
            crop_path, mask_path = f"{owner}/{inside}/{crop_path}", f"{owner}/{mask_path}"
        else:
            # The table of masses names the mask 000001, that of calcifications 000000; "swapped" files say otherwise.
            at = 1 if film.kind == "Mass" else 0
            crop_path, mask_path = (f"{owner}/{inside}/{one}/{n:06d}.dcm" for n in (1 - at, at))
            if lesion.files == "swapped":
                at = 1 - at
            place.crops.append(place.put(crop, owner, inside, one, 1 - at, CROP, ROI)[0])
            if not gone:
                place.put(mask, owner, inside, one, at, ROI)
        painted[lesion.mask] = label
        broken = film.kind == "Mass"
        cells = [film.patient, str(film.density), film.side, film.view, str(number), names, lesion.first, lesion.second]
        cells += [str(lesion.assessment), lesion.pathology, str(lesion.subtlety), full_path]
        cells += [crop_path, mask_path + "\n"] if broken else [crop_path + "\n", mask_path]
        table.append(cells)
    lesions = film.lesions
    numbers = [lesion.number or n for n, lesion in enumerate(lesions, 1)]
    first, second = HEADS[film.kind][1].replace(" ", "_"), HEADS[film.kind][2].replace(" ", "_")
    columns: dict[str, Any] = {
        "masks": [lesion.mask.astype(np.uint8) for lesion in lesions],
        "mask_names": [f"{names}_{number}" for number in numbers],
        "mask_overlap": bool((np.sum([lesion.mask for lesion in lesions], axis=0) > 1).any()),
        "laterality": film.side.lower(),
        "view": film.view,
        "breast_density": film.density,
        "abnormality_id": numbers,
        "assessment": [lesion.assessment for lesion in lesions],
        "pathology": [lesion.pathology.lower() for lesion in lesions],
        "subtlety": [lesion.subtlety for lesion in lesions],
        first: [None if lesion.first in ("NA", "N/A") else lesion.first for lesion in lesions],
        second: [None if lesion.second in ("NA", "N/A") else lesion.second for lesion in lesions],
    }
    assert word in first
    split = "train" if film.split == "Training" else "test"
    return Row(film.name, image, painted, source, split, film.patient, columns), table


def _csv(head: list[str], rows: list[list[str]], separator: str = ",", end: str = "\r\n") -> str:
    lines = [head, *rows]
    quoted = [[f'"{cell}"' if "\n" in cell or separator in cell else cell for cell in line] for line in lines]
    return "".join(separator.join(line) + end for line in quoted)


def _cbis(folder: Path, variant: str) -> Phantom:
    """ASSUMED: the default config is `mass`. Rows of a table whose images are not there at all are a note."""
    promise = Phantom(folder, [], edition="cbis", secrets=SECRETS)
    place = Place(folder, variant)
    films = _films()
    tables: dict[tuple[str, str], list[list[str]]] = {}
    rows: dict[str, list[Row]] = {"Mass": [], "Calc": []}
    bad = {"missing-mask": "P_00004", "mask-size": "P_00001", "mask-grey": "P_00001", "table-repeated": "P_00059"}
    for film in films:
        already = len(place.crops)
        here = Place(folder.with_name(folder.name + "-unused"), variant)
        absent = variant == "subset" and film.split == "Training"
        row, table = _cbis_film(here if absent else place, film, variant)
        tables.setdefault((film.kind, film.split), []).extend(table)
        if film.patient == bad.get(variant) and film.kind == "Mass":
            promise.rejected.append(film.name)
            del place.crops[already:]
        elif not absent:
            rows[film.kind].append(row)
        if absent:
            _remove(here.raw)
    home = folder / "csv" if variant == "kaggle-jpeg" else folder
    for (kind, split), table in tables.items():
        density, first, second = HEADS[kind]
        head = ["patient_id", density, "left or right breast", "image view", "abnormality id", "abnormality type"]
        head += [first, second, "assessment", "pathology", "subtlety", "image file path", "cropped image file path"]
        head += ["ROI mask file path"]
        name = f"{kind.lower()}_case_description_{'train' if split == 'Training' else 'test'}_set.csv"
        train = (kind, split) == ("Mass", "Training")
        if train and variant == "table-without-column":
            head, table = head[:3] + head[4:], [line[:3] + line[4:] for line in table]
        if train and variant == "table-repeated":
            twin = list(table[-1])
            twin[9] = "BENIGN"
            table = [*table, twin]
        if train and variant == "table-bom":
            write(home / name, b"\xef\xbb\xbf" + _csv(head, table, ";", "\n").encode())
        else:
            write(home / name, _csv(head, table))
    if variant == "kaggle-jpeg":
        head = ["file_path", "image_path", "Columns", "PatientID", "Rows", "SeriesDescription", "SeriesInstanceUID"]
        info = []
        for path, series, text, owner, shape in place.jpegs:
            # Many lines have no description; the two files of P_00059 have no size instead.
            blank, bare = owner.startswith(("Mass-Training_P_00004", "Calc-Training_P_00016")), "P_00059" in owner
            columns, rows_ = ("", "") if bare else (str(shape[1]), str(shape[0]))
            info.append(
                [path.replace("/jpeg/", "/dicom/").replace(".jpg", ".dcm"), path, columns, owner, rows_, "" if blank else text, series]
            )
        write(home / "dicom_info.csv", _csv(head, info, end="\n"))
        write(home / "meta.csv", "SeriesInstanceUID,Modality\n")
        assert all(_clear(folder / path.removeprefix("CBIS-DDSM/")) for path, _, text, _, _ in place.jpegs if text == ROI)
    if variant == "unlisted":
        lone = Film("Mass", "Training", "P_09999", "LEFT", "CC", 1, (32, 24))
        row, _ = _cbis_film(place, lone, variant)
        promise.not_used.append(row.source_file)
    promise.not_used += place.crops
    order = ("train", "test")
    by_split = {k: [r for s in order for r in ordered([x for x in v if x.split == s])] for k, v in rows.items()}
    promise.rows, promise.configs = by_split["Mass"], {"calc": by_split["Calc"]}
    if variant == "table-without-column":
        return Phantom(folder, [], edition="cbis", refused=True)
    return promise


def _clear(path: Path) -> bool:
    """Every pixel of a JPEG mask is far from the threshold."""
    found = np.asarray(Image.open(path)).astype(int)
    return bool((np.abs(found - 127.5) > 25).all())


def _remove(folder: Path) -> None:
    """Deletes a tree that this module has just written."""
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    if folder.is_dir():
        folder.rmdir()


# ---------------------------------------------------------------- the original tree


def ljpeg(pixels: Array, bits: int) -> bytes:
    """A lossless JPEG (SOF3, predictor 1) with one flat Huffman table."""
    height, width = pixels.shape
    values = pixels.astype(np.int64)
    before = np.empty_like(values)
    before[:, 1:] = values[:, :-1]
    before[1:, 0] = values[:-1, 0]
    before[0, 0] = 1 << (bits - 1)
    text: list[str] = []
    for difference in (((values - before) + 32768) % 65536 - 32768).ravel().tolist():
        size = abs(difference).bit_length()
        text.append(f"{size:05b}")  # seventeen categories, all codes five bits long
        if 0 < size < 16:
            low = difference if difference > 0 else difference + (1 << size) - 1
            text.append(f"{low:0{size}b}")
    stream = "".join(text)
    stream += "1" * (-len(stream) % 8)
    packed = int(stream, 2).to_bytes(len(stream) // 8, "big").replace(b"\xff", b"\xff\x00")
    frame = b"\xff\xc3" + struct.pack(">HBHHBBBB", 11, bits, height, width, 1, 1, 0x11, 0)
    counts = bytes([0, 0, 0, 0, 17, *[0] * 11])
    huffman = b"\xff\xc4" + struct.pack(">HB", 3 + 16 + 17, 0) + counts + bytes(range(17))
    scan = b"\xff\xda" + struct.pack(">HBBBBBB", 8, 1, 1, 0, 1, 0, 0)
    return b"\xff\xd8" + frame + huffman + scan + packed + b"\xff\xd9"


STEPS = ((0, -1), (1, -1), (1, 0), (1, 1), (0, 1), (-1, 1), (-1, 0), (-1, -1))


@dataclass
class Finding:
    """One abnormality of an overlay: a rectangle with one corner cut by a diagonal, drawn as a chain, perhaps a core."""

    kind: str  # MASS, CALCIFICATION
    words: str
    pathology: str
    box: tuple[int, int, int, int]  # top, left, bottom, right, inclusive
    core: tuple[int, int, int, int] | None = None
    cut: int = 4
    assessment: int = 4
    subtlety: int = 3
    second_words: str = ""  # LESION_TYPE can repeat

    def chain(self, box: tuple[int, int, int, int], cut: int) -> str:
        """Start column and row, clockwise codes, end mark. The corner at the upper right is cut diagonally."""
        top, left, bottom, right = box
        codes = [2] * (right - left - cut) + [3] * cut + [4] * (bottom - top - cut) + [6] * (right - left)
        codes += [0] * (bottom - top)
        return f"{left} {top} " + " ".join(map(str, codes)) + " # "

    def fill(self, size: tuple[int, int], box: tuple[int, int, int, int], cut: int) -> Array:
        """The rectangle with its outline, without the cut corner, as far as it lies in the image."""
        top, left, bottom, right = box
        y, x = np.mgrid[: size[0], : size[1]]
        inside = (y >= top) & (y <= bottom) & (x >= left) & (x <= right)
        return np.asarray(inside & ((x - (right - cut)) <= (y - top)))


def _overlay(findings: list[Finding]) -> str:
    lines = [f"TOTAL_ABNORMALITIES {len(findings)}"]
    for number, f in enumerate(findings, 1):
        lines += [f"ABNORMALITY {number} ", f"LESION_TYPE {f.kind} {f.words} "]
        if f.second_words:
            lines.append(f"LESION_TYPE {f.kind} {f.second_words}")
        lines += [f"ASSESSMENT {f.assessment}", f"SUBTLETY {f.subtlety}", f"PATHOLOGY {f.pathology}"]
        lines += [f"TOTAL_OUTLINES {2 if f.core else 1} ", "BOUNDARY", f.chain(f.box, f.cut)]
        if f.core:
            lines += ["\tCORE", f.chain(f.core, 2)]
    return "\n".join(lines) + "\n"


@dataclass
class Case:
    """One case folder with its four films."""

    folder: str
    number: str  # C_0029_1
    age: int
    density: int
    digitizer: str
    bits: int
    findings: dict[str, list[Finding]] = field(default_factory=dict)  # view -> findings
    lacking: tuple[str, ...] = ()


VIEWS = ("LEFT_CC", "LEFT_MLO", "RIGHT_CC", "RIGHT_MLO")
CATEGORY = {
    "normals": "normal",
    "benigns": "benign",
    "benign_without_callbacks": "benign_without_callback",
    "cancers": "cancer",
}


def _header(case: Case) -> str:
    """The text of the .ics file."""
    name = case.number.replace("_", "-")
    lines = ["ics_version 1.0", f"filename {name}", "DATE_OF_STUDY 2 7 1994", f"PATIENT_AGE {case.age}", "FILM "]
    lines += ["FILM_TYPE REGULAR", f"DENSITY {case.density}", "DATE_DIGITIZED 7 23 1997 "]
    lines += [f"DIGITIZER {case.digitizer} ", "SEQUENCE"]
    for view in VIEWS:
        height, width = _size(view)
        overlay = "OVERLAY" if view in case.findings else "NON_OVERLAY"
        lines.append(f"{view} LINES {height} PIXELS_PER_LINE {width} BITS_PER_PIXEL {case.bits} RESOLUTION 50 {overlay}  ")
    return "\n".join(lines) + "\n"


def _size(view: str) -> tuple[int, int]:
    return 44 + 2 * VIEWS.index(view), 31 + VIEWS.index(view)


def _row(case: Case, view: str, pixels: Array, source: str) -> Row:
    """The row of one film.

    ASSUMED: a film without overlay was searched and nothing found: all zero, in every category. `label` is the category's
    folder; `patient_id` is the file names' first part; `mask_core` is the second layer, 0 and 1.
    """
    size = _size(view)
    findings = case.findings.get(view, [])
    shapes = [finding.fill(size, finding.box, finding.cut) for finding in findings]
    painted = np.zeros(size, np.uint8)
    for kind, label in (("MASS", 1), ("CALCIFICATION", 2)):
        for finding, shape in zip(findings, shapes, strict=True):
            if finding.kind == kind:
                painted[shape] = label
    columns: dict[str, Any] = {
        "label": CATEGORY[case.folder.split("/")[0]],
        "laterality": view.split("_")[0].lower(),
        "view": view.split("_")[1],
        "age": float(case.age),
        "breast_density": case.density,
        "masks": [shape.astype(np.uint8) for shape in shapes],
        "mask_names": [f"{finding.kind.lower()}_{number}" for number, finding in enumerate(findings, 1)],
        "abnormality_id": list(range(1, len(findings) + 1)),
        "assessment": [finding.assessment for finding in findings],
        "subtlety": [finding.subtlety for finding in findings],
        "pathology": [finding.pathology.lower() for finding in findings],
    }
    if any(finding.core for finding in findings):
        core = np.zeros(size, np.uint8)
        for finding in findings:
            if finding.core:
                core[finding.fill(size, finding.core, 2)] = 1
        columns["mask_core"] = core
    return Row(f"{case.number}.{view}", pixels, painted, source, "train", case.number, columns)


def _cases(variant: str) -> list[Case]:
    mass = Finding("MASS", "SHAPE IRREGULAR MARGINS SPICULATED", "MALIGNANT", (8, 5, 26, 20), core=(12, 8, 20, 15))
    calc = Finding("CALCIFICATION", "TYPE PLEOMORPHIC DISTRIBUTION CLUSTERED", "BENIGN", (18, 12, 33, 27), cut=5)
    calc.second_words = "TYPE LUCENT_CENTER DISTRIBUTION N/A"
    over = Finding("MASS", "SHAPE OVAL MARGINS OBSCURED", "UNPROVEN", (-1, 4, 15, 17), cut=0)
    back = Finding("MASS", "SHAPE ROUND MARGINS CIRCUMSCRIBED", "BENIGN_WITHOUT_CALLBACK", (10, 3, 24, 16))
    cancer = Case("cancers/cancer_01/case3029", "A_0029_1", 66, 2, "HOWTEK", 12, {"LEFT_CC": [mass, calc]})
    cancer.findings["LEFT_MLO"] = [over]
    normal = Case("normals/normal_01/case0003", "B_0003_1", 51, 3, "LUMISYS LASER", 12)
    callback = Case("benign_without_callbacks/benign_without_callback_01/case0231", "C_0231_1", 48, 4, "LUMISYS LASER", 12)
    callback.findings["RIGHT_MLO"] = [back]
    benign = Case("benigns/benign_03/case1410", "A_1410_1", 72, 1, "DBA", 16, {"RIGHT_CC": [calc]})
    cases = [cancer, normal, callback, benign]
    if variant == "original-gzip":
        cases.append(Case("benigns/benign_01/case3102", "B_3102_1", 60, 2, "LUMISYS LASER", 12, {"LEFT_CC": [back]}))
    if variant == "original-known":
        cases = [
            Case("benigns/benign_10/case4164", "D_4164_1", 44, 2, "HOWTEK", 12, {"RIGHT_CC": [back]}, ("LEFT_MLO",)),
            Case("cancers/cancer_09/case3407", "B_3407_1", 58, 3, "LUMISYS LASER", 12, {"LEFT_CC": [mass]}, ("RIGHT_CC",)),
            Case("benigns/benign_08/case1738", "C_1738_1", 63, 1, "LUMISYS LASER", 12),
            Case("cancers/cancer_11/case1694", "A_1694_1", 70, 2, "DBA", 16, {"LEFT_CC": [mass], "LEFT_MLO": [mass]}),
        ]
        cases[2].findings = {"RIGHT_CC": [back], "RIGHT_MLO": [calc], "LEFT_CC": [calc]}
    return cases


def _original(folder: Path, variant: str) -> Phantom:
    """ASSUMED: overlays known to be wrong leave their film in the table with a null mask."""
    promise = Phantom(folder, [], edition="original", secrets=[])
    wrong = {"case1738": ("RIGHT_CC", "RIGHT_MLO"), "case1694": ("LEFT_CC",)}
    for case in _cases(variant):
        home = folder / "cases" / case.folder
        short = case.folder.rsplit("/", 1)[1]
        cancer = short == "case3029"
        if not (cancer and variant == "original-no-header"):
            write(home / f"{case.number.replace('_', '-')}.ics", _header(case))
        for view in VIEWS:
            if view in case.lacking:
                continue
            pixels = rng(case.number + view).integers(40, 2**case.bits - 1, _size(view)).astype(np.uint16)
            pixels[5:15, 3:11] //= 4
            # The JPEG header of one film has its sides swapped: the pixels run on as the .ics tells.
            sides = (pixels.shape[1], pixels.shape[0]) if cancer and view == "RIGHT_MLO" else pixels.shape
            name = f"{case.number}.{view}.LJPEG"
            path = write(home / name, ljpeg(pixels.reshape(sides), case.bits))
            overlay = home / f"{case.number}.{view}.OVERLAY"
            if view in case.findings:
                write(overlay, _overlay(case.findings[view]))
            source = f"cases/{case.folder}/{name}"
            if short == "case3102":
                _gzip(path)
                source += ".gz"
            row = _row(case, view, pixels, source)
            if view in wrong.get(short, ()) and variant == "original-known":
                row.mask = None
                for gone in (
                    "masks",
                    "mask_names",
                    "abnormality_id",
                    "assessment",
                    "subtlety",
                    "pathology",
                    "mask_core",
                ):
                    row.columns.pop(gone, None)
                promise.known.append(overlay.name)
            if cancer and _damage(variant, view, path, overlay):
                promise.rejected.append(path.name if variant in ("original-cut-image", "original-no-header") else overlay.name)
                continue
            promise.rows.append(row)
        if short == "case3102":
            for path in [*home.glob("*.ics"), *home.glob("*.OVERLAY")]:
                _gzip(path)
        if variant == "original":
            print_name = f"TAPE_{case.number}.COMB.16_PGM"
            write(home / print_name, b"P5\n8 6\n255\n" + bytes(range(48)))
            promise.not_used.append(print_name)
    if variant == "original":
        # A film that a tool has unpacked beside its LJPEG: raw, big-endian.
        first = folder / "cases" / "cancers" / "cancer_01" / "case3029" / "A_0029_1.LEFT_CC.LJPEG.1"
        write(first, next(row.image for row in promise.rows if row.image_id == "A_0029_1.LEFT_CC").astype(">u2").tobytes())
        promise.not_used.append(first.name)
    promise.rows = ordered(promise.rows)
    return promise


def _gzip(path: Path) -> None:
    """Replaces a file by its gzipped form.

    ASSUMED: the gzipped files carry `.gz`, and are read without being unpacked by hand.
    """
    write(path.with_name(path.name + ".gz"), gzip.compress(path.read_bytes(), mtime=0))
    path.unlink()


def _damage(variant: str, view: str, path: Path, overlay: Path) -> bool:
    """Damages files of the case of cancer; says whether this film must be rejected."""
    if variant == "original-no-header":
        return True
    if variant == "original-missing-overlay" and view == "LEFT_CC":
        overlay.unlink()
        return True
    if variant == "original-bad-chain" and view == "LEFT_CC":
        text = overlay.read_text()
        write(overlay, re.sub(r"(BOUNDARY\n\d+ \d+) 2", r"\1 9", text, count=1))
        return True
    if variant == "original-bad-chain" and view == "LEFT_MLO":
        write(overlay, overlay.read_text().replace(" # ", ""))
        return True
    if variant == "original-far-chain" and view == "LEFT_CC":
        write(overlay, overlay.read_text().replace("BOUNDARY\n5 8 ", "BOUNDARY\n25 8 ", 1))
        return True
    if variant == "original-cut-image" and view == "RIGHT_CC":
        write(path, path.read_bytes()[:700])
        return True
    return False


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns what must come out of it."""
    if variant not in VARIANTS:
        raise ValueError(variant)
    return _original(folder, variant) if variant.startswith("original") else _cbis(folder, variant)
