"""A dataset repository on the Hub: what is in it, what a commit has to change, and its settings."""

from __future__ import annotations

import difflib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from hf_medseg.catalog.tables import config_folder
from hf_medseg.dataset.content import Content
from hf_medseg.dataset.folder import CARD, CROISSANT, NAMES, OVERVIEW, PREVIEW, REPORT, SHARD
from hf_medseg.dataset.temporary import temporary_folder
from hf_medseg.errors import MedsegError, Refused
from hf_medseg.publishing.gate import Held
from hf_medseg.publishing.retry import Result, Say, ask, status_of

if TYPE_CHECKING:
    from huggingface_hub import HfApi

Gating = Literal["auto", "manual"]

WRITTEN_BY = "Written by hf_medseg"  # how the message of every commit of ours begins
_GIT = ".gitattributes"  # says which files are large ones: never deleted
_LINES_OF_A_DIFFERENCE = 40
_PATIENCE = 10.0  # seconds, for the first answer: a network that swallows everything is none


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


@dataclass(frozen=True)
class Wanted:
    """What the repository shall hold.

    Attributes:
        held: the dataset.
        files: its files, as they were checked.
        delete_others: whether everything else goes.
        replace_card: whether a card that somebody edited on the Hub may be overwritten.
    """

    held: Held
    files: Mapping[str, Content]
    delete_others: bool = False
    replace_card: bool = False

    @property
    def folders(self) -> set[str]:
        """The folders in which a conversion of this dataset writes shards."""
        named = {name.partition("/")[0] for name in self.held.shards}
        if self.held.source.from_about is None:
            named |= {config_folder(config, self.held.edition) for config in self.held.edition.reading.configs}
        return named

    def change(self, remote: Remote | None) -> Change:
        """What has to happen to a repository as it is; None for one that is not there."""
        there = remote.files if remote else {}
        adds = tuple(name for name, file in self.files.items() if there.get(name) not in (file.sha256, file.git_sha1 or file.sha256))
        rest = [name for name in there if name not in self.files and name != _GIT]
        folders = self.folders
        deletes = tuple(sorted(name for name in rest if self.delete_others or _is_stale(name, folders)))
        return Change(adds, deletes, tuple(sorted(set(rest) - set(deletes))))


def _is_stale(name: str, folders: set[str]) -> bool:
    """Whether a conversion of this dataset wrote such a file: it would be read beside the new ones."""
    folder, _, last = name.rpartition("/")
    if not folder or name == OVERVIEW:
        return name in (CROISSANT, REPORT, NAMES, OVERVIEW)
    return folder in (*folders, "data", PREVIEW) and (last == NAMES or SHARD.fullmatch(last) is not None)


