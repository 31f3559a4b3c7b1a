"""Pushes the site to a static Space: always built anew for others to see, so that nothing gets there that the license gate keeps back.

python upload/site.py NAMESPACE/NAME [OUT ...] [--rows N] [--allow-noncommercial] [--dry-run]

The Space holds what was built and nothing else afterwards.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from huggingface_hub import HfApi

from hf_medseg.cli.terminal import bars_of_the_hub
from hf_medseg.dataset.temporary import temporary_folder
from hf_medseg.errors import MedsegError, Refused
from hf_medseg.site.build import MARK, site

NEW = {".gitattributes", "README.md", "index.html", "style.css"}  # what the Hub puts into a new static Space
CARD = """\
---
title: Medical image segmentation datasets
sdk: static
app_file: index.html
pinned: false
---

The catalog of [hf_medseg](https://github.com/hf-medseg/hf-medseg).
The pictures keep their owners' licenses: each page says which, with its conditions and whom to cite.
Not for clinical use.
"""


def push(given: argparse.Namespace, api: HfApi) -> None:
    """Builds the site and makes the Space hold it, in one commit."""
    with temporary_folder() as made:
        folder = made / "site"
        site(folder, given.outs, rows=given.rows, public=True, allow_noncommercial=given.allow_noncommercial)
        (folder / "README.md").write_text(CARD, encoding="utf-8")
        files = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
        print(f"{given.space}: {len(files)} files")
        if given.dry_run:
            print("\n".join(files))
            return
        api.create_repo(given.space, repo_type="space", space_sdk="static", exist_ok=True)
        there = set(api.list_repo_files(given.space, repo_type="space"))
        if MARK not in there and (others := sorted(there - NEW)):
            raise Refused(f"{given.space} holds something else ({', '.join(others[:3])}), which would be deleted. Give a Space of its own.")
        with bars_of_the_hub(quiet=False):
            api.upload_folder(
                repo_id=given.space, repo_type="space", folder_path=folder, delete_patterns="*", commit_message="The site of hf_medseg"
            )
        print(f"{api.endpoint}/spaces/{given.space}")


def main(arguments: Sequence[str] | None = None, api: HfApi | None = None) -> int:
    """Runs the command; returns the exit code."""
    assert __doc__ is not None
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("space", metavar="NAMESPACE/NAME", help="the Space; made if it is not there")
    parser.add_argument("outs", metavar="OUT", nargs="*", help="folders that `convert` wrote")
    parser.add_argument("--rows", type=int, default=12, metavar="N", help="how many rows or volumes are shown of each OUT")
    parser.add_argument("--allow-noncommercial", action="store_true", help="pictures under a non-commercial license too")
    parser.add_argument("--dry-run", action="store_true", help="say which files would be there, and push nothing")
    given = parser.parse_args(arguments)
    try:
        push(given, api or HfApi())
    except MedsegError as error:
        print(error, file=sys.stderr)
        return 2 if isinstance(error, Refused) else 1
    except Exception as error:  # the client's errors are many
        print(f"{given.space} was not pushed: {' '.join(str(error).split())[:300]}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
