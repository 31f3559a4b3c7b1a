"""PROSTATEx: the zones of the prostate in T2-weighted MRI, as DICOM SEG."""

from __future__ import annotations

from hf_medseg.masks.dicom_select import Select
from hf_medseg.sources.collections import Collection, collection_of

SOURCE = collection_of(
    __file__,
    Collection(
        names={
            "*peripheral zone*": "peripheral_zone",
            "*transition zone*": "transition_zone",
            "*transitional zone*": "transition_zone",
            "*fibromuscular stroma*": "anterior_fibromuscular_stroma",
            "*urethra*": "urethra",
        },
        ignore=("*prostate*", "*whole gland*"),
        patients=r"ProstateX-\d{4}",
        select=Select(description=("Segmentation",)),
    ),
    ids=(r"ProstateX_\d{4}",),
)
