"""Hostile and damaged archives, each a few hundred bytes."""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass, field, replace

from archive_builders import (
    Entry,
    gnu_long,
    header,
    link,
    pax,
    pax_records,
    tar,
    tar_file,
    tar_folder,
    tar_link,
    utf8,
    zipped,
)
from archive_routes import CONTENT, GOOD

from datamaestro_download_archive import (
    ArchiveError,
    ArchiveLimitError,
    DamagedArchiveError,
    EncryptedArchiveError,
    UnsafeArchiveError,
    UnsupportedArchiveError,
)


@dataclass(frozen=True)
class Case:
    """One archive that has to be refused.

    :param data: the archive
    :param error: what says so
    :param says: a part of its message
    :param harmless: routes on which the fault can do nothing and isn't looked for
    """

    name: str
    data: bytes
    error: type[ArchiveError]
    says: str = ""
    harmless: frozenset[str] = field(default_factory=frozenset)


UNSAFE_NAMES = {
    "absolute": ("/tmp/evil", "absolute"),
    "parent": ("../evil", "'..'"),
    "parent-inside": ("a/../../evil", "'..'"),
    "parent-at-end": ("a/..", "'..'"),
    "parent-alone": ("..", "'..'"),
    "parent-by-backslash": ("a\\..\\..\\evil", "'..'"),
    "drive": ("C:/evil", "drive letter"),
    "drive-relative": ("c:evil", "drive letter"),
    "share": ("\\\\server\\share\\evil", "absolute"),
    "root-by-backslash": ("\\evil", "absolute"),
    "two-slashes": ("//server/share/evil", "absolute"),
    "newline": ("a\nb", "control"),
    "escape": ("a\x1b[2Jb", "control"),
    "delete": ("a\x7fb", "control"),
    "c1-control": ("a\x85b", "control"),
    "long-part": ("x" * 256, "too long"),
    "long-part-of-two-bytes": ("é" * 128, "too long"),
    "long-path": ("/".join(["x" * 200] * 20), "too long"),
    "deep": ("/".join("d" * 200), "deeper"),
}


def long_named(name: str) -> bytes:
    return gnu_long(name) + tar_file(name[:50])


def with_good_tar(*parts: bytes) -> bytes:
    return tar(tar_file(GOOD, CONTENT), *parts)


def tar_names() -> list[Case]:
    cases = []
    for name, (text, says) in UNSAFE_NAMES.items():
        if len(text.encode()) <= 100:
            data = with_good_tar(tar_file(text))
            cases.append(Case(f"name-{name}", data, UnsafeArchiveError, says))
        data = with_good_tar(long_named(text))
        cases.append(Case(f"gnu-name-{name}", data, UnsafeArchiveError, says))
        data = with_good_tar(pax(path=text), tar_file("innocent"))
        cases.append(Case(f"pax-name-{name}", data, UnsafeArchiveError, says))
    return cases


ESCAPES = {
    "parent": ("../evil", "lies outside"),
    "absolute": ("/etc/passwd", "absolute"),
    "winding": ("a/../../evil", "lies outside"),
    "drive": ("C:\\evil", "drive letter"),
    "share": ("\\\\server\\share", "absolute"),
    "backslash": ("..\\evil", "backslash"),
}


def tar_links() -> list[Case]:
    cases = [
        Case(
            f"symbolic-link-{name}",
            with_good_tar(tar_link("link", target)),
            UnsafeArchiveError,
            says,
        )
        for name, (target, says) in ESCAPES.items()
    ]
    cases += [
        Case(
            f"hard-link-{name}",
            with_good_tar(tar_link("link", target, b"1")),
            UnsafeArchiveError,
        )
        for name, (target, _) in ESCAPES.items()
    ]
    return cases


def case(name: str, data: bytes, error: type[ArchiveError], says: str = "", *harmless: str) -> Case:
    return Case(name, data, error, says, frozenset(harmless))


SPARSE = tar_file("sparse", bytes(512), kind=b"S", magic=b"ustar  \0")


