"""Kaggle Diabetic Retinopathy Detection (EyePACS, 2015): a grade of retinopathy for each eye, no masks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hf_medseg.case import Case
from hf_medseg.columns import LATERALITY, Label
from hf_medseg.errors import Refused
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.picture import Picture
from hf_medseg.raw.cells import whole
from hf_medseg.raw.tree import Raw

GRADES = ("no_dr", "mild", "moderate", "severe", "proliferative")
LEVELS = {str(level): name for level, name in enumerate(GRADES)}
EYE = r"(\d+)_(left|right)"
# Several public readers leave these out.
BAD = {"492_right", "25313_right", "27096_right"}
BAD_WORDS = "nearly black or unreadable: several public readers leave this picture out"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a photograph; the two eyes of a person share `patient_id`."""
    if copy := raw.one(r"(?:train|test)/\d+_(?:left|right)\.(?!jpeg)\w+"):
        raise Refused(
            f"{copy.listed}: the owner's photographs end in .jpeg; this one comes from a re-sized or re-coded copy, and mixed sources would "
            "pass unseen. Take the copies out of train/ and test/, or fetch the owner's archives."
        )
    # sample.zip holds copies of training photographs.
    photographs = {
        "train": raw.find(rf"train/{EYE}\.jpeg").beside(raw.find(rf"sample/{EYE}\.jpeg")),
        "test": raw.find(rf"test/{EYE}\.jpeg"),
    }
    tables = {
        "train": raw.table(r"trainLabels\.csv", ("image", "level")),
        "test": raw.table(r"(?:retinopathy_solution|testLabels)\.csv", ("image", "level")),
    }
    for split, found in photographs.items():
        table = None if (lines := tables[split]) is None else lines.by("image", of={f"{patient}_{eye}" for patient, eye in found})
        for (patient, eye), file in found.items():
            stem = f"{patient}_{eye}"
            record = table.get(stem, {}) if table is not None else {}
            wrong = "" if table is None else table.conflicts.get(stem, "")
            if table is not None and not wrong and _level(record) not in LEVELS:
                wrong = (
                    f"its level is {record.get('level')!r}; 0 to 4 expected."
                    if record
                    else f"the label table of {split} has no line for it."
                )
            if stem in BAD:
                raw.note(file, BAD_WORDS)
            yield Case(
                stem,
                {"image": Picture(file)},
                {"label": LEVELS.get(_level(record)), "laterality": eye, "usage": record.get("Usage", "").lower() or None},
                split=split,
                patient_id=patient,
                wrong=wrong,
                known=BAD_WORDS if stem in BAD else "",
            )


def _level(record: Mapping[str, str]) -> str:
    """The grade of an eye as its digit: spreadsheets make `2.0` of it."""
    level = whole(record.get("level"))
    return "" if level is None else str(level)


COMPETITION = "diabetic-retinopathy-detection"
PIECES = {
    **{f"train.zip.{number:03}": 7_000_000_000 for number in range(1, 6)},
    **{f"test.zip.{number:03}": 7_600_000_000 for number in range(1, 8)},
}

