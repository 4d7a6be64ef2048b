"""Definitions as users of version 1 spell them: they work as they are."""

from __future__ import annotations

import gzip
import hashlib
import importlib
import io
import re
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from datamaestro.context import Context
from datamaestro.definitions import DatasetDefinition
from datamaestro.download.links import links
from datamaestro.earlier import GONE
from datamaestro.errors import AgreementError, DataDirectoryError, DefinitionError
from datamaestro.testing import FileServer, write_distribution

ROWS = b"length,kind\n1.5,0\n2.5,1\n"
WORDS = {"all/queries.txt": b"one two", "all/judged/train.tsv": b"1\t2", "all/unused": b"x"}

DEFINITIONS = '''\
from hashlib import md5, sha256
from pathlib import Path

from datamaestro.annotations.agreement import useragreement
from datamaestro.context import DatafolderPath
from datamaestro.data import Base, File, Folder
from datamaestro.data.csv import Matrix
from datamaestro.data.ml import Supervised
from datamaestro.definitions import (
    AbstractDataset, Dataset, Meta, Option, Param, dataset, datatags, datatasks, hook, metadataset
)
from datamaestro.download import FileResource, FilesCopy, FolderResource, ValueResource, reference
from datamaestro.download.archive import TarDownloader, ZipDownloader, zipdownloader
from datamaestro.download.custom import custom_download
from datamaestro.download.links import GlobChecker, linkfile, linkfolder, links
from datamaestro.download.single import (
    ConcatDownloader, FileDownloader, concatdownload, filedownloader
)
from datamaestro.utils import HashCheck

HOST = "@HOST@"

terms = useragreement(
    """Ask before you
    begin.""",
    id="org.example.terms",
)


@datatags("petals")
@datatasks("classification")
@dataset(url="http://example.org", timestamp=True, size="2.3T", doi="https://doi.org/10.1000/182")
class Petals(Dataset):
    """Petals

    Their length."""

    ROWS = FileDownloader("rows.csv", f"{HOST}/rows.csv.gz", checker=HashCheck("@ROWS_MD5@", md5))

    def config(self) -> Matrix:
        return Matrix.C(path=self.ROWS.path, names_row=0, target="kind")


@dataset(id=".both", url="http://example.org")
class BothPetals(Dataset):
    """Two in one"""

    FIRST = reference(Petals)
    SECOND = reference(varname="second", reference=Petals)
    THIRD = reference("third", reference=Petals)

    def config(self) -> Supervised:
        assert self.THIRD.prepare() == self.FIRST.config()
        return Supervised.C(train=self.FIRST.config(), test=self.SECOND.prepare())


class Queries(Base):
    queries: Param[Path]
    judged: Meta[Path]
    limit: Option[int] = 10


@dataset(url="http://example.org")
class KeptQueries(Dataset):
    """Some files of an archive"""

    ARCHIVE = ZipDownloader("data", f"{HOST}/words.zip", transient=True)
    FILES = FilesCopy(ARCHIVE, {"queries.txt": "queries.txt", "train.tsv": "judged/train.tsv"})

    def config(self) -> Queries:
        return Queries.C(
            queries=self.FILES.path / "queries.txt", judged=self.FILES.path / "train.tsv"
        )


@dataset(url="http://example.org")
class BesideQueries(Dataset):
    """Beside another one's data, of a type that nothing tells"""

    KEPT = reference(KeptQueries)

    def config(self):
        return Folder.C(path=KeptQueries.data_path / "FILES")


@dataset(url="http://example.org")
class OwnType(Queries):
    """A data type that declares a dataset itself"""

    DATA = TarDownloader("data", f"{HOST}/words.tar.gz", checker=HashCheck("@TAR_SHA256@", sha256))

    @classmethod
    def __create_dataset__(cls, dataset: AbstractDataset):
        return cls.C(queries=cls.DATA.path / "queries.txt", judged=cls.DATA.path / dataset.name)


class Upper(FileResource):
    """A handler that a user wrote"""

    def __init__(self, filename, source, **kw):
        super().__init__(filename, **kw)
        self._dependencies = [source]

    @property
    def can_recover(self) -> bool:
        return False

    def _download(self, destination):
        destination.write_text(self.dependencies[0].path.read_text().upper())

    @classmethod
    def from_file(cls, source):
        return cls("upper.txt", source)


@dataset(url="http://example.org")
class Capitals(Dataset):
    """Made of what doesn't stay"""

    RAW = ConcatDownloader(
        "raw.txt", f"{HOST}/rows.csv.gz", f"{HOST}/plain.txt", transient=True
    )
    DONE = Upper.from_file(RAW)

    def config(self) -> File:
        return File.C(path=self.DONE.path)


@terms
@dataset()
class OnTerms(Dataset):
    """Asked for"""

    DATA = FileDownloader.apply("plain.txt", f"{HOST}/plain.txt", varname="plain")

    def config(self) -> File:
        return File.C(path=self.DATA.path)


@dataset(id="")
class Linked(Dataset):
    """Beside what users have"""

    DOCUMENTS = linkfolder(
        "documents",
        [DatafolderPath("org.example.owned", "DOCS")],
        checker=GlobChecker("*.txt"),
    )
    NOTES = linkfile("notes", proposals=[DatafolderPath("org.example.owned", "notes.txt")])
    LINKS = links("links", petals=Petals)

    def config(self) -> Folder:
        return Folder.C(path=self.DOCUMENTS.path)


def fill(context, root: Path, *, force=False):
    (root / "filled.txt").write_text(str(context.datapath))


@dataset(url="http://example.org")
class Filled(Dataset):
    """Filled by a function"""

    DATA = custom_download("data", downloader=fill)

    def config(self) -> Folder:
        return Folder.C(path=self.DATA.path)


@datatags("words")
@metadataset(Queries)
class SharedQueries:
    """What several have"""


@filedownloader("queries.txt", f"{HOST}/plain.txt")
@zipdownloader("archive", f"{HOST}/words.zip")
@dataset(SharedQueries, url="http://example.org")
def decorated(queries, archive):
    """With decorators"""
    return {"queries": queries, "judged": archive / "judged" / "train.tsv"}


@concatdownload("whole.txt", f"{HOST}/plain.txt", f"{HOST}/rows.csv.gz")
@dataset(File)
def whole(whole):
    """With decorators, joined"""
    return File(path=whole)
'''


