"""Each fault of a server, for each kind of resource.

It ends in the right bytes or in a named error; what is in place meanwhile is right; and
the next run, against the server in good health, ends in the right bytes.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import random
import ssl
import tarfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import trustme

from datamaestro.context import Context
from datamaestro.data import Generic
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import Source
from datamaestro.download.archive import TarDownloader, ZipDownloader
from datamaestro.download.single import ConcatDownloader, FileDownloader
from datamaestro.errors import DatamaestroError, TransportError, VerificationError
from datamaestro.testing import FileServer
from datamaestro.testing.faults import (
    Chunked,
    Corrupt,
    Drip,
    DropAfter,
    Encoded,
    Fault,
    IgnoreRange,
    IgnoreValidator,
    Modified,
    Page,
    Redirect,
    Replace,
    ShortBody,
    Stall,
    Status,
    Together,
    WeakValidator,
    WithoutLength,
    WithoutValidator,
    WrongLength,
    WrongRange,
)

SOME = 100_000  # bytes: more than what is on the way in sockets, and less than each file has
FIRST, SECOND, BEFORE = (random.Random(seed).randbytes(3 * SOME) for seed in (1, 2, 3))
PAST = "Wed, 21 Oct 2015 07:28:00 GMT"


# --- the kinds of resources


def tar_gz(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return stream.getvalue()


def zipped(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


@dataclass(frozen=True)
class Kind:
    """A kind of resource, made from two contents.

    :param served: what the server has, by path
    :param made: what has to be in the dataset's folder in the end, by path
    :param resources: makes the resources from sources, one for each of what is served
    """

    served: Callable[[bytes, bytes], dict[str, bytes]]
    made: Callable[[bytes, bytes], dict[str, bytes]]
    resources: Callable[..., list[Any]]


@cache
def served(kind: Kind, first: bytes, second: bytes) -> dict[str, bytes]:
    """Give what a server has of two contents; it takes time to compress them."""
    return kind.served(first, second)


def arguments(source: Source) -> dict[str, Any]:
    return {"url": source.url, "sha256": source.sha256, "size": source.size}


def members(first: bytes, second: bytes) -> dict[str, bytes]:
    return {"first.bin": first, "a/second.bin": second}


def in_folder(first: bytes, second: bytes) -> dict[str, bytes]:
    return {f"data/{name}": content for name, content in members(first, second).items()}


KINDS = {
    "plain": Kind(
        lambda first, second: {"/x.bin": first},
        lambda first, second: {"x.bin": first},
        lambda x: [FileDownloader("x.bin", **arguments(x))],
    ),
    "gz": Kind(
        lambda first, second: {"/x.bin.gz": gzip.compress(first)},
        lambda first, second: {"x.bin": first},
        lambda x: [FileDownloader("x.bin", **arguments(x))],
    ),
    "tar.gz": Kind(
        lambda first, second: {"/x.tar.gz": tar_gz(members(first, second))},
        in_folder,
        lambda x: [TarDownloader("data", **arguments(x))],
    ),
    "zip": Kind(
        lambda first, second: {"/x.zip": zipped(members(first, second))},
        in_folder,
        lambda x: [ZipDownloader("data", **arguments(x))],
    ),
    "several files": Kind(
        lambda first, second: {"/x.bin": first, "/y.bin.gz": gzip.compress(second)},
        lambda first, second: {"x.bin": first, "y.bin": second},
        lambda x, y: [
            FileDownloader("x.bin", **arguments(x)),
            FileDownloader("y.bin", **arguments(y)),
        ],
    ),
    "files joined": Kind(
        lambda first, second: {"/x.bin": first, "/y.bin.gz": gzip.compress(second)},
        lambda first, second: {"joined.bin": first + second},
        lambda x, y: [ConcatDownloader("joined.bin", [x, y])],
    ),
}


class Preparation:
    """A dataset of some kind, that is prepared again and again.

    :param declared: whether digests and sizes are
    """

    def __init__(self, context: Context, server: FileServer, kind: Kind, *, declared: bool) -> None:
        self.context = context
        self.served = served(kind, FIRST, SECOND)
        self.made = kind.made(FIRST, SECOND)
        server.files.update(self.served)
        sources = [
            Source.of(
                server.url(path),
                size=len(content) if declared else None,
                sha256=hashlib.sha256(content).hexdigest() if declared else None,
            )
            for path, content in self.served.items()
        ]

        resources = {f"R{number}": item for number, item in enumerate(kind.resources(*sources))}
        faulty = type("Faulty", (Dataset,), {**resources, "config": lambda self: Generic()})
        self.definition = dataset(Generic, id="org.example.faulty")(faulty)

    @property
    def path(self) -> str:
        """The path, on the server, of what is fetched last."""
        return [*self.served][-1]

    def run(self) -> None:
        """Prepare it, and look whether all is there."""
        self.context.prepare(self.definition)
        assert self.in_place() == self.made

    def in_place(self) -> dict[str, bytes]:
        """Give what a reader would find in the dataset's folder."""
        folder: Path = self.context.folder(self.definition)
        return {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in folder.rglob("*")
            if path.is_file() and not path.relative_to(folder).as_posix().startswith(".")
        }


