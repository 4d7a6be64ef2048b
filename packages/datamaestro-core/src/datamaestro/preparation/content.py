"""Recognizing pages that were sent in the place of data."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

from datamaestro.download.source import Source
from datamaestro.errors import VerificationError

__all__ = ["refuse_page"]

_PAGE = re.compile(
    rb"\s*(?:(?:<!--.*?-->|<\?xml\b.*?\?>)\s*)*<(?:!doctype\s+html|html|head|body|script|meta)\b",
    re.IGNORECASE | re.DOTALL,
)
_TITLE = re.compile(rb"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)
_PAGE_EXTENSIONS = frozenset({".html", ".htm", ".xhtml"})


def refuse_page(source: Source, url: str, beginning: bytes) -> None:
    """Refuse an HTML page (a login, a quota, an error) where data were expected.

    A declared digest decides better, and so does a name that says it is a page.

    :param beginning: the first bytes of what came
    :raises VerificationError: if it is a page; it quotes the title
    """
    if source.digests or PurePosixPath(source.filename).suffix.lower() in _PAGE_EXTENSIONS:
        return
    if _PAGE.match(beginning.removeprefix(b"\xef\xbb\xbf")):
        raise VerificationError(
            "a web page came in the place of data",
            where=url,
            expected=source.filename or "data",
            found=page_title(beginning) or "a page without a title",
            hint="open the URL in a browser to see what its server asks for",
        )


def page_title(beginning: bytes) -> str | None:
    """Give the title of an HTML page, quoted, if it has one."""
    match = _TITLE.search(beginning)
    if match is None:
        return None
    import html

    text = html.unescape(match[1].decode("utf-8", "replace"))
    return repr(" ".join(text.split())[:120])
