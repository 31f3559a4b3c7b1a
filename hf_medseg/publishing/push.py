"""The push: a converted dataset onto the Hub, in one commit, or not at all."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import re
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeVar

import pyarrow.parquet as pq

from hf_medseg import __version__
from hf_medseg.catalog.tables import config_folder
from hf_medseg.dataset import lock
from hf_medseg.dataset.folder import CARD, NAMES, OVERVIEW, PREVIEW, REPORT, SHARD, Output
from hf_medseg.errors import MedsegError, Refused
from hf_medseg.publishing import gate
from hf_medseg.publishing.gate import Held
from hf_medseg.publishing.load_back import ROWS, load_back
from hf_medseg.raw.tree import natural

if TYPE_CHECKING:
    from huggingface_hub import CommitOperationAdd, CommitOperationDelete, HfApi

Gating = Literal["auto", "manual"]
Say = Callable[[str], None]
Result = TypeVar("Result")

_GIT = ".gitattributes"  # says which files are large ones: never deleted
_TRIES = 8
_AT_ONCE, _FILES_AT_ONCE = 10**9, 32  # bytes and files handed over together: keeps memory flat, and progress visible
_LONGEST_WAIT = 3700.0  # the Hub counts commits by the hour
_LARGEST_FILE, _MOST_IN_FOLDER = 50 * 10**9, 10_000  # the Hub's limits
_IGNORE_NOTHING = "# every file of the dataset is meant\n"
# The client library has changed its HTTP library before; none of these errors is an OSError in all of them.
_TRANSPORT = {"httpx", "httpx2", "httpcore", "httpcore2", "requests", "urllib3", "hf_xet"}


@dataclass(frozen=True)
class Local:
    """A file as it shall be on the Hub."""

    path: Path
    size: int
    sha256: str
    git_sha1: str


@dataclass(frozen=True)
class Remote:
    """A repository as it is: `files` holds the SHA-256 of large files and git's SHA-1 of regular ones, by path."""

    head: str
    private: bool
    gated: str | Literal[False]
    files: Mapping[str, str]


@dataclass(frozen=True)
class Change:
    """What one commit has to do.

    Attributes:
        adds: files to write.
        deletes: files of an older state of this dataset to remove, and other people's where that was asked for.
        others: other people's files, left alone.
    """

    adds: tuple[str, ...]
    deletes: tuple[str, ...]
    others: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.adds or self.deletes)


@dataclass
class Pushed:
    """What a push did, or with `dry_run` would do.

    Attributes:
        commit: the commit that holds the dataset; empty after a dry run.
        change: what was written and deleted.
        lines: the same in words.
    """

    repo: str
    url: str
    held: Held
    change: Change
    files: Mapping[str, Local]
    tag: str = ""
    commit: str = ""
    lines: list[str] = field(default_factory=list)

    @property
    def call(self) -> str:
        """The line of Python that loads the dataset."""
        return f'datasets.load_dataset("{self.repo}"' + (f', revision="{self.tag}")' if self.tag else ")")


def push(
    out: str | os.PathLike[str],
    repo: str,
    *,
    private: bool = False,
    gated: Gating | None = None,
    tag: str = "",
    dry_run: bool = False,
    allow_noncommercial: bool = False,
    allow_rejected: bool = False,
    allow_incomplete: bool = False,
    delete_others: bool = False,
    api: HfApi | None = None,
    say: Say | None = None,
) -> Pushed:
    """Publishes a converted dataset, if its license allows it.

    Readers see the old dataset or the new one, never a mixture. A push that was broken off is finished by the same call.

    Args:
        out: the folder of a finished conversion.
        repo: where to, `namespace/name`; made if it is not there.
        private: whether the repository shall be private; it is public otherwise. A new one stays private until it is complete.
        gated: whether readers must ask for access; None leaves that as it is.
        tag: name for this state; set last.
        dry_run: only find out what would happen.
        allow_noncommercial: the user says that a non-commercial license is understood.
        allow_rejected: the user says that rejected cases may be missing.
        allow_incomplete: the user says that the dataset need not be whole: a limit may have left cases out, or they were rejected.
        delete_others: also delete everything in the repository that is not of this dataset.
        api: client of the Hub; the default one with the stored token if None.
        say: told in words what happens.

    Raises:
        Refused: nothing was written: the license, the folder, the token or the repository does not allow it.
        MedsegError: broken off, or what is there is not what was meant.
    """
    say = say or (lambda text: None)
    if not re.fullmatch(r"[\w.-]+/[\w.-]+", repo):
        raise Refused(f"{repo!r}: a repository is NAMESPACE/NAME, such as my-lab/chase-db1.")
    with lock.reading(Output(Path(out))):  # no conversion may begin there meanwhile
        held = gate.check(out, allow_noncommercial=allow_noncommercial)
        root = Path(out)
        if not allow_incomplete:
            _check_complete(root, held, allow_rejected)
        say(f"{held.label}: license {held.license.id}, tier {held.license.tier}. Reading every row back.")
        _check_verified(root)
        files = {name: _measured(root / name) for name in held.files}
        _check_limits(files)
        if api is None:
            from huggingface_hub import HfApi

            api = HfApi(library_name="hf_medseg", library_version=__version__)
        desk = _Desk(api, repo, held, files, delete_others, say)
        return desk.rehearse(private, gated, tag) if dry_run else desk.push(private, gated, tag)


