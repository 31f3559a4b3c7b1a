"""The ways in which folders and names tell pictures and masks, found without a word from the user."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from hf_medseg.errors import Refused
from hf_medseg.formats.picture import DOTTED_ENDINGS
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.order import natural
from hf_medseg.raw.splits import split_of
from hf_medseg.raw.tree import Raw, joined
from hf_medseg.sources.image_mask_folder.pairing import (
    Pairing,
    Seen,
    affixed,
    by_split,
    deeper,
    exact,
    in_own_folder,
    names_of,
    numbered,
    seen,
    worded,
)
from hf_medseg.sources.image_mask_folder.ways import Item, Kind, Way, kinds_of
from hf_medseg.sources.words import STRONG, are_raters, is_derived, role_of, said_by, tokens

DEEPER = "lies in a folder below images/ or masks/, which is not read"


def ways_of(raw: Raw, suffix: str) -> list[Way]:
    """Every way in which a tree may be meant.

    Args:
        raw: the tree.
        suffix: what the user says that masks add to the name of their picture.

    Raises:
        Refused: two kinds of folders may hold the masks.
    """
    found = seen(raw.listing.ending(*DOTTED_ENDINGS))
    folders = _folders(found)
    _refuse_drawn_by_hand(found, folders)
    found = _without_other_masks(_without_objects(found, folders))
    masks = [one for one in found if one.role == "mask"]
    named = [one for one in found if one.role == "image"]
    pictures = named or [one for one in found if not one.role]
    if masks and pictures:
        ways = _in_folders(pictures, masks, suffix)
        if any(way.fit.images for way in ways):
            return ways
    if by_rater := _folders_of_raters(found):
        return by_rater
    beside = _beside([one for one in found if one.role != "mask"], suffix)
    return beside if any(way.fit.images for way in beside) or not (masks and pictures) else ways


def _folders_of_raters(found: list[Seen]) -> list[Way]:
    """Pictures in a folder of their own, beside folders that are called like people and hold their masks."""
    pictures = [one for one in found if one.role == "image"]
    others = [one for one in found if one.role != "image"]
    folders = {one.file.listed.rpartition("/")[0] for one in others}
    names = [folder.rpartition("/")[2] for folder in folders]
    if not pictures or not are_raters(names) or len(set(names)) < len(names):
        return []
    at = {one.stem: number for number, one in enumerate(pictures)}
    pairs: Pairing = defaultdict(list)
    for mask in others:
        if mask.stem in at:
            pairs[at[mask.stem]].append((mask.file.listed.split("/")[-2], mask))
    if len(at) < len(pictures) or not pairs:
        return []
    about = {"image": f'"{pictures[0].file.listed.split("/")[-2]}/{{stem}}.*"', "mask": '"{rater}/{stem}.*"'}
    return [replace(_way(f"{_words(pictures)} and a folder for each rater", "rater", pictures, others, pairs), about=about)]


def _folders(found: list[Seen]) -> dict[str, Seen]:
    """The first file of each folder."""
    folders: dict[str, Seen] = {}
    for one in found:
        folders.setdefault(one.file.listed.rpartition("/")[0], one)
    return folders


def _refuse_drawn_by_hand(found: list[Seen], folders: Mapping[str, Seen]) -> None:
    """Refuses a folder of manual segmentations beside one of masks, which may be of something else, such as the field of view.

    Raises:
        Refused: there are both.
    """
    masks = next((one for one in found if one.role == "mask" and one.word in STRONG), None)
    drawn = next((one for folder, one in folders.items() if "manual" in map(str.lower, tokens(folder))), None)
    if masks is not None and drawn is not None and masks.file.listed.rpartition("/")[0] != drawn.file.listed.rpartition("/")[0]:
        line = f'image = "images/{{stem}}_training.*"; mask = "{drawn.file.listed.split("/")[-2]}/{{stem}}_manual1.*"'
        first, other = (one.file.listed.rpartition("/")[0] for one in (masks, drawn))
        raise Refused(f"Both {first}/ and {other}/ may hold the masks. Say in the about file how they are called, such as: {line}")


def _without_objects(found: list[Seen], folders: Mapping[str, Seen]) -> list[Seen]:
    """The files without SegmentationObject/ where SegmentationClass/ lies beside it, as VOC has them: the numbers of objects say no class."""
    words = {one.file.listed.split("/")[one.above].lower() for one in folders.values() if one.role == "mask"}
    if "segmentationclass" not in words:
        return found
    return [one for one in found if one.role != "mask" or one.file.listed.split("/")[one.above].lower() != "segmentationobject"]


def _without_other_masks(found: list[Seen]) -> list[Seen]:
    """The files without those in labels/ or the like where there is masks/.

    Raises:
        Refused: there is none, and several others hold pictures.
    """
    words = {one.word.rstrip("s") for one in found if one.role == "mask"}
    if words & STRONG:
        return [one for one in found if one.role != "mask" or one.word in STRONG]
    if len(words) > 1:
        first, other = (
            next(one.file.listed.rpartition("/")[0] for one in found if one.word.rstrip("s") == word)
            for word in sorted(words, reverse=True)[:2]
        )
        image = next((one for one in found if one.role == "image"), None)
        pictures = "images" if image is None else image.file.listed.rpartition("/")[0].rpartition("/")[2]
        line = f'image = "{pictures}/{{stem}}.*"; mask = "{first.rpartition("/")[2]}/{{stem}}.*"'
        raise Refused(
            f"Both {first}/ and {other}/ hold pictures, and there is no masks/. Say in the about file which of them holds the masks: {line}"
        )
    return found


def _in_folders(pictures: list[Seen], masks: list[Seen], suffix: str) -> list[Way]:
    """Pictures in folders of their own, masks in others."""
    at = names_of(pictures)
    if suffix:
        return _suffixed(pictures, masks, suffix)
    strategies: list[tuple[str, Callable[[], Pairing]]] = [
        ("paired by name", lambda: exact(at, masks)),
        ("paired by what follows image and mask in the name", lambda: worded(pictures, masks)),
        ("paired by the beginning or end of the name", lambda: affixed(at, masks)),
        ("a folder of masks for each name", lambda: deeper(at, masks)),
        ("a folder of masks a picture", lambda: in_own_folder(pictures, at, masks)),
        ("paired by the words and numbers in the name", lambda: numbered(pictures, masks)),
    ]
    best: Pairing = {}
    layout = ""
    for words, pair in strategies:
        if len(best) == min(len(pictures), len(masks)):
            break  # none can find more
        found = pair()
        if len(found) > len(best):
            best, layout = found, words
    if not best:
        best, layout = by_split(pictures, masks), "paired by name within each split"
    if not best:
        return [_way("images/ and masks/", "one", pictures, masks, {})]
    return _told_apart(f"{_words(pictures)} and {_words(masks)}, {layout}", pictures, masks, best)


def _words(files: list[Seen]) -> str:
    first = files[0]
    folders = first.file.listed.split("/")[:-1]
    if first.role:
        return f"{folders[first.above]}/"
    return "/".join(folders) + "/" if folders else "the top folder"


def _suffixed(pictures: list[Seen], masks: list[Seen], suffix: str) -> list[Way]:
    """Masks that add to the name of their picture what the user says."""
    fitting = [replace(one, stem=one.stem.removesuffix(suffix)) for one in masks if one.stem.endswith(suffix)]
    others = tuple(
        (one.file, f"its name does not end in {suffix!r}, which the about file says of masks")
        for one in masks
        if not one.stem.endswith(suffix)
    )
    at = names_of(pictures)
    way = _way(f"images/ and masks/ with the ending {suffix}", "one", pictures, fitting, exact(at, fitting), f"{{stem}}{suffix}")
    marked = frozenset(one.path for one in masks)
    return [replace(way, skipped=(*way.skipped, *others), marked=marked, about={"mask_suffix": f'"{suffix}"'})]


def _told_apart(layout: str, pictures: list[Seen], masks: list[Seen], pairs: Pairing) -> list[Way]:
    """The ways to understand masks that were paired: one a picture, or several that their names tell apart."""
    names: dict[str, set[str]] = defaultdict(set)
    for number, found in pairs.items():
        for name, _ in found:
            names[name].add(str(number))
    telling = [name for name in names if role_of(name.replace("{}", " ")) == "mask"]
    if len(names) > 1 and len(telling) == 1:  # beside x_mask there may be x_overlay
        kept = {number: [one for one in found if one[0] == telling[0]] for number, found in pairs.items()}
        others = [mask for found in pairs.values() for name, mask in found if name != telling[0]]
        pairs = {number: found for number, found in kept.items() if found}
        left = [(one.file, f"its name does not fit {telling[0].replace('{}', 'NAME')}, as those of masks do") for one in others]
        gone = {id(one) for one in others}
        (way,) = _told_apart(layout, pictures, [one for one in masks if id(one) not in gone], pairs)
        return [replace(way, skipped=(*way.skipped, *left))]
    if len(names) == 1:
        (name,) = names
        ending = name.removeprefix("{}") if name.startswith("{}") else ""
        way = _way(
            layout + (f" ({name.replace('{}', 'NAME')})" if name else ""),
            "one",
            pictures,
            masks,
            pairs,
            name.replace("{}", "{stem}") or "{stem}",
        )
        return [replace(way, about={"mask_suffix": f'"{ending}"'}) if ending else way]
    plain = {name: _bare(name) for name in names}
    if len(set(plain.values())) < len(plain):
        plain = {name: name.replace("{}", "") for name in names}
    renamed = {number: [(plain[name], mask) for name, mask in found] for number, found in pairs.items()}
    example = next(mask for found in pairs.values() for _, mask in found)

    def of(kind: Kind) -> Way:
        way = _way(layout, kind, pictures, masks, renamed)
        return replace(way, about=_patterns(pictures, example, pairs, kind))

    return kinds_of(of, {plain[name]: numbers for name, numbers in names.items()}, are_raters([*plain.values()]))


def _bare(name: str) -> str:
    """A name without the words that say mask, and without what joins it to the picture's."""
    text = name.replace("{}", " ").strip(" _-.")
    words = re.split(r"[ _\-.]+", text)
    kept = [word for word in words if role_of(word) != "mask"]
    return "_".join(kept) or text


