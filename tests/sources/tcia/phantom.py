"""A downloaded TCIA collection in each of the four layouts: CT with DICOM SEG, CT with RTSTRUCT, MR without masks.

A variant whose name starts with `refused_` must be refused as a whole.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import highdicom as hd
import numpy as np
from pydicom import dcmread
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.pixels.utils import pack_bits
from pydicom.sr.codedict import codes
from pydicom.uid import UID, ExplicitVRLittleEndian, RLELossless

from tests.support.dicom import CORONAL, SAGITTAL, SECRETS, Series, identify, natural, ordered, uid, write_series
from tests.support.kit import Array, Phantom, Row, as_zip, disc, grey, write

VARIANTS: dict[str, str] = {
    "clean": "retriever's descriptive names: SEG (overlapping, sparse, descending frames), RTSTRUCT (hole, two free names of one class), localiser",
    "classic": "retriever's classic names",
    "tcia_utils": "tciaDownload/<SeriesInstanceUID>/1-001.dcm",
    "series_zips": "tciaDownload/<SeriesInstanceUID>.zip",
    "idc": "<collection>/<patient>/<study>/<Modality>_<series>/<uuid>.dcm",
    "no_about": "no about file: class names from the headers, license unknown",
    "fractional": "SEG FRACTIONAL: from one half of MaximumFractionalValue on",
    "labelmap": "SEG LABELMAP: values are segment numbers",
    "cropped_seg": "SEG on a grid cropped in-plane: put back by geometry, zeros outside",
    "resampled_seg": "SEG with another pixel spacing: rejected",
    "foreign_seg": "SEG that refers to images which are not there: rejected; the images that are there have no mask",
    "two_readers": "two SEG series for one CT: both kept, told apart",
    "every_second_slice": "RTSTRUCT drawn on every second slice: the slices between hold none of it",
    "contour_off_grid": "RTSTRUCT of which one structure lies beside the picture: that one is left out by name",
    "contour_between_slices": "RTSTRUCT contour at no slice's position and without image reference: rejected",
    "keyhole": "RTSTRUCT hole cut as a keyhole polygon",
    "downloaded_twice": "the same files in two layouts: byte-identical twins are listed",
    "differing_twins": "one SOPInstanceUID with two different pixel arrays: rejected",
    "missing_slice": "a slice is missing in the middle of a stack: rejected",
    "mixed_orientation": "two orientations in one series: rejected",
    "two_echoes": "two echoes at the same positions in one series: rejected",
    "compressed": "RLE compressed slices",
    "monochrome1": "a radiograph where high is dark",
    "not_deidentified": "PatientIdentityRemoved is not YES in one series: rejected",
    "stated_deidentified": "PatientIdentityRemoved is absent and the about file says who de-identified",
    "burned_in": "BurnedInAnnotation = YES in one series: rejected",
    "not_dicom": "a saved web page called .dcm among the slices of a series: it is rejected by name, and the series, which may lack that slice",
    "wide_integers": "32-bit pixels that no offset brings into 16 bits: rejected",
    "restricted": "about file with a license that allows nothing: converted, never published",
    "refused_nifti_masks": "masks as NIfTI beside the DICOM: listed, needs its own source",
    "refused_nothing": "a folder with spreadsheets and no DICOM",
}

COLLECTION = "PHANTOM-LIVER"
HEIGHT, WIDTH = 28, 24
Polygon = list[tuple[float, float]]
Segment = tuple[str, str, Array]  # raw name, class word, (slices, rows, columns)

# ASSUMED: keys of the about file; the order of [classes] is the order of the class indices.
ABOUT = """collection = "PHANTOM-LIVER"
doi = "10.7937/phantom.2020.0001"
license = "{license}"
license_url = "{url}"
citation = '''@misc{{phantom2020, title={{Data From PHANTOM-LIVER}}, publisher={{The Cancer Imaging Archive}}, year={{2020}}, doi={{10.7937/phantom.2020.0001}}}}'''
{more}
[classes]
"Liver" = "liver"
"Tumor" = "tumor"
"GTV-1" = "gtv"
"gtv1" = "gtv"
"""


def l_shape(y0: int, y1: int, y2: int, x0: int, x1: int, x2: int) -> tuple[Array, Polygon]:
    """A pixel mask like an L (upper arm wide, lower arm narrow) and the outline along its pixel edges, (x, y)."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y0:y1, x0:x2] = True
    mask[y1:y2, x0:x1] = True
    corners = [(x0, y0), (x2, y0), (x2, y1), (x1, y1), (x1, y2), (x0, y2)]
    return mask, [(x - 0.5, y - 0.5) for x, y in corners]


