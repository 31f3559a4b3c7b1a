"""DRIVE: retinal vessels, a field of view for every picture, two observers where the test set has any."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import PICTURE
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Colours, Values
from hf_medseg.pixels.picture import Picture
from hf_medseg.raw.tree import Raw, union

WHITE = {0: 0, 255: 1}
# The second observer's files have a palette of their own; re-saved ones are black and white.
PALETTE = {(4, 2, 4): 0, (252, 254, 252): 1, (0, 0, 0): 0, (255, 255, 255): 1}
NUMBERS = {"train": range(21, 41), "test": range(1, 21)}
FOLDER = r"(train|test)(?:ing)?/"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a photograph; the split is the folder."""
    photographs = raw.find(FOLDER + r"images/(\d{2})_(?:training|test)\.(?i:tif)")
    first = raw.find(FOLDER + r"1st_manual/(\d{2})_manual1\.(?i:gif)")
    second = raw.find(FOLDER + r"2nd_manual/(\d{2})_manual2\.(?i:gif)")
    views = raw.find(FOLDER + r"mask/(\d{2})_(?:training|test)_mask\.(?i:gif)")
    # Today's test set comes without manuals: none at all means not annotated, some mean that one is missing.
    has_first = {"train"} | {split for split, _ in first}
    has_second = {split for split, _ in second}
    for key in union(photographs, first, second, views):
        split, number = key
        stem = f"{number}_{'training' if split == 'train' else 'test'}"
        folder = next(found[key] for found in (photographs, first, second, views) if key in found).path.partition("/")[0]
        photograph = photographs.need(key, f"{folder}/images/{stem}.tif")
        yield Case(
            stem,
            {
                "image": Picture(photograph),
                "mask": Values(Picture(first.need(key, f"{folder}/1st_manual/{number}_manual1.gif")), WHITE)
                if split in has_first
                else None,
                "mask_2": Colours(Picture(second.need(key, f"{folder}/2nd_manual/{number}_manual2.gif")), PALETTE)
                if split in has_second
                else None,
                "fov_mask": Values(Picture(views.need(key, f"{folder}/mask/{stem}_mask.gif")), WHITE),
            },
            split=split,
            patient_id=number,
            wrong="" if int(number) in NUMBERS[split] else f"DRIVE has the numbers 21-40 for training and 01-20 for testing, not {number}.",
        )


SOURCE = Source(
    id="drive",
    title="DRIVE: Digital Retinal Images for Vessel Extraction",
    homepage="https://drive.grand-challenge.org/",
    modality=("fundus photography",),
    anatomy=("retina",),
    task="vessel segmentation",
    summary="40 colour photographs of 40 people of a diabetic retinopathy screening programme, vessels and field of view outlined.",
    access=Access(
        "terms",
        (
            "Register at https://drive.grand-challenge.org/ and join the challenge.",
            "Follow the link of its download page and fetch training.zip and test.zip.",
            "Put both into one folder: that folder is RAW.",
        ),
        (
            Download(
                "https://drive.grand-challenge.org/",
                client="manual",
                name="training.zip",
                checksum="sha256:7101e19598e2b7aacdbd5e6e7575057b9154a4aaec043e0f4e28902bf4e2e209",
            ),
            Download(
                "https://drive.grand-challenge.org/",
                client="manual",
                name="test.zip",
                checksum="sha256:d76c95c98a0353487ffb63b3bb2663c00ed1fde7d8fdfd8c3282c6e310a02731",
            ),
        ),
    ),
    layout=(
        "training/images/21_training.tif  training/1st_manual/21_manual1.gif  training/mask/21_training_mask.gif  ... 40\n"
        "test/images/01_test.tif  test/mask/01_test_mask.gif  ... 20\n"
        "The older archive also holds test/1st_manual/01_manual1.gif and test/2nd_manual/01_manual2.gif, "
        "often below one more folder DRIVE; some copies call the second folder testing."
    ),
    splits="Official: folder `training` (21-40) is `train`, folder `test` or `testing` (01-20) is `test`.",
    quirks=(
        "Today's download has no manual masks for the test set: `mask` and `mask_2` are null there, not empty. The older archive has both.",
        "Only the test set has a second observer (`mask_2`); the first is the reference standard.",
        "The folder `mask` holds the field of view (`fov_mask`), not the vessels.",
        "A few vessel pixels lie outside the field of view (200 in train, 296 in the first and 15 in the second manual of test); they are kept.",
        "The TIFFs are lossless copies of pictures that were JPEG compressed and cropped around the field of view, so they carry JPEG artefacts.",
        "Papers write the size as 584x565 (height x width) and as 565x584 (width x height).",
        "Copies with augmented pictures and stray mask names exist; numbers outside 21-40 and 01-20 are rejected.",
        "33 of the 40 pictures show no sign of diabetic retinopathy, 7 show mild early signs (3 in training, 4 in test); the data do not say which.",
        "Observers marked pixels that they were at least 70 % sure of.",
    ),
    changes=("LZW TIFF pictures are stored as PNG, GIF masks as 8-bit label maps.",),
    editions=(
        Edition(
            license=License(
                "other",
                "research and education only, no redistribution",
                "http://www.isi.uu.nl/Research/Databases/DRIVE/",
                "restricted",
                (
                    Evidence(
                        "free for research and education; copying, redistribution and unauthorised commercial use prohibited; "
                        "use restricted to those who obtained it directly from the owner's site",
                        "http://www.isi.uu.nl/Research/Databases/DRIVE/",
                        "high",
                    ),
                ),
                (
                    "Research and education only; no copying, redistribution or unauthorised commercial use.",
                    "Only those who obtained the data directly from the owner's site may use it.",
                    "Cite Staal et al. 2004.",
                ),
            ),
            citations=(
                r"""@article{staal2004ridge,
  author  = {Staal, Joes and Abr{\`a}moff, Michael D. and Niemeijer, Meindert and Viergever, Max A. and van Ginneken, Bram},
  title   = {Ridge-based vessel segmentation in color images of the retina},
  journal = {IEEE Transactions on Medical Imaging},
  volume  = {23},
  number  = {4},
  pages   = {501--509},
  year    = {2004},
  doi     = {10.1109/TMI.2004.825627}
}""",
            ),
            classes=("vessel",),
            landmarks=(
                r"(?:train|test)(?:ing)?/images/\d{2}_(?:training|test)\.(?i:tif)",
                r"(?:train|test)(?:ing)?/mask/\d{2}_(?:training|test)_mask\.(?i:gif)",
            ),
            configs=(Config(columns={"mask_2": PICTURE, "fov_mask": PICTURE}),),
            not_used=((r"(?:1st_manual|2nd_manual|mask|images)/[^/]+", "its name is none of the owner's, such as 21_manual1.gif"),),
            published=Published(
                {"train": 20, "test": 20},
                {"train": 20},
                {"train": 0.0863, "test": 0.0876},
                "counted on an unaltered copy of the older archive; today's test set has no masks",
                sizes=((565, 584),),
            ),
        ),
    ),
    signature=(r"\d{2}_(?:training|test)_mask\.(?i:gif)", r"[12]\w{2}_manual/\d{2}_manual[12]\.(?i:gif)"),
    cases=cases,
    image_mode="RGB",
)
