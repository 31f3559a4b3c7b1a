"""CXLSeg 1.0.0: lung masks as 224 x 224 JPEG with four tables, joined to the radiographs of MIMIC-CXR-JPG.

Both parts hold the same relative path `files/p10/p10000032/s50414267/<dicom_id>.jpg`; the masks add `-mask`. The
picture that CXLSeg itself has under that path shows the lungs alone and is no image of this data set.
All ids are invented.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from tests.support.kit import Array, Phantom, Row, disc, grey, save_jpeg, write

VARIANTS: dict[str, str] = {
    "clean": "both parts as wget leaves them below physionet.org/files, a lateral film beside, an empty mask",
    "flat": "both parts in folders of the user's own names, MIMIC-CXR-JPG 2.1.0",
    "parts": "radiographs elsewhere and without any of their tables, given as a part of its own",
    "radiographs_alone": "radiographs in a folder mimic-cxr-jpg without any of their tables",
    "patient_overlap": "films of one patient in two splits",
    "tables_dressed": "the four tables with byte order mark and CRLF",
    "semicolons": "the four tables separated by semicolons",
    "bare_cr": "the four tables with bare carriage returns, reports on one line",
    "latin1": "Latin-1 letters in the reports",
    "bad_files": "a radiograph missing, a mask missing, a cut mask, a mask of another size, a cut radiograph",
    "bad_tables": "a film without a mask record, one with two, an undeclared split and an undeclared label value",
    "missing_column": "the split table lacks its column split",
    "no_mimic": "CXLSeg alone: the part that is missing stops the conversion",
}
LABELS = [
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
]
NATIVE = 224
SECRET = "planted finding of Doctor Wenzel Hruby"


@dataclass
class Film:
    """One frontal radiograph."""

    dicom_id: str
    subject: int
    study: int
    split: str
    view: str
    height: int
    width: int
    labels: dict[str, int] = field(default_factory=dict)
    empty: bool = False

    @property
    def folder(self) -> str:
        return f"files/p{str(self.subject)[:2]}/p{self.subject}/s{self.study}"

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.dicom_id}.jpg"

    @property
    def mask_path(self) -> str:
        return f"{self.folder}/{self.dicom_id}-mask.jpg"


# In the natural order of the ids within a split. An absent label was not mentioned, -1 is uncertain.
FILMS = [
    Film(
        "01f3a1be-5c07de21-90ab44d2-77c1e0f3-6b2d9a10", 10000101, 50000017, "train", "AP", 305, 254,
        {"Atelectasis": 1, "Edema": -1, "Pneumothorax": 0},
    ),
    Film(
        "02c8d94e-1b22aa07-5de0f1c3-08b7a6d4-e19f2c55", 10000101, 50000444, "train", "PA", 254, 305,
        {"No Finding": 1},
    ),
    Film(
        "a7710c3d-42ee9b80-16d5c2fa-9c3305be-d04417a9", 11000202, 50000063, "train", "PA", 240, 210,
        {"Lung Lesion": 1, "Support Devices": 0},
    ),
    Film("c00d51f2-3a9e7d14-8bb6e0c5-27f1a8d3-5e64b90c", 11000202, 50000063, "train", "AP", 261, 190, {}, empty=True),
    Film(
        "d92e6b07-f1c4a583-0d7be926-61a0c5f8-3b82d74e", 12000303, 50000901, "validate", "AP", 230, 226,
        {"Fracture": -1},
    ),
    Film(
        "e5b1f08a-7c63d92e-40fa1b75-c8e20d96-94a7f3b1", 13000404, 50000718, "test", "PA", 280, 301,
        {"Enlarged Cardiomediastinum": 0, "Pleural Effusion": 1, "Pleural Other": -1},
    ),
]  # fmt: skip


def column_of(label: str) -> str:
    """The column of a finding."""
    return label.lower().replace(" ", "_")


def lungs(film: Film) -> Array:
    """Two lungs of different size on the 224 grid, merged to one structure; or none at all."""
    shift = int(film.dicom_id[1], 16)
    if film.empty:
        return np.zeros((NATIVE, NATIVE), np.uint8)
    both = disc(NATIVE, NATIVE, 104, 66 + shift, 48) | disc(NATIVE, NATIVE, 118 - shift, 160, 40)
    return np.where(both, 255, 0).astype(np.uint8)


def spread(native: Array, height: int, width: int) -> Array:
    """Nearest neighbour onto the radiograph's grid, independent in both directions."""
    rows = ((np.arange(height) + 0.5) * NATIVE / height).astype(int)
    columns = ((np.arange(width) + 0.5) * NATIVE / width).astype(int)
    result: Array = native[rows][:, columns]
    return result


