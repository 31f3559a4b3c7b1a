"""DDSM: digitised film mammograms with outlined masses and calcifications; CBIS-DDSM, its curated subset as DICOM, and the original."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from hf_medseg.case import Case, Problem, Recipe
from hf_medseg.catalog.source import Config, Reading, SurveyPlan, source_of
from hf_medseg.dataset.columns import FLAG, FLOAT32, FLOAT64, INT32, LATERALITY, MASK_ORIGIN, PICTURE, TEXT, Column, Label, ListOf
from hf_medseg.errors import Rejected
from hf_medseg.formats import dicom_header, dicom_series
from hf_medseg.formats.dicom import DicomPicture
from hf_medseg.formats.lossless_jpeg import LosslessJpeg
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.cells import MaskList, Overlap
from hf_medseg.masks.labels import Labels, Painted, Threshold, Values
from hf_medseg.raw.cells import age_in, known, number_in, whole, whole_in
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tables import Keyed, lines_of
from hf_medseg.raw.tree import Found, Raw, union
from hf_medseg.sources.ddsm.overlay import ChainCores, ChainFacts, ChainMasks, ChainOverlap, Chains
from hf_medseg.sources.dicom_damaged import damaged_cases

CLASSES = {"mass": 1, "calcification": 2}

LESION = ("patient_id", "left or right breast", "image view", "abnormality id")

# config -> class, the two columns that only its tables have
TABLES = {"mass": ("mass", "mass shape", "mass margins"), "calc": ("calcification", "calc type", "calc distribution")}

SETS = {"train": "Training", "test": "Test"}

FILM = r"(?:Mass|Calc)-(?:Training|Test)_P_\d{5}_(?:LEFT|RIGHT)_(?:CC|MLO)"

OWNER = re.compile(rf"({FILM})(_\d+)?")

ROI = "ROI mask images"

PATHOLOGY = ("malignant", "benign", "benign_without_callback")

VIEWS = ("LEFT_CC", "LEFT_MLO", "RIGHT_CC", "RIGHT_MLO")

VOLUME = r"(?:cases/)?(?:(?:normals|cancers|benigns|benign_without_callbacks)/)?((?:normal|cancer|benign|benign_without_callback)_\d\d)/(case\d{4})/"

SHOT = VOLUME + rf"([A-D]_\d{{4}}_\d)\.({'|'.join(VIEWS)})"

LACKING = (("benign_10", "case4164", "LEFT_MLO"), ("cancer_09", "case3407", "RIGHT_CC"))

WRONG = (("benign_08", "case1738", "RIGHT_CC"), ("benign_08", "case1738", "RIGHT_MLO"), ("cancer_11", "case1694", "LEFT_CC"))


class Shot(NamedTuple):
    """One picture of CBIS-DDSM: a film, or the crop or mask of a lesion.

    Attributes:
        owner: PatientID, which names the film, of a crop or mask the lesion too.
        area: pixels; 0 where nothing says.
        text: SeriesDescription.
    """

    owner: str
    file: RawFile
    area: int
    text: str


def to_survey(raw: Raw) -> list[RawFile]:
    """The DICOM files; the original edition has none."""
    return [] if raw.edition == "original" else dicom_series.files(raw)


def cases(raw: Raw) -> Iterator[Case]:
    """One case a film, with the masks of all its lesions."""
    yield from _original(raw) if raw.edition == "original" else _cbis(raw)


def _cbis(raw: Raw) -> Iterator[Case]:
    yield from damaged_cases(raw)
    films, masks, twice = _sorted(_shots(raw), raw)
    name, first, second = TABLES[raw.config]
    for split, folder in SETS.items():
        columns = (*LESION, first, second, "assessment", "pathology", "subtlety")
        table = raw.table(rf"(?:csv/)?{raw.config}_case_description_{split}_set\.csv", columns)
        lesions = Keyed() if table is None else table.by(*LESION)
        rows: dict[tuple[str, ...], list[tuple[Any, Any]]] = {}
        absent: list[str] = []
        for key, row in lesions.items():
            rows.setdefault(key[:3], []).append((key, row))
        for (patient, side, view), found in rows.items():
            film = f"{raw.config.title()}-{folder}_{patient}_{side}_{view}"
            found.sort(key=lambda one: whole(one[0][3]) or 0)
            owners = [f"{film}_{key[3]}" for key, _ in found]
            if film not in films and not any(owner in masks for owner in owners):
                absent += owners
                continue
            files = [masks.need(owner, f"CBIS-DDSM/{owner}/<its mask>") for owner in owners]
            wrong = [lesions.conflicts[key] for key, _ in found if key in lesions.conflicts]
            wrong += [twice[owner] for owner in (film, *owners) if owner in twice]
            parts = tuple(_mask(file) for file in files)
            yield Case(
                film,
                {
                    "image": _picture(films.need(film, f"CBIS-DDSM/{film}/<the full mammogram>")),
                    "mask": Painted(parts, (CLASSES[name],) * len(parts)),
                    "masks": MaskList(parts),
                    "mask_overlap": Overlap(parts),
                },
                {
                    "mask_names": [f"{name}_{key[3]}" for key, _ in found],
                    "mask_origin": "derived" if name == "mass" else "manual",
                    "laterality": side.lower(),
                    "view": view,
                    "breast_density": whole_in(found[0][1], "breast_density" if "breast_density" in found[0][1] else "breast density"),
                    "abnormality_id": [whole(key[3]) for key, _ in found],
                    "assessment": [whole_in(row, "assessment") for _, row in found],
                    "pathology": [row["pathology"].lower() or None for _, row in found],
                    "subtlety": [whole_in(row, "subtlety") for _, row in found],
                    **{column.replace(" ", "_"): [known(row[column]) for _, row in found] for column in (first, second)},
                },
                split=split,
                patient_id=patient,
                problem=Problem(wrong[0]) if wrong else None,
            )
        if table is not None:
            raw.doubts.unmatched(table.file.path, absent)


def _shots(raw: Raw) -> list[Shot]:
    """The pictures: DICOM by their headers, else JPEG by the table of their headers that lies beside them."""
    shots = [
        Shot(one.header.patient_id, one.file, (one.header.rows or 0) * (one.header.columns or 0), one.header.description)
        for one in dicom_series.instances(raw)
    ]
    table = None if shots else raw.table(r"(?:csv/)?dicom_info\.csv", ("image_path", "PatientID", "SeriesDescription"))
    if table is not None:
        files = raw.find(r"jpeg/([^/]+/[^/]+\.jpe?g)")
        lines = {"/".join(row["image_path"].split("/")[-2:]): row for row in table}
        raw.compare(table.file, lines, files)
        for row in table:
            if (file := files.get("/".join(row["image_path"].split("/")[-2:]))) is not None:
                area = (whole(row.get("Rows")) or 0) * (whole(row.get("Columns")) or 0)
                shots.append(Shot(row["PatientID"], file, area, row["SeriesDescription"]))
    return shots


def _sorted(shots: list[Shot], raw: Raw) -> tuple[Found, Found, dict[str, str]]:
    """Films and masks by owner, and what is wrong with owners; all the rest is left alone, each with its reason.

    A lesion's mask is as large as its film but for a few pixels, its crop is not; only where sizes are not told does the description count.
    """
    films, masks, twice = Found(), Found(), {}
    areas = {shot.owner: shot.area for shot in shots}
    for shot in shots:
        match = OWNER.fullmatch(shot.owner)
        if match is None:
            raw.skip(shot.file, "its PatientID names no film of the tables")
        elif match[2] is not None and not (2 * shot.area > areas[match[1]] if areas.get(match[1]) and shot.area else shot.text == ROI):
            raw.skip(shot.file, "a crop of a film that is a row")
        elif not shot.owner.lower().startswith(raw.config):
            raw.skip(shot.file, f"belongs to the config {'calc' if raw.config == 'mass' else 'mass'}")
        else:
            chosen = masks if match[2] else films
            raw.skip(shot.file, "no line of a table names it")
            if chosen.setdefault(shot.owner, shot.file) is not shot.file:
                twice[shot.owner] = f"{shot.file.path} claims to be the same picture of {shot.owner} as {chosen[shot.owner].path}."
    return films, masks, twice


def _picture(file: RawFile) -> DicomPicture | Picture:
    return DicomPicture.of(file) if file.alias else Picture(file)


def _mask(file: RawFile) -> Labels:
    """A mask: 0 and 255 in DICOM, every value in a JPEG made from it."""
    return Values(DicomPicture.of(file), {0: 0, 255: 1}) if file.alias else Threshold(Picture(file))


def _original(raw: Raw) -> Iterator[Case]:
    headers = {key: _header(file, raw) for key, file in raw.find(VOLUME + r"([A-D]_\d{4}_\d|[A-D]-\d{4}-\d)\.ics(?:\.gz)?").items()}
    shots, overlays = (raw.find(rf"{SHOT}\.{suffix}(?:\.gz)?") for suffix in ("LJPEG", "OVERLAY"))
    cases = {key[:2]: (key[2].replace("-", "_"), header) for key, header in headers.items()}
    facts = {key[:2]: _case_facts(raw, header, "/".join(key)) for key, header in headers.items()}
    for volume, folder, view in LACKING:
        patient, _ = cases.get((volume, folder), ("", {}))
        if patient and (volume, folder, patient, view) not in shots:
            raw.note(f"{volume}/{folder}/{patient}.{view}.LJPEG", "mirrors lack this film")
    for key in union(shots, overlays):
        volume, folder, patient, view = key
        _, header = cases.get((volume, folder), ("", {}))
        film = raw.said(
            f"{volume}/{folder}/{patient.replace('_', '-')}.ics",
            dict(zip(header.get(view, [])[::2], header.get(view, [])[1::2], strict=False)),
        )
        height, width, bits = (whole_in(film, name, least=1) or 0 for name in ("LINES", "PIXELS_PER_LINE", "BITS_PER_PIXEL"))
        micrometres = number_in(film, "RESOLUTION", least=math.ulp(0.0))
        name = f"{volume}/{folder}/{patient}.{view}"
        overlay = overlays.need(key, f"{name}.OVERLAY") if key in overlays or header.get(view, [""])[-1] == "OVERLAY" else None
        yield Case(
            f"{patient}.{view}",
            {
                "image": LosslessJpeg(
                    shots.need(key, f"{name}.LJPEG"),
                    height,
                    width,
                    bits,
                    (micrometres / 1000, micrometres / 1000) if micrometres else None,
                ),
                **_findings(overlay, (volume, folder, view) in WRONG, raw),
            },
            {
                "label": volume.rpartition("_")[0],
                "laterality": view.split("_")[0].lower(),
                "view": view.split("_")[1],
                **facts.get((volume, folder), {}),
                "bits_per_pixel": bits,
                **({} if overlay else dict.fromkeys(FACTS, ())),
            },
            patient_id=patient,
            problem=None
            if height and width and bits
            else Problem(f"{patient.replace('_', '-')}.ics, the header of its case, is missing or does not say its size."),
        )


def _case_facts(raw: Raw, header: dict[str, list[str]], path: str) -> dict[str, Any]:
    """What the header of a case says of all its films."""
    said = raw.said(f"{path}.ics", {name: "".join(header.get(name, [])) for name in ("PATIENT_AGE", "DENSITY")})
    return {
        "age": age_in(said, "PATIENT_AGE"),
        "breast_density": whole_in(said, "DENSITY"),
        "digitizer": " ".join(header.get("DIGITIZER", [])) or None,
    }


def _header(file: RawFile, raw: Raw) -> dict[str, list[str]]:
    """The lines of a case's header by their first word; nothing of a damaged one."""
    raw.use(file)
    try:
        lines = [line.split() for line in lines_of(file)]
    except Rejected:
        return {}
    return {words[0]: words[1:] for words in lines}


