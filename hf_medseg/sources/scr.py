"""SCR masks of lungs, heart and clavicles on the chest radiographs of JSRT."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hf_medseg.case import Case
from hf_medseg.columns import FLOAT32, FLOAT64, INT32, PICTURE, SEX, TEXT, Label, ListOf
from hf_medseg.facts import Access, Config, Download, Edition, Part, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Native, Nearest, Painted, Threshold
from hf_medseg.pixels.picture import Picture
from hf_medseg.pixels.rawgrid import RawGrid
from hf_medseg.raw.cells import age_in, length_in, sex_in, whole_in
from hf_medseg.raw.tables import lines_of
from hf_medseg.raw.tree import Raw

# In ascending class index: the clavicles lie inside the lung fields and are painted over them.
STRUCTURES = ("right_lung", "left_lung", "heart", "right_clavicle", "left_clavicle")
FOLDERS = "|".join(name.replace("_", " ") for name in STRUCTURES)
FULL, NATIVE, SPACING, WHITE = 2048, 1024, 0.175, 4095
NODULE = ("file", "subtlety", "size", "age", "sex", "x", "y", "malignancy", "place", "place_2", "diagnosis", "diagnosis_2")
OUTLIER = "JPCLN016"
FILM = r"(JPC[LN]N\d{3})"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a radiograph that is there, with its five masks."""
    films = raw.part("jsrt").find(rf"(?:[^/]+/)?{FILM}\.(?i:img)")
    masks = raw.part("scr").find(rf"(?:fold[12]/)?(?i:masks)/({FOLDERS})/{FILM}\.(?i:gif)")
    records, conflicts = _records(raw)
    for stem, file in films.items():
        parts = []
        for name in STRUCTURES:
            folder = name.replace("_", " ")
            gif = masks.need((folder, stem), f"fold{_fold(stem)}/masks/{folder}/{stem}.gif")
            parts.append(Picture(gif, size=(NATIVE, NATIVE)))
        painted = Painted(tuple(Threshold(part, 0, index) for index, part in enumerate(parts, 1)))
        if stem == OUTLIER:
            raw.note(file, "a public set of landmarks leaves this film out as an outlier of annotation; it is kept")
        record = records.get(stem[:5], {}).get(stem)
        wrong = conflicts.get(stem, "")
        if not wrong and stem[:5] in records and record is None:
            wrong = "the clinical table has no whole line for it."
        yield Case(
            stem,
            {
                "image": RawGrid(file, FULL, FULL, ">u2", highest=WHITE, inverted=True, pixel_spacing=(SPACING, SPACING)),
                "mask": Nearest(painted),
                **{f"mask_{name}": Nearest(Threshold(part, 0)) for name, part in zip(STRUCTURES, parts, strict=True)},
                "mask_native": Native(painted),
            },
            {"fold": _fold(stem), **(record or {})},
            patient_id=stem,
            wrong=wrong,
        )


def _fold(stem: str) -> int:
    return 1 if int(stem[5:]) % 2 else 2


