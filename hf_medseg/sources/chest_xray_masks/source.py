"""Chest X-rays of Montgomery County and Shenzhen with lung masks: the Kaggle mix, or the owner's originals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import FLOAT32, PICTURE, SEX, TEXT, Label
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Painted, Threshold
from hf_medseg.raw.cells import age_said
from hf_medseg.raw.tables import text_of
from hf_medseg.raw.tree import Raw, union

STEM = r"((?:MCUCXR|CHNCXR)_\d{4}_[01])"

COLLECTIONS = {"MCUCXR": "montgomery", "CHNCXR": "shenzhen"}

LABELS = {"0": "normal", "1": "tuberculosis"}

# Films of Shenzhen that nobody outlined: first and last number of each run.
WITHOUT_MASK = (
    *((25, 25), (36, 40), (65, 65), (181, 220)),
    *((336, 336), (341, 360), (481, 500), (502, 502), (505, 505), (560, 565)),
)

UNITS = {"y": 1.0, "m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25}

SEXES = {"f": "female", "m": "male", "o": None}  # other, or not known

READINGS = (
    re.compile(
        r"(?is)\s*(?:Patient's )?Sex:\s*(?P<sex>[FMO])(?:(?:em)?ale|ther)?\b\s*"
        r"(?:Patient's )?Age:\s*(?P<age>\d+)(?:[ \t]*(?P<unit>[YMWD])\w*)?\s*(?P<finding>.*)"
    ),
    re.compile(
        r"(?is)\s*(?P<sex>f|m|o)(?:(?:em)?al[a-z]*|ther\b|\b)[\s,.;]*"
        # A number without a unit counts years where it ends its line.
        r"(?:(?P<age>\d+(?:\.\d+)?)\s*(?P<unit>[ymwd])[a-z]*\b|(?<!\n)(?P<years>\d{1,3})[ \t,.;]*(?=[\r\n]|\Z))?[\s,.;]*(?P<finding>.*)"
    ),
)

# What a reading says of a second film of one person: "(same pt as MCUCXR_0162_1)".
SAME = re.compile(rf"(?is)\bsame\b[^.]{{0,30}}?\b{STEM}")


def cases(raw: Raw) -> Iterator[Case]:
    """One case a film; the two naming rules of masks, and the two sides of the Montgomery original."""
    films = raw.find(rf"(?:CXR_png|test)/{STEM}\.(?i:png)")  # test/ repeats the films without a mask
    masks = raw.find(rf"masks?/{STEM}(?:_mask)?\.(?i:png)")
    sides = {side: raw.find(rf"(?i:ManualMask)/{side}Mask/{STEM}\.(?i:png)") for side in ("left", "right")}
    texts = raw.find(rf"(?i:ClinicalReadings)/{STEM}\.txt")
    raw.use(*texts.values())
    readings = {stem: {text_of(one).strip() for one in (file, *file.twins)} for stem, file in texts.items()}
    people = same_people(readings)
    shenzhen_outlined = any(stem.startswith("CHN") for stem in masks)
    for stem in union(films, masks, *sides.values()):
        prefix, number, state = stem.split("_")
        left, right = (
            Threshold(Picture(files.need(stem, f"ManualMask/{side}Mask/{stem}.png")))
            if any(stem in found for found in sides.values())
            else None
            for side, files in sides.items()
        )
        if left and right:
            mask: Painted | Threshold | None = Painted((left, right))
        elif stem in masks or (shenzhen_outlined and not unmasked(number) if prefix == "CHNCXR" else True):
            suffix = "_mask" if prefix == "CHNCXR" else ""
            mask = Threshold(Picture(masks.need(stem, f"masks/{stem}{suffix}.png")))
        else:
            mask = None
        versions = readings.get(stem, set())
        said = reading(min(versions, default=""))
        said["age"] = age_said(said.get("age"), f"ClinicalReadings/{stem}.txt", raw.doubts)
        yield Case(
            stem,
            {
                "image": Picture(films.need(stem, f"CXR_png/{stem}.png")),
                "mask": mask,
                "mask_image_left": left,
                "mask_image_right": right,
            },
            {"label": LABELS[state], "collection": COLLECTIONS[prefix], **said},
            patient_id=people.get(stem, f"{prefix}_{number}"),
            problem=Problem.of(f"its readings ClinicalReadings/{stem}.txt differ." if len(versions) > 1 else ""),
        )


def same_people(readings: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Film -> person, for films of which a reading says that they show one person: all take the id of the first of them."""
    groups: dict[str, set[str]] = {}
    for stem, texts in readings.items():
        for other in (match[1].upper() for text in texts for match in SAME.finditer(text)):
            joined = groups.get(stem, {stem}) | groups.get(other, {other})
            groups.update(dict.fromkeys(joined, joined))
    return {stem: min(group).rpartition("_")[0] for stem, group in groups.items()}


def unmasked(number: str) -> bool:
    """Whether the film of Shenzhen with that number is one of the 96 without a mask."""
    return any(first <= int(number) <= last for first, last in WITHOUT_MASK)


def reading(text: str) -> dict[str, Any]:
    """Sex, age in years, finding and the text itself; null for what the text does not say in a known way."""
    found = next((match for match in (pattern.fullmatch(text) for pattern in READINGS) if match), None)
    if found is None:
        return {"reading": text or None}
    said = found.groupdict()
    age = said.get("years") or said["age"]
    return {
        "sex": SEXES[found["sex"].lower()],
        "age": float(age) * UNITS[(said["unit"] or "y").lower()] if age else None,
        "finding": " ".join(found["finding"].split()) or None,
        "reading": text,
    }


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"CXR_png/{STEM}\.(?i:png)",),
        configs=(
            Config(
                columns={
                    "label": Label(tuple(LABELS.values())),
                    "collection": Label(tuple(COLLECTIONS.values())),
                    "age": FLOAT32,
                    "sex": SEX,
                    "finding": TEXT,
                    "reading": TEXT,
                    "mask_image_left": PICTURE,
                    "mask_image_right": PICTURE,
                }
            ),
        ),
        not_used=(
            (r"Annotations(?:-2)?/.*", "outlines of lesions: another task"),
            (r"[^/]*consensus_roi\.csv", "regions of lesions: another task"),
            (r"[^/]*(?i:readme)[^/]*|[^/]+\.pdf", "notes"),
        ),
    ),
    cases,
    signature=(rf"(?:CXR_png|(?:left|right)Mask)/{STEM}\.(?i:png)", rf"masks?/{STEM}_mask\.(?i:png)", rf"ClinicalReadings/{STEM}\.txt"),
    ids=(STEM,),
    image_mode="L",
)
