"""MCT-LTDiag: what the phantoms' promises do not say."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from hf_medseg import convert
from tests.sources.mct_ltdiag.phantom import make
from tests.support.harness import run


@pytest.mark.parametrize("patients", [1, 2])
def test_the_tars_tell_the_patients_even_a_tar_alone(tmp_path: Path, patients: int) -> None:
    tree, raw = make(tmp_path / "made").raw, tmp_path / "tars"
    raw.mkdir()
    for patient in sorted(tree.iterdir())[:patients]:
        with tarfile.open(raw / f"{patient.name}.tar", "w") as packed:
            for file in sorted(patient.iterdir()):
                packed.add(file, file.name)
    for number, given in enumerate([raw] if patients > 1 else [raw, raw / "BCLM-0001.tar"]):
        out = tmp_path / f"out{number}"
        assert not convert("mct-ltdiag", given, out, workers=1).rejected
        rows = [
            row for shard in out.glob("slices/*.parquet") for row in pq.read_table(shard, columns=["patient_id", "source_file"]).to_pylist()
        ]
        found = {(row["patient_id"], row["source_file"]) for row in rows}
        assert found == {(name, f"{name}/NIFTI/pvp.nii.gz") for name in ("BCLM-0001", "HCC-0002")[:patients]}


def test_a_mask_that_lies_on_another_phase_is_rejected_by_its_name(tmp_path: Path) -> None:
    (rejected,) = run("mct-ltdiag", "mask_of_another_phase", tmp_path, configs=[]).conversion.rejected
    assert rejected["file"].endswith("BCLM-0001/liver_mask_pvp.nii.gz")
