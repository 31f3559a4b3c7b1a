"""Derived datasets, as the catalog would describe them: made of several sources, under what the licenses of all of them allow."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import get_args

from hf_medseg.catalog.combined import combined
from hf_medseg.catalog.facts import Access, Concept
from hf_medseg.catalog.licenses import LICENSE_TIERS, License, Tier, strictest
from hf_medseg.catalog.lookup import source_named
from hf_medseg.catalog.source import Config, Edition, Reading, Source
from hf_medseg.catalog.stated import Stated
from hf_medseg.dataset.columns import (
    FLAG,
    FLOAT64,
    INT32,
    PICTURE,
    TEXT,
    VOLUME_COLUMNS,
    Column,
    Label,
    ListOf,
    PictureColumn,
    Value,
    VolumeColumn,
    annotated,
    table_columns,
)
from hf_medseg.errors import Refused

DERIVED = "derived"
"""What the shards of a derived dataset give as their source."""

OPTIONAL: dict[str, Column] = {"stack": ListOf(PICTURE), "split_fold": INT32, "sampling_weight": FLOAT64, "within_cap": FLAG}
"""Columns that a recipe asks for."""


ORIGIN_COLUMNS = ("source", "source_edition", "source_license", "source_tier")
"""Where every row says what `Origin` has of it."""


@dataclass(frozen=True, slots=True, order=True)
class Origin:
    """Where rows of a derived dataset come from, as every one of them says, and as the shards that it was taken from said.

    Attributes:
        source, edition: of the converted dataset.
        license: the license's id there.
        tier: the license's tier there.
    """

    source: str
    edition: str
    license: str
    tier: str

    @property
    def label(self) -> str:
        """The source and its edition, for people."""
        return f"{self.source} ({self.edition})" if self.edition else self.source

    @property
    def stated_tier(self) -> Tier:
        """The tier as the shards said it; one that nobody knows is `unknown`."""
        return next((tier for tier in get_args(Tier) if tier == self.tier), "unknown")

    def known(self) -> tuple[Source, Edition]:
        """What the catalog has of it.

        Raises:
            Refused: it has nothing of it, so that nothing is known of its license.
        """
        source = source_named(self.source)
        edition = next((one for one in source.editions if one.name == self.edition), None) if source else None
        if source is None or edition is None:
            raise Refused(
                f"The shards say {self.source!r} {self.edition!r}, which the catalog does not have. Nothing is known of its license."
            )
        return source, edition

    def terms(self) -> License:
        """The strictest of what the catalog says now and what was true when the shards were made.

        Raises:
            Refused: the catalog does not have it.
        """
        source, edition = self.known()
        if source.from_about is not None:
            stated: Tier = "unknown" if self.license in ("", "unknown") else LICENSE_TIERS.get(self.license, "restricted")
            license = License(id=self.license or "unknown", name=self.license or "license unknown", url="", tier=stated, evidence=())
        else:
            license = edition.license
            if self.license != license.id:
                others = [one.license for one in source.editions if one.license.id == self.license]
                if source.licenses is not None and not others:  # an archive's table stated it for some of the files
                    others = [Stated.of(self.license, "", 0).terms]
                tier = strictest((license.tier, *([one.tier for one in others] or ["unknown"])))
                license = next((one for one in others if one.tier == tier), replace(license, tier=tier))
        return replace(license, tier=strictest((license.tier, self.stated_tier)))


def kept_columns(names: Sequence[str], of: Mapping[str, Mapping[str, Column]]) -> dict[str, Column]:
    """Columns of sources that a derived dataset keeps, each of one type.

    Args:
        names: which ones.
        of: the columns of each source, by what it is called in messages.

    Raises:
        Refused: no source has a column, it cannot be kept, or it is of several types.
    """
    reserved = {*table_columns((), {}, many_files=True), *own_columns(()), *OPTIONAL, *VOLUME_COLUMNS}
    found: dict[str, Column] = {}
    for name in names:
        types = {label: columns[name] for label, columns in of.items() if name in columns}
        if not types:
            there = dict.fromkeys(
                other for columns in of.values() for other, one in columns.items() if _plain(one) and other not in reserved
            )
            raise Refused(f"columns: no source has {name!r}; there are: {', '.join(there) or 'none'}.")
        if name in reserved or not all(_plain(one) or is_mask(name, of[label]) for label, one in types.items()):
            masks = dict.fromkeys(other for columns in of.values() for other in columns if is_mask(other, columns))
            raise Refused(
                f"columns: {name} cannot be kept: it is there anyway, is told by the grid, which is another one, or holds pictures. "
                f"Of these the masks can be kept that lie on the grid of `image`; there are: {', '.join(masks) or 'none'}."
            )
        found[name] = _one_type(name, types)
    return found


ANNOTATORS = re.compile(r"mask_(?:\d+|automatic)")
"""Masks of further annotators, and of machines: they hold the classes that `mask` holds."""


def is_mask(name: str, columns: Mapping[str, Column]) -> bool:
    """Whether a column of a source is a mask beside `mask` that can come to another grid with it.

    Args:
        name: of the column.
        columns: all columns of the source.
    """
    if not isinstance(columns[name], (PictureColumn, VolumeColumn)):
        return False
    classes = columns["classes"].item if isinstance(columns.get("classes"), ListOf) else None  # type: ignore[union-attr]
    structures = {f"mask_{one}" for one in classes.names} if isinstance(classes, Label) else set()
    return name in ("instances", "fov_mask", *structures) or ANNOTATORS.fullmatch(name) is not None


def _plain(column: Column) -> bool:
    return isinstance(column.item if isinstance(column, ListOf) else column, (Value, Label))


def _one_type(name: str, types: Mapping[str, Column]) -> Column:
    """One type for values of several sources: labels get the names of all."""
    inner = [one.item if isinstance(one, ListOf) else one for one in types.values()]
    lists = {isinstance(one, ListOf) for one in types.values()}
    labels = [one for one in inner if isinstance(one, Label)]
    one: Column = inner[0]
    if len(labels) == len(inner):
        one = Label(tuple(dict.fromkeys(text for label in labels for text in label.names)))
    elif len({*inner}) > 1:
        lists.add(None)  # type: ignore[arg-type]
    if len(lists) > 1:
        told = "; ".join(f"{label}: {_in_words(column)}" for label, column in types.items())
        raise Refused(f"columns: {name} is of several types ({told}). Leave it out, or one of the sources.")
    return ListOf(one) if isinstance(next(iter(types.values())), ListOf) else one


def _in_words(column: Column) -> str:
    match column:
        case ListOf(item):
            return f"list of {_in_words(item)}"
        case Value(dtype):
            return dtype
    return "label"


def own_columns(
    classes: Sequence[str], optional: Sequence[str] = (), kept: Mapping[str, Column] | None = None, *, volumes: bool = False
) -> dict[str, Column]:
    """The columns of a derived dataset after the common ones.

    Args:
        classes: names of the label space, without `background`.
        optional: which of `OPTIONAL` the recipe asks for.
        kept: columns of the sources that it keeps.
        volumes: whether a row is a volume.
    """
    return {
        "source": TEXT,
        "source_edition": TEXT,
        "source_config": TEXT,
        "source_split": TEXT,
        "source_id": TEXT,
        "source_volume": TEXT,
        "source_slice": INT32,
        "source_license": TEXT,
        "source_tier": TEXT,
        "split_group": TEXT,
        "annotated_classes": annotated(tuple(classes)),
        "original_size": ListOf(INT32),
        "crop": ListOf(INT32),
        "scaled": ListOf(INT32),
        "pad": ListOf(INT32),
        "pixel_spacing": ListOf(FLOAT64),
        **({"slice_spacing": FLOAT64} if volumes else {}),
        "rescale_slope": FLOAT64,
        "rescale_intercept": FLOAT64,
        **{name: column for name, column in OPTIONAL.items() if name in optional},
        **(kept or {}),
    }


def derived_source(
    origins: Sequence[Origin],
    classes: Sequence[str],
    optional: Sequence[str] = (),
    *,
    name: str = "",
    title: str = "",
    splits: str = "",
    changes: Sequence[str] = (),
    codes: Mapping[str, Concept] | None = None,
    citations: Sequence[str] = (),
    kept: Mapping[str, Column] | None = None,
    volumes: bool = False,
) -> tuple[Source, Edition]:
    """A derived dataset as a source with one edition.

    Args:
        origins: where its rows come from.
        classes: names of the label space, without `background`.
        optional: which of `OPTIONAL` it has.
        name: what the recipe calls it.
        title: its title, for people.
        splits: how rows came to their split.
        changes: what was done to the rows.
        codes: what classes are in SNOMED CT.
        citations: what the owners of data ask to be cited that the catalog does not know.
        kept: columns of the sources that it keeps.
        volumes: whether a row is a volume.

    Raises:
        Refused: the catalog does not have an origin, or their licenses do not go together.
    """
    known = [origin.known() for origin in origins]
    labels = ", ".join(dict.fromkeys(origin.label for origin in origins))
    columns = own_columns(classes, optional, kept, volumes=volumes)
    edition = Reading(landmarks=(), configs=(Config("default", columns, volumes=volumes),), uncertain=True)
    made = Edition(
        license=combined({f"{one.label}": one.terms() for one in origins}),
        citations=tuple(dict.fromkeys([*(text for _, edition in known for text in edition.citations), *citations])),
        classes=tuple(classes),
        name=name,
        reading=edition,
    )
    source = Source(
        id=DERIVED,
        title=title or f"Derived from {labels}",
        homepage="",
        modality=tuple(dict.fromkeys(one for source, _ in known for one in source.modality)),
        anatomy=tuple(dict.fromkeys(one for source, _ in known for one in source.anatomy)),
        task="; ".join(dict.fromkeys(source.task for source, _ in known)),
        summary=f"A derived dataset: rows of {labels}, changed as the recipe below says. The sources themselves are not like this.",
        access=Access("none", ()),
        layout="",
        splits=splits,
        quirks=tuple(dict.fromkeys(f"{source.id}: {text}" for source, _ in known for text in source.quirks)),
        changes=tuple(changes),
        annotators=known[0][0].annotators if len({source.annotators for source, _ in known}) == 1 else "found",
        codes=codes or {},
        overlaps=tuple(
            replace(one, how=f"{source.id} has it so: {one.how}")
            for source, _ in known
            for one in source.overlaps
            if one.source in {other.source for other in origins}
        ),
        editions=(made,),
        cases=lambda raw: (),
        convertible=False,
    )
    return source, made
