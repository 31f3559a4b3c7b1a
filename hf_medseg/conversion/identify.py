"""Which source, edition or layout of one's own a raw tree is, what of it is missing, and how it is converted."""

from __future__ import annotations

import os
import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from hf_medseg.catalog.lookup import sources
from hf_medseg.catalog.recognise import has_layout, look_for_layouts, looks_like, matches, with_ids_of
from hf_medseg.catalog.source import Edition, Source
from hf_medseg.conversion.layout import any_of, below_its_folders
from hf_medseg.conversion.own import OwnFit, own_fits
from hf_medseg.dataset.temporary import temporary_folder
from hf_medseg.errors import Refused
from hf_medseg.raw.tree import Raw, open_raw_tree
from hf_medseg.words import counted

Proof = Literal["names", "own", "layout"]

_HOW: dict[Proof, str] = {
    "names": "by names that only it has",
    "own": "a layout for data of your own",
    "layout": "by its layout, which others may have too",
}

_NAMED = 6  # so many names are told


@dataclass(frozen=True)
class Candidate:
    """What a raw tree may be.

    Attributes:
        source, title: which source of the catalog.
        proof: `names`: file names or ids that only this source has; `own`: a layout for one's own data; `layout`: folders and names that
            fit it, and might be somebody else's.
        editions: names of the editions that fit; several where the layout does not tell.
        there: files that speak for it.
        missing: in words, what a conversion needs and the tree lacks, or has and should not; of one's own data also what nobody says yet.
        license, tier: of the edition that fits; empty where it is not one alone, or where the user's about file says it.
        command: what converts it; empty where it cannot be yet.
        about: for one's own data, the about file to fill in.
    """

    source: str
    title: str
    proof: Proof
    editions: tuple[str, ...]
    there: tuple[str, ...]
    missing: tuple[str, ...]
    license: str
    tier: str
    command: str
    about: str = ""


@dataclass(frozen=True, repr=False)
class Identified:
    """What a raw tree was found to be.

    Attributes:
        raw: the raw tree.
        files: how many files it holds, without what operating systems leave behind.
        candidates: what it may be, the surest first; one at least.
    """

    raw: str
    files: int
    candidates: tuple[Candidate, ...]

    def __repr__(self) -> str:
        """The answer in a few lines."""
        first, *others = self.candidates
        more = [f"The layout of {one.source} would fit too: hf-medseg info {one.source}" for one in others if one.proof == "layout"]
        sure = [line for one in (first, *(one for one in others if one.proof != "layout")) for line in _lines(one)]
        return "\n".join([f"{self.raw}: {counted(self.files, 'file')}", *sure, *more])


def identify(raw: str | os.PathLike[str]) -> Identified:
    """Tells what a folder or archive is, by its file names; opens no picture.

    Args:
        raw: the raw tree: a folder, an archive, or a folder with archives in it.

    Raises:
        Refused: there is nothing at `raw`, it has to be unpacked first, or it is nothing that the catalog knows.
    """
    path = os.fspath(raw)
    with temporary_folder() as work:
        listed = open_raw_tree(path, work)
    tree = below_its_folders(listed, path)
    proven = {source.id for source in (*looks_like(tree), *with_ids_of([file.listed for file in tree.files]))}
    known = [source for source in sources().values() if source.from_about is None]
    look_for_layouts(tree)
    found = [one for source in known if (one := _candidate(source, tree, path, source.id in proven)) is not None]
    if any(one.proof == "names" for one in found):
        # What a known source recognises is refused by those for one's own data, and needs no guess.
        found = [one for one in found if one.proof == "names"]
    else:
        found += _own_candidates(listed, path, bool(found))
    if not found:
        raise Refused(_nothing_known(listed, path))
    order = ("names", "own", "layout")
    found.sort(key=lambda one: (order.index(one.proof), bool(one.missing)))
    return Identified(path, len(listed.files), tuple(found))


