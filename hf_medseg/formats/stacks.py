"""Arrays of many pictures in one file, read a picture at a time: NumPy's .npy and .npz, HDF5, MATLAB, zarr, and TIFF of many pages.

What lies plainly on a disk is mapped into memory, and HDF5 and zarr are read by their chunks. A packed array of an .npz, a MATLAB file
older than v7.3, and a file inside an archive are unpacked once by each worker. Pickled objects are never loaded.
"""

from __future__ import annotations

import hashlib
import io
import os
import struct
import threading
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import MissingExtra, Rejected
from hf_medseg.formats.tiff_pages import Pages
from hf_medseg.formats.volume import Grid, OneFile, Samples, stored_samples
from hf_medseg.formats.zarr_store import Store, arrays_of
from hf_medseg.raw.files import RawFile, Reader

Array = NDArray[Any]

MEND = "Save it again as plain numbers, without objects."

# What reading an array raises where its file is damaged.
_DAMAGED = (OSError, ValueError, KeyError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error, struct.error)

_HDF5 = b"\x89HDF\r\n\x1a\n"
_MATLAB = b"MATLAB 7.3 MAT-file"  # how MATLAB's own files begin; those of other programs have the axes as they stand
_MOST = 4  # files that a thread keeps open


class Arrays:
    """The arrays of an open file by name; that of an .npy or a TIFF has none.

    Attributes:
        sha256: of the file's bytes.
        reversed: whether axes stand in reverse, as HDF5 shows those of MATLAB.
        objects: the names of what is there and is never loaded: Python objects, and other things that are no numbers or texts.
    """

    def __init__(self, file: RawFile) -> None:
        self._file = file
        self._found: dict[str, Any] = {}
        self.objects: set[str] = set()
        self.reversed = False
        self._digest = ""
        if isinstance(file.place, Store):
            self._found, self.objects = arrays_of(file.place)
            return
        self._source: str | bytes = file.local or file.read()
        ending = os.path.splitext(file.name.lower())[1]
        if ending == ".npy":
            self._keep_npy("", 0)
        elif ending == ".npz":
            self._npz()
        elif ending == ".mat" and not self._is_hdf5():
            self._matlab()
        elif ending in (".tif", ".tiff"):
            self._found[""] = Pages(self._source)
        else:
            self._hdf5()

    def __getitem__(self, name: str) -> Any:
        """The array of that name: something with a shape, a dtype, and pictures by index.

        Raises:
            Rejected: there is none, or it cannot be read.
        """
        if name in self.objects:
            raise Rejected(self._file.path, f"its array {name!r} holds objects, which are never loaded; numbers expected.", MEND)
        if name not in self._found:
            there = ", ".join(sorted(self._found)) or "none"
            raise Rejected(self._file.path, f"it has no array {name!r}; it has {there}.", "Say its name in the about file.")
        found = self._found[name]
        if isinstance(found, _Packed):
            found = self._found[name] = found.unpacked()
        return found

    def axes(self, name: str) -> str:
        """What the axes of an array are, where its file says so; see `Stack`."""
        found = self[name]
        return found.axes if isinstance(found, Pages) else ""

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of every array by name."""
        return {name: tuple(array.shape) for name, array in self._found.items()}

    @property
    def sha256(self) -> str:
        """SHA-256 of the file, computed once."""
        if not self._digest and isinstance(self._file.place, Store):
            self._digest = self._file.place.sha256()
        if not self._digest:
            with self._opened() as stream:
                self._digest = hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]
        return self._digest

    def _opened(self) -> IO[bytes]:
        return open(self._source, "rb") if isinstance(self._source, str) else io.BytesIO(self._source)

    def _is_hdf5(self) -> bool:
        """Whether the file is HDF5, which MATLAB v7.3 puts behind 512 bytes of its own."""
        with self._opened() as stream:
            head = stream.read(520)
        self.reversed = head.startswith(_MATLAB)
        return _HDF5 in head

    def _keep_npy(self, name: str, start: int) -> None:
        """Keeps the array that begins at a byte of the file, where it is not packed."""
        with self._opened() as stream:
            stream.seek(start)
            shape, column_major, dtype = _npy_header(stream)
            offset = stream.tell()
        order: Any = "F" if column_major else "C"
        if dtype.hasobject:
            self.objects.add(name)
        elif 0 in shape:
            self._found[name] = np.zeros(shape, dtype)
        elif isinstance(self._source, str):
            self._found[name] = np.memmap(self._source, dtype, "r", offset, shape, order)
        else:
            flat = np.frombuffer(self._source, dtype, int(np.prod(shape, dtype=np.int64)), offset)
            self._found[name] = flat.reshape(shape, order=order)

    def _npz(self) -> None:
        with self._opened() as stream, zipfile.ZipFile(stream) as archive:
            for member in archive.infolist():
                name = member.filename.removesuffix(".npy")
                if member.compress_type == zipfile.ZIP_STORED:
                    stream.seek(member.header_offset)
                    header = stream.read(30)
                    self._keep_npy(name, member.header_offset + 30 + sum(struct.unpack_from("<HH", header, 26)))
                    continue
                with archive.open(member) as packed:
                    shape, _, dtype = _npy_header(packed)
                if dtype.hasobject:
                    self.objects.add(name)
                else:
                    self._found[name] = _Packed(self, member.filename, shape, dtype)

    def _matlab(self) -> None:
        """Reads the variables of a MATLAB file older than v7.3; fields of a structure are called `structure/field`."""
        try:
            from scipy.io import loadmat
        except ImportError as error:
            raise MissingExtra("scipy", "matlab") from error
        try:
            told = loadmat(self._source if isinstance(self._source, str) else io.BytesIO(self._source))
        except Exception as error:  # its reader has errors of its own for files that are damaged, or none
            raise ValueError(str(error)) from error

        def keep(name: str, array: Any) -> None:
            if isinstance(array, np.ndarray) and array.dtype.names and array.size == 1:
                for field in array.dtype.names:
                    keep(f"{name}/{field}", array.ravel()[0][field])
            elif isinstance(array, np.ndarray) and array.dtype.kind in "biufcSU":
                self._found[name] = array
            else:
                self.objects.add(name)

        for name, array in told.items():
            if not name.startswith("__"):
                keep(name, array)

    def _hdf5(self) -> None:
        try:
            import h5py
        except ImportError as error:
            raise MissingExtra("h5py", "hdf5") from error
        book = h5py.File(self._source if isinstance(self._source, str) else io.BytesIO(self._source), "r")
        found: dict[str, Any] = {}

        def keep(name: str, item: Any) -> None:
            if isinstance(item, h5py.Dataset) and not name.startswith("#"):  # what MATLAB keeps beside its variables
                found[name] = item

        book.visititems(keep)
        self._found, self._book = found, book


@dataclass(frozen=True)
class _Packed:
    """A packed array of an .npz."""

    owner: Arrays
    name: str
    shape: tuple[int, ...]
    dtype: np.dtype[Any]

    def unpacked(self) -> Array:
        """The array itself."""
        with self.owner._opened() as stream, zipfile.ZipFile(stream) as archive, archive.open(self.name) as packed:
            array: Array = np.lib.format.read_array(packed, allow_pickle=False)
            return array


def _npy_header(stream: Any) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """(shape, whether columns come first, type) of an .npy."""
    version = np.lib.format.read_magic(stream)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, column_major, dtype = read(stream)
    return shape, column_major, dtype


_kept = threading.local()


def arrays_in(file: RawFile) -> Arrays:
    """The arrays of a file; a thread of a process keeps some open, and forgets those that it inherited.

    Raises:
        Rejected: the file cannot be read.
        MissingExtra: what reads it is not installed.
    """
    if getattr(_kept, "process", None) != os.getpid():
        _kept.process, _kept.files = os.getpid(), {}
    key = (file.listed, file.size, file.stamp, file.place)
    found: Arrays | None = _kept.files.pop(key, None)
    if found is None:
        try:
            found = Arrays(file)
        except _DAMAGED as error:
            raise Rejected(file.path, f"arrays expected ({error}).", MEND) from error
    _kept.files[key] = found
    if len(_kept.files) > _MOST:
        del _kept.files[next(iter(_kept.files))]
    return found


@dataclass(frozen=True)
class Stack:
    """An array of pictures inside a file.

    Attributes:
        file: the file.
        name: of the array in it.
        axes: what its axes are, a letter each: n pictures, h rows, w columns, c channels.
        scale: name of an array beside it with slope and intercept (physical = stored * slope + intercept); empty where there is none.
    """

    file: RawFile
    name: str
    axes: str
    scale: str = ""

    def shape(self) -> Mapping[str, int]:
        """The length of each axis by its letter.

        Raises:
            Rejected: it has another number of axes.
        """
        shape = tuple(arrays_in(self.file)[self.name].shape)
        if len(shape) != len(self.axes):
            size = " x ".join(map(str, shape))
            raise Rejected(self.file.path, f"its array {self.name} has the shape {size}, not the {len(self.axes)} axes {self.axes}.", AXES)
        return dict(zip(self.axes, shape, strict=True))

    def picture(self, number: int) -> Array:
        """One picture: (height, width), or (height, width, channels) where there are several.

        Raises:
            Rejected: it cannot be read.
        """
        self.shape()
        try:
            one = np.asarray(arrays_in(self.file)[self.name][tuple(number if axis == "n" else slice(None) for axis in self.axes)])
        except _DAMAGED as error:
            raise Rejected(self.file.path, f"its array {self.name} cannot be read at {number} ({error}).", MEND) from error
        left = self.axes.replace("n", "")
        one = one.transpose([left.index(axis) for axis in ("h", "w", "c") if axis in left])
        return one[..., 0] if one.ndim == 3 and one.shape[2] == 1 else one


AXES = 'Say in the about file what the axes are (n pictures, h rows, w columns, c channels), such as: axes = "nhwc"'


def axes_line(shape: tuple[int, ...], mask: tuple[int, ...]) -> str:
    """What to say of axes that nobody says, with what those of pictures most likely are by the lengths of theirs and of the masks'."""
    if len(shape) == len(mask) == 3:
        return AXES.replace("nhwc", "nhw")
    few = [k for k in (0, 1, len(shape) - 1) if k < len(shape) and shape[k] <= 4]
    letters = {3: {0: "chw", 2: "hwc"}, 4: {0: "cnhw", 1: "nchw", 3: "nhwc"}}.get(len(shape), {})
    example = next((letters[k] for k in reversed(few) if k in letters), {2: "hw", 3: "nhw"}.get(len(shape), "nhwc"))
    return AXES.replace("nhwc", example)


