"""DICOM headers and series: what goes in comes out, in the right order and place, or the case is rejected without quoting a name."""

from __future__ import annotations

import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless, JPEGBaseline8Bit, JPEGLSLossless, RLELossless

from hf_medseg.conversion.survey import look_at
from hf_medseg.errors import MissingExtra, Rejected
from hf_medseg.formats.dicom import REPEATED, SPACES, TABLED, UNMEASURED, DicomPicture, DicomSeries
from hf_medseg.formats.dicom_header import HEAD, look
from hf_medseg.formats.dicom_series import files, images, structures, unreadable
from hf_medseg.formats.volume import Samples, lay_image
from hf_medseg.masks.labels import Threshold
from hf_medseg.raw.files import Head, RawFile, Reader, Whole
from hf_medseg.raw.places import Alone
from hf_medseg.raw.tree import Job, Raw, open_raw_tree
from tests.support.dicom import AXIAL, CORONAL, SAGITTAL, SECRETS, Series, uid, write_series
from tests.support.kit import Array, rng


def file_of(path: Path) -> RawFile:
    return RawFile(path.name, path.stat().st_size, Alone(str(path)))


def read(paths: list[Path], reader: Reader | None = None, **options: Any) -> Samples:
    return DicomSeries(tuple(map(file_of, paths)), **options).samples(reader or Reader())


def noise(name: str, count: int, dtype: Any = np.int16, low: int = -1000, high: int = 3000) -> Array:
    return rng(name).integers(low, high, (count, 9, 7)).astype(dtype)


def surveyed(folder: Path) -> Raw:
    raw = open_raw_tree(folder, folder.parent / "work")
    return Raw(raw.listing, Job(survey=dict(look_at(files(raw), look, HEAD))))


@pytest.mark.parametrize("orientation", [AXIAL, SAGITTAL, CORONAL, (0.9659, 0.2588, 0.0, -0.1830, 0.6830, 0.7071)])
@pytest.mark.parametrize(
    ("dtype", "bits", "inverted"),
    [("int16", 16, False), ("int16", 12, False), ("uint16", 12, True), ("uint16", 12, False), ("uint8", 8, False)],
)
def test_series_comes_out_exactly(tmp_path: Path, orientation: tuple[float, ...], dtype: str, bits: int, inverted: bool) -> None:
    pixels = noise(dtype, 5, dtype, -1000 if dtype == "int16" else 0, 255 if dtype == "uint8" else 2000)
    series = write_series(
        tmp_path,
        pixels,
        name="a",
        patient_id="P1",
        orientation=orientation,
        slope=0.5,
        intercept=-7.0,
        bits_stored=bits,
        monochrome1=inverted,
    )
    found = read(series.paths[::-1])
    assert np.array_equal(found.array, series.image)
    assert found.array.dtype == (np.uint8 if dtype == "uint8" else np.uint16)
    assert (found.slope, found.intercept) == (series.slope, series.intercept)
    physical = found.array * found.slope + found.intercept
    assert np.array_equal(physical, pixels * 0.5 - 7.0)
    grid = found.grid
    assert grid.orientation == series.letters
    assert np.allclose(grid.positions, series.positions)
    assert grid.pixel_spacing == series.pixel_spacing and grid.slice_thickness == 2.5
    assert grid.slice_spacing == pytest.approx(2.5, abs=1e-3)
    assert grid.direction == pytest.approx(orientation)
    assert found.columns["sop_instance_uid"] == tuple(series.sop_uids)
    assert [path for path, _ in found.sources] == [path.name for path in series.paths]


def test_masks_are_read_as_the_file_holds_them(tmp_path: Path) -> None:
    truth = noise("m", 3, np.int16, 0, 2)
    series = write_series(tmp_path, truth * 255, name="m", patient_id="P1")
    part = DicomSeries(tuple(map(file_of, series.paths)))
    assert np.array_equal(part.array(Reader()), truth * 255)
    assert np.array_equal(Threshold(part, 0).labels(Reader(), truth.shape), truth)  # type: ignore[arg-type]


def test_a_mask_series_elsewhere_in_space_is_rejected(tmp_path: Path) -> None:
    image = write_series(tmp_path / "i", noise("i", 3), name="i", patient_id="P1")
    mask = write_series(tmp_path / "m", noise("m", 3), name="m", patient_id="P1", origin=(-71.5, -64.25, -110.0))
    reader = Reader()
    lay_image(reader, read(image.paths, reader).grid)
    with pytest.raises(Rejected, match="elsewhere"):
        DicomSeries(tuple(map(file_of, mask.paths))).array(reader)


