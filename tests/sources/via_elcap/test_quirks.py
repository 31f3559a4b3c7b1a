"""VIA / I-ELCAP: every quirk, on phantoms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from hf_medseg.formats.physical import physical
from tests.support.harness import PHANTOMS, run


def test_points_are_kept_as_numbers_of_slices_not_drawn(tmp_path: Path) -> None:
    """Tables of nodules count slices as the files do: `instance_number` stays beside `slice_index`."""
    converted = run("via-elcap", "derived-masks", tmp_path)
    rows = [row for row in converted.rows() if row["volume_id"] == "W0001"]
    assert [(row["slice_index"], row["instance_number"]) for row in rows] == [(k, 5 - k) for k in range(5)]
    assert {row["mask"] for row in rows} == {None}


def test_derived_masks_and_tables_are_listed_with_their_reason(tmp_path: Path) -> None:
    notes = {note["path"].rpartition(".")[2]: note["reason"] for note in run("via-elcap", "derived-masks", tmp_path).section()["not_used"]}
    assert "nodules" in notes["csv"] and "derived" in notes["npy"]


def test_files_without_extension_and_objects_without_pixels(tmp_path: Path) -> None:
    converted = run("via-elcap", "clean", tmp_path)
    assert len([row for row in converted.rows() if row["volume_id"] == "W0002"]) == 4
    reasons = {note["reason"] for note in converted.section()["not_used"]}
    assert "a DICOM object without a picture" in reasons


def test_slices_without_positions_say_what_orders_them(tmp_path: Path) -> None:
    converted = run("via-elcap", "no-position", tmp_path)
    sources = {(row["volume_id"], row["order_source"], row["orientation"]) for row in converted.rows()}
    assert sources == {("W0001", "slice_location", None), ("W0002", "instance_number", None)}
    assert {row["order_source"] for row in converted.rows("volumes")} == {"slice_location", "instance_number"}


def test_two_series_in_one_folder_are_two_volumes_of_one_patient(tmp_path: Path) -> None:
    rows = run("via-elcap", "one-folder", tmp_path).rows("volumes")
    assert len({row["volume_id"] for row in rows}) == 2
    assert {row["patient_id"] for row in rows} == {"W0004"}


def test_hounsfield_units_come_back_whatever_the_files_store(tmp_path: Path) -> None:
    converted = run("via-elcap", "clean", tmp_path)
    for name in ("W0001", "W0002"):
        row = converted.row(name, "volumes")
        headers = sorted(
            (pydicom.dcmread(path) for path in converted.phantom.raw.rglob(f"{name}-*")), key=lambda h: float(h.ImagePositionPatient[2])
        )
        units = np.stack([header.pixel_array * float(header.RescaleSlope) + float(header.RescaleIntercept) for header in headers])
        assert np.array_equal(physical(row), units)
        assert np.array_equal(np.stack([physical(one) for one in converted.rows() if one["volume_id"] == name]), units)


def test_lidc_is_not_taken_for_this_set(tmp_path: Path) -> None:
    phantom = PHANTOMS["lidc-idri"].make(tmp_path / "raw")
    with pytest.raises(Refused, match="This is not via-elcap"):
        convert("via-elcap", phantom.raw, tmp_path / "out", workers=1)
