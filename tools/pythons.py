"""`python -m tools.pythons` runs the core of the suite on the other Pythons that this machine has, and says which it could not get.

For maintainers, in a checkout; each Python gets an environment of its own (`.venv-3.12`), without PyTorch and TensorFlow.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
VERSIONS = ("3.12", "3.13", "3.14")

# What depends on Python and its libraries; sources are facts and the same few readers over again.
CORE = (
    *(f"tests/{room}" for room in ("raw", "formats", "masks", "dataset", "conversion", "card", "preview", "verification", "loading")),
    *(f"tests/test_{name}.py" for name in ("cli", "face", "progress", "training", "words")),
)


def main() -> int:
    """One line for each Python at the end; 1 if the core failed on one of them."""
    told = {version: _on(version) for version in VERSIONS}
    for version, words in told.items():
        print(f"Python {version}: {words}")
    return int("failed" in told.values())


def _on(version: str) -> str:
    found = next((path for path in _candidates(version) if _is(path, version)), None)
    if found is None:
        return f"not found. Install it with the distribution's packages, pyenv install {version} or uv python install {version}."
    folder = ROOT / f".venv-{version}"
    python = str(folder / ("Scripts" if sys.platform == "win32" else "bin") / "python")
    print(f"Python {version}: {found}", flush=True)
    for command in (
        (found, "-m", "venv", str(folder)),
        (python, "-m", "pip", "install", "--quiet", "--upgrade", "pip"),
        (python, "-m", "pip", "install", "--quiet", "--editable", f"{ROOT}[test]"),
    ):
        if subprocess.run(command).returncode:
            return f"not set up: {' '.join(command[1:])} did not work."
    return "failed" if subprocess.run((python, "-m", "pytest", "-n", "auto", *CORE), cwd=ROOT).returncode else "passed"


def _candidates(version: str) -> Iterator[str]:
    """Interpreters of the distribution, pyenv and uv, which may not be there or be another version."""
    for name in (f"python{version}", f"python{version}.exe", "python3"):
        if here := shutil.which(name):
            yield here
    for path in sorted((Path.home() / ".pyenv" / "versions").glob(f"{version}.*/bin/python")):
        yield str(path)
    if uv := shutil.which("uv"):
        ran = subprocess.run((uv, "python", "find", version), capture_output=True, text=True)
        yield from ran.stdout.splitlines()


def _is(path: str, version: str) -> bool:
    ask = "import sys; print('%d.%d' % sys.version_info[:2])"
    ran = subprocess.run((path, "-c", ask), capture_output=True, text=True)
    return ran.returncode == 0 and ran.stdout.strip() == version


if __name__ == "__main__":
    raise SystemExit(main())
