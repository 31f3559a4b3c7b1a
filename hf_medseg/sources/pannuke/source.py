"""PanNuke: nuclei of five kinds in patches of 19 tissues, in three folds of NumPy arrays."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, facts_of, source_of
from hf_medseg.dataset.columns import FLAG, PICTURE, TEXT
from hf_medseg.errors import Refused
from hf_medseg.formats.stacks import Stack, StackPicture
from hf_medseg.raw.tree import Raw, union
from hf_medseg.sources.pannuke.folds import count_of, share_of, tissues_of
from hf_medseg.sources.pannuke.nuclei import Nuclei, Patch

CLASSES = facts_of(__file__).classes
FOLD = r"(fold[123])"
IMAGES, MASKS, TYPES = (
    rf"{kind}/{FOLD}/{name}\.(?i:npy)" for kind, name in (("images", "images"), ("masks", "masks"), ("images", "types"))
)


def cases(raw: Raw) -> Iterator[Case]:
    """One case a patch, numbered from 0 within its fold."""
    images, masks, types = raw.find(IMAGES), raw.find(MASKS), raw.find(TYPES)
    for fold in union(images, masks):
        if fold not in images or fold not in masks:
            missing = f"images/{fold}/images.npy" if fold not in images else f"masks/{fold}/masks.npy"
            raise Refused(f"{missing} is missing, without which nothing of this fold can be read. Unpack the whole archive of the fold.")
        raw.use(images[fold], masks[fold])
        count, nuclei = count_of(images[fold], 3), count_of(masks[fold], len(CLASSES) + 1)
        if count != nuclei:
            raise Refused(f"{images[fold].listed} has {count} patches, {masks[fold].listed} {nuclei}. Fetch the archive of the fold again.")
        tissues = tissues_of(raw, types.get(fold), count)
        for number in range(count):
            yield Case(
                f"{fold}_{number:04}",
                {
                    "image": Patch(share_of(images[fold], count), Stack(images[fold], "", "nhwc"), number),
                    **Nuclei(StackPicture(share_of(masks[fold], count), Stack(masks[fold], "", "nhwc"), number), CLASSES).columns(),
                },
                {"tissue": tissues[number] if tissues else None},
                split=fold,
            )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(IMAGES, MASKS),
        configs=(
            Config(
                columns={
                    "instances": PICTURE,
                    "mask_overlap": FLAG,
                    **{f"instances_{name}": PICTURE for name in CLASSES},
                    "tissue": TEXT,
                }
            ),
        ),
        not_used=((r"[^/]+\.(?:md|txt)", "the owner's terms and text about the data"),),
    ),
    cases,
    signature=(IMAGES, MASKS),
    image_mode="RGB",
)
