"""Small finished datasets, written by hand: what a conversion would leave behind, row by row, so that each row can be spoiled."""

from __future__ import annotations

import datetime
import gzip
import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from hf_medseg.card import render as card
from hf_medseg.catalog import lookup as catalog
from hf_medseg.catalog.facts import Access, Published
from hf_medseg.catalog.licenses import Evidence, License
from hf_medseg.catalog.source import Config, Edition, Reading, Source
from hf_medseg.catalog.tables import table_of
from hf_medseg.conversion.executor import Executor
from hf_medseg.dataset.columns import FILES, INT8, PICTURE, TEXT, VOLUME_COLUMNS, Column, Label, ListOf, boxes
from hf_medseg.dataset.folder import Output
from hf_medseg.dataset.identity import Identity, Outcome, Seal
from hf_medseg.dataset.table import Tally, schema_of
from hf_medseg.preview.draw import write_preview
from hf_medseg.verification import card as card_check
from hf_medseg.verification import shard, together, verify
from tests.support.kit import Array, encode, grey, rng

Row = dict[str, Any]
LICENSE = License(
    "cc-by-4.0",
    "Creative Commons Attribution 4.0 International",
    "https://example.org/license",
    "open",
    (Evidence("the page says CC BY 4.0", "https://example.org/data", "high", datetime.date(2026, 10, 30)),),
    ("Credit the owners.", "Keep this | link: https://example.org/policy"),
)
CITATION = "@article{made2026,\n  title = {Made up},\n  year = {2026}\n}"
OWN: dict[str, Column] = {
    "mask_2": PICTURE,
    "fov_mask": PICTURE,
    "mask_native": PICTURE,
    "masks": ListOf(PICTURE),
    "mask_names": ListOf(TEXT),
    "instances": PICTURE,
    "label": Label(("benign", "malignant")),
    "boxes": boxes("cell", "nucleus"),
}

FLAT = Source(
    id="made-up",
    title="Made-up cells",
    homepage="https://example.org",
    modality=("light microscopy",),
    anatomy=("cervix",),
    task="cell segmentation",
    summary="Six cells that nobody has seen.",
    access=Access("free", ("Draw them.", "Scan them.")),
    layout="images/1.png  masks/1.png",
    splits="The owner's folders train and test.",
    quirks=("Cells are drawn.", "Colours | are noise."),
    editions=(
        Edition(
            license=LICENSE,
            citations=(CITATION,),
            classes=("cell", "nucleus"),
            reading=Reading(landmarks=("x",), configs=(Config(columns=OWN),)),
            published=Published({"train": 5, "test": 2}, {"train": 4}, {"train": 0.25}, "counted by hand"),
        ),
    ),
    cases=lambda raw: (),
    changes=("Ink becomes pixels.",),
)
VOLUMES = replace(
    FLAT,
    id="made-up-volumes",
    title="Made-up heads",
    editions=(
        replace(
            FLAT.editions[0],
            reading=Reading(
                landmarks=("x",),
                configs=(
                    Config("slices", VOLUME_COLUMNS, description="one row a slice"),
                    Config("volumes", {name: kind for name, kind in VOLUME_COLUMNS.items() if name != "slice_index"}, volumes=True),
                ),
            ),
            published=Published(),
            name="2026",
        ),
    ),
)


def edition(source: Source, **changes: Any) -> Source:
    """The source with facts of its first edition changed, or how that is read."""
    first = source.editions[0]
    read = {name: changes.pop(name) for name in list(changes) if hasattr(first.reading, name)}
    return replace(source, editions=(replace(first, reading=replace(first.reading, **read), **changes), *source.editions[1:]))


def know(monkeypatch: pytest.MonkeyPatch, *sources: Source) -> None:
    """Makes a catalog of these sources."""
    known = {source.id: source for source in sources}
    for module in (catalog, card):
        monkeypatch.setattr(module, "sources", lambda: known)
    for module in (catalog, shard, together, card_check):
        monkeypatch.setattr(module, "source_named", known.get)


def picture(pixels: Array, kind: str = "PNG", **options: Any) -> dict[str, Any]:
    """A cell of a picture column, written by Pillow."""
    return {"bytes": encode(pixels, kind, **options), "path": f"x.{kind.lower()}"}


def labels(name: str, height: int, width: int, high: int = 3) -> Array:
    """A label map with every value below `high`."""
    found = grey(name, height, width, high)
    found[0, :high] = np.arange(high)
    return found


