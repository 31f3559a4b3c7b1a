"""MedPix 2.0: key slices of CT and MR teaching cases with captions and case texts; no masks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hf_medseg.case import Case
from hf_medseg.columns import FLOAT32, INT32, SEX, TEXT
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.picture import Picture
from hf_medseg.raw.cells import age_in, known, sex_in
from hf_medseg.raw.tables import Keyed, json_lines_of, records_of
from hf_medseg.raw.tree import Raw

LISTS = {"train": "train", "train_1": "train", "train_2": "train", "dev": "validation", "test": "test"}
# column -> key of the case's record; the name of who made the diagnosis stays behind
CASE_TEXTS = {
    "title": "Title",
    "history": "History",
    "exam": "Exam",
    "findings": "Findings",
    "differential_diagnosis": "Differential Diagnosis",
    "diagnosis": "Case Diagnosis",
}
TOPIC_TEXTS = {"disease_discussion": "Disease Discussion", "acr_code": "ACR Code", "category": "Category"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a described picture; pictures of a teaching case share `patient_id`."""
    described, topics = raw.one(r"Descriptions\.json"), raw.one(r"Case_topic\.json")
    descriptions = Keyed() if described is None else records_of(described, "image", "U_id")
    texts = Keyed() if topics is None else records_of(topics, "U_id")
    raw.use(*(file for file in (described, topics) if file is not None))
    pictures = raw.find(r"images/(MPX\d+_synpic\d+)\.png")
    splits, parts = _splits(raw)
    for name, file in pictures.items():
        if name not in descriptions:
            raw.skip(file, "no description names it")
    for name, record in descriptions.items():
        uid, facts = record["U_id"], record.get("Description")
        case = texts.get(uid, {})
        plane = _text(facts, "Plane")
        said = raw.said("Descriptions.json", {key: _text(facts, key) for key in ("Age", "Sex")})
        unlisted = f"its case {uid} is in none of the lists of splitted_dataset." if splits and uid not in splits else ""
        yield Case(
            name,
            {"image": Picture(pictures.need(name, f"images/{name}.png")), "mask": None},
            {
                "modality": _text(record, "Type"),
                "location": _text(record, "Location"),
                "location_category": _text(record, "Location Category"),
                "plane": plane and plane.lower(),
                "caption": _text(facts, "Caption"),
                "age": age_in(said, "Age"),
                "sex": sex_in(said, "Sex"),
                **{column: _text(case.get("Case"), key) for column, key in CASE_TEXTS.items()},
                **{column: _text(case.get("Topic"), key) for column, key in TOPIC_TEXTS.items()},
                "train_part": parts.get(uid),
            },
            split=splits.get(uid, "train"),
            patient_id=uid,
            wrong=descriptions.conflicts.get(name) or texts.conflicts.get(uid) or unlisted,
        )


def _splits(raw: Raw) -> tuple[dict[str, str], dict[str, int]]:
    """The official split of every case, and which half of `train` it is in."""
    splits: dict[str, str] = {}
    parts: dict[str, int] = {}
    for name, split in LISTS.items():
        if (file := raw.one(rf"splitted_dataset/data_{name}\.jsonl")) is not None:
            raw.use(file)
            for record in json_lines_of(file, "U_id"):
                splits[record["U_id"]] = split
                if name.startswith("train_"):
                    parts[record["U_id"]] = int(name[-1])
    return splits, parts


def _text(record: Any, key: str) -> str | None:
    """A text under a key, which the owner's README spells in lower case; N/A is unknown."""
    value = record.get(key, record.get(key.lower())) if isinstance(record, Mapping) else None
    return None if value is None else known(str(value))


COMMIT = "d3bc431576ec8041114806ec3eb58d75adf45029"

SOURCE = Source(
    id="medpix",
    title="MedPix 2.0",
    homepage="https://github.com/CHILab1/MedPix-2.0",
    modality=("CT", "MR"),
    anatomy=("whole body",),
    task="classification and captioning",
    summary="2,050 key slices of 671 teaching cases of the National Library of Medicine's MedPix, with captions, places and case texts.",
    access=Access(
        "request",
        ("git clone https://github.com/CHILab1/MedPix-2.0 (or download the repository as a zip): that folder or zip is RAW.",),
        (Download(f"https://github.com/CHILab1/MedPix-2.0/archive/{COMMIT}.zip", name=f"MedPix-2.0-{COMMIT}.zip"),),
    ),
    layout="MedPix-2-0/images/MPX1007_synpic46719.png ...  Descriptions.json  Case_topic.json  images_overview.csv  splitted_dataset/data_{train,train_1,train_2,dev,test}.jsonl",
    splits="Official, by case: train is `train` (535 cases; `train_part` tells its two halves), dev is `validation` (67), test is `test` (69).",
    quirks=(
        "There are no masks.",
        "MedPix itself is a portal without a bulk download; its image and case numbers differ by year and page.",
        "All pictures of a teaching case share `patient_id`; whether two cases show one person is unknown.",
        "Ages are years, also where the text says weeks or months ('6 weeks'); N/A is null.",
        "The case texts hold line breaks. The name of the person who made the diagnosis is left out.",
        "Most pictures are grey in three equal channels; 86 are truly coloured (annotations, montages).",
        "README and JSON files spell some keys differently; both spellings are read.",
        "`modality` is CT or MR as in the descriptions; the overview and the case list say TAC and MRI.",
    ),
    editions=(
        Edition(
            license=License(
                "unknown",
                "license unknown (the repository has none)",
                "https://github.com/CHILab1/MedPix-2.0",
                "unknown",
                (
                    Evidence("the repository has no license file", "https://github.com/CHILab1/MedPix-2.0", "high"),
                    Evidence(
                        "only government material is public domain; images of individual contributors may be protected and need their permission (copy of the page of 2013)",
                        "http://www.nlm.nih.gov/copyright.html",
                        "high",
                    ),
                ),
                ("Cite Siragusa et al. 2025.",),
            ),
            citations=(
                r"""@article{siragusa2025medpix20,
  author    = {Siragusa, Irene and Contino, Salvatore and La Ciura, Massimo and Alicata, Rosario and Pirrone, Roberto},
  title     = {{MedPix} 2.0: A Comprehensive Multimodal Biomedical Data set for Advanced {AI} Applications with Retrieval Augmented Generation and Knowledge Graphs},
  journal   = {Data Science and Engineering}, pages = {1--17}, year = {2025},
  publisher = {Springer},
  doi       = {10.1007/s41019-025-00297-8}
}""",
            ),
            landmarks=(r"images/MPX\d+_synpic\d+\.png", r"Descriptions\.json"),
            configs=(
                Config(
                    columns={
                        **dict.fromkeys(("modality", "location", "location_category", "plane", "caption"), TEXT),
                        "age": FLOAT32,
                        "sex": SEX,
                        **dict.fromkeys((*CASE_TEXTS, *TOPIC_TEXTS), TEXT),
                        "train_part": INT32,
                    }
                ),
            ),
            not_used=(
                (r"images_overview\.csv", "repeats the descriptions"),
                (r"splitted_dataset/(?:descriptions_\w+\.jsonl|uid_list\.json|README\.md)", "repeats the descriptions by split"),
                (r"README\.md", "text of the repository"),
            ),
            published=Published({"train": 1653, "validation": 197, "test": 200}, note="counted on the repository", least=(96, 112)),
        ),
    ),
    aliases=("medpix-2",),
    signature=(r"images/MPX\d+_synpic\d+\.png",),
    cases=cases,
)
