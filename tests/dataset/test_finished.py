"""Whoever opens OUT says the same of one that is none: export, derive, stats, the license gate and the site."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow.parquet as pq
import pytest

import hf_medseg
from hf_medseg.dataset.finished import finished
from hf_medseg.dataset.identity import METADATA_KEY
from hf_medseg.errors import Refused
from hf_medseg.publishing import gate
from hf_medseg.verification.verify import verify
from tests.support.harness import run
from tests.support.made import flat, volumes

SHARD = "data/train-00000-of-00001.parquet"
READERS: dict[str, Callable[[Path], object]] = {
    "anybody": finished,
    "export": lambda out: hf_medseg.export(out, out.parent / "there", to="folder"),
    "derive": lambda out: hf_medseg.derive({"take": [{"out": str(out)}]}, out.parent / "new", progress=False),
    "stats": hf_medseg.stats,
    "overlap": hf_medseg.overlap,
    "push": lambda out: hf_medseg.push(out, "ns/name"),
    "gate": gate.inspect,
    "site": lambda out: hf_medseg.site(out.parent / "site", [out]),
}


def damaged(out: Path) -> None:
    (out / SHARD).write_bytes((out / SHARD).read_bytes()[:5000])


def mixed(out: Path) -> None:
    """Beside the shard lies one under other terms."""
    described = json.loads(pq.read_metadata(out / SHARD).metadata[METADATA_KEY])
    described["identity"]["tier"] = "restricted"
    table = pq.read_table(out / SHARD)
    with pq.ParquetWriter(out / "data/test-00000-of-00001.parquet", table.schema) as writer:
        writer.write_table(table)
        writer.add_key_value_metadata({METADATA_KEY: json.dumps(described).encode()})


WRONG: dict[str, tuple[Callable[[Path], object], str]] = {
    "gone": (shutil.rmtree, "OUT: no such folder. OUT is the folder that `hf-medseg convert` wrote."),
    "no shards": (
        lambda out: (out / SHARD).unlink(),
        "OUT holds no rows: it is no finished conversion. Give the OUT folder of one; `hf-medseg convert` makes it.",
    ),
    "broken off": (
        lambda out: (out / ".work").mkdir(),
        "OUT holds an unfinished conversion. Run the same `hf-medseg convert` again: it carries on.",
    ),
    "damaged": (
        damaged,
        f"{SHARD} is not a shard of this package, or is damaged. `hf-medseg verify OUT` tells more; convert the raw tree again.",
    ),
    "mixed": (
        mixed,
        "OUT mixes shards of different datasets or terms: chase-db1 cc-by-4.0 open, chase-db1 cc-by-4.0 restricted. "
        "One folder holds one source and edition.",
    ),
    "no card": (
        lambda out: (out / "README.md").unlink(),
        "OUT has no README.md: its conversion is not finished. Run the same `hf-medseg convert` again.",
    ),
    "no report": (
        lambda out: (out / "report.json").unlink(),
        "OUT has no report.json: its conversion is not finished. Run the same `hf-medseg convert` again.",
    ),
}


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run("chase-db1", "clean", tmp_path_factory.mktemp("out")).out


@pytest.mark.parametrize("kind", WRONG)
def test_every_reader_refuses_in_the_same_words_and_writes_nothing(kind: str, converted: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(converted, tmp_path / "out"))
    spoil, says = WRONG[kind]
    spoil(out)
    for name, reader in READERS.items():
        with pytest.raises(Refused) as refused:
            reader(out)
        assert str(refused.value) == says.replace("OUT", str(out), 2 if kind == "damaged" else 1), name
    assert [path.name for path in tmp_path.iterdir()] == ["out"] * out.exists()
    assert not verify(out, False).ok


def test_a_conversion_of_which_every_case_was_rejected_says_so(tmp_path: Path) -> None:
    made = flat()
    made.tables = {("default", "train"): [[]]}
    out = made.write(tmp_path / "out")
    (out / "README.md").unlink()
    with pytest.raises(Refused, match="none of its cases became a row"):
        finished(out)


def test_configs_are_as_the_report_lists_them_and_a_missing_one_is_told(tmp_path: Path) -> None:
    opened = finished(volumes().write(tmp_path / "out"))
    assert opened.configs == ("slices", "volumes")
    assert [shard.name for shard in opened.config()] == [f"slices/train-0000{k}-of-00002.parquet" for k in range(2)]
    with pytest.raises(Refused) as refused:
        opened.config("masses")
    assert str(refused.value) == (
        f"{tmp_path / 'out'} has no config 'masses'; it has: slices, volumes. `hf-medseg convert --config masses` makes it."
    )
