"""Cardiac cine MR: the SCMR consensus studies (images alone) and the Sunnybrook Cardiac Data (DICOM and contour files).

Sunnybrook: `SCD_IMAGES_0N/<PatientID>/CINESAX_<n>/IM-<nnnn>-<file number>.dcm`, `SCD_ManualContours/<OriginalID, two
digits>/contours-manual/IRCCI-expert/IM-0001-<file number>-{i,o,p1,p2}contour-manual.txt`, `scd_patientdata.csv`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import FileDataset

from tests.support.dicom import SECRETS, Series, ordered, write_series
from tests.support.kit import Array, Phantom, Row, rng, write

# Which editions may be published, by whoever read their terms: the facts must agree.
TIERS = {"sunnybrook": "open"}
ALIASES = ("sunnybrook",)

VARIANTS: dict[str, str] = {
    "clean": "sunnybrook as its owner packs it: two image folders, two cine series, resource forks, blank age and sex",
    "one-image-folder": "sunnybrook: SCD_DeidentifiedImages instead of the numbered folders, table with semicolons and BOM",
    "rehost": "sunnybrook: dicoms/, contourfiles/{i,o}-contours, link.csv; contours of a patient without images",
    "challenge-2009": "sunnybrook: the challenge folders of 2009 with their three sets",
    "no-table": "sunnybrook: contours and images, but no table that joins them: refused",
    "table-without-column": "sunnybrook: the table lacks OriginalID: refused",
    "table-repeated": "sunnybrook: the table names one PatientID twice, with different OriginalIDs",
    "missing-image": "sunnybrook: one contoured image is missing from its series",
    "contour-outside": "sunnybrook: a contour leaves the image",
    "contour-words": "sunnybrook: a contour file that is a web page",
    "contour-short": "sunnybrook: a contour of two points",
    "outer-only": "sunnybrook: an outer contour without the inner one",
    "crossed": "sunnybrook: an outer contour inside the inner one",
    "consensus": "SCMR: study folders with DICOM anywhere below, short-axis and long-axis cines, no contours",
    "consensus-own-contours": "SCMR: somebody's contour text files beside the images: not used",
}

HEIGHT, WIDTH = 44, 52
LOCATIONS, PHASES = 4, 5
AXES = (0.9659, 0.2588, 0.0, -0.1830, 0.6830, 0.7071)  # oblique, normal nearest to the third axis
EXPERT = "contours-manual/IRCCI-expert"


@dataclass
class Patient:
    """One study: who it is, and which frames have contours."""

    patient: str
    original: str
    sex: str
    age: str
    finding: str
    number: int  # of the image folder and of the series
    frames: dict[tuple[int, int], tuple[Array | None, Array | None]] = field(default_factory=dict)  # (slice, phase)
    papillary: dict[tuple[int, int], Array] = field(default_factory=dict)

    @property
    def padded(self) -> str:
        """The name of the contour folder."""
        head, tail = self.original.rsplit("-", 1)
        return f"{head}-{int(tail):02d}"


DIAGNOSES = {
    "Heart failure with infarct": "heart_failure_with_infarct",
    "Heart failure without infarct": "heart_failure_without_infarct",
    "Hypertrophy": "hypertrophy",
    "Normal": "normal",
}


def _oval(cy: int, cx: int, tall: int, wide: int, notch: bool = True) -> Array:
    """A filled stepped shape without symmetry."""
    y, x = np.mgrid[:HEIGHT, :WIDTH]
    shape = ((y - cy) / (tall + 0.3)) ** 2 + ((x - cx) / (wide + 0.3)) ** 2 <= 1
    if notch:
        shape &= ~((y < cy - tall + 2) & (x > cx))
    return np.asarray(shape)


def _outline(shape: Array) -> list[tuple[float, float]]:
    """The edge of a filled shape, (x, y) in steps of half a pixel along pixel borders; the centre of pixel 0 is 0.0.

    One coordinate of every point lies between pixel centres, so no rule for boundary pixels matters.
    """
    edges: dict[tuple[int, int], tuple[int, int]] = {}
    height, width = shape.shape
    for y, x in zip(*np.nonzero(shape), strict=True):
        y, x = int(y), int(x)
        if y == 0 or not shape[y - 1, x]:
            edges[x, y] = (x + 1, y)
        if x == width - 1 or not shape[y, x + 1]:
            edges[x + 1, y] = (x + 1, y + 1)
        if y == height - 1 or not shape[y + 1, x]:
            edges[x + 1, y + 1] = (x, y + 1)
        if x == 0 or not shape[y, x - 1]:
            edges[x, y + 1] = (x, y)
    at = start = min(edges)
    points: list[tuple[float, float]] = []
    while edges:
        to = edges.pop(at)
        points += [(at[0] - 0.5, at[1] - 0.5), ((at[0] + to[0]) / 2 - 0.5, (at[1] + to[1]) / 2 - 0.5)]
        at = to
        if at == start:
            break
    assert not edges, "the shape must be one piece without holes"
    return points


def _text(points: list[tuple[float, float]]) -> str:
    return "".join(f"{x:.2f} {y:.2f}\n" for x, y in points)


def _patients() -> list[Patient]:
    one = Patient("SCD0000101", "SC-HF-I-1", "Male", "53", "Heart failure with infarct", 1)
    one.frames = {
        (1, 0): (_oval(20, 24, 9, 7), _oval(20, 24, 13, 11)),
        (1, 3): (_oval(20, 24, 6, 5), None),
        (2, 0): (_oval(21, 25, 10, 8), _oval(21, 25, 14, 12)),
        (3, 3): (_oval(22, 27, 5, 4), None),
    }
    one.papillary[2, 0] = _oval(24, 27, 2, 1, notch=False)
    two = Patient("SCD0000701", "SC-HF-NI-11", "Female", "", "Heart failure without infarct", 2)
    two.frames = {
        (0, 1): (_oval(18, 30, 8, 9), _oval(18, 30, 12, 13)),
        (0, 4): (_oval(18, 30, 5, 6), _oval(18, 30, 9, 10)),
    }
    three = Patient("SCD0003701", "SC-HYP-3", "", "61", "Hypertrophy", 1)
    three.frames = {(2, 0): (_oval(23, 22, 7, 6), _oval(23, 22, 14, 10))}
    return [one, two, three]


def _file_number(location: int, phase: int) -> int:
    return location * PHASES + phase + 1


def _cine(folder: Path, patient: str, name: str, prefix: str, description: str, removed: int | None = None) -> Series:
    """One series of all slices and phases; the file number is the InstanceNumber. `prefix` `#` gives bare numbers."""
    count = LOCATIONS * PHASES
    pixels = rng(name).integers(0, 1200, (count, HEIGHT, WIDTH)).astype(np.int16)
    pixels[:, 12:30, 14:33] += 400
    trigger = [37.5 * (phase + 1) for phase in range(PHASES)]

    def edit(header: FileDataset, index: int) -> None:
        location, phase = divmod(index, PHASES)
        header.TriggerTime = trigger[phase]
        header.SliceLocation = round(-30.072 + 10.0 * location, 3)
        header.CardiacNumberOfImages = PHASES
        header.ScanningSequence, header.SequenceVariant, header.MRAcquisitionType = "GR", "SS", "2D"
        header.ImageType = ["ORIGINAL", "PRIMARY", "CARDIAC", "NONE"]

    def namer(number: int, sop: str) -> str:
        return f"{number}.dcm" if prefix == "#" else f"{prefix}-{number:04d}.dcm"

    series = write_series(
        folder,
        pixels,
        name=name,
        patient_id=patient,
        modality="MR",
        description=description,
        orientation=AXES,
        origin=(-40.0, -80.0, -30.0),
        pixel_spacing=(1.367188, 1.367188),
        slice_spacing=10.0,
        offsets=[10.0 * (index // PHASES) for index in range(count)],
        slice_thickness=8.0,
        removed=None,
        instance_order=list(range(1, count + 1)),
        file_name=namer,
        edit=edit,
    )
    if removed is not None:
        series.paths[removed - 1].unlink()
    return series


def _row(series: Series, patient: Patient, location: int, phase: int, image_id: str) -> Row:
    """The row of one frame.

    ASSUMED: `slice_index` counts slice locations from the lowest, `phase_index` trigger times in a slice.
    """
    index = location * PHASES + phase
    values: dict[str, Any] = {
        "slice_index": location,
        "num_slices": LOCATIONS,
        "phase_index": phase,
        "num_phases": PHASES,
        "pixel_spacing": [1.367188, 1.367188],
        "slice_thickness": 8.0,
        "image_position": list(series.positions[index]),
        "image_orientation": list(AXES),
        "rescale_slope": series.slope,
        "rescale_intercept": series.intercept,
    }
    mask = None
    if (location, phase) in patient.frames:
        inner, outer = patient.frames[location, phase]
        assert inner is not None
        mask = inner.astype(np.uint8)
        if outer is not None:
            mask[outer & ~inner] = 2
        values["annotated_classes"] = ["lv_cavity"] if outer is None else ["lv_cavity", "myocardium"]
        drawn = {p: shapes[0] for (at, p), shapes in patient.frames.items() if at == location}
        areas = {p: int(shape.sum()) for p, shape in drawn.items() if shape is not None}
        if len(areas) > 1:
            values["phase_label"] = "ed" if areas[phase] == max(areas.values()) else "es"
        else:
            values["phase_label"] = None  # one phase is drawn: nothing to compare with
        if (location, phase) in patient.papillary:
            # ASSUMED: the papillary contours are columns of their own and stay part of the cavity in `mask`.
            values["mask_papillary_1"] = patient.papillary[location, phase].astype(np.uint8)
    source = f"{series.uid}/{series.sop_uids[index]}.dcm"
    return Row(image_id, series.image[index], mask, source, patient_id=patient.patient, columns=values)


def _clinical(patient: Patient) -> dict[str, Any]:
    return {
        "original_id": patient.original,
        "sex": {"Male": "male", "Female": "female"}.get(patient.sex),
        "age": float(patient.age) if patient.age else None,
        "diagnosis": DIAGNOSES[patient.finding],
    }


def _contours(folder: Path, patient: Patient, split: bool = False) -> None:
    """The contour files of a patient in one folder, or inner and outer ones apart."""
    for (location, phase), shapes in patient.frames.items():
        stem = f"IM-0001-{_file_number(location, phase):04d}"
        for letter, shape in zip("io", shapes, strict=True):
            if shape is not None:
                home = folder / f"{letter}-contours" if split else folder
                write(home / f"{stem}-{letter}contour-manual.txt", _text(_outline(shape)))
    if not split:
        for (location, phase), shape in patient.papillary.items():
            name = f"IM-0001-{_file_number(location, phase):04d}-p1contour-manual.txt"
            write(folder / name, _text(_outline(shape)))


def _table(patients: list[Patient], separator: str = ",", drop: int | None = None) -> str:
    head = ["PatientID", "OriginalID", "Gender", "Age", "PathologyID", "Pathology"]
    lines = [head]
    for p in patients:
        code = str(list(DIAGNOSES).index(p.finding) + 1)
        lines.append([p.patient, p.original, p.sex, p.age, code, p.finding])
    if drop is not None:
        lines = [line[:drop] + line[drop + 1 :] for line in lines]
    return "".join(separator.join(line) + "\r\n" for line in lines)


def _owner(folder: Path, variant: str) -> Phantom:
    """The owner's layout and what can go wrong in it. The edited frame is always slice 1, phase 3 of the first patient."""
    patients = _patients()
    lost = _file_number(1, 3)
    promise = Phantom(folder, [], edition="sunnybrook", secrets=SECRETS)
    for patient in patients:
        home = folder / f"SCD_IMAGES_0{patient.number}" / patient.patient
        if variant == "one-image-folder":
            home = folder / "SCD_DeidentifiedImages" / patient.patient
        first = patient is patients[0]
        gap = lost if first and variant == "missing-image" else None
        cine = f"CINESAX_{4 + patient.number}"
        series = _cine(home / cine, patient.patient, f"scd {patient.patient}", "IM-0003", "CineSAX", gap)
        expert = folder / "SCD_ManualContours" / patient.padded / EXPERT
        _contours(expert, patient)
        for location, phase in patient.frames:
            if first and (location, phase) == (1, 3) and variant in REJECTING:
                continue
            number = _file_number(location, phase)
            row = _row(series, patient, location, phase, f"{patient.patient}_IM-0003-{number:04d}")
            row.columns |= _clinical(patient)
            if gap is not None:
                row.columns |= dict.fromkeys(("slice_index", "num_slices", "phase_index", "num_phases"))  # the cine is not whole
            if first and location == 1 and variant in REJECTING:
                del row.columns["phase_label"]  # what it is compared with was rejected
            promise.rows.append(row)
        # ASSUMED: frames without contours give no rows; they are listed.
        used = {location * PHASES + phase for location, phase in patient.frames}
        promise.not_used += [sop for index, sop in enumerate(series.sop_uids) if index not in used]
        if variant == "clean":
            promise.not_used += _beside(home, patient, first)
    _broken_contour(folder, patients[0], variant, promise)
    if variant == "clean":
        write(folder / "SCD_ManualContours" / "README.txt", "Contours by one expert, confirmed by a second.\r\n")
        write(folder / "SCD_ManualContours" / "CC0_License.htm", "<html>CC0 1.0 Universal</html>")
        fork = folder / "__MACOSX" / "SCD_ManualContours" / patients[0].padded / EXPERT
        write(fork / f"._IM-0001-{lost:04d}-icontour-manual.txt", b"\x00\x05\x16\x07" + bytes(20))
    if variant == "one-image-folder":
        write(folder / "scd_patientdata.csv", b"\xef\xbb\xbf" + _table(patients, ";").encode())
    elif variant == "table-without-column":
        write(folder / "scd_patientdata.csv", _table(patients, drop=1))
    elif variant == "table-repeated":
        wrong = Patient("SCD0000701", "SC-HYP-3", "Female", "", "Hypertrophy", 2)
        write(folder / "scd_patientdata.csv", _table([*patients, wrong]))
    elif variant != "no-table":
        write(folder / "scd_patientdata.csv", _table(patients))
    if variant in ("no-table", "table-without-column"):
        # Without the join nothing can be paired.
        return Phantom(folder, [], edition="sunnybrook", refused=True)
    if variant == "table-repeated":
        # ASSUMED: both the patient named twice and the study claimed twice are rejected.
        promise.rows = [row for row in promise.rows if row.patient_id == "SCD0000101"]
        promise.not_used, promise.rejected = [], ["scd_patientdata.csv"]
    promise.rows = ordered(promise.rows)
    return promise


