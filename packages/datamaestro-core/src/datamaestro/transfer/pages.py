"""Recognizing pages that were sent in the place of data."""

from __future__ import annotations

import codecs
import re
from pathlib import PurePosixPath

from datamaestro.download.source import Source
from datamaestro.errors import VerificationError

__all__ = ["PAGE_EXTENSIONS", "PAGE_TYPES", "TELLING", "refuse_page"]

TELLING = 4096
"""How many bytes it takes to tell a page from data; a slow server may send them one by one."""

# Atomic and possessive: what anyone may send is looked at once, however many comments it has.
_PAGE = re.compile(
    rb"\s*+(?:(?>(?:<!--.*?-->|<\?xml\b.*?\?>))\s*+)*+"
    rb"<(?:!doctype\s+html|html|head|body|script|meta)\b",
    re.IGNORECASE | re.DOTALL,
)
_MARKUP = re.compile(rb"\s*<[a-z!]", re.IGNORECASE)
_TITLE = re.compile(rb"<title[^<>]*+>\s*+([^<]++)", re.IGNORECASE)
WANTED = "a page that is wanted as it is needs its sha256 declared"
PAGE_TYPES = frozenset({"text/html", "application/xhtml+xml"})
PAGE_EXTENSIONS = frozenset({".html", ".htm", ".xhtml", ".xht", ".mhtml"})
_MARKUP_EXTENSIONS = frozenset({".xml", ".sgml", ".sgm", ".svg", ".rdf", ".owl"})
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def refuse_page(source: Source, url: str, beginning: bytes, media_type: str | None) -> None:
    """Refuse an HTML page (a login, a quota, an error) where data were expected.

    Nothing is refused if the file's name says that it is a page. Where a digest is declared,
    that is the better judge: this is only asked to say what came once the digest is wrong.

    :param beginning: the first bytes of what came
    :param media_type: what the server calls it, if it does
    :raises VerificationError: if it is a page; it quotes the title
    """
    text = _in_utf_8(beginning)
    if _is_page(text, PurePosixPath(source.filename).suffix.lower(), media_type):
        raise VerificationError(
            "a web page came in the place of data",
            where=url,
            expected=source.filename or "data",
            found=_page_title(text) or "a page without a title",
            hint="open the URL in a browser to see what its server asks for"
            + ("" if source.digests else f"; {WANTED}"),
        )


def _is_page(text: bytes, extension: str, media_type: str | None) -> bool:
    if extension in PAGE_EXTENSIONS:
        return False
    called_page = (media_type or "").lower() in PAGE_TYPES
    if extension in _MARKUP_EXTENSIONS:  # XHTML may be, and other markup looks like it
        return called_page and not text.startswith(b"<?xml") and _PAGE.match(text) is not None
    # What a server calls a page may begin anywhere in it, when the server itself has a problem.
    return any(kind.match(text) for kind in ([_PAGE, _MARKUP] if called_page else [_PAGE]))


def _in_utf_8(text: bytes) -> bytes:
    if text.startswith(_UTF_16):
        return text.decode("utf-16", "replace").encode()
    return text.removeprefix(codecs.BOM_UTF8)


def _page_title(beginning: bytes) -> str | None:
    """Give the title of an HTML page, quoted, if it has one."""
    match = _TITLE.search(beginning)
    if match is None:
        return None
    import html

    text = html.unescape(match[1].decode("utf-8", "replace"))
    return repr(" ".join(text.split())[:120])
