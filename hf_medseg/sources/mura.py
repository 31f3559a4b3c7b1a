"""MURA v1.1: radiographs of the upper limb, each study called normal or abnormal, no masks."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import INT32, TEXT, Label
from hf_medseg.errors import Refused
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.picture import Picture
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
                wrong=wrong,
            )


def _inside(path: str) -> str:
    """The path below the data folder; the tables put that folder's name first."""
    top, _, inside = path.partition("/")
    if top.startswith("MURA-v1.0"):
        raise Refused(
            "mura: this is MURA v1.0, which was withdrawn because it held data of patients. Delete it and ask the owner for v1.1."
        )
    return inside if top.startswith("MURA") else path


SOURCE = Source(
    id="mura",
    title="MURA: Large Dataset for Abnormality Detection in Musculoskeletal Radiographs (v1.1)",
    homepage="https://stanfordmlgroup.github.io/competitions/mura/",
    modality=("X-ray",),
    anatomy=PARTS,
    task="classification of studies as normal or abnormal",
    summary="40,005 radiographs of the upper limb in 14,656 studies of 11,967 patients. There are no masks.",
    access=Access(
        "terms",
        (
            "Register at https://stanfordmlgroup.github.io/competitions/mura/ (now with Stanford AIMI) and accept the research use agreement.",
            "Download MURA-v1.1.zip by the link that is mailed to you (about 3.3 GB). It is read in place.",
            "Copies at Kaggle or elsewhere are against the agreement.",
        ),
        (
            Download(
                "https://stanfordmlgroup.github.io/competitions/mura/",
                client="manual",
                name="MURA-v1.1.zip",
                checksum="md5:4c36feddb7f5698c8bf291b912c438b1",
                approximate=3_300_000_000,
            ),
        ),
    ),
    layout="""MURA-v1.1/train/XR_SHOULDER/patient00001/study1_positive/image1.png  ...
MURA-v1.1/valid/XR_WRIST/patient11185/study1_positive/image1.png  ...
MURA-v1.1/train_image_paths.csv  train_labeled_studies.csv  valid_image_paths.csv  valid_labeled_studies.csv (no headers)""",
    splits="Official: folder `train` is `train`, folder `valid` is `validation`. The owner's test set was never given out.",
    quirks=(
        "The label is a study's, not a picture's: a normal picture of an abnormal study is labelled abnormal.",
        "One patient may have studies of several body parts; patients are not shared between the splits.",
        "Pictures are those that the owner's tables name; a file that no table names is not used.",
        "Some pictures have borders, several films in one picture, inverted contrast or burnt-in marks.",
        "Version 1.0 was withdrawn because it held data of patients; it is refused.",
        "Counts found elsewhere mix in the hidden test set (40,561 pictures) or belong to an older version of the paper (40,895).",
    ),
    changes=("Pictures saved as RGB with three equal channels are stored as grey.",),
    editions=(
        Edition(
            license=License(
                "other",
                "Stanford University School of Medicine MURA Dataset Research Use Agreement",
                "https://stanfordmlgroup.github.io/competitions/mura/",
                "restricted",
                (
                    Evidence(
                        "researchers bound by the agreement say that it does not allow sharing even processed copies",
                        "https://github.com/Valentyn1997/xray/issues/5",
                        "medium-high",
                    ),
                ),
                ("Research use under the agreement that each user accepts; the data may not be passed on.", "Cite Rajpurkar et al. 2017."),
            ),
            citations=(
                r"""@article{rajpurkar2017mura,
  title   = {{MURA}: Large Dataset for Abnormality Detection in Musculoskeletal Radiographs},
  author  = {Rajpurkar, Pranav and Irvin, Jeremy and Bagul, Aarti and Ding, Daisy and Duan, Tony and Mehta, Hershel and Yang, Brandon and Zhu, Kaylie and Laird, Dillon and Ball, Robyn L. and Langlotz, Curtis and Shpanskaya, Katie and Lungren, Matthew P. and Ng, Andrew Y.},
  journal = {arXiv preprint arXiv:1712.06957},
  year    = {2017},
  doi     = {10.48550/arXiv.1712.06957}
}""",
            ),
            landmarks=(rf"{STUDY}/image\d+\.png", r"(?:train|valid)_labeled_studies\.csv"),
            configs=(
                Config(
                    columns={"label": Label(("normal", "abnormal")), "body_part": Label(PARTS), "study_id": TEXT, "image_index": INT32},
                ),
            ),
            not_used=((rf"{STUDY}/[^/]+\.png", "named by no table of the owner"),),
            published=Published(
                {"train": 36_808, "validation": 3_197}, note="totals of the paper; the cut by split agrees with them", least=(1, 1)
            ),
        ),
    ),
    signature=(rf"{STUDY}/image\d+\.png",),
    cases=cases,
    image_mode="L",
)
