"""What `make demo` shows: a retina with its vessels, the same on every machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.support import demo, retina
from tests.support.kit import files_of


def test_the_pictures_are_a_retina_with_vessels_of_two_observers(tmp_path: Path) -> None:
    retina.write(tmp_path)
    first, second = (np.asarray(Image.open(tmp_path / f"Image_01L_{name}HO.png")) for name in ("1st", "2nd"))
    image = np.asarray(Image.open(tmp_path / "Image_01L.jpg")).astype(float)
    assert first.dtype == second.dtype == bool
    assert 0.03 < first.mean() < 0.15
    assert 0 < (first & ~second).sum() < first.sum() / 2, "the second observer overlooks thin vessels"
    around = retina.inside().astype(bool) & ~first & ~second
    assert image[first].mean() < image[around].mean() - 20, "vessels are darker than the retina"
    assert image[~retina.inside().astype(bool)].mean() < 5
    x, y = map(round, retina.optic_disc("01L"))
    assert image[y, x - 14].sum() > image[around].sum(axis=1).mean() + 200, "the optic disc is bright"
    assert x < retina.WIDTH / 2 < retina.optic_disc("01R")[0]


def test_the_pictures_are_the_same_every_time(tmp_path: Path) -> None:
    retina.write(tmp_path / "a")
    retina.write(tmp_path / "b")
    one, two = ([(name, path.read_bytes()) for name, path in files_of(tmp_path / side)] for side in "ab")
    assert one == two
    assert len({data for _, data in one}) == len(one) == 24


def test_the_demo_runs_and_says_what_it_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(tmp_path)
    assert demo.main() == 0
    told = capsys.readouterr().out
    for words in (
        "8 rows, 8 with mask",
        "everything as promised.",
        "streamed: 8 rows",
        "image RGB (400, 384), mask L with the values [0, 1]",
    ):
        assert words in told
    with Image.open("demo/preview.png") as sheet:
        assert sheet.width > 600
