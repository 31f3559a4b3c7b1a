"""MCT-LTDiag: what the phantoms' promises do not say."""

from __future__ import annotations

import tarfile
from pathlib import Path

from hf_medseg import convert
from tests.sources.mct_ltdiag.phantom import make
from tests.support.harness import run


def test_tars_that_hold_a_patient_each_name_the_patients(tmp_path: Path) -> None:
    tree = make(tmp_path / "made").raw
    raw = tmp_path / "tars"
    raw.mkdir()
    for patient in sorted(tree.iterdir()):
        with tarfile.open(raw / f"{patient.name}.tar", "w") as packed:
            for file in sorted(patient.iterdir()):
                packed.add(file, file.name)
    done = convert("mct-ltdiag", raw, tmp_path / "out", workers=1)
    assert not done.rejected


def test_a_mask_that_lies_on_another_phase_is_rejected_by_its_name(tmp_path: Path) -> None:
    (rejected,) = run("mct-ltdiag", "mask_of_another_phase", tmp_path, configs=[]).conversion.rejected
    assert rejected["file"].endswith("BCLM-0001/liver_mask_pvp.nii.gz")
