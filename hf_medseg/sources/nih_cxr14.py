"""NIH ChestX-ray14: findings mined from reports, and boxes on some films, no masks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hf_medseg.case import Case
from hf_medseg.columns import FLOAT32, FLOAT64, INT32, SEX, Label, ListOf, boxes
from hf_medseg.errors import Refused
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.picture import Picture
from hf_medseg.raw.cells import age_in, length_in, number_in, sex_in, whole_in
from hf_medseg.raw.tables import lines_of
from hf_medseg.raw.tree import Raw

SIDE = 1024
FINDINGS = (
    "atelectasis",
    "cardiomegaly",
    "consolidation",
    "edema",
    "effusion",
    "emphysema",
    "fibrosis",
    "hernia",
    "infiltration",
    "mass",
    "nodule",
    "pleural_thickening",
    "pneumonia",
    "pneumothorax",
    "no_finding",
)
BOXED = ("atelectasis", "cardiomegaly", "effusion", "infiltration", "mass", "nodule", "pneumonia", "pneumothorax")
RENAMED = {"infiltrate": "infiltration"}
# The headers have commas inside brackets, so a column's name is cut there.
BOX = {"x": "Bbox [x", "y": "y", "width": "w", "height": "h]"}
LISTS = {"train": r"train_val_list\.txt", "test": r"test_list\.txt"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a film that is there; the tables name all films, however few were downloaded."""
    films = raw.find(r"images(?:_\d+)?/(\d{8}_\d{3})\.png")
    table = raw.table(r"Data_Entry_2017[^/]*\.csv(?:\.gz)?", ("Image Index", "Finding Labels", "Patient ID"))
    names = {f"{stem}.png" for stem in films}
    records = table.by("Image Index", of=names) if table is not None else None
    marked = raw.table(r"BBox_List_2017[^/]*\.csv(?:\.gz)?", ("Image Index", "Finding Label", *BOX.values()))
    found: dict[str, list[dict[str, Any]]] = {}
    for record in marked or ():
        found.setdefault(record["Image Index"], []).append(_box(record))
    if marked is not None:
        raw.compare(marked.file, found, names)
    lists = {split: file for split, pattern in LISTS.items() if (file := raw.one(pattern)) is not None}
    raw.use(*lists.values())
    if len(lists) == 1:
        raise Refused(
            f"nih-cxr14: {next(iter(lists.values())).path} is there without the other list. train_val_list.txt and test_list.txt go together."
        )
    splits = {name: split for split, file in lists.items() for name in lines_of(file)}
    for split, file in lists.items():
        raw.compare(file, [name for name, of in splits.items() if of == split], names)
    if outside := sum(splits.get(name) == "train" for name in found):
        raw.note(lists["train"], f"{outside} films with boxes are in this list; readers say that all are in the test list")
    for stem, file in films.items():
        record = records.get(f"{stem}.png", {}) if records is not None else {}
        wrong = records.conflicts.get(f"{stem}.png", "") if records is not None else ""
        if not record:
            wrong = "the data table has no line for it."
        elif lists and f"{stem}.png" not in splits:
            wrong = "it is in neither of the owner's lists."
        elif any(box[side] is None for box in found.get(f"{stem}.png", []) for side in BOX):
            wrong = "the table of boxes gives it a box without four numbers."
        yield Case(
            stem,
            {"image": Picture(file, size=(SIDE, SIDE))},
            _columns(record) | {"boxes": found.get(f"{stem}.png", []) if marked is not None else None},
            split=splits.get(f"{stem}.png", "train"),
            patient_id=stem[:8],
            wrong=wrong,
        )


def _columns(record: Mapping[str, str]) -> dict[str, Any]:
    spacing = [length_in(record, "OriginalImagePixelSpacing[x"), length_in(record, "y]")]
    return {
        "labels": [_name(label) for label in record.get("Finding Labels", "").split("|")],
        "follow_up": whole_in(record, "Follow-up #", least=0),
        "age": age_in(record, "Patient Age"),
        "sex": sex_in(record, "Patient Sex" if "Patient Sex" in record else "Patient Gender"),
        "view": record.get("View Position") or None,
        "original_width": whole_in(record, "OriginalImage[Width", least=1),
        "original_height": whole_in(record, "Height]", least=1),
        "original_pixel_spacing": spacing[::-1] if None not in spacing else None,
    }


