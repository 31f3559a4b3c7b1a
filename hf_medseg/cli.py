"""The command line: reads arguments, calls the library, prints what it says."""

from __future__ import annotations

import argparse
import contextlib
import errno
import json
import re
import shutil
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hf_medseg import __version__, terminal
from hf_medseg.errors import MedsegError, Refused

if TYPE_CHECKING:
    from hf_medseg.catalog.facts import Facts
    from hf_medseg.conversion.run import Conversion

DONE, WRONG, REFUSED, INTERRUPTED = 0, 1, 2, 130
OUT_OF_MEMORY = (
    "Memory ran out. Finished shards are kept: run the same command again with fewer --workers, or with a higher limit (`ulimit -v`)."
)
_WIDEST = 32
_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 1 << 10, "MI": 1 << 20, "GI": 1 << 30, "TI": 1 << 40}


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0 done, 1 something wrong or broken off, 2 refused, 130 Ctrl-C, 143 SIGTERM."""
    terminal.open_streams()
    given = _parser().parse_args(arguments)
    shown = terminal.Shown(sys.stdout)
    with contextlib.redirect_stdout(shown):
        code = _run(given)
    if shown.error is None or isinstance(shown.error, BrokenPipeError):
        return code
    whole = f" {given.out} is whole." if given.run is _convert and not given.dry_run else ""
    terminal.say(f"What was found could not be printed ({shown.error.strerror or shown.error}).{whole}")
    return max(code, WRONG)


def _run(given: argparse.Namespace) -> int:
    try:
        terminal.check_memory()
        with terminal.ending_signals():
            return int(given.run(given))
    except (KeyboardInterrupt, terminal.Ended) as error:
        terminal.say("Broken off. What is finished is kept; the same command carries on.")
        return 128 + error.number if isinstance(error, terminal.Ended) else INTERRUPTED
    except BrokenPipeError:
        return DONE
    except Refused as error:
        return _answer(error, given.debug, REFUSED)
    except MedsegError as error:
        return _answer(error, given.debug, WRONG)
    except OSError as error:
        return _answer(_explained(error), given.debug, WRONG, error)
    except MemoryError as error:
        return _answer(MedsegError(OUT_OF_MEMORY), given.debug, WRONG, error)
    except Exception as error:
        text = f"This should not have happened ({type(error).__name__}: {error}). Run it again with --debug and report what it prints."
        return _answer(MedsegError(text), given.debug, WRONG, error)


def _answer(error: Exception, debug: bool, code: int, cause: Exception | None = None) -> int:
    if debug:
        raise cause or error
    terminal.say(str(error))
    return code


def _explained(error: OSError) -> MedsegError:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno == errno.ENOSPC:
        return MedsegError(f"The disk is full{where}. Finished shards are kept: make room and run the same command again.")
    return MedsegError(f"{error.strerror or error}{where}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "hf-medseg", description="Medical image segmentation datasets: a raw download in, a Hugging Face dataset out."
    )
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[[argparse.Namespace], int], help_text: str) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=help_text, description=help_text)
        sub.set_defaults(run=run)
        sub.add_argument("--debug", action="store_true", help="show the traceback of an error")
        return sub

    sub = command("list", _list, "show the catalog")
    sub.add_argument("--json", action="store_true")

    sub = command("info", _info, "show what is known about a source")
    sub.add_argument("source")
    sub.add_argument("--json", action="store_true")

    sub = command("download", _download, "fetch the raw data, or say how a person gets them")
    sub.add_argument("source")
    sub.add_argument("dest", metavar="DEST", help="folder that becomes RAW")
    sub.add_argument("--accept-terms", action="store_true", help="the owner's terms are read and accepted, and the data wanted")
    sub.add_argument("--edition", default="", metavar="NAME")
    sub.add_argument("--choice", default="", metavar="NAME", help="which alternative, where there are several ways to get the data")
    sub.add_argument("--only", action="append", default=[], metavar="FILE", help="only these files; `*` allowed; may be repeated")
    sub.add_argument("--jobs", type=int, default=4, metavar="N", help="files side by side (default: 4)")
    sub.add_argument("--dry-run", action="store_true", help="show what would be fetched and write nothing")

    sub = command("check", _check, "compare a raw tree with what is known of the published one")
    sub.add_argument("source")
    sub.add_argument("raw", metavar="RAW", help="folder or archive as downloaded")
    sub.add_argument("--edition", default="", metavar="NAME")
    sub.add_argument("--part", action="append", default=[], type=_part, metavar="NAME=PATH", help="where a part of the raw tree lies")
    sub.add_argument("--json", action="store_true")

    sub = command("convert", _convert, "convert a raw download")
    sub.add_argument("source")
    sub.add_argument("raw", metavar="RAW", help="folder or archive as downloaded")
    sub.add_argument("out", metavar="OUT", help="folder to write")
    sub.add_argument("--workers", type=int, help="processes (default: one a core)")
    sub.add_argument("--scheduler", metavar="ADDRESS", help="run on the Dask cluster with this scheduler instead")
    sub.add_argument("--limit", type=int, metavar="N", help="only N cases of each split")
    sub.add_argument("--max-shard-size", type=_bytes, default=500_000_000, metavar="SIZE", help="such as 500MB (the default)")
    sub.add_argument("--config", action="append", default=[], metavar="NAME", help="config to make, or `all`; may be repeated")
    sub.add_argument("--edition", default="", metavar="NAME")
    sub.add_argument("--part", action="append", default=[], type=_part, metavar="NAME=PATH", help="where a part of the raw tree lies")
    sub.add_argument("--about", metavar="FILE", help="facts that only you know, as TOML")
    sub.add_argument("--replace", action="store_true", help="OUT holds a conversion with other options, which may go")
    sub.add_argument("--dry-run", action="store_true", help="show the plan and write nothing")

    sub = command("verify", _verify, "read a converted dataset back and check every promise")
    sub.add_argument("out", metavar="OUT")
    sub.add_argument("--json", action="store_true")

    sub = command("preview", _preview, "draw a contact sheet of a converted dataset")
    sub.add_argument("out", metavar="OUT")
    sub.add_argument("--rows", type=int, default=12, metavar="N")
    sub.add_argument("--to", metavar="FILE.png", help="default: OUT-preview.png beside OUT")

    sub = command("script", _script, "write the loading script of a source that may not be published")
    sub.add_argument("source")
    sub.add_argument("dest", nargs="?", default=".", metavar="DEST", help="folder or file (default: here)")

    sub = command("push", _push, "publish a converted dataset on the Hub, if its license allows it")
    sub.add_argument("out", metavar="OUT")
    sub.add_argument("--repo", required=True, metavar="NAMESPACE/NAME")
    sub.add_argument("--private", action="store_true", help="keep the repository private; it is public otherwise")
    sub.add_argument("--gated", choices=("auto", "manual"), help="readers must ask for access")
    sub.add_argument("--revision", default="", metavar="TAG", help="name for this state, set last")
    sub.add_argument("--allow-noncommercial", action="store_true", help="push a dataset whose license forbids commercial use")
    sub.add_argument("--allow-rejected", action="store_true", help="push although some cases were rejected")
    sub.add_argument("--allow-incomplete", action="store_true", help="push although a limit left cases out, or some were rejected")
    sub.add_argument("--delete-others", action="store_true", help="also delete every other file of the repository")
    sub.add_argument("--replace-card", action="store_true", help="overwrite the card although somebody edited it on the Hub")
    sub.add_argument("--dry-run", action="store_true", help="show what would happen and write nothing")
    return parser


def _bytes(text: str) -> int:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?I?)B?", text.strip().upper())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; 500MB, 2GB or 64MiB are")
    return int(float(match[1]) * _UNITS[match[2]])


def _part(text: str) -> tuple[str, str]:
    name, equals, path = text.partition("=")
    if not equals or not name or not path:
        raise argparse.ArgumentTypeError(f"{text!r}: NAME=PATH expected")
    return name, path


def summary(source: Facts) -> dict[str, Any]:
    """A source in one line of the catalog."""
    return {
        "id": source.id,
        "title": source.title,
        "modality": list(source.modality),
        "task": source.task,
        "license": list(dict.fromkeys(edition.license.id for edition in source.editions)),
        "tier": list(source.tiers),
        "access": source.access.mode,
        "masks": source.has_masks,
        "aliases": list(source.aliases),
    }


def _list(given: argparse.Namespace) -> int:
    from hf_medseg.catalog.lookup import facts

    lines = [summary(source) for source in facts().values()]
    if given.json:
        print(json.dumps(lines, indent=2, ensure_ascii=False))
        return DONE
    header = ("id", "title", "modality", "task", "license", "tier", "access", "masks")
    table = [header, *(tuple(_cell(line[name]) for name in header) for line in lines)]
    widths = [max(len(row[i]) for row in table) for i in range(len(header))]
    for row in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return DONE


def _cell(value: Any) -> str:
    """A cell of the catalog's table, cut where it is long; `--json` says everything."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = ", ".join(value) if isinstance(value, list) else str(value)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


