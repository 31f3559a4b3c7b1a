"""How `make docs` makes one site of the guides, the Python interface and the catalog.

Sphinx with MyST reads the pages as they are, and stops at a link that leads nowhere.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import hf_medseg

ROOT = Path(__file__).parents[1]
CODE = "https://github.com/hf-medseg/hf-medseg/blob/main"

project = "hf_medseg"
author = "The hf_medseg authors"
release = version = hf_medseg.__version__
extensions = ["myst_parser"]
exclude_patterns = ["conf.py"]
myst_heading_anchors = 3
nitpicky = True
html_theme = "furo"
html_title = f"hf_medseg {release}"
html_copy_source = False
html_show_sphinx = False


def leads_to_code(app: Any, name: str, content: list[str]) -> None:
    """What lies beside the guides in the repository is linked where everybody finds it."""
    content[0] = content[0].replace("](../", f"]({CODE}/")


def add_catalog(app: Any, error: Exception | None) -> None:
    """The catalog, for others to see: it is a site of its own below `catalog/`."""
    if error is None and app.builder.name == "html":
        hf_medseg.site(Path(app.outdir) / "catalog", public=True)


def setup(app: Any) -> None:
    """Tells Sphinx of the two."""
    app.connect("source-read", leads_to_code)
    app.connect("build-finished", add_catalog)
