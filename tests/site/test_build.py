"""The site as files: what is on its pages, what the license keeps away from them, and what becomes of a folder that holds something."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree.ElementTree import Element

import html5lib
import numpy as np
import pyarrow.parquet as pq
import pytest
from PIL import Image

import hf_medseg
from hf_medseg.catalog.lookup import facts
from hf_medseg.cli import main
from hf_medseg.errors import MedsegError, Refused
from hf_medseg.preview.overlay import colour_of
from hf_medseg.site import build, dataset, pictures
from hf_medseg.site.plots import Histogram, of_intensities, of_spread
from hf_medseg.statistics.record import Intensities, Spread
from tests.site.datasets import HOSTILE, Datasets
from tests.support.harness import pixels

# What a browser loads or runs by itself, and what leads elsewhere.
LOADS = (("img", "src"), ("script", "src"), ("link", "href"), ("a", "href"))


@cache
def page(path: Path) -> Element:
    """A page as a strict parser reads it: the first thing wrong in it is an error."""
    found: Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(path.read_text(encoding="utf-8"))
    return found


def text_of(path: Path) -> str:
    return " ".join(" ".join(page(path).itertext()).split())


def views(path: Path) -> list[dict[str, Any]]:
    return [json.loads(one.attrib["data-view"]) for one in page(path).iter("figure") if "data-view" in one.attrib]


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def site(datasets: Datasets, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site that stays at home, with everything."""
    outs = (datasets.pictures, datasets.volumes, datasets.restricted, datasets.hostile)
    return hf_medseg.site(tmp_path_factory.mktemp("made") / "site", outs).parent