def _findings(overlay: RawFile | None, wrong: bool, raw: Raw) -> dict[str, Recipe]:
    """What an overlay says; a film without one was searched, and nothing found."""
    if overlay is None:
        return {"mask": Painted(()), "masks": MaskList(()), "mask_overlap": Overlap(())}
    if wrong:
        raw.use(overlay)
        raw.note(overlay, "known to be wrong; the mask of its film is null")
        return {}
    return {
        "mask": Chains(overlay, CLASSES),
        "masks": ChainMasks(overlay),
        "mask_overlap": ChainOverlap(overlay),
        "mask_core": ChainCores(overlay),
        **{column: ChainFacts(overlay, attribute) for column, attribute in FACTS.items()},
    }


# column -> attribute of an abnormality
FACTS = {
    "mask_names": "name",
    "abnormality_id": "number",
    "lesion_type": "lesion_type",
    "assessment": "assessment",
    "subtlety": "subtlety",
    "pathology": "pathology",
}


def _lesions(first: str, second: str) -> dict[str, Column]:
    """The columns of a config of CBIS-DDSM; lists are in the order of `masks`."""
    return {
        "masks": ListOf(PICTURE),
        "mask_names": ListOf(TEXT),
        "mask_overlap": FLAG,
        "mask_origin": MASK_ORIGIN,
        "laterality": LATERALITY,
        "view": Label(("CC", "MLO")),
        "breast_density": INT32,
        "abnormality_id": ListOf(INT32),
        "assessment": ListOf(INT32),
        "pathology": ListOf(Label(PATHOLOGY)),
        "subtlety": ListOf(INT32),
        first.replace(" ", "_"): ListOf(TEXT),
        second.replace(" ", "_"): ListOf(TEXT),
        "rescale_slope": FLOAT64,
        "rescale_intercept": FLOAT64,
    }


