"""What other libraries fetch: Kaggle, Google Drive, the Imaging Data Commons, Synapse, nilearn, and the records behind DOIs.

Each reads its own credentials from its own place; this package neither sees nor keeps them. Each function fills a folder that the caller
gives its final name, so that a broken-off download is carried on in the same folder.
"""

from __future__ import annotations

import contextlib
import ctypes
import html
import os
import re
import shutil
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from hf_medseg.errors import MedsegError
from hf_medseg.fetching import names
from hf_medseg.fetching.http import SPARE, TIMEOUT, Unavailable, Wanted, Watch, check_way, library

_LONGEST_PAGE = 1 << 23  # bytes of a page that is searched for a link
_LOOKS = 1.0  # seconds between two looks at what a client has written
_TRIES = 3  # a client that breaks off is called again so often; what it has received it carries on


def record(doi: str) -> dict[str, tuple[str, str, int | None]]:
    """The files of a Zenodo, figshare or Dataverse record.

    Args:
        doi: `doi:10...`.

    Returns:
        (address, checksum, bytes) by name, as the record tells them.

    Raises:
        Unavailable: the record does not answer, or lies with another host.
    """
    pooch, downloaders, errors = library("pooch", "download"), library("pooch.downloaders", "download"), _requests()
    book = pooch.create(path=Path(), base_url=f"{doi}/")
    try:
        repository = downloaders.doi_to_repository(doi.removeprefix("doi:"), timeout=TIMEOUT)
        repository.populate_registry(book)
        sizes = _sizes(getattr(repository, "api_response", None))
        files = {name: (repository.download_url(name), checksum or "", sizes.get(name)) for name, checksum in book.registry.items()}
        for url, *_ in files.values():
            check_way("https://doi.org", url)
        return files
    except errors.RequestException as error:
        raise Unavailable(f"the record does not answer ({type(error).__name__})") from error
    except (ValueError, KeyError) as error:
        raise Unavailable(f"the record cannot be read ({error})") from error


def _sizes(told: Any) -> dict[str, int]:
    """Bytes by name, wherever the answer of a record has a file's name beside them: `{"key": ..., "size": ...}` and its like."""
    if isinstance(told, (list, tuple)):
        return {name: size for one in told for name, size in _sizes(one).items()}
    if not isinstance(told, dict):
        return {}
    name = next((told[key] for key in ("key", "filename", "name") if isinstance(told.get(key), str)), "")
    size = next((told[key] for key in ("size", "filesize") if isinstance(told.get(key), int) and not isinstance(told[key], bool)), None)
    return {name: size} if name and size is not None else _sizes(list(told.values()))


def link_on(address: str) -> str:
    """The address behind a link of a page, for links that the owner renews: `https://page#what the link contains`.

    Raises:
        Unavailable: the page does not answer, or has no such link any more.
    """
    requests = library("requests", "download")
    page, _, wanted = address.partition("#")
    try:
        with requests.get(page, timeout=TIMEOUT, stream=True, hooks={"response": _follow}) as answer:
            answer.raise_for_status()
            text = answer.raw.read(_LONGEST_PAGE, decode_content=True).decode(answer.encoding or "utf-8", "replace")
    except requests.exceptions.RequestException as error:
        raise Unavailable(f"the page does not answer ({type(error).__name__})") from error
    for found in re.findall(r"""href\s*=\s*["']([^"']+)["']""", text):
        if wanted in (plain := html.unescape(found)):
            check_way(str(answer.url), plain)
            return urljoin(str(answer.url), plain)
    raise Unavailable("the page has no such link any more")


def _follow(answer: Any, **_: Any) -> None:
    if answer.is_redirect:
        check_way(answer.url, answer.headers["Location"])


class _TooMuch(BaseException):
    """More came than may; not an `Exception`, so that no client takes it for a broken connection and asks again."""


@contextlib.contextmanager
def _bounded(part: Path, wanted: Wanted, watch: Watch) -> Iterator[None]:
    """Looks now and then at what a client writes into a folder, tells it, and breaks the client off where it becomes too much.

    A client has no way to be told how much may come. Packed and unpacked lie side by side for a while, so it may be twice as much.

    Raises:
        Mismatch: more came than is published.
        MedsegError: nobody says how large it is, and the disk is nearly full.
        Stopped: the watch says so.
    """
    over, client, most = threading.Event(), threading.get_ident(), None if wanted.most is None else 2 * wanted.most
    why: list[MedsegError] = []

    def look() -> None:
        while not over.wait(_LOOKS):
            received = _bytes_in(part)
            watch.at(wanted.name, received)
            if most is not None and received > most:
                why.append(wanted.too_much(f"{received:,} bytes came and it does not end"))
            elif most is None and part.exists() and shutil.disk_usage(part).free < SPARE:
                why.append(
                    MedsegError(f"{wanted.name}: nobody says how large it is, and after {received:,} bytes the disk is nearly full.")
                )
            if why or watch.stop.is_set():
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(client), ctypes.py_object(_TooMuch))
                return

    looking = threading.Thread(target=look, name="hf-medseg-look", daemon=True)
    looking.start()
    try:
        try:
            yield
        finally:
            over.set()
            looking.join()
            _bytes_in(part / "nothing")  # what was raised from there comes now, if ever
    except _TooMuch:
        watch.check()
        if why:
            shutil.rmtree(part, ignore_errors=True)
            raise why[0] from None
        raise


