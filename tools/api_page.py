"""`docs/api.md`: every public name of the package with its docstring."""

from __future__ import annotations

import inspect
from typing import Any

import hf_medseg
from hf_medseg import training

HEAD = "# Python\n\nMade from the docstrings: change them there, then run `make api`.\n"


def page() -> str:
    """The page, one section a name, functions first; those for training come after the others."""
    names = sorted(hf_medseg.__all__, key=lambda name: (name[0].isupper(), name))
    sections = [_section(name, getattr(hf_medseg, name)) for name in names]
    return "\n".join((HEAD, *sections, *(_section(f"training.{name}", getattr(training, name)) for name in training.__all__)))


def _section(name: str, thing: Any) -> str:
    call = (
        ""
        if isinstance(thing, type)
        else f"\n```\n{name}({', '.join(map(_parameter, inspect.signature(thing).parameters.values()))})\n```\n"
    )
    return f"## `{name}`\n{call}\n```text\n{inspect.cleandoc(thing.__doc__ or '')}\n```\n"


def _parameter(one: inspect.Parameter) -> str:
    return one.name if one.default is inspect.Parameter.empty else f"{one.name}={one.default!r}"
