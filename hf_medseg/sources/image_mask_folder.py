"""Bring your own: any folder of pictures with a folder of masks; what they mean stands in an about file or is found by a survey."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from hf_medseg.about import About
from hf_medseg.case import Case
from hf_medseg.columns import TEXT
from hf_medseg.errors import Refused, Rejected
from hf_medseg.facts import Access, Config, Edition, Source, SurveyPlan
from hf_medseg.licenses import License
from hf_medseg.pixels.masks import NOT_ANNOTATED, Values
from hf_medseg.pixels.picture import Picture
from hf_medseg.pixels.readings import MaskValues, distinct_values
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.folders import SPLIT_FOLDER, Sorting
from hf_medseg.raw.tree import Found, Raw, union

# Below a folder of pictures or masks; the key is the path above that folder, and the stem.
ABOVE = r"((?:[^/]+/)*?)"
PICTURE = r"([^/]+)\.(?i:png|jpe?g|bmp|gif|tiff?|webp|pgm|ppm|pnm|jp2)"
# What the classes of an about file may be called besides the user's own names, and the index that it means.
BACKGROUND, UNKNOWN = "background", "not annotated"
CONFIGS = (Config(columns={"folder": TEXT}),)
LANDMARKS = (rf"(?i:images)/{PICTURE}", rf"(?i:masks|labels|annotations)/{PICTURE}")


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture, with the mask of its name in the same split and folder."""
    suffix = raw.about.text("mask_suffix")
    names = names_of_values(raw.about, raw.survey)
    index = {BACKGROUND: 0, UNKNOWN: NOT_ANNOTATED} | {name: number for number, name in enumerate(classes_of(names), 1)}
    mapping = {value: index[name] for value, name in names.items()}
    found = raw.find(rf"{ABOVE}(?i:images/)+{PICTURE}")
    sorting = Sorting.of(found)
    pictures, masks, annotated = sorting.keyed(found), Found(), set()
    for (folder, split, stem), file in sorting.keyed(find_masks(raw)).items():
        annotated.add(split)
        if stem.endswith(suffix):
            masks[folder, split, stem.removesuffix(suffix)] = file
        else:
            raw.skip(file, f"its name does not end in {suffix!r}, which the about file says of masks")
    elsewhere = masks_elsewhere(pictures, masks)
    check_pairs(pictures, masks, elsewhere, suffix)
    note_folders(raw, pictures)
    repeated = len({stem for _, _, stem in pictures}) < len(pictures)
    for key in union(pictures, masks):
        folder, split, stem = key
        if key not in pictures and masks[key] in elsewhere.values():
            continue  # said of its picture
        layout = "".join(f"{name}/" for name in (folder, split and called(pictures.get(key) or masks[key], folder)) if name)
        picture = pictures.need(key, f"{layout}images/{stem}.png")
        mask = masks.get(key) or elsewhere.get(key) or masks.need(key, f"{layout}masks/{stem}{suffix}.png") if split in annotated else None
        yield Case(
            f"{layout.replace('/', '_')}{stem}" if repeated else stem,
            {"image": Picture(picture), "mask": None if mask is None else Values(MaskValues(mask), mapping)},
            {"folder": folder or None},
            split=split or "train",
            wrong=f"the only mask of its name, {elsewhere[key].listed}, lies in another folder than it." if key in elsewhere else "",
        )


def find_masks(raw: Raw) -> Found:
    """The masks by the path above their folder and name: of `masks/`, else of `labels/` or `annotations/`.

    Raises:
        Refused: it is not clear which folder holds the masks.
    """
    found = [raw.find(rf"{ABOVE}(?i:{word}/)+{PICTURE}") for word in ("masks", "labels", "annotations")]
    if not found[0] and found[1] and found[2]:
        raise Refused("Both labels/ and annotations/ hold pictures, and there is no masks/. Rename the folder with the masks to masks/.")
    return found[0] or found[1] or found[2]


def masks_elsewhere(pictures: Found, masks: Found) -> dict[Any, RawFile]:
    """For pictures that have no mask in their own folder, the mask of their name in another folder that is not another picture's."""
    left = {key[1:]: file for key, file in masks.items() if key not in pictures}
    return {key: left[key[1:]] for key in pictures if key not in masks and key[1:] in left}


def check_pairs(pictures: Found, masks: Found, elsewhere: Mapping[Any, RawFile], suffix: str) -> None:
    """Refuses a tree in which nothing can be paired.

    Raises:
        Refused: see above.
    """
    if not pictures.keys() & masks.keys() and not elsewhere:
        a_picture, a_mask = (next(iter(files.values())).path if files else "none" for files in (pictures, masks))
        ending = (
            f"and ends in {suffix!r}, as the about file says" if suffix else "or adds an ending that the about file states (mask_suffix)"
        )
        raise Refused(f"No mask belongs to a picture. A mask is called like its picture, {ending}. Found: {a_picture} and {a_mask}.")


def note_folders(raw: Raw, pictures: Found) -> None:
    """Says that folders which name no split are a column."""
    folders = [folder for folder in dict.fromkeys(folder for folder, _, _ in pictures) if folder]
    if folders:
        raw.note(
            f"{folders[0]}/",
            f"pictures lie in {len(folders)} folders that name no split; the folder of each is in the column `folder`",
        )


