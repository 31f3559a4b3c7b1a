"""Writes a converted dataset in the layout of a training tool."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hf_medseg.catalog.licenses import TIERS_BY_OPENNESS, strictest
from hf_medseg.catalog.lookup import sources
from hf_medseg.dataset.folder import check_writable
from hf_medseg.dataset.lock import reading
from hf_medseg.dataset.storage import is_local
from hf_medseg.errors import MedsegError, Refused, Rejected
from hf_medseg.exporting.case import cases
from hf_medseg.exporting.coco import Coco
from hf_medseg.exporting.decathlon import Decathlon
from hf_medseg.exporting.folder import Folder
from hf_medseg.exporting.layout import Layout, Masks, Work
from hf_medseg.exporting.nnunet import NnUnet
from hf_medseg.exporting.npz import Npz
from hf_medseg.exporting.papers import write_papers
from hf_medseg.exporting.result import Export
from hf_medseg.exporting.table import Table, open_table, plan
from hf_medseg.exporting.webdataset import WebDataset
from hf_medseg.exporting.yolo_seg import YoloSeg
from hf_medseg.progress import Progress, Tell, telling
from hf_medseg.words import counted

LAYOUTS: dict[str, type[Layout]] = {
    "folder": Folder,
    "nnunet": NnUnet,
    "coco": Coco,
    "yolo-seg": YoloSeg,
    "decathlon": Decathlon,
    "npz": Npz,
    "webdataset": WebDataset,
}


def export(
    out: str | os.PathLike[str],
    dest: str | os.PathLike[str],
    *,
    to: str,
    config: str = "",
    masks: Masks = "polygons",
    progress: Tell | bool = True,
) -> Export:
    """Writes a converted dataset in the layout of a training tool; nothing is resampled.

    Args:
        out: the folder that `convert` wrote.
        dest: a new or empty folder; it is complete or not there.
        to: one of `folder`, `nnunet`, `coco`, `yolo-seg`, `decathlon`, `npz`, `webdataset`.
        config: which config; the first one where nothing is said.
        masks: how COCO says where an object is; one with holes is always run lengths.
        progress: told how far it is; True shows a bar where somebody may watch one.

    Returns:
        What was written, and what was not.

    Raises:
        Refused: the layout cannot hold the dataset, or one of the folders is not what is expected; nothing was written.
        MedsegError: a shard cannot be read.
    """
    if to not in LAYOUTS:
        raise Refused(f"{to!r} is no layout; these are: {', '.join(LAYOUTS)}.")
    table = open_table(os.fspath(out), config)
    target = _checked(Path(dest), table)
    identity = table.identity
    result = Export(to, identity.source, identity.edition, table.config, identity.license, _tier(table), target)
    with reading(table.target), whole_folder(target) as here:
        work = Work(table, plan(table, LAYOUTS[to].gathers), here, result, masks)
        if work.plan.apart:
            work.note(f"Slices are written as pictures, not as volumes: {work.plan.apart}")
        layout = LAYOUTS[to](work)
        with telling(progress, "cases") as tell:
            _write_all(work, layout, tell)
        if not result.cases:
            raise MedsegError(_nothing(result))
        layout.finish()
        write_papers(table, here, result)
    return result


def _write_all(work: Work, layout: Layout, tell: Tell | None) -> None:
    """Writes every case, and keeps what was wrong with the others."""
    export, count = work.export, len(work.plan.entries)
    for done, case in enumerate(cases(work.table, work.plan), 1):
        try:
            reason = layout.add(case)
        except Rejected as error:
            export.rejected.append({"image_id": case.entry.id, "expected": error.expected, "advice": error.advice})
        else:
            (export.left_out if reason else export.cases)[reason or case.entry.split] += 1
        if tell is not None:
            tell(Progress("export", done, count, done, count, "cases"))


def _nothing(export: Export) -> str:
    """Why there is no case at all."""
    reasons = [f"{counted(number, 'case')}: {reason}" for reason, number in export.left_out.items()]
    reasons += [f"{one['image_id']}: {one['expected']} {one['advice']}" for one in export.rejected[:5]]
    return f"No case came out, so nothing was written. {' '.join(reasons)}"


def _tier(table: Table) -> str:
    """What the license lets us do: as the shards say, or as the catalog has come to know since, whichever is stricter."""
    identity = table.identity
    source = sources().get(identity.source)
    known = [one.license.tier for one in source.editions if one.name == identity.edition] if source and source.from_about is None else []
    told = [tier for tier in TIERS_BY_OPENNESS if tier == identity.tier] or ["unknown"]
    return strictest([*told, *known])


def _checked(dest: Path, table: Table) -> Path:
    """DEST, which must be new or empty, and lie apart from OUT.

    Raises:
        Refused: it is not.
    """
    if not is_local(dest):
        raise Refused(f"{dest}: an export goes to a folder of this machine. Copy it from there.")
    if dest.exists() and (not dest.is_dir() or any(dest.iterdir())):
        raise Refused(f"{dest} is there already and is not an empty folder. Give a new or empty folder as DEST.")
    if is_local(table.target.root):
        here, there = (Path(os.path.realpath(path)) for path in (table.target.root, dest))
        if here == there or here in there.parents or there in here.parents:
            raise Refused(f"One of OUT ({table.target.root}) and DEST ({dest}) lies inside the other. Give a DEST elsewhere.")
    check_writable(dest)
    return dest


@contextmanager
def whole_folder(target: Path) -> Iterator[Path]:
    """A folder beside the target to write to, which gets its name only when it is complete; without a trace if that fails.

    Raises:
        Refused: such a folder is there already.
    """
    here = target.with_name(f"{target.absolute().name}.unfinished")
    try:
        here.mkdir(parents=True)
    except FileExistsError:
        raise Refused(f"{here} is what another export writes, or was broken off. Delete it if none is running.") from None
    try:
        yield here
        try:
            if target.exists():
                target.rmdir()
            here.rename(target)
        except OSError as error:
            if not target.exists():
                raise
            raise Refused(f"{target} was empty when this began, and is not any more. Give a new or empty folder as DEST.") from error
    except BaseException:
        shutil.rmtree(here, ignore_errors=True)
        raise