# --- before anything is written ---------------------------------------------------------------------------------------------------------


def _check_complete(root: Path, held: Held, allow_rejected: bool) -> None:
    sections = Output(root).report().get("configs", {}).values()
    rejected = {one["image_id"]: one for one in (*held.rejected, *(one for part in sections for one in part["rejected"]))}
    if rejected and not allow_rejected:
        some = ", ".join(sorted(rejected, key=natural)[:5])
        raise Refused(
            f"{len(rejected):,} cases were rejected ({some}{', ...' if len(rejected) > 5 else ''}): the dataset is not whole. "
            "Repair the raw tree and convert again, or say --allow-rejected."
        )
    limited = {(one.config, one.split): one for one, _ in held.shards.values() if one.limit}
    if limited:
        some = ", ".join(f"{one.limit:,} of {one.cases:,} cases of {config} / {split}" for (config, split), one in sorted(limited.items()))
        raise Refused(
            f"Only a part was converted ({some}): the dataset is not whole. Convert again without --limit, or say --allow-incomplete."
        )


def _check_verified(root: Path) -> None:
    from hf_medseg.verification.verify import verify

    result = verify(root)
    if not result.ok:
        shown = "\n".join(f"  {problem}" for problem in result.problems[:10])
        raise Refused(f"{root} does not keep its promises, so it is not pushed:\n{shown}\nConvert the raw tree again.")


def _check_limits(files: Mapping[str, Local]) -> None:
    for name, local in files.items():
        if local.size > _LARGEST_FILE:
            raise Refused(
                f"{name} has {local.size:,} bytes; the Hub takes {_LARGEST_FILE:,}. Convert again with a smaller --max-shard-size."
            )
    folders = [name.rpartition("/")[0] for name in files]
    for folder in set(folders):
        if folders.count(folder) > _MOST_IN_FOLDER:
            raise Refused(f"{folder} has more than {_MOST_IN_FOLDER:,} files. Convert again with a larger --max-shard-size.")


def _measured(path: Path) -> Local:
    """Size and hashes of a file, read once."""
    size = path.stat().st_size
    sha256, git = hashlib.sha256(), hashlib.sha1(b"blob %d\0" % size)
    large = path.suffix == ".parquet"  # compared by SHA-256 alone
    with path.open("rb") as file:
        while block := file.read(1 << 22):
            sha256.update(block)
            if not large:
                git.update(block)
    return Local(path, size, sha256.hexdigest(), "" if large else git.hexdigest())


# --- the repository ---------------------------------------------------------------------------------------------------------------------


