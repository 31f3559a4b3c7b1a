"""ARCADE: coronary arteries in angiography, segment by segment, and stenoses on other pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, facts_of, source_of
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.drawing import Canvas, drawing_columns
from hf_medseg.raw.tree import Raw, union
from hf_medseg.sources.coco_json import Objects, planned

# The categories 1 to 25 of both tasks are segments, in the order of their ids; 26 is the stenosis.
CLASSES = {"syntax": facts_of(__file__).classes, "stenosis": ("stenosis",)}
SPLITS = {"train": "train", "val": "validation", "test": "test"}
# The earlier release calls the same folders otherwise.
FOLDERS = {
    "syntax/train": "dataset_phase_1/segmentation_dataset/seg_train",
    "syntax/val": "dataset_phase_1/segmentation_dataset/seg_val",
    "syntax/test": "dataset_final_phase/test_cases?_segmentation",
    "stenosis/train": "dataset_phase_1/stenosis_dataset/sten_train",
    "stenosis/val": "dataset_phase_1/stenosis_dataset/sten_val",
    "stenosis/test": "dataset_final_phase/test_cases?_stenosis",
}
ANYWHERE = f"(?:{'|'.join([*FOLDERS, *FOLDERS.values()])})"
NUMBER, LIST = r"images/(\d+)\.(?i:png)", r"annotations/(?:(?:seg_|sten_)?(?:train|val|test)|instances_default)\.(?i:json)"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture of a task; numbers restart in every task and split."""
    task = raw.config
    indices = {name: index for index, name in enumerate(CLASSES[task], 1)}
    for folder, split in SPLITS.items():
        above = f"{task}/{folder}"
        pictures = raw.find(rf"(?:{above}|{FOLDERS[above]})/{NUMBER}")
        file = raw.one(rf"(?:{above}|{FOLDERS[above]})/{LIST}")
        drawn: dict[str, Objects] = {}
        if file is not None:
            raw.use(file)
            index = planned(file)
            # A category 11 is called 10: so the names of segments say that they are names.
            names = {id: f"segment_{name}" if f"segment_{name}" in CLASSES["syntax"] else name for id, name in index.names.items()}
            index = replace(index, names=names)
            for id, name, width, height in index.images:
                drawn[name.rpartition(".")[0]] = Objects(file.path, index.names, index.annotations.get(id), width, height)
        for number in union(pictures, drawn):
            objects = drawn.get(number)
            wrong = "" if objects else f"{file.path if file else f'{above}/annotations/{folder}.json'} does not list it."
            yield Case(
                f"{task}_{folder}_{number}",
                {
                    "image": Picture(pictures.need(number, f"{above}/images/{number}.png")),
                    **(Canvas(objects, indices).columns() if objects else {}),
                },
                split=split,
                problem=Problem.of(wrong),
            )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(f"{ANYWHERE}/{NUMBER}", f"{ANYWHERE}/{LIST}"),
        configs=(
            Config("syntax", drawing_columns(CLASSES["syntax"]), description="Segments of the coronary arteries."),
            Config("stenosis", drawing_columns(CLASSES["stenosis"]), CLASSES["stenosis"], description="Stenoses, on other pictures."),
        ),
    ),
    cases,
    signature=(f"{ANYWHERE}/{LIST}",),
)
