"""OASIS-1: T1 scans in atlas space with automatic tissue maps. OASIS-2: raw T1 scans of longitudinal sessions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hf_medseg.case import Case
from hf_medseg.columns import FILES, FLAG, FLOAT32, INT32, LATERALITY, MASK_ORIGIN, SEX, Column, Label
from hf_medseg.facts import Access, Download, Edition, Published, Source, volume_configs
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Values
from hf_medseg.pixels.nifti import NiftiVolume
from hf_medseg.raw.cells import age_in, known, number_in, sex_in, whole_in
from hf_medseg.raw.tables import Keyed
from hf_medseg.raw.tree import Raw, union

TISSUES = {0: 0, 1: 1, 2: 2, 3: 3}
CLASSES = ("csf", "grey_matter", "white_matter")
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
                "image": NiftiVolume(images.need(session, f"{image}.img"), image_headers.need(session, f"{image}.hdr"), "axial"),
                "mask": Values(
                    NiftiVolume(masks.need(session, f"{mask}.img"), mask_headers.need(session, f"{mask}.hdr"), "axial"), TISSUES
                ),
            },
            {
                "mask_origin": "automatic",
                "is_retest": session.endswith("MR2"),
                **({} if row is None else {**_person(row), "delay": number_in(row, "Delay", "days")}),
            },
            patient_id=session.rpartition("_")[0],
            wrong=people.conflicts.get(session, ""),
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
            {"image": NiftiVolume(*image, "sagittal"), "mask": None},
            facts.get(session, {}),
            patient_id=session.rpartition("_")[0],
            wrong=people.conflicts.get(session, ""),
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
TERMS = License(
    "other",
    "OASIS Data Use Agreement",
    "https://sites.wustl.edu/oasisbrains/",
    "restricted",
    (
        Evidence(
            "the archives are served after the data use terms are accepted; the terms' words on passing data on were not seen",
            "https://sites.wustl.edu/oasisbrains/",
            "low",
        ),
        Evidence(
            "called an open access data use agreement",
            "https://github.com/nilearn/nilearn/blob/main/nilearn/datasets/description/oasis1.rst",
            "medium",
        ),
        Evidence(
            "the question under which license derived data are released stands unanswered since May 2023",
            "https://github.com/adalca/medical-datasets/issues/29",
            "high",
        ),
    ),
    (
        "Accept the OASIS data use terms before you use the data.",
        "Cite the paper of the edition and acknowledge the grants that OASIS names.",
    ),
)
DOWNLOADS = "https://download.nrg.wustl.edu/data/"
DISC_SIZES = (
    1_380_527_970,
    1_403_357_161,
    1_343_992_875,
    1_333_582_060,
    1_362_916_370,
    1_364_560_560,
    1_390_914_852,
    1_332_341_152,
    1_292_937_504,
    1_294_865_012,
    1_247_923_584,
    1_473_055_117,
)
DISC1 = "md5:c83e216ef8654a7cc9e2a30a4cdbe0cc"

SOURCE = Source(
    id="oasis",
    title="OASIS: Open Access Series of Imaging Studies (OASIS-1 cross-sectional, OASIS-2 longitudinal)",
    homepage="https://sites.wustl.edu/oasisbrains/",
    modality=("T1-weighted MRI",),
    anatomy=("brain",),
    task="segmentation of brain tissue (automatic) and dementia rating",
    summary="OASIS-1: 436 sessions of 416 people aged 18 to 96, skull-stripped in atlas space with tissue maps. OASIS-2: 373 sessions of 150 people aged 60 to 96, raw scans.",
    access=Access(
        "terms",
        (
            "Read and accept the data use terms at https://sites.wustl.edu/oasisbrains/.",
            "OASIS-1: fetch oasis_cross-sectional_disc1.tar.gz to disc12.tar.gz and the sheet oasis_cross-sectional (.csv or .xlsx).",
            "OASIS-2: fetch OAS2_RAW_PART1.tar.gz, OAS2_RAW_PART2.tar.gz and the sheet oasis_longitudinal_demographics (.xlsx).",
            "RAW is the folder with the archives (they need not be unpacked) and the sheet.",
        ),
        (
            *(
                Download(
                    f"{DOWNLOADS}oasis_cross-sectional_disc{disc}.tar.gz",
                    name=f"oasis_cross-sectional_disc{disc}.tar.gz",
                    size=size,
                    checksum=DISC1 if disc == 1 else "",
                    edition="1",
                )
                for disc, size in enumerate(DISC_SIZES, 1)
            ),
            Download(f"{DOWNLOADS}OAS2_RAW_PART1.tar.gz", name="OAS2_RAW_PART1.tar.gz", size=10_874_461_059, edition="2"),
            Download(f"{DOWNLOADS}OAS2_RAW_PART2.tar.gz", name="OAS2_RAW_PART2.tar.gz", size=8_449_289_603, edition="2"),
            Download(
                "https://www.oasis-brains.org/files/oasis_longitudinal_demographics.xlsx",
                name="oasis_longitudinal_demographics.xlsx",
                edition="2",
            ),
        ),
    ),
    layout=(
        "1: disc1/OAS1_0001_MR1/PROCESSED/MPRAGE/T88_111/OAS1_0001_MR1_mpr_n4_anon_111_t88_masked_gfc.{hdr,img}  "
        "disc1/OAS1_0001_MR1/FSL_SEG/OAS1_0001_MR1_mpr_n4_anon_111_t88_masked_gfc_fseg.{hdr,img}  ... disc12; oasis_cross-sectional.csv\n"
        "2: OAS2_RAW_PART1/OAS2_0001_MR1/RAW/mpr-1.nifti.{hdr,img}  ... OAS2_RAW_PART2; oasis_longitudinal_demographics.xlsx"
    ),
    splits="No official split: one split `train`. Split by `patient_id`; of OASIS-1 leave the 20 rescans (`is_retest`) on their first scan's side.",
    quirks=(
        "Tissue maps are automatic (FSL FAST, on the skull-stripped image): cerebrospinal fluid outside the brain mask is background.",
        "The files are Analyze without orientation: `orientation` is null and slices are in stored order. In OASIS-1 slices are axial, "
        "inferior first, and rows run from the back to the front; which side is left cannot be told from the files.",
        "`cdr` is null where nobody rated (people under 60): null is not 0.",
        "Subject numbers run to 0457 with gaps.",
        "`is_retest`: the second session of OASIS-1 is a rescan within 90 days, not a follow-up.",
        "OASIS-2 sessions hold several scans, each a volume of its own; all sessions of a person share `patient_id`.",
        "Sets of JPEG slices in four folders of dementia grades are derived, mix people over splits, and have no masks: they are not converted.",
    ),
    editions=(
        Edition(
            name="1",
            license=TERMS,
            citations=(
                r"""@article{marcus2007oasis,
  title   = {Open Access Series of Imaging Studies (OASIS): Cross-sectional MRI Data in Young, Middle Aged, Nondemented, and Demented Older Adults},
  author  = {Marcus, Daniel S. and Wang, Tracy H. and Parker, Jamie and Csernansky, John G. and Morris, John C. and Buckner, Randy L.},
  journal = {Journal of Cognitive Neuroscience}, volume = {19}, number = {9}, pages = {1498--1507}, year = {2007},
  doi     = {10.1162/jocn.2007.19.9.1498}
}""",
            ),
            classes=CLASSES,
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
            published=Published({"train": 76_736}, {"train": 76_736}, note="436 sessions of 176 slices", volumes={"train": 436}),
        ),
        Edition(
            name="2",
            license=TERMS,
            citations=(
                r"""@article{marcus2010oasis2,
  title   = {Open Access Series of Imaging Studies: Longitudinal MRI Data in Nondemented and Demented Older Adults},
  author  = {Marcus, Daniel S. and Fotenos, Anthony F. and Csernansky, John G. and Morris, John C. and Buckner, Randy L.},
  journal = {Journal of Cognitive Neuroscience}, year = {2010}
}""",
            ),
            landmarks=(SCAN + r"\.(?:img|hdr)",),
            configs=volume_configs({"files": FILES, "label": Label(("nondemented", "demented", "converted")), "visit": INT32, **PEOPLE}),
            published=Published(note="373 sessions of 150 people, three to four scans each"),
        ),
    ),
    signature=(IMAGE + r"\.img", MASK + r"\.img", SCAN + r"\.img", r"oasis_(?:cross-sectional|longitudinal)[^/]*\.(?:csv|xlsx)"),
    annotators="machine-generated",
    cases=cases,
)
