"""Converts a phantom and compares every row with what the phantom promises, pixel by pixel."""

from __future__ import annotations

import functools
import importlib
import io
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

import tests.sources
from hf_medseg.conversion.run import Conversion, convert
from tests.support.kit import Array, Phantom, Row

PHANTOMS: dict[str, ModuleType] = {
    folder.parent.name.replace("_", "-"): importlib.import_module(f"tests.sources.{folder.parent.name}.phantom")
    for folder in sorted(Path(tests.sources.__path__[0]).glob("*/phantom.py"))
}


@dataclass
class Converted:
    """A converted phantom."""

    source: str
    phantom: Phantom
    conversion: Conversion
    out: Path

    def section(self, config: str = "") -> dict[str, Any]:
        """The part of report.json on one config (the default one if not named)."""
        name = config or self.conversion.plan.edition.reading.configs[0].name
        return cast("dict[str, Any]", self.conversion.report["configs"][name])

    def rows(self, config: str = "") -> list[dict[str, Any]]:
        """The rows of a config, split by split in natural order, pictures as bytes."""
        return [
            {**row, "split": split}
            for split, found in self.section(config)["splits"].items()
            for shard in found["shards"]
            for row in pq.ParquetFile(self.out / shard).read().to_pylist()
        ]

    def row(self, image_id: str, config: str = "") -> dict[str, Any]:
        """One row by its id."""
        return next(row for row in self.rows(config) if row["image_id"] == image_id)

    def names(self, column: str, config: str = "") -> list[str]:
        """The class names of a ClassLabel column, or of a list of them."""
        folder = self.section(config)["folder"]
        schema = pq.read_schema(next((self.out / folder).glob("*.parquet")))
        feature: Any = json.loads(schema.metadata[b"huggingface"])["info"]["features"][column]
        names: list[str] = (feature.get("feature") or feature)["names"]
        return names


def pixels(cell: dict[str, Any] | None) -> Array:
    """The samples of a picture cell as stored; a NIfTI volume as (slices, height, width)."""
    assert cell is not None
    data = cell["bytes"]
    if data[:2] == b"\x1f\x8b" or cell["path"].endswith((".nii", ".nii.gz")):
        import gzip

        import nibabel

        raw = gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data
        return np.asarray(nibabel.Nifti1Image.from_bytes(raw).dataobj).T
    with Image.open(io.BytesIO(data)) as picture:
        return np.asarray(picture)


def run(source: str, variant: str, folder: Path, **options: Any) -> Converted:
    """Makes a phantom and converts it with every config, in one process."""
    return converted(source, PHANTOMS[source].make(folder / "raw", variant), folder / "out", **options)


def converted(source: str, phantom: Phantom, out: Path, **options: Any) -> Converted:
    """Converts a phantom that is made already, with every config, in one process."""
    given = {"workers": 1, "configs": ["all"], "parts": phantom.parts, "about": phantom.about, **options}
    return Converted(source, phantom, convert(source, phantom.raw, out, **given), out)


def check(converted: Converted) -> None:
    """Compares everything that the phantom promises."""
    phantom = converted.phantom
    if phantom.edition is not None:
        assert converted.conversion.plan.edition.name == phantom.edition
    default = converted.conversion.plan.edition.reading.configs[0].name
    for config, expected in {default: phantom.rows, **phantom.configs}.items():
        if expected or config in converted.conversion.report["configs"]:  # a config that the tree holds nothing of is left out
            _check_rows(converted, config, expected)
    report = converted.conversion.report["configs"].values()
    rejected = [json.dumps(one) for section in report for one in section["rejected"]]
    for name in phantom.rejected:
        assert any(name in text for text in rejected), f"{name} should be rejected; rejected: {rejected}"
    if not phantom.rejected:
        assert not rejected
    for kind in ("known", "notes", "duplicate", "not_used"):
        listed = [json.dumps(one, ensure_ascii=False) for section in report for one in section[kind]]
        for name in getattr(phantom, kind):
            assert any(name in text for text in listed), f"{name} should be listed as {kind}; listed: {listed}"
    check_secrets(converted)


