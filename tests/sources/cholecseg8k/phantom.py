"""CholecSeg8k: video/clip/frame_<k>_endo.png with three codings of its mask; grey codes in three or four equal channels."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from tests.support.kit import Phantom, Row, as_zip, colour, save

VARIANTS: dict[str, str] = {
    "clean": "two videos: all codings of the masks",
    "zip": "the archive as downloaded",
    "missing_mask": "one frame lacks its mask",
    "hexadecimal": "one mask holds the codes as a wrong table has them: 0x11 for 11",
    "colours": "one mask is coloured",
}

_CODES = (50, 11, 21, 13, 12, 31, 23, 24, 25, 32, 22, 33, 5)
_FRAMES = [("video01", "video01_00080", 80), ("video01", "video01_00080", 81), ("video55", "video55_00508", 508)]


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree below a folder and returns the promise."""
    raw = folder / "cholecseg8k"
    phantom = Phantom(raw=raw, rows=[])
    for place, (video, clip, frame) in enumerate(_FRAMES):
        stem, odd = f"{video}/{clip}/frame_{frame}_endo", place == 1
        image = colour(stem, 30, 42)
        truth = np.repeat(np.arange(13, dtype=np.uint8), 4)[None, :42] * np.ones((30, 1), np.uint8)
        truth = np.roll(truth, 5 * place, axis=1)
        codes = np.array(_CODES, np.uint8)[truth]
        truth[:2], codes[:2] = 255, 255  # the white frame
        truth[-1, :3], codes[-1, :3] = 255, 0  # stray pixels
        if odd and variant == "hexadecimal":
            codes[codes == 11] = 0x11
        channels = [codes, codes, np.roll(codes, 1, axis=1) if odd and variant == "colours" else codes]
        save(raw / f"{stem}.png", image)
        for other in ("mask", "color_mask"):
            save(raw / f"{stem}_{other}.png", colour(other, 30, 42))
            phantom.not_used.append(f"{stem}_{other}.png")
        if not (odd and variant == "missing_mask"):
            save(raw / f"{stem}_watershed_mask.png", np.dstack([*channels, *[np.full_like(codes, 255)] * (place == 2)]))
        if odd and variant in ("missing_mask", "hexadecimal", "colours"):
            phantom.rejected.append(f"{stem}_watershed_mask.png")
            continue
        columns = {"clip": clip, "frame": frame}
        phantom.rows.append(Row(f"{clip}_frame_{frame}", image, truth, f"{stem}.png", patient_id=video, columns=columns))
    if variant == "zip":
        phantom.raw = as_zip(raw, folder / "archive.zip")
    return phantom
