"""AMOS22: abdominal organs in CT and MRI."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, facts_of, source_of, volume_configs
from hf_medseg.dataset.columns import FLOAT32, SEX, TEXT, Label, annotated
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.cells import age_in, known, sex_in, whole
from hf_medseg.raw.tables import Table
from hf_medseg.raw.tree import Raw, union

CLASSES = facts_of(__file__).classes

# The last two were not outlined in MRI.
IN_MRI = CLASSES[:13]

LAST_CT = 500

# From this number on the table's lines do not belong to the files of the same number.
UNTOLD = 500

# Ages above it would tell who somebody is.
OLDEST = 90.0

SPLITS = {"Tr": "train", "Va": "validation", "Ts": "test"}

BORN, SEX_OF, AGE = (f"Patient's {name}" for name in ("Birth Date", "Sex", "Age"))


def cases(raw: Raw) -> Iterator[Case]:
    """One case a volume: with its mask in training and validation, without in test."""
    images, labels = (raw.find(rf"{folder}(Tr|Va|Ts)/(amos_\d{{4}}){NIFTI}") for folder in ("images", "labels"))
    table = raw.table(r"labeled_data_meta_0000_0599\.csv", ("amos_id", BORN, SEX_OF, AGE, "Manufacturer", "Site"), only=True)
    lines = {} if table is None else _lines(table)
    patients = _patients(lines)
    for key in union(images, labels):
        folder, name = key
        number = int(name.removeprefix("amos_"))
        image = images.need(key, f"images{folder}/{name}.nii.gz")
        names = CLASSES if number <= LAST_CT else IN_MRI
        masked = folder != "Ts" or key in labels
        label = labels.need(key, f"labels{folder}/{name}.nii.gz") if masked else None
        yield Case(
            name,
            {
                "image": NiftiVolume(image),
                "mask": None if label is None else Values(NiftiVolume(label), {value: value for value in range(len(names) + 1)}),
            },
            {
                "modality": "CT" if number <= LAST_CT else "MRI",
                "annotated_classes": list(names) if masked else [],
                **_said(lines.get(number, {})),
            },
            SPLITS[folder],
            patients.get(number, name),
        )


def _lines(table: Table) -> dict[int, Mapping[str, str]]:
    """The lines that belong to the files of the same number."""
    numbered = ((whole(line["amos_id"]), line) for line in table)
    return {number: line for number, line in numbered if number is not None and number < UNTOLD}


def _patients(lines: Mapping[int, Mapping[str, str]]) -> dict[int, str]:
    """Scans of one date of birth and sex, named after the first of them: the dates themselves go nowhere."""
    first: dict[tuple[str, str], int] = {}
    for number, line in sorted(lines.items()):
        if line[BORN]:
            first.setdefault((line[BORN], line[SEX_OF]), number)
    return {number: f"amos_{first[line[BORN], line[SEX_OF]]:04d}" for number, line in lines.items() if line[BORN]}


def _said(line: Mapping[str, str]) -> dict[str, object]:
    """What the table says of a scan: an allow-list, without dates."""
    age = age_in(line, AGE)
    return {
        "age": None if age is None else min(age, OLDEST),
        "sex": sex_in(line, SEX_OF),
        "manufacturer": known(line.get("Manufacturer")),
        "site": known(line.get("Site")),
    }


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"images(?:Tr|Va|Ts)/amos_\d{4}\.nii(?:\.gz)?",),
        configs=volume_configs(
            {
                "annotated_classes": annotated(CLASSES),
                "modality": Label(("CT", "MRI")),
                "age": FLOAT32,
                "sex": SEX,
                "manufacturer": TEXT,
                "site": TEXT,
            }
        ),
        not_used=((r"dataset\.json", "its facts stand on the card"), (r"readme[^/]*", "text about the data")),
    ),
    cases,
    signature=(r"(?:images|labels)(?:Tr|Va|Ts)/amos_\d{4}\.nii(?:\.gz)?",),
    ids=(r"amos_0\d{3}",),
    begins=(r"(?:images|labels)(?:Tr|Va|Ts)/amos_\d{4}\.nii(?:\.gz)?",),
)
