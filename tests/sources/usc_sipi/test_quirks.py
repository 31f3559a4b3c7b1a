"""USC-SIPI: every quirk that code can show, on phantoms."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from tests.support.harness import PHANTOMS, Converted, pixels, run


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    return run("usc-sipi", "clean", tmp_path_factory.mktemp("sipi"))


def test_dots_in_names_belong_to_the_id(clean: Converted) -> None:
    assert {"bark.000", "bark.030", "texmos1.p512"} <= {row["image_id"] for row in clean.rows()}
    assert {"house", "boat.512", "testpat.1k"} <= {row["image_id"] for row in clean.rows("misc")}


def test_fewer_pictures_than_the_catalogue_lists_are_no_defect(tmp_path: Path) -> None:
    converted = run("usc-sipi", "few", tmp_path)
    assert not converted.conversion.rejected
    assert {"what": "rows", "split": "train", "published": 155, "found": len(converted.rows())} in converted.section()["published"]


def test_label_pictures_are_masks_and_no_rows(clean: Converted) -> None:
    rows = {row["image_id"]: row for row in clean.rows()}
    assert {name for name, row in rows.items() if row["mask"] is not None} == {"texmos2.p512", "texmos3.p512"}
    assert "texmos2.s512" not in rows


def test_levels_are_classes_in_ascending_order_and_kept(clean: Converted) -> None:
    row = clean.row("texmos3.p512")
    assert row["mask_levels"] == [11, 40, 60, 99, 100, 180, 201, 254]
    assert set(np.unique(pixels(row["mask"]))) == set(range(1, 9))
    assert clean.row("1.1.01")["mask_levels"] is None


def test_edges_are_kept_as_they_are(clean: Converted) -> None:
    from PIL import Image

    with Image.open(clean.phantom.raw / "misc" / "gray21.512.tiff") as picture:
        assert np.array_equal(np.asarray(picture), pixels(clean.row("gray21.512", "misc")["image"]))


def test_frames_of_a_sequence_are_numbered(clean: Converted) -> None:
    rows = {row["image_id"]: (row["sequence"], row["frame"]) for row in clean.rows("sequences")}
    assert rows["6.2.17"] == ("6.2", 17)
    assert rows["motion10.512"] == ("motion", 10)


def test_grey_and_colour_stay_what_they_are(clean: Converted) -> None:
    assert pixels(clean.row("3.2.25", "aerials")["image"]).ndim == 2
    assert pixels(clean.row("2.1.01", "aerials")["image"]).ndim == 3


def test_few_levels_stay_few(clean: Converted) -> None:
    assert len(np.unique(pixels(clean.row("5.2.10", "misc")["image"]))) <= 64


def test_a_volume_that_is_not_there_is_named(tmp_path: Path) -> None:
    phantom = PHANTOMS["usc-sipi"].make(tmp_path / "raw", "clean")
    shutil.rmtree(phantom.raw / "textures")
    with pytest.raises(Refused, match="nothing of the config textures"):
        convert("usc-sipi", phantom.raw, tmp_path / "out", workers=1)
    assert convert("usc-sipi", phantom.raw, tmp_path / "out", workers=1, configs=["misc"]).rows == 10
