"""`hf-medseg convert`: the main job."""

from __future__ import annotations

import argparse
import contextlib
import json
import shutil
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hf_medseg.cli import arguments as taken
from hf_medseg.cli import terminal
from hf_medseg.cli.codes import DONE, WRONG
from hf_medseg.errors import Refused
from hf_medseg.progress import Progress, telling
from hf_medseg.words import counted

if TYPE_CHECKING:
    from hf_medseg.conversion.run import Conversion

_KNOWN = ("known defect or note", "known defects and notes")
_NOTES = 8  # so many kinds of known defects are told on the terminal; report.json names all of them

EXAMPLES: tuple[str, ...] = (
    "hf-medseg convert chase-db1 CHASEDB1.zip OUT",
    "hf-medseg convert RAW OUT --about about.toml --rename",
    "hf-medseg convert chase-db1 RAW OUT --limit 4 --workers 1",
    "hf-medseg convert chase-db1 RAW OUT --max-shard-size 100MB --replace",
    "hf-medseg convert brats BraTS2021.tar OUT --edition 2021 --config all",
    "hf-medseg convert scr RAW OUT --part jsrt=JSRT --dry-run --json",
    "hf-medseg convert cxlseg RAW OUT --scheduler tcp://10.0.0.1:8786",
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.usage = "%(prog)s [SOURCE] RAW OUT [OPTIONS]"
    parser.add_argument("source", metavar="SOURCE", help="id or alias, as `hf-medseg list` shows it; may be left out where RAW tells it")
    taken.raw(parser)
    parser.add_argument("out", metavar="OUT", nargs="?", help="folder to write")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one a core)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="run on the Dask cluster with this scheduler instead")
    parser.add_argument("--limit", type=int, metavar="N", help="only N cases of each split")
    parser.add_argument("--max-shard-size", type=taken.size, default=500_000_000, metavar="SIZE", help="such as 500MB (the default)")
    parser.add_argument("--config", action="append", default=[], metavar="NAME", help="config to make, or `all`; may be repeated")
    parser.add_argument("--about", metavar="FILE", help="facts that only you know, as TOML")
    parser.add_argument("--replace", action="store_true", help="OUT holds a conversion with other options, which may go")
    parser.add_argument("--rename", action="store_true", help="new names for your own files, ids and patients, by a hash")
    taken.dry_run(parser, "the plan")
    taken.as_json(parser)


def _places(given: argparse.Namespace) -> tuple[str | None, str, str]:
    """SOURCE, RAW and OUT.

    Raises:
        Refused: OUT is missing.
    """
    if given.out is not None:
        return given.source, given.raw, given.out
    from hf_medseg.catalog.lookup import facts

    if given.source in facts() and not Path(given.source).exists():
        raise Refused(f"OUT is missing: hf-medseg convert {given.source} {given.raw} OUT")
    return None, given.source, given.raw


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from hf_medseg.catalog.terms import show_once
    from hf_medseg.conversion.executor import on_scheduler, settle
    from hf_medseg.conversion.run import convert

    source, raw, given.out = _places(given)
    stages: set[str] = set()

    def tell(now: Progress) -> None:
        if now.stage == "convert" and now.stage not in stages:
            settle()  # not before: what planning frees is given back
        stages.add(now.stage)
        if bar is not None:
            bar(now)

    with contextlib.ExitStack() as cleanup:
        bar = cleanup.enter_context(telling(not given.quiet, "cases"))
        executor = cleanup.enter_context(on_scheduler(given.scheduler)) if given.scheduler else None
        conversion = convert(
            source,
            raw,
            given.out,
            workers=given.workers,
            limit=given.limit,
            max_shard_size=given.max_shard_size,
            configs=given.config,
            edition=given.edition,
            parts=dict(given.part),
            about=given.about,
            dry_run=given.dry_run,
            replace=given.replace,
            rename=given.rename,
            executor=executor,
            progress=tell,
        )
    show_once(conversion.plan.source, conversion.plan.edition)
    if given.json:
        print(json.dumps(_as_dict(conversion), indent=2, ensure_ascii=False))
    elif given.dry_run:
        _show_plan(conversion, given.replace)
    else:
        _show(conversion)
    return DONE if given.dry_run or (conversion.rows and not conversion.rejected) else WRONG


def _as_dict(conversion: Conversion) -> dict[str, Any]:
    """What a conversion did, or with `--dry-run` would do: then there are no rows, and nothing was made or kept."""
    plan, parts = conversion.plan, conversion.report.get("configs", {})
    return {
        "source": plan.source.id,
        "edition": plan.edition.name or None,
        "license": plan.edition.license.id,
        "tier": plan.edition.license.tier,
        "out": str(conversion.out),
        "rows": conversion.rows,
        "configs": {
            config.config.name: {
                "cases": config.counts,
                "splits": parts[config.config.name]["splits"] if config.config.name in parts else {},
                "files_not_used": sum(note.files for note in config.not_used),
            }
            for config in plan.configs
        },
        "rejected": conversion.rejected or [one for config in plan.configs for one in config.rejected],
        "made": conversion.made,
        "kept": conversion.kept,
        "needs_replace": list(conversion.losses.refused),
        "left": conversion.left,
    }