def _name(label: str) -> str:
    name = label.strip().lower().replace(" ", "_")
    return RENAMED.get(name, name)


def _box(record: Mapping[str, str]) -> dict[str, Any]:
    return {side: number_in(record, column, least=0) for side, column in BOX.items()} | {"label": _name(record.get("Finding Label", ""))}


# Address and MD5 of each of the owner's archives, in order.
BOX_FILES = {
    "vfk49d74nhbxq3nqjg0900w5nvkorp5c": "fe8ed0a6961412fddcbb3603c11b3698",
    "i28rlmbvmfjbl8p2n3ril0pptcmcu9d1": "ab07a2d7cbe6f65ddd97b4ed7bde10bf",
    "f1t00wrtdk94satdfb9olcolqx20z2jp": "2301d03bde4c246388bad3876965d574",
    "0aowwzs5lhjrceb3qp67ahp0rd1l1etg": "9f1b7f5aae01b13f4bc8e2c44a4b8ef6",
    "v5e3goj22zr6h8tzualxfsqlqaygfbsn": "1861f3cd0ef7734df8104f2b0309023b",
    "asi7ikud9jwnkrnkj99jnpfkjdes7l6l": "456b53a8b351afd92a35bc41444c58c8",
    "jn1b4mw4n6lnh74ovmcjb8y48h8xj07n": "1075121ea20a137b87f290d6a4a5965e",
    "tvpxmn7qyrgl0w8wfh9kqfjskv6nmm1j": "b61f34cec3aa69f295fbb593cbd9d443",
    "upyy3ml7qdumlgk2rfcvlb9k6gvqq2pj": "442a3caa61ae9b64e61c561294d1e183",
    "l6nilvfa9cg3s28tqv1qc1olm3gnz54p": "09ec81c4c31e32858ad8cf965c494b74",
    "hhq8fkdgvcari67vfhs7ppg2w6ni4jze": "499aefc67207a5a97692424cf5dbeed5",
    "ioqwiy20ihqwyr8pf4c24eazhh281pbu": "dc9fda1757c2de0032b63347a7d2895c",
}
ARCHIVES = tuple(
    Download(
        f"https://nihcc.box.com/shared/static/{address}.gz",
        name=f"images_{place:02}.tar.gz",
        checksum=f"md5:{md5}",
        choice="owner",
        approximate=3_500_000_000,
    )
    for place, (address, md5) in enumerate(BOX_FILES.items(), 1)
)

