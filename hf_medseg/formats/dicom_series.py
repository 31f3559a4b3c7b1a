"""The DICOM objects of a raw tree, and how they make series.

`images(raw)` gives the image series, `structures(raw)` the segmentations and contours, `unreadable(raw)` the files that only
claim to be DICOM.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hf_medseg.errors import Rejected
from hf_medseg.formats.dicom_fields import words
from hf_medseg.formats.dicom_geometry import along_normal
from hf_medseg.formats.dicom_header import CONTOURS, HEAD, SEGMENTATION, Header, nearly, telling
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.order import natural
from hf_medseg.raw.places import Hindered
from hf_medseg.raw.tree import Raw

# What is not looked at: suffixes of files that lie beside DICOM and are something else for certain.
_OTHERS = frozenset(
    words(
        """
        csv tsv txt md rst pdf doc docx xls xlsx ods json jsonl xml html htm yaml yml toml ini log sh py m mat npy npz pkl h5
        parquet bib tcia sqlite db png jpg jpeg jp2 gif bmp tif tiff webp svg mp4 avi nii gz zip tar bz2 xz zst 7z rar nrrd
        nhdr mha mhd mgz hdr vtk stl obj sha256 md5 overlay ljpeg ics 16_pgm pgm ppm ds_store
        """
    )
)


@dataclass(frozen=True, slots=True)
class Instance:
    """One DICOM object of a raw tree.

    Attributes:
        file: its path is `<SeriesInstanceUID>/<SOPInstanceUID>.dcm`, in rows and reports alike.
        header: what planning may know of it.
    """

    file: RawFile
    header: Header

    @property
    def origin(self) -> str:
        """Where the file lies in the raw tree: for sources whose folders mean something."""
        return self.file.listed


@dataclass(frozen=True, slots=True)
class Series:
    """The objects of one image series, in the order of their slices as far as their headers tell.

    Attributes:
        uid: SeriesInstanceUID.
        doubtful: damaged files that may be objects of it, since nothing says that they are not.
    """

    uid: str
    instances: tuple[Instance, ...]
    doubtful: tuple[RawFile, ...] = ()

    @property
    def header(self) -> Header:
        """The header of its first object."""
        return self.instances[0].header

    @property
    def files(self) -> tuple[RawFile, ...]:
        """Its files, for `DicomSeries`, which rejects a series with a doubtful one: it would come out a slice short."""
        return tuple(instance.file for instance in self.instances) + self.doubtful

    @property
    def burned_in(self) -> bool:
        """Whether any of its objects says that names are burned into its pixels."""
        return any(instance.header.burned_in for instance in self.instances)

    @property
    def identity_removed(self) -> set[str]:
        """What its objects say on PatientIdentityRemoved."""
        return {one.header.identity_removed for one in self.instances if not one.header.cut} or {""}


def files(raw: Raw) -> list[RawFile]:
    """The files that may be DICOM; their first bytes tell, whatever they are called (`.img`, `.dcm.bak`)."""
    return [file for file in raw.files if _may_be_dicom(file.listed.rpartition("/")[2])]


def _may_be_dicom(name: str) -> bool:
    return name.rpartition(".")[2].lower() not in _OTHERS or "." not in name


def instances(raw: Raw) -> list[Instance]:
    """Every DICOM object that the survey found, files of one object joined as twins.

    From here on, reports call a file `<SeriesInstanceUID>/<SOPInstanceUID>.dcm`: folders that people name may hold anything.
    """
    objects: dict[tuple[str, str], list[tuple[RawFile, Header]]] = {}
    for file in raw.files:
        header = raw.survey.get(file.listed)
        if isinstance(header, Header):
            objects.setdefault((header.series_uid, header.sop_uid), []).append((file, header))
    found = []
    for (series, sop), copies in objects.items():
        copies.sort(key=lambda copy: (copy[0].listed.count("/"), natural(copy[0].listed)))
        name = f"{series}/{sop}.dcm"
        named = [replace(file, alias=name if n == 1 else f"{name} (copy {n})") for n, (file, _) in enumerate(copies, 1)]
        for file in named:
            raw.call(file)
        found.append(Instance(replace(named[0], twins=tuple(named[1:])), copies[0][1]))
    return found


def images(raw: Raw, localisers: bool = False) -> dict[str, Series]:
    """The image series of a raw tree by SeriesInstanceUID, in natural order.

    What is left out (objects without pixels, and localisers unless they are asked for) is listed as not used, with the reason.
    """
    groups: dict[str, list[Instance]] = {}
    for instance in instances(raw):
        header = instance.header
        if header.sop_class in SEGMENTATION + CONTOURS:
            continue
        if not header.picture:
            raw.skip(instance.file, "a DICOM object without a picture")
        elif "LOCALIZER" in header.kind and not localisers:
            raw.skip(instance.file, "a localiser")
        else:
            groups.setdefault(header.series_uid, []).append(instance)
    found = {uid: series(uid, groups[uid]) for uid in sorted(groups, key=natural)}
    for file, _ in damaged(raw):
        for uid in _may_be_of(file, found):
            found[uid] = replace(found[uid], doubtful=(*found[uid].doubtful, _doubtful(file, raw)))
    return found


def damaged(raw: Raw) -> Iterator[tuple[RawFile, Rejected]]:
    """Every file that claims to be DICOM, by its name or its neighbours, and is not, or has lost its ids."""
    patterns = {_alike(path) for path, seen in raw.survey.items() if isinstance(seen, Header)}
    among = "it is not a DICOM file, as those beside it are that are called alike."
    for file in raw.files:
        seen = raw.survey.get(file.listed, file)
        if _PACKED.search(file.listed):
            yield file, Rejected(file.path, "it is a DICOM file that was packed by itself, and is not read so.", "Unpack it where it lies.")
        elif isinstance(seen, Rejected):
            yield file, seen
        elif seen is None and _alike(file.listed) in patterns:
            yield file, Rejected(file.path, among, "Fetch it again; a saved web page or a cut file looks so.")


_PACKED = re.compile(r"(?i)\.(?:dcm|dicom|ima)\.(?:gz|bz2|xz|zst)\Z")
_DIGITS = re.compile(r"\d+")


def _alike(path: str) -> str:
    """A path whose file's name has one sign for every number."""
    folder, slash, name = path.rpartition("/")
    return folder + slash + _DIGITS.sub("#", name)


