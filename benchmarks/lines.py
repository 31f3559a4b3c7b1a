"""The lines of the table: what is measured against what, and what it must reach."""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.corpora import corpus


@dataclass(frozen=True)
class Size:
    """How large the corpora are, and how often each side runs."""

    few: int
    many: int
    half: int
    base: int
    tiffs: int
    radiographs: int
    checked: int
    volumes: int
    planned: int
    own: int
    streamed: int
    rounds: int


SIZES = {
    "full": Size(2000, 20_000, 10_000, 1000, 1000, 8, 1000, 10, 250_000, 50_000, 100_000, 5),
    "small": Size(8, 12, 8, 4, 4, 1, 8, 1, 400, 24, 24, 1),
}


@dataclass(frozen=True)
class Goal:
    """A number that is compared with what it must reach and may reach; `most` says that smaller is better.

    `told` is what users call it, where it says how many times as fast as what they would pick instead; only that is drawn.
    """

    name: str
    against: str
    must: float | None
    reach: float
    most: bool = True
    unit: str = "x"
    told: str = ""


@dataclass
class Result:
    """The measured values of a goal, one a round."""

    goal: Goal
    values: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        """The middle value."""
        return statistics.median(self.values)

    @property
    def met(self) -> bool:
        """Whether the median reaches what it must."""
        must = self.goal.reach if self.goal.must is None else self.goal.must
        return self.median <= must if self.goal.most else self.median >= must


@dataclass(frozen=True)
class Run:
    """One process: seconds, peak of private memory in MB, and what it printed of itself."""

    wall: float
    private: float
    told: dict[str, float]


class Bench:
    """Corpora and processes of one run of the benchmark."""

    def __init__(self, home: Path, size: Size) -> None:
        self.home = home
        self.size = size
        self.scratch = Path(tempfile.mkdtemp(prefix="run-", dir=home))
        # Progress bars are off, for both sides alike.
        self._environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])} | {
            "HF_DATASETS_DISABLE_PROGRESS_BARS": "1",
            "HF_HUB_OFFLINE": "1",
            "HF_HOME": str(self.scratch / "hf"),
            "HF_XET_CACHE": str(self.scratch / "xet"),
            "XDG_CONFIG_HOME": str(self.scratch / "config"),
        }
        if size.rounds > 1:  # compiled modules are kept beside the corpora; one round measures nothing and takes what is installed
            self._environment.pop("PYTHONDONTWRITEBYTECODE", None)
            self._environment["PYTHONPYCACHEPREFIX"] = str(home / "bytecode")

    def corpus(self, kind: str, count: int) -> str:
        """The folder of a corpus."""
        return str(corpus(self.home, kind, count))

    def side(self, name: str, *arguments: object) -> Run:
        """Runs one side in a process of its own."""
        command = [sys.executable, "-m", "benchmarks.sides", name, *map(str, arguments)]
        start = time.perf_counter()
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
            process = subprocess.Popen(command, stdout=said, stderr=complained, env=self._environment)
            private = 0.0
            while process.poll() is None:
                private = max(private, private_memory(process.pid))
                time.sleep(0.004)
            wall = time.perf_counter() - start
            said.seek(0)
            complained.seek(0)
            text = said.read().decode()
            if process.returncode:
                raise RuntimeError(f"{' '.join(command)}\n{complained.read().decode()[-3000:]}")
        last = text.strip().rpartition("\n")[2]
        return Run(wall, private, json.loads(last) if last.startswith("{") else {})

    def out(self, name: str = "out") -> Path:
        """A folder (or the beginning of file names) to write to, empty."""
        for old in self.scratch.glob(f"{name}*"):
            shutil.rmtree(old) if old.is_dir() else old.unlink()
        return self.scratch / name

    def close(self) -> None:
        """Removes everything but the corpora."""
        shutil.rmtree(self.scratch, ignore_errors=True)


def private_memory(pid: int) -> float:
    """Private memory of a process now, MB (0 where the system does not tell)."""
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("RssAnon"):
                return int(line.split()[1]) / 1024
    except (OSError, ValueError):
        pass
    return 0.0


Values = dict[Goal, float]


