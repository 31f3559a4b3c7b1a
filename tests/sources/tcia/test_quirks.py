"""The quirks of a downloaded TCIA collection, one test each; and real SEG and RTSTRUCT files from folder to rows."""

from __future__ import annotations

import json
import logging
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydicom import FileDataset, dcmread

from hf_medseg.catalog.lookup import find_facts
from hf_medseg.conversion.run import Conversion, convert
from hf_medseg.errors import Refused
from hf_medseg.formats.physical import physical
from tests.support.dicom import uid, write_series
from tests.support.harness import PHANTOMS, Converted, pixels, run
from tests.support.kit import Array, grey, write

COLLECTIONS = {download.url for download in find_facts("tcia").access.downloads}


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    return run("tcia", "clean", tmp_path_factory.mktemp("tcia"))


SEG_CT, RT_CT, MR = uid("series tcia seg ct"), uid("series tcia rt ct"), uid("series tcia mr")


def test_license_is_the_about_files(clean: Converted, tmp_path: Path) -> None:
    license = clean.conversion.plan.edition.license
    assert (license.id, license.tier) == ("cc-by-4.0", "open")
    assert "TCIA Data Usage Policy" in license.conditions[0]
    restricted = run("tcia", "restricted", tmp_path / "r", configs=["slices"]).conversion.plan.edition.license
    assert restricted.tier == "restricted"
    unknown = run("tcia", "no_about", tmp_path / "u", configs=["slices"])
    assert unknown.conversion.plan.edition.license.tier == "unknown"
    assert "license unknown" in (unknown.out / "README.md").read_text().lower()


def test_seg_on_another_grid(tmp_path: Path) -> None:
    found = run("tcia", "resampled_seg", tmp_path, configs=["slices"])
    (rejected,) = found.conversion.rejected
    assert rejected["image_id"] == SEG_CT
    assert "never resampled" in rejected["expected"]


def test_seg_runs_downwards(clean: Converted) -> None:
    """Frames are put where they lie, not in the order of the file."""
    rows = [row for row in clean.rows() if row["volume_id"] == SEG_CT]
    assert [pixels(row["masks"][0]).any() for row in rows] == [False, True, True, True, False]


def test_roi_names_are_free_text(clean: Converted) -> None:
    row = clean.row(f"{RT_CT}_0002")
    assert row["mask_names"] == ["GTV-1", "gtv1"]
    assert [clean.names("annotated_classes")[one] for one in row["annotated_classes"]] == ["gtv"]
    both = pixels(row["masks"][0]) | pixels(row["masks"][1])
    assert np.array_equal(pixels(row["mask"]) == clean.names("classes").index("gtv"), both == 1)


def test_a_name_without_a_class_is_in_masks_alone(tmp_path: Path) -> None:
    phantom = PHANTOMS["tcia"].make(tmp_path / "raw", "clean")
    about = phantom.about.read_text().replace('"Tumor" = "tumor"\n', "")
    phantom.about.write_text(about)
    done = convert("tcia", phantom.raw, tmp_path / "out", workers=1, about=phantom.about)
    assert not done.rejected
    section = done.report["configs"]["slices"]
    assert section["classes"] == ["background", "liver", "gtv"]
    assert [note["path"] for note in section["known"]] == ["Tumor"]


def test_contours_on_every_second_slice(tmp_path: Path) -> None:
    found = run("tcia", "every_second_slice", tmp_path, configs=["slices"])
    assert [bool(pixels(found.row(f"{RT_CT}_{k:04d}")["mask"]).any()) for k in range(4)] == [False, True, False, True]


def test_a_structure_outside_the_image_is_left_out_by_name(tmp_path: Path) -> None:
    """It rejected its whole series, with the structures that lie on the image."""
    found = run("tcia", "contour_off_grid", tmp_path, configs=["slices"])
    (rejected,) = found.conversion.rejected
    assert "leaves the image" in rejected["expected"] and "'gtv1'" in rejected["expected"]
    assert rejected["image_id"] == uid("sop tcia rt ct mask")
    assert found.row(f"{RT_CT}_0002")["mask_names"] == ["GTV-1"]


