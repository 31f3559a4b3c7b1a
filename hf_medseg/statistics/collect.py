"""Statistics of converted datasets: every shard measured by itself, and the sums added up."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from hf_medseg.conversion.executor import Executor, available_cores
from hf_medseg.dataset import lock
from hf_medseg.dataset.finished import finished
from hf_medseg.dataset.folder import Output
from hf_medseg.dataset.identity import Identity, split_order
from hf_medseg.dataset.storage import is_local, place
from hf_medseg.errors import Refused
from hf_medseg.progress import Progress, Tell, telling
from hf_medseg.statistics.measure import Measured, measure
from hf_medseg.statistics.record import Statistics

_SMALL = 64 << 20  # datasets that are read sooner than processes start
Shards = list[tuple[int, Path, Identity]]
"""(number of its dataset, path, what it says of itself) of every shard."""


def stats(*outs: str | os.PathLike[str], workers: int | None = None, progress: Tell | bool = True) -> Statistics:
    """What is in converted datasets: counts, sizes, spacings, intensities, classes and where they lie.

    For every split; of a derived dataset for every source in it.

    Every picture is read once, shard by shard, in memory that does not grow with the datasets.

    Args:
        *outs: output folders of conversions.
        workers: processes; None for one a core.
        progress: told how far the work is, in shards; True shows a bar in a terminal or a notebook, and nothing elsewhere; False never.

    Raises:
        Refused: a folder is no finished conversion, or one is running there.
        MedsegError: a picture cannot be decoded.
    """
    with opened(outs) as shards, telling(progress, "shards") as tell:
        measured: dict[tuple[int, str, str, str, str], Measured] = {}
        for (number, _, identity), by_origin in read_shards(measure, shards, workers, tell, "stats"):
            for origin, found in by_origin.items():
                key = (number, identity.edition, identity.config, origin, identity.split)
                if key in measured:
                    measured[key] += found
                else:
                    measured[key] = found
    order = sorted(measured, key=lambda key: (*key[:4], split_order(key[4])))
    return Statistics(tuple(measured[key].told() for key in order if measured[key].rows))


def real(out: str | os.PathLike[str]) -> str:
    """One name for one folder, however it is written."""
    return os.path.realpath(out) if is_local(out) else str(out)


@contextlib.contextmanager
def opened(outs: Sequence[str | os.PathLike[str]]) -> Iterator[Shards]:
    """The shards of datasets; no conversion runs there meanwhile.

    Raises:
        Refused: a folder is no finished conversion, or one is running there.
    """
    if not outs:
        raise Refused("No dataset is named. Give the OUT folder of a conversion, or several.")
    with contextlib.ExitStack() as stack:
        found: Shards = []
        places = {real(out): str(out) for out in outs}
        for number, (path, name) in enumerate(places.items()):
            stack.enter_context(lock.reading(Output(place(path))))
            found += [(number, shard.path, shard.identity) for shard in finished(name).shards]
        yield found


def read_shards(
    function: Callable[..., Any], shards: Shards, workers: int | None, tell: Tell | None, stage: str
) -> Iterator[tuple[tuple[int, Path, Identity], Any]]:
    """Calls a function with the path and identity of every shard, in processes where that pays; yields as they end.

    Raises:
        Refused: `workers` is less than 1.
    """
    if workers is not None and workers < 1:
        raise Refused("workers takes numbers from 1.")
    sizes = [path.stat().st_size for _, path, _ in shards]
    calls = [(str(path), identity) for _, path, identity in shards]
    count = min(workers or (1 if sum(sizes) < _SMALL else available_cores()), len(calls))
    done = read = 0
    with Executor(count) as runner:
        for number, result in runner.run(function, calls):
            done, read = done + 1, read + sizes[number]
            if tell is not None:
                tell(Progress(stage, done, len(calls), read, sum(sizes)))
            yield shards[number], result
