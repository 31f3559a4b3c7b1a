"""ELCAP Public Lung Image Database (VIA / I-ELCAP): low-dose chest CT without masks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, SurveyPlan, source_of, volume_configs
from hf_medseg.dataset.columns import INT32, TEXT
from hf_medseg.formats import dicom_header, dicom_series
from hf_medseg.formats.dicom import DicomSeries
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.dicom_damaged import damaged_cases

SCAN = re.compile(r"(?:\A|/)(W\d{4})/")


def cases(raw: Raw) -> Iterator[Case]:
    """One case a series, called after its scan; by its SeriesInstanceUID where a scan has several."""
    yield from damaged_cases(raw)
    images = dicom_series.images(raw)
    scans = {uid: _scan(series.instances[0].origin) for uid, series in images.items()}
    count = Counter(scans.values())
    for uid, series in images.items():
        scan = scans[uid]
        yield Case(
            scan if scan and count[scan] == 1 else uid,
            {"image": DicomSeries(series.files), "mask": None},
            patient_id=scan or None,
        )


def _scan(path: str) -> str:
    """The scan's id: the first folder called like `W0001`, else the folder that holds the file."""
    found = SCAN.search(path)
    return found[1] if found else path.rpartition("/")[0].rpartition("/")[2]


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"(?:PCsub\d+-\d{8}|W\d{4}|[^/]*(?i:elcap)[^/]*)/.+",),
        configs=volume_configs({"instance_number": INT32, "order_source": TEXT}, only_slices=("instance_number",)),
        not_used=(
            (r".+\.(?:csv|xlsx?|html?)", "a table of nodules: the owner publishes no format of it"),
            (r".+\.(?:npy|npz|nii|nii\.gz|mhd|raw|nrrd)", "a mask or volume that somebody derived"),
        ),
    ),
    cases,
    signature=(r"PCsub\d+-\d{8}/.+",),
    ids=(r"PCsub\d_\d{8}",),
    survey=SurveyPlan(dicom_series.files, dicom_header.look_unnamed, dicom_header.HEAD),
)