def test_files_downloaded_twice(tmp_path: Path) -> None:
    found = run("tcia", "downloaded_twice", tmp_path, configs=["slices"])
    assert not found.conversion.rejected
    assert len(found.section()["duplicate"]) == 3


def test_age_and_sex_are_blank(clean: Converted) -> None:
    assert all(row["sex"] is None and row["age"] is None for row in clean.rows())


def test_identity_must_be_removed(tmp_path: Path) -> None:
    found = run("tcia", "not_deidentified", tmp_path, configs=["slices"])
    (rejected,) = found.conversion.rejected
    assert "PatientIdentityRemoved" in rejected["expected"] and "deidentified_by" in rejected["advice"]


@pytest.mark.parametrize("stated", [False, True])
def test_nobody_is_remembered_whose_identity_was_not_removed(tmp_path: Path, stated: bool) -> None:
    phantom = PHANTOMS["tcia"].make(tmp_path / "made", "not_deidentified")
    assert phantom.about is not None
    if stated:
        phantom.about.write_text('deidentified_by = "the hospital"\n' + phantom.about.read_text())
    found = convert("tcia", phantom.raw, tmp_path / "out", configs=["slices"], about=phantom.about, workers=1)
    assert len(found.rejected) == 1
    (store,) = (tmp_path / "out" / ".local" / "memory").glob("survey-*.pickle")
    headers = [one for one in pickle.loads(store.read_bytes()).values() if one is not None]
    remembered = {header.identity_removed: header.patient_id for header in headers}
    assert remembered["NO"] == "" and remembered["YES"].startswith("PL-")


def test_a_mask_without_its_images_asks_for_them(tmp_path: Path) -> None:
    found = run("tcia", "foreign_seg", tmp_path, configs=["slices"])
    assert "Download the images" in found.conversion.rejected[0]["advice"]


def test_every_file_that_is_not_dicom_is_named(tmp_path: Path) -> None:
    write_series(tmp_path / "raw" / "a", grey("named", 8, 6)[np.newaxis].repeat(2, 0), name="named", patient_id="P1")
    for folder in ("b", "c"):
        write(tmp_path / "raw" / folder / "1-001.dcm", b"<html></html>")
    made = convert("tcia", tmp_path / "raw", tmp_path / "out", workers=1, configs=["slices"])
    assert [(one["file"], one["expected"]) for one in made.rejected] == [
        (name, "it is not a DICOM file; its name says so.") for name in ("damaged/1-001.dcm", "damaged/1-001.dcm (2)")
    ]


def test_what_a_damaged_file_is_really_called_stays_on_this_machine(tmp_path: Path) -> None:
    write_series(tmp_path / "raw" / "a", grey("named", 8, 6)[np.newaxis].repeat(2, 0), name="named", patient_id="P1")
    write(tmp_path / "raw" / "b" / "Quittenbaum Zoe.dcm", b"<html></html>")
    made = convert("tcia", tmp_path / "raw", tmp_path / "out", workers=1, configs=["slices"])
    (rejected,) = made.rejected
    assert rejected["file"].startswith("damaged/")
    assert made.report["configs"]["slices"]["called"] == {rejected["file"]: "b/Quittenbaum Zoe.dcm"}
    holding = [path for path in (tmp_path / "out").rglob("*") if path.is_file() and b"Quittenbaum" in path.read_bytes()]
    assert {path.relative_to(tmp_path / "out").parts[0] for path in holding} == {".local"}
    again = convert("tcia", tmp_path / "raw", tmp_path / "out", workers=1, configs=["volumes"])
    assert again.report["configs"]["slices"]["called"] == {rejected["file"]: "b/Quittenbaum Zoe.dcm"}


