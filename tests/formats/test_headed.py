"""NRRD and MetaImage: every voxel has the value, and lies at the place, that SimpleITK gives it; what it cannot read is said by name."""

from __future__ import annotations

import bz2
import gzip
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as Itk
from hypothesis import given, settings
from hypothesis import strategies as st

from hf_medseg.errors import Rejected
from hf_medseg.formats.floats import ROUNDED
from hf_medseg.formats.headed import SCALED, HeadedVolume, sample_files
from hf_medseg.formats.volume import Samples, lay_image
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.places import Alone
from tests.formats.test_nifti_oracles import TYPES, same_voxels

BOX = "NDims = 3\nDimSize = 3 2 2\nElementSpacing = 1 1 1\nOffset = 0 0 0\nElementType = MET_SHORT\n"
VALUES = np.arange(-6, 6, dtype=np.int16)  # i fastest
GRID = "type: short\ndimension: 3\nsizes: 3 2 2\nspace: LPS\nspace directions: (1,0,0) (0,1,0) (0,0,1)\nspace origin: (0,0,0)\n"


def volume(path: Path, channel: tuple[int, int] | None = None) -> HeadedVolume:
    """The volume of a file in a folder that is the raw tree."""
    listed = {one.name: RawFile(one.name, one.stat().st_size, Alone(str(one))) for one in path.parent.iterdir()}
    return HeadedVolume(listed[path.name], channel=channel, data=sample_files(listed[path.name], listed))


def samples(path: Path, channel: tuple[int, int] | None = None) -> Samples:
    """What this package reads."""
    return volume(path, channel).samples(Reader())


def by_itk(path: Path) -> tuple[Any, Any]:
    """(i, j, k) values and the affine to LPS, read by SimpleITK."""
    image = Itk.ReadImage(str(path))
    affine = np.eye(4)
    affine[:3, :3] = np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()
    affine[:3, 3] = image.GetOrigin()
    return Itk.GetArrayFromImage(image).T, affine


