"""How people lay out volumes and their masks: which file is whose mask, by names alone."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hf_medseg.dataset.columns import VOLUME_COLUMNS
from hf_medseg.errors import Refused, Rejected
from hf_medseg.formats.nrrd import Segment
from hf_medseg.formats.volume_file import segments_of, stem_of
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.order import natural_key
from hf_medseg.raw.path_patterns import PathPattern
from hf_medseg.raw.splits import refuse_unclear, split_of
from hf_medseg.raw.tables import Table, json_of
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.nnunet_json import labels_of, sides_of
from hf_medseg.sources.suggested import suggested as of_two_folders
from hf_medseg.sources.volume_folder.tables import datalists, label_tables, records, tables_of_pairs
from hf_medseg.sources.words import are_raters, beginning

MASK_WORDS = "labels?|masks?|segs?|segmentations?|annotations?|gt|ground_?truth|rois?|msk|dseg"
IMAGE_WORDS = "images?|imgs?|scans?|volumes?|vols?|data|raw|ct|mri?|flair|t1|t2"
_MASK_FOLDER = re.compile(rf"(?P<word>{MASK_WORDS})(?P<split>[_-]?(?:tr|ts|val|va|train|test))?", re.IGNORECASE)
_IMAGE_FOLDER = re.compile(rf"(?P<word>{IMAGE_WORDS})(?P<split>[_-]?(?:tr|ts|val|va|train|test))?", re.IGNORECASE)
# A word at either end of a name, with what joins it; what is left names the case.
_MASK_END, _IMAGE_END = (
    re.compile(rf"(?:{words})(?:(?:[-_. ]+|(?=\d))(?P<behind>.+))?|(?P<before>.*?)[-_. ]?(?<![a-z0-9])(?:{words})", re.IGNORECASE)
    for words in (MASK_WORDS, IMAGE_WORDS)
)
_MOST_CHANNELS = 64
_LEVELS = ("{patient}", "{session}", "{series}")  # what folders below each other are called in patterns
_CHANNEL = re.compile(r"(.+)_(\d{4})")
_SUBJECT = re.compile(r"sub-[A-Za-z0-9]+")


@dataclass(frozen=True)
class Entry:
    """One case.

    Attributes:
        name: what tells it from all others.
        images: its files by channel; one that holds all channels, or the only one, under nothing.
        masks: its masks by structure; a label map under nothing; empty where nobody annotated it.
        split, patient: see `Case`.
        columns: what names in the path say.
        wrong: what is wrong with it.
        lacking: what is said of it as it has no mask, where more is known than that.
        segments: what the file of its label map says of its segments, if it is one of 3D Slicer or MITK.
    """

    name: str
    images: Mapping[str, RawFile]
    masks: Mapping[str, RawFile] = field(default_factory=dict)
    split: str = "train"
    patient: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    wrong: str = ""
    lacking: str = ""
    segments: tuple[Segment, ...] = ()

    @property
    def drawn(self) -> tuple[str, ...]:
        """The structures that were drawn, each by itself; a label map, of which nobody says it, under nothing."""
        return tuple(one.name for one in self.segments) or tuple(self.masks)


@dataclass(frozen=True)
class Reading:
    """A tree, read.

    Attributes:
        entries: its cases.
        names: what each value of a label map is called, where a table says so; -1 is none.
        channels: what the channels are called, in order, where a table says so.
        ignore: the value of what is not annotated.
        tables: the files that say so.
        notes: what is to be said of the names.
        described: what tables call values, of which masks need not hold all.
    """

    entries: tuple[Entry, ...]
    names: Mapping[int, str] = field(default_factory=dict)
    channels: tuple[str, ...] = ()
    ignore: int | None = None
    tables: tuple[RawFile, ...] = ()
    notes: tuple[str, ...] = ()
    described: Mapping[int, str] = field(default_factory=dict)

    @property
    def segments(self) -> tuple[str, ...]:
        """The names of all segments of 3D Slicer or MITK, in the order of their files."""
        return tuple(dict.fromkeys(segment.name for one in self.entries for segment in one.segments))

    @property
    def structures(self) -> tuple[str, ...]:
        """The names of structures that may overlap: segments in their order where some lie in layers, files in natural order."""
        if any(segment.layer for one in self.entries for segment in one.segments):
            return self.segments
        return tuple(sorted({name for one in self.entries for name in one.masks if name}, key=natural_key))

    @property
    def annotated(self) -> int:
        """How many cases have an image and a mask."""
        return sum(bool(one.images and one.masks) for one in self.entries)


def volumes(raw: Raw) -> Iterator[tuple[RawFile, str, str]]:
    """(file, folder, stem) of every volume."""
    for file in raw.files:
        folder, name = posixpath.split(file.listed)
        if (stem := stem_of(name)) is not None:
            yield file, folder, stem


def by_dataset_json(raw: Raw) -> Iterator[tuple[str, Reading]]:
    """(what it is, the tree) for a `dataset.json` of nnU-Net or of the Decathlon beside `imagesTr/`.

    Raises:
        Refused: there are several, or it is no such file.
    """
    tables = [file for file in raw.files if posixpath.basename(file.listed) == "dataset.json"]
    tables = [file for file in tables if any(one.listed.startswith(_beside(file, "imagesTr/")) for one in raw.files)]
    if not tables:
        return
    if len(tables) > 1:
        raise Refused(
            f"{tables[0].listed} and {tables[1].listed}: several data sets lie in this tree. Give the folder of one of them as RAW."
        )
    table, said = tables[0], json_of(tables[0])
    if not isinstance(said, dict) or not isinstance(said.get("labels"), dict):
        raise Refused(f'{table.listed}: a record with "labels" expected, as nnU-Net and the Decathlon have it.')
    names, ignore, notes = labels_of(said, table.listed)
    channels = said.get("channel_names", said.get("modality"))
    words = tuple(str(channels[key]) for key in sorted(channels, key=natural_key)) if isinstance(channels, dict) else ()
    ends = {"Tr": "train", "Val": "validation", "Ts": "test"}
    for file in raw.files:  # what an export to the Decathlon's layout calls any other split
        above, name = posixpath.split(posixpath.dirname(file.listed))
        if name.startswith("images_") and above == posixpath.dirname(table.listed):
            ends[name.removeprefix("images")] = name.removeprefix("images_")
    folder = {f"{kind}{end}": _in_folder(raw, _beside(table, f"{kind}{end}/")) for end in ends for kind in ("images", "labels")}
    nnunet = bool(folder["imagesTr"]) and all(_CHANNEL.fullmatch(stem) for stem in folder["imagesTr"])
    sides, sides_file = sides_of(raw, _beside(table, "splits_final.json"))
    entries: list[Entry] = []
    for end, split in ends.items():
        images: dict[str, dict[str, RawFile]] = {}
        for stem, file in folder[f"images{end}"].items():
            match = _CHANNEL.fullmatch(stem) if nnunet else None
            case, number = (match[1], int(match[2])) if match else (stem, -1)
            key = ""
            if number >= 0 and len(words) > 1:
                key = words[number] if number < len(words) else f"channel {number}"
            images.setdefault(case, {})[key] = file
        masks = folder[f"labels{end}"]
        for case in sorted({*images, *masks}, key=natural_key):
            mine = images.get(case, {})
            order = {word: mine[word] for word in (*words, *mine) if word in mine}
            wrong = "" if not nnunet or len(words) < 2 or set(order) == set(words) else _channels_differ(words, order)
            label = {"": masks[case]} if case in masks else {}
            entries.append(Entry(case, order, label, sides.get(case, split) if end == "Tr" else split, wrong=wrong))
    kind = "nnunet" if nnunet else "decathlon"
    yield kind, Reading(tuple(entries), names, words, ignore, (table, *sides_file), notes)


def by_folders(raw: Raw) -> Reading:
    """Images and masks in folders beside each other, or in one folder with words in their names."""
    listed = list(volumes(raw))
    is_mask = {file.listed: _mask_key(folder, stem) for file, folder, stem in listed}
    images: dict[str, RawFile] = {}
    alone: dict[str, list[RawFile]] = {}
    for file, folder, stem in listed:
        if is_mask[file.listed] is None:
            images.setdefault(_image_key(folder, stem), file)
            alone.setdefault(folder, []).append(file)
    only = {folder: files[0] for folder, files in alone.items() if len(files) == 1}
    entries: dict[str, tuple[RawFile | None, dict[str, RawFile]]] = {file.listed: (file, {}) for files in alone.values() for file in files}
    for file, folder, stem in listed:
        key = is_mask[file.listed]
        if key is None:
            continue
        image = images.get(key) or images.get(f"{key}_0000")  # nnU-Net's first channel
        above, last = posixpath.split(folder)
        if image is not None:
            entries[image.listed][1][""] = file
        elif folder in only and (left := _rest(_MASK_END, stem)) is not None and not _MASK_FOLDER.fullmatch(last):
            entries[only[folder].listed][1][stem if left else ""] = file
        elif above in only and _MASK_FOLDER.fullmatch(last):
            entries[only[above].listed][1][stem] = file
        elif (image := images.get(_mask_key(above, last) or "")) is not None:  # a folder for each case
            entries[image.listed][1][stem] = file
        else:
            entries[file.listed] = (None, {"": file})
    described, tables = label_tables(raw)
    reading = Reading(tuple(_with_segments(_named(raw, entries))), tables=tables, described=described)
    taken = {key: file for key, file in images.items() if entries[file.listed][1]}
    doubled = {}
    for file, folder, stem in listed:
        first = taken.get(_image_key(folder, stem)) if is_mask[file.listed] is None else None
        if first is not None and first is not file:
            doubled[file.listed] = first.name
    return replace(reading, entries=tuple(_with_what_lacks(reading, doubled)))


def _with_what_lacks(reading: Reading, doubled: Mapping[str, str]) -> Iterator[Entry]:
    """The cases, of which some lack a mask as the only one was taken for that of another image, whose name `doubled` tells."""
    lines = suggested(reading) if doubled else ""
    told = f" If they are channels of one case, say so in the about file: {lines}" if lines else ""
    for one in reading.entries:
        image = next(iter(one.images.values()), None)
        if image is not None and image.listed in doubled:
            yield replace(one, lacking=f"it has no mask: the one beside it was taken for that of {doubled[image.listed]}.{told}")
        else:
            yield one


def _with_segments(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The cases with the segments of their files; a file of 3D Slicer or MITK is a label map, whatever it is called."""
    for entry in entries:
        files = list(entry.masks.values())
        try:
            segments = segments_of(files[0]) if len(files) == 1 else ()
        except Rejected as error:
            yield replace(entry, wrong=f"of its segmentation {files[0].name}: {error.expected}")
        else:
            yield replace(entry, masks={"": files[0]}, segments=segments) if segments else entry


