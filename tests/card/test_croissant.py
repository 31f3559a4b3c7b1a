"""croissant.json: what mlcroissant reads with it, from a folder and from a copy of the Hub's repository, is what was converted."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from hf_medseg.card.croissant import with_hashes
from hf_medseg.dataset.folder import CROISSANT
from hf_medseg.errors import Refused
from hf_medseg.publishing import gate
from hf_medseg.verification.verify import verify
from tests.support.harness import PHANTOMS, Converted, pixels, run
from tests.support.hub.desk import Desk, open_desk

mlcroissant = pytest.importorskip("mlcroissant")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    return run("chase-db1", "clean", tmp_path_factory.mktemp("made"), max_shard_size=9000)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from open_desk("lfs", tmp_path, monkeypatch)


def read(folder: Path, config: str = "default") -> list[dict[str, Any]]:
    """Every record of a config, as mlcroissant makes it; nothing but two recommendations may be missing."""
    dataset = mlcroissant.Dataset(jsonld=str(folder / CROISSANT))
    issues = dataset.metadata.issues
    assert not issues.errors
    assert sorted(line.rpartition("/")[2].partition('"')[0] for line in issues.warnings) == ["datePublished", "version"]
    return list(dataset.records(config))


def same(records: list[dict[str, Any]], made: Converted) -> None:
    rows = made.rows()
    assert len(records) == len(rows) > 1
    for found, row in zip(records, rows, strict=True):
        assert found["default/split"] == b"train"
        assert found["default/image_id"].decode() == row["image_id"]
        assert found["default/classes"] == row["classes"]
        assert [one["default/files/path"].decode() for one in found["default/files"]] == [one["path"] for one in row["files"]]
        for name in ("image", "mask", "mask_2"):
            assert found[f"default/{name}"].tobytes() == pixels(row[name]).tobytes()


def test_records_from_disk(made: Converted) -> None:
    same(read(made.out), made)


def test_records_from_the_hub(made: Converted, desk: Desk, tmp_path: Path) -> None:
    desk.push(made.out)
    copy = desk.api.snapshot_download(desk.repo_id, repo_type="dataset", local_dir=tmp_path / "copy")
    same(read(Path(copy)), made)
    told = json.loads((Path(copy) / CROISSANT).read_text())["distribution"][1:]
    shards = made.section()["splits"]["train"]["shards"]
    assert {one["contentUrl"]: one["sha256"] for one in told} == {
        name: hashlib.sha256((made.out / name).read_bytes()).hexdigest() for name in shards
    }
    assert verify(copy).ok


def test_many_shards_are_not_told_one_by_one(made: Converted) -> None:
    text = (made.out / CROISSANT).read_text()
    assert with_hashes(text, {f"data/train-{n:05d}-of-00201.parquet": (1, "0" * 64) for n in range(201)}) == text


def test_what_it_says(made: Converted) -> None:
    text = (made.out / CROISSANT).read_text()
    told = json.loads(text)
    assert str(made.out.parent) not in text
    assert told["license"] == "https://creativecommons.org/licenses/by/4.0/"
    assert told["distribution"][0]["includes"] == ["data/train-*.parquet"]
    splits, rows = told["recordSet"]
    assert splits["data"] == [{"default_splits/split_name": "train"}]
    assert [one["name"] for one in rows["field"]][1:] == list(
        pq.read_schema(made.out / made.section()["splits"]["train"]["shards"][0]).names
    )
    types = {one["name"]: one.get("dataType") for one in rows["field"]}
    assert types["image"] == "sc:ImageObject"
    assert types["mask"] == types["mask_2"] == ["sc:ImageObject", "cr:SegmentationMask"]
    for name in ("dataCollection", "dataAnnotationProtocol", "dataLimitations", "personalSensitiveInformation"):
        assert told[f"rai:{name}"]


def test_a_second_run_gives_the_same_bytes(made: Converted, tmp_path: Path) -> None:
    again = run("chase-db1", "clean", tmp_path, max_shard_size=9000)
    assert (again.out / CROISSANT).read_bytes() == (made.out / CROISSANT).read_bytes()


def test_an_edited_description_is_found_and_not_pushed(tmp_path: Path, desk: Desk) -> None:
    made = run("chase-db1", "clean", tmp_path)
    path = made.out / CROISSANT
    assert CROISSANT in gate.check(made.out).files
    path.write_text(path.read_text().replace("by/4.0", "zero/1.0"))
    (problem,) = verify(made.out).problems
    assert "somebody edited it" in str(problem)
    with pytest.raises(Refused, match=r"croissant\.json"):
        desk.push(made.out)


def test_whole_volumes_are_read_as_their_files(tmp_path: Path) -> None:
    made = run("brats", next(iter(PHANTOMS["brats"].VARIANTS)), tmp_path)
    for found, row in zip(read(made.out, "volumes"), made.rows("volumes"), strict=True):
        for name in ("image", "image_t1", "mask"):
            assert found[f"volumes/{name}"] == (row[name] and row[name]["bytes"])
    assert verify(made.out).ok


@pytest.mark.parametrize(("source", "config"), [("brats", "slices"), ("lidc-idri", "slices"), ("segpc-2021", "default")])
def test_columns_of_every_kind_are_loaded(source: str, config: str, tmp_path: Path) -> None:
    made = run(source, next(iter(PHANTOMS[source].VARIANTS)), tmp_path, configs=[])
    assert len(read(made.out, config)) == len(made.rows(config)) > 0
    assert verify(made.out).ok


def test_a_dataset_of_ones_own(tmp_path: Path) -> None:
    """It says what the about file says, and verification, which does not have that file, takes it."""
    variant = next(name for name in PHANTOMS["image-mask-folder"].VARIANTS if not name.startswith("refused"))
    made = run("image-mask-folder", variant, tmp_path)
    assert len(read(made.out)) == len(made.rows())
    assert verify(made.out).ok
