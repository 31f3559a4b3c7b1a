"""The quirks of LIDC-IDRI, one test each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from hf_medseg.catalog.recognise import looks_like
from hf_medseg.errors import Refused
from hf_medseg.formats.physical import physical
from hf_medseg.raw.tree import open_raw_tree
from tests.support.dicom import uid
from tests.support.harness import Converted, pixels, run


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    return run("lidc-idri", "clean", tmp_path_factory.mktemp("lidc"))


FULL = uid("series lidc 1")


def test_readers_have_no_identity(clean: Converted) -> None:
    row = clean.row(f"{FULL}_0002")
    assert row["mask_names"] == ["reader_1", "reader_2", "reader_3", "reader_4"]
    assert [record["readers"] for record in row["nodules"]] == [["reader_1", "reader_2", "reader_3", "reader_4"]]
    assert all(b"540467731" not in path.read_bytes() for path in clean.out.rglob("*") if path.is_file())


def test_ratings_are_one_an_outline(clean: Converted) -> None:
    records = clean.row(f"{FULL}_0003")["nodules"]
    assert [record["nodule_id"] for record in records] == [1, 2]
    assert [record["n_readers"] for record in records] == [4, 2]
    assert all(len(record["malignancy"]) == record["n_readers"] for record in records)


def test_close_nodules_are_told_apart(tmp_path: Path) -> None:
    found = run("lidc-idri", "close_nodules", tmp_path, configs=["slices"])
    row = found.row(f"{FULL}_0001")
    assert [record["n_readers"] for record in row["nodules"]] == [4, 4]
    assert sorted(np.unique(pixels(row["instances"]))) == [0, 1, 2]


def test_blocks_of_zeros_are_small_nodules(clean: Converted) -> None:
    assert not clean.row(f"{FULL}_0000")["nodules"]
    assert not pixels(clean.row(f"{FULL}_0000")["mask"]).any()


def test_single_points_are_stray_marks(clean: Converted) -> None:
    assert not pixels(clean.row(f"{FULL}_0004")["masks"][1]).any()


def test_a_patient_with_two_series(clean: Converted) -> None:
    ids = {row["volume_id"] for row in clean.rows() if row["patient_id"] == "LIDC-IDRI-0132"}
    assert ids == {uid("series lidc 132 a"), uid("series lidc 132 b")}


def test_duplicate_places_and_uneven_gaps(tmp_path: Path) -> None:
    found = run("lidc-idri", "uneven_gaps", tmp_path, configs=["slices"])
    rows = [row for row in found.rows() if row["volume_id"] == FULL]
    heights = [row["image_position"][2] for row in rows]
    assert np.diff(heights).tolist() == [2.5, 2.5, 2.5, 5.0, 2.5]
    assert {row["slice_spacing"] for row in rows} == {2.5}


def test_file_numbers_are_not_the_order(clean: Converted) -> None:
    rows = [row for row in clean.rows() if row["volume_id"] == FULL]
    assert [row["instance_number"] for row in rows] == [6, 5, 4, 3, 2, 1]
    assert [row["image_position"][2] for row in rows] == sorted(row["image_position"][2] for row in rows)


def test_radiograph_xml_is_not_used(clean: Converted) -> None:
    reasons = {note["path"]: note["reason"] for note in clean.section()["not_used"]}
    assert next(reason for path, reason in reasons.items() if path.endswith("068.xml")).startswith("the reading of a chest radiograph")
    assert next(reason for path, reason in reasons.items() if path.startswith(uid("series lidc dx"))).startswith("a chest radiograph")


def test_a_series_without_outlines_is_all_zero(clean: Converted) -> None:
    rows = [row for row in clean.rows() if row["volume_id"] == uid("series lidc 5")]
    assert len(rows) == 3
    assert all(row["mask"] is not None and not pixels(row["mask"]).any() and row["classes"] == [0] for row in rows)


def test_padding_is_kept(clean: Converted) -> None:
    row = clean.row(f"{uid('series lidc 132 a')}_0000")
    assert physical(row).min() == -2000 - 1024


def test_jpeg_copies_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused):
        run("lidc-idri", "refused_jpeg_copy", tmp_path)


def test_a_copy_of_a_reading_says_the_same(tmp_path: Path) -> None:
    from hf_medseg.conversion.run import convert
    from tests.support.harness import PHANTOMS

    phantom = PHANTOMS["lidc-idri"].make(tmp_path / "raw", "clean")
    reading = next(phantom.raw.rglob("069.xml"))
    (phantom.raw / "tcia-lidc-xml" / "185").mkdir(parents=True)
    (phantom.raw / "tcia-lidc-xml" / "185" / "069.xml").write_bytes(reading.read_bytes())
    done = convert("lidc-idri", phantom.raw, tmp_path / "out", workers=1)
    assert not done.rejected
    assert any(note["reason"].startswith("says the same") for note in done.report["configs"]["slices"]["not_used"])


def test_a_missing_slice_is_found(tmp_path: Path) -> None:
    from hf_medseg.conversion.run import convert
    from tests.support.harness import PHANTOMS

    phantom = PHANTOMS["lidc-idri"].make(tmp_path / "raw", "clean")
    next(path for path in phantom.raw.rglob("1-003.dcm") if FULL[-5:] in path.parent.name).unlink()
    done = convert("lidc-idri", phantom.raw, tmp_path / "out", workers=1)
    assert [one["image_id"] for one in done.rejected] == [FULL]
    assert "missing" in done.rejected[0]["expected"]


def test_real_readings_are_recognised(real: Callable[[str], Path], tmp_path: Path) -> None:
    raw = open_raw_tree(real("lidc-idri"), tmp_path)
    assert [source.id for source in looks_like(raw)] == ["lidc-idri"]
