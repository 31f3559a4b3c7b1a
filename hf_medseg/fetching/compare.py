"""Compares a raw tree that the user has with what is known of the published one."""

from __future__ import annotations

import hashlib
import io
import os
import re
import struct
import zlib
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from PIL import Image, UnidentifiedImageError

from hf_medseg.case import Case
from hf_medseg.catalog.facts import Published
from hf_medseg.catalog.lookup import find_source, known_files
from hf_medseg.catalog.recognise import looks_like, matches
from hf_medseg.catalog.source import Source
from hf_medseg.conversion.executor import Executor
from hf_medseg.conversion.layout import edition_of, not_this_source, open_layout
from hf_medseg.conversion.plan import ConfigPlan, Plan, Request, make_plan
from hf_medseg.conversion.quiet import quiet
from hf_medseg.dataset.temporary import temporary_folder
from hf_medseg.errors import MedsegError, Refused, Rejected
from hf_medseg.fetching.wanted import Wanted, judge, measured
from hf_medseg.formats.nifti import NiftiVolume
from hf_medseg.formats.picture import Picture
from hf_medseg.formats.volume import VolumeImage
from hf_medseg.masks.labels import Labels
from hf_medseg.raw.files import RawFile
from hf_medseg.raw.tree import Raw
from hf_medseg.words import counted

Verdict = Literal["complete", "partial", "altered", "undecided", "not this source"]

_LOOKED_AT = 400  # pictures whose size is read, evenly spread
MANY = 20  # so many pictures of one size are no chance where the published sizes vary
_HEAD = 1 << 16
_NAMED = 5
_NIFTI = re.compile(r"(?i)\.nii(?:\.gz)?\Z")
_NIFTI_HEADER = 348  # bytes, which its first number says


@dataclass(frozen=True)
class Checked:
    """What a comparison found.

    Attributes:
        source, edition: what it was compared with; no edition where none fits.
        verdict: `complete`: everything that is published is there and nothing differs; `partial`: some of it is missing; `altered`: files
            differ from the published ones; `undecided`: nothing is published that tells; `not this source`.
        lines: what was compared, for people.
    """

    source: str
    edition: str | None
    verdict: Verdict
    lines: tuple[str, ...]


