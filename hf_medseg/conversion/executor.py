"""Where independent tasks run; nothing else differs between one process, many, and a cluster."""

from __future__ import annotations

import concurrent.futures
import contextlib
import ctypes
import gc
import importlib.machinery
import multiprocessing
import multiprocessing.connection
import os
import shutil
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from types import FrameType, TracebackType
from typing import Any, NoReturn

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
        scratch: folder that the local processes delete if this one dies without a chance to do so.
    """

    def __init__(
        self, workers: int | None = None, outside: concurrent.futures.Executor | None = None, scratch: str | os.PathLike[str] = ""
    ) -> None:
        self.workers = workers or available_cores()
        self._outside = outside
        self._scratch = os.fspath(scratch)
        self._own: concurrent.futures.Executor | None = None
        self._stop: multiprocessing.connection.Connection | None = None

    def _pool(self, calls: int) -> concurrent.futures.Executor | None:
        """What runs so many calls; None for this process. One call needs no other process."""
        if self._outside is not None or self.workers == 1 or (calls < 2 and self._own is None):
            return self._outside
        if self._own is None:
            # The default start method is the user's: all of them work.
            context = multiprocessing.get_context()
            told, self._stop = context.Pipe(duplex=False)
            self._own = concurrent.futures.ProcessPoolExecutor(self.workers, context, _begin_worker, (told, self._scratch))
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
        pool = self._pool(len(calls))
        if pool is None:
            for number, call in enumerate(calls):
                yield number, function(*call)
            return
        with _script_left_alone(function), warnings.catch_warnings():  # local processes start when they are first given something to do
            # Newer Pythons warn of a fork beside any thread; the only one here is that of Arrow's allocator, which looks after itself.
            warnings.filterwarnings("ignore", "This process .* is multi-threaded", DeprecationWarning)
            futures = {pool.submit(_call, function, *call): number for number, call in enumerate(calls)}
        try:
            pending = set(futures)
            while pending:
                done, pending = concurrent.futures.wait(pending, 0.5, concurrent.futures.FIRST_COMPLETED)
                if waiting is not None:
                    waiting()
                for future in done:
                    if isinstance(future.exception(), SystemExit):  # the user's process is not what shall end
                        raise concurrent.futures.BrokenExecutor("somebody told the worker to end")
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

    def run_small(self, function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> Iterator[tuple[int, Any]]:
        """Like `run`, for what is done sooner than processes start: it takes those that run already."""
        if self._own is None and self._outside is None:
            return ((number, function(*call)) for number, call in enumerate(calls))
        return self.run(function, calls)

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None) -> None:
        """Ends the local processes; what runs is finished first, unless the run was broken off or one of them was ended."""
        if self._own is None or self._stop is None:
            return
        if kind is not None and (issubclass(kind, WorkerDied) or not issubclass(kind, Exception)):
            self._stop.send_bytes(b"stop")
        self._own.shutdown(wait=True, cancel_futures=True)
        self._stop.close()
        self._own = self._stop = None


@contextlib.contextmanager
def _script_left_alone(function: Callable[..., Any]) -> Iterator[None]:
    """Has processes that start meanwhile not run the user's script, of which they need nothing.

    Where they are not forked they would import it, and a script that converts outside of `if __name__ == "__main__":` would begin again
    in each of them. They leave a main module alone that is a package's own (`multiprocessing.spawn._fixup_main_from_name`).
    """
    main = sys.modules["__main__"]
    if function.__module__ == "__main__":
        yield
        return
    before = getattr(main, "__spec__", None)
    main.__spec__ = importlib.machinery.ModuleSpec("hf_medseg.__main__", None)
    try:
        yield
    finally:
        main.__spec__ = before


def available_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0)) or 1
    return os.cpu_count() or 1


def settle() -> None:
    """Sets up a process that does nothing but convert, a worker or the command line, once planning is over; never a caller's process.

    What is there stays to the end, so that the collector need not touch pages that processes share. And glibc keeps some of what was freed
    for the next picture: by default it gives every large buffer back to the system and asks for it again, which takes a tenth of the time
    of passing pictures through, and more where memory is slow to get (`mallopt(3)`). Other C libraries are left as they are.
    """
    gc.freeze()
    trim_threshold, mmap_threshold = -1, -3
    with contextlib.suppress(OSError, TypeError, AttributeError):
        library = ctypes.CDLL(None)
        library.mallopt(trim_threshold, 64 << 20)
        library.mallopt(mmap_threshold, 32 << 20)


# A worker looks so often whether its parent is still there, and has so long to clean up if not, in seconds.
_LOOK, _GRACE = 1.0, 3.0


def _begin_worker(told: multiprocessing.connection.Connection, scratch: str) -> None:
    """Ctrl-C is the parent's business: a worker finishes, or ends when the parent says so or is no more."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, _leave)
    if hasattr(signal, "SIGHUP"):
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    settle()
    threading.Thread(target=_end_with_parent, args=(told, scratch), daemon=True).start()


_leaving = threading.Event()


def _call(function: Callable[..., Any], *arguments: Any) -> Any:
    """Calls a function in a worker, unless it was told to leave: the pool would give it the next task all the same."""
    if _leaving.is_set():
        raise SystemExit(1)
    return function(*arguments)


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    """Ends a worker so that it cleans up behind itself, once."""
    signal.signal(number, signal.SIG_IGN)
    _leaving.set()
    raise SystemExit(1)


def _end_with_parent(told: multiprocessing.connection.Connection, scratch: str) -> None:
    """Waits in a worker until the parent says so, or is no more: by whatever it ended, nobody else would end this process.

    The parent's sentinel tells where processes are spawned. Forked siblings keep each other's open; there the parent's id changes.
    """
    parent: Any = multiprocessing.parent_process()
    forked = os.getppid() == parent.pid
    wait = multiprocessing.connection.wait

    def is_alive() -> bool:
        return not wait([parent.sentinel], 0) and (not forked or os.getppid() == parent.pid)

    while is_alive() and told not in wait([parent.sentinel, told], _LOOK):
        pass
    if hasattr(signal, "pthread_kill"):
        signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGTERM)
        time.sleep(_GRACE)
    if scratch and not is_alive():
        shutil.rmtree(scratch, ignore_errors=True)
    os._exit(1)
