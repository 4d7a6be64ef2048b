"""Regular expressions that are bounded in time.

The standard library's can backtrack for longer than anyone waits, and can't be
stopped; those of `regex` mean the same, and stop after a time. But that makes them ten
times as slow: what can't backtrack for long is left to the standard library.
"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable
from typing import Any

from datamaestro.errors import QueryError

__all__ = ["SECONDS", "check", "fully", "is_plain", "plainly", "somewhere"]

SECONDS = 5.0
"""How long the texts that an expression is slow with may take, all together."""

SLOW = 0.01
"""From how many seconds on a text counts as one of these."""

_SPECIAL = re.compile(r"[\\^$*+?{}\[\]|()]")

Matcher = Callable[[str], bool]


def is_plain(text: str) -> bool:
    """Tell whether a text means itself as an expression, except dots, which match anything."""
    return _SPECIAL.search(text) is None


def _is_quick(expression: str) -> bool:
    """Tell whether an expression can't take long: it has no choices, and one repetition at most."""
    repetitions = sum(map(expression.count, "*+?"))
    return repetitions <= 1 and not any(character in expression for character in "|({")


def check(expression: str) -> None:
    """Refuse what isn't a regular expression.

    :raises QueryError: it tells the character
    """
    try:
        _compiled(expression)
    except (re.error, OverflowError, RecursionError) as error:
        position = getattr(error, "pos", None)
        place = "" if position is None else f" at character {position + 1}"
        raise QueryError(
            f"not a regular expression: {expression!r:.80}",
            found=f"{getattr(error, 'msg', error)}{place}",
        ) from error


def plainly(text: str) -> Matcher:
    """Make a function that tells whether a folded text has a plain one in it.

    >>> plainly("fashion.mnist")("the fashion-mnist")
    True
    """
    if "." not in text:
        return lambda there: text in there
    search = re.compile(".".join(map(re.escape, text.split(".")))).search
    return lambda there: search(there) is not None


def _compiled(expression: str) -> re.Pattern[str]:
    with warnings.catch_warnings():
        # How a later Python may read it doesn't concern whoever searches.
        warnings.simplefilter("ignore", FutureWarning)
        return re.compile(expression, re.IGNORECASE)


def somewhere(expression: str) -> Matcher:
    """Make a function that tells whether an expression matches anywhere in a text."""
    if _is_quick(expression):
        search = _compiled(expression).search
        return lambda text: search(text) is not None
    return _bounded(expression, _stoppable(expression).search)


def fully(expression: str) -> Matcher:
    """Make a function that tells whether an expression matches the whole of a text."""
    if _is_quick(expression):
        match = _compiled(expression).fullmatch
        return lambda text: match(text) is not None
    return _bounded(expression, _stoppable(expression).fullmatch)


def _stoppable(expression: str) -> Any:
    # Imported for what may take long: it costs as much as all of ours.
    import regex

    try:
        return regex.compile(expression, regex.IGNORECASE)
    except regex.error as error:
        raise QueryError(f"not a regular expression: {expression!r}", found=error) from error


def _bounded(expression: str, match: Callable[..., Any]) -> Matcher:
    left = SECONDS

    def matches(text: str) -> bool:
        nonlocal left
        start = time.monotonic()
        try:
            found = match(text, timeout=max(left, SLOW)) is not None
        except TimeoutError:
            raise QueryError(
                f"the regular expression {expression!r} takes too long",
                expected=f"{SECONDS:g} seconds at the most",
                hint="write it without repetitions inside repetitions, such as (a+)+",
            ) from None
        if (spent := time.monotonic() - start) > SLOW:
            left -= spent
        return found

    return matches
