"""What sources share that read the files of annotation tools: which pictures they name, splits, and the edition."""

from __future__ import annotations

import contextlib
import functools
import json
import re
import unicodedata
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal, TypeVar
from urllib.parse import unquote
from xml.etree import ElementTree

import deflate

from hf_medseg.case import Case
from hf_medseg.catalog.about import About, OwnData
from hf_medseg.catalog.own import Fit
from hf_medseg.catalog.source import Config, Edition, Reading, Source, SurveyPlan, source_of
from hf_medseg.dataset.columns import Column
from hf_medseg.errors import Refused, Rejected
from hf_medseg.formats.picture import PICTURE_NAME, Picture
from hf_medseg.masks.agreement import MOST_CLASSES
from hf_medseg.masks.drawing import BACKGROUND, UNKNOWN, Canvas, Thing, drawing_columns
from hf_medseg.raw.files import RawFile, Reader
from hf_medseg.raw.splits import SPLIT_FOLDER, split_of
from hf_medseg.raw.tree import Raw, joined

Read = TypeVar("Read")

HEAD = 1 << 16  # bytes that tell whose file it is


@dataclass(frozen=True, slots=True, kw_only=True)
class AboutDrawings(OwnData):
    """What the user may say of drawn objects; the facts explain each key."""

    masks: Literal["", "stored", "upright"] = ""
    classes: tuple[str, ...] = ()


class Pictures:
    """The pictures of a tree, found by the names that annotation files give them."""

    def __init__(self, raw: Raw, others: Iterable[RawFile] = ()) -> None:
        self.files = list(raw.find(rf"(?:[^/]+/)*{PICTURE_NAME}", twins=False).values())
        self.start = layout_start([file.listed for file in (*self.files, *others)])
        self._called: dict[str, list[RawFile]] = {}
        for file in self.files:
            self._called.setdefault(file.name, []).append(file)
        self._by_stem: dict[str, list[RawFile]] = {}
        for file in self.files:
            self._by_stem.setdefault(_any_case(file.listed.rpartition(".")[0]), []).append(file)

    def placed(self, file: RawFile) -> RawFile:
        """The file, its path beginning where the layout begins."""
        return RawFile(file.listed, file.size, file.place, self.start, file.part, file.twins, stamp=file.stamp)

    def named(self, name: str, beside: RawFile) -> RawFile | None:
        """The picture that an annotation file calls so; several that it may mean are twins, and are compared when they are read.

        Args:
            name: a file name, perhaps with folders, of which the last ones count.
            beside: the annotation file.
        """
        if "://" in name:  # an address: what follows ? and # is no part of the name
            name = re.split(r"[?#]", name, maxsplit=1)[0]
        wanted = unicodedata.normalize("NFC", name.replace("\\", "/")).split("/")
        found = self._called.get(wanted[-1], [])
        if not found and "%" in name:  # as addresses write blanks and letters
            wanted = unicodedata.normalize("NFC", unquote(name)).split("/")
            found = self._called.get(wanted[-1], [])
        for closer in (
            lambda file: _in_common(wanted, file.listed.split("/")),
            lambda file: split_in(file.listed) == split_in(beside.listed),
            lambda file: file.listed.startswith(beside.listed[: beside.listed.rfind("/") + 1]),
        ):
            if len(found) > 1:
                best = max(map(closer, found))
                found = [file for file in found if closer(file) == best]
        return self.placed(joined(list(found))) if found else None

    def beside(self, file: RawFile, folders: Mapping[str, str] | None = None) -> RawFile | None:
        """The picture with the stem of an annotation file.

        Args:
            file: the annotation file.
            folders: for a folder of annotation files, in small letters, the one that its pictures lie in; else they lie beside each other.
        """
        stem = file.listed.rpartition(".")[0]
        *above, name = stem.split("/")
        places = ["/".join(above)]
        places += [
            "/".join([*above[:k], folders[folder.lower()], *above[k + 1 :]])
            for k, folder in enumerate(above)
            if folders and folder.lower() in folders
        ]
        for place in places:
            for called in (name, name.rpartition(".")[0]):  # `a.json`, and `a.png.json`
                if found := self._by_stem.get(_any_case(f"{place}/{called}".lstrip("/"))):
                    return self.placed(joined(list(found)))
        return None


def _any_case(path: str) -> str:
    """A path whose folders may be written in small or capital letters."""
    folder, slash, name = path.rpartition("/")
    return folder.lower() + slash + name


_FEW = 20


def note_missing(raw: Raw, file: RawFile, names: Sequence[str]) -> None:
    """Notes the pictures that an annotation file names and that are not there: each of a few, or how many."""
    if len(names) > _FEW:
        raw.note(file, f"names {len(names)} pictures that are not in the raw tree, such as {names[0]}")
    for name in names if len(names) <= _FEW else ():
        raw.note(file, f"names {name}, which is not in the raw tree")


