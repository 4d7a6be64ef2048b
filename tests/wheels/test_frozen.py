"""Locked files in an environment with the kernel and nothing else."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from workspace.environments import Environment, User

Installer = Callable[..., Environment]

DEFINITIONS = """
from datamaestro.data import Folder
from datamaestro.definitions import Dataset, dataset
from datamaestro.download import FilesCopy
from datamaestro.download.archive import ArchiveMember, TarDownloader, ZipDownloader
from datamaestro.download.custom import custom_download
from datamaestro.download.single import ConcatDownloader, FileDownloader

HOST = "{host}"

@dataset(id="org.example.all")
class All(Dataset):
    PLAIN = FileDownloader("plain.txt", HOST + "/plain.txt")
    GZIP = FileDownloader("gzip.txt", HOST + "/plain.txt.gz")
    BZIP2 = FileDownloader("bzip2.txt", HOST + "/plain.txt.bz2")
    XZ = FileDownloader("xz.txt", HOST + "/plain.txt.xz")
    KEPT = FileDownloader("kept.txt.gz", HOST + "/plain.txt.gz")
    JOINED = ConcatDownloader("joined.txt", HOST + "/plain.txt", HOST + "/plain.txt.xz")
    ZIPPED = ZipDownloader("zipped", HOST + "/all.zip")
    SOME = ZipDownloader("some", HOST + "/all.zip", files=["all/a*", "all/deep"], transient=True)
    TARRED = TarDownloader("tarred", HOST + "/all.tar.gz", subpath="all/deep", unwrap=False)
    MEMBER = ArchiveMember("member.txt", HOST + "/all.tar.gz", member="all/a.txt")
    COPIED = FilesCopy(SOME, {{"copied.txt": "deep/b.txt"}})

    def config(self) -> Folder:
        return Folder(path=self.KEPT.path.parent)

@dataset(id="org.example.zstandard")
class Zstandard(Dataset):
    TEXT = FileDownloader("zstd.txt", HOST + "/plain.txt.zst")

    def config(self) -> Folder:
        return Folder(path=self.TEXT.path.parent)

@dataset(id="org.example.shipped")
class Shipped(Dataset):
    TEXT = FileDownloader("shipped.txt", "package:datamaestro/__init__.py")

    def config(self) -> Folder:
        return Folder(path=self.TEXT.path.parent)

def fill(context, root, *, force=False):
    (root / "own.txt").write_text("own")

@dataset(id="org.example.own")
class Own(Dataset):
    FILLED = custom_download("filled", fill)

    def config(self) -> Folder:
        return Folder(path=self.FILLED.path)
