"""Which image series a SEG or RTSTRUCT was drawn on: the one that it, or each frame, names; else the one on which alone it lies.

What names a series that is not there is never given to another one: it was drawn on other pixels.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from hf_medseg.formats.dicom_geometry import normal_of
from hf_medseg.formats.dicom_header import CONTOURS, Header
from hf_medseg.formats.dicom_series import Instance, Series
from hf_medseg.formats.volume import TOLERANCE

# How far frames and contours may lie from a slice, in slice distances, and from a pixel, in pixels.
_NEAR_FRAME, _NEAR_CONTOUR = 0.05, 0.25


class Matcher:
    """The image series of a raw tree, and which objects were drawn on them."""

    def __init__(self, images: Mapping[str, Series]) -> None:
        self._images = images
        self._owners = {one.header.sop_uid: uid for uid, series in images.items() for one in series.instances}

    def series_of(self, drawn: Instance) -> list[str]:
        """The SeriesInstanceUID of the images that an object was drawn on; none where it cannot be told which are meant.

        There are several only where its single frames or contours name images of each.
        """
        header = drawn.header
        named = sorted({uid if uid in self._images else self._owners.get(uid, "") for uid in header.refers_to} - {""})
        if len(named) == 1:
            return named
        if header.refers_to and not named:
            return []
        if own := sorted({self._owners.get(uid, "") for uid in header.frames_of} & {*named}):
            return [uid for uid in own if lies_on(header, self._images[uid])] or own
        possible = named or self._near(header)
        fits = {uid: lies_on(header, self._images[uid]) for uid in possible}
        found = [uid for uid, fit in fits.items() if fit]
        if not found and len(possible) == 1 and header.frame_uid:
            found = [uid for uid, fit in fits.items() if fit is None]  # nothing speaks against it; its pixels are checked when it is read
        return found if len(found) == 1 else []

    def _near(self, header: Header) -> list[str]:
        """The series of one frame of reference; of an object that names none, those of its study."""
        if header.frame_uid:
            return [uid for uid, series in self._images.items() if series.header.frame_uid == header.frame_uid]
        return [uid for uid, series in self._images.items() if header.study_uid and series.header.study_uid == header.study_uid]

    def may_be_of(self, drawn: Instance) -> list[str]:
        """Series that an object without a match may have been drawn on: of its frame of reference, else its study, else its patient."""
        mine = drawn.header
        for key in ("frame_uid", "study_uid", "patient_id"):
            own = getattr(mine, key)
            if own and (found := [uid for uid, series in self._images.items() if getattr(series.header, key) == own]):
                return found
        return []


def lies_on(drawn: Header, series: Series) -> bool | None:
    """Whether the frames of a SEG, or the contours of an RTSTRUCT, lie on the pixels of a series; None where headers do not tell."""
    headers = [one.header for one in series.instances]
    first = headers[0]
    positions = [header.position for header in headers if header.position]
    if not drawn.places or len(positions) < len(headers) or not first.orientation or not first.spacing or first.frames > 1:
        return None
    contours = drawn.sop_class in CONTOURS
    if not contours and not _same_pixels(drawn, first):
        return False
    across, down, normal = np.array(first.orientation[:3]), np.array(first.orientation[3:]), normal_of(first.orientation)
    grid, places = np.array(positions, float), np.array(drawn.places, float)
    heights = np.sort(grid @ normal)
    step = float(np.median(np.diff(heights))) if len(heights) > 1 else first.slice_thickness or 1.0
    own = places @ normal
    away = np.abs(heights[np.newaxis] - own[:, np.newaxis]).min(axis=1)
    on_slice = away <= (_NEAR_CONTOUR if contours else _NEAR_FRAME) * max(step, TOLERANCE)
    offset = places - grid[0]
    pixel = np.stack([offset @ across / first.spacing[1], offset @ down / first.spacing[0]], axis=1)
    size = np.array([first.columns or 0, first.rows or 0])
    inside = np.all((pixel > -0.5 - _NEAR_FRAME) & (pixel < size - 0.5 + _NEAR_FRAME), axis=1)
    if not contours:
        return bool(np.all(on_slice & inside & (np.abs(pixel - np.rint(pixel)).max(axis=1) <= _NEAR_FRAME)))
    between = ~on_slice & (own > heights[0]) & (own < heights[-1])
    return not bool(between.any()) and 2 * int(np.count_nonzero(on_slice & inside)) >= len(places)


def _same_pixels(drawn: Header, image: Header) -> bool:
    """Whether the pixels of a SEG have the directions and the size of an image's."""
    if not drawn.orientation or not drawn.spacing or not image.orientation or not image.spacing:
        return False
    pairs = ((drawn.orientation[:3], image.orientation[:3]), (drawn.orientation[3:], image.orientation[3:]))
    along = all(abs(abs(float(np.dot(mine, other))) - 1) <= TOLERANCE for mine, other in pairs)
    return along and bool(np.allclose(drawn.spacing, image.spacing, rtol=TOLERANCE, atol=0))