def by_datalist(raw: Raw) -> Reading | None:
    """Images with their labels as a list for MONAI says; None where there is none.

    Raises:
        Refused: there are several lists.
    """
    found = list(datalists(raw))
    if len(found) > 1:
        raise Refused(f"{found[0][0].listed} and {found[1][0].listed} both list images. Take one of them out of the raw tree.")
    tables, said = ((found[0][0],), found[0][1]) if found else tables_of_pairs(raw)
    if not tables:
        return None
    by_name: dict[str, list[RawFile]] = {}
    for file, _, _ in volumes(raw):
        by_name.setdefault(file.name, []).append(file)

    def called(path: str) -> RawFile:
        """The file that the list means: the one that shares the most folders with it."""
        parts = path.replace("\\", "/").removeprefix("./").split("/")
        near = by_name.get(parts[-1], [])
        common = [
            next((k for k, (a, b) in enumerate(zip(parts[::-1], file.listed.split("/")[::-1], strict=False)) if a != b), 99)
            for file in near
        ]
        best = [file for file, k in zip(near, common, strict=True) if k == max(common)]
        return best[0] if len(best) == 1 else RawFile(path, 0, None)

    entries: dict[str, tuple[RawFile | None, dict[str, RawFile]]] = {}
    rest: dict[str, tuple[dict[str, RawFile], str, dict[str, str]]] = {}
    words = told if isinstance(told := said.get("channel_names"), list) else [f"channel_{k}" for k in range(_MOST_CHANNELS)]
    for split, images, label, fold in records(said):
        files = [called(image) for image in images]
        entries[files[0].listed] = files[0], {"": called(label)} if label else {}
        channels = dict(zip(words, files, strict=False)) if len(files) > 1 else {"": files[0]}
        rest[files[0].listed] = channels, split, {} if fold is None else {"fold": str(fold)}
    names, ignore, notes = labels_of(said, tables[0].listed) if isinstance(said.get("labels"), dict) else ({}, None, ())
    made = []
    for entry, path in zip(_named(raw, entries), sorted(entries, key=natural_key), strict=True):
        images_of, split, columns = rest[path]
        made.append(replace(entry, images=images_of, split=split, columns=columns))
    channels_of = tuple(words[: max(len(one.images) for one in made)])
    return Reading(tuple(made), names, channels_of if len(channels_of) > 1 else (), ignore, tables, notes)


