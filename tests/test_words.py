"""Numbers are said as people say them: `1 files not used` stood on the terminal."""

from __future__ import annotations

from pathlib import Path

import pytest

from hf_medseg.cli import main
from hf_medseg.words import counted
from tests.support.harness import PHANTOMS


@pytest.mark.parametrize(
    ("number", "words", "said"),
    [
        (0, ("row",), "0 rows"),
        (1, ("row",), "1 row"),
        (2, ("row",), "2 rows"),
        (1234, ("row",), "1,234 rows"),
        (2, ("box", "boxes"), "2 boxes"),
    ],
)
def test_a_number_with_what_it_counts(number: int, words: tuple[str, ...], said: str) -> None:
    assert counted(number, *words) == said


def test_one_of_everything_on_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    raw = PHANTOMS["chase-db1"].make(tmp_path / "raw").raw
    command = ["convert", "chase-db1", str(raw), str(tmp_path / "out"), "--limit", "1", "--workers", "1"]
    assert main([*command, "--dry-run"]) == 0
    assert main(command) == main(command) == main(["verify", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out
    for words in ("1 case, ", "1 shard\n", "1 row, ", "1 file not used", "1 finished shard kept", "1 row read"):
        assert words in told, words
    for words in ("1 cases", "1 shards", "1 rows", "1 files"):
        assert words not in told, words
