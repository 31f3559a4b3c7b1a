"""The scripts of docs/training.md run as they stand, on phantoms, and learn something."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from hf_medseg import convert
from tests.support.harness import PHANTOMS
from tests.test_docs_run import block

TENSORFLOW_PYTHON = os.environ.get("HF_MEDSEG_TENSORFLOW_PYTHON", "")
LOSS = re.compile(r"\bloss:? ([\d.]+)")


def put(source: str, out: Path, *configs: str) -> None:
    """A converted phantom where a script looks for it."""
    phantom = PHANTOMS[source].make(out.parent / f"raw-{source}", "clean")
    convert(source, phantom.raw, out, workers=1, parts=phantom.parts, configs=configs)


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Colour pictures of many sizes, with several classes and 255."""
    out = tmp_path_factory.mktemp("cells") / "OUT"
    put("herlev", out)
    return out


def play(first: str, out: Path | None, folder: Path, *options: str, python: str = sys.executable, module: tuple[str, ...] = ()) -> str:
    """Runs a script of the page beside OUT, for fewer epochs; what it printed."""
    text = re.sub(r"^(EPOCHS\b.* = )30\b", r"\g<1>4", block("docs/training.md", f'"""{first}'), flags=re.MULTILINE)
    text = text.replace("\nPIECE = 256", "\nPIECE = 40")
    (folder / "train.py").write_text(text, encoding="utf-8")
    if out is not None and not (folder / "OUT").exists():
        shutil.copytree(out, folder / "OUT")
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "3", "OMP_NUM_THREADS": "1", "HF_DATASETS_CACHE": str(folder / "cache"), "PYTHONPATH": os.getcwd()}
    ran = subprocess.run(
        [python, *module, "train.py", *options], cwd=folder, env=os.environ | quiet, capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-3000:]
    return ran.stdout


def learns(told: str) -> None:
    losses = [float(found) for found in LOSS.findall(told)]
    assert len(losses) > 2
    assert losses[-1] < losses[0]


@pytest.mark.parametrize("options", [(), ("--streaming",)], ids=["map-style", "streaming"])
def test_pytorch_with_two_workers(options: tuple[str, ...], cells: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    pytest.importorskip("kornia")
    told = play("A small U-Net", cells, tmp_path, *options)
    learns(told)
    assert "Dice {'background': " in told
    assert (tmp_path / "model.pt").stat().st_size > 0


def test_two_processes_share_a_stream_and_go_on_where_they_stopped(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    put("kvasir-seg", tmp_path / "OUT")
    launch = ("-m", "torch.distributed.run", "--nproc-per-node", "2")
    first, again = (play("Two processes", None, tmp_path, module=launch) for _ in range(2))  # lines of two processes may run together
    for process in (0, 1):
        assert f"process {process}: 12 steps" in first
        assert f"process {process} goes on in epoch 3 after step 10" not in first
        assert f"process {process} goes on in epoch 3 after step 10" in again
        assert f"process {process}: 12 steps" in again


@pytest.mark.skipif(
    not TENSORFLOW_PYTHON, reason="no environment with TensorFlow: `make test` makes one and sets HF_MEDSEG_TENSORFLOW_PYTHON"
)
def test_keras_fits_a_table_and_a_stream(cells: Path, tmp_path: Path) -> None:
    told = play("A small network in Keras", cells, tmp_path, python=TENSORFLOW_PYTHON)
    table, stream = told[: told.rindex("Epoch 1/")], told[told.rindex("Epoch 1/") :]
    learns(table)
    learns(stream)
    assert "val_loss" in table


def test_jax(cells: Path, tmp_path: Path) -> None:
    if importlib.util.find_spec("jax") is None:
        pytest.skip("JAX is not installed")
    learns(play("Three convolutions in JAX", cells, tmp_path))


def test_numpy(cells: Path, tmp_path: Path) -> None:
    told = play("Softmax regression", cells, tmp_path)
    learns(told)
    assert "of the pixels of other patients" in told


def test_ct_and_several_annotators(tmp_path: Path) -> None:
    put("lidc-idri", tmp_path / "OUT-ct", "all")
    put("chase-db1", tmp_path / "OUT-eyes")
    check = """
assert three["image"].shape[-1] == 3 and 0 <= three["image"].min() < three["image"].max() <= 1
assert volume.image.ndim == 3 and abs(normal.mean()) < 1e-4
assert {*np.unique(agreed)} == {0, 1, 255}
assert either.shape == first.shape
assert len(readers) > len(shares) > 0 and {*np.unique(shares)} > {0, 1}
"""
    page = block("docs/training.md", '"""What rows of CT')
    (tmp_path / "told.py").write_text(page + check)
    subprocess.run(
        [sys.executable, "told.py"],
        cwd=tmp_path,
        env=os.environ | {"HF_DATASETS_CACHE": str(tmp_path / "cache"), "PYTHONPATH": os.getcwd()},
        check=True,
    )
