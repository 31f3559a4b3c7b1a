"""2018 Data Science Bowl: cell nuclei under many microscopes, a mask a nucleus."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import FLAG, PICTURE, TEXT, Column, ListOf
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import Values
from hf_medseg.masks.structures import numbered
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Found, Raw, union

ID = r"[0-9a-f]{64}"
INSIDE = {0: 0, 255: 1}
# Pictures that only the original has, and names of masks that only the corrected copy has.
LEFT_OUT = (
    r"(?:12aeefb1b522b283|19f0653c33982a41|74a7785530687a11|7b38c9173ebe69b4|adc315bd40d699fd|c304a1fdf3bca2f4)"
    rf"[0-9a-f]{{48}}/images/{ID}\.(?i:png)"
)
REDRAWN = rf"{ID}/masks/(?:[0-9a-f]{{40}}|{ID}-\d+)\.(?i:png)"
LANDMARKS = (rf"{ID}/images/{ID}\.(?i:png)", rf"{ID}/masks/[0-9a-f]+(?:-\d+)?\.(?i:png)")
COLUMNS: dict[str, Column] = {"instances": PICTURE, "masks": ListOf(PICTURE), "mask_names": ListOf(TEXT), "mask_overlap": FLAG}
NOT_USED = (
    (rf"stage[12]_test[^/]*/{ID}/images/{ID}\.(?i:png)", "a test picture; its nuclei were not published beside it"),
    (r"stage[12]_[^/]+\.csv", "run lengths of the masks, or a form to hand in"),
    (r"(?:README[^/]*|LICENSE[^/]*|[^/]+\.(?:md|txt|py|ipynb))", "text about the data"),
)


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture, with the masks of its nuclei in the plain order of their names, which say nothing else."""
    pictures = Found(
        (name, file) for (test, name), file in raw.find(rf"(stage[12]_test[^/]*/|)({ID})/images/{ID}\.(?i:png)").items() if not test
    )
    nuclei: dict[str, list[tuple[str, RawFile]]] = {}
    # Whatever lies there is a nucleus: one saved in another form rejects its picture, and is not left out of it.
    for (image_id, name), file in raw.find(rf"({ID})/masks/([^/]+)\.[^./]+").items():
        nuclei.setdefault(image_id, []).append((name, file))
    for image_id in union(pictures, nuclei):
        found = sorted(nuclei.get(image_id, []), key=lambda one: one[0])
        wrong = "" if found else f"no mask is in {image_id}/masks; every picture of this set has at least one."
        yield Case(
            image_id,
            {
                "image": Picture(pictures.need(image_id, f"{image_id}/images/{image_id}.png")),
                **numbered(Values(Picture(file), INSIDE) for _, file in found).objects(),
            },
            {"mask_names": [name for name, _ in found]},
            problem=Problem.of(wrong),
        )


SOURCE = source_of(
    __file__,
    {
        "original": Reading(landmarks=LANDMARKS, not_landmarks=(REDRAWN,), configs=(Config(columns=COLUMNS),), not_used=NOT_USED),
        "corrected": Reading(landmarks=LANDMARKS, not_landmarks=(LEFT_OUT,), configs=(Config(columns=COLUMNS),), not_used=NOT_USED),
    },
    cases,
    signature=LANDMARKS[1:],
    image_mode="RGB",
)
