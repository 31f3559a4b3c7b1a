"""What is built: `make dist` does it and runs it; here is what can be told without building."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

from tools.dist import ROOT, differing, links_inside

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def described(page: Path) -> str:
    """A page as the package index shows it."""
    text = page.read_text(encoding="utf-8")
    for one in PROJECT["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        text = re.sub(one["pattern"], one["replacement"], text)
    return text


def test_strays_and_gaps_are_named() -> None:
    assert differing("a.whl", {"x", "y"}, {"y", "z"}) == ["a.whl: z is missing", "a.whl: x is not in the checkout"]
    assert differing("a.whl", {"x"}, {"x"}) == []


def test_the_long_description_leads_to_addresses_alone() -> None:
    assert links_inside("[a](docs/a.md) ![b](b.png) [c](https://example.org) [d](#there)") == ["docs/a.md", "b.png"]
    text = described(ROOT / "README.md")
    assert links_inside((ROOT / "README.md").read_text(encoding="utf-8"))
    assert links_inside(text) == []
    assert "![" in text
    assert re.findall(r"!\[[^\]]*\]\((?!https://raw\.)", text) == [], "pictures come from where they can be shown"


def test_every_folder_that_tests_and_docs_need_is_in_the_source_distribution() -> None:
    included = set(PROJECT["tool"]["hatch"]["build"]["targets"]["sdist"]["include"])
    there = {
        path.name
        for path in ROOT.iterdir()
        if path.is_dir() and any(path.rglob("*.py")) and not path.name.startswith((".", "demo", "dist"))
    }
    assert {name for name in there if (ROOT / name / "__init__.py").exists() or name in ("loading_scripts", "upload")} <= included
    assert {"docs", "cards", "README.md", "LICENSE", "CHANGELOG.md"} <= included
