"""Archives as resources of datasets."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from archive_builders import COMPRESSORS, Entry, tar, tar_file, tar_link, zipped
from archive_routes import make, stored

from datamaestro.download import FileResource, Unpacked
from datamaestro.errors import DataFormatError, DefinitionError
from datamaestro.plugins import Candidate
from datamaestro.utils import HashCheck
from datamaestro_download_archive import (
    ArchiveMember,
    MemberNotFoundError,
    TarDownloader,
    UnsupportedArchiveError,
    ZipDownloader,
    tardownloader,
    zipdownloader,
)
from datamaestro_download_archive._plugin import datamaestro_data_types, datamaestro_handlers
from datamaestro_download_archive.recognition import recognize_tar, recognize_zip

URL = "https://example.org/a.zip"
SHA256 = "0" * 64


def test_the_decorators_are_the_classes():
    assert zipdownloader is ZipDownloader
    assert tardownloader is TarDownloader


def test_a_resource_is_named_by_its_first_argument():
    resource = ZipDownloader("data", URL)
    assert resource.name == "data"
    assert str(resource.relative_path) == "data"


def test_the_positions_of_earlier_versions():
    resource = ZipDownloader("data", URL, "sub", None, {"sub/b", "sub/a"}, transient=True)
    assert (resource.plan.subpath, resource.plan.files) == ("sub", ("sub/a", "sub/b"))
    assert resource.transient


def test_the_source_has_what_the_publisher_states():
    resource = TarDownloader("data", URL, mirrors=["https://m.org/a"], size=9, sha256=SHA256)
    (source,) = resource.sources
    assert source.urls == (URL, "https://m.org/a")
    assert (source.size, source.digests) == (9, {"sha256": SHA256})


@pytest.mark.parametrize("handler", [ZipDownloader, TarDownloader])
@pytest.mark.parametrize(("digits", "algorithm"), [(32, "md5"), (64, "sha256")])
def test_a_hash_check_is_of_the_archive(handler, digits, algorithm):
    resource = handler("data", URL, checker=HashCheck("0" * digits, algorithm))
    assert resource.sources[0].digests == {algorithm: "0" * digits}
    assert resource.checker is None


@pytest.mark.parametrize(
    "options",
    [
        {"checker": HashCheck("0" * 40, "sha1")},
        {"checker": HashCheck("0" * 32), "md5": "0" * 32},
    ],
)
def test_a_hash_check_that_can_not_be_of_the_archive_is_an_error(options):
    with pytest.raises(DefinitionError, match="the hash can't be of the archive") as caught:
        ZipDownloader("data", URL, **options)
    assert caught.value.where.startswith(f"{__file__}:")


def different() -> list[object]:
    return [
        ZipDownloader("data", URL),
        ZipDownloader("data", URL, subpath="a"),
        ZipDownloader("data", URL, files=["a"]),
        ZipDownloader("data", URL, unwrap=False),
        ZipDownloader("data", URL, nested=["*.zip"]),
        ZipDownloader("data", f"{URL}x"),
        ZipDownloader("data", URL, sha256=SHA256),
        TarDownloader("data", URL),
        ArchiveMember("data", URL, member="a"),
        ArchiveMember("data", URL, member=("a", "b")),
    ]


def test_the_fingerprint_tells_all_that_makes_a_difference():
    assert len({resource.fingerprint for resource in different()}) == len(different())


def test_the_fingerprint_does_not_depend_on_order_or_limits():
    one = ZipDownloader("data", URL, files=["a", "b"])
    other = ZipDownloader("other", URL, files={"b", "a"}, max_size=5)
    assert one.fingerprint == other.fingerprint


@pytest.mark.parametrize("handler", [ZipDownloader, TarDownloader])
def test_a_lock_file_has_names_as_archives_have_them(handler):
    resource = handler("data", URL, "/top//data/", files=["./top/data/a"])
    assert resource.derivation == Unpacked("top/data", ("top/data/a",))


@pytest.mark.parametrize("size", [-1, 1.5, "1 GB", True])
@pytest.mark.parametrize(
    "define",
    [
        lambda size: ZipDownloader("data", URL, max_size=size),
        lambda size: TarDownloader("data", URL, max_size=size),
        lambda size: ArchiveMember("data", URL, member="a", max_size=size),
    ],
)
def test_a_max_size_that_is_no_number_of_bytes_is_an_error(define, size):
    with pytest.raises(DefinitionError, match="max_size isn't a size") as caught:
        define(size)
    assert caught.value.where.startswith(f"{__file__}:")


@pytest.mark.parametrize("archive", [zipped, tar])
@pytest.mark.parametrize("compression", ["bare", "gz", "zst"])
def test_one_member_becomes_a_file(archive, compression, tmp_path):
    if archive is zipped:
        data = zipped(Entry("d/a.csv", b"A"), Entry("d/b.csv", b"B"))
    else:
        data = COMPRESSORS[compression](tar(tar_file("d/a.csv", b"A"), tar_file("d/b.csv", b"B")))
    url = stored(data, tmp_path).as_uri()
    made = make(ArchiveMember("b.csv", url, member="./d/b.csv"), tmp_path / "work")
    assert made.read_bytes() == b"B"


@pytest.mark.parametrize("compression", ["bare", "gz"])
@pytest.mark.parametrize("member", ["a", "b", "c"])
def test_a_hard_link_is_a_file_as_its_original_is(member, compression, tmp_path):
    links = [tar_link("b", "a", b"1"), tar_link("c", "b", b"1"), tar_link("to-b", "b")]
    data = COMPRESSORS[compression](tar(tar_file("a", b"A" * 999), *links))
    url = stored(data, tmp_path).as_uri()
    made = make(ArchiveMember("x", url, member=member), tmp_path / "work")
    assert made.read_bytes() == b"A" * 999


def test_a_member_of_an_archive_in_an_archive(tmp_path):
    inner = COMPRESSORS["xz"](tar(tar_file("deep/a.csv", b"A")))
    middle = zipped(Entry("inner.tar.xz", inner))
    url = stored(tar(tar_file("middle.zip", middle)), tmp_path).as_uri()
    way = ("middle.zip", "inner.tar.xz", "deep/a.csv")
    made = make(ArchiveMember("a.csv", url, member=way), tmp_path / "work")
    assert made.read_bytes() == b"A"
    assert {path.name for path in (tmp_path / "work").iterdir()} == {"made"}


def test_the_way_to_a_member_is_limited():
    with pytest.raises(DefinitionError, match="from 1 to 4 names") as caught:
        ArchiveMember("a", URL, member=["a"] * 5)
    assert caught.value.where.startswith(f"{__file__}:")


@pytest.mark.parametrize("data", [zipped(Entry("d/abc.csv")), tar(tar_file("d/abc.csv"))])
def test_a_member_that_is_not_there_is_an_error_with_the_nearest_names(data, tmp_path):
    resource = ArchiveMember("a.csv", stored(data, tmp_path).as_uri(), member="abc.csv")
    with pytest.raises(MemberNotFoundError, match=r"'d/abc\.csv'"):
        make(resource, tmp_path / "work")
    assert not (tmp_path / "work" / "made").exists()


@pytest.mark.parametrize("data", [zipped(Entry("d/", b""), Entry("d/a")), tar(tar_file("d/a"))])
def test_a_folder_is_no_member(data, tmp_path):
    resource = ArchiveMember("d", stored(data, tmp_path).as_uri(), member="d")
    with pytest.raises((UnsupportedArchiveError, MemberNotFoundError)):
        make(resource, tmp_path / "work")


class Here(FileResource):
    """A file that is there already."""

    def _download(self, destination: Path) -> None:
        raise NotImplementedError


@pytest.mark.parametrize("handler", [ZipDownloader, TarDownloader])
def test_another_resource_may_be_the_archive(handler, tmp_path):
    data = zipped(Entry("a")) if handler is ZipDownloader else tar(tar_file("a"))
    stored(data, tmp_path, "file.bin")
    before = Here("file.bin", name="file")
    resource = handler("data", before)
    assert resource.dependencies == (before,)
    assert resource.sources == ()
    assert before.fingerprint in resource.fingerprint
    made = make_after(resource, before, tmp_path)
    assert (made / "a").read_bytes() == b"data"


def test_a_member_of_another_resource(tmp_path):
    stored(tar(tar_file("a", b"A")), tmp_path, "file.bin")
    before = Here("file.bin", name="file")
    made = make_after(ArchiveMember("a", before, member="a"), before, tmp_path)
    assert made.read_bytes() == b"A"


def make_after(resource: object, before: Here, folder: Path) -> Path:
    from archive_routes import LocalFetcher

    from datamaestro.download.resource import Binding

    binding = Binding(None, None, folder, LocalFetcher)
    bound = resource.bind(binding, {id(before): before.bind(binding, {})})
    bound._download(folder / "made")
    return folder / "made"


@pytest.mark.parametrize(
    "define",
    [
        lambda origin: ZipDownloader("data", origin),
        lambda origin: TarDownloader("data", origin),
        lambda origin: ArchiveMember("data", origin, member="a"),
    ],
)
@pytest.mark.parametrize(
    "origin", [Path("/srv/a.zip"), None, b"http://a/b", [URL], ZipDownloader("data", URL)]
)
def test_what_is_no_url_and_ends_as_no_file_can_not_be_the_archive(define, origin):
    with pytest.raises(DefinitionError, match="a resource that ends as the archive's") as caught:
        define(origin)
    assert caught.value.where.startswith(f"{__file__}:")
    assert caught.value.found == repr(origin)


def test_digests_belong_to_the_resource_that_downloads():
    with pytest.raises(DefinitionError, match="of a download") as caught:
        ZipDownloader("data", Here("a"), sha256=SHA256)
    assert caught.value.where.startswith(f"{__file__}:")


def test_a_tar_whose_bytes_turn_out_wrong_at_their_end_leaves_nothing(tmp_path):
    class Rejected(DataFormatError):
        pass

    class Fetcher:
        def open(self, source):
            from contextlib import contextmanager

            @contextmanager
            def stream():
                with archive.open("rb") as file:
                    yield file
                raise Rejected("wrong sha256")

            return stream()

    from datamaestro.download.resource import Binding

    archive = stored(tar(tar_file("a")), tmp_path)
    bound = TarDownloader("data", URL).bind(Binding(None, None, tmp_path, Fetcher), {})
    with pytest.raises(Rejected):
        bound._download(tmp_path / "made")
    assert not (tmp_path / "made").exists()


ZIP_OF_TWO = zipped(Entry("a"), Entry("b"))
TAR_OF_TWO = COMPRESSORS["gz"](tar(tar_file("a"), tar_file("b")))


@pytest.mark.parametrize("name", ["DATA.ZIP", "DATA.TAR.GZ", "DATA.TGZ"])
def test_an_archive_in_capitals_is_recognized_as_what_it_is(name, tmp_path):
    data, handler = ZIP_OF_TWO, "ZipDownloader"
    if name != "DATA.ZIP":
        data, handler = TAR_OF_TWO, "TarDownloader"
    download = Candidate(stored(data, tmp_path), name)
    found = [recognize(download, tmp_path) for recognize in (recognize_zip, recognize_tar)]
    assert [proposal.target for proposal in found if proposal] == [
        f"datamaestro.download.archive:{handler}"
    ]


def test_what_the_plugin_tells_of_can_be_imported():
    import importlib

    for spec in [*datamaestro_handlers(), *datamaestro_data_types()]:
        module, _, attribute = spec.target.partition(":")
        assert getattr(importlib.import_module(module), attribute).__doc__


def test_the_plugin_and_the_package_import_nothing_heavy():
    code = (
        "import sys, datamaestro_download_archive, datamaestro_download_archive._plugin;"
        "heavy = {'isal', 'lzma', 'bz2', 'zipfile', 'tarfile', 'datamaestro.download', "
        "'datamaestro.data', 'concurrent.futures'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stdout.strip() == b"[]"


def test_handlers_do_not_import_decompressors_before_they_unpack():
    code = (
        "import shutil, sys; known = set(sys.modules);"  # which has some of its own
        "from datamaestro_download_archive import ZipDownloader, ArchiveFolder;"
        "ArchiveFolder(path='x.zip'); imported = set(sys.modules) - known;"
        "print(sorted({'isal', 'backports.zstd', 'compression.zstd'} & imported))"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True)
    assert result.stdout.strip() == b"[]"
