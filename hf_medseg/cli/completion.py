"""`hf-medseg completion`: what completes commands, options, sources and paths in a shell."""

from __future__ import annotations

import argparse

from hf_medseg.cli.codes import DONE

EXAMPLES: tuple[str, ...] = (
    "hf-medseg completion bash > ~/.local/share/bash-completion/completions/hf-medseg",
    "hf-medseg completion zsh > ~/.zfunc/_hf-medseg",
    "hf-medseg completion fish > ~/.config/fish/completions/hf-medseg.fish",
)

_SHELLS = ("bash", "zsh", "fish", "tcsh", "powershell")
_PATHS = {"raw", "out", "to", "about", "dest"}


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument("shell", choices=_SHELLS, help="which shell")


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    import shtab

    from hf_medseg.cli import parser

    print(shtab.complete(_told(parser()), given.shell))
    return DONE


def _told(whole: argparse.ArgumentParser) -> argparse.ArgumentParser:
    """The command line, with what every argument may be; a parser for shells alone: commands take aliases of sources too."""
    import shtab

    from hf_medseg.catalog.lookup import facts

    for command in next(action.choices for action in whole._actions if isinstance(action, argparse._SubParsersAction)).values():
        for action in command._actions:
            if action.dest == "source":
                action.choices = list(facts())
            elif action.dest in _PATHS:
                action.complete = shtab.FILE
    return whole
