"""Where independent tasks run; nothing else differs between one process, many, and a cluster."""

from __future__ import annotations

import concurrent.futures
import contextlib
import ctypes
import multiprocessing
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any

from hf_medseg.errors import MedsegError, MissingExtra, Refused


class WorkerDied(MedsegError):
    """A worker process ended without an answer: killed, or out of memory."""


@contextlib.contextmanager
def on_scheduler(address: str) -> Iterator[concurrent.futures.Executor]:
    """The workers of a running Dask cluster.

    Args:
        address: of its scheduler, such as `tcp://node17:8786`.

    Raises:
        Refused: nobody answers there, or Dask is not installed.
    """
    try:
        import distributed
    except ImportError as error:
        raise MissingExtra("distributed", "dask") from error
    try:
        connect: Any = distributed.Client
        client = connect(address)
    except (OSError, ValueError) as error:
        raise Refused(f"{address}: no Dask scheduler answers there ({error}). Start one, or leave --scheduler out.") from error
    with client:
        # A task whose worker dies runs again elsewhere; never is an earlier result taken for a new one.
        yield client.get_executor(pure=False)


def _worker_died(error: Exception) -> bool:
    """Whether an executor says that a worker ended without an answer; Dask says so after several attempts."""
    return isinstance(error, concurrent.futures.BrokenExecutor) or type(error).__name__ == "KilledWorker"


class Executor(AbstractContextManager["Executor"]):
    """Runs tasks here (one worker), in local processes, or on an executor that the user brings.

    Args:
        workers: local processes; None for one a core.
        outside: a `concurrent.futures.Executor` to use instead.
    """

    def __init__(self, workers: int | None = None, outside: concurrent.futures.Executor | None = None) -> None:
        self.workers = workers or available_cores()
        self._outside = outside
        self._own: concurrent.futures.Executor | None = None

    @property
    def _pool(self) -> concurrent.futures.Executor | None:
        if self._outside is not None or self.workers == 1:
            return self._outside
        if self._own is None:
            # The default start method is the user's: both fork and spawn work.
            self._own = concurrent.futures.ProcessPoolExecutor(self.workers, multiprocessing.get_context(), initializer=_begin_worker)
        return self._own

    def run(
        self, function: Callable[..., Any], calls: Sequence[tuple[Any, ...]], waiting: Callable[[], None] | None = None
    ) -> Iterator[tuple[int, Any]]:
        """Calls a function with every tuple of arguments; yields (number of the call, result) as they end.

        Args:
            function: importable, its arguments picklable.
            calls: the arguments.
            waiting: called about twice a second while results are awaited.

        Raises:
            WorkerDied: a worker ended without an answer.
            Exception: whatever a call raised, after the calls that had not begun were cancelled.
        """
        pool = self._pool
        if pool is None:
            for number, call in enumerate(calls):
                yield number, function(*call)
            return
        futures = {pool.submit(function, *call): number for number, call in enumerate(calls)}
        try:
            pending = set(futures)
            while pending:
                done, pending = concurrent.futures.wait(pending, 0.5, concurrent.futures.FIRST_COMPLETED)
                if waiting is not None:
                    waiting()
                for future in done:
                    yield futures[future], future.result()
        except Exception as error:
            if not _worker_died(error):
                raise
            raise WorkerDied(
                "A worker process was killed, most often because memory ran out. The finished shards are kept: "
                "run the same command again, with fewer --workers if memory is short."
            ) from error
        finally:
            for future in futures:
                future.cancel()

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        """Ends the local processes; what runs is finished first, unless the run was broken off."""
        if self._own is not None:
            self._own.shutdown(wait=True, cancel_futures=True)
            self._own = None


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def keep_freed_memory() -> None:
    """Has glibc keep some of what was freed in this process, for the next picture; other C libraries are left as they are.

    By default it gives every large buffer back to the system and asks for it again, which takes a tenth of the time of passing
    pictures through, and more where memory is slow to get (`mallopt(3)`).
    """
    trim_threshold, mmap_threshold = -1, -3
    with contextlib.suppress(OSError, TypeError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(trim_threshold, 64 << 20)
        library.mallopt(mmap_threshold, 32 << 20)


def _begin_worker() -> None:
    """Ctrl-C is the parent's business: a worker finishes or is ended by it."""
    import signal

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    keep_freed_memory()
