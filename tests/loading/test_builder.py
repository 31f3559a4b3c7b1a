"""A raw tree loaded without converting it: the rows of a conversion, under both worlds of `datasets`, three ways."""

from __future__ import annotations

import inspect
import json
import logging
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import hf_medseg
from hf_medseg.card import script
from hf_medseg.catalog.lookup import sources
from hf_medseg.errors import Refused, Rejected
from tests.support.harness import PHANTOMS, pixels, run

ROOT = Path(__file__).parents[2]
OLD_PYTHON = os.environ.get("HF_MEDSEG_OLD_PYTHON", "")
SCRIPTED = [source.id for source in sources().values() if script.needs_script(source)]

# Prints one digest for every row: ids, plain columns, and the hashes of encoded pictures, so that three ways can be compared.
DIGEST = """
import hashlib, json
def digest(row):
    def plain(value):
        if isinstance(value, dict) and "bytes" in value:
            return hashlib.sha256(value["bytes"]).hexdigest() if value["bytes"] else None
        if isinstance(value, dict):
            return {k: plain(v) for k, v in value.items()}
        if isinstance(value, (list, tuple)):
            return [plain(v) for v in value]
        return value
    return hashlib.sha256(json.dumps({k: plain(v) for k, v in row.items()}, sort_keys=True, default=str).encode()).hexdigest()
"""
exec(DIGEST)


def raw_rows(dataset: Any) -> list[dict[str, Any]]:
    """Rows with pictures as bytes."""
    return [row for split in dataset for row in dataset[split].with_format("arrow")[:].to_pylist()]


def digests(rows: list[dict[str, Any]]) -> list[str]:
    return [globals()["digest"]({k: v for k, v in row.items() if k != "split"}) for row in rows]


@pytest.mark.parametrize("source", ["drive", "kvasir-seg", "cxlseg", "brats"])
def test_map_style_gives_the_rows_of_a_conversion(source: str, tmp_path: Path) -> None:
    converted = run(source, "clean", tmp_path)
    phantom = converted.phantom
    dataset = hf_medseg.load_dataset(source, phantom.raw, parts=phantom.parts, cache_dir=str(tmp_path / "cache"))
    assert digests(raw_rows(dataset)) == digests(converted.rows())


@pytest.mark.parametrize("source", ["drive", "cxlseg", "brats"])
def test_streaming_gives_the_rows_of_a_conversion(source: str, tmp_path: Path) -> None:
    converted = run(source, "clean", tmp_path)
    phantom = converted.phantom
    streams = hf_medseg.load_dataset(source, phantom.raw, streaming=True, parts=phantom.parts)
    found = [(split, row["image_id"]) for split in streams for row in streams[split]]
    assert found == [(row["split"], row["image_id"]) for row in converted.rows()]
    stream = streams["train"]
    assert stream.num_shards > 1
    first = next(iter(stream))
    expected = converted.rows()[0]
    assert np.array_equal(np.asarray(first["image"]), pixels(expected["image"]))
    assert np.array_equal(np.asarray(first["mask"]), pixels(expected["mask"]))


def test_a_stream_is_resumed_and_shuffled(tmp_path: Path) -> None:
    phantom = PHANTOMS["drive"].make(tmp_path / "raw")
    stream = hf_medseg.load_dataset("drive", phantom.raw, split="train", streaming=True)
    ids = [row["image_id"] for row in stream]
    iterator = iter(stream)
    seen = [next(iterator)["image_id"] for _ in range(2)]
    state = stream.state_dict()
    stream.load_state_dict(state)
    assert seen + [row["image_id"] for row in stream] == ids
    shuffled = [[row["image_id"] for row in stream.shuffle(seed=seed, buffer_size=10)] for seed in (1, 1, 2)]
    assert shuffled[0] == shuffled[1]
    assert sorted(shuffled[0]) == sorted(ids)
    assert len({tuple(one) for one in shuffled} | {tuple(ids)}) > 1


