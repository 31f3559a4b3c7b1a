"""Chákṣu: optic disc and cup in fundus photographs of three cameras, by five experts each and as their STAPLE consensus."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, facts_of, source_of
from hf_medseg.dataset.columns import MASK_ORIGIN, PICTURE, TEXT, Label, ListOf
from hf_medseg.errors import Refused
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.cells import MaskList
from hf_medseg.masks.labels import OneValue, Painted, Threshold
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Found, Raw, union

CLASSES = facts_of(__file__).classes
CAMERAS = ("Bosch", "Forus", "Remidio")
# The folders of the two structures, in the order of the classes; some are written small.
STRUCTURES = {"optic_disc": "(?i:disc)", "optic_cup": "(?i:cup)"}
EXPERTS = range(1, 6)
PHOTOGRAPHS, OUTLINES, FUSED = (
    "1.0_Original_Fundus_Images",
    "3.0_Doctors_Annotations_Binary_OD_OC",
    "5.0_OD_OC_Mean_Median_Majority_STAPLE",
)
CAMERA = rf"({'|'.join(CAMERAS)})"
PICTURE_FILE = r"([^/]+)\.(?i:jpe?g|png|tiff?)"
DECISIONS = {"NORMAL": "normal", "GLAUCOMA SUSPECT": "glaucoma_suspect", "GLAUCOMA SUSUPECT": "glaucoma_suspect"}

# (split, camera, name of the picture)
Key = tuple[str, str, str]


def cases(raw: Raw) -> Iterator[Case]:
    """One case a photograph.

    Raises:
        Refused: no outline of an expert lies where one is expected.
    """
    photographs = _named(raw.find(rf"(Train|Test)/{PHOTOGRAPHS}/{CAMERA}/{PICTURE_FILE}"))
    fused = {
        name: _named(raw.find(rf"(Train|Test)/{FUSED}/{CAMERA}/{folder}/(?i:staple)/{PICTURE_FILE}")) for name, folder in STRUCTURES.items()
    }
    drawn = {
        f"expert_{number}_{name}": _named(raw.find(rf"(Train|Test)/{OUTLINES}/(?i:expert)[ _]*{number}/{CAMERA}/{folder}/{PICTURE_FILE}"))
        for number in EXPERTS
        for name, folder in STRUCTURES.items()
    }
    _check_experts(raw, drawn)
    decisions = _decisions(raw, photographs)
    for key in union(photographs, *fused.values(), *drawn.values()):
        half, camera, name = key
        file = photographs.get(key) or RawFile(f"{half}/{PHOTOGRAPHS}/{camera}/{name}.jpg", 0, None)
        consensus = {one: Threshold(Picture(found[key])) for one, found in fused.items() if key in found}
        outlines = {one: OneValue(Picture(found[key])) for one, found in drawn.items() if key in found}
        whole = len(consensus) == len(STRUCTURES)
        halves = [who for who, found in _by_drawer(consensus, outlines).items() if len(found) == 1]
        if halves:
            raw.note(file, f"of disc and cup one alone is there, by {', '.join(halves)}: nothing is made of what is missing")
        patient = re.match(r"[Pp](\d+)[_-]", name) if camera == "Bosch" else None
        yield Case(
            f"{half}_{camera}_{file.name.rpartition('.')[0]}",
            {
                "image": Picture(file),
                "mask": Painted(tuple(consensus.values()), tuple(range(1, len(CLASSES) + 1))) if whole else None,
                **{f"mask_{one}": part for one, part in consensus.items()},
                "masks": MaskList(tuple(outlines.values())),
            },
            {
                "mask_names": list(outlines),
                "mask_origin": "derived" if whole else None,
                "camera": camera.lower(),
                **decisions.get(key, {}),
            },
            half.lower(),
            f"bosch_p{patient[1]}" if patient else None,
        )


def _by_drawer(consensus: Collection[str], outlines: Collection[str]) -> dict[str, list[str]]:
    """The structures of one photograph by who drew them."""
    experts = {f"expert {number}": [one for one in outlines if one.startswith(f"expert_{number}_")] for number in EXPERTS}
    return {"STAPLE": list(consensus), **experts}


def _named(found: Found) -> dict[Key, RawFile]:
    """Files by split, camera and name; names of a picture and its masks differ in capital letters here and there."""
    result: dict[Key, RawFile] = {}
    for (half, camera, name), file in found.items():
        small = (half, camera, name.lower())
        result[(half, camera, name) if small in result else small] = file
    return result


def _check_experts(raw: Raw, drawn: Mapping[str, Mapping[Key, RawFile]]) -> None:
    """Refuses a tree whose experts' folders are called otherwise: it would be converted without them."""
    there = raw.find(rf"(?:Train|Test)/{OUTLINES}/.+")
    if there and not any(drawn.values()):
        raise Refused(
            f"Outlines of experts are expected at Train/{OUTLINES}/Expert 1/Bosch/Disc/NAME.tif (experts 1 to 5, folders Disc and Cup); "
            f"found is {next(iter(there.values())).path}. Use the owner's Train.zip and Test.zip, and tell the maintainers if these are."
        )


