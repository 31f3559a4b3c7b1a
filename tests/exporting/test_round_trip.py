"""What is exported and converted again has the same pixels, ids, splits and classes."""

from __future__ import annotations

import functools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

import hf_medseg
from hf_medseg.conversion import plan as planning
from hf_medseg.dataset.columns import VOLUME_COLUMNS
from hf_medseg.dataset.folder import Output
from hf_medseg.sources.told import with_gaps
from tests.sources.volume_folder.phantom import save as write_volume
from tests.support.harness import pixels, run
from tests.support.kit import Array, save, write

Found = dict[tuple[str, str], tuple[Array, Array | None]]


def rows_of(out: Path) -> list[dict[str, Any]]:
    found = Output(out).identities()
    return [{**row, "split": one.split} for path, one in found.items() if one is not None for row in pq.read_table(path).to_pylist()]


def data_of(out: Path) -> Found:
    """Physical values and mask of every row, by split and id."""
    return {
        (row["split"], row["image_id"]): (hf_medseg.physical(row), None if row["mask"] is None else pixels(row["mask"]))
        for row in rows_of(out)
    }


def beside_of(out: Path, pictures: bool) -> dict[tuple[str, str], dict[str, Any]]:
    """What stands beside image and mask in every row: its patient, its place in a volume, and where `pictures` all further ones."""
    names = ("patient_id", *(name for name in VOLUME_COLUMNS if not name.startswith("rescale")))
    found = {}
    for row in rows_of(out):
        cells = {name: cell for name, cell in row.items() if isinstance(cell, dict) and name not in ("image", "mask")} if pictures else {}
        found[row["split"], row["image_id"]] = {name: row.get(name) for name in names} | {
            name: pixels(cell).tolist() for name, cell in cells.items()
        }
    return found


def classes_of(out: Path) -> list[str]:
    names = json.loads(next(out.glob("**/id2label.json")).read_text(encoding="utf-8"))
    return [names[key] for key in sorted(names, key=int)]


def same(found: Found, expected: Found) -> None:
    assert sorted(found) == sorted(expected)
    for key, (image, mask) in expected.items():
        np.testing.assert_array_equal(found[key][0], image, str(key))
        assert (found[key][1] is None) == (mask is None), key
        if mask is not None:
            np.testing.assert_array_equal(found[key][1], mask, str(key))


@pytest.fixture
def unguarded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets data of known sets through the sources for one's own data, which refuse them (see the test of that)."""
    monkeypatch.setattr(planning, "refuse_known_sources", lambda *_: None)
    monkeypatch.setattr(planning, "refuse_known_cases", lambda *_: None)


PICTURES = ("chase-db1", "kvasir-seg", "segpc-2021", "coco", "image-mask-folder", "hyperkvasir")
VOLUMES = ("msd", "acdc")
AGAIN = {
    "folder": "image-mask-folder",
    "coco": "coco",
    "yolo-seg": "yolo-seg",
    "nnunet": "image-mask-folder",
    "npz": "array-stack",
    "webdataset": "image-mask-folder",
}


# nnU-Net takes one kind of pictures in all cases: sets that mix grey and coloured ones are written otherwise, and it is said.
WAYS = [(source, to) for source in PICTURES for to in AGAIN if to != "nnunet" or source not in ("coco", "image-mask-folder")]


@pytest.mark.parametrize(("source", "to"), WAYS)
def test_pictures_come_back(source: str, to: str, tmp_path: Path, unguarded: None) -> None:
    first = run(source, "clean", tmp_path, configs=())
    result = hf_medseg.export(first.out, tmp_path / "there", to=to)
    assert result.ok or to == "yolo-seg"
    about: Path | None = tmp_path / "there" / "about.toml" if to in ("folder", "npz", "webdataset") else None
    if to in ("coco", "yolo-seg"):  # which name no class that does not occur
        about = write(tmp_path / "about.toml", f"classes = {json.dumps(classes_of(first.out)[1:])}\n")
    hf_medseg.convert(AGAIN[to], tmp_path / "there", tmp_path / "again", about=about, workers=1)
    expected = data_of(first.out)
    if to in ("coco", "yolo-seg", "nnunet"):  # nobody annotated them: such layouts would call them empty
        kept = "test" if to == "nnunet" else ""
        expected = {key: value for key, value in expected.items() if value[1] is not None or key[0] == kept}
        assert sum(result.left_out.values()) == len(data_of(first.out)) - len(expected)
    same(data_of(tmp_path / "again"), expected)
    assert classes_of(tmp_path / "again") == classes_of(first.out)
    further = to in ("folder", "npz", "webdataset")  # which hold all pictures of a row: `mask_2`, `instances`, ...
    there = beside_of(first.out, further)
    assert beside_of(tmp_path / "again", further) == {key: there[key] for key in expected}


