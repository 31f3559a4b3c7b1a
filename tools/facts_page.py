"""`docs/facts.md`: every key of a `facts.toml`, from the types that it is read into and what they say of themselves."""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import Any

from hf_medseg.catalog.decode import tables, types_of, words
from hf_medseg.catalog.facts import FactsTable

_HEAD = """\
# `facts.toml`: every key

Generated from the types in `hf_medseg/catalog/facts.py` and `licenses.py`: change it there, then run `make facts`.

A key that is not here, or a value of another type, is refused by its name with what was expected. As in every TOML file, keys come before
the first `[table]`: what follows a table's header belongs to that table. How to add a source: [adding-a-source.md](adding-a-source.md).
"""

_COLUMNS = ("| key | must be | needed | meaning |", "| --- | --- | --- | --- |")


def page() -> str:
    """The page, as Markdown."""
    headers: dict[Any, list[str]] = {}
    for header, kind in tables(FactsTable):
        headers.setdefault(kind, []).append(header)
    return "\n".join([_HEAD, *(_section(kind, known) for kind, known in headers.items())])


def _section(kind: Any, headers: list[str]) -> str:
    title = " or ".join(f"`{header}`" for header in headers) if headers != [""] else "At the top of the file"
    told, needed = explained(kind), {one.name: _needed(one) for one in dataclasses.fields(kind)}
    lines = [
        f"## {title}",
        "",
        inspect.cleandoc(kind.__doc__).partition("\n\n")[0],
        "",
        "| key | must be | needed | meaning |",
        "| --- | --- | --- | --- |",
    ]
    for name, type_ in types_of(kind):
        lines.append(f"| `{name}` | {_cell(words(type_))} | {'yes' if needed[name] else ''} | {_cell(told[name])} |")
    return "\n".join([*lines, ""])


def _needed(field: dataclasses.Field[Any]) -> bool:
    return field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING


def explained(kind: Any) -> dict[str, str]:
    """What the docstrings of a record and of those it is derived from say of each of its fields."""
    told: dict[str, str] = {}
    for one in reversed(kind.__mro__):
        _, _, attributes = inspect.cleandoc(one.__doc__ or "").partition("Attributes:\n")
        for names, text in re.findall(r"^    (\w[\w, ]*): (.*(?:\n        .*)*)", attributes, re.MULTILINE):
            told |= dict.fromkeys(names.split(", "), " ".join(text.split()))
    return told


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