@pytest.fixture
def server(file_server: FileServer, monkeypatch: pytest.MonkeyPatch) -> FileServer:
    """Give a server, for which transfers wait no time before they try again."""
    for name in ("FIRST_WAIT", "LONGEST_WAIT"):
        monkeypatch.setattr(f"datamaestro.transfer.transfer.{name}", 0.0)
    return file_server


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def kind(request: pytest.FixtureRequest) -> Kind:
    return request.param


DECLARED = pytest.mark.parametrize("declared", [True, False], ids=["declared", "undeclared"])


# --- faults of one answer or several

HARMLESS: dict[str, list[Fault]] = {
    "a drop at once": [DropAfter(0)],
    "a drop in the middle": [DropAfter(SOME)],
    "drop after drop": [DropAfter(SOME), DropAfter(1), DropAfter(SOME)],
    "a short body": [ShortBody(SOME)],
    "a drop, and the range is ignored": [DropAfter(SOME), IgnoreRange()],
    "a drop, and another range": [DropAfter(SOME), WrongRange()],
    "a drop, and no validator": [DropAfter(SOME), WithoutValidator()],
    "a drop without a validator": [Together(WithoutValidator(), DropAfter(SOME))],
    "a drop with a weak validator": [Together(WeakValidator(), DropAfter(SOME)), WeakValidator()],
    "a drop with the time of the last change": [
        Together(Modified(PAST), DropAfter(SOME)),
        Modified(PAST),
    ],
    "busy, with seconds to wait": [Status(429, "120"), Status(503, "120")],
    "busy, with a time to wait for": [Status(429, PAST), Status(503, PAST)],
    "all that may pass": [Status(408), Status(425), Status(500), Status(504)],
    "a slow drip": [Drip(SOME, 0.01)],
    "encoded": [Encoded()],
    "a drop, and encoded": [DropAfter(SOME), Encoded()],
    "no length": [WithoutLength()],
    "chunks": [Chunked()],
    "chunks that end early": [Chunked(count=SOME)],
    "a drop, and chunks": [DropAfter(SOME), Chunked()],
}


@DECLARED
@pytest.mark.parametrize("faults", HARMLESS.values(), ids=HARMLESS)
def test_what_passes_ends_in_the_right_bytes(
    context: Context, server: FileServer, kind: Kind, declared: bool, faults: list[Fault]
) -> None:
    preparation = Preparation(context, server, kind, declared=declared)
    server.faults[preparation.path] = list(faults)
    preparation.run()
    assert server.faults[preparation.path] == []


def test_a_redirect_to_another_host_ends_in_the_right_bytes(
    context: Context, server: FileServer, kind: Kind
) -> None:
    preparation = Preparation(context, server, kind, declared=True)
    with FileServer() as other:
        other.files.update(preparation.served)
        server.faults[preparation.path] = [Redirect(other.url(preparation.path))]
        preparation.run()
        assert [request.path for request in other.requests] == [preparation.path]


