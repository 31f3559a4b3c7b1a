"""Bring your own: pictures with the JSON of the VGG Image Annotator."""

from __future__ import annotations

from hf_medseg.sources.annotated_lists import list_source
from hf_medseg.sources.via.regions import MEND, index_of, things_of


def _is_one(head: bytes) -> bool:
    return b'"regions"' in head and b'"filename"' in head and (b'"file_attributes"' in head or b'"shape_attributes"' in head)


SOURCE = list_source(__file__, "json", _is_one, index_of, things_of, called="JSON of VIA", mend=MEND)
