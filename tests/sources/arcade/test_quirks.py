"""ARCADE's quirks, one by one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from tests.sources.arcade.phantom import NAMES
from tests.support.harness import run


def test_the_class_of_an_id_is_its_name(tmp_path: Path) -> None:
    converted = run("arcade", "clean", tmp_path)
    names = converted.names("classes", "syntax")
    assert names[11] == "segment_10" and names[10] == "segment_9a" and names[25] == "segment_14b" and len(names) == 26
    assert converted.names("classes", "stenosis") == ["background", "stenosis"]
    assert {names[one["label"]] for one in converted.row("syntax_train_1", "syntax")["objects"]} == {"segment_10", "segment_1"}


def test_a_stenosis_among_segments_is_named(tmp_path: Path) -> None:
    (rejected,) = run("arcade", "stenosis_in_syntax", tmp_path).section("syntax")["rejected"]
    assert "'stenosis'" in json.dumps(rejected)


def test_the_owners_categories_are_those_of_the_phantom(real: Callable[[str], Path]) -> None:
    told = json.loads((real("arcade") / "useful scripts" / "empty_annotations.json").read_text())
    assert [(one["id"], one["name"]) for one in told["categories"]] == list(enumerate(NAMES, 1))
    assert {(one["width"], one["height"]) for one in told["images"]} == {(512, 512)}
