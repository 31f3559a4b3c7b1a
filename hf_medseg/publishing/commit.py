"""One commit: what was checked is uploaded, by its hash, and the repository is brought to the wanted state at once."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from hf_medseg import __version__
from hf_medseg.errors import MedsegError
from hf_medseg.publishing.preflight import check_free
from hf_medseg.publishing.repository import WRITTEN_BY, Change, Remote, Repository, Wanted
from hf_medseg.publishing.retry import TRIES, ask, backoff, code_of, reason_of, status_of, wait_of
from hf_medseg.words import counted

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete

_AT_ONCE, _FILES_AT_ONCE = 10**9, 32  # bytes and files handed over together: keeps memory flat, and progress visible
_IGNORE_NOTHING = "# every file of the dataset is meant\n"


def commit(repository: Repository, wanted: Wanted) -> tuple[str, Change]:
    """Brings the repository to the wanted state in one commit on top of a head that we have seen.

    Before every try the repository is compared with what is wanted: a commit whose answer was lost is there, and nothing is left
    to do; a commit of somebody else is seen, and ours goes on top of it or not at all.

    Returns:
        the commit that holds the dataset, and what had to be done.
    """
    first: Change | None = None
    head, operations = "", []
    for attempt in range(TRIES):
        remote = repository.look_again()
        change = wanted.change(remote)
        first = first or change
        sending = False
        if not change:
            return remote.head, first
        try:
            if remote.head != head:
                # What the client remembers of an upload holds for one head only.
                check_free(repository, wanted, remote, "")
                head, operations = remote.head, _uploaded(repository, wanted, change)
            sending = True
            return _send(repository, wanted, operations, head), first
        except Exception as error:
            raced = status_of(error) in (409, 412) or (status_of(error) == 404 and change.deletes and code_of(error) == "EntryNotFound")
            # What came before was asked as often as can help already.
            wait = backoff(attempt) if raced else wait_of(error, attempt) if sending else None
            if wait is None or attempt + 1 == TRIES:
                raise
            why = "somebody else changed the repository" if raced else reason_of(error)
            repository.say(f"commit: {why}; looking again in {wait:.0f} s")
            time.sleep(wait)
    raise MedsegError(f"{repository.repo} changes all the time: no commit came through in {TRIES} tries.")


def check_commit(repository: Repository, wanted: Wanted, commit: str) -> None:
    """Compares the repository at our commit, file by file, with what was meant.

    Raises:
        MedsegError: it is something else.
    """
    change = wanted.change(Remote(commit, True, False, repository.tree(commit)))
    if change:
        wrong = ", ".join((*change.adds, *change.deletes)[:5])
        raise MedsegError(f"{repository.repo} at {commit[:7]} is not what was pushed: {wrong}. Push again.")


def _send(repository: Repository, wanted: Wanted, operations: Sequence[CommitOperationAdd | CommitOperationDelete], head: str) -> str:
    rows = sum(outcome.tally.rows for _, outcome in wanted.held.shards.values())
    for operation in operations:
        _check_same(wanted, operation.path_in_repo)
    done = repository.api.create_commit(
        repository.repo,
        operations,
        commit_message=f"{wanted.held.label}: {counted(rows, 'row')}",
        commit_description=f"{WRITTEN_BY} {__version__}.",
        repo_type="dataset",
        parent_commit=head,
    )
    return str(done.oid)


def _uploaded(repository: Repository, wanted: Wanted, change: Change) -> list[CommitOperationAdd | CommitOperationDelete]:
    """Uploads the large files, a few at a time; what the Hub has already is not sent again."""
    from huggingface_hub import CommitOperationDelete

    adds: list[CommitOperationAdd] = []
    done, size = 0, sum(wanted.files[name].size for name in change.adds)
    for batch in _batches(wanted, change.adds):
        some = [_addition(wanted, name) for name in batch]
        sent = len(adds) + len(some)
        repository.say(f"uploading {sent:,} of {counted(len(change.adds), 'file')} ({done / 1e6:,.1f} of {size / 1e6:,.1f} MB done)")

        def call(some: list[CommitOperationAdd] = some) -> None:
            # A .gitignore of the repository would make files vanish without a word.
            repository.api.preupload_lfs_files(
                repository.repo, some, repo_type="dataset", free_memory=False, gitignore_content=_IGNORE_NOTHING
            )

        ask("uploading", call, repository.say)
        for addition in some:
            _check_sent(wanted, addition)
        adds += some
        done += sum(wanted.files[name].size for name in batch)
    return [*adds, *(CommitOperationDelete(name, is_folder=False) for name in change.deletes)]


def _addition(wanted: Wanted, name: str) -> CommitOperationAdd:
    """A small file goes as the bytes that were checked; a shard by its path, and the client hashes what it reads.

    Its hash is known, and is not handed over: the client would send whatever it reads under that name, and hash nothing itself.
    """
    from huggingface_hub import CommitOperationAdd

    _check_same(wanted, name)
    file = wanted.files[name]
    return CommitOperationAdd(name, str(file.path) if file.data is None else file.data)


def _check_sent(wanted: Wanted, addition: CommitOperationAdd) -> None:
    """What the client read and sent is what was checked: by the hash that it took while it did."""
    name = addition.path_in_repo
    if addition.upload_info.sha256.hex() != wanted.files[name].sha256:
        raise MedsegError(f"{wanted.files[name].path} was changed during the push: nothing of it is published. Verify, and push again.")
    _check_same(wanted, name)


def _check_same(wanted: Wanted, name: str) -> None:
    """A file is still the one that was checked; of a file to delete there is nothing to say."""
    if name in wanted.files and not wanted.files[name].unchanged:
        path = wanted.files[name].path
        raise MedsegError(f"{path} changed during the push: nothing of it is published. Leave the folder alone and push again.")


def _batches(wanted: Wanted, names: Sequence[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for name in names:
        if batch and (len(batch) == _FILES_AT_ONCE or size + wanted.files[name].size > _AT_ONCE):
            yield batch
            batch, size = [], 0
        batch.append(name)
        size += wanted.files[name].size
    if batch:
        yield batch
