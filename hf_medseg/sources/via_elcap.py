"""ELCAP Public Lung Image Database (VIA / I-ELCAP): low-dose chest CT without masks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import INT32, TEXT
from hf_medseg.facts import Access, Download, Edition, Published, Source, SurveyPlan, volume_configs
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels import dicom_headers
from hf_medseg.pixels.dicom import DicomSeries
from hf_medseg.pixels.dicom_damaged import damaged_cases
from hf_medseg.raw.tree import Raw

SCAN = re.compile(r"(?:\A|/)(W\d{4})/")


def cases(raw: Raw) -> Iterator[Case]:
    """One case a series, called after its scan; by its SeriesInstanceUID where a scan has several."""
    yield from damaged_cases(raw)
    images = dicom_headers.images(raw)
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


PAGE = "http://www.via.cornell.edu/lungdb.html"

SOURCE = Source(
    id="via-elcap",
    title="ELCAP Public Lung Image Database (VIA / I-ELCAP)",
    homepage=PAGE,
    modality=("low-dose chest CT",),
    anatomy=("lung",),
    task="nodule detection (points); no masks",
    summary="50 low-dose chest CT scans taken in one breath hold, 1.25 mm slices; the owner gives nodules as points in a table of its own.",
    access=Access(
        "terms",
        (
            f"Fill in the form at {PAGE} (now at https://veet.via.cornell.edu/lungdb.html); each subset has a key of its own.",
            "Download PCsub1-20090909.zip and the further subsets; they are read in place.",
        ),
        (Download(PAGE, client="manual", name="PCsub1-20090909.zip"),),
    ),
    layout=(
        "PCsub1-20090909/<scan>/ with DICOM slices, with or without the extension .dcm\n"
        "A scan is called after the first folder like W0001 above it, else after the folder that holds it. Where you unpacked the archives "
        "into folders of your own, keep elcap in the name of one of them."
    ),
    splits="No official split: one split `train`. One scan is taken for one patient.",
    quirks=(
        "There are no masks: the owner gives centres of nodules. A nodule mask of this set in somebody's copy is derived.",
        "The table of nodules is not read. Whether its x and y count from 0 or 1, and from which end its slices count, is not known: look at "
        "both before use. `slice_index` ascends from the lowest slice, `instance_number` is the file's own.",
        "Slices without a position are in the order of SliceLocation, else of InstanceNumber; `order_source` says which.",
        "Where a folder holds several series, `volume_id` is the SeriesInstanceUID.",
        "DICOM objects without pixels (DICOMDIR, reports) are left out.",
        "Not to be confused with LIDC-IDRI, some scans of which come from Cornell: the page's lists of LIDC nodules belong there.",
        "Access keys that appear in other people's notes must not be used or passed on.",
    ),
    editions=(
        Edition(
            license=License(
                "unknown",
                "none found; access sits behind a form",
                PAGE,
                "unknown",
                (Evidence("no license and no terms were found; the form's conditions were not seen", PAGE, "unknown"),),
            ),
            citations=(
                r"""@misc{elcap2003,
  title        = {{ELCAP} Public Lung Image Database},
  author       = {{Vision and Image Analysis Group (VIA), Cornell University and International Early Lung Cancer Action Program (I-ELCAP)}},
  year         = {2003},
  howpublished = {http://www.via.cornell.edu/lungdb.html}
}""",
            ),
            landmarks=(r"(?:PCsub\d+-\d{8}|W\d{4}|[^/]*(?i:elcap)[^/]*)/.+",),
            configs=volume_configs({"instance_number": INT32, "order_source": TEXT}, only_slices=("instance_number",)),
            not_used=(
                (r".+\.(?:csv|xlsx?|html?)", "a table of nodules: the owner publishes no format of it"),
                (r".+\.(?:npy|npz|nii|nii\.gz|mhd|raw|nrrd)", "a mask or volume that somebody derived"),
            ),
            published=Published(note="50 scans, about 260 slices each"),
        ),
    ),
    signature=(r"PCsub\d+-\d{8}/.+",),
    survey=SurveyPlan(dicom_headers.files, dicom_headers.look, dicom_headers.HEAD),
    cases=cases,
    aliases=("elcap",),
)
