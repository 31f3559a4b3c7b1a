"""NasalSeg: nasal cavities, maxillary sinuses and nasopharynx in CT."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.catalog.source import Reading, source_of, volume_configs
from hf_medseg.formats.headed import HeadedVolume
from hf_medseg.masks.labels import Values
from hf_medseg.raw.tree import Raw, union


def cases(raw: Raw) -> Iterator[Case]:
    """One case a scan."""
    images, masks = raw.find(r"images/([^/]+)_img\.nrrd"), raw.find(r"labels/([^/]+)_seg\.nrrd")
    for name in union(images, masks):
        image = images.need(name, f"images/{name}_img.nrrd")
        mask = masks.need(name, f"labels/{name}_seg.nrrd")
        yield Case(
            name,
            {"image": HeadedVolume(image), "mask": Values(HeadedVolume(mask), {value: value for value in range(6)})},
            patient_id=name,
        )


SOURCE = source_of(
    __file__,
    Reading(
        landmarks=(r"images/[^/]+_img\.nrrd", r"labels/[^/]+_seg\.nrrd"),
        configs=volume_configs(),
    ),
    cases,
    signature=(r"NasalSeg/(?:images/[^/]+_img|labels/[^/]+_seg)\.nrrd",),
)
