"""COCO's quirks, one by one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused, Rejected
from hf_medseg.raw import long_json
from hf_medseg.raw.files import RawFile, Reader, whole_or_mapped
from hf_medseg.raw.long_json import elements, keys_in
from hf_medseg.raw.places import Alone
from hf_medseg.sources.coco_json import Objects, index_of
from tests.support.harness import Converted, pixels
from tests.support.kit import Phantom, colour, grey, save, write

oracle = pytest.importorskip("pycocotools.mask")


def _coco(folder: Path, segmentations: list[Any], height: int, width: int, **more: Any) -> None:
    annotations = [
        {"id": k, "image_id": "x", "category_id": 0, "segmentation": one, "iscrowd": int(isinstance(one, dict))}
        for k, one in enumerate(segmentations)
    ]
    images = [{"id": "x", "file_name": "x.png", "height": height, "width": width, **more}]
    write(folder / "x.json", json.dumps({"images": images, "annotations": annotations, "categories": [{"id": 0, "name": "cell"}]}))


def _convert(folder: Path, **options: Any) -> Converted:
    return Converted("coco", Phantom(folder, []), convert("coco", folder / "raw", folder / "out", workers=1, **options), folder / "out")


def test_masks_are_those_of_pycocotools(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    polygons = [[(random.random(2 * n) * 90 - 10).round(2).tolist()] for n in (3, 5, 9, 30)]
    packed = oracle.encode(np.asfortranarray((random.random((60, 70)) > 0.5).astype(np.uint8)))
    given = [*polygons, {**packed, "counts": packed["counts"].decode()}]
    (tmp_path / "raw").mkdir()
    Image.fromarray(colour("x", 60, 70)).save(tmp_path / "raw/x.png")
    _coco(tmp_path / "raw", given, 60, 70)
    row = _convert(tmp_path).row("x")
    expected = [oracle.decode(oracle.merge(oracle.frPyObjects(one, 60, 70))) for one in polygons]
    instances = np.zeros((60, 70), np.uint16)
    for number, one in enumerate(expected, 1):
        instances[one > 0] = number
    assert np.array_equal(pixels(row["instances"]), instances)
    assert np.array_equal(pixels(row["mask"]) > 0, np.any([*expected, oracle.decode(packed)], axis=0))
    assert json.loads(row["objects"][1]["segmentation"]) == given[1]


@pytest.mark.parametrize(("height", "width", "drawn"), [(20, 30, "stored"), (30, 20, "upright")])
def test_the_size_in_the_record_tells_on_which_grid_a_turned_picture_was_drawn(height: int, width: int, drawn: str, tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6  # shown turned clockwise
    Image.fromarray(colour("x", 20, 30)).save(tmp_path / "raw/x.png", exif=exif)
    _coco(tmp_path / "raw", [[[0, 0, 5, 0, 5, 2, 0, 2]]], height, width)
    mask = pixels(_convert(tmp_path).row("x")["mask"])
    expected = np.zeros((20, 30), np.uint8)
    expected[:2, :5] = 1
    if drawn == "upright":
        shown = np.zeros((30, 20), np.uint8)
        shown[:2, :5] = 1
        expected = np.rot90(shown)
    assert np.array_equal(mask, expected)


def test_a_line_that_chooses_stands_in_the_refusal(tmp_path: Path) -> None:
    from tests.support.harness import PHANTOMS

    phantom = PHANTOMS["coco"].make(tmp_path, "several_files")
    with pytest.raises(Refused, match=r'Say in the about file which one is meant: annotations = \["annotations/'):
        convert("coco", phantom.raw, tmp_path / "out", workers=1)


def test_annotations_in_any_order_come_to_their_pictures() -> None:
    data = {"annotations": [{"image_id": k % 3, "category_id": 1, "segmentation": [[k]], "id": k} for k in range(9)]}
    data |= {"images": [{"id": k, "file_name": f"{k}.png"} for k in range(3)], "categories": [{"id": 1, "name": "a"}]}
    index = index_of(json.dumps(data).encode(), "x.json")
    assert index is not None
    assert [[one["id"] for one in json.loads(f"[{index.annotations[str(k)].text}]")] for k in range(3)] == [[0, 3, 6], [1, 4, 7], [2, 5, 8]]


def test_an_outline_is_kept_as_its_text_has_it_whatever_else_is_called_segmentation() -> None:
    one = '{"image_id": 1, "category_id": 1, "segmentation" : [[1.50, 1,\n 5, 1, 5, 4]]}'
    other = '{"image_id": 1, "category_id": 1, "attributes": {"segmentation": [0]}, "segmentation": [[1.50, 1, 5, 1, 5, 4]]}'
    text = (
        f'{{"categories": [{{"id": 1, "name": "cell"}}], "images": [{{"id": 1, "file_name": "a.png"}}], "annotations": [{one}, {other}]}}'
    )
    index = index_of(text.encode(), "a.json")
    assert index is not None
    things = Objects("a.json", index.names, index.annotations["1"], 8, 8).things(Reader(), 8, 8)
    assert [thing.segmentation for thing in things] == ["[[1.50,1,5,1,5,4]]", "[[1.5,1,5,1,5,4]]"]


def test_captions_and_other_files_without_outlines_are_left_alone() -> None:
    images, names = [{"id": 1, "file_name": "a.png"}], [{"id": 1, "name": "a"}]
    captions = {"images": images, "annotations": [{"id": 1, "image_id": 1, "caption": "a cell"}], "categories": names}
    assert index_of(json.dumps(captions).encode(), "x.json") is None
    assert index_of(json.dumps({"images": images, "annotations": [], "categories": names}).encode(), "x.json") is not None


@pytest.mark.parametrize("text", ["", "[1]", "{", '{"a"', '{"a": [1', '{"a": [1,]}', '{"a": 1,}', "nonsense", '{"a": [1 2]}', "\x00"])
def test_what_is_no_json_object_is_told(text: str) -> None:
    with pytest.raises(Rejected, match=r"x.json: a JSON file expected"):
        list(elements(text.encode(), "x.json"))


def test_elements_are_those_of_json() -> None:
    text = ' {"a" : [ 1, {"b": [2]}, "]" ] , "c": {"d": "}"}, "e": [], "f": null } '
    assert [(key, value) for key, value, _ in elements(text.encode("utf-16"), "x")] == [
        ("a", 1), ("a", {"b": [2]}), ("a", "]"), ("c", {"d": "}"}), ("f", None)
    ]  # fmt: skip
    assert keys_in(text[:50].encode()) == {"a", "c"}
    assert keys_in(b'[{"images": 1}]') == keys_in(b"images") == set()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_long_file_is_read_in_parts_that_cut_nothing(encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_json, "PART", 3)
    said = {"a": [12345, {"b": 'ä€😀\\"'}, -1.5e-7, True, [], "]"], "größe": 98765, "c": [1, 2]}
    path = tmp_path / "a.json"
    path.write_bytes(json.dumps(said, ensure_ascii=False, indent=2).encode(encoding))
    file = RawFile("a.json", path.stat().st_size, Alone(str(path)))
    found = list(elements(whole_or_mapped(file), "a.json"))
    assert [(key, value) for key, value, _ in found] == [*(("a", one) for one in said["a"]), ("größe", 98765), ("c", 1), ("c", 2)]
    assert [json.loads(text) for _, _, text in found] == [value for _, value, _ in found]


def test_a_real_file_of_outlines_lists_its_pictures(real: Callable[[str], Path]) -> None:
    path = real("fracatlas") / "FracAtlas/Annotations/COCO JSON/COCO_fracture_masks.json"
    index, data = index_of(path.read_bytes(), path.name), json.loads(path.read_bytes())
    assert index is not None and len(index.images) == len(data["images"]) and index.names == {"0": "fractured"}
    assert sum(len(json.loads(f"[{one.text}]")) for one in index.annotations.values()) == len(data["annotations"])


@pytest.mark.parametrize("name", ["https://host/bucket/pic%20a.png?token=1#x", "s3://bucket/pic a.png", "up%2Fpic%20a.png"])
def test_addresses_of_pictures_end_in_their_names(name: str, tmp_path: Path) -> None:
    save(tmp_path / "raw/images/pic a.png", grey("a", 9, 8))
    outline = {"id": 1, "image_id": 1, "category_id": 1, "iscrowd": 0, "segmentation": [[1, 1, 5, 1, 5, 4, 1, 4]]}
    told = {"images": [{"id": 1, "file_name": name, "width": 8, "height": 9}], "annotations": [outline]}
    write(tmp_path / "raw/a.json", json.dumps({**told, "categories": [{"id": 1, "name": "cell"}]}))
    assert convert("coco", tmp_path / "raw", tmp_path / "out", workers=1).rows == 1
