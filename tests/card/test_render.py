"""The card: metadata that both old and new readers of the Hub understand, and a body that leaves nothing out."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet as pq
import pytest
import yaml
from huggingface_hub import DatasetCard

from hf_medseg.card import render as card
from hf_medseg.card.meanings import type_text
from hf_medseg.card.render import all_cards, file_name, render
from hf_medseg.catalog.about import OwnData
from hf_medseg.catalog.facts import Access, Download, Published
from hf_medseg.catalog.licenses import License
from hf_medseg.catalog.source import Config, Part, Source
from hf_medseg.dataset.columns import FLOAT64, INT8, INT32, PICTURE, TEXT, Label, ListOf, boxes
from hf_medseg.dataset.folder import FILE
from tests.support.made import CITATION, FLAT, LICENSE, OWN, VOLUMES, edition, flat, know, volumes


@pytest.fixture(autouse=True)
def catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    know(monkeypatch, FLAT, VOLUMES)


def front(text: str) -> dict[str, Any]:
    opening, metadata, _ = text.split("---\n", 2)
    assert opening == ""
    found: dict[str, Any] = yaml.safe_load(metadata)
    return found


def body(text: str) -> str:
    return text.split("---\n", 2)[2]


def section(text: str, title: str) -> str:
    """The text under a heading."""
    assert f"\n## {title}\n" in text, f"no section {title!r}"
    return text.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def converted(folder: Path, source: Source = FLAT, **changes: Any) -> tuple[str, dict[str, Any]]:
    """The card of a converted dataset and its report."""
    made = flat(source) if len(source.editions[0].reading.configs) == 1 else volumes(source)
    report = json.loads((made.write(folder) / "report.json").read_text())
    for name, value in changes.items():
        report["configs"]["default"][name] = value
    return render(source, source.editions[0], report), report


def without_conversion(source: Source = FLAT) -> str:
    return render(source, source.editions[0], {})


# --- names -----------------------------------------------------------------------------------------------------------------------------


def test_a_card_is_named_after_source_and_edition() -> None:
    assert file_name(FLAT, FLAT.editions[0]) == "made-up.md"
    assert file_name(VOLUMES, VOLUMES.editions[0]) == "made-up-volumes-2026.md"


def test_every_edition_whose_facts_are_in_the_catalog_has_a_card(monkeypatch: pytest.MonkeyPatch) -> None:
    brought = replace(FLAT, id="bring-your-own", from_about=lambda raw: FLAT.editions[0])
    portal = replace(FLAT, id="portal", convertible=False)
    two = replace(FLAT, id="two", editions=(replace(FLAT.editions[0], name="a"), replace(FLAT.editions[0], name="b")))
    know(monkeypatch, FLAT, brought, portal, two)
    cards = all_cards()
    assert list(cards) == ["made-up.md", "two-a.md", "two-b.md"]
    assert cards["made-up.md"] == without_conversion()
    assert "# Made-up cells (b)" in cards["two-b.md"]


# --- metadata --------------------------------------------------------------------------------------------------------------------------


def test_metadata_of_a_converted_dataset(tmp_path: Path) -> None:
    text, report = converted(tmp_path)
    told = front(text)
    sizes = {split: found["bytes"] for split, found in report["configs"]["default"]["splits"].items()}
    assert {name: value for name, value in told.items() if name != "dataset_info"} == {
        "license": "cc-by-4.0",
        "pretty_name": "Made-up cells",
        "task_categories": ["image-segmentation"],
        "task_ids": ["semantic-segmentation", "instance-segmentation"],
        "tags": ["medical", "light-microscopy", "cervix", "hf_medseg", "made-up"],
        "size_categories": ["n<1K"],
        "annotations_creators": ["expert-generated"],
        "language": [],
        "source_datasets": ["original"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [{"split": "train", "path": "data/train-*.parquet"}, {"split": "test", "path": "data/test-*.parquet"}],
            },
            {"config_name": "preview", "data_files": [{"split": "train", "path": FILE}]},
        ],
    }
    (info,) = told["dataset_info"]
    assert info["config_name"] == "default"
    assert info["splits"] == [
        {"name": "train", "num_bytes": sizes["train"], "num_examples": 4},
        {"name": "test", "num_bytes": sizes["test"], "num_examples": 2},
    ]
    features = {one["name"]: one for one in info["features"]}
    assert features["classes"]["sequence"] == {"dtype": {"class_label": {"names": {"0": "background", "1": "cell", "2": "nucleus"}}}}
    assert features["mask"] == {"name": "mask", "dtype": "image"}
    assert features["masks"] == {"name": "masks", "sequence": "image"}
    assert features["boxes"]["list"][-1] == {"name": "label", "dtype": {"class_label": {"names": {"0": "cell", "1": "nucleus"}}}}
    assert DatasetCard(text).data.license == "cc-by-4.0"


def test_metadata_without_a_conversion_promises_no_files() -> None:
    told = front(without_conversion())
    assert not {"configs", "dataset_info"} & set(told)
    assert told["size_categories"] == ["n<1K"], "from the published rows"
    assert "size_categories" not in front(without_conversion(edition(FLAT, published=Published())))


def test_tags_are_single_words_or_few() -> None:
    source = replace(FLAT, modality=("CT, MRI (two scanners)", "any"), anatomy=("head; neck", "none", "CT"))
    assert front(without_conversion(source))["tags"] == ["medical", "ct", "mri", "head", "neck", "hf_medseg", "made-up"]


def test_of_several_configs_one_is_the_default(tmp_path: Path) -> None:
    text, report = converted(tmp_path, VOLUMES)
    told = front(text)
    assert told["configs"] == [
        {"config_name": "slices", "data_files": [{"split": "train", "path": "slices/train-*.parquet"}], "default": True},
        {"config_name": "volumes", "data_files": [{"split": "train", "path": "volumes/train-*.parquet"}]},
        {"config_name": "preview", "data_files": [{"split": "train", "path": FILE}]},
    ]
    assert [info["config_name"] for info in told["dataset_info"]] == ["slices"]
    assert "nifti" not in yaml.safe_dump(told)
    del report["configs"]["slices"]
    told = front(render(VOLUMES, VOLUMES.editions[0], report))
    assert [(one["config_name"], one.get("default")) for one in told["configs"]] == [("volumes", True), ("preview", None)]
    assert "dataset_info" not in told


def test_a_split_without_rows_is_not_named(tmp_path: Path) -> None:
    _, report = converted(tmp_path)
    report["configs"]["default"]["splits"]["test"]["rows"] = 0
    told = front(render(FLAT, FLAT.editions[0], report))
    assert [one["split"] for one in told["configs"][0]["data_files"]] == ["train"]
    assert [one["name"] for one in told["dataset_info"][0]["splits"]] == ["train"]


@pytest.mark.parametrize(
    ("rows", "category"),
    [(999, "n<1K"), (1000, "1K<n<10K"), (99_999, "10K<n<100K"), (100_000, "100K<n<1M"), (10**7, "10M<n<100M"), (10**8, "n>100M")],
)
def test_size_categories(rows: int, category: str) -> None:
    assert front(without_conversion(edition(FLAT, published=Published({"train": rows}))))["size_categories"] == [category]


def test_another_license_is_named_and_linked() -> None:
    terms = License("other", "Research use only (v. 1.2)", "https://example.org/terms", "restricted", LICENSE.evidence)
    told = front(without_conversion(edition(FLAT, license=terms)))
    assert told["license"] == "other"
    assert told["license_name"] == "research-use-only-v.-1.2"
    assert told["license_link"] == "https://example.org/terms"
    told = front(without_conversion(edition(FLAT, license=replace(terms, id="unknown", name="none stated", url="", tier="unknown"))))
    assert told["license"] == "unknown"
    assert not {"license_name", "license_link"} & set(told)


@pytest.mark.parametrize(
    ("columns", "task"),
    [({"label": Label(("a", "b"))}, "image-classification"), ({"labels": ListOf(Label(("a",)))}, "image-classification"), ({}, "other")],
)
def test_sources_without_masks_are_not_called_segmentation(columns: dict[str, Any], task: str) -> None:
    text = without_conversion(edition(FLAT, classes=(), configs=(Config(columns=columns),)))
    assert front(text)["task_categories"] == [task]
    assert "task_ids" not in front(text)
    assert "`mask` is null in every row" in section(text, "Masks and classes")


def test_names_that_yaml_would_misread_stay_names(tmp_path: Path) -> None:
    names = ("no", "null", "1", "Mütze: rot", "#x")
    source = edition(FLAT, classes=names)
    text = render(source, source.editions[0], json.loads((flat(source).write(tmp_path) / "report.json").read_text()))
    classes = next(one for one in front(text)["dataset_info"][0]["features"] if one["name"] == "classes")
    assert list(classes["sequence"]["dtype"]["class_label"]["names"].values()) == ["background", *names]


@pytest.mark.parametrize("source", [FLAT, VOLUMES], ids=lambda source: source.id)
def test_datasets_reads_what_the_card_says(tmp_path: Path, source: Source) -> None:
    text, report = converted(tmp_path / "out", source)
    out, cache = str(tmp_path / "out"), str(tmp_path / "cache")
    loaded = datasets.load_dataset(out, cache_dir=cache)
    name = next(iter(report["configs"]))
    section = report["configs"][name]
    assert {split: rows.num_rows for split, rows in loaded.items()} == {split: one["rows"] for split, one in section["splits"].items()}
    shard = tmp_path / "out" / section["splits"]["train"]["shards"][0]
    features = datasets.Features.from_arrow_schema(pq.read_schema(shard))
    assert loaded["train"].features == features
    info = datasets.DatasetInfo._from_yaml_dict(front(text)["dataset_info"][0])
    assert info.features == features
    first = loaded["train"][0]
    assert first["mask"].mode == "L"
    stream = datasets.load_dataset(out, split="train", streaming=True)
    assert next(iter(stream))["image_id"] == first["image_id"]
    shown = datasets.load_dataset(out, "preview", split="train", cache_dir=cache)
    assert shown[0]["preview"].mode == "RGB"
    if "volumes" in report["configs"]:
        whole = datasets.load_dataset(out, "volumes", split="train", cache_dir=cache)
        assert whole.num_rows == 2 and type(whole.features["image"]).__name__ == "Nifti"


# --- body ------------------------------------------------------------------------------------------------------------------------------


def test_the_body_has_every_fact(tmp_path: Path) -> None:
    for text in (converted(tmp_path)[0], without_conversion()):
        assert "**Not for clinical use.**" in text
        assert "Six cells that nobody has seen." in text
        assert f"```bibtex\n{CITATION}\n```" in section(text, "Citation")
        terms = section(text, "License")
        for word in (LICENSE.name, LICENSE.id, LICENSE.url, "the page says CC BY 4.0", "https://example.org/data", "2026-10-30", "high"):
            assert word in terms
        assert all(f"- {condition}" in terms for condition in LICENSE.conditions), "word for word"
        assert "1. Draw them.\n2. Scan them." in section(text, "How to obtain the raw data")
        assert "images/1.png  masks/1.png" in section(text, "How to obtain the raw data")
        assert "- Cells are drawn.\n- Colours | are noise." in section(text, "What to know")
        assert "- Ink becomes pixels." in section(text, "What was changed")
        assert "The owner's folders train and test." in section(text, "Splits")
        loading = section(text, "How to load")
        assert "# pip install datasets pillow\n" in loading and "load_dataset(" in loading and "streaming=True" in loading
        assert "The shards in `data/` are Parquet for pandas" in loading
        columns = section(text, "Columns")
        assert all(f"| `{name}` |" in columns for name in ("image", "mask", "source_sha256", "files", *OWN))
        assert "| `label` | ClassLabel: benign, malignant |" in columns
        masks = section(text, "Masks and classes")
        assert "0 is background" in masks and "A null mask means that nobody annotated" in masks
        assert "| cell |" in masks and "255" not in masks


def test_found_counts_stand_beside_published_ones(tmp_path: Path) -> None:
    lines = [
        {"what": "rows", "split": "train", "published": 5, "found": 4},
        {"what": "rows", "split": "validation", "published": 1200, "found": None},
        {"what": "mean foreground fraction", "split": "train", "published": 0.25, "found": 0.3333333},
    ]
    text, report = converted(tmp_path, published=lines)
    compared = section(text, "Published against found")
    assert "| what | split | published | found |" in compared
    assert "| rows | train | 5 | 4 |" in compared
    assert "| rows | validation | 1,200 | - |" in compared
    assert "| mean foreground fraction | train | 0.25000 | 0.33333 |" in compared
    assert "counted by hand" in compared
    found = report["configs"]["default"]["splits"]["train"]
    assert f"| default | train | 4 | 3 | {found['foreground']:.5f} |" in section(text, "Splits")
    pixels = sum(split["pixels"]["cell"] for split in report["configs"]["default"]["splits"].values())
    assert f"| 1 | cell | 5 | {pixels:,} |" in section(text, "Masks and classes")


def test_a_card_without_a_conversion_has_no_found_counts() -> None:
    text = without_conversion()
    counts = section(text, "Published counts")
    assert "| rows | train | 5 |" in counts and "| mean foreground fraction | train | 0.25000 |" in counts
    assert "found" not in counts
    assert "| index | class |" in text and "pixels |" not in section(text, "Masks and classes")
    assert "preview" not in text and "What was left out" not in text and "Made from the raw data" not in text
    assert "hf-medseg convert made-up RAW PATH" in section(text, "How to load")
    assert "--edition 2026" in without_conversion(VOLUMES)


def test_the_viewer_is_sent_to_the_preview(tmp_path: Path) -> None:
    text, _ = converted(tmp_path)
    assert 'load_dataset("PATH", "preview", split="train")' in text
    assert "config `preview` shows some rows with their masks in colours" in text


def test_what_was_left_out_is_counted_by_reason(tmp_path: Path) -> None:
    rejected = [{"image_id": "x", "file": "images/secret.png", "expected": "", "advice": ""}] * 2
    known = [{"path": "a", "reason": "half | of it is missing"}] * 3
    unused = [{"path": str(number), "reason": f"reason {number}"} for number in range(20)]
    text, _ = converted(tmp_path, rejected=rejected, known=known, duplicate=["a", "b"], not_used=unused)
    out = section(text, "What was left out")
    assert "| default | rejected cases | 2 | not in the data |" in out
    assert "| default | known defects | 3 | half \\| of it is missing |" in out
    assert "| default | duplicate files | 2 | byte-identical to a file that is used |" in out
    assert out.count("| files not used |") == 13 and "| default | files not used | 8 | other reasons |" in out
    assert "`report.json` names every file but those that were not used." in out
    assert "images/secret.png" not in text
    assert "Nothing: every file was used." in converted(tmp_path / "all")[0]


@pytest.mark.parametrize(
    ("tier", "words"),
    [
        ("restricted", "**The data may not be redistributed.**"),
        ("unknown", "**License unknown: the data may not be redistributed.**"),
        ("noncommercial", "**Non-commercial use only**"),
    ],
)
def test_what_may_not_be_done_is_said_first(tmp_path: Path, tier: Any, words: str) -> None:
    source = edition(FLAT, license=replace(LICENSE, tier=tier))
    know_text = converted(tmp_path, source)[0]
    for text in (without_conversion(source), know_text):
        head = body(text).partition("## ")[0]
        assert words in head
        loading = section(text, "How to load")
        assert "hf-medseg script made-up" in loading
        if tier != "noncommercial":
            assert "Get the data from the owner yourself" in head and "on the Hub" not in loading
    assert words not in without_conversion() and "hf-medseg script" not in without_conversion()


def test_parts_downloads_and_access_are_told() -> None:
    access = Access(
        "terms",
        ("Sign.",),
        (
            Download("https://example.org/a.zip", name="a.zip", size=1234567, checksum="md5:00", mirrors=("https://example.net/a.zip",)),
            Download("https://example.org/b.zip", edition="other"),
        ),
    )
    parts = (
        Part(name="scans", landmarks=("x",), steps=("Ask for the scans.",)),
        Part(name="tables", landmarks=("y",), steps=("Ask for the tables.",), required=False),
    )
    text = section(without_conversion(replace(FLAT, access=access, parts=parts)), "How to obtain the raw data")
    assert "The owner's terms have to be accepted by a person first." in text
    assert "| a.zip | 1,234,567 | md5:00 | https://example.org/a.zip<br>or https://example.net/a.zip |" in text
    assert "b.zip" not in text
    assert "Part `scans`:\n\n1. Ask for the scans." in text and "Part `tables` (optional):" in text


def test_several_configs_are_told_apart(tmp_path: Path) -> None:
    text, _ = converted(tmp_path, VOLUMES)
    columns = section(text, "Columns")
    assert "Config `slices`:" in columns and "Config `volumes`, the others as in `slices`:" in columns
    assert columns.count("| `pixel_spacing` |") == 1 and columns.count("| `image` |") == 2
    assert "Without `slice_index`." in columns
    loading = section(text, "How to load")
    assert "# pip install datasets pillow nibabel\n" in loading and "The shards in `slices/` and `volumes/` are Parquet" in loading
    assert "- `slices`: one row a slice" in loading and "stored * `rescale_slope` + `rescale_intercept`" in loading
    assert "in a whole volume its pixels are 255" in section(text, "Masks and classes")
    assert "without resampling" in section(text, "What was changed")
    same = edition(FLAT, configs=(Config("left", OWN), Config("right", OWN)))
    assert "Config `right` has the columns of `left`." in without_conversion(same)


def test_special_masks_are_explained() -> None:
    assert "255 means not annotated" in section(without_conversion(edition(FLAT, uncertain=True)), "Masks and classes")
    assert "floor((i + 0.5) * native / full)" in section(without_conversion(), "What was changed"), "it has `mask_native`"
    assert "nearest neighbour" not in without_conversion(edition(FLAT, configs=(Config(columns={}),)))


def test_columns_are_explained_by_their_names() -> None:
    kinds = {
        "mask_3": PICTURE,
        "mask_left_lung": PICTURE,
        "mask_levels": ListOf(INT8),
        "image_t1": PICTURE,
        "image_number": INT32,
        "rescale_slope_t1": FLOAT64,
        "fold_2": INT8,
        "race_code": INT8,
        "edema": INT8,
        "anything": TEXT,
    }
    columns = section(without_conversion(edition(FLAT, configs=(Config(columns=kinds),))), "Columns")
    for line in (
        "| `mask_3` | Image | label map of annotator 3 |",
        "| `mask_left_lung` | Image | left lung alone: 1 inside, 0 outside |",
        "| `mask_levels` | list of int8 |  |",
        "| `image_t1` | Image | the sequence t1 on the grid of `image` |",
        "| `image_number` | int32 |  |",
        "| `rescale_slope_t1` | float64 | the same for `image_t1` |",
        "| `fold_2` | int8 | of the published cross-validation |",
        "| `race_code` | int8 | code without a published code book |",
        "| `edema` | int8 | 1 yes, 0 no, -1 uncertain, null not mentioned |",
        "| `anything` | string |  |",
    ):
        assert line in columns


def test_types_in_words() -> None:
    assert type_text(PICTURE) == "Image"
    assert type_text(ListOf(FLOAT64)) == "list of float64"
    assert type_text(boxes("cell")) == "list of {x: float64, y: float64, width: float64, height: float64, label: ClassLabel: cell}"
    assert type_text(Label(tuple(f"n{number}" for number in range(14)))).endswith("n11, ... (14 names)")
    assert type_text(TEXT) == "string"


# --- facts that come with the data -----------------------------------------------------------------------------------------------------

ABOUT = OwnData(
    path="about.toml",
    title="Cells of ours",
    doi="doi:10.1234/abc",
    citation="@misc{ours,\n  title = {Ours}\n}",
    license="cc-by-4.0",
    license_url="https://example.org/terms",
    conditions=("Cite us.",),
)


def brought(access: Access, about: OwnData) -> Source:
    made = replace(FLAT.editions[0], license=about.terms, citations=())
    return replace(FLAT, id="brought", access=access, from_about=lambda raw: made, editions=(made,))


def test_facts_of_an_about_file_are_on_the_card(tmp_path: Path) -> None:
    source = brought(Access("none", ("Bring them.",)), ABOUT)
    report = json.loads((flat(source).write(tmp_path) / "report.json").read_text())
    text = render(source, source.editions[0], report, ABOUT)
    assert front(text)["pretty_name"] == "Cells of ours" and front(text)["license"] == "cc-by-4.0"
    assert "# Cells of ours" in text and "https://doi.org/10.1234/abc" in text
    assert "```bibtex\n@misc{ours,\n  title = {Ours}\n}\n```" in section(text, "Citation")
    assert "- Cite us." in section(text, "License") and "https://example.org/terms" in section(text, "License")
    assert "https://example.org |" not in text, "the homepage is not the source's"


def test_the_citation_of_an_about_file_stands_once() -> None:
    made = replace(FLAT.editions[0], citations=ABOUT.citations)
    source = replace(FLAT, access=Access("none", ()), from_about=lambda raw: made, editions=(made,))
    assert render(source, made, {}, ABOUT).count("@misc{ours") == 1


def test_own_data_without_an_about_file_have_a_card_that_forbids_sharing(tmp_path: Path) -> None:
    source = brought(Access("none", ("Bring them.",)), OwnData())
    text = without_conversion(source)
    assert front(text)["license"] == "unknown"
    assert "may not be redistributed" in text and "about file" in text
    assert "## Masks and classes" in text


def test_a_portal_without_an_about_file_claims_nothing(tmp_path: Path) -> None:
    source = brought(Access("free", ("Fetch a collection.",)), OwnData())
    report = json.loads((flat(source).write(tmp_path) / "report.json").read_text())
    text = render(source, source.editions[0], report, OwnData())
    assert list(front(text)) == ["license", "configs"]
    assert front(text)["license"] == "unknown"
    assert body(text).strip() == "License unknown: the data may not be passed on. Not for clinical use."
    assert list(front(render(source, source.editions[0], {}))) == ["license"]


# --- the real catalog ------------------------------------------------------------------------------------------------------------------


def test_every_card_of_the_catalog_is_valid(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    cards = card.all_cards()
    assert "chase-db1.md" in cards
    for name, text in cards.items():
        data = DatasetCard(text).data
        assert data.license and data.pretty_name, name
        assert {"medical", "hf_medseg"} <= set(data.tags), name
        for heading in ("How to load", "Columns", "Splits", "What was changed", "How to obtain the raw data", "License", "Citation"):
            assert section(text, heading).strip(), (name, heading)
        assert "\n\n\n" not in text, name