@pytest.mark.parametrize("syntax", [RLELossless, JPEG2000Lossless, JPEGLSLossless])
def test_packed_pixels(tmp_path: Path, syntax: Any) -> None:
    def pack(header: FileDataset, _: int) -> None:
        header.compress(syntax, generate_instance_uid=False)

    pixels = rng("p").integers(-1000, 3000, (3, 80, 70)).astype(np.int16)
    series = write_series(tmp_path, pixels, name="p", patient_id="P1", edit=pack)
    assert np.array_equal(read(series.paths).array, series.image)


@pytest.mark.parametrize("colours", [False, True])
def test_lossy_jpeg_gives_what_other_readers_give(tmp_path: Path, colours: bool) -> None:
    """Another decoder of the same file differed from them in a third of the colours."""
    sitk = pytest.importorskip("SimpleITK")
    pixels = rng("lossy").integers(0, 256, (24, 32, 3) if colours else (24, 32), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=90, subsampling=1)

    def pack(header: FileDataset, _: int) -> None:
        header.Rows, header.Columns, header.PixelRepresentation = 24, 32, 0
        header.BitsAllocated, header.BitsStored, header.HighBit = 8, 8, 7
        if colours:
            header.SamplesPerPixel, header.PhotometricInterpretation, header.PlanarConfiguration = 3, "YBR_FULL_422", 0
        header.PixelData = encapsulate([buffer.getvalue()])
        header["PixelData"].is_undefined_length = True
        header.file_meta.TransferSyntaxUID = JPEGBaseline8Bit

    series = write_series(tmp_path, np.zeros((1, 24, 32), np.int16), name="lossy", patient_id="P1", intercept=0.0, edit=pack)
    expected = sitk.GetArrayFromImage(sitk.ReadImage(series.paths[0]))
    assert np.array_equal(read(series.paths).array, expected)


@pytest.mark.parametrize("factor", [1, 256, 257, 255])
def test_a_palette_gives_its_colours(tmp_path: Path, factor: int) -> None:
    """As ultrasound of the nineties has them; no stored picture holds tables of more than 8 bits."""
    tables = rng("tables").integers(0, 256, (3, 256))
    indices = rng("indices").integers(0, 256, (24, 32)).astype(np.uint8)

    def paint(header: FileDataset, _: int) -> None:
        header.Rows, header.Columns, header.PixelRepresentation, header.PhotometricInterpretation = 24, 32, 0, "PALETTE COLOR"
        header.BitsAllocated, header.BitsStored, header.HighBit = 8, 8, 7
        header.PixelData = indices.tobytes()
        for name, table in zip(("Red", "Green", "Blue"), tables, strict=True):
            setattr(header, f"{name}PaletteColorLookupTableDescriptor", [256, 0, 8 if factor == 1 else 16])
            data = table.astype(np.uint8) if factor == 1 else (table * factor).astype("<u2")
            setattr(header, f"{name}PaletteColorLookupTableData", data.tobytes())

    series = write_series(tmp_path, np.zeros((1, 24, 32), np.int16), name="palette", patient_id="P1", intercept=0.0, edit=paint)
    if factor == 255:
        with pytest.raises(Rejected, match="its palette has more than 8 bits a colour channel"):
            read(series.paths)
    else:
        assert np.array_equal(read(series.paths).array[0], tables.T[indices])


def test_unknown_packing_is_rejected_by_name(tmp_path: Path) -> None:
    series = write_series(tmp_path, noise("p", 1), name="p", patient_id="P1")
    data = series.paths[0].read_bytes().replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.2.9\0")
    series.paths[0].write_bytes(data)
    with pytest.raises(Rejected):
        read(series.paths)


def test_slopes_of_their_own(tmp_path: Path) -> None:
    def scale(header: FileDataset, index: int) -> None:
        header.RescaleSlope = 1 + index

    series = write_series(tmp_path, noise("s", 3), name="s", patient_id="P1", intercept=0.0, edit=scale)
    columns = read(series.paths).columns
    assert columns["rescale_slope"] == (1.0, 2.0, 3.0)
    assert columns["rescale_intercept"] == (-32768.0, -65536.0, -98304.0)


