"""NIH ChestX-ray14: twelve archives (or folders) of 1024 x 1024 PNG, a data table, a box table and two official lists.

The size is the true one, since the boxes are given on it. Names and values of the films are invented.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from tests.support.kit import Array, Phantom, Row, grey, write

# Which editions may be published, by whoever read their terms: the facts must agree.
TIERS = {"": "open"}

VARIANTS: dict[str, str] = {
    "clean": "the owner's folder: images_001.tar.gz and others in place, tables of 2020, both lists, one RGBA film",
    "kaggle": "images_001/images and others, tables of 2017: Patient Gender, a trailing comma, an impossible age",
    "one_folder": "all archives unpacked into one folder, `Patient Gender` in the table of 2020",
    "short_names": "archives saved as images_01.tar.gz and others, as newer readers do",
    "no_lists": "without the two official lists: no split but train",
    "one_list": "one of the two official lists alone: which split the other films are in cannot be told",
    "numbered_folders": "films directly in images_001, images_002 and so on",
    "partial": "tables and lists of everything, films of the first archive alone",
    "gz_table": "Data_Entry_2017_v2020.csv.gz",
    "tables_dressed": "tables and lists with byte order mark and CRLF",
    "semicolons": "both tables separated by semicolons",
    "twins": "one film in two folders, once with the same bytes and once with others",
    "bad_images": "a cut PNG, an empty file, real transparency, unequal channels, a film of 512 x 512",
    "bad_rows": "an undeclared finding, a film without a record, two records, a film in no list, an undeclared box",
    "missing_column": "the data table lacks the findings",
    "sample": "the small set with sample_labels.csv, which is another one",
}
SIDE = 1024
SECRET = "planted technician Ottilie Brandt"


@dataclass
class Film:
    """One film and its record."""

    name: str
    archive: int
    findings: str
    follow_up: int
    age: int
    sex: str
    view: str
    original: tuple[int, int, float]  # width, height, spacing
    test: bool = False
    boxes: list[tuple[str, float, float, float, float]] = field(default_factory=list)

    @property
    def patient(self) -> str:
        return self.name[:8]


FILMS = [
    Film("00000001_000", 1, "Cardiomegaly", 0, 57, "M", "PA", (2682, 2749, 0.143)),
    Film("00000001_001", 1, "Cardiomegaly|Emphysema", 1, 58, "M", "AP", (2894, 2729, 0.14300000000000002)),
    Film("00000002_000", 1, "No Finding", 0, 0, "F", "PA", (2500, 2048, 0.171)),  # RGBA
    Film(
        "00001336_003", 2, "Infiltration|Pneumonia", 5, 61, "F", "AP", (3056, 2544, 0.139), True,
        [
            ("Infiltrate", 225.084745762712, 547.019216763771, 86.7796610169491, 79.1864406779661),
            ("Pneumonia", 686.101694915254, 131.543498411017, 185.491525423729, 313.491525423729),
        ],
    ),
    Film(
        "00030805_000", 12, "Nodule|Pleural_Thickening", 0, 44, "M", "PA", (2048, 2500, 0.168), True,
        [("Nodule", 343.438229166667, 446.198524305556, 120.604444444444, 53.4755555555556)],
    ),
]  # fmt: skip
BOX_HEADER = "Image Index,Finding Label,Bbox [x,y,w,h],,,"


def pixels(name: str, side: int = SIDE) -> Array:
    """A small pattern repeated over coarse steps, so that it packs well."""
    tile = np.tile(grey(f"nih/{name}", 64, 64, 120), (side // 64, side // 64))
    step = (np.arange(side) // 128).astype(np.uint8)
    values: Array = tile + (step * 13)[None, :] + (step * 5)[:, None]
    return values


def png(name: str, rgba: bool = False, side: int = SIDE) -> bytes:
    """The bytes of a film; one in a few hundred has four channels, the fourth opaque."""
    buffer = io.BytesIO()
    values = pixels(name, side)
    text = PngInfo()
    if rgba:
        text.add_text("Comment", SECRET)
        values = np.stack([values] * 3 + [np.full_like(values, 255)], axis=-1)
    Image.fromarray(values).save(buffer, "PNG", compress_level=1, pnginfo=text)
    return buffer.getvalue()


def row_of(film: Film) -> Row:
    """What a film must give.

    ASSUMED: `source_file` begins at the innermost folder `images`, the one beginning that all downloads share.
    ASSUMED: the spacing belongs to the film before it was reduced, so it is `original_pixel_spacing` (row, column).
    ASSUMED: `view` keeps the published letters.
    """
    width, height, spacing = film.original
    boxes = [
        {"x": x, "y": y, "width": w, "height": h, "label": "infiltration" if name == "Infiltrate" else name.lower()}
        for name, x, y, w, h in film.boxes
    ]
    columns = {
        "labels": [name.lower().replace(" ", "_") for name in film.findings.split("|")],
        "boxes": boxes,
        "follow_up": film.follow_up,
        "age": float(film.age) if film.age <= 120 else None,
        "sex": {"M": "male", "F": "female"}[film.sex],
        "view": film.view,
        "original_width": width,
        "original_height": height,
        "original_pixel_spacing": [spacing, spacing],
    }
    split = "test" if film.test else "train"
    return Row(film.name, pixels(film.name), None, f"images/{film.name}.png", split, film.patient, columns)


def data_table(films: list[Film], sex: str = "Patient Sex", trailing: str = "") -> str:
    """The data table; its header has commas inside brackets."""
    header = f"Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,{sex},View Position,"
    header += "OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]"
    lines = [header + trailing]
    for film in films:
        width, height, spacing = film.original
        head = f"{film.name}.png,{film.findings},{film.follow_up},{int(film.patient)},{film.age},{film.sex},{film.view}"
        lines.append(f"{head},{width},{height},{spacing},{spacing}{trailing}")
    return "\n".join(lines) + "\n"


def box_table(films: list[Film], trailing: str = "") -> str:
    """The box table: four numbers in four columns under a header with more commas than the lines have."""
    lines = [BOX_HEADER]
    for film in films:
        lines += [f"{film.name}.png,{name},{x},{y},{w},{h}{trailing}" for name, x, y, w, h in film.boxes]
    return "\n".join(lines) + "\n"


def pack(path: Path, members: dict[str, bytes]) -> None:
    """Writes one of the twelve archives."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w:gz", compresslevel=1) as archive:
        folder = tarfile.TarInfo("images")
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(folder)
        for name, data in members.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below `folder`."""
    if variant == "sample":
        return sample(folder)
    top = folder / "CXR8"
    films = [Film(**vars(film)) for film in FILMS]
    kaggle = variant in ("kaggle", "twins", "bad_images", "bad_rows")
    if variant == "kaggle":
        films[1].age = 411
    name = "Data_Entry_2017.csv" if kaggle else "Data_Entry_2017_v2020.csv"
    sex = "Patient Gender" if kaggle or variant == "one_folder" else "Patient Sex"
    trailing = "," if kaggle else ""
    write(top / name, data_table(films, sex, trailing))
    write(top / "BBox_List_2017.csv", box_table(films, ",,," if kaggle else ""))
    if variant != "no_lists":
        write(top / "train_val_list.txt", "\n".join(f"{film.name}.png" for film in films if not film.test))
        write(top / "test_list.txt", "".join(f"{film.name}.png\n" for film in films if film.test))
    for paper in ["README_CHESTXRAY", "FAQ_CHESTXRAY", "LOG_CHESTXRAY", "ARXIV_V5_CHESTXRAY"]:
        write(top / f"{paper}.pdf", b"%PDF-1.4\n%%EOF\n")
    if variant == "partial":
        films = [film for film in films if film.archive == 1]
    for number in sorted({film.archive for film in films}):
        members = {f"images/{film.name}.png": png(film.name, rgba=film.name == "00000002_000") for film in films if film.archive == number}
        if kaggle or variant in ("one_folder", "numbered_folders"):
            below = top / f"images_{number:03}" if kaggle else top
            if variant == "numbered_folders":
                members = {name.replace("images/", f"images_{number:03}/"): data for name, data in members.items()}
            for member, data in members.items():
                write(below / member, data)
        else:
            digits = 2 if variant == "short_names" else 3
            pack(top / "images" / f"images_{number:0{digits}}.tar.gz", members)
    rows = [row_of(film) for film in films]
    if variant == "numbered_folders":
        for row, film in zip(rows, films, strict=True):
            row.source_file = f"images_{film.archive:03}/{film.name}.png"
    if variant == "no_lists":
        for row in rows:
            row.split = "train"
    promise = Phantom(folder, rows, secrets=[SECRET])
    change(promise, top, variant)
    return promise


def drop(promise: Phantom, *names: str) -> None:
    """Rejects films by name."""
    promise.rows = [row for row in promise.rows if row.image_id not in names]
    promise.rejected = [f"{name}.png" for name in names]


def change(promise: Phantom, top: Path, variant: str) -> None:
    """Turns the tree into what the variant needs."""
    table = top / "Data_Entry_2017_v2020.csv"
    if variant == "one_list":
        (top / "test_list.txt").unlink()
        promise.rows, promise.refused = [], True
    elif variant == "gz_table":
        write(top / f"{table.name}.gz", gzip.compress(table.read_bytes(), mtime=0))
        table.unlink()
    elif variant == "tables_dressed":
        for path in [*top.glob("*.csv"), *top.glob("*.txt")]:
            path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n"))
    elif variant == "semicolons":
        for path in top.glob("*.csv"):
            path.write_bytes(path.read_bytes().replace(b",", b";"))
    elif variant == "missing_column":
        lines = (line.split(",") for line in table.read_text().splitlines())
        table.write_text("".join(",".join(cells[:1] + cells[2:]) + "\n" for cells in lines))
        promise.rows, promise.refused = [], True
    elif variant == "twins":
        same, other = "images/00000001_000.png", "images/00030805_000.png"
        write(top / "images_002" / same, (top / "images_001" / same).read_bytes())
        write(top / "images_002" / other, png("another film"))
        promise.duplicate = ["00000001_000.png"]
        drop(promise, "00030805_000")
    elif variant == "bad_images":
        broken(top)
        promise.rows = []
        drop(promise, *(film.name for film in FILMS))
        good = Film("00000003_000", 1, "Hernia", 0, 80, "F", "PA", (2582, 2991, 0.143))
        write(top / "images_001/images/00000003_000.png", png(good.name))
        write(top / "Data_Entry_2017.csv", data_table([*FILMS, good], "Patient Gender", ","))
        write(top / "train_val_list.txt", "".join(f"{f.name}.png\n" for f in [*FILMS, good] if not f.test))
        promise.rows = [row_of(good)]
    elif variant == "bad_rows":
        bad_rows(top)
        promise.rows = promise.rows[:1]
        promise.rejected = [f"{film.name}.png" for film in FILMS[1:]] + ["00000004_000.png"]


def broken(top: Path) -> None:
    """Makes every film unusable in another way."""
    paths = [top / f"images_{film.archive:03}" / "images" / f"{film.name}.png" for film in FILMS]
    paths[0].write_bytes(paths[0].read_bytes()[:2000])
    write(paths[1], b"")
    values = pixels("see-through")
    clear = np.full_like(values, 255)
    clear[100:200, 50:90] = 0
    Image.fromarray(np.stack([values] * 3 + [clear], axis=-1)).save(paths[2], compress_level=1)
    Image.fromarray(np.stack([values, values, values[::-1]], axis=-1)).save(paths[3], compress_level=1)
    write(paths[4], png(FILMS[4].name, side=512))


def bad_rows(top: Path) -> None:
    """Leaves one good film; every other one contradicts a table."""
    films = [Film(**vars(film)) for film in FILMS]
    films[1].findings = "Cardiomegaly|Emphysem"
    again = Film(**vars(films[2]))
    again.findings = "Mass"
    films[3].boxes = [("Infiltrat", *films[3].boxes[0][1:])]
    write(top / "Data_Entry_2017.csv", data_table([*films, again], "Patient Gender", ","))
    write(top / "BBox_List_2017.csv", box_table(films, ",,,"))
    write(top / "test_list.txt", f"{films[3].name}.png\n")  # the film of the last archive is in no list
    write(top / "images_001/images/00000004_000.png", png("00000004_000"))  # a film without a record
    with (top / "train_val_list.txt").open("a") as file:
        file.write("\n00000004_000.png\n")


def sample(folder: Path) -> Phantom:
    """Another, smaller set with a table of its own."""
    write(folder / "sample_labels.csv", data_table(FILMS[:3], "Patient Gender"))
    for film in FILMS[:3]:
        write(folder / "sample" / "images" / f"{film.name}.png", png(film.name))
    return Phantom(folder, [], refused=True)
