"""Who sees how far a job is: a bar in terminals and notebooks, nobody elsewhere, and whoever asks."""

from __future__ import annotations

import io
import sys
import types
from pathlib import Path

import pytest

import hf_medseg
from hf_medseg.progress import Progress, telling
from tests.support.harness import PHANTOMS


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def job(progress: object, out: Path) -> None:
    raw = PHANTOMS["chase-db1"].make(out.with_name("raw")).raw
    hf_medseg.convert("chase-db1", raw, out, workers=1, progress=progress)  # type: ignore[arg-type]
    hf_medseg.verify(out, progress)  # type: ignore[arg-type]


def test_a_script_in_a_terminal_shows_a_bar_unless_it_is_switched_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    job(True, tmp_path / "shown/out")
    assert "7 of 7 cases" in sys.stderr.getvalue()  # type: ignore[attr-defined]
    assert "1 of 1 shards" in sys.stderr.getvalue()  # type: ignore[attr-defined]
    monkeypatch.setattr(sys, "stderr", Terminal())
    job(False, tmp_path / "silent/out")
    assert sys.stderr.getvalue() == ""  # type: ignore[attr-defined]


@pytest.mark.parametrize(("measure", "told"), [((), "B/s"), (("rows",), " rows/s")])
def test_a_bar_counts_rows_where_no_bytes_are_counted(measure: tuple[str, ...], told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", Terminal())
    with telling(True, "shards") as tell:
        assert tell is not None
        tell(Progress("derive", 1, 2, 4, 20, *measure))
    assert f"?{told}" in sys.stderr.getvalue()  # type: ignore[attr-defined]


def test_nothing_is_shown_where_nobody_watches(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    job(True, tmp_path / "out")
    assert capsys.readouterr() == ("", "")


def test_a_notebook_shows_a_bar_though_it_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    def shell(module: str) -> types.ModuleType:
        ipython = types.ModuleType("IPython")
        ipython.get_ipython = type("Shell", (), {"__module__": module})  # type: ignore[attr-defined]
        return ipython

    monkeypatch.setitem(sys.modules, "IPython", shell("ipykernel.zmqshell"))
    with telling(True, "cases") as tell:
        assert tell is not None
    with telling(False, "cases") as tell:
        assert tell is None
    monkeypatch.setitem(sys.modules, "IPython", shell("IPython.terminal.interactiveshell"))
    with telling(True, "cases") as tell:
        assert tell is None, "IPython in a terminal is told by the terminal"


def test_whoever_asks_is_told_stage_and_numbers(tmp_path: Path) -> None:
    told: list[Progress] = []
    job(told.append, tmp_path / "out")
    assert {one.stage for one in told} == {"convert", "verify"}
    assert (told[-1].done, told[-1].of) == (1, 1)
