"""Intel & MobileODT Cervical Cancer Screening (Kaggle 2017): photographs of the cervix by type, no masks."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import Label
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.picture import Picture
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
    fixed = _by_file(raw.table(r"fixed_labels_v2\.csv", ("filename", "old_label", "new_label")))
    removed = _by_file(raw.table(r"removed_files\.csv", ("filename",)))
    table = raw.table(r"solution_stg1_release\.csv", ("image_name", *TYPES))
    solution = Keyed() if table is None else table.by("image_name")
    for split, pattern in SETS.items():
        for (folder, number), file in raw.find(pattern).items():
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
                wrong=wrong,
                known=KNOWN.get((split, folder, number), ""),
            )


def _by_file(table: Table | None) -> Keyed:
    return Keyed() if table is None else table.by("filename", "old_label")


def _solved(solution: Keyed, name: str) -> tuple[str, str]:
    """The type of a test picture, and what is wrong with its line."""
    row = solution.get(name, {})
    types = [column for column in TYPES if whole(row.get(column)) == 1]
    if len(types) != 1:
        found = f"names {len(types)} types" if row else "has no line"
        return "", f"{name} {found} in solution_stg1_release.csv; one type expected."
    return types[0], solution.conflicts.get(name, "")


COMPETITION = "intel-mobileodt-cervical-cancer-screening"
ARCHIVES = ("train.7z", *(f"additional_Type_{number}_v2.7z" for number in (1, 2, 3)), "test.7z")
TABLES = ("fixed_labels_v2.csv", "removed_files.csv", "solution_stg1_release.csv")

SOURCE = Source(
    id="intel-cervical",
    title="Intel & MobileODT Cervical Cancer Screening",
    homepage="https://www.kaggle.com/c/intel-mobileodt-cervical-cancer-screening",
    modality=("colposcopy",),
    anatomy=("cervix",),
    task="classification of the transformation zone",
    summary="Photographs of healthy cervices, sorted by type of the transformation zone: train, additional pictures of the same patients, two test stages.",
    access=Access(
        "terms",
        (
            "Log in at https://www.kaggle.com/c/intel-mobileodt-cervical-cancer-screening, accept the rules, and fetch the archives and tables.",
            "Unpack them with `7z x NAME.7z`: train.7z and test.7z side by side, the three additional_Type_N_v2.7z inside a folder `additional`.",
            "test_stg2.7z is encrypted: its password is in test_stg2_7z_password.txt. Unpack it into a folder `test_stg2`.",
        ),
        (
            *(Download(COMPETITION, client="kaggle-competition", name=name, then="unpack") for name in ARCHIVES),
            *(Download(COMPETITION, client="kaggle-competition", name=name) for name in TABLES),
            Download(f"https://www.kaggle.com/c/{COMPETITION}/data", client="manual", name="test_stg2"),
        ),
    ),
    layout=(
        "train/Type_1/10.jpg ...  additional/Type_1/9.jpg ...  test/2.jpg ...  test_stg2/10.jpg ...  fixed_labels_v2.csv  removed_files.csv  "
        "solution_stg1_release.csv; or as Kaggle mounts them: train/train/Type_1/10.jpg, additional_Type_1_v2/Type_1/9.jpg, test/test/2.jpg"
    ),
    splits="Official: `train`, `additional` (more pictures of the same patients, of lower quality), `test` (stage 1), `test_stg2` (stage 2, no labels).",
    quirks=(
        "There are no masks: `mask` is null in every row.",
        "Three published files are empty and three are cut short: they are known defects and give no row.",
        "`label` follows fixed_labels_v2.csv where it is there; `original_label` is the folder's. That table and removed_files.csv speak of the "
        "additional pictures: numbers that occur in train too mean other pictures there.",
        "Patients are in train and additional without any id: no split free of leaks can be built from them.",
        "Numbers repeat between sets and types: `image_id` holds all three.",
        "Some public projects call type 3 'positive': the data do not, all cervices are healthy.",
        "Graphic medical photographs.",
    ),
    editions=(
        Edition(
            license=License(
                "other",
                "Kaggle competition rules",
                "https://www.kaggle.com/c/intel-mobileodt-cervical-cancer-screening/rules",
                "restricted",
                (
                    Evidence(
                        "data of a competition, under its rules; no grant to pass them on was found",
                        "https://www.kaggle.com/c/intel-mobileodt-cervical-cancer-screening",
                        "medium",
                    ),
                ),
                ("Accept the competition's rules and use the data as they say.",),
            ),
            citations=(
                r"""@misc{kaggle2017cervical,
  author       = {BenO and jljones and {Kumar H} and {Meg Risdal} and MRao and {Vadim Sherman} and Vipul and {Wendy Kan} and {Yau Ben-Or}},
  title        = {Intel \& {MobileODT} Cervical Cancer Screening},
  year         = {2017}, publisher = {Kaggle},
  howpublished = {\url{https://kaggle.com/competitions/intel-mobileodt-cervical-cancer-screening}}
}""",
            ),
            landmarks=(r"(?:train|additional|additional_Type_[123]_v2)/Type_[123]/\d+\.jpg",),
            configs=(Config(columns={"label": Label(NAMES), "original_label": Label(NAMES)}),),
            not_used=(
                (r"sample_submission(?:_stg2)?\.csv", "form of an answer to the competition"),
                (r"test_stg2_7z_password\.txt", "password of an archive"),
                (r"Type_[123]/\d+\.jpg", "lies in no folder that says which set it belongs to"),
            ),
            published=Published(
                {"train": 1481, "test": 512},
                note="as public readers count them; additional about 6,732, test_stg2 about 4,018",
                least=(480, 480),
            ),
        ),
    ),
    signature=(
        r"(?:train|additional|additional_Type_[123]_v2)/Type_[123]/\d+\.jpg",
        r"(?:solution_stg1_release|fixed_labels_v2)\.csv",
    ),
    cases=cases,
)