"""

MEMBERS = {"all/a.txt": b"a\n", "all/deep/b.txt": b"b\n", "all/other.txt": b"other\n"}


@pytest.fixture(scope="module")
def standard(make_environment: Installer) -> Environment:
    """Give an environment with the metapackage."""
    return make_environment("datamaestro")


@pytest.fixture(scope="module")
def bare(make_environment: Installer) -> Environment:
    """Give an environment with the kernel alone."""
    return make_environment("datamaestro-core")


@pytest.fixture
def served(mirror: tuple[Path, str]) -> str:
    """Give the URL of a server that has the same text in all kinds of files."""
    folder, host = mirror
    text = b"".join(b"line %d\n" % number for number in range(1000))
    contents = {
        "plain.txt": text,
        "plain.txt.gz": gzip.compress(text, mtime=0),
        "plain.txt.bz2": bz2.compress(text),
        "plain.txt.xz": lzma.compress(text),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    with zipfile.ZipFile(folder / "all.zip", "w") as zipped:
        for name, content in MEMBERS.items():
            zipped.writestr(name, content)
    with tarfile.open(folder / "all.tar.gz", "w:gz") as tar:
        for name, content in MEMBERS.items():
            member = tarfile.TarInfo(f"./{name}")
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return host


@pytest.fixture
def author(standard: Environment, served: str, tmp_path: Path) -> User:
    """Give someone who has the definitions, and all that it takes to prepare them."""
    home = tmp_path / "author"
    home.mkdir()
    (home / "words.py").write_text(DEFINITIONS.format(host=served), encoding="utf-8")
    return User(standard, home)


def locked(author: User, name: str, environment: Environment) -> User:
    """Let the author lock a dataset, and give someone else who has the lock file alone."""
    done = author.run("lock", f"./words.py:{name}")
    assert done.returncode == 0, done.stderr
    home = author.home.with_name("other")
    home.mkdir()
    (home / "datamaestro.lock").write_bytes((author.home / "datamaestro.lock").read_bytes())
    return User(environment, home)


def files(user: User) -> dict[str, bytes]:
    """Give the content of each file of data, by its path."""
    data = user.home / "datamaestro" / "data"
    return {
        path.relative_to(data).as_posix(): path.read_bytes()
        for path in sorted(data.rglob("*"))
        if path.is_file() and not path.name.startswith(".")
    }


def test_every_kind_of_file_and_folder_is_made_with_the_kernel_alone(
    author: User, bare: Environment
) -> None:
    other = locked(author, "All", bare)
    done = other.run("prepare", "--frozen", "org.example.all")
    assert done.returncode == 0, done.stderr
    assert files(other) == files(author)
    assert len(files(other)) == 12
    assert other.run("prepare", "--frozen", "org.example.all").returncode == 0


def test_bytes_that_others_changed_are_refused(
    author: User, bare: Environment, mirror: tuple[Path, str]
) -> None:
    other = locked(author, "All", bare)
    (mirror[0] / "plain.txt.xz").write_bytes(lzma.compress(b"something else"))
    done = other.run("prepare", "--frozen", "org.example.all")
    assert done.returncode == 5, done.stderr
    assert not any(path.endswith("/xz.txt") for path in files(other))


def test_what_python_can_not_decompress_names_what_to_install(
    author: User, bare: Environment, mirror: tuple[Path, str], standard: Environment
) -> None:
    code = (
        "from pathlib import Path\n"
        "from datamaestro_download_single.compression import COMPRESSIONS\n"
        f"path = Path({str(mirror[0] / 'plain.txt.zst')!r})\n"
        "path.write_bytes(COMPRESSIONS['.zst'].compress(b'text'))"
    )
    standard.output(code)
    other = locked(author, "Zstandard", bare)
    done = other.run("prepare", "--frozen", "org.example.zstandard")
    if bare.output("import sys; print(sys.version_info >= (3, 14))").strip() == "True":
        assert done.returncode == 0, done.stderr
    else:
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "pip install datamaestro-download-single" in done.stderr


def test_what_python_alone_cant_unpack_is_refused_and_names_what_to_install(
    author: User, bare: Environment, mirror: tuple[Path, str]
) -> None:
    link = zipfile.ZipInfo("all/link.txt")
    link.external_attr = 0o120777 << 16
    with zipfile.ZipFile(mirror[0] / "all.zip", "a") as zipped:
        zipped.writestr(link, "a.txt")
    other = locked(author, "All", bare)
    done = other.run("prepare", "--frozen", "org.example.all")
    assert done.returncode == 1, done.stderr
    assert "'zipped' of org.example.all can't be made with Python alone" in done.stderr
    assert "pip install datamaestro-download-archive" in done.stderr
    assert not any("/zipped/" in path for path in files(other))


def test_without_a_transport_the_one_to_install_is_named(author: User, bare: Environment) -> None:
    other = locked(author, "Shipped", bare)
    done = other.run("prepare", "--frozen", "org.example.shipped")
    assert done.returncode == 4
    assert "no installed plugin fetches package: URLs" in done.stderr
    assert "pip install datamaestro-transport-local" in done.stderr


def test_what_a_function_fills_needs_its_definition(author: User, bare: Environment) -> None:
    other = locked(author, "Own", bare)
    done = other.run("prepare", "--frozen", "org.example.own")
    assert done.returncode == 1
    assert "'filled' of org.example.own can't be made without its definition" in done.stderr
    assert "use --locked where its definition is, or copy its folder from there" in done.stderr
