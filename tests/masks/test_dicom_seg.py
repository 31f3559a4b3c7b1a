"""Segments of DICOM SEG on the grid of their images: equal to what the files' makers say, and to what highdicom reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydicom import dcmread

from hf_medseg.errors import Rejected
from hf_medseg.formats.dicom import DicomSeries
from hf_medseg.formats.dicom_header import Structure, look
from hf_medseg.masks.dicom_seg import DicomSegment
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.places import Alone
from tests.sources.tcia.phantom import regrid, write_seg
from tests.support.dicom import AXIAL, SAGITTAL, SECRETS, Series, write_series
from tests.support.kit import Array, rng


def file_of(path: Path) -> RawFile:
    return RawFile(path.name, path.stat().st_size, Alone(str(path)))


def segment(seg: Path, number: int, images: list[Path]) -> Array:
    image = DicomSeries(tuple(map(file_of, images)), uneven=True)
    reader = Reader()
    return DicomSegment(file_of(seg), number, image).labels(reader, image.samples(reader).grid.shape)


def ct(folder: Path, **options: Any) -> Series:
    return write_series(
        folder, rng("ct").integers(0, 900, (6, 16, 12)).astype(np.int16), name="ct", patient_id="P1", identities=False, **options
    )


def blobs(name: str, share: float = 0.3) -> Array:
    found = rng(name).random((6, 16, 12)) < share
    found[[0, 3]] = False  # frames without foreground are left out of the file
    return found


@pytest.mark.parametrize("kind", ["BINARY", "FRACTIONAL", "LABELMAP"])
@pytest.mark.parametrize("descending", [True, False])
@pytest.mark.parametrize("orientation", [AXIAL, SAGITTAL, (0.9659, 0.2588, 0.0, -0.1830, 0.6830, 0.7071)])
def test_segments_come_out_exactly(tmp_path: Path, kind: str, descending: bool, orientation: tuple[float, ...]) -> None:
    series = ct(tmp_path, orientation=orientation)
    first, second = blobs("1"), blobs("2")
    if kind == "LABELMAP":
        first &= ~second
    write_seg(tmp_path / "seg", series.headers, {"Liver": first, "Tumor": second}, name="seg", kind=kind, descending=descending)
    for number, truth in ((1, first), (2, second)):
        assert np.array_equal(segment(tmp_path / "seg", number, series.paths[::-1]), truth)
    assert not segment(tmp_path / "seg", 3, series.paths).any()
    header = look((tmp_path / "seg").read_bytes(), "seg")
    assert header is not None
    assert header.structures == (Structure(1, "Liver", "manual"), Structure(2, "Tumor", "manual")) and header.refers_to == (series.uid,)
    assert not any(secret in repr(header) for secret in SECRETS)


def test_uneven_stack(tmp_path: Path) -> None:
    series = ct(tmp_path, offsets=[0.0, 2.5, 5.0, 9.0, 11.5, 14.0])
    truth = blobs("u")
    write_seg(tmp_path / "seg", series.headers, {"Liver": truth}, name="seg")
    assert np.array_equal(segment(tmp_path / "seg", 1, series.paths), truth)


@pytest.mark.parametrize(("frames", "named"), [(1, None), (3, None), (3, 2)])
def test_a_frame_that_says_nothing_but_its_image(frames: int, named: int | None, tmp_path: Path) -> None:
    """Enough where the image is one slice; of an image of many frames it could be any, unless it is named by its number."""
    image = rng("cine").integers(0, 200, (1, 16, 12)).astype(np.uint8)
    series = write_series(tmp_path, image, name="cine", patient_id="P1", identities=False)
    truth = blobs("c")[1:2]
    write_seg(tmp_path / "seg", series.headers, {"Liver": truth}, name="seg")
    seg, header = dcmread(tmp_path / "seg"), dcmread(series.paths[0])
    for group in (*seg.SharedFunctionalGroupsSequence, *seg.PerFrameFunctionalGroupsSequence):
        for keyword in ("PlanePositionSequence", "PlaneOrientationSequence"):
            if keyword in group:
                delattr(group, keyword)
        for derivation in group.get("DerivationImageSequence", []) if named else ():
            derivation.SourceImageSequence[0].ReferencedFrameNumber = named
    seg.save_as(tmp_path / "seg")
    del header.ImagePositionPatient, header.ImageOrientationPatient
    header.NumberOfFrames, header.PixelData = frames, image.tobytes() * frames
    header.save_as(series.paths[0])
    if frames == 1 or named:
        place = (named or 1) - 1
        assert np.array_equal(segment(tmp_path / "seg", 1, series.paths), np.pad(truth, ((place, frames - 1 - place), (0, 0), (0, 0))))
    else:
        with pytest.raises(Rejected, match="neither where it lies nor which slice"):
            segment(tmp_path / "seg", 1, series.paths)


def test_half_of_the_highest_fraction_is_inside(tmp_path: Path) -> None:
    series = ct(tmp_path)
    steps = np.linspace(0, 1, 201)[rng("f").integers(0, 201, (6, 16, 12))]
    write_seg(tmp_path / "seg", series.headers, {"Liver": steps}, name="seg", kind="FRACTIONAL")
    assert np.array_equal(segment(tmp_path / "seg", 1, series.paths), steps >= 0.5)


def test_cropped_grid_is_put_back(tmp_path: Path) -> None:
    series = ct(tmp_path)
    truth = np.zeros((6, 16, 12), bool)
    truth[:, 3:14, 2:10] = rng("c").random((6, 11, 8)) < 0.5
    write_seg(tmp_path / "seg", regrid(series.headers, slice(3, 14), slice(2, 10)), {"Liver": truth[:, 3:14, 2:10]}, name="seg")
    assert np.array_equal(segment(tmp_path / "seg", 1, series.paths), truth)


def test_turned_grid_is_put_back(tmp_path: Path) -> None:
    series = ct(tmp_path)
    truth = blobs("t")
    turned = []
    for header in series.headers:  # both axes run the other way: the first pixel is the last one
        copy = dcmread(series.paths[series.sop_uids.index(header.SOPInstanceUID)])
        axes, spacing = np.array(copy.ImageOrientationPatient, float).reshape(2, 3), series.pixel_spacing
        last = np.array(copy.ImagePositionPatient, float) + axes[0] * 11 * spacing[1] + axes[1] * 15 * spacing[0]
        copy.ImagePositionPatient = [round(float(v), 6) for v in last]
        copy.ImageOrientationPatient = [float(v) for v in -axes.reshape(-1)]
        turned.append(copy)
    write_seg(tmp_path / "seg", turned, {"Liver": truth[:, ::-1, ::-1]}, name="seg")
    assert np.array_equal(segment(tmp_path / "seg", 1, series.paths), truth)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda headers: regrid(headers, slice(0, 16), slice(0, 12), zoom=0.5), "measure"),
        (lambda headers: regrid(headers, slice(0, 16), slice(0, 12), zoom=2.0), "measure"),
        (lambda headers: [_moved(header, (0.2, 0.0, 0.0)) for header in headers], "between"),
        (lambda headers: [_moved(header, (0.0, 0.0, 1.0)) for header in headers], "no slice"),
        (lambda headers: [_moved(header, (-6.5, 0.0, 0.0)) for header in headers], "outside"),
        (lambda headers: [_turned(header) for header in headers], "plane"),
    ],
    ids=["finer", "coarser", "half a pixel off", "between slices", "beyond the image", "other plane"],
)
def test_other_grid_is_rejected(tmp_path: Path, change: Callable[[Any], Any], words: str) -> None:
    series = ct(tmp_path)
    truth = np.ones((6, 16, 12), bool)
    write_seg(tmp_path / "seg", change(series.headers), {"Liver": truth}, name="seg")
    with pytest.raises(Rejected, match=words) as caught:
        segment(tmp_path / "seg", 1, series.paths)
    assert caught.value.file == "seg"


def _moved(header: Any, by: tuple[float, float, float]) -> Any:
    copy = header.copy()
    copy.ImagePositionPatient = [float(a) + b for a, b in zip(header.ImagePositionPatient, by, strict=True)]
    return copy


def _turned(header: Any) -> Any:
    copy = header.copy()
    copy.ImageOrientationPatient = [0.9848, 0.1736, 0, -0.1736, 0.9848, 0]
    return copy


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_are_rejected_or_read(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    folder, series, sound = _sample(tmp_path_factory)
    broken = bytearray(sound)
    for place in data.draw(st.lists(st.integers(132, len(sound) - 1), max_size=5)):
        broken[place] = data.draw(st.integers(0, 255))
    (folder / "broken").write_bytes(bytes(broken[: data.draw(st.integers(1, len(sound)) | st.just(len(sound)))]))
    try:
        assert segment(folder / "broken", 1, series.paths).max() <= 1
    except Rejected as error:
        assert error.file == "broken"
        assert not any(secret in str(error) for secret in SECRETS)


_SAMPLES: list[tuple[Path, Series, bytes]] = []


def _sample(factory: pytest.TempPathFactory) -> tuple[Path, Series, bytes]:
    if not _SAMPLES:
        folder = factory.mktemp("seg")
        series = ct(folder)
        write_seg(folder / "seg", series.headers, {"Liver": blobs("h")}, name="seg")
        _SAMPLES.append((folder, series, (folder / "seg").read_bytes()))
    return _SAMPLES[0]


# ---------------------------------------------------------------- real files

CLOSED = [
    ("liver.dcm", "ct-3slice", 1, "liver_seg.nrrd", 1),
    ("partial_overlaps.dcm", "ct-3slice", 1, "partial_overlaps-1.nrrd", 1),
    ("partial_overlaps.dcm", "ct-3slice", 2, "partial_overlaps-2.nrrd", 2),
    ("partial_overlaps.dcm", "ct-3slice", 3, "partial_overlaps-3.nrrd", 3),
    ("partial_overlaps.dcm", "ct-3slice", 4, "partial_overlaps-1.nrrd", 4),
    ("partial_overlaps.dcm", "ct-3slice", 5, "partial_overlaps-1.nrrd", 5),
    ("24x38x3/seg/label.seg", "24x38x3/image", 1, "24x38x3/nrrd/label.nrrd", 1),
    ("23x38x3/seg/label.seg", "23x38x3/image", 1, "23x38x3/nrrd/label.nrrd", 1),  # a frame's bits do not end with a byte
    ("sparse-labelmap-ppv5.dcm", "24x38x3/image", 1, "sparse_labelmap_ppv5_seg.nrrd", 1),
    ("sparse-labelmap-noppv.dcm", "24x38x3/image", 1, "sparse_labelmap_noppv_seg.nrrd", 1),
]


@pytest.mark.parametrize(("seg", "images", "number", "truth", "value"), CLOSED)
def test_real_segments_equal_the_published_truth(
    real: Callable[[str], Path], seg: str, images: str, number: int, truth: str, value: int
) -> None:
    sitk = pytest.importorskip("SimpleITK")
    folder = real("tcia-dicom-seg") / "dcmqi-samples"
    found = segment(folder / seg, number, sorted((folder / images).glob("*.dcm")))
    assert np.array_equal(found, sitk.GetArrayFromImage(sitk.ReadImage(str(folder / truth))) == value)


@pytest.mark.parametrize("seg", sorted({one[0] for one in CLOSED}))
def test_real_segments_equal_highdicom(real: Callable[[str], Path], seg: str) -> None:
    folder = real("tcia-dicom-seg") / "dcmqi-samples"
    images = sorted((folder / next(one[1] for one in CLOSED if one[0] == seg)).glob("*.dcm"))
    sops = DicomSeries(tuple(map(file_of, images))).samples(Reader()).columns["sop_instance_uid"]
    reference = hd.seg.segread(folder / seg)
    for number in reference.segment_numbers:
        if number:
            expected = reference.get_pixels_by_source_instance(
                list(sops), segment_numbers=[number], assert_missing_frames_are_empty=True, ignore_spatial_locations=True
            )
            assert np.array_equal(segment(folder / seg, number, images), expected[..., 0])


def test_real_segments_name_their_images(real: Callable[[str], Path]) -> None:
    folder = real("tcia-dicom-seg")
    ct_slice = look((folder / "dcmqi-samples/ct-3slice/01.dcm").read_bytes(), "01.dcm")
    seg = look((folder / "dcmqi-samples/partial_overlaps.dcm").read_bytes(), "seg.dcm")
    assert ct_slice is not None and seg is not None
    assert seg.refers_to == (ct_slice.series_uid,)
    assert [one.name for one in seg.structures] == ["GREEN", "ORANGE", "PURPLE", "LIGHT_BLUE", "DARK_BLUE"]


def test_real_segment_of_one_frame(real: Callable[[str], Path]) -> None:
    folder = real("tcia-dicom-seg") / "highdicom-samples"
    expected = hd.seg.segread(folder / "seg_image_ct_binary_single_frame.dcm").pixel_array
    assert np.array_equal(segment(folder / "seg_image_ct_binary_single_frame.dcm", 1, [folder / "ct_image.dcm"])[0], expected)


def _strange_segment(header: Any) -> None:
    header.PerFrameFunctionalGroupsSequence[0].SegmentIdentificationSequence[0].ReferencedSegmentNumber = 9


def _two_at_one_place(header: Any) -> None:
    groups = header.PerFrameFunctionalGroupsSequence
    groups[1].PlanePositionSequence = groups[0].PlanePositionSequence
    groups[1].DerivationImageSequence = groups[0].DerivationImageSequence


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (_strange_segment, "of segment 9, which it does not describe"),
        (_two_at_one_place, "frames 1 and 2 are of one segment and one place"),
        (lambda seg: setattr(seg.SegmentSequence[1], "SegmentNumber", 1), "two of its segments have the same number"),
        (lambda seg: setattr(seg, "FrameOfReferenceUID", "1.2.3"), "in another frame of reference"),
    ],
)
def test_frames_that_say_what_cannot_be_are_rejected(tmp_path: Path, change: Callable[[Any], None], words: str) -> None:
    series = ct(tmp_path)
    write_seg(tmp_path / "seg", series.headers, {"Liver": blobs("l"), "Tumor": blobs("t")}, name="seg", edit=change)
    with pytest.raises(Rejected, match=words):
        segment(tmp_path / "seg", 1, series.paths)
