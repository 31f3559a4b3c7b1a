"""The way in which an about file says that a tree is to be read: by patterns of paths, or a table of file names."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, cast

from hf_medseg.errors import Refused, Rejected
from hf_medseg.raw.cells import known
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


_PICTURE_COLUMNS = (
    *("file_name", "image", "image_path", "img", "image_file", "filename"),
    *("img_path", "image_name", "img_name", "image_filename", "images"),
)
_ENDING = "_file_name"
_MASK_COLUMNS = (
    *("mask", "mask_path", "label", "label_path", "mask_file", "segmentation"),
    *("mask_name", "mask_filename", "masks", "label_name", "seg", "seg_path", "segmentation_path", "annotation", "gt", "ground_truth"),
)


def metadata_way(raw: Raw, taken: Iterable[str]) -> list[Way]:
    """A table that names each picture and its mask.

    It is `metadata.csv` or `metadata.jsonl` of an imagefolder, as the Hugging Face Hub has it, or any CSV with the columns image and mask, or
    the like, whose cells are paths in the tree.

    Raises:
        Refused: a table cannot be read.
    """
    items: list[Item] = []
    columns: dict[str, None] = {}
    of_pictures: dict[str, None] = {}
    tables = []
    for file in raw.listing.ending(".csv", ".jsonl"):
        rows, key, mask_key, further, pictures = _paired(raw, file, taken)
        if not mask_key:
            continue
        above = file.listed[: len(file.listed) - len(file.name)]
        tables.append(file)
        of_pictures.update(dict.fromkeys(further.values()))

        def named(path: str, above: str = above, pictures: Mapping[str, RawFile] = pictures) -> RawFile:
            return pictures.get(path) or RawFile(above + path, 0, None)

        of_pairs: dict[tuple[str, str], dict[str, str]] = {}
        for row in rows:
            name, mask = _spelled(row[key], pictures), _spelled(known(str(row.get(mask_key) or "")) or "", pictures)
            said = {str(one): str(value) for one, value in row.items() if one not in (key, mask_key, *further) and value is not None}
            said = {one: value for one, value in said.items() if known(value) is not None}
            _refuse_contradiction(file, name, of_pairs.setdefault((name, mask), said), said)
            said = {one: value for one, value in said.items() if one in ("patient_id", "split") or one not in {*taken}}
            columns.update(dict.fromkeys(one for one in said if one not in ("patient_id", "split")))
            last = name.rpartition("/")[2]
            more = {column: named(_spelled(row[one], pictures)) for one, column in further.items() if row.get(one)}
            stem = stem_of(last) if "." in last else last
            items.append(Item(above, named(name), stem, (("", named(mask)),) if mask else (), above.count("/"), said, more))
        _refuse_without_split(file, {name: said for (name, _), said in of_pairs.items()})
    if not items:
        return []
    layout = "a table names the mask of each picture"
    return [Way(layout, "one", tuple(items), columns=tuple(columns), pictures=tuple(of_pictures), tables=tuple(tables))]


def _spelled(path: Any, pictures: Mapping[str, RawFile]) -> str:
    """A path of a table as the tree has it: from Windows, from `./`, or from the root of the machine where the table was made."""
    text = str(path).strip().replace("\\", "/")
    while text.startswith("./"):
        text = text[2:]
    if text in pictures or not re.match(r"/|[A-Za-z]:/", text):
        return text
    parts = text.split("/")
    return next((end for k in range(1, len(parts)) if (end := "/".join(parts[k:])) in pictures), text)


def _refuse_contradiction(file: RawFile, name: str, said: Mapping[str, str], again: Mapping[str, str]) -> None:
    """Refuses a table that says two things of one picture with one mask, which would be two rows.

    Raises:
        Refused: see above.
    """
    if said != again:
        column = next(one for one in {**said, **again} if said.get(one) != again.get(one))
        raise Refused(
            f"{file.listed} lists {name} twice with different values: {column} is {said.get(column, 'nothing')} and "
            f"{again.get(column, 'nothing')}. Keep one of the lines."
        )


def _refuse_without_split(file: RawFile, of_names: Mapping[str, Mapping[str, str]]) -> None:
    """Refuses a table that names the split of some pictures alone: the others would become `train`.

    Raises:
        Refused: see above.
    """
    without = [name for name, said in of_names.items() if "split" not in said]
    if without and len(without) < len(of_names):
        raise Refused(f"{file.listed} names no split for {len(without):,} of its pictures, such as {without[0]}. Fill in the column split.")


def _paired(raw: Raw, file: RawFile, taken: Iterable[str]) -> tuple[list[Any], str, str, dict[str, str], dict[str, RawFile]]:
    """(rows, column of pictures, column of masks, further columns of pictures by their own, files below the table by path) of a table.

    No column of masks of any other file.
    """
    from hf_medseg.raw.tables import Table, json_lines_of

    name = file.name.lower()
    nothing: tuple[list[Any], str, str, dict[str, str], dict[str, RawFile]] = ([], "", "", {}, {})
    metadata = name in ("metadata.csv", "metadata.jsonl")
    if not metadata and (not name.endswith(".csv") or not _begins_with(file, *_PICTURE_COLUMNS[1:])):
        return nothing
    if name == "metadata.csv" and not _begins_with(file, "file_name"):
        return nothing  # somebody's own table
    if name.endswith(".jsonl"):
        rows: list[Any] = json_lines_of(file, "file_name")
    else:
        rows = list(table := Table(file, doubts=raw.doubts))
        if table.wide:
            raise Refused(table.wide)
    above = file.listed[: len(file.listed) - len(file.name)]
    pictures = {one.listed[len(above) :]: one for one in raw.files if one.listed.startswith(above)}
    pictures = pictures if metadata else _called_so(pictures)

    def there(key: str) -> bool:
        named = (_spelled(row.get(key) or "", pictures) for row in rows)
        return any(one in pictures and is_picture(pictures[one].name) for one in named)

    key = "file_name" if metadata else next((one for one in _PICTURE_COLUMNS if one in (rows[0] if rows else ()) and there(one)), "")
    given = [one for one in (rows[0] if rows else ()) if one != key and there(one) and (metadata or one in _MASK_COLUMNS)]
    masks = [one for one in given if one.removesuffix(_ENDING) in _MASK_COLUMNS] if len(given) > 1 else given
    lost = [one for one in (rows[0] if rows and metadata else ()) if one.removesuffix(_ENDING) in _MASK_COLUMNS and one not in given]
    cells = [str(row.get(one)) for one in lost for row in rows if is_picture(str(row.get(one)))]
    if cells and not masks:
        raise Refused(
            f"{file.listed}: the column {lost[0]} names masks that are not in the raw tree, such as {cells[0]}. Mend the paths, which begin "
            "beside the table, or take the table out of the raw tree."
        )
    if not key or len(masks) != 1:
        return nothing
    # As an imagefolder has it: `mask_2_file_name` is the column mask_2. What is `_native` lies on another grid than the image.
    more = {one: one.removesuffix(_ENDING) for one in given if one.endswith(_ENDING) and one not in masks}
    more = {
        one: column
        for one, column in more.items()
        if column == "instances" or (column.isidentifier() and column not in {*taken} and not column.endswith("_native"))
    }
    return rows, key, masks[0], more, pictures


def _called_so(files: dict[str, RawFile]) -> dict[str, RawFile]:
    """Files by their paths, and pictures that are the only ones of their name, or of their stem, by that too.

    A number alone is no stem: in a table it may be a class.
    """
    names: dict[str, list[RawFile]] = defaultdict(list)
    for file in files.values():
        if is_picture(file.name):
            names[file.name].append(file)
            names[stem_of(file.name)].append(file)
    return {**{name: found[0] for name, found in names.items() if len(found) == 1 and not name.isdecimal()}, **files}


def _begins_with(file: RawFile, *columns: str) -> bool:
    """Whether the first line of a table names one of the columns."""
    from hf_medseg.raw.tables import decoded

    try:
        first = decoded(file.read(1 << 12)).partition("\n")[0]
    except Rejected:
        return False
    return bool({cell.strip(' "\r\ufeff') for cell in re.split(r"[,;\t]", first)} & {*columns})
