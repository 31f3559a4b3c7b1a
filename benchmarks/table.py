"""The table and its picture."""

from __future__ import annotations

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


def table(results: Sequence[Result]) -> str:
    """The results as a Markdown table."""
    lines = ["| step | against | median | least to most | must | reach for |", "| --- | --- | --- | --- | --- | --- |"]
    for result in results:
        goal = result.goal
        sign = "<=" if goal.most else ">="
        numbers = [shown(value, goal.unit) for value in (result.median, min(result.values), max(result.values), goal.must, goal.reach)]
        median, least, most, must, reach = numbers
        verdict = "" if result.met else " (missed)"
        lines.append(
            f"| {goal.name} | {goal.against} | **{median}**{verdict} | {least} to {most} | {sign} {must} | {sign} {reach} |".replace(
                "| <=  |", "| |"
            )
        )
    return "\n".join(lines)


def picture(results: Sequence[Result], path: Path) -> None:
    """Draws one bar for each result: how large it is against what it must reach at most (or, where more is better, the inverse)."""
    font, row, left, width, right = ImageFont.load_default(26), 44, 640, 900, 200
    sheet = Image.new("RGB", (left + width + right, row * (len(results) + 2)), PAPER)
    draw = ImageDraw.Draw(sheet)
    scale = width / 1.25

    def share(value: float, must: float, most: bool) -> float:
        return value / must if most else must / value

    for number, result in enumerate(results):
        goal, top = result.goal, row * (number + 1)
        must = goal.reach if goal.must is None else goal.must
        draw.text((left - 16, top + row // 2), goal.name, INK, font, anchor="rm")
        draw.rectangle((left, top + 8, left + scale, top + row - 8), BED)
        end = min(share(result.median, must, goal.most), 1.25)
        draw.rectangle((left, top + 8, left + scale * end, top + row - 8), GOOD if result.met else BAD)
        reach = left + scale * share(goal.reach, must, goal.most)
        draw.line((reach, top + 4, reach, top + row - 4), INK, 3)
        draw.text((left + width + right - 12, top + row // 2), shown(result.median, goal.unit), INK, font, anchor="rm")
    draw.line((left + scale, row // 2, left + scale, row * (len(results) + 1)), SOFT, 3)
    draw.text((left + scale, row // 2 - 4), "must reach", SOFT, font, anchor="mb" if row > 60 else "mm")
    draw.text((left, row * (len(results) + 1) + row // 2), "shorter is better; black marks: what is reached for", SOFT, font, anchor="lm")
    sheet.save(path, optimize=True)
