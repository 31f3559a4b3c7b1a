"""USC-SIPI: test pictures, not medical; two texture mosaics have label pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import INT32, TEXT, ListOf
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.levels import Levels, Ranks
from hf_medseg.pixels.picture import Picture
from hf_medseg.raw.tree import Raw, union

MOSAICS = ("texmos2", "texmos3")
TEXTURES = tuple(f"texture_{number}" for number in range(1, 9))
VOLUMES = ("textures", "aerials", "misc", "sequences")
NAMES = (
    r"(?:textures/(?:[^/]+/)?(?:1\.[1-5]\.\d\d|texmos\d\w?\.[ps]512|[a-z]+\.(?:[0-1]\d0|200))|aerials/(?:[23]\.[12]\.\d\d|wash-ir)"
    r"|misc/(?:[457]\.\d\.\d\d|house|[a-z]+(?:21)?\.(?:512|1k))|sequences/(?:6\.[1-3]\.\d\d|motion\d\d\.512))\.tiff"
)


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture of the volume that is the config; label pictures belong to their mosaics."""
    pictures = raw.find(rf"{raw.config}/(?:[^/]+/)?([^/]+)\.tiff")
    labels = {f"{name}.p512": file for name in MOSAICS if (file := pictures.pop(f"{name}.s512", None)) is not None}
    for name in union(pictures, labels):
        mosaic = name.removesuffix(".p512")
        needs = raw.config == "textures" and mosaic in MOSAICS
        coded = Picture(labels.get(name) or pictures.need(f"{mosaic}.s512", f"textures/{mosaic}.s512.tiff"))
        frame = re.fullmatch(r"(6\.\d|motion)\.?(\d\d)(?:\.512)?", name)
        yield Case(
            name,
            {
                "image": Picture(pictures.need(name, f"{raw.config}/{name}.tiff")),
                "mask": Ranks(coded, len(TEXTURES)) if needs else None,
                "mask_levels": Levels(coded) if needs else None,
            },
            {"sequence": frame[1], "frame": int(frame[2])} if frame else {},
        )


SOURCE = Source(
    id="usc-sipi",
    title="USC-SIPI Image Database",
    homepage="http://sipi.usc.edu/database/",
    modality=("photography",),
    anatomy=("none",),
    task="texture segmentation (two pictures)",
    summary="Classic test pictures of image processing in four volumes. Nothing in it is medical: it is here because lists of medical data name it.",
    access=Access(
        "request",
        ("Download textures.tar.gz, aerials.tar.gz, misc.tar.gz and sequences.tar.gz (or .zip) from http://sipi.usc.edu/database/.",),
        tuple(Download(f"http://sipi.usc.edu/database/{volume}.tar.gz", name=f"{volume}.tar.gz") for volume in VOLUMES),
    ),
    layout="textures/1.1.01.tiff ... texmos3.s512.tiff  aerials/2.1.01.tiff ...  misc/4.1.01.tiff ...  sequences/6.1.01.tiff ...",
    splits="No official split: one split `train` in each config.",
    quirks=(
        "Names hold dots (`bark.030`, `boat.512`); `image_id` is the name without the final .tiff.",
        "Which texture stands behind which grey level of the two label pictures is unknown: the levels are classes 1 to 8 in ascending "
        "order, `mask_levels` holds the levels themselves, and there is no background.",
        "The catalogue's counts do not add up (154 or 155 textures, 40 or 44 miscellaneous), and some portraits are said to have been withdrawn "
        "since: fewer pictures are no defect.",
        "Some scans have blank or wrong lines at the edge, one or two pixels wide, or film borders.",
        "Of sequence 6.2 only frames 1 to 16 are a true motion sequence.",
        "5.2.10 has only 64 grey levels; 1.2.04 is the equalised copy of 1.1.04, although the catalogue gives them different numbers.",
        "gray21, numbers, ruler and testpat are synthetic.",
        "1.2.01 to 1.2.13 are histogram-equalised copies of 1.1.01 to 1.1.13.",
    ),
    changes=("TIFF pictures are stored as PNG.",),
    editions=(
        Edition(
            license=License(
                "other",
                "provided for research purposes",
                "http://sipi.usc.edu/database/copyright.php",
                "restricted",
                (
                    Evidence(
                        "provided for research purposes; the institute holds no copyright on most pictures and cannot grant permission",
                        "http://sipi.usc.edu/database/copyright.php",
                        "high",
                    ),
                ),
                ("Research use only; the copyright of many pictures lies with others.",),
            ),
            citations=(
                r"""@techreport{weber2006sipi,
  author      = {Weber, Allan G.},
  title       = {The {USC-SIPI} Image Database: Version 5},
  institution = {University of Southern California, Signal and Image Processing Institute},
  number      = {USC-SIPI Report 315}, year = {2006},
  note        = {original release October 1997, revised April 2006}
}""",
            ),
            classes=TEXTURES,
            landmarks=(NAMES,),
            configs=(
                Config("textures", {"mask_levels": ListOf(INT32)}, description="Textures and texture mosaics."),
                Config("aerials", classes=(), description="Aerial photographs."),
                Config("misc", classes=(), description="Miscellaneous photographs and test patterns."),
                Config("sequences", {"sequence": TEXT, "frame": INT32}, classes=(), description="Frames of moving pictures."),
            ),
            published=Published(
                {"train": 155},
                {"train": 2},
                note="list of the catalogue, version 5 of 2006",
                sizes=((256, 256), (512, 512), (1024, 1024), (2250, 2250)),
            ),
        ),
    ),
    annotators="found",
    aliases=("sipi",),
    signature=(r"textures/(?:[^/]+/)?texmos\d\w?\.[ps]512\.tiff", NAMES),
    cases=cases,
)