@pytest.fixture
def definition_file(tmp_path: Path) -> Callable[[str], str]:
    """Give a function that writes a file of definitions, and gives its path."""

    def write(text: str) -> str:
        path = tmp_path / "definitions.py"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def archives() -> tuple[bytes, bytes]:
    """Give the words as a zip and as a tar.gz."""
    zipped, tarred = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w") as archive, tarfile.open(fileobj=tarred, mode="w:gz") as tar:
        for name, content in WORDS.items():
            archive.writestr(name, content)
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return zipped.getvalue(), tarred.getvalue()


@pytest.fixture
def earlier(site_packages: Path, file_server: FileServer, loopback_context: Context) -> Context:
    """Give a context in which a repository of such definitions is installed."""
    zipped, tarred = archives()
    file_server.files |= {
        "/rows.csv.gz": gzip.compress(ROWS),
        "/plain.txt": b"plain",
        "/words.zip": zipped,
        "/words.tar.gz": tarred,
    }
    text = DEFINITIONS.replace("@HOST@", file_server.url().rstrip("/"))
    text = text.replace("@ROWS_MD5@", hashlib.md5(ROWS).hexdigest())
    text = text.replace("@TAR_SHA256@", hashlib.sha256(tarred).hexdigest())
    write_distribution(
        site_packages,
        "earlier-repository",
        files={
            "earlier/__init__.py": "from datamaestro.context import Repository\n\n\n"
            "class EarlierRepository(Repository):\n    NAMESPACE = 'earlier'\n",
            "earlier/config/__init__.py": "",
            "earlier/config/org/__init__.py": "",
            "earlier/config/org/example.py": text,
        },
        entry_points={"datamaestro.repositories": {"earlier": "earlier:EarlierRepository"}},
    )
    return loopback_context


