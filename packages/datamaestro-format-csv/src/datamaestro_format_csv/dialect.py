"""What a CSV file looks like: delimiter, quoting, encoding, comments."""

from __future__ import annotations

import codecs
from dataclasses import dataclass

from datamaestro.errors import ParameterError

__all__ = ["Dialect"]


@dataclass(frozen=True)
class Dialect:
    r"""The notation of a CSV file.

    Rows end with ``\n`` or ``\r\n``. Quoting is that of RFC 4180 as Python's `csv`
    reads it: a field that begins with the quote character ends with it, may hold
    delimiters and line ends, and holds the quote character doubled.

    :param delimiter: one ASCII character between two fields
    :param quote: one ASCII character around a field, or empty where there is no quoting
    :param comment: lines that begin with it are skipped; None if there are no comments
    :param encoding: of the text, a name that Python knows
    :raises ParameterError: if one of them can't be used
    """

    delimiter: str = ","
    quote: str = '"'
    comment: str | None = None
    encoding: str = "utf-8"

    def __post_init__(self) -> None:
        if not _is_mark(self.delimiter):
            raise ParameterError(
                "the delimiter can't be used",
                expected="one ASCII character, no line end",
                found=repr(self.delimiter),
            )
        if self.quote and (not _is_mark(self.quote) or self.quote == self.delimiter):
            raise ParameterError(
                "the quote character can't be used",
                expected="one ASCII character other than the delimiter, or none",
                found=repr(self.quote),
            )
        if self.comment is not None and not self.comment.strip("\r\n"):
            raise ParameterError(
                "the start of a comment can't be used",
                expected="a text of one character at least, or None",
                found=repr(self.comment),
            )
        try:
            " ".encode(self.encoding)  # which refuses codecs that aren't for text
        except (LookupError, ValueError):
            raise ParameterError(
                "unknown encoding",
                expected="one that Python knows, such as utf-8 or latin-1",
                found=repr(self.encoding),
            ) from None

    @property
    def is_utf8(self) -> bool:
        """Whether the bytes of the file can be parsed as they are."""
        return codecs.lookup(self.encoding).name in ("utf-8", "utf-8-sig")


def _is_mark(text: str) -> bool:
    return len(text) == 1 and text.isascii() and text not in "\r\n\0"
