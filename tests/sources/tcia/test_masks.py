"""Several SEG and RTSTRUCT beside each other: which of them become masks, what is left out by name, and whose images they are."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.pixels.utils import pack_bits
from pydicom.uid import UID

from hf_medseg.conversion.run import Conversion, convert
from hf_medseg.errors import Refused
from tests.sources.tcia.phantom import HEIGHT, WIDTH, box, regrid, write_rtstruct, write_seg
from tests.support.dicom import CORONAL, SAGITTAL, Series, uid, write_series
from tests.support.harness import pixels
from tests.support.kit import Array, grey

CLASSES = '[classes]\n"Liver" = "liver"\n"Tumor" = "tumor"\n'
LIVER = np.stack([box(4, 20, 3, 15)[0]] * 3)
PROGRAM = np.stack([box(0, 28, 0, 24)[0]] * 3)


def ct(raw: Path, name: str = "a", **options: Any) -> Series:
    image = np.stack([grey(f"{name} {k}", HEIGHT, WIDTH, 900, np.int16) for k in range(3)]).astype(np.int16)
    return write_series(raw / name, image, name=name, **{"patient_id": "P1", "study": "s", "intercept": 0.0, **options})


def converted(tmp_path: Path, about: str = "", **options: Any) -> Conversion:
    path = tmp_path / "about.toml"
    path.write_text(about + CLASSES)
    return convert("tcia", tmp_path / "raw", tmp_path / "out", workers=1, about=path, **options)


def rows_of(done: Conversion, config: str = "slices") -> list[dict[str, Any]]:
    found = done.report["configs"][config]["splits"]["train"]["shards"]
    return sorted((row for name in found for row in pq.read_table(done.out / name).to_pylist()), key=lambda row: str(row["image_id"]))


def column(done: Conversion, name: str) -> Array:
    return np.stack([pixels(row[name]) for row in rows_of(done)])


def notes(done: Conversion, kind: str = "known") -> list[tuple[str, str]]:
    return [(note["path"], note["reason"]) for note in done.report["configs"]["slices"][kind]]


# ---------------------------------------------------------------- the expert's first


def test_an_automatic_mask_is_not_merged_with_the_experts(tmp_path: Path) -> None:
    """It was: `mask` held the union of both, without a word."""
    series = ct(tmp_path / "raw")
    write_seg(tmp_path / "raw/1.dcm", series.headers, {"Liver": LIVER}, name="expert")
    write_seg(tmp_path / "raw/2.dcm", series.headers, {"Liver": PROGRAM}, name="program", algorithm="AUTOMATIC")
    done = converted(tmp_path, configs=["all"])
    assert not done.rejected
    assert np.array_equal(column(done, "mask"), LIVER) and np.array_equal(column(done, "mask_automatic"), PROGRAM)
    for row in rows_of(done):
        assert dict(zip(row["mask_sources"], row["mask_origins"], strict=True)) == {
            uid("series expert"): "manual",
            uid("series program"): "automatic",
        }
        assert (row["mask_overlap"], row["mask_origin"], row["annotated_classes"]) == (False, 0, [1])
    (volume,) = rows_of(done, "volumes")
    assert np.array_equal(pixels(volume["mask"]), LIVER) and np.array_equal(pixels(volume["mask_automatic"]), PROGRAM)
    named = {(file["column"], file["path"].partition("/")[0]) for file in rows_of(done)[0]["files"]}
    assert ("mask", uid("series program")) not in named and ("mask_automatic", uid("series program")) in named


def test_automatic_masks_alone_are_the_mask_and_it_says_so(tmp_path: Path) -> None:
    series = ct(tmp_path / "raw")
    write_seg(tmp_path / "raw/2.dcm", series.headers, {"Liver": LIVER}, name="program", algorithm="AUTOMATIC")
    done = converted(tmp_path)
    assert np.array_equal(column(done, "mask"), LIVER)
    assert [(row["mask_automatic"], row["mask_origin"]) for row in rows_of(done)] == [(None, 2)] * 3


def made(when: str) -> Callable[[Dataset], None]:
    return lambda seg: setattr(seg, "ContentDate", when)


SELECTIONS = {
    'description = ["reader*"]': "reader",
    'description = ["nothing", "READER ?"]': "reader",
    'algorithm = ["automatic"]': "program",
    'algorithm = "manual", description = "seg*"': "old",
    'algorithm = ["manual"], newest = true': "reader",
    'analysis_result = ["BAMF"]': "program",
    'analysis_result = [""], newest = true': "reader",
}


@pytest.mark.parametrize("select", SELECTIONS)
def test_masks_are_selected(tmp_path: Path, select: str) -> None:
    series = ct(tmp_path / "raw")
    drawn = {
        "old": (LIVER, {"edit": made("20010101")}),
        "reader": (np.roll(LIVER, 1, 1), {"description": "Reader 2", "edit": made("20020101")}),
        "program": (PROGRAM, {"algorithm": "AUTOMATIC", "edit": made("20030101")}),
    }
    for name, (mask, options) in drawn.items():
        write_seg(tmp_path / f"raw/{name}.dcm", series.headers, {"Liver": mask}, name=name, **options)
    (tmp_path / "raw/index.csv").write_text(
        "SeriesInstanceUID,analysis_result_id\n" + "".join(f"{uid(f'series {n}')},{'BAMF' if n == 'program' else ''}\n" for n in drawn)
    )
    done = converted(tmp_path, f"select = {{ {select} }}\n")
    assert not done.rejected
    taken = SELECTIONS[select]
    assert np.array_equal(column(done, "mask"), drawn[taken][0])
    assert rows_of(done)[0]["mask_sources"] == [uid(f"series {taken}")]
    left_out = {path for path, reason in notes(done, "not_used") if "about file" in reason}
    assert left_out == {f"{uid(f'series {name}')}/{uid(f'sop {name}')}.dcm" for name in drawn if name != taken}


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ('select = { maker = "x" }', "maker"),
        ('select = { algorithm = "deep" }', "deep"),
        ('select = { object = "NIFTI" }', "NIFTI"),
        ('select = { analysis_result = "BAMF" }', "SeriesInstanceUID and analysis_result_id"),
        ('select = "newest"', "select must be a table"),
        ('only_referenced = "yes"', "true or false"),
    ],
)
def test_a_selection_that_means_nothing_is_refused(tmp_path: Path, about: str, words: str) -> None:
    ct(tmp_path / "raw")
    with pytest.raises(Refused, match=words):
        converted(tmp_path, about + "\n")


def test_copies_of_outlines_as_rtstruct_can_be_left_out(tmp_path: Path) -> None:
    series = ct(tmp_path / "raw")
    write_seg(tmp_path / "raw/1.dcm", series.headers, {"Liver": LIVER}, name="seg")
    write_rtstruct(tmp_path / "raw/2.dcm", series, {"Liver": [(0, box(0, 5, 0, 5)[1])]}, name="rt")
    assert rows_of(converted(tmp_path, 'select = { object = "SEG" }\n'))[0]["mask_sources"] == [uid("series seg")]
    done = convert("tcia", tmp_path / "raw", tmp_path / "out2", workers=1, about=about(tmp_path, 'select = { object = "rtstruct" }\n'))
    assert rows_of(done)[0]["mask_sources"] == [uid("series rt")]


def about(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "other.toml"
    path.write_text(text + CLASSES)
    return path


def test_series_that_no_mask_refers_to_can_be_left_out(tmp_path: Path) -> None:
    series = ct(tmp_path / "raw")
    ct(tmp_path / "raw", "b")
    write_seg(tmp_path / "raw/1.dcm", series.headers, {"Liver": LIVER}, name="seg")
    done = converted(tmp_path, "only_referenced = true\n")
    assert {row["volume_id"] for row in rows_of(done)} == {series.uid}
    assert [reason for path, reason in notes(done, "not_used") if path.startswith(uid("series b"))] == [
        "images that no mask refers to (only_referenced)"
    ] * 3


# ---------------------------------------------------------------- one bad object


def finer(headers: list[Any]) -> list[Any]:
    return regrid(headers, slice(0, HEIGHT), slice(0, WIDTH), zoom=0.5)


def turned(headers: list[Any]) -> list[Any]:
    found = regrid(headers, slice(0, HEIGHT), slice(0, WIDTH))
    for number, header in enumerate(found):
        header.ImageOrientationPatient, header.ImagePositionPatient = list(CORONAL), [0.0, float(number), 0.0]
    return found


def beside(headers: list[Any]) -> list[Any]:
    found = regrid(headers, slice(0, HEIGHT), slice(0, WIDTH))
    for header in found:
        x, y, z = header.ImagePositionPatient
        header.ImagePositionPatient = [x + 0.65 * 12, y, z]
    return found


@pytest.mark.parametrize(
    ("grid", "words"),
    [(finer, "never resampled"), (turned, "another plane"), (beside, "outside the image")],
    ids=["finer", "turned", "beside"],
)
@pytest.mark.parametrize("bad_first", [True, False])
def test_a_bad_seg_is_dropped_by_name_and_the_good_one_stays(
    tmp_path: Path, grid: Callable[[list[Any]], list[Any]], words: str, bad_first: bool
) -> None:
    """It rejected the series and its good SEG."""
    series = ct(tmp_path / "raw")
    names = {"good": "1" if bad_first else "2", "bad": "2" if bad_first else "1"}
    write_seg(tmp_path / "raw/1.dcm", series.headers, {"Liver": LIVER}, name=names["good"])
    write_seg(tmp_path / "raw/2.dcm", grid(series.headers), {"Liver": LIVER, "Tumor": PROGRAM}, name=names["bad"])
    done = converted(tmp_path, configs=["all"])
    bad = f"{uid('series ' + names['bad'])}/{uid('sop ' + names['bad'])}.dcm"
    assert {(one["image_id"], one["file"]) for one in done.rejected} == {(uid("sop " + names["bad"]), bad)}
    assert all(words in one["expected"] for one in done.rejected)
    assert np.array_equal(column(done, "mask"), LIVER)
    for row in rows_of(done):
        assert (row["mask_names"], len(row["masks"]), row["annotated_classes"]) == (["Liver"], 1, [1])
        assert bad.partition("/")[0] not in repr(row["files"])
    assert np.array_equal(pixels(rows_of(done, "volumes")[0]["mask"]), LIVER)


def test_a_seg_that_is_cut_is_dropped_by_name(tmp_path: Path) -> None:
    series = ct(tmp_path / "raw")
    write_seg(tmp_path / "raw/1.dcm", series.headers, {"Liver": LIVER}, name="good")
    write_seg(tmp_path / "raw/2.dcm", series.headers, {"Tumor": PROGRAM}, name="bad")
    data = (tmp_path / "raw/2.dcm").read_bytes()
    (tmp_path / "raw/2.dcm").write_bytes(data[:-100])
    done = converted(tmp_path)
    (rejected,) = done.rejected
    assert rejected["file"] == f"{uid('series bad')}/{uid('sop bad')}.dcm"
    assert rows_of(done)[0]["mask_names"] == ["Liver"] and np.array_equal(column(done, "mask"), LIVER)


# ---------------------------------------------------------------- whose images they are


def nameless(seg: Dataset) -> None:
    """Takes away what names the images."""
    del seg.ReferencedSeriesSequence
    for group in (*seg.SharedFunctionalGroupsSequence, *seg.PerFrameFunctionalGroupsSequence):
        if "DerivationImageSequence" in group:
            del group.DerivationImageSequence


def frameless(seg: Dataset) -> None:
    nameless(seg)
    del seg.FrameOfReferenceUID


@pytest.mark.parametrize("edit", [nameless, frameless])
def test_a_seg_that_names_no_series_is_matched_by_where_it_lies(tmp_path: Path, edit: Callable[[Dataset], None]) -> None:
    series = ct(tmp_path / "raw")
    ct(tmp_path / "raw", "other place", origin=(-71.5, -64.25, 300.0))
    ct(tmp_path / "raw", "other size", pixel_spacing=(0.8, 0.8))
    ct(tmp_path / "raw", "other plane", orientation=SAGITTAL)
    write_seg(tmp_path / "raw/1.dcm", series.headers, {"Liver": LIVER}, name="seg", edit=edit)
    done = converted(tmp_path)
    assert not done.rejected
    rows = rows_of(done)
    assert {row["volume_id"] for row in rows if row["mask"]} == {series.uid}
    assert np.array_equal(np.stack([pixels(row["mask"]) for row in rows if row["mask"]]), LIVER)


@pytest.mark.parametrize("frame", [True, False])
def test_an_rtstruct_that_names_no_series_is_matched_by_where_it_lies(tmp_path: Path, frame: bool) -> None:
    series = ct(tmp_path / "raw")
    ct(tmp_path / "raw", "between", origin=(-71.5, -64.25, -118.75))
    write_rtstruct(tmp_path / "raw/1.dcm", series, {"Liver": [(k, box(4, 20, 3, 15)[1]) for k in range(3)]}, name="rt", references=False)
    rt = dcmread(tmp_path / "raw/1.dcm")
    del rt.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence
    if not frame:
        del rt.ReferencedFrameOfReferenceSequence
        del rt.StructureSetROISequence[0].ReferencedFrameOfReferenceUID
    rt.save_as(tmp_path / "raw/1.dcm", enforce_file_format=True)
    done = converted(tmp_path)
    assert not done.rejected
    assert np.array_equal(np.stack([pixels(row["mask"]) for row in rows_of(done) if row["mask"]]), LIVER)


def test_a_seg_that_lies_on_two_series_is_on_neither_and_a_note_names_them(tmp_path: Path) -> None:
    series, twin = ct(tmp_path / "raw"), ct(tmp_path / "raw", "twin")
    write_seg(tmp_path / "raw/1.dcm", series.headers, {"Liver": LIVER}, name="seg", edit=nameless)
    done = converted(tmp_path)
    (rejected,) = done.rejected
    assert rejected["image_id"] == uid("sop seg") and "refers to: none" in rejected["expected"]
    ((path, reason),) = notes(done)
    assert path == f"{uid('series seg')}/{uid('sop seg')}.dcm" and series.uid in reason and twin.uid in reason
    assert all(row["mask"] is None for row in rows_of(done))


def of_both(path: Path, parts: list[Path]) -> None:
    """One SEG of the frames of two, each of which names images of its own."""
    seg, other = map(dcmread, parts)
    frames = np.concatenate([seg.pixel_array, other.pixel_array])
    for key in ("PerFrameFunctionalGroupsSequence", "ReferencedSeriesSequence"):
        setattr(seg, key, [*seg[key].value, *other[key].value])
    seg.NumberOfFrames, seg.PixelData = len(frames), pack_bits(frames)
    seg.save_as(path)


@pytest.mark.parametrize("there", [True, False])
def test_of_a_seg_of_two_series_each_has_what_was_drawn_on_its_own_images(tmp_path: Path, there: bool) -> None:
    """Where one series was not downloaded, its frames were painted on the other."""
    truths = {"a": LIVER, "b": np.roll(LIVER, 5, 1)}
    series = {name: ct(tmp_path / "raw", name) for name in truths}
    for name, truth in truths.items():
        write_seg(tmp_path / name, series[name].headers, {"Liver": truth}, name="seg")
    of_both(tmp_path / "raw/1.dcm", [tmp_path / name for name in truths])
    if not there:
        shutil.rmtree(tmp_path / "raw/b")
    done = converted(tmp_path)
    assert not done.rejected
    for name in ("a", "b") if there else ("a",):
        rows = [row for row in rows_of(done) if row["volume_id"] == series[name].uid]
        assert np.array_equal(np.stack([pixels(row["mask"]) for row in rows]), truths[name])
    assert {reason for _, reason in notes(done, "notes")} == {"3 of its 6 frames were drawn on other images, and are in no mask of these"}


def test_a_seg_of_images_that_are_not_there_is_never_given_to_others(tmp_path: Path) -> None:
    series, absent = ct(tmp_path / "raw"), ct(tmp_path, "absent")
    write_seg(tmp_path / "raw/1.dcm", absent.headers, {"Liver": LIVER}, name="seg")
    done = converted(tmp_path)
    assert [one["image_id"] for one in done.rejected] == [uid("sop seg")]
    ((path, reason),) = notes(done)
    assert path.startswith(uid("series seg")) and series.uid in reason


def test_only_referenced_leaves_out_the_images_of_a_mask_without_a_match(tmp_path: Path) -> None:
    series, absent = ct(tmp_path / "raw"), ct(tmp_path, "absent")
    ct(tmp_path / "raw", "b")
    write_seg(tmp_path / "raw/1.dcm", absent.headers, {"Liver": LIVER}, name="lost")
    write_seg(tmp_path / "raw/2.dcm", series.headers, {"Liver": LIVER}, name="seg")
    done = converted(tmp_path, "only_referenced = true\n")
    assert {row["volume_id"] for row in rows_of(done)} == {series.uid}


# ---------------------------------------------------------------- what the about file declares


def declared(tmp_path: Path, text: str, name: str = "out") -> Conversion:
    path = tmp_path / "declared.toml"
    path.write_text(text)
    return convert("tcia", tmp_path / "raw", tmp_path / name, workers=1, about=path)


def test_names_are_told_without_case_and_joints_and_by_patterns_whole_names_first(tmp_path: Path) -> None:
    series = ct(tmp_path / "raw")
    names = ("Spinal_cord", "SPINAL CORD", "Cochlea_c", "cochlea", "GTV+1", "BODY")
    write_seg(tmp_path / "raw/1.dcm", series.headers, {name: np.roll(LIVER, k, 1) for k, name in enumerate(names)}, name="seg")
    about = 'ignore = ["bo*"]\n[classes]\n"SpinalCord" = "cord"\n"cochlea*" = "cochlea"\n"Cochlea_c" = "left_cochlea"\n"GTV-1" = "gtv"\n'
    done = declared(tmp_path, about)
    assert rows_of(done)[0]["annotated_classes"] == [1, 2, 3]
    assert [note for note in notes(done) if "has no class" in note[1]] == [
        ("GTV+1", "a structure for which the about file has no class: it is in `masks` alone")
    ]


def test_a_name_may_mean_something_else_in_one_patient(tmp_path: Path) -> None:
    for patient in ("P1", "P2"):
        series = ct(tmp_path / "raw", patient, patient_id=patient, study=patient)
        write_seg(tmp_path / f"raw/{patient}.dcm", series.headers, {"Men": LIVER}, name=f"seg {patient}")
    about = 'ignore = "men"\nsplits = { "P2*" = "test" }\nexceptions = { P2 = { "men" = "tumor" } }\n[classes]\n"TV" = "tumor"\n'
    done = declared(tmp_path, about)
    found = done.report["configs"]["slices"]["splits"]
    seen = {
        split: {tuple(row["annotated_classes"]) for name in found[split]["shards"] for row in pq.read_table(done.out / name).to_pylist()}
        for split in found
    }
    assert seen == {"train": {()}, "test": {(1,)}}


def test_what_is_painted_first_hides_nothing(tmp_path: Path) -> None:
    series = ct(tmp_path / "raw")
    write_seg(tmp_path / "raw/1.dcm", series.headers, {"Liver": LIVER, "Skin": PROGRAM}, name="seg")
    classes = '[classes]\n"Liver" = "liver"\n"Skin" = "skin"\n'
    assert np.array_equal(column(declared(tmp_path, classes), "mask"), PROGRAM * 2)
    assert np.array_equal(column(declared(tmp_path, f'paint = "skin"\n{classes}', "painted"), "mask"), np.where(LIVER, 1, PROGRAM * 2))


@pytest.mark.parametrize(
    ("about", "words"),
    [('paint = ["skin"]\n', "paint names skin; the classes are liver, tumor"), ('splits = { "P*" = "my test" }\n', "a split is one word")],
)
def test_a_declaration_that_means_nothing_is_refused(tmp_path: Path, about: str, words: str) -> None:
    ct(tmp_path / "raw")
    with pytest.raises(Refused, match=words):
        converted(tmp_path, about)


@pytest.mark.parametrize("numbered", [True, False])
def test_of_two_acquisitions_at_the_same_places_the_one_is_used_that_the_frames_name(tmp_path: Path, numbered: bool) -> None:
    series = ct(tmp_path / "raw", edit=lambda header, _: setattr(header, "AcquisitionNumber", 1 if numbered else None))
    for k, path in enumerate(series.paths):
        header = dcmread(path)
        header.SOPInstanceUID = header.file_meta.MediaStorageSOPInstanceUID = UID(uid(f"second {k}"))
        header.AcquisitionNumber, header.PixelData = 2 if numbered else None, bytes(reversed(header.PixelData))
        header.save_as(path.with_name(f"2-{k}.dcm"), enforce_file_format=True)
    assert len(converted(tmp_path).rejected) == 1  # no mask says which of the two is meant
    write_seg(tmp_path / "raw/1.dcm", series.headers, {"Liver": LIVER}, name="seg")
    done = convert("tcia", tmp_path / "raw", tmp_path / "named", workers=1, about=tmp_path / "about.toml")
    assert not done.rejected
    assert [row["sop_instance_uid"] for row in rows_of(done)] == series.sop_uids
    assert np.array_equal(column(done, "mask"), LIVER)