def _patterns(pictures: list[Seen], mask: Seen, pairs: Pairing, kind: Kind) -> dict[str, str]:
    """The patterns of paths that say the same; they are written after an example."""
    number, name = next((number, name) for number, found in pairs.items() for name, one in found if one is mask)
    picture = pictures[number]

    def pattern(one: Seen, inner: str) -> str:
        folders = one.file.listed.split("/")[:-1]
        below = [_folder(folder) for folder in folders[one.above :]] if one.role else []
        return "/".join([*below, inner]) + ".*"

    if "{}" in name:
        return {"image": f'"{pattern(picture, "{stem}")}"', "mask": f'"{pattern(mask, _affix(name, kind))}"'}
    if name == mask.stem:  # a folder of masks a picture
        shared = mask.path[:-1].rpartition("/")[2]
        inner = pattern(mask, f"{{{kind}}}").replace(f"/{shared}/", "/{stem}/")
        if shared == picture.stem and "{stem}" in inner:
            return {"image": f'"{pattern(picture, "{stem}")}"', "mask": f'"{inner}"'}
        return {"image": f'"{{folder}}/{pattern(picture, "{stem}")}"', "mask": f'"{{folder}}/{pattern(mask, f"{{{kind}}}")}"'}
    inner = pattern(mask, "{stem}").replace(f"/{name}/", f"/{{{kind}}}/")
    return {"image": f'"{pattern(picture, "{stem}")}"', "mask": f'"{inner}"'}


