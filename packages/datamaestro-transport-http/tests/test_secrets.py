"""Whatever happens, no secret is left in a file, a message or an error."""

import hashlib
import io
import logging
import traceback
from base64 import b64encode
from urllib.parse import urlsplit

import pytest
import urllib3

from datamaestro.context import Context
from datamaestro.data import File
from datamaestro.definitions import dataset
from datamaestro.download import FileResource, Source
from datamaestro.errors import DatamaestroError, TransportError
from datamaestro.progress import NoProgress
from datamaestro.settings import UserSettings, user_settings_path
from datamaestro.testing import FileServer
from datamaestro.testing.faults import Corrupt, DropAfter, Page, Redirect, Status
from datamaestro_transport_http.failures import cause

SECRET = "5ecr3t"
BYTES = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(BYTES).hexdigest()


class Fetched(FileResource):
    def __init__(self, source):
        super().__init__("data.bin", name="data")
        self.source = source

    @property
    def sources(self):
        return (self.source,)

    def _download(self, destination):
        self.fetch_to(self.source, destination)


class Labels(NoProgress):
    """Notes what a progress bar would show."""

    def __init__(self):
        self.shown = []

    def task(self, label, total=None):
        self.shown.append(label)
        return super().task(label, total)


class Run:
    """One preparation after the other, and all that they show and leave."""

    def __init__(self, home, records, url):
        self.labels = Labels()
        self.context = Context(home / "data", keep_downloads=True, progress=self.labels)
        self.records = records
        self.url = url
        self.errors = []

    def prepare(self, **declared):
        @Fetched(Source.of(self.url, **declared))
        @dataset(File, id="org.example.secret")
        def secret(data):
            """Secret"""
            return {"path": data}

        try:
            return self.context.prepare(secret).path.read_bytes()
        except DatamaestroError as error:
            self.errors.append("".join(traceback.format_exception(error)))
            return None

    def all_that_is_left(self):
        files = [path for path in self.context.path.rglob("*") if path.is_file()]
        assert files
        yield from ((path.name, path.read_bytes()) for path in files)
        yield "paths", "\n".join(map(str, self.context.path.rglob("*"))).encode()
        yield "messages", self.records.getvalue().encode()
        yield "labels", "\n".join(self.labels.shown).encode()
        yield "errors", "\n".join(self.errors).encode()

    def assert_clean(self):
        assert [
            name for name, content in self.all_that_is_left() if SECRET.encode() in content
        ] == []


@pytest.fixture
def records():
    """Give what all loggers say, however little it matters."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    root = logging.getLogger()
    level = root.level
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    yield stream
    root.setLevel(level)
    root.removeHandler(handler)


@pytest.fixture(params=["user", "signature", "key"])
def run(request, home, records, file_server, monkeypatch):
    monkeypatch.setattr("datamaestro.transfer.transfer.FIRST_WAIT", 0.0)
    file_server.files["/x"] = file_server.files["/y"] = BYTES
    urls = {
        "user": file_server.url("/x", host=f"me:{SECRET}@127.0.0.1"),
        "signature": file_server.url(f"/x?X-Amz-Signature={SECRET}&token={SECRET}"),
        "key": file_server.url("/x"),
    }
    if request.param == "key":
        keys = {file_server.url("/"): f"Bearer {SECRET}"}
        UserSettings(user_settings_path(), keys=keys).save()
    return Run(home, records, urls[request.param])


@pytest.mark.parametrize("declared", [{}, {"sha256": SHA256}], ids=["", "digest"])
def test_nothing_is_left_of_a_download_that_went_well(run, declared):
    assert run.prepare(**declared) == BYTES
    assert run.errors == []
    run.assert_clean()


@pytest.mark.parametrize(
    ("declared", "faults"),
    [
        ({}, [Status(403)]),
        ({}, [Status(503)] * 9),
        ({}, [DropAfter(1000)] + [DropAfter(0)] * 9),
        ({}, [Page()]),
        ({"sha256": SHA256}, [Corrupt(1000)]),
        ({"size": 10}, []),
        ({}, [Redirect("/x?token=5ecr3t")] * 99),
        ({}, [Redirect("file:///x?token=5ecr3t")]),
        ({}, [Redirect("http://5ecr3t@[::1/")]),
    ],
    ids=["refused", "busy", "broken", "page", "corrupt", "size", "circle", "file", "no URL"],
)
def test_nothing_is_left_of_a_download_that_failed(run, file_server, declared, faults):
    file_server.faults["/x"] = list(faults)
    assert run.prepare(**declared) is None
    assert len(run.errors) == 1
    run.assert_clean()


def test_nothing_is_left_where_nobody_listens(run, file_server):
    with file_server.down():
        assert run.prepare() is None
    run.assert_clean()


def test_a_partial_of_a_url_with_secrets_is_continued(run, file_server):
    file_server.faults["/x"] = [DropAfter(100_000), Status(403)]
    assert run.prepare() is None
    (note,) = run.context.cachepath.glob("*.json")
    assert "127.0.0.1" in note.read_text()
    run.assert_clean()
    assert run.prepare() == BYTES
    assert file_server.requests[-1].headers["range"] == "bytes=100000-"


def test_a_mirror_is_told_no_secret(run, monkeypatch):
    with FileServer() as mirror:
        monkeypatch.setenv("DATAMAESTRO_MIRROR", mirror.url("/all"))
        assert run.prepare() == BYTES
    (told,) = mirror.requests
    assert told.path.startswith("/all/127.0.0.1:")
    assert (told.query, told.headers.get("authorization")) == ("", None)


def test_a_mirror_that_asks_for_a_password_gets_its_own(run, monkeypatch):
    with FileServer() as mirror:
        address = mirror.url("/all", host=f"mirror:{SECRET}@127.0.0.1")
        monkeypatch.setenv("DATAMAESTRO_MIRROR", address)
        parts = urlsplit(run.url)
        mirror.files[f"/all/127.0.0.1:{parts.port}{parts.path}"] = BYTES
        assert run.prepare() == BYTES
        (told,) = mirror.requests
    assert told.headers["authorization"] == f"Basic {b64encode(b'mirror:5ecr3t').decode()}"
    run.assert_clean()


def test_only_what_the_system_says_is_shown_below_an_error():
    def raised(inner):
        try:
            raise urllib3.exceptions.ProtocolError("wrapped") from inner
        except urllib3.exceptions.ProtocolError as error:
            return cause(error)

    reset = ConnectionResetError("reset by peer")
    assert raised(reset) is reset
    assert raised(urllib3.exceptions.LocationParseError(f"http://host/?key={SECRET}")) is None


def test_a_wrong_url_is_refused_without_its_secrets(fetch):
    for url in (
        f"http://me:{SECRET}@host:99999/",
        f"http://{SECRET}@a b/",
        f"http://?key={SECRET}",
    ):
        with pytest.raises(TransportError) as caught:
            fetch(url)
        assert SECRET not in "".join(traceback.format_exception(caught.value)).replace(url, "")