class _Desk:
    """One dataset and one repository."""

    def __init__(self, api: HfApi, repo: str, held: Held, files: Mapping[str, Local], delete_others: bool, say: Say) -> None:
        self.api, self.repo, self.held, self.files = api, repo, held, files
        self.delete_others, self.say = delete_others, say
        self._trees: dict[str, dict[str, str]] = {}
        self.url = f"{api.endpoint}/datasets/{repo}"
        self._folders = {name.partition("/")[0] for name in held.shards}
        if held.source.from_about is None:
            self._folders |= {config_folder(config, held.edition) for config in held.edition.configs}

    # --- the two ways through ---

    def rehearse(self, private: bool, gated: Gating | None, tag: str) -> Pushed:
        """Finds out what a push would do; writes nothing."""
        with self._explained(written=False):
            remote = self._remote()
            change = self._compare(remote)
            self._check_remote(remote, change, tag)
        return Pushed(self.repo, self.url, self.held, change, self.files, tag, "", self._lines(remote, change, private, gated, tag))

    def push(self, private: bool, gated: Gating | None, tag: str) -> Pushed:
        """Makes the repository hold the dataset."""
        with self._explained(written=False):
            self._check_token()
            self._check_card()
            remote = self._remote()
            self._check_remote(remote, self._compare(remote), tag)
            if remote is None:
                self._create()
            self._check_write()
        with self._explained(written=True):
            return self._write(private, gated, tag)

    def _write(self, private: bool, gated: Gating | None, tag: str) -> Pushed:
        remote = self._there()
        lines = self._lines(remote, self._compare(remote), private, gated, tag)
        if private or gated:
            # Whatever keeps readers out is set before there is anything to read.
            self._set(private=True if private else None, gated=gated)
        commit, change = self._commit()
        self._check_commit(commit)
        self._load_back(commit)
        self._set(private=private, gated=gated)
        if tag:
            self._set_tag(tag, commit)
        return Pushed(self.repo, self.url, self.held, change, self.files, tag, commit, lines)

    # --- what is there ---

    def _remote(self) -> Remote | None:
        """The repository as it is; None if there is none."""
        from huggingface_hub.errors import RepositoryNotFoundError

        try:
            info = self._ask("looking at the repository", lambda: self.api.repo_info(self.repo, repo_type="dataset"))
        except RepositoryNotFoundError:
            return None
        return Remote(str(info.sha), bool(info.private), info.gated or False, self._tree(str(info.sha)))

    def _there(self) -> Remote:
        remote = self._remote()
        if remote is None:
            raise MedsegError(f"{self.repo} is gone.")
        return remote

    def _tree(self, revision: str) -> dict[str, str]:
        """The files of a commit; asked once, as a commit never changes."""
        if revision in self._trees:
            return self._trees[revision]
        from huggingface_hub.hf_api import RepoFile

        def ask() -> list[Any]:
            return list(self.api.list_repo_tree(self.repo, recursive=True, revision=revision, repo_type="dataset"))

        entries = self._ask("listing the repository", ask)
        files = {one.path: one.lfs.sha256 if one.lfs else one.blob_id for one in entries if isinstance(one, RepoFile)}
        self._trees[revision] = files
        return files

    def _compare(self, remote: Remote | None) -> Change:
        there = remote.files if remote else {}
        adds = tuple(name for name, local in self.files.items() if there.get(name) not in (local.sha256, local.git_sha1 or local.sha256))
        rest = [name for name in there if name not in self.files and name != _GIT]
        deletes = tuple(sorted(name for name in rest if self.delete_others or self._stale(name)))
        return Change(adds, deletes, tuple(sorted(set(rest) - set(deletes))))

    def _stale(self, name: str) -> bool:
        """Whether a conversion of this dataset wrote such a file: it would be read beside the new ones."""
        folder, _, last = name.rpartition("/")
        if not folder or name == OVERVIEW:
            return name in (REPORT, NAMES, OVERVIEW)
        return folder in (*self._folders, "data", PREVIEW) and (last == NAMES or SHARD.fullmatch(last) is not None)

    # --- preflight ---

    def _check_token(self) -> None:
        from huggingface_hub.errors import LocalTokenNotFoundError

        try:
            who = self._ask("asking who we are", self.api.whoami)
        except LocalTokenNotFoundError as error:
            raise Refused("A push needs a token that may write: run `hf auth login`, or set HF_TOKEN.") from error
        if who.get("auth", {}).get("accessToken", {}).get("role") == "read":
            raise Refused("The token may only read. Make one that may write at https://huggingface.co/settings/tokens.")

    def _check_write(self) -> None:
        if "write" in inspect.signature(self.api.auth_check).parameters:
            self._ask("asking whether we may write", lambda: self.api.auth_check(self.repo, repo_type="dataset", write=True))

    def _check_card(self) -> None:
        """Asks the Hub about the card before anything is uploaded in vain; it asks itself again with the commit."""
        from huggingface_hub import DatasetCard

        card = DatasetCard.load(self.files[CARD].path)
        try:
            card.validate(repo_type="dataset")
        except Exception as error:
            if _status(error) is None and type(error) is ValueError:
                raise Refused(f"{self.files[CARD].path}: the Hub does not take the card: {error}") from error
            if not _is_clients(error):
                raise

    def _check_remote(self, remote: Remote | None, change: Change, tag: str) -> None:
        """The repository is free for this dataset, and the tag is free for this state.

        Raises:
            Refused: one is not.
        """
        if remote is None:
            return
        if not self.delete_others:
            data = [name for name in remote.files if name.endswith(".parquet") and name.partition("/")[0] in (*self._folders, "data")]
            mine = (self.held.source.id, self.held.edition.name)
            if data and self._told(remote) != mine:
                raise Refused(
                    f"{self.repo} holds another dataset ({', '.join(data[:3])}{', ...' if len(data) > 3 else ''}). "
                    "Give another repository, or say --delete-others to replace everything in it."
                )
            if among := [name for name in change.others if name in data]:
                raise Refused(f"{among[0]} in {self.repo} lies among the shards and would be read with them. --delete-others deletes it.")
        if tag:
            named = self._tags().get(tag)
            if named is not None and (change or named != remote.head):
                raise Refused(f"The tag {tag} of {self.repo} names another state ({named[:7]}); tags do not move. Give another one.")

    def _told(self, remote: Remote) -> tuple[str, str] | None:
        """Source and edition that the repository's `report.json` tells of; None without one."""
        if REPORT not in remote.files:
            return None
        if remote.files[REPORT] == self.files[REPORT].git_sha1:
            return self.held.source.id, self.held.edition.name

        def ask() -> str:
            with tempfile.TemporaryDirectory(prefix="hf_medseg-") as folder:
                path = self.api.hf_hub_download(self.repo, REPORT, repo_type="dataset", revision=remote.head, cache_dir=folder)
                return Path(path).read_text(encoding="utf-8")

        try:
            report = json.loads(self._ask("reading the repository's report.json", ask))
            return report["source"], report["edition"] or ""
        except (json.JSONDecodeError, KeyError, TypeError):
            return None

    def _tags(self) -> dict[str, str]:
        refs = self._ask("listing the tags", lambda: self.api.list_repo_refs(self.repo, repo_type="dataset"))
        return {tag.name: tag.target_commit for tag in refs.tags}

    def _create(self) -> None:
        def ask() -> None:
            try:
                self.api.create_repo(self.repo, repo_type="dataset", private=True)
            except Exception as error:
                if _status(error) != 409:  # there already: an answer was lost
                    raise

        self._ask("making the repository", ask)

    # --- the commit ---

    def _commit(self) -> tuple[str, Change]:
        """Brings the repository to the wanted state in one commit on top of a head that we have seen.

        Before every try the repository is compared with what is wanted: a commit whose answer was lost is there, and nothing is left
        to do; a commit of somebody else is seen, and ours goes on top of it or not at all.
        """
        first: Change | None = None
        head, operations = "", []
        for attempt in range(_TRIES):
            remote = self._there()
            change = self._compare(remote)
            first = first or change
            if not change:
                return remote.head, first
            try:
                if remote.head != head:
                    # What the client remembers of an upload holds for one head only.
                    self._check_remote(remote, change, "")
                    head, operations = remote.head, self._uploaded(change)
                return self._send(operations, head), first
            except Exception as error:
                raced = _status(error) in (409, 412) or (_status(error) == 404 and change.deletes and _code(error) == "EntryNotFound")
                wait = _backoff(attempt) if raced else _wait(error, attempt)
                if wait is None or attempt + 1 == _TRIES:
                    raise
                self.say(f"commit: {'somebody else changed the repository' if raced else _reason(error)}; looking again in {wait:.0f} s")
                time.sleep(wait)
        raise MedsegError(f"{self.repo} changes all the time: no commit came through in {_TRIES} tries.")

    def _send(self, operations: Sequence[CommitOperationAdd | CommitOperationDelete], head: str) -> str:
        rows = sum(outcome.tally.rows for _, outcome in self.held.shards.values())
        done = self.api.create_commit(
            self.repo,
            operations,
            commit_message=f"{self.held.label}: {rows:,} rows",
            commit_description=f"Written by hf_medseg {__version__}.",
            repo_type="dataset",
            parent_commit=head,
        )
        return str(done.oid)

    def _uploaded(self, change: Change) -> list[CommitOperationAdd | CommitOperationDelete]:
        """Uploads the large files, a few at a time; what the Hub has already is not sent again."""
        from huggingface_hub import CommitOperationAdd, CommitOperationDelete

        adds: list[CommitOperationAdd] = []
        done, size = 0, sum(self.files[name].size for name in change.adds)
        for batch in self._batches(change.adds):
            some = []
            for name in batch:
                local = self.files[name]
                if local.path.stat().st_size != local.size:
                    raise MedsegError(f"{local.path} changed during the push. Leave the folder alone and push again.")
                addition = CommitOperationAdd(name, str(local.path))
                addition.upload_info.sha256 = bytes.fromhex(local.sha256)
                some.append(addition)
            self.say(f"uploading {len(adds) + len(some):,} of {len(change.adds):,} files ({done / 1e6:,.1f} of {size / 1e6:,.1f} MB done)")

            def ask(some: list[CommitOperationAdd] = some) -> None:
                # A .gitignore of the repository would make files vanish without a word.
                self.api.preupload_lfs_files(self.repo, some, repo_type="dataset", free_memory=False, gitignore_content=_IGNORE_NOTHING)

            self._ask("uploading", ask)
            adds += some
            done += sum(self.files[one.path_in_repo].size for one in some)
        return [*adds, *(CommitOperationDelete(name, is_folder=False) for name in change.deletes)]

    def _batches(self, names: Sequence[str]) -> Iterator[list[str]]:
        batch: list[str] = []
        for name in names:
            if batch and (len(batch) == _FILES_AT_ONCE or sum(self.files[one].size for one in (*batch, name)) > _AT_ONCE):
                yield batch
                batch = []
            batch.append(name)
        if batch:
            yield batch

    # --- after the commit ---

    def _check_commit(self, commit: str) -> None:
        """Compares the repository at our commit, file by file, with what was meant."""
        change = self._compare(Remote(commit, True, False, self._tree(commit)))
        if change:
            wrong = ", ".join((*change.adds, *change.deletes)[:5])
            raise MedsegError(f"{self.repo} at {commit[:7]} is not what was pushed: {wrong}. Push again.")

    def _load_back(self, commit: str) -> None:
        """Streams the first rows of every split from the Hub and compares them with the local ones."""
        expected = self._first_rows()
        self.say("loading the dataset back")
        from huggingface_hub import get_token

        token = self.api.token if isinstance(self.api.token, str) else get_token()
        splits = {config: list(rows) for config, rows in expected.items()}
        for attempt in range(_TRIES):
            try:
                found = load_back(self.api.endpoint, token, self.repo, commit, splits)
                break
            except MedsegError:
                if attempt == 2:
                    raise
                time.sleep(_backoff(attempt))
        if found != expected:
            raise MedsegError(f"{self.repo} at {commit[:7]} loads other rows than the folder: {found} instead of {expected}. Push again.")

    def _first_rows(self) -> dict[str, dict[str, list[str]]]:
        found: dict[str, dict[str, list[str]]] = {}
        for name, (identity, _) in sorted(self.held.shards.items()):
            ids = found.setdefault(identity.config, {}).setdefault(identity.split, [])
            if len(ids) < ROWS:
                with pq.ParquetFile(self.files[name].path) as file:
                    for batch in file.iter_batches(ROWS, columns=["image_id"]):
                        ids += batch["image_id"].to_pylist()[: ROWS - len(ids)]
                        if len(ids) == ROWS:
                            break
        return found

    def _set(self, *, private: bool | None, gated: Gating | None) -> None:
        """Sets visibility and gating where they are not as asked, and reads them back."""
        remote = self._there()
        asked: dict[str, Any] = {}
        if private is not None and remote.private != private:
            asked["private"] = private
        if gated is not None and remote.gated != gated:
            asked["gated"] = gated
        if not asked:
            return
        self._ask("setting visibility and gating", lambda: self.api.update_repo_settings(self.repo, repo_type="dataset", **asked))
        remote = self._there()
        found = {"private": remote.private, "gated": remote.gated}
        if wrong := [name for name, value in asked.items() if found[name] != value]:
            raise MedsegError(f"{self.repo}: {wrong[0]} is {found[wrong[0]]}, although {asked[wrong[0]]} was set. See {self.url}/settings.")

    def _set_tag(self, tag: str, commit: str) -> None:
        def ask() -> None:
            try:
                self.api.create_tag(self.repo, tag=tag, revision=commit, repo_type="dataset")
            except Exception as error:
                if _status(error) != 409:  # there already: an answer was lost, or an earlier push set it
                    raise

        if self._tags().get(tag) != commit:
            self._ask("setting the tag", ask)
        if (named := self._tags().get(tag)) != commit:
            raise MedsegError(f"The tag {tag} of {self.repo} names {named}, not our commit {commit}: somebody else set it meanwhile.")

    # --- words ---

    def _lines(self, remote: Remote | None, change: Change, private: bool, gated: Gating | None, tag: str) -> list[str]:
        license = self.held.license
        lines = [f"{self.held.label}: license {license.id}, tier {license.tier}"]
        if remote is None:
            lines.append(f"{self.repo}: a new repository, private until it is complete")
        else:
            lines.append(f"{self.repo}: {'private' if remote.private else 'public'}, head {remote.head[:7]}")
        there = remote.files if remote else {}
        lines += [f"  {'replace' if name in there else 'add'} {name} ({self.files[name].size:,} bytes)" for name in change.adds]
        lines += [f"  delete {name}" for name in change.deletes]
        lines += [f"  keep {name}" for name in self.files if name not in change.adds]
        if change.others:
            lines.append(f"  left alone: {', '.join(change.others)}")
        lines.append("in one commit" if change else "nothing to commit")
        lines.append(f"visibility: {'private' if private else 'public'}")
        lines.append(f"gated: {gated or (remote and remote.gated) or 'no'}")
        return [*lines, f"tag: {tag}"] if tag else lines

    # --- asking ---

    def _ask(self, what: str, call: Callable[[], Result]) -> Result:
        """Calls the Hub, again where that can help; the call must be one that may happen twice."""
        for attempt in range(_TRIES):
            try:
                return call()
            except Exception as error:
                wait = _wait(error, attempt)
                if wait is None or attempt + 1 == _TRIES:
                    raise
                self.say(f"{what}: {_reason(error)}; trying again in {wait:.0f} s")
                time.sleep(wait)
        raise AssertionError("unreachable")

    def _explained(self, *, written: bool) -> _Explained:
        return _Explained(self.repo, written)


