"""Arrays of pictures and masks: .npz called after splits, HDF5, MATLAB's reversed axes, .npy, a file a picture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.support.kit import Array, Phantom, Row, colour, disc, grey, write

VARIANTS: dict[str, str] = {
    "clean": "an .npz with train_images and train_label and further splits; about file with a license",
    "packed": "the same, packed, of colours",
    "hdf5": "images, masks and ids in HDF5, axes and classes from the about file",
    "matlab": "MATLAB v7.3: axes reversed",
    "npy": "train/images.npy and train/masks.npy, columns first in one; signed 16-bit pictures",
    "single": "a file a picture, image and label",
    "fractions": "masks of fractions with a threshold",
    "old_matlab": "MATLAB v5: a structure with pictures last",
    "zarr2": "a zarr store of version 2 in a folder",
    "zarr3": "one of version 3, sharded, in a zip",
    "groups": "HDF5 with a group for pictures and one for masks, an array for each case, in splits",
    "cases": "HDF5 with a group for each case; colours as wide floats",
    "exclusive": "masks with a channel for each class and one of the background, last",
    "overlapping": "masks with channels first, which overlap",
    "background": "one mask whose background channel is set beside another one",
    "undeclared": "one mask holds a value that the about file does not name",
    "no_axes": "nobody says the axes: refused with the line",
    "uneven": "more pictures than masks: refused",
    "objects": "an .npy of Python objects: refused",
}

_LICENSE = 'title = "Stacks"\nlicense = "cc-by-4.0"\nlicense_url = "https://creativecommons.org/licenses/by/4.0/"\n'
_H, _W = 14, 18


def _stack(name: str, count: int, colours: bool = False) -> tuple[Array, Array]:
    """(pictures, masks of 0, 1 and 2); the last mask is empty."""
    images = np.stack([(colour if colours else grey)(f"stack {name} {k}", _H, _W) for k in range(count)])
    masks = np.stack([disc(_H, _W, 7, 8, 5) + disc(_H, _W, 6, 6 + k, 2).astype(np.uint8) for k in range(count)]).astype(np.uint8)
    masks[-1] = 0
    return images, masks


def _rows(phantom: Phantom, images: Array, labels: Array, ids: list[str], path: str, split: str = "train", **columns: Any) -> None:
    for image, mask, image_id in zip(images, labels, ids, strict=True):
        phantom.rows.append(Row(image_id, image, mask, path, split, columns=columns))


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    phantom = Phantom(folder / "my_stacks", [])
    raw, about = phantom.raw, ""
    raw.mkdir(parents=True)
    if variant in ("clean", "packed"):
        arrays: dict[str, Array] = {}
        for word, split, count in (("train", "train", 3), ("val", "validation", 2), ("test", "test", 2)):
            images, masks = _stack(word, count, colours=variant == "packed")
            arrays |= {f"{word}_images": images, f"{word}_label": masks}
            _rows(phantom, images, masks, [f"sets_{word}_{k:04}" for k in range(count)], "sets.npz", split, rescale_slope=1.0)
        (np.savez if variant == "clean" else np.savez_compressed)(raw / "sets.npz", **arrays)  # type: ignore[arg-type]
    elif variant in ("hdf5", "matlab", "no_axes", "uneven", "undeclared", "fractions"):
        about = _hdf5(phantom, variant)
    elif variant in ("old_matlab", "zarr2", "zarr3"):
        about = _stored(phantom, variant)
    elif variant in ("groups", "cases"):
        about = _groups(phantom, variant)
    elif variant in ("exclusive", "overlapping", "background"):
        about = _channels(phantom, variant)
    elif variant in ("npy", "objects"):
        images, masks = _stack("npy", 3)
        signed = images.astype(np.int16) - 100
        (raw / "train").mkdir()
        np.save(raw / "train/images.npy", np.asfortranarray(signed))
        np.save(raw / "train/masks.npy", masks if variant == "npy" else np.array([None, {}], dtype=object), allow_pickle=True)
        about = 'axes = "nhw"\n'
        stored = (signed.astype(np.int32) + 32768).astype(np.uint16)
        _rows(phantom, stored, masks, [f"train_images_{k:04}" for k in range(3)], "train/images.npy", rescale_intercept=-32768.0)
    else:
        images, masks = _stack("single", 2)
        for k in range(2):
            np.savez_compressed(raw / f"case_{k}.npz", image=images[k] / np.float32(4), label=masks[k].astype(np.float64))
            _rows(phantom, images[k : k + 1] / np.float32(4), masks[k : k + 1], [f"case_{k}"], f"case_{k}.npz")
    phantom.about = write(folder / "about.toml", _LICENSE + about)
    if variant in ("no_axes", "uneven", "objects"):
        phantom.rows, phantom.refused = [], True
    return phantom


def _hdf5(phantom: Phantom, variant: str) -> str:
    import h5py

    images, masks = _stack(variant, 3)
    stored: Array = masks
    name = "scans.mat" if variant == "matlab" else "scans.h5"
    ids = [f"p{k}" for k in range(3)]
    about = 'axes = "nhw"\nids = "set/ids"\nimage = "set/images"\nmask = "set/masks"\n'
    if variant == "matlab":
        about = about.replace("nhw", "nwh")
    elif variant == "no_axes":
        about = ""
    elif variant == "uneven":
        stored = masks[:2]
    elif variant == "undeclared":
        stored = masks.copy()
        stored[1, 0, 0] = 7
        phantom.rejected = [name]
    elif variant == "fractions":
        stored = masks / np.float32(2)
        masks = (masks > 1).astype(np.uint8)
        about += "threshold = 0.5\n"
    with h5py.File(phantom.raw / name, "w") as book:
        turn = (0, 2, 1) if variant == "matlab" else (0, 1, 2)
        book.create_dataset(
            "set/images" if variant != "no_axes" else "images", data=images.transpose(turn), chunks=True, compression="gzip"
        )
        book.create_dataset("set/masks" if variant != "no_axes" else "masks", data=stored.transpose(turn))
        book.create_dataset("set/ids", data=np.array([one.encode() for one in ids]))
    _rows(phantom, images, masks, ids, name)
    if variant == "undeclared":
        del phantom.rows[1]
    return about + ('classes = { 1 = "cell", 2 = "nucleus" }\n' if variant in ("hdf5", "undeclared") else "")


def _stored(phantom: Phantom, variant: str) -> str:
    images, masks = _stack(variant, 3)
    if variant == "old_matlab":
        from scipy.io import savemat

        arrays = {"images": images.transpose(1, 2, 0), "masks": masks.transpose(1, 2, 0), "note": np.array(["x", "y"], object)}
        savemat(phantom.raw / "scans.mat", {"set": arrays}, do_compression=True)
        _rows(phantom, images, masks, [f"scans_{k:04}" for k in range(3)], "scans.mat")
        return 'image = "set/images"\nmask = "set/masks"\naxes = "hwn"\n'
    import zarr
    from zarr.storage import LocalStore, ZipStore

    two = variant == "zarr2"
    store: Any = LocalStore(phantom.raw / "scans.zarr") if two else ZipStore(phantom.raw / "scans.zip", mode="w")
    group = zarr.create_group(store, zarr_format=2 if two else 3)
    for name, array in (("images", images), ("masks", masks)):
        shards = None if two else (3, 14, 18)
        group.create_array(name, data=array, chunks=(1, 7, 18), shards=shards)
    store.close()
    name = "scans.zarr" if two else "scans.zip"
    _rows(phantom, images, masks, [f"scans_{k:04}" for k in range(3)], name)
    return 'axes = "nhw"\n'


def _groups(phantom: Phantom, variant: str) -> str:
    import h5py

    with h5py.File(phantom.raw / "all.h5", "w") as book:
        for k, split in enumerate(("train", "train", "test")):
            images, masks = _stack(f"{variant} {k}", 2, colours=variant == "cases")
            images, masks = images[:1], masks[:1]
            if variant == "groups":
                book[f"{split}/images/p{k}"], book[f"{split}/masks/p{k}"] = images[0], masks[0]
                _rows(phantom, images, masks, [f"all_{split}_p{k}"], "all.h5", split)
            else:
                book[f"p{k}/image"], book[f"p{k}/label"] = images[0].astype(np.float64), masks[0]
                _rows(phantom, images, masks, [f"all_p{k}"], "all.h5")
    return ""


def _channels(phantom: Phantom, variant: str) -> str:
    images, masks = _stack(variant, 3)
    cells, nuclei = masks > 0, masks == 2
    if variant == "overlapping":
        np.savez(phantom.raw / "sets.npz", images=images, masks=np.stack([cells, nuclei], 1))
        about = 'axes = "nhw"\nclasses = { 0 = "cell", 1 = "nucleus" }\n'
    else:
        channels = np.stack([masks == 1, nuclei, masks == 0], 3).astype(np.float32)
        if variant == "background":
            channels[1, 0, 0, 1] = 1
            phantom.rejected = ["sets.npz"]
        np.savez(phantom.raw / "sets.npz", images=images, masks=channels)
        about = 'axes = "nhw"\nclasses = { 0 = "cell", 1 = "nucleus", 2 = "background" }\n'
    for k in range(3):
        columns: dict[str, Any] = {}
        if variant == "overlapping":
            both = [cells[k].astype(np.uint8), nuclei[k].astype(np.uint8)]
            columns = {"masks": both, "mask_names": ["cell", "nucleus"], "mask_overlap": bool(nuclei[k].any())}
        _rows(phantom, images[k : k + 1], masks[k : k + 1], [f"sets_{k:04}"], "sets.npz", **columns)
    if variant == "background":
        del phantom.rows[1]
    return about