def _affix(name: str, kind: Kind) -> str:
    """`{}_mask_liver` as `{stem}_mask_{structure}`: what joins, and words that say mask, stay."""
    before, _, behind = name.partition("{}")
    bare = _bare(name)
    text = behind or before
    inner = text.replace(bare, f"{{{kind}}}", 1) if bare in text else re.sub(r"[^_\-. ].*[^_\-. ]|[^_\-. ]", f"{{{kind}}}", text, count=1)
    return f"{{stem}}{inner}" if behind else f"{inner}{{stem}}"


def _folder(folder: str) -> str:
    """A folder, with its split as a name in braces."""
    if split_of(folder) is not None and not said_by(folder).role:
        return "{split}"
    rest = said_by(folder).rest
    return folder.replace(rest, "{split}", 1) if rest and split_of(rest) is not None else folder


def _way(layout: str, kind: Kind, pictures: list[Seen], masks: list[Seen], pairs: Pairing, called: str = "{stem}") -> Way:
    """A way, with the pictures and masks that found no partner."""
    marked = {mask.path for mask in masks}
    items, skipped = [], []
    for number, one in enumerate(pictures):
        if number not in pairs and one.below and one.path not in marked and not any(split_of(folder) for folder in one.below):
            skipped.append((one.file, DEEPER))
            continue
        items.append(_item(one, pairs.get(number, [])))
    used = {id(mask) for found in pairs.values() for _, mask in found}
    left = [mask for mask in masks if id(mask) not in used]
    there = {one.path for one in pictures}
    orphans = []
    for mask in left:
        if mask.below and mask.path not in there and not any(split_of(folder) for folder in mask.below):
            skipped.append((mask.file, DEEPER))
        else:
            orphans.append(mask)
    elsewhere, orphans = _elsewhere(pictures, pairs, orphans)
    place = masks[0].file.listed.split("/")[masks[0].above] + "/" if masks and masks[0].role else ""
    return Way(
        layout,
        kind,
        tuple(_united(items)),
        tuple(_orphan(mask, pictures) for mask in orphans),
        tuple(skipped),
        elsewhere,
        frozenset(marked),
        where=f"{place}{called}.png",
    )