def _show_plan(conversion: Conversion, replace: bool) -> None:
    from hf_medseg.dataset.storage import is_local

    plan = conversion.plan
    _say_inside(conversion)
    edition = f", edition {plan.edition.name}" if plan.edition.name else ""
    print(f"{plan.source.id}{edition}: license {plan.edition.license.id}, tier {plan.edition.license.tier}")
    for config in plan.configs:
        for split, count in config.counts.items():
            shards = [shard for shard in config.shards if shard.split == split]
            size = sum(shard.size for shard in shards)
            print(f"  {config.config.name} / {split}: {counted(count, 'case')}, {_human(size)} raw, {counted(len(shards), 'shard')}")
        unused = sum(note.files for note in config.not_used if note.reason != "left behind by an operating system")
        print(
            f"  {counted(unused, 'file')} not used, {counted(len(config.known), *_KNOWN)}, {len(config.rejected)} rejected while planning"
        )
    room = ""
    if is_local(conversion.out):
        folder = next((path for path in (conversion.out, *conversion.out.absolute().parents) if path.exists()), Path("."))
        room = f"; free where OUT lies: {_human(shutil.disk_usage(folder).free)}"
    print(f"  to read: {_human(plan.raw_bytes)}{room}")
    for line in conversion.losses.refused:
        print(f"  {'would replace' if replace else 'refused without --replace'}: {line}")
    print("Nothing was written.")


def _say_inside(conversion: Conversion) -> None:
    """Says that RAW is only a folder of the layout, which may be what the user wants."""
    if inside := conversion.plan.inside:
        terminal.tell(f"note: RAW is the folder {inside} of {conversion.plan.source.id}: what lies beside it is not read")


def _show(conversion: Conversion) -> None:
    from hf_medseg.conversion import names
    from hf_medseg.dataset.folder import DIFFER, LOCAL, REPORT
    from hf_medseg.dataset.storage import is_local

    for name, count in conversion.losses.gone.items():
        terminal.tell(f"note: {name} lost {counted(count, 'row')}: the raw tree does not hold their files any more.")
    for line in conversion.left:
        terminal.tell(f"note: {line}")
    _say_inside(conversion)
    for archive in conversion.plan.repacked:
        terminal.tell(f"note: {archive} is not as published: it has another size. `hf-medseg check` compares it with what is published.")
    for name, part in conversion.report["configs"].items():
        for split, found in part["splits"].items():
            terminal.tell(f"{name} / {split}: {counted(found['rows'], 'row')}, {found['rows_with_mask']:,} with mask")
        for split, told in part.get("limited", {}).items():
            terminal.tell(f"incomplete: {told['taken']:,} of {counted(told['cases'], 'case')} of {name} / {split}, as --limit says")
        for compared in part["published"]:
            here = compared["found"] or 0  # a split that is not there at all has no number
            if compared["published"] != here and compared["what"] != "mean foreground fraction":
                terminal.tell(f"note: {compared['what']} in {compared['split']}: {compared['published']:,} published, {here:,} found")
        if differ := part.get("checksums", {}).get("differ"):
            where = f"; see {conversion.out / LOCAL / REPORT}" if is_local(conversion.out) else ""
            terminal.tell(f"note: {differ:,} of {counted(part['checksums']['compared'], 'file')} with a published checksum {DIFFER}{where}")
        for reason, count in Counter(note["reason"] for note in part.get("notes", ())).most_common():
            terminal.tell(f"note: {counted(count, 'file')}: {reason}; see report.json")
        lists = ((part["known"], _KNOWN), (part["duplicate"], ("duplicate file", "duplicate files")))
        if counts := [counted(len(several), *nouns) for several, nouns in lists if several]:
            terminal.tell(f"{', '.join(counts)}: see report.json")
        for reason, number in Counter(note["reason"] for note in part["known"]).most_common(_NOTES):
            terminal.tell(terminal.one_line(f"note: {reason}" + (f" ({number:,} files)" if number > 1 else "")))
        if unused := sum(note["files"] for note in part["not_used"]):
            terminal.tell(
                f"{counted(unused, 'file')} not used" + (f": see {conversion.out / LOCAL / REPORT}" if is_local(conversion.out) else "")
            )
    if any(config.options.get("rename") for config in conversion.plan.configs):
        kept = conversion.out / LOCAL / names.FILE
        terminal.tell(f"Everything has new names. {kept} says which is which, and makes a later run give the same: keep it to yourself.")
    rejected = conversion.rejected
    for one in rejected[:20]:
        terminal.say(terminal.one_line(f"rejected {one['image_id']}: {one['file']}: {one['expected']} {one['advice']}"))
    if len(rejected) > 20:
        terminal.say(f"... and {len(rejected) - 20:,} more: see report.json")
    if not conversion.rows:
        terminal.say("No row came out, so there is no dataset.")
        return
    if conversion.kept:
        terminal.tell(f"{counted(len(conversion.kept), 'finished shard')} kept, {len(conversion.made)} made.")
    terminal.tell(f'Load it with: datasets.load_dataset("{conversion.out}")')


def _human(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"
