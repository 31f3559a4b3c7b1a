"""Derived datasets: exact pixels, labels that nobody made up, and a license that deriving does not change."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

import hf_medseg
from hf_medseg.cli import main
from hf_medseg.deriving.recipe import read_recipe, text_of
from hf_medseg.deriving.run import Derivation
from hf_medseg.errors import Refused
from hf_medseg.masks.labels import nearest_index
from hf_medseg.verification.verify import verify
from tests.support import harness
from tests.support.harness import pixels
from tests.support.kit import colour, disc, save


@pytest.fixture(scope="module")
def outs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Converted phantoms, each in a folder of its source's name."""
    home = tmp_path_factory.mktemp("outs")
    for source in ("hyperkvasir", "kvasir-seg", "chase-db1", "acdc", "isic-2017"):
        harness.run(source, "clean", home / source)
        (home / source / "out").rename(home / f"{source}-out")
    return home


def derived(outs: Path, new: Path, *sources: str, **recipe: Any) -> Derivation:
    takes = [{"out": str(outs / f"{source}-out")} for source in sources]
    return hf_medseg.derive({"take": takes, **recipe}, new, workers=1, progress=False)


def rows(out: Path) -> dict[str, dict[str, Any]]:
    return {row["image_id"]: row for path in sorted(out.glob("data/*.parquet")) for row in pq.read_table(path).to_pylist()}


def before(outs: Path, row: dict[str, Any], folder: str = "data") -> dict[str, Any]:
    """The row that a derived one was made of."""
    shards = (outs / f"{row['source']}-out" / folder).glob("*.parquet")
    return next(one for path in shards for one in pq.read_table(path).to_pylist() if one["image_id"] == row["source_id"])


def sound(out: Path) -> None:
    found = verify(out, progress=False)
    assert (found.problems, found.warnings) == ([], [])


def test_pairs_of_squares_are_what_pillow_makes_of_the_pictures_and_say_how_they_were_made(outs: Path, tmp_path: Path) -> None:
    derivation = derived(outs, tmp_path / "new", "hyperkvasir", place={"size": 24, "filter": "lanczos"})
    sound(tmp_path / "new")
    found = rows(tmp_path / "new")
    assert derivation.rows == len(found) == 4
    for image_id, row in found.items():
        old = before(outs, row)
        image, mask = pixels(old["image"]), pixels(old["mask"])
        height, width = mask.shape
        factor = 24 / max(width, height)
        scaled = (round(width * factor), round(height * factor))
        left, top = (24 - scaled[0]) // 2, (24 - scaled[1]) // 2
        inside = np.s_[top : top + scaled[1], left : left + scaled[0]]
        assert image_id == f"hyperkvasir/{old['image_id']}"
        assert np.array_equal(pixels(row["image"])[inside], np.asarray(Image.fromarray(image).resize(scaled, Image.Resampling.LANCZOS)))
        assert np.array_equal(pixels(row["mask"])[inside], mask[nearest_index(height, scaled[1])][:, nearest_index(width, scaled[0])])
        assert (row["original_size"], row["crop"], row["scaled"]) == ([width, height], [0, 0, width, height], [*scaled])
        assert (row["source_sha256"], row["source_file"], row["files"]) == (old["source_sha256"], old["source_file"], old["files"])
        assert hf_medseg.restore(row, pixels(row["mask"])).shape == mask.shape


def test_without_a_size_pictures_keep_their_bytes(outs: Path, tmp_path: Path) -> None:
    derived(outs, tmp_path / "new", "hyperkvasir")
    for row in rows(tmp_path / "new").values():
        old = before(outs, row)
        assert row["image"]["bytes"] == old["image"]["bytes"]
        assert np.array_equal(pixels(row["mask"]), pixels(old["mask"]))


