"""SegPC-2021: plasma cells in bone marrow, one mask a cell with nucleus and cytoplasm."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import FLAG, MASK_ORIGIN, PICTURE, TEXT, Label, ListOf
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Instances, MaskList, Overlap, Painted, Values
from hf_medseg.pixels.picture import Picture
from hf_medseg.pixels.sizes import BySize
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw, union

SPLIT = r"((?i:train|validation|valid|test))"
SPLITS = {"train": "train", "validation": "validation", "valid": "validation", "test": "test"}
PARTS = {0: 0, 20: 1, 40: 2}
CAMERAS = {(2560, 1920): "nikon", (2040, 1536): "olympus"}
TWICE = {"2044_5": "2044_3", "2122_5": "2122_4", "1812_4": "1812_2", "9424_6": "9424_5"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture, with the masks of its cells in ascending number."""
    pictures = raw.find(rf"{SPLIT}/x/(\d+)\.(?i:bmp)")
    cells: dict[tuple[str, str], list[tuple[str, RawFile]]] = {}
    for (folder, image_id, cell), file in raw.find(rf"{SPLIT}/y/(\d+)_(\d+)\.(?i:bmp)").items():
        cells.setdefault((folder, image_id), []).append((f"{image_id}_{cell}", file))
        if first := TWICE.get(f"{image_id}_{cell}"):
            raw.note(file, f"outlines nearly the same cell as {first}.bmp; both are kept")
    for folder, image_id in union(pictures, cells):
        found = cells.get((folder, image_id), [])
        masks = tuple(Values(Picture(file), PARTS) for _, file in found)
        split, wrong = SPLITS[folder.lower()], ""
        if (split, image_id) == ("validation", "610") and not found:
            raw.note(pictures[folder, image_id], "has no masks; its mask is null")
        elif split != "test" and not found:
            wrong = f"no mask {folder}/y/{image_id}_1.bmp or another number is there; every picture of this split but 610 has some."
        yield Case(
            image_id,
            {
                "image": Picture(pictures.need((folder, image_id), f"{folder}/x/{image_id}.bmp")),
                "mask": Painted(masks) if masks else None,
                "instances": Instances(masks) if masks else None,
                "masks": MaskList(masks) if masks else None,
                "mask_overlap": Overlap(masks) if masks else None,
                "camera": BySize(CAMERAS),
            },
            {"mask_names": [name for name, _ in found] or None, "mask_origin": "corrected" if masks else None},
            split=split,
            wrong=wrong,
        )