def gnu_sparse(offset: int, length: int, size: int, name: str = "sparse") -> bytes:
    """Make an old GNU header with one piece; its fields lie in the place of the prefix."""
    block = bytearray(header(name, 512, b"S", magic=b"ustar  \0"))
    block[386:410] = b"%011o\0%011o\0" % (offset, length)
    block[483:495] = b"%011o\0" % size
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block) + bytes(512)


TAR_CASES = [
    *tar_names(),
    *tar_links(),
    case("nul-in-pax-name", with_good_tar(pax(path=b"a\0b"), tar_file("x")), UnsafeArchiveError),
    case("empty-name", with_good_tar(tar_file("")), UnsafeArchiveError, "no name"),
    case("file-as-root", with_good_tar(tar_file(".")), UnsafeArchiveError, "folder"),
    case(
        "name-in-prefix",
        with_good_tar(tar_file("evil", prefix="..")),
        UnsafeArchiveError,
        "'..'",
    ),
    case(
        "pax-hard-link-outside",
        with_good_tar(pax(linkpath="../evil"), tar_link("link", GOOD, b"1")),
        UnsafeArchiveError,
        "'..'",
    ),
    case(
        "gnu-symbolic-link-outside",
        with_good_tar(gnu_long("../" * 40 + "evil", b"K"), tar_link("link", "innocent")),
        UnsafeArchiveError,
        "outside",
    ),
    case(
        "gnu-symbolic-link-far-down",
        with_good_tar(gnu_long("a/" * 5000, b"K"), tar_link("link", "innocent")),
        UnsafeArchiveError,
        "deeper than 128 folders",
    ),
    case(
        "link-through-link",
        with_good_tar(tar_folder("d"), tar_link("a", "d"), tar_link("b", "a/x")),
        UnsafeArchiveError,
        "through another link",
    ),
    case(
        "link-to-link",
        with_good_tar(tar_link("a", GOOD), tar_link("b", "a")),
        UnsafeArchiveError,
        "through another link",
    ),
    case(
        "link-to-parent-through-link",
        with_good_tar(tar_folder("d/e"), tar_link("d/e/up", "../.."), tar_link("x", "d/e/up/../y")),
        UnsafeArchiveError,
    ),
    case(
        "hard-link-to-link",
        with_good_tar(tar_link("a", GOOD), tar_link("b", "a", b"1")),
        UnsafeArchiveError,
    ),
    case(
        "hard-link-to-nothing",
        with_good_tar(tar_link("b", "nothing", b"1")),
        UnsafeArchiveError,
        "no earlier member",
    ),
    case(
        "hard-link-to-folder",
        with_good_tar(tar_folder("d"), tar_link("b", "d", b"1")),
        UnsafeArchiveError,
    ),
    case(
        "written-through-link",
        with_good_tar(tar_folder("d"), tar_link("l", "d"), tar_file("l/evil")),
        UnsafeArchiveError,
    ),
    case(
        "written-through-dangling-link",
        with_good_tar(tar_link("l", "later"), tar_file("l/evil"), tar_folder("later")),
        UnsafeArchiveError,
    ),
    case(
        "written-onto-link",
        with_good_tar(tar_link("l", GOOD), tar_file("l")),
        UnsafeArchiveError,
        "twice",
    ),
    case(
        "link-onto-file",
        with_good_tar(tar_file("l"), tar_link("l", GOOD)),
        UnsafeArchiveError,
        "twice",
    ),
    case(
        "link-onto-folder",
        with_good_tar(tar_folder("d"), tar_link("d", GOOD)),
        UnsafeArchiveError,
        "twice",
    ),
    case(
        "folder-onto-link",
        with_good_tar(tar_link("d", GOOD), tar_folder("d")),
        UnsafeArchiveError,
    ),
    case("duplicate", with_good_tar(tar_file(GOOD)), UnsafeArchiveError, "twice"),
    case("duplicate-by-dot", with_good_tar(tar_file(f"./{GOOD}")), UnsafeArchiveError, "twice"),
    case(
        "duplicate-by-slash", with_good_tar(tar_file("a/b"), tar_file("a//b")), UnsafeArchiveError
    ),
    case(
        "duplicate-hard-link",
        with_good_tar(tar_file("a"), tar_link(GOOD, "a", b"1")),
        UnsafeArchiveError,
        "twice",
    ),
    case("file-then-below-it", with_good_tar(tar_file("a"), tar_file("a/b")), UnsafeArchiveError),
    case("folder-then-file", with_good_tar(tar_file("a/b"), tar_file("a")), UnsafeArchiveError),
    case("character-device", with_good_tar(header("dev", kind=b"3")), UnsafeArchiveError, "device"),
    case("block-device", with_good_tar(header("dev", kind=b"4")), UnsafeArchiveError, "device"),
    case("fifo", with_good_tar(header("pipe", kind=b"6")), UnsafeArchiveError, "fifo"),
    case(
        "global-path",
        with_good_tar(pax(b"g", path="evil"), tar_file("x")),
        UnsafeArchiveError,
        "same path",
    ),
    case("global-size", with_good_tar(pax(b"g", size="0"), tar_file("x")), UnsafeArchiveError),
    case("unknown-kind", with_good_tar(header("x", kind=b"Z")), UnsupportedArchiveError, "type"),
    case("further-volume", with_good_tar(header("x", kind=b"M")), UnsupportedArchiveError),
    case("cut-off-in-data", tar(tar_file(GOOD, CONTENT))[:600], DamagedArchiveError, "cut off"),
    case(
        "cut-off-after-member",
        tar(tar_file(GOOD, CONTENT), end=b""),
        DamagedArchiveError,
        "cut off",
        # A compressed stream that ends as it should proves that nothing is missing.
        "stream-gz",
        "stream-xz",
        "stream-zst",
        "member-bz2",
        "in-place-indexed",
    ),
    case(
        "cut-off-in-header",
        tar(tar_file(GOOD, CONTENT), tar_file("x")[:200], end=b""),
        DamagedArchiveError,
        "cut off",
    ),
    case(
        "cut-off-after-extended-header",
        tar(tar_file(GOOD, CONTENT), pax(path="x"), end=b""),
        DamagedArchiveError,
        "cut off",
    ),
    case(
        "size-beyond-end",
        with_good_tar(header("x", 1 << 30)),
        DamagedArchiveError,
        "cut off",
    ),
    case(
        "size-beyond-reason",
        with_good_tar(header("x", size_field=b"\x80" + b"\xff" * 11)),
        ArchiveError,
    ),
    case("negative-size", with_good_tar(header("x", size_field=b"\xff" * 12)), DamagedArchiveError),
    case("size-no-number", with_good_tar(header("x", size_field=b"12x4567")), DamagedArchiveError),
    case("size-signed", with_good_tar(header("x", size_field=b"-0000000001")), DamagedArchiveError),
    case(
        "wrong-checksum",
        with_good_tar(b"x" + header("yy")[1:]),
        DamagedArchiveError,
        "checksum",
    ),
    case(
        "pax-record-too-long",
        with_good_tar(tar_file("pax", b"99 path=x\n", kind=b"x"), tar_file("x")),
        DamagedArchiveError,
    ),
    case(
        "pax-record-without-length",
        with_good_tar(tar_file("pax", b"path=x\n", kind=b"x"), tar_file("x")),
        DamagedArchiveError,
    ),
    case(
        "pax-record-of-length-zero",
        with_good_tar(tar_file("pax", b"0 path=x\n", kind=b"x"), tar_file("x")),
        DamagedArchiveError,
    ),
    case("pax-size-no-number", with_good_tar(pax(size="-1"), tar_file("x")), DamagedArchiveError),
    case(
        "pax-of-gigabytes",
        with_good_tar(header("pax", 1 << 32, b"x")),
        DamagedArchiveError,
        "too long",
    ),
    case(
        "extended-headers-of-megabytes-together",
        with_good_tar(*[pax(comment="x" * 150_000)] * 8, tar_file("x")),
        DamagedArchiveError,
        "too long",
    ),
    case(
        "extended-headers-without-end",
        with_good_tar(*[pax(comment="x")] * 40, tar_file("x")),
        DamagedArchiveError,
        "too long",
    ),
    case(
        "sparse-beyond-its-size",
        with_good_tar(gnu_sparse(offset=1000, length=512, size=100)),
        DamagedArchiveError,
        "sparse",
    ),
    case(
        "sparse-of-other-length",
        with_good_tar(gnu_sparse(offset=0, length=100, size=1000)),
        DamagedArchiveError,
        "sparse",
    ),
    case(
        "sparse-bomb",
        with_good_tar(gnu_sparse(offset=0, length=512, size=(1 << 33) - 1)),
        ArchiveLimitError,
        "far more",
        # What isn't asked for isn't made.
        "seek",
        "member-bz2",
        "nested-member",
    ),
    case(
        "sparse-bomb-of-many",
        with_good_tar(*(gnu_sparse(0, 512, (1 << 30) - 1, f"sparse{part}") for part in range(9))),
        ArchiveLimitError,
        "far more",
        # One file is no bomb, and others aren't made.
        "seek",
        "member-bz2",
        "nested-member",
        "in-place",
        "in-place-indexed",
    ),
    case(
        "pax-sparse-overlapping",
        with_good_tar(
            pax_records(
                [
                    ("GNU.sparse.size", "4000"),
                    ("GNU.sparse.numblocks", "2"),
                    ("GNU.sparse.map", "0,256,100,256"),
                ]
            ),
            tar_file("sparse", bytes(512)),
        ),
        DamagedArchiveError,
        "sparse",
    ),
    case(
        "pax-sparse-map-without-end",
        with_good_tar(
            pax_records([("GNU.sparse.major", "1"), ("GNU.sparse.realsize", "10")]),
            tar_file("sparse", b"9" * 2048),
        ),
        DamagedArchiveError,
        "sparse",
    ),
]


