"""Questions to whoever sits at the terminal, if someone does."""

from __future__ import annotations

import sys
from typing import TextIO

__all__ = ["ask", "is_interactive", "is_terminal", "tell"]


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether someone sits at a stream, which is None if it is closed."""
    return stream is not None and stream.isatty()


def is_interactive() -> bool:
    """Tell whether someone can read the error stream and answer."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def tell(text: str) -> None:
    """Show a text on the error stream."""
    sys.stderr.write(f"{text}\n")


def ask(question: str) -> str | None:
    """Ask a question, and give the answer; None if the input has ended."""
    sys.stderr.write(f"{question} ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    return answer.strip() if answer else None
