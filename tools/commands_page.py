"""`docs/commands.md`: every command with what it takes and an example, from the command line's own help."""

from __future__ import annotations

import argparse
from collections.abc import Iterator

from hf_medseg.cli import VERBS, parser, verb

HEAD = """\
# Commands

Made from the command line's own help: change it there, then run `make pages`.

Exit codes: 0 done; 1 something was rejected, found wrong or broken off; 2 refused before anything was written; 130 Ctrl-C, 143 SIGTERM.
What a command found stands on standard output, what goes wrong and how far it is on standard error. Every command also takes `--help`,
`-v` (`--verbose`: each step), `-q` (`--quiet`: what is wrong, and nothing else) and `--debug` (the traceback of an error).
Colours are for terminals; `NO_COLOR=1` turns them off.
"""

_COMMON = {"--help", "--verbose", "--quiet", "--debug"}


def page() -> str:
    """The page, as Markdown."""
    commands = next(action.choices for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    return "\n".join([HEAD, *("\n".join(_section(name, command)) for name, command in commands.items())])


def _section(name: str, command: argparse.ArgumentParser) -> Iterator[str]:
    yield f"## hf-medseg {name}\n"
    yield f"{VERBS[name][0].upper()}{VERBS[name][1:]}.\n"
    yield from ("```", *verb(name).EXAMPLES, "```\n")
    yield from ("| | |", "| --- | --- |")
    for action in command._actions:
        if not _COMMON.intersection(action.option_strings):
            yield "| {} | {} |".format(*(text.replace("|", "\\|") for text in (f"`{_called(action, command)}`", action.help or "")))
    yield ""


def _called(action: argparse.Action, command: argparse.ArgumentParser) -> str:
    name = action.metavar if isinstance(action.metavar, str) else "|".join(map(str, action.choices or (action.dest,)))
    if not action.option_strings:
        return optional if (optional := f"[{name}]") in command.format_usage() else name
    return ", ".join(action.option_strings) + (f" {name}" if action.nargs != 0 else "")