class _Findings:
    """Collects what speaks for which verdict."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.altered = self.partial = self.counted = False

    def say(self, line: str, *, altered: bool = False, partial: bool = False) -> None:
        self.lines.append(line)
        self.altered |= altered
        self.partial |= partial

    def verdict(self) -> Verdict:
        if self.altered:
            return "altered"
        if self.partial:
            return "partial"
        return "complete" if self.counted else "undecided"


def check(
    source: str,
    raw: str | os.PathLike[str],
    *,
    edition: str = "",
    parts: Mapping[str, str | os.PathLike[str]] | None = None,
) -> Checked:
    """Compares a raw tree with the published counts, sizes and checksums of a source.

    Args:
        source: id or alias of the source.
        raw: the raw tree: a folder, an archive, or a folder with archives in it.
        edition: the edition, where the layout does not tell.
        parts: where parts of the raw tree lie that are not below `raw`.

    Raises:
        Refused: there is nothing at `raw`, nothing is known of the source, or the edition is undecided.
    """
    found, path = find_source(source), os.fspath(raw)
    if not found.convertible or found.from_about is not None:
        raise Refused(f"{found.id}: nothing is published to compare with; its facts come with the data.")
    findings = _Findings()
    given = {name: os.fspath(place) for name, place in (parts or {}).items()}
    whole, repacked = _archives(found, path, findings)
    with temporary_folder() as work:
        try:
            tree, inside = open_layout(found, path, work)
        except Refused as error:
            if not findings.lines:
                raise
            findings.say(str(error), altered=repacked, partial=not whole)  # archives that have to be unpacked first
            findings.counted = whole
            return Checked(found.id, None, findings.verdict(), tuple(findings.lines))
        if not any(matches(one, tree) and edition in ("", one.name) for one in found.editions):
            return _another(found, tree, inside)
        fitting = edition_of(found, tree, edition, inside)
        if inside:
            findings.say(f"RAW is the folder {inside} of the layout: what lies beside it is not looked at.")
        compared = _known_files(found, tree, findings)
        findings.altered |= repacked and not compared  # where single files are known, they tell more than what packed them
        plan = _plan(found, Request(path, (), edition, given), work, findings)
    published = fitting.published
    if plan is not None:
        fitting, published = plan.edition, plan.edition.published
        _count(plan.configs[0], published, findings)
        _sizes(plan.configs[0], published, findings)
    return Checked(found.id, fitting.name or None, findings.verdict(), tuple(findings.lines))


def _another(source: Source, tree: Raw, inside: str) -> Checked:
    """The answer for a tree that no edition fits."""
    like = [one.id for one in looks_like(tree)]
    if source.id in like:
        line = f"It has files of {source.id}, but not those that a conversion needs. {not_this_source(source, tree, inside)}"
        return Checked(source.id, None, "partial", (line,))
    line = f"It looks like {' or '.join(like)}." if like else not_this_source(source, tree, inside)
    return Checked(source.id, None, "not this source", (line,))


def _plan(source: Source, request: Request, work: Path, findings: _Findings) -> Plan | None:
    """What a conversion would read; None where it would be refused for what is missing."""
    try:
        with Executor() as executor:
            return make_plan(source, request, work, executor)
    except Refused as error:
        findings.say(str(error), partial=True)
        return None


# --- Archives and single files -----------------------------------------------------------------------------------------------------------


def _archives(source: Source, raw: str, findings: _Findings) -> tuple[bool, bool]:
    """Compares the archives of a tree with the published ones.

    Returns:
        Whether every archive with a published checksum is there and the same; whether one differs.
    """
    known = {one.name: Wanted(one.name, one.size, one.checksum) for one in source.access.downloads if one.name and one.checksum}
    same, repacked = set(), False
    for name, path in _files_of(raw):
        if name not in known:
            continue
        if wrong := judge(known[name], measured(path, known[name])):
            repacked = True
            findings.say(f"{name}: {wrong} It may be a new release, a re-host that packed the files anew, or cut.")
        else:
            same.add(name)
            findings.say(f"{name}: as published ({known[name].checksum.partition(':')[0]}).")
    return bool(known) and same == set(known), repacked


def _files_of(raw: str) -> Iterator[tuple[str, Path]]:
    if "://" in raw:
        return
    if os.path.isfile(raw):
        yield os.path.basename(raw), Path(raw)
    for folder, _, names in os.walk(raw):
        for name in names:
            yield name, Path(folder, name)


def _known_files(source: Source, tree: Raw, findings: _Findings) -> bool:
    """Compares files of a tree with those that are known; whether there were any."""
    known = known_files(source)
    differing, same = [], 0
    for path, file in tree.at(known).items():
        try:
            digest = hashlib.sha256(file.read()).hexdigest()
        except Rejected as error:
            findings.say(str(error), altered=True)
            continue
        if digest == known[path]:
            same += 1
        else:
            differing.append(path)
    if same or differing:
        findings.say(f"{same:,} of {counted(same + len(differing), 'file')} with a known checksum are byte for byte the published ones.")
    if differing:
        findings.say(f"re-encoded, resized or edited: {_some(differing)}", altered=True)
    return bool(same or differing)


def _some(names: list[str]) -> str:
    return ", ".join(names[:_NAMED]) + (f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")


# --- Counts and sizes --------------------------------------------------------------------------------------------------------------------


def _count(config: ConfigPlan, published: Published, findings: _Findings) -> None:
    for split in dict.fromkeys((*published.rows, *config.splits)):
        cases = config.splits.get(split, [])
        rows = [_rows_of(case) for case in cases]
        volumes = any(case.volume_id for case in cases)
        if None in rows:  # slices that only pixels tell: volumes are counted instead
            here, what, wanted = sum(number != 0 for number in rows), "volumes", published.volumes.get(split)
        else:
            here, what, wanted = sum(number or 0 for number in rows), "slices" if volumes else "images", published.rows.get(split)
        if wanted is None:
            findings.say(f"{split}: {here:,} {what}; no published number to compare with.")
            continue
        what = f"{split}: {here:,} {what}, published are {wanted:,}"
        findings.counted = True
        # A series holds slices that a published table may not count; but nobody published more pictures than there are.
        findings.say(f"{what}.", partial=here < wanted, altered=here > wanted and not volumes)
        masks, all_masks = sum(_is_there(case, "mask") for case in cases), published.with_mask.get(split)
        if all_masks is not None and not volumes and masks < min(all_masks, here):
            findings.say(f"{split}: {counted(masks, 'image')} with a mask, published are {all_masks:,}.", partial=True)
    for one in config.rejected:
        findings.say(f"{one['file']}: {one['expected']}", altered=True)


def _rows_of(case: Case) -> int | None:
    """How many rows a case gives; None where only its pixels tell."""
    image = case.pixels["image"]
    if not _is_there(case, "image"):
        return 0
    if not isinstance(image, VolumeImage) or image.single:
        return 1
    files = len(image.files())
    return files if files > 1 else None


def _is_there(case: Case, column: str) -> bool:
    """Whether the files of a case's column are all in the raw tree."""
    recipe = case.pixels.get(column)
    return recipe is not None and all(file.there for file in recipe.files())


