"""The card's YAML metadata, which the Hub and `datasets` read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from hf_medseg.catalog.about import OwnData
from hf_medseg.catalog.derived import DERIVED
from hf_medseg.catalog.licenses import License
from hf_medseg.catalog.source import Edition, Source
from hf_medseg.catalog.tables import table_of
from hf_medseg.dataset.columns import card_feature
from hf_medseg.dataset.folder import FILE as PREVIEW_FILE
from hf_medseg.dataset.folder import PREVIEW
from hf_medseg.dataset.report import Report, Section, SplitSection

_SIZES = (
    (10**3, "n<1K"),
    (10**4, "1K<n<10K"),
    (10**5, "10K<n<100K"),
    (10**6, "100K<n<1M"),
    (10**7, "1M<n<10M"),
    (10**8, "10M<n<100M"),
)


def front_matter(source: Source, edition: Edition, report: Report, about: OwnData) -> dict[str, Any]:
    """The metadata of one edition's card; see `hf_medseg.card.render.render`."""
    own = [name for config in edition.reading.configs for name in config.columns]
    front: dict[str, Any] = _license_keys(edition.license)
    front["pretty_name"] = title_of(source, edition, about)
    front["task_categories"], front["task_ids"] = _tasks(_has_masks(edition), own)
    words = re.split(r"[,;]", re.sub(r"\(.*?\)", "", ",".join((*source.modality, *source.anatomy))))
    kinds = [_slug(word) for word in words if word.strip() not in ("", "any", "none")]
    front["tags"] = list(dict.fromkeys(["medical", *kinds, "hf_medseg", source.id, *_papers(edition, about)]))
    rows = _row_count(edition, report)
    if rows:
        front["size_categories"] = [next((name for limit, name in _SIZES if rows < limit), "n>100M")]
    front["annotations_creators"] = [source.annotators]
    front["language"] = []  # pictures speak none
    front["source_datasets"] = ["extended" if source.id == DERIVED else "original"]
    if report:
        front["configs"] = _config_keys(edition, report)
        front["dataset_info"] = _dataset_info(source, edition, report)
    return {key: value for key, value in front.items() if value or key == "language"}


def _papers(edition: Edition, about: OwnData) -> list[str]:
    """The works to cite as tags of the Hub: `arxiv:2107.02314`, `doi:10.1038/...`."""
    texts = "\n".join((*edition.citations, *about.citations, about.doi))
    arxiv = re.findall(r"(?:arXiv[:.]\s*|arxiv\.org/(?:abs|pdf)/|eprint\s*=\s*[{\"])(\d{4}\.\d{4,5})", texts, re.IGNORECASE)
    dois = re.findall(r"\b10\.(?!48550/)\d{4,9}/[^\s{}\",<>]+", texts)
    return [f"arxiv:{one}" for one in arxiv] + [f"doi:{one.rstrip('.;)')}" for one in dois]


def _license_keys(terms: License) -> dict[str, Any]:
    if terms.id != "other":
        return {"license": terms.id}
    return {"license": "other", "license_name": _slug(terms.name), "license_link": terms.url}


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9.]+", "-", text.lower()).strip("-.")


def _tasks(has_masks: bool, own: Sequence[str]) -> tuple[list[str], list[str]]:
    if has_masks:
        return ["image-segmentation"], ["semantic-segmentation", *(["instance-segmentation"] if "instances" in own else [])]
    return (["image-classification"] if {"label", "labels", "diagnosis"} & set(own) else ["other"]), []


def _has_masks(edition: Edition) -> bool:
    return any(edition.classes_of(config) for config in edition.reading.configs)


def _row_count(edition: Edition, report: Report) -> int:
    """Rows of the first config: as found, else as published."""
    if not report:
        return sum(edition.published.rows.values())
    return sum(split["rows"] for split in next(iter(report["configs"].values()))["splits"].values())


def _config_keys(edition: Edition, report: Report) -> list[dict[str, Any]]:
    several = len(edition.reading.configs) > 1
    listed: list[dict[str, Any]] = []
    for name, section in report["configs"].items():
        files = [{"split": split, "path": f"{section['folder']}/{split}-*.parquet"} for split in filled(section)]
        if files:
            first = several and not listed
            listed.append({"config_name": name if several else "default", "data_files": files, **({"default": True} if first else {})})
    return [*listed, {"config_name": PREVIEW, "data_files": [{"split": "train", "path": PREVIEW_FILE}]}]


def filled(section: Section) -> dict[str, SplitSection]:
    """The splits that have rows: a split without any is not named, since loading it fails."""
    return {split: found for split, found in section["splits"].items() if found["rows"]}


def _dataset_info(source: Source, edition: Edition, report: Report) -> list[dict[str, Any]]:
    """Features and sizes of the image configs; one that names volumes would break every config under older readers."""
    listed = []
    for config in edition.reading.configs:
        rows = filled(report["configs"][config.name]) if config.name in report["configs"] else {}
        splits = [{"name": split, "num_bytes": found["bytes"], "num_examples": found["rows"]} for split, found in rows.items()]
        size = sum(found["bytes"] for found in rows.values())
        if splits and not config.volumes:
            columns = table_of(source, edition, config).columns
            listed.append(
                {
                    "config_name": config.name if len(edition.reading.configs) > 1 else "default",
                    "features": [card_feature(column, kind) for column, kind in columns.items()],
                    "splits": splits,
                    "download_size": size,
                    "dataset_size": size,
                }
            )
    return listed


def title_of(source: Source, edition: Edition, about: OwnData) -> str:
    """The name of the dataset that people read."""
    title = about.name or source.title
    return f"{title} ({edition.name})" if edition.name else title
