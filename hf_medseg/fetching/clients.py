"""What other libraries fetch: Kaggle, Google Drive, the Imaging Data Commons, Synapse and nilearn.

Each reads its own credentials from its own place; this package neither sees nor keeps them. Each function fills a folder that the caller
gives its final name, so that a broken-off download is carried on in the same folder.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from hf_medseg.errors import MedsegError, Rejected
from hf_medseg.fetching import apart, names
from hf_medseg.fetching.http import SPARE, TIMEOUT, library
from hf_medseg.fetching.wanted import Mismatch, Unavailable, Wanted, Watch
from hf_medseg.formats import dicom_header

logger = logging.getLogger(__name__)

TERMS = "idc_series.csv"
"""What `download` calls the table of a collection's series and their licenses."""
IDLE = 900.0  # seconds without a byte, after which a client is broken off
_TRIES = 3  # a client that breaks off is called again so often; what it has received it carries on


def fetch(client: str, address: str, part: Path, wanted: Wanted, watch: Watch) -> Path:
    """Has a client fetch into a folder, in a process of its own.

    A client has no way to be told how much may come, nor to be broken off. What it writes is looked at now and then; packed and unpacked
    lie side by side for a while, so it may be twice as much.

    Args:
        client: one of `CLIENTS`.
        address: what it is asked for.
        part: folder for what is not complete.
        wanted: what is known of it.
        watch: told how far it is; tells when to stop.

    Returns:
        The file or folder that it made.

    Raises:
        Mismatch: more came than is published.
        Unavailable: the place does not give it, or nothing comes for a long time.
        MedsegError: nobody says how large it is, and the disk is nearly full.
        Stopped: the watch says so.
    """
    if client in IN_THIS_PROCESS:
        return CLIENTS[client](address, part, wanted, watch)
    most, before, grown = None if wanted.most is None else 2 * wanted.most, -1, time.monotonic()

    def look() -> None:
        nonlocal before, grown
        watch.check()
        received = _bytes_in(part)
        watch.at(wanted.name, received)
        if received != before:
            before, grown = received, time.monotonic()
        if most is not None and received > most:
            raise wanted.too_much(f"{received:,} bytes came and it does not end")
        if most is None and part.exists() and shutil.disk_usage(part).free < SPARE:
            raise MedsegError(f"{wanted.name}: nobody says how large it is, and after {received:,} bytes the disk is nearly full.")
        if time.monotonic() - grown > IDLE:
            raise Unavailable(f"nothing came for {IDLE / 60:.0f} minutes; the same command carries on")

    try:
        return Path(apart.call(f"{__name__}:in_child", client, address, str(part), dataclasses.asdict(wanted), look=look))
    except Mismatch:
        shutil.rmtree(part, ignore_errors=True)
        raise


def in_child(client: str, address: str, part: str, wanted: Mapping[str, Any]) -> str:
    """See `fetch`; runs in the other process."""
    return str(CLIENTS[client](address, Path(part), Wanted(**wanted), Watch()))


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
    return _from_kaggle(lambda: hub.dataset_download(address), page, part)


def kaggle_competition(address: str, part: Path, wanted: Wanted, watch: Watch) -> Path:
    """One file of a Kaggle competition, or all of them unpacked if the name has no suffix."""
    hub = library("kagglehub", "download")
    file = wanted.name if Path(wanted.name).suffix else None
    page = f"https://www.kaggle.com/c/{address}/rules"
    return _from_kaggle(lambda: hub.competition_download(address, file), page, part)