def _sizes(config: ConfigPlan, published: Published, findings: _Findings) -> None:
    """Compares the sizes of pictures with the published ones, and of masks with their pictures: a resized copy shows."""
    cases = [
        (image, case.pixels.get("mask"))
        for cases in config.splits.values()
        for case in cases
        if isinstance(image := case.pixels["image"], Picture | NiftiVolume) and image.file.there
    ]
    some = cases[:: max(1, len(cases) // _LOOKED_AT)]
    looked = [(image, mask, size) for image, mask in some if (size := _size_of(image.file)) is not None]
    if not looked:
        return
    _masks_of_other_sizes([(size, file) for _, mask, size in looked for file in _drawn_on_the_grid(mask)], findings)
    _pictures_of_other_sizes([(image, size) for image, _, size in looked], published, findings)


def _drawn_on_the_grid(mask: object) -> Iterator[RawFile]:
    """The files of a mask that lie on the grid of their picture: not those that a source maps from another one."""
    return (file for file in mask.drawn_files() if file.there) if isinstance(mask, Labels) else iter(())


def _masks_of_other_sizes(looked: list[tuple[tuple[int, int], RawFile]], findings: _Findings) -> None:
    """Says which masks do not lie on the grid of their pictures."""
    wrong = [file.shown for size, file in looked if _size_of(file) not in (size, None)]
    if wrong:
        findings.say(f"resized: these masks have another size than their pictures: {_some(wrong)}", altered=True)


def _pictures_of_other_sizes(
    looked: list[tuple[Picture | NiftiVolume, tuple[int, int]]], published: Published, findings: _Findings
) -> None:
    (width, height), count = Counter(size for _, size in looked).most_common(1)[0]
    findings.say(f"{counted(len(looked), 'picture')} looked at; {count:,} of them have {width} x {height} pixels.")
    least = published.least or (1, 1)
    if not (published.sizes or published.least or any(isinstance(one, Picture) and one.size for one, _ in looked)):
        findings.say("No published size to compare with: a copy that was made smaller does not show.")
    wrong: list[str] = []
    told: set[str] = set()
    for picture, size in looked:
        sizes = (picture.size,) if isinstance(picture, Picture) and picture.size else published.sizes
        if sizes and size not in sizes:
            told.update(f"{w} x {h}" for w, h in sizes)
        elif size[0] < least[0] or size[1] < least[1]:
            told.add(f"at least {least[0]} x {least[1]}")
        else:
            continue
        wrong.append(picture.file.shown)
    if wrong:
        findings.say(
            f"resized: the published pictures have {' or '.join(sorted(told))} pixels, these have not: {_some(wrong)}", altered=True
        )
    elif published.least and len(looked) >= MANY:
        if count == len(looked):
            findings.say("resized: the published pictures have many sizes, these have one.", altered=True)
        elif 1 in (len({size[side] for _, size in looked}) for side in (0, 1)):
            findings.say("resized: the published pictures have many widths and heights, these have one.", altered=True)


def _first_axes(data: bytes) -> tuple[int, int] | None:
    """The lengths of the first two axes of a NIfTI-1 file, of which the beginning is enough."""
    if data.startswith(b"\x1f\x8b"):
        data = zlib.decompressobj(zlib.MAX_WBITS | 16).decompress(data, _NIFTI_HEADER)
    order = next((order for order in "<>" if len(data) >= _NIFTI_HEADER and struct.unpack_from(f"{order}i", data)[0] == _NIFTI_HEADER), "")
    if not order:
        return None
    width, height = struct.unpack_from(f"{order}2h", data, 42)
    return width, height


@quiet()
def _size_of(file: RawFile) -> tuple[int, int] | None:
    """(width, height) from the header of a picture or of a NIfTI volume, of which these are the first two axes; None where none is told."""
    for head in (_HEAD, None):
        try:
            if _NIFTI.search(file.name):
                return _first_axes(file.read(head))
            with Image.open(io.BytesIO(file.read(head))) as picture:
                return picture.size
        except (UnidentifiedImageError, OSError, SyntaxError, ValueError, MedsegError, zlib.error):
            continue
    return None
