"""The about file: facts that only the user knows."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from hf_medseg.catalog.licenses import LICENSE_TIERS, Evidence, License
from hf_medseg.errors import Refused

_SPELLINGS = {"cc0": "cc0-1.0", "cc-0": "cc0-1.0", "pddl-1.0": "pddl", "odc-by-1.0": "odc-by", "apache2": "apache-2.0"}


@dataclass(frozen=True)
class About:
    """An about file's content.

    Attributes:
        values: what it says, by key.
        path: where it lies, for messages; empty when there is no about file.
    """

    values: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""

    def text(self, key: str) -> str:
        """The text under a key, empty where there is none."""
        return str(self.values.get(key, "")).strip()

    def texts(self, key: str) -> tuple[str, ...]:
        """The texts of a list under a key; one text counts as a list of one.

        Raises:
            Refused: there is something else.
        """
        given = self.values.get(key, [])
        given = [given] if isinstance(given, str) else given
        if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
            raise Refused(f'{self.path}: {key} must be a list of texts, such as ["Cite the paper."].')
        return tuple(given)

    def drawn(self) -> Literal["", "stored", "upright"]:
        """On which grid of a turned picture its masks are drawn (`masks`), empty where the file does not say.

        Raises:
            Refused: it says something else.
        """
        said = self.values.get("masks", "")
        if said not in ("", "stored", "upright"):
            raise Refused(f'{self.path}: masks must be "upright" (drawn on pictures as viewers show them) or "stored" (on their samples).')
        return "upright" if said == "upright" else "stored" if said == "stored" else ""

    def license(self) -> License:
        """The license that the user states: `unknown` without an id and a URL."""
        stated = self.text("license").lower().replace(" ", "-")
        stated = _SPELLINGS.get(stated, stated)
        url = self.text("license_url")
        if not stated or not url.startswith(("http://", "https://")):
            return License("unknown", "license unknown", url, "unknown", ())
        tier = LICENSE_TIERS.get(stated, "restricted")
        evidence = Evidence(f"stated by the user who converted the data: {stated}", url, "high", None)
        return License(stated if stated in LICENSE_TIERS else "other", stated, url, tier, (evidence,), self.texts("conditions"))


def read_about(path: str | Path | None, source: str, keys: Mapping[str, str]) -> About:
    """Reads an about file.

    Args:
        path: the file, None for none.
        source: id of the source, for messages.
        keys: what it may say: key -> explanation; empty where the source takes no about file.

    Raises:
        Refused: there is no such file, it is not TOML, or it has a key that the source does not know.
    """
    if path is None:
        return About()
    if not keys:
        raise Refused(f"{source} takes no about file: all its facts are in the catalog.")
    try:
        values = tomllib.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}. `hf-medseg info {source}` prints a template.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused(f"{path}: not valid TOML ({error}). `hf-medseg info {source}` prints a template.") from error
    if strange := sorted(set(values) - set(keys)):
        raise Refused(f"{path}: unknown keys {', '.join(strange)}; known: {', '.join(keys)}.")
    return About(values, str(path))


def template(keys: Mapping[str, str]) -> str:
    """An about file to fill in, as TOML text, for the keys of a source."""
    return "\n".join(f"# {explanation}\n# {key} = {_EXAMPLES.get(key, _EMPTY)}" for key, explanation in keys.items())


_EMPTY = '""'
_EXAMPLES = {
    "license": '"cc-by-4.0"',
    "license_url": '"https://creativecommons.org/licenses/by/4.0/"',
    "doi": '"10.0000/0000"',
    "mask_suffix": '"_mask"',
    "masks": '"upright"',
    "gt_order": '"reversed"',
    "classes": '{ 1 = "nucleus", 2 = "cytoplasm" }',
    "colours": '{ "#000000" = "background", "#ff0000" = "vessel" }',
    "threshold": "127",
    "labels": '"instances"',
    "missing_masks": '"null"',
    "conditions": '["Cite the paper."]',
    "only_referenced": "true",
    "select": '{ algorithm = ["manual", "semiautomatic"], description = ["*segmentation*"], object = "SEG", newest = true }',
}
