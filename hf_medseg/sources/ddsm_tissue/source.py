"""Breast tissue of 66 DDSM film mammograms: adipose, fibroglandular, pectoral muscle."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import INT32, LATERALITY, Label
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
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
        if folds and not named and folder == "train_valid" and key in pictures:
            raw.note(pictures[key], "no list of the folds names it, so its fold is null")
        yield Case(
            stem,
            {
                "image": Picture(pictures.need(key, f"{folder}/fgt_seg/{stem}.png")),
                "mask": Values(Picture(maps.need(key, f"{folder}/fgt_seg_labels/{stem}_LI.png")), TISSUES),
            },
            {"laterality": side.lower(), "view": view, "fold": named[0] if named else None},
            split=SPLITS[folder],
            patient_id=case.rpartition("_")[0],
            problem=Problem.of("" if len(named) < 2 else f"the lists of the folds {', '.join(map(str, named))} name it; one at most may."),
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"(?:train_valid|test)/fgt_seg/{STEM}\.(?i:png)",),
        configs=(Config(columns={"laterality": LATERALITY, "view": Label(("CC", "MLO")), "fold": INT32}),),
        not_used=(
            (r"(?:train|valid|train_valid|test)/(?:images|masks)/[^/]+", "derived by a re-host: resized, and labels smeared by JPEG"),
            (r"[^/]+\.(?:py|md|ipynb|txt)", "code and notes"),
        ),
    ),
    cases,
    signature=(rf"fgt_seg_labels/{STEM}_LI\.(?i:png)", rf"fgt_seg/{STEM}\.(?i:png)"),
    ids=(r"[A-D]_\d{4}_1_(?:LEFT|RIGHT)_(?:CC|MLO)",),
    image_mode="L",
)
