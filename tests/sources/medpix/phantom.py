"""MedPix 2.0 as cloned: `MedPix-2-0/images/<case>_<picture>.png`, two JSON lists, an overview and the splits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, as_tar, as_zip, colour, encode, grey, litter, natural, save, write

VARIANTS: dict[str, str] = {
    "clean": "the whole clone; RGB and opaque RGBA, N/A and odd ages, text with line breaks, physicians' names",
    "data_folder": "RAW is the folder MedPix-2-0 itself",
    "nested": "two folders deep, with litter of macOS and Windows",
    "zipped": "GitHub's zip of the branch",
    "tar_gz": "a .tar.gz of the data folder",
    "small_keys": "the JSON with the key names that the README gives: location, location category",
    "bom": "the JSON files re-saved with BOM and CRLF",
    "no_split_files": "splitted_dataset is gone: everything is train",
    "train_parts_only": "data_train.jsonl and descriptions_train.jsonl are gone, the two parts are there",
    "image_missing": "a described picture is not in images/",
    "image_extra": "a picture that no description names",
    "see_through": "a picture with real transparency",
    "truncated": "a PNG cut short",
    "repeated_key": "two descriptions of one picture that differ",
    "missing_key": "the descriptions lack the key U_id",
    "broken_json": "Descriptions.json ends in the middle",
}

SECRETS = ["Quittenbaum", "Doktorowa", "Schwesterlein", "Klinik am Weissensee"]
# picture, mode, type, split, part, age, sex, plane, location, category of location
PICTURES: list[tuple[str, str, str, str, int | None, str, str, str, str, str]] = [
    ("MPX1007_synpic46719", "grey", "CT", "validation", None, "41", "male", "Axial", "Abdomen", "Abdomen"),
    ("MPX1009_synpic46283", "rgba", "MR", "test", None, "N/A", "N/A", "N/A", "Spine", "Spine and Muscles"),
    (
        "MPX1012_synpic9949",
        "colour",
        "CT",
        "train",
        2,
        "14",
        "female",
        "Coronal",
        "Genitourinary",
        "Reproductive and Urinary System",
    ),
    (
        "MPX1012_synpic22950",
        "grey",
        "MR",
        "train",
        2,
        "14",
        "female",
        "Sagittal",
        "Genitourinary",
        "Reproductive and Urinary System",
    ),
    ("MPX1024_synpic33", "rgba", "MR", "train", 1, "6 weeks", "female", "Axial", "Brain and Neuro", "Head"),
    ("MPX1106_synpic15001", "grey", "CT", "train", 1, "63", "male", "Oblique", "Chest, Pulmonary", "Thorax"),
]
AGES = {"41": 41.0, "14": 14.0, "63": 63.0, "6 weeks": 6 * 7 / 365.25}
CASES: dict[str, dict[str, Any]] = {
    "MPX1007": {"history": "Pain in the right flank.\r\nNo fever.", "by": f"Dr. {SECRETS[0]}", "code": "8.1"},
    "MPX1009": {"history": "N/A", "by": f"{SECRETS[1]}, M.D.", "code": "3.3"},
    "MPX1012": {"history": 'Fourteen years old;\n"swelling", since May.', "by": "N/A", "code": "8.2"},
    "MPX1024": {"history": "Seizures \u2013 two in a day.", "by": f"Pathology, {SECRETS[3]}", "code": "1.3"},
    "MPX1106": {"history": "Cough, 3 months", "by": f"Nurse {SECRETS[2]}", "code": "-1.-1"},
}


def _dump(value: Any) -> str:
    """JSON as the owner writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=True).replace("/", "\\/")


