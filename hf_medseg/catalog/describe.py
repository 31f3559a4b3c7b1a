"""What is known about a source, for people and for programs."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hf_medseg.catalog.about_keys import template
from hf_medseg.catalog.facts import Download, EditionFacts, Facts
from hf_medseg.catalog.licenses import License

if TYPE_CHECKING:
    from hf_medseg.catalog.source import Edition, Source  # text is made of facts alone

MODES = {
    "free": "Free to fetch.",
    "request": "Free to fetch, but without the owner's permission to pass it on.",
    "login": "Needs an account with the site that keeps it.",
    "terms": "The owner's terms have to be accepted by a person first.",
    "credentialed": "Only for credentialed persons, who sign the owner's agreement.",
    "none": "There is nothing to download: the data are the user's own.",
}

_PLACES = {
    "kaggle": "https://www.kaggle.com/datasets/{}",
    "kaggle-competition": "https://www.kaggle.com/c/{}",
    "gdown": "https://drive.google.com/file/d/{}/view",
    "idc": "collection {} of the Imaging Data Commons",
    "nilearn": "nilearn.datasets.fetch_abide_pcp, derivatives {}",
    "synapse": "https://www.synapse.org/Synapse:{}",
}


def places(download: Download) -> list[str]:
    """Where something comes from, in order of preference, as a person looks it up."""
    return [_place(client, address) for client, address in download.places]


def _place(client: str, address: str) -> str:
    if address.startswith("doi:"):
        return f"https://doi.org/{address.removeprefix('doi:')}"
    if "://" in address:
        return address.partition("#")[0] if client == "page" else address
    collection, _, results = address.partition("#")
    if client == "idc" and results:
        return f"masks ({results}) of {_PLACES[client].format(collection)}, with the images that they refer to"
    return _PLACES[client].format(address)


def bytes_of(download: Download) -> str:
    """How large it is, as well as that is known."""
    if download.size is not None:
        return f"{download.size:,} bytes"
    return f"about {download.approximate:,} bytes" if download.approximate is not None else ""


def command(source: Facts, edition: str = "") -> str:
    """The command that fetches a source, or what of it a program may fetch; empty if a person has to get all of it."""
    downloads = [one for one in source.access.downloads if not one.by_hand and (not edition or one.edition in ("", edition))]
    if not downloads or source.access.mode in ("none", "credentialed"):
        return ""
    words = ["hf-medseg download", source.id, "RAW"]
    if any(one.edition for one in downloads):
        words.append(f"--edition {edition or 'NAME'}")
    if not source.access.default_choice:
        words.append("--choice NAME")
    if {one.mode or source.access.mode for one in downloads} & {"request", "terms"}:
        words.append("--accept-terms")
    return " ".join(words)


def numbered(steps: Iterable[str]) -> str:
    """Steps for a person, one a line."""
    return "\n".join(f"  {number}. {step}" for number, step in enumerate(steps, 1))


def how_to_get(source: Facts) -> str:
    """The steps for a person, and the command for what a program may fetch."""
    parts = [("How to get it", source.access.steps), *((f"Part {part.name}", part.steps) for part in source.parts)]
    lines = [f"{title}:\n{numbered(steps)}" for title, steps in parts]
    if what := command(source):
        lines.append(f"What a program may fetch: {what}")
    return "\n".join(lines)


def as_dict(source: Source) -> dict[str, Any]:
    """Every fact of a source, ready for JSON."""
    return {
        "id": source.id,
        "aliases": list(source.aliases),
        "title": source.title,
        "homepage": source.homepage,
        "summary": source.summary,
        "modality": list(source.modality),
        "anatomy": list(source.anatomy),
        "task": source.task,
        "access": dataclasses.asdict(source.access),
        "layout": source.layout,
        "parts": [dataclasses.asdict(part) for part in source.parts],
        "splits": source.splits,
        "quirks": list(source.quirks),
        "overlaps": [{"source": one.source, "how": one.how} for one in source.overlaps],
        "changes": list(source.changes),
        "codes": {name: dataclasses.asdict(concept) for name, concept in source.codes.items()},
        "editions": [_edition(edition) for edition in source.editions],
        "about_template": template(source.about),
    }


def _edition(edition: Edition) -> dict[str, Any]:
    from hf_medseg.dataset.columns import feature

    return {
        "name": edition.name or None,
        "license": _license(edition.license),
        "citations": list(edition.citations),
        "landmarks": list(edition.reading.landmarks),
        "configs": [
            {
                "name": config.name,
                "description": config.description,
                "classes": ["background", *edition.classes_of(config)],
                "columns": {name: feature(column) for name, column in config.columns.items()},
            }
            for config in edition.reading.configs
        ],
        "published": dataclasses.asdict(edition.published),
    }


def _license(license: License) -> dict[str, Any]:
    described = dataclasses.asdict(license)
    for evidence in described["evidence"]:
        evidence["date"] = str(evidence["date"] or "") or None
    return described


def as_text(source: Facts) -> str:
    """Every fact of a source, for a terminal; its tables and their columns, which `as_dict` has, are named by the command that does."""
    lines = [f"{source.id}: {source.title}", source.homepage, "", source.summary, ""]
    lines += [f"modality: {', '.join(source.modality)}", f"anatomy: {', '.join(source.anatomy)}", f"task: {source.task}", ""]
    lines += [MODES[source.access.mode], *how_to_get(source).splitlines()]
    for download in source.access.downloads:
        belongs = f"edition {download.edition}" * bool(download.edition), f"choice {download.choice}" * bool(download.choice)
        known = ", ".join(filter(None, (download.name, bytes_of(download), download.checksum, *belongs)))
        first, *mirrors = places(download)
        lines.append(f"  {first}" + (f" ({known})" if known else ""))
        lines += [f"    or {mirror}" for mirror in mirrors]
    lines += ["", "Raw tree:", *(f"  {line}" for line in source.layout.splitlines()), "", f"Splits: {source.splits}"]
    for edition in source.editions:
        lines += ["", *edition_text(edition)]
    if source.quirks:
        lines += ["", "Known quirks:", *(f"  - {quirk}" for quirk in source.quirks)]
    if source.overlaps:
        lines += ["", "Shared with other sources:", *(f"  - {one.source}: {one.how}" for one in source.overlaps)]
    if source.convertible:
        lines += ["", f"Its tables with every column and type: hf-medseg info {source.id} --json"]
    if source.about:
        lines += ["", "About file (--about FILE), a template:", template(source.about)]
    return "\n".join(lines)


def edition_text(edition: EditionFacts) -> list[str]:
    """Every fact of an edition, line by line."""
    lines = [f"Edition {edition.name}:"] if edition.name else []
    lines.append(f"License: {edition.license.id} ({edition.license.name}), tier {edition.license.tier}: {edition.license.url}")
    lines += [f"  {e.says} ({e.confidence}, {e.date}): {e.url}" for e in edition.license.evidence]
    lines += [f"  condition: {condition}" for condition in edition.license.conditions]
    named = ", ".join(f"{index} {name}" for index, name in enumerate(("background", *edition.classes)))
    lines.append(f"Classes: {named if edition.classes else 'no masks'}")
    return [*lines, "Cite:", *edition.citations]
