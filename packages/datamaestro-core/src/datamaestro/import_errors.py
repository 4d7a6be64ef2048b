"""Telling why definitions can't be imported."""

from __future__ import annotations

import re
from traceback import walk_tb

from datamaestro.errors import DefinitionError
from datamaestro.identifiers import did_you_mean
from datamaestro.location import raised_at
from datamaestro.signatures import signature_of

__all__ = ["not_importable"]

_WRONG_CALL = re.compile(
    r"(?:\w+\.)*?(\w+)(?:\.__init__)?\(\) (?:"
    r"got an unexpected keyword argument '(\w+)'|takes .*positional|missing .*argument)"
)


def not_importable(message: str, error: BaseException, origin: object) -> DefinitionError:
    """Make the error about definitions whose import raised another one.

    :param message: what went wrong
    :param origin: the file of the definitions
    """
    expected, hint = _expected_keywords(error)
    if isinstance(error, ImportError) and "with no known parent package" in str(error):
        expected = "an absolute import; of a module that lies beside the file, by its name alone"
    # Since Python 3.13 the error has a suggestion of its own.
    reason = str(error) if hint is None else str(error).partition(". Did you mean")[0]
    return DefinitionError(
        message,
        where=raised_at(error, origin),
        expected=expected,
        found=f"{type(error).__name__}: {reason}",
        hint=hint,
    )


def _expected_keywords(error: BaseException) -> tuple[str | None, str | None]:
    """Give what a wrong call could have had, and what is most like an unknown keyword."""
    match = _WRONG_CALL.match(str(error)) if isinstance(error, TypeError) else None
    if match is None:
        return None, None
    name, keyword = match.groups()
    for frame, _ in walk_tb(error.__traceback__):
        if callable(called := frame.f_globals.get(name)):
            try:
                parameters = signature_of(called).parameters
            except (ValueError, TypeError):  # of what is written in C
                break
            known = [item for item in parameters if item != "self"]
            return ", ".join(known), keyword and did_you_mean(keyword, known, 1)
    return None, None
