import sys
import tempfile
import zipfile

import pytest

from datamaestro.download import TransportRequest
from datamaestro.errors import TransportError
from datamaestro_transport_local import FileTransport, PackageTransport


def read(response):
    with response:
        return b"".join(iter(lambda: response.read(3), b""))


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


def test_a_file_of_a_package_gives_its_bytes(packages):
    response = packages.open(TransportRequest("package:example_package/files/a%20b.txt"))
    assert read(response) == b"0123456789"


@pytest.fixture
def packed(context, tmp_path, monkeypatch):
    """A package in a zip archive."""
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        archive.writestr("packed_package/__init__.py", "")
        archive.writestr("packed_package/data.txt", "0123456789")
        archive.writestr("packed_package/files/a.txt", "")
    monkeypatch.syspath_prepend(tmp_path / "packed.zip")
    yield PackageTransport(context)
    sys.modules.pop("packed_package", None)


def test_a_file_of_a_package_in_a_zip_archive_gives_its_bytes(packed, tmp_path, monkeypatch):
    unpacked = tmp_path / "unpacked"
    unpacked.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(unpacked))
    response = packed.open(TransportRequest("package:packed_package/data.txt"))
    assert len(list(unpacked.iterdir())) == 1  # until the response is closed
    assert read(response) == b"0123456789"
    assert list(unpacked.iterdir()) == []


@pytest.mark.parametrize("path", ["nowhere", "files", "data.txt/x"])
def test_what_is_no_file_of_a_package_in_a_zip_archive_is_an_error(packed, path):
    with pytest.raises(TransportError) as caught:
        packed.open(TransportRequest(f"package:packed_package/{path}"))
    assert caught.value.where == f"package:packed_package/{path}"


@pytest.mark.parametrize("inside", ["", ".inner"])
@pytest.mark.parametrize("code", ["import no_such_module", "raise ValueError('why')", "x = y"])
def test_a_package_that_can_not_be_imported_is_an_error(packages, site_packages, code, inside):
    folder = site_packages / "broken_package"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "__init__.py").touch()
    (folder / "__init__.py").write_text(code)
    with pytest.raises(TransportError, match=r"can't be imported: found .*Error") as caught:
        packages.open(TransportRequest(f"package:broken_package{inside}/a.csv"))
    assert caught.value.where == f"package:broken_package{inside}/a.csv"


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