def _in_common(wanted: Sequence[str], path: Sequence[str]) -> int:
    count = 0
    while count < min(len(wanted), len(path)) and wanted[-1 - count] == path[-1 - count]:
        count += 1
    return count


def layout_start(paths: Sequence[str]) -> int:
    """Where the layout begins: below the folders that lie above everything, but not below one that says a split."""
    common = [path.split("/")[:-1] for path in paths]
    first = common[0] if common else []
    depth = next((k for k, name in enumerate(first) if any(len(one) <= k or one[k] != name for one in common)), len(first))
    while depth and split_of(first[depth - 1]) is not None:
        depth -= 1
    return sum(len(name) + 1 for name in first[:depth])


def split_in(path: str) -> str | None:
    """The split that a path says: its lowest folder that does, or a word of the file's own name; None where none does."""
    *folders, name = path.split("/")
    words = {split for word in re.split(r"[^A-Za-z]+", name.partition(".")[0]) if (split := split_of(word)) is not None}
    if len(words) == 1:
        return words.pop()
    return next((split for folder in reversed(folders) if (split := split_of(re.sub(r"\d+\Z", "", folder))) is not None), None)


def ids_of(files: Iterable[RawFile]) -> dict[str, str]:
    """An id for each picture by its listed path: its stem, or its whole path where a stem occurs twice."""
    files = list(files)
    stems: dict[str, int] = {}
    for file in files:
        stems[_stem(file.name)] = stems.get(_stem(file.name), 0) + 1
    found = {file.listed: _stem(file.name) if stems[_stem(file.name)] == 1 else _stem(file.path).replace("/", "_") for file in files}
    if len(set(found.values())) < len(found):
        found = {file.listed: file.path.replace("/", "_") for file in files}
    return found


def _stem(name: str) -> str:
    return name.rpartition(".")[0]


def classes_of(about: AboutDrawings, found: Iterable[str], unread: Iterable[Rejected] = ()) -> tuple[str, ...]:
    """The classes: as the about file lists them, else as they were found; the background is none of them.

    Args:
        about: what the user says.
        found: the names of the objects.
        unread: why files could not be read, where some could not.

    Raises:
        Refused: there is none, or more than a label map holds.
    """
    classes = tuple(dict.fromkeys(name for name in about.classes or found if name != BACKGROUND and (about.classes or name != UNKNOWN)))
    if not classes:
        for reason in unread:
            raise Refused(f"No annotation file names an object. {reason}")
        raise Refused(
            'No object is named in any annotation file. Say in the about file which classes were looked for: classes = ["lesion"]'
        )
    if len(classes) > MOST_CLASSES:
        line = f"classes = {json.dumps(list(classes[:3]), ensure_ascii=False)[:-1]}, ...]"
        raise Refused(f"{len(classes)} classes; a label map holds 254. Say in the about file which ones are meant: {line}")
    return classes


def note_alike(raw: Raw, file: RawFile, classes: Iterable[str]) -> None:
    """Notes classes whose names differ in blanks or case alone: typed by hand, they are mostly one."""
    alike: dict[str, list[str]] = {}
    for name in classes:
        alike.setdefault("".join(name.split()).casefold(), []).append(name)
    for names in alike.values():
        if len(names) > 1:
            called = ", ".join(map(repr, names))
            raw.note(file, f"the classes {called} differ in blanks or capitals alone: rename their objects if they are one class")


def edition_of(
    about: AboutDrawings,
    classes: tuple[str, ...],
    landmarks: tuple[str, ...],
    own: Mapping[str, Column] | None = None,
    *,
    uncertain: bool = False,
) -> Edition:
    """The edition of drawn objects."""
    return Edition(
        license=about.terms,
        citations=about.citations,
        classes=classes,
        reading=Reading(
            landmarks=landmarks,
            configs=(Config(columns={**drawing_columns(classes), **(own or {})}),),
            masks=about.masks,
            uncertain=uncertain,
            not_used=((PICTURE_NAME, "no annotation file names it"),),
        ),
    )


def looked_at(raw: Raw, kind: type[Any]) -> dict[str, Any]:
    """What the survey found, by listed path.

    Raises:
        Refused: a file could not be read.
    """
    for one in raw.survey.values():
        if isinstance(one, Rejected):
            raise Refused(str(one))
    return {path: one for path, one in raw.survey.items() if isinstance(one, kind)}


