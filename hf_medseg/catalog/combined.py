"""One license for data that came under several: the strictest, with what every one of them asks for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from hf_medseg.catalog.licenses import License, strictest
from hf_medseg.errors import Refused

# Licenses under whose terms data of the earlier ones may be passed on too, each with those that it takes in, the strictest last.
_OPEN = ("cc0-1.0", "pddl", "mit", "apache-2.0", "odc-by", *(f"cc-by-{version}" for version in ("2.0", "2.5", "3.0", "4.0")))
_NONCOMMERCIAL = tuple(f"cc-by-nc-{version}" for version in ("2.0", "2.5", "3.0", "4.0"))
_SHARE_ALIKE = tuple(f"cc-by-sa-{version}" for version in ("2.0", "2.5", "3.0", "4.0"))
_BOTH = tuple(f"cc-by-nc-sa-{version}" for version in ("2.0", "2.5", "3.0", "4.0"))
_FAMILIES = (_OPEN, (*_OPEN, *_NONCOMMERCIAL), (*_OPEN, *_SHARE_ALIKE), (*_OPEN, *_NONCOMMERCIAL, *_BOTH))


def combined(licenses: Mapping[str, License]) -> License:
    """The license of a dataset that is made of several.

    Where one of them does not allow the data to be passed on, nor does the whole. What each asks to be carried along is carried.

    Args:
        licenses: by what the data under each are called, for people.

    Raises:
        Refused: one asks that what is made of the data be shared under its own terms, and another does not allow these.
    """
    told = list(licenses.values())
    tier = strictest(one.tier for one in told)
    conditions = tuple(f"{name}: {text}" for name, one in licenses.items() for text in one.conditions)
    evidence = tuple(replace(item, says=f"{name}: {item.says}") for name, one in licenses.items() for item in one.evidence)
    ids = {one.id for one in told}
    if len(ids) == 1 and len({(one.name, one.url) for one in told}) == 1:
        return replace(told[0], tier=tier, evidence=evidence, conditions=conditions, confirm=None)
    if tier in ("restricted", "unknown"):
        id = "other" if tier == "restricted" else "unknown"
        return License(id=id, name=_names(licenses), url="", tier=tier, evidence=evidence, conditions=conditions)
    family = next((family for family in _FAMILIES if ids <= set(family)), None)
    if family is not None:
        last = max(told, key=lambda one: family.index(one.id))
        return replace(last, tier=tier, evidence=evidence, conditions=conditions, confirm=None)
    if alike := [name for name, one in licenses.items() if "-sa-" in one.id]:
        raise Refused(
            f"{_names(licenses)}: {alike[0]} must be shared under its own terms ({licenses[alike[0]].id}), which the others do not allow. "
            f"Take {alike[0]} out, or derive it by itself."
        )
    return License(id="other", name=_names(licenses), url="", tier=tier, evidence=evidence, conditions=conditions)


def _names(licenses: Mapping[str, License]) -> str:
    return "; ".join(f"{name}: {one.name}" for name, one in licenses.items())
