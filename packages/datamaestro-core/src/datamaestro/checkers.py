"""What verifies finished files and folders."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from operator import attrgetter
from pathlib import Path
from typing import Any, Protocol

from datamaestro.disk.digests import file_digests
from datamaestro.errors import DefinitionError, VerificationError
from datamaestro.location import definition_site

__all__ = ["Checker", "FileChecker", "GlobChecker", "HashCheck", "valid_checker"]

logger = logging.getLogger(__name__)


class Checker(Protocol):
    """What verifies a finished file or folder."""

    def check(self, path: Path) -> None:
        """Verify what lies at `path`.

        :raises VerificationError: if it isn't what was declared
        """


FileChecker = Checker
"""What version 1 calls it."""


class HashCheck:
    """Verifies a finished file by its hash.

    :param digest: the expected digest, in hexadecimal
    :param algorithm: a name that :func:`hashlib.new` knows, or a constructor
        such as ``hashlib.sha256``
    :raises DefinitionError: if there is no such algorithm, or it gives no such digests
    """

    def __init__(self, digest: str, algorithm: str | Callable[[], Any] = "md5") -> None:
        import hashlib

        self.algorithm: str = algorithm if isinstance(algorithm, str) else algorithm().name
        try:
            length = 2 * hashlib.new(self.algorithm).digest_size
        except ValueError:
            raise DefinitionError(
                f"there is no hash algorithm {self.algorithm!r}",
                where=definition_site(),
                expected="HashCheck(digest, algorithm) with one of "
                + ", ".join(sorted(hashlib.algorithms_guaranteed)),
            ) from None
        # Where the length is free (SHAKE), it is that of the digest.
        digits = rf"[0-9a-fA-F]{{{length}}}" if length else "(?:[0-9a-fA-F]{2})+"
        if not isinstance(digest, str) or not re.fullmatch(digits, digest):
            raise DefinitionError(
                f"not a digest of {self.algorithm}",
                where=definition_site(),
                expected=f"{length or 'some'} hexadecimal digits",
                found=repr(digest),
            )
        self.digest = digest.lower()

    def __repr__(self) -> str:
        return f"HashCheck({self.digest!r}, {self.algorithm!r})"

    def check(self, path: Path) -> None:
        """Verify the file at `path`.

        :raises VerificationError: if its hash is another, or it isn't a file
        """
        if not path.is_file():
            raise VerificationError("not a file", where=path, expected=f"one with {self!r}")
        import hashlib

        with path.open("rb") as file:
            hasher: Any = hashlib.file_digest(file, self.algorithm)
        free = () if hasher.digest_size else (len(self.digest) // 2,)
        found = hasher.hexdigest(*free)
        if found != self.digest:
            raise VerificationError(
                f"wrong {self.algorithm}", where=path, expected=self.digest, found=found
            )


class GlobChecker:
    """Verifies the files of a folder that match a pattern.

    Their combined MD5 is that of the hexadecimal MD5s of the files, one after the other in
    the order of their paths; those named ``.gz`` are decompressed for it. Without any
    expectation, at least one file has to match, and the MD5 found is logged.

    :param glob: the pattern, as :meth:`pathlib.Path.glob` takes it: ``*.xml``, ``**/*.gz``
    :param md5: the combined MD5 that is expected
    :param count: how many files have to match
    :param size: how many bytes they have to have together, as they lie there
    :raises DefinitionError: if one of them is invalid
    """

    def __init__(
        self,
        glob: str,
        md5: str | None = None,
        *,
        count: int | None = None,
        size: int | None = None,
    ) -> None:
        if not isinstance(glob, str) or any(map(_is_odd, glob.split("/"))):
            raise DefinitionError(
                "not a pattern of files in a folder",
                where=definition_site(),
                expected="a glob, such as '**/*.xml'",
                found=repr(glob),
            )
        for name, number in (("count", count), ("size", size)):
            if number is not None and (type(number) is not int or number < 0):
                raise DefinitionError(
                    f"not the {name} of some files",
                    where=definition_site(),
                    expected="a whole number",
                    found=repr(number),
                )
        self.glob = glob
        self.md5 = None if md5 is None else HashCheck(md5).digest
        self.count = count
        self.size = size

    def __repr__(self) -> str:
        return f"GlobChecker({self.glob!r}, {self.md5!r}, count={self.count}, size={self.size})"

    def check(self, path: Path) -> None:
        """Verify the folder at `path`.

        :raises VerificationError: if its files aren't as expected
        """
        import hashlib

        found = (file for file in path.glob(self.glob) if file.is_file())
        files = sorted(found, key=attrgetter("parts"))  # Windows doesn't compare letters' case
        where = path / self.glob
        if not files or self.count not in (None, len(files)):
            wanted = "one or more" if self.count is None else self.count
            raise VerificationError(
                "wrong number of files", where=where, expected=wanted, found=len(files)
            )
        size = sum(file.stat().st_size for file in files)
        if self.size not in (None, size):
            raise VerificationError(
                "wrong size", where=where, expected=f"{self.size} bytes", found=f"{size} bytes"
            )
        if self.md5 is None and (self.count is not None or self.size is not None):
            return
        md5 = hashlib.md5("".join(map(_md5_unpacked, files)).encode()).hexdigest()
        if self.md5 is None:
            logger.info("The files %s have the combined MD5 %s", where, md5)
        elif md5 != self.md5:
            raise VerificationError("wrong md5", where=where, expected=self.md5, found=md5)


def _is_odd(part: str) -> bool:
    """Tell whether a part of a pattern leads elsewhere, or means something else to each Python."""
    return part in ("", ".", "..") or ("**" in part and part != "**")


def _md5_unpacked(path: Path) -> str:
    """Give the MD5 of a file, or of what it holds if it is named as gzip's."""
    if path.suffix != ".gz":
        return file_digests(path, ["md5"])["md5"]
    import gzip
    import hashlib
    import zlib

    try:
        with gzip.open(path) as file:
            return hashlib.file_digest(file, "md5").hexdigest()
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise VerificationError("the gzip stream is damaged", where=path, found=error) from error


def valid_checker(checker: Checker | None, unfit: type) -> Checker | None:
    """Check that a checker can verify such a resource, and give it back.

    :param unfit: the class of checkers that such a resource can't pass
    :raises DefinitionError: if it can't
    """
    checks = callable(getattr(checker, "check", None)) and not isinstance(checker, type)
    if checker is not None and (not checks or isinstance(checker, unfit)):
        raise DefinitionError(
            "not a checker of such a resource",
            where=definition_site(),
            expected="HashCheck('<digest>', 'sha256') of a file, GlobChecker('*.txt') of a folder, "
            "or one of your own, with a method check(path)",
            found=f"{checker!r:.80}",
        )
    return checker
