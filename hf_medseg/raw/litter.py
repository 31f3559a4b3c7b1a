"""What operating systems leave behind in the folders of their users."""

from __future__ import annotations

import re
from functools import lru_cache

_FOLDER = re.compile(
    r"(?:\A|/)(?:__MACOSX|\$RECYCLE\.BIN|System Volume Information|lost\+found|@eaDir|\.Trash(?:es|-\d+)?|\.Spotlight-V100|\.fseventsd"
    r"|\.AppleDouble|\.DocumentRevisions-V100|\.TemporaryItems|\.git|\.cache)(?:/|\Z)"
)
_NAMES = frozenset(("thumbs.db", "desktop.ini", "ehthumbs.db"))


def is_litter(path: str) -> bool:
    """Whether an operating system left that file behind."""
    folder, _, name = path.rpartition("/")
    if name.startswith("._") or name == ".DS_Store" or name.endswith(":Zone.Identifier") or name.lower() in _NAMES:
        return True
    return _is_litter_folder(folder)


@lru_cache(maxsize=256)
def _is_litter_folder(folder: str) -> bool:
    return _FOLDER.search(folder) is not None
