"""Copies of pictures in other groups are never on the other side of a split in silence; nor are patients that nothing tells."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from PIL import Image

import hf_medseg
from hf_medseg.deriving.inputs import Chosen
from hf_medseg.deriving.recipe import Split
from hf_medseg.deriving.splitting import Division
from hf_medseg.deriving.twins import check_overlaps
from hf_medseg.errors import Refused
from hf_medseg.statistics.alike import Alike, turned
from hf_medseg.statistics.signature import look
from tests.deriving.test_derive import rows, sound
from tests.statistics.test_overlap import COPIES, scene
from tests.support.kit import rng, save, save_jpeg

PARTS = {"train": 0.5, "test": 0.5}


@pytest.fixture(scope="module")
def outs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two datasets of one's own; each picture of the second is a copy of one of the first, encoded anew, turned, scaled, under another name."""
    home = tmp_path_factory.mktemp("outs")
    kinds = [*COPIES.values(), lambda shown: shown.transpose(Image.Transpose.ROTATE_90)]
    for number in range(14):
        shown = scene(f"twin {number}")
        save(home / "one-raw" / "images" / f"uu{number:02d}.png", np.asarray(shown))
        copy = kinds[number % len(kinds)](shown)
        save_jpeg(home / "two-raw" / "images" / f"ww{number:02d}.jpg", np.asarray(copy))
        for name, size in (("one-raw", shown.size), ("two-raw", copy.size)):
            letter = "u" if name == "one-raw" else "w"
            save(home / name / "masks" / f"{2 * letter}{number:02d}.png", np.full(size[::-1], 255 * (number % 2), np.uint8))
    (home / "about.toml").write_text(
        'title = "Mine"\nlicense = "cc-by-4.0"\nlicense_url = "https://creativecommons.org/licenses/by/4.0/"\nclasses = { 255 = "lesion" }\n'
    )
    for name in ("one", "two"):
        hf_medseg.convert("image-mask-folder", home / f"{name}-raw", home / name, about=home / "about.toml", workers=1, progress=False)
    return home


def recipe(outs: Path, **split: Any) -> dict[str, Any]:
    takes = [{"out": str(outs / name), "name": name} for name in ("one", "two")]
    return {"take": takes, "place": {"size": 16}, "split": {"parts": PARTS, **split}}


def test_copies_under_other_names_stay_on_one_side(outs: Path, tmp_path: Path) -> None:
    derivation = hf_medseg.derive(recipe(outs, folds=3), tmp_path / "new", workers=1, progress=False)
    sound(tmp_path / "new")
    found = rows(tmp_path / "new")
    assert (derivation.division.twins, derivation.report["configs"]["default"]["joined_groups"]) == (14, 14)
    for number in range(14):
        one, other = found[f"image-mask-folder-one/uu{number:02d}"], found[f"image-mask-folder-two/ww{number:02d}"]
        assert one["split_group"] == other["split_group"] == f"image-mask-folder-one/uu{number:02d}"
        assert one["split_fold"] == other["split_fold"]
    assert "14 groups joined to another because pictures are copies" in (tmp_path / "new" / "README.md").read_text()


def test_copies_are_refused_by_name_where_the_recipe_says_so(outs: Path, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"image-mask-folder-one/uu\d\d and image-mask-folder-two/ww\d\d"):
        hf_medseg.derive(recipe(outs, twins="refuse"), tmp_path / "new", workers=1, progress=False)
    assert not (tmp_path / "new").exists()


def test_nobody_looks_where_the_recipe_says_so_and_the_card_tells(outs: Path, tmp_path: Path) -> None:
    hf_medseg.derive(recipe(outs, twins="ignore"), tmp_path / "new", workers=1, progress=False)
    groups = {row["split_group"] for row in rows(tmp_path / "new").values()}
    assert len(groups) == 28
    assert "they may be on several sides" in (tmp_path / "new" / "README.md").read_text()