def _from_kaggle(call: Callable[[], str], page: str, part: Path) -> Path:
    errors, hub = _requests(), library("kagglehub.exceptions", "download")
    os.environ["KAGGLEHUB_CACHE"] = str(part)  # this process does nothing else
    for tries_left in reversed(range(_TRIES)):
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
    """A collection of the Imaging Data Commons: `<collection>/<PatientID>/<StudyInstanceUID>/<Modality>_<SeriesInstanceUID>/`.

    Args:
        address: `<collection>` for all of it; `<collection>#<analysis results>` (with commas; `own` for the collection's own) for the SEG
            and RTSTRUCT of these alone, and then the images that they were drawn on. A table beside them says the license, the DOI and
            the bytes of every series.
        part: see `fetch`, as the rest.
        wanted: what is known of it.
        watch: told how far it is.
    """
    client = library("idc_index.index", "idc").IDCClient()
    collection, _, results = address.partition("#")
    series = client.index[client.index["collection_id"] == collection]
    if series.empty:
        raise Unavailable(f"the index of the Imaging Data Commons has no collection {collection}")
    part.mkdir(parents=True, exist_ok=True)
    if not results:
        _from_idc(client, series, part, wanted, collection_id=collection)
        _say_terms(series, part)
        return part
    of = series["analysis_result_id"].astype(object).where(series["analysis_result_id"].notna(), "own")
    drawn = series["Modality"].isin(["SEG", "RTSTRUCT"])
    masks = series[drawn & of.isin(results.split(","))]
    if masks.empty:
        raise Unavailable(f"the index of the Imaging Data Commons has no masks of {results} in {collection}")
    _from_idc(client, masks, part, wanted, seriesInstanceUID=list(masks["SeriesInstanceUID"]))
    images = series[~drawn & _referred_to(series, masks, part)]
    size = int((masks["series_size_MB"].sum() + images["series_size_MB"].sum()) * 1e6)
    counts = len(masks), len(images), sum(~drawn), size
    logger.info("%s: %d masks refer to %d of %d series of images; with them %d bytes", wanted.name, *counts)
    watch.at(wanted.name, _bytes_in(part), size)
    _from_idc(client, images, part, wanted, seriesInstanceUID=list(images["SeriesInstanceUID"]))
    _say_terms(series[series["SeriesInstanceUID"].isin([*masks["SeriesInstanceUID"], *images["SeriesInstanceUID"]])], part)
    return part


def _from_idc(client: Any, series: Any, part: Path, wanted: Wanted, **selection: Any) -> None:
    """Fetches some series of the index into `part`."""
    here = sum(_bytes_in(folder) for folder in _folders_of(series, part))
    size, free = int(series["series_size_MB"].sum() * 1e6) - here, shutil.disk_usage(part).free
    if size > free:
        raise MedsegError(f"{wanted.name}: {size:,} bytes are still to come and {free:,} are free where it goes. Make room.")
    client.download_from_selection(downloadDir=str(part), use_s5cmd_sync=True, quiet=True, **selection)
    come = sum(path.is_file() for folder in _folders_of(series, part) for path in folder.glob("*.dcm"))
    there = int(series["instanceCount"].sum())
    if come < there:  # the client only logs what went wrong
        raise Unavailable(f"{there - come:,} of {there:,} files did not come; the same command fetches them")


def _say_terms(series: Any, part: Path) -> None:
    """Lays beside the files what the index says of each series: its license, what to cite for it, its bytes."""
    told = series.assign(bytes=(series["series_size_MB"] * 1e6).round().astype("int64"))
    columns = ["collection_id", "SeriesInstanceUID", "Modality", "analysis_result_id", "license_short_name", "source_DOI", "bytes"]
    told[columns].sort_values("SeriesInstanceUID").to_csv(part / TERMS, index=False)


def _folders_of(series: Any, part: Path) -> list[Path]:
    """Where the client puts each series."""
    columns = ("collection_id", "PatientID", "StudyInstanceUID", "Modality", "SeriesInstanceUID")
    rows = series[list(columns)].itertuples(index=False)
    return [part / str(one[0]) / str(one[1]) / str(one[2]) / f"{one[3]}_{one[4]}" for one in rows]


def _referred_to(series: Any, masks: Any, part: Path) -> Any:
    """Which series the masks that came refer to; all of its study where one names none that there is."""
    known = set(series["SeriesInstanceUID"])
    named: set[str] = set()
    studies: set[str] = set()
    for folder, study in zip(_folders_of(masks, part), masks["StudyInstanceUID"], strict=True):
        for path in folder.glob("*.dcm"):
            header = None
            with contextlib.suppress(Rejected):  # a damaged one is told when it is converted
                header = dicom_header.look(path.read_bytes(), path.name)
            refers = known.intersection(header.refers_to) if header else set()
            named |= refers
            studies |= set() if refers else {study}
    return series["SeriesInstanceUID"].isin(named) | series["StudyInstanceUID"].isin(studies)


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

IN_THIS_PROCESS: set[str] = set()
"""Clients that run in this process: none, but where their libraries are replaced."""
