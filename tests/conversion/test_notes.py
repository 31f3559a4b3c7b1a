"""What is said about files that are used: in the shards, in the report, on the card, on the terminal; and in `verify`."""

from __future__ import annotations

import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest

from hf_medseg import convert
from hf_medseg.cli import main
from hf_medseg.formats.floats import ROUNDED
from hf_medseg.formats.placement import SIZES_FROM_HEADER
from tests.sources.abide import phantom as abide


def test_rounded_samples_and_the_choice_of_a_matrix_are_said_wherever_a_user_looks(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    phantom = abide.make(tmp_path / "tree")
    means = sorted(phantom.raw.rglob("*_func_mean.nii.gz"))
    masks = sorted(phantom.raw.rglob("*_func_mask.nii.gz"))
    values = np.random.default_rng(1).normal(size=(5, 6, 7))
    for path, voxels in ((means[0], values), (masks[0], np.ones((5, 6, 7), np.uint8))):
        image = nib.Nifti1Image(voxels, None)
        image.set_qform(np.diag([-1.32, -1.32, 10, 1]), 1)
        image.set_sform(np.diag([-1.0, -1, 1, 1]), 2)
        nib.save(image, path)
    out = tmp_path / "out"
    assert main(["convert", "abide", str(phantom.raw), str(out)]) == 0
    told = capsys.readouterr().out
    assert f"note: 1 file: {ROUNDED}" in told
    assert f"note: 2 files: {SIZES_FROM_HEADER}" in told
    notes = json.loads((out / "report.json").read_text())["configs"]["slices"]["notes"]
    assert [(Path(note["path"]).name, note["reason"]) for note in notes] == [
        (masks[0].name, SIZES_FROM_HEADER),
        (means[0].name, ROUNDED),
        (means[0].name, SIZES_FROM_HEADER),
    ]
    card = (out / "README.md").read_text()
    assert f"| slices | 1 | {ROUNDED} |" in card
    assert f"| slices | 2 | {SIZES_FROM_HEADER} |" in card
    assert main(["verify", str(out)]) == 0
    again = convert("abide", phantom.raw, out)
    assert not again.made
    assert again.report["configs"]["slices"]["notes"] == notes
    report = json.loads((out / "report.json").read_text())
    report["configs"]["slices"]["notes"] = []
    (out / "report.json").write_text(json.dumps(report))
    assert main(["verify", str(out)]) == 1
