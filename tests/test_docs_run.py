"""The Python in README and guides runs: every block is run here, or says below what it would need."""

from __future__ import annotations

import re
import shutil
import sys
import tomllib
import types
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest

from hf_medseg.catalog import lookup
from hf_medseg.conversion.run import convert
from hf_medseg.sources.annotated import AboutDrawings
from tests.catalog import test_contract
from tests.support import harness
from tests.support.kit import Phantom, as_tar, grey, save, write
from tests.test_docs import PAGES, ROOT

BLOCK = re.compile(r"```(python|toml|bibtex)\n(.*?)```", re.DOTALL)
NEEDS = {
    "from datasets import load_dataset  # 2.": "datasets 3.6: tests/loading/test_builder.py runs that line there",
    "from distributed import Client": "a cluster",
    "from dask_jobqueue import SLURMCluster": "a cluster",
    "from dask_kubernetes.operator import KubeCluster": "a cluster",
}


def blocks(page: Path, kind: str = "python") -> list[str]:
    return [text for language, text in BLOCK.findall(page.read_text(encoding="utf-8")) if language == kind]


def block(page: str, first: str, kind: str = "python") -> str:
    """The one block of a page that begins so."""
    (found,) = (text for text in blocks(ROOT / page, kind) if text.startswith(first))
    return found


def put(source: str, variant: str, target: Path) -> None:
    """Puts a phantom's raw tree where a page says that it lies."""
    phantom = harness.PHANTOMS[source].make(target.parent / f"made-{source}", variant)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(phantom.raw, target)
    for name, path in phantom.parts.items():
        shutil.move(path, target.parent / name.partition("-")[0])


RUN = {
    "from datasets import load_dataset\n": "the result of a conversion",
    "import datasets\n": "the result of a conversion",
    "import hf_medseg  # 1.": "raw trees",
    "import hf_medseg\nfrom datasets": "a derived dataset: tests/deriving/test_pages.py",
    '"""Made up: scans': "the guide to a source",
    '"""Made up: livers': "the guide to a source",
    '"""The made-up set': "the guide to a source",
    '"""A small U-Net': "tests/test_training_page.py",
    '"""Two processes': "tests/test_training_page.py",
    '"""A small network in Keras': "tests/test_training_page.py, where there is TensorFlow",
    '"""Three convolutions in JAX': "tests/test_training_page.py",
    '"""Softmax regression': "tests/test_training_page.py",
    '"""What rows of CT': "tests/test_training_page.py",
}


def test_every_block_is_run_or_says_what_it_needs() -> None:
    told = [text for page in PAGES if page.name != "api.md" for text in blocks(page)]
    assert [text for text in told if not text.startswith((*RUN, *NEEDS))] == []
    assert [first for first in (*RUN, *NEEDS) if not any(text.startswith(first) for text in told)] == []


def test_what_comes_out_loads_as_the_readme_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first, *rest = harness.run("chase-db1", "clean", tmp_path).rows()
    shutil.move(tmp_path / "out", tmp_path / "OUT")
    monkeypatch.chdir(tmp_path)
    told: dict[str, Any] = {}
    exec(block("README.md", "from datasets import load_dataset\n"), told)
    assert set(first) - {"split"} == set(told["row"])
    assert told["row"]["image_id"] == first["image_id"]
    # An epoch as the page on speed reads it; the setting exists in the `datasets` that is installed.
    monkeypatch.setattr(datasets.config, "SLEEP_TIME_ON_THREADS_SHUTDOWN", 5)
    exec(block("docs/speed.md", "import datasets\n"), told)
    assert [sorted(row) for row in told["rows"]] == [["image", "mask"]] * (1 + len(rest))
    assert datasets.config.SLEEP_TIME_ON_THREADS_SHUTDOWN == 0


