"""SCR masks on JSRT radiographs: headerless big-endian .IMG, five GIF masks of half their size, two tables.

The two downloads are two parts: `jsrt` (All247images, Clinical_Information) and `scr` (scratch/fold1, scratch/fold2).
The raw files carry no header, so the source knows their size: `films_of` makes phantom and source agree on a smaller one, since films of
the true size take seconds each. All values but the file names are invented.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from hf_medseg.sources.scr import source
from tests.support.kit import Array, Phantom, Row, as_zip, disc, grey, rng, save, save_palette, write

VARIANTS: dict[str, str] = {
    "clean": "both parts below one folder, tables with bare CR, cut words, an unknown age, contours and landmarks",
    "parts": "the radiographs elsewhere, given as a part of its own",
    "archives": "All247images.zip, Clinical_Information.zip and scr.zip as downloaded",
    "two_groups": "radiographs in Nodule154images and NonNodule93images, folds below JSRT_segmented",
    "merged_masks": "the masks of both folds put together as Masks/<structure>",
    "cut_words": "tables whose places and diagnoses are cut in the middle of words",
    "guide_names": "tables under the names of the user's guide, with LF, Latin-1 letters in one diagnosis",
    "tables_dressed": "tables saved again by an editor: byte order mark and CRLF",
    "no_tables": "Clinical_Information was not downloaded: its columns are null",
    "partial": "fewer radiographs than masks and records",
    "bad_images": "a cut .IMG, an empty one, one written in little-endian order",
    "bad_masks": "a missing heart, a lung of half the size, a cut GIF, differing masks in both folds",
    "bad_tables": "a record with too few fields, a file listed twice with different ages",
    "no_jsrt": "masks alone: the part that is missing stops the conversion",
    "no_scr": "radiographs alone: the part that is missing stops the conversion",
    "mini_jsrt": "the teaching set of the same society, which is another data set",
}
# In ascending class index: where structures overlap, the later one is painted over the earlier one.
STRUCTURES = ["right lung", "left lung", "heart", "right clavicle", "left clavicle"]
TRUE = 2048
FULL = 256
NATIVE = FULL // 2


@contextmanager
def films_of(full: int) -> Iterator[None]:
    """Lets phantom and source agree on the side of a film."""
    with pytest.MonkeyPatch.context() as patch:
        for module in (sys.modules[__name__], source):
            patch.setattr(module, "FULL", full)
            patch.setattr(module, "NATIVE", full // 2)
        yield


@dataclass
class Nodule:
    """A record of the nodule table: words as they are cut, and as they read when joined."""

    subtlety: int
    size: int
    age: int | None
    sex: str
    x: int
    y: int
    malignancy: str
    place_cut: tuple[str, str]
    place: str
    diagnosis_cut: tuple[str, str]
    diagnosis: str

    def fields(self, age_again: int | None = None) -> list[str]:
        """The fields after the file name, in the order of the file."""
        age = age_again or self.age
        numbers = [str(self.subtlety), str(self.size), "?" if age is None else str(age)]
        return [*numbers, self.sex, str(self.x), str(self.y), self.malignancy, *self.place_cut, *self.diagnosis_cut]


L_UPPER, R_MIDDLE = (("l.upper", "lobe(S1+2)"), "l.upper lobe(S1+2)"), (("r.middl", "e lobe(S5)"), "r.middle lobe(S5)")
R_LOWER, R_UPPER = (("r.lower", "lobe"), "r.lower lobe"), (("r.upper", "lobe(S2)"), "r.upper lobe(S2)")
L_LOWER = (("l.lower", "lobe(S10)"), "l.lower lobe(S10)")
LEFT, RIGHT = (("left lu", "ng"), "left lung"), (("right l", "ung"), "right lung")
ADENO = (("lung cancer(", "adenocarcinoma)"), "lung cancer(adenocarcinoma)")
CANCER = (("lung cancer", ""), "lung cancer")
NODULES = {
    "JPCLN016": Nodule(4, 17, 51, "male", 655, 702, "malignant", *R_UPPER, *ADENO),
    "JPCLN106": Nodule(2, 12, None, "female", 301, 1310, "malignant", *R_LOWER, *CANCER),
    "JPCLN113": Nodule(
        2, 24, 66, "female", 1210, 1510, "malignant", *L_LOWER, ("lung cancer", "or metastasis"),
        "lung cancer or metastasis",
    ),
}  # fmt: skip
CUT = {
    "JPCLN002": Nodule(
        5, 31, 70, "male", 1500, 990, "benign", *L_UPPER, ("pulmonary he", "matoma"), "pulmonary hematoma"
    ),
    "JPCLN070": Nodule(
        3, 21, 59, "female", 700, 1200, "benign", *R_MIDDLE, ("organiging p", "neumonia"), "organiging pneumonia"
    ),
    "JPCLN107": Nodule(
        2, 9, 44, "male", 1650, 1100, "benign", *LEFT, ("inflammatory", "mass"), "inflammatory mass"
    ),
    "JPCLN109": Nodule(
        1, 16, 72, "male", 520, 1010, "malignant", *RIGHT, ("metastasis o", "f colon cancer"),
        "metastasis of colon cancer",
    ),
}  # fmt: skip
HEALTHY = {"JPCNN001": (34, "female"), "JPCNN002": (67, "male")}
EMPTY = ["subtlety", "nodule_size_mm", "age", "sex", "nodule_x", "nodule_y", "malignancy", "location", "diagnosis"]


def density(stem: str) -> Array:
    """Raw values 0..4095, high is dark: a small pattern repeated over coarse steps, so that it packs well."""
    tile = np.tile(grey(f"scr/{stem}", 128, 128, 1800, np.uint16), (FULL // 128, FULL // 128))
    step = np.arange(FULL, dtype=np.uint16) // (FULL // 8)
    raw: Array = tile + (step * 211)[None, :] + (step * 97)[:, None]
    raw[3, 5], raw[FULL - 7, FULL - 2] = 0, 4095
    return raw


def structures(stem: str) -> dict[str, Array]:
    """The five overlapping structures on the grid of the masks; the right ones stand on the left side of the picture."""
    y, x = np.mgrid[:NATIVE, :NATIVE] * (1024 / NATIVE)

    def oval(cy: int, cx: int, ry: int, rx: int) -> Array:
        sy, sx = rng(f"scr/{stem}/{cy}/{cx}").integers(-15, 16, 2)
        return np.asarray(((y - cy - sy) / ry) ** 2 + ((x - cx - sx) / rx) ** 2 <= 1)

    return {
        "right lung": oval(470, 300, 330, 150),
        "left lung": oval(455, 730, 300, 130),
        "heart": oval(640, 590, 140, 170),
        "right clavicle": oval(215, 330, 35, 160),
        "left clavicle": oval(190, 700, 30, 150),
    }


def painted(shapes: dict[str, Array]) -> Array:
    """The label map: ascending class index, higher wins."""
    labels = np.zeros((NATIVE, NATIVE), np.uint8)
    for index, name in enumerate(STRUCTURES, start=1):
        labels[shapes[name]] = index
    return labels


def doubled(native: Array) -> Array:
    """Nearest neighbour to twice the size: every pixel four times."""
    return native.repeat(2, axis=0).repeat(2, axis=1)


def fold_of(stem: str) -> int:
    """Odd numbers in fold 1, even ones in fold 2."""
    return 1 if int(stem[5:]) % 2 else 2


def row_of(stem: str, folder: str, with_table: bool = True) -> Row:
    """What one film must give."""
    shapes = structures(stem)
    label = painted(shapes)
    clinical: dict[str, object] = dict.fromkeys(EMPTY)
    if stem in HEALTHY:
        clinical |= {"age": HEALTHY[stem][0], "sex": HEALTHY[stem][1]}
    else:
        record = (NODULES | CUT)[stem]
        values = [record.subtlety, record.size, record.age, record.sex, record.x, record.y, record.malignancy]
        clinical = dict(zip(EMPTY, [*values, record.place, record.diagnosis], strict=True))
    columns: dict[str, object] = {f"mask_{name.replace(' ', '_')}": doubled(shape).astype(np.uint8) for name, shape in shapes.items()}
    # ASSUMED: `mask_native` is the painted map on the grid of the GIF files.
    # ASSUMED: one film per case, so the stem is the patient.
    columns |= {"mask_native": label, "fold": fold_of(stem), "pixel_spacing": [0.175, 0.175]}
    columns |= {"rescale_slope": -1.0, "rescale_intercept": 4095.0}
    columns |= clinical if with_table else dict.fromkeys(EMPTY)
    stored = (4095 - density(stem)).astype(np.uint16)
    return Row(stem, stored, doubled(label), f"jsrt/{folder}/{stem}.IMG", "train", stem, columns)


def save_masks(stem: str, place: Path) -> None:
    """Writes the five GIF files below `place`, some with two colours, some grey."""
    for name, shape in structures(stem).items():
        path = place / name / f"{stem}.gif"
        if name == "heart":
            save_palette(path, shape.astype(np.uint8), [(0, 0, 0), (255, 255, 255)])
        else:
            save(path, np.where(shape, 255, 0).astype(np.uint8))


def save_contours(stem: str, fold: Path) -> None:
    """Writes the hand-drawn contour and the landmarks that come with the masks."""
    block = "{{\n[Label={0}]\n[LineMode=ClosedContour]\n{{ 301.5 , 140.25 }},\n{{ 310 , 480 }},\n{{ 190.75 , 430 }},\n}}\n"
    anchors = "{\n[Label=right lung fixed]\n{ 301.5 , 140.25 },\n}\n"
    write(fold / "points" / f"{stem}.pfs", "; contours\n{\n" + block.format("right lung") + anchors + "}\n")
    write(fold / "landmarks" / f"{stem}.txt", "".join(f"{n * 3 + 200.5} {n * 2 + 150.25}\n" for n in range(166)))


def nodule_table(stems: list[str]) -> str:
    """Tab separated records, each ended by a bare carriage return."""
    return "".join("\t".join([f"{stem}.IMG", *(NODULES | CUT)[stem].fields()]) + "\r" for stem in stems)


def healthy_table(stems: list[str]) -> str:
    """Records aligned with spaces, each ended by a bare carriage return."""
    lines = (f"{stem}.IMG {HEALTHY[stem][0]}  {HEALTHY[stem][1]:<8} non-nodule\r" for stem in stems)
    return "".join(lines)


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below `folder`."""
    if variant == "mini_jsrt":
        return mini(folder)
    raw = folder / "chest"
    jsrt, scr = raw / "JSRT", raw / "SCR"
    with_nodule = list(CUT) if variant == "cut_words" else ["JPCLN016", "JPCLN106", "JPCLN113"]
    without = [] if variant == "cut_words" else ["JPCNN001"]
    if variant not in ("clean", "cut_words", "bad_images", "bad_masks", "bad_tables"):
        with_nodule, without = ["JPCLN016", "JPCLN113"], ["JPCNN001"]
    films = dict.fromkeys(with_nodule + without, "All247images")
    if variant == "two_groups":
        films = {stem: "Nodule154images" if "LN" in stem else "NonNodule93images" for stem in films}
    if variant != "no_jsrt":
        for stem, below in films.items():
            write(jsrt / below / f"{stem}.IMG", density(stem).astype(">u2").tobytes())
        if variant != "no_tables":
            write(jsrt / "Clinical_Information" / "CLNDAT_EN.txt", nodule_table(with_nodule))
            write(jsrt / "Clinical_Information" / "CNNDAT_EN.TXT", healthy_table(without))
    top = scr / {"two_groups": "JSRT_segmented", "merged_masks": "Masks"}.get(variant, "scratch")
    if variant != "no_scr":
        for stem in films:
            fold = top / f"fold{fold_of(stem)}"
            save_masks(stem, top if variant == "merged_masks" else fold / "masks")
            if variant == "clean":
                save_contours(stem, fold)
    rows = [row_of(stem, below, variant != "no_tables") for stem, below in films.items()]
    # ASSUMED: the film that a public landmark set leaves out is kept and reported as known.
    known = ["JPCLN016"] if "JPCLN016" in films else []
    promise = Phantom(raw, rows, known=known)
    change(promise, jsrt, scr, variant)
    return promise


