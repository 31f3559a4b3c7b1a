"""SegPC-2021: plasma cells in bone marrow, one mask a cell with nucleus and cytoplasm."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import FLAG, MASK_ORIGIN, PICTURE, TEXT, Label, ListOf
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.cells import Instances, MaskList, Overlap
from hf_medseg.masks.labels import Painted, Values
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw, union
from hf_medseg.sources.segpc_2021.sizes import BySize

SPLIT = r"((?i:train|validation|valid|test))"

SPLITS = {"train": "train", "validation": "validation", "valid": "validation", "test": "test"}

PARTS = {0: 0, 20: 1, 40: 2}

CAMERAS = {(2560, 1920): "nikon", (2040, 1536): "olympus"}

TWICE = {"2044_5": "2044_3", "2122_5": "2122_4", "1812_4": "1812_2", "9424_6": "9424_5"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture, with the masks of its cells in ascending number."""
    pictures = raw.find(rf"{SPLIT}/x/(\d+)\.(?i:bmp)")
    cells: dict[tuple[str, str], list[tuple[str, RawFile]]] = {}
    for (folder, image_id, cell), file in raw.find(rf"{SPLIT}/y/(\d+)_(\d+)\.[^./]+").items():
        cells.setdefault((folder, image_id), []).append((f"{image_id}_{cell}", file))
        if first := TWICE.get(f"{image_id}_{cell}"):
            raw.note(file, f"outlines nearly the same cell as {first}.bmp; both are kept")
    for folder, image_id in union(pictures, cells):
        found = cells.get((folder, image_id), [])
        masks = tuple(Values(Picture(file), PARTS) for _, file in found)
        split, wrong = SPLITS[folder.lower()], ""
        if (split, image_id) == ("validation", "610") and not found:
            raw.note(pictures[folder, image_id], "has no masks; its mask is null")
        elif split != "test" and not found:
            wrong = f"no mask {folder}/y/{image_id}_1.bmp or another number is there; every picture of this split but 610 has some."
        yield Case(
            image_id,
            {
                "image": Picture(pictures.need((folder, image_id), f"{folder}/x/{image_id}.bmp")),
                "mask": Painted(masks) if masks else None,
                "instances": Instances(masks) if masks else None,
                "masks": MaskList(masks) if masks else None,
                "mask_overlap": Overlap(masks) if masks else None,
                "camera": BySize(CAMERAS),
            },
            {"mask_names": [name for name, _ in found] or None, "mask_origin": "corrected" if masks else None},
            split=split,
            problem=Problem.of(wrong),
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{SPLIT}/x/\d+\.(?i:bmp)", r"(?i:train|validation|valid)/y/\d+_\d+\.(?i:bmp)"),
        configs=(
            Config(
                columns={
                    "instances": PICTURE,
                    "masks": ListOf(PICTURE),
                    "mask_names": ListOf(TEXT),
                    "mask_overlap": FLAG,
                    "mask_origin": MASK_ORIGIN,
                    "camera": Label(tuple(CAMERAS.values())),
                }
            ),
        ),
    ),
    cases,
    signature=(r"TCIA_SegPC_dataset/(?:[^/]+/)*[xy]/\d+(?:_\d+)?\.(?i:bmp)", r"(?i:train|validation|valid)/y/\d+_\d+\.(?i:bmp)"),
)
