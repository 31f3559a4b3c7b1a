"""A command among processes, signals, limits and streams that are not as usual: it cleans up, goes on, or says what is wrong."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hf_medseg import verify
from hf_medseg.cli import main
from tests.support import kit
from tests.support.harness import PHANTOMS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

# A conversion whose workers never end a shard by themselves; each says that it has begun.
SLOW = """
import os, sys, time
from pathlib import Path
import hf_medseg.conversion.run
from hf_medseg.cli import main
def forever(task, told=None):
    Path(os.environ["BEGUN"], str(os.getpid())).touch()
    from hf_medseg.dataset.storage import whole_file
    with whole_file(task.target, task.unfinished) as here:
        Path(here).write_bytes(b"unfinished")
        while True:
            time.sleep(0.01)
sys.modules["hf_medseg.conversion.run"].write_shard = forever
sys.exit(main(sys.argv[1:]))
"""


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    return PHANTOMS["chase-db1"].make(tmp_path / "raw").raw


@pytest.fixture
def packed(raw: Path, tmp_path: Path) -> Path:
    """The raw tree as a `.tar.gz`, whose index is kept in the temporary folder while it is planned."""
    return kit.as_tar(raw, tmp_path / "chase.tar.gz")


def until(true: Callable[[], bool], seconds: float = 30) -> bool:
    end = time.monotonic() + seconds
    while not (found := true()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def as_in_a_terminal() -> None:
    """A suite that was started with nohup hands on that SIGHUP is to be ignored, one in the background of a shell SIGINT."""
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def slow(packed: Path, tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """A conversion in the middle of its work, and its workers."""
    for folder in ("begun", "temporary"):
        (tmp_path / folder).mkdir()
    environment = {**os.environ, "BEGUN": str(tmp_path / "begun"), "TMPDIR": str(tmp_path / "temporary")}
    command = [sys.executable, "-c", SLOW, "convert", "chase-db1", str(packed), str(tmp_path / "out"), "--workers", "2"]
    started = subprocess.Popen(
        [*command, "--max-shard-size", "3000"], env=environment, stdout=-1, stderr=-1, text=True, preexec_fn=as_in_a_terminal
    )
    workers: list[int] = []
    try:
        assert until(lambda: len(list((tmp_path / "begun").iterdir())) == 2)
        workers += [int(path.name) for path in (tmp_path / "begun").iterdir()]
        assert list((tmp_path / "temporary").iterdir())
        yield started, workers
    finally:
        for pid in (started.pid, *workers):
            if running(pid):
                os.kill(pid, signal.SIGKILL)
        started.communicate()


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129), (signal.SIGKILL, -9)],
    ids=["SIGTERM", "SIGINT", "SIGHUP", "SIGKILL"],
)
def test_workers_end_with_their_parent_and_nothing_stays(
    number: signal.Signals, code: int, slow: tuple[subprocess.Popen[str], list[int]], tmp_path: Path
) -> None:
    started, workers = slow
    started.send_signal(number)
    out, error = started.communicate(timeout=30)  # the workers hold its pipes no longer
    assert started.returncode == code
    assert out == ""
    assert error == ("" if number == signal.SIGKILL else "Broken off. What is finished is kept; the same command carries on.\n")
    assert until(lambda: not any(map(running, workers)), 10)
    assert until(lambda: list((tmp_path / "temporary").iterdir()) == [], 10)
    assert [path for path in (tmp_path / "out").rglob("*") if path.is_file() and b"unfinished" in path.read_bytes()] == []


SCRIPT = """
import multiprocessing, sys
multiprocessing.set_start_method(sys.argv[1])
import hf_medseg
print("begun")
print(hf_medseg.convert("chase-db1", sys.argv[2], sys.argv[3], workers=2, max_shard_size=3000).rows)
"""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_a_plain_script_without_the_line_about_main(method: str, packed: Path, tmp_path: Path) -> None:
    script = kit.write(tmp_path / "script.py", SCRIPT)
    ended = subprocess.run([sys.executable, str(script), method, str(packed), str(tmp_path / "out")], capture_output=True, text=True)
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "begun\n7\n", "")


def shell(line: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Runs the command line in a shell line that says `HERE` where it stands."""
    command = " ".join(f"'{one}'" for one in (sys.executable, "-m", "hf_medseg", *arguments))
    return subprocess.run(["bash", "-c", line.replace("HERE", command)], capture_output=True, text=True, env={**os.environ, **environment})


@pytest.mark.parametrize("line", ["HERE 2>&-", "HERE <&- >&- 2>&-", "HERE >&-", "HERE 2>/dev/full"])
def test_closed_streams_change_nothing(line: str, raw: Path, tmp_path: Path) -> None:
    (raw / "Image_02L.jpg").write_bytes(b"cut")  # so that something is said on standard error
    ended = shell(line, "convert", "chase-db1", str(raw), str(tmp_path / "out"), "--workers", "2", "--max-shard-size", "3000")
    assert ended.returncode == 1
    assert ("6 rows" in ended.stdout) == (">&- " not in line and line != "HERE >&-")
    assert verify(tmp_path / "out").rows == 6


