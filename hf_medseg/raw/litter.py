"""What operating systems leave behind in the folders of their users."""

from __future__ import annotations

import re

_LITTER = re.compile(
    r"(?:\A|/)(?:(?:__MACOSX|\$RECYCLE\.BIN|System Volume Information|lost\+found|@eaDir|\.Trash(?:es|-\d+)?|\.Spotlight-V100|\.fseventsd"
    r"|\.AppleDouble|\.DocumentRevisions-V100|\.TemporaryItems)/.*|\._[^/]*|\.DS_Store|\.git/.*|\.cache/.*|[^/]*:Zone\.Identifier|(?i:Thumbs\.db|desktop\.ini|ehthumbs\.db))\Z"
)


def is_litter(path: str) -> bool:
    """Whether an operating system left that file behind."""
    return _LITTER.search(path) is not None
