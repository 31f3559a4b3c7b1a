"""Breast tissue of 66 DDSM film mammograms: adipose, fibroglandular, pectoral muscle."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import INT32, LATERALITY, Label
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Values
from hf_medseg.pixels.picture import Picture
from hf_medseg.raw.tables import lines_of
from hf_medseg.raw.tree import Raw, union

TISSUES = {64: 0, 128: 1, 192: 2, 255: 3}
SPLITS = {"train_valid": "train", "test": "test"}
STEM = r"([A-Z]_\d{4}_\d)\.(LEFT|RIGHT)_(MLO|CC)"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a mammogram; lists of folds are read where the user adds them."""
    pictures = raw.find(rf"(train_valid|test)/fgt_seg/{STEM}\.(?i:png)")
    maps = raw.find(rf"(train_valid|test)/fgt_seg_labels/{STEM}_LI\.(?i:png)")
    lists = raw.find(r"(?i:fold_?(\d+)\.txt)")
    raw.use(*lists.values())
    folds = {int(number): {line.removesuffix(".png") for line in lines_of(file)} for number, file in lists.items()}
    stems = {f"{case}.{side}_{view}" for _, case, side, view in pictures}
    for number, file in lists.items():
        for name in sorted(folds[int(number)] - stems):
            raw.note(file, f"names {name}, which is no picture here")
    for key in union(pictures, maps):
        folder, case, side, view = key
        stem = f"{case}.{side}_{view}"
        named = [fold for fold, names in folds.items() if stem in names]
        yield Case(
            stem,
            {
                "image": Picture(pictures.need(key, f"{folder}/fgt_seg/{stem}.png")),
                "mask": Values(Picture(maps.need(key, f"{folder}/fgt_seg_labels/{stem}_LI.png")), TISSUES),
            },
            {"laterality": side.lower(), "view": view, "fold": named[0] if named else None},
            split=SPLITS[folder],
            patient_id=case.rpartition("_")[0],
            wrong="" if len(named) < 2 else f"the lists of the folds {', '.join(map(str, named))} name it; one at most may.",
        )


SOURCE = Source(
    id="ddsm-tissue",
    title="Breast-tissue segmentation of DDSM mammograms (Mammogram-segmentation)",
    homepage="https://github.com/tiryakiv/Mammogram-segmentation",
    modality=("mammography",),
    anatomy=("breast",),
    task="tissue segmentation",
    summary="66 film mammograms of DDSM, scaled down, with adipose and fibroglandular tissue and pectoral muscle outlined.",
    access=Access(
        "request",
        (
            "Clone https://github.com/tiryakiv/Mammogram-segmentation or download its ZIP; the data is the folder segmentation_data.",
            "Unpacked .7z archives of the re-host are read too: their folders train_valid and test hold the original files.",
        ),
        (
            Download(
                "https://github.com/tiryakiv/Mammogram-segmentation/archive/8442846e2a15515e574cbd066930d7b81249c172.zip",
                name="Mammogram-segmentation-8442846e2a15515e574cbd066930d7b81249c172.zip",
                approximate=7_200_000,
            ),
        ),
    ),
    layout=(
        "segmentation_data/train_valid/fgt_seg/A_0002_1.RIGHT_MLO.png  train_valid/fgt_seg_labels/A_0002_1.RIGHT_MLO_LI.png  (60 pairs)\n"
        "segmentation_data/test/fgt_seg/...  segmentation_data/test/fgt_seg_labels/...  (6 pairs)\n"
        "Lists of folds are read where the user adds them: fold_1.txt ..., one picture name a line, the pictures held out in that fold."
    ),
    splits="Official: folder `train_valid` is `train`, folder `test` is `test`. `fold` comes from lists that the user adds, else it is null.",
    quirks=(
        "The first letter of a name is the prefix of the DDSM case, not the density type: no density can be read from it.",
        "In the files 64 is background, 128 adipose, 192 fibroglandular, 255 pectoral muscle; there is no 0.",
        "Every name says RIGHT, yet the orientation is not normalised: the pectoral muscle is at the left edge in 53 pictures, "
        "at the right edge in 13 (all 12 `B_` and `D_4597_1`).",
        "Burnt-in film marks and bright stickers occur and are labelled background.",
        "The pictures are scaled down to 480 x 960 and 8 bits: the depth of DDSM is gone.",
        "The authors train with five folds; which picture is in which is told only in the article's supplement.",
    ),
    changes=("Values 64, 128, 192, 255 of the label maps are stored as 0, 1, 2, 3.",),
    editions=(
        Edition(
            license=License(
                "unknown",
                "none stated for the data",
                "https://github.com/tiryakiv/Mammogram-segmentation",
                "unknown",
                (
                    Evidence(
                        "GNU GPLv3 for the code; no license for the data and no LICENSE file",
                        "https://github.com/tiryakiv/Mammogram-segmentation",
                        "high",
                    ),
                    Evidence(
                        "the parent database states a purpose (a resource for the research community), no license",
                        "http://www.eng.usf.edu/cvprg/Mammography/Database.html",
                        "high",
                    ),
                ),
                ("The authors ask to cite the article in IRBM.",),
            ),
            citations=(
                r"""@article{tiryaki2022deep,
  title   = {Deep learning-based multi-label tissue segmentation and density assessment from mammograms},
  author  = {Tiryaki, Volkan M{\"u}jdat and Kaplano{\u{g}}lu, Veysel},
  journal = {IRBM},
  year    = {2022},
  doi     = {10.1016/j.irbm.2022.05.004},
  issn    = {1959-0318}
}""",
                r"""@inproceedings{heath2001ddsm,
  title     = {The Digital Database for Screening Mammography},
  author    = {Heath, Michael and Bowyer, Kevin and Kopans, Daniel and Moore, Richard and Kegelmeyer, W. Philip},
  booktitle = {Proceedings of the Fifth International Workshop on Digital Mammography},
  year      = {2001}
}""",
                r"""@incollection{heath1998ddsm,
  title     = {Current Status of the Digital Database for Screening Mammography},
  author    = {Heath, M. and Bowyer, K. and Kopans, D. and Kegelmeyer, P. and Moore, R. and Chang, K. and Munishkumaran, S.},
  booktitle = {Digital Mammography},
  year      = {1998}
}""",
            ),
            classes=("adipose", "fibroglandular", "pectoral_muscle"),
            landmarks=(rf"(?:train_valid|test)/fgt_seg/{STEM}\.(?i:png)",),
            configs=(Config(columns={"laterality": LATERALITY, "view": Label(("CC", "MLO")), "fold": INT32}),),
            not_used=(
                (r"(?:train|valid|train_valid|test)/(?:images|masks)/[^/]+", "derived by a re-host: resized, and labels smeared by JPEG"),
                (r"[^/]+\.(?:py|md|ipynb|txt)", "code and notes"),
            ),
            published=Published(
                {"train": 60, "test": 6},
                {"train": 60, "test": 6},
                note="counted on the owner's repository; over all 66, foreground is 0.5459 of the pixels",
                sizes=((480, 960),),
            ),
        ),
    ),
    signature=(rf"fgt_seg_labels/{STEM}_LI\.(?i:png)", rf"fgt_seg/{STEM}\.(?i:png)"),
    cases=cases,
    image_mode="L",
)
