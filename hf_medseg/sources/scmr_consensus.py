"""Cardiac cine MR: the Sunnybrook Cardiac Data with its contours, and the SCMR consensus studies, whose contours are not handed out."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any

from hf_medseg.case import Case, Recipe
from hf_medseg.columns import FLOAT32, INT32, PICTURE, SEX, TEXT, VOLUME_COLUMNS, Column, Label, annotated
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source, SurveyPlan
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels import dicom_headers
from hf_medseg.pixels.cine import cine
from hf_medseg.pixels.dicom import DicomPicture
from hf_medseg.pixels.dicom_damaged import damaged_cases
from hf_medseg.pixels.dicom_headers import Instance, Series
from hf_medseg.pixels.marks import Larger
from hf_medseg.pixels.masks import Painted
from hf_medseg.pixels.polygons import OUTLINES, Between, Outlines, Polygon
from hf_medseg.raw.cells import age_in, known, sex_in
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw

STUDY = r"SC-(?:HF-I|HF-NI|HYP|N)-\d+"
CONTOUR = rf"({STUDY})/(?:contours-manual/IRCCI-expert/|[io]-contours/)?IM-\d{{4}}-(\d{{4}})-(i|o|p1|p2)contour-manual\.txt"
TABLES = ((r"scd_patientdata\.(?:csv|xlsx)", "PatientID", "OriginalID"), (r"link\.csv", "patient_id", "original_id"))
TABLE = "|".join(pattern for pattern, *_ in TABLES)
PATIENT = re.compile(rf"(?:\A|/)(SCD\d{{7}}|{STUDY})/")
SET = re.compile(r"(?:\A|/)challenge_(training|validation|online)/")
SPLITS = {"training": "train", "validation": "validation", "online": "online"}
SHORT_AXIS = re.compile(r"sax|short.?ax|(?<![a-z])sa(?![a-z])")
CLASSES = ("lv_cavity", "myocardium")
NAMES = {"i": "inner", "o": "outer", "p1": "papillary_1", "p2": "papillary_2"}
# study -> file number -> letter -> contour
Contours = dict[str, dict[int, dict[str, RawFile]]]


def cases(raw: Raw) -> Iterator[Case]:
    """Sunnybrook: one case a frame with contours. SCMR: one case a frame of a short-axis cine."""
    yield from damaged_cases(raw)
    patients: dict[str, list[Series]] = {}
    for series in dicom_headers.images(raw).values():
        found = PATIENT.search(series.instances[0].origin) if raw.edition != "consensus" else None
        patient = found[1] if found else series.header.patient_id or series.header.study_uid
        patients.setdefault(patient, []).append(series)
    yield from _consensus(raw, patients) if raw.edition == "consensus" else _sunnybrook(raw, patients)


def _sunnybrook(raw: Raw, patients: dict[str, list[Series]]) -> Iterator[Case]:
    contours, people = _contours(raw), _people(raw, patients)
    for patient, series in patients.items():
        study, facts, wrong = people.get(patient, (patient if raw.edition == "sunnybrook-2009" else "", {}, ""))
        drawn = contours.pop(_plain(study), {})
        chosen = _contoured(series, set(drawn))
        frames, places = _by_number(chosen), cine(chosen.instances)
        for file in (file for one in series for file in one.files):
            raw.skip(file, "a frame without contours" if file in chosen.files else "not of the short-axis cine that was contoured")
        slices = {at: places[frame.header.sop_uid].location for at, frame in frames.items()}
        for at, files in drawn.items():
            frame = frames.get(at)
            if frame is None:
                image = DicomPicture.of(RawFile(f"{patient}/<its short-axis cine>/<...>-{at:04d}.dcm", 0, None))
                yield Case(f"{patient}_{at}", {"image": image, **_masks(files, [])}, patient_id=patient, wrong=wrong)
                continue
            others = [drawn[other]["i"] for other in drawn if other != at and "i" in drawn[other] and slices.get(other) == slices[at]]
            split = SET.search(frame.origin)
            yield Case(
                f"{patient}_{_stem(frame)}",
                {"image": DicomPicture.of(frame.file), **_masks(files, others)},
                {
                    **places[frame.header.sop_uid].columns,
                    "annotated_classes": CLASSES if "o" in files else CLASSES[:1],
                    "original_id": study,
                    **facts,
                },
                split=SPLITS[split[1]] if split else "train",
                patient_id=patient,
                wrong=wrong or _one_frame(frame),
            )
    for drawn in contours.values():
        for file in (file for files in drawn.values() for file in files.values()):
            raw.skip(file, "contours of a study whose images are not in the raw tree, or that no line of the table names")


def _masks(files: dict[str, RawFile], others: list[RawFile]) -> dict[str, Recipe]:
    """What is drawn on one frame; `others` are the inner contours of the same slice at other phases."""
    first = next(iter(files.values()))
    inner = Polygon(files.get("i") or RawFile(re.sub(r"[^-/]+(?=-manual\.txt)", "icontour", first.path), 0, None))
    wall = (Between(Polygon(files["o"]), inner, 2),) if "o" in files else ()
    return {
        "mask": Painted((inner, *wall)),
        **{f"mask_{NAMES[letter]}": Polygon(files[letter]) for letter in ("p1", "p2") if letter in files},
        "outlines": Outlines({NAMES[letter]: Polygon(file) for letter, file in files.items()}),
        "phase_label": Larger(inner, tuple(map(Polygon, others)), "ed", "es"),
    }


def _contours(raw: Raw) -> Contours:
    """The contour files; the same study under both ways to write its name is one."""
    found: Contours = {}
    for (study, at, letter), file in raw.find(CONTOUR).items():
        files = found.setdefault(_plain(study), {}).setdefault(int(at), {})
        files[letter] = replace(files[letter], twins=(*files[letter].twins, file)) if letter in files else file
    return {study: {at: dict(sorted(files.items())) for at, files in sorted(drawn.items())} for study, drawn in found.items()}


def _people(raw: Raw, there: Collection[str]) -> dict[str, tuple[str, dict[str, Any], str]]:
    """Patient -> (study, columns, what is wrong with them in the table)."""
    for pattern, patient, study in TABLES:
        if (table := raw.table(pattern, (patient, study))) is not None:
            patients, studies = table.by(patient, of=there, each=True), table.by(study)
            return {
                key: (row[study], _facts(row), patients.conflicts.get(key, "") or studies.conflicts.get(row[study], ""))
                for key, row in patients.items()
            }
    return {}


def _facts(row: Any) -> dict[str, Any]:
    diagnosis = known(row.get("Pathology"))
    return {
        "sex": sex_in(row, "Gender"),
        "age": age_in(row, "Age"),
        "diagnosis": diagnosis and diagnosis.lower().replace(" ", "_"),
    }


def _plain(study: str) -> str:
    """A study's name without leading zeros in its number: tables and folders write it differently."""
    group, _, last = study.rpartition("-")
    return f"{group}-{last.lstrip('0')}"