def _case(uid: str) -> dict[str, Any]:
    """One record of Case_topic.json."""
    names = {key: [p[0] for p in PICTURES if p[0].startswith(uid) and p[2] == kind] for key, kind in (("TAC", "CT"), ("MRI", "MR"))}
    facts = CASES[uid]
    return {
        "U_id": uid,
        **names,
        "Case": {
            "Title": f"Case {uid}",
            "History": facts["history"],
            "Exam": f"Exam of {uid}\n\nsecond line",
            "Findings": f"Findings of {uid}",
            "Differential Diagnosis": "first\nsecond",
            "Case Diagnosis": f"Diagnosis of {uid}",
            "Diagnosis By": facts["by"],
        },
        "Topic": {
            "Title": f"Topic of {uid}",
            "Disease Discussion": f"Discussion of {uid}.\nMore.",
            "ACR Code": facts["code"],
            "Category": "Neoplasm, benign",
        },
    }


def _description(picture: tuple[Any, ...], small: bool) -> dict[str, Any]:
    """One record of Descriptions.json."""
    name, _, kind, _, _, age, sex, plane, location, category = picture
    keys = ("location", "location category") if small else ("Location", "Location Category")
    return {
        "Type": kind,
        "U_id": name.split("_")[0],
        "image": name,
        "Description": {
            "ACR Codes": "9.9",
            "Age": age,
            "Caption": f"Caption of {name},\nsecond line \u00b5",
            "Figure Part": None,
            "Modality": "CT - noncontrast" if kind == "CT" else "MR - T1W w/Gadolinium",
            "Plane": plane,
            "Sex": sex,
        },
        keys[0]: location,
        keys[1]: category,
    }


def _pixels(name: str, mode: str) -> Array:
    """The picture, without alpha."""
    height, width = 26 + len(name) % 5, 31 + int(name[-2:]) % 13
    return colour(name, height, width) if mode == "colour" else np.repeat(grey(name, height, width)[..., None], 3, axis=2)


def _columns(picture: tuple[Any, ...]) -> dict[str, Any]:
    """What a row says beside its pixels."""
    name, _, kind, split, part, age, sex, plane, location, category = picture
    uid = name.split("_")[0]
    case = _case(uid)
    history = case["Case"]["History"]
    found: dict[str, Any] = {
        "modality": kind,
        "location": location,
        "location_category": category,
        "plane": None if plane == "N/A" else plane.lower(),  # ASSUMED: in lower case, as with volumes
        "caption": f"Caption of {name},\nsecond line \u00b5",
        "age": AGES.get(age),
        "sex": None if sex == "N/A" else sex,
        "title": case["Case"]["Title"],
        "history": None if history == "N/A" else history,
        "exam": case["Case"]["Exam"],
        "findings": case["Case"]["Findings"],
        "differential_diagnosis": case["Case"]["Differential Diagnosis"],
        "diagnosis": case["Case"]["Case Diagnosis"],
        "disease_discussion": case["Topic"]["Disease Discussion"],
        "acr_code": case["Topic"]["ACR Code"],  # ASSUMED: the topic's code, not the picture's
        "category": case["Topic"]["Category"],
        "train_part": part if split == "train" else None,
    }
    return found