@dataclass(frozen=True, slots=True)
class Packed:
    """A text kept small, which shows by its digest."""

    data: tuple[bytes, ...] = field(repr=False)
    digest: str = ""

    @property
    def text(self) -> str:
        """The text."""
        return "".join(zlib.decompress(piece).decode() for piece in self.data)


class Packer:
    """Keeps many texts small, by key, while they come in any order."""

    _AT_ONCE = 1 << 25  # letters that wait to be packed

    def __init__(self) -> None:
        self._waiting: dict[str, list[str]] = {}
        self._letters = 0
        self._packed: dict[str, list[bytes]] = {}
        self._digests: dict[str, Any] = {}

    def add(self, key: str, text: str) -> None:
        """Adds a text; those of one key follow each other, with a comma between them."""
        first = key not in self._waiting and key not in self._packed
        self._waiting.setdefault(key, []).append(text if first else f",{text}")
        self._letters += len(text)
        if self._letters > self._AT_ONCE:
            self._pack()

    def _pack(self) -> None:
        for key, texts in self._waiting.items():
            data = "".join(texts).encode()
            self._digests.setdefault(key, sha256()).update(data)
            self._packed.setdefault(key, []).append(bytes(deflate.zlib_compress(data, 1)))
        self._waiting, self._letters = {}, 0

    def packed(self) -> dict[str, Packed]:
        """All of them."""
        self._pack()
        return {key: Packed(tuple(pieces), self._digests[key].hexdigest()) for key, pieces in self._packed.items()}


@dataclass(frozen=True, slots=True)
class Sheet:
    """What an annotation file holds that belongs to one picture.

    Attributes:
        things: the objects.
        size: (width, height) of the picture, where the file says it.
        picture: what it calls the picture; empty where the name of the file says it.
    """

    things: tuple[Thing, ...]
    size: tuple[int, int] | None = None
    picture: str = ""


Parse = Callable[[bytes, str], Sheet | None]
"""Reads an annotation file (its bytes, and its path for messages); None of a file of another kind."""


def formed(mend: str) -> Callable[[Callable[[bytes, str], Read]], Callable[[bytes, str], Read]]:
    """Makes the reader of a file tell of one whose JSON has another form than the tool gives it.

    Args:
        mend: what to do with it.
    """

    def of(read: Callable[[bytes, str], Read]) -> Callable[[bytes, str], Read]:
        @functools.wraps(read)
        def carefully(data: bytes, path: str) -> Read:
            try:
                return read(data, path)
            except (KeyError, TypeError, AttributeError, IndexError, ValueError) as error:
                raise Rejected(path, f"it has another form than the tool writes ({type(error).__name__}: {error}).", mend) from error

        return carefully

    return of


@dataclass(frozen=True, slots=True)
class Seen:
    """What a survey keeps of an annotation file: the names of its objects, and of its picture."""

    labels: tuple[str, ...]
    picture: str

    @classmethod
    def of(cls, sheet: Sheet | None) -> Seen | None:
        """The names in a file; None of a file of another kind."""
        return None if sheet is None else cls(tuple(sorted({thing.label for thing in sheet.things})), sheet.picture)


@dataclass(frozen=True, slots=True)
class SheetDrawing:
    """The objects that an annotation file of one picture holds."""

    file: RawFile
    parse: Parse = field(repr=False)

    @property
    def path(self) -> str:
        """See `Drawing.path`."""
        return self.file.path

    def files(self) -> tuple[RawFile, ...]:
        """The files that are read."""
        return (self.file,)

    def _sheet(self, reader: Reader) -> Sheet:
        sheet: Sheet | None = reader.once((self, "sheet"), lambda: self.parse(reader.read(self.file), self.file.path))
        if sheet is None:
            raise Rejected(self.path, "it was an annotation file, and is none any more.", "Convert again.")
        return sheet

    def size(self, reader: Reader) -> tuple[int, int] | None:
        """See `Drawing.size`."""
        return self._sheet(reader).size

    def things(self, reader: Reader, width: int, height: int) -> Sequence[Thing]:
        """See `Drawing.things`."""
        return self._sheet(reader).things


def sheet_fits(raw: Raw, layout: str, files: Sequence[RawFile], *, many: bool = False) -> list[Fit]:
    """The fit of annotation files, of which each belongs to one picture, or to many."""
    if not files:
        return []
    layout = f"{layout}, such as {files[0].listed}"
    pictures = len(raw.find(rf"(?:[^/]+/)*{PICTURE_NAME}", twins=False))
    if not pictures:
        return [Fit(layout=layout, images=0, missing=("There is no picture beside the annotation files: put the pictures there.",))]
    return [Fit(layout=layout, images=pictures if many else min(pictures, len(files)), reading=tuple(files))]


