"""Intel & MobileODT cervix photographs: `train/Type_N`, `additional/Type_N`, `test`, `test_stg2`, and small tables.

Numbers repeat between the sets and between the types, so the set, the type and the number together make the id.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PIL import Image

from tests.support.kit import Phantom, Row, as_zip, colour, encode, litter, natural, save_jpeg, write

VARIANTS: dict[str, str] = {
    "clean": "archives unpacked by hand; corrected labels, EXIF orientation, repeated numbers, the six known bad files",
    "mounted": "the form in which Kaggle mounts the archives: train/train, additional_Type_N_v2/Type_N, test/test",
    "nested": "two folders deep, with litter of macOS and Windows",
    "zipped": "everything in one zip below a top folder",
    "train_only": "only train and the tables are there",
    "no_tables": "no CSV file: labels of the folders stand, test has none",
    "semicolons": "the tables re-saved with semicolons, BOM and CRLF",
    "bare_cr": "the tables with bare CR line ends and Latin-1 text in a further column",
    "repaired": "sound copies of two files that the owner published damaged: ordinary rows",
    "withdrawn": "a file that removed_files.csv lists is still there",
    "truncated": "a JPEG cut short that is not on the list of known defects",
    "zero_byte": "an empty file that is not on the list of known defects",
    "two_labels": "a row of the solution table names two types",
    "missing_column": "the solution table lacks the column Type_2",
    "repeated_key": "the label corrections hold one file twice with different labels",
    "packed_7z": "the .7z archives as downloaded, the second stage encrypted",
}

SECRETS = ["Quittenbaum", "PHONE-SN-4711-QX", "Klinik am Weissensee"]
KNOWN_EMPTY = ["additional/Type_2/2845.jpg", "additional/Type_2/5892.jpg", "additional/Type_2/5893.jpg"]
KNOWN_CUT = {"train/Type_1/1339.jpg": 0.55, "additional/Type_1/3068.jpg": 0.78, "additional/Type_2/7.jpg": 0.75}
# file below the unpacked tree -> label that must come out
FILES: dict[str, str | None] = {
    "train/Type_1/10.jpg": "type_1",
    "train/Type_1/80.jpg": "type_1",
    "train/Type_2/9.jpg": "type_2",
    "train/Type_2/968.jpg": "type_2",
    "train/Type_3/5.jpg": "type_3",
    "train/Type_3/1120.jpg": "type_3",
    "additional/Type_1/9.jpg": "type_1",
    "additional/Type_2/80.jpg": "type_3",
    "additional/Type_3/9.jpg": "type_1",
    "test/2.jpg": "type_2",
    "test/10.jpg": "type_1",
    "test_stg2/10.jpg": None,
    "test_stg2/12001.jpg": None,
}
TURNED = "train/Type_3/5.jpg"
# ASSUMED: further official sets keep the name of their folder, so `test_stg2`.
SPLITS = ["train", "test", "additional", "test_stg2"]
FIXED = [
    ["filename", "old_label", "new_label"],
    ["80.jpg", "Type_2", "Type_3"],
    ["9.jpg", "Type_3", "Type_1"],
    # Pictures of train and of other types have these numbers too; the tables do not mean them.
    ["80.jpg", "Type_1", "Type_2"],
    ["968.jpg", "Type_2", "Type_1"],
]
SOLUTION = [
    ["image_name", "Type_1", "Type_2", "Type_3"],
    ["2.jpg", "0", "1", "0"],
    ["10.jpg", "1", "0", "0"],
]
REMOVED = [["filename", "old_label", "new_label"], ["1023.jpg", "Type_1", "Type_1"], ["1120.jpg", "Type_3", "Type_3"]]


def _table(path: Path, rows: list[list[str]], variant: str) -> None:
    """Writes a table in the dialect of the variant."""
    if variant == "semicolons":
        write(path, b"\xef\xbb\xbf" + "".join(";".join(row) + "\r\n" for row in rows).encode())
    elif variant == "bare_cr":
        lines = [",".join([*row, "note" if index == 0 else "gepr\u00fcft"]) for index, row in enumerate(rows)]
        write(path, "".join(line + "\r" for line in lines).encode("latin-1"))
    else:
        write(path, "".join(",".join(row) + "\n" for row in rows))


def _mounted(name: str) -> str:
    """Where a file lies in the mounted form."""
    top, _, rest = name.partition("/")
    if top == "additional":
        return f"additional_{rest.split('/')[0]}_v2/{rest}"
    return f"{top}/{top}/{rest}"


def _picture(name: str) -> tuple[int, int]:
    """Height and width of a photograph: every one differs."""
    number = int(Path(name).stem)
    return 24 + number % 11, 33 + number % 7


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree of a variant and says what must come out of it."""
    tree = folder / ("Downloads/intel-mobileodt-cervical-cancer-screening" if variant == "nested" else "raw")
    if variant == "packed_7z":
        return _packed(tree)
    place = _mounted if variant == "mounted" else str
    files = dict(FILES)
    if variant == "repaired":
        files |= {"train/Type_1/1339.jpg": "type_1", "additional/Type_2/7.jpg": "type_2"}
    rows = []
    for name, label in files.items():
        parts = name.split("/")
        if variant == "train_only" and parts[0] != "train":
            continue
        if variant == "no_tables":
            label = parts[1].lower() if len(parts) == 3 else None
        height, width = _picture(name)
        options: dict[str, Any] = {}
        if name == TURNED:
            exif = Image.Exif()
            exif[0x0112], exif[0x013B], exif[0xA431] = 6, SECRETS[0], SECRETS[1]
            options = {"exif": exif, "comment": SECRETS[2].encode()}
        image = save_jpeg(tree / place(name), colour(f"intel {name}", height, width), **options)
        columns: dict[str, Any] = {"label": label, "original_label": parts[1].lower() if len(parts) == 3 else None}
        if len(parts) == 2:  # ASSUMED: `original_label` is what a folder said; sets without type folders leave it open here
            del columns["original_label"]
        if name == TURNED:
            columns["exif_orientation"] = 6
        identity = name.replace("/", "_").removesuffix(".jpg")
        rows.append(Row(identity, image, None, place(name), parts[0], columns=columns))
    known = []
    for name in KNOWN_EMPTY:
        if variant != "train_only":
            write(tree / place(name), b"")
            known.append(place(name))
    for name, share in KNOWN_CUT.items():
        if name not in files and (variant != "train_only" or name.startswith("train")):
            data = encode(colour(f"intel {name}", *_picture(name)), "JPEG", quality=90)
            write(tree / place(name), data[: int(len(data) * share)])
            known.append(place(name))
    phantom = Phantom(tree, rows, known=known, secrets=list(SECRETS))
    _damage(tree, variant, phantom)
    if variant != "no_tables":
        _tables(tree, variant)
    if variant == "missing_column":
        return Phantom(tree, [], refused=True, secrets=list(SECRETS))
    if variant == "repeated_key":
        phantom.rows = [row for row in phantom.rows if row.source_file != "additional/Type_2/80.jpg"]
        phantom.rejected.append("additional/Type_2/80.jpg")
    if variant == "nested":
        litter(tree)
        phantom.raw = folder / "Downloads"
    if variant == "zipped":
        phantom.raw = as_zip(tree, folder / "intel.zip", "intel-mobileodt/")
    phantom.rows.sort(key=lambda row: (SPLITS.index(row.split), natural(row.image_id)))
    return phantom