def _info(given: argparse.Namespace) -> int:
    from hf_medseg.catalog import describe as info
    from hf_medseg.catalog.lookup import find_facts, find_source

    if given.json:
        print(json.dumps(info.as_dict(find_source(given.source)), indent=2, ensure_ascii=False))
    else:
        print(info.as_text(find_facts(given.source)))
    return DONE


class _Bar:
    """Shows cases (or what `unit` says), bytes and time left on a terminal, and nothing elsewhere."""

    def __init__(self, unit: str = "cases") -> None:
        self._unit = unit
        self._shown = sys.stderr.isatty()
        self._bar: Any = None
        self._stage = ""
        self._told = 0.0

    def __call__(self, stage: str, cases: int, all_cases: int, read: int, all_bytes: int) -> None:
        if not self._shown or (time.monotonic() - self._told < 0.1 and cases < all_cases and stage == self._stage):
            return
        self._told = time.monotonic()
        from tqdm import tqdm

        if self._bar is None or stage != self._stage:
            self.close()
            self._stage = stage
            size = shutil.get_terminal_size()  # some terminals do not know theirs; tqdm would show nothing there
            shape = {"ncols": size.columns - 1, "nrows": size.lines}
            self._bar = tqdm(total=all_bytes, unit="B", unit_scale=True, desc=stage, leave=False, **shape)
        self._bar.total = all_bytes
        self._bar.set_postfix_str(f"{cases:,} of {all_cases:,} {self._unit}", refresh=False)
        self._bar.update(read - self._bar.n)
        self._bar.refresh()

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _download(given: argparse.Namespace) -> int:
    from hf_medseg.fetching.download import download

    bar = _Bar("files")
    try:
        result = download(
            given.source,
            given.dest,
            edition=given.edition,
            choice=given.choice,
            only=given.only,
            accept_terms=given.accept_terms,
            jobs=given.jobs,
            dry_run=given.dry_run,
            progress=bar,
        )
    finally:
        bar.close()
    for name in result.kept:
        print(f"kept {name}")
    for name, got in result.fetched.items():
        size = f" ({got.size:,} bytes, {got.checksum})" if got else ""
        print(f"would fetch {name}" if given.dry_run else f"fetched {name}{size}")
    if given.dry_run:
        print("Nothing was written.")
    if result.missing:
        terminal.say(f"by hand: {', '.join(result.missing)}\n{result.steps}")
        return DONE if given.dry_run else WRONG
    if not given.dry_run:
        about = " --about FILE" if result.source.from_about else ""
        print(f"Convert it with: hf-medseg convert {result.source.id} {result.dest} OUT{about}")
    return DONE


