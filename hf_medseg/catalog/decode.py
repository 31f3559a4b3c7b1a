"""Strict reading of TOML into typed records: every key is known, every value of its type, every mistake answered by name."""

from __future__ import annotations

import dataclasses
import datetime
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from hf_medseg.errors import Refused

T = TypeVar("T")

_WORDS: dict[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    datetime.date: "a date such as 2026-11-01",
}


def decode(kind: type[T], value: Any, where: str) -> T:
    """What a TOML value says, as a record, text, number, date, tuple or mapping of the wanted type.

    Args:
        kind: the type: a dataclass (a table; its fields are the keys), `tuple[X, ...]` or `tuple[X, Y]` (a list), `Mapping[str, X]` (a
            table with keys of one's own), `Literal`, a union, or a plain type.
        value: what `tomllib` read.
        where: the file, and inside it the dotted key, for messages.

    Raises:
        Refused: a key is unknown or missing, or a value is of another type.
    """
    decoded: T = _decode(kind, value, where, "")
    return decoded


def _decode(kind: Any, value: Any, file: str, key: str) -> Any:
    if kind is str and type(value) is str:  # most of all values
        return value
    if dataclasses.is_dataclass(kind):
        return _record(kind, value, file, key)
    origin, arguments = _form(kind)
    if origin in (Union, types.UnionType):
        return _union(arguments, value, file, key)
    if origin is Literal:
        if value not in arguments:
            shown = ", ".join(repr(one) for one in arguments if one != "")
            raise Refused(f"{file}: {key} is {value!r}; one of {shown} expected.")
        return value
    if origin is tuple:
        return _tuple(kind, arguments, value, file, key)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise _unlike(kind, value, file, key)
        return {name: _decode(arguments[1], one, file, _join(key, name)) for name, one in value.items()}
    if kind is float and type(value) is int:
        return float(value)
    if kind is not Any and type(value) is not kind:
        raise _unlike(kind, value, file, key)
    return value


@cache
def _form(kind: Any) -> tuple[Any, tuple[Any, ...]]:
    return get_origin(kind), get_args(kind)


def _record(kind: Any, value: Any, file: str, key: str) -> Any:
    if not isinstance(value, dict):
        raise _unlike(kind, value, file, key)
    wanted = _fields(kind)
    for name in value:
        if name not in wanted:
            from difflib import get_close_matches

            near = get_close_matches(name, wanted, 1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(wanted)}."
            raise Refused(f"{file}: {_join(key, name)!r} is no key that is known here; {hint}")
    missing = [name for name, (_, needed) in wanted.items() if needed and name not in value]
    if missing:
        raise Refused(f"{file}: {' and '.join(_join(key, name) for name in missing)} must be stated.")
    return kind(**{name: _decode(wanted[name][0], one, file, _join(key, name)) for name, one in value.items()})


@cache
def _fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    """The keys of a table: each with its type, and whether it must be stated."""
    hints = get_type_hints(kind)
    return {
        field.name: (hints[field.name], field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING)
        for field in dataclasses.fields(kind)
        if field.init
    }


def _union(choices: tuple[Any, ...], value: Any, file: str, key: str) -> Any:
    """The choice whose outer form the value has: so that a mistake inside it is told as such."""
    for choice in choices:
        if _has_form(choice, value):
            return _decode(choice, value, file, key)
    raise Refused(f"{file}: {key} is {value!r}; {' or '.join(_words(one) for one in choices if one is not type(None))} expected.")


def _has_form(kind: Any, value: Any) -> bool:
    origin = _form(kind)[0]
    if dataclasses.is_dataclass(kind) or (origin is not None and isinstance(origin, type) and issubclass(origin, Mapping)):
        return isinstance(value, dict)
    if origin is tuple:
        return isinstance(value, list)
    if origin is Literal:
        return value in get_args(kind)
    return type(value) is kind or (kind is float and type(value) is int)


def _tuple(kind: Any, arguments: tuple[Any, ...], value: Any, file: str, key: str) -> tuple[Any, ...]:
    many = arguments[-1] is Ellipsis
    if not isinstance(value, list) or (not many and len(value) != len(arguments)):
        raise _unlike(kind, value, file, key)
    kinds = [arguments[0]] * len(value) if many else arguments
    return tuple(_decode(kind, one, file, f"{key}[{number}]") for number, (kind, one) in enumerate(zip(kinds, value, strict=True), 1))


def _words(kind: Any) -> str:
    """A type, in words for a person."""
    origin, arguments = _form(kind)
    if origin is tuple and arguments[-1] is Ellipsis:
        return f"a list, each {_words(arguments[0])},"
    if origin is tuple:
        return f"a list of {' and '.join(_words(one) for one in arguments)}"
    if origin is Literal:
        return "one of " + ", ".join(repr(one) for one in arguments)
    return _WORDS.get(kind, "a table")


def _unlike(kind: Any, value: Any, file: str, key: str) -> Refused:
    shown = "a table" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)
    return Refused(f"{file}: {key or 'the file'} is {shown}; {_words(kind)} expected.")


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