def test_a_class_with_a_file(earlier: Context) -> None:
    fields, data, kinds = earlier.prepare("org.example.petals").data()
    assert (list(fields), data.tolist(), kinds.tolist()) == (
        ["length", "kind"],
        [[1.5], [2.5]],
        [0, 1],
    )


def test_facts(earlier: Context) -> None:
    definition: DatasetDefinition = earlier.dataset("org.example.petals")
    assert definition.timestamp is True
    assert definition.size == 2_300_000_000_000
    assert definition.doi == "10.1000/182"
    assert (definition.tags, definition.tasks) == ({"petals"}, {"classification"})
    assert (definition.name, definition.description) == ("Petals", "Their length.")


def test_references(earlier: Context) -> None:
    value = earlier.prepare("org.example.both")
    assert value.train == value.test
    assert value.train.id == "org.example.petals"


def test_copies_of_files_from_what_is_transient(earlier: Context) -> None:
    value = earlier.prepare("org.example.kept.queries")
    assert value.queries.read_bytes() == b"one two"
    assert value.judged.read_bytes() == b"1\t2"
    assert value.limit == 10
    assert not (value.queries.parents[1] / "data").exists()


def test_the_folder_of_another_dataset(earlier: Context) -> None:
    value = earlier.prepare("org.example.beside.queries")
    assert (value.path / "queries.txt").read_bytes() == b"one two"
    declared = earlier.dataset("org.example.kept.queries").target
    with pytest.raises(AttributeError, match=r"Context\.instance\(\)\.folder\(KeptQueries\)"):
        declared.data_path  # noqa: B018


def test_a_data_type_that_declares_a_dataset(earlier: Context) -> None:
    value = earlier.prepare("org.example.own.type")
    assert type(value).__name__ == "OwnType"
    assert value.queries.read_bytes() == b"one two"
    assert value.judged.name == "A data type that declares a dataset itself"
    assert value == earlier.prepare("org.example.own.type")


def test_handlers_that_users_wrote(earlier: Context) -> None:
    path = earlier.prepare("org.example.capitals").path
    assert path.read_bytes() == (ROWS + b"plain").upper()
    assert not (path.parent / "raw.txt").exists()


def test_agreements(earlier: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AgreementError) as caught:
        earlier.prepare("org.example.on.terms")
    assert caught.value.__notes__ == ["Ask before you\nbegin."]
    monkeypatch.setenv("DATAMAESTRO_ACCEPT", "org.example.terms")
    assert earlier.prepare("org.example.on.terms").path.read_bytes() == b"plain"


def test_links(earlier: Context, tmp_path: Path) -> None:
    with pytest.raises(DataDirectoryError, match=r"datafolders set org\.example\.owned PATH"):
        earlier.prepare("org.example")
    (tmp_path / "DOCS").mkdir()
    (tmp_path / "DOCS" / "one.txt").write_text("one")
    (tmp_path / "notes.txt").write_text("notes")
    with earlier.settings.edit() as settings:
        settings.datafolders["org.example.owned"] = tmp_path
    assert earlier.prepare("org.example").path == tmp_path / "DOCS"
    linked = earlier.folder("org.example") / "links" / "petals" / "rows.csv"
    assert linked.read_bytes() == ROWS


def test_functions_that_download(earlier: Context) -> None:
    path = earlier.prepare("org.example.filled").path
    assert (path / "filled.txt").read_text() == str(earlier.datapath)


