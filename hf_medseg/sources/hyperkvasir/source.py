"""HyperKvasir, segmented images: the openly licensed twin of Kvasir-SEG."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import INT32, boxes
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.boxes import boxes_of_json
from hf_medseg.masks.labels import Threshold
from hf_medseg.raw.cells import whole_in
from hf_medseg.raw.tree import Raw, union

STEM = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"

# The unlabelled part has a folder `images` of its own.
PICTURES = rf"(?<!unlabeled-images/)images/({STEM})\.(?i:jpe?g)"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture."""
    pictures = raw.find(PICTURES)
    masks = raw.find(rf"masks/({STEM})\.(?i:jpe?g)")
    table = raw.find(r"bounding-boxes\.json")["bounding-boxes.json"]
    raw.use(table)
    known = boxes_of_json(table)
    folds = {count: raw.table(rf"{count}_fold_split\.csv", ("file-name", "split-index")) for count in (2, 5)}
    stems = union(pictures, masks)
    names = {f"{stem}.jpg" for stem in stems}
    fold_of = {count: lines.by("file-name", of=names, each=True) for count, lines in folds.items() if lines is not None}
    raw.compare(table, known, stems)
    for stem in stems:
        name = f"{stem}.jpg"
        conflicts = [lines.conflicts[name] for lines in fold_of.values() if name in lines.conflicts]
        yield Case(
            stem,
            {
                "image": Picture(pictures.need(stem, f"images/{name}")),
                # Compression left values around 0 and 255: 127 parts them, and a coloured overlay is no mask.
                "mask": Threshold(Picture(masks.need(stem, f"masks/{name}"), "L")),
                "boxes": known.get(stem),
            },
            {f"fold_{count}": whole_in(lines[name], "split-index") for count, lines in fold_of.items() if name in lines},
            problem=Problem.of(" ".join(conflicts) if stem in known else f"{table.path} does not name it."),
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(PICTURES, rf"masks/{STEM}\.(?i:jpe?g)", r"bounding-boxes\.json"),
        configs=(Config(columns={"boxes": boxes("polyp"), "fold_2": INT32, "fold_5": INT32}),),
        not_used=((r"(?:un)?labeled-(?:images|videos)/.*", "a part of HyperKvasir without masks"),),
    ),
    cases,
    signature=(rf"segmented-images/masks/{STEM}\.(?i:jpe?g)",),
    image_mode="RGB",
)