def _against(
    bench: Bench, kind: str, count: int, peer: str, goals: dict[int, Goal], size: Goal | None = None, evenly: Goal | None = None
) -> Iterator[Values]:
    """Ours with so many workers, then the peer, again and again.

    Args:
        bench: corpora and processes.
        kind: the corpus.
        count: how many of its files.
        peer: the side that is compared with, in one process.
        goals: time by workers.
        size: the shards' size against the peer's file.
        evenly: time of two workers against the peer in two processes.
    """
    folder = bench.corpus(kind, count)
    if bench.size.rounds > 1:  # both once, unmeasured: files into memory, modules compiled
        bench.side("convert", folder, bench.out(), 1)
        bench.side(peer, folder, bench.out("peer"))
    for _ in range(bench.size.rounds):
        ours = {workers: bench.side("convert", folder, bench.out(), workers).wall for workers in goals}
        theirs = bench.side(peer, folder, bench.out("peer")).wall
        found = {goal: ours[workers] / theirs for workers, goal in goals.items()}
        if size is not None:
            shards = sum(path.stat().st_size for path in (bench.scratch / "out" / "data").glob("*.parquet"))
            found[size] = shards / (bench.scratch / "peer.parquet").stat().st_size
        if evenly is not None:
            found[evenly] = ours[2] / bench.side(peer, folder, bench.out("peer"), 2).wall
        yield found


def _by_workers(name: str, against: str, told: str, one: tuple[float | None, float], two: tuple[float | None, float]) -> dict[int, Goal]:
    """The goals of one worker and of two: what must and what may be reached."""
    called = {1: "1 worker", 2: "2 workers"}
    return {
        count: Goal(f"{name}, {called[count]}", against, *goal, told=f"{told}, {called[count]}") for count, goal in ((1, one), (2, two))
    }


def images_few(bench: Bench) -> Iterator[Values]:
    """Images without masks, few."""
    goal = Goal("images passed through, 2,000", "datasets, embedded, to_parquet", 0.50, 0.35, told="2,000 JPEGs kept as they are, 1 worker")
    return _against(bench, "images", bench.size.few, "peer_images", {1: goal})


def images_many(bench: Bench) -> Iterator[Values]:
    """Images without masks, many."""
    name, peer = "images passed through, 20,000", "datasets, embedded, to_parquet"
    goals = _by_workers(name, peer, "20,000 JPEGs kept as they are", (0.40, 0.30), (0.20, 0.15))
    evenly = Goal(f"{name}, 2 workers, 2 processes", peer, None, 0.30)
    return _against(bench, "images", bench.size.many, "peer_images", goals, evenly=evenly)


def pairs(bench: Bench) -> Iterator[Values]:
    """JPEG with 0/255 masks."""
    name, peer = "JPEG and 0/255 masks", "datasets map with Pillow, to_parquet"
    goals = _by_workers(name, peer, "JPEGs with masks of 0 and 255", (0.22, 0.16), (0.13, 0.09))
    evenly = Goal(f"{name}, 2 workers, 2 processes", peer, None, 0.22)
    return _against(bench, "pairs", bench.size.few, "peer_pairs", goals, evenly=evenly)


def tiffs(bench: Bench) -> Iterator[Values]:
    """TIFF pairs to PNG."""
    goals = _by_workers("TIFF pairs to PNG", "from_generator with PIL images", "TIFFs with masks, to PNG", (0.25, 0.15), (None, 0.10))
    size = Goal("TIFF pairs to PNG, size", "from_generator with PIL images", 1.10, 1.10)
    return _against(bench, "tiffs", bench.size.tiffs, "peer_tiffs", goals, size)


