"""The portal says what it is, and that there is nothing to convert."""

from __future__ import annotations

from pathlib import Path

import pytest

from hf_medseg.card import render as card
from hf_medseg.card import script
from hf_medseg.catalog.lookup import find_source
from hf_medseg.cli import main


def test_convert_answers_that_there_is_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "raw").mkdir()
    (tmp_path / "raw" / "page.html").write_text("<html></html>")
    assert main(["convert", "omnimedicalsearch", str(tmp_path / "raw"), str(tmp_path / "out")]) == 2
    said = capsys.readouterr()
    assert "nothing to convert" in said.out + said.err
    assert "medpix" in said.out + said.err
    assert "Traceback" not in said.err
    assert not (tmp_path / "out").exists()


def test_it_has_neither_card_nor_script() -> None:
    assert not [name for name in card.all_cards() if name.startswith("omnimedicalsearch")]
    assert not script.needs_script(find_source("omnimedicalsearch"))


def test_info_calls_it_a_portal(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", "omnimedicalsearch"]) == 0
    assert "portal" in capsys.readouterr().out
