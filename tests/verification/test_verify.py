"""Every promise is checked: each test breaks one, and only the check of that promise may answer."""

from __future__ import annotations

import io
import json
import random
import shutil
import struct
import sys
import zlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from PIL import Image, PngImagePlugin

from hf_medseg.dataset.columns import INT32, TEXT, Label, ListOf
from hf_medseg.dataset.folder import COLUMNS as PREVIEW_COLUMNS
from hf_medseg.dataset.folder import FILE as PREVIEW_FILE
from hf_medseg.dataset.folder import OVERVIEW
from hf_medseg.dataset.table import schema_of
from hf_medseg.errors import MedsegError
from hf_medseg.formats import png
from hf_medseg.progress import Progress
from hf_medseg.verification import cell, findings, preview, shard, together
from tests.support.kit import encode, grey
from tests.support.made import FLAT, OWN, VOLUMES, Made, edition, flat, flat_row, know, labels, nifti, picture, verify, volumes

Spoil = Callable[[Made], Any]
FIRST, SECOND, TEST = (f"data/{name}.parquet" for name in ("train-00000-of-00002", "train-00001-of-00002", "test-00000-of-00001"))


@pytest.fixture(autouse=True)
def catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    know(monkeypatch, FLAT, VOLUMES)


def problems(out: Path) -> list[tuple[str, str, str, str]]:
    """(check, file, row, what was expected and found)."""
    return [(one.check, one.where, one.row, one.expected) for one in verify.verify(out).problems]


def only(found: list[tuple[str, str, str, str]], check: str, where: str, row: str, text: str) -> None:
    """There is this one problem and no other."""
    assert [one[:3] for one in found] == [(check, where, row)], found
    assert text in found[0][3], found[0][3]


def shape(made: Made, **row: Any) -> tuple[int, int]:
    return made.row(**row)["height"], made.row(**row)["width"]


# --- nothing wrong ---------------------------------------------------------------------------------------------------------------------


def test_a_whole_dataset_keeps_every_promise(tmp_path: Path) -> None:
    result = verify.verify(flat().write(tmp_path / "out"))
    assert (result.ok, result.rows, result.problems, result.warnings) == (True, 6, [], [])


def test_a_dataset_of_volumes_keeps_every_promise(tmp_path: Path) -> None:
    result = verify.verify(volumes().write(tmp_path / "out"))
    assert (result.ok, result.rows, result.problems, result.warnings) == (True, 8, [], [])


def test_every_stored_kind_of_picture_is_allowed(tmp_path: Path) -> None:
    made = flat()
    kinds = [
        picture(grey("l", *shape(made, number=0))),
        picture(grey("16", *shape(made, number=1), 65536, np.uint16)),
        picture(grey("f", *shape(made, split="test", number=0)).astype(np.float32) / 3, "TIFF"),
        picture(grey("jpeg", *shape(made, split="test", number=1)), "JPEG"),
    ]
    for (split, number), image in zip([("train", 0), ("train", 1), ("test", 0), ("test", 1)], kinds, strict=True):
        made.row(split=split, number=number)["image"] = image
    assert problems(made.write(tmp_path / "out")) == []


def test_a_finding_says_everything() -> None:
    found = findings.Finding("values", "data/train.parquet", "cell_1", "`mask` holds 7.", "Delete it.")
    assert str(found) == "data/train.parquet, row cell_1: `mask` holds 7. Delete it."
    assert str(findings.Finding("shards", "data", "", "one is missing.", "")) == "data: one is missing."


