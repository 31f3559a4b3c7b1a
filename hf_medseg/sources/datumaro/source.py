"""Bring your own: pictures with the JSON of Datumaro, as CVAT exports it too."""

from __future__ import annotations

from hf_medseg.raw.long_json import keys_in
from hf_medseg.sources.annotated_lists import list_source
from hf_medseg.sources.datumaro.items import MEND, index_of, things_of


def _is_one(head: bytes) -> bool:
    keys = keys_in(head)
    return "categories" in keys and not keys & {"images", "annotations"} and ("items" in keys or b'"label"' in head)


SOURCE = list_source(__file__, "json", _is_one, index_of, things_of, called="JSON of Datumaro", mend=MEND)
