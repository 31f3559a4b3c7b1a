"""The output folder: which names it has, and whether an existing one is ours."""

from __future__ import annotations

import json
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from hf_medseg.dataset.columns import PICTURE, TEXT, Column
from hf_medseg.dataset.identity import Identity, read_shard
from hf_medseg.dataset.report import Report, misfit
from hf_medseg.dataset.storage import delete_folder, is_local, write_text
from hf_medseg.errors import Refused

CARD, REPORT, NAMES, PREVIEW, WORK, LOCAL = "README.md", "report.json", "id2label.json", "preview", ".work", ".local"
CROISSANT = "croissant.json"
_OPTIONS = "options.json"
INCOMPLETE = "**Incomplete.**"  # how the card of a limited or partial conversion begins
DIFFER = "differ from the published ones: re-encoded, resized, edited or of another release"
SHARD = re.compile(r"(?P<split>[^/]+?)-(?P<number>\d{5})-of-(?P<count>\d{5})\.parquet\Z")


FILE = f"{PREVIEW}/train-00000-of-00001.parquet"


OVERVIEW = f"{PREVIEW}/overview.png"


COLUMNS: dict[str, Column] = {"image_id": TEXT, "split": TEXT, "config": TEXT, "preview": PICTURE}


MOST_ROWS = 16


@dataclass(frozen=True)
class Output:
    """A folder that holds, or will hold, one converted dataset."""

    root: Path

    @property
    def work(self) -> Path:
        """Working files; gone at the end of a conversion."""
        return self.root / WORK

    @property
    def local(self) -> Path:
        """What only this machine needs to know; it stays, and is no part of the dataset."""
        return self.root / LOCAL

    def shards(self, folder: str | None = None) -> list[Path]:
        """Final shards, of one config's folder or of all, without the preview."""
        pattern = f"{folder or '*'}/*.parquet"
        found = (path for path in self.root.glob(pattern) if SHARD.search(path.name) and path.parent.name not in (PREVIEW, WORK, LOCAL))
        return sorted(found, key=str)

    def report(self) -> Report:
        """The content of `report.json`, empty where there is none.

        Raises:
            Refused: it is no report.
        """
        return self._report(self.root)

    def whole_report(self) -> Report:
        """The report with the names of files that were not used, empty where this machine has none.

        Raises:
            Refused: it is no report.
        """
        return self._report(self.local) if is_local(self.root) else {}

    def _report(self, folder: Path) -> Report:
        content = _read(folder / REPORT)
        if wrong := misfit(content):
            raise Refused(
                f"{folder / REPORT} is no report of a conversion: {wrong}. Give another folder, or one that `hf-medseg convert` wrote."
            )
        return cast("Report", content)

    def identities(self) -> dict[Path, Identity | None]:
        """What every shard says of itself; None for a file that is not a shard of ours."""
        return {path: (read_shard(str(path)) or (None,))[0] for path in self.shards()}

    def check_usable(self, source: str, edition: str) -> None:
        """Makes sure that the folder is new, empty, or a conversion of the same source and edition.

        Raises:
            Refused: it holds something else.
        """
        if not self.root.exists():
            return
        if not self.root.is_dir():
            raise Refused(f"{self.root} is a file. OUT is a folder that the conversion makes.")
        names = {path.name for path in self.root.iterdir()}
        if not names or (self.work / "source").exists():
            held = (self.work / "source").read_text(encoding="utf-8") if names else f"{source} {edition}"
            self._same(held, source, edition)
            return
        if names <= {WORK, LOCAL}:
            return
        found = [identity for identity in self.identities().values() if identity is not None]
        if not found:
            report = self.report()
            if not report.get("source"):
                raise Refused(f"{self.root} holds something else ({', '.join(sorted(names)[:5])}). Give a new or empty folder as OUT.")
            self._same(f"{report['source']} {report.get('edition') or ''}", source, edition)
        for identity in found:
            self._same(f"{identity.source} {identity.edition}", source, edition)

    def _same(self, held: str, source: str, edition: str) -> None:
        if held.strip() != f"{source} {edition}".strip():
            raise Refused(f"{self.root} already holds {held.strip()}. One folder holds one source and edition: give another OUT.")

    def claim(self, source: str, edition: str, options: Mapping[str, Any]) -> None:
        """Makes the folder and marks it as this source's until the conversion is complete.

        Args:
            source: id of the source.
            edition: name of the edition.
            options: what was asked for, by config.
        """
        self.work.mkdir(parents=True, exist_ok=True)
        (self.work / "source").write_text(f"{source} {edition}", encoding="utf-8")
        write_text(self.work / _OPTIONS, json.dumps({**self.begun(), **options}))

    def begun(self) -> dict[str, Any]:
        """The options, by config, of a conversion that runs or was broken off; empty where there is none."""
        return _read(self.work / _OPTIONS)

    def release(self) -> None:
        """Removes the working files."""
        delete_folder(self.work)


def _read(path: Path) -> dict[str, Any]:
    """The content of a JSON file, empty where there is none."""
    try:
        content: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return content
    except (OSError, ValueError):
        return {}


def check_apart(raw: str, out: Path) -> None:
    """Makes sure that neither folder lies inside the other.

    Raises:
        Refused: one does.
    """
    if not (is_local(raw) and is_local(out)):
        inside = f"{raw.rstrip('/')}/", f"{str(out).rstrip('/')}/"
        if inside[0].startswith(inside[1]) or inside[1].startswith(inside[0]):
            raise Refused(f"One of OUT ({out}) and RAW ({raw}) lies inside the other. Give an OUT elsewhere.")
        return
    if not os.path.exists(raw):
        return
    here, there = Path(os.path.realpath(raw)), Path(os.path.realpath(out))
    if here == there or here in there.parents:
        raise Refused(f"OUT ({out}) lies inside RAW ({raw}). The raw tree is never written to: give an OUT elsewhere.")
    if there in here.parents:
        raise Refused(f"RAW ({raw}) lies inside OUT ({out}). Give an OUT elsewhere.")


def check_writable(out: Path) -> None:
    """Makes sure that files can be written into a folder, or that it can be made, by trying: a file that has no name and leaves no trace.

    Raises:
        Refused: they cannot.
    """
    if not is_local(out):
        return
    if (link := next((path for path in (out, *out.absolute().parents) if path.is_symlink() and not path.exists()), None)) is not None:
        raise Refused(f"{out}: {link} is a link to something that is not there. Mend it, or give another OUT.")
    there = next((path for path in (out, *out.absolute().parents) if path.exists()), Path("/"))
    if not there.is_dir():
        return
    try:
        tempfile.TemporaryFile(dir=there).close()
    except OSError as error:
        raise Refused(f"{out}: nothing can be written to {there} ({error.strerror}). Give another OUT.") from error
