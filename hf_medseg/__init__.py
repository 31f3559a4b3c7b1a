"""Medical image segmentation datasets: a raw download in, a Hugging Face dataset out."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

# These folders have the names of public functions: once they are imported, they do not come between any more.
import hf_medseg.site as _site  # noqa: F401
import hf_medseg.sources as _folder  # noqa: F401

__version__ = "0.2.0"

__all__ = [
    "MedsegError",
    "Mismatch",
    "MissingExtra",
    "Refused",
    "Rejected",
    "Unavailable",
    "WorkerDied",
    "check",
    "contact_sheet",
    "convert",
    "derive",
    "download",
    "export",
    "identify",
    "load_dataset",
    "overlap",
    "physical",
    "push",
    "restore",
    "site",
    "sources",
    "stats",
    "verify",
]

if TYPE_CHECKING:
    from hf_medseg.catalog.lookup import sources
    from hf_medseg.conversion.executor import WorkerDied
    from hf_medseg.conversion.identify import identify
    from hf_medseg.conversion.run import convert
    from hf_medseg.deriving.placing import restore
    from hf_medseg.deriving.run import derive
    from hf_medseg.errors import MedsegError, MissingExtra, Refused, Rejected
    from hf_medseg.exporting.run import export
    from hf_medseg.fetching.compare import check
    from hf_medseg.fetching.download import download
    from hf_medseg.fetching.wanted import Mismatch, Unavailable
    from hf_medseg.formats.physical import physical
    from hf_medseg.loading.builder import load_dataset
    from hf_medseg.preview.sheet import contact_sheet
    from hf_medseg.publishing.push import push
    from hf_medseg.site.build import site
    from hf_medseg.statistics.collect import stats
    from hf_medseg.statistics.overlap import overlap
    from hf_medseg.verification.verify import verify
else:
    del site, sources

_HOMES = {
    "MedsegError": "errors",
    "Mismatch": "fetching.wanted",
    "MissingExtra": "errors",
    "Refused": "errors",
    "Rejected": "errors",
    "Unavailable": "fetching.wanted",
    "WorkerDied": "conversion.executor",
    "check": "fetching.compare",
    "contact_sheet": "preview.sheet",
    "convert": "conversion.run",
    "derive": "deriving.run",
    "download": "fetching.download",
    "export": "exporting.run",
    "identify": "conversion.identify",
    "load_dataset": "loading.builder",
    "overlap": "statistics.overlap",
    "physical": "formats.physical",
    "push": "publishing.push",
    "restore": "deriving.placing",
    "site": "site.build",
    "sources": "catalog.lookup",
    "stats": "statistics.collect",
    "verify": "verification.verify",
}


def __getattr__(name: str) -> Any:
    """Public names are imported when first used, so that `import hf_medseg` costs nothing in workers."""
    if name not in _HOMES:
        raise AttributeError(f"hf_medseg has no {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