def _may_be_of(file: RawFile, found: Mapping[str, Series]) -> list[str]:
    """The series that a damaged file may be a slice of: the one that it still names, else those of its folder that it fits."""
    if not (_may_be_dicom(file.listed.rpartition("/")[2]) or _PACKED.search(file.listed)):
        return []
    try:
        told = telling(file.read(min(HEAD, file.size)))
    except Rejected:
        told = Header()
    for uid in found:
        if uid == told.series_uid or nearly(uid, told.series_uid):
            return [uid]
    folder = file.listed.rpartition("/")[0]
    near = [uid for uid, one in found.items() if any(each.origin.rpartition("/")[0] == folder for each in one.instances)]
    return [uid for uid in near if not _contradicts(told, found[uid].header)]


_UID_LIKE = re.compile(r"[0-9.]{16,}")
_SHARED = ("modality", "sop_class", "study_uid", "frame_uid", "series_number", "rows", "columns")


def _contradicts(told: Header, header: Header) -> bool:
    """Whether something that all slices of a series share is said by both headers, and is not the same."""
    pairs = ((getattr(told, name), getattr(header, name)) for name in _SHARED)
    return any(one and other and one != other and not (_UID_LIKE.match(str(one)) and nearly(one, other)) for one, other in pairs)


def _doubtful(file: RawFile, raw: Raw) -> RawFile:
    """The damaged file as a slice: whoever reads it rejects the series."""
    advice = "Fetch that file again; if it is no slice of this series, take it out of the folder."
    place = Hindered(file.listed, "damaged, and may be a slice of this series", advice)
    return RawFile(file.listed, 0, place, alias=raw.called(file))


def series(uid: str, objects: Iterable[Instance]) -> Series:
    """A series of these objects, in the order of their slices as far as their headers tell."""

    def rank(instance: Instance) -> tuple[Any, ...]:
        header = instance.header
        along = along_normal(header.position, header.orientation) if header.position and header.orientation else 0.0
        return along, header.instance_number or 0, natural(header.sop_uid)

    return Series(uid, tuple(sorted(objects, key=rank)))


def structures(raw: Raw) -> list[Instance]:
    """The segmentations and contours of a raw tree, in natural order of their series and objects."""
    found = [one for one in instances(raw) if one.header.sop_class in SEGMENTATION + CONTOURS]
    return sorted(found, key=lambda one: (natural(one.header.series_uid), natural(one.header.sop_uid)))


def unreadable(raw: Raw) -> list[RawFile]:
    """Files that claim to be DICOM and are not: whoever reads one rejects it by name; see `dicom_damaged`."""
    return [file for file in raw.files if isinstance(raw.survey.get(file.listed), Rejected)]