REJECTING = ("missing-image", "contour-outside", "contour-words", "contour-short", "outer-only", "crossed")


def _beside(home: Path, patient: Patient, first: bool) -> list[str]:
    """What lies beside the contoured series: a long-axis cine, and for one patient another short-axis one."""
    other = _cine(home / "CINELAX_300", patient.patient, f"scd lax {patient.patient}", "IM-0004", "CINELAX")
    listed = list(other.sop_uids)
    if first:
        # A second short-axis series, whose file numbers do not cover the contours' numbers.
        short = _cine(home / "CINESAX_12", patient.patient, f"scd again {patient.patient}", "IM-0009", "CINESAX")
        for index, path in enumerate(short.paths):
            if index >= PHASES:
                path.unlink()
        listed += short.sop_uids[:PHASES]
    return listed


def _broken_contour(folder: Path, patient: Patient, variant: str, promise: Phantom) -> None:
    """Damages the inner contour of slice 1, phase 3."""
    stem = f"IM-0001-{_file_number(1, 3):04d}"
    expert = folder / "SCD_ManualContours" / patient.padded / EXPERT
    inner, outer = expert / f"{stem}-icontour-manual.txt", expert / f"{stem}-ocontour-manual.txt"
    points = _outline(_oval(20, 24, 6, 5))
    if variant == "contour-outside":
        write(inner, _text([(x + 40.0, y) for x, y in points]))
    elif variant == "contour-words":
        write(inner, "<!DOCTYPE html>\n<html>gone</html>\n")
    elif variant == "contour-short":
        write(inner, "20.50 21.00\n22.50 24.00\n")
    elif variant == "outer-only":
        inner.rename(outer)
    elif variant == "crossed":
        write(outer, _text(_outline(_oval(20, 24, 3, 2))))
    if variant in REJECTING:
        promise.rejected.append(outer.name if variant == "crossed" else inner.name)


