"""The site as a static Space: what is pushed is built for others to see, whatever was built before."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import yaml

from tests.site.datasets import Datasets

SCRIPT = Path(__file__).parents[2] / "upload" / "site.py"


class Hub:
    """Stands for the Hub's client: keeps what it was asked for, and the files that it was given."""

    endpoint = "https://hub.example"

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.files: dict[str, bytes] = {}

    def create_repo(self, repo: str, **options: Any) -> None:
        self.calls.append(f"{repo} {options['repo_type']} {options['space_sdk']}")

    def list_repo_files(self, repo: str, *, repo_type: str) -> list[str]:
        return list(self.files) or [".gitattributes", "README.md", "index.html", "style.css"]

    def upload_folder(self, *, repo_id: str, repo_type: str, folder_path: Path, delete_patterns: str, **_: Any) -> None:
        self.calls.append(f"{repo_id} {repo_type} without {delete_patterns}")
        self.files = {path.relative_to(folder_path).as_posix(): path.read_bytes() for path in folder_path.rglob("*") if path.is_file()}


@pytest.fixture
def upload() -> ModuleType:
    spec = importlib.util.spec_from_file_location("upload_site", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_a_space_gets_pictures_of_open_sets_alone(upload: ModuleType, datasets: Datasets, capsys: pytest.CaptureFixture[str]) -> None:
    hub = Hub()
    assert upload.main(["ns/site", str(datasets.pictures), str(datasets.restricted), "--rows", "1"], api=hub) == 0
    assert hub.calls == ["ns/site space static", "ns/site space without *"]
    assert {name.split("/")[1] for name in hub.files if name.startswith("pictures/")} == {"chase-db1"}
    assert b'"public": true' in hub.files["site.json"]
    front = yaml.safe_load(hub.files["README.md"].decode().split("---")[1])
    assert (front["sdk"], front["app_file"]) == ("static", "index.html")
    assert capsys.readouterr().out.endswith("https://hub.example/spaces/ns/site\n")


def test_a_dry_run_and_a_refusal_push_nothing(
    upload: ModuleType, datasets: Datasets, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = Hub()
    assert upload.main(["ns/site", "--dry-run"], api=hub) == 0
    assert "index.html" in capsys.readouterr().out.splitlines()
    assert upload.main(["ns/site", str(tmp_path)], api=hub) == 2
    assert "holds no rows" in capsys.readouterr().err
    assert hub.calls == []


def test_a_space_that_holds_something_else_is_not_emptied(upload: ModuleType, capsys: pytest.CaptureFixture[str]) -> None:
    hub = Hub()
    hub.files = {"README.md": b"theirs", "app.py": b"theirs"}
    assert upload.main(["ns/site"], api=hub) == 2
    assert capsys.readouterr().err == "ns/site holds something else (app.py), which would be deleted. Give a Space of its own.\n"
    assert set(hub.files) == {"README.md", "app.py"}
    hub.files = {}
    for _ in range(2):  # ours is brought up to date
        assert upload.main(["ns/site"], api=hub) == 0
    assert "site.json" in hub.files
