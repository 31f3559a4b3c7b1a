"""Medical image segmentation datasets: a raw download in, a Hugging Face dataset out."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

__all__ = ["Refused", "convert", "load_dataset", "physical", "sources", "verify"]

if TYPE_CHECKING:
    from hf_medseg.catalog import sources
    from hf_medseg.convert import convert
    from hf_medseg.errors import Refused
    from hf_medseg.loading import load_dataset
    from hf_medseg.physical import physical
    from hf_medseg.verify import verify

_HOMES = {
    "Refused": "errors",
    "convert": "convert",
    "load_dataset": "loading",
    "physical": "physical",
    "sources": "catalog",
    "verify": "verify",
}


def __getattr__(name: str) -> Any:
    """Imports a public name when it is first used, so that `import hf_medseg` costs nothing in workers."""
    if name not in _HOMES:
        raise AttributeError(name)
    from importlib import import_module

    return getattr(import_module(f"hf_medseg.{_HOMES[name]}"), name)
