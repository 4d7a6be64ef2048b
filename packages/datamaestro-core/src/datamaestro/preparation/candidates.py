"""Which URLs to ask for a source's bytes, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import takewhile
from urllib.parse import urlsplit

from datamaestro.download.source import Source

__all__ = ["candidate_urls", "mirrored"]


def candidate_urls(
    source: Source, mirror: str | None = None, mirrors: Mapping[str, Iterable[str]] | None = None
) -> list[str]:
    """Give the URLs to ask, in order, each once.

    Copies that need no network come first when they are declared first; then come
    the site's mirrors of every URL, since a site that has them may reach nothing
    else; then the declared URLs.

    :param mirror: the base URL of a site mirror: ``https://host/a/b`` is at ``<base>/host/a/b``
    :param mirrors: for URLs that begin with the key, the beginnings to try before it
    """
    local = list(takewhile(lambda url: _scheme(url) in ("file", "package"), source.urls))
    at_site = (copy for url in source.urls for copy in mirrored(url, mirror, mirrors or {}))
    return list(dict.fromkeys([*local, *at_site, *source.urls]))


def mirrored(url: str, mirror: str | None, mirrors: Mapping[str, Iterable[str]]) -> list[str]:
    """Give the places where the site may have a copy of what `url` gives.

    >>> mirrored("https://host/a/b.gz", "http://mirror/base/", {})
    ['http://mirror/base/host/a/b.gz']
    >>> mirrored("https://host/a/b.gz", None, {"https://host/a/": ["https://near/"]})
    ['https://near/b.gz']
    """
    found = []
    if mirror is not None and _scheme(url) in ("http", "https"):
        parts = urlsplit(url)
        query = f"?{parts.query}" if parts.query else ""
        host = parts.netloc.rpartition("@")[2]  # a user's name and password stay at home
        found.append(f"{mirror.rstrip('/')}/{host}{parts.path}{query}")
    for prefix in sorted(mirrors, key=len, reverse=True):
        if url.startswith(prefix):
            found.extend(start + url.removeprefix(prefix) for start in mirrors[prefix])
    return found


def _scheme(url: str) -> str:
    return urlsplit(url).scheme.lower()
