"""DeepLIIF: nuclei in immunohistochemistry with co-registered immunofluorescence, six panels in one picture."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Config, Reading, source_of
from hf_medseg.dataset.columns import PICTURE, Label
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.deepliif.panels import PANELS, Nuclei, Panel

SPLITS = {"Training": "train", "Validation": "validation", "Testing": "test"}
TISSUES = ("lung", "bladder")
PICTURE_NAME = r"DeepLIIF_(Training|Validation|Testing)_Set/((?:Lung|Bladder)[^/]*)\.(?i:png)"


def cases(raw: Raw) -> Iterator[Case]:
    """One case a picture of six panels; names may repeat in another split, so ids begin with it."""
    for (name, stem), file in raw.find(PICTURE_NAME).items():
        split = SPLITS[name]
        others = {f"image_{panel}": Panel(file, panel=panel) for panel in PANELS[1:-1]}
        yield Case(
            f"{split}_{stem}",
            {"image": Panel(file, panel="ihc"), "mask": Nuclei(Panel(file, panel="segmentation")), **others},
            {"tissue": next(tissue for tissue in TISSUES if stem.lower().startswith(tissue))},
            split=split,
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(PICTURE_NAME,),
        not_used=((r"BC-DeepLIIF_[^/]+/.+", "built on crops of another owner's BCDataset"),),
        configs=(Config(columns={**{f"image_{panel}": PICTURE for panel in PANELS[1:-1]}, "tissue": Label(TISSUES)}),),
    ),
    cases,
    signature=(PICTURE_NAME,),
)