def suggested(reading: Reading) -> str:
    """The lines of an about file for folders that hold files of the same names but for the folder's, or for two folders that pair; else nothing.

    One of them is called like a mask, or like the masks of several people; several others are channels.
    """
    folders: dict[str, set[str]] = {}
    for entry in reading.entries:
        for file in (*entry.images.values(), *entry.masks.values()):
            folder, name = posixpath.split(file.listed)
            last = posixpath.basename(folder)
            folders.setdefault(folder, set()).add(name.replace(last, "{patient}") if last else name)
    names = sorted(set.intersection(*folders.values())) if len(folders) > 1 else []
    mask = next((name for name in names if re.search(r"seg|mask|label|lesion|tumou?r|roi", name, re.IGNORECASE)), "")
    drawn = [name for name in names if are_raters([name, name]) and stem_of(name)] if not mask else []
    if len(drawn) > 1 and len({name.removeprefix(stem_of(name) or "") for name in drawn}) == 1:
        mask = f"{beginning([stem_of(name) or '' for name in drawn])}{{structure}}{drawn[0].removeprefix(stem_of(drawn[0]) or '')}"
    images = [name for name in names if name != mask and name not in drawn]
    if not mask or not images:
        every = (file for entry in reading.entries for file in (*entry.images.values(), *entry.masks.values()))
        named = [(file, stem_of(file.name) or "") for file in every]
        return of_two_folders((file, stem, file.name.removeprefix(stem)) for file, stem in named)
    parts = [path.split("/") for path in folders]
    same = [len({one[k] for one in parts}) == 1 for k in range(min(map(len, parts)))]
    if len({len(one) for one in parts}) > 1 or not 1 <= same.count(False) <= len(_LEVELS):
        return ""
    at, levels = same.index(False), iter(_LEVELS)
    below = "/".join(part if same[k] else next(levels) for k, part in enumerate(parts[0]) if k >= at)
    if below != "{patient}" and any("{patient}" in name for name in names):
        return ""
    stems = [stem_of(name) or "" for name in images]
    called = images[0] if len(images) == 1 else f"{beginning(stems)}{{channel}}{images[0][len(stems[0]) :]}"
    return f'image = "{below}/{called}"; mask = "{below}/{mask}"'


