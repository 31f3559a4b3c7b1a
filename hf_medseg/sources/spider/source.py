"""SPIDER: vertebrae, discs and the spinal canal in sagittal MRI of the lumbar spine, with gradings of every disc."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.dataset.columns import FLOAT32, INT32, MASK_ORIGIN, PICTURE, SEX, Column, Label, ListOf, Record
from hf_medseg.formats.headed import HeadedVolume
from hf_medseg.masks.labels import Values
from hf_medseg.masks.objects import ObjectNumbers
from hf_medseg.raw.cells import age_in, sex_in, whole_in
from hf_medseg.raw.tables import Keyed
from hf_medseg.raw.tree import Raw, union

SERIES = r"(\d+_(?:t1|t2|t2_SPACE))"

# Vertebrae 1 to 25 from the bottom, those that the image cuts 101 to 125, the canal 100, discs from 201; 200 lies below the sacrum's.
LABELS = {0: 0, 100: 3, **{v + cut: 1 for v in range(1, 26) for cut in (0, 100)}, **dict.fromkeys(range(200, 226), 2)}

SPLITS = {"training": "train", "validation": "validation"}

# Column of the table of gradings -> what it is called here.
GRADINGS = {
    "IVD label": "disc",
    "Modic": "modic",
    "UP endplate": "upper_endplate",
    "LOW endplate": "lower_endplate",
    "Spondylolisthesis": "spondylolisthesis",
    "Disc herniation": "herniation",
    "Disc narrowing": "narrowing",
    "Disc bulging": "bulging",
    "Pfirrman grade": "pfirrmann",
}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a series."""
    images, masks = (raw.find(rf"{folder}/{SERIES}\.mha") for folder in ("images", "masks"))
    keys = union(images, masks)
    table = raw.table(r"overview\.csv", ("new_file_name", "subset"))
    rows = Keyed() if table is None else table.by("new_file_name", of=keys)
    if table is None:
        raw.note("overview.csv", "without this table, which tells the split, all series are in `train`")
    gradings = _gradings(raw)
    for name in keys:
        patient, _, sequence = name.partition("_")
        row = rows.get(name, {})
        image, mask = (HeadedVolume(found.need(name, f"{folder}/{name}.mha")) for found, folder in ((images, "images"), (masks, "masks")))
        yield Case(
            name,
            {"image": image, "mask": Values(mask, LABELS), "instances": ObjectNumbers(mask)},
            {
                "sequence": sequence.lower(),
                "age": age_in(row, "birth_date"),  # so called, it holds an age in years
                "sex": sex_in(row, "sex"),
                "num_vertebrae": whole_in(row, "num_vertebrae"),
                "num_discs": whole_in(row, "num_discs"),
                "gradings": gradings.get(patient),
                "mask_origin": "corrected",
            },
            SPLITS.get(row.get("subset", "").strip(), "train"),
            patient,
        )


def _gradings(raw: Raw) -> dict[str, list[dict[str, int | None]]]:
    """The gradings of each patient's discs."""
    table = raw.table(r"radiological_gradings\.csv", ("Patient", *GRADINGS))
    found: dict[str, list[dict[str, int | None]]] = defaultdict(list)
    for row in table or ():
        found[row["Patient"].strip()].append({name: whole_in(row, column) for column, name in GRADINGS.items()})
    return found


OWN: dict[str, Column] = {
    "instances": PICTURE,
    "sequence": Label(("t1", "t2", "t2_space")),
    "age": FLOAT32,
    "sex": SEX,
    "num_vertebrae": INT32,
    "num_discs": INT32,
    "gradings": ListOf(Record(dict.fromkeys(GRADINGS.values(), INT32))),
    "mask_origin": MASK_ORIGIN,
}

SOURCE = source_of(
    __file__,
    Reading(landmarks=(rf"images/{SERIES}\.mha", rf"masks/{SERIES}\.mha"), configs=volume_configs(OWN)),
    cases,
    signature=(rf"masks/{SERIES}\.mha",),
)
