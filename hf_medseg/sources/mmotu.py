"""MMOTU: ovarian tumours in ultrasound (OTU_2d) and contrast-enhanced ultrasound (OTU_CEUS)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import Label
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Colours
from hf_medseg.pixels.picture import Picture
from hf_medseg.raw.tables import lines_of
from hf_medseg.raw.tree import Raw, union

# In the order of the owner's class numbers, with their colours.
TYPES = {
    "chocolate_cyst": (64, 0, 0),
    "serous_cystadenoma": (0, 64, 0),
    "teratoma": (0, 0, 64),
    "theca_cell_tumor": (64, 0, 64),
    "simple_cyst": (64, 64, 0),
    "normal_ovary": (64, 64, 64),
    "mucinous_cystadenoma": (0, 128, 0),
    "high_grade_serous_cystadenoma": (0, 0, 128),
}
NAMES = tuple(TYPES)
COLOURS = {(0, 0, 0): 0} | {colour: number for number, colour in enumerate(TYPES.values(), 1)}
FOLDERS = {"otu-2d": r"(?i:OTU[_-]2d(?:-Dataset(?:-main)?)?)", "otu-ceus": r"(?i:OTU_3d|OTU_CEUS)"}
SPLITS = {"train": "train", "val": "validation"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; the owner's lists say split and tumour type."""
    folder = FOLDERS[raw.config]
    # A re-host repeats the pictures by class: compared, and reported as duplicates.
    among = rf"(?:{folder}/|(?:{folder}/)?8_layers/[^/]+/)"
    pictures = raw.find(rf"{among}images/(\d+)\.(?i:jpg)")
    masks = raw.find(rf"{among}annotations/(\d+)\.(?i:png)")
    splits: dict[str, set[str]] = {}
    types: dict[str, set[str]] = {}
    numbers = union(pictures, masks)
    listings = raw.find(rf"{folder}/(train|val)(_cls)?\.txt")
    for (name, suffix), file in listings.items():
        raw.use(file)
        lines = []
        for line in lines_of(file):
            number, *others = re.sub(r"(?i)\.jpg", "", line).split()
            lines.append(number)
            (types if suffix else splits).setdefault(number, set()).update(others if suffix else [SPLITS[name]])
        if suffix:  # what the lists of the splits name and is not there is rejected
            raw.compare(file, lines, numbers)
    if types:
        raw.doubts.lacking(next(file.path for (_, suffix), file in listings.items() if suffix), sorted({*numbers} - {*types}), numbers)
    for number in union(pictures, masks, splits):
        split, code = splits.get(number, set()), types.get(number, set())
        label = next(iter(code), "")
        wrong = ""
        if splits and len(split) != 1:
            wrong = f"{'both' if split else 'neither'} of the lists train.txt and val.txt name it."
        elif len(code) > 1 or (label and label not in "01234567"):
            wrong = f"the lists of classes say {', '.join(sorted(code))}; one of 0 to 7 expected."
        yield Case(
            number,
            {
                "image": Picture(pictures.need(number, f"images/{number}.JPG")),
                "mask": Colours(Picture(masks.need(number, f"annotations/{number}.PNG")), COLOURS),
            },
            {"label": NAMES[int(label)] if label and not wrong else None},
            split=next(iter(split), "train"),
            wrong=wrong,
        )


