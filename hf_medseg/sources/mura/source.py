"""MURA v1.1: radiographs of the upper limb, each study called normal or abnormal, no masks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import INT32, TEXT, Label
from hf_medseg.errors import Refused
from hf_medseg.formats.picture import Picture
from hf_medseg.raw.cells import whole
from hf_medseg.raw.tree import Raw

PARTS = ("elbow", "finger", "forearm", "hand", "humerus", "shoulder", "wrist")

LABELS = {"0": "normal", "1": "abnormal"}

IN_FOLDER = {"negative": "0", "positive": "1"}

STUDY = r"(?:train|valid)/XR_[A-Z]+/patient\d{5}/study\d+_(?:positive|negative)"

PATH = re.compile(r"(train|valid)/XR_([A-Z]+)/(patient\d{5})/(study\d+)_(positive|negative)/image(\d+)\.png\Z")


def cases(raw: Raw) -> Iterator[Case]:
    """One case for every picture that the owner's tables name."""
    for split in ("train", "valid"):
        listed = raw.table(rf"{split}_image_paths\.csv", names=("path",))
        labels = raw.table(rf"{split}_labeled_studies\.csv", names=("path", "label"))
        if listed is None and labels is None:
            continue
        if listed is None or labels is None:
            raise Refused(f"mura: {split}_image_paths.csv and {split}_labeled_studies.csv go together. Fetch MURA-v1.1.zip again.")
        paths = [_inside(line["path"]) for line in listed]
        files, studies = raw.at(paths), labels.by("path")
        of_study = {_inside(path): path for path in studies}
        raw.compare(labels.file, of_study, {path.rpartition("/")[0] + "/" for path in paths})
        for path in dict.fromkeys(paths):
            match = PATH.match(path)
            if match is None:
                raise Refused(f"{listed.file.path}: {path!r} is no path of MURA. Use the table that the owner publishes.")
            _, part, patient, study, sign, number = match.groups()
            key = of_study.get(path.rpartition("/")[0] + "/", "")
            said = whole(studies[key].get("label")) if key else None  # spreadsheets make `1.0` of it
            label = "" if said is None else str(said)
            wrong = studies.conflicts.get(key, "")
            if not wrong and label != IN_FOLDER[sign]:
                wrong = f"{labels.file.path} gives its study the label {label or None}; its folder says {IN_FOLDER[sign]} ({sign})."
            yield Case(
                f"XR_{part}_{patient}_{study}_{sign}_image{number}",
                {"image": Picture(files.need(path, path))},
                {
                    "label": LABELS.get(label),
                    "body_part": part.lower(),
                    "study_id": f"{patient}_XR_{part}_{study}",
                    "image_index": int(number),
                },
                split="validation" if split == "valid" else "train",
                patient_id=patient,
                problem=Problem.of(wrong),
            )


def _inside(path: str) -> str:
    """The path below the data folder; the tables put that folder's name first."""
    top, _, inside = path.partition("/")
    if top.startswith("MURA-v1.0"):
        raise Refused(
            "mura: this is MURA v1.0, which was withdrawn because it held data of patients. Delete it and ask the owner for v1.1."
        )
    return inside if top.startswith("MURA") else path


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"{STUDY}/image\d+\.png", r"(?:train|valid)_labeled_studies\.csv"),
        configs=(
            Config(
                columns={"label": Label(("normal", "abnormal")), "body_part": Label(PARTS), "study_id": TEXT, "image_index": INT32},
            ),
        ),
        not_used=((rf"{STUDY}/[^/]+\.png", "named by no table of the owner"),),
    ),
    cases,
    signature=(rf"{STUDY}/image\d+\.png",),
    ids=(r"patient\d{5}[-_/ ]study\d+_(?:positive|negative)",),
    image_mode="L",
)
