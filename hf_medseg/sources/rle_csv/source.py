"""Bring your own: pictures with a table of run lengths, as Kaggle's competitions have them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from hf_medseg.case import Case
from hf_medseg.catalog.about import About
from hf_medseg.catalog.own import Fit
from hf_medseg.catalog.source import Edition, Reading, source_of
from hf_medseg.errors import Refused, Rejected
from hf_medseg.formats.picture import PICTURE_NAME, Picture
from hf_medseg.masks.drawing import Canvas
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.order import natural
from hf_medseg.raw.tables import Table, headed
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.annotated import AboutDrawings, Pictures, classes_of, edition_of, ids_of, note_missing, split_in
from hf_medseg.sources.rle_csv.rows import Rows, Runs

TABLE = r"[^/]+\.(?i:csv|csv\.gz|tsv|xlsx)"

LANDMARKS = (TABLE, PICTURE_NAME)

# What columns are called in tables that people publish; the first of them that a table has counts.
IMAGES = ("ImageId", "image_id", "ImageID", "img_id", "image", "Image", "filename", "file_name", "id", "Id")

# Both in one column, with the last _ between them.
BOTH = ("ImageId_ClassId", "Image_Label", "Image_Class")

RUNS = ("EncodedPixels", "rle_mask", "rle", "RLE", "encoding", "annotation", "segmentation", "pixels", "mask_rle", "rles")

LABELS = ("ClassId", "class_id", "class", "Class", "label", "Label", "category", "cell_type")

DOWN_COLUMNS = ("EncodedPixels", "rle_mask")

NOTHING = ("", "-1", "nan", "NaN", "None")


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutFile(AboutDrawings):
    """What only the user knows of a table of run lengths; the facts explain each key."""

    table: str = ""
    image: str = ""
    runs: str = ""
    label: str = ""
    order: Literal["", "columns", "rows"] = ""
    first: Literal[0, 1] = 1


@dataclass(frozen=True, slots=True)
class Layout:
    """A table, and which of its columns say what; `both` where picture and class share one."""

    table: RawFile
    image: str
    runs: str
    label: str = ""
    both: bool = False


def fits(raw: Raw, about: About) -> Sequence[Fit]:
    """Tables with a column of run lengths and one that names pictures."""
    said = AboutFile.of(about)
    tables = [
        file
        for file in raw.find(rf"(?:[^/]+/)*{TABLE}", twins=False).values()
        if f"/{file.listed}".endswith(f"/{said.table}" if said.table else "")
    ]
    layouts = [layout for file in tables if (layout := _layout(file, said)) is not None]
    if len(layouts) > 1:
        layouts = [one for one in layouts if "submission" not in one.table.name.lower()] or layouts
    pictures = len(raw.find(rf"(?:[^/]+/)*{PICTURE_NAME}", twins=False)) if layouts else 0
    return [_fit(layout, said, pictures, several=len(layouts) > 1) for layout in layouts]


def _fit(layout: Layout, said: AboutFile, pictures: int, *, several: bool) -> Fit:
    words = f"the table {layout.table.listed}: pictures by {layout.image}, run lengths in {layout.runs}"
    missing = [] if pictures else ["There is no picture beside the table: put the pictures there."]
    order = _order(layout, said)
    if not order:
        missing.append(ORDER)
    lines = {"table": f'"{layout.table.listed}"'} if several else {}
    return Fit(layout=words, images=pictures, missing=tuple(missing), about=lines, reading=layout)


ORDER = (
    'Nobody says which way the runs go. Say in the about file: order = "columns" (down the columns, as Kaggle has them) or order = "rows"'
)


GUESSED = (
    "its runs are read down the columns and from 1, as Kaggle has them, which nothing proves; "
    'look at the preview, and say order = "columns" or "rows", and first = 1 or 0, in the about file'
)


def _order(layout: Layout, said: AboutFile) -> Literal["", "columns", "rows"]:
    return said.order or ("columns" if layout.runs in DOWN_COLUMNS else "")


def _layout(file: RawFile, said: AboutFile) -> Layout | None:
    """How a table is read; None of one that holds no run lengths."""

    def first_of(names: Iterable[str]) -> str:
        return next((name for name in names if headed(file, (name,))), "")

    try:
        runs = first_of([said.runs] if said.runs else RUNS)
        both = "" if said.image else first_of(BOTH)
        image = both or first_of([said.image] if said.image else IMAGES)
        label = "" if both else first_of([said.label] if said.label else LABELS)
    except (Refused, Rejected):
        return None
    return Layout(file, image, runs, label, bool(both)) if runs and image else None


def _rows(raw: Raw) -> dict[str, list[tuple[str, str, str]]]:
    """(class, run lengths, size) of every row, by the name of the picture."""
    layout: Layout = raw.fit.reading
    table = Table(layout.table, (layout.image, layout.runs), doubts=raw.doubts)
    if table.wide:
        raise Refused(table.wide)
    found: dict[str, list[tuple[str, str, str]]] = {}
    for row in table:
        name, label = row[layout.image], row[layout.label] if layout.label else ""
        if layout.both:
            name, _, label = name.rpartition("_")
        size = f"{row.get('width', '')} {row.get('height', '')}".strip()
        found.setdefault(name, []).append((_named(label), row[layout.runs], size))
    return found


def _named(label: str) -> str:
    if not label:
        return "foreground"
    return f"class_{label}" if re.fullmatch(r"\d+", label) else label


def _labels(rows: dict[str, list[tuple[str, str, str]]]) -> list[str]:
    return sorted({label for some in rows.values() for label, _, _ in some}, key=natural)


def edition_from(raw: Raw) -> Edition:
    """The edition.

    Raises:
        Refused: nobody says which way the runs go.
    """
    about = AboutFile.of(raw.about)
    if not _order(raw.fit.reading, about):
        raise Refused(f"{raw.fit.reading.table.listed}: {ORDER[0].lower()}{ORDER[1:]}")
    return edition_of(about, classes_of(about, _labels(_rows(raw))), LANDMARKS)


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture that the table names."""
    about, layout, rows = AboutFile.of(raw.about), raw.fit.reading, _rows(raw)
    raw.use(layout.table)
    pictures = Pictures(raw, [layout.table])
    endings = ["", *sorted({f".{file.name.rpartition('.')[2]}" for file in pictures.files})]
    classes = {name: k for k, name in enumerate(classes_of(about, _labels(rows)), 1)}
    order = _order(layout, about) or "columns"
    found: dict[str, tuple[RawFile, Rows]] = {}
    missing: list[str] = []
    path = pictures.placed(layout.table).path
    for name, some in rows.items():
        picture = next((one for end in endings if (one := pictures.named(name + end, layout.table)) is not None), None)
        if picture is None:
            missing.append(name)
            continue
        if picture.listed in found:
            raise Refused(f"{layout.table.listed} names {picture.listed} in two ways, as {name} again. Give it one name.")
        runs = tuple(Runs(label, text, f"{path}, {name}", order, about.first) for label, text, _ in some if text not in NOTHING)
        found[picture.listed] = picture, Rows(path, runs, some[0][2], guessed=not about.order)
    note_missing(raw, layout.table, missing)
    if not about.order:
        raw.note(layout.table, GUESSED)
    if about.first and (zero := next((name for name, some in rows.items() for _, text, _ in some if text.split()[:1] == ["0"]), "")):
        raise Refused(f"{layout.table.listed}: a run of {zero} begins at 0, so pixels are counted from 0. Say in the about file: first = 0")
    if not found:
        raise Refused(
            f"{layout.table.listed} names no picture that is in the raw tree, as {next(iter(rows), 'nothing')!r}. Put them together."
        )
    ids = ids_of([picture for picture, _ in found.values()])
    for picture, drawing in found.values():
        split = split_in(picture.listed) or split_in(layout.table.listed) or "train"
        yield Case(ids[picture.listed], {"image": Picture(picture), **Canvas(drawing, classes).columns()}, split=split)


SOURCE = source_of(
    __file__,
    Reading(landmarks=LANDMARKS),
    cases,
    about_file=AboutFile,
    from_about=edition_from,
    fits=fits,
)
