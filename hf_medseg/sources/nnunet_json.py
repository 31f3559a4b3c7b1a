"""What `dataset.json` and `splits_final.json` of nnU-Net say, of volumes and of pictures.

Format: https://github.com/MIC-DKFZ/nnUNet/blob/master/documentation/dataset_format.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hf_medseg.errors import Refused
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tables import json_of
from hf_medseg.raw.tree import Raw


def labels_of(said: Mapping[str, Any], path: str) -> tuple[dict[int, str], int | None, tuple[str, ...]]:
    """What values are called, the value of what is not annotated, and what is to be said of regions.

    Raises:
        Refused: it cannot be told.
    """
    plain: dict[int, str] = {}
    regions: list[tuple[str, list[int]]] = []
    ignore = None
    for key, value in said["labels"].items():
        if isinstance(value, list):
            regions.append((str(key), [int(one) for one in value]))
        elif str(key).isdecimal() and isinstance(value, str):  # nnU-Net 1 and the Decathlon: value to name
            plain[int(key)] = value
        elif isinstance(value, int) and str(key).lower() == "ignore":
            ignore = value
        elif isinstance(value, int):
            plain[value] = str(key)
        else:
            raise Refused(f"{path}: labels: {key!r} must be a name with a number, a list of numbers, or a number with a name.")
    notes = []
    order = said.get("regions_class_order")
    if regions:
        if not isinstance(order, list) or len(order) != len(regions):
            raise Refused(f"{path}: regions_class_order must have a number for each of the {len(regions)} regions.")
        for (name, values), value in zip(regions, order, strict=True):
            plain[int(value)] = name
            notes.append(
                f"the region {name!r} is made of the values {', '.join(map(str, values))}; class {name!r} is what no later region takes"
            )
    plain[0] = "background"
    return plain, ignore, tuple(notes)


def sides_of(raw: Raw, path: str) -> tuple[dict[str, str], tuple[RawFile, ...]]:
    """The split of each case where `splits_final.json` divides them once, as an owner's validation set does; folds are no split.

    Args:
        raw: the tree.
        path: where the file lies, if it is there.

    Returns:
        (split by case, the file where it was used).
    """
    file = next((one for one in raw.files if one.listed == path), None)
    said = json_of(file) if file is not None else None
    if file is None or not (isinstance(said, list) and len(said) == 1 and isinstance(said[0], dict)):
        return {}, ()
    told = {str(case): split for key, split in (("train", "train"), ("val", "validation")) for case in said[0].get(key) or ()}
    return told, (file,)
