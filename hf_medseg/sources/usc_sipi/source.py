"""USC-SIPI: test pictures, not medical; two texture mosaics have label pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import INT32, TEXT, ListOf
from hf_medseg.formats.picture import Picture
from hf_medseg.raw.tree import Raw, union
from hf_medseg.sources.usc_sipi.levels import Levels, Ranks

MOSAICS = ("texmos2", "texmos3")

TEXTURES = tuple(f"texture_{number}" for number in range(1, 9))

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


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(NAMES,),
        configs=(
            Config("textures", {"mask_levels": ListOf(INT32)}, description="Textures and texture mosaics."),
            Config("aerials", classes=(), description="Aerial photographs."),
            Config("misc", classes=(), description="Miscellaneous photographs and test patterns."),
            Config("sequences", {"sequence": TEXT, "frame": INT32}, classes=(), description="Frames of moving pictures."),
        ),
    ),
    cases,
    signature=(r"textures/(?:[^/]+/)?texmos\d\w?\.[ps]512\.tiff", NAMES),
    ids=(r"texmos\d[a-z]?_[ps]512",),
)