COLUMNS = {"label": Label(NAMES)}
SOURCE = Source(
    id="mmotu",
    title="MMOTU - Multi-Modality Ovarian Tumor Ultrasound image dataset",
    homepage="https://github.com/cv516Buaa/MMOTU_DS2Net",
    modality=("ultrasound", "contrast-enhanced ultrasound"),
    anatomy=("ovary",),
    task="tumour segmentation and classification",
    summary="1,469 ultrasound pictures (B-mode and colour Doppler) and 170 contrast-enhanced ones of eight kinds of ovary, each outlined.",
    access=Access(
        "request",
        (
            "Download the folders OTU_2d and OTU_3d from https://drive.google.com/drive/folders/1c5n0fVKrM9-SZE1kacTXPt1pt844iAs1.",
            "The copies on figshare (10.6084/m9.figshare.25058690) and Zenodo (21128657) have other trees, which are not read.",
        ),
        (Download("https://drive.google.com/drive/folders/1c5n0fVKrM9-SZE1kacTXPt1pt844iAs1", "gdown", "MMOTU"),),
    ),
    layout=(
        "OTU_2d/images/1.JPG  OTU_2d/annotations/1.PNG  1_binary.PNG  1_binary_binary.PNG  ... (1 to 1469)\n"
        "OTU_2d/train.txt  val.txt  train_cls.txt  val_cls.txt\n"
        "OTU_3d/... the same for the contrast-enhanced pictures"
    ),
    splits=(
        "Official: train.txt is `train`, val.txt is `validation` (the paper calls it the test set). "
        "A copy without the lists has one split `train`."
    ),
    quirks=(
        "The folder OTU_3d holds 2D pictures: it is the contrast-enhanced subset, config `otu-ceus`.",
        "A normal ovary is outlined too, so a mask does not mean a tumour; no mask is empty.",
        "The `_binary` masks hold 0 and 1, look black and repeat the area of the colour masks; they and `_binary_binary` are left alone.",
        "Near duplicates: 62 pairs of pictures of OTU_2d look alike, 30 of them with one in each split (such as 82/84, 85/88, 144/146, "
        "252/253, 357/358), 5 with different labels.",
        "Burnt-in text, calipers, arrows, cursors and device logos are common.",
        "Many re-hosts list the classes alphabetically: their numbers are not the owner's.",
        "A re-host's README says 70 test images and two kinds in the contrast-enhanced subset; the counts here are those of the files.",
        "No patient ids are published: whether the split keeps patients apart cannot be checked.",
        "`label` is the owner's type of the whole picture; it is null without the lists of classes.",
    ),
    changes=("Colour-coded masks are stored as label maps: the class number of the owner plus 1.",),
    editions=(
        Edition(
            license=License(
                "unknown",
                "none stated for the data",
                "https://github.com/cv516Buaa/MMOTU_DS2Net/issues/8",
                "unknown",
                (
                    Evidence(
                        "the question whether the repository's Apache-2.0, inherited with its code, covers the data is open",
                        "https://github.com/cv516Buaa/MMOTU_DS2Net/issues/8",
                        "high",
                    ),
                    Evidence(
                        "a record with the data says CC BY 4.0; whether an author deposited it could not be established",
                        "https://doi.org/10.6084/m9.figshare.25058690",
                        "medium-high",
                    ),
                    Evidence("a third party's curated copy says CC BY 4.0", "https://zenodo.org/records/21128657", "low"),
                ),
                ("The repository asks to cite the paper.",),
            ),
            citations=(
                r"""@article{DBLP:journals/corr/abs-2207-06799,
  author  = {Qi Zhao and Shuchang Lyu and Wenpei Bai and Linghan Cai and Binghao Liu and Meijing Wu and Xiubo Sang and Min Yang and Lijiang Chen},
  title   = {A Multi-Modality Ovarian Tumor Ultrasound Image Dataset for Unsupervised Cross-Domain Semantic Segmentation},
  journal = {CoRR},
  volume  = {abs/2207.06799},
  year    = {2022},
  doi     = {10.48550/arXiv.2207.06799}
}""",
            ),
            classes=NAMES,
            landmarks=(
                r"(?i:OTU[_-]2d(?:-Dataset(?:-main)?)?|OTU_3d|OTU_CEUS)/images/\d+\.(?i:jpg)",
                r"(?i:OTU[_-]2d(?:-Dataset(?:-main)?)?|OTU_3d|OTU_CEUS)/annotations/\d+\.(?i:png)",
            ),
            configs=(
                Config("otu-2d", COLUMNS, description="B-mode and colour Doppler."),
                Config("otu-ceus", COLUMNS, description="Contrast-enhanced."),
            ),
            not_used=(
                (r"annotations/\d+_binary_binary\.(?i:png)", "a leftover: the same bytes as the `_binary` mask"),
                (r"annotations/\d+_binary\.(?i:png)", "the area of the colour mask once more, without the class"),
                (r"[^/]+\.json", "a re-host's own lists"),
            ),
            published=Published(
                {"train": 1000, "validation": 469},
                {"train": 1000, "validation": 469},
                note="the owner's lists of OTU_2d; over all 1,469, the mean foreground is 0.1461",
                least=(302, 266),
            ),
        ),
    ),
    signature=(r"(?i:OTU[_-]2d(?:-Dataset(?:-main)?)?|OTU_3d|OTU_CEUS)/images/\d+\.(?i:jpg)", r"annotations/\d+_binary_binary\.(?i:png)"),
    cases=cases,
    image_mode="RGB",
)
