"""Values that go to other processes by the hundred thousand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import Any, SupportsIndex


class _Fields(dict[Any, Callable[[Any], tuple[Any, ...]]]):
    """What gives the fields of a dataclass, by the class."""

    def __missing__(self, kind: Any) -> Callable[[Any], tuple[Any, ...]]:
        names = [field.name for field in dataclasses.fields(kind)]
        self[kind] = attrgetter(*names) if len(names) > 1 else lambda value: tuple([getattr(value, name) for name in names])
        return self[kind]


_FIELDS = _Fields()


class Sent:
    """What a dataclass with slots inherits so that it is pickled as its class and its fields.

    As such a dataclass comes, each field is looked up by name in Python whenever one is pickled or unpickled: three times the time.
    """

    __slots__ = ()

    def __reduce_ex__(self, protocol: SupportsIndex) -> tuple[type, tuple[Any, ...]]:
        """See `object.__reduce_ex__`."""
        kind = self.__class__
        return kind, _FIELDS[kind](self)
