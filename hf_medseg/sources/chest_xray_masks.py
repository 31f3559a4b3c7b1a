"""Chest X-rays of Montgomery County and Shenzhen with lung masks: the Kaggle mix, or the owner's originals."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from hf_medseg.case import Case
from hf_medseg.columns import FLOAT32, PICTURE, SEX, TEXT, Label
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Painted, Threshold
from hf_medseg.pixels.picture import Picture
from hf_medseg.raw.tables import text_of
from hf_medseg.raw.tree import Raw, union

STEM = r"((?:MCUCXR|CHNCXR)_\d{4}_[01])"
COLLECTIONS = {"MCUCXR": "montgomery", "CHNCXR": "shenzhen"}
LABELS = {"0": "normal", "1": "tuberculosis"}
# Films of Shenzhen that nobody outlined: first and last number of each run.
WITHOUT_MASK = (
    *((25, 25), (36, 40), (65, 65), (181, 220)),
    *((336, 336), (341, 360), (481, 500), (502, 502), (505, 505), (560, 565)),
)
UNITS = {"y": 1.0, "m": 1 / 12, "w": 7 / 365.25, "d": 1 / 365.25}
SEXES = {"f": "female", "m": "male", "o": None}  # other, or not known
READINGS = (
    re.compile(
        r"(?is)\s*(?:Patient's )?Sex:\s*(?P<sex>[FMO])\b\s*(?:Patient's )?Age:\s*(?P<age>\d+)\s*(?P<unit>[YMWD])\w*\s*(?P<finding>.*)"
    ),
    re.compile(
        r"(?is)\s*(?P<sex>f|m|o)(?:(?:em)?al[a-z]*|ther\b|\b)[\s,.;]*"
        # A number without a unit counts years where it ends its line.
        r"(?:(?P<age>\d+(?:\.\d+)?)\s*(?P<unit>[ymwd])[a-z]*\b|(?<!\n)(?P<years>\d{1,3})[ \t,.;]*(?=[\r\n]|\Z))?[\s,.;]*(?P<finding>.*)"
    ),
)
# What a reading says of a second film of one person: "(same pt as MCUCXR_0162_1)".
SAME = re.compile(rf"(?is)\bsame\b[^.]{{0,30}}?\b{STEM}")


def cases(raw: Raw) -> Iterator[Case]:
    """One case a film; the two naming rules of masks, and the two sides of the Montgomery original."""
    films = raw.find(rf"(?:CXR_png|test)/{STEM}\.(?i:png)")  # test/ repeats the films without a mask
    masks = raw.find(rf"masks?/{STEM}(?:_mask)?\.(?i:png)")
    sides = {side: raw.find(rf"(?i:ManualMask)/{side}Mask/{STEM}\.(?i:png)") for side in ("left", "right")}
    texts = raw.find(rf"(?i:ClinicalReadings)/{STEM}\.txt")
    raw.use(*texts.values())
    readings = {stem: {text_of(one).strip() for one in (file, *file.twins)} for stem, file in texts.items()}
    people = same_people(readings)
    shenzhen_outlined = any(stem.startswith("CHN") for stem in masks)
    for stem in union(films, masks, *sides.values()):
        prefix, number, state = stem.split("_")
        left, right = (
            Threshold(Picture(files.need(stem, f"ManualMask/{side}Mask/{stem}.png")))
            if any(stem in found for found in sides.values())
            else None
            for side, files in sides.items()
        )
        if left and right:
            mask: Painted | Threshold | None = Painted((left, right))
        elif stem in masks or (shenzhen_outlined and not unmasked(number) if prefix == "CHNCXR" else True):
            suffix = "_mask" if prefix == "CHNCXR" else ""
            mask = Threshold(Picture(masks.need(stem, f"masks/{stem}{suffix}.png")))
        else:
            mask = None
        versions = readings.get(stem, set())
        yield Case(
            stem,
            {
                "image": Picture(films.need(stem, f"CXR_png/{stem}.png")),
                "mask": mask,
                "mask_image_left": left,
                "mask_image_right": right,
            },
            {"label": LABELS[state], "collection": COLLECTIONS[prefix], **reading(min(versions, default=""))},
            patient_id=people.get(stem, f"{prefix}_{number}"),
            wrong=f"its readings ClinicalReadings/{stem}.txt differ." if len(versions) > 1 else "",
        )


def same_people(readings: Mapping[str, Iterable[str]]) -> dict[str, str]:
    """Film -> person, for films of which a reading says that they show one person: all take the id of the first of them."""
    groups: dict[str, set[str]] = {}
    for stem, texts in readings.items():
        for other in (match[1].upper() for text in texts for match in SAME.finditer(text)):
            joined = groups.get(stem, {stem}) | groups.get(other, {other})
            groups.update(dict.fromkeys(joined, joined))
    return {stem: min(group).rpartition("_")[0] for stem, group in groups.items()}


def unmasked(number: str) -> bool:
    """Whether the film of Shenzhen with that number is one of the 96 without a mask."""
    return any(first <= int(number) <= last for first, last in WITHOUT_MASK)


def reading(text: str) -> dict[str, str | float | None]:
    """Sex, age in years, finding and the text itself; null for what the text does not say in a known way."""
    found = next((match for match in (pattern.fullmatch(text) for pattern in READINGS) if match), None)
    if found is None:
        return {"reading": text or None}
    said = found.groupdict()
    age = said.get("years") or said["age"]
    return {
        "sex": SEXES[found["sex"].lower()],
        "age": float(age) * UNITS[(said["unit"] or "y").lower()] if age else None,
        "finding": " ".join(found["finding"].split()) or None,
        "reading": text,
    }


SOURCE = Source(
    id="chest-xray-masks",
    title="Chest Xray Masks and Labels (Montgomery County and Shenzhen)",
    homepage="https://www.kaggle.com/datasets/nikhilpandey360/chest-xray-masks-and-labels",
    modality=("X-ray",),
    anatomy=("lung",),
    task="lung segmentation and tuberculosis classification",
    summary="800 frontal chest X-rays (138 of Montgomery County, 662 of Shenzhen), 704 of them with lung masks, normal or tuberculosis.",
    access=Access(
        "request",
        (
            "The mix: download nikhilpandey360/chest-xray-masks-and-labels from Kaggle (an account is needed).",
            "Or the originals: NLM-MontgomeryCXRSet.zip and ChinaSet_AllFiles.zip of the National Library of Medicine, "
            "and the lung masks of Shenzhen, yoctoman/shcxr-lung-mask on Kaggle, all unpacked below one folder.",
            "Copies of the two archives lie on archive.org: NLMMontgomeryCXRSet and academictorrents_462728e890bd37c05e9439c885df7afc36209cc8.",
        ),
        (
            Download("nikhilpandey360/chest-xray-masks-and-labels", "kaggle", choice="mix", approximate=10_000_000_000),
            Download(
                "https://openi.nlm.nih.gov/imgs/collections/NLM-MontgomeryCXRSet.zip",
                name="NLM-MontgomeryCXRSet.zip",
                checksum="sha256:54601e952315d8f67383e9202a6e145997ade429f54f7e0af44b4e158714f424",
                choice="originals",
            ),
            Download(
                "https://openi.nlm.nih.gov/imgs/collections/ChinaSet_AllFiles.zip",
                name="ChinaSet_AllFiles.zip",
                choice="originals",
            ),
            Download("yoctoman/shcxr-lung-mask", "kaggle", choice="originals"),
        ),
    ),
    layout=(
        "The mix: Lung Segmentation/CXR_png/MCUCXR_0001_0.png  CHNCXR_0001_0.png ... (800)\n"
        "  Lung Segmentation/masks/MCUCXR_0001_0.png  CHNCXR_0001_0_mask.png ... (704)\n"
        "  Lung Segmentation/ClinicalReadings/MCUCXR_0001_0.txt ...  test/ (96 films again)  data/ (everything again)\n"
        "The originals: MontgomerySet/{CXR_png,ClinicalReadings,ManualMask/leftMask,ManualMask/rightMask}\n"
        "  ChinaSet_AllFiles/{CXR_png,ClinicalReadings}  mask/mask/CHNCXR_0001_0_mask.png"
    ),
    splits="No official split: one split `train`. The folder test/ holds the 96 films without a mask once more and is no test set.",
    quirks=(
        "Masks follow two naming rules: Montgomery masks are called like their film, Shenzhen masks end in `_mask`.",
        "The folder data/ of the mix repeats everything, test/ 96 films; the copies are compared, by their pixels where their bytes differ, and "
        "listed as duplicates.",
        "A few people have two films, as their readings say (such as MCUCXR_0166_1, 'same pt as MCUCXR_0162_1'): they share one `patient_id`.",
        "96 films of Shenzhen have no mask (null): normal 0025, 0036-0040, 0065, 0181-0220; tuberculosis 0336, 0341-0360, 0481-0500, "
        "0502, 0505, 0560-0565.",
        "The films of Shenzhen are palette or RGB files with equal channels; all are stored as grey.",
        "MCUCXR_0251_1 is an apical view; MCUCXR_0017_0, 0042_0, 0060_0, 0061_0, 0077_0 and 0080_0 have large black borders.",
        "The numbers of Montgomery run from 1 to 399 with gaps, those of Shenzhen from 1 to 662.",
        "The masks are said to leave out heart and mediastinum, and in films with tuberculosis some opacities.",
        "104 of the 566 masks of Shenzhen hold more than two areas, some of them specks; they are kept.",
        "In the Montgomery original left and right are sides of the picture: `mask_image_left` is the patient's right lung.",
        "The last digit of a name is the label: 0 normal, 1 tuberculosis.",
        "`age`, `sex` and `finding` are read from free text, kept in `reading`; they are null where it is written in an unknown way.",
    ),
    changes=(
        "Palette and RGB films with equal channels are stored as grey PNG.",
        "Masks are stored as label maps: values of 128 and more are lung; left and right masks of one film are united.",
        "Ages in months, weeks or days are stored as fractions of years.",
    ),
    editions=(
        Edition(
            license=License(
                "unknown",
                "none named for the films; CC BY-NC-SA 4.0 for the Shenzhen lung masks",
                "https://www.kaggle.com/datasets/yoctoman/shcxr-lung-mask",
                "unknown",
                (
                    Evidence(
                        "the author of the Shenzhen lung masks licenses them under CC BY-NC-SA 4.0, as quoted by two independent readers",
                        "https://github.com/FoolmanChen/Separate-Right-and-Left-Side-Lung-Masks-for-Shenzhen-Hospital-Chest-X-ray-Set",
                        "medium-high",
                    ),
                    Evidence(
                        "quotes the same license of the Shenzhen lung masks",
                        "https://github.com/jASON-6969/TTA",
                        "medium-high",
                    ),
                    Evidence(
                        "released to the research community; asks to attribute the sources and to cite two papers; names no license",
                        "https://lhncbc.nlm.nih.gov/LHC-publications/pubs/TuberculosisChestXrayImageDataSets.html",
                        "high",
                    ),
                    Evidence(
                        "material on the library's sites is in the public domain unless a page marks it as protected",
                        "http://www.nlm.nih.gov/copyright.html",
                        "high",
                    ),
                    Evidence(
                        "CC0, said by the uploader of the mix, who is not the owner",
                        "https://github.com/dataset-ninja/chest-xray/blob/main/LICENSE.md",
                        "low",
                    ),
                ),
                (
                    "Attribution: National Library of Medicine, National Institutes of Health, Bethesda, MD, USA, and Shenzhen No.3 People's "
                    "Hospital, Guangdong Medical College, Shenzhen, China.",
                    "Cite Jaeger et al. 2014 and Candemir et al. 2014.",
                    "Lung masks of Shenzhen: Kaggle yoctoman, Stirenko et al. 2018, CC BY-NC-SA 4.0: not for commercial use, share alike.",
                    "Say what was changed.",
                ),
            ),
            citations=(
                r"""@article{jaeger2014automatic,
  title   = {Automatic tuberculosis screening using chest radiographs},
  author  = {Jaeger, S. and Karargyris, A. and Candemir, S. and Folio, L. and Siegelman, J. and Callaghan, F. and Xue, Z. and Palaniappan, K. and Singh, R. K. and Antani, S. and Thoma, G. and Wang, Y.-X. and Lu, P.-X. and McDonald, C. J.},
  journal = {IEEE Transactions on Medical Imaging},
  volume  = {33}, number = {2}, pages = {233--245}, year = {2014},
  doi     = {10.1109/TMI.2013.2284099}
}""",
                r"""@article{candemir2014lung,
  title   = {Lung segmentation in chest radiographs using anatomical atlases with nonrigid registration},
  author  = {Candemir, S. and Jaeger, S. and Palaniappan, K. and Musco, J. P. and Singh, R. K. and Xue, Z. and Karargyris, A. and Antani, S. and Thoma, G. and McDonald, C. J.},
  journal = {IEEE Transactions on Medical Imaging},
  volume  = {33}, number = {2}, pages = {577--590}, year = {2014},
  doi     = {10.1109/TMI.2013.2290491}
}""",
                r"""@article{jaeger2014two,
  title   = {Two public chest X-ray datasets for computer-aided screening of pulmonary diseases},
  author  = {Jaeger, S. and Candemir, S. and Antani, S. and W{\'a}ng, Y.-X. J. and Lu, P.-X. and Thoma, G.},
  journal = {Quantitative Imaging in Medicine and Surgery},
  year    = {2014}
}""",
                r"""@inproceedings{stirenko2018chest,
  title     = {Chest X-Ray Analysis of Tuberculosis by Deep Learning with Segmentation and Augmentation},
  author    = {Stirenko, S. and Kochura, Y. and Alienin, O. and Rokovyi, O. and Gang, P. and Zeng, W. and Gordienko, Y.},
  booktitle = {2018 IEEE 38th International Conference on Electronics and Nanotechnology (ELNANO)},
  year      = {2018},
  note      = {arXiv:1803.01199}
}""",
            ),
            classes=("lung",),
            landmarks=(rf"CXR_png/{STEM}\.(?i:png)",),
            configs=(
                Config(
                    columns={
                        "label": Label(tuple(LABELS.values())),
                        "collection": Label(tuple(COLLECTIONS.values())),
                        "age": FLOAT32,
                        "sex": SEX,
                        "finding": TEXT,
                        "reading": TEXT,
                        "mask_image_left": PICTURE,
                        "mask_image_right": PICTURE,
                    }
                ),
            ),
            not_used=(
                (r"Annotations(?:-2)?/.*", "outlines of lesions: another task"),
                (r"[^/]*consensus_roi\.csv", "regions of lesions: another task"),
                (r"[^/]*(?i:readme)[^/]*|[^/]+\.pdf", "notes"),
            ),
            published=Published(
                {"train": 800},
                {"train": 704},
                {"train": 0.2532},
                "counted on the mix; foreground from the means of both collections",
                least=(1130, 948),
            ),
        ),
    ),
    signature=(rf"(?:CXR_png|(?:left|right)Mask)/{STEM}\.(?i:png)", rf"masks?/{STEM}_mask\.(?i:png)", rf"ClinicalReadings/{STEM}\.txt"),
    cases=cases,
    aliases=("chest-xray-masks-and-labels",),
    image_mode="L",
)
