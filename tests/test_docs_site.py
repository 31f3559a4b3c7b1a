"""`make docs`: what it is told of the pages."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def test_every_page_stands_once_in_the_navigation() -> None:
    tables = re.findall(r"```\{toctree\}\n(.*?)```", (DOCS / "index.md").read_text(encoding="utf-8"), re.DOTALL)
    named = [line for table in tables for line in table.splitlines() if line and not line.startswith(":")]
    assert sorted(named) == sorted(path.stem for path in DOCS.glob("*.md") if path.stem != "index")


def test_links_to_the_repository_lead_to_where_everybody_finds_it() -> None:
    spec = importlib.util.spec_from_file_location("docs_conf", DOCS / "conf.py")
    assert spec is not None and spec.loader is not None
    conf = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(conf)
    content = ["[desk](../upload/README.md) [site](site.md)"]
    conf.leads_to_code(None, "site", content)
    assert content == ["[desk](https://github.com/hf-medseg/hf-medseg/blob/main/upload/README.md) [site](site.md)"]