def test_the_same_recipe_gives_the_same_bytes_with_any_number_of_workers_and_keeps_what_is_there(outs: Path, tmp_path: Path) -> None:
    recipe = {"take": [{"out": str(outs / "chase-db1-out")}], "place": {"size": 16}, "split": {"parts": {"train": 0.3, "test": 0.7}}}
    hf_medseg.derive(recipe, tmp_path / "one", workers=1, progress=False)
    hf_medseg.derive(recipe, tmp_path / "two", workers=2, progress=False)
    names = [path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*") if path.is_file() and path.name != "lock"]
    assert len(names) == 8
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes(), name
    again = hf_medseg.derive(recipe, tmp_path / "one", workers=1, progress=False)
    assert len(again.kept) == 2
    with pytest.raises(Refused, match="holds a dataset of another recipe"):
        hf_medseg.derive({**recipe, "place": {"size": 17}}, tmp_path / "one", workers=1, progress=False)
    other = hf_medseg.derive({**recipe, "place": {"size": 17}}, tmp_path / "one", workers=1, progress=False, replace=True)
    assert other.kept == []
    sound(tmp_path / "one")


def test_what_a_source_did_not_mark_is_not_annotated_and_never_background(outs: Path, tmp_path: Path) -> None:
    derived(outs, tmp_path / "new", "hyperkvasir", "isic-2017")
    sound(tmp_path / "new")
    for row in rows(tmp_path / "new").values():
        values = {*np.unique(pixels(row["mask"]))}
        assert values <= ({1, 255} if row["source"] == "hyperkvasir" else {2, 255})
        assert row["annotated_classes"] == ([0, 1] if row["source"] == "hyperkvasir" else [0, 2])
    card = (tmp_path / "new" / "README.md").read_text()
    assert "hyperkvasir was not searched for `lesion`: its background is 255, not annotated." in card


def test_what_the_recipe_says_to_be_absent_leaves_the_background_and_the_card_says_so(outs: Path, tmp_path: Path) -> None:
    absent = {"hyperkvasir": ["lesion"], "isic-2017": ["polyp"]}
    derived(outs, tmp_path / "new", "hyperkvasir", "isic-2017", label={"absent": absent})
    assert {value for row in rows(tmp_path / "new").values() for value in np.unique(pixels(row["mask"]))} == {0, 1, 2}
    assert "hyperkvasir: the recipe says that `lesion` do not occur there." in (tmp_path / "new" / "README.md").read_text()


@pytest.mark.parametrize(
    ("label", "classes"),
    [
        ({}, ("polyp",)),
        ({"by": "code"}, ("polyp",)),
        ({"by": "table", "table": {"growth": ["hyperkvasir/polyp", "kvasir-seg/polyp"]}}, ("growth",)),
    ],
)
def test_classes_are_the_same_by_name_by_code_or_by_a_table(
    label: dict[str, Any], classes: tuple[str, ...], outs: Path, tmp_path: Path
) -> None:
    derivation = derived(outs, tmp_path / "new", "hyperkvasir", "kvasir-seg", label=label)
    assert derivation.edition.classes == classes
    assert {value for row in rows(tmp_path / "new").values() for value in np.unique(pixels(row["mask"]))} == {0, 1}


@pytest.mark.parametrize(
    ("label", "said"),
    [
        ({"classes": ["vessel"]}, "no source has a class that becomes 'vessel'"),
        ({"table": {"growth": ["polip"]}}, "growth is made of 'polip', which no source has"),
        ({"by": "table", "classes": ["growth"], "table": {"growth": ["polip"]}}, "growth is made of 'polip', which no source has"),
        ({"absent": {"drive": ["polyp"]}}, "names 'drive', of which nothing is taken"),
        ({"by": "table", "table": {"growth": ["hyperkvasir/polyp"]}}, r"take 2 \(isic-2017\) has none of the classes growth"),
        ({"by": "nmae"}, 'label.by must be "name" or "code" or "table"'),
        ({"tabel": {}}, "did you mean 'table'"),
    ],
)
def test_a_slip_of_the_pen_in_the_labels_is_refused_before_anything_is_written(
    label: dict[str, Any], said: str, outs: Path, tmp_path: Path
) -> None:
    with pytest.raises(Refused, match=said):
        derived(outs, tmp_path / "new", "hyperkvasir", "isic-2017", label=label)
    assert not (tmp_path / "new").exists()


def test_slices_are_windowed_to_8_bits_and_keep_their_values_on_request(outs: Path, tmp_path: Path) -> None:
    derived(outs, tmp_path / "eight", "acdc", place={"size": 16, "window": [0, 100]})
    derived(outs, tmp_path / "sixteen", "acdc", place={"depth": 16})
    for folder in ("eight", "sixteen"):
        sound(tmp_path / folder)
    for row in rows(tmp_path / "eight").values():
        assert pixels(row["image"]).dtype == np.uint8
    for row in rows(tmp_path / "sixteen").values():
        old = before(outs, row, "slices")
        assert np.array_equal(hf_medseg.physical(row), hf_medseg.physical(old))
        assert row["patient_id"] == f"acdc/{old['patient_id']}"


def test_rows_are_taken_by_what_they_have(outs: Path, tmp_path: Path) -> None:
    out = str(outs / "acdc-out")
    every = hf_medseg.derive({"take": [{"out": out}]}, tmp_path / "a", dry_run=True, progress=False)
    for more in ({"every": 2}, {"splits": ["test"]}, {"classes": ["myocardium"], "annotated": True}, {"least_foreground": 0.2}):
        some = hf_medseg.derive({"take": [{"out": out, **more}]}, tmp_path / "a", dry_run=True, progress=False)
        assert 0 < sum(some.splits.values()) < sum(every.splits.values()), more
    with pytest.raises(Refused, match=r"takes the row acdc/\S+ twice"):
        hf_medseg.derive({"take": [{"out": out}, {"out": out}]}, tmp_path / "a", progress=False)
    with pytest.raises(Refused, match="has no slices, so that not every 2th can be taken"):
        hf_medseg.derive({"take": [{"out": out, "config": "volumes", "every": 2}]}, tmp_path / "a", progress=False)
    assert not (tmp_path / "a").exists()


def test_weights_and_caps_are_columns_and_copy_no_row(outs: Path, tmp_path: Path) -> None:
    derived(outs, tmp_path / "new", "hyperkvasir", "isic-2017", balance={"weights": "source", "cap": 1}, split={"folds": 2})
    sound(tmp_path / "new")
    train = [row for row in rows(tmp_path / "new").values() if row["source_split"] == "train"]
    weight = {source: sum(row["sampling_weight"] for row in train if row["source"] == source) for source in ("hyperkvasir", "isic-2017")}
    assert weight == pytest.approx({"hyperkvasir": 3.5, "isic-2017": 3.5})
    assert sum(row["within_cap"] for row in train if row["source"] == "hyperkvasir") == 1
    assert {row["split_fold"] for row in train} <= {0, 1}


def test_a_derived_dataset_tells_everything_that_was_done_and_who_is_to_be_cited(outs: Path, tmp_path: Path) -> None:
    recipe = tmp_path / "mix.toml"
    recipe.write_text(
        f'name = "mix"\ntitle = "A mix"\n\n[[take]]\nout = "{outs}/hyperkvasir-out"\n\n[[take]]\nout = "{outs}/isic-2017-out"\n'
        "\n[place]\nsize = 20\n\n[split]\nfolds = 3\n\n[split.parts]\ntrain = 0.5\ntest = 0.5\n"
    )
    assert main(["derive", str(recipe), str(tmp_path / "new"), "--workers", "1", "-q"]) == 0
    card = (tmp_path / "new" / "README.md").read_text()
    for source in ("hyperkvasir", "isic-2017"):
        edition = hf_medseg.sources()[source].editions[0]
        for citation in edition.citations:
            assert citation.strip() in card
        for condition in edition.license.conditions:
            assert " ".join(f"{source}: {condition}".split()) in " ".join(card.split())
    shown = card.partition("```toml\n")[2].partition("```")[0]
    (tmp_path / "shown.toml").write_text(shown)
    assert text_of(read_recipe(tmp_path / "shown.toml")).replace(f"{tmp_path}/", "") == shown
    for path in (tmp_path / "new").rglob("*"):
        assert not path.is_file() or str(tmp_path).encode() not in path.read_bytes(), path


def test_the_command_derives_a_folder_in_one_line(outs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out, new = str(outs / "chase-db1-out"), str(tmp_path / "new")
    line = ["derive", out, new, "--size", "32x16", "--fit", "stretch", "--split", "train=0.3,test=0.7", "--workers", "1"]
    assert main([*line, "--dry-run"]) == 0
    assert "Nothing was written." in capsys.readouterr().out
    assert not Path(new).exists()
    assert main([*line, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["tier"], sum(told["splits"].values()), set(told["splits"])) == ("open", 7, {"train", "test"})
    assert {(row["width"], row["height"]) for row in rows(Path(new)).values()} == {(32, 16)}
    sound(Path(new))
    assert main(["derive", str(tmp_path / "no.toml"), new]) == 2
    assert main(["derive", str(tmp_path / "no.toml"), new, "--size", "5"]) == 2
    with pytest.raises(SystemExit):
        main(["derive", out, new, "--split", "train"])


def test_a_picture_that_cannot_be_read_is_rejected_by_name_and_the_others_go_on(outs: Path, tmp_path: Path) -> None:
    from tests.publishing.test_gate import rewritten

    harness.run("chase-db1", "clean", tmp_path)
    shard = tmp_path / "out" / "data" / "train-00000-of-00001.parquet"

    def broken(table: Any) -> Any:
        import pyarrow as pa

        cells = table.column("image").to_pylist()
        cells[1]["bytes"] = cells[1]["bytes"][:60]
        return table.set_column(0, table.schema.field(0), pa.array(cells, table.schema.field(0).type))

    rewritten(shard, broken)
    found = hf_medseg.derive({"take": [{"out": str(tmp_path / "out")}]}, tmp_path / "new", workers=1, progress=False)
    assert found.rows == 6
    (rejected,) = found.rejected
    assert rejected["image_id"].startswith("chase-db1/")
    assert main(["verify", str(tmp_path / "new"), "-q"]) == 0


def test_an_unreadable_folder_is_refused(outs: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(Refused, match="no finished conversion"):
        hf_medseg.derive({"take": [{"out": str(tmp_path / "empty")}]}, tmp_path / "new", progress=False)
    derived(outs, tmp_path / "new", "chase-db1")
    with pytest.raises(Refused, match="derived itself"):
        hf_medseg.derive({"take": [{"out": str(tmp_path / "new")}]}, tmp_path / "newer", progress=False)
    with pytest.raises(Refused, match="lies inside"):
        hf_medseg.derive({"take": [{"out": str(outs / "chase-db1-out")}]}, outs / "chase-db1-out" / "new", progress=False)


def test_what_sources_share_and_what_owners_of_other_data_want_cited_stands_on_the_card(outs: Path, tmp_path: Path) -> None:
    for number in range(2):
        for folder, picture in (("images", colour(f"own {number}", 20, 30)), ("masks", 255 * disc(20, 30, 9, 9, 5).astype(np.uint8))):
            save(tmp_path / "raw" / folder / f"zz{number}.png", picture)
    about = tmp_path / "about.toml"
    about.write_text(
        'title = "Mine"\nlicense = "cc-by-4.0"\nlicense_url = "https://creativecommons.org/licenses/by/4.0/"\n'
        'citation = "@article{a1, title={My pictures}}"\nclasses = { 255 = "polyp" }\n'
    )
    hf_medseg.convert("image-mask-folder", tmp_path / "raw", tmp_path / "own", about=about, workers=1, progress=False)
    takes = [{"out": str(tmp_path / "own")}, *({"out": str(outs / f"{source}-out")} for source in ("hyperkvasir", "kvasir-seg"))]
    derivation = hf_medseg.derive({"take": takes}, tmp_path / "new", workers=1, progress=False)
    sound(tmp_path / "new")
    assert derivation.edition.classes == ("polyp",)
    card = (tmp_path / "new" / "README.md").read_text()
    assert "@article{a1, title={My pictures}}" in card
    assert "`hyperkvasir`: kvasir-seg has it so: all 1,000 pictures and masks are the same, under other names." in card
