"""Breast-Lesions-USG (BrEaST): tumours and other findings in breast ultrasound, with BI-RADS descriptors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import FLOAT32, FLOAT64, PICTURE, TEXT, Label, ListOf
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.cells import MaskList
from hf_medseg.masks.labels import Painted, Threshold
from hf_medseg.raw.cells import age_in, known, number_in
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw, union

NORMAL = ("045", "061", "209", "213")
LABELS = ("benign", "malignant", "normal")
# The table's columns of words; several in one cell are joined by `&`.
WORDS = {
    "birads": "BIRADS",
    "verification": "Verification",
    "diagnosis": "Diagnosis",
    "interpretation": "Interpretation",
    "tissue_composition": "Tissue_composition",
    "signs": "Signs",
    "symptoms": "Symptoms",
    "shape": "Shape",
    "margin": "Margin",
    "echogenicity": "Echogenicity",
    "posterior_features": "Posterior_features",
    "halo": "Halo",
    "calcifications": "Calcifications",
    "skin_thickening": "Skin_thickening",
}
UNKNOWN = ("not available", "not applicable")


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; findings beside the tumour are kept apart from it, as they may cover it."""
    pictures = raw.find(r"case(\d{3})\.(?i:png)")
    tumors = raw.find(r"case(\d{3})_tumor\.(?i:png)")
    others = raw.find(r"case(\d{3})_(other\d)\.(?i:png)")
    numbers = union(pictures, tumors, {number: None for number, _ in others})
    table = raw.table(r"BrEaST-Lesions-USG-clinical-data[^/]*\.xlsx", ("Image_filename", "Mask_other_filename", "Classification"))
    lines = table.by("Image_filename", of={f"case{number}.png" for number in numbers}, each=True) if table is not None else None
    for number in numbers:
        name = f"case{number}"
        line: Mapping[str, str] = lines.get(f"{name}.png", {}) if lines is not None else {}
        normal = line["Classification"] == "normal" if line else number in NORMAL
        said = [one for one in line.get("Mask_other_filename", "").split("&") if one.startswith(f"{name}_")]
        listed = {one.removeprefix(f"{name}_").removesuffix(".png"): None for one in said}
        names = sorted({**listed, **{other: None for of, other in others if of == number}})
        wrong = lines.conflicts.get(f"{name}.png", "") if lines is not None else ""
        if normal and number in tumors:
            wrong = wrong or f"the table calls it normal, yet {name}_tumor.png is there."
        yield Case(
            name,
            {
                "image": Picture(pictures.need(number, f"{name}.png"), drop_alpha=True),
                "mask": Painted(() if normal else (_white(tumors.need(number, f"{name}_tumor.png")),)),
                "masks": MaskList(tuple(_white(others.need((number, other), f"{name}_{other}.png")) for other in names)),
            },
            {"mask_names": names, **_columns(line)},
            patient_id=name,
            problem=Problem.of(wrong),
        )


def _white(file: RawFile) -> Threshold:
    """White on transparent black; two pixels of the set are half transparent, and white."""
    return Threshold(Picture(file, "L", drop_alpha=True))


def _columns(line: Mapping[str, str]) -> dict[str, Any]:
    """What the owner's table says of a picture."""
    size = number_in(line, "Pixel_size", least=1e-6)  # centimetres
    label = known(line.get("Classification"))
    return {
        "label": label,
        "age": age_in(line, "Age"),
        "pixel_spacing": None if size is None else [size * 10, size * 10],
        **{name: None if line.get(column) in UNKNOWN else known(line.get(column)) for name, column in WORDS.items()},
    }


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"case\d{3}\.(?i:png)", r"case\d{3}_tumor\.(?i:png)"),
        configs=(
            Config(
                columns={
                    "masks": ListOf(PICTURE),
                    "mask_names": ListOf(TEXT),
                    "label": Label(LABELS),
                    "age": FLOAT32,
                    "pixel_spacing": ListOf(FLOAT64),
                    **dict.fromkeys(WORDS, TEXT),
                }
            ),
        ),
    ),
    cases,
    signature=(
        r"BrEaST-Lesions_USG-images_and_masks[^/]*/case\d{3}(?:_(?:tumor|other\d))?\.(?i:png)",
        r"case\d{3}_(?:tumor|other\d)\.(?i:png)",
    ),
    image_mode="RGB",
)
