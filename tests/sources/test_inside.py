"""RAW may be any folder of a source's layout that still identifies it: the same rows come of it, or words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hf_medseg.catalog.lookup import sources
from hf_medseg.catalog.source import Source
from hf_medseg.cli import main
from hf_medseg.conversion.executor import Executor
from hf_medseg.conversion.plan import Plan, Request, make_plan
from hf_medseg.errors import Refused
from tests.support import kit
from tests.support.harness import PHANTOMS
from tests.support.kit import Phantom

CONVERTIBLE = [source for source in sources().values() if source.convertible and source.id in PHANTOMS]


def planned(source: Source, phantom: Phantom, raw: Path, work: Path) -> Plan:
    parts = {name: str(path) for name, path in phantom.parts.items()}
    with Executor(1) as executor:
        return make_plan(source, Request(str(raw), ("all",), "", parts, phantom.about and str(phantom.about)), work, executor)


def rows_of(plan: Plan) -> dict[tuple[str, str], tuple[str, str]]:
    """(config, image id) -> (split, source file)."""
    found = {}
    for config in plan.configs:
        for split, cases in config.splits.items():
            for case in cases:
                files = dict(reversed(list(case.named_files())))
                found[config.config.name, case.image_id] = split, files["image"].path if "image" in files else ""
    return found


@pytest.mark.parametrize("source", CONVERTIBLE, ids=lambda source: source.id)
def test_every_folder_of_the_layout_gives_the_same_rows_or_words(source: Source, tmp_path: Path) -> None:
    phantom = PHANTOMS[source.id].make(tmp_path / "raw")
    plan = planned(source, phantom, phantom.raw, tmp_path / "work")
    whole = rows_of(plan)
    folders = [path for path in phantom.raw.rglob("*") if path.is_dir()] if phantom.raw.is_dir() else []
    above = [] if phantom.parts else [phantom.raw.parent]
    for number, folder in enumerate([*above, *sorted(folders)]):
        try:
            found = planned(source, phantom, folder, tmp_path / f"work{number}")
        except Refused as error:
            text = str(error)
            assert source.id in text or "RAW" in text, (folder, text)
            continue
        rows = rows_of(found)
        assert rows.keys() <= whole.keys() or source.id == "tcia", (folder, rows.keys() - whole.keys())
        changed = {key: (row, whole[key]) for key, row in rows.items() if key in whole and row != whole[key]}
        # A picture that is missing has no name on the disk: its case is rejected under the name that the owner gives it.
        changed = {key: pair for key, pair in changed.items() if pair[0][0] != pair[1][0] or not _is_missing(found, key)}
        # Paths of one's own data begin at RAW.
        changed = {key: pair for key, pair in changed.items() if not (source.own and _end_alike(*pair))}
        assert not changed, (folder, changed)
        published = found.edition.published.rows or found.edition.published.volumes
        lacking = len(rows) < len(whole) and len(found.configs) == len(plan.configs)  # a config that is not made is said on the card
        assert not lacking or found.inside or published or source.own or source.id in ("tcia", "adni"), (folder, len(rows), len(whole))


@pytest.mark.parametrize("id", ["arcade", "bratious", "btxrd", "dsb-2018", "figshare-brain-tumor", "ocelot", "pannuke", "tn3k"])
def test_endings_in_capitals_are_those_of_the_owner(id: str, tmp_path: Path) -> None:
    """Folds, slides and outlines too, which are in no picture."""
    found = []
    for name in ("small", "capitals"):
        phantom = PHANTOMS[id].make(tmp_path / name)
        for path in [path for path in phantom.raw.rglob("*.*") if path.is_file() and name == "capitals"]:
            path.rename(path.with_name(path.stem + path.suffix.upper()))
        plan = planned(sources()[id], phantom, phantom.raw, tmp_path / f"{name} work")
        cases = [case for config in plan.configs for cases in config.splits.values() for case in cases]
        found.append([(case.image_id, case.split, case.patient_id, case.columns, case.problem, len(case.pixels)) for case in cases])
    assert found[0] == found[1]


def _end_alike(here: tuple[str, str], there: tuple[str, str]) -> bool:
    shorter, longer = sorted((here[1], there[1]), key=len)
    return here[0] == there[0] and f"/{longer}".endswith(f"/{shorter}")


def _is_missing(plan: Plan, key: tuple[str, str]) -> bool:
    config = next(one for one in plan.configs if one.config.name == key[0])
    case = next(case for cases in config.splits.values() for case in cases if case.image_id == key[1])
    return any(name == "image" and file.place is None for name, file in case.named_files())


@pytest.mark.parametrize(
    ("source", "folder", "split"),
    [
        ("drive", "test", "test"),
        ("drive", "training", "train"),
        ("segpc-2021", "validation", "validation"),
        ("brats", "MICCAI_BraTS2020_ValidationData", "validation"),
        ("mura", "valid", "validation"),
        ("ddsm-tissue", "test", "test"),
        ("intel-cervical", "additional", "additional"),
        ("mmotu", "OTU_2d", "validation"),
    ],
)
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_split_keeps_its_name_where_its_folder_is_raw(source: str, folder: str, split: str, form: str, tmp_path: Path) -> None:
    phantom = PHANTOMS[source].make(tmp_path / "raw")
    (place,) = [path for path in phantom.raw.rglob(folder) if path.is_dir()]
    raw = place if form == "folder" else kit.as_zip(place, tmp_path / "zips" / f"{folder}.zip")
    if source == "mura":  # the owner's tables lie beside the folders, and nothing is guessed without them
        with pytest.raises(Refused, match="no file such as train_labeled_studies"):
            planned(sources()[source], phantom, raw, tmp_path / "work")
        return
    plan = planned(sources()[source], phantom, raw, tmp_path / "work")
    whole = rows_of(planned(sources()[source], phantom, phantom.raw, tmp_path / "other"))
    rows = rows_of(plan)
    assert split in {row[0] for row in rows.values()}
    assert all(whole[key] == row for key, row in rows.items())
    assert plan.inside.endswith(f"{folder}/")


def test_the_terminal_says_that_only_a_folder_was_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    phantom = PHANTOMS["drive"].make(tmp_path / "raw")
    (training,) = phantom.raw.rglob("training")
    main(["convert", "drive", str(training), str(tmp_path / "out"), "--workers", "1"])
    text = capsys.readouterr().out
    assert "note: RAW is the folder training/ of drive: what lies beside it is not read" in text
    assert "note: rows in test: 20 published, 0 found" in text


@pytest.mark.parametrize("folder", ["images", "masks"])
def test_half_of_the_pairs_is_refused_with_the_folder_to_give(folder: str, tmp_path: Path) -> None:
    phantom = PHANTOMS["kvasir-seg"].make(tmp_path / "raw")
    (place,) = phantom.raw.rglob(folder)
    with pytest.raises(Refused, match=f"RAW is only the folder (.*/)?{folder}/ of it: give the folder that"):
        planned(sources()["kvasir-seg"], phantom, place, tmp_path / "work")


def test_a_folder_inside_another_edition_is_not_taken_for_the_looser_one(tmp_path: Path) -> None:
    phantom = PHANTOMS["scmr-consensus"].make(tmp_path / "raw")
    (study,) = phantom.raw.rglob("SCD0000101")
    with pytest.raises(Refused, match="This is not scmr-consensus"):
        planned(sources()["scmr-consensus"], phantom, study, tmp_path / "work")


def test_a_folder_inside_a_known_source_is_no_data_of_ones_own(tmp_path: Path) -> None:
    phantom: Any = PHANTOMS["hyperkvasir"].make(tmp_path / "raw")
    (inside,) = phantom.raw.rglob("segmented-images")
    with pytest.raises(Refused, match="This raw tree is hyperkvasir"):
        planned(sources()["image-mask-folder"], Phantom(inside, []), inside, tmp_path / "work")


@pytest.mark.parametrize(("name", "split"), [("test", "test"), ("01 Test data", "test"), ("valset", "validation"), ("contest", "train")])
@pytest.mark.parametrize("form", ["folder", "zip"])
def test_a_folder_of_ones_own_data_that_names_a_split_is_that_split(name: str, split: str, form: str, tmp_path: Path) -> None:
    phantom = PHANTOMS["image-mask-folder"].make(tmp_path / "raw")
    (images,) = {path.parent for path in phantom.raw.rglob("images/*")}
    place = tmp_path / name
    images.parent.rename(place)
    raw = place if form == "folder" else kit.as_zip(place, tmp_path / "zips" / f"{name}.zip")
    rows = rows_of(planned(sources()["image-mask-folder"], phantom, raw, tmp_path / "work"))
    assert rows
    assert {row[0] for row in rows.values()} == {split}
