"""What a server does wrong with a transfer, for a while or until it is repaired."""

from __future__ import annotations

import os
import signal
from concurrent.futures import Future
from dataclasses import dataclass

from datamaestro.testing.faults import (
    Chunked,
    DropAfter,
    Encoded,
    Fault,
    IgnoreRange,
    IgnoreValidator,
    ShortBody,
    Status,
    Together,
    WeakValidator,
    WithoutLength,
    WithoutValidator,
)
from datamaestro.testing.server import Answer
from workspace.editions import served

__all__ = ["LASTING", "PASSING", "PATIENCE", "BreaksOff", "Changes", "Kills"]

PATIENCE = 5
"""How often a program asks for what doesn't come."""


@dataclass(frozen=True)
class BreaksOff(Fault):
    """The connection breaks before the body has come to its end.

    :param percent: how much of it comes
    """

    percent: int

    def send(self, answer: Answer) -> None:
        answer.write(answer.body[: len(answer.body) * self.percent // 100])
        answer.break_off()


@dataclass(frozen=True)
class Changes(BreaksOff):
    """Meanwhile, another release takes the place of what was asked for.

    :param path: where
    :param release: which one
    """

    path: str
    release: int

    def send(self, answer: Answer) -> None:
        answer.replace(served(self.path, self.release))
        super().send(answer)


class Kills(Fault):
    """Who asks for it is killed before anything comes.

    :ivar process: the id of that process, once it has one
    """

    def __init__(self) -> None:
        self.process: Future[int] = Future()

    def identify(self, answer: Answer) -> None:
        os.kill(self.process.result(), signal.SIGKILL)


PASSING: list[Fault] = [
    DropAfter(0),
    DropAfter(700),
    Together(DropAfter(1100), WithoutValidator()),
    Together(DropAfter(900), WeakValidator()),
    ShortBody(10),
    Status(503, retry_after="0"),
    IgnoreRange(),
    IgnoreValidator(),
    WithoutLength(),
    Chunked(),
    Encoded(),
]
"""What a server does wrong for a while; a later attempt succeeds."""

LASTING = [Status(503, retry_after="0")] * 1000
"""What it does until it is repaired."""
