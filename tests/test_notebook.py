"""The notebook runs from its first cell to its last, and its model has learnt something."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[1] / "notebooks" / "first-hour.ipynb"


def test_the_notebook_goes_from_a_zip_to_a_trained_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat = pytest.importorskip("nbformat")
    preprocessors = pytest.importorskip("nbconvert.preprocessors", reason="nbconvert is not installed")
    pytest.importorskip("ipykernel")
    pytest.importorskip("torch")
    monkeypatch.setenv("PYTHONPATH", str(NOTEBOOK.parents[1]))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setenv("HF_DATASETS_CACHE", str(tmp_path / "cache"))
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    assert all(not cell.get("outputs") for cell in notebook.cells), "committed without outputs"
    for cell in notebook.cells:
        cell.source = cell.source.replace("EPOCHS, PIECE = 60, 128", "EPOCHS, PIECE = 20, 64")
    preprocessors.ExecutePreprocessor(timeout=300).preprocess(notebook, {"metadata": {"path": os.fspath(tmp_path)}})
    shown = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    told = "".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in shown)
    assert "chase-db1, 8 rows in" in told
    assert "{'train': ['01', '03', '04'], 'test': ['02']}" in told
    assert float(told.rpartition("Dice of the vessels: ")[2].split()[0]) > 0.3
    assert sum("image/png" in output.get("data", {}) for output in shown) == 2
