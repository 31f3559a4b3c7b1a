"""The names that people give to folders and archives of a split."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hf_medseg.errors import Refused

_SPELLINGS = {
    "train": ("train", "training", "trn", "tr"),
    "validation": ("validation", "validate", "validating", "valid", "val", "vld", "development", "devel", "dev"),
    "test": ("test", "testing", "tst", "te", "ts", "holdout", "heldout"),
}
_SPLIT_OF = {spelling: split for split, spellings in _SPELLINGS.items() for spelling in spellings}
# What a folder's name may say besides: `training_set`, `testData`, `val-images`.
_BESIDES = re.compile(r"(?:datasets?|data|sets?|images?|imgs|split|subset|folder)+")

_WORDS = "|".join(sorted(_SPLIT_OF, key=len, reverse=True))
# A folder that says a split, as the beginning of a path.
SPLIT_FOLDER = (
    rf"(?i:[^/a-z]*(?:{_BESIDES.pattern}[^/a-z0-9]*)?(?:{_WORDS})(?:[^/a-z0-9]*{_BESIDES.pattern})?[^/a-z0-9]*(?:(?:19|20)[0-9]{{2}})?)/"
)


def split_of(folder: str) -> str | None:
    """The split that a folder's name says, `train`, `validation` or `test`; None for every other name.

    Case, blanks, digits before the name, and words such as `set` and `data` around it do not matter: `Training`, `train_set`,
    `valset`, `01 Test data`, nor does a year behind it: `val2017`. Another number does: what `train_2` is, only its owner knows.
    """
    letters = re.sub(r"[\W_]+", "", re.sub(r"\A[\W\d_]+|(?<!\d)(?:19|20)\d\d\Z", "", folder.lower()))
    for spelling in sorted(_SPLIT_OF, key=len, reverse=True):
        before, found, behind = letters.partition(spelling) if letters.startswith(spelling) else letters.rpartition(spelling)
        if found and not (before and behind) and (before + behind == "" or _BESIDES.fullmatch(before + behind)):
            return _SPLIT_OF[spelling]
    return None


def refuse_unclear(folders: Iterable[str]) -> None:
    """Refuses a folder whose name has a word for validation or test in it and more: its pictures would end in `train`.

    Only where others say `train` in such a way, or a number ends its name: a stress test is no split.

    Raises:
        Refused: see above.
    """
    unclear = sorted(folder for folder in folders if split_of(folder) is None)
    said = {folder: {split_of(word) for word in re.split(r"[\W\d_]+", folder) if len(word) > 2} - {None} for folder in unclear}
    training = any("train" in splits for splits in said.values())
    for folder, splits in said.items():
        if splits - {"train"} and (training or folder[-1].isdigit()):
            names = "/ or ".join(sorted(map(str, splits)))
            raise Refused(
                f"{folder}/ is called like a split, with more in its name. Rename it to {names}/ if it is one, or take it out of RAW."
            )