def _candidate(source: Source, tree: Raw, path: str, proven: bool) -> Candidate | None:
    """What speaks for a source; None where nothing does."""
    if not source.convertible:
        return None
    fitting = [edition for edition in source.editions if matches(edition, tree)]
    nearest = fitting[0] if fitting else max(source.editions, key=lambda edition: sum(map(tree.has, edition.reading.landmarks)))
    missing = (*([] if fitting else _lacking(nearest, tree)), *_parts_lacking(source, tree))
    if not proven and (missing or not has_layout(source, tree)):
        return None
    command = ["hf-medseg", "convert", source.id, path, "OUT"]
    command += ["--edition", "NAME"] if len(fitting) > 1 else []
    license = fitting[0].license if len(fitting) == 1 else None
    return Candidate(
        source.id,
        source.title,
        "names" if proven else "layout",
        tuple(edition.name for edition in fitting if edition.name),
        tuple(_some(source, nearest, tree)),
        missing,
        license.id if license else "",
        license.tier if license else "",
        "" if missing else shlex.join(command),
    )


def _own_candidates(listed: Raw, path: str, others: bool) -> list[Candidate]:
    """The layouts of one's own data that fit; what they cannot tell is no matter where the tree may be something else."""
    try:
        return [_own_candidate(one, path) for one in own_fits(listed)]
    except Refused:
        if others:
            return []
        raise


def _own_candidate(found: OwnFit, path: str) -> Candidate:
    """A layout of one's own data; where several fit equally well, with all of them."""
    ways = tuple(f"{fit.layout}: {fit.images:,} with a mask" for fit in found.fits)
    missing = ("one of these layouts, which fit equally well: say which in the about file",) if len(ways) > 1 else ()
    command = shlex.join(["hf-medseg", "convert", found.source.id, path, "OUT", "--about", "about.toml"])
    return Candidate(found.source.id, found.source.title, "own", (), ways, (*missing, *found.missing), "", "", command, found.about_file)


def _some(source: Source, edition: Edition, tree: Raw) -> list[str]:
    """One file for each pattern that the tree holds."""
    firsts = (next(iter(tree.find(mark).values()), None) for mark in (*edition.reading.landmarks, *source.signature))
    return list(dict.fromkeys(file.path for file in firsts if file is not None))[:_NAMED]


def _lacking(edition: Edition, tree: Raw) -> Iterator[str]:
    """What the tree would need to be that edition."""
    name = f"edition {edition.name}: " * bool(edition.name)
    yield from (f"{name}no file such as {any_of([mark])}" for mark in edition.reading.landmarks if not tree.has(mark))
    against = (next(iter(tree.find(mark).values()), None) for mark in edition.reading.not_landmarks)
    yield from (f"{name}{file.path} is there, which it has not" for file in against if file is not None)


def _parts_lacking(source: Source, tree: Raw) -> Iterator[str]:
    for part in source.parts:
        if part.required and not any(map(tree.has, part.landmarks)):
            yield f"the part {part.name}: no file such as {any_of(part.landmarks)}; where it lies elsewhere, say --part {part.name}=PATH"


def _nothing_known(tree: Raw, path: str) -> str:
    if not tree.files:
        return f"{path} holds no file but what operating systems leave behind."
    kinds = Counter(file.name.lower().partition(".")[2] or "no ending" for file in tree.files)
    some = ", ".join(f"{count:,} x {kind}" for kind, count in kinds.most_common(_NAMED))
    tops = sorted({file.listed.partition("/")[0] for file in tree.files})
    named = ", ".join(tops[:_NAMED]) + (", ..." if len(tops) > _NAMED else "")
    return (
        f"{path} is nothing that the catalog knows. It holds {counted(len(tree.files), 'file')} ({some}) in: {named}. "
        "Data of your own are read from images/ and masks/ (`hf-medseg info image-mask-folder`), or as annotation tools export them "
        '(`hf-medseg list --search "your own"`).'
    )


def _lines(one: Candidate) -> Iterator[str]:
    """A candidate, for people."""
    edition = f", edition {' or '.join(one.editions)}" if one.editions else ""
    yield f"{one.source}{edition}: {one.title} ({_HOW[one.proof]})"
    yield f"  there: {', '.join(one.there) or 'ids of its pictures'}"
    yield from (f"  missing: {line}" for line in one.missing)
    if one.tier:
        yield f"  license: {one.license}, tier {one.tier}"
    yield f"  convert it with: {one.command}" if one.command else f"  the whole layout, and how to get it: hf-medseg info {one.source}"
    if one.about:
        yield "  about.toml, to fill in:"
        yield from (f"    {line}" for line in one.about.splitlines())
