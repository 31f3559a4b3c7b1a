"""SIPaKMeD: one folder per class with cluster pictures, polygons beside them, and a folder CROPPED with one picture per cell.

Default config: the cluster pictures; config `crops`: the cells. Polygons hold `x,y` lines in pixels of the picture beside them.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from tests.support import kit
from tests.support.kit import Array, Phantom, Row

VARIANTS: dict[str, str] = {
    "clean": "the owner's class folders side by side; fewer cytoplasm than nucleus files, a cluster without polygons, litter",
    "kaggle": "every class folder doubled: im_X/im_X/",
    "class-archives": "the folder holds one zip per class",
    "one-class": "only one class was downloaded",
    "upper-case": "suffixes .BMP and .DAT",
    "blanks": "a blank instead of the comma between x and y",
    "slanted": "a polygon with slanted edges: a pixel is inside where its centre is",
    "over-the-edge": "a polygon that leaves the picture a little: clipped",
    "polygon-outside": "a polygon entirely outside its picture: rejected",
    "damaged-polygon": "a line of a polygon is no pair of numbers: rejected",
    "two-points": "a polygon of two points only: rejected",
    "empty-polygon": "a polygon file of no bytes: rejected",
    "cut-image": "a cluster picture cut short: rejected",
    "crop-without-polygon": "config crops: a cell picture without its cytoplasm polygon: rejected there",
}

CLASSES = {
    "im_Dyskeratotic": "dyskeratotic",
    "im_Koilocytotic": "koilocytotic",
    "im_Metaplastic": "metaplastic",
    "im_Parabasal": "parabasal",
    "im_Superficial-Intermediate": "superficial_intermediate",
}

Points = list[tuple[float, float]]


@dataclass(frozen=True)
class Shape:
    """An L: columns x0..x1 and rows y0..y1 (inclusive) without what lies right of `nx` and below `ny`."""

    x0: int
    y0: int
    x1: int
    y1: int
    nx: int
    ny: int

    def moved(self, dx: int, dy: int) -> Shape:
        return Shape(self.x0 + dx, self.y0 + dy, self.x1 + dx, self.y1 + dy, self.nx + dx, self.ny + dy)

    def pixels(self, height: int, width: int) -> Array:
        """The pixels inside, clipped to the picture."""
        y, x = np.mgrid[:height, :width]
        box = (x >= self.x0) & (x <= self.x1) & (y >= self.y0) & (y <= self.y1)
        return np.asarray(box & ~((x > self.nx) & (y > self.ny)))

    def outline(self, pad: float) -> Points:
        """Corners pushed out by less than half a pixel: pixel centres and rounded corners give the same filling.

        ASSUMED: pixel centres lie at whole numbers, counted from 0.
        """
        left, top, right, low = self.x0 - pad, self.y0 - pad, self.x1 + pad, self.y1 + pad
        inner_x, inner_y = self.nx + pad, self.ny + pad
        return [(left, top), (right, top), (right, inner_y), (inner_x, inner_y), (inner_x, low), (left, low)]


@dataclass(frozen=True)
class Cell:
    """What is drawn of one cell; `None` where the cluster has no such file."""

    cyt: Shape
    nuc: Shape
    in_cluster: tuple[str, ...] = ("cyt", "nuc")


@dataclass(frozen=True)
class Cluster:
    folder: str
    number: str
    height: int
    width: int
    cells: tuple[Cell, ...]

    @property
    def name(self) -> str:
        return f"{self.folder}_{self.number}"


CLUSTERS = (
    Cluster(
        "im_Dyskeratotic",
        "001",
        36,
        48,
        (
            Cell(Shape(3, 4, 22, 20, 13, 15), Shape(6, 7, 11, 12, 8, 9)),
            Cell(Shape(18, 10, 40, 31, 30, 24), Shape(25, 16, 33, 21, 29, 18)),
            Cell(Shape(36, 20, 46, 33, 41, 29), Shape(38, 23, 41, 28, 39, 26), ("nuc",)),
        ),
    ),
    Cluster("im_Dyskeratotic", "010", 30, 40, (Cell(Shape(5, 6, 30, 24, 19, 17), Shape(9, 9, 15, 15, 12, 13)),)),
    Cluster("im_Koilocytotic", "001", 32, 44, (Cell(Shape(10, 3, 37, 27, 22, 12), Shape(14, 5, 19, 10, 17, 7)),)),
    Cluster("im_Metaplastic", "244", 28, 36, ()),
    Cluster("im_Parabasal", "002", 30, 42, (Cell(Shape(2, 2, 20, 25, 9, 18), Shape(4, 5, 8, 16, 6, 12)),)),
    Cluster(
        "im_Superficial-Intermediate",
        "001",
        34,
        46,
        (Cell(Shape(7, 8, 43, 30, 35, 13), Shape(12, 10, 18, 12, 15, 11)),),
    ),
)
SLANTED: Points = [(4.3, 5.2), (33.6, 9.7), (11.4, 26.3)]  # cytoplasm of cell 01 of im_Dyskeratotic/010
TARGET = ("im_Dyskeratotic", "010")  # the cluster that the variants change


def _inside(points: Points, height: int, width: int) -> Array:
    """Pixels whose centre lies inside a convex polygon given clockwise on the screen."""
    y, x = np.mgrid[:height, :width]
    inside = np.ones((height, width), bool)
    for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
        inside &= (bx - ax) * (y - ay) - (by - ay) * (x - ax) > 0
    return inside


def _text(points: Points, style: int, separator: str = ",") -> str:
    """The lines of a polygon file; the styles differ in line ends, number format and closing."""
    if style % 3 == 0:
        return "".join(f"{x:g}{separator}{y:g}\n" for x, y in points)
    if style % 3 == 1:  # closed by its author, an empty line at the end
        return "".join(f"{x:.4f}{separator}{y:.4f}\r\n" for x, y in points + points[:1]) + "\r\n"
    return "\n".join(f"{x:.7e}{separator}{y:.7e}" for x, y in points)  # no line end at the end


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the class folders and returns what must come out."""
    data = folder / "sipakmed"
    phantom = Phantom(raw=data, rows=[], configs={"crops": []})
    clusters = CLUSTERS if variant != "one-class" else tuple(c for c in CLUSTERS if c.folder == "im_Dyskeratotic")
    for cluster in clusters:
        inner = data / cluster.folder
        if variant == "kaggle":
            inner = inner / cluster.folder
        _cluster(inner, cluster, variant, phantom)
    if variant == "clean":
        kit.write(data / "im_Parabasal" / "Thumbs.db", b"\xd0\xcf\x11\xe0")
        kit.write(data / "im_Parabasal" / "CROPPED" / "Thumbs.db", b"\xd0\xcf\x11\xe0")
    if variant == "class-archives":
        for name in dict.fromkeys(c.folder for c in clusters):
            kit.as_zip(data / name, data / f"{name}.zip", f"{name}/")
            shutil.rmtree(data / name)
    return phantom


