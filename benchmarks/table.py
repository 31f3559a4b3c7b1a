"""The table and its picture."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from benchmarks.lines import Result

INK, SOFT, PAPER, GOOD, BAD, BED = (25, 28, 33), (110, 116, 125), (255, 255, 255), (46, 125, 90), (190, 70, 50), (233, 236, 240)


def shown(value: float | None, unit: str) -> str:
    """A number with its unit."""
    if value is None:
        return ""
    return (
        f"{value:.2g}" if unit == "x" and value < 0.1 else f"{value:.2f}" if unit == "x" and value < 10 else f"{value:.3g} {unit}".strip()
    )


TABLE = re.compile(r"^\| step \| against \|.*\n(?:\|.*\n)*", re.MULTILINE)
"""The table on a page."""


def table(results: Sequence[Result]) -> str:
    """The results as a Markdown table."""
    lines = ["| step | against | median | least to most | must | reach for |", "| --- | --- | --- | --- | --- | --- |"]
    for result in results:
        goal = result.goal
        sign = "<=" if goal.most else ">="
        numbers = [shown(value, goal.unit) for value in (result.median, min(result.values), max(result.values), goal.must, goal.reach)]
        median, least, most, must, reach = numbers
        verdict = "" if result.met else " (missed)"
        needed = f"{sign} {must} " if must else ""
        lines.append(f"| {goal.name} | {goal.against} | **{median}**{verdict} | {least} to {most} | {needed}| {sign} {reach} |")
    return "\n".join(lines)


_TICKS = (1, 2, 4, 8, 16)
_LEAST, _MOST = 0.75, 24


def picture(results: Sequence[Result], path: Path) -> None:
    """Draws how many times as fast each thing is that users do, on a scale where each mark is twice the one before."""
    drawn = [result for result in results if result.goal.told]
    font, small = ImageFont.load_default(26), ImageFont.load_default(19)
    row, left, width, right, head = 66, 660, 820, 130, 76
    sheet = Image.new("RGB", (left + width + right, head + row * len(drawn) + 30), PAPER)
    draw = ImageDraw.Draw(sheet)
    bottom = head + row * len(drawn)

    def at(factor: float) -> float:
        return left + width * math.log(min(max(factor, _LEAST), _MOST) / _LEAST) / math.log(_MOST / _LEAST)

    for tick in _TICKS:
        draw.line((at(tick), head - 8, at(tick), bottom), INK if tick == 1 else BED, 3 if tick == 1 else 2)
        draw.text((at(tick), head - 16), "as fast" if tick == 1 else f"{tick} x as fast", SOFT, small, anchor="mb")
    for number, result in enumerate(drawn):
        goal, top = result.goal, head + row * number
        factor = 1 / result.median if goal.most else result.median
        draw.text((left - 16, top + 24), goal.told, INK, font, anchor="rm")
        draw.text((left - 16, top + 49), f"against {goal.against}", SOFT, small, anchor="rm")
        start, end = sorted((at(1), at(factor)))
        draw.rectangle((start, top + 12, max(end, start + 3), top + row - 14), GOOD if factor >= 1 else BAD)
        draw.text((left + width + right - 24, top + row // 2), f"{factor:.2g} x", INK, font, anchor="rm")
    sheet.save(path, optimize=True)
