"""The command line: a verb a module. This one reads the arguments, runs the verb, and answers for what goes wrong."""

from __future__ import annotations

import argparse
import contextlib
import errno
import sys
from collections.abc import Sequence
from typing import Protocol

from hf_medseg import __version__
from hf_medseg.cli import (
    check,
    completion,
    convert,
    derive,
    download,
    export,
    identify,
    info,
    overlap,
    preview,
    push,
    script,
    site,
    stats,
    terminal,
    verify,
)
from hf_medseg.cli import list as list_
from hf_medseg.cli.codes import DONE, INTERRUPTED, REFUSED, WRONG
from hf_medseg.errors import MedsegError, Refused

OUT_OF_MEMORY = (
    "Memory ran out. Finished shards are kept: run the same command again with fewer --workers, or with a higher limit (`ulimit -v`)."
)


class Verb(Protocol):
    """What the module of a command has. It imports what is heavy when it runs, so that every command starts at once."""

    HELP: str
    EXAMPLES: tuple[str, ...]

    def arguments(self, parser: argparse.ArgumentParser) -> None:
        """Adds what the command takes."""

    def run(self, given: argparse.Namespace) -> int:
        """Runs it and returns the exit code."""


VERBS: dict[str, Verb] = {
    "list": list_,
    "info": info,
    "identify": identify,
    "download": download,
    "check": check,
    "convert": convert,
    "derive": derive,
    "verify": verify,
    "preview": preview,
    "site": site,
    "stats": stats,
    "overlap": overlap,
    "script": script,
    "export": export,
    "push": push,
    "completion": completion,
}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0 done, 1 something wrong or broken off, 2 refused, 130 Ctrl-C, 143 SIGTERM."""
    terminal.open_streams()
    commands = parser()
    given, left = commands.parse_known_args(arguments)
    if not hasattr(given, "run"):  # whoever names no command is shown all of them
        commands.print_help(sys.stderr)
        return REFUSED
    if left and given.run is convert.run:
        convert.take_out(given, left)
    if left:
        commands.error(f"unrecognized arguments: {' '.join(left)}")
    shown = terminal.Shown(sys.stdout)
    with contextlib.redirect_stdout(shown), terminal.spoken(given.verbose or given.debug, given.quiet):
        code = _run(given)
    if shown.error is None or isinstance(shown.error, BrokenPipeError):
        return code
    whole = f" {given.out} is whole." if given.run is convert.run and not given.dry_run else ""
    terminal.say(f"What was found could not be printed ({shown.error.strerror or shown.error}).{whole}")
    return max(code, WRONG)


def _run(given: argparse.Namespace) -> int:
    try:
        terminal.check_memory()
        with terminal.ending_signals():
            return int(given.run(given))
    except (KeyboardInterrupt, terminal.Ended) as error:
        terminal.say("Broken off. What is finished is kept; the same command carries on.")
        return 128 + error.number if isinstance(error, terminal.Ended) else INTERRUPTED
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
        text = f"This should not have happened ({type(error).__name__}: {error}). Run it again with --debug and report what it prints."
        return _answer(MedsegError(text), given.debug, WRONG, error)


def _answer(error: Exception, debug: bool, code: int, cause: Exception | None = None) -> int:
    if debug:
        raise cause or error
    terminal.say(str(error))
    return code


def _explained(error: OSError) -> MedsegError:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return MedsegError(f"The disk is full{where}. Finished shards are kept: make room and run the same command again.")
    return MedsegError(f"{error.strerror or error}{where}.")


def parser() -> argparse.ArgumentParser:
    """The whole command line."""
    whole = argparse.ArgumentParser(
        "hf-medseg", description="Medical image segmentation datasets: a raw download in, a Hugging Face dataset out."
    )
    whole.add_argument("--version", action="version", version=__version__)
    commands = whole.add_subparsers(metavar="COMMAND")
    for name, verb in VERBS.items():
        examples = "\n".join(("example:" if len(verb.EXAMPLES) == 1 else "examples:", *(f"  {line}" for line in verb.EXAMPLES)))
        shape = argparse.RawDescriptionHelpFormatter
        sub = commands.add_parser(name, help=verb.HELP, description=verb.HELP, epilog=examples, formatter_class=shape)
        sub.set_defaults(run=verb.run)
        verb.arguments(sub)
        loudness = sub.add_mutually_exclusive_group()
        loudness.add_argument("-v", "--verbose", action="store_true", help="say each step")
        loudness.add_argument("-q", "--quiet", action="store_true", help="say only what is wrong; no progress bar")
        sub.add_argument("--debug", action="store_true", help="show the traceback of an error, and each step")
    return whole