def _check(given: argparse.Namespace) -> int:
    from dataclasses import asdict

    from hf_medseg.fetching.compare import check

    result = check(given.source, given.raw, edition=given.edition, parts=dict(given.part))
    if given.json:
        print(json.dumps(asdict(result), indent=2, ensure_ascii=False))
    else:
        print("\n".join([f"{result.source}: {result.verdict}", *(f"  {line}" for line in result.lines)]))
    return DONE if result.verdict == "complete" else WRONG


def _convert(given: argparse.Namespace) -> int:
    from hf_medseg.catalog.terms import show_once
    from hf_medseg.conversion.executor import on_scheduler, settle
    from hf_medseg.conversion.run import convert

    bar = _Bar()
    stages: set[str] = set()

    def tell(stage: str, *how_far: int) -> None:
        if stage == "convert" and stage not in stages:
            settle()  # not before: what planning frees is given back
        stages.add(stage)
        bar(stage, *how_far)

    with contextlib.ExitStack() as cleanup:
        cleanup.callback(bar.close)
        executor = cleanup.enter_context(on_scheduler(given.scheduler)) if given.scheduler else None
        conversion = convert(
            given.source,
            given.raw,
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
            executor=executor,
            progress=tell,
        )
    show_once(conversion.plan.source, conversion.plan.edition)
    return _show_plan(conversion, given.replace) if given.dry_run else _show(conversion)


