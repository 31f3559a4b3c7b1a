"""The push against a Hub on loopback, in both transports; and against the public Hub when a token is given."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from huggingface_hub import HfApi
from huggingface_hub.utils.tqdm import are_progress_bars_disabled, enable_progress_bars

from hf_medseg.card.croissant import with_hashes
from hf_medseg.cli import main
from hf_medseg.dataset import content as content_of_files
from hf_medseg.dataset.content import HashedFile, small_file, stamp_of
from hf_medseg.dataset.folder import CARD, CROISSANT, FILE, OVERVIEW, Output
from hf_medseg.dataset.identity import Identity, Outcome, read_shard
from hf_medseg.errors import MedsegError, Refused
from hf_medseg.publishing import gate
from hf_medseg.publishing.push import push
from hf_medseg.publishing.rows import Rows
from hf_medseg.verification import shard as shards
from hf_medseg.verification.examined import Examined, Verification
from hf_medseg.verification.findings import Finding
from hf_medseg.verification.shard import ShardFacts, Witnesses
from hf_medseg.verification.verify import examine
from tests.publishing.test_gate import forged
from tests.support.harness import Converted, pixels, run
from tests.support.hub.desk import HARNESSES, Desk, open_desk
from tests.support.hub.faults import Kind
from tests.support.hub.server import Repo

pytestmark = pytest.mark.filterwarnings("ignore:Use 'content=")  # how huggingface_hub hands a file to its HTTP library
verifying = import_module("hf_medseg.verification.verify")
PUSH, LOAD_BACK, RETRY = (import_module(f"hf_medseg.publishing.{name}") for name in ("push", "load_back", "retry"))
READ_ONLY = {"GET", "HEAD"}
PIXELS = """
import hashlib, json, os
import numpy as np
from datasets import load_dataset
def digest(row): return [row["image_id"]] + [hashlib.sha256(np.asarray(row[n]).tobytes()).hexdigest() for n in ("image", "mask", "mask_2")]
repo, revision = os.environ["REPO"], os.environ["REVISION"]
streamed = [digest(row) for row in load_dataset(repo, split="train", streaming=True, revision=revision)]
loaded = [digest(row) for row in load_dataset(repo, revision=revision)["train"]]
print(json.dumps([streamed, loaded]), flush=True)
os._exit(0)
"""
FETCH = """
import json, os
from huggingface_hub import hf_hub_download
path = hf_hub_download(os.environ["REPO"], "data/train-00000-of-00001.parquet", repo_type="dataset")
print(json.dumps(os.path.getsize(path)))
"""


@pytest.fixture(scope="module")
def new(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    """The dataset to push: two shards of it are cut as in `old`, which has more."""
    return run("chase-db1", "clean", tmp_path_factory.mktemp("new"))


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Converted:
    """An earlier state of the same dataset, in more shards."""
    return run("chase-db1", "clean", tmp_path_factory.mktemp("old"), max_shard_size=9000)


@pytest.fixture(params=["lfs", "xet", pytest.param("public", marks=pytest.mark.network)])
def anywhere(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    yield from open_desk(request.param, tmp_path, monkeypatch)


@pytest.fixture(params=["lfs", "xet", pytest.param("public", marks=pytest.mark.network)])
def everywhere(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    quick(monkeypatch)
    yield from open_desk(request.param, tmp_path, monkeypatch)


@pytest.fixture(params=["lfs", "xet"])
def either(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    quick(monkeypatch)
    yield from open_desk(request.param, tmp_path, monkeypatch)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    quick(monkeypatch)
    yield from open_desk("lfs", tmp_path, monkeypatch)


def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the reader's process of its own, and without reading every row before each of many pushes."""
    monkeypatch.setattr(PUSH, "check_loads", lambda repository, wanted, commit: None)
    monkeypatch.setattr(PUSH, "examine", unread)


def unread(out: Path, witnesses: Witnesses) -> Examined:
    """What every file of a folder holds, without a look at the pictures of its rows."""
    files, shards = {}, []
    for path in sorted(Path(out).rglob("*")):
        if path.is_file() and ".local" not in path.parts:
            with path.open("rb") as file:
                large = HashedFile(path, file, stamp_of(file.fileno())).content()
            files[path.relative_to(out).as_posix()] = large if path.suffix == ".parquet" else small_file(path)
    for path in Output(Path(out)).shards():
        name, described = path.relative_to(out).as_posix(), read_shard(str(path))
        identity, outcome = described or (Identity("", "", "", "", "", ""), Outcome())
        witness = witnesses(name, identity)
        for row in pq.read_table(path, columns=["image_id", "source_file", "source_sha256"]).to_pylist() if described else ():
            witness.row(0, row)
        shards.append(ShardFacts(name, identity=identity, outcome=outcome, witness=witness))
    return Examined(Output(Path(out)), Verification(Path(out)), shards, files)