def test_an_empty_folder_or_none_is_a_problem(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for out in (tmp_path / "empty", tmp_path / "nowhere"):
        result = verify.verify(out)
        assert not result.ok
        assert result.problems[0].check == "shards" and "convert" in result.problems[0].advice
        said = "no such folder." if out.name == "nowhere" else "holds no rows: it is no finished conversion."
        assert str(result.problems[0]).startswith(f"{out}: {said} ")


def test_progress_is_told_shard_by_shard(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    told: list[Progress] = []
    verify.verify(out, told.append)
    sizes = sum((out / name).stat().st_size for name in (FIRST, SECOND, TEST))
    assert [one[:3] for one in told] == [("verify", 1, 3), ("verify", 2, 3), ("verify", 3, 3)]
    assert told[-1][3:] == (sizes, sizes, "B")


def test_large_datasets_are_read_in_processes_with_the_same_result(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = flat()
    made.row()["classes"] = [0]
    out = made.write(tmp_path / "out")
    here = verify.verify(out)
    monkeypatch.setattr(verify, "SMALL", 0)
    assert verify.verify(out) == here
    assert [one.check for one in here.problems] == ["classes"]


def test_a_killed_worker_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = flat().write(tmp_path / "out")

    class Dying:
        def __init__(self, workers: int) -> None: ...

        def __enter__(self) -> Dying:
            return self

        def __exit__(self, *error: object) -> None: ...

        def run(self, function: Any, calls: Any) -> Any:
            raise MedsegError("A worker process was killed.")

        run_small = run

    monkeypatch.setattr(verify, "Executor", Dying)
    found = [one for one in problems(out) if one[0] == "readable"]
    assert [one[1] for one in found] == [TEST, FIRST, SECOND]
    assert "was killed" in found[0][3]


# --- rows ------------------------------------------------------------------------------------------------------------------------------


def jpeg_with(**options: Any) -> bytes:
    return encode(grey("x", 20, 31), "JPEG", **options)


def png_with_text() -> bytes:
    info = PngImagePlugin.PngInfo()
    info.add_text("Patient", "Jane Doe")
    return encode(grey("x", 20, 31), pnginfo=info)


def tiff_with_a_name() -> bytes:
    return encode(grey("x", 20, 31).astype(np.float32), "TIFF", tiffinfo={270: "Jane Doe"})


def exif() -> Image.Exif:
    found = Image.Exif()
    found[0x010E] = "Jane Doe"
    return found


def palette() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(grey("x", 20, 31)).convert("P").save(buffer, "PNG")
    return buffer.getvalue()


def png_of(depth: int, colour: int, packed: bytes) -> bytes:
    """A PNG of 31 x 20 pixels, chunk by chunk."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 31, 20, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def deep_colour() -> bytes:
    """16 bits a colour channel, which Pillow opens as 8-bit RGB without a word."""
    return png_of(16, 2, zlib.compress(bytes((1 + 31 * 6) * 20)))


def one_bit() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(grey("x", 20, 31)).convert("1").save(buffer, "PNG")
    return buffer.getvalue()


def cmyk() -> bytes:
    buffer = io.BytesIO()
    Image.new("CMYK", (31, 20)).save(buffer, "JPEG")
    return buffer.getvalue()


def transparent() -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(grey("x", 20, 31)).save(buffer, "PNG", transparency=7)
    return buffer.getvalue()


def many_pages() -> bytes:
    buffer = io.BytesIO()
    pages = [Image.fromarray(grey(f"{k}", 20, 31)) for k in range(2)]
    pages[0].save(buffer, "PNG", save_all=True, append_images=pages[1:])
    return buffer.getvalue()


IMAGES: dict[str, tuple[bytes, str, str]] = {
    "no bytes": (b"", "format", "no JPEG, PNG or float TIFF"),
    "BMP": (encode(grey("x", 20, 31), "BMP"), "format", "no JPEG, PNG or float TIFF"),
    "cut PNG": (encode(grey("x", 20, 31))[:-20], "decode", "cut"),
    "PNG with a wrong checksum": (encode(grey("x", 20, 31))[:60] + b"!" + encode(grey("x", 20, 31))[61:], "decode", "checksum"),
    "cut JPEG": (jpeg_with()[:-30], "decode", "end marker"),
    "PNG whose pixels break off": (png_of(8, 0, zlib.compress(bytes(32 * 20))[:-8]), "decode", "cannot be decoded"),
    "CMYK JPEG": (cmyk(), "mode", "mode CMYK"),
    "several pages": (many_pages(), "decode", "several pictures"),
    "JPEG with EXIF": (jpeg_with(exif=exif()), "identity", "EXIF"),
    "JPEG with a comment": (jpeg_with(comment=b"Jane Doe"), "identity", "comments"),
    "JPEG with bytes behind its end": (jpeg_with() + b"Jane Doe", "identity", "bytes that do not shape"),
    "PNG with text": (png_with_text(), "identity", "text"),
    "PNG with EXIF": (encode(grey("x", 20, 31), exif=exif()), "identity", "EXIF"),
    "TIFF with a description": (tiff_with_a_name(), "identity", "[270]"),
    "integer TIFF": (encode(grey("x", 20, 31), "TIFF"), "mode", "TIFF of mode L"),
    "palette": (palette(), "mode", "mode P"),
    "16 bits a colour": (deep_colour(), "mode", "mode RGB"),
    "transparent": (transparent(), "mode", "opaque"),
    "alpha": (encode(np.full((20, 31, 4), 255, np.uint8)), "mode", "RGBA"),
    "1-bit": (one_bit(), "mode", "mode 1"),
}


@pytest.mark.parametrize("name", IMAGES)
def test_an_image_that_is_not_as_promised(tmp_path: Path, name: str) -> None:
    data, check, text = IMAGES[name]
    made = flat()
    made.row()["image"] = {"bytes": data, "path": "cell_0.png"}
    only(problems(made.write(tmp_path / "out")), check, FIRST, "cell_0", text)


def test_too_many_pixels_are_not_decoded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = flat().write(tmp_path / "out")
    monkeypatch.setattr(cell, "MAX_PIXELS", 20 * 31)
    found = problems(out)
    assert not [one for one in found if one[1] == FIRST and one[2] == "cell_0"]
    assert next(one[3] for one in found if one[1] == FIRST and one[0] == "decode") == "`image`: 31 x 21 pixels; at most 620 are read."


def set_row(**values: Any) -> Spoil:
    return lambda made: made.row().update(values)


def set_mask(make: Callable[[int, int], dict[str, Any]], **more: Any) -> Spoil:
    def spoil(made: Made) -> None:
        made.row()["mask"] = make(*shape(made))
        made.row().update(more)

    return spoil


def set_column(name: str, make: Callable[[int, int], Any]) -> Spoil:
    return lambda made: made.row().update({name: make(*shape(made))})


def jpeg_mask(height: int, width: int) -> dict[str, Any]:
    return picture(np.zeros((height, width), np.uint8), "JPEG")


ROWS: dict[str, tuple[Spoil, str, str]] = {
    "image null": (set_row(image=None), "image", "`image` is null"),
    "width": (set_row(width=30), "size", "30 x 20, the image has 31 x 20"),
    "path with folders": (lambda made: made.row()["image"].update(path="/home/jane/1.png"), "path", "/home/jane/1.png"),
    "path missing": (lambda made: made.row()["mask"].update(path=None), "path", "`mask`"),
    "mask is JPEG": (set_mask(jpeg_mask, classes=[0]), "label map", "JPEG of mode L"),
    "mask is colour": (set_mask(lambda h, w: picture(np.zeros((h, w, 3), np.uint8)), classes=[0]), "label map", "mode RGB"),
    "mask is 16-bit": (set_mask(lambda h, w: picture(np.zeros((h, w), np.uint16)), classes=[0]), "label map", "mode I;16"),
    "mask is a palette": (set_mask(lambda h, w: {"bytes": palette(), "path": "x.png"}, classes=[0]), "mode", "mode P"),
    "mask on another grid": (set_mask(lambda h, w: picture(labels("x", h, w + 1))), "grid", "32 x 20 pixels, its image 31 x 20"),
    "value of no class": (set_mask(lambda h, w: picture(labels("x", h, w, 4)), classes=[0, 1, 2, 3]), "values", "values 3; 0..2"),
    "255 that nobody declared": (
        set_mask(lambda h, w: picture(np.full((h, w), 255, np.uint8)), classes=[]),
        "values",
        "values 255; 0..2 are declared",
    ),
    "classes too many": (set_mask(lambda h, w: picture(labels("x", h, w, 2))), "classes", "[0, 1, 2], the mask holds [0, 1]"),
    "classes out of order": (set_row(classes=[1, 0, 2]), "classes", "[1, 0, 2]"),
    "classes without a mask": (set_row(mask=None), "classes", "without a mask it is empty"),
    "second mask on another grid": (set_column("mask_2", lambda h, w: picture(labels("x", h + 1, w))), "grid", "`mask_2` has 31 x 21"),
    "second mask with another value": (set_column("mask_2", lambda h, w: picture(labels("x", h, w, 4))), "values", "`mask_2`"),
    "second mask is damaged": (set_row(mask_2={"bytes": b"\x89PNG\r\n\x1a\n", "path": "x.png"}), "decode", "`mask_2`: the PNG is cut"),
    "second mask is JPEG": (set_column("mask_2", jpeg_mask), "label map", "`mask_2`"),
    "native mask is JPEG": (set_column("mask_native", jpeg_mask), "label map", "`mask_native`"),
    "field of view with another value": (set_column("fov_mask", lambda h, w: picture(labels("x", h, w, 3))), "values", "0..1"),
    "one of the masks on another grid": (
        set_column("masks", lambda h, w: [picture(labels("x", h, w)), picture(labels("x", w, h))]),
        "grid",
        "`masks` has 20 x 31",
    ),
    "one of the masks is JPEG": (set_column("masks", lambda h, w: [picture(labels("x", h, w)), jpeg_mask(h, w)]), "label map", "`masks`"),
    "more masks than names": (set_row(mask_names=["reader 1"]), "masks", "2 `masks` and 1 `mask_names`"),
    "instances of 8 bits": (set_column("instances", lambda h, w: picture(grey("x", h, w))), "instances", "16-bit grey"),
    "instances on another grid": (set_column("instances", lambda h, w: picture(grey("x", h, h, 9, np.uint16))), "grid", "`instances`"),
    "label without a name": (set_row(label=2), "labels", "`label` holds 2; it names 0..1"),
    "label below all names": (set_row(label=-1), "labels", "`label` holds -1"),
    "label of a box without a name": (
        set_row(boxes=[{"x": 0.0, "y": 0.0, "width": 1.0, "height": 1.0, "label": 5}]),
        "labels",
        "`boxes.label` holds 5",
    ),
    "no hash": (set_row(source_sha256=None), "null", "`source_sha256`"),
    "hash cut": (set_row(source_sha256="12ab"), "source", "'12ab' is no SHA-256"),
    "hash in capitals": (set_row(source_sha256="A" * 64), "source", "no SHA-256"),
    "no source file": (set_row(source_file=None), "null", "`source_file`"),
    "absolute path": (set_row(source_file="/data/images/1.png"), "source", "no path inside a raw tree"),
    "path of another system": (set_row(source_file="images\\1.png"), "source", "no path inside a raw tree"),
    "path with a drive": (set_row(source_file="C:/images/1.png"), "source", "no path inside a raw tree"),
    "path that climbs": (set_row(source_file="images/../1.png"), "source", "no path inside a raw tree"),
    "path not composed": (set_row(source_file="images/Mu\u0308ller.png"), "source", "no path inside a raw tree"),
    "file of a row without hash": (set_row(files=[{"column": "image", "path": "a.png", "sha256": "x"}]), "source", "'x' is no SHA-256"),
    "file of a row on a disk": (set_row(files=[{"column": "image", "path": "/a.png", "sha256": "a" * 64}]), "source", "'/a.png'"),
}


@pytest.mark.parametrize("name", ROWS)
def test_a_row_that_is_not_as_promised(tmp_path: Path, name: str) -> None:
    spoil, check, text = ROWS[name]
    made = flat()
    # The preview is drawn from a whole dataset: here only the rows are wrong.
    shutil.copytree(made.write(tmp_path / "whole") / "preview", tmp_path / "preview")
    spoil(made)
    out = write_without_preview(made, tmp_path / "out")
    shutil.copytree(tmp_path / "preview", out / "preview")
    only(problems(out), check, FIRST, "cell_0", text)


def write_without_preview(made: Made, out: Path) -> Path:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("tests.support.made.write_preview", lambda *given: None)
        return made.write(out)


def test_a_row_without_id_is_told_by_its_number(tmp_path: Path) -> None:
    made = flat()
    shutil.copytree(made.write(tmp_path / "whole") / "preview", tmp_path / "preview")
    made.row(number=1).update(image_id="", patient_id=None)
    out = write_without_preview(made, tmp_path / "out")
    shutil.copytree(tmp_path / "preview", out / "preview")
    found = problems(out)
    assert ("null", FIRST, "number 1", "`image_id` is empty.") in found


def test_not_annotated_is_allowed_where_declared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = edition(FLAT, uncertain=True)
    know(monkeypatch, source)
    made = flat(source)
    mask = labels("x", *shape(made))
    mask[5:, 5:] = 255
    made.row()["mask"] = picture(mask)
    assert problems(made.write(tmp_path / "out")) == []


def test_what_the_shard_counted_declares_it_where_the_facts_come_with_the_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    know(monkeypatch, replace(FLAT, from_about=lambda raw: FLAT.editions[0]))
    made = flat()
    mask = labels("x", *shape(made))
    mask[5:, 5:] = 255
    made.row()["mask"] = picture(mask)
    assert problems(made.write(tmp_path / "out")) == []


def test_the_declared_mode_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    know(monkeypatch, replace(FLAT, image_mode="L"))
    found = problems(flat().write(tmp_path / "out"))
    assert {(check, text) for check, _, _, text in found} == {("mode", "`image` has the mode RGB, the source declares L.")}
    assert len(found) == 6


# --- slices of volumes -----------------------------------------------------------------------------------------------------------------


def slices(made: Made) -> list[dict[str, Any]]:
    return made.tables["slices", "train"][0]


def repeat(made: Made) -> None:
    """head_1 goes on after head_2."""
    both = [*made.tables["slices", "train"][0], *made.tables["slices", "train"][1]]
    made.tables["slices", "train"] = [[*both[:2], *both[3:], both[2]]]


SLICES: dict[str, tuple[Spoil, list[str]]] = {
    "last missing": (lambda made: slices(made).pop(), ["the volume head_1 ends before slice 2 of 3."]),
    "middle missing": (lambda made: slices(made).pop(1), ["slice_index 1 of the volume head_1 was expected, 2 found."]),
    "out of order": (
        lambda made: slices(made).reverse(),
        [
            "slice_index 0 of the volume head_1 was expected, 2 found.",
            "slice_index 3 of the volume head_1 was expected, 1 found.",
            "slice_index 2 of the volume head_1 was expected, 0 found.",
            "the volume head_1 ends before slice 1 of 3.",
        ],
    ),
    "another count": (lambda made: slices(made)[1].update(num_slices=4), ["num_slices is 4, 3 in the slices before."]),
    "torn apart": (
        repeat,
        [
            "the volume head_1 ends before slice 2 of 3.",
            "its volume head_1 goes on after another one began.",
            "slice_index 0 of the volume head_1 was expected, 2 found.",
        ],
    ),
}


@pytest.mark.parametrize("name", SLICES)
def test_slices_are_complete_and_in_order(tmp_path: Path, name: str) -> None:
    spoil, texts = SLICES[name]
    made = volumes()
    spoil(made)
    found = problems(made.write(tmp_path / "out"))
    assert [(check, text) for check, _, _, text in found] == [("slices", text) for text in texts]


GEOMETRY = {"pixel_spacing": [1.0], "image_position": [0.0] * 4, "image_orientation": [1.0], "plane": "oblique", "orientation": "LLS"}


@pytest.mark.parametrize("name", GEOMETRY)
def test_geometry_is_as_promised(tmp_path: Path, name: str) -> None:
    made = volumes()
    slices(made)[0][name] = GEOMETRY[name]
    only(problems(made.write(tmp_path / "out")), "geometry", "slices/train-00000-of-00002.parquet", "head_1_0000", f"`{name}`")


def voxels(dtype: Any = np.uint8, depth: int = 3, high: int = 3) -> Any:
    found = grey("v", depth * 6, 8, high, dtype).reshape(depth, 6, 8)
    found[0, 0, :high] = np.arange(min(high, 8))
    return found


VOLUME_CELLS: dict[str, tuple[dict[str, Any], str, str]] = {
    "damaged": ({"image": {"bytes": nifti(voxels())["bytes"][:-9], "path": "x.nii.gz"}}, "decode", "NIfTI"),
    "no NIfTI": ({"image": {"bytes": __import__("gzip").compress(b"x" * 999), "path": "x.nii.gz"}}, "decode", "no NIfTI"),
    "text in the header": ({"image": nifti(voxels(), text=b"Jane Doe")}, "identity", "text or extensions"),
    "name in the gzip": ({"image": nifti(voxels(), file_name="jane.nii")}, "identity", "gzip header"),
    "depth": ({"depth": 4}, "size", "`depth` says 4"),
    "number of slices": ({"num_slices": 4}, "size", "`num_slices` says 4"),
    "width": ({"width": 9}, "size", "9 x 6"),
    "mask of 16 bits": ({"mask": nifti(voxels(np.uint16))}, "label map", "uint16"),
    "mask on another grid": ({"mask": nifti(voxels(depth=4))}, "grid", "8 x 6 x 4 pixels, its image 8 x 6 x 3"),
    "value of no class": ({"mask": nifti(voxels(high=4)), "classes": [0, 1, 2, 3]}, "values", "values 3; 0..2 and 255"),
    "classes": ({"classes": [0, 1]}, "classes", "[0, 1]"),
}


@pytest.mark.parametrize("name", VOLUME_CELLS)
def test_a_volume_that_is_not_as_promised(tmp_path: Path, name: str) -> None:
    values, check, text = VOLUME_CELLS[name]
    made = volumes()
    shutil.copytree(made.write(tmp_path / "whole") / "preview", tmp_path / "preview")
    made.row("volumes").update(values)
    out = write_without_preview(made, tmp_path / "out")
    shutil.copytree(tmp_path / "preview", out / "preview")
    only(problems(out), check, "volumes/train-00000-of-00002.parquet", "head_1", text)


def test_slices_that_nobody_read_are_255_in_volumes_only(tmp_path: Path) -> None:
    made = volumes()
    mask = voxels()
    mask[1] = 255
    made.row("volumes")["mask"] = nifti(mask)
    assert problems(made.write(tmp_path / "out")) == []


def test_without_nibabel_volumes_are_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = volumes().write(tmp_path / "out")
    monkeypatch.setitem(sys.modules, "nibabel", None)
    result = verify.verify(out)
    assert result.ok, result.problems
    assert [(one.check, one.where) for one in result.warnings] == [
        *(("volumes", f"volumes/train-0000{number}-of-00002.parquet") for number in (0, 1)),
        *(("volumes", name) for name in (OVERVIEW, PREVIEW_FILE)),
    ]
    assert all("pip install 'nibabel>=" in one.advice for one in result.warnings)


# --- shards ----------------------------------------------------------------------------------------------------------------------------


def test_a_missing_shard(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    (out / FIRST).unlink()
    assert ("shards", "data/train", "", "of 2 shards 1 are missing: 00000.") in problems(out)


def test_shards_of_two_cuts(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    shutil.copy(out / TEST, out / "data" / "test-00001-of-00002.parquet")
    found = problems(out)
    assert ("shards", "data/test", "", "shards of 1 and of 2 lie side by side; one cut expected.") in found


def test_a_renamed_split(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    (out / TEST).rename(out / "data" / "validation-00000-of-00001.parquet")
    found = problems(out)
    assert ("shards", "data/validation-00000-of-00001.parquet", "") in [one[:3] for one in found]
    assert "of the split 'test'" in next(one[3] for one in found if one[0] == "shards")


def test_a_shard_of_another_config(tmp_path: Path) -> None:
    made = volumes()
    made.identity = lambda name, identity: replace(identity, config="volumes")
    found = problems(made.write(tmp_path / "out"))
    assert ("shards", "slices/train-00000-of-00002.parquet", "") in [one[:3] for one in found]
    assert "of the config 'volumes', which does not lie there" in next(one[3] for one in found if one[0] == "shards")


def test_a_folder_beside_the_only_config(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    shutil.copytree(out / "data", out / "other")
    found = [one for one in problems(out) if one[0] == "shards"]
    assert {one[1].partition("/")[0] for one in found} == {"data", "other"}


def test_a_split_without_rows_has_no_shard(tmp_path: Path) -> None:
    made = flat()
    made.tables["default", "validation"] = [[]]
    found = problems(made.write(tmp_path / "out"))
    assert ("shards", "data/validation-00000-of-00001.parquet", "") in [one[:3] for one in found]
    assert "no shard of 'validation' has rows" in next(one[3] for one in found if one[0] == "shards")


def test_an_empty_shard_between_others_is_fine(tmp_path: Path) -> None:
    made = flat()
    made.tables["default", "train"].append([])
    assert problems(made.write(tmp_path / "out")) == []


def test_a_shard_that_says_nothing_of_itself(tmp_path: Path) -> None:
    made = flat()
    made.identity = lambda name, identity: None if name == SECOND else identity
    found = problems(made.write(tmp_path / "out"))
    assert ("metadata", SECOND, "") in [one[:3] for one in found]


@pytest.mark.parametrize("name", ["source", "edition", "license", "tier"])
def test_shards_of_different_datasets(tmp_path: Path, name: str) -> None:
    made = flat()
    made.identity = lambda shard, identity: replace(identity, **{name: "other"}) if shard == SECOND else identity
    found = problems(made.write(tmp_path / "out"))
    expected = made.source.id if name == "source" else {"edition": "", "license": "cc-by-4.0", "tier": "open"}[name]
    assert ("identity of shards", SECOND, "", f"its {name} is 'other', {expected!r} in the other shards.") in found


def test_shards_of_different_versions_are_a_warning(tmp_path: Path) -> None:
    made = flat()
    made.identity = lambda name, identity: replace(identity, version="0.0.9") if name == SECOND else identity
    result = verify.verify(made.write(tmp_path / "out"))
    assert result.ok
    assert [(one.check, one.expected) for one in result.warnings] == [("versions", "shards were made by the versions 0.0.9, 0.1.0.")]


def test_a_source_that_the_catalog_does_not_have_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = flat().write(tmp_path / "out")
    know(monkeypatch, VOLUMES)
    result = verify.verify(out)
    assert result.ok
    assert [one.check for one in result.warnings] == ["catalog"]


def without_features(schema: pa.Schema) -> pa.Schema:
    return schema.with_metadata({})


def other_features(schema: pa.Schema) -> pa.Schema:
    told = json.loads(schema.metadata[b"huggingface"])
    told["info"]["features"]["label"] = {"dtype": "string", "_type": "Value"}
    return schema.with_metadata({"huggingface": json.dumps(told)})


def strange_features(schema: pa.Schema) -> pa.Schema:
    told = json.loads(schema.metadata[b"huggingface"])
    told["info"]["features"]["label"] = {"_type": "Audio"}
    return schema.with_metadata({"huggingface": json.dumps(told)})


@pytest.mark.parametrize(
    ("change", "text"),
    [(without_features, "cannot be read"), (other_features, "features and columns differ: label"), (strange_features, "Audio")],
)
def test_features_that_are_not_those_of_the_columns(tmp_path: Path, change: Callable[[pa.Schema], pa.Schema], text: str) -> None:
    out = flat().write(tmp_path / "out")
    made = flat()
    made.schema = change
    shutil.rmtree(out / "data")
    with pytest.MonkeyPatch.context() as patch:  # neither preview nor card can be made of such shards
        patch.setattr("tests.support.made.write_preview", lambda *given: None)
        made.write(out)
    found = [one for one in problems(out) if one[0] == "features"]
    assert [one[1] for one in found] == [TEST, FIRST, SECOND]
    assert text in found[0][3]


def test_columns_that_differ_between_shards(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    know(monkeypatch)
    out = flat().write(tmp_path / "out")
    made = flat()
    made.columns = {"default": {name: Label(("a", "b")) if name == "label" else kind for name, kind in made.columns_of("default").items()}}
    other = made.write(tmp_path / "other")
    shutil.copy(other / SECOND, out / SECOND)
    assert ("features", SECOND, "", f"its columns differ from those of {TEST}.") in problems(out)


def columns(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Spoil:
    def spoil(made: Made) -> None:
        made.columns = {"default": change(made.columns_of("default"))}

    return spoil


COLUMNS: dict[str, tuple[Spoil, str]] = {
    "own columns first": (columns(lambda kinds: {"label": kinds["label"], **kinds}), "begins with the columns"),
    "width as text": (columns(lambda kinds: {**kinds, "width": TEXT}), "begins with the columns"),
    "another column": (columns(lambda kinds: {**kinds, "extra": INT32}), "other columns: extra"),
    "other order": (columns(lambda kinds: {**{k: v for k, v in kinds.items() if k != "label"}, "label": kinds["label"]}), "another order"),
    "other class names": (columns(lambda kinds: {**kinds, "classes": ListOf(Label(("background", "x", "y")))}), "other columns: classes"),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_columns_that_are_not_as_promised(tmp_path: Path, name: str) -> None:
    spoil, text = COLUMNS[name]
    made = flat()
    spoil(made)
    if name == "width as text":
        for rows in made.tables.values():
            for row in (row for shard in rows for row in shard):
                row["width"] = str(row["width"])
    found = [one for one in problems(write_without_preview(made, tmp_path / "out")) if one[0] == "columns"]
    assert [one[1] for one in found] == [TEST, FIRST, SECOND]
    assert text in found[0][3]


def test_the_first_class_is_background(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    know(monkeypatch)
    made = flat()
    made.columns = {"default": {**made.columns_of("default"), "classes": ListOf(Label(("cell", "nucleus", "other")))}}
    found = [one for one in problems(made.write(tmp_path / "out")) if one[0] == "columns"]
    assert "`background`" in found[0][3]


def layout_problems(out: Path, made: Made) -> list[str]:
    found = problems(made.write(out))
    assert {one[0] for one in found} == {"layout"}
    return [one[3] for one in found if one[1] == FIRST]


def test_pictures_are_stored_plain(tmp_path: Path) -> None:
    made = flat()
    made.written = {"compression": "ZSTD", "use_dictionary": False}
    texts = layout_problems(tmp_path / "out", made)
    assert "image.bytes is compressed or has a dictionary; pictures are stored plain." in texts
    assert "masks.list.element.bytes is compressed or has a dictionary; pictures are stored plain." in texts
    assert not [text for text in texts if "image_id" in text]
    made.written = {"use_dictionary": True}
    assert "image.bytes is compressed or has a dictionary; pictures are stored plain." in layout_problems(tmp_path / "out", made)


def test_other_columns_are_compressed(tmp_path: Path) -> None:
    made = flat()
    made.written = {"compression": "NONE"}
    texts = layout_problems(tmp_path / "out", made)
    assert "image_id is not compressed." in texts
    assert not [text for text in texts if ".bytes" in text]


def test_there_is_a_page_index(tmp_path: Path) -> None:
    made = flat()
    made.written = {"write_page_index": False}
    assert "image.bytes has no page index." in layout_problems(tmp_path / "out", made)


def test_no_row_group_is_empty(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    file = pq.ParquetFile(out / TEST)
    metadata, table = file.metadata.metadata, file.read()
    leaves = {file.metadata.row_group(0).column(k).path_in_schema for k in range(file.metadata.num_columns)}
    with pq.ParquetWriter(
        out / TEST,
        file.schema_arrow,
        compression={leaf: "NONE" if leaf.endswith(".bytes") else "ZSTD" for leaf in leaves},
        use_dictionary=False,
        write_page_index=True,
    ) as writer:
        writer.write_table(table)
        writer.write_table(table.slice(0, 0))
        writer.add_key_value_metadata({"hf_medseg": metadata[b"hf_medseg"]})
    assert ("layout", TEST, "", "a row group without rows; loading it fails.") in problems(out)


@pytest.mark.parametrize("kept", [0, 3, 500, -9])
def test_a_cut_shard(tmp_path: Path, kept: int) -> None:
    out = flat().write(tmp_path / "out")
    (out / FIRST).write_bytes((out / FIRST).read_bytes()[:kept])
    found = problems(out)
    assert ("readable", FIRST, "") in [one[:3] for one in found]
    assert "not a complete Parquet file" in next(one[3] for one in found if one[0] == "readable")


def test_a_damaged_row_group(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    data = bytearray((out / FIRST).read_bytes())
    start = pq.read_metadata(out / FIRST).row_group(0).column(4).data_page_offset
    data[start : start + 40] = b"\xff" * 40
    (out / FIRST).write_bytes(data)
    found = [one for one in problems(out) if one[1] == FIRST]
    assert [one[0] for one in found] == ["readable"]
    assert "row group 0 cannot be read" in found[0][3]


def test_damage_of_any_kind_is_reported_and_never_raised(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    names = [path.relative_to(out) for path in sorted(out.rglob("*")) if path.is_file()]
    chance = random.Random(7)
    for number in range(120):
        name = names[number % len(names)]
        whole = (out / name).read_bytes()
        data = bytearray(whole)
        for _ in range(chance.choice((1, 20, 400))):
            data[chance.randrange(len(data))] = chance.randrange(256)
        if number % 3 == 0:
            data = data[: chance.randrange(len(data))]
        (out / name).write_bytes(data)
        verify.verify(out)
        (out / name).write_bytes(whole)
    assert verify.verify(out).ok


def test_a_counted_tally_belongs_to_the_rows(tmp_path: Path) -> None:
    made = flat()

    def other(name: str, outcome: Any) -> Any:
        if name == FIRST:
            outcome.tally.pixels["cell"] += 1
        return outcome

    made.outcome = other
    found = [one for one in problems(made.write(tmp_path / "out")) if one[1] == FIRST]
    assert [one[0] for one in found] == ["counts"]
    assert "it says pixels" in found[0][3]


@pytest.mark.parametrize("name", ["rows", "rows_with_mask", "rows_per_class", "foreground"])
def test_every_number_of_the_tally_is_compared(tmp_path: Path, name: str) -> None:
    made = flat()
    value: Any = {"cell": 9} if name == "rows_per_class" else 99
    made.outcome = lambda shard, outcome: replace(outcome, tally=replace(outcome.tally, **{name: value})) if shard == FIRST else outcome
    found = [one for one in problems(made.write(tmp_path / "out")) if one[1] == FIRST]
    assert [one[0] for one in found] == ["counts"]
    assert f"it says {name} " in found[0][3]


def test_rows_that_somebody_exchanged(tmp_path: Path) -> None:
    made = flat()
    made.outcome = lambda name, outcome: replace(outcome, seal="0" * 64) if name == SECOND else outcome
    only(problems(made.write(tmp_path / "out")), "seal", SECOND, "", "somebody rewrote it")


def test_a_row_group_that_is_too_large_or_too_small_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = flat().write(tmp_path / "out")
    monkeypatch.setattr(shard, "MOST_GROUP", 3000)
    result = verify.verify(out)
    assert result.ok
    assert [(one.check, one.where) for one in result.warnings] == [("row groups", name) for name in (TEST, FIRST, SECOND)]
    assert "row group 0 holds 0.0 MB in 2 rows" in result.warnings[0].expected


def test_small_row_groups_before_the_last_are_a_warning(tmp_path: Path) -> None:
    made = flat()
    rows = [row for shard in made.tables["default", "train"] for row in shard]
    made.tables = {("default", "train"): [rows]}
    out = made.write(tmp_path / "out")
    path = out / "data" / "train-00000-of-00001.parquet"
    file = pq.ParquetFile(path)
    leaves = {file.metadata.row_group(0).column(k).path_in_schema for k in range(file.metadata.num_columns)}
    told = file.metadata.metadata[b"hf_medseg"]
    table = file.read()
    packing = {leaf: "NONE" if leaf.endswith(".bytes") else "ZSTD" for leaf in leaves}
    with pq.ParquetWriter(path, file.schema_arrow, compression=packing, use_dictionary=False, write_page_index=True) as writer:
        writer.write_table(table, row_group_size=2)
        writer.add_key_value_metadata({"hf_medseg": told})
    report = json.loads((out / "report.json").read_text())
    report["configs"]["default"]["splits"]["train"]["bytes"] = path.stat().st_size
    (out / "report.json").write_text(json.dumps(report))
    result = verify.verify(out)
    assert result.ok, result.problems
    assert [(one.check, one.expected[:15]) for one in result.warnings] == [("row groups", "its row group 0")]


def test_a_split_that_the_viewer_cannot_scan_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = flat().write(tmp_path / "out")
    size = sum(pq.read_metadata(out / name).row_group(0).total_byte_size for name in (FIRST, SECOND))
    monkeypatch.setattr(together, "VIEWER_BYTES", size)
    assert verify.verify(out).warnings == []
    monkeypatch.setattr(together, "VIEWER_BYTES", size - 1)
    result = verify.verify(out)
    assert result.ok
    assert [(one.check, one.where) for one in result.warnings] == [("viewer", "default / train")]
    monkeypatch.setattr(together, "VIEWER_ROWS", 2)
    assert verify.verify(out).warnings == []


# --- all rows together -----------------------------------------------------------------------------------------------------------------


def test_ids_are_unique_over_the_config(tmp_path: Path) -> None:
    made = flat()
    made.row(split="test")["image_id"] = "cell_0"
    found = problems(made.write(tmp_path / "out"))
    assert ("ids", TEST, "cell_0", f"2 rows have this image_id, also in {FIRST}.") in found


def test_ids_that_only_share_a_hash_are_no_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = flat().write(tmp_path / "out")
    for module in (shard, together, preview):
        monkeypatch.setattr(module, "hash_of", lambda text: 0 if text is None else 1)
    assert verify.verify(out).problems == []


def test_the_same_ids_in_two_configs_are_no_problem(tmp_path: Path) -> None:
    made = volumes()
    for rows in made.tables["volumes", "train"]:
        rows[0]["image_id"] += "_0000"
    assert problems(made.write(tmp_path / "out")) == []


def test_a_group_lies_in_one_shard(tmp_path: Path) -> None:
    made = flat()
    made.row(shard=1)["patient_id"] = "p0"
    only(problems(made.write(tmp_path / "out")), "groups", FIRST, "", f"the group 'p0' lies in several shards: {FIRST}, {SECOND}.")


def test_a_patient_in_two_splits_is_a_warning(tmp_path: Path) -> None:
    made = flat()
    made.row(split="test")["patient_id"] = "p0"
    result = verify.verify(made.write(tmp_path / "out"))
    assert result.ok
    assert [(one.check, one.where, one.expected) for one in result.warnings] == [
        ("groups", "default", "groups in more than one of the splits test, train: 1 (p0).")
    ]


def test_a_patient_whose_volumes_are_in_two_splits_is_a_warning(tmp_path: Path) -> None:
    made = volumes()
    first, second = made.tables["slices", "train"]
    for row in second:
        row["patient_id"] = first[0]["patient_id"]
    made.tables = {("slices", "train"): [first], ("slices", "test"): [second]}
    result = verify.verify(made.write(tmp_path / "out"))
    assert result.ok
    assert [one.expected for one in result.warnings] == ["patients in more than one of the splits test, train: 1 (patient of head_1)."]


def test_names_beside_the_shards(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    (out / "id2label.json").write_text('{"0": "background", "1": "nucleus", "2": "cell"}')
    only(problems(out), "names", "id2label.json", "", "differs from the class names of the shards, background, cell, nucleus")
    (out / "id2label.json").unlink()
    only(problems(out), "names", "id2label.json", "", "is missing")
    out = volumes().write(tmp_path / "volumes")
    (out / "volumes" / "id2label.json").unlink()
    only(problems(out), "names", "volumes/id2label.json", "", "is missing")


# --- report, card, preview -------------------------------------------------------------------------------------------------------------


def edit_report(out: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    report = json.loads((out / "report.json").read_text())
    change(report)
    (out / "report.json").write_text(json.dumps(report))


def train(report: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = report["configs"]["default"]["splits"]["train"]
    return found


REPORTS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "source": (lambda report: report.update(source="drive"), "source 'drive', the shards 'made-up'"),
    "edition": (lambda report: report.update(edition="2"), "edition '2', the shards ''"),
    "license": (lambda report: report.update(license="mit"), "license 'mit'"),
    "tier": (lambda report: report.update(tier="restricted"), "tier 'restricted'"),
    "configs": (lambda report: report["configs"].update(other=report["configs"]["default"]), "names the configs default, other"),
    "folder": (lambda report: report["configs"]["default"].update(folder="x"), "says folder x"),
    "classes": (lambda report: report["configs"]["default"].update(classes=["background"]), "says classes ['background']"),
    "splits": (lambda report: report["configs"]["default"]["splits"].pop("test"), "says splits ['train']"),
    "shards": (lambda report: train(report).update(shards=[FIRST]), "train shards"),
    "bytes": (lambda report: train(report).update(bytes=1), "train bytes 1"),
    "rows": (lambda report: train(report).update(rows=5), "train rows 5, the shards give 4"),
    "rows_with_mask": (lambda report: train(report).update(rows_with_mask=4), "train rows_with_mask 4, the shards give 3"),
    "pixels": (lambda report: train(report)["pixels"].update(cell=1), "train pixels"),
    "rows_per_class": (lambda report: train(report)["rows_per_class"].update(cell=9), "train rows_per_class"),
    "foreground": (lambda report: train(report).update(foreground=0.5), "train foreground 0.5"),
}


@pytest.mark.parametrize("name", REPORTS)
def test_the_report_is_the_sum_of_the_shards(tmp_path: Path, name: str) -> None:
    change, text = REPORTS[name]
    out = flat().write(tmp_path / "out")
    edit_report(out, change)
    only(problems(out), "report", "report.json", "", text)


@pytest.mark.parametrize("content", [None, "{", "[]"])
def test_a_report_that_is_none(tmp_path: Path, content: str | None) -> None:
    out = flat().write(tmp_path / "out")
    (out / "report.json").unlink()
    if content is not None:
        (out / "report.json").write_text(content)
    only(problems(out), "report", "report.json", "", "is missing or not JSON")


def test_what_a_shard_rejected_is_in_the_report(tmp_path: Path) -> None:
    made = flat()
    one = {"image_id": "cell_9", "file": "images/9.png", "expected": "the file is empty.", "advice": "Fetch it again."}
    made.rejected = {("default", "train"): [one]}
    out = made.write(tmp_path / "out")
    assert problems(out) == []
    edit_report(out, lambda report: report["configs"]["default"]["rejected"].clear())
    only(problems(out), "report", "report.json", "", "images/9.png")


def edit_card(out: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    _, front, body = (out / "README.md").read_text().split("---\n", 2)
    metadata = yaml.safe_load(front)
    change(metadata)
    (out / "README.md").write_text(f"---\n{yaml.safe_dump(metadata, sort_keys=False)}---\n{body}")


CARDS: dict[str, tuple[Callable[[dict[str, Any]], Any], str]] = {
    "license": (lambda card: card.update(license="mit"), "states the license 'mit', the shards 'cc-by-4.0'"),
    "a split less": (lambda card: card["configs"][0]["data_files"].pop(0), "does not list the split 'train'"),
    "a split more": (
        lambda card: card["configs"][0]["data_files"].append({"split": "validation", "path": "data/validation-*.parquet"}),
        "lists the split 'validation' of the config 'default', which has no shards",
    ),
    "one shard only": (lambda card: card["configs"][0]["data_files"][0].update(path=FIRST), f"not the shards that exist: {SECOND}"),
    "too wide a pattern": (lambda card: card["configs"][0]["data_files"][0].update(path="data/t*.parquet"), TEST),
    "no preview": (lambda card: card["configs"].pop(), "does not list the split 'train' of the config 'preview'"),
    "two defaults": (lambda card: card["configs"][1].update(default=True), "has 2 default configs"),
    "no such config": (lambda card: card["dataset_info"][0].update(config_name="x"), "describes 'x', which has no shards"),
    "features": (lambda card: card["dataset_info"][0]["features"].pop(), "other features than the shards"),
    "counts": (lambda card: card["dataset_info"][0]["splits"][0].update(num_examples=1), "says {'train': 1, 'test': 2} rows"),
}


@pytest.mark.parametrize("name", CARDS)
def test_the_card_says_what_is_there(tmp_path: Path, name: str) -> None:
    change, text = CARDS[name]
    out = flat().write(tmp_path / "out")
    edit_card(out, change)
    only(problems(out), "card", "README.md", "", text)


def test_the_card_names_no_volumes_in_its_features(tmp_path: Path) -> None:
    out = volumes().write(tmp_path / "out")
    edit_card(out, lambda card: card["dataset_info"][0]["features"].append({"name": "x", "dtype": "nifti"}))
    assert "nifti" in " ".join(text for check, _, _, text in problems(out) if check == "card")


def test_several_configs_have_one_default(tmp_path: Path) -> None:
    out = volumes().write(tmp_path / "out")
    edit_card(out, lambda card: card["configs"][0].pop("default"))
    only(problems(out), "card", "README.md", "", "has 0 default configs")


@pytest.mark.parametrize(
    ("content", "text"),
    [
        (None, "is missing: the conversion was broken off"),
        ("# no metadata\nNot for clinical use.", "does not begin with metadata"),
        ("---\nlicense: [\n---\nNot for clinical use.", "is no YAML"),
    ],
)
def test_a_card_that_is_none(tmp_path: Path, content: str | None, text: str) -> None:
    out = flat().write(tmp_path / "out")
    (out / "README.md").unlink()
    if content is not None:
        (out / "README.md").write_text(content)
    only(problems(out), "card", "README.md", "", text)


@pytest.mark.parametrize("name", ["configs", "dataset_info"])
def test_a_check_that_breaks_off_is_a_finding(tmp_path: Path, name: str) -> None:
    out = flat().write(tmp_path / "out")
    edit_card(out, lambda card: card.update({name: 5}))
    only(problems(out), "readable", "README.md", "", "cannot be checked (TypeError")


def test_the_card_warns_of_clinical_use(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    text = (out / "README.md").read_text()
    (out / "README.md").write_text(text.replace("Not for clinical use", "Enjoy"))
    only(problems(out), "card", "README.md", "", "Not for clinical use")


def write_preview_rows(out: Path, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
    rows = change(pq.read_table(out / PREVIEW_FILE).to_pylist())
    pq.write_table(pa.Table.from_pylist(rows, schema=schema_of(PREVIEW_COLUMNS)), out / PREVIEW_FILE)


def with_first(**values: Any) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    return lambda rows: [{**rows[0], **values}, *rows[1:]]


PREVIEWS: dict[str, tuple[Callable[[list[dict[str, Any]]], list[dict[str, Any]]], str, str]] = {
    "too many": (lambda rows: rows * 3, "", "1 to 16 rows"),
    "none": (lambda rows: [], "", "1 to 16 rows"),
    "of another dataset": (with_first(image_id="eye_1"), "eye_1", "a row that default / test does not have"),
    "of another split": (with_first(split="validation"), "cell_0", "default / validation"),
    "no picture": (with_first(preview={"bytes": b"x", "path": "x.png"}), "cell_0", "no JPEG"),
}


@pytest.mark.parametrize("name", PREVIEWS)
def test_the_preview_shows_rows_of_the_shards(tmp_path: Path, name: str) -> None:
    change, row, text = PREVIEWS[name]
    out = flat().write(tmp_path / "out")
    write_preview_rows(out, lambda rows: change(sorted(rows, key=lambda one: one["image_id"])))
    text = text.replace("default / test", "default / train")
    only(problems(out), "preview", PREVIEW_FILE, row, text)


def another_picture(out: Path) -> bytes:
    """A picture of the size of the first one of the preview, of other data."""
    with Image.open(io.BytesIO(pq.read_table(out / PREVIEW_FILE)["preview"][0].as_py()["bytes"])) as shown:
        return encode(np.asarray(shown)[::-1], "PNG")


def test_a_picture_of_other_data_inside_the_preview_is_found(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    hidden = another_picture(out)
    write_preview_rows(out, with_first(preview={"bytes": hidden, "path": "cell_0.png"}))
    only(problems(out), "preview", PREVIEW_FILE, "cell_0", "not what is drawn from this row")


def test_the_picture_of_one_row_under_the_id_of_another_is_found(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    write_preview_rows(out, lambda rows: [{**rows[0], "preview": {**rows[1]["preview"], "path": "cell_0.png"}}, *rows[1:]])
    only(problems(out), "preview", PREVIEW_FILE, "cell_0", "not what is drawn from this row")


def test_words_beside_a_picture_of_the_preview_are_found(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    write_preview_rows(out, lambda rows: [{**rows[0], "preview": {**rows[0]["preview"], "path": "Surname.png"}}, *rows[1:]])
    only(problems(out), "preview", PREVIEW_FILE, "cell_0", "not named after its row")


def behind_the_samples(data: bytes) -> bytes:
    """A PNG with a second chunk of samples that no line needs."""
    end = data.rindex(b"IEND") - 4
    return data[:end] + b"".join(png.chunk(b"IDAT", b"another picture")) + data[end:]


@pytest.mark.parametrize("name", [PREVIEW_FILE, OVERVIEW])
def test_bytes_behind_the_samples_of_a_drawn_picture_are_found(tmp_path: Path, name: str) -> None:
    """A picture that is the right one to look at, with another one in bytes that no reader of pictures shows, was pushed."""
    out = flat().write(tmp_path / "out")
    if name == OVERVIEW:
        (out / OVERVIEW).write_bytes(behind_the_samples((out / OVERVIEW).read_bytes()))
    else:
        change = {"bytes": lambda one: behind_the_samples(one["bytes"]), "path": lambda one: one["path"]}
        write_preview_rows(
            out, lambda rows: [{**row, "preview": {key: of(row["preview"]) for key, of in change.items()}} for row in rows[:1]]
        )
    only(problems(out), "preview", name, "" if name == OVERVIEW else "cell_0", "bytes lie behind its samples")


def with_bytes_inside(data: bytes, more: bytes) -> bytes:
    """A Parquet file with bytes between its rows and its end: nothing points to them, and every reader passes over them."""
    end = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    return data[:end] + more + data[end:]


@pytest.mark.parametrize(
    ("name", "check", "text"),
    [
        (PREVIEW_FILE, "preview", "holds bytes beside its rows"),
        (FIRST, "layout", "bytes that belong to no row"),
    ],
)
def test_bytes_between_the_rows_of_a_file_and_its_end_are_found(tmp_path: Path, name: str, check: str, text: str) -> None:
    out = flat().write(tmp_path / "out")
    (out / name).write_bytes(with_bytes_inside((out / name).read_bytes(), bytes(range(256)) * 4096))
    assert [one[:2] for one in problems(out) if text in one[3]] == [(check, name)]


def test_fewer_rows_of_the_preview_are_still_true_ones(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    write_preview_rows(out, lambda rows: rows[2:])
    assert problems(out) == []


def test_an_overview_of_other_data_is_found(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    with Image.open(out / OVERVIEW) as shown:
        pixels = np.asarray(shown).copy()
    pixels[100:140, 40:80] = 7
    (out / OVERVIEW).write_bytes(encode(pixels, "PNG"))
    only(problems(out), "preview", OVERVIEW, "", "not what is drawn from the rows")


def test_another_rounding_of_the_drawing_library_is_none(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    with Image.open(out / OVERVIEW) as shown:
        pixels = np.asarray(shown)
    (out / OVERVIEW).write_bytes(encode(np.where(pixels > 100, pixels - 1, pixels), "PNG"))
    assert problems(out) == []


@pytest.mark.parametrize("name", ["report.json", "id2label.json"])
def test_data_beside_what_a_json_file_says_are_found(tmp_path: Path, name: str) -> None:
    out = flat().write(tmp_path / "out")
    text = (out / name).read_text()
    first = json.dumps(next(iter(json.loads(text))))
    for spoiled in (text + " \t" * 5000, "{" + first + ': "' + "/9j/4AAQ" * 500 + '",' + text.lstrip()[1:]):
        (out / name).write_text(spoiled)
        check, words = ("report", "carries more") if name == "report.json" else ("names", "differs")
        only(problems(out), check, name, "", words)


def test_a_picture_as_text_in_the_report_is_found(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    report = json.loads((out / "report.json").read_text())
    report["configs"]["default"]["more"] = {"seen": ["/9j/4AAQ" * 1000]}
    (out / "report.json").write_text(json.dumps(report, indent=2))
    only(problems(out), "report", "report.json", "", "carries more than a report")


@pytest.mark.parametrize("name", [PREVIEW_FILE, FIRST])
def test_data_in_the_metadata_of_a_table_are_found(tmp_path: Path, name: str) -> None:
    out = flat().write(tmp_path / "out")
    table, described = pq.read_table(out / name), pq.read_metadata(out / name).metadata[b"hf_medseg"]
    with pq.ParquetWriter(out / name, table.schema.with_metadata({**table.schema.metadata, b"more": b"\xff\xd8 a picture"})) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({b"hf_medseg": described})
    assert any("metadata that no conversion writes" in one[3] for one in problems(out) if one[1] == name)


@pytest.mark.parametrize(
    "text",
    ["![](data:image/png;base64,iVBORw0KGgo=)", '<img src="DATA:image/jpeg;base64 ,/9j/4AAQ">', "[x]: data:application/zip;base64,UEsD"],
)
def test_a_picture_in_the_text_of_the_card_is_found(tmp_path: Path, text: str) -> None:
    out = flat().write(tmp_path / "out")
    with (out / "README.md").open("a") as card:
        card.write(text)
    only(problems(out), "card", "README.md", "", "in its own text")


@pytest.mark.parametrize("name", [FIRST, PREVIEW_FILE, OVERVIEW, "README.md", "report.json", "id2label.json"])
def test_a_file_that_is_swapped_and_swapped_back_while_it_is_checked_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    out = flat().write(tmp_path / "out")
    overview = preview.overview

    def meanwhile(target: Any, pictures: Any) -> Any:
        (out / name).rename(tmp_path / "aside")
        (out / name).write_bytes((tmp_path / "aside").read_bytes())
        drawn = overview(target, pictures)
        (tmp_path / "aside").replace(out / name)
        return drawn

    monkeypatch.setattr(preview, "overview", meanwhile)
    only(problems(out), "unchanged", name, "", "changed or replaced while it was checked")


def test_a_preview_that_is_none(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    (out / PREVIEW_FILE).write_bytes(b"PAR1")
    only(problems(out), "preview", PREVIEW_FILE, "", "not a complete Parquet file")
    (out / PREVIEW_FILE).unlink()
    assert ("preview", PREVIEW_FILE, "", "is missing.") in problems(out)


def test_the_picture_of_the_card_is_there(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    (out / OVERVIEW).write_bytes(b"x")
    only(problems(out), "preview", OVERVIEW, "", "no JPEG, PNG")
    (out / OVERVIEW).unlink()
    only(problems(out), "preview", OVERVIEW, "", "is missing")


def test_leftovers_are_a_warning_and_litter_is_not(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    for name in ("notes.txt", "data/old.parquet", ".DS_Store", ".gitattributes"):
        (out / name).write_text("x")
    result = verify.verify(out)
    assert result.ok
    assert [(one.check, one.where) for one in result.warnings] == [("leftovers", "data/old.parquet"), ("leftovers", "notes.txt")]


def test_an_unfinished_conversion_is_a_problem(tmp_path: Path) -> None:
    out = flat().write(tmp_path / "out")
    (out / ".work").mkdir()
    (out / ".work" / "source").write_text("made-up")
    result = verify.verify(out)
    assert [one.check for one in result.problems] == ["unfinished"]
    assert result.warnings == []


def test_many_findings_of_a_kind_are_told_in_a_few(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings, "FINDINGS_OF_A_KIND", 2)
    rows = [flat_row(number) for number in range(5)]
    for row in rows:
        row["label"] = 7
    made = Made(FLAT, {("default", "train"): [rows]})
    found = problems(made.write(tmp_path / "out"))
    assert [one[2] for one in found] == ["cell_0", "cell_1", ""]
    assert found[-1][3] == "3 more findings of this kind (labels) were left off."


def test_own_columns_of_these_tests_are_real() -> None:
    assert set(OWN) <= set(flat_row(0))
