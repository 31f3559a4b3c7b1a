"""From rows to batches: what training needs and no framework has.

Every function takes and gives NumPy arrays, so that PyTorch, TensorFlow and JAX start from the same numbers; docs/training.md shows each.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from hf_medseg.errors import Refused
from hf_medseg.formats.physical import physical, scale_of, stored

__all__ = ["Sample", "arrays", "class_weights", "collate", "piece", "split_by_patient", "window"]

IGNORE = 255
"""In masks: nobody looked here, or there is no picture here. No loss and no score counts it."""

# What keeps rows together, the strongest first.
_GROUPS = ("patient_id", "volume_id", "image_id")
_FULL = {np.dtype(np.uint8): 255, np.dtype(np.uint16): 65535}

DatasetT = TypeVar("DatasetT")


class Sample(NamedTuple):
    """One image with its mask.

    Attributes:
        image: float32, (height, width), (height, width, 3) for colours, (slices, height, width) for volumes.
        mask: uint8, the image's size without colours: 0 background, 1..254 classes, 255 not annotated; None where nobody annotated it.
    """

    image: NDArray[np.float32]
    mask: NDArray[np.uint8] | None


def arrays(row: Mapping[str, Any], image: str = "image", mask: str = "mask") -> Sample:
    """Image and mask of a row as arrays.

    Where the row states a scale (`rescale_slope`, `rescale_intercept`: CT, MR), the image has physical values: Hounsfield units for CT.
    Elsewhere integers become 0..1 of what their type holds (8 bits: / 255, 16 bits: / 65535), and floats stay as they are.

    Args:
        row: a row of a picture or of a volume as `datasets` gives it, decoded or not (`decode(False)`), or with NumPy arrays; not with
            tensors.
        image: which image column, such as `image_t1`.
        mask: which mask column, such as `mask_2` for a second annotator.

    Raises:
        Refused: the columns hold something else, or image and mask differ in size.
    """
    for name in (image, mask):
        if name not in row:
            raise Refused(f"The row has no column {name!r}; it has {', '.join(row)}.")
    if row[image] is None:
        raise Refused(f"{image} of the row {row.get('image_id', '')!r} is null: this image was not taken.")
    samples = _samples(row[image], image)
    if any(part is not None for part in scale_of(row, image)):
        values = physical({**row, image: samples}, image)
    elif samples.dtype.kind == "f":
        values = samples
    elif samples.dtype in _FULL:
        values = samples / _FULL[samples.dtype]
    else:
        raise Refused(f"{image} holds {samples.dtype}, and the row says no scale; pictures of 8 or 16 bits or floats expected.")
    found = None if row[mask] is None else _label_map(_samples(row[mask], mask), mask)
    if found is not None and found.shape not in (values.shape, values.shape[:-1]):
        raise Refused(f"{mask} is of another size ({_size(found.shape)}) than {image} ({_size(values.shape)}).")
    return Sample(values.astype(np.float32), found)


def window(row: Mapping[str, Any], centre: float, width: float, image: str = "image") -> NDArray[np.float32]:
    """A window of physical values as 0..1: everything below is 0, everything above is 1 (LINEAR_EXACT, DICOM PS3.3 C.11.2.1.3).

    Args:
        row: see `arrays`.
        centre: the middle, in physical units: 40 for soft tissue in CT.
        width: from black to white, in physical units: 400 for soft tissue in CT.
        image: which image column.

    Returns:
        float32 of the image's shape.

    Raises:
        Refused: the width is not above 0.
    """
    if not width > 0:
        raise Refused(f"A window is wider than 0; {width} was given.")
    values = physical({**row, image: _samples(row[image], image)}, image)
    return np.clip((values - centre) / width + 0.5, 0, 1).astype(np.float32)


def piece(sample: Mapping[str, Any] | tuple[NDArray[Any], NDArray[Any] | None], size: int, chance: np.random.Generator) -> Sample:
    """The same piece of image and mask, from a place that chance gives: what keeps steps of training short where pictures are large.

    Args:
        sample: image and mask as `arrays` gives them, or a row, which goes through `arrays`.
        size: pixels along every axis (of volumes slices too); where there are fewer, all of them.
        chance: draws the place; begun with the same number it draws the same ones.

    Raises:
        Refused: the size is not above 0.
    """
    if size < 1:
        raise Refused(f"A piece has at least one pixel; {size} was given.")
    image, mask = arrays(sample) if isinstance(sample, Mapping) else Sample(*sample)
    axes = _axes(image) if mask is None else mask.ndim
    cut = tuple(slice(start, start + size) for start in (int(chance.integers(max(full - size, 0) + 1)) for full in image.shape[:axes]))
    return Sample(image[cut], None if mask is None else mask[cut])


def collate(
    batch: Iterable[Mapping[str, Any] | tuple[NDArray[Any], NDArray[Any] | None]],
    *,
    unannotated: Literal["refuse", "ignore", "drop"] = "refuse",
    multiple_of: int = 1,
    fill: float = 0.0,
    tensors: Literal["numpy", "torch"] = "numpy",
) -> dict[str, Any]:
    """One batch of samples of any sizes: padded at the end of every axis to the largest.

    Args:
        batch: pairs of image and mask as `arrays` gives them, or rows, which go through `arrays`.
        unannotated: what becomes of a sample whose mask is None: `refuse` raises, `ignore` keeps it with a mask that is 255 everywhere,
            `drop` leaves it out (a batch of nothing else has length 0).
        multiple_of: heights, widths and slices are padded up to a multiple of it; a U-Net that halves four times needs 16.
        fill: what images are padded with; masks are padded with 255.
        tensors: `torch` gives tensors with the channels in front.

    Returns:
        `image`: float32 (batch, height, width, channels), of volumes (batch, slices, height, width, channels); in torch
        (batch, channels, ...). `mask`: (batch, height, width), of volumes (batch, slices, height, width), uint8, in torch int64.
        Grey images among colours are repeated in every colour.

    Raises:
        Refused: nothing to batch, a sample without a mask and no choice made, or samples that no array holds together.
    """
    samples = [arrays(one) if isinstance(one, Mapping) else Sample(*one) for one in batch]
    if not samples:
        raise Refused("There is nothing to batch.")
    images = _with_channels(samples)
    channels = max(image.shape[-1] for image in images)
    if wrong := sorted({image.shape[-1] for image in images} - {1, channels}):
        raise Refused(f"Images of {wrong[0]} and of {channels} channels are in one batch.")
    if unannotated == "refuse" and any(mask is None for _, mask in samples):
        raise Refused(
            'A row without a mask is in the batch: say unannotated="ignore" to keep such rows with 255, or "drop" to leave them out.'
        )
    largest = np.max([image.shape[:-1] for image in images], axis=0)
    shape = tuple(int(size) for size in -(-largest // multiple_of) * multiple_of)
    kept = [(image, mask) for image, (_, mask) in zip(images, samples, strict=True) if mask is not None or unannotated != "drop"]
    made = np.full((len(kept), *shape, channels), fill, np.float32)
    masks = np.full((len(kept), *shape), IGNORE, np.uint8)
    for place, (image, mask) in enumerate(kept):
        here = tuple(slice(size) for size in image.shape[:-1])
        made[place][here] = image
        if mask is not None:
            masks[place][here] = mask
    if tensors == "numpy":
        return {"image": made, "mask": masks}
    import torch

    return {"image": torch.from_numpy(np.ascontiguousarray(np.moveaxis(made, -1, 1))), "mask": torch.from_numpy(masks.astype(np.int64))}


def class_weights(
    report: Mapping[str, Any] | str | os.PathLike[str], split: str = "train", config: str | None = None
) -> NDArray[np.float32]:
    """A weight for every class, by how many pixels it has: all pixels / (classes that occur * pixels of the class).

    Args:
        report: `report.json`, read or where it lies. Pixels that nobody annotated do not count.
        split: the split that is trained on.
        config: which table; needed where there are several.

    Returns:
        float32, one for each class index from 0 (background) on; 0 for a class that does not occur in the split.

    Raises:
        Refused: the report has no such config or split, or there is not one annotated pixel in it.
    """
    found = report if isinstance(report, Mapping) else json.loads(Path(report).read_text(encoding="utf-8"))
    configs = found["configs"]
    if config is None and len(configs) == 1:
        (config,) = configs
    if config not in configs:
        raise Refused(f"Which config? The report has {', '.join(configs)}.")
    splits = configs[config]["splits"]
    if split not in splits:
        raise Refused(f"The report has no split {split!r}; it has {', '.join(splits)}.")
    pixels = np.array([splits[split]["pixels"].get(name, 0) for name in configs[config]["classes"]], np.float64)
    there = pixels > 0
    if not there.any():
        raise Refused(f"No pixel of the split {split!r} is annotated: there is nothing to weigh.")
    weights = np.zeros(len(pixels), np.float32)
    weights[there] = pixels.sum() / (there.sum() * pixels[there])
    return weights


def split_by_patient(dataset: DatasetT, shares: Mapping[str, float] | None = None, *, key: int = 0) -> dict[str, DatasetT]:
    """Parts of a dataset such that no patient is in two of them.

    A patient's part follows from the patient's id alone: rows that are added later move nobody, and every machine and process agrees. So
    shares are met on average only; few patients may leave a part empty.

    Args:
        dataset: a `datasets.Dataset`, or an `IterableDataset` (a part of which reads all rows and keeps its own; with `decode(False)` it
            looks at no picture for that).
        shares: how large each part is, by name; 80 % `train`, 10 % `validation`, 10 % `test` if not given.
        key: another number gives other parts.

    Returns:
        The parts by name. Rows without a `patient_id` stay together by `volume_id`, else by `image_id`.

    Raises:
        Refused: the shares are not all above 0 with the sum 1, or the dataset has no such column.
    """
    given = {"train": 0.8, "validation": 0.1, "test": 0.1} if shares is None else dict(shares)
    if not given or min(given.values()) <= 0 or abs(sum(given.values()) - 1) > 1e-9:
        raise Refused(f"Shares are above 0 and make 1 together; {given} was given.")
    some: Any = dataset
    if isinstance(some, Mapping):
        raise Refused(f"Splits of their own are there already ({', '.join(some)}): give one of them.")
    columns = some.column_names
    keys = [name for name in _GROUPS if columns is None or name in columns]
    if "image_id" not in keys:
        raise Refused("The dataset has no column image_id: nothing tells which rows belong together.")
    if not hasattr(some, "select"):
        return {name: some.filter(partial(_belongs, name, given, key)) for name in given}
    ids = some.with_format(None).select_columns(keys)[:]
    parts = [_part(group, given, key) for group in map(_group, *(ids.get(name, [None] * some.num_rows) for name in _GROUPS))]
    return {name: some.select([place for place, part in enumerate(parts) if part == name]) for name in given}


def _belongs(name: str, shares: Mapping[str, float], key: int, row: Mapping[str, Any]) -> bool:
    """Whether a row is in a part (a function of the module, because workers are sent it)."""
    return _part(_group(*map(row.get, _GROUPS)), shares, key) == name


def _group(patient: str | None, volume: str | None, image: str | None) -> str:
    told = {"patient": patient, "volume": volume, "image": image}
    kind = next((kind for kind in ("patient", "volume") if told[kind] is not None), "image")
    return f"{kind} {told[kind]}"


def _part(group: str, shares: Mapping[str, float], key: int) -> str:
    number = int.from_bytes(hashlib.sha256(f"{key} {group}".encode()).digest()[:8], "big") / 2**64
    until = 0.0
    for name, share in shares.items():
        until += share
        if number < until:
            return name
    return name


def _samples(cell: Any, column: str) -> NDArray[Any]:
    if hasattr(cell, "device") and not isinstance(cell, np.ndarray):
        raise Refused(f"{column} is a tensor, whose axes nothing tells: take the format off with dataset.with_format(None).")
    return stored(cell)


def _label_map(samples: NDArray[Any], column: str) -> NDArray[np.uint8]:
    if samples.dtype != np.uint8 and (samples.min(initial=0) < 0 or samples.max(initial=0) > IGNORE or samples.dtype.kind not in "iub"):
        raise Refused(f"{column} holds {samples.dtype} up to {samples.max()}; a label map with 0 to 255 expected.")
    return samples.astype(np.uint8)


def _with_channels(samples: list[Sample]) -> list[NDArray[np.float32]]:
    """The images with an axis of channels at the end, which masks do not have."""
    axes = {mask.ndim for _, mask in samples if mask is not None}
    axes = axes or {_axes(image) for image, _ in samples}
    images = [image[..., None] if image.ndim in axes else image for image, _ in samples]
    if len(axes) > 1 or {image.ndim - 1 for image in images} != axes:
        raise Refused("Pictures and volumes are in one batch.")
    return images


def _axes(image: NDArray[Any]) -> int:
    """How many axes an image without a mask has beside its channels: no volume is 4 voxels wide."""
    return image.ndim - (image.ndim > 2 and image.shape[-1] <= 4)


def _size(shape: tuple[int, ...]) -> str:
    return " x ".join(map(str, shape))
