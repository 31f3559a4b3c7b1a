"""APACS23: cells in pictures of Pap smears."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of
from hf_medseg.formats.picture import Picture
from hf_medseg.masks.labels import OneValue
from hf_medseg.raw.tree import Raw, union

SPLITS = {"Training": "train", "Test": "test"}
# So many pictures, and as many masks, have no partner in the owners' own files.
ORPHANS = {"Training": 10, "Test": 5}
PICTURES, MASKS = r"APACS23_(Training|Test)_Input/([^/]+)\.(?i:jpe?g)", r"APACS23_(Training|Test)_GroundTruth/([^/]+)\.(?i:png)"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a pair; of the few names that do not fit each other none is guessed."""
    pictures, masks = raw.find(PICTURES), raw.find(MASKS)
    for split, most in ORPHANS.items():
        alone = [[key for key in one if key not in other and key[0] == split] for one, other in ((pictures, masks), (masks, pictures))]
        misspelt = {key for keys in alone if len(keys) <= most for key in keys}
        for key in (key for key in union(pictures, masks) if key[0] == split):
            if key in misspelt:
                raw.skip(pictures[key] if key in pictures else masks[key], "no file has its partner's name: the owners' names do not fit")
                continue
            stem = key[1]
            yield Case(
                f"{SPLITS[split]}_{stem}",
                {
                    "image": Picture(pictures.need(key, f"APACS23_{split}_Input/{stem}.jpg")),
                    "mask": OneValue(Picture(masks.need(key, f"APACS23_{split}_GroundTruth/{stem}.png"), "L")),
                },
                split=SPLITS[split],
            )


SOURCE = source_of(__file__, Reading(landmarks=(PICTURES, MASKS)), cases, signature=(PICTURES, MASKS), image_mode="RGB")
