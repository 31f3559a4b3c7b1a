"""What lies beside exported data: where they come from, their license, whom to cite, and whether they may be passed on."""

from __future__ import annotations

import re
from pathlib import Path

from hf_medseg.dataset import passed_on
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.exporting.result import Export
from hf_medseg.exporting.table import Table
from hf_medseg.words import counted

_SECTION = re.compile(r"^## (?P<name>.+?)\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_LOADING = ("How to load", "Columns")


def write_papers(table: Table, here: Path, export: Export) -> None:
    """Writes README.md (with the dataset's card), LICENSE.md, CITATION.bib, and a marker where the data may not be passed on.

    Args:
        table: what was exported.
        here: the folder.
        export: what is told of it.
    """
    card = re.sub(r"\A---\n.*?\n---\n", "", table.card, flags=re.DOTALL).strip()
    sections = {match["name"]: match["text"].strip() for match in _SECTION.finditer(card)}
    kept = _SECTION.sub(lambda match: "" if match["name"] in _LOADING else match[0], card)
    kept = re.sub(r"^!\[.*\n?", "", kept, flags=re.MULTILINE)
    (here / passed_on.README).write_text(f"{_of_the_export(table, export)}\n{kept}\n", encoding="utf-8")
    terms = f"{passed_on.terms(export.license, export.tier)}\n\n{sections.get('License', '')}\n"
    (here / passed_on.LICENSE).write_text(f"{passed_on.FORBIDDEN}\n\n{terms}" if export.gated else terms, encoding="utf-8")
    if works := re.findall(r"```bibtex\n(.*?)```", sections.get("Citation", ""), re.DOTALL):
        (here / "CITATION.bib").write_text("\n".join(works), encoding="utf-8")
    if export.gated:
        (here / passed_on.DO_NOT_PASS_ON).write_text(passed_on.forbidden(table.identity.source, export.license), encoding="utf-8")


def _of_the_export(table: Table, export: Export) -> str:
    identity = table.identity
    name = " ".join(filter(None, (identity.source, identity.edition)))
    written = ", ".join(f"{split} {number:,}" for split, number in export.cases.items())
    lines = [
        f"This folder holds the dataset described below in the layout `{export.to}`, {passed_on.origin(name)}, config `{table.config}`. "
        "Nothing was resampled.",
        *([f"**{passed_on.FORBIDDEN}**"] if export.gated else []),
        f"Cases: {written}.",
        f"Mask values: {', '.join(f'{k} {name}' for k, name in enumerate(table.classes))}; {NOT_ANNOTATED} is not annotated, "
        "where the layout keeps it.",
        *_told(export),
    ]
    return "\n\n".join(lines) + "\n\n---\n"


def _told(export: Export) -> list[str]:
    lines = [f"- Left out: {counted(number, 'case')}: {reason}." for reason, number in export.left_out.items()]
    lines += [f"- {note}." + (f" ({number:,} times)" if number > 1 else "") for note, number in export.notes.items()]
    lines += [f"- Rejected: {one['image_id']}: {one['expected']}" for one in export.rejected]
    return ["\n".join(lines)] if lines else []
