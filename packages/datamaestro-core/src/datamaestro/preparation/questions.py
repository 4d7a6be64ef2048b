"""What is found out while one question is answered, and asked for several times.

A dataset is complete if those are that it refers to, which depends on those that these refer
to: in each directory where a dataset may be, and by each way that leads there. Without
memory, that takes exponential time. Nothing is made before the question is answered, and
nothing is remembered after that.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

__all__ = ["answered", "one_question"]

T = TypeVar("T")

_answers: ContextVar[dict[Hashable, Any] | None] = ContextVar("_answers", default=None)


@contextmanager
def one_question() -> Iterator[None]:
    """Remember answers inside the block; one inside of another is part of its question."""
    if _answers.get() is not None:
        yield
        return
    token = _answers.set({})
    try:
        yield
    finally:
        _answers.reset(token)


def answered(key: Hashable, ask: Callable[[], T]) -> T:
    """Give the answer that is remembered; ask, if there is none.

    :param key: what is asked
    """
    answers = _answers.get()
    if answers is None:
        return ask()
    if key not in answers:
        answers[key] = ask()
    answer: T = answers[key]
    return answer
