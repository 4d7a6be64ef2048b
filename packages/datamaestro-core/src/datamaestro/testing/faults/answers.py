"""Other answers than what was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from datamaestro.testing.faults.fault import Fault

if TYPE_CHECKING:
    from datamaestro.testing.server import Answer

__all__ = ["IgnoreRange", "Informational", "Page", "Redirect", "Status", "WrongRange"]


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
class Informational(Fault):
    """Other answers come first, which say that there will be one.

    :param codes: their status codes
    """

    codes: tuple[int, ...] = (102, 103)

    def change(self, answer: Answer) -> None:
        for code in self.codes:
            answer.write(f"HTTP/1.1 {code} Wait\r\nLink: </x>\r\n\r\n".encode())


class IgnoreRange(Fault):
    """A range is asked for, and the whole content comes."""

    def change(self, answer: Answer) -> None:
        answer.give_all()


class WrongRange(Fault):
    """A range is asked for, and another one comes, as it says itself."""

    def change(self, answer: Answer) -> None:
        if answer.status == 206:
            answer.give_range(1, len(answer.content))
