"""`docs/api.md`: every public name of the package with its docstring."""

from __future__ import annotations

import inspect

import hf_medseg

HEAD = "# Python\n\nMade from the docstrings: change them there, then run `make api`.\n"


def page() -> str:
    """The page, one section a name, functions first."""
    names = sorted(hf_medseg.__all__, key=lambda name: (name[0].isupper(), name))
    return "\n".join((HEAD, *map(_section, names)))


def _section(name: str) -> str:
    thing = getattr(hf_medseg, name)
    call = (
        ""
        if isinstance(thing, type)
        else f"\n```\n{name}({', '.join(map(_parameter, inspect.signature(thing).parameters.values()))})\n```\n"
    )
    return f"## `{name}`\n{call}\n```text\n{inspect.cleandoc(thing.__doc__ or '')}\n```\n"


def _parameter(one: inspect.Parameter) -> str:
    return one.name if one.default is inspect.Parameter.empty else f"{one.name}={one.default!r}"
