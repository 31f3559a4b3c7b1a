"""`hf-medseg derive`: a training set of converted datasets, as a recipe says."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from hf_medseg.cli import arguments as taken
from hf_medseg.cli import terminal
from hf_medseg.cli.codes import DONE, WRONG
from hf_medseg.dataset.storage import is_local
from hf_medseg.errors import Refused
from hf_medseg.words import counted

if TYPE_CHECKING:
    from hf_medseg.deriving.recipe import Recipe
    from hf_medseg.deriving.run import Derivation

EXAMPLES: tuple[str, ...] = (
    "hf-medseg derive polyps.toml NEW",
    "hf-medseg derive polyps.toml NEW --dry-run --json",
    "hf-medseg derive OUT NEW --size 512 --fit pad --split train=0.8,test=0.2",
    "hf-medseg derive polyps.toml NEW --workers 2 --max-shard-size 1GB --replace",
    "hf-medseg derive polyps.toml NEW --scheduler tcp://10.0.0.1:8786",
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    parser.add_argument(
        "recipe", metavar="RECIPE", help="recipe in TOML, or a folder that `convert` wrote, or its address (hf://datasets/OWNER/NAME)"
    )
    parser.add_argument("new", metavar="NEW", help="folder to write")
    parser.add_argument("--size", type=_sides, metavar="PIXELS", help="with a folder: side of every picture, or WIDTHxHEIGHT")
    parser.add_argument("--fit", choices=("pad", "crop", "stretch"), help="with a folder: how pictures come to that size (default: pad)")
    parser.add_argument("--split", type=_parts, metavar="NAME=PART,...", help="with a folder: the part of the patients in each split")
    parser.add_argument("--workers", type=int, metavar="N", help="processes (default: one a core)")
    parser.add_argument("--scheduler", metavar="ADDRESS", help="run on the Dask cluster with this scheduler instead")
    parser.add_argument("--max-shard-size", type=taken.size, default=500_000_000, metavar="SIZE", help="such as 500MB (the default)")
    parser.add_argument("--replace", action="store_true", help="NEW holds a dataset of another recipe, which may go")
    taken.dry_run(parser, "what would come out")
    taken.as_json(parser)


def _sides(text: str) -> int | tuple[int, int]:
    """The sides of a grid."""
    try:
        numbers = tuple(int(one) for one in text.lower().split("x"))
    except ValueError:
        numbers = ()
    if len(numbers) == 1:
        return numbers[0]
    if len(numbers) == 2:
        return (numbers[0], numbers[1])
    raise argparse.ArgumentTypeError(f"{text!r} is no size in pixels; 512 or 640x480 are")


def _parts(text: str) -> dict[str, float]:
    """The parts of a split."""
    found: dict[str, float] = {}
    for one in text.split(","):
        name, _, part = one.partition("=")
        try:
            found[name.strip()] = float(part)
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{one!r}: NAME=PART expected, such as train=0.8") from error
    return found


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from hf_medseg.conversion.executor import on_scheduler
    from hf_medseg.deriving.run import derive

    with contextlib.ExitStack() as cleanup:
        executor = cleanup.enter_context(on_scheduler(given.scheduler)) if given.scheduler else None
        derivation = derive(
            _recipe(given),
            given.new,
            workers=given.workers,
            max_shard_size=given.max_shard_size,
            dry_run=given.dry_run,
            replace=given.replace,
            executor=executor,
            progress=not given.quiet,
        )
    if given.json:
        print(json.dumps(_as_dict(derivation), indent=2, ensure_ascii=False))
    else:
        _tell(derivation, given.dry_run)
    return WRONG if derivation.rejected or (not given.dry_run and not derivation.rows) else DONE


def _recipe(given: argparse.Namespace) -> Recipe | str:
    """The recipe, or that of the short form.

    Raises:
        Refused: options of the short form stand beside a recipe.
    """
    from hf_medseg.deriving.run import one_line

    if os.path.isdir(given.recipe) or not is_local(given.recipe):
        return one_line(given.recipe, size=given.size, fit=given.fit, parts=given.split)
    said = [f"--{name}" for name in ("size", "fit", "split") if getattr(given, name) is not None]
    if said:
        raise Refused(f"{' and '.join(said)} go with the folder of a converted dataset. A recipe says it in itself: {given.recipe}.")
    return str(given.recipe)


def _as_dict(derivation: Derivation) -> dict[str, Any]:
    return {
        "out": str(derivation.out),
        "recipe": asdict(derivation.recipe),
        "license": derivation.edition.license.id,
        "tier": derivation.edition.license.tier,
        "classes": ["background", *derivation.edition.classes],
        "splits": derivation.splits,
        "shards": derivation.shards,
        "kept": derivation.kept,
        "rejected": derivation.rejected,
        "report": derivation.report or None,
    }


def _tell(derivation: Derivation, dry_run: bool) -> None:
    tell = print if dry_run else terminal.tell
    tell(repr(derivation))
    for (before, after), rows in sorted(derivation.division.moved.items()):
        tell(f"note: {counted(rows, 'row')} of the split {before} follow their group into {after}")
    if empty := [name for name, part in derivation.recipe.split.parts.items() if part and name not in derivation.splits]:
        tell(f"note: no group falls into {', '.join(empty)}: there are few. Another split.key divides them otherwise")
    if derivation.division.twins:
        tell(f"note: {counted(derivation.division.twins, 'group')} joined to another, since their pictures are copies of each other")
    if derivation.division.shared:
        tell(f"note: {counted(derivation.division.shared, 'group')} with rows of more than one source, kept together")
    for one in derivation.rejected[:20]:
        terminal.say(terminal.one_line(f"rejected {one['image_id']}: {one['expected']} {one['advice']}"))
    if len(derivation.rejected) > 20:
        terminal.say(f"... and {len(derivation.rejected) - 20:,} more: see report.json")
    if dry_run:
        tell("Nothing was written.")
    elif derivation.rows:
        tell(f'Load it with: datasets.load_dataset("{derivation.out}")')
    else:
        terminal.say("No row came out, so there is no dataset.")