def _cluster(inner: Path, cluster: Cluster, variant: str, phantom: Phantom) -> None:
    """Writes one cluster picture, its polygons and the crops of its cells."""
    bmp, dat = (".BMP", ".DAT") if variant == "upper-case" else (".bmp", ".dat")
    separator = " " if variant == "blanks" else ","
    target = (cluster.folder, cluster.number) == TARGET
    height, width = cluster.height, cluster.width
    picture = kit.colour(f"sipakmed/{cluster.name}", height, width)
    path = kit.save(inner / f"{cluster.number}{bmp}", picture)
    if target and variant == "cut-image":
        path.write_bytes(path.read_bytes()[:700])

    names: list[str] = []
    masks: list[Array] = []
    cytoplasm, nucleus = np.zeros((height, width), bool), np.zeros((height, width), bool)
    instances = np.zeros((height, width), np.uint16)
    for index, cell in enumerate(cluster.cells, start=1):
        number = f"{index:02d}"
        areas = {"cyt": cell.cyt.pixels(height, width), "nuc": cell.nuc.pixels(height, width)}
        texts = {
            "cyt": _text(cell.cyt.outline(0.25), index, separator),
            "nuc": _text(cell.nuc.outline(0.375), index + 1, separator),
        }
        if target:
            areas["cyt"], texts["cyt"] = _changed(cell, variant, height, width, areas["cyt"], texts["cyt"])
        one = np.zeros((height, width), np.uint8)
        for value, kind in enumerate(("cyt", "nuc"), start=1):
            if kind in cell.in_cluster:
                kit.write(inner / f"{cluster.number}_{kind}{number}{dat}", texts[kind])
                one[areas[kind]] = value
        cytoplasm |= one == 1
        nucleus |= one == 2
        instances[one > 0] = index  # ASSUMED: painted in ascending cell number
        names.append(number)
        masks.append(one)
        _crop(inner / "CROPPED", cluster, cell, number, picture, variant, phantom)

    mask = np.zeros((height, width), np.uint8)
    mask[cytoplasm] = 1
    mask[nucleus] = 2
    columns: dict[str, Any] = {"label": CLASSES[cluster.folder]}
    if cluster.cells:
        overlap = bool((np.sum([m > 0 for m in masks], axis=0) > 1).any())
        columns |= {"num_cells": len(masks), "instances": instances, "masks": masks, "mask_names": names}
        columns["mask_overlap"] = overlap
    bad = ("polygon-outside", "damaged-polygon", "two-points", "empty-polygon")
    if target and variant in bad:
        phantom.rejected.append(f"{cluster.number}_cyt01.dat")
    elif target and variant == "cut-image":
        phantom.rejected.append(f"{cluster.folder}/{cluster.number}.bmp")
    else:
        # ASSUMED: the inner of two equal folders is where the layout begins; no polygon at all means not annotated.
        phantom.rows.append(
            Row(
                image_id=cluster.name,
                image=picture,
                mask=mask if cluster.cells else None,
                source_file=f"{cluster.folder}/{cluster.number}{bmp}",
                patient_id=cluster.name,  # ASSUMED: the cluster groups its cells
                columns=columns,
            )
        )


