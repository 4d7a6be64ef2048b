"""Making what a lock file tells how to derive, with the standard library alone.

The downloads are the locked ones, byte by byte, and so is what is made, or it is refused:
so this needs little of the care that handlers take with bytes from anywhere. But lock files
come from anywhere too: nothing that they name leads out of the folder that is made.
"""

from __future__ import annotations

import errno
import importlib
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from datamaestro.decompressors import zstandard
from datamaestro.disk.digests import CHUNK_SIZE
from datamaestro.download.derivation import Joined, Member, Unpacked
from datamaestro.download.source import Source
from datamaestro.download.stored import StoredResource
from datamaestro.errors import DefinitionError, LockError, VerificationError
from datamaestro.lockfile.locked import LockedResource
from datamaestro.lockfile.plain_archives import copy_member, unpack

__all__ = ["DerivedResource"]

_READERS = {"gzip": "gzip", "bzip2": "bz2", "xz": "lzma"}
"""The modules of the standard library that read compressed files."""

_DAMAGE = [
    ("zlib", "error"),
    ("lzma", "LZMAError"),
    ("compression.zstd", "ZstdError"),
    ("backports.zstd", "ZstdError"),
    ("tarfile", "TarError"),
    ("zipfile", "BadZipFile"),
]
"""What readers raise for damaged files, besides EOFError and OSError."""

_UNFIT = (ImportError, LookupError, RuntimeError, ValueError, EOFError, OSError)
"""What else is raised for archives that aren't as they should be, or need more than Python."""

_OF_MEMBERS = (None, errno.EEXIST, errno.ENOTDIR)
"""The numbers of an OSError that is about members: damaged ones, and two in one place."""


class DerivedResource(StoredResource):
    """A resource that is made as the derivation in a lock file tells.

    :param locked: what the lock file has of it
    :param otherwise: how else it can be had, for messages
    :raises DefinitionError: if what it says about the downloads is invalid
    """

    def __init__(self, locked: LockedResource, otherwise: str) -> None:
        super().__init__(locked.name, transient=locked.transient)
        derivation = locked.derivation
        count = len(derivation.compressions) if isinstance(derivation, Joined) else 1
        if len(locked.downloads) != count:
            raise DefinitionError(
                f"it follows from {count} download{'' if count == 1 else 's'}",
                found=f"{len(locked.downloads)} in the lock file",
            )
        self.locked = locked
        self.otherwise = otherwise
        self._sources = tuple(
            Source(item.urls, item.size, item.sha256) for item in locked.downloads
        )

    @property
    def relative_path(self) -> PurePosixPath:
        return PurePosixPath(self.locked.path)

    @property
    def sources(self) -> tuple[Source, ...]:
        return self._sources

    @property
    def fingerprint(self) -> str:
        return self.locked.fingerprint

    @property
    def finished_size(self) -> int | None:
        return self.locked.size

    def _download(self, destination: Path) -> None:
        match self.locked.derivation:
            case Joined(("",)):
                self.fetch_to(self.sources[0], destination)
            case Joined(compressions):
                self._join(compressions, destination)
            case Unpacked() as selection:
                archive = self.fetch(self.sources[0])
                with self._explained():
                    unpack(archive, destination, selection)
            case Member(name):
                archive = self.fetch(self.sources[0])
                with self.create(destination) as file, self._explained():
                    copy_member(archive, name, file)

    def _join(self, compressions: tuple[str, ...], destination: Path) -> None:
        with self.create(destination) as file:
            for source, compression in zip(self.sources, compressions, strict=True):
                with self._explained():
                    reader = _reader(compression)
                with self.open(source) as stream, _damage_told(source.url):
                    shutil.copyfileobj(reader(stream), file, CHUNK_SIZE)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Tell which plugin to install where the standard library isn't enough.

        :raises LockError: in the place of what the standard library raises
        """
        try:
            yield
        except (*_UNFIT, *_damage()) as error:  # type: ignore[misc]
            if isinstance(error, OSError) and error.errno not in _OF_MEMBERS:
                raise  # the disk's, not the archive's
            raise LockError(
                f"{self.name!r} of {self.dataset.id} can't be made with Python alone",
                where=self.sources[0].url,
                found=f"{type(error).__name__}: {error}",
                hint=self.otherwise,
            ) from error


def _reader(compression: str) -> Callable[[Any], Any]:
    """Give the function that opens a stream to be read decompressed.

    :raises ImportError: if Python has nothing for this compression
    """
    if not compression:
        return lambda stream: stream
    zstd = compression == "Zstandard"
    module: Any = zstandard() if zstd else importlib.import_module(_READERS[compression])
    opener: Callable[[Any], Any] = module.open
    return opener


@contextmanager
def _damage_told(where: str) -> Iterator[None]:
    """Tell of damaged streams as handlers do, so that the next source is asked.

    :raises VerificationError: in the place of what decompressors raise
    """
    try:
        yield
    except (EOFError, OSError, *_damage()) as error:  # type: ignore[misc]
        if isinstance(error, OSError) and error.errno is not None:
            raise  # the disk's, not the decompressor's
        raise VerificationError(
            "can't be decompressed", where=where, found=f"{type(error).__name__}: {error}"
        ) from error


def _damage() -> tuple[type[Exception], ...]:
    """Give the errors of `_DAMAGE` whose modules are in use: no others can be raised."""
    used = ((sys.modules[name], error) for name, error in _DAMAGE if name in sys.modules)
    return tuple(getattr(module, error) for module, error in used)
