"""MFSD (MSFD): face masks worn by people in photographs; not medical imaging."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.facts import Access, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.masks import Threshold
from hf_medseg.pixels.picture import Picture
from hf_medseg.raw.tree import Raw, union


def cases(raw: Raw) -> Iterator[Case]:
    """One case a face; a face without a file of its own among the masks was not annotated."""
    crops = raw.find(r"face_crop/([^/]+)\.(?i:jpe?g)")
    masks = raw.find(r"face_crop_segmentation/([^/]+)\.(?i:jpe?g)")
    for stem in union(crops, masks):
        yield Case(
            stem,
            {
                "image": Picture(crops.need(stem, f"face_crop/{stem}.jpg")),
                "mask": Threshold(Picture(masks[stem])) if stem in masks else None,
            },
            patient_id=stem.rpartition("_")[0] or stem,
        )


SOURCE = Source(
    id="mfsd",
    title="MFSD / MSFD - Masked Face Segmentation Dataset",
    homepage="https://github.com/sadjadrz/MFSD",
    modality=("photography",),
    anatomy=("face",),
    task="face mask segmentation",
    summary="Faces cut from photographs, with the fabric of the worn face masks outlined. Not medical imaging.",
    access=Access(
        "request",
        (
            "Download MSFD.zip from https://drive.google.com/file/d/1KycQj4dik91RuBGvbhDJou7YDQEKAH2Z/view.",
            "Google Drive asks to confirm the download of a large file.",
        ),
        (Download("1KycQj4dik91RuBGvbhDJou7YDQEKAH2Z", "gdown", "MSFD.zip"),),
    ),
    layout=(
        "MSFD/1/dataset.csv  MSFD/1/img/005320.jpg  MSFD/1/face_crop/005320_1.jpg  MSFD/1/face_crop_segmentation/005320_1.jpg\n"
        "MSFD/2/img/... (photographs without annotation)"
    ),
    splits="No official split: one split `train`. Faces of one photograph share `patient_id`; split by it.",
    quirks=(
        "The set is called MFSD, its archive and folder MSFD; `img` and `dataset.csv` belong to folder 1.",
        "Faces without a face mask have no mask file: their `mask` is null. The zip holds about 9,382 pairs, the paper claims 12,758.",
        "Folder 2 has no labels; its photographs are no rows.",
        "The masks are JPEG: values above 127 are face mask, all else background.",
        "Unreadable files occur; they are rejected by name.",
        "The Google Drive file has no published checksum.",
        "The photographs show identifiable people from social media: keep them local, and identify nobody.",
    ),
    changes=("JPEG masks are thresholded at 127 and stored as label maps.",),
    editions=(
        Edition(
            license=License(
                "unknown",
                "MIT declared by the repository; the photographs are other people's",
                "https://github.com/sadjadrz/MFSD/blob/main/LICENSE",
                "unknown",
                (
                    Evidence(
                        "the data set is distributed under MIT; the photographs were collected from Google and Instagram, "
                        "so the repository hardly owns what it licenses",
                        "https://github.com/sadjadrz/MFSD",
                        "high",
                    ),
                ),
                ("Cite Rezvani et al. 2024.",),
            ),
            citations=(
                r"""@article{rezvani2024abanet,
  title   = {ABANet: Attention boundary-aware network for image segmentation},
  author  = {Rezvani, Sadjad and Fateh, Mansoor and Khosravi, Hossein},
  journal = {Expert Systems},
  volume  = {41},
  number  = {9},
  pages   = {e13625},
  year    = {2024},
  publisher = {Wiley},
  doi     = {10.1111/exsy.13625}
}""",
            ),
            classes=("face_mask",),
            landmarks=(r"face_crop/[^/]+\.(?i:jpe?g)", r"face_crop_segmentation/[^/]+\.(?i:jpe?g)"),
            not_used=(
                (r"1/img/[^/]+", "a whole photograph; the rows are the faces cut from it"),
                (r"2/img/[^/]+", "a photograph without labels"),
                (r"img/[^/]+", "a whole photograph; the rows are the faces cut from it"),
                (r"dataset\.csv", "boxes of faces on the whole photographs, which are no rows"),
            ),
            published=Published(with_mask={"train": 9382}, note="pairs counted by a reader of the zip"),
        ),
    ),
    signature=(r"face_crop_segmentation/\d+_\d+\.(?i:jpe?g)",),
    cases=cases,
    aliases=("msfd",),
    image_mode="RGB",
)
