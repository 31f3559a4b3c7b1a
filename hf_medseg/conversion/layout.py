"""What a raw tree is to its source: where its layout begins, which edition it proves, and where its parts lie."""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from hf_medseg.catalog.describe import numbered
from hf_medseg.catalog.licenses import LICENSE_TIERS, TIERS_BY_OPENNESS, strictest
from hf_medseg.catalog.lookup import facts, find_source
from hf_medseg.catalog.recognise import lawful_way, looks_like, matches, with_ids_of
from hf_medseg.catalog.source import Edition, Source
from hf_medseg.dataset import passed_on
from hf_medseg.errors import Refused, Rejected
from hf_medseg.raw.archive_names import stem
from hf_medseg.raw.example import example_path, such_as
from hf_medseg.raw.listing import Listing
from hf_medseg.raw.parts import split_parts
from hf_medseg.raw.tree import Raw, open_raw_tree

# How many folders of a layout RAW may itself be.
_DEEPEST = 4
_LOOKED_AT = 1000
_LARGEST_TEXT = 1 << 20  # bytes of a file that says what data are


def open_layout(source: Source, path: str, work: Path) -> tuple[Raw, str]:
    """Lists a raw tree, which may be a folder inside the layout of its source, such as `training/`.

    Where the layout begins above RAW, the names of RAW and of those folders are the beginning of every path: as if the folder above had
    been given, without what else lies in it.

    Returns:
        The raw tree; the folders of the layout that RAW itself is, if it is any.

    Raises:
        Refused: see `open_raw_tree`.
    """
    raw = open_raw_tree(path, work)
    marks = {
        *source.begins,
        *source.signature,
        *(mark for edition in source.editions for mark in (*edition.reading.landmarks, *edition.reading.not_landmarks)),
    }
    begins = [re.compile(rf"(?:{mark})\Z") for mark in marks]
    # Some files, evenly spread, tell: a layout looks the same everywhere.
    looked_at = [file.listed for file in raw.files[:: max(1, len(raw.files) // _LOOKED_AT)]]
    # The deepest first; of two as deep the one that ends with the archive's name.
    for above in sorted(_folders_above(_only_archive(raw, path)), key=lambda above: -above.count("/")):
        if any(mark.match(f"{above}/{listed}") for listed in looked_at for mark in begins):
            return open_raw_tree(path, work, under=above), f"{above}/"
    return raw, ""


def below_its_folders(raw: Raw, path: str) -> Raw:
    """The same paths below the folders that RAW lies in, to be looked at and not to be read."""
    return Raw(raw.listing.under("".join(f"{above}/" for above in _folders_above(path)[-1:])))


def _only_archive(raw: Raw, path: str) -> str:
    """The archive that all files of a tree lie in, if there is one; else the tree itself."""
    holders = {file.place.path if file.place is not None and file.place.archived else path for file in raw.files}
    return holders.pop() if len(holders) == 1 else path


def _folders_above(path: str) -> list[str]:
    """What a tree's paths may begin with if RAW lies inside a layout: its own name, that with the name of the folder above, and so on.

    An archive counts as the folder that it was packed from.
    """
    if "://" not in path:
        path = os.path.abspath(path).replace(os.sep, "/")
    names = [unicodedata.normalize("NFC", name) for name in path.partition("://")[2 * ("://" in path)].split("/") if name]
    chains = [names]
    if names and (packed := stem(names[-1])) != names[-1]:
        chains = [[*names[:-1], packed], names[:-1]]
    return ["/".join(chain[-depth:]) for depth in range(1, _DEEPEST + 1) for chain in chains if len(chain) >= depth]


def edition_of(source: Source, raw: Raw, stated: str, inside: str) -> Edition:
    """The edition that the layout proves.

    A stated edition must fit the layout; where several fit, it decides, but never for a more open tier than the layout proves.
    """
    fitting = [edition for edition in source.editions if matches(edition, raw)]
    names = [edition.name for edition in source.editions]
    if stated and stated not in names:
        known = ", ".join(name for name in names if name)
        raise Refused(f"{source.id} has no edition {stated!r}" + (f"; it has: {known}." if known else "; it has only one."))
    if not fitting:
        raise Refused(not_this_source(source, raw, inside))
    if stated:
        chosen = [edition for edition in fitting if edition.name == stated]
        if not chosen:
            raise Refused(f"{source.id}: the raw tree is not edition {stated!r}; its layout fits: {', '.join(e.name for e in fitting)}.")
        proven = max(fitting, key=lambda edition: TIERS_BY_OPENNESS.index(edition.license.tier))
        if TIERS_BY_OPENNESS.index(chosen[0].license.tier) < TIERS_BY_OPENNESS.index(proven.license.tier):
            # The layout fits stricter terms too: the name alone does not prove the more open ones.
            return replace(chosen[0], license=proven.license)
        return chosen[0]
    if len(fitting) > 1:
        raise Refused(
            f"{source.id}: the layout fits several editions ({', '.join(e.name for e in fitting)}). Say which with --edition NAME."
        )
    return fitting[0]


def not_this_source(source: Source, raw: Raw, inside: str) -> str:
    """Why no edition of a source fits a raw tree: what was looked for, what is there, and what to do; for `inside` see `Plan`."""
    wanted = ", or ".join(such_as(e.reading.landmarks) + f" (edition {e.name})" * bool(e.name) for e in source.editions)
    like = [other.id for other in looks_like(raw) if other is not source]
    hint = f"`hf-medseg info {source.id}` shows the layout and where to get it."
    if inside:
        hint = f"RAW is only the folder {inside} of it: give the folder that {inside} lies in."
    elif like:
        hint = f"It looks like {' or '.join(like)}. Run: hf-medseg convert {like[0]} RAW OUT"
    return f"This is not {source.id}. Looked for files such as {wanted}. {_nearest(source, raw)}Found: {folders_of(raw)}. {hint}"


def folders_of(raw: Raw) -> str:
    """What lies at the top of a raw tree, in words."""
    tops = sorted({file.listed.partition("/")[0] for file in raw.files})
    return ", ".join(tops[:8]) + (", ..." if len(tops) > 8 else "") if tops else "nothing but system litter"


def _nearest(source: Source, raw: Raw) -> str:
    """What is there of the edition that most speaks for, what of it is missing, and what is there that speaks against it."""
    there, edition = max(((sum(map(raw.has, one.reading.landmarks)), one) for one in source.editions), key=lambda pair: pair[0])
    if not there:
        return ""
    missing = [mark for mark in edition.reading.landmarks if not raw.has(mark)]
    against = [mark for mark in edition.reading.not_landmarks if raw.has(mark)]
    some = next(iter(raw.find(next(mark for mark in edition.reading.landmarks if raw.has(mark))).values())).listed
    if missing:
        return f"There is {some}, but no file such as {any_of(missing)}. "
    if not against:
        return f"There is {some}, but no row comes of it. "
    other = next(iter(raw.find(against[0]).values())).listed
    return f"There is {some}, but {other} too, which that edition has not. "


def known_by_names(below: Raw) -> list[Source]:
    """The known sources, not those for data of one's own, that a tree below its folders looks like, or whose ids its names hold."""
    known = [source for source in looks_like(below) if source.from_about is None]
    return known or with_ids_of([file.listed for file in below.files], below.listing.literals)


def refuse_known_sources(source: Source, raw: Raw, path: str) -> None:
    """A tree that a known source recognises, also by the folders that it lies in, goes through that source, with its license."""
    known = known_by_names(below_its_folders(raw, path))
    sized = {size for other in facts().values() for size, _ in other.hashes}
    for file in raw.files:
        if not known and file.size in sized:
            with contextlib.suppress(Rejected):  # a file that cannot be read proves nothing; its case is rejected later
                digest = hashlib.sha256(file.read()).hexdigest()
                known = [find_source(other.id) for other in facts().values() if (file.size, digest) in other.hashes]
    if known:
        raise Refused(f"This raw tree is {known[0].id}, which the catalog knows. {lawful_way(known[0])}")


def under_exported_terms(edition: Edition, raw: Raw, path: str) -> Edition:
    """Somebody's own data under the license that they state, but none more open than an export of a known source says of them.

    What `export` writes beside data tells them where names and pictures do not. What came of own data is its user's to state anew.
    """
    names = (passed_on.README, passed_on.LICENSE, passed_on.DO_NOT_PASS_ON)
    texts: dict[str, list[bytes]] = {}  # by the folder of an export
    for file in raw.files:
        if file.listed.endswith(names) and file.size < _LARGEST_TEXT:
            folder, _, name = file.listed.rpartition("/")
            texts.setdefault(folder, []).extend([file.read()] if name in names else [])
    for above in [] if "://" in path else [*Path(os.path.abspath(path)).parents][:_DEEPEST]:
        texts[os.fspath(above)] = [(above / name).read_bytes() for name in names if (above / name).is_file()]
    license = edition.license
    for some in texts.values():
        said = passed_on.PassedOn.of(text.decode(errors="replace") for text in some)
        known = facts().get(said.source)
        if said.tier in TIERS_BY_OPENNESS and not (known is not None and known.own_data):
            tier = strictest((license.tier, said.tier))
            words = f"{said.license or 'not to be passed on'}, as an export of {said.source or 'a known source'} beside the data says"
            id = said.license if said.license in LICENSE_TIERS else "unknown" if tier == "unknown" else "other"
            license = license if tier == license.tier else replace(license, id=id, name=words, url="", tier=tier)
    return replace(edition, license=license)


def parts_of(source: Source, whole: Listing, outside: Mapping[str, Listing]) -> dict[str, Listing]:
    """The parts of a raw tree by name: what is given from outside, or else what its landmarks show.

    Raises:
        Refused: a part is missing, or given and unknown.
    """
    names = [part.name for part in source.parts]
    for name in outside:
        if name not in names:
            raise Refused(f"{source.id} has no part {name!r}" + (f"; it has: {', '.join(names)}." if names else "; it is one download."))
    found = split_parts(whole, {part.name: part.landmarks for part in source.parts if part.name not in outside})
    for part in source.parts:
        if part.name in outside:
            found[part.name] = replace(outside[part.name], part=part.name, outside=True)
        elif part.name not in found and part.required:
            raise Refused(
                f"{source.id}: the part {part.name!r} is missing: no file such as {any_of(part.landmarks)} was found. "
                f"How to get it:\n{numbered(part.steps)}\n"
                f"Put it anywhere below RAW, or say where it is: --part {part.name}=PATH"
            )
    return found


def any_of(patterns: Iterable[str]) -> str:
    """Patterns of which one would do, in words: `a/1.png or b/1.png`."""
    return " or ".join(dict.fromkeys(map(example_path, patterns)))