def drop(promise: Phantom, *stems: str) -> None:
    """Rejects films by name."""
    promise.rows = [row for row in promise.rows if row.image_id not in stems]
    promise.rejected = [*stems]
    promise.known = [stem for stem in promise.known if stem not in stems]


def change(promise: Phantom, jsrt: Path, scr: Path, variant: str) -> None:
    """Turns the tree into what the variant needs."""
    tables, films = jsrt / "Clinical_Information", jsrt / "All247images"
    if variant == "parts":
        promise.parts = {"jsrt": jsrt.rename(jsrt.parent.parent / "radiographs of the society")}
    elif variant == "archives":
        packed = jsrt.parent.parent / "downloads"
        as_zip(jsrt, packed / "All247images.zip", only=["All247images/"])
        as_zip(jsrt, packed / "Clinical_Information.zip", only=["Clinical_Information/"])
        as_zip(scr, packed / "scr.zip")
        promise.raw = packed
    elif variant == "guide_names":
        text = (tables / "CLNDAT_EN.txt").read_bytes().replace(b"\r", b"\n")
        text = text.replace(b"or metastasis", "or m\u00e9tastasis".encode("latin-1"))
        write(tables / "CLNDAT_E.TXT", text)
        write(tables / "CNNDAT_E.TXT", (tables / "CNNDAT_EN.TXT").read_bytes().replace(b"\r", b"\n"))
        (tables / "CLNDAT_EN.txt").unlink()
        (tables / "CNNDAT_EN.TXT").unlink()
        promise.rows[1].columns["diagnosis"] = "lung cancer or m\u00e9tastasis"
    elif variant == "tables_dressed":
        for path in tables.iterdir():
            path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\r", b"\r\n"))
    elif variant == "partial":
        (films / "JPCLN113.IMG").unlink()
        promise.rows = [row for row in promise.rows if row.image_id != "JPCLN113"]
        promise.not_used = [f"fold1/masks/{name}/JPCLN113.gif" for name in STRUCTURES]
    elif variant == "bad_images":
        cut = films / "JPCLN106.IMG"
        cut.write_bytes(cut.read_bytes()[: FULL * FULL + 1])
        write(films / "JPCNN001.IMG", b"")
        write(films / "JPCLN113.IMG", density("JPCLN113").astype("<u2").tobytes())
        drop(promise, "JPCLN106", "JPCLN113", "JPCNN001")
    elif variant == "bad_masks":
        fold1, fold2 = scr / "scratch/fold1/masks", scr / "scratch/fold2/masks"
        (fold2 / "heart/JPCLN106.gif").unlink()
        save(
            fold1 / "left lung/JPCLN113.gif",
            np.where(disc(NATIVE // 2, NATIVE // 2, NATIVE // 5, NATIVE // 3, NATIVE // 12), 255, 0).astype(np.uint8),
        )
        cut = fold1 / "right clavicle/JPCNN001.gif"
        cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
        save(
            fold1 / "heart/JPCLN016.gif",
            np.where(disc(NATIVE, NATIVE, NATIVE * 3 // 5, NATIVE // 2, NATIVE // 12), 255, 0).astype(np.uint8),
        )
        drop(promise, "JPCLN016", "JPCLN106", "JPCLN113", "JPCNN001")
        healthy = "JPCNN002"
        write(films / f"{healthy}.IMG", density(healthy).astype(">u2").tobytes())
        save_masks(healthy, fold2)
        write(tables / "CNNDAT_EN.TXT", healthy_table(list(HEALTHY)))
        promise.rows = [row_of(healthy, "All247images")]
    elif variant == "bad_tables":
        short = "\t".join(["JPCLN106.IMG", *NODULES["JPCLN106"].fields()[:6]]) + "\r"
        again = "\t".join(["JPCLN113.IMG", *NODULES["JPCLN113"].fields(age_again=41)]) + "\r"
        write(tables / "CLNDAT_EN.txt", nodule_table(["JPCLN016", "JPCLN113"]) + short + again)
        drop(promise, "JPCLN106", "JPCLN113")
    elif variant in ("no_jsrt", "no_scr"):
        promise.rows, promise.known, promise.refused = [], [], True


def mini(folder: Path) -> Phantom:
    """Small BMP pictures with label PNG files: looks alike, is not."""
    top = folder / "segmentation02" / "segmentation"
    for use, stems in {"train": ["case001", "case002"], "test": ["case003"]}.items():
        for stem in stems:
            save(top / f"org_{use}" / f"{stem}.bmp", grey(f"mini/{stem}", 40, 32))
            labels = np.where(disc(40, 32, 15, 10, 8), 255, 0) + np.where(disc(40, 32, 30, 25, 5), 85, 0)
            save(top / f"label_{use}" / f"{stem}.png", labels.astype(np.uint8))
    return Phantom(folder, [], refused=True)
