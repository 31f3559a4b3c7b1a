"""The keys of about files as people read them; nothing here reads such a file."""

from __future__ import annotations

from collections.abc import Mapping

from hf_medseg.catalog.facts import AboutKey

# What every source explains whose facts come with the data; its own facts may put it in other words.
COMMON: Mapping[str, AboutKey] = {
    "title": AboutKey(says="Title of the dataset."),
    "license": AboutKey(
        says="License of the data, as the id of the Hugging Face Hub; without it and its address nothing may be published.",
        example='"cc-by-4.0"',
    ),
    "license_url": AboutKey(says="Where the owner states the license.", example='"https://creativecommons.org/licenses/by/4.0/"'),
    "doi": AboutKey(says="DOI of the data or the paper.", example='"10.0000/0000"'),
    "citation": AboutKey(says="BibTeX entry to cite; a list where there are several."),
    "homepage": AboutKey(says="Page of the data."),
    "conditions": AboutKey(says="What the license asks to be carried along, word for word.", example='["Cite the paper."]'),
}


def template(explained: Mapping[str, AboutKey], said: Mapping[str, str] | None = None) -> str:
    """An about file to fill in, as TOML text, for the keys of a source.

    Args:
        explained: the keys.
        said: values that are known, as TOML; the lines of all others are examples behind a #.
    """
    said = said or {}
    lines = ((key.says, f"{name} = {said[name]}" if name in said else f"# {name} = {key.example}") for name, key in explained.items())
    return "\n".join(f"# {says}\n{line}" for says, line in lines)
