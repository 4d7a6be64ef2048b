"""Members of a tar archive, one after the other.

One loop reads all formats, so that neither the interpreter's version nor its
`tarfile` makes a difference. What a member means for the disk is judged elsewhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from datamaestro_download_archive.errors import DamagedArchiveError
from datamaestro_download_archive.feed import Feed
from datamaestro_download_archive.member import Kind
from datamaestro_download_archive.tar_extensions import Extensions, unsound
from datamaestro_download_archive.tar_header import (
    BLOCK,
    decimal,
    decoded,
    is_executable,
    is_sound,
    name_of,
    number,
)
from datamaestro_download_archive.tar_sparse import (
    Extents,
    checked_extents,
    old_gnu_map,
    pax_map,
    stored_map,
)

__all__ = ["TarMember", "TarReader"]

_KINDS = {
    ord("0"): Kind.FILE,
    0: Kind.FILE,
    ord("7"): Kind.FILE,  # contiguous
    ord("S"): Kind.FILE,  # GNU sparse
    ord("1"): Kind.HARD_LINK,
    ord("2"): Kind.SYMBOLIC_LINK,
    ord("3"): Kind.DEVICE,
    ord("4"): Kind.DEVICE,
    ord("5"): Kind.FOLDER,
    ord("D"): Kind.FOLDER,  # GNU, with a listing as its data
    ord("6"): Kind.FIFO,
}
_WITHOUT_DATA = {Kind.HARD_LINK, Kind.DEVICE, Kind.FIFO, Kind.SYMBOLIC_LINK}
_LAST_OF_CHAIN = frozenset(_KINDS)
_PLAIN_FILE = ord("0")
_RECORD = 20 * BLOCK


@dataclass(slots=True)
class TarMember:
    """One member.

    :ivar name: as the archive has it
    :ivar kind: what it is
    :ivar size: bytes of the file that it becomes
    :ivar stored: bytes of it in the archive
    :ivar executable: whether its owner may run it
    :ivar target: what a link leads to
    :ivar extents: where the stored bytes belong, when the file has holes
    :ivar offset: where they begin in the (decompressed) archive
    """

    name: str
    kind: Kind
    size: int
    stored: int
    executable: bool
    target: str = ""
    extents: Extents | None = None
    offset: int = 0


class TarReader:
    """Reads the members of a tar archive.

    :param feed: the archive's bytes, decompressed
    :ivar block: the last one before the data of the member that came last
    """

    def __init__(self, feed: Feed) -> None:
        self.feed = feed
        self.block = b""
        self._left = 0

    def __iter__(self) -> Iterator[TarMember]:
        """Give the members; the data of each are read before the next is asked for.

        :raises DamagedArchiveError: if the archive is cut off or its headers are broken
        :raises UnsupportedArchiveError: for kinds of members that only tapes have
        """
        feed = self.feed
        while True:
            if self._left:
                feed.skip(self._left)
                self._left = 0
            self.block = block = feed.take(BLOCK)
            if len(block) < BLOCK or not (block[0] or block.strip(b"\0")):
                self._end(block)
                return
            member = self._plain(block) or self._exotic(block)
            if member is not None:
                # The data are padded to whole blocks.
                self._left = -(-member.stored // BLOCK) * BLOCK
                yield member

    def pieces(self, member: TarMember) -> Iterator[tuple[int, memoryview]]:
        """Give the stored bytes of the member that came last, and where each belongs.

        :raises DamagedArchiveError: if they are cut off
        """
        self._left -= member.stored
        for start, length in member.extents or [(0, member.stored)]:
            offset = start
            for piece in self.feed.pieces(length):
                yield offset, piece
                offset += len(piece)

    def small(self, member: TarMember) -> bytes:
        """Give the stored bytes of the member that came last at once.

        :raises DamagedArchiveError: if they are cut off
        """
        self._left -= member.stored
        data = self.feed.take(member.stored)
        if len(data) < member.stored:
            raise self.feed.cut_off(f"{member.stored - len(data)} more bytes")
        return data

    def _plain(self, block: bytes) -> TarMember | None:
        """Read the header of an ordinary file, as all but a few are: the short way."""
        if block[156] != _PLAIN_FILE or block[345] or block[124] & 0x80:
            return None
        if not is_sound(block):
            return None
        name = decoded(block[:100])
        if name.endswith("/"):
            return None
        archive = self.feed.archive
        size = number(block[124:136], "size", archive)
        return TarMember(name, Kind.FILE, size, size, is_executable(block), offset=self.feed.offset)

    def _end(self, block: bytes) -> None:
        if not block:
            if not self.feed.sealed:
                raise self.feed.cut_off("another member, or the blocks that end an archive")
        elif len(block) < BLOCK:
            raise self.feed.cut_off("the rest of a header")
        self._check_rest()

    def _check_rest(self) -> None:
        """Check that a block of zeros is the archive's end, and not a hole in it.

        Two such blocks are the end, and zeros may follow, as many as there are. Within the
        last record POSIX leaves open what follows them: old programs write what their
        buffer still has.
        """
        feed = self.feed
        is_end = not feed.take(BLOCK).strip(b"\0")
        record_end = -(-feed.offset // _RECORD) * _RECORD
        if feed.finish() and is_end:
            return
        if not is_end or feed.offset != record_end:
            raise DamagedArchiveError(
                "something follows the archive's end",
                where=feed.archive,
                expected="nothing but zeros after a block of zeros",
                found="other bytes",
                hint="zeros may have taken the place of members in a partial or damaged copy: get "
                "another; or several archives were joined: use each by itself",
            )

    def _exotic(self, block: bytes) -> TarMember | None:
        """Read any header, and those that extend it."""
        extensions = Extensions(self.feed)
        while True:
            if len(block) < BLOCK:
                raise self.feed.cut_off("the member that an extended header is about")
            if not is_sound(block):
                name = ascii(block[:100].rstrip(b"\0"))
                raise unsound(self.feed, "a header's checksum is wrong", name)
            kind = block[156]
            if kind in _LAST_OF_CHAIN:
                return self._member(block, extensions)
            if kind == ord("V"):  # GNU: the archive's title
                return None
            extensions.read(block)
            if extensions.are_global:
                return None
            block = self._take(BLOCK)

    def _member(self, block: bytes, extensions: Extensions) -> TarMember:
        archive = self.feed.archive
        kind = _KINDS[block[156]]
        name, target = self._names(block, extensions)
        stored = number(block[124:136], "size", archive)
        size = extensions.values.get("size")
        if size is not None:
            stored = decimal(size, "size in a pax header", archive)
        if kind is Kind.FILE and name.endswith("/"):
            kind = Kind.FOLDER  # version 7 had no other sign for it
        if kind in _WITHOUT_DATA or block[156] == ord("5"):
            stored = 0  # whatever their size may mean, no data follow
        member = TarMember(name, kind, stored, stored, is_executable(block), target)
        if kind is Kind.FILE:
            self._make_sparse(member, block, extensions)
        member.offset = self.feed.offset
        return member

    def _names(self, block: bytes, extensions: Extensions) -> tuple[str, str]:
        """Give the name and the link's target: pax has the last word, then GNU."""
        name = name_of(block) if extensions.long_name is None else decoded(extensions.long_name)
        target = decoded(
            block[157:257] if extensions.long_target is None else extensions.long_target
        )
        for keyword in ("path", "GNU.sparse.name"):
            value = extensions.values.get(keyword)
            if value is not None:
                name = str(value, "utf-8", "surrogateescape")
        link = extensions.values.get("linkpath")
        return name, target if link is None else str(link, "utf-8", "surrogateescape")

    def _make_sparse(self, member: TarMember, block: bytes, extensions: Extensions) -> None:
        """Find where the pieces of a file with holes belong."""
        archive = self.feed.archive
        extents = pax_map(extensions.records, archive)
        if block[156] == ord("S"):
            member.size, extents = old_gnu_map(block, self._take, archive)
        elif extensions.values.get("GNU.sparse.major") == b"1":
            length, extents = stored_map(self._take, archive)
            member.stored -= length
        if extents is None:
            return
        for keyword in ("GNU.sparse.size", "GNU.sparse.realsize"):
            size = extensions.values.get(keyword)
            if size is not None:
                member.size = decimal(size, "size in a pax header", archive)
        member.extents = checked_extents(extents, member.size, member.stored, archive)

    def _take(self, count: int) -> bytes:
        self.block = self.feed.take(count)
        return self.block
