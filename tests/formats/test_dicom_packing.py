"""SEG whose frames are packed: read exactly, or said what they are."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jpeg_ls
import numpy as np
import openjpeg
import pytest
from pydicom import dcmread
from pydicom.encaps import encapsulate
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, JPEG2000Lossless, JPEGLSLossless, RLELossless

from hf_medseg.errors import Rejected
from hf_medseg.formats.dicom import DicomSeries
from hf_medseg.formats.dicom_packing import DEFLATED_FRAMES, WRAPPED
from hf_medseg.masks.dicom_seg import DicomSegment
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.places import Alone
from tests.sources.tcia.phantom import write_seg
from tests.support.dicom import Series, write_series
from tests.support.kit import Array, rng

SHAPE = (3, 45, 37)  # frames do not end where bytes end


@pytest.fixture(scope="module")
def series(tmp_path_factory: pytest.TempPathFactory) -> Series:
    image = np.zeros(SHAPE, np.int16)
    return write_series(tmp_path_factory.mktemp("ct"), image, name="p", patient_id="P1", identities=False, intercept=0.0)


def mask() -> Array:
    return rng("packed").random(SHAPE) < 0.3


def packed_bits(frame: Array) -> bytes:
    return np.packbits(frame, bitorder="little").tobytes()


def deflated(data: bytes) -> bytes:
    engine = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return engine.compress(data) + engine.flush()


def rle(data: bytes) -> bytes:
    """Literal runs and one repetition, after a header of one segment."""
    runs = b"".join(bytes([len(data[k : k + 100]) - 1]) + data[k : k + 100] for k in range(0, len(data), 100))
    return np.array([1, 64] + [0] * 14, "<u4").tobytes() + runs


PACKINGS: dict[str, tuple[str, Callable[[Array], bytes]]] = {
    "frames deflated one by one": (DEFLATED_FRAMES, lambda frame: deflated(packed_bits(frame))),
    "frames wrapped, not packed": (WRAPPED, packed_bits),
    "RLE of bytes": (RLELossless, lambda frame: rle(frame.tobytes())),
    "RLE of bits": (RLELossless, lambda frame: rle(packed_bits(frame))),
    "JPEG 2000": (JPEG2000Lossless, lambda frame: bytes(openjpeg.encode(frame, bits_stored=1))),
    "JPEG-LS": (JPEGLSLossless, lambda frame: bytes(jpeg_ls.encode(frame))),
}


def write_packed(path: Path, series: Series, syntax: str, pack: Callable[[Array], bytes]) -> None:
    """A SEG in a transfer syntax that the library does not write."""
    write_seg(path, series.headers, {"Liver": mask()}, name="packed", descending=False)
    seg = dcmread(path)
    seg.PixelData = encapsulate([pack(np.ascontiguousarray(frame)) for frame in seg.pixel_array.astype(np.uint8)])
    seg["PixelData"].VR, seg["PixelData"].is_undefined_length = "OB", True
    seg.file_meta.TransferSyntaxUID = JPEG2000Lossless
    seg.save_as(path, enforce_file_format=True)
    name = str(JPEG2000Lossless).encode()
    path.write_bytes(path.read_bytes().replace(name, syntax.encode().ljust(len(name), b"\0"), 1))


def segment(path: Path, series: Series) -> Array:
    files = [RawFile(one.name, one.stat().st_size, Alone(str(one))) for one in (path, *series.paths)]
    image, reader = DicomSeries(tuple(files[1:])), Reader()
    return DicomSegment(files[0], 1, image).labels(reader, image.samples(reader).grid.shape)


@pytest.mark.parametrize("packing", PACKINGS)
def test_single_bits_come_out_exactly(tmp_path: Path, series: Series, packing: str) -> None:
    """They were rejected as cut, or as packed in a way that an extra would unpack."""
    write_packed(tmp_path / "seg", series, *PACKINGS[packing])
    assert np.array_equal(segment(tmp_path / "seg", series), mask())


@pytest.mark.parametrize("kind", ["FRACTIONAL", "LABELMAP"])
@pytest.mark.parametrize("syntax", [RLELossless, JPEGLSLossless, DeflatedExplicitVRLittleEndian])
def test_bytes_come_out_exactly(tmp_path: Path, series: Series, kind: str, syntax: Any) -> None:
    write_seg(tmp_path / "seg", series.headers, {"Liver": mask()}, name="packed", kind=kind, descending=False)
    seg = dcmread(tmp_path / "seg")
    if syntax.is_compressed:
        seg.compress(syntax, generate_instance_uid=False)
    seg.file_meta.TransferSyntaxUID = syntax
    seg.save_as(tmp_path / "seg")
    assert np.array_equal(segment(tmp_path / "seg", series), mask())


def test_a_short_frame_is_rejected(tmp_path: Path, series: Series) -> None:
    write_packed(tmp_path / "seg", series, DEFLATED_FRAMES, lambda frame: deflated(packed_bits(frame)[:50]))
    with pytest.raises(Rejected, match="frame 1 holds 50 bytes; 209 expected"):
        segment(tmp_path / "seg", series)


@pytest.mark.parametrize(("syntax", "name"), [("1.2.840.10008.1.2.4.110", "JPEG XL Lossless"), ("1.2.840.10008.1.9", "nothing that the")])
def test_what_nothing_unpacks_is_called_what_it_is(tmp_path: Path, series: Series, syntax: str, name: str) -> None:
    write_packed(tmp_path / "seg", series, UID(syntax)[:22], packed_bits)
    path = tmp_path / "seg"
    if len(syntax) > 22:
        data = path.read_bytes()
        place = data.index(b"\x02\x00\x10\x00UI")
        length = int.from_bytes(data[place + 6 : place + 8], "little")
        path.write_bytes(data[: place + 6] + b"\x18\x00" + syntax.encode().ljust(24, b"\0") + data[place + 8 + length :])
    with pytest.raises(Rejected, match=name) as caught:
        segment(path, series)
    assert "gdcmconv" in caught.value.advice