def _damage(tree: Path, variant: str, phantom: Phantom) -> None:
    """Adds what the bad variants hold beside the sound files."""
    whole = encode(colour("intel damage", 30, 41), "JPEG", quality=90)
    if variant == "truncated":
        write(tree / "train/Type_2/77.jpg", whole[: len(whole) // 2])
        phantom.rejected.append("train/Type_2/77.jpg")
    elif variant == "zero_byte":
        write(tree / "test/77.jpg", b"")
        phantom.rejected.append("test/77.jpg")
    elif variant == "withdrawn":
        # ASSUMED: a withdrawn file makes no row and is listed as not used, even though it decodes.
        write(tree / "additional/Type_1/1023.jpg", whole)
        phantom.not_used.append("additional/Type_1/1023.jpg")
    elif variant == "two_labels":
        # ASSUMED: an image whose label contradicts itself is rejected, not given a null label.
        phantom.rows = [row for row in phantom.rows if row.source_file != "test/10.jpg"]
        phantom.rejected.append("10.jpg")


def _tables(tree: Path, variant: str) -> None:
    """Writes the tables beside the folders."""
    solution, fixed = [list(row) for row in SOLUTION], [list(row) for row in FIXED]
    if variant == "two_labels":
        solution[2] = ["10.jpg", "1", "0", "1"]
    if variant == "missing_column":
        solution = [[row[0], row[1], row[3]] for row in solution]
    if variant == "repeated_key":
        fixed.append(["80.jpg", "Type_2", "Type_1"])
    if variant == "truncated":
        solution.append(["77.jpg", "0", "0", "1"])
    _table(tree / "solution_stg1_release.csv", solution, variant)
    _table(tree / "fixed_labels_v2.csv", fixed, variant)
    _table(tree / "removed_files.csv", REMOVED, variant)
    write(
        tree / "sample_submission.csv",
        "image_name,Type_1,Type_2,Type_3\n2.jpg,0.1688,0.5273,0.3038\n10.jpg,0.1688,0.5273,0.3038\n",
    )
    write(tree / "sample_submission_stg2.csv", "image_name,Type_1,Type_2,Type_3\n10.jpg,0.1688,0.5273,0.3038\n")


def _packed(tree: Path) -> Phantom:
    """The archives as they come from Kaggle; only their first bytes are true."""
    for name in ("train", "additional_Type_1_v2", "additional_Type_2_v2", "additional_Type_3_v2", "test", "test_stg2"):
        write(tree / f"{name}.7z", b"7z\xbc\xaf\x27\x1c\x00\x04" + bytes(range(64)))
    write(tree / "test_stg2_7z_password.txt", "placeholder\n")
    _tables(tree, "packed_7z")
    return Phantom(tree, [], refused=True)
