"""What a column holds, in words: names mean the same in every source."""

from __future__ import annotations

import re

from hf_medseg.dataset.columns import INT8, Column, Label, ListOf, PictureColumn, Record, Value, VolumeColumn

_MEANINGS = {
    "image": "the picture",
    "mask": "label map on the grid of `image`; null where the source has no annotation for it",
    "image_id": "unique and stable, from the raw file name",
    "patient_id": "groups the images of one person, slide or animal; null where nothing is known",
    "classes": "class indices that occur in `mask`, ascending; empty without a mask",
    "width": "of the decoded image, pixels",
    "height": "of the decoded image, pixels",
    "depth": "slices of the volume",
    "source_file": "where the image comes from: path inside the raw download",
    "source_sha256": "SHA-256 of that file as published",
    "files": "every file that the row is made from",
    "exif_orientation": "orientation tag that the file carried; the stored grid is not turned",
    "fov_mask": "field of view: 1 inside, 0 outside",
    "mask_native": "the mask on the grid that it was published on",
    "masks": "further label maps, one for each of `mask_names`",
    "mask_names": "what the label maps of `masks` are",
    "mask_overlap": "whether single structures claim the same pixel; `mask` shows the higher class index there",
    "mask_origin": "how the mask was made",
    "label": "what the whole image shows",
    "labels": "what the whole image shows",
    "diagnosis": "as the owner states it",
    "sex": "of the person",
    "laterality": "side of the body",
    "view": "projection of the radiograph or slice",
    "annotated_classes": "what this row was searched for; other structures may be there unmarked",
    "instances": "objects told apart: 0 none, k the k-th",
    "boxes": "pixels of `image`, origin top left",
    "age": "years",
    "modality": "DICOM code",
    "fold": "of the published cross-validation",
    "is_retest": "whether the image repeats another one of the same person",
    "volume_id": "the volume that the slice belongs to",
    "slice_index": "0 .. num_slices - 1, ascending as `orientation` says",
    "num_slices": "slices of the volume",
    "pixel_spacing": "(row, column) in mm",
    "slice_thickness": "from the header, mm; null where it says nothing",
    "slice_spacing": "measured between slice positions, mm",
    "plane": "axial, coronal or sagittal",
    "orientation": "where column, row and slice index increase to, such as LPS",
    "image_position": "LPS position of the first pixel, mm",
    "image_orientation": "LPS directions of a row and of a column",
    "rescale_slope": "physical value = stored * `rescale_slope` + `rescale_intercept`",
    "rescale_intercept": "see `rescale_slope`",
    "source": "the dataset that the row comes from",
    "source_edition": "its edition; empty where it has only one",
    "source_config": "its config",
    "source_split": "the split that the row is in there",
    "source_id": "`image_id` of the row there",
    "source_volume": "`volume_id` of the row there",
    "source_slice": "`slice_index` of the row there",
    "source_license": "its license",
    "source_tier": "what that lets one do",
    "split_group": "rows that must stay together: of one patient, or of the same picture in several sources",
    "original_size": "(width, height) before anything was done, pixels; of volumes (width, height, slices)",
    "crop": "(left, top, width, height) that was cut out, pixels of the original; of volumes (left, top, first, width, height, slices)",
    "scaled": "(width, height) that this was brought to; of volumes (width, height, slices)",
    "pad": "(left, top, right, bottom) pixels that were put around it; of volumes (left, top, before, right, bottom, after)",
    "split_fold": "of the cross-validation that the recipe asks for; null in official splits",
    "sampling_weight": "to draw rows by",
    "within_cap": "whether the row is among those that the recipe's cap lets through",
}


def type_text(column: Column) -> str:
    """A column's type in words."""
    match column:
        case Value(dtype):
            return dtype
        case Label(names):
            few = ", ".join(names[:12]) + (f", ... ({len(names)} names)" if len(names) > 12 else "")
            return f"ClassLabel: {few}"
        case PictureColumn():
            return "Image"
        case VolumeColumn():
            return "Nifti"
        case ListOf(item):
            return f"list of {type_text(item)}"
        case Record(fields):
            return "{" + ", ".join(f"{name}: {type_text(field)}" for name, field in fields.items()) + "}"


def column_meaning(name: str, kind: Column) -> str:
    """What a column holds, as far as its name tells; names mean the same in every source."""
    if name in _MEANINGS:
        return _MEANINGS[name]
    picture = isinstance(kind, (PictureColumn, VolumeColumn))
    if picture and re.fullmatch(r"mask_\d+", name):
        return f"label map of annotator {name[5:]}"
    if picture and name.startswith("mask_"):
        return f"{name[5:].replace('_', ' ')} alone: 1 inside, 0 outside"
    if picture and name.startswith("image_"):
        return f"the sequence {name[6:]} on the grid of `image`"
    if match := re.fullmatch(r"rescale_(?:slope|intercept)_(\w+)", name):
        return f"the same for `image_{match[1]}`"
    if re.fullmatch(r"fold_\w+", name):
        return _MEANINGS["fold"]
    if name.endswith("_code"):
        return "code without a published code book"
    return "1 yes, 0 no, -1 uncertain, null not mentioned" if kind == INT8 else ""
