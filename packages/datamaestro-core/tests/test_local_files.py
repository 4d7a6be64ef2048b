"""Files of this machine, as the kernel opens them for transports."""

import os
import sys
from itertools import count

import pytest

from datamaestro.download import TransportRequest
from datamaestro.download.local_files import FileTransport, open_file
from datamaestro.errors import TransportError
from datamaestro.lockfile.plain_transports import PLAIN_TRANSPORTS
from datamaestro.testing import TransportContract


def read(response):
    with response:
        return b"".join(iter(lambda: response.read(3), b""))


def at_rest(path, content, time=1):
    """Write a file that nobody has changed for long."""
    path.write_bytes(content)
    os.utime(path, (time, time))
    return path


@pytest.fixture
def files(context):
    return FileTransport(context)


class TestFile(TransportContract):
    transport = FileTransport

    @pytest.fixture
    def publish(self, tmp_path):
        times = count(1)

        def publish(content):
            return at_rest(tmp_path / "a file", content, next(times)).as_uri()

        return publish

    @pytest.fixture
    def nowhere(self, tmp_path):
        return (tmp_path / "nowhere").as_uri()

    def test_a_plugin_provides_it_for_its_schemes(self, context, publish):
        """It stands in where none does."""
        assert PLAIN_TRANSPORTS["file"] is FileTransport


def test_a_file_gives_its_bytes_and_size(files, tmp_path):
    (tmp_path / "a b").write_bytes(b"0123456789")
    response = files.open(TransportRequest((tmp_path / "a b").as_uri()))
    assert (response.start, response.size) == (0, 10)
    assert read(response) == b"0123456789"


def test_a_file_is_read_on_from_where_it_is_asked(files, tmp_path):
    path = at_rest(tmp_path / "x", b"0123456789")
    with files.open(TransportRequest(path.as_uri())) as whole:
        validator = whole.validator
    response = files.open(TransportRequest(path.as_uri(), 4, validator))
    assert (response.start, read(response)) == (4, b"456789")


def test_a_file_that_changed_is_read_from_its_beginning(files, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"0123456789")
    response = files.open(TransportRequest(path.as_uri(), 4, "another"))
    assert (response.start, read(response)) == (0, b"0123456789")


def test_nothing_identifies_a_file_that_may_change_once_more_within_a_tick_of_its_clock(
    files, tmp_path
):
    path = tmp_path / "x"
    path.write_bytes(b"0123456789")
    with files.open(TransportRequest(path.as_uri())) as response:
        assert response.validator is None
    with files.open(TransportRequest(at_rest(path, b"0123456789").as_uri())) as response:
        assert response.validator is not None


def test_a_file_that_is_replaced_while_it_is_opened_is_not_joined_to_the_old_one(tmp_path):
    path = at_rest(tmp_path / "x", b"0123456789", 1)
    successor = at_rest(tmp_path / "y", b"abcdefghij", 2)

    class Replaced(type(path)):
        def stat(self, **options):
            found = super().stat(**options)
            if successor.exists():
                successor.replace(path)
            return found

    with open_file(path, TransportRequest("file:///x")) as whole:
        validator = whole.validator
    response = open_file(Replaced(path), TransportRequest("file:///x", 4, validator))
    assert (response.start, read(response)) == (0, b"abcdefghij")


def test_a_file_that_is_not_there_is_an_error(files, tmp_path):
    with pytest.raises(TransportError, match="can't be read: No such file"):
        files.open(TransportRequest((tmp_path / "x").as_uri()))


def test_a_file_on_another_machine_is_an_error(files):
    with pytest.raises(TransportError, match="names another machine"):
        files.open(TransportRequest("file://elsewhere/x"))


@pytest.mark.parametrize("more", ["?id=1", "#part"])
def test_a_file_has_no_query_and_no_fragment(files, tmp_path, more):
    path = tmp_path / "x"
    path.write_bytes(b"the same for all")
    with pytest.raises(TransportError, match="has no query") as caught:
        files.open(TransportRequest(path.as_uri() + more))
    assert "%3F" in caught.value.expected


def test_a_question_mark_may_be_part_of_a_name(files, tmp_path):
    (tmp_path / "get?id=1").write_bytes(b"one")
    assert read(files.open(TransportRequest(f"{tmp_path.as_uri()}/get%3Fid=1"))) == b"one"


@pytest.mark.skipif(sys.platform == "win32", reason="they name a machine there")
def test_slashes_before_a_path_may_be_more(files, tmp_path):
    (tmp_path / "a").write_bytes(b"0123456789")
    url = (tmp_path / "a").as_uri().replace("file:///", "file:////")
    assert read(files.open(TransportRequest(url))) == b"0123456789"


@pytest.mark.skipif(sys.platform != "linux", reason="names are UTF-8 elsewhere")
def test_a_name_need_not_be_utf_8(files, tmp_path):
    path = tmp_path / os.fsdecode(b"caf\xe9")
    path.write_bytes(b"0123456789")
    assert read(files.open(TransportRequest(path.as_uri()))) == b"0123456789"


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in the file system")
def test_a_pipe_is_refused(files, tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with path.open("r+b", buffering=0), pytest.raises(TransportError, match="not a file"):
        files.open(TransportRequest(path.as_uri()))


def test_a_folder_is_refused(files, tmp_path):
    with pytest.raises(TransportError, match="not a file"):
        files.open(TransportRequest(tmp_path.as_uri()))


@pytest.mark.skipif(sys.platform != "linux", reason="where the disk of a file can be made to fail")
def test_a_disk_that_fails_while_a_file_is_read_is_told_of(files):
    response = files.open(TransportRequest("file:///proc/self/mem"))  # nothing is at its beginning
    with pytest.raises(TransportError, match="can't be read: Input/output error"):
        read(response)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("file:a.txt", "has an absolute path"),
        ("file:///a%00b", "embedded null"),
    ],
)
def test_a_path_that_names_no_file_everywhere_is_refused(files, url, reason):
    with pytest.raises(TransportError, match=reason):
        files.open(TransportRequest(url))