def _named(raw: Raw, entries: Mapping[str, tuple[RawFile | None, dict[str, RawFile]]]) -> Iterator[Entry]:
    """The cases with names of their own: the stem where that is enough, else with the folders above."""
    stems = [_short(path) for path in entries]
    above = [set(posixpath.dirname(path).split("/")) for path in entries]
    refuse_unclear({one for folders in above for one in folders} - set[str].intersection(*above))
    for path, (image, masks) in sorted(entries.items(), key=lambda one: natural_key(one[0])):
        stem, folders = _short(path), posixpath.dirname(path).split("/")
        repeated = stems.count(stem) > 1 or _generic(stem)
        name = "_".join((*[one for one in folders if one], stem)) if repeated else stem
        patient = folders[-1] or None if _generic(stem) else None
        split = next((found for one in reversed(folders) if (found := split_of(one)) is not None), "train")
        yield Entry(name, {} if image is None else {"": image}, masks, split, patient)


def _short(path: str) -> str:
    return stem_of(posixpath.basename(path)) or ""


def _generic(stem: str) -> bool:
    """Whether a name says what a file is and not whose it is."""
    return bool(re.fullmatch(IMAGE_WORDS, stem, re.IGNORECASE))


def _mask_key(folder: str, stem: str) -> str | None:
    """What a mask's image would be found by; None for a file that is no mask."""
    parts = folder.split("/")
    for place in range(len(parts) - 1, -1, -1):
        if (match := _MASK_FOLDER.fullmatch(parts[place])) is not None:
            parts[place] = f"*{(match['split'] or '').strip('_-').lower()}"
            return "/".join((*parts, _rest(_MASK_END, stem) or stem))
    if (left := _rest(_MASK_END, stem)) is not None:
        return "/".join((*parts, _rest(_IMAGE_END, left) or left)) if left else f"{folder}/"  # `scan1_seg` is of `scan1`
    return None


