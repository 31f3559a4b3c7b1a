"""DDSM: digitised film mammograms with outlined masses and calcifications; CBIS-DDSM, its curated subset as DICOM, and the original."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from hf_medseg.case import Case, Recipe
from hf_medseg.columns import FLAG, FLOAT32, FLOAT64, INT32, LATERALITY, MASK_ORIGIN, PICTURE, TEXT, Column, Label, ListOf
from hf_medseg.errors import Rejected
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source, SurveyPlan
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels import dicom_headers
from hf_medseg.pixels.chains import ChainCores, ChainFacts, ChainMasks, ChainOverlap, Chains
from hf_medseg.pixels.dicom import DicomPicture
from hf_medseg.pixels.dicom_damaged import damaged_cases
from hf_medseg.pixels.ljpeg import LosslessJpeg
from hf_medseg.pixels.masks import Labels, MaskList, Overlap, Painted, Threshold, Values
from hf_medseg.pixels.picture import Picture
from hf_medseg.raw.cells import age_in, known, number_in, whole, whole_in
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tables import Keyed, lines_of
from hf_medseg.raw.tree import Found, Raw, union

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
    return [] if raw.edition == "original" else dicom_headers.files(raw)


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
                wrong=wrong[0] if wrong else "",
            )
        if table is not None:
            raw.doubts.unmatched(table.file.path, absent)


def _shots(raw: Raw) -> list[Shot]:
    """The pictures: DICOM by their headers, else JPEG by the table of their headers that lies beside them."""
    shots = [
        Shot(one.header.patient_id, one.file, (one.header.rows or 0) * (one.header.columns or 0), one.header.description)
        for one in dicom_headers.instances(raw)
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
            wrong=""
            if height and width and bits
            else f"{patient.replace('_', '-')}.ics, the header of its case, is missing or does not say its size.",
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


LEE = r"""@article{lee2017curated,
  title   = {A curated mammography data set for use in computer-aided detection and diagnosis research},
  author  = {Lee, Rebecca Sawyer and Gimenez, Francisco and Hoogi, Assaf and Miyake, Kanae Kawai and Gorovoy, Mia and Rubin, Daniel L.},
  journal = {Scientific Data}, volume = {4}, pages = {170177}, year = {2017}, doi = {10.1038/sdata.2017.177}
}"""
SAWYER_LEE = r"""@misc{sawyerlee2016cbis,
  title     = {Curated Breast Imaging Subset of Digital Database for Screening Mammography (CBIS-DDSM)},
  author    = {Sawyer-Lee, Rebecca and Gimenez, Francisco and Hoogi, Assaf and Rubin, Daniel},
  publisher = {The Cancer Imaging Archive}, year = {2016}, doi = {10.7937/K9/TCIA.2016.7O02S9CY}
}"""
CLARK = r"""@article{clark2013tcia,
  title   = {The Cancer Imaging Archive (TCIA): Maintaining and Operating a Public Information Repository},
  author  = {Clark, Kenneth and others},
  journal = {Journal of Digital Imaging}, volume = {26}, number = {6}, pages = {1045--1057}, year = {2013},
  doi     = {10.1007/s10278-013-9622-7}
}"""
HEATH_2001 = r"""@inproceedings{heath2001ddsm,
  title     = {The Digital Database for Screening Mammography},
  author    = {Heath, Michael and Bowyer, Kevin and Kopans, Daniel and Moore, Richard and Kegelmeyer, W. Philip},
  booktitle = {Proceedings of the Fifth International Workshop on Digital Mammography}, year = {2001}
}"""
HEATH_1998 = r"""@inproceedings{heath1998current,
  title     = {Current Status of the Digital Database for Screening Mammography},
  author    = {Heath, Michael and Bowyer, Kevin and Kopans, Daniel and Kegelmeyer, W. Philip and Moore, Richard and Chang, Kyong and MunishKumaran, S.},
  booktitle = {Digital Mammography: Proceedings of the Fourth International Workshop on Digital Mammography}, year = {1998}
}"""
COLLECTION = "https://www.cancerimagingarchive.net/collection/cbis-ddsm/"
WIKI = "https://wiki.cancerimagingarchive.net/download/attachments/22516629/"
# name -> bytes, SHA-256, date of the attachment
OWNERS_TABLES = {
    "calc_case_description_test_set.csv": (190_388, "03a2f72efb6ed29f417e07f4598950e6a1e02e6b11250ff516ebe7924ace3689", "1506796343686"),
    "calc_case_description_train_set.csv": (925_310, "3c7b07e8202f66709f446b9695e96c5d17484a65fda6a24d0170a0c1b81d56e3", "1506796349666"),
    "mass_case_description_test_set.csv": (217_038, "60f0b4504ec024106bbdd1555030d220163ea9da0ea4688473a4c9c3e8ab0457", "1506796343175"),
    "mass_case_description_train_set.csv": (772_727, "a4bcc1c32bfd040212737e6e8c304819334abe717cfefff56431dc50ae6db723", "1506796355038"),
}

SOURCE = Source(
    id="ddsm",
    title="DDSM: Digital Database for Screening Mammography, and its Curated Breast Imaging Subset (CBIS-DDSM)",
    homepage=COLLECTION,
    modality=("mammography",),
    anatomy=("breast",),
    task="segmentation of masses and calcifications, with pathology",
    summary=(
        "Edition cbis: 3,103 films of 1,566 patients as DICOM, 3,568 masses and calcifications outlined one by one. "
        "Edition original: about 10,400 films of 2,620 cases, normal ones too, outlined as chain codes."
    ),
    access=Access(
        "free",
        (
            "cbis: fetch the collection CBIS-DDSM with the NBIA Data Retriever and the manifest of "
            f"{COLLECTION}, or cbis_ddsm with idc-index (163.6 GB).",
            "cbis: fetch the four tables mass_case_description_{train,test}_set.csv and calc_case_description_{train,test}_set.csv from the "
            "same page and put them beside it.",
            "original: the owners' server is mostly gone (ftp://figment.csee.usf.edu/pub/DDSM/cases/, about 231 GB); RAW is the tree you have.",
        ),
        (
            Download("cbis_ddsm", client="idc", edition="cbis", choice="dicom", approximate=163_500_000_000),
            Download("awsaf49/cbis-ddsm-breast-cancer-image-dataset", client="kaggle", edition="cbis", choice="jpeg"),
            *(
                Download(
                    f"{WIKI}{name}?version=1&modificationDate={date}&api=v2",
                    name=name,
                    size=size,
                    checksum=f"sha256:{sha256}",
                    edition="cbis",
                )
                for name, (size, sha256, date) in OWNERS_TABLES.items()
            ),
            Download(
                "ftp://figment.csee.usf.edu/pub/DDSM/cases/",
                client="manual",
                edition="original",
                mode="request",
                approximate=231_000_000_000,
            ),
        ),
    ),
    layout=(
        "cbis: CBIS-DDSM/Mass-Training_P_00001_LEFT_CC/<study>/<series>/000000.dcm  (the film)\n"
        "      CBIS-DDSM/Mass-Training_P_00001_LEFT_CC_1/<study>/<series>/000000.dcm  000001.dcm  (crop and mask of its lesion 1)\n"
        "      {mass,calc}_case_description_{train,test}_set.csv\n"
        "      Folders and files may have any names (NBIA Data Retriever, IDC): the headers count.\n"
        "      Also the re-host of 8-bit JPEG: csv/dicom_info.csv  csv/mass_case_description_train_set.csv ...  jpeg/<series>/1-263.jpg\n"
        "original: cases/cancers/cancer_01/case0001/C-0001-1.ics  C_0001_1.LEFT_CC.LJPEG  C_0001_1.LEFT_CC.OVERLAY ..."
    ),
    splits=(
        "cbis: official, made separately for masses and for calcifications: the tables of the training sets are `train`, those of the test "
        "sets `test`. original: one split `train`."
    ),
    quirks=(
        "cbis: the two configs are not disjoint: 31 patients are in the training set of one and in the test set of the other. "
        "Do not train on one and test on the other without looking at `patient_id`.",
        "cbis: DICOM PatientID is the name of a film or lesion, not a patient; `patient_id` is the `P_00001` in it.",
        "cbis: `mask` unites all lesions of a film, `masks` holds them one by one; lists are in their order.",
        "cbis: the tables name the crop for the mask in many lines, and 104 lesions have the two in different series. The mask is the file "
        "as large as the film.",
        "cbis: a mask whose size differs from its film's, by however few pixels, rejects the film: nothing is padded or cut.",
        "cbis: masses were outlined anew by an algorithm that began from the radiologists' outlines (`mask_origin` derived); calcifications "
        "are coarse regions drawn by hand. 254 masses of DDSM that nobody could see were left out.",
        "cbis: the pixel size is not in the files. The re-host of JPEG files is 8-bit and lossy; its masks are cut at 127.",
        "cbis: density 0 and subtlety 0 occur in the tables and stay; assessment 0 means incomplete.",
        "original: a film without an overlay was searched and nothing found: its mask is empty. Only this edition has the normal cases.",
        "original: `mask` is the area inside the boundaries; areas inside the cores are `mask_core`, null where there are none.",
        "original: overlays known to be wrong (benign_08/case1738 RIGHT_CC and RIGHT_MLO, cancer_11/case1694 LEFT_CC) leave a null mask.",
        "original: mirrors hold 2,602 to 2,620 cases; they lack the films benign_10/case4164 LEFT_MLO and cancer_09/case3407 RIGHT_CC.",
        "original: .LJPEG is lossless JPEG of the PVRG codec, which departs from the standard: other decoders give wrong samples without an "
        "error. It is decoded here as PVRG does; this was checked against the codec itself on made-up pictures, not on films of the owner.",
        "original: samples are grey levels of three scanners (`digitizer`): DBA 16 bits, Howtek and Lumisys 12 bits. Optical density is "
        "(log10(g + 1) - 4.80662) / -1.07553 for DBA, 3.789 - 0.00094568 g for Howtek at MGH (names with A), 3.96604095240593 - "
        "0.00099055807612 g for Howtek at ISMD (names with D), (g - 4096.99) / -1009.01 for Lumisys.",
        "Labels, dust and edges of the films are in the pictures; white borders are saturated.",
    ),
    changes=("original: films are decoded from lossless JPEG to lossless PNG.",),
    editions=(
        Edition(
            name="cbis",
            license=License(
                "cc-by-3.0",
                "Creative Commons Attribution 3.0 Unported",
                "https://creativecommons.org/licenses/by/3.0/",
                "open",
                (
                    Evidence("CC BY 3.0 on the images and on each of the four tables", COLLECTION, "high"),
                    Evidence(
                        "a CC BY 3.0 mark on the row of the images and on every row of a table",
                        "https://wiki.cancerimagingarchive.net/pages/viewpage.action?pageId=22516629",
                        "high",
                    ),
                    Evidence(
                        "CC BY 3.0 and the data DOI on all 6,775 series (index 25.0.5)",
                        "https://pypi.org/project/idc-index-data/25.0.5/",
                        "high",
                    ),
                ),
                (
                    "Data: https://doi.org/10.7937/K9/TCIA.2016.7O02S9CY (CBIS-DDSM, The Cancer Imaging Archive), CC BY 3.0, "
                    "https://creativecommons.org/licenses/by/3.0/.",
                    "Cite Lee et al. 2017 and Clark et al. 2013.",
                    "TCIA Data Usage Policy (https://www.cancerimagingarchive.net/data-usage-policies-and-restrictions/): no attempt to "
                    "identify anyone; pass this policy on to whoever gets the data from you.",
                    "TCIA asks who mirrors a collection to read its Data Analysis Center page and to contact its help desk.",
                    "Say what was changed.",
                ),
            ),
            citations=(LEE, SAWYER_LEE, CLARK),
            classes=tuple(CLASSES),
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
            published=Published(
                {"train": 1231, "test": 361},
                {"train": 1231, "test": 361},
                note="films of the config mass in the owner's tables; calc has 1,227 and 284",
            ),
        ),
        Edition(
            name="original",
            license=License(
                "unknown",
                "none stated",
                "http://www.eng.usf.edu/cvprg/Mammography/Database.html",
                "unknown",
                (
                    Evidence(
                        "a resource for the research community that asks to be credited; no license and no grant to pass it on",
                        "http://www.eng.usf.edu/cvprg/Mammography/Database.html",
                        "medium",
                    ),
                ),
                ("Credit the Digital Database for Screening Mammography; its page names the two papers.",),
            ),
            citations=(HEATH_2001, HEATH_1998),
            classes=tuple(CLASSES),
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
            published=Published({"train": 10_420}, note="the films of a complete list of 2,605 cases; the owners name 2,620 cases"),
        ),
    ),
    signature=(
        rf"{FILM}(?:_\d+)?/.+\.dcm",
        r"(?:mass|calc)_case_description_(?:train|test)_set\.csv",
        rf"{SHOT}\.LJPEG(?:\.gz)?",
    ),
    hashes=tuple((size, sha256) for size, sha256, _ in OWNERS_TABLES.values()),
    survey=SurveyPlan(to_survey, dicom_headers.look, dicom_headers.HEAD),
    cases=cases,
    aliases=("cbis-ddsm", "ddsm-original"),
)
