"""The license gate, attacked from every side."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from hf_medseg import __version__
from hf_medseg.catalog.licenses import LICENSE_TIERS
from hf_medseg.catalog.lookup import known_files, sources
from hf_medseg.catalog.source import Edition, Source
from hf_medseg.catalog.tables import config_folder, table_of
from hf_medseg.cli import main
from hf_medseg.conversion.shard import ShardTask, write_shard
from hf_medseg.dataset.folder import CARD, REPORT
from hf_medseg.dataset.identity import METADATA_KEY, Identity, Outcome, Seal, read_shard
from hf_medseg.dataset.table import schema_of
from hf_medseg.errors import Refused
from hf_medseg.publishing import gate
from hf_medseg.publishing.push import push
from tests.support.harness import PHANTOMS, Converted, run

EDITIONS = [(source, edition) for source in sources().values() if source.from_about is None for edition in source.editions]
NAMES = [f"{source.id} {edition.name}".strip() for source, edition in EDITIONS]
SHARD = "data/train-00000-of-00001.parquet"


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    return run("chase-db1", "clean", tmp_path_factory.mktemp("chase"))


@pytest.fixture
def out(converted: Converted, tmp_path: Path) -> Path:
    """A finished conversion of an open source, to be tampered with."""
    shutil.copytree(converted.out, tmp_path / "out")
    return tmp_path / "out"


def folder_of(source: Source, edition: Edition, folder: Path, **changes: str) -> Path:
    """A folder as a conversion leaves it, with shards that hold no row: enough for the gate to say what they are."""
    for config in edition.reading.configs:
        name = config_folder(config, edition)
        told = {"license": edition.license.id, "tier": edition.license.tier, **changes}
        identity = Identity(source.id, edition.name, config.name, "train", __version__, "f", **told)
        write_shard(
            ShardTask(
                str(folder / name / "train-00000-of-00001.parquet"), str(folder / "w"), identity, table_of(source, edition, config), ()
            )
        )
    (folder / REPORT).write_text(json.dumps({"source": source.id, "edition": edition.name or None, "configs": {}}))
    (folder / CARD).write_text(f"---\nlicense: {told['license']}\n---\n")
    return folder


def rewritten(path: Path, change: Callable[[pa.Table], pa.Table] = lambda table: table, **identity: str | None) -> None:
    """Rewrites a shard with pyarrow as a person would, with other rows, columns, or another identity; its seal stays as it was."""
    described = json.loads(pq.read_metadata(path).metadata[METADATA_KEY])
    described["identity"] |= identity
    write(path, change(pq.read_table(path)), described)


def write(path: Path, table: pa.Table, described: dict[str, Any] | None) -> None:
    with pq.ParquetWriter(path, table.schema) as writer:
        writer.write_table(table)
        if described is not None:
            writer.add_key_value_metadata({METADATA_KEY: json.dumps(described).encode()})


def forged(path: Path, table: pa.Table, identity: Identity) -> None:
    """Writes a shard whose identity, seal and counts fit its rows: what somebody makes who knows this package well."""
    path.parent.mkdir(parents=True, exist_ok=True)
    seal = Seal(identity)
    for row in table.select(list(Seal.columns)).to_pylist():
        seal.add(row)
    outcome = Outcome(seal=seal.value())
    outcome.tally.rows = table.num_rows
    write(path, table, {"identity": asdict(identity), **asdict(outcome)})


# --- the catalog ------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("source", "edition"), EDITIONS, ids=NAMES)
def test_every_edition_passes_or_is_refused_by_its_tier(source: Source, edition: Edition, tmp_path: Path) -> None:
    folder = folder_of(source, edition, tmp_path / "out")
    tier = edition.license.tier
    if tier == "open":
        assert gate.check(folder).license.tier == "open"
        return
    with pytest.raises(Refused) as refused:
        gate.check(folder)
    said = str(refused.value)
    assert all(one.url in said and one.says in said for one in edition.license.evidence)
    assert all(condition in said for condition in edition.license.conditions)
    if tier == "noncommercial":
        assert "--allow-noncommercial" in said
        assert gate.check(folder, allow_noncommercial=True).license.tier == "noncommercial"
    else:
        assert f"loading_scripts/{source.id.replace('-', '_')}.py" in said
        with pytest.raises(Refused):
            gate.check(folder, allow_noncommercial=True)


@pytest.mark.parametrize(("source", "edition"), [pair for pair in EDITIONS if pair[1].license.tier in ("restricted", "unknown")])
def test_no_option_card_name_or_repository_opens_a_gate(source: Source, edition: Edition, tmp_path: Path) -> None:
    folder = folder_of(source, edition, tmp_path / "chase-db1-cc-by-4.0")
    (folder / CARD).write_text("---\nlicense: cc-by-4.0\n---\nThe owner allows it.\n")
    report = json.loads((folder / REPORT).read_text())
    (folder / REPORT).write_text(json.dumps({**report, "license": "cc-by-4.0", "tier": "open"}))
    options = ["--private", "--gated", "manual", "--allow-noncommercial", "--allow-rejected", "--delete-others", "--revision", "v1"]
    for more in ([], ["--private"], options, [*options, "--dry-run"]):
        assert main(["push", str(folder), "--repo", "ns/chase-db1", *more]) == 2
    with pytest.raises(Refused, match=source.id):
        push(folder, "ns/x", private=True, api=None)


@pytest.mark.parametrize(("source", "edition"), EDITIONS, ids=NAMES)
@pytest.mark.parametrize("tier", ["restricted", "unknown", ""])
def test_what_was_closed_when_it_was_converted_stays_closed(source: Source, edition: Edition, tier: str, tmp_path: Path) -> None:
    with pytest.raises(Refused):
        gate.check(folder_of(source, edition, tmp_path / "out", tier=tier), allow_noncommercial=True)


@pytest.mark.parametrize(("source", "edition"), [pair for pair in EDITIONS if len(pair[0].editions) > 1])
def test_an_open_edition_that_another_ones_layout_fits_goes_by_the_stricter_terms(source: Source, edition: Edition, tmp_path: Path) -> None:
    # Planning keeps the stricter license for a stated edition whose layout does not prove it.
    strict = [one.license for one in source.editions if one.license.tier in ("restricted", "unknown")]
    if not strict:
        pytest.skip("no stricter edition")
    with pytest.raises(Refused):
        gate.check(folder_of(source, edition, tmp_path / "out", license=strict[0].id, tier=strict[0].tier))


def test_a_license_that_the_catalog_no_longer_knows_is_unknown(tmp_path: Path) -> None:
    source = sources()["chase-db1"]
    with pytest.raises(Refused, match="tier unknown"):
        gate.check(folder_of(source, source.editions[0], tmp_path / "out", license="mit"))


# --- the user's own license ---------------------------------------------------------------------------------------------------------------


def own_folder(folder: Path, license: str, tier: str, name: str = "images/1.png", digest: str = "0" * 64) -> Path:
    """An `image-mask-folder` conversion of one row."""
    source = sources()["image-mask-folder"]
    edition = replace(source.editions[0], classes=("thing",))
    config = edition.reading.configs[0]
    schema = schema_of(table_of(source, edition, config).columns)
    values = {"image_id": "1", "source_file": name, "source_sha256": digest, "classes": [], "width": 1, "height": 1}
    table = pa.Table.from_pylist([{field.name: values.get(field.name) for field in schema}], schema)
    identity = Identity(source.id, edition.name, config.name, "train", __version__, "f", license, tier)
    forged(folder / SHARD, table, identity)
    (folder / REPORT).write_text(json.dumps({"source": source.id, "edition": edition.name or None, "configs": {}}))
    (folder / CARD).write_text(f"---\nlicense: {license}\n---\n")
    return folder


@pytest.mark.parametrize("license", [*LICENSE_TIERS, "other", "unknown", "", "cc-by-nd-4.0", "cc-by-nc-nd-4.0", "gpl-3.0"])
def test_a_stated_license_goes_by_the_table(license: str, tmp_path: Path) -> None:
    tier = LICENSE_TIERS.get(license, "restricted" if license not in ("", "unknown") else "unknown")
    folder = own_folder(tmp_path, license, tier)
    if tier == "open":
        assert gate.check(folder).license.id == license
    elif tier == "noncommercial":
        assert gate.check(folder, allow_noncommercial=True).license.id == license
        with pytest.raises(Refused, match="--allow-noncommercial"):
            gate.check(folder)
    else:
        with pytest.raises(Refused, match=f"tier {tier}"):
            gate.check(folder, allow_noncommercial=True)


def test_a_stated_license_does_not_open_what_was_closed_at_conversion(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="tier unknown"):
        gate.check(own_folder(tmp_path, "cc-by-4.0", "unknown"))


@pytest.mark.parametrize(
    "name", ["deep/below/Image_03L_1stHO.png", "masks/cju0qkwl35piu0993l0dewei2.jpg", "x/00000001_000/images/00000001_000.png"]
)
def test_a_known_sources_files_do_not_pass_as_somebodys_own(name: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="has its own license"):
        gate.check(own_folder(tmp_path, "cc-by-4.0", "open", name=name))


@pytest.mark.parametrize(
    "name",
    [
        "images/cju0qkwl35piu0993l0dewei2.png",
        "images/drive_21_training.jpg",
        "train/images/tcga_cs_4941_19960909_2.png",
        "images/benign (1).webp",
    ],
)
def test_a_re_packed_known_sources_pictures_do_not_pass_as_somebodys_own(name: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"have the names that .* gives its pictures\..*has its own license"):
        gate.check(own_folder(tmp_path, "cc-by-4.0", "open", name=name))


def test_any_published_file_that_the_catalog_knows_does_not_pass_as_somebodys_own(tmp_path: Path) -> None:
    digest = known_files(sources()["kvasir-seg"])["images/cju0qx73cjw570799j4n5cjze.jpg"]
    with pytest.raises(Refused, match="comes from kvasir-seg"):
        gate.check(own_folder(tmp_path, "cc0-1.0", "open", digest=digest))


@pytest.mark.parametrize("digest", [pytest.param(digest, id=source.id) for source in sources().values() for _, digest in source.hashes])
def test_a_known_sources_renamed_file_does_not_pass_as_somebodys_own(digest: str, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="has its own license"):
        gate.check(own_folder(tmp_path, "cc0-1.0", "open", digest=digest))


# --- tampered folders ---------------------------------------------------------------------------------------------------------------------


def test_an_untouched_conversion_passes(out: Path) -> None:
    held = gate.check(out)
    assert (held.source.id, held.license.tier) == ("chase-db1", "open")
    assert list((out / ".local").rglob("*.json")), "what only this machine needs to know is no part of the dataset"
    assert set(held.files) == {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file() and ".local" not in path.parts}
    (out / ".DS_Store").write_bytes(b"x")
    assert ".DS_Store" not in gate.check(out).files


def no_metadata(out: Path) -> None:
    pq.write_table(pq.read_table(out / SHARD), out / SHARD)


def other_identity(out: Path) -> None:
    rewritten(out / SHARD, source="hyperkvasir", edition="")


def other_license(out: Path) -> None:
    rewritten(out / SHARD, license="cc0-1.0")


def fewer_rows(out: Path) -> None:
    rewritten(out / SHARD, lambda table: table.slice(1))


def other_rows(out: Path) -> None:
    def change(table: pa.Table) -> pa.Table:
        at = table.schema.get_field_index("source_file")
        return table.set_column(at, table.schema.field(at), pa.array(["another.jpg"] * table.num_rows))

    rewritten(out / SHARD, change)


def more_columns(out: Path) -> None:
    rewritten(out / SHARD, lambda table: table.append_column("more", pa.array([b"data"] * table.num_rows)))


def another_sources_rows(out: Path) -> None:
    def change(table: pa.Table) -> pa.Table:
        at = table.schema.get_field_index("source_file")
        return table.set_column(at, table.schema.field(at), pa.array(["masks/cju0qkwl35piu0993l0dewei2.jpg"] * table.num_rows))

    described = read_shard(str(out / SHARD))
    assert described is not None
    forged(out / SHARD, change(pq.read_table(out / SHARD)), described[0])


def foreign_table(out: Path) -> None:
    pq.write_table(pa.table({"image": [b"restricted"]}), out / "data/train-00001-of-00002.parquet")


def foreign_table_deeper(out: Path) -> None:
    (out / "data/more").mkdir()
    shutil.copy(out / SHARD, out / "data/more/train-00000-of-00001.parquet")


def any_other_file(out: Path) -> None:
    (out / "images.zip").write_bytes(b"PK")


def two_sources(out: Path) -> None:
    source, edition = next(pair for pair in EDITIONS if pair[1].license.tier == "restricted")
    folder = folder_of(source, edition, out.parent / "other")
    shard = next(folder.rglob("*.parquet"))
    shutil.copy(shard, out / "data/test-00000-of-00001.parquet")


def wrong_preview(out: Path) -> None:
    rewritten(out / "preview/train-00000-of-00001.parquet", lambda table: pa.concat_tables([table] * 5))


def strange_preview(out: Path) -> None:
    def change(table: pa.Table) -> pa.Table:
        return table.set_column(0, table.schema.field(0), pa.array([f"patient {n}" for n in range(table.num_rows)]))

    rewritten(out / "preview/train-00000-of-00001.parquet", change)


def renamed_split(out: Path) -> None:
    (out / SHARD).rename(out / "data/test-00000-of-00001.parquet")


def renamed_folder(out: Path) -> None:
    (out / "data").rename(out / "slices")


def link_to_a_folder(out: Path) -> None:
    other = out.parent / "elsewhere"
    (out / "data").rename(other)
    (out / "data").symlink_to(other)


def report_of_another(out: Path) -> None:
    (out / REPORT).write_text('{"source": "kvasir-seg", "edition": null}')


def other_card_license(out: Path) -> None:
    card = (out / CARD).read_text()
    assert "license: cc-by-4.0" in card
    (out / CARD).write_text(card.replace("license: cc-by-4.0", "license: cc0-1.0", 1))


def broken_card(out: Path) -> None:
    (out / CARD).write_text("---\nlicense: [\n---\n")


def no_card(out: Path) -> None:
    (out / CARD).unlink()


def unfinished(out: Path) -> None:
    (out / ".work").mkdir()


def damaged(out: Path) -> None:
    data = (out / SHARD).read_bytes()
    (out / SHARD).write_bytes(data[: len(data) // 2])


def no_shards(out: Path) -> None:
    (out / SHARD).unlink()


def unknown_source(out: Path) -> None:
    described = read_shard(str(out / SHARD))
    assert described is not None
    forged(out / SHARD, pq.read_table(out / SHARD), replace(described[0], source="my-own"))


def forged_from_a_gated_one(out: Path) -> None:
    """The rows of a gated source with an identity, seal and counts of an open one."""
    source, edition = next(pair for pair in EDITIONS if pair[0].id == "kvasir-seg")
    described = read_shard(str(out / SHARD))
    assert described is not None
    schema = schema_of(table_of(source, edition, edition.reading.configs[0]).columns)
    forged(out / SHARD, schema.empty_table(), described[0])


ATTACKS = [
    *(no_metadata, other_identity, other_license, fewer_rows, other_rows, more_columns, another_sources_rows),
    *(foreign_table, foreign_table_deeper, any_other_file, two_sources, wrong_preview, strange_preview),
    *(renamed_split, renamed_folder, link_to_a_folder, report_of_another, other_card_license, broken_card),
    *(no_card, unfinished, damaged, no_shards, unknown_source, forged_from_a_gated_one),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)
def test_a_tampered_folder_is_refused(attack: Callable[[Path], None], out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    attack(out)
    monkeypatch.setattr("hf_medseg.publishing.push.check_writer", lambda repository: None)  # whoever asks may write
    with pytest.raises(Refused):
        gate.check(out, allow_noncommercial=True)
    assert main(["push", str(out), "--repo", "ns/x", "--dry-run"]) == 2


@pytest.mark.parametrize("claimed", ["chase-db1", "hyperkvasir", "image-mask-folder"])
@pytest.mark.parametrize("source", ["kvasir-seg", "drive", "mura", "ultrasound-nerve", "sipakmed", "breast-cancer"])
def test_a_converted_gated_source_does_not_pass_as_an_open_one(source: str, claimed: str, tmp_path: Path) -> None:
    """The whole forgery: true rows of a gated source, written again under another name with a seal that fits."""
    made = run(source, next(iter(PHANTOMS[source].VARIANTS)), tmp_path, configs=[])
    with pytest.raises(Refused):
        gate.check(made.out, allow_noncommercial=True)
    other = sources()[claimed]
    edition = other.editions[0]
    for path in sorted(made.out.glob("*/*.parquet")):
        if path.parent.name != "preview":
            described = read_shard(str(path))
            assert described is not None
            told = replace(
                described[0],
                source=other.id,
                edition=edition.name,
                license="cc-by-4.0",
                tier="open",
                config=edition.reading.configs[0].name,
            )
            forged(path, pq.read_table(path), told)
    report = json.loads((made.out / REPORT).read_text())
    (made.out / REPORT).write_text(json.dumps({**report, "source": other.id, "edition": edition.name or None, "license": "cc-by-4.0"}))
    (made.out / CARD).write_text("---\nlicense: cc-by-4.0\n---\n")
    with pytest.raises(Refused):
        gate.check(made.out)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    for folder in (tmp_path / "nothing", tmp_path):
        with pytest.raises(Refused):
            gate.check(folder)