def _records(raw: Raw) -> tuple[dict[str, dict[str, dict[str, Any]]], dict[str, str]]:
    """Columns by film for each of the two tables that is there, and the films that a table contradicts itself on."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    conflicts: dict[str, str] = {}
    for where in (raw.part("jsrt"), raw):
        nodules = None if "JPCLN" in found else where.table(r"(?i:CLNDAT_EN?\.txt)", names=NODULE, delimiter="\t")
        if nodules is not None:
            keyed = nodules.by("file")
            conflicts |= {key[:8]: words for key, words in keyed.conflicts.items()}
            found["JPCLN"] = {key[:8]: _nodule(record) for key, record in keyed.items() if record["diagnosis"]}
        healthy = None if "JPCNN" in found else where.one(r"(?i:CNNDAT_EN?\.txt)")
        if healthy is not None:
            where.use(healthy)
            found["JPCNN"] = {}
            for line in map(str.split, lines_of(healthy)):
                said = where.said(healthy.path, dict(zip(("name", "age", "sex"), line, strict=False)))
                record = {"age": age_in(said, "age"), "sex": sex_in(said, "sex")} if len(line) > 2 else None
                if record is not None and found["JPCNN"].setdefault(line[0][:8], record) != record:
                    conflicts[line[0][:8]] = f"{healthy.path} lists it twice with different values."
    return found, conflicts


def _nodule(record: Mapping[str, str]) -> dict[str, Any]:
    return {
        "subtlety": whole_in(record, "subtlety"),
        "nodule_size_mm": length_in(record, "size"),
        "age": age_in(record, "age"),
        "sex": sex_in(record, "sex"),
        "nodule_x": whole_in(record, "x", least=0),
        "nodule_y": whole_in(record, "y", least=0),
        "malignancy": record["malignancy"].lower() or None,
        "location": _joined(record["place"], record["place_2"], record["place"] in ("l.upper", "r.upper", "l.lower", "r.lower")),
        "diagnosis": _joined(
            record["diagnosis"],
            record.get("diagnosis_2", ""),
            record["diagnosis"] == "inflammatory" or len(record["diagnosis"]) < 12,
        ),
    }


def _joined(first: str, second: str, blank: bool) -> str | None:
    """Two fields that were one text, cut at a fixed width; `blank` where the cut fell between words."""
    return f"{first}{' ' if blank and second else ''}{second}" or None


SOURCE = Source(
    id="scr",
    title="SCR database: Segmentation in Chest Radiographs, on the radiographs of JSRT",
    homepage="https://www.isi.uu.nl/Research/Databases/SCR/",
    modality=("X-ray",),
    anatomy=("lung", "heart", "clavicle"),
    task="segmentation of lungs, heart and clavicles",
    summary="247 chest radiographs, 154 of them with a lung nodule, with masks of both lungs, the heart and both clavicles.",
    access=Access(
        "terms",
        (
            "Radiographs: register at http://db.jsrt.or.jp/eng.php and download All247images.zip and Clinical_Information.zip.",
            "Masks: download the archive of https://doi.org/10.5281/zenodo.7056076, or sign up at "
            "https://www.isi.uu.nl/Research/Databases/SCR/download.php.",
        ),
        (
            Download("http://db.jsrt.or.jp/eng.php", client="manual", name="All247images.zip", part="jsrt"),
            Download("http://db.jsrt.or.jp/eng.php", client="manual", name="Clinical_Information.zip", part="jsrt"),
            Download(
                "doi:10.5281/zenodo.7056076",
                client="doi",
                part="scr",
                mode="request",
            ),
        ),
    ),
    layout="""All247images/JPCLN001.IMG ... JPCLN154.IMG  JPCNN001.IMG ... JPCNN093.IMG         (part jsrt)