def radiographs(bench: Bench) -> Iterator[Values]:
    """The encoder on 16-bit pictures."""
    usual, fastest = "Pillow at its default level, 6", "Pillow at its fastest level, 1"
    speed = Goal("16-bit to PNG, speed", usual, 12, 20, most=False, told="a 16-bit picture packed as PNG")
    size = Goal("16-bit to PNG, size", usual, 1.04, 1.04)
    fast = Goal("16-bit to PNG, speed against level 1", fastest, None, 2, most=False, told="a 16-bit picture packed as PNG")
    small = Goal("16-bit to PNG, size against level 1", fastest, None, 1)
    folder = bench.corpus("radiographs", bench.size.radiographs)
    for _ in range(bench.size.rounds):
        ours, theirs, quick = (bench.side("encode", folder, name).told for name in ("ours", "pillow", "pillow-1"))
        yield {
            speed: theirs["seconds"] / ours["seconds"],
            size: ours["bytes"] / theirs["bytes"],
            fast: quick["seconds"] / ours["seconds"],
            small: ours["bytes"] / quick["bytes"],
        }


def volumes(bench: Bench) -> Iterator[Values]:
    """Four-modality volumes to slices."""
    goals = _by_workers(
        "slicing four-modality volumes", "per-slice Pillow", "volumes of four sequences cut into slices", (0.45, 0.23), (0.30, 0.16)
    )
    return _against(bench, "volumes", bench.size.volumes, "peer_volumes", goals)


def reading(bench: Bench) -> Iterator[Values]:
    """Reading the result back."""
    rate = Goal("streaming, decoded samples a second", "plain files with PIL", 0.90, 1.0, most=False, told="rows streamed and decoded")
    early = Goal("first streamed sample", "datasets' default layout", 0.25, 0.10, told="the first row of a stream")
    raw = Goal("raw stream, rows a second", "datasets' default layout", 1.3, 1.6, most=False, told="rows streamed, not decoded")
    memory = Goal("Arrow memory while streaming", "datasets' default layout", 0.25, 0.10)
    scan = Goal("metadata-only scan, bytes", "full raw scan", 0.01, 0.001)
    folder, out, other = bench.corpus("pairs", bench.size.few), bench.out(), bench.out("library") / "all.parquet"
    other.parent.mkdir()
    bench.side("convert", folder, out, 1)
    bench.side("library", out, other)
    for _ in range(bench.size.rounds):
        streamed, plain = bench.side("stream", out).told, bench.side("plain", folder).told
        ours, theirs = bench.side("first", f"{out}/data/*.parquet").told, bench.side("first", other).told
        taken = bench.side("scan", out).told
        yield {
            rate: streamed["rate"] / plain["rate"],
            early: ours["first"] / theirs["first"],
            raw: ours["raw"] / theirs["raw"],
            memory: ours["arrow"] / theirs["arrow"],
            scan: taken["taken"] / taken["all"],
        }


def verifying(bench: Bench) -> Iterator[Values]:
    """Everything that was promised, by reading back."""
    name = "verifying 1,000 photographs with masks"
    seconds = Goal(name, "itself", 1.6, 1.0, unit="s")
    ratio = Goal(f"{name}, time", "pyarrow, Pillow and NumPy, one process", None, 0.6, told="a dataset checked by reading every row back")
    folder, out = bench.corpus("polyps", bench.size.checked), bench.out()
    bench.side("convert", folder, out, 1)
    bench.side("verify", out)
    bench.side("peer_verify", out)
    for _ in range(bench.size.rounds):
        ours = bench.side("verify", out).wall
        yield {seconds: ours, ratio: ours / bench.side("peer_verify", out).wall}


def shuffled(bench: Bench) -> Iterator[Values]:
    """An epoch in another order, as networks are trained."""
    called = {0: ("no worker", 310, 400), 2: ("2 workers", 480, 650)}
    name, plain = "a shuffled epoch through DataLoader", "plain files with PIL, same DataLoader"
    rates = {
        count: Goal(f"{name}, {words}, samples a second", "itself", must, reach, most=False, unit="/s")
        for count, (words, must, reach) in called.items()
    }
    ratios = {
        count: Goal(f"{name}, {words}", plain, None, 1.0, most=False, told=f"rows shuffled through DataLoader, {words}")
        for count, (words, *_) in called.items()
    }
    small = Goal(f"{name}, 2 workers, JPEGs at half their size", plain, None, 1.3, most=False)
    folder, out = bench.corpus("polyps", bench.size.checked), bench.out()
    bench.side("convert", folder, out, 1)
    for _ in range(bench.size.rounds):
        found: Values = {}
        for count in called:
            ours, theirs = bench.side("epoch", out, count).told["rate"], bench.side("peer_epoch", folder, count).told["rate"]
            found |= {rates[count]: ours, ratios[count]: ours / theirs}
        yield {**found, small: bench.side("epoch", out, 2, "half").told["rate"] / theirs}


