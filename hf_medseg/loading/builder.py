"""A raw tree as a `datasets` dataset, without converting it first: map-style and streaming, under every `datasets` since 3.6.

The rows are those of a conversion, in the same order: both come from the same plan and the same `rows`.
"""

from __future__ import annotations

import hashlib
import os
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

import datasets

from hf_medseg.catalog.describe import how_to_get
from hf_medseg.catalog.lookup import find_source
from hf_medseg.catalog.source import Config, Source
from hf_medseg.catalog.terms import logger, memory, show_once
from hf_medseg.conversion.executor import Executor
from hf_medseg.conversion.plan import ConfigPlan, Plan, Request, ShardPlan, make_plan
from hf_medseg.conversion.quiet import quiet
from hf_medseg.conversion.rows import Row, rows
from hf_medseg.dataset.columns import feature
from hf_medseg.dataset.identity import versions
from hf_medseg.dataset.table import TableSpec, Tally
from hf_medseg.errors import Refused, Rejected
from hf_medseg.raw.files import Reader
from hf_medseg.raw.fresh import code

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
    _plan: Plan | None = field(default=None, init=False, repr=False, compare=False)

    def create_config_id(self, config_kwargs: dict[str, Any], custom_features: Any = None) -> str:
        """Names the cache of the rows: another one whenever a file, the about file, this package or what it stands on changed."""
        self._plan = plan_for_loading(find_source(self.source), self)
        # Where nothing tells whether a file changed, no cache is trusted.
        state = self._plan.state or uuid.uuid4().hex
        known = (state, self._plan.about.said, code(), sorted(versions().items()))
        fresh = hashlib.sha256(repr(known).encode()).hexdigest()
        config_id: str = super().create_config_id({**config_kwargs, "state": fresh}, custom_features)
        return config_id

    def take_plan(self) -> Plan:
        """The plan that the cache was named after, once: a configuration that travels to workers does not carry it."""
        plan, self._plan = self._plan, None
        return plan or plan_for_loading(find_source(self.source), self)


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

    def _planned(self) -> tuple[Plan, ConfigPlan]:
        """The plan, made once."""
        if not hasattr(self, "_plan"):
            self._plan = self.config.take_plan()
        return self._plan, self._plan.configs[0]

    def __getstate__(self) -> dict[str, Any]:
        """The builder without its plan: a data loader's worker is given its own cases."""
        return {name: value for name, value in self.__dict__.items() if name != "_plan"}

    def _info(self) -> datasets.DatasetInfo:
        plan, config = self._planned()
        described = {name: feature(column) for name, column in config.table.columns.items()}
        return datasets.DatasetInfo(
            description=plan.source.summary,
            features=datasets.Features.from_dict(described),
            homepage=plan.source.homepage,
            license=plan.edition.license.id,
            citation="\n\n".join(plan.edition.citations),
        )

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        plan, config = self._planned()
        show_once(plan.source, plan.edition)
        pieces: dict[str, list[ShardPlan]] = {}
        for shard in config.shards:
            pieces.setdefault(shard.split, []).append(shard)
        return [
            datasets.SplitGenerator(name=split, gen_kwargs={"pieces": some, "table": config.table, "on_error": self.config.on_error})
            for split, some in pieces.items()
        ]

    def _generate_examples(self, pieces: Sequence[ShardPlan], table: TableSpec, on_error: str) -> Iterator[tuple[str, Row]]:
        skipped = 0
        for piece in pieces:
            for case in piece.cases:
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


def plan_for_loading(source: Source, config: RawConfig) -> Plan:
    """Plans the loading of one config.

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
    with Executor() as executor:
        return make_plan(source, request, memory() / "memory", executor)


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
