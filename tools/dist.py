"""`python -m tools.dist` builds wheel and source distribution, checks what is in them, and runs the main job from each, freshly installed.

For maintainers, in a checkout; what was built lies in `dist/` afterwards.
"""

from __future__ import annotations

import email
import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import venv
import zipfile
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"

# What the main job needs beside the package: the demo, with the pictures that it draws.
JOB = tuple(f"tests/{name}.py" for name in ("__init__", "support/__init__", "support/demo", "support/kit", "support/retina"))

# Of the checkout, what nobody needs who has the source distribution.
APART = re.compile(r"\.(?:ci|github|pre-commit-config|gitattributes)\b")


def main() -> int:
    """Builds, checks, installs and runs; stops at the first thing that is wrong."""
    shutil.rmtree(DIST, ignore_errors=True)
    _run(sys.executable, "-m", "build", "--outdir", str(DIST), str(ROOT))
    wheel, sdist = next(DIST.glob("*.whl")), next(DIST.glob("*.tar.gz"))
    _run(sys.executable, "-m", "twine", "check", "--strict", str(wheel), str(sdist))
    tracked = _run("git", "-C", str(ROOT), "ls-files", "-z").split("\0")[:-1]
    wrong = [
        *_of_wheel(wheel, tracked),
        *_of_sdist(sdist, tracked),
        *(f"the long description links to {link}" for link in links_inside(_description(wheel))),
    ]
    for line in wrong:
        print(f"wrong: {line}")
    if wrong:
        return 1
    for built in (wheel, sdist):
        with tempfile.TemporaryDirectory() as folder:
            _job(built, Path(folder))
        print(f"{built.name}: installed into a fresh environment, and the main job ran from there.")
    return 0


def _run(*command: str, cwd: Path | None = None) -> str:
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ended = subprocess.run(command, cwd=cwd, env=kept, text=True, capture_output=True)
    if ended.returncode:
        raise SystemExit(f"{' '.join(command)}\n{ended.stdout}{ended.stderr}")
    return ended.stdout


def _of_wheel(wheel: Path, tracked: Iterable[str]) -> list[str]:
    """What is not as it should be: the package and nothing else."""
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    return differing(wheel.name, names, {name for name in tracked if name.startswith("hf_medseg/")})


def _of_sdist(sdist: Path, tracked: Iterable[str]) -> list[str]:
    """What is not as it should be: everything of the checkout but what serves the forge."""
    with tarfile.open(sdist) as archive:
        names = {one.name.partition("/")[2] for one in archive if one.isfile()} - {"PKG-INFO"}
    return differing(sdist.name, names, {name for name in tracked if not APART.match(name)})


def differing(where: str, names: set[str], wanted: set[str]) -> list[str]:
    """Files that are missing, and strays."""
    lines = [f"{where}: {name} is missing" for name in sorted(wanted - names)]
    return lines + [f"{where}: {name} is not in the checkout" for name in sorted(names - wanted)]


def _description(wheel: Path) -> str:
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return str(email.message_from_bytes(archive.read(name)).get_payload())


def links_inside(text: str) -> list[str]:
    """Links of a page that lead nowhere outside the checkout."""
    return re.findall(r"\]\((?!https?://|#)([^)]*)\)", text)


def _job(built: Path, folder: Path) -> None:
    """Installs what was built into an environment of its own, and runs the demo where no checkout is near."""
    venv.create(folder / "venv", with_pip=True)
    python = str(folder / "venv" / ("Scripts" if os.name == "nt" else "bin") / "python")
    _run(python, "-m", "pip", "install", "--quiet", str(built))
    for name in JOB:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    where = _run(python, "-c", "import hf_medseg; print(hf_medseg.__file__)", cwd=folder).strip()
    if not Path(where).is_relative_to(folder / "venv"):
        raise SystemExit(f"{where} was imported, not what was built")
    print(_run(python, "-m", "tests.support.demo", cwd=folder).splitlines()[-1])


if __name__ == "__main__":
    raise SystemExit(main())
