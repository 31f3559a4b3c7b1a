"""README and guides say nothing that is not there: commands, options, Python names, files."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

import pytest

import hf_medseg
from hf_medseg.cli import VERBS, parser
from tools import api_page, commands_page

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "upload" / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMAND = re.compile(r"hf-medseg ([a-z]+)\b([^\n`]*)")
OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
NAME = re.compile(r"\bhf_medseg\.([a-z]\w*)")
FILE = re.compile(r"`((?:hf_medseg|tests|docs|tools|benchmarks|loading_scripts)/[\w./-]+)`")
LINK = re.compile(r"\]\((?!https?:)([^)#]+)\)")
pages = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def options() -> dict[str, set[str]]:
    commands = next(action for action in parser()._actions if isinstance(action, argparse._SubParsersAction)).choices
    return {verb: set(command._option_string_actions) for verb, command in commands.items()}


@pages
def test_every_command_and_option_that_is_named_is_there(page: Path) -> None:
    known = options()
    for verb, rest in COMMAND.findall(page.read_text(encoding="utf-8")):
        assert verb in known, f"hf-medseg {verb}"
        assert set(OPTION.findall(rest)) <= known[verb], f"hf-medseg {verb}{rest}"


def test_every_command_and_option_is_on_the_page_of_commands() -> None:
    page = ROOT / "docs" / "commands.md"
    text = page.read_text(encoding="utf-8")
    assert text == commands_page.page(), "docs/commands.md is not a fresh render: run `make pages`"
    assert {verb for verb in VERBS if f"## hf-medseg {verb}\n" in text} == set(VERBS)
    assert {name for names in options().values() for name in names if name.startswith("--")} <= set(OPTION.findall(text))


@pages
def test_every_python_name_and_file_that_is_named_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for name in NAME.findall(text):
        assert name in hf_medseg.__all__ or (ROOT / "hf_medseg" / name).exists() or (ROOT / "hf_medseg" / f"{name}.py").exists(), (
            f"hf_medseg.{name}"
        )
    for file in (*FILE.findall(text), *(str((page.parent / link).relative_to(ROOT)) for link in LINK.findall(text) if ".." not in link)):
        assert (ROOT / file).exists(), file


@pages
def test_python_blocks_compile(page: Path) -> None:
    for block in re.findall(r"```python\n(.*?)```", page.read_text(encoding="utf-8"), re.DOTALL):
        compile(block, str(page), "exec")


def test_the_page_of_the_python_interface_is_fresh() -> None:
    page = ROOT / "docs" / "api.md"
    assert page.read_text(encoding="utf-8") == api_page.page(), "docs/api.md is not a fresh render: run `make api`"