Clinical_Information/CLNDAT_EN.txt  CNNDAT_EN.TXT                                 (part jsrt, optional)
scratch/fold1/masks/heart|left lung|right lung|left clavicle|right clavicle/JPCLN001.gif ...  (part scr, odd numbers)
scratch/fold2/masks/...                                                           (part scr, even numbers)""",
    splits="No official split: one split `train`. The official protocol is two-fold: train on `fold` 1, test on `fold` 2, and the reverse.",
    quirks=(
        "In the raw files high values are dark. Stored is 4095 - raw, so that bones are bright; "
        "raw = stored * `rescale_slope` + `rescale_intercept` with slope -1 and intercept 4095.",
        "The structures overlap: in `mask` clavicles are painted over the heart, the heart over the lungs; `mask_<structure>` keeps each whole.",
        "Left and right are the patient's: the right lung is on the left side of the picture.",
        "Masks were published on 1024 x 1024 pixels, films on 2048 x 2048: every mask pixel stands for four; `mask_native` keeps the original.",
        "The masks are the first observer's, who is the reference; the second observer's are not in this data.",
        "Odd file numbers are fold 1, even ones fold 2.",
        "`nodule_x` and `nodule_y` are pixels of `image`, origin top left; a nodule may lie outside the lung masks, behind heart or diaphragm.",
        "The user's guide states size before subtlety; the file has `subtlety` (1 extremely subtle to 5 obvious) first.",
        "The age of JPCLN106 and JPCLN117 is unknown.",
        "Places and diagnoses are cut in mid-word in the owner's table and put together here; its spelling (`organiging`) stays.",
        "JPCLN016 is left out of a public landmark set as an outlier of annotation; it is kept here and reported as known.",
        "Some films show interference of the grid. Films were digitised with Konica LD 4500 and LD 5500 at 0.175 mm.",
        "JSRT's teaching sets Segmentation01.zip and segmentation02.zip have other labels and are not this data.",
    ),
    changes=(
        "Headerless 16-bit films are stored as 16-bit PNG, inverted (4095 - value).",
        "Masks are brought from 1024 x 1024 to 2048 x 2048 by nearest neighbour.",
    ),
    parts=(
        Part(
            "jsrt",
            (rf"(?:[^/]+/)?{FILM}\.(?i:img)",),
            ("Register at http://db.jsrt.or.jp/eng.php.", "Download All247images.zip and Clinical_Information.zip."),
        ),
        Part(
            "scr",
            (rf"(?:fold[12]/)?(?i:masks)/(?:{FOLDERS})/{FILM}\.(?i:gif)",),
            (
                "Download the archive of https://doi.org/10.5281/zenodo.7056076, or sign up at "
                "https://www.isi.uu.nl/Research/Databases/SCR/download.php.",
            ),
        ),
    ),
    editions=(
        Edition(
            license=License(
                "other",
                "JSRT and SCR terms: research only, no redistribution",
                "https://www.isi.uu.nl/Research/Databases/SCR/",
                "restricted",
                (
                    Evidence(
                        "SCR: free for research and education; redistribution and commercial use are prohibited",
                        "https://www.isi.uu.nl/Research/Databases/SCR/",
                        "high",
                    ),
                    Evidence(
                        "JSRT user's guide, section 9: research only; copying, distribution and unauthorised commercial use are prohibited",
                        "http://db.jsrt.or.jp/eng.php",
                        "high",
                    ),
                ),
                (
                    "Cite van Ginneken et al. 2006 and Shiraishi et al. 2000; the SCR page asks for both.",
                    "Only who obtained the films from JSRT may use them.",
                ),
            ),
            citations=(
                r"""@article{vanginneken2006segmentation,
  author  = {van Ginneken, Bram and Stegmann, Mikkel B. and Loog, Marco},
  title   = {Segmentation of anatomical structures in chest radiographs using supervised methods: a comparative study on a public database},
  journal = {Medical Image Analysis},
  volume  = {10}, number = {1}, pages = {19--40}, year = {2006},
  doi     = {10.1016/j.media.2005.02.002}
}""",
                r"""@article{shiraishi2000development,
  author  = {Shiraishi, Junji and Katsuragawa, Shigehiko and Ikezoe, Junpei and Matsumoto, Tsuneo and Kobayashi, Takeshi and Komatsu, Ken-ichi and Matsui, Mitate and Fujita, Hiroshi and Kodera, Yoshie and Doi, Kunio},
  title   = {Development of a digital image database for chest radiographs with and without a lung nodule: receiver operating characteristic analysis of radiologists' detection of pulmonary nodules},
  journal = {American Journal of Roentgenology},
  volume  = {174}, number = {1}, pages = {71--74}, year = {2000},
  doi     = {10.2214/ajr.174.1.1740071}
}""",
            ),
            classes=STRUCTURES,
            landmarks=(rf"{FILM}\.(?i:img|gif)",),
            configs=(
                Config(
                    columns={
                        **{f"mask_{name}": PICTURE for name in STRUCTURES},
                        "mask_native": PICTURE,
                        "fold": INT32,
                        "pixel_spacing": ListOf(FLOAT64),
                        "rescale_slope": FLOAT64,
                        "rescale_intercept": FLOAT64,
                        "subtlety": INT32,
                        "nodule_size_mm": FLOAT32,
                        "age": FLOAT32,
                        "sex": SEX,
                        "nodule_x": INT32,
                        "nodule_y": INT32,
                        "malignancy": Label(("benign", "malignant")),
                        "location": TEXT,
                        "diagnosis": TEXT,
                    }
                ),
            ),
            not_used=(
                (rf"(?i:masks)/(?:{FOLDERS})/{FILM}\.(?i:gif)", "its radiograph is not in the raw tree"),
                (r"[^/]+\.pfs", "contours as text"),
                (r"landmarks/.+", "landmarks as text"),
            ),
            published=Published({"train": 247}, {"train": 247}, note="the owners' counts: 154 films with a nodule, 93 without"),
        ),
    ),
    signature=(rf"{FILM}\.(?i:img|gif)",),
    cases=cases,
    aliases=("jsrt",),
)
