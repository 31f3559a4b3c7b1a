"""Strict reading of TOML into typed records: every key is known, every value of its type, every mistake answered by name."""

from __future__ import annotations

import dataclasses
import datetime
import types
from collections.abc import Hashable, Iterator, Mapping
from functools import cache
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from hf_medseg.errors import Refused

T = TypeVar("T")

UNSAID = {"said": False}
"""Metadata of a record's field that no file states."""

_WORDS: dict[Any, str] = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    bool: "true or false",
    datetime.date: "a date such as 2026-11-01",
}
_PLURAL: dict[Any, str] = {str: "texts", int: "whole numbers", float: "numbers"}


class Unlike(Refused):
    """A value is not what its key takes.

    Attributes:
        key: the dotted key.
        kind: what it takes, see `decode`.
    """

    key: str = ""
    kind: Any = None


def decode(kind: type[T], value: Any, where: str) -> T:
    """What a TOML value says, as a record, text, number, date, tuple or mapping of the wanted type.

    Args:
        kind: the type: a dataclass (a table; its fields are the keys), `tuple[X, ...]` or `tuple[X, Y]` (a list), `Mapping[str, X]` (a
            table with keys of one's own), `Literal`, a union, or a plain type.
        value: what a reader of TOML gives.
        where: the file, for messages.

    Raises:
        Refused: a key is unknown or missing, or a value is of another type (`Unlike`).
    """
    try:
        decoded: T = _decode(kind, value, where, "")
    except _Unknown as error:
        raise Refused(f"{where}: {_join(error.table, error.key)!r} is no key that is known here; {_hint(kind, error)}") from None
    return decoded


def keys(kind: Any) -> tuple[str, ...]:
    """The keys of a table that a record is read from."""
    return tuple(_fields(kind))


def types_of(kind: Any) -> list[tuple[str, Any]]:
    """The keys of a table that a record is read from, with their types."""
    return [(name, inner) for name, (inner, _) in _fields(kind).items()]


def words(kind: Any) -> str:
    """A type, in words for a person, after "must be"."""
    origin, arguments = _form(kind)
    if origin in (Union, types.UnionType):
        told = [one for one in arguments if one not in (type(None), int if float in arguments else None)]
        return " or ".join(filter(None, map(words, told)))
    if origin is tuple and arguments[-1] is Ellipsis:
        return f"a list of {_many(arguments[0])}"
    if origin is tuple:
        return f"a list of {' and '.join(words(one) for one in arguments)}"
    if origin is Literal:
        return " or ".join(f'"{one}"' for one in arguments if one != "")
    if dataclasses.is_dataclass(kind):
        return f"a table of {', '.join(keys(kind))}"
    if origin is not None:
        return f"a table with {_many(arguments[1])}"
    return _WORDS[kind]


def _many(kind: Any) -> str:
    """Several values of a type, in words."""
    if dataclasses.is_dataclass(kind):
        return "tables"
    if _form(kind)[0] is tuple:
        return "lists"
    return _PLURAL.get(kind) or words(kind)


class _Unknown(Exception):
    """A table has a key that its record has not."""

    def __init__(self, table: str, key: str, kind: Any) -> None:
        self.table, self.key, self.kind = table, key, kind


def _decode(kind: Any, value: Any, file: str, key: str) -> Any:
    if dataclasses.is_dataclass(kind):
        return _record(kind, value, file, key)
    origin, arguments = _form(kind)
    if origin in (Union, types.UnionType):
        return _union(kind, arguments, value, file, key)
    if origin is Literal:
        if value not in arguments:
            raise _unlike(kind, value, file, key)
        return value
    if origin is tuple:
        return _tuple(kind, arguments, value, file, key)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, dict):
            raise _unlike(kind, value, file, key)
        return {name: _decode(arguments[1], one, file, _join(key, name)) for name, one in value.items()}
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise _unlike(kind, value, file, key)
    return value


@cache
def _form(kind: Hashable) -> tuple[Any, tuple[Any, ...]]:
    return get_origin(kind), get_args(kind)


def _record(kind: Any, value: Any, file: str, key: str) -> Any:
    if not isinstance(value, dict):
        raise _unlike(kind, value, file, key)
    wanted = _fields(kind)
    if unknown := next((name for name in value if name not in wanted), None):
        raise _Unknown(key, unknown, kind)
    missing = [name for name, (_, needed) in wanted.items() if needed and name not in value]
    if missing:
        raise Refused(f"{file}: {' and '.join(_join(key, name) for name in missing)} must be stated.")
    read = {
        name: one if wanted[name][0] is str and type(one) is str else _decode(wanted[name][0], one, file, _join(key, name))
        for name, one in value.items()
    }
    return kind(**read)


@cache
def _fields(kind: Any) -> dict[str, tuple[Any, bool]]:
    """The keys of a table: each with its type, and whether it must be stated."""
    hints = get_type_hints(kind)
    return {
        field.name: (hints[field.name], field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING)
        for field in dataclasses.fields(kind)
        if field.metadata.get("said", True)
    }


def _hint(root: Any, error: _Unknown) -> str:
    """What was meant by an unknown key: one of another table, which ends where the next begins, or one that is spelled alike."""
    from difflib import get_close_matches

    wanted = keys(error.kind)
    if homes := list(dict.fromkeys(home for home, record in tables(root) if error.key in keys(record))):
        return f"it belongs {' or '.join(f'in {home}' if home else 'above the first [table]' for home in homes)}."
    if near := get_close_matches(error.key, wanted, 1, 0.55):
        return f"did you mean {near[0]!r}?"
    return f"known are: {', '.join(wanted)}."


def tables(kind: Any, key: str = "", form: str = "[{}]") -> Iterator[tuple[str, Any]]:
    """The records that a type is made of, each with the header of its table, empty for the outermost."""
    origin, arguments = _form(kind)
    if dataclasses.is_dataclass(kind):
        yield key and form.format(key), kind
        for name, inner in types_of(kind):
            yield from tables(inner, _join(key, name))
        return
    if isinstance(origin, type) and issubclass(origin, Mapping):
        key = _join(key, "NAME")
    for inner in arguments:
        yield from tables(inner, key, "[[{}]]" if origin is tuple else form)


def _union(kind: Any, choices: tuple[Any, ...], value: Any, file: str, key: str) -> Any:
    """The choice whose outer form the value has: so that a mistake inside it is told as such."""
    for choice in choices:
        if _has_form(choice, value):
            return _decode(choice, value, file, key)
    raise _unlike(kind, value, file, key)


def _has_form(kind: Any, value: Any) -> bool:
    origin = _form(kind)[0]
    if dataclasses.is_dataclass(kind) or (isinstance(origin, type) and issubclass(origin, Mapping)):
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
    if many and arguments[0] is str and all(type(one) is str for one in value):
        return tuple(value)
    kinds = [arguments[0]] * len(value) if many else arguments
    return tuple(_decode(kind, one, file, f"{key}[{number}]") for number, (kind, one) in enumerate(zip(kinds, value, strict=True), 1))


def _unlike(kind: Any, value: Any, file: str, key: str) -> Unlike:
    error = Unlike(f"{file}: {key or 'the file'} must be {words(kind)}; it is {_shown(value)}.")
    error.key, error.kind = key, kind
    return error


def _shown(value: Any) -> str:
    """A value as TOML writes it, where it is short."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, list):
        return "a list"
    if isinstance(value, bool):
        return str(value).lower()
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 80 else f"{text[:79]}…"


def _join(key: str, name: str) -> str:
    return f"{key}.{name}" if key else name
