"""What surrounds a command: its streams and how much is said there, the signals that end it, and the memory it is granted."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any, NoReturn

from hf_medseg.errors import Refused

# Address space that the libraries take before anything is read, with room for a picture; with less they crash as they start.
LEAST_MEMORY = 1 << 30


class Ended(BaseException):
    """A signal ended the command.

    Attributes:
        number: of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def open_streams() -> None:
    """Has the three standard streams lead to nothing where they are closed, as under cron: else the next file opened would be one."""
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w", encoding="utf-8")


def check_memory() -> None:
    """Makes sure that the process may use enough memory to start at all.

    Raises:
        Refused: it may not.
    """
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    granted = resource.getrlimit(resource.RLIMIT_AS)[0]
    if granted != resource.RLIM_INFINITY and granted < LEAST_MEMORY:
        raise Refused(
            f"This process may use {granted / 1e6:,.0f} MB of address space (`ulimit -v`); hf-medseg needs {LEAST_MEMORY / 1e6:,.0f} MB "
            "before it reads anything. Raise the limit, for example with `ulimit -v unlimited`."
        )


@contextlib.contextmanager
def ending_signals() -> Iterator[None]:
    """Has SIGTERM and SIGHUP raise `Ended`, so that what they end is tidied up, as by Ctrl-C; whoever ignores them goes on doing so."""
    before: dict[int, Any] = {}

    def end(number: int, frame: FrameType | None) -> NoReturn:
        signal.signal(number, signal.SIG_IGN)  # once is enough
        raise Ended(number)

    if threading.current_thread() is threading.main_thread():
        for number in (getattr(signal, name, None) for name in ("SIGTERM", "SIGHUP")):
            if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Shown(io.TextIOBase):
    """Standard output that shows what its encoding lacks as escapes, and that remembers instead of raising when nothing can be written.

    Attributes:
        error: why nothing more could be written.
    """

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.error: OSError | None = None

    def writable(self) -> bool:
        """It is."""
        return True

    def isatty(self) -> bool:
        """Whether the stream is a terminal."""
        return self._stream is not None and bool(self._stream.isatty())

    def write(self, text: str) -> int:
        """Writes text through to the stream."""
        if self._stream is None or self.error is not None:
            return len(text)
        encoding = getattr(self._stream, "encoding", None) or "utf-8"
        try:
            self._stream.write(legible(text).encode(encoding, "backslashreplace").decode(encoding))
            if text.endswith("\n"):
                self._stream.flush()
        except OSError as error:
            self.error = error
            with contextlib.suppress(OSError, ValueError):  # what is left in its buffer must not fail once more at the end
                os.dup2(os.open(os.devnull, os.O_WRONLY), self._stream.fileno())
        return len(text)


# What moves the cursor, recolours the terminal or turns the direction of writing, but for the colours of this package itself.
_COMMANDS = re.compile("(?!\x1b\\[\\d{0,2}m)[\0-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def legible(text: str) -> str:
    """A text in which names of files command no terminal: what does is written as its number."""
    return _COMMANDS.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def one_line(text: str) -> str:
    """A text with names of files in it, in which no line break begins what looks like another message."""
    return text.replace("\n", "\\n").replace("\x1b", "\\x1b")


LOG = logging.getLogger("hf_medseg")


@contextlib.contextmanager
def spoken(verbose: bool, quiet: bool) -> Iterator[None]:
    """Has what the package logs go to standard error: what happens; with `verbose` each step of it; with `quiet` warnings alone."""
    handler, before = _Saying(), (LOG.level, LOG.propagate)
    LOG.addHandler(handler)
    aloud = logging.WARNING if quiet else logging.INFO
    LOG.setLevel(logging.DEBUG if verbose else aloud)
    LOG.propagate = False
    try:
        yield
    finally:
        LOG.removeHandler(handler)
        LOG.setLevel(before[0])
        LOG.propagate = before[1]


class _Saying(logging.Handler):
    """Says every message."""

    def emit(self, record: logging.LogRecord) -> None:
        say(self.format(record))


def tell(text: str) -> None:
    """Tells on standard output what a command did, unless it was to be quiet."""
    if LOG.isEnabledFor(logging.INFO):
        print(text)


@contextlib.contextmanager
def bars_of_the_hub(quiet: bool) -> Iterator[None]:
    """Lets the Hub's client draw its bars where somebody may watch one, and nowhere else."""
    from huggingface_hub.utils.tqdm import are_progress_bars_disabled, disable_progress_bars, enable_progress_bars

    if are_progress_bars_disabled() or (sys.stderr.isatty() and not quiet):
        yield
        return
    disable_progress_bars()
    try:
        yield
    finally:
        enable_progress_bars()


def coloured(text: str, code: str) -> str:
    """A text in a colour (the number of an ANSI code), where standard output is a terminal that may show it (https://no-color.org)."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb" or not sys.stdout.isatty()
    return text if plain else f"\x1b[{code}m{text}\x1b[0m"


TIER_COLOURS = {"open": "32", "noncommercial": "33", "restricted": "31", "unknown": "31"}
WRONG_COLOUR, NOTE_COLOUR, HEAD = "31", "33", "1"


def say(text: str) -> None:
    """Says something on standard error, if anybody listens."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(f"{legible(text)}\n")
        sys.stderr.flush()
