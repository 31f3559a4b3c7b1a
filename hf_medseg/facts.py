"""What is known about a source, typed: the only place where facts are declared is a file of `hf_medseg.sources`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from hf_medseg.about import About
from hf_medseg.columns import VOLUME_COLUMNS, WHOLE_VOLUME_COLUMNS, Column, of_volumes
from hf_medseg.licenses import License, Tier

if TYPE_CHECKING:
    from hf_medseg.case import Case
    from hf_medseg.raw.tree import Raw
    from hf_medseg.survey import Survey


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


@dataclass(frozen=True, slots=True)
class Part:
    """One of several downloads that together make the raw tree.

    Attributes:
        name: also the first element of `source_file`.
        landmarks: patterns (see `Raw.find`), of which the first that matches counts; the folder that a match begins in is the part's root.
        steps: how to obtain it.
        required: whether a conversion stops without it.
    """

    name: str
    landmarks: tuple[str, ...]
    steps: tuple[str, ...]
    required: bool = True


@dataclass(frozen=True, slots=True)
class Config:
    """One table over the raw tree: its own columns, and its classes where they differ from the edition's."""

    name: str = "default"
    columns: Mapping[str, Column] = field(default_factory=dict)
    classes: tuple[str, ...] | None = None
    volumes: bool = False
    description: str = ""


def volume_configs(own: Mapping[str, Column] | None = None, *, only_slices: tuple[str, ...] = ()) -> tuple[Config, Config]:
    """The two configs of a source of volumes: `slices`, the default one, and `volumes`.

    Args:
        own: the source's own columns in `slices`; in `volumes` its pictures are whole volumes.
        only_slices: names of own columns that `volumes` does not have.
    """
    columns = dict(own or {})
    whole = {name: of_volumes(column) for name, column in columns.items() if name not in only_slices}
    without = f" Without {', '.join(f'`{name}`' for name in only_slices)}." if only_slices else ""
    return (
        Config("slices", {**VOLUME_COLUMNS, **columns}, description="One row a slice."),
        Config("volumes", {**WHOLE_VOLUME_COLUMNS, **whole}, volumes=True, description=f"One row a volume.{without}"),
    )


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


@dataclass(frozen=True, slots=True)
class Edition:
    """A variant of a source with its own license, tier, citation or classes.

    Attributes:
        name: empty for the only edition of a source.
        classes: names of the mask's classes without `background`; the first is index 1.
        landmarks: patterns that must all match a file of the raw tree for it to be this edition.
        not_landmarks: patterns of which none may match.
        not_used: (pattern, reason) for files that belong to the source and are left alone.
        uncertain: whether label maps of this edition may hold 255, not annotated.
        masks: where an orientation tag turns a picture when it is shown, whether its masks were drawn on that (`upright`) or on the
            stored samples; empty where nobody says.
    """

    license: License
    citations: tuple[str, ...]
    landmarks: tuple[str, ...]
    classes: tuple[str, ...] = ()
    name: str = ""
    not_landmarks: tuple[str, ...] = ()
    configs: tuple[Config, ...] = (Config(),)
    not_used: tuple[tuple[str, str], ...] = ()
    published: Published = Published()
    uncertain: bool = False
    masks: Literal["", "stored", "upright"] = ""

    def config(self, name: str) -> Config:
        """The config of that name; KeyError if there is none."""
        return {config.name: config for config in self.configs}[name]


@dataclass(frozen=True, slots=True)
class SurveyPlan:
    """A pass over files before planning, run by the workers.

    Attributes:
        files: chooses the files to look at.
        look: looks at one file (its bytes and its path) and returns something small and picklable; runs in a worker.
        head: the first bytes that `look` is given, as a `hf_medseg.survey.Head`; it raises `Whole` to be given all. 0 gives all at once.
    """

    files: Callable[[Raw], Iterable[Any]]
    look: Callable[[bytes, str], Any]
    head: int = 0


@dataclass(frozen=True, slots=True)
class Source:
    """One upstream dataset.

    Attributes:
        id: lower-case id with hyphens.
        signature: patterns specific enough that one match proves the tree to be this source, whatever the user calls it.
        begins: patterns of paths that begin with a folder which says something (a split), where no landmark begins with it: so that RAW
            may be that folder.
        hashes: (size, SHA-256) of published files that prove the same.
        layout: what the raw tree looks like, as text for people.
        splits: how rows come to their split.
        changes: what a conversion changes, for the card.
        quirks: what a user must know, one sentence each.
        cases: lists the cases of `raw.config` in `raw.edition`; touches no pixels.
        survey: an optional pass before planning; where what to look at depends on the about file, what makes it from that.
        from_about: makes the edition from the user's about file and the survey, where facts come with the data.
        about_keys: what an about file may say: key -> explanation.
    """

    id: str
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
    editions: tuple[Edition, ...]
    cases: Callable[[Raw], Iterable[Case]]
    aliases: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    signature: tuple[str, ...] = ()
    begins: tuple[str, ...] = ()
    hashes: tuple[tuple[int, str], ...] = ()
    parts: tuple[Part, ...] = ()
    image_mode: Literal["L", "RGB", ""] = ""
    annotators: str = "expert-generated"
    survey: SurveyPlan | Callable[[About], SurveyPlan] | None = None
    from_about: Callable[[About, Survey], Edition] | None = None
    about_keys: Mapping[str, str] = field(default_factory=dict)
    convertible: bool = True

    @property
    def own(self) -> bool:
        """Whether its files are the user's own, and nobody else has them."""
        return self.from_about is not None and self.access.mode == "none"

    @property
    def tiers(self) -> tuple[Tier, ...]:
        """The tiers of the editions, in their order, each once."""
        return tuple(dict.fromkeys(edition.license.tier for edition in self.editions))

    @property
    def has_masks(self) -> bool:
        """Whether any edition names mask classes."""
        return any(edition.classes or any(c.classes for c in edition.configs) for edition in self.editions)
