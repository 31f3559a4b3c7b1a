"""The table and the folder of each config of a source."""

from __future__ import annotations

from hf_medseg.catalog.source import Config, Edition, Source
from hf_medseg.dataset.columns import INT8, Column, VolumeColumn
from hf_medseg.dataset.table import TableSpec
from hf_medseg.errors import Refused


def table_of(source: Source, edition: Edition, config: Config) -> TableSpec:
    """The table of a config.

    Raises:
        Refused: more classes than a label map can hold.
    """
    names = edition.classes_of(config)
    if len(names) > 254:
        raise Refused(f"{len(names)} classes; a label map holds 254. Say in the about file which values are which classes.")
    classes = ("background", *names)
    own: dict[str, Column] = dict(config.columns)
    if "volume_id" not in own:
        own = {"exif_orientation": INT8, **own}
    from hf_medseg.dataset.columns import PICTURE, table_columns

    columns = table_columns(classes, own, image=VolumeColumn() if config.volumes else PICTURE, many_files=bool(names))
    return TableSpec(columns, classes, edition.reading.uncertain, source.image_mode, config.volumes, edition.reading.masks, own=source.own)


def config_folder(config: Config, edition: Edition) -> str:
    """Folder of a config's shards inside the output: `data` for the only config of an edition."""
    return "data" if len(edition.reading.configs) == 1 else config.name
