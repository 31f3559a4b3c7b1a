"""Patterns as people see them: example paths."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hf_medseg.catalog.lookup import sources
from hf_medseg.catalog.source import Source
from hf_medseg.cli import main
from hf_medseg.conversion.executor import Executor
from hf_medseg.conversion.plan import Request, make_plan
from hf_medseg.errors import Refused
from hf_medseg.raw.example import example_path, such_as
from hf_medseg.raw.patterns import Pattern
from tests.support import kit
from tests.support.harness import PHANTOMS

# What only a regular expression holds; a round bracket may stand in a file name, a question mark with a bracket before it may not.
EXPRESSION = re.compile(r"\\[dwsSDWAZz.]|\(\?|\[[^\]]*[\^-][^\]]*\]|\{\d|[\])][+*?{]|\.[+*]|\|")


def patterns(source: Source) -> set[str]:
    marks = {*source.signature, *(mark for part in source.parts for mark in part.landmarks)}
    return marks.union(*((*edition.reading.landmarks, *edition.reading.not_landmarks) for edition in source.editions))


@pytest.mark.parametrize("source", sources().values(), ids=lambda source: source.id)
def test_the_example_of_every_pattern_matches_it_and_is_no_expression(source: Source) -> None:
    for pattern in patterns(source):
        path = example_path(pattern)
        assert Pattern(pattern).search(path), (pattern, path)
        assert re.fullmatch(r"[A-Za-z0-9_.()/ -]+", path), path


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        (r"Image_\d{2}[LR]_1stHO\.(?i:png)", "Image_01L_1stHO.png"),
        (r"(?i:OTU[_-]2d(?:-Dataset)?|OTU_3d)/images/\d+\.(?i:jpg)", "OTU_2d/images/1.jpg"),
        (r"(benign|malignant)/\1 \((\d+)\)\.(?i:png)", "benign/benign (1).png"),
        (r"[^/]+\.(?:dcm|xml)", "NAME.dcm"),
        (r"(?<!unlabeled-)images/[0-9a-f]{8}(?:-[0-9a-f]{4}){2}\.jpe?g", "images/abcdef01-abcd-abcd.jpg"),
        (r"[^/0-9]\d\d\d(?:_[ab]|_c)?/[a-z]+", "a001/name"),
        (r"(?>a|b)++\.\s\S\D\W", "a. aa "),
    ],
)
def test_examples_are_short_and_readable(pattern: str, path: str) -> None:
    assert example_path(pattern) == path
    assert Pattern(pattern).search(path)


def test_several_patterns_are_one_phrase() -> None:
    assert such_as([r"a\d\.png"]) == "a1.png"
    assert such_as([r"a\d\.png", r"b\d\.png", r"c\.csv"]) == "a1.png, b1.png and c.csv"


@pytest.mark.parametrize("source", [one for one in sources().values() if one.convertible], ids=lambda source: source.id)
def test_a_refusal_holds_no_expression(source: Source, tmp_path: Path) -> None:
    kit.write(tmp_path / "raw" / "notes" / "shopping.txt", "milk")
    with Executor(1) as executor, pytest.raises(Refused) as caught:
        make_plan(source, Request(str(tmp_path / "raw")), tmp_path / "work", executor)
    text = str(caught.value)
    assert not EXPRESSION.search(text), text
    assert text.startswith(f"This is not {source.id}. {'It reads: ' if source.fits else 'Looked for files such as '}")
    assert "Found: notes." in text
    assert source.fits or all(example_path(mark) in text for edition in source.editions for mark in edition.reading.landmarks)


def test_the_refusal_of_half_a_source_says_what_is_there_and_what_is_not(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = PHANTOMS["kvasir-seg"].make(tmp_path / "raw").raw
    for path in raw.rglob("masks/*"):
        path.unlink()
    assert main(["convert", "kvasir-seg", str(raw), str(tmp_path / "out")]) == 2
    text = capsys.readouterr().err
    assert re.search(r"There is \S*images/\w+\.jpg, but no file such as masks/c[a-z]{24}\.jpg\.", text), text


@pytest.mark.parametrize(("source", "part"), [("scr", "jsrt"), ("cxlseg", "mimic-cxr-jpg"), ("lidc-idri", "xml")])
def test_a_missing_part_is_named_by_a_file_of_it(source: str, part: str, tmp_path: Path) -> None:
    found = sources()[source]
    phantom = PHANTOMS[source].make(tmp_path / "raw")
    landmarks = next(one.landmarks for one in found.parts if one.name == part)
    for path in [path for path in tmp_path.rglob("*") if path.is_file()]:
        if any(Pattern(mark).search(path.as_posix()) for mark in landmarks):
            path.unlink()
    with Executor(1) as executor, pytest.raises(Refused, match=f"the part '{part}' is missing: no file such as ") as caught:
        make_plan(found, Request(str(phantom.raw)), tmp_path / "work", executor)
    assert example_path(landmarks[0]) in str(caught.value)
    assert not EXPRESSION.search(str(caught.value))


def test_a_tree_of_another_source_is_named_with_the_command(tmp_path: Path) -> None:
    raw = PHANTOMS["chase-db1"].make(tmp_path / "raw").raw
    with Executor(1) as executor, pytest.raises(Refused, match=r"It looks like chase-db1\. Run: hf-medseg convert chase-db1 RAW OUT"):
        make_plan(sources()["drive"], Request(str(raw)), tmp_path / "work", executor)
