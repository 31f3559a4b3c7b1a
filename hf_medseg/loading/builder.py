"""A raw tree as a `datasets` dataset, without converting it first: map-style and streaming, under every `datasets` since 3.6.

The rows are those of a conversion, in the same order: both come from the same plan and the same `rows`.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

import datasets

from hf_medseg.catalog.about import read_about
from hf_medseg.catalog.describe import how_to_get
from hf_medseg.catalog.lookup import find_source
from hf_medseg.catalog.remembered import memory
from hf_medseg.catalog.source import Config, Source
from hf_medseg.catalog.terms import logger, show_once
from hf_medseg.conversion.executor import Executor
from hf_medseg.conversion.plan import Plan, Request, make_plan
from hf_medseg.conversion.quiet import quiet
from hf_medseg.conversion.rows import Row, rows
from hf_medseg.dataset.columns import feature
from hf_medseg.dataset.table import TableSpec, Tally
from hf_medseg.errors import Refused, Rejected
from hf_medseg.loading.kept import Loadable, Piece, key_of, loadable
from hf_medseg.raw.files import Reader
from hf_medseg.raw.fresh import state_of_tree
from hf_medseg.raw.packed_tars import forget_copies

# Enough pieces for the workers of a data loader; the order of the rows does not depend on it.
PIECES = 64


@dataclass
class RawConfig(datasets.BuilderConfig):  # type: ignore[misc]
    """What may be said when a raw tree is loaded.

    Attributes:
        source: id of the source.
        edition: the edition, where the layout does not tell.
        parts: where parts of the raw tree lie that are not below `data_dir`.
        about: about file with the facts that only the user knows.
        on_error: `raise` on a bad case, or `skip` it and say so.
    """

    source: str = ""
    edition: str = ""
    parts: Mapping[str, str] | None = None
    about: str | None = None
    on_error: str = "raise"
    _found: Loadable | None = field(default=None, init=False, repr=False, compare=False)

    def create_config_id(self, config_kwargs: dict[str, Any], custom_features: Any = None) -> str:
        """Names the cache of the rows: another one whenever a file, the about file, this package or what it stands on changed."""
        key, self._found = found_for_loading(find_source(self.source), self)
        # Where nothing tells whether a file changed, no cache is trusted.
        config_id: str = super().create_config_id({**config_kwargs, "state": key or uuid.uuid4().hex}, custom_features)
        return config_id

    def take_found(self) -> Loadable:
        """What the cache was named after, once: a configuration that travels to workers does not carry it."""
        found, self._found = self._found, None
        return found or found_for_loading(find_source(self.source), self)[1]


class RawDatasetBuilder(datasets.GeneratorBasedBuilder):  # type: ignore[misc]
    """Builds a dataset from a raw tree; loading scripts are subclasses that name their source."""

    SOURCE: ClassVar[str] = ""
    BUILDER_CONFIG_CLASS = RawConfig

    def __init_subclass__(cls, **options: Any) -> None:
        """Declares the configs of the source that a loading script names."""
        super().__init_subclass__(**options)
        if cls.SOURCE:
            source = find_source(cls.SOURCE)
            offered = offered_configs(source)
            cls.BUILDER_CONFIGS = [
                RawConfig(name=config.name, source=source.id, version=datasets.Version("0.0.0"), description=config.description)
                for config in offered
            ]
            cls.DEFAULT_CONFIG_NAME = offered[0].name if offered else None

    @property
    def source(self) -> Source:
        """The source that is loaded."""
        return find_source(self.config.source)

    def _planned(self) -> Loadable:
        """What is loaded, found out once."""
        if not hasattr(self, "_found"):
            self._found: Loadable = self.config.take_found()
        return self._found

    def __getstate__(self) -> dict[str, Any]:
        """The builder without its plan: a data loader's worker is given its own cases."""
        return {name: value for name, value in self.__dict__.items() if name != "_found"}

    def _info(self) -> datasets.DatasetInfo:
        found = self._planned()
        described = {name: feature(column) for name, column in found.table.columns.items()}
        return datasets.DatasetInfo(
            description=self.source.summary,
            features=datasets.Features.from_dict(described),
            homepage=self.source.homepage,
            license=found.edition.license.id,
            citation="\n\n".join(found.edition.citations),
        )

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        found = self._planned()
        show_once(self.source, found.edition)
        return [
            datasets.SplitGenerator(name=split, gen_kwargs={"pieces": pieces, "table": found.table, "on_error": self.config.on_error})
            for split, pieces in found.splits.items()
        ]

    def _generate_examples(self, pieces: Sequence[Piece], table: TableSpec, on_error: str) -> Iterator[tuple[str, Row]]:
        skipped = 0
        for piece in pieces:
            for case in piece.cases():
                try:
                    with quiet():
                        made = list(rows(case, table, Reader(), Tally()))
                except Rejected as error:
                    if on_error != "skip":
                        raise
                    skipped += 1
                    logger.warning("skipped %s (%d so far): %s", case.image_id, skipped, error)
                    continue
                for row in made:
                    yield row["image_id"], row