def _bytes_in(folder: Path) -> int:
    total = 0
    for above, _, files in os.walk(folder):
        for file in files:
            with contextlib.suppress(OSError):  # renamed meanwhile
                total += os.lstat(os.path.join(above, file)).st_size
    return total


def _requests() -> Any:
    return library("requests", "download").exceptions


def kaggle(address: str, part: Path, wanted: Wanted, watch: Watch) -> Path:
    """A Kaggle data set `owner/slug`, unpacked by kagglehub; its cache lies in `part`, so that it carries on what was broken off."""
    hub = library("kagglehub", "download")
    page = f"https://www.kaggle.com/datasets/{address}"
    with _bounded(part, wanted, watch):
        return _from_kaggle(lambda: hub.dataset_download(address), page, part, watch)


def kaggle_competition(address: str, part: Path, wanted: Wanted, watch: Watch) -> Path:
    """One file of a Kaggle competition, or all of them unpacked if the name has no suffix."""
    hub = library("kagglehub", "download")
    file = wanted.name if Path(wanted.name).suffix else None
    page = f"https://www.kaggle.com/c/{address}/rules"
    with _bounded(part, wanted, watch):
        return _from_kaggle(lambda: hub.competition_download(address, file), page, part, watch)


def _from_kaggle(call: Callable[[], str], page: str, part: Path, watch: Watch) -> Path:
    errors, hub = _requests(), library("kagglehub.exceptions", "download")
    with _environment("KAGGLEHUB_CACHE", str(part)):
        for tries_left in reversed(range(_TRIES)):
            watch.check()
            try:
                made = Path(call())
                break
            except (hub.UnauthenticatedError, hub.CredentialError) as error:
                raise Unavailable(
                    "Kaggle asks who you are: make an account and a token at https://www.kaggle.com/settings, then run "
                    '`python -c "import kagglehub; kagglehub.login()"`'
                ) from error
            except hub.KaggleApiHTTPError as error:
                status = getattr(error.response, "status_code", 0)
                if status in (401, 403):
                    raise Unavailable(f"Kaggle answers {status}: log in there and accept what {page} asks, then try again") from error
                if tries_left == 0 or status < 500:
                    raise Unavailable(f"Kaggle answers {status}") from error
            except (errors.RequestException, hub.DataCorruptionError, hub.BackendError) as error:
                if tries_left == 0:
                    raise Unavailable(f"Kaggle breaks off ({type(error).__name__})") from error
    if part.resolve() in made.resolve().parents:
        return made
    copy = part / made.name  # Kaggle's own machines hand out folders that only they can write to
    shutil.copytree(made, copy, dirs_exist_ok=True) if made.is_dir() else shutil.copyfile(made, copy)
    return copy


@contextlib.contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


def drive(address: str, part: Path, wanted: Wanted, watch: Watch) -> Path:
    """A Google Drive file or, by the address of one, a folder. A name without a suffix is a folder that keeps the file's own name."""
    gdown, errors = library("gdown", "download"), _requests()
    exceptions = library("gdown.exceptions", "download")
    part.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {"quiet": True, "use_cookies": False, "timeout": TIMEOUT, "retries": _TRIES}

    def told(before: int) -> Callable[[int, int | None], None]:
        def tell(received: int, size: int | None) -> None:
            watch.at(wanted.name, before + received, wanted.size or size)
            if wanted.most is not None and before + max(received, size or 0) > wanted.most:
                raise wanted.too_much(f"Google Drive sends {before + max(received, size or 0):,} bytes")
            if wanted.most is None and size is None and shutil.disk_usage(part).free < SPARE:
                raise MedsegError(f"{wanted.name}: nobody says how large it is, and after {received:,} bytes the disk is nearly full.")

        return tell

    def get(identity: str, output: str, before: int = 0) -> Path:
        return Path(gdown.download(id=identity, output=output, cancel=watch.stop, progress=told(before), resume=True, **options))

    try:
        if "/folders/" not in address:
            named = bool(Path(wanted.name).suffix)
            made = get(address, str(part / wanted.name) if named else f"{part}{os.sep}")
            return made if named else part
        received = 0
        listed = gdown.download_folder(url=address, output=str(part), skip_download=True, **options)
        for file, name in zip(listed, _names_of(listed, address), strict=True):
            path = part / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_file():
                get(file.id, str(path), received)
            received += path.stat().st_size
        return part
    except exceptions.DownloadCancelled:
        watch.check()
        raise
    except (exceptions.DownloadError, errors.RequestException, KeyError) as error:  # KeyError: an answer without the headers of a file
        page = address if "://" in address else f"https://drive.google.com/file/d/{address}/view"
        raise Unavailable(f"Google Drive does not give it (a quota, a removed file?): open {page} in a browser") from error


