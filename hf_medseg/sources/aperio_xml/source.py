"""Bring your own: pictures with the XML of Aperio ImageScope, a layer a class."""

from __future__ import annotations

from hf_medseg.sources.annotated import sheet_source
from hf_medseg.sources.aperio_regions import look, sheet_of

FOLDERS = {"annotations": "tissue images", "xml": "images", "xmls": "images", "labels": "images"}


def _is_one(head: bytes) -> bool:
    return b"<Annotations" in head and (b"<Annotation " in head or b"<Annotation>" in head)


SOURCE = sheet_source(__file__, r"[^/]+\.(?i:xml)", _is_one, sheet_of, look, called="XML of Aperio ImageScope", folders=FOLDERS)
