"""The license gate and derived datasets: what may not be passed on is not, whatever it was made into."""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import hf_medseg
from hf_medseg.catalog.combined import combined
from hf_medseg.catalog.licenses import LICENSE_TIERS, License, Tier
from hf_medseg.cli import main
from hf_medseg.dataset.folder import CARD, REPORT
from hf_medseg.dataset.identity import Seal, read_shard
from hf_medseg.errors import Refused
from hf_medseg.publishing import gate
from tests.publishing.test_gate import write
from tests.sources.volume_folder import phantom as volume_folder
from tests.support import harness
from tests.support.hub.desk import open_desk

SHARD = "data/train-00000-of-00001.parquet"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An open derived dataset, a restricted one, and one of both."""
    home = tmp_path_factory.mktemp("made")
    for source in ("hyperkvasir", "kvasir-seg"):
        harness.run(source, "clean", home / source)
    for name, taken in (("open", ["hyperkvasir"]), ("restricted", ["kvasir-seg"]), ("both", ["hyperkvasir", "kvasir-seg"])):
        takes = [{"out": str(home / source / "out")} for source in taken]
        hf_medseg.derive({"take": takes, "place": {"size": 48}}, home / name, workers=1, progress=False)
    return home


def forged(path: Path, columns: dict[str, str], ids: tuple[str, str] = ("", ""), **identity: str) -> None:
    """Rewrites a shard as somebody would who knows how it is sealed: other origins, other ids, another identity, and the seal anew."""
    described = read_shard(str(path))
    assert described is not None
    told, outcome = replace(described[0], **identity), described[1]  # type: ignore[arg-type]
    table = pq.read_table(path)
    for name, value in columns.items():
        at = table.schema.get_field_index(name)
        table = table.set_column(at, table.schema.field(at), pa.array([value] * table.num_rows, pa.string()))
    at = table.schema.get_field_index("image_id")
    new = [one.replace(*ids, 1) for one in table.column("image_id").to_pylist()]
    table = table.set_column(at, table.schema.field(at), pa.array(new, pa.string()))
    seal = Seal(told)
    for row in table.to_pylist():
        seal.add(row)
    write(path, table, {"identity": asdict(told), **asdict(replace(outcome, seal=seal.value()))})


def test_a_dataset_derived_from_an_open_one_passes_and_carries_what_its_license_asks(made: Path) -> None:
    held = gate.check(made / "open")
    assert (held.label, held.license.id, held.license.tier) == ("derived", "cc-by-4.0", "open")
    assert "hyperkvasir: Cite Borgli et al. 2020." in held.license.conditions


@pytest.mark.parametrize("name", ["restricted", "both"])
def test_deriving_opens_nothing(name: str, made: Path) -> None:
    with pytest.raises(Refused, match="tier restricted"):
        gate.check(made / name, allow_noncommercial=True)
    assert main(["push", str(made / name), "--repo", "me/mine", "--dry-run"]) == 2


def test_an_edited_card_and_report_open_nothing(made: Path, tmp_path: Path) -> None:
    out = shutil.copytree(made / "both", tmp_path / "out")
    for name in (CARD, REPORT):
        text = (out / name).read_text()
        (out / name).write_text(text.replace("license: other", "license: cc0-1.0").replace('"restricted"', '"open"'))
    with pytest.raises(Refused, match="tier restricted"):
        gate.check(out)


OPEN = {"source_license": "cc-by-4.0", "source_tier": "open"}


@pytest.mark.parametrize(
    ("columns", "ids", "said"),
    [
        ({}, ("", ""), "tier restricted"),
        (OPEN, ("", ""), "tier restricted"),
        ({"source": "hyperkvasir", **OPEN}, ("", ""), "is not of hyperkvasir"),
        ({"source": "made-up", **OPEN}, ("", ""), "which the catalog does not have"),
        ({"source": "hyperkvasir", **OPEN}, ("kvasir-seg/", "hyperkvasir/"), "comes from kvasir-seg, not from hyperkvasir"),
    ],
)
def test_shards_that_are_sealed_anew_open_nothing(
    columns: dict[str, str], ids: tuple[str, str], said: str, made: Path, tmp_path: Path
) -> None:
    out = shutil.copytree(made / "restricted", tmp_path / "out")
    forged(out / SHARD, columns, ids, license="cc-by-4.0", tier="open")
    (out / CARD).write_text((out / CARD).read_text().replace("license: other", "license: cc-by-4.0"))
    with pytest.raises(Refused, match=said):
        gate.check(out)


def test_shards_that_call_themselves_an_open_source_do_not_have_its_columns(made: Path, tmp_path: Path) -> None:
    out = shutil.copytree(made / "restricted", tmp_path / "out")
    forged(out / SHARD, {}, source="hyperkvasir", license="cc-by-4.0", tier="open")
    (out / REPORT).write_text((out / REPORT).read_text().replace('"derived"', '"hyperkvasir"', 1))
    with pytest.raises(Refused, match="does not have the columns of hyperkvasir"):
        gate.check(out)


def test_rows_that_do_not_say_where_they_come_from_are_refused(made: Path, tmp_path: Path) -> None:
    out = shutil.copytree(made / "restricted", tmp_path / "out")
    described = read_shard(str(out / SHARD))
    assert described is not None
    table = pq.read_table(out / SHARD).drop_columns(["source"])
    write(out / SHARD, table, {"identity": asdict(described[0]), **asdict(described[1])})
    with pytest.raises(Refused, match="does not say where its rows come from"):
        gate.check(out)


def test_an_input_that_was_rewritten_is_refused(made: Path, tmp_path: Path) -> None:
    out = shutil.copytree(made / "kvasir-seg" / "out", tmp_path / "out")
    described = read_shard(str(out / SHARD))
    assert described is not None
    told = replace(described[0], source="hyperkvasir", license="cc-by-4.0", tier="open")
    write(out / SHARD, pq.read_table(out / SHARD), {"identity": asdict(told), **asdict(described[1])})
    with pytest.raises(Refused, match="does not belong to its rows"):
        hf_medseg.derive({"take": [{"out": str(out)}]}, tmp_path / "new", progress=False)


@pytest.fixture(scope="module")
def volumes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whole volumes of a share-alike, noncommercial source, of a restricted one, and of both."""
    home = tmp_path_factory.mktemp("volumes")
    for source in ("kits23", "belarus-tb"):
        harness.run(source, "clean", home / source, configs=["volumes"])
    for name, taken in (("alike", ["kits23"]), ("closed", ["belarus-tb"]), ("mixed", ["kits23", "belarus-tb"])):
        takes = [{"out": str(home / source / "out"), "config": "volumes"} for source in taken]
        hf_medseg.derive({"take": takes, "place": {"size": [12, 12, 4]}}, home / name, workers=1, progress=False)
    return home


