"""The names that people give to folders and archives of a split."""

from __future__ import annotations

import re

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
SPLIT_FOLDER = rf"(?i:[^/a-z]*(?:{_BESIDES.pattern}[^/a-z0-9]*)?(?:{_WORDS})(?:[^/a-z0-9]*{_BESIDES.pattern})?[^/a-z0-9]*)/"


def split_of(folder: str) -> str | None:
    """The split that a folder's name says, `train`, `validation` or `test`; None for every other name.

    Case, blanks, digits before the name, and words such as `set` and `data` around it do not matter: `Training`, `train_set`,
    `valset`, `01 Test data`. A number behind the name does: what `train_2` is, only its owner knows.
    """
    letters = re.sub(r"[\W_]+", "", re.sub(r"\A[\W\d_]+", "", folder.lower()))
    for spelling in sorted(_SPLIT_OF, key=len, reverse=True):
        before, found, behind = letters.partition(spelling) if letters.startswith(spelling) else letters.rpartition(spelling)
        if found and not (before and behind) and (before + behind == "" or _BESIDES.fullmatch(before + behind)):
            return _SPLIT_OF[spelling]
    return None
