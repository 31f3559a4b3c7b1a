"""MedPix 2.0: key slices of CT and MR teaching cases with captions and case texts; no masks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import FLOAT32, INT32, SEX, TEXT
from hf_medseg.formats.picture import Picture
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
            problem=Problem.of(descriptions.conflicts.get(name) or texts.conflicts.get(uid) or unlisted),
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


SOURCE = source_of(
    __file__,
    Reading(
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
    ),
    cases,
    signature=(r"images/MPX\d+_synpic\d+\.png",),
    ids=(r"MPX\d{4}_synpic\d+",),
)
