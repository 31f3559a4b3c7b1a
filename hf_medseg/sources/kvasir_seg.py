"""Kvasir-SEG: polyps in colonoscopy pictures, JPEG masks, boxes from JSON or CSV."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import boxes
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.boxes import BoxTable, boxes_of_json
from hf_medseg.pixels.masks import Threshold
from hf_medseg.pixels.picture import Picture
from hf_medseg.raw.tables import lines_of
from hf_medseg.raw.tree import Raw, union

STEM = r"c[a-z0-9]{24}"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture; the owner's lists, where the user added them, say the split."""
    pictures = raw.find(rf"images/({STEM})\.(?i:jpe?g)")
    masks = raw.find(rf"masks/({STEM})\.(?i:jpe?g)")
    tables = raw.find(rf"bbox/({STEM})\.csv")
    lists = {split: raw.one(rf"Data-split/{name}\.txt") for name, split in (("train", "train"), ("val", "validation"))}
    named = {split: set(lines_of(file)) for split, file in lists.items() if file is not None}
    raw.use(*(file for file in lists.values() if file is not None))
    table = raw.one(r"kavsir_bboxes\.json")
    known = boxes_of_json(table) if table is not None else {}
    raw.use(*([table] if table is not None else []))
    stems = union(pictures, masks)
    for split, file in lists.items():
        if file is not None:
            raw.compare(file, sorted(named[split]), stems)
    if table is not None:
        raw.compare(table, known, stems)
    for stem in stems:
        wrong = ""
        splits = [split for split, stems in named.items() if stem in stems]
        if named and len(splits) != 1:
            wrong = f"{'both' if splits else 'none'} of the lists in Data-split name it."
        elif known and stem not in known:
            wrong = "kavsir_bboxes.json does not name it."
        found = known.get(stem) or (BoxTable(tables.need(stem, f"bbox/{stem}.csv")) if tables and not known else None)
        yield Case(
            stem,
            {
                "image": Picture(pictures.need(stem, f"images/{stem}.jpg")),
                # Compression left values around 0 and 255: 127 parts them, and a coloured overlay is no mask.
                "mask": Threshold(Picture(masks.need(stem, f"masks/{stem}.jpg"), "L")),
                "boxes": found,
            },
            split=splits[0] if splits else "train",
            wrong=wrong,
        )


