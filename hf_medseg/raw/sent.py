"""Values that go to other processes by the hundred thousand."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any


class Sent:
    """What a dataclass with slots inherits so that it is pickled as its class and its fields.

    As such a dataclass comes, each field is looked up by name in Python whenever one is pickled or unpickled: twice the time.
    """

    __slots__ = ()

    def __reduce__(self) -> tuple[type, tuple[Any, ...]]:
        """See `object.__reduce__`."""
        kind: Any = type(self)
        return kind, _fields_of(kind)(self)


@cache
def _fields_of(kind: Any) -> Callable[[Any], tuple[Any, ...]]:
    names = [field.name for field in dataclasses.fields(kind)]
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple([getattr(value, name) for name in names])
