"""BCSS: regions of tissue in slides of breast cancer, drawn by a crowd of pathologists and students."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, facts_of, source_of
from hf_medseg.dataset.columns import FLAG, FLOAT64, INT32, TEXT
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import Refused
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
from hf_medseg.raw.cells import whole_in
from hf_medseg.raw.tree import Raw, union

STEM = r"(TCGA-\w\w-\w{4}-DX\d_xmin\d+_ymin\d+_(?:MPP|MAG)-[\d.]+)\.(?i:png)"
PLAIN, NORMALIZED, MASKS = rf"images/{STEM}", rf"rgbs_colorNormalized/{STEM}", rf"masks/{STEM}"
OUTSIDE, EXCLUDE = 0, 7  # codes of what nobody looked at, and of what is to be left out
CODES = {OUTSIDE: "outside_roi", EXCLUDE: "exclude"}
CODES |= zip((code for code in range(1, 22) if code != EXCLUDE), facts_of(__file__).classes, strict=True)
INDICES = {
    code: NOT_ANNOTATED if code in (OUTSIDE, EXCLUDE) else facts_of(__file__).classes.index(name) + 1 for code, name in CODES.items()
}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a region; where the plain picture is there, the colour-normalised one is not read."""
    _check_codes(raw)
    plain, normalized, masks = raw.find(PLAIN), raw.find(NORMALIZED), raw.find(MASKS)
    for stem in union(plain, normalized, masks):
        pictures = plain if stem in plain or stem not in normalized else normalized
        if pictures is plain and stem in normalized:
            raw.skip(normalized[stem], "the plain picture of this region is read")
        slide, left, top, scale = stem.split("_")
        unit, _, size = scale.partition("-")
        yield Case(
            stem,
            {
                "image": Picture(pictures.need(stem, f"images/{stem}.png")),
                "mask": Values(Picture(masks.need(stem, f"masks/{stem}.png"), "L", indices=True), INDICES),
            },
            {
                "slide": slide,
                "x_min": int(left.removeprefix("xmin")),
                "y_min": int(top.removeprefix("ymin")),
                "microns_per_pixel": float(size) if unit == "MPP" else None,
                "colour_normalized": pictures is normalized,
            },
            patient_id=slide[:12],
        )


def _check_codes(raw: Raw) -> None:
    """Makes sure that the owner's table of codes, where it is there, says what this reading takes for granted."""
    table = raw.table(r"gtruth_codes\.tsv", ("label", "GT_code"), delimiter="\t")
    for line in table or ():
        code = whole_in(line, "GT_code")
        if code is None or CODES.get(code) != line["label"]:
            said = f"{line['label']} has the code {line['GT_code']}"
            raise Refused(f"gtruth_codes.tsv: {said}, which other masks have for {CODES.get(code or 0, 'nothing')}. Use the owner's table.")


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(rf"(?:images|rgbs_colorNormalized)/{STEM}", MASKS),
        configs=(Config(columns={"slide": TEXT, "x_min": INT32, "y_min": INT32, "microns_per_pixel": FLOAT64, "colour_normalized": FLAG}),),
        not_used=(
            (r"meta/[^/]+\.(?:csv|tsv)", "a table about regions and slides; the names of the pictures say the same"),
            (r"(?:annotations|logs|wsis)/.+", "outlines, logs and whole slides"),
        ),
        uncertain=True,
    ),
    cases,
    signature=(rf"(?:images|rgbs_colorNormalized|masks)/{STEM}",),
    ids=(r"TCGA_[0-9a-z]{2}_[0-9a-z]{4}_DX\d_xmin\d+_ymin\d+",),
    image_mode="RGB",
)