def _contoured(series: list[Series], wanted: set[int]) -> Series:
    """The short-axis series, of several the one whose file numbers cover most contours."""
    named = [one for one in series if "CINESAX" in f"{one.header.description} {one.instances[0].origin}".upper()]
    return max(named or series, key=lambda one: len(wanted & _by_number(one).keys()))


def _by_number(series: Series) -> dict[int, Instance]:
    """The frames of a series by the last number in their file names; names without any give their InstanceNumber."""
    found: dict[int, Instance] = {}
    for one in series.instances:
        digits = re.findall(r"\d+", _stem(one))
        found.setdefault(int(digits[-1]) if digits else one.header.instance_number or 0, one)
    return found


def _stem(instance: Instance) -> str:
    return re.sub(r"(?i)\.dcm\Z", "", instance.origin.rpartition("/")[2])


def _consensus(raw: Raw, patients: dict[str, list[Series]]) -> Iterator[Case]:
    for patient, series in patients.items():
        short = [one for one in series if SHORT_AXIS.search(one.header.description.lower())]
        for file in (file for one in series if one not in short for file in one.files):
            raw.skip(file, "no short-axis cine by the description of its series")
        frames = [instance for one in short for instance in one.instances]
        places = cine(frames)
        for frame in frames:
            yield Case(
                f"{patient}_{frame.header.sop_uid}",
                {"image": DicomPicture.of(frame.file), "mask": None},
                places[frame.header.sop_uid].columns,
                patient_id=patient,
                wrong=_one_frame(frame),
            )


