"""GeoJSON of QuPath: the objects of one picture.

Format: https://qupath.readthedocs.io/en/stable/docs/advanced/exporting_annotations.html and RFC 7946.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from hf_medseg.errors import Rejected
from hf_medseg.masks.areas import Area, Outline, outline_of
from hf_medseg.masks.drawing import Thing
from hf_medseg.raw.long_json import text_of
from hf_medseg.sources.annotated import Seen, Sheet

MEND = "Export it again from QuPath, as GeoJSON."


UNNAMED = "unclassified"


NO_AREA = {"Point", "MultiPoint", "LineString", "MultiLineString"}


def sheet_of(data: bytes, path: str) -> Sheet | None:
    """Reads a GeoJSON file; None of another JSON file.

    Raises:
        Rejected: it is damaged, or holds a geometry that is not read.
    """
    try:
        told = json.loads(text_of(data))
    except (ValueError, RecursionError) as error:
        raise Rejected(path, f"a GeoJSON file expected ({error}).", MEND) from error
    features = told.get("features", [told]) if isinstance(told, dict) else told
    if not isinstance(features, list) or not all(isinstance(one, dict) and one.get("type") == "Feature" for one in features):
        return None
    things = []
    for number, feature in enumerate(features, 1):
        try:
            things.append(_thing(feature))
        except (ValueError, KeyError, TypeError) as error:
            words = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise Rejected(path, f"its object {number} has {words}.", MEND) from error
    return Sheet(tuple(things))


def _thing(feature: dict[str, Any]) -> Thing:
    said = feature.get("properties") or {}
    label = said.get("classification") or {}
    name = label.get("name") or " ".join(label.get("names") or []) if isinstance(label, dict) else str(label)
    kept = {key: feature[key] for key in ("geometry", "nucleusGeometry") if feature.get(key)}
    kind = said.get("objectType") or said.get("object_type")
    return Thing(
        name or UNNAMED,
        tuple(_areas(feature["geometry"])),
        json.dumps(kept, separators=(",", ":")),
        json.dumps({"objectType": kind}) if kind else None,
    )


def _areas(geometry: dict[str, Any]) -> Iterator[Area]:
    kind = geometry.get("type")
    if kind == "GeometryCollection":
        for one in geometry["geometries"]:
            yield from _areas(one)
    elif kind in ("Polygon", "MultiPolygon"):
        for rings in [geometry["coordinates"]] if kind == "Polygon" else geometry["coordinates"]:
            points = [np.array(ring, np.float64)[:, :2] for ring in rings]
            if points and len(np.unique(points[0], axis=0)) > 2:
                yield Outline(outline_of(points[0]), tuple(outline_of(ring) for ring in points[1:]))
    elif kind not in NO_AREA:
        raise ValueError(f"the geometry {kind!r}; Polygon and MultiPolygon are read")


def look(data: bytes, path: str) -> Seen | None:
    """What the survey keeps of a file."""
    return Seen.of(sheet_of(data, path))
