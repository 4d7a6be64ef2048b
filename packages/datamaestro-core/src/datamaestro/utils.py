"""Small tools for definitions and plugins: hashing, checks of finished files, sizes."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from datamaestro.errors import QueryError, VerificationError

__all__ = [
    "CHUNK_SIZE",
    "Checker",
    "HashCheck",
    "environment_flag",
    "file_digests",
    "parse_size",
]

CHUNK_SIZE = 1 << 20
"""How many bytes are moved at once: large enough that the loop costs nothing."""


class Checker(Protocol):
    """What verifies a finished file or folder."""

    def check(self, path: Path) -> None:
        """Verify what lies at `path`.

        :raises VerificationError: if it isn't what was declared
        """


class HashCheck:
    """Verifies a finished file by its hash.

    :param digest: the expected digest, in hexadecimal
    :param algorithm: a name that :func:`hashlib.new` knows, or a constructor
        such as ``hashlib.sha256``
    :raises ValueError: if there is no such algorithm
    """

    def __init__(self, digest: str, algorithm: str | Callable[[], Any] = "md5") -> None:
        self.digest = digest.lower()
        self.algorithm: str = algorithm if isinstance(algorithm, str) else algorithm().name
        hashlib.new(self.algorithm)

    def __repr__(self) -> str:
        return f"HashCheck({self.digest!r}, {self.algorithm!r})"

    def check(self, path: Path) -> None:
        """Verify the file at `path`.

        :raises VerificationError: if its hash is another
        """
        found = file_digests(path, [self.algorithm])[self.algorithm]
        if found != self.digest:
            raise VerificationError(
                f"wrong {self.algorithm}", where=path, expected=self.digest, found=found
            )


def environment_flag(name: str) -> bool:
    """Tell whether an environment variable is set to something else than ``0``."""
    return os.environ.get(name, "0") not in ("", "0")


def file_digests(path: Path, algorithms: list[str]) -> dict[str, str]:
    """Compute digests of a file, reading it once.

    >>> from pathlib import Path
    >>> Path("empty").touch()
    >>> file_digests(Path("empty"), ["md5"])
    {'md5': 'd41d8cd98f00b204e9800998ecf8427e'}
    """
    hashers = {algorithm: hashlib.new(algorithm) for algorithm in algorithms}
    with path.open("rb", buffering=0) as file:
        buffer = memoryview(bytearray(CHUNK_SIZE))
        while count := file.readinto(buffer):
            for hasher in hashers.values():
                hasher.update(buffer[:count])
    return {algorithm: hasher.hexdigest() for algorithm, hasher in hashers.items()}


_SIZE = re.compile(r"(\d+(?:\.\d+)?|\.\d+)\s*(?:([kmgtp])(i)?)?b?", re.IGNORECASE)


def parse_size(text: str) -> int:
    """Read a size as people write it, in bytes.

    Units are powers of 1000, or with an ``i`` of 1024; ``B`` may be left out.

    :raises QueryError: if it can't be read

    >>> parse_size("1.2 GB"), parse_size("12K"), parse_size("1.5 MiB"), parse_size("42")
    (1200000000, 12000, 1572864, 42)
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise QueryError("not a size", expected="a number and a unit: 1.2 GB", found=repr(text))
    number, unit, binary = match.groups()
    exponent = 0 if unit is None else "kmgtp".index(unit.lower()) + 1
    factor: int = (1024 if binary else 1000) ** exponent
    return round(float(number) * factor)