def test_raw_trees_load_as_their_page_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put("drive", "clean", tmp_path / "downloads" / "DRIVE")
    put("cxlseg", "parts", tmp_path / "physionet" / "cxlseg")
    as_tar(harness.PHANTOMS["brats"].make(tmp_path / "made-brats", "2021").raw, tmp_path / "BraTS2021.tar")
    monkeypatch.chdir(tmp_path)
    told: dict[str, Any] = {}
    exec(block("docs/gated.md", "import hf_medseg  # 1."), told)
    assert set(told["drive"]) == {"train", "test"}
    assert next(iter(told["stream"]))["source_file"].startswith("mimic-cxr-jpg/")
    assert told["brats"]["train"].num_rows > 0


@pytest.mark.parametrize("variant", ["clean", "missing"])
def test_the_source_of_the_guide_converts_as_its_phantom_promises(variant: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    page, home = "docs/adding-a-source.md", tmp_path / "sources"
    folder = home / "made_up"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    (folder / "source.py").write_text(block(page, '"""Made up: livers'))
    (folder / "facts.toml").write_text(block(page, 'title = "Made up: livers"', "toml"))
    (folder / "citations.bib").write_text(block(page, "@misc{livers", "bibtex"))
    phantom = types.ModuleType("phantom")
    exec(block(page, '"""Made up: scans'), phantom.__dict__)
    monkeypatch.setitem(harness.PHANTOMS, "made-up", phantom)
    monkeypatch.setattr(sys.modules["hf_medseg.sources"], "__path__", [*sys.modules["hf_medseg.sources"].__path__, str(home)])
    known = {**lookup.folders(), "made-up": folder}
    monkeypatch.setattr(lookup, "folders", lambda: known)
    try:
        harness.check(harness.run("made-up", variant, tmp_path))
        source = lookup.find_source("made-up")
        assert [edition.citations for edition in source.editions if edition.citations]
        test_contract.test_classes_have_the_codes_that_dicom_has_for_them(source)
        quirk: dict[str, Any] = {}
        exec(block(page, '"""The made-up set'), quirk)
        quirk["test_outlines_of_0_and_255_are_classes"](tmp_path / "quirk")
    finally:
        lookup.load_source.cache_clear()
        for name in [name for name in sys.modules if name.startswith("hf_medseg.sources.made_up")]:
            del sys.modules[name]


TOOLS = re.compile(r"Source `([\w-]+)`, pictures such as `RAW/([^`]+)`, and `RAW/([^`]+)`:\n\n```\w+\n(.*?)```", re.DOTALL)
TOOLS_PAGE = ROOT / "docs" / "annotation-tools.md"


@pytest.mark.parametrize(("source", "picture", "path", "text"), TOOLS.findall(TOOLS_PAGE.read_text(encoding="utf-8")))
def test_the_example_of_each_annotation_tool_gives_what_its_page_says(
    source: str, picture: str, path: str, text: str, tmp_path: Path
) -> None:
    save(tmp_path / "raw" / picture, grey("a", 8, 8))
    write(tmp_path / "raw" / path, text)
    if source == "yolo-seg":
        write(tmp_path / "raw/data.yaml", "names: [lesion]\n")
    conversion = convert(None, tmp_path / "raw", tmp_path / "out", workers=1)
    converted = harness.Converted(source, Phantom(tmp_path / "raw", []), conversion, tmp_path / "out")
    (row,) = converted.rows()
    expected = np.zeros((8, 8), np.uint8)
    expected[1:4, 1:5] = 1
    assert np.array_equal(harness.pixels(row["mask"]), expected)
    assert converted.names("classes") == ["background", "lesion"]


def test_every_annotation_tool_has_an_example() -> None:
    text = TOOLS_PAGE.read_text(encoding="utf-8")
    drawn = {
        id for id, source in lookup.sources().items() if source.about_file is not None and issubclass(source.about_file, AboutDrawings)
    }
    assert {found[0] for found in TOOLS.findall(text)} == drawn - {"rle-csv"}  # a table, whose about file is on the page of own data
    assert set(tomllib.loads(block("docs/annotation-tools.md", "collection", "toml"))) <= {*lookup.sources()["tcia"].about}