SOURCE = Source(
    id="segpc-2021",
    title="SegPC-2021: Segmentation of Multiple Myeloma Plasma Cells in Microscopic Images",
    homepage="https://segpc-2021.grand-challenge.org/",
    modality=("microscopy",),
    anatomy=("bone marrow",),
    task="cell instance segmentation",
    summary="775 stain-normalised pictures of bone-marrow slides; 2,633 plasma cells outlined one by one in 497 of them.",
    access=Access(
        "login",
        (
            "Sign in to Kaggle and download https://www.kaggle.com/datasets/sbilab/segpc2021dataset,",
            "or sign in to IEEE DataPort, download TCIA_SegPC_dataset.zip (doi 10.21227/7np1-2q42) and unpack it once: "
            "the archives of the splits inside it are read in place.",
        ),
        (
            Download("sbilab/segpc2021dataset", "kaggle", choice="kaggle"),
            Download("doi:10.21227/7np1-2q42", "manual", name="TCIA_SegPC_dataset.zip", choice="ieee"),
        ),
    ),
    layout="""TCIA_SegPC_dataset/
  train/       x/<id>.bmp   y/<id>_<k>.bmp    one mask a cell
  validation/  x/<id>.bmp   y/<id>_<k>.bmp
  test/        x/<id>.bmp""",
    splits="Official: the folders `train`, `validation` (also called `valid`) and `test`, which has no masks.",
    quirks=(
        "Validation picture 610 has no masks: its mask is null.",
        "Cell numbers have gaps; `mask_names` keeps them, in the order of `masks` and `instances`.",
        "Masks of touching cells overlap in about two thirds of the pictures (`mask_overlap`): in `mask` the nucleus wins, in `instances` "
        "the later cell; `masks` holds every cell whole.",
        "Three cells were outlined twice (2044_3 and 2044_5, 2122_4 and 2122_5, 1812_2 and 1812_4), and 9424_6 lies in 9424_5: "
        "counting masks counts about three cells too many.",
        "Only plasma cells of interest are outlined; other cells in the field are not annotated.",
        "Labels were made semi-automatically (`mask_origin` corrected) and are noisy; some cells have almost no cytoplasm.",
        "The published masks hold 0, 20 and 40 and look black in a viewer; they are not empty.",
        "Resized copies with all cells merged to white are derived from this source and are not its raw data.",
        "No patients or slides are published.",
    ),
    changes=(
        "BMP pictures are stored as PNG.",
        "Masks of single cells (0, 20, 40) are stored as label maps (0, 1, 2), united in `mask` and told apart in `instances`.",
    ),
    annotators="machine-generated",
    editions=(
        Edition(
            license=License(
                "cc-by-nc-sa-4.0",
                "Creative Commons Attribution-NonCommercial-ShareAlike 4.0 International",
                "https://creativecommons.org/licenses/by-nc-sa/4.0/",
                "noncommercial",
                (
                    Evidence(
                        "CC BY-NC-SA 4.0 on the Kaggle page of the owners' account, as quoted by a reader",
                        "https://github.com/sarah-antillia/MultipleMyeloma-ImageMask-Dataset",
                        "medium-high",
                    ),
                    Evidence("a re-host with the same license", "https://huggingface.co/datasets/MedOtter/SegPC-2021", "medium-high"),
                ),
                (
                    "Cite the data record https://doi.org/10.21227/7np1-2q42 and the method papers, as the owners ask.",
                    "No commercial use.",
                    "Adapted material, this Parquet version too, stays under the same license (ShareAlike).",
                    "Link the license https://creativecommons.org/licenses/by-nc-sa/4.0/.",
                    "Say what was changed: BMP pictures and masks became PNG and label maps.",
                ),
            ),
            citations=(
                r"""@data{segpc2021,
  doi       = {10.21227/7np1-2q42},
  url       = {https://dx.doi.org/10.21227/7np1-2q42},
  author    = {Anubha Gupta and Ritu Gupta and Shiv Gehlot and Shubham Goswami},
  publisher = {IEEE Dataport},
  title     = {SegPC-2021: Segmentation of Multiple Myeloma Plasma Cells in Microscopic Images},
  year      = {2021}
}""",
                r"""@article{gupta2023segpc,
  title   = {SegPC-2021: A challenge \& dataset on segmentation of Multiple Myeloma plasma cells from microscopic images},
  author  = {Gupta, Anubha and Gehlot, Shiv and Goswami, Shubham and Motwani, Sachin and Gupta, Ritu and Garc{\'i}a Faura, {\'A}lvaro and {\v{S}}tepec, Dejan and Martin{\v{c}}i{\v{c}}, Toma{\v{z}} and Azad, Reza and Merhof, Dorit and others},
  journal = {Medical Image Analysis},
  pages   = {102677},
  year    = {2023},
  doi     = {10.1016/j.media.2022.102677}
}""",
                r"""@article{gupta2020gcti,
  title   = {GCTI-SN: Geometry-Inspired Chemical and Tissue Invariant Stain Normalization of Microscopic Medical Images},
  author  = {Gupta, Anubha and Duggal, Rahul and Gehlot, Shiv and Gupta, Ritu and Mangal, Anvit and Kumar, Lalit and Thakkar, Nisarg and Satpathy, Devprakash},
  journal = {Medical Image Analysis}, volume = {65}, year = {2020}
}""",
                r"""@inproceedings{gehlot2020ednfc,
  title     = {EDNFC-Net: Convolutional Neural Network with Nested Feature Concatenation for Nuclei-Instance Segmentation},
  author    = {Gehlot, Shiv and Gupta, Anubha and Gupta, Ritu},
  booktitle = {ICASSP 2020}, pages = {1389--1393}, year = {2020}
}""",
                r"""@article{gupta2018pcseg,
  title   = {PCSeg: Color model driven probabilistic multiphase level set based tool for plasma cell segmentation in multiple myeloma},
  author  = {Gupta, Anubha and Mallick, Pramit and Sharma, Ojaswa and Gupta, Ritu and Duggal, Rahul},
  journal = {PLoS ONE}, volume = {13}, number = {12}, pages = {e0207908}, year = {2018}, doi = {10.1371/journal.pone.0207908}
}""",
            ),
            classes=("cytoplasm", "nucleus"),
            landmarks=(rf"{SPLIT}/x/\d+\.(?i:bmp)", r"(?i:train|validation|valid)/y/\d+_\d+\.(?i:bmp)"),
            configs=(
                Config(
                    columns={
                        "instances": PICTURE,
                        "masks": ListOf(PICTURE),
                        "mask_names": ListOf(TEXT),
                        "mask_overlap": FLAG,
                        "mask_origin": MASK_ORIGIN,
                        "camera": Label(tuple(CAMERAS.values())),
                    }
                ),
            ),
            published=Published(
                {"train": 298, "validation": 200, "test": 277},
                {"train": 298, "validation": 199, "test": 0},
                {"train": 0.145, "validation": 0.134},
                "counts of the owners; foreground measured on resized copies, approximate",
                sizes=((2560, 1920), (2040, 1536)),
            ),
        ),
    ),
    signature=(r"TCIA_SegPC_dataset/(?:[^/]+/)*[xy]/\d+(?:_\d+)?\.(?i:bmp)", r"(?i:train|validation|valid)/y/\d+_\d+\.(?i:bmp)"),
    cases=cases,
    aliases=("segpc", "segpc2021"),
)
