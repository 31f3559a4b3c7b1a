"""ChestX-Det: thirteen findings outlined on chest films of ChestX-ray14; they overlap, so each class has a map of its own."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, facts_of, source_of
from hf_medseg.dataset.columns import PICTURE, TEXT, ListOf
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.cells import MaskList
from hf_medseg.masks.drawing import Canvas, DrawnClass, drawing_columns
from hf_medseg.raw.tree import Raw, union
from hf_medseg.sources.chestx_det.findings import Findings, films_of

CLASSES = facts_of(__file__).classes
INDICES = {name: index for index, name in enumerate(CLASSES, 1)}
# The zips have folders of their split, whose names nobody here has seen; the films' names tell them apart in any case.
FILM = r"(?:(?:train|test)(?:_data)?/)*(\d{4,6})\.(?i:png)"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a film; the JSON that lists it says its split."""
    films = raw.find(FILM)
    listed: dict[str, tuple[str, Findings]] = {}
    for split, file in raw.find(r"ChestX_Det_(train|test)\.(?i:json)").items():
        raw.use(file)
        found = films_of(file)
        if not films.keys() & found.keys():
            raw.note(file, f"none of the {len(found)} films that it lists is in the raw tree: {split}_data.zip is not there")
        else:
            listed.update((stem, (split, findings)) for stem, findings in found.items())
    for stem in union(films, listed):
        image = Picture(films.need(stem, f"{stem}.png"))
        if stem not in listed:
            yield Case(
                stem, {"image": image}, problem=Problem.of("no JSON lists it.", "Put ChestX_Det_train.json and ..._test.json there.")
            )
            continue
        split, findings = listed[stem]
        canvas, there = Canvas(findings, INDICES), findings.classes()
        names = [name for name in CLASSES if name in there]
        apart = MaskList(tuple(DrawnClass(canvas, name) for name in names))
        yield Case(stem, {"image": image, **canvas.columns(), "masks": apart}, {"mask_names": names}, split=split)


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"ChestX_Det_(?:train|test)\.(?i:json)", FILM),
        configs=(Config(columns={**drawing_columns(CLASSES), "masks": ListOf(PICTURE), "mask_names": ListOf(TEXT)}),),
    ),
    cases,
    signature=(r"ChestX_Det_(?:train|test)\.(?i:json)",),
)
