"""Digests of files and folders as they lie on a disk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from datamaestro.disk.walking import walk

__all__ = ["CHUNK_SIZE", "content_digest", "file_digests", "tree_digest"]

CHUNK_SIZE = 1 << 20
"""How many bytes are moved at once: large enough that the loop costs nothing."""


def file_digests(
    path: Path, algorithms: list[str], watch: Callable[[int], object] | None = None
) -> dict[str, str]:
    """Compute digests of a file, reading it once.

    :param watch: is told how many further bytes have been read

    >>> from pathlib import Path
    >>> Path("empty").touch()
    >>> file_digests(Path("empty"), ["md5"])
    {'md5': 'd41d8cd98f00b204e9800998ecf8427e'}
    """
    import hashlib

    hashers = {algorithm: hashlib.new(algorithm) for algorithm in algorithms}
    with path.open("rb", buffering=0) as file:
        buffer = memoryview(bytearray(CHUNK_SIZE))
        while count := file.readinto(buffer):
            for hasher in hashers.values():
                hasher.update(buffer[:count])
            if watch is not None:
                watch(count)
    return {algorithm: hasher.hexdigest() for algorithm, hasher in hashers.items()}


def tree_digest(folder: Path) -> str:
    """Give one SHA-256 for all that a folder holds: names, contents, and links.

    It is the same on every platform: the digest of lines, sorted by path, of a file's
    digest or a link's target, and the relative path with ``/``. Where an absolute link
    leads doesn't count, since that differs from machine to machine. For a name that isn't
    UTF-8, its bytes count.

    :raises OSError: if some of it can't be read

    >>> from pathlib import Path
    >>> Path("letters").mkdir()
    >>> _ = Path("letters", "a").write_text("a")
    >>> tree_digest(Path("letters"))[:16]
    'a0a7ff20b65105dc'
    """
    import hashlib

    lines = []
    for path in map(Path, walk(folder)):
        relative = path.relative_to(folder).as_posix()
        if path.is_symlink():
            target = path.readlink()
            lines.append(
                (relative, "link" if target.is_absolute() else f"link:{target.as_posix()}")
            )
        elif path.is_file():
            lines.append((relative, file_digests(path, ["sha256"])["sha256"]))
    text = "".join(f"{content}  {relative}\n" for relative, content in sorted(lines))
    return hashlib.sha256(text.encode(errors="surrogateescape")).hexdigest()


def content_digest(path: Path) -> str:
    """Give the digest of a file, ``sha256:…``, or of a folder, ``tree:…``."""
    if path.is_dir():
        return f"tree:{tree_digest(path)}"
    return f"sha256:{file_digests(path, ['sha256'])['sha256']}"
