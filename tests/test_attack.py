"""The table of attacks is made, and nothing passes in its small form."""

from __future__ import annotations

import pytest

from tools import attack


def test_the_small_table_has_every_part_and_nothing_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert attack.main(["--small"]) == 1  # names that are told by pictures alone
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines[:-1]} == {"gate", "strangers", "identities", *attack.SMALL}
    assert [line.split(None, 2)[2] for line in lines if line.split()[1] == "PASSED"] == ["drive, names a folder each"]
    assert lines[-1] == f"{len(lines) - 1} attempts, 1 passed"
    assert next(line for line in lines if line.startswith("identities")).endswith(" planted, 0 published")


def test_what_passes_is_said(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(attack.pictures, "recognise", lambda data: [])
    assert attack.main(["--small", "--part", "gate"]) == 1
    assert "gate         PASSED kvasir-seg, half of it one's own" in capsys.readouterr().out