def _rest(ends: re.Pattern[str], stem: str) -> str | None:
    """What is left of a name without the word at its end or beginning; None where it has no such word."""
    match = ends.fullmatch(stem)
    return None if match is None else match["behind"] or match["before"] or ""


def _image_key(folder: str, stem: str) -> str:
    parts = folder.split("/")
    for place in range(len(parts) - 1, -1, -1):
        if (match := _IMAGE_FOLDER.fullmatch(parts[place])) is not None:
            parts[place] = f"*{(match['split'] or '').strip('_-').lower()}"
            break
    return "/".join((*parts, _rest(_IMAGE_END, stem) or stem))


def by_patterns(raw: Raw, image: str, mask: str, where: str) -> Reading:
    """Images and masks by the patterns of an about file.

    Raises:
        Refused: a pattern is none, or they share no name.
    """
    of_images, of_masks = PathPattern.of(image, f"{where}: image"), PathPattern.of(mask, f"{where}: mask")
    shared = [name for name in of_images.names if name in of_masks.names]
    if not shared:
        raise Refused(f'{where}: image and mask share no name, such as {{stem}}: image = "images/{{stem}}.nii.gz".')
    if wrong := [name for name in shared if name in VOLUME_COLUMNS]:
        raise Refused(f"{where}: {{{wrong[0]}}} would be the column {wrong[0]}, which every dataset of volumes has. Call it otherwise.")
    found: dict[tuple[str, ...], tuple[dict[str, RawFile], dict[str, RawFile], dict[str, str]]] = {}
    known = set()
    listed = [file for file, _, _ in volumes(raw)]
    for file in listed:
        # A mask can match the pattern of images too: what matches that of masks with a known image is one.
        if (hit := of_images.read(file.listed)) is not None and of_masks.read(file.listed) is None:
            known.add(tuple(hit[1][name] for name in shared))
    for file in listed:
        masked = of_masks.read(file.listed, shared, known)
        hit = None if masked else of_images.read(file.listed)
        start, names = masked or hit or (0, {})
        if not names:
            continue
        key = tuple(names[name] for name in shared)
        images, masks, columns = found.setdefault(key, ({}, {}, {}))
        seen = RawFile(file.listed, file.size, file.place, start, file.part, stamp=file.stamp)
        (masks if masked else images)[names.get("structure" if masked else "channel", "")] = seen
        columns.update({name: names[name] for name in shared if name not in ("stem", "split", "patient")})
        columns.update({name: value for name, value in names.items() if name in ("split", "patient")})
    entries = []
    for key, (images, masks, columns) in sorted(found.items(), key=lambda one: natural_key("/".join(one[0]))):
        split = columns.pop("split", "")
        entries.append(Entry("_".join(key), images, masks, split_of(split) or split or "train", columns.pop("patient", None), columns))
    channels = tuple(sorted({name for one in entries for name in one.images if name}, key=natural_key))
    return Reading(tuple(entries), channels=channels)