def with_good_zip(*entries: Entry, **options: object) -> bytes:
    return zipped(Entry(GOOD, CONTENT), *entries, **options)


def wide(*values: int) -> bytes:
    return struct.pack(f"<2H{len(values)}Q", 1, 8 * len(values), *values)


def unicode_path(raw: str, name: str) -> bytes:
    content = struct.pack("<BL", 1, zlib.crc32(raw.encode("latin-1"))) + name.encode()
    return struct.pack("<2H", 0x7075, len(content)) + content


def zip_names() -> list[Case]:
    cases = []
    for name, (text, says) in UNSAFE_NAMES.items():
        data = with_good_zip(utf8(Entry(text)))
        cases.append(Case(f"name-{name}", data, UnsafeArchiveError, says))
        if "\x85" not in text:  # no control character in code page 437
            data = with_good_zip(replace(Entry(text), system=0))
            cases.append(Case(f"dos-name-{name}", data, UnsafeArchiveError, says))
    return cases


def zip_links() -> list[Case]:
    return [
        Case(
            f"symbolic-link-{name}",
            with_good_zip(link("link", target)),
            UnsafeArchiveError,
            says,
        )
        for name, (target, says) in ESCAPES.items()
    ]


def overlapping() -> bytes:
    """Two entries of one name's length that share a local header and its data."""
    first = Entry("a.txt")
    return zipped(first, replace(first, name="b.txt", offset=0), Entry(GOOD, CONTENT))


