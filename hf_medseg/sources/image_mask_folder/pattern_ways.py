"""The way in which an about file says that a tree is to be read: by patterns of paths, or a table of file names."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import cast

from hf_medseg.errors import Refused
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.order import natural
from hf_medseg.raw.path_patterns import PathPattern
from hf_medseg.raw.tree import Raw, joined
from hf_medseg.sources.image_mask_folder.ways import Item, Kind, Way, is_picture, stem_of

TELLING = ("structure", "rater", "instance")
MEANING = ("stem", "split", "folder", "patient", "patient_id")

Key = tuple[str, ...]


def way_by_patterns(raw: Raw, image: str, masks: tuple[str, ...], where: str, taken: Iterable[str]) -> Way:
    """Reads a tree by patterns of its paths.

    Args:
        raw: the tree.
        image: the pattern of pictures.
        masks: those of masks.
        where: the about file, for messages.
        taken: columns that every dataset has, which a name may not be.

    Raises:
        Refused: the patterns do not fit each other.
    """
    of_pictures = PathPattern.of(image, f"{where}: image")
    of_masks = [PathPattern.of(text, f"{where}: mask") for text in masks]
    kind = _kind(of_pictures, of_masks, where)
    own = tuple(name for name in of_pictures.names if name not in MEANING)
    if wrong := [name for name in own if name in {*taken}]:
        raise Refused(f"{where}: image: {{{wrong[0]}}} would be the column {wrong[0]}, which every dataset has. Call it otherwise.")
    found: dict[tuple[str, Key], tuple[RawFile, dict[str, str]]] = {}
    candidates: dict[tuple[str, Key], list[RawFile]] = defaultdict(list)
    for file in raw.files:
        if is_picture(file.listed) and (read := of_pictures.read(file.listed)) is not None:
            start, names = read
            key = (file.listed[:start], tuple(names[name] for name in of_pictures.names))
            candidates[key].append(file)
            found.setdefault(key, (file, names))
    pairs, mine, strange = _masks(raw, of_pictures, of_masks, candidates)
    items = []
    for key, files in candidates.items():
        left = [file for file in files if file.listed not in mine]
        if left:
            names = found[key][1]
            masks_of = tuple((name, joined(pairs[key][name])) for name in sorted(pairs.get(key, ()), key=natural))
            stem = names.get("stem") or "_".join(names.values())
            said = {_called(name): text for name, text in names.items() if name in own or name in ("patient", "patient_id", "split")}
            folder = f"{key[0]}{names['folder']}/" if "folder" in names else key[0]
            items.append(Item(folder, joined(left), stem, masks_of, key[0].count("/"), said))
    layout = f"image = {image}, mask = {' and '.join(masks)}"
    there = {file.listed for files in candidates.values() for file in files}
    orphans = tuple(_orphan(file) for file in strange if file.listed not in there)
    about = {"image": f'"{image}"', "mask": f'"{masks[0]}"' if len(masks) == 1 else "[" + ", ".join(f'"{one}"' for one in masks) + "]"}
    return Way(layout, kind, tuple(items), orphans, about=about, columns=own, where=masks[0])


def _orphan(mask: RawFile) -> Item:
    """A mask without a picture, as the picture that is missing."""
    stem = stem_of(mask.name)
    return Item("", RawFile(f"the picture of {mask.listed}", 0, None), stem, (("", mask),))


def _called(name: str) -> str:
    return "patient_id" if name == "patient" else name


def _kind(image: PathPattern, masks: list[PathPattern], where: str) -> Kind:
    """What the masks of a picture are, by the names in the patterns.

    Raises:
        Refused: the patterns do not fit each other.
    """
    telling = {name for one in masks for name in one.names if name in TELLING}
    if len(telling) > 1:
        raise Refused(
            f"{where}: mask says {' and '.join(f'{{{name}}}' for name in sorted(telling))}; the masks of a picture are told apart by one of them."
        )
    if wrong := [name for name in image.names if name in TELLING]:
        raise Refused(f"{where}: image says {{{wrong[0]}}}, which tells several masks of one picture apart: it belongs into mask.")
    for one in masks:
        if left := [name for name in one.names if name not in (*image.names, *TELLING)]:
            known = ", ".join(f"{{{name}}}" for name in (*image.names, *TELLING))
            raise Refused(
                f"{where}: mask says {{{left[0]}}}, which image does not say. Names in mask are those of image, and what tells masks apart: {known}."
            )
        if not {*one.names} & {*image.names}:
            raise Refused(
                f"{where}: mask and image have no name in common, so nothing tells which mask belongs to which picture. Say {{stem}} in both."
            )
    return cast("Kind", telling.pop()) if telling else "one"


Pairs = dict[tuple[str, Key], dict[str, list[RawFile]]]


def _masks(
    raw: Raw, image: PathPattern, masks: list[PathPattern], pictures: Mapping[tuple[str, Key], list[RawFile]]
) -> tuple[Pairs, set[str], list[RawFile]]:
    """The masks of each picture by what tells them apart, the paths of all of them, and masks that belong to no picture."""
    pairs: Pairs = defaultdict(lambda: defaultdict(list))
    mine: set[str] = set()
    strange: dict[str, RawFile] = {}
    for pattern in masks:
        shared = tuple(name for name in pattern.names if name in image.names)
        places = [image.names.index(name) for name in shared]
        index: dict[Key, list[tuple[str, Key]]] = defaultdict(list)
        for key in pictures:
            index[tuple(key[1][at] for at in places)].append(key)
        for file in raw.files:
            best, score, fits = None, -1, False
            for start, names in pattern.readings(file.listed) if is_picture(file.listed) else ():
                fits = True
                meant = tuple(names[name] for name in shared)
                keys = [key for key in index.get(meant, ()) if any(one is not file for one in pictures[key])]
                near = [key for key in keys if key[0] == file.listed[:start]] or (keys if len(keys) == 1 else [])
                if near and sum(map(len, meant)) > score:  # beside a and a_1, a_1_mask belongs to the latter
                    best, score = (near, next((names[name] for name in TELLING if name in names), "")), sum(map(len, meant))
            if best is not None:
                mine.add(file.listed)
                for key in best[0]:
                    pairs[key][best[1]].append(file)
            elif fits:
                strange[file.listed] = file
    return pairs, mine, [file for path, file in strange.items() if path not in mine]


def metadata_way(raw: Raw, taken: Iterable[str]) -> list[Way]:
    """An imagefolder with `metadata.csv` or `metadata.jsonl`, as the Hugging Face Hub has it, that names the mask of each picture.

    Raises:
        Refused: a table cannot be read.
    """
    from hf_medseg.raw.tables import Table, json_lines_of

    items: list[Item] = []
    columns: dict[str, None] = {}
    for file in raw.files:
        if file.name.lower() not in ("metadata.csv", "metadata.jsonl"):
            continue
        rows = list(Table(file, ("file_name",))) if file.name.lower().endswith(".csv") else json_lines_of(file, "file_name")
        above = file.listed[: len(file.listed) - len(file.name)]
        pictures = {one.listed[len(above) :]: one for one in raw.files if one.listed.startswith(above)}
        given = [
            key for key in (rows[0] if rows else ()) if key != "file_name" and any(str(row.get(key) or "") in pictures for row in rows)
        ]
        if len(given) != 1:
            continue
        raw.use(file)
        for row in rows:
            name, mask = str(row["file_name"]), str(row.get(given[0]) or "")
            said = {str(key): str(value) for key, value in row.items() if key not in ("file_name", given[0]) and value not in (None, "")}
            said = {key: value for key, value in said.items() if key in ("patient_id", "split") or key not in {*taken}}
            columns.update(dict.fromkeys(key for key in said if key not in ("patient_id", "split")))
            last = name.rpartition("/")[2]
            picture = pictures.get(name) or RawFile(above + name, 0, None)
            masks = (("", pictures.get(mask) or RawFile(above + mask, 0, None)),) if mask else ()
            items.append(Item(above, picture, stem_of(last) if "." in last else last, masks, above.count("/"), said))
    if not items:
        return []
    about: dict[str, str] = {}
    return [Way("metadata names the mask of each picture", "one", tuple(items), about=about, columns=tuple(columns))]
