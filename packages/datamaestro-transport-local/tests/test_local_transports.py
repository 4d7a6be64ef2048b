import os
import sys

import pytest

from datamaestro.download import TransportRequest
from datamaestro.errors import TransportError
from datamaestro_transport_local import FileTransport, PackageTransport


def read(response):
    with response:
        return b"".join(iter(lambda: response.read(3), b""))


@pytest.fixture
def files(context):
    return FileTransport(context)


@pytest.fixture
def packages(context, site_packages):
    (site_packages / "example_package" / "files").mkdir(parents=True)
    (site_packages / "example_package" / "__init__.py").touch()
    (site_packages / "example_package" / "files" / "a b.txt").write_bytes(b"0123456789")
    return PackageTransport(context)


def test_the_kernel_finds_them_by_scheme(context):
    assert isinstance(context.transport("file:///x"), FileTransport)
    assert isinstance(context.transport("package:p/x"), PackageTransport)


def test_they_open_no_connection():
    assert not FileTransport.network
    assert not PackageTransport.network


def test_a_file_gives_its_bytes_and_size(files, tmp_path):
    (tmp_path / "a b").write_bytes(b"0123456789")
    response = files.open(TransportRequest((tmp_path / "a b").as_uri()))
    assert (response.start, response.size) == (0, 10)
    assert read(response) == b"0123456789"


def test_a_file_is_read_on_from_where_it_is_asked(files, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"0123456789")
    with files.open(TransportRequest(path.as_uri())) as whole:
        validator = whole.validator
    response = files.open(TransportRequest(path.as_uri(), 4, validator))
    assert (response.start, read(response)) == (4, b"456789")


def test_a_file_that_changed_is_read_from_its_beginning(files, tmp_path):
    path = tmp_path / "x"
    path.write_bytes(b"0123456789")
    response = files.open(TransportRequest(path.as_uri(), 4, "another"))
    assert (response.start, read(response)) == (0, b"0123456789")


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


@pytest.mark.skipif(sys.platform == "win32", reason="no pipes in the file system")
def test_a_pipe_is_refused(files, tmp_path):
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with path.open("r+b", buffering=0), pytest.raises(TransportError, match="not a file"):
        files.open(TransportRequest(path.as_uri()))


def test_a_folder_is_refused(files, tmp_path):
    with pytest.raises(TransportError, match="not a file"):
        files.open(TransportRequest(tmp_path.as_uri()))


def test_a_file_of_a_package_gives_its_bytes(packages):
    response = packages.open(TransportRequest("package:example_package/files/a%20b.txt"))
    assert read(response) == b"0123456789"


def test_a_file_of_a_package_in_a_zip_archive_gives_its_bytes(context, tmp_path, monkeypatch):
    import zipfile

    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.writestr("packed_package/__init__.py", "")
        archive.writestr("packed_package/data.txt", "0123456789")
    monkeypatch.syspath_prepend(tmp_path / "packed.zip")
    response = PackageTransport(context).open(TransportRequest("package:packed_package/data.txt"))
    assert read(response) == b"0123456789"
    del sys.modules["packed_package"]


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("package:no_such_package/x", "isn't installed"),
        ("package:example_package/files/nowhere", "can't be read"),
        ("package:example_package/../x", "not a package: URL"),
        ("package:example_package", "not a package: URL"),
        ("package:example_package//etc/passwd", "not a package: URL"),
        ("package:example_package/C:/x", "not a package: URL"),
        ("package:example_package/files%5C..%5C..%5Cx", "not a package: URL"),
        ("package:example_package/files/a%20b.txt?x", "has no query"),
        ("package:.example_package/x", "not a package: URL"),
        ("package:os/path", "the package os isn't installed"),
        ("package:os.path/x", "isn't installed"),
        ("package:__main__/x", "isn't installed"),
    ],
)
def test_what_a_package_does_not_have_is_an_error(packages, url, message):
    with pytest.raises(TransportError, match=message) as caught:
        packages.open(TransportRequest(url))
    assert caught.value.where == url
