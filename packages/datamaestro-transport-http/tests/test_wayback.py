"""A web archive, for what no other source gives any more."""

import hashlib

import pytest

from datamaestro.context import Context
from datamaestro.download import Source
from datamaestro.errors import TransportError, VerificationError
from datamaestro.preparation.fetch import CacheFetcher
from datamaestro.testing import FileServer
from datamaestro.testing.faults import Page, Redirect, Status

BYTES = bytes(range(256)) * 100
SHA256 = hashlib.sha256(BYTES).hexdigest()


@pytest.fixture
def archive(monkeypatch):
    """Serve a web archive on loopback."""
    with FileServer() as server:
        monkeypatch.setenv("DATAMAESTRO_WAYBACK", server.url("/web"))
        yield server


def fetched(context, url, **declared):
    fetcher = CacheFetcher(context, context.path / "work")
    return fetcher.fetch(Source.of(url, **declared)).read_bytes()


def test_what_is_gone_comes_from_the_archive(context, file_server, archive):
    url = file_server.url("/gone.gz")
    archive.files[f"/web/2099id_/{url}"] = b""
    archive.faults[f"/web/2099id_/{url}"] = [Redirect(f"/web/20240102030405id_/{url}")]
    archive.files[f"/web/20240102030405id_/{url}"] = BYTES
    assert fetched(context, url, sha256=SHA256) == BYTES
    assert file_server.requests[0].path == "/gone.gz"


def test_what_was_archived_when_it_was_gone_is_passed_over_for_an_older_copy(
    context, file_server, archive
):
    url = file_server.url("/gone.gz")
    archive.files[f"/web/2099id_/{url}"] = b""
    archive.faults[f"/web/2099id_/{url}"] = [Page("Not found")]
    archive.files[f"/web/1996id_/{url}"] = BYTES
    assert fetched(context, url, sha256=SHA256) == BYTES


def test_another_version_is_refused(context, file_server, archive):
    url = file_server.url("/gone.gz")
    for time in ("2099", "1996"):
        archive.files[f"/web/{time}id_/{url}"] = b"another version"
    with pytest.raises(VerificationError, match="no source gave the declared bytes"):
        fetched(context, url, sha256=SHA256)


def test_it_is_not_asked_as_long_as_another_source_gives_the_bytes(context, file_server, archive):
    file_server.files["/x"] = BYTES
    file_server.faults["/x"] = [Status(503, retry_after="0")]
    assert fetched(context, file_server.url("/x"), sha256=SHA256) == BYTES
    assert archive.requests == []


def test_it_is_not_asked_without_a_digest(context, file_server, archive):
    with pytest.raises(TransportError, match="found status 404"):
        fetched(context, file_server.url("/gone.gz"), size=len(BYTES))
    assert archive.requests == []


def test_it_is_not_asked_offline(home, file_server, archive):
    from datamaestro.errors import OfflineError

    with pytest.raises(OfflineError):
        fetched(Context(home / "offline", offline=True), file_server.url("/x"), sha256=SHA256)
    assert archive.requests == []
