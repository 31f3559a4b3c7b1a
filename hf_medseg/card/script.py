"""Loading scripts for sources that may not be published: generated, a few lines each, nothing of their own."""

from __future__ import annotations

import textwrap

from hf_medseg.catalog import terms
from hf_medseg.catalog.licenses import License
from hf_medseg.catalog.lookup import sources
from hf_medseg.catalog.source import Edition, Source
from hf_medseg.errors import Refused


def needs_script(source: Source) -> bool:
    """Whether a source has a loading script: where an edition is not open, as of an archive whose licenses only its users look up."""
    return source.convertible and not source.own and set(source.tiers) != {"open"}


def file_name(source: Source) -> str:
    """Name of a source's loading script."""
    return f"{source.id.replace('-', '_')}.py"


def render(source: Source) -> str:
    """The loading script of a source.

    Raises:
        Refused: the source needs none.
    """
    if not needs_script(source):
        raise Refused(f"{source.id} needs no loading script: convert it, and publish or load the result.")
    name = "".join(word.capitalize() for word in source.id.split("-"))
    licensed: dict[License, list[Edition]] = {}
    for edition in source.editions:
        if edition.license.tier != "open":
            licensed.setdefault(edition.license, []).append(edition)
    docstring = "\n\n".join(terms.text(source, *editions) for editions in licensed.values()).replace("\\", "\\\\").replace('"""', "'''")
    quoted = "\n".join(_wrapped(line) for line in docstring.splitlines())
    extra = "".join(
        [", parts={...}" * bool(source.parts), ", about=FILE" * bool(source.about), ", edition=NAME" * (len(source.editions) > 1)]
    )
    return f'''"""{source.title}.

With datasets up to 3.6:  load_dataset("{file_name(source)}", data_dir=RAW, trust_remote_code=True{extra})
With every datasets:      hf_medseg.load_dataset("{source.id}", RAW{extra})
From the shell:           python {file_name(source)} RAW OUT
"""

import sys

from hf_medseg.cli import main
from hf_medseg.loading.builder import RawDatasetBuilder


class {name}(RawDatasetBuilder):
    """{source.title}.

{quoted}
    """

    SOURCE = "{source.id}"


if __name__ == "__main__":
    sys.exit(main(["convert", "{source.id}", *sys.argv[1:]]))
'''


def _wrapped(line: str) -> str:
    return textwrap.fill(line, 116, initial_indent="    ", subsequent_indent="      ", break_long_words=False, break_on_hyphens=False)


def all_scripts() -> dict[str, str]:
    """Every loading script by file name."""
    return {file_name(source): render(source) for source in sources().values() if needs_script(source)}
