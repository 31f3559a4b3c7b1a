"""`python -m tools.attack [REAL] [--part NAME] [--small]` attacks the package and prints what held, one line an attempt; for maintainers.

REAL is a folder with real files of known sets (`<source>/...`); without it the gate is attacked with made-up pictures that are declared
known.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import re
import subprocess
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock
from xml.etree import ElementTree

import numpy as np
from PIL import Image, ImageFilter, ImageOps

from hf_medseg.catalog import picture_hash, pictures
from hf_medseg.catalog.recognise import with_ids_of
from tests.support.harness import PHANTOMS, run
from tests.support.strangers import KINDS, strangers

HOME = Path(__file__).parents[1]

# Tests that attack from outside; each is an attempt of its own, called by its name.
TESTS = {
    "process": (
        "tests/test_process.py",
        "tests/conversion/test_fresh.py::test_everything_is_the_same_after_kills_at_every_point",
        "tests/conversion/test_fresh.py::test_a_second_conversion_is_refused_while_the_first_lives_and_not_after_it_was_killed",
        "tests/conversion/test_run.py::test_kill_at_random_moments_and_run_again",
        "tests/conversion/test_run.py::test_a_full_disk_says_so",
    ),
    "tampering": ("tests/publishing/test_gate.py", "tests/card/test_croissant.py::test_an_edited_description_is_found_and_not_pushed"),
    "headers": ("tests/formats/test_picture.py",),
    "downloads": ("tests/fetching/test_download.py",),
    "desk": (
        "tests/publishing/test_upload.py",
        "tests/publishing/test_push.py",
        "tests/card/test_croissant.py",
        "tests/site/test_space.py",
    ),
}
SMALL = {"headers": ("tests/formats/test_picture.py::test_a_cleaned_icc_profile_stays_as_it_is",)}


@dataclass(frozen=True)
class Attempt:
    """One attempt: what was attacked and how, whether the package held, and what it said or counted."""

    part: str
    way: str
    held: bool
    said: str = ""

    def __str__(self) -> str:
        return f"{self.part:12} {'held' if self.held else 'PASSED':6} {self.way}{f': {self.said}' if self.said else ''}"


# --- The gate ---------------------------------------------------------------------------------------------------------------------------

Way = Callable[[Image.Image], Image.Image]


def _saved(picture: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    data = io.BytesIO()
    picture.save(data, form, **options)
    return data.getvalue()


def _sized(side: int) -> Way:
    return lambda picture: picture.resize((side, side))


def _channel(letter: str) -> Way:
    return lambda picture: picture.getchannel(letter)


def _turned(way: Image.Transpose) -> Way:
    return lambda picture: picture.transpose(way)


def _jpeg(quality: int) -> Callable[[Image.Image], bytes]:
    return lambda picture: _saved(picture, "JPEG", quality=quality)


def _encoded(way: Way) -> Callable[[Image.Image], bytes]:
    return lambda picture: _saved(way(picture))


def _cut(part: float) -> Way:
    def way(picture: Image.Image) -> Image.Image:
        x, y = round(picture.width * part), round(picture.height * part)
        return picture.crop((x, y, picture.width - x, picture.height - y))

    return way


def _noisy(picture: Image.Image) -> Image.Image:
    lot = np.random.default_rng(1)
    return Image.fromarray(np.clip(np.asarray(picture, np.int16) + lot.normal(0, 12, (*picture.size[::-1], 3)), 0, 255).astype(np.uint8))


def _marked(picture: Image.Image) -> Image.Image:
    marked = picture.copy()
    marked.paste((255, 255, 0), (0, 0, picture.width // 4, picture.height // 12))
    return marked


CHANGES: dict[str, Way] = {
    "as it is": lambda picture: picture,
    **{f"{side} x {side}": _sized(side) for side in (128, 224, 256, 512)},
    "grey": lambda picture: picture.convert("L"),
    **{f"{name} channel": _channel(name[0].upper()) for name in ("red", "green", "blue")},
    **{way.name.lower().replace("_", " "): _turned(way) for way in Image.Transpose},
    "red channel, 5% cut": lambda picture: _cut(0.05)(picture).getchannel("R"),
    "left half": lambda picture: picture.crop((0, 0, picture.width // 2, picture.height)),
    "a quarter off at one edge": lambda picture: picture.crop((picture.width // 4, 0, picture.width, picture.height)),
    "in a corner of white": lambda picture: ImageOps.pad(picture, (2 * picture.width, 2 * picture.height), centering=(0, 0), color="white"),
    **{f"{part:.0%} cut": _cut(part) for part in (0.02, 0.03, 0.05, 0.07, 0.1, 0.15)},
    "5% cut and mirrored": lambda picture: ImageOps.mirror(_cut(0.05)(picture)),
    "5% cut, letterbox": lambda picture: ImageOps.pad(_cut(0.05)(picture), (256, 256)),
    "letterbox": lambda picture: ImageOps.pad(picture, (512, 512)),
    "letterbox, mirrored": lambda picture: ImageOps.mirror(ImageOps.pad(picture, (256, 256))),
    "on white": lambda picture: ImageOps.expand(picture, picture.width // 10, "white"),
    "in a corner": lambda picture: ImageOps.pad(picture, (2 * picture.width, picture.height), centering=(0, 0)),
    "cut square": lambda picture: ImageOps.fit(picture, (min(picture.size),) * 2),
    "negative": ImageOps.invert,
    "negative, mirrored": lambda picture: ImageOps.mirror(ImageOps.invert(picture)),
    "negative, on its side": lambda picture: ImageOps.invert(picture).transpose(Image.Transpose.ROTATE_90),
    "stretched contrast": lambda picture: ImageOps.autocontrast(picture, 2),
    "equalised": ImageOps.equalize,
    "dark": lambda picture: picture.point(lambda level: round(255 * (level / 255) ** 2)),
    "bright": lambda picture: picture.point(lambda level: round(255 * (level / 255) ** 0.5)),
    "16 shades": lambda picture: ImageOps.posterize(picture, 4),
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(4)),
    "sharpened": lambda picture: picture.filter(ImageFilter.UnsharpMask(4, 200)),
    "noisy": _noisy,
    "with a mark": _marked,
    "turned by 2 degrees": lambda picture: picture.rotate(2, Image.Resampling.BILINEAR),
    "turned by 5 degrees": lambda picture: picture.rotate(5, Image.Resampling.BILINEAR),
    "moved by 3 %": lambda picture: picture.transform(picture.size, Image.Transform.AFFINE, (1, 0, picture.width * 0.03, 0, 1, 0)),
    "28 x 28": _sized(28),
}
FORMS: dict[str, Callable[[Image.Image], bytes]] = {
    **{f"JPEG {quality}": _jpeg(quality) for quality in (95, 75, 50, 30, 15)},
    "WebP": lambda picture: _saved(picture, "WEBP", quality=50),
    "TIFF": lambda picture: _saved(picture, "TIFF"),
    "palette": lambda picture: _saved(picture.quantize(64)),
    "16 bits": lambda picture: _saved(Image.fromarray(np.asarray(picture.convert("L"), np.uint16) * 257)),
    "with a comment": lambda picture: _saved(picture, "JPEG", quality=95, comment=b"mine"),
}
NAMES: dict[str, Callable[[str], str]] = {
    "kept": lambda name: name,
    "another format": lambda name: Path(name).with_suffix(".webp").name,
    "upper case": str.upper,
    "prefix": lambda name: f"my_{name}",
    "suffix": lambda name: f"{Path(name).stem}_256.png",
    "a folder each": lambda name: f"{Path(name).stem}/image.png",
    "lower case, no blanks": lambda name: re.sub(r"[ ()]+", "_", name.lower()),
}
# What owners call pictures that no real file is at hand of.
OWNERS = {
    "drive": [f"{number}_training.tif" for number in range(21, 41)],
    "lgg-mri": [f"TCGA_CS_4941_19960909_{number}.tif" for number in range(1, 24)],
    "breast-cancer": [f"benign ({number}).png" for number in range(1, 30)],
    "isic-2017": [f"ISIC_{number:07}.jpg" for number in range(30)],
}


def gate(real: Path | None, *, small: bool = False) -> Iterator[Attempt]:
    """Known sets as somebody's own, and strangers' pictures, which must pass."""
    for id, owned in OWNERS.items():
        for name, call in NAMES.items():
            yield _by_name(f"{id}, names {name}", [f"images/{call(one)}" for one in owned], id)
    made = [("kvasir-seg", [(f"{number}.jpg", _made(number)) for number in range(8 if small else 40)])]
    with _known_are(*made[0]) if real is None else contextlib.nullcontext():
        for id, images in made if real is None else _real(real):
            if real is not None:
                for name, call in NAMES.items():
                    yield _by_name(f"{id}, names {name}", [f"images/{call(one)}" for one, _ in images], id)
            some = dict(list(CHANGES.items())[:: 12 if small else 1])
            ways = {name: _encoded(way) for name, way in some.items()}
            for name, save in {**ways, **({} if small else FORMS)}.items():
                yield _by_picture(f"{id}, {name}", [save(picture) for _, picture in images], id)
            own = [_saved(Image.fromarray(one)) for one in strangers("polyps", len(images), state=7)]
            yield _by_picture(f"{id}, half of it one's own", [*(_saved(picture) for _, picture in images[::2]), *own], id)
            turns = [_saved(picture.transpose(way)) for _, picture in images[:10] for way in Image.Transpose]
            yield _by_picture(f"{id}, every picture turned seven ways", turns, id)
    lot = int.from_bytes(np.random.default_rng().bytes(4), "big")  # others at every run
    for kind in KINDS:
        began, number = time.process_time(), 10 if small else 2860
        drawn = [_saved(Image.fromarray(one)) for one in strangers(kind, number, state=lot)]
        drawing, taken = time.process_time() - began, list(pictures.recognise(drawn))
        for size in () if small else (12, 60, 300):
            taken += [one for start in range(0, number, size) for one in pictures.recognise(drawn[start : start + size])]
        said = f"{number:,} pictures (state {lot}), {time.process_time() - began - drawing:.1f} s"
        said += f"; {'; '.join(map(str, taken)) or 'no known set'}"
        yield Attempt("strangers", kind, not taken, said)


def _by_name(way: str, names: Sequence[str], id: str) -> Attempt:
    found = [source.id for source in with_ids_of(names)]
    return Attempt("gate", way, id in found, ", ".join(found))


def _by_picture(way: str, data: Sequence[bytes], id: str) -> Attempt:
    found = pictures.recognise(data)
    return Attempt("gate", way, id in [one.source.id for one in found], "; ".join(map(str, found)))


def _made(number: int) -> Image.Image:
    lot = np.random.default_rng(number)
    return Image.fromarray(lot.integers(0, 256, (8, 10, 3), np.uint8)).resize((300, 240), Image.Resampling.BICUBIC)


def _real(folder: Path) -> Iterator[tuple[str, list[tuple[str, Image.Image]]]]:
    """Real pictures of sets whose pictures are known."""
    for id, pattern in (("kvasir-seg", "images/*.jpg"), ("chase-db1", "*[LR].jpg")):
        if paths := sorted((folder / id).rglob(pattern)):
            yield id, [(path.name, Image.open(path).convert("RGB")) for path in paths]


@contextlib.contextmanager
def _known_are(id: str, images: Sequence[tuple[str, Image.Image]]) -> Iterator[None]:
    """Meanwhile these pictures are all that is known."""
    hashes = [(int.from_bytes(np.packbits(picture_hash.dhash(picture)).tobytes(), "big"), name) for name, picture in images]
    with mock.patch.object(pictures, "known_pictures", lambda source: hashes if source.id == id else []):
        pictures.known_hashes.cache_clear()
        yield
    pictures.known_hashes.cache_clear()


# --- The other parts ----------------------------------------------------------------------------------------------------------------------


def tests(part: str, nodes: Sequence[str]) -> Iterator[Attempt]:
    """The tests of a part, each an attempt."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *nodes]
        subprocess.run(command, cwd=HOME, stdout=subprocess.DEVNULL, check=False)
        for case in ElementTree.parse(report).iter("testcase"):  # our own file
            wrong = case.find("failure") is not None or case.find("error") is not None
            if case.find("skipped") is None:
                yield Attempt(part, case.get("name", "").removeprefix("test_").replace("_", " "), not wrong)


