"""Which patterns need no search, because letters that they want are nowhere."""

from __future__ import annotations

import pytest

from hf_medseg.raw.literals import Literals


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"ISIC_\d{7}\.jpg", "a/ISIC_0000123.jpg"),
        (r"(?i:OTU[_-]2d)/images/\d+\.(?i:jpg)", "otu-2D/images/7.JPG"),
        (r"masks?/[a-z]+\.png", "mask/a.png"),
        (r"(?:train|test)-mask/\d{4}\.png", "test-mask/0123.png"),
        (r"(?:a(?:b|c)){2}x", "abacx"),
        (r"(?:long-name|[a-z]+)\.gif", "other.gif"),
        (r"BraTS2021_\d{5}", "BraTS2021_00123"),
        (r"(?i:kits)", "\u212ait\u017f"),  # letters that Python's engine takes for k and s
        (r"(\d{5})/\1_t2w\.mha", "10000/10000_t2w.mha"),
        (r".+", "a"),
    ],
)
def test_no_match_is_lost(pattern: str, text: str) -> None:
    assert Literals(["b", text]).allow(pattern)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"ISIC_\d{7}\.jpg", "images/0000123.jpg"),
        (r"(?:train|test)-mask/\d{4}\.png", "masks/0123.png"),
        (r"images(?:_\d+)?/\d{8}_\d{3}\.png", "images/00000123.png"),
        (r"(?:abc|def)\.png", "ab/c.png"),
        (r"a\.png", "a"),
    ],
)
def test_what_lacks_a_piece_needs_no_search(pattern: str, text: str) -> None:
    assert not Literals([text]).allow(pattern)


def test_nothing_is_found_in_no_text() -> None:
    assert not Literals([]).allow("a")
