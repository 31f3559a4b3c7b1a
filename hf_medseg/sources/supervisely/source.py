"""Bring your own: pictures with the JSON files of a Supervisely project."""

from __future__ import annotations

from hf_medseg.raw.long_json import keys_in
from hf_medseg.sources.annotated import sheet_source
from hf_medseg.sources.supervisely.shapes import look, sheet_of


def _is_one(head: bytes) -> bool:
    return {"size", "objects"} <= keys_in(head)


SOURCE = sheet_source(__file__, r"[^/]+\.(?i:json)", _is_one, sheet_of, look, called="JSON of Supervisely", folders={"ann": "img"})
