"""Chain codes: the stated area, whatever the outline; a file that says something else than it holds is rejected."""

from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hf_medseg.errors import Rejected
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.places import Alone
from hf_medseg.sources.ddsm.overlay import MAX_STEPS, ChainCores, ChainFacts, ChainMasks, ChainOverlap, Chains, area, findings_of
from tests.sources.ddsm.phantom import STEPS, Finding, _overlay
from tests.support.kit import Array

KINDS = {"mass": 1, "calcification": 2}
ONE = """TOTAL_ABNORMALITIES 1
ABNORMALITY 1
LESION_TYPE MASS SHAPE ROUND MARGINS N/A
ASSESSMENT 5
SUBTLETY 2
PATHOLOGY MALIGNANT
TOTAL_OUTLINES 1
BOUNDARY
3 1 2 2 4 4 6 6 0 0 #
"""


def file_of(folder: Path, text: str | bytes) -> RawFile:
    path = folder / "A_0001_1.LEFT_CC.OVERLAY"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return RawFile(path.name, path.stat().st_size, Alone(str(path)))


def chained(codes: list[int], start: tuple[int, int]) -> Array:
    return np.cumsum([start, *(STEPS[code] for code in codes)], axis=0)


def _encloses(points: list[tuple[int, int]], x: int, y: int) -> bool:
    """Even-odd in whole numbers, for a point that is none of the outline's."""
    crossed = 0
    for (ax, ay), (bx, by) in zip(points, points[1:] + points[:1], strict=True):
        if (ay <= y) != (by <= y):
            # The edge crosses the row at ax + (y - ay) * (bx - ax) / (by - ay); compared with x without a division.
            left = (y - ay) * (bx - ax) + (ax - x) * (by - ay)
            crossed += left * (1 if by > ay else -1) > 0
    return crossed % 2 == 1


@given(st.lists(st.integers(0, 7), max_size=40), st.tuples(st.integers(0, 11), st.integers(0, 9)))
def test_the_area_is_what_the_outline_encloses_and_its_own_pixels(codes: list[int], start: tuple[int, int]) -> None:
    pixels = chained(codes, start)
    width, height = 12, 10
    if pixels.min() < -1 or (pixels > (width, height)).any():
        with pytest.raises(Rejected, match="spans columns"):
            area(pixels, height, width, "a.OVERLAY")
        return
    points = [(int(x), int(y)) for x, y in pixels]
    expected = [[(x, y) in points or _encloses(points, x, y) for x in range(width)] for y in range(height)]
    assert np.array_equal(area(pixels, height, width, "a.OVERLAY"), expected)


def test_steps_run_clockwise_from_up() -> None:
    assert [tuple(chained([code], (0, 0))[1]) for code in range(8)] == list(STEPS)
    (finding,) = findings_of(ONE.encode(), "a.OVERLAY")
    assert finding.boundary.tolist() == [[3, 1], [4, 1], [5, 1], [5, 2], [5, 3], [4, 3], [3, 3], [3, 2], [3, 1]]
    assert (finding.name, finding.assessment, finding.subtlety, finding.pathology) == ("mass_1", 5, 2, "malignant")
    assert finding.lesion_type == "MASS SHAPE ROUND MARGINS N/A"


def test_one_pixel_beyond_the_picture_is_cut_off_two_reject_the_case() -> None:
    pixels = findings_of(ONE.encode(), "a.OVERLAY")[0].boundary
    assert np.array_equal(area(pixels - (4, 2), 8, 8, "a.OVERLAY"), np.pad(np.ones((2, 2), bool), ((0, 6), (0, 6))))
    assert area(pixels + np.array((0, 5)), 8, 8, "a.OVERLAY").sum() == 6
    for shift in ((-5, 0), (0, -3), (4, 0), (0, 6)):
        with pytest.raises(Rejected):
            area(pixels + shift, 8, 8, "a.OVERLAY")


def test_classes_masks_cores_and_facts(tmp_path: Path) -> None:
    mass = Finding("MASS", "SHAPE OVAL MARGINS OBSCURED", "BENIGN", (2, 2, 14, 13), core=(5, 4, 10, 9))
    calc = Finding("CALCIFICATION", "TYPE PUNCTATE DISTRIBUTION CLUSTERED", "MALIGNANT", (8, 7, 18, 17), assessment=2, subtlety=1)
    file, reader, shape = file_of(tmp_path, _overlay([mass, calc])), Reader(), (1, 22, 20)
    one, two = (finding.fill((22, 20), finding.box, finding.cut) for finding in (mass, calc))
    labels = Chains(file, KINDS).labels(reader, shape)
    assert np.array_equal(labels[0], np.where(two, 2, np.where(one, 1, 0)))
    (masks,) = ChainMasks(file).values(reader, shape)
    assert np.array_equal(masks, [one, two])
    assert ChainOverlap(file).values(reader, shape) == [True]
    (cores,) = ChainCores(file).values(reader, shape)
    assert np.array_equal(cores, mass.fill((22, 20), (5, 4, 10, 9), 2))
    facts = {name: ChainFacts(file, name).values(reader, shape)[0] for name in ("name", "assessment", "subtlety", "pathology")}
    assert facts == {
        "name": ["mass_1", "calcification_2"],
        "assessment": [4, 2],
        "subtlety": [3, 1],
        "pathology": ["benign", "malignant"],
    }