def _show_plan(conversion: Conversion, replace: bool) -> int:
    from hf_medseg.dataset.storage import is_local

    plan = conversion.plan
    _say_inside(conversion)
    edition = f", edition {plan.edition.name}" if plan.edition.name else ""
    print(f"{plan.source.id}{edition}: license {plan.edition.license.id}, tier {plan.edition.license.tier}")
    for config in plan.configs:
        for split, cases in config.splits.items():
            shards = [shard for shard in config.shards if shard.split == split]
            size, plural = sum(shard.size for shard in shards), "s" * (len(shards) != 1)
            print(f"  {config.config.name} / {split}: {len(cases):,} cases, {_human(size)} raw, {len(shards)} shard{plural}")
        unused = sum(note.files for note in config.not_used if note.reason != "left behind by an operating system")
        print(f"  {unused:,} files not used, {len(config.known)} known defects and notes, {len(config.rejected)} rejected while planning")
    room = ""
    if is_local(conversion.out):
        folder = next((path for path in (conversion.out, *conversion.out.absolute().parents) if path.exists()), Path("."))
        room = f"; free where OUT lies: {_human(shutil.disk_usage(folder).free)}"
    print(f"  to read: {_human(plan.raw_bytes)}{room}")
    for line in conversion.losses.refused:
        print(f"  {'would replace' if replace else 'refused without --replace'}: {line}")
    print("Nothing was written.")
    return DONE


def _say_inside(conversion: Conversion) -> None:
    """Says that RAW is only a folder of the layout, which may be what the user wants."""
    if inside := conversion.plan.inside:
        print(f"note: RAW is the folder {inside} of {conversion.plan.source.id}: what lies beside it is not read")