def check_secrets(converted: Converted) -> None:
    """No planted identity is in any byte of the output, nor of what this machine remembers.

    The seek index of a `.tar.gz` alone holds pieces of the raw data, as its format has it: it never leaves `OUT/.local`.
    """
    if not converted.phantom.secrets:
        return
    needles = [secret.encode() for secret in converted.phantom.secrets]
    for path in converted.out.rglob("*"):
        if path.is_file() and not (path.suffix == ".gzidx" and ".local" in path.relative_to(converted.out).parts):
            data = path.read_bytes()
            for needle in needles:
                assert needle not in data, f"{needle!r} is in {path.name}"
    for config in converted.conversion.report["configs"]:
        for row in converted.rows(config):
            text = repr({name: value for name, value in row.items() if not isinstance(value, dict)})
            for secret in converted.phantom.secrets:
                assert secret not in text, f"{secret!r} is in row {row['image_id']}"


def _check_rows(converted: Converted, config: str, expected: list[Row]) -> None:
    found = {(row["split"], row["image_id"]): row for row in converted.rows(config)}
    assert sorted(found) == sorted((row.split, row.image_id) for row in expected)
    names = functools.cache(lambda column: converted.names(column, config))
    for row in expected:
        _check_row(converted, config, row, found[row.split, row.image_id], names)


def _check_row(converted: Converted, config: str, expected: Row, found: dict[str, Any], names: Callable[[str], list[str]]) -> None:
    where = f"{converted.source} {config} {expected.image_id}"
    _same_pixels(pixels(found["image"]), expected.image, f"{where} image")
    if expected.mask is None:
        assert found["mask"] is None, f"{where}: mask should be null"
        assert found["classes"] == []
    else:
        _same_pixels(pixels(found["mask"]), expected.mask, f"{where} mask")
        assert found["classes"] == sorted(int(value) for value in np.unique(expected.mask) if value != 255)
    assert found["source_file"] == expected.source_file, where
    assert found["patient_id"] == expected.patient_id, where
    assert (found["height"], found["width"]) == expected.image.shape[-2 - (expected.image.ndim == 3 and expected.image.shape[-1] == 3) :][
        :2
    ]
    for name, value in expected.columns.items():
        assert name in found, f"{where}: no column {name}"
        same(found[name], value, f"{where} {name}", lambda name=name: names(name))


def _same_pixels(found: Array, expected: Array, where: str) -> None:
    assert found.shape == expected.shape, f"{where}: {found.shape} instead of {expected.shape}"
    assert np.array_equal(found, expected), f"{where}: {np.count_nonzero(found != expected)} samples differ"


def same(found: Any, expected: Any, where: str, names: Any = None) -> None:
    """Compares one value: arrays with pictures, class names with class indices, numbers nearly."""
    if isinstance(expected, np.ndarray):
        _same_pixels(pixels(found), expected, where)
    elif isinstance(expected, (list, tuple)):
        assert found is not None and len(found) == len(expected), f"{where}: {found} instead of {expected}"
        for one_found, one in zip(found, expected, strict=True):
            same(one_found, one, where, names)
    elif isinstance(expected, dict):
        for key, value in expected.items():
            if not (key == "label" and isinstance(found[key], int)):
                same(found[key], value, f"{where}.{key}")
    elif isinstance(expected, str) and isinstance(found, int):
        assert names()[found] == expected, f"{where}: {names()[found]} instead of {expected}"
    elif isinstance(expected, float) and found is not None:
        assert math.isclose(found, expected, rel_tol=1e-5, abs_tol=1e-6), f"{where}: {found} instead of {expected}"
    else:
        assert found == expected, f"{where}: {found!r} instead of {expected!r}"