def test_decorators(earlier: Context) -> None:
    value = earlier.prepare("org.example.decorated")
    assert (value.queries.read_bytes(), value.judged.read_bytes()) == (b"plain", b"1\t2")
    assert earlier.dataset("org.example.decorated").tags == {"words"}
    assert earlier.prepare("org.example.whole").path.read_bytes() == b"plain" + ROWS


@pytest.mark.parametrize(
    "name",
    [
        "datamaestro.Context",
        "datamaestro.Repository",
        "datamaestro.prepare_dataset",
        "datamaestro.annotations.agreement.useragreement",
        "datamaestro.context.Context",
        "datamaestro.context.DatafolderPath",
        "datamaestro.context.Repository",
        "datamaestro.context.find_dataset",
        "datamaestro.context.get_dataset",
        "datamaestro.data.Base",
        "datamaestro.data.File",
        "datamaestro.data.Folder",
        "datamaestro.data.csv.Generic",
        "datamaestro.data.csv.Matrix",
        "datamaestro.data.ml.FolderBased",
        "datamaestro.data.ml.Supervised",
        "datamaestro.data.tensor.IDX",
        "datamaestro.definitions.AbstractDataset",
        "datamaestro.definitions.Dataset",
        "datamaestro.definitions.DatasetWrapper",
        "datamaestro.definitions.Meta",
        "datamaestro.definitions.Option",
        "datamaestro.definitions.Param",
        "datamaestro.definitions.dataset",
        "datamaestro.definitions.datatags",
        "datamaestro.definitions.datatasks",
        "datamaestro.definitions.hook",
        "datamaestro.definitions.metadataset",
        "datamaestro.download.FileResource",
        "datamaestro.download.FilesCopy",
        "datamaestro.download.FolderResource",
        "datamaestro.download.Resource",
        "datamaestro.download.ValueResource",
        "datamaestro.download.archive.TarDownloader",
        "datamaestro.download.archive.ZipDownloader",
        "datamaestro.download.custom.custom_download",
        "datamaestro.download.links.GlobChecker",
        "datamaestro.download.links.linkfile",
        "datamaestro.download.links.linkfolder",
        "datamaestro.download.links.links",
        "datamaestro.download.reference",
        "datamaestro.download.single.ConcatDownloader",
        "datamaestro.download.single.FileDownloader",
        "datamaestro.download.single.SingleDownload",
        "datamaestro.download.single.concatdownload",
        "datamaestro.download.single.filedownloader",
        "datamaestro.record.Item",
        "datamaestro.record.Record",
        "datamaestro.record.RecordType",
        "datamaestro.record.record_type",
        "datamaestro.utils.FileChecker",
        "datamaestro.utils.HashCheck",
    ],
)
def test_what_definitions_import_is_where_it_was(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    assert hasattr(importlib.import_module(module), attribute)


@pytest.mark.parametrize("name", sorted(GONE))
def test_what_is_no_more_says_what_to_write_instead(name: str) -> None:
    module, _, attribute = name.rpartition(".")
    with pytest.raises(ImportError, match=re.escape(GONE[name])):
        getattr(importlib.import_module(module), attribute, None) or importlib.import_module(name)


def test_an_import_of_what_is_no_more_is_told_with_its_line(
    definition_file: Callable[[str], str], context: Context
) -> None:
    path = definition_file("\nfrom datamaestro.download.huggingface import HFDownloader\n")
    with pytest.raises(DefinitionError, match=rf"{re.escape(path)}:2: .*FileDownloader takes"):
        context.prepare(f"{path}:Squad")


@pytest.mark.parametrize("name", ["stream.compress", "stream.lines", "test.checks"])
def test_what_is_in_a_package_that_is_no_more_says_so_too(name: str) -> None:
    with pytest.raises(ImportError, match="is of version 1 of datamaestro"):
        importlib.import_module(f"datamaestro.{name}")


def test_a_link_without_a_name_is_told_how_to_be_written() -> None:
    with pytest.raises(DefinitionError, match=r"expected links\('NAME', link=dataset, …\)"):
        links("base", "org.example.base")
