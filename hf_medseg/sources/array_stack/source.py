"""Bring your own: arrays of pictures and masks in .npy, .npz, HDF5, MATLAB, zarr, or the pages of TIFFs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from hf_medseg.case import Case
from hf_medseg.catalog.about import About, OwnData
from hf_medseg.catalog.own import Fit
from hf_medseg.catalog.source import Config, Edition, Reading, source_of
from hf_medseg.dataset.columns import FLAG, FLOAT64, PICTURE, TEXT, VOLUME_COLUMNS, Column, ListOf
from hf_medseg.dataset.table import NOT_ANNOTATED
from hf_medseg.errors import Refused, Rejected
from hf_medseg.formats.stacks import MEND, Stack, StackPicture, StackValues, arrays_in, axes_line, sequences
from hf_medseg.formats.zarr_store import Store, stores_in
from hf_medseg.masks.agreement import MOST_CLASSES, classes_line, named_values
from hf_medseg.masks.labels import Labels, Painted, Threshold, Values
from hf_medseg.masks.objects import ObjectNumbers
from hf_medseg.masks.structures import structures
from hf_medseg.masks.volume_values import notes_of, refuse_unlike
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.splits import split_of
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.annotated import layout_start, split_in
from hf_medseg.sources.array_stack.one_hot import BACKGROUND, OneChannel, names_of_channels
from hf_medseg.sources.array_stack.pairs import Pair, values_of
from hf_medseg.sources.told import ToldCases
from hf_medseg.sources.words import role_of, tokens, without_roles

FILE = r"[^/]+\.(?i:npy|npz|h5|hdf5|hdf|he5|mat)"

UNKNOWN = "not annotated"  # what the about file may call a value that is no class

_TIFF = (".tif", ".tiff")  # of many pages, if the about file says so: else each is one picture

LANDMARKS = (rf"{FILE}|\.zarray|zarr\.json",)

PAGED = (rf"{LANDMARKS[0]}|[^/]+\.(?i:tiff?)",)

# What arrays are called by people who publish them; the first of them that a file has counts.
IMAGES = ("images", "image", "imgs", "img", "x", "X", "data")

MASKS = ("masks", "mask", "labels", "label", "seg", "segmentation", "y", "Y", "gt", "gts")

NAMES = 'Say in the about file how the arrays are called: image = "images" and mask = "masks"; of .npy files: image = "images.npy"'


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutFile(OwnData):
    """What only the user knows of arrays; the facts explain each key."""

    image: str = ""
    mask: str = ""
    ids: str = ""
    axes: str = ""
    mask_axes: str = ""
    channels: tuple[str, ...] = ()
    classes: Mapping[str, str] | None = None
    threshold: int | float | None = None
    pages: Literal["", "pictures"] = ""


def fits(raw: Raw, about: About) -> Sequence[Fit]:
    """Files of arrays, told by the names in the first of them."""
    said = AboutFile.of(about)
    stores = stores_in(raw.files) if raw.has(LANDMARKS[0]) else []
    pages = raw.listing.ending(*_TIFF) if said.pages else []
    files = [*raw.find(rf"(?:[^/]+/)*{FILE}", twins=False).values(), *stores, *pages]
    if not files:
        pickled = next((file.listed for file in raw.files if file.name.lower().endswith((".pkl", ".pickle", ".pt", ".pth"))), "")
        words = f"{pickled} holds Python objects, which are never loaded, as they may run any code. Save the arrays with numpy.savez."
        return [Fit(layout="pickled objects", images=0, missing=(words,))] if pickled else []
    start = layout_start([file.listed for file in files])
    files = [replace_start(file, start) for file in files]
    single = [file for file in files if file.name.lower().endswith((".npy", *_TIFF))]
    try:
        pairs = [*_files_of_arrays([file for file in files if file not in single], said), *_npy_pairs(single, said)]
    except Rejected as error:
        return [Fit(layout="files of arrays", images=0, missing=(str(error),))]
    if nnunet := next(
        (file.listed for file in files if "nnUNet" in file.listed and {"data", "seg"} <= arrays_in(file).shapes().keys()), ""
    ):
        words = f"{nnunet} was preprocessed by nnU-Net: resampled, cropped and normalised. Give its nnUNet_raw folder as RAW."
        return [Fit(layout="files of arrays", images=0, missing=(words,))]
    if not pairs:
        return [
            Fit(
                layout="files of arrays",
                images=0,
                missing=(f"No array of pictures with one of masks was found in {files[0].listed}. {_names_in(files[0])}",),
            )
        ]
    lines = {} if not said.image else {"image": f'"{said.image}"', "mask": f'"{said.mask}"'}
    return [Fit(layout=f"arrays, such as {pairs[0].words}", images=sum(pair.count for pair in pairs), about=lines, reading=tuple(pairs))]


def replace_start(file: RawFile, start: int) -> RawFile:
    """The file, its path beginning where the layout begins."""
    return RawFile(file.listed, file.size, file.place, start, file.part, stamp=file.stamp)


def _files_of_arrays(files: Sequence[RawFile], said: AboutFile) -> Iterator[Pair]:
    """The pairs of arrays in files that hold several."""
    alone: list[Pair] = []
    found = False
    for file in files:
        arrays = arrays_in(file)
        shapes = arrays.shapes()
        by_split = [pair for name in shapes if (pair := _of_split(file, name, shapes, said)) is not None] if not said.image else []
        if by_split:
            yield from by_split
            found = True
            continue
        image = said.image or next((name for name in IMAGES if name in {*shapes, *arrays.objects}), "")
        may_be = {*arrays.objects, *(name for name in shapes if image not in shapes or _fit(shapes[image], shapes[name]))}
        mask = said.mask or next((name for name in MASKS if name in may_be), "")
        for name in (image, mask):
            if name in arrays.objects:
                arrays[name]  # which says that objects are never loaded
        if image in shapes and mask in shapes:
            pair = Pair.of(
                file,
                image,
                file,
                mask,
                shapes[image],
                shapes[mask],
                (said.axes, said.mask_axes),
                ids=said.ids,
                scale=_scale(shapes, image),
            )
            yield replace(pair, further=tuple(_further(pair, shapes)))
            found = True
            continue
        in_groups = list(_in_groups(file, shapes, said))
        yield from in_groups
        found = found or bool(in_groups)
        if not in_groups and image in shapes and "/" not in image:
            pair = Pair.alone(file, image, shapes[image], said.axes, _scale(shapes, image))
            alone.append(replace(pair, further=tuple(_further(pair, shapes))))
        elif said.image and not in_groups:
            there = ", ".join(sorted(shapes)) or "none"
            raise Rejected(file.listed, f"it has no arrays {image!r} and {mask!r}; it has {there}.", NAMES)
    yield from alone if found else ()  # beside others that have masks, nobody annotated them


def _further(pair: Pair, shapes: Mapping[str, tuple[int, ...]]) -> Iterator[tuple[str, Stack]]:
    """(column, stack) of the arrays that stand beside `image` and `mask` under names such as `image_t1`, `mask_2` and `instances`."""
    image = pair.image
    flat = tuple(size for letter, size in zip(image.axes, shapes[image.name], strict=False) if letter != "c")
    for name, shape in shapes.items():
        if re.fullmatch(r"image_\w+|mask_\w+|instances|fov_mask", name) and name not in (image.name, pair.mask and pair.mask.name):
            axes = image.axes if shape == shapes[image.name] else image.axes.replace("c", "") if shape == flat else ""
            if axes:
                yield name, Stack(image.file, name, axes, _scale(shapes, name))


def _scale(shapes: Mapping[str, tuple[int, ...]], image: str) -> str:
    """The array that says slope and intercept of an array of pictures, as `hf-medseg export --to npz` writes it."""
    name = f"scale{image.removeprefix('image')}"
    return name if image.startswith("image") and shapes.get(name) == (2,) else ""


def _in_groups(file: RawFile, shapes: Mapping[str, tuple[int, ...]], said: AboutFile) -> Iterator[Pair]:
    """Groups with an array for each case, `images/a` and `masks/a`, or a group for each case, `a/image` and `a/mask`."""
    images, masks = (said.image,) if said.image else IMAGES, (said.mask,) if said.mask else MASKS
    for name, shape in shapes.items():
        parts = name.split("/")
        ways = [(k, "/".join((*parts[:k], word, *parts[k + 1 :]))) for k, part in enumerate(parts) if part in images for word in masks]
        group = name[: name.rfind("/") + 1]
        if group and parts[-1] in images and not said.mask:  # the one in the group that is called a mask in any words
            drawn = [one for one in shapes if one.startswith(group) and role_of(one[len(group) :]) == "mask" and _fit(shape, shapes[one])]
            ways += [(len(parts) - 1, one) for one in drawn if len(drawn) == 1]
        at, mask = next(((k, one) for k, one in ways if one in shapes and one != name and _fit(shape, shapes[one])), (-1, ""))
        if mask:
            left = [*parts[:at], *parts[at + 1 :]]
            split = next((found for part in left if (found := split_of(part)) is not None), "")
            yield Pair.of(file, name, file, mask, shape, shapes[mask], (said.axes, said.mask_axes), split=split, word="_".join(left))


def _fit(image: tuple[int, ...], mask: tuple[int, ...]) -> bool:
    """Whether arrays may be pictures and masks by their shapes: they share two axes at least."""
    return sum(size in image for size in mask) >= 2


def _names_in(file: RawFile) -> str:
    """The lines of an about file for the arrays of a file, of which one is called like masks; else how such lines look."""
    shapes = {name: shape for name, shape in arrays_in(file).shapes().items() if len(shape) > 1}
    for mask in (name for name in shapes if any(role_of(part) == "mask" for part in name.split("/"))):
        image = next((name for name in shapes if name != mask and _fit(shapes[name], shapes[mask])), "")
        if image:
            return f'Say in the about file how the arrays are called: image = "{image}"; mask = "{mask}"'
    return NAMES


def _of_split(file: RawFile, name: str, shapes: Mapping[str, tuple[int, ...]], said: AboutFile) -> Pair | None:
    """Arrays that are called after a split, `train_images` and `train_label`: pictures come first, then rows, columns, channels."""
    word, _, what = name.partition("_")
    split = split_of(word)
    mask = next((f"{word}_{one}" for one in MASKS if f"{word}_{one}" in shapes), "")
    if split is None or what not in IMAGES or not mask:
        return None
    axes = said.axes or ("nhwc" if len(shapes[name]) == 4 else "nhw")
    if len(shapes[mask]) < 3 and len(shapes[name]) > 2:
        raise Rejected(file.listed, f"its {mask} are one number a picture, and no masks.", "Only masks make a segmentation dataset.")
    return Pair.of(file, name, file, mask, shapes[name], shapes[mask], (axes, said.mask_axes), split=split, word=word)


def _npy_pairs(files: Sequence[RawFile], said: AboutFile) -> Iterator[Pair]:
    """Two files of one array each in one folder."""
    folders: dict[str, dict[str, RawFile]] = {}
    for file in files:
        folders.setdefault(file.listed.rpartition("/")[0], {})[file.name] = file
    for found in folders.values():
        image, mask = (
            found.get(stated) if stated else next((found[f"{name}.npy"] for name in names if f"{name}.npy" in found), None)
            for stated, names in ((said.image, IMAGES), (said.mask, MASKS))
        )
        if image is not None and mask is not None:
            yield _npy_pair(image, mask, said)
            files = [file for file in files if file not in (image, mask)]
    yield from (_npy_pair(image, mask, said) for image, mask in _by_words([] if said.image else files))


def _npy_pair(image: RawFile, mask: RawFile, said: AboutFile) -> Pair:
    arrays = [arrays_in(file) for file in (image, mask)]
    shapes, told = [tuple(one[""].shape) for one in arrays], [one.axes("") for one in arrays]
    return Pair.of(image, "", mask, "", shapes[0], shapes[1], (said.axes or told[0], said.mask_axes or told[1]))


def _by_words(files: Sequence[RawFile]) -> Iterator[tuple[RawFile, RawFile]]:
    """(pictures, masks) in files of one array each whose names or folders are the same but for what says picture or mask: `img_0` and `mask_0`."""
    found: dict[tuple[str, ...], dict[str, list[RawFile]]] = {}
    for file in files:
        *folders, name = file.listed.rpartition(".")[0].split("/")
        role = _role(name) or next((role for folder in reversed(folders) if (role := _role(folder))), "")
        key = (*(word for folder in folders for word in _key(folder)), "/", *_key(name))
        found.setdefault(key, {}).setdefault(role, []).append(file)
    for both in found.values():
        images, masks = both.get("image", []), both.get("mask", [])
        if len(images) == len(masks) == 1:
            yield images[0], masks[0]


def _role(name: str) -> str:
    """What a name says that an array is; `X` and `y` are what people call what a network gets and gives."""
    words = {word.lower() for word in tokens(name)}
    return role_of(name) or ("image" if "x" in words else "mask" if "y" in words else "")


def _key(name: str) -> tuple[str, ...]:
    return tuple(word for word in without_roles(name) if word not in ("x", "y"))


def names_of(raw: Raw) -> dict[int, str]:
    """What each value of the masks is called, 0 the background.

    Raises:
        Refused: the about file does not say it as it should, or the masks hold more values than there may be classes.
    """
    about = AboutFile.of(raw.about)
    if about.classes is not None:
        if not about.classes or not all(value.isdecimal() and name for value, name in about.classes.items()):
            raise about.wrong("classes")
        return named_values(about.classes)
    if about.threshold is not None:
        return {0: "background", 1: "foreground"}
    seen = _seen(raw)
    values = sorted({value for some in seen.values() for one in some.values() for value in one} - {0})
    if values and values[0] < 0:
        raise Refused(f"The masks hold values below 0, such as {values[0]}. Save them with one number a class, from 0 up.")
    refuse_unlike(seen)
    if len(values) > MOST_CLASSES:
        line = classes_line(values[:3])
        raise Refused(f"The masks hold {len(values)} values, such as {values[0]}; a label map holds 254. Say in the about file: {line}")
    return {0: "background", **{value: f"value_{value}" if len(values) > 1 else "foreground" for value in values}}


def _seen(raw: Raw) -> dict[str, dict[str, tuple[int, ...]]]:
    """See `values_of`.

    Raises:
        Refused: masks hold fractions, or cannot be read.
    """
    try:
        return values_of(raw.fit.reading)
    except Rejected as error:
        raise Refused(str(error)) from error


def edition_from(raw: Raw) -> Edition:
    """The edition: its classes are the values or the channels of the masks, in ascending order.

    Raises:
        Refused: nobody says what the axes are, or what the values or channels mean.
    """
    about = AboutFile.of(raw.about)
    if unsaid := next((pair for pair in raw.fit.reading if not pair.image.axes), None):
        image, mask = (arrays_in(one.file)[one.name].shape if one else () for one in (unsaid.image, unsaid.mask))
        line = axes_line(tuple(image), tuple(mask))
        raise Refused(f"{unsaid.words}: {line[0].lower()}{line[1:]}")
    if unnamed := next((pair for pair in raw.fit.reading if pair.sequences and not about.channels), None):
        raise Refused(f"{unnamed.words}: its pictures have {unnamed.sequences} channels. {sequences(unnamed.sequences)}")
    coding = coding_of(raw)
    uncertain = isinstance(coding, ValueCoding) and UNKNOWN in coding.names.values()
    columns = {**coding.columns, **further_columns(about, raw.fit.reading), **_told(raw).columns}
    reading = Reading(landmarks=PAGED if about.pages else LANDMARKS, configs=(Config(columns=columns),), uncertain=uncertain)
    return Edition(license=about.terms, citations=about.citations, classes=coding.classes or ("foreground",), reading=reading)


@dataclass(frozen=True)
class ValueCoding:
    """Masks of which each pixel holds the number of its class.

    Attributes:
        names: what each value is called.
        above: above it is foreground; None where values are classes.
    """

    names: Mapping[int, str]
    above: float | None

    @property
    def classes(self) -> tuple[str, ...]:
        """The names of the classes, in the order of their values."""
        return tuple(dict.fromkeys(name for _, name in sorted(self.names.items()) if name not in (BACKGROUND, UNKNOWN)))

    @property
    def columns(self) -> dict[str, Column]:
        """The columns of a row besides those that every source has."""
        return {"rescale_slope": FLOAT64, "rescale_intercept": FLOAT64}

    def read(self, picture: StackPicture) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """How the columns of one mask are read, and the values that stand already."""
        values = StackValues(picture, fractions=self.above is not None)
        if self.above is not None:
            return {"mask": Threshold(values, self.above, drawn=False)}, {}
        order = {UNKNOWN: NOT_ANNOTATED} | {name: k for k, name in enumerate(self.classes, 1)}
        return {"mask": Values(values, {value: order.get(name, 0) for value, name in self.names.items()}, MEND)}, {}


@dataclass(frozen=True)
class ChannelCoding:
    """Masks with a channel for each class.

    Attributes:
        names: what each channel is called; one may be the background, and several the same class.
        overlap: whether a pixel may belong to two classes: then each of them is kept by itself.
        above: see `set_in`.
    """

    names: tuple[str, ...]
    overlap: bool
    above: float | None

    @property
    def classes(self) -> tuple[str, ...]:
        """See `ValueCoding.classes`."""
        return tuple(dict.fromkeys(name for name in self.names if name != BACKGROUND))

    @property
    def columns(self) -> dict[str, Column]:
        """See `ValueCoding.columns`."""
        further: dict[str, Column] = {"masks": ListOf(PICTURE), "mask_names": ListOf(TEXT), "mask_overlap": FLAG} if self.overlap else {}
        return {"rescale_slope": FLOAT64, "rescale_intercept": FLOAT64, **further}

    def read(self, picture: StackPicture) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        """See `ValueCoding.read`."""
        background = self.names.index(BACKGROUND) if BACKGROUND in self.names else None
        parts: dict[int, Labels] = {
            index: OneChannel(picture, tuple(k for k, one in enumerate(self.names) if one == name), background, self.above)
            for index, name in enumerate(self.classes, 1)
        }
        if self.overlap:
            return structures(parts).columns(), {"mask_names": list(self.classes)}
        return {"mask": Painted(tuple(parts.values()), tuple(parts))}, {}


def coding_of(raw: Raw) -> ValueCoding | ChannelCoding:
    """How the masks are coded.

    Raises:
        Refused: nobody says it, or some masks have channels and others not.
    """
    about, pairs = AboutFile.of(raw.about), tuple(pair for pair in raw.fit.reading if pair.mask is not None)
    if not any(pair.channels for pair in pairs):
        return ValueCoding(names_of(raw), about.threshold)
    if plain := next((pair for pair in pairs if not pair.channels), None):
        raise Refused(f"{plain.words}: its masks have no channels, and others have. Give those of one kind as RAW.")
    names, found = names_of_channels(pairs, about.classes, about.threshold)
    return ChannelCoding(tuple(names), found.overlap, about.threshold)


def _told(raw: Raw) -> ToldCases:
    """What an export tells of the cases; of the slices of a volume, which they are."""
    told = ToldCases.beside(raw, ("rescale_slope", "rescale_intercept"))
    return replace(told, columns={**VOLUME_COLUMNS, **told.columns}) if "volume_id" in told.columns else told


def image_columns(channels: Sequence[str]) -> tuple[str, ...]:
    """The columns of the channels of a picture, the first of which is its image."""
    return ("image", *(f"image_{re.sub(r'[^a-z0-9]+', '_', name.lower()).strip('_') or k}" for k, name in enumerate(channels[1:], 2)))


def further_columns(about: AboutFile, pairs: Sequence[Pair]) -> dict[str, Column]:
    """The columns of channels, and of the arrays beside `image` and `mask`.

    Raises:
        Refused: the about file names another number of channels than pictures have.
    """
    names = list(image_columns(about.channels)[1:])
    if about.channels:
        for pair in pairs:
            if "c" not in pair.image.axes or pair.image.shape()["c"] != len(about.channels) or len(set(names)) < len(names):
                found = pair.image.shape().get("c", 1)
                raise Refused(
                    f"{about.path}: channels names {len(about.channels)}; {pair.words} has {found}. Name each once, in its order."
                )
    names += dict.fromkeys(name for pair in pairs for name, _ in pair.further if name not in names)
    columns: dict[str, Column] = dict.fromkeys(names, PICTURE)
    scaled = [name.removeprefix("image_") for name in names if name.startswith("image_")]
    return columns | {f"rescale_{what}_{name}": FLOAT64 for name in scaled for what in ("slope", "intercept")}


def _pictures(pair: Pair, number: int, channels: Sequence[str]) -> dict[str, Any]:
    """How the pictures of a row are read, beside its masks."""
    if not channels:
        return {"image": pair.part(pair.image, number)}
    return {column: pair.part(pair.image, number, k) for k, column in enumerate(image_columns(channels))}


def _beside(pair: Pair, number: int, coding: ValueCoding | ChannelCoding) -> dict[str, Any]:
    """How the arrays beside `image` and `mask` are read."""
    columns: dict[str, Any] = {}
    for name, stack in pair.further:
        part = pair.part(stack, number)
        if name == "instances":
            columns[name] = ObjectNumbers(StackValues(part))
        else:
            columns[name] = coding.read(part)[0]["mask"] if "mask" in name else part
    return columns


def _place(pair: Pair, number: int, told: Mapping[str, Any]) -> dict[str, Any]:
    """Where a picture lies in the volume that it is told to be a slice of."""
    if told.get("volume_id") is None or "n" not in pair.image.axes:
        return {}
    return {"slice_index": number, "num_slices": pair.count, "image_position": pair.position(number)}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture of a stack."""
    coding, pairs, told, channels = coding_of(raw), raw.fit.reading, _told(raw), AboutFile.of(raw.about).channels
    if isinstance(coding, ValueCoding) and AboutFile.of(raw.about).classes is None and coding.above is None:
        for note in notes_of({name: values for some in _seen(raw).values() for name, values in some.items()}):
            raw.note("masks", note)
    whole = len({(pair.image.file.name, pair.word) for pair in pairs}) < len(pairs)
    raw.use(*told.tables)
    for pair in pairs:
        for file in {stack.file.listed: stack.file for stack in (pair.image, pair.mask) if stack is not None}.values():
            raw.use(*(file.place.members.values() if isinstance(file.place, Store) else (file,)))
        ids, split = pair.names(whole), pair.split or split_in(pair.image.file.listed) or "train"
        stem = pair.image.file.name.rpartition(".")[0]
        split = told.split(split, pair.image.file.listed, stem)
        patient, known = told.of(split, stem)
        for number in range(pair.count):
            masks, said = coding.read(pair.part(pair.mask, number)) if pair.mask is not None else ({}, {})
            pixels = {**_pictures(pair, number, channels), **masks, **_beside(pair, number, coding)}
            columns = {**known, **_place(pair, number, known), **said}
            yield Case(ids[number], pixels, columns, split, patient, together=columns.get("volume_id") or "")


SOURCE = source_of(
    __file__,
    Reading(landmarks=LANDMARKS),
    cases,
    about_file=AboutFile,
    from_about=edition_from,
    fits=fits,
)
