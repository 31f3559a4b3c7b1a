"""The publishing desk: open sources only, one record each, and a check against the Hub."""

from __future__ import annotations

import importlib.util
import inspect
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml
from huggingface_hub import DatasetCard, DatasetCardData

from hf_medseg.catalog.lookup import sources
from tests.publishing.test_push import content, quick
from tests.support.harness import run
from tests.support.hub.desk import Desk, open_desk

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=")
HERE = Path(__file__).parents[2] / "upload"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("publish", HERE / "publish.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    quick(monkeypatch)
    yield from open_desk("lfs", tmp_path, monkeypatch)


@pytest.fixture
def publish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = load()
    monkeypatch.setattr(module, "RELEASES", tmp_path / "releases")
    return module


@pytest.fixture(scope="module")
def conversions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("conversions")
    for source in ("chase-db1", "kvasir-seg", "segpc-2021"):
        shutil.move(run(source, "clean", tmp_path_factory.mktemp(source)).out, folder / source)
    return folder


def test_open_sources_are_published_recorded_and_grouped(desk: Desk, publish: ModuleType, conversions: Path, capsys: Any) -> None:
    given = [str(conversions), "--namespace", "ns", "--revision", "v1", "--collection", "Medical image segmentation"]
    assert publish.main([*given, "--dry-run"], desk.api) == 0
    assert not desk.local.repos
    assert not publish.RELEASES.exists()
    for _ in range(2):  # the second time changes nothing
        assert publish.main(given, desk.api) == 0
        assert list(desk.local.repos) == ["ns/chase-db1"]
        repo = desk.local.repos["ns/chase-db1"]
        assert repo.content() == content(conversions / "chase-db1", "ns/chase-db1")
        assert len(repo.commits) == 2
        (path,) = publish.RELEASES.iterdir()
        record = json.loads(path.read_text())
        assert (path.name, record["source"], record["repo"], record["tag"]) == ("chase-db1.json", "chase-db1", "ns/chase-db1", "v1")
        assert record["commit"] == repo.tags["v1"]
        assert record["rows"] == {"default": {"train": 7}}
        assert record["shards"].items() <= repo.content().items()
        assert all(one["date"] and one["url"] for one in record["license"]["evidence"])
        (collection,) = desk.local.collections.values()
        assert [item["id"] for item in collection["items"]] == ["ns/chase-db1"]
    said = capsys.readouterr().out
    assert "kvasir-seg stays here: tier restricted" in said
    assert "segpc-2021 stays here: tier noncommercial" in said


def test_the_records_are_compared_with_the_hub(desk: Desk, publish: ModuleType, conversions: Path, capsys: Any) -> None:
    publish.main([str(conversions), "--namespace", "ns", "--revision", "v1"], desk.api)
    anybody = desk.as_(False)
    assert publish.main(["--check"], anybody) == 0
    repo = desk.local.repos["ns/chase-db1"]
    repo.put("theirs", **{"more.txt": b"x"})
    assert publish.main(["--check"], anybody) == 0
    repo.tags["v1"] = repo.head.oid
    assert publish.main(["--check"], anybody) == 1
    repo.tags["v1"] = repo.commits[1].oid
    desk.fail("503", lambda method, path: "/revision/" in path)
    assert publish.main(["--check"], anybody) == 0
    desk.fail("drop before", times=10**9)
    capsys.readouterr()
    assert publish.main(["--check"], anybody) == 1
    assert capsys.readouterr().out == "chase-db1: ns/chase-db1 cannot be read: Server disconnected without sending a response\n"
    desk.local.faults.clear()
    desk.local.repos.clear()
    assert publish.main(["--check"], anybody) == 1
    next(publish.RELEASES.iterdir()).write_text("{")
    assert publish.main(["--check"], anybody) == 1
    assert "chase-db1.json is no release record" in capsys.readouterr().out


def test_what_cannot_be_read_or_recorded_is_said(
    desk: Desk, publish: ModuleType, conversions: Path, tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").mkdir()
    for folder, told in (("nowhere", "No such file or directory. Nothing was published"), ("empty", "holds no folder")):
        assert publish.main([str(tmp_path / folder), "--namespace", "ns", "--revision", "v1"], desk.api) == 2
        assert told in capsys.readouterr().err
    given = [str(conversions), "--namespace", "ns", "--revision", "v1"]
    (publish.RELEASES / "chase-db1.json").mkdir(parents=True)
    assert publish.main(given, desk.api) == 1
    assert "ns/chase-db1 is published and not recorded" in capsys.readouterr().err
    monkeypatch.setattr(publish, "RELEASES", tmp_path / "no" / "releases")
    desk.local.repos.clear()
    assert publish.main(given, desk.api) == 2
    assert not desk.local.repos


def test_a_tampered_conversion_stops_only_itself(desk: Desk, publish: ModuleType, conversions: Path, tmp_path: Path) -> None:
    folder = tmp_path / "conversions"
    shutil.copytree(conversions, folder)
    shutil.copy(next((folder / "kvasir-seg/data").iterdir()), folder / "kvasir-seg/data/test-00000-of-00001.parquet")
    assert publish.main([str(folder), "--namespace", "ns", "--revision", "v1"], desk.api) == 2
    assert list(desk.local.repos) == ["ns/chase-db1"]


def test_every_record_is_of_an_open_edition_as_the_catalog_has_it() -> None:
    for path in sorted(HERE.glob("releases/*.json")):
        record = json.loads(path.read_text())
        edition = next(one for one in sources()[record["source"]].editions if one.name == (record["edition"] or ""))
        assert record["license"]["tier"] == edition.license.tier == "open", path.name
        assert record["license"]["id"] == edition.license.id, path.name
        assert record["license"]["evidence"], path.name


def test_a_collection_that_fails_is_said_and_the_datasets_stand(
    desk: Desk, publish: ModuleType, conversions: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = [str(conversions), "--namespace", "ns", "--revision", "v1", "--collection", "Medical image segmentation"]
    for call in ("add_collection_item", "create_collection"):
        api = desk.api

        def fails(*_: Any, **__: Any) -> None:
            raise RuntimeError("403: no right to collections.")

        monkeypatch.setattr(api, call, fails)
        assert publish.main(given, api) == 1
        assert "(403: no right to collections). The datasets are published and recorded" in capsys.readouterr().err
        assert list(desk.local.repos) == ["ns/chase-db1"]
        assert [path.name for path in publish.RELEASES.iterdir()] == ["chase-db1.json"]


def test_a_collection_is_asked_for_again_where_that_helps(desk: Desk, publish: ModuleType, conversions: Path, capsys: Any) -> None:
    given = [str(conversions), "--namespace", "ns", "--revision", "v1", "--collection", "Medical image segmentation"]
    for kind in ("429 retry-after", "drop after", "cut"):
        desk.fail(kind, lambda method, path: path == "/api/collections")
        desk.fail(kind, lambda method, path: path.endswith(("/item", "/items")))
    assert publish.main(given, desk.api) == 0
    assert all(fault.fired for fault in desk.local.faults)
    assert "Too many requests; trying again in 3 s" in capsys.readouterr().err
    (collection,) = desk.local.collections.values()
    assert [item["id"] for item in collection["items"]] == ["ns/chase-db1"]
    desk.fail("200 of others", lambda method, path: path == "/api/collections")
    assert publish.main(given, desk.api) == 1
    assert "not made (an answer that is not the Hub's" in capsys.readouterr().err


def test_the_card_on_the_hub_calls_the_dataset_by_its_name(desk: Desk, conversions: Path, tmp_path: Path) -> None:
    desk.push(conversions / "chase-db1")
    there = desk.api.hf_hub_download(desk.repo_id, "README.md", repo_type="dataset", local_dir=tmp_path)
    card = Path(there).read_text()
    assert 'load_dataset("ns/chase")' in card
    assert "PATH" not in card.partition("## Columns")[0]
    assert 'load_dataset("PATH")' in (conversions / "chase-db1" / "README.md").read_text()
    desk.push(conversions / "chase-db1")
    assert len(desk.repo.commits) == 2  # the same card again is no change


def test_the_metadata_are_those_of_the_hubs_own_model(conversions: Path) -> None:
    for folder in sorted(conversions.iterdir()):
        text = (folder / "README.md").read_text()
        front = yaml.safe_load(text.split("---\n")[1])
        card = DatasetCard(text).data
        fields = {name for name in inspect.signature(DatasetCardData).parameters if name not in ("ignore_metadata_errors", "kwargs")}
        more = {"configs", "dataset_info", "license_name", "license_link", "tags"}  # the Hub's, which the client keeps as they are
        assert set(front) <= fields | more
        assert {name: value for name, value in card.to_dict().items() if name in front} == front
        assert front["language"] == []
        assert front["annotations_creators"]
        assert {info["config_name"] for info in front["dataset_info"]} == {one["config_name"] for one in front["configs"]} - {"preview"}
    front = yaml.safe_load((conversions / "chase-db1" / "README.md").read_text().split("---\n")[1])
    assert "doi:10.1109/TBME.2012.2205687" in front["tags"]
