"""The handlers of single files keep what handlers promise."""

import bz2
import gzip

from datamaestro.download.single import ConcatDownloader, FileDownloader
from datamaestro.testing import HandlerContract

TEXT = b"".join(b"line %d\n" % number for number in range(100))


class FileContract(HandlerContract):
    handler = FileDownloader

    def declare(self, sources, **options):
        (source,) = sources.values()
        return FileDownloader(
            "lines.txt", source.url, size=source.size, sha256=source.sha256, **options
        )

    def check(self, path):
        assert path.read_bytes() == TEXT


class TestPlainFile(FileContract):
    downloads = {"lines.txt": TEXT}


class TestCompressedFile(FileContract):
    downloads = {"lines.txt.gz": gzip.compress(TEXT, mtime=0)}


class TestJoinedFiles(HandlerContract):
    handler = ConcatDownloader
    downloads = {"1.txt.bz2": bz2.compress(TEXT[:400]), "2.txt": TEXT[400:]}

    def declare(self, sources, **options):
        return ConcatDownloader("lines.txt", sources.values(), **options)

    def check(self, path):
        assert path.read_bytes() == TEXT