@pytest.fixture(scope="module")
def public(datasets: Datasets, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A site for others, with everything that may not be there too."""
    outs = (datasets.pictures, datasets.restricted, datasets.noncommercial)
    return hf_medseg.site(tmp_path_factory.mktemp("public") / "site", outs, public=True).parent


# --- pages ------------------------------------------------------------------------------------------------------------------------------


def test_every_page_is_html_without_a_fault_and_every_link_inside_leads_somewhere(site: Path, public: Path) -> None:
    pages = [*site.rglob("*.html"), *public.rglob("*.html")]
    assert len(pages) == 5 + 4
    for path in pages:
        tree = page(path)
        ids = [one.attrib["id"] for one in tree.iter() if "id" in one.attrib]
        assert len(ids) == len(set(ids)), path
        for tag, name in LOADS:
            for one in tree.iter(tag):
                address = one.attrib.get(name, "")
                if (tag == "a" and address.startswith(("https://", "http://"))) or address in ("", "data:,"):
                    continue
                where, _, part = address.partition("#")
                target = (path.parent / unquote(where)).resolve() if where else path
                assert target.is_file(), f"{path.name}: {address}"
                assert not part or part in {one.attrib.get("id") for one in page(target).iter()}, f"{path.name}: {address}"
        for view in views(path):
            for _, images, masks in view["frames"]:
                for file in [*filter(None, images), *(file for layers in masks for _, file in layers or ())]:
                    assert (path.parent / view["folder"] / file).is_file()


def test_the_catalog_has_a_card_for_every_source_with_its_license_classes_commands_and_citations(site: Path) -> None:
    cards = {one.attrib["id"]: one for one in page(site / "index.html").iter("article")}
    assert set(cards) == {f"source-{id}" for id in facts()}
    card = cards["source-chase-db1"]
    said = "".join(card.itertext())
    chase = facts()["chase-db1"]
    assert json.loads(card.attrib["data-tier"]) == ["open"]
    for words in (
        chase.title,
        "1 vessel",
        "28 rows, 2.6 MB to download",
        *chase.editions[0].license.conditions,
        *chase.editions[0].citations,
    ):
        assert words in said
    commands = next(one.text for one in card.iter("pre"))
    assert commands == (
        "hf-medseg download chase-db1 RAW\nhf-medseg convert chase-db1 RAW OUT\nhf-medseg verify OUT\nhf-medseg push OUT --repo NAMESPACE/NAME"
    )
    assert "push" not in "".join(cards["source-drive"].itertext())
    assert json.loads(cards["source-image-mask-folder"].attrib["data-tier"]) == ["own"]


def test_every_edition_is_told_with_its_own_license_and_command(site: Path) -> None:
    card = next(one for one in page(site / "index.html").iter("article") if one.attrib["id"] == "source-brats")
    said = "".join(card.itertext())
    for edition in facts()["brats"].editions:
        assert f"hf-medseg convert brats RAW OUT --edition {edition.name}\n" in said
        assert edition.license.name in said
    assert {"open", "restricted", "unknown"} == set(json.loads(card.attrib["data-tier"]))


def test_a_row_is_shown_in_full_size_with_a_layer_for_each_class_of_each_annotator(site: Path, datasets: Datasets) -> None:
    rows = {row["image_id"]: row for row in pq.read_table(next(datasets.pictures.glob("data/*.parquet"))).to_pylist()}
    figure = next(one for one in page(site / "datasets" / "chase-db1.html").iter("figure") if "data-view" in one.attrib)
    row = rows[next(one.text or "" for one in figure.iter("strong"))]
    assert [one.text for select in figure.iter("select") for one in select] == ["mask", "mask_2"]
    view = json.loads(figure.attrib["data-view"])
    ((_, (image,), masks),) = view["frames"]
    folder = site / "pictures" / "chase-db1"
    assert (folder / image).read_bytes() == row["image"]["bytes"]
    for column, layers in zip(("mask", "mask_2"), masks, strict=True):
        ((index, file),) = layers
        with Image.open(folder / file) as layer:
            seen = np.asarray(layer.convert("RGBA"))
        assert np.array_equal(seen[..., 3] == 255, pixels(row[column]) == index)
        assert {tuple(int(v) for v in one) for one in seen[seen[..., 3] == 255][:, :3]} == {colour_of(1)}
        assert set(np.unique(seen[..., 3])) <= {0, 255}


def test_a_volume_is_shown_slice_by_slice_beginning_with_one_that_has_a_mask(site: Path, datasets: Datasets) -> None:
    found = [one for one in views(site / "datasets" / "lidc-idri.html") if len(one["frames"]) > 1]
    names = [name for name, _, _ in found[0]["frames"]]
    assert names == [f"slice {k} of {len(names)}" for k in range(1, len(names) + 1)]
    assert found[0]["frames"][found[0]["first"]][2][0], "its mask has layers"


def test_of_many_slices_some_are_shown_evenly_spread_with_the_chosen_one() -> None:
    assert pictures.spread(5, 2) == [0, 1, 2, 3, 4]
    kept = pictures.spread(1000, 777)
    assert (kept[0], kept[-1], len(kept), 777 in kept) == (0, 999, pictures.MOST_FRAMES, True)


def test_numbers_are_those_of_the_report(site: Path, datasets: Datasets) -> None:
    said = text_of(site / "datasets" / "chase-db1.html")
    told = json.loads((datasets.pictures / "report.json").read_text())["configs"]["default"]["splits"]["train"]
    part = told["pixels"]["vessel"] / sum(told["pixels"].values())
    assert f"1 vessel {part:.3%} of pixels, {told['rows_per_class']['vessel']} rows" in said
    assert f"{told['rows']} rows, {told['rows_with_mask']} with a mask" in said


def test_a_few_values_far_outside_do_not_flatten_a_histogram() -> None:
    counts = [10] * 1000 + [0] * 22 + [1, 0]
    found = of_intensities("x", Intensities(-1000.0, 2.0, tuple(counts), 0.0, 1.0))
    assert (found.low, found.high, found.count) == (-998.0, 998.0, 10001)
    assert found.below and found.above, "so that nobody takes them for the least and the largest value"
    assert min(found.heights) > 0.9
    assert of_spread("x", Spread(5, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, ((3.0, 5),))) == Histogram("x", 3.0, 3.0, (1.0,), 5)


def test_spacings_and_intensities_are_those_of_stats(site: Path, datasets: Datasets) -> None:
    (slices, *_) = hf_medseg.stats(datasets.volumes).splits
    said = [one.attrib["aria-label"] for one in page(site / "datasets" / "lidc-idri.html").iter() if "aria-label" in one.attrib]
    for name, count in (("row spacing, mm", slices.spacings["row"].count), ("intensity of image", sum(slices.intensities["image"].counts))):
        assert any(one.startswith(f"Histogram of {name}: {count:,} values") for one in said), name


def test_a_dataset_with_a_broken_picture_has_a_page_that_says_so(
    datasets: Datasets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*given: Any, **options: Any) -> None:
        raise MedsegError("train-00000.parquet, Image_01L: a picture cannot be decoded.")

    monkeypatch.setattr(dataset, "stats", broken)
    hf_medseg.site(tmp_path / "site", [datasets.pictures, datasets.restricted], public=True)
    said = {name: text_of(tmp_path / "site" / "datasets" / f"{name}.html") for name in ("chase-db1", "drive")}
    assert "a picture cannot be decoded. train-00000.parquet, Image_01L" in said["chase-db1"]
    assert "Image_01L" not in said["drive"]


def test_names_and_texts_of_data_stay_text(site: Path) -> None:
    path = site / "datasets" / "image-mask-folder.html"
    for where in (path, site / "index.html"):
        tree = page(where)
        assert [one.attrib.get("src") for one in tree.iter("script")] in (["site.js"], ["../site.js"])
        assert all(one.attrib.get("src", "").endswith((".png", ".jpg")) for one in tree.iter("img"))
        assert not [name for one in tree.iter() for name in one.attrib if name.startswith("on")]
        assert not [one for one in tree.iter("a") if one.attrib["href"].startswith("javascript")]
    said = text_of(path)
    assert HOSTILE in said
    assert "{{ 7 * 7 }}" in said
    assert "<b onclick=x>'&amp;a" in said
    assert not [name for name in files(site) if re.search(r"[^\w./-]", name)], "files are called by numbers, not by ids"


# --- licenses ---------------------------------------------------------------------------------------------------------------------------


def test_a_public_site_has_pictures_of_open_sets_alone_and_says_what_stands_for_the_others(public: Path, datasets: Datasets) -> None:
    assert {name.split("/")[1] for name in files(public) if name.startswith("pictures/")} == {"chase-db1"}
    for name, out in (("drive", datasets.restricted), ("segpc-2021", datasets.noncommercial)):
        path = public / "datasets" / f"{name}.html"
        said = path.read_text(encoding="utf-8")
        assert "drawn placeholder: not a picture of the data" in said
        assert not list(page(path).iter("img"))
        for row in pq.read_table(next(out.glob("*/*.parquet"))).to_pylist():
            assert row["image_id"] not in text_of(path).split()
            assert row["source_file"] not in said
    assert "Its conditions" in text_of(public / "datasets" / "chase-db1.html")


def test_conditions_that_a_user_stated_stand_beside_pictures_that_are_published(datasets: Datasets, tmp_path: Path) -> None:
    hf_medseg.site(tmp_path / "site", [datasets.hostile], public=True)
    path = tmp_path / "site" / "datasets" / "image-mask-folder.html"
    assert len(views(path)) == 2
    assert "Conditions that go with the data: - Name <b>the laboratory</b>." in text_of(path)


def test_a_public_site_has_noncommercial_pictures_when_that_is_said_by_name(datasets: Datasets, tmp_path: Path) -> None:
    hf_medseg.site(tmp_path / "site", [datasets.noncommercial, datasets.restricted], public=True, allow_noncommercial=True)
    assert {name.split("/")[1] for name in files(tmp_path / "site") if name.startswith("pictures/")} == {"segpc-2021"}
    with pytest.raises(Refused, match="goes with --public"):
        hf_medseg.site(tmp_path / "other", [], allow_noncommercial=True)


def test_a_public_site_refuses_a_dataset_that_is_not_as_its_conversion_wrote_it(datasets: Datasets, tmp_path: Path) -> None:
    out = Path(shutil.copytree(datasets.restricted, tmp_path / "out"))
    report = json.loads((out / "report.json").read_text())
    (out / "report.json").write_text(json.dumps({**report, "source": "chase-db1", "tier": "open"}))
    with pytest.raises(Refused, match=r"report\.json tells of 'chase-db1'"):
        hf_medseg.site(tmp_path / "site", [datasets.pictures, out], public=True)
    assert not (tmp_path / "site").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out"]


def test_pictures_of_a_site_at_home_are_gone_when_it_is_made_for_others(datasets: Datasets, tmp_path: Path) -> None:
    hf_medseg.site(tmp_path / "site", [datasets.restricted])
    assert any(name.startswith("pictures/drive/") for name in files(tmp_path / "site"))
    (tmp_path / "site" / "CNAME").write_text("example.org")
    hf_medseg.site(tmp_path / "site", [datasets.restricted], public=True)
    assert not (tmp_path / "site" / "pictures").exists()
    assert (tmp_path / "site" / "CNAME").read_text() == "example.org", "what is not of the site stays"


def test_the_list_of_files_has_each_with_its_hash_and_the_same_data_give_the_same_site(
    site: Path, datasets: Datasets, tmp_path: Path
) -> None:
    told = json.loads((site / "site.json").read_text())
    assert told["public"] is False
    assert set(told["files"]) == files(site) - {"site.json"}
    for name, digest in told["files"].items():
        assert hashlib.sha256((site / name).read_bytes()).hexdigest() == digest
    again = hf_medseg.site(tmp_path / "again", [datasets.pictures, datasets.volumes, datasets.restricted, datasets.hostile]).parent
    assert (again / "site.json").read_bytes() == (site / "site.json").read_bytes()


# --- the command ------------------------------------------------------------------------------------------------------------------------


def test_two_conversions_of_one_source_have_a_page_each(datasets: Datasets, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    other = Path(shutil.copytree(datasets.pictures, tmp_path / "other"))
    assert main(["site", str(tmp_path / "site"), str(datasets.pictures), str(other), "--rows", "2"]) == 0
    assert capsys.readouterr().out == f"{tmp_path / 'site' / 'index.html'}\n"
    assert {path.name for path in (tmp_path / "site" / "datasets").iterdir()} == {"chase-db1.html", "chase-db1-2.html"}
    assert len(views(tmp_path / "site" / "datasets" / "chase-db1.html")) == 2


def refused(datasets: Datasets, tmp_path: Path) -> Iterator[tuple[list[str], str]]:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x")
    (tmp_path / "file").write_text("x")
    yield [str(tmp_path / "mine")], "holds something else (thesis.txt)"
    yield [str(tmp_path / "file")], "is a file"
    yield [str(tmp_path / "new"), str(tmp_path / "mine")], "holds no rows"
    yield [str(datasets.pictures / "site"), str(datasets.pictures)], "lies inside the other"
    yield [str(datasets.pictures.parent), str(datasets.pictures)], "holds something else"
    yield ["s3://bucket/site"], "a folder of this machine"
    yield [str(tmp_path / "new"), "--rows", "0"], "takes numbers from 1"


def test_what_cannot_be_is_refused_and_nothing_is_written(datasets: Datasets, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for given, says in refused(datasets, tmp_path):
        before = files(tmp_path)
        assert main(["site", *given]) == 2, given
        assert says in capsys.readouterr().err
        assert files(tmp_path) == before


def test_a_site_that_was_broken_off_is_replaced_whole(datasets: Datasets, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    moves: list[str] = []

    def break_off(source: Path, target: Path) -> None:
        if len(moves) > 5:
            raise KeyboardInterrupt
        moves.append(str(target))
        Path(source).rename(target)

    with monkeypatch.context() as patched:
        patched.setattr(build.shutil, "move", break_off)
        with pytest.raises(KeyboardInterrupt):
            hf_medseg.site(tmp_path / "site", [datasets.restricted])
    assert any("pictures/drive" in one for one in moves)
    killed = tmp_path / f"hf_medseg-{32 * '0'}" / "files"  # what one that was killed leaves
    killed.mkdir(parents=True)
    hf_medseg.site(tmp_path / "site", [datasets.restricted], public=True)
    assert files(tmp_path / "site") == {*json.loads((tmp_path / "site" / "site.json").read_text())["files"], "site.json"}
    assert not (tmp_path / "site" / "pictures").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_picture_that_cannot_be_decoded_is_said_and_the_others_are_shown(tmp_path: Path) -> None:
    cells = [("x", {"image": {"bytes": b"\x89PNG broken", "path": "x.png"}, "mask": None})]
    row: Any = type("Row", (), {"image_id": "x", "split": "train", "config": "default"})()
    view = pictures.view_of(row, "x", cells, 1, tmp_path, 1)
    assert view.frames[0].images == (None,)
    assert view.masks == ()
