"""MoNuSeg: TIFF pictures, ImageScope XML with one unnamed layer, a region a nucleus, vertices in pixels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_zip, colour, save, write

VARIANTS: dict[str, str] = {
    "clean": "both sets unpacked beside each other, with what macOS leaves",
    "zips": "both zips as downloaded",
    "underscore": "the training folder as another release spells it",
    "test_alone": "RAW is the test folder itself",
    "missing_xml": "one picture has no outlines",
    "empty_xml": "one file has no region",
    "cut_xml": "one file ends in the middle",
}

_STEMS = {"train": ["TCGA-18-5592-01Z-00-DX1", "TCGA-E2-A1B5-01Z-00-DX1"], "test": ["TCGA-2Z-A9J9-01A-01-TS1", "TCGA-HT-8564-01Z-00-DX1"]}
# Rectangles (left, top, right, bottom) whose edges run between pixels, a nucleus each: the second overlaps the first, the third leaves the
# picture, the fourth encloses nothing.
_NUCLEI = [(3.0, 4.0, 13.0, 12.0), (11.0, 9.0, 20.0, 19.0), (35.0, 30.0, 44.0, 36.0)]


def _xml() -> str:
    regions = []
    outlines = [[(a, b), (c, b), (c, d), (a, d)] for a, b, c, d in _NUCLEI]
    outlines.insert(2, [(1.0, 1.0), (2.0, 2.0)])
    for number, points in enumerate(outlines, 1):
        vertices = "".join(f'<Vertex X="{x}" Y="{y}" Z="0"/>' for x, y in points)
        regions.append(f'<Region Id="{number}" Type="0" NegativeROA="0"><Attributes/><Vertices>{vertices}</Vertices></Region>')
    layer = f'<Annotation Id="1" Name="" ReadOnly="0" Type="4"><Attributes/><Regions>{"".join(regions)}</Regions><Plots/></Annotation>'
    return f'<?xml version="1.0"?><Annotations MicronsPerPixel="0.252000">{layer}</Annotations>'


def _instances() -> Array:
    """Numbers in document order; the region of two points has number 3."""
    instances = np.zeros((40, 40), np.uint16)
    for number, (left, top, right, bottom) in zip((1, 2, 4), _NUCLEI, strict=True):
        instances[int(top) : int(bottom), int(left) : int(right)] = number
    return instances


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "MoNuSeg"
    phantom = Phantom(raw=raw, rows=[])
    tissue = "Tissue_Images" if variant == "underscore" else "Tissue Images"
    places = {
        "train": (f"MoNuSeg 2018 Training Data/{tissue}", "MoNuSeg 2018 Training Data/Annotations"),
        "test": ("MoNuSegTestData", "MoNuSegTestData"),
    }
    for split, stems in _STEMS.items():
        if variant == "test_alone" and split == "train":
            continue
        for stem in stems:
            odd = stem == "TCGA-E2-A1B5-01Z-00-DX1"
            image, xml = colour(stem, 40, 40), _xml()
            pictures, outlines = (raw / place for place in places[split])
            save(pictures / f"{stem}.tif", image)
            if odd and variant == "empty_xml":
                xml = '<?xml version="1.0"?><Annotations><Annotation Id="1"><Regions/></Annotation></Annotations>'
            if odd and variant == "cut_xml":
                xml = xml[: len(xml) // 2]
            if not (odd and variant == "missing_xml"):
                write(outlines / f"{stem}.xml", xml)
            if odd and variant in ("missing_xml", "empty_xml", "cut_xml"):
                phantom.rejected.append(f"Annotations/{stem}.xml")
                continue
            instances = _instances()
            columns = {"instances": instances, "mask_overlap": True}
            source_file = f"{places[split][0].rpartition('/')[2]}/{stem}.tif"
            phantom.rows.append(
                Row(stem, image, (instances > 0).astype(np.uint8), source_file, split, patient_id=stem[:12], columns=columns)
            )
    phantom.notes += ["objects reach beyond the picture", "objects enclose nothing"]
    if variant == "clean":
        write(raw / "__MACOSX/MoNuSeg 2018 Training Data/._Annotations", b"\x00\x05\x16\x07")
    if variant == "test_alone":
        phantom.raw = raw / "MoNuSegTestData"
    if variant == "zips":
        as_zip(raw, folder / "zips" / "MoNuSeg 2018 Training Data.zip", only=["MoNuSeg 2018"])
        as_zip(raw, folder / "zips" / "MoNuSegTestData.zip", only=["MoNuSegTestData"])
        phantom.raw = folder / "zips"
    return phantom
