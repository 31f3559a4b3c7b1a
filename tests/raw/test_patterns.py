"""Many patterns looked for at once find what each finds by itself."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hf_medseg.catalog.lookup import sources
from hf_medseg.raw.example import example_path
from hf_medseg.raw.listing import Listing
from hf_medseg.raw.patterns import Pattern, found_in
from tests.raw.test_example import patterns

OF_SOURCES = sorted({pattern for source in sources().values() for pattern in patterns(source)})
ODD = [
    r"a|b/\d\.png",  # begins anywhere in its first half, ends anywhere but in its last
    r"(?<!un)labeled/\d\.png",
    r"(x|y)/\1_\d+\.png",
    r"scan\w{,3}\.png",
    r"a\sb\.png",
    r"[[a-z]\.png",
    r"(?i:STRASSE|ſ)\d\.png",
    r"é+\.png",
    r"[^/]+\.(?i:png)",
    r".*",
    r"",
]


def each_by_itself(paths: list[str], asked: list[str]) -> set[str]:
    return {one for one in asked if any(Pattern(one).search(path) for path in paths)}


@pytest.mark.parametrize("above", ["", "a/", "/", "é/", "un", "x\n"])
def test_the_example_of_every_pattern_is_found_below_any_folder_and_nothing_else(above: str) -> None:
    paths = [above + example_path(pattern) for pattern in OF_SOURCES]
    assert found_in(paths, OF_SOURCES) == each_by_itself(paths, OF_SOURCES)
    assert found_in([f"{path}x" for path in paths], OF_SOURCES) == each_by_itself([f"{path}x" for path in paths], OF_SOURCES)


PIECES = st.sampled_from(
    [*map(example_path, OF_SOURCES), "a", "b", "un", "labeled", "x", "y", "x_1", "scan", "a\x1cb", "ſ1", "STRASSE2", "é", "É", "１"]
)


@pytest.mark.filterwarnings("ignore:Possible nested set")
@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.lists(PIECES | st.text("aB1_/\n.é٣", max_size=4), min_size=1, max_size=3).map("".join), max_size=6),
    st.lists(st.sampled_from(OF_SOURCES), max_size=30, unique=True),
    st.sampled_from(["", ".png", ".PNG", "/1.png"]),
)
def test_any_patterns_are_found_in_any_paths_as_each_by_itself(paths: list[str], some: list[str], ending: str) -> None:
    paths = [f"{path}{ending}" for path in paths]
    assert found_in(paths, [*some, *ODD]) == each_by_itself(paths, [*some, *ODD])


def test_a_match_far_down_a_long_list_is_found_and_remembered() -> None:
    paths = [*(f"images/{number}.png" for number in range(70_000)), "masks/last_mask.png"]
    asked = [r"masks/[a-z]+_mask\.png", r"images/69999\.png", r"images/70000\.png", r"images/[0-9]+\.jpg"]
    assert found_in(paths, asked) == set(asked[:2])
    assert found_in([], asked) == set()
    listing = Listing([])
    listing.look_for(asked)
    assert not any(map(listing.has, asked))
