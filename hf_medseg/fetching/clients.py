"""What other libraries fetch: Kaggle, Google Drive, the Imaging Data Commons, Synapse, nilearn, and the records behind DOIs.

Each reads its own credentials from its own place; this package neither sees nor keeps them. Each function fills a folder that the caller
gives its final name, so that a broken-off download is carried on in the same folder.
"""

from __future__ import annotations

import contextlib
import html
import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from hf_medseg.fetching.http import TIMEOUT, Unavailable, Watch, library

_TRIES = 3  # a client that breaks off is called again so often; what it has received it carries on


def record(doi: str) -> dict[str, tuple[str, str]]:
    """The files of a Zenodo, figshare or Dataverse record.

    Args:
        doi: `doi:10...`.

    Returns:
        (address, checksum) by name; the checksum is the record's own.

    Raises:
        Unavailable: the record does not answer, or lies with another host.
    """
    pooch, downloaders, errors = library("pooch", "download"), library("pooch.downloaders", "download"), _requests()
    book = pooch.create(path=Path(), base_url=f"{doi}/")
    try:
        repository = downloaders.doi_to_repository(doi.removeprefix("doi:"), timeout=TIMEOUT)
        repository.populate_registry(book)
        return {name: (repository.download_url(name), checksum) for name, checksum in book.registry.items()}
    except errors.RequestException as error:
        raise Unavailable(f"the record does not answer ({type(error).__name__})") from error
    except (ValueError, KeyError) as error:
        raise Unavailable(f"the record cannot be read ({error})") from error


def link_on(address: str) -> str:
    """The address behind a link of a page, for links that the owner renews: `https://page#what the link contains`.

    Raises:
        Unavailable: the page does not answer, or has no such link any more.
    """
    requests = library("requests", "download")
    page, _, wanted = address.partition("#")
    try:
        answer = requests.get(page, timeout=TIMEOUT)
        answer.raise_for_status()
    except requests.exceptions.RequestException as error:
        raise Unavailable(f"the page does not answer ({type(error).__name__})") from error
    for found in re.findall(r"""href\s*=\s*["']([^"']+)["']""", answer.text):
        if wanted in (plain := html.unescape(found)):
            return urljoin(str(answer.url), plain)
    raise Unavailable("the page has no such link any more")


def _requests() -> Any:
    return library("requests", "download").exceptions


def kaggle(address: str, part: Path, name: str, watch: Watch) -> Path:
    """A Kaggle data set `owner/slug`, unpacked by kagglehub; its cache lies in `part`, so that it carries on what was broken off."""
    hub = library("kagglehub", "download")
    return _from_kaggle(lambda: hub.dataset_download(address), f"https://www.kaggle.com/datasets/{address}", part, watch)


def kaggle_competition(address: str, part: Path, name: str, watch: Watch) -> Path:
    """One file of a Kaggle competition, or all of them unpacked if `name` has no suffix."""
    hub = library("kagglehub", "download")
    file = name if Path(name).suffix else None
    return _from_kaggle(lambda: hub.competition_download(address, file), f"https://www.kaggle.com/c/{address}/rules", part, watch)


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


def drive(address: str, part: Path, name: str, watch: Watch) -> Path:
    """A Google Drive file or, by the address of one, a folder. A name without a suffix is a folder that keeps the file's own name."""
    gdown, errors = library("gdown", "download"), _requests()
    exceptions = library("gdown.exceptions", "download")
    part.mkdir(parents=True, exist_ok=True)
    options: dict[str, Any] = {"quiet": True, "use_cookies": False, "resume": True, "retries": _TRIES, "timeout": TIMEOUT}
    try:
        if "/folders/" in address:
            gdown.download_folder(url=address, output=str(part), **options)
            return part
        output = part / name if Path(name).suffix else f"{part}{os.sep}"
        made = gdown.download(
            id=address, output=str(output), cancel=watch.stop, progress=lambda n, size: watch.at(name, n, size), **options
        )
        return Path(made) if Path(name).suffix else part
    except exceptions.DownloadCancelled:
        watch.check()
        raise
    except (exceptions.DownloadError, errors.RequestException, KeyError) as error:  # KeyError: an answer without the headers of a file
        page = address if "://" in address else f"https://drive.google.com/file/d/{address}/view"
        raise Unavailable(f"Google Drive does not give it (a quota, a removed file?): open {page} in a browser") from error


def imaging_data_commons(address: str, part: Path, name: str, watch: Watch) -> Path:
    """A collection of the Imaging Data Commons: `<collection>/<PatientID>/<StudyInstanceUID>/<Modality>_<SeriesInstanceUID>/`."""
    client = library("idc_index.index", "idc").IDCClient()
    series = client.index[client.index["collection_id"] == address]
    if series.empty:
        raise Unavailable(f"the index of the Imaging Data Commons has no collection {address}")
    part.mkdir(parents=True, exist_ok=True)
    client.download_from_selection(downloadDir=str(part), collection_id=address, use_s5cmd_sync=True, quiet=True)
    here, there = sum(path.is_file() for path in part.rglob("*.dcm")), int(series["instanceCount"].sum())
    if here < there:  # the client only logs what went wrong
        raise Unavailable(f"{there - here:,} of {there:,} files did not come; the same command fetches them")
    return part


def synapse(address: str, part: Path, name: str, watch: Watch) -> Path:
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


def abide(address: str, part: Path, name: str, watch: Watch) -> Path:
    """The derivatives of the Preprocessed Connectomes Project that nilearn fetches: `func_mean,func_mask`."""
    datasets = library("nilearn.datasets", "nilearn")
    part.mkdir(parents=True, exist_ok=True)
    try:
        datasets.fetch_abide_pcp(data_dir=str(part), derivatives=address.split(","), quality_checked=False, verbose=0)
    except OSError as error:
        if error.errno is not None:  # the disk, not the network
            raise
        raise Unavailable(f"the bucket breaks off ({type(error).__name__}); the same command carries on") from error
    return part


CLIENTS: dict[str, Callable[[str, Path, str, Watch], Path]] = {
    "kaggle": kaggle,
    "kaggle-competition": kaggle_competition,
    "gdown": drive,
    "idc": imaging_data_commons,
    "synapse": synapse,
    "nilearn": abide,
}
"""Who fetches into (address, folder for what is not complete, name, watch) and returns the file or folder that it made."""
