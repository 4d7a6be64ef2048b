"""The handlers of archives keep what handlers promise, their data type what formats do."""

import io
import random
import tarfile
import zipfile

from datamaestro.download.archive import ArchiveFolder, ArchiveMember, TarDownloader, ZipDownloader
from datamaestro.testing import FormatContract, HandlerContract

FILES = {"data/a.bin": random.Random(1).randbytes(300), "data/b.txt": b"b" * 100}


def zipped():
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in FILES.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def tarred():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, content in FILES.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return buffer.getvalue()


class ArchiveContract(HandlerContract):
    def declare(self, sources, **options):
        (source,) = sources.values()
        return self.handler("files", source.url, size=source.size, sha256=source.sha256, **options)

    def check(self, path):
        found = {file.name: file.read_bytes() for file in path.iterdir()}
        assert found == {"a.bin": FILES["data/a.bin"], "b.txt": FILES["data/b.txt"]}


class TestZip(ArchiveContract):
    handler = ZipDownloader
    downloads = {"files.zip": zipped()}


class TestTar(ArchiveContract):
    handler = TarDownloader
    downloads = {"files.tar.gz": tarred()}


class TestMember(HandlerContract):
    handler = ArchiveMember
    downloads = {"files.tar.gz": tarred()}

    def declare(self, sources, **options):
        (source,) = sources.values()
        return ArchiveMember(
            "a.bin",
            source.url,
            member="data/a.bin",
            size=source.size,
            sha256=source.sha256,
            **options,
        )

    def check(self, path):
        assert path.read_bytes() == FILES["data/a.bin"]


class TestArchiveFolder(FormatContract):
    data_type = ArchiveFolder
    filename = "sample.zip"

    def read(self, value):
        super().read(value)
        assert [value.read(name).count(b" ") for name in value] == [4] * 12
