"""Known sets are told by their pictures, however those are encoded, scaled or named; strangers' pictures are not."""

from __future__ import annotations

import gzip
import io
import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import imagehash
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image, ImageOps

from hf_medseg.catalog import pictures
from hf_medseg.catalog.fine_hash import fine_hashes
from hf_medseg.catalog.loader import read_fine_pictures, read_pictures
from hf_medseg.catalog.lookup import known_fine_pictures, known_pictures, sources
from hf_medseg.catalog.picture_hash import dhash
from hf_medseg.catalog.pictures import recognise, recognise_shards
from hf_medseg.conversion.run import convert
from hf_medseg.dataset.identity import Identity
from hf_medseg.errors import Refused
from hf_medseg.publishing import gate
from hf_medseg.publishing.rows import EveryRow
from tests.support.harness import PHANTOMS
from tests.support.strangers import KINDS, strangers
from tools import fingerprint


def scene(number: int, width: int = 200, height: int = 160) -> Image.Image:
    """A colour picture of soft blobs, another one for each number."""
    lot = np.random.default_rng(number)
    coarse = lot.integers(0, 256, (8, 10, 3), np.uint8)
    return Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)


def encoded(picture: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    data = io.BytesIO()
    picture.save(data, form, **options)
    return data.getvalue()


RE_HOSTS: dict[str, Callable[[Image.Image], bytes]] = {
    "png": encoded,
    "jpeg 95": lambda picture: encoded(picture, "JPEG", quality=95),
    "jpeg 50": lambda picture: encoded(picture, "JPEG", quality=50),
    "224 square": lambda picture: encoded(picture.resize((224, 224))),
    "512 square jpeg": lambda picture: encoded(picture.resize((512, 512)), "JPEG", quality=70),
    "half": lambda picture: encoded(picture.resize((picture.width // 2, picture.height // 2))),
    "grey": lambda picture: encoded(picture.convert("L")),
    "16 bits": lambda picture: encoded(Image.fromarray(np.asarray(picture.convert("L"), np.uint16) * 16)),
    "palette": lambda picture: encoded(picture.quantize(256)),
    "flipped": lambda picture: encoded(picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)),
    "upside down": lambda picture: encoded(picture.transpose(Image.Transpose.ROTATE_180)),
    "turned left": lambda picture: encoded(picture.transpose(Image.Transpose.ROTATE_90)),
    "turned right": lambda picture: encoded(picture.transpose(Image.Transpose.ROTATE_270)),
    "rows as columns": lambda picture: encoded(picture.transpose(Image.Transpose.TRANSPOSE)),
    "negative": lambda picture: encoded(ImageOps.invert(picture)),
    "negative and mirrored": lambda picture: encoded(ImageOps.mirror(ImageOps.invert(picture))),
    "negative and on its side": lambda picture: encoded(ImageOps.invert(picture).transpose(Image.Transpose.ROTATE_90)),
    "stretched contrast": lambda picture: encoded(ImageOps.autocontrast(picture, 1)),
    "darker": lambda picture: encoded(picture.point(lambda level: round(255 * (level / 255) ** 1.8))),
    "28 x 28": lambda picture: encoded(picture.resize((28, 28))),
    "webp": lambda picture: encoded(picture, "WEBP", quality=60),
    "jpeg 30": lambda picture: encoded(picture, "JPEG", quality=30),
    "2 % cut": lambda picture: encoded(cut(picture, 0.02)),
    "5 % cut": lambda picture: encoded(cut(picture, 0.05)),
    "10 % cut": lambda picture: encoded(cut(picture, 0.1)),
    "5 % cut and flipped": lambda picture: encoded(ImageOps.mirror(cut(picture, 0.05))),
    "letterbox": lambda picture: encoded(ImageOps.pad(picture, (256, 256))),
    "pillarbox": lambda picture: encoded(ImageOps.pad(picture, (400, 160))),
    "on white ground": lambda picture: encoded(ImageOps.expand(picture, 30, "white")),
    "in a corner": lambda picture: encoded(ImageOps.pad(picture, (400, 320), centering=(0, 0), color="grey")),
    "letterbox, turned": lambda picture: encoded(ImageOps.pad(picture, (256, 256)).transpose(Image.Transpose.ROTATE_90)),
}


def cut(picture: Image.Image, part: float) -> Image.Image:
    """Without that part of each side, on each side."""
    x, y = round(picture.width * part), round(picture.height * part)
    return picture.crop((x, y, picture.width - x, picture.height - y))


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """kvasir-seg is a set of twenty made pictures, and nothing else is known."""
    listed = [(int(str(imagehash.dhash(scene(number))), 16), f"{number}.jpg") for number in range(20)]
    monkeypatch.setattr(pictures, "known_pictures", lambda source: listed if source.id == "kvasir-seg" else [])
    pictures.known_hashes.cache_clear()
    yield
    pictures.known_hashes.cache_clear()


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_the_hash_is_imagehashs(mode: str) -> None:
    for number in range(10):
        picture = scene(number, 150 + number, 90).convert(mode)
        assert np.array_equal(dhash(picture), imagehash.dhash(picture.convert("RGB")).hash)


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("way", RE_HOSTS)
def test_a_re_host_is_told_however_it_is_encoded(way: str) -> None:
    found = recognise(RE_HOSTS[way](scene(number)) for number in range(20))
    assert [one.source.id for one in found] == ["kvasir-seg"]
    assert found[0].pictures >= 8
    assert found[0].among == 20


def fundus(number: int) -> Image.Image:
    """A fundus in colour with its owner's frame; all of them look alike, and only vessels and spots tell them apart."""
    (grey,) = strangers("fundus", 1, state=number)
    scale = np.array((1.0, 0.6, 0.3)) ** (1 + np.random.default_rng(number).uniform(0, 0.5, (96, 96, 1)))
    return Image.fromarray((grey[..., None] * scale).astype(np.uint8)).resize((240, 230), Image.Resampling.BICUBIC)


@pytest.fixture
def known_finely(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """chase-db1 is a set of twelve made fundi whose finer hashes are known too, and nothing else is known."""
    listed = [(int(str(imagehash.dhash(fundus(number))), 16), f"{number}.jpg") for number in range(12)]
    fine = [(one, f"{number}.jpg") for number in range(12) for one in fine_hashes(fundus(number))]
    monkeypatch.setattr(pictures, "known_pictures", lambda source: listed if source.id == "chase-db1" else [])
    monkeypatch.setattr(pictures, "known_fine_pictures", lambda source: fine if source.id == "chase-db1" else [])
    pictures.known_hashes.cache_clear()
    yield
    pictures.known_hashes.cache_clear()


FINELY: dict[str, Callable[[Image.Image], Image.Image]] = {
    "red alone": lambda picture: picture.getchannel("R"),
    "blue alone, 5 % cut": lambda picture: cut(picture.getchannel("B"), 0.05),
    "5 % cut": lambda picture: cut(picture, 0.05),
    "15 % cut": lambda picture: cut(picture, 0.15),
    "10 % cut, negative and mirrored": lambda picture: ImageOps.mirror(ImageOps.invert(cut(picture, 0.1))),
    "on white ground": lambda picture: ImageOps.expand(picture, 24, "white"),
    "in a corner": lambda picture: ImageOps.pad(picture, (480, 230), centering=(0, 0)),
    "in a corner of white, turned": lambda picture: ImageOps.pad(picture, (480, 460), centering=(0, 0), color="white").rotate(
        90, expand=True
    ),
    "a quarter off at the right": lambda picture: picture.crop((0, 0, 180, 230)),
    "the left half": lambda picture: picture.crop((0, 0, 120, 230)),
    "the lower half": lambda picture: picture.crop((0, 115, 240, 230)),
    "square": lambda picture: picture.crop((30, 0, 210, 230)),
}


@pytest.mark.usefixtures("known_finely")
@pytest.mark.parametrize("way", FINELY)
def test_pictures_that_look_alike_are_told_from_parts_of_them(way: str) -> None:
    """Fundi of one colour, in a corner or cut by more than 2 % passed as somebody's own."""
    assert [one.source.id for one in recognise(encoded(FINELY[way](fundus(number))) for number in range(12))] == ["chase-db1"]
    assert not recognise(encoded(FINELY[way](fundus(number))) for number in range(100, 112))


@pytest.mark.usefixtures("known")
def test_a_known_set_among_more_is_told() -> None:
    mixed = [*(encoded(scene(number)) for number in range(8)), *(encoded(scene(number)) for number in range(100, 180))]
    assert str(recognise(mixed)[0]) == "8 of 88 pictures look like pictures of kvasir-seg, such as 0.jpg"


@pytest.mark.usefixtures("known")
def test_one_picture_many_times_is_no_set() -> None:
    assert not recognise([encoded(scene(1))] * 20)


@pytest.mark.usefixtures("known")
def test_what_shows_nothing_or_is_no_picture_looks_like_nothing() -> None:
    nothing = [encoded(Image.new("L", (64, 64), grey)) for grey in range(10)]
    assert not recognise([*nothing, b"no picture", b"", *(encoded(scene(number).resize((8, 8))) for number in range(20))])


@pytest.mark.usefixtures("known")
def test_eight_turned_copies_of_every_picture_are_the_set() -> None:
    ways = [RE_HOSTS[way] for way in ("png", "flipped", "upside down", "turned left", "turned right", "rows as columns", "grey", "half")]
    assert [one.source.id for one in recognise(way(scene(number)) for number in range(10) for way in ways)] == ["kvasir-seg"]


@pytest.mark.parametrize("kind", KINDS)
def test_strangers_pictures_are_no_known_set(kind: str) -> None:
    drawn = [encoded(Image.fromarray(one)) for one in strangers(kind, 120, state=3)]
    assert not recognise(drawn)
    assert not [one for start in range(0, 120, 12) for one in recognise(drawn[start : start + 12])]


@pytest.mark.usefixtures("known")
def test_a_few_likenesses_among_many_are_chance() -> None:
    """Three of sixty drawn heads came near pictures of a set of heads, and were refused as copies."""
    drawn = [encoded(Image.fromarray(one)) for one in strangers("polyps", 54, state=5)]
    few, more = ([encoded(scene(number)) for number in range(count)] for count in (3, 6))
    assert not recognise([*drawn, *few])
    assert [(one.source.id, one.pictures) for one in recognise([*drawn, *more])] == [("kvasir-seg", 6)]


@pytest.mark.usefixtures("known")
def test_a_hundredth_of_many_that_come_near_is_chance() -> None:
    """Of 2,000 drawn heads 26 came near pictures of a set of heads, and the heads were refused as copies."""
    (near,) = zip(*[pictures.looks_at(encoded(scene(number))) for number in range(12)], strict=True)
    (other,) = pictures.looks_at(encoded(Image.fromarray(next(strangers("polyps", 1, state=5)))))
    assert not pictures.recognise_looks([*near, *[other] * 1000])
    assert pictures.recognise_looks([*near, *[other] * 200])


def test_the_known_pictures_of_one_set_are_not_those_of_another() -> None:
    finely = {source.id: {name for _, name in listed} for source in sources().values() if (listed := known_fine_pictures(source))}
    assert {id: len(names) for id, names in finely.items()} == {"chase-db1": 20, "dsb-2018": 3, "kvasir-seg": 40}
    assert all(names <= {name for _, name in known_pictures(sources()[id])} for id, names in finely.items())
    assert {source.id: len(known_pictures(source)) for source in sources().values() if known_pictures(source)} == {
        "breast-cancer": 780,
        "chase-db1": 28,
        "ddsm-tissue": 66,
        "drive": 40,
        "dsb-2018": 670,
        "kvasir-seg": 1000,
        "lgg-mri": 3929,
        "mmotu": 1469,
    }


@pytest.mark.parametrize(("id", "pattern"), [("kvasir-seg", "images/*.jpg"), ("chase-db1", "*[LR].jpg")])
def test_real_pictures_in_another_form_are_told(id: str, pattern: str, real: Callable[[str], Path]) -> None:
    opened = [Image.open(path).convert("RGB").resize((256, 256)) for path in sorted(real(id).rglob(pattern))[:12]]
    assert [one.source.id for one in recognise(encoded(one, "JPEG", quality=60) for one in opened)] == [id]
    assert [one.source.id for one in recognise(encoded(cut(one.getchannel("R"), 0.07)) for one in opened)] == [id]


@pytest.mark.usefixtures("known")
def test_a_renamed_and_re_encoded_known_set_is_noted_by_convert_and_refused_by_push(tmp_path: Path) -> None:
    for number in range(12):
        for folder, data in (("images", encoded(scene(number))), ("masks", encoded(Image.new("L", (200, 160), 255 * (number % 2))))):
            (tmp_path / "raw" / folder).mkdir(parents=True, exist_ok=True)
            (tmp_path / "raw" / folder / f"polyp{number}.png").write_bytes(data)
    about = tmp_path / "about.toml"
    about.write_text('license = "cc0-1.0"\nlicense_url = "https://example.org"\n')
    conversion = convert("image-mask-folder", tmp_path / "raw", tmp_path / "out", workers=1, about=about)
    notes = [note["reason"] for note in conversion.report["configs"]["default"]["known"]]
    said = "12 of 12 pictures look like pictures of kvasir-seg, such as 0.jpg"
    assert any(note.startswith(f"{said}: a push refuses that. kvasir-seg has its own license") for note in notes)
    with pytest.raises(Refused, match=f"{said}. kvasir-seg has its own license.*Run: hf-medseg convert kvasir-seg RAW OUT"):
        gate.check(tmp_path / "out")


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize(("dtype", "axes"), [(np.uint8, (1, 0, 2)), (np.int16, (2, 1, 0)), (np.float32, (1, 2, 0))])
def test_known_pictures_that_were_stacked_to_volumes_are_told(dtype: type[np.generic], axes: tuple[int, ...], tmp_path: Path) -> None:
    """Along the last axis they were told, along the others they passed."""
    nibabel = pytest.importorskip("nibabel")
    volumes = []
    for first in (0, 10):
        stack = np.stack([np.asarray(scene(number).convert("L")) for number in range(first, first + 10)], axis=-1)
        volumes.append(nibabel.Nifti1Image((stack.transpose(axes) // 2).astype(dtype), np.eye(4)).to_bytes())
    cells = [{"bytes": gzip.compress(volume), "path": "a.nii.gz"} for volume in volumes]
    pq.write_table(pa.table({"image": cells, "depth": [10, 10]}), tmp_path / "a.parquet")
    assert [one.source.id for one in recognise_shards([tmp_path / "a.parquet"], 100)] == ["kvasir-seg"]
    strange = [
        {"bytes": data, "path": "a.nii.gz"} for data in (b"no volume", gzip.compress(volumes[0])[:90], gzip.compress(volumes[0][:400]))
    ]
    pq.write_table(pa.table({"image": strange, "depth": [10] * 3}), tmp_path / "b.parquet")
    assert not recognise_shards([tmp_path / "b.parquet"], 100)


@pytest.mark.usefixtures("known")
def test_known_pictures_beside_others_are_told(tmp_path: Path) -> None:
    """Only `image` was looked at: as a second channel behind noise they passed."""
    others = [encoded(Image.fromarray(noise)) for noise in np.random.default_rng(0).integers(0, 256, (20, 60, 80), np.uint8)]
    known = [encoded(scene(number).convert("L")) for number in range(20)]
    cells = {
        name: [{"bytes": one, "path": "a.png"} for one in some] for name, some in (("image", others), ("image_b", known), ("mask", others))
    }
    pq.write_table(pa.table({**cells, "image_id": [str(number) for number in range(20)]}), tmp_path / "a.parquet")
    assert [(one.source.id, one.pictures, one.among) for one in recognise_shards([tmp_path / "a.parquet"], 100)] == [("kvasir-seg", 10, 20)]
    rows = EveryRow({"a": frozenset({0})})("a", Identity("image-mask-folder", "", "default", "train", "1", "f"))
    for number in range(20):
        row = {name: some[number] for name, some in cells.items()}
        rows.row(0, {**row, "image_id": str(number), "image_position": [1.0], "source_file": f"{number}.png", "source_sha256": ""})
    assert not rows.wrong and len(rows.looks) == 20
    assert [one.source.id for one in pictures.recognise_looks(rows.looks)] == ["kvasir-seg"]


def test_the_maintainers_command_writes_a_hash_for_every_image_and_none_for_masks(tmp_path: Path) -> None:
    raw = PHANTOMS["chase-db1"].make(tmp_path / "raw").raw
    (tmp_path / "chase_db1").mkdir()
    fingerprint.write("chase-db1", str(raw), tmp_path)
    listed = read_pictures(tmp_path / "chase_db1")
    images = {path.name: path for path in raw.rglob("*.jpg")}
    assert {name for _, name in listed} == set(images)
    assert {name: number for number, name in listed} == {
        name: int(str(imagehash.dhash(Image.open(path).convert("RGB"))), 16) for name, path in images.items()
    }
    fine = read_fine_pictures(tmp_path / "chase_db1")
    assert fine == [(one, name) for name, _ in itertools.groupby(name for _, name in fine) for one in fine_hashes(Image.open(images[name]))]
    assert {name for _, name in fine} == set(images)


def test_a_line_that_is_no_hash_is_named(tmp_path: Path) -> None:
    (tmp_path / "pictures.dhash").write_text("# a comment\n0123 1x1 a.png\n")
    with pytest.raises(Refused, match=r"pictures\.dhash: '0123 1x1 a\.png' is no hash"):
        read_pictures(tmp_path)
