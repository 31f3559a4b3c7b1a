"""HyperKvasir, segmented images: the openly licensed twin of Kvasir-SEG."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.columns import INT32, boxes
from hf_medseg.facts import Access, Config, Download, Edition, Published, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.pixels.boxes import boxes_of_json
from hf_medseg.pixels.masks import Threshold
from hf_medseg.pixels.picture import Picture
from hf_medseg.raw.cells import whole_in
from hf_medseg.raw.tree import Raw, union

STEM = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
# The unlabelled part has a folder `images` of its own.
PICTURES = rf"(?<!unlabeled-images/)images/({STEM})\.(?i:jpe?g)"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture."""
    pictures = raw.find(PICTURES)
    masks = raw.find(rf"masks/({STEM})\.(?i:jpe?g)")
    table = raw.find(r"bounding-boxes\.json")["bounding-boxes.json"]
    raw.use(table)
    known = boxes_of_json(table)
    folds = {count: raw.table(rf"{count}_fold_split\.csv", ("file-name", "split-index")) for count in (2, 5)}
    stems = union(pictures, masks)
    names = {f"{stem}.jpg" for stem in stems}
    fold_of = {count: lines.by("file-name", of=names, each=True) for count, lines in folds.items() if lines is not None}
    raw.compare(table, known, stems)
    for stem in stems:
        name = f"{stem}.jpg"
        conflicts = [lines.conflicts[name] for lines in fold_of.values() if name in lines.conflicts]
        yield Case(
            stem,
            {
                "image": Picture(pictures.need(stem, f"images/{name}")),
                # Compression left values around 0 and 255: 127 parts them, and a coloured overlay is no mask.
                "mask": Threshold(Picture(masks.need(stem, f"masks/{name}"), "L")),
                "boxes": known.get(stem),
            },
            {f"fold_{count}": whole_in(lines[name], "split-index") for count, lines in fold_of.items() if name in lines},
            wrong=" ".join(conflicts) if stem in known else f"{table.path} does not name it.",
        )


