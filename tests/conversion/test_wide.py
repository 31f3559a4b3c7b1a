"""Wide: the same bytes from a cluster of processes, from a raw tree on S3, and into S3; a killed worker costs nothing but its shard."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hf_medseg import verify
from hf_medseg.cli import main
from hf_medseg.conversion.executor import Executor, WorkerDied, on_scheduler
from hf_medseg.conversion.run import convert
from hf_medseg.errors import Refused
from hf_medseg.raw.tree import open_raw_tree
from tests.support import kit
from tests.support.harness import PHANTOMS

CHASE = PHANTOMS["chase-db1"]
SMALL: dict[str, Any] = {"max_shard_size": 3_000}


def hashes(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256(path.read_bytes()).hexdigest() for name, path in kit.files_of(folder) if not name.startswith(".local/")}


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> Path:
    found: Path = CHASE.make(tmp_path_factory.mktemp("raw") / "CHASEDB1").raw
    return found


@pytest.fixture(scope="module")
def reference(raw: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every file of the output of one local worker."""
    out = tmp_path_factory.mktemp("reference") / "out"
    convert("chase-db1", raw, out, workers=1, **SMALL)
    found = hashes(out)
    assert sum(name.startswith("data/") for name in found) > 3
    return found


# --- Dask ------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    """A scheduler and two workers, each a process."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as made:
        yield made


