"""The owner's terms of a source that may not be passed on: shown before its first use, and remembered."""

from __future__ import annotations

import logging

from hf_medseg.catalog.remembered import memory
from hf_medseg.catalog.source import Edition, Source

logger = logging.getLogger("hf_medseg")


def text(source: Source, *editions: Edition) -> str:
    """The terms of editions that share a license: owner's page, license, what is asked of the user."""
    license = editions[0].license
    names = ", ".join(edition.name for edition in editions if edition.name)
    lines = [
        f"{source.id}{f' ({names})' if names else ''} comes under its owner's terms: {license.name}, {license.url or source.homepage}",
        *(f"- {evidence.says}" for evidence in license.evidence[:2]),
        *(f"- {condition}" for condition in license.conditions),
    ]
    lines.append(
        "What you convert from it stays on your disks: this package will not publish it."
        if license.tier in ("restricted", "unknown")
        else "It may be passed on for non-commercial purposes only, under the same terms."
    )
    return "\n".join(lines)


def show_once(source: Source, edition: Edition) -> None:
    """Shows the terms of a source that is not open, the first time it is used on this machine."""
    if edition.license.tier == "open":
        return
    mark = memory() / "terms-shown" / f"{source.id}{'-' * bool(edition.name)}{edition.name}"
    if mark.exists():
        return
    logger.warning(text(source, edition))
    try:
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.touch()
    except OSError as error:
        logger.info("cannot remember that the terms were shown: %s", error)