def _one_frame(frame: Instance) -> str:
    return f"it holds {frame.header.frames} frames; files of one frame expected." if frame.header.frames > 1 else ""


CINE: dict[str, Column] = {
    **{name: column for name, column in VOLUME_COLUMNS.items() if name != "volume_id"},
    "phase_index": INT32,
    "num_phases": INT32,
    "trigger_time": FLOAT32,
    "instance_number": INT32,
    "sop_instance_uid": TEXT,
}
SUNNYBROOK = Config(
    columns={
        **CINE,
        "phase_label": Label(("ed", "es")),
        "annotated_classes": annotated(CLASSES),
        "mask_papillary_1": PICTURE,
        "mask_papillary_2": PICTURE,
        "outlines": OUTLINES,
        "original_id": TEXT,
        "sex": SEX,
        "age": FLOAT32,
        "diagnosis": Label(
            ("heart_failure_with_infarct", "heart_failure_without_infarct", "hypertrophy", "normal"),
        ),
    }
)
NOT_USED = (
    (r"SCD_ManualContours/README\.txt", "the owner's text"),
    (r"[^/]*CC0_License\.htm", "the license, as shipped with the contours"),
    (r".+contour-auto[^/]*\.txt", "an automatic contour"),
    (CONTOUR, "a contour of no frame in the raw tree"),
)
RADAU = r"""@article{radau2009evaluation,
  title   = {Evaluation Framework for Algorithms Segmenting Short Axis Cardiac MRI},
  author  = {Radau, P. and Lu, Y. and Connelly, K. and Paul, G. and Dick, A. J. and Wright, G. A.},
  journal = {The MIDAS Journal - Cardiac MR Left Ventricle Segmentation Challenge}, year = {2009},
  url     = {http://hdl.handle.net/10380/3070}
}"""
SUINESIAPUTRA = r"""@article{suinesiaputra2015quantification,
  title   = {Quantification of LV function and mass by cardiovascular magnetic resonance: multi-center variability and consensus contours},
  author  = {Suinesiaputra, Avan and Bluemke, David A. and Cowan, Brett R. and Friedrich, Matthias G. and Kramer, Christopher M. and Kwong, Raymond and Plein, Sven and Schulz-Menger, Jeanette and Westenberg, Jos J. M. and Young, Alistair A. and Nagel, Eike},
  journal = {Journal of Cardiovascular Magnetic Resonance}, volume = {17}, pages = {63}, year = {2015}, doi = {10.1186/s12968-015-0170-9}
}"""
SCD_PAGE = "https://www.cardiacatlas.org/sunnybrook-cardiac-data/"
SCMR_PAGE = "http://www.cardiacatlas.org/studies/scmr-consensus-data/"
CHALLENGE_PAGE = "https://smial.sri.utoronto.ca/LV_Challenge/Data.html"
# name -> number of its link on the page, SHA-256
SCD_FILES = {
    "SCD_IMAGES_01.zip": (98, "708ce04db1ac33948a00b9052d44e9548c6807121a4841f4c35080d6db127b72"),
    "SCD_IMAGES_02.zip": (99, "ea97bd11dfc1154bdcf02b6466c00637bc7e0dc04b5ddc3d94d68a7cd7a3e6a5"),
    "SCD_IMAGES_03.zip": (100, "5b065fadef1b523bbabfec0d85327f375f743f2dd72810a5927b21b834b45deb"),
    "SCD_IMAGES_04.zip": (101, "2a8d7054d9b89b5af4c9764b4b04eecee57b61b71b69f5ac69ec12629e9a615c"),
    "SCD_IMAGES_05.zip": (102, "e65a818fe89c665c344317222a052360e210936c81f89ceb9d36e8e3c6e2d6e9"),
    "SCD_ManualContours.zip": (61, "93d8e06dfa53fc384e78810aeac86c336b5bdecbff1c9c175ec9254851cc2162"),
    "scd_patientdata.csv": (66, "c39eb11924d021e8ec51bb984daa57d1adadcc8eb7e342640181ce151dae5ded"),
}

