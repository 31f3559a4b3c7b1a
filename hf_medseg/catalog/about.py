"""The about file: facts that only the user knows, in the language of `facts.toml` and read by the same code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, Self, TypeVar, get_type_hints

import tomli

from hf_medseg.catalog.citations import entries
from hf_medseg.catalog.decode import UNSAID, Unlike, decode, words
from hf_medseg.catalog.facts import AboutKey
from hf_medseg.catalog.licenses import LICENSE_TIERS, Evidence, License
from hf_medseg.errors import Refused

_COMMONS = re.compile(r"creativecommons\.org/licenses/(by[a-z-]*)/")
_SPELLINGS = {"cc0": "cc0-1.0", "cc-0": "cc0-1.0", "pddl-1.0": "pddl", "odc-by-1.0": "odc-by", "apache2": "apache-2.0"}


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """What an about file says. The keys of a source are the fields of its own record, which stands in its `source.py`.

    Attributes:
        path: where the file lies, for messages; empty when there is none.
        explained: the keys as `facts.toml` explains them.
    """

    path: str = field(default="", metadata=UNSAID)
    explained: Mapping[str, AboutKey] = field(default_factory=dict, metadata=UNSAID, repr=False)

    @classmethod
    def of(cls, about: object) -> Self:
        """An about file (`Raw.about`) as the record of the source; without a file, what holds then."""
        return about if isinstance(about, cls) else cls()

    @property
    def said(self) -> dict[str, Any]:
        """What is said, by key: all of it but where the file lies."""
        return {one.name: getattr(self, one.name) for one in fields(self) if one.metadata != UNSAID}

    def wrong(self, key: str, kind: Any = None) -> Refused:
        """The answer to a key that says what it cannot mean.

        Args:
            key: the key, or a dotted one inside its table.
            kind: what that takes, see `decode`; the type of the key where nothing is given.
        """
        top = key.partition(".")[0].partition("[")[0]
        known = self.explained.get(top, AboutKey(says=""))
        if known.must:
            return Refused(f"{self.path}: {top} must {known.must}, such as {top} = {known.example}.")
        wanted = words(get_type_hints(type(self))[top] if kind is None else kind)
        return Refused(f"{self.path}: {key} must be {wanted}, such as {top} = {known.example}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnData(About):
    """What every source may ask whose facts come with the data.

    Attributes:
        title: title of the dataset.
        license: id of the license on the Hugging Face Hub; common spellings of it are understood.
        license_url: where the owner states it.
        doi: of the data or the paper.
        citation: BibTeX entries, in one text or in several.
        homepage: the owner's page.
        conditions: what the license asks to be carried along.
    """

    title: str = ""
    license: str = ""
    license_url: str = ""
    doi: str = ""
    citation: tuple[str, ...] | str = ()
    homepage: str = ""
    conditions: tuple[str, ...] | str = ()

    @property
    def name(self) -> str:
        """What the data are called; empty where nobody says."""
        return self.title

    @property
    def citations(self) -> tuple[str, ...]:
        """What is to be cited, entry by entry.

        Raises:
            Refused: a text begins as BibTeX and is none.
        """
        told = [text.strip() for text in listed(self.citation)]
        return tuple(one for text in told for one in (entries(text, self.path).values() if text.startswith("@") else (text,)) if one)

    @property
    def terms(self) -> License:
        """The license that the user states: `unknown` without an id and a URL."""
        stated = self.license.lower().replace(" ", "-")
        stated = _SPELLINGS.get(stated, stated)
        if not stated or not self.license_url.lower().startswith(("http://", "https://")):
            return License("unknown", "license unknown", self.license_url, "unknown", ())
        if (
            (proven := _COMMONS.search(self.license_url.lower()))
            and stated.startswith("cc-by")
            and proven[1] != stated[3:].rpartition("-")[0]
        ):
            raise Refused(f"{self.path}: license is {stated}, and license_url is the address of CC {proven[1].upper()}. State the owner's.")
        tier = LICENSE_TIERS.get(stated, "restricted")
        evidence = Evidence(f"stated by the user who converted the data: {stated}", self.license_url, "high", None)
        conditions = tuple(filter(None, listed(self.conditions)))
        return License(stated if stated in LICENSE_TIERS else "other", stated, self.license_url, tier, (evidence,), conditions)


A = TypeVar("A", bound=About)


def listed(said: tuple[str, ...] | str) -> tuple[str, ...]:
    """The texts of a list; one text counts as a list of one."""
    return (said,) if isinstance(said, str) else said


def read_about(path: str | Path | None, source: str, kind: type[A], explained: Mapping[str, AboutKey]) -> A:
    """Reads an about file.

    Args:
        path: the file, None for none.
        source: id of the source, for messages.
        kind: the source's record.
        explained: its keys; empty where the source takes no about file.

    Raises:
        Refused: there is no such file, it is not TOML, it has a key that the source does not know, or a value is of another type.
    """
    if path is None:
        return kind()
    if not explained:
        raise Refused(f"{source} takes no about file: all its facts are in the catalog. Leave --about out (in Python: about).")
    try:
        values = tomli.loads(Path(path).read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}. `hf-medseg info {source}` prints a template.") from error
    except UnicodeDecodeError as error:
        raise Refused(f"{path}: it is not written in UTF-8. Save it as that in your editor.") from error
    except tomli.TOMLDecodeError as error:
        raise Refused(f"{path}: not valid TOML ({error}). `hf-medseg info {source}` prints a template.") from error
    try:
        about = decode(kind, {key: value.strip() if isinstance(value, str) else value for key, value in values.items()}, str(path))
    except Unlike as error:
        raise kind(path=str(path), explained=explained).wrong(error.key, error.kind) from None
    return replace(about, path=str(path), explained=explained)
