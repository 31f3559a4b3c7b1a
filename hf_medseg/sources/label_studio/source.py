"""Bring your own: pictures with the JSON export of Label Studio."""

from __future__ import annotations

import re

from hf_medseg.sources.annotated_lists import list_source
from hf_medseg.sources.label_studio.results import MEND, index_of, things_of

_TASK = re.compile(rb'\s*\[\s*\{.*"(?:annotations|completed_by|file_upload|original_width)"', re.DOTALL)


def _is_one(head: bytes) -> bool:
    return (_TASK.match(head) is not None and b'"data"' in head) or (b'"original_width"' in head and head.lstrip()[:1] == b"[")


SOURCE = list_source(__file__, "json", _is_one, index_of, things_of, called="JSON of Label Studio", mend=MEND)