def sequences(number: int) -> str:
    """What to do with pictures of so many channels that are no colours."""
    line = ", ".join(f'"channel_{k}"' for k in range(1, min(number, 8) + 1))
    return f"If each channel is a picture of its own, such as a sequence, name them in the about file: channels = [{line}]. {AXES}"


@dataclass(frozen=True)
class StackPicture(OneFile):
    """One picture of a stack.

    Attributes:
        file: the file, with the bytes of this picture for its size.
        stack: the array.
        number: of the picture in it.
        channel: which of its channels is the picture; None for all of them.
    """

    stack: Stack
    number: int
    channel: int | None = None

    def raw(self, reader: Reader) -> Array:
        """The picture as it is stored; see `Stack.picture`. What is read counts as read from the file."""
        reader.sha256[self.file.path] = arrays_in(self.stack.file).sha256
        if self.channel is None:
            return self.stack.picture(self.number)
        whole: Array = reader.once((StackPicture, self.stack, self.number), lambda: self.stack.picture(self.number))
        return whole[..., self.channel]

    def read(self, reader: Reader) -> Samples:
        """See `OneFile.read`."""
        raw = self.raw(reader)
        if raw.dtype == np.bool_:
            raw = raw.view(np.uint8) * np.uint8(255)
        if raw.ndim == 3:
            if raw.shape[2] == 3 and raw.dtype != np.uint8 and raw.dtype.kind in "iuf" and np.array_equal(raw, raw.astype(np.uint8)):
                raw = raw.astype(np.uint8)  # bytes that were saved as wider numbers
            if raw.shape[2] != 3 or raw.dtype != np.uint8:
                what = f"{raw.shape[2]} channels of {raw.dtype}"
                raise Rejected(
                    self.file.path, f"its pictures have {what}; one channel, or three of 8 bits, are read.", sequences(raw.shape[2])
                )
            return Samples(np.ascontiguousarray(raw)[np.newaxis], Grid((1, *raw.shape[:2])))
        scale = np.asarray(arrays_in(self.stack.file)[self.stack.scale], np.float64).tolist() if self.stack.scale else (1.0, 0.0)
        array, slope, intercept = stored_samples(np.ascontiguousarray(raw)[np.newaxis], self.file.path, *scale)
        return Samples(array, Grid((1, *raw.shape)), slope, intercept)


