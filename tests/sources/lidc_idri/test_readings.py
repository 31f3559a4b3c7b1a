"""LIDC readings: outlines, nodules and agreement, equal to what pylidc makes of the same files."""

from __future__ import annotations

import hashlib
import importlib
import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hf_medseg.errors import Rejected
from hf_medseg.formats.volume import Grid, Samples
from hf_medseg.raw.files import Head, Whole
from hf_medseg.sources.lidc_idri.readings import Nodule, XmlHead, look, nodules_of, outlines_of
from tests.sources.lidc_idri.phantom import blob, inside, trace

ROI = "<roi><imageSOP_UID>{sop}</imageSOP_UID><inclusion>{inclusion}</inclusion>{points}</roi>"


def xml(*sessions: list[tuple[str, list[tuple[str, bool, list[tuple[int, int]]]]]]) -> bytes:
    """Readings: for each session (ratings block, [(SOP, inclusion, points)]) of every nodule."""
    text = '<LidcReadMessage xmlns="http://www.nih.gov"><ResponseHeader><SeriesInstanceUid>1.2.3</SeriesInstanceUid></ResponseHeader>'
    for nodules in sessions:
        text += "<readingSession>"
        for ratings, rois in nodules:
            text += f"<unblindedReadNodule><noduleID>x</noduleID>{ratings}"
            for sop, inclusion, points in rois:
                edges = "".join(f"<edgeMap><xCoord>{x}</xCoord><yCoord>{y}</yCoord></edgeMap>" for x, y in points)
                text += ROI.format(sop=sop, inclusion=str(inclusion).upper(), points=edges)
            text += "</unblindedReadNodule>"
        text += "</readingSession>"
    return (text + "</LidcReadMessage>").encode()


RATED = "<characteristics><subtlety>5</subtlety><malignancy>3</malignancy></characteristics>"


def samples(count: int = 4, thickness: float = 2.5) -> Samples:
    grid = Grid((count, 40, 36), slice_thickness=thickness, slice_spacing=2.5)
    return Samples(np.zeros(grid.shape, np.uint8), grid, columns={"sop_instance_uid": tuple(f"s{k}" for k in range(count)), "repeats": {}})


def nodules(data: bytes, **options: Any) -> list[Nodule]:
    return nodules_of(outlines_of(data, "1.xml"), samples(**options), "1.xml")


def test_the_outline_itself_is_outside() -> None:
    points = blob(16, 18, 7)
    (nodule,) = nodules(xml([(RATED, [("s1", True, points)])]))
    assert nodule.slices == {1}
    assert np.array_equal(nodule.agreed(1), inside(points)[0])


def test_an_outline_that_skips_pixels() -> None:
    """What lies on the straight line between two points is on the outline too."""
    (nodule,) = nodules(xml([(RATED, [("s1", True, [(5, 5), (15, 5), (15, 15), (5, 15)])])]))
    expected = np.zeros((40, 36), bool)
    expected[6:15, 6:15] = True
    assert np.array_equal(nodule.agreed(1), expected)


def test_a_hole_takes_its_outline_along() -> None:
    outer, hole = blob(16, 18, 9), trace([(14, 17), (18, 16), (19, 20), (15, 21)])
    (nodule,) = nodules(xml([(RATED, [("s1", False, hole), ("s1", True, outer)])]))
    within, line = inside(hole)
    assert np.array_equal(nodule.agreed(1), inside(outer)[0] & ~within & ~line)


def test_small_nodules_and_stray_points_are_left_out() -> None:
    zeros, blanks = RATED.replace("5", "0").replace("3", "0"), RATED.replace("5", "").replace("3", "")
    centre = [("s0", True, [(3, 3)])]
    data = xml([("", centre), (zeros, centre), (blanks, centre), (RATED, [("s1", True, blob(16, 18, 7)), ("s2", True, [(16, 18)])])])
    (nodule,) = nodules(data)
    assert nodule.slices == {1}


