"""Facts are decoded strictly: every mistake in facts.toml, citations.bib, checksums.sha256 or an about file is answered by name."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_medseg.catalog import lookup
from hf_medseg.catalog.about import OwnData, read_about
from hf_medseg.catalog.citations import entries
from hf_medseg.catalog.decode import decode, keys, tables
from hf_medseg.catalog.facts import AboutKey, Facts, FactsTable
from hf_medseg.catalog.loader import read_checksums, read_facts
from hf_medseg.catalog.lookup import facts, sources
from hf_medseg.catalog.source import facts_of
from hf_medseg.errors import Refused
from tools import facts_page, licenses_page

FACTS = list(facts().values())
TEXT = """\
title = "Made up"
homepage = "https://example.org"
modality = ["CT"]
anatomy = ["liver"]
task = "liver segmentation"
summary = "Ten scans."
layout = "images/*.png"
splits = "One split `train`."
quirks = []

[access]
mode = "free"
steps = ["Fetch it."]

[[access.downloads]]
url = "https://example.org/made.zip"
name = "made.zip"

[license]
id = "cc-by-4.0"
name = "CC BY 4.0"
url = "https://example.org/license"
tier = "open"

[[license.evidence]]
says = "CC BY 4.0"
url = "https://example.org"
confidence = "high"
date = 2026-11-01

