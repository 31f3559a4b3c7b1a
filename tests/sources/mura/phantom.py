"""MURA v1.1: train/ and valid/ with part, patient and study folders, and four tables without a header.

The paths in the tables begin with `MURA-v1.1/`; the label is a study's, not an image's.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, colour, grey, save, write

VARIANTS: dict[str, str] = {
    "clean": "MURA-v1.1.zip unpacked: grey and RGB files, patients with several parts, macOS leftovers in a study",
    "kaggle": "the common re-host: MURA-v1.1 inside MURA-v1.1",
    "bare": "the content of MURA-v1.1 directly in the user's folder, under another name",
    "tables_dressed": "tables saved again by a spreadsheet: byte order mark and CRLF",
    "semicolons": "label tables separated by semicolons",
    "unlisted": "a picture in a study folder that no table names",
    "missing_image": "a listed picture that is not there",
    "bad_images": "a cut PNG, an empty file, RGB with unequal channels",
    "bad_tables": "a label against its folder, a study listed twice with different labels, a label nobody declared",
    "no_label_table": "the table of the training labels is missing a column",
    "old_version": "the withdrawn MURA-v1.0",
}


@dataclass
class Film:
    """One picture of a study."""

    split: str
    part: str
    patient: str
    study: str
    number: int
    height: int = 40
    width: int = 30
    rgb: bool = False

    @property
    def folder(self) -> str:
        return f"{self.split}/XR_{self.part}/{self.patient}/{self.study}"

    @property
    def path(self) -> str:
        return f"{self.folder}/image{self.number}.png"

    @property
    def positive(self) -> bool:
        return self.study.endswith("positive")


# In the natural order of the ids within a split.
FILMS = [
    Film("train", "ELBOW", "patient00011", "study1_negative", 1),
    Film("train", "ELBOW", "patient00011", "study1_negative", 2, rgb=True),
    Film("train", "ELBOW", "patient00011", "study1_negative", 10, 30, 42),
    Film("train", "ELBOW", "patient00011", "study2_positive", 1),
    Film("train", "HAND", "patient00001", "study1_negative", 1, 48, 12),
    Film("train", "SHOULDER", "patient00001", "study1_positive", 1),
    Film("train", "SHOULDER", "patient00001", "study1_positive", 2, rgb=True),
    Film("valid", "FINGER", "patient11186", "study1_negative", 1, 44, 20),
    Film("valid", "WRIST", "patient11185", "study1_positive", 1, rgb=True),
    Film("valid", "WRIST", "patient11185", "study1_positive", 2),
]


def pixels(film: Film) -> Array:
    """The grey values of a film."""
    return grey(f"mura/{film.path}", film.height, film.width)


def row_of(film: Film) -> Row:
    """What a film must give.

    ASSUMED: file names repeat in every study, so the id is part, patient, study folder and stem, joined.
    ASSUMED: `study_id` is patient, part and study number, joined.
    """
    part = f"XR_{film.part}"
    return Row(
        image_id=f"{part}_{film.patient}_{film.study}_image{film.number}",
        image=pixels(film),
        mask=None,
        source_file=film.path,
        split="validation" if film.split == "valid" else "train",
        patient_id=film.patient,
        columns={
            "label": "abnormal" if film.positive else "normal",
            "body_part": film.part.lower(),
            "study_id": f"{film.patient}_{part}_{film.study.split('_')[0]}",
            "image_index": film.number,
        },
    )


def tables(top: Path, films: list[Film], prefix: str = "MURA-v1.1") -> None:
    """Writes the four tables: no header, study paths end with a slash."""
    for split in ["train", "valid"]:
        mine = [film for film in films if film.split == split]
        studies = {film.folder: int(film.positive) for film in mine}
        write(top / f"{split}_image_paths.csv", "".join(f"{prefix}/{film.path}\n" for film in mine))
        lines = [f"{prefix}/{study}/,{label}\n" for study, label in studies.items()]
        write(top / f"{split}_labeled_studies.csv", "".join(lines))


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below `folder`."""
    version = "MURA-v1.0" if variant == "old_version" else "MURA-v1.1"
    inner = {"kaggle": "MURA-v1.1/MURA-v1.1", "bare": "my bones"}.get(variant, version)
    top = folder / inner
    for film in FILMS:
        values = pixels(film)
        save(top / film.path, np.stack([values] * 3, axis=-1) if film.rgb else values)
    listed = sorted(FILMS, key=lambda film: (film.split, -film.number, film.part))  # tables are in no useful order
    tables(top, listed, version)
    study = top / FILMS[0].folder
    write(study / "._image1.png", b"\x00\x05\x16\x07\x00\x02\x00\x00Mac OS X")
    write(study / ".DS_Store", b"\x00\x00\x00\x01Bud1")
    promise = Phantom(folder, [row_of(film) for film in FILMS])
    change(promise, top, variant)
    return promise


def change(promise: Phantom, top: Path, variant: str) -> None:
    """Turns the clean tree into what the variant needs."""
    rows = promise.rows
    labels = top / "train_labeled_studies.csv"
    if variant == "tables_dressed":
        for path in top.glob("*.csv"):
            path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    elif variant == "semicolons":
        for path in top.glob("*_labeled_studies.csv"):
            path.write_bytes(path.read_bytes().replace(b",", b";"))
    elif variant == "unlisted":
        save(top / FILMS[4].folder / "image7.png", grey("mura/unlisted", 40, 30))
        promise.not_used = [f"{FILMS[4].folder}/image7.png"]
    elif variant == "missing_image":  # ASSUMED: one archive, one list: a listed file that is absent is damage
        (top / FILMS[4].path).unlink()
        promise.rejected = [FILMS[4].path]
        promise.rows = rows[:4] + rows[5:]
    elif variant == "bad_images":
        cut = top / FILMS[0].path
        cut.write_bytes(cut.read_bytes()[:200])
        write(top / FILMS[3].path, b"")
        save(top / FILMS[8].path, colour("mura/colour", 40, 30))
        promise.rejected = [FILMS[0].path, FILMS[3].path, FILMS[8].path]
        promise.rows = rows[1:3] + rows[4:8] + rows[9:]
    elif variant == "bad_tables":
        text = labels.read_text().replace("study2_positive/,1", "study2_positive/,0")  # the folder says otherwise
        text += "MURA-v1.1/train/XR_HAND/patient00001/study1_negative/,1\n"
        labels.write_text(text)
        wrong = top / "valid_labeled_studies.csv"
        wrong.write_text(wrong.read_text().replace("study1_negative/,0", "study1_negative/,2"))
        promise.rejected = [FILMS[3].path, FILMS[4].path, FILMS[7].path]
        promise.rows = rows[:3] + rows[5:7] + rows[8:]
    elif variant == "no_label_table":
        labels.write_text("".join(line.split(",")[0] + "\n" for line in labels.read_text().splitlines()))
        promise.rows, promise.refused = [], True
    elif variant == "old_version":
        promise.rows, promise.refused = [], True
