"""Masks of one's own: what palettes, loss, soft edges, colours and numbers of objects did to them without a word."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageFilter

from hf_medseg.cli import main
from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from tests.support.harness import Converted, pixels
from tests.support.kit import Phantom, colour, disc, save, write

SHAPE = (48, 64)
OUTER, INNER = disc(*SHAPE, 22, 28, 17), disc(*SHAPE, 20, 25, 8)
BINARY = OUTER.astype(np.uint8)
IDS = BINARY + INNER  # 0, 1, 2
WHITE = BINARY * np.uint8(255)

Writer = Callable[[Path], Any]


def tree(folder: Path, writers: dict[str, Writer], shape: tuple[int, int] = SHAPE) -> Path:
    """Writes a picture and a mask for each name; a name may begin with the folder of a split."""
    for name, writer in writers.items():
        above, _, stem = name.rpartition("/")
        save(folder / above / "images" / f"{stem.partition('.')[0]}.png", colour(name, *shape))
        mask = folder / above / "masks" / stem
        mask.parent.mkdir(parents=True, exist_ok=True)
        writer(mask)
    return folder


def stored(array: Any, **options: Any) -> Writer:
    return lambda path: Image.fromarray(array).save(path, **options)


def palette(indices: Any, *colours: tuple[int, int, int]) -> Writer:
    def writer(path: Path) -> None:
        picture = Image.fromarray(indices.astype(np.uint8), "P")
        picture.putpalette([channel for one in colours for channel in one])
        picture.save(path)

    return writer


def lossy(array: Any, **options: Any) -> Any:
    """What an encoder that loses makes of samples."""
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "JPEG", **options)
    return np.asarray(Image.open(buffer))


def converted(tmp_path: Path, about: str = "", *, workers: int = 1) -> Converted:
    path = write(tmp_path / "about.toml", about) if about else None
    conversion = convert("image-mask-folder", tmp_path / "raw", tmp_path / "out", workers=workers, about=path)
    return Converted("image-mask-folder", Phantom(tmp_path / "raw", []), conversion, tmp_path / "out")


def refused(tmp_path: Path, about: str = "") -> str:
    with pytest.raises(Refused) as error:
        converted(tmp_path, about)
    assert not (tmp_path / "out").exists()
    return str(error.value)


def said(message: str) -> str:
    """The first line of an about file that a message gives."""
    found = re.search(r"about file: (\w+ = (?:\{.*?\}|\S+?(?=[.;]?\s|[.;]?\Z)))", message)
    assert found, message
    return found[1]


def masks(found: Converted) -> dict[str, Any]:
    return {row["image_id"]: pixels(row["mask"]) for row in found.rows()}


def names(found: Converted) -> list[str]:
    return list(found.section()["classes"])


# Palettes

BLACK, RED, GREEN, BRIGHT = (0, 0, 0), (255, 0, 0), (0, 255, 0), (255, 255, 255)


def test_a_grey_palette_in_another_order_did_not_invert_the_mask(tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"a.png": palette(BINARY, BLACK, BRIGHT), "b.png": palette(1 - BINARY, BRIGHT, BLACK), "c.png": stored(WHITE)})
    found = converted(tmp_path, workers=2)
    assert names(found) == ["background", "foreground"]
    assert all(np.array_equal(mask, BINARY) for mask in masks(found).values())


@pytest.mark.parametrize("suffix", ["png", "gif"])
@pytest.mark.parametrize("method", [Image.Quantize.MEDIANCUT, Image.Quantize.FASTOCTREE])
def test_quantised_binary_masks_keep_their_foreground(suffix: str, method: Image.Quantize, tmp_path: Path) -> None:
    small = np.roll(disc(*SHAPE, 24, 32, 5), 7, axis=1).astype(np.uint8)

    def quantised(mask: Any) -> Writer:
        return lambda path: Image.fromarray(mask * np.uint8(255)).convert("RGB").quantize(4, method=method).save(path)

    tree(tmp_path / "raw", {f"a.{suffix}": quantised(BINARY), f"b.{suffix}": quantised(small), f"c.{suffix}": quantised(1 - BINARY)})
    found = masks(converted(tmp_path))
    assert np.array_equal(found["a"], BINARY)
    assert np.array_equal(found["b"], small)
    assert np.array_equal(found["c"], 1 - BINARY)


def test_palettes_that_differ_from_file_to_file_are_refused_with_the_line_that_mends_them(tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"a.png": palette(IDS, BLACK, RED, GREEN), "b.png": palette(np.array([2, 0, 1])[IDS], RED, GREEN, BLACK)})
    for about in ("", '[classes]\n1 = "vessel"\n2 = "disc"'):
        message = refused(tmp_path, about)
        assert "from file to file, as in masks/a.png and masks/b.png" in message
        assert f"#000000 in {2 * int((IDS == 0).sum()):,} pixels" in message
    found = converted(tmp_path, said(message))
    assert names(found) == ["background", "class_1", "class_2"]
    order = np.array([0, 1, 2]) if (IDS == 1).sum() > (IDS == 2).sum() else np.array([0, 2, 1])
    assert all(np.array_equal(mask, order[IDS]) for mask in masks(found).values())


def test_palettes_that_agree_where_they_are_used_are_their_indices(tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"a.png": palette(IDS, BLACK, RED, GREEN), "b.png": palette(BINARY, BLACK, RED, BRIGHT)})
    found = masks(converted(tmp_path))
    assert np.array_equal(found["a"], IDS)
    assert np.array_equal(found["b"], BINARY)


def test_a_palette_whose_number_0_is_not_black_although_black_is_used_is_refused(tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"a.gif": palette(1 - BINARY, RED, BLACK)})
    message = refused(tmp_path)
    assert "black is number 1 and #ff0000 is 0" in message
    assert np.array_equal(masks(converted(tmp_path, said(message)))["a"], BINARY)


def test_a_palette_of_one_colour_leaves_the_numbers(tmp_path: Path) -> None:
    """It was read as the one grey that it shows: an empty mask, although its numbers differ."""
    tree(tmp_path / "raw", {"a.png": palette(IDS, BLACK, BLACK, BLACK), "b.png": palette(BINARY, BLACK, BLACK)})
    found = masks(converted(tmp_path))
    assert np.array_equal(found["a"], IDS)
    assert np.array_equal(found["b"], BINARY)
    palette(IDS, BLACK, RED, GREEN)(tmp_path / "raw" / "masks" / "b.png")
    with pytest.raises(Refused, match=r"masks/a.png shows one colour in every pixel, and its palette has 3 numbers for it; 1 of 2 masks"):
        converted(tmp_path / "again", _again(tmp_path, 'about file: masks = "stored"'))


def test_a_palette_with_one_colour_twice_is_not_said_to_differ_from_itself(tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"a.png": palette(IDS, BLACK, RED, RED)})
    message = refused(tmp_path)
    assert "have one colour for several numbers, as in masks/a.png: 1 and 2 are #ff0000." in message
    assert np.array_equal(masks(converted(tmp_path, message.rpartition("are classes: ")[2]))["a"], IDS)


def test_palettes_beside_grey_masks_of_other_values_are_refused(tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"a.png": palette(BINARY, BLACK, RED), "b.png": stored(WHITE)})
    message = refused(tmp_path)
    assert "masks/b.png holds 0 in" in message
    assert said(message) == 'colours = { "#000000" = "background", "#ff0000" = "class_1", "#ffffff" = "class_2" }'


# Colours


def test_coloured_masks_are_mapped_by_the_about_file(tmp_path: Path) -> None:
    coloured = np.array([BLACK, RED, GREEN], np.uint8)[IDS]
    tree(tmp_path / "raw", {"a.png": stored(coloured), "b.bmp": stored(coloured[::-1].copy())})
    message = refused(tmp_path)
    assert "2 of 2 masks do not hold one whole number a class" in message
    found = converted(tmp_path, 'colours = { "#ff0000" = "vessel", "00FF00" = "disc" }')
    assert names(found) == ["background", "vessel", "disc"]
    assert np.array_equal(masks(found)["a"], IDS)
    assert np.array_equal(masks(found)["b"], IDS[::-1])


def test_a_colour_that_nobody_named_rejects_its_mask(tmp_path: Path) -> None:
    coloured = np.array([BLACK, RED, GREEN], np.uint8)
    tree(tmp_path / "raw", {"a.png": stored(coloured[BINARY]), "b.png": stored(coloured[IDS])})
    found = converted(tmp_path, 'colours = { "#ff0000" = "vessel" }')
    (rejected,) = found.conversion.rejected
    assert rejected["file"] == "masks/b.png"
    assert "(0, 255, 0)" in rejected["expected"]


@pytest.mark.parametrize("about", ["colours = 3", "colours = {}", 'colours = { red = "vessel" }', 'colours = { "#ff0000" = 1 }'])
def test_colours_that_are_no_colour_map_are_refused(about: str, tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"a.png": stored(WHITE)})
    assert "colours must map colours to names" in refused(tmp_path, about)


def test_a_picture_in_the_place_of_a_mask_is_told(tmp_path: Path) -> None:
    photo = np.random.default_rng(1).integers(0, 255, (*SHAPE, 3), dtype=np.uint8)
    tree(tmp_path / "raw", {"a.png": stored(photo)})
    assert "If images/ and masks/ were swapped, rename them" in refused(tmp_path)


def test_a_mask_that_is_its_own_picture_is_rejected(tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"a.png": stored(WHITE), "b.png": stored(WHITE)})
    (tmp_path / "raw" / "images" / "b.png").write_bytes((tmp_path / "raw" / "masks" / "b.png").read_bytes())
    (rejected,) = converted(tmp_path).conversion.rejected
    assert (rejected["file"], rejected["expected"]) == ("masks/b.png", "the mask is the same file as its picture.")


# Loss


@pytest.mark.parametrize("quality", [10, 50, 95])
def test_black_and_white_saved_as_jpeg_is_thresholded(quality: int, tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"a.jpg": stored(WHITE, quality=quality)})
    found = converted(tmp_path)
    assert np.array_equal(masks(found)["a"], lossy(WHITE, quality=quality) > 127)
    halfway = np.count_nonzero((lossy(WHITE, quality=quality) >= 64) & (lossy(WHITE, quality=quality) < 192))
    told = [one["reason"] for one in found.section()["known"] if "saved with loss" in one["reason"]]
    assert [note.startswith(f"1 mask saved with loss (JPEG): {halfway} pixels at outlines") for note in told] == [True] * bool(halfway)
    assert names(found) == ["background", "foreground"]


@pytest.mark.parametrize("levels", [(0, 1, 2), (0, 80, 160), (0, 128, 255), (0, 30, 255), (0, 1, 1), (0, 100, 100)])
@pytest.mark.parametrize("about", ["", '[classes]\n1 = "a"\n2 = "b"\n80 = "c"\n160 = "d"\n255 = "e"\n'])
def test_jpeg_masks_that_hold_numbers_of_classes_did_not_become_empty_or_one(levels: tuple[int, ...], about: str, tmp_path: Path) -> None:
    wide = np.kron(IDS, np.ones((4, 4), np.uint8))
    tree(tmp_path / "raw", {"a.jpg": stored(np.array(levels, np.uint8)[wide], quality=90)}, wide.shape)
    if about:
        (rejected,) = converted(tmp_path, about).conversion.rejected
        message = rejected["expected"] + " " + rejected["advice"]
    else:
        message = refused(tmp_path)
    assert "its values do not gather at 0 and 255 alone" in message
    assert "save it as PNG" in message
    assert re.search(r"0 in [\d,]+ pixels", message)
    if levels == (0, 100, 100):
        assert said(message) == "threshold = 50"


def test_a_colour_jpeg_of_red_on_black_did_not_become_empty(tmp_path: Path) -> None:
    wide = np.kron(WHITE, np.ones((4, 4), np.uint8))
    red = np.dstack([wide, wide * 0, wide * 0])
    tree(tmp_path / "raw", {"a.jpg": stored(red, quality=95)}, wide.shape)
    line = said(refused(tmp_path))
    assert np.count_nonzero(masks(converted(tmp_path, line))["a"] != (wide > 0)) < wide.size // 50


def test_lossy_webp_is_treated_as_jpeg_and_lossless_webp_is_not(tmp_path: Path) -> None:
    wide = np.kron(IDS, np.ones((4, 4), np.uint8)) * np.uint8(80)
    tree(tmp_path / "raw", {"a.webp": stored(wide, quality=80)}, wide.shape)
    assert "saved with loss" in refused(tmp_path)
    tree(tmp_path / "raw", {"a.webp": stored(wide, lossless=True)}, wide.shape)
    assert names(converted(tmp_path)) == ["background", "value_80", "value_160"]


# Soft edges

WIDE = np.kron(WHITE, np.ones((4, 4), np.uint8))


def softened(kind: str) -> Any:
    picture = Image.fromarray(WIDE)
    half = (WIDE.shape[1] // 2 - 3, WIDE.shape[0] // 2 - 5)
    match kind:
        case "blurred":
            return np.asarray(picture.filter(ImageFilter.GaussianBlur(2)))
        case "very blurred":
            return np.asarray(picture.filter(ImageFilter.GaussianBlur(30)))
        case "resampled":
            return np.asarray(picture.resize(half, Image.Resampling.BILINEAR).resize(WIDE.shape[::-1], Image.Resampling.BICUBIC))
        case "shrunk and grown":
            return np.asarray(picture.resize(half, Image.Resampling.BILINEAR).resize(WIDE.shape[::-1], Image.Resampling.NEAREST))
    return lossy(WIDE, quality=int(kind.removeprefix("recompressed ")))


KINDS = ["blurred", "very blurred", "resampled", "shrunk and grown", "recompressed 30", "recompressed 75", "recompressed 95"]


@pytest.mark.parametrize("kind", KINDS)
def test_soft_and_recompressed_masks_did_not_become_dozens_of_classes(kind: str, tmp_path: Path) -> None:
    soft = softened(kind)
    tree(tmp_path / "raw", {"a.png": stored(soft), "b.png": stored(soft[::-1].copy())}, WIDE.shape)
    message = refused(tmp_path)
    assert "2 of 2 masks do not hold one whole number a class. For example masks/a.png" in message
    assert re.search(r"0 in [\d,]+ pixels, .* and (?:\d+ other values from \d+ to \d+|255) in [\d,]+", message)
    line = said(message)
    assert line == f"threshold = {int(soft.max()) // 2}"
    found = converted(tmp_path, line)
    assert names(found) == ["background", "foreground"]
    assert np.array_equal(masks(found)["a"], soft > int(soft.max()) // 2)


def test_small_objects_with_numbers_that_leave_some_out_may_be_objects(tmp_path: Path) -> None:
    """They were told to be soft edges alone, and the threshold that would mend these loses half of the objects."""
    dots = np.zeros(WIDE.shape, np.uint8)
    for number, (y, x) in enumerate(itertools.product(range(1, 50, 5), range(1, 50, 5)), 1):
        dots[y : y + 3, x : x + 3] = number * 2
    tree(tmp_path / "raw", {"a.png": stored(dots), "b.png": stored(dots[::-1].copy())}, WIDE.shape)
    with pytest.raises(Refused, match=r'If every value is the number of an object: labels = "instances"'):
        convert("image-mask-folder", tmp_path / "raw", tmp_path / "out", workers=1, progress=False)


def test_one_soft_mask_among_others_is_rejected_alone(tmp_path: Path) -> None:
    tree(tmp_path / "raw", {**{f"{k}.png": stored(WIDE) for k in range(3)}, "soft.png": stored(softened("blurred"))}, WIDE.shape)
    found = converted(tmp_path)
    (rejected,) = found.conversion.rejected
    assert rejected["file"] == "masks/soft.png"
    assert "threshold = 127" in rejected["advice"]
    assert names(found) == ["background", "foreground"]


def test_probabilities_are_refused_and_read_with_a_threshold(tmp_path: Path) -> None:
    soft = softened("blurred").astype(np.float32) / 255
    tree(tmp_path / "raw", {"a.tif": stored(soft)}, WIDE.shape)
    message = refused(tmp_path)
    assert "from 0 to 1" in message
    assert said(message) == "threshold = 0.5"
    assert np.array_equal(masks(converted(tmp_path, "threshold = 0.5"))["a"], soft > 0.5)


def test_nan_rejects_its_mask(tmp_path: Path) -> None:
    holes = IDS.astype(np.float32)
    holes[0, 0] = np.nan
    tree(tmp_path / "raw", {"a.tif": stored(IDS.astype(np.float32)), "b.tif": stored(holes)})
    found = converted(tmp_path)
    assert [one["file"] for one in found.conversion.rejected] == ["masks/b.tif"]
    assert np.array_equal(masks(found)["a"], IDS)


@pytest.mark.parametrize("levels", [(0, 80, 160), (0, 1, 2), (0, 128, 255), (0, 1000, 2000)])
def test_classes_with_hard_edges_are_classes(levels: tuple[int, ...], tmp_path: Path) -> None:
    mask = np.array(levels, np.uint16 if levels[-1] > 255 else np.uint8)[IDS]
    tree(tmp_path / "raw", {"a.png": stored(mask)})
    found = converted(tmp_path)
    assert names(found) == ["background", *(f"value_{value}" for value in levels[1:])]
    assert np.array_equal(masks(found)["a"], IDS)


def test_many_classes_of_a_brain_are_classes(tmp_path: Path) -> None:
    """Numbers with gaps, as FreeSurfer has, in regions that touch each other."""
    rng = np.random.default_rng(3)
    numbers = np.array(
        [2, 3, 4, 5, 7, 8, 10, 11, 12, 13, 14, 15, 16, 17, 18, 24, 26, 28, 41, 42, 43, 47, 49, 50, 51, 52, 53, 251, 255], np.uint8
    )
    seeds = rng.integers(0, 128, (120, 2))
    rows, columns = np.mgrid[:128, :128]
    nearest = np.argmin([(rows - y) ** 2 + (columns - x) ** 2 for y, x in seeds], axis=0)
    mask = numbers[nearest % len(numbers)] * (disc(128, 128, 64, 64, 55)).astype(np.uint8)
    tree(tmp_path / "raw", {"a.png": stored(mask)}, mask.shape)
    found = converted(tmp_path)
    assert names(found) == ["background", *(f"value_{value}" for value in numbers)]


# Thresholds


def test_a_threshold_names_its_class(tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"a.png": stored(IDS * np.uint8(100))})
    found = converted(tmp_path, 'threshold = 150\nclasses = { 255 = "core" }')
    assert names(found) == ["background", "core"]
    assert np.array_equal(masks(found)["a"], IDS == 2)


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ('threshold = "127"', "threshold must be a number"),
        ("threshold = true", "threshold must be a number"),
        ('threshold = 127\nclasses = { 1 = "core" }', 'name the class so: classes = { 255 = "lesion" }'),
        ('threshold = 127\ncolours = { "#ff0000" = "core" }', "colours and threshold say different things"),
        ('classes = { 1 = "a" }\ncolours = { "#ff0000" = "core" }', "colours and classes say different things"),
        ('threshold = 127\nlabels = "instances"', 'threshold and labels = "instances" say different things'),
        ('labels = "objects"', 'labels must be "instances"'),
        ("missing_masks = true", 'missing_masks must be "null"'),
        ('labels = "instances"\nclasses = { 1 = "a", 2 = "b" }', "all objects are of one class"),
        ("alpha = true", 'alpha must be "labels" (alpha is what masks hold) or "ignored"'),
        ('alpha = "labels"\ncolours = { "#ff0000" = "core" }', 'alpha = "labels" and colours say different things'),
    ],
)
def test_about_files_that_contradict_themselves_are_refused(about: str, words: str, tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"a.png": stored(WHITE)})
    assert words in refused(tmp_path, about)


# White of any kind


@pytest.mark.parametrize(
    "mask",
    [
        BINARY,
        WHITE,
        BINARY * np.uint8(128),
        BINARY.astype(bool),
        BINARY.astype(np.uint16) * 65535,
        BINARY.astype(np.int32) * 70_000,
        BINARY.astype(np.float32),
        np.dstack([WHITE] * 3),
        np.dstack([WHITE, WHITE, WHITE, np.full(SHAPE, 255, np.uint8)]),
    ],
    ids=["1", "255", "128", "1-bit", "65535", "32-bit", "float", "rgb", "rgba"],
)
def test_white_of_any_kind_is_foreground(mask: Any, tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"a.tif": stored(mask)})
    found = converted(tmp_path)
    assert names(found) == ["background", "foreground"]
    assert np.array_equal(masks(found)["a"], BINARY)


def test_numbers_of_32_bits_are_classes(tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"a.tif": stored(IDS.astype(np.int32) * 100_000)})
    found = converted(tmp_path, '[classes]\n100000 = "a"\n200000 = "b"')
    assert np.array_equal(masks(found)["a"], IDS)


def test_numbers_below_0_are_rejected(tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"a.tif": stored(IDS.astype(np.int32) - 1)})
    (rejected,) = converted(tmp_path).conversion.rejected
    assert "below 0, down to -1" in rejected["expected"]


def test_two_whites_in_one_mask_are_refused(tmp_path: Path) -> None:
    mask = WHITE.copy()
    mask[:22][mask[:22] > 0] = 254
    tree(tmp_path / "raw", {"a.png": stored(mask)})
    message = refused(tmp_path)
    assert "several values close to white look like one class" in message
    assert np.array_equal(masks(converted(tmp_path, said(message)))["a"], BINARY)


def test_numbers_stored_where_white_is_0_are_not_mended_by_a_threshold(tmp_path: Path) -> None:
    """255 is their background; above the threshold that was advised lay everything."""
    tree(tmp_path / "raw", {"a.tif": lambda path: tifffile.imwrite(path, IDS, photometric="miniswhite")})
    message = refused(tmp_path)
    assert "nothing but values close to white, and no background. If 255 is it, " in message
    assert np.array_equal(masks(converted(tmp_path, said(message)))["a"], np.array([0, 2, 1])[IDS])


def test_another_white_in_another_mask_is_refused(tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"a.png": stored(WHITE), "b.png": stored(BINARY)})
    message = refused(tmp_path)
    assert said(message) == 'classes = { 1 = "foreground", 255 = "foreground" }'
    found = converted(tmp_path, said(message))
    assert names(found) == ["background", "foreground"]
    assert all(np.array_equal(mask, BINARY) for mask in masks(found).values())


def test_splits_that_are_coded_differently_are_refused(tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"train/a.png": stored(IDS), "test/b.png": stored(IDS * np.uint8(100))})
    message = refused(tmp_path)
    assert "train holds 1 and 2; test holds 100 and 200" in message
    assert 'classes = { 1 = "class_1", 2 = "class_2", 100 = "class_1", 200 = "class_2" }' in message


def test_a_class_seen_only_in_test_is_a_class(tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"train/a.png": stored(BINARY), "test/b.png": stored(IDS)})
    found = converted(tmp_path)
    assert names(found) == ["background", "value_1", "value_2"]
    assert np.array_equal(masks(found)["b"], IDS)


def test_a_stray_value_in_one_of_many_masks_is_rejected_by_name(tmp_path: Path) -> None:
    stray = WHITE.copy()
    stray[40:44, 50:56] = 77
    tree(tmp_path / "raw", {**{f"m{k}.png": stored(WHITE) for k in range(11)}, "odd.png": stored(stray)})
    found = converted(tmp_path)
    (rejected,) = found.conversion.rejected
    assert rejected["file"] == "masks/odd.png"
    assert rejected["expected"] == "it holds 77 in 24 pixels, where the other masks hold 0 and 255."
    assert said(rejected["advice"]) == 'classes = { 77 = "class_77", 255 = "class_255" }'
    assert names(found) == ["background", "foreground"]


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ("threshold = 127", "every mask is empty: nothing but background, in 1 mask; "),
        ("threshold = -1", "no mask holds 0: there is no background, in 1 mask; "),
        ('classes = { 1 = "background", 2 = "background" }', "every mask is empty: nothing but background, in 1 mask; "),
    ],
)
def test_a_meaning_that_leaves_nothing_is_told(about: str, words: str, tmp_path: Path) -> None:
    """A threshold of 127 for masks of 0, 1 and 2 emptied them without a word."""
    tree(tmp_path / "raw", {"a.png": stored(IDS)})
    (note,) = converted(tmp_path, about).section()["known"]
    assert note["reason"] == f"{words}if that is wrong, mend what the about file says of their values"


def test_names_with_a_meaning_have_it_in_any_spelling(tmp_path: Path) -> None:
    """`Background` became a class of its own, beside an empty background."""
    tree(tmp_path / "raw", {"a.png": stored(IDS)})
    found = converted(tmp_path, 'classes = { 0 = "Background", 1 = "core ", 2 = "Not annotated" }')
    assert names(found) == ["background", "core"]
    assert np.array_equal(masks(found)["a"], np.uint8([0, 1, 255])[IDS])


def test_masks_that_are_all_empty_are_noted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree(tmp_path / "raw", {"a.png": stored(BINARY * 0)})
    assert main(["convert", "image-mask-folder", str(tmp_path / "raw"), str(tmp_path / "out"), "--workers", "1"]) == 0
    assert "note: every mask is empty: 0 in every pixel" in capsys.readouterr().out


# Objects


def objects(count: int, kind: type = np.uint8) -> Any:
    mask = np.zeros((64, 96), kind)
    for number in range(count):
        row, column = divmod(number, 10)
        mask[row * 9 + 1 : row * 9 + 8, column * 9 + 1 : column * 9 + 7] = number + 1
    return mask


def test_numbers_of_objects_are_noted_loudly(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tree(tmp_path / "raw", {"a.png": stored(objects(12)), "b.png": stored(objects(31))}, (64, 96))
    assert main(["convert", "image-mask-folder", str(tmp_path / "raw"), str(tmp_path / "out"), "--workers", "1"]) == 0
    told = capsys.readouterr().out
    assert "note: the masks look like numbers of objects, not classes: 31 values" in told
    assert said(told) == 'labels = "instances"'
    assert 'labels = "instances"' in (tmp_path / "out" / "README.md").read_text()


def test_objects_become_a_mask_and_a_column(tmp_path: Path) -> None:
    many = objects(60, np.uint16) * np.uint16(1000)
    few = objects(3)
    few[60:, 90:] = 255
    tree(tmp_path / "raw", {"a.png": stored(many), "b.png": stored(few)}, (64, 96))
    found = converted(tmp_path, 'labels = "instances"\nclasses = { 1 = "nucleus", 255 = "not annotated" }')
    assert names(found) == ["background", "nucleus"]
    a, b = found.row("a"), found.row("b")
    assert np.array_equal(pixels(a["instances"]), many)
    assert pixels(a["instances"]).dtype == np.uint16
    assert np.array_equal(pixels(a["mask"]), many > 0)
    assert np.array_equal(pixels(b["mask"]), np.where(few == 255, 255, few > 0))
    assert np.array_equal(pixels(b["instances"]), np.where(few == 255, 0, few))
    assert b["classes"] == [0, 1]


def test_objects_saved_with_loss_or_beyond_16_bits_are_rejected(tmp_path: Path) -> None:
    far = objects(3).astype(np.int32) * 40_000
    tree(tmp_path / "raw", {"a.png": stored(objects(3)), "b.jpg": stored(objects(3) * 80), "c.tif": stored(far)}, (64, 96))
    found = converted(tmp_path, 'labels = "instances"')
    assert {one["image_id"]: one["expected"] for one in found.conversion.rejected} == {
        "b": "it was saved with loss, which does not keep numbers of objects.",
        "c": "numbers of objects from 0 to 120000; 16 bits hold 0 to 65535.",
    }


def test_more_values_than_classes_say_that_they_may_be_objects(tmp_path: Path) -> None:
    many = np.kron(np.arange(320, dtype=np.uint16).reshape(16, 20), np.ones((3, 3), np.uint16))
    tree(tmp_path / "raw", {"a.tif": stored(many)}, many.shape)
    assert refused(tmp_path).endswith('or, if every value is the number of an object: labels = "instances"')


# Missing masks


def test_a_picture_without_a_mask_is_null_where_the_about_file_says_so(tmp_path: Path) -> None:
    tree(tmp_path / "raw", {"a.png": stored(WHITE)})
    save(tmp_path / "raw" / "images" / "b.png", colour("b", *SHAPE))
    (rejected,) = converted(tmp_path).conversion.rejected
    assert rejected["file"] == "images/b.png"
    assert rejected["expected"] == "it has no mask: masks/b.png is missing."
    assert said(rejected["advice"]) == 'missing_masks = "null"'
    found = convert(
        "image-mask-folder", tmp_path / "raw", tmp_path / "again", workers=1, about=write(tmp_path / "about.toml", 'missing_masks = "null"')
    )
    assert not found.rejected
    rows = Converted("image-mask-folder", Phantom(tmp_path / "raw", []), found, tmp_path / "again")
    assert rows.row("b")["mask"] is None
    assert np.array_equal(pixels(rows.row("a")["mask"]), BINARY)


def test_nobody_is_told_to_fetch_files_of_their_own(tmp_path: Path) -> None:
    tree(tmp_path / "raw", {f"{name}.png": stored(WHITE) for name in ("a", "cut", "empty", "small", "clear", "side")})
    folder = tmp_path / "raw" / "masks"
    (folder / "cut.png").write_bytes((folder / "cut.png").read_bytes()[:60])
    (folder / "empty.png").write_bytes(b"")
    Image.fromarray(WHITE[:-1]).save(folder / "small.png")
    Image.fromarray(np.ascontiguousarray(WHITE.T)).save(folder / "side.png")
    Image.fromarray(np.dstack([WHITE] * 4)).save(folder / "clear.png")
    for name in ("orphan", "phone"):
        Image.fromarray(WHITE).save(folder / f"{name}.png")
    (tmp_path / "raw" / "images" / "phone.heic").write_bytes(b"\0\0\0\x18ftypheic")
    for name, suffix in (("a", "jpe"), ("small", "jfif")):  # as browsers save JPEG
        picture = folder.parent / "images" / f"{name}.png"
        Image.open(picture).save(picture.with_suffix(f".{suffix}"), "JPEG")
        picture.unlink()
    rejected = {one["image_id"]: f"{one['expected']} {one['advice']}" for one in converted(tmp_path).conversion.rejected}
    assert set(rejected) == {"cut", "empty", "small", "clear", "side", "orphan", "phone"}
    for message in rejected.values():
        assert not re.search(r"(?i)fetch|download|owner|promises", message), message
    assert "lies on its side" in rejected["side"]
    assert "Else save it without transparency." in rejected["clear"]
    assert "images/orphan.png, which belongs to it, is missing." in rejected["orphan"]
    assert "the file called like its picture is images/phone.heic, and no picture that is read. Save that as PNG." in rejected["phone"]


def test_a_damaged_archive_of_ones_own_is_not_to_be_fetched(tmp_path: Path) -> None:
    write(tmp_path / "raw.zip", b"PK\x03\x04 cut")
    with pytest.raises(Refused) as error:
        convert("image-mask-folder", tmp_path / "raw.zip", tmp_path / "out", workers=1)
    assert not re.search(r"(?i)fetch", str(error.value))


OUTLINED = np.where(disc(*SHAPE, 22, 28, 19) & ~OUTER, 255, BINARY).astype(np.uint8)


@pytest.mark.parametrize("kind", ["palette", "grey"])
def test_outlines_of_255_are_not_annotated_where_the_palette_is_vocs_and_told_elsewhere(kind: str, tmp_path: Path) -> None:
    """Beside one class they were a second one, without a word."""
    colours = [BLACK, (128, 0, 0), *[BLACK] * 253, (224, 224, 192)]
    tree(tmp_path / "raw", {"a.png": palette(OUTLINED, *colours) if kind == "palette" else stored(OUTLINED)})
    found = converted(tmp_path)
    (note,) = (one["reason"] for one in found.section()["known"])
    there = f"the value 255, in {np.count_nonzero(OUTLINED == 255)} pixels of 1 mask,"
    if kind == "grey":
        assert note.startswith(f"{there} became a class; if it means that nobody looked or decided there")
        assert names(found) == ["background", "value_1", "value_255"]
        found = converted(tmp_path / "again", _again(tmp_path, note))
        assert names(found) == ["background", "class_1"]
    else:
        assert note.startswith(f"{there} has the colour of Pascal VOC's outlines and is not annotated.")
        assert names(found) == ["background", "foreground"]
    assert np.array_equal(masks(found)["a"], OUTLINED)


def _again(tmp_path: Path, note: str) -> str:
    """The same tree below `again`, and the line of an about file that a note gives."""
    (tmp_path / "again").mkdir()
    (tmp_path / "raw").rename(tmp_path / "again" / "raw")
    return said(note)


@pytest.mark.parametrize("suffix", ["png", "jpg"])
def test_black_objects_on_white_are_told_and_the_line_mends_them(suffix: str, tmp_path: Path) -> None:
    raw = tree(tmp_path / "raw", {f"{name}.{suffix}": stored(np.uint8(255) - WHITE) for name in "abc"})
    first = convert("image-mask-folder", raw, tmp_path / "first", workers=1, progress=False)
    (note,) = (one["reason"] for one in first.report["configs"]["default"]["known"])
    assert note.startswith("in 3 of 3 masks 255 is the greater part and lies all around what is 0, as if objects were black on white.")
    line = re.search(r"about file: (classes = \{[^}]*\});", note)
    assert line is not None
    about = write(tmp_path / "about.toml", line[1])
    mended = convert("image-mask-folder", raw, tmp_path / "out", about=about, workers=1, progress=False)
    assert mended.report["configs"]["default"]["classes"] == ["background", "foreground"]
    rows = Converted("image-mask-folder", Phantom(raw, []), mended, tmp_path / "out").rows()
    assert [np.array_equal(pixels(row["mask"]), BINARY) for row in rows] == [True] * 3


def test_one_mask_that_is_turned_round_among_others_is_told_by_name(tmp_path: Path) -> None:
    """Its background was stored as the object, without a word."""
    raw = tree(tmp_path / "raw", {"a.png": stored(WHITE), "b.png": stored(np.uint8(255) - WHITE), "c.png": stored(WHITE)})
    report = convert("image-mask-folder", raw, tmp_path / "out", workers=1, progress=False).report
    (note,) = (one["reason"] for one in report["configs"]["default"]["known"])
    assert note.startswith("in 1 of 3 masks, such as masks/b.png, 255 lies all around what is 0, in the others 0 lies all around")


def test_large_objects_that_touch_the_edge_are_not_taken_for_the_ground(tmp_path: Path) -> None:
    half = np.zeros(SHAPE, np.uint8)
    half[:, 20:] = 255  # the greater part, and most of the edge
    raw = tree(tmp_path / "raw", {f"{name}.png": stored(half) for name in "abc"})
    report = convert("image-mask-folder", raw, tmp_path / "out", workers=1, progress=False).report
    assert report["configs"]["default"]["known"] == []


def _veiled(colours: Any, alpha: Any) -> Any:
    return np.dstack([np.broadcast_to(np.uint8(colours), (*SHAPE, 3)), np.broadcast_to(np.uint8(alpha), SHAPE)])


def _see_through(path: Path) -> None:
    """A palette whose two numbers have one colour, of which the first is transparent."""
    picture = Image.fromarray(BINARY, "P")
    picture.putpalette([*RED, *RED])
    picture.save(path, transparency=bytes([0, 255]))


@pytest.mark.parametrize(
    ("writer", "about", "line", "right"),
    [
        (stored(_veiled(BLACK, WHITE)), "", 'alpha = "labels"', BINARY),
        (stored(_veiled(OUTER[..., None] * RED, OUTER * 128)), "", 'alpha = "labels"', BINARY),
        (stored(_veiled(BLACK, WHITE)), "threshold = 100", 'alpha = "labels"', BINARY),
        (stored(_veiled(BLACK, IDS)), 'classes = { 1 = "rim", 2 = "core" }', 'alpha = "labels"', IDS),
        (stored(np.dstack([WHITE, np.full(SHAPE, 128, np.uint8)])), "", 'alpha = "ignored"', BINARY),
        (stored(np.dstack([WHITE, np.uint8(255) - WHITE // 2])), "", 'alpha = "ignored"', BINARY),
        (stored(WHITE, transparency=0), "", 'alpha = "labels"', BINARY),
        (_see_through, "", 'alpha = "labels"', BINARY),
    ],
    ids=["black", "overlay", "threshold", "numbers", "even", "both", "declared", "palette"],
)
def test_labels_in_alpha_are_told_before_anything_is_written_and_read_where_said(
    writer: Writer, about: str, line: str, right: Any, tmp_path: Path
) -> None:
    """Each was rejected by itself, with nothing that mends it; a palette was said to differ from itself."""
    tree(tmp_path / "raw", {"a.png": writer, "b.png": writer})
    message = refused(tmp_path, about)
    assert message.startswith("2 of 2 masks cannot be read. For example masks/a.png: it is transparent: alpha holds ")
    assert said(message) == line
    assert np.array_equal(masks(converted(tmp_path, f"{about}\n{line}"))["b"], right)


@pytest.mark.parametrize(
    ("suffix", "options", "words"),
    [
        ("tif", {"save_all": True, "append_images": [Image.fromarray(WHITE)]}, "holds 2 pictures where one was expected"),
        ("jpg", {"cmyk": True}, "CMYK colours"),
    ],
)
def test_masks_that_cannot_be_read_are_refused_together(suffix: str, options: dict[str, Any], words: str, tmp_path: Path) -> None:
    def writer(path: Path) -> None:
        picture = Image.fromarray(WHITE)
        (picture.convert("CMYK") if options.get("cmyk") else picture).save(path, **options)

    tree(tmp_path / "raw", {f"a.{suffix}": writer, f"b.{suffix}": writer})
    assert f"2 of 2 masks cannot be read. For example masks/a.{suffix}: {words}" in refused(tmp_path)
