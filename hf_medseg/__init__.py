"""Medical image segmentation datasets: a raw download in, a Hugging Face dataset out."""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = ["Refused", "check", "convert", "download", "load_dataset", "physical", "sources", "verify"]

if TYPE_CHECKING:
    from hf_medseg.catalog import sources
    from hf_medseg.check import check
    from hf_medseg.convert import convert
    from hf_medseg.download import download
    from hf_medseg.errors import Refused
    from hf_medseg.loading import load_dataset
    from hf_medseg.physical import physical
    from hf_medseg.verify import verify

_HOMES = {
    "Refused": "errors",
    "check": "check",
    "convert": "convert",
    "download": "download",
    "load_dataset": "loading",
    "physical": "physical",
    "sources": "catalog",
    "verify": "verify",
}


class _Package(ModuleType):
    """This package: its public functions are imported when first used, so that `import hf_medseg` costs nothing in workers.

    Some share their name with the module (or the folder of sources) they come from; the function is what the name means.
    """

    def __getattr__(self, name: str) -> Any:
        if name not in _HOMES:
            raise AttributeError(f"hf_medseg has no {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

    def __setattr__(self, name: str, value: Any) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
