"""Reading a source's folder: `facts.toml`, `citations.bib`, `checksums.sha256` and `pictures.dhash`."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path

import tomli

from hf_medseg.catalog.about_keys import COMMON
from hf_medseg.catalog.citations import entries
from hf_medseg.catalog.decode import decode
from hf_medseg.catalog.facts import CITATIONS, FACTS, Description, EditionFacts, EditionTable, Facts, FactsTable
from hf_medseg.catalog.licenses import License, unproven
from hf_medseg.errors import Refused

CHECKSUMS, PICTURES = "checksums.sha256", "pictures.dhash"
_CHECKSUM = re.compile(r"md5:[0-9a-f]{32}|sha256:[0-9a-f]{64}")
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")
_DIGITS = 16
_PICTURE = re.compile(r"([0-9a-f]{16}|[0-9a-f]{66}) \d+x\d+ (\S.*)")


def read_facts(folder: Path) -> Facts:
    """The facts of the source in a folder.

    Raises:
        Refused: a file is no TOML or no BibTeX, a key is unknown or missing, a value has another type, a name leads to nothing or nothing
            leads to it, or a license claims a tier that its evidence does not carry.
    """
    id = folder.name.replace("_", "-")
    shown = f"{folder.name}/{FACTS}"
    if not (folder / FACTS).is_file():
        raise Refused(f"{shown} is missing: it says what the owner says of the source.")
    try:
        table = decode(FactsTable, tomli.loads((folder / FACTS).read_text(encoding="utf-8")), shown)
    except (tomli.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{shown} is no valid TOML: {error}.") from error
    cited = _entries(folder)
    editions = tuple(_edition(table, one, cited, shown) for one in table.editions or (EditionTable(name=""),))
    _check(table, editions, cited, shown)
    others = [one.source for one in table.overlaps]
    if wrong := next((name for name in others if name == id or others.count(name) > 1), None):
        raise Refused(f"{shown}: overlaps names {wrong!r}, which is {'the source itself' if wrong == id else 'there twice'}.")
    said = {field.name: getattr(table, field.name) for field in dataclasses.fields(Description)}
    if table.own_data:
        said["about"] = {**COMMON, **table.about}
    return Facts(id=id, editions=editions, **said)


def _check(table: FactsTable, editions: tuple[EditionFacts, ...], cited: dict[str, str], shown: str) -> None:
    """Refuses facts that contradict each other, or that nothing uses: one of two names is misspelt then."""
    names, parts = [one.name for one in editions], [one.name for one in table.parts]
    for what, given in (("edition", names), ("part", parts)):
        if twice := next((name for name in given if given.count(name) > 1), None):
            raise Refused(f"{shown}: two {what}s are called {twice!r}.")
    for number, one in enumerate(table.access.downloads, 1):
        key = f"{shown}: access.downloads[{number}]"
        for what, name, there in (("edition", one.edition, names), ("part", one.part, parts)):
            if name not in ("", *there):
                known = ", ".join(filter(None, there)) or "none"
                raise Refused(f"{key}.{what} is {name!r}, and no {what} is called so; there are: {known}.")
        if one.checksum and not _CHECKSUM.fullmatch(one.checksum):
            raise Refused(f"{key}.checksum is {one.checksum!r}; `md5:` and 32, or `sha256:` and 64 small hexadecimal digits expected.")
    if unused := [name for name in table.licenses if name not in [one.license for one in table.editions]]:
        raise Refused(f"{shown}: no edition names the license {unused[0]!r} of the table [licenses].")
    if unused := [key for key, text in cited.items() if not any(text in one.citations for one in editions)]:
        raise Refused(f"{shown}: no edition cites the entry {unused[0]!r} of {CITATIONS}.")
    classes = dict.fromkeys(name for one in editions for name in one.classes)
    if unknown := [name for name in table.codes if name not in classes]:
        raise Refused(f"{shown}: [codes] names {unknown[0]!r}, and no class is called so; there are: {', '.join(classes) or 'none'}.")
    for edition in editions:
        if wrong := unproven(edition.license):
            raise Refused(f"{shown}: {f'edition {edition.name}: ' if edition.name else ''}{wrong}.")


def _edition(table: FactsTable, one: EditionTable, cited: dict[str, str], shown: str) -> EditionFacts:
    keys = next((keys for keys in (one.citations, table.citations) if keys is not None), tuple(cited))
    if unknown := [key for key in keys if key not in cited]:
        raise Refused(f"{shown}: the citation {unknown[0]!r} has no entry in {CITATIONS}; it has: {', '.join(cited) or 'none'}.")
    return EditionFacts(
        name=one.name,
        license=_license(table, one, shown),
        citations=tuple(cited[key] for key in keys),
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
    return entries((folder / CITATIONS).read_text(encoding="utf-8"), f"{folder.name}/{CITATIONS}")


def read_checksums(folder: Path) -> dict[str, str]:
    """SHA-256 of published files by the end of their paths, as far as they are known.

    Raises:
        Refused: a line is no checksum with a path.
    """
    if not (folder / CHECKSUMS).is_file():
        return {}
    found = {}
    for line in (folder / CHECKSUMS).read_text(encoding="utf-8").splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            raise Refused(f"{folder.name}/{CHECKSUMS}: {line[:80]!r} is no line of `sha256sum`: 64 digits, two spaces, a path.")
        found[match[2]] = match[1]
    return found


def read_pictures(folder: Path) -> list[tuple[int, str]]:
    """(difference hash, name) of the owner's pictures, as far as they are known; `tools/fingerprint.py` makes them.

    Raises:
        Refused: a line is none of that tool's.
    """
    return [(int(digits, 16), name) for digits, name in _pictures(folder) if len(digits) == _DIGITS]


def read_fine_pictures(folder: Path) -> list[tuple[bytes, str]]:
    """(finer hash, name) of the owner's pictures, several of each, as far as they are known; see `catalog/fine_hash.py`.

    Raises:
        Refused: a line is none of `tools/fingerprint.py`.
    """
    return [(bytes.fromhex(digits), name) for digits, name in _pictures(folder) if len(digits) != _DIGITS]


def _pictures(folder: Path) -> Iterator[tuple[str, str]]:
    if not (folder / PICTURES).is_file():
        return
    for line in (folder / PICTURES).read_text(encoding="utf-8").splitlines():
        match = _PICTURE.fullmatch(line)
        if match is not None:
            yield match[1], match[2]
        elif not line.startswith("#"):
            raise Refused(f"{folder.name}/{PICTURES}: {line[:80]!r} is no hash of 16 or 66 digits, size and name. Make the file anew.")
