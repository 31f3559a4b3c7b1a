"""Data of one's own: which source reads a tree where nobody says it, and the about file that is offered."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hf_medseg.catalog.lookup import sources
from hf_medseg.catalog.own import Fit
from hf_medseg.catalog.source import Source
from hf_medseg.cli import main
from hf_medseg.conversion import own
from hf_medseg.conversion.own import OwnFit, own_fits, source_of_tree
from hf_medseg.errors import Refused
from hf_medseg.raw.tree import open_raw_tree
from tests.support.harness import PHANTOMS
from tests.support.kit import colour, disc, save, write

OWN = [source for source in sources().values() if source.from_about is not None and source.id in PHANTOMS]


def fits(raw: Path, work: Path, about: Path | None = None) -> list[OwnFit]:
    return own_fits(open_raw_tree(raw, work), None if about is None else str(about))


def pairs(folder: Path) -> Path:
    """images/ and masks/ of two pictures."""
    for name in ("a", "b"):
        save(folder / f"images/{name}.png", colour(name, 20, 24))
        save(folder / f"masks/{name}.png", disc(20, 24, 10, 12, 5).astype(np.uint8) * 255)
    return folder


@pytest.mark.parametrize("source", OWN, ids=lambda source: source.id)
def test_the_clean_layout_is_told_as_its_source_and_no_other(source: Source, tmp_path: Path) -> None:
    phantom = PHANTOMS[source.id].make(tmp_path / "raw")
    found = fits(phantom.raw, tmp_path / "work", phantom.about)
    assert [one.source.id for one in found] == [source.id]
    assert len(found[0].fits) == 1
    assert found[0].fit.layout
    if source.own:  # a portal's folders are those of many sources
        assert source_of_tree(str(phantom.raw), phantom.about and str(phantom.about), tmp_path / "work") is source


@pytest.mark.parametrize("source", OWN, ids=lambda source: source.id)
def test_the_about_file_that_is_offered_can_be_read_and_says_the_same_layout(source: Source, tmp_path: Path) -> None:
    phantom = PHANTOMS[source.id].make(tmp_path / "raw")
    (found,) = fits(phantom.raw, tmp_path / "work", phantom.about)
    assert tomllib.loads(found.about_file).keys() == found.fit.about.keys()
    assert all(f"{key} = " in found.about_file for key in source.about)
    (again,) = fits(phantom.raw, tmp_path / "work", write(tmp_path / "offered.toml", found.about_file))
    assert again.fit.images == found.fit.images


def test_what_nobody_says_is_missing_in_words(tmp_path: Path) -> None:
    (found,) = fits(pairs(tmp_path / "raw"), tmp_path / "work")
    assert found.missing[-1].startswith("nobody says the license")


@pytest.mark.parametrize(
    "words",
    [
        ["RAW", "OUT"],
        ["RAW", "--workers", "1", "OUT"],
        ["--workers", "1", "RAW", "OUT"],
        ["image-mask-folder", "RAW", "--workers", "1", "OUT"],
        ["image-mask-folder", "--workers", "1", "RAW", "OUT"],
    ],
)
def test_convert_without_a_source_in_any_order_of_words(words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    places = {"RAW": str(pairs(tmp_path / "raw")), "OUT": str(tmp_path / "out")}
    assert main(["convert", *(places.get(word, word) for word in words), "--dry-run"]) == 0
    assert "image-mask-folder: license unknown" in capsys.readouterr().out


def test_a_known_set_goes_through_its_source_where_nobody_names_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    phantom = PHANTOMS["kvasir-seg"].make(tmp_path / "raw")
    assert main(["convert", str(phantom.raw), str(tmp_path / "out"), "--dry-run"]) == 0
    assert capsys.readouterr().out.startswith("kvasir-seg: license")


def test_out_that_was_forgotten_is_asked_for(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", "chase-db1", str(pairs(tmp_path / "raw"))]) == 2
    assert capsys.readouterr().err.startswith("OUT is missing: hf-medseg convert chase-db1 ")


def test_words_too_many_are_not_understood(tmp_path: Path) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["convert", "chase-db1", "RAW", "OUT", "MORE"])
    assert ended.value.code == 2


def test_a_tree_that_nothing_fits_is_refused_with_a_way_out(tmp_path: Path) -> None:
    write(tmp_path / "raw/notes.txt", "x")
    with pytest.raises(Refused, match=r"No source fits this tree\. Found: notes\.txt\..* image = \"\{stem\}\.png\""):
        source_of_tree(str(tmp_path / "raw"), None, tmp_path / "work")


def test_an_about_file_that_no_source_can_read_is_refused_by_its_mistake(tmp_path: Path) -> None:
    about = write(tmp_path / "about.toml", 'titel = "x"\n')
    with pytest.raises(Refused, match="'titel' is no key that is known here; did you mean 'title'"):
        fits(pairs(tmp_path / "raw"), tmp_path / "work", about)


def reader(id: str, *found: Fit) -> Source:
    """A made-up source that reads every tree in some ways."""
    return replace(sources()["image-mask-folder"], id=id, fits=lambda raw, about: found)


def catalog(monkeypatch: pytest.MonkeyPatch, *found: Source) -> None:
    made: Any = {one.id: one for one in found}
    monkeypatch.setattr(own, "sources", lambda: made)


ONE, OTHER = Fit(layout="layout one", images=4, about={"x": "1"}), Fit(layout="layout two", images=4, about={"x": "2"})


def test_two_sources_that_fit_are_both_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog(monkeypatch, reader("first", ONE), reader("second", replace(OTHER, images=2)), reader("third", replace(OTHER, images=1)))
    with pytest.raises(Refused) as refused:
        source_of_tree(str(pairs(tmp_path / "raw")), None, tmp_path / "work")
    assert str(refused.value) == (
        "Several sources fit this tree: first (layout one); second (layout two). "
        "Say which: hf-medseg convert first RAW OUT, or second in its place."
    )


def test_two_layouts_that_fit_equally_well_are_both_named_with_the_lines_that_choose() -> None:
    with pytest.raises(
        Refused, match=r"2 layouts fit this tree equally well: layout one; or layout two\. Say in the about file which: x = 1 or: x = 2"
    ):
        own.fit_of(reader("first", ONE, OTHER), None, None, "")  # type: ignore[arg-type]


def test_the_layout_that_annotates_more_pictures_is_taken() -> None:
    more = replace(OTHER, images=5)
    assert own.fit_of(reader("first", ONE, more), None, None, "") is more  # type: ignore[arg-type]
