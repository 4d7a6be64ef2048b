"""The standard output: what a command prints, and nothing else.

Definitions and plugins may print too, when they are imported or at work, and so may programs
that they start and libraries in C. While a command of the kernel runs, that goes to the standard
error stream; but not what C holds back in buffers of its own until the process ends.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from typing import Any, TextIO

import click

from datamaestro.terminal import harmless, is_terminal

__all__ = ["echo", "echo_as_it_is", "echo_json", "is_shown", "json_text", "reserve_output", "width"]

_KEY = f"{__name__}.stream"

_ESCAPED = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}
"""The letters that command terminals, and that JSON doesn't need to have escaped."""

_OUTPUT, _ERRORS = 1, 2
"""The file descriptors of the standard streams, which a process hands on to those it starts."""


def reserve_output() -> None:
    """Keep the standard output for :func:`echo`, until the program's context is closed."""
    context = click.get_current_context().find_root()
    context.meta[_KEY] = context.with_resource(_reserved())


@contextmanager
def _reserved() -> Iterator[TextIO | None]:
    """Lead what is printed to the error stream, and give what leads to the standard output."""
    stream = sys.stdout
    with redirect_stdout(sys.stderr):
        if (_descriptor(stream), _descriptor(sys.stderr)) == (_OUTPUT, _ERRORS):
            assert stream is not None
            with _moved(stream) as moved:
                yield moved
        else:  # a program that calls this one has streams of its own
            yield stream


@contextmanager
def _moved(stream: TextIO) -> Iterator[TextIO]:
    """Give the standard output under another descriptor; its own leads to the error stream.

    What its encoding doesn't have is escaped, as on the error stream: Windows has one for pipes
    that lacks most letters.
    """
    errors = "backslashreplace" if stream.errors == "strict" else stream.errors
    stream.flush()
    output = os.dup(_OUTPUT)
    os.dup2(_ERRORS, _OUTPUT)
    try:
        with open(output, "w", encoding=stream.encoding, errors=errors, closefd=False) as moved:
            yield moved
    finally:
        os.dup2(output, _OUTPUT)
        os.close(output)


def _descriptor(stream: TextIO | None) -> int | None:
    try:
        return None if stream is None else stream.fileno()
    except (OSError, ValueError):
        return None


def echo(text: str, *, nl: bool = True) -> None:
    """Print a text on the standard output.

    :param nl: whether a newline follows
    """
    echo_as_it_is(harmless(text), nl=nl)


def echo_as_it_is(text: str, *, nl: bool = True) -> None:
    """Print what a program reads, whatever it would do to a terminal."""
    with redirect_stdout(_stream()):
        click.echo(text, nl=nl)


def echo_json(value: Any) -> None:
    """Print a value as JSON on the standard output."""
    echo_as_it_is(json_text(value))


def json_text(value: Any) -> str:
    """Give a value as JSON, which is UTF-8 (RFC 8259).

    It is ASCII alone where the standard output has another encoding, or the value holds what
    isn't text, such as a file's name in another encoding.
    """
    import json

    stream = _stream()
    if stream is None or _is_utf8(stream.encoding):
        text = json.dumps(value, indent=2, ensure_ascii=False).translate(_ESCAPED)
        with suppress(UnicodeEncodeError):
            text.encode()
            return text
    return json.dumps(value, indent=2)


def _is_utf8(encoding: str) -> bool:
    return encoding.lower().replace("_", "-") in ("utf-8", "utf8")


def is_shown() -> bool:
    """Tell whether the standard output is a terminal."""
    return is_terminal(_stream())


def width() -> int:
    """Give how many columns the terminal has; 80 where that can't be found out."""
    import shutil

    try:
        actual = os.get_terminal_size(_descriptor(_stream()) or _OUTPUT)
    except (OSError, ValueError):  # Windows knows the size by the descriptors 0 to 2 alone
        actual = os.terminal_size((80, 24))
    return shutil.get_terminal_size(actual).columns


def _stream() -> TextIO | None:
    stream: TextIO | None = click.get_current_context().meta.get(_KEY, sys.stdout)
    return stream
