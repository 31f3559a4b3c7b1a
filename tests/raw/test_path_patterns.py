"""Patterns of paths as users write them."""

from __future__ import annotations

import pytest

from hf_medseg.errors import Refused
from hf_medseg.raw.path_patterns import PathPattern


def read(pattern: str, path: str, shared: tuple[str, ...] = (), known: set[tuple[str, ...]] | None = None) -> dict[str, str] | None:
    found = PathPattern.of(pattern, "a.toml: image").read(path, shared, known)
    return None if found is None else found[1]


@pytest.mark.parametrize(
    ("pattern", "path", "names"),
    [
        ("{patient}/{stem}.tif", "a/b/p 1/x.y.tif", {"patient": "p 1", "stem": "x.y"}),
        ("{patient}/{stem}.tif", "x.tif", None),
        ("{stem}_mask.png", "deep/a_mask_mask.png", {"stem": "a_mask"}),
        ("Img/{stem}.PNG", "root/iMG/a.png", {"stem": "a"}),
        ("{patient}/{patient}_{stem}.png", "p1/p1_a.png", {"patient": "p1", "stem": "a"}),
        ("{patient}/{patient}_{stem}.png", "p1/p2_a.png", None),
        ("{patient}/{patient}_{stem}.png", "p_1/p_1_1.png", {"patient": "p_1", "stem": "1"}),
        ("img*/{stem}.*", "img-2/a.jpeg", {"stem": "a"}),
        ("img*/{stem}.*", "img/a", None),
        ("{stem}[1]+(x).png", "a[1]+(x).png", {"stem": "a"}),
        ("{stem}.png", "new\nline.png", {"stem": "new\nline"}),
        ("{stem}.png", ".png", None),
    ],
)
def test_names_stand_for_what_differs(pattern: str, path: str, names: dict[str, str] | None) -> None:
    assert read(pattern, path) == names


def test_where_one_name_ends_is_told_by_the_pictures_that_there_are() -> None:
    pattern, shared = "{stem}_{structure}.png", ("stem",)
    assert read(pattern, "case_1_left_lung.png", shared, {("case_1",), ("case_2",)}) == {"stem": "case_1", "structure": "left_lung"}
    assert read(pattern, "case_1_left_lung.png", shared, {("case",), ("case_1",)}) == {"stem": "case_1", "structure": "left_lung"}
    assert read(pattern, "case_1_left_lung.png", shared, {("case_7",)}) is None
    assert read("{structure}_{stem}.png", "left_lung_case_1.png", shared, {("1",), ("case_1",)}) == {
        "stem": "case_1",
        "structure": "left_lung",
    }


def test_the_match_begins_where_the_pattern_does() -> None:
    found = PathPattern.of("{patient}/{stem}.png", "a.toml: image").read("one/two/p/x.png")
    assert found == (8, {"patient": "p", "stem": "x"})


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        ("", "must be the end of a path"),
        ("/a/{stem}.png", "must be the end of a path"),
        ("{stem}/", "must be the end of a path"),
        ("{patient}{stem}.png", "nothing stands between two names"),
        ("*{stem}.png", "nothing stands between two names"),
        ("{Stem}.png", "names in braces, in small letters"),
        ("{stem.png", "names in braces, in small letters"),
        ("{}.png", "names in braces, in small letters"),
        ("image.png", "must hold a name in braces"),
    ],
)
def test_what_is_no_pattern_is_refused_with_an_example(pattern: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        PathPattern.of(pattern, "a.toml: image")
    assert str(refused.value).startswith("a.toml: image")
    assert words in str(refused.value) and str(refused.value).endswith('such as "{patient}/{stem}_{structure}.png".')