def test_a_cluster_writes_the_same_bytes(cluster: Any, raw: Path, reference: dict[str, str], tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["convert", "chase-db1", str(raw), str(out), "--max-shard-size", "3000", "--scheduler", cluster.scheduler_address]
    assert main(arguments) == 0
    assert hashes(out) == reference
    assert verify(out).ok


def slowly(path: str, number: int) -> tuple[int, int]:
    """A task that says who runs it and takes a while."""
    Path(path, f"{number}-{os.getpid()}").touch()
    time.sleep(1.5)
    return number, os.getpid()


def test_the_tasks_of_a_killed_worker_run_elsewhere(cluster: Any, tmp_path: Path) -> None:
    with on_scheduler(cluster.scheduler_address) as pool:
        victims: list[int] = []

        def kill() -> None:
            running = list(tmp_path.iterdir())
            if running and not victims:
                victims.append(int(running[0].name.partition("-")[2]))
                os.kill(victims[0], signal.SIGKILL)

        results = dict(Executor(outside=pool).run(slowly, [(str(tmp_path), number) for number in range(4)], kill))
    assert sorted(results) == [0, 1, 2, 3]
    assert victims
    assert all(pid != victims[0] for number, pid in results.values() if (tmp_path / f"{number}-{victims[0]}").exists())


def test_a_worker_killed_in_the_middle_of_a_conversion(cluster: Any, raw: Path, reference: dict[str, str], tmp_path: Path) -> None:
    out, killed = tmp_path / "out", threading.Event()

    def kill_one() -> None:
        """Kills a worker as soon as one shard is there and others are not."""
        while not killed.is_set():
            if len(list(out.glob("data/*.parquet"))) >= 1:
                os.kill(next(iter(cluster.workers.values())).pid, signal.SIGKILL)
                killed.set()
            time.sleep(0.005)

    watcher = threading.Thread(target=kill_one, daemon=True)
    with on_scheduler(cluster.scheduler_address) as pool:
        watcher.start()
        convert("chase-db1", raw, out, executor=pool, **SMALL)
    assert killed.wait(5)
    assert hashes(out) == reference


def test_no_scheduler(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, raw: Path, tmp_path: Path) -> None:
    import dask

    with dask.config.set({"distributed.comm.timeouts.connect": "300ms"}):
        code = main(["convert", "chase-db1", str(raw), str(tmp_path / "out"), "--scheduler", "tcp://127.0.0.1:9"])
    assert code == 2
    assert "tcp://127.0.0.1:9" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def die(number: signal.Signals) -> None:
    os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_task_that_kills_every_worker_ends_the_run_with_advice(number: signal.Signals) -> None:
    with pytest.raises(WorkerDied, match="run the same command again"), Executor(2) as local:
        list(local.run(die, [(number,), (number,)]))


# --- S3 --------------------------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """An S3 server on loopback with an empty bucket, as fsspec finds it."""
    pytest.importorskip("s3fs")
    moto = pytest.importorskip("moto.server")
    import fsspec

    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    before = {key: os.environ.get(key) for key in ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")}
    os.environ |= dict(zip(before, (f"http://{host}:{port}", "key", "secret", "us-east-1"), strict=True))
    try:
        system = fsspec.filesystem("s3", skip_instance_cache=True, use_listings_cache=False)
        system.mkdir("bucket")
        yield system
    finally:
        server.stop()
        for key, value in before.items():
            os.environ.pop(key) if value is None else os.environ.update({key: value})


def stored(system: Any, folder: str) -> dict[str, str]:
    """SHA-256 of every object below a folder."""
    return {path[len(folder) + 1 :]: hashlib.sha256(system.cat_file(path)).hexdigest() for path in system.find(folder)}


@pytest.mark.parametrize("form", ["folder", "zip", "tar", "tar.gz"])
def test_a_raw_tree_on_s3(form: str, s3: Any, raw: Path, reference: dict[str, str], tmp_path: Path) -> None:
    makers = {"zip": kit.as_zip, "tar": kit.as_tar, "tar.gz": kit.as_tar}
    if form == "folder":
        local, name = raw, "CHASEDB1"
    else:
        local, name = makers[form](raw, tmp_path / f"chase.{form}"), f"chase.{form}"
    s3.put(str(local), f"bucket/{form}/{name}", recursive=form == "folder")
    convert("chase-db1", f"s3://bucket/{form}/{name}", tmp_path / "out", workers=1, **SMALL)
    found = hashes(tmp_path / "out")
    assert {name: digest for name, digest in found.items() if name.startswith("data/")} == {
        name: digest for name, digest in reference.items() if name.startswith("data/")
    }


@pytest.mark.parametrize("form", ["zip", "tar", "tar.gz"])
def test_workers_share_an_archive_on_s3_that_the_process_has_read(
    form: str, s3: Any, raw: Path, reference: dict[str, str], tmp_path: Path
) -> None:
    local = (kit.as_zip if form == "zip" else kit.as_tar)(raw, tmp_path / f"chase.{form}")
    s3.put(str(local), f"bucket/shared/chase.{form}")
    url = f"s3://bucket/shared/chase.{form}"
    for file in open_raw_tree(url, tmp_path / "work").files[:3]:
        file.read()
    convert("chase-db1", url, tmp_path / "out", workers=2, **SMALL)
    assert hashes(tmp_path / "out") == reference


@pytest.mark.parametrize("form", ["zip", "tar", "tar.gz"])
def test_a_cluster_shares_an_archive(form: str, cluster: Any, raw: Path, reference: dict[str, str], tmp_path: Path) -> None:
    archive = (kit.as_zip if form == "zip" else kit.as_tar)(raw, tmp_path / f"chase.{form}")
    open_raw_tree(archive, tmp_path / "work").files[0].read()
    with on_scheduler(cluster.scheduler_address) as pool:
        convert("chase-db1", archive, tmp_path / "out", executor=pool, **SMALL)
    assert hashes(tmp_path / "out") == reference


def test_output_on_s3(s3: Any, raw: Path, reference: dict[str, str]) -> None:
    url = "s3://bucket/output/chase"
    first = convert("chase-db1", raw, url, workers=2, **SMALL)
    assert stored(s3, "bucket/output/chase") == reference
    assert verify(url).ok
    # What others change there is seen, though this process has listed it before.
    s3.rm(f"bucket/output/chase/{first.made[0]}")
    s3.pipe_file("bucket/output/chase/notes.txt", b"mine")
    found = verify(url)
    told = {one.check for one in found.problems}
    assert "shards" in told and "readable" not in told  # it is missed, and not taken for a damaged one
    assert "notes.txt" in {one.where for one in found.warnings}


def test_a_rerun_on_s3_keeps_finished_shards(s3: Any, raw: Path, reference: dict[str, str]) -> None:
    url = "s3://bucket/rerun/chase"
    first = convert("chase-db1", raw, url, workers=1, **SMALL)
    lost = first.made[1]
    s3.rm(f"bucket/rerun/chase/{lost}")
    again = convert("chase-db1", raw, url, workers=1, **SMALL)
    assert again.made == [lost]
    assert sorted(again.kept) == sorted(set(first.made) - {lost})
    assert stored(s3, "bucket/rerun/chase") == reference


def test_from_s3_to_s3_on_a_cluster(s3: Any, raw: Path, reference: dict[str, str]) -> None:
    distributed = pytest.importorskip("distributed")
    s3.put(str(raw), "bucket/both/CHASEDB1", recursive=True)
    # Its workers are started here, so that they know the server.
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as made,
        on_scheduler(made.scheduler_address) as pool,
    ):
        convert("chase-db1", "s3://bucket/both/CHASEDB1", "s3://bucket/both-out/chase", executor=pool, **SMALL)
    assert stored(s3, "bucket/both-out/chase") == reference


def test_a_foreign_folder_on_s3_is_refused(s3: Any, raw: Path) -> None:
    s3.pipe_file("bucket/foreign/notes.txt", b"mine")
    with pytest.raises(Refused, match="holds something else"):
        convert("chase-db1", raw, "s3://bucket/foreign", workers=1, **SMALL)
    assert set(stored(s3, "bucket/foreign")) == {"notes.txt"}


def test_output_inside_the_raw_tree_is_refused() -> None:
    with pytest.raises(Refused, match="lies inside the other"):
        convert("chase-db1", "s3://bucket/raw", "s3://bucket/raw/out")


def test_nothing_half_written_when_the_target_cannot_be_written(raw: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    convert("chase-db1", raw, out, workers=1, **SMALL)
    first = sorted((out / "data").iterdir())[0]
    first.unlink()
    first.mkdir()  # a folder in the way of the final name
    (first / "x").touch()
    with pytest.raises(OSError):
        convert("chase-db1", raw, out, workers=1, **SMALL)
    assert not [path for path in (out / ".work").rglob("*.parquet.*") if path.is_file()]
    shutil.rmtree(first)
    convert("chase-db1", raw, out, workers=1, **SMALL)
    assert not (out / ".work").exists()
