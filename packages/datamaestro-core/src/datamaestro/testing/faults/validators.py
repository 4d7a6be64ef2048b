"""What identifies the content, and content that changes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from datamaestro.testing.faults.fault import Fault
from datamaestro.testing.faults.transfers import DropAfter

if TYPE_CHECKING:
    from datamaestro.testing.server import Answer

__all__ = ["IgnoreValidator", "Modified", "Replace", "WeakValidator", "WithoutValidator"]


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