@dataclass(frozen=True)
class StackValues:
    """The values of a mask in a stack: whole numbers, or fractions where the mask is thresholded."""

    picture: StackPicture
    fractions: bool = False

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return self.picture.files()

    def array(self, reader: Reader) -> Array:
        """See `Pixels.array`."""
        return whole_numbers(self.picture.raw(reader), self.picture.file.path, self.fractions)[np.newaxis]


def whole_numbers(raw: Array, path: str, fractions: bool = False) -> Array:
    """The values of a mask.

    Raises:
        Rejected: they are fractions, and nobody says what that means; or it has channels.
    """
    if raw.ndim != 2:
        raise Rejected(
            path, f"its masks have {raw.shape[2]} channels; one number a pixel expected.", "Save one mask with a number a class."
        )
    if raw.dtype.kind == "b":
        return raw.view(np.uint8)
    if raw.dtype.kind == "f" and (strange := int(np.count_nonzero(~np.isfinite(raw)))):
        raise Rejected(path, f"its masks hold NaN or infinity, in {strange:,} pixels of one, which is no label.", "Save them with 0 there.")
    if raw.dtype.kind == "f" and not fractions:
        if not np.array_equal(raw, np.rint(raw)):
            line = "Say in the about file where foreground begins: threshold = 0.5"
            raise Rejected(path, "its masks hold fractions, which are no classes.", line)
        return raw.astype(np.int64)
    if raw.dtype.kind not in "iuf":
        raise Rejected(path, f"its masks are of type {raw.dtype}; numbers expected.", MEND)
    return raw if raw.dtype.isnative else raw.astype(raw.dtype.newbyteorder("="))
