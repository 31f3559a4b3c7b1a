"""What libraries say about odd files does not reach the user's terminal."""

from __future__ import annotations

import logging
import os
import struct
import subprocess
import sys
import threading
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import hf_medseg
from hf_medseg.conversion.quiet import quiet
from tests.support.harness import PHANTOMS

XRESOLUTION = 282


def make_odd(path: Path) -> None:
    """Gives a TIFF two horizontal resolutions, as old scans have them: Pillow warns of it when it opens the file."""
    with Image.open(path) as picture:
        pixels = picture.copy()
    pixels.save(path, "TIFF", dpi=(300, 300))
    data = bytearray(path.read_bytes())
    (start,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, start)
    for entry in range(start + 2, start + 2 + 12 * count, 12):
        if struct.unpack_from("<H", data, entry)[0] == XRESOLUTION:
            struct.pack_into("<I", data, entry + 4, 2)
    path.write_bytes(data)
    with warnings.catch_warnings(record=True) as said, Image.open(path) as picture:
        warnings.simplefilter("always")
        picture.load()
    assert any("tag 282" in str(one.message) for one in said), "the file must be odd enough"


@pytest.mark.parametrize("source", ["drive", "usc-sipi", "lgg-mri"])
@pytest.mark.parametrize("command", ["convert", "check"])
def test_the_terminal_stays_clean(source: str, command: str, tmp_path: Path) -> None:
    raw = PHANTOMS[source].make(tmp_path / "raw").raw
    for path in [path for path in raw.rglob("*") if path.suffix.lower() in (".tif", ".tiff")]:
        make_odd(path)
    words = [sys.executable, "-W", "always", "-m", "hf_medseg", command, source, str(raw)]
    words += [str(tmp_path / "out"), "--workers", "2"] if command == "convert" else []
    done = subprocess.run(words, check=False, capture_output=True, text=True, env={**os.environ, "PYTHONWARNINGS": "always"})
    assert "Warning" not in done.stderr + done.stdout, done.stderr
    assert "tag 282" not in done.stderr
    if command == "convert":
        assert done.returncode == 0, done.stderr


def test_nothing_is_left_in_the_process_of_the_caller(tmp_path: Path) -> None:
    raw = PHANTOMS["drive"].make(tmp_path / "raw").raw
    for path in raw.rglob("*.tif"):
        make_odd(path)
    log = logging.getLogger("tifffile")
    before, filters = log.disabled, list(warnings.filters)
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        hf_medseg.convert("drive", raw, tmp_path / "out", workers=1)
        assert not [str(one.message) for one in said if one.category is UserWarning]
    assert (log.disabled, list(warnings.filters)) == (before, filters)


@pytest.mark.parametrize("name", ["tifffile", "pydicom", "nibabel.global", "PIL.TiffImagePlugin"])
def test_libraries_that_log_are_silent_too_and_speak_again_after(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    log = logging.getLogger(name)
    handler = logging.StreamHandler(sys.stderr)
    log.addHandler(handler)
    try:
        with pytest.raises(ValueError, match="broken off"), quiet():
            log.warning("Patient's Name: Weiss^Ida")
            np.float64(1) / np.float64(0)
            raise ValueError("broken off")
        assert capsys.readouterr().err == ""
        log.warning("again")
        assert capsys.readouterr().err == "again\n"
    finally:
        log.removeHandler(handler)


def test_two_threads_that_read_at_once_leave_the_process_as_it_was() -> None:
    log, filters = logging.getLogger("tifffile"), list(warnings.filters)
    entered, left = threading.Event(), threading.Event()

    def other() -> None:
        with quiet():
            entered.set()
            left.wait(10)
            assert log.disabled

    beside = threading.Thread(target=other)
    with quiet():
        beside.start()
        assert entered.wait(10)
    left.set()
    beside.join()
    assert (log.disabled, list(warnings.filters)) == (False, filters)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_child_forked_while_another_thread_reads_is_not_silent_for_ever() -> None:
    log = logging.getLogger("tifffile")
    entered, left = threading.Event(), threading.Event()

    def other() -> None:
        with quiet():
            entered.set()
            left.wait(10)

    beside = threading.Thread(target=other)
    beside.start()
    assert entered.wait(10)
    with warnings.catch_warnings(action="ignore"):  # newer Pythons warn of the very case
        child = os.fork()
    if not child:
        with quiet():
            inside = log.disabled
        os._exit(0 if inside and not log.disabled else 1)
    left.set()
    beside.join()
    assert os.waitpid(child, 0)[1] == 0
