"""CHASE_DB1: retinal vessels of children, two annotators."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import LATERALITY, PICTURE
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Values
from hf_medseg.pixels.picture import Picture
from hf_medseg.raw.tree import Raw, union

VESSEL = {0: 0, 255: 1}


def cases(raw: Raw) -> Iterator[Case]:
    """One case an eye: photograph, first and second observer."""
    photographs = raw.find(r"(?i:images/)?Image_(\d{2}[LR])\.(?i:jpe?g)")
    first = raw.find(r"(?i:masks/)?Image_(\d{2}[LR])_1stHO\.(?i:png)")
    second = raw.find(r"(?i:masks/)?Image_(\d{2}[LR])_2ndHO\.(?i:png)")
    for eye in union(photographs, first, second):
        yield Case(
            f"Image_{eye}",
            {
                "image": Picture(photographs.need(eye, f"Image_{eye}.jpg")),
                "mask": Values(Picture(first.need(eye, f"Image_{eye}_1stHO.png")), VESSEL),
                "mask_2": Values(Picture(second.need(eye, f"Image_{eye}_2ndHO.png")), VESSEL),
            },
            {"laterality": "left" if eye.endswith("L") else "right"},
            patient_id=eye[:2],
        )


SOURCE = Source(
    id="chase-db1",
    title="CHASE_DB1 retinal vessel reference dataset",
    homepage="https://researchdata.kingston.ac.uk/96/",
    modality=("fundus photography",),
    anatomy=("retina",),
    task="vessel segmentation",
    summary="28 colour photographs of both eyes of 14 children, vessels outlined by two observers.",
    access=Access(
        "free",
        ("Download CHASEDB1.zip from https://researchdata.kingston.ac.uk/96/.",),
        (
            Download(
                "https://researchdata.kingston.ac.uk/96/1/CHASEDB1.zip",
                name="CHASEDB1.zip",
                checksum="md5:d9e47c4bac125b29996fae4380a68db1",
                mirrors=(
                    "https://researchinnovation.kingston.ac.uk/files/40659508/CHASEDB1.zip",
                    "https://staffnet.kingston.ac.uk/~ku15565/CHASE_DB1/assets/CHASEDB1.zip",
                    "https://raw.githubusercontent.com/playyalp1/CHASE_DB1/main/CHASEDB1.zip",
                ),
                approximate=2_600_000,
            ),
        ),
    ),
    layout="Image_01L.jpg  Image_01L_1stHO.png  Image_01L_2ndHO.png  ...  Image_14R_2ndHO.png (flat, 84 files)",
    splits=(
        "No official split: one split `train`. Both eyes of a child share `patient_id`; split by it. Conventions: MMSegmentation trains on "
        "children 01-10 and tests on 11-14; the protocol of Fraz et al. as coded by Idiap trains on 11-14 and tests on 01-10."
    ),
    quirks=(
        "Both eyes of a child are in the data: split by `patient_id`.",
        "A few vessel pixels lie outside the visible disc; they are kept.",
        "The observers differ systematically: on images 01-07 the first marks more than the second, on 08-14 less.",
        "There are no field-of-view masks.",
        "A set of 512 x 512 pictures with JPEG masks that circulates is derived from this data and is not its raw data.",
        "Masks are 1-bit PNG in the download; copies in which they are grey or JPEG exist, and only values 0 and 255 are taken.",
    ),
    changes=("1-bit PNG masks are stored as 8-bit label maps.",),
    editions=(
        Edition(
            license=License(
                "cc-by-4.0",
                "Creative Commons Attribution 4.0 International",
                "https://creativecommons.org/licenses/by/4.0/",
                "open",
                (
                    Evidence(
                        "CC BY 4.0 on data record 96 of Kingston University, as quoted by four independent readers",
                        "https://researchdata.kingston.ac.uk/96/",
                        "high",
                    ),
                    Evidence(
                        "quotes the record's license as CC BY 4.0",
                        "https://github.com/dataset-ninja/chase-db1/blob/main/LICENSE.md",
                        "high",
                    ),
                    Evidence(
                        "names the record as its source, CC BY 4.0",
                        "https://github.com/constantinpape/torch-em/blob/main/torch_em/data/datasets/medical/chase_db1.py",
                        "high",
                    ),
                ),
                (
                    "Credit Fraz, Remagnino, Hoppe, Uyyanonvara, Rudnicka, Owen and Barman, Kingston University London, with St George's, "
                    "University of London.",
                    "Link the record https://researchdata.kingston.ac.uk/96/ and the license.",
                    "Cite Fraz et al. 2012.",
                    "Say what was changed.",
                    "The eyes are children's: no attempt may be made to identify them.",
                ),
            ),
            citations=(
                r"""@article{fraz2012ensemble,
  title   = {An Ensemble Classification-Based Approach Applied to Retinal Blood Vessel Segmentation},
  author  = {Fraz, Muhammad Moazam and Remagnino, Paolo and Hoppe, Andreas and Uyyanonvara, Bunyarit and Rudnicka, Alicja R. and Owen, Christopher G. and Barman, Sarah A.},
  journal = {IEEE Transactions on Biomedical Engineering},
  volume  = {59}, number = {9}, pages = {2538--2548}, year = {2012},
  doi     = {10.1109/TBME.2012.2205687}
}""",
                r"""@dataset{chasedb1,
  title  = {CHASE\_DB1 retinal vessel reference dataset},
  author = {Fraz, Muhammad Moazam and Remagnino, Paolo and Hoppe, Andreas and Uyyanonvara, Bunyarit and Rudnicka, Alicja R. and Owen, Christopher G. and Barman, Sarah A.},
  publisher = {Kingston University London}, year = {2012},
  url    = {https://researchdata.kingston.ac.uk/96/}
}""",
            ),
            classes=("vessel",),
            landmarks=(r"Image_\d{2}[LR]\.(?i:jpe?g)", r"Image_\d{2}[LR]_1stHO\.(?i:png)"),
            configs=(Config(columns={"mask_2": PICTURE, "laterality": LATERALITY}),),
            published=Published({"train": 28}, {"train": 28}, {"train": 0.06934}, "counted on all 84 published files", sizes=((999, 960),)),
        ),
    ),
    signature=(r"Image_\d{2}[LR]_(?:1st|2nd)HO\.(?i:png)",),
    cases=cases,
    hashes=(
        (69794, "9fc072bff4d4f64ed0be448f576526c9aeb9d17dd618a17112a64ac35fae8343"),
        (14197, "b7f30cf206efe550e4df135782ee4470b67fcd2b088fab4285c3bf2f4b7c61e3"),
        (13245, "7c244339efc7014c2feb3b19fbe2f352eaa1c643358afec666bef7b615b5f4c9"),
    ),
)
