"""`python -m tools.render [cards] [scripts] [facts] [api] [licenses] [commands] [readme]` writes the committed, generated files anew."""

from __future__ import annotations

import sys
from pathlib import Path

from hf_medseg.card import render as card
from hf_medseg.card import script
from tools import api_page, commands_page, facts_page, licenses_page, readme_page

FOLDERS = {"cards": ("cards", card.all_cards), "scripts": ("loading_scripts", script.all_scripts)}
PAGES = {
    "facts": ("docs/facts.md", facts_page.page),
    "api": ("docs/api.md", api_page.page),
    "licenses": ("docs/licenses-to-confirm.md", licenses_page.page),
    "commands": ("docs/commands.md", commands_page.page),
    "readme": ("README.md", readme_page.page),
}


def render(target: str, root: Path) -> None:
    """Writes a page, or every file of a kind, and removes those that no source has any more; with the cards the README that links them."""
    if target in PAGES:
        page, write = PAGES[target]
        (root / page).write_text(write(), encoding="utf-8")
        return
    folder, make = FOLDERS[target]
    wanted = make()
    place = root / folder
    place.mkdir(exist_ok=True)
    for path in place.iterdir():
        if path.is_file() and path.name not in wanted:
            path.unlink()
    for name, text in wanted.items():
        (place / name).write_text(text, encoding="utf-8")
    if target == "cards":
        render("readme", root)


if __name__ == "__main__":
    for name in sys.argv[1:] or (*FOLDERS, *PAGES):
        render(name, Path.cwd())
