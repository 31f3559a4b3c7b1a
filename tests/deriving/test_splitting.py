"""What must stay together stays together, and what is added later moves nothing."""

from __future__ import annotations

from collections import defaultdict
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from hf_medseg.deriving.inputs import Chosen
from hf_medseg.deriving.recipe import Split
from hf_medseg.deriving.splitting import Groups, divide
from hf_medseg.errors import Refused

PARTS = {"train": 0.6, "validation": 0.2, "test": 0.2}
INPUTS: Any = [
    SimpleNamespace(prefix=name, origin=SimpleNamespace(source=name), identities=[SimpleNamespace(split=split) for split in splits])
    for name, splits in (("a", ("train",)), ("b", ("train", "test")), ("c", ("train",)))
]


def row(take: int, image_id: str, kin: str, sha: str, split: str = "train") -> Chosen:
    return Chosen(take, 0, 0, 0, image_id, kin, sha, split, (0, 1))


def grouped(rows: list[Chosen]) -> dict[str, list[Chosen]]:
    groups, found = Groups(INPUTS, rows), defaultdict(list)
    for one in rows:
        found[groups.of(one)].append(one)
    return found


few = some.integers(0, 9).map(str)
rows_of_all = some.lists(some.builds(row, some.integers(0, 2), some.uuids().map(str), few, some.integers(0, 99).map(str)), min_size=1)


@given(rows_of_all)
def test_rows_of_a_patient_or_of_the_same_bytes_are_never_divided(rows: list[Chosen]) -> None:
    groups = grouped(rows)
    division = divide(Split(parts=PARTS), INPUTS, groups)
    for key in (lambda one: (one.take, one.kin), lambda one: one.kin, lambda one: one.sha256):
        splits = defaultdict(set)
        for group, members in groups.items():
            for one in members:
                splits[key(one)].add(division.split[group])
        assert all(len(found) == 1 for found in splits.values())


@given(rows_of_all, rows_of_all)
def test_rows_that_are_added_move_no_group_that_they_do_not_join(rows: list[Chosen], more: list[Chosen]) -> None:
    before = divide(Split(parts=PARTS, folds=5), INPUTS, grouped(rows))
    strangers = [one._replace(kin=f"new {one.kin}", sha256=f"new {one.sha256}") for one in more]
    after = divide(Split(parts=PARTS, folds=5), INPUTS, grouped([*rows, *strangers]))
    assert {group: after.split[group] for group in before.split} == before.split
    assert {group: after.fold[group] for group in before.fold} == before.fold


def test_the_parts_are_met_and_another_key_divides_otherwise() -> None:
    groups = grouped([row(0, str(one), f"p{one}", str(one)) for one in range(2000)])
    division = divide(Split(parts=PARTS, folds=4), INPUTS, groups)
    counts = {name: sum(split == name for split in division.split.values()) for name in PARTS}
    assert abs(counts["train"] - 1200) < 80
    assert abs(counts["test"] - 400) < 60
    assert set(division.fold.values()) == {0, 1, 2, 3}
    assert divide(Split(parts=PARTS, key="2"), INPUTS, groups).split != division.split


def test_an_official_test_set_stays_one_and_the_rest_of_its_source_gets_no_second() -> None:
    official = [row(1, f"t{one}", f"t{one}", f"t{one}", "test") for one in range(20)]
    others = [row(1, f"r{one}", f"r{one}", f"r{one}") for one in range(200)]
    groups = grouped([*official, *others])
    division = divide(Split(parts=PARTS, folds=2), INPUTS, groups)
    assert {one.image_id for group, members in groups.items() if division.split[group] == "test" for one in members} == {
        one.image_id for one in official
    }
    assert not {group for group in division.fold if division.split[group] == "test"}


def test_a_whole_source_comes_to_one_split_with_what_shares_a_group_and_a_slip_of_the_pen_is_refused() -> None:
    groups = grouped([row(0, "1", "p", "x"), row(1, "2", "q", "x", "test"), row(2, "3", "r", "z")])
    division = divide(Split(parts={"test": 1.0}, whole={"a": "train"}), INPUTS, groups)
    assert division.split == {"a/p": "train", "c/r": "test"}
    with pytest.raises(Refused, match="names 'brats', of which nothing is taken; taken are: a, b, c"):
        divide(Split(whole={"brats": "train"}), INPUTS, groups)


def test_a_patient_on_both_sides_of_the_owners_split_goes_to_the_test_set_and_is_told() -> None:
    groups = grouped([row(1, "1", "p", "x", "train"), row(1, "2", "p", "y", "test"), row(0, "3", "q", "x", "train")])
    for split in (Split(), Split(parts=PARTS)):
        division = divide(split, INPUTS, groups)
        assert division.split == {"a/q": "test"}
        assert division.moved == {("train", "test"): 2}
        assert division.shared == 1