SOURCE = Source(
    id="hyperkvasir",
    title="HyperKvasir, segmented images: 1,000 polyp pictures with masks and boxes",
    homepage="https://datasets.simula.no/hyper-kvasir/",
    modality=("colonoscopy",),
    anatomy=("colon",),
    task="polyp segmentation",
    summary="1,000 white-light colonoscopy pictures (Baerum Hospital, Norway, 2008-2016) with polyps outlined and boxed.",
    access=Access(
        "free",
        ("Download hyper-kvasir-segmented-images.zip from https://datasets.simula.no/hyper-kvasir/; the whole data set is not needed.",),
        (
            Download(
                "https://datasets.simula.no/downloads/hyper-kvasir/hyper-kvasir-segmented-images.zip",
                name="hyper-kvasir-segmented-images.zip",
                size=46_179_365,
                checksum="sha256:4463011f991dcdc74ec56399788b1a93822593f17ed18a662bdeb7392ffcdd9a",
                mirrors=("https://datasets.simula.no/hyper-kvasir/hyper-kvasir-segmented-images.zip",),
            ),
        ),
    ),
    layout=(
        "segmented-images/images/0dad158b-043d-427d-a656-b1034b9a6a0d.jpg  segmented-images/masks/0dad158b-043d-427d-a656-b1034b9a6a0d.jpg  "
        "... (1,000 pairs)\n"
        "segmented-images/bounding-boxes.json\n"
        "official_splits/2_fold_split.csv and 5_fold_split.csv of https://github.com/simula/hyper-kvasir are read where the user adds them."
    ),
    splits="No official segmentation split: one split `train`. The owner's classification folds, where the user adds them, are `fold_2` and `fold_5`.",
    quirks=(
        "The masks are JPEG and not binary on disk; values above 127 are polyp (a threshold of 0 inflates the area from 15.391 % to 15.782 %).",
        "All polyps of a picture are one mask, never empty, never full; `boxes` tells them apart.",
        "Boxes lie one pixel outside the polyps and are exclusive on the right and below, so they may end at the picture's width and height.",
        "Boxes are not polyps: 8 lie inside another box of the same picture, 7 have a side of 8 pixels or less, one picture has 10.",
        "All 1,000 pictures are also in HyperKvasir's labelled part (class `polyp`) and, under other names, in Kvasir-SEG: "
        "deduplicate before merging, and never put them in train and test of one benchmark.",
        "The zip was issued at least twice with different checksums; another checksum is no damage by itself.",
        "Some pictures show the ScopeGuide inset or a black frame with burnt-in text areas.",
        "The folds were cut in folder order, not by patient; nothing is known of patients.",
    ),
    changes=("JPEG masks are thresholded at 127 and stored as 8-bit label maps; pictures and masks are packed as Parquet.",),
    editions=(
        Edition(
            license=License(
                "cc-by-4.0",
                "Creative Commons Attribution 4.0 International",
                "https://creativecommons.org/licenses/by/4.0/",
                "open",
                (
                    Evidence(
                        "LICENSE.md of the owner's repository is the text of CC BY 4.0; the same maintainer replaced CC BY-NC 4.0 by it on 2020-01-29",
                        "https://github.com/simula/hyper-kvasir/blob/HEAD/LICENSE.md",
                        "high",
                    ),
                    Evidence(
                        "license.txt that travels with the data names CC BY 4.0",
                        "https://huggingface.co/datasets/sahilur/hyper-kvasir-labeled-images/blob/main/license.txt",
                        "high",
                    ),
                    Evidence(
                        "quotes the license of the owner's OSF record as CC BY 4.0",
                        "https://github.com/dataset-ninja/hyper-kvasir/blob/HEAD/LICENSE.md",
                        "high",
                    ),
                    Evidence(
                        "the text of the owner group's own card says CC BY 4.0 (its YAML says mit: a slip)",
                        "https://huggingface.co/datasets/SimulaMet-HOST/HyperKvasir",
                        "high",
                    ),
                    Evidence(
                        "against it: a paragraph of December 2019 in the code repository's README asks for written permission for "
                        "competitions and commercial use",
                        "https://github.com/simula/hyper-kvasir/blob/HEAD/README.md",
                        "high",
                    ),
                ),
                (
                    "Cite Borgli et al. 2020.",
                    "Name HyperKvasir, Simula and Baerum Hospital (Vestre Viken) as the source with both links: "
                    "https://datasets.simula.no/hyper-kvasir/ and https://osf.io/mh9sj.",
                    "Link https://creativecommons.org/licenses/by/4.0/.",
                    "Say what was changed (masks thresholded and stored as PNG label maps, Parquet packing).",
                    "No endorsement by the owners may be suggested.",
                    'The README of the owner\'s code repository keeps a "terms of use" paragraph from December 2019 (research and education free; '
                    "competitions and commercial use only with prior written permission). LICENSE.md was CC BY-NC 4.0 then; the owner replaced it "
                    "by CC BY 4.0 on 2020-01-29 and left the paragraph. The license file and license.txt are the grant; the paragraph is treated "
                    "as a wish. Contact: https://github.com/simula/hyper-kvasir.",
                    "Also cite Kvasir-SEG (Jha et al. 2020), whose annotation work this is.",
                ),
            ),
            citations=(
                r"""@article{borgli2020hyperkvasir,
  title   = {{HyperKvasir}, a comprehensive multi-class image and video dataset for gastrointestinal endoscopy},
  author  = {Borgli, Hanna and Thambawita, Vajira and Smedsrud, Pia H. and Hicks, Steven and Jha, Debesh and Eskeland, Sigrun L. and Randel, Kristin Ranheim and Pogorelov, Konstantin and Lux, Mathias and Nguyen, Duc Tien Dang and Johansen, Dag and Griwodz, Carsten and Stensland, H{\aa}kon K. and Garcia-Ceja, Enrique and Schmidt, Peter T. and Hammer, Hugo L. and Riegler, Michael A. and Halvorsen, P{\aa}l and de Lange, Thomas},
  journal = {Scientific Data},
  volume  = {7}, number = {1}, pages = {283}, year = {2020},
  issn    = {2052-4463},
  doi     = {10.1038/s41597-020-00622-y}
}""",
                r"""@inproceedings{jha2020kvasir,
  title     = {Kvasir-SEG: A Segmented Polyp Dataset},
  author    = {Jha, Debesh and Smedsrud, Pia H. and Riegler, Michael A. and Halvorsen, P{\aa}l and de Lange, Thomas and Johansen, Dag and Johansen, H{\aa}vard D.},
  booktitle = {MultiMedia Modeling (MMM 2020), Part II}, pages = {451--462}, publisher = {Springer}, year = {2020},
  doi       = {10.1007/978-3-030-37734-2_37}
}""",
            ),
            classes=("polyp",),
            landmarks=(PICTURES, rf"masks/{STEM}\.(?i:jpe?g)", r"bounding-boxes\.json"),
            configs=(Config(columns={"boxes": boxes("polyp"), "fold_2": INT32, "fold_5": INT32}),),
            not_used=((r"(?:un)?labeled-(?:images|videos)/.*", "a part of HyperKvasir without masks"),),
            published=Published({"train": 1000}, {"train": 1000}, {"train": 0.15391}, "areas published by the owner", least=(332, 352)),
        ),
    ),
    signature=(rf"segmented-images/masks/{STEM}\.(?i:jpe?g)",),
    cases=cases,
    image_mode="RGB",
)
