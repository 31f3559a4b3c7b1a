"""The raw tree of CXLSeg and MIMIC-CXR as files without content, and how long it takes to list and to plan it, with how much memory.

python -m benchmarks.plan_cxlseg FOLDER [RADIOGRAPHS]
"""

from __future__ import annotations

import os
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from hf_medseg.catalog.lookup import find_source
from hf_medseg.conversion import plan
from hf_medseg.conversion.executor import Executor
from hf_medseg.sources.cxlseg.source import FINDINGS

PUBLISHED = 243_324
TABLES = {
    "segmented": "DicomPath," + ",".join(FINDINGS),
    "mask": "DicomPath",
    "split": "split",
    "metadata": "ViewPosition,StudyDate,StudyTime,Reports",
}


def films(count: int) -> Iterator[tuple[str, int, int, str]]:
    """(id, patient, study, folder) of so many films, in the proportions of the real ones."""
    chance = random.Random(1)
    for number in range(count):
        film = "-".join(f"{chance.getrandbits(32):08x}" for _ in range(5))
        subject, study = 10_000_000 + number // 4 * 7, 50_000_000 + number // 2
        yield film, subject, study, f"files/p{str(subject)[:2]}/p{subject}/s{study}"


def write_tables(folder: Path, count: int) -> None:
    """The four tables with reports of the usual length."""
    chance = random.Random(2)
    report = '"FINAL REPORT\n' + "No focal consolidation, effusion, or pneumothorax.\n" * 14 + '"'
    files = {name: (folder / f"CXLSeg-{name}.csv").open("w") for name in TABLES}
    for name, columns in TABLES.items():
        files[name].write(f"dicom_id,subject_id,study_id,{columns}\n")
    for film, subject, study, path in films(count):
        cells = ",".join(chance.choice(["", "", "", "", "1.0", "0.0", "-1.0"]) for _ in FINDINGS)
        split = chance.choices(["train", "validate", "test"], [8, 1, 1])[0]
        values = {
            "segmented": f"{path}/{film}.jpg,{cells}",
            "mask": f"{path}/{film}-mask.jpg",
            "split": split,
            "metadata": f"PA,21800506,83201.3,{report}",
        }
        for name, value in values.items():
            files[name].write(f"{film},{subject},{study},{value}\n")
    for file in files.values():
        file.close()


def write_tree(folder: Path, count: int) -> None:
    """Both parts below one folder, lateral films included: tables, and files that have the size of pictures and take no room."""
    tables = folder / "cxlseg"
    tables.mkdir(parents=True)
    write_tables(tables, count)
    (folder / "mimic").mkdir()
    (folder / "mimic/mimic-cxr-2.0.0-split.csv.gz").write_bytes(b"\0")
    last = ""
    for number, (film, _, _, path) in enumerate(films(count)):
        if path != last:
            last = path
            for part in ("cxlseg", "mimic"):
                os.makedirs(folder / part / path)
        _reserve(f"{folder}/cxlseg/{path}/{film}.jpg", 10_000)
        _reserve(f"{folder}/cxlseg/{path}/{film}-mask.jpg", 6_000)
        _reserve(f"{folder}/mimic/{path}/{film}.jpg", 1_700_000)
        if number % 9 < 5:
            _reserve(f"{folder}/mimic/{path}/{film[::-1]}.jpg", 1_700_000)


def _reserve(path: str, size: int) -> None:
    """A file of that size with nothing in it."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT)
    os.ftruncate(handle, size)
    os.close(handle)


def memory() -> float:
    """Peak memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(folder: str) -> tuple[plan.Plan, float, float]:
    """Lists and plans; returns the plan, seconds of the processor, and MB at most for it."""
    source, before, start = find_source("cxlseg"), memory(), time.process_time()
    with tempfile.TemporaryDirectory() as work, Executor(1) as runner:
        made = plan.make_plan(source, plan.Request(folder), Path(work), runner)
    return made, time.process_time() - start, memory() - before


if __name__ == "__main__":
    where, asked = Path(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else PUBLISHED
    if not where.exists():
        write_tree(where, asked)
    found, seconds, grown = main(str(where))
    (config,) = found.configs
    rows = sum(config.counts.values())
    print(f"{rows:,} rows in {len(config.shards)} shards planned in {seconds:.1f} s; {len(config.not_used)} lines on files not used")
    print(f"memory at most: {grown:.0f} MB, {grown * 1e6 / rows:.0f} bytes a row")
