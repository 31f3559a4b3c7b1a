"""Everything that can be known before something is written: whether the dataset is whole, the token may write, the repository is free."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from hf_medseg.dataset.content import Content
from hf_medseg.dataset.folder import CARD
from hf_medseg.dataset.report import Report
from hf_medseg.errors import Refused
from hf_medseg.publishing import gate
from hf_medseg.publishing.gate import Held
from hf_medseg.publishing.repository import Change, Remote, Repository, Wanted
from hf_medseg.publishing.retry import is_clients, status_of
from hf_medseg.publishing.rows import Rows
from hf_medseg.raw.order import natural
from hf_medseg.words import counted

if TYPE_CHECKING:
    from hf_medseg.verification.examined import Examined

_LARGEST_FILE, _MOST_IN_FOLDER = 50 * 10**9, 10_000  # the Hub's limits


# --- the folder -------------------------------------------------------------------------------------------------------------------------


def check_complete(report: Report, held: Held, allow_rejected: bool) -> None:
    """Nothing is missing from the dataset.

    Args:
        report: the content of its `report.json`.
        held: what it holds.
        allow_rejected: the user says that rejected cases may be missing.
    """
    sections = report.get("configs", {}).values()
    rejected = {case["image_id"]: case for case in (*held.rejected, *(case for part in sections for case in part["rejected"]))}
    if rejected and not allow_rejected:
        some = ", ".join(sorted(rejected, key=natural)[:5])
        raise Refused(
            f"Rejected: {counted(len(rejected), 'case')} ({some}{', ...' if len(rejected) > 5 else ''}). The dataset is not whole. "
            "Repair the raw tree and convert again, or say --allow-rejected."
        )
    limited = {(identity.config, identity.split): identity for identity, _ in held.shards.values() if identity.limit}
    if limited:
        parts = [
            f"{part.limit:,} of {counted(part.cases, 'case')} of {config} / {split}" for (config, split), part in sorted(limited.items())
        ]
        some = ", ".join(parts)
        raise Refused(
            f"Only a part was converted ({some}): the dataset is not whole. Convert again without --limit, or say --allow-incomplete."
        )


def check_examined(examined: Examined, held: Held) -> None:
    """The dataset keeps its promises, all of it could be read, and it is what the license was decided for."""
    root, result = examined.target.root, examined.result
    if not result.ok:
        shown = "\n".join(f"  {problem}" for problem in result.problems[:10])
        raise Refused(f"{root} does not keep its promises, so it is not pushed:\n{shown}\nConvert the raw tree again.")
    if unread := [warning for warning in result.warnings if warning.check == "volumes"]:
        raise Refused(f"{root} could not be checked to its end, so it is not pushed:\n  {unread[0]}")
    if strange := sorted(set(held.files) ^ set(examined.files)):
        raise Refused(f"{strange[0]} was not checked, or appeared or went meanwhile. Leave the folder alone and push again.")
    for name, file in examined.files.items():
        if file.stamp != held.stamps[name] or not file.unchanged:
            raise Refused(f"{name} was changed or replaced while it was checked. Leave the folder alone and push again.")
    for shard in examined.shards:
        if (shard.identity, shard.outcome) != held.shards[shard.name]:
            raise Refused(f"{shard.name} is not the one that the license was decided for. Leave the folder alone and push again.")
    gate.check_rows(held, [shard.witness for shard in examined.shards if isinstance(shard.witness, Rows)])


def check_limits(files: Mapping[str, Content]) -> None:
    """The Hub takes files of such sizes and numbers."""
    for name, file in files.items():
        if file.size > _LARGEST_FILE:
            raise Refused(
                f"{name} has {file.size:,} bytes; the Hub takes {_LARGEST_FILE:,}. Convert again with a smaller --max-shard-size."
            )
    folders = [name.rpartition("/")[0] for name in files]
    for folder in set(folders):
        if folders.count(folder) > _MOST_IN_FOLDER:
            raise Refused(f"{folder} has more than {_MOST_IN_FOLDER:,} files. Convert again with a larger --max-shard-size.")


def check_names(repo: str, tag: str) -> None:
    """The repository and the tag have names that the Hub takes, and that can mean nothing else."""
    from huggingface_hub.errors import HFValidationError
    from huggingface_hub.utils import validate_repo_id  # type: ignore[attr-defined]  # public by its documentation

    if repo.count("/") != 1:
        raise Refused(f"{repo!r}: a repository is NAMESPACE/NAME, such as my-lab/chase-db1.")
    try:
        validate_repo_id(repo)
    except HFValidationError as error:
        raise Refused(f"{repo!r}: a repository is NAMESPACE/NAME, such as my-lab/chase-db1. {error}") from error
    taken = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/+-]*", tag) and not re.search(r"\.\.|//|/\.|[./]$|\.lock(/|$)|^refs/", tag)
    if tag and (tag == "main" or not taken):
        raise Refused(f"{tag!r} cannot be a tag. Give one of letters, digits, dots and hyphens that is no branch, such as v1.0.")


# --- the Hub ----------------------------------------------------------------------------------------------------------------------------


def check_writer(repository: Repository) -> None:
    """The Hub answers, there is a token, and it may write there: asked before rows are read, which can take hours."""
    from huggingface_hub.errors import LocalTokenNotFoundError

    remote = repository.look()  # the one question that the client asks with a limit of time
    try:
        who = repository.who()
    except LocalTokenNotFoundError as error:
        raise Refused("A push needs a token that may write: run `hf auth login`, or set HF_TOKEN.") from error
    if who.get("auth", {}).get("accessToken", {}).get("role") == "read":
        raise Refused("The token may only read. Make one that may write at https://huggingface.co/settings/tokens.")
    if remote is not None:
        repository.check_write()


def check_card(file: Content) -> None:
    """Asks the Hub about the card before anything is uploaded in vain; it asks itself again with the commit."""
    from huggingface_hub import DatasetCard

    card = DatasetCard(text_of(file))
    try:
        card.validate(repo_type="dataset")
    except Exception as error:
        if status_of(error) is None and type(error) is ValueError:
            raise Refused(f"{file.path}: the Hub does not take the card: {error}") from error
        if not is_clients(error):
            raise


def text_of(file: Content) -> str:
    """The text of a small file."""
    return (file.data or b"").decode("utf-8", errors="replace")


def check_free(repository: Repository, wanted: Wanted, remote: Remote | None, tag: str) -> Change:
    """The repository is free for this dataset, its card is ours, and the tag is free for this state; returns what is to be done.

    Raises:
        Refused: one is not.
    """
    change = wanted.change(remote)
    if remote is None:
        return change
    if not wanted.delete_others:
        _check_dataset(repository, wanted, remote, change)
    if CARD in change.adds and not wanted.replace_card and repository.edited_card(remote):
        told = repository.difference_of_card(remote, text_of(wanted.files[CARD]))
        raise Refused(
            f"The card of {repository.repo} was edited on the Hub; it is not overwritten unasked. What would change:\n{told}\n"
            f"Take over into {wanted.files[CARD].path} what shall stay, and say --replace-card."
        )
    if tag:
        tags, branches = repository.refs()
        if tag in branches:
            raise Refused(f"{tag} is a branch of {repository.repo}: who asks for it would get that. Give the tag another name.")
        named = tags.get(tag)
        if named is not None and (change or named != remote.head):
            raise Refused(f"The tag {tag} of {repository.repo} names another state ({named[:7]}); tags do not move. Give another one.")
    return change


def _check_dataset(repository: Repository, wanted: Wanted, remote: Remote, change: Change) -> None:
    folders = (*wanted.folders, "data")
    data = [name for name in remote.files if name.endswith(".parquet") and name.partition("/")[0] in folders]
    mine = (wanted.held.source.id, wanted.held.edition.name)
    if data and repository.dataset(remote) != mine:
        raise Refused(
            f"{repository.repo} holds another dataset ({', '.join(data[:3])}{', ...' if len(data) > 3 else ''}). "
            "Give another repository, or say --delete-others to replace everything in it."
        )
    if among := [name for name in change.others if name in data]:
        raise Refused(f"{among[0]} in {repository.repo} lies among the shards and would be read with them. --delete-others deletes it.")