def _rehost(folder: Path) -> Phantom:
    """`dicoms/<PatientID>/<n>.dcm`, `contourfiles/<OriginalID>/{i,o}-contours/`, `link.csv`: no clinical columns."""
    patients = _patients()
    promise = Phantom(folder, [], edition="sunnybrook", secrets=SECRETS)
    lines = ["patient_id,original_id\n"]
    for patient in patients:
        lines.append(f"{patient.patient},{patient.original}\n")
        patient.papillary = {}
        contours = folder / "contourfiles" / patient.original
        _contours(contours, patient, split=True)
        if patient is patients[1]:
            # Contours without any image of the patient: fewer files than published.
            promise.not_used += [path.name for path in sorted(contours.rglob("*.txt"))]
            continue
        home = folder / "dicoms" / patient.patient
        series = _cine(home, patient.patient, f"rehost {patient.patient}", "#", "")
        kept = {_file_number(*frame) for frame in patient.frames} | {_file_number(*k) for k in [(0, 0), (0, 1), (3, 0)]}
        for index, path in enumerate(series.paths):
            if index + 1 not in kept:
                path.unlink()
        spare = [(0, 0), (0, 1), (3, 0)]
        promise.not_used += [series.sop_uids[at * PHASES + phase] for at, phase in spare]
        for location, phase in patient.frames:
            number = _file_number(location, phase)
            row = _row(series, patient, location, phase, f"{patient.patient}_{number}")
            for name in ("slice_index", "num_slices", "phase_index", "num_phases"):
                del row.columns[name]  # they count what is there, and most frames are not
            row.columns["original_id"] = patient.original
            promise.rows.append(row)
    write(folder / "link.csv", "".join(lines))
    promise.rows = ordered(promise.rows)
    return promise


