"""SIPaKMeD: cells of Pap smears, outlined by polygons, as pictures of clusters and as crops of single cells."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import FLAG, INT32, PICTURE, TEXT, Label, ListOf
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Instances, MaskList, Overlap, Painted
from hf_medseg.pixels.picture import Picture
from hf_medseg.pixels.polygons import OUTLINES, Outlines, Polygon
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


ARCHIVES = (
    ("im_Superficial-Intermediate.7z", 762939737, "3b73e406df14d60b1bd9c8ac3b01b594e70bb51ba32fb080141fc6a7f489a599"),
    ("im_Parabasal.7z", 548667699, "13e9c29f016a5b83731e038cfe518671a7815df28836dee706acba6ecd2369a8"),
    ("im_Koilocytotic.7z", 1290478065, "653578e878e3cc63a8510cd7ec26d918637d9881e913e29a5bb205d0d9cfb70d"),
    ("im_Metaplastic.7z", 1396480123, "97f1badc5f606f127d2af0d18a008ebd41a2b60f44785cb332a6eaa33004d2af"),
    ("im_Dyskeratotic.7z", 1182980549, "a8768bc03c9e814063ff946b7ef7548067e16b760168267d2b12e95a66955cce"),
)
LABEL = Label(tuple(CLASSES.values()))
SOURCE = Source(
    id="sipakmed",
    title="SIPaKMeD Pap smear database",
    homepage="https://www.cs.uoi.gr/~marina/sipakmed.html",
    modality=("microscopy",),
    anatomy=("cervix",),
    task="cell segmentation and classification",
    summary="966 pictures of cell clusters from Pap smears with 4,049 cells of five kinds, cytoplasm and nucleus outlined.",
    access=Access(
        "request",
        (
            "Download the five class archives im_*.7z from https://www.cs.uoi.gr/~marina/sipakmed.html.",
            "Unpack each with 7z x into one folder and move the .7z files out of it.",
        ),
        (
            *(
                Download(
                    f"https://www.cs.uoi.gr/~marina/SIPAKMED/{name}",
                    name=name,
                    size=size,
                    checksum=f"sha256:{sha256}",
                    mirrors=(f"http://www.cse.uoi.gr/~marina/SIPAKMED/{name}",),
                    choice="owner",
                    then="unpack",
                )
                for name, size, sha256 in ARCHIVES
            ),
            Download("prahladmehandiratta/cervical-cancer-largest-dataset-sipakmed", "kaggle", choice="kaggle"),
            Download("mohaliy2016/papsinglecell", "kaggle", choice="kaggle-crops"),
        ),
    ),
    layout=(
        "im_Dyskeratotic/001.bmp  001_cyt01.dat  001_nuc01.dat  001_cyt02.dat ...   (x,y lines in pixels of 001.bmp)\n"
        "im_Dyskeratotic/CROPPED/001_01.bmp  001_01_cyt.dat  001_01_nuc.dat ...     (x,y lines in pixels of 001_01.bmp)\n"
        "im_Koilocytotic/  im_Metaplastic/  im_Parabasal/  im_Superficial-Intermediate/   (the Kaggle copy doubles each: im_X/im_X/)"
    ),
    splits="No official split: one split `train`. Cells of one cluster share `patient_id`; split by it. Patients are not known.",
    quirks=(
        "The polygons of a cluster (`001_cyt01.dat`) and those of a crop (`001_01_cyt.dat`) lie in pixels of their own picture.",
        "A cluster may have more polygons of one structure than of the other; a cell is what has at least one.",
        "A cluster without any polygon file has a null `mask`.",
        "Cells of a cluster that nobody outlined stay background.",
        "The owner names three groups (normal, abnormal, benign); others count metaplastic cells as normal or as abnormal, "
        "so only the five kinds are given.",
        "All cells of a cluster carry the kind of its folder.",
        "Numbers restart in every folder: 001 alone names no picture.",
        "The crops differ in size.",
        "Coordinates are taken as published, pixel centres at whole numbers counted from 0; `outlines` keeps them with all digits.",
    ),
    changes=(
        "BMP is stored as PNG.",
        "Polygons are filled: a pixel is inside where its centre is (even-odd rule; on the outline itself, left and top edges count as "
        "inside, right and bottom ones as outside); what lies beyond the picture is cut off; nucleus is painted over cytoplasm.",
    ),
    editions=(
        Edition(
            license=License(
                "other",
                "publicly available, for experimental purposes",
                "https://www.cs.uoi.gr/~marina/sipakmed.html",
                "restricted",
                (
                    Evidence(
                        "publicly available; may be used for experimental purposes; asks for a citation; grants no redistribution",
                        "https://www.cs.uoi.gr/~marina/sipakmed.html",
                        "high",
                    ),
                    Evidence(
                        "the re-host names no license",
                        "https://www.kaggle.com/datasets/prahladmehandiratta/cervical-cancer-largest-dataset-sipakmed",
                        "medium",
                    ),
                ),
                ("Cite Plissiti et al. 2018 (ICIP).",),
            ),
            citations=(
                r"""@inproceedings{plissiti2018sipakmed,
  title     = {SIPAKMED: A new dataset for feature and image based classification of normal and pathological cervical cells in Pap smear images},
  author    = {Plissiti, Marina E. and Dimitrakopoulos, Panagiotis and Sfikas, Giorgos and Nikou, Christophoros and Krikoni, Olga and Charchanti, Antonia},
  booktitle = {2018 25th IEEE International Conference on Image Processing (ICIP)},
  year      = {2018}
}""",
            ),
            classes=("cytoplasm", "nucleus"),
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
            published=Published({"train": 966}, note="clusters, counted on the owner's files; 4,049 crops"),
        ),
    ),
    signature=(rf"{FOLDER}/\d{{3}}_(?:cyt|nuc)\d{{2}}\.(?i:dat)", rf"{FOLDER}/CROPPED/\d{{3}}_\d{{2}}_(?:cyt|nuc)\.(?i:dat)"),
    cases=cases,
    hashes=tuple((size, sha256) for _, size, sha256 in ARCHIVES),
    image_mode="RGB",
)