class Repository:
    """One repository, asked through a client; every question may be asked again."""

    def __init__(self, api: HfApi, repo: str, say: Say) -> None:
        self.api, self.repo, self.say = api, repo, say
        self.url = f"{api.endpoint}/datasets/{repo}"
        self._trees: dict[str, dict[str, str]] = {}
        self._answered = False  # whether the Hub has, to anything

    def _ask(self, what: str, call: Callable[[], Result]) -> Result:
        """Asks, again where that can help."""

        def heard() -> Result:
            try:
                answer = call()
            except Exception as error:
                self._answered |= status_of(error) is not None
                raise
            self._answered = True
            return answer

        return ask(what, heard, self.say, unanswered=not self._answered)

    # --- what is there ---

    def look(self) -> Remote | None:
        """The repository as it is; None if there is none.

        Raises:
            Refused: it has another name by now; the Hub still answers to the old one.
        """
        from huggingface_hub.errors import RepositoryNotFoundError

        try:
            info = self._ask("looking at the repository", lambda: self.api.repo_info(self.repo, repo_type="dataset", timeout=_PATIENCE))
        except RepositoryNotFoundError:
            return None
        if info.id != self.repo:
            raise Refused(f"{self.repo} was renamed, it is {info.id} now: name that one, which the card and its readers will call.")
        return Remote(str(info.sha), bool(info.private), info.gated or False, self.tree(str(info.sha)))

    def look_again(self) -> Remote:
        """The repository as it is.

        Raises:
            MedsegError: it was there, and is gone.
        """
        remote = self.look()
        if remote is None:
            raise MedsegError(f"{self.repo} is gone.")
        return remote

    def tree(self, revision: str) -> dict[str, str]:
        """The files of a commit; asked once, as a commit never changes."""
        if revision in self._trees:
            return self._trees[revision]
        from huggingface_hub.hf_api import RepoFile

        def call() -> list[Any]:
            return list(self.api.list_repo_tree(self.repo, recursive=True, revision=revision, repo_type="dataset"))

        entries = self._ask("listing the repository", call)
        files = {entry.path: entry.lfs.sha256 if entry.lfs else entry.blob_id for entry in entries if isinstance(entry, RepoFile)}
        self._trees[revision] = files
        return files

    def text(self, name: str, revision: str) -> str:
        """The text of a small file of a commit; not from a cache, which would answer for what is not there."""

        def call() -> str:
            with temporary_folder() as folder:
                path = self.api.hf_hub_download(self.repo, name, repo_type="dataset", revision=revision, cache_dir=folder)
                return Path(path).read_text(encoding="utf-8", errors="replace")

        return self._ask(f"reading {name} of the repository", call)

    def dataset(self, remote: Remote) -> tuple[str, str] | None:
        """Source and edition that the repository's `report.json` tells of; None without one."""
        if REPORT not in remote.files:
            return None
        try:
            report = json.loads(self.text(REPORT, remote.head))
            return report["source"], report["edition"] or ""
        except (json.JSONDecodeError, KeyError, TypeError):
            return None

    def edited_card(self, remote: Remote) -> bool:
        """Whether the card is not the one that our last commit wrote: then it holds somebody's own words."""
        if CARD not in remote.files:
            return False

        def call() -> str | None:
            commits = self.api.list_repo_commits(self.repo, repo_type="dataset", revision=remote.head)
            return next((str(commit.commit_id) for commit in commits if (commit.message or "").startswith(WRITTEN_BY)), None)

        last = self._ask("listing the commits", call)
        return last is None or self.tree(last).get(CARD) != remote.files[CARD]

    def difference_of_card(self, remote: Remote, mine: str) -> str:
        """The lines that a new card takes away from the one on the Hub, with a minus, and how many it adds."""
        lines = [line for line in difflib.ndiff(self.text(CARD, remote.head).splitlines(), mine.splitlines()) if line[0] in "+-"]
        gone = [line for line in lines if line[0] == "-"]
        more = [f"... and {len(gone) - _LINES_OF_A_DIFFERENCE:,} more lines"] if len(gone) > _LINES_OF_A_DIFFERENCE else []
        return "\n".join([*gone[:_LINES_OF_A_DIFFERENCE], *more, f"+ {len(lines) - len(gone):,} lines of this folder's card"])

    def refs(self) -> tuple[dict[str, str], set[str]]:
        """The commit that every tag names, and the branches."""
        refs = self._ask("listing the tags", lambda: self.api.list_repo_refs(self.repo, repo_type="dataset"))
        return {tag.name: tag.target_commit for tag in refs.tags}, {branch.name for branch in refs.branches}

    def who(self) -> dict[str, Any]:
        """Who asks, as the Hub knows them."""
        found: dict[str, Any] = self._ask("asking who we are", self.api.whoami)
        return found

    # --- what is set ---

    def create(self) -> None:
        """Makes the repository, private."""

        def call() -> None:
            try:
                self.api.create_repo(self.repo, repo_type="dataset", private=True)
            except Exception as error:
                if status_of(error) != 409:  # there already: an answer was lost
                    raise

        self._ask("making the repository", call)

    def check_write(self) -> None:
        """Asks whether we may write, where the client can."""
        if "write" in inspect.signature(self.api.auth_check).parameters:
            self._ask("asking whether we may write", lambda: self.api.auth_check(self.repo, repo_type="dataset", write=True))

    def set(self, *, private: bool | None, gated: Gating | None) -> None:
        """Sets visibility and gating where they are not as asked, and reads them back.

        Raises:
            MedsegError: they do not hold.
        """
        remote = self.look_again()
        asked: dict[str, Any] = {}
        if private is not None and remote.private != private:
            asked["private"] = private
        if gated is not None and remote.gated != gated:
            asked["gated"] = gated
        if not asked:
            return
        call = lambda: self.api.update_repo_settings(self.repo, repo_type="dataset", **asked)  # noqa: E731
        self._ask("setting visibility and gating", call)
        remote = self.look_again()
        told = {"private": remote.private, "gated": remote.gated}
        if wrong := [name for name, value in asked.items() if told[name] != value]:
            raise MedsegError(f"{self.repo}: {wrong[0]} is {told[wrong[0]]}, although {asked[wrong[0]]} was set. See {self.url}/settings.")

    def set_tag(self, tag: str, commit: str) -> None:
        """Lets a tag name a commit.

        Raises:
            MedsegError: somebody else set it to another one meanwhile.
        """

        def call() -> None:
            try:
                self.api.create_tag(self.repo, tag=tag, revision=commit, repo_type="dataset")
            except Exception as error:
                if status_of(error) != 409:  # there already: an answer was lost, or an earlier push set it
                    raise

        if self.refs()[0].get(tag) != commit:
            self._ask("setting the tag", call)
        if (named := self.refs()[0].get(tag)) != commit:
            raise MedsegError(f"The tag {tag} of {self.repo} names {named}, not our commit {commit}: somebody else set it meanwhile.")
