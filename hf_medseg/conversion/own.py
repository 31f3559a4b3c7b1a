"""Somebody's own data: which layout they have, and which source reads it where the user names none."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from hf_medseg.catalog.about import About, read_about
from hf_medseg.catalog.about_keys import template
from hf_medseg.catalog.lookup import sources
from hf_medseg.catalog.own import Fit, best, the_best
from hf_medseg.catalog.recognise import has_layout, look_for_layouts, matches
from hf_medseg.catalog.source import Source
from hf_medseg.conversion.layout import below_its_folders, folders_of, known_by_names
from hf_medseg.errors import Refused
from hf_medseg.raw.tree import Raw, open_raw_tree

# A source that gives less than this part of the pictures an annotation that another one does is not what the user means.
_PART = 0.5

NO_LICENSE = "nobody says the license: without it and its address nothing may be published (license, license_url)"


@dataclass(frozen=True)
class OwnFit:
    """A source that reads a tree of somebody's own data, and the layouts by which it does so: several where they fit equally well."""

    source: Source
    fits: tuple[Fit, ...]

    @property
    def fit(self) -> Fit:
        """The first of the layouts."""
        return self.fits[0]

    @property
    def missing(self) -> tuple[str, ...]:
        """What is missing, in words."""
        return self.fit.missing if "license" in self.fit.about else (*self.fit.missing, NO_LICENSE)

    @property
    def about_file(self) -> str:
        """The about file that it would use, ready to edit."""
        return template(self.source.about, self.fit.about)


def fit_of(source: Source, raw: Raw, about: About, inside: str) -> Fit:
    """The layout by which an own-data source reads a tree; for `inside` see `Plan`.

    Raises:
        Refused: there is none, or two fit equally well.
    """
    assert source.fits is not None
    fits = source.fits(raw, about)
    found = the_best(source.id, fits)
    if found is None:
        lacking = " ".join(dict.fromkeys(line for fit in fits for line in fit.missing)) or f"It reads: {source.summary}"
        hint = f"RAW is only the folder {inside} of it: give the folder that {inside} lies in." if inside else _hint(source, raw, about)
        raise Refused(f"This is not {source.id}. {lacking} Found: {folders_of(raw)}. {hint}")
    return found


def _hint(source: Source, raw: Raw, about: About) -> str:
    others = [] if about.path else [one.source.id for one in own_fits(raw) if one.source is not source]
    if others:
        return f"It looks like {' or '.join(others)}. Run: hf-medseg convert {others[0]} RAW OUT"
    return f"`hf-medseg info {source.id}` shows the layouts and the about file."


def own_fits(raw: Raw, about: str | None = None) -> list[OwnFit]:
    """Every own-data source that reads a raw tree, the one that annotates the most pictures first.

    Args:
        raw: the raw tree.
        about: the user's about file; a source that does not know its keys does not fit.

    Raises:
        Refused: no source at all can read the about file; or none fits, and one says what of the tree or the about file it cannot tell.
    """
    found, refusals, doubts = [], [], []
    for source in sources().values():
        if source.from_about is not None:
            try:
                said = read_about(about, source.id, source.about_file, source.about)
            except Refused as error:
                refusals.append(error)
                continue
            try:
                found.append(OwnFit(source, tuple(best(_fits(source, raw, said)))))
            except Refused as error:
                doubts.append(error)
    if refusals and not (found or doubts):
        raise refusals[0]
    found = sorted((one for one in found if one.fits), key=lambda one: -one.fit.images)
    if doubts and not found:
        raise doubts[0]
    return [one for one in found if one.fit.images >= found[0].fit.images * _PART]


def _fits(source: Source, raw: Raw, about: About) -> Iterable[Fit]:
    if source.fits is not None:
        return source.fits(raw, about)
    edition = source.editions[0]
    return [Fit(layout=source.summary, images=len(raw.find(edition.reading.landmarks[0])))] if matches(edition, raw) else []


def source_of_tree(path: str, about: str | None, work: Path) -> Source:
    """The source that a raw tree is, where the user names none.

    Args:
        path: the raw tree.
        about: the user's about file.
        work: folder for what is worth remembering between runs.

    Raises:
        Refused: none is certain, or several are possible; all are named.
    """
    raw = open_raw_tree(path, work)
    tree = below_its_folders(raw, path)
    known = known_by_names(tree)
    if len(known) == 1:
        return known[0]
    if known:
        raise Refused(f"This raw tree looks like {_either(known)}. {_say(known)}")
    own = own_fits(raw, about)
    look_for_layouts(tree)
    alike = [source for source in sources().values() if source.from_about is None and source.convertible and has_layout(source, tree)]
    found = [*(one.source for one in own), *alike]
    if len(found) > 1:
        ways = "; ".join(f"{one.source.id} ({one.fit.layout})" for one in own)
        others = f"{'; ' * bool(ways)}{', '.join(source.id for source in alike)} (by the folders alone)" if alike else ""
        raise Refused(f"Several sources fit this tree: {ways}{others}. {_say(found)}")
    if not found:
        nearly = "".join(f" {source.id}: {line}" for source, line in _lacking(raw, about))
        raise Refused(
            f"No source fits this tree. Found: {folders_of(raw)}.{nearly} `hf-medseg list` shows every source; your own pictures "
            'and masks in any other layout are read by patterns in an about file: image = "{stem}.png", mask = "{stem}_mask.png"; '
            "hf-medseg convert image-mask-folder RAW OUT --about FILE"
        )
    return found[0]


def _lacking(raw: Raw, about: str | None) -> list[tuple[Source, str]]:
    """What each own-data source that nearly reads a tree would need."""
    found = []
    for source in sources().values():
        with contextlib.suppress(Refused):  # of another source's keys
            if source.fits is not None and (fits := source.fits(raw, read_about(about, source.id, source.about_file, source.about))):
                found += [(source, line) for line in fits[0].missing[:1]]
    return found


def _either(found: Iterable[Source]) -> str:
    return " or ".join(source.id for source in found)


def _say(found: list[Source]) -> str:
    return f"Say which: hf-medseg convert {found[0].id} RAW OUT, or {', '.join(source.id for source in found[1:])} in its place."