def identities(*, small: bool = False) -> Iterator[Attempt]:
    """Markers that stand where names of persons would, in every header and name of every phantom that has them; none may be published."""
    for source, module in {"drive": PHANTOMS["drive"]}.items() if small else PHANTOMS.items():
        for variant in list(module.VARIANTS)[:1]:
            with tempfile.TemporaryDirectory() as folder:
                phantom = module.make(Path(folder, "looked-at"), variant)
                if phantom.refused or not phantom.secrets:
                    continue
                needles = [secret.encode() for secret in dict.fromkeys(phantom.secrets)]
                planted = sum(_held(path).count(needle) for path in Path(folder).rglob("*") if path.is_file() for needle in needles)
                out = run(source, variant, Path(folder)).out
                published = [path for path in out.rglob("*") if path.is_file() and ".local" not in path.relative_to(out).parts]
                found = sum(path.read_bytes().count(needle) for path in published for needle in needles)
            yield Attempt("identities", f"{source} {variant}", not found, f"{planted:,} planted, {found:,} published")


def _held(path: Path) -> bytes:
    """A file's name and bytes, and what a gzip holds."""
    data = path.read_bytes()
    try:
        return path.name.encode() + data + (zlib.decompress(data, 47) if data[:2] == b"\x1f\x8b" else b"")
    except zlib.error:
        return path.name.encode() + data


def table(real: Path | None = None, part: str = "", *, small: bool = False) -> Iterator[Attempt]:
    """Every attempt, or those of one part."""
    if part in ("", "gate"):
        yield from gate(real, small=small)
    if part in ("", "identities"):
        yield from identities(small=small)
    for name, nodes in (SMALL if small else TESTS).items():
        if part in ("", name):
            yield from tests(name, nodes)


def main(given: Sequence[str] | None = None) -> int:
    """Prints the table; 1 where something passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("real", metavar="REAL", nargs="?", type=Path)
    parser.add_argument("--part", choices=["gate", "identities", *TESTS], default="")
    parser.add_argument("--small", action="store_true", help="a few attempts of each part")
    options = parser.parse_args(given)
    attempts, passed = 0, 0
    for attempt in table(options.real, options.part, small=options.small):
        print(attempt, flush=True)
        attempts, passed = attempts + 1, passed + (not attempt.held)
    print(f"{attempts:,} attempts, {passed:,} passed")
    return int(passed > 0)


if __name__ == "__main__":
    sys.exit(main())