def flat_row(number: int, *, masked: bool = True) -> Row:
    """A complete row of `made-up`."""
    height, width = 20 + number, 31
    mask = labels(f"mask {number}", height, width)
    digest = hashlib.sha256(str(number).encode()).hexdigest()
    path = f"images/{number}.png"
    return {
        "image": picture(rng(str(number)).integers(0, 256, (height, width, 3)).astype(np.uint8)),
        "mask": picture(mask) if masked else None,
        "image_id": f"cell_{number}",
        "patient_id": f"p{number}",
        "classes": [0, 1, 2] if masked else [],
        "width": width,
        "height": height,
        "source_file": path,
        "source_sha256": digest,
        "files": [{"column": "image", "path": path, "sha256": digest}],
        "exif_orientation": None,
        "mask_2": picture(labels("second", height, width)),
        "fov_mask": picture(labels("fov", height, width, 2)),
        "mask_native": picture(labels("native", 7, 9)),
        "masks": [picture(labels("one", height, width, 2)), picture(labels("two", height, width, 2))],
        "mask_names": ["reader 1", "reader 2"],
        "instances": picture(grey("instances", height, width, 400, np.uint16)),
        "label": number % 2,
        "boxes": [{"x": 1.0, "y": 2.0, "width": 3.0, "height": 4.0, "label": 1}],
    }


def volume_rows(name: str, depth: int = 3) -> tuple[list[Row], Row]:
    """The slices of a volume, and the volume as one row."""
    height, width = 6, 8
    voxels = grey(name, depth * height, width, 60000, np.uint16).reshape(depth, height, width)
    masks = np.stack([labels(f"{name} {k}", height, width) for k in range(depth)])
    digest = hashlib.sha256(name.encode()).hexdigest()
    shared = {
        "patient_id": f"patient of {name}",
        "width": width,
        "height": height,
        "source_file": f"{name}.nii.gz",
        "source_sha256": digest,
        "files": [{"column": "image", "path": f"{name}.nii.gz", "sha256": digest}],
        "volume_id": name,
        "num_slices": depth,
        "pixel_spacing": [0.5, 0.5],
        "slice_thickness": None,
        "slice_spacing": 2.0,
        "plane": "axial",
        "orientation": "LPS",
        "image_position": [0.0, 0.0, 0.0],
        "image_orientation": [1.0, 0.0, 0.0, 0.0, 1.0, 0.0],
        "rescale_slope": 1.0,
        "rescale_intercept": -1024.0,
        "classes": [0, 1, 2],
    }
    slices = [
        {
            **shared,
            "image": picture(voxels[k]),
            "mask": picture(masks[k]),
            "image_id": f"{name}_{k:04d}",
            "slice_index": k,
        }
        for k in range(depth)
    ]
    whole = {**shared, "image": nifti(voxels), "mask": nifti(masks), "image_id": name, "depth": depth}
    return slices, whole


def nifti(voxels: Array, *, text: bytes = b"", file_name: str = "") -> dict[str, Any]:
    """A cell of a volume column."""
    volume = nibabel.Nifti1Image(voxels.T, np.diag([-1.0, -1.0, 2.0, 1.0]), dtype=voxels.dtype)
    volume.header["descrip"] = text
    buffer = io.BytesIO()
    with gzip.GzipFile(file_name, "wb", fileobj=buffer, mtime=0) as packed:
        packed.write(volume.to_bytes())
    return {"bytes": buffer.getvalue(), "path": "x.nii.gz"}


def tally_of(rows: list[Row], names: tuple[str, ...]) -> Tally:
    """What is in the masks of rows, counted without the package's own counting."""
    tally = Tally(len(rows))
    for row in rows:
        if row["mask"] is None:
            continue
        data = row["mask"]["bytes"]
        try:
            if data.startswith(b"\x1f\x8b"):
                mask = np.asarray(nibabel.Nifti1Image.from_bytes(gzip.decompress(data)).dataobj)
            else:
                mask = np.asarray(Image.open(io.BytesIO(data)))
        except Exception:
            mask = np.zeros((1, 1), np.uint8)
        tally.rows_with_mask += 1
        tally.foreground += float(((mask > 0) & (mask != 255)).mean())
        for value in np.unique(mask):
            name = "not annotated" if value == 255 else names[value] if value < len(names) else f"value {value}"
            tally.pixels[name] = tally.pixels.get(name, 0) + int((mask == value).sum())
            tally.rows_per_class[name] = tally.rows_per_class.get(name, 0) + 1
    return tally