SOURCE = Source(
    id="kvasir-seg",
    title="Kvasir-SEG: A Segmented Polyp Dataset",
    homepage="https://datasets.simula.no/kvasir-seg/",
    modality=("colonoscopy",),
    anatomy=("colon",),
    task="polyp segmentation",
    summary="1,000 white-light colonoscopy pictures with polyps outlined and boxed.",
    access=Access(
        "request",
        (
            "Download kvasir-seg.zip from https://datasets.simula.no/downloads/kvasir-seg.zip.",
            "For the owner's split put Data-split/train.txt and val.txt of https://github.com/DebeshJha/Kvasir-SEG beside it.",
        ),
        (
            Download(
                "https://datasets.simula.no/downloads/kvasir-seg.zip",
                name="kvasir-seg.zip",
                checksum="sha256:03b30e21d584e04facf49397a2576738fd626815771afbbf788f74a7153478f7",
                mirrors=("kaggle:debeshjha1/kvasirseg",),
                approximate=46_200_000,
            ),
        ),
    ),
    layout=(
        "Kvasir-SEG/images/cju0qkwl35piu0993l0dewei2.jpg  Kvasir-SEG/masks/cju0qkwl35piu0993l0dewei2.jpg  ... (1,000 pairs)\n"
        "Kvasir-SEG/kavsir_bboxes.json (sic)\n"
        "The Kaggle copy is one folder deeper and has bbox/<name>.csv for each picture; "
        "Data-split/train.txt and Data-split/val.txt are read where the user adds them."
    ),
    splits=(
        "No split in the download: one split `train`. With the owner's lists Data-split/train.txt and val.txt added: "
        "880 pictures `train`, 120 `validation`."
    ),
    quirks=(
        "The masks are JPEG and not binary on disk; values above 127 are polyp. A threshold of 0 would grow the polyps.",
        "All polyps of a picture are one mask; `boxes` tells them apart. Boxes lie one pixel outside the polyps and are exclusive on the right and below.",
        "Connected regions are not polyps: specks of a few pixels exist, and one picture has 10 boxes.",
        "The table of boxes is called kavsir_bboxes.json (sic); Kaggle copies have CSV tables instead, and some copies have neither (`boxes` is null).",
        "13 pictures of the original Kvasir polyp class were replaced: this is no subset of Kvasir v2.",
        "All 1,000 pictures are also in HyperKvasir (labelled and segmented parts), some in Kvasir-Sessile and in many benchmark mixtures: "
        "deduplicate before merging.",
        "Sizes differ from picture to picture (332 x 487 to 1920 x 1072).",
        "The same pictures and masks are published under CC BY 4.0 as HyperKvasir's segmented images (source `hyperkvasir`).",
        "Nothing is known of patients; pictures of one patient may lie in both splits.",
    ),
    changes=("JPEG masks are thresholded at 127 and stored as 8-bit label maps.",),
    editions=(
        Edition(
            license=License(
                "other",
                "research and education only",
                "https://datasets.simula.no/kvasir-seg/",
                "restricted",
                (
                    Evidence(
                        "research and educational purposes only; commercial use forbidden without prior written permission; the paper must be cited",
                        "https://github.com/DebeshJha/Kvasir-SEG/blob/HEAD/README.md",
                        "high",
                    ),
                ),
                (
                    "Research and educational purposes only.",
                    "Commercial use is forbidden without prior written permission.",
                    "Cite Jha et al. 2020.",
                ),
            ),
            citations=(
                r"""@inproceedings{jha2020kvasir,
  title     = {Kvasir-SEG: A Segmented Polyp Dataset},
  author    = {Jha, Debesh and Smedsrud, Pia H. and Riegler, Michael A. and Halvorsen, P{\aa}l and de Lange, Thomas and Johansen, Dag and Johansen, H{\aa}vard D.},
  booktitle = {MultiMedia Modeling: 26th International Conference, MMM 2020, Daejeon, South Korea, January 5--8, 2020, Proceedings, Part II},
  pages     = {451--462},
  year      = {2020},
  publisher = {Springer},
  doi       = {10.1007/978-3-030-37734-2_37}
}""",
                r"""@article{borgli2020hyperkvasir,
  title   = {{HyperKvasir}, a comprehensive multi-class image and video dataset for gastrointestinal endoscopy},
  author  = {Borgli, Hanna and Thambawita, Vajira and Smedsrud, Pia H. and Hicks, Steven and Jha, Debesh and Eskeland, Sigrun L. and Randel, Kristin Ranheim and Pogorelov, Konstantin and Lux, Mathias and Nguyen, Duc Tien Dang and Johansen, Dag and Griwodz, Carsten and Stensland, H{\aa}kon K. and Garcia-Ceja, Enrique and Schmidt, Peter T. and Hammer, Hugo L. and Riegler, Michael A. and Halvorsen, P{\aa}l and de Lange, Thomas},
  journal = {Scientific Data},
  volume  = {7}, number = {1}, pages = {283}, year = {2020},
  issn    = {2052-4463},
  doi     = {10.1038/s41597-020-00622-y}
}""",
            ),
            classes=("polyp",),
            landmarks=(rf"images/{STEM}\.(?i:jpe?g)", rf"masks/{STEM}\.(?i:jpe?g)"),
            configs=(Config(columns={"boxes": boxes("polyp")}),),
            not_used=(
                (r"annotated_images/[^/]+", "pictures with drawn boxes, no data of their own"),
                (r"bbox/[^/]+\.csv", "the boxes are read from kavsir_bboxes.json"),
            ),
            published=Published(
                {"train": 1000}, {"train": 1000}, {"train": 0.1539}, "counted on all 1,000 masks; no split", least=(332, 352)
            ),
        ),
    ),
    signature=(r"kavsir_bboxes\.json", r"masks/c(?:ju|jy|jz|k2)[a-z0-9]{22}\.(?i:jpe?g)"),
    cases=cases,
    hashes=(
        (146472, "0fe37c9408c6b6319c6fb61828b486afd3fa1ffb7526dff8752ee30e04a54833"),
        (51229, "71179abc4b011cc99bddb3344e3e114765b32bdf77e78892f046026d785a4bdb"),
    ),
    image_mode="RGB",
)