def _show(conversion: Conversion) -> int:
    from hf_medseg.dataset.folder import DIFFER, LOCAL, REPORT
    from hf_medseg.dataset.storage import is_local

    for name, count in conversion.losses.gone.items():
        print(f"note: {count:,} rows that {name} had before are gone: the raw tree does not hold their files any more.")
    _say_inside(conversion)
    for archive in conversion.plan.repacked:
        print(f"note: {archive} is not as published: it has another size. `hf-medseg check` compares it with what is published.")
    for name, part in conversion.report["configs"].items():
        for split, found in part["splits"].items():
            print(f"{name} / {split}: {found['rows']:,} rows, {found['rows_with_mask']:,} with mask")
        for split, told in part.get("limited", {}).items():
            print(f"incomplete: {told['taken']:,} of {told['cases']:,} cases of {name} / {split} were taken, as --limit says")
        for line in part["published"]:
            found = line["found"] or 0  # a split that is not there at all has no number
            if line["published"] != found and line["what"] != "mean foreground fraction":
                print(f"note: {line['what']} in {line['split']}: {line['published']:,} published, {found:,} found")
        if differ := part.get("checksums", {}).get("differ"):
            where = f"; see {conversion.out / LOCAL / REPORT}" if is_local(conversion.out) else ""
            print(f"note: {differ:,} of {part['checksums']['compared']:,} files with a published checksum {DIFFER}{where}")
        for reason, count in Counter(note["reason"] for note in part.get("notes", ())).most_common():
            print(f"note: {count:,} files: {reason}; see report.json")
        told = {"known": "known defects and notes", "duplicate": "duplicate files"}
        counts = [f"{len(part[key]):,} {text}" for key, text in told.items() if part[key]]
        if counts:
            print(f"{', '.join(counts)}: see report.json")
        for reason, number in Counter(note["reason"] for note in part["known"]).most_common(_NOTES):
            print(f"note: {reason}" + (f" ({number:,} files)" if number > 1 else ""))
        if unused := sum(note["files"] for note in part["not_used"]):
            print(f"{unused:,} files not used" + (f": see {conversion.out / LOCAL / REPORT}" if is_local(conversion.out) else ""))
    rejected = conversion.rejected
    for one in rejected[:20]:
        terminal.say(f"rejected {one['image_id']}: {one['file']}: {one['expected']} {one['advice']}")
    if len(rejected) > 20:
        terminal.say(f"... and {len(rejected) - 20:,} more: see report.json")
    if not conversion.rows:
        terminal.say("No row came out, so there is no dataset.")
        return WRONG
    if conversion.kept:
        print(f"{len(conversion.kept)} finished shards were kept, {len(conversion.made)} made.")
    print(f'Load it with: datasets.load_dataset("{conversion.out}")')
    return WRONG if rejected else DONE


_NOTES = 8  # so many kinds of known defects are told on the terminal; report.json names all of them


def _human(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} TB"


def _verify(given: argparse.Namespace) -> int:
    from dataclasses import asdict

    from hf_medseg.verification.verify import verify

    result = verify(given.out)
    if given.json:
        print(json.dumps(asdict(result), indent=2, ensure_ascii=False, default=str))
    else:
        for problem in result.problems:
            print(f"wrong: {problem}")
        for warning in result.warnings:
            print(f"warning: {warning}")
        print(f"{result.rows:,} rows read: " + ("everything as promised." if result.ok else f"{len(result.problems)} problems."))
    return DONE if result.ok else WRONG


def _script(given: argparse.Namespace) -> int:
    from hf_medseg.catalog.lookup import find_source
    from hf_medseg.loading import script

    source = find_source(given.source)
    target = Path(given.dest)
    if target.is_dir():
        target = target / script.file_name(source)
    target.write_text(script.render(source), encoding="utf-8")
    print(target)
    return DONE


def _preview(given: argparse.Namespace) -> int:
    from hf_medseg.preview.draw import contact_sheet

    out = Path(given.out)
    target = Path(given.to) if given.to else out.with_name(f"{out.absolute().name}-preview.png")
    contact_sheet(out, given.rows).save(target)
    print(target)
    return DONE


def _push(given: argparse.Namespace) -> int:
    from hf_medseg.publishing.push import push

    pushed = push(
        given.out,
        given.repo,
        private=given.private,
        gated=given.gated,
        tag=given.revision,
        dry_run=given.dry_run,
        allow_noncommercial=given.allow_noncommercial,
        allow_rejected=given.allow_rejected,
        allow_incomplete=given.allow_incomplete,
        delete_others=given.delete_others,
        replace_card=given.replace_card,
        say=terminal.say,
    )
    print("\n".join(pushed.lines))
    print("Nothing was written." if given.dry_run else f"{pushed.url}\n{pushed.call}")
    return DONE
