"""What the records behind DOIs, and pages with links that are renewed, say of where files lie."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from hf_medseg.fetching import apart
from hf_medseg.fetching.http import PACE, TIMEOUT, check_way, library, take
from hf_medseg.fetching.wanted import Unavailable

_LONGEST = 1 << 23  # bytes of a page that is searched for a link, or of a record


def record(doi: str) -> dict[str, tuple[str, str, int | None]]:
    """The files of a Zenodo, figshare or Dataverse record.

    Args:
        doi: `doi:10...`.

    Returns:
        (address, checksum, bytes) by name, as the record tells them.

    Raises:
        Unavailable: the record does not answer, or lies with another host.
    """
    library("pooch", "download")
    files = apart.call(f"{__name__}:read", doi, look=lambda: None, within=PACE)
    for url, *_ in files.values():
        check_way("https://doi.org", url)
    return {name: (url, checksum, size) for name, (url, checksum, size) in files.items()}


def read(doi: str) -> dict[str, tuple[str, str, int | None]]:
    """See `record`; runs in a process of its own, in which pooch gets no more of an answer than a record can be."""
    pooch, downloaders, requests = library("pooch", "download"), library("pooch.downloaders", "download"), library("requests", "download")
    requests.get = _bounded
    book = pooch.create(path=Path(), base_url=f"{doi}/")
    try:
        repository = downloaders.doi_to_repository(doi.removeprefix("doi:"), timeout=TIMEOUT)
        repository.populate_registry(book)
        sizes = _sizes(getattr(repository, "api_response", None))
        return {name: (repository.download_url(name), checksum or "", sizes.get(name)) for name, checksum in book.registry.items()}
    except requests.exceptions.RequestException as error:
        raise Unavailable(f"the record does not answer ({type(error).__name__})") from error
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise Unavailable(f"the record cannot be read ({type(error).__name__}: {error})") from error


def _bounded(url: str, **options: Any) -> Any:
    """`requests.get`, for answers that are no longer than a record or a page is."""
    return take(url, _LONGEST, **options)


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
        answer = take(page, _LONGEST, timeout=TIMEOUT)
        answer.raise_for_status()
    except requests.exceptions.RequestException as error:
        raise Unavailable(f"the page does not answer ({type(error).__name__})") from error
    for found in re.findall(r"""href\s*=\s*["']([^"']+)["']""", answer.text):
        if wanted in (plain := html.unescape(found)):
            check_way(str(answer.url), plain)
            return urljoin(str(answer.url), plain)
    raise Unavailable("the page has no such link any more")