SOURCE = source_of(
    __file__,
    {
        "cbis": Reading(
            landmarks=(r"(?:mass|calc)_case_description_(?:train|test)_set\.csv",),
            configs=(
                Config("mass", _lesions("mass shape", "mass margins"), description="One row a film with masses."),
                Config("calc", _lesions("calc type", "calc distribution"), description="One row a film with calcifications."),
            ),
            not_used=(
                (r"(?:csv/)?(?:dicom_info|meta)\.csv", "headers of the files as text"),
                (r"[^/]+\.tcia", "list of files of the collection"),
                (r"metadata\.csv", "list of files of the collection"),
                (r"(?:csv/)?(?:mass|calc)_case_description_(?:train|test)_set\.csv", "table of the other config"),
            ),
        ),
        "original": Reading(
            landmarks=(rf"{SHOT}\.LJPEG(?:\.gz)?",),
            configs=(
                Config(
                    columns={
                        "masks": ListOf(PICTURE),
                        "mask_names": ListOf(TEXT),
                        "mask_overlap": FLAG,
                        "mask_core": PICTURE,
                        "label": Label(("normal", "benign", "benign_without_callback", "cancer")),
                        "laterality": LATERALITY,
                        "view": Label(("CC", "MLO")),
                        "age": FLOAT32,
                        "breast_density": INT32,
                        "abnormality_id": ListOf(INT32),
                        "lesion_type": ListOf(TEXT),
                        "assessment": ListOf(INT32),
                        "pathology": ListOf(Label((*PATHOLOGY, "unproven"))),
                        "subtlety": ListOf(INT32),
                        "digitizer": TEXT,
                        "bits_per_pixel": INT32,
                        "pixel_spacing": ListOf(FLOAT64),
                    }
                ),
            ),
            not_used=(
                (r"[^/]+\.16_PGM(?:\.gz)?", "contact print of a case"),
                (r"[^/]+\.LJPEG\.1", "a film that a tool has unpacked; the LJPEG is read"),
            ),
        ),
    },
    cases,
    signature=(
        rf"{FILM}(?:_\d+)?/.+\.dcm",
        r"(?:mass|calc)_case_description_(?:train|test)_set\.csv",
        rf"{SHOT}\.LJPEG(?:\.gz)?",
    ),
    ids=(FILM, r"[A-D]_\d{4}_1_(?:LEFT|RIGHT)_(?:CC|MLO)"),
    survey=SurveyPlan(to_survey, dicom_header.look, dicom_header.HEAD),
)
