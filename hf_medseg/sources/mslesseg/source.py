"""MSLesSeg: lesions of multiple sclerosis in FLAIR, T1 and T2, several scans of a patient."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.dataset.columns import FLOAT64, INT32, PICTURE, Column
from hf_medseg.formats.nifti import NIFTI, NiftiVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union

# T1 is both the first point in time and a sequence; test scans have no point in time.
SCAN = r"(train|test)/(P\d+)/(?:T(\d+)/)?\2(?:_T\d+)?_"

SEQUENCES = {"image": "FLAIR", "image_t1": "T1", "image_t2": "T2"}


def cases(raw: Raw) -> Iterator[Case]:
    """One case a scan."""
    files = {column: raw.find(rf"{SCAN}{word}{NIFTI}") for column, word in {**SEQUENCES, "mask": "MASK"}.items()}
    for key in union(*files.values()):
        split, patient, time = key
        name, folder = (patient, f"{split}/{patient}") if time is None else (f"{patient}_T{time}", f"{split}/{patient}/T{time}")
        images = {column: NiftiVolume(files[column].need(key, f"{folder}/{name}_{word}.nii.gz")) for column, word in SEQUENCES.items()}
        mask = files["mask"].need(key, f"{folder}/{name}_MASK.nii.gz")
        yield Case(
            name,
            {**images, "mask": Values(NiftiVolume(mask), {0: 0, 1: 1})},
            {"time_point": None if time is None else int(time)},
            split,
            patient,
        )


OWN: dict[str, Column] = {
    **dict.fromkeys(("image_t1", "image_t2"), PICTURE),
    **{f"rescale_{what}_{name}": FLOAT64 for name in ("t1", "t2") for what in ("slope", "intercept")},
    "time_point": INT32,
}

SOURCE = source_of(
    __file__,
    Reading(landmarks=(rf"{SCAN}FLAIR{NIFTI}", rf"{SCAN}MASK{NIFTI}"), configs=volume_configs(OWN)),
    cases,
    signature=(r"MSLesSeg[- _]Dataset/(?:train|test)/P\d+/.+", r"train/P\d+/T\d+/P\d+_T\d+_(?:FLAIR|MASK)\.nii(?:\.gz)?"),
    begins=(rf"{SCAN}(?:FLAIR|MASK){NIFTI}",),
)
