"""Asking the Hub: which of a client's errors go away by waiting, for how long, and how the others are told."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from hf_medseg.errors import MedsegError, Refused

Say = Callable[[str], None]
Result = TypeVar("Result")

TRIES = 8
_TRIES_UNANSWERED = 3  # of a Hub that has not answered once: there is no network, or another address is meant
_LONGEST_WAIT = 3700.0  # the Hub counts commits by the hour
# The client library has changed its HTTP library before; none of these errors is an OSError in all of them.
_TRANSPORT = {"httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3", "hf_xet"}
_CLIENT = {"huggingface_hub", *_TRANSPORT}
_OURS = __name__.partition(".")[0]
_UNITS = {"s": 1, "m": 60, "h": 3600}


def ask(what: str, call: Callable[[], Result], say: Say, *, unanswered: bool = False) -> Result:
    """Calls the Hub, again where that can help; the call must be one that may happen twice.

    Args:
        what: what is asked, in words.
        call: the question.
        say: told before it is asked again.
        unanswered: nothing that was asked before has been answered, so that without an answer it is soon given up.
    """
    for attempt in range(TRIES):
        try:
            return call()
        except Exception as error:
            wait = wait_of(error, attempt)
            unanswered = unanswered and status_of(error) is None
            if wait is None or attempt + 1 == (_TRIES_UNANSWERED if unanswered else TRIES):
                raise
            say(f"{what}: {reason_of(error)}; trying again in {wait:.0f} s")
            time.sleep(wait)
    raise AssertionError("unreachable")


@dataclass
class Explained:
    """Turns what a client raises into words: refused before anything is written, broken off after; our own errors pass as they are."""

    repo: str
    url: str
    written: bool

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Raises `Refused` or `MedsegError` in place of the client's error."""
        if not isinstance(error, Exception) or isinstance(error, MedsegError) or not is_clients(error):
            return
        status, reason = status_of(error), reason_of(error)
        if not self.written and status in (400, 401, 403, 404):
            raise Refused(f"{self.repo}: the Hub does not let us write there ({reason}). Check the name and the token.") from error
        if not self.written and status is None and _is_networks(error):
            advice = "Nothing was written: check the network, and run the same command again."
            raise MedsegError(f"{self.url} could not be reached ({reason}). {advice}") from error
        after = "Readers see the dataset as it was, or whole as it shall be. Run the same command again: it carries on."
        raise MedsegError(f"The push to {self.repo} was broken off: {reason}. {after}") from error


def is_clients(error: Exception) -> bool:
    """Whether an error is the network's or the client's: by its class, or because the client's code raised it."""
    root = type(error).__module__.partition(".")[0]
    return root in _CLIENT or isinstance(error, (ConnectionError, TimeoutError)) or _raised_by_client(error)


def _raised_by_client(error: Exception) -> bool:
    """Whether, of our code and the client's, the client's was the last to run: the chunk transport raises bare RuntimeErrors."""
    last, trace = "", error.__traceback__
    while trace is not None:
        root = str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0]
        last = root if root in (*_CLIENT, _OURS) else last
        trace = trace.tb_next
    return last in _CLIENT


def _is_networks(error: Exception) -> bool:
    """Whether an error without an answer of the Hub is one of the network, which may be gone at the next try."""
    if type(error).__module__.partition(".")[0] in _TRANSPORT or isinstance(error, (ConnectionError, TimeoutError)):
        return True
    # A cut answer is no JSON; the chunk transport has no class of its own for what went wrong on the way.
    return (type(error) is RuntimeError or isinstance(error, json.JSONDecodeError)) and _raised_by_client(error)


def status_of(error: BaseException) -> int | None:
    """The HTTP status of an answer that said no; None where there was no answer."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def code_of(error: BaseException) -> str:
    """The Hub's own word for what is wrong; empty where there is none."""
    return str(error.response.headers.get("X-Error-Code", "")) if status_of(error) and hasattr(error, "response") else ""


def reason_of(error: Exception) -> str:
    """One line of what went wrong: where the client tells only what it was doing, of what stands behind it."""
    if type(error) is RuntimeError and isinstance(error.__cause__, Exception):
        return f"{_line(error)}: {reason_of(error.__cause__)}"
    if isinstance(error, (KeyError, TypeError)):
        return f"an answer that is not the Hub's ({type(error).__name__}: {_line(error)})"
    status = status_of(error)
    return (f"{status}: " if status else "") + _line(error)


def _line(error: Exception) -> str:
    said = getattr(error, "server_message", None) or str(error) or type(error).__name__
    return " ".join(str(said).split())[:300].rstrip(".")


def backoff(attempt: int) -> float:
    """Seconds to wait where nobody says how long."""
    return float(min(2**attempt, 60))


def wait_of(error: Exception, attempt: int) -> float | None:
    """Seconds to wait before asking again; None where asking again cannot help."""
    status = status_of(error)
    if status is None:
        return backoff(attempt) if _is_networks(error) else None
    if status == 429:
        hint = _hint(error)
        if hint is None:
            return backoff(attempt)
        return hint + 1 if hint <= _LONGEST_WAIT else None
    return backoff(attempt) if status == 408 or status >= 500 else None


def _hint(error: Any) -> float | None:
    """Seconds that a 429 asks for: in a header, or, for the quota of commits, only in its text."""
    headers = error.response.headers
    if (match := re.search(r"r=0;\s*t=(\d+)", headers.get("ratelimit", ""))) is not None:
        return float(match[1])
    if (match := re.fullmatch(r"\d+", headers.get("Retry-After", ""))) is not None:
        return float(match[0])
    said = str(getattr(error, "server_message", "") or error)
    if (match := re.search(r"in (?:about )?(an?|\d+) (second|minute|hour)", said)) is not None:
        return float((1 if match[1] in ("a", "an") else int(match[1])) * _UNITS[match[2][0]])
    return None