def placed_by_chance(draw: st.DrawFn) -> tuple[Any, Any]:
    """(k, j, i) voxels of any type, and a SimpleITK image of them that lies anywhere."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    dtype = np.dtype(draw(st.sampled_from(TYPES)))
    shape = tuple(int(size) for size in chance.integers(2, 6, 3))
    low = -100 if dtype.kind == "i" else 0
    voxels = (chance.normal(0, 400, shape) if dtype.kind == "f" else chance.integers(low, 120, shape)).astype(dtype)
    image = Itk.GetImageFromArray(voxels)
    turn = np.linalg.qr(chance.normal(size=(3, 3)))[0] if draw(st.booleans()) else np.eye(3)
    turn = turn[:, chance.permutation(3)] * chance.choice([-1, 1], 3)
    image.SetDirection(turn.ravel().tolist())
    image.SetSpacing(chance.choice([0.4, 0.9375, 1.0, 2.5, 6.0], 3).tolist())
    image.SetOrigin(chance.uniform(-150, 150, 3).tolist())
    return voxels, image


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_every_voxel_is_where_simpleitk_has_it(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    _, image = placed_by_chance(data.draw)
    path = tmp_path_factory.mktemp("itk") / f"a.{data.draw(st.sampled_from(['mha', 'mhd', 'nrrd', 'nhdr']))}"
    Itk.WriteImage(image, str(path), data.draw(st.booleans()))
    same_voxels(samples(path), *by_itk(path))


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_big_endian_samples_in_any_space_are_read_as_simpleitk_reads_them(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    voxels, image = placed_by_chance(data.draw)
    axes = (np.array(image.GetDirection()).reshape(3, 3) * image.GetSpacing()).T
    content = voxels.astype(voxels.dtype.newbyteorder(">")).tobytes()
    folder = tmp_path_factory.mktemp("big")
    if data.draw(st.booleans()):
        space = data.draw(st.sampled_from(["LPS", "right-anterior-superior", "RAS", "left-anterior-superior"]))
        kind = {"u": "uint", "i": "int"}.get(voxels.dtype.kind, "float") + (str(voxels.itemsize * 8) if voxels.dtype.kind != "f" else "")
        kind = "double" if voxels.dtype == np.float64 else kind
        directions = " ".join(f"({','.join(map(repr, map(float, axis)))})" for axis in axes)
        header = f"NRRD0005\n# made\nkey:=space: RAS\ntype: {kind}\ndimension: 3\nspace: {space}\nsizes: {' '.join(map(str, voxels.shape[::-1]))}\n"
        header += f"space directions: {directions}\nkinds: domain domain domain\nendian: big\nencoding: gzip\nspace origin: (1,-2,3.5)\n\n"
        path = folder / "a.nrrd"
        path.write_bytes(header.encode() + gzip.compress(content))
    else:
        kind = {
            "u1": "UCHAR",
            "i1": "CHAR",
            "u2": "USHORT",
            "i2": "SHORT",
            "u4": "UINT",
            "i4": "INT",
            "i8": "LONG_LONG",
            "f4": "FLOAT",
        }.get(voxels.dtype.str[1:], "DOUBLE")
        packed = zlib.compress(content)
        header = f"ObjectType = Image\nNDims = 3\nBinaryData = True\nElementByteOrderMSB = True\nCompressedData = True\nCompressedDataSize = {len(packed)}\n"
        header += f"Orientation = {' '.join(map(repr, map(float, image_direction(image))))}\nPosition = 5 6 -7\n"
        header += f"ElementSpacing = {' '.join(map(str, image.GetSpacing()))}\nDimSize = {' '.join(map(str, voxels.shape[::-1]))}\n"
        path = folder / "a.mha"
        path.write_bytes(header.encode() + f"ElementType = MET_{kind}\nElementDataFile = LOCAL\n".encode() + packed)
    same_voxels(samples(path), *by_itk(path))


def image_direction(image: Any) -> Any:
    """The direction as MetaImage writes it: axis after axis."""
    return np.array(image.GetDirection()).reshape(3, 3).T.ravel()


@pytest.mark.parametrize("suffix", ["mha", "mhd", "nrrd", "nhdr"])
def test_channels_are_volumes_of_their_own_and_must_be_as_many_as_expected(tmp_path: Path, suffix: str) -> None:
    channels = np.random.default_rng(3).integers(-90, 90, (3, 4, 5, 2)).astype(np.int16)
    Itk.WriteImage(Itk.GetImageFromArray(channels, isVector=True), str(tmp_path / f"a.{suffix}"), True)
    for number in range(2):
        found = samples(tmp_path / f"a.{suffix}", (number, 2))
        assert np.array_equal(found.array.astype(int) - 32768, channels[..., number])
    with pytest.raises(Rejected, match="one volume of three dimensions expected"):
        samples(tmp_path / f"a.{suffix}")
    with pytest.raises(Rejected, match="a volume with 3 channels expected"):
        samples(tmp_path / f"a.{suffix}", (0, 3))


@pytest.mark.parametrize("suffix", ["mha", "nrrd"])
def test_frames_of_four_dimensions_are_channels(tmp_path: Path, suffix: str) -> None:
    frames = np.random.default_rng(4).integers(0, 90, (2, 3, 4, 5)).astype(np.uint8)
    Itk.WriteImage(Itk.GetImageFromArray(frames, isVector=False), str(tmp_path / f"a.{suffix}"))
    found = samples(tmp_path / f"a.{suffix}", (1, 2))
    assert np.array_equal(found.array, frames[1])


@pytest.mark.parametrize("suffix", ["mha", "nrrd"])
def test_colours_of_eight_bits_are_colours(tmp_path: Path, suffix: str) -> None:
    colours = np.random.default_rng(5).integers(0, 256, (2, 4, 5, 3)).astype(np.uint8)
    Itk.WriteImage(Itk.GetImageFromArray(colours, isVector=True), str(tmp_path / f"a.{suffix}"))
    found = samples(tmp_path / f"a.{suffix}")
    assert np.array_equal(found.array, colours)
    assert found.grid.shape == (2, 4, 5)


@pytest.mark.parametrize("suffix", ["mha", "mhd", "nrrd", "nhdr"])
def test_a_picture_is_one_slice(tmp_path: Path, suffix: str) -> None:
    picture = np.random.default_rng(6).integers(0, 256, (4, 5)).astype(np.uint8)
    image = Itk.GetImageFromArray(picture)
    image.SetSpacing((0.25, 0.5))
    Itk.WriteImage(image, str(tmp_path / f"a.{suffix}"))
    found = samples(tmp_path / f"a.{suffix}")
    assert np.array_equal(found.array, picture[np.newaxis])
    assert found.grid.pixel_spacing == (0.5, 0.25)
    assert (found.grid.affine, found.grid.orientation) == (None, None)


def test_space_that_nobody_names_has_no_orientation(tmp_path: Path) -> None:
    (tmp_path / "a.nrrd").write_bytes(
        f"NRRD0004\n{GRID.replace('space: LPS', 'space dimension: 3')}endian: little\nencoding: raw\n\n".encode() + VALUES.tobytes()
    )
    found = samples(tmp_path / "a.nrrd")
    assert (found.grid.orientation, found.grid.pixel_spacing, found.grid.slice_spacing) == (None, (1.0, 1.0), 1.0)


def test_units_of_length_are_told_in_millimetres(tmp_path: Path) -> None:
    header = f'NRRD0004\n{GRID}space units: "um" "um" "um"\nendian: little\nencoding: raw\n\n'
    (tmp_path / "a.nrrd").write_bytes(header.encode() + VALUES.tobytes())
    assert samples(tmp_path / "a.nrrd").grid.pixel_spacing == (0.001, 0.001)


HEX = " ".join(f"{byte:02x}" for byte in VALUES.tobytes()).encode()
TEXT = " ".join(map(str, VALUES)).encode()
HALVES = (VALUES[:6].tobytes(), VALUES[6:].tobytes())
DETACHED: dict[str, tuple[str, str, dict[str, bytes]]] = {
    "raw": ("a.nhdr", f"{GRID}endian: little\nencoding: raw\ndata file: b.raw\n", {"b.raw": VALUES.tobytes()}),
    "gzip": ("a.nhdr", f"{GRID}endian: little\nencoding: gz\ndata file: ./b.gz\n", {"b.gz": gzip.compress(VALUES.tobytes())}),
    "bzip2": ("a.nhdr", f"{GRID}endian: little\nencoding: bz2\ndata file: b\n", {"b": bz2.compress(VALUES.tobytes())}),
    "text": ("a.nhdr", f"{GRID}encoding: txt\ndata file: b.txt\n", {"b.txt": TEXT}),
    "hex": ("a.nhdr", f"{GRID}endian: little\nencoding: hex\ndata file: b.txt\n", {"b.txt": HEX}),
    "list": ("a.nhdr", f"{GRID}endian: little\nencoding: raw\ndata file: LIST\n2.raw\n10.raw\n", dict(zip(("2.raw", "10.raw"), HALVES))),  # noqa: B905
    "list_gzip": (
        "a.nhdr",
        f"{GRID}endian: little\nencoding: gzip\ndata file: LIST 2\nx.gz\ny.gz\n",
        {"x.gz": gzip.compress(HALVES[0]), "y.gz": gzip.compress(HALVES[1])},
    ),
    "pattern": (
        "a.nhdr",
        f"{GRID}endian: little\nencoding: raw\ndata file: s%02d.raw 9 10 1\n",
        {"s09.raw": HALVES[0], "s10.raw": HALVES[1]},
    ),
    "backwards": (
        "a.nhdr",
        f"{GRID}endian: little\nencoding: raw\ndata file: s%d.raw 2 1 -1\n",
        {"s2.raw": HALVES[0], "s1.raw": HALVES[1]},
    ),
    "bytes_before": ("a.nhdr", f"{GRID}endian: little\nencoding: raw\nbyte skip: 5\ndata file: b\n", {"b": b"abcde" + VALUES.tobytes()}),
    "lines_before": ("a.nhdr", f"{GRID}endian: little\nencoding: raw\nline skip: 1\ndata file: b\n", {"b": b"abc\n" + VALUES.tobytes()}),
    "the_last": ("a.nhdr", f"{GRID}endian: little\nencoding: raw\nbyte skip: -1\ndata file: b\n", {"b": b"abc" + VALUES.tobytes()}),
    "no_blank": ("a.nhdr", f"{GRID.replace(': ', ':')}endian:little\r\nencoding:raw\r\ndatafile:b\r\n", {"b": VALUES.tobytes()}),
    "mhd": ("a.mhd", f"ObjectType = Image\n{BOX}ElementDataFile = b.raw\n", {"b.raw": VALUES.tobytes()}),
    "mhd_zlib": ("a.mhd", f"{BOX}CompressedData = True\nElementDataFile = b.zraw\n", {"b.zraw": zlib.compress(VALUES.tobytes())}),
    "mhd_text": ("a.mhd", f"{BOX}BinaryData = False\nElementDataFile = b.txt\n", {"b.txt": TEXT}),
    "mhd_list": ("a.mhd", f"{BOX}ElementDataFile = LIST\n2.raw\n10.raw\n", dict(zip(("2.raw", "10.raw"), HALVES))),  # noqa: B905
    "mhd_pattern": ("a.mhd", f"{BOX}ElementDataFile = s%03d.raw 1 2 1\n", {"s001.raw": HALVES[0], "s002.raw": HALVES[1]}),
    "mhd_before": ("a.mhd", f"{BOX}HeaderSize = 3\nElementDataFile = b\n", {"b": b"abc" + VALUES.tobytes()}),
    "mhd_the_last": ("a.mhd", f"{BOX}HeaderSize = -1\nElementDataFile = b\n", {"b": b"abc" + VALUES.tobytes()}),
}


@pytest.mark.parametrize("form", DETACHED)
def test_samples_in_other_files(tmp_path: Path, form: str) -> None:
    name, header, files = DETACHED[form]
    (tmp_path / name).write_text(header if name.endswith("mhd") else f"NRRD0004\n{header}", newline="")
    for other, content in files.items():
        (tmp_path / other).write_bytes(content)
    found = samples(tmp_path / name)
    assert np.array_equal(found.array.astype(int).ravel() - 32768, VALUES)
    assert found.grid.shape == (2, 2, 3)
    assert sorted(one.name for one in volume(tmp_path / name).files()) == sorted((name, *files))


@pytest.mark.parametrize("target", ["gone.raw", "/etc/hostname", "../../etc/hostname", "C:\\scans\\gone.raw"])
def test_samples_that_are_not_in_the_raw_tree_are_missing_by_name(tmp_path: Path, target: str) -> None:
    (tmp_path / "a.mhd").write_text(f"{BOX}ElementDataFile = {target}\n")
    [missing] = volume(tmp_path / "a.mhd").data
    assert (missing.there, missing.path) == (False, target.replace("\\", "/").rpartition("/")[2])
    with pytest.raises(Rejected, match="this file is missing"):
        samples(tmp_path / "a.mhd")


def test_a_list_of_very_many_files_is_read_to_its_end(tmp_path: Path) -> None:
    names = [f"{'slice' * 20}_{number:04d}.raw" for number in range(1000)]
    header = f"NRRD0004\n{GRID.replace('3 2 2', '1 1 1000')}endian: little\nencoding: raw\ndata file: LIST\n" + "\n".join(names)
    (tmp_path / "a.nhdr").write_text(header)
    file = RawFile("a.nhdr", (tmp_path / "a.nhdr").stat().st_size, Alone(str(tmp_path / "a.nhdr")))
    assert [one.path for one in sample_files(file, {})] == names


def test_the_header_beside_which_the_samples_lie_may_be_anywhere_in_the_tree(tmp_path: Path) -> None:
    (tmp_path / "h").mkdir()
    (tmp_path / "h/a.mhd").write_text(f"{BOX}ElementDataFile = b.raw\n")
    header = RawFile("top/set/h/a.mhd", 200, Alone(str(tmp_path / "h/a.mhd")), start=4)
    header.size = (tmp_path / "h/a.mhd").stat().st_size
    [data] = sample_files(header, {"top/set/h/b.raw": RawFile("top/set/h/b.raw", 24, Alone("elsewhere"))})
    assert (data.path, data.listed) == ("set/h/b.raw", "top/set/h/b.raw")


def test_a_scale_that_metaimage_states_is_told_and_noted(tmp_path: Path) -> None:
    header = f"{BOX}ElementToIntensityFunctionSlope = 0.5\nElementToIntensityFunctionOffset = 3\nElementDataFile = LOCAL\n"
    (tmp_path / "a.mha").write_bytes(header.encode() + VALUES.tobytes())
    reader = Reader()
    found = volume(tmp_path / "a.mha").samples(reader)
    assert (found.slope, found.intercept) == (0.5, 3 - 32768 * 0.5)
    assert reader.notes == [("a.mha", SCALED)]


def test_sixty_four_bit_floats_are_rounded_and_said_so(tmp_path: Path) -> None:
    Itk.WriteImage(Itk.GetImageFromArray(np.full((2, 2, 2), 0.1)), str(tmp_path / "a.nrrd"))
    reader = Reader()
    assert volume(tmp_path / "a.nrrd").samples(reader).array.dtype == np.float32
    assert reader.notes == [("a.nrrd", ROUNDED)]


def test_a_mask_lies_on_the_grid_of_its_image_or_is_rejected_by_name(tmp_path: Path) -> None:
    labels = np.random.default_rng(8).integers(0, 3, (3, 4, 5)).astype(np.float32)
    image, mask, beside = (Itk.GetImageFromArray(labels) for _ in range(3))
    mask.SetOrigin((1e-5, 0, 0))
    beside.SetOrigin((0, 2, 0))
    for name, one in (("image.nrrd", image), ("mask.mha", mask), ("beside.mha", beside)):
        Itk.WriteImage(one, str(tmp_path / name))
    reader = Reader()
    lay_image(reader, volume(tmp_path / "image.nrrd").samples(reader).grid)
    found = volume(tmp_path / "mask.mha").array(reader)
    assert found.dtype == np.uint8
    assert np.array_equal(found, labels)
    with pytest.raises(Rejected, match=r"beside\.mha: it lies elsewhere in space"):
        volume(tmp_path / "beside.mha").array(reader)


BAD = {
    "neither": ("a.nrrd", b"\x89PNG", "no NRRD or MetaImage"),
    "cut": (
        "a.nrrd",
        f"NRRD0004\n{GRID}endian: little\nencoding: raw\n\n".encode() + VALUES.tobytes()[:-1],
        "24 bytes of samples expected, 23",
    ),
    "no_endian": ("a.nrrd", f"NRRD0004\n{GRID}encoding: raw\n\n".encode() + VALUES.tobytes(), "endian is missing; little or big"),
    "no_sizes": ("a.nrrd", b"NRRD0004\ntype: short\ndimension: 3\n\n", "sizes is missing; 3 whole numbers"),
    "sizes": ("a.nrrd", f"NRRD0004\n{GRID.replace('3 2 2', '3 2')}\n".encode(), "sizes says '3 2'; 3 whole numbers"),
    "block": ("a.nrrd", f"NRRD0004\n{GRID.replace('short', 'block')}\n".encode(), "type says 'block'"),
    "space": ("a.nrrd", f"NRRD0004\n{GRID.replace('LPS', 'MNI')}endian: little\n\n".encode(), "space says 'MNI'"),
    "encoding": ("a.nrrd", f"NRRD0004\n{GRID}encoding: zrl\n\n".encode(), "encoding says 'zrl'"),
    "flat": ("a.nrrd", f"NRRD0004\n{GRID.replace('(0,0,1)', '(0,1,0)')}endian: little\n\n".encode(), "singular"),
    "nan": ("a.nrrd", f"NRRD0004\n{GRID.replace('(0,0,1)', '(0,0,inf)')}endian: little\n\n".encode(), "singular or not finite"),
    "empty": ("a.nrrd", f"NRRD0004\n{GRID.replace('3 2 2', '3 0 2')}endian: little\n\n".encode(), "says 3 x 0 x 2 voxels"),
    "huge": (
        "a.nrrd",
        f"NRRD0004\n{GRID.replace('3 2 2', '99999 99999 99999')}endian: little\n\n".encode(),
        "99999 x 99999 x 99999 voxels",
    ),
    "bomb": (
        "a.nrrd",
        f"NRRD0004\n{GRID}endian: little\nencoding: gzip\n\n".encode() + gzip.compress(bytes(5_000_000)),
        "more than the 24 bytes",
    ),
    "torn": (
        "a.nrrd",
        f"NRRD0004\n{GRID}endian: little\nencoding: gzip\n\n".encode() + gzip.compress(VALUES.tobytes())[:-9],
        "breaks off",
    ),
    "words": ("a.nrrd", f"NRRD0004\n{GRID}encoding: text\n\n1 2 three".encode(), "cannot be read"),
    "few_words": ("a.nrrd", f"NRRD0004\n{GRID}encoding: text\n\n1 2 3".encode(), "12 samples expected, 3 found"),
    "mha_cut": ("a.mha", f"{BOX}ElementDataFile = LOCAL\n".encode(), "24 bytes of samples expected, 0"),
    "mha_zlib": ("a.mha", f"{BOX}CompressedData = True\nElementDataFile = LOCAL\nabc".encode(), "damaged or cut"),
    "mha_no_file": ("a.mha", BOX.encode(), "elementdatafile is missing; LOCAL"),
    "mha_type": ("a.mha", f"{BOX}ElementDataFile = LOCAL\n".replace("MET_SHORT", "MET_STRING").encode(), "elementtype says 'MET_STRING'"),
    "mha_object": ("a.mha", f"ObjectType = Tube\n{BOX}ElementDataFile = LOCAL\n".encode(), "objecttype says 'Tube'; Image expected"),
    "mha_matrix": ("a.mha", f"TransformMatrix = 1 0 0\n{BOX}ElementDataFile = LOCAL\n".encode(), "no NRRD or MetaImage|9 numbers expected"),
    "mha_singular": (
        "a.mha",
        f"ObjectType = Image\nTransformMatrix = 1 0 0 1 0 0 0 0 1\n{BOX}ElementDataFile = LOCAL\n".encode(),
        "singular",
    ),
    "mha_boolean": ("a.mha", f"{BOX}BinaryData = maybe\nElementDataFile = LOCAL\n".encode(), "binarydata says 'maybe'"),
    "mha_spacing": ("a.mha", f"{BOX.replace('1 1 1', '1 1 -1')}ElementDataFile = LOCAL\n".encode(), "elementspacing says '1 1 -1'"),
    "mha_nowhere": (
        "a.mha",
        f"{BOX.replace('1 1 1', '1 0 1')}ElementDataFile = LOCAL\n".encode(),
        "elementspacing says '1 0 1'",
    ),
    "mha_unit": ("a.mha", f"{BOX}DistanceUnits = um\nElementDataFile = LOCAL\n".encode(), "distanceunits says 'um'; mm expected"),
    "pattern": ("a.mhd", f"{BOX}ElementDataFile = s%d.raw 1 2 0\n".encode(), "elementdatafile says 's%d.raw 1 2 0'"),
    "odd_list": ("a.mhd", f"{BOX}ElementDataFile = LIST\nx\ny\nz\nu\nv\n".encode(), "3 x 2 x 2 samples cannot lie in 5 files"),
}


@pytest.mark.parametrize("kind", BAD)
def test_what_is_wrong_is_said_by_name(tmp_path: Path, kind: str) -> None:
    name, content, words = BAD[kind]
    (tmp_path / name).write_bytes(content)
    for other in "xyzuv":
        (tmp_path / other).write_bytes(b"ab")
    with pytest.raises(Rejected, match=words) as caught:
        samples(tmp_path / name)
    assert caught.value.file == name