def test_volumes_carry_share_alike_and_wait_for_a_word_on_noncommercial_ones(volumes: Path) -> None:
    with pytest.raises(Refused, match="noncommercial"):
        gate.check(volumes / "alike")
    held = gate.check(volumes / "alike", allow_noncommercial=True)
    assert (held.license.id, held.license.tier) == ("cc-by-nc-sa-4.0", "noncommercial")
    assert "license: cc-by-nc-sa-4.0" in (volumes / "alike" / CARD).read_text()


@pytest.mark.parametrize("name", ["closed", "mixed"])
def test_deriving_opens_no_volumes_and_the_card_cites_everybody(name: str, volumes: Path) -> None:
    with pytest.raises(Refused, match="tier restricted"):
        gate.check(volumes / name, allow_noncommercial=True)
    card = (volumes / name / CARD).read_text()
    for source in ("kits23", "belarus-tb") if name == "mixed" else ("belarus-tb",):
        edition = hf_medseg.sources()[source].editions[0]
        assert edition.citations
        assert all(citation.strip() in card for citation in edition.citations)
        assert all(f"{source}: {' '.join(one.split())}" in " ".join(card.split()) for one in edition.license.conditions)


@pytest.mark.parametrize(
    ("columns", "said"),
    [(OPEN, "tier restricted"), ({"source": "kits23", "source_license": "cc-by-nc-sa-4.0", "source_tier": "noncommercial"}, "kits23")],
)
def test_volumes_that_are_sealed_anew_open_nothing(columns: dict[str, str], said: str, volumes: Path, tmp_path: Path) -> None:
    out = shutil.copytree(volumes / "closed", tmp_path / "out")
    forged(out / SHARD, columns, license=columns["source_license"], tier=columns["source_tier"])
    (out / CARD).write_text((out / CARD).read_text().replace("license: other", f"license: {columns['source_license']}"))
    with pytest.raises(Refused, match=said):
        gate.check(out, allow_noncommercial=True)