@pytest.mark.parametrize("to", ["coco", "yolo-seg", "folder"])
def test_nuclei_come_back_each_by_itself(to: str, tmp_path: Path, unguarded: None) -> None:
    first = run("dsb-2018", "clean", tmp_path, configs=())
    hf_medseg.export(first.out, tmp_path / "there", to=to)
    about = tmp_path / "there" / "about.toml" if to == "folder" else write(tmp_path / "about.toml", 'classes = ["nucleus"]\n')
    hf_medseg.convert(AGAIN[to], tmp_path / "there", tmp_path / "again", about=about, workers=1)
    same(data_of(tmp_path / "again"), {key: value for key, value in data_of(first.out).items() if to == "folder" or value[1] is not None})
    if to != "folder":
        found = {row["image_id"]: pixels(row["instances"]) for row in rows_of(tmp_path / "again")}
        for row in rows_of(first.out):
            if row["instances"] is not None:
                pairs = set(zip(pixels(row["instances"]).ravel().tolist(), found[row["image_id"]].ravel().tolist(), strict=True))
                assert len({other for _, other in pairs}) == len(pairs), row["image_id"]
                # In YOLO each part of a nucleus is an object.
                assert to == "yolo-seg" or len({one for one, _ in pairs}) == len(pairs), row["image_id"]


def _of_words(raw: Path) -> None:
    """16-bit pictures with names beyond ASCII, one not annotated in a part, one without object, one without mask."""
    for k, (name, split) in enumerate((("größe 1", "train"), ("b_0000", "train"), ("ünï-ß", "val"), ("leer", "val"), ("niemand", "test"))):
        save(raw / split / f"images/{name}.png", np.random.default_rng(k).integers(0, 65535, (12, 16)).astype(np.uint16))
        mask = np.zeros((12, 16), np.uint8)
        if name != "leer":
            mask[2:9, 3:12], mask[4:7, 5:9] = 1, 2
        mask[10:, 12:] = 9 * (name == "b_0000")
        if name != "niemand":
            save(raw / split / f"masks/{name}.png", mask)


@pytest.mark.parametrize("to", [*AGAIN, "decathlon"])
def test_splits_of_any_name_come_back(to: str, tmp_path: Path) -> None:
    """Only folders called train, val and test say a split by themselves; of others the table beside the layout does."""
    for k, split in enumerate(("train", "external site", "clinic_b")):
        save(tmp_path / f"raw/{split}/img/a{k}.png", np.full((8, 9), k, np.uint8))
        save(tmp_path / f"raw/{split}/msk/a{k}.png", np.eye(8, 9, dtype=np.uint8))
    about = write(tmp_path / "of.toml", 'image = "{split}/img/{stem}.png"\nmask = "{split}/msk/{stem}.png"\nclasses = { 1 = "x" }\n')
    hf_medseg.convert("image-mask-folder", tmp_path / "raw", tmp_path / "out", about=about, workers=1)
    hf_medseg.export(tmp_path / "out", tmp_path / "there", to=to)
    with_about = tmp_path / "there/about.toml" if to in ("folder", "npz", "webdataset") else None
    hf_medseg.convert(AGAIN.get(to, "volume-folder"), tmp_path / "there", tmp_path / "again", about=with_about, workers=1)
    found = {row["image_id"][:2]: row["split"] for row in rows_of(tmp_path / "again")}
    assert found == {"a0": "train", "a1": "external_site", "a2": "clinic_b"}


