"""What asks for facts alone starts at once: it imports nothing that reads pictures, tables or trees."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from hf_medseg.catalog.describe import as_text
from hf_medseg.catalog.facts import Facts
from hf_medseg.catalog.lookup import facts, sources

HEAVY = ("numpy", "PIL", "pyarrow", "datasets", "huggingface_hub", "fsspec", "yaml", "pydicom", "nibabel", "asyncio")


def imported_by(code: str) -> set[str]:
    """The modules that a fresh interpreter has after running some code."""
    ask = f"{code}\nimport json, sys\nprint(json.dumps(sorted(sys.modules)), file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", ask], capture_output=True, text=True, check=True)
    return set(json.loads(done.stderr.splitlines()[-1]))


@pytest.mark.parametrize("command", [["list"], ["info", "cbis-ddsm"], ["info", "tcia"], ["--help"]], ids=" ".join)
def test_list_and_info_need_the_facts_alone(command: list[str]) -> None:
    modules = imported_by(f"import contextlib\nfrom hf_medseg.cli import main\nwith contextlib.suppress(SystemExit): main({command!r})")
    assert not {name.partition(".")[0] for name in modules} & set(HEAVY)
    assert not {name for name in modules if name.startswith(("hf_medseg.sources.", "hf_medseg.formats", "hf_medseg.raw"))}
    assert ("hf_medseg.catalog.facts" in modules) == (command != ["--help"]), "the command was not run"


def test_importing_the_package_imports_nothing_of_it() -> None:
    before, after = imported_by(""), imported_by("import hf_medseg")
    assert not {name.partition(".")[0] for name in after - before} & set(HEAVY)
    assert {name for name in after if name.startswith("hf_medseg.")} <= {"hf_medseg.site", "hf_medseg.sources"}


@pytest.mark.parametrize("known", facts().values(), ids=lambda known: known.id)
def test_facts_alone_say_what_the_source_says(known: Facts) -> None:
    source = sources()[known.id]
    assert as_text(known) == as_text(source)
    assert known.has_masks == any(edition.classes or any(c.classes for c in edition.reading.configs) for edition in source.editions)
    for edition in known.editions:
        assert all(name in as_text(known) for name in edition.classes)
