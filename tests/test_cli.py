"""The command line: exit codes, what goes where, and no traceback unless asked for."""

from __future__ import annotations

import json
import os
import pty
import shlex
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from hf_medseg.catalog.facts import Facts
from hf_medseg.catalog.lookup import facts
from hf_medseg.cli import VERBS, main, parser, terminal
from hf_medseg.cli import verb as module_of
from hf_medseg.cli.info import screen
from hf_medseg.cli.list import summary, table
from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from tests.support import kit
from tests.support.harness import PHANTOMS

ROOT = Path(__file__).parents[1]


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


def test_names_of_files_command_no_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A name could begin a message of its own, clear the screen or turn what is read."""
    name = "a\nrejected b: nothing.\x1b[2J\r\u202egnp.png"
    for folder, data in (("images", kit.encode(kit.colour("a", 6, 7))), ("masks", b"no picture")):
        kit.write(tmp_path / "raw" / folder / name, data)
    assert main(["convert", "image-mask-folder", str(tmp_path / "raw"), str(tmp_path / "out"), "--workers", "1"]) == 1
    (line,) = (line for line in capsys.readouterr().err.splitlines() if "rejected" in line)
    assert r"masks/a\nrejected b: nothing.\x1b[2J\r\u202egnp.png: cannot be decoded" in line


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


@pytest.mark.parametrize("words", [["convert", "chase-db1", "", "OUT"], ["convert", "chase-db1", "RAW", ""], ["verify", ""]])
def test_an_empty_name_is_not_the_root_of_the_machine(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With a variable that was not set all disks were read, or a dataset was written into the folder one was in."""
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert "An empty name was given" in capsys.readouterr().err
    assert not [*tmp_path.iterdir()]
    with pytest.raises(Refused, match="RAW is an empty name"):
        convert("chase-db1", "", tmp_path / "out")


def test_whoever_names_no_command_is_shown_all_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert all(f"\n    {verb}" in told.err for verb in VERBS)
    with pytest.raises(SystemExit, match="2"):
        main(["no-such-command"])


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


@pytest.mark.parametrize(("ending", "code"), [(KeyboardInterrupt(), 130), (terminal.Ended(signal.SIGTERM), 143)])
def test_a_signal_while_a_class_is_made_ends_the_command_like_any_other(
    ending: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Stops:
        def __set_name__(self, owner: type, name: str) -> None:
            raise ending

    monkeypatch.setattr("hf_medseg.cli.list.run", lambda given: type("Made", (), {"one": Stops()}) and 0)
    assert main(["list"]) == code
    assert capsys.readouterr().err.startswith("Broken off.")


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
    shown = {"--help", "--verbose", "--quiet", "--debug"}  # which every command has
    for line in module_of(verb).EXAMPLES:
        command_line = line.partition(" > ")[0]
        words = shlex.split(command_line)[1:]
        shown.update(words)
        parser({verb}).parse_args(words)
        assert len(command_line) <= 78
    assert [action.dest for action in command._actions if action.option_strings and not shown.intersection(action.option_strings)] == []


@pytest.mark.parametrize("source", facts().values(), ids=lambda source: source.id)
def test_info_is_one_screen_that_leads_on(source: Facts) -> None:
    lines = list(screen(source, 80))
    if source.about:  # the about file to fill in follows
        lines = lines[: lines.index("about.toml, a template:")]
    assert len(lines) <= 24
    assert [line for line in lines if len(line) > 80 and line != source.homepage and not line.startswith("license")] == []
    assert lines[0].startswith(f"{source.id}: ")
    assert any(f"hf-medseg info {source.id} --all" in line for line in lines)
    for edition in source.editions:
        assert source.about or any(line.startswith("license") and f"tier {edition.license.tier}" in line for line in lines)


def test_info_of_one_edition_says_all_of_that_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "brats", "--edition", "2021-tcia"]) == 0
    told = capsys.readouterr().out
    assert "tier open" in told
    assert "restricted" not in told
    assert main(["info", "brats", "--edition", "2021-tcia", "--json"]) == 0
    assert [one["name"] for one in json.loads(capsys.readouterr().out)["editions"]] == ["2021-tcia"]
    for extra in ([], ["--json"]):
        assert main(["info", "brats", "--edition", "1999", *extra]) == 2
    assert "no edition '1999'; it has: 2017," in capsys.readouterr().err


