"""BUSI: breast ultrasound, one mask file a lesion, the diagnosis in the folder name."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import INT32, PICTURE, Label
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.cells import Instances
from hf_medseg.masks.labels import Painted, Values
from hf_medseg.raw.tree import Raw, union

LESION = {0: 0, 255: 1}

BLACK = {0: 0}

NAME = r"(benign|malignant|normal)/\1 \((\d+)\)"

# The same picture in two classes, found by its pixels.
CONTRADICTION = (("benign", "433"), ("malignant", "145"))


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; its mask files are united and told apart."""
    pictures = raw.find(NAME + r"\.(?i:png)")
    first = raw.find(NAME + r"_mask\.(?i:png)")
    more = raw.find(NAME + r"_mask_(\d+)\.[^./]+")  # one in another form rejects its picture, and is not left out of it
    if all(key in pictures for key in CONTRADICTION):
        for key, other in (CONTRADICTION, CONTRADICTION[::-1]):
            raw.note(pictures[key], f"its pixels are those of {pictures[other].path}, which has another label")
    lesions = {key: [file for (*owner, _), file in more.items() if tuple(owner) == key] for key in {key[:2] for key in more}}
    for key in union(pictures, first, lesions):
        label, number = key
        path = f"{label}/{label} ({number})"
        files = [first.need(key, f"{path}_mask.png"), *lesions.get(key, [])]
        parts = tuple(Values(Picture(file), BLACK if label == "normal" else LESION) for file in files)
        yield Case(
            f"{label} ({number})",
            {"image": Picture(pictures.need(key, f"{path}.png")), "mask": Painted(parts), "instances": Instances(parts)},
            {"label": label, "num_masks": len(files)},
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(NAME + r"\.(?i:png)",),
        configs=(Config(columns={"label": Label(("normal", "benign", "malignant")), "instances": PICTURE, "num_masks": INT32}),),
    ),
    cases,
    signature=(NAME + r"_mask(?:_\d+)?\.(?i:png)",),
    # Who makes names without blanks and brackets leaves `benign_1_`; `benign_1` may be anybody's.
    ids=(r"(?:benign|malignant|normal)_(?:\(\d+\)|\d+[_](?=[./\n]|\Z))",),
)
