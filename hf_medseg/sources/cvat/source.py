"""Bring your own: pictures with the XML of CVAT for images 1.1."""

from __future__ import annotations

from hf_medseg.sources.annotated_lists import list_source
from hf_medseg.sources.cvat.shapes import MEND, index_of, things_of


def _is_one(head: bytes) -> bool:
    return b"<annotations>" in head and (b"<image " in head or b"<track " in head or b"<meta>" in head)


SOURCE = list_source(__file__, "xml", _is_one, index_of, things_of, called="XML of CVAT", mend=MEND)
