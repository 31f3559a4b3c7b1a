"""Temporary folders: whoever is killed leaves one, and the next process deletes it; never that of a living one, nor anybody else's."""

from __future__ import annotations

import errno
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from hf_medseg.dataset.temporary import temporary_folder

WAIT = """
import os, sys
from hf_medseg.dataset.temporary import temporary_folder
with temporary_folder() as folder:
    (folder / "index").write_bytes(b"index")
    if sys.argv[1:] and os.fork() == 0:
        os.close(1)
        sys.stdin.read()
        os._exit(0)
    print(folder, flush=True)
    sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def above(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def begin(*arguments: str) -> tuple[subprocess.Popen[str], Path]:
    process = subprocess.Popen([sys.executable, "-c", WAIT, *arguments], stdin=-1, stdout=-1, text=True)
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def test_the_folder_of_a_killed_process_goes_and_that_of_a_living_one_stays(above: Path) -> None:
    living, its = begin()
    killed, left = begin()
    killed.kill()
    killed.communicate()
    with temporary_folder() as mine, temporary_folder() as second:
        assert set(above.iterdir()) == {one.parent for one in (its, mine, second)}
        assert not left.exists() and list(mine.iterdir()) == []
    living.communicate("")
    assert list(above.iterdir()) == []


def test_a_folder_that_is_being_made_is_not_taken_for_one_that_was_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers that began at once swept each other's: now and then a shard could not be written to an object store."""
    fcntl = pytest.importorskip("fcntl")
    flock, others = fcntl.flock, [temporary_folder]

    def meanwhile(file: int, how: int) -> None:
        if others:  # somebody else begins before ours is locked
            with others.pop()():
                pass
        flock(file, how)

    monkeypatch.setattr(fcntl, "flock", meanwhile)
    with temporary_folder() as mine:
        assert mine.is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_what_a_worker_still_uses_stays(above: Path) -> None:
    parent, its = begin("fork")
    parent.kill()
    parent.wait()
    with temporary_folder():
        assert (its / "index").exists()
    parent.communicate()  # closes what the child waits for, and waits until it has ended
    for _ in range(10_000):  # the system closes the files of a process that ends one after another
        with temporary_folder() as mine:
            left = list(above.iterdir())
        if left == [mine.parent]:
            break
    assert left == [mine.parent]


@pytest.mark.skipif(sys.platform == "win32", reason="locks otherwise")
def test_where_there_are_no_locks_folders_are_made_and_none_is_taken_for_one_that_was_left(
    above: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl

    def none(file: int, how: int) -> None:
        raise OSError(errno.ENOTSUP, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", none)
    (above / "deeper").mkdir()
    with temporary_folder(above / "deeper") as one, temporary_folder(above / "deeper") as second:
        assert set((above / "deeper").iterdir()) == {one.parent, second.parent}
    assert list((above / "deeper").iterdir()) == []


def test_folders_of_others_are_left_alone(above: Path) -> None:
    names = ("hf_medseg-mine/files", "hf_medseg-" + 32 * "0" + "/kept", "other/files")
    for name in names:
        (above / name).mkdir(parents=True)
    (above / ("hf_medseg-" + 32 * "1")).symlink_to(above / "other")
    with temporary_folder():
        assert all((above / name).is_dir() for name in names)
