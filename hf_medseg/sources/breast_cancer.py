"""BUSI: breast ultrasound, one mask file a lesion, the diagnosis in the folder name."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import INT32, PICTURE, Label
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Instances, Painted, Values
from hf_medseg.pixels.picture import Picture
from hf_medseg.raw.tree import Raw, union

LESION = {0: 0, 255: 1}
BLACK = {0: 0}
NAME = r"(benign|malignant|normal)/\1 \((\d+)\)"
# The same picture in two classes, found by its pixels.
CONTRADICTION = (("benign", "433"), ("malignant", "145"))


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; its mask files are united and told apart."""
    pictures = raw.find(NAME + r"\.(?i:png)")
    first = raw.find(NAME + r"_mask\.(?i:png)")
    more = raw.find(NAME + r"_mask_(\d+)\.(?i:png)")
    if all(key in pictures for key in CONTRADICTION):
        for key, other in (CONTRADICTION, CONTRADICTION[::-1]):
            raw.note(pictures[key], f"its pixels are those of {pictures[other].path}, which has another label")
    lesions = {key: [file for (*owner, _), file in more.items() if tuple(owner) == key] for key in {key[:2] for key in more}}
    for key in union(pictures, first, lesions):
        label, number = key
        path = f"{label}/{label} ({number})"
        files = [first.need(key, f"{path}_mask.png"), *lesions.get(key, [])]
        parts = tuple(Values(Picture(file), BLACK if label == "normal" else LESION) for file in files)
        yield Case(
            f"{label} ({number})",
            {"image": Picture(pictures.need(key, f"{path}.png")), "mask": Painted(parts), "instances": Instances(parts)},
            {"label": label, "num_masks": len(files)},
        )


SOURCE = Source(
    id="breast-cancer",
    title="BUSI: Breast Ultrasound Images dataset (Dataset_BUSI_with_GT)",
    homepage="https://scholar.cu.edu.eg/?q=afahmy/pages/dataset",
    modality=("ultrasound",),
    anatomy=("breast",),
    task="lesion segmentation and classification",
    summary="780 ultrasound pictures of 600 women (437 benign, 210 malignant, 133 normal), lesions outlined.",
    access=Access(
        "request",
        (
            "Download Dataset_BUSI.zip from https://scholar.cu.edu.eg/Dataset_BUSI.zip (the host's certificate chain often fails), "
            "or aryashah2k/breast-ultrasound-images-dataset from Kaggle.",
        ),
        (
            Download(
                "https://scholar.cu.edu.eg/Dataset_BUSI.zip",
                name="Dataset_BUSI.zip",
                checksum="sha256:b2ce09f6063a31a73f628b6a6ee1245187cbaec225e93e563735691d68654de7",
                mirrors=("kaggle:aryashah2k/breast-ultrasound-images-dataset",),
                approximate=250_000_000,
            ),
        ),
    ),
    layout=(
        "Dataset_BUSI_with_GT/benign/benign (1).png  Dataset_BUSI_with_GT/benign/benign (1)_mask.png  ... (437)\n"
        "Dataset_BUSI_with_GT/malignant/malignant (1).png ... (210)  Dataset_BUSI_with_GT/normal/normal (1).png ... (133)\n"
        "17 pictures have further lesions in benign (4)_mask_1.png, benign (195)_mask_2.png"
    ),
    splits="No official split: one split `train`. There are no patient ids (600 women, 780 pictures).",
    quirks=(
        "17 pictures have more than one mask file (18 files beyond the first): `mask` is their union, `instances` numbers them "
        "(1 for `_mask`, 2 for `_mask_1`, 3 for `_mask_2`). An only file may hold several regions.",
        "The masks' colour modes differ (1-bit, grey, RGB, with alpha); masks of `normal` are all black.",
        "benign (433) and malignant (145) are the same picture with contradicting labels; both stay.",
        "A letter to the editor (Pawlowska et al. 2023) reports 235 duplicated images, 8 lesions in both the benign and the malignant folder, "
        "about 70 images of the axilla and 295 with burned-in callipers, text or Doppler: random splits leak.",
        "16 pictures have coloured overlays (benign 6, 13, 69, 102, 173, 234, 240, 255, 261, 277, 323, 330; malignant 65, 67, 196; normal 113).",
        "Copies resized to 256 x 256 without masks exist: every case of theirs is rejected.",
        "Women of 25 to 75 years, collected 2018 at Baheya Hospital, Cairo; nothing is known for a single picture.",
        "The TLS certificate of the owner's host often fails; compare the zip's SHA-256.",
    ),
    changes=("The mask files of a picture are united into one 8-bit label map; the single lesions are kept in `instances`.",),
    editions=(
        Edition(
            license=License(
                "unknown",
                "no owner's license for the files was found",
                "https://scholar.cu.edu.eg/?q=afahmy/pages/dataset",
                "unknown",
                (
                    Evidence(
                        "a re-uploader's label: cc-by-4.0",
                        "https://huggingface.co/datasets/gymprathap/Breast-Cancer-Ultrasound-Images-Dataset",
                        "low",
                    ),
                    Evidence(
                        "a re-uploader's label: cc",
                        "https://huggingface.co/datasets/as-cle-bert/breastcancer-auto-objdetect",
                        "low",
                    ),
                    Evidence("a re-uploader's label: other", "https://huggingface.co/datasets/Angelou0516/BUSI", "low"),
                    Evidence(
                        "says CC0, taken from a Kaggle re-host",
                        "https://github.com/zekikus/MedSegBench/blob/HEAD/medsegbench/info.py",
                        "low",
                    ),
                ),
                ("Cite Al-Dhabyani et al. 2020.",),
            ),
            citations=(
                r"""@article{aldhabyani2020dataset,
  title   = {Dataset of breast ultrasound images},
  author  = {Al-Dhabyani, Walid and Gomaa, Mohammed and Khaled, Hussien and Fahmy, Aly},
  journal = {Data in Brief},
  volume  = {28},
  pages   = {104863},
  year    = {2020},
  doi     = {10.1016/j.dib.2019.104863}
}""",
                r"""@article{pawlowska2023letter,
  title   = {Letter to the Editor. Re: "Dataset of breast ultrasound images by W. Al-Dhabyani, M. Gomaa, H. Khaled and A. Fahmy, Data in Brief, 2020, 28, 104863"},
  author  = {Paw{\l}owska, Anna and Karwat, Piotr and {\.Z}o{\l}ek, Norbert},
  journal = {Data in Brief},
  volume  = {48},
  pages   = {109247},
  year    = {2023},
  doi     = {10.1016/j.dib.2023.109247}
}""",
            ),
            classes=("lesion",),
            landmarks=(NAME + r"\.(?i:png)",),
            configs=(Config(columns={"label": Label(("normal", "benign", "malignant")), "instances": PICTURE, "num_masks": INT32}),),
            published=Published({"train": 780}, {"train": 780}, note="counted on public copies", least=(190, 1)),
        ),
    ),
    aliases=("busi",),
    signature=(NAME + r"_mask(?:_\d+)?\.(?i:png)",),
    cases=cases,
)
