"""Bring your own: arrays of pictures and masks in .npy, .npz, HDF5 or MATLAB v7.3."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from hf_medseg.case import Case
from hf_medseg.catalog.about import About, OwnData
from hf_medseg.catalog.own import Fit
from hf_medseg.catalog.source import Config, Edition, Reading, source_of
from hf_medseg.dataset.columns import FLOAT64
from hf_medseg.errors import Refused, Rejected
from hf_medseg.formats.stacks import AXES, MEND, StackValues, arrays_in
from hf_medseg.masks.agreement import MOST_CLASSES, classes_line
from hf_medseg.masks.labels import Labels, Threshold, Values
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.folders import split_of
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.annotated import layout_start, split_in
from hf_medseg.sources.array_stack.pairs import Pair, values_of

FILE = r"[^/]+\.(?i:npy|npz|h5|hdf5|hdf|he5|mat)"

LANDMARKS = (FILE,)

# What arrays are called by people who publish them; the first of them that a file has counts.
IMAGES = ("images", "image", "imgs", "img", "x", "X", "data")

MASKS = ("masks", "mask", "labels", "label", "seg", "segmentation", "y", "Y", "gt")

NAMES = 'Say in the about file how the arrays are called: image = "images" and mask = "masks"; of .npy files: image = "images.npy"'


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutFile(OwnData):
    """What only the user knows of arrays; the facts explain each key."""

    image: str = ""
    mask: str = ""
    ids: str = ""
    axes: str = ""
    mask_axes: str = ""
    classes: Mapping[str, str] | None = None
    threshold: int | float | None = None


def fits(raw: Raw, about: About) -> Sequence[Fit]:
    """Files of arrays, told by the names in the first of them."""
    said = AboutFile.of(about)
    files = list(raw.find(rf"(?:[^/]+/)*{FILE}", twins=False).values())
    if not files:
        return []
    start = layout_start([file.listed for file in files])
    files = [replace_start(file, start) for file in files]
    single = [file for file in files if file.name.lower().endswith(".npy")]
    try:
        pairs = [*_files_of_arrays([file for file in files if file not in single], said), *_npy_pairs(single, said)]
    except Rejected as error:
        return [Fit(layout="files of arrays", images=0, missing=(str(error),))]
    if not pairs:
        return [
            Fit(
                layout="files of arrays",
                images=0,
                missing=(f"No array of pictures with one of masks was found in {files[0].listed}. {NAMES}",),
            )
        ]
    lines = {} if not said.image else {"image": f'"{said.image}"', "mask": f'"{said.mask}"'}
    return [Fit(layout=f"arrays, such as {pairs[0].words}", images=sum(pair.count for pair in pairs), about=lines, reading=tuple(pairs))]


def replace_start(file: RawFile, start: int) -> RawFile:
    """The file, its path beginning where the layout begins."""
    return RawFile(file.listed, file.size, file.place, start, file.part, stamp=file.stamp)


def _files_of_arrays(files: Sequence[RawFile], said: AboutFile) -> Iterator[Pair]:
    """The pairs of arrays in files that hold several."""
    for file in files:
        shapes = arrays_in(file).shapes()
        by_split = [pair for name in shapes if (pair := _of_split(file, name, shapes, said)) is not None] if not said.image else []
        if by_split:
            yield from by_split
            continue
        image = said.image or next((name for name in IMAGES if name in shapes), "")
        mask = said.mask or next((name for name in MASKS if name in shapes), "")
        if image in shapes and mask in shapes:
            yield Pair.of(file, image, file, mask, shapes[image], shapes[mask], (said.axes, said.mask_axes), ids=said.ids)
        elif said.image:
            raise Rejected(file.listed, f"it has no arrays {image!r} and {mask!r}; it has {', '.join(sorted(shapes))}.", NAMES)


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
    """Two .npy files in one folder."""
    folders: dict[str, dict[str, RawFile]] = {}
    for file in files:
        folders.setdefault(file.listed.rpartition("/")[0], {})[file.name] = file
    for found in folders.values():
        image, mask = (
            found.get(stated) if stated else next((found[f"{name}.npy"] for name in names if f"{name}.npy" in found), None)
            for stated, names in ((said.image, IMAGES), (said.mask, MASKS))
        )
        if image is not None and mask is not None:
            shapes = [arrays_in(file).shapes()[""] for file in (image, mask)]
            yield Pair.of(image, "", mask, "", shapes[0], shapes[1], (said.axes, said.mask_axes))


def names_of(raw: Raw) -> dict[int, str]:
    """What each value of the masks is called, 0 the background.

    Raises:
        Refused: the about file does not say it as it should, or the masks hold more values than there may be classes.
    """
    about = AboutFile.of(raw.about)
    if about.classes is not None:
        if not about.classes or not all(value.isdecimal() and name for value, name in about.classes.items()):
            raise about.wrong("classes")
        return {0: "background", **{int(value): name for value, name in about.classes.items()}}
    if about.threshold is not None:
        return {0: "background", 1: "foreground"}
    try:
        values = sorted(values_of(raw.fit.reading) - {0})
    except Rejected as error:
        raise Refused(str(error)) from error
    if len(values) > MOST_CLASSES or (values and values[0] < 0):
        line = classes_line(values[:3])
        raise Refused(f"The masks hold {len(values)} values, such as {values[0]}; a label map holds 254. Say in the about file: {line}")
    return {0: "background", **{value: f"value_{value}" if len(values) > 1 else "foreground" for value in values}}


def edition_from(raw: Raw) -> Edition:
    """The edition: its classes are the values of the masks, in ascending order.

    Raises:
        Refused: nobody says what the axes are, or what the values mean.
    """
    about = AboutFile.of(raw.about)
    if unsaid := next((pair for pair in raw.fit.reading if not pair.image.axes or not pair.mask.axes), None):
        raise Refused(f"{unsaid.words}: {AXES[0].lower()}{AXES[1:]}")
    names = names_of(raw)
    classes = tuple(dict.fromkeys(name for _, name in sorted(names.items()) if name != "background")) or ("foreground",)
    columns = {"rescale_slope": FLOAT64, "rescale_intercept": FLOAT64}
    reading = Reading(landmarks=LANDMARKS, configs=(Config(columns=columns),))
    return Edition(license=about.terms, citations=about.citations, classes=classes, reading=reading)


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture of a stack."""
    about, pairs = AboutFile.of(raw.about), raw.fit.reading
    names = names_of(raw)
    order = {name: k for k, name in enumerate(dict.fromkeys(name for _, name in sorted(names.items()) if name != "background"), 1)}
    mapping = {value: order.get(name, 0) for value, name in names.items()}
    for pair in pairs:
        raw.use(pair.image.file, pair.mask.file)
        ids = pair.names(raw)
        for number in range(pair.count):
            values = StackValues(pair.part(pair.mask, number), fractions=about.threshold is not None)
            above = about.threshold
            mask: Labels = Values(values, mapping, MEND) if above is None else Threshold(values, above, drawn=False)
            image = pair.part(pair.image, number)
            yield Case(ids[number], {"image": image, "mask": mask}, split=pair.split or split_in(pair.image.file.listed) or "train")


SOURCE = source_of(
    __file__,
    Reading(landmarks=LANDMARKS),
    cases,
    about_file=AboutFile,
    from_about=edition_from,
    fits=fits,
)
