"""The public face: what a notebook shows, and what results print as."""

from __future__ import annotations

import ast
import shlex
import tomllib
from pathlib import Path

import pytest

import hf_medseg
from hf_medseg.errors import how_to_install
from tests.support.harness import PHANTOMS

CODE = Path(hf_medseg.__file__).parent


def test_tab_shows_what_users_need_and_all_of_it_is_there() -> None:
    assert dir(hf_medseg) == sorted([*hf_medseg.__all__, "__version__"])
    for name in hf_medseg.__all__:
        assert getattr(hf_medseg, name).__doc__
    with pytest.raises(AttributeError, match="hf_medseg has no 'covnert'"):
        hf_medseg.covnert  # noqa: B018


def test_every_error_that_a_caller_may_catch_is_exported() -> None:
    raised = {
        node.name
        for path in CODE.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and any(isinstance(base, ast.Name) and base.id == "MedsegError" for base in node.bases)
    }
    assert {"Refused", "Rejected"} <= raised
    assert raised | {"MedsegError", "MissingExtra"} <= set(hf_medseg.__all__)


def test_what_is_missing_is_named_by_packages_that_can_be_installed_as_they_stand() -> None:
    extras = tomllib.loads((CODE.parent / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    calls = [
        node for path in CODE.rglob("*.py") for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Call)
    ]
    named = [call.args[-1] for call in calls if isinstance(call.func, ast.Name) and call.func.id in ("MissingExtra", "how_to_install")]
    asked = {one.value for one in named if isinstance(one, ast.Constant)}
    assert {"nifti", "dicom", "excel"} <= asked <= set(extras)
    for extra in sorted(asked):
        told = how_to_install(extras[extra][0].partition(">")[0], str(extra))
        assert told.startswith("Run: pip install ")
        assert sorted(shlex.split(told)[3:]) == sorted(extras[extra])
        assert "hf-medseg" not in told
    assert how_to_install("library", "no-such-extra") == "Run: pip install library"


def test_a_conversion_prints_as_a_few_lines(tmp_path: Path) -> None:
    raw = PHANTOMS["chase-db1"].make(tmp_path / "raw").raw
    planned = repr(hf_medseg.convert("chase-db1", raw, tmp_path / "out", dry_run=True))
    assert planned == f"chase-db1, planned for {tmp_path / 'out'}\n  default / train: 7 cases\n  shards: 0 made, 0 kept; rejected: 0"
    done = repr(hf_medseg.convert("chase-db1", raw, tmp_path / "out", workers=1))
    assert done == f"chase-db1, 7 rows in {tmp_path / 'out'}\n  default / train: 7 cases\n  shards: 1 made, 0 kept; rejected: 0"


def test_the_catalog_prints_as_a_table_and_stays_a_mapping() -> None:
    catalog = hf_medseg.sources()
    lines = repr(catalog).splitlines()
    assert [line.split()[0] for line in lines] == list(catalog)
    assert catalog["chase-db1"].title in next(line for line in lines if line.startswith("chase-db1 "))


def test_a_source_and_a_download_print_as_a_few_lines(tmp_path: Path) -> None:
    assert repr(hf_medseg.sources()["chase-db1"]) == "chase-db1: CHASE_DB1 retinal vessel reference dataset (open)"
    told = repr(hf_medseg.download("chase-db1", tmp_path / "raw", dry_run=True))
    assert told == f"chase-db1 in {tmp_path / 'raw'}\n  fetched: CHASEDB1.zip"
