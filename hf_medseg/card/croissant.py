"""The Croissant description of a converted dataset: `croissant.json`, which mlcroissant and dataset search engines read.

Its files are told by patterns relative to the file itself, so that it holds in a folder and in a copy of the repository alike. A push adds
the hash of every shard. Whole volumes come as the bytes of their NIfTI files: Croissant has no type of its own for them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from hf_medseg.card.front import title_of
from hf_medseg.card.meanings import column_meaning
from hf_medseg.card.render import license_link
from hf_medseg.catalog.about import About, OwnData
from hf_medseg.catalog.source import Config, Edition, Source
from hf_medseg.catalog.tables import table_of
from hf_medseg.dataset.columns import Column, Label, ListOf, PictureColumn, Record, Value, VolumeColumn
from hf_medseg.dataset.report import Report
from hf_medseg.dataset.storage import json_text

_CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "equivalentProperty": "cr:equivalentProperty",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileObject": "cr:fileObject",
    "fileProperty": "cr:fileProperty",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}
_TYPES = {"string": "sc:Text", "bool": "sc:Boolean", "float32": "sc:Float", "float64": "sc:Float"}
# Readers apply it to the path of a shard, and once more to the split that they got.
_SPLIT = r"(?:.*/)?([^/]+?)(?:-\d{5}-of-\d{5}\.parquet)?$"
_MASK = re.compile(r"(?:fov_)?mask(?:s|_(?!names|origin|overlap).+)?|instances")


def render(source: Source, edition: Edition, report: Report, about: About | None = None) -> str:
    """The description of one edition as JSON-LD.

    Args:
        source: the source.
        edition: what was converted.
        report: the content of `report.json`.
        about: the user's about file, where the facts come with the data.
    """
    about = OwnData.of(about or About())
    configs = [config for config in edition.reading.configs if _splits(report, config)]
    doi = about.doi.removeprefix("https://doi.org/").removeprefix("doi:")
    told = {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": ["http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"],
        "name": "-".join(filter(None, (source.id, edition.name))),
        "alternateName": title_of(source, edition, about),
        "description": source.summary,
        "url": source.homepage if source.from_about is None else about.homepage,
        "sameAs": f"https://doi.org/{doi}" if doi else "",
        "license": license_link(edition.license),
        "usageInfo": " ".join(edition.license.conditions),
        "citeAs": "\n".join(about.citations or edition.citations),
        "keywords": [*source.modality, *source.anatomy],
        "rai:dataCollection": f"{source.summary} Modality: {', '.join(source.modality)}. Anatomy: {', '.join(source.anatomy)}.",
        "rai:dataAnnotationProtocol": f"{source.task} Annotations: {source.annotators}." if source.annotators else source.task,
        "rai:dataPreprocessingProtocol": list(source.changes),
        "rai:dataLimitations": ["Not for clinical use.", *source.quirks],
        "rai:dataUseCases": f"Research and teaching, under {edition.license.name} (tier {edition.license.tier}). Not for clinical use.",
        "rai:personalSensitiveInformation": (
            "Pictures of persons' bodies. Names, dates and other identities were taken out; no attempt may be made to identify anybody."
        ),
        "distribution": [_files(report, config) for config in configs],
        "recordSet": [one for config in configs for one in _record_sets(source, edition, report, config)],
    }
    if source.from_about is not None and source.access.mode != "none" and not about.path:
        # The data of a portal have an owner whose facts nobody has told: nothing is claimed about them.
        claims = {"alternateName", "url", "citeAs", "keywords", "usageInfo"}
        told = {key: value for key, value in told.items() if key not in claims and not key.startswith("rai:")}
        told["description"] = "License unknown: the data may not be passed on. Not for clinical use."
    return json_text({key: value for key, value in told.items() if value})


# So many shards are told one by one, with their hashes: about 60 kB.
_MOST_HASHES = 200


def with_hashes(text: str, shards: Mapping[str, tuple[int, str]]) -> str:
    """The description with every shard's size and hash, where they are not too many.

    Args:
        text: as `render` gives it.
        shards: (bytes, SHA-256) of the shards by their names in the folder.
    """
    if not text or len(shards) > _MOST_HASHES:
        return text
    told = json.loads(text)
    told["distribution"] += [
        {
            "@type": "cr:FileObject",
            "@id": name,
            "name": name,
            "contentUrl": name,
            "contentSize": f"{size} B",
            "encodingFormat": "application/x-parquet",
            "sha256": sha256,
        }
        for name, (size, sha256) in sorted(shards.items())
    ]
    return json_text(told)


def _splits(report: Report, config: Config) -> list[str]:
    splits = report["configs"][config.name]["splits"] if config.name in report["configs"] else {}
    return [split for split, found in splits.items() if found["rows"]]


def _files(report: Report, config: Config) -> dict[str, Any]:
    folder = report["configs"][config.name]["folder"]
    return {
        "@type": "cr:FileSet",
        "@id": f"{config.name}-files",
        "name": f"{config.name}-files",
        "description": f"The shards of the config {config.name}.",
        "encodingFormat": "application/x-parquet",
        "includes": [f"{folder}/{split}-*.parquet" for split in _splits(report, config)],
    }


def _record_sets(source: Source, edition: Edition, report: Report, config: Config) -> list[dict[str, Any]]:
    """The rows of a config, and before them the names of its splits."""
    columns = table_of(source, edition, config).columns
    names = f"{config.name}_splits"
    split = {
        "@type": "cr:RecordSet",
        "@id": names,
        "name": names,
        "dataType": "cr:Split",
        "key": {"@id": f"{names}/split_name"},
        "field": [{"@type": "cr:Field", "@id": f"{names}/split_name", "name": "split_name", "dataType": "sc:Text"}],
        "data": [{f"{names}/split_name": name} for name in _splits(report, config)],
    }
    which = {
        "@type": "cr:Field",
        "@id": f"{config.name}/split",
        "name": "split",
        "description": "the split that the row is of",
        "dataType": "sc:Text",
        "source": {
            "fileSet": {"@id": f"{config.name}-files"},
            "extract": {"fileProperty": "fullpath"},
            "transform": {"regex": _SPLIT},
        },
        "references": {"field": {"@id": f"{names}/split_name"}},
    }
    fields = [_field(config, name, kind) for name, kind in columns.items()]
    return [
        split,
        {
            "@type": "cr:RecordSet",
            "@id": config.name,
            "name": config.name,
            "description": config.description or "One row for each image.",
            "field": [which, *fields],
        },
    ]


def _field(config: Config, name: str, kind: Column) -> dict[str, Any]:
    described, inner = column_meaning(name, kind), kind.item if isinstance(kind, ListOf) else kind
    if isinstance(inner, VolumeColumn):
        described = f"{described} (the bytes of a NIfTI file)".strip()
    if isinstance(inner, Label):
        names = "; ".join(f"{index}: {one}" for index, one in enumerate(inner.names))
        described = f"{described} ({names})".strip()
    field: dict[str, Any] = {"@type": "cr:Field", "@id": f"{config.name}/{name}", "name": name}
    if described:
        field["description"] = described
    if isinstance(kind, ListOf):
        field["repeated"] = True
    if isinstance(inner, Record):
        parts = [(part, _type(part, column)) for part, column in inner.fields.items()]
        field["subField"] = [
            {
                "@type": "cr:Field",
                "@id": f"{config.name}/{name}/{part}",
                "name": part,
                "dataType": types,
                "source": _origin(config, name, part),
            }
            for part, types in parts
        ]
        return field
    return {
        **field,
        "dataType": _type(name, inner),
        "source": _origin(config, name, "bytes" if isinstance(inner, (PictureColumn, VolumeColumn)) else ""),
    }


def _type(name: str, column: Column) -> str | list[str]:
    """The type of a column, or of what the lists in it hold."""
    match column:
        case ListOf(item):
            return _type(name, item)
        case PictureColumn():
            return ["sc:ImageObject", "cr:SegmentationMask"] if _MASK.fullmatch(name) else "sc:ImageObject"
        case VolumeColumn():
            return ["sc:MediaObject", *(["cr:SegmentationMask"] if _MASK.fullmatch(name) else []), "sc:Text"]  # readers give text as bytes
        case Value(dtype):
            return _TYPES.get(dtype, "sc:Integer")
        case Label():
            return "sc:Integer"
    return "sc:Text"


def _origin(config: Config, column: str, part: str) -> dict[str, Any]:
    origin: dict[str, Any] = {"fileSet": {"@id": f"{config.name}-files"}, "extract": {"column": column}}
    return {**origin, "transform": {"jsonPath": part}} if part else origin