def called(file: RawFile, folder: str) -> str:
    """What the folder is called that says the split of a file which is sorted into `folder`."""
    return file.path.removeprefix(folder and f"{folder}/").partition("/")[0]


def names_of_values(about: About, survey: Mapping[str, Any]) -> dict[int, str]:
    """What each mask value is called: as the about file says, else after the values that the survey found.

    Raises:
        Refused: `classes` in the about file is no table of whole numbers and names.
    """
    stated = about.values.get("classes")
    if stated is not None:
        named = isinstance(stated, Mapping) and all(value.isdecimal() and isinstance(name, str) and name for value, name in stated.items())
        if not named or not stated:
            raise Refused(f'{about.path}: classes must map mask values to names, such as {{ 1 = "nucleus", 2 = "cytoplasm" }}.')
        return {0: BACKGROUND, **{int(value): name for value, name in stated.items()}}
    seen = {value for values in survey.values() if not isinstance(values, Rejected) for value in values} - {0}
    names = {value: f"value_{value}" for value in sorted(seen)} if len(seen) > 1 else dict.fromkeys(seen, "foreground")
    return {0: BACKGROUND, **names}


def classes_of(names: Mapping[int, str]) -> tuple[str, ...]:
    """The classes in the order of their lowest mask value; one at least."""
    found = dict.fromkeys(name for _, name in sorted(names.items()) if name not in (BACKGROUND, UNKNOWN))
    return tuple(found) or ("foreground",)


def to_survey(raw: Raw) -> list[RawFile]:
    """The masks, unless the about file says what their values mean."""
    return [] if "classes" in raw.about.values else list(find_masks(raw).values())


def edition_from(about: About, survey: Mapping[str, Any]) -> Edition:
    """The edition that the user's facts and the survey make."""
    names, citation = names_of_values(about, survey), about.text("citation")
    return Edition(
        license=about.license(),
        citations=(citation,) if citation else (),
        classes=classes_of(names),
        landmarks=LANDMARKS,
        configs=CONFIGS,
        uncertain=UNKNOWN in names.values(),
        masks=about.drawn(),
        not_used=(
            (r"(?i:images|masks|labels|annotations)/(?:[^/]+/)+[^/]+", "lies in a folder below images/ or masks/, which is not read"),
        ),
    )


SOURCE = Source(
    id="image-mask-folder",
    title="Your own pictures and masks",
    homepage="https://huggingface.co/docs/datasets/image_dataset",
    modality=("any",),
    anatomy=("any",),
    task="segmentation",
    summary="Bring your own: a folder images/ and a folder masks/, paired by name; facts come from an about file.",
    access=Access("none", ("There is nothing to download: RAW is your folder. Write an about file to say what is in it.",)),
    layout="""images/a.jpg   masks/a.png       a mask has the name of its picture, or adds the ending that the about file states
or the same below train/, valid/ (val/, validation/, dev/) and test/; instead of masks/ also labels/ or annotations/
or below folders that sort the pictures otherwise (benign/, site_2/), with train/, valid/ and test/ in them or without""",
    splits="The folders train/, valid/ and test/ above images/, however they are commonly spelled (`training`, `val`, `dev`, `testset`), are the "
    "splits; without them there is one split `train`. Other folders above images/ are the column `folder`.",
    quirks=(
        "Without `classes` in the about file every mask value but 0 becomes a class, in ascending order, named `value_<n>`; the only one is "
        "called `foreground`.",
        "Masks with a palette are read as its indices; JPEG masks are thresholded at 127 and hold 0 and 255; 1-bit masks hold 0 and 255.",
        "A mask value that the about file does not name rejects its picture.",
        "A split without masks is not annotated: its masks are null.",
        "Where an orientation tag turns a picture when it is shown, the about file says whether its mask was drawn on that or on the stored "
        "samples, unless their sizes prove it; a mask that was drawn upright is turned to the stored grid.",
        "Where one name occurs in several splits or folders, ids begin with the folder and the folder of the split.",
        "Folders that name no split, such as benign/ and malignant/, or sites, are told in `folder`, as they are called: mind names of people.",
        "A tree that the catalog knows is refused and goes through its own source.",
    ),
    changes=("Masks are stored as label maps.",),
    annotators="other",
    editions=(
        Edition(
            license=License("unknown", "license unknown", "", "unknown", ()),
            citations=(),
            landmarks=LANDMARKS,
            classes=("foreground",),
            configs=CONFIGS,
        ),
    ),
    begins=(rf"{SPLIT_FOLDER}(?i:images/)+{PICTURE}",),
    cases=cases,
    survey=SurveyPlan(to_survey, distinct_values),
    from_about=edition_from,
    about_keys={
        "title": "Title of the dataset.",
        "license": "License of the data, as the id of the Hugging Face Hub; without it and its address nothing may be published.",
        "license_url": "Where the owner states the license.",
        "doi": "DOI of the data or the paper.",
        "citation": "BibTeX entry to cite.",
        "conditions": "What the license asks to be carried along, word for word.",
        "mask_suffix": "What the name of a mask adds to the name of its picture, before the extension.",
        "masks": 'Where an orientation tag turns a picture: "upright" if its mask was drawn on what viewers show, "stored" if on its samples.',
        "classes": 'Mask value to class name. Names with a meaning: "background" (as 0 is if not named), "not annotated".',
    },
)