def test_samples_in_the_upper_bits(tmp_path: Path) -> None:
    """Twelve bits that end with the highest were read as the lowest twelve."""
    pixels = noise("u", 3, np.int16, -2000, 2000)

    def lift(header: FileDataset, index: int) -> None:
        header.PixelData, header.HighBit = (pixels[index] << 4).tobytes() + b"\0\0"[: pixels[index].nbytes % 2], 15

    series = write_series(tmp_path, pixels, name="u", patient_id="P1", bits_stored=12, edit=lift)
    assert np.array_equal(read(series.paths).array, series.image)


def test_what_a_header_cannot_mean_is_noted(tmp_path: Path) -> None:
    """Pixels of 0 mm ended the whole conversion; a table for samples, and two frames of reference, went by without a word."""

    def spoil(header: FileDataset, index: int) -> None:
        header.PixelSpacing, header.SliceThickness, header.FrameOfReferenceUID = [0, 0], 0, uid(f"space {index}")
        header.ModalityLUTSequence = [Dataset()]

    series = write_series(tmp_path, noise("n", 3), name="n", patient_id="P1", edit=spoil)
    series.paths[0].write_bytes(series.paths[0].read_bytes()[132:])  # nor has this one a preamble
    reader = Reader()
    found = read(series.paths, reader)
    assert np.array_equal(found.array, series.image) and found.grid.pixel_spacing is None and found.grid.slice_thickness is None
    assert {note for _, note in reader.notes} == {SPACES, TABLED, UNMEASURED}


def test_order_without_positions(tmp_path: Path) -> None:
    def unplaced(header: FileDataset, index: int) -> None:
        del header.ImagePositionPatient, header.ImageOrientationPatient
        header.SliceLocation = 10.0 - 2.5 * index

    series = write_series(tmp_path / "a", noise("l", 4), name="l", patient_id="P1", edit=unplaced)
    found = read(series.paths)
    assert np.array_equal(found.array, series.image[::-1])
    assert found.columns["order_source"] == "slice_location" and found.grid.slice_spacing == 2.5
    assert (found.grid.orientation, found.grid.plane, found.grid.positions, found.grid.direction) == (None, None, (), None)

    def unlocated(header: FileDataset, _: int) -> None:
        del header.ImagePositionPatient, header.ImageOrientationPatient

    series = write_series(tmp_path / "b", noise("n", 4), name="n", patient_id="P1", edit=unlocated)
    found = read(series.paths)
    assert np.array_equal(found.array, series.image[::-1])  # numbers run from the top
    assert found.columns["order_source"] == "instance_number" and found.grid.slice_spacing is None


def spoiled(tmp_path: Path, change: Callable[[Dataset, int], None], count: int = 5) -> Series:
    series = write_series(tmp_path, noise("x", count), name="x", patient_id="P1")
    for index, path in enumerate(series.paths):
        header = dcmread(path)
        change(header, index)
        header.save_as(path, enforce_file_format=True)
    return series


BROKEN: dict[str, tuple[str, Callable[[Dataset, int], None]]] = {
    "mixed orientation": ("orientations", lambda h, i: setattr(h, "ImageOrientationPatient", list(CORONAL)) if i == 2 else None),
    "pixel spacing": ("pixel spacings", lambda h, i: setattr(h, "PixelSpacing", [1, 1]) if i == 2 else None),
    "burned in": ("burned", lambda h, i: setattr(h, "BurnedInAnnotation", "YES") if i == 2 else None),
    "no position": ("only some", lambda h, i: delattr(h, "ImagePositionPatient") if i == 2 else None),
    "no pixels": ("without a picture", lambda h, i: delattr(h, "PixelData") if i == 2 else None),
    "slope of zero": ("slope", lambda h, i: (setattr(h, "RescaleSlope", 0), setattr(h, "RescaleIntercept", 0))[0]),
    "palette": ("kind", lambda h, i: setattr(h, "PhotometricInterpretation", "PALETTE COLOR")),
    "other size": ("pixels", lambda h, i: (setattr(h, "Rows", 7), setattr(h, "Columns", 9))[0] if i == 2 else None),
    "two frames": ("says 1 frame; it holds 2", lambda h, i: setattr(h, "PixelData", h.PixelData * 2) if i == 2 else None),
    "flat directions": ("right angles", lambda h, i: setattr(h, "ImageOrientationPatient", [1, 0, 0, 0, 0.9, 0.1])),
    "one without a scale": (
        "states no rescale slope",
        lambda h, i: (setattr(h, "RescaleSlope", 2), setattr(h, "RescaleIntercept", 0))[0] if i else None,
    ),
    "two kinds": ("several kinds", lambda h, i: setattr(h, "PixelRepresentation", 0) if i == 2 else None),
}


