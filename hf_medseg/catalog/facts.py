"""What the owner or a person says about a source, typed: the keys of its `facts.toml`, and what they mean together.

Reading facts needs no code of a source, and none of the packages that read pictures or tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from hf_medseg.catalog.licenses import License, Tier

FACTS, CITATIONS = "facts.toml", "citations.bib"
"""What the facts of a source are read from, in its folder."""

Client = Literal["http", "page", "doi", "kaggle", "kaggle-competition", "gdown", "idc", "nilearn", "synapse", "physionet", "manual"]
Mode = Literal["free", "request", "login", "terms", "credentialed", "none"]


@dataclass(frozen=True, slots=True)
class Download:
    """One file, record or folder of the raw tree and where it comes from.

    Attributes:
        url: address, DOI (`doi:10...`), or an id of the client.
        client: which library fetches it; `page` is HTTP too, by the link of a page that contains what follows `#` in `url`; `manual` and
            `physionet` mean that a person must.
        name: name on disk: of the file, or of the folder that the client makes; of a DOI, the one file that is wanted.
        size: bytes, exactly, if known.
        checksum: `sha256:...` or `md5:...`, if known.
        mirrors: further places, in order of preference; one that begins with `kaggle:`, `gdown:` or `doi:` is that client's.
        part: the part of the raw tree that it belongs to.
        edition: the edition that it belongs to; empty for all.
        mode: see `Access.mode`; empty for that of the source.
        choice: name of the alternative that it belongs to, where the same data can be had in several ways; the first one is the default.
        approximate: bytes as a page rounds them, where `size` is not known.
        then: what makes a raw tree of it: `unpack` a .7z archive, or `join` pieces whose names differ in the last suffix.
    """

    url: str
    client: Client = "http"
    name: str = ""
    size: int | None = None
    checksum: str = ""
    mirrors: tuple[str, ...] = ()
    part: str = ""
    edition: str = ""
    mode: Mode | Literal[""] = ""
    choice: str = ""
    approximate: int | None = None
    then: Literal["", "unpack", "join"] = ""

    @property
    def by_hand(self) -> bool:
        """Whether a person has to get it."""
        return self.client in ("manual", "physionet")

    @property
    def places(self) -> tuple[tuple[Client, str], ...]:
        """(client, address) of every place that has it, in order of preference."""
        return ((self.client, self.url), *map(_place, self.mirrors))


def _place(mirror: str) -> tuple[Client, str]:
    if mirror.startswith("doi:"):
        return "doi", mirror
    if mirror.startswith("kaggle:"):
        return "kaggle", mirror.removeprefix("kaggle:")
    if mirror.startswith("gdown:"):
        return "gdown", mirror.removeprefix("gdown:")
    return "http", mirror


@dataclass(frozen=True, slots=True)
class Access:
    """How a person gets the raw tree.

    Attributes:
        mode: `free` may be fetched without a person; `request` is free to fetch but without a redistribution grant, so only on the user's
            explicit request; `login` needs an account with the client; `terms` needs an agreement accepted by a person first;
            `credentialed` is never automated; `none` has nothing to download.
        steps: what a person does.
        downloads: what a program fetches, or a person puts in place.
        default_choice: whether the first choice is fetched where the user names none.
    """

    mode: Mode
    steps: tuple[str, ...]
    downloads: tuple[Download, ...] = ()
    default_choice: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFacts:
    """One of several downloads that together make the raw tree.

    Attributes:
        name: also the first element of `source_file`.
        steps: how to obtain it.
        required: whether a conversion stops without it.
    """

    name: str
    steps: tuple[str, ...]
    required: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutKey:
    """A key of the about file, for a person who fills it in. Its type stands in the source's `source.py`.

    Attributes:
        says: what it means.
        example: a value, as TOML.
        must: what the value must do or be, after "must", where its type does not say enough.
    """

    says: str
    example: str = '""'
    must: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Concept:
    """What a class is in SNOMED CT, so that classes of several sources can be told to be the same.

    Attributes:
        code: the concept's identifier, as pydicom's dictionary of DICOM's own codes has it.
        meaning: its name there.
        side: which of two, where the class is one of a pair.
    """

    code: str
    meaning: str
    side: Literal["", "left", "right"] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedWith:
    """Another source that has pictures or patients of this one; it names this one too.

    Attributes:
        source: its id.
        how: what both have, and how it is told.
        seen: whether their files, pictures or names show which rows these are.
    """

    source: str
    how: str
    seen: bool = True


@dataclass(frozen=True, slots=True)
class Published:
    """Numbers that the owner or a careful reader published, compared with what a conversion finds.

    Attributes:
        rows: rows for each split of the default config.
        with_mask: rows with a mask for each split.
        foreground: mean fraction of foreground pixels over the rows with a mask, for each split.
        note: where the numbers come from.
        sizes: every (width, height) that published pictures have, where those are few.
        least: (width, height) that no published picture falls below, where their sizes vary; (1, 1) where only that is known.
        volumes: volumes for each split.
    """

    rows: Mapping[str, int] = field(default_factory=dict)
    with_mask: Mapping[str, int] = field(default_factory=dict)
    foreground: Mapping[str, float] = field(default_factory=dict)
    note: str = ""
    sizes: tuple[tuple[int, int], ...] = ()
    least: tuple[int, int] | None = None
    volumes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditionFacts:
    """A variant of a source with its own license, tier, citation or classes.

    Attributes:
        name: empty for the only edition of a source.
        citations: BibTeX entries.
        classes: names of the mask's classes without `background`; the first is index 1.
        published: numbers to compare a conversion with.
    """

    license: License
    citations: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    name: str = ""
    published: Published = Published()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class EditionTable:
    """One `[[editions]]` table of a `facts.toml`. What it does not say is said for all editions at the top of the file.

    Attributes:
        name: what `--edition` calls it.
        license: its own table, or the name of a table of `[licenses]`.
        citations: keys of its entries in `citations.bib`.
        classes: names of the mask's classes without `background`.
        published: numbers to compare a conversion with.
    """

    name: str
    license: License | str | None = None
    citations: tuple[str, ...] | None = None
    classes: tuple[str, ...] | None = None
    published: Published | None = None


@dataclass(frozen=True, slots=True, kw_only=True, init=False, repr=False, eq=False)
class Description:
    """What is said of a source as a whole.

    Attributes:
        title: the owner's name of it.
        homepage: the owner's page.
        modality: how it is pictured, such as `CT` or `fundus photography`.
        anatomy: what is pictured, such as `retina`.
        task: what the masks are for.
        summary: one or two sentences.
        access: how a person gets the raw tree.
        layout: what the raw tree looks like, as text for people.
        splits: how rows come to their split.
        quirks: what a user must know, one sentence each.
        overlaps: other sources of the catalog that have pictures or patients of it: never train on one and test on the other.
        aliases: other ids that lead to it.
        changes: what a conversion changes, for the card.
        annotators: who drew the masks, in the Hub's words: `expert-generated`, `machine-generated`, ...
        parts: the downloads that make the raw tree, where there are several.
        hashes: (size, SHA-256) of published files that prove a tree to be this source.
        codes: what classes are in SNOMED CT, by the name of the class.
        about: the keys that an about file may have. Empty where all facts are in the catalog.
        convertible: whether there is anything to convert.
        own_data: whether the facts come with the user's data; then the about file may state title, license and citation.
    """

    title: str
    homepage: str
    modality: tuple[str, ...]
    anatomy: tuple[str, ...]
    task: str
    summary: str
    access: Access
    layout: str
    splits: str
    quirks: tuple[str, ...]
    overlaps: tuple[SharedWith, ...] = ()
    aliases: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    annotators: str = "expert-generated"
    parts: tuple[PartFacts, ...] = ()
    hashes: tuple[tuple[int, str], ...] = ()
    codes: Mapping[str, Concept] = field(default_factory=dict)
    about: Mapping[str, AboutKey] = field(default_factory=dict)
    convertible: bool = True
    own_data: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, repr=False, eq=False)
class FactsTable(Description):
    """A whole `facts.toml`.

    Attributes:
        license: of every edition that names none of its own.
        licenses: licenses that several editions share, by a name of one's own.
        citations: keys of entries in `citations.bib`; all of them where nothing is said.
        classes: names of the mask's classes without `background`, of every edition that names none of its own; the first is index 1.
        published: numbers to compare a conversion with, of every edition that has none of its own.
        editions: the variants; none where there is only one.
    """

    license: License | None = None
    licenses: Mapping[str, License] = field(default_factory=dict)
    citations: tuple[str, ...] | None = None
    classes: tuple[str, ...] = ()
    published: Published = Published()
    editions: tuple[EditionTable, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts(Description):
    """All facts of a source.

    Attributes:
        id: lower-case id with hyphens, the name of its folder.
        editions: one at least.
    """

    id: str
    editions: tuple[EditionFacts, ...]

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes of the first edition."""
        return self.editions[0].classes

    @property
    def has_masks(self) -> bool:
        """Whether any edition names mask classes."""
        return any(edition.classes for edition in self.editions)

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The tiers of the editions, in their order, each once."""
        return tuple(dict.fromkeys(edition.license.tier for edition in self.editions))

    def edition(self, name: str) -> EditionFacts:
        """The edition of that name; KeyError if there is none."""
        return {edition.name: edition for edition in self.editions}[name]
