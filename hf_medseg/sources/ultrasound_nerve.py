"""Ultrasound Nerve Segmentation: the brachial plexus in frames of ultrasound videos."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import FLAG
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source, SurveyPlan
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.alike import contradictions, sketch
from hf_medseg.pixels.marks import Occurs
from hf_medseg.pixels.masks import Labels, Values
from hf_medseg.pixels.picture import Picture
from hf_medseg.pixels.rle import Rle, Same
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Found, Raw, union

NERVE = {0: 0, 255: 1}
TABLE = "train_masks.csv"


def frames(raw: Raw) -> tuple[Found, Found]:
    """Frames and masks of the training set by (subject, number)."""
    return raw.find(r"train/(\d+)_(\d+)\.(?i:tif)"), raw.find(r"train/(\d+)_(\d+)_mask\.(?i:tif)")


def surveyed(raw: Raw) -> list[RawFile]:
    """Every frame that has a mask, and its mask."""
    pictures, masks = frames(raw)
    return [file for key in pictures if key in masks for file in (pictures[key], masks[key])]


def contradictory(raw: Raw, pictures: Found, masks: Found) -> set[tuple[str, str]]:
    """Keys of the frames that look like another frame of the same subject and are annotated differently."""
    seen = raw.survey or {}
    subjects: dict[str, dict[tuple[str, str], tuple[object, object]]] = {}
    for key, file in pictures.items():
        if key in masks:
            subjects.setdefault(key[0], {})[key] = (seen.get(file.listed), seen.get(masks[key].listed))
    return {key for pairs in subjects.values() for key in contradictions(pairs)}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a frame; where the table of run lengths is there, both codings of a mask must agree."""
    pictures, masks = frames(raw)
    table = raw.table(r"train_masks\.csv", ("subject", "img", "pixels"))
    runs = table.by("subject", "img", among=pictures) if table is not None else None
    flagged = contradictory(raw, pictures, masks)
    for key in union(pictures, masks, runs or {}):
        stem = "_".join(key)
        mask: Labels = Values(Picture(masks.need(key, f"train/{stem}_mask.tif")), NERVE)
        wrong = ""
        if runs is not None and key in runs:
            mask = Same(mask, Rle(runs[key].get("pixels", ""), TABLE), f"the line of {stem} in {TABLE}")
            wrong = runs.conflicts.get(key, "")
        elif runs is not None:
            wrong = f"{TABLE} has no line for it."
        yield Case(
            stem,
            {"image": Picture(pictures.need(key, f"train/{stem}.tif")), "mask": mask, "has_nerve": Occurs(mask)},
            {"contradictory": key in flagged},
            patient_id=key[0],
            wrong=wrong,
        )
    for number, file in raw.find(r"test/(\d+)\.(?i:tif)").items():
        yield Case(number, {"image": Picture(file), "mask": None}, split="test")


SOURCE = Source(
    id="ultrasound-nerve",
    title="Ultrasound Nerve Segmentation",
    homepage="https://www.kaggle.com/c/ultrasound-nerve-segmentation",
    modality=("ultrasound",),
    anatomy=("brachial plexus",),
    task="nerve segmentation",
    summary="5,635 annotated frames of 47 subjects, most of them without nerve, and 5,508 frames without annotation.",
    access=Access(
        "terms",
        (
            "Accept the rules of the competition at https://www.kaggle.com/c/ultrasound-nerve-segmentation/rules with a Kaggle account.",
            "Run: kaggle competitions download -c ultrasound-nerve-segmentation",
        ),
        (
            Download("ultrasound-nerve-segmentation", "kaggle-competition", choice="kaggle", approximate=2_200_000_000),
            *(
                Download(
                    "https://www.kaggle.com/c/ultrasound-nerve-segmentation/data",
                    "manual",
                    name,
                    checksum=f"md5:{md5}",
                    choice="old-archives",
                    approximate=1_100_000_000,
                )
                for name, md5 in (("train.zip", "fba272da39a6bcfe7489ae6a802924bf"), ("test.zip", "1a6cb8739900b7df85f368729141274f"))
            ),
        ),
    ),
    layout=(
        "train/1_1.tif  train/1_1_mask.tif  ... (subject_number)\n"
        "test/1.tif  ... (no masks, no subjects)\n"
        "train_masks.csv (subject,img,pixels: the same masks as run lengths)  sample_submission.csv"
    ),
    splits="Official: folder `train` (47 subjects) is `train`, folder `test` (no masks) is `test`. Split further by `patient_id` only.",
    quirks=(
        "Nearly identical frames of one subject contradict each other, one with a mask and one without; the owner left them so. "
        "They are kept, and `contradictory` flags both frames of every such pair.",
        "Frames occur twice, exactly or nearly; they come from videos and were shuffled, so numbers are not times.",
        "About 59 % of the masks are empty: the nerve is not there, or nobody labelled it. An empty mask is kept and `has_nerve` is false.",
        "Subjects 3, 7, 17, 34 and 44 have 119 frames, the others 120.",
        "No two masks with a nerve are identical, even where the frames are.",
        "Copies with an open license tag exist on the Hub; that tag is not the owner's.",
        "Every mask is published twice, as TIFF and in train_masks.csv; both are read and must agree.",
    ),
    changes=(
        "TIFF is stored as PNG.",
        "`contradictory` was computed: histograms of strips alike (cosine distance < 0.008), Dice of the masks < 0.2.",
    ),
    editions=(
        Edition(
            license=License(
                "other",
                "Kaggle competition rules",
                "https://www.kaggle.com/c/ultrasound-nerve-segmentation/rules",
                "restricted",
                (
                    Evidence(
                        "competition data under the rules of the competition, which have to be accepted; no redistribution grant found",
                        "https://www.kaggle.com/c/ultrasound-nerve-segmentation",
                        "medium",
                    ),
                ),
                ("Accept the competition's rules and use the data as they say.",),
            ),
            citations=(
                r"""@misc{ultrasound-nerve-segmentation,
  title     = {Ultrasound Nerve Segmentation},
  year      = {2016},
  publisher = {Kaggle},
  howpublished = {\url{https://kaggle.com/competitions/ultrasound-nerve-segmentation}}
}""",
            ),
            classes=("nerve",),
            landmarks=(r"train/\d+_\d+\.(?i:tif)", r"train/\d+_\d+_mask\.(?i:tif)"),
            configs=(Config(columns={"has_nerve": FLAG, "contradictory": FLAG}),),
            not_used=((r"sample_submission\.csv", "a form with dummy values"),),
            published=Published(
                {"train": 5635, "test": 5508},
                {"train": 5635, "test": 0},
                {"train": 0.01206},
                "counted on train_masks.csv; 2,323 masks have a nerve",
                sizes=((580, 420),),
            ),
        ),
    ),
    signature=(r"train/\d+_\d+_mask\.(?i:tif)",),
    cases=cases,
    aliases=("ultrasound-nerve-segmentation",),
    image_mode="L",
    survey=SurveyPlan(surveyed, sketch),
)