@pytest.mark.parametrize("what", BROKEN)
def test_broken_stack_is_rejected(tmp_path: Path, what: str) -> None:
    words, change = BROKEN[what]
    series = spoiled(tmp_path, change)
    with pytest.raises(Rejected, match=words) as caught:
        read(series.paths)
    assert not any(secret in str(caught.value) for secret in SECRETS)


def test_missing_slice(tmp_path: Path) -> None:
    series = write_series(tmp_path, noise("g", 5), name="g", patient_id="P1")
    with pytest.raises(Rejected, match="missing"):
        read([path for index, path in enumerate(series.paths) if index != 2])
    with pytest.raises(Rejected, match="missing"):  # InstanceNumber jumps there
        read([path for index, path in enumerate(series.paths) if index != 2], uneven=True)


def test_uneven_stack(tmp_path: Path) -> None:
    series = write_series(tmp_path, noise("g", 5), name="g", patient_id="P1", offsets=[0.0, 2.5, 5.0, 10.0, 12.5])
    with pytest.raises(Rejected, match="missing"):
        read(series.paths)
    kept = read(series.paths, uneven=True)
    assert kept.grid.slice_spacing == 2.5
    assert np.allclose(kept.grid.positions, series.positions)


def second(series: Series, index: int, change: Callable[[Dataset], None]) -> Path:
    header = dcmread(series.paths[index])
    header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = uid("second")
    header.InstanceNumber = 90
    change(header)
    path = series.paths[index].with_name("second.dcm")
    header.save_as(path, enforce_file_format=True)
    return path


def test_two_slices_at_one_place(tmp_path: Path) -> None:
    series = write_series(tmp_path, noise("d", 4), name="d", patient_id="P1")
    same = second(series, 2, lambda header: None)
    reader = Reader()
    found = read([same, *series.paths], reader)
    assert np.array_equal(found.array, series.image)
    assert reader.duplicates == ["second.dcm"]
    assert found.columns["repeats"] == {uid("second"): 2}
    frames = dcmread(series.paths[0])
    frames.NumberOfFrames, frames.PixelData = 2, frames.PixelData[:126] * 2
    frames.save_as(tmp_path / "frames.dcm")
    found = read([tmp_path / "frames.dcm"], reader)
    assert np.array_equal(found.array, series.image[:1]) and reader.notes == [("frames.dcm", REPEATED)]
    other = second(
        series, 2, lambda header: (setattr(header, "PixelData", series.headers[1].PixelData), setattr(header, "EchoTime", 80))[0]
    )
    with pytest.raises(Rejected, match="several echoes"):
        read([other, *series.paths])


def test_truncated(tmp_path: Path) -> None:
    series = write_series(tmp_path, noise("t", 3), name="t", patient_id="P1")
    series.paths[1].write_bytes(series.paths[1].read_bytes()[:-40])
    with pytest.raises(Rejected, match="cut") as caught:
        read(series.paths)
    assert caught.value.file == series.paths[1].name


def test_not_dicom(tmp_path: Path) -> None:
    page = tmp_path / "page.dcm"
    page.write_bytes(b"<html>log in first</html>" * 9)
    with pytest.raises(Rejected, match="not a DICOM"):
        read([page])
    with pytest.raises(Rejected, match="not a DICOM"):
        look(page.read_bytes(), "a/page.dcm")
    assert look(page.read_bytes(), "a/LICENSE") is None


def test_wide_integers(tmp_path: Path) -> None:
    def widen(header: Dataset, factor: int) -> None:
        header.PixelData = ((np.frombuffer(header.PixelData, np.int16).astype(np.int32) + 1000) * factor).astype(np.uint32).tobytes()
        header.BitsAllocated, header.BitsStored, header.HighBit, header.PixelRepresentation = 32, 32, 31, 0

    series = spoiled(tmp_path / "a", lambda header, _: widen(header, 1))
    assert np.array_equal(read(series.paths).array, series.image - 31768)
    series = spoiled(tmp_path / "b", lambda header, _: widen(header, 70000))
    with pytest.raises(Rejected, match="16 bits"):
        read(series.paths)