def _challenge(folder: Path) -> Phantom:
    """The folders of 2009.

    ASSUMED: its three sets are official splits (`train`, `validation`, `online`); patients are known by OriginalID alone.
    """
    sets = {"training": "train", "validation": "validation", "online": "online"}
    numbers = {"training": 3, "validation": 2, "online": 1}
    promise = Phantom(folder, [], edition="sunnybrook-2009", secrets=SECRETS)
    for (name, split), patient in zip(sets.items(), _patients(), strict=True):
        patient.patient = patient.original
        series = _cine(folder / f"challenge_{name}" / patient.original, patient.original, f"ch {name}", "IM-0001", "CINESAX")
        box = folder / f"Sunnybrook Cardiac MR Database ContoursPart{numbers[name]}" / f"{name.title()}DataContours"
        _contours(box / patient.original / EXPERT, patient)
        used = {location * PHASES + phase for location, phase in patient.frames}
        promise.not_used += [sop for index, sop in enumerate(series.sop_uids) if index not in used]
        for location, phase in patient.frames:
            number = _file_number(location, phase)
            row = _row(series, patient, location, phase, f"{patient.original}_IM-0001-{number:04d}")
            row.split = split
            row.columns["original_id"] = patient.original
            promise.rows.append(row)
    order = list(sets.values())
    promise.rows = [row for split in order for row in ordered([r for r in promise.rows if r.split == split])]
    return promise


