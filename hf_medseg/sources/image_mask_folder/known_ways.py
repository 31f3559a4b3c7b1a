"""Layouts of well-known tools and sets, whose names say what no word in them does."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import replace

from hf_medseg.errors import Refused
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tables import json_of
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.image_mask_folder.pattern_ways import way_by_patterns
from hf_medseg.sources.image_mask_folder.ways import Item, Way, is_picture, stem_of
from hf_medseg.sources.nnunet_json import labels_of, sides_of
from hf_medseg.sources.told import ToldCases

# What a tree looks like, and the patterns of its pictures and masks.
PATTERNS = (
    (
        r"gtFine/[^/]+/[^/]+/[^/]+_gtFine_labelIds\.png",
        "leftImg8bit/{split}/{folder}/{stem}_leftImg8bit.*",
        "gtFine/{split}/{folder}/{stem}_gtFine_labelIds.*",
    ),
    (r"[^/]+_masks\.(?:png|tiff?)", "{stem}_img.*", "{stem}_masks.*"),
)


def known_ways(raw: Raw, taken: tuple[str, ...]) -> list[Way]:
    """The ways of nnU-Net with pictures, of Cityscapes and of Cellpose.

    Raises:
        Refused: nnU-Net's files contradict each other.
    """
    if found := [way for table in raw.listing.ending(".json") if table.name == "dataset.json" for way in _nnunet(raw, table)]:
        return found
    for looks, image, mask in PATTERNS:
        if raw.has(looks):
            way = way_by_patterns(raw, image, (mask,), "", taken)
            if any(item.masks for item in way.items):
                return [replace(way, skipped=tuple((file, "no mask: another picture of the same") for file in _left(raw, way)))]
    return []


def _left(raw: Raw, way: Way) -> Iterator[RawFile]:
    used = {file.listed for item in (*way.items, *way.orphans) for file in (item.picture, *(mask for _, mask in item.masks))}
    return (file for file in raw.files if is_picture(file.listed) and file.listed not in used)


def _nnunet(raw: Raw, table: RawFile) -> Iterator[Way]:
    """nnU-Net with pictures: `imagesTr/a_0000.png`, which may be in colours, and `labelsTr/a.png`."""
    beside = posixpath.dirname(table.listed) + "/" if "/" in table.listed else ""
    folders: dict[str, dict[str, RawFile]] = {}
    for file in raw.files:
        folder, _, name = file.listed[len(beside) :].partition("/")
        if file.listed.startswith(f"{beside}{folder}/") and re.fullmatch(r"(?:images|labels)(?:Tr|Ts)", folder) and is_picture(name):
            folders.setdefault(folder, {})[stem_of(name)] = file
    if not folders.get("imagesTr") or not folders.get("labelsTr"):
        return
    said = json_of(table)
    if not isinstance(said, dict) or not isinstance(said.get("labels"), dict):
        raise Refused(f'{table.listed}: a record with "labels" expected, as nnU-Net has it.')
    names, ignore, notes = labels_of(said, table.listed)
    if further := next(
        (name for folder in ("imagesTr", "imagesTs") for name in folders.get(folder, ()) if not name.endswith("_0000")), None
    ):
        line = 'image = "imagesTr/{stem}_0000.*"; mask = "labelsTr/{stem}.*"'
        raise Refused(
            f"{further} is a further channel of nnU-Net; of pictures one file a case is read. Say in the about file which: {line}"
        )
    if ignore is not None:
        names[ignore] = "not annotated"
    sides, used = sides_of(raw, f"{beside}splits_final.json")
    told = ToldCases.beside(raw)
    items = []
    for end, split in (("Tr", "train"), ("Ts", "test")):
        masks = folders.get(f"labels{end}", {})
        for stem, picture in folders.get(f"images{end}", {}).items():
            case = stem.removesuffix("_0000")
            mask = (("", masks[case]),) if case in masks else ()
            side = told.split(sides.get(case, split) if end == "Tr" else split, picture.listed, case)
            said = {**told.texts(side, case), "split": side}
            items.append(Item(beside, picture, case, mask, beside.count("/"), said))
    classes = {str(value): name for value, name in names.items()}
    layout = "dataset.json, imagesTr/<case>_0000 and labelsTr/<case>, as nnU-Net has them"
    yield Way(
        layout,
        "one",
        tuple(items),
        columns=tuple(told.columns),
        classes=classes,
        tables=(*told.tables, table, *used),
        notes=notes,
        where="labelsTr/{stem}.png",
    )
