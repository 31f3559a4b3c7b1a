"""ABIDE I: preprocessed means of functional MRI with automatic brain masks, or raw T1 scans; autism and controls."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from hf_medseg.case import Case
from hf_medseg.columns import FLOAT32, MASK_ORIGIN, SEX, TEXT, Column, Label
from hf_medseg.facts import Access, Download, Edition, Published, Source, volume_configs
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Values
from hf_medseg.pixels.nifti import NiftiVolume
from hf_medseg.raw.cells import age_in, known, number_in, sex_in, whole_in
from hf_medseg.raw.tables import Keyed
from hf_medseg.raw.tree import Raw, union

PIPELINES = r"(ccs|cpac|dparsf|niak)/(filt_global|filt_noglobal|nofilt_global|nofilt_noglobal)/"
SCAN = r"([^/]+)/(\d{7})/session_1/anat_1/mprage\.nii\.gz"
BRAIN = {0: 0, 1: 1}
# codes of the table, 1 first
GROUPS = {1: "autism", 2: "control"}
SEXES = {1: "male", 2: "female"}
NOTHING = (-9999.0, -999.0)
EYES = {1: "open", 2: "closed"}
NUMBERS = ("FIQ", "VIQ", "PIQ", "func_mean_fd")
RATINGS = ("qc_rater_1", "qc_anat_rater_2", "qc_func_rater_2", "qc_anat_rater_3", "qc_func_rater_3")


def cases(raw: Raw) -> Iterator[Case]:
    """One case a mean image (pipeline, strategy, subject), or one a raw scan."""
    if raw.edition == "raw":
        yield from _scans(raw)
        return
    means = raw.find(PIPELINES + r"(?:func_mean/)?([^/]+)_func_mean\.nii\.gz")
    masks = raw.find(PIPELINES + r"(?:func_mask/)?([^/]+)_func_mask\.nii\.gz")
    keys = union(means, masks)
    table = _table(raw, r"Phenotypic_V1_0b_preprocessed1\.csv", "FILE_ID", {subject for _, _, subject in keys})
    facts = {subject: _facts(row) for subject, row in table.items()}
    for key in keys:
        pipeline, strategy, subject = key
        mean, mask = (
            found.need(key, f"{pipeline}/{strategy}/{name}/{subject}_{name}.nii.gz")
            for found, name in ((means, "func_mean"), (masks, "func_mask"))
        )
        yield Case(
            "_".join(key),
            {"image": NiftiVolume(mean), "mask": Values(NiftiVolume(mask), BRAIN)},
            {"pipeline": pipeline, "strategy": strategy, "mask_origin": "automatic", **facts.get(subject, {})},
            patient_id=subject.rpartition("_")[2],
            wrong=table.conflicts.get(subject, ""),
        )


def _scans(raw: Raw) -> Iterator[Case]:
    scans = raw.find(SCAN)
    table = _table(raw, r"Phenotypic_V1_0b\w*\.csv", "SUB_ID", {subject.lstrip("0") for _, subject in scans})
    facts = {subject: _facts(row) for subject, row in table.items()}
    for (site, subject), file in scans.items():
        key = subject.lstrip("0")
        yield Case(
            f"{site}_{subject}",
            {"image": NiftiVolume(file), "mask": None},
            {"site": site.upper(), **facts.get(key, {})},
            patient_id=subject,
            wrong=table.conflicts.get(key, ""),
        )


def _table(raw: Raw, pattern: str, key: str, there: set[str]) -> Keyed:
    table = raw.table(pattern, (key, "DX_GROUP", "AGE_AT_SCAN", "SEX"))
    return Keyed() if table is None else table.by(key, of=there, each=True)


def _facts(row: Mapping[str, str]) -> dict[str, object]:
    """What the table says of a subject; -9999 and empty cells are unknown."""
    site, *ratings = (known(row.get(name)) for name in ("SITE_ID", *RATINGS))
    return {
        "label": _name(GROUPS, whole_in(row, "DX_GROUP", nothing=NOTHING)),
        "site": site,
        "age": age_in(row, "AGE_AT_SCAN", nothing=NOTHING),
        "sex": sex_in(row, "SEX", SEXES, nothing=NOTHING),
        "eyes": _name(EYES, whole_in(row, "EYE_STATUS_AT_SCAN", nothing=NOTHING)),
        **{name.lower(): number_in(row, name, nothing=NOTHING) for name in NUMBERS},
        **dict(zip(RATINGS, ratings, strict=True)),
    }


def _name(names: dict[int, str], code: int | None) -> str | None:
    """The name of a code; a code that the table does not declare stays as it is, and its case is rejected."""
    return None if code is None else names.get(code, str(code))


PEOPLE: dict[str, Column] = {
    "label": Label(tuple(GROUPS.values())),
    "site": TEXT,
    "age": FLOAT32,
    "sex": SEX,
    "eyes": Label(tuple(EYES.values())),
    **{name.lower(): FLOAT32 for name in NUMBERS},
    **dict.fromkeys(RATINGS, TEXT),
}
TERMS = License(
    "unknown",
    "license not settled: non-commercial research use (CC BY-NC-SA 3.0 in one reading)",
    "http://fcon_1000.projects.nitrc.org/indi/abide/",
    "unknown",
    (
        Evidence(
            "CC BY-NC-SA 3.0, as a redistributor names the ABIDE terms", "https://huggingface.co/datasets/medarc/brainmarks-smri", "medium"
        ),
        Evidence(
            "unrestricted non-commercial research use, quoting the policy of the 1000 Functional Connectomes Project",
            "https://github.com/nilearn/nilearn/blob/main/nilearn/datasets/description/ABIDE_pcp.rst",
            "high",
        ),
        Evidence(
            "ODC-By 1.0 unless otherwise specified, for the public bucket that holds the preprocessed files",
            "https://github.com/awslabs/open-data-registry/blob/main/datasets/fcp-indi.yaml",
            "high",
        ),
    ),
    (
        "Cite Di Martino et al. 2014, for the preprocessed files Craddock et al. 2013 too.",
        "Acknowledge the Autism Brain Imaging Data Exchange and the International Neuroimaging Data-sharing Initiative (INDI).",
        "Non-commercial research use only; share alike.",
        "No attempt may be made to identify anyone.",
        "NITRC asks users of the raw data to register.",
    ),
)
DI_MARTINO = r"""@article{dimartino2014abide,
  title   = {The autism brain imaging data exchange: towards a large-scale evaluation of the intrinsic brain architecture in autism},
  author  = {Di Martino, Adriana and Yan, Chao-Gan and Li, Qingyang and Denio, Erin and Castellanos, Francisco X. and Alaerts, Kaat and others},
  journal = {Molecular Psychiatry}, volume = {19}, number = {6}, pages = {659--667}, year = {2014}, doi = {10.1038/mp.2013.78}
}"""
CRADDOCK = r"""@article{craddock2013abidepcp,
  title   = {The Neuro Bureau Preprocessing Initiative: open sharing of preprocessed neuroimaging data and derivatives},
  author  = {Craddock, Cameron and Benhajali, Yassine and Chu, Carlton and Chouinard, Francois and Evans, Alan and Jakab, Andr{\'a}s and Khundrakpam, Budhachandra Singh and Lewis, John David and Li, Qingyang and Milham, Michael and Yan, Chaogan and Bellec, Pierre},
  journal = {Frontiers in Neuroinformatics}, volume = {7}, year = {2013}, doi = {10.3389/conf.fninf.2013.09.00041}
}"""
NIELSEN = r"""@article{nielsen2013abide,
  title   = {Multisite functional connectivity MRI classification of autism: ABIDE results},
  author  = {Nielsen, Jared A. and Zielinski, Brandon A. and Fletcher, P. Thomas and Alexander, Andrew L. and Lange, Nicholas and Bigler, Erin D. and Lainhart, Janet E. and Anderson, Jeffrey S.},
  journal = {Frontiers in Human Neuroscience}, volume = {7}, pages = {599}, year = {2013}, doi = {10.3389/fnhum.2013.00599}
}"""

SOURCE = Source(
    id="abide",
    title="ABIDE I: Autism Brain Imaging Data Exchange, preprocessed (PCP) and raw",
    homepage="http://preprocessed-connectomes-project.org/abide/",
    modality=("resting-state fMRI (temporal mean)", "T1-weighted MRI"),
    anatomy=("brain",),
    task="classification (autism or control) with automatic brain masks",
    summary="1,112 subjects of 20 site codes, 539 with autism. Edition pcp: mean functional image and automatic brain mask in MNI space; edition raw: T1 scans without masks.",
    access=Access(
        "request",
        (
            "pcp: fetch the table and the files func_mean and func_mask of a pipeline and strategy from the public bucket, "
            "https://s3.amazonaws.com/fcp-indi/data/Projects/ABIDE_Initiative/Outputs/<pipeline>/<strategy>/<derivative>/<FILE_ID>_<derivative>.nii.gz "
            "(nilearn: fetch_abide_pcp(derivatives=['func_mean', 'func_mask'])).",
            "raw: register at http://fcon_1000.projects.nitrc.org/indi/abide/ and fetch one .tgz a site from NITRC.",
        ),
        (
            Download("func_mean,func_mask", client="nilearn", name="ABIDE_pcp", edition="pcp"),
            Download("http://fcon_1000.projects.nitrc.org/indi/abide/", client="manual", edition="raw"),
        ),
    ),
    layout=(
        "pcp: Outputs/cpac/nofilt_noglobal/func_mean/Pitt_0050003_func_mean.nii.gz  .../func_mask/Pitt_0050003_func_mask.nii.gz  "
        "Phenotypic_V1_0b_preprocessed1.csv; or flat as nilearn keeps it: cpac/nofilt_noglobal/Pitt_0050003_func_mean.nii.gz\n"
        "raw: Pitt/0050003/session_1/anat_1/mprage.nii.gz  (unpacked or one .tgz a site)"
    ),
    splits="No official split: one split `train`. Split by `patient_id`, and mind `site`.",
    quirks=(
        "Masks are automatic (`mask_origin`); there is no manual segmentation.",
        "`label` is autism for code 1 and control for code 2 of the table: not the other way round.",
        "77 of the 1,112 lines of the table have no preprocessed files (`no_filename`).",
        "-9999 and empty cells of the table are null.",
        "The quality ratings are kept; the usual filter wants qc_rater_1, qc_anat_rater_3 and qc_func_rater_3 OK and the other two OK or maybe.",
        "The preprocessed files are stored left-anterior-superior; they are brought to LPS by their headers.",
        "Two subjects' anatomical scans were re-aligned by the project (Trinity_0050269, USM_0050473).",
        "Raw T1 scans show faces: never publish them.",
        "A subject preprocessed in several pipelines or strategies has one row for each: keep them together by `patient_id`.",
    ),
    editions=(
        Edition(
            name="pcp",
            license=TERMS,
            citations=(DI_MARTINO, CRADDOCK, NIELSEN),
            classes=("brain",),
            landmarks=(PIPELINES + r"(?:func_mean/)?[^/]+_func_mean\.nii\.gz",),
            configs=volume_configs({"pipeline": TEXT, "strategy": TEXT, "mask_origin": MASK_ORIGIN, **PEOPLE}),
            not_used=(
                (r"[^/]+_func_preproc\.nii\.gz", "time series: no image of this table"),
                (r"[^/]+\.1D", "time series of regions, no image"),
                (
                    r"[^/]+_(?:alff|falff|degree_\w+|dual_regression|eigenvector_\w+|lfcd|reho|vmhc)\.nii\.gz",
                    "map of a statistic, no image of this table",
                ),
                (r"[^/]+\.mgz", "FreeSurfer output in another space"),
            ),
            published=Published(note="1,035 subjects have preprocessed files in every pipeline"),
        ),
        Edition(
            name="raw",
            license=TERMS,
            citations=(DI_MARTINO,),
            landmarks=(SCAN,),
            configs=volume_configs(PEOPLE),
            not_used=((r"rest_\d+/rest\.nii\.gz", "time series: no image of this table"),),
            published=Published(note="1,112 subjects", volumes={"train": 1112}),
        ),
    ),
    signature=(PIPELINES + r"(?:func_mean/)?[^/]+_func_mean\.nii\.gz", r"Phenotypic_V1_0b(?:_preprocessed1)?\.csv", SCAN),
    annotators="machine-generated",
    cases=cases,
)