def upload(bench: Bench) -> Iterator[Values]:
    """What hf-xet sends again after every hundredth row was deleted."""
    goal = Goal("re-upload after 1 % of rows deleted", "whole file, hf-xet, local store", 0.06, 0.03)
    folder, out = Path(bench.corpus("pairs", bench.size.few)), bench.out()
    less = bench.scratch / "pairs-less"
    for number in range(bench.size.rounds):
        shutil.rmtree(less, ignore_errors=True)
        for path in sorted(folder.rglob("*.*")):
            if int(path.stem[1:]) % 100 != 7 * (number + 1):
                target = less / path.relative_to(folder)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.hardlink_to(path)
        shutil.copy(f"{folder}.toml", f"{less}.toml")
        bench.side("convert", folder, bench.out(), 1)
        store = bench.out("store")
        bench.side("upload", out, store)
        bench.side("convert", less, bench.out(), 1)
        sent = bench.side("upload", out, store).told
        yield {goal: sent["sent"] / sent["all"]}


def flat(bench: Bench) -> Iterator[Values]:
    """Memory and time as the dataset grows."""
    ratio = Goal("private memory, 20,000 against 1,000 pairs", "itself", 1.25, 1.15)
    most = Goal("private memory, 20,000 pairs, 1 worker", "itself", 250, 150, unit="MB")
    growth = Goal("time, 20,000 against 10,000 pairs", "itself", 2.2, 2.0)
    sizes = (bench.size.base, bench.size.half, bench.size.many)
    folders = [bench.corpus("pairs", count) for count in sizes]
    for _ in range(bench.size.rounds):
        base, half, many = (bench.side("convert", folder, bench.out(), 1) for folder in folders)
        yield {
            ratio: many.private / base.private if base.private else 1.0,
            most: many.private,
            growth: many.wall / half.wall,
        }


def planning(bench: Bench) -> Iterator[Values]:
    """Planning of very many cases."""
    goal = Goal("planning 250,000 cases", "CXLSeg: 889,000 files, listing included, four tables", 8, 4, unit="s")
    folder = bench.corpus("cxlseg", bench.size.planned)
    for _ in range(bench.size.rounds):
        yield {goal: bench.side("planning", folder).told["seconds"]}


def planning_own(bench: Bench) -> Iterator[Values]:
    """Planning of one's own data."""
    goal = Goal("planning 50,000 pairs of one's own", "100,000 files, listing included", 1.2, 0.7, unit="s")
    memory = Goal("memory of a plan, bytes a case", "50,000 pairs of one's own", 700, 400, unit="B")
    folder = bench.corpus("tiny", bench.size.own)
    for _ in range(bench.size.rounds):
        told = bench.side("plan_own", folder).told
        yield {goal: told["seconds"], memory: told["bytes"]}


def packed(bench: Bench) -> Iterator[Values]:
    """A compressed tar against the folder that was packed into it."""
    goal = Goal("TIFF pairs in a .tar.gz, 2 workers", "the same files in a folder", 2.0, 1.3)
    folder, archive = bench.corpus("tiffs", bench.size.tiffs), bench.corpus("packed", bench.size.tiffs)
    for _ in range(bench.size.rounds):
        there = bench.side("convert", archive, bench.out(), 2).wall
        yield {goal: there / bench.side("convert", folder, bench.out(), 2).wall}


