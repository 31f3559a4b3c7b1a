"""What the card and the report of a derived dataset tell of how it was made: nothing of the machine, the recipe in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from typing import Any

from hf_medseg.card.markdown import table
from hf_medseg.deriving import twins
from hf_medseg.deriving.inputs import Chosen, Input
from hf_medseg.deriving.labels import Relabel
from hf_medseg.deriving.recipe import Place, Recipe, text_of
from hf_medseg.deriving.splitting import Division
from hf_medseg.words import counted


def _shown(recipe: Recipe, inputs: Sequence[Input]) -> Recipe:
    """The recipe with what its folders hold in place of where they lie."""
    takes = (replace(one.take, out="/".join(filter(None, (one.origin.source, one.origin.edition)))) for one in inputs)
    return replace(recipe, take=tuple(takes))


def recipe_told(recipe: Recipe, inputs: Sequence[Input]) -> dict[str, Any]:
    """The recipe for `report.json`, as JSON would give it back."""
    told: dict[str, Any] = _plain(asdict(_shown(recipe, inputs)))
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, (list, tuple)) else value


def inputs_told(recipe: Recipe, inputs: Sequence[Input], rows: Sequence[Chosen]) -> list[dict[str, Any]]:
    """What was taken, input by input, for `report.json`."""
    taken = Counter(row.take for row in rows)
    return [
        {
            "source": one.origin.source,
            "edition": one.origin.edition or None,
            "config": one.config,
            "license": one.origin.license,
            "tier": one.origin.tier,
            "rows": sum(outcome.tally.rows for outcome in one.outcomes),
            "taken": taken[one.number],
            "rejected": one.rejected,
            "left_out": [name for name in one.left_out if name not in recipe.columns],
            "shards": [identity.fingerprint for identity in one.identities],
        }
        for one in inputs
    ]


def origins(recipe: Recipe, inputs: Sequence[Input], told: Sequence[dict[str, Any]]) -> str:
    """The sections of the card on what the dataset was made of."""
    lines = []
    for one, numbers in zip(inputs, told, strict=True):
        source, _ = one.origin.known()
        terms = one.origin.terms()
        lines.append(
            (
                one.origin.label,
                source.title,
                source.homepage,
                f"{terms.name} (`{terms.id}`), tier `{terms.tier}`",
                f"{numbers['taken']:,} of {numbers['rows']:,}",
                f"{one.rejected:,}" if one.rejected else "",
            )
        )
    made_of = table(("source", "title", "homepage", "license", "rows taken", "cases rejected before"), lines)
    return (
        f"## What it was made of\n\n{made_of}\n\n"
        "`source`, `source_edition` and `source_id` say where a row comes from, `source_sha256` which file that was. "
        "`original_size`, `crop`, `scaled` and `pad` say what was done to its grid: `hf_medseg.restore(row, prediction)` undoes it.\n\n"
        "## The recipe\n\nThe same converted datasets and this recipe give the same bytes:\n\n"
        f"```toml\n{text_of(_shown(recipe, inputs))}```"
    )


def splits(recipe: Recipe, inputs: Sequence[Input], division: Division) -> str:
    """How rows came to their split."""
    split = recipe.split
    together = (
        "Rows of one patient or volume, and rows whose picture is the same file or whose group has the same name in two sources, are "
        "one group (`split_group`), and no group is divided."
    )
    if split.parts:
        shares = ", ".join(f"`{name}` {part:g}" for name, part in split.parts.items())
        how = f"Groups are divided by a hash of their name and the key {split.key!r}: {shares}. What is added later moves nothing."
        if split.official:
            names = ", ".join(f"`{name}`" for name in split.official)
            how += f" What a source has in an official split {names} stays there, and the rest of that source is divided over the others."
    else:
        how = "Rows keep the split of their source."
    parts = [how, together]
    if split.folds:
        parts.append(f"`split_fold` divides the groups that are in no official split into {split.folds} folds.")
    if moved := [f"{rows:,} from `{before}` to `{after}`" for (before, after), rows in sorted(division.moved.items())]:
        parts.append(f"Rows that follow their group into another split than their source has them in: {', '.join(moved)}.")
    for one in inputs:
        if one.division is not None:
            parts.append(
                f"{one.origin.label} is divided as `{one.take.split}`: {one.division.says} ({one.division.url}, {one.division.date})"
            )
        elif one.take.split:
            parts.append(f"{one.origin.label} keeps its official splits.")
    if split.whole:
        told = ", ".join(f"{source} to `{name}`" for source, name in split.whole.items())
        parts.append(f"Whole sources come to one split, with whatever shares a group with their rows: {told}.")
    if division.shared:
        parts.append(f"{counted(division.shared, 'group')} with rows of more than one source.")
    if alike := twins.told(split, inputs, division):
        parts.append(alike)
    return " ".join(parts)


def changes(recipe: Recipe, inputs: Sequence[Input], relabels: Sequence[Relabel], classes: Sequence[str]) -> tuple[str, ...]:
    """Every change, one sentence each."""
    return (*_placed(recipe), *_labelled(recipe, inputs, relabels, classes), *_taken(recipe, inputs), *_balanced(recipe))


def _filter(place: Place) -> str:
    gap = f" after a reduction by whole numbers (reducing_gap = {place.reducing_gap:g})" if place.reducing_gap is not None else ""
    return f"{place.filter} filter{gap}"


def _what(place: Place) -> str:
    return "voxels" if len(place.sides or place.steps or ()) == 3 else "pixels"


def _placed(recipe: Recipe) -> Iterator[str]:
    place = recipe.place
    sides, what = " x ".join(map(str, place.sides or ())), _what(place)
    if place.fit == "crop":
        yield f"Every picture with a mask is cut to its foreground and {place.margin:g} of its longer side around it."
    if place.steps is not None:
        steps = " x ".join(f"{step:g}" for step in place.steps)
        size = f", and cut around its middle or framed to {sides} {what}" if place.sides is not None else ""
        yield (
            f"Every picture is brought to a spacing of {steps} mm{size}: pictures by Pillow's {_filter(place)}, "
            "masks by nearest neighbour, index = floor((i + 0.5) * before / after)."
        )
    elif place.sides is not None:
        keeps = "without keeping the proportions" if place.fit == "stretch" else "keeping the proportions"
        fill = f", the rest filled with {place.pad_image} (masks: {place.pad_mask})" if place.fit != "stretch" else ""
        grid = f"Every picture is brought to {sides} {what} {keeps}{fill}: "
        yield f"{grid}pictures by Pillow's {_filter(place)}, masks by nearest neighbour, index = floor((i + 0.5) * before / after)."
    elif place.fit != "crop":
        yield "Every picture keeps its grid."
    if place.depth == 8:
        window = (
            "between the 0.5th and the 99.5th percentile of the picture"
            if place.window == "percentiles"
            else f"of the physical values {place.window[0]:g} to {place.window[1]:g}"
        )
        yield f"Pictures of more than 8 bits are brought to 8 by the window {window}; `rescale_slope` and `rescale_intercept` fit that."
    else:
        yield "Pictures of more than 8 bits keep their values and their depth."
    if place.stack > 1:
        form = "its colours are" if place.stack == 3 and place.depth == 8 else "`stack` holds"
        ends = "the last one stands for those beyond" if place.edges == "repeat" else f"{place.pad_image} stands for those beyond"
        yield f"Of every slice {form} {place.stack} neighbouring ones, in the order of the volume; at its ends {ends}."
    if place.colours != "keep":
        yield f"Every picture is stored as {place.colours}."
    yield "Pictures that are changed are stored as lossless PNG (32-bit floats as TIFF); others keep their bytes."


def _labelled(recipe: Recipe, inputs: Sequence[Input], relabels: Sequence[Relabel], classes: Sequence[str]) -> Iterator[str]:
    for one, relabel in zip(inputs, relabels, strict=True):
        if len(one.classes) < 2:
            continue
        became = [f"`{name}` is `{classes[to - 1]}`" for name, to in zip(one.classes, relabel.target, strict=True) if to]
        gone = [f"`{name}`" for name, to in zip(one.classes[1:], relabel.target[1:], strict=True) if not to]
        lost = f" {', '.join(gone)} count{'s' * (len(gone) == 1)} as no class." if gone else ""
        yield f"{one.origin.label}: {', '.join(became)}.{lost}"
        missing = [f"`{name}`" for number, name in enumerate(classes, 1) if number not in relabel.searched(None)]
        if missing:
            yield f"{one.origin.label} was not searched for {', '.join(missing)}: its background is 255, not annotated."
    for source, names in recipe.label.absent.items():
        yield f"{source}: the recipe says that {', '.join(f'`{name}`' for name in names)} do not occur there."
    if any("annotated_classes" in one.columns for one in inputs):
        yield "Where a row was not searched for a class of the label space (`annotated_classes`), its background is 255 too."


def _taken(recipe: Recipe, inputs: Sequence[Input]) -> Iterator[str]:
    kept = f", and the columns {', '.join(f'`{name}`' for name in recipe.columns)}" if recipe.columns else ""
    yield f"Only `image` and `mask`{kept} were taken of what the sources have; further pictures and columns are there."
    for one in inputs:
        if left := [f"`{name}`" for name in one.left_out if name not in recipe.columns]:
            yield f"{one.origin.label}: left out were the pictures {', '.join(left)}."
        take = one.take
        asked = [
            f"of the splits {', '.join(take.splits)}" if take.splits else "",
            "with a mask" if take.annotated else "",
            f"with {' or '.join(take.classes)}" if take.classes else "",
            f"with a foreground of {take.least_foreground:g} at least" if take.least_foreground else "",
            f"of every {take.every}th slice" if take.every > 1 else "",
            *(f"with {name} = {value}" for name, value in take.equal.items()),
        ]
        if told := list(filter(None, asked)):
            yield f"{one.origin.label}: only rows {', '.join(told)}."


def _balanced(recipe: Recipe) -> Iterator[str]:
    if recipe.balance.weights:
        yield f"`sampling_weight` lets every {recipe.balance.weights} of a split weigh the same; no row is copied."
    if recipe.balance.cap:
        yield f"`within_cap` marks at most {recipe.balance.cap:,} rows of a source and class in a split; no row is left out."
