"""LIDC-IDRI: nodules in chest CT, outlined and rated by up to four readers."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import INT32, PICTURE, TEXT, ListOf
from hf_medseg.errors import Refused
from hf_medseg.facts import Access, Download, Edition, Part, Published, Source, SurveyPlan, volume_configs
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels import dicom_headers
from hf_medseg.pixels.dicom import DicomSeries
from hf_medseg.pixels.dicom_damaged import damaged_cases
from hf_medseg.pixels.dicom_headers import HEAD
from hf_medseg.pixels.lidc import NODULES, Agreed, NoduleInstances, NoduleList, ReadBy, XmlHead, look
from hf_medseg.pixels.masks import MaskList
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw

XML = r"(?:[^/]+/)?[^/]+\.xml"


def to_survey(raw: Raw) -> list[RawFile]:
    """The DICOM files and the readings."""
    return [*dicom_headers.files(raw), *raw.part("xml").find(XML).values()]


def cases(raw: Raw) -> Iterator[Case]:
    """One case a CT series, joined to its reading by SeriesInstanceUID, whatever the folders are called."""
    readings = readings_of(raw)
    yield from damaged_cases(raw)
    for instance in dicom_headers.structures(raw):
        raw.skip(instance.file, "outlines encoded anew as DICOM; the owner's readings are used")
    for uid, series in dicom_headers.images(raw).items():
        if series.header.modality != "CT":
            for file in series.files:
                raw.skip(file, "a chest radiograph: its readings mark centres, not outlines")
            continue
        image = DicomSeries(series.files, uneven=True)
        found = readings.get(uid, [])
        if len(found) != 1:
            named = ", ".join(file.path for file in found)
            wrong = f"several readings of its series differ: {named}." if found else "no XML holds the reading of its series."
            yield Case(uid, {"image": image}, patient_id=series.header.patient_id or None, wrong=wrong)
            continue
        file = found[0]
        readers = range(1, raw.survey[file.listed].readers + 1)
        yield Case(
            uid,
            {
                "image": image,
                "mask": Agreed(file, image),
                "masks": MaskList(tuple(ReadBy(file, image, reader) for reader in readers)),
                "instances": NoduleInstances(file, image),
                "nodules": NoduleList(file, image),
            },
            {"mask_names": [f"reader_{reader}" for reader in readers], "convolution_kernel": series.header.kernel or None},
            patient_id=series.header.patient_id or None,
        )


def readings_of(raw: Raw) -> dict[str, list[RawFile]]:
    """The readings of CT series by SeriesInstanceUID: one, or several that contradict each other.

    Raises:
        Refused: there is none.
    """
    found: dict[str, dict[str, RawFile]] = {}
    for file in raw.part("xml").find(XML).values():
        head = raw.survey.get(file.listed)
        if not isinstance(head, XmlHead):
            continue
        if head.kind == "radiograph":
            raw.skip(file, "the reading of a chest radiograph: it marks centres, not outlines")
        elif (copy := found.setdefault(head.series_uid, {}).setdefault(head.digest, file)) is not file:
            raw.skip(file, f"says the same as {copy.path}")
    if not found:
        raise Refused(
            "No XML below RAW is a reading of a LIDC-IDRI CT (LidcReadMessage). `hf-medseg info lidc-idri` shows where to get them."
        )
    readings = {}
    for uid, copies in found.items():
        files = list(copies.values())
        corrected = [file for file in files if "correction" in file.name]
        if len(corrected) == 1:
            for file in files:
                if file is not corrected[0]:
                    raw.use(file)
                    raw.note(file, f"replaced by the owner's correction, {corrected[0].name}")
            files = corrected
        readings[uid] = files
    return readings


SOURCE = Source(
    id="lidc-idri",
    title="Lung Image Database Consortium and Image Database Resource Initiative (LIDC-IDRI)",
    homepage="https://www.cancerimagingarchive.net/collection/lidc-idri/",
    modality=("CT",),
    anatomy=("lung",),
    task="nodule instance segmentation and rating",
    summary="1,018 chest CT series of 1,010 patients; nodules of 3 mm and more outlined and rated by up to four readers.",
    access=Access(
        "free",
        (
            "Download the CT series of collection LIDC-IDRI with the NBIA Data Retriever, tcia_utils or idc-index (about 125 GB).",
            "Download LIDC-XML-only.zip from the collection page and put it below the same folder; "
            "the NBIA Data Retriever brings the XML files along.",
        ),
        (
            Download("lidc_idri", client="idc", approximate=136_500_000_000),
            Download(
                "https://www.cancerimagingarchive.net/wp-content/uploads/LIDC-XML-only.zip",
                name="LIDC-XML-only.zip",
                checksum="sha256:644557a3aa305602609c718b0cae33a93be762e8901a80bcd9df735b0ec6ab90",
                part="xml",
            ),
        ),
    ),
    parts=(
        Part(
            "xml",
            (r".+\.xml",),
            (
                "Download LIDC-XML-only.zip (Radiologist Annotations/Segmentations) from "
                "https://www.cancerimagingarchive.net/collection/lidc-idri/ .",
            ),
        ),
    ),
    layout=(
        "LIDC-IDRI/LIDC-IDRI-0001/01-01-2000-NA-NA-30178/3000566.000000-NA-03192/1-001.dcm ... 069.xml  (NBIA Data Retriever)\n"
        "or <SeriesInstanceUID>/1-001.dcm (tcia_utils), lidc_idri/<patient>/<study>/CT_<series>/<uuid>.dcm (IDC),\n"
        "with tcia-lidc-xml/157/158.xml ... 161-resubmitted-correction-3-9-12.xml (LIDC-XML-only.zip) anywhere below.\n"
        "Series are told by their headers, readings by the SeriesInstanceUid in them; folder and file names do not count."
    ),
    splits="No official split: one split `train`. Split by `patient_id`: eight patients have two series.",
    quirks=(
        "Readers are not the same people from series to series, and their order in the XML carries no identity: `reader_1` is no person.",
        "The outline lies just outside the nodule: its own pixels do not belong to it. Outlines with inclusion FALSE are holes.",
        "`mask` holds the voxels that at least half of a nodule's outlines agree on; `masks` what each reader outlined; `instances` tells the "
        "agreed nodules apart; `nodules` lists what any reader outlined in the slice, with one rating an outline, in the order of `readers`.",
        "Outlines are joined to nodules as pylidc does (nearer than the slice thickness, less where that joins more than four). It finds "
        "2,651 nodules, the paper of 2011 counts 2,669; in 14 places close nodules cannot be told apart and hold more than four outlines.",
        "About 100 of the first 399 cases used the scales of lobulation and spiculation inconsistently.",
        "Nodules under 3 mm and other findings have only a centre in the XML; they are in no mask. "
        "Single points inside a nodule are stray marks and are left out.",
        "Eight patients have two CT series: 0132, 0151, 0315, 0332, 0355, 0365, 0442, 0484. Two patient numbers do not exist.",
        "Slices that repeat another one at the same place are left out and listed; four series have uneven distances between slices, "
        "so use `image_position`.",
        "File numbers do not follow the slices, and XML numbers do not follow the patients.",
        "Chest radiographs and their XML come with a full download; they hold no outlines and are listed as not used.",
        "135 series hold no outlined nodule: their masks are all zero, since every series was read.",
        "Values such as -2000 outside the circle of reconstruction are kept as the files hold them.",
        "Patient names in the data are numbers of the collection; age and sex are mostly blank.",
        "JPEG and PNG copies are windowed and lossy; they are not converted.",
    ),
    changes=("Outlines are filled to label maps.", "Signed samples are shifted by 32768; see `rescale_intercept`."),
    editions=(
        Edition(
            license=License(
                "cc-by-3.0",
                "Creative Commons Attribution 3.0 Unported",
                "https://creativecommons.org/licenses/by/3.0/",
                "open",
                (
                    Evidence(
                        "every public series of the collection carries CC BY 3.0 in the index of the NCI Imaging Data Commons",
                        "https://portal.imaging.datacommons.cancer.gov/collections/lidc_idri/",
                        "high",
                    ),
                    Evidence(
                        "the collection page states Creative Commons Attribution 3.0 Unported",
                        "https://www.cancerimagingarchive.net/collection/lidc-idri/",
                        "high",
                    ),
                    Evidence(
                        "names CC BY 3.0 and the data usage policy of the archive",
                        "https://github.com/owkin/FLamby/blob/main/flamby/datasets/fed_lidc_idri/README.md",
                        "high",
                    ),
                ),
                (
                    "Cite the data by its DOI 10.7937/K9/TCIA.2015.LO9QL9SX, Armato et al. 2011 and Clark et al. 2013.",
                    "The authors acknowledge the National Cancer Institute and the Foundation for the National Institutes of Health for their "
                    "critical role in the creation of the free publicly available LIDC/IDRI Database used here.",
                    "Link the license https://creativecommons.org/licenses/by/3.0/ and say what was changed.",
                    "Follow the TCIA Data Usage Policy https://www.cancerimagingarchive.net/data-usage-policies-and-restrictions/ : do not try "
                    "to identify or contact participants, make no renderings of faces or bodies to that end, cite the DOI. "
                    "Whoever passes the data on must bind the readers of the copy to it.",
                ),
            ),
            citations=(
                r"""@article{armato2011lidc,
  title   = {The Lung Image Database Consortium (LIDC) and Image Database Resource Initiative (IDRI): A completed reference database of lung nodules on CT scans},
  author  = {Armato III, Samuel G. and McLennan, Geoffrey and Bidaut, Luc and McNitt-Gray, Michael F. and Meyer, Charles R. and Reeves, Anthony P. and Zhao, Binsheng and Aberle, Denise R. and Henschke, Claudia I. and Hoffman, Eric A. and Kazerooni, Ella A. and MacMahon, Heber and van Beek, Edwin J. R. and Yankelevitz, David and others},
  journal = {Medical Physics}, volume = {38}, number = {2}, pages = {915--931}, year = {2011},
  doi     = {10.1118/1.3528204}
}""",
                r"""@misc{armato2015tcia,
  title     = {Data From LIDC-IDRI},
  author    = {Armato III, Samuel G. and McLennan, Geoffrey and Bidaut, Luc and others},
  publisher = {The Cancer Imaging Archive}, year = {2015},
  doi       = {10.7937/K9/TCIA.2015.LO9QL9SX}
}""",
                r"""@article{clark2013tcia,
  title   = {The Cancer Imaging Archive (TCIA): Maintaining and Operating a Public Information Repository},
  author  = {Clark, Kenneth and Vendt, Bruce and Smith, Kirk and others},
  journal = {Journal of Digital Imaging}, volume = {26}, number = {6}, pages = {1045--1057}, year = {2013},
  doi     = {10.1007/s10278-013-9622-7}
}""",
            ),
            classes=("nodule",),
            landmarks=(r"[^/]+\.dcm",),
            configs=volume_configs(
                {
                    "masks": ListOf(PICTURE),
                    "mask_names": ListOf(TEXT),
                    "instances": PICTURE,
                    "nodules": NODULES,
                    "instance_number": INT32,
                    "convolution_kernel": TEXT,
                },
                only_slices=("instance_number",),
            ),
            not_used=(
                (r"[^/]+\.xml", "the reading of a series that is not below RAW"),
                (r"[^/]+\.(?:csv|xlsx?|tcia)|LICENSE", "a table or list beside the data"),
            ),
            published=Published(
                {"train": 243_945},
                {"train": 243_945},
                {"train": 0.0000318},
                "slices at distinct places and agreed voxels, counted with pylidc 0.2.3 over 1,018 series",
            ),
        ),
    ),
    signature=(r"LIDC-IDRI-\d{4}/.+\.(?:dcm|xml)", r"tcia-lidc-xml/\d{3}/\d{3}\.xml", r"161-resubmitted-correction-3-9-12\.xml"),
    cases=cases,
    survey=SurveyPlan(to_survey, look, HEAD),
)