def _consensus(folder: Path, variant: str) -> Phantom:
    """Study folders with DICOM anywhere below.

    ASSUMED: PatientID names the study, short-axis cines are told by SeriesDescription, every frame is a row named by its UID (what
    the files are called is not known).
    """
    promise = Phantom(folder, [], edition="consensus", secrets=SECRETS)
    for number, deep in ((1, "SAX"), (2, "DICOM/series 4/images")):
        study = f"SCMR000{number}"
        home = folder / "SCMR Consensus" / study
        series = _cine(home / deep, study, f"scmr {study}", "IM-0001", ("SAX cine", "cine SAX SSFP")[number - 1])
        empty = Patient(study, study, "", "", "Normal", number)
        for index, sop in enumerate(series.sop_uids):
            promise.rows.append(_row(series, empty, *divmod(index, PHASES), f"{study}_{sop}"))
        lax = _cine(home / "LAX", study, f"scmr lax {study}", "IM-0007", "LAX 4 chamber cine")
        promise.not_used += lax.sop_uids
        if variant == "consensus-own-contours":
            some = write(home / "contours" / f"{study}_ED_endo.txt", _text(_outline(_oval(20, 24, 9, 7))))
            promise.not_used.append(some.name)
    promise.rows = ordered(promise.rows)
    return promise


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns what must come out of it."""
    if variant not in VARIANTS:
        raise ValueError(variant)
    if variant == "rehost":
        return _rehost(folder)
    if variant == "challenge-2009":
        return _challenge(folder)
    if variant.startswith("consensus"):
        return _consensus(folder, variant)
    return _owner(folder, variant)
