"""The push: a converted dataset onto the Hub, in one commit, or not at all."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from hf_medseg import __version__
from hf_medseg.card import croissant
from hf_medseg.card.render import PATH_IS
from hf_medseg.dataset import lock
from hf_medseg.dataset.content import Content
from hf_medseg.dataset.folder import CARD, CROISSANT, Output
from hf_medseg.publishing import gate
from hf_medseg.publishing.commit import check_commit, commit
from hf_medseg.publishing.gate import Held
from hf_medseg.publishing.load_back import check_loads
from hf_medseg.publishing.preflight import check_card, check_complete, check_examined, check_free, check_limits, check_names, check_writer
from hf_medseg.publishing.repository import Change, Gating, Remote, Repository, Wanted
from hf_medseg.publishing.retry import Explained, Say
from hf_medseg.verification.verify import examine

if TYPE_CHECKING:
    from huggingface_hub import HfApi


_PATH_IS = f"{PATH_IS}\n\n".encode()


@dataclass(repr=False)
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
    files: Mapping[str, Content]
    tag: str = ""
    commit: str = ""
    lines: list[str] = field(default_factory=list)

    def __repr__(self) -> str:
        """What was done, in a few lines; `lines` has the rest."""
        done = f"commit {self.commit[:7]}" if self.commit else "nothing was written"
        files = f"{len(self.change.adds):,} files to write, {len(self.change.deletes):,} to delete"
        return f"{self.held.label} at {self.url}: {done}\n  {files}\n  {self.call}"

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
    replace_card: bool = False,
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
        replace_card: overwrite the card of the repository although somebody edited it there.
        api: client of the Hub; the default one with the stored token if None.
        say: told in words what happens.

    Raises:
        Refused: nothing was written: the license, the folder, the token or the repository does not allow it.
        MedsegError: broken off, or what is there is not what was meant.
    """
    say = say or (lambda text: None)
    check_names(repo, tag)
    with lock.reading(Output(Path(out))):  # no conversion may begin there meanwhile
        held = gate.allowed(gate.look(out), out, allow_noncommercial)
        if not allow_incomplete:
            check_complete(Output(Path(out)).report(), held, allow_rejected)
        if api is None:
            from huggingface_hub import HfApi

            api = HfApi(library_name="hf_medseg", library_version=__version__)
        repository = Repository(api, repo, say)
        with Explained(repo, repository.url, written=False):
            check_writer(repository)
        say(f"{held.label}: license {held.license.id}, tier {held.license.tier}. Reading every row back.")
        examined = examine(out, witnesses=held.every_row)
        check_examined(examined, held)
        check_limits(examined.files)
        files = {**examined.files, CARD: _addressed(examined.files[CARD], repo)}
        if CROISSANT in files:
            files[CROISSANT] = _hashed(files, held)
        wanted = Wanted(held, files, delete_others, replace_card)
        asked = _Asked(repository, wanted, private, gated, tag)
        return _rehearse(asked) if dry_run else _push(asked)


def _addressed(card: Content, repo: str) -> Content:
    """The card that was checked, with the repository's name in the calls where it says PATH: a reader copies them as they are."""
    return _of(card, (card.data or b"").replace(b'load_dataset("PATH"', f'load_dataset("{repo}"'.encode()).replace(_PATH_IS, b""))


def _hashed(files: Mapping[str, Content], held: Held) -> Content:
    """The Croissant description that was checked, with the hashes of the shards that are uploaded."""
    described = files[CROISSANT]
    shards = {name: (files[name].size, files[name].sha256) for name in held.shards}
    return _of(described, croissant.with_hashes((described.data or b"").decode(), shards).encode())


def _of(content: Content, data: bytes) -> Content:
    git = hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()
    return replace(content, size=len(data), sha256=hashlib.sha256(data).hexdigest(), git_sha1=git, data=data)


@dataclass(frozen=True)
class _Asked:
    """What the caller wants: which files where, and who may read them under which name."""

    repository: Repository
    wanted: Wanted
    private: bool
    gated: Gating | None
    tag: str

    def pushed(self, change: Change, commit: str, lines: list[str]) -> Pushed:
        """What is told in the end."""
        repository, wanted = self.repository, self.wanted
        return Pushed(repository.repo, repository.url, wanted.held, change, wanted.files, self.tag, commit, lines)


def _rehearse(asked: _Asked) -> Pushed:
    """Finds out what a push would do; writes nothing."""
    with Explained(asked.repository.repo, asked.repository.url, written=False):
        remote = asked.repository.look()
        change = check_free(asked.repository, asked.wanted, remote, asked.tag)
    return asked.pushed(change, "", _lines(asked, remote, change))


def _push(asked: _Asked) -> Pushed:
    """Makes the repository hold the dataset."""
    repository, wanted = asked.repository, asked.wanted
    with Explained(repository.repo, repository.url, written=False):
        check_card(wanted.files[CARD])
        remote = repository.look()
        check_free(repository, wanted, remote, asked.tag)
        if remote is None:
            repository.create()
        repository.check_write()
    with Explained(repository.repo, repository.url, written=True):
        return _write(asked)


def _write(asked: _Asked) -> Pushed:
    repository, wanted = asked.repository, asked.wanted
    remote = repository.look_again()
    lines = _lines(asked, remote, wanted.change(remote))
    if asked.private or asked.gated:
        # Whatever keeps readers out is set before there is anything to read.
        repository.set(private=True if asked.private else None, gated=asked.gated)
    oid, change = commit(repository, wanted)
    check_commit(repository, wanted, oid)
    check_loads(repository, wanted, oid)
    repository.set(private=asked.private, gated=asked.gated)
    if asked.tag:
        repository.set_tag(asked.tag, oid)
    return asked.pushed(change, oid, lines)


def _lines(asked: _Asked, remote: Remote | None, change: Change) -> list[str]:
    """What a push does, in words."""
    held, files = asked.wanted.held, asked.wanted.files
    lines = [f"{held.label}: license {held.license.id}, tier {held.license.tier}"]
    if remote is None:
        lines.append(f"{asked.repository.repo}: a new repository, private until it is complete")
    else:
        lines.append(f"{asked.repository.repo}: {'private' if remote.private else 'public'}, head {remote.head[:7]}")
    there = remote.files if remote else {}
    lines += [f"  {'replace' if name in there else 'add'} {name} ({files[name].size:,} bytes)" for name in change.adds]
    lines += [f"  delete {name}" for name in change.deletes]
    lines += [f"  keep {name}" for name in files if name not in change.adds]
    if change.others:
        lines.append(f"  left alone: {', '.join(change.others)}")
    lines.append("in one commit" if change else "nothing to commit")
    lines.append(f"visibility: {'private' if asked.private else 'public'}")
    lines.append(f"gated: {asked.gated or (remote and remote.gated) or 'no'}")
    return [*lines, f"tag: {asked.tag}"] if asked.tag else lines