def _lists(data: Path, pictures: list[tuple[Any, ...]], variant: str) -> None:
    """Writes the JSON lists, the overview and the split files."""
    describe = [_description(picture, variant == "small_keys") for picture in pictures]
    if variant == "repeated_key":
        again = _description(pictures[0], False)
        again["Location"] = "Head and Neck"
        describe.append(again)
    if variant == "missing_key":
        describe = [{key: value for key, value in record.items() if key != "U_id"} for record in describe]
    cases = [_case(uid) for uid in CASES]
    texts = {"Case_topic.json": _dump(cases), "Descriptions.json": _dump(describe)}
    if variant == "broken_json":
        texts["Descriptions.json"] = texts["Descriptions.json"][:-40]
    for name, text in texts.items():
        write(data / name, b"\xef\xbb\xbf" + text.replace(",{", ",\r\n{").encode() if variant == "bom" else text)
    overview = ["Type,U_id,ID_Image,Img_Large,URL_Article_image"]
    for picture in pictures:
        uid, number = picture[0].split("_")
        kind = "TAC" if picture[2] == "CT" else "MRI"
        overview.append(f"{kind},{uid},{number},/imgs/512/{picture[0]}.png,https://openi.nlm.nih.gov/detailedresult?img={picture[0]}")
    write(data / "images_overview.csv", "\n".join(overview) + "\n")
    if variant == "no_split_files":
        return
    members: dict[str, list[str]] = {"train": [], "train_1": [], "train_2": [], "dev": [], "test": []}
    for uid in CASES:
        split, part = next((p[3], p[4]) for p in PICTURES if p[0].startswith(uid))
        members["dev" if split == "validation" else split].append(uid)
        if part is not None:
            members[f"train_{part}"].append(uid)
    folder = data / "splitted_dataset"
    for name, uids in members.items():
        if variant == "train_parts_only" and name == "train":
            continue
        write(folder / f"data_{name}.jsonl", "".join(_dump(case) + "\n" for case in cases if case["U_id"] in uids))
        lines = [_dump(record) + "\n" for record in describe if record.get("U_id") in uids]
        write(folder / f"descriptions_{name}.jsonl", "".join(lines))
    write(folder / "uid_list.json", json.dumps(members))


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree of a variant and says what must come out of it."""
    top = folder / ("Downloads/git/MedPix-2.0" if variant == "nested" else "raw")
    data = top / "MedPix-2-0"
    phantom = Phantom(data if variant == "data_folder" else top, [], secrets=list(SECRETS))
    for picture in PICTURES:
        name, mode, _, split = picture[:4]
        pixels = _pixels(name, mode)
        path = data / "images" / f"{name}.png"
        bad = name == "MPX1106_synpic15001"
        if variant == "image_missing" and bad:
            phantom.rejected.append(name)
            continue
        opaque = np.full((*pixels.shape[:2], 1), 255, dtype=np.uint8)
        if variant == "see_through" and bad:
            opaque[3:9, 4:7] = 90
            save(path, np.concatenate([pixels, opaque], axis=2))
            phantom.rejected.append(name)
            continue
        if variant == "truncated" and bad:
            content = encode(pixels)
            write(path, content[: len(content) // 2])
            phantom.rejected.append(name)
            continue
        save(path, np.concatenate([pixels, opaque], axis=2) if mode == "rgba" else pixels)
        columns = _columns(picture)
        if variant == "no_split_files":
            split, columns["train_part"] = "train", None
        # ASSUMED: the layout begins at MedPix-2-0, whose name is left out, so both ways to give RAW agree.
        phantom.rows.append(Row(name, pixels, None, f"images/{name}.png", split, name.split("_")[0], columns))
    _lists(data, list(PICTURES), variant)
    write(top / "README.md", "# MedPix 2.0\n")
    write(data / "README.md", "# MedPix 2.0\n### images\nFolder with the images of the data set\n")
    if variant == "image_extra":
        save(data / "images" / "MPX2700_synpic1.png", colour("extra", 25, 30))
        phantom.not_used.append("MPX2700_synpic1.png")
    if variant == "repeated_key":
        phantom.rejected.append(PICTURES[0][0])
        phantom.rows = [row for row in phantom.rows if row.image_id != PICTURES[0][0]]
    if variant in ("missing_key", "broken_json"):
        return Phantom(top, [], refused=True, secrets=list(SECRETS))
    if variant == "nested":
        litter(top)
        phantom.raw = folder / "Downloads"
    elif variant == "zipped":
        phantom.raw = as_zip(top, folder / "MedPix-2.0-main.zip", "MedPix-2.0-main/")
    elif variant == "tar_gz":
        phantom.raw = as_tar(data, folder / "medpix.tar.gz", "MedPix-2-0/")
    order = ["train", "validation", "test"]
    phantom.rows.sort(key=lambda row: (order.index(row.split), natural(row.image_id)))
    return phantom