def test_colours(tmp_path: Path) -> None:
    colours = rng("rgb").integers(0, 256, (8, 6, 3)).astype(np.uint8)

    def paint(header: FileDataset, _: int) -> None:
        header.SamplesPerPixel, header.PhotometricInterpretation, header.PlanarConfiguration = 3, "RGB", 0
        header.PixelData = colours.tobytes()
        header["PixelData"].VR = "OB"

    series = write_series(tmp_path, np.zeros((1, 8, 6), np.uint8), name="rgb", patient_id="P1", edit=paint)
    part = DicomPicture.of(file_of(series.paths[0]))
    assert part.single
    assert np.array_equal(part.samples(Reader()).array[0], colours)


def test_a_series_is_not_kept_twice(tmp_path: Path) -> None:
    series = write_series(tmp_path, noise("k", 3), name="k", patient_id="P1")
    reader = Reader()
    read(series.paths, reader)
    assert len(reader.sha256) == 3
    for path in series.paths:
        path.write_bytes(b"new")
        assert reader.read(file_of(path)) == b"new"


# ---------------------------------------------------------------- headers


def test_header_from_the_first_bytes_alone(tmp_path: Path) -> None:
    pixels = rng("h").integers(0, 3000, (1, 120, 100)).astype(np.int16)
    series = write_series(tmp_path, pixels, name="h", patient_id="P1", description="ABD portal")
    data = series.paths[0].read_bytes()
    assert look(Head(data[:HEAD]), "h.dcm") == look(data, "h.dcm")
    header = look(data, "h.dcm")
    assert header is not None
    assert (header.modality, header.series_uid, header.sop_uid) == ("CT", series.uid, series.sop_uids[0])
    assert (header.rows, header.columns, header.picture, header.position) == (120, 100, True, series.positions[0])
    assert not any(secret in repr(header) for secret in SECRETS)
    with pytest.raises(Whole):
        look(Head(data[:400]), "h.dcm")


def test_long_private_block_before_the_ids(tmp_path: Path) -> None:
    def block(header: FileDataset, _: int) -> None:
        header.private_block(0x0019, "LONG", create=True).add_new(0x10, "OB", b"\0" * (2 * HEAD))

    series = write_series(tmp_path, noise("b", 1), name="b", patient_id="P1", edit=block)
    (_, header), *_ = look_at([file_of(series.paths[0])], look, HEAD)
    assert header.series_uid == series.uid and header.picture


def test_object_without_pixels(tmp_path: Path) -> None:
    series = write_series(tmp_path, noise("r", 2), name="r", patient_id="P1")
    report = dcmread(series.paths[0])
    del report.PixelData
    report.SOPInstanceUID, report.SOPClassUID = uid("report"), "1.2.840.10008.5.1.4.1.1.88.11"  # an image without pixels was cut
    report.save_as(tmp_path / "report.dcm")
    raw = surveyed(tmp_path)
    assert [len(one.instances) for one in images(raw).values()] == [2]
    notes = raw.not_used([file for one in images(raw).values() for file in one.files], ())
    assert [(note.path, note.reason) for note in notes] == [(f"{series.uid}/{uid('report')}.dcm", "a DICOM object without a picture")]


def test_series_are_sorted_out(tmp_path: Path) -> None:
    first = write_series(tmp_path / "Quittenbaum", noise("1", 3), name="1", patient_id="P1")
    second_ = write_series(tmp_path / "Quittenbaum", noise("2", 3), name="2", patient_id="P2", file_name=lambda n, sop: f"other-{n}.dcm")
    scout = dcmread(first.paths[0])
    scout.SOPInstanceUID, scout.ImageType = uid("scout"), ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    scout.save_as(tmp_path / "Quittenbaum" / "scout.dcm")
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "copy.dcm").write_bytes(first.paths[1].read_bytes())
    (tmp_path / "broken.dcm").write_bytes(b"not DICOM")
    raw = surveyed(tmp_path)
    found = images(raw)
    assert sorted(found) == sorted([first.uid, second_.uid])
    assert [file.path for file in found[first.uid].files] == [f"{first.uid}/{sop}.dcm" for sop in first.sop_uids]
    assert found[first.uid].identity_removed == {"YES"} and not found[first.uid].burned_in
    assert [file.listed for file in unreadable(raw)] == ["broken.dcm"]
    assert not structures(raw)
    reader = Reader()
    assert np.array_equal(DicomSeries(found[first.uid].files).samples(reader).array, first.image)
    assert reader.duplicates == [f"{first.uid}/{first.sop_uids[1]}.dcm (copy 2)"]
    notes = raw.not_used(
        [file for one in found.values() for instance in one.instances for file in (instance.file, *instance.file.twins)], ()
    )
    assert [(note.path, note.reason) for note in notes] == [
        (f"{first.uid}/{uid('scout')}.dcm", "a localiser"),
        ("broken.dcm", "belongs to no case of this config"),
    ]
    assert next(one.origin for one in found[second_.uid].instances).startswith("Quittenbaum/other-")


