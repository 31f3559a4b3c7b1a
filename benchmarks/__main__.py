"""Runs the benchmark: python -m benchmarks [--size small] [--lines NAME ...] [--rounds N] [--home FOLDER] [--picture FILE.png]."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from dataclasses import asdict, replace
from pathlib import Path

from benchmarks.lines import LINES, SIZES, Bench, Goal, Result, measure
from benchmarks.table import TABLE, picture, table


def main(arguments: list[str] | None = None) -> int:
    """Measures, prints the table, and draws it."""
    parser = argparse.ArgumentParser("benchmarks", description="Measures every line of the performance promise against its peer.")
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument(
        "--lines",
        nargs="*",
        choices=LINES,
        default=list(LINES),
        metavar="NAME",
        help=f"some of: {', '.join(LINES)}; none: only show what is kept",
    )
    parser.add_argument("--rounds", type=int, help="how often each side runs")
    parser.add_argument("--home", type=Path, default=Path(tempfile.gettempdir()) / "hf_medseg-benchmarks", help="corpora are kept here")
    parser.add_argument("--results", type=Path, help="JSON file that keeps the results; other lines in it stay")
    parser.add_argument("--picture", type=Path, help="PNG file to draw")
    parser.add_argument("--page", type=Path, help="Markdown file in which the table is replaced")
    given = parser.parse_args(arguments)
    size = SIZES[given.size] if given.rounds is None else replace(SIZES[given.size], rounds=given.rounds)
    given.home.mkdir(parents=True, exist_ok=True)
    bench = Bench(given.home, size)
    try:
        results = measure(bench, given.lines, lambda line: print(line, file=sys.stderr, flush=True))
    finally:
        bench.close()
    if given.results is not None:
        results = merged(given.results, results)
    print(table(results))
    if given.page is not None:
        given.page.write_text(TABLE.sub(lambda _: table(results) + "\n", given.page.read_text(encoding="utf-8")), encoding="utf-8")
    if given.picture is not None:
        picture(results, given.picture)
    return 0


def merged(path: Path, results: list[Result]) -> list[Result]:
    """These results and those that a file keeps of other lines; the file keeps all of them now."""
    kept = [Result(Goal(**one["goal"]), one["values"]) for one in json.loads(path.read_text())] if path.exists() else []
    new = {result.goal.name: result for result in results}
    both = [new.pop(result.goal.name, result) for result in kept] + [result for result in results if result.goal.name in new]
    path.write_text(json.dumps([asdict(result) for result in both], indent=1) + "\n")
    return both


if __name__ == "__main__":
    sys.exit(main())
