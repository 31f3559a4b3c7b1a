"""The benchmark runs, at a size that says nothing about speed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from benchmarks.__main__ import main, merged
from benchmarks.corpora import corpus
from benchmarks.lines import LINES, Goal, Result
from benchmarks.table import GOOD, picture, table
from tests.conversion.test_wide import hashes


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Corpora, which every line would make anew."""
    return tmp_path_factory.mktemp("home")


@pytest.mark.parametrize("line", LINES)
def test_every_line_runs_small(line: str, home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    if line == "shuffled":
        pytest.importorskip("torch")
    sheet = tmp_path / "speed.png"
    arguments = ["--size", "small", "--lines", line, "--home", str(home), "--picture", str(sheet)]
    if line == "starting":  # as it is called by whoever measures
        command = [sys.executable, "-m", "benchmarks", *arguments]
        done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-3000:]
        printed = done.stdout
    else:
        assert main(arguments) == 0
        printed = capsys.readouterr().out
    assert printed.startswith("| step |")
    assert len(printed.splitlines()) > 2
    with Image.open(sheet) as drawn:
        assert drawn.width > 1000
    assert not list(home.glob("run-*"))


def test_a_corpus_is_the_same_every_time(tmp_path: Path) -> None:
    assert hashes(corpus(tmp_path / "a", "pairs", 3)) == hashes(corpus(tmp_path / "b", "pairs", 3))


def test_the_table_says_what_was_missed(tmp_path: Path) -> None:
    met, missed = Result(Goal("fast", "peer", 0.5, 0.3), [0.4, 0.2, 0.6]), Result(Goal("many", "peer", 12, 20, most=False), [11, 10, 14])
    text = table([met, missed])
    assert "| fast | peer | **0.40** | 0.20 to 0.60 | <= 0.50 | <= 0.30 |" in text
    assert "**11 x** (missed)" in text
    picture([met, missed], tmp_path / "table.png")


def test_the_page_says_what_was_measured(tmp_path: Path) -> None:
    root = Path(__file__).parents[1]
    kept = shutil.copy(root / "benchmarks" / "results.json", tmp_path)
    results = merged(Path(kept), [])
    page = (root / "docs" / "speed.md").read_text(encoding="utf-8")
    assert table(results) in page
    fast = {result.goal.name: result for result in results if "16-bit" in result.goal.name}
    assert f'"{fast["16-bit to PNG, speed"].median:.0f} x" for 16-bit PNG is against Pillow at its default level' in page
    assert fast["16-bit to PNG, speed against level 1"].median > 1


def test_the_table_on_the_page_is_replaced_and_nothing_else(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    kept = tmp_path / "results.json"
    page.write_text("Before.\n\n| step | against |\n| --- | --- |\n| old | peer |\n\nAfter.\n")
    merged(kept, [Result(Goal("fast", "peer", 0.5, 0.3), [0.4])])
    assert main(["--lines", "--home", str(tmp_path / "home"), "--results", str(kept), "--page", str(page)]) == 0
    assert page.read_text() == f"Before.\n\n{table(merged(kept, []))}\n\nAfter.\n"


def test_a_bar_is_as_long_as_it_is_many_times_as_fast(tmp_path: Path) -> None:
    def drawn(median: float, most: bool) -> int:
        picture([Result(Goal("a", "b", None, 1, most=most, told="c"), [median])], tmp_path / "bar.png")
        with Image.open(tmp_path / "bar.png") as sheet:
            return sum(sheet.getpixel((x, 106)) == GOOD for x in range(sheet.width))

    assert abs(drawn(0.5, most=True) - drawn(2, most=False)) <= 1, "half the time is twice as fast"
    assert abs(drawn(4, most=False) - 2 * drawn(2, most=False)) <= 2, "each mark of the scale doubles"
    assert drawn(0.5, most=False) == 0
