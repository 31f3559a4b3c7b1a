"""Files beside volumes that say what they are: lists of images with their labels, and tables of what values are called."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from typing import Any

from hf_medseg.errors import Refused, Rejected
from hf_medseg.formats.volume_file import ENDING
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.long_json import keys_in
from hf_medseg.raw.splits import split_of
from hf_medseg.raw.tables import Table, decoded, headed, json_of
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.words import split_column, split_said

_HEAD = 1 << 16
LISTS = {"training": "train", "train": "train", "validation": "validation", "val": "validation", "testing": "test", "test": "test"}
# `1 255 0 0 1 1 1 "Liver"` of ITK-SNAP, and `2 Left-Cerebral-White-Matter 245 245 245 0` of FreeSurfer and 3D Slicer.
_SNAP = re.compile(r'\s*(\d+)\s+\d+\s+\d+\s+\d+\s+[\d.]+\s+[01]\s+[01]\s+"([^"]*)"\s*')
_LUT = re.compile(r"\s*(\d+)\s+(\S+)\s+\d{1,3}\s+\d{1,3}\s+\d{1,3}\s+\d{1,3}\s*")

_COLUMNS = (("LabelValue", "Name"), ("index", "name"), ("value", "name"), ("Value", "Name"))  # of 3D Slicer, of BIDS, and of people


_IMAGE_COLUMNS = ("image", "image_path", "img", "img_path", "scan", "volume", "file", "filename", "images")
_MASK_COLUMNS = ("mask", "mask_path", "label", "label_path", "seg", "seg_path", "segmentation", "segmentation_path", "masks", "labels")
_NAMED_SO = rf"\b(?:{'|'.join(_MASK_COLUMNS)})\b"
_VOLUME = re.compile(rf".+{ENDING}")


def label_tables(raw: Raw) -> tuple[dict[int, str], tuple[RawFile, ...]]:
    """What tables of ITK-SNAP, FreeSurfer and 3D Slicer call values, and those files.

    Raises:
        Refused: two of them contradict each other.
    """
    names: dict[int, str] = {}
    tables = []
    for file in raw.find(r"(?:[^/]+/)*[^/]+\.(?i:txt|label|lbl|ctbl|lut)", twins=False).values():
        with contextlib.suppress(Rejected):  # what cannot be read is no table
            found = dict(_rows(file.read(_HEAD).decode("utf-8", "replace")))
            tables += [file] if found else []
            _keep(names, found, file)
    for file in raw.listing.ending(".csv", ".tsv"):
        columns = next((pair for pair in _COLUMNS if headed(file, pair)), None)
        if columns is not None:
            tables.append(file)
            rows = [(row[columns[0]], row[columns[1]]) for row in Table(file, columns)]
            _keep(names, {int(value): name for value, name in rows if value.isdecimal() and int(value) and name}, file)
    return names, tuple(tables)


def _keep(names: dict[int, str], found: Mapping[int, str], file: RawFile) -> None:
    for value, name in found.items():
        if names.setdefault(value, name) != name:
            raise Refused(f"{file.listed} calls {value} {name!r}, another table {names[value]!r}. Keep one of them.")


def _rows(text: str) -> Iterator[tuple[int, str]]:
    """The rows of a table of values; none where a line is something else."""
    lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    found = [_SNAP.fullmatch(line) or _LUT.fullmatch(line) for line in lines]
    for match in found if all(found) else ():
        if match is not None and int(match[1]):
            yield int(match[1]), match[2]


def datalists(raw: Raw) -> Iterator[tuple[RawFile, Mapping[str, Any]]]:
    """The JSON files that list images with their labels, as MONAI reads them: `{"training": [{"image": ..., "label": ...}]}`."""
    for file in raw.find(r"(?:[^/]+/)*[^/]+\.(?i:json)", twins=False).values():
        with contextlib.suppress(Rejected, Refused):  # JSON of another kind
            if "training" in keys_in(file.read(_HEAD)):
                said = json_of(file)
                if isinstance(said, dict) and any(_is_record(one) for one in said.get("training") or ()):
                    yield file, said


def tables_of_pairs(raw: Raw) -> tuple[tuple[RawFile, ...], Mapping[str, Any]]:
    """CSV tables that name each image and its mask, and what they say in the form of a list for MONAI; nothing where there are none."""
    tables: list[RawFile] = []
    said: dict[str, list[Any]] = {}
    for file in raw.listing.ending(".csv", ".tsv"):
        if file.name == "metadata.csv" and headed(file, ("file_name",)):
            said = said or _with_sequences(file)
            tables += [file] if said else []
            continue
        with contextlib.suppress(Rejected, Refused):  # a table of something else, or none
            if not re.search(_NAMED_SO, decoded(file.read(1 << 12)).partition("\n")[0].lower()):
                continue
            table = Table(file)
            image, mask = (next((name for name in table.header if name.lower() in known), "") for known in (_IMAGE_COLUMNS, _MASK_COLUMNS))
            rows = list(table) if image and mask else []
            split = split_column(table.header, rows)
            if not rows or not all(_VOLUME.fullmatch(row[image]) and _VOLUME.fullmatch(row[mask] or "a.nii") for row in rows):
                continue
            tables.append(file)
            for row in rows:
                told = split_said(row[split]) if split else split_of(file.name.rpartition(".")[0])
                said.setdefault("training", []).append({"image": row[image], "label": row[mask], "split": told or "train"})
    return tuple(tables), said


def _with_sequences(file: RawFile) -> dict[str, list[Any]]:
    """What `metadata.csv` of an export says of volumes with several sequences; nothing of any other one, whose folders say it."""
    table = Table(file)
    further = [name for name in table.header if re.fullmatch(r"image_\w+_file_name", name)]
    rows = list(table) if further else []
    if not rows or "mask_file_name" not in table.header or not all(_VOLUME.fullmatch(row["file_name"]) for row in rows):
        return {}
    records = [{"image": [row[name] for name in ("file_name", *further)], "label": row["mask_file_name"]} for row in rows]
    return {"training": records, "channel_names": ["image", *(name[len("image_") : -len("_file_name")] for name in further)]}


def _is_record(one: Any) -> bool:
    return isinstance(one, dict) and isinstance(one.get("image"), (str, list))


def records(said: Mapping[str, Any]) -> Iterator[tuple[str, list[str], str, Any]]:
    """(split, images by channel, label, fold) of every record of a list; a label is empty where there is none."""
    for key, split in LISTS.items():
        for one in said.get(key) or ():
            if isinstance(one, str):
                yield split, [one], "", None
            elif _is_record(one):
                images = [one["image"]] if isinstance(one["image"], str) else [str(image) for image in one["image"]]
                label = one.get("label")
                told = one.get("split")
                yield told if isinstance(told, str) and told else split, images, label if isinstance(label, str) else "", one.get("fold")