SOURCE = Source(
    id="scmr-consensus",
    title="SCMR Consensus contour data, and the Sunnybrook Cardiac Data (MICCAI 2009 left ventricle challenge)",
    homepage=SCD_PAGE,
    modality=("cine MRI (SSFP)",),
    anatomy=("heart", "left ventricle"),
    task="segmentation of the left ventricle's cavity and wall",
    summary=(
        "Edition sunnybrook: 45 studies, about 800 short-axis frames with hand-drawn contours. Edition consensus: 15 studies whose "
        "consensus contours stay with the organisers, images alone."
    ),
    access=Access(
        "terms",
        (
            f"sunnybrook: download the five image archives, the manual contours and the table of patients from {SCD_PAGE} (no login).",
            f"consensus: fill in the request form at {SCMR_PAGE}; the contributors review it.",
        ),
        (
            *(
                Download(
                    f"{SCD_PAGE}#share/download.php?id={number}&",
                    client="page",
                    name=name,
                    checksum=f"sha256:{sha256}",
                    edition="sunnybrook",
                    mode="free",
                )
                for name, (number, sha256) in SCD_FILES.items()
            ),
            Download(SCMR_PAGE, client="manual", edition="consensus"),
        ),
    ),
    layout=(
        "sunnybrook: SCD_IMAGES_01/SCD0000101/CINESAX_5/IM-0003-0060.dcm ...  scd_patientdata.csv\n"
        "            SCD_ManualContours/SC-HF-I-01/contours-manual/IRCCI-expert/IM-0001-0060-icontour-manual.txt  ...-ocontour-manual.txt\n"
        "            or, as a re-host has it: dicoms/SCD0000101/60.dcm  contourfiles/SC-HF-I-1/{i,o}-contours/...  link.csv\n"
        "sunnybrook-2009: challenge_{training,validation,online}/SC-HF-I-1/IM-0001-0060.dcm and the same contours under SC-HF-I-1/\n"
        "consensus: <study>/ with DICOM files anywhere below"
    ),
    splits=(
        "sunnybrook: no official split: one split `train`. sunnybrook-2009: the challenge's three sets, `train`, `validation` and `online`. "
        "consensus: one split `train`."
    ),
    quirks=(
        "sunnybrook: one row a frame with contours, at end of diastole or systole; the other frames of the cine are not converted.",
        "sunnybrook: outer contours were drawn on about half of the frames, mostly at end of diastole: `annotated_classes` tells; where "
        "`myocardium` is not in it, the wall is not outlined and its pixels are 0.",
        "sunnybrook: papillary muscles and trabeculae belong to the cavity; the muscles' own contours are `mask_papillary_1` and `_2`, null "
        "on most frames.",
        "sunnybrook: contours lie on halves of pixels; `outlines` keeps the points. A pixel belongs to an area where its centre does; a "
        "centre on the line itself belongs to it at a left or top edge and not at a right or bottom one, so the edge is where tools differ.",
        "sunnybrook: the files do not mark end of diastole and systole. `phase_label` follows from the areas: of the frames drawn on one "
        "slice the one with the larger cavity is `ed`; null where one frame is drawn, or areas are equal.",
        "sunnybrook: contours join images by file number; the prefix IM-0001 of contours never matches that of images. Of several short-axis "
        "series the one whose numbers cover the contours is taken.",
        "sunnybrook: contours of a few studies are reported to be shifted or to belong to a neighbouring slice: look at them before use. An "
        "inner contour that leaves the outer one by more than a pixel rejects its frame.",
        "sunnybrook: in a common re-host the outer contours of SC-HF-I-6 are copies of those of SC-HF-I-1; its frames are rejected.",
        "sunnybrook: `slice_index` and `phase_index` are null where only some frames of the cine are there, as in that re-host.",
        "sunnybrook: ages and sexes may be blank in the table.",
        "Short-axis planes are oblique and stay as they are.",
        "consensus: contours cannot be had: the organisers score what is sent to them. Their protocol leaves papillary muscles and "
        "trabeculae out of the cavity, unlike Sunnybrook's.",
        "consensus: the scanners are 8 GE, 5 Siemens and 2 Philips; 15 studies: 5 healthy, 6 infarct, 2 heart failure, 2 hypertrophy.",
    ),
    changes=("sunnybrook: contours are filled to label maps: 1 inside the inner one, 2 between the two.",),
    editions=(
        Edition(
            name="sunnybrook",
            license=License(
                "cc0-1.0",
                "Creative Commons CC0 1.0 Universal",
                "https://creativecommons.org/publicdomain/zero/1.0/",
                "open",
                (
                    Evidence(
                        "the data set and its derivatives are dedicated to the public domain (CC0 1.0), for any use", SCD_PAGE, "high"
                    ),
                    Evidence(
                        "the same page at its older address; the archive of contours holds CC0_License.htm",
                        "http://cardiacatlas.org/standards/sunnybrook-cardiac-data",
                        "high",
                    ),
                ),
                (f"Cite Radau et al. 2009, as the owner asks: {SCD_PAGE}.", "CC0_License.htm ships with the contours."),
            ),
            citations=(RADAU,),
            classes=CLASSES,
            # Only the Cardiac Atlas Project gave patients numbers, which a table joins to the studies: that proves its release.
            landmarks=(CONTOUR, rf"(?:{TABLE})"),
            configs=(SUNNYBROOK,),
            not_used=NOT_USED,
            published=Published(note="45 studies; papers use about 805 frames with inner contours"),
        ),
        Edition(
            name="sunnybrook-2009",
            license=License(
                "unknown",
                "none stated by the challenge",
                CHALLENGE_PAGE,
                "unknown",
                (
                    Evidence("the challenge page states no license and asked teams to register", CHALLENGE_PAGE, "high"),
                    Evidence("the same studies are CC0 1.0 as the Cardiac Atlas Project releases them", SCD_PAGE, "high"),
                ),
                ("Cite Radau et al. 2009.", f"The release of {SCD_PAGE} may be passed on; this one is older."),
            ),
            citations=(RADAU,),
            classes=CLASSES,
            landmarks=(CONTOUR, rf"{STUDY}/(?:.+/)?[^/]+\.dcm"),
            not_landmarks=(rf"(?:{TABLE})",),
            configs=(SUNNYBROOK,),
            not_used=NOT_USED,
            published=Published(note="15 studies in each of the three sets"),
        ),
        Edition(
            name="consensus",
            license=License(
                "other",
                "Cardiac Atlas Project data distribution policy",
                SCMR_PAGE,
                "restricted",
                (
                    Evidence("images are handed out on request, which the contributors review", SCMR_PAGE, "high"),
                    Evidence("use under a data use agreement; no grant to pass the data on", SCMR_PAGE, "medium"),
                ),
                ("Cite Suinesiaputra et al. 2015.",),
            ),
            citations=(SUINESIAPUTRA,),
            # Study folders of no known names: whatever is DICOM, and not a copy of the other data.
            landmarks=(r"[^/]+\.(?i:dcm|dicom|ima)|[^/]*(?i:scmr)[^/]*/.+",),
            not_landmarks=(CONTOUR, rf"(?:{TABLE})", r"SCD\d{7}/.+", rf"{STUDY}/.+"),
            configs=(Config(columns=CINE),),
            not_used=((r".+\.(?:txt|xml|cvi42wsx|con)", "contours that somebody added: the owners hand none out"),),
            published=Published(note="15 studies"),
        ),
    ),
    signature=(
        CONTOUR,
        r"scd_patientdata\.(?:csv|xlsx)",
        r"SCD\d{7}/(?:CINE|IM-)[^/]*(?:/[^/]+)?\.dcm",
        r"[^/]*(?i:scmr)[ _-]?(?i:consensus)[^/]*/.+\.dcm",
    ),
    survey=SurveyPlan(dicom_headers.files, dicom_headers.look, dicom_headers.HEAD),
    cases=cases,
    aliases=("sunnybrook", "scd"),
)