def loading(bench: Bench) -> Iterator[Values]:
    """A raw tree that is loaded without a conversion, for the first time and again."""
    begun = Goal("first row of a raw stream, first time", "100,000 pairs", None, 9, unit="s")
    again = Goal("first row of a raw stream, again", "100,000 pairs", 2, 1, unit="s")
    memory = Goal("memory for the first row of a raw stream, again", "above any stream of datasets", 50, 25, unit="MB")
    table = Goal("load_dataset of a raw tree, again", "50,000 pairs", 1.5, 0.8, unit="s")
    folder, smaller = bench.corpus("tiny", bench.size.streamed), bench.corpus("tiny", bench.size.own)
    cache = bench.out("cache")
    bench.side("raw_table", smaller, cache)
    for _ in range(bench.size.rounds):
        shutil.rmtree(bench.scratch / "hf" / "hf_medseg" / "plans")
        first, other = bench.side("raw_stream", folder), bench.side("raw_stream", folder)
        bench.side("raw_table", smaller, cache)  # plans again; the rows are there
        yield {
            begun: first.told["seconds"],
            again: other.told["seconds"],
            memory: other.private - bench.side("no_stream").private,
            table: bench.side("raw_table", smaller, cache).told["seconds"],
        }


def starting(bench: Bench) -> Iterator[Values]:
    """How long one waits for the catalog."""
    goal = Goal("hf-medseg list", "itself, from the shell", 0.12, 0.1, unit="s")
    bench.side("catalog")
    for _ in range(bench.size.rounds):
        yield {goal: bench.side("catalog").wall}


def derived(bench: Bench) -> Iterator[Values]:
    """Squares of 512 pixels from JPEG pairs."""
    against = "datasets map with Pillow, as many processes"
    goals = {
        count: Goal(f"512-pixel squares, {name}", against, 0.33, 0.25, told=f"512-pixel squares of JPEGs, {name}")
        for count, name in ((1, "1 worker"), (2, "2 workers"))
    }
    out = bench.out("made")
    bench.side("convert", bench.corpus("pairs", bench.size.few), out, 2)
    for _ in range(bench.size.rounds):
        found = {}
        for workers, goal in goals.items():
            ours = bench.side("derive", out, bench.out("new"), workers).wall
            found[goal] = ours / bench.side("peer_derive", out, bench.out("peer"), workers).wall
        yield found


def looking(bench: Bench) -> Iterator[Values]:
    """What one looks at before training, and what leaves for other tools."""
    told = {
        "stats": Goal("statistics of 2,000 pairs", "a loop over datasets with NumPy", 1.0, 0.5, told="statistics of 2,000 JPEGs"),
        "overlap": Goal("copies among 2,000 pictures", "imagehash, all with all", 1.0, 0.5, told="copies among 2,000 JPEGs"),
        "export": Goal("export of 2,000 pairs for nnU-Net", "a loop over datasets with Pillow", 0.5, 0.3, told="2,000 pairs for nnU-Net"),
    }
    folder, out = bench.corpus("pairs", bench.size.few), bench.out("made")
    bench.side("convert", folder, out, 2)
    identified = Goal("identifying a folder of 4,000 files", "itself", 10, 3, unit="s")
    pages = Goal("site of 2,000 pairs", "itself", 60, 20, unit="s")
    for _ in range(bench.size.rounds):
        found = {}
        for name, goal in told.items():
            new, other = ([bench.out("new")], [bench.out("peer")]) if name == "export" else ([], [])
            found[goal] = bench.side(name, out, *new).wall / bench.side(f"peer_{name}", out, *other).wall
        found[identified] = bench.side("identify", folder).told["seconds"]
        found[pages] = bench.side("site", out, bench.out("pages")).told["seconds"]
        yield found


LINES: dict[str, Callable[[Bench], Iterator[Values]]] = {
    line.__name__: line
    for line in (
        images_few,
        images_many,
        pairs,
        tiffs,
        radiographs,
        volumes,
        reading,
        verifying,
        shuffled,
        upload,
        flat,
        planning,
        planning_own,
        packed,
        loading,
        starting,
        derived,
        looking,
    )
}


def measure(bench: Bench, names: list[str], told: Callable[[str], None]) -> list[Result]:
    """Runs the named lines; `told` hears what is finished."""
    results: dict[Goal, Result] = {}
    for name in names:
        for values in LINES[name](bench):
            for goal, value in values.items():
                results.setdefault(goal, Result(goal)).values.append(value)
            told(f"{name}: " + ", ".join(f"{goal.name} {value:.3g}" for goal, value in values.items()))
    return list(results.values())