def _changed(cell: Cell, variant: str, height: int, width: int, area: Array, text: str) -> tuple[Array, str]:
    """The cytoplasm of the target's cell as the variant has it."""
    if variant == "slanted":
        return _inside(SLANTED, height, width), _text(SLANTED, 0)
    if variant == "over-the-edge":
        over = cell.cyt.moved(-7, -8)
        return over.pixels(height, width), _text(over.outline(0.25), 0)
    if variant == "polygon-outside":
        return area, _text(cell.cyt.moved(width + 5, 0).outline(0.25), 0)
    if variant == "damaged-polygon":
        return area, text.replace("\r\n", ",abc\r\n", 1)
    if variant == "two-points":
        return area, _text(cell.cyt.outline(0.25)[:2], 0)
    if variant == "empty-polygon":
        return area, ""
    return area, text


def _crop(cropped: Path, cluster: Cluster, cell: Cell, number: str, picture: Array, variant: str, phantom: Phantom) -> None:
    """Writes the picture and both polygons of one cell, in coordinates of the crop."""
    bmp, dat = (".BMP", ".DAT") if variant == "upper-case" else (".bmp", ".dat")
    separator = " " if variant == "blanks" else ","
    dx, dy = max(cell.cyt.x0 - 2, 0), max(cell.cyt.y0 - 3, 0)
    part = np.ascontiguousarray(picture[dy : cell.cyt.y1 + 2, dx : cell.cyt.x1 + 4])
    height, width = part.shape[:2]
    cyt, nuc = cell.cyt.moved(-dx, -dy), cell.nuc.moved(-dx, -dy)
    stem = f"{cluster.number}_{number}"
    kit.save(cropped / f"{stem}{bmp}", part)
    lacking = variant == "crop-without-polygon" and (cluster.folder, cluster.number) == TARGET
    if not lacking:
        kit.write(cropped / f"{stem}_cyt{dat}", _text(cyt.outline(0.25), 1, separator))
    kit.write(cropped / f"{stem}_nuc{dat}", _text(nuc.outline(0.25), 0, separator))
    if lacking:
        phantom.rejected.append(f"{stem}.bmp")
        return
    mask = np.zeros((height, width), np.uint8)
    mask[cyt.pixels(height, width)] = 1
    mask[nuc.pixels(height, width)] = 2
    phantom.configs["crops"].append(
        Row(
            image_id=f"{cluster.name}_{number}",
            image=part,
            mask=mask,
            source_file=f"{cluster.folder}/CROPPED/{stem}{bmp}",
            patient_id=cluster.name,
            columns={"label": CLASSES[cluster.folder], "cluster_id": cluster.name},
        )
    )