@pytest.mark.parametrize("to", ["folder", "webdataset"])
def test_volumes_of_several_sequences_come_back(to: str, tmp_path: Path) -> None:
    for patient in ("p1", "p2"):
        for name, step in (("FLAIR", 3), ("T1 post", -7)):
            write_volume(tmp_path / f"raw/{patient}/{name}.nii.gz", np.arange(60, dtype=np.int16).reshape(3, 4, 5) * step)
        write_volume(tmp_path / f"raw/{patient}/seg.nii.gz", (np.arange(60).reshape(3, 4, 5) % 3).astype(np.uint8))
    lines = 'image = "{patient}/{channel}.nii.gz"\nmask = "{patient}/seg.nii.gz"\nclasses = { 1 = "a", 2 = "b" }\n'
    about = write(tmp_path / "of.toml", lines)
    hf_medseg.convert("volume-folder", tmp_path / "raw", tmp_path / "out", about=about, workers=1, configs=["volumes"])
    hf_medseg.export(tmp_path / "out", tmp_path / "there", to=to, config="volumes")
    hf_medseg.convert(
        "volume-folder", tmp_path / "there", tmp_path / "again", about=tmp_path / "there/about.toml", workers=1, configs=["volumes"]
    )
    expected, found = ({row["image_id"]: row for row in rows_of(out)} for out in (tmp_path / "out", tmp_path / "again"))
    assert found.keys() == expected.keys() == {"p1", "p2"}
    for name, row in expected.items():
        for column in ("image", "image_t1_post"):
            np.testing.assert_array_equal(hf_medseg.physical(found[name], column), hf_medseg.physical(row, column))


@pytest.mark.parametrize("to", AGAIN)
def test_words_bits_and_what_nobody_annotated_come_back(to: str, tmp_path: Path) -> None:
    _of_words(tmp_path / "raw")
    about = write(tmp_path / "words.toml", '[classes]\n1 = "left ventricle"\n2 = "Läsion (groß)"\n9 = "not annotated"\n')
    hf_medseg.convert("image-mask-folder", tmp_path / "raw", tmp_path / "out", about=about, workers=1)
    result = hf_medseg.export(tmp_path / "out", tmp_path / "there", to=to)
    with_about = tmp_path / "there/about.toml" if to in ("folder", "npz", "webdataset") else None
    hf_medseg.convert(AGAIN[to], tmp_path / "there", tmp_path / "again", about=with_about, workers=1)
    left = {"coco": {"niemand"}, "yolo-seg": {"niemand", "b_0000"}}.get(to, set())
    assert {one["image_id"] for one in result.rejected} == left - {"niemand"}
    same(data_of(tmp_path / "again"), {key: value for key, value in data_of(tmp_path / "out").items() if key[1] not in left})
    assert classes_of(tmp_path / "again") == ["background", "left ventricle", "Läsion (groß)"]


@pytest.mark.parametrize("to", ["folder", "nnunet", "decathlon", "npz"])
@pytest.mark.parametrize("source", VOLUMES)
def test_volumes_come_back(source: str, to: str, tmp_path: Path, unguarded: None) -> None:
    first = run(source, "clean", tmp_path, configs=())
    result = hf_medseg.export(first.out, tmp_path / "there", to=to)
    about = tmp_path / "there" / "about.toml" if to in ("folder", "npz") else None
    hf_medseg.convert("array-stack" if to == "npz" else "volume-folder", tmp_path / "there", tmp_path / "again", about=about, workers=1)
    volumes = {row["image_id"]: (row["split"], row["volume_id"]) for row in rows_of(first.out)}
    expected = data_of(first.out)
    annotated = {volumes[id] for (_, id), (_, mask) in expected.items() if mask is not None}
    kept = {key: value for key, value in expected.items() if to in ("folder", "npz") or key[0] == "test" or volumes[key[1]] in annotated}
    assert sum(result.cases.values()) == len({volumes[id] for _, id in kept})
    same(data_of(tmp_path / "again"), kept)
    assert classes_of(tmp_path / "again") == classes_of(first.out)
    there = beside_of(first.out, False)
    assert beside_of(tmp_path / "again", False) == {key: there[key] for key in kept}


