"""Which values a label map in a volume file holds, where nobody says what they mean."""

from __future__ import annotations

import numpy as np

from hf_medseg.formats.volume_file import all_voxels, samples_elsewhere

MOST = 254
"""Classes of a label map."""
_SAY = 'Say in the about file what the values are: classes = { 1 = "liver" }.'
_ABOVE = "Say in the about file what is foreground: threshold = 0.5"


def look_at_volume(data: bytes, path: str) -> tuple[int, ...] | str:
    """The values of a label map, ascending; or, in words, why they cannot be told. For `SurveyPlan.look`.

    Raises:
        Rejected: the file is damaged.
    """
    if samples_elsewhere(data, path):
        return f"{path}: its samples lie in other files. {_SAY}"
    voxels = all_voxels(data, path)
    values = np.unique(voxels.array).astype(np.float64) * voxels.slope + voxels.intercept
    if not np.isfinite(values).all() or not np.allclose(values, np.rint(values), rtol=0, atol=1e-4):
        span = f"from {values.min():g} to {values.max():g}"
        return f"{path}: mask values that are no whole numbers, {span}, as in a map of probabilities. {_ABOVE}"
    if values.min() < 0 or values.max() > 65535:
        return f"{path}: mask values from {values.min():g} to {values.max():g}; 0 to 65535 are read. {_SAY}"
    return tuple(int(value) for value in np.rint(values[: MOST + 2]))
