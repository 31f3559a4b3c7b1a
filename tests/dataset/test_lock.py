"""The lock of an output folder, and processes that are forked meanwhile."""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from hf_medseg.dataset.folder import Output
from hf_medseg.dataset.lock import writing


@pytest.mark.skipif(sys.platform == "win32", reason="forks")
def test_a_child_forked_while_another_thread_takes_a_lock_can_take_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waited for ever for a thread that its process does not have."""
    began, go, opened = threading.Event(), threading.Event(), os.open

    def held_up(path: Any, *rest: Any) -> int:
        if threading.current_thread() is not threading.main_thread():
            began.set()
            go.wait(10)
        return opened(path, *rest)

    monkeypatch.setattr(os, "open", held_up)

    def take(name: str) -> None:
        with writing(Output(tmp_path / name)):
            pass

    other = threading.Thread(target=take, args=("theirs",))
    other.start()
    began.wait(10)
    if (child := os.fork()) == 0:
        signal.alarm(10)
        take("mine")
        os._exit(0)
    status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    go.set()
    other.join()
    assert status == 0
