"""Questions to whoever sits at the terminal, if someone does."""

from __future__ import annotations

import sys

__all__ = ["ask", "is_interactive", "tell"]


def is_interactive() -> bool:
    """Tell whether someone can read the error stream and answer."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))


def tell(text: str) -> None:
    """Show a text on the error stream."""
    sys.stderr.write(f"{text}\n")


def ask(question: str) -> str | None:
    """Ask a question, and give the answer; None if the input has ended."""
    sys.stderr.write(f"{question} ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    return answer.strip() if answer else None