@dataclass
class _Explained:
    """Turns what a client raises into words: refused before anything is written, broken off after."""

    repo: str
    written: bool

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        """Raises `Refused` or `MedsegError` in place of the client's error."""
        if error is None or isinstance(error, MedsegError) or not isinstance(error, Exception):
            return
        if not _is_clients(error):
            return
        status, reason = _status(error), _reason(error)
        if not self.written and status in (400, 401, 403, 404):
            raise Refused(f"{self.repo}: the Hub does not let us write there ({reason}). Check the name and the token.") from error
        after = "Readers see the dataset as it was, or whole as it shall be. Run the same command again: it carries on."
        raise MedsegError(f"The push to {self.repo} was broken off: {reason}. {after}") from error


def _is_clients(error: Exception) -> bool:
    root = type(error).__module__.partition(".")[0]
    return root in _TRANSPORT or root == "huggingface_hub" or isinstance(error, (ConnectionError, TimeoutError, RuntimeError, ValueError))


def _status(error: BaseException) -> int | None:
    """The HTTP status of an answer that said no; None where there was no answer."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def _code(error: BaseException) -> str:
    return str(error.response.headers.get("X-Error-Code", "")) if _status(error) and hasattr(error, "response") else ""


def _reason(error: Exception) -> str:
    """One line of what went wrong."""
    said = getattr(error, "server_message", None) or str(error) or type(error).__name__
    status = _status(error)
    return (f"{status}: " if status else "") + " ".join(str(said).split())[:300].rstrip(".")


def _backoff(attempt: int) -> float:
    return float(min(2**attempt, 60))


def _wait(error: Exception, attempt: int) -> float | None:
    """Seconds to wait before asking again; None where asking again cannot help."""
    status = _status(error)
    if status is None:
        root = type(error).__module__.partition(".")[0]
        broken = root in _TRANSPORT or isinstance(error, (ConnectionError, TimeoutError, RuntimeError, json.JSONDecodeError))
        return _backoff(attempt) if broken else None
    if status == 429:
        hint = _hint(error)
        return _backoff(attempt) if hint is None else hint + 1 if hint <= _LONGEST_WAIT else None
    return _backoff(attempt) if status == 408 or status >= 500 else None


_UNITS = {"s": 1, "m": 60, "h": 3600}


def _hint(error: Any) -> float | None:
    """Seconds that a 429 asks for: in a header, or, for the quota of commits, only in its text."""
    headers = error.response.headers
    if (match := re.search(r"r=0;\s*t=(\d+)", headers.get("ratelimit", ""))) is not None:
        return float(match[1])
    if (match := re.fullmatch(r"\d+", headers.get("Retry-After", ""))) is not None:
        return float(match[0])
    if (
        match := re.search(r"in (?:about )?(an?|\d+) (second|minute|hour)", str(getattr(error, "server_message", "") or error))
    ) is not None:
        return float((1 if match[1] in ("a", "an") else int(match[1])) * _UNITS[match[2][0]])
    return None
