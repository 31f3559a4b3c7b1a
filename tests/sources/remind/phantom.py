"""ReMIND: a SEG for each structure, so several for one MRI; one lies in another plane than its MRI."""

from __future__ import annotations

from pathlib import Path

from pydicom import dcmread
from pydicom.uid import UID

from tests.support.collection import LAYOUTS, Made, Volume
from tests.support.dicom import uid
from tests.support.kit import Phantom

TIERS = {"": "open"}

VARIANTS = {
    **{name: LAYOUTS[name] for name in ("clean", "idc")},
    "other_plane": "a second SEG lies on other pixels than the MRI that it names",
}

CLASSES = ("cerebrum", "ventricles", "previous_resection_cavity", "tumor", "tumor_target", "residual_tumor")
MADE = Made(("ReMIND", "remind"), CLASSES, "SEG", modality="MR", description="tumor seg - MR ref: 3D_AX_T1_postcontrast")


def make(folder: Path, variant: str = "clean") -> Phantom:
    """Writes the tree and says what must come out."""
    words = {"cerebrum": "cerebrum", "ventricles": "ventricles", "tumor": "tumor", "previous_resection_cavity": "previous_resection_cavity"}
    volumes = [
        Volume("ReMIND-001", words, series="preoperative"),
        Volume("ReMIND-001", {"tumor_residual": "residual_tumor", "tumor_target": "tumor_target"}, series="intraoperative"),
        Volume("ReMIND-002", {}),
    ]
    promise = MADE.phantom(folder, variant, volumes)
    if variant == "other_plane":
        series = promise.rows[0].columns["volume_id"]
        turned = next(
            path for path in promise.raw.rglob("*SEG*/*.dcm") if dcmread(path).ReferencedSeriesSequence[0].SeriesInstanceUID == series
        )
        second = dcmread(turned)
        second.SOPInstanceUID = second.file_meta.MediaStorageSOPInstanceUID = UID(uid("other plane"))
        second.SeriesInstanceUID = UID(uid("series of the other plane"))
        plane = second.SharedFunctionalGroupsSequence[0].PlaneOrientationSequence[0]
        plane.ImageOrientationPatient = [0.0, 1.0, 0.0, 0.0, 0.0, -1.0]
        second.save_as(turned.with_name("turned.dcm"), enforce_file_format=True)
        promise.rejected = [second.SOPInstanceUID]
    return promise
