"""Bring your own: pictures with GeoJSON, as QuPath exports its annotations and detections."""

from __future__ import annotations

from hf_medseg.sources.annotated import sheet_source
from hf_medseg.sources.qupath.features import look, sheet_of

FOLDERS = {"geojson": "images", "geojsons": "images", "annotations": "images", "labels": "images", "exports": "images"}


def _is_one(head: bytes) -> bool:
    return b'"Feature' in head and b'"geometry"' in head


SOURCE = sheet_source(__file__, r"[^/]+\.(?i:geojson|json)", _is_one, sheet_of, look, called="GeoJSON files of QuPath", folders=FOLDERS)