SOURCE = Source(
    id="kaggle-dr",
    title="Diabetic Retinopathy Detection (Kaggle, EyePACS, 2015)",
    homepage="https://www.kaggle.com/c/diabetic-retinopathy-detection",
    modality=("fundus photography",),
    anatomy=("retina",),
    task="classification of diabetic retinopathy by grade",
    summary="88,702 colour photographs of both eyes of 44,351 people, each eye graded from 0 to 4. There are no masks.",
    access=Access(
        "terms",
        (
            "Log in at Kaggle and accept the rules at https://www.kaggle.com/c/diabetic-retinopathy-detection/rules.",
            "Download train.zip.001 to .005, test.zip.001 to .007 and trainLabels.csv.zip (about 88 GB).",
            "Join the pieces: cat train.zip.00? > train.zip; cat test.zip.00? > test.zip. The joined archives are read in place.",
            "If you want labels of the test set, add retinopathy_solution.csv, which was posted in the forum after the end.",
        ),
        (
            *(
                Download(COMPETITION, client="kaggle-competition", name=name, approximate=size, then="join")
                for name, size in PIECES.items()
            ),
            Download(COMPETITION, client="kaggle-competition", name="trainLabels.csv.zip"),
            Download(
                "https://storage.googleapis.com/kaggle-forum-message-attachments/90528/2877/retinopathy_solution.csv",
                name="retinopathy_solution.csv",
                size=1_181_257,
                checksum="sha256:a6af3d66804e81887da89b9261bcfb7da4f5bacedb070f1b5db83fa879ab60c9",
            ),
        ),
    ),
    layout="""train/10_left.jpeg  train/10_right.jpeg  ...   (or train.zip)
test/1_left.jpeg  test/1_right.jpeg  ...       (or test.zip)
trainLabels.csv                                (or trainLabels.csv.zip)
retinopathy_solution.csv                       (optional; also as testLabels.csv)""",
    splits="Official: the folders `train` and `test`, which share no patient. `usage` says which half of the test set a picture scored for.",
    quirks=(
        "492_right, 25313_right and 27096_right are nearly black or unreadable; where they decode they stay, and they are reported as known.",
        "Some cameras show the retina inverted, as seen through a condensing lens; no column says which pictures.",
        "The organisers announce noise in labels and pictures: artefacts, blur, under- and overexposure.",
        "Copies of the labels are often incomplete: a training picture without its label is rejected by name.",
        "Names are numbers without leading zeros: 10 comes after 9, not after 1.",
        "Labels of the test set are null without retinopathy_solution.csv (or testLabels.csv).",
        "This is not APTOS 2019 (Aravind Eye Hospital), with which catalogues confuse it.",
    ),
    editions=(
        Edition(
            license=License(
                "other",
                "Kaggle competition rules",
                "https://www.kaggle.com/c/diabetic-retinopathy-detection/rules",
                "restricted",
                (
                    Evidence(
                        "a competition whose data is given under rules that each participant accepts; no open license is named",
                        "https://www.kaggle.com/c/diabetic-retinopathy-detection",
                        "medium-high",
                    ),
                    Evidence(
                        "Kaggle took a derived dataset down for breaking the rules of this competition",
                        "https://github.com/TheBeastCoding/standardized-multichannel-dataset-glaucoma/issues/10",
                        "medium-high",
                    ),
                ),
                (
                    "Accept the competition's rules and use the data as they say.",
                    "Credit EyePACS, which gave the photographs, and Kaggle.",
                ),
            ),
            citations=(
                r"""@misc{kaggle2015dr,
  title        = {Diabetic Retinopathy Detection},
  author       = {Cukierski, Will and others},
  year         = {2015},
  publisher    = {Kaggle},
  howpublished = {\url{https://kaggle.com/competitions/diabetic-retinopathy-detection}}
}""",
                r"""@article{cuadros2009eyepacs,
  title   = {{EyePACS}: An Adaptable Telemedicine System for Diabetic Retinopathy Screening},
  author  = {Cuadros, Jorge and Bresnick, George},
  journal = {Journal of Diabetes Science and Technology},
  year    = {2009}
}""",
            ),
            landmarks=(rf"train/{EYE}\.jpeg", r"trainLabels\.csv"),
            configs=(Config(columns={"label": Label(GRADES), "laterality": LATERALITY, "usage": Label(("public", "private"))}),),
            not_used=((r"sampleSubmission\.csv", "a template for submissions, no labels"),),
            published=Published({"train": 35_126, "test": 53_576}, note="the owner's tables", least=(433, 289)),
        ),
    ),
    signature=(rf"(?:train|test)/{EYE}\.jpeg", r"retinopathy_solution\.csv"),
    cases=cases,
    aliases=("diabetic-retinopathy-detection", "eyepacs"),
    image_mode="RGB",
    hashes=((1_181_257, "a6af3d66804e81887da89b9261bcfb7da4f5bacedb070f1b5db83fa879ab60c9"),),
)