[published]
rows = { train = 10 }
least = [512, 512]
"""
BIB = "@article{made2020,\n  title = {Made {up}},\n  year = {2020}\n}\n"


def read(tmp_path: Path, text: str, bib: str = BIB) -> Facts:
    folder = tmp_path / "made_up"
    folder.mkdir(exist_ok=True)
    (folder / "facts.toml").write_text(text)
    (folder / "citations.bib").write_text(bib)
    return read_facts(folder)


def test_facts_without_a_mistake_are_read(tmp_path: Path) -> None:
    read_ = read(tmp_path, TEXT)
    (edition,) = read_.editions
    assert (read_.id, edition.citations, edition.published.least) == ("made-up", (BIB.strip(),), (512, 512))
    assert edition.license.evidence[0].date == datetime.date(2026, 11, 1)


# What is written in place of what, and the answer to it.
MISTAKES = {
    "overlap with itself": ("quirks = []", 'quirks = []\noverlaps = [{ source = "made-up", how = "all" }]', "overlaps names 'made-up', which is the source itself."),
    "overlap twice": ("quirks = []", 'quirks = []\noverlaps = [{ source = "a", how = "b" }, { source = "a", how = "c" }]', "overlaps names 'a', which is there twice."),
    "overlap of no kind": ("quirks = []", 'quirks = []\noverlaps = [{ source = "a" }]', "overlaps[1].how must be stated."),
    "overlap as a text": ("quirks = []", 'quirks = []\noverlaps = ["a"]', "overlaps[1] must be a table"),
    "misspelt key": ('tier = "open"', 'teir = "open"', "made_up/facts.toml: 'license.teir' is no key that is known here; did you mean 'tier'?"),
    "misspelt table": ("[license]", "[lisence]", "'lisence' is no key that is known here; did you mean 'license'?"),
    "misspelt in a list": ('name = "made.zip"', 'nmae = "made.zip"', "'access.downloads[1].nmae' is no key that is known here; did you mean 'name'?"),
    "under another table": ('mode = "free"', 'mode = "free"\naliases = ["x"]', "'access.aliases' is no key that is known here; it belongs above the first [table]."),
    "above its table": ('task = "', 'conditions = []\ntask = "', "'conditions' is no key that is known here; it belongs in [license] or in [licenses.NAME]"),
    "like nothing": ('task = "', 'xyzzy = 1\ntask = "', "'xyzzy' is no key that is known here; known are: title, homepage,"),
    "missing": ('homepage = "https://example.org"\n', "", "homepage must be stated."),
    "missing below": ("date = 2026-11-01\n", "", "license.evidence[1].date must be stated."),
    "two missing": ('id = "cc-by-4.0"\nname = "CC BY 4.0"\n', "", "license.id and license.name must be stated."),
    "text for a list": ('modality = ["CT"]', 'modality = "CT"', 'modality must be a list of texts; it is "CT".'),
    "number in a list": ('modality = ["CT"]', 'modality = ["CT", 3]', "modality[2] must be a text; it is 3."),
    "text for a number": ("rows = { train = 10 }", 'rows = { train = "10" }', 'published.rows.train must be a whole number; it is "10".'),
    "truth for a number": ("rows = { train = 10 }", "rows = { train = true }", "published.rows.train must be a whole number; it is true."),
    "fraction for a number": ("rows = { train = 10 }", "rows = { train = 10.5 }", "published.rows.train must be a whole number; it is 10.5."),
    "number for a table": ("rows = { train = 10 }", "rows = 10", "published.rows must be a table with whole numbers; it is 10."),
    "three for two": ("least = [512, 512]", "least = [512, 512, 3]", "published.least must be a list of a whole number and a whole number; it is a list."),
    "text for a date": ("date = 2026-11-01", 'date = "2026-11-01"', "license.evidence[1].date must be a date such as 2026-11-01"),
    "time for a date": ("date = 2026-11-01", "date = 2026-11-01T10:00:00", "license.evidence[1].date must be a date such as 2026-11-01"),
    "text for a truth": ("steps = [", 'default_choice = "no"\nsteps = [', 'access.default_choice must be true or false; it is "no".'),
    "no such word": ('tier = "open"', 'tier = "free"', 'license.tier must be "open" or "noncommercial" or "restricted" or "unknown"; it is "free".'),
    "table for a text": ('id = "cc-by-4.0"', "id = { a = 1 }", "license.id must be a text; it is a table."),
    "table for tables": ("[[access.downloads]]", "[access.downloads]", "access.downloads must be a list of tables; it is a table."),
    "no TOML": ('task = "liver', "task = liver", "made_up/facts.toml is no valid TOML"),
    "a key twice": ('task = "', 'title = "again"\ntask = "', "made_up/facts.toml is no valid TOML"),
    "no license": (TEXT[TEXT.index("[license]") : TEXT.index("[published]")], "", "it states no license. Add a table [license]."),
    "no such license": (TEXT[TEXT.index("[license]") : TEXT.index("[published]")], '[[editions]]\nname = "a"\nlicense = "b"\n', "no table [licenses.b]; there are: none."),
    "a license nobody names": ("[published]", '[licenses.x]\nid = "other"\nname = ""\nurl = ""\ntier = "unknown"\nevidence = []\n[published]', "no edition names the license 'x'"),
    "no such citation": ('task = "', 'citations = ["made2021"]\ntask = "', "the citation 'made2021' has no entry in citations.bib; it has: made2020."),
    "a code of no class": ("[access]", '[codes]\nlivr = { code = "10200004", meaning = "Liver" }\n[access]', "[codes] names 'livr', and no class is called so"),
    "a known license to be confirmed": (
        "[[license.evidence]]", '[license.confirm]\nurl = ""\nlook_for = ""\nlicense = "cc-by-4.0"\n[[license.evidence]]', "has the tier 'unknown', not 'open'."),
    "confirmed as nothing": (
        "[[license.evidence]]", '[license.confirm]\nurl = ""\nlook_for = ""\nlicense = "free"\n[[license.evidence]]', "confirm.license is 'free'; one of cc0-1.0, "),
    "a citation nobody names": ('task = "', 'citations = []\ntask = "', "no edition cites the entry 'made2020' of citations.bib."),
    "two editions of a name": ("[published]", '[[editions]]\nname = "a"\n[[editions]]\nname = "a"\n[published]', "two editions are called 'a'."),
    "a download of no edition": ('name = "made.zip"', 'edition = "2021"', "access.downloads[1].edition is '2021', and no edition is called so; there are: none."),
    "a download of no part": ('name = "made.zip"', 'part = "images"', "access.downloads[1].part is 'images', and no part is called so; there are: none."),
    "a bare checksum": ('name = "made.zip"', f'checksum = "{"0" * 32}"', "access.downloads[1].checksum is"),
    "a tier that its id has not": ('id = "cc-by-4.0"', 'id = "cc-by-nc-4.0"', "the license 'cc-by-nc-4.0' is noncommercial, not open."),
    "a tier of no such id": ('id = "cc-by-4.0"', 'id = "cc-by-nd-4.0"', "the license 'cc-by-nd-4.0' is restricted, not open."),
    "a tier on hearsay": ('confidence = "high"', 'confidence = "medium-high"', "the tier 'open' needs evidence in the owner's own words of the confidence high."),
}  # fmt: skip


@pytest.mark.parametrize(("right", "wrong", "answer"), MISTAKES.values(), ids=MISTAKES)
def test_every_mistake_is_answered_by_name(right: str, wrong: str, answer: str, tmp_path: Path) -> None:
    assert TEXT.count(right) == 1
    with pytest.raises(Refused) as refused:
        read(tmp_path, TEXT.replace(right, wrong))
    assert answer in str(refused.value)
    assert str(refused.value).startswith("made_up/facts.toml")


BROKEN_BIB = {
    "no entry": ("Jones, J.: Skin.", "'Jones, J.: Skin.' is no BibTeX entry; one begins like @article{jones2020skin, ."),
    "no key": ("@article{\n  title = {x}\n}", "has no key"),
    "not closed": ("@article{a,\n  title = {x}", "the entry 'a' is not whole: its brackets { and } do not close it."),
    "the next swallowed": ("@article{a,\n  title = {x}\n\n@article{b,\n}", "the entry 'a' is not whole"),
    "closed too often": ("@article{a,\n  title = {x}}\n}", "the entry 'a' is not whole: '}' follows on it."),
    "twice": ("@article{a,\n}\n@book{a,\n}", "two entries have the key 'a'."),
    "words between": ("@article{a,\n}\nand\n@book{b,\n}", "the entry 'a' is not whole: 'and' follows on it."),
}


@pytest.mark.parametrize(("text", "answer"), BROKEN_BIB.values(), ids=BROKEN_BIB)
def test_broken_bibtex_is_answered_by_name(text: str, answer: str) -> None:
    with pytest.raises(Refused, match=re.escape(answer)):
        entries(text, "made_up/citations.bib")


def test_checksums_that_are_none_are_answered_by_name(tmp_path: Path) -> None:
    (tmp_path / "checksums.sha256").write_text(f"{'0' * 64}  a.png\nd41d8  b.png\n")
    with pytest.raises(Refused, match=r"checksums\.sha256: 'd41d8  b\.png' is no line of `sha256sum`"):
        read_checksums(tmp_path)


def test_one_work_has_one_bibtex_text() -> None:
    known: dict[tuple[str, ...], str] = {}
    for one in FACTS:
        for text in {text for edition in one.editions for text in edition.citations}:
            (key,) = entries(text, one.id)
            doi = re.search(r'\bdoi\s*=\s*[{"]([^}"]+)', text, re.IGNORECASE)
            title = re.search(r"\btitle\s*=\s*(.+?),?$", text, re.IGNORECASE | re.MULTILINE)
            year = re.search(r"\byear\s*=\s*\W?(\d{4})", text)
            names = [("key", key)]
            names += [("doi", doi[1].lower().removeprefix("https://doi.org/"))] if doi else []
            names += [("title", re.sub(r"\W+|\\", "", title[1].lower()), year[1])] if title and year else []
            for name in names:
                assert known.setdefault(name, text) == text, f"{one.id}: {name} is cited otherwise elsewhere"


# Values of any kind


@dataclass(frozen=True)
class Inner:
    number: int
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Outer:
    inner: Inner
    kind: Literal["a", "b"] = "a"
    some: Mapping[str, Inner] = field(default_factory=dict)
    share: float | None = None
    either: str | Inner | None = None


INNER = st.fixed_dictionaries({"number": st.integers()}, optional={"words": st.lists(st.text())})
RIGHT = st.fixed_dictionaries(
    {"inner": INNER},
    optional={
        "kind": st.sampled_from("ab"),
        "some": st.dictionaries(st.text(), INNER),
        "share": st.floats(allow_nan=False) | st.integers(-1000, 1000),
        "either": st.text() | INNER,
    },
)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates()
ANYTHING = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8)


@given(RIGHT)
def test_what_is_right_is_read_as_it_stands(value: dict[str, Any]) -> None:
    read_ = decode(Outer, value, "f.toml")
    assert read_.inner == Inner(value["inner"]["number"], tuple(value["inner"].get("words", ())))
    assert read_.share == value.get("share") and (read_.share is None or type(read_.share) is float)
    assert read_.kind == value.get("kind", "a") and set(read_.some) == set(value.get("some", ()))


@given(RIGHT, st.text(min_size=1).filter(lambda name: name not in keys(Outer)))
def test_no_key_is_read_over(value: dict[str, Any], strange: str) -> None:
    with pytest.raises(Refused, match="is no key that is known here") as refused:
        decode(Outer, {**value, strange: 1}, "f.toml")
    assert str(refused.value).startswith(f"f.toml: {strange!r}")


@given(ANYTHING)
def test_anything_else_is_refused_and_nothing_breaks(value: Any) -> None:
    try:
        read_ = decode(Outer, value, "f.toml")
    except Refused as refused:
        assert str(refused).startswith("f.toml: ")
    else:
        assert isinstance(read_.inner, Inner)


# The about file

OWN = [source for source in sources().values() if source.about]


def about_of(tmp_path: Path, text: str) -> Path:
    (tmp_path / "about.toml").write_text(text)
    return tmp_path / "about.toml"


@pytest.mark.parametrize("source", OWN, ids=lambda source: source.id)
def test_every_example_of_the_template_is_read(source: Any, tmp_path: Path) -> None:
    for name, key in source.about.items():
        about = read_about(about_of(tmp_path, f"{name} = {key.example}\n"), source.id, source.about_file, source.about)
        assert isinstance(about, source.about_file) and set(about.said) == set(source.about)


@pytest.mark.parametrize("source", OWN, ids=lambda source: source.id)
@pytest.mark.parametrize("value", ["3.5", "1979-05-27", "[[1]]", "{ a = { b = 1 } }", "[true]"])
def test_a_value_of_another_type_is_refused_by_name_with_an_example(source: Any, value: str, tmp_path: Path) -> None:
    for name, key in source.about.items():
        if (name, value) == ("threshold", "3.5"):
            continue
        with pytest.raises(Refused) as refused:
            read_about(about_of(tmp_path, f"{name} = {value}\n"), source.id, source.about_file, source.about)
        said = str(refused.value)
        told = said.removeprefix(f"{tmp_path / 'about.toml'}: ")
        if "is no key that is known here" in said:
            assert told.startswith(f"'{name}.a'"), "a table with keys of its own"
        else:
            assert told.startswith(name) and " must " in told and told.endswith(f"such as {name} = {key.example}.")


@pytest.mark.parametrize("source", OWN, ids=lambda source: source.id)
def test_a_misspelt_key_is_answered_with_the_nearest(source: Any, tmp_path: Path) -> None:
    for name in source.about:
        swapped = name[0] + name[2] + name[1] + name[3:]
        if swapped in source.about or swapped == name:
            continue
        with pytest.raises(Refused, match=f"'{swapped}' is no key that is known here; did you mean '{name}'"):
            read_about(about_of(tmp_path, f'{swapped} = "x"\n'), source.id, source.about_file, source.about)


def own(tmp_path: Path, text: str) -> OwnData:
    return read_about(about_of(tmp_path, text), "made-up", OwnData, {name: AboutKey(says="") for name in keys(OwnData)})


def test_an_about_file_may_cite_several_works(tmp_path: Path) -> None:
    first, second = "@misc{a,\n  title = {A}\n}", "@misc{b,\n  title = {B}\n}"
    assert own(tmp_path, f"citation = '''\n{first}\n\n{second}\n'''\n").citations == (first, second)
    assert own(tmp_path, f"citation = ['''{first}''', '''{second}''']\n").citations == (first, second)
    assert own(tmp_path, 'citation = "Jones 2020, in print"\n').citations == ("Jones 2020, in print",)
    with pytest.raises(Refused, match=r"about\.toml: the entry 'a' is not whole"):
        _ = own(tmp_path, "citation = '@misc{a, title = {A}'\n").citations


@pytest.mark.parametrize(
    ("stated", "tier"),
    [
        ('license = "CC BY 4.0"\nlicense_url = "HTTPS://example.org"', "open"),
        ('license = "cc-by-nc-4.0"\nlicense_url = "https://example.org"', "noncommercial"),
        ('license = "cc-by-nd-4.0"\nlicense_url = "https://example.org"', "restricted"),
        ('license = "cc-by-4.0"', "unknown"),
        ('license = "cc-by-4.0"\nlicense_url = "example.org"', "unknown"),
        ('license_url = "https://example.org"', "unknown"),
    ],
)
def test_the_license_is_stated_with_its_address_or_unknown(stated: str, tier: str, tmp_path: Path) -> None:
    assert own(tmp_path, stated).terms.tier == tier


@pytest.mark.parametrize(("name", "page"), [("facts", facts_page.page), ("licenses-to-confirm", licenses_page.page)])
def test_the_pages_made_of_facts_are_fresh(name: str, page: Callable[[], str]) -> None:
    written = Path(__file__).parents[2] / "docs" / f"{name}.md"
    assert written.read_text(encoding="utf-8") == page(), f"docs/{name}.md is not a fresh render: run `make facts licenses`"


@pytest.mark.parametrize("kind", dict.fromkeys(kind for _, kind in tables(FactsTable)), ids=lambda kind: kind.__name__)
def test_every_key_is_explained(kind: Any) -> None:
    assert set(keys(kind)) == set(facts_page.explained(kind))


CODE = """\
from hf_medseg.catalog.source import Reading, source_of
SOURCE = source_of(__file__, Reading(landmarks=("a",)), lambda raw: [])
"""
WRONG_CODE = {
    "a text for patterns": ('landmarks=("a",)', 'landmarks=("a")', "made_up: source.py: landmarks must be a tuple of texts, such as ('a',)."),
    "patterns of what": ("raw: []", 'raw: [], signature=[r"a"]', "made_up: source.py: signature must be a tuple of texts"),
    "misspelt": ("raw: []", 'raw: [], sigature=("a",)', "made_up: source.py says 'sigature', which no source has; did you mean 'signature'?"),
    "another edition": ("Reading(land", '{"2020": Reading(land', "made_up: source.py reads the editions 2020; facts.toml names the only one."),
    "another part": ("raw: []", 'raw: [], parts={"masks": ("a",)}', "made_up: source.py reads the parts masks; facts.toml names none."),
    "keys nobody explains": ("raw: []", "raw: [], about_file=OwnData", "facts.toml names none."),
}  # fmt: skip


def source_folder(tmp_path: Path, code: str, name: str = "made_up") -> Path:
    folder = tmp_path / "sources" / name
    folder.mkdir(parents=True)
    for file, text in (("facts.toml", TEXT), ("citations.bib", BIB), ("source.py", code)):
        (folder / file).write_text(text)
    return folder


@pytest.mark.parametrize(("right", "wrong", "answer"), WRONG_CODE.values(), ids=WRONG_CODE)
def test_mistakes_in_the_code_of_a_source_are_answered_by_name(right: str, wrong: str, answer: str, tmp_path: Path) -> None:
    code = CODE.replace(right, wrong)
    if wrong.startswith("{"):
        code = code.replace('("a",))', '("a",))}')
    folder = source_folder(tmp_path, code)
    facts_of.cache_clear()
    made: dict[str, Any] = {"__file__": str(folder / "source.py")}
    with pytest.raises(Refused, match=re.escape(answer)):
        exec(code.replace("from hf_medseg", "from hf_medseg.catalog.about import OwnData\nfrom hf_medseg", 1), made)


@pytest.mark.parametrize(
    ("name", "gone", "answer"),
    [
        ("made_up", "facts.toml", "made_up/facts.toml is missing"),
        ("made_up", "source.py", "made_up/source.py is missing: it says how a raw tree of made-up is told and read."),
        ("Made-Up", "", "sources/Made-Up: a source's folder is named in small letters, digits and underscores, such as chase_db1."),
    ],
)
def test_a_folder_that_is_half_a_source_is_answered_by_name(
    name: str, gone: str, answer: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = source_folder(tmp_path, CODE, name)
    if gone:
        (folder / gone).unlink()
    monkeypatch.setattr(lookup, "__file__", str(tmp_path / "catalog" / "lookup.py"))
    monkeypatch.setattr(lookup, "folders", lookup.folders.__wrapped__)
    with pytest.raises(Refused, match=re.escape(answer)):
        lookup.find_facts("made-up")
        lookup.find_source("made-up")


def test_a_source_that_tells_nothing_is_answered_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = source_folder(tmp_path, CODE.replace("SOURCE =", "SOURCES ="), "told_nothing")
    monkeypatch.setattr(lookup, "folders", lambda: {"told-nothing": folder})
    monkeypatch.setattr(lookup, "HOME", "sources")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(Refused, match=r"told_nothing/source\.py must end with SOURCE = source_of\(__file__, \.\.\.\)\."):
        lookup.find_source("told-nothing")


@pytest.mark.parametrize(("stated", "address"), [("cc-by-4.0", "by-nc/4.0"), ("cc-by-sa-4.0", "by/4.0"), ("cc-by-4.0", "by-nd/4.0")])
def test_a_stated_license_that_its_own_address_contradicts_is_refused(stated: str, address: str) -> None:
    url = f"https://creativecommons.org/licenses/{address}/"
    with pytest.raises(Refused, match="license_url"):
        _ = OwnData(license=stated, license_url=url).terms
    assert OwnData(license="cc-by-4.0", license_url="https://creativecommons.org/licenses/by/4.0/deed.en").terms.tier == "open"
