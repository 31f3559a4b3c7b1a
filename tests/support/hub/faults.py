"""How the test Hub fails on demand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal

Kind = Literal[
    "429",
    "429 ratelimit",
    "429 retry-after",
    "429 text",
    "500",
    "503",
    "drop before",
    "drop after",
    "cut",
    "403 quota",
    "401 expired",
    "409",
    "412",
    "200 of others",
]


@dataclass
class Fault:
    """One way to fail.

    Attributes:
        kind: what happens instead of the answer (`drop after` and `cut` happen after the request was carried out).
        when: chooses requests by method and path.
        skip: so many chosen requests go through first.
        times: so many fail.
    """

    kind: Kind
    when: Callable[[str, str], bool] = field(default=lambda method, path: True)
    skip: int = 0
    times: int = 1
    met: int = 0
    fired: int = 0

    def meets(self, method: str, path: str) -> bool:
        """Whether this request fails now."""
        if not self.when(method, path):
            return False
        self.met += 1
        if self.met <= self.skip or self.fired >= self.times:
            return False
        self.fired += 1
        return True


def answer(kind: Kind) -> tuple[int, dict[str, str], str]:
    """Status, headers and error text of a fault that answers."""
    match kind:
        case "429":
            return 429, {}, "Too many requests"
        case "429 ratelimit":
            return 429, {"ratelimit": '"api";r=0;t=2'}, "Too many requests"
        case "429 retry-after":
            return 429, {"Retry-After": "2"}, "Too many requests"
        case "429 text":
            return 429, {}, "You have exceeded our commit rate limit: 128 per hour. Retry this action in about 2 minutes."
        case "403 quota":
            return 403, {}, "Private repository storage limit reached, please upgrade your plan."
        case "401 expired":
            return 401, {}, "Invalid credentials in Authorization header"
        case "409":
            return 409, {}, "Another commit is in progress, please retry"
        case "412":
            return 412, {}, "A commit has happened since. Please refresh and try again."
        case "200 of others":  # such as a proxy's page
            return 200, {}, "Please log in"
        case _:
            return int(kind), {}, "Internal error"
