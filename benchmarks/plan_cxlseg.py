"""How long planning CXLSeg takes, and how much memory, at full size or less: tables on disk, the listing simulated.

python benchmarks/plan_cxlseg.py [RADIOGRAPHS]
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

from hf_medseg.catalog.lookup import find_source
from hf_medseg.conversion import layout, plan
from hf_medseg.conversion.executor import Executor
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.listing import Listing
from hf_medseg.raw.places import Alone, InFolder
from hf_medseg.raw.tree import Raw
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


def listing(folder: Path, count: int) -> Raw:
    """The raw tree as if both parts lay below one folder, lateral films included."""
    place = InFolder("/nowhere")
    files = [RawFile(f"cxlseg/{path.name}", path.stat().st_size, Alone(str(path))) for path in sorted(folder.iterdir())]
    files.append(RawFile("mimic/mimic-cxr-2.0.0-split.csv.gz", 1, place))
    for number, (film, _, _, path) in enumerate(films(count)):
        files.append(RawFile(f"cxlseg/{path}/{film}.jpg", 10_000, place))
        files.append(RawFile(f"cxlseg/{path}/{film}-mask.jpg", 6_000, place))
        files.append(RawFile(f"mimic/{path}/{film}.jpg", 1_700_000, place))
        if number % 9 < 5:
            files.append(RawFile(f"mimic/{path}/{film[::-1]}.jpg", 1_700_000, place))
    files.sort(key=lambda file: file.listed)
    return Raw(Listing(files))


def memory() -> float:
    """Peak memory of this process so far, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(count: int = PUBLISHED) -> tuple[plan.Plan, float, float]:
    """Plans; returns the plan, seconds of the processor, and MB above the listing."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "tables").mkdir()
        write_tables(folder / "tables", count)
        raw = listing(folder / "tables", count)
        before, start = memory(), time.process_time()
        with mock.patch.object(layout, "open_raw_tree", return_value=raw), Executor(1) as runner:
            made = plan.make_plan(find_source("cxlseg"), plan.Request(name), folder / "work", runner)
        return made, time.process_time() - start, memory() - before


if __name__ == "__main__":
    asked = int(sys.argv[1]) if len(sys.argv) > 1 else PUBLISHED
    found, seconds, grown = main(asked)
    (config,) = found.configs
    rows = sum(len(shard.cases) for shard in config.shards)
    print(f"{rows:,} rows in {len(config.shards)} shards planned in {seconds:.1f} s; {len(config.not_used)} lines on files not used")
    print(f"memory: {memory() - grown:.0f} MB with the listing, {memory():.0f} MB at the end: {grown * 1e6 / asked:.0f} bytes a row")