def save_film(film: Film, cxlseg: Path, mimic: Path) -> Row:
    """Writes radiograph, lung picture and mask, and returns the row."""
    y, x = np.mgrid[: film.height, : film.width]
    values = grey(f"cxlseg/{film.dicom_id}", film.height, film.width, 90) + (x * 80 // film.width) + (y * 60 // film.height)
    image = save_jpeg(mimic / film.path, values.astype(np.uint8))
    stored = save_jpeg(cxlseg / film.mask_path, lungs(film), quality=85)
    native = (stored > 127).astype(np.uint8)
    small = np.asarray(Image.fromarray(image).resize((NATIVE, NATIVE)))
    save_jpeg(cxlseg / film.path, np.stack([small * native] * 3, axis=-1))
    findings: dict[str, object] = {column_of(label): film.labels.get(label) for label in LABELS}
    # ASSUMED: ids of patient and study are the numbers of the tables; the letters p and s belong to the folders.
    columns = {"study_id": str(film.study), "view": film.view, "mask_native": native, "mask_origin": "automatic"}
    return Row(
        image_id=film.dicom_id,
        image=image,
        mask=spread(native, film.height, film.width),
        source_file=f"mimic-cxr-jpg/{film.path}",
        split="validation" if film.split == "validate" else film.split,
        patient_id=str(film.subject),
        columns=columns | findings,
    )


def report(index: int, one_line: bool = False) -> str:
    """Free text in quotes, over several lines, with commas and doubled quotes."""
    text = f'FINAL REPORT\n FINDINGS:  {SECRET}, no. {index};\n ""unchanged"".\n'
    return '"' + (text.replace("\n", " ") if one_line else text) + '"'


def tables(top: Path, films: list[Film], one_line: bool = False) -> None:
    """Writes the four tables, in no useful order.

    ASSUMED: the three keys come first; only the names of the columns are published, not their order.
    """
    segmented = ["dicom_id,subject_id,study_id,DicomPath," + ",".join(LABELS)]
    mask, split = ["dicom_id,subject_id,study_id,DicomPath"], ["dicom_id,study_id,subject_id,split"]
    metadata = ["dicom_id,subject_id,study_id,ViewPosition,StudyDate,StudyTime,Reports"]
    for index, film in reversed(list(enumerate(films))):
        keys = f"{film.dicom_id},{film.subject},{film.study}"
        states = (f"{film.labels[label]:.1f}" if label in film.labels else "" for label in LABELS)
        segmented.append(f"{keys},{film.path}," + ",".join(states))
        mask.append(f"{keys},{film.mask_path}")
        split.insert(1 + index % 2, f"{film.dicom_id},{film.study},{film.subject},{film.split}")
        metadata.append(f"{keys},{film.view},2180050{index + 1},{80000 + index * 9000}.937,{report(index, one_line)}")
    for name, lines in {"segmented": segmented, "mask": mask, "split": split, "metadata": metadata}.items():
        write(top / f"CXLSeg-{name}.csv", "\n".join(lines) + "\n")


def mimic_tables(top: Path, films: list[Film]) -> None:
    """The tables of MIMIC-CXR-JPG by which the part is known; not needed for anything else."""
    keys = [f"{film.dicom_id},{film.study},{film.subject}" for film in films]
    for name, column in {"split": "split", "metadata": "ViewPosition"}.items():
        values = (film.view if name == "metadata" else "train" for film in films)
        text = f"dicom_id,study_id,subject_id,{column}\n"
        text += "".join(f"{key},{value}\n" for key, value in zip(keys, values, strict=True))
        write(top / f"mimic-cxr-2.0.0-{name}.csv.gz", gzip.compress(text.encode(), mtime=0))


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below `folder`."""
    server = folder / "physionet.org" / "files"
    cxlseg, mimic = server / "chest-x-ray-segmentation" / "1.0.0", server / "mimic-cxr-jpg" / "2.0.0"
    if variant == "flat":
        cxlseg, mimic = folder / "lungs", folder / "MIMIC jpg 2.1.0"
    if variant == "radiographs_alone":
        cxlseg, mimic = folder / "cxlseg", folder / "mimic-cxr-jpg"
    films = [Film(**vars(film)) for film in FILMS]
    if variant == "patient_overlap":
        films[5].subject = films[0].subject
    rows = [save_film(film, cxlseg, mimic) for film in films]
    tables(cxlseg, films, one_line=variant == "bare_cr")
    write(cxlseg / "LICENSE.txt", "Credentialed\n")
    write(cxlseg / "SHA256SUMS.txt", f"{'0' * 64} CXLSeg-mask.csv\n")
    if variant not in ("parts", "radiographs_alone"):
        mimic_tables(mimic, films)
        write(mimic / "LICENSE.txt", "Credentialed\n")
    lateral = grey("cxlseg/lateral", 233, 300)
    save_jpeg(mimic / films[1].folder / "f4e0a17b-c2d3395f-7a18be60-0d95c4e7-86b1f2a3.jpg", lateral)
    promise = Phantom(folder, rows, secrets=[SECRET])
    change(promise, cxlseg, mimic, films, variant)
    return promise


def change(promise: Phantom, cxlseg: Path, mimic: Path, films: list[Film], variant: str) -> None:
    """Turns the tree into what the variant needs."""
    found = sorted(cxlseg.glob("CXLSeg-*.csv"))
    if variant == "parts":
        promise.raw = cxlseg
        promise.parts = {"mimic-cxr-jpg": mimic.rename(promise.raw.parents[3] / "radiographs")}
    elif variant == "tables_dressed":
        for path in found:
            path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    elif variant == "semicolons":
        for path in found:
            head, *lines = path.read_text().replace('"', "\x00").split("\x00")
            parts = [text if number % 2 else text.replace(",", ";") for number, text in enumerate([head, *lines])]
            path.write_text('"'.join(parts))
    elif variant == "bare_cr":
        for path in found:
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r"))
    elif variant == "latin1":
        path = cxlseg / "CXLSeg-metadata.csv"
        path.write_bytes(path.read_bytes().replace(b"unchanged", "38.5 \u00b0C, na\u00efve".encode("latin-1")))
    elif variant == "bad_files":
        (mimic / films[0].path).unlink()
        (cxlseg / films[1].mask_path).unlink()
        cut = cxlseg / films[2].mask_path
        cut.write_bytes(cut.read_bytes()[:400])
        save_jpeg(cxlseg / films[3].mask_path, grey("cxlseg/size", 256, 256) // 9)
        cut = mimic / films[4].path
        cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
        promise.rejected = [film.dicom_id for film in films[:5]]
        promise.rows = promise.rows[5:]
    elif variant == "bad_tables":
        bad_tables(cxlseg, films)
        promise.rejected = [film.dicom_id for film in films[:4]]
        promise.rows = promise.rows[4:]
    elif variant == "missing_column":
        path = cxlseg / "CXLSeg-split.csv"
        path.write_text("".join(line.rpartition(",")[0] + "\n" for line in path.read_text().splitlines()))
        promise.rows, promise.refused = [], True
    elif variant == "no_mimic":
        promise.raw = cxlseg
        promise.rows, promise.refused = [], True


def bad_tables(top: Path, films: list[Film]) -> None:
    """Contradictions between the tables for the first four films."""
    path = top / "CXLSeg-mask.csv"
    lines = [line for line in path.read_text().splitlines() if not line.startswith(films[0].dicom_id)]
    twin = f"{films[1].dicom_id},{films[1].subject},{films[1].study},{films[2].mask_path}"
    path.write_text("\n".join([*lines, twin]) + "\n")
    path = top / "CXLSeg-split.csv"
    path.write_text("".join(
        line.replace(",train", ",dev") + "\n" if line.startswith(films[2].dicom_id) else line + "\n"
        for line in path.read_text().splitlines()
    ))  # fmt: skip
    path = top / "CXLSeg-segmented.csv"
    path.write_text("".join(
        line + "2.0\n" if line.startswith(films[3].dicom_id) else line + "\n"
        for line in path.read_text().splitlines()
    ))  # fmt: skip