def _orphan(mask: Seen, pictures: list[Seen]) -> Item:
    """A mask without a picture, as the picture that is missing."""
    folder = "images/" if pictures and pictures[0].role else ""
    return Item(mask.path, RawFile(f"{mask.path}{folder}{mask.stem}.png", 0, None), mask.stem, (("", mask.file),), mask.path.count("/"))


def _elsewhere(pictures: list[Seen], pairs: Pairing, masks: list[Seen]) -> tuple[dict[str, RawFile], list[Seen]]:
    """For pictures that have no mask in their own folder, the mask of their name in another one of the same split."""
    left: dict[tuple[str | None, str], Seen] = {}
    for mask in masks:
        left.setdefault((_last_split(mask), mask.stem), mask)
    found, taken = {}, set()
    for number, one in enumerate(pictures):
        if number not in pairs and (other := left.get((_last_split(one), one.stem))) is not None:
            found[one.file.listed] = other.file
            taken.add(id(other))
    return found, [mask for mask in masks if id(mask) not in taken]


def _last_split(one: Seen) -> str | None:
    return split_of(one.path[:-1].rpartition("/")[2])


def _item(one: Seen, masks: list[tuple[str, Seen]]) -> Item:
    if len(masks) < 2:
        return Item(one.path, one.file, one.stem, tuple([(name, mask.file) for name, mask in masks]), one.above)
    several: dict[str, list[RawFile]] = defaultdict(list)
    for name, mask in masks:
        several[name].append(mask.file)
    found = tuple((name, joined(several[name])) for name in sorted(several, key=natural))
    return Item(one.path, one.file, one.stem, found, one.above)


def _united(items: list[Item]) -> Iterator[Item]:
    """Pictures of one name in one folder are claimed to be the same one: twins, to be compared when they are read."""
    if len({item.stem for item in items}) == len(items):
        yield from items
        return
    by_key: dict[tuple[str, str], list[Item]] = defaultdict(list)
    for item in items:
        by_key[item.path, item.stem].append(item)
    for same in by_key.values():
        masks = next((item.masks for item in same if item.masks), ())
        yield same[0] if len(same) == 1 else replace(same[0], picture=joined([item.picture for item in same]), masks=masks)


