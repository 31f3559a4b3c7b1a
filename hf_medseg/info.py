"""What is known about a source, for people and for programs."""

from __future__ import annotations

import dataclasses
from typing import Any

from hf_medseg.about import template
from hf_medseg.columns import feature
from hf_medseg.facts import Edition, Source


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
        "changes": list(source.changes),
        "editions": [_edition(edition) for edition in source.editions],
        "about_template": template(source),
    }


def _edition(edition: Edition) -> dict[str, Any]:
    return {
        "name": edition.name or None,
        "license": dataclasses.asdict(edition.license),
        "citations": list(edition.citations),
        "landmarks": list(edition.landmarks),
        "configs": [
            {
                "name": config.name,
                "description": config.description,
                "classes": ["background", *(edition.classes if config.classes is None else config.classes)],
                "columns": {name: feature(column) for name, column in config.columns.items()},
            }
            for config in edition.configs
        ],
        "published": dataclasses.asdict(edition.published),
    }


def as_text(source: Source) -> str:
    """Every fact of a source, for a terminal."""
    lines = [f"{source.id}: {source.title}", source.homepage, "", source.summary, ""]
    lines += [f"modality: {', '.join(source.modality)}", f"anatomy: {', '.join(source.anatomy)}", f"task: {source.task}", ""]
    lines += [f"How to get it ({source.access.mode}):", *(f"  {n}. {step}" for n, step in enumerate(source.access.steps, 1))]
    for download in source.access.downloads:
        known = ", ".join(filter(None, (download.name, f"{download.size:,} bytes" if download.size else "", download.checksum)))
        lines.append(f"  {download.url}" + (f" ({known})" if known else ""))
        lines += [f"    or {mirror}" for mirror in download.mirrors]
    for part in source.parts:
        lines += ["", f"Part {part.name}:", *(f"  {n}. {step}" for n, step in enumerate(part.steps, 1))]
    lines += ["", "Raw tree:", *(f"  {line}" for line in source.layout.splitlines()), "", f"Splits: {source.splits}"]
    for edition in source.editions:
        lines += ["", *_edition_text(edition)]
    if source.quirks:
        lines += ["", "Known quirks:", *(f"  - {quirk}" for quirk in source.quirks)]
    if source.about_keys:
        lines += ["", "About file (--about FILE), a template:", template(source)]
    return "\n".join(lines)


def _edition_text(edition: Edition) -> list[str]:
    lines = [f"Edition {edition.name}:"] if edition.name else []
    lines.append(f"License: {edition.license.id} ({edition.license.name}), tier {edition.license.tier}: {edition.license.url}")
    lines += [f"  {e.says} ({e.confidence}, {e.date}): {e.url}" for e in edition.license.evidence]
    lines += [f"  condition: {condition}" for condition in edition.license.conditions]
    for config in edition.configs:
        classes = edition.classes if config.classes is None else config.classes
        named = ", ".join(f"{index} {name}" for index, name in enumerate(("background", *classes))) if classes else "no masks"
        lines.append(f"Config {config.name}: {config.description + ' ' if config.description else ''}{named}")
        if config.columns:
            lines.append(f"  own columns: {', '.join(config.columns)}")
    lines += ["Cite:", *edition.citations]
    return lines
