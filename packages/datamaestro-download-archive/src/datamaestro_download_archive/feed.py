"""Bytes that only come forward: from a file or a download, decompressed on the way."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import BinaryIO

from datamaestro_download_archive import content
from datamaestro_download_archive.decompress import CHUNK, decompressed, read_head
from datamaestro_download_archive.errors import (
    DamagedArchiveError,
    UnsupportedArchiveError,
    damaged,
)
from datamaestro_download_archive.limits import Budget
from datamaestro_download_archive.prefetch import Prefetch

__all__ = ["Feed", "open_feed"]


class Feed:
    """Bytes that only come forward.

    :param chunks: the bytes, in pieces of any size
    :param archive: the archive, for messages
    :param sealed: whether the end of `chunks` proves that nothing is missing
    :param jump: skips bytes that need not be read, where that is possible
    """

    def __init__(
        self,
        chunks: Iterator[bytes],
        archive: str,
        *,
        sealed: bool = False,
        jump: Callable[[int], None] | None = None,
    ) -> None:
        self.archive = archive
        self.sealed = sealed
        self.offset = 0
        self._chunks = chunks
        self._jump = jump
        self._chunk = b""
        self._position = 0

    def take(self, count: int) -> bytes:
        """Give `count` bytes, or fewer at the end."""
        end = self._position + count
        if end > len(self._chunk):
            return b"".join(self.pieces(count, exact=False))
        piece = self._chunk[self._position : end]
        self._position = end
        self.offset += count
        return piece

    def pieces(self, count: int, *, exact: bool = True) -> Iterator[memoryview]:
        """Give `count` bytes in pieces as they come; the last one ends the count.

        :raises DamagedArchiveError: if there are fewer, when `exact`
        """
        while count:
            available = len(self._chunk) - self._position
            if not available:
                if not self._refill():
                    if exact:
                        raise self.cut_off(f"{count} more bytes")
                    return
                continue
            length = min(count, available)
            start = self._position
            self._position += length
            self.offset += length
            count -= length
            yield memoryview(self._chunk)[start : start + length]

    def skip(self, count: int) -> None:
        """Pass over `count` bytes.

        :raises DamagedArchiveError: if there are fewer
        """
        available = len(self._chunk) - self._position
        if count <= available:
            self._position += count
            self.offset += count
        elif self._jump is not None:
            self._jump(count - available)
            self._chunk, self._position = b"", 0
            self.offset += count
        else:
            for _ in self.pieces(count):
                pass

    def finish(self) -> bool:
        """Read what is left, and tell whether it is all zeros.

        The checksums of a compressed stream come last.
        """
        zeros = True
        for chunk in itertools.chain([self._chunk[self._position :]], self._chunks):
            zeros = zeros and chunk == bytes(len(chunk))
            self.offset += len(chunk)
        self._chunk, self._position = b"", 0
        return zeros

    def close(self) -> None:
        """Stop what makes the chunks."""
        close = getattr(self._chunks, "close", None)
        if close is not None:
            close()

    def cut_off(self, expected: str) -> DamagedArchiveError:
        """Make the error about an archive that ends too early."""
        return damaged(
            self.archive,
            f"the archive is cut off after {self.offset} bytes (decompressed)",
            expected=expected,
            found="its end",
        )

    def _refill(self) -> bool:
        self._chunk = next(self._chunks, b"")
        self._position = 0
        return bool(self._chunk)


def open_feed(
    stream: BinaryIO,
    archive: str,
    budget: Budget,
    *,
    seekable: bool = False,
    ahead: bool = False,
    points: list[tuple[int, int]] | None = None,
) -> Feed:
    """Give what a tar file holds, decompressed if it is compressed: its content tells how.

    :param stream: the file, at its beginning
    :param archive: its name or URL, for messages
    :param budget: limits how much comes out
    :param seekable: whether `stream` can seek, so that members are skipped unread
    :param ahead: whether to read and decompress in a thread of its own, ahead of the reader
    :param points: see :func:`decompressed`
    :raises UnsupportedArchiveError: if it isn't a tar
    """
    head = read_head(stream)
    compression = content.compression_of(head)
    if compression is None:
        _require_tar(head, head, archive)
        size = _size(stream) if seekable else None
        return Feed(
            _raw(stream, head, budget),
            archive,
            jump=None if size is None else _jump(stream, archive, size, budget),
        )
    chunks = decompressed(stream, head, archive, budget, points)
    first = next(chunks, b"")
    while len(first) < content.HEAD_SIZE and (more := next(chunks, b"")):
        first += more
    _require_tar(first[: content.HEAD_SIZE], head, archive)
    whole = _chain(first, chunks)
    return Feed(Prefetch(whole) if ahead else whole, archive, sealed=True)


def _require_tar(block: bytes, head: bytes, archive: str) -> None:
    block, head = block[: content.HEAD_SIZE], head[: content.HEAD_SIZE]
    if content.is_tar_header(block) or (len(block) == content.HEAD_SIZE and not block.strip(b"\0")):
        return
    found = content.describe(head)
    hint = "the file's name, or the server, may be wrong: look at the URL"
    if content.is_zip(head):
        hint = "use ZipDownloader"
    elif content.compression_of(head):
        found = f"{found} of {content.describe(block)}"
        hint = "use FileDownloader for a single compressed file"
    raise UnsupportedArchiveError(
        "this isn't a tar archive",
        where=archive,
        expected="a tar archive, bare or in gzip, bzip2, xz or zstd",
        found=found,
        hint=hint,
    )


def _size(stream: BinaryIO) -> int:
    position = stream.tell()
    size = stream.seek(0, 2)
    stream.seek(position)
    return size


def _jump(stream: BinaryIO, archive: str, size: int, budget: Budget) -> Callable[[int], None]:
    def jump(count: int) -> None:
        if stream.tell() + count > size:
            raise damaged(
                archive,
                "the archive is cut off",
                expected=f"at least {stream.tell() + count} bytes",
                found=size,
            )
        stream.seek(count, 1)
        budget.add_unpacked(count, count)

    return jump


def _raw(stream: BinaryIO, head: bytes, budget: Budget) -> Iterator[bytes]:
    chunk = head
    while chunk:
        budget.add_unpacked(len(chunk), len(chunk))
        yield chunk
        chunk = stream.read(CHUNK)


def _chain(first: bytes, chunks: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from chunks
