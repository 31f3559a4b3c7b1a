"""Intel & MobileODT Cervical Cancer Screening (Kaggle 2017): photographs of the cervix by type, no masks."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from hf_medseg.case import Case, Problem
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import Label
from hf_medseg.formats.picture import Picture
from hf_medseg.raw.cells import whole
from hf_medseg.raw.tables import Keyed, Table
from hf_medseg.raw.tree import Raw

TYPES = ("Type_1", "Type_2", "Type_3")

NAMES = tuple(name.lower() for name in TYPES)

# Set -> where its pictures lie: unpacked by hand, or with one more folder as Kaggle mounts the archives.
SETS = {
    "train": r"(?:train/)?train/(Type_[123])/(\d+)\.jpg",
    "additional": r"(?:additional|additional_Type_[123]_v2)/(Type_[123])/(\d+)\.jpg",
    "test": r"(?:test/)?test/()(\d+)\.jpg",
    "test_stg2": r"(?:test_stg2/)?test_stg2/()(\d+)\.jpg",
}

EMPTY = "published empty"

CUT = "published cut short"

KNOWN = {
    ("additional", "Type_2", "2845"): EMPTY,
    ("additional", "Type_2", "5892"): EMPTY,
    ("additional", "Type_2", "5893"): EMPTY,
    ("train", "Type_1", "1339"): CUT,
    ("additional", "Type_1", "3068"): CUT,
    ("additional", "Type_2", "7"): CUT,
}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a photograph: numbers repeat between sets and types, so the id holds all three."""
    pictures = {split: raw.find(pattern) for split, pattern in SETS.items()}
    there = {(f"{number}.jpg", folder) for folder, number in pictures["additional"]}
    fixed = _by_file(raw.table(r"fixed_labels_v2\.csv", ("filename", "old_label", "new_label")), there)
    removed = _by_file(raw.table(r"removed_files\.csv", ("filename",)))
    table = raw.table(r"solution_stg1_release\.csv", ("image_name", *TYPES))
    solution = Keyed() if table is None else table.by("image_name", of={f"{number}.jpg" for _, number in pictures["test"]})
    for split, found in pictures.items():
        for (folder, number), file in found.items():
            name, wrong = f"{number}.jpg", ""
            label = folder
            if split == "additional":  # both tables speak of these pictures alone, whose numbers occur in train too
                if (name, folder) in removed or (name, "") in removed:  # some copies of the list name no type
                    raw.skip(file, "withdrawn by the organisers (removed_files.csv)")
                    continue
                label = fixed.get((name, folder), {}).get("new_label", folder)
                wrong = fixed.conflicts.get((name, folder), "")
            elif split == "test" and solution:
                label, wrong = _solved(solution, name)
            yield Case(
                "_".join(part for part in (split, folder, number) if part),
                {"image": Picture(file), "mask": None},
                {"label": label.lower() or None, "original_label": folder.lower() or None},
                split=split,
                problem=Problem.of(wrong, known=KNOWN.get((split, folder, number), "")),
            )


def _by_file(table: Table | None, there: Collection[tuple[str, str]] = ()) -> Keyed:
    """The lines by picture and type; of those in `there` every line should be, while what was withdrawn need not."""
    return Keyed() if table is None else table.by("filename", "old_label", of=there)


def _solved(solution: Keyed, name: str) -> tuple[str, str]:
    """The type of a test picture, and what is wrong with its line."""
    row = solution.get(name, {})
    types = [column for column in TYPES if whole(row.get(column)) == 1]
    if len(types) != 1:
        found = f"names {len(types)} types" if row else "has no line"
        return "", f"{name} {found} in solution_stg1_release.csv; one type expected."
    return types[0], solution.conflicts.get(name, "")


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"(?:train|additional|additional_Type_[123]_v2)/Type_[123]/\d+\.jpg",),
        configs=(Config(columns={"label": Label(NAMES), "original_label": Label(NAMES)}),),
        not_used=(
            (r"sample_submission(?:_stg2)?\.csv", "form of an answer to the competition"),
            (r"test_stg2_7z_password\.txt", "password of an archive"),
            (r"Type_[123]/\d+\.jpg", "lies in no folder that says which set it belongs to"),
        ),
    ),
    cases,
    signature=(
        r"(?:train|additional|additional_Type_[123]_v2)/Type_[123]/\d+\.jpg",
        r"(?:solution_stg1_release|fixed_labels_v2)\.csv",
    ),
)