def _beside(files: list[Seen], suffix: str) -> list[Way]:
    """Masks beside their pictures, told by their names."""
    if suffix:
        masks = [one for one in files if one.stem.endswith(suffix) and one.stem != suffix]
        gone = {id(one) for one in masks}
        ways = _suffixed([one for one in files if id(one) not in gone], masks, suffix) if masks else []
        return [replace(way, layout=f"masks beside their pictures, with the ending {suffix}") for way in ways]
    for find in (_by_words, _by_endings, _by_beginnings):
        if ways := [way for way in find(files) if way.fit.images]:
            return ways
    return []


def _by_words(files: list[Seen]) -> list[Way]:
    """`x_mask.png` beside `x.png`, or `mask_1.png` beside `image_1.png`: a word says mask."""
    masks = [one for one in files if role_of(one.stem) == "mask"]
    pictures = [one for one in files if role_of(one.stem) != "mask"]
    every = names_of(pictures)
    derived = [one for one in pictures if (hit := every.longest(one.path, one.stem)) is not None and is_derived(hit[1])]
    if derived:
        gone = {id(one) for one in derived}
        left = tuple((one.file, "its name says that it was made of a picture and its mask") for one in derived)
        return [replace(way, skipped=(*way.skipped, *left)) for way in _by_words([one for one in files if id(one) not in gone])]
    at = every
    pairs = affixed(at, masks)
    pairs = {number: [(name, one) for name, one in found if role_of(name.replace("{}", " ")) == "mask"] for number, found in pairs.items()}
    pairs = {number: found for number, found in pairs.items() if found}
    keyed = worded(pictures, masks)
    if len(keyed) > len(pairs):
        return [_way("masks beside their pictures, told by a word in the name", "one", pictures, masks, keyed)]
    return _told_apart("masks beside their pictures", pictures, masks, pairs) if pairs else []


def _by_endings(files: list[Seen]) -> list[Way]:
    """`x.jpg` and `x.png` beside each other: what was saved with loss is the picture."""
    several: dict[tuple[str, str], list[Seen]] = defaultdict(list)
    for one in files:
        several[one.path, one.stem].append(one)
    both = [some for some in several.values() if len(some) == 2 and sum(map(_lossy, some)) == 1]
    if not both or len(both) * 2 < len(several):
        return []
    masks = [next(one for one in some if not _lossy(one)) for some in both]
    gone = {id(one) for one in masks}
    pictures = [one for one in files if id(one) not in gone]
    at = names_of(pictures)
    return [_way("a JPEG and its mask of the same name beside each other", "one", pictures, masks, exact(at, masks))]


def _lossy(one: Seen) -> bool:
    return one.file.listed.lower().endswith((".jpg", ".jpeg"))


def _by_beginnings(files: list[Seen]) -> list[Way]:
    """`x_liver.png` and `x_spleen.png` beside `x.png`: most names begin or end with another one."""
    at = names_of(files)
    hits = [(one, hit) for one in files if (hit := at.longest(one.path, one.stem)) is not None]
    longer = {id(one) for one, _ in hits}
    pairs: Pairing = defaultdict(list)
    for one, (number, name) in hits:
        if id(files[number]) not in longer:
            pairs[number].append((name, one))
    counts = Counter(name for found in pairs.values() for name, _ in found)
    common = {name for name, number in counts.items() if number * 2 >= len(pairs)}
    if not common or len(pairs) * 2 < len(files) - len(longer):
        return []
    pictures: list[Seen] = []
    places: dict[int, int] = {}
    for number, one in enumerate(files):
        if id(one) not in longer:
            places[number] = len(pictures)
            pictures.append(one)
    masks = [one for one in files if id(one) in longer]
    moved = {places[number]: found for number, found in pairs.items() if number in places}
    return _told_apart("masks beside their pictures", pictures, masks, moved)
