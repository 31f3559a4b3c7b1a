"""The catalog: every source, found by its folder in `hf_medseg.sources`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from hf_medseg.catalog.facts import FACTS, Facts
from hf_medseg.catalog.remembered import all_facts
from hf_medseg.errors import Refused

if TYPE_CHECKING:
    from hf_medseg.catalog.conventions import Convention
    from hf_medseg.catalog.source import Source  # and with it what reads trees, which nobody needs who only asks for facts

HOME = "hf_medseg.sources"
_CODE = "source.py"


@cache
def folders() -> dict[str, Path]:
    """The folder of every source by id, in alphabetical order of the ids.

    Raises:
        Refused: one is named as no module can be.
    """
    home = Path(__file__).parents[1] / HOME.rpartition(".")[2]
    found = [folder for folder in home.iterdir() if any((folder / name).is_file() for name in (FACTS, _CODE))]
    if strange := [folder.name for folder in found if not re.fullmatch(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)*", folder.name)]:
        raise Refused(f"sources/{strange[0]}: a source's folder is named in small letters, digits and underscores, such as chase_db1.")
    return dict(sorted((folder.name.replace("_", "-"), folder) for folder in found))


@cache
def facts() -> dict[str, Facts]:
    """The facts of every source by id, in alphabetical order, without the code that reads it."""
    return all_facts(folders())


@cache
def load_source(id: str) -> Source:
    """A source with the code that reads it.

    Raises:
        Refused: its `source.py` is missing or tells none.
    """
    folder = folders()[id]
    if not (folder / _CODE).is_file():
        raise Refused(f"{folder.name}/{_CODE} is missing: it says how a raw tree of {id} is told and read.")
    source: Source | None = getattr(import_module(f"{HOME}.{folder.name}.source"), "SOURCE", None)
    if source is None:
        raise Refused(f"{folder.name}/{_CODE} must end with SOURCE = source_of(__file__, ...).")
    return source


class Catalog(dict[str, "Source"]):
    """Every source by id; prints as a table."""

    def __repr__(self) -> str:
        """A source a line: id, what its license allows, how it is had, title."""
        return "\n".join(f"{id:20} {', '.join(one.tiers):27} {one.access.mode:12} {one.title}" for id, one in self.items())


@cache
def sources() -> Catalog:
    """Every source by id, in alphabetical order."""
    return Catalog({id: load_source(id) for id in folders()})


def find_id(name: str) -> str:
    """The id that an id or alias leads to.

    Raises:
        Refused: there is none; the message names what is close.
    """
    wanted = name.lower().replace("_", "-")
    if wanted in folders():
        return wanted  # without reading all the others
    aliases = {alias: one.id for one in facts().values() for alias in (one.id, *one.aliases)}
    if wanted in aliases:
        return aliases[wanted]
    from difflib import get_close_matches

    close = get_close_matches(wanted, aliases, 3)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    raise Refused(f"{name!r} is not in the catalog.{hint} `hf-medseg list` shows every source.")


def find_source(name: str) -> Source:
    """The source of an id or alias.

    Raises:
        Refused: there is none; the message names what is close.
    """
    return load_source(find_id(name))


def find_facts(name: str) -> Facts:
    """The facts of an id or alias, without the code that reads its trees.

    Raises:
        Refused: there is none; the message names what is close.
    """
    from hf_medseg.catalog.loader import read_facts

    return read_facts(folders()[find_id(name)])


def source_named(id: str) -> Source | None:
    """The source of exactly this id, without the code of any other; None where there is none."""
    return load_source(id) if id in folders() else None


def known_files(source: Facts) -> dict[str, str]:
    """SHA-256 of published files by the end of their paths, as far as the package knows them."""
    from hf_medseg.catalog.loader import read_checksums

    return read_checksums(folders()[source.id])


def known_pictures(source: Facts) -> list[tuple[int, str]]:
    """(difference hash, name) of the owner's pictures, as far as the package knows them."""
    from hf_medseg.catalog.loader import read_pictures

    return read_pictures(folders()[source.id])


def known_fine_pictures(source: Facts) -> list[tuple[bytes, str]]:
    """(finer hash, name) of the owner's pictures, several of each, as far as the package knows them."""
    from hf_medseg.catalog.loader import read_fine_pictures

    return read_fine_pictures(folders()[source.id])


@cache
def known_divisions(source: str) -> Mapping[str, Convention]:
    """The divisions of a source that papers compare with, by name."""
    from hf_medseg.catalog.conventions import read_conventions

    return read_conventions(folders()[source])