@pytest.mark.parametrize("to", ["coco", "yolo-seg", "webdataset"])
def test_slices_keep_their_volume_their_place_and_their_scale(to: str, tmp_path: Path, unguarded: None) -> None:
    first = run("msd", "clean", tmp_path, configs=())
    hf_medseg.export(first.out, tmp_path / "there", to=to)
    about = tmp_path / "there/about.toml" if to == "webdataset" else None
    hf_medseg.convert(AGAIN[to], tmp_path / "there", tmp_path / "again", about=about, workers=1)
    expected = {key: value for key, value in data_of(first.out).items() if to == "webdataset" or value[1] is not None}
    same(data_of(tmp_path / "again"), expected)
    there = beside_of(first.out, False)
    assert beside_of(tmp_path / "again", False) == {key: there[key] for key in expected}


def test_a_volume_of_which_slices_were_left_out_has_gaps() -> None:
    def told(volume: str, *indices: int) -> list[tuple[str, dict[str, str]]]:
        said = {"volume_id": volume, "num_slices": "3"}
        return [(f"{volume}_{k:04d}", {**said, "slice_index": str(k)}) for k in indices]

    assert with_gaps([*told("whole", 2, 0, 1), *told("lacks", 0, 2), ("alone", {"volume_id": "", "slice_index": ""})]) == {"lacks"}


# What of the real files is taken: few, as every layout is written and read again.
REAL = {
    "chase-db1": ("CHASEDB1/Image_01L*",),
    "kvasir-seg": ("Kvasir-SEG/*/cju0qkwl35piu0993l0dewei2.jpg", "Kvasir-SEG/*.json"),
    "dsb-2018": ("stage1_train/1609b1b8*/*/*",),
    "msd": ("Task04_Hippocampus/*/hippocampus_003.nii.gz",),
}


@pytest.fixture(scope="module")
def of_real(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Path], Path]:
    """The conversion of a few real files of a source, made once."""

    @functools.cache
    def convert(source: str, folder: Path) -> Path:
        here = tmp_path_factory.mktemp(source)
        for file in [path for pattern in REAL[source] for path in folder.glob(pattern)]:
            target = here / "raw" / file.relative_to(folder)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
        hf_medseg.convert(source, here / "raw", here / "out", workers=1)
        return here / "out"

    return convert


@pytest.mark.parametrize("to", [*AGAIN, "decathlon"])
@pytest.mark.parametrize("source", REAL)
def test_real_ones_come_back(
    source: str, to: str, real: Callable[[str], Path], of_real: Callable[[str, Path], Path], tmp_path: Path, unguarded: None
) -> None:
    out = of_real(source, real(source))
    result = hf_medseg.export(out, tmp_path / "there", to=to)
    assert result.ok and not result.left_out
    about: Path | None = tmp_path / "there/about.toml"
    if to in ("coco", "yolo-seg"):
        about = write(tmp_path / "about.toml", f"classes = {json.dumps(classes_of(out)[1:])}\n")
    elif to in ("nnunet", "decathlon"):
        about = None
    volumes = to == "decathlon" or (source == "msd" and to in ("folder", "nnunet"))
    hf_medseg.convert("volume-folder" if volumes else AGAIN[to], tmp_path / "there", tmp_path / "again", about=about, workers=1)
    expected, found = data_of(out), data_of(tmp_path / "again")
    there, again = (
        beside_of(out, to in ("folder", "npz", "webdataset")),
        beside_of(tmp_path / "again", to in ("folder", "npz", "webdataset")),
    )
    if to == "decathlon" and source != "msd":  # pictures became volumes of one slice, colours channels, and the export says so
        assert any("ends in _0000" in note for note in result.notes)
        expected = {
            (split, f"{id}_0000"): (image[..., 0] if image.ndim == 3 else image, mask) for (split, id), (image, mask) in expected.items()
        }
        again = {key: {"patient_id": cells["patient_id"]} for key, cells in again.items()}
        there = {(split, f"{id}_0000"): {"patient_id": cells["patient_id"]} for (split, id), cells in there.items()}
    same(found, expected)
    assert again == there
    assert classes_of(tmp_path / "again") == classes_of(out)
    lost = {
        name for name in pq.read_schema(next(out.glob("**/train-*.parquet"))).names if name in ("masks", "boxes", "mask_2", "instances")
    }
    kept = pq.read_schema(next((tmp_path / "again").glob("**/train-*.parquet"))).names
    assert all(any(name in note for note in result.notes) for name in lost - {*kept})
