"""Pictures that are transparent somewhere: their colours and their alpha apart, for masks that may hold their labels in either."""

from __future__ import annotations

import io
import warnings
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from hf_medseg.formats import png, tiff

Array = NDArray[Any]


def apart(data: bytes) -> tuple[Array, Array] | None:
    """The colours and the alpha of a picture that can say what is transparent.

    Args:
        data: the file's bytes.

    Returns:
        (height, width) or (height, width, 3) colours and (height, width) alpha, uint8, 255 where nothing shines through; None where the
        picture has no alpha, or one that Pillow does not read exactly.
    """
    if data.startswith(png.SIGNATURE) and data[25:26] not in (b"\4", b"\6") and data.find(b"tRNS", 0, data.find(b"IDAT")) < 0:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Pillow warns of odd metadata, which is dropped anyway
        try:
            with Image.open(io.BytesIO(data), formats=("PNG", "TIFF", "WEBP", "GIF")) as picture:
                if not _is_exact(picture, data):
                    return None
                mode = picture.mode
                if mode not in ("LA", "RGBA") and not ("transparency" in picture.info and mode in ("1", "L", "P", "RGB")):
                    return None
                pixels = np.asarray(picture.convert("LA" if mode in ("1", "L", "LA") else "RGBA"))
        except Exception:  # whatever a decoder raises: what is wrong with the file is told where it is decoded
            return None
    return pixels[..., 0] if pixels.shape[2] == 2 else pixels[..., :3], pixels[..., -1]


def _is_exact(picture: Image.Image, data: bytes) -> bool:
    """Whether Pillow reads all of a picture as it is stored."""
    if picture.format == "TIFF" and not tiff.is_plain(getattr(picture, "tag_v2", {}), data.startswith(b"II")):
        return False
    return getattr(picture, "n_frames", 1) == 1 and not (picture.format == "PNG" and data[24:25] == b"\x10")