def box(y0: int, y1: int, x0: int, x1: int) -> tuple[Array, Polygon]:
    """A rectangle of pixels and its outline along the pixel edges."""
    mask = np.zeros((HEIGHT, WIDTH), bool)
    mask[y0:y1, x0:x1] = True
    return mask, [(x - 0.5, y - 0.5) for x, y in ((x0, y0), (x1, y0), (x1, y1), (x0, y1))]


def write_seg(
    path: Path,
    sources: list[FileDataset],
    truths: dict[str, Array],
    *,
    name: str,
    kind: str = "BINARY",
    description: str = "Segmentation",
    descending: bool = True,
    algorithm: str = "MANUAL",
    edit: Callable[[Dataset], None] | None = None,
) -> str:
    """Writes a DICOM SEG of named segments, (slices, rows, columns) each; returns its SeriesInstanceUID."""
    descriptions = [
        hd.seg.SegmentDescription(
            segment_number=number,
            segment_label=label,
            segmented_property_category=codes.SCT.Organ,
            segmented_property_type=codes.SCT.Liver,
            algorithm_type=algorithm,
            algorithm_identification=None if algorithm == "MANUAL" else _PROGRAM,
        )
        for number, label in enumerate(truths, 1)
    ]
    stack = np.stack(list(truths.values()), axis=-1)
    if kind == "LABELMAP":
        pixels = np.zeros(stack.shape[:3], np.uint8)
        for number in range(stack.shape[-1]):
            pixels[stack[..., number] > 0] = number + 1
    else:
        pixels = stack.astype(np.float32 if kind == "FRACTIONAL" else np.uint8)
    seg = hd.seg.Segmentation(
        source_images=[Dataset(source) for source in _named(sources)],
        pixel_array=pixels,
        segmentation_type=kind,
        segment_descriptions=descriptions,
        series_instance_uid=uid(f"series {name}"),
        series_number=300,
        sop_instance_uid=uid(f"sop {name}"),
        instance_number=1,
        manufacturer="Phantom",
        manufacturer_model_name="Phantom",
        software_versions="1",
        device_serial_number="1",
        series_description=description,
        content_creator_name="Doktorowa^Alla",
        omit_empty_frames=True,
        max_fractional_value=200,
    )
    seg.PatientIdentityRemoved = "YES"
    identify(seg)
    if not descending:  # highdicom writes these frames from the head down
        frames = seg.pixel_array
        frames = frames if frames.ndim == 3 else frames[None]
        seg.PerFrameFunctionalGroupsSequence = list(seg.PerFrameFunctionalGroupsSequence)[::-1]
        turned = np.ascontiguousarray(frames[::-1])
        data = pack_bits(turned) if kind == "BINARY" else turned.tobytes()
        seg.PixelData = data + b"\0" * (len(data) % 2)
    if edit is not None:
        edit(seg)
    path.parent.mkdir(parents=True, exist_ok=True)
    seg.save_as(path)
    return str(seg.SeriesInstanceUID)


_PROGRAM = hd.AlgorithmIdentificationSequence("a network", codes.DCM.ArtificialIntelligence, "1")


def _named(sources: list[FileDataset]) -> list[FileDataset]:
    """Copies of source headers without what highdicom would carry over."""
    copies = []
    for source in sources:
        copy = deepcopy(source)
        copy.remove_private_tags()
        copy.PatientSex = copy.get("PatientSex", "")
        copies.append(copy)
    return copies


