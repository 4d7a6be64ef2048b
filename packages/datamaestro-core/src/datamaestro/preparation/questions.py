"""Answers that are needed several times while one question is answered.

A dataset is complete only if those that it refers to are complete, and so on: in each directory
where a dataset may be, and along each way that leads there. Without memory, that takes
exponential time. Nothing is made before the question is answered, and nothing is remembered after
that.
"""

from __future__ import annotations

from datamaestro.memory import Memory

__all__ = ["answered", "one_question"]

_memory = Memory("one_question")

one_question = _memory.held
answered = _memory.answered
