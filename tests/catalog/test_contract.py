"""What every source of the catalog must have and do; a new source is tested here without a line of its own."""

from __future__ import annotations

import ast
import datetime
import json
import pickle
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from pydicom.sr._concepts_dict import concepts

from hf_medseg.card import render as card
from hf_medseg.card import script
from hf_medseg.catalog.licenses import LICENSE_TIERS
from hf_medseg.catalog.lookup import find_source, sources
from hf_medseg.catalog.recognise import looks_like
from hf_medseg.catalog.source import Source
from hf_medseg.cli import main
from hf_medseg.conversion.executor import Executor
from hf_medseg.conversion.plan import Request, make_plan
from hf_medseg.errors import Refused
from hf_medseg.raw.tree import open_raw_tree
from tests.support.harness import PHANTOMS
from tests.support.kit import Phantom

ROOT = Path(__file__).parents[2]
SOURCES = list(sources().values())
CONVERTIBLE = [source for source in SOURCES if source.convertible]
NAMED = {"ids": lambda source: source.id}
FORBIDDEN_WORDS = re.compile(r"\bseed\b|\bdossiers?\b|from memory|[\w.+-]+@(?!article|misc|data)[\w-]+\.\w+", re.IGNORECASE)


@pytest.mark.parametrize("source", SOURCES, **NAMED)
def test_facts_are_complete(source: Source) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", source.id)
    module = ROOT / "hf_medseg" / "sources" / source.id.replace("-", "_") / "source.py"
    assert module.exists()
    for text in (source.title, source.homepage, source.task, source.summary, source.layout, source.splits):
        assert text
    assert source.modality
    assert source.access.steps or not source.convertible
    if not source.convertible or source.from_about:
        return
    for edition in source.editions:
        assert edition.citations, "every source is cited"
        assert all(citation.startswith("@") and citation.count("{") == citation.count("}") for citation in edition.citations)
        assert edition.license.evidence, "every license has evidence"
        assert edition.license.url or edition.license.tier == "unknown"
        assert edition.reading.landmarks
        for config in edition.reading.configs:
            assert config.name != "preview"
        if len(edition.reading.configs) == 1:
            assert edition.reading.configs[0].name == "default"


UNSEEN = re.compile(r"(?i)nobody (?:here )?has (?:seen|read|looked)|by whoever wrote this|when this reading was written|never seen by")


@pytest.mark.parametrize("source", SOURCES, **NAMED)
def test_what_nobody_has_seen_yet_is_said_in_one_way(source: Source) -> None:
    """`Not yet seen: ...`, so that a reader of several cards finds it."""
    told = [text for text in (source.splits, *source.quirks) if UNSEEN.search(text)]
    assert not told, f"begin it with `Not yet seen:`: {told}"


@pytest.mark.parametrize("source", SOURCES, **NAMED)
def test_every_fact_has_evidence_with_url_and_date(source: Source) -> None:
    for edition in source.editions:
        for evidence in edition.license.evidence:
            assert re.match(r"https?://|doi:", evidence.url), evidence
            assert isinstance(evidence.date, datetime.date)
        confidences = {evidence.confidence for evidence in edition.license.evidence}
        if edition.license.tier == "open":
            assert "high" in confidences
        if edition.license.tier == "noncommercial":
            assert confidences & {"high", "medium-high"}


@pytest.mark.parametrize("source", SOURCES, **NAMED)
def test_exactly_the_proven_editions_are_open(source: Source) -> None:
    needed = {"open": {"high"}, "noncommercial": {"high", "medium-high"}}
    for edition in source.editions:
        license = edition.license
        confidences = {evidence.confidence for evidence in license.evidence}
        allows = LICENSE_TIERS.get(license.id, license.tier if license.id == "other" else "restricted")
        proven = confidences & needed.get(allows, set())
        assert license.tier == allows if proven else license.tier in ("restricted", "unknown"), license
        assert license.id in LICENSE_TIERS or license.tier not in needed or license.conditions, "terms of the owner's own are carried along"


# Names of DICOM's own SNOMED CT codes, in small letters, each with code and meanings; and how else sources spell some of them.
CONCEPTS = {keyword.lower(): meanings for keyword, meanings in concepts["SCT"].items()}
MEANINGS = {(code, meaning) for meanings in CONCEPTS.values() for code, (meaning, _) in meanings.items()}
SPELT = {"tumour": "tumor", "oedema": "edema", "grey": "gray", "haemorrhage": "hemorrhage", "oesophagus": "esophagus"}


