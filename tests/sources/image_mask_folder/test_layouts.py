"""Layouts that people have: each is read exactly, or refused with the line that mends it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hf_medseg.conversion.own import own_fits
from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from hf_medseg.raw.tree import open_raw_tree
from tests.sources.image_mask_folder.layouts import LAYOUTS, SHAPE, Made
from tests.support.harness import Converted, pixels, same
from tests.support.kit import Phantom, write


def converted(raw: Path, tmp_path: Path, about: str = "", out: str = "out") -> Converted:
    path = write(tmp_path / "about.toml", about) if about else None
    conversion = convert(None, raw, tmp_path / out, workers=1, about=path)
    return Converted("image-mask-folder", Phantom(raw, []), conversion, tmp_path / out)


def check(found: Converted, made: Made) -> None:
    assert not found.conversion.rejected
    rows = {row["image_id"]: row for row in found.rows()}
    assert rows.keys() == made.rows.keys()
    for name, mask in made.rows.items():
        row = rows[name]
        if mask is None:
            assert row["mask"] is None, name
        else:
            assert np.array_equal(pixels(row["mask"]), mask), name
        assert row["split"] == made.splits.get(name, "train"), name
        for column, value in made.columns.get(name, {}).items():
            same(row[column], value, f"{name} {column}")
        assert pixels(row["image"]).shape[:2] == SHAPE


@pytest.mark.parametrize("name", LAYOUTS)
def test_a_layout_that_people_have_is_read_exactly(name: str, tmp_path: Path) -> None:
    made = LAYOUTS[name](tmp_path / "raw")
    check(converted(tmp_path / "raw", tmp_path, made.about), made)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("an_ending_a_structure", "structure"),
        ("a_folder_a_structure", "structure"),
        ("structures_beside_the_picture", "structure"),
        ("raters_by_name", "rater"),
        ("a_folder_of_masks_a_picture", "instance"),
    ],
)
def test_names_that_may_mean_several_things_are_refused_with_the_lines_that_choose(name: str, kind: str, tmp_path: Path) -> None:
    made = LAYOUTS[name](tmp_path / "raw")
    with pytest.raises(Refused, match=r"equally well: .*one mask a structure.*one mask a rater.*Say in the about file which") as refused:
        converted(tmp_path / "raw", tmp_path)
    assert not (tmp_path / "out").exists()
    (found,) = own_fits(open_raw_tree(tmp_path / "raw", tmp_path))
    fit = next(fit for fit in found.fits if f"{{{kind}}}" in fit.about["mask"])
    lines = "\n".join(f"{key} = {value}" for key, value in fit.about.items())
    assert kind == "instance" or lines.replace("\n", "; ") in str(refused.value)
    check(converted(tmp_path / "raw", tmp_path, lines), made)