def test_a_case_can_be_sent_to_a_worker(tmp_path: Path) -> None:
    series = write_series(tmp_path, noise("w", 2), name="w", patient_id="P1")
    part = DicomSeries(tuple(map(file_of, series.paths)))
    assert repr(pickle.loads(pickle.dumps(part))) == repr(part)
    error = pickle.loads(pickle.dumps(MissingExtra("pydicom", "dicom")))
    assert "Run: pip install 'pydicom>=" in str(error)


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("sample")
    series = write_series(folder, noise("f", 1), name="f", patient_id="P1", intercept=0.0, description="ABD")
    return series.paths[0].read_bytes()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_damaged_bytes_are_rejected_or_read(sample: bytes, tmp_path: Path, data: st.DataObject) -> None:
    broken = bytearray(sample)
    for place in data.draw(st.lists(st.integers(132, len(sample) - 1), max_size=6)):
        broken[place] = data.draw(st.integers(0, 255))
    end = data.draw(st.integers(0, len(sample)) | st.just(len(sample)))
    path = tmp_path / "f.dcm"
    path.write_bytes(bytes(broken[:end]) or b"\0")
    for action in (lambda: look(path.read_bytes(), "f.dcm"), lambda: read([path])):
        try:
            action()
        except Rejected as error:
            assert not any(secret in str(error) for secret in SECRETS)
            assert error.file == "f.dcm"


# ---------------------------------------------------------------- real files


def test_real_slices_equal_simpleitk(real: Callable[[str], Path]) -> None:
    sitk = pytest.importorskip("SimpleITK")
    folders = [real("tcia-dicom-seg") / "dcmqi-samples" / name for name in ("ct-3slice", "23x38x3/image", "24x38x3/image")]
    folders += [
        real("tcia-rtstruct") / name for name in ("ibsi_1_ct_radiomics_phantom/dicom/image", "ibsi_validation/dicom/STS_008/MR_T1/image")
    ]
    for folder in folders:
        names = sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder))
        image = sitk.ReadImage(names)
        found = read(sorted(folder.glob("*.dcm")))
        assert np.array_equal(found.array * found.slope + found.intercept, sitk.GetArrayFromImage(image)), folder
        assert found.grid.positions[0] == pytest.approx(image.GetOrigin(), abs=1e-3)
        assert (*found.grid.pixel_spacing[::-1], found.grid.slice_spacing) == pytest.approx(image.GetSpacing(), abs=1e-3)  # type: ignore[index]


def test_real_pet_slices_have_scales_of_their_own(real: Callable[[str], Path]) -> None:
    paths = sorted((real("tcia-rtstruct") / "ibsi_validation/dicom/STS_019/PET/image").glob("*.dcm"))
    found = read(paths)
    for k, (name, _) in enumerate(found.sources):
        header = dcmread(next(path for path in paths if path.name == name))
        expected = header.pixel_array * float(header.RescaleSlope) + float(header.RescaleIntercept)
        physical = found.array[k] * found.columns["rescale_slope"][k] + found.columns["rescale_intercept"][k]
        assert np.allclose(physical, expected, rtol=1e-12, atol=1e-9)


def test_real_frames_of_one_file_equal_files_of_one_frame(real: Callable[[str], Path]) -> None:
    for name in ("23x38x3", "24x38x3"):
        folder = real("tcia-dicom-seg") / "dcmqi-samples" / name
        apart, together = read(sorted((folder / "image").glob("*.dcm"))), read([folder / "multiframe" / "mf.dcm"])
        assert np.array_equal(apart.array, together.array)
        assert np.allclose(apart.grid.positions, together.grid.positions)
        assert apart.grid.orientation == together.grid.orientation


def test_real_headers_fit_in_the_first_bytes(real: Callable[[str], Path]) -> None:
    for path in sorted((real("tcia-rtstruct") / "ibsi_1_ct_radiomics_phantom/dicom/image").glob("*.dcm"))[:5]:
        data = path.read_bytes()
        assert look(Head(data[:HEAD]), path.name) == look(data, path.name)


def test_bytes_and_streams_are_the_same(sample: bytes) -> None:
    assert dcmread(io.BytesIO(sample)).SOPInstanceUID == look(sample, "f.dcm").sop_uid  # type: ignore[union-attr]
