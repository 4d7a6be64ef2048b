"""The errors of datamaestro, one tree.

Every error says what was expected, what was found, where, and what to do, and
fits on one line. The command line prints that line and exits with the error's
``exit_code``; in Python the parts stay available as attributes.

::

    DatamaestroError                  1   anything below; catch this one
    ├── DefinitionError               1   a dataset's definition is wrong
    ├── ParameterError (TypeError)    1   a data type got a wrong, missing or unknown parameter
    ├── RecordError (KeyError)        1   a record lacks the items that were asked for
    ├── DataFormatError (ValueError)  1   a file isn't what its data type says
    ├── SettingsError                 1   a settings file or a setting is wrong
    ├── LockError                     1   a lock file can't be read, or used
    ├── DataDirectoryError (OSError)  1   a folder can't be used: missing, unwritable, not a folder
    ├── IrreplaceableError            1   data that can't be fetched again would be lost
    ├── DependencyError (ImportError) 1   a library that only some need isn't installed
    ├── PluginError                   1   a plugin is broken
    │   └── PluginConflictError       1   two plugins claim the same name
    ├── QueryError (ValueError)       2   a search query or a selector can't be read
    ├── NotFoundError (LookupError)   3   what was asked for by name isn't known
    │   ├── DatasetNotFoundError      3
    │   ├── AmbiguousDatasetError     3   several have that id, and none is preferred
    │   └── RepositoryNotFoundError   3
    ├── DownloadError                 4   no source gave the bytes
    │   └── TransportError            4   one source failed (may be worth another try)
    ├── VerificationError             5   bytes came, but not the declared ones
    ├── AgreementError                6   the user has to accept an agreement first
    └── OfflineError                  7   something is missing and may not be fetched
"""

from __future__ import annotations

from typing import ClassVar

from datamaestro.terminal import harmless

__all__ = [
    "AgreementError",
    "AmbiguousDatasetError",
    "DataDirectoryError",
    "DataFormatError",
    "DatamaestroError",
    "DatasetNotFoundError",
    "DefinitionError",
    "DependencyError",
    "DownloadError",
    "IrreplaceableError",
    "LockError",
    "NotFoundError",
    "OfflineError",
    "ParameterError",
    "PluginConflictError",
    "PluginError",
    "QueryError",
    "RecordError",
    "RepositoryNotFoundError",
    "SettingsError",
    "TransportError",
    "VerificationError",
]


class DatamaestroError(Exception):
    """The root of all errors that datamaestro raises on purpose.

    All parts are kept as text in which URLs have no secrets: see :mod:`datamaestro.urls`.

    :param message: what went wrong, as the start of a sentence
    :param where: the path, URL or ``file:line`` that it is about
    :param expected: what should have been there
    :param found: what was there instead
    :param hint: what the user can do about it
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        message: str,
        *,
        where: object = None,
        expected: object = None,
        found: object = None,
        hint: str | None = None,
    ) -> None:
        self.message = _masked(message)
        super().__init__(self.message)
        self.where = _text(where)
        self.expected = _text(expected)
        self.found = _text(found)
        self.hint = _text(hint)

    def __str__(self) -> str:
        if _TRACEBACK in self.message:
            # PyTorch raises a worker's error again, with its printed traceback as the message.
            return harmless(self.message)
        return self.told()

    def told(self, *, hint: bool = True) -> str:
        """Give all parts in one line, the hint only if `hint` says so."""
        text = self.message if self.where is None else f"{self.where}: {self.message}"
        facts = [
            f"{name} {value}"
            for name, value in (("expected", self.expected), ("found", self.found))
            if value is not None
        ]
        if facts:
            text = f"{text}: {', '.join(facts)}"
        if hint and self.hint is not None:
            text = f"{text}; {self.hint}"
        return harmless(" ".join(text.split()))


_TRACEBACK = "Traceback (most recent call last):\n"


def _masked(text: str) -> str:
    # Where nothing goes wrong, its expressions needn't be compiled.
    from datamaestro.urls import masked

    return masked(text)


def _text(part: object) -> str | None:
    return None if part is None else _masked(str(part))


class DefinitionError(DatamaestroError):
    """A dataset's definition is wrong; ``where`` is its file and line."""


class ParameterError(DatamaestroError, TypeError):
    """A data type was built with a wrong, missing or unknown parameter."""


class RecordError(DatamaestroError, KeyError):
    """A record lacks the items that were asked for, or would have two of one kind."""


class DataFormatError(DatamaestroError, ValueError):
    """A file isn't what its data type says; ``where`` is its path."""


class SettingsError(DatamaestroError):
    """A settings file can't be read, or holds a value that can't be used."""


class LockError(DatamaestroError):
    """A lock file can't be read, or what it says can't be done here."""


class DataDirectoryError(DatamaestroError, OSError):
    """A folder that datamaestro needs is missing, isn't one, or can't be written."""


class IrreplaceableError(DatamaestroError):
    """Data that can't be fetched again would be lost, and nobody allowed that."""


class DependencyError(DatamaestroError, ImportError):
    """A library that only some need isn't installed; the hint tells what to install."""


class PluginError(DatamaestroError):
    """A plugin can't be loaded, or gave something that isn't what its hook asks for."""


class PluginConflictError(PluginError):
    """Two distributions claim the same name."""


class QueryError(DatamaestroError, ValueError):
    """A search query or a variant selector can't be read."""

    exit_code = 2


class NotFoundError(DatamaestroError, LookupError):
    """What was asked for by name isn't known."""

    exit_code = 3


class DatasetNotFoundError(NotFoundError):
    """No installed repository has a dataset of that id."""


class AmbiguousDatasetError(NotFoundError):
    """Several repositories, files or projects have a dataset of that id, and none is preferred."""


class RepositoryNotFoundError(NotFoundError):
    """No installed plugin provides a repository of that id."""


class DownloadError(DatamaestroError):
    """No source of a resource gave its bytes."""

    exit_code = 4


class TransportError(DownloadError):
    """One source failed.

    :param retry: whether the same request may succeed when it is made again
    :param retry_after: the seconds that the server asked to wait before that
    :param overloaded: whether the server said that it is asked too much at once
    :param unreachable: whether its host couldn't be connected, or didn't answer
    """

    def __init__(
        self,
        message: str,
        *,
        where: object = None,
        expected: object = None,
        found: object = None,
        hint: str | None = None,
        retry: bool = False,
        retry_after: float | None = None,
        overloaded: bool = False,
        unreachable: bool = False,
    ) -> None:
        super().__init__(message, where=where, expected=expected, found=found, hint=hint)
        self.retry = retry
        self.retry_after = retry_after
        self.overloaded = overloaded
        self.unreachable = unreachable


class VerificationError(DatamaestroError):
    """Bytes came, but not the declared ones: another size, or another hash."""

    exit_code = 5


class AgreementError(DatamaestroError):
    """The data's owner asks for an agreement that the user hasn't accepted yet."""

    exit_code = 6


class OfflineError(DatamaestroError):
    """Something is missing, and it may not be fetched now."""

    exit_code = 7