def test_half_of_the_outlines_agree() -> None:
    small, large = blob(16, 18, 5), blob(16, 18, 8)
    (nodule,) = nodules(xml(*[[(RATED, [("s1", True, points)])] for points in (small, large, large)]))
    assert np.array_equal(nodule.agreed(1), inside(large)[0])
    (nodule,) = nodules(xml(*[[(RATED, [("s1", True, points)])] for points in (small, small, large)]))
    assert np.array_equal(nodule.agreed(1), inside(small)[0])
    (nodule,) = nodules(xml(*[[(RATED, [("s1", True, points)])] for points in (small, large)]))
    assert np.array_equal(nodule.agreed(1), inside(large)[0])
    assert nodule.record(7) | {"malignancy": [3, 3]} == nodule.record(7)
    assert (nodule.record(7)["n_readers"], nodule.record(7)["readers"], nodule.record(7)["texture"]) == (
        2,
        ["reader_1", "reader_2"],
        [None, None],
    )


def test_more_than_four_outlines_are_told_apart() -> None:
    left, right = trace([(6, 12), (10, 7), (14, 8), (14, 16), (9, 18)]), trace([(16, 8), (22, 7), (25, 12), (22, 17), (16, 16)])
    both = [(RATED, [("s1", True, left)]), (RATED, [("s1", True, right)])]
    assert [len(nodule.outlines) for nodule in nodules(xml(both, both, both, both))] == [4, 4]
    assert [len(nodule.outlines) for nodule in nodules(xml(both, both))] == [4]  # two pixels apart, slices thicker: one nodule
    assert [len(nodule.outlines) for nodule in nodules(xml(both, both), thickness=1.0)] == [2, 2]


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (xml([(RATED, [("gone", True, blob(16, 18, 7))])]), "not among the images"),
        (xml([(RATED, [("s1", True, blob(36, 18, 7))])]), "leaves its slice"),
        (xml([(RATED, [("s1", True, [(-1, 3), (4, 4), (2, 9)])])]), "leaves its slice"),
        (xml([(RATED, [("s1", True, blob(16, 18, 7))])])[:-40], "damaged or cut"),
        (xml([(RATED.replace("5", "five"), [("s1", True, blob(16, 18, 7))])]), "damaged or cut"),
        (b'<!DOCTYPE x [<!ENTITY a "aa">]>' + xml(), "entities"),
    ],
)
def test_bad_readings_are_rejected(data: bytes, words: str) -> None:
    with pytest.raises(Rejected, match=words) as caught:
        nodules(data)
    assert caught.value.file == "1.xml"


@settings(max_examples=200, deadline=None)
@given(st.data())
def test_damaged_bytes_are_rejected_or_read(data: st.DataObject) -> None:
    sound = xml([(RATED, [("s1", True, blob(16, 18, 4))])])
    broken = bytearray(sound)
    for place in data.draw(st.lists(st.integers(0, len(sound) - 1), max_size=6)):
        broken[place] = data.draw(st.integers(0, 255))
    for action in (nodules, lambda one: look(one, "1.xml")):
        try:
            action(bytes(broken))
        except Rejected as error:
            assert error.file == "1.xml"


def test_what_planning_sees() -> None:
    data = xml([], [], [], [])
    assert look(data, "1.xml") == XmlHead("ct", "1.2.3", 4, hashlib.sha256(data).hexdigest())
    assert look(b"<svg/>", "1.xml") is None
    with pytest.raises(Whole):
        look(Head(data[:100]), "1.xml")
    with pytest.raises(Rejected, match="SeriesInstanceUid"):
        look(b"<LidcReadMessage></LidcReadMessage>", "1.xml")


# ---------------------------------------------------------------- real files

# What pylidc 0.2.3 makes of them: slice thickness of the series; voxels that half of the outlines hold, of each nodule, ascending.
PYLIDC: dict[str, tuple[float, list[int]]] = {
    "157/158": (3.0, [34, 1741, 1903, 3646]),
    "157/159": (2.0, [15, 521, 1629]),
    "157/160": (3.0, [853]),
    "157/162": (3.0, [91, 233]),
    "157/163": (3.0, [2583]),
    "157/164": (3.0, [115, 120, 131, 136, 150, 3479]),
    "157/165": (3.0, [20, 37, 56, 58, 104, 117, 160, 249, 389]),
    "157/166": (3.0, [128, 2815]),
    "157/167": (3.0, [308]),
    "157/168": (3.0, [70, 3330]),
    "185/069": (2.5, [5428]),
    "185/071": (1.25, [14252]),
    "185/072": (2.5, [261, 704, 2542, 3241]),
    "185/074": (1.25, [73]),
    "185/076": (2.5, [63, 71, 139]),
    "185/078": (2.5, [52, 93, 163, 389]),
    "188/000": (1.25, [138]),
    "188/001": (2.0, [59, 93, 378]),
    "188/002": (0.75, [51, 574]),
}