def test_a_jpeg_that_is_decoded_small_looks_like_the_whole_picture(outs: Path) -> None:
    shards = [next((outs / name / "data").glob("*.parquet")) for name in ("one", "two")]
    whole, small = (look(path) for path in shards)
    assert len(whole.places) == len(small.places) == 14
    both = Alike(np.concatenate([whole.hashes, small.hashes]), np.concatenate([whole.small, small.small]), np.arange(28))
    pairs = list(both.pairs())
    assert len({int(both.joined[number]) for number in range(28)}) == 14, pairs


KNOWN = SimpleNamespace(overlaps=(SimpleNamespace(source="b", how="some patients are in both", seen=False),))
SEEN = SimpleNamespace(overlaps=(SimpleNamespace(source="b", how="some pictures are in both", seen=True),))


NOTHING = SimpleNamespace(overlaps=())


def origin(source: str, known: Any = NOTHING) -> Any:
    return SimpleNamespace(prefix=source, origin=SimpleNamespace(source=source, known=lambda: (known, None)))


def divided(*splits: str) -> tuple[dict[str, list[Chosen]], Division]:
    members = {f"g{number}": [Chosen(number, 0, 0, 0, str(number), str(number), str(number), "train", ())] for number in range(2)}
    return members, Division(split=dict(zip(members, splits, strict=True)))


def test_sources_that_share_patients_whom_nothing_tells_are_not_divided_unless_the_recipe_accepts_it() -> None:
    inputs = [origin("a", KNOWN), origin("b")]
    with pytest.raises(Refused, match=r'a and b overlap: some patients are in both\. Nothing .* split\.overlaps = "accept"'):
        check_overlaps(Split(), inputs, *divided("train", "test"))
    check_overlaps(Split(), inputs, *divided("train", "train"))
    check_overlaps(Split(overlaps="accept"), inputs, *divided("train", "test"))
    check_overlaps(Split(), [origin("a", SEEN), origin("b")], *divided("train", "test"))
    with pytest.raises(Refused, match="The recipe says not to look"):
        check_overlaps(Split(twins="ignore"), [origin("a", SEEN), origin("b")], *divided("train", "test"))
    check_overlaps(Split(), [origin("a", KNOWN), origin("c")], *divided("train", "test"))


@pytest.mark.parametrize("near", [0, 200])
def test_very_many_pictures_that_are_alike_are_joined_and_few_pairs_told(near: int) -> None:
    base = rng("alike").integers(0, 256, (3, 24, 24)).astype(np.uint8)
    small = np.repeat(base, 400, 0)
    bits = rng("bits").integers(0, 1 << 62, (3, 8)).astype(np.uint64)
    hashes = np.repeat(bits, 400, 0)
    # Hashes of one kind, and pictures of their own: each is compared with each, and none is a copy.
    others = rng("others").integers(0, 256, (near, 24, 24)).astype(np.uint8)
    small, hashes = np.concatenate([small, others]), np.concatenate([hashes, np.repeat(bits[:1], near, 0)])
    alike = Alike(hashes, small, np.arange(len(small)), whole=4)
    pairs = list(alike.pairs())
    assert len(np.unique(alike.joined)) == 3 + near
    assert 3 * 399 <= len(pairs) < 3 * 400 * 40
    assert all(one // 400 == other // 400 for one, other, _, _ in pairs)


def test_pictures_that_share_nearly_all_are_told_apart_and_their_copies_found() -> None:
    count, way = 600, 5
    shared = rng("shared").integers(40, 216, (1, 24, 24)) + rng("own").normal(0, 16, (count, 24, 24))
    small = shared.clip(0, 255).astype(np.uint8)
    hashes = np.repeat(rng("bits").integers(0, 1 << 62, (1, 8)).astype(np.uint64), count, 0)
    small[500] = small[7]
    small[501], hashes[501, 0] = turned(small[9:10], way)[0], hashes[9, way]
    found = {(one, other, how) for one, other, how, _ in Alike(hashes, small, np.arange(count)).pairs()}
    assert found == {(7, 500, 0), (9, 501, way)}
