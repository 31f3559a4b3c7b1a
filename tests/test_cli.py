"""The command line: exit codes, what goes where, and no traceback unless asked for."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from hf_medseg.catalog.lookup import facts
from hf_medseg.cli import VERBS, main, parser
from hf_medseg.cli.list import summary, table
from tests.support import kit
from tests.support.harness import PHANTOMS


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "hf_medseg", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return PHANTOMS["chase-db1"].make(tmp_path / "raw").raw


def test_done_is_0_and_silent_on_stderr(raw: Path, tmp_path: Path) -> None:
    ended = run("convert", "chase-db1", str(raw), str(tmp_path / "out"))
    assert ended.returncode == 0
    assert ended.stderr == "", "no progress where there is no terminal"
    assert "7 rows, 7 with mask" in ended.stdout
    assert run("verify", str(tmp_path / "out")).returncode == 0


def test_a_rejected_case_is_1_named_with_expectation_and_advice(raw: Path, tmp_path: Path) -> None:
    (raw / "Image_02L.jpg").write_bytes((raw / "Image_02L.jpg").read_bytes()[:-200])
    ended = run("convert", "chase-db1", str(raw), str(tmp_path / "out"))
    assert ended.returncode == 1
    assert "rejected Image_02L: Image_02L.jpg: the JPEG is cut" in ended.stderr
    assert "Fetch the file again" in ended.stderr
    assert "6 rows" in ended.stdout


def test_refused_is_2_before_anything_is_written(raw: Path, tmp_path: Path) -> None:
    for arguments in (
        ("convert", "drive", str(raw), str(tmp_path / "out")),
        ("convert", "no-such-source", str(raw), str(tmp_path / "out")),
        ("convert", "chase-db1", str(raw / "nowhere"), str(tmp_path / "out")),
        ("convert", "chase-db1", str(raw), str(tmp_path / "out"), "--config", "nonsense"),
        ("convert", "chase-db1", str(raw), str(tmp_path / "out"), "--edition", "nonsense"),
        ("convert", "chase-db1", str(raw), str(tmp_path / "out"), "--part", "x=y"),
        ("convert", "chase-db1", str(raw), str(tmp_path / "out"), "--workers", "0"),
        ("convert", "chase-db1", str(raw), str(tmp_path / "out"), "--max-shard-size", "many"),
        ("convert", "omnimedicalsearch", str(raw), str(tmp_path / "out")),
    ):
        ended = run(*arguments)
        assert ended.returncode == 2, arguments
        assert ended.stderr
        assert "Traceback" not in ended.stderr
        assert not (tmp_path / "out").exists()


def test_a_traceback_only_with_debug(
    raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*arguments: object, **options: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr("hf_medseg.catalog.lookup.find_facts", broken)
    assert main(["info", "drive"]) == 1
    assert "ZeroDivisionError: a bug" in capsys.readouterr().err
    with pytest.raises(ZeroDivisionError):
        main(["info", "drive", "--debug"])


def test_dry_run_says_what_would_happen(raw: Path, tmp_path: Path) -> None:
    ended = run("convert", "chase-db1", str(raw), str(tmp_path / "out"), "--dry-run")
    assert ended.returncode == 0
    assert "7 cases" in ended.stdout
    assert "Nothing was written" in ended.stdout
    assert not (tmp_path / "out").exists()


def test_sizes_are_read_as_people_write_them(raw: Path, tmp_path: Path) -> None:
    for size in ("3kB", "3000", "2.9KiB", "3 KB"):
        assert run("convert", "chase-db1", str(raw), str(tmp_path / size), "--max-shard-size", size).returncode == 0
        assert len(list((tmp_path / size / "data").iterdir())) > 1


def test_preview_draws_a_picture(raw: Path, tmp_path: Path) -> None:
    run("convert", "chase-db1", str(raw), str(tmp_path / "out"))
    ended = run("preview", str(tmp_path / "out"), "--rows", "3", "--to", str(tmp_path / "sheet.png"))
    assert ended.returncode == 0
    assert (tmp_path / "sheet.png").read_bytes().startswith(b"\x89PNG")


def test_verify_finds_what_was_changed(raw: Path, tmp_path: Path) -> None:
    run("convert", "chase-db1", str(raw), str(tmp_path / "out"))
    kit.write(tmp_path / "out" / "id2label.json", "{}")
    ended = run("verify", str(tmp_path / "out"), "--json")
    assert ended.returncode == 1
    assert json.loads(ended.stdout)["problems"]
    assert run("verify", str(tmp_path / "nowhere")).returncode != 0


def test_a_terminal_sees_progress(raw: Path, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "hf_medseg", "convert", "chase-db1", str(raw), str(tmp_path / "out"), "--max-shard-size", "3kB"]
    process = subprocess.Popen(command, stderr=theirs, stdout=subprocess.DEVNULL)
    os.close(theirs)
    seen = b""
    while True:
        try:
            piece = os.read(ours, 4096)
        except OSError:  # the other side closed its terminal
            break
        if not piece:
            break
        seen += piece
    os.close(ours)
    assert process.wait() == 0
    assert b"of 7 cases" in seen


def listed(*options: str, capsys: pytest.CaptureFixture[str]) -> set[str]:
    assert main(["list", "--json", *options]) == 0
    return {line["id"] for line in json.loads(capsys.readouterr().out)}


def test_the_catalog_is_filtered_by_what_people_ask_for(capsys: pytest.CaptureFixture[str]) -> None:
    everything = listed(capsys=capsys)
    assert {"chase-db1", "drive", "nih-cxr14"} <= everything
    assert "chase-db1" in listed("--tier", "open", capsys=capsys)
    assert "drive" not in listed("--tier", "open", capsys=capsys)
    assert "nih-cxr14" not in listed("--masks", capsys=capsys)
    assert {"chase-db1", "drive"} <= listed("--anatomy", "RETINA", "--task", "vessel", capsys=capsys)
    assert "kvasir-seg" in listed("--search", "polyp", capsys=capsys)
    assert listed("--search", "polyp", capsys=capsys) < everything
    assert main(["list", "--modality", "seismography"]) == 0
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "No source is like this. `hf-medseg list` shows all of them.\n")


def test_the_catalog_fits_a_terminal() -> None:
    lines = [summary(source) for source in facts().values()]
    for room in (40, 80, 120, 400):
        lines_shown = ["  ".join(cells) for cells in table(lines, room)]
        assert max(map(len, lines_shown)) <= room
        assert lines_shown[0].startswith("id")
        assert len(lines_shown) == len(lines) + 1
    assert next(table(lines, None))[-1].strip() == "title"


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_command_shows_examples_and_explains_every_option(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([verb, "--help"])
    assert f"  hf-medseg {verb}" in capsys.readouterr().out.partition("example")[2]
    command = next(action for action in parser()._actions if isinstance(action.choices, dict)).choices[verb]
    assert [action.dest for action in command._actions if not action.help] == []
    for line in VERBS[verb].EXAMPLES:
        parser().parse_args(line.split()[1:])
