"""IDRiD, part A: lesions of diabetic retinopathy and optic discs in fundus photographs."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, facts_of, source_of
from hf_medseg.dataset.columns import PICTURE
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Labels, OneValue, Painted
from hf_medseg.masks.palette import Brightest
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw, union

STRUCTURES = dict(zip(("OD", "HE", "EX", "SE", "MA"), facts_of(__file__).classes, strict=True))
FOLDERS = {"OD": "5. Optic Disc", "HE": "2. Haemorrhages", "EX": "3. Hard Exudates", "SE": "4. Soft Exudates", "MA": "1. Microaneurysms"}
SPLITS = {"a. Training Set": "train", "b. Testing Set": "test"}
SPLIT = r"(a\. Training Set|b\. Testing Set)"
PICTURES = rf"1\. Original Images/{SPLIT}/(IDRiD_\d{{2}})\.(?i:jpe?g)"
# Whatever is called as a lesion's file is read, or rejects its photograph.
MASKS = rf"2\. All Segmentation Groundtruths/{SPLIT}/\d\. [^/]+/(IDRiD_\d{{2}})_(MA|HE|EX|SE|OD)\.[^./]+"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a photograph; a lesion without a file is absent, the optic disc always has one."""
    photographs, masks = raw.find(PICTURES), raw.find(MASKS)
    named = {(folder, stem): None for folder, stem, _ in masks}
    for folder, stem in union(photographs, named):
        files = {kind: masks.get((folder, stem, kind)) for kind in STRUCTURES}
        path = f"2. All Segmentation Groundtruths/{folder}/{FOLDERS['OD']}/{stem}_OD.tif"
        files["OD"] = masks.need((folder, stem, "OD"), path)
        parts = {kind: _mask(file) for kind, file in files.items()}
        yield Case(
            stem,
            {
                "image": Picture(photographs.need((folder, stem), f"1. Original Images/{folder}/{stem}.jpg")),
                "mask": Painted(tuple(parts.values()), tuple(range(1, len(parts) + 1))),
                **{f"mask_{STRUCTURES[kind]}": part for kind, part in parts.items()},
            },
            split=SPLITS[folder],
        )


def _mask(file: RawFile | None) -> Labels:
    """Whatever is not black: an index of a palette, white, or a colour; nothing of a lesion that the photograph has not."""
    return Painted(()) if file is None else OneValue(Brightest(Picture(file, indices=True)))


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(PICTURES, MASKS),
        configs=(Config(columns={f"mask_{name}": PICTURE for name in STRUCTURES.values()}),),
        not_used=(
            (r"[^/]+\.(?:txt|md|pdf)", "text about the data"),
            (r"[BC]\. .+", "another part of the set: grades and places of landmarks"),
        ),
    ),
    cases,
    signature=(MASKS,),
    ids=(r"IDRiD_\d{2}",),
    image_mode="RGB",
)