def quoted_overlap() -> bytes:
    """An entry whose extra field swallows the next one's local header."""
    swallowed = zipped(Entry("b.txt"))[: 30 + 5 + 8]
    extra = struct.pack("<2H", 0x9999, len(swallowed)) + swallowed
    outer = Entry("a.txt", local_extra=extra)
    inner = replace(Entry("b.txt"), offset=30 + 5 + 4)
    return zipped(outer, inner, Entry(GOOD, CONTENT))


LOCAL = "says other things"

ZIP_CASES = [
    *zip_names(),
    *zip_links(),
    case("nul-in-name", with_good_zip(Entry(b"a\0b")), UnsafeArchiveError, "control"),
    case("empty-name", with_good_zip(Entry("")), UnsafeArchiveError, "no name"),
    case("file-as-root", with_good_zip(Entry(".")), UnsafeArchiveError, "folder"),
    case(
        "unsafe-unicode-path",
        with_good_zip(Entry(b"\xe9", extra=unicode_path("\xe9", "../evil"))),
        UnsafeArchiveError,
        "'..'",
    ),
    case(
        "unsafe-unicode-path-of-ascii",
        with_good_zip(Entry("innocent", extra=unicode_path("innocent", "../evil"))),
        UnsafeArchiveError,
        "'..'",
    ),
    case(
        "duplicate-by-unicode-path",
        with_good_zip(Entry("innocent", extra=unicode_path("innocent", GOOD))),
        UnsafeArchiveError,
        "twice",
    ),
    case(
        "backslashes-of-windows",
        with_good_zip(replace(Entry("..\\evil"), system=0)),
        UnsafeArchiveError,
        "'..'",
    ),
    case(
        "link-through-link",
        with_good_zip(Entry("d/x"), link("a", "d"), link("b", "a/x")),
        UnsafeArchiveError,
        "through another link",
    ),
    case(
        "link-to-link",
        with_good_zip(link("a", GOOD), link("b", "a")),
        UnsafeArchiveError,
        "through another link",
    ),
    case("link-to-nowhere", with_good_zip(link("a", "")), UnsafeArchiveError),
    case(
        "link-with-long-target",
        with_good_zip(link("a", "x/" * 4000)),
        UnsafeArchiveError,
        "long",
    ),
    case(
        "written-through-link",
        with_good_zip(link("l", "d"), Entry("l/evil"), Entry("d/x")),
        UnsafeArchiveError,
    ),
    case("written-onto-link", with_good_zip(link("l", GOOD), Entry("l")), UnsafeArchiveError),
    case("duplicate", with_good_zip(Entry(GOOD)), UnsafeArchiveError, "twice"),
    case("duplicate-by-dot", with_good_zip(Entry(f"./{GOOD}")), UnsafeArchiveError, "twice"),
    case("duplicate-folder", with_good_zip(Entry(f"{GOOD}/", b"")), UnsafeArchiveError, "twice"),
    case("file-then-below-it", with_good_zip(Entry("a"), Entry("a/b")), UnsafeArchiveError),
    case("folder-with-data", with_good_zip(Entry("a/", b"data")), DamagedArchiveError, "has data"),
    case(
        "character-device",
        with_good_zip(Entry("dev", b"", mode=0o020666)),
        UnsafeArchiveError,
        "device",
    ),
    case(
        "block-device",
        with_good_zip(Entry("dev", b"", mode=0o060666)),
        UnsafeArchiveError,
        "device",
    ),
    case("fifo", with_good_zip(Entry("pipe", b"", mode=0o010666)), UnsafeArchiveError, "fifo"),
    case("socket", with_good_zip(Entry("sock", b"", mode=0o140666)), UnsafeArchiveError, "socket"),
    case(
        "overlap-whole",
        overlapping(),
        UnsafeArchiveError,
        "shares bytes",
    ),
    case("overlap-quoted", quoted_overlap(), UnsafeArchiveError, "shares bytes"),
    case(
        "overlap-directory",
        zipped(Entry("a.txt", packed=5000), Entry(GOOD, CONTENT)),
        UnsafeArchiveError,
        "shares bytes",
    ),
    case(
        "bomb-by-ratio",
        with_good_zip(Entry("x", size=0xF0000000)),
        ArchiveLimitError,
        "far more",
        "member",
        "nested-member",
    ),
    case(
        "bomb-by-size",
        with_good_zip(Entry("x", size=0xFFFFFFFF, extra=wide(1 << 50))),
        ArchiveLimitError,
        "",
        "member",
        "nested-member",
    ),
    case("no-end", with_good_zip()[:-22], DamagedArchiveError, "cut off"),
    case("cut-off", with_good_zip(Entry("x", bytes(range(256))))[:150], DamagedArchiveError),
    case("more-after-end", with_good_zip() + b"more", DamagedArchiveError, "follows"),
    case("two-parts", with_good_zip(disk=1), UnsupportedArchiveError, "parts"),
    case("wrong-count", with_good_zip(count=9, here=9), DamagedArchiveError, "9 entries"),
    case("directory-too-large", with_good_zip(size=0xFFFFFF), DamagedArchiveError),
    case("directory-elsewhere", with_good_zip(start=0xFFFFFF), DamagedArchiveError),
    case("directory-too-small", with_good_zip(size=20), DamagedArchiveError),
    case("offset-outside", with_good_zip(Entry("x", offset=0x7FFFFFFF)), UnsafeArchiveError),
    case(
        "zip64-without-values",
        with_good_zip(Entry("x", packed=0xFFFFFFFF)),
        DamagedArchiveError,
        "zip64",
    ),
]

