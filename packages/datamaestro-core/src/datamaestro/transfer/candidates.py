"""Which URLs to ask for a source's bytes, and in which order."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import takewhile
from typing import TYPE_CHECKING

from datamaestro.download.source import Source
from datamaestro.errors import SettingsError
from datamaestro.urls import bare, is_url

if TYPE_CHECKING:
    from datamaestro.context import Context

__all__ = ["archived", "candidate_urls", "mirrored", "urls_to_ask"]

NEWEST, OLDEST = "2099", "1996"
"""Times of which a web archive gives its last and its first copy: it gives the nearest."""

LOCAL = ("file", "package")
"""Schemes whose URLs are paths: they have no query."""


def urls_to_ask(source: Source, context: Context) -> list[str]:
    """Give the URLs to ask, in order, with the mirrors of a context's environment and settings.

    :raises SettingsError: if the environment or the settings name something else
    """
    settings = context.settings
    urls = candidate_urls(source, context.mirror, settings.mirrors)
    for url in urls:
        if not is_url(url):
            raise SettingsError(
                "not the beginning of the URLs of a mirror",
                where=f"mirrors in {settings.path}",
                expected="one that gives URLs, such as https://mirror.example.org/",
                found=repr(url.rpartition("@")[2]),
            )
    return urls


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
    local = list(takewhile(lambda url: _scheme(url) in LOCAL, source.urls))
    at_site = (copy for url in source.urls for copy in mirrored(url, mirror, mirrors or {}))
    return list(dict.fromkeys([*local, *at_site, *source.urls]))


def mirrored(url: str, mirror: str | None, mirrors: Mapping[str, Iterable[str]]) -> list[str]:
    """Give the places where the site may have a copy of what `url` gives.

    A mirror is another host: credentials for the URL's own don't go there.

    >>> mirrored("https://host/a/b.gz", "http://mirror/base/", {})
    ['http://mirror/base/host/a/b.gz']
    >>> mirrored("https://host/a/b.gz", None, {"https://host/a/": ["https://near/"]})
    ['https://near/b.gz']
    >>> mirrored("https://host/get?id=1", None, {"https://host/": ["file:///near/"]})
    ['file:///near/get%3Fid=1']
    """
    found = []
    url = bare(url)
    if mirror is not None and _scheme(url) in ("http", "https"):
        found.append(_below(f"{mirror.rstrip('/')}/", url.partition("://")[2]))
    for prefix in sorted(mirrors, key=len, reverse=True):
        if url.startswith(prefix):
            found.extend(_below(start, url.removeprefix(prefix)) for start in mirrors[prefix])
    return found


def _below(start: str, rest: str) -> str:
    """Give what a mirror has below its beginning; on a disk, a query is part of the name."""
    return start + (rest.replace("?", "%3F") if _scheme(start) in LOCAL else rest)


def archived(source: Source, archive: str) -> list[str]:
    """Give the copies that a web archive may have, as they were when it took them.

    Nobody vouches for what was archived once: it may be another version, or the page that
    says that the file is gone. So there are none unless a digest tells the right bytes.
    What needs credentials is in no archive, and the archive needn't learn of it.

    :param archive: the base URL of an archive that speaks as the Wayback Machine does

    >>> archived(Source(("https://host/a.gz",), md5="0" * 32), "https://web.archive.org/web")[0]
    'https://web.archive.org/web/2099id_/https://host/a.gz'
    """
    if not source.digests:
        return []
    open_to_all = [
        url for url in source.urls if _scheme(url) in ("http", "https") and url == bare(url)
    ]
    return [
        f"{archive.rstrip('/')}/{time}id_/{u}" for u in open_to_all for time in (NEWEST, OLDEST)
    ]


def _scheme(url: str) -> str:
    return url.partition(":")[0].lower()