def test_a_bad_case_raises_or_is_skipped_aloud(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    phantom = PHANTOMS["drive"].make(tmp_path / "raw", "manual_missing")
    with pytest.raises(Rejected):
        list(hf_medseg.load_dataset("drive", phantom.raw, split="train", streaming=True))
    with caplog.at_level(logging.WARNING, "hf_medseg"):
        rows = list(hf_medseg.load_dataset("drive", phantom.raw, split="train", streaming=True, on_error="skip"))
    assert [row["image_id"] for row in rows]
    assert any("skipped" in message for message in caplog.messages)


def test_terms_are_shown_once(tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hf_medseg.catalog.terms.memory", lambda: tmp_path / "memory")
    phantom = PHANTOMS["drive"].make(tmp_path / "raw")
    with caplog.at_level(logging.WARNING, "hf_medseg"):
        for _ in range(2):
            hf_medseg.load_dataset("drive", phantom.raw, streaming=True)
    shown = [message for message in caplog.messages if "owner's terms" in message]
    assert len(shown) == 1
    assert "isi.uu.nl" in shown[0] or "grand-challenge" in shown[0]


def test_missing_files_answer_with_the_steps(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="How to get it"):
        hf_medseg.load_dataset("drive", "")
    phantom = PHANTOMS["chase-db1"].make(tmp_path / "raw")
    with pytest.raises(Refused, match="It looks like chase-db1"):
        hf_medseg.load_dataset("drive", phantom.raw)


def test_scripts_are_those_of_the_sources_that_need_one() -> None:
    committed = {path.name: path.read_text() for path in (ROOT / "loading_scripts").glob("*.py")}
    assert committed == script.all_scripts()
    for name, text in committed.items():
        assert len(text.splitlines()) < 60, f"{name} is longer than a screen"
        for line in text.splitlines():
            if line.startswith(("import ", "from ")):
                assert "," not in line, "the old loader reads one import a line"


@pytest.mark.parametrize("source", SCRIPTED)
def test_script_of_an_installed_package(source: str, tmp_path: Path) -> None:
    from hf_medseg.cli import main

    assert main(["script", source, str(tmp_path)]) == 0
    written = tmp_path / script.file_name(sources()[source])
    assert written.read_text() == (ROOT / "loading_scripts" / written.name).read_text()


def test_script_from_the_shell(tmp_path: Path) -> None:
    converted = run("drive", "clean", tmp_path)
    command = [sys.executable, str(ROOT / "loading_scripts" / "drive.py"), str(converted.phantom.raw), str(tmp_path / "shell")]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0
    for path in (converted.out / "data").iterdir():
        assert path.read_bytes() == (tmp_path / "shell" / "data" / path.name).read_bytes()


OLD_WORLD = (
    DIGEST
    + """
import sys
from datasets import Image, Sequence, load_dataset
path, raw, cache, options = sys.argv[1:]
options = json.loads(options)
found = {}
dataset = load_dataset(path, data_dir=raw, trust_remote_code=True, cache_dir=cache, **options)
found["map"] = [digest(row) for split in dataset for row in dataset[split].with_format("arrow")[:].to_pylist()]
stream = load_dataset(path, data_dir=raw, trust_remote_code=True, cache_dir=cache, streaming=True, **options)
found["stream"] = [row["image_id"] for split in stream for row in stream[split]]
found["pieces"] = stream["train"].num_shards
print(json.dumps(found))
"""
)


@pytest.mark.skipif(not OLD_PYTHON, reason="no environment with datasets 3.6: `make test` makes one and sets HF_MEDSEG_OLD_PYTHON")
@pytest.mark.parametrize("source", ["drive", "cxlseg", "brats"])
def test_the_old_world_runs_the_script(source: str, tmp_path: Path) -> None:
    converted = run(source, "parts" if source == "cxlseg" else "clean", tmp_path)
    options = {"parts": {name: str(path) for name, path in converted.phantom.parts.items()}} if converted.phantom.parts else {}
    path = ROOT / "loading_scripts" / script.file_name(sources()[source])
    command = [OLD_PYTHON, "-c", OLD_WORLD, str(path), str(converted.phantom.raw), str(tmp_path / "cache"), json.dumps(options)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "HF_HOME": str(tmp_path / "home")})
    assert ended.returncode == 0, ended.stderr
    found = json.loads(ended.stdout.splitlines()[-1])
    assert found["map"] == digests(converted.rows())
    assert found["stream"] == [row["image_id"] for row in converted.rows()]
    assert found["pieces"] > 1


def collate(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Batches of tensors: images as they are, masks as integers."""
    import torch

    return {
        "ids": [row["image_id"] for row in rows],
        "image": torch.stack([torch.from_numpy(np.array(row["image"]).astype(np.int32)) for row in rows]),
        "mask": torch.stack([torch.from_numpy(np.array(row["mask"]).astype(np.int64)) for row in rows]),
    }


def test_torch_data_loader_with_two_workers(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    converted = run("drive", "clean", tmp_path)
    expected = {row["image_id"]: row for row in converted.rows() if row["split"] == "train"}
    stream = hf_medseg.load_dataset("drive", converted.phantom.raw, split="train", streaming=True).shuffle(seed=3, buffer_size=8)
    orders = []
    for epoch in range(2):
        stream.set_epoch(epoch)
        loader = torch.utils.data.DataLoader(stream, batch_size=2, num_workers=2, collate_fn=collate)
        order = []
        for batch in loader:
            assert batch["image"].shape[1:] == (*batch["mask"].shape[1:], 3)
            for image_id, image, mask in zip(batch["ids"], batch["image"], batch["mask"], strict=True):
                order.append(image_id)
                assert np.array_equal(image.numpy(), pixels(expected[image_id]["image"]))
                assert np.array_equal(mask.numpy(), pixels(expected[image_id]["mask"]))
                assert set(np.unique(mask.numpy())) <= {0, 1}
        assert sorted(order) == sorted(expected), "nothing twice, nothing lost"
        orders.append(order)
    assert orders[0] != orders[1]


@pytest.mark.parametrize("framework", ["numpy", "jax", "tensorflow", "torch"])
def test_framework_formats(framework: str, tmp_path: Path) -> None:
    if framework != "numpy":
        pytest.importorskip(framework)
    converted = run("brats", "clean", tmp_path)
    dataset = hf_medseg.load_dataset("brats", converted.phantom.raw, split="train", cache_dir=str(tmp_path / "cache"))
    expected = next(row for row in converted.rows() if row["split"] == "train")
    row = dataset.with_format(framework)[0]
    mask, image = (np.squeeze(np.asarray(row[column])) for column in ("mask", "image"))  # PyTorch puts a channel in front
    assert np.array_equal(mask, pixels(expected["mask"]))
    assert image.dtype.itemsize >= 2
    assert np.array_equal(image.astype(np.int64), pixels(expected["image"]))


def test_masks_arrive_as_class_indices_and_255(tmp_path: Path) -> None:
    converted = run("herlev", "clean", tmp_path)
    stream = hf_medseg.load_dataset("herlev", converted.phantom.raw, split="train", streaming=True)
    found = [np.asarray(row["mask"]) for row in stream]
    for mask, row in zip(found, converted.rows(), strict=True):
        assert mask.dtype == np.uint8
        assert np.array_equal(mask, pixels(row["mask"]))
    assert set(np.unique(np.concatenate([mask.reshape(-1) for mask in found]))) == {0, 1, 2, 255}


def test_a_large_tree_streams_its_first_row_soon(tmp_path: Path) -> None:
    """The cases of a large tree are listed without reading a picture: only the first row's files exist at all."""
    phantom = PHANTOMS["kvasir-seg"].make(tmp_path / "raw")
    stream = hf_medseg.load_dataset("kvasir-seg", phantom.raw, split="train", streaming=True)
    first = next(iter(stream))["image_id"]
    for path in phantom.raw.rglob("*.jpg"):
        if path.stem != first:
            path.write_bytes(b"x" * path.stat().st_size)
    again = hf_medseg.load_dataset("kvasir-seg", phantom.raw, split="train", streaming=True)
    assert next(iter(again))["image_id"] == first


def test_public_names_stay_functions_whatever_is_imported() -> None:
    import hf_medseg.sources.drive.source
    import hf_medseg.verification.verify

    for name in hf_medseg.__all__:
        assert not inspect.ismodule(getattr(hf_medseg, name))
        assert callable(getattr(hf_medseg, name))
    assert "drive" in hf_medseg.sources()
