"""Bodies that come wrong, or late."""

from __future__ import annotations

import gzip
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from datamaestro.testing.faults.fault import Fault

if TYPE_CHECKING:
    from datamaestro.testing.server import Answer

__all__ = [
    "Chunked",
    "Corrupt",
    "Drip",
    "DropAfter",
    "Encoded",
    "ShortBody",
    "Stall",
    "WithoutLength",
    "WrongLength",
]


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
        answer.write(answer.body[: max(0, len(answer.body) - self.missing)])
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
class Corrupt(Fault):
    """One byte of the body is another.

    :param position: which one
    """

    position: int

    def change(self, answer: Answer) -> None:
        body = bytearray(answer.body)
        body[self.position] ^= 0xFF
        answer.body = bytes(body)


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


class WithoutLength(Fault):
    """Only the end of the connection tells the end of the content."""

    def change(self, answer: Answer) -> None:
        answer.give_all()
        del answer.headers["Content-Length"]
        answer.headers["Connection"] = "close"

    def send(self, answer: Answer) -> None:
        answer.write(answer.body)
        answer.close()


@dataclass(frozen=True)
class Chunked(Fault):
    """The content comes in chunks of HTTP/1.1, its length unknown.

    :param count: the bytes after which the connection is closed, before the chunk that ends
        the content; None for all of it
    """

    count: int | None = field(default=None, kw_only=True)

    def change(self, answer: Answer) -> None:
        answer.give_all()
        del answer.headers["Content-Length"]
        answer.headers["Transfer-Encoding"] = "chunked"

    def send(self, answer: Answer) -> None:
        body = answer.body[: self.count]
        for start in range(0, len(body), 1000):
            chunk = body[start : start + 1000]
            answer.write(f"{len(chunk):x}\r\n".encode() + chunk + b"\r\n")
        if self.count is None:
            answer.write(b"0\r\n\r\n")
        else:
            answer.close()


class Encoded(Fault):
    """The content is sent in gzip, though it wasn't asked for."""

    def change(self, answer: Answer) -> None:
        answer.give_all()
        answer.body = gzip.compress(answer.body)
        answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Content-Length"] = str(len(answer.body))
