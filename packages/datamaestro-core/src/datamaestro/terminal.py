"""The terminal, if someone sits there: what may be shown on it, and questions."""

from __future__ import annotations

import os
import sys
from typing import TextIO

__all__ = ["ask", "harmless", "is_dumb", "is_interactive", "is_terminal", "tell"]

_CONTROLS = {
    code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if chr(code) not in "\n\t"
}


def is_terminal(stream: TextIO | None) -> bool:
    """Tell whether someone sits at a stream, which is None if it is closed."""
    return stream is not None and stream.isatty()


def is_dumb() -> bool:
    """Tell whether the terminal only types, and obeys no command: to show colours, or to go up."""
    return os.environ.get("TERM") == "dumb"


def is_interactive() -> bool:
    """Tell whether someone can read the error stream and answer."""
    return is_terminal(sys.stdin) and is_terminal(sys.stderr)


def harmless(text: str) -> str:
    """Give a text that may be shown: what a server or a file says must not command a terminal.

    >>> print(harmless("\\x1b]0;a title\\x07"))
    \\x1b]0;a title\\x07
    """
    return text.translate(_CONTROLS)


def tell(text: str) -> None:
    """Show a text on the error stream."""
    sys.stderr.write(f"{harmless(text)}\n")


def ask(question: str) -> str | None:
    """Ask a question, and give the answer; None if the input has ended."""
    sys.stderr.write(f"{question} ")
    sys.stderr.flush()
    answer = sys.stdin.readline()
    if not answer:
        tell("")  # the end of the input ends no line
        return None
    return answer.strip()