@dataclass
class Made:
    """A dataset to be written.

    Attributes:
        tables: the rows of every shard, by config and split.
        columns: by config, where they are to differ from the catalog's.
        rejected: by config and split, what the first shard rejected.
        identity: changes to what the shard of a name says of itself.
        outcome: changes what the shard of a name says became of its cases.
        written: options of the Parquet writer.
        schema: changes the schema of every shard.
    """

    source: Source
    tables: dict[tuple[str, str], list[list[Row]]]
    columns: dict[str, dict[str, Column]] = field(default_factory=dict)
    rejected: dict[tuple[str, str], list[dict[str, str]]] = field(default_factory=dict)
    identity: Callable[[str, Identity], Identity | None] = lambda name, identity: identity
    outcome: Callable[[str, Outcome], Outcome] = lambda name, outcome: outcome
    written: dict[str, Any] = field(default_factory=dict)
    schema: Callable[[pa.Schema], pa.Schema] = lambda schema: schema

    def row(self, config: str = "default", split: str = "train", shard: int = 0, number: int = 0) -> Row:
        """One row, to be spoiled."""
        return self.tables[config, split][shard][number]

    def folder(self, config: str) -> str:
        return "data" if len(self.source.editions[0].reading.configs) == 1 else config

    def columns_of(self, config: str) -> dict[str, Column]:
        first = self.source.editions[0]
        return self.columns.get(config) or table_of(self.source, first, first.reading.config(config)).columns

    def write(self, out: Path) -> Path:
        """Writes the dataset with everything that belongs to it."""
        first = self.source.editions[0]
        configs: dict[str, Any] = {}
        names = ("background", *first.classes)
        for (config, split), shards in self.tables.items():
            section = configs.setdefault(
                config,
                {
                    "folder": self.folder(config),
                    "classes": list(names),
                    "splits": {},
                    "splits_without_rows": [],
                    "published": [],
                    "rejected": [],
                    "known": [],
                    "duplicate": [],
                    "not_used": [],
                },
            )
            total, written = Tally(), []
            for number, rows in enumerate(shards):
                name = f"{self.folder(config)}/{split}-{number:05d}-of-{len(shards):05d}.parquet"
                rejected = self.rejected.get((config, split), []) if number == 0 else []
                tally = tally_of(rows, names)
                identity = Identity(
                    self.source.id, first.name, config, split, "0.1.0", f"plan {number}", first.license.id, first.license.tier
                )
                self._write_shard(out / name, rows, self.columns_of(config), identity, Outcome(tally, rejected))
                total += tally
                written.append(name)
                section["rejected"] += rejected
            section["splits"][split] = {
                "rows": total.rows,
                "rows_with_mask": total.rows_with_mask,
                "foreground": round(total.foreground / total.rows_with_mask, 6) if total.rows_with_mask else None,
                "pixels": total.pixels,
                "rows_per_class": total.rows_per_class,
                "bytes": sum((out / name).stat().st_size for name in written),
                "shards": written,
            }
            where = out if self.folder(config) == "data" else out / config
            (where / "id2label.json").write_text(json.dumps(dict(enumerate(names))))
        report = {
            "source": self.source.id,
            "edition": first.name or None,
            "license": first.license.id,
            "tier": first.license.tier,
            "converter": "0.1.0",
            "packages": {"numpy": "1"},
            "configs": configs,
        }
        (out / "report.json").write_text(json.dumps(report))
        write_preview(Output(out), report, Executor(1).run)
        (out / "README.md").write_text(card.render(self.source, first, report))
        return out

    def _write_shard(self, path: Path, rows: list[Row], columns: dict[str, Column], identity: Identity, outcome: Outcome) -> None:
        name = f"{path.parent.name}/{path.name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        told = self.identity(name, identity)
        seal = Seal(told or identity)
        for row in rows:
            seal.add(row)
        outcome = self.outcome(name, replace(outcome, seal=seal.value()))
        schema = self.schema(schema_of(columns))
        leaves = _leaves(schema)
        options = {
            "compression": {leaf: "NONE" if leaf.endswith(".bytes") else "ZSTD" for leaf in leaves},
            "use_dictionary": [
                leaf for leaf in leaves if leaf.partition(".")[0] not in ("image", "mask") and not leaf.endswith((".bytes", ".path"))
            ],
            "write_page_index": True,
            **self.written,
        }
        with pq.ParquetWriter(path, schema, **options) as writer:
            if rows:
                writer.write_table(pa.Table.from_pylist(rows, schema=schema))
            if told is not None:
                writer.add_key_value_metadata({"hf_medseg": json.dumps({"identity": asdict(told), **asdict(outcome)})})


def _leaves(schema: pa.Schema) -> list[str]:
    def walk(path: str, kind: pa.DataType) -> list[str]:
        if pa.types.is_list(kind):
            return walk(f"{path}.list.element", kind.value_type)
        if pa.types.is_struct(kind):
            return [leaf for child in kind for leaf in walk(f"{path}.{child.name}", child.type)]
        return [path]

    return [leaf for one in schema for leaf in walk(one.name, one.type)]


def flat(source: Source = FLAT) -> Made:
    """Six rows of pictures: two shards of train (one row without a mask), one of test."""
    rows = [flat_row(number, masked=number != 3) for number in range(6)]
    return Made(source, {("default", "train"): [rows[:2], rows[2:4]], ("default", "test"): [rows[4:]]})


def volumes(source: Source = VOLUMES) -> Made:
    """Two volumes of three slices, in both configs."""
    made = [volume_rows(name) for name in ("head_1", "head_2")]
    return Made(
        source,
        {("slices", "train"): [slices for slices, _ in made], ("volumes", "train"): [[whole] for _, whole in made]},
    )


__all__ = [
    "FILES",
    "FLAT",
    "INT8",
    "VOLUMES",
    "Made",
    "edition",
    "flat",
    "flat_row",
    "know",
    "labels",
    "nifti",
    "picture",
    "verify",
    "volume_rows",
    "volumes",
]
