"""Tables in JSON."""

from __future__ import annotations

from pathlib import Path

import pytest

from hf_medseg.errors import Refused
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.places import Alone
from hf_medseg.raw.tables import json_lines_of, records_of


def file(path: Path, text: str) -> RawFile:
    path.write_text(text)
    return RawFile(path.name, path.stat().st_size, Alone(str(path)))


def test_records_by_key(tmp_path: Path) -> None:
    found = records_of(file(tmp_path / "a.json", '[{"id": "x", "n": 1}, {"id": "y", "n": 2}, {"id": "x", "n": 1}]'), "id")
    assert dict(found) == {"x": {"id": "x", "n": 1}, "y": {"id": "y", "n": 2}}
    assert not found.conflicts


def test_a_repeated_record_is_a_conflict_only_where_it_differs(tmp_path: Path) -> None:
    found = records_of(file(tmp_path / "a.json", '[{"id": "x", "n": 1}, {"id": "x", "n": 2}]'), "id")
    assert found.conflicts == {"x": "a.json lists 'x' twice with different values."}


@pytest.mark.parametrize("text", ["{}", "[1]", '[{"n": 1}]', '[{"id": "x"}, {}]', "[", ""])
def test_what_is_no_list_of_such_records_is_refused(text: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"a\.json"):
        records_of(file(tmp_path / "a.json", text), "id")


def test_one_value_a_line(tmp_path: Path) -> None:
    assert json_lines_of(file(tmp_path / "a.jsonl", '{"a": "1"}\r\n\r\n{"a": "2"}\n'), "a") == [{"a": "1"}, {"a": "2"}]
    with pytest.raises(Refused, match=r"a\.jsonl"):
        json_lines_of(file(tmp_path / "a.jsonl", '{"a": "1"}\n{"a": '), "a")
    with pytest.raises(Refused, match="record 2 lacks a"):
        json_lines_of(file(tmp_path / "a.jsonl", '{"a": "1"}\n{"b": "1"}'), "a")
