"""ALL image dataset: blood smears of acute lymphoblastic leukemia, with copies whose background an algorithm painted black."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import FLAG, MASK_ORIGIN, PICTURE, Label
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Threshold
from hf_medseg.pixels.picture import Picture
from hf_medseg.pixels.readings import Brightest
from hf_medseg.raw.tree import Raw, union

LABELS = ("benign", "early", "pre", "pro")
FILE = r"(?i:Benign|Early|Pre|Pro)/(WBC-(?:Benign|Malignant-Early|Malignant-Pre|Malignant-Pro)-\d{3})\.(?i:jpe?g)"
# Rings of the JPEG compression around the black background reach 64; hardly any pixel lies between 64 and 191.
BACKGROUND = 64


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; the mask is what its segmented copy did not paint black."""
    originals = raw.find(rf"(?i:Original)/{FILE}")
    copies = raw.find(rf"(?i:Segmented)/{FILE}")
    for stem in union(originals, copies):
        label = stem.split("-")[-2].lower()
        original = originals.need(stem, f"Original/{label.title()}/{stem}.jpg")
        copy = copies.need(stem, f"Segmented/{label.title()}/{stem}.jpg")
        folders = {file.path.split("/")[1].lower() for file in (original, copy)}
        yield Case(
            stem,
            {
                "image": Picture(original),
                "mask": Threshold(Brightest(Picture(copy)), BACKGROUND, drawn=False),
                "segmented": Picture(copy),
            },
            {"label": label, "malignant": label != "benign", "mask_origin": "derived"},
            wrong="" if folders == {label} else f"it lies in the folder {' or '.join(sorted(folders))}, its name says {label}.",
        )


SOURCE = Source(
    id="all-leukemia",
    title="Acute Lymphoblastic Leukemia (ALL) image dataset",
    homepage="https://www.kaggle.com/datasets/mehradaria/leukemia",
    modality=("microscopy",),
    anatomy=("blood",),
    task="cell classification and weak segmentation",
    summary="3,256 pictures of peripheral blood smears in four classes, with copies segmented by colour thresholds.",
    access=Access(
        "request",
        ("Sign in to Kaggle and download https://www.kaggle.com/datasets/mehradaria/leukemia (archive.zip).",),
        (Download("mehradaria/leukemia", "kaggle", approximate=120_000_000),),
    ),
    layout="""Original/   Benign/WBC-Benign-001.jpg  Early/WBC-Malignant-Early-001.jpg  Pre/...  Pro/...
Segmented/  the same folders and names""",
    splits="No official split: one split `train`. No patients are published: a split by picture is likely to share patients.",
    quirks=(
        "The masks are derived (`mask_origin`): `Segmented` is an algorithm's output, a lossy JPEG in transformed colours on black; a pixel is "
        "foreground where its brightest channel is above 64. They are no ground truth: do not evaluate segmentation on them.",
        "The class Pro is almost unsegmented: 496 of its 804 masks have less than 1 % foreground; often only a cell's rim is left.",
        "In the other classes nuclei have holes, and platelets, rims of red cells and sometimes the scale bar are foreground.",
        "40 pairs of pictures are byte-identical, all in Pro with consecutive numbers; both rows stay and the later one is listed.",
        "Near-duplicates, neighbouring fields of one smear, are likely.",
        "One mask is empty.",
        "The owners' text says 3,562 pictures; the release has 3,256.",
        "Early, pre and pro are stages of B-cell leukemia as the paper names them; benign are hematogones.",
        "The pictures are released at 224 x 224 pixels, many with a scale bar burnt in at the lower right.",
    ),
    changes=("The masks are made from the segmented copies: max(R, G, B) > 64. The copies are kept in `segmented`.",),
    annotators="machine-generated",
    editions=(
        Edition(
            license=License(
                "other",
                "no passing on without the authors' authorization",
                "https://github.com/MehradAria/ALL-Subtype-Classification",
                "restricted",
                (
                    Evidence(
                        "the authors ask users to cite the paper and not to pass the database on to others without their authorization",
                        "https://github.com/MehradAria/ALL-Subtype-Classification",
                        "high",
                    ),
                    Evidence(
                        "the license field of the Kaggle page is not known",
                        "https://www.kaggle.com/datasets/mehradaria/leukemia",
                        "unknown",
                    ),
                ),
                (
                    "Cite Ghaderzadeh et al. 2022.",
                    "Do not pass the database on to others without the authors' authorization.",
                ),
            ),
            citations=(
                r"""@misc{aria2021all,
  title  = {Acute Lymphoblastic Leukemia (ALL) image dataset},
  author = {Aria, Mehrad and Ghaderzadeh, Mustafa and Bashash, Davood and Abolghasemi, Hassan and Asadi, Farkhondeh and Hosseini, Azamossadat},
  publisher = {Kaggle},
  year   = {2021},
  doi    = {10.34740/KAGGLE/DSV/2175623}
}""",
                r"""@article{ghaderzadeh2022fast,
  title   = {A fast and efficient CNN model for B-ALL diagnosis and its subtypes classification using peripheral blood smear images},
  author  = {Ghaderzadeh, Mustafa and Aria, Mehrad and Hosseini, Azamossadat and Asadi, Farkhondeh and Bashash, Davood and Abolghasemi, Hassan},
  journal = {International Journal of Intelligent Systems},
  volume  = {37},
  pages   = {5113--5133},
  year    = {2022},
  doi     = {10.1002/int.22753}
}""",
            ),
            classes=("stained_region",),
            landmarks=(rf"(?i:Original)/{FILE}", rf"(?i:Segmented)/{FILE}"),
            configs=(Config(columns={"label": Label(LABELS), "malignant": FLAG, "mask_origin": MASK_ORIGIN, "segmented": PICTURE}),),
            published=Published(
                {"train": 3256}, {"train": 3256}, {"train": 0.0932}, "measured on a complete public copy", sizes=((224, 224),)
            ),
        ),
    ),
    signature=(r"WBC-(?:Benign|Malignant-(?:Early|Pre|Pro))-\d{3}\.(?i:jpe?g)",),
    cases=cases,
    aliases=("leukemia",),
)