MEMBER_FAULTS = [
    case(
        "local-name", zipped(Entry(GOOD, CONTENT, local_name="evil.txt")), UnsafeArchiveError, LOCAL
    ),
    case(
        "local-method", zipped(Entry(GOOD, CONTENT, local={"method": 0})), UnsafeArchiveError, LOCAL
    ),
    case("local-size", zipped(Entry(GOOD, CONTENT, local={"size": 5})), UnsafeArchiveError, LOCAL),
    case(
        "local-packed", zipped(Entry(GOOD, CONTENT, local={"packed": 5})), UnsafeArchiveError, LOCAL
    ),
    case("local-crc", zipped(Entry(GOOD, CONTENT, local={"crc": 5})), UnsafeArchiveError, LOCAL),
    case(
        "local-flags", zipped(Entry(GOOD, CONTENT, local={"flags": 1})), UnsafeArchiveError, LOCAL
    ),
    case(
        "descriptor",
        zipped(Entry(GOOD, CONTENT, flags=8, descriptor=b"PK\x07\x08" + bytes(12))),
        UnsafeArchiveError,
        "descriptor",
    ),
    case("descriptor-missing", zipped(Entry(GOOD, CONTENT, flags=8)), UnsafeArchiveError),
    case("encrypted", zipped(Entry(GOOD, CONTENT, flags=1)), EncryptedArchiveError, "encrypted"),
    case("encrypted-aes", zipped(Entry(GOOD, CONTENT, method=99)), EncryptedArchiveError),
    case("deflate64", zipped(Entry(GOOD, CONTENT, method=9)), UnsupportedArchiveError, "deflate64"),
    case("unknown-method", zipped(Entry(GOOD, CONTENT, method=77)), UnsupportedArchiveError, "77"),
    case("wrong-crc", zipped(Entry(GOOD, CONTENT, crc=5)), DamagedArchiveError, "CRC"),
    case("broken-deflate", zipped(Entry(GOOD, CONTENT, raw=b"\xff" * 20)), DamagedArchiveError),
    case("broken-bzip2", zipped(Entry(GOOD, CONTENT, 12, raw=b"x" * 20)), DamagedArchiveError),
    case("broken-lzma", zipped(Entry(GOOD, CONTENT, 14, raw=b"x" * 20)), DamagedArchiveError),
    case("broken-xz", zipped(Entry(GOOD, CONTENT, 95, raw=b"x" * 20)), DamagedArchiveError),
    case("broken-zstd", zipped(Entry(GOOD, CONTENT, 93, raw=b"x" * 20)), DamagedArchiveError),
    case(
        "more-than-declared",
        zipped(Entry(GOOD, CONTENT * 100, size=len(CONTENT), local={"size": len(CONTENT)})),
        DamagedArchiveError,
    ),
    case("less-than-declared", zipped(Entry(GOOD, CONTENT, size=999)), DamagedArchiveError),
    case("stored-of-other-size", zipped(Entry(GOOD, CONTENT, 0, size=999)), DamagedArchiveError),
    case(
        "more-after-data",
        zipped(Entry(GOOD, CONTENT, raw=Entry(GOOD, CONTENT).compressed() + b"hidden")),
        DamagedArchiveError,
    ),
    case(
        "no-local-header", zipped(Entry("pad", bytes(99), 0), Entry(GOOD, offset=3)), ArchiveError
    ),
]