def places_of(data: bytes) -> dict[str, float]:
    """Where the slices that a reading names lie, mm."""
    rois = ET.fromstring(data).iter("{http://www.nih.gov}roi")
    return {roi.findtext("{*}imageSOP_UID", "").strip(): float(roi.findtext("{*}imageZposition", "0")) for roi in rois}


def stack_of(slices: dict[str, int], count: int, thickness: float) -> Samples:
    grid = Grid((count, 512, 512), slice_thickness=thickness)
    return Samples(np.zeros((1, 1, 1), np.uint8), grid, columns={"sop_instance_uid": (), "repeats": slices})


@pytest.mark.parametrize("name", PYLIDC)
def test_real_nodules_equal_pylidc(real: Callable[[str], Path], name: str) -> None:
    path = real("lidc-idri") / "tcia-lidc-xml" / f"{name}.xml"
    data = path.read_bytes()
    thickness, voxels = PYLIDC[name]
    places = places_of(data)
    levels = np.unique(list(places.values()))
    step = float(np.diff(levels).min())
    slices = {sop: round((place - float(levels[0])) / step) for sop, place in places.items()}
    found = nodules_of(outlines_of(data, name), stack_of(slices, max(slices.values()) + 1, thickness), name)
    assert sorted(sum(int(nodule.agreed(k).sum()) for k in nodule.slices) for nodule in found) == voxels


def test_real_readings(real: Callable[[str], Path]) -> None:
    """Kinds, readers and outlines of 28 published files; 161.xml holds the outline of a whole lung that its correction takes back."""
    kinds, drawn = [], {}
    for path in sorted((real("lidc-idri") / "tcia-lidc-xml").glob("*/*.xml")):
        data = path.read_bytes()
        head = look(data, path.name)
        assert isinstance(head, XmlHead)
        kinds.append(head.kind)
        if head.kind == "ct":
            assert head.readers == 4
            drawn[f"{path.parent.name}/{path.stem}"] = len(outlines_of(data, path.name))
    assert (kinds.count("ct"), kinds.count("radiograph")) == (20, 6)
    assert drawn == {  # annotations in the database of pylidc 0.2.3, but for 161
        "157/158": 13,
        "157/159": 9,
        "157/160": 4,
        "157/161": 3,
        "157/162": 6,
        "157/163": 4,
        "157/164": 12,
        "157/165": 21,
        "157/166": 4,
        "157/167": 3,
        "157/168": 5,
        "185/069": 4,
        "185/071": 2,
        "185/072": 13,
        "185/074": 4,
        "185/076": 9,
        "185/078": 8,
        "188/000": 4,
        "188/001": 6,
        "188/002": 4,
    }


def test_real_masks_equal_pylidc(real: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Every nodule of every published file, voxel by voxel, where pylidc is installed."""
    monkeypatch.setattr(np, "int", int, raising=False)  # removed in NumPy 1.24; pylidc 0.2.3 still asks for it
    pylidc = pytest.importorskip("pylidc")
    consensus = importlib.import_module("pylidc.utils").consensus
    for path in sorted((real("lidc-idri") / "tcia-lidc-xml").glob("*/*.xml")):
        data = path.read_bytes()
        found = re.search(rb"<SeriesInstanceUid>([0-9.]+)<", data)
        if found is None or path.stem == "161":
            continue
        scan = pylidc.query(pylidc.Scan).filter(pylidc.Scan.series_instance_uid == found[1].decode()).first()
        heights = np.asarray(scan.slice_zvals)
        slices = {sop: int(np.abs(heights - place).argmin()) for sop, place in places_of(data).items()}
        stack = stack_of(slices, len(heights), scan.slice_thickness)
        ours = sorted(
            sorted((k, *map(int, pixel)) for k in nodule.slices for pixel in np.argwhere(nodule.agreed(k)))
            for nodule in nodules_of(outlines_of(data, path.name), stack, path.name)
        )
        theirs = []
        for cluster in scan.cluster_annotations(verbose=False):
            mask, box, _ = consensus(cluster, clevel=0.5)
            theirs.append(sorted((int(k), int(i), int(j)) for i, j, k in np.argwhere(mask) + [one.start for one in box]))
        assert ours == sorted(theirs), path.name
