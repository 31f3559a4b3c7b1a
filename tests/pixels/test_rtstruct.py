"""Structures of RTSTRUCT, painted by pixel centres: equal to the masks that are published beside real files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hf_medseg.errors import Rejected
from hf_medseg.pixels.dicom import DicomSeries
from hf_medseg.pixels.dicom_headers import look
from hf_medseg.pixels.rtstruct import RtStructure, contours_of, painted
from hf_medseg.pixels.volume import Grid, Samples
from hf_medseg.raw.files import Place, RawFile, Reader
from tests.phantoms.dicom import AXIAL, CORONAL, SAGITTAL, SECRETS, Series, write_series
from tests.phantoms.kit import Array, rng
from tests.phantoms.tcia import write_rtstruct

Polygon = list[tuple[float, float]]


def file_of(path: Path) -> RawFile:
    return RawFile(path.name, path.stat().st_size, Place(str(path)))


def structure(path: Path, number: int, series: Series) -> Array:
    image = DicomSeries(tuple(map(file_of, series.paths)))
    reader = Reader()
    return RtStructure(file_of(path), number, image).labels(reader, image.samples(reader).grid.shape)


def ct(folder: Path, **options: Any) -> Series:
    return write_series(
        folder, rng("rt").integers(0, 900, (4, 16, 12)).astype(np.int16), name="rt", patient_id="P1", identities=False, **options
    )


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
def test_contour_that_leaves_the_image(tmp_path: Path, dx: int, dy: int) -> None:
    series = ct(tmp_path)
    polygon = [(x + dx, y + dy) for x, y in ring(1.5, 2.5, 9.5, 13.5)]
    write_rtstruct(tmp_path / "rs", series, {"GTV": [(1, polygon)]}, name="rs")
    with pytest.raises(Rejected, match="leaves the image") as caught:
        structure(tmp_path / "rs", 1, series)
    assert caught.value.file == "rs"


@pytest.mark.parametrize("shift", [0.7, 1.25, 400.0])
def test_contour_between_slices(tmp_path: Path, shift: float) -> None:
    series = ct(tmp_path)
    write_rtstruct(tmp_path / "rs", series, {"GTV": [(1, ring(1.5, 2.5, 9.5, 13.5))]}, name="rs", shift=shift)
    with pytest.raises(Rejected, match="no slice"):
        structure(tmp_path / "rs", 1, series)


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
    for action in (lambda: contours_of(cut, "rs"), lambda: look(cut, "rs.dcm")):
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
    contours = contours_of((folder / "dicom/STS_019/PET/mask/RS.dcm").read_bytes(), "RS.dcm")
    assert np.array_equal(painted(contours[1], _samples(grid), "RS.dcm"), array)


@pytest.mark.parametrize("name", ["STS_008/MR_T1", "STS_019/PET"])
def test_real_contours_lie_on_their_images(real: Callable[[str], Path], name: str) -> None:
    folder = real("tcia-rtstruct") / "ibsi_validation/dicom" / name
    image = DicomSeries(tuple(map(file_of, sorted((folder / "image").glob("*.dcm")))))
    reader = Reader()
    found = RtStructure(file_of(folder / "mask/RS.dcm"), 1, image).labels(reader, image.samples(reader).grid.shape)
    assert 100 < found.sum() < found.size / 4