def by_bids(raw: Raw, suffix: str) -> Reading:
    """Images of subjects, and masks of `derivatives/` that are called after them: `_dseg`, or `_mask` with a label.

    Args:
        raw: the raw tree.
        suffix: what the images end in where a mask may belong to several, such as `T1w`; empty for the only one.

    Raises:
        Refused: tables of labels contradict each other.
    """
    images: dict[tuple[str, str], list[tuple[dict[str, str], str, RawFile]]] = {}
    masks: list[tuple[dict[str, str], str, RawFile]] = []
    for file, folder, stem in volumes(raw):
        entities, end = _entities(stem)
        if "sub" not in entities:
            continue
        inside = re.split(r"(?:\A|/)derivatives/", f"{folder}/")
        place = (entities["sub"], entities.get("ses", ""))
        if len(inside) > 1 and end in ("dseg", "mask", "msk", "seg"):
            masks.append((entities, end, file))
        elif len(inside) == 1:
            images.setdefault(place, []).append((entities, end, file))
    drawn: dict[str, tuple[RawFile, dict[str, RawFile]]] = {}
    lost = []
    for entities, end, file in masks:
        space = entities.get("space", "")
        near = [
            one
            for one in images.get((entities["sub"], entities.get("ses", "")), [])
            if all(entities.get(key) == value for key, value in one[0].items())
        ]
        near = [one for one in near if one[1] == (suffix or space)] or ([one for one in near if one[1] == suffix] if suffix else near)
        if len(near) != 1:
            lost.append(Entry(_short(file.listed), {}, {"": file}, patient=f"sub-{entities['sub']}", wrong=_no_image(near, suffix)))
            continue
        structure = "" if end in ("dseg", "seg", "msk") else entities.get("label", entities.get("desc", "mask"))
        drawn.setdefault(near[0][2].listed, (near[0][2], {}))[1][structure] = file
    for every in images.values():  # what nobody annotated
        for _, end, file in every:
            if end == (suffix or end) and file.listed not in drawn and drawn and any(_short(one).endswith(f"_{end}") for one in drawn):
                drawn[file.listed] = (file, {})
    entries = [
        Entry(_short(path), {"": image}, found, patient=_SUBJECT.search(path)[0])  # type: ignore[index]
        for path, (image, found) in sorted(drawn.items(), key=lambda one: natural_key(one[0]))
    ]
    tables = tuple(file for file in raw.files if file.listed.endswith("dseg.tsv"))
    names: dict[int, str] = {}
    for table in tables:
        for row in Table(table, ("index", "name")):
            if row["index"].strip().isdecimal():
                value, name = int(row["index"]), row["name"].strip()
                if names.setdefault(value, name) != name:
                    raise Refused(f"{table.listed} calls {value} {name!r}, another table {names[value]!r}. Keep one of them.")
    return Reading((*entries, *lost), names, (), None, tables)


def _entities(stem: str) -> tuple[dict[str, str], str]:
    """The entities of a BIDS name, and its suffix."""
    *pairs, end = stem.split("_")
    return {key: value for key, _, value in (pair.partition("-") for pair in pairs) if value}, end


def _no_image(near: list[Any], suffix: str) -> str:
    if near:
        ends = ", ".join(sorted({one[1] for one in near}))
        return f'several images may be its own ({ends}): say which in the about file, such as suffix = "{near[0][1]}".'
    return f"no image of the same subject and session{f' that ends in {suffix}' if suffix else ''} is there."


def _channels_differ(words: Iterable[str], found: Iterable[str]) -> str:
    return f"it has the channels {', '.join(found) or 'none'}; dataset.json says {', '.join(words)}."


def _beside(table: RawFile, name: str) -> str:
    return posixpath.join(posixpath.dirname(table.listed), name)


def _in_folder(raw: Raw, above: str) -> dict[str, RawFile]:
    """The volumes directly in a folder, by their stems; their layout begins at that folder."""
    start = above[:-1].rfind("/") + 1
    return {
        stem: RawFile(file.listed, file.size, file.place, start, file.part, stamp=file.stamp)
        for file, folder, stem in volumes(raw)
        if f"{folder}/" == above
    }
