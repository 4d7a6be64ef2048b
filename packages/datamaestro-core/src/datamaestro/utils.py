"""Small tools for definitions and plugins: hashing, checks of finished files."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

from datamaestro.errors import VerificationError

__all__ = ["CHUNK_SIZE", "Checker", "HashCheck", "environment_flag", "file_digests", "tree_digest"]

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


def tree_digest(folder: Path) -> str:
    """Give one SHA-256 for all that a folder holds: names, contents, and links.

    It is the same on every platform: the digest of lines, sorted by path, of a file's
    digest or a link's target, and the relative path with ``/``. Where an absolute link
    leads doesn't count, since that differs from machine to machine.

    >>> from pathlib import Path
    >>> Path("letters").mkdir()
    >>> _ = Path("letters", "a").write_text("a")
    >>> tree_digest(Path("letters"))[:16]
    'a0a7ff20b65105dc'
    """
    lines = []
    for path in folder.rglob("*"):
        relative = path.relative_to(folder).as_posix()
        if path.is_symlink():
            target = path.readlink()
            lines.append(
                (relative, "link" if target.is_absolute() else f"link:{target.as_posix()}")
            )
        elif path.is_file():
            lines.append((relative, file_digests(path, ["sha256"])["sha256"]))
    text = "".join(f"{content}  {relative}\n" for relative, content in sorted(lines))
    return hashlib.sha256(text.encode()).hexdigest()