def offered_configs(source: Source) -> list[Config]:
    """The configs of a source that this `datasets` can hold, of all editions, each name once."""
    configs = {config.name: config for edition in source.editions for config in edition.reading.configs}
    return [config for config in configs.values() if not config.volumes or hasattr(datasets, "Nifti")]


def found_for_loading(source: Source, config: RawConfig) -> tuple[str | None, Loadable]:
    """What names the rows of one config (None where nothing tells whether a file changed), and what they are read from.

    Raises:
        Refused: see `make_plan`; also without a raw tree, with the steps to get one.
    """
    if not config.data_dir:
        raise Refused(f"{source.id}: say where the raw tree lies with data_dir=RAW. {how_to_get(source)}")
    if config.on_error not in ("raise", "skip"):
        raise Refused(f"on_error is 'raise' or 'skip', not {config.on_error!r}.")
    request = Request(
        os.path.abspath(config.data_dir) if "://" not in config.data_dir else config.data_dir,
        (config.name,) if config.name != "default" else (),
        config.edition,
        dict(config.parts or {}),
        config.about,
        pieces=PIECES,
    )
    about = read_about(request.about, source.id, source.about_file, source.about)
    states = [state_of_tree(path) for path in (request.raw, *request.parts.values())]
    key = key_of("".join(map(str, states)) if all(states) else None, source.id, replace(request, about=None), about.said)

    def plan() -> Plan:
        try:
            with Executor() as executor:
                return make_plan(source, request, memory() / "memory", executor)
        finally:
            forget_copies(memory() / "memory")

    return key, loadable(key, memory() / "plans", plan)


def load_dataset(
    source: str,
    raw: str | os.PathLike[str],
    name: str | None = None,
    *,
    split: str | None = None,
    streaming: bool = False,
    edition: str = "",
    parts: Mapping[str, str | os.PathLike[str]] | None = None,
    about: str | os.PathLike[str] | None = None,
    on_error: str = "raise",
    cache_dir: str | None = None,
    num_proc: int | None = None,
) -> Any:
    """Loads a raw tree as a dataset of `datasets`.

    Args:
        source: id or alias of the source.
        raw: the raw tree: a folder, an archive, or a folder with archives in it.
        name: which config; the default one if not named.
        split: one split instead of all.
        streaming: read the raw tree lazily instead of caching the rows.
        edition: the edition, where the layout does not tell.
        parts: where parts of the raw tree lie that are not below `raw`.
        about: about file with the facts that only the user knows.
        on_error: `raise` on a bad case, or `skip` it and say so.
        cache_dir: where `datasets` caches, if not in its usual place.
        num_proc: processes that fill the cache.

    Returns:
        A `DatasetDict` (or `Dataset`), or with `streaming` an `IterableDatasetDict` (or `IterableDataset`).

    Raises:
        Refused: the tree is not this source, or something about the call does not fit.
        Rejected: a case is wrong and `on_error` is `raise`. While a cache is filled `datasets` wraps it in its own error.
    """
    found = find_source(source)
    offered = offered_configs(found)
    if name is not None and offered and name not in [config.name for config in offered]:
        raise Refused(f"{found.id} has no config {name!r}; it has: {', '.join(config.name for config in offered)}.")
    builder = RawDatasetBuilder(
        cache_dir=cache_dir,
        dataset_name=found.id,
        config_name=name or (offered[0].name if offered else "default"),
        data_dir=os.fspath(raw),
        source=found.id,
        edition=edition,
        parts={part: os.fspath(path) for part, path in parts.items()} if parts else None,
        about=os.fspath(about) if about is not None else None,
        on_error=on_error,
    )
    if streaming:
        return builder.as_streaming_dataset(split=split)
    builder.download_and_prepare(num_proc=num_proc)
    return builder.as_dataset(split=split)
