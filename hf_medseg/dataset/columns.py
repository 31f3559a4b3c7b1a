"""Column types, and how each is written as Arrow type, as `datasets` feature and in a card's YAML.

The feature dictionaries use the names that every `datasets` since 3.6 reads: `Sequence`, never `List`; a list of records is a
one-element list, because a `Sequence` around a record loses its class labels.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Feature = dict[str, Any] | list[Any]


@dataclass(frozen=True, slots=True)
class Value:
    """A plain value; `dtype` is a name that Arrow and `datasets` share."""

    dtype: Literal["string", "bool", "int8", "int16", "int32", "int64", "float32", "float64"]


@dataclass(frozen=True, slots=True)
class Label:
    """A class index with its names."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PictureColumn:
    """An encoded 2D picture: struct of bytes and path."""


@dataclass(frozen=True, slots=True)
class VolumeColumn:
    """An encoded NIfTI volume: struct of bytes and path."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list of values of one type."""

    item: Column


@dataclass(frozen=True, slots=True)
class Record:
    """A struct of named columns."""

    fields: Mapping[str, Column]


Column = Value | Label | PictureColumn | VolumeColumn | ListOf | Record


def holds_pictures(column: Column) -> bool:
    """Whether a column has a picture or a volume in every row, or a list of them."""
    return isinstance(column.item if isinstance(column, ListOf) else column, (PictureColumn, VolumeColumn))


TEXT = Value("string")
FLAG = Value("bool")
INT8 = Value("int8")
INT32 = Value("int32")
FLOAT32 = Value("float32")
FLOAT64 = Value("float64")
PICTURE = PictureColumn()
SEX = Label(("female", "male"))
LATERALITY = Label(("left", "right"))
MASK_ORIGIN = Label(("manual", "corrected", "automatic", "derived"))
FILES = ListOf(Record({"column": TEXT, "path": TEXT, "sha256": TEXT}))


def annotated(classes: tuple[str, ...]) -> Column:
    """The `annotated_classes` column: what a row was searched for, with the indices that masks have."""
    return ListOf(Label(("background", *classes)))


def boxes(*labels: str) -> Column:
    """The `boxes` column: pixels of `image`, origin top left."""
    sides: dict[str, Column] = dict.fromkeys(("x", "y", "width", "height"), FLOAT64)
    return ListOf(Record({**sides, "label": Label(labels)}))


VOLUME_COLUMNS: dict[str, Column] = {
    "volume_id": TEXT,
    "slice_index": INT32,
    "num_slices": INT32,
    "pixel_spacing": ListOf(FLOAT64),
    "slice_thickness": FLOAT64,
    "slice_spacing": FLOAT64,
    "plane": TEXT,
    "orientation": TEXT,
    "image_position": ListOf(FLOAT64),
    "image_orientation": ListOf(FLOAT64),
    "rescale_slope": FLOAT64,
    "rescale_intercept": FLOAT64,
}
# Where a row is a whole volume.
WHOLE_VOLUME_COLUMNS: dict[str, Column] = {name: column for name, column in VOLUME_COLUMNS.items() if name != "slice_index"}


def of_volumes(column: Column) -> Column:
    """The column's type where a row is a whole volume: pictures become volumes, in lists too."""
    match column:
        case PictureColumn():
            return VolumeColumn()
        case ListOf(item):
            return ListOf(of_volumes(item))
    return column


def table_columns(
    class_names: tuple[str, ...], own: Mapping[str, Column], *, image: Column = PICTURE, many_files: bool
) -> dict[str, Column]:
    """All columns of a table in order: the common ones first, the source's own after them.

    Args:
        class_names: names of the mask's classes, `background` first.
        own: the source's own columns.
        image: type of the `image` and `mask` columns.
        many_files: whether a row is made from more than its image file.
    """
    common: dict[str, Column] = {
        "image": image,
        "mask": image,
        "image_id": TEXT,
        "patient_id": TEXT,
        "classes": ListOf(Label(class_names)),
        "width": INT32,
        "height": INT32,
        **({"depth": INT32} if isinstance(image, VolumeColumn) else {}),
        "source_file": TEXT,
        "source_sha256": TEXT,
    }
    if many_files:
        common["files"] = FILES
    return common | dict(own)


def encoded(column: Column, value: Any) -> Any:
    """A plain value as it is stored: class names become their index, in lists and records too.

    Raises:
        ValueError: a name is no class of the column, or a record has a field that the column has not.
    """
    match column:
        case Label(names) if isinstance(value, str):
            if value not in names:
                raise ValueError(f"{value!r} is none of {', '.join(names)}")
            return names.index(value)
        case ListOf(item) if value is not None and not isinstance(item, (Value, PictureColumn, VolumeColumn)):
            return [encoded(item, one) for one in value]
        case Record(fields) if value is not None:
            if strange := [name for name in value if name not in fields]:
                raise ValueError(f"{strange[0]!r} is no field of its records, which have {', '.join(fields)}")
            return {name: encoded(field, value.get(name)) for name, field in fields.items()}
    return value


def feature(column: Column) -> Feature:
    """The column in the JSON that `datasets` keeps under `huggingface` in a Parquet schema."""
    match column:
        case Value(dtype):
            return {"dtype": dtype, "_type": "Value"}
        case Label(names):
            return {"names": list(names), "_type": "ClassLabel"}
        case PictureColumn():
            return {"_type": "Image"}
        case VolumeColumn():
            return {"_type": "Nifti"}
        case ListOf(Record(fields)):
            return [{name: feature(field) for name, field in fields.items()}]
        case ListOf(item):
            return {"feature": feature(item), "length": -1, "_type": "Sequence"}
        case Record(fields):
            return {name: feature(field) for name, field in fields.items()}


def column_of(described: Any) -> Column:
    """The column that a feature describes: undoes `feature`.

    Raises:
        ValueError: it describes no column of this package.
    """
    match described:
        case {"_type": "Value", "dtype": str(dtype)}:
            return Value(dtype)  # type: ignore[arg-type]
        case {"_type": "ClassLabel", "names": [*names]}:
            return Label(tuple(names))
        case {"_type": "Image"}:
            return PictureColumn()
        case {"_type": "Nifti"}:
            return VolumeColumn()
        case {"_type": "Sequence", "feature": item}:
            return ListOf(column_of(item))
        case [item]:
            return ListOf(column_of(item))
        case {"_type": kind}:
            raise ValueError(f"no column is of type {kind}")
        case dict():
            return Record({name: column_of(field) for name, field in described.items()})
    raise ValueError(f"{described!r} describes no column")


def card_feature(name: str, column: Column) -> dict[str, Any]:
    """The column in the `dataset_info.features` list of a card."""
    return {"name": name, **_card_type(column)}


def _card_type(column: Column) -> dict[str, Any]:
    match column:
        case Value(dtype):
            return {"dtype": dtype}
        case Label(names):
            return {"dtype": {"class_label": {"names": {str(i): name for i, name in enumerate(names)}}}}
        case PictureColumn():
            return {"dtype": "image"}
        case VolumeColumn():
            return {"dtype": "nifti"}
        case ListOf(Record(fields)):
            return {"list": [card_feature(name, field) for name, field in fields.items()]}
        case ListOf(item):
            inner = _card_type(item)
            return {"sequence": inner["dtype"] if set(inner) == {"dtype"} and isinstance(inner["dtype"], str) else inner}
        case Record(fields):
            return {"struct": [card_feature(name, field) for name, field in fields.items()]}