QUALIFIERS = {"anterior", "posterior", "other", "normal", "benign", "malignant"}  # concepts too, but of no structure


def words_of(name: str) -> list[str]:
    return [SPELT.get(word, word) for word in re.split(r"[\W_]+", name.lower())]


def concepts_of(name: str) -> dict[str, Any]:
    """What the dictionary has for a class: `left_atrium` by its whole name, `left_kidney` by `kidney`."""
    words = words_of(name)
    plain = [word for word in words if word not in ("left", "right")]
    return {} if QUALIFIERS.issuperset(words) else CONCEPTS.get("".join(words)) or CONCEPTS.get("".join(plain), {})


@pytest.mark.parametrize("source", SOURCES, **NAMED)
def test_classes_have_the_codes_that_dicom_has_for_them(source: Source) -> None:
    for name, concept in source.codes.items():
        assert (concept.code, concept.meaning) in MEANINGS, f"{name}: no concept of pydicom's dictionary"
        sides = {"left", "right"} & {*words_of(name)}
        assert {concept.side} == (sides or {""}) or sides <= {*words_of(concept.meaning)}, f"{name}: which side?"
    for name in {name for edition in source.editions for name in edition.classes} - set(source.codes):
        known = concepts_of(name)
        line = "".join(f'{name} = {{ code = "{code}", meaning = "{meaning}" }}' for code, (meaning, _) in known.items())
        assert not known, f"facts.toml of {source.id} lacks in [codes]: {line}"


@pytest.mark.parametrize("source", [source for source in SOURCES if source.id in PHANTOMS], **NAMED)
def test_what_may_be_published_is_stated_twice(source: Source) -> None:
    """In the facts, and beside the source's phantom: an edition that becomes open by a slip of one hand is seen."""
    publishable = {edition.name: edition.license.tier for edition in source.editions if edition.license.tier in ("open", "noncommercial")}
    assert publishable == getattr(PHANTOMS[source.id], "TIERS", {})
    assert set(getattr(PHANTOMS[source.id], "ALIASES", ())) <= set(source.aliases)


@pytest.mark.parametrize("source", [source for source in SOURCES if source.overlaps], **NAMED)
def test_sources_that_share_pictures_or_patients_name_each_other(source: Source) -> None:
    for one in source.overlaps:
        assert one.source in sources(), f"{source.id} overlaps {one.source}, which is no source"
        back = {other.source: other.how for other in sources()[one.source].overlaps}
        assert back.get(source.id) == one.how, f"facts.toml of {one.source} lacks the same of {source.id}"
        assert not one.how.endswith("."), "it is said within a sentence"
    text = card.render(source, source.editions[0], {})
    assert all(f"- `{one.source}`: {one.how}." in text for one in source.overlaps)


@pytest.mark.parametrize("source", SOURCES, **NAMED)
def test_every_pattern_can_be_read(source: Source) -> None:
    patterns = [*source.signature, *source.ids, *source.begins, *(mark for part in source.parts for mark in part.landmarks)]
    for edition in source.editions:
        patterns += [*edition.reading.landmarks, *edition.reading.not_landmarks, *(pattern for pattern, _ in edition.reading.not_used)]
    for pattern in patterns:
        try:
            re.compile(pattern)
        except re.error as error:
            pytest.fail(f"{source.id}: source.py: {pattern!r}: {error}")


def test_aliases_lead_to_their_source() -> None:
    for source in SOURCES:
        for name in (source.id, *source.aliases):
            assert find_source(name) is find_source(name.upper().replace("-", "_")) is source
    names = [name for source in SOURCES for name in (source.id, *source.aliases)]
    assert len(names) == len(set(names))
    with pytest.raises(Refused, match="Did you mean kvasir-seg"):
        find_source("kvasir-sge")