def of_kind(raw: Raw, pattern: str, is_one: Callable[[bytes], bool]) -> list[RawFile]:
    """The files of a pattern whose beginning says that they are of a kind."""
    found = []
    for file in raw.find(rf"(?:[^/]+/)*{pattern}", twins=False).values():
        with contextlib.suppress(Rejected):  # what cannot be read is rejected, or listed, elsewhere
            if is_one(file.read(HEAD)):
                found.append(file)
    return found


def to_survey(raw: Raw) -> list[RawFile]:
    """The annotation files that the layout consists of, all of them."""
    return list(raw.fit.reading)


def sheet_source(
    file: str,
    pattern: str,
    is_one: Callable[[bytes], bool],
    parse: Parse,
    look: Callable[[bytes, str], Seen | None],
    *,
    called: str,
    folders: Mapping[str, str],
) -> Source:
    """The source of annotation files of which each belongs to one picture; classes are the names of objects in alphabetical order.

    Args:
        file: `__file__` of its `source.py`.
        pattern: what the files are called.
        is_one: whether the beginning of a file is that of such a file.
        parse: reads one.
        look: what the survey keeps of one.
        called: the files, in words.
        folders: see `Pictures.beside`.
    """
    landmarks = (pattern, PICTURE_NAME)

    def fits(raw: Raw, about: About) -> Sequence[Fit]:
        return sheet_fits(raw, called, of_kind(raw, pattern, is_one))

    def edition_from(raw: Raw) -> Edition:
        about = AboutDrawings.of(raw.about)
        return edition_of(about, classes_of(about, _labels(raw), _unread(raw)), landmarks)

    def cases(raw: Raw) -> Iterator[Case]:
        return _sheet_cases(raw, parse, folders)

    return source_of(
        file,
        Reading(landmarks=landmarks),
        cases,
        survey=SurveyPlan(to_survey, look),
        about_file=AboutDrawings,
        from_about=edition_from,
        fits=fits,
        begins=tuple(f"{SPLIT_FOLDER}{folder}{pattern}" for folder in ("", *(f"{one}/" for one in folders if one))),
    )


def _labels(raw: Raw) -> list[str]:
    return sorted({label for one in raw.survey.values() if isinstance(one, Seen) for label in one.labels})


def _unread(raw: Raw) -> Iterator[Rejected]:
    return (one for one in raw.survey.values() if isinstance(one, Rejected))


def _sheet_cases(raw: Raw, parse: Parse, folders: Mapping[str, str]) -> Iterator[Case]:
    """One case a picture that has an annotation file."""
    files: Sequence[RawFile] = raw.fit.reading
    pictures = Pictures(raw, files)
    classes = {name: k for k, name in enumerate(classes_of(AboutDrawings.of(raw.about), _labels(raw)), 1)}
    note_alike(raw, files[0], classes)
    found: dict[str, tuple[RawFile, RawFile, Rejected | None]] = {}
    for file in files:
        seen = raw.survey.get(file.listed)
        if not isinstance(seen, (Seen, Rejected)):
            continue
        broken = seen if isinstance(seen, Rejected) else None
        named = seen.picture if isinstance(seen, Seen) else ""
        picture = _picture_of(pictures, file, seen, folders) if isinstance(seen, Seen) else pictures.beside(file, folders)
        if picture is None:
            raw.note(file, f"its picture {named} is not there" if named else "has no picture in the raw tree")
            raw.skip(file, "its picture is not in the raw tree")
        elif picture.listed in found:
            other = found[picture.listed][1].listed
            raise Refused(f"{other} and {file.listed} both belong to {picture.listed}. Take one of them out of the raw tree.")
        else:
            found[picture.listed] = picture, pictures.placed(file), broken
    ids = ids_of([picture for picture, _, _ in found.values()])
    for picture, file, _ in found.values():
        drawing = Canvas(SheetDrawing(file, parse), classes)
        yield Case(ids[picture.listed], {"image": Picture(picture), **drawing.columns()}, split=split_in(picture.listed) or "train")


def _picture_of(pictures: Pictures, file: RawFile, seen: Seen, folders: Mapping[str, str]) -> RawFile | None:
    return (pictures.named(seen.picture, file) if seen.picture else None) or pictures.beside(file, folders)


def xml_of(data: bytes, path: str, advice: str) -> ElementTree.Element:
    """The root of an XML file.

    Raises:
        Rejected: it is damaged, or defines entities, which no annotation tool writes and which can grow without end.
    """
    if b"<!ENTITY" in data:
        raise Rejected(path, "it defines entities, which no annotation tool writes.", advice)
    try:
        return ElementTree.fromstring(data)
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise Rejected(path, f"an XML file expected ({error}).", advice) from error
