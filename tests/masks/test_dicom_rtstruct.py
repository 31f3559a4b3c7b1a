"""Structures of RTSTRUCT, painted by pixel centres: equal to the masks that are published beside real files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread

from hf_medseg.errors import Rejected
from hf_medseg.formats.dicom import DicomSeries
from hf_medseg.formats.dicom_header import look
from hf_medseg.formats.volume import Grid, Samples
from hf_medseg.masks.dicom_rtstruct import RtStructure, painted, rois_of, united
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.places import Alone
from tests.sources.tcia.phantom import write_rtstruct
from tests.support.dicom import AXIAL, CORONAL, SAGITTAL, SECRETS, Series, write_series
from tests.support.kit import Array, rng

Polygon = list[tuple[float, float]]


def file_of(path: Path) -> RawFile:
    return RawFile(path.name, path.stat().st_size, Alone(str(path)))


def structure(path: Path, number: int, series: Series) -> Array:
    image = DicomSeries(tuple(map(file_of, series.paths)))
    reader = Reader()
    return RtStructure(file_of(path), number, image).labels(reader, image.samples(reader).grid.shape)


def ct(folder: Path, **options: Any) -> Series:
    return write_series(
        folder, rng("rt").integers(0, 900, (4, 16, 12)).astype(np.int16), name="rt", patient_id="P1", identities=False, **options
    )


def painted_by(path: Path, number: int, series: Series) -> tuple[Array, Reader]:
    image = DicomSeries(tuple(map(file_of, series.paths)))
    reader = Reader()
    return RtStructure(file_of(path), number, image).labels(reader, image.samples(reader).grid.shape), reader


def moved(polygon: Polygon, dx: float, dy: float) -> Polygon:
    return [(x + dx, y + dy) for x, y in polygon]


def ring(x0: float, y0: float, x1: float, y1: float) -> Polygon:
    return [(x0, y0), (x1, y0), (x1, y1), (x0, y1)]


@pytest.mark.parametrize("orientation", [AXIAL, SAGITTAL, CORONAL, (0.9659, 0.2588, 0.0, -0.1830, 0.6830, 0.7071)])
def test_contours_come_out_exactly(tmp_path: Path, orientation: tuple[float, ...]) -> None:
    series = ct(tmp_path, orientation=orientation)
    drawn = [(1, ring(1.5, 2.5, 9.5, 13.5)), (1, ring(4.5, 5.5, 6.5, 9.5)), (2, [(2.5, 1.5), (8.7, 1.5), (2.5, 7.7)])]
    write_rtstruct(
        tmp_path / "rs", series, {"GTV": drawn, "other": [(3, ring(-0.5, -0.5, 11.5, 15.5))]}, name="rs", points={"iso": (1, 5, 5)}
    )
    expected = np.zeros((4, 16, 12), bool)
    expected[1, 3:14, 2:10] = True
    expected[1, 6:10, 5:7] = False  # an inner ring is a hole
    for y in range(2, 8):
        expected[2, y, 3 : 11 - y] = True
    assert np.array_equal(structure(tmp_path / "rs", 1, series), expected)
    assert structure(tmp_path / "rs", 2, series).sum(axis=(1, 2)).tolist() == [0, 0, 0, 192]
    header = look((tmp_path / "rs").read_bytes(), "rs")
    assert header is not None
    assert (
        [(one.number, one.name) for one in header.structures] == [(1, "GTV"), (2, "other")]
        and header.refers_to == (series.uid,)
        and not header.picture
    )
    assert not any(secret in repr(header) for secret in SECRETS)


def test_keyhole(tmp_path: Path) -> None:
    series = ct(tmp_path)
    outer, inner = ring(1.5, 2.5, 9.5, 13.5), ring(4.5, 5.5, 6.5, 9.5)
    keyhole = [*outer, outer[0], (1.5, 5.5), inner[0], inner[3], inner[2], inner[1], inner[0], (1.5, 5.5)]
    write_rtstruct(tmp_path / "a", series, {"GTV": [(1, keyhole)]}, name="a")
    write_rtstruct(tmp_path / "b", series, {"GTV": [(1, outer), (1, inner)]}, name="b")
    assert np.array_equal(structure(tmp_path / "a", 1, series), structure(tmp_path / "b", 1, series))


@pytest.mark.parametrize(("dx", "dy"), [(4, 0), (-3, 0), (0, 3), (0, -4)])
def test_contour_that_leaves_the_image_is_cut_off_and_noted(tmp_path: Path, dx: int, dy: int) -> None:
    """It rejected the whole series: couches and outlines of the body leave the image in most plans."""
    series = ct(tmp_path)
    write_rtstruct(tmp_path / "rs", series, {"Couch": [(1, moved(ring(1.5, 2.5, 9.5, 13.5), dx, dy))]}, name="rs")
    expected = np.zeros((4, 40, 40), bool)
    expected[1, 13 + dy : 24 + dy, 12 + dx : 20 + dx] = True
    found, reader = painted_by(tmp_path / "rs", 1, series)
    assert np.array_equal(found, expected[:, 10:26, 10:22])
    assert reader.notes == [("rs", "structure 1: 1 of 1 contour leave the image: what lies beside its pixels is cut off")]


def test_contours_above_the_last_slice_are_cut_off_and_noted(tmp_path: Path) -> None:
    whole = ct(tmp_path / "a")
    part = ct(tmp_path / "b")
    write_rtstruct(tmp_path / "rs", whole, {"Body": [(k, ring(1.5, 2.5, 9.5, 13.5)) for k in range(4)]}, name="rs")
    part.paths = part.paths[1:3]
    found, reader = painted_by(tmp_path / "rs", 1, part)
    assert found.sum(axis=(1, 2)).tolist() == [88, 88]
    ((_, note),) = reader.notes
    assert "2 of 4 contours lie beyond the first or last slice of the image, at -120..-112.5 mm" in note


@pytest.mark.parametrize("place", [(40, 0), (0, -40)])
def test_a_structure_of_which_nothing_lies_on_the_image_is_no_empty_mask(tmp_path: Path, place: tuple[int, int]) -> None:
    series = ct(tmp_path)
    write_rtstruct(tmp_path / "rs", series, {"GTV": [(1, moved(ring(1.5, 2.5, 9.5, 13.5), *place))]}, name="rs")
    with pytest.raises(Rejected, match="leaves the image") as caught:
        structure(tmp_path / "rs", 1, series)
    assert caught.value.file == "rs"


@pytest.mark.parametrize("shift", [0.7, 1.25, 400.0])
def test_contour_between_slices(tmp_path: Path, shift: float) -> None:
    series = ct(tmp_path)
    write_rtstruct(tmp_path / "rs", series, {"GTV": [(1, ring(1.5, 2.5, 9.5, 13.5))]}, name="rs", shift=shift)
    with pytest.raises(Rejected, match="no slice"):
        structure(tmp_path / "rs", 1, series)


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("ReferencedFrameOfReferenceUID", "1.2.3", "in another frame of reference"),
        ("ROINumber", 1, "another structure has the same number"),
    ],
)
def test_structures_of_which_nobody_knows_where_or_whose_they_are(tmp_path: Path, key: str, value: Any, words: str) -> None:
    """The one was painted as if both spaces were one; of the other, each structure had the contours of both."""
    series = ct(tmp_path)
    write_rtstruct(tmp_path / "rs", series, {"GTV": [(1, ring(1.5, 2.5, 9.5, 13.5))], "CTV": [(2, ring(1.5, 2.5, 9.5, 13.5))]}, name="rs")
    rs = dcmread(tmp_path / "rs")
    setattr(rs.StructureSetROISequence[1], key, value)
    rs.save_as(tmp_path / "rs")
    with pytest.raises(Rejected, match=words):
        structure(tmp_path / "rs", 1 if key == "ROINumber" else 2, series)


def test_contours_of_a_number_that_no_structure_has_are_one_without_a_name(tmp_path: Path) -> None:
    """They were in no mask, without a word."""
    series = ct(tmp_path)
    write_rtstruct(tmp_path / "rs", series, {"GTV": [(1, ring(1.5, 2.5, 9.5, 13.5))], "CTV": [(2, ring(1.5, 2.5, 9.5, 13.5))]}, name="rs")
    rs = dcmread(tmp_path / "rs")
    rs.ROIContourSequence[1].ReferencedROINumber = 9
    rs.save_as(tmp_path / "rs")
    header = look((tmp_path / "rs").read_bytes(), "rs")
    assert header is not None
    assert [(one.number, one.name) for one in header.structures] == [(1, "GTV"), (9, "")] and header.undrawn == ("CTV",)
    assert structure(tmp_path / "rs", 9, series).any()


def test_rounded_heights_are_the_slice(tmp_path: Path) -> None:
    series = ct(tmp_path)
    write_rtstruct(tmp_path / "rs", series, {"GTV": [(1, ring(1.5, 2.5, 9.5, 13.5))]}, name="rs", shift=0.05)
    assert structure(tmp_path / "rs", 1, series)[1].sum() == 88


@settings(max_examples=200, deadline=None)
@given(
    points=st.lists(st.tuples(st.integers(0, 110), st.integers(0, 150)), min_size=3, max_size=9),
    turn=st.floats(0, 6.28),
    tilt=st.floats(-0.6, 0.6),
)
def test_any_polygon_in_any_plane(points: list[tuple[int, int]], turn: float, tilt: float) -> None:
    """The same polygon gives the same pixels wherever the image lies; centres are never on a contour here."""
    polygon = np.array(points, float) / 10 + 0.037
    flat = _grid(np.eye(3))
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, np.cos(tilt), -np.sin(tilt)], [0, np.sin(tilt), np.cos(tilt)]])
    found = [painted([_in_space(polygon, grid)], _samples(grid), "rs") for grid in (flat, _grid(about_x @ about_z))]
    assert np.array_equal(found[0], found[1])
    assert np.array_equal(found[0][1], _even_odd(polygon))


def _grid(turn: Array) -> Grid:
    across, down, normal = turn.T
    positions = tuple(tuple(map(float, np.array([7.0, -3.0, 11.0]) + 2.5 * k * normal)) for k in range(3))
    return Grid((3, 17, 13), pixel_spacing=(0.7, 0.9), slice_spacing=2.5, positions=positions, direction=(*across, *down))  # type: ignore[arg-type]


def _samples(grid: Grid) -> Samples:
    return Samples(np.zeros(grid.shape, np.uint8), grid)


def _in_space(polygon: Array, grid: Grid) -> Array:
    assert grid.direction
    across, down = np.array(grid.direction[:3]), np.array(grid.direction[3:])
    return np.array(grid.positions[1]) + polygon[:, :1] * 0.9 * across + polygon[:, 1:] * 0.7 * down


def _even_odd(polygon: Array) -> Array:
    """Pixel by pixel, by crossings of a ray."""
    inside = np.zeros((17, 13), bool)
    for y in range(17):
        for x in range(13):
            for (x0, y0), (x1, y1) in zip(polygon, np.roll(polygon, -1, axis=0), strict=True):
                if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
                    inside[y, x] ^= True
    return inside


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_are_rejected_or_read(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    sound = _sample(tmp_path_factory)
    broken = bytearray(sound)
    for place in data.draw(st.lists(st.integers(132, len(sound) - 1), max_size=5)):
        broken[place] = data.draw(st.integers(0, 255))
    cut = bytes(broken[: data.draw(st.integers(1, len(sound)) | st.just(len(sound)))])
    for action in (lambda: rois_of(cut, "rs"), lambda: look(cut, "rs.dcm")):
        try:
            action()
        except Rejected as error:
            assert not any(secret in str(error) for secret in SECRETS)


_SAMPLES: list[bytes] = []


def _sample(factory: pytest.TempPathFactory) -> bytes:
    if not _SAMPLES:
        folder = factory.mktemp("rs")
        write_rtstruct(folder / "rs", ct(folder), {"GTV": [(1, ring(1.5, 2.5, 9.5, 13.5))]}, name="rs")
        _SAMPLES.append((folder / "rs").read_bytes())
    return _SAMPLES[0]


BOX, INNER, CORE = ring(1.5, 2.5, 9.5, 13.5), ring(3.5, 4.5, 7.5, 10.5), ring(4.5, 5.5, 6.5, 8.5)
APART, ACROSS = ring(0.5, 14.5, 10.5, 15.5), ring(6.5, 8.5, 11.5, 15.5)


def area(polygon: Polygon) -> Array:
    """The pixels of a ring, from its corners alone."""
    (x0, y0), (x1, y1) = np.min(polygon, axis=0), np.max(polygon, axis=0)
    found = np.zeros((16, 12), bool)
    found[int(y0 + 0.5) : int(y1 + 0.5), int(x0 + 0.5) : int(x1 + 0.5)] = True
    return found


RULES: dict[str, tuple[list[Polygon], Array]] = {
    "the same contour twice": ([BOX, BOX], area(BOX)),
    "three times": ([BOX, BOX, BOX], area(BOX)),
    "the other way round and from another point": ([BOX, [BOX[2], BOX[1], BOX[0], BOX[3]]], area(BOX)),
    "written with fewer digits": ([BOX, moved(BOX, 0.02, -0.02)], area(BOX)),
    "with points in between": ([BOX, [*BOX[:2], (9.5, 8.0), *BOX[2:], (1.5, 8.0)]], area(BOX)),
    "a hole": ([BOX, INNER], area(BOX) & ~area(INNER)),
    "the hole first": ([INNER, BOX], area(BOX) & ~area(INNER)),
    "a hole twice": ([BOX, INNER, INNER], area(BOX) & ~area(INNER)),
    "a hole that touches the edge": ([BOX, ring(1.5, 4.5, 5.5, 8.5)], area(BOX) & ~area(ring(1.5, 4.5, 5.5, 8.5))),
    "an island in a hole": ([CORE, BOX, INNER], area(BOX) & ~area(INNER) | area(CORE)),
    "apart": ([BOX, APART], area(BOX) | area(APART)),
    "overlapping": ([BOX, ACROSS], area(BOX) | area(ACROSS)),
    "crossing like a plus": (
        [ring(1.5, 6.5, 9.5, 9.5), ring(4.5, 2.5, 6.5, 13.5)],
        area(ring(1.5, 6.5, 9.5, 9.5)) | area(ring(4.5, 2.5, 6.5, 13.5)),
    ),
    "a hole in what two overlapping ones share": (
        [ring(1.5, 2.5, 8.5, 13.5), ring(3.5, 2.5, 10.5, 13.5), ring(4.5, 5.5, 6.5, 8.5)],
        area(ring(1.5, 2.5, 10.5, 13.5)) & ~area(CORE),
    ),
    "a contour whose points go round twice": ([BOX * 2], area(BOX)),
    "points that repeat": ([[point for point in BOX for _ in range(3)]], area(BOX)),
    "sticking out by a third of a pixel is no hole": ([BOX, ring(3.5, 4.5, 9.83, 10.5)], area(BOX)),
}


@pytest.mark.parametrize("case", RULES)
def test_contours_of_one_structure_on_one_slice(tmp_path: Path, case: str) -> None:
    """A contour that was written twice cancelled itself: an empty mask with its name; overlapping ones left a hole."""
    series = ct(tmp_path)
    polygons, expected = RULES[case]
    write_rtstruct(tmp_path / "rs", series, {"GTV": [(1, polygon) for polygon in polygons]}, name="rs")
    assert np.array_equal(structure(tmp_path / "rs", 1, series)[1], expected)


@pytest.mark.parametrize(("polygons", "expected"), [([BOX, ACROSS], area(BOX) ^ area(ACROSS)), ([BOX, BOX], np.zeros((16, 12), bool))])
def test_closedplanar_xor_is_what_it_says(tmp_path: Path, polygons: list[Polygon], expected: Array) -> None:
    series = ct(tmp_path)
    write_rtstruct(tmp_path / "rs", series, {"GTV": [(1, polygon) for polygon in polygons]}, name="rs")
    change_contours(tmp_path / "rs", lambda contour: setattr(contour, "ContourGeometricType", "CLOSEDPLANAR_XOR"))
    assert np.array_equal(structure(tmp_path / "rs", 1, series)[1], expected)


def test_lines_and_contours_of_two_points_are_noted(tmp_path: Path) -> None:
    series = ct(tmp_path)
    write_rtstruct(tmp_path / "rs", series, {"GTV": [(1, BOX), (2, BOX), (3, BOX[:2])]}, name="rs")
    change_contours(tmp_path / "rs", lambda contour: setattr(contour, "ContourGeometricType", "OPEN_PLANAR"), only=1)
    found, reader = painted_by(tmp_path / "rs", 1, series)
    assert found.sum(axis=(1, 2)).tolist() == [0, 88, 0, 0]
    assert [note for _, note in reader.notes] == [
        "structure 1: 1 contour of fewer than three points left out; nothing is enclosed",
        "structure 1: 1 contour of the kind OPEN_PLANAR left out; nothing is enclosed",
    ]
    for kind, undrawn in (("OPEN_NONPLANAR", ("GTV",)), ("POINT", ()), ("closed_planar", ())):
        change_contours(tmp_path / "rs", lambda contour, kind=kind: setattr(contour, "ContourGeometricType", kind))
        header = look((tmp_path / "rs").read_bytes(), "rs")
        assert header is not None and header.undrawn == undrawn and len(header.structures) == (kind == "closed_planar")


def change_contours(path: Path, change: Callable[[Any], None], only: int | None = None) -> None:
    header = dcmread(path)
    for number, contour in enumerate(header.ROIContourSequence[0].ContourSequence):
        if only in (None, number):
            change(contour)
    header.save_as(path, enforce_file_format=True)


@settings(max_examples=100, deadline=None)
@given(
    boxes=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 12), st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=5),
    data=st.data(),
)
def test_any_boxes_in_any_order_give_the_same_pixels(boxes: list[tuple[int, int, int, int]], data: st.DataObject) -> None:
    """Held against the rule pixel by pixel: the innermost box around a pixel, in each chain of boxes, is no hole."""
    rings = [np.array(ring(x - 0.5, y - 0.5, x + width - 0.5, y + height - 0.5)) for x, y, width, height in boxes]
    found = united(data.draw(st.permutations(rings)), 17, 13)
    expected = np.array([[_held(set(boxes), x, y) for x in range(13)] for y in range(17)])
    assert np.array_equal(found, expected)


def _held(boxes: set[tuple[int, int, int, int]], x: int, y: int) -> bool:
    """Whether a pixel is held by some outermost box: it is inside, and no box directly within that one holds it."""

    def inside(one: tuple[int, int, int, int], other: tuple[int, int, int, int]) -> bool:
        return (
            one != other
            and other[0] <= one[0]
            and other[1] <= one[1]
            and one[0] + one[2] <= other[0] + other[2]
            and (one[1] + one[3] <= other[1] + other[3])
        )

    def holds(box: tuple[int, int, int, int]) -> bool:
        held = [one for one in boxes if inside(one, box)]
        nearest = [one for one in held if not any(inside(one, between) for between in held)]
        here = box[0] <= x < box[0] + box[2] and box[1] <= y < box[1] + box[3]
        return here and not any(holds(one) for one in nearest)

    return any(holds(box) for box in boxes if not any(inside(box, other) for other in boxes))


# ---------------------------------------------------------------- real files


def test_real_contours_equal_the_published_mask(real: Callable[[str], Path]) -> None:
    """The mask is what the pixel-centre rule gives, voxel by voxel."""
    nibabel = pytest.importorskip("nibabel")
    folder = real("tcia-rtstruct") / "ibsi_1_ct_radiomics_phantom"
    image = DicomSeries(tuple(map(file_of, sorted((folder / "dicom/image").glob("*.dcm")))))
    reader = Reader()
    found = RtStructure(file_of(folder / "dicom/mask/DCM_RS_00060.dcm"), 1, image).labels(reader, image.samples(reader).grid.shape)
    assert np.array_equal(found, np.asarray(nibabel.load(folder / "nifti/mask/mask.nii.gz").dataobj).T)
    picture = np.asarray(nibabel.load(folder / "nifti/image/phantom.nii.gz").dataobj).T
    samples = image.samples(reader)
    assert np.array_equal(samples.array * samples.slope + samples.intercept, picture)


def test_real_contours_equal_the_published_mask_on_its_finer_grid(real: Callable[[str], Path]) -> None:
    """The published mask lies on a grid four times as fine as the PET: the same contours painted there are that mask."""
    nibabel = pytest.importorskip("nibabel")
    folder = real("tcia-rtstruct") / "ibsi_validation"
    truth = nibabel.load(folder / "nifti/STS_019/PET_mask.nii.gz")
    affine, array = np.diag([-1, -1, 1, 1]) @ truth.affine, np.asarray(truth.dataobj).T
    positions = tuple(tuple(map(float, affine[:3, 3] + k * affine[:3, 2])) for k in range(array.shape[0]))
    grid = Grid(array.shape, pixel_spacing=(affine[1, 1], affine[0, 0]), slice_spacing=affine[2, 2], positions=positions, direction=AXIAL)  # type: ignore[arg-type]
    rois = rois_of((folder / "dicom/STS_019/PET/mask/RS.dcm").read_bytes(), "RS.dcm")
    assert np.array_equal(painted(rois[1].contours, _samples(grid), "RS.dcm"), array)


@pytest.mark.parametrize("name", ["STS_008/MR_T1", "STS_019/PET"])
def test_real_contours_lie_on_their_images(real: Callable[[str], Path], name: str) -> None:
    folder = real("tcia-rtstruct") / "ibsi_validation/dicom" / name
    image = DicomSeries(tuple(map(file_of, sorted((folder / "image").glob("*.dcm")))))
    reader = Reader()
    found = RtStructure(file_of(folder / "mask/RS.dcm"), 1, image).labels(reader, image.samples(reader).grid.shape)
    assert 100 < found.sum() < found.size / 4