def test_files_named_by_their_uid_alone(tmp_path: Path) -> None:
    image = grey("plain", 8, 6)[np.newaxis].repeat(2, 0)
    write_series(tmp_path / "raw", image, name="plain", patient_id="P1", file_name=lambda _, sop: sop)
    made = convert("tcia", tmp_path / "raw", tmp_path / "out", workers=1, configs=["slices"])
    assert made.report["configs"]["slices"]["splits"]["train"]["rows"] == 2


def test_colours_are_in_slices_alone(tmp_path: Path) -> None:
    colours = np.stack([np.stack([grey(f"rgb {frame} {k}", 8, 6) for k in range(3)], axis=-1) for frame in range(4)])

    def paint(header: FileDataset, _: int) -> None:
        header.Modality = "US"
        header.SamplesPerPixel, header.PhotometricInterpretation, header.PlanarConfiguration = 3, "RGB", 0
        header.NumberOfFrames, header.PixelData = len(colours), colours.tobytes()

    write_series(tmp_path / "raw", grey("us", 8, 6)[np.newaxis], name="us", patient_id="P1", modality="CR", edit=paint)
    made = convert("tcia", tmp_path / "raw", tmp_path / "out", workers=1, configs=["all"])
    (rejected,) = made.rejected
    assert "colours" in rejected["expected"] and "slices" in rejected["advice"]
    shard = tmp_path / "out" / made.report["configs"]["slices"]["splits"]["train"]["shards"][0]
    assert np.array_equal(np.stack([pixels(row["image"]) for row in pq.read_table(shard).to_pylist()]), colours)


def test_annotated_classes_have_the_indices_of_the_mask(clean: Converted) -> None:
    assert clean.names("annotated_classes") == clean.names("classes")


def test_dates_are_not_read(clean: Converted) -> None:
    assert all(b"20000101" not in path.read_bytes() for path in clean.out.rglob("*.parquet"))


@pytest.mark.parametrize("variant", ["missing_slice", "mixed_orientation", "two_echoes"])
def test_stacks_that_are_none(tmp_path: Path, variant: str) -> None:
    found = run("tcia", variant, tmp_path, configs=["slices"])
    assert len(found.conversion.rejected) == 1


def test_dark_is_high(tmp_path: Path) -> None:
    found = run("tcia", "monochrome1", tmp_path, configs=["slices"])
    row = found.row(uid("sop tcia cr 0"))
    header = next(dcmread(path) for path in found.phantom.raw.rglob("*.dcm") if dcmread(path).Modality == "CR")
    assert np.array_equal(physical(row), header.pixel_array)
    assert row["rescale_slope"] == -1.0
    assert row["volume_id"] is None


def test_several_readers_are_kept(tmp_path: Path) -> None:
    row = run("tcia", "two_readers", tmp_path, configs=["slices"]).row(f"{SEG_CT}_0002")
    assert sorted(row["mask_names"]) == ["Liver", "Liver", "Tumor"]
    assert len(set(row["mask_sources"])) == 2


def test_origin_of_masks(clean: Converted) -> None:
    assert clean.names("mask_origin")[clean.row(f"{SEG_CT}_0002")["mask_origin"]] == "manual"
    assert clean.row(f"{MR}_0000")["mask_origin"] is None


def test_series_in_zips_of_one_folder(tmp_path: Path) -> None:
    """Their members have the same names: 1-001.dcm in every zip."""
    found = run("tcia", "series_zips", tmp_path, configs=["slices"])
    assert not found.conversion.rejected and not found.section()["duplicate"]


def test_other_masks_need_their_own_source(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"PL-001\.nii\.gz"):
        run("tcia", "refused_nifti_masks", tmp_path)


def test_a_known_collection_goes_through_its_source(tmp_path: Path) -> None:
    phantom = PHANTOMS["lidc-idri"].make(tmp_path / "raw", "clean")
    with pytest.raises(Refused, match="lidc-idri"):
        convert("tcia", phantom.raw, tmp_path / "out", workers=1)