def test_convert_for_programs(raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (raw / "Image_02L.jpg").write_bytes((raw / "Image_02L.jpg").read_bytes()[:-200])
    command = ["convert", "chase-db1", str(raw), str(tmp_path / "out"), "--workers", "1", "--json"]
    assert main([*command, "--dry-run"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert (planned["rows"], planned["configs"]["default"]["cases"], planned["made"]) == (0, {"train": 7}, [])
    assert main(command) == 1
    done = json.loads(capsys.readouterr().out)
    assert (done["source"], done["edition"], done["license"], done["tier"]) == ("chase-db1", None, "cc-by-4.0", "open")
    assert (done["rows"], done["configs"]["default"]["splits"]["train"]["rows"]) == (6, 6)
    assert [one["image_id"] for one in done["rejected"]] == ["Image_02L"]
    assert done["made"] == ["data/train-00000-of-00001.parquet"]


def test_quiet_says_what_is_wrong_and_nothing_else(raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    assert main(["convert", "chase-db1", str(raw), out, "--workers", "1", "-q"]) == 0
    assert main(["verify", out, "--quiet"]) == 0
    assert main(["preview", out, "-q"]) == 0
    assert capsys.readouterr() == ("", "")
    (raw / "Image_02L.jpg").write_bytes(b"")
    assert main(["convert", "chase-db1", str(raw), out, "--workers", "1", "-q"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("rejected Image_02L: ")
    assert main(["convert", "chase-db1", str(raw), out, "-q", "--dry-run"]) == 0
    assert "7 cases" in capsys.readouterr().out, "what was asked for is shown"


def test_verbose_says_each_step_and_the_logger_is_left_as_it_was(raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = (terminal.LOG.level, terminal.LOG.propagate, list(terminal.LOG.handlers))
    assert main(["convert", "chase-db1", str(raw), str(tmp_path / "out"), "--workers", "1", "-v"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        "chase-db1: 7 cases in 1 shard",
        "data/train-00000-of-00001.parquet: 7 rows, 0 rejected",
    ]
    assert main(["convert", "chase-db1", str(raw), str(tmp_path / "out"), "--workers", "1", "-v"]) == 0
    assert "data/train-00000-of-00001.parquet: kept" in capsys.readouterr().err
    assert (terminal.LOG.level, terminal.LOG.propagate, list(terminal.LOG.handlers)) == before


def test_colours_are_for_terminals_that_want_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert terminal.coloured("open", "32") == "open", "standard output is a file here"
    monkeypatch.setattr("sys.stdout", type("Terminal", (), {"isatty": lambda self: True})())
    assert terminal.coloured("open", "32") == "\x1b[32mopen\x1b[0m"
    monkeypatch.setenv("NO_COLOR", "")
    assert terminal.coloured("open", "32") != "open", "only a value counts"
    monkeypatch.setenv("NO_COLOR", "1")
    assert terminal.coloured("open", "32") == "open"
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert terminal.coloured("open", "32") == "open"


def completed(script: Path, *words: str) -> set[str]:
    """What bash offers for the last of these words."""
    line = f"source '{script}'; COMP_WORDS=({shlex.join(words)}); COMP_CWORD={len(words) - 1}; "
    ask = line + 'f=$(complete -p hf-medseg | sed "s/.*-F \\([^ ]*\\).*/\\1/"); $f; printf "%s\n" "${COMPREPLY[@]}"'
    return set(subprocess.run(["bash", "-c", ask], capture_output=True, text=True, check=True).stdout.split())


def test_bash_completes_commands_options_sources_and_tiers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "bash"]) == 0
    script = kit.write(tmp_path / "completion", capsys.readouterr().out)
    assert completed(script, "hf-medseg", "con") == {"convert"}
    assert completed(script, "hf-medseg", "convert", "chase") == {"chase-db1"}
    assert "--max-shard-size" in completed(script, "hf-medseg", "convert", "chase-db1", "--m")
    assert completed(script, "hf-medseg", "list", "--tier", "non") == {"noncommercial"}
    kit.write(tmp_path / "CHASEDB1.zip", "")
    assert completed(script, "hf-medseg", "convert", "chase-db1", f"{tmp_path}/CHA") == {f"{tmp_path}/CHASEDB1.zip"}


@pytest.mark.parametrize("shell", ["zsh", "fish", "tcsh", "powershell"])
def test_other_shells_have_a_completion_too(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    assert "chase-db1" in capsys.readouterr().out


def test_hf_finds_the_command_as_an_extension(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("hf")
    ours = Path(sys.executable).with_name("hf-medseg")
    if not (program.exists() and (program.parent.parent / "lib").exists()):
        pytest.skip("the Hub's command line is not beside this Python")
    told = {"owner": "hf-medseg", "repo": "hf-medseg", "repo_id": "hf-medseg/hf-medseg", "short_name": "medseg", "type": "python"}
    manifest = {**told, "executable_path": str(ours), "installed_at": "2026-01-01T00:00:00"}
    kit.write(tmp_path / ".local/share/hf/extensions/hf-medseg/manifest.json", json.dumps(manifest))
    quiet = {"HOME": str(tmp_path), "HF_HUB_DISABLE_UPDATE_CHECK": "1", "HF_HUB_OFFLINE": "1"}
    ended = subprocess.run([program, "medseg", "info", "chase-db1", "--json"], env={**os.environ, **quiet}, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["id"] == "chase-db1"
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["scripts"] == {"hf-medseg": "hf_medseg.cli:main"}
    assert not (ROOT / "hf-medseg").exists(), "a file of that name would be taken for a program"