def test_a_full_device_as_standard_output(raw: Path, tmp_path: Path) -> None:
    ended = shell("HERE > /dev/full", "convert", "chase-db1", str(raw), str(tmp_path / "out"))
    assert ended.returncode == 1
    assert ended.stderr == f"What was found could not be printed (No space left on device). {tmp_path / 'out'} is whole.\n"
    assert verify(tmp_path / "out").ok


def test_what_a_killed_conversion_of_one_worker_left_is_deleted_by_the_next_one(packed: Path, tmp_path: Path) -> None:
    (tmp_path / "temporary").mkdir()
    (tmp_path / "begun").mkdir()
    environment = {**os.environ, "BEGUN": str(tmp_path / "begun"), "TMPDIR": str(tmp_path / "temporary")}
    command = [sys.executable, "-c", SLOW, "convert", "chase-db1", str(packed), str(tmp_path / "out"), "--workers", "1"]
    with subprocess.Popen(command, env=environment) as started:
        assert until(lambda: list((tmp_path / "begun").iterdir()) != [])
        started.kill()
    assert list((tmp_path / "temporary").iterdir()) != []
    assert shell("HERE", "convert", "chase-db1", str(packed), str(tmp_path / "other"), TMPDIR=environment["TMPDIR"]).returncode == 0
    assert list((tmp_path / "temporary").iterdir()) == []


@pytest.mark.parametrize("name", ["out", "out/deeper"])
def test_an_out_that_cannot_be_written_is_refused_before_anything_is_read(
    name: str, raw: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "out").mkdir()

    def refuse(dir: Path) -> None:
        assert dir == tmp_path / "out"
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    monkeypatch.setattr(sys.modules["hf_medseg.conversion.run"], "make_plan", lambda *arguments: pytest.fail("it was planned"))
    assert main(["convert", "chase-db1", str(raw), str(tmp_path / name)]) == 2
    assert "nothing can be written" in capsys.readouterr().err
    assert list((tmp_path / "out").iterdir()) == []


def test_an_out_where_the_system_grants_what_it_does_not_keep(raw: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "chase-db1", str(raw), "/proc/out"]) == 2  # the administrator may write there, it says
    assert capsys.readouterr().err.startswith("/proc/out: nothing can be written to /proc (")


@pytest.mark.parametrize("below", ["", "deeper"])
def test_an_out_that_is_a_link_to_nothing_is_refused_in_words(
    below: str, raw: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`File exists` was all that was said."""
    (tmp_path / "out").symlink_to(tmp_path / "nowhere")
    out = tmp_path / "out" / below
    assert main(["convert", "chase-db1", str(raw), str(out)]) == 2
    assert capsys.readouterr().err.startswith(f"{out}: {tmp_path / 'out'} is a link to something that is not there.")


def test_a_reader_that_goes_away_is_no_error() -> None:
    ended = shell("HERE | head -n 1; exit ${PIPESTATUS[0]}", "list")
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize("environment", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}])
@pytest.mark.parametrize("command", [("list",), ("info", "kvasir-seg"), ("info", "adni"), ("--help",), ("convert", "--help")])
def test_ascii_terminals(environment: dict[str, str], command: tuple[str, ...]) -> None:
    ended = shell("HERE", *command, **environment)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.isascii()


def test_files_are_utf8_in_every_locale(raw: Path, tmp_path: Path) -> None:
    """Warnings about a locale's encoding are errors here."""
    arguments = ("convert", "chase-db1", str(raw), str(tmp_path / "one"), "--max-shard-size", "3000", "--workers", "1")
    assert shell("HERE", *arguments).returncode == 0
    other = [arguments[0], arguments[1], arguments[2], str(tmp_path / "other"), *arguments[4:]]
    ended = shell("HERE", *other, LC_ALL="C", PYTHONUTF8="0", PYTHONCOERCECLOCALE="0", PYTHONWARNDEFAULTENCODING="1")
    assert ended.returncode == 0
    assert [line for line in ended.stderr.splitlines() if "EncodingWarning" in line and "/hf_medseg/" in line] == []
    for name in ("README.md", "report.json", "id2label.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()


def test_too_little_address_space_is_refused_in_words(raw: Path, tmp_path: Path) -> None:
    for granted in (150_000, 300_000, 600_000):
        ended = shell(f"ulimit -v {granted}; HERE", "convert", "chase-db1", str(raw), str(tmp_path / "out"))
        assert ended.returncode == 2
        assert "ulimit -v" in ended.stderr
        assert not (tmp_path / "out").exists()


def test_a_worker_without_memory_ends_the_run_with_advice(raw: Path, tmp_path: Path) -> None:
    code = SLOW.replace("while True:", "raise MemoryError").replace("            time.sleep(0.01)\n", "")
    command = [sys.executable, "-c", code, "convert", "chase-db1", str(raw), str(tmp_path / "out"), "--workers", "2"]
    environment = {**os.environ, "BEGUN": str(tmp_path)}
    ended = subprocess.run([*command, "--max-shard-size", "3000"], capture_output=True, text=True, env=environment)
    assert ended.returncode == 1
    assert ended.stderr.startswith("Memory ran out.")
    assert "--workers" in ended.stderr
