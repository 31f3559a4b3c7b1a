"""What is written when all shards of a derived dataset are there: its report, names, preview and card."""

from __future__ import annotations

from collections.abc import Mapping

from hf_medseg import __version__
from hf_medseg.card import croissant
from hf_medseg.card import render as card
from hf_medseg.catalog.derived import DERIVED
from hf_medseg.conversion.executor import Executor
from hf_medseg.conversion.report import repeated_images, split_section
from hf_medseg.dataset.folder import CARD, CROISSANT, NAMES, REPORT
from hf_medseg.dataset.identity import Outcome, versions
from hf_medseg.dataset.report import Report, Section
from hf_medseg.dataset.storage import json_text, write_text
from hf_medseg.dataset.table import Tally
from hf_medseg.deriving import describe
from hf_medseg.deriving.plan import Plan
from hf_medseg.preview import draw as preview


def finish(plan: Plan, outcomes: Mapping[str, Outcome], runner: Executor) -> Report:
    """Removes shards of other recipes, then writes report, names, preview, and last of all the card.

    Args:
        plan: what was to be written.
        outcomes: what became of every shard, by name.
        runner: draws the preview.

    Returns:
        the content of `report.json`.
    """
    target, root = plan.target, plan.target.root
    filled = {task.identity.split for task in plan.tasks if outcomes[task.name].tally.rows}
    staying = {task.name for task in plan.tasks if task.identity.split in filled}
    for path in target.shards():
        if path.relative_to(root).as_posix() not in staying:
            path.unlink()
    report: Report = {
        "source": DERIVED,
        "edition": plan.recipe.name or None,
        "license": plan.edition.license.id,
        "tier": plan.edition.license.tier,
        "converter": __version__,
        "packages": versions(),
        "configs": {"default": _section(plan, outcomes)},
        **plan.told,
    }
    write_text(root / NAMES, json_text(dict(enumerate(plan.table.classes))))
    write_text(root / REPORT, json_text(report))
    if any(split["rows"] for split in report["configs"]["default"]["splits"].values()):
        preview.write_preview(target, report, runner.run_small)
        write_text(root / CROISSANT, croissant.render(plan.source, plan.edition, report))
        text = card.render(plan.source, plan.edition, report, origins=describe.origins(plan.recipe, plan.inputs, report["inputs"]))
        write_text(root / CARD, text)
    else:
        for name in (CARD, CROISSANT):
            (root / name).unlink(missing_ok=True)
    target.release()
    return report


def _section(plan: Plan, outcomes: Mapping[str, Outcome]) -> Section:
    tallies: dict[str, Tally] = {}
    shards: dict[str, list[str]] = {}
    for task in plan.tasks:
        total = tallies.setdefault(task.identity.split, Tally())
        total += outcomes[task.name].tally
        shards.setdefault(task.identity.split, []).append(task.name)
    classes, root = plan.table.classes, plan.target.root
    limit, cases = plan.tasks[0].identity.limit, plan.tasks[0].identity.cases
    rejected = [one for outcome in outcomes.values() for one in outcome.rejected]
    return {
        "folder": "data",
        "classes": list(classes),
        "options": {},
        "limited": {split: {"taken": limit, "cases": cases} for split in tallies} if limit else {},
        "splits": {split: split_section(tally, classes, shards[split], root) for split, tally in tallies.items()},
        "splits_without_rows": [split for split, tally in tallies.items() if not tally.rows],
        "published": [],
        "rejected": sorted(rejected, key=lambda one: (one["image_id"], one["file"])),
        "known": [],
        "notes": [],
        "duplicate": sorted(repeated_images(root / name for name, outcome in outcomes.items() if outcome.tally.rows)),
        "not_used": [],
        "moved": [{"from": before, "to": after, "rows": rows} for (before, after), rows in sorted(plan.division.moved.items())],
        "shared_groups": plan.division.shared,
        "joined_groups": plan.division.twins,
    }
