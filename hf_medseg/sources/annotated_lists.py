"""Sources of annotation files that list many pictures with their objects: CVAT, Label Studio, Datumaro."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hf_medseg.case import Case
from hf_medseg.catalog.about import About
from hf_medseg.catalog.own import Fit
from hf_medseg.catalog.source import Edition, Reading, Source, SurveyPlan, source_of
from hf_medseg.errors import Refused, Rejected
from hf_medseg.formats.picture import PICTURE_NAME, Picture
from hf_medseg.masks.drawing import Canvas, Thing
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.splits import SPLIT_FOLDER
from hf_medseg.raw.tree import Raw
from hf_medseg.sources.annotated import (
    AboutDrawings,
    Packed,
    Pictures,
    classes_of,
    edition_of,
    ids_of,
    looked_at,
    note_alike,
    note_missing,
    of_kind,
    sheet_fits,
    split_in,
    to_survey,
)


@dataclass(frozen=True, slots=True)
class Listed:
    """A picture that an annotation file lists.

    Attributes:
        key: what its objects are found by.
        names: what it may be called, the likeliest first.
        width, height: as the file says; 0 where it does not.
        subset: the split that the file says.
        annotated: whether somebody looked at it.
    """

    key: str
    names: tuple[str, ...]
    width: int = 0
    height: int = 0
    subset: str = ""
    annotated: bool = True


@dataclass(frozen=True, slots=True)
class Index:
    """What an annotation file holds; the objects of each picture stay text until the picture is converted.

    Attributes:
        labels: the classes in their order.
        pictures: every picture that it lists.
        objects: by the key of the picture.
    """

    labels: tuple[str, ...]
    pictures: tuple[Listed, ...]
    objects: Mapping[str, Packed]


Paint = Callable[[list[Any], int, int], Sequence[Thing]]
"""The objects of a picture from their records, and its width and height; raises ValueError or KeyError where one cannot be read."""


@dataclass(frozen=True, slots=True)
class ListedObjects:
    """The objects of one picture of a list."""

    path: str
    picture: Listed
    packed: Packed | None
    paint: Paint = field(repr=False)
    mend: str = field(repr=False)

    def files(self) -> tuple[RawFile, ...]:
        """None: the file was read by the survey."""
        return ()

    def size(self, reader: Reader) -> tuple[int, int] | None:
        """See `Drawing.size`."""
        return (self.picture.width, self.picture.height) if self.picture.width and self.picture.height else None

    def things(self, reader: Reader, width: int, height: int) -> Sequence[Thing]:
        """See `Drawing.things`."""
        records = json.loads(f"[{self.packed.text}]") if self.packed else []
        try:
            return self.paint(records, width, height)
        except (ValueError, KeyError) as error:
            words = f"an object without {error}" if isinstance(error, KeyError) else str(error)
            raise Rejected(self.path, f"{self.picture.names[0]} has {words}.", self.mend) from error
        except (TypeError, AttributeError, IndexError) as error:
            words = f"an object of another form than the tool writes ({error})"
            raise Rejected(self.path, f"{self.picture.names[0]} has {words}.", self.mend) from error


def list_source(
    file: str,
    ending: str,
    is_one: Callable[[bytes], bool],
    index_of: Callable[[bytes, str], Index | None],
    paint: Paint,
    *,
    called: str,
    mend: str,
) -> Source:
    """The source of annotation files that list many pictures; classes are in the order of the files.

    Args:
        file: `__file__` of its `source.py`.
        ending: of the annotation files, such as `json`.
        is_one: whether the beginning of a file is that of such a file.
        index_of: reads one (its bytes and its path); None of another file.
        paint: see `Paint`.
        called: the files, in words.
        mend: what to do where an object cannot be read.
    """
    pattern = rf"[^/]+\.(?i:{ending})"
    landmarks = (pattern, PICTURE_NAME)

    def fits(raw: Raw, about: About) -> Sequence[Fit]:
        return sheet_fits(raw, called, of_kind(raw, pattern, is_one), many=True)

    def edition_from(raw: Raw) -> Edition:
        about = AboutDrawings.of(raw.about)
        return edition_of(about, classes_of(about, _labels(looked_at(raw, Index))), landmarks)

    def cases(raw: Raw) -> Iterator[Case]:
        return _cases(raw, paint, mend)

    return source_of(
        file,
        Reading(landmarks=landmarks),
        cases,
        survey=SurveyPlan(to_survey, index_of),
        about_file=AboutDrawings,
        from_about=edition_from,
        fits=fits,
        begins=(rf"{SPLIT_FOLDER}[^/]+\.{ending}",),
    )


def _labels(indices: Mapping[str, Any]) -> list[str]:
    return [label for index in indices.values() for label in index.labels]


def _cases(raw: Raw, paint: Paint, mend: str) -> Iterator[Case]:
    """One case a picture that a file lists."""
    indices = looked_at(raw, Index)
    files = {file.listed: file for file in raw.fit.reading}
    pictures = Pictures(raw, files.values())
    classes = {name: k for k, name in enumerate(classes_of(AboutDrawings.of(raw.about), _labels(indices)), 1)}
    note_alike(raw, raw.fit.reading[0], classes)
    found: dict[str, tuple[RawFile, ListedObjects, str]] = {}
    for path, index in indices.items():
        raw.use(files[path])
        missing: list[str] = []
        for one in index.pictures:
            picture = next((hit for name in one.names if (hit := pictures.named(name, files[path])) is not None), None)
            if picture is None:
                missing.append(one.names[0])
                continue
            if picture.listed in found:
                raise Refused(
                    f"{path}: {picture.listed} is listed twice, in it or in another file. Take one of the two out of the raw tree."
                )
            split = split_in(f"{one.subset}/x") or split_in(picture.listed) or split_in(path) or "train"
            drawing = ListedObjects(pictures.placed(files[path]).path, one, index.objects.get(one.key), paint, mend)
            found[picture.listed] = picture, drawing, split
        note_missing(raw, files[path], missing)
    ids = ids_of([picture for picture, _, _ in found.values()])
    for picture, drawing, split in found.values():
        drawn = Canvas(drawing, classes).columns() if drawing.picture.annotated else {}
        yield Case(ids[picture.listed], {"image": Picture(picture), **drawn}, split=split)
