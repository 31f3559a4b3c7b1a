"""Zarr: folders of chunks (versions 2 and 3 of the format), read through the raw tree, so that they may lie in an archive too."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from hf_medseg.errors import MissingExtra, Rejected
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.places import Place

_ABOUT = ("zarr.json", ".zarray", ".zgroup")  # the files that say what a folder is


@dataclass(frozen=True, slots=True)
class Store(Place):
    """Where the bytes of a zarr store lie: as those of one file, they are those of its files in the order of their names.

    Attributes:
        path: see `Place`.
        members: its files by their paths inside it.
    """

    path: str
    members: Mapping[str, RawFile] = field(repr=False, hash=False)

    def read(self, listed: str, size: int, head: int | None) -> bytes:
        """See `Place.read`."""
        found = bytearray()
        for name in sorted(self.members):
            if head is None or len(found) < head:
                found += self.members[name].read()
        return bytes(found if head is None else found[:head])

    def sha256(self) -> str:
        """SHA-256 of all bytes."""
        digest = hashlib.sha256()
        for name in sorted(self.members):
            digest.update(self.members[name].read())
        return digest.hexdigest()


def stores_in(files: Iterable[RawFile]) -> list[RawFile]:
    """The zarr stores among files, each as one file that is called like its folder."""
    files = list(files)
    roots: list[str] = []
    for folder in sorted({file.listed.rpartition("/")[0] for file in files if file.name in _ABOUT}):
        if not any(folder == root or not root or folder.startswith(f"{root}/") for root in roots):
            roots.append(folder)
    found = []
    for root in roots:
        members = {file.listed[len(root) + bool(root) :]: file for file in files if not root or file.listed.startswith(f"{root}/")}
        stamps = [one.stamp for one in members.values() if one.stamp is not None]
        first = next(iter(members.values()))
        place = Store("" if first.place is None else first.place.path, members)
        name = root or place.path.rstrip("/").rpartition("/")[2]
        found.append(RawFile(name, sum(one.size for one in members.values()), place, stamp=max(stamps, default=None)))
    return found


def arrays_of(store: Store) -> tuple[dict[str, Any], set[str]]:
    """The arrays of a store by their paths in it, and the names of those that hold objects, which are never loaded.

    Raises:
        MissingExtra: zarr is not installed.
        ValueError, KeyError: it is no store.
    """
    try:
        import zarr
        from zarr.core.buffer import default_buffer_prototype
        from zarr.storage import MemoryStore
    except ImportError as error:
        raise MissingExtra("zarr", "zarr") from error
    make = default_buffer_prototype().buffer.from_bytes

    class Lazily(Mapping[str, Any]):
        """The bytes of each file, read when they are asked for."""

        def __getitem__(self, name: str) -> Any:
            return make(store.members[name].read())

        def __iter__(self) -> Iterator[str]:
            return iter(store.members)

        def __len__(self) -> int:
            return len(store.members)

    found, objects = {}, set()
    for path in sorted({name.rpartition("/")[0] for name in store.members if name.rpartition("/")[2] in _ABOUT}):
        beside = f"{path}/" if path else ""
        about = next(f"{beside}{name}" for name in _ABOUT if f"{beside}{name}" in store.members)
        said = _said(store.members[about])
        if about.endswith(".zgroup") or said.get("node_type") == "group":
            continue
        if "pickle" in json.dumps([said.get(key) for key in ("filters", "codecs", "compressor")]):
            objects.add(path)
            continue
        array = zarr.open_array(MemoryStore(Lazily(), read_only=True), path=path, mode="r")  # type: ignore[arg-type]
        found[path] = array
    return found, objects


def _said(file: RawFile) -> dict[str, Any]:
    """What a file of JSON says.

    Raises:
        Rejected: it is none.
    """
    try:
        said = json.loads(file.read())
    except ValueError as error:
        raise Rejected(file.path, f"JSON expected ({error}).", "Save the array again.") from error
    if not isinstance(said, dict):
        raise Rejected(file.path, "a record expected, as zarr writes it.", "Save the array again.")
    return said