@pytest.mark.parametrize(("patient", "known"), [("002_S_0413", "adni"), ("LIDC-IDRI-0001", "lidc-idri")])
def test_a_known_collection_under_other_file_names_is_told_by_its_patients(patient: str, known: str, tmp_path: Path) -> None:
    write_series(tmp_path / "raw", grey("plain", 8, 6)[np.newaxis].repeat(2, 0), name="plain", patient_id=patient)
    with pytest.raises(Refused, match=f"are those of {known}, which the catalog knows"):
        convert("tcia", tmp_path / "raw", tmp_path / "out", workers=1)
    assert not (tmp_path / "out").exists()


def test_headers_are_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the survey saw is kept with the output."""
    phantom = PHANTOMS["tcia"].make(tmp_path / "raw", "clean")
    whole = convert("tcia", phantom.raw, tmp_path / "out", workers=1, about=phantom.about)

    def never(*_: Any) -> None:
        raise AssertionError("the survey ran again")

    surveys = list((tmp_path / "out").rglob("survey-*.pickle"))
    if surveys:
        monkeypatch.setattr("hf_medseg.conversion.survey.look_at", never)
    again = convert("tcia", phantom.raw, tmp_path / "out", workers=1, about=phantom.about)
    assert again.report == whole.report


def test_nothing_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture, recwarn: pytest.WarningsRecorder) -> None:
    phantom = PHANTOMS["tcia"].make(tmp_path / "raw", "not_dicom")
    recwarn.clear()
    caplog.clear()
    with caplog.at_level(logging.DEBUG):
        done = convert("tcia", phantom.raw, tmp_path / "out", workers=1, about=phantom.about)
    told = caplog.text + "".join(str(one.message) for one in recwarn) + json.dumps(done.report) + str(done.rejected)
    assert not [secret for secret in phantom.secrets if secret in told]


# ---------------------------------------------------------------- real files


def about_of(folder: Path, classes: str) -> Path:
    path = folder / "about.toml"
    path.write_text(f'collection = "samples"\ndeidentified_by = "the samples\' publishers"\n[classes]\n{classes}')
    return path


def columns_of(done: Conversion, *columns: str) -> list[dict[str, Any]]:
    import pyarrow.parquet as pq

    names = [shard for split in done.report["configs"]["slices"]["splits"].values() for shard in split["shards"]]
    return [row for name in names for row in pq.read_table(done.out / name, columns=list(columns)).to_pylist()]


def stacked(rows: list[dict[str, Any]], column: str) -> Array:
    return np.stack([pixels(row[column]) for row in rows])


def test_real_seg_from_folder_to_rows(real: Callable[[str], Path], tmp_path: Path) -> None:
    sitk = pytest.importorskip("SimpleITK")
    folder = real("tcia-dicom-seg") / "dcmqi-samples"
    raw = tmp_path / "raw"
    shutil.copytree(folder / "ct-3slice", raw / "ct")
    for name in ("liver.dcm", "partial_overlaps.dcm"):
        shutil.copy(folder / name, raw / name)
    colours = ("GREEN", "ORANGE", "PURPLE", "LIGHT_BLUE", "DARK_BLUE")
    about = about_of(tmp_path, '"Liver" = "liver"\n' + "".join(f'"{name}" = "{name.lower()}"\n' for name in colours))
    done = convert("tcia", raw, tmp_path / "out", workers=1, about=about)
    assert not done.rejected
    rows = columns_of(done, "image", "mask", "masks", "mask_names", "mask_overlap", "rescale_slope", "rescale_intercept")
    truth = {
        "Liver": sitk.GetArrayFromImage(sitk.ReadImage(str(folder / "liver_seg.nrrd"))) == 1,
        **{
            name: sitk.GetArrayFromImage(sitk.ReadImage(str(folder / f"partial_overlaps-{file}.nrrd"))) == number
            for number, (name, file) in enumerate(zip(colours, (1, 2, 3, 1, 1), strict=True), 1)
        },
    }
    assert set(rows[0]["mask_names"]) == set(truth)
    for position, name in enumerate(rows[0]["mask_names"]):
        assert np.array_equal(np.stack([pixels(row["masks"][position]) for row in rows]), truth[name]), name
    painted = np.zeros((3, 512, 512), np.uint8)
    for number, name in enumerate(("Liver", *colours), 1):
        painted[truth[name]] = number
    assert np.array_equal(stacked(rows, "mask"), painted)
    assert [row["mask_overlap"] for row in rows] == (np.sum(list(truth.values()), axis=0) > 1).any(axis=(1, 2)).tolist()
    image = sitk.ReadImage(sitk.ImageSeriesReader.GetGDCMSeriesFileNames(str(folder / "ct-3slice")))
    assert np.array_equal(np.stack([physical(row) for row in rows]), sitk.GetArrayFromImage(image))


def test_real_rtstruct_from_folder_to_rows(real: Callable[[str], Path], tmp_path: Path) -> None:
    nibabel = pytest.importorskip("nibabel")
    folder = real("tcia-rtstruct") / "ibsi_1_ct_radiomics_phantom"
    done = convert("tcia", folder, tmp_path / "out", workers=1, about=about_of(tmp_path, '"GTV-1" = "gtv"\n'))
    assert not done.rejected
    rows = columns_of(done, "image", "mask", "rescale_slope", "rescale_intercept")
    assert np.array_equal(stacked(rows, "mask"), np.asarray(nibabel.load(folder / "nifti/mask/mask.nii.gz").dataobj).T)
    picture = np.asarray(nibabel.load(folder / "nifti/image/phantom.nii.gz").dataobj).T
    assert np.array_equal(np.stack([physical(row) for row in rows]), picture)


def test_real_pet_keeps_the_scale_of_every_slice(real: Callable[[str], Path], tmp_path: Path) -> None:
    folder = real("tcia-rtstruct") / "ibsi_validation/dicom/STS_019/PET"
    done = convert("tcia", folder, tmp_path / "out", workers=1, configs=["slices", "volumes"])
    (rejected,) = done.rejected
    assert "scales of their own" in rejected["expected"]
    rows = columns_of(done, "image", "image_position", "rescale_slope", "rescale_intercept", "mask")
    assert len({row["rescale_slope"] for row in rows}) > 1
    headers = {round(float(header.ImagePositionPatient[2]), 3): header for header in map(dcmread, (folder / "image").glob("*.dcm"))}
    for row in rows:
        header = headers[round(row["image_position"][2], 3)]
        assert np.allclose(physical(row), header.pixel_array * float(header.RescaleSlope) + float(header.RescaleIntercept), rtol=1e-12)
    assert stacked(rows, "mask").any()


def test_the_listed_collections_are_open_and_have_masks_that_no_program_made_alone() -> None:
    index = pytest.importorskip("idc_index_data")
    import pyarrow.compute as pc

    wanted = ["collection_id", "license_short_name", "Modality", "analysis_result_id"]
    table = pq.read_table(index.IDC_INDEX_PARQUET_FILEPATH, columns=wanted)
    table = table.filter(pc.is_in(table["collection_id"], pa.array(list(COLLECTIONS))))
    automatic = {"bamf_aimi_annotations", "nnu_net_bpr_annotations", "totalsegmentator_ct_segmentations"}
    licenses: dict[str, set[str]] = {}
    masked = set()
    for row in table.to_pylist():
        licenses.setdefault(row["collection_id"], set()).add(row["license_short_name"])
        if row["Modality"] in ("SEG", "RTSTRUCT") and row["analysis_result_id"] not in automatic:
            masked.add(row["collection_id"])
    assert set(licenses) == masked == COLLECTIONS
    assert set().union(*licenses.values()) <= {"CC BY 3.0", "CC BY 4.0"}


def test_a_noncommercial_collection_and_one_with_automatic_masks_alone_are_not_listed() -> None:
    assert not {"nsclc_radiomics", "upenn_gbm"} & COLLECTIONS
    assert {"lctsc", "remind", "vestibular_schwannoma_seg"} <= COLLECTIONS
