"""Answers that are found once in a block, however often they are asked for."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

__all__ = ["Memory"]

T = TypeVar("T")


class Memory:
    """Remembers answers as long as a block lasts, also for the threads that the block begins.

    :param name: its name, as debuggers show it
    """

    def __init__(self, name: str) -> None:
        self._answers: ContextVar[dict[Hashable, Any] | None] = ContextVar(name, default=None)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Remember answers inside the block; a block inside another is part of it."""
        if self._answers.get() is not None:
            yield
            return
        token = self._answers.set({})
        try:
            yield
        finally:
            self._answers.reset(token)

    def answered(self, key: Hashable, ask: Callable[[], T]) -> T:
        """Give the answer that is remembered; ask, if there is none, or no block.

        :param key: what is asked
        """
        answers = self._answers.get()
        if answers is None:
            return ask()
        if key not in answers:
            answers[key] = ask()
        answer: T = answers[key]
        return answer
