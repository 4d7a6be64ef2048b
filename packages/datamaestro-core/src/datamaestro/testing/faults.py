"""What servers do wrong, for tests of whatever fetches.

A fault changes one answer of a :class:`~datamaestro.testing.FileServer`::

    server.faults["/data.csv"] = [DropAfter(1000), Status(503, retry_after="0")]

breaks off the first transfer after 1,000 bytes, refuses the second request, and
answers from the third on as it should. What goes wrong before there is an answer is the
server's own: :meth:`~datamaestro.testing.FileServer.down`, and certificates.
"""

from __future__ import annotations

import gzip
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datamaestro.testing.server import Answer

__all__ = [
    "Chunked",
    "Corrupt",
    "Drip",
    "DropAfter",
    "Encoded",
    "Fault",
    "IgnoreRange",
    "IgnoreValidator",
    "Modified",
    "Page",
    "Redirect",
    "Replace",
    "ShortBody",
    "Stall",
    "Status",
    "WeakValidator",
    "WithoutLength",
    "WithoutValidator",
    "WrongLength",
    "WrongRange",
]


class Fault:
    """Something that goes wrong with one answer."""

    def identify(self, answer: Answer) -> None:
        """Change what identifies the content, before it is seen whether a range may be given."""

    def change(self, answer: Answer) -> None:
        """Change an answer before it is sent."""

    def send(self, answer: Answer) -> None:
        """Send the body; the header has been sent."""
        answer.write(answer.body)


@dataclass(frozen=True)
class DropAfter(Fault):
    """The connection breaks after some bytes of the body.

    :param count: how many
    """

    count: int

    def send(self, answer: Answer) -> None:
        answer.write(answer.body[: self.count])
        answer.break_off()


@dataclass(frozen=True)
class ShortBody(Fault):
    """The body ends early, and the connection is closed as if it were whole.

    :param missing: how many bytes of it are missing
    """

    missing: int

    def send(self, answer: Answer) -> None:
        answer.write(answer.body[: -self.missing])
        answer.close()


@dataclass(frozen=True)
class WrongLength(Fault):
    """Another length is stated than the body has.

    :param difference: by how many bytes it is too large; too small if it is negative
    """

    difference: int

    def change(self, answer: Answer) -> None:
        answer.headers["Content-Length"] = str(len(answer.body) + self.difference)

    def send(self, answer: Answer) -> None:
        answer.write(answer.body)
        answer.close()


@dataclass(frozen=True)
class Replace(DropAfter):
    """The connection breaks, and there is another content when the client comes back.

    :param count: how many bytes of the body are sent before that
    :param content: the content that there is then
    """

    content: bytes

    def send(self, answer: Answer) -> None:
        answer.replace(self.content)
        super().send(answer)


@dataclass(frozen=True)
class Corrupt(Fault):
    """One byte of the body is another.

    :param position: which one
    """

    position: int

    def change(self, answer: Answer) -> None:
        body = bytearray(answer.body)
        body[self.position] ^= 0xFF
        answer.body = bytes(body)


class IgnoreRange(Fault):
    """A range is asked for, and the whole content comes."""

    def change(self, answer: Answer) -> None:
        answer.give_all()


class WrongRange(Fault):
    """A range is asked for, and another one comes, as it says itself."""

    def change(self, answer: Answer) -> None:
        if answer.status == 206:
            answer.give_range(1, len(answer.content))


@dataclass(frozen=True)
class Status(Fault):
    """There is an error in the place of the content.

    :param code: the status code
    :param retry_after: the value of Retry-After, if it is sent: seconds, or a date of HTTP
    """

    code: int
    retry_after: str | None = None

    def change(self, answer: Answer) -> None:
        answer.give_instead(self.code, b"an error", Content_Type="text/plain")
        if self.retry_after is not None:
            answer.headers["Retry-After"] = self.retry_after


@dataclass(frozen=True)
class Page(Fault):
    """There is an HTML page in the place of the content, with status 200.

    :param title: its title
    """

    title: str = "Please log in"

    def change(self, answer: Answer) -> None:
        text = f"<!DOCTYPE html>\n<html><head><title>{self.title}</title></head></html>\n"
        answer.give_instead(200, text.encode(), Content_Type="text/html")


@dataclass(frozen=True)
class Redirect(Fault):
    """The content is elsewhere.

    :param url: where; the URL itself for a loop
    :param code: the status code
    """

    url: str
    code: int = 302

    def change(self, answer: Answer) -> None:
        answer.give_instead(self.code, b"", Location=self.url)


@dataclass(frozen=True)
class Drip(Fault):
    """The body comes a few bytes at a time.

    :param count: how many at a time
    :param seconds: the time between them
    """

    count: int
    seconds: float

    def send(self, answer: Answer) -> None:
        for start in range(0, len(answer.body), self.count):
            answer.write(answer.body[start : start + self.count])
            time.sleep(self.seconds)


@dataclass(frozen=True)
class Stall(Fault):
    """Nothing more comes after some bytes, and the connection stays open for a while.

    :param count: how many bytes
    :param seconds: for how long
    """

    count: int
    seconds: float

    def send(self, answer: Answer) -> None:
        answer.write(answer.body[: self.count])
        time.sleep(self.seconds)
        answer.break_off()


class Encoded(Fault):
    """The content is sent in gzip, though it wasn't asked for."""

    def change(self, answer: Answer) -> None:
        answer.give_all()
        answer.body = gzip.compress(answer.body)
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Content-Length"] = str(len(answer.body))


class WithoutLength(Fault):
    """Only the end of the connection tells the end of the content."""

    def change(self, answer: Answer) -> None:
        answer.give_all()
        del answer.headers["Content-Length"]
        answer.headers["Connection"] = "close"

    def send(self, answer: Answer) -> None:
        answer.write(answer.body)
        answer.close()


class Chunked(Fault):
    """The content comes in chunks of HTTP/1.1, its length unknown."""

    def change(self, answer: Answer) -> None:
        answer.give_all()
        del answer.headers["Content-Length"]
        answer.headers["Transfer-Encoding"] = "chunked"

    def send(self, answer: Answer) -> None:
        for start in range(0, len(answer.body), 1000):
            chunk = answer.body[start : start + 1000]
            answer.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        answer.write(b"0\r\n\r\n")


class WithoutValidator(Fault):
    """Nothing tells whether the content is the same as before."""

    def identify(self, answer: Answer) -> None:
        answer.etag = None


class WeakValidator(Fault):
    """What identifies the content says only that it means the same as before."""

    def identify(self, answer: Answer) -> None:
        answer.etag = f"W/{answer.etag}"


@dataclass(frozen=True)
class Modified(Fault):
    """Only the time of its last change identifies the content.

    :param date: that time, as a date of HTTP
    """

    date: str

    def identify(self, answer: Answer) -> None:
        answer.etag = None
        answer.modified = self.date


class IgnoreValidator(Fault):
    """A range is given even if the content isn't what it was."""

    def identify(self, answer: Answer) -> None:
        answer.if_range = None
