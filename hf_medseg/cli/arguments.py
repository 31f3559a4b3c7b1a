"""Arguments that several commands take, and how their texts are read."""

from __future__ import annotations

import argparse
import re

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9, "T": 10**12, "KI": 1 << 10, "MI": 1 << 20, "GI": 1 << 30, "TI": 1 << 40}


def source(parser: argparse.ArgumentParser) -> None:
    """SOURCE."""
    parser.add_argument("source", metavar="SOURCE", help="id or alias, as `hf-medseg list` shows it")


def raw(parser: argparse.ArgumentParser) -> None:
    """RAW, and what says how it is to be read."""
    parser.add_argument("raw", metavar="RAW", help="folder or archive as downloaded")
    edition(parser)
    parser.add_argument(
        "--part",
        action="append",
        default=[],
        type=named_path,
        metavar="NAME=PATH",
        help="where a part of RAW lies; may be repeated",
    )


def edition(parser: argparse.ArgumentParser) -> None:
    """--edition."""
    parser.add_argument("--edition", default="", metavar="NAME", help="which edition, where a source has several")


def out(parser: argparse.ArgumentParser) -> None:
    """OUT, as it is read."""
    parser.add_argument("out", metavar="OUT", help="folder that `convert` wrote")


def outs(parser: argparse.ArgumentParser) -> None:
    """OUT, once or more often."""
    parser.add_argument("outs", metavar="OUT", nargs="+", help="folder that `convert` wrote; may be repeated")


def picture(parser: argparse.ArgumentParser) -> None:
    """--picture."""
    parser.add_argument("--picture", metavar="FILE.png", help="draw it too")


def as_json(parser: argparse.ArgumentParser) -> None:
    """--json."""
    parser.add_argument("--json", action="store_true", help="for programs")


def dry_run(parser: argparse.ArgumentParser, shown: str) -> None:
    """--dry-run."""
    parser.add_argument("--dry-run", action="store_true", help=f"show {shown} and write nothing")


def size(text: str) -> int:
    """The bytes of a size as people write it."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?I?)B?", text.strip().upper())
    if match is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no size; 500MB, 2GB or 64MiB are")
    return int(float(match[1]) * _UNITS[match[2]])


def named_path(text: str) -> tuple[str, str]:
    """The two sides of NAME=PATH."""
    name, equals, path = text.partition("=")
    if not equals or not name or not path:
        raise argparse.ArgumentTypeError(f"{text!r}: NAME=PATH expected")
    return name, path