def test_volumes_that_must_not_be_changed_stay_local_alone_and_beside_others(volumes: Path, tmp_path: Path) -> None:
    made = volume_folder.make(tmp_path, "clean")
    assert made.about is not None
    made.about.write_text(made.about.read_text().replace("cc-by-4.0", "cc-by-nd-4.0").replace("licenses/by/", "licenses/by-nd/"))
    hf_medseg.convert("volume-folder", made.raw, tmp_path / "out", about=made.about, configs=["volumes"], workers=1, progress=False)
    takes = [{"out": str(out), "config": "volumes"} for out in (tmp_path / "out", volumes / "kits23/out")]
    for count in (1, 2):
        new = tmp_path / f"new {count}"
        derived = hf_medseg.derive({"take": takes[:count], "place": {"size": [12, 12, 4]}}, new, workers=1, progress=False)
        assert (derived.edition.license.tier, derived.rows > 0) == ("restricted", True)
        with pytest.raises(Refused, match="tier restricted"):
            gate.check(new, allow_noncommercial=True)
        assert "license: cc-by-nd-4.0" not in (new / CARD).read_text(), "no card says that it may be passed on"


def license(id: str, tier: Tier) -> License:
    return License(id=id, name=id.upper(), url=f"https://{id}", tier=tier, evidence=(), conditions=(f"what {id} asks",))


@pytest.mark.parametrize(
    ("ids", "id", "tier"),
    [
        (("cc-by-4.0", "cc-by-4.0"), "cc-by-4.0", "open"),
        (("cc0-1.0", "cc-by-3.0", "mit"), "cc-by-3.0", "open"),
        (("cc-by-4.0", "cc-by-nc-4.0"), "cc-by-nc-4.0", "noncommercial"),
        (("cc-by-sa-3.0", "cc-by-4.0", "cc-by-sa-4.0"), "cc-by-sa-4.0", "open"),
        (("cc-by-nc-4.0", "cc-by-nc-sa-3.0"), "cc-by-nc-sa-3.0", "noncommercial"),
        (("cc0-1.0", "cc-by-nd-4.0"), "other", "restricted"),
        (("cc-by-sa-4.0", "unknown"), "unknown", "unknown"),
    ],
)
def test_the_strictest_license_holds_and_every_condition_is_carried(ids: tuple[str, ...], id: str, tier: str) -> None:
    tiers: dict[str, Any] = {one: "unknown" if one == "unknown" else LICENSE_TIERS.get(one, "restricted") for one in ids}
    found = combined({f"source {number}": license(one, tiers[one]) for number, one in enumerate(ids)})
    assert (found.id, found.tier) == (id, tier)
    assert found.conditions == tuple(f"source {number}: what {one} asks" for number, one in enumerate(ids))


@pytest.mark.parametrize("other", ["cc-by-nc-4.0", "cc-by-nc-sa-4.0"])
def test_share_alike_goes_with_nothing_that_forbids_it(other: str) -> None:
    with pytest.raises(Refused, match=r"a must be shared under its own terms \(cc-by-sa-4.0\)"):
        combined({"a": license("cc-by-sa-4.0", "open"), "b": license(other, "noncommercial")})


@pytest.fixture(scope="module")
def eyes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A derived dataset of an open source that keeps a column of it."""
    home = tmp_path_factory.mktemp("eyes")
    harness.run("chase-db1", "clean", home)
    recipe = {"take": [{"out": str(home / "out")}], "place": {"size": 32}, "columns": ["laterality"]}
    hf_medseg.derive(recipe, home / "new", workers=1, progress=False)
    return home / "new"


def test_columns_of_the_source_pass_and_others_do_not(eyes: Path, tmp_path: Path) -> None:
    assert gate.check(eyes).license.tier == "open"
    shutil.copytree(eyes, tmp_path / "new")
    path = tmp_path / "new" / SHARD
    described = read_shard(str(path))
    assert described is not None
    table = pq.read_table(path)
    features = json.loads(table.schema.metadata[b"huggingface"])
    features["info"]["features"]["name_of_the_patient"] = {"dtype": "string", "_type": "Value"}
    table = table.append_column("name_of_the_patient", pa.array(["x"] * table.num_rows))
    table = table.replace_schema_metadata({"huggingface": json.dumps(features)})
    write(path, table, {"identity": asdict(described[0]), **asdict(described[1])})
    with pytest.raises(Refused, match="'name_of_the_patient' that none of its sources has"):
        gate.check(tmp_path / "new")


def test_a_derived_dataset_is_pushed_whole_with_its_recipe_and_croissant(
    eyes: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for desk in open_desk("lfs", tmp_path, monkeypatch):
        pushed = desk.push(eyes)
        assert pushed.commit == desk.repo.head.oid
        files = {path.relative_to(eyes).as_posix() for path in eyes.rglob("*") if path.is_file() and ".local" not in path.parts}
        assert files <= {*desk.repo.head.files}
        assert {"croissant.json", "report.json", "README.md"} <= files
        report = json.loads((eyes / REPORT).read_text())
        assert report["recipe"]["columns"] == ["laterality"]