def regrid(sources: list[FileDataset], rows: slice, columns: slice, zoom: float = 1.0) -> list[FileDataset]:
    """Headers of the same slices on a cropped or resampled grid."""
    found = []
    for source in sources:
        copy = deepcopy(source)
        copy.Rows, copy.Columns = rows.stop - rows.start, columns.stop - columns.start
        axes = np.array(source.ImageOrientationPatient, float).reshape(2, 3)
        spacing = np.array(source.PixelSpacing, float)
        start = np.array(source.ImagePositionPatient, float)
        start = start + axes[0] * columns.start * spacing[1] + axes[1] * rows.start * spacing[0]
        copy.ImagePositionPatient = [float(round(v, 6)) for v in start]
        copy.PixelSpacing = [float(v) for v in spacing * zoom]
        copy.PixelData = bytes(copy.Rows * copy.Columns * 2)
        found.append(copy)
    return found


def write_rtstruct(
    path: Path,
    series: Series,
    rois: dict[str, list[tuple[int, Polygon]]],
    *,
    name: str,
    points: dict[str, tuple[int, float, float]] | None = None,
    shift: float = 0.0,
    references: bool = True,
) -> str:
    """Writes an RTSTRUCT; polygons are in pixels (x, y) of a slice. Returns its SeriesInstanceUID."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID("1.2.840.10008.5.1.4.1.1.481.3")
    meta.MediaStorageSOPInstanceUID = UID(uid(f"sop {name}"))
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    found = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    found.SOPClassUID, found.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    found.Modality = "RTSTRUCT"
    found.PatientID, found.PatientIdentityRemoved = series.patient_id, "YES"
    found.StudyInstanceUID, found.SeriesInstanceUID = series.study_uid, uid(f"series {name}")
    found.SeriesDescription = "RTstruct"
    found.StructureSetLabel, found.StructureSetName = "RTSTRUCT", "Quittenbaum plan"
    identify(found)
    frame = series.headers[0].FrameOfReferenceUID
    contour_images = [_reference(series, index) for index in range(len(series.sop_uids))]
    rt_series, rt_study, rt_frame = Dataset(), Dataset(), Dataset()
    rt_series.SeriesInstanceUID, rt_series.ContourImageSequence = series.uid, contour_images
    rt_study.ReferencedSOPClassUID = "1.2.840.10008.3.1.2.3.1"
    rt_study.ReferencedSOPInstanceUID, rt_study.RTReferencedSeriesSequence = series.study_uid, [rt_series]
    rt_frame.FrameOfReferenceUID, rt_frame.RTReferencedStudySequence = frame, [rt_study]
    found.ReferencedFrameOfReferenceSequence = [rt_frame]
    found.StructureSetROISequence, found.ROIContourSequence, found.RTROIObservationsSequence = [], [], []
    everything: dict[str, list[tuple[int, Polygon, str]]] = {
        roi: [(index, polygon, "CLOSED_PLANAR") for index, polygon in polygons] for roi, polygons in rois.items()
    }
    for roi, (index, x, y) in (points or {}).items():
        everything[roi] = [(index, [(x, y)], "POINT")]
    for number, (roi, contours) in enumerate(everything.items(), 1):
        item, contour_item, observation = Dataset(), Dataset(), Dataset()
        item.ROINumber, item.ROIName, item.ReferencedFrameOfReferenceUID = number, roi, frame
        item.ROIGenerationAlgorithm = "MANUAL"
        contour_item.ReferencedROINumber, contour_item.ROIDisplayColor = number, [255, 0, 0]
        contour_item.ContourSequence = []
        for index, polygon, shape in contours:
            contour = Dataset()
            contour.ContourGeometricType, contour.NumberOfContourPoints = shape, len(polygon)
            contour.ContourData = [v for x, y in polygon for v in _patient(series, index, x, y, shift)]
            if references:
                contour.ContourImageSequence = [_reference(series, index)]
            contour_item.ContourSequence.append(contour)
        observation.ObservationNumber = observation.ReferencedROINumber = number
        observation.RTROIInterpretedType, observation.ROIInterpreter = "", "Doktorowa^Alla"
        found.StructureSetROISequence.append(item)
        found.ROIContourSequence.append(contour_item)
        found.RTROIObservationsSequence.append(observation)
    path.parent.mkdir(parents=True, exist_ok=True)
    found.save_as(path, enforce_file_format=True)
    return str(found.SeriesInstanceUID)


def _reference(series: Series, index: int) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = series.headers[index].SOPClassUID
    item.ReferencedSOPInstanceUID = series.sop_uids[index]
    return item


def _patient(series: Series, index: int, x: float, y: float, shift: float) -> list[float]:
    """Patient coordinates (mm) of a pixel position."""
    axes = np.asarray(series.orientation_cosines).reshape(2, 3)
    place = np.asarray(series.positions[index]) + axes[0] * x * series.pixel_spacing[1]
    place = place + axes[1] * y * series.pixel_spacing[0] + np.cross(axes[0], axes[1]) * shift
    return [float(round(v, 4)) for v in place]


class _Layout:
    """Where the variant's layout puts a series."""

    def __init__(self, raw: Path, variant: str) -> None:
        self.raw, self.kind = raw, variant

    def folder(self, patient: str, study: str, series: str, modality: str) -> Path:
        """The folder of a series."""
        study_uid, series_uid = uid(f"study {study}"), uid(f"series {series}")
        if self.kind in ("tcia_utils", "series_zips"):
            return self.raw / "tciaDownload" / series_uid
        if self.kind == "idc":
            return self.raw / COLLECTION.lower().replace("-", "_") / patient / study_uid / f"{modality}_{series_uid}"
        top = self.raw / "manifest-1617826555824" / COLLECTION / patient
        if self.kind == "classic":
            return top / study_uid / series_uid
        return top / f"01-01-2000-NA-LIVER {study_uid[-5:]}" / f"2.000000-{modality}-{series_uid[-5:]}"

    def name(self, number: int, sop: str) -> str:
        """The name of a file."""
        if self.kind == "classic":
            return f"{number - 1:06d}.dcm"
        if self.kind == "idc":
            return f"{sop[-8:]}-0b1c-4d2e-8f3a-{sop[-12:]}.dcm"
        return f"1-{number:03d}.dcm"


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the variant below `folder`."""
    if variant not in VARIANTS:
        raise KeyError(variant)
    raw = folder / "raw"
    if variant == "refused_nothing":
        write(raw / "manifest-1617826555824" / "clinical.csv", "Patient ID,Sex\r\nPL-001,F\r\n")
        return Phantom(raw, [], refused=True)
    layout = _Layout(raw, variant)
    about = _about(folder, variant)
    promise = Phantom(raw, [], about=about, secrets=[*SECRETS, "Quittenbaum plan"])
    names = ["liver", "tumor", "gtv"] if about else ["gtv1", "gtv_1", "liver", "tumor"]
    # ASSUMED: without an about file the classes are the labels in lower snake case, in natural order.
    classes = {name: index for index, name in enumerate(names, 1)}
    volumes: list[tuple[Series, list[Segment] | None]] = [
        _with_seg(layout, variant, promise),
        _with_rtstruct(layout, variant, promise),
        (_sagittal(layout, variant), None),
    ]
    lost = _spoil(layout, variant, promise, volumes)
    if variant.startswith("refused_"):
        return Phantom(raw, [], about=about, refused=True)
    rows: list[Row] = []
    wholes: list[Row] = []
    for series, truths in volumes:
        if series in lost:
            continue
        found, whole = _promise(series, truths, classes, bool(about))
        rows += found
        wholes.append(whole)
    promise.rows, promise.configs = ordered(rows), {"volumes": ordered(wholes)}
    if variant == "monochrome1":
        promise.rows = ordered([*promise.rows, _picture(_radiograph(layout))])
    _beside(layout, variant, volumes)
    return promise


def _promise(series: Series, truths: list[Segment] | None, classes: dict[str, int], mapped: bool) -> tuple[list[Row], Row]:
    """Expected rows of one image series; `truths` is in order of the segments."""
    flat = truths or []
    slug: Callable[[str, str], str] = (lambda raw, word: word) if mapped else (lambda raw, word: raw.strip().lower().replace("-", "_"))
    label_map = np.zeros(series.image.shape, np.uint8)
    for value in sorted(classes.values()):
        for raw, word, truth in flat:
            if classes[slug(raw, word)] == value:
                label_map[truth] = value
    seen = sorted({classes[slug(raw, word)] for raw, word, _ in flat})
    by_value = {value: name for name, value in classes.items()}

    def columns(index: int) -> dict[str, Any]:
        here = [mask[index] for _, _, mask in flat]
        overlap = bool(here) and bool((np.sum(here, axis=0) > 1).any())
        return {
            "modality": series.modality,
            # ASSUMED: every segment of the series in every slice, raw names, in the order of SEG series and segment.
            "masks": [mask.astype(np.uint8) for mask in here],
            "mask_names": [raw for raw, _, _ in flat],
            "mask_overlap": overlap if flat else None,
            "annotated_classes": [by_value[value] for value in seen],
        }

    whole = label_map if truths is not None else None
    return series.rows(whole, columns=columns), series.volume(whole, columns={"modality": series.modality})


def _about(folder: Path, variant: str) -> Path | None:
    if variant == "no_about":
        return None
    license_id, url, more = "cc-by-4.0", "https://creativecommons.org/licenses/by/4.0/", ""
    if variant == "restricted":
        license_id, url = (
            "TCIA Restricted",
            "https://www.cancerimagingarchive.net/data-usage-policies-and-restrictions/",
        )
    if variant == "stated_deidentified":
        more = 'deidentified_by = "The Cancer Imaging Archive"'  # ASSUMED: name of the key
    return write(folder / "about.toml", ABOUT.format(license=license_id, url=url, more=more))


def _ct(layout: _Layout, variant: str, name: str, patient: str, count: int, **options: Any) -> Series:
    pixels = np.stack([grey(f"{name} {z}", HEIGHT, WIDTH, 3000, np.int16) - 1000 for z in range(count)]).astype(np.int16)
    removed = None if variant == "stated_deidentified" else "YES"
    settings: dict[str, Any] = {
        "intercept": 0.0,
        "description": "ABD portal",
        "file_name": layout.name,
        "removed": removed,
    }
    settings.update(options)
    return write_series(layout.folder(patient, name, name, "CT"), pixels, name=name, patient_id=patient, study=name, **settings)


def _compress(header: FileDataset, _: int) -> None:
    header.compress(RLELossless, generate_instance_uid=False)


def _with_seg(layout: _Layout, variant: str, promise: Phantom) -> tuple[Series, list[Segment] | None]:
    """A CT with a SEG of two segments on the middle slices."""
    name, patient, count = "tcia seg ct", "PL-001", 5
    edit: Callable[[FileDataset, int], None] | None = None
    if variant == "compressed":
        edit = _compress
    series = _ct(layout, variant, name, patient, count, edit=edit)
    if variant == "compressed":
        for path, index in zip(series.paths, range(count), strict=True):
            series.headers[index] = dcmread(path)
    liver = np.zeros((count, HEIGHT, WIDTH), bool)
    tumor = np.zeros_like(liver)
    for z in (1, 2, 3):
        liver[z] = disc(HEIGHT, WIDTH, 11 + z, 9, 6) & ~disc(HEIGHT, WIDTH, 8, 6, 2)
        if z != 3:
            tumor[z] = disc(HEIGHT, WIDTH, 13, 13 + z, 3)
    if variant == "labelmap":
        liver &= ~tumor
    target = layout.folder(patient, name, f"{name} mask", "SEG") / layout.name(1, uid(f"sop {name} mask"))
    truths: list[Segment] = [("Liver", "liver", liver), ("Tumor", "tumor", tumor)]
    segments: dict[str, Array] = {"Liver": liver, "Tumor": tumor}
    sources, kind = series.headers, "BINARY"
    if variant == "fractional":
        kind = "FRACTIONAL"
        # 0.3 lies below one half, 0.5 and 0.9 do not
        edge = np.roll(liver, 1, axis=2) & ~liver
        segments = {"Liver": liver * 0.9 + edge * 0.3, "Tumor": tumor * 0.5}
    elif variant == "labelmap":
        kind = "LABELMAP"
    elif variant == "cropped_seg":
        rows, columns = slice(3, 24), slice(2, 21)
        sources = regrid(sources, rows, columns)
        segments = {label: truth[:, rows, columns] for label, truth in segments.items()}
        assert all(truth.sum() == segments[label].sum() for label, truth in (("Liver", liver), ("Tumor", tumor)))
    elif variant == "resampled_seg":
        sources = regrid(sources, slice(0, HEIGHT), slice(0, WIDTH), zoom=0.75)
        promise.rejected.append(uid(f"series {name} mask"))
    elif variant == "foreign_seg":
        other = _ct(layout, variant, "tcia absent ct", patient, count)
        for path in other.paths:
            path.unlink()
        other.paths[0].parent.rmdir()
        sources = other.headers
        promise.rejected.append(uid(f"series {name} mask"))
    write_seg(target, sources, segments, name=f"{name} mask", kind=kind, descending=kind != "LABELMAP")  # a label map ascends here
    if variant == "two_readers":
        second = np.roll(liver, 1, axis=1)
        where = layout.folder(patient, name, f"{name} second", "SEG") / layout.name(1, uid(f"sop {name} second"))
        write_seg(where, sources, {"Liver": second}, name=f"{name} second", description="Reader 2", descending=False)
        first_last = natural(uid(f"series {name} mask")) > natural(uid(f"series {name} second"))
        more: Segment = ("Liver", "liver", second)
        truths = [more, *truths] if first_last else [*truths, more]
    _localiser(layout, series, promise)
    # A mask that cannot be put on its images is rejected with them: they are annotated, nobody can say how.
    return series, None if variant in ("resampled_seg", "foreign_seg") else truths


def _localiser(layout: _Layout, series: Series, promise: Phantom) -> None:
    """A scout among the axial slices of the same series."""
    header = deepcopy(dcmread(series.paths[0]))
    sop = UID(uid(f"sop {series.uid} localiser"))
    header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = sop
    header.ImageType = ["ORIGINAL", "PRIMARY", "LOCALIZER"]
    header.ImageOrientationPatient = list(CORONAL)
    header.InstanceNumber = 99
    header.save_as(series.paths[0].with_name(layout.name(99, sop)), enforce_file_format=True)
    promise.not_used.append(sop)


def _with_rtstruct(layout: _Layout, variant: str, promise: Phantom) -> tuple[Series, list[Segment] | None]:
    """A CT with an RTSTRUCT: two ROIs with free names, a hole, a POINT that is no structure."""
    name, patient, count = "tcia rt ct", "PL-002", 4
    series = _ct(layout, variant, name, patient, count, origin=(-40.0, -50.0, 12.5), slice_spacing=3.0)
    outer, outline = l_shape(4, 13, 22, 3, 9, 19)
    hole, ring = box(6, 10, 6, 13)
    other, small = box(18, 25, 14, 22)
    first = np.zeros((count, HEIGHT, WIDTH), bool)
    second = np.zeros_like(first)
    first[1], first[2], second[2] = outer & ~hole, outer, other
    gtv: list[tuple[int, Polygon]] = [(1, outline), (1, ring), (2, outline)]
    rest: list[tuple[int, Polygon]] = [(2, small)]
    shift, references = 0.0, True
    if variant == "every_second_slice":
        gtv, rest = [(1, outline), (1, ring), (3, outline)], [(1, small), (3, small)]
        first[2], first[3], second[2] = False, outer, False
        second[1] = second[3] = other
    if variant == "keyhole":  # in along one edge, round the hole, back along the same edge
        gate = (outline[0][0], ring[0][1])
        gtv[0:2] = [(1, [*outline, outline[0], gate, ring[0], *ring[1:][::-1], ring[0], gate])]
    lost = variant == "contour_between_slices"
    if variant == "contour_off_grid":
        rest = [(2, [(x + 12, y) for x, y in small])]
        promise.rejected.append(uid(f"series {name} mask"))
    if variant == "contour_between_slices":
        shift, references = 1.5, False
    if lost:
        promise.rejected.append(uid(f"series {name} mask"))
    target = layout.folder(patient, name, f"{name} mask", "RTSTRUCT") / layout.name(1, uid(f"sop {name} mask"))
    write_rtstruct(
        target,
        series,
        {"GTV-1": gtv, "gtv1 ": rest},
        name=f"{name} mask",
        points={"Isocenter": (2, 10.0, 10.0)},
        shift=shift,
        references=references,
    )
    truths: list[Segment] = [("GTV-1", "gtv", first), ("gtv1", "gtv", second)]
    return series, None if lost else truths[:1] if variant == "contour_off_grid" else truths


def _sagittal(layout: _Layout, variant: str) -> Series:
    """An MR that nobody annotated."""
    pixels = np.stack([grey(f"tcia mr {z}", 20, 26, 1200, np.uint16) for z in range(3)])
    return write_series(
        layout.folder("PL-002", "tcia rt ct", "tcia mr", "MR"),
        pixels,
        name="tcia mr",
        patient_id="PL-002",
        study="tcia rt ct",
        modality="MR",
        description="t1 sag",
        orientation=SAGITTAL,
        slice_spacing=4.0,
        slice_thickness=None,
        bits_stored=12,
        file_name=layout.name,
        frame="tcia mr",
        removed=None if variant == "stated_deidentified" else "YES",
    )


def _radiograph(layout: _Layout) -> Series:
    return write_series(
        layout.folder("PL-003", "tcia cr", "tcia cr", "CR"),
        grey("tcia cr", 30, 22, 1024, np.uint16)[None],
        name="tcia cr",
        patient_id="PL-003",
        modality="CR",
        bits_stored=10,
        monochrome1=True,
        file_name=layout.name,
    )


def _picture(series: Series) -> Row:
    """The row of a picture that is no slice of a volume."""
    columns = {
        "volume_id": None,
        "pixel_spacing": list(series.pixel_spacing),
        "orientation": None,
        "plane": None,
        "image_position": None,
        "rescale_slope": series.slope,
        "rescale_intercept": series.intercept,
        "modality": series.modality,
        "masks": [],
        "annotated_classes": [],
    }
    sop = series.sop_uids[0]
    return Row(sop, series.image[0], None, f"{series.uid}/{sop}.dcm", patient_id=series.patient_id, columns=columns)


def _resave(series: Series, change: Callable[[Dataset, int], None]) -> None:
    for index, path in enumerate(series.paths):
        header = dcmread(path)
        change(header, index)
        header.save_as(path, enforce_file_format=True)


def _spoil(
    layout: _Layout,
    variant: str,
    promise: Phantom,
    volumes: list[tuple[Series, list[Segment] | None]],
) -> list[Series]:
    """Changes files on disk as the variant says; returns the series that must not come out."""
    seg, rt, mr = (series for series, _ in volumes)
    lost = {
        "resampled_seg": [seg],
        "contour_between_slices": [rt],
    }.get(variant, [])
    broken: Series | None = None
    if variant == "missing_slice":
        rt.paths[1].unlink()
        broken = rt
    elif variant == "mixed_orientation":
        _resave(mr, lambda header, index: setattr(header, "ImageOrientationPatient", list(CORONAL)) if index == 1 else None)
        broken = mr
    elif variant == "two_echoes":
        for index, path in enumerate(mr.paths):
            header = dcmread(path)
            header.EchoTime = 9.0
            header.save_as(path, enforce_file_format=True)
            header.EchoTime, header.InstanceNumber = 90.0, 50 + index
            sop = UID(uid(f"second echo {index}"))
            header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = sop
            header.PixelData = bytes(reversed(header.PixelData))
            header.save_as(path.with_name(layout.name(50 + index, sop)), enforce_file_format=True)
        broken = mr
    elif variant == "differing_twins":
        header = dcmread(mr.paths[0])
        header.PixelData = bytes(reversed(header.PixelData))
        header.save_as(mr.paths[0].with_name("copy of 1-003.dcm"), enforce_file_format=True)
        broken = mr
    elif variant == "not_deidentified":
        _resave(mr, lambda header, _: setattr(header, "PatientIdentityRemoved", "NO"))
        broken = mr
    elif variant == "burned_in":
        _resave(mr, lambda header, _: setattr(header, "BurnedInAnnotation", "YES"))
        broken = mr
    elif variant == "wide_integers":

        def widen(header: Dataset, _: int) -> None:
            header.PixelData = (np.frombuffer(header.PixelData, np.uint16).astype(np.uint32) * 70000).tobytes()
            header.BitsAllocated, header.BitsStored, header.HighBit = 32, 32, 31

        _resave(mr, widen)
        broken = mr
    elif variant == "downloaded_twice":
        for path in mr.paths:
            twin = str(dcmread(path).SOPInstanceUID)
            write(layout.raw / "tciaDownload" / mr.uid / path.name, path.read_bytes())
            promise.duplicate.append(twin)
    elif variant == "not_dicom":
        write(mr.paths[0].with_name("1-777.dcm"), "<html>404 Not Found</html>")
        promise.rejected.append("1-777.dcm")
        broken = mr
    elif variant == "refused_nifti_masks":
        write(layout.raw / "masks" / "PL-001.nii.gz", b"\x1f\x8b\x08\x00" + bytes(40))
        for path in sorted(layout.raw.rglob("*.dcm")):
            if dcmread(path, stop_before_pixels=True).Modality in ("SEG", "RTSTRUCT"):
                path.unlink()
    if broken is not None:
        promise.rejected.append(broken.uid)
        lost = [*lost, broken]
    return lost


def _beside(layout: _Layout, variant: str, volumes: list[tuple[Series, list[Segment] | None]]) -> None:
    """What each tool leaves next to the series."""
    top = layout.raw / "manifest-1617826555824"
    if top.is_dir():
        lines = ["Series UID,Collection,3rd Party Analysis,Data Description URI,Subject ID,Study UID,Modality,File Location"]
        lines += [
            f"{s.uid},{COLLECTION},NO,https://doi.org/10.7937/phantom.2020.0001,{s.patient_id},{s.study_uid},{s.modality},."
            for s, _ in volumes
        ]
        write(top / "metadata.csv", "\r\n".join(lines) + "\r\n")
        write(top / "LICENSE", "Creative Commons Attribution 4.0 International\r\n")
        write(
            layout.raw / "phantom.tcia",
            "downloadServerUrl=https://nbia.cancerimagingarchive.net/nbia-download/servlet/DownloadServlet\n"
            "includeAnnotation=true\nnoOfrRetry=4\ndatabasketId=manifest-1617826555824.tcia\nmanifestVersion=3.0\n"
            "ListOfSeriesToDownload=\n" + "".join(f"{s.uid}\n" for s, _ in volumes),
        )
    if variant == "series_zips":
        for place in sorted((layout.raw / "tciaDownload").iterdir()):
            as_zip(place, place.with_name(place.name + ".zip"))
            for path in place.iterdir():
                path.unlink()
            place.rmdir()