@pytest.mark.parametrize("source", SOURCES, **NAMED)
def test_a_source_file_holds_facts_and_cases_only(source: Source) -> None:
    text = (ROOT / "hf_medseg" / "sources" / source.id.replace("-", "_") / "source.py").read_text()
    assert not FORBIDDEN_WORDS.search(text), FORBIDDEN_WORDS.search(text)
    imported = {
        name.name if isinstance(node, ast.Import) else (node.module or "")
        for node in ast.walk(ast.parse(text))
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in node.names
    }
    assert not {name.partition(".")[0] for name in imported} & {
        "numpy",
        "PIL",
        "pyarrow",
        "datasets",
        "huggingface_hub",
        "os",
        "pathlib",
        "io",
    }
    called = {node.func.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
    assert not called & {"open", "print"}


@pytest.fixture(scope="class")
def phantom(source: Source, tmp_path_factory: pytest.TempPathFactory) -> Phantom:
    """The clean phantom of a source, made once for all that only reads it."""
    made: Phantom = PHANTOMS[source.id].make(tmp_path_factory.mktemp("phantom") / "raw")
    return made


@pytest.mark.parametrize("source", [source for source in CONVERTIBLE if source.id in PHANTOMS], scope="class", **NAMED)
class TestPhantom:
    """The clean phantom of every source; `tests/sources/test_phantoms.py` converts it."""

    def test_is_recognised_as_itself_and_nothing_else(self, source: Source, phantom: Phantom, tmp_path: Path) -> None:
        if source.from_about is None:
            assert [other.id for other in looks_like(open_raw_tree(phantom.raw, tmp_path / "work"))] == [source.id]

    def test_plan_is_small_and_picklable(self, source: Source, phantom: Phantom, tmp_path: Path) -> None:
        request = Request(
            str(phantom.raw),
            parts={name: str(path) for name, path in phantom.parts.items()},
            about=None if phantom.about is None else str(phantom.about),
        )
        with Executor(1) as executor:
            plan = make_plan(source, request, tmp_path / "work", executor)
        cases = [case for shard in plan.configs[0].shards for case in shard.cases]
        assert len(pickle.dumps(cases)) / len(cases) < 50_000
        assert repr(pickle.loads(pickle.dumps(cases))) == repr(cases)

    def test_another_source_refuses_it(self, source: Source, phantom: Phantom, tmp_path: Path) -> None:
        other = next(other for other in CONVERTIBLE if other.from_about is None and other is not source)
        assert main(["convert", other.id, str(phantom.raw), str(tmp_path / "out")]) == 2
        assert not (tmp_path / "out").exists()


def test_cards_are_those_of_the_catalog() -> None:
    committed = {path.name: path.read_text() for path in (ROOT / "cards").glob("*.md")}
    fresh = card.all_cards()
    assert sorted(committed) == sorted(fresh)
    for name, text in fresh.items():
        assert committed[name] == text, f"cards/{name} is not a fresh render: run `make cards`"
        assert "clinical use" in text
        assert not FORBIDDEN_WORDS.search(text), (name, FORBIDDEN_WORDS.search(text))


@pytest.mark.parametrize("source", SOURCES, **NAMED)
def test_gated_sources_have_scripts_and_open_ones_none(source: Source) -> None:
    gated = any(edition.license.tier != "open" for edition in source.editions)
    nothing_to_fetch = source.access.mode == "none"  # the user's own files, or no files at all
    assert script.needs_script(source) == (gated and not nothing_to_fetch)
    assert (ROOT / "loading_scripts" / script.file_name(source)).exists() == script.needs_script(source)


@pytest.mark.parametrize("source", SOURCES, **NAMED)
def test_info_says_everything(source: Source, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["info", source.id, "--all"]) == 0
    text = capsys.readouterr().out
    assert source.title in text
    assert all(citation in text for edition in source.editions for citation in edition.citations)
    assert main(["info", source.id, "--json"]) == 0
    described: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert described["id"] == source.id
    assert [edition["name"] for edition in described["editions"]] == [edition.name or None for edition in source.editions]


def test_list_shows_the_catalog(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["list", "--json"]) == 0
    assert [line["id"] for line in json.loads(capsys.readouterr().out)] == sorted(sources())
    assert main(["list"]) == 0
    text = capsys.readouterr().out
    assert all(source.id in text for source in SOURCES)


def test_no_forbidden_word_reaches_the_project() -> None:
    for path in [
        *(ROOT / "hf_medseg").rglob("*.py"),
        *(ROOT / "loading_scripts").glob("*"),
        *(ROOT / "cards").glob("*"),
        *ROOT.glob("*.md"),
    ]:
        found = FORBIDDEN_WORDS.search(path.read_text())
        assert not found or (found.group().lower() == "seed" and "shuffle" in path.read_text()), f"{path}: {found}"


def test_all_brings_every_extra() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    (everything,) = extras["all"]
    assert set(everything.removeprefix("hf-medseg[").removesuffix("]").split(",")) == set(extras) - {"all", "test", "docs"}
