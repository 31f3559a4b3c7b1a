"""Bring your own: pictures with the JSON files of LabelMe (and of tools that write the same, such as X-AnyLabeling)."""

from __future__ import annotations

from hf_medseg.raw.long_json import keys_in
from hf_medseg.sources.annotated import sheet_source
from hf_medseg.sources.labelme_json import look, sheet_of

FOLDERS = {"labels": "images", "annotations": "images", "json": "images", "jsons": "images", "ann": "img"}


def _is_one(head: bytes) -> bool:
    return "shapes" in keys_in(head)


SOURCE = sheet_source(__file__, r"[^/]+\.(?i:json)", _is_one, sheet_of, look, called="LabelMe files", folders=FOLDERS)
