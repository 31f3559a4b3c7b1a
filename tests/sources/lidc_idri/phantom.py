"""LIDC-IDRI as the NBIA Data Retriever leaves it: CT series with one XML of four readings each, chest radiographs beside.

Variants hold it in the retriever's older and classic naming, as tcia_utils or IDC lay it out, and with the XML as a part of its own.
A variant whose name starts with `refused_` must be refused as a whole.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from pydicom.uid import UID

from tests.support.dicom import SECRETS, Series, ordered, uid, write_series
from tests.support.kit import Array, Phantom, Row, grey, save_jpeg, write

# Which editions may be published, by whoever read their terms: the facts must agree.
TIERS = {"": "open"}

VARIANTS: dict[str, str] = {
    "clean": "retriever's descriptive names: XML beside the slices, a radiograph study with its own XML, a patient with two CTs",
    "older_retriever": "LIDC-IDRI-0001/01-01-2000-30178/3000566-03192/000001.dcm",
    "classic": "<StudyInstanceUID>/<SeriesInstanceUID>/000000.dcm",
    "tcia_utils": "<SeriesInstanceUID>/1-001.dcm, XML in tcia-lidc-xml/ under the same RAW",
    "idc": "<patient>/<study>/CT_<series>/<uuid>.dcm, XML as a part given by path",
    "corrected_xml": "161-resubmitted-correction-3-9-12.xml replaces 161.xml of the same series",
    "close_nodules": "two nodules closer than a slice is thick, eight outlines: two nodules all the same",
    "idle_reader": "the first reader outlined nothing: an empty mask, not a missing one",
    "uneven_gaps": "one distance between slices differs: real positions, measured spacing is the median; no volume",
    "duplicate_positions": "two slices at one position with equal pixels: the one with the higher InstanceNumber is listed",
    "differing_positions": "two slices at one position with different pixels: the series is rejected",
    "missing_reading": "one series has no XML while the others have: rejected",
    "foreign_slice": "an outline refers to a slice that is not on disk: rejected",
    "damaged_xml": "an XML breaks off in the middle: its series is rejected",
    "truncated_slice": "a DICOM file is cut off: its series is rejected",
    "two_readings": "two differing XML files claim one series, neither named a correction: rejected",
    "refused_no_xml": "DICOM alone, no XML anywhere: the missing part stops the conversion",
    "refused_jpeg_copy": "a windowed JPEG re-host: not this source",
}

RATINGS = (
    "subtlety",
    "internalStructure",
    "calcification",
    "sphericity",
    "margin",
    "lobulation",
    "spiculation",
    "texture",
    "malignancy",
)
READER_ID = "540467731"
HEIGHT, WIDTH = 40, 36
Point = tuple[int, int]


@dataclass
class Drawing:
    """What one reader drew of one nodule: outlines by slice, holes by slice, lone points by slice."""

    nodule: int  # 1.. in the truth
    ratings: tuple[int, ...]
    outlines: dict[int, list[Point]]
    holes: dict[int, list[Point]] = field(default_factory=dict)
    stray: dict[int, Point] = field(default_factory=dict)
    closed: bool = True

    def truth(self, count: int) -> Array:
        """The nodule as this reader sees it: (slices, rows, columns), bool."""
        found = np.zeros((count, HEIGHT, WIDTH), bool)
        for index, points in self.outlines.items():
            found[index] = inside(points)[0]
        for index, points in self.holes.items():
            hole, line = inside(points)
            found[index] &= ~(hole | line)  # a hole takes its own outline along
        return found


def trace(corners: list[Point]) -> list[Point]:
    """Every pixel on the closed line through the corners, (x, y), steps of one pixel."""
    points: list[Point] = []
    for (x0, y0), (x1, y1) in zip(corners, corners[1:] + corners[:1], strict=True):
        steps = max(abs(x1 - x0), abs(y1 - y0))
        for step in range(steps):
            points.append((x0 + round((x1 - x0) * step / steps), y0 + round((y1 - y0) * step / steps)))
    return points


def inside(points: list[Point]) -> tuple[Array, Array]:
    """Pixels enclosed by a closed outline, and the outline: what no 4-connected walk from the border reaches."""
    line = np.zeros((HEIGHT, WIDTH), bool)
    for x, y in points:
        line[y, x] = True
    reached = np.zeros((HEIGHT + 2, WIDTH + 2), bool)
    wall = np.pad(line, 1)
    queue = deque([(0, 0)])
    reached[0, 0] = True
    while queue:
        y, x = queue.popleft()
        for ny, nx in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if 0 <= ny < HEIGHT + 2 and 0 <= nx < WIDTH + 2 and not wall[ny, nx] and not reached[ny, nx]:
                reached[ny, nx] = True
                queue.append((ny, nx))
    return ~reached[1:-1, 1:-1] & ~line, line


def blob(cx: int, cy: int, size: int, lean: int = 0) -> list[Point]:
    """A lopsided outline around a centre."""
    corners = [
        (cx - size, cy - 1),
        (cx - 1, cy - size),
        (cx + size - 1 + lean, cy - size + 2),
        (cx + size - 2, cy + 2 + lean),
        (cx + 1, cy + size),
    ]
    return trace(corners)


def _point(tag: str, point: Point) -> str:
    return f"<{tag}>\n<xCoord>{point[0]}</xCoord>\n<yCoord>{point[1]}</yCoord>\n</{tag}>\n"


def _roi(series: Series, index: int, points: list[Point], inclusion: bool = True, sop: str | None = None) -> str:
    edges = "".join(_point("edgeMap", point) for point in points)
    return (
        f"<roi>\n<imageZposition>{series.positions[index][2]:.6f} </imageZposition>\n"
        f"<imageSOP_UID>{sop or series.sop_uids[index]}</imageSOP_UID>\n"
        f"<inclusion>{'TRUE' if inclusion else 'FALSE'}</inclusion>\n{edges}</roi>\n"
    )


def _drawn(series: Series, number: int, drawing: Drawing) -> str:
    parts = [f"<unblindedReadNodule>\n<noduleID>Nodule {number:03d}</noduleID>\n<characteristics>\n"]
    parts += [f"<{name}>{value}</{name}>\n" for name, value in zip(RATINGS, drawing.ratings, strict=True)]
    parts.append("</characteristics>\n")
    for index, points in drawing.outlines.items():
        parts.append(_roi(series, index, [*points, points[0]] if drawing.closed else points))
    parts += [_roi(series, index, [*points, points[0]], False) for index, points in drawing.holes.items()]
    parts += [_roi(series, index, [point]) for index, point in drawing.stray.items()]
    return "".join([*parts, "</unblindedReadNodule>\n"])


def _small(series: Series, number: int, index: int, point: Point, block: str = "") -> str:
    """A nodule under 3 mm: its centre alone, sometimes with an empty block of ratings."""
    return f"<unblindedReadNodule>\n<noduleID>{number}</noduleID>\n{block}{_roi(series, index, [point])}</unblindedReadNodule>\n"


def reading(series: Series, sessions: list[list[Drawing]], *, small: bool = True, extra: str = "") -> str:
    """The XML of one CT series."""
    body = []
    zeros = "<characteristics>\n" + "".join(f"<{name}>0</{name}>\n" for name in RATINGS) + "</characteristics>\n"
    blanks = "<characteristics>\n" + "".join(f"<{name}></{name}>\n" for name in RATINGS) + "</characteristics>\n"
    last = len(series.sop_uids) - 1
    for number, drawings in enumerate(sessions):
        session = ["<readingSession>\n<annotationVersion>3.12</annotationVersion>\n"]
        session.append(f"<servicingRadiologistID>{READER_ID}</servicingRadiologistID>\n")
        session += [_drawn(series, n + 1, drawing) for n, drawing in enumerate(drawings)]
        if small:
            session.append(_small(series, 5660 + number, 0, (3 + number, 30)))
            session.append(_small(series, 5670 + number, last, (30, 4), (zeros, blanks, "", "")[number]))
            session.append(
                f"<nonNodule>\n<nonNoduleID>_Non-nodule 001</nonNoduleID>\n"
                f"<imageZposition>{series.positions[0][2]:.6f} </imageZposition>\n"
                f"<imageSOP_UID>{series.sop_uids[0]}</imageSOP_UID>\n{_point('locus', (5, 6))}</nonNodule>\n"
            )
        if number == 0:
            session.append(extra)
        body.append("".join([*session, "</readingSession>\n"]))
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<LidcReadMessage uid="{uid("message " + series.uid)}.0" xmlns="http://www.nih.gov"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.nih.gov '
        ' http://troll.rad.med.umich.edu/lidc/LidcReadMessage.xsd">\n<ResponseHeader>\n<Version>1.8.1</Version>\n'
        "<MessageId>-421198203</MessageId>\n<DateRequest>2007-11-01</DateRequest>\n<TimeRequest>12:30:44</TimeRequest>\n"
        "<RequestingSite>removed</RequestingSite>\n<ServicingSite>removed</ServicingSite>\n"
        "<TaskDescription>Second unblinded read</TaskDescription>\n<CtImageFile>removed</CtImageFile>\n"
        f"<SeriesInstanceUid>{series.uid}</SeriesInstanceUid>\n<DateService>2008-08-18</DateService>\n"
        "<TimeService>02:05:51</TimeService>\n<ResponseDescription>1 - Reading complete</ResponseDescription>\n"
        f"<StudyInstanceUID>{series.study_uid}</StudyInstanceUID></ResponseHeader>\n" + "".join(body) + "</LidcReadMessage>\n"
    )


def radiograph_reading(series: Series, ct: Series) -> str:
    """The XML of a chest radiograph: another root, another namespace, centres only."""
    sessions = "".join(
        "<CXRreadingSession>\n<servicingRadiologistID>anonymous</servicingRadiologistID>\n<unblindedRead>\n"
        "<noduleID>Nodule 001</noduleID>\n<characteristics>\n<confidence>3</confidence>\n<subtlety>5</subtlety>\n"
        "<obscuration>2</obscuration>\n<reason>1</reason>\n</characteristics>\n<roi>\n"
        f"<imageSOP_UID>{series.sop_uids[0]}</imageSOP_UID>\n{_point('edgeMap', (12 + n, 9))}</roi>\n"
        "</unblindedRead>\n</CXRreadingSession>\n"
        for n in range(4)
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<IdriReadMessage uid="{uid("message " + series.uid)}.0" xmlns="http://www.nih.gov/idri"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://www.nih.gov/idri '
        ' http://troll.rad.med.umich.edu/idri/IdriReadMessage.xsd">\n<ResponseHeader>\n<Version>1.4</Version>\n'
        f"<CTSeriesInstanceUid>{ct.uid}</CTSeriesInstanceUid>\n<CXRSeriesInstanceUid>{series.uid}</CXRSeriesInstanceUid>\n"
        "<Modality>CXR</Modality>\n<ResponseComments></ResponseComments>\n"
        f"<StudyInstanceUID>{series.study_uid}</StudyInstanceUID><SeriesInstanceUID>{series.uid}</SeriesInstanceUID>"
        f"</ResponseHeader>\n{sessions}</IdriReadMessage>"
    )


@dataclass
class Scan:
    """One CT series and its readings."""

    series: Series
    folder: Path
    sessions: list[list[Drawing]]
    number: str  # of its XML file

    def rows(self) -> tuple[list[Row], Row]:
        """Expected rows of `slices`, and the one of `volumes`."""
        count = len(self.series.sop_uids)
        # ASSUMED: one mask for every reading session, in the order of the XML, all zero where the reader drew nothing.
        readers = np.zeros((len(self.sessions), count, HEIGHT, WIDTH), np.uint8)
        drawn: dict[int, list[tuple[Drawing, Array]]] = {}
        for reader, drawings in enumerate(self.sessions):
            for drawing in drawings:
                truth = drawing.truth(count)
                readers[reader] |= truth.astype(np.uint8)
                drawn.setdefault(drawing.nodule, []).append((drawing, truth))
        # ASSUMED: nodules are numbered by their first appearance in the XML (here the same as by lowest slice).
        instances = np.zeros((count, HEIGHT, WIDTH), np.uint16)
        for number in sorted(drawn):
            agreed = np.mean([truth for _, truth in drawn[number]], axis=0) >= 0.5
            instances[agreed] = number
        mask = (instances > 0).astype(np.uint8)

        def columns(index: int) -> dict[str, Any]:
            # ASSUMED: `nodules` lists the nodules that any reader outlined in this slice; further keys are not checked.
            here = [n for n in sorted(drawn) if any(index in drawing.outlines for drawing, _ in drawn[n])]
            nodules = [
                {
                    "nodule_id": n,
                    "n_readers": len(drawn[n]),
                    **{name: [d.ratings[i] for d, _ in drawn[n]] for i, name in enumerate(_snake())},
                }
                for n in here
            ]
            return {
                "masks": [readers[reader, index] for reader in range(len(self.sessions))],
                "mask_names": [f"reader_{reader + 1}" for reader in range(len(self.sessions))],
                "instances": instances[index],
                "nodules": nodules,
            }

        return self.series.rows(mask, columns=columns), self.series.volume(mask)


def _snake() -> list[str]:
    """The ratings as columns are named."""
    return [name.replace("S", "_s") for name in RATINGS]


def _rates(key: int) -> tuple[int, ...]:
    return tuple(1 + (key * 7 + i * 3) % (4 if i == 1 else 6 if i == 2 else 5) for i in range(len(RATINGS)))


def _full_sessions() -> list[list[Drawing]]:
    """Three nodules: drawn by four readers (one with a hole), by two, by one."""
    sessions: list[list[Drawing]] = []
    for reader in range(4):
        size = 6 + reader % 2
        first = Drawing(1, _rates(reader), {z: blob(11 + (reader == 2), 11, size - (z == 3), reader) for z in (1, 2, 3)})
        if reader == 1:
            first.holes = {2: trace([(9, 10), (12, 9), (13, 12), (10, 13)])}
            first.stray = {2: (11, 15), 4: (12, 12)}  # lone points: marks by accident
            first.closed = False
        drawings = [first]
        if reader in (0, 2):
            drawings.append(Drawing(2, _rates(reader + 9), {z: blob(25, 28 + reader // 2, 5) for z in (3, 4)}))
        if reader == 3:
            drawings.append(Drawing(3, _rates(20), {5: blob(9, 27, 5, 1)}))
        sessions.append(drawings)
    return sessions


def _close_sessions() -> list[list[Drawing]]:
    """Two nodules a pixel or two apart, each drawn by all four readers."""
    left = trace([(6, 12), (10, 7), (14, 8), (14, 16), (9, 18)])
    right = trace([(17, 8), (22, 7), (25, 12), (22, 17), (17, 16)])
    return [[Drawing(1, _rates(r), {1: left, 2: left}), Drawing(2, _rates(r + 4), {1: right})] for r in range(4)]


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the variant below `folder`."""
    if variant not in VARIANTS:
        raise KeyError(variant)
    raw = folder / "raw"
    if variant == "refused_jpeg_copy":
        for patient in ("LIDC-IDRI-0001", "LIDC-IDRI-0005"):
            for index in range(2):
                save_jpeg(raw / "lidc" / patient / f"slice_{index}.jpg", grey(f"copy {patient} {index}", HEIGHT, WIDTH))
        return Phantom(raw, [], refused=True)
    apart = variant in ("tcia_utils", "idc", "corrected_xml", "two_readings")
    scans = _scans(raw, variant)
    radiograph = _radiograph(raw, variant, scans[0].series)
    secrets = [*SECRETS, READER_ID]
    promise = Phantom(raw, [], secrets=secrets, not_used=[radiograph[0].uid, "068.xml"])
    readings = folder / "readings" if variant == "idc" else raw
    table = readings / "tcia-lidc-xml"
    if variant == "idc":
        promise.parts = {"xml": readings}
    lost: list[Series] = []
    for number, scan in enumerate(scans):
        extra = ""
        if number == 0 and variant == "foreign_slice":
            gone = uid("a slice that is not there")
            extra = (
                "<unblindedReadNodule>\n<noduleID>77</noduleID>\n<characteristics>\n"
                + "".join(f"<{name}>3</{name}>\n" for name in RATINGS)
                + f"</characteristics>\n{_roi(scan.series, 1, blob(11, 28, 5), sop=gone)}</unblindedReadNodule>\n"
            )
            lost.append(scan.series)
        text = reading(scan.series, scan.sessions, small=variant != "close_nodules", extra=extra)
        target = (table / ("157" if number % 2 else "185") if apart else scan.folder) / f"{scan.number}.xml"
        if number == 0 and variant == "missing_reading":
            lost.append(scan.series)
            continue
        if variant == "refused_no_xml":
            continue
        if number == 0 and variant == "damaged_xml":
            text = text[: len(text) // 2]
            lost.append(scan.series)
            promise.rejected.append(target.name)
        if number == 1 and variant in ("corrected_xml", "two_readings"):
            other = [[Drawing(1, _rates(2), {0: blob(12, 20, 7, 2)})], [], [], []]
            target = table / "157" / "161.xml"
            write(target, reading(scan.series, other))
            if variant == "two_readings":
                lost.append(scan.series)
                target = table / "157" / "162.xml"
            else:
                promise.known.append("161.xml")
                target = table / "161-resubmitted-correction-3-9-12.xml"
        write(target, text)
    if variant != "refused_no_xml":
        write(
            table / "185" / "068.xml" if apart else radiograph[1] / "068.xml",
            radiograph_reading(radiograph[0], scans[0].series),
        )
    _break(scans, variant, promise, lost)
    rows, volumes = [], []
    for scan in scans:
        if scan.series in lost:
            if variant != "damaged_xml":
                promise.rejected.append(scan.series.uid)
            continue
        slices, volume = scan.rows()
        rows += slices
        volumes.append(volume)
    if variant == "refused_no_xml":
        return Phantom(raw, [], secrets=SECRETS, refused=True)
    promise.rows = ordered(rows)
    promise.configs = {"volumes": ordered(volumes)}
    if variant == "uneven_gaps":
        uneven = scans[0].series.uid  # every slice says where it lies; one affine for all cannot
        promise.rejected.append(uneven)
        promise.configs = {"volumes": [row for row in promise.configs["volumes"] if row.image_id != uneven]}
    return promise


def _place(raw: Path, variant: str, patient: str, study: str, series: str, modality: str) -> Path:
    """The folder of a series in the variant's naming."""
    study_uid, series_uid = uid(f"study {study}"), uid(f"series {series}")
    tail = series_uid[-5:]
    if variant == "older_retriever":
        return raw / "DOI" / "LIDC-IDRI" / patient / f"01-01-2000-{study_uid[-5:]}" / f"3000566-{tail}"
    if variant == "classic":
        return raw / "manifest-1600709154662" / "LIDC-IDRI" / patient / study_uid / series_uid
    if variant == "tcia_utils":
        return raw / "tciaDownload" / series_uid
    if variant == "idc":
        return raw / "lidc_idri" / patient / study_uid / f"{modality}_{series_uid}"
    top = raw / "manifest-1600709154662" / "LIDC-IDRI" / patient
    return top / f"01-01-2000-NA-NA-{study_uid[-5:]}" / f"3000566.000000-NA-{tail}"


def _namer(variant: str) -> Any:
    if variant in ("older_retriever", "classic"):
        return lambda n, sop: f"{n:06d}.dcm"
    if variant == "idc":
        return lambda n, sop: f"{sop[-8:]}-4f6c-4b7e-9d55-{sop[-12:]}.dcm"
    return lambda n, sop: f"1-{n:03d}.dcm"


def _scans(raw: Path, variant: str) -> list[Scan]:
    """Four CT series of three patients."""
    wanted: list[tuple[str, str, str, int, list[list[Drawing]]]] = [
        ("LIDC-IDRI-0001", "lidc 1", "069", 6, _close_sessions() if variant == "close_nodules" else _full_sessions()),
        ("LIDC-IDRI-0005", "lidc 5", "076", 3, [[], [], [], []]),
        ("LIDC-IDRI-0132", "lidc 132 a", "158", 3, [[Drawing(1, _rates(5), {1: blob(20, 22, 7, 2)})], [], [], []]),
        ("LIDC-IDRI-0132", "lidc 132 b", "159", 2, [[], [], [], []]),
    ]
    if variant == "idle_reader":
        wanted[0] = (*wanted[0][:4], [[], *_full_sessions()[:3]])
    scans = []
    for patient, name, number, count, sessions in wanted:
        where = _place(raw, variant, patient, name, name, "CT")
        noise = np.stack([grey(f"{name} {z}", HEIGHT, WIDTH, 4096, np.int32) for z in range(count)])
        options: dict[str, Any] = {"intercept": -1024.0}
        if patient == "LIDC-IDRI-0001":
            pixels = noise.astype(np.uint16)
            options |= {"bits_stored": 12}
        else:
            pixels = (noise - 1024).astype(np.int16)
            pixels[:, :4, :5] = -2000  # outside the reconstruction circle
            options["intercept"] = 0.0 if name == "lidc 5" else -1024.0
        if variant == "uneven_gaps" and count == 6:
            options["offsets"] = [0.0, 2.5, 5.0, 7.5, 12.5, 15.0]
        if name == "lidc 132 b":
            options |= {"slice_thickness": 1.25, "slice_spacing": 1.25}
        series = write_series(
            where,
            pixels,
            name=name,
            patient_id=patient,
            study=name,
            number=3000566,
            file_name=_namer(variant),
            **options,
        )
        scans.append(Scan(series, where, sessions, number))
    top = raw / "manifest-1600709154662"
    if top.is_dir():
        write(top / "metadata.csv", "Series UID,Collection,Modality,Number of Images\r\n")
        write(top / "LICENSE", "Creative Commons Attribution 3.0 Unported\r\n")
    return scans


def _radiograph(raw: Path, variant: str, ct: Series) -> tuple[Series, Path]:
    """A chest radiograph study of the first patient."""
    where = _place(raw, variant, ct.patient_id, "lidc dx", "lidc dx", "DX")
    pixels = grey("lidc dx", HEIGHT, WIDTH, 1024, np.uint16)[None]
    series = write_series(
        where,
        pixels,
        name="lidc dx",
        patient_id=ct.patient_id,
        study="lidc dx",
        modality="DX",
        file_name=_namer(variant),
    )
    return series, where


def _break(scans: list[Scan], variant: str, promise: Phantom, lost: list[Series]) -> None:
    """Spoils the files on disk as the variant says."""
    first = scans[0].series
    if variant in ("duplicate_positions", "differing_positions"):
        header = first.headers[2].copy()
        twin = UID(uid("a second slice at one position"))
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = twin
        header.InstanceNumber = 90
        if variant == "differing_positions":
            other = np.frombuffer(header.PixelData, np.uint16).copy()
            other[100] += 1
            header.PixelData = other.tobytes()
            lost.append(first)
        else:
            promise.duplicate.append(twin)
        header.save_as(first.paths[2].with_name("1-090.dcm"), enforce_file_format=True)
    if variant == "truncated_slice":
        path = first.paths[3]
        path.write_bytes(path.read_bytes()[:-700])
        lost.append(first)
