"""The catalog: every source, found by its file in `hf_medseg.sources`."""

from __future__ import annotations

import difflib
import pkgutil
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from hf_medseg.errors import Refused
from hf_medseg.facts import Source

_FOLDER = "hf_medseg.sources"


def _load(module: str) -> Source:
    source: Source = import_module(f"{_FOLDER}.{module}").SOURCE
    return source


@cache
def sources() -> dict[str, Source]:
    """Every source by id, in alphabetical order."""
    found = [_load(module.name) for module in pkgutil.iter_modules(import_module(_FOLDER).__path__)]
    return {source.id: source for source in sorted(found, key=lambda source: source.id)}


def find_source(name: str) -> Source:
    """The source of an id or alias.

    Raises:
        Refused: there is none; the message names what is close.
    """
    wanted = name.lower().replace("_", "-")
    module = wanted.replace("-", "_")
    if module.isidentifier() and find_spec(f"{_FOLDER}.{module}") is not None:
        return _load(module)  # without importing all the others
    aliases = {alias: source for source in sources().values() for alias in (source.id, *source.aliases)}
    if wanted in aliases:
        return aliases[wanted]
    close = difflib.get_close_matches(wanted, aliases, 3)
    hint = f" Did you mean {' or '.join(close)}?" if close else ""
    raise Refused(f"{name!r} is not in the catalog.{hint} `hf-medseg list` shows every source.")