def _names_of(listed: list[Any], address: str) -> list[str]:
    """Where the files of a folder go; the folder may hold several of one name, told apart by their ids."""
    own = []
    for file in listed:
        path = Path(file.path)
        own.append(str(path.with_name(f"{path.stem}-{file.id}{path.suffix}")) if file.path in own else file.path)
    safe = names.clean(own, address)
    return [safe[name] for name in own]


def imaging_data_commons(address: str, part: Path, wanted: Wanted, watch: Watch) -> Path:
    """A collection of the Imaging Data Commons: `<collection>/<PatientID>/<StudyInstanceUID>/<Modality>_<SeriesInstanceUID>/`."""
    client = library("idc_index.index", "idc").IDCClient()
    series = client.index[client.index["collection_id"] == address]
    if series.empty:
        raise Unavailable(f"the index of the Imaging Data Commons has no collection {address}")
    part.mkdir(parents=True, exist_ok=True)
    size, free = int(series["series_size_MB"].sum() * 1e6) - _bytes_in(part), shutil.disk_usage(part).free
    if size > free:
        raise MedsegError(f"{wanted.name}: {size:,} bytes are still to come and {free:,} are free where it goes. Make room.")
    client.download_from_selection(downloadDir=str(part), collection_id=address, use_s5cmd_sync=True, quiet=True)
    here, there = sum(path.is_file() for path in part.rglob("*.dcm")), int(series["instanceCount"].sum())
    if here < there:  # the client only logs what went wrong
        raise Unavailable(f"{there - here:,} of {there:,} files did not come; the same command fetches them")
    return part


def synapse(address: str, part: Path, wanted: Wanted, watch: Watch) -> Path:
    """A file of Synapse, for a user who has logged in there and was given access."""
    client = library("synapseclient", "synapse")
    exceptions = library("synapseclient.core.exceptions", "synapse")
    part.mkdir(parents=True, exist_ok=True)
    try:
        session = client.Synapse(silent=True)
        session.login(silent=True)
        made = session.get(address, downloadLocation=str(part), ifcollision="keep.local").path
    except (exceptions.SynapseNoCredentialsError, exceptions.SynapseAuthenticationError) as error:
        raise Unavailable(
            "Synapse asks who you are: make an account and a token at https://www.synapse.org, then run `synapse config`"
        ) from error
    except (exceptions.SynapseError, _requests().RequestException) as error:
        raise Unavailable(f"Synapse does not give it: accept the terms of https://www.synapse.org/Synapse:{address} first") from error
    if not made:
        raise Unavailable(f"https://www.synapse.org/Synapse:{address} is no file")
    return Path(made)


def abide(address: str, part: Path, wanted: Wanted, watch: Watch) -> Path:
    """The derivatives of the Preprocessed Connectomes Project that nilearn fetches: `func_mean,func_mask`."""
    datasets = library("nilearn.datasets", "nilearn")
    part.mkdir(parents=True, exist_ok=True)
    try:
        with _bounded(part, wanted, watch):
            datasets.fetch_abide_pcp(data_dir=str(part), derivatives=address.split(","), quality_checked=False, verbose=0)
    except OSError as error:
        if error.errno is not None:  # the disk, not the network
            raise
        raise Unavailable(f"the bucket breaks off ({type(error).__name__}); the same command carries on") from error
    return part


CLIENTS: dict[str, Callable[[str, Path, Wanted, Watch], Path]] = {
    "kaggle": kaggle,
    "kaggle-competition": kaggle_competition,
    "gdown": drive,
    "idc": imaging_data_commons,
    "synapse": synapse,
    "nilearn": abide,
}
"""Who fetches into (address, folder for what is not complete, what is known of it, watch) and returns the file or folder that it made."""
