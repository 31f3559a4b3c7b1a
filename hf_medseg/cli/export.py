"""`hf-medseg export`: a converted dataset in the layout of a training tool."""

from __future__ import annotations

import argparse
import json

from hf_medseg.cli import arguments as taken
from hf_medseg.cli import terminal
from hf_medseg.cli.codes import DONE, WRONG
from hf_medseg.words import counted

EXAMPLES: tuple[str, ...] = (
    "hf-medseg export OUT nnUNet_raw/Dataset101_Vessels --to nnunet",
    "hf-medseg export OUT DEST --to coco --masks rle --json",
    "hf-medseg export OUT DEST --to decathlon --config volumes",
)
LAYOUTS = ("folder", "nnunet", "coco", "yolo-seg", "decathlon", "npz", "webdataset")


def arguments(parser: argparse.ArgumentParser) -> None:
    """What the command takes."""
    taken.out(parser)
    parser.add_argument("dest", metavar="DEST", help="folder to write, new or empty")
    parser.add_argument("--to", required=True, choices=LAYOUTS, help="which layout")
    parser.add_argument("--config", default="", metavar="NAME", help="config of OUT (default: its first one)")
    help_ = "how COCO says where an object is (default: polygons, but run lengths where it has holes)"
    parser.add_argument("--masks", choices=("polygons", "rle"), default="polygons", help=help_)
    taken.as_json(parser)


def run(given: argparse.Namespace) -> int:
    """Runs the command."""
    from hf_medseg.exporting.run import export

    result = export(given.out, given.dest, to=given.to, config=given.config, masks=given.masks, progress=not given.quiet)
    if given.json:
        print(json.dumps({**vars(result), "out": str(result.out)}, indent=2, ensure_ascii=False))
        return DONE if result.ok else WRONG
    for split, number in result.cases.items():
        terminal.tell(f"{split}: {counted(number, 'case')}")
    for reason, number in result.left_out.items():
        terminal.tell(f"left out: {counted(number, 'case')}: {reason}")
    for note, number in result.notes.items():
        terminal.tell(f"note: {note}" + (f" ({number:,} times)" if number > 1 else ""))
    for one in result.rejected[:20]:
        terminal.say(terminal.one_line(f"rejected {one['image_id']}: {one['expected']} {one['advice']}"))
    if len(result.rejected) > 20:
        terminal.say(f"... and {len(result.rejected) - 20:,} more: see {result.out / 'README.md'}")
    if result.gated:
        terminal.tell("These data may not be passed on: see LICENSE.md.")
    terminal.tell(f"Written to {result.out}")
    return DONE if result.ok else WRONG