def _decisions(raw: Raw, photographs: Iterable[Key]) -> dict[Key, dict[str, object]]:
    """What the experts and their majority said of glaucoma, by photograph."""
    found: dict[Key, dict[str, object]] = {}
    for half, camera in sorted({(half, camera) for half, camera, _ in photographs}):
        named = camera.replace("Remi", "Rem[ie]")  # readers have the name in both spellings
        table = raw.table(rf"{half}/6\.0_Glaucoma_Decision/Glaucoma_Decision_Comparison_{named}_majority\.csv", ("Images",))
        for line in table or ():
            # A line is called after two files: Image101.jpg-Image101-1.jpg
            if name := re.match(r"(.+?)\.(?i:jpe?g|png|tiff?)", line["Images"]):
                found[half, camera, name[1].lower()] = {
                    "label": _word(line.get("Majority Decision") or line.get("Glaucoma Decision")),
                    "expert_labels": [_word(line.get(f"Expert.{number}") or line.get(f"Expert {number}")) for number in EXPERTS],
                }
    return found


def _word(cell: str | None) -> str | None:
    """A decision; a word that nobody declared stays, and its photograph is rejected by name."""
    words = " ".join((cell or "").split())
    return DECISIONS.get(words.upper(), words) or None


GLAUCOMA = Label(("normal", "glaucoma_suspect"))

SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(
            rf"(?:Train|Test)/{PHOTOGRAPHS}/{CAMERA}/{PICTURE_FILE}",
            rf"(?:Train|Test)/(?:{OUTLINES}|{FUSED})/(?:[^/]+/)+{PICTURE_FILE}",
        ),
        configs=(
            Config(
                columns={
                    **{f"mask_{name}": PICTURE for name in STRUCTURES},
                    "masks": ListOf(PICTURE),
                    "mask_names": ListOf(TEXT),
                    "mask_origin": MASK_ORIGIN,
                    "camera": Label(tuple(camera.lower() for camera in CAMERAS)),
                    "label": GLAUCOMA,
                    "expert_labels": ListOf(GLAUCOMA),
                }
            ),
        ),
        not_used=(
            (r"2\.0_Doctors_Annotations/.+", "a photograph with an outline drawn on it"),
            (rf"{OUTLINES}/.+", "an outline in no folder of experts 1 to 5, a camera and a structure"),
            (r"4\.0_OD_C?OC?_Fusion_Images/.+", "disc and cup in one picture; their own masks are read"),
            (rf"{FUSED}/.+", "another consensus than STAPLE: it can be made of the experts' outlines"),
            (r"6\.0_Glaucoma_Decision/.+", "measures of the outlines; no column is made from them"),
            (r"[^/]+\.pdf", "text about the data"),
        ),
    ),
    cases,
    signature=(rf"(?:Train|Test)/{PHOTOGRAPHS}/{CAMERA}/[^/]+", rf"{OUTLINES}/(?i:expert)[ _]*[1-5]/{CAMERA}/[^/]+/[^/]+"),
    begins=(rf"(?:Train|Test)/(?:{PHOTOGRAPHS}|{OUTLINES}|{FUSED})/.+",),
)
