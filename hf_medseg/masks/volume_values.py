"""Which values a label map in a volume file holds, where nobody says what they mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from hf_medseg.formats.volume_file import all_voxels, samples_elsewhere
from hf_medseg.masks.agreement import EMPTY, NAME_GROUND, NO_GROUND, VOID, refuse_apart, refuse_one_class_in_several

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
    if strange := values[~np.isfinite(values)].size and int(np.count_nonzero(~np.isfinite(voxels.array))):
        there = "1 voxel" if strange == 1 else f"{strange:,} voxels"
        return f"{path}: NaN or infinity in {there}, which is no label. Save it with a whole number there, such as 0 where nothing is."
    if (values != (whole := np.rint(values))).any():
        if np.allclose(values, whole, rtol=0, atol=1e-3):
            odd = values[values != whole][0]
            return f"{path}: mask values that are nearly whole numbers, such as {odd:.10g}. Save it with whole numbers, rounded."
        span = f"from {values.min():g} to {values.max():g}"
        return f"{path}: mask values that are no whole numbers, {span}, as in a map of probabilities. {_ABOVE}"
    if values.min() < 0 or values.max() > 65535:
        return f"{path}: mask values from {values.min():g} to {values.max():g}; 0 to 65535 are read. {_SAY}"
    return tuple(int(value) for value in np.rint(values[: MOST + 2]))


def refuse_unlike(seen: Mapping[str, Mapping[str, tuple[int, ...]]]) -> None:
    """Refuses label maps that look as if one class had been saved in several ways.

    Args:
        seen: by split and file, the values of each.

    Raises:
        Refused: each holds one value besides 0 and not the same, or no two splits have a value in common.
    """
    marked = [some for files in seen.values() for values in files.values() if (some := set(values) - {0})]
    refuse_one_class_in_several(marked)
    refuse_apart({split: set().union(*map(set, files.values())) - {0} for split, files in seen.items()})


def notes_of(seen: Mapping[str, tuple[int, ...]]) -> Iterator[str]:
    """What to say of the values of label maps of which nobody said what they are, by file."""
    kinds = sorted({value for values in seen.values() for value in values} - {0})
    if seen and not kinds:
        yield f"{EMPTY}: 0 everywhere"
    elif seen and not any(0 in values for values in seen.values()):
        yield f"{NO_GROUND}. {NAME_GROUND}"
    if len(kinds) > 1 and kinds[-1] == VOID and kinds[-2] < VOID - 1:
        named = ", ".join(f'{value} = "class_{value}"' for value in kinds[:-1])
        files = sum(VOID in values for values in seen.values())
        yield (
            f"the value 255, in {files:,} {'mask' if files == 1 else 'masks'}, became a class; if it means that nobody looked or decided "
            f'there, say in the about file: classes = {{ {named}, 255 = "not annotated" }}'
        )