SOURCE = Source(
    id="nih-cxr14",
    title="NIH Chest X-ray dataset (ChestX-ray14)",
    homepage="https://nihcc.app.box.com/v/ChestXray-NIHCC",
    modality=("X-ray",),
    anatomy=("chest",),
    task="classification of 14 findings, some of them boxed",
    summary="112,120 frontal chest films of 30,805 patients with labels mined from reports, and 984 boxes on 880 of them. There are no masks.",
    access=Access(
        "free",
        (
            "Download the 12 archives images_001.tar.gz to images_012.tar.gz from https://nihcc.app.box.com/v/ChestXray-NIHCC (42 GB). "
            "They are read in place.",
            "Download Data_Entry_2017_v2020.csv, BBox_List_2017.csv, train_val_list.txt and test_list.txt from the same page.",
            "Or download nih-chest-xrays/data from Kaggle.",
        ),
        (
            *ARCHIVES,
            Download(
                "https://nihcc.app.box.com/index.php?rm=box_download_shared_file&vanity_name=ChestXray-NIHCC&file_id=f_219760887468",
                name="Data_Entry_2017_v2020.csv",
                choice="owner",
            ),
            *(
                Download("https://nihcc.app.box.com/v/ChestXray-NIHCC", client="manual", name=name, choice="owner")
                for name in ("BBox_List_2017.csv", "train_val_list.txt", "test_list.txt")
            ),
            Download("nih-chest-xrays/data", client="kaggle", choice="kaggle", approximate=42_000_000_000),
        ),
    ),
    layout="""images/images_001.tar.gz ... images_012.tar.gz  (in them images/00000001_000.png ...; or unpacked)
Data_Entry_2017_v2020.csv  BBox_List_2017.csv  train_val_list.txt  test_list.txt
Kaggle: images_001/images/00000001_000.png ... images_012/images/*.png, Data_Entry_2017.csv and the other tables""",
    splits="Official: train_val_list.txt is `train`, test_list.txt is `test`; they share no patient. A copy without the lists has one split `train`.",
    quirks=(
        "Labels were mined from reports by text search; the authors expect more than 90 % to be right.",
        "`no_finding` never stands beside another label.",
        "The box label Infiltrate is the finding Infiltration; both are `infiltration` here.",
        "Boxes are given on the published 1024 x 1024 pixels; `boxes` is empty for films without any, null where BBox_List_2017.csv is missing.",
        "An age above 120 is impossible and null: the table of 2017 is said to have some, the table of 2020 has none.",
        "A minority of the films is saved with four channels; they are stored as grey.",
        "`follow_up` is the owner's count and not always the number in the file name.",
        "`original_width`, `original_height` and `original_pixel_spacing` (row, column; mm) belong to the film before the owner reduced it; "
        "the 12-bit originals were not published.",
        "ChestX-ray8 (108,948 films) is the paper, ChestX-ray14 (112,120) this release.",
        "The 5,606 films with sample_labels.csv at Kaggle are another set.",
        "Masks for these films that circulate elsewhere (CheXmask) are made by a machine and are not part of this data.",
    ),
    changes=("Films saved with four channels are stored as grey.", "Metadata text in PNG files is removed."),
    editions=(
        Edition(
            license=License(
                "other",
                "nih-clinical-center-terms",
                "https://nihcc.app.box.com/v/ChestXray-NIHCC",
                "open",
                (
                    Evidence(
                        "FAQ_CHESTXRAY.pdf of the download folder, question 4: usage is unrestricted, with three duties (link, acknowledgement, "
                        "citation)",
                        "https://nihcc.app.box.com/v/ChestXray-NIHCC",
                        "high",
                    ),
                    Evidence(
                        "there are no restrictions on the use of the images; the same three duties are named",
                        "https://cloud.google.com/healthcare-api/docs/resources/public-datasets/nih-chest",
                        "high",
                    ),
                ),
                (
                    "Provide a link to the NIH download site: https://nihcc.app.box.com/v/ChestXray-NIHCC",
                    "Acknowledge the NIH Clinical Center as the data provider: data provided by the NIH Clinical Center.",
                    "Cite the CVPR 2017 paper (Wang et al. 2017).",
                ),
            ),
            citations=(
                r"""@inproceedings{wang2017chestxray8,
  author    = {Wang, Xiaosong and Peng, Yifan and Lu, Le and Lu, Zhiyong and Bagheri, Mohammadhadi and Summers, Ronald M.},
  title     = {{ChestX-ray8}: Hospital-scale Chest {X}-ray Database and Benchmarks on Weakly-Supervised Classification and Localization of Common Thorax Diseases},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition (CVPR)},
  pages     = {3462--3471},
  year      = {2017}
}""",
            ),
            landmarks=(r"images(?:_\d+)?/\d{8}_\d{3}\.png", r"Data_Entry_2017[^/]*\.csv(?:\.gz)?"),
            configs=(
                Config(
                    columns={
                        "labels": ListOf(Label(FINDINGS)),
                        "boxes": boxes(*BOXED),
                        "follow_up": INT32,
                        "age": FLOAT32,
                        "sex": SEX,
                        "view": Label(("PA", "AP")),
                        "original_width": INT32,
                        "original_height": INT32,
                        "original_pixel_spacing": ListOf(FLOAT64),
                    }
                ),
            ),
            not_used=((r"[A-Z0-9_]*CHESTXRAY\.pdf", "text about the data"),),
            published=Published({"train": 86_524, "test": 25_596}, note="lengths of the owner's lists; they sum to the 112,120 films"),
        ),
    ),
    signature=(r"Data_Entry_2017[^/]*\.csv(?:\.gz)?", r"images(?:_\d+)?/\d{8}_\d{3}\.png"),
    cases=cases,
    aliases=("chestx-ray14", "nih-chest-xrays"),
    annotators="machine-generated",
    image_mode="L",
    hashes=((72_223, "674665256e6a14c8ebaa93648f438c2b4ca21205167839559bab3ecc89b6b83a"),),
)
