"""The catalog: every source, found by its file in `hf_medseg.sources`."""

from __future__ import annotations

import difflib
import pkgutil
from functools import cache
from importlib import import_module

from hf_medseg.errors import Refused
from hf_medseg.facts import Source


@cache
def sources() -> dict[str, Source]:
    """Every source by id, in alphabetical order."""
    folder = import_module("hf_medseg.sources")
    found: list[Source] = [import_module(f"{folder.__name__}.{module.name}").SOURCE for module in pkgutil.iter_modules(folder.__path__)]
    return {source.id: source for source in sorted(found, key=lambda source: source.id)}


def find_source(name: str) -> Source:
    """The source of an id or alias.

    Raises:
        Refused: there is none; the message names what is close.
    """
    wanted = name.lower().replace("_", "-")
    aliases = {alias: source for source in sources().values() for alias in (source.id, *source.aliases)}
    if wanted in aliases:
        return aliases[wanted]
    close = difflib.get_close_matches(wanted, aliases, 3)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    raise Refused(f"{name!r} is not in the catalog.{hint} `hf-medseg list` shows every source.")