def content(folder: Path, repo: str = "ns/chase") -> dict[str, str]:
    """Path -> oid, as a push to a repository leaves it; what only this machine needs to know stays here."""
    found = {}
    made = {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.parquet") if path.parent.name != "preview"}
    shards = {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in made.items()}
    for path in folder.rglob("*"):
        if path.is_file() and ".local" not in path.parts:
            data = path.read_bytes()
            if path.name == CARD and repo:
                data = data.replace(b'load_dataset("PATH"', f'load_dataset("{repo}"'.encode())
                data = data.replace(b"`PATH` is this folder, or this dataset's name on the Hub.\n\n", b"")
            if path.name == CROISSANT and repo:
                data = with_hashes(data.decode(), shards).encode()
            large = path.suffix == ".parquet"
            digest = hashlib.sha256(data) if large else hashlib.sha1(b"blob %d\0" % len(data) + data)
            found[path.relative_to(folder).as_posix()] = digest.hexdigest()
    return found


def states(repo: Repo) -> list[dict[str, str]]:
    """The content of every commit."""
    return [{path: blob.oid for path, blob in one.files.items() if path != ".gitattributes"} for one in repo.commits]


def writes(desk: Desk) -> list[tuple[str, str]]:
    """Requests that change something; checking a card does not."""
    return [(method, path) for method, path, _ in desk.local.seen if method not in READ_ONLY and path != "/api/validate-yaml"]


# --- the whole way ----------------------------------------------------------------------------------------------------------------------


def test_a_pushed_dataset_loads_with_exact_pixels_and_a_second_push_does_nothing(anywhere: Desk, new: Converted) -> None:
    pushed = anywhere.push(new.out, tag="v1")
    expected = [
        [row["image_id"]] + [hashlib.sha256(pixels(row[name]).tobytes()).hexdigest() for name in ("image", "mask", "mask_2")]
        for row in new.rows()
    ]
    streamed, loaded = anywhere.loaded(PIXELS, revision="v1")
    assert streamed == expected
    assert loaded == expected
    again = anywhere.push(new.out, tag="v1")
    assert again.commit == pushed.commit
    assert not again.change
    commits = anywhere.api.list_repo_commits(anywhere.repo_id, repo_type="dataset")
    assert len(commits) == 2  # the Hub's own first one, and ours


def test_stale_shards_go_in_the_same_commit_and_other_files_stay(everywhere: Desk, old: Converted, new: Converted) -> None:
    api = everywhere.api
    everywhere.push(old.out)
    api.upload_file(path_or_fileobj=b"mine", path_in_repo="notes.txt", repo_id=everywhere.repo_id, repo_type="dataset")
    assert len(content(old.out)) > len(content(new.out))
    before = len(api.list_repo_commits(everywhere.repo_id, repo_type="dataset"))
    pushed = everywhere.push(new.out)
    assert len(api.list_repo_commits(everywhere.repo_id, repo_type="dataset")) == before + 1
    there = set(api.list_repo_files(everywhere.repo_id, repo_type="dataset"))
    assert there == {".gitattributes", "notes.txt", *content(new.out)}
    assert set(pushed.change.deletes) == set(content(old.out)) - set(content(new.out))
    everywhere.push(new.out, delete_others=True)
    assert set(api.list_repo_files(everywhere.repo_id, repo_type="dataset")) == {".gitattributes", *content(new.out)}


def test_the_command_ends_with_the_address_and_the_call(desk: Desk, new: Converted, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    api = desk.api
    monkeypatch.setattr("huggingface_hub.HfApi", lambda **_: api)
    enable_progress_bars()
    assert main(["push", str(new.out), "--repo", desk.repo_id, "--revision", "v1"]) == 0
    assert not are_progress_bars_disabled(), "the client's bars are as they were"
    told = capsys.readouterr()
    assert "%|" not in told.err, "no bar where there is no terminal"
    lines = told.out.splitlines()
    assert lines[-2:] == [f"{desk.endpoint}/datasets/ns/chase", 'datasets.load_dataset("ns/chase", revision="v1")']
    assert desk.repo.tags == {"v1": desk.repo.head.oid}


def test_a_push_for_programs(desk: Desk, new: Converted, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    api = desk.api
    monkeypatch.setattr("huggingface_hub.HfApi", lambda **_: api)
    command = ["push", str(new.out), "--repo", desk.repo_id, "--json"]
    assert main([*command, "--dry-run"]) == 0
    planned = json.loads(capsys.readouterr().out)
    assert main(command) == 0
    done = json.loads(capsys.readouterr().out)
    assert (planned["commit"], done["commit"]) == (None, desk.repo.head.oid)
    assert set(done["adds"]) == set(planned["adds"]) == set(content(new.out))
    assert (done["source"], done["tier"], done["tag"], done["deletes"]) == ("chase-db1", "open", None, [])
    assert done["url"] == f"{desk.endpoint}/datasets/ns/chase"


def test_a_dry_run_says_everything_and_writes_nothing(
    desk: Desk, old: Converted, new: Converted, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    desk.hold(old.out, notes__txt=b"mine")
    api = desk.api
    monkeypatch.setattr("huggingface_hub.HfApi", lambda **_: api)
    assert main(["push", str(new.out), "--repo", desk.repo_id, "--private", "--gated", "manual", "--revision", "v1", "--dry-run"]) == 0
    said = capsys.readouterr().out
    for name in content(new.out):
        assert name in said
    for name in set(content(old.out)) - set(content(new.out)):
        assert f"delete {name}" in said
    for words in ("left alone: notes.txt", "visibility: private", "gated: manual", "tag: v1", "Nothing was written."):
        assert words in said
    assert all(method in READ_ONLY for method, _, _ in desk.local.seen)
    assert len(desk.repo.commits) == 2


def test_a_hub_that_cannot_be_reached_is_soon_given_up(new: Converted, monkeypatch: pytest.MonkeyPatch) -> None:
    # A dry run without a network waited for two minutes, and then called itself a push that was broken off.
    quick(monkeypatch)
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    with socket.socket() as nobody:  # bound, and never listened to
        nobody.bind(("127.0.0.1", 0))
        api = HfApi(f"http://127.0.0.1:{nobody.getsockname()[1]}", token="hf_any")
        for dry_run in (True, False):
            with pytest.raises(MedsegError, match=r"chase could not be reached \(.+\)\. Nothing was written: check the network"):
                PUSH.push(new.out, "ns/chase", dry_run=dry_run, api=api)
    assert slept == [1, 2, 1, 2]


@pytest.mark.parametrize("dry_run", [True, False])
def test_who_may_not_write_hears_so_before_rows_are_read(
    desk: Desk, new: Converted, monkeypatch: pytest.MonkeyPatch, dry_run: bool
) -> None:
    """All rows were read first, and a rehearsal never asked."""
    monkeypatch.setattr(PUSH, "examine", lambda *_, **__: pytest.fail("rows were read"))
    monkeypatch.delenv("HF_TOKEN", raising=False)
    desk.local.create(desk.repo_id)
    for api, told in (
        (HfApi(desk.endpoint), "needs a token that may write: run `hf auth login`"),
        (desk.as_("hf_reader"), "may only read"),
        (desk.as_("hf_stranger"), "does not let us write there"),
        (desk.as_("hf_nobody"), "Check the name and the token"),
    ):
        with pytest.raises(Refused, match=told):
            desk.push(new.out, api=api, dry_run=dry_run)


def test_a_dry_run_for_a_repository_that_is_not_there(desk: Desk, new: Converted) -> None:
    pushed = desk.push(new.out, dry_run=True)
    assert any("a new repository" in line for line in pushed.lines)
    assert len(repr(pushed).splitlines()) == 3
    assert "nothing was written" in repr(pushed)
    assert not desk.local.repos


# --- who sees what when -----------------------------------------------------------------------------------------------------------------


def test_a_new_repository_is_private_until_it_is_complete(desk: Desk, new: Converted) -> None:
    desk.push(new.out)
    assert [private for private, _, head in desk.repo.history] == [True, True, False]
    assert desk.repo.history[-1][2] == desk.repo.head.oid


def test_private_and_gated_are_set_before_the_data_come(desk: Desk, old: Converted, new: Converted) -> None:
    desk.hold(old.out)
    desk.push(new.out, private=True, gated="auto")
    commit = desk.repo.head.oid
    assert all((private, gated) == (True, "auto") for private, gated, head in desk.repo.history if head == commit)


def test_an_existing_public_repository_is_not_left_public(desk: Desk, new: Converted) -> None:
    desk.local.create(desk.repo_id)
    desk.push(new.out, private=True)
    assert desk.repo.private


def test_settings_that_do_not_hold_are_told(desk: Desk, new: Converted) -> None:
    desk.local.create(desk.repo_id)
    desk.local.before = lambda method, path: setattr(desk.repo, "private", False) if method == "GET" else None
    with pytest.raises(MedsegError, match="private is False, although True was set"):
        desk.push(new.out, private=True)
    assert len(desk.repo.commits) == 1


def test_nobody_else_reads_a_private_or_gated_push(desk: Desk, new: Converted) -> None:
    desk.push(new.out, private=True)
    assert desk.loaded(FETCH) == (new.out / "data/train-00000-of-00001.parquet").stat().st_size
    for token in ("hf_stranger", ""):
        with pytest.raises(RuntimeError, match="RepositoryNotFoundError"):
            desk.loaded(FETCH, token=token)
    desk.push(new.out, gated="manual")
    assert (desk.repo.private, desk.repo.gated) == (False, "manual")
    with pytest.raises(RuntimeError, match="GatedRepoError"):
        desk.loaded(FETCH, token="hf_stranger")


@pytest.mark.parametrize("token", ["hf_reader", "hf_stranger", "hf_nobody"])
def test_who_may_not_write_is_refused_before_anything(desk: Desk, old: Converted, new: Converted, token: str) -> None:
    desk.hold(old.out)
    before = list(desk.repo.history)
    with pytest.raises(Refused):
        desk.push(new.out, api=desk.as_(token))
    assert desk.repo.history == before
    assert not writes(desk)


@pytest.mark.parametrize("name", ["chase", "ns/a/b", "ns/a--b", "ns/chase.git", "ns/-chase", "ns/" + 100 * "a", "ns/chäse"])
def test_a_name_that_no_repository_can_have_is_refused(name: str, new: Converted) -> None:
    with pytest.raises(Refused, match="NAMESPACE/NAME"):
        push(new.out, name, api=HfApi(endpoint="http://127.0.0.1:9"))


@pytest.mark.parametrize("tag", ["main", "v 1", "a..b", "refs/tags/v1", "-v1", "v1/", "v1.lock", "v1\n"])
def test_a_name_that_no_tag_can_have_is_refused(tag: str, new: Converted) -> None:
    with pytest.raises(Refused, match="cannot be a tag"):
        push(new.out, "ns/chase", tag=tag, api=HfApi(endpoint="http://127.0.0.1:9"))


def test_a_repository_that_was_renamed_is_named(desk: Desk, new: Converted) -> None:
    desk.local.create(desk.repo_id).id = "lab/chase"
    with pytest.raises(Refused, match="ns/chase was renamed, it is lab/chase now"):
        desk.push(new.out)
    assert writes(desk) == []


# --- what is not pushed -----------------------------------------------------------------------------------------------------------------


def test_rejected_cases_stop_a_push_unless_the_user_says_so(desk: Desk, tmp_path: Path) -> None:
    converted = run("chase-db1", "first_missing", tmp_path)
    with pytest.raises(Refused, match="Image_02L"):
        desk.push(converted.out)
    assert not desk.local.seen
    desk.push(converted.out, allow_rejected=True)
    assert desk.repo.content() == content(converted.out)


def test_a_dataset_that_verify_finds_wrong_is_not_pushed(desk: Desk, new: Converted, monkeypatch: pytest.MonkeyPatch) -> None:
    def spoiled(out: Path, witnesses: Witnesses) -> Examined:
        examined = unread(out, witnesses)
        examined.result.problems.append(Finding("values", "data/train.parquet", "row 3", "is wrong.", ""))
        return examined

    monkeypatch.setattr(PUSH, "examine", spoiled)
    with pytest.raises(Refused, match="row 3: is wrong"):
        desk.push(new.out)
    assert all(method in READ_ONLY for method, _, _ in desk.local.seen)


def test_a_card_that_the_hub_does_not_take_is_refused(desk: Desk, new: Converted, tmp_path: Path) -> None:
    out = tmp_path / "out"
    shutil.copytree(new.out, out)
    (out / "README.md").write_text("---\nlicense: cc-by-4.0\nconfigs: everything\n---\n")
    with pytest.raises(Refused, match="does not take the card"):
        desk.push(out)
    assert not writes(desk)


def test_another_dataset_is_not_overwritten(desk: Desk, new: Converted) -> None:
    desk.hold(new.out)
    desk.repo.put("another one", **{"report.json": b'{"source": "somebody-elses", "edition": null}'})
    before = len(desk.repo.commits)
    with pytest.raises(Refused, match="holds another dataset"):
        desk.push(new.out)
    assert len(desk.repo.commits) == before
    desk.push(new.out, delete_others=True)
    assert desk.repo.content() == content(new.out)


def test_a_foreign_table_among_the_shards_is_not_left_to_be_read_with_them(desk: Desk, new: Converted) -> None:
    repo = desk.hold(new.out)
    shard = next(blob for path, blob in repo.head.files.items() if path.startswith("data/"))
    repo.commit("more", {**repo.head.files, "data/train-more.parquet": shard})
    with pytest.raises(Refused, match=r"data/train-more\.parquet"):
        desk.push(new.out)


def test_a_gitignore_in_the_repository_hides_nothing(either: Desk, new: Converted) -> None:
    either.local.create(either.repo_id).put("mine", **{".gitignore": b"*.parquet\n*.json\n"})
    either.push(new.out)
    assert either.repo.content().items() >= content(new.out).items()
    assert ".gitignore" in either.repo.content()


def test_tags_do_not_move(desk: Desk, old: Converted, new: Converted) -> None:
    desk.push(old.out, tag="v1")
    commits, tags = len(desk.repo.commits), dict(desk.repo.tags)
    with pytest.raises(Refused, match="tags do not move"):
        desk.push(new.out, tag="v1")
    assert (len(desk.repo.commits), desk.repo.tags) == (commits, tags)
    desk.repo.branches.append("next")
    with pytest.raises(Refused, match="next is a branch of ns/chase"):
        desk.push(new.out, tag="next")
    desk.push(new.out, tag="v2")
    assert desk.repo.tags == {**tags, "v2": desk.repo.head.oid}


def test_a_listing_of_many_pages_is_read_to_its_end(desk: Desk, old: Converted, new: Converted) -> None:
    desk.local.page = 2
    desk.hold(old.out, notes__txt=b"mine")
    desk.push(new.out)
    assert desk.repo.content() == {**content(new.out), "notes.txt": desk.repo.content()["notes.txt"]}


def test_a_dataset_that_does_not_load_back_is_neither_tagged_nor_made_public(
    tmp_path: Path, new: Converted, monkeypatch: pytest.MonkeyPatch
) -> None:
    for desk in open_desk("lfs", tmp_path, monkeypatch):
        monkeypatch.setattr(LOAD_BACK, "load_back", lambda *_: {"default": {"train": ["another row"]}})
        with pytest.raises(MedsegError, match="loads other rows"):
            desk.push(new.out, tag="v1")
        assert desk.repo.private
        assert not desk.repo.tags


# --- what is uploaded is what was checked -----------------------------------------------------------------------------------------------


@pytest.fixture
def out(new: Converted, tmp_path: Path) -> Path:
    """A copy of the dataset, to be tampered with."""
    shutil.copytree(new.out, tmp_path / "out")
    return tmp_path / "out"


def swap(path: Path, other: bytes = b"") -> None:
    """Puts another file of the same size and time under a name, as somebody with the same disk might."""
    state, data = path.stat(), path.read_bytes()
    aside = path.with_name("aside.tmp")
    aside.write_bytes(other or data[:-9] + b"X" + data[-8:])
    os.utime(aside, ns=(state.st_atime_ns, state.st_mtime_ns))
    aside.replace(path)


SHARD = "data/train-00000-of-00001.parquet"


@pytest.mark.parametrize("name", [SHARD, FILE, OVERVIEW, "report.json", "id2label.json"])
@pytest.mark.parametrize("moment", ["/preupload/", "/batch", "/commit/"])
def test_a_file_swapped_during_the_upload_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: Converted, out: Path, name: str, moment: str
) -> None:
    quick(monkeypatch)
    for desk in open_desk("lfs", tmp_path, monkeypatch):
        repo = desk.hold(old.out)
        right, before = content(out), states(repo)
        swapped: list[str] = []

        def meanwhile(method: str, path: str, swapped: list[str] = swapped) -> None:
            if moment in path and not swapped:
                swapped.append(path)
                swap(out / name)

        desk.local.before = meanwhile
        with contextlib.suppress(MedsegError):
            desk.push(out)
        assert swapped
        assert states(repo) in (before, [*before, right])
        assert content(out) != right


def test_a_shard_swapped_during_an_upload_in_chunks_is_not_published(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: Converted, out: Path
) -> None:
    quick(monkeypatch)
    for desk in open_desk("xet", tmp_path, monkeypatch):
        repo = desk.hold(old.out)
        before = states(repo)
        desk.local.before = lambda method, path: swap(out / SHARD) if "xet-write-token" in path else None
        with pytest.raises(MedsegError, match="during the push: nothing of it is published"):
            desk.push(out)
        assert states(repo) == before


def test_a_shard_swapped_between_the_check_and_the_upload_is_not_published(desk: Desk, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.local.create(desk.repo_id)
    desk.local.before = lambda method, path: swap(out / SHARD) if "validate-yaml" in path else None
    with pytest.raises(MedsegError, match="during the push: nothing of it is published"):
        desk.push(out)
    assert states(desk.repo) == [{}]


def test_a_shard_swapped_between_the_license_and_the_check_is_refused(desk: Desk, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The license is decided for one dataset, and another one is checked and uploaded: both are read under one stamp."""

    def examine(folder: Path, witnesses: Witnesses) -> Examined:
        swap(out / SHARD)
        return unread(folder, witnesses)

    monkeypatch.setattr(PUSH, "examine", examine)
    with pytest.raises(Refused, match="was changed or replaced while it was checked"):
        desk.push(out)
    assert all(method in READ_ONLY for method, _, _ in desk.local.seen)


def put_in_place(path: Path) -> None:
    """Writes over a file where it lies, and sets its time back."""
    state = path.stat()
    with path.open("r+b") as file:
        file.seek(state.st_size // 2)
        file.write(b"somebody else's")
    os.utime(path, ns=(state.st_atime_ns, state.st_mtime_ns))


def link(path: Path) -> None:
    """Puts a link to another file of the same size under the name."""
    other = path.parent.parent.parent / f"elsewhere-{path.name}"
    other.write_bytes(path.read_bytes()[:-9] + b"X" + path.read_bytes()[-8:])
    path.unlink()
    path.symlink_to(other)


def grow(path: Path) -> None:
    """Adds to a file, which stays readable as what it was."""
    with path.open("ab") as file:
        file.write(b" ")


@pytest.mark.parametrize("change", [swap, put_in_place, link, grow, Path.unlink], ids=lambda one: one.__name__)
@pytest.mark.parametrize(
    ("way", "name"), [("xet", SHARD), *(("lfs", name) for name in (SHARD, "report.json", "README.md", "croissant.json", FILE))]
)
def test_what_changes_after_it_was_checked_is_not_published(
    way: str, change: Callable[[Path], None], name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, out: Path
) -> None:
    quick(monkeypatch)
    for desk in open_desk(way, tmp_path, monkeypatch):
        desk.local.create(desk.repo_id)
        waiting = [change]
        desk.local.before = lambda method, path, waiting=waiting: waiting.pop()(out / name) if waiting and "validate-yaml" in path else None
        with pytest.raises(MedsegError, match="during the push"):
            desk.push(out)
        assert states(desk.repo) == [{}]


def test_a_shard_that_is_rewritten_while_it_is_read_is_not_published(desk: Desk, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It holds other rows when it is uploaded; the file system does not tell, and the preview shows none of them: the hash does."""
    monkeypatch.setattr(PUSH, "examine", examine)
    monkeypatch.setattr(content_of_files, "stamp_of", lambda path: (1,))
    monkeypatch.setattr(gate, "stamp_of", lambda path: (1,))
    monkeypatch.setattr(shards, "stamp_of", lambda path: (1,))
    reading = shards.RowCheck.row

    def meanwhile(self: Any, row: Any) -> Any:
        put_in_place(out / SHARD)
        return reading(self, row)

    monkeypatch.setattr(shards.RowCheck, "row", meanwhile)
    monkeypatch.setattr(verifying, "check_preview", lambda *given: None)
    with pytest.raises(MedsegError, match="was changed during the push: nothing of it is published"):
        desk.push(out)
    assert states(desk.repo) == [{}]


def test_the_license_is_decided_for_the_rows_that_are_read(desk: Desk, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rows of another source under a seal that fits, which nobody but who reads them sees."""
    described = read_shard(str(out / SHARD))
    assert described is not None
    table = pq.read_table(out / SHARD)
    at = table.schema.get_field_index("source_file")
    table = table.set_column(at, table.schema.field(at), pa.array(["masks/cju0qkwl35piu0993l0dewei2.jpg"] * table.num_rows))
    forged(out / SHARD, table, described[0])
    with pytest.raises(Refused, match="comes from"):
        desk.push(out)
    assert all(method in READ_ONLY for method, _, _ in desk.local.seen)
    # The same where they are read in another process.
    monkeypatch.setattr(verifying, "SMALL", 0)
    (out / SHARD).rename(out / SHARD.replace("of-00001", "of-00002"))
    shutil.copy(out / SHARD.replace("of-00001", "of-00002"), out / SHARD.replace("00000-of-00001", "00001-of-00002"))
    held = gate.look(out)
    told = [shard.witness for shard in examine(out, witnesses=held.every_row).shards]
    with pytest.raises(Refused, match="comes from"):
        gate.check_rows(held, [one for one in told if isinstance(one, Rows)])
    with pytest.raises(Refused, match="not those that the license was decided for"):
        gate.check_rows(held, [])


def test_a_file_that_was_not_checked_is_not_pushed(desk: Desk, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def examine(folder: Path, witnesses: Witnesses) -> Examined:
        examined = unread(folder, witnesses)
        del examined.files[OVERVIEW]
        return examined

    monkeypatch.setattr(PUSH, "examine", examine)
    with pytest.raises(Refused, match=r"overview\.png was not checked"):
        desk.push(out)


def test_what_could_not_be_read_is_not_pushed(desk: Desk, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def examine(folder: Path, witnesses: Witnesses) -> Examined:
        examined = unread(folder, witnesses)
        examined.result.warnings.append(Finding("volumes", SHARD, "", "its volumes are not read.", "Run: pip install 'hf-medseg[nifti]'"))
        return examined

    monkeypatch.setattr(PUSH, "examine", examine)
    with pytest.raises(Refused, match="pip install"):
        desk.push(out)


# --- the owner's words ------------------------------------------------------------------------------------------------------------------


def edit(desk: Desk, old: Converted) -> None:
    """Somebody adds a line to the card on the Hub."""
    card = (old.out / CARD).read_bytes()
    desk.repo.put("a word of ours", **{CARD: card + b"\nAsk Jane before you use the left eyes.\n"})


def test_a_card_that_was_edited_on_the_hub_is_not_overwritten_unasked(desk: Desk, old: Converted, new: Converted) -> None:
    desk.push(old.out)
    edit(desk, old)
    before = states(desk.repo)
    for options in ({}, {"dry_run": True}, {"delete_others": True}):
        with pytest.raises(Refused, match=r"(?s)edited on the Hub.*- Ask Jane before you use the left eyes\..*--replace-card"):
            desk.push(new.out, **options)
    assert states(desk.repo) == before
    desk.push(new.out, replace_card=True)
    assert desk.repo.content() == content(new.out)


def test_a_card_that_nobody_edited_is_brought_up_to_date(desk: Desk, old: Converted, new: Converted) -> None:
    desk.push(old.out)
    desk.repo.put("somebody else's file", **{"notes.txt": b"x"})
    desk.push(new.out)
    assert {**content(new.out)}.items() <= desk.repo.content().items()


def test_an_edit_that_was_taken_over_needs_no_word(desk: Desk, old: Converted, out: Path) -> None:
    desk.push(out)
    # What the Hub has, with a word more: the card there calls the dataset by its name.
    card = (out / CARD).read_bytes().replace(b'load_dataset("PATH"', f'load_dataset("{desk.repo_id}"'.encode())
    edited = card.replace(b"`PATH` is this folder, or this dataset's name on the Hub.\n\n", b"") + b"\nAsk Jane.\n"
    desk.repo.put("a word of ours", **{CARD: edited})
    (out / CARD).write_bytes(edited)
    assert not desk.push(out).change


def test_a_card_that_somebody_began_by_hand_is_theirs(desk: Desk, new: Converted) -> None:
    desk.local.create(desk.repo_id).put("begun", **{CARD: b"---\nlicense: cc-by-4.0\n---\nSoon here.\n"})
    with pytest.raises(Refused, match="- Soon here"):
        desk.push(new.out)
    assert "data" not in {name.partition("/")[0] for name in desk.repo.content()}


def test_an_edit_while_the_data_are_uploaded_is_seen(desk: Desk, old: Converted, new: Converted) -> None:
    desk.push(old.out)
    begun: list[str] = []

    def meanwhile(method: str, path: str) -> None:
        if "/commit/" in path and not begun:
            begun.append(path)
            edit(desk, old)

    desk.local.before = meanwhile
    with pytest.raises(Refused, match="Ask Jane"):
        desk.push(new.out)
    assert desk.repo.content()[CARD] != content(new.out)[CARD]


def test_the_command_takes_the_word(desk: Desk, old: Converted, new: Converted, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    desk.push(old.out)
    edit(desk, old)
    api = desk.api
    monkeypatch.setattr("huggingface_hub.HfApi", lambda **_: api)
    assert main(["push", str(new.out), "--repo", desk.repo_id]) == 2
    assert "Ask Jane" in capsys.readouterr().err
    assert main(["push", str(new.out), "--repo", desk.repo_id, "--replace-card"]) == 0


# --- whose error it is ------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [RuntimeError("ours"), ValueError("ours"), TypeError("ours"), json.JSONDecodeError("ours", "", 0)])
@pytest.mark.parametrize("where", ["check_free", "check_card", "commit", "check_commit"])
def test_an_error_of_ours_is_neither_waited_for_nor_called_the_networks(
    desk: Desk, new: Converted, monkeypatch: pytest.MonkeyPatch, error: Exception, where: str
) -> None:
    calls: list[str] = []

    def fail(*given: Any) -> None:
        calls.append(where)
        raise error

    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    monkeypatch.setattr(PUSH, where, fail)
    with pytest.raises(type(error), match="ours"):
        desk.push(new.out)
    assert (calls, slept) == ([where], [])


def test_an_error_of_ours_inside_a_question_is_not_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    for error in (RuntimeError("ours"), ValueError("ours"), KeyError("ours"), json.JSONDecodeError("ours", "", 0), OSError("disk")):

        def call(error: Exception = error) -> None:
            raise error

        with pytest.raises(type(error)):
            RETRY.ask("asking", call, lambda text: None)
    assert slept == []


def test_an_error_of_the_chunk_transport_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """It raises bare RuntimeErrors out of compiled code; the last line of Python is the client's."""
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    client: dict[str, Any] = {"__name__": "huggingface_hub._commit_api"}
    exec("def upload():\n    raise RuntimeError('CAS service error : broken pipe')", client)
    with pytest.raises(RuntimeError):
        RETRY.ask("uploading", client["upload"], lambda text: None)
    assert slept == [1, 2, 4, 8, 16, 32, 60]
    for error, retried in ((ConnectionResetError("reset"), True), (TimeoutError("slow"), True), (PermissionError("no"), False)):
        assert (RETRY.wait_of(error, 0) is not None) is retried


# --- faults -----------------------------------------------------------------------------------------------------------------------------

ONCE: tuple[Kind, ...] = ("429", "429 ratelimit", "429 retry-after", "500", "drop before", "drop after", "cut")
LASTING: tuple[Kind, ...] = ("drop before", "drop after", "500", "401 expired", "403 quota")


def requests_of_a_push(desk: Desk, out: Path) -> int:
    """How many requests one push makes; the repository is as before afterwards."""
    repo, store = desk.local.repos.get(desk.repo_id), desk.local.store
    kept = (list(repo.commits), dict(repo.tags), repo.private, list(repo.history)) if repo else None
    objects = {path.name for path in store.objects.iterdir()}
    desk.local.seen.clear()
    desk.push(out, tag="v1")
    count = sum(path != HARNESSES for _, path, _ in desk.local.seen)
    for path in store.objects.iterdir():
        if path.name not in objects:
            path.unlink()
    if kept is None:
        del desk.local.repos[desk.repo_id]
    else:
        assert repo is not None
        repo.commits[:], repo.tags, repo.private, repo.history[:] = kept[0], kept[1], kept[2], kept[3]
    desk.local.seen.clear()
    desk.local.faults.clear()
    return count


def check_after_a_fault(desk: Desk, out: Path, commits: list[dict[str, str]], others: dict[str, str]) -> None:
    """The old dataset untouched or the new one whole; a rerun ends in exactly one new commit."""
    wanted = {**content(out), **others}
    repo = desk.local.repos.get(desk.repo_id)
    if repo is not None:
        assert states(repo) in (commits, [*commits, wanted], [{}])
        readable = [head for private, _, head in repo.history[len(commits) :] if not private]
        whole = {one.oid for one, state in zip(repo.commits, states(repo), strict=True) if state == wanted or state in commits[1:]}
        assert set(readable) <= whole, "readers saw an unfinished dataset"
    desk.local.faults.clear()
    desk.push(out, tag="v1")
    repo = desk.repo
    assert states(repo) == [*commits, wanted]
    assert repo.tags == {"v1": repo.head.oid}
    assert not repo.private
    sent = [path for method, path, status in desk.local.seen if method == "PUT" and path.startswith("/storage") and status == 200]
    assert len(sent) == len(set(sent)), "a file was uploaded twice"


@pytest.mark.parametrize("start", ["over an old one", "new"])
@pytest.mark.parametrize("kind", [*ONCE, "409", "412"])
def test_one_fault_at_any_request(desk: Desk, old: Converted, new: Converted, start: str, kind: Kind) -> None:
    try_every_request(desk, old if start == "over an old one" else None, new, kind, 1)


@pytest.mark.parametrize("start", ["over an old one", "new"])
@pytest.mark.parametrize("kind", LASTING)
def test_a_lasting_fault_from_any_request_on(desk: Desk, old: Converted, new: Converted, start: str, kind: Kind) -> None:
    try_every_request(desk, old if start == "over an old one" else None, new, kind, 10**9)


def try_every_request(desk: Desk, old: Converted | None, new: Converted, kind: Kind, times: int) -> None:
    def prepare() -> tuple[list[dict[str, str]], dict[str, str]]:
        desk.local.repos.clear()
        for path in desk.local.store.objects.iterdir():
            path.unlink()
        desk.local.seen.clear()
        desk.local.faults.clear()
        if old is None:
            return [{}], {}
        repo = desk.hold(old.out, notes__txt=b"mine")
        return states(repo), {"notes.txt": repo.head.files["notes.txt"].oid}

    prepare()
    count = requests_of_a_push(desk, new.out)
    assert count > 12
    for number in range(count):
        commits, others = prepare()
        fault = desk.fail(kind, skip=number, times=times)
        with contextlib.suppress(MedsegError):
            desk.push(new.out, tag="v1")
        assert fault.fired, f"request {number} was not made"
        check_after_a_fault(desk, new.out, commits, others)


@pytest.mark.parametrize("kind", [*ONCE, "401 expired", "403 quota"])
def test_faults_of_the_chunk_transport(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: Converted, new: Converted, kind: Kind) -> None:
    quick(monkeypatch)
    for desk in open_desk("xet", tmp_path, monkeypatch):
        repo = desk.hold(old.out, notes__txt=b"mine")
        commits, others = states(repo), {"notes.txt": repo.head.files["notes.txt"].oid}
        fault = desk.fail(kind, lambda method, path: "xet-write-token" in path or "/commit/" in path, times=2)
        with contextlib.suppress(MedsegError):
            desk.push(new.out, tag="v1")
        assert fault.fired
        check_after_a_fault(desk, new.out, commits, others)
        large = sum(path.stat().st_size for path in new.out.rglob("*.parquet"))
        assert desk.local.store.chunk_bytes() < 1.1 * large, "chunks were uploaded twice"


def test_a_commit_whose_answer_was_lost_is_found(either: Desk, new: Converted) -> None:
    either.fail("drop after", lambda method, path: "/commit/" in path)
    pushed = either.push(new.out, tag="v1")
    assert states(either.repo) == [{}, content(new.out)]
    assert either.repo.tags == {"v1": pushed.commit}
    assert pushed.change.adds


@pytest.mark.parametrize(("kind", "waited"), [("429 ratelimit", 3), ("429 retry-after", 3), ("429 text", 121), ("429", 1)])
def test_a_rate_limit_is_waited_for_as_told(desk: Desk, new: Converted, monkeypatch: pytest.MonkeyPatch, kind: Kind, waited: int) -> None:
    slept: list[float] = []
    monkeypatch.setattr("time.sleep", slept.append)
    desk.fail(kind, lambda method, path: "/commit/" in path)
    desk.push(new.out)
    assert slept == [waited]
    assert states(desk.repo) == [{}, content(new.out)]


def test_a_full_quota_and_an_expired_token_are_told_in_words(desk: Desk, new: Converted) -> None:
    desk.fail("403 quota", lambda method, path: path.endswith("/batch"), times=9)
    with pytest.raises(MedsegError, match=r"storage limit reached.*Run the same command again"):
        desk.push(new.out)
    desk.local.faults.clear()
    shut = desk.fail("403 quota", lambda method, path: method == "PUT" and path.startswith("/storage/"), times=10**9)
    with pytest.raises(MedsegError, match=r"Error while uploading .*: 403: Private repository storage limit reached"):
        desk.push(new.out)
    assert shut.fired <= RETRY.TRIES * len(list(new.out.rglob("*.parquet"))), "an upload that was given up was begun again"
    desk.local.faults.clear()
    desk.fail("401 expired", lambda method, path: "/commit/" in path, times=9)
    with pytest.raises(MedsegError, match="Invalid credentials"):
        desk.push(new.out)
    assert states(desk.repo) == [{}]


# --- other people at the same time ------------------------------------------------------------------------------------------------------


def test_somebody_elses_commit_meanwhile_is_kept(either: Desk, old: Converted, new: Converted) -> None:
    repo = either.hold(old.out)
    happened: list[str] = []

    def meanwhile(method: str, path: str) -> None:
        if "/commit/" in path and not happened:
            happened.append(path)
            repo.put("theirs", **{"notes.txt": b"theirs"})

    either.local.before = meanwhile
    either.push(new.out)
    assert either.local.calls("POST", "/commit/") == [412, 200]
    assert repo.content() == {**content(new.out), "notes.txt": repo.content()["notes.txt"]}
    assert len(repo.commits) == 4


def test_a_stale_shard_that_somebody_deleted_meanwhile_is_no_obstacle(desk: Desk, old: Converted, new: Converted) -> None:
    repo = desk.hold(old.out)
    stale = sorted(set(content(old.out)) - set(content(new.out)))[0]

    def meanwhile(method: str, path: str) -> None:
        if "/commit/" in path and stale in repo.head.files:
            repo.commit("theirs", {name: blob for name, blob in repo.head.files.items() if name != stale})

    desk.local.before = meanwhile
    desk.push(new.out)
    assert repo.content() == content(new.out)


def test_two_pushers_never_mix(desk: Desk, old: Converted, new: Converted) -> None:
    desk.local.create(desk.repo_id)
    together = threading.Barrier(2)
    met = threading.local()

    def meanwhile(method: str, path: str) -> None:
        if "/commit/" in path and not getattr(met, "once", False):
            met.once = True
            together.wait(20)

    desk.local.before = meanwhile
    wrong: list[BaseException] = []

    def push(out: Path) -> None:
        try:
            desk.push(out)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=push, args=(one.out,)) for one in (old, new)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong
    found = states(desk.repo)
    assert found[0] == {}
    assert sorted(map(json.dumps, found[1:])) == sorted(map(json.dumps, (content(old.out), content(new.out)))) or found[-1] in found[1:]
    assert all(state in (content(old.out), content(new.out)) for state in found[1:])
