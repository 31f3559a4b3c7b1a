"""What the masks of a set say together: which values are classes, and which files do not fit the others.

Nothing is guessed: where it cannot be told, the set is refused with what was found and the line of an about file that says it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hf_medseg.errors import Refused
from hf_medseg.masks.coding import Coding, Colour, Value, in_words, listed

_SMALL = 15  # class numbers up to here are never taken for soft edges, whatever they look like
EMPTY, NO_GROUND = "every mask is empty", "no mask holds 0: there is no background"
NAME_GROUND = "If one of the values is it, name it in the about file, in classes"
WHITES = frozenset((1, 128, 254, 255, 65535))  # what foreground is called by who draws one class
_NEARLY_WHITE = 240
_ENOUGH = 10  # so many masks can outvote one
_SOFT = 16  # pixels
_ANEW = "Else save it anew with one whole number a class."
MOST_CLASSES = 254
VOID = 255
_VOID_COLOUR = (224, 224, 192)  # of number 255 in the palette that Pascal VOC draws outlines of objects in, where nobody decided
OBJECTS = 'labels = "instances"'
_SEVERAL = 3  # masks that a doubt about all of them needs
_CRUMB = 16  # pixels of a region that is no structure, on average


@dataclass(frozen=True)
class Agreed:
    """What the masks of a set say together.

    Attributes:
        values: those that are classes, ascending, without 0.
        by_index: palettes are read as their indices; else as the greys that they show.
        void: whether 255 is the number that Pascal VOC gives to what nobody decided: the palettes show its colour.
        wrong: files that do not fit, by listed path: what is wrong, and what the user can do.
        notes: what the user should know.
    """

    values: tuple[int, ...] = ()
    by_index: bool = False
    void: bool = False
    wrong: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()


def line(text: str) -> str:
    """What to say in the about file."""
    return f"Say in the about file: {text}"


def hexadecimal(colour: Colour) -> str:
    """A colour as people write it: `#ff0000`."""
    return "#" + "".join(f"{channel:02x}" for channel in colour)


def colours_line(counts: Mapping[Colour, int]) -> str:
    """The line of an about file that names colours: black, else the most frequent one of several, is background."""
    ground = (0, 0, 0) if (0, 0, 0) in counts or len(counts) == 1 else max(counts, key=lambda one: counts[one])
    names = {colour: f"class_{number}" for number, colour in enumerate((one for one in counts if one != ground), 1)}
    return "colours = { " + ", ".join(f'"{hexadecimal(one)}" = "{names.get(one, "background")}"' for one in counts) + " }"


def classes_line(values: Iterable[int], name: str = "") -> str:
    """The line of an about file that names values."""
    return "classes = { " + ", ".join(f'{value} = "{name or f"class_{value}"}"' for value in values) + " }"


def meant_names(named: Mapping[Any, str]) -> dict[Any, str]:
    """What a user calls values or colours, with the names that have a meaning as they are meant: `Background` is `background`."""
    names = {key: name.strip() for key, name in named.items()}
    lost = [word for word in ("background", "not annotated") if word not in names.values()]
    return {key: name.lower() if name.lower() in lost else name for key, name in names.items()}


def named_values(classes: Mapping[str, str]) -> dict[int, str]:
    """The values that a user names, as the about file has them, with their names; 0 is the background unless it is named."""
    return {0: "background", **{int(value): name for value, name in meant_names(classes).items()}}


def by_index(seen: Mapping[str, Any], named: Iterable[int] = ()) -> bool:
    """Whether palettes are read as their indices, which must mean the same colours in every file; else as the greys that they show.

    Args:
        seen: what was found, by listed path; anything but a `Coding` takes no part.
        named: the values that the user names.

    Raises:
        Refused: they show colours, and their order differs from file to file, or their background cannot be told.
    """
    palettes = {path: one.palette for path, one in seen.items() if isinstance(one, Coding) and one.palette is not None}
    if blank := _blank(palettes):
        return blank
    order: dict[int, Colour] = {}
    indices: dict[Colour, int] = {}
    apart = twice = ""
    for path, palette in palettes.items():
        for index, colour in palette.items():
            if order.setdefault(index, colour) != colour:
                apart = apart or path
            elif indices.setdefault(colour, index) != index:
                twice = twice or path
    greys = all(red == green == blue for palette in palettes.values() for red, green, blue in palette.values())
    named = set(named)
    if {*order} <= named | {0}:
        twice = ""  # the user tells them apart
    if greys:
        shown = {colour[0] for palette in palettes.values() for colour in palette.values()}
        return not (apart or twice) and order.get(0, (0, 0, 0)) == (0, 0, 0) and {*order} <= named | {0} and not shown <= named | {0}
    black = indices.get((0, 0, 0), 0)
    if not (apart or twice) and (black == 0 or 0 in named):
        return True
    counts: Counter[Colour] = Counter()
    for path, palette in palettes.items():
        for index, colour in palette.items():
            counts[colour] += seen[path].values[index].pixels
    first = next(iter(palettes))
    if apart:
        what = f"number their colours differently from file to file, as in {first} and {apart}: the numbers in them mean nothing"
    elif twice:
        same = next(colour for index, colour in palettes[twice].items() if indices[colour] != index)
        numbers = listed(str(index) for index, colour in order.items() if colour == same)
        what = f"have one colour for several numbers, as in {twice}: {numbers} are {hexadecimal(same)}"
    else:
        ground = hexadecimal(order.get(0, (0, 0, 0)))
        what = f"do not say which colour is background, as in {first}: black is number {black} and {ground} is 0"
    found = listed(f"{hexadecimal(colour)} in {number:,} pixels" for colour, number in counts.most_common(8))
    more = f" and {len(counts) - 8} more colours" if len(counts) > 8 else ""
    raise Refused(
        f"The palettes of the masks {what}. Found: {found}{more}. "
        + line(colours_line(dict(counts.most_common(64))))
        + (f"; or, if the numbers are classes: {classes_line(sorted({*order} - {0}))}" if twice and not apart else "")
    )


def _blank(palettes: Mapping[str, Mapping[int, Colour]]) -> bool:
    """Whether palettes show one colour whatever the numbers are, as where nobody gave them any: then the numbers are all there is.

    Raises:
        Refused: some do, and others have colours.
    """
    blank = [path for path, palette in palettes.items() if len(palette) > 1 and len({*palette.values()}) == 1]
    if blank and len({colour for palette in palettes.values() for colour in palette.values()}) > 1:
        raise Refused(
            f"{blank[0]} shows one colour in every pixel, and its palette has {len(palettes[blank[0]])} numbers for it; "
            f"{len(blank):,} of {len(palettes):,} masks are so. Save them with the palette of the others."
        )
    return bool(blank)


def agree(seen: Mapping[str, Any]) -> Agreed:
    """Judges the masks of a set.

    Args:
        seen: what was found, by listed path; anything but a `Coding`, such as what is said of a damaged file, takes no part.

    Raises:
        Refused: more than half of the masks do not hold one value a class, or it cannot be told what the values mean.
    """
    found: dict[str, Coding] = {path: one for path, one in seen.items() if isinstance(one, Coding)}
    indices = by_index(found)
    if indices:
        _refuse_mixed(found)
    wrong = _troubled(found)
    kept = {path: _values(one, indices) for path, one in found.items() if path not in wrong}
    kept = _without(wrong, kept, _soft(kept))
    _refuse_majority(wrong, found, kept)
    kept = _without(wrong, kept, _stray(kept))
    kinds = sorted({value for one in kept.values() for value in one} - {0})
    _refuse_whites(kept, kinds)
    void = (
        indices
        and len(kinds) > 1
        and kinds[-1] == VOID
        and any(one.palette and one.palette.get(VOID) == _VOID_COLOUR for one in found.values())
    )
    return Agreed(tuple(kinds), indices, void, wrong, (*_of_loss(found), *_of_void(kept, kinds, void), *_notes(kept, kinds)))


def _of_loss(found: Mapping[str, Coding]) -> Iterator[str]:
    """What to say of outlines that are not sharp any more."""
    unsure = {path: one.halfway for path, one in found.items() if one.halfway}
    if unsure:
        worst = max(unsure, key=lambda path: unsure[path])
        yield (
            f"{len(unsure):,} {'mask' if len(unsure) == 1 else 'masks'} saved with loss (JPEG): {sum(unsure.values()):,} pixels at "
            f"outlines are halfway between black and white, most in {worst}; what is above 127 became the class, so an outline may be "
            "a pixel off. Masks saved as PNG from what they were made of are exact"
        )


def _of_void(kept: Mapping[str, Mapping[int, Value]], kinds: list[int], void: bool) -> Iterator[str]:
    """What to say of 255 beside lower numbers of classes."""
    if not void and (len(kinds) < 2 or kinds[-1] != VOID or kinds[-2] >= _NEARLY_WHITE or _objects(kept)):
        return
    seen = [one[VOID].pixels for one in kept.values() if VOID in one]
    there = f"the value 255, in {sum(seen):,} pixels of {len(seen):,} {'mask' if len(seen) == 1 else 'masks'},"
    if void:
        classes = classes_line(kinds)
        yield f"{there} has the colour of Pascal VOC's outlines and is not annotated. If it is a class, say in the about file: {classes}"
    else:
        named = ", ".join(f'{value} = "class_{value}"' for value in kinds[:-1])
        line_of = f'classes = {{ {named}, 255 = "not annotated" }}'
        yield f"{there} became a class; if it means that nobody looked or decided there, say in the about file: {line_of}"


def _refuse_mixed(found: Mapping[str, Coding]) -> None:
    """Refuses grey masks beside masks with a palette whose numbers they do not use.

    Raises:
        Refused: see above.
    """
    numbers = {index for one in found.values() for index in one.palette or ()}
    greys = {path: one for path, one in found.items() if one.palette is None and not one.values.keys() <= numbers | {0}}
    if not numbers or not greys:
        return
    counts: Counter[Colour] = Counter()
    for one in found.values():
        for value, seen in one.values.items():
            counts[(value, value, value) if one.palette is None else one.palette[value]] += seen.pixels
    path = next(path for path, one in found.items() if one.palette is not None)
    other, grey = next(iter(greys.items()))
    raise Refused(
        f"Some masks have a palette, such as {path}; in them are the numbers {listed(map(str, sorted(numbers)[:8]))}. Others are grey with "
        f"other values: {other} holds {in_words({value: seen.pixels for value, seen in grey.values.items()})}. "
        + line(colours_line(dict(counts.most_common(64))))
    )


def _values(one: Coding, indices: bool) -> Mapping[int, Value]:
    return one.values if indices or one.greys is None else one.greys


def _without(wrong: dict[str, tuple[str, str]], kept: dict[str, Mapping[int, Value]], more: dict[str, tuple[str, str]]) -> Any:
    wrong |= more
    return {path: one for path, one in kept.items() if path not in more}


def _troubled(found: Mapping[str, Coding]) -> dict[str, tuple[str, str]]:
    """The masks that cannot hold classes, each by itself."""
    wrong = {}
    for path, one in found.items():
        if one.trouble:
            advice = f"If it shows one class, say in the about file: {one.mend}. Else save it as PNG from what it was made of."
            wrong[path] = (f"{one.trouble}.", advice)
        elif one.colours:
            wrong[path] = _of_colours(one.colours, one.number)
    return wrong


def _of_colours(colours: Mapping[Colour, int], number: int) -> tuple[str, str]:
    few = listed(f"{hexadecimal(colour)} in {count:,} pixels" for colour, count in list(colours.items())[:6])
    if number > len(colours) or number > 32:
        words = f"it holds {number:,} colours, as a picture does, or a mask drawn over one; the most frequent are {few}."
        return words, "Save the masks without the picture, one colour a class. If images/ and masks/ were swapped, rename them."
    more = f" and {number - 6} more" if number > 6 else ""
    return f"it is coloured: {few}{more}; its colour channels differ.", line(colours_line(colours))


def _pooled(kept: Mapping[str, Mapping[int, Value]]) -> dict[int, Value]:
    sums: dict[int, list[int]] = {}
    for one in kept.values():
        for value, seen in one.items():
            some = sums.setdefault(value, [0, 0, 0, 0])
            for k, number in enumerate((seen.pixels, seen.flat, seen.between, seen.blobs)):
                some[k] += number
    return {value: Value(*some) for value, some in sorted(sums.items())}


def _soft(kept: Mapping[str, Mapping[int, Value]]) -> dict[str, tuple[str, str]]:
    """The masks with soft edges, or saved with loss before: most values lie where a lower one meets a higher one, or are but crumbs."""
    pool = _pooled(kept)
    highest = max(pool, default=0)
    inner = {value: seen for value, seen in pool.items() if min(pool) < value < highest}
    edges = {value for value, one in inner.items() if one.between * 10 >= one.pixels * 6 and one.flat * 2 < one.pixels}
    crumbs = {value for value, one in inner.items() if one.blobs * _CRUMB >= one.pixels}
    edges |= crumbs if len(crumbs) >= 4 else set()  # one thin class, or a few, may be crumbs too
    pixels = sum(pool[value].pixels for value in edges)
    if highest <= _SMALL or len(edges) < 2 or len(edges) * 2 < len(inner) or pixels < _SOFT or _objects(kept):
        return {}
    wrong = {}
    for path, one in kept.items():
        if edges & one.keys():
            counts = {value: seen.pixels for value, seen in one.items()}
            words = f"its edges are soft, or it was saved with loss once: {in_words(counts)}; the values between are no classes."
            photo = sum(one[value].pixels for value in edges & one.keys()) * 2 > sum(counts.values())
            swapped = " It looks like a picture: if images/ and masks/ were swapped, rename them." if photo else ""
            single = sum(seen.blobs == 1 for value, seen in one.items() if value)
            objects = f" If every value is the number of an object: {OBJECTS}." if single >= 8 and single * 10 >= len(one) * 8 else ""
            advice = f"If it shows one class, say in the about file: threshold = {highest // 2}.{objects} {_ANEW}{swapped}"
            wrong[path] = (words, advice)
    return wrong


def _refuse_majority(wrong: Mapping[str, tuple[str, str]], found: Mapping[str, Coding], kept: Mapping[str, Any]) -> None:
    """Refuses a set of which most masks with anything in them do not hold one value a class, or one holds more than a label map can.

    Raises:
        Refused: see above.
    """
    marked = sum(any(one) for one in kept.values())
    overfull = next((path for path in wrong if len(found[path].values) > MOST_CLASSES + 1), "")
    if not wrong or (len(wrong) <= marked and not overfull):
        return
    path = overfull or next(iter(wrong))
    words, advice = wrong[path]
    if coloured := [one for name, one in found.items() if name in wrong and one.colours]:
        counts: Counter[Colour] = Counter()
        for one in coloured:
            counts.update(one.colours)
        if max(one.number for one in coloured) <= 32 and len(counts) <= 64:
            advice = line(colours_line(dict(counts.most_common())))
    if len(mends := {one.mend for name, one in found.items() if name in wrong and one.mend}) > 1:
        numbers = sorted(float(mend.partition("= ")[2]) for mend in mends)
        advice = advice.replace(found[path].mend, f"threshold = {numbers[len(numbers) // 2]:g}") if found[path].mend else advice
    raise Refused(f"{len(wrong):,} of {len(found):,} masks do not hold one whole number a class. For example {path}: {words} {advice}")


def _stray(kept: Mapping[str, Mapping[int, Value]]) -> dict[str, tuple[str, str]]:
    """The few masks with a value that the others do not have, where all others agree on one; or where it is a few scattered pixels."""
    files = Counter(value for one in kept.values() for value in one if value)
    marked = sum(any(one) for one in kept.values())
    if marked < _ENOUGH or len(files) < 2:
        return {}
    pool = _pooled(kept)
    common = [value for value, number in files.items() if number * 10 > marked]
    if len(common) == 1:
        rare = {value for value in files if value not in common}
    else:
        rare = {value for value, number in files.items() if number == 1 and pool[value].pixels < _SOFT and not pool[value].flat}
    few = {path: rare & one.keys() for path, one in kept.items() if rare & one.keys()}
    if not few or len(few) * 10 > marked:
        return {}
    everywhere = sorted(value for value in files if value not in rare)
    known = listed(map(str, everywhere[:8])) + (", ..." if len(everywhere) > 8 else "")
    return {
        path: (
            f"it holds {in_words({value: kept[path][value].pixels for value in values})}, where the other masks hold 0 and {known}.",
            f"Mend the mask; or, if it is right, say in the about file: {classes_line(sorted(files))}",
        )
        for path, values in few.items()
    }


def _refuse_whites(kept: Mapping[str, Mapping[int, Value]], kinds: list[int]) -> None:
    """Refuses sets whose values look like several spellings of one class.

    Raises:
        Refused: see above.
    """
    counts = {value: seen.pixels for value, seen in _pooled(kept).items()}
    marked = [one.keys() - {0} for one in kept.values() if any(one)]
    nearly = [value for value in kinds if _NEARLY_WHITE <= value <= 255]
    several = "if they are classes: " + classes_line(kinds)
    if len(nearly) > 1 and all(value in nearly or value <= 8 for value in kinds):
        if min(counts) in nearly:
            ground = ", ".join(f'{value} = "{"background" if value == kinds[-1] else f"class_{value}"}"' for value in reversed(kinds))
            raise Refused(
                f"The masks hold {in_words(counts)}: nothing but values close to white, and no background. "
                f"If {kinds[-1]} is it, say in the about file: classes = {{ {ground} }}; {several}"
            )
        raise Refused(
            f"The masks hold {in_words(counts)}: several values close to white look like one class. "
            f"{line('threshold = 127')}; or, {several}"
        )
    refuse_one_class_in_several(marked, counts)


def refuse_one_class_in_several(marked: Collection[Collection[int]], counts: Mapping[int, int] | None = None) -> None:
    """Refuses masks of which each holds one value, and not the same: they may all show the same thing.

    Args:
        marked: the values but 0 of each mask that has some.
        counts: how many pixels have each value, where they were counted.

    Raises:
        Refused: see above.
    """
    kinds = sorted({value for values in marked for value in values})
    if len(kinds) > 1 and WHITES.issuperset(kinds) and all(len(values) == 1 for values in marked):
        found = ", ".join(map(str, kinds)) if counts is None else in_words(counts)
        raise Refused(
            f"Every mask holds one value besides 0, but not the same: {found}. One class may have been saved in several ways. "
            f"{line(classes_line(kinds, 'foreground'))}; or, if they are classes: {classes_line(kinds)}"
        )


def refuse_apart(kinds: Mapping[str, set[int]]) -> None:
    """Refuses splits of which no two have a value in common: the same classes may have been coded differently.

    Args:
        kinds: the values but 0 in the masks of each split.

    Raises:
        Refused: see above.
    """
    marked = {split: some for split, some in kinds.items() if some}
    every = sorted({value for some in marked.values() for value in some})
    if len(marked) < 2 or sum(map(len, marked.values())) > len(every):
        return
    there = "; ".join(f"{split} holds {listed(map(str, sorted(some)[:8]))}" for split, some in marked.items())
    same = len({len(some) for some in marked.values()}) == 1
    ranked = {value: f"class_{rank}" for some in marked.values() for rank, value in enumerate(sorted(some), 1)}
    names = "classes = { " + ", ".join(f'{value} = "{ranked[value]}"' for value in every) + " }"
    raise Refused(
        f"The masks of no two splits have a value but 0 in common: {there}. If they are different classes, say in the about file: "
        f"{classes_line(every)}" + (f"; if the same ones were coded differently: {names}" if same else "")
    )


def _objects(kept: Mapping[str, Mapping[int, Value]]) -> bool:
    """Whether values look like numbers of objects: many, from 1 on in most masks, not as many in each, and each value one region."""
    numbers = [sorted(one.keys() - {0}) for one in kept.values() if any(one)]
    kinds = {value for some in numbers for value in some}
    if len(kinds) < 8 or max(map(len, numbers)) < 5:
        return False
    regions = [seen.blobs <= 1 for one in kept.values() if len(one) > 2 for value, seen in one.items() if value]
    if sum(regions) * 10 < len(regions) * 8:
        return False
    from_one = sum(some[-1] == len(some) for some in numbers)
    lengths = {len(some) for some in numbers}
    return (len(lengths) > 1 or len(numbers) == 1) and (from_one * 10 >= len(numbers) * 8 or len(kinds) > 30)


_NOWHERE = Value(0, 0, 0, 0)


def _on_white(kept: Mapping[str, Mapping[int, Value]], kinds: list[int]) -> int:
    """In how many masks the one value besides 0 lies all around and is the greater part; none unless nearly all masks are such ones."""
    if len(kinds) != 1:
        return 0
    pairs = [(one.get(kinds[0], _NOWHERE), one.get(0, _NOWHERE)) for one in kept.values()]
    around = sum(there.border > 9 * ground.border and there.pixels > ground.pixels for there, ground in pairs)
    holes = any(ground.pixels for _, ground in pairs)
    return around if holes and around * 10 >= 9 * len(pairs) else 0


def _turned_round(kept: Mapping[str, Mapping[int, Value]], kinds: list[int]) -> list[str]:
    """The masks, fewer than half, whose one value besides 0 lies all around what is 0, where in nearly all others 0 lies all around."""
    if len(kinds) != 1:
        return []
    pairs = {path: (one.get(kinds[0], _NOWHERE), one.get(0, _NOWHERE)) for path, one in kept.items()}
    both = {path: (there, ground) for path, (there, ground) in pairs.items() if there.pixels and ground.pixels}
    inside = [path for path, (there, ground) in both.items() if there.border and not ground.border]
    outside = sum(ground.border > 9 * there.border for there, ground in both.values())
    return inside if len(inside) < outside and (len(inside) + outside) * 10 >= 9 * len(both) else []


def _notes(kept: Mapping[str, Mapping[int, Value]], kinds: list[int]) -> list[str]:
    notes = []
    if _objects(kept):
        notes.append(
            f"the masks look like numbers of objects, not classes: {len(kinds):,} values, each one region, not as many in every mask. "
            f"If so, say in the about file: {OBJECTS}"
        )
    if (around := _on_white(kept, kinds)) and len(kept) >= _SEVERAL:
        value = kinds[0]
        swapped = 'classes = { 0 = "foreground", ' + f'{value} = "background" }}'
        notes.append(
            f"in {around:,} of {len(kept):,} masks {value} is the greater part and lies all around what is 0, as if objects were black on "
            f"white. If they are, say in the about file: {swapped}; if {value} is the object: {classes_line(kinds, 'foreground')}"
        )
    if turned := _turned_round(kept, kinds):
        notes.append(
            f"in {len(turned):,} of {len(kept):,} masks, such as {turned[0]}, {kinds[0]} lies all around what is 0, in the others 0 lies "
            "all around: look whether these have object and background exchanged, and save them the other way round if so"
        )
    if kept and not kinds:
        notes.append(f"{EMPTY}: 0 in every pixel")
    elif kept and not any(0 in one for one in kept.values()):
        notes.append(f"{NO_GROUND}. {NAME_GROUND}")
    return notes
