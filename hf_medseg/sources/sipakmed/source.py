"""SIPaKMeD: cells of Pap smears, outlined by polygons, as pictures of clusters and as crops of single cells."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import FLAG, INT32, PICTURE, TEXT, Label, ListOf
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.cells import Instances, MaskList, Overlap
from hf_medseg.masks.labels import Painted
from hf_medseg.masks.polygons import OUTLINES, Outlines, Polygon
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw, union

CLASSES = {
    "Superficial-Intermediate": "superficial_intermediate",
    "Parabasal": "parabasal",
    "Koilocytotic": "koilocytotic",
    "Dyskeratotic": "dyskeratotic",
    "Metaplastic": "metaplastic",
}

FOLDER = rf"im_({'|'.join(CLASSES)})"

VALUES = {"cyt": 1, "nuc": 2}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture of a cluster, or, in config `crops`, one a cell."""
    return crops(raw) if raw.config == "crops" else clusters(raw)


def clusters(raw: Raw) -> Iterator[Case]:
    """Pictures with any number of cells; one without any polygon is not annotated."""
    pictures = raw.find(rf"{FOLDER}/(\d+)\.(?i:bmp)")
    outlines: dict[tuple[str, str], dict[str, dict[str, RawFile]]] = {}
    for (kind, number, structure, cell), file in raw.find(rf"{FOLDER}/(\d+)_(cyt|nuc)(\d+)\.(?i:dat)").items():
        outlines.setdefault((kind, number), {}).setdefault(cell.zfill(2), {})[structure] = file
    for kind, number in union(pictures, outlines):
        cells = dict(sorted(outlines.get((kind, number), {}).items(), key=lambda item: int(item[0])))
        areas = {f"{s}{cell}": Polygon(files[s], VALUES[s]) for cell, files in cells.items() for s in VALUES if s in files}
        single = tuple(Painted(tuple(areas[f"{s}{cell}"] for s in files)) for cell, files in cells.items())
        yield Case(
            f"im_{kind}_{number}",
            {
                "image": Picture(pictures.need((kind, number), f"im_{kind}/{number}.bmp")),
                "mask": Painted(single) if single else None,
                "instances": Instances(single) if single else None,
                "masks": MaskList(single) if single else None,
                "mask_overlap": Overlap(single) if single else None,
                "outlines": Outlines(areas) if single else None,
            },
            {"label": CLASSES[kind], "num_cells": len(cells) or None, "mask_names": list(cells) or None},
            patient_id=f"im_{kind}_{number}",
        )


def crops(raw: Raw) -> Iterator[Case]:
    """Pictures of one cell each, with both its polygons in pixels of the crop."""
    pictures = raw.find(rf"{FOLDER}/CROPPED/(\d+)_(\d+)\.(?i:bmp)")
    outlines = {s: raw.find(rf"{FOLDER}/CROPPED/(\d+)_(\d+)_{s}\.(?i:dat)") for s in VALUES}
    for key in union(pictures, *outlines.values()):
        kind, number, cell = key
        path = f"im_{kind}/CROPPED/{number}_{cell}"
        areas = {s: Polygon(files.need(key, f"{path}_{s}.dat"), VALUES[s]) for s, files in outlines.items()}
        yield Case(
            f"im_{kind}_{number}_{cell}",
            {
                "image": Picture(pictures.need(key, f"{path}.bmp")),
                "mask": Painted(tuple(areas.values())),
                "outlines": Outlines(areas),
            },
            {"label": CLASSES[kind], "cluster_id": f"im_{kind}_{number}", "cell_id": cell},
            patient_id=f"im_{kind}_{number}",
        )


LABEL = Label(tuple(CLASSES.values()))

SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{FOLDER}/(?:CROPPED/\d+_)?\d+\.(?i:bmp)", rf"{FOLDER}/(?:CROPPED/)?\d+_(?:\d+_)?(?:cyt|nuc)\d*\.(?i:dat)"),
        configs=(
            Config(
                "clusters",
                {
                    "label": LABEL,
                    "num_cells": INT32,
                    "instances": PICTURE,
                    "masks": ListOf(PICTURE),
                    "mask_names": ListOf(TEXT),
                    "mask_overlap": FLAG,
                    "outlines": OUTLINES,
                },
                description="Pictures of cell clusters.",
            ),
            Config(
                "crops",
                {"label": LABEL, "cluster_id": TEXT, "cell_id": TEXT, "outlines": OUTLINES},
                description="Pictures of single cells, cut from the clusters by the owner.",
            ),
        ),
        not_used=(
            (r"CROPPED/\d+_\d+\.(?i:bmp)", "a crop: see the config crops"),
            (r"CROPPED/\d+_\d+_(?:cyt|nuc)\.(?i:dat)", "outline on a crop: see the config crops"),
            (rf"{FOLDER}/\d+\.(?i:bmp)", "a cluster: see the config clusters"),
            (rf"{FOLDER}/\d+_(?:cyt|nuc)\d+\.(?i:dat)", "outline on a cluster: see the config clusters"),
            (r"[^/]+\.(?i:xlsx?|csv|mat|pdf|txt)", "computed features and notes"),
        ),
    ),
    cases,
    signature=(rf"{FOLDER}/\d{{3}}_(?:cyt|nuc)\d{{2}}\.(?i:dat)", rf"{FOLDER}/CROPPED/\d{{3}}_\d{{2}}_(?:cyt|nuc)\.(?i:dat)"),
    image_mode="RGB",
)
