"""`docs/licenses-to-confirm.md`: which pages a person has to read so that sources whose license is only believed may be published."""

from __future__ import annotations

from collections.abc import Iterator

from hf_medseg.catalog.facts import EditionFacts, Facts
from hf_medseg.catalog.licenses import LICENSE_TIERS
from hf_medseg.catalog.lookup import facts

_HEAD = """\
# Licenses to confirm

Generated from the `facts.toml` of every source (`make licenses`). The tier of these is `unknown`: nobody here has read the owner's own
words, so nothing of them can be published.

## One page to open

Open the page, look for the sentence. If it is there, write it into `[[license.evidence]]` with the confidence `high`, the address and the
day, set `id` and `tier`, and take `confirm` away: a pull request of one file. If it is not there, say that as evidence.

| source | open | look for | then it is | believed, because |
| --- | --- | --- | --- | --- |
"""
_REST = """

## No license known

Of these nobody quotes a license that the owner gave: the owner has to be asked.

| source | owner's page | what is known |
| --- | --- | --- |
"""


def page() -> str:
    """The page, as Markdown."""
    unknown = [(source, edition) for source in facts().values() for edition in source.editions if edition.license.tier == "unknown"]
    named = [(source, edition) for source, edition in unknown if edition.license.evidence and source.convertible]
    return _HEAD + "\n".join(_to_open(named)) + _REST + "\n".join(_to_ask(named)) + "\n"


def _to_open(unknown: list[tuple[Facts, EditionFacts]]) -> Iterator[str]:
    for source, edition in unknown:
        if confirm := edition.license.confirm:
            then = f"`{confirm.license}`, {LICENSE_TIERS[confirm.license]}"
            yield _line(_name(source, edition), f"<{confirm.url}>", confirm.look_for, then, _known(edition))


def _to_ask(unknown: list[tuple[Facts, EditionFacts]]) -> Iterator[str]:
    for source, edition in unknown:
        if not edition.license.confirm:
            yield _line(_name(source, edition), f"<{source.homepage}>", _known(edition))


def _name(source: Facts, edition: EditionFacts) -> str:
    return f"`{source.id}`" + (f" ({edition.name})" if edition.name else "")


def _known(edition: EditionFacts) -> str:
    return "; ".join(f"{one.says} ([{one.confidence}]({one.url}))" for one in edition.license.evidence)


def _line(*cells: str) -> str:
    return f"| {' | '.join(' '.join(cell.replace('|', '/').split()) for cell in cells)} |"
