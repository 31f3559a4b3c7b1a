"""ImageScope's quirks, one by one."""

from __future__ import annotations

import pytest

from hf_medseg.errors import Rejected
from hf_medseg.sources.aperio_regions import sheet_of


def _xml(vertices: str, kind: int = 0) -> bytes:
    region = f'<Region Id="7" Type="{kind}" NegativeROA="0"><Vertices>{vertices}</Vertices></Region>'
    return f'<Annotations><Annotation Id="2" Name="tumor"><Regions>{region}</Regions></Annotation></Annotations>'.encode()


def test_other_xml_is_left_alone() -> None:
    assert sheet_of(b"<annotations><image/></annotations>", "a.xml") is None


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_xml('<Vertex X="1" Y="x"/>'), "a vertex without X and Y"),
        (_xml('<Vertex X="1" Y="1"/><Vertex X="4" Y="1"/><Vertex X="4" Y="5"/>', 9), "the type 9 with 3 points"),
        (_xml('<Vertex X="1" Y="1"/><Vertex X="nan" Y="1"/><Vertex X="4" Y="5"/>'), "lies in no picture"),
    ],
)
def test_a_region_that_cannot_be_read_is_named(data: bytes, words: str) -> None:
    with pytest.raises(Rejected, match=f"its region 7 of the layer tumor has .*{words}"):
        sheet_of(data, "a.xml")
