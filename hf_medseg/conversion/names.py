"""New names in the place of those that folders, files and cases have, which may be names of people.

A new name is a hash (HMAC-SHA-256) with a key that is drawn once for each OUT. Key and names stay in `OUT/.local`, which is never
published: without the key nobody can tell a name, not even by trying all that he can think of.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from hf_medseg.case import Case, Problem
from hf_medseg.dataset.columns import TEXT, Column, ListOf
from hf_medseg.dataset.folder import Output
from hf_medseg.dataset.identity import Outcome
from hf_medseg.dataset.report import Rejection
from hf_medseg.dataset.storage import is_local, write_text
from hf_medseg.dataset.table import TableSpec
from hf_medseg.errors import Refused
from hf_medseg.formats.picture import ENDINGS
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.ledger import Note
from hf_medseg.raw.listing import Listing
from hf_medseg.raw.splits import split_of

FILE = "names.json"
_LENGTH = 20  # hexadecimal digits: names of a million files do not meet
_SHORTEST = 3  # letters; shorter ones are nobody's name, and would be found in every sentence
# What a file is, at the end of its name; anything else there may be a part of a name.
_ENDING = re.compile(
    rf"(?:\.(?:{'|'.join(ENDINGS)}|svs|dcm|nii|nrrd|nhdr|mha|mhd|raw|hdr|img|npy|npz|mat|h5|xml|json|csv|tsv|txt|xlsx)"
    r"(?:\.gz|\.bz2|\.xz)?)\Z",
    re.IGNORECASE,
)
_NEW = re.compile(rf"n[0-9a-f]{{{_LENGTH}}}")
_UID = re.compile(r"(?<![\w.])\d+(?:\.\d+){5,}(?![\w.]*\d)")  # of DICOM
_MADE = frozenset(("image_id", "volume_id", "patient_id", "source_file"))  # of a row: from the names of its case
# Words of layouts, which name nobody.
_LAYOUT = frozenset(
    [
        "image",
        "images",
        "img",
        "imgs",
        "mask",
        "masks",
        "label",
        "labels",
        "annotation",
        "annotations",
        "picture",
        "pictures",
        "scan",
        "scans",
        "data",
        "dataset",
    ]
)


def names_of(target: Output) -> Names:
    """The new names that an output folder knows; a new key where it has none.

    Raises:
        Refused: it lies in an object store, where nothing stays on this machine; or its names are gone or damaged.
    """
    if not is_local(target.root):
        raise Refused(f"{target.root}: --rename keeps the names beside the data, in OUT/.local. Give an OUT on a disk of this machine.")
    path = target.local / FILE
    if not path.exists():
        if any(section.get("options", {}).get("rename") for section in target.report().get("configs", {}).values()):
            raise Refused(f"{path} is gone, and with it the key by which names were hashed. Put it back, or give another OUT.")
        return Names(secrets.token_bytes(32))
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        return Names(bytes.fromhex(held["key"]), held["names"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Refused(f"{path} cannot be read ({error}). Put a sound copy of it back, or give another OUT.") from error


class Names:
    """The new names of one output folder.

    Attributes:
        key: what they are hashed with.
    """

    def __init__(self, key: bytes, made: Mapping[str, str] | None = None) -> None:
        self.key = key
        self._made = dict(made or {})
        self._given: dict[str, str] = {}  # what reports call files, by their old paths
        self._words: dict[str, None] = {}

    def save(self, target: Output) -> None:
        """Writes key and names, readable by the user alone."""
        path = target.local / FILE
        names = {new: self._made[new] for new in sorted(self._made)}
        write_text(path, json.dumps({"key": self.key.hex(), "names": names}, ensure_ascii=False, indent=1))
        path.chmod(0o600)

    def new(self, old: str) -> str:
        """The new name for a name; a new name stays as it is."""
        if _NEW.fullmatch(old):
            return old
        text = unicodedata.normalize("NFC", old)
        name = "n" + hmac.new(self.key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:_LENGTH]
        self._made[name] = text
        return name

    def learn(self, listings: Iterable[Listing]) -> None:
        """Takes the names that texts must not say from what lies in a raw tree."""
        for listing in listings:
            self._learn((*(file.listed for file in listing.files), *listing.litter, *(path for path, _ in listing.aside)))

    def _learn(self, paths: Iterable[str]) -> None:
        for path in paths:
            self._words[path] = None
            for step in path.split("/"):
                self._words.update(dict.fromkeys((step, _ENDING.sub("", step))))

    def case(self, case: Case, table: TableSpec) -> Case:
        """A case under new names; its files have their old ones still, see `give`."""
        self._words.update(dict.fromkeys(filter(None, (case.image_id, case.patient_id))))
        patient = None if case.patient_id is None else self.new(case.patient_id)
        return replace(case, image_id=self.new(case.image_id), patient_id=patient, columns=self.cells(case.columns, case, table))

    def cells(self, cells: Mapping[str, Any], case: Case, table: TableSpec) -> dict[str, Any]:
        """The values of columns, with new names for what stands in the paths of a case, for ids, and for the UIDs of DICOM.

        Names of classes stay, and what was made from new names already.
        """
        paths = "\n".join(dict.fromkeys(file.listed for _, file in case.named_files())).casefold()

        def told(name: str, value: Any, column: Column | None) -> Any:
            if isinstance(value, (list, tuple)) and isinstance(column, ListOf):
                return [told(name, one, column.item) for one in value]
            if column != TEXT or not value or value in table.classes:
                return value
            inside = re.search(rf"(?<![^\W_]){re.escape(value.casefold())}(?![^\W_])", paths)
            return self.new(value) if inside or name.endswith(("_id", "_uid")) or _UID.fullmatch(value) else value

        return {name: value if name in _MADE else told(name, value, table.columns.get(name)) for name, value in cells.items()}

    def problems(self, cases: Sequence[Case]) -> list[Case]:
        """Cases whose problems are told under new names."""
        troubled = [case.problem for case in cases if case.problem is not None]
        texts = self.texts([text for one in troubled for text in (one.wrong, one.advice, one.known)])
        told = iter(Problem(*texts[at : at + 3]) for at in range(0, len(texts), 3))
        return [case if case.problem is None else replace(case, problem=next(told)) for case in cases]

    def give(self, cases: Iterable[Case]) -> dict[str, str]:
        """Gives the files of cases their new names; their old paths by the new ones."""
        given = {}
        for case in cases:
            for _, file in case.named_files():  # every reference to a file has its own
                for one in (file, *file.twins):
                    given[self._give(one)] = one.listed
        return given

    def _give(self, file: RawFile) -> str:
        if file.alias in self._given:
            return file.alias
        old = file.path
        folder, _, name = old.rpartition("/") if file.alias else ("", "", old)
        ending = _ENDING.search(name)
        stem = name[: ending.start()] if ending else name
        alias = f"{self.new(folder)}/" * bool(folder) + self.new(stem if folder else old) + (ending[0].lower() if ending else "")
        if self._given.get(alias, file.listed) != file.listed:  # of a twin, which has the same path
            alias = self.new(file.listed) + (ending[0].lower() if ending else "")
        self._given[alias] = file.listed
        self._words[old] = None
        file.alias = alias
        return alias

    def texts(self, texts: Sequence[str]) -> list[str]:
        """Sentences without old names."""
        whole = "\n".join(texts)
        there = [word for word in self._words if word in whole and _may_name(word)]
        there += _UID.findall(whole)
        if not there:
            return list(texts)
        pattern = re.compile("|".join(rf"(?<![^\W_]){re.escape(word)}(?![^\W_])" for word in sorted(there, key=len, reverse=True)))
        return [pattern.sub(lambda match: self.new(match[0]), text) for text in texts]

    def notes(self, notes: Sequence[Note]) -> list[Note]:
        """Notes under new names."""
        paths, reasons = (self.texts([getattr(note, name) for note in notes]) for name in ("path", "reason"))
        return [replace(note, path=path, reason=reason) for note, path, reason in zip(notes, paths, reasons, strict=True)]

    def told(self, outcome: Outcome, cases: Iterable[Case], tables: Iterable[str]) -> None:
        """Has a shard tell under new names what became of its cases.

        Args:
            outcome: what became of them.
            cases: the cases of the shard.
            tables: the paths of files that planning read, which name others.
        """
        if not (outcome.rejected or outcome.notes or outcome.known):
            return
        self._learn((*(file.listed for case in cases for _, file in case.named_files()), *tables))
        outcome.rejected[:] = self.rejections(outcome.rejected)
        for notes in (outcome.notes, outcome.known):
            for one, path in zip(notes, self.texts([one["path"] for one in notes]), strict=True):
                one["path"] = path
            for one, reason in zip(notes, self.texts([one["reason"] for one in notes]), strict=True):
                one["reason"] = reason

    def rejections(self, rejected: Sequence[Rejection]) -> list[Rejection]:
        """Rejected cases under new names."""
        texts = [self.texts([one[name] for one in rejected]) for name in ("file", "expected", "advice")]
        return [
            Rejection(image_id=self.new(one["image_id"]), file=file, expected=expected, advice=advice)
            for one, file, expected, advice in zip(rejected, *texts, strict=True)
        ]


def _may_name(word: str) -> bool:
    return len(word) >= _SHORTEST and not _NEW.fullmatch(word) and word.lower() not in _LAYOUT and split_of(word) is None
