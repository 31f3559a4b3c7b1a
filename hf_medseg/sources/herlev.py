"""Herlev: single cells of Pap smears, nucleus and cytoplasm in masks with a palette."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import FLAG, Label
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import NOT_ANNOTATED, Colours
from hf_medseg.pixels.picture import Picture
from hf_medseg.pixels.readings import Indexed
from hf_medseg.raw.tree import Raw, union

LABELS = {
    "superficiel": "normal_superficiel",
    "intermediate": "normal_intermediate",
    "columnar": "normal_columnar",
    "light": "light_dysplastic",
    "moderate": "moderate_dysplastic",
    "severe": "severe_dysplastic",
    "carcinoma": "carcinoma_in_situ",
    "carcinima": "carcinoma_in_situ",
}
FOLDER = r"(?i:(?:\d+_)?(?:normal_(?:superficiel|intermediate|columnar)|(?:light|moderate|severe)_dysplastic|carcin[io]ma_in_situ))"
CELL = r"\d{9}-\d{9}-\d{3}"
COLOURS = {(255, 0, 0): 0, (0, 0, 128): 1, (0, 0, 255): 2, (128, 128, 128): NOT_ANNOTATED, (0, 0, 0): NOT_ANNOTATED}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a cell; a renamed picture stands in where the plain name is missing."""
    pictures = raw.find(rf"({FOLDER})/({CELL})\.(?i:bmp)")
    renamed = raw.find(rf"({FOLDER})/({CELL})_2\.(?i:bmp)")
    masks = raw.find(rf"({FOLDER})/({CELL})-d\.(?i:bmp)")
    for folder, cell in union(pictures, renamed, masks):
        words = folder.lower().split("_")
        label = next(label for word, label in LABELS.items() if word in words)
        picture = pictures.get((folder, cell)) or renamed.need((folder, cell), f"{folder}/{cell}.BMP")
        yield Case(
            cell,
            {
                "image": Picture(picture),
                "mask": Colours(Indexed(masks.need((folder, cell), f"{folder}/{cell}-d.bmp")), COLOURS),
            },
            {"label": label, "abnormal": not label.startswith("normal")},
            patient_id=cell[:19],
        )


SOURCE = Source(
    id="herlev",
    title="DTU/Herlev Pap Smear Databases - New Pap-smear Database",
    homepage="https://mde-lab.aegean.gr/index.php/downloads/",
    modality=("microscopy",),
    anatomy=("cervix",),
    task="cell segmentation and classification",
    summary="917 pictures of single Papanicolaou-stained cells in seven classes, nucleus and cytoplasm marked.",
    access=Access(
        "request",
        (
            "Download smear2005.zip (Part II) from https://mde-lab.aegean.gr/index.php/downloads/; the address is plain HTTP.",
            "If the host does not answer, ask MDE-Lab (University of the Aegean); copies with recoloured masks are rejected.",
        ),
        (Download("http://mde-lab.aegean.gr/images/stories/docs/smear2005.zip", name="smear2005.zip", approximate=85_170_000),),
    ),
    layout="""smear2005/
  New database pictures/
    normal_superficiel/   normal_intermediate/   normal_columnar/
    light_dysplastic/     moderate_dysplastic/   severe_dysplastic/
    carcinoma_in_situ/
        149056321-149056343-001.BMP      picture
        149056321-149056343-001-d.bmp    mask, with a palette""",
    splits="No official split: one split `train`. Cells of a slide share `patient_id` (the first 19 characters of the name); split by it.",
    quirks=(
        "Masks are decoded through their palette: red is background, dark blue cytoplasm, bright blue nucleus.",
        "Grey and black in a mask are debris and neighbouring cells, assigned to no class: 255, not annotated.",
        "`patient_id` is the slide and field that the file name begins with; the owner documents no patients.",
        "Some projects call this folder structure SIPaKMeD: SIPaKMeD has five classes and outlines in `.dat` files.",
        "The owner's older database of 500 cells is another download and not part of this source.",
        "Pictures are small and their size varies from cell to cell.",
    ),
    changes=("BMP pictures are stored as PNG.", "Palette masks are stored as label maps, undefined colours as 255."),
    editions=(
        Edition(
            license=License(
                "unknown",
                "no license stated",
                "https://mde-lab.aegean.gr/index.php/downloads/",
                "unknown",
                (
                    Evidence(
                        "the page asks to cite the link and related studies and grants nothing, as quoted by a reader",
                        "https://github.com/sarah-antillia/Image-Segmentation-Pap-Smear",
                        "medium",
                    ),
                ),
                ("Cite https://mde-lab.aegean.gr/index.php/downloads/ and the related studies, as the owner's page asks.",),
            ),
            citations=(
                r"""@inproceedings{jantzen2005pap,
  title     = {Pap-smear Benchmark Data For Pattern Classification},
  author    = {Jantzen, Jan and Norup, Jonas and Dounias, George and Bjerregaard, Beth},
  booktitle = {Proc. NiSIS 2005: Nature inspired Smart Information Systems},
  year      = {2005}
}""",
                r"""@misc{herlev_mdelab,
  title = {DTU/Herlev Pap Smear Databases and related studies},
  author = {{MDE-Lab, University of the Aegean}},
  howpublished = {\url{https://mde-lab.aegean.gr/index.php/downloads/}}
}""",
            ),
            classes=("cytoplasm", "nucleus"),
            landmarks=(rf"{FOLDER}/{CELL}(?:_2)?\.(?i:bmp)", rf"{FOLDER}/{CELL}-d\.(?i:bmp)"),
            configs=(Config(columns={"label": Label(tuple(dict.fromkeys(LABELS.values()))), "abnormal": FLAG}),),
            not_used=(
                (r"[^/]*-cyt\.(?i:bmp)", "a cytoplasm file of a re-host; the mask holds the cytoplasm"),
                (rf"{CELL}_2\.(?i:bmp)", "a renamed copy of a picture that is there under its plain name"),
                (r"new_database_results\.xls", "20 measured features of each cell, not pictures"),
            ),
            published=Published(
                {"train": 917},
                {"train": 917},
                note="class counts that a public baseline quotes from the owner; they sum to 917",
                least=(1, 1),
            ),
            uncertain=True,
        ),
    ),
    signature=(rf"{CELL}-d\.(?i:bmp)",),
    cases=cases,
    aliases=("smear2005", "pap-smear"),
)
