"""OASIS-1: T1 scans in atlas space with automatic tissue maps. OASIS-2: raw T1 scans of longitudinal sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.dataset.columns import FILES, FLAG, FLOAT32, INT32, LATERALITY, MASK_ORIGIN, SEX, Column, Label
from hf_medseg.formats.nifti import NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.cells import age_in, known, number_in, sex_in, whole_in
from hf_medseg.raw.tables import Keyed
from hf_medseg.raw.tree import Raw, union

TISSUES = {0: 0, 1: 1, 2: 2, 3: 3}

NUMBERS = ("Educ", "SES", "MMSE", "CDR", "eTIV", "nWBV", "ASF")

HANDS = {"L": "left", "R": "right"}

IMAGE = r"(OAS1_\d{4}_MR\d)/PROCESSED/MPRAGE/T88_111/OAS1_\d{4}_MR\d_mpr_n\d_anon_111_t88_masked_gfc"

MASK = r"(OAS1_\d{4}_MR\d)/FSL_SEG/OAS1_\d{4}_MR\d_mpr_n\d_anon_111_t88_masked_gfc_fseg"

SCAN = r"(OAS2_\d{4}_MR\d)/RAW/(mpr-\d)\.nifti"


def cases(raw: Raw) -> Iterator[Case]:
    """OASIS-1: one case a session. OASIS-2: one case a scan of a session."""
    if raw.edition == "2":
        yield from _scans(raw)
        return
    table = raw.table(r"oasis_cross-sectional(?!-reliability)[^/]*\.(?:csv|xlsx)", ("ID",))
    images, image_headers, masks, mask_headers = (raw.find(name + end) for name in (IMAGE, MASK) for end in (r"\.(?i:img)", r"\.(?i:hdr)"))
    sessions = union(images, image_headers, masks, mask_headers)
    people = Keyed() if table is None else table.by("ID", of=sessions, each=True)
    for session in sessions:
        image = f"{session}/PROCESSED/MPRAGE/T88_111/{session}_mpr_n4_anon_111_t88_masked_gfc"
        mask = f"{session}/FSL_SEG/{session}_mpr_n4_anon_111_t88_masked_gfc_fseg"
        row = people.get(session)
        yield Case(
            session,
            {
                # Atlas space: slices along the third axis are axial; which side is left cannot be told from the file.
                "image": NiftiVolume(images.need(session, f"{image}.img"), image_headers.need(session, f"{image}.hdr"), plane="axial"),
                "mask": Values(
                    NiftiVolume(masks.need(session, f"{mask}.img"), mask_headers.need(session, f"{mask}.hdr"), plane="axial"), TISSUES
                ),
            },
            {
                "mask_origin": "automatic",
                "is_retest": session.endswith("MR2"),
                **({} if row is None else {**_person(row), "delay": number_in(row, "Delay", "days")}),
            },
            patient_id=session.rpartition("_")[0],
            problem=Problem.of(people.conflicts.get(session, "")),
        )


def _scans(raw: Raw) -> Iterator[Case]:
    table = raw.table(r"oasis_longitudinal[^/]*\.(?:csv|xlsx)", ("MRI ID",))
    scans, headers = raw.find(SCAN + r"\.(?i:img)"), raw.find(SCAN + r"\.(?i:hdr)")
    people = Keyed() if table is None else table.by("MRI ID", of={session for session, _ in union(scans, headers)}, each=True)
    facts = {session: _visit(row) for session, row in people.items()}
    for key in union(scans, headers):
        session, scan = key
        image = scans.need(key, f"{session}/RAW/{scan}.nifti.img"), headers.need(key, f"{session}/RAW/{scan}.nifti.hdr")
        yield Case(
            f"{session}_{scan}",
            {"image": NiftiVolume(*image, plane="sagittal"), "mask": None},
            facts.get(session, {}),
            patient_id=session.rpartition("_")[0],
            problem=Problem.of(people.conflicts.get(session, "")),
        )


def _visit(row: Mapping[str, str]) -> dict[str, object]:
    """What the longitudinal sheet says of a session."""
    group = known(row.get("Group"))
    return {
        "label": group and group.lower(),
        "visit": whole_in(row, "Visit"),
        "delay": number_in(row, "MR Delay", "days"),
        **_person(row),
    }


def _person(row: Mapping[str, str]) -> dict[str, object]:
    """What the sheet says of a session; an empty CDR is unknown, not 0."""
    named = {name.lower(): name for name in row}  # copies spell the columns in both ways
    hand = known(row.get(named.get("hand", "")))
    return {
        "age": age_in(row, named.get("age", "")),
        "sex": sex_in(row, named.get("m/f", "")),
        "hand": hand and HANDS.get(hand, hand),
        **{name.lower(): number_in(row, named.get(name.lower(), "")) for name in NUMBERS},
    }


PEOPLE: dict[str, Column] = {
    "age": FLOAT32,
    "sex": SEX,
    "hand": LATERALITY,
    **{name.lower(): FLOAT32 for name in NUMBERS},
    "delay": FLOAT32,
}

SOURCE = source_of(
    __file__,
    {
        "1": Reading(
            landmarks=(IMAGE + r"\.(?:img|hdr)",),
            configs=volume_configs({"mask_origin": MASK_ORIGIN, "is_retest": FLAG, **PEOPLE}),
            not_used=(
                (r"[^/]+_mpr-\d_anon\.(?:hdr|img)", "a single raw scan; the averaged one in atlas space is used"),
                (r"[^/]+_anon_sbj_111\.(?:hdr|img)", "the average in the subject's own space, which has no tissue map"),
                (r"[^/]+_t88_gfc\.(?:hdr|img)", "the same image before the skull was taken out"),
                (r"[^/]+\.gif", "preview"),
                (r"[^/]+_fseg\.txt", "volumes of the tissues in figures"),
                (r"OAS1_\d{4}_MR\d\.(?:txt|xml)", "notes on the session"),
                (r"t4_files/[^/]+", "transformation to atlas space"),
                (r"oasis_cross-sectional-reliability[^/]*", "lines of the rescans, which the sheet holds too"),
            ),
        ),
        "2": Reading(
            landmarks=(SCAN + r"\.(?:img|hdr)",),
            configs=volume_configs({"files": FILES, "label": Label(("nondemented", "demented", "converted")), "visit": INT32, **PEOPLE}),
        ),
    },
    cases,
    signature=(IMAGE + r"\.img", MASK + r"\.img", SCAN + r"\.img", r"oasis_(?:cross-sectional|longitudinal)[^/]*\.(?:csv|xlsx)"),
    ids=(r"OAS[12]_\d{4}(?:_MR\d)?",),
)
