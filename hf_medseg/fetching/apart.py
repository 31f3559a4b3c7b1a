"""Other libraries' code in a process of its own, which ends when it takes too much or too long, or when its parent is gone.

A thread cannot be broken off; a process can, wherever it is.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn

from hf_medseg.errors import MedsegError, MissingExtra
from hf_medseg.fetching.http import LONGEST
from hf_medseg.fetching.wanted import Mismatch, Unavailable

COMMAND = (sys.executable, "-c", "from hf_medseg.fetching.apart import answer; answer()")
LOOKS = 1.0  # seconds between two looks at what the process has done
_LARGEST = 1 << 25  # bytes of an answer
_ERRORS = {kind.__name__: kind for kind in (MedsegError, Mismatch, Unavailable)}


def call(function: str, *given: Any, look: Callable[[], None], within: float = LONGEST) -> Any:
    """What a function returns in another process.

    Args:
        function: `module:name`.
        given: its arguments, which JSON can hold, as its result.
        look: called now and then; an exception that it raises ends the process.
        within: so many seconds it may take.

    Raises:
        Unavailable: it took longer, or ended without an answer.
        MedsegError: what the function raised; or `MissingExtra`, or OSError.
    """
    began, told = time.monotonic(), bytearray()
    child = subprocess.Popen(
        COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True, env=_environment()
    )
    assert child.stdin is not None and child.stdout is not None
    answer = child.stdout
    reader = threading.Thread(target=lambda: told.extend(answer.read(_LARGEST)), name="hf-medseg-answer", daemon=True)
    try:
        with contextlib.suppress(BrokenPipeError):  # it ended already; what it answered is looked at below
            child.stdin.write(json.dumps([function, *given]).encode() + b"\n")
            child.stdin.flush()
        reader.start()
        while reader.is_alive():
            reader.join(LOOKS)
            look()
            if time.monotonic() - began > within:
                raise Unavailable(f"it is not done in {within / 60:.0f} minutes")
    finally:
        _end(child)
        reader.join()
        child.stdout.close()
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()
    try:
        kind, said = json.loads(bytes(told))
    except ValueError:
        raise Unavailable("the program that fetches it ended without a word (killed, or out of memory)") from None
    if kind == "result":
        return said
    if kind == "MissingExtra":
        raise MissingExtra(*said)
    if kind == "OSError":
        raise OSError(*said)
    raise _ERRORS[kind](said)


def _environment() -> dict[str, str]:
    """This one's, and where Python finds its modules, whatever folder it was started in."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}


def _end(child: subprocess.Popen[bytes]) -> None:
    """Ends a process and all that it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(child.pid, signal.SIGKILL)
        else:
            child.kill()
    child.wait()


def answer() -> NoReturn:
    """Runs in the other process: calls what it is told and answers."""
    out = os.dup(1)
    os.dup2(2, 1)  # what libraries print is no answer
    function, *given = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    module, _, name = function.partition(":")
    with open(out, "wb") as answer:
        answer.write(json.dumps(_answer(getattr(import_module(module), name), given)).encode())
    os._exit(0)  # whatever a library left running


def _answer(function: Callable[..., Any], given: list[Any]) -> tuple[str, Any]:
    try:
        return "result", function(*given)
    except MissingExtra as error:
        return "MissingExtra", error.__reduce__()[1]
    except MedsegError as error:
        return next(kind for kind in (type(error).__name__, "MedsegError") if kind in _ERRORS), str(error)
    except OSError as error:
        return "OSError", (error.errno, error.strerror) if error.errno is not None else (str(error),)
    except Exception as error:  # of a library, which nobody here knows
        return "Unavailable", f"the program that fetches it fails ({type(error).__name__}: {error})"


def _end_with_parent() -> None:
    """Ends this process and all that it has started when nobody holds the other end of its input any more."""
    sys.stdin.buffer.read()
    if hasattr(os, "killpg"):
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
