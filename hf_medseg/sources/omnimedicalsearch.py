"""OmniMedicalSearch: a page of links to other sites; nothing of its own to convert."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.case import Case
from hf_medseg.facts import Access, Edition, Source
from hf_medseg.licenses import Evidence, License
from hf_medseg.raw.tree import Raw

PAGE = "http://www.omnimedicalsearch.com/image_databases.html"


def cases(raw: Raw) -> Iterator[Case]:
    """None: there is no raw tree."""
    yield from ()


SOURCE = Source(
    id="omnimedicalsearch",
    title="OmniMedicalSearch: Medical Image Databases & Libraries",
    homepage=PAGE,
    modality=("none",),
    anatomy=("none",),
    task="none",
    summary="A portal: a page of links of a medical search engine to about 20 collections of other owners. It holds no images, so there is nothing to convert.",
    access=Access(
        "none",
        (
            "Whether the page is still there is unknown; it may be dead or unsafe.",
            "Each collection that it linked has its own owner and terms: several are commercial. Of them this catalog has medpix.",
        ),
    ),
    layout="none",
    splits="There are none.",
    quirks=(
        "The page was called a huge database; that describes the linked sites, not the page.",
        "Following its links gives nothing that may be passed on without asking: A.D.A.M., Nucleus, DermNet and others are copyrighted.",
    ),
    editions=(
        Edition(
            license=License(
                "unknown",
                "nothing to license",
                PAGE,
                "unknown",
                (Evidence("a list of links, as a note of 2018 that reproduces it shows", PAGE, "medium"),),
            ),
            citations=(),
            landmarks=(),
        ),
    ),
    cases=cases,
    convertible=False,
)
