"""The command line: a verb a module. This one reads the arguments, runs the verb, and answers for what goes wrong."""

from __future__ import annotations

import argparse
import contextlib
import itertools
import sys
from collections.abc import Collection, Sequence
from importlib import import_module
from typing import Protocol, cast

from hf_medseg import __version__
from hf_medseg.cli import terminal
from hf_medseg.cli.codes import DONE, INTERRUPTED, REFUSED, WRONG
from hf_medseg.errors import MedsegError, Refused, no_room

OUT_OF_MEMORY = (
    "Memory ran out. Finished shards are kept: run the same command again with fewer --workers, or with a higher limit (`ulimit -v`)."
)


class Verb(Protocol):
    """What the module of a command has. It imports what is heavy when it runs, so that every command starts at once."""

    EXAMPLES: tuple[str, ...]

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds what the command takes."""

    def run(self, given: argparse.Namespace) -> int:
        """Runs it and returns the exit code."""


VERBS = {
    "list": "show the catalog",
    "info": "show what is known about a source",
    "identify": "tell which source, edition or layout of your own a folder or archive is, and what it lacks",
    "download": "fetch the raw data, or say how a person gets them",
    "check": "compare a raw tree with what is known of the published one",
    "convert": "convert a raw download",
    "derive": "make a dataset of converted ones: on one grid, in one label space, divided by patients",
    "verify": "read a converted dataset back and check every promise",
    "preview": "draw a contact sheet of a converted dataset",
    "site": "write a static web site: the catalog, and a page for each converted dataset",
    "stats": "show what converted datasets hold: sizes, intensities, classes and where they lie",
    "overlap": "find pictures and patients that are there twice, within and across converted datasets",
    "script": "write the loading script of a source that may not be published",
    "export": "write a converted dataset in the layout of a training tool",
    "push": "publish a converted dataset on the Hub, if its license allows it",
    "completion": "print what completes commands, options, sources and files in your shell",
}
"""Every command in one line; its module, of the same name, is imported when it is called."""


def verb(name: str) -> Verb:
    """The module of a command."""
    return cast("Verb", import_module(f"{__name__}.{name}"))


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0 done, 1 something wrong or broken off, 2 refused, 130 Ctrl-C, 143 SIGTERM."""
    terminal.open_streams()
    called = sys.argv[1:] if arguments is None else [*arguments]  # `list` is a module here, once it is imported
    named = next((word for word in called if not word.startswith("-")), "")
    commands = parser({named})
    given, left = commands.parse_known_args(called)
    if not hasattr(given, "run"):  # whoever names no command is shown all of them
        commands.print_help(sys.stderr)
        return REFUSED
    converts = named == "convert"
    if left and converts:
        _take_out(given, left)
    if left:
        commands.error(f"unrecognized arguments: {' '.join(left)}")
    if any(not word and not before.startswith("-") for before, word in itertools.pairwise(called)):
        terminal.say("An empty name was given, which would be the root of this machine, or the folder you are in: is a variable not set?")
        return REFUSED
    shown = terminal.Shown(sys.stdout)
    with contextlib.redirect_stdout(shown), terminal.spoken(given.verbose or given.debug, given.quiet):
        code = _run(given)
    if shown.error is None or isinstance(shown.error, BrokenPipeError):
        return code
    whole = f" {given.out} is whole." if converts and not given.dry_run else ""
    terminal.say(f"What was found could not be printed ({shown.error.strerror or shown.error}).{whole}")
    return max(code, WRONG)


def _take_out(given: argparse.Namespace, left: list[str]) -> None:
    """Takes OUT, which stands apart from RAW behind an option, from what was not understood: SOURCE may be missing instead of it."""
    if given.out is None and not left[0].startswith("-"):
        given.out = left.pop(0)


def _run(given: argparse.Namespace) -> int:
    try:
        terminal.check_memory()
        with terminal.ending_signals():
            return int(given.run(given))
    except (KeyboardInterrupt, terminal.Ended) as error:
        return _broken_off(error)
    except BrokenPipeError:
        return DONE
    except Refused as error:
        return _answer(error, given.debug, REFUSED)
    except MedsegError as error:
        return _answer(error, given.debug, WRONG)
    except OSError as error:
        return _answer(_explained(error), given.debug, WRONG, error)
    except MemoryError as error:
        return _answer(MedsegError(OUT_OF_MEMORY), given.debug, WRONG, error)
    except Exception as error:
        if (signal := _signal_behind(error)) is not None:
            return _broken_off(signal)
        text = f"This should not have happened ({type(error).__name__}: {error}). Run it again with --debug and report what it prints."
        return _answer(MedsegError(text), given.debug, WRONG, error)


def _broken_off(signal: KeyboardInterrupt | terminal.Ended) -> int:
    terminal.say("Broken off. What is finished is kept; the same command carries on.")
    return 128 + signal.number if isinstance(signal, terminal.Ended) else INTERRUPTED


def _signal_behind(error: BaseException | None) -> KeyboardInterrupt | terminal.Ended | None:
    """The signal that an error was made of: until 3.12 Python wraps whatever ends the making of a class."""
    while error is not None and not isinstance(error, (KeyboardInterrupt, terminal.Ended)):
        error = error.__cause__ or error.__context__
    return error


def _answer(error: Exception, debug: bool, code: int, cause: Exception | None = None) -> int:
    if debug:
        raise cause or error
    terminal.say(str(error))
    return code


def _explained(error: OSError) -> MedsegError:
    where = f" ({error.filename})" if error.filename else ""
    return MedsegError(no_room(error) or f"{error.strerror or error}{where}.")


def parser(wanted: Collection[str] = tuple(VERBS)) -> argparse.ArgumentParser:
    """The command line, with what these commands take; of the others it has the names and what they do."""
    whole = argparse.ArgumentParser(
        "hf-medseg", description="Medical image segmentation datasets: a raw download in, a Hugging Face dataset out."
    )
    whole.add_argument("--version", action="version", version=__version__)
    commands = whole.add_subparsers(metavar="COMMAND")
    for name, told in VERBS.items():
        sub = commands.add_parser(name, help=told, description=told, formatter_class=argparse.RawDescriptionHelpFormatter)
        if name in wanted:
            _fill(sub, verb(name))
    return whole


def _fill(sub: argparse.ArgumentParser, command: Verb) -> None:
    sub.epilog = "\n".join(("example:" if len(command.EXAMPLES) == 1 else "examples:", *(f"  {line}" for line in command.EXAMPLES)))
    sub.set_defaults(run=command.run)
    command.arguments(sub)
    loudness = sub.add_mutually_exclusive_group()
    loudness.add_argument("-v", "--verbose", action="store_true", help="say each step")
    loudness.add_argument("-q", "--quiet", action="store_true", help="say only what is wrong; no progress bar")
    sub.add_argument("--debug", action="store_true", help="show the traceback of an error, and each step")