def test_a_stall_ends_in_the_right_bytes(
    context: Context, server: FileServer, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datamaestro_transport_http.HttpTransport.read_timeout", 0.2)
    preparation = Preparation(context, server, kind, declared=False)
    server.faults[preparation.path] = [Stall(SOME, seconds=5)]
    preparation.run()
    ranges = [request.headers.get("range") for request in server.requests]
    assert ranges[-1] == f"bytes={SOME}-"


def test_without_a_declaration_a_length_that_is_too_large_passes(
    context: Context, server: FileServer, kind: Kind
) -> None:
    preparation = Preparation(context, server, kind, declared=False)
    server.faults[preparation.path] = [WrongLength(SOME)]
    preparation.run()


HARMFUL: dict[str, tuple[list[Fault], type[DatamaestroError], str]] = {
    "forbidden": ([Status(403)], TransportError, "found status 403"),
    "a drop, and gone": ([DropAfter(SOME), Status(410)], TransportError, "found status 410"),
    "busy for ever": ([Status(503, "120")] * 9, TransportError, "found status 503"),
    "drops for ever": ([DropAfter(0)] * 9, TransportError, r"broke off|ended early|be reached"),
    "a circle": ([Redirect("")] * 99, TransportError, "redirects go round in a circle"),
    "to a file": ([Redirect("file:///etc/passwd")], TransportError, "which isn't followed"),
    "a page": ([Page("Quota exceeded")], VerificationError, r"wrong size|Quota exceeded"),
}


@DECLARED
@pytest.mark.parametrize(("faults", "error", "message"), HARMFUL.values(), ids=HARMFUL)
def test_what_does_not_pass_ends_in_a_named_error(
    context: Context,
    server: FileServer,
    kind: Kind,
    declared: bool,
    faults: list[Fault],
    error: type[DatamaestroError],
    message: str,
) -> None:
    preparation = Preparation(context, server, kind, declared=declared)
    server.faults[preparation.path] = list(faults)
    with pytest.raises(error, match=message):
        preparation.run()
    assert preparation.in_place().items() <= preparation.made.items()
    server.faults.clear()
    preparation.run()


LIES: dict[str, list[Fault]] = {
    "a corrupt byte": [Corrupt(SOME)],
    "a corrupt byte in the rest": [DropAfter(SOME), Corrupt(SOME)],
    "a length that is too small": [WrongLength(-SOME)],
    "a length that is too large": [WrongLength(SOME)],
}
"""What only a declaration, or the format, can tell from the truth."""


@pytest.mark.parametrize("faults", LIES.values(), ids=LIES)
def test_bytes_that_are_not_the_declared_ones_end_in_a_named_error(
    context: Context, server: FileServer, kind: Kind, faults: list[Fault]
) -> None:
    preparation = Preparation(context, server, kind, declared=True)
    server.faults[preparation.path] = list(faults)
    with pytest.raises(VerificationError, match=r"wrong (size|sha256): expected"):
        preparation.run()
    assert preparation.in_place().items() <= preparation.made.items()
    server.faults.clear()
    preparation.run()


# --- another content


@pytest.mark.parametrize(
    "answers",
    [[], [IgnoreRange()], [IgnoreValidator()], [WeakValidator()], [Modified(PAST)]],
    ids=["by the rules", "range ignored", "validator ignored", "weak", "another validator"],
)
def test_content_that_changes_in_the_middle_is_never_joined(
    context: Context, server: FileServer, kind: Kind, answers: list[Fault]
) -> None:
    preparation = Preparation(context, server, kind, declared=False)
    path = preparation.path
    server.files[path] = served(kind, BEFORE, BEFORE)[path]
    server.faults[path] = [Replace(SOME, preparation.served[path]), *answers]
    preparation.run()


# --- faults before there is an answer


@DECLARED
def test_a_refused_connection_ends_in_a_named_error(
    context: Context, server: FileServer, kind: Kind, declared: bool
) -> None:
    preparation = Preparation(context, server, kind, declared=declared)
    with pytest.raises(TransportError, match="can't be reached"), server.down():
        preparation.run()
    assert preparation.in_place() == {}
    preparation.run()


def test_a_wrong_certificate_ends_in_a_named_error(
    context: Context, kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority = trustme.CA()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with FileServer(tls) as server:
        preparation = Preparation(context, server, kind, declared=True)
        with pytest.raises(TransportError, match="its certificate isn't trusted"):
            preparation.run()
        assert preparation.in_place() == {}
        authority.cert_pem.write_to_path(tmp_path / "authority.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
        preparation.run()


def test_the_next_source_is_asked_for_what_the_first_gives_wrong(
    context: Context, server: FileServer, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    with FileServer() as mirror:
        preparation = Preparation(context, mirror, kind, declared=True)
        for path, content in preparation.served.items():
            server.files[f"/{mirror.url().partition('//')[2]}{path}"] = b"x" * len(content)
        monkeypatch.setenv("DATAMAESTRO_MIRROR", server.url())
        preparation.run()
        assert len(server.requests) == len(mirror.requests) == len(preparation.served)
