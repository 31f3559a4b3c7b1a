"""README and guides say nothing that is not there: commands, options, Python names, files."""

from __future__ import annotations

import argparse
import importlib.util
import re
import tomllib
from pathlib import Path

import pytest

import hf_medseg
from hf_medseg.catalog.lookup import sources
from hf_medseg.cli import VERBS, parser
from tools import api_page, commands_page, readme_page

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


def test_the_readme_has_every_source_under_its_tiers_and_fits_a_screen_without_them() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text == readme_page.page(), "the table of sources in README.md is not a fresh render: run `make pages`"
    by_hand, _, table = text.partition("<!-- sources")
    assert len(by_hand.split()) < 500
    rows = {line.split(" ")[1]: line for line in table.splitlines() if line.startswith("| ")}
    for source in sources().values():
        if source.convertible and source.from_about is None:
            named = {tier for tier, row in rows.items() if f"[{source.id}](cards/" in row}
            assert named == set(source.tiers), source.id


def test_the_picture_of_a_real_dataset_is_of_an_open_one_with_its_conditions_beside_it() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "](docs/contact-sheet.png)" in text
    shown = sources()["chase-db1"].editions[0]
    assert shown.license.tier == "open"
    for words in ("CHASE_DB1", shown.license.url, "https://researchdata.kingston.ac.uk/96/", "Fraz et al. 2012", "Changed: "):
        assert words in text, "the license asks for it"
    assert (ROOT / "docs" / "contact-sheet.png").stat().st_size < 300_000


def test_every_extra_that_is_named_is_there() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    named = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", (ROOT / "docs" / "install.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert {name for cell in named for name in re.findall(r"\w+", cell)} == set(extras) - {"test"}


def test_the_page_of_the_python_interface_is_fresh() -> None:
    page = ROOT / "docs" / "api.md"
    assert page.read_text(encoding="utf-8") == api_page.page(), "docs/api.md is not a fresh render: run `make api`"


def test_every_page_stands_once_in_the_navigation_of_docs_index() -> None:
    """A new page of docs/ gets a line in docs/index.md."""
    tables = re.findall(r"```\{toctree\}\n(.*?)```", (ROOT / "docs" / "index.md").read_text(encoding="utf-8"), re.DOTALL)
    named = [line for table in tables for line in table.splitlines() if line and not line.startswith(":")]
    assert sorted(named) == sorted(path.stem for path in (ROOT / "docs").glob("*.md") if path.stem != "index")


def test_links_to_the_repository_lead_to_where_everybody_finds_it() -> None:
    spec = importlib.util.spec_from_file_location("docs_conf", ROOT / "docs" / "conf.py")
    assert spec is not None and spec.loader is not None
    conf = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conf)
    content = ["[desk](../upload/README.md) [site](site.md)"]
    conf.leads_to_code(None, "site", content)
    assert content == ["[desk](https://github.com/hf-medseg/hf-medseg/blob/main/upload/README.md) [site](site.md)"]
