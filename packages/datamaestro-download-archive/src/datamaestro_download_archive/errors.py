"""What can be wrong with an archive; all are errors about the format of data.

::

    DataFormatError
    └── ArchiveError               anything below
        ├── UnsafeArchiveError     it would write where or what it must not
        │   └── ArchiveLimitError  it unpacks to more than is allowed
        ├── DamagedArchiveError    it is cut off, or its bytes contradict one another
        ├── UnsupportedArchiveError  it is something else, or uses what isn't supported
        │   └── EncryptedArchiveError  it needs a password
        └── MemberNotFoundError (LookupError)  it doesn't hold what was asked for
"""

from __future__ import annotations

from datamaestro.errors import DataFormatError

__all__ = [
    "ArchiveError",
    "ArchiveLimitError",
    "DamagedArchiveError",
    "EncryptedArchiveError",
    "MemberNotFoundError",
    "UnsafeArchiveError",
    "UnsupportedArchiveError",
    "damaged",
    "shown",
    "unsafe",
]


class ArchiveError(DataFormatError):
    """An archive can't be used; ``where`` is its path or URL. Nothing of it was kept."""


class UnsafeArchiveError(ArchiveError):
    """A member would write, or link to, what lies outside, or isn't a file, folder or link."""


class ArchiveLimitError(UnsafeArchiveError):
    """An archive unpacks to more bytes, members or levels than its limits allow."""


class DamagedArchiveError(ArchiveError):
    """An archive is cut off, or its bytes contradict one another."""


class UnsupportedArchiveError(ArchiveError):
    """A file isn't the archive that it was taken for, or uses what isn't supported."""


class EncryptedArchiveError(UnsupportedArchiveError):
    """An archive or a member needs a password."""


class MemberNotFoundError(ArchiveError, LookupError):
    """An archive doesn't hold the members that were asked for."""


def shown(name: str) -> str:
    """Give a member's name as messages show it: quoted, escaped, not too long.

    >>> shown("a\\x1b[31m")
    "'a\\\\x1b[31m'"
    """
    text = ascii(name) if not name.isprintable() else repr(name)
    return text if len(text) <= 120 else f"{text[:80]}…{text[-30:]}"


def damaged(archive: str, message: str, expected: object, found: object) -> DamagedArchiveError:
    """Make the error about an archive that is cut off, or contradicts itself."""
    return DamagedArchiveError(
        message,
        where=archive,
        expected=expected,
        found=found,
        hint="the file may be a partial or damaged copy: get another",
    )


def unsafe(name: str, archive: str, problem: str) -> UnsafeArchiveError:
    """Make the error about a member that must not be unpacked."""
    return UnsafeArchiveError(
        f"refused: member {shown(name)} {problem}",
        where=archive,
        expected="files, folders and links that stay inside the archive's folder",
        hint="nothing was kept; get the archive from a source you trust",
    )
