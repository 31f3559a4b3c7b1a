"""The catalog: every source, found by its folder in `hf_medseg.sources`."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from hf_medseg.catalog.facts import Facts
from hf_medseg.catalog.loader import FACTS, read_checksums, read_facts
from hf_medseg.errors import Refused

if TYPE_CHECKING:
    from hf_medseg.catalog.source import Source  # and with it what reads trees, which nobody needs who only asks for facts

_HOME = "hf_medseg.sources"


@cache
def _folders() -> dict[str, Path]:
    """The folder of every source by id, in alphabetical order of the ids."""
    home = Path(__file__).parents[1] / _HOME.rpartition(".")[2]
    found = {folder.name.replace("_", "-"): folder for folder in home.iterdir() if (folder / FACTS).is_file()}
    return dict(sorted(found.items()))


@cache
def facts() -> dict[str, Facts]:
    """The facts of every source by id, in alphabetical order, without the code that reads it."""
    return {id: read_facts(folder) for id, folder in _folders().items()}


@cache
def _source(id: str) -> Source:
    source: Source = import_module(f"{_HOME}.{id.replace('-', '_')}.source").SOURCE
    return source


@cache
def sources() -> dict[str, Source]:
    """Every source by id, in alphabetical order."""
    return {id: _source(id) for id in _folders()}


def find_id(name: str) -> str:
    """The id that an id or alias leads to.

    Raises:
        Refused: there is none; the message names what is close.
    """
    wanted = name.lower().replace("_", "-")
    if wanted in _folders():
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
    return _source(find_id(name))


def find_facts(name: str) -> Facts:
    """The facts of an id or alias, without the code that reads its trees.

    Raises:
        Refused: there is none; the message names what is close.
    """
    return read_facts(_folders()[find_id(name)])


def known_files(source: Facts) -> dict[str, str]:
    """SHA-256 of published files by the end of their paths, as far as the package knows them."""
    return read_checksums(_folders()[source.id])
