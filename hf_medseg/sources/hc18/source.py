"""HC18: fetal heads in ultrasound, outlined as ellipses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import FLOAT64, ListOf
from hf_medseg.formats.picture import Picture
from hf_medseg.raw.cells import length_in
from hf_medseg.raw.tree import Raw, union
from hf_medseg.sources.hc18.outline import FilledOutline

STEM = r"\d{3}_\d?HC"
NAME, SIZE, ROUND = "filename", "pixel size(mm)", "head circumference (mm)"
TABLES = {
    "train": (r"training_set_pixel_size_and_HC\.csv", (NAME, SIZE, ROUND)),
    "test": (r"test_set_pixel_size\.csv", (NAME, SIZE)),
}
TOLERANCE = 0.1  # mm: the table has two digits, and its pixel sizes have eight


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; those of the test set have no mask."""
    pictures = {split: raw.find(rf"{folder}/({STEM})\.(?i:png)") for split, folder in (("train", "training_set"), ("test", "test_set"))}
    outlines = raw.find(rf"training_set/({STEM})_Annotation\.(?i:png)")
    for split, found in pictures.items():
        if not (stems := union(found, outlines) if split == "train" else list(found)):
            continue
        table = raw.table(*TABLES[split])
        lines = table.by(NAME, of={f"{stem}.png" for stem in stems}, each=True) if table is not None else None
        for stem in stems:
            line: Mapping[str, str] = lines.get(f"{stem}.png", {}) if lines is not None else {}
            size, circumference = length_in(line, SIZE), length_in(line, ROUND)
            mask = None
            if split == "train":
                outline = Picture(outlines.need(stem, f"training_set/{stem}_Annotation.png"))
                pixels = circumference / size if circumference and size else None
                mask = FilledOutline(outline, pixels, TOLERANCE / size if size else 1.0)
            folder = "training_set" if split == "train" else "test_set"
            yield Case(
                f"{split}_{stem}",
                {"image": Picture(found.need(stem, f"{folder}/{stem}.png")), "mask": mask},
                {"pixel_spacing": [size, size] if size else None, "head_circumference": circumference},
                split=split,
                patient_id=f"{split}_{stem[:3]}",
                problem=Problem.of(lines.conflicts.get(f"{stem}.png", "") if lines is not None else ""),
            )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"training_set/{STEM}\.(?i:png)", rf"training_set/{STEM}_Annotation\.(?i:png)"),
        configs=(Config(columns={"pixel_spacing": ListOf(FLOAT64), "head_circumference": FLOAT64}),),
    ),
    cases,
    signature=(rf"{STEM}_Annotation\.(?i:png)",),
    begins=(r"test_set/\d{3}_HC\.(?i:png)",),
    image_mode="L",
)