def test_an_abnormality_of_two_kinds_is_of_the_higher_class(tmp_path: Path) -> None:
    both = ONE.replace("ASSESSMENT", "LESION_TYPE CALCIFICATION TYPE COARSE DISTRIBUTION N/A\nASSESSMENT")
    file = file_of(tmp_path, both)
    assert set(np.unique(Chains(file, KINDS).labels(Reader(), (1, 8, 8)))) == {0, 2}
    assert ChainFacts(file, "name").values(Reader(), (1, 8, 8)) == [["mass_calcification_1"]]
    assert ChainFacts(file, "lesion_type").values(Reader(), (1, 8, 8)) == [
        ["MASS SHAPE ROUND MARGINS N/A; CALCIFICATION TYPE COARSE DISTRIBUTION N/A"]
    ]


def test_nothing_found_is_an_empty_mask(tmp_path: Path) -> None:
    file = file_of(tmp_path, "TOTAL_ABNORMALITIES 0\n")
    assert not Chains(file, KINDS).labels(Reader(), (1, 4, 5)).any()
    assert ChainMasks(file).values(Reader(), (1, 4, 5)) == [[]]
    assert ChainOverlap(file).values(Reader(), (1, 4, 5)) == [False]
    assert ChainCores(file).values(Reader(), (1, 4, 5)) == [None]


def test_line_ends_blanks_and_gzip_do_not_matter() -> None:
    plain = findings_of(ONE.encode(), "a")[0].boundary
    for data in (
        ONE.replace("\n", " \r\n").encode(),
        ONE.replace("BOUNDARY\n", "\tBOUNDARY \n\n").encode(),
        ONE.replace("4 4 6", "4\n4 6").encode(),
        gzip.compress(ONE.encode()),
    ):
        assert np.array_equal(findings_of(data, "a")[0].boundary, plain)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("2 2 4", "2 9 4", "code '9'"),
        ("2 2 4", "2 -1 4", "code '-1'"),
        ("2 2 4", "2 x 4", "code 'x'"),
        (" #", "", "end mark"),
        ("3 1 2", "3.5 1 2", "column and row"),
        ("3 1 2 2 4 4 6 6 0 0 #", "3 #", "column and row"),
        ("3 1 2 2 4 4 6 6 0 0 #", "3 1" + " 2 6" * (MAX_STEPS // 2) + " #", "at most"),
        ("ABNORMALITIES 1", "ABNORMALITIES 2", "announces 2 abnormalities and describes 1"),
        ("TOTAL_ABNORMALITIES 1", "", "does not begin"),
        ("TOTAL_ABNORMALITIES 1", "<!DOCTYPE html>", "does not begin"),
        ("OUTLINES 1", "OUTLINES 2", "announces 2 outlines"),
        ("TOTAL_OUTLINES 1\n", "", "announces None outlines"),
        ("BOUNDARY", "CORE", "one BOUNDARY"),
        ("ASSESSMENT 5", "ASSESSMENT five", "whole number"),
    ],
)
def test_what_is_cut_or_contradicts_itself_is_rejected(old: str, new: str, words: str) -> None:
    assert old in ONE
    with pytest.raises(Rejected, match=words):
        findings_of(ONE.replace(old, new).encode(), "a.OVERLAY")


@pytest.mark.parametrize("line", ["LESION_TYPE OTHER", "LESION_TYPE", ""])
def test_an_unknown_kind_is_rejected(line: str, tmp_path: Path) -> None:
    file = file_of(tmp_path, ONE.replace("LESION_TYPE MASS SHAPE ROUND MARGINS N/A", line))
    with pytest.raises(Rejected, match="mass, calcification expected"):
        Chains(file, KINDS).labels(Reader(), (1, 8, 8))


WORDS = st.sampled_from([*ONE.split(), "CORE", "\n", "-1", "99999999", "TOTAL_OUTLINES", "TOTAL_ABNORMALITIES", "ABNORMALITY"])


@settings(max_examples=300)
@given(st.binary(max_size=80) | st.lists(WORDS, max_size=40).map(lambda words: " ".join(words).encode()))
def test_hostile_bytes_are_findings_or_rejected(data: bytes) -> None:
    for text in (data, ONE.encode()[:-3] + data, b"TOTAL_ABNORMALITIES 1\n" + data):
        try:
            found = findings_of(text, "a.OVERLAY")
            for finding in found:
                area(finding.boundary, 6, 7, "a.OVERLAY")
        except Rejected as error:
            assert error.file == "a.OVERLAY"
