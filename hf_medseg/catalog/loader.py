"""Reading a source's folder: `facts.toml`, `citations.bib` and `checksums.sha256`."""

from __future__ import annotations

import dataclasses
import re
import tomllib
from pathlib import Path

from hf_medseg.catalog.decode import decode
from hf_medseg.catalog.facts import Description, EditionFacts, EditionTable, Facts, FactsTable
from hf_medseg.catalog.licenses import License
from hf_medseg.errors import Refused

FACTS, CITATIONS, CHECKSUMS = "facts.toml", "citations.bib", "checksums.sha256"
_ENTRY = re.compile(r"^@\w+\{\s*([^,\s]+)\s*,", re.MULTILINE)


def read_facts(folder: Path) -> Facts:
    """The facts of the source in a folder.

    Raises:
        Refused: a file is no TOML, a key is unknown or missing, a value has another type, or an edition names a license or a citation that
            is not there.
    """
    id = folder.name.replace("_", "-")
    shown = f"{folder.name}/{FACTS}"
    try:
        table = decode(FactsTable, tomllib.loads((folder / FACTS).read_text(encoding="utf-8")), shown)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{shown} is no valid TOML: {error}.") from error
    entries = _entries(folder)
    editions = tuple(_edition(table, one, entries, shown) for one in table.editions or (EditionTable(name=""),))
    said = {field.name: getattr(table, field.name) for field in dataclasses.fields(Description)}
    return Facts(id=id, editions=editions, **said)


def _edition(table: FactsTable, one: EditionTable, entries: dict[str, str], shown: str) -> EditionFacts:
    keys = next((keys for keys in (one.citations, table.citations) if keys is not None), tuple(entries))
    if unknown := [key for key in keys if key not in entries]:
        raise Refused(f"{shown}: the citation {unknown[0]!r} has no entry in {CITATIONS}; it has: {', '.join(entries) or 'none'}.")
    return EditionFacts(
        name=one.name,
        license=_license(table, one, shown),
        citations=tuple(entries[key] for key in keys),
        classes=table.classes if one.classes is None else one.classes,
        published=one.published or table.published,
    )


def _license(table: FactsTable, one: EditionTable, shown: str) -> License:
    stated = table.license if one.license is None else one.license
    if isinstance(stated, str):
        if stated not in table.licenses:
            raise Refused(f"{shown}: no table [licenses.{stated}]; there are: {', '.join(table.licenses) or 'none'}.")
        return table.licenses[stated]
    if stated is None:
        raise Refused(f"{shown}: {f'the edition {one.name}' if one.name else 'it'} states no license. Add a table [license].")
    return stated


def _entries(folder: Path) -> dict[str, str]:
    """The BibTeX entries of a source by their key, each as it is written."""
    if not (folder / CITATIONS).is_file():
        return {}
    text = (folder / CITATIONS).read_text(encoding="utf-8")
    marks = list(_ENTRY.finditer(text))
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return {mark[1]: text[mark.start() : end].strip() for mark, end in zip(marks, ends, strict=True)}


def read_checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of published files by the end of their paths, as far as they are known."""
    if not (folder / CHECKSUMS).is_file():
        return {}
    lines = (line.split("  ", 1) for line in (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines())
    return {path: digest for digest, path in lines}
