"""`python -m hf_medseg.render cards|scripts` writes the committed, generated files anew, for maintainers."""

from __future__ import annotations

import sys
from pathlib import Path

from hf_medseg.card import render as card
from hf_medseg.loading import script

TARGETS = {"cards": ("cards", card.all_cards), "scripts": ("loading_scripts", script.all_scripts)}


def render(target: str, root: Path) -> None:
    """Writes every file of a kind, and removes those that no source has any more."""
    folder, make = TARGETS[target]
    wanted = make()
    place = root / folder
    place.mkdir(exist_ok=True)
    for path in place.iterdir():
        if path.is_file() and path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (place / name).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for name in sys.argv[1:] or TARGETS:
        render(name, Path.cwd())
